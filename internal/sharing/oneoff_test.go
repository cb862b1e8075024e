package sharing_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/partnership"
	"lantern.example/lantern/internal/sharing"
)

// desk is a small partnership: police, care, school, a youth charity and a refuge, with people in them.
type office struct {
	*testing.T
	db       *database.DB
	now      *clock.Fixed
	store    *sharing.Store
	accounts *account.Store
	log      *audit.Log
	oneOffs  *sharing.OneOffs
	asks     *sharing.Asks
	pointers *sharing.Pointers
	glasses  *sharing.Glasses
	who      map[string]account.Account // by "role@agency"
	dir      string
}

// carePerson is somebody of whom care holds three parts, one of them with a handling condition, and one restricted.
const carePerson = "019aaaaa-0000-7000-8000-000000000001"

func careHoldings(_ context.Context, _ database.Queryer, agency, person string) ([]sharing.Part, error) {
	if agency != "care" || person != carePerson {
		return nil, nil
	}
	return []sharing.Part{
		{Item: access.Item{Record: "rec-1", Class: access.Identity}, Label: "the record, row 1"},
		{Item: access.Item{Record: "ev-1", Class: access.Health}, With: []access.Item{{Record: "role-1", Class: access.Health}, {Record: "rec-1", Class: access.Identity}}, Label: "an event, row 2"},
		{Item: access.Item{Record: "ev-2", Class: access.Offending}, Label: "a graded item", Grade: "2B-C/A3/S2"},
		{Item: access.Item{Record: "rec-2", Class: access.Identity}, Label: "kept to a panel", Restricted: true},
		{Item: access.Item{Record: "rec-1", Class: access.FormerName}, Label: "a former name"},
	}, nil
}

func newOffice(t *testing.T, db *database.DB) *office {
	t.Helper()
	ctx := context.Background()
	o := &office{T: t, db: db, now: clock.At(time.Date(2026, 11, 27, 15, 0, 0, 0, time.UTC)), who: map[string]account.Account{}, dir: t.TempDir()} // a Friday
	ids := clock.NewIDs(o.now, nil)
	o.log = audit.NewLog(o.now, ids)
	var err error
	if o.log.Journal, err = audit.OpenJournal(o.dir); err != nil {
		t.Fatal(err)
	}
	o.store = sharing.NewStore(db, ids)
	o.accounts = account.NewStore(db, o.now, ids, o.store)
	p := partnership.NewStore(o.now, ids, o.log, o.accounts)
	err = db.Write(ctx, func(tx *database.Tx) error {
		sys := access.System("test", access.Upkeep)
		if err := p.Seed(ctx, tx, sys); err != nil {
			return err
		}
		var ins []account.New
		for code, kind := range map[string]string{"police": "police", "care": "social-care", "school": "school", "charity": "charity", "refuge": "refuge"} {
			if err := p.AddAgency(ctx, tx, sys, partnership.Agency{Code: code, Name: strings.ToUpper(code[:1]) + code[1:], Kind: kind, Contact: "Duty desk of " + code}); err != nil {
				return err
			}
		}
		for _, x := range []struct {
			role   access.Role
			agency string
		}{{access.Practitioner, "police"}, {access.Analyst, "police"}, {access.InfoOfficer, "care"}, {access.Practitioner, "care"}, {access.Manager, "care"}, {access.SchoolLead, "school"}, {access.Practitioner, "charity"}, {access.Practitioner, "refuge"}} {
			ins = append(ins, account.New{Email: string(x.role) + "@" + x.agency + ".example", Name: string(x.role) + " of " + x.agency, Agency: x.agency, Role: x.role})
		}
		made, err := o.accounts.AddAll(ctx, tx, "three unlikely words", ins)
		for _, a := range made {
			o.who[string(a.Role)+"@"+a.Agency] = a
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	o.oneOffs = sharing.NewOneOffs(o.now, ids, o.log, o.accounts, p, careHoldings)
	o.asks = sharing.NewAsks(o.now, ids, o.log, o.accounts, p, o.oneOffs)
	o.pointers = sharing.NewPointers(o.now, ids, o.log, o.accounts, p, func(_ context.Context, _ database.Queryer, person string) ([]sharing.Knows, error) {
		if person != carePerson {
			return nil, nil
		}
		return []sharing.Knows{{Agency: "care", Month: "2026-10"}, {Agency: "police", Month: "2026-11"}, {Agency: "refuge", Month: "2026-11"}}, nil
	})
	if o.glasses, err = sharing.NewGlasses(o.store, o.now, ids, o.log, o.accounts, p); err != nil {
		t.Fatal(err)
	}
	return o
}

func (o *office) scope(who string) access.Scope {
	o.Helper()
	a, ok := o.who[who]
	if !ok {
		o.Fatalf("nobody is %s", who)
	}
	s, err := o.accounts.Scope(context.Background(), a, access.Safeguarding)
	if err != nil {
		o.Fatal(err)
	}
	return s
}

func (o *office) write(f func(tx *database.Tx) error) error {
	return o.db.Write(context.Background(), f)
}

func decided(items ...access.Item) sharing.Decision {
	return sharing.Decision{Recipient: "police", Person: carePerson, Shared: true, Basis: sharing.Life, Purpose: access.Safeguarding, Why: "She is with the man who hurt her.", Told: "unsafe", ToldWhy: "It would reach him.", UntilOn: "2026-12-04", Items: items}
}

var (
	name   = access.Item{Record: "rec-1", Class: access.Identity}
	injury = access.Item{Record: "ev-1", Class: access.Health}
	part   = access.Item{Record: "role-1", Class: access.Health}
	graded = access.Item{Record: "ev-2", Class: access.Offending}
)

func may(s access.Scope, x access.Item) access.Decision {
	return access.Decide(s, access.Record{ID: x.Record, Owner: "care", Class: x.Class})
}

func TestAOneOffDisclosureOpensExactlyWhatItSaysUntilItEnds(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := context.Background()
		o := newOffice(t, db)
		decide := func(who string, d sharing.Decision) (out sharing.Disclosure, err error) {
			err = o.write(func(tx *database.Tx) error { out, err = o.oneOffs.Decide(ctx, tx, o.scope(who), d); return err })
			return out, err
		}
		for label, c := range map[string]struct {
			change func(d *sharing.Decision)
			kind   fault.Kind
		}{
			"nothing chosen":               {func(d *sharing.Decision) { d.Items = nil }, fault.Invalid},
			"another agency's record":      {func(d *sharing.Decision) { d.Items = []access.Item{{Record: "x", Class: access.Identity}} }, fault.Invalid},
			"what is kept to a panel":      {func(d *sharing.Decision) { d.Items = []access.Item{{Record: "rec-2", Class: access.Identity}} }, fault.Invalid},
			"a former name":                {func(d *sharing.Decision) { d.Items = []access.Item{{Record: "rec-1", Class: access.FormerName}} }, fault.Invalid},
			"a condition nobody asked for": {func(d *sharing.Decision) { d.Items = []access.Item{graded} }, fault.Refused},
			"no reason":                    {func(d *sharing.Decision) { d.Why = " " }, fault.Invalid},
			"for housing":                  {func(d *sharing.Decision) { d.Purpose = "housing" }, fault.Invalid},
			"no basis":                     {func(d *sharing.Decision) { d.Basis = "" }, fault.Invalid},
			"for ever":                     {func(d *sharing.Decision) { d.UntilOn = "2027-06-01" }, fault.Invalid},
			"in the past":                  {func(d *sharing.Decision) { d.UntilOn = "2026-11-26" }, fault.Invalid},
			"to itself":                    {func(d *sharing.Decision) { d.Recipient = "care" }, fault.Invalid},
			"to nobody known":              {func(d *sharing.Decision) { d.Recipient = "press" }, fault.Invalid},
			"to a person elsewhere":        {func(d *sharing.Decision) { d.Named = o.who["school-lead@school"].ID }, fault.Invalid},
			"untold without why":           {func(d *sharing.Decision) { d.ToldWhy = "" }, fault.Invalid},
		} {
			d := decided(name)
			c.change(&d)
			if _, err := decide("practitioner@care", d); !fault.Is(err, c.kind) {
				t.Errorf("%s: %v, want %v", label, err, c.kind)
			}
		}
		if _, err := decide("analyst@police", decided(name)); !fault.Is(err, fault.NotFound) {
			t.Errorf("an analyst decided: %v", err)
		}
		if may(o.scope("practitioner@police"), injury).Allowed {
			t.Fatal("before anything was decided the police read the injury")
		}
		d, err := decide("practitioner@care", decided(injury))
		if err != nil {
			t.Fatal(err)
		}
		if d.ReviewBy != "2026-11-30" || d.Reviewer != o.who["information-officer@care"].ID {
			t.Errorf("looked at by %s on %s, want the information officer on the Monday", d.Reviewer, d.ReviewBy)
		}
		police := o.scope("practitioner@police")
		for _, x := range []access.Item{injury, part, name} {
			if got := may(police, x); !got.Allowed || got.Rule != "one-off" || got.Agreement != d.Code {
				t.Errorf("the police and %v: %+v, want it under %s", x, got, d.Code)
			}
		}
		for _, x := range []access.Item{graded, {Record: "rec-1", Class: access.Contact}, {Record: "rec-1", Class: access.FormerName}, {Record: "ev-1", Class: access.Offending}} {
			if got := may(police, x); got.Allowed {
				t.Errorf("the police read %v too: %+v", x, got)
			}
		}
		if may(o.scope("school-lead@school"), name).Allowed {
			t.Error("the school reads what was given to the police")
		}
		other := police
		if other.Grants, _, err = o.store.Singly(ctx, police.Account, "police", access.CommunitySafety, o.now.Now()); err != nil || len(other.Grants) != 0 {
			t.Errorf("for another purpose it gives %d (%v)", len(other.Grants), err)
		}
		// The second person, and nobody else; wrong ends it.
		judge := func(who, verdict string) error {
			return o.write(func(tx *database.Tx) error {
				return o.oneOffs.Judge(ctx, tx, o.scope(who), d.ID, verdict, "The school would have done.")
			})
		}
		if err := judge("practitioner@care", "right"); !fault.Is(err, fault.NotFound) {
			t.Errorf("whoever decided judged it: %v", err)
		}
		if err := judge("practitioner@police", "right"); !fault.Is(err, fault.NotFound) {
			t.Errorf("the recipient judged it: %v", err)
		}
		if items, err := o.oneOffs.Work(ctx, db.Reader(), o.scope("information-officer@care"), today); err != nil || len(items) != 1 || items[0].Due != "2026-11-30" {
			t.Errorf("the officer's work: %+v (%v)", items, err)
		}
		if err := judge("information-officer@care", "wrong"); err != nil {
			t.Fatal(err)
		}
		if may(o.scope("practitioner@police"), injury).Allowed {
			t.Error("judged wrong, it is still read")
		}
		if err := judge("community-safety-manager@care", "right"); !fault.Is(err, fault.Conflict) {
			t.Errorf("judged twice: %v", err)
		}
		if items, err := o.oneOffs.Work(ctx, db.Reader(), o.scope("information-officer@care"), today); err != nil || len(items) != 0 {
			t.Errorf("looked at, it still asks: %+v (%v)", items, err)
		}
		// By name; until its last day ends; and not shared is written down as well.
		d2 := decided(name)
		d2.Named = o.who["practitioner@police"].ID
		if _, err := decide("practitioner@care", d2); err != nil {
			t.Fatal(err)
		}
		if !may(o.scope("practitioner@police"), name).Allowed || may(o.scope("analyst@police"), name).Allowed {
			t.Error("given by name, it is read by the one named and nobody else")
		}
		o.now.Advance(7*24*time.Hour + 8*time.Hour + 59*time.Minute)
		if !may(o.scope("practitioner@police"), name).Allowed {
			t.Error("on its last day it is not read")
		}
		o.now.Advance(2 * time.Minute)
		if may(o.scope("practitioner@police"), name).Allowed {
			t.Error("after its last day it is read")
		}
		no := decided()
		no.Shared = false
		kept, err := decide("practitioner@care", no)
		if err != nil || kept.ReviewBy == "" {
			t.Fatalf("not shared: %+v (%v)", kept, err)
		}
		if _, err := o.oneOffs.Get(ctx, db.Reader(), o.scope("practitioner@police"), kept.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("the police read that something was not shared with them: %v", err)
		}
		asked := decided(graded)
		asked.UntilOn, asked.Advice = "2026-12-10", "The originator, by phone: yes."
		if _, err := decide("practitioner@care", asked); err != nil {
			t.Errorf("with the originator asked: %v", err)
		}
		acts := map[audit.Act]int{}
		lines, _, err := audit.Find(ctx, db.Reader(), o.scope("information-officer@care"), audit.Query{SubjectKind: "disclosure"})
		for _, l := range lines {
			acts[l.Act]++
		}
		if err != nil || acts[audit.Disclosure] != 3 || acts[audit.Refusal] != 1 || acts[audit.Alteration] != 2 {
			t.Errorf("the log has %v (%v), want 3 disclosures, one refusal, a review and an end", acts, err)
		}
	})
}

func TestAskingForWhatIsClosed(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := context.Background()
		o := newOffice(t, db)
		put := func(who string, a sharing.Ask) (out sharing.Ask, err error) {
			err = o.write(func(tx *database.Tx) error { out, err = o.asks.Put(ctx, tx, o.scope(who), a); return err })
			return out, err
		}
		health := sharing.Ask{Kind: "class", Person: carePerson, Class: access.Health, Desk: "care", Why: "She fainted in class."}
		nothing := health
		nothing.Person = "019aaaaa-0000-7000-8000-00000000ffff" // of whom care holds nothing: asking goes the same way
		first, err := put("school-lead@school", health)
		if err != nil {
			t.Fatal(err)
		}
		second, err := put("school-lead@school", nothing)
		if err != nil || second.DueOn != first.DueOn || second.Desk != first.Desk {
			t.Errorf("asked about somebody unknown: %+v (%v), want it as %+v", second, err, first)
		}
		if first.DueOn != "2026-12-04" {
			t.Errorf("due on %s, want five working days on", first.DueOn)
		}
		urgent := health
		urgent.Urgent = true
		if a, err := put("school-lead@school", urgent); err != nil || a.DueOn != "2026-11-30" {
			t.Errorf("urgent: due on %s (%v), want the Monday", a.DueOn, err)
		}
		for label, a := range map[string]sharing.Ask{
			"no reason": {Kind: "class", Person: carePerson, Class: access.Health, Desk: "care"}, "a former name": {Kind: "class", Person: carePerson, Class: access.FormerName, Desk: "care", Why: "x"},
			"of itself": {Kind: "class", Person: carePerson, Class: access.Health, Desk: "school", Why: "x"}, "of nobody": {Kind: "class", Person: carePerson, Class: access.Health, Desk: "press", Why: "x"},
		} {
			if _, err := put("school-lead@school", a); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", label, err)
			}
		}
		for _, who := range []string{"practitioner@police", "practitioner@care", "community-safety-manager@care"} { // the officer is at the desk, so nobody else is
			if _, err := o.asks.Get(ctx, db.Reader(), o.scope(who), first.ID); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s read it: %v", who, err)
			}
		}
		if items, err := o.asks.Work(ctx, db.Reader(), o.scope("information-officer@care"), today); err != nil || len(items) != 3 {
			t.Errorf("the desk's work is %+v (%v)", items, err)
		}
		school := o.scope("school-lead@school")
		if got := may(school, injury); got.Allowed {
			t.Fatalf("before the answer: %+v", got)
		}
		grant := func(who string, items ...access.Item) (d sharing.Disclosure, err error) {
			in := sharing.Decision{Basis: sharing.Owner, Why: "It keeps her safe in class.", Told: "told", UntilOn: "2026-12-11", Items: items}
			err = o.write(func(tx *database.Tx) error {
				d, err = o.asks.Grant(ctx, tx, o.scope(who), first.ID, in)
				return err
			})
			return d, err
		}
		if _, err := grant("community-safety-manager@care", injury); !fault.Is(err, fault.NotFound) {
			t.Errorf("somebody not at the desk granted it: %v", err)
		}
		if _, err := grant("information-officer@care", graded); !fault.Is(err, fault.Invalid) {
			t.Errorf("what was not asked for was granted: %v", err)
		}
		d, err := grant("information-officer@care", injury)
		if err != nil {
			t.Fatal(err)
		}
		if d.Named != o.who["school-lead@school"].ID || d.Reviewer == o.who["information-officer@care"].ID {
			t.Errorf("granted to %q, looked at by %q", d.Named, d.Reviewer)
		}
		if got := may(o.scope("school-lead@school"), injury); !got.Allowed || got.Rule != "one-off" {
			t.Errorf("granted, the class that is closed to the role: %+v", got)
		}
		if got := may(o.scope("school-lead@school"), access.Item{Record: "ev-9", Class: access.Health}); got.Allowed {
			t.Errorf("another of the class: %+v", got)
		}
		if _, err := grant("information-officer@care", injury); !fault.Is(err, fault.Conflict) {
			t.Errorf("granted twice: %v", err)
		}
		if err := o.write(func(tx *database.Tx) error {
			return o.asks.Refuse(ctx, tx, o.scope("information-officer@care"), second.ID, "")
		}); !fault.Is(err, fault.Invalid) {
			t.Errorf("refused without a reason: %v", err)
		}
		if err := o.write(func(tx *database.Tx) error {
			return o.asks.Refuse(ctx, tx, o.scope("information-officer@care"), second.ID, "The school nurse can say what matters in class.")
		}); err != nil {
			t.Fatal(err)
		}
		back, err := o.asks.Get(ctx, db.Reader(), o.scope("school-lead@school"), second.ID)
		if err != nil || back.State != "refused" || back.Reply != "The school nurse can say what matters in class." {
			t.Errorf("it came back %+v (%v)", back, err)
		}
		if items, err := o.asks.Work(ctx, db.Reader(), o.scope("school-lead@school"), today); err != nil || len(items) != 2 {
			t.Errorf("the asker's work: %+v (%v), want two answers to read", items, err)
		}
		if err := o.write(func(tx *database.Tx) error { return o.asks.Seen(ctx, tx, o.scope("school-lead@school"), back) }); err != nil {
			t.Fatal(err)
		}
		if items, err := o.asks.Work(ctx, db.Reader(), o.scope("school-lead@school"), today); err != nil || len(items) != 1 {
			t.Errorf("one read, the asker's work: %+v (%v)", items, err)
		}
	})
}

func TestWhoElseKnowsNamesNoRefuge(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := context.Background()
		o := newOffice(t, db)
		school := o.scope("school-lead@school")
		if named, asked, err := o.pointers.Named(ctx, db.Reader(), school, carePerson); asked || len(named) != 0 || err != nil {
			t.Fatalf("without asking: %v %v (%v)", named, asked, err)
		}
		question := func(why string) error {
			return o.write(func(tx *database.Tx) error { return o.pointers.Question(ctx, tx, school, carePerson, why) })
		}
		if err := question(" "); !fault.Is(err, fault.Invalid) {
			t.Errorf("without a reason: %v", err)
		}
		if err := question("He came in with a cut."); err != nil {
			t.Fatal(err)
		}
		named, asked, err := o.pointers.Named(ctx, db.Reader(), school, carePerson)
		if err != nil || !asked {
			t.Fatal(asked, err)
		}
		var codes []string
		for _, n := range named {
			codes = append(codes, n.Agency.Code+" "+n.Month+" "+n.Agency.Contact)
		}
		if !slices.Equal(codes, []string{"care 2026-10 Duty desk of care", "police 2026-11 Duty desk of police"}) {
			t.Errorf("named: %q", codes)
		}
		if own, all, err := o.pointers.Questions(ctx, db.Reader(), o.scope("information-officer@care"), 28); err != nil || all != 1 || len(own) != 0 {
			t.Errorf("another agency's officer reads %+v of %d (%v), want the count and no reason", own, all, err)
		}
		if _, _, err := o.pointers.Questions(ctx, db.Reader(), school, 28); !fault.Is(err, fault.NotFound) {
			t.Errorf("a school lead reads the reasons: %v", err)
		}
		if lines, _, err := audit.Find(ctx, db.Reader(), o.scope("practitioner@refuge"), audit.Query{Subject: carePerson}); err != nil || len(lines) != 0 {
			t.Errorf("the refuge's log: %v (%v): a line there would tell the asker's agency", lines, err)
		}
		// The broker's desk: the same for somebody a refuge knows and for somebody it does not.
		if err := o.write(func(tx *database.Tx) error {
			return o.asks.SetBroker(ctx, tx, o.scope("community-safety-manager@care"), "care")
		}); err != nil {
			t.Fatal(err)
		}
		var asks [2]sharing.Ask
		for i, person := range []string{carePerson, "019aaaaa-0000-7000-8000-00000000ffff"} {
			if err := o.write(func(tx *database.Tx) (err error) {
				asks[i], err = o.asks.Put(ctx, tx, school, sharing.Ask{Kind: "broker", Person: person, Why: "She is hiding."})
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		if asks[0].Desk != "care" || asks[1].Desk != "care" || asks[0].DueOn != asks[1].DueOn {
			t.Errorf("the broker's questions differ: %+v, %+v", asks[0], asks[1])
		}
		for i, want := range []int{1, 0} {
			got, err := o.pointers.Brokered(ctx, db.Reader(), o.scope("information-officer@care"), o.asks, asks[i].ID)
			if err != nil || len(got) != want {
				t.Errorf("the broker sees %v (%v), want %d", got, err, want)
			}
		}
		if _, err := o.pointers.Brokered(ctx, db.Reader(), school, o.asks, asks[0].ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("the asker sees what the broker sees: %v", err)
		}
		if _, err := o.asks.Get(ctx, db.Reader(), o.scope("practitioner@police"), asks[0].ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("the police read the question: %v", err)
		}
		o.now.Advance(61 * time.Minute)
		if _, asked, err := o.pointers.Named(ctx, db.Reader(), school, carePerson); asked || err != nil {
			t.Errorf("an hour later it is still answered (%v)", err)
		}
	})
}
