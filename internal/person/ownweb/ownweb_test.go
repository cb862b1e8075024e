package ownweb_test

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/app/apptest"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/intake"
	"lantern.example/lantern/internal/web/webtest"
)

func TestTemplates(t *testing.T) { webtest.CheckTemplates(t, "internal/person/ownweb/") }

func load(t *testing.T, l *apptest.Lantern, agency string, rows ...string) {
	t.Helper()
	ctx := context.Background()
	b := []byte("Child ID,NHS number,Surname,Forename,Former name,Date of birth,Gender,Address,Postcode\n" + strings.Join(rows, "\n") + "\n")
	x, err := l.Intake.Load(ctx, access.Scope{Account: "loader", Agency: agency, Purpose: access.Safeguarding}, intake.Input{Name: "people.csv", File: bytes.NewReader(b), Size: int64(len(b)), Agency: agency, Basis: "own", Identified: true, Profile: "people"})
	if err == nil {
		_, err = l.Identity.Link(ctx, x.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func personOf(t *testing.T, l *apptest.Lantern, reference string) string {
	t.Helper()
	id, err := database.One(context.Background(), l.DB.Reader(), database.Value[string], "SELECT p.person_id FROM person_record p JOIN source_identifier i ON i.record_id = p.record_id WHERE i.value = $1", reference)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestAYoungPersonReadsWhatIsHeldAndPutsItRight(t *testing.T) {
	l := apptest.New(t)
	ctx := context.Background()
	load(t, l, "care", "C1,9434765919,Merrow,Kai,Refuge Name,01/02/2011,M,1 Made Up Street,ZZ1 1AA", "C2,,Hollow,Jay,,03/04/2009,M,9 Other Street,ZZ9 9ZZ")
	load(t, l, "school", "S1,9434765919,Merrow,Kai,,01/02/2011,M,,")
	kai, jay := personOf(t, l, "C1"), personOf(t, l, "C2")
	account := l.Cast[apptest.Address(access.Subject, "care")]
	young := l.SignIn(access.Subject, "care")
	young.Get("/").Want(http.StatusOK).Has("Nothing that can be shown here is linked to you")
	if err := l.DB.Write(ctx, func(tx *database.Tx) error { return l.App.Accounts.SetPerson(ctx, tx, account.ID, kai) }); err != nil {
		t.Fatal(err)
	}
	// Two workers look: one of the own team, one of the school.
	l.SignIn(access.Practitioner, "care").Get("/people/" + kai).Want(http.StatusOK)
	l.SignIn(access.Practitioner, "school").Get("/people/" + kai).Want(http.StatusOK)
	p := young.Get("/").Want(http.StatusOK).Has("This is what is held about you, who has seen it, and how to correct it.").
		Has("Kai Merrow").Has("1 February 2011").Has("1 Made Up Street").Has("Who can read it").Has("Read by: Test care, Test school, who hold it.Not read by: Test council, Test police").Has("Where you live or have livedRead by: Test care, who holds it.").Has("Safeguarding").Has("Test practitioner")
	for _, never := range []string{"Refuge", "Jay", "Hollow", "Other Street"} {
		if strings.Contains(p.Body, never) {
			t.Errorf("the page shows %q", never)
		}
	}
	rows := p.Doc.Find("table tbody tr")
	if rows.Length() != 2 {
		t.Fatalf("%d looks are shown, want the two workers' and not their own", rows.Length())
	}
	rows.Each(func(_ int, s *selection) {
		if text := s.Text(); strings.Contains(text, "Test school") && strings.Contains(text, "Test practitioner") {
			t.Errorf("the name of another team's worker is shown: %s", text)
		}
	})
	// No way to anybody: not through the workers' pages, not through another's id in any address.
	for _, path := range []string{"/people", "/people/" + jay, "/people/" + kai, "/people/" + kai + "/records", "/people/" + kai + "/wish", "/search", "/governance", "/rights", "/own/" + jay, "/work"} {
		young.Get(path).Want(http.StatusNotFound)
	}
	if got := young.Get("/?person=" + jay + "&id=" + jay); strings.Contains(got.Body, "Hollow") || !strings.Contains(got.Body, "Kai Merrow") {
		t.Error("another id in the address changes whose record it is")
	}
	young.Post("/own/ask", url.Values{"form_key": {"019aaaaa-0000-7000-8000-000000000000"}, "kind": {"wrong"}, "words": {"x"}, "person": {jay}}).Want(http.StatusBadRequest)
	l.SignIn(access.Practitioner, "care").Get("/own/ask").Want(http.StatusNotFound)

	young.Submit("/own/ask", "/own/ask", url.Values{"words": {"I never lived there."}}).Want(http.StatusUnprocessableEntity).Has("Choose what you want to say")
	young.Submit("/own/ask", "/own/ask", url.Values{"kind": {"wrong"}, "words": {"I never lived there."}}).Want(http.StatusSeeOther)
	young.Get("/").Has("This is wrong").Has("I never lived there.").Has("Answer by 22 December 2026")
	officer := l.SignIn(access.InfoOfficer, "care")
	officer.Get("/work").Want(http.StatusOK).Has("Answer somebody: says something is wrong")
	officer.Get("/rights").Want(http.StatusOK).Has("1 person waits for an answer; none past the last day.")
	path, ok := officer.Get("/rights").Doc.Find(`table a[href^="/rights/"]`).Attr("href")
	if !ok {
		t.Fatal("the desk does not lead to the request")
	}
	officer.Get(path).Want(http.StatusOK).Has("I never lived there.").Has("Test care, Test school")
	for _, c := range []*apptest.Client{l.SignIn(access.InfoOfficer, "school"), l.SignIn(access.Manager, "care"), l.SignIn(access.Practitioner, "care"), l.SignIn(access.Subject, "school")} {
		c.Get(path).Want(http.StatusNotFound)
	}
	answer := path + "/answer"
	officer.Submit(answer, answer, url.Values{"reply": {""}, "outcome": {"done"}, "to": {"person"}}).Want(http.StatusUnprocessableEntity)
	officer.Submit(answer, answer, url.Values{"reply": {"You are right. It is struck out."}, "outcome": {"done"}, "to": {"person"}}).Want(http.StatusSeeOther)
	officer.Get(path).Has("Answered on 22 November 2026")
	young.Get("/").Has("You are right. It is struck out.").Has("Answered")
	if other := l.SignIn(access.Subject, "school").Get("/"); strings.Contains(other.Body, "struck out") || strings.Contains(other.Body, "Merrow") {
		t.Error("another young person sees it")
	}
}
