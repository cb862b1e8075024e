package accountweb

import (
	"net/http"

	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/web"
)

type secondView struct {
	web.Page
	Form    *web.Form
	Code    bool // there is an app, so that a code can be typed; recovery codes go into the same field
	Passkey *web.Form
}

var secondPage = web.NewTemplate[secondView](files, "second.html")

func (p *Pages) newSecondForm() *web.Form {
	return p.Site.NewForm("/sign-in/second", "Continue",
		&web.Field{Name: "code", Label: "Code", Hint: "The six digits that your app shows now, or one of your recovery codes", Autocomplete: "one-time-code", Max: 100, Width: "20"},
		answerField())
}

func (p *Pages) secondView(r *http.Request, a account.Account, f *web.Form) (*secondView, error) {
	v := &secondView{Form: f}
	v.Title, v.HasErrors = "Your second step", !f.Valid()
	v.Lead = "Your password is right. Now show that you have your telephone or key with you."
	factors, err := p.Accounts.Factors(r.Context(), p.Site.DB.Reader(), a.ID)
	for _, x := range factors {
		switch {
		case x.Kind == account.App:
			v.Code = true
		case p.Accounts.Passkeys():
			v.Passkey = p.Site.NewForm("/sign-in/second", "Use a passkey", answerField())
		}
	}
	if !v.Code {
		f.Field("code").Label, f.Field("code").Hint = "Recovery code", "One of the codes that you kept, if you do not have your passkey with you"
		f.Field("code").Autocomplete = "off"
	}
	return v, err
}

func (p *Pages) secondForm(w http.ResponseWriter, r *http.Request) error {
	h, done, err := p.half(w, r, "/sign-in/second")
	if err != nil || done {
		return err
	}
	v, err := p.secondView(r, h.Account, p.newSecondForm())
	if err != nil {
		return err
	}
	return web.Render(p.Site, w, r, secondPage, v)
}

func (p *Pages) second(w http.ResponseWriter, r *http.Request) error {
	h, done, err := p.half(w, r, "/sign-in/second")
	if err != nil || done {
		return err
	}
	f := p.newSecondForm()
	if err := f.Read(w, r); err != nil {
		return err
	}
	how, err := p.secondStep(r, h.Account, f)
	if err != nil || !f.Valid() {
		if err != nil && !fault.Is(err, fault.Unauthenticated) {
			return err
		}
		v, verr := p.secondView(r, h.Account, f)
		if verr != nil {
			return verr
		}
		return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, secondPage, v)
	}
	h.Second, h.Stale, h.How = true, false, h.How+", "+how
	return p.goOn(w, r, h)
}

// secondStep checks what a form gave as the second step, a passkey's answer or a code, and puts what is wrong with it
// at the field. The code does not stay in the form.
func (p *Pages) secondStep(r *http.Request, a account.Account, f *web.Form) (how string, err error) {
	ctx := r.Context()
	code, answer := f.Value("code"), f.Value("answer")
	f.Field("code").Value, f.Field("answer").Value = "", ""
	switch {
	case answer != "":
		how = "passkey"
		_, err = p.Accounts.UsePasskey(ctx, p.Sessions.PopString(ctx, askedKey), answer, &a)
	case code == "":
		f.Fail("code", "Enter a code")
		return "", nil
	default:
		how, err = p.Accounts.SecondStep(ctx, a, code)
	}
	if fault.Is(err, fault.Unauthenticated) {
		words, _ := fault.Words(err)
		f.Fail("code", words)
	}
	return how, err
}

func (p *Pages) secondOptions(w http.ResponseWriter, r *http.Request) error {
	h, done, err := p.half(w, r, "/sign-in/second")
	if err != nil || done {
		return err
	}
	return p.ask(w, r, &h.Account)
}

type chooseView struct {
	web.Page
	Form *web.Form
}

var choosePage = web.NewTemplate[chooseView](files, "choose.html")

const passwordHint = "At least 12 characters. Three or four unconnected words are easy to remember."

func (p *Pages) newChooseForm() *web.Form {
	return p.Site.NewForm("/sign-in/password", "Continue",
		&web.Field{Name: "password", Label: "A password of your own", Hint: passwordHint, Kind: web.Password, Required: "Enter a password", Max: 512, Autocomplete: "new-password"})
}

func newChooseView(f *web.Form) *chooseView {
	v := &chooseView{Form: f}
	v.Title, v.HasErrors = "Choose your password", !f.Valid()
	v.Lead = "The password you came in with was given to you by somebody else, and ends here. Choose one that nobody but you knows."
	return v
}

func (p *Pages) chooseForm(w http.ResponseWriter, r *http.Request) error {
	if _, done, err := p.half(w, r, "/sign-in/password"); err != nil || done {
		return err
	}
	return web.Render(p.Site, w, r, choosePage, newChooseView(p.newChooseForm()))
}

func (p *Pages) choose(w http.ResponseWriter, r *http.Request) error {
	h, done, err := p.half(w, r, "/sign-in/password")
	if err != nil || done {
		return err
	}
	ctx := r.Context()
	f := p.newChooseForm()
	if err := f.Read(w, r); err != nil {
		return err
	}
	password := f.Value("password")
	f.Field("password").Value = ""
	if f.Valid() {
		words, err := p.Accounts.CheckPassword(password, h.Account.Email, h.Account.Name)
		if err != nil {
			return err
		}
		if words == "" {
			if words, err = p.sameAsBefore(r, h.Account, password); err != nil {
				return err
			}
		}
		if words != "" {
			f.Fail("password", words)
		}
	}
	if !f.Valid() {
		return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, choosePage, newChooseView(f))
	}
	err = p.Site.DB.Write(ctx, func(tx *database.Tx) error {
		if err := p.Accounts.SetPassword(ctx, tx, h.Account, password, false, p.Sessions.Current(ctx)); err != nil {
			return err
		}
		return p.record(ctx, tx, h.Account, "own password chosen")
	})
	if err != nil {
		return err
	}
	h.Account.Temporary = false
	return p.goOn(w, r, h)
}

// sameAsBefore refuses the very password that somebody else gave.
func (p *Pages) sameAsBefore(r *http.Request, a account.Account, password string) (string, error) {
	same, err := p.Accounts.Same(r.Context(), a, password)
	if same {
		return "This is the password you were given: choose another", err
	}
	return "", err
}
