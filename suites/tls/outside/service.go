package outside

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// Implementation is a program, as a check.Service.
type Implementation struct {
	Title    string // for people
	name     string
	variable string // holds the service's address
	// find returns an implementation that is ready to start in a directory with the certificates; a *check.Missing says what is absent.
	find func(ctx context.Context) (program, error)
}

// program starts handshakes.
type program interface {
	version() string
	// converse returns a connection to the implementation in a role. After the end of the connection outcome says how a client saw it.
	converse(dir string, r Request) (conn net.Conn, outcome func() string, err error)
	stop()
}

// Implementations are all that the suite can start.
func Implementations() []Implementation {
	return []Implementation{{"OpenSSL", "openssl", "XCMATRIX_TLS_SERVICE_OPENSSL", findOpenSSL},
		{"Bouncy Castle", "bouncycastle", "XCMATRIX_TLS_SERVICE_BOUNCYCASTLE", findBouncyCastle}}
}

// Services returns what the coordinator starts for the suite.
func Services() (all []check.Service) {
	for _, i := range Implementations() {
		all = append(all, i)
	}
	return all
}

// Reads returns the environment variables that specs read.
func Reads() (names []string) {
	for _, i := range Implementations() {
		names = append(names, i.Variable(), record.MissingEnv(i.name))
	}
	return names
}

// Name returns the service's name.
func (i Implementation) Name() string { return i.name }

// Variable returns the variable that holds the service's address.
func (i Implementation) Variable() string { return i.variable }

// remedy is how both programs are had.
var remedy = record.Say("scripts/setup --tls", "scripts/setup --tls")

// Missing returns what the coordinator says is absent, if it says so.
func (i Implementation) Missing() (m check.Missing, told bool) {
	err := json.Unmarshal([]byte(check.Env().Get(record.MissingEnv(i.name))), &m)
	if err != nil || m.Reason.En == "" {
		return check.Missing{Reason: record.Sayf("%[1]s runs beside the coordinator, and %[2]s is not set", "%[1]s 由协调端启动，而 %[2]s 未设置", i.Title, i.Variable()),
			Remedy: record.Say("xcmatrix run --suite tls", "xcmatrix run --suite tls")}, false
	}
	return m, true
}

// Start makes the certificates and listens on the loopback address. The implementation itself starts at the first request; see
// check.Service.
func (i Implementation) Start(ctx context.Context, dir string) (address string, stop func(), err error) {
	p, err := i.find(ctx)
	if err != nil {
		return "", nil, err
	}
	all, err := issue()
	if err != nil {
		return "", nil, err
	}
	if err := write(dir, all); err != nil {
		return "", nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	s := &service{program: p, dir: dir, files: all, listener: listener, open: map[net.Conn]bool{}}
	s.wait.Go(s.accept)
	return listener.Addr().String(), s.stop, nil
}

// service answers requests.
type service struct {
	program  program
	dir      string
	files    []files
	listener net.Listener
	wait     sync.WaitGroup
	mu       sync.Mutex
	open     map[net.Conn]bool // nil once the service stops
}

func (s *service) stop() {
	s.listener.Close()
	s.mu.Lock()
	for conn := range s.open {
		conn.Close()
	}
	s.open = nil
	s.mu.Unlock()
	s.program.stop()
	s.wait.Wait()
}

func (s *service) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		stopped := s.open == nil
		if !stopped {
			s.open[conn] = true
		}
		s.mu.Unlock()
		if stopped {
			conn.Close()
			return
		}
		s.wait.Go(func() {
			s.serve(conn)
			conn.Close()
			s.mu.Lock()
			delete(s.open, conn)
			s.mu.Unlock()
		})
	}
}

// requestTime is how long a payload may take to send its request.
const requestTime = 30 * time.Second

// serve answers one request, and relays between payload and implementation.
func (s *service) serve(conn net.Conn) {
	_ = conn.SetReadDeadline(time.Now().Add(requestTime))
	line, err := readLine(conn)
	if err != nil {
		return
	}
	_ = conn.SetReadDeadline(time.Time{})
	var r Request
	if err := json.Unmarshal(line, &r); err != nil {
		reply(conn, Reply{Error: "the request is no JSON: " + err.Error()})
		return
	}
	switch r.Role {
	case Identities:
		reply(conn, Reply{Version: s.program.version(), Files: s.files})
		return
	case AsServer, AsClient:
	default:
		reply(conn, Reply{Error: "there is no such role"})
		return
	}
	peer, outcome, err := s.program.converse(s.dir, r)
	if err != nil {
		reply(conn, Reply{Error: err.Error()})
		return
	}
	defer peer.Close()
	if !reply(conn, Reply{Version: s.program.version()}) {
		return
	}
	relay(conn, peer)
	if said := outcome(); said != "" {
		_, _ = io.WriteString(conn, outcomeMark+said+"\n") // the payload may be gone
	}
}

func reply(conn net.Conn, r Reply) bool {
	line, err := json.Marshal(r)
	if err == nil {
		_, err = conn.Write(append(line, '\n'))
	}
	return err == nil
}

// relay copies both ways until the implementation has closed its end.
func relay(payload, peer net.Conn) {
	go func() {
		_, err := io.Copy(peer, payload)
		var half interface{ CloseWrite() error }
		if half, _ = peer.(interface{ CloseWrite() error }); half != nil && !errors.Is(err, net.ErrClosed) {
			_ = half.CloseWrite()
		}
	}()
	_, _ = io.Copy(payload, peer) // an error is the end of one of both, which the payload sees
}
