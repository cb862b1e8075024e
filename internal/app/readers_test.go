package app_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/app/apptest"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/sharing"
)

// share lets one agency's records of some classes be read by another under an agreement that holds.
func share(t *testing.T, l *apptest.Lantern, code, from, to string, purposes []access.Purpose, classes ...access.Class) {
	t.Helper()
	at := clock.Micros(l.Now.Now())
	if err := l.DB.Write(context.Background(), func(tx *database.Tx) error {
		_, err := l.Sharing.Add(context.Background(), tx, sharing.Agreement{Code: code, Title: "t", LawfulBasis: "b", Gateway: "g", State: "signed", StartsOn: "2026-01-01", ExpiresOn: "2027-01-01", ReviewOn: "2026-12-01",
			Parties: []sharing.Party{{Agency: from, Gives: true, SignedAt: &at}, {Agency: to, Receives: true, SignedAt: &at}}, Classes: classes, Purposes: purposes})
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// police makes the agency of that code a police force.
func police(t *testing.T, l *apptest.Lantern) {
	t.Helper()
	if err := l.DB.Write(context.Background(), func(tx *database.Tx) error {
		return tx.Exec(context.Background(), "UPDATE agency_version SET kind = 'police' WHERE code = 'police'")
	}); err != nil {
		t.Fatal(err)
	}
}

// roleWords are how a line of readers names a role to whom a class is closed.
var roleWords = map[access.Role]string{access.Analyst: "analysts", access.SchoolLead: "school leads", access.Manager: "community safety managers", access.Chair: "panel chairs", access.Practitioner: "practitioners",
	access.Administrator: "administrators", access.InfoOfficer: "information officers"}

// Who the forms say will read a record are those who can, account by account as the rules decide, and no others: for every owner, class, role
// and purpose.
func TestTheReadersSaidAreThoseWhoCanRead(t *testing.T) {
	l := apptest.New(t)
	ctx := context.Background()
	police(t, l)
	share(t, l, "ISA-1", "care", "school", []access.Purpose{access.Safeguarding}, access.Identity, access.SocialCare, access.Support, access.Intelligence)
	share(t, l, "ISA-2", "care", "police", []access.Purpose{access.Safeguarding, access.CommunitySafety}, access.Identity, access.Support)
	share(t, l, "ISA-3", "police", "council", []access.Purpose{access.Assessment, access.CommunitySafety}, access.Identity, access.Offending)
	checked := 0
	for _, owner := range apptest.Agencies {
		for _, class := range access.Classes {
			if !class.Personal() || class == access.FormerName {
				continue
			}
			said := l.Site.ReadBy(ctx, access.Scope{Agency: owner}, owner, class)
			for _, agency := range apptest.Agencies {
				any := false
				for _, role := range access.Roles {
					a := l.Cast[apptest.Address(role, agency)]
					can := false
					for _, p := range account.Purposes(role) {
						scope, err := l.Accounts.Scope(ctx, a, p)
						if err != nil {
							t.Fatal(err)
						}
						r := access.Record{ID: "x", Owner: owner, Class: class}
						if class == access.Intelligence { // what is not graded goes to nobody
							if agency != owner && access.Decide(scope, r).Allowed {
								t.Errorf("%s of %s reads intelligence of %s that nobody graded", role, agency, owner)
							}
							r.Grade = "2B-P"
						}
						can = can || access.Decide(scope, r).Allowed
					}
					any = any || can
					checked++
					words, named := roleWords[role]
					if can && named && strings.Contains(said.NotBy, words) {
						t.Errorf("%s of %s reads %s records of %s, and the form says: not read by %s", role, agency, class, owner, said.NotBy)
					}
					if !can && named && slices.Contains(access.ClosedTo(role), class) && !strings.Contains(said.NotBy, words) {
						t.Errorf("%s of %s cannot read %s records of %s, and the form does not say so: not read by %s", role, agency, class, owner, said.NotBy)
					}
				}
				name := "Test " + agency
				if any != strings.Contains(said.By, name) {
					t.Errorf("somebody of %s can read %s records of %s: %t, and the form says: read by %s", agency, class, owner, any, said.By)
				}
				if agency == "police" && !any && !strings.Contains(said.NotBy, name) {
					t.Errorf("the police cannot read %s records of %s, and the form does not say so: %s", class, owner, said.NotBy)
				}
			}
		}
	}
	if checked < 4*12*4*8 {
		t.Errorf("%d cases were looked at", checked)
	}
}

// What a young person wants is said to be read by the same people on their own page and on their worker's, although much else that is held of
// them is read by others: and the police read it on neither.
func TestAYoungPersonAndTheirWorkerAreToldTheSameReaders(t *testing.T) {
	l := apptest.New(t)
	police(t, l)
	person := child(l, "care", "R1", "Okoro")
	share(t, l, "ISA-1", "care", "school", []access.Purpose{access.Safeguarding}, access.Identity, access.Support)
	share(t, l, "ISA-2", "care", "police", []access.Purpose{access.Safeguarding}, access.Identity, access.Contact, access.Support)
	at := "/people/" + person
	worker := l.SignIn(access.Practitioner, "care")
	worker.Submit(at+"/wish", at+"/wish", url.Values{"words": {"To finish college."}, "readers": {"school", "police"}}).Want(http.StatusSeeOther)
	if err := l.DB.Write(context.Background(), func(tx *database.Tx) error {
		return l.Accounts.SetPerson(context.Background(), tx, l.Cast[apptest.Address(access.Subject, "care")].ID, person)
	}); err != nil {
		t.Fatal(err)
	}
	line := func(r *apptest.Reply) (words, readers string) {
		t.Helper()
		q := r.Doc.Find("blockquote").First()
		return q.Text(), q.NextAllFiltered(".lantern-readers").First().Text()
	}
	words, worker1 := line(worker.Get(at).Want(http.StatusOK))
	own := l.SignIn(access.Subject, "care").Get("/").Want(http.StatusOK)
	same, young := line(own)
	if words != "To finish college." || same != words {
		t.Fatalf("the pages show %q and %q", words, same)
	}
	if strings.Replace(worker1, "the young person", "you", 1) != young {
		t.Errorf("the worker is told %q, the young person %q", worker1, young)
	}
	by, not, _ := strings.Cut(young, "Not read by:")
	if strings.Contains(by, "Test police") || !strings.Contains(not, "Test police") || !strings.Contains(by, "Test school") {
		t.Errorf("who reads what they want: %s; not: %s", by, not)
	}
	// Their name and address are read by others, and that is said at those, not of everything.
	parts := map[string]string{}
	own.Doc.Find(".lantern-readers").Each(func(_ int, s *goquery.Selection) {
		parts[s.Find(".lantern-readers__title").Text()] = s.Text()
	})
	for title, who := range map[string][2]string{
		"Your name, when you were born, and the numbers they know you by": {"Test police (ISA-2), Test school (ISA-1)", "Test council"},
		"Where you live or have lived":                                    {"Test police (ISA-2)", "Test council, Test school"},
	} {
		by, not, _ := strings.Cut(parts[title], "Not read by:")
		if !strings.Contains(by, who[0]) || !strings.Contains(not, who[1]) {
			t.Errorf("%s: %q", title, parts[title])
		}
	}
	// What the police can in fact open says the same.
	r := l.SignIn(access.Practitioner, "police").Get(at).Want(http.StatusOK)
	if strings.Contains(r.Body, "finish college") {
		t.Error("the police read what the young person wants")
	}
	if r.Has("Support notes of other agencies are not open to your agency, whatever has been agreed."); r.Doc.Find(`main a[href$="/ask?class=support"]`).Length() != 1 {
		t.Error("the police are not told how to ask for support notes")
	}
}

// Every section of a person's page that holds something says why it is open; what is closed to the reader's role is said to be so on every
// person's page alike, with the way to ask.
func TestEverySectionSaysWhyItIsOpen(t *testing.T) {
	l := apptest.New(t)
	person := child(l, "care", "R1", "Okoro")
	share(t, l, "ISA-1", "care", "school", []access.Purpose{access.Safeguarding}, access.Identity, access.Contact, access.Support, access.SocialCare)
	at := "/people/" + person
	worker := l.SignIn(access.Practitioner, "care")
	worker.Submit(at+"/wish", at+"/wish", url.Values{"words": {"To finish college."}, "readers": {"school"}}).Want(http.StatusSeeOther)
	worker.Submit(at+"/told", at+"/told", url.Values{"told": {"yes"}, "on-day": {"20"}, "on-month": {"11"}, "on-year": {"2026"}, "words": {"On the phone."}}).Want(http.StatusSeeOther)
	worker.Submit("/actions/new?subject=person&subject_id="+person, "/actions", url.Values{"title": {"See her at home"}, "why": {"She asked."}, "due_on-day": {"1"}, "due_on-month": {"12"}, "due_on-year": {"2026"},
		"assignee": {l.Cast[apptest.Address(access.Practitioner, "care")].ID}, "class": {string(access.SocialCare)}}).Want(http.StatusSeeOther)
	r := l.SignIn(access.Practitioner, "school").Get(at).Want(http.StatusOK).Has("To finish college.").Has("On the phone.").Has("See her at home")
	whys := r.Doc.Find("details.lantern-why")
	if n := whys.Length(); n != 5 { // what she wants, names and numbers, addresses, told, actions
		t.Errorf("%d sections say why they are open, want 5", n)
	}
	whys.Each(func(i int, s *goquery.Selection) {
		if href, _ := s.Find("a").Attr("href"); !strings.Contains(s.Text(), "under the agreement ISA-1") || href != "/agreements/ISA-1" {
			t.Errorf("section %d: %q leads to %q", i, s.Text(), href)
		}
	})
	r.Doc.Find("main section[aria-label]").Each(func(_ int, s *goquery.Selection) {
		name, _ := s.Attr("aria-label")
		if has := s.Find("li, tbody tr, blockquote").Not("details *").Length() > 0; has != (s.Find("details.lantern-why").Length() == 1) {
			t.Errorf("the section %q holds something: %t, and says why it is open: %t", name, has, !has)
		}
	})
	// The pages of the records and of one action say it too.
	for _, path := range []string{at + "/records", r.Doc.Find(`main a[href^="/actions/0"]`).First().AttrOr("href", "")} {
		if p := l.SignIn(access.Practitioner, "school").Get(path).Want(http.StatusOK); p.Doc.Find(`details.lantern-why a[href="/agreements/ISA-1"]`).Length() != 1 {
			t.Errorf("%s does not say why it is open", path)
		}
	}
	// A role that reads no such notes is told so, whether there are any (the first) or none (the second), in the same words.
	other := child(l, "care", "R2", "Bala")
	closed := func(person string) string {
		t.Helper()
		p := l.SignIn(access.Analyst, "care").Get("/people/" + person).Want(http.StatusOK)
		if strings.Contains(p.Body, "finish college") {
			t.Error("an analyst reads support notes")
		}
		if p.Doc.Find(`main a[href="/people/`+person+`/ask?class=support"]`).Length() != 1 {
			t.Error("there is no way to ask for support notes")
		}
		html, err := p.Doc.Find("main").Html()
		if err != nil {
			t.Fatal(err)
		}
		i := strings.Index(html, "What is not open to you")
		if i < 0 {
			t.Fatal("the page does not say what the role does not open")
		}
		j := strings.Index(html[i:], "</ul>")
		return strings.ReplaceAll(html[i:i+j], person, "PERSON")
	}
	if a, b := closed(person), closed(other); a != b || !strings.Contains(a, "Support notes are not open to your role.") {
		t.Errorf("what is closed is said in other words where there is something:\n%s\n%s", a, b)
	}
}
