package sharing_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/sharing"
	"lantern.example/lantern/internal/work"
)

// desk is a register on a clock that can be moved, and what the tests ask of it.
type desk struct {
	*sharing.Register
	t   *testing.T
	db  *database.DB
	now *clock.Fixed
}

func newDesk(t *testing.T, db *database.DB) *desk {
	now := clock.At(today)
	ids := clock.NewIDs(now, nil)
	return &desk{Register: sharing.NewRegister(sharing.NewStore(db, ids), now, audit.NewLog(now, ids)), t: t, db: db, now: now}
}

func officer(agency string) access.Scope {
	return access.Scope{Account: "officer-" + agency, Agency: agency, Role: access.InfoOfficer, Purpose: access.Governance}
}

func (d *desk) write(f func(tx *database.Tx) error) error { return d.db.Write(context.Background(), f) }

// must is for steps that the test takes for granted.
func (d *desk) must(f func(tx *database.Tx) error) {
	d.t.Helper()
	if err := d.write(f); err != nil {
		d.t.Fatal(err)
	}
}

func draft() sharing.Agreement {
	return sharing.Agreement{Title: "Children at risk", LawfulBasis: "Public task", Gateway: "Children Act 2004, section 11", StartsOn: "2026-11-01", ExpiresOn: "2027-02-28", ReviewOn: "2027-01-15",
		Classes: []access.Class{access.Identity, access.Education}, Purposes: []access.Purpose{access.Safeguarding},
		Parties: []sharing.Party{{Agency: "school", Gives: true}, {Agency: "care", Receives: true}}}
}

func (d *desk) draft(a sharing.Agreement) string {
	d.t.Helper()
	var code string
	d.must(func(tx *database.Tx) (err error) {
		code, err = d.Draft(context.Background(), tx, officer("care"), a)
		return err
	})
	return code
}

func (d *desk) sign(code string, agencies ...string) {
	d.t.Helper()
	for _, a := range agencies {
		d.must(func(tx *database.Tx) error { return d.Sign(context.Background(), tx, officer(a), code) })
	}
}

func (d *desk) permits() int {
	d.t.Helper()
	p, err := d.Permits(context.Background(), "care", access.Safeguarding, d.now.Now())
	if err != nil {
		d.t.Fatal(err)
	}
	return len(p)
}

func (d *desk) entry(code string) sharing.Entry {
	d.t.Helper()
	e, err := d.Get(context.Background(), d.db.Reader(), code)
	if err != nil {
		d.t.Fatal(err)
	}
	return e
}

func TestAnAgreementFromDraftToItsEnd(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := context.Background()
		d := newDesk(t, db)
		code := d.draft(draft())
		if code != "ISA-1" || d.permits() != 0 {
			t.Fatalf("the draft is %s and permits %d, want ISA-1 and nothing", code, d.permits())
		}
		d.sign(code, "care")
		if n := d.permits(); n != 0 {
			t.Fatalf("with one signature of two it permits %d", n)
		}
		d.sign(code, "school")
		if n := d.permits(); n != 1 {
			t.Fatalf("signed by both it permits %d, want 1 at the next request", n)
		}
		e := d.entry(code)
		if p, _ := e.Party("school"); p.SignedBy != "officer-school" || p.SignedAt == nil {
			t.Errorf("the school's signature is %+v", p)
		}
		if got := e.StandingOn("2026-11-22"); got != sharing.Live {
			t.Errorf("it stands as %s", got)
		}
		d.must(func(tx *database.Tx) error {
			return d.Withdraw(ctx, tx, officer("school"), code, "The head has changed her mind.")
		})
		if n := d.permits(); n != 0 {
			t.Errorf("withdrawn by one party it permits %d", n)
		}
		e = d.entry(code)
		if e.StandingOn("2026-11-22") != sharing.Withdrawn || len(e.History) != 2 || e.History[0].Why != "The head has changed her mind." || e.History[0].Agency != "school" {
			t.Errorf("its history is %+v", e.History)
		}
		lines, _, err := audit.Find(ctx, db.Reader(), officer("school"), audit.Query{SubjectKind: "agreement", Subject: code})
		if err != nil || len(lines) != 4 {
			t.Errorf("%d lines in the log (%v), want one for the draft, two signatures and the withdrawal", len(lines), err)
		}
		for _, l := range lines {
			if strings.Contains(l.Words, "head has changed") {
				t.Errorf("the reason stands in the log: %q", l.Words)
			}
		}
	})
}

func TestAnExtensionHoldsOnceEveryOwnerHasSigned(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := context.Background()
		d := newDesk(t, db)
		in := draft()
		in.ExpiresOn, in.ReviewOn = "2026-12-07", "2026-12-01"
		in.Parties = []sharing.Party{{Agency: "school", Gives: true}, {Agency: "police", Gives: true, Receives: true}, {Agency: "care", Receives: true}}
		code := d.draft(in)
		d.sign(code, "school", "police", "care")
		extend := func(until, why string) error {
			return d.write(func(tx *database.Tx) error { return d.Extend(ctx, tx, officer("police"), code, until, why) })
		}
		for name, err := range map[string]error{
			"91 days":          extend("2027-03-08", "more time"),
			"no later":         extend("2026-12-07", "more time"),
			"not a date":       extend("soon", "more time"),
			"no reason":        extend("2027-01-07", " "),
			"by no party":      d.write(func(tx *database.Tx) error { return d.Extend(ctx, tx, officer("council"), code, "2027-01-07", "why") }),
			"signed by nobody": d.write(func(tx *database.Tx) error { return d.SignExtension(ctx, tx, officer("school"), code) }),
			"by a practitioner": d.write(func(tx *database.Tx) error {
				s := officer("police")
				s.Role = access.Practitioner
				return d.Extend(ctx, tx, s, code, "2027-01-07", "why")
			}),
		} {
			if !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.Refused) {
				t.Errorf("%s: %v, want to be told no", name, err)
			}
		}
		if err := extend("2027-03-07", "The new one is at the board."); err != nil {
			t.Fatal(err)
		}
		e := d.entry(code)
		if got := e.WaitingExtension(); !slices.Equal(got, []string{"school"}) || e.ExpiresOn != "2026-12-07" {
			t.Fatalf("asked for: waits for %v, ends %s; want the school alone and the old day", got, e.ExpiresOn)
		}
		if err := d.write(func(tx *database.Tx) error { return d.SignExtension(ctx, tx, officer("care"), code) }); !fault.Is(err, fault.Refused) {
			t.Errorf("an agency that only receives signed the extension: %v", err)
		}
		d.must(func(tx *database.Tx) error { return d.SignExtension(ctx, tx, officer("school"), code) })
		if e = d.entry(code); e.ExpiresOn != "2027-03-07" || e.Extension.AgreedAt == nil || e.Extension.ExpiredOn != "2026-12-07" {
			t.Fatalf("both signed: it ends %s", e.ExpiresOn)
		}
		d.now.Advance(90 * 24 * time.Hour) // 20 February
		if n := d.permits(); n != 1 {
			t.Errorf("within the extension it permits %d", n)
		}
		if err := extend("2027-04-07", "again"); !fault.Is(err, fault.Refused) {
			t.Errorf("a second extension: %v", err)
		}
		d.now.Advance(16 * 24 * time.Hour) // 8 March
		if n := d.permits(); n != 0 {
			t.Errorf("after the extension it permits %d", n)
		}
		if err := d.write(func(tx *database.Tx) error { return d.Withdraw(ctx, tx, officer("care"), code, "why") }); !fault.Is(err, fault.Refused) {
			t.Errorf("what is over was withdrawn: %v", err)
		}
	})
}

func TestWhatCannotBeAgreed(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := context.Background()
		d := newDesk(t, db)
		for name, change := range map[string]func(a *sharing.Agreement, by *access.Scope){
			"housing decisions":     func(a *sharing.Agreement, _ *access.Scope) { a.Purposes = []access.Purpose{"housing-decision"} },
			"immigration decisions": func(a *sharing.Agreement, _ *access.Scope) { a.Purposes = append(a.Purposes, "immigration") },
			"a job's purpose":       func(a *sharing.Agreement, _ *access.Scope) { a.Purposes = []access.Purpose{access.Upkeep} },
			"a class unknown":       func(a *sharing.Agreement, _ *access.Scope) { a.Classes = []access.Class{"everything"} },
			"nobody receives":       func(a *sharing.Agreement, _ *access.Scope) { a.Parties[1].Receives = false },
			"no gateway":            func(a *sharing.Agreement, _ *access.Scope) { a.Gateway = " " },
			"over before it begins": func(a *sharing.Agreement, _ *access.Scope) { a.ExpiresOn = "2026-10-31" },
			"over already": func(a *sharing.Agreement, _ *access.Scope) {
				a.StartsOn, a.ExpiresOn, a.ReviewOn = "2026-01-01", "2026-11-21", "2026-02-01"
			},
			"reviewed after its end":     func(a *sharing.Agreement, _ *access.Scope) { a.ReviewOn = "2027-03-01" },
			"drafted by another agency":  func(_ *sharing.Agreement, by *access.Scope) { *by = officer("council") },
			"drafted by a practitioner":  func(_ *sharing.Agreement, by *access.Scope) { by.Role = access.Practitioner },
			"drafted by somebody's self": func(_ *sharing.Agreement, by *access.Scope) { by.Role = access.Subject },
		} {
			a, by := draft(), officer("care")
			change(&a, &by)
			err := d.write(func(tx *database.Tx) error { _, err := d.Draft(ctx, tx, by, a); return err })
			if !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.Refused) {
				t.Errorf("%s: %v, want to be told no", name, err)
			}
		}
		if n, err := d.Count(ctx); n != 0 || err != nil {
			t.Errorf("%d agreements were written (%v)", n, err)
		}
		code := d.draft(draft())
		for name, err := range map[string]error{
			"signed by no party": d.write(func(tx *database.Tx) error { return d.Sign(ctx, tx, officer("police"), code) }),
			"signed by a practitioner": d.write(func(tx *database.Tx) error {
				s := officer("school")
				s.Role = access.Practitioner
				return d.Sign(ctx, tx, s, code)
			}),
			"withdrawn by no party": d.write(func(tx *database.Tx) error { return d.Withdraw(ctx, tx, officer("police"), code, "why") }),
		} {
			if !fault.Is(err, fault.Refused) {
				t.Errorf("%s: %v", name, err)
			}
		}
		d.sign(code, "school")
		if err := d.write(func(tx *database.Tx) error { return d.Sign(ctx, tx, officer("school"), code) }); !fault.Is(err, fault.Refused) {
			t.Errorf("signed twice: %v", err)
		}
		if e := d.entry(code); !slices.Equal(e.Waiting(), []string{"care"}) || d.permits() != 0 {
			t.Errorf("waits for %v, permits %d", e.Waiting(), d.permits())
		}
	})
}

func TestWarnings(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := context.Background()
		d := newDesk(t, db)
		in := draft()
		in.StartsOn, in.ExpiresOn, in.ReviewOn = "2026-11-22", "2027-03-02", "2027-01-01" // a hundred days
		code := d.draft(in)
		keeps := func(context.Context, database.Queryer, string) (bool, error) { return true, nil }
		ask := func(s access.Scope) []work.Item {
			t.Helper()
			items, err := d.Work(keeps)(ctx, db.Reader(), s, clock.Today(d.now))
			if err != nil {
				t.Fatal(err)
			}
			return items
		}
		if got := ask(officer("school")); len(got) != 1 || !strings.HasPrefix(got[0].Title, "Sign ISA-1") || got[0].Due != "2026-11-22" {
			t.Fatalf("unsigned: %+v", got)
		}
		d.sign(code, "school", "care")
		manager := officer("school")
		manager.Role = access.Manager
		practitioner := officer("school")
		practitioner.Role = access.Practitioner
		at := 100
		for _, c := range []struct {
			left  int
			title string
			due   string
		}{{91, "", ""}, {90, "ISA-1 ends in 90 days", "2027-01-31"}, {31, "ISA-1 ends in 31 days", "2027-01-31"}, {30, "ISA-1 ends in 30 days", "2027-02-23"}, {7, "ISA-1 ends in 7 days", "2027-03-02"}, {0, "ISA-1 ends today", "2027-03-02"}, {-1, "", ""}} {
			d.now.Advance(time.Duration(at-c.left) * 24 * time.Hour)
			at = c.left
			got := ask(officer("school"))
			if c.title == "" {
				if len(got) != 0 {
					t.Errorf("%d days before its end: %+v, want no warning", c.left, got)
				}
				continue
			}
			if len(got) != 1 || got[0].Title != c.title || got[0].Due != c.due {
				t.Errorf("%d days before its end: %+v, want %q due %s", c.left, got, c.title, c.due)
			}
			for name, s := range map[string]access.Scope{"another agency": officer("police"), "a practitioner": practitioner, "a manager beside an officer": manager} {
				if got := ask(s); len(got) != 0 {
					t.Errorf("%d days before its end %s is asked %+v", c.left, name, got)
				}
			}
		}
	})
}
