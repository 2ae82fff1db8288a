package disk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/shirou/gopsutil/v4/disk"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/disk/load"
	"github.com/xcmatrix/xcmatrix/suites/disk/sysfs"
)

const (
	jobBytes = 16 << 20 // the file of a job in a default run
	deepFile = 256 << 20

	quickJob = 50 * time.Millisecond
	deepJob  = time.Second
	samples  = 5
)

// jobSpecs measure a file of our own: how long each operation takes, and what the processor has to do for it. The name of each says
// whether it goes through the page cache.
func jobSpecs() {
	quick := func(text, name string, j load.Job) {
		It(text, check.Bench(), func() { measure(name, jobBytes, quickJob, j) })
	}
	deep := func(text, name string, j load.Job) {
		It(text, check.Bench(), check.Deep(), check.Within(2*time.Minute), func() { measure(name, deepFile, deepJob, j) })
	}
	quick("of reading 4 KiB at random past the page cache", "direct/random-read/4KiB/depth1", load.Job{Block: 4 << 10, Depth: 1, Random: true, Direct: true})
	quick("of writing 4 KiB at random past the page cache", "direct/random-write/4KiB/depth1", load.Job{Block: 4 << 10, Depth: 1, Random: true, Write: true, Direct: true})
	quick("of reading one MiB after the other past the page cache", "direct/read/1MiB", load.Job{Block: 1 << 20, Depth: 1, Direct: true})
	quick("of writing one MiB after the other past the page cache", "direct/write/1MiB", load.Job{Block: 1 << 20, Depth: 1, Write: true, Direct: true})
	quick("of reading one MiB after the other from the page cache", "cached/read/1MiB", load.Job{Block: 1 << 20, Depth: 1})
	quick("of fsync alone, after 4 KiB", "cached/fsync/4KiB", load.Job{Block: 4 << 10, Depth: 1, Write: true, Sync: true})
	for _, depth := range []int{2, 4, 8, 16, 32} {
		deep(fmt.Sprintf("of reading 4 KiB at random, %d at once", depth), fmt.Sprintf("direct/random-read/4KiB/depth%d", depth),
			load.Job{Block: 4 << 10, Depth: depth, Random: true, Direct: true})
		deep(fmt.Sprintf("of writing 4 KiB at random, %d at once", depth), fmt.Sprintf("direct/random-write/4KiB/depth%d", depth),
			load.Job{Block: 4 << 10, Depth: depth, Random: true, Write: true, Direct: true})
	}
	deep("of reading 4 KiB at random from the page cache", "cached/random-read/4KiB", load.Job{Block: 4 << 10, Depth: 1, Random: true})
	deep("of fsync after 1 MiB", "cached/fsync/1MiB", load.Job{Block: 1 << 20, Depth: 1, Write: true, Sync: true})
	deep("of fsync after 4 KiB, from 8 sides at once", "cached/fsync/4KiB/depth8", load.Job{Block: 4 << 10, Depth: 8, Write: true, Sync: true})

	It("of replacing a file so that a power cut leaves the old one or the new", check.Bench(), replacing)
	It("of the size of a device, without allocation and by package os", check.Bench(), readersSpeed)
	It("of the usage of a file system, by gopsutil", check.Bench(), func() {
		dir := check.TempDir()
		check.Benchmark("usage/gopsutil", func(b *testing.B) {
			for b.Loop() {
				if _, err := disk.Usage(dir); err != nil {
					check.Fatal(b, err)
				}
			}
		})
	})
	It("of reading one MiB after the other, beside fio", check.Bench(), check.Deep(), check.Optional(), check.Within(3*time.Minute), func() {
		besideFIO("beside-fio/direct/read/1MiB", load.Job{Block: 1 << 20, Depth: 1, Direct: true})
	})
	It("of fsync, beside fio", check.Bench(), check.Deep(), check.Optional(), check.Within(3*time.Minute), func() {
		besideFIO("beside-fio/fsync/4KiB", load.Job{Block: 4 << 10, Depth: 1, Write: true, Sync: true})
	})
}

// jobFile makes a file of a size that is on the disk as a whole, and whose space others cannot take meanwhile.
func jobFile(bytes int64) string {
	GinkgoHelper()
	dir := check.TempDir()
	var st unix.Statfs_t
	check.NoError(unix.Statfs(dir, &st))
	if free := st.Bavail * uint64(st.Bsize); free < 2*uint64(bytes) {
		check.Miss(record.Sayf("the temporary directory has %d MiB free, and the job takes %d", "临时目录剩余 %d MiB，而该测试需要 %d MiB", free>>20, 2*bytes>>20),
			record.Say("set TMPDIR to a directory with more space", "请将 TMPDIR 设为空间更大的目录"))
	}
	f := freshIn(dir)
	block := random(1 << 20)
	for at := int64(0); at < bytes; at += int64(len(block)) {
		_, err := f.WriteAt(block, at)
		check.NoError(err)
	}
	check.NoError(f.Sync())
	return f.Name()
}

// measure does a job and records its samples: of an operation the mean, p50, p99, p99.9 and the processor's time, and of the whole the
// bytes in a second. Elsewhere than on the machine itself one operation shows that it works.
func measure(name string, bytes int64, each time.Duration, j load.Job) {
	GinkgoHelper()
	n := samples
	if !check.Native() {
		n, each, bytes = 1, 0, 1<<20
	}
	j.Path, j.Size, j.Time = jobFile(bytes), bytes, each
	for range n {
		r, err := j.Run()
		if j.Direct {
			needsFileSystem(err, "O_DIRECT")
		}
		check.NoError(err)
		recordJob(name, r)
	}
}

func recordJob(name string, r *load.Result) {
	GinkgoHelper()
	ops := float64(len(r.Took))
	each := func(suffix string, value float64, unit string, better record.Better) {
		check.Sample(record.Sample{Name: name + suffix, Value: value, Unit: unit, Better: better, N: len(r.Took)})
	}
	each("", float64(r.Elapsed.Nanoseconds())/ops, "ns/op", record.Lower)
	each("", float64(r.CPU.Nanoseconds())/ops, "cpu-ns/op", record.Lower)
	each("", r.PerSecond()/1e6, "MB/s", record.Higher)
	for _, share := range load.Shares {
		each(percentile(share), float64(r.Percentile(share).Nanoseconds()), "ns/op", record.Lower)
	}
}

// percentile returns the last part of the name of a sample that is a percentile, such as /p99.9.
func percentile(share float64) string { return fmt.Sprintf("/p%g", 100*share) }

// replacing writes a file beside another, syncs it, gives it the other's name, and syncs the directory.
func replacing() {
	dir := check.TempDir()
	path, content := filepath.Join(dir, "settled"), random(4<<10)
	d, err := os.Open(dir)
	check.NoError(err)
	DeferCleanup(d.Close)
	check.Benchmark("replace/4KiB", func(b *testing.B) {
		for b.Loop() {
			f, err := os.Create(path + ".new")
			if err == nil {
				_, err = f.Write(content)
				err = errors.Join(err, f.Sync(), f.Close(), os.Rename(path+".new", path), d.Sync())
			}
			if err != nil {
				check.Fatal(b, err)
			}
		}
	})
}

// readersSpeed measures the reader of package sysfs beside os.ReadFile and strconv, on the same attribute.
func readersSpeed() {
	path := filepath.Join("/sys/block", devices()[0], "size")
	dir, err := sysfs.OpenDir(filepath.Dir(path))
	check.NoError(err)
	DeferCleanup(func() error { return dir.Close() })
	check.Benchmark("size/sysfs", func(b *testing.B) {
		for b.Loop() {
			if _, err := dir.Decimal("size"); err != nil {
				check.Fatal(b, err)
			}
		}
	})
	check.BenchmarkAs(record.Sample{Name: "size/os", Reference: "size/sysfs"}, func(b *testing.B) {
		for b.Loop() {
			text, err := os.ReadFile(path)
			if err == nil {
				_, err = strconv.ParseUint(strings.TrimSuffix(string(text), "\n"), 10, 64)
			}
			if err != nil {
				check.Fatal(b, err)
			}
		}
	})
	Expect(testing.AllocsPerRun(100, func() { _, _ = dir.Decimal("size") })).To(BeZero())
}

// besideFIO does a job and has fio do the same one on the same file, by turns.
func besideFIO(name string, j load.Job) {
	GinkgoHelper()
	programPath("fio", "run `make setup`")
	fio, is := load.FindFIO(tools())
	if !is {
		check.Miss(record.Say("fio is not installed", "未安装 fio"), record.Say("run `make setup`", "请运行 `make setup`"))
	}
	n, bytes := samples, int64(deepFile)
	j.Time = deepJob
	if !check.Native() {
		n, bytes, j.Time = 1, 1<<20, 50*time.Millisecond
	}
	j.Path, j.Size = jobFile(bytes), bytes
	for i := range 2 * n {
		if i%4 == 0 || i%4 == 3 { // A B B A
			r, err := j.Run()
			if j.Direct {
				needsFileSystem(err, "O_DIRECT")
			}
			check.NoError(err)
			own := load.Measured{PerSecond: r.PerSecond(), Times: map[float64]time.Duration{}, CPU: r.CPU / time.Duration(len(r.Took))}
			for _, share := range load.Shares {
				own.Times[share] = r.Percentile(share)
			}
			recordBeside(name+"/own", name+"/fio", j, own)
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), check.ScaledTimeout(programTime))
		m, err := fio.Run(ctx, j)
		cancel()
		check.NoError(err)
		recordBeside(name+"/fio", "", j, m)
	}
}

// recordBeside records what one of both programs has measured. The ratio to the other's is shown beside it.
func recordBeside(name, reference string, j load.Job, m load.Measured) {
	one := func(suffix string, value float64, unit string, better record.Better) {
		s := record.Sample{Name: name + suffix, Value: value, Unit: unit, Better: better}
		if reference != "" {
			s.Reference = reference + suffix
		}
		check.Sample(s)
	}
	for _, share := range load.Shares {
		one(percentile(share), float64(m.Times[share].Nanoseconds()), "ns/op", record.Lower)
	}
	one("", float64(m.CPU.Nanoseconds()), "cpu-ns/op", record.Lower)
	if !j.Sync {
		one("", m.PerSecond/1e6, "MB/s", record.Higher)
	}
}
