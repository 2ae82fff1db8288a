package certify_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/emmansun/gmsm/sm3"
	"github.com/klauspost/compress/gzip"

	"github.com/xcmatrix/xcmatrix/results/certify"
	"github.com/xcmatrix/xcmatrix/results/certify/claim"
	"github.com/xcmatrix/xcmatrix/results/certify/identity"
	"github.com/xcmatrix/xcmatrix/results/certify/profile"
	"github.com/xcmatrix/xcmatrix/results/certify/statement"
	"github.com/xcmatrix/xcmatrix/results/internal/trial"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/results/triage/waiver"
)

// forgery is what a hostile laboratory makes with its own key, so that people believe more than it showed. None of them
// is a flipped byte: each digest, each link of the chain and the signature are right.
type forgery struct {
	name  string
	forge func(l *laboratory) seen

	refused string   // a part of the sentence that refuses it; "" where it is not refused
	says    []string // parts of what people read beside a forgery that is not refused
	level   string   // how the level sentence begins: no more than the evidence carries; "" where nothing is said of a level
}

// seen is what people see of a forgery.
type seen struct {
	refused []string // why it is refused, each sentence with its file and place
	level   string   // the level sentence
	said    []string // everything else
}

// subjects are what forgeries are made against, and the tables of them.
var subjects = map[string][]forgery{
	"the full plan":    planForgeries,
	"shipped rules":    ruleForgeries,
	"provenance":       provenanceForgeries,
	"the repositories": repositoryForgeries,
}

func TestHostileLaboratory(t *testing.T) {
	l := newLaboratory(t)
	forgeries := 0
	for against, table := range subjects {
		if forgeries += len(table); len(table) < 3 {
			t.Errorf("against %s there are %d forgeries, 3 or more are wanted", against, len(table))
		}
		for _, f := range table {
			t.Run(against+"/"+f.name, func(t *testing.T) { f.check(t, l.in(t)) })
		}
	}
	if forgeries < 40 {
		t.Errorf("%d forgeries, 40 or more are wanted", forgeries)
	}
}

func (f forgery) check(t *testing.T, l *laboratory) {
	s := f.forge(l)
	refused := strings.Join(s.refused, "\n")
	if f.refused != "" {
		if !strings.Contains(refused, f.refused) {
			t.Errorf("it is to be refused with %q; refused with %q, level %q", f.refused, refused, s.level)
		}
		return
	}
	if refused != "" {
		t.Errorf("refused: %s", refused)
	}
	if !strings.HasPrefix(s.level, f.level) || f.level == "" && s.level != "" {
		t.Errorf("the level sentence is %q, it is to begin with %q", s.level, f.level)
	}
	text := s.level + "\n" + strings.Join(s.said, "\n")
	for _, part := range f.says {
		if !strings.Contains(text, part) {
			t.Errorf("people do not read %q in:\n%s", part, text)
		}
	}
}

// laboratory makes folders with a key of its own.
type laboratory struct {
	t  *testing.T
	by identity.Signer
}

// passphrase of the hostile laboratory's key.
var passphrase = []byte("correct horse")

func newLaboratory(t *testing.T) *laboratory {
	t.Helper()
	keys := filepath.Join(t.TempDir(), "key")
	if err := identity.Create(keys, identity.Request{Name: "Hostile laboratory", Days: 365, Passphrase: passphrase, Now: trial.Began}); err != nil {
		t.Fatal(err)
	}
	by, err := identity.Open(keys, passphrase, issued)
	if err != nil {
		t.Fatal(err)
	}
	return &laboratory{t: t, by: by}
}

// in is the laboratory at work within another test.
func (l *laboratory) in(t *testing.T) *laboratory { return &laboratory{t: t, by: l.by} }

func (l *laboratory) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

// issued is when the laboratory signs.
var issued = trial.Began.AddDate(0, 0, 1)

// evidence is a run as its files.
type evidence struct {
	manifest, seal []byte
	journal        [][]byte // entries without their hashes
}

// whole is a run of one native target on which everything passes, in five rounds: an honest L2.
var whole = trial.Shape{Targets: trial.Base[:1], Items: trial.Items, Specs: 4, Rounds: 5}

// run makes up a run.
func (l *laboratory) run(s trial.Shape) evidence {
	l.t.Helper()
	dir := trial.Dir(l.t, s)
	var e evidence
	var err error
	e.manifest, err = os.ReadFile(filepath.Join(dir, "manifest.json"))
	l.must(err)
	e.seal, err = os.ReadFile(filepath.Join(dir, "seal.json"))
	l.must(err)
	journal, err := os.ReadFile(filepath.Join(dir, "journal.ndjson"))
	l.must(err)
	for line := range bytes.Lines(journal) {
		body, _, ok := bytes.Cut(line, []byte(`,"h":"`))
		if !ok {
			l.t.Fatalf("no hash in %s", line)
		}
		e.journal = append(e.journal, body)
	}
	return e
}

// edit is a run with a manifest that was changed by somebody who keeps to its spelling.
func (e evidence) edit(l *laboratory, change func(m *store.Manifest)) evidence {
	l.t.Helper()
	var m store.Manifest
	l.must(json.Unmarshal(e.manifest, &m))
	change(&m)
	raw, err := json.MarshalIndent(m, "", " ")
	l.must(err)
	e.manifest = append(raw, '\n')
	return e
}

// each is a run with every entry passed through change, which leaves one out by returning nil.
func (e evidence) each(change func(body string) string) evidence {
	var out [][]byte
	for _, body := range e.journal {
		if b := change(string(body)); b != "" {
			out = append(out, []byte(b))
		}
	}
	e.journal = out
	return e
}

// lines are the run's journal, numbered and chained anew, and its seal.
func (e evidence) lines(l *laboratory) (journal, seal []byte) {
	l.t.Helper()
	var out bytes.Buffer
	head := sm3.Sum(slices.Concat(make([]byte, sm3.Size), e.manifest))
	for n, body := range e.journal {
		_, rest, ok := bytes.Cut(body, []byte(","))
		if !ok {
			l.t.Fatalf("no entry: %s", body)
		}
		numbered := slices.Concat([]byte(`{"n":`), []byte(jsonOf(n+1)), []byte(","), rest)
		head = sm3.Sum(slices.Concat(head[:], numbered))
		out.Write(numbered)
		out.WriteString(`,"h":"` + hex.EncodeToString(head[:]) + "\"}\n")
	}
	var s store.Seal
	l.must(json.Unmarshal(e.seal, &s))
	s.Entries, s.Head = len(e.journal), hex.EncodeToString(head[:])
	raw, err := json.MarshalIndent(s, "", " ")
	l.must(err)
	return out.Bytes(), append(raw, '\n')
}

func jsonOf(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

// dir writes a run where certify reads it.
func (e evidence) dir(l *laboratory) string {
	l.t.Helper()
	dir := l.t.TempDir()
	journal, seal := e.lines(l)
	for name, content := range map[string][]byte{"manifest.json": e.manifest, "seal.json": seal, "journal.ndjson": journal} {
		l.must(os.WriteFile(filepath.Join(dir, name), content, 0o600))
	}
	return dir
}

// rules is what a run is held against; what is not named is the shipped one.
type rules struct{ profile, waivers string }

// certify makes the folder of a run's first target with the laboratory's own key: what the program itself says of it.
func (l *laboratory) certify(e evidence, r rules, change ...func(*certify.Order)) (folder, error) {
	l.t.Helper()
	run, err := store.Load(e.dir(l))
	if err != nil {
		return nil, err
	}
	p, err := profile.Find("xinchuang-base", nil)
	l.must(err)
	if r.profile != "" {
		if p, err = profile.Parse("profile.yaml", []byte(r.profile), nil); err != nil {
			return nil, err
		}
	}
	text := []byte(shippedWaivers)
	if r.waivers != "" {
		text = []byte(r.waivers)
	}
	list, err := waiver.Parse("waivers.yaml", text)
	if err != nil {
		return nil, err
	}
	o := certify.Order{Program: own, Run: run, Targets: []string{run.Manifest.Targets[0].ID}, Profile: p, Waivers: list, Text: text, Signer: l.by, Now: issued, Lang: "en"}
	for _, c := range change {
		c(&o)
	}
	out, err := certify.Issue(l.t.TempDir(), o)
	if err != nil {
		return nil, err
	}
	if out[0].Dir == "" {
		return nil, errors.New(jsonOf(out[0].Refused))
	}
	return l.read(out[0].Dir), nil
}

// own is the program that everybody has in these tests: it made the runs of the shape whole.
var own = claim.Program{Version: trial.Version, Waivers: []byte(shippedWaivers), FullPlan: trial.FullPlan(whole)}

// shippedWaivers are those of the program in these tests.
const shippedWaivers = "waivers: []\n"

// honest is the folder of a run that the program certifies without complaint.
func (l *laboratory) honest(e evidence) folder {
	l.t.Helper()
	f, err := l.certify(e, rules{})
	l.must(err)
	return f
}

// folder is a certificate's folder in memory.
type folder map[string][]byte

func (l *laboratory) read(dir string) folder {
	l.t.Helper()
	entries, err := os.ReadDir(dir)
	l.must(err)
	f := folder{}
	for _, e := range entries {
		f[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name()))
		l.must(err)
	}
	return f
}

func (l *laboratory) write(f folder, dir string) string {
	l.t.Helper()
	l.must(os.MkdirAll(dir, 0o755))
	for name, content := range f {
		l.must(os.WriteFile(filepath.Join(dir, name), content, 0o600))
	}
	return dir
}

// with is a copy with one file replaced.
func (f folder) with(name string, content []byte) folder {
	g := maps.Clone(f)
	g[name] = content
	return g
}

// holding is a copy with another run in it.
func (f folder) holding(l *laboratory, e evidence) folder {
	l.t.Helper()
	journal, seal := e.lines(l)
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	_, err := w.Write(journal)
	l.must(errors.Join(err, w.Close()))
	return f.with(certify.ManifestFile, e.manifest).with(certify.SealFile, seal).with(certify.JournalFile, z.Bytes())
}

// unpacked is the folder's journal, line by line.
func (f folder) unpacked(l *laboratory) [][]byte {
	l.t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(f[certify.JournalFile]))
	l.must(err)
	text, err := io.ReadAll(z)
	l.must(err)
	return slices.Collect(bytes.Lines(text))
}

// claimed is what a folder says.
func (l *laboratory) claimed(f folder) (statement.Statement, claim.Claim) {
	l.t.Helper()
	s, err := statement.Open(f[certify.StatementFile], l.by.Chain)
	l.must(err)
	var c claim.Claim
	l.must(json.Unmarshal(s.Predicate.Claim, &c))
	return s, c
}

// sign signs a folder as its files are now, with the claim as change leaves it.
func (l *laboratory) sign(f folder, change func(c *claim.Claim)) folder {
	l.t.Helper()
	_, c := l.claimed(f)
	if change != nil {
		change(&c)
	}
	var files []statement.File
	for _, name := range slices.Sorted(maps.Keys(f)) {
		if name != certify.StatementFile {
			d, err := statement.DigestOf(bytes.NewReader(f[name]))
			l.must(err)
			files = append(files, statement.File{Name: name, Digest: d})
		}
	}
	p, err := certify.Predicate(c, files)
	l.must(err)
	envelope, err := statement.Sign(statement.New(files, p), l.by)
	l.must(err)
	return f.with(certify.StatementFile, envelope)
}

// reader is somebody who trusts the laboratory's root and has the program that it used.
func (l *laboratory) reader() certify.Reader {
	return certify.Reader{Root: l.by.Chain.Root, At: issued.AddDate(0, 0, 1), Program: own}
}

// verified is what somebody sees who verifies a folder; with an error, what certify said to the laboratory.
func (l *laboratory) verified(f folder, err error) seen {
	l.t.Helper()
	if err != nil {
		return seen{refused: []string{err.Error()}}
	}
	return l.seenBy(l.reader(), f)
}

func (l *laboratory) seenBy(r certify.Reader, f folder) seen {
	l.t.Helper()
	v, err := certify.Verify(l.write(f, filepath.Join(l.t.TempDir(), "folder")), r)
	l.must(err)
	var s seen
	for _, p := range v.Problems {
		s.refused = append(s.refused, p.File+": "+p.Place+": "+p.What.En)
	}
	for _, p := range append(slices.Clone(v.Proved), v.Unproved...) {
		if strings.HasPrefix(p.En, "L1 ") || strings.HasPrefix(p.En, "L2 ") || strings.HasPrefix(p.En, "L3 ") || strings.HasPrefix(p.En, "no level") {
			s.level = p.En
		} else {
			s.said = append(s.said, p.En)
		}
	}
	return s
}

// An honest laboratory is not in the way of these tests.
func TestHonestLaboratory(t *testing.T) {
	l := newLaboratory(t)
	s := l.verified(l.certify(l.run(whole), rules{}))
	if len(s.refused) > 0 || !strings.HasPrefix(s.level, "L2 works") {
		t.Errorf("%+v", s)
	}
	if again := l.verified(l.sign(l.honest(l.run(whole)), nil), nil); len(again.refused) > 0 {
		t.Errorf("signed again: %+v", again)
	}
	if e := l.run(whole); len(l.honest(e).unpacked(l)) != len(e.journal) {
		t.Error("the journal in the folder is another")
	}
}
