package rightsweb_test

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/app/apptest"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/intake"
	"lantern.example/lantern/internal/web/webtest"
)

func TestTemplates(t *testing.T) { webtest.CheckTemplates(t, "internal/sharing/rights/rightsweb/") }

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

// Somebody writes a letter: proof, the clock, whose records, a holder asked, a record put right, who had it told, the person's words beside it, the
// answer and the letter.
func TestALetterBecomesAnAnswer(t *testing.T) {
	l := apptest.New(t)
	load(t, l, "care", "C1,9434765919,Merrow,Kai,Refuge Name,01/02/2011,M,1 Made Up Street,ZZ1 1AA", "C2,,Hollow,Jay,,03/04/2009,M,9 Other Street,ZZ9 9ZZ")
	load(t, l, "school", "S1,9434765919,Merrow,Kai,,01/02/2011,M,,")
	kai := personOf(t, l, "C1")
	officer := l.SignIn(access.InfoOfficer, "council")
	officer.Submit("/rights/new", "/rights/new", url.Values{"kind": {"wrong"}}).Want(http.StatusUnprocessableEntity).Has("Write what they ask").Has("Enter the day it came")
	letter := url.Values{"kind": {"wrong"}, "words": {"My birthday is wrong at the school."}, "asker": {"Kai M., 1 Made Up Street"}, "channel": {"letter"}, "received-day": {"20"}, "received-month": {"11"}, "received-year": {"2026"}, "known": {"no"}}
	r := officer.Submit("/rights/new", "/rights/new", letter).Want(http.StatusSeeOther)
	at := r.Location
	officer.Get(at).Want(http.StatusOK).Has("First settle who is asking").Has("My birthday is wrong at the school.").Has("21 December 2026")
	for _, c := range []*apptest.Client{l.SignIn(access.InfoOfficer, "care"), l.SignIn(access.Manager, "council"), l.SignIn(access.Practitioner, "council"), l.SignIn(access.Administrator, "council"), l.SignIn(access.Subject, "council")} {
		for _, path := range []string{"", "/letter", "/proof", "/answer", "/find", "/danger"} {
			c.Get(at + path).Want(http.StatusNotFound)
		}
	}
	officer.Get(at + "/find").Want(http.StatusForbidden)
	officer.Get(at + "/letter").Want(http.StatusForbidden)
	step := func(path string, v url.Values) *apptest.Reply { return officer.Submit(at+"/"+path, at+"/"+path, v) }
	step("proof", url.Values{"words": {"Your worker on the telephone"}}).Want(http.StatusSeeOther)
	officer.Get(at).Has("The clock stands still until they have shown who they are.")
	officer.Get("/rights").Has("Clock stands still")
	l.Now.Advance(3 * 24 * time.Hour)
	officer = l.SignIn(access.InfoOfficer, "council")
	step("seen", url.Values{"words": {"Dele rang"}}).Want(http.StatusSeeOther)
	officer.Get(at).Has("stood still for 3 days").Has("23 December 2026").Has("Look through the records next")
	found := officer.Submit(at+"/find", at+"/find", url.Values{"q": {"Kai Merrow"}}).Want(http.StatusOK).Has("Kai Merrow").Has("Test care, Test school")
	for _, never := range []string{"Refuge", "Made Up", "Hollow"} {
		if strings.Contains(found.Text("main"), never) {
			t.Errorf("the search shows %q", never)
		}
	}
	if got := officer.Submit(at+"/find", at+"/find", url.Values{"q": {"Refuge Name"}}).Want(http.StatusOK); strings.Contains(got.Text("main"), "Merrow") {
		t.Error("a former name leads to the person")
	}
	officer.Post(at+"/found", url.Values{"form_key": {"019aaaaa-0000-7000-8000-000000000001"}, "person": {"019aaaaa-0000-7000-8000-000000000000"}}).Want(http.StatusNotFound)
	officer.Post(at+"/found", url.Values{"form_key": {"019aaaaa-0000-7000-8000-000000000002"}, "person": {kai}}).Want(http.StatusSeeOther)
	officer.Get(at).Has("Test care, Test school")

	step("ask", url.Values{"words": {"Is the date of birth right?"}, "holders": {"school"}}).Want(http.StatusSeeOther)
	step("ask", url.Values{"words": {"Is it?"}, "holders": {"police"}}).Want(http.StatusUnprocessableEntity)
	// The school's worker is asked in the officer's words, and puts its own record right. Somebody else had read it.
	look := func(c *apptest.Client) { c.Get("/people/" + kai).Want(http.StatusNotFound) }
	look(l.SignIn(access.Practitioner, "police"))
	if err := l.DB.Write(context.Background(), func(tx *database.Tx) error {
		return tx.Exec(context.Background(), "INSERT INTO audit_entry (id, at, act, account, agency, purpose, subject_kind, subject, owners, basis, words) VALUES ('x-1', 1, 'consultation', 'x', 'police', 'safeguarding', 'person', $1, 'school care', '', '')", kai)
	}); err != nil {
		t.Fatal(err)
	}
	worker := l.SignIn(access.Practitioner, "school")
	worker.Get("/work").Has("Look at your record of somebody who asks")
	asked := worker.Get(at + "/asked").Want(http.StatusOK).Has("Is the date of birth right?")
	if strings.Contains(asked.Text("main"), "My birthday") {
		t.Error("the holder reads the person's own words")
	}
	l.SignIn(access.Practitioner, "care").Get(at + "/asked").Want(http.StatusNotFound)
	records := worker.Get("/people/" + kai + "/records").Want(http.StatusOK)
	correct, ok := records.Doc.Find(`a[href$="/correct"]`).Attr("href")
	if !ok {
		t.Fatal("the records page leads to no correction")
	}
	l.SignIn(access.Practitioner, "care").Get(correct).Want(http.StatusNotFound)
	l.SignIn(access.InfoOfficer, "school").Get(correct).Want(http.StatusNotFound)
	worker.Submit(correct, correct, url.Values{"born": {"2010-02-01"}}).Want(http.StatusUnprocessableEntity).Has("Write why it is right now")
	worker.Submit(correct, correct, url.Values{"born": {"yesterday"}, "why": {"x"}}).Want(http.StatusUnprocessableEntity).Has("Write the date of birth as year-month-day")
	worker.Submit(correct, correct, url.Values{"born": {"2010-02-01"}, "why": {"His passport."}}).Want(http.StatusSeeOther)
	worker.Get(correct).Want(http.StatusNotFound) // the old record is nobody's to change
	worker.Get("/people/" + kai).Has("1 February 2010")
	worker.Get("/people/" + kai + "/records").Has("Put right 1 time; what stood there is kept")
	worker.Submit(at+"/asked", at+"/asked", url.Values{"found": {"It was 2010."}}).Want(http.StatusSeeOther)
	officer.Get(at).Has("It was 2010.").Has("Date of birth").Has("Test police")
	// The police acknowledge; the officer sees it.
	police := l.SignIn(access.InfoOfficer, "police")
	police.Get("/work").Has("Put a corrected fact right in your own files too")
	police.Get("/corrections").Want(http.StatusOK).Has("1 correction waits for your agency")
	notice, _ := police.Get("/corrections").Doc.Find(`table a[href^="/corrections/"]`).Attr("href")
	l.SignIn(access.InfoOfficer, "care").Get(notice).Want(http.StatusNotFound)
	l.SignIn(access.Administrator, "police").Get(notice).Want(http.StatusNotFound)
	police.Submit(notice, notice, url.Values{"words": {""}}).Want(http.StatusUnprocessableEntity)
	police.Submit(notice, notice, url.Values{"words": {"Changed in our system."}}).Want(http.StatusSeeOther)
	police.Get(notice).Has("Changed in our system.")
	officer.Get(notice).Want(http.StatusOK).Has("Every agency that had received it")
	officer.Post(notice, url.Values{"form_key": {"019aaaaa-0000-7000-8000-000000000009"}, "words": {"me too"}}).Want(http.StatusForbidden)

	// Their words stand beside the fact for who may read it, and for nobody else.
	step("beside", url.Values{"about": {"born"}, "holders": {"school"}}).Want(http.StatusSeeOther)
	worker.Get("/people/" + kai).Has("They say: “My birthday is wrong at the school.”")
	if got := l.SignIn(access.Practitioner, "care").Get("/people/" + kai).Want(http.StatusOK); strings.Contains(got.Text("main"), "My birthday") {
		t.Error("an agency that may not read the school's record reads the comment on it")
	}
	worker.Submit("/people/"+kai+"/told", "/people/"+kai+"/told", url.Values{"told": {"no"}, "words": {"His stepfather reads his post."}, "again-day": {"1"}, "again-month": {"2"}, "again-year": {"2027"}}).Want(http.StatusSeeOther)
	worker.Get("/people/" + kai).Has("not told. His stepfather reads his post. Looked at again on 1 February 2027.")
	worker.Submit("/people/"+kai+"/told", "/people/"+kai+"/told", url.Values{"told": {"yes"}, "words": {"x"}}).Want(http.StatusUnprocessableEntity).Has("Enter the day they were told")
	l.SignIn(access.Practitioner, "police").Get("/people/" + kai + "/told").Want(http.StatusNotFound)

	// Home is the danger: every worker reads it first, and no parent speaks for them.
	step("danger", url.Values{"words": {"He said so."}}).Want(http.StatusSeeOther)
	officer.Get(at).Has("Somebody at home is the danger")
	worker.Get("/people/" + kai).Has("Somebody at home is the danger. Send nothing home")
	step("speaks", url.Values{"advocate": {"Mum"}, "advocate_is": {"parent"}, "authority": {"says so"}}).Want(http.StatusUnprocessableEntity).Has("nobody of the family can speak for them here")
	step("speaks", url.Values{"advocate": {"A. Solicitor"}, "advocate_is": {"solicitor"}, "authority": {"signed note"}, "reach": {"2 Court Row"}}).Want(http.StatusSeeOther)
	step("answer", url.Values{"outcome": {"done"}, "reply": {"Your date of birth is right now."}, "to": {"advocate"}}).Want(http.StatusSeeOther)
	got := officer.Get(at + "/letter").Want(http.StatusOK).Has("A. Solicitor").Has("2 Court Row").Has("You speak for Kai M.").Has("held about them").Has("It reached us on 20 November 2026.").Has("Test school put right its record").
		Has("We told 1 agency that had received it; 1 of them have said").Has("Your date of birth is right now.").Has("Information Commissioner").Has("It took longer than a month (stood still for 3 days).")
	if got.Doc.Find(".lantern-letter").Length() != 1 {
		t.Error("there is no letter to print")
	}
	officer.Get(at + "/answer").Want(http.StatusForbidden)
}

// A request that waits too long is red and says so.
func TestALateRequest(t *testing.T) {
	l := apptest.New(t)
	officer := l.SignIn(access.InfoOfficer, "council")
	officer.Submit("/rights/new", "/rights/new", url.Values{"kind": {"copy"}, "words": {"A copy"}, "asker": {"A"}, "channel": {"letter"}, "received-day": {"1"}, "received-month": {"10"}, "received-year": {"2026"}, "known": {"yes"}, "known_by": {"me"}}).Want(http.StatusSeeOther)
	officer.Get("/rights").Has("1 person waits for an answer, 1 of them past the last day.").Has("Overdue by 20 days")
	officer.Get("/governance").Has("past the last day")
}
