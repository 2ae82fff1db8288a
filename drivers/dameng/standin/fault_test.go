package standin_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin"
	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/wire"
)

// TestFaults injects each kind of fault once: the client is told, and what was carried out is there once.
func TestFaults(t *testing.T) {
	s, db := started(t)
	must(t, db, "CREATE TABLE t (v INT)")
	insert, err := db.PrepareContext(t.Context(), "INSERT INTO t VALUES (?)")
	if err != nil {
		t.Fatal(err)
	}
	defer insert.Close()
	done := 0
	for _, c := range []struct {
		name    string
		fault   standin.Fault
		refused int32
		fails   bool
		done    int
	}{
		{"none", standin.Fault{}, 0, false, 1},
		{"lost reply", standin.Fault{Action: standin.Lose}, 0, true, 1},
		{"cut in the header", standin.Fault{Action: standin.Cut, After: 30}, 0, true, 1},
		{"wrong checksum", standin.Fault{Action: standin.Corrupt}, 0, true, 1},
		{"late reply", standin.Fault{Action: standin.Delay, For: 50 * time.Millisecond}, 0, false, 1},
		{"refused", standin.Fault{Action: standin.Refuse, Code: -42}, -42, true, 0},
	} {
		applied := s.FaultsApplied()
		s.Inject(wire.Execute, c.fault)
		_, err := insert.ExecContext(t.Context(), 1)
		if (err != nil) != c.fails || code(err) != c.refused {
			t.Errorf("%s: %v", c.name, err)
		}
		if want := applied + 1; c.fault.Action != standin.None && s.FaultsApplied() != want {
			t.Errorf("%s: %d faults struck, want %d", c.name, s.FaultsApplied(), want)
		}
		done += c.done
		var n int
		if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM t").Scan(&n); err != nil || n != done {
			t.Errorf("%s: %d rows, want %d; %v", c.name, n, done, err)
		}
	}
}

func TestFetchIsCut(t *testing.T) {
	s, db := started(t)
	must(t, db, "CREATE TABLE t (pad VARCHAR(5000))")
	for range 20 {
		must(t, db, "INSERT INTO t VALUES (?)", strings.Repeat("x", 5000))
	}
	s.Inject(wire.Fetch, standin.Fault{Action: standin.Cut, After: 1000})
	rows, err := db.QueryContext(t.Context(), "SELECT pad FROM t")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		n++
	}
	if rows.Err() == nil || n == 0 || n >= 20 {
		t.Errorf("%d rows and %v from a line that was cut", n, rows.Err())
	}
}

// TestCancelled gives up a statement: it ends at the server too, and has done nothing.
func TestCancelled(t *testing.T) {
	_, db := started(t)
	must(t, db, "CREATE TABLE t (v INT)")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err := db.ExecContext(ctx, "INSERT INTO t SELECT STANDIN_SLEEP(1)")
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 900*time.Millisecond {
		t.Errorf("back after %v with %v", time.Since(began), err)
	}
	time.Sleep(1100*time.Millisecond - time.Since(began))
	var n int
	if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM t").Scan(&n); err != nil || n != 0 {
		t.Errorf("%d rows, %v", n, err)
	}
}

func TestKilledSessionRollsBack(t *testing.T) {
	_, db := started(t)
	must(t, db, "CREATE TABLE t (v INT)")
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	var id int64
	if err := tx.QueryRowContext(t.Context(), "SELECT SESSID()").Scan(&id); err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(t.Context(), "INSERT INTO t VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	must(t, db, fmt.Sprintf("SP_CLOSE_SESSION(%d)", id))
	if tx.Commit() == nil {
		t.Error("a session that was ended commits")
	}
	for n, end := 1, time.Now().Add(5*time.Second); n > 0; time.Sleep(5 * time.Millisecond) {
		if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM t").Scan(&n); err != nil || time.Now().After(end) {
			t.Fatalf("%d rows, %v", n, err)
		}
	}
}
