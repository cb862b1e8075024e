package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/app/apptest"
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
