package audit

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
)

// Health is what a quick look at the log found. It is no proof: Verify is.
type Health struct {
	Leaves   int64
	Waiting  int64     // entries that have no leaf yet
	Signed   int64     // leaves under the newest checkpoint
	SignedAt time.Time // when it was made; zero when there is none
	Problems []string
}

// quickLines is how many of the last lines Quick recomputes.
const quickLines = 1000

// Quick looks at the newest checkpoint and at the last thousand lines: enough to see, in a moment, that the
// log is being kept and that nothing is plainly wrong with it.
func Quick(ctx context.Context, db *database.DB, v note.Verifiers, dir string, c clock.Clock) (h Health, err error) {
	names, err := filepath.Glob(filepath.Join(dir, "checkpoints", "*.txt"))
	if err != nil {
		return h, err
	}
	slices.Sort(names)
	w := walk{report: &Report{}}
	err = db.ReadOnly(ctx, func(q database.Queryer) error {
		if h.Leaves, err = Size(ctx, q); err != nil {
			return err
		}
		if len(names) > 0 {
			if err := h.newest(ctx, q, v, names[len(names)-1], w.report); err != nil {
				return err
			}
		}
		w.expected = max(0, h.Leaves-quickLines)
		last, err := database.Collect(ctx, q, scanLine, lines+" WHERE l.seq >= $1 ORDER BY l.seq", w.expected)
		if err != nil {
			return err
		}
		if err := w.take(last); err != nil {
			return err
		}
		waiting := func(before int64) (n int64, err error) {
			return database.One(ctx, q, database.Value[int64], "SELECT count(*) FROM audit_pending p JOIN audit_entry e ON e.id = p.entry_id WHERE e.at < $1", before)
		}
		now := clock.Micros(c.Now())
		if h.Waiting, err = waiting(now + 1); err != nil {
			return err
		}
		late, err := waiting(now - grace)
		if late > 0 {
			w.report.problem("%d entries have waited for their place in the log for more than a minute", late)
		}
		return err
	})
	h.Problems = w.report.Problems
	return h, err
}

func (h *Health) newest(ctx context.Context, q database.Queryer, v note.Verifiers, name string, r *Report) error {
	b, err := os.ReadFile(name) //nolint:gosec // the operator's own folder
	if err != nil {
		return err
	}
	t, err := ReadCheckpoint(b, v)
	if err != nil {
		words, _ := fault.Words(err)
		r.problem("checkpoint %s: %s", filepath.Base(name), words)
		return nil
	}
	if text := strings.SplitN(string(b), "\n", 5); len(text) > 3 {
		if at, err := time.Parse(time.RFC3339, text[3]); err == nil {
			h.SignedAt = at
		}
	}
	if h.Signed = t.N; t.N > h.Leaves {
		r.problem("a signed checkpoint says the log had %d lines; it has %d: lines were cut off its end", t.N, h.Leaves)
		return nil
	}
	stored, err := treeHash(ctx, q, t.N)
	if err != nil || stored != t.Hash {
		r.problem("the log up to line %d is not the one that was signed", t.N-1)
	}
	return nil
}
