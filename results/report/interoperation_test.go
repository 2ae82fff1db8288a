package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// The spec that tries a pairing most often counts, with the version that it has observed; ids of another form are left out.
func TestInteroperation(t *testing.T) {
	spec := func(id string, v record.Verdict) *store.Spec {
		return &store.Spec{SpecPlan: record.SpecPlan{ID: id}, SpecEnd: record.SpecEnd{Verdict: v}, Ended: v != ""}
	}
	const few, many = "interoperation / own to OpenSSL: TLS_SM4_GCM_SM3, mutual", "interoperation / own to OpenSSL: TLS_SM4_GCM_SM3, mutual, 200 times"
	version := store.Observation{Spec: many, Observation: record.Observation{Name: "version", Value: json.RawMessage(`"OpenSSL 4.0.3"`)}}
	run := &store.Run{Cells: []*store.CellRun{
		{Target: "native", Observations: []store.Observation{version}, Specs: []*store.Spec{spec(many, record.Pass), spec(few, record.Fail),
			spec("interoperation / own to Kona: a server is named", record.Miss), spec("speed / own to OpenSSL: X, mutual", record.Pass)}},
		{Target: "arm64", Specs: []*store.Spec{spec(few, record.Fail), spec(many, "")}},
	}}
	r := Report{Report: render.Report{Targets: []render.TargetRow{{ID: "native"}, {ID: "arm64"}, {ID: "loong64"}}}}
	r.interoperation(run)
	if len(r.Pairings) != 1 {
		t.Fatalf("%+v", r.Pairings)
	}
	want := []Meeting{{"native", record.Pass, "200", "OpenSSL 4.0.3"}, {"arm64", record.Fail, "", ""}, {Target: "loong64"}}
	for i, m := range r.Pairings[0].Met {
		if m != want[i] {
			t.Errorf("%+v, want %+v", m, want[i])
		}
	}
	var page bytes.Buffer
	if err := r.HTML(&page, "en"); err != nil || !strings.Contains(page.String(), "TLS_SM4_GCM_SM3") || !strings.Contains(page.String(), "200×") {
		t.Errorf("%v", err)
	}
	if sheet := r.pairingSheet(func(en, _ string) string { return en }, "en"); len(sheet.Rows) != 3 {
		t.Errorf("%v", sheet.Rows)
	}
}
