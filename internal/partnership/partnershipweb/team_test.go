package partnershipweb_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/app/apptest"
)

func TestTheFrontLineTeam(t *testing.T) {
	l := apptest.New(t)
	c, worker := l.SignIn(access.Manager, "council"), l.SignIn(access.Practitioner, "police")
	c.Get("/team").Want(http.StatusOK).Has("Nobody is on the front line team’s list yet.")
	add := func(name, cases, limit, cover string) {
		c.Submit("/team/new", "/team", url.Values{"title": {name}, "role": {"Youth worker"}, "agency": {"care"}, "skills": {"Mentoring\nCourt reports"}, "languages": {"Polish, Somali"}, "cases": {cases}, "limit": {limit}, "cover": {cover}}).Want(http.StatusSeeOther)
	}
	c.Submit("/team/new", "/team", url.Values{"title": {"A"}, "role": {"R"}, "agency": {"care"}, "cases": {"many"}}).Want(http.StatusUnprocessableEntity).Has("Enter a whole number")
	add("Zed Calm", "3", "12", "Ann")
	add("Ann Busy", "14", "12", "")
	p := worker.Get("/team").Want(http.StatusOK).Has("2 practitioners carry 17 cases; 1 carries more than they can, and 1 has nobody to stand in.").Has("Mentoring, Court reports")
	if got := strings.TrimSpace(p.Doc.Find("#team tbody th").First().Text()); !strings.HasPrefix(got, "Ann Busy") {
		t.Errorf("first is %q, want whoever carries too much", got)
	}
	if n := worker.Get("/team?q=somali").Doc.Find("#team tbody tr").Length(); n != 2 {
		t.Errorf("%d speak Somali, want 2", n)
	}
	worker.Get("/team?q=welsh").Has("Nobody here answers to that.")
	worker.Get("/team/new").Want(http.StatusNotFound)
	worker.Post("/team", url.Values{}).Want(http.StatusNotFound)

	// Two who change the same entry: the late one sees both texts, and going back is one click.
	at := "/team/ann-busy/edit"
	other := l.SignIn(access.Manager, "police")
	late := url.Values{}
	other.Get(at).Doc.Find("main form[method=post]").Last().Find("input, textarea, select").Each(func(_ int, s *selection) {
		if name, ok := s.Attr("name"); ok {
			late.Set(name, s.AttrOr("value", s.Find("option[selected]").AttrOr("value", s.Text())))
		}
	})
	late.Set("cases", "11")
	c.Submit(at, at, url.Values{"cases": {"9"}, "why": {"two closed"}}).Want(http.StatusSeeOther)
	other.Post(at, late).Want(http.StatusConflict).Has("Somebody else changed this first").Has("9").Has("11")
	v := c.Get("/team/ann-busy/versions").Want(http.StatusOK).Has("Version 2 is what members see, published by Test community-safety-manager").Has("two closed")
	if n := v.Doc.Find("#versions tbody tr").Length(); n != 2 {
		t.Errorf("%d versions, want 2", n)
	}
	old := "/team/ann-busy/versions?v=1"
	c.Get(old).Has("Version 1 was shown before; members see version 2 now.").Has("Version 2, shown now")
	c.Submit(old, "/team/ann-busy/publish", nil).Want(http.StatusSeeOther)
	worker.Get("/team").Has("17 cases")
	worker.Post("/team/ann-busy/publish", url.Values{"version": {"2"}}).Want(http.StatusNotFound)
	c.Submit("/team/ann-busy/withdraw", "", url.Values{"why": {""}}).Want(http.StatusUnprocessableEntity).Has("Say why it is withdrawn")
	c.Submit("/team/ann-busy/withdraw", "", url.Values{"why": {"left"}}).Want(http.StatusSeeOther)
	worker.Get("/team").Has("1 practitioner carries 3 cases")
}

func TestWhoToRing(t *testing.T) {
	l := apptest.New(t)
	c, child := l.SignIn(access.Manager, "council"), l.SignIn(access.Subject, "care")
	c.Get("/ring").Want(http.StatusOK).Has("at night nobody will know")
	for _, x := range []url.Values{
		{"title": {"Second desk"}, "for": {"Anything else"}, "when": {"Days"}, "phone": {"01632 960002"}, "order": {"2"}},
		{"title": {"Night desk"}, "for": {"A child found far from home"}, "when": {"Every night"}, "phone": {"01632 960001"}, "order": {"1"}, "checked_on-day": {"20"}, "checked_on-month": {"11"}, "checked_on-year": {"2026"}},
	} {
		c.Submit("/ring/new", "/ring", x).Want(http.StatusSeeOther)
	}
	p := c.Get("/ring").Has("2 numbers to ring; nobody has checked 1 of them in the last 91 days.").Has("01632 960001")
	if got := strings.TrimSpace(p.Doc.Find("#ring tbody th").First().Text()); got != "A child found far from home" {
		t.Errorf("first on the sheet is %q", got)
	}
	if p.Doc.Find("[data-print]").Length() != 1 {
		t.Error("the sheet cannot be printed")
	}
	child.Get("/ring").Want(http.StatusNotFound)
	c.Submit("/ring/new", "/ring", url.Values{"title": {"T"}, "for": {"F"}, "when": {"W"}, "phone": {"1"}, "checked_on-day": {"23"}, "checked_on-month": {"11"}, "checked_on-year": {"2026"}}).Want(http.StatusUnprocessableEntity).Has("today or earlier")
}

func TestALeadWhoIsAway(t *testing.T) {
	l := apptest.New(t)
	c := l.SignIn(access.Manager, "council")
	lead, cover := l.Cast[apptest.Address(access.Practitioner, "police")].ID, l.Cast[apptest.Address(access.Practitioner, "care")].ID
	in := url.Values{"account": {lead}, "since-day": {"1"}, "since-month": {"11"}, "since-year": {"2026"}, "duties": {"Chairs the weekly call"},
		"away_from-day": {"20"}, "away_from-month": {"11"}, "away_from-year": {"2026"}}
	c.Submit("/leads/T1", "/leads/T1", in).Want(http.StatusUnprocessableEntity).Has("Enter both the first and the last day")
	in["away_until-day"], in["away_until-month"], in["away_until-year"] = []string{"30"}, []string{"11"}, []string{"2026"}
	c.Submit("/leads/T1", "/leads/T1", in).Want(http.StatusSeeOther)
	p := c.Get("/leads").Has("19 of 20 themes have no lead; 1 lead is away and nobody stands in.").Has("Chairs the weekly call").Has("Away, nobody stands in")
	if got := p.Text("#leads tbody tr:first-child"); !strings.Contains(got, "Away") {
		t.Errorf("first is %q", got)
	}
	c.Submit("/leads/T1", "/leads/T1", url.Values{"cover": {cover}}).Want(http.StatusSeeOther)
	c.Get("/leads").Has("19 of 20 themes have no lead.").Has("stands in until 30 November 2026")
	c.Get("/ring").Has("Test practitionerTest care")
}
