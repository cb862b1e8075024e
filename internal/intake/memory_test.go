package intake_test

import (
	"context"
	"os"
	"runtime"
	"strconv"
	"testing"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/intake"
	"lantern.example/lantern/internal/intake/profile"
)

// counted is a sink that keeps nothing.
type counted struct{ people int64 }

func (c *counted) Take(_ context.Context, _ *database.Tx, _ *intake.Load, rows []intake.Taken) (intake.Placing, error) {
	for _, r := range rows {
		if profile.PersonOf(r.Record) != nil {
			c.people++
		}
	}
	return intake.Placing{}, nil
}

func (c *counted) Purge(context.Context, *database.Tx, string, int) (int64, error) { return 0, nil }

// A list of people of any length is read in the same memory. LANTERN_TEST_ROWS asks for another length.
func TestMemoryStaysFlat(t *testing.T) {
	n := int64(150_000)
	if asked, err := strconv.ParseInt(os.Getenv("LANTERN_TEST_ROWS"), 10, 64); err == nil {
		n = asked
	}
	c := clock.At(now)
	sink := &counted{}
	record := func(context.Context, *database.Tx, access.Scope, string, string, string) error { return nil }
	s := intake.NewStore(databasetest.SQLite(t), c, clock.NewIDs(c, nil), &asked{}, record, sink)
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	var first, most uint64
	f := made{n}
	l, err := s.Load(context.Background(), police, intake.Input{Name: "people.csv", File: f, Size: f.size(), Agency: "police", Basis: intake.OwnBasis, Identified: true, Progress: func(rows int64) {
		if rows%25_000 == 0 {
			h := heap()
			if first == 0 {
				first = h
			}
			most = max(most, h)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if l.Read != n || l.Taken != n || sink.people != n {
		t.Errorf("read %d, taken %d, people %d; want %d", l.Read, l.Taken, sink.people, n)
	}
	t.Logf("%d rows: heap %d KiB after 25,000 rows, at most %d KiB", n, first>>10, most>>10)
	if most > first+8<<20 {
		t.Errorf("the heap grew from %d KiB to %d KiB over %d rows", first>>10, most>>10, n)
	}
}
