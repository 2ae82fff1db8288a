package serve

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/xcmatrix/xcmatrix/results/certify/profile"
	"github.com/xcmatrix/xcmatrix/results/pack"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// listed is one run or one certificate on the home page.
type listed struct {
	Name     string
	Link     string
	Run      string        // its id
	Target   string        // of a certificate
	Level    profile.Level // of a certificate that was verified
	Claimed  profile.Level // what a certificate says by itself
	Verified bool
	Ended    bool
	Date     string
	Problem  string
	summary

	dir string // of a certificate
}

// summary is the content of a run's row on the home page, for a run that has ended.
type summary struct {
	Machines []machine
	Verdicts map[record.Verdict]int
	New      int
	Problem  string
}

// machine is a target of a run: its chip and system, and the level of its certificate.
type machine struct {
	Target, Chip, System string
	Provenance           record.Provenance
	Level                profile.Level
}

// cache has the summaries of runs that have ended, by path, size and time of the journal.
type cache struct {
	mu    sync.Mutex
	known map[string]summary
}

// Limits of the runs that the home page reads: the newest ones, and none with a long journal.
const (
	maxSummaries = 60
	maxSummary   = 128 << 20 // bytes of a journal or a pack
)

// home shows the home page.
func (s Site) home(w http.ResponseWriter, r *http.Request) {
	lang := s.language(r)
	certificates := s.certificates(lang)
	s.page(w, "index", struct {
		Lang               string
		Runs, Certificates []listed
		Rooted             bool
	}{lang, s.runs(lang, certificates), certificates, s.Rooted})
}

// runs returns the runs, those of Extra first, the newest before others.
func (s Site) runs(lang string, certificates []listed) []listed {
	var out []listed
	for _, path := range s.Extra {
		out = append(out, s.listed(path, lang))
	}
	entries, _ := os.ReadDir(s.Runs)
	for _, e := range slices.Backward(entries) {
		if (e.IsDir() || pack.Named(e.Name())) && !strings.HasPrefix(e.Name(), ".") && !slices.ContainsFunc(out, func(l listed) bool { return l.Name == e.Name() }) {
			out = append(out, s.listed(filepath.Join(s.Runs, e.Name()), lang))
		}
	}
	var waiting sync.WaitGroup
	places := make(chan struct{}, 2)
	for i := range out[:min(len(out), maxSummaries)] {
		if l := &out[i]; l.Ended && l.Problem == "" {
			waiting.Go(func() {
				places <- struct{}{}
				defer func() { <-places }()
				l.summary = s.summarize(s.path(l.Name))
				l.Problem = cmp.Or(l.Problem, l.summary.Problem)
			})
		}
	}
	waiting.Wait()
	for i := range out {
		out[i].Machines = slices.Clone(out[i].Machines)
		for m := range out[i].Machines {
			for _, c := range certificates {
				if c.Run == out[i].Run && c.Target == out[i].Machines[m].Target {
					out[i].Machines[m].Level = max(out[i].Machines[m].Level, c.Level)
				}
			}
		}
	}
	return out
}

// path returns the path of the run with a name.
func (s Site) path(name string) string {
	for _, path := range s.Extra {
		if filepath.Base(path) == name {
			return path
		}
	}
	return filepath.Join(s.Runs, name)
}

// listed returns the row of a run. Its Problem is set if the run cannot be read.
func (s Site) listed(path, lang string) listed {
	name := filepath.Base(path)
	l := listed{Name: name, Link: "/runs/" + url.PathEscape(name)}
	m, err := store.Planned(path)
	if err == nil {
		l.Run, l.Date = m.Run, m.Created.Local().Format("2006-01-02 15:04")
		l.Ended, err = store.Sealed(path)
	}
	if err == nil && !pack.Named(name) { // Open has checked a pack
		var journal *os.File
		if journal, err = store.OpenJournal(path); err == nil {
			err = journal.Close()
		}
	}
	if err != nil {
		l.Problem = words(err, lang)
	}
	return l
}

// summarize returns the summary of a run that has ended, from the cache or from its journal; an empty one if the journal
// is too long.
func (s Site) summarize(path string) summary {
	journal := path
	if !pack.Named(path) {
		journal = filepath.Join(path, "journal.ndjson")
	}
	info, err := os.Stat(journal)
	if err != nil || info.Size() > maxSummary {
		return summary{}
	}
	key := fmt.Sprint(path, "\x00", info.ModTime().UnixNano(), "\x00", info.Size())
	s.cache.mu.Lock()
	known, ok := s.cache.known[key]
	s.cache.mu.Unlock()
	if ok {
		return known
	}
	sum := s.read(path)
	s.cache.mu.Lock()
	defer s.cache.mu.Unlock()
	if len(s.cache.known) > 10*maxSummaries { // of many runs that were removed
		clear(s.cache.known)
	}
	s.cache.known[key] = sum
	return sum
}

// read reads a run and returns its summary.
func (s Site) read(path string) summary {
	run, err := store.Load(path)
	if err != nil {
		return summary{Problem: words(err, s.Lang)}
	}
	found, err := s.Judge(run)
	if err != nil {
		return summary{Problem: words(err, s.Lang)}
	}
	sum := summary{Verdicts: map[record.Verdict]int{}, New: found.New()}
	for _, t := range render.Summary(run, nil, s.Lang).Targets {
		sum.Machines = append(sum.Machines, machine{Target: t.ID, Chip: t.Chip, System: t.System, Provenance: t.Provenance})
	}
	for _, c := range run.Cells {
		for v, n := range c.Count() {
			sum.Verdicts[v] += n
		}
	}
	return sum
}

// language returns the language that the browser prefers of the two, or else that of the site.
func (s Site) language(r *http.Request) string {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") { // browsers list the preferred one first
		tag, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		switch lang, _, _ := strings.Cut(strings.ToLower(tag), "-"); lang {
		case "zh", "en":
			return lang
		}
	}
	return s.Lang
}
