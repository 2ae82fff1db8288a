package check

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// fakeService is a service that starts, is absent, or fails, as err says.
type fakeService struct {
	name    string
	err     error
	running map[string]int // how often each service is started less stopped
}

func (s fakeService) Name() string     { return s.name }
func (s fakeService) Variable() string { return "XCMATRIX_TEST_" + s.name }
func (s fakeService) Start(context.Context, string) (string, func(), error) {
	if s.err != nil {
		return "", nil, s.err
	}
	s.running[s.name]++
	return "address of " + s.name, func() { s.running[s.name]-- }, nil
}

// TestStartServices starts each service once, and says of each that does not run why.
func TestStartServices(t *testing.T) {
	running := map[string]int{}
	a := fakeService{"A", nil, running}
	absent := fakeService{"ABSENT", &Missing{Reason: record.Say("not installed", "未安装")}, running}
	broken := fakeService{"BROKEN", errors.New("it burns"), running}
	named := fakeService{"NAMED", nil, running}
	dirs := 0
	s, err := StartServices(t.Context(), []Service{a, absent, a, broken, named}, Variables{named.Variable(): "elsewhere"},
		func(string) (string, error) { dirs++; return t.TempDir(), nil })
	if err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(running, map[string]int{"A": 1}) || dirs != 3 {
		t.Errorf("running: %v, in %d directories", running, dirs)
	}
	told := s.Variables([]Service{a, absent, broken, named})
	if told[a.Variable()] != "address of A" || told[named.Variable()] != "elsewhere" ||
		!strings.Contains(told[record.MissingEnv("ABSENT")], "not installed") || !strings.Contains(told[record.MissingEnv("BROKEN")], "it burns") || len(told) != 4 {
		t.Errorf("specs are told %v", told)
	}
	if told := s.Variables([]Service{named}); !maps.Equal(told, Variables{named.Variable(): "elsewhere"}) {
		t.Errorf("specs of one service are told %v", told)
	}
	if len(s.Missing) != 2 || len(s.Failed) != 1 || s.Failed["BROKEN"] == nil {
		t.Errorf("missing %v, failed %v", s.Missing, s.Failed)
	}
	if s.Stop(); running["A"] != 0 {
		t.Error("A runs on")
	}
}

// TestStartServicesInterrupted stops what it has started when it is interrupted.
func TestStartServicesInterrupted(t *testing.T) {
	running := map[string]int{}
	ctx, cancel := context.WithCancel(t.Context())
	broken := fakeService{"BROKEN", context.Canceled, running}
	_, err := StartServices(ctx, []Service{fakeService{"A", nil, running}, broken}, nil,
		func(service string) (string, error) {
			if service == "BROKEN" {
				cancel()
			}
			return t.TempDir(), nil
		})
	if !errors.Is(err, context.Canceled) || running["A"] != 0 {
		t.Errorf("%v; running: %v", err, running)
	}
}
