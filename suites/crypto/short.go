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

// shortAnswers is the section that the code paths' children run: a spec for each subject.
const shortAnswers = "short known answers"

// inThisProcess puts a subject's short known answers in one spec. Where a machine is emulated, to start a process and
// grow hundreds of specs in it costs several times what they cost themselves.
func inThisProcess() {
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

// shortAnswer is one of them, put to one subject.
type shortAnswer struct {
	id  string // of the spec that puts it among the known answers
	put func() error
}

// shortAnswersOf are a subject's known answers, but for those that it is known to get wrong, whatever the processor, and
// for long ones.
func shortAnswersOf(s subject.Subject) (all []shortAnswer) {
	for _, k := range knownFiles {
		f := vectors.Own(k.file)
		for _, tr := range k.trials(s) {
			if tr.via == "confirmation" || strings.HasPrefix(tr.via, "sm4.") {
				continue
			}
			for _, t := range f.Tests {
				if tr.mode == t.Text("mode") && !long(t) {
					all = append(all, shortAnswer{"known answers / " + f.Algorithm + " / " + s.Name + " / " + knownText(tr, t), func() error { return tr.put(t) }})
				}
			}
		}
	}
	return all
}

// atAnswer begins the line by which a process says what it is at: an illegal instruction leaves it no time afterwards.
const atAnswer = "at "

// lastAt is the last answer that a process said it was at, and the first line of what it said then.
func lastAt(complaints string) string {
	lines := append(strings.Split(complaints, "\n"), "")
	for i, line := range slices.Backward(lines) {
		if id, at := strings.CutPrefix(line, atAnswer); at {
			return strings.TrimSpace(id + " " + lines[i+1])
		}
	}
	return ""
}
