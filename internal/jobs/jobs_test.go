package jobs_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/jobs"
)

func TestWorkIsDoneOnceTheActIsCommitted(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := context.Background()
		c := clock.System{}
		dir := t.TempDir()
		r := jobs.NewRunner(db, dir, c, clock.NewIDs(c, nil), slog.New(slog.DiscardHandler))
		var mu sync.Mutex
		var got []string
		failed := false
		done := make(chan struct{}, 10)
		r.Handle("greet", func(_ context.Context, b []byte) error {
			var name string
			if err := json.Unmarshal(b, &name); err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			if name == "twice" && !failed {
				failed = true
				return errors.New("not the first time")
			}
			got = append(got, name)
			done <- struct{}{}
			return nil
		})
		if err := r.Start(ctx); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := r.Stop(context.Background()); err != nil {
				t.Error(err)
			}
		})
		ask := func(name string, fail error) error {
			return db.Write(ctx, func(tx *database.Tx) error {
				if err := r.Enqueue(ctx, tx, "greet", name); err != nil {
					return err
				}
				return fail
			})
		}
		if err := ask("rolled back", errors.New("no")); err == nil {
			t.Fatal("the act should have failed")
		}
		for _, n := range []string{"one", "twice"} {
			if err := ask(n, nil); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			select {
			case <-done:
			case <-time.After(20 * time.Second):
				t.Fatalf("after 20 s only %v was done", got)
			}
		}
		files, err := filepath.Glob(filepath.Join(dir, "jobs.db*"))
		if err != nil || db.Engine == database.SQLite && len(files) == 0 {
			t.Errorf("files of jobs: %v (%v)", files, err)
		}
		for _, f := range files {
			if info, err := os.Stat(f); err != nil || info.Mode().Perm() != 0o600 && runtime.GOOS != "windows" {
				t.Errorf("%s may be read by others: %v (%v)", filepath.Base(f), info.Mode(), err)
			}
		}
		mu.Lock()
		defer mu.Unlock()
		for _, n := range got {
			if n == "rolled back" {
				t.Error("work of an act that was rolled back was done")
			}
		}
		if err := db.Write(ctx, func(tx *database.Tx) error { return r.Enqueue(ctx, tx, "unknown", 1) }); err == nil {
			t.Error("work nobody handles was accepted")
		}
	})
}
