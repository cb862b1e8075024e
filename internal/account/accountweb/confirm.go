package accountweb

import (
	"context"
	"net/http"
	"net/url"

	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/web"
)

type confirmView struct {
	web.Page
	Form *web.Form
	// Sent says that something was sent, and goes on from here.
	Sent bool
	// Passkey says that one may be used instead.
	Passkey bool
	// Provider lets somebody sign in anew there instead; nil where their account is not connected.
	Provider *web.Form
	// Password is everybody's, in the demonstration.
	Password string
}

var confirmPage = web.NewTemplate[confirmView](files, "confirm.html")

// maxCarried is the longest form that is sent on from the page that asks again: as long as a form can be.
const maxCarried = 1 << 20

// newConfirmForm asks for what the account has: its password, or a code of its app.
func (p *Pages) newConfirmForm(ctx context.Context, a account.Account, next, carried string) (*web.Form, *confirmView, error) {
	factors, err := p.Accounts.Factors(ctx, p.Site.DB.Reader(), a.ID)
	if err != nil {
		return nil, nil, err
	}
	f := p.Site.NewForm("/confirm", "Continue")
	v := &confirmView{Form: f}
	if a.HasPassword() {
		f.Fields = append(f.Fields, &web.Field{Name: "password", Label: "Your password", Kind: web.Password, Autocomplete: "current-password", Max: 512, Width: "20"})
	}
	for _, x := range factors {
		if x.Kind == account.Passkey {
			v.Passkey = p.Accounts.Passkeys()
		} else if !has(f, "code") {
			f.Fields = append(f.Fields, &web.Field{Name: "code", Label: "Or a code from your app", Hint: "The six digits that it shows now", Autocomplete: "one-time-code", Max: 100, Width: "10"})
		}
	}
	f.Fields = append(f.Fields, answerField(), &web.Field{Name: "next", Kind: web.Hidden, Max: 2000}, &web.Field{Name: "carried", Kind: web.Hidden, Max: maxCarried})
	f.Set("next", next).Set("carried", carried)
	if p.Provider != nil {
		on, err := p.Accounts.Connected(ctx, p.Site.DB.Reader(), a.ID, p.Provider.Issuer())
		if err != nil {
			return nil, nil, err
		}
		if on {
			v.Provider = p.newConfirmAtForm(next, carried)
		}
	}
	for _, x := range p.Personas {
		if x.Email == a.Email {
			v.Password = x.Password
		}
	}
	return f, v, nil
}

func has(f *web.Form, name string) bool {
	for _, x := range f.Fields {
		if x.Name == name {
			return true
		}
	}
	return false
}

// ready fills in what is said about the form.
func (v *confirmView) ready() *confirmView {
	v.Title, v.HasErrors, v.Sent = "Is it you?", !v.Form.Valid(), v.Form.Value("carried") != ""
	v.Lead = "It is more than five minutes since you showed who you are, and what you are about to do cannot simply be taken back. Show again that it is you."
	return v
}

// askAgain is the answer to a request that needs a recent proof: for a page, the way to the page that asks; for a
// form that was sent, that page itself, with what was sent.
func (p *Pages) askAgain(w http.ResponseWriter, r *http.Request) error {
	carried, ok, err := web.Carried(w, r)
	if err != nil {
		return err
	}
	if !ok {
		next := r.URL.RequestURI()
		if r.Method != http.MethodGet {
			next = "/"
		}
		http.Redirect(w, r, "/confirm?next="+url.QueryEscape(next), http.StatusSeeOther)
		return nil
	}
	a, err := p.me(r.Context())
	if err != nil {
		return err
	}
	_, v, err := p.newConfirmForm(r.Context(), a, r.URL.RequestURI(), carried)
	if err != nil {
		return err
	}
	return web.RenderStatus(p.Site, w, r, http.StatusForbidden, confirmPage, v.ready())
}

// me is whoever is signed in.
func (p *Pages) me(ctx context.Context) (account.Account, error) {
	a, _, ok, err := p.Sessions.Who(ctx)
	if err == nil && !ok {
		err = fault.NoSuch()
	}
	return a, err
}

func (p *Pages) confirmForm(w http.ResponseWriter, r *http.Request) error {
	a, err := p.me(r.Context())
	if err != nil {
		return err
	}
	_, v, err := p.newConfirmForm(r.Context(), a, web.SafeNext(r.URL.Query().Get("next")), "")
	if err != nil {
		return err
	}
	return web.Render(p.Site, w, r, confirmPage, v.ready())
}

func (p *Pages) confirmOptions(w http.ResponseWriter, r *http.Request) error {
	a, err := p.me(r.Context())
	if err != nil {
		return err
	}
	return p.ask(w, r, &a)
}

func (p *Pages) confirm(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	a, err := p.me(ctx)
	if err != nil {
		return err
	}
	f, v, err := p.newConfirmForm(ctx, a, "/", "")
	if err != nil {
		return err
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	if err := p.proof(r, a, f); err != nil {
		return err
	}
	if !f.Valid() {
		return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, confirmPage, v.ready())
	}
	return p.proved(w, r, web.SafeNext(f.Value("next")), f.Value("carried"))
}

// proved goes on with what was asked for before somebody proved who they are.
func (p *Pages) proved(w http.ResponseWriter, r *http.Request, next, carried string) error {
	p.Sessions.Prove(r.Context())
	if carried == "" {
		http.Redirect(w, r, next, http.StatusSeeOther)
		return nil
	}
	viewer := *web.ViewerOf(r)
	viewer.Proved = p.Site.Clock.Now()
	return p.router.Resume(w, r, &viewer, next, carried)
}

// proof checks what a form gave as proof of who somebody is, the password, a code or a passkey, and puts what is wrong
// into the form. Secrets do not stay in it.
func (p *Pages) proof(r *http.Request, a account.Account, f *web.Form) (err error) {
	ctx := r.Context()
	given := func(name string) (value string) {
		if has(f, name) {
			value, f.Field(name).Value = f.Value(name), ""
		}
		return value
	}
	password, code, answer := given("password"), given("code"), given("answer")
	switch {
	case answer != "":
		_, err = p.Accounts.UsePasskey(ctx, p.Sessions.PopString(ctx, askedKey), answer, &a)
	case code != "":
		_, err = p.Accounts.SecondStep(ctx, a, code)
	case password != "":
		_, err = p.Accounts.SignIn(ctx, a.Email, password, p.from(r))
		if fault.Is(err, fault.Unauthenticated) {
			f.Fail("password", "This is not your password, or there were too many tries in a short time")
			return nil
		}
	case has(f, "password"):
		f.Fail("password", "Enter your password")
	default:
		f.Problem = "Show that it is you in one of the ways below."
	}
	if fault.Is(err, fault.Unauthenticated) {
		f.Problem, _ = fault.Words(err)
		return nil
	}
	return err
}
