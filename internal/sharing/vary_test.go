package sharing_test

import (
	"context"
	"testing"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/sharing"
)

func TestAVariationHoldsOnceEveryPartyHasSigned(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := context.Background()
		now := clock.At(today)
		ids := clock.NewIDs(now, nil)
		store := sharing.NewStore(db, ids)
		register := sharing.NewRegister(store, now, audit.NewLog(now, ids))
		at := today.UnixMicro()
		a := sharing.Agreement{Code: "A1", Title: "t", LawfulBasis: "b", Gateway: "g", State: "signed", StartsOn: "2026-01-01", ExpiresOn: "2027-01-01", ReviewOn: "2026-12-01",
			Classes: []access.Class{access.Identity, access.Education}, Purposes: []access.Purpose{access.Safeguarding},
			Parties: []sharing.Party{{Agency: "care", Receives: true, SignedAt: &at}, {Agency: "school", Gives: true, SignedAt: &at}, {Agency: "police", Receives: true, SignedAt: &at}}}
		write := func(f func(tx *database.Tx) error) error { return db.Write(ctx, f) }
		if err := write(func(tx *database.Tx) error { _, err := store.Add(ctx, tx, a); return err }); err != nil {
			t.Fatal(err)
		}
		classes := func() []access.Class {
			t.Helper()
			p, err := store.Permits(ctx, "care", access.Safeguarding, now.Now())
			if err != nil || len(p) != 1 {
				t.Fatalf("%d permits (%v)", len(p), err)
			}
			return p[0].Classes
		}
		less := sharing.Terms{Classes: []access.Class{access.Identity}, Purposes: []access.Purpose{access.Safeguarding, access.YouthOffending}, LawfulBasis: "b2", Gateway: "g2", Conditions: "c"}
		vary := func(agency string, to sharing.Terms, why string) error {
			return write(func(tx *database.Tx) error { return register.Vary(ctx, tx, officer(agency), "A1", to, why) })
		}
		sign := func(agency string) error {
			return write(func(tx *database.Tx) error {
				e, err := register.Get(ctx, tx, "A1")
				if err != nil {
					return err
				}
				id := "none"
				if v, err := register.OpenVariation(ctx, tx, e.Agreement); err != nil {
					return err
				} else if v != nil {
					id = v.ID
				}
				return register.SignVariation(ctx, tx, officer(agency), "A1", id)
			})
		}
		never, none, former := less, less, less
		never.Purposes, none.Classes, former.Classes = []access.Purpose{"housing"}, nil, []access.Class{access.FormerName}
		for label, c := range map[string]struct {
			agency string
			to     sharing.Terms
			why    string
			kind   fault.Kind
		}{"no reason": {"care", less, " ", fault.Invalid}, "for housing": {"care", never, "x", fault.Invalid}, "no data": {"care", none, "x", fault.Invalid}, "former names": {"care", former, "x", fault.Invalid},
			"nothing new": {"care", a.TermsOf(), "x", fault.Invalid}, "no party": {"health", less, "x", fault.Refused}} {
			if err := vary(c.agency, c.to, c.why); !fault.Is(err, c.kind) {
				t.Errorf("%s: %v, want %v", label, err, c.kind)
			}
		}
		if err := sign("school"); !fault.Is(err, fault.Refused) {
			t.Errorf("signed what nobody proposed: %v", err)
		}
		if err := vary("care", less, "School records are asked for one by one now."); err != nil {
			t.Fatal(err)
		}
		if err := vary("police", less, "again"); !fault.Is(err, fault.Refused) {
			t.Errorf("two at once: %v", err)
		}
		if err := sign("care"); !fault.Is(err, fault.Refused) {
			t.Errorf("signed twice: %v", err)
		}
		if err := write(func(tx *database.Tx) error {
			return register.SignVariation(ctx, tx, officer("school"), "A1", "the one read, that was dropped since")
		}); !fault.Is(err, fault.Conflict) {
			t.Errorf("signed another variation than was read: %v", err)
		}
		if err := sign("school"); err != nil {
			t.Fatal(err)
		}
		if got := classes(); len(got) != 2 {
			t.Errorf("before the last signature %v is read, want the old terms", got)
		}
		now.Advance(time.Hour)
		if err := sign("police"); err != nil {
			t.Fatal(err)
		}
		if got := classes(); len(got) != 1 || got[0] != access.Identity {
			t.Errorf("with every signature %v is read, want the new terms", got)
		}
		if p, err := store.Permits(ctx, "care", access.YouthOffending, now.Now()); err != nil || len(p) != 1 {
			t.Errorf("for the new purpose %d permits (%v)", len(p), err)
		}
		e, err := register.Get(ctx, db.Reader(), "A1")
		if err != nil || e.LawfulBasis != "b2" || e.Gateway != "g2" || e.Conditions != "c" {
			t.Errorf("the agreement: %+v (%v)", e.Agreement, err)
		}
		all, err := register.Variations(ctx, db.Reader(), e.Agreement)
		if err != nil || len(all) != 1 || all[0].State != "agreed" || len(all[0].Signed) != 3 || len(all[0].Before.Classes) != 2 || all[0].Before.Gateway != "g" {
			t.Errorf("its history: %+v (%v)", all, err)
		}
		// One that is dropped changes nothing.
		if err := vary("police", a.TermsOf(), "We want the old ones."); err != nil {
			t.Fatal(err)
		}
		if err := write(func(tx *database.Tx) error {
			return register.DropVariation(ctx, tx, officer("school"), "A1", "We do not.")
		}); err != nil {
			t.Fatal(err)
		}
		if err := sign("care"); !fault.Is(err, fault.Refused) {
			t.Errorf("signed what was dropped: %v", err)
		}
		if got := classes(); len(got) != 1 {
			t.Errorf("dropped, %v is read", got)
		}
	})
}
