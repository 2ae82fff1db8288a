package regular

import (
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Limits of the files that several packages read.
const (
	// MaxText is the longest file that a person writes: a profile, waivers, a matrix, certificates in PEM.
	MaxText = 4 << 20
	// MaxManifest is the longest manifest of a run.
	MaxManifest = 256 << 20
	// MaxJournal is the longest journal of a run.
	MaxJournal = 8 << 30
)

// AtMost reads from r, and fails with a *record.Problem at place when there are more than limit bytes.
func AtMost(r io.Reader, place string, limit int64) io.Reader {
	return &bounded{in: r, left: limit, err: func() error { return tooLong(place, limit) }}
}

type bounded struct {
	in   io.Reader
	left int64
	err  func() error
}

func (b *bounded) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if b.left == 0 {
		var one [1]byte
		if n, err := b.in.Read(one[:]); n == 0 {
			return 0, err
		}
		return 0, b.err()
	}
	n, err := b.in.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// maxRatio is how many times its compressed length an unpacked file may have. A journal, each line of which ends with a
// hash of its own, stays below 30; deflate's most is 1032.
const maxRatio = 100

// freely is how much may be unpacked whatever the ratio.
const freely = 16 << 20

// Gunzip reads what a gzip stream of packed bytes at place holds. It fails with a *record.Problem when that is more than
// limit bytes, or more than a file of results can be compressed.
func Gunzip(r io.Reader, place string, packed, limit int64) (io.Reader, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, damaged(place, err)
	}
	most := max(freely, packed*maxRatio)
	if most >= limit {
		return &unpacked{AtMost(z, place, limit), place}, nil
	}
	return &unpacked{&bounded{in: z, left: most, err: func() error {
		return record.Wrongf(place, "its %s unpack to more than %s: no results do", "其 %s 解压后超过 %s：结果文件不会如此", size(packed), size(most))
	}}, place}, nil
}

// unpacked tells of damage in a sentence.
type unpacked struct {
	in    io.Reader
	place string
}

func (u *unpacked) Read(p []byte) (int, error) {
	n, err := u.in.Read(p)
	if _, told := err.(*record.Problem); err != nil && err != io.EOF && !told {
		err = damaged(u.place, err)
	}
	return n, err
}

func damaged(place string, err error) error {
	return record.Wrongf(place, "it cannot be unpacked: %v", "无法解压：%v", err)
}

// size is a number of bytes for people.
func size(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%d GiB", n>>30)
	case n >= 1<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d B", n)
}
