package work_test

import (
	"context"
	"testing"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/work"
)

var today = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)

// shares lets the council read the police's offending records for community safety, and nothing else.
type shares struct{}

func (shares) Permits(_ context.Context, agency string, p access.Purpose, _ time.Time) ([]access.Permit, error) {
	if agency == "council" && p == access.CommunitySafety {
		return []access.Permit{{Agreement: "ISA-1", Owners: []string{"police"}, Classes: []access.Class{access.Offending}}}, nil
	}
	return nil, nil
}

func (shares) Singly(context.Context, string, string, access.Purpose, time.Time) ([]access.Grant, *access.Glass, error) {
	return nil, nil, nil
}

type world struct {
	t     *testing.T
	db    *database.DB
	clock *clock.Fixed
	store *work.Store
	acc   *account.Store
	who   map[string]account.Account
}

func newWorld(t *testing.T, db *database.DB) *world {
	c := clock.At(today.Add(10 * time.Hour))
	ids := clock.NewIDs(c, nil)
	acc := account.NewStore(db, c, ids, shares{})
	w := &world{t: t, db: db, clock: c, acc: acc, store: work.NewStore(c, ids, audit.NewLog(c, ids), acc), who: map[string]account.Account{}}
	w.write(func(tx *database.Tx) error {
		made, err := acc.AddAll(t.Context(), tx, "three unlikely words", []account.New{
			{Email: "pat@police.example", Name: "Pat Police", Agency: "police", Role: access.Practitioner},
			{Email: "pam@police.example", Name: "Pam Police", Agency: "police", Role: access.Manager},
			{Email: "col@council.example", Name: "Col Council", Agency: "council", Role: access.Manager},
			{Email: "cat@council.example", Name: "Cat Council", Agency: "council", Role: access.Practitioner},
			{Email: "sue@school.example", Name: "Sue School", Agency: "school", Role: access.SchoolLead},
			{Email: "kid@police.example", Name: "Kid", Agency: "police", Role: access.Subject},
		})
		for _, m := range made {
			w.who[m.Name[:3]] = m
		}
		return err
	})
	return w
}

func (w *world) write(f func(tx *database.Tx) error) {
	w.t.Helper()
	if err := w.db.Write(w.t.Context(), f); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) scope(name string) access.Scope {
	w.t.Helper()
	a := w.who[name]
	s, err := w.acc.Scope(w.t.Context(), a, account.Purposes(a.Role)[0])
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func (w *world) add(by string, in work.New) work.Action {
	w.t.Helper()
	if in.Why == "" {
		in.Why = "the board asked for it"
	}
	var a work.Action
	w.write(func(tx *database.Tx) (err error) {
		a, err = w.store.Add(w.t.Context(), tx, w.scope(by), in)
		return err
	})
	return a
}

func (w *world) try(f func(tx *database.Tx) error) error { return w.db.Write(w.t.Context(), f) }

func TestAnActionKeepsEverythingItWas(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorld(t, db)
		ctx, pat := t.Context(), w.scope("Pat")
		a := w.add("Pat", work.New{Title: "Agree who rings the home", Assignee: w.who["Cat"].ID, DueOn: "2026-12-01", Source: work.Ref{Kind: "blind-spot", ID: "T10"}})
		if a.Owner != "police" || a.Class != "partnership" || a.RetentionClass != "action" || a.ReviewOn != "2027-12-01" || a.AssigneeAgency != "council" {
			t.Fatalf("the action was written as %+v", a)
		}
		steps := []struct {
			name string
			do   func(tx *database.Tx) (work.Action, error)
		}{
			{"edit", func(tx *database.Tx) (work.Action, error) {
				return w.store.Edit(ctx, tx, pat, a.ID, 1, work.Edit{Title: "Agree who rings both homes", Why: a.Why, DueOn: "2026-12-08", Reason: "a second home came up"})
			}},
			{"reassign", func(tx *database.Tx) (work.Action, error) {
				return w.store.Reassign(ctx, tx, pat, a.ID, 2, w.who["Sue"].ID, "Cat is away")
			}},
			{"complete", func(tx *database.Tx) (work.Action, error) {
				return w.store.Complete(ctx, tx, w.scope("Sue"), a.ID, 3, "agreed on 5 December")
			}},
			{"reopen", func(tx *database.Tx) (work.Action, error) {
				return w.store.Reopen(ctx, tx, pat, a.ID, 4, "only one home was rung")
			}},
			{"drop", func(tx *database.Tx) (work.Action, error) {
				return w.store.Drop(ctx, tx, pat, a.ID, 5, "the homes closed")
			}},
		}
		for _, s := range steps {
			w.clock.Advance(time.Minute)
			w.write(func(tx *database.Tx) error { _, err := s.do(tx); return err })
		}
		got, err := w.store.Get(ctx, db.Reader(), pat, a.ID)
		if err != nil || got.State != work.Dropped || got.Title != "Agree who rings both homes" || got.AssigneeName != "Sue School" || got.Outcome != "the homes closed" || got.ReviewOn != "2027-12-08" {
			t.Fatalf("after all steps: %+v, %v", got, err)
		}
		h, err := w.store.History(ctx, db.Reader(), pat, a.ID)
		if err != nil || len(h) != 6 {
			t.Fatalf("%d versions, %v; want 6", len(h), err)
		}
		wants := []struct{ what, title, due, owner, reason string }{
			{"dropped", "Agree who rings both homes", "2026-12-08", "Sue School", "the homes closed"},
			{"reopened", "Agree who rings both homes", "2026-12-08", "Sue School", "only one home was rung"},
			{"done", "Agree who rings both homes", "2026-12-08", "Sue School", "agreed on 5 December"},
			{"reassigned", "Agree who rings both homes", "2026-12-08", "Sue School", "Cat is away"},
			{"edited", "Agree who rings both homes", "2026-12-08", "Cat Council", "a second home came up"},
			{"added", "Agree who rings the home", "2026-12-01", "Cat Council", ""},
		}
		for i, want := range wants {
			c := h[i]
			if string(c.What) != want.what || c.Title != want.title || c.DueOn != want.due || c.AssigneeName != want.owner || c.Reason != want.reason {
				t.Errorf("version %d is %+v, want %+v", c.Ver, c, want)
			}
		}
		lines, err := database.Collect(ctx, db.Reader(), database.Value[string], "SELECT act FROM audit_entry WHERE subject_kind = 'action' AND subject = $1 ORDER BY at", a.ID)
		if err != nil || len(lines) != 6 || lines[0] != "collection" || lines[5] != "alteration" {
			t.Errorf("audit lines %v, %v; want one a change", lines, err)
		}
	})
}

func TestWhatIsRefused(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorld(t, db)
		ctx := t.Context()
		open := w.add("Pat", work.New{Title: "Open", Assignee: w.who["Pat"].ID, DueOn: "2026-12-01"})
		closed := w.add("Pat", work.New{Title: "Closed", Assignee: w.who["Pat"].ID, DueOn: "2026-12-01"})
		w.write(func(tx *database.Tx) error {
			_, err := w.store.Complete(ctx, tx, w.scope("Pat"), closed.ID, 1, "done")
			return err
		})
		add := func(by string, in work.New) func(tx *database.Tx) error {
			return func(tx *database.Tx) error { _, err := w.store.Add(ctx, tx, w.scope(by), in); return err }
		}
		base := func(change func(*work.New)) work.New {
			in := work.New{Title: "T", Why: "W", Assignee: w.who["Pat"].ID, DueOn: "2026-12-01"}
			change(&in)
			return in
		}
		for _, c := range []struct {
			name string
			do   func(tx *database.Tx) error
			want fault.Kind
		}{
			{"no reason given", add("Pat", base(func(n *work.New) { n.Why = " " })), fault.Invalid},
			{"no owner", add("Pat", base(func(n *work.New) { n.Assignee = "" })), fault.Invalid},
			{"a date nobody can read", add("Pat", base(func(n *work.New) { n.DueOn = "soon" })), fault.Invalid},
			{"a class nobody knows", add("Pat", base(func(n *work.New) { n.Class = "gossip" })), fault.Invalid},
			{"a young person as owner", add("Pat", base(func(n *work.New) { n.Assignee = w.who["Kid"].ID })), fault.Refused},
			{"an owner who could not read it", add("Pat", base(func(n *work.New) { n.Class, n.Assignee = access.SocialCare, w.who["Sue"].ID })), fault.Refused},
			{"a class closed to the writer", add("Sue", base(func(n *work.New) { n.Class, n.Assignee = access.Health, w.who["Sue"].ID })), fault.Refused},
			{"a version that has gone", func(tx *database.Tx) error {
				_, err := w.store.Complete(ctx, tx, w.scope("Pat"), open.ID, 7, "x")
				return err
			}, fault.Conflict},
			{"a bystander's change", func(tx *database.Tx) error {
				_, err := w.store.Complete(ctx, tx, w.scope("Sue"), open.ID, 1, "x")
				return err
			}, fault.Refused},
			{"closing without a reason", func(tx *database.Tx) error {
				_, err := w.store.Drop(ctx, tx, w.scope("Pat"), open.ID, 1, "")
				return err
			}, fault.Invalid},
			{"a later date without a reason", func(tx *database.Tx) error {
				_, err := w.store.Edit(ctx, tx, w.scope("Pat"), open.ID, 1, work.Edit{Title: "T", Why: "W", DueOn: "2026-12-02"})
				return err
			}, fault.Invalid},
			{"editing what is closed", func(tx *database.Tx) error {
				_, err := w.store.Edit(ctx, tx, w.scope("Pat"), closed.ID, 2, work.Edit{Title: "T", Why: "W", DueOn: "2026-12-01"})
				return err
			}, fault.Refused},
			{"closing twice", func(tx *database.Tx) error {
				_, err := w.store.Drop(ctx, tx, w.scope("Pat"), closed.ID, 2, "again")
				return err
			}, fault.Refused},
			{"giving it to whoever has it", func(tx *database.Tx) error {
				_, err := w.store.Reassign(ctx, tx, w.scope("Pat"), open.ID, 1, w.who["Pat"].ID, "why not")
				return err
			}, fault.Invalid},
		} {
			if err := w.try(c.do); !fault.Is(err, c.want) {
				t.Errorf("%s: %v (%v), want %v", c.name, err, fault.KindOf(err), c.want)
			}
		}
		if got, err := w.store.Get(ctx, db.Reader(), w.scope("Pat"), open.ID); err != nil || got.Ver != 1 {
			t.Errorf("after refusals the open action is version %d, %v; want it untouched", got.Ver, err)
		}
	})
}

// What is about a person is read by its own agency and under an agreement, and for everybody else does
// not exist: not by id, in a list, a count, a history, a panel, nor to be changed.
func TestAnotherAgencysPersonalActionDoesNotExist(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorld(t, db)
		ctx, q := t.Context(), db.Reader()
		subject := work.Ref{Kind: "person", ID: "p-1"}
		a := w.add("Pat", work.New{Title: "Visit", Class: access.Offending, Assignee: w.who["Col"].ID, DueOn: "2026-11-20", Subject: subject})
		for _, c := range []struct {
			who   string
			reads bool
		}{{"Pat", true}, {"Col", true}, {"Cat", false}, {"Sue", false}} {
			s := w.scope(c.who)
			want := 0
			if c.reads {
				want = 1
			}
			if _, err := w.store.Get(ctx, q, s, a.ID); (err == nil) != c.reads || err != nil && !fault.Is(err, fault.NotFound) {
				t.Errorf("%s gets it: %v; want %v", c.who, err, c.reads)
			}
			rows, total, err := w.store.List(ctx, q, s, work.Query{})
			if err != nil || len(rows) != want || total != want {
				t.Errorf("%s lists %d of %d, %v; want %d", c.who, len(rows), total, err, want)
			}
			n, err := w.store.Counts(ctx, q, s, work.Query{}, today)
			if err != nil || n.Open != want || n.Overdue != want {
				t.Errorf("%s counts %+v, %v; want %d", c.who, n, err, want)
			}
			if h, err := w.store.History(ctx, q, s, a.ID); err != nil || len(h) != want {
				t.Errorf("%s sees %d versions, %v; want %d", c.who, len(h), err, want)
			}
			if rows, err := w.store.About(ctx, q, s, subject); err != nil || len(rows) != want {
				t.Errorf("%s sees %d on the person, %v; want %d", c.who, len(rows), err, want)
			}
			err = w.try(func(tx *database.Tx) error {
				_, err := w.store.Complete(ctx, tx, s, a.ID, 99, "x")
				return err
			})
			if kind := map[bool]fault.Kind{true: fault.Conflict, false: fault.NotFound}[c.reads]; !fault.Is(err, kind) {
				t.Errorf("%s changes it: %v, want %v", c.who, err, kind)
			}
		}
	})
}

func TestListsSortNarrowAndPage(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorld(t, db)
		ctx, q, pat := t.Context(), db.Reader(), w.scope("Pat")
		for _, x := range []struct{ title, who, due string }{
			{"banana", "Pat", "2026-11-10"}, {"Apple", "Sue", "2026-12-05"}, {"cherry", "Cat", "2026-11-22"}, {"Éclair", "Cat", "2026-11-29"},
		} {
			w.add("Pat", work.New{Title: x.title, Assignee: w.who[x.who].ID, DueOn: x.due})
		}
		done := w.add("Pat", work.New{Title: "damson", Assignee: w.who["Cat"].ID, DueOn: "2026-11-01"})
		w.write(func(tx *database.Tx) error {
			_, err := w.store.Complete(ctx, tx, pat, done.ID, 1, "eaten")
			return err
		})
		for _, c := range []struct {
			name  string
			query work.Query
			want  string
			total int
		}{
			{"by date", work.Query{}, "damson banana cherry Éclair Apple", 5},
			{"by title, folded", work.Query{Sort: "title"}, "Apple banana cherry damson Éclair", 5},
			{"by title, backwards", work.Query{Sort: "title", Desc: true, Limit: 2}, "Éclair damson", 5},
			{"a page further on", work.Query{Sort: "title", Limit: 2, Offset: 2}, "cherry damson", 5},
			{"open only", work.Query{State: work.Open}, "banana cherry Éclair Apple", 4},
			{"overdue", work.Query{OverdueOn: "2026-11-22"}, "banana", 1},
			{"one owner", work.Query{Assignee: w.who["Cat"].ID}, "damson cherry Éclair", 3},
			{"an agency", work.Query{Agency: "school"}, "Apple", 1},
			{"an unknown sort is by date", work.Query{Sort: "1; DROP", Limit: 1}, "damson", 5},
			{"nothing", work.Query{Agency: "nobody"}, "", 0},
		} {
			rows, total, err := w.store.List(ctx, q, pat, c.query)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for i, r := range rows {
				if i > 0 {
					got += " "
				}
				got += r.Title
			}
			if got != c.want || total != c.total {
				t.Errorf("%s: %q of %d, want %q of %d", c.name, got, total, c.want, c.total)
			}
		}
		n, err := w.store.Counts(ctx, q, pat, work.Query{}, today)
		if want := (work.Counts{Open: 4, Overdue: 1, DueInWeek: 2, Done: 1}); err != nil || n != want {
			t.Errorf("counts %+v, %v; want %+v", n, err, want)
		}
		open, closed, err := w.store.Mine(ctx, q, w.scope("Cat"))
		if err != nil || len(open) != 2 || len(closed) != 1 {
			t.Errorf("Cat has %d open and %d closed lately, %v; want 2 and 1", len(open), len(closed), err)
		}
		w.clock.Advance(15 * 24 * time.Hour)
		if _, closed, _ = w.store.Mine(ctx, q, w.scope("Cat")); len(closed) != 0 {
			t.Errorf("a fortnight later %d are still shown as closed lately", len(closed))
		}
	})
}

func TestDueWords(t *testing.T) {
	for due, want := range map[string]string{
		"2026-11-18": "Overdue by 4 days", "2026-11-21": "Overdue by 1 day", "2026-11-22": "Due today", "2026-11-23": "Due tomorrow", "2026-12-01": "Due in 9 days",
	} {
		if got := work.DueWords(due, today); got != want {
			t.Errorf("%s: %q, want %q", due, got, want)
		}
	}
}
