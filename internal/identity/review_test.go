package identity_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/identity"
)

// seeing is a member of care who may read the school's records too, of these classes.
func seeing(account string, panels []string, classes ...access.Class) access.Scope {
	s := member("care", access.Permit{Agreement: "A", Owners: []string{"school"}, Classes: classes})
	s.Account, s.Panels = account, panels
	return s
}

func (d *desk) restrict(reference, panel string) {
	d.Helper()
	d.must(d.write(func(tx *database.Tx) error {
		if err := tx.Exec(context.Background(), "UPDATE source_record SET restricted = TRUE WHERE id = $1", d.record(reference)); err != nil {
			return err
		}
		return tx.Exec(context.Background(), "INSERT INTO record_panel (record_id, panel) VALUES ($1,$2)", d.record(reference), panel)
	}))
}

func (d *desk) decide(s access.Scope, l, r string, v identity.Verdict) (identity.Decision, error) {
	d.Helper()
	var out identity.Decision
	err := d.write(func(tx *database.Tx) (err error) {
		out, err = d.store.Decide(context.Background(), tx, s, d.record(l), d.record(r), v, "Seen.", "both")
		return err
	})
	return out, err
}

func (d *desk) waiting(s access.Scope, u identity.Queue) []identity.Item {
	d.Helper()
	u.Limit = 50
	items, total, err := d.store.Waiting(context.Background(), d.db.Reader(), s, u)
	d.must(err)
	if total != len(items) {
		d.Errorf("%d counted, %d listed", total, len(items))
	}
	return items
}

func TestARestrictedRecordNeedsASecondPerson(t *testing.T) {
	ctx := context.Background()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		d := newDesk(t, db)
		d.load("care", "R1,,,Ali,Mohamed,,03/04/2010,M,,", "R2,,,Okoro,Ade,,05/06/2011,M,,")
		d.restrict("R1", "P")
		first, second := seeing("a1", []string{"P"}, access.Identity), seeing("a2", []string{"P"}, access.Identity)
		outside := seeing("a3", nil, access.Identity)
		before := d.state()
		got, err := d.decide(first, "R1", "R2", identity.Same)
		if err != nil || got.ID != "" || d.state() != before {
			t.Fatalf("decided at once (%+v, %v), want it to wait", got, err)
		}
		if _, err := d.decide(second, "R1", "R2", identity.Same); fault.KindOf(err) != fault.Conflict {
			t.Errorf("a second proposal on the pair: %v", err)
		}
		list, err := d.store.Proposals(ctx, db.Reader(), second)
		if err != nil || len(list) != 1 {
			t.Fatalf("%d wait for a second person (%v), want 1", len(list), err)
		}
		if hidden, err := d.store.Proposals(ctx, db.Reader(), outside); err != nil || len(hidden) != 0 {
			t.Errorf("who may not see the restricted record sees %d proposals (%v)", len(hidden), err)
		}
		look := func(s access.Scope, agreed bool) error {
			return d.write(func(tx *database.Tx) error { return d.store.Second(ctx, tx, s, list[0].ID, agreed, "I looked too.") })
		}
		if err := look(first, true); fault.KindOf(err) != fault.Refused {
			t.Errorf("the first person as second: %v, want a refusal", err)
		}
		if err := look(outside, true); fault.KindOf(err) != fault.NotFound {
			t.Errorf("who may not see it as second: %v, want as if it were not there", err)
		}
		d.must(look(second, true))
		if got := d.groups(); got != "R1+R2" {
			t.Fatalf("agreed, the persons are %q", got)
		}
		made, _, err := d.store.Decided(ctx, db.Reader(), second, 10, 0)
		if err != nil || len(made) != 1 || made[0].By != "a1" || !strings.Contains(made[0].Shown, "I looked too.") || !made[0].Moved {
			t.Errorf("the decision is %+v (%v), want the first person's with the second's words", made, err)
		}
		if err := look(second, false); fault.KindOf(err) != fault.NotFound {
			t.Errorf("looked at twice: %v", err)
		}
		// Taking apart is as grave; not agreeing leaves all as it is.
		before = d.state()
		if got, err = d.decide(second, "R1", "R2", identity.Different); err != nil || got.ID != "" {
			t.Fatalf("%+v (%v)", got, err)
		}
		list, err = d.store.Proposals(ctx, db.Reader(), first)
		d.must(err)
		d.must(look(first, false))
		if d.state() != before {
			t.Error("not agreed, and yet something changed")
		}
		if err := d.write(func(tx *database.Tx) error {
			return d.store.Split(ctx, tx, first, mustPerson(d, "R1"), []string{d.record("R2")}, "Two.")
		}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("splitting a person with a restricted record at once: %v", err)
		}
	})
}

// A decision that reaches a restricted record which its maker may not see takes effect as any other, since a delay would tell; those who may see
// the record are asked to look.
func TestAnUnseenRestrictedRecordDoesNotShow(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		d := newDesk(t, db)
		d.load("care", "R1,,,Ali,Mohamed,,03/04/2010,M,,", "R2,,,Ali,Mohamed,,03/04/2010,M,,", "R3,,,Okoro,Ade,,05/06/2011,M,,")
		d.restrict("R2", "P")
		blind, panel := seeing("a1", nil), seeing("a2", []string{"P"})
		if got := d.groups(); got != "R1+R2 R3" {
			t.Fatalf("persons %q", got)
		}
		got, err := d.decide(blind, "R1", "R3", identity.Same)
		if err != nil || got.ID == "" || d.groups() != "R1+R2+R3" {
			t.Fatalf("the decision waits (%+v, %v): that tells of the record", got, err)
		}
		if items := d.waiting(blind, identity.Queue{}); len(items) != 0 {
			t.Errorf("the decider sees %+v", items)
		}
		if items := d.waiting(panel, identity.Queue{Topic: identity.Check}); len(items) != 2 {
			t.Errorf("the panel is asked to look at %d pairs, want both of the restricted record: %+v", len(items), items)
		}
	})
}

// So it is with a record of another agency that was given under a condition, and that no agreement carries.
func TestAnUnseenRecordWithAConditionDoesNotShow(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		d := newDesk(t, db)
		d.load("care", "R1,,,Ali,Mohamed,,03/04/2010,M,,", "R3,,,Okoro,Ade,,05/06/2011,M,,")
		d.load("police", "P1,,,Ali,Mohamed,,03/04/2010,M,,")
		if err := db.Write(context.Background(), func(tx *database.Tx) error {
			return tx.Exec(context.Background(), "UPDATE source_record SET grade = '1A-C/A2/S2' WHERE owner = 'police'")
		}); err != nil {
			t.Fatal(err)
		}
		blind := member("care", access.Permit{Agreement: "ISA-1", Owners: []string{"police"}, Classes: []access.Class{access.Identity}})
		police := member("police", access.Permit{Agreement: "ISA-1", Owners: []string{"care"}, Classes: []access.Class{access.Identity}})
		if got := d.groups(); got != "P1+R1 R3" {
			t.Fatalf("persons %q", got)
		}
		if _, err := d.decide(blind, "R1", "R3", identity.Same); err != nil || d.groups() != "P1+R1+R3" {
			t.Fatalf("the decision waits (%v): that tells of the record", err)
		}
		if items := d.waiting(blind, identity.Queue{}); len(items) != 0 {
			t.Errorf("the decider sees %+v", items)
		}
		if items := d.waiting(police, identity.Queue{Topic: identity.Check}); len(items) != 2 {
			t.Errorf("whose record it is are asked to look at %d pairs, want both: %+v", len(items), items)
		}
	})
}

// Decisions that contradict each other are told in words where the reader may see both, and put before those who may where not.
func TestContradictionsSurface(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		d := newDesk(t, db)
		d.load("care", "R1,,,Ali,Mohamed,,03/04/2010,M,,", "R2,,,Okoro,Ade,,05/06/2011,M,,")
		d.load("school", "S1,,,ALI,Mohamed,,03/04/2010,M,,", "S2,,,Okoro,Ade,,05/06/2011,M,,")
		if got := d.groups(); got != "R1+S1 R2+S2" {
			t.Fatalf("persons %q", got)
		}
		school := member("school")
		if _, err := d.decide(school, "S1", "S2", identity.Different); err != nil {
			t.Fatal(err)
		}
		both := seeing("a1", nil, access.Identity)
		if _, err := d.decide(both, "R1", "R2", identity.Same); fault.KindOf(err) != fault.Conflict || !strings.Contains(err.Error(), "Seen.") || !strings.Contains(err.Error(), "22 November 2026") {
			t.Errorf("against a decision that the reader may see: %v, want its day and reason", err)
		}
		before := d.groups()
		if _, err := d.decide(member("care"), "R1", "R2", identity.Same); err != nil || d.groups() != before {
			t.Errorf("against one that they may not see: %v, persons %q; want it kept and nothing moved", err, d.groups())
		}
		if items := d.waiting(member("care"), identity.Queue{Topic: identity.Contradiction}); len(items) != 0 {
			t.Errorf("care sees %+v", items)
		}
		items := d.waiting(school, identity.Queue{Topic: identity.Contradiction})
		if len(items) != 1 || !strings.Contains(items[0].Reason, "Both cannot hold") {
			t.Fatalf("the school is asked %+v", items)
		}
		// A run keeps to both and joins nobody.
		if _, err := d.store.Rebuild(context.Background()); err != nil || d.groups() != before {
			t.Errorf("after a run: %q (%v)", d.groups(), err)
		}
	})
}

// A parting that goes through an earlier decision puts that decision before people.
func TestAPartingThroughADecisionSurfaces(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		d := newDesk(t, db)
		d.load("care", "R1,,,Ali,Mohamed,,03/04/2010,M,,", "R2,,,Okoro,Ade,,05/06/2011,M,,", "R3,,,Ali,Mohamed,,03/04/2010,M,,", "R4,,,Okoro,Ade,,05/06/2011,M,,")
		s := member("care")
		if _, err := d.decide(s, "R1", "R2", identity.Same); err != nil || d.groups() != "R1+R2+R3+R4" {
			t.Fatalf("%v: %q", err, d.groups())
		}
		if _, err := d.decide(s, "R3", "R4", identity.Different); err != nil || d.groups() != "R1+R3 R2+R4" {
			t.Fatalf("%v: %q", err, d.groups())
		}
		items := d.waiting(s, identity.Queue{Topic: identity.Contradiction})
		if len(items) != 1 || items[0].L != d.record("R1") && items[0].R != d.record("R1") {
			t.Errorf("waits: %+v, want the decision on R1 and R2", items)
		}
	})
}

func TestTheQueueIsInTheOrderOfWhatItSettles(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		d := newDesk(t, db)
		// Three pairs in doubt: one of two records, one of three, and one whose numbers differ.
		d.load("care", "R1,,,Ali,Mohamed,,03/04/2010,M,,", "R2,,,Ali,Mohamed,,04/04/2010,M,,",
			"R3,,,Okoro,Ade,,05/06/2011,M,,", "R4,,,Okoro,Ade,,05/06/2011,M,,", "R5,,,Okoro,Ade,,06/06/2011,M,,",
			"R6,9434765919,,Murphy,Siobhan,,07/08/2012,F,,", "R7,9434765870,,Murphy,Siobhan,,07/08/2012,F,,")
		refs := func(items []identity.Item) string {
			var out []string
			for _, i := range items {
				for _, r := range []string{"R1", "R5", "R6"} {
					if i.L == d.record(r) || i.R == d.record(r) {
						out = append(out, r)
					}
				}
			}
			return strings.Join(out, " ")
		}
		s := member("care")
		items := d.waiting(s, identity.Queue{})
		if got := refs(items); got != "R6 R5 R1" {
			t.Errorf("the order is %q, want numbers that differ, then the three, then the two: %+v", got, items)
		}
		if items[1].Settles != 3 || items[2].Settles != 2 {
			t.Errorf("settles %d and %d, want 3 and 2", items[1].Settles, items[2].Settles)
		}
		busy := d.waiting(s, identity.Queue{Busy: []string{mustPerson(d, "R2")}})
		if got := refs(busy); got != "R1 R6 R5" || !busy[0].First || busy[1].First {
			t.Errorf("with R2 being worked with the order is %q", got)
		}
		if got := refs(d.waiting(s, identity.Queue{Topic: identity.Clash})); got != "R6" {
			t.Errorf("only of numbers: %q", got)
		}
		topics, err := d.store.WaitingTopics(context.Background(), db.Reader(), s)
		if err != nil || topics[identity.Clash] != 1 || topics[identity.Short] != 2 {
			t.Errorf("topics %v (%v)", topics, err)
		}
		if topics, err = d.store.WaitingTopics(context.Background(), db.Reader(), member("school")); err != nil || len(topics) != 0 {
			t.Errorf("another agency counts %v (%v)", topics, err)
		}
	})
}

// The evidence is in words, with its bits; what compares addresses is for those who may read addresses.
func TestEvidenceIsWhatTheReaderMayRead(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		d := newDesk(t, db)
		d.load("care", "R1,,,Ali,Mohamed,,03/04/2010,M,1 Made Up Street,ZZ1 1AA")
		d.load("school", "S1,,,Aly,Muhammed,Secret Former,03/04/2010,M,1 Made Up Street,ZZ1 1AA")
		of := func(s access.Scope) identity.Link {
			t.Helper()
			records, err := d.store.Records(context.Background(), db.Reader(), s, []string{d.record("R1"), d.record("S1")})
			d.must(err)
			links, err := d.store.Links(context.Background(), db.Reader(), s, records)
			d.must(err)
			if len(links) != 1 {
				t.Fatalf("%d links, want 1", len(links))
			}
			return links[0]
		}
		all := of(seeing("a", nil, access.Identity, access.Contact))
		if !strings.Contains(all.Reason, "Same address") || !strings.Contains(all.Reason, "recognised spellings of one name") || !strings.Contains(all.Reason, "Same date of birth") {
			t.Errorf("the reason is %q", all.Reason)
		}
		if all.Evidence.Weight < 6 || all.Evidence.Odds() == "" || len(all.Evidence.Terms) < 4 {
			t.Errorf("the evidence is %+v", all.Evidence)
		}
		closed := of(seeing("a", nil, access.Identity))
		for _, x := range []string{"address", "Secret", "Former"} {
			if strings.Contains(closed.Reason, x) || strings.Contains(all.Reason, "Secret") {
				t.Errorf("who may not read addresses reads %q", closed.Reason)
			}
		}
	})
}

// Whoever opened a person while a wrong merge stood is found from the log, if both sides were shown.
func TestWhoWasShownTheWrongMerge(t *testing.T) {
	ctx := context.Background()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		d := newDesk(t, db)
		log := audit.NewLog(d.now, clock.NewIDs(d.now, nil))
		d.load("care", "R1,,,Ali,Mohamed,,03/04/2010,M,,")
		d.load("school", "S1,,,Okoro,Ade,,05/06/2011,M,,")
		s := seeing("a1", nil, access.Identity)
		open := func(agency string, person string, owners ...string) {
			t.Helper()
			d.must(d.write(func(tx *database.Tx) error {
				return log.Record(ctx, tx, member(agency), audit.Line{Act: audit.Consultation, SubjectKind: "person", Subject: person, Owners: owners, Words: "sections: names"})
			}))
			d.now.Advance(time.Minute)
		}
		p := mustPerson(d, "R1")
		open("care", p, "care") // before
		if _, err := d.decide(s, "R1", "S1", identity.Same); err != nil {
			t.Fatal(err)
		}
		d.now.Advance(time.Minute)
		open("care", p, "care", "school")
		open("police", p, "care", "school")
		open("school", p, "school") // one side alone
		changes, err := d.store.Changes(ctx, db.Reader(), s, p)
		d.must(err)
		d.must(d.write(func(tx *database.Tx) error { return d.store.Unmerge(ctx, tx, s, changes[0].ID, "Two boys.") }))
		d.now.Advance(time.Minute)
		open("care", p, "care", "school") // after
		undone, err := d.store.Undone(ctx, db.Reader(), s, p)
		if err != nil || len(undone) != 1 || undone[0].UndoneIn != "Two boys." {
			t.Fatalf("taken back: %+v (%v)", undone, err)
		}
		shown, err := d.store.ShownWrong(ctx, db.Reader(), s, undone[0])
		d.must(err)
		var who []string
		for _, e := range shown {
			who = append(who, e.Agency)
		}
		if got := strings.Join(who, " "); got != "police care" {
			t.Errorf("shown to %q, want the two openings of both, newest first", got)
		}
		if none, err := d.store.Undone(ctx, db.Reader(), member("police"), p); err != nil || len(none) != 0 {
			t.Errorf("who may see neither record sees %+v (%v)", none, err)
		}
	})
}

// Everything is weighed again without making two people one; what would be joined waits.
func TestWeighedAgainNobodyIsJoinedByItself(t *testing.T) {
	ctx := context.Background()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		d := newDesk(t, db)
		d.load("care", "R1,,,Ali,Mohamed,,03/04/2010,M,,", "R2,,,Ali,Mohamed,,03/04/2010,M,,")
		d.must(d.write(func(tx *database.Tx) error { // as if an earlier run had not seen it
			if err := tx.Exec(ctx, "INSERT INTO person (id, created_at, merged_into) VALUES ('11111111-1111-8111-8111-111111111111', 1, '')"); err != nil {
				return err
			}
			return tx.Exec(ctx, "UPDATE person_record SET person_id = '11111111-1111-8111-8111-111111111111' WHERE record_id = $1", d.record("R2"))
		}))
		if _, err := d.store.Rebuild(ctx); err != nil || d.groups() != "R1 R2" {
			t.Fatalf("after a run over everything: %q (%v)", d.groups(), err)
		}
		items := d.waiting(member("care"), identity.Queue{Topic: identity.Bridge})
		if len(items) != 1 || !strings.Contains(items[0].Reason, "Weighed again") {
			t.Fatalf("waits: %+v", items)
		}
		if _, err := d.store.Rebuild(ctx); err != nil || len(d.waiting(member("care"), identity.Queue{})) != 1 {
			t.Errorf("asked twice (%v)", err)
		}
	})
}

// The sample is looked at blind, by each account once, and what it finds otherwise than it stands is put before people.
func TestTheSample(t *testing.T) {
	ctx := context.Background()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		d := newDesk(t, db)
		d.load("care", "R1,,,Ali,Mohamed,,03/04/2010,M,,", "R2,,,Ali,Mohamed,,03/04/2010,M,,", "R3,,,Ali,Mohamed,,04/04/2010,M,,")
		s, other := member("care"), member("care")
		other.Account = "b"
		if _, err := d.store.NextSample(ctx, db.Reader(), member("school")); fault.KindOf(err) != fault.NotFound {
			t.Errorf("another agency is given a pair to look at: %v", err)
		}
		look := func(s access.Scope, v identity.Verdict) (identity.Sample, error) {
			x, err := d.store.NextSample(ctx, db.Reader(), s)
			d.must(err)
			return x, d.write(func(tx *database.Tx) error { return d.store.Look(ctx, tx, s, x.ID, v) })
		}
		x, err := look(s, identity.Different)
		d.must(err)
		before := d.groups()
		if err := d.write(func(tx *database.Tx) error { return d.store.Look(ctx, tx, s, x.ID, identity.Same) }); fault.KindOf(err) != fault.NotFound {
			t.Errorf("one account looking twice: %v", err)
		}
		if d.groups() != before {
			t.Error("a look changed a link")
		}
		for range 2 { // every pair that is left
			if _, err = look(s, identity.Different); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := d.store.NextSample(ctx, db.Reader(), s); fault.KindOf(err) != fault.NotFound {
			t.Errorf("after all pairs: %v", err)
		}
		if _, err := look(other, identity.Unsure); err != nil {
			t.Fatal(err)
		}
		if items := d.waiting(s, identity.Queue{Topic: identity.Sampled}); len(items) != 1 {
			t.Errorf("%d pairs seen otherwise than they stand, want the linked one: %+v", len(items), items)
		}
		q, err := d.store.Quality(ctx, db.Reader(), s)
		if err != nil || q.All.Reviewed != 3 || q.Waiting != 0 || q.All.Agree.Pairs != 1 || q.All.Agree.Share != 0 || q.All.Shown() {
			t.Errorf("quality %+v (%v)", q, err)
		}
		if q, err = d.store.Quality(ctx, db.Reader(), member("school")); err != nil || q.All.Reviewed != 0 {
			t.Errorf("another agency's quality %+v (%v)", q, err)
		}
		between, err := d.store.LinksBetween(ctx, db.Reader(), s)
		if err != nil || len(between) != 1 || between[0].Links != 1 || between[0].A != "care" {
			t.Errorf("links %+v (%v)", between, err)
		}
	})
}
