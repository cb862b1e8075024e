package partnershipweb_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/app/apptest"
)

func TestTypingAWordShowsWhatItMeans(t *testing.T) {
	l := apptest.New(t)
	c := l.SignIn(access.Manager, "council")
	owner := l.Cast[apptest.Address(access.Manager, "council")].ID
	in := url.Values{"title": {"Speak to the gang member’s school"}, "why": {"asked"}, "assignee": {owner}, "due_on-day": {"4"}, "due_on-month": {"12"}, "due_on-year": {"2026"}}
	to := c.Submit("/actions/new", "/actions", in).Want(http.StatusSeeOther)
	p := c.Get(to.Location).Has("You wrote “gang member”. Here that means:").Has("corroborated by reliable intelligence").Has("No agency has adopted this wording yet.")
	if got := p.Doc.Find(".lantern-typed a").AttrOr("href", ""); got != "/definitions/gang-nominal" {
		t.Errorf("the meaning leads to %q", got)
	}
	if strings.Contains(c.Get(to.Location).Body, "You wrote") {
		t.Error("it is said twice")
	}
	in.Del("assignee")
	in.Set("title", "")
	in.Set("why", "a county line")
	c.Submit("/actions/new", "/actions", in).Want(http.StatusUnprocessableEntity).Has("You wrote “county line”")
	j := c.Get("/definitions.json").Want(http.StatusOK)
	if !strings.Contains(j.Body, `"gang member"`) || !strings.Contains(j.Body, `"cite":"gang-nominal v1"`) {
		t.Errorf("the script is told %s", j.Body)
	}
	l.SignIn(access.Subject, "care").Get("/definitions.json").Want(http.StatusNotFound)
	l.Anonymous().Get("/definitions.json").Want(http.StatusSeeOther)
	c.Submit("/definitions/gang-nominal/words", "", url.Values{"words": {"soldier"}}).Want(http.StatusSeeOther)
	if strings.Contains(c.Get("/definitions.json").Body, `"gang member"`) {
		t.Error("a word that was taken away still brings the wording up")
	}
}

func TestAVersionIsOpenedDiscussedVariedAndMadePublic(t *testing.T) {
	l := apptest.New(t)
	manager, chair, worker := l.SignIn(access.Manager, "council"), l.SignIn(access.Chair, "care"), l.SignIn(access.Practitioner, "police")
	at := "/definitions/gang"
	worker.Submit(at, at+"/1/say", url.Values{"words": {"What is durable?"}}).Want(http.StatusSeeOther)
	worker.Submit(at, at+"/1/say", nil).Want(http.StatusUnprocessableEntity)
	chair.Submit(at+"/1/vary", "", url.Values{"wording": {"From the age of 10"}, "why": {""}}).Want(http.StatusUnprocessableEntity).Has("Say why the agency means something else")
	chair.Submit(at+"/1/vary", "", url.Values{"wording": {"From the age of 10"}, "why": {"our procedures"}}).Want(http.StatusSeeOther)
	chair.Submit(at+"/1/vary", "", url.Values{"agency": {"police"}, "wording": {"x"}, "why": {"y"}}).Want(http.StatusUnprocessableEntity)
	manager.Get(at).Has("What is durable?").Has("From the age of 10").Has("our procedures")
	worker.Get(at + "/1").Want(http.StatusOK).Has("Figures cite this wording now.").Has("Nobody")
	worker.Get(at + "/9").Want(http.StatusNotFound)
	worker.Get("/definitions/apart").Want(http.StatusOK).Has("They are different things: 0 of the 6 words below are adopted.").Has("Disengaged young people")

	if n := manager.Get(at).Doc.Find(`form[action="` + at + `/1/public"]`).Length(); n != 0 {
		t.Error("a wording that nobody adopted can be made public")
	}
	manager.Post(at+"/1/public", url.Values{"form_key": {"0192f0c1-7a3b-7c55-8a2e-5b1c7e0d9f42"}}).Want(http.StatusForbidden)
	manager.Submit(at+"/1/adopt", "", url.Values{"by": {"C. Supt Hale"}}).Want(http.StatusSeeOther)
	worker.Post(at+"/1/public", url.Values{}).Want(http.StatusNotFound)
	manager.Submit(at, at+"/1/public", nil).Want(http.StatusSeeOther)
	manager.Get(at).Has("The public reads v1, made public by Test community-safety-manager on 22 November 2026.")
	manager.Submit(at, at+"/1/private", nil).Want(http.StatusSeeOther)
	if strings.Contains(manager.Get(at).Body, "The public reads") {
		t.Error("it is still public")
	}
}
