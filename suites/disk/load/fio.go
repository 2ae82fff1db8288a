package load

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/xcmatrix/xcmatrix/results/environ"
)

// FIO is an installed fio.
type FIO struct {
	Path string
	Env  []string
}

// FindFIO returns the fio below a directory where scripts/setup unpacks programs, else the one in PATH; false if there is none.
func FindFIO(tools string) (FIO, bool) {
	if unpacked := filepath.Join(tools, "usr", "bin", "fio"); isFile(unpacked) {
		var libraries []string
		for _, pattern := range []string{"lib/*-linux-gnu", "usr/lib/*-linux-gnu", "usr/lib/*-linux-gnu/ceph"} {
			found, _ := filepath.Glob(filepath.Join(tools, pattern))
			libraries = append(libraries, found...)
		}
		return FIO{unpacked, []string{"LD_LIBRARY_PATH=" + strings.Join(libraries, ":")}}, true
	}
	path, err := exec.LookPath("fio")
	return FIO{Path: path}, err == nil
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// Measured is what fio measured.
type Measured struct {
	PerSecond float64                   // bytes
	Times     map[float64]time.Duration // of an operation, or of fsync, at each of Shares
	CPU       time.Duration             // of the job's thread, for each operation
}

// Shares are the percentiles that are compared with fio's, as shares of all operations.
var Shares = []float64{0.5, 0.99, 0.999}

// Run has fio do a job of one thread, with read(2) and write(2) as Job.Run does.
func (f FIO) Run(ctx context.Context, j Job) (Measured, error) {
	if j.Depth != 1 {
		return Measured{}, errors.New("load: fio is compared with one thread")
	}
	mode := map[[2]bool]string{{false, false}: "read", {false, true}: "randread", {true, false}: "write", {true, true}: "randwrite"}[[2]bool{j.Write, j.Random}]
	args := []string{"--name=job", "--filename=" + j.Path, "--rw=" + mode, fmt.Sprintf("--bs=%d", j.Block), fmt.Sprintf("--size=%d", j.Size),
		"--ioengine=psync", "--thread", "--time_based", fmt.Sprintf("--runtime=%dms", j.Time.Milliseconds()), "--overwrite=1", "--allow_file_create=0",
		"--invalidate=0", "--randrepeat=1", "--output-format=json"}
	if j.Direct {
		args = append(args, "--direct=1")
	}
	if j.Sync {
		args = append(args, "--fsync=1")
	}
	c := exec.CommandContext(ctx, f.Path, args...)
	c.Env = append(environ.Own(), f.Env...)
	c.Dir = filepath.Dir(j.Path)
	var failed bytes.Buffer
	c.Stderr = &failed
	out, err := c.Output()
	if err != nil {
		return Measured{}, fmt.Errorf("fio: %w: %s", err, strings.TrimSpace(failed.String()))
	}
	return parse(out, j)
}

// parse reads fio's JSON.
func parse(out []byte, j Job) (Measured, error) {
	type latency struct {
		Percentile map[string]float64 `json:"percentile"`
	}
	type direction struct {
		Bandwidth float64 `json:"bw_bytes"`
		Count     float64 `json:"total_ios"`
		Latency   latency `json:"clat_ns"`
	}
	var report struct {
		Jobs []struct {
			Read, Write direction
			Sync        struct {
				Latency latency `json:"lat_ns"`
			}
			User    float64 `json:"usr_cpu"` // of the run time, in percent, as the next
			System  float64 `json:"sys_cpu"`
			Runtime float64 `json:"job_runtime"` // in milliseconds
		}
	}
	if i := bytes.IndexByte(out, '{'); i > 0 { // it may print notes before
		out = out[i:]
	}
	if err := json.Unmarshal(out, &report); err != nil {
		return Measured{}, fmt.Errorf("fio: %w", err)
	}
	if len(report.Jobs) != 1 {
		return Measured{}, fmt.Errorf("fio: %d jobs", len(report.Jobs))
	}
	way := report.Jobs[0].Read
	if j.Write {
		way = report.Jobs[0].Write
	}
	times := way.Latency.Percentile
	if j.Sync {
		times = report.Jobs[0].Sync.Latency.Percentile
	}
	job := report.Jobs[0]
	m := Measured{PerSecond: way.Bandwidth, Times: map[float64]time.Duration{}}
	for _, share := range Shares {
		ns, is := times[fmt.Sprintf("%.6f", 100*share)]
		if !is || way.Bandwidth <= 0 || way.Count <= 0 {
			return Measured{}, fmt.Errorf("fio: it reports no percentile %g, or no operation", 100*share)
		}
		m.Times[share] = time.Duration(ns)
	}
	m.CPU = time.Duration((job.User + job.System) / 100 * job.Runtime * float64(time.Millisecond) / way.Count)
	return m, nil
}
