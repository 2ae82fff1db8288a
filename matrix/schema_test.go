package matrix

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/schematest"
)

func TestSchemaFitsTheTypes(t *testing.T) {
	schematest.Load(t, "matrix.schema.json").Fits(t, reflect.TypeFor[Matrix](), "yaml")
}

func TestDefaultMatrixIsGood(t *testing.T) {
	m, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	if err := schematest.Load(t, "matrix.schema.json").ValidateYAML(defaultFile); err != nil {
		t.Error(err)
	}
	if len(m.Digest) != len("sm3:")+64 {
		t.Errorf("digest %q", m.Digest)
	}
}

// The example of a lab is good, and each of its machines is reached by SSH.
func TestLabExample(t *testing.T) {
	m, err := Load("lab.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile("lab.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := schematest.Load(t, "matrix.schema.json").ValidateYAML(raw); err != nil {
		t.Error(err)
	}
	if len(m.Targets) != 5 {
		t.Errorf("%d targets, want 5", len(m.Targets))
	}
	for _, target := range m.Targets {
		if target.Run != "ssh" || target.Host == "" || target.HostPlace == "" || target.GOARCH == "" || !target.ByDefault() {
			t.Errorf("%+v", target)
		}
	}
}

// The schema, by which editors check a file, and the program take and refuse the same.
func TestSchemaAndProgramAgree(t *testing.T) {
	const whole = "version: 1\ntargets:\n- {id: a, run: native}\nsuites: [abi]\n"
	s := schematest.Load(t, "matrix.schema.json")
	for text, ok := range map[string]bool{
		whole: true,
		whole + "include: [{target: a, suite: '*'}]\nexclude: [{target: a, suite: gc, why: slow}]\n":                            true,
		strings.Replace(whole, "run: native", "run: emulated, goarch: arm64, cpu: max, default: false", 1):                      true,
		strings.Replace(whole, "run: native", "run: vm, goarch: arm64, cpu: max, vm: {kernel: arm64-4k}", 1):                    true,
		strings.Replace(whole, "run: native", "run: native, chip: kunpeng-920, system: debian-12, goos: linux, level: v8.2", 1): true,

		strings.Replace(whole, "run: native", "run: [vm, emulated], goarch: arm64, cpu: max, vm: {kernel: arm64-4k}", 1):  true,
		strings.Replace(whole, "native", "ssh, goarch: arm64, host: lab@kunpeng-1, ssh_config: lab.ssh", 1):               true,
		strings.Replace(whole, "native", "ssh, goarch: arm64", 1):                                                         false,
		strings.Replace(whole, "native", "native, host: a", 1):                                                            false,
		strings.Replace(whole, "native", "native, ssh_config: a", 1):                                                      false,
		strings.Replace(whole, "native", "[ssh, native], goarch: arm64, host: a", 1):                                      false,
		strings.Replace(whole, "run: native", "run: [native]", 1):                                                         true,
		strings.Replace(whole, "native", "[]", 1):                                                                         false,
		strings.Replace(whole, "native", "[native, native]", 1):                                                           false,
		strings.Replace(whole, "native", "[native, teleport]", 1):                                                         false,
		strings.Replace(whole, "native", "[vm, emulated], goarch: arm64, cpu: max", 1):                                    false,
		strings.Replace(whole, "native", "native, vm: {kernel: arm64-4k}", 1):                                             false,
		strings.Replace(whole, "native", "vm, goarch: arm64, cpu: max, vm: {kernel: x, memory: 100}", 1):                  false,
		strings.Replace(whole, "native", "vm, goarch: arm64, cpu: max, vm: {kernel: x, disks: [{bus: ide, size: 1}]}", 1): false,

		whole + "databases: {kingbase: {dsn: 'postgres://u@h:54321/test', password_file: kingbase.password}}\n": true,

		whole + "tests: {}\n": true,
		whole + "tests: {dir: .., packages: [./...], short: true, env: [A], needs: [postgres], deadline: 90s, rules: [{test: 'm/*', deadline: 10m, why: slow}]}\n": true,
		whole + "tests: {needs: [oracle]}\n":                                                        false,
		whole + "tests: {deadline: soon}\n":                                                         false,
		whole + "tests: {rules: [{test: 'm/*', skip: true}]}\n":                                     false,
		whole + "tests: {rules: [{deadline: 1m, why: slow}]}\n":                                     false,
		whole + "tests: {colour: red}\n":                                                            false,
		whole + "databases: {kingbase: {dsn: 'postgres://u@h/test', password: s3cret}}\n":           false,
		whole + "databases: {kingbase: {password_file: x}}\n":                                       false,
		whole + "databases: {kingbase: {dsn: x, user: u}}\n":                                        false,
		whole + "colour: red\n":                                                                     false,
		whole + "exclude: [{target: a, suite: gc}]\n":                                               false,
		whole + "include: [{suite: gc}]\n":                                                          false,
		strings.Replace(whole, "version: 1", "version: 2", 1):                                       false,
		strings.Replace(whole, "version: 1", "version: one", 1):                                     false,
		strings.Replace(whole, "id: a", "id: ../a", 1):                                              false,
		strings.Replace(whole, "id: a", "id: \"a\\u202e\"", 1):                                      false,
		strings.Replace(whole, "id: a", "id: "+strings.Repeat("a", 64), 1):                          false,
		strings.Replace(whole, "id: a, ", "", 1):                                                    false,
		strings.Replace(whole, "native", "teleport", 1):                                             false,
		strings.Replace(whole, "native", "emulated", 1):                                             false,
		strings.Replace(whole, "native", "vm, cpu: max", 1):                                         false,
		strings.Replace(whole, "native", "native, goos: plan9", 1):                                  false,
		strings.Replace(whole, "native", "native, goarch: z80", 1):                                  false,
		strings.Replace(whole, "native", "native, goarch: amd64, level: fast", 1):                   false,
		strings.Replace(whole, "native", "native, default: maybe", 1):                               false,
		strings.Replace(whole, "native", "native, speed: 9", 1):                                     false,
		strings.Replace(whole, "[abi]", "[]", 1):                                                    false,
		strings.Replace(whole, "[abi]", "[abi, abi]", 1):                                            false,
		strings.Replace(whole, "\n- {id: a, run: native}", " []", 1):                                false,
		strings.Replace(whole, "native", "vm, goarch: arm64, cpu: max, vm: {kernel: x, ram: 5}", 1): false,
	} {
		_, err := Parse("m.yaml", []byte(text))
		if (err == nil) != ok {
			t.Errorf("the program: %v\n%.300s", err, text)
		}
		if err := s.ValidateYAML([]byte(text)); (err == nil) != ok {
			t.Errorf("the schema: %v\n%.300s", err, text)
		}
	}
}
