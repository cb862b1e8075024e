package retention_test

import (
	"context"
	"testing"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/content"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/sharing/retention"
	"lantern.example/lantern/internal/work"
)

// The queue, staying, lapsing and the certificate, on both engines.
func TestEverythingExpires(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := context.Background()
		now := clock.At(time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC))
		ids := clock.NewIDs(now, nil)
		log := audit.NewLog(now, ids)
		contents := content.NewStore(now, ids, log)
		accounts := account.NewStore(db, now, ids, nil)
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		write := func(f func(tx *database.Tx) error) error { return db.Write(ctx, f) }
		var recalled []string
		s := retention.NewStore(db, now, ids, log, contents, []retention.Holding{{Table: "action", One: "action", Many: "actions", Parts: []retention.Part{{Table: "action_version", Column: "action_id"}},
			Editor: "(SELECT v.by_account FROM action_version v WHERE v.action_id = t.id ORDER BY v.ver DESC LIMIT 1)"}}, func(context.Context, string) error { return nil })
		s.OnRemove(func(_ context.Context, _ *database.Tx, holding string, ids []string) error {
			if holding == "action" {
				recalled = append(recalled, ids...)
			}
			return nil
		})
		must(write(func(tx *database.Tx) error {
			return contents.Seed(ctx, tx, access.System("seed", access.Upkeep), retention.Shipped())
		}))
		w := work.NewStore(now, ids, log, accounts)
		scope := func(role access.Role, agency, id string) access.Scope {
			return access.Scope{Account: id, Agency: agency, Role: role, Purpose: access.Governance, Closed: access.ClosedTo(role)}
		}
		var worker account.Account
		must(write(func(tx *database.Tx) error {
			made, err := accounts.AddAll(ctx, tx, "three unlikely words", []account.New{{Email: "w@care.example", Name: "W", Agency: "care", Role: access.Practitioner}})
			worker = made[0]
			return err
		}))
		// Two hundred and five of care's, more than one transaction removes, and one of the school's.
		add := func(agency, due string) {
			must(write(func(tx *database.Tx) error {
				_, err := w.Add(ctx, tx, scope(access.Manager, agency, "writer"), work.New{Title: "Something", Why: "x", Assignee: worker.ID, DueOn: due})
				return err
			}))
		}
		for range 205 {
			add("care", "2025-11-01")
		}
		add("school", "2025-11-01")
		add("care", "2027-11-01")
		officer, writer := scope(access.InfoOfficer, "care", "o"), scope(access.Manager, "care", "writer")
		queue, err := s.Queue(ctx, db.Reader(), officer)
		if err != nil || len(queue) != 1 || queue[0].Rows != 205 || queue[0].First != "2026-11-01" || queue[0].RemovedOn != "2026-11-30" {
			t.Fatalf("queue %+v, %v", queue, err)
		}
		for name, x := range map[string]access.Scope{"a practitioner": scope(access.Practitioner, "care", "p"), "an administrator": scope(access.Administrator, "care", "a"), "nobody": {}} {
			if _, err := s.Queue(ctx, db.Reader(), x); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s reads the queue: %v", name, err)
			}
			if err := write(func(tx *database.Tx) error {
				_, err := s.Stay(ctx, tx, x, "action", "action", "", "", "x", "2027-01-01")
				return err
			}); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s keeps something: %v", name, err)
			}
			if _, err := s.LetGo(ctx, x, "action", "action", "", "x"); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s lets something go: %v", name, err)
			}
		}
		stay := func(by access.Scope, item, why, until string) error {
			return write(func(tx *database.Tx) error {
				_, err := s.Stay(ctx, tx, by, "action", "action", "", item, why, until)
				return err
			})
		}
		items, err := s.Items(ctx, db.Reader(), officer, "action", "action", 3)
		if err != nil || len(items) != 3 || items[0].Editor != "writer" {
			t.Fatalf("items %+v, %v", items, err)
		}
		for name, c := range map[string]struct {
			err  error
			want fault.Kind
		}{
			"no reason":              {stay(officer, items[0].ID, " ", "2027-01-01"), fault.Invalid},
			"until today":            {stay(officer, items[0].ID, "x", "2026-11-22"), fault.Invalid},
			"for longer than it may": {stay(officer, items[0].ID, "x", "2027-11-23"), fault.Invalid},
			"its own last editor":    {stay(writer, items[0].ID, "x", "2027-01-01"), fault.Refused},
			"another agency's":       {stay(scope(access.InfoOfficer, "school", "o"), items[0].ID, "x", "2027-01-01"), fault.NotFound},
			"a table that is no such": {write(func(tx *database.Tx) error {
				_, err := s.Stay(ctx, tx, officer, "account", "x", "", "", "x", "2027-01-01")
				return err
			}), fault.NotFound},
		} {
			if !fault.Is(c.err, c.want) {
				t.Errorf("%s: %v, want %v", name, c.err, c.want)
			}
		}
		must(stay(officer, items[0].ID, "The court sits in March.", "2027-04-01"))
		if work, err := s.Work(ctx, db.Reader(), officer, clock.Today(now)); err != nil || len(work) != 1 || work[0].Due != "2026-11-30" {
			t.Errorf("the officer's work %+v, %v", work, err)
		}
		now.Advance(7 * 24 * time.Hour) // the 29th, the last day of grace
		if done, err := s.Lapse(ctx); err != nil || len(done) != 0 {
			t.Fatalf("within the grace: %+v, %v", done, err)
		}
		now.Advance(24 * time.Hour)
		done, err := s.Lapse(ctx)
		if err != nil || len(done) != 2 {
			t.Fatalf("after it: %+v, %v; want one certificate for each agency", done, err)
		}
		for _, c := range done {
			want := int64(204)
			if c.Owner == "school" {
				want = 1
			}
			if c.Counts["actions"] != want || c.Counts["versions of actions"] != want {
				t.Errorf("%s: %v, want %d", c.Owner, c.Counts, want)
			}
		}
		if n, err := database.One(ctx, db.Reader(), database.Value[int], "SELECT count(*) FROM action"); err != nil || n != 2 {
			t.Errorf("%d are left, want the one that stays and the one not due (%v)", n, err)
		}
		if len(recalled) != 205 {
			t.Errorf("%d were told of, want 205", len(recalled))
		}
		if again, err := s.Lapse(ctx); err != nil || len(again) != 0 {
			t.Errorf("run again: %+v, %v", again, err)
		}
		if _, err := s.Certificate(ctx, db.Reader(), officer, done[1].ID); err == nil == (done[1].Owner != "care") {
			t.Errorf("care reads the certificate of %s: %v", done[1].Owner, err)
		}
		keys, err := audit.OpenKeys(t.TempDir())
		must(err)
		for n := 1; n > 0; {
			n, err = log.Sequence(ctx, db, 1000)
			must(err)
		}
		if r, err := audit.Verify(ctx, db, keys.Verifiers(), t.TempDir(), nil, now); err != nil || !r.Whole() {
			t.Errorf("the log's proof: %v %v", r.Problems, err)
		}
	})
}
