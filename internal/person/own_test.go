package person_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/person"
)

func young(id string) access.Scope {
	return access.Scope{Account: "kai", Agency: "charity", Role: access.Subject, Purpose: access.OwnRecord, Person: id, Closed: access.ClosedTo(access.Subject)}
}

// of is the id of the person with a record of this number.
func (d *desk) of(reference string) (record, id string) {
	d.Helper()
	record, err := database.One(context.Background(), d.db.Reader(), database.Value[string], "SELECT record_id FROM source_identifier WHERE value = $1", reference)
	if err == nil {
		id, err = d.records.PersonOf(context.Background(), d.db.Reader(), record)
	}
	if err != nil {
		d.Fatal(err)
	}
	return record, id
}

func TestOnesOwnRecordAndNobodyElses(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := context.Background()
		d := newDesk(t, db)
		d.load("charity", "Y1,9434765919,Merrow,Kai,,01/02/2011,M,,")
		d.load("school", "S1,9434765919,Merrow,Kai,Refuge Name,01/02/2011,M,1 Made Up Street,ZZ1 1AA", "S2,,Merrow,Jay,,03/04/2009,M,1 Made Up Street,ZZ1 1AA")
		d.load("police", "P1,9434765919,Merrow,Kai,,01/02/2011,M,,")
		_, kai := d.of("Y1")
		_, jay := d.of("S2")
		own, err := d.people.Own(ctx, db.Reader(), young(kai))
		if err != nil {
			t.Fatal(err)
		}
		holders := func(o person.Own) []string {
			var out []string
			for _, h := range o.Holdings {
				out = append(out, h.Owner)
			}
			return out
		}
		if got := holders(own); own.ID != kai || len(own.Records) != 3 || !slices.Equal(got, []string{"charity", "police", "school"}) {
			t.Fatalf("own record: %s of %v, %d records; want %s of all three", own.ID, got, len(own.Records), kai)
		}
		school := own.Holdings[2]
		if len(school.Names) != 1 || school.Names[0].Value != "Kai Merrow" || len(school.Addresses) != 1 {
			t.Errorf("the school's part is %+v, want the name and the address and no former name", school)
		}
		// What an owner restricts, and what it calls intelligence, is left out; the rest stands.
		record, _ := d.of("P1")
		if err := db.Write(ctx, func(tx *database.Tx) error { return d.records.Restrict(ctx, tx, member("police"), record, true) }); err != nil {
			t.Fatal(err)
		}
		if own, err = d.people.Own(ctx, db.Reader(), young(kai)); err != nil || !slices.Equal(holders(own), []string{"charity", "school"}) {
			t.Errorf("with the police's record restricted: %v (%v)", holders(own), err)
		}
		if err := db.Write(ctx, func(tx *database.Tx) error {
			return tx.Exec(ctx, "UPDATE source_record SET restricted = FALSE, class = 'intelligence' WHERE id = $1", record)
		}); err != nil {
			t.Fatal(err)
		}
		if own, err = d.people.Own(ctx, db.Reader(), young(kai)); err != nil || slices.Contains(own.Records, record) {
			t.Errorf("an intelligence record is among %v (%v)", own.Records, err)
		}
		// Nobody but the person, and nothing but themselves.
		worker := young(kai)
		worker.Role = access.Practitioner
		purpose := young(kai)
		purpose.Purpose = access.Safeguarding
		for name, s := range map[string]access.Scope{"a worker with a person": worker, "another purpose": purpose, "no person": young(""), "a job": access.System("job", access.OwnRecord), "nobody": {}} {
			if own, err := d.people.Own(ctx, db.Reader(), s); !fault.Is(err, fault.NotFound) || len(own.Records) > 0 {
				t.Errorf("%s reads %v (%v)", name, own.Records, err)
			}
		}
		theirs, err := d.people.Own(ctx, db.Reader(), young(jay))
		if err != nil || slices.ContainsFunc(theirs.Records, func(r string) bool { return slices.Contains(own.Records, r) }) || len(theirs.Records) != 1 {
			t.Errorf("the brother reads %v (%v)", theirs.Records, err)
		}
		if none, err := d.people.Own(ctx, db.Reader(), young("019aaaaa-0000-7000-8000-000000000000")); !fault.Is(err, fault.NotFound) || len(none.Holdings) != 0 {
			t.Errorf("a person who is not there: %+v (%v)", none, err)
		}
		// The page of a person stays closed to them, their own too.
		if _, err := d.people.View(ctx, db.Reader(), young(kai), kai); !fault.Is(err, fault.NotFound) {
			t.Errorf("through the workers' page: %v", err)
		}
		if _, err := d.people.View(ctx, db.Reader(), young(kai), jay); !fault.Is(err, fault.NotFound) {
			t.Errorf("the brother's page: %v", err)
		}
	})
}

func TestWhatAYoungPersonWantsIsReadByWhomTheyChose(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := context.Background()
		now := clock.At(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
		ids := clock.NewIDs(now, nil)
		wishes := person.NewWishes(now, ids, audit.NewLog(now, ids))
		const kai, other = "019aaaaa-0000-7000-8000-000000000001", "019aaaaa-0000-7000-8000-000000000002"
		write := func(by access.Scope, who, words string, readers ...string) error {
			return db.Write(ctx, func(tx *database.Tx) error { _, err := wishes.Write(ctx, tx, by, who, words, readers); return err })
		}
		if err := write(member("charity"), kai, "To be left alone.", "school"); err != nil {
			t.Fatal(err)
		}
		now.Advance(time.Minute)
		if err := write(member("charity"), kai, "To finish college.", "school", "health"); err != nil {
			t.Fatal(err)
		}
		permit := access.Permit{Agreement: "ISA-1", Owners: []string{"charity"}, Classes: []access.Class{access.Support}}
		closed := member("school", permit)
		closed.Closed = []access.Class{access.Support}
		ownScope, ok := access.ForOwnRecord(young(kai), []string{"charity"})
		if !ok {
			t.Fatal("no scope for one's own record")
		}
		newest, err := database.One(ctx, db.Reader(), database.Value[string], "SELECT id FROM person_wish WHERE superseded_at IS NULL")
		if err != nil {
			t.Fatal(err)
		}
		given := func(agency, wish string) access.Scope {
			id := ids.New()
			if err := db.Write(ctx, func(tx *database.Tx) error {
				if err := tx.Exec(ctx, "INSERT INTO disclosure (id, code, owner, recipient, named, shared, basis, purpose, why, told, until_at, by_account, at, review_by, retention_class, review_on) VALUES ($1,$2,'charity',$3,'',TRUE,'life','safeguarding','w','told',9000000000000000,'x',1,'2026-11-23','x','2026-11-23')", id, id, agency); err != nil {
					return err
				}
				return tx.Exec(ctx, "INSERT INTO disclosure_item (disclosure_id, item, item_class) VALUES ($1,$2,'support')", id, wish)
			}); err != nil {
				t.Fatal(err)
			}
			s := member(agency)
			s.Grants = []access.Grant{{ID: id, Code: "OD-1", Items: map[access.Item]bool{{Record: wish, Class: access.Support}: true}}}
			return s
		}
		for _, c := range []struct {
			name  string
			scope access.Scope
			reads bool
		}{
			{"the worker", member("charity"), true},
			{"a named agency under an agreement", member("school", permit), true},
			{"a named agency without one", member("health"), false},
			{"the police under the same agreement, not named", member("police", permit), false},
			{"a role that the class is closed to", closed, false},
			{"themselves", ownScope, true},
			{"the police, to whom exactly this was given", given("police", newest), true},
			{"the police, to whom another was given", given("police", "019aaaaa-0000-7000-8000-00000000dead"), false},
		} {
			got, err := wishes.Of(ctx, db.Reader(), c.scope, kai)
			if err != nil || len(got) > 1 || (len(got) == 1) != c.reads {
				t.Errorf("%s: %d wishes (%v), want read %v", c.name, len(got), err, c.reads)
			}
			if len(got) == 1 && (got[0].Words != "To finish college." || !slices.Equal(got[0].Readers, []string{"health", "school"})) {
				t.Errorf("%s reads %+v, want the newest", c.name, got[0])
			}
		}
		if got, err := wishes.Of(ctx, db.Reader(), ownScope, other); err != nil || len(got) != 0 {
			t.Errorf("somebody else's: %+v (%v)", got, err)
		}
		officer := member("charity")
		officer.Closed = access.ClosedTo(access.InfoOfficer)
		if err := write(officer, kai, "x"); !fault.Is(err, fault.Refused) {
			t.Errorf("an information officer wrote one: %v", err)
		}
		if err := write(member("charity"), kai, "  "); !fault.Is(err, fault.Invalid) {
			t.Errorf("nothing was written down: %v", err)
		}
	})
}
