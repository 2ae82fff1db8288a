// Package synthetic makes measurements whose truth is known, to test comparisons with them: machines whose level drifts
// from round to round, with scatter within a round and some disturbed samples.
package synthetic

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/xcmatrix/xcmatrix/results/compare/rounds"
)

// Noise describes how measurements scatter, in relative deviations.
type Noise struct {
	Drift  float64 // deviation of a round's level
	Within float64 // deviation of samples in a round
	Spikes float64 // share of samples that are disturbed, and take up to twice as long
}

// Rounds returns count rounds with this many samples of a measurement with the true value level.
func (n Noise) Rounds(random *rand.Rand, level float64, count, samples int) rounds.Rounds {
	all := make(rounds.Rounds, count)
	for i := range all {
		base := level * math.Exp(n.Drift*random.NormFloat64())
		all[i] = make([]float64, samples)
		for k := range all[i] {
			all[i][k] = n.sample(random, base)
		}
		slices.Sort(all[i])
	}
	return all
}

// sample returns one sample of a round with the level base.
func (n Noise) sample(random *rand.Rand, base float64) float64 {
	v := base * math.Exp(n.Within*random.NormFloat64())
	if n.Spikes > 0 && random.Float64() < n.Spikes {
		v *= 1 + random.Float64()
	}
	return v
}

// Lab is a number of machines that all run the same benchmarks.
type Lab struct {
	Machines, Benchmarks, Rounds, Samples int
	Noise
	Units bool // MB/s, B/op and allocs/op beside ns/op
	Ties  bool // times are 10 to 25 ns with one decimal, so that many are equal
	Seed  uint64
}

// Write writes one file in the Go benchmark format for each machine, and returns the number of values.
func (l Lab) Write(dir string) (values int, err error) {
	for m := range l.Machines {
		file, err := os.Create(filepath.Join(dir, fmt.Sprintf("machine-%04d.txt", m)))
		if err != nil {
			return values, err
		}
		n, err := l.machine(file, m)
		values += n
		if errClose := file.Close(); err == nil {
			err = errClose
		}
		if err != nil {
			return values, err
		}
	}
	return values, nil
}

// machine writes one machine's file. A file with one round does not name rounds.
func (l Lab) machine(out io.Writer, m int) (values int, err error) {
	w := bufio.NewWriterSize(out, 1<<16)
	random := rand.New(rand.NewPCG(l.Seed, uint64(m)))
	fmt.Fprintf(w, "goos: linux\nchip: machine-%04d\n", m)
	var line []byte
	for round := range l.Rounds {
		if l.Rounds > 1 {
			fmt.Fprintf(w, "round: %d\n", round+1)
		}
		for b := range l.Benchmarks {
			base := l.level(b) * math.Exp(l.Drift*random.NormFloat64())
			for range l.Samples {
				line = l.line(line[:0], b, l.sample(random, base))
				if _, err := w.Write(line); err != nil {
					return values, err
				}
				values++
			}
		}
	}
	if l.Units {
		values *= 4
	}
	return values, w.Flush()
}

// level returns the true time of a benchmark, in nanoseconds.
func (l Lab) level(benchmark int) float64 {
	if l.Ties {
		return 10 * math.Pow(1.05, float64(benchmark%20))
	}
	return 100 * math.Pow(1.05, float64(benchmark%200))
}

// line appends one result, with the digits that testing.B prints, or with one decimal if Ties is set.
func (l Lab) line(line []byte, benchmark int, ns float64) []byte {
	digits := func(v float64) int {
		if l.Ties {
			return 1
		}
		return max(0, 3-int(math.Floor(math.Log10(v))))
	}
	line = append(line, "BenchmarkWork/"...)
	line = strconv.AppendInt(line, int64(benchmark), 10)
	line = append(line, "-2 \t 1000 \t "...)
	line = strconv.AppendFloat(line, ns, 'f', digits(ns), 64)
	line = append(line, " ns/op"...)
	if l.Units {
		line = append(line, " \t "...)
		line = strconv.AppendFloat(line, 4096e3/ns, 'f', 2, 64)
		line = append(line, " MB/s \t "...)
		line = strconv.AppendInt(line, int64(64*(1+benchmark%9)), 10)
		line = append(line, " B/op \t "...)
		line = strconv.AppendInt(line, int64(1+benchmark%9), 10)
		line = append(line, " allocs/op"...)
	}
	return append(line, '\n')
}
