package crypto

import (
	"fmt"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/crypto/judge"
	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
)

// interoperation registers a spec for each pair of subjects: one decrypts and verifies what the other encrypts and signs.
// Messages shorter than 8 bytes are left out, since their mask is all zero too often. In a virtual machine and under an
// emulator, where this is slow, each message size is tried with one ciphertext layout.
func interoperation() {
	for _, from := range subject.All() {
		for _, to := range subject.All() {
			for i, size := range []int{8, 32, 33, 100, 1000} {
				text := fmt.Sprintf("SM2 from %s to %s, %d bytes", from.Name, to.Name, size)
				requirement(text, to, defect{"sm2", "interoperation-with-" + from.Name, record.High, "GB/T 32918.2-2016, GB/T 32918.4-2016"}, func() error {
					key, msg := make([]byte, 32), make([]byte, size)
					r := check.Rand()
					fill(r, msg)
					fill(r, key[1:]) // below n − 1
					layouts := []subject.Layout{subject.C1C3C2, subject.C1C2C3, subject.ASN1}
					if !check.Native() {
						layouts = layouts[i%3 : i%3+1]
					}
					return judge.Interoperate(from, to, key, msg, layouts, r)
				})
			}
		}
	}
}
