package identity_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/identity"
	"lantern.example/lantern/internal/search"
)

func TestACorrectionTakesTheRecordsPlaceAndOverwritesNothing(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := context.Background()
		d := newDesk(t, db)
		// Two records of one person by NHS number, and one that somebody said is the same.
		d.load("care", "C1,9434765919,,Merrow,Kai,Before,01/02/2011,M,1 Made Up Street,ZZ1 1AA")
		d.load("school", "S1,9434765919,,Merrow,Kai,,01/02/2011,M,,", "S2,,,Merow,Kye,,,M,,")
		care := member("care", access.Permit{Agreement: "X", Owners: []string{"school"}, Classes: []access.Class{access.Identity, access.Contact}})
		c1, s1, s2 := d.record("C1"), d.record("S1"), d.record("S2")
		d.must(d.write(func(tx *database.Tx) error {
			_, err := d.store.Decide(ctx, tx, care, c1, s2, identity.Same, "met him", "both rows")
			return err
		}))
		if d.groups() != "C1+S1+S2" {
			t.Fatalf("before: %s", d.groups())
		}
		person := mustPerson(d, "C1")
		followed := ""
		d.store.Follow(func(_ context.Context, _ *database.Tx, old, fresh string) error {
			followed = old + " " + fresh
			return nil
		})

		correct := func(by access.Scope, record string, ver int64, values map[string]string, why string) (fresh string, changed []string, err error) {
			err = d.write(func(tx *database.Tx) error {
				var p string
				fresh, p, changed, err = d.store.Correct(ctx, tx, by, record, ver, values, why)
				if err == nil && p != person {
					t.Errorf("the correction is of person %s, want %s", p, person)
				}
				return err
			})
			return fresh, changed, err
		}
		for name, c := range map[string]struct {
			by     access.Scope
			record string
			values map[string]string
			want   fault.Kind
		}{
			"another agency's record":           {member("school"), c1, map[string]string{"born": "2011-02-02"}, fault.NotFound},
			"one that it may read under a deal": {care, s1, map[string]string{"born": "2011-02-02"}, fault.NotFound},
			"a day that is none":                {care, c1, map[string]string{"born": "2011-02-30"}, fault.Invalid},
			"a day to come":                     {care, c1, map[string]string{"born": "2031-02-01"}, fault.Invalid},
			"nothing changed":                   {care, c1, map[string]string{"born": "2011-02-01"}, fault.Invalid},
			"a part that it has not":            {care, c1, map[string]string{"name-9-surname": "X"}, fault.NotFound},
			"a former name, closed to the role": {care, c1, map[string]string{"name-1-surname": "X"}, fault.NotFound},
		} {
			if _, _, err := correct(c.by, c.record, 1, c.values, "because"); !fault.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", name, err, c.want)
			}
		}
		if _, _, err := correct(care, c1, 1, map[string]string{"born": "2011-02-02"}, " "); !fault.Is(err, fault.Invalid) {
			t.Errorf("without a reason: %v", err)
		}
		if _, _, err := correct(care, c1, 7, map[string]string{"born": "2011-02-02"}, "x"); !fault.Is(err, fault.Conflict) {
			t.Errorf("over another version: %v", err)
		}
		fresh, changed, err := correct(care, c1, 1, map[string]string{"born": "2010-12-31", "name-0-surname": "Merrowe", "number-1": "", "address-0-place": "2 Other Street"}, "he brought his passport")
		if err != nil || !slices.Equal(changed, []string{"date of birth", "name", "reference number", "address"}) {
			t.Fatalf("%v changed, %v", changed, err)
		}
		if followed != c1+" "+fresh {
			t.Errorf("followers heard %q", followed)
		}
		got, err := d.store.Records(ctx, db.Reader(), care, []string{fresh, c1})
		if err != nil || len(got) != 1 {
			t.Fatalf("%d records are read, want the new one alone (%v)", len(got), err)
		}
		r := got[0]
		if r.Born != "2010-12-31" || r.BornPrecision != "day" || r.Title() != "Kai Merrowe" || r.Addresses[0].Place != "2 Other Street" || r.Addresses[0].Postcode != "ZZ1 1AA" || r.Person != person || !strings.HasSuffix(r.SourceRef, "row 2, corrected") {
			t.Errorf("the new record is %+v", r)
		}
		// The old one stays whole, with the partner's row, for whoever owns it.
		old, err := database.One(ctx, db.Reader(), database.Value[string], "SELECT born || ' ' || superseded_by || ' ' || CASE WHEN cells <> '' THEN 'row' ELSE '' END FROM source_record WHERE id = $1", c1)
		if err != nil || old != "2011-02-01 "+fresh+" row" {
			t.Errorf("the old record is %q (%v)", old, err)
		}
		if before, err := d.store.Before(ctx, db.Reader(), care, fresh); err != nil || len(before) != 1 || before[0].ID != c1 {
			t.Errorf("its own agency finds before it %+v (%v)", before, err)
		}
		if before, err := d.store.Before(ctx, db.Reader(), member("school", access.Permit{Agreement: "X", Owners: []string{"care"}, Classes: []access.Class{access.Identity}}), fresh); err != nil || len(before) != 0 {
			t.Errorf("another agency finds before it %+v (%v)", before, err)
		}
		// The former name went over unseen; it is still there for those who may read it.
		n, err := database.One(ctx, db.Reader(), database.Value[int], "SELECT count(*) FROM source_name WHERE record_id = $1 AND class = 'former-name'", fresh)
		if err != nil || n != 1 {
			t.Errorf("%d former names, want 1 (%v)", n, err)
		}
		// It is found as it now is and not as it was, stays with its person, and a run changes nothing.
		hits, _, err := search.NewIndex().Find(ctx, db.Reader(), member("care"), search.Query{Words: []string{"kai", "merrowe"}, Born: "2010-12-31"})
		if err != nil || len(hits) != 1 || hits[0].RecordID != fresh || !hits[0].Exact {
			t.Errorf("looked for as it is, found %+v (%v)", hits, err)
		}
		for _, table := range []string{"search_name", "record_key", "person_record"} {
			if n, err := database.One(ctx, db.Reader(), database.Value[int], "SELECT count(*) FROM "+table+" WHERE record_id = $1", c1); err != nil || n != 0 {
				t.Errorf("%s has %d rows of the old record (%v)", table, n, err)
			}
		}
		if _, err := d.store.Rebuild(ctx); err != nil {
			t.Fatal(err)
		}
		if p, err := d.store.PersonOf(ctx, db.Reader(), fresh); err != nil || p != person {
			t.Errorf("after a run it is with %s, want %s (%v)", p, person, err)
		}
		for _, other := range []string{s1, s2} {
			if p, err := d.store.PersonOf(ctx, db.Reader(), other); err != nil || p != person {
				t.Errorf("after a run %s is with %s, want %s (%v)", other, p, person, err)
			}
		}
		// A second correction of the same record, over the newest.
		again, _, err := correct(care, fresh, 1, map[string]string{"sex": "female"}, "asked")
		if err != nil {
			t.Fatal(err)
		}
		if before, err := d.store.Before(ctx, db.Reader(), care, again); err != nil || len(before) != 2 {
			t.Errorf("%d versions before, want 2 (%v)", len(before), err)
		}
	})
}
