package tls

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/rerun"
	"github.com/xcmatrix/xcmatrix/suites/tls/pair"
)

// roundTrips are the delay lines between client and server. What a connection over the lab's network takes lies in between.
var roundTrips = []time.Duration{0, time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond}

// whole is the name of the client's whole handshake, with the connection, among its stages.
const whole = "handshake"

// speed measures whole handshakes, both ends in one process, and the client's stages of each.
func speed() {
	for _, name := range schemeNames() {
		It("handshake "+name, check.Bench(), func() {
			s := schemeOf(name)
			check.Benchmark("handshake/"+name, func(b *testing.B) {
				check.BeforeLoop(b)
				for b.Loop() {
					if err := s.shake(); err != nil {
						check.Fatal(b, err)
					}
				}
				check.AfterLoop(b)
			})
		})
	}
	for _, d := range roundTrips {
		It(fmt.Sprintf("stages of all schemes in turn, round trip %v", d), check.Bench(), check.Within(5*time.Minute), func() { stages(d) })
	}
	It("first handshake of a process, all schemes", check.Bench(), check.Within(2*time.Minute), func(ctx SpecContext) {
		for _, name := range schemeNames() {
			m := rerun.Spec(ctx, rerun.Options{Item: "tls", Spec: firstSpec(name)})
			check.Sample(record.Sample{Name: "first/" + name, Value: m.Number(whole), Unit: "ns/op", Better: record.Lower, N: 1})
			check.Sample(record.Sample{Name: "first/" + name, Value: m.Number("cpu"), Unit: "cpu-ns/op", Better: record.Lower, N: 1})
		}
	})
	bulk()
}

// firstSpec is the spec that makes one handshake of a scheme in a process of its own. The process has issued certificates before, and
// has verified none.
func firstSpec(name string) string { return "first handshake " + name }

func firsts() {
	for _, name := range schemeNames() {
		It(firstSpec(name), func() {
			t := handshakes(schemeOf(name), 0, 1)
			rerun.Tell(whole, float64(t.whole.wall))
			rerun.Tell("cpu", float64(t.whole.cpu))
		})
	}
}

// shake makes one handshake over a connection of the kernel's.
func (s scheme) shake() error {
	_, patience := patience()
	a, b, err := pair.New(patience)
	if err != nil {
		return err
	}
	defer a.Close()
	defer b.Close()
	done := make(chan error, 1)
	go func() {
		_, err := s.server(b)
		done <- err
	}()
	_, errClient := s.client(a, nil)
	if errClient != nil {
		a.Close()
	}
	return errors.Join(errClient, <-done)
}

// open is a scheme with a server that listens, behind a delay line if there is one.
type open struct {
	scheme
	listener  net.Listener
	line      *delayLine   // nil for none
	serverCPU atomic.Int64 // of handshakes, in ns
}

// listen starts a scheme's server.
func (s scheme) listen(roundTrip time.Duration) (*open, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	o := &open{scheme: s, listener: l}
	if roundTrip > 0 {
		if o.line, err = newDelayLine(l.Addr().String(), roundTrip); err != nil {
			l.Close()
			return nil, err
		}
	}
	go func() {
		for {
			raw, err := l.Accept()
			if err != nil {
				return
			}
			go o.serve(raw)
		}
	}()
	return o, nil
}

func (o *open) close() {
	o.listener.Close()
	if o.line != nil {
		o.line.Close()
	}
}

// serve shakes hands, and waits until the client has gone. An error ends the connection, which the client sees.
func (o *open) serve(raw net.Conn) {
	defer raw.Close()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := readClocks()
	if _, err := o.server(raw); err == nil {
		o.serverCPU.Add(int64(readClocks().minus(before).cpu))
		_, _ = io.Copy(io.Discard, raw)
	}
}

func (o *open) dial() (net.Conn, error) {
	if o.line != nil {
		return o.line.dial()
	}
	return net.Dial("tcp", o.listener.Addr().String())
}

// account is what handshakes took. whole is measured apart from the stages.
type account struct {
	*meter
	whole spent
}

// handshake makes a handshake and measures it.
func (o *open) handshake() (t account, err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	_, patience := patience()
	before := readClocks()
	t.meter = newMeter()
	raw, err := o.dial()
	if err != nil {
		return t, err
	}
	t.trips = 1 // for the connection
	t.lap(connect)
	if err = raw.SetDeadline(time.Now().Add(patience)); err == nil {
		_, err = o.client(raw, t.meter)
	}
	t.whole = readClocks().minus(before)
	return t, errors.Join(err, raw.Close())
}

// handshakes makes n handshakes of a scheme, and returns the sums over them.
func handshakes(s scheme, roundTrip time.Duration, n int) account {
	GinkgoHelper()
	o, err := s.listen(roundTrip)
	check.NoError(err)
	defer o.close()
	all := account{meter: &meter{stages: map[string]spent{}}}
	for range n {
		t, err := o.handshake()
		check.NoError(err)
		all.join(t)
	}
	return all
}

// join adds a handshake.
func (t *account) join(one account) {
	for _, stage := range one.order {
		t.add(stage, one.stages[stage])
	}
	t.whole, t.trips = t.whole.plus(one.whole), t.trips+one.trips
}

// sum is what all stages together took.
func (t account) sum() (all spent) {
	for _, s := range t.stages {
		all = all.plus(s)
	}
	return all
}

// stages measures the stages of all schemes: a few handshakes of each in turn, so that all meet the same machine.
func stages(roundTrip time.Duration) {
	GinkgoHelper()
	n, turns := check.IfNative(40, 1), check.IfNative(5, 1)
	if roundTrip >= 20*time.Millisecond {
		n = check.IfNative(4, 1)
	}
	var all []*open
	for _, name := range schemeNames() {
		o, err := schemeOf(name).listen(roundTrip)
		check.NoError(err)
		defer o.close()
		_, err = o.handshake() // the first one is for the spec of first handshakes
		check.NoError(err)
		all = append(all, o)
	}
	for range turns {
		sums := make([]account, len(all))
		for i, o := range all {
			sums[i].meter = &meter{stages: map[string]spent{}}
			o.serverCPU.Store(0)
		}
		for range n {
			for i, o := range all {
				t, err := o.handshake()
				check.NoError(err)
				sums[i].join(t)
			}
		}
		for i, o := range all {
			sums[i].sample(o, roundTrip, n)
		}
	}
}

// sample records the means of n handshakes. With a delay line only the whole is recorded: the stages differ by the waiting alone.
func (t account) sample(o *open, roundTrip time.Duration, n int) {
	one := func(name string, s spent) {
		check.Sample(record.Sample{Name: name, Value: float64(s.wall) / float64(n), Unit: "ns/op", Better: record.Lower, N: n})
		check.Sample(record.Sample{Name: name, Value: float64(s.cpu) / float64(n), Unit: "cpu-ns/op", Better: record.Lower, N: n})
	}
	if roundTrip > 0 {
		one(fmt.Sprintf("delayed/%s/round-trip=%v", o.name, roundTrip), t.whole)
		return
	}
	for _, stage := range t.order {
		one("stages/"+o.name+"/"+stage, t.stages[stage])
	}
	one("stages/"+o.name+"/"+whole, t.whole)
	check.Sample(record.Sample{Name: "stages/" + o.name + "/server", Value: float64(o.serverCPU.Load()) / float64(n), Unit: "cpu-ns/op", Better: record.Lower, N: n})
	check.Sample(record.Sample{Name: "round-trips/" + o.name, Value: float64(t.trips) / float64(n), Unit: "round-trips/op", Better: record.Lower, N: n})
	check.Sample(record.Sample{Name: "stages/" + o.name + "/not-in-a-stage", Value: t.unexplained(), Unit: "%", Better: record.Lower, N: n})
}

// unexplained is what the stages together differ from the whole by, in per cent.
func (t account) unexplained() float64 {
	return 100 * max(float64(t.whole.wall-t.sum().wall), float64(t.sum().wall-t.whole.wall)) / float64(cmp.Or(t.whole.wall, 1))
}
