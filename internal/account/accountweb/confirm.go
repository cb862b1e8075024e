package accountweb

import (
	"net/http"
	"net/url"

	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/web"
)

type confirmView struct {
	web.Page
	Form *web.Form
	// Sent says that something was sent, and goes on from here.
	Sent bool
}

var confirmPage = web.NewTemplate[confirmView](files, "confirm.html")

// maxCarried is the longest form that is sent on from the page that asks again: as long as a form can be.
const maxCarried = 1 << 20

func (p *Pages) newConfirmForm(next, carried string) *web.Form {
	f := p.Site.NewForm("/confirm", "Continue",
		&web.Field{Name: "password", Label: "Your password", Kind: web.Password, Required: "Enter your password", Autocomplete: "current-password", Max: 512, Width: "20"},
		&web.Field{Name: "next", Kind: web.Hidden, Max: 2000},
		&web.Field{Name: "carried", Kind: web.Hidden, Max: maxCarried})
	return f.Set("next", next).Set("carried", carried)
}

func (p *Pages) confirmView(f *web.Form) *confirmView {
	v := &confirmView{Form: f, Sent: f.Value("carried") != ""}
	v.Title, v.HasErrors = "Is it you?", !f.Valid()
	v.Lead = "You signed in more than five minutes ago, and what you are about to do cannot simply be taken back. Prove again that it is you."
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
	return web.RenderStatus(p.Site, w, r, http.StatusForbidden, confirmPage, p.confirmView(p.newConfirmForm(r.URL.RequestURI(), carried)))
}

func (p *Pages) confirmForm(w http.ResponseWriter, r *http.Request) error {
	return web.Render(p.Site, w, r, confirmPage, p.confirmView(p.newConfirmForm(web.SafeNext(r.URL.Query().Get("next")), "")))
}

func (p *Pages) confirm(w http.ResponseWriter, r *http.Request) error {
	f := p.newConfirmForm("/", "")
	if err := f.Read(w, r); err != nil {
		return err
	}
	password := f.Value("password")
	f.Field("password").Value = ""
	if !f.Valid() {
		return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, confirmPage, p.confirmView(f))
	}
	a, _, ok, err := p.Sessions.Who(r.Context())
	if err != nil {
		return err
	}
	if !ok {
		return fault.NoSuch()
	}
	if _, err := p.Accounts.SignIn(r.Context(), a.Email, password); fault.Is(err, fault.Unauthenticated) {
		f.Fail("password", "This is not your password, or there were too many tries in a short time")
		return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, confirmPage, p.confirmView(f))
	} else if err != nil {
		return err
	}
	p.Sessions.Prove(r.Context())
	next, carried := web.SafeNext(f.Value("next")), f.Value("carried")
	if carried == "" {
		http.Redirect(w, r, next, http.StatusSeeOther)
		return nil
	}
	v := *web.ViewerOf(r)
	v.Proved = p.Site.Clock.Now()
	return p.router.Resume(w, r, &v, next, carried)
}
