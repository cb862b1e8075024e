package accountweb

import (
	"net/http"

	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/web"
)

// Where a session keeps what a browser was asked with a passkey, and what it was asked to make. Each is used once.
const (
	askedKey = "passkey-asked"
	madeKey  = "passkey-made"
)

func sendJSON(w http.ResponseWriter, b []byte) error {
	w.Header().Set("Content-Type", "application/json")
	_, err := w.Write(b)
	return err
}

// ask asks the browser for a passkey: any of this site, or one of an account.
func (p *Pages) ask(w http.ResponseWriter, r *http.Request, a *account.Account) error {
	c, err := p.Accounts.AskPasskey(r.Context(), p.Site.DB.Reader(), a)
	if err != nil {
		return err
	}
	p.Sessions.Put(r.Context(), askedKey, c.Kept)
	return sendJSON(w, c.Options)
}

func (p *Pages) passkeyOptions(w http.ResponseWriter, r *http.Request) error {
	if p.OneStep {
		return fault.NoSuch()
	}
	if err := p.knock(r); err != nil {
		return err
	}
	return p.ask(w, r, nil)
}

// signInByPasskey takes both steps at once.
func (p *Pages) signInByPasskey(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f := p.newPasskeyForm("/")
	if err := f.Read(w, r); err != nil {
		return err
	}
	a, err := p.Accounts.UsePasskey(ctx, p.Sessions.PopString(ctx, askedKey), f.Value("answer"), nil)
	if fault.Is(err, fault.Unauthenticated) {
		p.Site.Log.Info("a passkey was not accepted", "error", err.Error())
		return p.refuseSignIn(w, r, p.newForm(web.SafeNext(f.Value("next"))), err)
	}
	if err != nil {
		return err
	}
	return p.goOn(w, r, account.Half{Account: a, Second: true, How: "passkey", Next: web.SafeNext(f.Value("next"))})
}

type addPasskeyView struct {
	web.Page
	Form *web.Form
	Back string
}

var addPasskeyPage = web.NewTemplate[addPasskeyView](files, "add_passkey.html")

func (p *Pages) newAddPasskeyForm(s subject) *web.Form {
	return p.Site.NewForm(s.base+"/add-passkey", "Make the passkey",
		&web.Field{Name: "name", Label: "What do you call it?", Hint: "For example: work laptop, blue key", Max: 60, Width: "20", Autocomplete: "off"}, answerField())
}

func newAddPasskeyView(s subject, f *web.Form) *addPasskeyView {
	v := &addPasskeyView{Form: f, Back: s.back()}
	v.Title, v.HasErrors = "Make a passkey", !f.Valid()
	v.Lead = "A passkey is kept by your device or security key and opens with its fingerprint, face or PIN. Nobody can guess it or trick you out of it."
	return v
}

func (p *Pages) addPasskeyForm(w http.ResponseWriter, r *http.Request) error {
	s, done, err := p.subject(w, r)
	if err != nil || done {
		return err
	}
	return web.Render(p.Site, w, r, addPasskeyPage, newAddPasskeyView(s, p.newAddPasskeyForm(s)))
}

func (p *Pages) addPasskeyOptions(w http.ResponseWriter, r *http.Request) error {
	s, done, err := p.subject(w, r)
	if err != nil || done {
		return err
	}
	c, err := p.Accounts.BeginPasskey(r.Context(), p.Site.DB.Reader(), s.Account)
	if err != nil {
		return err
	}
	p.Sessions.Put(r.Context(), madeKey, c.Kept)
	return sendJSON(w, c.Options)
}

func (p *Pages) addPasskey(w http.ResponseWriter, r *http.Request) error {
	s, done, err := p.subject(w, r)
	if err != nil || done {
		return err
	}
	ctx := r.Context()
	f := p.newAddPasskeyForm(s)
	if err := f.Read(w, r); err != nil {
		return err
	}
	answer := f.Value("answer")
	f.Field("answer").Value = ""
	if answer == "" && f.Valid() {
		f.Problem = "Your browser did not make a passkey. It needs scripts switched on; an authenticator app works without."
	}
	if f.Valid() {
		kept := p.Sessions.PopString(ctx, madeKey)
		err := p.added(w, r, s, "passkey", func(tx *tx) error {
			return p.Accounts.AddPasskey(ctx, tx, s.Account, kept, answer, f.Value("name"))
		})
		if !fault.Is(err, fault.Unauthenticated) && !fault.Is(err, fault.Conflict) {
			return err
		}
		p.Site.Log.Info("a passkey was not made", "error", err.Error())
		f.Problem, _ = fault.Words(err)
	}
	return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, addPasskeyPage, newAddPasskeyView(s, f))
}
