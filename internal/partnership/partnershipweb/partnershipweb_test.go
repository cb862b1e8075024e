package partnershipweb_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/app/apptest"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/web/webtest"
)

func TestTemplates(t *testing.T) { webtest.CheckTemplates(t, "internal/partnership/partnershipweb/") }

func TestAWordIsRewordedProposedAndAdopted(t *testing.T) {
	l := apptest.New(t)
	manager, chair := l.SignIn(access.Manager, "council"), l.SignIn(access.Chair, "care")
	at := "/definitions/cuckooing"
	manager.Get(at).Want(http.StatusOK).Has("0 of 4 agencies work to cuckooing v1; 4 have not said.")

	// A new version is seen beside the old one before anything is saved.
	words := "A tactic where a drug dealer (or network) takes over a person's home to prepare, store or deal drugs."
	p := manager.Submit(at+"/new", at+"/preview", url.Values{"wording": {words}, "source": {"The board"}, "as_at": {"2026-11"}, "why": {"anybody can be cuckooed"}}).Want(http.StatusOK)
	if got := p.Text(".lantern-diff del"); !strings.Contains(got, "vulnerable") {
		t.Errorf("what goes is marked as %q", got)
	}
	if got := p.Text(".lantern-finding"); !strings.Contains(got, "is new") && !strings.Contains(got, "are new") {
		t.Errorf("the preview says %q", got)
	}
	if got := manager.Get(at).Doc.Find("#versions tbody tr").Length(); got != 1 {
		t.Errorf("a preview left %d versions, want 1", got)
	}
	manager.Get(at + "/new").Has("What you had typed is here") // going back loses nothing
	confirm := url.Values{}
	p.Doc.Find("main form[method=post] input").Each(func(_ int, s *selection) { confirm.Set(s.AttrOr("name", ""), s.AttrOr("value", "")) })
	manager.Post(at+"/new", confirm).Want(http.StatusSeeOther)
	manager.Get(at).Want(http.StatusOK).Has("0 of 4 agencies work to cuckooing v1") // a draft changes nothing
	manager.Submit(at, at+"/2/propose", nil).Want(http.StatusSeeOther)
	manager.Get(at).Has("cuckooing v2")

	// Each agency adopts by name and date, for itself; whoever keeps the register may record any.
	adopt := at + "/2/adopt"
	if got := chair.Get(adopt).Want(http.StatusOK).Doc.Find("#agency option").Length(); got != 1 {
		t.Errorf("the chair may choose among %d agencies, want their own", got)
	}
	chair.Submit(adopt, adopt, url.Values{"agency": {"police"}}).Want(http.StatusUnprocessableEntity)
	chair.Submit(adopt, adopt, url.Values{"by": {"M. Hollinside"}}).Want(http.StatusSeeOther)
	chair.Submit(adopt, adopt, url.Values{"on-day": {"23"}}).Want(http.StatusUnprocessableEntity).Has("today or earlier")
	manager.Submit(adopt, adopt, url.Values{"agency": {"police"}, "by": {"C. Supt Hale"}, "on-day": {"3"}, "on-month": {"11"}, "on-year": {"2026"}}).Want(http.StatusSeeOther)
	manager.Submit(adopt, adopt, url.Values{"agency": {"police"}}).Want(http.StatusUnprocessableEntity).Has("adopted cuckooing v2 already")
	manager.Get(at).Has("2 of 4 agencies work to cuckooing v2; Test council, Test school have not said.").Has("C. Supt Hale").Has("3 November 2026").Has("Test care adopted v2")
	manager.Get(at + "/compare?from=1&to=2").Want(http.StatusOK).Has("cuckooing v1").Has("The board")

	// Going back is a new version with the old words.
	back := manager.Get(at + "/new?from=1").Want(http.StatusOK)
	if got := back.Text("#wording"); !strings.Contains(got, "vulnerable person's home") {
		t.Errorf("bringing back v1 starts from %q", got)
	}
	manager.Submit(at+"/2/withdraw", at+"/2/withdraw", nil).Want(http.StatusUnprocessableEntity).Has("Say why it is withdrawn")
	end := at + "/2/end?agency=care"
	chair.Submit(end, at+"/2/end", url.Values{"why": {"recorded too soon"}}).Want(http.StatusSeeOther)
	chair.Get(at + "/2/end?agency=police").Want(http.StatusNotFound)
	manager.Get(at).Has("1 of 4 agencies works to cuckooing v2").Has("took back its adoption of v2")
	manager.Get("/definitions").Want(http.StatusOK).Has("0 of 17 definitions are adopted by every agency and 1 by some")
}

func TestTwoWhoRewordTheSameWord(t *testing.T) {
	l := apptest.New(t)
	one, two := l.SignIn(access.Manager, "council"), l.SignIn(access.Manager, "police")
	at := "/definitions/gang"
	send := func(c *apptest.Client, words string) url.Values {
		p := c.Submit(at+"/new", at+"/preview", url.Values{"wording": {words}, "why": {"ours"}}).Want(http.StatusOK)
		v := url.Values{}
		p.Doc.Find("main form[method=post] input").Each(func(_ int, s *selection) { v.Set(s.AttrOr("name", ""), s.AttrOr("value", "")) })
		return v
	}
	a, b := send(one, "Words of the first"), send(two, "Words of the second")
	one.Post(at+"/new", a).Want(http.StatusSeeOther)
	two.Post(at+"/new", b).Want(http.StatusConflict).Has("Words of the first").Has("Words of the second").Has("Keep theirs and leave mine")
}

func TestLeads(t *testing.T) {
	l := apptest.New(t)
	c := l.SignIn(access.Manager, "council")
	c.Get("/leads").Want(http.StatusOK).Has("20 of 20 themes have no lead.")
	lead, deputy := l.Cast[apptest.Address(access.Practitioner, "police")].ID, l.Cast[apptest.Address(access.Practitioner, "care")].ID
	c.Submit("/leads/T10", "/leads/T10", url.Values{"account": {lead}, "deputy": {lead}}).Want(http.StatusUnprocessableEntity).Has("The deputy must be somebody else").Has("Enter the day they began")
	in := url.Values{"account": {lead}, "deputy": {deputy}, "since-day": {"1"}, "since-month": {"2"}, "since-year": {"2026"}, "last_contact-day": {"4"}, "last_contact-month": {"3"}, "last_contact-year": {"2026"}, "why": {"agreed by the board"}}
	c.Submit("/leads/T10", "/leads/T10", in).Want(http.StatusSeeOther)
	p := c.Get("/leads").Want(http.StatusOK).Has("19 of 20 themes have no lead; 1 lead has not been spoken to since March 2026.").Has("Contact overdue")
	if got := strings.TrimSpace(p.Doc.Find("#leads tbody tr").First().Text()); !strings.Contains(got, "No lead") {
		t.Errorf("the first row is not a gap: %s", got)
	}
	c.Get("/leads/T10").Want(http.StatusOK).Has("agreed by the board")
	c.Submit("/leads/T10", "/leads/T10", url.Values{"last_contact-day": {"20"}, "last_contact-month": {"11"}}).Want(http.StatusSeeOther)
	c.Get("/leads").Has("19 of 20 themes have no lead.")
	if got := c.Get("/leads/T1").Text(`main a[href^="/actions/new"]`); got == "" {
		t.Error("a gap offers no action to fill it")
	}
	c.Get("/leads/T99").Want(http.StatusNotFound)
	c.Get("/leads/T10?area=nowhere").Want(http.StatusNotFound)
}

func TestAgenciesThemesAndSettings(t *testing.T) {
	l := apptest.New(t)
	c := l.SignIn(access.Manager, "council")
	if got := c.Get("/work").Text(".lantern-purpose"); !strings.Contains(got, "Test council") {
		t.Errorf("the header says %q, want the agency's name", got)
	}
	c.Submit("/agencies/new", "/agencies", url.Values{"code": {"nhs"}, "name": {"Test Trust"}, "kind": {"hospital"}}).Want(http.StatusSeeOther)
	c.Submit("/agencies/new", "/agencies", url.Values{"code": {"nhs"}, "name": {"Test Trust"}, "kind": {"hospital"}}).Want(http.StatusUnprocessableEntity).Has("There is already an agency with the code nhs")
	c.Submit("/agencies/nhs", "/agencies/nhs", url.Values{"name": {"Test Hospitals"}, "why": {"merged"}}).Want(http.StatusSeeOther)
	c.Get("/agencies").Has("5 agencies, 5 without anybody to ask.").Has("Test Hospitals")
	c.Get("/agencies/nhs").Has("Test Trust, Hospital trust.").Has("Reason: merged")

	c.Submit("/themes/T3", "/themes/T3", url.Values{"name": {"How big is the market?"}, "why": {"plainer"}}).Want(http.StatusSeeOther)
	c.Get("/themes").Has("20 themes in use, 1 of them worded here.").Has("T3 How big is the market?")
	c.Submit("/themes/T3?back=1", "/themes/T3", nil).Want(http.StatusSeeOther)
	c.Get("/themes").Has("T3 Size of the market")

	c.Submit("/governance/settings", "/governance/settings", url.Values{"name": {"Wrenshire"}, "areas": {"N North\nS"}, "step": {"1"}}).Want(http.StatusUnprocessableEntity).Has("Line 2 needs a code, a space and a name")
	c.Submit("/governance/settings", "/governance/settings", url.Values{"name": {"Wrenshire"}, "areas": {"N North\nS South"}, "step": {"1"}, "controllers": {"Each agency"}, "host": {"The council"}}).Want(http.StatusSeeOther)
	p := c.Get("/governance").Want(http.StatusOK).Has("Wrenshire works at step 1 of the ladder: depersonalised extracts.").Has("North (N), South (S)").Has("20 of 20 themes have no lead")
	if got := p.Text(".lantern-header"); !strings.Contains(got, "Wrenshire") {
		t.Errorf("the header says %q, want the partnership's name", got)
	}
}

// Every member reads governance; only some change it, and for the others those pages are not there.
func TestWhoMayChangeGovernance(t *testing.T) {
	l := apptest.New(t)
	worker, child := l.SignIn(access.Practitioner, "police"), l.SignIn(access.Subject, "care")
	for _, p := range []string{"/governance", "/agencies", "/themes", "/leads", "/definitions", "/definitions/gang"} {
		r := worker.Get(p).Want(http.StatusOK)
		if n := r.Doc.Find(`main a[href$="/new"]`).Length(); n != 0 {
			t.Errorf("%s offers a practitioner what they cannot do", p)
		}
		child.Get(p).Want(http.StatusNotFound)
	}
	for _, p := range []string{"/governance/settings", "/agencies/new", "/agencies/police", "/themes/T1", "/leads/T1", "/definitions/gang/new", "/definitions/gang/1/withdraw"} {
		worker.Get(p).Want(http.StatusNotFound)
		worker.Post(p, url.Values{}).Want(http.StatusNotFound)
	}
	n, err := database.One(t.Context(), l.DB.Reader(), database.Value[int], "SELECT count(*) FROM definition_version")
	if err != nil || n != 18 {
		t.Errorf("%d versions, %v; want what came with the program", n, err)
	}
}
