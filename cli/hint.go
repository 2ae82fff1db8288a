package cli

import (
	"regexp"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/triage"
)

// repeated are the flags that a hint repeats where they were given: with another value its command would read other
// files, or answer in another language.
var repeated = []string{"lang", "matrix", "runs", "waivers"}

// givenFlags are those of the repeated flags that stand on the command line, as words of a shell.
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

// again is the command line that runs this program with other arguments and the same repeated flags. Help needs none
// but the language.
func (a *app) again(arguments string) string {
	given := a.givenFlags()
	if strings.HasSuffix(arguments, "--help") {
		given = ""
		if a.langGiven {
			given = "--lang " + a.lang
		}
	}
	return strings.TrimSpace(self() + " " + arguments + " " + given)
}

// hinted matches a command of this program within a sentence.
var hinted = regexp.MustCompile("`xcmatrix ([^`]*)`")

// hints writes the commands within a sentence as they have to be typed here. What looks like one in a text that came
// from outside gets the flags too, which does no harm.
func (a *app) hints(text string) string {
	return hinted.ReplaceAllStringFunc(text, func(found string) string {
		return "`" + a.again(hinted.FindStringSubmatch(found)[1]) + "`"
	})
}
