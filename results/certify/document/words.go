package document

import (
	"strings"
	"time"

	"github.com/skip2/go-qrcode"

	"github.com/xcmatrix/xcmatrix/results/certify/claim"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Time is a time as certificates write it: in UTC, and in Chinese the time of Beijing first.
func Time(t time.Time) record.Sentence {
	utc := t.UTC().Format("2006-01-02 15:04:05 UTC")
	return record.Say(utc, "北京时间 "+t.In(claim.Beijing).Format("2006-01-02 15:04:05")+"（"+utc+"）")
}

// Bound is an objective or a value as standards write it: ">= 100%" is "≥ 100 %".
func Bound(text string) string {
	text = strings.NewReplacer(">=", "≥", "<=", "≤").Replace(text)
	if number, ok := strings.CutSuffix(text, "%"); ok && !strings.HasSuffix(number, " ") {
		text = number + " %"
	}
	return text
}

// owners are the Chinese names of those that the shipped profiles say answer for rules.
var owners = map[string]string{
	"system laboratory": "系统实验室", "compiler maintainers": "编译器维护方", "cryptography laboratory": "密码实验室", "database laboratory": "数据库实验室",
	"runtime laboratory": "运行时实验室", "performance laboratory": "性能实验室", "network laboratory": "网络实验室", "product vendor": "产品生产单位",
	"kernel laboratory": "内核实验室", "toolchain laboratory": "工具链实验室",
}

// Owner is who answers for a rule.
func Owner(name string) record.Sentence { return record.Say(name, owners[name]) }

// Quiet is how many blank squares a QR code has around it (ISO/IEC 18004).
const Quiet = 4

// QR returns the squares of a QR code, row by row, without the blank margin; true is dark. The library is small, pure Go and
// without dependencies; its format is a standard's and does not change.
func QR(text string) ([][]bool, error) {
	code, err := qrcode.New(text, qrcode.Medium)
	if err != nil {
		return nil, err
	}
	code.DisableBorder = true
	return code.Bitmap(), nil
}
