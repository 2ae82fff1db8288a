package crypto

import (
	"bytes"
	"context"
	"fmt"

	"github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/crypto/judge"
	"github.com/xcmatrix/xcmatrix/suites/crypto/reference"
	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
	"github.com/xcmatrix/xcmatrix/suites/crypto/vectors"
)

// oracles asks the machine's own programs, which share no code with any subject.
func oracles() {
	for _, s := range subject.All() {
		asked(s, "openssl", "SM3", "sm3", func(ctx context.Context, p subject.Program) error { return sameDigests(ctx, p, s) })
		asked(s, "botan", "SM3", "sm3", func(ctx context.Context, p subject.Program) error { return sameDigests(ctx, p, s) })
		asked(s, "openssl", "1,000 links of SM3's chain", "sm3", func(ctx context.Context, p subject.Program) error { return sameChain(ctx, p, s) })
		for _, mode := range []string{"CBC", "CTR", "OFB", "CFB"} {
			asked(s, "openssl", "SM4-"+mode, "sm4", func(ctx context.Context, p subject.Program) error { return sameCiphertexts(ctx, p, s, mode) })
		}
		asked(s, "openssl", "SM2 signatures made by it", "sm2", func(ctx context.Context, p subject.Program) error { return readsSignature(ctx, p, s) })
		asked(s, "openssl", "SM2 signatures made for it", "sm2", func(ctx context.Context, p subject.Program) error { return writesSignature(ctx, p, s) })
	}
}

// asked registers a spec in which a program of the machine is asked. An emulated process would ask the host's.
func asked(s subject.Subject, program, what, area string, ask func(context.Context, subject.Program) error) {
	d := defect{area, "differs-from-" + program, record.High, "agreement of independent implementations"}
	ginkgo.It(program+": "+what+": "+s.Name, check.Finding(d.id(s)), func(ctx ginkgo.SpecContext) {
		if check.Emulated() {
			check.Skip(record.Say("the program would be the host's", "该程序属于宿主机"))
		}
		settle(s, d, ask(ctx, installed(program)))
	})
}

// installed is a program of the machine; the spec is `miss` where it is not there.
func installed(program string) subject.Program {
	ginkgo.GinkgoHelper()
	p, err := subject.FindProgram(program)
	if err != nil {
		check.Miss(record.Sayf("%s is not installed", "未安装 %s", program),
			record.Sayf("install the package %s", "请安装软件包 %s", program))
	}
	return p
}

func sameDigests(ctx context.Context, p subject.Program, s subject.Subject) error {
	for i := range 4 {
		msg := drawn(check.Rand(), 50*i*i)
		want, err := p.SM3(ctx, msg)
		if err != nil {
			return err
		}
		if got := s.Hash.Sum(msg); !bytes.Equal(got, want) {
			return fmt.Errorf("the digest of %d bytes is %x, %s says %x", len(msg), got, p.Name, want)
		}
	}
	return nil
}

// sameChain has the first chain of the known answers hashed link by link.
func sameChain(ctx context.Context, p subject.Program, s subject.Subject) error {
	messages, digests := judge.Links(s.Hash.Sum, vectors.Own("sm3_chain").Tests[0].Bytes("seed"))
	want, err := p.SM3Files(ctx, ginkgo.GinkgoT().TempDir(), messages)
	if err != nil {
		return err
	}
	for i := range digests {
		if !bytes.Equal(digests[i], want[i]) {
			return fmt.Errorf("link %d is %x, %s says %x", i, digests[i], p.Name, want[i])
		}
	}
	return nil
}

func sameCiphertexts(ctx context.Context, p subject.Program, s subject.Subject, mode string) error {
	r := check.Rand()
	key, iv, msg := drawn(r, 16), drawn(r, 16), drawn(r, 16*33)
	want, err := p.SM4(ctx, mode, key, iv, msg)
	if err != nil {
		return err
	}
	for _, m := range s.Modes {
		if m.Name != mode || m.Padded {
			continue
		}
		got, err := m.Crypt(key, iv, msg, false)
		if err == nil && !bytes.Equal(got, want) {
			err = fmt.Errorf("%s gave %.64x, %s %.64x", m.Via, got, p.Name, want)
		}
		return err
	}
	return nil
}

func readsSignature(ctx context.Context, p subject.Program, s subject.Subject) error {
	key, msg := drawnKey(check.Rand()), []byte("message")
	key[0] = 0x7f
	der, err := s.Encoding.MarshalPKCS8(key)
	if err != nil {
		return err
	}
	sig, err := p.SignSM2(ctx, ginkgo.GinkgoT().TempDir(), der, msg)
	if err != nil {
		return err
	}
	if ok, err := s.Signature.Verify(publicOf(key), reference.DefaultID, msg, sig); err != nil || !ok {
		return fmt.Errorf("refused %s's signature %x (%v)", p.Name, sig, err)
	}
	return nil
}

func writesSignature(ctx context.Context, p subject.Program, s subject.Subject) error {
	r := check.Rand()
	key, msg := drawnKey(r), []byte("message")
	sig, err := s.Signature.Sign(key, reference.DefaultID, msg, bytes.NewReader(drawn(r, 4096)))
	if err != nil {
		return err
	}
	der, err := s.Encoding.MarshalPKIX(publicOf(key))
	if err != nil {
		return err
	}
	return p.VerifySM2(ctx, ginkgo.GinkgoT().TempDir(), der, msg, sig)
}
