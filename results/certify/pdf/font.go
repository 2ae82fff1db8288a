package pdf

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
)

// Font is a TrueType font that is installed on the machine. The program ships none: fonts with Chinese are large, and
// every Chinese system has one.
type Font struct {
	Path   string
	Digest string // "sha256:…" of the face
	data   []byte // one font, cut out of its collection
	glyphs map[rune]bool
}

// FontVariable names the environment variable that holds the path of a font to be used.
const FontVariable = "XCMATRIX_FONT"

// needed are characters that a font must have: those of a certificate's fixed words, and Latin letters.
const needed = "兼容性认证证书规则级别达标未实测值要求判定依据检测查项目结论问题清单机器签名声明证书摘要日志芯片架构内核来源模拟虚拟物理机实机失败崩溃超时错误缺少条件已知申报平台公钥指纹单位耗修复跳过通过" +
	"龙鲲鹏飞腾兆海光麒麟统信，。：；（）、ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .,:;-_/()[]%<>=+*#@'\""

// preferred are parts of file names, the best first. Other fonts follow in any order.
var preferred = []string{"wqy-microhei", "wqy-zenhei", "notosanssc", "sourcehansans", "noto", "uming", "ukai"}

// FindFont returns an installed font with Chinese and Latin characters. It returns a *record.Missing that says what to
// install if there is none.
func FindFont() (*Font, error) {
	if path := os.Getenv(FontVariable); path != "" {
		f, err := OpenFont(path)
		if err != nil {
			var why any = err
			if err == errOutlines {
				why = errOutlines.Sentence
			}
			return nil, record.Wrongf(FontVariable, "%s cannot be used: %v", "%s 无法使用：%v", path, why)
		}
		return f, nil
	}
	for _, path := range installed() {
		if f, err := OpenFont(path); err == nil {
			return f, nil
		}
	}
	return nil, &record.Missing{
		Reason: record.Say("no TrueType font with Chinese and Latin was found, so there is no PDF", "未找到同时含中文与拉丁字形的 TrueType 字体，因此不生成 PDF"),
		Remedy: record.Say("install one (Debian, UOS, Kylin: apt install fonts-wqy-microhei; openEuler, Anolis: dnf install wqy-microhei-fonts), or name one with "+FontVariable,
			"请安装字体（Debian、UOS、麒麟：apt install fonts-wqy-microhei；openEuler、龙蜥：dnf install wqy-microhei-fonts），或用 "+FontVariable+" 指定"),
	}
}

// installed lists the paths of font files, preferred ones first.
func installed() []string {
	home, err := os.UserHomeDir()
	dirs := []string{"/usr/share/fonts", "/usr/local/share/fonts"}
	if err == nil {
		dirs = append(dirs, filepath.Join(home, ".local/share/fonts"), filepath.Join(home, ".fonts"))
	}
	if cache, err := os.UserCacheDir(); err == nil {
		dirs = append(dirs, filepath.Join(cache, "xcmatrix/tools/fonts")) // by scripts/setup --font
	}
	var paths []string
	for _, dir := range dirs {
		_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			ext := strings.ToLower(filepath.Ext(path))
			if err == nil && !d.IsDir() && (ext == ".ttf" || ext == ".ttc") {
				paths = append(paths, path)
			}
			return nil // a directory that cannot be read has no fonts for us
		})
	}
	rank := func(path string) int {
		name := strings.ToLower(filepath.Base(path))
		if i := slices.IndexFunc(preferred, func(p string) bool { return strings.Contains(name, p) }); i >= 0 {
			return i
		}
		return len(preferred)
	}
	slices.SortStableFunc(paths, func(a, b string) int { return rank(a) - rank(b) })
	return paths
}

var (
	errFont     = errors.New("not a TrueType font")
	errOutlines = record.Wrongf("", "its outlines are PostScript's (CFF), as those of Noto Sans CJK, which PDFs here cannot have: apt install fonts-wqy-microhei, or dnf install wqy-microhei-fonts, has one with TrueType outlines",
		"其轮廓为 PostScript（CFF）格式（如 Noto Sans CJK），此处的 PDF 无法使用：请安装 TrueType 轮廓的字体，apt install fonts-wqy-microhei 或 dnf install wqy-microhei-fonts")
	errGlyphs = errors.New("it does not draw both Chinese and Latin")
)

// maxFont is the longest font file in bytes.
const maxFont = 256 << 20

// FontOf returns the installed font with a digest, among those that FindFont chooses from; nil if it is not on this
// machine.
func FontOf(want string) *Font {
	for _, path := range append([]string{os.Getenv(FontVariable)}, installed()...) {
		if f, err := OpenFont(path); err == nil && f.Digest == want {
			return f
		}
	}
	return nil
}

// digest returns the SHA-256 digest of a font as text.
func digest(face []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(face)) }

// OpenFont reads a .ttf, or the first font of a .ttc. It returns an error if the font has not all characters that a
// certificate needs.
func OpenFont(path string) (*Font, error) {
	data, err := regular.ReadNamed(path, maxFont)
	if err != nil {
		return nil, err
	}
	face, tables, err := cut(data)
	if err != nil {
		return nil, err
	}
	f := &Font{Path: path, Digest: digest(face), data: face, glyphs: glyphs(tables)}
	for _, r := range needed {
		if !f.glyphs[r] {
			return nil, errGlyphs
		}
	}
	return f, nil
}

// Text returns s with every character replaced that the font does not have.
func (f *Font) Text(s string) string {
	return strings.Map(func(r rune) rune {
		if f.glyphs[r] || r == '\n' {
			return r
		}
		return '?'
	}, s)
}

// cut returns the first font of a file as a font file of its own (OpenType 1.9, "Organization of an OpenType Font"), and
// its tables by tag.
func cut(data []byte) (face []byte, tables map[string][]byte, err error) {
	at := uint32(0)
	if len(data) > 16 && string(data[:4]) == "ttcf" {
		at = binary.BigEndian.Uint32(data[12:])
	}
	head, ok := part(data, at, 12)
	if ok && string(head[:4]) == "OTTO" {
		return nil, nil, errOutlines
	}
	if !ok || binary.BigEndian.Uint32(head) != 0x00010000 && string(head[:4]) != "true" {
		return nil, nil, errFont
	}
	n := uint32(binary.BigEndian.Uint16(head[4:]))
	directory, ok := part(data, at+12, 16*n)
	if !ok {
		return nil, nil, errFont
	}
	face = append(slices.Clone(head), directory...)
	tables = map[string][]byte{}
	for i := range n {
		entry := directory[16*i:]
		body, ok := part(data, binary.BigEndian.Uint32(entry[8:]), binary.BigEndian.Uint32(entry[12:]))
		if !ok {
			return nil, nil, errFont
		}
		tables[string(entry[:4])] = body
		binary.BigEndian.PutUint32(face[12+16*i+8:], uint32(len(face)))
		face = append(face, body...)
		face = append(face, make([]byte, (4-len(face)%4)%4)...)
	}
	for _, name := range []string{"cmap", "glyf", "loca", "head"} { // fonts with PostScript outlines have no glyf
		if tables[name] == nil {
			return nil, nil, errFont
		}
	}
	return face, tables, nil
}

// part returns length n of data from the offset at; false if data is shorter.
func part(data []byte, at, n uint32) ([]byte, bool) {
	if uint64(at)+uint64(n) > uint64(len(data)) {
		return nil, false
	}
	return data[at : at+n], true
}
