package accountweb

import (
	"context"
	"encoding/json"
	"net/http"

	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/account/provider"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/web"
)

// BackPath is where the provider sends people back to.
const BackPath = "/sign-in/provider/back"

// why somebody is sent to the provider.
const (
	toSignIn  = "sign-in"
	toConnect = "connect"
	toConfirm = "confirm"
)

// errand is what a session keeps while somebody is at the provider. It is used once.
type errand struct {
	Asked   provider.Asked
	Why     string
	Next    string
	Carried string
}

const errandKey = "provider-errand"

// maxKept is the longest form that a session keeps meanwhile.
const maxKept = 64 << 10

func (p *Pages) mountProvider(rt *web.Router) {
	rt.Post("/sign-in/provider", web.Public, p.toProvider)
	rt.Get(BackPath, web.Public, p.back)
	rt.Post("/account/provider/connect", web.Everyone, p.connect)
	rt.Post("/account/provider/disconnect", web.Everyone, p.disconnect)
	rt.Post("/confirm/provider", web.Everyone, p.confirmAtProvider)
}

type leavingView struct {
	web.Page
	To, Name string
}

var leavingPage = web.NewTemplate[leavingView](files, "leaving.html")

// send sends somebody to the provider. The page that says so goes there by itself: a redirection would be part of the
// form's own sending, and forms here go nowhere else.
func (p *Pages) send(w http.ResponseWriter, r *http.Request, e errand) error {
	to, asked, err := p.Provider.Ask(r.Context(), e.Why == toConfirm)
	if err != nil {
		return err
	}
	e.Asked = asked
	b, err := json.Marshal(e)
	if err != nil {
		return err
	}
	p.Sessions.Put(r.Context(), errandKey, string(b))
	v := &leavingView{To: to, Name: p.Provider.Name}
	v.Title = "On to " + p.Provider.Name
	v.Lead = "You are being sent to " + p.Provider.Name + ", and come back here when it knows you."
	w.Header().Set("Refresh", "0; url="+to)
	return web.Render(p.Site, w, r, leavingPage, v)
}

// there refuses what is about a provider where there is none.
func (p *Pages) there() error {
	if p.Provider == nil {
		return fault.NoSuch()
	}
	return nil
}

func (p *Pages) newProviderForm(next string) *web.Form {
	return p.Site.NewForm("/sign-in/provider", "Sign in with "+p.Provider.Name, &web.Field{Name: "next", Kind: web.Hidden, Max: 2000}).Set("next", next)
}

func (p *Pages) toProvider(w http.ResponseWriter, r *http.Request) error {
	if err := p.there(); err != nil {
		return err
	}
	f := p.newProviderForm("/")
	if err := f.Read(w, r); err != nil {
		return err
	}
	if err := p.knock(r); err != nil {
		return err
	}
	return p.send(w, r, errand{Why: toSignIn, Next: web.SafeNext(f.Value("next"))})
}

func (p *Pages) connect(w http.ResponseWriter, r *http.Request) error {
	if err := p.there(); err != nil {
		return err
	}
	if err := p.Site.Recent(r); err != nil {
		return err
	}
	if err := p.Site.NewForm("", "").Read(w, r); err != nil {
		return err
	}
	return p.send(w, r, errand{Why: toConnect, Next: "/account"})
}

func (p *Pages) disconnect(w http.ResponseWriter, r *http.Request) error {
	if err := p.there(); err != nil {
		return err
	}
	return p.doing(w, r, true, "Your account is no longer connected.", func(tx *tx, a account.Account) error {
		if err := p.Accounts.Disconnect(r.Context(), tx, a, p.Provider.Issuer()); err != nil {
			return err
		}
		return p.record(r.Context(), tx, a, "disconnected from the organisation's own sign-in")
	})
}

func (p *Pages) newConfirmAtForm(next, carried string) *web.Form {
	return p.Site.NewForm("/confirm/provider", "Sign in again with "+p.Provider.Name,
		&web.Field{Name: "next", Kind: web.Hidden, Max: 2000}, &web.Field{Name: "carried", Kind: web.Hidden, Max: maxCarried}).Set("next", next).Set("carried", carried)
}

func (p *Pages) confirmAtProvider(w http.ResponseWriter, r *http.Request) error {
	if err := p.there(); err != nil {
		return err
	}
	f := p.newConfirmAtForm("/", "")
	if err := f.Read(w, r); err != nil {
		return err
	}
	if len(f.Value("carried")) > maxKept {
		return fault.New(fault.TooLarge, "What you sent is too long to be kept while you sign in again. Keep a copy of it, open the page again, and send it within five minutes of signing in.")
	}
	return p.send(w, r, errand{Why: toConfirm, Next: web.SafeNext(f.Value("next")), Carried: f.Value("carried")})
}

// back is where the provider sends people to. That this very browser was sent is shown by the state, which its session
// has and nobody else.
func (p *Pages) back(w http.ResponseWriter, r *http.Request) error {
	if err := p.there(); err != nil {
		return err
	}
	ctx := r.Context()
	var e errand
	if kept := p.Sessions.PopString(ctx, errandKey); kept == "" {
		return p.notKnown(w, r, e, fault.New(fault.Unauthenticated, "Nothing was asked of %s in this browser just now. Begin again here.", p.Provider.Name))
	} else if err := json.Unmarshal([]byte(kept), &e); err != nil {
		return err
	}
	said, err := p.Provider.Take(ctx, e.Asked, r.URL.Query())
	if fault.Is(err, fault.Unauthenticated) {
		return p.notKnown(w, r, e, err)
	}
	if err != nil {
		return err
	}
	who := account.Identity{Issuer: said.Issuer, Subject: said.Subject}
	switch e.Why {
	case toConnect:
		return p.connected(w, r, who)
	case toConfirm:
		return p.confirmedThere(w, r, e, who)
	}
	return p.signInThere(w, r, e, who, said)
}

// notKnown says that the provider's answer lets nobody in, on the page where that was asked for.
func (p *Pages) notKnown(w http.ResponseWriter, r *http.Request, e errand, err error) error {
	p.Site.Log.Info("a sign-in through the provider was not accepted", "error", err.Error())
	if web.ViewerOf(r) != nil {
		words, _ := fault.Words(err)
		return fault.New(fault.Refused, "%s", words)
	}
	return p.refuseSignIn(w, r, p.newForm(web.SafeNext(e.Next)), err)
}

func (p *Pages) connected(w http.ResponseWriter, r *http.Request, who account.Identity) error {
	if err := p.Site.Recent(r); err != nil {
		return err
	}
	ctx := r.Context()
	a, err := p.me(ctx)
	if err != nil {
		return err
	}
	err = p.Site.DB.Write(ctx, func(tx *tx) error {
		if err := p.Accounts.Connect(ctx, tx, a, who); err != nil {
			return err
		}
		return p.record(ctx, tx, a, "connected with the organisation's own sign-in")
	})
	if err != nil {
		return err
	}
	p.Site.Say(w, "Your account is connected.")
	http.Redirect(w, r, "/account", http.StatusSeeOther)
	return nil
}

func (p *Pages) confirmedThere(w http.ResponseWriter, r *http.Request, e errand, who account.Identity) error {
	ctx := r.Context()
	a, err := p.me(ctx)
	if err != nil {
		return err
	}
	there, err := p.Accounts.ByIdentity(ctx, p.Site.DB.Reader(), who)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	if there.ID != a.ID {
		return p.notKnown(w, r, e, fault.New(fault.Unauthenticated, "%s knows you as somebody else than who is signed in here.", p.Provider.Name))
	}
	return p.proved(w, r, e.Next, e.Carried)
}

func (p *Pages) signInThere(w http.ResponseWriter, r *http.Request, e errand, who account.Identity, said provider.Answer) error {
	ctx := r.Context()
	a, err := p.Accounts.ByIdentity(ctx, p.Site.DB.Reader(), who)
	if fault.Is(err, fault.NotFound) && said.Email != "" {
		err = p.Site.DB.Write(ctx, func(tx *tx) (err error) {
			if a, err = p.Accounts.FirstConnect(ctx, tx, who, said.Email); err != nil {
				return err
			}
			return p.record(ctx, tx, a, "connected with the organisation's own sign-in at the first sign-in")
		})
	}
	if fault.Is(err, fault.NotFound) || err == nil && a.Disabled {
		return p.notKnown(w, r, e, fault.New(fault.Unauthenticated, "%s knows you, but no account here is connected with it. Sign in with your password and connect it under your name, or ask your administrator.", p.Provider.Name))
	}
	if err != nil {
		return err
	}
	h := account.Half{Account: a, Through: true, Second: said.TwoSteps, How: "organisation's own sign-in", Next: e.Next, Stale: p.Site.Clock.Now().Sub(said.At) > web.RecentFor}
	if said.TwoSteps {
		h.How += ", two steps there"
	}
	return p.goOn(w, r, h)
}

// ownProvider is the organisation's own sign-in on the owner's page.
type ownProvider struct {
	Name      string
	Connected bool
	Form      *web.Form
}

func (p *Pages) ownProvider(ctx context.Context, a account.Account) (*ownProvider, error) {
	if p.Provider == nil {
		return nil, nil
	}
	on, err := p.Accounts.Connected(ctx, p.Site.DB.Reader(), a.ID, p.Provider.Issuer())
	v := &ownProvider{Name: capital(p.Provider.Name), Connected: on}
	if on {
		v.Form = p.Site.NewForm("/account/provider/disconnect", "Disconnect it")
	} else {
		v.Form = p.Site.NewForm("/account/provider/connect", "Connect it")
	}
	return v, err
}
