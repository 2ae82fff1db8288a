package crypto

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/crypto/formulas"
	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
)

// faultFile is the file beside a fake program that says how the program is broken.
const faultFile = "fault"

// fakeProgram behaves as openssl or botan: as a good one, or one that is old, built without algorithms, or broken. It computes by the
// formulas.
func fakeProgram(path string, args []string) int {
	dir, name := filepath.Split(path)
	raw, err := os.ReadFile(filepath.Join(dir, faultFile))
	if err != nil || os.Getenv("XCMATRIX_PASSPHRASE") != "" {
		fmt.Fprintln(os.Stderr, "a passphrase, or", err)
		return 1
	}
	fault := string(raw)
	does := strings.Join(args, " ")
	refuse := func(line string) int { fmt.Fprintln(os.Stderr, line); return 1 }
	switch {
	case args[0] == "version":
		return fakeVersion(name, fault)
	case fault == "hangs":
		time.Sleep(time.Hour)
	case fault == "crashes":
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		time.Sleep(time.Hour)
	case fault == "prints errors":
		fmt.Println("Error: command not supported \x1b[31m") // and exit status 0
		return 0
	case fault == "prints nothing":
		return 0
	case fault == "floods":
		for {
			if _, err := os.Stdout.WriteString(strings.Repeat("00", 1<<15)); err != nil {
				return 1
			}
		}
	case fault == "no sm3" && strings.Contains(does, "-sm3"), fault == "no sm3" && strings.Contains(does, "SM3"):
		return refuse("dgst: Unknown digest sm3")
	case fault == "no sm4" && args[0] == "enc":
		return refuse("enc: Unknown cipher sm4-cbc")
	case fault == "no sm2" && strings.Contains(does, "-sigopt"):
		return refuse("Could not read private key: unsupported EC group")
	case fault == "1.1.1" && strings.Contains(does, "-sigopt"):
		return refuse("parameter error \"distid:1234567812345678\"")
	}
	out, ok := fakeAnswer(name, fault, args)
	if !ok {
		return refuse("Verification failure")
	}
	os.Stdout.Write(out)
	return 0
}

func fakeVersion(name, fault string) int {
	switch {
	case fault == "hangs at once":
		time.Sleep(time.Hour)
	case name == "botan":
		fmt.Println("2.19.3")
	default:
		fmt.Println("OpenSSL 9.9.9 1 Apr 2026 (Library: OpenSSL 9.9.9)")
	}
	return 0
}

func fakeAnswer(name, fault string, args []string) (out []byte, ok bool) {
	value := func(flag string) string { return args[slices.Index(args, flag)+1] }
	in := func() []byte { raw, _ := io.ReadAll(os.Stdin); return raw }
	flip := func(b []byte, when string) []byte {
		if fault == when {
			b[0] ^= 1
		}
		return b
	}
	id := formulas.DefaultID
	if fault == "another ID" {
		id = []byte("")
	}
	sm2 := subject.Formulas().Signature
	switch {
	case name == "botan":
		digest := formulas.SM3(in())
		return []byte(hex.EncodeToString(flip(digest[:], "wrong sm3")) + "\n"), true
	case args[0] == "enc":
		key, _ := hex.DecodeString(value("-K"))
		iv, _ := hex.DecodeString(value("-iv"))
		out, _ := encrypted(subject.Formulas(), strings.ToUpper(strings.TrimPrefix(args[1], "-sm4-")), key, iv, in())
		return flip(out, "wrong sm4"), true
	case slices.Contains(args, "-binary"):
		digest := formulas.SM3(in())
		return flip(digest[:], "wrong sm3"), true
	case slices.Contains(args, "-r"):
		var lines []string
		for _, file := range args[3:] {
			raw, _ := os.ReadFile(file)
			digest := formulas.SM3(raw)
			lines = append(lines, hex.EncodeToString(flip(digest[:], "wrong sm3"))+" *"+file+"\n")
		}
		return []byte(strings.Join(lines, "")), true
	case slices.Contains(args, "-sign"):
		key, err := subject.Emmansun().Encoding.ParsePKCS8(fakePEM(value("-sign")))
		if err != nil {
			return nil, false
		}
		sig, _ := sm2.Sign(key, id, in(), rand.Reader)
		return flip(sig, "wrong signature"), true
	default:
		pub, err := subject.Emmansun().Encoding.ParsePKIX(fakePEM(value("-verify")))
		if err != nil {
			return nil, false
		}
		sig, _ := os.ReadFile(value("-signature"))
		ok, err := sm2.Verify(pub, id, in(), sig)
		return []byte("Verified OK\n"), err == nil && ok || fault == "accepts all"
	}
}

func fakePEM(file string) []byte {
	raw, _ := os.ReadFile(file)
	block, _ := pem.Decode(raw)
	if block == nil {
		return nil
	}
	return block.Bytes
}

// fakes returns a PATH on which openssl and botan are this test's program, with a fault.
func fakes(t *testing.T, fault string) string {
	t.Helper()
	self, err := os.Executable()
	dir := t.TempDir()
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, faultFile), []byte(fault), 0o600)
	}
	for _, name := range []string{"openssl", "botan"} {
		if err == nil {
			err = os.Symlink(self, filepath.Join(dir, name))
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

const (
	ofSM2 = "SM2 signatures"
	ofSM3 = "SM3"
	ofSM4 = "SM4"
)

// An operation that a program does not have ends as a miss, with its version and a remedy. A wrong answer is a finding about the
// program.
func TestOracles(t *testing.T) {
	for _, c := range []struct {
		fault   string
		miss    []string // the specs with one of these in their ids are miss
		why     string   // what a miss says
		finding []string // on the program
	}{
		{fault: "none"},
		{fault: "1.1.1", miss: []string{ofSM2}, why: "-sigopt"},
		{fault: "no sm2", miss: []string{ofSM2}, why: "unsupported EC group"},
		{fault: "no sm3", miss: []string{ofSM2, ofSM3}, why: "Unknown digest sm3"},
		{fault: "no sm4", miss: []string{ofSM4}, why: "OpenSSL 9.9.9 cannot be asked: enc -sm4-"},
		{fault: "prints errors", miss: []string{ofSM2, ofSM3, ofSM4}},
		{fault: "prints nothing", miss: []string{ofSM2, ofSM3, ofSM4}},
		{fault: "crashes", miss: []string{ofSM2, ofSM3, ofSM4}, why: "ended by a signal: killed"},
		{fault: "floods", miss: []string{ofSM2, ofSM3, ofSM4}, why: "it printed more than 1048576 bytes"},
		{fault: "hangs", miss: []string{ofSM2, ofSM3, ofSM4}, why: "no"},
		{fault: "hangs at once", miss: []string{ofSM2, ofSM3, ofSM4}, why: "version: no answer within 10s"},
		{fault: "another ID", miss: []string{ofSM2}, why: "Verification failure"},
		{fault: "wrong sm3", finding: []string{"crypto/botan/sm3", "crypto/openssl/sm3"}},
		{fault: "wrong sm4", finding: []string{"crypto/openssl/sm4"}},
		{fault: "wrong signature", finding: []string{"crypto/openssl/sm2"}},
		{fault: "accepts all", finding: []string{"crypto/openssl/sm2"}},
	} {
		t.Run(c.fault, func(t *testing.T) {
			t.Parallel()
			which, specs := "^oracles / .*: emmansun$", 9
			if c.fault == "none" {
				which, specs = "^oracles / ", 18
			}
			if strings.HasPrefix(c.fault, "hangs") {
				which, specs = "^oracles / openssl.*: emmansun$", 8 // botan would take its time too
			}
			said := payload(t, which, "PATH="+fakes(t, c.fault), "XCMATRIX_PASSPHRASE=secret")
			if len(said.ends) != specs {
				t.Errorf("%d specs, not %d", len(said.ends), specs)
			}
			checkMisses(t, said, c.miss, c.why)
			var ids []string
			for _, f := range said.findings {
				ids = append(ids, strings.TrimSuffix(f.ID, "/differs-from-formulas"))
				if f.Subject != "openssl" && f.Subject != "botan" || f.Version == "" {
					t.Errorf("a finding on %s %q: %s", f.Subject, f.Version, f.Evidence)
				}
			}
			slices.Sort(ids)
			if ids = slices.Compact(ids); !slices.Equal(ids, c.finding) {
				t.Errorf("findings %v, want %v", ids, c.finding)
			}
		})
	}
}

func checkMisses(t *testing.T, said told, miss []string, why string) {
	t.Helper()
	if len(said.ends) != len(said.plan) {
		t.Fatalf("%d of %d specs ended", len(said.ends), len(said.plan))
	}
	for id, end := range said.ends {
		expected := slices.ContainsFunc(miss, func(part string) bool {
			return strings.Contains(strings.ReplaceAll(id, "SM3's", "SM3"), part)
		})
		switch {
		case expected != (end.Verdict == record.Miss), end.Verdict == record.Error:
			t.Errorf("%s: %s: %v", id, end.Verdict, end.Detail)
		case !expected:
		case end.Remedy == nil || end.Remedy.Zh == "" || end.Detail.Zh == "" || !strings.Contains(end.Detail.En, why) ||
			strings.ContainsRune(end.Detail.En, '\x1b'):
			t.Errorf("%s: %v, %v, want %q in it", id, end.Detail, end.Remedy, why)
		}
	}
}

// If no program is installed and no file is given, only optional specs end as a miss, and none fails.
func TestNothingInstalled(t *testing.T) {
	t.Parallel()
	said := payload(t, ".", "PATH="+t.TempDir(), "XCMATRIX_VECTORS=")
	misses := 0
	for id, end := range said.ends {
		if end.Verdict != record.Miss {
			continue
		}
		misses++
		if p := said.plan[id]; !p.Optional() || end.Detail.Zh == "" || end.Remedy == nil || end.Remedy.En == "" || end.Remedy.Zh == "" {
			t.Errorf("%s: %v: %v; labels %v", id, end.Detail, end.Remedy, p.Labels)
		}
	}
	if misses == 0 || len(said.ends) != len(said.plan) {
		t.Errorf("%d misses, %d of %d specs ended", misses, len(said.ends), len(said.plan))
	}
}

// A benchmark that OpenSSL does not have ends as a miss, too. Versions differ in the benchmarks that they have.
func TestOpenSSLThatCannotMeasure(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{"none", "prints errors", "crashes"} { // the fake one has no figures at best
		said := payload(t, "bench:^speed / .*/openssl$", "PATH="+fakes(t, fault))
		if len(said.ends) == 0 {
			t.Errorf("%s: nothing ran", fault)
		}
		checkMisses(t, said, []string{"speed"}, "OpenSSL 9.9.9 cannot be asked: speed")
	}
}

// A file from outside that is not a vector file ends as a miss, like one that does not exist.
func TestForeignFiles(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	beside := filepath.Join(base, "shared", "vectors", "wycheproof")
	if err := errors.Join(os.MkdirAll(beside, 0o700), os.Mkdir(filepath.Join(base, "here"), 0o700),
		os.WriteFile(filepath.Join(beside, "hmac_sm3_test.json"), []byte(`{"algorithm":`), 0o600)); err != nil {
		t.Fatal(err)
	}
	said := payloadIn(t, filepath.Join(base, "here"), "^foreign vectors / ", "XCMATRIX_VECTORS=")
	for id, end := range said.ends {
		why := "is not there"
		if strings.Contains(id, "hmac") {
			why = "cannot be read: "
		}
		if end.Verdict != record.Miss || !strings.Contains(end.Detail.En, why) || end.Detail.Zh == "" || end.Remedy == nil {
			t.Errorf("%s: %s: %v, %v", id, end.Verdict, end.Detail, end.Remedy)
		}
	}
	if len(said.ends) < 4 {
		t.Errorf("%d specs", len(said.ends))
	}
}

// A missing directory for temporary files is a defect of the environment.
func TestOracleWithoutTemporaryFolder(t *testing.T) {
	t.Parallel()
	said := payload(t, "^oracles / ", "PATH="+fakes(t, "none"), "TMPDIR="+filepath.Join(t.TempDir(), "absent"))
	checkMisses(t, said, []string{ofSM2, "links"}, "no such file or directory")
	if len(said.findings) > 0 {
		t.Errorf("findings: %v", said.findings)
	}
}

// A subject with a wrong answer has a finding: the formulas and the program agree.
func TestWrongSubjectDiffersFromProgram(t *testing.T) {
	o := oracle{version: "OpenSSL 9.9.9"}
	right, wrong := []byte{1}, []byte{2}
	s := subject.Emmansun()
	for _, c := range []struct {
		formulas, theirs, own []byte
		want                  string // how the complaint begins
	}{
		{right, right, right, ""},
		{right, right, wrong, "x: 02 by emmansun"},
		{right, wrong, right, "x: 02 by OpenSSL 9.9.9"},
		{right, wrong, wrong, "x: 02 by OpenSSL 9.9.9"},
	} {
		err := compareAnswers(o, s, "x", c.formulas, c.theirs, c.own)
		_, program := err.(*programWrong)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.want)) || program != bytes.Equal(c.theirs, wrong) {
			t.Errorf("%v: %v", c, err)
		}
	}
}
