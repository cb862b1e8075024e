package identity_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/identity"
	"lantern.example/lantern/internal/intake"
	"lantern.example/lantern/internal/search"
)

// desk is a partnership with nothing but identity in it.
type desk struct {
	testing.TB
	db    *database.DB
	now   *clock.Fixed
	store *identity.Store
	loads *intake.Store
}

func newDesk(t testing.TB, db *database.DB) *desk {
	t.Helper()
	now := clock.At(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
	ids := clock.NewIDs(now, nil)
	d := &desk{TB: t, db: db, now: now, store: identity.NewStore(db, now, ids, audit.NewLog(now, ids), search.NewIndex())}
	d.loads = intake.NewStore(db, now, ids, noJobs{}, func(context.Context, *database.Tx, access.Scope, string, string, string) error { return nil }, d.store)
	return d
}

func member(agency string, permits ...access.Permit) access.Scope {
	return access.Scope{Account: "a-" + agency, Agency: agency, Role: access.Practitioner, Purpose: access.Safeguarding, Closed: access.ClosedTo(access.Practitioner), Permits: permits}
}

const header = "Child ID,NHS number,UPN,Surname,Forename,Former name,Date of birth,Gender,Address,Postcode\n"

// load brings a list of people in, links it and gives the load's id.
func (d *desk) load(agency string, rows ...string) string {
	d.Helper()
	b := []byte(header + strings.Join(rows, "\n") + "\n")
	l, err := d.loads.Load(context.Background(), member(agency), intake.Input{Name: "people.csv", File: bytes.NewReader(b), Size: int64(len(b)), Agency: agency, Basis: "own", Identified: true, Profile: "people"})
	if err != nil {
		d.Fatal(err)
	}
	if int(l.Taken) != len(rows) {
		d.Fatalf("%d of %d rows taken: %s", l.Taken, len(rows), l.Words)
	}
	if _, err := d.store.Link(context.Background(), l.ID); err != nil {
		d.Fatal(err)
	}
	return l.ID
}

func (d *desk) write(f func(tx *database.Tx) error) error {
	return d.db.Write(context.Background(), f)
}

func (d *desk) must(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

// record is the id of the record with this number in its own system.
func (d *desk) record(reference string) string {
	d.Helper()
	id, err := database.One(context.Background(), d.db.Reader(), database.Value[string], "SELECT record_id FROM source_identifier WHERE value = $1 AND kind IN ('record','la-child') ORDER BY record_id", reference)
	if err != nil {
		d.Fatalf("record %s: %v", reference, err)
	}
	return id
}

// groups are the persons as sets of references, in order.
func (d *desk) groups() string {
	d.Helper()
	type row struct{ person, ref string }
	rows, err := database.Collect(context.Background(), d.db.Reader(), func(r database.Scanner) (row, error) { var x row; return x, r.Scan(&x.person, &x.ref) },
		"SELECT p.person_id, i.value FROM person_record p JOIN source_identifier i ON i.record_id = p.record_id WHERE i.kind IN ('record','la-child') ORDER BY i.value")
	if err != nil {
		d.Fatal(err)
	}
	by, order := map[string][]string{}, []string{}
	for _, r := range rows {
		if by[r.person] == nil {
			order = append(order, r.person)
		}
		by[r.person] = append(by[r.person], r.ref)
	}
	var out []string
	for _, p := range order {
		out = append(out, strings.Join(by[p], "+"))
	}
	return strings.Join(out, " ")
}

// state is every row that says who is who.
func (d *desk) state() string {
	d.Helper()
	var b strings.Builder
	for _, query := range []string{
		"SELECT id || '|' || created_at || '|' || merged_into FROM person ORDER BY id",
		"SELECT record_id || '|' || person_id || '|' || since || '|' || cause_kind || '|' || cause FROM person_record ORDER BY record_id",
		"SELECT id || '|' || l || '|' || r || '|' || state FROM review_item ORDER BY id",
	} {
		rows, err := database.Collect(context.Background(), d.db.Reader(), database.Value[string], query)
		if err != nil {
			d.Fatal(err)
		}
		b.WriteString(strings.Join(rows, "\n") + "\n--\n")
	}
	return b.String()
}

func TestWhatMakesTwoRecordsOnePerson(t *testing.T) {
	cases := []struct {
		name string
		rows []string
		want string
	}{
		{"the same NHS number, whatever else is written", []string{"R1,9434765919,,Okoro,Ade,,01/02/2009,M,,", "R2,943 476 5919,,Okoroh,Adebayo,,02/02/2009,M,,"}, "R1+R2"},
		{"an NHS number whose check digit is wrong links nobody", []string{"R1,9434765918,,Okoro,Ade,,01/02/2009,M,,", "R2,9434765918,,Smith,Ben,,02/02/2009,M,,"}, "R1 R2"},
		{"exact name and birth date, capitals and accents aside", []string{"R1,,,O'NEILL,Zoë,,03/04/2010,F,,", "R2,,,O’Neill,Zoe,,2010-04-03,F,,"}, "R1+R2"},
		{"the same name and another birth date", []string{"R1,,,Ali,Mohamed,,03/04/2010,M,,", "R2,,,Ali,Mohamed,,24/11/2008,M,,"}, "R1 R2"},
		{"the same name and a birth date one slip away, which is not enough", []string{"R1,,,Ali,Mohamed,,03/04/2010,M,,", "R2,,,Ali,Mohamed,,04/04/2010,M,,"}, "R1 R2"},
		{"a birth date that is only a month", []string{"R1,,,Ali,Mohamed,,April 2010,M,,", "R2,,,Ali,Mohamed,,April 2010,M,,"}, "R1 R2"},
		{"a first of January is no date to link by", []string{"R1,,,Ali,Mohamed,,01/01/2010,M,,", "R2,,,Ali,Mohamed,,01/01/2010,M,,"}, "R1 R2"},
		{"a first of January with the same postcode", []string{"R1,,,Ali,Mohamed,,01/01/2010,M,,ZZ1 1AA", "R2,,,Ali,Mohamed,,01/01/2010,M,,zz11aa"}, "R1+R2"},
		{"a forename alone is no full name", []string{"R1,,,,Kai,,03/04/2010,M,,", "R2,,,,Kai,,03/04/2010,M,,"}, "R1 R2"},
		{"verified numbers that differ keep one name apart", []string{"R1,9434765919,,Ali,Mohamed,,03/04/2010,M,,", "R2,9434765870,,Ali,Mohamed,,03/04/2010,M,,"}, "R1 R2"},
		{"of one file, one that fits two joins whom it fits", []string{"R1,9434765919,,Ali,Mohamed,,03/04/2010,M,,", "R2,,B801200005001,Aly,Musa,,05/05/2010,M,,", "R3,9434765919,B801200005001,Ali,Mohamed,,03/04/2010,M,,"}, "R1+R3 R2"},
		{"another spelling of both names and the same birth date", []string{"R1,,,Ali,Mohamed,,03/04/2010,M,,", "R2,,,Aly,Muhammed,,03/04/2010,M,,"}, "R1+R2"},
		{"twins of one address", []string{"R1,,,Okoro,Ade,,03/04/2010,M,1 Made Up Street,ZZ1 1AA", "R2,,,Okoro,Bisi,,03/04/2010,M,1 Made Up Street,ZZ1 1AA"}, "R1 R2"},
		{"a former name links nobody", []string{"R1,,,Okoro,Ade,,03/04/2010,M,,", "R2,,,Smith,Zoe,Ade Okoro,03/04/2010,F,,"}, "R1 R2"},
		{"one number and nothing else alike waits", []string{"R1,9434765919,,Ali,Mohamed,,03/04/2010,M,,", "R2,9434765919,,Smith,Ben,,05/05/2010,M,,"}, "R1 R2"},
	}
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				d := newDesk(t, db)
				id := d.load("care", c.rows...)
				if got := d.groups(); got != c.want {
					t.Errorf("persons %q, want %q", got, c.want)
				}
				before := d.state()
				if _, err := d.store.Rebuild(context.Background()); err != nil {
					t.Fatal(err)
				}
				if after := d.state(); after != before {
					t.Errorf("made again from nothing the persons differ:\n%s\nwas\n%s", after, before)
				}
				d.empty(id)
			})
		}
	})
}

// empty removes a load, so that the next case starts with nobody.
func (d *desk) empty(loads ...string) {
	d.Helper()
	for _, id := range loads {
		for {
			var n int64
			d.must(d.write(func(tx *database.Tx) (err error) {
				if err = tx.Exec(context.Background(), "UPDATE load SET state = 'undone' WHERE id = $1", id); err == nil {
					n, err = d.store.Purge(context.Background(), tx, id, 500)
				}
				return err
			}))
			if n == 0 {
				break
			}
		}
	}
	for _, table := range []string{"source_record", "source_name", "source_identifier", "record_address", "record_key", "person_record", "edge", "decision", "review_item", "link_proposal", "link_sample", "link_look", "search_name"} {
		if n, err := database.One(context.Background(), d.db.Reader(), database.Value[int], "SELECT count(*) FROM "+table); err != nil || n != 0 {
			d.Fatalf("%s has %d rows after the purge (%v)", table, n, err)
		}
	}
}

func TestOneAfterAnother(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		d := newDesk(t, db)
		d.load("care", "R1,9434765919,,Ali,Mohamed,,03/04/2010,M,,", "R2,,,Smith,Ben,,05/06/2011,M,,")
		first, err := d.store.PersonOf(context.Background(), db.Reader(), d.record("R1"))
		d.must(err)
		d.load("school", "R3,,B801200005001,ALI,MOHAMED,,03/04/2010,M,,", "R4,,,Jones,Cara,,07/08/2012,F,,")
		d.load("police", "R5,,B801200005001,Aly,Mohammed,,,M,,")
		if got, want := d.groups(), "R1+R3+R5 R2 R4"; got != want {
			t.Fatalf("persons %q, want %q", got, want)
		}
		if now, err := d.store.PersonOf(context.Background(), db.Reader(), d.record("R5")); err != nil || now != first {
			t.Errorf("the person is %s (%v), want the first record's %s", now, err, first)
		}
		before := d.state()
		run, err := d.store.Rebuild(context.Background())
		d.must(err)
		if after := d.state(); after != before || run.Records != 5 {
			t.Errorf("made again (%d records) the persons differ", run.Records)
		}
		// A load that held two together is undone: making again parts them, and the older keeps the id.
		d.must(d.write(func(tx *database.Tx) error {
			return tx.Exec(context.Background(), "UPDATE load SET state = 'undone' WHERE agency = 'school'")
		}))
		if _, err := d.store.Rebuild(context.Background()); err != nil {
			t.Fatal(err)
		}
		a, _ := d.store.PersonOf(context.Background(), db.Reader(), d.record("R1"))
		b, _ := d.store.PersonOf(context.Background(), db.Reader(), d.record("R5"))
		if a != first || a == b {
			t.Errorf("after the undo R1 is with %s and R5 with %s; want R1 to keep %s and R5 to have its own", a, b, first)
		}
	})
}

func TestDecisions(t *testing.T) {
	ctx := context.Background()
	both := member("care", access.Permit{Agreement: "A", Owners: []string{"school", "police"}, Classes: []access.Class{access.Identity}})
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		d := newDesk(t, db)
		d.load("care", "R1,9434765919,,Ali,Mohamed,,03/04/2010,M,,", "R2,,,Smith,Ben,,05/06/2011,M,,")
		d.load("school", "R3,,,Aly,Mo,,,M,,", "R4,,,Smith,Ben,,05/06/2011,M,,")
		decide := func(s access.Scope, l, r string, v identity.Verdict, why string) error {
			return d.write(func(tx *database.Tx) error {
				_, err := d.store.Decide(ctx, tx, s, d.record(l), d.record(r), v, why, "names and dates")
				return err
			})
		}
		if err := decide(member("care"), "R1", "R3", identity.Same, "seen"); fault.KindOf(err) != fault.NotFound {
			t.Errorf("deciding on another agency's record without an agreement: %v, want as if it were not there", err)
		}
		if err := decide(both, "R1", "R3", identity.Same, " "); fault.KindOf(err) != fault.Invalid {
			t.Errorf("a decision without a reason: %v", err)
		}
		before := d.state()
		d.must(decide(both, "R1", "R3", identity.Same, "His mother confirmed both spellings."))
		if got, want := d.groups(), "R1+R3 R2+R4"; got != want {
			t.Fatalf("persons %q, want %q", got, want)
		}
		_, err := d.store.Rebuild(ctx)
		d.must(err)
		if d.groups() != "R1+R3 R2+R4" {
			t.Errorf("a run did not keep to the decision: %q", d.groups())
		}
		changes, err := d.store.Changes(ctx, db.Reader(), both, mustPerson(d, "R1"))
		d.must(err)
		d.must(d.write(func(tx *database.Tx) error { return d.store.Unmerge(ctx, tx, both, changes[0].ID, "Two cousins.") }))
		if after := d.state(); after != before {
			t.Errorf("after un-merging:\n%s\nwant\n%s", after, before)
		}
		if _, err := d.store.Rebuild(ctx); err != nil || d.groups() != "R1 R2+R4 R3" {
			t.Errorf("after un-merging and a run: %q (%v)", d.groups(), err)
		}
		if err := decide(both, "R1", "R3", identity.Same, "No, one boy."); err != nil {
			t.Errorf("deciding anew on the same pair: %v", err)
		}
		d.must(decide(both, "R2", "R4", identity.Different, "Two Ben Smiths in one class."))
		if got, want := d.groups(), "R1+R3 R2 R4"; got != want {
			t.Errorf("after deciding that R2 and R4 differ: %q, want %q", got, want)
		}
		_, err = d.store.Rebuild(ctx)
		d.must(err)
		if got, want := d.groups(), "R1+R3 R2 R4"; got != want {
			t.Errorf("a run did not keep to it: %q, want %q", got, want)
		}
		d.load("police", "R5,,,Smith,Ben,,05/06/2011,M,,")
		if got, want := d.groups(), "R1+R3 R2 R4 R5"; got != want {
			t.Errorf("a record that fits both Bens: %q, want it to wait: %q", got, want)
		}
		items, total, err := d.store.Waiting(ctx, db.Reader(), both, identity.Queue{Limit: 10})
		if err != nil || total != 2 || len(items) != 2 {
			t.Errorf("waiting: %d (%v), want 2", total, err)
		}
		if _, total, err = d.store.Waiting(ctx, db.Reader(), member("housing"), identity.Queue{Limit: 10}); err != nil || total != 0 {
			t.Errorf("an agency without an agreement sees %d waiting (%v)", total, err)
		}
	})
}

func mustPerson(d *desk, reference string) string {
	d.Helper()
	p, err := d.store.PersonOf(context.Background(), d.db.Reader(), d.record(reference))
	d.must(err)
	return p
}

// A record that waited between two people joins them once somebody decides that the two are one, and goes back to
// waiting when that is taken back.
func TestWaitingIsSettledAndUnsettled(t *testing.T) {
	ctx := context.Background()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		d := newDesk(t, db)
		s := member("care")
		d.load("care", "R1,9434765919,,Ali,Mohamed,,03/04/2010,M,,", "R2,,B801200005001,Ali,Mohamed,,05/05/2010,M,,")
		d.load("care", "R3,9434765919,B801200005001,Ali,Mohamed,,03/04/2010,M,,")
		if got := d.groups(); got != "R1 R2 R3" {
			t.Fatalf("a record that fits two people: %q, want it joined to neither", got)
		}
		// The same row again waits with it; one that fits but one of them finds its own.
		d.load("care", "R4,9434765919,B801200005001,Ali,Mohamed,,03/04/2010,M,,", "R5,9434765919,,ALI,Mohamed,,03/04/2010,M,,")
		if got := d.groups(); got != "R1+R5 R2 R3+R4" {
			t.Fatalf("after the same row again and one of R1's: %q", got)
		}
		before := d.state()
		d.must(d.write(func(tx *database.Tx) error {
			_, err := d.store.Decide(ctx, tx, s, d.record("R1"), d.record("R2"), identity.Same, "One boy.", "")
			return err
		}))
		if got := d.groups(); got != "R1+R2+R3+R4+R5" {
			t.Fatalf("persons %q, want one", got)
		}
		if _, err := d.store.Rebuild(ctx); err != nil || d.groups() != "R1+R2+R3+R4+R5" {
			t.Errorf("made again: %q (%v)", d.groups(), err)
		}
		changes, err := d.store.Changes(ctx, db.Reader(), s, mustPerson(d, "R1"))
		d.must(err)
		d.must(d.write(func(tx *database.Tx) error {
			return d.store.Undo(ctx, tx, s, changes[len(changes)-1].ID, "Pressed too soon.")
		}))
		if after := d.state(); after != before {
			t.Errorf("after taking it back:\n%s\nwant\n%s", after, before)
		}
	})
}

func TestSplit(t *testing.T) {
	ctx := context.Background()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		d := newDesk(t, db)
		s := member("care")
		same := ",,,Smith,Ben,,05/06/2011,M,,"
		d.load("care", "R1"+same, "R2"+same, "R3"+same, "R4"+same)
		before := d.state()
		p := mustPerson(d, "R1")
		split := func(refs ...string) error {
			ids := make([]string, len(refs))
			for i, r := range refs {
				ids[i] = d.record(r)
			}
			return d.write(func(tx *database.Tx) error { return d.store.Split(ctx, tx, s, p, ids, "Two boys of one name.") })
		}
		if err := split("R1", "R2", "R3", "R4"); fault.KindOf(err) != fault.Invalid {
			t.Errorf("splitting everything off: %v", err)
		}
		d.must(split("R3", "R4"))
		if got := d.groups(); got != "R1+R2 R3+R4" {
			t.Fatalf("persons %q", got)
		}
		if mustPerson(d, "R1") != p {
			t.Error("the part with the oldest record did not keep its id")
		}
		if _, err := d.store.Rebuild(ctx); err != nil || d.groups() != "R1+R2 R3+R4" {
			t.Errorf("a run did not keep to the split: %q (%v)", d.groups(), err)
		}
		changes, err := d.store.Changes(ctx, db.Reader(), s, p)
		d.must(err)
		d.must(d.write(func(tx *database.Tx) error { return d.store.Undo(ctx, tx, s, changes[0].ID, "One boy after all.") }))
		places := func(state string) string { _, after, _ := strings.Cut(state, "--"); return after }
		if after := d.state(); places(after) != places(before) {
			t.Errorf("after taking the split back:\n%s\nwant\n%s", after, before)
		}
		if _, err := d.store.Rebuild(ctx); err != nil || d.groups() != "R1+R2+R3+R4" {
			t.Errorf("then a run: %q (%v)", d.groups(), err)
		}
	})
}

// Whatever is merged and un-merged, in whatever order is allowed, what is left when all is taken back is what was there.
// On PostgreSQL each night.
func TestMergesUndoneLeaveNoTrace(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { mergesUndone(t, databasetest.SQLite) })
	t.Run("postgres", func(t *testing.T) {
		if os.Getenv("LANTERN_NIGHTLY") == "" {
			t.Skip("a database for each of a hundred cases: nightly")
		}
		mergesUndone(t, databasetest.PostgreSQL)
	})
}

func mergesUndone(t *testing.T, open func(testing.TB) *database.DB) {
	t.Helper()
	ctx := context.Background()
	s := member("care")
	rapid.Check(t, func(rt *rapid.T) {
		db := open(t)
		d := newDesk(t, db)
		var rows []string
		n := rapid.IntRange(3, 7).Draw(rt, "records")
		for i := range n {
			rows = append(rows, fmt.Sprintf("R%d,,,Name%c,Child,,0%d/03/2010,M,,", i, 'a'+i%5, 1+i%5))
		}
		d.load("care", rows...)
		before := d.state()
		var merges []string
		for range rapid.IntRange(1, 10).Draw(rt, "steps") {
			if len(merges) > 0 && rapid.Bool().Draw(rt, "undo") {
				i := rapid.IntRange(0, len(merges)-1).Draw(rt, "which")
				err := d.write(func(tx *database.Tx) error { return d.store.Undo(ctx, tx, s, merges[i], "No.") })
				if err == nil {
					merges = slices.Delete(merges, i, i+1)
				} else if fault.KindOf(err) != fault.Conflict {
					rt.Fatalf("undo: %v", err)
				}
				continue
			}
			a, b := rapid.IntRange(0, n-1).Draw(rt, "a"), rapid.IntRange(0, n-1).Draw(rt, "b")
			ra, rb := d.record(fmt.Sprintf("R%d", a)), d.record(fmt.Sprintf("R%d", b))
			pa, _ := d.store.PersonOf(ctx, db.Reader(), ra)
			pb, _ := d.store.PersonOf(ctx, db.Reader(), rb)
			if pa == pb {
				continue
			}
			d.must(d.write(func(tx *database.Tx) error {
				_, err := d.store.Decide(ctx, tx, s, ra, rb, identity.Same, "Yes.", "")
				return err
			}))
			last, err := database.One(ctx, db.Reader(), database.Value[string], "SELECT max(id) FROM person_event WHERE kind = 'merged'")
			d.must(err)
			merges = append(merges, last)
		}
		if _, err := d.store.Rebuild(ctx); err != nil {
			rt.Fatal(err)
		}
		for len(merges) > 0 { // newest first is always allowed
			d.must(d.write(func(tx *database.Tx) error { return d.store.Undo(ctx, tx, s, merges[len(merges)-1], "No.") }))
			merges = merges[:len(merges)-1]
		}
		// The run between may have raised questions of its own; what was there is as it was.
		places, items, _ := strings.Cut(d.state(), "--\n")
		after := places + "--\n"
		for line := range strings.Lines(items) {
			if !strings.HasSuffix(line, "|waiting\n") || strings.Contains(before, line) {
				after += line
			}
		}
		if after != before {
			rt.Fatalf("left over:\n%s\nwas\n%s", after, before)
		}
	})
}

// A thousand merges and un-merges at random: each un-merge leaves every row that says who is who as it was before its merge. The ordinary
// run does some of them.
func TestEveryUnmergeRestoresEveryRow(t *testing.T) {
	n := 60
	if os.Getenv("LANTERN_NIGHTLY") != "" {
		n = 1000
	}
	ctx := context.Background()
	s := member("care")
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		d := newDesk(t, db)
		rng := rand.New(rand.NewPCG(7, 11)) //nolint:gosec // a test's own
		rows, refs := []string{}, []string{}
		for i := range 40 {
			refs = append(refs, fmt.Sprintf("R%d", i))
			rows = append(rows, fmt.Sprintf("R%d,,,%s,%s,,%02d/%02d/20%02d,M,,", i, syllables(rng, 3), syllables(rng, 2), 1+rng.IntN(28), 2+rng.IntN(10), 5+rng.IntN(8)))
		}
		d.load("care", rows...)
		type step struct{ event, before string }
		var done []step
		merges := 0
		for merges < n || len(done) > 0 {
			if merges < n && (len(done) == 0 || rng.IntN(2) == 0) {
				a, b := d.record(refs[rng.IntN(len(refs))]), d.record(refs[rng.IntN(len(refs))])
				pa, err := d.store.PersonOf(ctx, db.Reader(), a)
				d.must(err)
				pb, err := d.store.PersonOf(ctx, db.Reader(), b)
				d.must(err)
				if pa == pb {
					if len(done) == 0 {
						continue
					}
				} else {
					before := d.state()
					err := d.write(func(tx *database.Tx) error {
						_, err := d.store.Decide(ctx, tx, s, a, b, identity.Same, "One.", "")
						return err
					})
					if fault.KindOf(err) == fault.Conflict { // parted before, somewhere between the two
						continue
					}
					d.must(err)
					last, err := database.One(ctx, db.Reader(), database.Value[string], "SELECT max(id) FROM person_event WHERE kind = 'merged'")
					d.must(err)
					done = append(done, step{last, before})
					merges++
					continue
				}
			}
			last := done[len(done)-1]
			done = done[:len(done)-1]
			d.must(d.write(func(tx *database.Tx) error { return d.store.Undo(ctx, tx, s, last.event, "Two.") }))
			if after := d.state(); after != last.before {
				t.Fatalf("after un-merging (%d merges so far):\n%s\nwant\n%s", merges, after, last.before)
			}
		}
	})
}
