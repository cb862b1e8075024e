package support_test

import (
	"context"
	"strings"
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
	"lantern.example/lantern/internal/partnership"
	"lantern.example/lantern/internal/practice"
	"lantern.example/lantern/internal/practice/support"
	"lantern.example/lantern/internal/sharing"
)

type house struct {
	db      *database.DB
	clock   *clock.Fixed
	desk    *support.Store
	library *practice.Library
	part    *partnership.Store
	scopes  map[string]access.Scope
}

func build(t *testing.T, db *database.DB) *house {
	t.Helper()
	ctx := context.Background()
	c := clock.At(time.Date(2026, 12, 23, 10, 0, 0, 0, time.UTC)) // the Wednesday before Christmas
	ids := clock.NewIDs(c, nil)
	log := audit.NewLog(c, ids)
	accounts := account.NewStore(db, c, ids, sharing.NewStore(db, ids))
	text := content.NewStore(c, ids, log)
	h := &house{db: db, clock: c, part: partnership.NewStore(c, ids, log, accounts), scopes: map[string]access.Scope{}}
	h.library = practice.NewLibrary(text, h.part, accounts, c, ids, log)
	h.desk = support.NewStore(h.library, text, h.part, accounts, c, ids, log)
	h.write(t, func(tx *database.Tx) error {
		made, err := accounts.AddAll(ctx, tx, "three unlikely words", []account.New{
			{Email: "m@council.example", Name: "Manager", Agency: "council", Role: access.Manager}, {Email: "a@youth.example", Name: "Asker", Agency: "youth", Role: access.Practitioner},
			{Email: "l@school.example", Name: "Lead", Agency: "school", Role: access.SchoolLead}, {Email: "o@youth.example", Name: "Other", Agency: "youth", Role: access.Practitioner}, {Email: "k@youth.example", Name: "Kai", Agency: "youth", Role: access.Subject}})
		if err != nil {
			return err
		}
		for _, a := range made {
			s, err := accounts.Scope(ctx, a, account.Purposes(a.Role)[0])
			if err != nil {
				return err
			}
			h.scopes[strings.Split(a.Email, "@")[0]] = s
		}
		seed := access.System("seed", access.Upkeep)
		if err := h.part.Seed(ctx, tx, seed); err != nil {
			return err
		}
		if err := h.library.Seed(ctx, tx, seed); err != nil {
			return err
		}
		return h.part.SaveLead(ctx, tx, h.scopes["m"], 0, partnership.Lead{Theme: "T9", Account: h.scopes["l"].Account, Since: "2026-01-01"})
	})
	return h
}

func (h *house) write(t *testing.T, do func(tx *database.Tx) error) {
	t.Helper()
	if err := h.db.Write(context.Background(), do); err != nil {
		t.Fatal(err)
	}
}

func (h *house) refused(t *testing.T, what string, kind fault.Kind, do func(tx *database.Tx) error) {
	t.Helper()
	if err := h.db.Write(context.Background(), do); !fault.Is(err, kind) {
		t.Errorf("%s: got %v, want %v", what, err, kind)
	}
}

func (h *house) ask(t *testing.T, by, theme string) support.Question {
	t.Helper()
	var x support.Question
	h.write(t, func(tx *database.Tx) (err error) {
		x, err = h.desk.Ask(context.Background(), tx, h.scopes[by], "How do we tell a parent about a panel?", theme)
		return err
	})
	return x
}

func TestAQuestionFindsItsWay(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		h, ctx := build(t, db), context.Background()
		a, l, m, o := h.scopes["a"], h.scopes["l"], h.scopes["m"], h.scopes["o"]
		h.refused(t, "too short", fault.Invalid, func(tx *database.Tx) error { _, err := h.desk.Ask(ctx, tx, a, "why", ""); return err })
		h.refused(t, "no such theme", fault.Invalid, func(tx *database.Tx) error { _, err := h.desk.Ask(ctx, tx, a, "How do we do this?", "T99"); return err })
		h.refused(t, "a young person", fault.Refused, func(tx *database.Tx) error {
			_, err := h.desk.Ask(ctx, tx, h.scopes["k"], "How do we do this?", "")
			return err
		})
		x := h.ask(t, "a", "T9")
		// Thursday the 24th, Tuesday the 29th (25th and 28th are bank holidays), Wednesday the 30th.
		if x.Assignee != l.Account || x.DueOn != "2026-12-30" {
			t.Errorf("it went to %s, due %s, want the lead and 30 December", x.Assignee, x.DueOn)
		}
		if y := h.ask(t, "a", ""); y.Assignee != m.Account {
			t.Error("a question on no theme did not go to the manager")
		}
		if y := h.ask(t, "l", "T9"); y.Assignee != m.Account {
			t.Error("the lead's own question did not go to the manager")
		}

		for who, want := range map[string]bool{"a": true, "l": true, "m": true, "o": false, "k": false} {
			_, err := h.desk.Get(ctx, db.Reader(), h.scopes[who], x.ID)
			if (err == nil) != want || !want && !fault.Is(err, fault.NotFound) {
				t.Errorf("%s reads the question: %v", who, err)
			}
		}
		if list, err := h.desk.List(ctx, db.Reader(), o, 10); err != nil || len(list) != 0 {
			t.Errorf("somebody else lists %d questions (%v)", len(list), err)
		}
		if n, err := h.desk.Standing(ctx, db.Reader()); err != nil || n.Waiting != 3 || n.Overdue != 0 {
			t.Errorf("the desk stands at %+v, %v", n, err)
		}

		reply := func(by access.Scope, ver int64, words string) func(*database.Tx) error {
			return func(tx *database.Tx) error { return h.desk.Reply(ctx, tx, by, x.ID, ver, words) }
		}
		h.refused(t, "the asker answers", fault.Refused, reply(a, 1, "So."))
		h.refused(t, "somebody else answers", fault.NotFound, reply(o, 1, "So."))
		h.refused(t, "an empty answer", fault.Invalid, reply(l, 1, " "))
		publish := func(by access.Scope, ver int64, title string, looked bool) func(*database.Tx) error {
			return func(tx *database.Tx) error {
				_, err := h.desk.Publish(ctx, tx, by, x.ID, ver, content.Text{Title: title, Fields: map[string]string{"summary": "s", "question": "q", "body": "b", "source": "x", "as_at": "2026"}}, looked)
				return err
			}
		}
		h.refused(t, "published before it is answered", fault.Refused, publish(l, 1, "How?", false))
		h.write(t, reply(l, 1, "Like this."))
		h.refused(t, "over a version that is gone", fault.Conflict, reply(m, 1, "Like that."))
		h.refused(t, "published by the asker", fault.Refused, publish(a, 2, "How?", false))
		h.refused(t, "published with a postcode", fault.Invalid, publish(l, 2, "How at SW1A 1AA?", false))
		h.write(t, publish(l, 2, "How do we tell a parent?", false))
		got, err := h.desk.Get(ctx, db.Reader(), a, x.ID)
		if err != nil || got.State != support.Closed || got.PublishedAs == "" || got.AnsweredByName != "Lead" {
			t.Fatalf("after publishing: %+v, %v", got, err)
		}
		e, err := h.library.Get(ctx, db.Reader(), o, practice.Reply, got.PublishedAs)
		if err != nil || e.Title != "How do we tell a parent?" || e.PublishedName != "Lead" {
			t.Errorf("everybody finds %+v, %v", e, err)
		}
		events, err := h.desk.Events(ctx, db.Reader(), x.ID)
		var what []string
		for _, ev := range events {
			what = append(what, ev.What)
		}
		if strings.Join(what, " ") != "published answered asked" {
			t.Errorf("events %v, %v", what, err)
		}
	})
}

func TestAQuestionGoesUp(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		h, ctx := build(t, db), context.Background()
		a, l, m := h.scopes["a"], h.scopes["l"], h.scopes["m"]
		x, y, z := h.ask(t, "a", "T9"), h.ask(t, "a", "T9"), h.ask(t, "a", "")
		h.refused(t, "without a reason", fault.Invalid, func(tx *database.Tx) error { return h.desk.Escalate(ctx, tx, a, x.ID, 1, "") })
		h.write(t, func(tx *database.Tx) error { return h.desk.Escalate(ctx, tx, a, x.ID, 1, "urgent") })
		h.refused(t, "twice", fault.Refused, func(tx *database.Tx) error { return h.desk.Escalate(ctx, tx, a, x.ID, 2, "more") })
		if got, err := h.desk.Get(ctx, db.Reader(), a, x.ID); err != nil || got.Assignee != m.Account || !got.Escalated {
			t.Errorf("it is with %s, escalated %v (%v)", got.AssigneeName, got.Escalated, err)
		}
		if _, err := h.desk.Get(ctx, db.Reader(), l, x.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("the lead still reads what went up: %v", err)
		}
		raise := func() (n int) {
			h.write(t, func(tx *database.Tx) (err error) {
				n, err = h.desk.Raise(ctx, tx, access.System("desk", access.Upkeep))
				return err
			})
			return n
		}
		if n := raise(); n != 0 {
			t.Errorf("on the first day %d went up", n)
		}
		h.clock.Advance(15 * 24 * time.Hour) // 7 January: seven working days later
		if n, err := h.desk.Standing(ctx, db.Reader()); err != nil || n.Overdue != 3 {
			t.Errorf("%+v are overdue, %v", n, err)
		}
		if n := raise(); n != 1 {
			t.Errorf("%d went up, want the one that waits for the lead", n)
		}
		if got, err := h.desk.Get(ctx, db.Reader(), a, y.ID); err != nil || got.Assignee != m.Account {
			t.Errorf("the second is with %s (%v)", got.AssigneeName, err)
		}
		if got, err := h.desk.Get(ctx, db.Reader(), a, z.ID); err != nil || got.Escalated {
			t.Errorf("the manager's own went up: %+v (%v)", got, err)
		}
		h.refused(t, "given away by the asker", fault.Refused, func(tx *database.Tx) error { return h.desk.Give(ctx, tx, a, z.ID, 1, l.Account, "knows") })
		h.refused(t, "given to a young person", fault.Invalid, func(tx *database.Tx) error { return h.desk.Give(ctx, tx, m, z.ID, 1, h.scopes["k"].Account, "knows") })
		h.write(t, func(tx *database.Tx) error { return h.desk.Give(ctx, tx, m, z.ID, 1, l.Account, "knows") })
		h.write(t, func(tx *database.Tx) error { return h.desk.Close(ctx, tx, a, z.ID, 2, "found it") })
		h.refused(t, "closed twice", fault.Refused, func(tx *database.Tx) error { return h.desk.Close(ctx, tx, a, z.ID, 3, "again") })
	})
}

func TestCaution(t *testing.T) {
	for words, want := range map[string]bool{
		"May a school tell a charity about a threat?": false, "He lives at SW1A 1AA": true, "born on 3 May": true, "03/04/2011": true, "ring 07700 900123": true, "x@y.example": true, "943 476 5919": true,
		"section 47, 45 working days, 1998": false, "his name is": true, "T19 and A1 codes": false, "10:00 to 12:00 on 28 November 2026": false,
	} {
		if got := support.Caution(words) != ""; got != want {
			t.Errorf("%q: caution %v (%q), want %v", words, got, support.Caution(words), want)
		}
	}
}
