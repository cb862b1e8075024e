package personweb_test

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/app/apptest"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/intake"
	"lantern.example/lantern/internal/sharing"
)

type lantern struct{ *apptest.Lantern }

func begin(t *testing.T) lantern { t.Helper(); return lantern{apptest.New(t)} }

const header = "Child ID,NHS number,Surname,Forename,Former name,Date of birth,Gender,Address,Postcode\n"

func (l lantern) load(agency string, rows ...string) {
	l.T.Helper()
	b := []byte(header + strings.Join(rows, "\n") + "\n")
	scope := access.Scope{Account: "loader", Agency: agency, Purpose: access.Safeguarding}
	x, err := l.Intake.Load(context.Background(), scope, intake.Input{Name: "people.csv", File: bytes.NewReader(b), Size: int64(len(b)), Agency: agency, Basis: "own", Identified: true, Profile: "people"})
	if err != nil {
		l.T.Fatal(err)
	}
	if _, err := l.Identity.Link(context.Background(), x.ID); err != nil {
		l.T.Fatal(err)
	}
}

// person is the id of the person with a record of this number.
func (l lantern) person(reference string) string {
	l.T.Helper()
	p, err := l.Identity.PersonOf(context.Background(), l.DB.Reader(), l.record(reference))
	if err != nil {
		l.T.Fatal(err)
	}
	return p
}

func (l lantern) record(reference string) string {
	l.T.Helper()
	id, err := database.One(context.Background(), l.DB.Reader(), database.Value[string], "SELECT record_id FROM source_identifier WHERE value = $1", reference)
	if err != nil {
		l.T.Fatal(err)
	}
	return id
}

func (l lantern) agree(code string, gives, receives string, classes ...access.Class) {
	l.T.Helper()
	now := clock.Micros(l.Now.Now())
	err := l.DB.Write(context.Background(), func(tx *database.Tx) error {
		_, err := l.Sharing.Add(context.Background(), tx, sharing.Agreement{Code: code, Title: code, LawfulBasis: "public task", Gateway: "Children Act 2004 s10", State: "signed", StartsOn: "2026-01-01", ExpiresOn: "2027-01-01", ReviewOn: "2026-12-01",
			Parties: []sharing.Party{{Agency: gives, Gives: true, SignedAt: &now}, {Agency: receives, Receives: true, SignedAt: &now}}, Classes: classes, Purposes: []access.Purpose{access.Safeguarding}})
		return err
	})
	if err != nil {
		l.T.Fatal(err)
	}
}

var changing = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// page is a page without what differs between any two requests.
func page(r *apptest.Reply) string { return changing.ReplaceAllString(r.Body, "ID") }

func TestSomebodyNotYoursIsNobody(t *testing.T) {
	l := begin(t)
	l.load("care", "R1,9434765919,Okoro,Ade,,01/02/2009,M,1 Made Up Street,ZZ1 1AA")
	p := l.person("R1")
	const nobody = "/people/019aaaaa-0000-7000-8000-000000000000"
	school := l.SignIn(access.Practitioner, "school")
	for _, path := range []string{"", "/records", "/split", "/undo/" + p, "/compare/" + p} {
		there, not := school.Get("/people/"+p+path), school.Get(nobody+path)
		if there.Status != http.StatusNotFound || page(there) != page(not) {
			t.Errorf("%s: status %d; another agency's person and nobody give different pages", path, there.Status)
		}
	}
	search := func(c *apptest.Client, q string) *apptest.Reply {
		return c.Submit("/search", "/search", url.Values{"q": {q}})
	}
	there, not := search(school, "Okoro"), search(school, "Zzyzx")
	if strings.ReplaceAll(page(there), "Okoro", "X") != strings.ReplaceAll(page(not), "Zzyzx", "X") {
		t.Error("searching for another agency's person and for nobody give different pages")
	}
	own := l.SignIn(access.Practitioner, "care")
	own.Get("/people/" + p).Want(http.StatusOK).Has("Ade Okoro").Has("1 February 2009").Has("Read by:")
	// Said by role and class, whether there is any or not.
	l.SignIn(access.SchoolLead, "care").Get("/people/" + p).Want(http.StatusOK).Has("Health records are not open to your role.")
	own.Get("/people/" + p + "/records").Want(http.StatusOK).Has("The whole row: row 2")
	for _, role := range []access.Role{access.Administrator, access.InfoOfficer, access.Subject} {
		c := l.SignIn(role, "care")
		for _, path := range []string{"/people", "/search", "/links", "/people/" + p, "/people/" + p + "/records"} {
			c.Get(path).Want(http.StatusNotFound)
		}
	}
}

func TestAnAgreementOpensWhatItNamesAndNoMore(t *testing.T) {
	l := begin(t)
	l.load("care", "R1,9434765919,Okoro,Ade,Adebayo Refuge,01/02/2009,M,1 Made Up Street,ZZ1 1AA")
	l.agree("ISA-1", "care", "school", access.Identity)
	p := l.person("R1")
	r := l.SignIn(access.Practitioner, "school").Get("/people/" + p).Want(http.StatusOK).Has("Ade Okoro").Has("No address in the records open to you.")
	for _, hidden := range []string{"Made Up Street", "ZZ1", "Refuge", "Adebayo", "former"} {
		if strings.Contains(r.Body, hidden) {
			t.Errorf("an agreement on identity alone shows %q", hidden)
		}
	}
	l.SignIn(access.Practitioner, "police").Get("/people/" + p).Want(http.StatusNotFound)
	records := l.SignIn(access.Practitioner, "school").Get("/people/" + p + "/records").Want(http.StatusOK)
	if strings.Contains(records.Body, "Made Up Street") || strings.Contains(records.Body, "The whole row") {
		t.Error("another agency is shown the whole row")
	}
	if row := l.SignIn(access.Practitioner, "care").Get("/people/" + p + "/records").Want(http.StatusOK).Has("The whole row").Has("Not open to your role"); strings.Contains(row.Body, "Refuge") || !strings.Contains(row.Text("main"), "Okoro") {
		t.Error("the owner's whole row shows a former name to a role that it is closed to, or no name at all")
	}
	// The owner's own practitioner: the address, and still no former name, found or shown.
	own := l.SignIn(access.Practitioner, "care")
	if body := own.Get("/people/" + p).Want(http.StatusOK).Has("1 Made Up Street, ZZ1 1AA").Body; strings.Contains(body, "Refuge") {
		t.Error("a former name is shown to a role that it is closed to")
	}
	if r := own.Submit("/search", "", url.Values{"q": {"Adebayo Refuge"}}); strings.Contains(r.Text("main"), "Okoro") {
		t.Errorf("somebody is found by a former name: %s", r.Text("main"))
	}
	lines, err := database.Collect(context.Background(), l.DB.Reader(), database.Value[string], "SELECT words FROM audit_entry WHERE act = 'consultation' AND subject = $1 AND owners = 'care' AND agency = 'school' ORDER BY id", p)
	if err != nil || len(lines) != 2 || !strings.Contains(lines[0], "sections: names, identifiers") {
		t.Errorf("the log's lines are %q (%v)", lines, err)
	}
}

func TestARestrictedRecordIsNotThere(t *testing.T) {
	l := begin(t)
	l.load("care", "R1,9434765919,Okoro,Ade,,01/02/2009,M,,", "R2,,Smith,Ben,,03/02/2009,M,,")
	p := l.person("R1")
	err := l.DB.Write(context.Background(), func(tx *database.Tx) error {
		return l.Identity.Restrict(context.Background(), tx, access.Scope{Account: "a", Agency: "care", Purpose: access.Safeguarding}, l.record("R1"), true)
	})
	if err != nil {
		t.Fatal(err)
	}
	c := l.SignIn(access.Manager, "care")
	c.Get("/people/" + p).Want(http.StatusNotFound)
	if r := c.Submit("/search", "", url.Values{"q": {"Okoro"}}); strings.Contains(r.Text("ol"), "Okoro") {
		t.Error("a restricted record is found")
	}
	c.Get("/people?show=month").Want(http.StatusOK).Has("1 person stands in records that your agency added this month.")
}

func TestSearchFindsOtherSpellingsAndSaysSo(t *testing.T) {
	l := begin(t)
	l.load("care", "R1,,Ali,Mohamed,,12/03/2009,M,,", "R2,,Murphy,Siobhan,,04/05/2010,F,,", "R3,9434765919,Smith,Ben,,03/02/2009,M,,")
	c := l.SignIn(access.Practitioner, "care")
	for _, x := range []struct{ q, name, why string }{
		{"Muhammed Aly", "Mohamed Ali", "Mohamed is a spelling of Muhammed"},
		{"Shivaun Murphy", "Siobhan Murphy", "Siobhan is a spelling of Shivaun"},
		{"mohamed ali 3/12/2009", "Mohamed Ali", "day and month of birth exchanged"},
		{"943 476 5919", "Ben Smith", ""},
		{"Benjamin Smith", "Ben Smith", "forms of one name"},
	} {
		r := c.Submit("/search", "", url.Values{"q": {x.q}})
		r.Want(http.StatusOK)
		if got := r.Text("ol li:first-child h2"); got != x.name {
			t.Errorf("%q finds %q first, want %q: %s", x.q, got, x.name, r.Text("main"))
		}
		if !strings.Contains(r.Text("ol li:first-child"), x.why) {
			t.Errorf("%q does not say %q: %s", x.q, x.why, r.Text("ol li:first-child"))
		}
		if r.Location != "" {
			t.Errorf("%q was sent on to %s: words of a search stand in no address", x.q, r.Location)
		}
	}
	c.Submit("/search", "", url.Values{"q": {""}}).Want(http.StatusUnprocessableEntity)
	c.Submit("/search", "", url.Values{"q": {"?"}}).Want(http.StatusUnprocessableEntity)
}

func TestMergeAndTakeBackOnThePages(t *testing.T) {
	l := begin(t)
	l.load("care", "R1,,Ali,Mohamed,,12/03/2009,M,,", "R2,,Aly,Muhammed,,13/03/2009,M,,")
	c := l.SignIn(access.Practitioner, "care")
	a, b := l.person("R1"), l.person("R2")
	c.Get("/people/" + a + "/records").Want(http.StatusOK).Has("Compare with Muhammed Aly")
	path := "/people/" + a + "/compare/" + b
	c.Submit(path, "", url.Values{"verdict": {"same"}}).Want(http.StatusUnprocessableEntity).Has("Enter the reason")
	c.Submit(path, "", url.Values{"verdict": {"same"}, "why": {"His mother confirmed it."}}).Want(http.StatusSeeOther)
	if l.person("R2") != a {
		t.Fatal("the two are not one")
	}
	// Whoever had the question open meanwhile is told that nothing was saved.
	c.Post("/people/"+a+"/compare/"+b, url.Values{"verdict": {"different"}, "why": {"Two cousins."}}).Want(http.StatusConflict).Has("put together while you were deciding")
	if r := c.Get("/people/" + b); r.Status != http.StatusSeeOther || r.Location != "/people/"+a {
		t.Errorf("the old id gives status %d to %q, want to be led on", r.Status, r.Location)
	}
	l.SignIn(access.Practitioner, "school").Get("/people/" + b).Want(http.StatusNotFound)
	r := c.Get("/people/" + a + "/records").Want(http.StatusOK).Has("His mother confirmed it.").Has("Decided to be the same person.")
	undo := r.Doc.Find(`main a[href*="/undo/"]`).AttrOr("href", "")
	c.Submit(undo, "", url.Values{"apart": {"different"}, "why": {"Two cousins."}}).Want(http.StatusSeeOther)
	if l.person("R2") != b {
		t.Error("the second person did not get its id back")
	}
}

func TestSplitOnThePages(t *testing.T) {
	l := begin(t)
	l.load("care", "R1,,Smith,Ben,,12/03/2009,M,,", "R2,,Smith,Ben,,12/03/2009,M,,", "R3,,Smith,Ben,,12/03/2009,M,,")
	c := l.SignIn(access.Practitioner, "care")
	p := l.person("R1")
	c.Submit("/people/"+p+"/split", "", url.Values{"records": {l.record("R3")}, "why": {"Two boys in one class."}}).Want(http.StatusSeeOther)
	if l.person("R3") == p || l.person("R2") != p {
		t.Error("the chosen record did not leave alone")
	}
	c.Submit("/people/"+p+"/split", "", url.Values{"records": {l.record("R3")}, "why": {"Again."}}).Want(http.StatusUnprocessableEntity)
}

func TestABridgeIsDecidedOnItsPage(t *testing.T) {
	l := begin(t)
	l.load("care", "R1,9434765919,Ali,Yusuf,,03/04/2010,M,,", "R2,9434765870,Aly,Mo,,05/05/2010,M,,", "R3,9434765919,Aly,Mo,,05/05/2010,M,,", "R4,9434765870,Zed,Xavier,,06/06/2011,M,,")
	c := l.SignIn(access.Practitioner, "care")
	r := c.Get("/links").Want(http.StatusOK).Has("2 pairs of records wait").Has("Identifiers disagree").Has("They share the NHS number but not the person")
	l.SignIn(access.Practitioner, "school").Get("/links").Want(http.StatusOK).Has("No record open to you waits")
	item := r.Doc.Find(`main a[href^="/links/"]`).First().AttrOr("href", "")
	l.SignIn(access.Practitioner, "school").Get(item).Want(http.StatusNotFound)
	c.Submit(item, "", url.Values{"verdict": {"different"}, "why": {"The number was mistyped."}}).Want(http.StatusSeeOther)
	c.Get("/links").Want(http.StatusOK).Has("1 pair of records waits")
}

// A record that was joined to one of another agency looks, to its own agency, as one that never was.
func TestAMergeWithWhatIsNotYoursDoesNotShow(t *testing.T) {
	l := begin(t)
	l.load("care", "R1,,Ali,Mohamed,,12/03/2009,M,,")
	l.load("school", "S1,,Aly,Muhammed,,13/03/2009,M,,", "S2,,Murphy,Siobhan,,13/03/2009,F,,")
	l.agree("ISA-1", "school", "care", access.Identity)
	a, b := l.person("R1"), l.person("S1")
	care, school := l.SignIn(access.Practitioner, "care"), l.SignIn(access.Practitioner, "school")
	care.Submit("/people/"+a+"/compare/"+b, "", url.Values{"verdict": {"same"}, "why": {"His mother confirmed it."}}).Want(http.StatusSeeOther)
	care.Get("/people/" + a + "/records").Want(http.StatusOK).Has("Take it back")
	r := school.Get("/people/" + a + "/records").Want(http.StatusOK)
	never := school.Get("/people/" + l.person("S2") + "/records").Want(http.StatusOK)
	for _, x := range []string{"Mohamed", "mother", "Take it back", "Joined", "Test care", "decision"} {
		if strings.Contains(r.Body, x) {
			t.Errorf("the school's page says %q of a merge with a record that is not open to it", x)
		}
	}
	plain := strings.NewReplacer("Muhammed Aly", "N", "Siobhan Murphy", "N", "Muhammed", "F", "Siobhan", "F", "Aly", "S", "Murphy", "S", "S1", "S", "S2", "S", "row 3", "row 2", ">M<", "><", ">F<", "><", "Male", "", "Female", "")
	if plain.Replace(page(r)) != plain.Replace(page(never)) {
		t.Error("the page of a merged record differs from that of one never merged")
	}
}

func TestWhatAYoungPersonWantsStandsOnTheirPage(t *testing.T) {
	l := begin(t)
	l.load("care", "R1,9434765919,Okoro,Ade,,01/02/2009,M,,")
	l.agree("ISA-1", "care", "school", access.Identity, access.Support)
	l.agree("ISA-2", "care", "police", access.Identity, access.Support)
	p := "/people/" + l.person("R1")
	worker := l.SignIn(access.Practitioner, "care")
	worker.Submit(p+"/wish", p+"/wish", url.Values{"words": {""}}).Want(http.StatusUnprocessableEntity).Has("Write what they want")
	worker.Submit(p+"/wish", p+"/wish", url.Values{"words": {"To finish college."}, "readers": {"nobody"}}).Want(http.StatusUnprocessableEntity)
	worker.Submit(p+"/wish", p+"/wish", url.Values{"words": {"To finish college."}, "readers": {"school", "council"}}).Want(http.StatusSeeOther)
	// The council is named and has no agreement; the police have one and are not named.
	worker.Get(p).Want(http.StatusOK).Has("What Ade wantsTo finish college.").Has("Read by: those who do casework at Test care, Test school, and the young person.")
	l.SignIn(access.Practitioner, "school").Get(p).Want(http.StatusOK).Has("To finish college.")
	if r := l.SignIn(access.Practitioner, "police").Get(p).Want(http.StatusOK).Has("Ade Okoro"); strings.Contains(r.Body, "finish college") || strings.Contains(r.Body, "What Ade wants") {
		t.Error("an agency that the young person did not name reads what they want")
	}
	// Exactly this goes past them once, where a life needs it and not because its owner would like it to.
	care, wish := l.Cast[apptest.Address(access.Practitioner, "care")], ""
	by, err := l.Accounts.Scope(context.Background(), care, access.Safeguarding)
	if err != nil {
		t.Fatal(err)
	}
	parts, err := l.OneOffs.Offered(context.Background(), l.DB.Reader(), by, l.person("R1"), false)
	var items []access.Item
	for _, x := range parts {
		if x.Class == access.Support {
			wish, items = x.Record, append(items, x.Item)
		}
	}
	if err != nil || wish == "" {
		t.Fatalf("what he wants is not among what can be given: %+v (%v)", parts, err)
	}
	give := func(basis sharing.Basis) error {
		return l.DB.Write(context.Background(), func(tx *database.Tx) error {
			_, err := l.OneOffs.Decide(context.Background(), tx, by, sharing.Decision{Recipient: "police", Person: l.person("R1"), Shared: true, Basis: basis, Purpose: access.Safeguarding, Why: "He says where he means to go tonight.", Told: "told", UntilOn: "2026-12-01", Items: items})
			return err
		})
	}
	if err := give(sharing.Owner); !fault.Is(err, fault.Refused) {
		t.Errorf("given because its owner would like to: %v", err)
	}
	if err := give(sharing.Life); err != nil {
		t.Fatal(err)
	}
	l.SignIn(access.Practitioner, "police").Get(p).Want(http.StatusOK).Has("To finish college.")
	worker.Get(p).Want(http.StatusOK).Has("Test police (given once)")
	worker.Submit(p+"/wish", p+"/wish", url.Values{"words": {"To move away."}, "readers": {"school"}}).Want(http.StatusSeeOther)
	if r := l.SignIn(access.Practitioner, "police").Get(p).Want(http.StatusOK); strings.Contains(r.Body, "finish college") || strings.Contains(r.Body, "move away") {
		t.Error("what was written later, or taken back, is read under what was given before")
	}
	l.SignIn(access.Practitioner, "council").Get(p).Want(http.StatusNotFound)
	l.SignIn(access.Practitioner, "council").Get(p + "/wish").Want(http.StatusNotFound)
	for _, role := range []access.Role{access.Analyst, access.Manager, access.InfoOfficer, access.Subject} {
		l.SignIn(role, "care").Get(p + "/wish").Want(http.StatusNotFound)
	}
}
