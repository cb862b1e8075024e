package audit_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
)

// A log of a million lines is to be proved whole in ten seconds at most. The full size takes a minute and a
// half to write, so it is asked for: LANTERN_TEST_AUDIT_LINES=1000000. The bound is the same rate for fewer.
func TestALargeLogIsProvedQuickly(t *testing.T) {
	lines := 20_000
	if s := os.Getenv("LANTERN_TEST_AUDIT_LINES"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		lines = n
	}
	ctx := context.Background()
	db := databasetest.SQLite(t)
	now := clock.At(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
	log := audit.NewLog(now, clock.NewIDs(now, nil))
	keys, err := audit.OpenKeys(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := access.Scope{Account: "0192f0c1-7a3b-7c55-8a2e-5b1c7e0d9f42", Agency: "police", Purpose: access.Safeguarding}
	for done := 0; done < lines; done += 1000 {
		err := db.Write(ctx, func(tx *database.Tx) error {
			for range min(1000, lines-done) {
				if err := log.Record(ctx, tx, s, audit.Line{Act: audit.Consultation, SubjectKind: "person", Subject: "0192f0c1-7a3b-7c55-8a2e-5b1c7e0d9f43", Owners: []string{"school", "care"}, Words: "sections: timeline, names, places"}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	now.Advance(time.Hour)
	began := time.Now()
	r, err := audit.Verify(ctx, db, keys.Verifiers(), filepath.Join(t.TempDir(), "none"), nil, now)
	took := time.Since(began)
	if err != nil || !r.Whole() || r.Leaves != int64(lines) {
		t.Fatalf("%d leaves, problems %q, %v; want %d and none", r.Leaves, r.Problems, err, lines)
	}
	t.Logf("%d lines proved in %.2f s", lines, took.Seconds())
}
