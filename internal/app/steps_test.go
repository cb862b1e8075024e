package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/app/apptest"
	"lantern.example/lantern/internal/config"
	"lantern.example/lantern/internal/database"
)

var analyst = apptest.Address(access.Analyst, "police")

func password(p string) url.Values { return url.Values{"email": {analyst}, "password": {p}} }

// toApp goes through the first sign-in with an authenticator app and gives what the app would show.
func toApp(t *testing.T, l *apptest.Lantern, c *apptest.Client) (code func() string, codes []string) {
	t.Helper()
	begun := c.Submit("/sign-in/steps", "/sign-in/app", nil).Want(http.StatusSeeOther)
	page := c.Get(begun.Location).Want(http.StatusOK)
	secret := strings.ReplaceAll(page.Text(".lantern-key"), " ", "")
	code = func() string {
		x, err := totp.GenerateCode(secret, l.Now.Now())
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	shown := c.Submit(begun.Location, "", url.Values{"code": {code()}}).Want(http.StatusOK)
	for _, n := range shown.Doc.Find(".lantern-codes code").EachIter() {
		codes = append(codes, n.Text())
	}
	return code, codes
}

func TestAFirstSignInIsLedToASecondStep(t *testing.T) {
	l := apptest.Strict(t, config.Config{})
	c := l.Anonymous()
	in := c.Submit("/sign-in?next=/work", "/sign-in", password(apptest.Password)).Want(http.StatusSeeOther)
	if in.Location != "/sign-in/steps" {
		t.Fatalf("after the password: %q, want the choice of a second step", in.Location)
	}
	// With one step done nothing can be read: every page is as for somebody who has not signed in.
	for _, route := range l.Router.Routes {
		path := strings.NewReplacer("{$}", "", "{id}", "0192f0c1-7a3b-7c55-8a2e-5b1c7e0d9f42").Replace(route.Pattern)
		if route.Need.Public || strings.Contains(path, "{") {
			continue
		}
		var got, want *apptest.Reply
		if route.Method == http.MethodGet {
			got, want = c.Get(path), l.Anonymous().Get(path)
		} else {
			got, want = c.Post(path, url.Values{}), l.Anonymous().Post(path, url.Values{})
		}
		if got.Status != want.Status || got.Body != want.Body || got.Location != want.Location {
			t.Errorf("%s %s with one step done: status %d to %q, signed out %d to %q", route.Method, route.Pattern, got.Status, got.Location, want.Status, want.Location)
		}
	}
	// No step can be left out by its address.
	for _, path := range []string{"/sign-in/second", "/sign-in/password"} {
		if r := c.Get(path); r.Location != "/sign-in/steps" {
			t.Errorf("%s leads to %q (%d), want back to the choice", path, r.Location, r.Status)
		}
	}
	wrong := c.Submit("/sign-in/steps", "/sign-in/app", nil).Want(http.StatusSeeOther)
	if r := c.Submit(wrong.Location, "", url.Values{"code": {"000000"}}); r.Status != http.StatusUnprocessableEntity || !strings.Contains(r.Text(".govuk-error-summary"), "not the code") {
		t.Errorf("a wrong code: status %d, %q", r.Status, r.Text(".govuk-error-summary"))
	}
	code, codes := toApp(t, l, c)
	if len(codes) != account.RecoveryCodes {
		t.Fatalf("recovery codes %q, want ten", codes)
	}
	c.Get("/work").Want(http.StatusOK)
	// From now on the second step is asked for, and no other can be added with the password alone.
	l.Now.Advance(time.Minute)
	d := l.Anonymous()
	if r := d.Submit("/sign-in?next=/work", "/sign-in", password(apptest.Password)); r.Location != "/sign-in/second" {
		t.Fatalf("at the second sign-in: %q, want the second step", r.Location)
	}
	for _, path := range []string{"/sign-in/steps", "/sign-in/add-passkey", "/sign-in/app/" + strings.TrimPrefix(wrong.Location, "/sign-in/app/")} {
		if r := d.Get(path); r.Location != "/sign-in/second" {
			t.Errorf("%s with the password alone: status %d to %q", path, r.Status, r.Location)
		}
	}
	for _, path := range []string{"/sign-in/app", "/sign-in/add-passkey", "/sign-in/add-passkey/options"} {
		if r := d.Post(path, url.Values{"form_key": {l.IDs.New()}}); r.Location != "/sign-in/second" {
			t.Errorf("posting to %s with the password alone: status %d to %q", path, r.Status, r.Location)
		}
	}
	d.Get("/work").Want(http.StatusSeeOther)
	for name, typed := range map[string]string{"a wrong code": "123456", "nothing": ""} {
		if r := d.Submit("/sign-in/second", "", url.Values{"code": {typed}}); r.Status != http.StatusUnprocessableEntity || typed != "" && strings.Contains(r.Body, typed) {
			t.Errorf("%s: status %d, or it is sent back", name, r.Status)
		}
	}
	if r := d.Submit("/sign-in/second", "", url.Values{"code": {code()}}).Want(http.StatusSeeOther); r.Location != "/work" {
		t.Errorf("after both steps: %q, want where it was going", r.Location)
	}
	d.Get("/work").Want(http.StatusOK)
	// A code that was used lets nobody else in; a recovery code does, once.
	e := l.Anonymous()
	e.Submit("/sign-in", "/sign-in", password(apptest.Password))
	e.Submit("/sign-in/second", "", url.Values{"code": {code()}}).Want(http.StatusUnprocessableEntity)
	e.Submit("/sign-in/second", "", url.Values{"code": {codes[0]}}).Want(http.StatusSeeOther)
	f := l.Anonymous()
	f.Submit("/sign-in", "/sign-in", password(apptest.Password))
	f.Submit("/sign-in/second", "", url.Values{"code": {codes[0]}}).Want(http.StatusUnprocessableEntity)
	// A half-done sign-in does not wait for ever.
	l.Now.Advance(account.HalfFor + time.Second)
	if r := f.Get("/sign-in/second"); r.Location != "/sign-in" {
		t.Errorf("a quarter of an hour after the password: %q", r.Location)
	}
	lines, err := database.Collect(t.Context(), l.DB.Reader(), database.Value[string], "SELECT words FROM audit_entry WHERE act = 'sign-in' AND account = $1 ORDER BY id", l.Cast[analyst].ID)
	if got := strings.Join(lines, "; "); err != nil || got != "password, authenticator app just added; password, code from an app; password, recovery code" {
		t.Errorf("the log says %q (%v)", got, err)
	}
}

func TestAPasswordSomebodyElseGaveIsChanged(t *testing.T) {
	l := apptest.Strict(t, config.Config{})
	var a account.Account
	err := l.DB.Write(t.Context(), func(tx *database.Tx) (err error) {
		a, err = l.Accounts.Add(t.Context(), tx, account.New{Email: "new@police.example", Name: "New One", Agency: "police", Role: access.Analyst, Password: "given by the operator", Temporary: true})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	c := l.Anonymous()
	if r := c.Submit("/sign-in", "/sign-in", url.Values{"email": {a.Email}, "password": {"given by the operator"}}); r.Location != "/sign-in/password" {
		t.Fatalf("after the password somebody gave: %q, want to choose one's own", r.Location)
	}
	for name, p := range map[string]string{"the same": "given by the operator", "too short": "short", "a common one": "password1234", "one's own name": "this is New One here"} {
		c.Submit("/sign-in/password", "", url.Values{"password": {p}})
		if r := c.Get("/sign-in/steps"); r.Location != "/sign-in/password" {
			t.Errorf("%s was taken: led to %q", name, r.Location)
		}
	}
	if r := c.Submit("/sign-in/password", "", url.Values{"password": {"my own three words"}}); r.Location != "/sign-in/steps" {
		t.Errorf("after choosing: %d to %q, want the choice of a second step", r.Status, r.Location)
	}
	toApp(t, l, c)
	c.Get("/work").Want(http.StatusOK)
	if r := l.Anonymous().Submit("/sign-in", "/sign-in", url.Values{"email": {a.Email}, "password": {"given by the operator"}}); r.Status != http.StatusUnauthorized {
		t.Errorf("the given password afterwards: status %d", r.Status)
	}
}

// What is planted before signing in, or kept from before a step, is worth nothing afterwards.
func TestANewTokenAtEveryStep(t *testing.T) {
	l := apptest.Strict(t, config.Config{})
	at, err := url.Parse(l.Server.URL)
	if err != nil {
		t.Fatal(err)
	}
	token := func(c *apptest.Client) string {
		for _, k := range c.Jar.Cookies(at) {
			if k.Name == "lantern" {
				return k.Value
			}
		}
		return ""
	}
	c := l.Anonymous()
	planted := strings.Repeat("A", 43)
	c.Jar.SetCookies(at, []*http.Cookie{{Name: "lantern", Value: planted, Path: "/"}})
	seen := map[string]bool{planted: true}
	step := func(name string) {
		t.Helper()
		if k := token(c); k == "" || seen[k] {
			t.Errorf("after %s the token is one that was known before", name)
		} else {
			seen[k] = true
		}
	}
	c.Submit("/sign-in", "/sign-in", password(apptest.Password))
	step("the password")
	toApp(t, l, c)
	step("the second step")
	now := token(c)
	for k := range seen {
		d := l.Anonymous()
		d.Jar.SetCookies(at, []*http.Cookie{{Name: "lantern", Value: k, Path: "/"}})
		if r := d.Get("/work"); (r.Status == http.StatusOK) != (k == now) {
			t.Errorf("an earlier token: status %d", r.Status)
		}
	}
	out := c.Post("/sign-out", nil).Want(http.StatusSeeOther)
	if got := out.Header.Get("Clear-Site-Data"); got != `"cache", "storage"` {
		t.Errorf("Clear-Site-Data is %q", got)
	}
	d := l.Anonymous()
	d.Jar.SetCookies(at, []*http.Cookie{{Name: "lantern", Value: now, Path: "/"}})
	d.Get("/work").Want(http.StatusSeeOther)
}

func TestWebSessionsEnd(t *testing.T) {
	l := apptest.New(t)
	out := func(c *apptest.Client) bool { return c.Get("/work").Status != http.StatusOK }
	c, d, other := l.SignIn(access.Analyst, "police"), l.SignIn(access.Analyst, "police"), l.SignIn(access.Chair, "police")
	page := c.Get("/account").Want(http.StatusOK).Has("signed in on 2 browsers")
	end, ok := page.Doc.Find(`form[action^="/account/sessions/"][action$="/end"]`).First().Attr("action")
	if !ok || end == "/account/sessions/end" {
		t.Fatalf("no form ends the other session: %q", end)
	}
	// Another's session cannot be ended, and answers as one that is not there.
	missing := other.Post("/account/sessions/00000000000000000000/end", url.Values{"form_key": {l.IDs.New()}})
	if r := other.Post(end, url.Values{"form_key": {l.IDs.New()}}); r.Status != http.StatusNotFound || r.Body != missing.Body {
		t.Errorf("another ends it: status %d, or it differs from one that does not exist", r.Status)
	}
	if out(d) {
		t.Error("the session ended although the act was refused")
	}
	c.Submit("/account", end, nil).Want(http.StatusSeeOther)
	if !out(d) || out(c) {
		t.Errorf("after ending the other: it is out %v, this one is out %v", out(d), out(c))
	}
	d, e := l.SignIn(access.Analyst, "police"), l.SignIn(access.Analyst, "police")
	c.Submit("/account", "/account/sessions/end", nil).Want(http.StatusSeeOther)
	if !out(d) || !out(e) || out(c) {
		t.Error("signing out everywhere else did not, or ended this one")
	}
	// An administrator ends them all, and closes the account: the next request is out.
	admin := l.SignIn(access.Administrator, "council")
	at := "/accounts/" + l.Cast[analyst].ID
	admin.Get("/accounts").Want(http.StatusOK).Has("Test analyst")
	admin.Submit(at, at+"/sign-out", nil).Want(http.StatusSeeOther)
	if !out(c) {
		t.Error("signed out by an administrator, the session goes on")
	}
	c = l.SignIn(access.Analyst, "police")
	admin.Submit(at, at+"/close", nil).Want(http.StatusSeeOther)
	if !out(c) {
		t.Error("the account is closed and its session goes on")
	}
	if r := l.Anonymous().Submit("/sign-in", "/sign-in", password(apptest.Password)); r.Status != http.StatusUnauthorized {
		t.Errorf("signing in to a closed account: status %d", r.Status)
	}
	admin.Submit(at, at+"/open", nil).Want(http.StatusSeeOther)
	c = l.SignIn(access.Analyst, "police")
	own := "/accounts/" + l.Cast[apptest.Address(access.Administrator, "council")].ID
	admin.Post(own+"/close", url.Values{"form_key": {l.IDs.New()}}).Want(http.StatusForbidden)
	// The administrator's acts ask again who it is after five minutes.
	l.Now.Advance(6 * time.Minute)
	admin.Submit(at, at+"/close", nil).Want(http.StatusForbidden).Has("Is it you?")
	// Nobody else reaches them.
	for _, path := range []string{"/accounts", at} {
		if r := other.Get(path); r.Status != http.StatusNotFound {
			t.Errorf("%s as a panel chair: status %d", path, r.Status)
		}
	}
	for _, path := range []string{at + "/close", at + "/open", at + "/sign-out"} {
		if r := other.Post(path, url.Values{"form_key": {l.IDs.New()}}); r.Status != http.StatusNotFound {
			t.Errorf("%s as a panel chair: status %d", path, r.Status)
		}
	}
}

func TestWebSessionsGrowOld(t *testing.T) {
	l := apptest.New(t)
	c := l.SignIn(access.Analyst, "police")
	for range 10 * 4 {
		l.Now.Advance(14*time.Minute + 59*time.Second)
		if r := c.Get("/work"); r.Status != http.StatusOK {
			t.Fatalf("in use every quarter of an hour, it ended at %s", l.Now.Now().Sub(apptest.Now))
		}
	}
	l.Now.Advance(10 * time.Minute)
	if r := c.Get("/work"); r.Status == http.StatusOK {
		t.Errorf("in use all the time, it goes on after %s", l.Now.Now().Sub(apptest.Now))
	}
	c = l.SignIn(access.Analyst, "police")
	l.Now.Advance(account.IdleFor + time.Second)
	if r := c.Get("/work"); r.Status == http.StatusOK {
		t.Error("unused for more than a quarter of an hour, it goes on")
	}
}

// A request that is under way when its session is ended does not bring it back.
func TestAnEndedSessionStaysEnded(t *testing.T) {
	l := apptest.New(t)
	c := l.SignIn(access.Analyst, "police")
	l.Router.Post("/test/slow", l.Router.Routes[0].Need, func(w http.ResponseWriter, r *http.Request) error {
		err := l.DB.Write(r.Context(), func(tx *database.Tx) error {
			return l.Accounts.EndSessions(r.Context(), tx, l.Cast[analyst].ID, "")
		})
		l.Sessions.Prove(r.Context()) // writes the session at the request's end
		return err
	})
	c.Post("/test/slow", url.Values{}).Want(http.StatusOK)
	c.Get("/work").Want(http.StatusSeeOther)
}

func TestChangingOnesPassword(t *testing.T) {
	l := apptest.New(t)
	c, d := l.SignIn(access.Analyst, "police"), l.SignIn(access.Analyst, "police")
	const fresh = "four quite other words"
	for name, x := range map[string]struct{ current, password, want string }{
		"a wrong one":     {"not the password", fresh, "not your password"},
		"nothing":         {"", fresh, "the password you have now"},
		"too short":       {apptest.Password, "short", "at least 12"},
		"a common one":    {apptest.Password, "password1234", "every list"},
		"the one it is":   {apptest.Password, apptest.Password, "password you have now"},
		"one's own name":  {apptest.Password, "I am test analyst", "own name"},
		"no new password": {apptest.Password, "", "Enter a new password"},
	} {
		r := c.Submit("/account/password", "", url.Values{"current": {x.current}, "password": {x.password}})
		if r.Status != http.StatusUnprocessableEntity || !strings.Contains(r.Text(".govuk-error-summary"), x.want) {
			t.Errorf("%s: status %d, %q; want %q", name, r.Status, r.Text(".govuk-error-summary"), x.want)
		}
		if strings.Contains(r.Body, apptest.Password) || strings.Contains(r.Body, fresh) {
			t.Errorf("%s: a password is sent back", name)
		}
	}
	c.Submit("/account/password", "", url.Values{"current": {apptest.Password}, "password": {fresh}}).Want(http.StatusSeeOther)
	c.Get("/work").Want(http.StatusOK)
	if r := d.Get("/work"); r.Status == http.StatusOK {
		t.Error("the other browser is still signed in")
	}
	if r := l.Anonymous().Submit("/sign-in", "/sign-in", password(apptest.Password)); r.Status != http.StatusUnauthorized {
		t.Errorf("the password of before: status %d", r.Status)
	}
	l.Anonymous().Submit("/sign-in", "/sign-in", password(fresh)).Want(http.StatusSeeOther)
}

// Nothing more than the page's own fields is taken: nobody gives themselves a role with a form.
func TestMoreThanAFormHasIsRefused(t *testing.T) {
	l := apptest.New(t)
	c := l.SignIn(access.Analyst, "police")
	id := l.Cast[analyst].ID
	for path, fields := range map[string]url.Values{
		"/sign-in":                  password(apptest.Password),
		"/account/password":         {"current": {apptest.Password}, "password": {"four quite other words"}},
		"/account/sessions/end":     {},
		"/account/browsers/forget":  {},
		"/account/codes":            {},
		"/account/app":              {},
		"/purpose":                  {"purpose": {"assessment"}},
		"/confirm":                  {"password": {apptest.Password}},
		"/account/add-passkey":      {"answer": {"{}"}},
		"/account/sessions/abc/end": {},
	} {
		for _, extra := range []string{"role", "agency", "account", "id", "disabled", "password_temporary", "ver2"} {
			in := url.Values{"form_key": {l.IDs.New()}, extra: {"administrator"}}
			for k, v := range fields {
				in[k] = v
			}
			if r := c.Post(path, in); r.Status != http.StatusBadRequest {
				t.Errorf("%s with %q: status %d, want 400", path, extra, r.Status)
			}
		}
	}
	a, err := l.Accounts.Get(t.Context(), l.DB.Reader(), id)
	if err != nil || a.Role != access.Analyst || a.Agency != "police" || a.Ver != l.Cast[analyst].Ver {
		t.Errorf("the account is now %+v (%v)", a, err)
	}
}

// What a proxy says of an address is taken from proxies we trust alone.
func TestWhereATryComesFrom(t *testing.T) {
	for name, c := range map[string]struct {
		proxies []string
		spread  bool // the tries claim to come from everywhere
	}{
		"no proxy is trusted": {nil, false},
		"our own is":          {[]string{"127.0.0.0/8"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			l := apptest.Strict(t, config.Config{TrustedProxies: c.proxies})
			try := func(i int, email string) {
				req, err := http.NewRequest(http.MethodPost, l.Server.URL+"/sign-in", strings.NewReader(url.Values{"email": {email}, "password": {"Winter in Testshire"}}.Encode()))
				if err != nil {
					t.Fatal(err)
				}
				req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				req.Header.Set("X-Forwarded-For", "10.9.8.7, 198.51.100."+string(rune('0'+i%10)))
				res, err := http.DefaultClient.Do(req)
				if err != nil {
					t.Fatal(err)
				}
				_ = res.Body.Close() //nolint:errcheck // not read
			}
			for i := range 10 {
				try(i, "nobody@police.example")
			}
			sources, err := database.One(t.Context(), l.DB.Reader(), database.Value[int], "SELECT count(DISTINCT source) FROM sign_in_attempt")
			if err != nil || (sources > 1) != c.spread {
				t.Errorf("%d addresses were counted (%v)", sources, err)
			}
		})
	}
}

// What was refused is kept, whether or not there is such an account, and strangers cannot fill the log with it.
func TestRefusedSignInsAreKept(t *testing.T) {
	l := apptest.Strict(t, config.Config{})
	lines := func(subject string) int {
		t.Helper()
		n, err := database.One(t.Context(), l.DB.Reader(), database.Value[int], "SELECT count(*) FROM audit_entry WHERE act = 'refusal' AND subject_kind = 'sign-in' AND subject = $1", subject)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	c := l.Anonymous()
	for range account.MaxFailures + 3 {
		c.Submit("/sign-in", "/sign-in", password("a wrong password")).Want(http.StatusUnauthorized)
		c.Submit("/sign-in", "/sign-in", url.Values{"email": {"nobody@police.example"}, "password": {"a wrong password"}}).Want(http.StatusUnauthorized)
	}
	if a, n := lines(l.Cast[analyst].ID), lines(""); a != account.MaxFailures || n != account.MaxFailures {
		t.Errorf("%d lines for an account and %d for none, want %d each", a, n, account.MaxFailures)
	}
	l.Now.Advance(account.Window)
	c.Submit("/sign-in", "/sign-in", password(apptest.Password)).Want(http.StatusSeeOther)
	toApp(t, l, c)
	d := l.Anonymous()
	d.Submit("/sign-in", "/sign-in", password(apptest.Password))
	d.Submit("/sign-in/second", "", url.Values{"code": {"123456"}}).Want(http.StatusUnprocessableEntity)
	if a := lines(l.Cast[analyst].ID); a != account.MaxFailures+1 {
		t.Errorf("%d lines after a wrong second step, want one more", a)
	}
}
