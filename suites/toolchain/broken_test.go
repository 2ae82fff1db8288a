package toolchain

import (
	"encoding/json"
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/diagnosis"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

func TestSpecsCanFail(t *testing.T) {
	all := crossBroken()
	for id, rows := range broken {
		all[id] = rows
	}
	for _, name := range []string{"MD5", "SHA-1", "SHA-256", "SHA-512", "SHA3-256"} {
		all["digest / "+name+" of abc is the standard's"] = []check.Facts{{name + " of abc": ""}, {name + " of abc": turned}}
		all["digest / "+name+" is the same in one piece and in many"] = []check.Facts{{name + " of many pieces": turned}}
	}
	for _, c := range diagnosis.Checks() {
		if !c.Hints {
			all["installation / "+c.Holds.En] = wrongEvidence(t, c)
		}
	}
	check.ProveFailures(t, Suite, all)
}

// wrongEvidence returns what the check's own tests have of faults: results/diagnosis/testdata/wrong.json.
func wrongEvidence(t *testing.T, c diagnosis.Check) (rows []check.Facts) {
	t.Helper()
	raw, err := os.ReadFile("../../results/diagnosis/testdata/wrong.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string][]diagnosis.Evidence
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	for _, e := range all[c.ID] {
		rows = append(rows, check.Facts{evidenceOf(c): e})
	}
	return rows
}

// turned returns a text the other way round.
func turned(text string) string {
	b := []byte(text)
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return string(b)
}

// wrongAt makes the byte at a place a wrong one.
func wrongAt(at int) func([]byte) []byte {
	return func(b []byte) []byte { b[at] ^= 0x80; return b }
}

// wrongResult returns a list in which one result is another.
func wrongResult(at int, value any) func([]any) []any {
	return func(list []any) []any { list[at] = value; return list }
}

const (
	order  = "order of the greater and the lesser, and the other way round"
	equals = "differing bytes are equal, and in constant time"
	places = "places of a byte from where it is, its number, and its place before itself"
	paths  = "PATH of what the go command runs, and its own bin directory"
)

var broken = check.BrokenFacts{
	"build / is by a Go that knows the architecture": {{"version of Go": "go1.0rc1"}, {"version of Go": "go0.9"}},
	"build / names its modules": {
		{check.Sound: nil, "versions of modules": map[string]string{"example.com": "v1.0.0"}}, {"versions of modules": map[string]string{"example.com": ""}},
	},
	"build / is for this operating system and architecture": {
		{"GOOS and GOARCH of the build": []string{"plan9", runtime.GOARCH}}, {"GOOS and GOARCH of the build": []string{runtime.GOOS, "mips64"}},
	},

	"compiled code / passes more arguments than there are registers": {
		{"results of many arguments": wrongResult(0, int64(0))}, {"results of many arguments": wrongResult(1, 0.0)}, {"results of many arguments": wrongResult(2, "")},
	},
	"compiled code / passes them by reflection too":                    {{"results of many arguments by reflection": wrongResult(0, int64(0))}, {"results of many arguments by reflection": wrongResult(1, 0.0)}},
	"compiled code / receives them in a function made by reflection":   {{"arguments of a function made by reflection": "-1 0 0.5x"}},
	"compiled code / returns what no register holds":                   {{"result that no register holds": wide{}}},
	"compiled code / wraps integers of every width":                    {{"integers wrap, by width": []bool{true, true, true, true, true, true, true, false}}},
	"compiled code / divides and shifts negative numbers as Go says":   {{"-7 divided and shifted": []int{-3, 2, -4, 2, 32}}},
	"compiled code / runs what is deferred last first, and recovers":   {{"order of what was deferred": []int{0, 1, 2}}, {"what was recovered": nil}},
	"compiled code / gives each turn of a loop its own variable":       {{"variables of the turns of a loop": []int{20, 200, 2000, 20000}}},
	"compiled code / ranges over functions, and leaves them early":     {{"sum of a range that was left": 4950}},
	"compiled code / checks bounds":                                    {{"panic of an index": nil}, {"panic of a slice": nil}, {"panic of a conversion": errors.New("another")}},
	"compiled code / ranges over text that is no UTF-8":                {{"runes of text that is no UTF-8": []rune{'信', '创'}}},
	"compiled code / grows a stack deep below pointers into it":        {{"depth of a stack": 99999}},
	"compiled code / names its callers":                                {{"first caller": runtime.Frame{Function: "main.main", File: "language.go"}}, {"first caller": runtime.Frame{Function: "toolchain.language.func1", File: "another.go"}}},
	"compiled code / keeps a map whole while it is walked and changed": {{"keys that were seen twice": 1}, {"keys that were seen": map[int]bool{1: true}}},

	"bytes / are copied and moved over themselves, at every length and start": {{"bytes that were moved over themselves": wrongAt(7)}},
	"bytes / are cleared, at every length and start": {
		{"bytes of which some were cleared": func(b []byte) []byte { b[0] = 0; return b }}, {"bytes of which some were cleared": func(b []byte) []byte { clear(b); return b }},
	},
	"bytes / are compared, with the difference at every place": {
		{order: [2]int{0, 0}}, {order: [2]int{-1, 1}}, {equals: [2]bool{true, false}}, {equals: [2]bool{false, true}}, {"equal bytes are equal": false},
	},
	"bytes / are found, first and last, at every place":     {{places: [4]int{1, 0, 1, -1}}, {places: [4]int{0, -1, 1, -1}}, {places: [4]int{0, 0, 2, -1}}, {places: [4]int{0, 0, 1, 0}}},
	"bytes / in a row are found at every place":             {{"place of a row of bytes from where it is": 1}},
	"bytes / are combined by exclusive or, at every length": {{"bytes combined by exclusive or": wrongAt(3)}, {"bytes combined, fewer than asked": 1}},

	"digest / CRC-32 and others of 123456789 are the catalogue's": {
		{"CRC-32 of digits": uint32(0)}, {"CRC-32C of digits": uint32(0)}, {"CRC-64 of digits": uint64(0)}, {"Adler-32 of digits": uint32(0)},
	},
	"digest / CRC-32 is the same bit by bit, at every length": {{"CRC-32 of noise": func(sum uint32) uint32 { return sum ^ 1<<31 }}},
	"digest / AES-128 of FIPS 197 and AES-GCM both ways": {
		{"AES-128 of FIPS 197": "69c4e0d86a7b0430d8cdb78070b4c55b"}, {"answer of AES-GCM to what it sealed": errors.New("refused")},
		{"AES-GCM gives back what it sealed": false}, {"answer of AES-GCM to what was changed": nil},
	},
	"digest / signatures and key agreement of the library hold": {
		{"a signature holds for its message, and for another": []bool{false, false}}, {"a signature holds for its message, and for another": []bool{true, true}},
		{"the key that the other side agreed on": make([]byte, 32)},
	},
	"digest / big numbers multiply, divide and raise": {
		{"order of a quotient and its factor": 1}, {"rest of a division": int64(41)}, {"2^521-1 is prime": false}, {"order of a power by Fermat's theorem and 1": 1},
	},

	"library / writes floating-point numbers that read back the same": {
		{"a float that was read back": func(f float64) float64 { return -f }}, {"a float that is hard to read": 0x1p-1022},
	},
	"library / compresses and restores":          {{"bytes after compression": 250000}, {"what was compressed is restored": false}},
	"library / encodes JSON the same everywhere": {{"JSON": `{"f":0.1}`}},
	"library / sorts, stable where it says so": {
		{"a sorted list": [][2]int{{2, 0}, {1, 1}}}, {"a sorted list": [][2]int{{1, 1}, {1, 0}}},
	},
	"library / matches Chinese text":             {{"Chinese text that was matched": []string{}}, {"Chinese text that was matched": []string{"龙芯 3A6000", "芯", "3A6000"}}},
	"library / counts days and zones":            {{"a leap day": "2024-03-01T20:00:00+08:00"}, {"weekday of a leap day": time.Friday}},
	"library / knows its own file":               {{"answer to a look at its own file": unix.EIO}},
	"profile / of processor time has samples":    {{"profile of processor time": "no names"}},
	"profile / of the heap names who allocates":  {{"profile of the heap": "heap profile: 0: 0"}},
	"profile / of goroutines shows their stacks": {{"profile of goroutines": "goroutine profile: total 0"}},
	"profile / of events begins as a trace does": {{"trace of events": "go 1.26 trace\x00"}, {"trace of events": strings.Repeat("x", 200)}},

	"go command / is of this machine's architecture": {{"architecture of the go command": "mips64"}},
	"go command / builds the same program to the same bytes, in any directory": {
		{check.Sound: nil, "one program built in two directories": [2][]byte{{1, 2}, {1, 2}}}, {"one program built in two directories": [2][]byte{{1, 2}, {1, 3}}},
	},
	"go command / builds a program that runs": {{"architecture that a built program prints": ""}},
	"go command / names the place of an error": {
		{check.Sound: nil, "answer of go vet to an error in line 3": answer{"vet: ./main.go:3:15: undefined: undefined", errors.New("exit status 1")}},
		{"answer of go vet to an error in line 3": answer{"vet: ./main.go:3:15: undefined: undefined", nil}},
		{"answer of go vet to an error in line 3": answer{"vet: ./main.go: undefined", errors.New("exit status 1")}},
	},
	"go command / refuses to keep PATH among its settings": {
		{check.Sound: nil, "answer of go env to a PATH to keep": answer{"go: unknown go command variable PATH", errors.New("exit status 1")}},
		{"answer of go env to a PATH to keep": answer{"", nil}}, {"answer of go env to a PATH to keep": answer{"no", errors.New("exit status 1")}},
	},
	"go command / puts its own bin directory first in the PATH of what it runs": {
		{check.Sound: nil, paths: [2]string{"/usr/lib/go/bin:/usr/bin", "/usr/lib/go/bin"}}, {paths: [2]string{"/usr/bin:/usr/lib/go/bin", "/usr/lib/go/bin"}},
	},
}
