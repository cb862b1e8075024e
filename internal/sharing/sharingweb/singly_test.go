package sharingweb_test

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
)

// held loads one agency's record of a child and says which person it became, and which record it is.
func held(l *apptest.Lantern, agency, row string) (person, record string) {
	l.T.Helper()
	ctx := context.Background()
	b := []byte("Child ID,NHS number,Surname,Forename,Former name,Date of birth,Gender,Address,Postcode\n" + row + "\n")
	scope := access.Scope{Account: "loader", Agency: agency, Purpose: access.Safeguarding}
	x, err := l.Intake.Load(ctx, scope, intake.Input{Name: agency + ".csv", File: bytes.NewReader(b), Size: int64(len(b)), Agency: agency, Basis: "own", Identified: true, Profile: "people"})
	if err == nil {
		_, err = l.Identity.Link(ctx, x.ID)
	}
	if err == nil {
		record, err = database.One(ctx, l.DB.Reader(), database.Value[string], "SELECT record_id FROM source_identifier WHERE value = $1", strings.SplitN(row, ",", 2)[0])
	}
	if err == nil {
		person, err = l.Identity.PersonOf(ctx, l.DB.Reader(), record)
	}
	if err != nil {
		l.T.Fatal(err)
	}
	return person, record
}

func until(day, month, year string) url.Values {
	return url.Values{"until-day": {day}, "until-month": {month}, "until-year": {year}}
}

func and(v url.Values, more url.Values) url.Values {
	for k, x := range more {
		v[k] = x
	}
	return v
}

func TestSharingOnceOnThePages(t *testing.T) {
	l := apptest.New(t)
	p, record := held(l, "care", "R1,,Okoro,Ade,Adebayo Refuge,01/02/2009,M,1 Made Up Street,ZZ1 1AA")
	care, police := l.SignIn(access.Practitioner, "care"), l.SignIn(access.Practitioner, "police")
	police.Get("/people/" + p).Want(http.StatusNotFound)
	at := "/people/" + p + "/share"
	police.Get(at).Want(http.StatusNotFound)
	l.SignIn(access.Analyst, "care").Get(at).Want(http.StatusNotFound)
	form := care.Get(at).Want(http.StatusOK).Has("Seven rules to decide by").Has("Department for Education").Has("There is no choice for housing")
	if n := form.Doc.Find("ol.govuk-list--number li").Length(); n != 7 {
		t.Errorf("%d rules, want 7", n)
	}
	if strings.Contains(form.Body, "former-name:") {
		t.Error("a former name can be chosen")
	}
	decision := func() url.Values {
		return and(url.Values{"decision": {"share"}, "basis": {"life"}, "recipient": {"police"}, "items": {"identity:" + record}, "purpose": {"safeguarding"}, "told": {"unsafe"}, "told_why": {"It would reach him."}, "why": {"She is with the man who hurt her."}}, until("1", "12", "2026"))
	}
	for field, words := range map[string]string{"items": "Choose exactly what is shared", "why": "Write down why", "told_why": "Say why they have not been told", "recipient": "Choose an agency", "basis": "Choose what it rests on"} {
		v := decision()
		v[field] = nil
		care.Submit(at, at, v).Want(http.StatusUnprocessableEntity).Has(words)
	}
	v := decision()
	v["items"] = []string{"identity:" + record, "contact:019aaaaa-0000-7000-8000-000000000000"}
	care.Submit(at, at, v).Want(http.StatusUnprocessableEntity)
	v = decision()
	v["purpose"] = []string{"immigration"}
	care.Submit(at, at, v).Want(http.StatusUnprocessableEntity)
	made := care.Submit(at, at, decision()).Want(http.StatusSeeOther)
	page := police.Get("/people/" + p).Want(http.StatusOK).Has("Okoro").Has("given once, without an agreement: OD-1")
	if strings.Contains(page.Text("main"), "Made Up Street") || strings.Contains(page.Body, "Refuge") {
		t.Error("what was not given is read too")
	}
	police.Submit("/search", "/search", url.Values{"q": {"Okoro"}}).Want(http.StatusOK).Has("1 person fits")
	police.Get(made.Location).Want(http.StatusOK).Has("can read exactly what stands below").Has("She is with the man who hurt her.")
	l.SignIn(access.Practitioner, "school").Get(made.Location).Want(http.StatusNotFound)
	officer := l.SignIn(access.InfoOfficer, "care")
	officer.Get("/work").Want(http.StatusOK).Has("Look at OD-1: shared without an agreement")
	if care.Get(made.Location).Want(http.StatusOK).Doc.Find("form[action$='/look']").Length() > 0 {
		t.Error("whoever decided is asked whether it was right")
	}
	officer.Submit(made.Location, made.Location+"/look", url.Values{"verdict": {"wrong"}, "words": {"The school could have rung."}}).Want(http.StatusSeeOther)
	police.Get("/people/" + p).Want(http.StatusNotFound)
	officer.Get("/governance").Want(http.StatusOK).Has("1 decision to share or not without an agreement; none open now; a second person has looked at every one.")
	not := url.Values{"decision": {"not"}, "basis": {"owner"}, "recipient": {"police"}, "purpose": {"safeguarding"}, "told": {"told"}, "why": {"Nobody is in danger that it would lessen."}}
	kept := care.Submit(at, at, not).Want(http.StatusSeeOther)
	care.Get(kept.Location).Want(http.StatusOK).Has("decided not to share with Test police")
	police.Get(kept.Location).Want(http.StatusNotFound)
	police.Get("/people/" + p).Want(http.StatusNotFound)
}

func TestAskingAndTheAnswerOnThePages(t *testing.T) {
	l := apptest.New(t)
	school, _ := held(l, "school", "S1,9434765919,Okoro,Ade,,01/02/2009,M,2 Made Up Street,ZZ1 1AA")
	p, record := held(l, "care", "R1,9434765919,Okoro,Ade,,01/02/2009,M,1 Made Up Street,ZZ1 1AA")
	if p != school {
		t.Fatal("the two records are of two people")
	}
	lead := l.SignIn(access.SchoolLead, "school")
	page := lead.Get("/people/" + p).Want(http.StatusOK).Has("Health records are not open to your role.").Has("Why can I see this?").Has("Test school: your own agency’s records.")
	if page.Doc.Find(`a[href="/people/`+p+`/ask?class=health"]`).Length() == 0 {
		t.Error("it is not said how to ask for what is closed")
	}
	at := "/people/" + p + "/ask"
	lead.Submit(at+"?class=contact", at, url.Values{"to": {"care"}, "why": {"He moved, and his letters come back."}, "urgent": {"no"}, "class": {""}}).Want(http.StatusUnprocessableEntity).Has("Choose what you need to read")
	asked := lead.Submit(at+"?class=contact", at, url.Values{"to": {"care"}, "why": {"He moved, and his letters come back."}, "urgent": {"yes"}}).Want(http.StatusSeeOther)
	lead.Get(asked.Location).Want(http.StatusOK).Has("It waits at the desk of Test care")
	officer := l.SignIn(access.InfoOfficer, "care")
	officer.Get("/work").Want(http.StatusOK).Has("Answer a request to read records")
	desk := officer.Get(asked.Location).Want(http.StatusOK).Has("his letters come back").Has("their name is not open to your role")
	if strings.Contains(desk.Text("main"), "Okoro") {
		t.Error("an information officer reads the name")
	}
	for _, c := range []*apptest.Client{l.SignIn(access.Practitioner, "care"), l.SignIn(access.Practitioner, "police"), l.SignIn(access.InfoOfficer, "police")} {
		c.Get(asked.Location).Want(http.StatusNotFound)
	}
	give := and(url.Values{"items": {"contact:" + record}, "basis": {"owner"}, "told": {"told"}, "why": {"They have to reach the family."}}, until("4", "12", "2026"))
	officer.Submit(asked.Location, asked.Location+"/give", give).Want(http.StatusSeeOther)
	lead.Get("/work").Want(http.StatusOK).Has("Read the answer to your request")
	lead.Get(asked.Location).Want(http.StatusOK).Has("It was given to you by name.").Has("They have to reach the family.")
	lead.Get("/work").Want(http.StatusOK).Has("Read the answer to your request") // looking changes nothing
	officer.Post(asked.Location+"/read", nil).Want(http.StatusNotFound)
	lead.Submit(asked.Location, asked.Location+"/read", nil).Want(http.StatusSeeOther)
	if lead.Get(asked.Location).Doc.Find(`form[action="`+asked.Location+`/read"]`).Length() != 0 {
		t.Error("what was read can be read again")
	}
	if strings.Contains(lead.Get("/work").Text("main"), "Read the answer") {
		t.Error("once read, the answer still asks to be read")
	}
	lead.Get("/people/" + p).Want(http.StatusOK).Has("1 Made Up Street").Has("2 Made Up Street").Has("given once, without an agreement: OD-1")
	if strings.Contains(l.SignIn(access.Practitioner, "school").Get("/people/"+p).Want(http.StatusOK).Text("main"), "1 Made Up Street") {
		t.Error("what was given to one person by name is read by another")
	}
	again := lead.Submit(at+"?class=health", at, url.Values{"to": {"care"}, "why": {"He fainted."}, "urgent": {"yes"}}).Want(http.StatusSeeOther)
	officer.Get(again.Location).Want(http.StatusOK).Has("holds no such record of this person that could be given")
	officer.Submit(again.Location, again.Location+"/refuse", url.Values{"reason": {""}}).Want(http.StatusUnprocessableEntity).Has("Say why it is not given")
	officer.Submit(again.Location, again.Location+"/refuse", url.Values{"reason": {"Ask the school nurse."}}).Want(http.StatusSeeOther)
	lead.Get(again.Location).Want(http.StatusOK).Has("It was not given.").Has("Ask the school nurse.")
}

func TestWhoElseKnowsOnThePages(t *testing.T) {
	l := apptest.New(t)
	ctx := context.Background()
	p, _ := held(l, "school", "S1,9434765919,Okoro,Ade,,01/02/2009,M,2 Made Up Street,ZZ1 1AA")
	held(l, "care", "R1,9434765919,Okoro,Ade,,01/02/2009,M,1 Made Up Street,ZZ1 1AA")
	held(l, "police", "P1,9434765919,Okoro,Ade,,01/02/2009,M,1 Made Up Street,ZZ1 1AA")
	become := func(code, kind string) {
		t.Helper()
		if err := l.DB.Write(ctx, func(tx *database.Tx) error {
			a, err := l.Partnership.Agency(ctx, tx, code)
			if err != nil {
				return err
			}
			a.Kind, a.Contact = kind, "Desk of "+code
			return l.Partnership.SaveAgency(ctx, tx, access.System("test", access.Upkeep), a.Version, a)
		}); err != nil {
			t.Fatal(err)
		}
	}
	become("care", "social-care")
	become("police", "refuge") // the police agency of the cast plays a refuge
	lead, at := l.SignIn(access.SchoolLead, "school"), "/people/"+p+"/who-else"
	before := lead.Get(at).Want(http.StatusOK)
	if strings.Contains(before.Text("main"), "Test care") {
		t.Error("named before anybody asked")
	}
	lead.Submit(at, at, url.Values{"why": {""}}).Want(http.StatusUnprocessableEntity)
	lead.Submit(at, at, url.Values{"why": {"He came in with a cut."}}).Want(http.StatusSeeOther)
	after := lead.Get(at).Want(http.StatusOK).Has("1 other agency that may be named knows this person.").Has("Test care").Has("November 2026").Has("Desk of care").Has("Refuges, sexual health")
	if strings.Contains(after.Text("main"), "Test police") {
		t.Error("a refuge is named")
	}
	brokered := func(c *apptest.Client, person string) *apptest.Reply {
		return c.Submit("/people/"+person+"/who-else", "/people/"+person+"/broker", url.Values{"why": {"She may be hiding."}, "urgent": {"no"}}).Want(http.StatusSeeOther)
	}
	l.SignIn(access.InfoOfficer, "care").Submit("/governance/broker", "/governance/broker", url.Values{"agency": {"council"}}).Want(http.StatusSeeOther)
	other, _ := held(l, "school", "S9,,Merrow,Jo,,03/04/2010,F,,") // nobody else knows them
	known, unknown := brokered(lead, p), brokered(lead, other)
	lead.Get("/work") // what was said of the last one is said
	a, b := lead.Get(known.Location).Want(http.StatusOK).Text("main"), lead.Get(unknown.Location).Want(http.StatusOK).Text("main")
	if strings.ReplaceAll(a, "Ade Okoro", "X") != strings.ReplaceAll(b, "Jo Merrow", "X") {
		t.Errorf("the question reads otherwise when a refuge knows the person:\n%s\n%s", a, b)
	}
	broker := l.SignIn(access.InfoOfficer, "council")
	broker.Get(known.Location).Want(http.StatusOK).Has("Test police")
	if strings.Contains(broker.Get(unknown.Location).Want(http.StatusOK).Text("main"), "Test police") {
		t.Error("the broker is told of a service that knows nobody")
	}
	l.SignIn(access.InfoOfficer, "care").Get(known.Location).Want(http.StatusNotFound)
	broker.Submit(known.Location, known.Location+"/answer", url.Values{"reply": {"I have passed it on."}}).Want(http.StatusSeeOther)
	lead.Get(known.Location).Want(http.StatusOK).Has("The broker has answered.").Has("I have passed it on.")
	l.SignIn(access.InfoOfficer, "school").Get("/governance/looked").Want(http.StatusOK).Has("He came in with a cut.")
	if strings.Contains(l.SignIn(access.InfoOfficer, "care").Get("/governance/looked").Text("main"), "He came in with a cut.") {
		t.Error("another agency reads why somebody asked")
	}
}
