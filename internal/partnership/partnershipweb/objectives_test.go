package partnershipweb_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/app/apptest"
)

func day(name, d, m, y string) url.Values {
	return url.Values{name + "-day": {d}, name + "-month": {m}, name + "-year": {y}}
}

func join(vs ...url.Values) url.Values {
	out := url.Values{}
	for _, v := range vs {
		for k, x := range v {
			out[k] = x
		}
	}
	return out
}

func TestAnObjectiveFromItsWordsToItsVerdict(t *testing.T) {
	l := apptest.New(t)
	c, worker := l.SignIn(access.Manager, "council"), l.SignIn(access.Practitioner, "police")
	owner := l.Cast[apptest.Address(access.Practitioner, "police")].ID
	c.Get("/objectives").Want(http.StatusOK).Has("The partnership has no joint objective yet.")
	in := join(url.Values{"title": {"Fewer young people hurt with knives"}, "purpose": {"Injuries rose."}, "owner": {owner}, "agencies": {"council"}, "state": {"open"}, "links": {"https://elsewhere.example x"}}, day("due_on", "1", "11", "2027"))
	c.Submit("/objectives/new", "/objectives", in).Want(http.StatusUnprocessableEntity).Has("Choose at least two agencies").Has("is no page of this Lantern")
	in["agencies"], in["links"] = []string{"council", "police"}, []string{"/assessment The spring assessment"}
	at := c.Submit("/objectives/new", "/objectives", in).Want(http.StatusSeeOther).Location
	worker.Get(at).Want(http.StatusOK).Has("Nothing measures it yet").Has("The spring assessment").Has("Test council, Test police")
	worker.Get("/objectives/new").Want(http.StatusNotFound)

	measure := c.Submit("/measures/new?objective="+strings.TrimPrefix(at, "/objectives/"), "/measures", join(url.Values{"title": {"Injuries seen"}, "definition": {"serious-violence"}, "unit": {"injuries"}, "counter": {"The hospital"}, "source": {"Returns"}, "direction": {"down"}, "target": {"20"}}, day("target_on", "1", "11", "2027"))).Want(http.StatusSeeOther).Location
	c.Get(measure).Want(http.StatusSeeOther)
	count := func(n string, from, until [3]string, more url.Values) *apptest.Reply {
		return c.Submit(measure+"/count", "", join(url.Values{"n": {n}}, day("from", from[0], from[1], from[2]), day("until", until[0], until[1], until[2]), more))
	}
	count("60", [3]string{"1", "1", "2024"}, [3]string{"31", "12", "2024"}, url.Values{"baseline": {"yes"}}).Want(http.StatusSeeOther)
	count("x", [3]string{"1", "1", "2025"}, [3]string{"31", "12", "2026"}, nil).Want(http.StatusUnprocessableEntity).Has("Enter a whole number").Has("what is not over cannot be counted")
	count("30", [3]string{"1", "1", "2025"}, [3]string{"31", "12", "2025"}, nil).Want(http.StatusSeeOther)
	p := worker.Get(at).Has("60 in January 2024 to December 2024, then 30 in January 2025 to December 2025: it moved the way it should").Has("The aim is 20 injuries by 1 November 2027.").Has("Baseline").Has("exact conditional interval")
	if got := p.Doc.Find(`.lantern-base a[href="/definitions/serious-violence/1"]`).Length(); got == 0 {
		t.Error("the figure does not open the version it used")
	}
	if p.Doc.Find("figure svg").Length() == 0 {
		t.Error("there is no chart")
	}
	worker.Get(measure + "/count").Want(http.StatusNotFound)

	// Another wording of the definition draws a break.
	c.Submit("/definitions/serious-violence/new", "/definitions/serious-violence/preview", url.Values{"wording": {"Ours"}, "why": {"the board"}}).Want(http.StatusOK)
	prev := c.Submit("/definitions/serious-violence/new", "/definitions/serious-violence/preview", url.Values{"wording": {"Ours"}, "why": {"the board"}})
	confirm := url.Values{}
	prev.Doc.Find("main form[method=post] input").Each(func(_ int, s *selection) { confirm.Set(s.AttrOr("name", ""), s.AttrOr("value", "")) })
	c.Post("/definitions/serious-violence/new", confirm).Want(http.StatusSeeOther)
	c.Submit("/definitions/serious-violence", "/definitions/serious-violence/2/propose", nil).Want(http.StatusSeeOther)
	count("12", [3]string{"1", "1", "2026"}, [3]string{"30", "9", "2026"}, nil).Want(http.StatusSeeOther)
	p = worker.Get(at).Has("The latest figure cannot be set beside the baseline: the definition changed from serious-violence v1 to serious-violence v2.").Has("The series breaks here")
	if !strings.Contains(p.Text("figure"), "Break: definition") {
		t.Error("the chart draws no break")
	}

	// The owner owes a note for the last quarter once the objective is old enough; here it began this quarter.
	c.Submit(at+"/note", "", url.Values{"quarter": {"2026-Q2"}, "words": {"We began."}}).Want(http.StatusSeeOther)
	worker.Get("/work").Has("Write the note for July to September 2026")
	worker.Submit(at+"/note", "", url.Values{"words": {"Two sessions a week."}}).Want(http.StatusSeeOther)
	worker.Get(at).Has("Two sessions a week.")
	l.SignIn(access.Practitioner, "care").Get(at + "/note").Want(http.StatusNotFound)

	c.Submit("/actions/new?subject=objective&subject_id="+strings.TrimPrefix(at, "/objectives/"), "/actions", join(url.Values{"title": {"Fewer knives hurt young people: plan"}, "why": {"w"}, "assignee": {owner}, "class": {"partnership"}}, day("due_on", "4", "12", "2026"))).Want(http.StatusSeeOther)
	worker.Get(at).Has("Fewer knives hurt young people: plan")
	worker.Get("/objectives/alike").Want(http.StatusOK).Has("1 pair may be the same work twice.").Has("hurt, knives")
	worker.Get("/objectives").Has("Of 1 objective being worked on, 0 moved, 0 moved the wrong way and 1 cannot be said to have moved")

	c.Submit(at+"/versions", at+"/public", nil).Want(http.StatusSeeOther)
	c.Get(at).Has("in the name of Test community-safety-manager")
	l.SignIn(access.Analyst, "council").Post(at+"/public", url.Values{"version": {"1"}}).Want(http.StatusNotFound)
}

func TestPublishedFigures(t *testing.T) {
	l := apptest.New(t)
	p := l.SignIn(access.Analyst, "council").Get("/objectives/published").Want(http.StatusOK).Has("are not one series").Has("the unit changed from lines to deal line numbers")
	if n := strings.Count(p.Text("figure"), "Break: unit"); n == 0 {
		t.Error("the national series draws no break")
	}
}
