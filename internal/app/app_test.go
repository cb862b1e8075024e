package app_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/app/apptest"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/web"
)

func TestSigningIn(t *testing.T) {
	l := apptest.New(t)
	c := l.Anonymous()
	if r := c.Get("/purpose"); r.Status != http.StatusSeeOther || !strings.HasPrefix(r.Location, "/sign-in?next=") {
		t.Errorf("a page for the signed in answered %d to %q, want a way to sign in", r.Status, r.Location)
	}
	wrong := c.Submit("/sign-in", "/sign-in", url.Values{"email": {apptest.Address(access.Manager, "police")}, "password": {"not the password"}})
	nobody := c.Submit("/sign-in", "/sign-in", url.Values{"email": {"nobody@police.example"}, "password": {"not the password"}})
	if wrong.Status != http.StatusUnauthorized || nobody.Status != http.StatusUnauthorized {
		t.Errorf("wrong password %d, no such account %d, want 401 for both", wrong.Status, nobody.Status)
	}
	if a, b := wrong.Text(".govuk-error-summary"), nobody.Text(".govuk-error-summary"); a != b || a == "" {
		t.Errorf("wrong password says %q, no such account says %q: they must say the same", a, b)
	}
	in := c.Submit("/sign-in", "/sign-in", url.Values{"email": {apptest.Address(access.Manager, "police")}, "password": {apptest.Password}})
	in.Want(http.StatusSeeOther)
	p := c.Get("/purpose").Want(http.StatusOK)
	if got := p.Text(".lantern-purpose"); !strings.Contains(got, "preventing crime") {
		t.Errorf("the header says %q, want the purpose in it", got)
	}
	c.Submit("/purpose", "/purpose", url.Values{"purpose": {"safeguarding"}}).Want(http.StatusSeeOther)
	if got := c.Get("/purpose").Text(".lantern-purpose"); !strings.Contains(got, "safeguarding") {
		t.Errorf("after choosing, the header says %q", got)
	}
	c.Submit("/purpose", "/purpose", url.Values{"purpose": {"own-record"}}).Want(http.StatusUnprocessableEntity)
	c.Post("/sign-out", nil).Want(http.StatusSeeOther)
	c.Get("/purpose").Want(http.StatusSeeOther)
}

// A sensitive act is done only by somebody who proved a short time ago who they are; what was typed is not lost.
func TestProvingAgainWhoItIs(t *testing.T) {
	l := apptest.New(t)
	var did []string
	l.Router.Get("/test/act", web.Everyone, func(w http.ResponseWriter, r *http.Request) error {
		if err := l.Site.Recent(r); err != nil {
			return err
		}
		_, err := io.WriteString(w, "the form")
		return err
	})
	l.Router.Post("/test/act", web.Everyone, func(w http.ResponseWriter, r *http.Request) error {
		if err := l.Site.Recent(r); err != nil {
			return err
		}
		f := l.Site.NewForm("/test/act", "Do it", &web.Field{Name: "reason", Label: "Reason"}, &web.Field{Name: "fields", Label: "Fields", Kind: web.Checkboxes, Options: []web.Option{{Value: "a"}, {Value: "b"}}})
		if err := f.Read(w, r); err != nil {
			return err
		}
		return l.Site.Act(w, r, "", func(*database.Tx) (string, error) {
			did = append(did, f.Value("reason")+" "+strings.Join(f.Field("fields").Values, "+")+" "+r.FormValue("of"))
			return "/test/act?done=1", nil
		})
	})
	sent := url.Values{"reason": {"because & “so”"}, "fields": {"a", "b"}, "form_key": {l.IDs.New()}}
	c := l.SignIn(access.Manager, "police")
	c.Get("/test/act").Want(http.StatusOK)
	l.Now.Advance(5*time.Minute + time.Second)
	if r := c.Get("/test/act?a=1&b=2"); r.Status != http.StatusSeeOther || r.Location != "/confirm?next=%2Ftest%2Fact%3Fa%3D1%26b%3D2" {
		t.Errorf("the page after five minutes: status %d to %q, want the page that asks again", r.Status, r.Location)
	}
	ask := c.Post("/test/act?of=x", sent)
	if ask.Status != http.StatusForbidden || len(did) != 0 {
		t.Fatalf("the form after five minutes: status %d, done %q; want to be asked and nothing done", ask.Status, did)
	}
	answer := func(password string) url.Values {
		v := url.Values{"password": {password}}
		ask.Doc.Find("main form input[type=hidden]").Each(func(_ int, s *goquery.Selection) { v.Set(s.AttrOr("name", ""), s.AttrOr("value", "")) })
		return v
	}
	for name, password := range map[string]string{"a wrong password": "not the password", "no password": ""} {
		if r := c.Post("/confirm", answer(password)); r.Status != http.StatusUnprocessableEntity || len(did) != 0 {
			t.Errorf("%s: status %d, done %q", name, r.Status, did)
		}
	}
	if r := c.Post("/confirm", answer(apptest.Password)); r.Status != http.StatusSeeOther || r.Location != "/test/act?done=1" {
		t.Fatalf("the right password: status %d to %q\n%s", r.Status, r.Location, r.Text("main"))
	}
	if len(did) != 1 || did[0] != "because & “so” a+b x" {
		t.Errorf("done %q, want what was typed, once", did)
	}
	if r := c.Post("/confirm", answer(apptest.Password)); r.Location != "/test/act?done=1" || len(did) != 1 {
		t.Errorf("sent twice: done %q", did)
	}
	c.Get("/test/act").Want(http.StatusOK)
	// Signed out, or on another site, there is nothing to go on with.
	if r := l.Anonymous().Post("/confirm", answer(apptest.Password)); r.Status != http.StatusNotFound {
		t.Errorf("signed out: status %d, want 404", r.Status)
	}
	away := answer(apptest.Password)
	away.Set("next", "https://elsewhere.example/act")
	if r := c.Post("/confirm", away); len(did) != 1 {
		t.Errorf("sent to another site: status %d, done %q", r.Status, did)
	}
	if r := c.Submit("/confirm?next=//elsewhere.example/", "/confirm", url.Values{"password": {apptest.Password}}); r.Location != "/" {
		t.Errorf("a next on another site leads to %q, want home", r.Location)
	}
}

func TestHeadersOnEveryAnswer(t *testing.T) {
	l := apptest.New(t)
	for _, path := range []string{"/sign-in", "/no-such-page", "/assets/none", "/healthz"} {
		r := l.Anonymous().Get(path)
		for header, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; worker-src 'self'; img-src 'self' data:; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
			"X-Content-Type-Options":  "nosniff", "Cross-Origin-Opener-Policy": "same-origin",
		} {
			if got := r.Header.Get(header); got != want {
				t.Errorf("%s: %s = %q, want %q", path, header, got, want)
			}
		}
	}
}

func TestAFormFromAnotherSiteIsRefused(t *testing.T) {
	l := apptest.New(t)
	req, err := http.NewRequest(http.MethodPost, l.Server.URL+"/sign-in", strings.NewReader("email=a&password=b"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // only the status matters
	if res.StatusCode != http.StatusForbidden {
		t.Errorf("status %d, want 403", res.StatusCode)
	}
}

func TestAFormSaysExactlyItsFields(t *testing.T) {
	l := apptest.New(t)
	for name, v := range map[string]url.Values{
		"an unknown field": {"email": {"a@b.example"}, "password": {"x"}, "role": {"administrator"}},
		"a field twice":    {"email": {"a@b.example", "c@d.example"}, "password": {"x"}},
	} {
		if r := l.Anonymous().Post("/sign-in", v); r.Status != http.StatusBadRequest {
			t.Errorf("%s: status %d, want 400", name, r.Status)
		}
	}
}
