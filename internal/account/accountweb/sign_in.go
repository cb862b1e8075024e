package accountweb

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/web"
)

type signInView struct {
	web.Page
	Form     *web.Form
	Next     string
	Personas []personaView
	Opening  string
	Passkey  *web.Form
	Provider *web.Form
}

type personaView struct {
	Persona
	Key string
}

var signInPage = web.NewTemplate[signInView](files, "sign_in.html")

func (p *Pages) newForm(next string) *web.Form {
	f := p.Site.NewForm("/sign-in", "Sign in",
		&web.Field{Name: "email", Label: "E-mail address", Kind: web.EmailInput, Required: "Enter your e-mail address", Autocomplete: "username webauthn", Max: 320, Width: "20"},
		&web.Field{Name: "password", Label: "Password", Kind: web.Password, Required: "Enter your password", Autocomplete: "current-password", Max: 512, Width: "20"},
		&web.Field{Name: "next", Kind: web.Hidden, Max: 2000})
	f.Set("next", next)
	return f
}

// answerField holds what a passkey answered; the script puts it there.
func answerField() *web.Field { return &web.Field{Name: "answer", Kind: web.Hidden, Max: 20000} }

func (p *Pages) newPasskeyForm(next string) *web.Form {
	return p.Site.NewForm("/sign-in/passkey", "Sign in with a passkey", answerField(), &web.Field{Name: "next", Kind: web.Hidden, Max: 2000}).Set("next", next)
}

func (p *Pages) view(r *http.Request, f *web.Form) *signInView {
	v := &signInView{Form: f, Next: f.Value("next")}
	v.Title, v.HasErrors = "Sign in", !f.Valid()
	if p.Accounts.Passkeys() && !p.OneStep {
		v.Passkey = p.newPasskeyForm(v.Next)
	}
	if p.Provider != nil {
		v.Provider = p.newProviderForm(v.Next)
	}
	if len(p.Personas) > 0 {
		v.Title = "Choose who you are"
		if p.Opening != nil {
			v.Opening = p.Opening(r.Context())
		}
		for _, x := range p.Personas {
			v.Personas = append(v.Personas, personaView{x, p.Site.IDs.New()})
		}
	}
	return v
}

func (p *Pages) form(w http.ResponseWriter, r *http.Request) error {
	return web.Render(p.Site, w, r, signInPage, p.view(r, p.newForm(web.SafeNext(r.URL.Query().Get("next")))))
}

func (p *Pages) signIn(w http.ResponseWriter, r *http.Request) error {
	f := p.newForm("/")
	if err := f.Read(w, r); err != nil {
		return err
	}
	password := f.Value("password")
	f.Field("password").Value = ""
	if !f.Valid() {
		return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, signInPage, p.view(r, f))
	}
	a, err := p.Accounts.SignIn(r.Context(), f.Value("email"), password, p.from(r))
	if fault.Is(err, fault.Unauthenticated) {
		return p.refuseSignIn(w, r, f, err)
	}
	if err != nil {
		return err
	}
	return p.goOn(w, r, account.Half{Account: a, How: "password", Next: web.SafeNext(f.Value("next"))})
}

// refuseSignIn says no, and why in words that are the same for every reason.
func (p *Pages) refuseSignIn(w http.ResponseWriter, r *http.Request, f *web.Form, err error) error {
	f.Problem, _ = fault.Words(err)
	return web.RenderStatus(p.Site, w, r, http.StatusUnauthorized, signInPage, p.view(r, f))
}

// goOn leads a sign-in whose latest step is done: to what it still lacks, or in.
func (p *Pages) goOn(w http.ResponseWriter, r *http.Request, h account.Half) error {
	ctx := r.Context()
	lacks, err := p.lacks(ctx, h)
	if err != nil {
		return err
	}
	if lacks == "" {
		if err := p.enter(w, r, h); err != nil {
			return err
		}
		lacks = h.Next
	} else if err := p.Sessions.BeginHalf(ctx, h); err != nil {
		return err
	}
	http.Redirect(w, r, lacks, http.StatusSeeOther)
	return nil
}

// lacks is the page of the step that a sign-in still lacks, "" when it lacks none.
func (p *Pages) lacks(ctx context.Context, h account.Half) (string, error) {
	factors, err := p.Accounts.Factors(ctx, p.Site.DB.Reader(), h.Account.ID)
	switch {
	case err != nil:
		return "", err
	case len(factors) > 0 && !h.Second && !p.OneStep:
		return "/sign-in/second", nil
	case h.Account.Temporary:
		return "/sign-in/password", nil
	case len(factors) == 0 && !h.Second && !p.OneStep:
		return "/sign-in/steps", nil
	}
	return "", nil
}

// half is the sign-in on its way that lacks the step of page; with any other it is led to where it belongs, and done
// says that it was answered.
func (p *Pages) half(w http.ResponseWriter, r *http.Request, page string) (h account.Half, done bool, err error) {
	h, ok, err := p.Sessions.HalfOf(r.Context())
	if err != nil {
		return h, false, err
	}
	to := "/sign-in"
	if ok {
		if to, err = p.lacks(r.Context(), h); err != nil {
			return h, false, err
		}
	}
	if to == page {
		return h, false, nil
	}
	if to == "" {
		to = "/sign-in"
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return h, true, nil
}

// enter signs an account in: its line in the log, the browser remembered, a session of its own.
func (p *Pages) enter(w http.ResponseWriter, r *http.Request, h account.Half) error {
	ctx := r.Context()
	scope, err := p.Accounts.Scope(ctx, h.Account, account.Purposes(h.Account.Role)[0])
	if err != nil {
		return err
	}
	browser := p.browser(r)
	if browser == "" {
		if browser, err = account.NewToken(); err != nil {
			return err
		}
	}
	err = p.Site.DB.Write(ctx, func(tx *database.Tx) error {
		if err := p.Log.Record(ctx, tx, scope, audit.Line{Act: audit.SignIn, SubjectKind: "account", Subject: h.Account.ID, Words: h.How}); err != nil {
			return err
		}
		return p.Accounts.RememberBrowser(ctx, tx, h.Account.ID, browser)
	})
	if err != nil {
		return err
	}
	http.SetCookie(w, &http.Cookie{Name: p.browserCookie(), Value: browser, Path: "/", MaxAge: int(account.BrowserFor.Seconds()), HttpOnly: true, Secure: p.Site.Secure, SameSite: http.SameSiteLaxMode})
	if err := p.Sessions.Begin(ctx, h, deviceOf(r.UserAgent())); err != nil {
		return err
	}
	if h.Stale {
		p.Sessions.Unprove(ctx)
	}
	return nil
}

func (p *Pages) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := p.Sessions.Destroy(r.Context()); err != nil {
		return err
	}
	w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
	return nil
}

// record writes a line about an account into the log: what its owner did, in their own name.
func (p *Pages) record(ctx context.Context, tx *database.Tx, a account.Account, words string) error {
	by := access.Scope{Account: a.ID, Agency: a.Agency, Role: a.Role, Purpose: account.Purposes(a.Role)[0]}
	return p.Log.Record(ctx, tx, by, audit.Line{Act: audit.Alteration, SubjectKind: "account", Subject: a.ID, Owners: []string{a.Agency}, Words: words})
}

func (p *Pages) browserCookie() string {
	if p.Site.Secure {
		return "__Host-lantern-browser"
	}
	return "lantern-browser"
}

func (p *Pages) browser(r *http.Request) string {
	if c, err := r.Cookie(p.browserCookie()); err == nil && len(c.Value) <= 64 {
		return c.Value
	}
	return ""
}

// from is where a request comes from: the address of its connection or, when that is a proxy we trust, the last one
// before such proxies in what they passed on. Anything else a header says is anybody's word.
func (p *Pages) from(r *http.Request) account.From {
	out := account.From{Browser: p.browser(r)}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return out
	}
	at, err := netip.ParseAddr(host)
	if err != nil {
		return out
	}
	passed := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(passed) - 1; i >= 0 && p.trusted(at); i-- {
		next, err := netip.ParseAddr(strings.TrimSpace(passed[i]))
		if err != nil {
			break
		}
		at = next
	}
	at = at.Unmap().WithZone("")
	if at.Is6() { // one household or office has a whole /64
		if whole, err := at.Prefix(64); err == nil {
			at = whole.Addr()
		}
	}
	out.Address = at.String()
	return out
}

func (p *Pages) trusted(at netip.Addr) bool {
	for _, x := range p.Proxies {
		if x.Contains(at.Unmap()) {
			return true
		}
	}
	return false
}

// deviceOf says in a few words what a browser calls itself, for its owner to know it again.
func deviceOf(agent string) string {
	first := func(pairs ...string) string {
		for i := 0; i < len(pairs); i += 2 {
			if strings.Contains(agent, pairs[i]) {
				return pairs[i+1]
			}
		}
		return ""
	}
	browser := first("Edg/", "Edge", "OPR/", "Opera", "Firefox/", "Firefox", "FxiOS/", "Firefox", "CriOS/", "Chrome", "Chrome/", "Chrome", "Safari/", "Safari")
	system := first("iPhone", "iPhone", "iPad", "iPad", "Android", "Android", "Windows", "Windows", "Mac OS X", "Mac", "CrOS", "ChromeOS", "Linux", "Linux")
	switch {
	case browser == "" && system == "":
		return "A browser that does not say what it is"
	case system == "":
		return browser
	case browser == "":
		return "A browser on " + system
	}
	return browser + " on " + system
}
