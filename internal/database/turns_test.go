package database_test

import (
	"context"
	"sync/atomic"
	"testing"

	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
)

// A page of a server must get its turn while an import in another process writes chunk after chunk: each of the two
// handles is a process's own.
func TestTwoProcessesTakeTurns(t *testing.T) {
	ctx := context.Background()
	loader := databasetest.SQLite(t)
	page, err := database.Open(ctx, loader.URL, database.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer page.Close() //nolint:errcheck // a test's own
	if err := loader.Write(ctx, func(tx *database.Tx) error {
		return tx.Exec(ctx, "CREATE TABLE turn (who TEXT NOT NULL, n BIGINT NOT NULL)")
	}); err != nil {
		t.Fatal(err)
	}
	var stop atomic.Bool
	done := make(chan error, 1)
	chunks := 0
	go func() {
		for !stop.Load() {
			if err := loader.Write(ctx, func(tx *database.Tx) error {
				for i := range 500 {
					if err := tx.Exec(ctx, "INSERT INTO turn (who, n) VALUES ($1, $2)", "loader", i); err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				done <- err
				return
			}
			chunks++
			loader.GiveWay(ctx)

		}
		done <- nil
	}()
	const pages = 60
	for i := range pages {
		if err := page.Write(ctx, func(tx *database.Tx) error {
			return tx.Exec(ctx, "INSERT INTO turn (who, n) VALUES ($1, $2)", "page", i)
		}); err != nil {
			t.Fatalf("page %d was not served: %v", i, err)
		}
	}
	stop.Store(true)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if chunks > 5*pages {
		t.Errorf("the loader wrote %d chunks while %d pages waited for their turns", chunks, pages)
	}
	var rows int
	if err := page.Reader().QueryRowContext(ctx, "SELECT count(*) FROM turn").Scan(&rows); err != nil || rows != pages+500*chunks {
		t.Errorf("%d rows, %v; want %d pages and %d chunks of 500", rows, err, pages, chunks)
	}
}
