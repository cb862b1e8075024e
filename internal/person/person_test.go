package person_test

import (
	"bytes"
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
	"lantern.example/lantern/internal/identity"
	"lantern.example/lantern/internal/intake"
	"lantern.example/lantern/internal/person"
	"lantern.example/lantern/internal/search"
)

type noJobs struct{}

func (noJobs) Enqueue(context.Context, *database.Tx, string, any) error { return nil }

type desk struct {
	*testing.T
	db      *database.DB
	records *identity.Store
	people  *person.Store
	loads   *intake.Store
}

func newDesk(t *testing.T, db *database.DB) *desk {
	t.Helper()
	now := clock.At(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
	ids, x := clock.NewIDs(now, nil), search.NewIndex()
	d := &desk{T: t, db: db, records: identity.NewStore(db, now, ids, audit.NewLog(now, ids), x)}
	d.people = person.NewStore(now, d.records, x)
	d.loads = intake.NewStore(db, now, ids, noJobs{}, func(context.Context, *database.Tx, access.Scope, string, string, string) error { return nil }, d.records)
	return d
}

func (d *desk) load(agency string, rows ...string) {
	d.Helper()
	b := []byte("Child ID,NHS number,Surname,Forename,Former name,Date of birth,Gender,Address,Postcode\n" + strings.Join(rows, "\n") + "\n")
	l, err := d.loads.Load(context.Background(), member(agency), intake.Input{Name: "people.csv", File: bytes.NewReader(b), Size: int64(len(b)), Agency: agency, Basis: "own", Identified: true, Profile: "people"})
	if err == nil {
		_, err = d.records.Link(context.Background(), l.ID)
	}
	if err != nil {
		d.Fatal(err)
	}
}

func member(agency string, permits ...access.Permit) access.Scope {
	return access.Scope{Account: "a", Agency: agency, Role: access.Practitioner, Purpose: access.Safeguarding, Closed: access.ClosedTo(access.Practitioner), Permits: permits}
}

func TestViewersSeeDifferentPeople(t *testing.T) {
	ctx := context.Background()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		d := newDesk(t, db)
		d.load("care", "R1,9434765919,Okoro,Ade,Adebayo Refuge,01/02/2009,M,1 Made Up Street,ZZ1 1AA")
		d.load("school", "S1,9434765919,Okoroh,Adebayo,,02/02/2009,M,2 Made Up Street,ZZ1 1AB")
		found, err := d.people.Find(ctx, db.Reader(), access.System("test", access.Upkeep), "943 476 5919", 10, 0)
		if err != nil || found.Total != 1 {
			t.Fatalf("%d people have the number (%v), want 1", found.Total, err)
		}
		id := found.Hits[0].ID
		identityOf := func(owner string, more ...access.Class) access.Permit {
			return access.Permit{Agreement: "A", Owners: []string{owner}, Classes: append([]access.Class{access.Identity}, more...)}
		}
		cases := []struct {
			name                 string
			scope                access.Scope
			title                string
			records, names, born int
			places               int
		}{
			{"the council's own", member("care"), "Ade Okoro", 1, 1, 1, 1},
			{"the school's own", member("school"), "Adebayo Okoroh", 1, 1, 1, 1},
			{"the school with the council's identity", member("school", identityOf("care")), "Adebayo Okoroh", 2, 2, 2, 1},
			{"the police with the council's identity and addresses", member("police", identityOf("care", access.Contact)), "Ade Okoro", 1, 1, 1, 1},
		}
		for _, c := range cases {
			p, err := d.people.View(ctx, db.Reader(), c.scope, id)
			if err != nil || p.Title != c.title || len(p.Records) != c.records || len(p.Names) != c.names || len(p.Born) != c.born || len(p.Addresses) != c.places {
				t.Errorf("%s: %v, title %q, %d records, %d names, %d births, %d addresses; want %q %d %d %d %d", c.name, err, p.Title, len(p.Records), len(p.Names), len(p.Born), len(p.Addresses), c.title, c.records, c.names, c.born, c.places)
			}
			if slices.ContainsFunc(p.Names, func(n person.Stated) bool { return strings.Contains(n.Value, "Refuge") }) {
				t.Errorf("%s sees a former name", c.name)
			}
		}
		for _, s := range []access.Scope{member("police"), member("housing", access.Permit{Agreement: "B", Owners: []string{"care"}, Classes: []access.Class{access.Contact}}), {}} {
			if _, err := d.people.View(ctx, db.Reader(), s, id); fault.KindOf(err) != fault.NotFound {
				t.Errorf("agency %q without identity: %v, want as if nobody were there", s.Agency, err)
			}
			for _, q := range []string{"Ade Okoro", "9434765919", "1/2/2009"} {
				if f, err := d.people.Find(ctx, db.Reader(), s, q, 10, 0); err != nil || f.Total != 0 {
					t.Errorf("agency %q finds %d by %q (%v)", s.Agency, f.Total, q, err)
				}
			}
		}
		if people, total, err := d.people.Recent(ctx, db.Reader(), member("school", identityOf("care")), 10, 0); err != nil || total != 1 || len(people) != 1 {
			t.Errorf("added this month: %d (%v), want 1", total, err)
		}
	})
}

func TestAsk(t *testing.T) {
	s := newDesk(t, databasetest.SQLite(t)).people
	cases := []struct {
		text, words, born, numbers string
	}{
		{"Mohamed Ali", "mohamed ali", "", ""},
		{"Ali 12/3/2009", "ali", "2009-03-12", ""},
		{"2009-03-12", "", "2009-03-12", ""},
		{"12 March 2009 O'Brien", "obrien", "2009-03-12", ""},
		{"12 3 2009", "", "2009-03-12", ""},
		{"943 476 5919", "", "", "9434765919 943 476 5919"},
		{"W/0001/26", "", "", "W/0001/26"},
		{"31/02/2009", "", "", "31/02/2009"},
		{"  ", "", "", ""},
	}
	for _, c := range cases {
		a := s.Ask(c.text)
		if strings.Join(a.Words, " ") != c.words || a.Born != c.born || strings.Join(a.Numbers, " ") != c.numbers {
			t.Errorf("Ask(%q) = %q, %q, %q; want %q, %q, %q", c.text, a.Words, a.Born, a.Numbers, c.words, c.born, c.numbers)
		}
	}
}
