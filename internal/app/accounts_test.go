package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/app/apptest"
	"lantern.example/lantern/internal/config"
	"lantern.example/lantern/internal/database"
)

// lines are what the log says of one account, in the order it was written.
func lines(t *testing.T, l *apptest.Lantern, account string) string {
	t.Helper()
	out, err := database.Collect(t.Context(), l.DB.Reader(), database.Value[string], "SELECT words FROM audit_entry WHERE act = 'alteration' AND subject_kind = 'account' AND subject = $1 ORDER BY id", account)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(out, "; ")
}

// An administrator adds somebody and hands them a link; they choose a password nobody else knows, and a second step, and are in. The link is shown
// once, is good once, and its token stands nowhere.
func TestAnAccountIsAddedWithALink(t *testing.T) {
	l := apptest.Strict(t, config.Config{Origin: "https://lantern.example.org"})
	// An administrator with a second step of their own.
	admin := l.Anonymous()
	admin.Submit("/sign-in", "/sign-in", url.Values{"email": {apptest.Address(access.Administrator, "council")}, "password": {apptest.Password}}).Want(http.StatusSeeOther)
	toApp(t, l, admin)
	admin.Get("/accounts").Want(http.StatusOK).Has("Add an account")
	in := url.Values{"name": {"Noor Ashby"}, "email": {"noor@school.example"}, "agency": {"school"}, "role": {"school-lead"}}
	with := func(change ...string) url.Values {
		out := url.Values{}
		for k, v := range in {
			out[k] = v
		}
		for i := 0; i < len(change); i += 2 {
			out.Set(change[i], change[i+1])
		}
		return out
	}
	for words, v := range map[string]url.Values{
		"Enter the person’s name":          with("name", ""),
		"not an e-mail address":            with("email", "noor"),
		"There is an account with this":    with("email", analyst),
		"Choose one of the answers shown":  with("role", "superuser"),
		"Choose an agency":                 with("agency", ""),
		"Say whose record they read":       with("role", "subject"),
		"There is no person of this id":    with("role", "subject", "person", "0192f0c1-7a3b-7c55-8a2e-5b1c7e0d9f42"),
		"Leave this empty":                 with("person", "0192f0c1-7a3b-7c55-8a2e-5b1c7e0d9f42"),
		"Choose one of the answers shown ": with("agency", "elsewhere"),
	} {
		admin.Submit("/accounts/new", "", v).Want(http.StatusUnprocessableEntity).Has(strings.TrimSpace(words))
	}
	before, err := l.Accounts.Count(t.Context(), l.DB.Reader())
	if err != nil || before != len(l.Cast) {
		t.Fatalf("%d accounts after refusals (%v), want %d", before, err, len(l.Cast))
	}
	shown := admin.Submit("/accounts/new", "", in).Want(http.StatusOK).Has("It is shown this once").Has("until 23 November 2026, 09:30")
	link := shown.Text(".lantern-link code")
	if !strings.HasPrefix(link, "https://lantern.example.org/sign-in/link?key=") {
		t.Fatalf("the link is %q: it must begin with the address that people reach", link)
	}
	path := strings.TrimPrefix(link, "https://lantern.example.org")
	token := strings.TrimPrefix(path, "/sign-in/link?key=")
	noor, err := l.Accounts.ByEmail(t.Context(), l.DB.Reader(), "noor@school.example")
	if err != nil {
		t.Fatal(err)
	}
	if p := admin.Get("/accounts/" + noor.ID).Want(http.StatusOK).Has("Not used yet; good until 23 November 2026, 09:30"); strings.Contains(p.Body, token) {
		t.Error("the link is shown again")
	}
	// Not good: another token, and none; all the same, and nothing is said of whom it was for.
	c := l.Anonymous()
	none := c.Get("/sign-in/link").Want(http.StatusNotFound).Has("This link is not good any more")
	if r := c.Get("/sign-in/link?key=" + strings.Repeat("A", 43)); r.Status != http.StatusNotFound || r.Body != none.Body {
		t.Errorf("another token: status %d, or another page than without one", r.Status)
	}
	c.Post("/sign-in/link", url.Values{"form_key": {l.IDs.New()}, "key": {"x"}, "password": {"lamps along the estuary"}}).Want(http.StatusNotFound).Has("This link is not good any more")
	// Looking at the page spends nothing.
	for range 2 {
		c.Get(path).Want(http.StatusOK).Has("Noor Ashby, you sign in as noor@school.example.")
	}
	if r := c.Submit(path, "/sign-in/link", url.Values{"password": {"short"}}).Want(http.StatusUnprocessableEntity); strings.Contains(r.Body, `value="short"`) {
		t.Error("the password is sent back")
	}
	done := c.Submit(path, "/sign-in/link", url.Values{"password": {"lamps along the estuary"}}).Want(http.StatusSeeOther)
	if done.Location != "/sign-in/steps" {
		t.Fatalf("after the password: %q, want the choice of a second step", done.Location)
	}
	c.Get("/work").Want(http.StatusSeeOther) // not in yet
	toApp(t, l, c)
	c.Get("/work").Want(http.StatusOK)
	l.Anonymous().Get(path).Want(http.StatusNotFound).Has("This link is not good any more")
	if got := lines(t, l, noor.ID); got != "account added by an administrator with the role school-lead; own password chosen with a one-time link; second step added: authenticator app" {
		t.Errorf("the log says %q", got)
	}
	n, err := database.One(t.Context(), l.DB.Reader(), database.Value[int], "SELECT (SELECT count(*) FROM audit_entry WHERE words LIKE $1) + (SELECT count(*) FROM web_session WHERE CAST(data AS TEXT) LIKE $2) + (SELECT count(*) FROM idempotency WHERE location LIKE $3)", "%"+token+"%", "%"+token+"%", "%"+token+"%")
	if err != nil || n != 0 {
		t.Errorf("the token is kept in %d places (%v)", n, err)
	}
}

// Changing a role, agency or areas holds at once; a new link ends the old password and whoever is signed in; all of it asks again who it is, is in
// the log, and is refused to every other role, to one's own account and to the last administrator's.
func TestAnAccountIsChanged(t *testing.T) {
	l := apptest.New(t)
	admin := l.SignIn(access.Administrator, "council")
	at := "/accounts/" + l.Cast[analyst].ID
	out := func(c *apptest.Client) bool { return c.Get("/work").Status != http.StatusOK }
	c := l.SignIn(access.Analyst, "police")
	to := url.Values{"name": {"Test analyst"}, "agency": {"police"}, "role": {"practitioner"}}
	admin.Submit(at+"/change", "", to).Want(http.StatusSeeOther)
	if !out(c) {
		t.Error("with another role the web session goes on")
	}
	if got := lines(t, l, l.Cast[analyst].ID); got != "account changed by an administrator: role analyst to practitioner" {
		t.Errorf("the log says %q", got)
	}
	c = l.Anonymous()
	c.Submit("/sign-in", "/sign-in", password(apptest.Password)).Want(http.StatusSeeOther)
	c.Get("/break-glass").Want(http.StatusOK) // as practitioners may
	// Sent again from a page that was opened before somebody else changed it.
	stale := admin.Get(at + "/change").Want(http.StatusOK)
	ver, _ := stale.Doc.Find(`input[name="ver"]`).Attr("value")
	admin.Submit(at+"/change", "", url.Values{"name": {"Another"}, "agency": {"police"}, "role": {"practitioner"}}).Want(http.StatusSeeOther)
	if out(c) {
		t.Error("a new name signs its owner out")
	}
	admin.Post(at+"/change", url.Values{"form_key": {l.IDs.New()}, "ver": {ver}, "name": {"Third"}, "agency": {"police"}, "role": {"practitioner"}}).Want(http.StatusUnprocessableEntity).Has("Somebody changed this account meanwhile")

	// A new link.
	shown := admin.Submit(at+"/link", "", url.Values{"factors": {"no"}}).Want(http.StatusOK)
	link := shown.Text(".lantern-link code")
	if !strings.HasPrefix(link, "http://localhost:") {
		t.Errorf("the link %q begins with a number, where browsers make no passkey", link)
	}
	if !out(c) {
		t.Error("after a new link was made the web session goes on")
	}
	if r := l.Anonymous().Submit("/sign-in", "/sign-in", password(apptest.Password)); r.Status != http.StatusUnauthorized {
		t.Errorf("the old password: status %d", r.Status)
	}
	path := link[strings.Index(link, "/sign-in/link"):]
	d := l.Anonymous()
	d.Submit(path, "/sign-in/link", url.Values{"password": {"lamps along the estuary"}}).Want(http.StatusSeeOther)
	if out(d) {
		t.Error("the link and the password chosen with it do not lead in")
	}
	if got := lines(t, l, l.Cast[analyst].ID); !strings.HasSuffix(got, "one-time link made by an administrator; the old password ended; own password chosen with a one-time link") {
		t.Errorf("the log says %q", got)
	}

	// One's own account.
	own := "/accounts/" + l.Cast[apptest.Address(access.Administrator, "council")].ID
	if p := admin.Get(own).Want(http.StatusOK).Has("This is your own account"); p.Doc.Find(`form[action$="/close"], a[href$="/link"]`).Length() != 0 {
		t.Error("one's own account can be closed or given a link from its page")
	}
	admin.Submit(own+"/change", "", url.Values{"name": {"Test administrator"}, "agency": {"council"}, "role": {"community-safety-manager"}}).Want(http.StatusUnprocessableEntity).Has("This is your own account")
	admin.Submit(own+"/link", "", url.Values{"factors": {"no"}}).Want(http.StatusUnprocessableEntity).Has("This is your own account")
	if out(admin) {
		t.Fatal("refused, the administrator is signed out all the same")
	}
	// The last administrator: all others are closed, and then one of them tries this one.
	other := l.SignIn(access.Administrator, "police")
	for _, agency := range []string{"school", "care"} {
		x := "/accounts/" + l.Cast[apptest.Address(access.Administrator, agency)].ID
		admin.Submit(x, x+"/close", nil).Want(http.StatusSeeOther)
	}
	x := "/accounts/" + l.Cast[apptest.Address(access.Administrator, "police")].ID
	other.Submit(own, own+"/close", nil).Want(http.StatusSeeOther)
	if !out(admin) {
		t.Error("a closed administrator is still in")
	}
	other.Post(x+"/close", url.Values{"form_key": {l.IDs.New()}}).Want(http.StatusForbidden)

	// Each asks again who it is after five minutes, its page too.
	l.Now.Advance(6 * time.Minute)
	for _, p := range []string{"/accounts/new", at + "/change", at + "/link"} {
		if r := other.Get(p); r.Status != http.StatusSeeOther || !strings.HasPrefix(r.Location, "/confirm") {
			t.Errorf("%s six minutes after signing in: status %d to %q", p, r.Status, r.Location)
		}
		other.Post(p, url.Values{"form_key": {l.IDs.New()}}).Want(http.StatusForbidden).Has("Is it you?")
	}
	// No other role reaches any of them; to it they are as pages that do not exist.
	for _, role := range access.Roles {
		if role == access.Administrator {
			continue
		}
		c := l.SignIn(role, "care")
		for _, p := range []string{"/accounts/new", at + "/change", at + "/link"} {
			for _, r := range []*apptest.Reply{c.Get(p), c.Post(p, url.Values{"form_key": {l.IDs.New()}})} {
				if r.Status != http.StatusNotFound {
					t.Errorf("%s as %s: status %d", p, role, r.Status)
				}
			}
		}
	}
	now, err := l.Accounts.Get(t.Context(), l.DB.Reader(), l.Cast[analyst].ID)
	if err != nil || now.Role != access.Practitioner || now.Name != "Another" {
		t.Errorf("the account is %+v (%v)", now, err)
	}
	// An account that is not there.
	other.Submit("/confirm", "/confirm", url.Values{"password": {apptest.Password}})
	for _, p := range []string{"/change", "/link"} {
		other.Get("/accounts/" + nobodyID + p).Want(http.StatusNotFound)
	}
}

// Where people reach a Lantern, as its links say it.
func TestTheAddressOfALink(t *testing.T) {
	for want, c := range map[string]config.Config{
		"https://lantern.example.org":      {Addr: "127.0.0.1:8080", Origin: "https://lantern.example.org/"},
		"http://localhost:8080":            {Addr: "127.0.0.1:8080"},
		"http://localhost:8081":            {Addr: "[::1]:8081"},
		"http://127.0.0.2:8080":            {Addr: "127.0.0.2:8080"},
		"https://lantern.example.org:8443": {Addr: "lantern.example.org:8443", CertFile: "cert"},
	} {
		if got := c.Reached(); got != want {
			t.Errorf("%+v is reached at %q, want %q", c, got, want)
		}
	}
	if account.LinkFor > 24*time.Hour {
		t.Errorf("a link is good for %s", account.LinkFor)
	}
}
