package accountweb

import (
	"context"
	"net/http"
	"time"

	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/figure"
	"lantern.example/lantern/internal/web"
)

type ownView struct {
	web.Page
	Password  []web.SummaryRow
	Steps     []ownStep
	CodesLeft string
	Codes     *web.Form
	App       *web.Form
	Passkeys  bool
	Browsers  []ownBrowser
	Others    *web.Form
	Forget    *web.Form
	Provider  *ownProvider
	OneStep   bool
}

// ownStep is a second step on its owner's page, with the form that removes it.
type ownStep struct {
	Name, Kind, Used string
	Remove           *web.Form
}

// ownBrowser is a web session on its owner's page, with the form that ends it; this one's ends by signing out.
type ownBrowser struct {
	Device, How, Seen string
	Current           bool
	End               *web.Form
}

var ownPage = web.NewTemplate[ownView](files, "own.html")

// stepNames are the kinds of second step in words.
var stepNames = map[account.FactorKind]string{account.App: "authenticator app", account.Passkey: "passkey"}

func used(t time.Time) string {
	if t.IsZero() {
		return "not used yet"
	}
	return "last used " + when(t)
}

func when(t time.Time) string {
	return t.In(clock.London()).Format("2 January 2006, 15:04")
}

func (p *Pages) own(w http.ResponseWriter, r *http.Request) error {
	a, err := p.me(r.Context())
	if err != nil {
		return err
	}
	v, err := p.ownView(r.Context(), a)
	if err != nil {
		return err
	}
	return web.Render(p.Site, w, r, ownPage, v)
}

func (p *Pages) ownView(ctx context.Context, a account.Account) (*ownView, error) {
	q := p.Site.DB.Reader()
	factors, err := p.Accounts.Factors(ctx, q, a.ID)
	if err != nil {
		return nil, err
	}
	left, err := p.Accounts.RecoveryLeft(ctx, q, a.ID)
	if err != nil {
		return nil, err
	}
	sessions, err := p.Accounts.Sessions(ctx, q, a.ID, p.Sessions.Current(ctx))
	if err != nil {
		return nil, err
	}
	v := &ownView{OneStep: p.OneStep, Passkeys: p.Accounts.Passkeys(), App: p.newBeginAppForm(subject{Account: a, base: "/account"})}
	v.Title = "Your sign-in"
	v.Lead = ownLead(a, factors, left, len(sessions), p.OneStep)
	v.Password = []web.SummaryRow{{Key: "E-mail address", Value: a.Email}}
	if a.HasPassword() {
		v.Password = append(v.Password, web.SummaryRow{Key: "Password", Value: "set", Change: "/account/password"})
	}
	for _, f := range factors {
		v.Steps = append(v.Steps, ownStep{Name: f.Name, Kind: stepNames[f.Kind], Used: used(f.UsedAt), Remove: p.Site.NewForm("/account/factors/"+f.ID+"/remove", "Remove")})
	}
	if len(factors) > 0 {
		v.CodesLeft = some(left, "recovery code is left", "recovery codes are left")
		v.Codes = p.Site.NewForm("/account/codes", "Make ten new codes")
	}
	for _, x := range sessions {
		v.Browsers = append(v.Browsers, ownBrowser{x.Device, x.How, when(x.Seen), x.Current, p.Site.NewForm("/account/sessions/"+x.ID+"/end", "Sign out there")})
	}
	if len(sessions) > 1 {
		v.Others = p.Site.NewForm("/account/sessions/end", "Sign out everywhere else")
	}
	v.Forget = p.Site.NewForm("/account/browsers/forget", "Forget the browsers I have used")
	v.Provider, err = p.ownProvider(ctx, a)
	return v, err
}

// ownLead is the page's finding.
func ownLead(a account.Account, factors []account.Factor, left, sessions int, oneStep bool) string {
	with := "your organisation's own sign-in"
	if a.HasPassword() {
		with = "a password"
	}
	switch {
	case len(factors) > 0:
		with += " and " + some(len(factors), "second step", "second steps") + "; " + some(left, "recovery code is left", "recovery codes are left")
	case oneStep:
		with += "; in this demonstration no second step is asked for"
	}
	return "You sign in with " + with + ". You are signed in on " + some(sessions, "browser", "browsers") + "."
}

func (p *Pages) newPasswordForm() *web.Form {
	f := p.Site.NewForm("/account/password", "Change my password",
		&web.Field{Name: "current", Label: "Your password now", Kind: web.Password, Required: "Enter the password you have now", Max: 512, Width: "20", Autocomplete: "current-password"},
		&web.Field{Name: "password", Label: "A new password", Hint: passwordHint, Kind: web.Password, Required: "Enter a new password", Max: 512, Width: "20", Autocomplete: "new-password"})
	f.Cancel = "/account"
	return f
}

type passwordView struct {
	web.Page
	Form *web.Form
}

var passwordPage = web.NewTemplate[passwordView](files, "password.html")

func newPasswordView(f *web.Form) *passwordView {
	v := &passwordView{Form: f}
	v.Title, v.HasErrors = "Change your password", !f.Valid()
	v.Crumbs = []web.Link{{Text: "Your sign-in", Href: "/account"}}
	v.Lead = "Your other browsers are signed out when it changes. Your second steps stay as they are."
	return v
}

func (p *Pages) passwordForm(w http.ResponseWriter, r *http.Request) error {
	a, err := p.me(r.Context())
	if err != nil {
		return err
	}
	if !a.HasPassword() {
		return fault.NoSuch()
	}
	return web.Render(p.Site, w, r, passwordPage, newPasswordView(p.newPasswordForm()))
}

func (p *Pages) changePassword(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	a, err := p.me(ctx)
	if err != nil {
		return err
	}
	if !a.HasPassword() {
		return fault.NoSuch()
	}
	f := p.newPasswordForm()
	if err := f.Read(w, r); err != nil {
		return err
	}
	current, password := f.Value("current"), f.Value("password")
	f.Field("current").Value, f.Field("password").Value = "", ""
	if f.Valid() {
		words, err := p.Accounts.CheckPassword(password, a.Email, a.Name)
		if err != nil {
			return err
		}
		if words != "" {
			f.Fail("password", words)
		} else if current == password {
			f.Fail("password", "This is the password you have now: choose another")
		}
	}
	if f.Valid() {
		if _, err := p.Accounts.SignIn(ctx, a.Email, current, p.from(r)); fault.Is(err, fault.Unauthenticated) {
			f.Fail("current", "This is not your password, or there were too many tries in a short time")
		} else if err != nil {
			return err
		}
	}
	if !f.Valid() {
		return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, passwordPage, newPasswordView(f))
	}
	err = p.Site.Act(w, r, "Your password was changed. You are signed out everywhere else.", func(tx *tx) (string, error) {
		if err := p.Accounts.SetPassword(ctx, tx, a, password, false, p.Sessions.Current(ctx)); err != nil {
			return "", err
		}
		return "/account", p.record(ctx, tx, a, "own password changed")
	})
	if err == nil {
		p.Sessions.Prove(ctx)
	}
	return err
}

// doing is what the small forms of the owner's page share: who it is, proved a short time ago where it must be, the
// form's own fields and no others, and one effect.
func (p *Pages) doing(w http.ResponseWriter, r *http.Request, recent bool, said string, do func(tx *tx, a account.Account) error) error {
	if recent {
		if err := p.Site.Recent(r); err != nil {
			return err
		}
	}
	a, err := p.me(r.Context())
	if err != nil {
		return err
	}
	if err := p.Site.NewForm("", "").Read(w, r); err != nil {
		return err
	}
	return p.Site.Act(w, r, said, func(tx *tx) (string, error) { return "/account", do(tx, a) })
}

func (p *Pages) newCodes(w http.ResponseWriter, r *http.Request) error {
	if err := p.Site.Recent(r); err != nil {
		return err
	}
	ctx := r.Context()
	a, err := p.me(ctx)
	if err != nil {
		return err
	}
	if err := p.Site.NewForm("", "").Read(w, r); err != nil {
		return err
	}
	var codes []string
	err = p.Site.DB.Write(ctx, func(tx *tx) (err error) {
		if codes, err = p.Accounts.NewRecoveryCodes(ctx, tx, a.ID); err != nil {
			return err
		}
		return p.record(ctx, tx, a, "new recovery codes made")
	})
	if err != nil {
		return err
	}
	return p.showCodes(w, r, codes, "/account")
}

func (p *Pages) removeFactor(w http.ResponseWriter, r *http.Request) error {
	return p.doing(w, r, true, "The second step was removed.", func(tx *tx, a account.Account) error {
		f, err := p.Accounts.RemoveFactor(r.Context(), tx, a, r.PathValue("id"), !p.OneStep)
		if err != nil {
			return err
		}
		return p.record(r.Context(), tx, a, "second step removed: "+stepNames[f.Kind])
	})
}

func (p *Pages) endSession(w http.ResponseWriter, r *http.Request) error {
	return p.doing(w, r, false, "That browser is signed out.", func(tx *tx, a account.Account) error {
		if err := p.Accounts.EndSession(r.Context(), tx, a.ID, r.PathValue("id")); err != nil {
			return err
		}
		return p.record(r.Context(), tx, a, "own web session ended")
	})
}

func (p *Pages) endOthers(w http.ResponseWriter, r *http.Request) error {
	return p.doing(w, r, false, "You are signed out everywhere else.", func(tx *tx, a account.Account) error {
		if err := p.Accounts.EndSessions(r.Context(), tx, a.ID, p.Sessions.Current(r.Context())); err != nil {
			return err
		}
		return p.record(r.Context(), tx, a, "own other web sessions ended")
	})
}

func (p *Pages) forgetBrowsers(w http.ResponseWriter, r *http.Request) error {
	return p.doing(w, r, false, "Lantern has forgotten the browsers you used.", func(tx *tx, a account.Account) error {
		return p.Accounts.ForgetBrowsers(r.Context(), tx, a.ID)
	})
}

// some is a number of things in words: one, or many.
func some(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return figure.Group(n) + " " + many
}
