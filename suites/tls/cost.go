package tls

import (
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/results/median"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

// What articles say of national TLS, in milliseconds: a handshake takes 42 to 68 more than with ECC, key agreement 24.7 instead of 3.1, and
// the verification of certificates 38.9 instead of 5.6.
const (
	saidHandshake = 42 * time.Millisecond
	saidAgreement = 24700*time.Microsecond - 3100*time.Microsecond
	saidVerifying = 38900*time.Microsecond - 5600*time.Microsecond
)

// Cost is what one scheme's handshake costs a client beyond that of TLS 1.3 with P-256, in processor time, which waiting has no part in:
// the least of several, since other programs add to it.
type Cost struct {
	Scheme                          string
	Handshake, Agreement, Verifying time.Duration
	Trips                           int     // that it waits for, with that of the connection
	Unexplained                     float64 // what the stages differ from the whole by, in per cent: the median of several
}

// cost has specs that judge what is said, by processor time and by counting: a busy machine changes neither much.
func cost() {
	It("SM2, SM3 and SM4 cost a client's handshake less processor time than the 42 ms that are said", func() {
		for _, c := range costs("handshake") {
			Expect(c.Handshake).To(BeNumerically("<", saidHandshake), c.Scheme)
		}
	})
	It("key agreement costs less processor time than the 21.6 ms more that are said", func() {
		for _, c := range costs("agreement") {
			Expect(c.Agreement).To(BeNumerically("<", saidAgreement), c.Scheme)
		}
	})
	It("verifying certificates costs less processor time than the 33.3 ms more that are said", func() {
		for _, c := range costs("verifying") {
			Expect(c.Verifying).To(BeNumerically("<", saidVerifying), c.Scheme)
		}
	})
	It("TLCP and TLS 1.2 wait for one round trip more than TLS 1.3 does", func() {
		for _, c := range costs("round trips") {
			trips := 2
			if !strings.Contains(c.Scheme, "TLS1.3") && !strings.Contains(c.Scheme, "RFC8998") {
				trips = 3
			}
			Expect(c.Trips).To(Equal(trips), c.Scheme)
		}
	})
	It("the stages of a handshake add up to the whole, within 3 %", func() {
		for _, c := range costs("sum") {
			Expect(c.Unexplained).To(BeNumerically("<=", 3), c.Scheme)
		}
	})
}

// costs measures all schemes. what names the fact.
func costs(what string) []Cost {
	GinkgoHelper()
	return check.Gather("tls/cost/"+what, func() []Cost {
		if check.Emulated() && (what == "handshake" || what == "agreement" || what == "verifying") {
			check.Skip(record.Say("an emulator's processor time is not the target's", "模拟器的处理器时间不代表目标机"))
		}
		measured := map[string]Cost{}
		for _, name := range schemeNames() {
			measured[name] = costOf(schemeOf(name))
		}
		base := measured[baseScheme]
		var all []Cost
		for _, name := range schemeNames() {
			c := measured[name]
			c.Handshake -= base.Handshake
			c.Agreement -= base.Agreement
			c.Verifying -= base.Verifying
			all = append(all, c)
		}
		return all
	})
}

// costOf measures a few handshakes of one scheme.
func costOf(s scheme) Cost {
	GinkgoHelper()
	o, err := s.listen(0)
	check.NoError(err)
	defer o.close()
	n := check.IfNative(9, 3)
	least := Cost{Scheme: s.name}
	var unexplained []float64
	for i := range n {
		t, err := o.handshake()
		check.NoError(err)
		c := Cost{Handshake: t.whole.cpu}
		for stage, took := range t.stages {
			if strings.Contains(stage, wire.KeyAgreement) {
				c.Agreement += took.cpu
			}
			if strings.Contains(stage, wire.VerifyChain) {
				c.Verifying += took.cpu
			}
		}
		if i == 0 {
			least.Handshake, least.Agreement, least.Verifying, least.Trips = c.Handshake, c.Agreement, c.Verifying, t.trips
		}
		least.Handshake, least.Agreement = min(least.Handshake, c.Handshake), min(least.Agreement, c.Agreement)
		least.Verifying, least.Trips = min(least.Verifying, c.Verifying), max(least.Trips, t.trips)
		unexplained = append(unexplained, t.unexplained())
	}
	least.Unexplained = median.Of(unexplained)
	return least
}
