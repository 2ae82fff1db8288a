package cli

import (
	"context"
	"errors"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/matrix/fleet"
	"github.com/xcmatrix/xcmatrix/matrix/remote"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// watchCommand returns the command that follows a run whose jobs are at a hub, from any machine.
func (a *app) watchCommand() *cobra.Command {
	o := runOptions{watch: true}
	cmd := &cobra.Command{
		Use:     "watch RUN",
		Short:   a.say("follow a detached run from anywhere, and print its tables in the end", "在任何地方跟踪已分离的运行，并在结束时显示结果表"),
		Example: "  xcmatrix watch 20261121-093000-k3v9 --hub desk.credential",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.resume = args[0]
			return a.run(cmd.Context(), o)
		},
	}
	a.runFlags(&o, cmd) // for their defaults: what the run is, the hub knows
	cmd.Flags().VisitAll(func(f *pflag.Flag) { f.Hidden = f.Name != "hub" && f.Name != "wait" })
	return cmd
}

// checkDetach returns a *record.Problem unless all targets of a run are of a fleet.
func checkDetach(targets []matrix.Target) error {
	i := slices.IndexFunc(targets, func(t matrix.Target) bool { return t.Run != remote.Fleet })
	if i < 0 {
		return nil
	}
	return record.Wrongf("--detach", "target %s does not run on a fleet: name others with --target, or leave --detach out", "目标 %s 不在机群上运行：请用 --target 指定其他目标，或去掉 --detach", targets[i].ID)
}

// detached stores at the hub what others need to follow a run whose jobs are queued, and says how.
func (a *app) detached(ctx context.Context, r *store.Run, m *reaching) error {
	d := fleet.Detached{V: fleet.Version, Manifest: r.Manifest, Needs: map[string]fleet.Needs{}, Payloads: map[string]string{}}
	for target, machine := range m.clients {
		if g, ok := machine.(*fleet.Group); ok {
			d.Needs[target], d.Payloads[target] = g.Needs, g.Built()
		}
	}
	if err := m.queue.PutDetached(ctx, d); err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]string{"run": r.Manifest.Run})
	}
	_, err := printf(a.out, a.say("Detached: the hub has the jobs of run %[1]s\nNext:     xcmatrix watch %[1]s, from anywhere, follows it\n",
		"已分离：运行 %[1]s 的作业已交给中心\n下一步：可在任何地方用 xcmatrix watch %[1]s 跟踪\n"), r.Manifest.Run)
	return err
}

// fetchDetached fetches from the hub what is needed to follow a run, and makes its directory where there is none.
func (r *reaching) fetchDetached(ctx context.Context, ref string) error {
	var err error
	if r.queue, err = r.app.fleetQueue(r.hub); err != nil {
		return err
	}
	if r.queue == nil {
		return record.Wrongf("--hub", "name the coordinator's credential of the hub that has the run", "请指定保存该运行的中心的协调者凭据")
	}
	id := ref
	if dir, err := store.Find(r.app.runs, ref); err == nil {
		here, err := store.Load(dir)
		if err != nil {
			return err
		}
		id = here.Manifest.Run
	}
	d, err := r.queue.Detached(ctx, id)
	if errors.Is(err, fleet.ErrNoRun) {
		return record.Wrongf(ref, "no such run was detached at this hub: `run --detach` does so, and prints its id", "此中心没有这个已分离的运行：`run --detach` 会分离运行并输出编号")
	}
	if err != nil {
		return err
	}
	r.detached = &d
	if _, err := store.Find(r.app.runs, id); err == nil {
		return nil
	}
	j, err := store.Create(r.app.runs, d.Manifest)
	if err != nil {
		return err
	}
	return j.Close()
}

// watched returns the targets of a detached run that have something left.
func (r *reaching) watched() []matrix.Target {
	var all []matrix.Target
	for _, t := range r.detached.Manifest.Targets {
		if left(r.resumed, t.ID) {
			all = append(all, matrix.Target{ID: t.ID, GOOS: t.GOOS, GOARCH: t.GOARCH, Chip: t.Chip, System: t.System, Run: remote.Fleet})
		}
	}
	return all
}
