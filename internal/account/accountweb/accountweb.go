// Package accountweb holds the pages about being signed in: signing in and out, second steps and what else is one's
// own to look after, choosing the purpose, proving again who one is, the page on which the first administrator begins
// a partnership, and, in the demonstration, choosing who to be.
//
// A sign-in goes through its steps in a session that has no viewer: until the last one is done no other page knows
// that anybody is there. Each step looks at what the account still lacks, so that none can be skipped by its address.
package accountweb

import (
	"context"
	"embed"
	"net/http"
	"net/netip"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/account/provider"
	"lantern.example/lantern/internal/audit"
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
	Log        *audit.Log
	// OneStep asks for no second step: the demonstration alone, and tests of other rooms.
	OneStep bool
	// Provider is the organisation's own sign-in; nil where none was set up.
	Provider *provider.Provider
	// Proxies are the addresses whose word for where a request came from is taken.
	Proxies []netip.Prefix
	// Personas is the demonstration's cast; none outside it.
	Personas []Persona
	// First is what the first administrator's page needs.
	First First
	// Keeping is what the pages for looking after accounts need.
	Keeping Keeping
	// Opening is the demonstration's first sentence.
	Opening func(ctx context.Context) string

	router *web.Router
	door   door
}

// Mount registers the pages.
func (p *Pages) Mount(rt *web.Router) {
	p.router = rt
	p.Site.AskAgain = p.askAgain
	rt.Get("/sign-in", web.Public, p.form)
	rt.Post("/sign-in", web.Public, p.signIn)
	rt.Post("/sign-in/passkey/options", web.Public, p.passkeyOptions)
	rt.Post("/sign-in/passkey", web.Public, p.signInByPasskey)
	rt.Get("/sign-in/second", web.Public, p.secondForm)
	rt.Post("/sign-in/second", web.Public, p.second)
	rt.Post("/sign-in/second/options", web.Public, p.secondOptions)
	rt.Get("/sign-in/password", web.Public, p.chooseForm)
	rt.Post("/sign-in/password", web.Public, p.choose)
	rt.Get("/sign-in/steps", web.Public, p.steps)
	rt.Post("/sign-out", web.Public, p.signOut)
	rt.Get("/first", web.Public, p.firstForm)
	rt.Post("/first", web.Public, p.begin)

	rt.Get("/account", web.Everyone, p.own)
	rt.Get("/account/password", web.Everyone, p.passwordForm)
	rt.Post("/account/password", web.Everyone, p.changePassword)
	rt.Post("/account/codes", web.Everyone, p.newCodes)
	rt.Post("/account/factors/{id}/remove", web.Everyone, p.removeFactor)
	rt.Post("/account/sessions/{id}/end", web.Everyone, p.endSession)
	rt.Post("/account/sessions/end", web.Everyone, p.endOthers)
	rt.Post("/account/browsers/forget", web.Everyone, p.forgetBrowsers)
	for base, need := range map[string]web.Need{"/sign-in": web.Public, "/account": web.Everyone} {
		rt.Post(base+"/app", need, p.beginApp)
		rt.Get(base+"/app/{id}", need, p.appForm)
		rt.Post(base+"/app/{id}", need, p.confirmApp)
		rt.Get(base+"/add-passkey", need, p.addPasskeyForm)
		rt.Post(base+"/add-passkey", need, p.addPasskey)
		rt.Post(base+"/add-passkey/options", need, p.addPasskeyOptions)
	}

	p.mountEverybody(rt)
	p.mountKeeping(rt)
	p.mountProvider(rt)
	rt.Get("/confirm", web.Everyone, p.confirmForm)
	rt.Post("/confirm", web.Everyone, p.confirm)
	rt.Post("/confirm/options", web.Everyone, p.confirmOptions)
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
