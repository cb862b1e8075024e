package accountweb

import (
	"context"
	"net/http"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/web"
)

// Beginning is what the first administrator says of the partnership.
type Beginning struct {
	Partnership            string
	Agency, AgencyName     string
	AgencyKind             string
	Step                   string
	Administrator, Account string // name and account id
}

// First is what the page for the first administrator needs of rooms above this one.
type First struct {
	Kinds []web.Option // of organisation
	Steps []web.Option // of the adoption ladder
	// Begin writes the partnership's first content, in the transaction that adds its first account.
	Begin func(ctx context.Context, tx *database.Tx, by access.Scope, in Beginning) error
}

type firstView struct {
	web.Page
	Form *web.Form
}

var firstPage = web.NewTemplate[firstView](files, "first.html")

// firstFields bound what fits an account and an agency's entry.
func (p *Pages) newFirstForm(token string) *web.Form {
	f := p.Site.NewForm("/first", "Begin",
		&web.Field{Name: "partnership", Label: "What is the partnership called?", Hint: "For example: Safer Wrenshire", Required: "Enter the partnership's name", Max: 200},
		&web.Field{Name: "agency", Label: "Your organisation", Required: "Enter your organisation's name", Max: 200, Autocomplete: "organization"},
		&web.Field{Name: "code", Label: "A short code for it", Hint: "It stands beside everything the organisation gives, and stays. Letters and digits, for example WCC", Required: "Enter a short code", Max: 12, Width: "10"},
		&web.Field{Name: "kind", Label: "What sort of organisation is it?", Kind: web.Select, Options: append([]web.Option{{Value: "", Label: "Choose"}}, p.First.Kinds...), Required: "Choose what sort of organisation it is"},
		&web.Field{Name: "step", Label: "How far does the partnership go for now?", Hint: "Begin with the first and go on when the paperwork for the next is signed. You can change it later.", Kind: web.Radios, Options: p.First.Steps, Required: "Choose a step"},
		&web.Field{Name: "name", Label: "Your name", Required: "Enter your name", Max: 200, Autocomplete: "name"},
		&web.Field{Name: "email", Label: "Your e-mail address", Hint: "You sign in with it. Nothing is sent to it.", Kind: web.EmailInput, Required: "Enter your e-mail address", Max: 320, Autocomplete: "email"},
		&web.Field{Name: "password", Label: "A password", Hint: passwordHint, Kind: web.Password, Required: "Enter a password", Max: 512, Autocomplete: "new-password"},
		&web.Field{Name: "key", Kind: web.Hidden, Max: 100})
	return f.Set("key", token)
}

func (p *Pages) firstForm(w http.ResponseWriter, r *http.Request) error {
	token := r.URL.Query().Get("key")
	if err := p.Accounts.CheckFirst(r.Context(), p.Site.DB.Reader(), token); err != nil {
		return err
	}
	return web.Render(p.Site, w, r, firstPage, newFirstView(p.newFirstForm(token)))
}

func newFirstView(f *web.Form) *firstView {
	v := &firstView{Form: f}
	v.Title, v.HasErrors = "Begin your partnership", !f.Valid()
	v.Lead = "You are the first here, so you are the administrator: you say what the partnership is, and add the others."
	return v
}

func (p *Pages) begin(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f := p.newFirstForm("")
	if err := f.Read(w, r); err != nil {
		return err
	}
	token := f.Value("key")
	if err := p.Accounts.CheckFirst(ctx, p.Site.DB.Reader(), token); err != nil {
		return err
	}
	password := f.Value("password")
	f.Field("password").Value = ""
	words, err := p.Accounts.CheckPassword(password, f.Value("email"), f.Value("name"))
	if err != nil {
		return err
	}
	if password != "" && words != "" {
		f.Fail("password", words)
	}
	again := func() error {
		return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, firstPage, newFirstView(f))
	}
	if !f.Valid() {
		return again()
	}
	var a account.Account
	err = p.Site.DB.Write(ctx, func(tx *database.Tx) (err error) {
		if err := p.Accounts.UseFirst(ctx, tx, token); err != nil {
			return err
		}
		if a, err = p.Accounts.Add(ctx, tx, account.New{Email: f.Value("email"), Name: f.Value("name"), Agency: f.Value("code"), Role: access.Administrator, Password: password}); err != nil {
			return err
		}
		by := access.Scope{Account: a.ID, Name: a.Name, Agency: a.Agency, Role: a.Role, Purpose: access.Governance}
		err = p.First.Begin(ctx, tx, by, Beginning{
			Partnership: f.Value("partnership"), Agency: f.Value("code"), AgencyName: f.Value("agency"), AgencyKind: f.Value("kind"), Step: f.Value("step"), Administrator: a.Name, Account: a.ID,
		})
		if err != nil {
			return err
		}
		return nil
	})
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.Conflict) {
		f.Problem, _ = fault.Words(err)
		return again()
	}
	if err != nil {
		return err
	}
	return p.goOn(w, r, account.Half{Account: a, How: "one-time link", Next: "/"})
}
