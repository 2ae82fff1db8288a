//go:build !payload

package cli

import (
	"github.com/spf13/cobra"

	"github.com/xcmatrix/xcmatrix/matrix/fleet/kubernetes"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// agentKubernetesCommand returns the command that prints the objects by which a cluster runs agents.
func (a *app) agentKubernetesCommand() *cobra.Command {
	var o kubernetes.Options
	cmd := &cobra.Command{
		Use:   "kubernetes",
		Short: a.say("print a DaemonSet or a Job that runs agents in a cluster, for kubectl apply", "输出在集群中运行代理的 DaemonSet 或 Job，供 kubectl apply 使用"),
		Example: `  xcmatrix agent kubernetes --image registry.example/xcmatrix:1 --secret credentials --arch arm64 | kubectl apply -f -
  xcmatrix agent kubernetes --image registry.example/xcmatrix:1 --secret credentials --arch loong64 --node 3a6000-1`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if o.Image == "" {
				return record.Wrongf("--image", "name an image that has this program as its entry point", "请指定以本程序为入口的镜像")
			}
			text, err := kubernetes.Manifest(o)
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(map[string]string{"manifest": text})
			}
			_, err = printf(a.out, "%s", formatted(text))
			return err
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Image, "image", "", a.say("image with this program as its entry point", "以本程序为入口的镜像"))
	f.StringVar(&o.Secret, "secret", "xcmatrix-credentials", a.say("secret with NODE.credential for each node", "含各节点 NODE.credential 的 Secret"))
	f.StringVar(&o.Namespace, "namespace", "default", a.say("namespace", "命名空间"))
	f.StringVar(&o.Arch, "arch", "amd64", a.say("architecture of the nodes", "节点的架构"))
	f.StringVar(&o.Node, "node", "", a.say("print a Job for one job on this node, in place of a DaemonSet", "输出在此节点上只运行一个作业的 Job，而非 DaemonSet"))
	f.StringVar(&o.CPU, "cpu", "2", a.say("processors for an agent", "代理的处理器数"))
	f.StringVar(&o.Memory, "memory", "4Gi", a.say("memory for an agent", "代理的内存"))
	f.StringVar(&o.Exclusive, "exclusive", "", a.say("extended resource of which each node has one, such as xcmatrix.io/machine, for measurements", "每个节点只有一个的扩展资源，例如 xcmatrix.io/machine，用于测量"))
	return cmd
}
