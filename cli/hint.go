package cli

import (
	"strings"

	"github.com/xcmatrix/xcmatrix/results/pattern"
	"github.com/xcmatrix/xcmatrix/results/triage"
)

// repeated holds the names of the flags that a printed command repeats if the user gave them: without them the command
// would read other files, or print another language.
var repeated = []string{"lang", "matrix", "runs", "waivers"}

// givenFlags returns the repeated flags that are on the command line, quoted for a shell.
func (a *app) givenFlags() string {
	var words []string
	for _, name := range repeated {
		if a.flags == nil {
			break
		}
		f := a.flags.Lookup(name)
		if f.Changed || name == "lang" && a.langGiven {
			words = append(words, "--"+name, triage.Quoted(f.Value.String()))
		}
	}
	return strings.Join(words, " ")
}

// commandLine returns the command line that runs this program with the arguments and the same repeated flags. A command
// line with --help repeats --lang only.
func (a *app) commandLine(arguments string) string {
	given := a.givenFlags()
	if strings.HasSuffix(arguments, "--help") {
		given = ""
		if a.langGiven {
			given = "--lang " + a.lang
		}
	}
	return strings.TrimSpace(self() + " " + arguments + " " + given)
}

// hinted matches a command of this program in a sentence.
var hinted = pattern.Of("`xcmatrix ([^`]*)`")

// hints returns a sentence with its commands as the user has to type them here. A command in a text from elsewhere gets
// the flags too, which does no harm.
func (a *app) hints(text string) string {
	return hinted().ReplaceAllStringFunc(text, func(found string) string {
		return "`" + a.commandLine(hinted().FindStringSubmatch(found)[1]) + "`"
	})
}
