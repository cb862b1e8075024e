// Package accountweb holds the pages about being signed in: signing in and out, choosing the purpose, the
// page on which the first administrator begins a partnership, and, in the demonstration, choosing who to be.
package accountweb

import (
	"context"
	"embed"
	"net/http"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/web"
)

//go:embed templates
var embedded embed.FS

var files = web.Files(embedded)

// Persona is one of the demonstration's cast, to come in as with one click.
type Persona struct {
	Name, Role, Agency, About string
	Email, Password           string
	Young                     bool // a young person reading what is held about them: the card is marked
}

// Pages are the account pages.
type Pages struct {
	Site     *web.Site
	Accounts *account.Store
	Sessions *account.Sessions
	// AgencyName says an agency's name for its code.
	AgencyName func(ctx context.Context, code string) string
	// SignedIn records a sign-in in the audit log, within the sign-in's own transaction.
	SignedIn func(ctx context.Context, tx *database.Tx, s access.Scope) error
	// Personas is the demonstration's cast; none outside it.
	Personas []Persona
	// First is what the first administrator's page needs.
	First First
	// Opening is the demonstration's first sentence.
	Opening func(ctx context.Context) string

	router *web.Router
}

// Mount registers the pages.
func (p *Pages) Mount(rt *web.Router) {
	p.router = rt
	p.Site.AskAgain = p.askAgain
	rt.Get("/sign-in", web.Public, p.form)
	rt.Post("/sign-in", web.Public, p.signIn)
	rt.Post("/sign-out", web.Public, p.signOut)
	rt.Get("/first", web.Public, p.firstForm)
	rt.Post("/first", web.Public, p.begin)
	rt.Get("/confirm", web.Everyone, p.confirmForm)
	rt.Post("/confirm", web.Everyone, p.confirm)
	rt.Get("/purpose", web.Everyone, p.purposeForm)
	rt.Post("/purpose", web.Everyone, p.choosePurpose)
}

// RoleNames are the roles in words.
var RoleNames = map[access.Role]string{
	access.Administrator: "administrator", access.Manager: "community safety manager", access.Analyst: "analyst", access.Chair: "panel chair",
	access.Practitioner: "practitioner", access.SchoolLead: "school lead", access.InfoOfficer: "information officer", access.Subject: "yourself",
}

// PurposeNames are the purposes in words.
var PurposeNames = map[access.Purpose]string{
	access.Safeguarding: "safeguarding", access.CommunitySafety: "preventing crime and serious violence", access.YouthOffending: "youth justice",
	access.Assessment: "understanding the area", access.Governance: "governance", access.OwnRecord: "reading my own record",
}

// Middleware loads the session and puts the viewer into the request.
func (p *Pages) Middleware(next http.Handler) http.Handler {
	with := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, purpose, ok, err := p.Sessions.Who(r.Context())
		if err == nil && ok {
			var scope access.Scope
			if scope, err = p.Accounts.Scope(r.Context(), a, purpose); err == nil {
				v := &web.Viewer{Scope: scope, Name: a.Name, AgencyName: p.AgencyName(r.Context(), a.Agency), RoleName: RoleNames[a.Role], PurposeName: PurposeNames[purpose], Proved: p.Sessions.Proved(r.Context())}
				r = r.WithContext(web.WithViewer(r.Context(), v))
			}
		}
		if err != nil {
			p.Site.Log.Error("reading the session failed", "error", err.Error())
			http.Error(w, "Lantern cannot read its database just now. Try again in a moment.", http.StatusServiceUnavailable)
			return
		}
		next.ServeHTTP(w, r)
	})
	return p.Sessions.LoadAndSave(with)
}

type signInView struct {
	web.Page
	Form     *web.Form
	Next     string
	Personas []personaView
	Opening  string
}

type personaView struct {
	Persona
	Key string
}

var signInPage = web.NewTemplate[signInView](files, "sign_in.html")

func (p *Pages) newForm(next string) *web.Form {
	f := p.Site.NewForm("/sign-in", "Sign in",
		&web.Field{Name: "email", Label: "E-mail address", Kind: web.EmailInput, Required: "Enter your e-mail address", Autocomplete: "username", Max: 320, Width: "20"},
		&web.Field{Name: "password", Label: "Password", Kind: web.Password, Required: "Enter your password", Autocomplete: "current-password", Max: 512, Width: "20"},
		&web.Field{Name: "next", Kind: web.Hidden, Max: 2000})
	f.Set("next", next)
	return f
}

func (p *Pages) view(r *http.Request, f *web.Form) *signInView {
	v := &signInView{Form: f, Next: f.Value("next")}
	v.Title, v.HasErrors = "Sign in", !f.Valid()
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
	defer func() { f.Field("password").Value = "" }()
	if !f.Valid() {
		f.Field("password").Value = ""
		return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, signInPage, p.view(r, f))
	}
	ctx := r.Context()
	a, err := p.Accounts.SignIn(ctx, f.Value("email"), password)
	if fault.Is(err, fault.Unauthenticated) {
		f.Field("password").Value = ""
		f.Problem, _ = fault.Words(err)
		return web.RenderStatus(p.Site, w, r, http.StatusUnauthorized, signInPage, p.view(r, f))
	}
	if err != nil {
		return err
	}
	scope, err := p.Accounts.Scope(ctx, a, account.Purposes(a.Role)[0])
	if err != nil {
		return err
	}
	if err := p.Site.DB.Write(ctx, func(tx *database.Tx) error { return p.SignedIn(ctx, tx, scope) }); err != nil {
		return err
	}
	if err := p.Sessions.Begin(ctx, a); err != nil {
		return err
	}
	http.Redirect(w, r, web.SafeNext(f.Value("next")), http.StatusSeeOther)
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

type purposeView struct {
	web.Page
	Form *web.Form
}

var purposePage = web.NewTemplate[purposeView](files, "purpose.html")

func (p *Pages) newPurposeForm(s access.Scope) *web.Form {
	field := &web.Field{Name: "purpose", Label: "What are you here for?", Kind: web.Radios, PageHeading: true, Required: "Choose what you are here for",
		Hint: "It decides which records the live agreements let you read, and it is written beside everything you open."}
	for _, x := range account.Purposes(s.Role) {
		field.Options = append(field.Options, web.Option{Value: string(x), Label: capital(PurposeNames[x])})
	}
	return p.Site.NewForm("/purpose", "Continue", field).Set("purpose", string(s.Purpose))
}

// capital begins words as a line of their own begins.
func capital(words string) string {
	if words == "" {
		return ""
	}
	return strings.ToUpper(words[:1]) + words[1:]
}

func (p *Pages) purposeForm(w http.ResponseWriter, r *http.Request) error {
	v := &purposeView{Form: p.newPurposeForm(web.ScopeOf(r))}
	v.Title = "What are you here for?"
	return web.Render(p.Site, w, r, purposePage, v)
}

func (p *Pages) choosePurpose(w http.ResponseWriter, r *http.Request) error {
	v := &purposeView{Form: p.newPurposeForm(web.ScopeOf(r))}
	v.Title = "What are you here for?"
	if err := v.Form.Read(w, r); err != nil {
		return err
	}
	if !v.Form.Valid() {
		v.HasErrors = true
		return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, purposePage, v)
	}
	a, _, ok, err := p.Sessions.Who(r.Context())
	if err != nil {
		return err
	}
	if !ok {
		return fault.NoSuch()
	}
	if err := p.Sessions.ChoosePurpose(r.Context(), a, access.Purpose(v.Form.Value("purpose"))); err != nil {
		return err
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}
