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

// oracle is a program of the machine, with its version.
type oracle struct {
	subject.Program
	version string
}

// oracles registers the comparisons with programs of the machine, which share no code with any subject. The formulas of the
// standards answer the same question and decide if program and subject differ. If a program does not have an operation, the
// spec ends as a miss.
func oracles() {
	for _, s := range subject.All() {
		registerOracle(s, "openssl", "SM3", "sm3", sameDigests)
		registerOracle(s, "botan", "SM3", "sm3", sameDigests)
		registerOracle(s, "openssl", "1,000 links of SM3's chain", "sm3", sameChain)
		for _, mode := range []string{"CBC", "CTR", "OFB", "CFB"} {
			registerOracle(s, "openssl", "SM4-"+mode, "sm4", sameCiphertexts(mode))
		}
		registerOracle(s, "openssl", "SM2 signatures made by it", "sm2", readsSignature)
		registerOracle(s, "openssl", "SM2 signatures made for it", "sm2", writesSignature)
	}
}

// registerOracle registers a spec that compares a subject with a program. An emulated process would run the host's program,
// so the spec is skipped there.
func registerOracle(s subject.Subject, program, what, area string, ask func(context.Context, oracle, subject.Subject) error) {
	d := defect{area, "differs-from-" + program, record.High, "formulas of the standard"}
	ginkgo.It(program+": "+what+": "+s.Name, check.Finding(d.id(s)), check.Within(time.Minute), func(ctx ginkgo.SpecContext) {
		if check.Emulated() {
			check.Skip(record.Say("the program would be the host's", "该程序属于宿主机"))
		}
		o := findOracle(ctx, program)
		err := judge.Recover(func() error { return ask(ctx, o, s) })
		if wrong, ok := errors.AsType[*programWrong](err); ok {
			reportProgram(o, area, wrong)
			return
		}
		missIfUnable(o, err)
		endSpec(s, d, err)
	})
}

// programWrong is the error for a program whose answer differs from that of the formulas.
type programWrong struct{ what string }

func (w *programWrong) Error() string { return w.what }

// reportProgram ends the spec with a finding about a program, and none about a subject.
func reportProgram(o oracle, area string, wrong *programWrong) {
	ginkgo.GinkgoHelper()
	check.Report(record.Finding{ID: "crypto/" + o.Name + "/" + area + "/differs-from-formulas", Subject: o.Name, Version: o.version,
		Severity: record.High, Clause: "formulas of the standard", Evidence: wrong.what})
	check.Finish(record.SpecEnd{Verdict: record.Fail, Detail: &record.Sentence{En: wrong.what}})
}

// findOracle returns a program of the machine. If it is not installed or does not run, the spec ends as a miss.
func findOracle(ctx context.Context, program string) oracle {
	ginkgo.GinkgoHelper()
	once, _ := foundPrograms.LoadOrStore(program, sync.OnceValues(func() (oracle, error) {
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
	missIfUnable(o, err)
	return o
}

// foundPrograms holds the programs that findOracle has found, by name: each is asked for its version once in a process.
var foundPrograms sync.Map // name to func() (oracle, error)

// missIfUnable ends the spec as a miss if err is a *subject.Unable.
func missIfUnable(o oracle, err error) {
	ginkgo.GinkgoHelper()
	if unable, ok := errors.AsType[*subject.Unable](err); ok {
		check.Miss(record.Sayf("%s cannot be asked: %s", "%s 无法作答：%s", o.version, unable.What),
			record.Sayf("put a newer or more complete build of %s first in PATH; it is optional", "请将更新或更完整的 %s 置于 PATH 最前（可选）", o.Name))
	}
}

// compareAnswers compares the answers of the formulas (want), of a program (theirs) and of a subject (own). A wrong answer
// of the program is a *programWrong.
func compareAnswers(o oracle, s subject.Subject, what string, want, theirs, own []byte) error {
	switch {
	case !bytes.Equal(theirs, want):
		return &programWrong{fmt.Sprintf("%s: %.64x by %s, %.64x by the formulas of the standard", what, theirs, o.version, want)}
	case !bytes.Equal(own, want):
		return fmt.Errorf("%s: %.64x by %s, %.64x by %s and the formulas of the standard", what, own, s.Name, theirs, o.version)
	}
	return nil
}

// sameDigests compares digests of random messages.
func sameDigests(ctx context.Context, o oracle, s subject.Subject) error {
	for i := range 4 {
		msg := randomBytes(check.Rand(), 50*i*i)
		theirs, err := o.SM3(ctx, msg)
		if err != nil {
			return err
		}
		want := formulas.SM3(msg)
		if err := compareAnswers(o, s, fmt.Sprintf("the digest of %d bytes", len(msg)), want[:], theirs, s.Hash.Sum(msg)); err != nil {
			return err
		}
	}
	return nil
}

// sameChain compares each digest in the first chain of the known answers.
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
		if err := compareAnswers(o, s, fmt.Sprintf("link %d", i), want[:], theirs[i], digests[i]); err != nil {
			return err
		}
	}
	return nil
}

// sameCiphertexts returns a comparison of ciphertexts in a mode.
func sameCiphertexts(mode string) func(context.Context, oracle, subject.Subject) error {
	return func(ctx context.Context, o oracle, s subject.Subject) error {
		r := check.Rand()
		key, iv, msg := randomBytes(r, 16), randomBytes(r, 16), randomBytes(r, 16*33)
		theirs, err := o.SM4(ctx, mode, key, iv, msg)
		if err != nil {
			return err
		}
		want, err := encrypted(subject.Formulas(), mode, key, iv, msg)
		mustPrepareInJudge(err)
		own, err := encrypted(s, mode, key, iv, msg)
		if err != nil {
			return err
		}
		return compareAnswers(o, s, "SM4-"+mode, want, theirs, own)
	}
}

// encrypted returns a subject's ciphertext of whole blocks.
func encrypted(s subject.Subject, mode string, key, iv, msg []byte) ([]byte, error) {
	for _, m := range s.Modes {
		if m.Name == mode && !m.Padded {
			return m.Crypt(key, iv, msg, false)
		}
	}
	return nil, &judge.Unsupported{What: "SM4-" + mode}
}

// readsSignature has the program sign with a private key that the subject has encoded, and the subject verify the signature.
func readsSignature(ctx context.Context, o oracle, s subject.Subject) error {
	key, msg := randomKey(check.Rand()), []byte("message")
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

// signedBy returns the program's signature, if it is right by the formulas.
func signedBy(ctx context.Context, o oracle, dir string, pkcs8, pub, msg []byte) ([]byte, error) {
	sig, err := o.SignSM2(ctx, dir, pkcs8, msg)
	if err != nil {
		return nil, err
	}
	if ok, err := subject.Formulas().Signature.Verify(pub, formulas.DefaultID, msg, sig); err == nil && ok {
		return sig, nil
	}
	if err := canVerify(ctx, o, dir); err != nil {
		return nil, err // it signs by another scheme: ECDSA, or SM2 without the user's ID
	}
	return nil, &programWrong{fmt.Sprintf("the signature %x by %s is none by the formulas of the standard", sig, o.version)}
}

// canVerify has the program verify a signature that is right by the formulas, and a wrong one. It returns an error if the
// program does not accept the first and refuse the second.
func canVerify(ctx context.Context, o oracle, dir string) error {
	r := check.Rand()
	key, msg := randomKey(r), []byte("control")
	sig, err := subject.Formulas().Signature.Sign(key, formulas.DefaultID, msg, bytes.NewReader(randomBytes(r, 32)))
	mustPrepareInJudge(err)
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

// refusedBy reports whether a program has refused, and not failed for another reason.
func refusedBy(err error) bool {
	unable, ok := errors.AsType[*subject.Unable](err)
	return ok && unable.Refused
}

// writesSignature has the subject sign and encode its public key, and the program verify the signature.
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
	key, msg := randomKey(r), []byte("message")
	pub := publicOf(key)
	sig, err := s.Signature.Sign(key, formulas.DefaultID, msg, bytes.NewReader(randomBytes(r, 4096)))
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
