package jobs_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/jobs"
)

// What was handed to River and is to be tried again is known by its outbox row; what is done is not.
func TestWorkThatIsNotDoneIsKnown(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx, dir, c := context.Background(), t.TempDir(), clock.System{}
		if ids, err := jobs.Unfinished(ctx, db, dir); err != nil || len(ids) != 0 {
			t.Fatalf("before anything ran: %v, %v; want none", ids, err)
		}
		r := jobs.NewRunner(db, dir, c, clock.NewIDs(c, nil), slog.New(slog.DiscardHandler))
		tried, done := make(chan struct{}, 10), make(chan struct{}, 10)
		r.Handle("fails", func(context.Context, []byte) error { tried <- struct{}{}; return errors.New("not yet") })
		r.Handle("works", func(context.Context, []byte) error { done <- struct{}{}; return nil })
		if err := r.Start(ctx); err != nil {
			t.Fatal(err)
		}
		for _, kind := range []string{"works", "fails"} {
			if err := db.Write(ctx, func(tx *database.Tx) error { return r.Enqueue(ctx, tx, kind, 1) }); err != nil {
				t.Fatal(err)
			}
		}
		for _, what := range []chan struct{}{done, tried} {
			select {
			case <-what:
			case <-time.After(20 * time.Second):
				t.Fatal("the work was not begun within 20 s")
			}
		}
		if err := r.Stop(ctx); err != nil {
			t.Fatal(err)
		}
		want, err := database.Collect(ctx, db.Reader(), database.Value[string], "SELECT id FROM outbox WHERE kind = 'fails'")
		if err != nil {
			t.Fatal(err)
		}
		ids, err := jobs.Unfinished(ctx, db, dir)
		if err != nil || len(ids) != 1 || ids[0] != want[0] {
			t.Errorf("unfinished are %v (%v), want %v", ids, err, want)
		}
	})
}
