package certify

import (
	"github.com/xcmatrix/xcmatrix/results/certify/claim"
	"github.com/xcmatrix/xcmatrix/results/certify/product"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// declared checks what applicant and laboratory say of themselves as their files' reader does: whoever signs may have
// written the claim without it. It returns false where something is wrong.
func (v *Verification) declared(m store.Manifest, c claim.Claim) bool {
	if c.Number != "" && !product.IsNumber(c.Number) {
		return v.wrong(StatementFile, "claim.number", "%.80q is no number of a certificate", "%.80q 不是证书编号", c.Number)
	}
	if c.Laboratory != nil {
		if err := c.Laboratory.Check(); err != nil {
			return v.wrong(StatementFile, "claim.laboratory", "%v", "%v", err)
		}
	}
	if c.Product == nil {
		return true
	}
	if err := c.Product.Check(); err != nil {
		return v.wrong(StatementFile, "claim.product", "%v", "%v", err)
	}
	if _, problem := c.Product.Fits(m.Product); problem != nil {
		return v.wrong(StatementFile, "claim.product", "%v", "%v", problem.Sentence)
	}
	return true
}

// product tells how far what a certificate says of a product is proved.
func (v *Verification) product(c claim.Claim) {
	if c.Tested != nil {
		v.unproved("that %s has %d specs in all: it is the run's own count; `xcmatrix test` in the module counts again", "%s 共有 %d 个检查项：由该次运行自行计数；可在模块目录中用 `xcmatrix test` 重新计数",
			c.Tested.Module, full(c))
	}
	if c.Product == nil {
		return
	}
	if why := product.Unproved(c.Tested); why == nil {
		v.proved("the product's version %s is the one that the tested build says, by its revision %.12s", "产品版本 %s 与被测构建信息一致（修订版本 %.12s）", c.Product.Version, c.Tested.Revision)
	} else {
		v.unproved("that the product is version %s: %s", "产品版本为 %s：%s", c.Product.Version, *why)
	}
	v.unproved("names of product, vendor and applicant, and the licence: the signer answers for them", "产品、生产单位、申请单位名称及许可证：由签名者负责")
}

func full(c claim.Claim) int {
	if c.Plan == nil {
		return 0
	}
	return c.Plan.Full
}
