package cli

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/xcmatrix/xcmatrix/results/compare/synthetic"
	"github.com/xcmatrix/xcmatrix/results/record"
)

func (a *app) syntheticCommand() *cobra.Command {
	var lab synthetic.Lab
	var out string
	cmd := &cobra.Command{
		Use:     "synthetic --out DIR",
		Short:   a.say("write measurements of machines that are all alike, to try comparing on", "生成性能相同的机器的合成测量数据"),
		Example: "  xcmatrix compare synthetic --machines 100 --benchmarks 100 --samples 20 --out /tmp/lab",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if out == "" {
				return record.Wrongf("--out", "name a directory", "请指定目录")
			}
			if err := os.MkdirAll(out, 0o755); err != nil {
				return record.Wrongf("--out", "%v", "%v", err)
			}
			values, err := lab.Write(out)
			if err == nil && a.json {
				return a.printJSON(map[string]any{"values": values, "dir": out})
			}
			if err == nil {
				printf(a.out, a.say("%d values in %s\n", "共 %d 个数值，写入 %s\n"), values, out)
			}
			return err
		},
	}
	f := cmd.Flags()
	f.StringVar(&out, "out", "", a.say("directory for one file each machine", "每台机器一个文件的目录"))
	f.IntVar(&lab.Machines, "machines", 2, a.say("machines", "机器数"))
	f.IntVar(&lab.Benchmarks, "benchmarks", 100, a.say("benchmarks", "基准测试数"))
	f.IntVar(&lab.Rounds, "rounds", 1, a.say("rounds", "轮次"))
	f.IntVar(&lab.Samples, "samples", 20, a.say("samples a round", "每轮样本数"))
	f.Float64Var(&lab.Drift, "drift", 0, a.say("deviation between rounds, as a share", "轮次之间的相对偏差"))
	f.Float64Var(&lab.Within, "within", 0.02, a.say("deviation within a round, as a share", "轮次之内的相对偏差"))
	f.Float64Var(&lab.Spikes, "spikes", 0, a.say("share of samples that are disturbed", "受干扰样本的比例"))
	f.BoolVar(&lab.Units, "units", false, a.say("MB/s, B/op and allocs/op beside ns/op", "除 ns/op 外还输出 MB/s、B/op 和 allocs/op"))
	f.BoolVar(&lab.Ties, "ties", false, a.say("short times with one decimal, of which many are equal", "只有一位小数的短时间，其中许多相等"))
	f.Uint64Var(&lab.Seed, "seed", 1, a.say("seed", "随机种子"))
	return cmd
}
