package operate_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"lantern.example/lantern/internal/app"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/config"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/operate"
)

var now = time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)

// demo is a small invented partnership, made once for all tests: its database, keys and checkpoints.
var demo struct {
	once sync.Once
	dir  string
	err  error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if demo.dir != "" {
		if err := os.RemoveAll(demo.dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	os.Exit(code)
}

func makeDemo() (err error) {
	if demo.dir, err = os.MkdirTemp("", "lantern-operate"); err != nil {
		return err
	}
	ctx := context.Background()
	a, err := app.Open(ctx, config.Config{Data: demo.dir, Demo: true}, app.Options{Clock: clock.At(now), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	if _, err := a.BuildDemo(ctx, 200, 1, func(string) {}); err != nil {
		return errors.Join(err, a.Close())
	}
	if err := a.Start(ctx); err != nil { // so that closing signs the log
		return err
	}
	return a.Close()
}

// partnership is a folder of the test's own that holds the invented partnership.
func partnership(t *testing.T) string {
	t.Helper()
	demo.once.Do(func() { demo.err = makeDemo() })
	if demo.err != nil {
		t.Fatal(demo.err)
	}
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.CopyFS(dir, os.DirFS(demo.dir)); err != nil {
		t.Fatal(err)
	}
	// Rights are not copied with the files.
	for path, mode := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, "keys", "audit.key"): 0o600, filepath.Join(dir, "keys", "seal.key"): 0o600} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func open(t *testing.T, dir string) *database.DB {
	t.Helper()
	db, err := operate.Open(context.Background(), &config.Config{Data: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// empty is a database without a schema, on an engine.
func empty(t *testing.T, engine database.Engine) *database.DB {
	t.Helper()
	if engine == database.PostgreSQL {
		db := databasetest.PostgreSQL(t)
		if _, err := db.Pool().Exec("DROP SCHEMA public CASCADE; CREATE SCHEMA public"); err != nil {
			t.Fatal(err)
		}
		return db
	}
	db, err := database.Open(context.Background(), "sqlite:"+filepath.Join(t.TempDir(), "target.db"), database.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func each(t *testing.T, f func(t *testing.T, engine database.Engine)) {
	t.Helper()
	for _, e := range []database.Engine{database.SQLite, database.PostgreSQL} {
		t.Run(string(e), func(t *testing.T) { f(t, e) })
	}
}

func exec(t *testing.T, db *database.DB, statement string, args ...any) {
	t.Helper()
	if err := db.Write(context.Background(), func(tx *database.Tx) error { return tx.Exec(context.Background(), statement, args...) }); err != nil {
		t.Fatal(err)
	}
}

// contents are all rows of all tables as text, sorted: for saying that two databases hold the same.
func contents(t *testing.T, db *database.DB) map[string]int {
	t.Helper()
	ctx := context.Background()
	tables, err := db.Tables(ctx)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int{}
	for _, table := range tables {
		if err := table.Rows(ctx, db.Reader(), func(row []any) error {
			out[fmt.Sprintf("%s %v", table.Name, row)]++
			return nil
		}, ""); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// differences lists rows that one side has and the other has not, but for the tables named.
func differences(a, b map[string]int, but ...string) (out []string) {
	skip := func(row string) bool {
		for _, x := range but {
			if strings.HasPrefix(row, x+" ") {
				return true
			}
		}
		return false
	}
	for row, n := range a {
		if b[row] != n && !skip(row) {
			out = append(out, "only before: "+row)
		}
	}
	for row, n := range b {
		if a[row] != n && !skip(row) {
			out = append(out, "only after: "+row)
		}
	}
	return out
}

func refused(t *testing.T, err error, kind fault.Kind, want string) {
	t.Helper()
	words, _ := fault.Words(err)
	if !fault.Is(err, kind) || !strings.Contains(words, want) {
		t.Errorf("got %v, want a fault of kind %v that says %q", err, kind, want)
	}
}

func quiet(string) {}
