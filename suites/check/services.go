package check

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Service is a throw-away part that a suite talks to, such as a database server. The coordinator starts it, because a
// payload under an emulator, in a virtual machine or on a bare lab machine cannot.
type Service interface {
	// Name is stable, and unique among services.
	Name() string
	// Variable returns the name of the environment variable that holds the service's address. A service whose variable
	// the user has set is not started.
	Variable() string
	// Start starts the service in dir, which is empty, owned by the caller and removed by it after stop. The address may
	// hold a password, so it is never logged or stored. A *Missing error says what is absent.
	Start(ctx context.Context, dir string) (address string, stop func(), err error)
}

// Services are services that run, or that the user runs.
type Services struct {
	// Missing says of each service that does not run, by its name, what is absent and how to get it.
	Missing map[string]*Missing
	// Failed holds the error of each service that is not absent and did not start, by its name.
	Failed map[string]error

	values Variables // variables of the specs
	stops  []func()
}

// StartServices starts each service of a list once, unless given names it. newDir makes an empty directory for a service,
// which the caller removes after Stop. A service that is absent, or does not start, is no error: its specs get the reason, and
// their verdict is miss. The only error is that of ctx, or of newDir; nothing runs then.
func StartServices(ctx context.Context, list []Service, given Variables, newDir func(service string) (string, error)) (*Services, error) {
	s := &Services{Missing: map[string]*Missing{}, Failed: map[string]error{}, values: Variables{}}
	seen := map[string]bool{}
	for _, service := range list {
		if seen[service.Name()] {
			continue
		}
		seen[service.Name()] = true
		if err := s.start(ctx, service, given, newDir); err != nil {
			s.Stop()
			return nil, err
		}
	}
	return s, nil
}

func (s *Services) start(ctx context.Context, service Service, given Variables, newDir func(string) (string, error)) error {
	if address := given.Get(service.Variable()); address != "" {
		s.values[service.Variable()] = address
		return nil
	}
	dir, err := newDir(service.Name())
	if err != nil {
		return err
	}
	address, stop, err := service.Start(ctx, dir)
	if err == nil {
		s.values[service.Variable()] = address
		s.stops = append(s.stops, stop)
		return nil
	}
	if ctx.Err() != nil {
		return err
	}
	var missing *Missing
	if !errors.As(err, &missing) {
		s.Failed[service.Name()] = err
		missing = &Missing{Reason: record.Sayf("%s did not start: %v", "%s 未能启动：%v", service.Name(), err),
			Remedy: record.Say("run `xcmatrix doctor`", "运行 `xcmatrix doctor`")}
	}
	s.Missing[service.Name()] = missing
	raw, err := json.Marshal(missing)
	s.values[record.MissingEnv(service.Name())] = string(raw)
	return err
}

// Variables returns what the specs of a suite with these services are told: the address of each service that runs, and why
// another does not.
func (s *Services) Variables(services []Service) Variables {
	told := Variables{}
	for _, service := range services {
		for _, name := range []string{service.Variable(), record.MissingEnv(service.Name())} {
			if value, set := s.values[name]; set {
				told[name] = value
			}
		}
	}
	return told
}

// Stop stops the services that were started, the last one first.
func (s *Services) Stop() {
	for _, stop := range slices.Backward(s.stops) {
		stop()
	}
	s.stops = nil
}
