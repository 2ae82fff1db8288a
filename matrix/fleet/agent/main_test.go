package agent_test

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/fleet"
	"github.com/xcmatrix/xcmatrix/matrix/fleet/agent"
	"github.com/xcmatrix/xcmatrix/matrix/fleet/broker"
	"github.com/xcmatrix/xcmatrix/matrix/remote"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// TestMain has the test binary be a hub, an agent, or the payload of a job, so that each can be killed.
func TestMain(m *testing.M) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	var err error
	switch role := os.Getenv("XCMATRIX_TEST_ROLE"); {
	case len(os.Args) > 1 && os.Args[1] == "remote":
		err = payload()
	case role == "hub":
		err = hub(ctx, os.Args[1], os.Args[2])
	case role == "agent":
		err = runAgent(ctx, os.Args[1], os.Args[2])
	default:
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// lease is that of the tests' hubs.
const lease = 3 * time.Second

func hub(ctx context.Context, dir, listen string) error {
	d, err := broker.OpenDirectory(dir, "")
	if err != nil {
		return err
	}
	h, err := broker.Start(ctx, d, broker.Options{Listen: listen, Lease: lease})
	if err != nil {
		return err
	}
	defer h.Close()
	<-ctx.Done()
	return nil
}

func runAgent(ctx context.Context, credential, dir string) error {
	c, err := fleet.ReadCredential(credential, fleet.AgentRole)
	if err != nil {
		return err
	}
	var post fleet.Post
	for post == nil {
		if post, err = broker.NewPost(c); err != nil {
			time.Sleep(200 * time.Millisecond)
		}
	}
	defer post.Close()
	facts := func() record.Machine { return record.Machine{GOOS: "linux", GOARCH: "amd64"} }
	tell := func(s record.Sentence) { fmt.Println(s.In("en")) }
	return agent.Run(ctx, agent.Options{Post: post, Dir: dir, Facts: facts, Tell: tell, Env: []string{"PATH=/usr/bin"}})
}

// payload is a session whose work is to wait as long as its job says, in the place of the memory limit, in milliseconds.
func payload() error {
	in, err := remote.NewAskedReader(os.Stdin)
	if err != nil {
		return err
	}
	first, err := in.Next()
	if err != nil {
		return err
	}
	out, err := remote.NewWriter(os.Stdout)
	if err != nil {
		return err
	}
	if err := out.Write(remote.Frame{Hello: &remote.Hello{V: remote.Version}}); err != nil {
		return err
	}
	time.Sleep(time.Duration(first.Open.Job.Memory) * time.Millisecond)
	for n := 1; n <= 3; n++ {
		event := fmt.Sprintf(`{"v":1,"event":"observation","spec":%q}`, strings.Repeat("x", 100))
		if err := out.Write(remote.Frame{Entry: &remote.Entry{N: n, Event: []byte(event)}}); err != nil {
			return err
		}
	}
	if err := out.Write(remote.Frame{End: &remote.End{Entries: 3}}); err != nil {
		return err
	}
	_, _ = in.Next() // the agent ends the connection
	return nil
}
