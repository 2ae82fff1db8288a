//go:build !payload

package cli

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/xcmatrix/xcmatrix/matrix/fleet"
	"github.com/xcmatrix/xcmatrix/matrix/fleet/agent"
	"github.com/xcmatrix/xcmatrix/matrix/fleet/broker"
	"github.com/xcmatrix/xcmatrix/matrix/machine"
	"github.com/xcmatrix/xcmatrix/results/environ"
	"github.com/xcmatrix/xcmatrix/results/record"
)

type agentOptions struct {
	hub, dir string
	once     bool
}

// agentCommand returns the command by which a machine takes jobs from a hub.
func (a *app) agentCommand() *cobra.Command {
	var o agentOptions
	cmd := &cobra.Command{
		Use:   "agent",
		Short: a.say("take jobs from a hub and run them on this machine", "从机群中心领取作业并在本机运行"),
		Long: a.say(`Connects to the hub of a credential, and runs one job at a time; nothing connects to this machine. The servers that
jobs use are those of this machine, or those that the environment names here (XCMATRIX_DSN_…). What a job has begun goes on
when the agent ends or is killed: the next agent of the same directory finishes it.`,
			`连接凭据所指的中心，一次运行一个作业；外部不会连接本机。作业使用本机的服务器，或此处环境变量
（XCMATRIX_DSN_…）指定的服务器。代理结束或被终止后，已开始的作业会继续，由同一目录的下一个代理完成。`),
		Example: "  xcmatrix agent --hub kunpeng-1.credential\n  xcmatrix agent install --hub /etc/xcmatrix/kunpeng-1.credential",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.agent(cmd.Context(), o) },
	}
	f := cmd.PersistentFlags()
	a.hubFlag(f, &o.hub)
	f.StringVar(&o.dir, "dir", "/var/lib/xcmatrix-agent", a.say("the agent's directory: the machine's key, payloads, results that the hub has not got yet", "代理目录：机器密钥、测试程序及尚未送达中心的结果"))
	cmd.Flags().BoolVar(&o.once, "once", false, a.say("end after one job", "完成一个作业后退出"))
	cmd.AddCommand(a.agentInstallCommand(&o), a.agentKubernetesCommand())
	return cmd
}

func (a *app) agent(ctx context.Context, o agentOptions) error {
	file := a.hubFile(o.hub)
	if file == "" {
		return record.Wrongf("--hub", "name the credential of this machine: `xcmatrix hub enrol NAME` on the hub's machine writes one", "请指定本机的凭据文件：在中心所在机器上用 `xcmatrix hub enrol 名称` 生成")
	}
	c, err := fleet.ReadCredential(file, fleet.AgentRole)
	if err != nil {
		return err
	}
	if o.dir, err = filepath.Abs(o.dir); err != nil {
		return err
	}
	if err := os.MkdirAll(o.dir, 0o700); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer stop()
	tell := func(what record.Sentence) {
		switch {
		case a.json:
			_ = a.printJSON(map[string]string{"message": what.In(a.lang)}) // the agent works on where nobody reads
		case !a.quiet:
			printf(a.out, "%s\n", what.In(a.lang))
		}
	}
	post, err := reachHub(ctx, c, tell)
	if err != nil || post == nil {
		return err
	}
	defer post.Close()
	tell(record.Sayf("Machine %s takes jobs of %s.", "机器 %s 从 %s 领取作业。", c.Name, c.Hub))
	return agent.Run(ctx, agent.Options{Post: post, Dir: o.dir, Env: payloadEnvironment(), Facts: machine.Detect, Tell: tell, Once: o.once})
}

// reachHub connects to the hub, and tries again while it cannot be reached. It returns nil when ctx is done.
func reachHub(ctx context.Context, c fleet.Credential, tell func(record.Sentence)) (fleet.Post, error) {
	told := false
	for {
		post, err := broker.NewPost(c)
		var gone *broker.UnreachableError
		if !errors.As(err, &gone) {
			return post, err
		}
		if !told {
			tell(record.Sayf("%s; trying again", "%s；将不断重试", record.Say(gone.In("en"), gone.In("zh"))))
			told = true
		}
		select {
		case <-ctx.Done():
			return nil, nil
		case <-time.After(time.Second):
		}
	}
}

// payloadEnvironment returns the environment of payloads: what every payload gets, and what the user says for specs.
func payloadEnvironment() []string {
	env := environ.Own()
	for _, e := range os.Environ() {
		if strings.HasPrefix(e, "XCMATRIX_") && !strings.HasPrefix(e, hubVariable+"=") && !strings.HasPrefix(e, passphraseVariable+"=") {
			env = append(env, e)
		}
	}
	return env
}
