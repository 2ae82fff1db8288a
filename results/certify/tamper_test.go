package certify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/emmansun/gmsm/smx509"
	"github.com/klauspost/compress/gzip"

	"github.com/xcmatrix/xcmatrix/results/certify/claim"
	"github.com/xcmatrix/xcmatrix/results/certify/identity"
	"github.com/xcmatrix/xcmatrix/results/certify/statement"
	"github.com/xcmatrix/xcmatrix/results/internal/trial"
)

// folder is a certificate in memory; put writes it to a directory.
type folder map[string][]byte

func read(t *testing.T, dir string) folder {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	f := folder{}
	for _, e := range entries {
		if f[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

func (f folder) put(t *testing.T, dir string) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range f {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// with is a copy with one file replaced; nil content takes the file away.
func (f folder) with(name string, content []byte) folder {
	g := maps.Clone(f)
	if g[name] = content; content == nil {
		delete(g, name)
	}
	return g
}

// signed is the folder with a new statement by a signer that names the files as they are now: what somebody can do who
// has a key. The claim is the old one, as change leaves it.
func (f folder) signed(t *testing.T, by identity.Signer, change func(*statement.Statement, *claim.Claim)) folder {
	t.Helper()
	g := f.with(chainFile, by.Chain.PEM())
	delete(g, StatementFile)
	old, err := statement.Open(f[StatementFile], signer(t).Chain)
	if err != nil {
		t.Fatal(err)
	}
	var c claim.Claim
	if err := json.Unmarshal(old.Predicate.Claim, &c); err != nil {
		t.Fatal(err)
	}
	var files []statement.File
	for _, name := range slices.Sorted(maps.Keys(g)) {
		d, err := statement.DigestOf(bytes.NewReader(g[name]))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, statement.File{Name: name, Digest: d})
	}
	s := statement.New(files, old.Predicate)
	if change != nil {
		change(&s, &c)
	}
	p, err := predicate(c, s.Subject)
	if err != nil {
		t.Fatal(err)
	}
	s.Predicate = p
	if g[StatementFile], err = statement.Sign(s, by); err != nil {
		t.Fatal(err)
	}
	return g
}

func (f folder) journal(t *testing.T) [][]byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(f[journalFile]))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.SplitAfter(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
}

func repacked(t *testing.T, lines [][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(append(bytes.TrimSuffix(bytes.Join(lines, nil), []byte("\n")), '\n')); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bench counts mutations and what verification makes of each.
type bench struct {
	t    *testing.T
	dir  string
	root *smx509.Certificate
	n    int
	have folder // what dir holds; nil when that is not known
}

// become writes to the directory what is not there yet, and takes away what is there no more.
func (b *bench) become(f folder) {
	b.t.Helper()
	if b.have == nil {
		f.put(b.t, b.dir)
	}
	for name, content := range f {
		if have, ok := b.have[name]; b.have != nil && (!ok || !bytes.Equal(have, content)) {
			if err := os.WriteFile(filepath.Join(b.dir, name), content, 0o644); err != nil {
				b.t.Fatal(err)
			}
		}
	}
	for name := range b.have {
		if _, ok := f[name]; !ok {
			if err := os.Remove(filepath.Join(b.dir, name)); err != nil {
				b.t.Fatal(err)
			}
		}
	}
	b.have = f
}

// refuse checks that verification refuses a folder and names a file; one of those that are expected, if any are.
func (b *bench) refuse(what string, f folder, files ...string) {
	b.t.Helper()
	b.n++
	b.become(f)
	v, err := Verify(b.dir, Reader{Program: own, Root: b.root, At: now})
	switch {
	case err != nil:
		b.t.Errorf("%s: %v", what, err)
	case v.OK():
		b.t.Errorf("%s is accepted", what)
	case len(files) > 0 && !slices.ContainsFunc(v.Problems, func(p Problem) bool { return slices.Contains(files, p.File) }):
		b.t.Errorf("%s: %+v, want one about %v", what, v.Problems, files)
	}
}

// Whoever changes a folder is found out, with or without a key of their own, and where.
func TestTampering(t *testing.T) {
	by := signer(t)
	other, err := newSigner("Lab 实验室", now)
	if err != nil {
		t.Fatal(err)
	}
	shape := trial.Shape{Targets: trial.Base, Items: []string{"crypto", "abi"}, Specs: 3, Rounds: 2}
	issued := issue(t, order(t, trial.Dir(t, shape), by))
	good := read(t, issued[0].Dir)
	shape.Specs = 4
	newer := read(t, issue(t, order(t, trial.Dir(t, shape), by))[0].Dir)
	b := &bench{t: t, dir: filepath.Join(t.TempDir(), "f"), root: by.Chain.Root}
	good.put(t, b.dir)
	if v, err := Verify(b.dir, Reader{Program: own, Root: b.root, At: now}); err != nil || !v.OK() {
		t.Fatalf("untouched: %v %+v", err, v)
	}
	b.files(good)
	b.replays(good, newer, read(t, issued[1].Dir))
	b.keys(good, other)
	b.claims(good, by)
	b.journals(good, by)
	t.Logf("%d mutations", b.n)
	if b.n < 500 {
		t.Errorf("only %d mutations", b.n)
	}
}

// files changes, deletes, adds and swaps files.
func (b *bench) files(good folder) {
	names := slices.Sorted(maps.Keys(good))
	for i, name := range names {
		content := good[name]
		for _, at := range []int{0, 1, len(content) / 4, len(content) / 3, len(content) / 2, 2 * len(content) / 3, len(content) - 2, len(content) - 1} {
			flipped := bytes.Clone(content)
			flipped[at] ^= 1
			b.refuse(fmt.Sprintf("%s with byte %d flipped", name, at), good.with(name, flipped), name, chainFile, StatementFile)
		}
		b.refuse(name+" deleted", good.with(name, nil), name)
		b.refuse(name+" emptied", good.with(name, []byte{}), name)
		b.refuse(name+" with a byte more", good.with(name, append(bytes.Clone(content), '\n')), name)
		b.refuse(name+" cut", good.with(name, content[:len(content)-1]), name)
		b.refuse(name+" copied", good.with(name+".bak", content), name+".bak")
		for _, another := range names[i+1:] {
			swapped := good.with(name, good[another])
			swapped[another] = content
			b.refuse(name+" and "+another+" swapped", swapped, name, another)
		}
	}
	for _, name := range []string{"x", ".hidden", "certificate.html~", "CHAIN.PEM", "证书.txt"} {
		b.refuse(name+" added", good.with(name, []byte("x")), name)
	}
	good.put(b.t, b.dir)
	b.special("a folder added", "sub", func(path string) error { return os.Mkdir(path, 0o755) })
	good.put(b.t, b.dir)
	b.special("a link in place of a file", benchFile, func(path string) error {
		copied := filepath.Join(b.t.TempDir(), "bench")
		if err := os.Rename(path, copied); err != nil {
			return err
		}
		return os.Symlink(copied, path)
	})
}

func (b *bench) special(what, name string, change func(path string) error) {
	b.t.Helper()
	b.n++
	b.have = nil
	if err := change(filepath.Join(b.dir, name)); err != nil {
		b.t.Fatal(err)
	}
	v, err := Verify(b.dir, Reader{Program: own, Root: b.root, At: now})
	if err != nil || v.OK() || v.Problems[0].File != name {
		b.t.Errorf("%s: %v %+v", what, err, v)
	}
}

// replays puts parts of one certificate into another.
func (b *bench) replays(good, newer, sibling folder) {
	for what, other := range map[string]folder{"a newer run": newer, "another target": sibling} {
		for name := range other {
			if !bytes.Equal(good[name], other[name]) {
				b.refuse("a folder with the "+name+" of "+what, good.with(name, other[name]), name, htmlFile) // the statement's own swap shows in the files
			}
		}
		b.refuse("the old statement for "+what, other.with(StatementFile, good[StatementFile]))
	}
}

// keys replaces the signer.
func (b *bench) keys(good folder, other identity.Signer) {
	b.refuse("another's certificates", good.with(chainFile, other.Chain.PEM()), chainFile)
	b.refuse("signed again with another's key", good.signed(b.t, other, nil), chainFile)
	b.refuse("signed with another's key under the old certificates", good.signed(b.t, other, nil).with(chainFile, good[chainFile]), StatementFile)
	mixed := identity.Chain{Leaf: other.Chain.Leaf, Root: signer(b.t).Chain.Root}
	b.refuse("another's leaf under the trusted root", good.signed(b.t, other, nil).with(chainFile, mixed.PEM()), chainFile)
}

// claims lets the rightful signer say what does not follow from the evidence.
func (b *bench) claims(good folder, by identity.Signer) {
	for field, change := range map[string]func(*claim.Claim){
		"claim.level":      func(c *claim.Claim) { c.Level = "L3" },
		"claim.run":        func(c *claim.Claim) { c.Run = "another" },
		"claim.target":     func(c *claim.Claim) { c.Target.Chip = "kunpeng-920" },
		"claim.provenance": func(c *claim.Claim) { c.Provenance = "vm" },
		"claim.rules":      func(c *claim.Claim) { c.Rules[0].Met = !c.Rules[0].Met },
		"claim.verdicts":   func(c *claim.Claim) { c.Verdicts["pass"]++ },
		"claim.journal":    func(c *claim.Claim) { c.Journal.Entries-- },
		"claim.machine":    func(c *claim.Claim) { c.Machine.Kernel = "9.9" },
		"claim.signer":     func(c *claim.Claim) { c.Signer = "somebody else" },
		"claim.payloads":   func(c *claim.Claim) { c.Payloads = []string{} },
		"claim.profile":    func(c *claim.Claim) { c.Profile.SM3 = "00" },
		"claim.waivers":    func(c *claim.Claim) { c.Waivers.SM3 = "00" },
		"claim":            func(c *claim.Claim) { c.Issued = now.AddDate(0, 1, 0) },
	} {
		f := good.signed(b.t, by, func(_ *statement.Statement, c *claim.Claim) { change(c) })
		b.refuse("a false "+field, f, StatementFile)
		if v, _ := Verify(b.dir, Reader{Program: own, Root: b.root, At: now}); len(v.Problems) != 1 || v.Problems[0].Place != field {
			b.t.Errorf("a false %s: %+v", field, v.Problems)
		}
	}
	b.refuse("a statement without the journal", good.signed(b.t, by, func(s *statement.Statement, _ *claim.Claim) {
		s.Subject = slices.DeleteFunc(s.Subject, func(f statement.File) bool { return f.Name == journalFile })
	}), StatementFile, journalFile)
	b.refuse("a statement of a file elsewhere", good.signed(b.t, by, func(s *statement.Statement, _ *claim.Claim) {
		s.Subject = append(s.Subject, statement.File{Name: "../" + htmlFile, Digest: s.Subject[0].Digest})
	}), StatementFile)
	b.refuse("a file that is none of a certificate's", good.with("x.txt", []byte("x")).signed(b.t, by, nil), StatementFile)
	b.refuse("a weaker profile", good.with(profileFile, bytes.Replace(good[profileFile], []byte(">= 100%"), []byte(">= 1%"), 1)).signed(b.t, by, nil), StatementFile)
	b.refuse("a damaged profile", good.with(profileFile, []byte("name: [")).signed(b.t, by, nil), profileFile)
	b.refuse("damaged waivers", good.with(waiversFile, []byte("waivers: 1")).signed(b.t, by, nil), waiversFile)
	b.refuse("a journal that is none", good.with(journalFile, []byte("text")).signed(b.t, by, nil), journalFile)
	b.refuse("another manifest", good.with(manifestFile, bytes.Replace(good[manifestFile], []byte(`"seed": 7`), []byte(`"seed": 8`), 1)).signed(b.t, by, nil), journalFile)
}

// journals removes, adds, moves, doubles and edits an entry of each kind, and lets the rightful signer sign it.
func (b *bench) journals(good folder, by identity.Signer) {
	lines := good.journal(b.t)
	kinds := map[string]int{}
	for i, line := range lines {
		var entry struct {
			Event struct {
				Kind string `json:"event"`
			} `json:"event"`
		}
		if err := json.Unmarshal(line, &entry); err != nil {
			b.t.Fatal(err)
		}
		if kinds[entry.Event.Kind]++; kinds[entry.Event.Kind] > 8 {
			continue // enough of this kind
		}
		for what, changed := range map[string][][]byte{
			"removed": slices.Delete(slices.Clone(lines), i, i+1),
			"doubled": slices.Insert(slices.Clone(lines), i, line),
			"moved":   slices.Insert(slices.Delete(slices.Clone(lines), i, i+1), (i+len(lines)/2)%(len(lines)-1), line),
			"edited":  replaced(lines, i, bytes.Replace(line, []byte(`"v":1`), []byte(`"v":1,"x":0`), 1)),
			"renamed": replaced(lines, i, bytes.Replace(line, []byte(`"target":"`), []byte(`"target":"x`), 1)),
		} {
			f := good.with(journalFile, repacked(b.t, changed)).signed(b.t, by, nil)
			b.refuse(fmt.Sprintf("entry %d (%s) %s", i+1, entry.Event.Kind, what), f, journalFile)
		}
	}
	if len(kinds) != 10 {
		b.t.Errorf("not every kind of event is in the journal: %v", kinds)
	}
	b.refuse("the journal cut short", good.with(journalFile, repacked(b.t, lines[:len(lines)-1])).signed(b.t, by, nil), journalFile)
	b.refuse("the journal longer by half a line", good.with(journalFile, repacked(b.t, append(slices.Clone(lines), []byte(`{"n":`)))).signed(b.t, by, nil), journalFile)
}

func replaced(lines [][]byte, i int, line []byte) [][]byte {
	out := slices.Clone(lines)
	out[i] = line
	return out
}
