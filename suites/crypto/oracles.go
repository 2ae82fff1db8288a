package crypto

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/crypto/formulas"
	"github.com/xcmatrix/xcmatrix/suites/crypto/judge"
	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
	"github.com/xcmatrix/xcmatrix/suites/crypto/vectors"
)

// oracle is a program of the machine, and the version that it says it is.
type oracle struct {
	subject.Program
	version string
}

// oracles asks the machine's own programs, which share no code with any subject. Each question is put to the formulas of
// the standards too, which decide where program and subject differ: a subject is accused only of what they do not give.
// What a program cannot do is `miss`.
func oracles() {
	for _, s := range subject.All() {
		asked(s, "openssl", "SM3", "sm3", sameDigests)
		asked(s, "botan", "SM3", "sm3", sameDigests)
		asked(s, "openssl", "1,000 links of SM3's chain", "sm3", sameChain)
		for _, mode := range []string{"CBC", "CTR", "OFB", "CFB"} {
			asked(s, "openssl", "SM4-"+mode, "sm4", sameCiphertexts(mode))
		}
		asked(s, "openssl", "SM2 signatures made by it", "sm2", readsSignature)
		asked(s, "openssl", "SM2 signatures made for it", "sm2", writesSignature)
	}
}

// asked registers a spec in which a program of the machine is asked. An emulated process would ask the host's.
func asked(s subject.Subject, program, what, area string, ask func(context.Context, oracle, subject.Subject) error) {
	d := defect{area, "differs-from-" + program, record.High, "formulas of the standard"}
	ginkgo.It(program+": "+what+": "+s.Name, check.Finding(d.id(s)), check.Within(time.Minute), func(ctx ginkgo.SpecContext) {
		if check.Emulated() {
			check.Skip(record.Say("the program would be the host's", "该程序属于宿主机"))
		}
		o := installed(ctx, program)
		err := judge.Recover(func() error { return ask(ctx, o, s) })
		if wrong, ok := errors.AsType[*programWrong](err); ok {
			accused(o, area, wrong)
			return
		}
		able(o, err)
		settle(s, d, err)
	})
}

// programWrong is the error for a program that does not give what the formulas give.
type programWrong struct{ what string }

func (w *programWrong) Error() string { return w.what }

// accused ends the spec with a finding on a program, and none on a subject.
func accused(o oracle, area string, wrong *programWrong) {
	ginkgo.GinkgoHelper()
	check.Report(record.Finding{ID: "crypto/" + o.Name + "/" + area + "/differs-from-formulas", Subject: o.Name, Version: o.version,
		Severity: record.High, Clause: "formulas of the standard", Evidence: wrong.what})
	check.Finish(record.SpecEnd{Verdict: record.Fail, Detail: &record.Sentence{En: wrong.what}})
}

// installed is a program of the machine; the spec is `miss` where it is not there, or does not run.
func installed(ctx context.Context, program string) oracle {
	ginkgo.GinkgoHelper()
	once, _ := found.LoadOrStore(program, sync.OnceValues(func() (oracle, error) {
		p, err := subject.FindProgram(program)
		if err != nil {
			return oracle{}, err
		}
		version, err := p.Version(ctx)
		return oracle{p, cmp.Or(version, program)}, err
	}))
	o, err := once.(func() (oracle, error))()
	if errors.Is(err, subject.ErrAbsent) {
		check.Miss(record.Sayf("%s is not installed", "未安装 %s", program),
			record.Sayf("install the package %s; it is optional", "请安装软件包 %s（可选）", program))
	}
	able(o, err)
	return o
}

// found keeps each program that was looked for: it is asked for its version once in a process.
var found sync.Map // name to func() (oracle, error)

// able ends the spec as `miss` where a program did not do what it was asked for.
func able(o oracle, err error) {
	ginkgo.GinkgoHelper()
	if unable, ok := errors.AsType[*subject.Unable](err); ok {
		check.Miss(record.Sayf("%s cannot be asked: %s", "%s 无法作答：%s", o.version, unable.What),
			record.Sayf("put a newer or fuller build of %s first in PATH; it is optional", "请将更新或更完整的 %s 置于 PATH 最前（可选）", o.Name))
	}
}

// same compares one value that the formulas, a program and a subject have computed.
func same(o oracle, s subject.Subject, what string, want, theirs, own []byte) error {
	switch {
	case !bytes.Equal(theirs, want):
		return &programWrong{fmt.Sprintf("%s: %.64x by %s, %.64x by the formulas of the standard", what, theirs, o.version, want)}
	case !bytes.Equal(own, want):
		return fmt.Errorf("%s: %.64x by %s, %.64x by %s and the formulas of the standard", what, own, s.Name, theirs, o.version)
	}
	return nil
}

func sameDigests(ctx context.Context, o oracle, s subject.Subject) error {
	for i := range 4 {
		msg := drawn(check.Rand(), 50*i*i)
		theirs, err := o.SM3(ctx, msg)
		if err != nil {
			return err
		}
		want := formulas.SM3(msg)
		if err := same(o, s, fmt.Sprintf("the digest of %d bytes", len(msg)), want[:], theirs, s.Hash.Sum(msg)); err != nil {
			return err
		}
	}
	return nil
}

// sameChain has the first chain of the known answers hashed link by link.
func sameChain(ctx context.Context, o oracle, s subject.Subject) error {
	messages, digests := judge.Links(s.Hash.Sum, vectors.Own("sm3_chain").Tests[0].Bytes("seed"))
	dir, remove, err := subject.Scratch()
	if err != nil {
		return err
	}
	defer remove()
	theirs, err := o.SM3Files(ctx, dir, messages)
	if err != nil {
		return err
	}
	for i := range digests {
		want := formulas.SM3(messages[i])
		if err := same(o, s, fmt.Sprintf("link %d", i), want[:], theirs[i], digests[i]); err != nil {
			return err
		}
	}
	return nil
}

func sameCiphertexts(mode string) func(context.Context, oracle, subject.Subject) error {
	return func(ctx context.Context, o oracle, s subject.Subject) error {
		r := check.Rand()
		key, iv, msg := drawn(r, 16), drawn(r, 16), drawn(r, 16*33)
		theirs, err := o.SM4(ctx, mode, key, iv, msg)
		if err != nil {
			return err
		}
		want, err := encrypted(subject.Formulas(), mode, key, iv, msg)
		prepared(err)
		own, err := encrypted(s, mode, key, iv, msg)
		if err != nil {
			return err
		}
		return same(o, s, "SM4-"+mode, want, theirs, own)
	}
}

// encrypted is a subject's ciphertext of whole blocks.
func encrypted(s subject.Subject, mode string, key, iv, msg []byte) ([]byte, error) {
	for _, m := range s.Modes {
		if m.Name == mode && !m.Padded {
			return m.Crypt(key, iv, msg, false)
		}
	}
	return nil, &judge.Unsupported{What: "SM4-" + mode}
}

// readsSignature has the program sign under a key that the subject wrote, and the subject verify.
func readsSignature(ctx context.Context, o oracle, s subject.Subject) error {
	key, msg := drawnKey(check.Rand()), []byte("message")
	key[0] = 0x7f
	pub := publicOf(key)
	dir, remove, err := subject.Scratch()
	if err != nil {
		return err
	}
	defer remove()
	good := judge.GoodPKCS8(key, pub)
	sig, err := signedBy(ctx, o, dir, good, pub, msg)
	if err != nil {
		return err
	}
	der, err := s.Encoding.MarshalPKCS8(key)
	if err != nil {
		return err
	}
	if !bytes.Equal(der, good) {
		if sig, err = signedBy(ctx, o, dir, der, pub, msg); refusedBy(err) {
			return fmt.Errorf("%s does not take the private key %x: %w", o.version, der, errors.New(err.Error()))
		} else if err != nil {
			return err
		}
	}
	if ok, err := s.Signature.Verify(pub, formulas.DefaultID, msg, sig); err != nil || !ok {
		return fmt.Errorf("refused the signature %x of %s (%v)", sig, o.version, err)
	}
	return nil
}

// signedBy is the program's signature, which the formulas accept.
func signedBy(ctx context.Context, o oracle, dir string, pkcs8, pub, msg []byte) ([]byte, error) {
	sig, err := o.SignSM2(ctx, dir, pkcs8, msg)
	if err != nil {
		return nil, err
	}
	if ok, err := subject.Formulas().Signature.Verify(pub, formulas.DefaultID, msg, sig); err == nil && ok {
		return sig, nil
	}
	if err := canVerify(ctx, o, dir); err != nil {
		return nil, err // it signs, but in another manner: ECDSA, or without the user's ID
	}
	return nil, &programWrong{fmt.Sprintf("the signature %x by %s is none by the formulas of the standard", sig, o.version)}
}

// canVerify asks the program for a verdict on a signature by the formulas, and on a wrong one.
func canVerify(ctx context.Context, o oracle, dir string) error {
	r := check.Rand()
	key, msg := drawnKey(r), []byte("control")
	sig, err := subject.Formulas().Signature.Sign(key, formulas.DefaultID, msg, bytes.NewReader(drawn(r, 32)))
	prepared(err)
	good := judge.GoodPKIX(publicOf(key))
	if err := o.VerifySM2(ctx, dir, good, msg, sig); err != nil {
		return err
	}
	switch err := o.VerifySM2(ctx, dir, good, []byte("another"), sig); {
	case err == nil:
		return &programWrong{fmt.Sprintf("%s accepts the signature %x of another message", o.version, sig)}
	case !refusedBy(err):
		return err
	}
	return nil
}

// refusedBy reports whether a program said no, rather than nothing.
func refusedBy(err error) bool {
	unable, ok := errors.AsType[*subject.Unable](err)
	return ok && unable.Refused
}

// writesSignature has the subject sign, and write its public key, and the program verify.
func writesSignature(ctx context.Context, o oracle, s subject.Subject) error {
	dir, remove, err := subject.Scratch()
	if err != nil {
		return err
	}
	defer remove()
	if err := canVerify(ctx, o, dir); err != nil {
		return err
	}
	r := check.Rand()
	key, msg := drawnKey(r), []byte("message")
	pub := publicOf(key)
	sig, err := s.Signature.Sign(key, formulas.DefaultID, msg, bytes.NewReader(drawn(r, 4096)))
	if err != nil {
		return err
	}
	der, err := s.Encoding.MarshalPKIX(pub)
	if err != nil {
		return err
	}
	if err := o.VerifySM2(ctx, dir, der, msg, sig); !refusedBy(err) {
		return err
	}
	right, _ := subject.Formulas().Signature.Verify(pub, formulas.DefaultID, msg, sig)
	if right && bytes.Equal(der, judge.GoodPKIX(pub)) {
		return &programWrong{fmt.Sprintf("%s refuses the signature %x, which is right by the formulas of the standard", o.version, sig)}
	}
	return fmt.Errorf("%s refuses the signature %x under the public key %x", o.version, sig, der)
}
