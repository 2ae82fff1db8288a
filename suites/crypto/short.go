package crypto

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/suites/crypto/judge"
	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
	"github.com/xcmatrix/xcmatrix/suites/crypto/vectors"
)

// shortAnswers is the section that children run with CPU features switched off: a spec for each subject.
const shortAnswers = "short known answers"

// shortAnswerSpecs registers a spec for each subject with all its short known answers. Under an emulator, to start a process
// and to build a tree of hundreds of specs would take several times as long as the answers themselves.
func shortAnswerSpecs() {
	for _, s := range subject.All() {
		ginkgo.It(s.Name, func() {
			var failed error
			for _, a := range shortAnswersOf(s) {
				fmt.Fprintln(os.Stderr, atAnswer+a.id)
				if err := judge.Recover(a.put); err != nil && !isUnsupported(err) {
					failed = errors.Join(failed, fmt.Errorf("%s: %w", a.id, err))
				}
			}
			if failed != nil {
				ginkgo.Fail(failed.Error())
			}
		})
	}
}

// shortAnswer is a short known answer with one subject.
type shortAnswer struct {
	id  string // of the spec that puts it among the known answers
	put func() error
}

// shortAnswersOf returns a subject's known answers, without the long ones, and without those that it is known to get wrong
// on every processor.
func shortAnswersOf(s subject.Subject) (all []shortAnswer) {
	for _, k := range knownFiles {
		f := vectors.Own(k.file)
		for _, tr := range k.trials(s) {
			if tr.via == "confirmation" || strings.HasPrefix(tr.via, "sm4.") {
				continue
			}
			for _, t := range f.Tests {
				if tr.mode == t.Text("mode") && !long(t) {
					all = append(all, shortAnswer{"known answers / " + f.Algorithm + " / " + s.Name + " / " + knownText(tr, t), func() error { return tr.run(t) }})
				}
			}
		}
	}
	return all
}

// atAnswer begins the line that a process prints before each answer: after an illegal instruction it cannot print any more.
const atAnswer = "at "

// lastAt returns the last answer that a process has announced, and the first line that it printed after that.
func lastAt(complaints string) string {
	lines := append(strings.Split(complaints, "\n"), "")
	for i, line := range slices.Backward(lines) {
		if id, at := strings.CutPrefix(line, atAnswer); at {
			return strings.TrimSpace(id + " " + lines[i+1])
		}
	}
	return ""
}
