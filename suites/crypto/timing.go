package crypto

import (
	"bytes"
	"fmt"
	"math"
	"runtime"
	"slices"
	"time"

	"github.com/onsi/ginkgo/v2"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
)

// leak is the result of a timing experiment. It is evidence and no verdict: noise causes high values of t, too, and so the
// control is recorded with it.
type leak struct {
	Fixed   float64            `json:"t_fixed_against_random"`
	Control float64            `json:"t_random_against_random"`
	Dose    map[string]float64 `json:"median_us_by_key_bits"`
}

// timing compares the thread CPU time of decryption with a sparse key and with random keys, by Welch's test.
func timing() {
	for _, s := range subject.All() {
		ginkgo.It("SM2 decryption: "+s.Name, check.Bench(), check.Within(2*time.Minute), func() {
			if !check.Native() {
				check.Skip(record.Say("time under an emulator says nothing about the chip", "模拟器下的时间不能说明芯片"))
			}
			check.ObserveDiffers("timing/SM2-decrypt/"+s.Name, experiment(s),
				record.Say("time differs between chips", "不同芯片耗时不同"))
		})
	}
}

const timingSamples = 120

// experiment measures the classes alternately, so that a disturbance of the machine affects all of them.
func experiment(s subject.Subject) leak {
	r := check.Rand()
	sparse := make([]byte, 32)
	sparse[1] = 0x80
	classes := map[string]func() []byte{
		"fixed": func() []byte { return sparse }, "random": func() []byte { return randomKey(r) },
		"control": func() []byte { return randomKey(r) },
	}
	names := []string{"fixed", "random", "control"}
	for _, bits := range []int{24, 128} {
		name := fmt.Sprint(bits)
		names = append(names, name)
		classes[name] = func() []byte {
			key := make([]byte, 32)
			copy(key[32-bits/8:], randomBytes(r, bits/8))
			key[31] |= 1
			return key
		}
	}
	times := map[string][]float64{}
	for range timingSamples {
		for _, name := range names {
			times[name] = append(times[name], decryptTime(s, classes[name](), randomBytes(r, 32)))
		}
	}
	l := leak{Fixed: welch(times["fixed"], times["random"]), Control: welch(times["random"], times["control"]), Dose: map[string]float64{}}
	for _, name := range append(names[3:], "random") {
		slices.Sort(times[name])
		l.Dose[name] = times[name][timingSamples/2]
	}
	return l
}

// decryptTime returns the thread CPU time of one decryption, in µs.
func decryptTime(s subject.Subject, key, nonce []byte) float64 {
	nonce[0] &= 0x7f
	sender := subject.Emmansun().Encryption // whoever is fast: it is not measured
	ct, err := sender.Encrypt(publicOf(key), bytes.Repeat([]byte{'m'}, 32), subject.C1C3C2, sender.Nonce(nonce))
	mustPrepare(err)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	begin := threadTime()
	_, err = s.Encryption.Decrypt(key, ct, subject.C1C3C2)
	spent := threadTime() - begin
	mustPrepare(err)
	return float64(spent.Nanoseconds()) / 1000
}

// threadTime returns the CPU time of the calling thread.
func threadTime() time.Duration {
	var t unix.Timespec
	mustPrepare(unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t))
	return time.Duration(t.Nano())
}

// welch returns the statistic of Welch's test, without the slowest tenth of each class.
func welch(a, b []float64) float64 {
	ma, va := moments(a)
	mb, vb := moments(b)
	n := float64(len(a) * 9 / 10)
	if va+vb == 0 {
		return 0
	}
	return (ma - mb) / math.Sqrt((va+vb)/n)
}

// moments returns the mean and the variance of the faster nine tenths.
func moments(x []float64) (mean, variance float64) {
	kept := slices.Sorted(slices.Values(x))[:len(x)*9/10]
	for _, v := range kept {
		mean += v / float64(len(kept))
	}
	for _, v := range kept {
		variance += (v - mean) * (v - mean) / float64(len(kept)-1)
	}
	return mean, variance
}
