package workweb_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/app/apptest"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/web/webtest"
	"lantern.example/lantern/internal/work"
)

func TestTemplates(t *testing.T) { webtest.CheckTemplates(t, "internal/work/workweb/") }

func date(name, day, month, year string) url.Values {
	return url.Values{name + "-day": {day}, name + "-month": {month}, name + "-year": {year}}
}

func with(vs ...url.Values) url.Values {
	out := url.Values{}
	for _, v := range vs {
		for k, x := range v {
			out[k] = x
		}
	}
	return out
}

func id(l *apptest.Lantern, role access.Role, agency string) string {
	return l.Cast[apptest.Address(role, agency)].ID
}

// add writes an action through the page and answers where it is.
func add(l *apptest.Lantern, c *apptest.Client, title, owner string, more url.Values) string {
	l.T.Helper()
	v := with(url.Values{"title": {title}, "why": {"the board asked"}, "assignee": {owner}}, date("due_on", "4", "12", "2026"), more)
	r := c.Submit("/actions/new", "/actions", v)
	r.Want(http.StatusSeeOther)
	return r.Location
}

func TestAnActionFromBeginningToEnd(t *testing.T) {
	l := apptest.New(t)
	l.WorkPages.Sources = nil // actions alone: what other rooms have waiting is tested below
	manager, worker := l.SignIn(access.Manager, "council"), l.SignIn(access.Practitioner, "police")
	if got := worker.Get("/work").Want(http.StatusOK).Text(".lantern-finding"); got != "Nothing is waiting for you." {
		t.Errorf("with nothing to do My work says %q", got)
	}
	at := add(l, manager, "Agree who rings the home", id(l, access.Practitioner, "police"), nil)
	worker.Get("/work").Want(http.StatusOK).Has("Agree who rings the home").Has("1 thing comes later")
	p := manager.Get(at).Want(http.StatusOK).Has("Test practitioner of Test police has until 4 December 2026: due in 12 days.").Has("Every member of the partnership")
	if n := p.Doc.Find(".lantern-timeline__item").Length(); n != 1 {
		t.Errorf("%d lines of history, want 1", n)
	}
	manager.Submit(at+"/edit", at+"/edit", with(url.Values{"title": {"Agree who rings both homes"}}, date("due_on", "8", "12", "2026"))).Want(http.StatusUnprocessableEntity).Has("Say why the date is moved back")
	manager.Submit(at+"/edit", at+"/edit", with(url.Values{"title": {"Agree who rings both homes"}, "reason": {"a second home"}}, date("due_on", "8", "12", "2026"))).Want(http.StatusSeeOther)
	manager.Submit(at+"/owner", at+"/owner", url.Values{"assignee": {id(l, access.Manager, "council")}, "reason": {"away"}}).Want(http.StatusSeeOther)
	manager.Submit(at+"/close", at+"/close", url.Values{"state": {"done"}}).Want(http.StatusUnprocessableEntity).Has("Say what came of it")
	manager.Submit(at+"/close", at+"/close", url.Values{"state": {"done"}, "reason": {"The home rings the duty desk."}}).Want(http.StatusSeeOther)
	p = manager.Get(at).Want(http.StatusOK).Has("Done on 22 November 2026").Has("It was “Agree who rings the home”").Has("From Test practitioner to Test community-safety-manager").Has("Due 8 December 2026 instead of 4 December 2026")
	if n := p.Doc.Find(".lantern-timeline__item").Length(); n != 4 {
		t.Errorf("%d lines of history, want 4", n)
	}
	if n := p.Doc.Find(`a[href$="/close"]`).Length(); n != 0 {
		t.Error("a closed action can be closed")
	}
	manager.Get("/work").Has("Closed in the last fortnight")
	manager.Submit(at+"/reopen", at+"/reopen", url.Values{"reason": {"they do not ring"}}).Want(http.StatusSeeOther)
	manager.Get(at).Has("Opened again")
}

func TestWhatIsMissingIsSaidAtItsField(t *testing.T) {
	l := apptest.New(t)
	c := l.SignIn(access.Manager, "council")
	r := c.Submit("/actions/new", "/actions", url.Values{"assignee": {""}})
	r.Want(http.StatusUnprocessableEntity)
	for _, want := range []string{"title", "why", "assignee", "due_on-day"} {
		if r.Doc.Find(`.govuk-error-summary a[href="#`+want+`"]`).Length() != 1 || r.Doc.Find("#"+want).Length() != 1 {
			t.Errorf("the summary does not lead to %s: %s", want, r.Text(".govuk-error-summary"))
		}
	}
	c.Submit("/actions/new", "/actions", with(url.Values{"title": {"T"}, "why": {"W"}}, date("due_on", "21", "11", "2026"))).Want(http.StatusUnprocessableEntity).Has("The date must be today or later")
}

// Another agency's action about a person answers exactly as one that does not exist, on every route.
func TestAPersonalActionOfAnotherAgencyDoesNotExist(t *testing.T) {
	l := apptest.New(t)
	school, police := l.SignIn(access.SchoolLead, "school"), l.SignIn(access.Manager, "police")
	at := add(l, school, "Ring the family", id(l, access.SchoolLead, "school"), url.Values{"class": {"education"}})
	school.Get(at).Want(http.StatusOK).Has("agencies that a live agreement lets read its education records")
	none := "/actions/0192f0c1-7a3b-7c55-8a2e-5b1c7e0d9f42"
	for _, page := range []string{"", "/edit", "/close", "/owner", "/reopen"} {
		theirs, nothing := police.Get(at+page), police.Get(none+page)
		if theirs.Status != http.StatusNotFound || theirs.Body != nothing.Body {
			t.Errorf("GET %s: status %d, and the same page as for nothing: %v", page, theirs.Status, theirs.Body == nothing.Body)
		}
		if page == "" {
			continue
		}
		theirs, nothing = police.Post(at+page, url.Values{"reason": {"x"}}), police.Post(none+page, url.Values{"reason": {"x"}})
		if theirs.Status != http.StatusNotFound || theirs.Body != nothing.Body {
			t.Errorf("POST %s: status %d, and the same page as for nothing: %v", page, theirs.Status, theirs.Body == nothing.Body)
		}
	}
	if list := police.Get("/actions?state=all").Want(http.StatusOK); strings.Contains(list.Body, "Ring the family") || !strings.Contains(list.Text(".lantern-finding"), "no action") {
		t.Errorf("the police's list says %q", list.Text("main"))
	}
	if got := school.Get("/actions").Text(".lantern-finding"); !strings.Contains(got, "1 open action") {
		t.Errorf("the school's list says %q", got)
	}
	// Given to somebody who could not see it, it would be lost.
	school.Submit(at+"/owner", at+"/owner", url.Values{"assignee": {id(l, access.Manager, "police")}, "reason": {"theirs"}}).Want(http.StatusUnprocessableEntity).Has("could not read this action")
	n, err := database.One(t.Context(), l.DB.Reader(), database.Value[int], "SELECT count(*) FROM audit_entry WHERE act = 'refusal'")
	if err != nil || n < 9 {
		t.Errorf("%d refusals in the log, %v; want one for each", n, err)
	}
	n, err = database.One(t.Context(), l.DB.Reader(), database.Value[int], "SELECT count(*) FROM audit_entry WHERE act = 'consultation' AND subject_kind = 'action' AND owners = 'school'")
	if err != nil || n < 1 {
		t.Errorf("%d consultations of the action in the log, %v; want its showing", n, err)
	}
}

func TestWhoeverIsLateSeesBothTexts(t *testing.T) {
	l := apptest.New(t)
	one, two := l.SignIn(access.Manager, "council"), l.SignIn(access.Manager, "police")
	at := add(l, one, "First words", id(l, access.Manager, "council"), nil)
	form := two.Get(at + "/edit").Want(http.StatusOK)
	values := url.Values{}
	for _, name := range []string{"form_key", "ver", "due_on-day", "due_on-month", "due_on-year", "why"} {
		s := form.Doc.Find(`main [name="` + name + `"]`)
		values.Set(name, s.AttrOr("value", s.Text()))
	}
	values.Set("title", "Words of the second")
	values.Set("reason", "")
	one.Submit(at+"/edit", at+"/edit", url.Values{"title": {"Words of the first"}}).Want(http.StatusSeeOther)
	late := two.Post(at+"/edit", values).Want(http.StatusConflict).Has("Somebody else changed this action first").Has("Words of the first").Has("Words of the second").Has("Changed by Test community-safety-manager")
	if got := two.Get(at).Text("h1"); got != "Words of the first" {
		t.Errorf("a late change took effect: %q", got)
	}
	again := url.Values{}
	late.Doc.Find("main form[method=post]").First().Find("input, textarea").Each(func(_ int, s *goqueryS) {
		if name, ok := s.Attr("name"); ok {
			again.Set(name, s.AttrOr("value", s.Text()))
		}
	})
	two.Post(at+"/edit", again).Want(http.StatusSeeOther)
	two.Get(at).Has("It was “Words of the first”")
	if got := two.Get(at).Text("h1"); got != "Words of the second" {
		t.Errorf("after choosing, the action says %q", got)
	}
}

func TestTheListNarrowsAndSorts(t *testing.T) {
	l := apptest.New(t)
	c := l.SignIn(access.Manager, "council")
	add(l, c, "Beta", id(l, access.Manager, "council"), date("due_on", "28", "11", "2026"))
	scope, err := l.Accounts.Scope(t.Context(), l.Cast[apptest.Address(access.Manager, "council")], access.CommunitySafety)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.DB.Write(t.Context(), func(tx *database.Tx) error { // the page takes no day that has passed
		_, err := l.Work.Add(t.Context(), tx, scope, work.New{Title: "Alpha", Why: "w", Assignee: id(l, access.Practitioner, "police"), DueOn: "2026-11-21"})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ query, finding, first string }{
		{"", "1 of 2 open actions is overdue; 1 is due in the next seven days.", "Alpha"},
		{"?sort=title&dir=desc", "1 of 2 open actions is overdue", "Beta"},
		{"?state=overdue", "1 of 2 open actions is overdue", "Alpha"},
		{"?agency=council", "None of 1 open action is overdue", "Beta"},
		{"?owner=" + id(l, access.Practitioner, "police"), "1 of 1 open action is overdue", "Alpha"},
	} {
		p := c.Get("/actions" + x.query).Want(http.StatusOK)
		if got := p.Text(".lantern-finding"); !strings.Contains(got, x.finding) {
			t.Errorf("%q: the finding is %q, want %q", x.query, got, x.finding)
		}
		if got := strings.TrimSpace(p.Doc.Find("#actions tbody tr").First().Find("a").First().Text()); got != x.first {
			t.Errorf("%q: first is %q, want %q", x.query, got, x.first)
		}
	}
	if got := c.Get("/actions").Text(".lantern-tag--bad"); got != "Overdue by 1 day" {
		t.Errorf("the late one is tagged %q", got)
	}
}

func TestTypingIsKept(t *testing.T) {
	l := apptest.New(t)
	c, other := l.SignIn(access.Manager, "council"), l.SignIn(access.Manager, "police")
	form := c.Get("/actions/new").Want(http.StatusOK)
	draft := form.Doc.Find("form[data-draft]").AttrOr("data-draft", "")
	if draft != "/drafts/action/new" {
		t.Fatalf("the form keeps its typing at %q", draft)
	}
	c.Post(draft, with(url.Values{"title": {"Half a thought"}, "why": {"because\nof two"}}, date("due_on", "9", "12", "2026"))).Want(http.StatusNoContent)
	p := c.Get("/actions/new").Want(http.StatusOK).Has("What you had typed is here")
	if got := p.Doc.Find("#title").AttrOr("value", ""); got != "Half a thought" {
		t.Errorf("the title came back as %q", got)
	}
	if got := p.Doc.Find("#due_on-day").AttrOr("value", ""); got != "9" {
		t.Errorf("the day came back as %q", got)
	}
	if strings.Contains(other.Get("/actions/new").Body, "Half a thought") {
		t.Error("somebody else sees the draft")
	}
	c.Submit("/actions/new", "/actions", url.Values{"assignee": {id(l, access.Manager, "council")}}).Want(http.StatusSeeOther)
	if strings.Contains(c.Get("/actions/new").Body, "Half a thought") {
		t.Error("the draft outlived the act it was for")
	}
	c.Post(draft, url.Values{"title": {"Another"}}).Want(http.StatusNoContent)
	c.Submit("/actions/new", draft+"/discard", nil).Want(http.StatusSeeOther)
	if strings.Contains(c.Get("/actions/new").Body, "Another") {
		t.Error("a draft thrown away came back")
	}
	c.Post(draft, url.Values{"title": {strings.Repeat("x", 70<<10)}}).Want(http.StatusRequestEntityTooLarge)
	c.Post("/drafts/Action/..", url.Values{"title": {"x"}}).Want(http.StatusNotFound)
}

func TestOtherRoomsJoinMyWork(t *testing.T) {
	l := apptest.New(t)
	l.WorkPages.Sources = []work.Source{work.SourceFunc(sourceOf(work.Item{ID: "d", Kind: "Panel decision", Title: "Decide on a referral", Due: "2026-11-18", Href: "/panel/1", Personal: true, Owner: "care"})), work.SourceFunc(failing)}
	c := l.SignIn(access.Chair, "care")
	c.Get("/work").Want(http.StatusOK).Has("1 of the 1 thing you have to do is overdue, by 4 days.").Has("Decide on a referral").Has("Panel decision").Has("One room could not say")
	n, err := database.One(t.Context(), l.DB.Reader(), database.Value[int], "SELECT count(*) FROM audit_entry WHERE act = 'consultation' AND subject_kind = 'my-work' AND owners = 'care'")
	if err != nil || n != 1 {
		t.Errorf("%d lines for a list that shows what is about a person, %v; want 1", n, err)
	}
}

func TestAPanelShowsASubjectsActions(t *testing.T) {
	l := apptest.New(t)
	c := l.SignIn(access.Manager, "council")
	add(l, c, "Look at the gate", id(l, access.Manager, "council"), url.Values{"subject": {"place"}, "subject_id": {"XS03"}, "source": {"blind-spot"}, "source_id": {"T9"}})
	scope, err := l.Accounts.Scope(t.Context(), l.Cast[apptest.Address(access.Manager, "council")], access.CommunitySafety)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		ref  work.Ref
		want string
	}{{work.Ref{Kind: "place", ID: "XS03"}, "Look at the gate"}, {work.Ref{Kind: "blind-spot", ID: "T9"}, "Look at the gate"}, {work.Ref{Kind: "place", ID: "other"}, "No action has been set."}} {
		f, personal, err := l.WorkPages.Panel(t.Context(), scope, x.ref)
		if err != nil || personal || !strings.Contains(string(f.HTML()), x.want) {
			t.Errorf("panel of %v: %v, %v, %s", x.ref, personal, err, f.HTML())
		}
	}
}

func TestOneClickOneAction(t *testing.T) {
	l := apptest.New(t)
	c := l.SignIn(access.Manager, "council")
	key := c.Get("/actions/new").Doc.Find(`form[action="/actions"] [name=form_key]`).AttrOr("value", "")
	v := with(url.Values{"form_key": {key}, "title": {"Once"}, "why": {"w"}, "assignee": {id(l, access.Manager, "council")}, "class": {"partnership"}}, date("due_on", "4", "12", "2026"))
	a, b := c.Post("/actions", v).Want(http.StatusSeeOther), c.Post("/actions", v).Want(http.StatusSeeOther)
	if a.Location != b.Location {
		t.Errorf("sent twice, the form led to %s and %s", a.Location, b.Location)
	}
}

func TestAYoungPersonHasNoWorkPages(t *testing.T) {
	l := apptest.New(t)
	c := l.SignIn(access.Subject, "care")
	for _, p := range []string{"/work", "/actions", "/actions/new"} {
		c.Get(p).Want(http.StatusNotFound)
	}
}
