package executable

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/xcmatrix/xcmatrix/results/environ"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Tool is what another program says of the same file.
type Tool struct {
	Name        string            `json:"name"` // "readelf", "objdump", "eu-elflint"
	Absent      bool              `json:"absent,omitempty"`
	Compared    int               `json:"compared"` // facts that both tell
	Differences []record.Sentence `json:"differences"`
}

// Limits of another program: what it may take and print.
const (
	toolTime  = 5 * time.Second
	toolBytes = 8 << 20
)

// Compare has readelf, objdump and eu-elflint read the file, where they are installed, and returns where they say something else.
func Compare(ctx context.Context, f *Facts) []Tool {
	tools := []func(context.Context, *Facts) Tool{readelf, objdump, elflint}
	out := make([]Tool, len(tools))
	var all sync.WaitGroup
	for i, tool := range tools {
		all.Go(func() { out[i] = tool(ctx, f) })
	}
	all.Wait()
	return out
}

// ask runs a program on the file; ok is false where it is not installed.
func ask(ctx context.Context, t *Tool, f *Facts, args ...string) (output string, ok bool) {
	path, err := exec.LookPath(t.Name)
	if err != nil {
		t.Absent = true
		return "", false
	}
	ctx, cancel := context.WithTimeout(ctx, toolTime)
	defer cancel()
	file := f.Path
	if strings.HasPrefix(file, "-") {
		file = "./" + file
	}
	cmd := exec.CommandContext(ctx, path, append(args, file)...)
	cmd.Env = append(environ.Own(), "LC_ALL=C")
	cmd.WaitDelay = time.Second
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &bounded{out: &out, left: toolBytes}, &bounded{out: &errOut, left: 1 << 16}
	if err := cmd.Run(); ctx.Err() != nil {
		t.Differences = append(t.Differences, record.Sayf("%s did not end within %v", "%s 在 %v 内未结束", t.Name, toolTime))
		return "", false
	} else if err != nil && out.Len() == 0 {
		t.Differences = append(t.Differences, record.Sayf("%s does not read it: %.200s", "%s 无法读取：%.200s", t.Name, firstLine(errOut.String())))
		return "", false
	}
	return out.String(), true
}

// bounded drops what is more than fits.
type bounded struct {
	out  io.Writer
	left int
}

func (b *bounded) Write(p []byte) (int, error) {
	n := min(len(p), b.left)
	b.left -= n
	b.out.Write(p[:n])
	return len(p), nil
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}

// same compares one fact; theirs is "" where the program does not tell.
func (t *Tool) same(en, zh, ours, theirs string) {
	if theirs == "" {
		return
	}
	t.Compared++
	if ours != theirs {
		t.Differences = append(t.Differences, record.Sayf("%[1]s: %[3]s here, %[4]s by %[5]s", "%[2]s：此处为 %[3]s，%[5]s 为 %[4]s", en, zh, ours, theirs, t.Name))
	}
}

// matched returns the first group of an expression's first match.
func matched(text, expression string) string {
	m := regexp.MustCompile("(?m)" + expression).FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	return strings.TrimSpace(m[1])
}

// all returns the first group of each match, in order.
func all(text, expression string) []string {
	var found []string
	for _, m := range regexp.MustCompile("(?m)"+expression).FindAllStringSubmatch(text, -1) {
		found = append(found, m[1])
	}
	return found
}

func readelf(ctx context.Context, f *Facts) Tool {
	t := Tool{Name: "readelf", Differences: []record.Sentence{}}
	out, ok := ask(ctx, &t, f, "-W", "-h", "-l", "-d", "-n")
	if !ok {
		return t
	}
	t.same("class", "位数", fmt.Sprintf("ELF%d", f.Class), matched(out, `^ +Class: +(\S+)`))
	t.same("machine", "机器", f.Machine, machineNames[matched(out, `^ +Machine: +(.+)`)])
	t.same("type", "类型", strings.TrimPrefix(f.Type, "ET_"), matched(out, `^ +Type: +([A-Z]+)`))
	t.same("entry", "入口", fmt.Sprintf("0x%x", f.Entry), matched(out, `^ +Entry point address: +(\S+)`))
	t.same("flags", "标志", fmt.Sprintf("0x%x", f.Flags), strings.TrimSuffix(matched(out, `^ +Flags: +(0x[0-9a-f]+)`), ","))
	t.same("program headers", "程序头数", strconv.Itoa(f.Header.ProgramHeaders), matched(out, `^ +Number of program headers: +(\d+)`))
	t.same("section headers", "节头数", strconv.Itoa(f.Header.SectionHeaders), matched(out, `^ +Number of section headers: +(\d+)`))
	t.same("interpreter", "解释器", f.Interpreter, matched(out, `Requesting program interpreter: (.*)\]`))
	t.same("build ID", "build ID", f.BuildID, matched(out, `Build ID: ([0-9a-f]+)`))
	t.sameNeeded(f.Needed, all(out, `\(NEEDED\) +Shared library: \[(.*)\]`))
	if stack := matched(out, `^ +GNU_STACK +(?:0x[0-9a-f]+ +){5}([RWE]+)`); stack != "" {
		t.same("executable stack", "可执行栈", strconv.FormatBool(!f.NX), strconv.FormatBool(strings.Contains(stack, "E")))
	}
	t.same("RELRO", "RELRO", f.RELRO, relroBy(out))
	var loads []string
	for _, s := range f.Segments {
		if s.Load() {
			loads = append(loads, fmt.Sprintf("%#x/%#x", s.Addr, s.Align))
		}
	}
	var theirs []string
	for _, m := range regexp.MustCompile(`(?m)^ +LOAD +0x[0-9a-f]+ 0x([0-9a-f]+) 0x[0-9a-f]+ 0x[0-9a-f]+ 0x[0-9a-f]+ [RWE ]{3} (0x[0-9a-f]+|0)`).FindAllStringSubmatch(out, -1) {
		addr, _ := strconv.ParseUint(m[1], 16, 64)
		align, _ := strconv.ParseUint(m[2], 0, 64)
		theirs = append(theirs, fmt.Sprintf("%#x/%#x", addr, align))
	}
	t.same("loaded segments", "装入段", strings.Join(loads, " "), strings.Join(theirs, " "))
	return t
}

// machineNames are readelf's words for machines that Go has a port for; it does not compare others.
var machineNames = map[string]string{"Advanced Micro Devices X86-64": "EM_X86_64", "AArch64": "EM_AARCH64", "LoongArch": "EM_LOONGARCH", "Intel 80386": "EM_386",
	"ARM": "EM_ARM", "RISC-V": "EM_RISCV"}

// relroBy returns by what readelf prints whether relocated data becomes read-only: "none", "partial" or "full".
func relroBy(out string) string {
	switch {
	case !regexp.MustCompile(`(?m)^ +GNU_RELRO `).MatchString(out):
		return "none"
	case regexp.MustCompile(`\(BIND_NOW\)|\(FLAGS(_1)?\).*NOW`).MatchString(out):
		return "full"
	}
	return "partial"
}

// sameNeeded compares lists of needed libraries, of which either may be empty.
func (t *Tool) sameNeeded(ours, theirs []string) {
	if len(ours)+len(theirs) > 0 {
		t.same("needed libraries", "依赖库", "["+strings.Join(ours, " ")+"]", "["+strings.Join(theirs, " ")+"]")
	}
}

func objdump(ctx context.Context, f *Facts) Tool {
	t := Tool{Name: "objdump", Differences: []record.Sentence{}}
	out, ok := ask(ctx, &t, f, "-p", "-f")
	if !ok {
		return t
	}
	start := matched(out, `^start address 0x([0-9a-f]+)`)
	if n, err := strconv.ParseUint(start, 16, 64); err == nil {
		t.same("entry", "入口", fmt.Sprintf("0x%x", f.Entry), fmt.Sprintf("0x%x", n))
	}
	t.sameNeeded(f.Needed, all(out, `^ +NEEDED +(.*)$`))
	n := 0
	for _, s := range f.Segments {
		if s.Load() {
			n++
		}
	}
	if theirs := len(all(out, `^ +(LOAD) off`)); theirs > 0 {
		t.same("loaded segments", "装入段数", strconv.Itoa(n), strconv.Itoa(theirs))
	}
	return t
}

// elflint lists what eu-elflint finds, if it finds anything where this program finds nothing wrong.
func elflint(ctx context.Context, f *Facts) Tool {
	t := Tool{Name: "eu-elflint", Differences: []record.Sentence{}}
	out, ok := ask(ctx, &t, f, "--gnu-ld")
	if !ok {
		return t
	}
	t.Compared = 1
	for line := range strings.Lines(out) {
		if line = strings.TrimSpace(line); line != "" && line != "No errors" && len(t.Differences) < maxListed {
			t.Differences = append(t.Differences, record.Sayf("eu-elflint: %.200[1]s", "eu-elflint：%.200[1]s", line))
		}
	}
	t.Differences = slices.Clip(t.Differences)
	return t
}
