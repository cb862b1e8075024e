package identityweb_test

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
	"lantern.example/lantern/internal/work"
)

type lantern struct{ *apptest.Lantern }

func begin(t *testing.T) lantern { t.Helper(); return lantern{apptest.New(t)} }

func (l lantern) load(agency string, rows ...string) {
	l.T.Helper()
	b := []byte("Child ID,NHS number,Surname,Forename,Former name,Date of birth,Gender,Address,Postcode\n" + strings.Join(rows, "\n") + "\n")
	x, err := l.Intake.Load(context.Background(), access.Scope{Account: "loader", Agency: agency, Purpose: access.Safeguarding}, intake.Input{Name: "people.csv", File: bytes.NewReader(b), Size: int64(len(b)), Agency: agency, Basis: "own", Identified: true, Profile: "people"})
	if err == nil {
		_, err = l.Identity.Link(context.Background(), x.ID)
	}
	if err != nil {
		l.T.Fatal(err)
	}
}

func (l lantern) one(query string, args ...any) string {
	l.T.Helper()
	v, err := database.One(context.Background(), l.DB.Reader(), database.Value[string], query, args...)
	if err != nil {
		l.T.Fatal(err)
	}
	return v
}

func (l lantern) record(reference string) string {
	return l.one("SELECT record_id FROM source_identifier WHERE value = $1", reference)
}

func (l lantern) person(reference string) string {
	return l.one("SELECT person_id FROM person_record WHERE record_id = $1", l.record(reference))
}

// audited reports whether the log has a line of the act with these words.
func (l lantern) audited(act, words string) bool {
	l.T.Helper()
	return l.one("SELECT CAST(count(*) AS TEXT) FROM audit_entry WHERE act = $1 AND words LIKE $2", act, "%"+words+"%") != "0"
}

func TestAPairIsDecidedWithItsEvidenceAndTakenBack(t *testing.T) {
	l := begin(t)
	l.load("care", "R1,,Ali,Mohamed,,03/04/2010,M,,", "R2,,Aly,Muhammed,,04/04/2010,M,,")
	c := l.SignIn(access.Practitioner, "care")
	r := c.Get("/links").Want(http.StatusOK).Has("1 pair of records waits").Has("recognised spellings of one name").Has("Last linked")
	item := r.Doc.Find(`main a[href^="/links/"]`).First().AttrOr("href", "")
	page := c.Get(item).Want(http.StatusOK).Has("What the comparison found").Has("Dates of birth differ by one slip").Has("They would be linked if").Has("How much each comparison counts")
	if page.Doc.Find("main details table").Length() != 1 || strings.Index(page.Body, "What the comparison found") > strings.Index(page.Body, `name="verdict"`) {
		t.Error("the numbers are not one click away, or the form stands before the evidence")
	}
	page.Doc.Find("details").Remove()
	if text := page.Doc.Find("main").Text(); strings.Contains(text, " to 1 ") || strings.Contains(text, "bits") {
		t.Error("the odds stand on the page before anybody asks for them")
	}
	l.SignIn(access.Practitioner, "school").Get(item).Want(http.StatusNotFound)
	c.Submit(item, item, url.Values{"verdict": {"same"}}).Want(http.StatusUnprocessableEntity).Has("Enter the reason")
	c.Submit(item, item, url.Values{"verdict": {"same"}, "why": {"His mother confirmed it."}}).Want(http.StatusSeeOther)
	if l.person("R1") != l.person("R2") || !l.audited("combination", "same: ") {
		t.Fatal("the two are not one, or the log does not say so")
	}
	c.Get("/links").Want(http.StatusOK).Has("No record open to you waits")
	l.SignIn(access.Practitioner, "school").Get("/links/decided").Want(http.StatusOK).Has("Nobody has decided anything")
	back := c.Get("/links/decided").Want(http.StatusOK).Has("His mother confirmed it.").Has("It moved records").Doc.Find(`main a[href^="/links/decided/"]`).AttrOr("href", "")
	l.SignIn(access.Practitioner, "school").Get(back).Want(http.StatusNotFound)
	c.Submit(back, back, url.Values{"why": {"It was her cousin."}}).Want(http.StatusSeeOther)
	if l.person("R1") == l.person("R2") || !l.audited("combination", "taken back") {
		t.Error("the decision was not taken back, or the log does not say so")
	}
	c.Get("/links").Want(http.StatusOK).Has("1 pair of records waits")
	c.Get(back).Want(http.StatusNotFound)
}

func TestPeopleWithAnOpenActionComeFirst(t *testing.T) {
	l := begin(t)
	l.load("care", "R1,,Ali,Mohamed,,03/04/2010,M,,", "R2,,Ali,Mohamed,,04/04/2010,M,,", "R3,9434765919,Murphy,Siobhan,,07/08/2012,F,,", "R4,9434765870,Murphy,Siobhan,,07/08/2012,F,,")
	c := l.SignIn(access.Practitioner, "care")
	first := func() string { return c.Get("/links").Want(http.StatusOK).Doc.Find("main tbody tr").First().Text() }
	if got := first(); !strings.Contains(got, "Murphy") {
		t.Errorf("first stands %q, want the numbers that differ", got)
	}
	worker := l.Cast[apptest.Address(access.Practitioner, "care")]
	scope, err := l.Accounts.Scope(context.Background(), worker, access.Safeguarding)
	if err != nil {
		t.Fatal(err)
	}
	person := l.person("R1")
	if err := l.DB.Write(context.Background(), func(tx *database.Tx) error {
		_, err := l.Work.Add(context.Background(), tx, scope, work.New{Title: "See him", Why: "Seen at the gate.", Subject: work.Ref{Kind: "person", ID: person}, Assignee: worker.ID, DueOn: "2026-12-01"})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if got := first(); !strings.Contains(got, "Mohamed Ali") || !strings.Contains(got, "Open action") {
		t.Errorf("first stands %q, want whom there is an action about", got)
	}
}

func TestTheSecondPersonOnThePages(t *testing.T) {
	l := begin(t)
	l.load("care", "R1,,Ali,Mohamed,,03/04/2010,M,,", "R2,,Ali,Mohamed,,04/04/2010,M,,")
	record := l.record("R1")
	if err := l.DB.Write(context.Background(), func(tx *database.Tx) error {
		return tx.Exec(context.Background(), "UPDATE source_record SET restricted = TRUE WHERE id = $1", record)
	}); err != nil {
		t.Fatal(err)
	}
	c := l.SignIn(access.Practitioner, "care")
	c.Get("/links").Want(http.StatusOK).Has("No record open to you waits") // restricted, and nobody's panel has it
	item := "/links/" + l.one("SELECT id FROM review_item WHERE state = 'waiting'")
	c.Get(item).Want(http.StatusNotFound)
	c.Post(item, url.Values{"verdict": {"same"}, "why": {"x"}, "form_key": {"00000000-0000-0000-0000-000000000000"}}).Want(http.StatusNotFound)
}

func TestTheSampleIsBlindAndTheQualityRefusesFewPairs(t *testing.T) {
	l := begin(t)
	l.load("care", "R1,,Ali,Mohamed,,03/04/2010,M,,", "R2,,Ali,Mohamed,,03/04/2010,M,,")
	c := l.SignIn(access.Analyst, "care")
	c.Get("/links/quality").Want(http.StatusOK).Has("We cannot say yet how good the linking is: 0 pairs of the sample reviewed, and 200 are needed.").Has("Within the agency").Has("1 pair of the sample waits")
	r := c.Get("/links/sample").Want(http.StatusSeeOther)
	page := c.Get(r.Location).Want(http.StatusOK).Has("whether the two are linked is not shown")
	for _, never := range []string{"What the comparison found", "The numbers", "Speaks for"} {
		if strings.Contains(page.Body, never) {
			t.Errorf("the blind look shows %q", never)
		}
	}
	l.SignIn(access.Analyst, "school").Get(r.Location).Want(http.StatusNotFound)
	c.Submit(r.Location, r.Location, url.Values{"verdict": {"different"}}).Want(http.StatusSeeOther)
	if l.person("R1") != l.person("R2") {
		t.Error("a look at the sample moved a record")
	}
	c.Get("/links/sample").Want(http.StatusSeeOther)
	c.Get("/links/quality").Want(http.StatusOK).Has("Not shown: 1 reviewed, 200 are needed").Has("0 pairs of the sample wait")
	c.Get("/links?about=sample").Want(http.StatusOK).Has("not knowing that, found them to be different people")
}
