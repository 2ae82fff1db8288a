package subject

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrUnknownAlgorithm says that a program's version does not have an algorithm.
var ErrUnknownAlgorithm = errors.New("unknown algorithm")

// Version is the program's name and version: "OpenSSL 3.0.19".
func (p Program) Version(ctx context.Context) (string, error) {
	out, err := p.run(ctx, nil, "version")
	if err != nil {
		return "", err
	}
	words := strings.Fields(string(out))
	return strings.Join(words[:min(len(words), 2)], " "), nil
}

// Speed is how many bytes a second a digest or cipher works through, in pieces of size bytes, by `openssl speed`. Its
// figures are of wall-clock time.
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

// SpeedSM2 is how many nanoseconds a signature and a verification take.
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

func (p Program) speed(ctx context.Context, what ...string) ([]byte, error) {
	out, err := p.run(ctx, nil, append([]string{"speed", "-mr", "-elapsed", "-seconds", "1"}, what...)...)
	if err != nil && strings.Contains(strings.ToLower(err.Error()), "unknown") {
		return nil, fmt.Errorf("%w: %w", ErrUnknownAlgorithm, err)
	}
	return out, err
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
				return nil, fmt.Errorf("speed: %q is no rate", text)
			}
			figures[i] = f
		}
		return figures, nil
	}
	return nil, fmt.Errorf("speed: no line of results in %.200q", out)
}
