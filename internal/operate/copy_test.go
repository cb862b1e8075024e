package operate_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"testing"

	"lantern.example/lantern/internal/app"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/config"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/operate"
)

// logTables gain a line from a copy: that it was made.
var logTables = []string{"audit_entry", "audit_leaf", "audit_hash", "audit_pending"}

func TestAPartnershipMovesAndComesBack(t *testing.T) {
	ctx := context.Background()
	dir := partnership(t)
	from := open(t, dir)
	before := contents(t, from)
	each(t, func(t *testing.T, engine database.Engine) {
		to := empty(t, engine)
		done, err := operate.Copy(ctx, from, to, dir, clock.At(now), quiet)
		if err != nil {
			t.Fatal(err)
		}
		if d := differences(before, contents(t, to), logTables...); len(d) > 0 {
			t.Errorf("%d rows differ, the first: %s", len(d), d[0])
		}
		if done.Rows == 0 || !done.Audit.Whole() || done.Audit.Leaves == 0 {
			t.Errorf("%d rows, audit %+v; want some, and a whole log", done.Rows, done.Audit)
		}
		if err := operate.Whole(ctx, to); err != nil {
			t.Errorf("the finished copy is still marked: %v", err)
		}
		back := empty(t, database.SQLite)
		if _, err := operate.Copy(ctx, to, back, dir, clock.At(now), quiet); err != nil {
			t.Fatal(err)
		}
		if d := differences(before, contents(t, back), logTables...); len(d) > 0 {
			t.Errorf("after the way back %d rows differ, the first: %s", len(d), d[0])
		}
	})
	if d := differences(before, contents(t, from)); len(d) > 0 {
		t.Errorf("the source was changed: %s", d[0])
	}
}

func TestWhatIsNotCopied(t *testing.T) {
	ctx := context.Background()
	cases := []struct {
		name   string
		change func(t *testing.T, from, to *database.DB)
		kind   fault.Kind
		want   string
	}{
		{"a target that holds something", func(t *testing.T, _, to *database.DB) {
			if err := to.Migrate(ctx); err != nil {
				t.Fatal(err)
			}
			exec(t, to, "INSERT INTO setting (name, value, at) VALUES ('x', 'y', 1)")
		}, fault.Invalid, "is not empty: the table setting holds 1 rows"},
		{"a target of another program", func(t *testing.T, _, to *database.DB) {
			exec(t, to, "CREATE TABLE stock (n BIGINT)")
		}, fault.Invalid, "not Lantern's"},
		{"a target of a newer Lantern", func(t *testing.T, _, to *database.DB) {
			if err := to.Migrate(ctx); err != nil {
				t.Fatal(err)
			}
			exec(t, to, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, TRUE)")
		}, fault.Invalid, "newer Lantern"},
		{"a source of an older schema", func(t *testing.T, from, _ *database.DB) {
			exec(t, from, "DELETE FROM goose_db_version WHERE version_id > 1")
		}, fault.Invalid, "Run lantern migrate first"},
		{"a source that is an unfinished copy itself", func(t *testing.T, from, _ *database.DB) {
			exec(t, from, "INSERT INTO setting (name, value, at) VALUES ('unfinished-copy', 'x', 1)")
		}, fault.Unavailable, "never completed"},
		{"a source whose log was tampered with", func(t *testing.T, from, _ *database.DB) {
			exec(t, from, "UPDATE audit_entry SET account = 'somebody-else' WHERE id = (SELECT entry_id FROM audit_leaf WHERE seq = 1)")
		}, fault.Invalid, "audit log of the copy is not whole"},
		{"text that PostgreSQL cannot hold", func(t *testing.T, from, _ *database.DB) {
			exec(t, from, "INSERT INTO setting (name, value, at) VALUES ('x', $1, 1)", "a\x00b")
		}, fault.Invalid, "Table setting, row 1, column value: the text has a NUL"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T, engine database.Engine) {
				dir := partnership(t)
				from, to := open(t, dir), empty(t, engine)
				c.change(t, from, to)
				_, err := operate.Copy(ctx, from, to, dir, clock.At(now), quiet)
				refused(t, err, c.kind, c.want)
			})
		})
	}
	t.Run("a database to itself", func(t *testing.T) {
		dir := partnership(t)
		db := open(t, dir)
		_, err := operate.Copy(ctx, db, db, dir, clock.At(now), quiet)
		refused(t, err, fault.Invalid, "to itself")
	})
}

// A copy that was cut off is not used by anybody, and can be begun again.
func TestACopyCutOffIsNeverUsed(t *testing.T) {
	each(t, func(t *testing.T, engine database.Engine) {
		dir := partnership(t)
		from, to := open(t, dir), empty(t, engine)
		before := contents(t, from)
		ctx, cut := context.WithCancel(context.Background())
		said := 0
		_, err := operate.Copy(ctx, from, to, dir, clock.At(now), func(string) {
			if said++; said == 12 {
				cut()
			}
		})
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("the copy that was cut off says %v", err)
		}
		refused(t, operate.Whole(context.Background(), to), fault.Unavailable, "never completed")
		a, err := app.Open(context.Background(), config.Config{Data: t.TempDir(), DB: to.URL}, app.Options{Clock: clock.At(now), Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
		if err == nil {
			t.Error("Lantern opened an unfinished copy")
			if err := a.Close(); err != nil {
				t.Error(err)
			}
		}
		if _, err := operate.Copy(context.Background(), from, to, dir, clock.At(now), quiet); err != nil {
			t.Fatalf("the second try: %v", err)
		}
		if d := differences(before, contents(t, to), logTables...); len(d) > 0 {
			t.Errorf("after the second try %d rows differ, the first: %s", len(d), d[0])
		}
	})
}
