package cli

import (
	"strings"
	"testing"
)

// The shell is offered what fits.
func TestCompletion(t *testing.T) {
	root := t.TempDir()
	ids := fiveMachines(t, root, 1, 2)
	for words, want := range map[string]string{
		"run --target loong64-":   "loong64-vm",
		"run --suite cry":         "crypto",
		"run --suite abi,cry":     "abi,crypto",
		"findings --class pl":     "platform",
		"show --format sp":        "speed",
		"compare --format mark":   "markdown",
		"compare --by ch":         "chip",
		"certify --require L":     "L2",
		"show " + ids[0][:8]:      ids[4],
		"report la":               "latest",
		"run --runs x --resume l": "latest",
	} {
		args := append([]string{"__complete", "--runs", root}, strings.Fields(words)...)
		if said := call(args...); !strings.Contains("\n"+said.out, "\n"+want+"\n") {
			t.Errorf("%s: %q is not among\n%s", words, want, said.out)
		}
	}
}

// An argument where none is taken is an error that names what would fit.
func TestDidYouMean(t *testing.T) {
	root := t.TempDir()
	ids := fiveMachines(t, root, 1, 2)
	for words, want := range map[string]string{
		"run native":    "did you mean `go run . run --target native",
		"run crypto":    "did you mean `go run . run --suite crypto",
		"plan loong64*": "did you mean `go run . plan --target 'loong64*'",
		"run " + ids[0]: "did you mean `go run . show " + ids[0],
		"doctor arm64":  "did you mean `go run . doctor --target arm64",
		"run something": "run: these arguments do not fit: something: see `go run . run --help",
		"detect a":      "detect: these arguments do not fit: a",
		"bundle gc":     "did you mean `go run . bundle --suite gc",
	} {
		said := call(append(strings.Fields(words), "--runs", root, "--lang", "en")...)
		if said.code != exitUsage || strings.Count(said.err, "\n") != 1 || !strings.Contains(strings.ReplaceAll(said.err, self(), "go run ."), want) {
			t.Errorf("%s: %d %s", words, said.code, said.err)
		}
	}
}
