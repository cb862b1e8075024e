package app_test

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/app/apptest"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/identity"
	"lantern.example/lantern/internal/intake"
)

// Two people of one name, one harmed and one suspected: whatever is decided of them, the parts they had stay with the records that say so,
// and un-merged neither has anything of the other's.
func TestRolesStayWithTheirRecords(t *testing.T) {
	l := apptest.New(t)
	ctx := context.Background()
	scope := access.Scope{Account: "test", Agency: "police", Role: access.Practitioner, Purpose: access.Safeguarding}
	csv := "Nominal No,Surname,Forename,DOB,Sex,Role,Occurrence No,Offence,Offence Date\n" +
		"N1,MERROW,Kai,03/04/2010,M,Victim,O1,Robbery,01/09/2026 15:00\n" +
		"N2,MERROW,Kai,24/11/2008,M,Suspect,O2,Possession of a knife,02/09/2026 16:00\n"
	x, err := l.Intake.Load(ctx, scope, intake.Input{Name: "persons_by_role.csv", File: bytes.NewReader([]byte(csv)), Size: int64(len(csv)), Agency: "police", Basis: "own", Identified: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Identity.Link(ctx, x.ID); err != nil {
		t.Fatal(err)
	}
	record := func(number string) string {
		t.Helper()
		id, err := database.One(ctx, l.DB.Reader(), database.Value[string], "SELECT record_id FROM source_identifier WHERE value = $1", number)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	roles := func() string {
		t.Helper()
		rows, err := database.Collect(ctx, l.DB.Reader(), database.Value[string], "SELECT record_id || ' ' || event_id || ' ' || role FROM event_role ORDER BY id")
		if err != nil || len(rows) != 2 {
			t.Fatalf("%d roles (%v), want 2", len(rows), err)
		}
		return strings.Join(rows, "\n")
	}
	n1, n2 := record("N1"), record("N2")
	before := roles()
	if !strings.Contains(before, n1) || !strings.Contains(before, "victim") || !strings.Contains(before, "suspect") {
		t.Fatalf("the roles are %q", before)
	}
	if err := l.DB.Write(ctx, func(tx *database.Tx) error {
		_, err := l.Identity.Decide(ctx, tx, scope, n1, n2, identity.Same, "One name in one force.", "both")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	person, err := l.Identity.PersonOf(ctx, l.DB.Reader(), n1)
	if err != nil {
		t.Fatal(err)
	}
	if roles() != before {
		t.Errorf("the merge moved a part in an event:\n%s\nwant\n%s", roles(), before)
	}
	l.Now.Advance(time.Minute)
	worker := l.SignIn(access.Practitioner, "police")
	worker.Get("/people/" + person).Want(http.StatusOK).Has("Robbery").Has("Possession of a knife")
	l.Now.Advance(time.Minute)
	changes, err := l.Identity.Changes(ctx, l.DB.Reader(), scope, person)
	if err != nil || len(changes) != 1 {
		t.Fatalf("%d changes (%v)", len(changes), err)
	}
	if err := l.DB.Write(ctx, func(tx *database.Tx) error { return l.Identity.Unmerge(ctx, tx, scope, changes[0].ID, "Two boys.") }); err != nil {
		t.Fatal(err)
	}
	if roles() != before {
		t.Errorf("the un-merge moved a part in an event")
	}
	for _, c := range []struct{ record, has, never string }{{n1, "Robbery", "Possession of a knife"}, {n2, "Possession of a knife", "Robbery"}} {
		p, err := l.Identity.PersonOf(ctx, l.DB.Reader(), c.record)
		if err != nil {
			t.Fatal(err)
		}
		if page := worker.Get("/people/" + p).Want(http.StatusOK).Has(c.has); strings.Contains(page.Body, c.never) {
			t.Errorf("after the un-merge the page of one still says %q, which is the other's", c.never)
		}
	}
	// Whoever was shown the two as one is found: the worker who looked.
	worker.Get("/people/" + person + "/undone/" + changes[0].ID).Want(http.StatusOK).Has("In that time both were shown to 1 person")
}
