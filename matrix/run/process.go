package run

import (
	"context"
	"errors"
	"os"
	"slices"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/gotest"
	"github.com/xcmatrix/xcmatrix/matrix/launch"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// process is one payload process of a cell, from its launch to the last verdict that follows from its end.
type process struct {
	*dispatcher
	cell   *cell
	target *target
	specs  []record.SpecPlan // that the payload is asked to run

	launched launch.Process
	dir      string   // for the payload's temporary files and Ginkgo's reports; removed at the end
	reports  *os.Root // dir, opened before the payload can replace it

	deadlines map[string]time.Duration // by spec id
	watchdog  *watchdog

	open             []string          // ids of the specs that have started and not ended: several where tests run in parallel
	openSpec         string            // the last of them: the id of the spec that has started and not ended; "" if none
	verdicts         int               // received from the payload
	cellEnded        bool              // the payload has sent its cell-end event
	deadlineExceeded bool              // the payload was killed because an event was overdue
	protocolError    *record.Sentence  // how the payload broke the event protocol; no event is journaled after that
	eventBytes       int               // received
	invalidLines     int               // received, that are no events
	unexpectedEvents int               // received, about specs that were not asked for or have a verdict
	files            map[string][]byte // whole files that came by events, by name
	pieces           map[string][]byte // of files that are not whole yet
	cpuFeatures      []string          // from the payload's machine event
}

// testGrace is the time for a payload that carries a user's tests beside four times a test's deadline, which it keeps
// itself: it may run a test that failed again, alone and behind the others.
const testGrace = 2 * time.Minute

// timeFactor returns the factor by which deadlines are longer than on the machine itself.
func timeFactor(p record.Provenance) float64 {
	if p == record.Native {
		return 1
	}
	return 5
}

// run launches the payload, journals its events, and records verdicts for specs that the payload ended without. It
// returns an error if the journal cannot be written or the process's directory cannot be made; a payload that does not
// start or breaks the protocol is a verdict and no error.
func (p *process) run(ctx context.Context) error {
	var err error
	if p.dir, err = p.scratch.make("process"); err != nil {
		return err
	}
	defer os.RemoveAll(p.dir)
	if p.reports, err = os.OpenRoot(p.dir); err != nil {
		return err
	}
	defer p.reports.Close()
	options := p.launchOptions(p.describe())
	description, key := options.Request.Launch, p.cell.key()
	if err := p.journal.AppendEvent(&key, record.Event{Kind: record.KindLaunch, Launch: &description}); err != nil {
		return err
	}
	p.launched, err = p.target.launcher.Start(ctx, p.target.Target, p.payload(p.cell), options)
	if err != nil {
		reason := record.Sayf("the payload did not start: %v", "测试程序未能启动：%v", err)
		return p.recordVerdicts(p.cell, p.specs, record.SpecEnd{Verdict: record.Error, Detail: &reason})
	}
	err = p.journalEvents(timeFactor(description.Provenance))
	if err != nil {
		p.launched.Kill(record.Sayf("%v", "%v", err))
	}
	exit := p.launched.Wait()
	if err == nil && ctx.Err() == nil {
		err = p.recordExit(exit)
	}
	return errors.Join(err, p.attach(exit))
}

// describe returns how the payload is launched. On a machine that is reached by SSH the coordinator has said it.
func (p *process) describe() record.Launch {
	description := p.target.launcher.Describe(p.target.Target, p.payload(p.cell))
	if p.Launcher != nil {
		description.Launcher = *p.Launcher
	}
	return description
}

// launchOptions returns the payload's request, environment and limits. As a side effect it sets the deadlines.
func (p *process) launchOptions(description record.Launch) launch.Options {
	p.deadlines = map[string]time.Duration{}
	request := record.Request{Item: p.cell.Item, Round: p.cell.Round, Seed: p.Manifest.Seed,
		Stretch: timeFactor(description.Provenance), ReportDir: p.dir}
	for _, s := range p.specs {
		request.Specs = append(request.Specs, s.ID)
		p.deadlines[s.ID] = time.Duration(s.Deadline * request.Stretch * float64(time.Second))
		if p.cell.Item == gotest.Item { // also where another machine's coordinator has the tests
			p.deadlines[s.ID] = 4*p.deadlines[s.ID] + testGrace
		}
	}
	request.Without = slices.DeleteFunc([]string{record.LabelBench, record.LabelLogic, record.LabelDeep}, func(label string) bool {
		return slices.ContainsFunc(p.specs, func(s record.SpecPlan) bool { return slices.Contains(s.Labels, label) })
	})
	if p.Files != nil {
		request.Files = p.Files(p.cell.Item)
	}
	options := launch.Options{Memory: p.Memory, Env: append([]string{"TMPDIR=" + p.dir, "GOTRACEBACK=all"}, p.environment(p.cell.Item)...)}
	switch {
	case p.isTests(p.cell.Item):
		options.Reads = p.Tests.Reads()
	case p.Reads != nil:
		options.Reads = p.Reads(p.cell.Item)
	}
	description.Environment = p.target.launcher.Environment(options)
	request.Launch = description
	options.Request = request
	return options
}
