package communityweb_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/app/apptest"
	"lantern.example/lantern/internal/community"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/web/webtest"
)

func TestTemplates(t *testing.T) { webtest.CheckTemplates(t, "internal/community/communityweb/") }

func with(v url.Values, name, d, m, y string) url.Values {
	v.Set(name+"-day", d)
	v.Set(name+"-month", m)
	v.Set(name+"-year", y)
	return v
}

func TestYouSaidWeDid(t *testing.T) {
	l := apptest.New(t)
	c, worker, nobody := l.SignIn(access.Manager, "council"), l.SignIn(access.Practitioner, "care"), l.Anonymous()
	nobody.Get("/public").Want(http.StatusOK).Has("has not published anything here yet.")
	nobody.Get("/public/you-said").Want(http.StatusOK).Has("Nothing has been published here yet.")
	nobody.Get("/community").Want(http.StatusSeeOther)
	c.Submit("/engagement/new", "", with(url.Values{"how": {"Club"}, "reached": {"x"}}, "on", "24", "11", "2026")).Want(http.StatusUnprocessableEntity).Has("Enter a whole number").Has("today or earlier")
	at := worker.Submit("/engagement/new", "", with(url.Values{"how": {"Youth club"}, "reached": {"14"}, "groups": {"young"}, "missed": {"out-of-school"}}, "on", "20", "11", "2026")).Want(http.StatusSeeOther).Location
	worker.Submit(at+"/said", "", url.Values{"words": {"The path is dark."}, "sense": {"worry"}, "theme": {"T9"}, "state": {"done"}}).Want(http.StatusUnprocessableEntity).Has("Say what was done")
	worker.Submit(at+"/said", "", url.Values{"words": {"The path is dark."}, "sense": {"worry"}, "theme": {"T9"}, "state": {"heard"}}).Want(http.StatusSeeOther)
	c.Get("/community").Has("1 engagement reached about 14 people; 13 of 14 groups were never reached, and 1 of 1 things said have no answer yet.")
	said := worker.Get(at).Doc.Find("#said a").AttrOr("href", "")
	if n := c.Get(said).Doc.Find(`form[action$="/public"]`).Length(); n != 0 {
		t.Error("what has no answer can be made public")
	}
	worker.Submit(said, said, url.Values{"state": {"done"}, "did": {"Lamps were put up."}}).Want(http.StatusSeeOther)
	worker.Post(said+"/public", url.Values{}).Want(http.StatusNotFound)
	c.Submit(said, said+"/public", nil).Want(http.StatusSeeOther)
	nobody.Get("/public/you-said").Has("The path is dark.").Has("Lamps were put up.").Has("Published by Test community-safety-manager").Has("Of 1 thing that people told us, 1 is done")
	worker.Submit("/strengths/new", "/strengths", url.Values{"title": {"Saturday football"}, "kind": {"group"}, "about": {"They come every week."}, "theme": {"T8"}}).Want(http.StatusSeeOther)
	worker.Get("/strengths").Has("Saturday football").Has("None known")
	c.Submit(said, said+"/private", nil).Want(http.StatusSeeOther)
	nobody.Get("/public/you-said").Has("Nothing has been published here yet.")
}

func TestThePublicPageHoldsWhatANamedPersonPublished(t *testing.T) {
	l := apptest.New(t)
	c, nobody := l.SignIn(access.Manager, "council"), l.Anonymous()
	part := c.Submit("/public-pages/new", "/public-pages", url.Values{"title": {"Who we are"}, "body": {"Five agencies.\n\nOne page."}, "order": {"1"}}).Want(http.StatusSeeOther).Location
	c.Get(part).Has("is a draft: nothing is shown to members")
	nobody.Get("/public").Has("has not published anything here yet.")
	at := strings.TrimSuffix(part[:strings.Index(part, "?")], "/versions")
	c.Submit(part, at+"/publish", nil).Want(http.StatusSeeOther)
	nobody.Get("/public").Has("has not published anything here yet.") // for members is not for the public
	c.Submit(at+"/versions", at+"/public", nil).Want(http.StatusSeeOther)
	c.Submit("/definitions/gang/1/adopt", "", url.Values{"by": {"C. Supt Hale"}}).Want(http.StatusSeeOther)
	c.Submit("/definitions/gang", "/definitions/gang/1/public", nil).Want(http.StatusSeeOther)
	p := nobody.Get("/public").Want(http.StatusOK).Has("Five agencies.").Has("Centre for Social Justice").Has("Published by Test community-safety-manager")
	if p.Header.Get("Set-Cookie") != "" {
		t.Errorf("the public page sets a cookie: %s", p.Header.Get("Set-Cookie"))
	}
	if got := c.Get("/public").Text(".lantern-header"); strings.Contains(got, "Sign out") {
		t.Error("the public page knows who has signed in")
	}
	l.SignIn(access.Practitioner, "care").Post(at+"/public", url.Values{"version": {"1"}}).Want(http.StatusNotFound)
}

func send(c *apptest.Client, l *apptest.Lantern, more url.Values) *apptest.Reply {
	p := c.Get("/public/report").Want(http.StatusOK)
	v := url.Values{"about": {"place"}, "words": {"Cars at the shutters every evening."}, "place": {"Behind the shops"}, "happened": {""}, "urgent": {"no"}, "answer": {""}}
	v.Set("ticket", p.Doc.Find(`[name=ticket]`).AttrOr("value", ""))
	for k, x := range more {
		v[k] = x
	}
	l.Now.Advance(4 * time.Second)
	return c.Post("/public/report", v)
}

func TestAnAnonymousReport(t *testing.T) {
	l := apptest.New(t)
	nobody, council, police := l.Anonymous(), l.SignIn(access.Manager, "council"), l.SignIn(access.Manager, "police")
	send(nobody, l, url.Values{"words": {"x"}}).Want(http.StatusUnprocessableEntity).Has("at least 10 characters")
	r := send(nobody, l, nil).Want(http.StatusSeeOther)
	if r.Header.Get("Set-Cookie") != "" {
		t.Errorf("sending sets a cookie: %s", r.Header.Get("Set-Cookie"))
	}
	nobody.Get(r.Location).Want(http.StatusOK).Has("What you wrote has arrived.")
	send(council, l, url.Values{"words": {"Sent while signed in, all the same."}}).Want(http.StatusSeeOther)
	for _, table := range []string{"report", "audit_entry"} { // nothing of who sent it stands anywhere
		n, err := database.One(t.Context(), l.DB.Reader(), database.Value[int], map[string]string{"report": "SELECT count(*) FROM report WHERE by_account <> ''",
			"audit_entry": "SELECT count(*) FROM audit_entry WHERE subject_kind = 'report' AND act = 'collection' AND account NOT LIKE 'system:%'"}[table])
		if err != nil || n != 0 {
			t.Errorf("%s: %d rows name an account, %v", table, n, err)
		}
	}
	// The first agency is the desk where there is no community safety team: Test care.
	care := l.SignIn(access.Practitioner, "care")
	q := care.Get("/reports").Want(http.StatusOK).Has("2 reports are waiting to be read.")
	for name, c := range map[string]*apptest.Client{"the council": council, "the police": police} {
		if got := c.Get("/reports").Want(http.StatusOK).Text(".lantern-finding"); got != "0 reports are waiting to be read." {
			t.Errorf("%s reads %q", name, got)
		}
	}
	href := q.Doc.Find("#unread a").First().AttrOr("href", "")
	police.Get(href).Want(http.StatusNotFound)
	police.Post(href, url.Values{"state": {"noted"}}).Want(http.StatusNotFound)
	l.SignIn(access.InfoOfficer, "care").Get("/reports").Want(http.StatusNotFound)
	care.Get(href).Want(http.StatusOK).Has("Nobody knows who sent it")
	care.Submit(href, "", url.Values{"state": {"acted"}}).Want(http.StatusUnprocessableEntity).Has("Say what was done")
	care.Submit(href, "", url.Values{"state": {"acted"}, "outcome": {"Patrol asked for."}}).Want(http.StatusSeeOther)
	care.Get(href).Has("Patrol asked for.")
	n, err := database.One(t.Context(), l.DB.Reader(), database.Value[int], "SELECT count(*) FROM audit_entry WHERE act = 'consultation' AND subject_kind = 'report' AND owners = 'care'")
	if err != nil || n < 3 {
		t.Errorf("%d consultations of reports in the log, %v", n, err)
	}
}

// A flood without work is turned away with what was written still on the page; a browser that does the work gets in.
func TestAFloodOfReports(t *testing.T) {
	l := apptest.New(t)
	c := l.Anonymous()
	var busy *apptest.Reply
	for i := range int(community.PlainAnHour) + 10 {
		if r := send(c, l, url.Values{"words": {"flood number " + strings.Repeat("x", i+1)}}); r.Status == http.StatusTooManyRequests {
			busy = r
		}
	}
	if busy == nil {
		t.Fatal("the flood was never turned away")
	}
	busy.Has("send it again in about")
	if got := busy.Doc.Find("#words").Text(); !strings.HasPrefix(got, "flood number") {
		t.Errorf("what was written is gone: %q", got)
	}
	p := c.Get("/public/report")
	form := p.Doc.Find("form[data-puzzle]")
	puzzle := community.Puzzle{Ticket: form.AttrOr("data-puzzle", ""), Bits: community.MaxPuzzleBits}
	if b := form.AttrOr("data-puzzle-bits", ""); b == "17" {
		puzzle.Bits = 17
	}
	l.Now.Advance(4 * time.Second)
	c.Post("/public/report", url.Values{"about": {"child"}, "words": {"A person with something to say."}, "place": {""}, "happened": {""}, "urgent": {"yes"}, "ticket": {puzzle.Ticket}, "answer": {community.Solve(puzzle)}}).Want(http.StatusSeeOther)
}

func TestWaysOut(t *testing.T) {
	l := apptest.New(t)
	c, worker := l.SignIn(access.Manager, "council"), l.SignIn(access.Practitioner, "care")
	worker.Get("/services").Want(http.StatusOK).Has("No way out has been written down yet.")
	at := c.Submit("/services/new", "/services", with(url.Values{"title": {"Boxing after school"}, "about": {"A gym."}, "provider": {"Quay Gym"}, "route": {"exit"}, "eligibility": {"Anybody"}, "min_age": {"11"}, "capacity": {"12"}, "free": {"3"}, "refer": {"Ring the desk."}, "url": {"https://gym.example"}, "commissioner": {"The council"}}, "checked_on", "1", "3", "2026")).Want(http.StatusSeeOther).Location
	worker.Get("/services").Has("1 service with 3 places free").Has("3 of 12").Has("aged 11 or over").Has("Old").Has("There is none for early help, family, turning 18, or moving on.")
	worker.Submit(at+"/return", "", with(with(url.Values{"sent": {"30"}, "offered": {"20"}, "started": {"25"}, "finished": {"9"}, "asked": {"8"}, "settled": {"6"}, "source": {"The gym"}}, "from", "1", "1", "2026"), "until", "31", "3", "2026")).Want(http.StatusUnprocessableEntity).Has("Each count is of those before it")
	worker.Submit(at+"/return", "", with(with(url.Values{"sent": {"30"}, "offered": {"20"}, "started": {"15"}, "finished": {"9"}, "asked": {"8"}, "settled": {"2"}, "source": {"The gym"}}, "from", "1", "1", "2026"), "until", "31", "3", "2026")).Want(http.StatusSeeOther)
	p := worker.Get(at).Has("30 sent, 20 offered a place, 15 started, 9 finished; of 8 who were asked later, fewer than 5 had not come back into it. Of 7 who started nothing is known later.")
	if p.Doc.Find("figure svg").Length() == 0 {
		t.Error("there is no funnel")
	}
	if got := worker.Get("/services/feed.json").Want(http.StatusOK); !strings.Contains(got.Body, `"eligibility_description": "Anybody"`) {
		t.Errorf("the feed is %s", got.Body)
	}
	worker.Get("/services/import").Want(http.StatusNotFound)
	c.Get("/services/import").Want(http.StatusOK)
	c.Get("/objectives/alike").Want(http.StatusOK).Has("1 service")
}
