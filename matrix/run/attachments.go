package run

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"github.com/xcmatrix/xcmatrix/matrix/launch"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
)

// logDroppedLines journals how many lines of the event channel were not used.
func (p *process) logDroppedLines() error {
	return p.logWarning(record.Sayf("%d lines on the event channel were no events, %d were about specs that were not asked for: left out",
		"事件通道中有 %d 行不是事件，%d 行涉及未要求的检查项：已忽略", p.invalidLines, p.unexpectedEvents))
}

// logWarning journals a warning about the process.
func (p *process) logWarning(text record.Sentence) error {
	key := p.cell.key()
	return p.journal.AppendEvent(&key, record.Event{Kind: record.KindLog, Log: &record.Log{Level: "warn", Text: text}})
}

// reportNames are the files of an attempt that become attachments beside its output.
var reportNames = []string{"report.json", "junit.xml", "coverage.txt", record.ArtifactsName}

// receiveFile takes a piece of a file that a payload hands over by its events. All its events together are bounded.
func (p *process) receiveFile(f record.File) {
	if !slices.Contains(reportNames, f.Name) || p.files[f.Name] != nil {
		p.unexpectedEvents++
		return
	}
	if p.pieces == nil {
		p.pieces, p.files = map[string][]byte{}, map[string][]byte{}
	}
	p.pieces[f.Name] = append(p.pieces[f.Name], f.Data...)
	if f.Last {
		p.files[f.Name] = p.pieces[f.Name]
		delete(p.pieces, f.Name)
	}
}

// attach keeps the output of the process and Ginkgo's own reports as attachments of the journal. A report that cannot be
// read is a warning in the journal, not an error.
func (p *process) attach(exit launch.Exit) error {
	key := p.cell.key()
	errs := []error{p.journal.Attach(key, "log", exit.Output)}
	for _, name := range reportNames {
		content, err := p.readReport(name)
		if received := p.files[name]; errors.Is(err, fs.ErrNotExist) && received != nil {
			content, err = received, nil
		}
		switch {
		case errors.Is(err, fs.ErrNotExist): // a process that crashed has written no report
		case err != nil:
			errs = append(errs, p.logWarning(record.Sayf("a report of Ginkgo's is left out: %v", "略去一份 Ginkgo 报告：%v", err)))
		default:
			errs = append(errs, p.journal.Attach(key, name, content))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("attachments of %s %s: %w", key.Target, key.Item, err)
	}
	return nil
}

// maxReportBytes bounds a report that a payload wrote.
const maxReportBytes = 64 << 20

// readReport returns the content of a report that the payload wrote. It fails if the report is no regular file in the
// payload's own directory or is larger than maxReportBytes.
func (p *process) readReport(name string) ([]byte, error) {
	f, err := regular.OpenIn(p.reports, name, maxReportBytes)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(regular.AtMost(f, name, maxReportBytes))
}
