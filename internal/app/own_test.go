package app_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/account/accounttest"
	"lantern.example/lantern/internal/app/apptest"
	"lantern.example/lantern/internal/config"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/partnership"
)

// stepped is somebody who signed in with a password and an app, and what their app shows.
func stepped(t *testing.T, l *apptest.Lantern, email string) (c *apptest.Client, code func() string, codes []string) {
	t.Helper()
	c = l.Anonymous()
	c.Submit("/sign-in", "/sign-in", url.Values{"email": {email}, "password": {apptest.Password}}).Want(http.StatusSeeOther)
	code, codes = toApp(t, l, c)
	c.Get("/work").Want(http.StatusOK)
	return c, code, codes
}

// key is a security key for the server of a test.
func key(t *testing.T, l *apptest.Lantern) *accounttest.Device {
	t.Helper()
	d := accounttest.NewDevice(t)
	_, port, _ := strings.Cut(strings.TrimPrefix(l.Server.URL, "http://"), ":")
	d.Origin = "http://localhost:" + port
	return d
}

func form(r *apptest.Reply, action string, more url.Values) url.Values {
	v := url.Values{}
	r.Doc.Find(`form[action="` + action + `"]`).Last().Find("input[type=hidden]").Each(func(_ int, s *goquery.Selection) { v.Set(s.AttrOr("name", ""), s.AttrOr("value", "")) })
	for k, x := range more {
		v[k] = x
	}
	return v
}

// Through the pages: a passkey is made by who has just shown who they are, signs in by itself, is a second step, and proves again; a wrong answer, one
// used twice and another's do none of it.
func TestPasskeysThroughThePages(t *testing.T) {
	l := apptest.Strict(t, config.Config{})
	c, _, _ := stepped(t, l, analyst)
	d := key(t, l)
	page := c.Get("/account/add-passkey").Want(http.StatusOK).Has("Make a passkey")
	for name, answer := range map[string]string{"nothing, as a browser without scripts sends": "", "no JSON": "x"} {
		if r := c.Post("/account/add-passkey", form(page, "/account/add-passkey", url.Values{"answer": {answer}})); r.Status != http.StatusUnprocessableEntity || r.Doc.Find(".govuk-error-summary").Length() != 1 {
			t.Errorf("%s: status %d", name, r.Status)
		}
	}
	made := d.Make([]byte(c.Post("/account/add-passkey/options", nil).Want(http.StatusOK).Body))
	c.Post("/account/add-passkey", form(page, "/account/add-passkey", url.Values{"answer": {made}, "name": {"blue key"}})).Want(http.StatusSeeOther)
	c.Post("/account/add-passkey", form(page, "/account/add-passkey", url.Values{"answer": {made}})).Want(http.StatusUnprocessableEntity)
	if p := c.Get("/account").Want(http.StatusOK).Has("blue key"); p.Doc.Find(`form[action$="/remove"]`).Length() != 2 {
		t.Error("the page does not show both second steps")
	}
	another := d.Make([]byte(c.Post("/account/add-passkey/options", nil).Want(http.StatusOK).Body))
	c.Post("/account/add-passkey", form(page, "/account/add-passkey", url.Values{"answer": {another}})).Want(http.StatusUnprocessableEntity) // the same key twice

	// By itself.
	e := l.Anonymous()
	in := e.Get("/sign-in?next=/actions").Want(http.StatusOK)
	options := e.Post("/sign-in/passkey/options", nil).Want(http.StatusOK)
	answer := d.Use([]byte(options.Body))
	if r := l.Anonymous().Post("/sign-in/passkey", form(in, "/sign-in/passkey", url.Values{"answer": {answer}})); r.Status != http.StatusUnauthorized {
		t.Errorf("another browser's answer: status %d", r.Status)
	}
	stranger := key(t, l)
	e.Post("/sign-in/passkey", form(in, "/sign-in/passkey", url.Values{"answer": {stranger.Use([]byte(options.Body))}})).Want(http.StatusUnauthorized)
	options = e.Post("/sign-in/passkey/options", nil)
	answer = d.Use([]byte(options.Body))
	if r := e.Post("/sign-in/passkey", form(in, "/sign-in/passkey", url.Values{"answer": {answer}, "next": {"/actions"}})); r.Status != http.StatusSeeOther || r.Location != "/actions" {
		t.Fatalf("with the passkey: status %d to %q", r.Status, r.Location)
	}
	e.Get("/actions").Want(http.StatusOK)
	e.Post("/sign-in/passkey", form(in, "/sign-in/passkey", url.Values{"answer": {answer}})).Want(http.StatusUnauthorized) // used already

	// As the second step.
	f := l.Anonymous()
	f.Post("/sign-in/second/options", nil).Want(http.StatusSeeOther) // nothing is on its way
	f.Submit("/sign-in", "/sign-in", password(apptest.Password)).Want(http.StatusSeeOther)
	second := f.Get("/sign-in/second").Want(http.StatusOK).Has("Use a passkey")
	options = f.Post("/sign-in/second/options", nil).Want(http.StatusOK)
	f.Post("/sign-in/second", form(second, "/sign-in/second", url.Values{"answer": {stranger.Use([]byte(options.Body))}})).Want(http.StatusUnprocessableEntity)
	options = f.Post("/sign-in/second/options", nil).Want(http.StatusOK)
	f.Post("/sign-in/second", form(second, "/sign-in/second", url.Values{"answer": {d.Use([]byte(options.Body))}})).Want(http.StatusSeeOther)
	f.Get("/work").Want(http.StatusOK)

	// As a proof.
	l.Now.Advance(6 * time.Minute)
	f.Post("/account/codes", url.Values{"form_key": {l.IDs.New()}}).Want(http.StatusForbidden)
	confirm := f.Get("/confirm?next=/account").Want(http.StatusOK)
	options = f.Post("/confirm/options", nil).Want(http.StatusOK)
	f.Post("/confirm", form(confirm, "/confirm", url.Values{"answer": {stranger.Use([]byte(options.Body))}})).Want(http.StatusUnprocessableEntity)
	f.Post("/confirm", form(confirm, "/confirm", url.Values{"answer": {"{}"}})).Want(http.StatusUnprocessableEntity)
	options = f.Post("/confirm/options", nil).Want(http.StatusOK)
	if r := f.Post("/confirm", form(confirm, "/confirm", url.Values{"answer": {d.Use([]byte(options.Body))}})); r.Location != "/account" {
		t.Errorf("after the proof: status %d to %q", r.Status, r.Location)
	}
	// Who has none, and who is not signed in, is asked for none.
	g, _, _ := stepped(t, l, apptest.Address(access.Chair, "police"))
	g.Post("/confirm/options", nil).Want(http.StatusForbidden)
	l.Anonymous().Post("/confirm/options", nil).Want(http.StatusNotFound)

	// Taken away, it opens nothing.
	p := f.Get("/account")
	remove := ""
	p.Doc.Find(`form[action$="/remove"]`).Each(func(_ int, s *goquery.Selection) {
		if strings.Contains(s.Text(), "blue key") {
			remove = s.AttrOr("action", "")
		}
	})
	if remove == "" {
		t.Fatal("there is no form that removes the passkey")
	}
	other := g.Post(remove, url.Values{"form_key": {l.IDs.New()}})
	if other.Status != http.StatusNotFound {
		t.Errorf("another removes it: status %d", other.Status)
	}
	f.Submit("/account", remove, nil).Want(http.StatusSeeOther)
	options = e.Post("/sign-in/passkey/options", nil)
	e.Post("/sign-in/passkey", form(in, "/sign-in/passkey", url.Values{"answer": {d.Use([]byte(options.Body))}})).Want(http.StatusUnauthorized)
	if got := lines(t, l, l.Cast[analyst].ID); got != "second step added: authenticator app; second step added: passkey; second step removed: passkey" {
		t.Errorf("the log says %q", got)
	}
}

// One's own page: codes that end the old ones, steps that are not all taken away, browsers forgotten, a code as proof.
func TestOnesOwnPage(t *testing.T) {
	l := apptest.Strict(t, config.Config{})
	c, code, codes := stepped(t, l, analyst)
	shown := c.Submit("/account", "/account/codes", nil).Want(http.StatusOK)
	var fresh []string
	for _, n := range shown.Doc.Find(".lantern-codes code").EachIter() {
		fresh = append(fresh, n.Text())
	}
	if len(fresh) != account.RecoveryCodes || fresh[0] == codes[0] {
		t.Fatalf("new codes %q", fresh)
	}
	tried := func(code string) int {
		d := l.Anonymous()
		d.Submit("/sign-in", "/sign-in", password(apptest.Password)).Want(http.StatusSeeOther)
		return d.Submit("/sign-in/second", "", url.Values{"code": {code}}).Status
	}
	if s := tried(codes[0]); s != http.StatusUnprocessableEntity {
		t.Errorf("a code that new ones ended: status %d", s)
	}
	if s := tried(fresh[0]); s != http.StatusSeeOther {
		t.Errorf("a new code: status %d", s)
	}
	// The last second step stays.
	remove := c.Get("/account").Doc.Find(`form[action$="/remove"]`).First().AttrOr("action", "")
	if r := c.Submit("/account", remove, nil); r.Status == http.StatusSeeOther {
		t.Error("the last second step is taken away")
	}
	c.Submit("/account", "/account/browsers/forget", nil).Want(http.StatusSeeOther)
	if n, err := database.One(t.Context(), l.DB.Reader(), database.Value[int], "SELECT count(*) FROM account_browser WHERE account = $1", l.Cast[analyst].ID); err != nil || n != 0 {
		t.Errorf("%d browsers are remembered after they were forgotten (%v)", n, err)
	}
	// Six minutes on, each asks again, and a code of the app will do; a wrong one will not.
	l.Now.Advance(6 * time.Minute)
	for _, path := range []string{"/account/codes", remove} {
		c.Post(path, url.Values{"form_key": {l.IDs.New()}}).Want(http.StatusForbidden).Has("Is it you?")
	}
	c.Submit("/confirm", "/confirm", url.Values{"code": {"000000"}}).Want(http.StatusUnprocessableEntity)
	c.Submit("/confirm?next=/account", "/confirm", url.Values{"code": {code()}}).Want(http.StatusSeeOther)
	c.Submit("/account", "/account/codes", nil).Want(http.StatusOK)
	if r := c.Get("/confirm?next=/work"); r.Status != http.StatusOK {
		t.Errorf("the page that asks again: status %d", r.Status)
	}
	// What a form with a file sent cannot be carried: it is asked for again, from the page.
	l.Now.Advance(6 * time.Minute)
	if r := c.PostBody("/account/codes", "multipart/form-data; boundary=x", []byte("--x--\r\n")); r.Status != http.StatusSeeOther || !strings.HasPrefix(r.Location, "/confirm") {
		t.Errorf("a form with a file: status %d to %q", r.Status, r.Location)
	}
}

// A purpose that a role does not act for is not to be had by sending it.
func TestPurposes(t *testing.T) {
	l := apptest.New(t)
	c := l.SignIn(access.Practitioner, "police")
	c.Get("/purpose").Want(http.StatusOK)
	c.Submit("/purpose", "", url.Values{"purpose": {"youth-justice"}}).Want(http.StatusSeeOther)
	stands := func() bool { return strings.Contains(c.Get("/work").Body, "<strong>youth justice</strong>") }
	if !stands() {
		t.Error("the purpose chosen is not the one the page says")
	}
	for _, p := range []string{"governance", "upkeep", "housing", ""} {
		c.Submit("/purpose", "", url.Values{"purpose": {p}}).Want(http.StatusUnprocessableEntity)
	}
	if !stands() {
		t.Error("a purpose that was refused took the place of the one before")
	}
	l.Anonymous().Post("/purpose", url.Values{"purpose": {"safeguarding"}, "form_key": {l.IDs.New()}}).Want(http.StatusNotFound)
	for _, v := range []url.Values{{"email": {""}, "password": {"x"}}, {"email": {analyst}, "password": {""}}} {
		l.Anonymous().Submit("/sign-in", "/sign-in", v).Want(http.StatusUnprocessableEntity)
	}
	for _, path := range []string{"/account", "/account/password", "/confirm"} {
		if r := l.Anonymous().Get(path); r.Status == http.StatusOK {
			t.Errorf("%s is shown to nobody in particular", path)
		}
	}
}

// Areas on an account limit what it reads, and a link can take lost steps away.
func TestAreasAndLostSteps(t *testing.T) {
	l := apptest.Strict(t, config.Config{})
	ctx := t.Context()
	if err := l.DB.Write(ctx, func(tx *database.Tx) error {
		s, err := l.Partnership.Settings(ctx, tx)
		if err != nil {
			return err
		}
		s.Name, s.Areas, s.Why = "Safer Testshire", []partnership.Area{{Code: "N", Name: "North"}, {Code: "S", Name: "South"}}, "two areas"
		return l.Partnership.SaveSettings(ctx, tx, access.System("test", access.Upkeep), s.Version, s)
	}); err != nil {
		t.Fatal(err)
	}
	admin, _, _ := stepped(t, l, apptest.Address(access.Administrator, "council"))
	c, _, _ := stepped(t, l, analyst)
	at := "/accounts/" + l.Cast[analyst].ID
	admin.Submit(at+"/change", "", url.Values{"name": {"Test analyst"}, "agency": {"police"}, "role": {"analyst"}, "areas": {"N"}}).Want(http.StatusSeeOther)
	c.Get("/work").Want(http.StatusOK) // areas alone sign nobody out
	scope, err := l.Accounts.Scope(ctx, account.Account{ID: l.Cast[analyst].ID, Agency: "police", Role: access.Analyst}, access.Assessment)
	if a, aerr := l.Accounts.Get(ctx, l.DB.Reader(), l.Cast[analyst].ID); aerr != nil || err != nil || fmt.Sprint(a.Areas) != "[N]" || len(scope.Areas) != 0 {
		t.Errorf("areas %v (%v, %v)", a.Areas, err, aerr)
	}
	admin.Get(at).Want(http.StatusOK).Has("Limited toN").Has("authenticator app")
	if r := admin.Get(at + "/change"); r.Doc.Find(`input[name=areas][value=N][checked]`).Length() != 1 {
		t.Error("the area is not ticked on the form")
	}
	admin.Submit(at+"/change", "", url.Values{"name": {"Test analyst"}, "agency": {"police"}, "role": {"analyst"}, "areas": {"W"}}).Want(http.StatusUnprocessableEntity)
	admin.Submit(at+"/change", "", url.Values{"name": {"Test analyst"}, "agency": {"school"}, "role": {"analyst"}}).Want(http.StatusSeeOther)
	if r := c.Get("/work"); r.Status == http.StatusOK {
		t.Error("with another agency the web session goes on")
	}
	// The link: without an answer there is none; with steps lost it leads to new ones, and not before it is used.
	admin.Submit(at+"/link", "", url.Values{"factors": {""}}).Want(http.StatusUnprocessableEntity)
	link := admin.Submit(at+"/link", "", url.Values{"factors": {"yes"}}).Want(http.StatusOK).Text(".lantern-link code")
	steps, err := l.Accounts.Factors(ctx, l.DB.Reader(), l.Cast[analyst].ID)
	if err != nil || len(steps) != 1 {
		t.Errorf("%d steps before the link is used (%v)", len(steps), err)
	}
	d := l.Anonymous()
	if r := d.Submit(link[strings.Index(link, "/sign-in/link"):], "/sign-in/link", url.Values{"password": {"lamps along the estuary"}}); r.Location != "/sign-in/steps" {
		t.Errorf("after the link: status %d to %q, want new steps", r.Status, r.Location)
	}
	if got := lines(t, l, l.Cast[analyst].ID); !strings.Contains(got, "areas all to N; ") && !strings.Contains(got, "areas all to N") || !strings.HasSuffix(got, "one-time link made by an administrator; the old password ended; second steps go when it is used; own password chosen with a one-time link; second steps removed") {
		t.Errorf("the log says %q", got)
	}
	// Closed, the account says so in the list; opened it can be given a link again.
	admin.Submit(at, at+"/close", nil).Want(http.StatusSeeOther)
	admin.Get("/accounts").Want(http.StatusOK).Has("closed")
	admin.Submit(at+"/link", "", url.Values{"factors": {"no"}}).Want(http.StatusUnprocessableEntity).Has("This account is closed")
}

// What a browser calls itself is said to its owner in a few words.
func TestBrowsersAreNamed(t *testing.T) {
	l := apptest.New(t)
	for agent, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36":       "Chrome on Linux",
		"Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36 Edg/156": "Edge on Windows",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605 Version/19.0 Safari/604.1":        "Safari on iPhone",
		"Firefox/140.0":              "Firefox",
		"Something (Android 16)":     "A browser on Android",
		"curl/8":                     "A browser that does not say what it is",
		"<script>alert(1)</script>x": "A browser that does not say what it is",
	} {
		c := l.Anonymous()
		page := c.Get("/sign-in")
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, l.Server.URL+"/sign-in", strings.NewReader(form(page, "/sign-in", password(apptest.Password)).Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("User-Agent", agent)
		c.Send(req).Want(http.StatusSeeOther)
		if r := c.Get("/account").Want(http.StatusOK).Has(want + " this one"); strings.Contains(r.Body, "alert(1)") {
			t.Error("what a browser calls itself is shown as it is")
		}
	}
}

// An account for the organisation's own sign-in has no password and no link.
func TestAnAccountForTheProvider(t *testing.T) {
	l := apptest.With(t, config.Config{Provider: config.Provider{Issuer: "http://127.0.0.1:9", ClientID: "lantern", Name: "County sign-in"}})
	admin := l.SignIn(access.Administrator, "council")
	admin.Get("/accounts/new").Want(http.StatusOK).Has("Through County sign-in alone")
	in := url.Values{"name": {"Noor Ashby"}, "email": {"noor@school.example"}, "agency": {"school"}, "role": {"school-lead"}}
	admin.Submit("/accounts/new", "", in).Want(http.StatusUnprocessableEntity).Has("Choose how they sign in")
	in.Set("how", "provider")
	r := admin.Submit("/accounts/new", "", in).Want(http.StatusSeeOther)
	a, err := l.Accounts.ByEmail(t.Context(), l.DB.Reader(), "noor@school.example")
	if err != nil || a.HasPassword() || r.Location != "/accounts/"+a.ID {
		t.Errorf("the account has a password: %v (%v), and leads to %q", a.HasPassword(), err, r.Location)
	}
	if _, ok, err := l.Accounts.Waiting(t.Context(), l.DB.Reader(), a.ID); ok || err != nil {
		t.Errorf("a link waits for it (%v)", err)
	}
	// A provider that does not answer: nobody is let in, and the page says so.
	c := l.Anonymous()
	if r := c.Submit("/sign-in", "/sign-in/provider", nil); r.Status < 500 && r.Status != http.StatusUnauthorized {
		t.Errorf("a provider that does not answer: status %d", r.Status)
	}
	// Its owner has no password to change.
	if err := l.DB.Write(t.Context(), func(tx *database.Tx) error {
		return tx.Exec(t.Context(), "UPDATE account SET password_hash = '' WHERE email = $1", analyst)
	}); err != nil {
		t.Fatal(err)
	}
	if r := l.Anonymous().Submit("/sign-in", "/sign-in", password("")); r.Status == http.StatusSeeOther {
		t.Error("an account without a password signs in with none")
	}
}
