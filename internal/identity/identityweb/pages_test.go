package identityweb_test

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

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

// A decision is about all the records of two people: they stand beside the pair, as far as the reader may see them, and lead to their pages.
func TestAPairShowsWhatElseItWouldJoin(t *testing.T) {
	l := begin(t)
	l.load("care", "R1,,Ali,Mohamed,,03/04/2010,M,,", "R2,,Aly,Muhammed,,04/04/2010,M,,")
	item := "/links/" + l.one("SELECT id FROM review_item WHERE state = 'waiting'")
	l.load("care", "R3,,Okoro,Ade,,05/06/2011,M,,")
	l.load("school", "S1,,Okafor,Ada,,07/08/2012,F,,")
	c := l.SignIn(access.Practitioner, "care")
	if page := c.Get(item).Want(http.StatusOK); strings.Contains(page.Body, "The other records") {
		t.Error("of two people of one record each other records are shown")
	}
	ctx := context.Background()
	if err := l.DB.Write(ctx, func(tx *database.Tx) error {
		if err := tx.Exec(ctx, "INSERT INTO record_address (record_id, n, class, place, postcode) VALUES ($1, 0, 'contact', '1 Made Up Street', 'ZZ1 1AA'), ($2, 0, 'contact', '', 'ZZ1 1AA')", l.record("R1"), l.record("R2")); err != nil {
			return err
		}
		return tx.Exec(ctx, "UPDATE person_record SET person_id = $1 WHERE record_id IN ($2, $3)", l.person("R2"), l.record("S1"), l.record("R3"))
	}); err != nil {
		t.Fatal(err)
	}
	page := c.Get(item).Want(http.StatusOK).Has("The other records of the two people").Has("Ade Okoro").Has("Same postcode")
	if strings.Contains(page.Body, "Okafor") {
		t.Error("a school's record that is closed to the reader stands among the others")
	}
	at := map[string]string{l.one("SELECT l FROM review_item WHERE id = $1", strings.TrimPrefix(item, "/links/")): "The first", l.one("SELECT r FROM review_item WHERE id = $1", strings.TrimPrefix(item, "/links/")): "The second"}
	page.Has(at[l.record("R2")] + ": Muhammed Aly")
	for _, r := range []string{"R1", "R2"} {
		if page.Doc.Find(`main table a[href="/people/`+l.person(r)+`"]`).Length() != 1 {
			t.Errorf("the name of %s does not lead to the person", r)
		}
	}
}

// The figures by ethnicity stand on the page whether or not there are any, and tell nothing of groups under 200.
func TestQualityByEthnicityTellsNothingOfFew(t *testing.T) {
	l := begin(t)
	l.load("care", "R1,,Ali,Mohamed,,03/04/2010,M,,", "R2,,Ali,Mohamed,,03/04/2010,M,,")
	c := l.SignIn(access.Analyst, "care")
	before := c.Get("/links/quality").Want(http.StatusOK).Has("By ethnicity as people gave it themselves").Has("By ethnicity as an officer saw it").Has("Under 200")
	ctx := context.Background()
	if err := l.DB.Write(ctx, func(tx *database.Tx) error {
		return tx.Exec(ctx, `UPDATE source_record SET ethnicity = '{"s":"A2","o":"IC4"}'`)
	}); err != nil {
		t.Fatal(err)
	}
	r := c.Get("/links/sample").Want(http.StatusSeeOther)
	c.Submit(r.Location, r.Location, url.Values{"verdict": {"same"}}).Want(http.StatusSeeOther)
	after := c.Get("/links/quality").Want(http.StatusOK)
	tables := func(p *apptest.Reply) string {
		return p.Doc.Find("main table").FilterFunction(func(_ int, s *goquery.Selection) bool { return strings.Contains(s.Find("caption").Text(), "ethnicity") }).Text()
	}
	if a, b := tables(before), tables(after); a == "" || a != b {
		t.Errorf("one reviewed pair shows by ethnicity:\n%s\nbefore\n%s", b, a)
	}
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
	if err := l.DB.Write(context.Background(), func(tx *database.Tx) error { // found to be one with somebody since: the action is about that person now
		if err := tx.Exec(context.Background(), "INSERT INTO person (id, created_at, merged_into) VALUES ('11111111-1111-8111-8111-111111111111', 1, '')"); err != nil {
			return err
		}
		if err := tx.Exec(context.Background(), "UPDATE person SET merged_into = '11111111-1111-8111-8111-111111111111' WHERE id = $1", person); err != nil {
			return err
		}
		return tx.Exec(context.Background(), "UPDATE person_record SET person_id = '11111111-1111-8111-8111-111111111111' WHERE person_id = $1", person)
	}); err != nil {
		t.Fatal(err)
	}
	if got := first(); !strings.Contains(got, "Mohamed Ali") || !strings.Contains(got, "Open action") {
		t.Errorf("after the person of the action was found to be another, first stands %q", got)
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

// A record given under a handling condition moves between people only once somebody else has looked, on the pages from end to end.
func TestWhatHasAHandlingConditionIsLookedAtTwice(t *testing.T) {
	l := begin(t)
	l.load("care", "R1,,Ali,Mohamed,,03/04/2010,M,,", "R2,,Aly,Muhammed,,04/04/2010,M,,")
	if err := l.DB.Write(context.Background(), func(tx *database.Tx) error {
		return tx.Exec(context.Background(), "UPDATE source_record SET grade = '2B-C/A1/S2' WHERE id = $1", l.record("R1"))
	}); err != nil {
		t.Fatal(err)
	}
	item := "/links/" + l.one("SELECT id FROM review_item WHERE state = 'waiting'")
	first, second := l.SignIn(access.Practitioner, "care"), l.SignIn(access.Manager, "care")
	first.Get(item).Want(http.StatusOK).Has("takes effect once a second person who may see it agrees")
	first.Submit(item, item, url.Values{"verdict": {"same"}, "why": {"One mother."}}).Want(http.StatusSeeOther)
	if l.person("R1") == l.person("R2") {
		t.Fatal("the decision took effect before a second person looked")
	}
	look := "/links/second/" + l.one("SELECT id FROM link_proposal WHERE state = 'waiting'")
	first.Get("/links").Want(http.StatusOK).Has("Somebody else: you decided")
	if r := first.Submit(look, look, url.Values{"agreed": {"yes"}, "why": {"It is right."}}); r.Status == http.StatusSeeOther || l.person("R1") == l.person("R2") {
		t.Fatalf("whoever decided was the second person too: %d", r.Status)
	}
	l.SignIn(access.Practitioner, "school").Get(look).Want(http.StatusNotFound)
	second.Get("/links").Want(http.StatusOK).Has("You may be the second person")
	second.Submit(look, look, url.Values{"agreed": {"yes"}, "why": {"It is right."}}).Want(http.StatusSeeOther)
	if l.person("R1") != l.person("R2") {
		t.Error("a second person agreed and the two are not one")
	}
}
