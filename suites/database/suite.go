// Package database is the item database: what a Go program may rely on in a database driver, the same on every
// architecture, seen through database/sql and through the driver's own interface.
//
// A behaviour is looked at in tables of its own, natively on a pool of its own too, under a watchdog of its own. It
// compares codes and values, never message texts, and records every raw value, so that architectures can be compared
// where all pass.
package database

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/drivers/dameng"
	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/drivers/kingbase"
	"github.com/xcmatrix/xcmatrix/drivers/mysql"
	"github.com/xcmatrix/xcmatrix/drivers/oceanbase"
	"github.com/xcmatrix/xcmatrix/drivers/opengauss"
	"github.com/xcmatrix/xcmatrix/drivers/postgres"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// Suite is the item database.
var Suite = check.Suite{Item: "database", Specs: specs, Services: services, Waits: true, Reads: reads()}

// reads are the variables that name servers, or say why there is none, and authorities of the user's own.
func reads() []string {
	names := []string{"SSL_CERT_FILE", "SSL_CERT_DIR"}
	for _, d := range slices.Concat(served, lab) {
		names = append(names, d.Env(), record.MissingEnv(d.Name))
	}
	return names
}

// served are the dialects that a throw-away server can be started for, lab those whose server a person has to name.
var (
	served = []*dialect.Dialect{postgres.Dialect, mysql.Dialect}
	lab    = []*dialect.Dialect{kingbase.Dialect, opengauss.Dialect, opengauss.GaussDB, oceanbase.Dialect, oceanbase.TiDB,
		dameng.Dialect}
)

// behaviour is one thing that programs rely on.
type behaviour struct {
	text     string // stable: part of the spec's id
	key      string // stable: end of the finding's id when it is not met
	severity record.Severity
	within   time.Duration // 0: behaviourTime
	body     func(*trial)
}

// behaviourTime is how long a behaviour may take natively.
const behaviourTime = 20 * time.Second

func specs() {
	for _, d := range served {
		check.Section(d.Name, func() { register(d) }, labelled(d))
	}
	for _, d := range lab {
		check.Section(group(d), func() {
			// Where no server is named one spec says so, not as many as there are behaviours. The coordinator tells
			// all targets of a run the same servers, so that they have the same plan.
			if os.Getenv(d.Env()) == "" {
				It("a server is named", func() { reach(d) })
				return
			}
			register(d)
		}, labelled(d))
	}
	check.Section(postgres.Dialect.Name, func() {
		native()
		nativeBenchmarks()
	}, labelled(postgres.Dialect))
}

func register(d *dialect.Dialect) {
	It("the server says what it is", func() { identify(d) })
	specsOf(d, valued)
	specsOf(d, logical(d), check.Logic())
	specsOf(d, secure)
	if !stoodIn(d) {
		measure(d) // how fast a stand-in is says nothing
	}
}

func specsOf(d *dialect.Dialect, behaviours []behaviour, marks ...Labels) {
	for _, b := range behaviours {
		asked(d, b.text, check.Finding(b.finding(d)), check.Within(b.limit()+10*time.Second), marks, func() { look(d, b) })
	}
}

// asked is It for a spec that is asked for: what is held of the tree, each collection of garbage has to look through.
func asked(d *dialect.Dialect, text string, args ...any) {
	if check.Asks(group(d) + " / " + text) {
		It(text, append(args, Offset(1))...)
	}
}

// labelled says whose server the specs of a dialect talk to, or that a stand-in answers for it.
func labelled(d *dialect.Dialect) Labels {
	if stoodIn(d) {
		return Label(record.LabelStandIn + d.Title)
	}
	return Label(record.LabelServer + d.Name)
}

// behaviours are all of a dialect's, in the order in which they run.
func behaviours(d *dialect.Dialect) []behaviour {
	return slices.Concat(valued, logical(d), secure)
}

// valued are those of single values, whose conversions depend on the processor.
var valued = slices.Concat(numbers, floats, texts, times, values)

// logical are those that the driver's and the server's own logic decides: what statements, transactions and lost lines
// come to.
func logical(d *dialect.Dialect) []behaviour {
	return slices.Concat(statements, limits, transactions, anomalies, faults, modes(d))
}

func (b behaviour) limit() time.Duration {
	if b.within > 0 {
		return b.within
	}
	return behaviourTime
}

func (b behaviour) finding(d *dialect.Dialect) string { return "database/" + d.Library + "/" + b.key }

// look looks at a behaviour and says what came out.
func look(d *dialect.Dialect, b behaviour) {
	skipServers(d, b)
	dsn := reach(d)
	filed := group(d)
	if stoodIn(d) {
		d = withStandIn(d)
	}
	server, _ := knock(d, dsn)
	d = d.In(server.Mode)
	ctx, cancel := context.WithTimeout(context.Background(), check.Stretched(b.limit()))
	defer cancel()
	shared := common(d, dsn)
	db := shared
	if !b.shares() {
		var err error
		if db, err = d.Open(crowd(d, dsn)); err != nil {
			refused(d, dsn, err)
		}
		defer db.Close()
	}
	t := &trial{Dialect: d, ctx: ctx, dsn: dsn, db: db, sweeper: shared, what: b.key,
		observe: func(name string, value json.RawMessage) { check.Observe(filed+"/"+name, value) }}
	t.Dialect = t.watched(d)
	o := t.run(b.body)
	if o.skipped != nil {
		check.Skip(*o.skipped)
	}
	if o.missing != nil {
		check.Miss(o.missing.Reason, o.missing.Remedy)
	}
	if o.good() {
		return
	}
	if code := t.trouble.Load(); code != nil {
		check.Broken(record.Sayf("%[1]s is in trouble of its own (%[2]s), such as a full disk, no memory or an internal error: see the server's log",
			"%[1]s 自身出现问题（%[2]s），例如磁盘已满、内存不足或内部错误：请查看服务器日志", d.Title, *code))
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) && overloaded() {
		check.Broken(record.Sayf("not at an end after %[1]v on a machine with %.1[2]f tasks for each processor: run it again when the machine is idle",
			"%[1]v 内未结束，而本机每个处理器有 %.1[2]f 个任务：请在空闲时重新运行", check.Stretched(b.limit()), load()))
	}
	check.Report(record.Finding{ID: b.finding(d), Subject: d.Library, Version: version(d.Module), Severity: b.severity,
		Evidence: o.String()})
	Fail(o.String())
}

// reach is the data source name of a server that answers; without one the spec ends as a miss.
func reach(d *dialect.Dialect) string {
	GinkgoHelper()
	dsn := os.Getenv(d.Env())
	if dsn == "" {
		check.Miss(absent(d))
	}
	if dsn == dialect.StandIn && d.StandIn != nil {
		var err error
		if dsn, err = standIn(d); err != nil {
			check.Broken(record.Sayf("the stand-in does not start: %v", "替身未能启动：%v", err))
		}
	}
	if os.Getenv(d.Env()) != dialect.StandIn {
		read, err := d.Read(dsn)
		if err != nil {
			refused(d, dsn, err)
		}
		dsn = read
	}
	if _, err := knock(d, dsn); err != nil {
		refused(d, dsn, err)
	}
	return dsn
}

// absent says why there is no server: as the coordinator told, else that none is named.
func absent(d *dialect.Dialect) (reason, howTo record.Sentence) {
	if told, ok := told(d); ok {
		return told.Reason, told.Remedy
	}
	return record.Sayf("no %[1]s server: %[2]s is not set, and none was started here",
		"没有 %[1]s 服务器：未设置 %[2]s，本机也未能启动", d.Title, d.Env()), remedy(d)
}

// told is what the coordinator says is absent of a dialect.
func told(d *dialect.Dialect) (m record.Missing, ok bool) {
	err := json.Unmarshal([]byte(os.Getenv(record.MissingEnv(d.Name))), &m)
	return m, err == nil && m.Reason.En != ""
}

func refused(d *dialect.Dialect, dsn string, err error) {
	GinkgoHelper()
	if told, ok := told(d); ok {
		check.Miss(told.Reason, told.Remedy)
	}
	check.Miss(hindrance(d, dsn, err))
}

// knocked holds what the first connection to each server came to: a server that is away costs its timeout only once.
var knocked sync.Map

func knock(d *dialect.Dialect, dsn string) (dialect.Server, error) {
	once, _ := knocked.LoadOrStore(d.Name+" "+dsn, sync.OnceValues(func() (dialect.Server, error) { return knocking(d, dsn, patient(knockTime)) }))
	return once.(func() (dialect.Server, error))()
}

// identify records what the server is; it may differ between targets, whose servers may be different ones.
func identify(d *dialect.Dialect) {
	dsn := reach(d)
	ctx, cancel := context.WithTimeout(context.Background(), behaviourTime)
	defer cancel()
	server, err := d.Server(ctx, common(d, dsn))
	if err != nil {
		Fail(err.Error())
	}
	check.ObserveDiffers(group(d)+"/server", server, record.Say("each target may have its own server", "各目标可以使用各自的服务器"))
}

// version of a module as linked into this binary.
func version(module string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, m := range info.Deps {
		if m.Path == module {
			return m.Version
		}
	}
	return ""
}
