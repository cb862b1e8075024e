package sharing_test

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
	"lantern.example/lantern/internal/sharing"
)

func TestWhenAnAnswerIsDue(t *testing.T) {
	for _, c := range []struct{ received, due string }{
		{"2026-11-20", "2026-12-21"}, // a Sunday moves to the Monday
		{"2026-11-19", "2026-12-21"}, // a Saturday
		{"2026-11-23", "2026-12-23"},
		{"2026-01-31", "2026-03-02"}, // February has no 31st; its last day is a Saturday
		{"2027-12-30", "2028-01-31"}, // over the year; a Sunday
	} {
		in, err := time.Parse(clock.ISODate, c.received)
		if err != nil {
			t.Fatal(err)
		}
		if got := sharing.DueOn(in).Format(clock.ISODate); got != c.due {
			t.Errorf("received %s: due %s, want %s", c.received, got, c.due)
		}
	}
}

func TestARequestAndItsAnswer(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := context.Background()
		now := clock.At(today)
		ids := clock.NewIDs(now, nil)
		accounts := account.NewStore(db, now, ids, nil)
		rights := sharing.NewRights(now, ids, audit.NewLog(now, ids), accounts)
		write := func(f func(tx *database.Tx) error) error { return db.Write(ctx, f) }
		young := access.Scope{Account: "kai", Agency: "charity", Role: access.Subject, Purpose: access.OwnRecord, Person: "person-1"}
		ask := func(s access.Scope, kind sharing.Right, words string) (r sharing.Request, err error) {
			err = write(func(tx *database.Tx) error {
				r, err = rights.Ask(ctx, tx, s, kind, words, []string{"school", "care"})
				return err
			})
			return r, err
		}
		if _, err := ask(young, sharing.Wrong, "I was not there."); !fault.Is(err, fault.Unavailable) {
			t.Fatalf("with nobody to answer: %v", err)
		}
		err := write(func(tx *database.Tx) error {
			_, err := accounts.AddAll(ctx, tx, "three unlikely words", []account.New{
				{Email: "a@council.example", Name: "A", Agency: "council", Role: access.InfoOfficer}, {Email: "c@care.example", Name: "C", Agency: "care", Role: access.InfoOfficer},
				{Email: "d@school.example", Name: "D", Agency: "school", Role: access.Manager}})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		r, err := ask(young, sharing.Wrong, "  I was not there.  ")
		if err != nil || r.Desk != "care" || r.Words != "I was not there." || r.DueOn != "2026-12-22" {
			t.Fatalf("%+v (%v): want it at the desk of the first holder that has an officer, due in a month", r, err)
		}
		for name, c := range map[string]struct {
			s     access.Scope
			kind  sharing.Right
			words string
		}{"no words": {young, sharing.Copy, " "}, "an unknown request": {young, "erase", "x"}, "a worker": {officer("care"), sharing.Wrong, "x"}, "somebody without a person": {access.Scope{Account: "x", Role: access.Subject}, sharing.Wrong, "x"}} {
			if _, err := ask(c.s, c.kind, c.words); !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		other := young
		other.Account = "another"
		manager := officer("care")
		manager.Role = access.Manager
		for name, s := range map[string]access.Scope{"another young person": other, "another agency's officer": officer("council"), "the desk's manager": manager, "nobody": {}} {
			if _, err := rights.Get(ctx, db.Reader(), s, r.ID); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s read it: %v", name, err)
			}
			if list, err := rights.List(ctx, db.Reader(), s); len(list) != 0 {
				t.Errorf("%s lists %d (%v)", name, len(list), err)
			}
			if err := write(func(tx *database.Tx) error { return rights.Answer(ctx, tx, s, r.ID, "no") }); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s answered it: %v", name, err)
			}
		}
		if items, err := rights.Work(ctx, db.Reader(), officer("care"), clock.Today(now)); err != nil || len(items) != 1 || items[0].Due != "2026-12-22" || !items[0].Personal {
			t.Errorf("the officer's work is %+v (%v)", items, err)
		}
		if items, err := rights.Work(ctx, db.Reader(), manager, clock.Today(now)); err != nil || len(items) != 0 {
			t.Errorf("the manager's work is %+v (%v)", items, err)
		}
		if err := write(func(tx *database.Tx) error { return rights.Answer(ctx, tx, young, r.ID, "mine") }); !fault.Is(err, fault.NotFound) {
			t.Errorf("the young person answered themselves: %v", err)
		}
		if err := write(func(tx *database.Tx) error {
			return rights.Answer(ctx, tx, officer("care"), r.ID, "You are right: it is struck out.")
		}); err != nil {
			t.Fatal(err)
		}
		if err := write(func(tx *database.Tx) error { return rights.Answer(ctx, tx, officer("care"), r.ID, "again") }); !fault.Is(err, fault.Refused) {
			t.Errorf("answered twice: %v", err)
		}
		mine, err := rights.List(ctx, db.Reader(), young)
		if err != nil || len(mine) != 1 || !mine[0].Answered || mine[0].Reply != "You are right: it is struck out." {
			t.Errorf("the young person reads %+v (%v)", mine, err)
		}
		if items, err := rights.Work(ctx, db.Reader(), officer("care"), clock.Today(now)); err != nil || len(items) != 0 {
			t.Errorf("answered, the officer's work is %+v (%v)", items, err)
		}
	})
}
