package app_test

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/app/apptest"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/intake"
)

// child loads one child's record for an agency and says which person it became.
func child(l *apptest.Lantern, agency, reference, name string) string {
	l.T.Helper()
	ctx := context.Background()
	b := []byte("Child ID,NHS number,Surname,Forename,Former name,Date of birth,Gender,Address,Postcode\n" + reference + ",," + name + ",Ade,,01/02/2009,M,1 Made Up Street,ZZ1 1AA\n")
	scope := access.Scope{Account: "loader", Agency: agency, Purpose: access.Safeguarding}
	x, err := l.Intake.Load(ctx, scope, intake.Input{Name: "people.csv", File: bytes.NewReader(b), Size: int64(len(b)), Agency: agency, Basis: "own", Identified: true, Profile: "people"})
	if err != nil {
		l.T.Fatal(err)
	}
	if _, err := l.Identity.Link(ctx, x.ID); err != nil {
		l.T.Fatal(err)
	}
	record, err := database.One(ctx, l.DB.Reader(), database.Value[string], "SELECT record_id FROM source_identifier WHERE value = $1", reference)
	if err != nil {
		l.T.Fatal(err)
	}
	id, err := l.Identity.PersonOf(ctx, l.DB.Reader(), record)
	if err != nil {
		l.T.Fatal(err)
	}
	return id
}

// If the log cannot be written, data is not shown: through the pages, on both engines. Broken glass alone goes on, from the sealed journal, and the
// lines are in the log once it can be written again.
func TestWithoutTheLogNothingIsShownButThroughBrokenGlass(t *testing.T) {
	for engine, start := range map[string]func(t *testing.T) *apptest.Lantern{
		"sqlite":   func(t *testing.T) *apptest.Lantern { return apptest.New(t) },
		"postgres": func(t *testing.T) *apptest.Lantern { return apptest.On(t, databasetest.PostgreSQLAddress(t)) },
	} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			ctx := context.Background()
			l := start(t)
			p := child(l, "care", "R1", "Okoro")
			exec := func(statement string) {
				t.Helper()
				if err := l.DB.Write(ctx, func(tx *database.Tx) error { return tx.Exec(ctx, statement) }); err != nil {
					t.Fatal(err)
				}
			}
			own, police, school := l.SignIn(access.Practitioner, "care"), l.SignIn(access.Practitioner, "police"), l.SignIn(access.SchoolLead, "school")
			own.Get("/people/" + p).Want(http.StatusOK).Has("Okoro")
			police.Get("/people/" + p).Want(http.StatusNotFound)
			exec("ALTER TABLE audit_entry RENAME TO audit_entry_away")
			for _, path := range []string{"/people/" + p, "/people/" + p + "/records", "/people?show=month"} {
				r := own.Get(path).Want(http.StatusServiceUnavailable)
				if strings.Contains(r.Body, "Okoro") {
					t.Errorf("%s shows a name although its line could not be written", path)
				}
			}
			if r := own.Submit("/search", "/search", url.Values{"q": {"Okoro"}}).Want(http.StatusServiceUnavailable); strings.Contains(r.Text("main"), "Ade") {
				t.Error("a search shows a name although its line could not be written")
			}
			if r := school.Get("/break-glass").Want(http.StatusOK); r.Doc.Find("form[action='/break-glass']").Length() > 0 {
				t.Error("a school lead is offered to break the glass")
			}
			police.Submit("/break-glass", "/break-glass", url.Values{"why": {""}}).Want(http.StatusUnprocessableEntity).Has("Say why it cannot wait")
			// Six minutes after signing in they are asked again who they are.
			l.Now.Advance(6 * time.Minute)
			if r := police.Submit("/break-glass", "/break-glass", url.Values{"why": {"He is on the roof."}}); r.Status == http.StatusSeeOther {
				t.Error("the glass broke without asking again who it is")
			}
			police.Get("/people/" + p).Want(http.StatusNotFound)
			police.Submit("/confirm?next=/break-glass", "/confirm", url.Values{"password": {apptest.Password}}).Want(http.StatusSeeOther)
			police.Submit("/break-glass", "/break-glass", url.Values{"why": {"He is on the roof."}}).Want(http.StatusSeeOther)
			r := police.Get("/people/" + p).Want(http.StatusOK).Has("Okoro").Has("only because you broke the glass")
			if !strings.Contains(r.Text(".lantern-glass"), "Your glass is broken until") {
				t.Error("no banner says that the glass is broken")
			}
			own.Get("/people/" + p).Want(http.StatusServiceUnavailable)
			sealed, err := os.ReadFile(filepath.Join(l.Config.Data, "journal", "sealed.txt"))
			if err != nil || len(sealed) == 0 || bytes.Contains(sealed, []byte("roof")) {
				t.Fatalf("the sealed journal: %q (%v)", sealed, err)
			}
			exec("ALTER TABLE audit_entry_away RENAME TO audit_entry")
			if n, err := l.Glasses.Replay(ctx, l.DB); err != nil || n != 2 {
				t.Fatalf("replayed %d (%v), want the breaking and one page", n, err)
			}
			own.Get("/people/" + p).Want(http.StatusOK)
			list, err := l.Glasses.List(ctx, l.DB.Reader(), access.Scope{Account: l.Cast[apptest.Address(access.Practitioner, "police")].ID, Agency: "police", Role: access.Practitioner})
			if err != nil || len(list) != 1 || !list[0].Sealed {
				t.Fatalf("the glass: %+v (%v)", list, err)
			}
			officer := l.SignIn(access.InfoOfficer, "police")
			officer.Get("/work").Want(http.StatusOK).Has("Look at a glass that was broken")
			at := "/break-glass/" + list[0].ID
			officer.Get(at).Want(http.StatusOK).Has("opened 1 page").Has("sealed journal").Has("He is on the roof.")
			own.Get(at).Want(http.StatusNotFound)
			if police.Get(at).Want(http.StatusOK).Doc.Find("form[action$='/look']").Length() > 0 {
				t.Error("whoever broke the glass is asked whether it was right")
			}
			officer.Submit(at, at+"/look", url.Values{"verdict": {"right"}, "words": {"He was on the roof."}}).Want(http.StatusSeeOther)
			officer.Get("/governance").Want(http.StatusOK).Has("Glass was broken once in the last 28 days; a second person has looked at every one.")
			police.Submit("/break-glass", "/break-glass/end", nil).Want(http.StatusSeeOther)
			police.Get("/people/" + p).Want(http.StatusNotFound)
			l.SignIn(access.InfoOfficer, "care").Get("/governance/looked").Want(http.StatusOK).Has("break-glass " + list[0].ID)
		})
	}
}
