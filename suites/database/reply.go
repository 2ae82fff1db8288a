package database

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/proxy"
)

// way is one way to run an insert of a key. It calls arm right before the step whose reply gets lost.
type way func(ctx context.Context, db *sql.DB, insert string, key int, arm func()) error

func plain(ctx context.Context, db *sql.DB, insert string, key int, arm func()) error {
	arm()
	literal := insert[:strings.LastIndexByte(insert, '(')+1] + strconv.Itoa(key) + ")"
	_, err := db.ExecContext(ctx, literal)
	return err
}

func bound(ctx context.Context, db *sql.DB, insert string, key int, arm func()) error {
	arm()
	_, err := db.ExecContext(ctx, insert, key)
	return err
}

func prepared(ctx context.Context, db *sql.DB, insert string, key int, arm func()) error {
	statement, err := db.PrepareContext(ctx, insert)
	if err != nil {
		return err
	}
	defer statement.Close()
	arm()
	_, err = statement.ExecContext(ctx, key)
	return err
}

func queried(ctx context.Context, db *sql.DB, insert string, key int, arm func()) error {
	arm()
	rows, err := db.QueryContext(ctx, insert, key)
	if err != nil {
		return err
	}
	rows.Next()
	rows.Close()
	return rows.Err()
}

func committed(ctx context.Context, db *sql.DB, insert string, key int, arm func()) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, insert, key); err != nil {
		return err
	}
	arm()
	return tx.Commit()
}

// patience is when a statement whose reply gets lost is given up.
const patience = 150 * time.Millisecond

// offsets is after how many bytes of the reply each action strikes: up to ten, fewer where each costs the deadline.
func offsets(a proxy.Action) int {
	if a == proxy.Hole || a == proxy.HalfOpen {
		return 3
	}
	return 10
}

// atMostOnce loses the server's reply at each of its first bytes, by every action: nothing may run twice, and what is
// acknowledged must be there.
func atMostOnce(run way, actions ...proxy.Action) func(*trial) {
	return func(t *trial) {
		table := t.table("v {int}")
		insert := t.SQL("INSERT INTO " + table + " VALUES (?)")
		p, pool := t.proxied()
		pool.SetMaxOpenConns(1)
		key, planned, slowest, acknowledged := 0, 0, time.Duration(0), map[int]string{}
		for _, action := range actions {
			for after := range offsets(action) {
				for range 3 { // warm: pgx pings a connection before its second use
					key++
					run(t.ctx, pool, insert, key, func() {})
				}
				key++
				planned++
				ctx, cancel := context.WithCancel(t.ctx)
				var armed time.Time
				err := run(ctx, pool, insert, key, func() {
					armed = time.Now()
					p.Set(proxy.Fault{Action: action, After: after})
					time.AfterFunc(patience, cancel)
				})
				cancel()
				slowest = max(slowest, time.Since(armed))
				if err == nil {
					acknowledged[key] = fmt.Sprintf("%s after %d bytes", action, after)
				}
			}
		}
		t.saw("faults that struck, "+t.what, p.Struck(), planned)
		t.saw("nobody is held when patience ends, "+t.what, slowest < patience+5*time.Second, true)
		time.Sleep(patience) // the last one may still be on its way
		t.once(table, acknowledged)
	}
}

// once checks what the server has of the keys that were written: none twice, none missing that was acknowledged.
func (t *trial) once(table string, acknowledged map[int]string) {
	rows, err := t.db.QueryContext(t.ctx, "SELECT v, count(*) FROM "+table+" GROUP BY v")
	t.must(err, "read keys")
	defer rows.Close()
	twice, there := []string{}, map[int]bool{}
	for rows.Next() {
		var key, n int
		t.must(rows.Scan(&key, &n), "read keys")
		there[key] = true
		if n > 1 {
			twice = append(twice, fmt.Sprintf("%d times, %s", n, cmpCode(acknowledged[key], "not acknowledged")))
		}
	}
	t.must(rows.Err(), "read keys")
	lost := []string{}
	for key, how := range acknowledged {
		if !there[key] {
			lost = append(lost, how)
		}
	}
	t.saw("keys that ran twice, "+t.what, len(twice) > 0, false)
	t.saw("keys acknowledged and lost, "+t.what, len(lost) > 0, false)
	for _, list := range [][]string{twice, lost} {
		if slices.Sort(list); len(list) > 0 {
			t.faults = append(t.faults, fmt.Sprintf("%d keys: %s …", len(list), strings.Join(list[:min(len(list), 5)], "; ")))
		}
	}
}
