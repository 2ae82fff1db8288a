// Package broker carries the work of a fleet over NATS JetStream, which is part of this program: a hub has the queue and the
// results, coordinators and agents connect to it. The rules that make each job count once stand on what the hub compares and sets,
// never on an acknowledgement: nats-server accepts late ones (nats-io/nats-server#4786).
package broker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/xcmatrix/xcmatrix/matrix/fleet"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/retry"
)

// Hub is a hub that runs.
type Hub struct {
	dir     Directory
	held    *os.File
	lease   time.Duration
	server  *server.Server
	options *server.Options
	conn    *nats.Conn
	js      jetstream.JetStream
	jobs    jetstream.Stream
	results jetstream.Stream
	files   jetstream.ObjectStore

	mu      sync.Mutex
	members *register
	beats   map[string]beat
	pools   map[string]fleet.Needs
	keys    map[string]*newKey // of machines that show their key for the first time, until the register has them
	queued  map[string]string  // pools of jobs, by run and job
	done    []doneJob          // which are to be taken from the queue
	stop    chan struct{}
}

// beat is the last report of a machine, and when it came.
type beat struct {
	fleet.Beat
	at time.Time
}

// readyTime is how long the engine may take until it can be reached. Recovery after a power cut reads all that is stored
// (nats-io/nats-server#6313), so it is generous.
const readyTime = 10 * time.Minute

// Options are how a hub runs.
type Options struct {
	Listen string        // host:port
	Lease  time.Duration // after which a job that was not renewed goes to another agent; 0 for fleet.LeaseTime
}

// Start starts a hub. It returns a *record.Problem if another process has the directory or the port.
func Start(ctx context.Context, dir Directory, o Options) (*Hub, error) {
	held, err := os.OpenFile(filepath.Join(dir.path, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := retry.Lock(held.Fd(), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		held.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, record.Wrongf(dir.path, "a hub runs on this directory already", "已有中心在使用此目录")
		}
		return nil, err
	}
	h := &Hub{dir: dir, held: held, lease: cmp.Or(o.Lease, fleet.LeaseTime), beats: map[string]beat{}, pools: map[string]fleet.Needs{}, keys: map[string]*newKey{}, queued: map[string]string{}, stop: make(chan struct{})}
	if err := h.start(ctx, o.Listen); err != nil {
		h.Close()
		return nil, err
	}
	return h, nil
}

func (h *Hub) start(ctx context.Context, listen string) error {
	var err error
	if h.members, err = h.dir.read(); err != nil {
		return err
	}
	host, portText, err := net.SplitHostPort(listen)
	port, errPort := strconv.Atoi(portText)
	if err != nil || errPort != nil || port < 0 || port > 65535 {
		return record.Wrongf("--listen", "%.80q is no address: write HOST:PORT, such as 0.0.0.0:7422", "%.80q 不是地址：请写 主机:端口，例如 0.0.0.0:7422", listen)
	}
	if port == 0 {
		port = server.RANDOM_PORT
	} else if err := portFree(listen); err != nil {
		return err
	}
	tlsConfig, err := h.members.Authority.server()
	if err != nil {
		return err
	}
	h.options = &server.Options{ServerName: hubName, Host: host, Port: port, NoSigs: true, NoLog: true, TLS: true, TLSConfig: tlsConfig, TLSTimeout: 10,
		JetStream: true, StoreDir: filepath.Join(h.dir.path, storeDir), SyncAlways: true, MaxPayload: fleet.MaxResult + 1<<20,
		MaxPending: 256 << 20, NoSystemAccount: true, PingInterval: 20 * time.Second, WriteDeadline: 30 * time.Second}
	if err := h.setUsers(h.options); err != nil {
		return err
	}
	if h.server, err = server.NewServer(h.options); err != nil {
		return err
	}
	h.server.Start()
	if !h.server.ReadyForConnections(readyTime) {
		return errors.New("the hub's engine does not start")
	}
	if h.conn, err = nats.Connect("", nats.InProcessServer(h.server), seedOption(h.members.Seed), nats.MaxReconnects(-1), nats.CustomInboxPrefix(inbox("hub"))); err != nil {
		return err
	}
	if h.js, err = jetstream.New(h.conn); err != nil {
		return err
	}
	if err := h.store(ctx); err != nil {
		return err
	}
	if err := h.serve(); err != nil {
		return err
	}
	go h.watch()
	return nil
}

// portFree returns a *record.Problem if another process listens on an address.
func portFree(address string) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return record.Wrongf("--listen", "%s cannot be listened on: %v: choose another one", "无法监听 %s：%v：请另选地址", address, err)
	}
	return l.Close()
}

// Address returns host:port on which the hub listens.
func (h *Hub) Address() string { return h.server.Addr().String() }

// store makes the streams and the bucket where there are none.
func (h *Hub) store(ctx context.Context) error {
	for into, s := range map[*jetstream.Stream]jetstream.StreamConfig{
		&h.jobs:    {Name: jobStream, Subjects: []string{jobSubject + ">"}, Retention: jetstream.WorkQueuePolicy, MaxMsgsPerSubject: 1, Discard: jetstream.DiscardNew, DiscardNewPerSubject: true},
		&h.results: {Name: resultStream, Subjects: []string{resultSubject + ">"}, MaxMsgsPerSubject: 1, Discard: jetstream.DiscardNew, DiscardNewPerSubject: true, DenyDelete: true},
	} {
		var err error
		if *into, err = h.js.CreateOrUpdateStream(ctx, s); err != nil {
			return fmt.Errorf("stream %s: %w", s.Name, err)
		}
	}
	var err error
	h.files, err = h.js.CreateOrUpdateObjectStore(ctx, jetstream.ObjectStoreConfig{Bucket: payloads})
	return err
}

// Close ends the hub. What is stored stays.
func (h *Hub) Close() {
	select {
	case <-h.stop:
		return
	default:
		close(h.stop)
	}
	if h.conn != nil {
		h.conn.Close()
	}
	if h.server != nil {
		h.server.Shutdown()
		h.server.WaitForShutdown()
	}
	h.held.Close()
}
