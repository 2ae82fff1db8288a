package subject

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Speed returns how many bytes a second a digest or cipher processes, in pieces of size bytes, by `openssl speed`, which measures
// wall-clock time. The error is an *Unable.
func (p Program) Speed(ctx context.Context, algorithm string, size int) (float64, error) {
	out, err := p.speed(ctx, "-bytes", strconv.Itoa(size), "-evp", algorithm)
	if err != nil {
		return 0, err
	}
	figures, err := speedLine(out, 1) // +F:25:sm3:77434283.50
	if err != nil {
		return 0, err
	}
	return figures[0], nil
}

// SpeedSM2 returns how many nanoseconds a signature and a verification take. The error is an *Unable.
func (p Program) SpeedSM2(ctx context.Context) (sign, verify float64, err error) {
	out, err := p.speed(ctx, "sm2")
	if err != nil {
		return 0, 0, err
	}
	figures, err := speedLine(out, 2) // +F7:0:256:CurveSM2:654.000000:852.000000
	if err != nil {
		return 0, 0, err
	}
	return 1e9 / figures[0], 1e9 / figures[1], nil
}

// speedTime is how long `openssl speed` may take: a second for each of its figures, and a few to prepare them.
const speedTime = time.Minute

func (p Program) speed(ctx context.Context, what ...string) ([]byte, error) {
	return p.runFor(ctx, speedTime, nil, append([]string{"speed", "-mr", "-elapsed", "-seconds", "1"}, what...)...)
}

// speedLine finds the machine-readable line of results, and its last n figures.
func speedLine(out []byte, n int) ([]float64, error) {
	for line := range strings.Lines(string(out)) {
		fields := strings.Split(strings.TrimSpace(line), ":")
		if !strings.HasPrefix(line, "+F") || len(fields) <= n {
			continue
		}
		figures := make([]float64, n)
		for i, text := range fields[len(fields)-n:] {
			f, err := strconv.ParseFloat(text, 64)
			if err != nil || f <= 0 {
				return nil, &Unable{What: record.Sayf("speed: %.40q is not a rate", "speed：%.40q 不是速率", text)}
			}
			figures[i] = f
		}
		return figures, nil
	}
	return nil, &Unable{What: record.Sayf("speed: no line of results in %.80q", "speed：输出 %.80q 中没有结果行", out)}
}
