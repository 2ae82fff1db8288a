package cli

import (
	"archive/tar"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	digest "github.com/emmansun/gmsm/sm3"
	"github.com/klauspost/compress/zstd"
)

// packedFile is a file of a pack as this test makes it, without the program's own writer.
type packedFile struct {
	Name   string `json:"name"`
	Packed int64  `json:"packed"`
	Size   int64  `json:"size"`
	SM3    string `json:"sm3"`

	kind    byte   // of the entry in the archive; 0 for a regular file
	inTar   string // its name there, where that is another
	content []byte
}

func file(name string, content []byte) packedFile {
	f := packedFile{Name: name, content: content, Size: int64(len(content))}
	if strings.HasSuffix(name, ".zst") {
		f.content = zstandard(content)
	}
	return f.digested()
}

// digested is the file with the length and the digest of its content.
func (f packedFile) digested() packedFile {
	sum := digest.Sum(f.content)
	f.Packed, f.SM3 = int64(len(f.content)), hex.EncodeToString(sum[:])
	return f
}

func zstandard(text []byte) []byte {
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		panic(err)
	}
	return z.EncodeAll(text, nil)
}

// archive is a pack of files, whose list is of a version.
func archive(version int, files ...packedFile) []byte {
	list, err := json.MarshalIndent(struct {
		V       int          `json:"v"`
		Entries []packedFile `json:"entries"`
	}{version, files}, "", " ")
	if err != nil {
		panic(err)
	}
	return tarOf(append([]packedFile{{Name: "pack.json", content: append(list, '\n')}}, files...)...)
}

func tarOf(files ...packedFile) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		h := tar.Header{Typeflag: tar.TypeReg, Name: f.Name, Mode: 0o644, Size: int64(len(f.content)), Format: tar.FormatUSTAR}
		if f.inTar != "" {
			h.Name = f.inTar
		}
		if f.kind != 0 {
			h.Typeflag, h.Linkname, h.Size = f.kind, "/etc/passwd", 0
		}
		if len(h.Name) > 99 || !strings.HasPrefix(h.Name, "pack") && f.kind == tar.TypeXHeader {
			h.Format, h.Typeflag = tar.FormatPAX, tar.TypeReg
		}
		if err := w.WriteHeader(&h); err != nil {
			continue // what archive/tar cannot say
		}
		if h.Size > 0 {
			w.Write(f.content) //nolint:errcheck // a buffer takes all
		}
	}
	w.Close() //nolint:errcheck
	return b.Bytes()
}

// hostilePack is a pack, and what has to be said of it.
type hostilePack struct {
	name    string
	content []byte
	says    string
}

// parts are the files of a good pack, in order.
func parts(t *testing.T, pack []byte) []packedFile {
	t.Helper()
	var list struct{ Entries []packedFile }
	r := tar.NewReader(bytes.NewReader(pack))
	for i := -1; ; i++ {
		_, err := r.Next()
		if err == io.EOF {
			return list.Entries
		}
		content, errRead := io.ReadAll(r)
		if err != nil || errRead != nil {
			t.Fatal(err, errRead)
		}
		if i >= 0 {
			list.Entries[i].content = content
		} else if err := json.Unmarshal(content, &list); err != nil {
			t.Fatal(err)
		}
	}
}

// with is a copy of files in which one is another.
func with(files []packedFile, i int, f packedFile) []packedFile {
	files = slices.Clone(files)
	files[i] = f
	return files
}

// hostilePacks are made from a good one: 60 cut short, 40 with one bit changed, and some of every other kind.
func hostilePacks(t *testing.T, good []byte) (all []hostilePack) {
	random := rand.New(rand.NewPCG(19, 3))
	add := func(says, name string, content []byte) { all = append(all, hostilePack{name, content, says}) }
	for range 60 {
		n := random.IntN(len(good))
		add("", fmt.Sprintf("cut at %d", n), good[:n])
	}
	for range 40 {
		n, bit := random.IntN(len(good)), random.IntN(8)
		changed := bytes.Clone(good)
		changed[n] ^= 1 << bit
		add("", fmt.Sprintf("bit %d of byte %d", bit, n), changed)
	}
	files := parts(t, good)
	hostileSizes(files, add)
	hostileBombs(files, add)
	hostileOrder(files, add)
	hostileNames(files, add)
	hostileRuns(files, add)
	for name, content := range map[string][]byte{
		"nothing": {}, "a zip": append([]byte("PK\x03\x04"), good...), "text": []byte(strings.Repeat("all is well\n", 100)), "zeros": make([]byte, 10240),
		"gzip": zipped(good), "zstd": zstandard(good), "an ELF file": append([]byte("\x7fELF"), good...), "a script": []byte("#!/bin/sh\ntouch /tmp/owned\n"),
	} {
		add("it is no pack of a run", name, content)
	}
	add("something was cut off or added", "two packs in a row", append(bytes.Clone(good), good...))
	add("something was cut off or added", "something behind it", append(bytes.Clone(good), 'x'))
	add("something was cut off or added", "blocks of zeros behind it", append(bytes.Clone(good), make([]byte, 10240)...))
	between := bytes.Clone(good)
	between[len(between)-1] = 1
	add("something stands between its files", "in the last block", between)
	return all
}

func hostileSizes(files []packedFile, add func(says, name string, content []byte)) {
	for i, f := range files[:4] {
		if !strings.HasSuffix(f.Name, ".zst") {
			break
		}
		for _, change := range []int64{-f.Size, -1, 1, 1000, 1 << 20, 1 << 40, -1 << 40} {
			lying := f
			lying.Size += change
			add("", fmt.Sprintf("%s: size %+d", f.Name, change), archive(1, with(files, i, lying)...))
		}
		for _, change := range []int64{-1, 1, 512, 1 << 40, -1 << 40} {
			lying := f
			lying.Packed += change
			add("the pack is damaged", fmt.Sprintf("%s: packed %+d", f.Name, change), archive(1, with(files, i, lying)...))
		}
	}
}

// hostileBombs unpack to much, or make much of what they unpack to.
func hostileBombs(files []packedFile, add func(says, name string, content []byte)) {
	targets := func(one string, n int) []byte { // of a manifest, in valid JSON
		return []byte(`{"v": 2, "run": "r1", "targets": [` + strings.Repeat(one+",", n-1) + one + "]}")
	}
	for name, text := range map[string][]byte{
		"zeros": make([]byte, 90<<20), "blanks": bytes.Repeat([]byte(" "), 90<<20), "brackets": bytes.Repeat([]byte("["), 90<<20),
	} {
		for i := range files[:3] {
			if strings.HasSuffix(files[i].Name, ".zst") {
				add("would unpack", files[i].Name+" of 90 MiB of "+name, archive(1, with(files, i, file(files[i].Name, text))...))
			}
		}
	}
	for name, text := range map[string][]byte{
		"blanks": bytes.Repeat([]byte(" "), 4<<20), "brackets": bytes.Repeat([]byte("["), 4<<20),
		"targets": targets("{}", 1<<20), "numbers": targets("0", 2<<20-100), "nulls": targets("null", 800<<10),
		"lines": bytes.Repeat([]byte("\n"), 4<<20), "one line": append(bytes.Repeat([]byte("a"), 4<<20-1), '\n'),
	} {
		for i := range files[:3] {
			if strings.HasSuffix(files[i].Name, ".zst") {
				add("", files[i].Name+" of 4 MiB of "+name, archive(1, with(files, i, file(files[i].Name, text))...))
			}
		}
	}
	lying := file(files[0].Name, make([]byte, 3<<20))
	lying.Size = 1000
	add("it unpacks to more than its list says", "3 MiB that say they are 1000 bytes", archive(1, with(files, 0, lying)...))
	window := files[0]
	window.content = []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xf8, 0x01, 0x00, 0x00} // a window of 2 TiB
	add("it cannot be unpacked", "a window without end", archive(1, with(files, 0, window.digested())...))
	skip := files[0]
	skip.content = append([]byte{0x50, 0x2a, 0x4d, 0x18, 0xff, 0xff, 0xff, 0xff}, skip.content...)
	add("", "a skippable frame of 4 GiB", archive(1, with(files, 0, skip.digested())...))
	raw := files[0]
	raw.content = []byte("not compressed at all")
	add("it cannot be unpacked", "no Zstandard", archive(1, with(files, 0, raw.digested())...))
}

func hostileOrder(files []packedFile, add func(says, name string, content []byte)) {
	last := files[len(files)-1]
	last.content = append(bytes.Clone(last.content[:len(last.content)-1]), last.content[len(last.content)-1]^1)
	add("was changed: it has not the digest", "another attachment of the same length", archive(1, with(files, len(files)-1, last)...))
	swapped := slices.Clone(files)
	swapped[0].content, swapped[1].content = files[1].content, files[0].content
	add("the pack is damaged", "contents swapped", archive(1, swapped...))
	swapped[0], swapped[1] = swapped[0].digested(), swapped[1].digested()
	swapped[0].Size, swapped[1].Size = files[1].Size, files[0].Size
	add("", "contents swapped in the list, too", archive(1, swapped...))
	reversed := slices.Clone(files)
	slices.Reverse(reversed)
	add("is not where it belongs", "in reverse", archive(1, reversed...))
	add("is not where it belongs", "no manifest", archive(1, files[1:]...))
	add("is not where it belongs", "nothing in it", archive(1))
	add("", "the manifest twice", archive(1, append([]packedFile{files[0]}, files...)...))
	add("", "the last file twice", archive(1, append(slices.Clone(files), files[len(files)-1])...))
	list := archive(1, files...)
	add("something was cut off or added", "the list alone", list[:bytes.Index(list[512:], []byte("\x00"))/512*512+1024])
}

// hostileNames are entries that are no files, or would lie elsewhere.
func hostileNames(files []packedFile, add func(says, name string, content []byte)) {
	for _, kind := range []byte{tar.TypeLink, tar.TypeSymlink, tar.TypeChar, tar.TypeBlock, tar.TypeDir, tar.TypeFifo, tar.TypeXHeader} {
		linked := files[len(files)-1]
		linked.kind = kind
		add("the pack is damaged", fmt.Sprintf("an entry of type %c", kind), archive(1, with(files, len(files)-1, linked)...))
		linked.content, linked.Packed, linked.Size = nil, 0, 0
		add("the pack is damaged", fmt.Sprintf("an empty entry of type %c", kind), archive(1, with(files, len(files)-1, linked.digested())...))
	}
	for _, name := range []string{"../r1.gz", "/etc/passwd", "attachments/../../r1.gz", "attachments/native/abi/../x.gz", "attachments//abi/x.gz", "attachments/native/abi/.x.gz",
		"attachments/native/abi/x.sh", "attachments/native/abi/x\n.gz", "attachments/native/x.gz", "run.sh", "C:\\x.gz", "attachments/native/abi/x/y.gz",
		"attachments/" + strings.Repeat("a", 128) + "/" + strings.Repeat("b", 128) + "/x.gz", "manifest.json"} {
		f := file(name, []byte("content"))
		add("the pack is damaged", fmt.Sprintf("a file %q", name), archive(1, append(slices.Clone(files), f)...))
		other := files[len(files)-1]
		other.inTar = name
		add("the pack is damaged", fmt.Sprintf("a file %q under another name in the list", name), archive(1, with(files, len(files)-1, other)...))
	}
}

// hostileRuns are sound packs of what is no sound run.
func hostileRuns(files []packedFile, add func(says, name string, content []byte)) {
	add("made by a newer version (pack format 2, this program reads 1): update xcmatrix", "a newer version", archive(2, files...))
	add("made by a newer version", "a version far away", archive(1<<40, files...))
	add("the pack is damaged", "no version", archive(0, files...))
	z, err := zstd.NewReader(nil)
	if err != nil {
		panic(err)
	}
	defer z.Close()
	for i, name := range []string{"manifest.json.zst", "seal.json.zst", "journal.ndjson.zst"} {
		text, err := z.DecodeAll(files[i].content, nil)
		if err != nil || files[i].Name != name {
			panic(files[i].Name)
		}
		for _, c := range []struct{ from, to string }{{`"pass"`, `"fail"`}, {`"v": 2`, `"v": 3`}, {`"entries": 1`, `"entries": 2`}, {`2026`, `2027`}, {`native`, `nature`}, {"\n", ""}} {
			if changed := bytes.Replace(text, []byte(c.from), []byte(c.to), 1); !bytes.Equal(changed, text) {
				add("", name+": "+c.to+" for "+c.from, archive(1, with(files, i, file(name, changed))...))
			}
		}
		add("", name+" twice as long", archive(1, with(files, i, file(name, append(bytes.Clone(text), text...)))...))
	}
}

// TestHostilePacks: each is refused with one sentence, within a second, and without 100 MB of memory.
func TestHostilePacks(t *testing.T) {
	l := newLab(t)
	pack := filepath.Join(l.dir, "r1.xcr")
	if err := os.MkdirAll(filepath.Join(l.run, "attachments/native/abi"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"1.1.junit.xml.gz", "1.1.report.json.gz"} {
		if err := os.WriteFile(filepath.Join(l.run, "attachments/native/abi", name), zipped([]byte(name)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(pack); err != nil {
		t.Fatal(err)
	}
	if s := call("pack", l.run, "--out", pack); s.code != exitPass {
		t.Fatal(s)
	}
	good := []byte(readFile(t, pack))
	if again := archive(1, parts(t, good)...); !bytes.Equal(again, good) {
		t.Fatal("this test does not make packs as the program does")
	}
	all := hostilePacks(t, good)
	if len(all) < 200 {
		t.Errorf("%d hostile packs, fewer than 200", len(all))
	}
	t.Logf("%d hostile packs", len(all))
	for n, h := range all {
		if err := os.WriteFile(pack, h.content, 0o644); err != nil {
			t.Fatal(err)
		}
		verb := [][]string{{"show", pack}, {"findings", pack}, {"pack", pack, "--out", filepath.Join(l.dir, "again.xcr")},
			{"certify", pack, "--key", l.key, "--out", filepath.Join(l.dir, "out")}, {"compare", pack}}[n%5]
		h.refused(t, l, verb)
	}
}

func (h hostilePack) refused(t *testing.T, l lab, verb []string) {
	t.Helper()
	var s said
	var before, after runtime.MemStats
	took := 2 * time.Second
	for try := 0; try < 3 && took > time.Second; try++ { // the machine may be busy with something else
		runtime.ReadMemStats(&before)
		began := time.Now()
		s = callWithin(t, h.name, append([]string{"--lang", "en"}, verb...)...)
		took = time.Since(began)
		runtime.ReadMemStats(&after)
	}
	if s.code != exitUsage && s.code != exitRefused {
		t.Errorf("%s: %s: ended with %d: %s%s", h.name, verb[0], s.code, s.out, s.err)
	}
	if n := sentences(s); n != 1 || !strings.Contains(s.err, h.says) || !strings.Contains(s.err, "r1.xcr") {
		t.Errorf("%s: %s: %d sentences, and none with %q: %s%s", h.name, verb[0], n, h.says, s.out, s.err)
	}
	if took > time.Second && float64(took) > float64(time.Second)*slower() {
		t.Errorf("%s: %s: %v", h.name, verb[0], took)
	}
	// All that was allocated, be it in use at the same time or not: a bound of what was in use.
	if bytes := after.TotalAlloc - before.TotalAlloc; bytes > 100<<20 {
		t.Errorf("%s: %s: %d MiB of memory", h.name, verb[0], bytes>>20)
	}
	for _, left := range []string{"again.xcr", "out"} {
		if _, err := os.Lstat(filepath.Join(l.dir, left)); err == nil {
			t.Errorf("%s: left %s behind", h.name, left)
		}
	}
}
