package accountweb

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/web"
)

// Keeping is what the pages of somebody who looks after accounts need of rooms above this one.
type Keeping struct {
	// Agencies are the members of the partnership, and Areas its areas; none when it is one area.
	Agencies func(ctx context.Context) ([]web.Option, error)
	Areas    func(ctx context.Context) ([]web.Option, error)
	// IsPerson reports whether there is a person of an id, for a young person's account.
	IsPerson func(ctx context.Context, q database.Queryer, id string) (bool, error)
	// Address is where people reach this Lantern: links that are given to them begin with it.
	Address string
}

// linkPath is where a one-time link leads.
const linkPath = "/sign-in/link"

func (p *Pages) mountKeeping(rt *web.Router) {
	rt.Get("/accounts/new", keepers, p.addSomebody)
	rt.Post("/accounts/new", keepers, p.addSomebody)
	rt.Get("/accounts/{id}/change", keepers, p.changeSomebody)
	rt.Post("/accounts/{id}/change", keepers, p.changeSomebody)
	rt.Get("/accounts/{id}/link", keepers, p.linkSomebody)
	rt.Post("/accounts/{id}/link", keepers, p.linkSomebody)
	rt.Get(linkPath, web.Public, p.linkForm)
	rt.Post(linkPath, web.Public, p.useLink)
}

type keepView struct {
	web.Page
	Form *web.Form
}

var keepPage = web.NewTemplate[keepView](files, "keep.html")

// fields are what is asked of an account. The address is asked of a new one alone: it is what its owner signs in with.
func (p *Pages) fields(ctx context.Context, fresh bool) ([]*web.Field, error) {
	agencies, err := p.Keeping.Agencies(ctx)
	if err != nil {
		return nil, err
	}
	areas, err := p.Keeping.Areas(ctx)
	if err != nil {
		return nil, err
	}
	var roles []web.Option
	for _, r := range access.Roles {
		label := capital(RoleNames[r])
		if r == access.Subject {
			label = "Young person"
		}
		roles = append(roles, web.Option{Value: string(r), Label: label, Hint: roleHints[r]})
	}
	fields := []*web.Field{{Name: "name", Label: "Name", Required: "Enter the person’s name", Max: 200, Autocomplete: "off"}}
	if fresh {
		fields = append(fields, &web.Field{Name: "email", Label: "E-mail address", Hint: "They sign in with it. Nothing is sent to it.", Kind: web.EmailInput, Required: "Enter their e-mail address", Max: 320, Autocomplete: "off"})
	}
	fields = append(fields, &web.Field{Name: "agency", Label: "Agency", Kind: web.Select, Required: "Choose an agency", Options: append([]web.Option{{Value: "", Label: "Choose"}}, agencies...)},
		&web.Field{Name: "role", Label: "Role", Kind: web.Radios, Required: "Choose a role", Options: roles})
	if len(areas) > 0 {
		fields = append(fields, &web.Field{Name: "areas", Label: "Limited to these areas", Hint: "Leave all empty for somebody who works in every area.", Kind: web.Checkboxes, Options: areas})
	}
	fields = append(fields, &web.Field{Name: "person", Label: "For a young person: whose record they read", Hint: "The last part of the address of the young person’s page; their worker can read it out. Empty for every other role.", Max: 36, Autocomplete: "off"})
	if fresh && p.Provider != nil {
		fields = append(fields, &web.Field{Name: "how", Label: "How do they sign in?", Kind: web.Radios, Required: "Choose how they sign in", Options: []web.Option{
			{Value: "link", Label: "With a password they choose, and a second step"},
			{Value: "provider", Label: "Through " + p.Provider.Name + " alone", Hint: "They are known there by the same e-mail address. They have no password here, and there is no link."}}})
	}
	return fields, nil
}

// roleHints say what a role is for, in the administrator's words: what it reads follows from the agreements.
var roleHints = map[access.Role]string{
	access.Manager: "Leads the partnership’s work; signs and keeps its paper.", access.Analyst: "Works on figures and places. Reads no support notes.", access.Chair: "Chairs panels; may break the glass.",
	access.Practitioner: "Works with children and families; may break the glass.", access.SchoolLead: "Safeguarding lead of a school. Reads no intelligence, health or offending records.",
	access.InfoOfficer: "Agreements, people’s rights and the log. Reads nobody’s casework.", access.Administrator: "Accounts and the program. Reads nobody’s casework.", access.Subject: "Reads their own record and nothing else.",
}

// said takes what a form says of an account, and puts what is wrong with it at the field.
func (p *Pages) said(ctx context.Context, f *web.Form) (account.Change, error) {
	to := account.Change{Name: f.Value("name"), Agency: f.Value("agency"), Role: access.Role(f.Value("role")), Person: f.Value("person")}
	if has(f, "areas") {
		to.Areas = f.Field("areas").Values
	}
	switch {
	case to.Role == access.Subject && to.Person == "":
		f.Fail("person", "Say whose record they read")
	case to.Role != access.Subject && to.Person != "":
		f.Fail("person", "Leave this empty: only a young person’s account reads its own record")
	case to.Role == access.Subject:
		ok, err := p.Keeping.IsPerson(ctx, p.Site.DB.Reader(), to.Person)
		if err != nil {
			return to, err
		}
		if !ok {
			f.Fail("person", "There is no person of this id")
		}
	}
	return to, nil
}

func (p *Pages) addSomebody(w http.ResponseWriter, r *http.Request) error {
	if err := p.Site.Recent(r); err != nil {
		return err
	}
	ctx, s := r.Context(), web.ScopeOf(r)
	fields, err := p.fields(ctx, true)
	if err != nil {
		return err
	}
	f := p.Site.NewForm("/accounts/new", "Add the account", fields...)
	f.Cancel = "/accounts"
	v := &keepView{Form: f}
	v.Title, v.Crumbs = "Add an account", []web.Link{{Text: "Accounts", Href: "/accounts"}}
	v.Lead = "You get a link, once, to hand to them. With it they choose a password that nobody else ever knows."
	if r.Method == http.MethodGet {
		return web.Render(p.Site, w, r, keepPage, v)
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	said, err := p.said(ctx, f)
	if err != nil {
		return err
	}
	if f.Valid() {
		in := account.New{Email: f.Value("email"), Name: said.Name, Agency: said.Agency, Role: said.Role, Areas: said.Areas, Person: said.Person, Provider: has(f, "how") && f.Value("how") == "provider"}
		var a account.Account
		var token string
		err := p.Site.DB.Write(ctx, func(tx *tx) (err error) {
			if in.Provider {
				a, err = p.Accounts.Add(ctx, tx, in)
			} else {
				a, token, err = p.Accounts.Invite(ctx, tx, in, s.Account)
			}
			if err != nil {
				return err
			}
			return p.Log.Record(ctx, tx, s, audit.Line{Act: audit.Alteration, SubjectKind: "account", Subject: a.ID, Owners: []string{a.Agency}, Words: "account added by an administrator with the role " + string(a.Role)})
		})
		switch {
		case err == nil && in.Provider:
			p.Site.Say(w, "The account was added.")
			http.Redirect(w, r, "/accounts/"+a.ID, http.StatusSeeOther)
			return nil
		case err == nil:
			return p.showLink(w, r, a, token)
		case fault.Is(err, fault.Conflict):
			f.Fail("email", "There is an account with this address already. If you have just added it and did not get its link, make a new one on its page")
		case fault.Is(err, fault.Invalid):
			f.Problem, _ = fault.Words(err)
		default:
			return err
		}
	}
	v.HasErrors = true
	return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, keepPage, v)
}

func (p *Pages) changeSomebody(w http.ResponseWriter, r *http.Request) error {
	if err := p.Site.Recent(r); err != nil {
		return err
	}
	ctx, s := r.Context(), web.ScopeOf(r)
	a, err := p.Accounts.Get(ctx, p.Site.DB.Reader(), r.PathValue("id"))
	if err != nil {
		return err
	}
	fields, err := p.fields(ctx, false)
	if err != nil {
		return err
	}
	at := "/accounts/" + a.ID
	f := p.Site.NewForm(at+"/change", "Save the change", fields...)
	f.Cancel, f.Ver = at, a.Ver
	f.Set("name", a.Name).Set("agency", a.Agency).Set("role", string(a.Role)).Set("person", a.Person)
	if has(f, "areas") {
		f.Field("areas").Values = slices.Clone(a.Areas)
	}
	v := &keepView{Form: f}
	v.Title, v.Crumbs = "Change the account of "+a.Name, []web.Link{{Text: "Accounts", Href: "/accounts"}, {Text: a.Name, Href: at}}
	v.Lead = "It holds from the next page they open. With another role, agency or record they are signed out, and sign in anew."
	if r.Method == http.MethodGet {
		return web.Render(p.Site, w, r, keepPage, v)
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	to, err := p.said(ctx, f)
	if err != nil {
		return err
	}
	if f.Valid() {
		err := p.Site.Act(w, r, "The account was changed.", func(tx *tx) (string, error) {
			now, err := p.Accounts.Get(ctx, tx, a.ID)
			if err != nil {
				return "", err
			}
			now.Ver = f.Ver
			what, err := p.Accounts.Change(ctx, tx, s.Account, now, to)
			if err != nil || what == "" {
				return at, err
			}
			owners := []string{now.Agency}
			if to.Agency != now.Agency {
				owners = append(owners, to.Agency)
			}
			return at, p.Log.Record(ctx, tx, s, audit.Line{Act: audit.Alteration, SubjectKind: "account", Subject: a.ID, Owners: owners, Words: "account changed by an administrator: " + what})
		})
		if !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.Refused) && !fault.Is(err, fault.Conflict) {
			return err
		}
		f.Problem, _ = fault.Words(err)
	}
	v.HasErrors = true
	return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, keepPage, v)
}

func (p *Pages) linkSomebody(w http.ResponseWriter, r *http.Request) error {
	if err := p.Site.Recent(r); err != nil {
		return err
	}
	ctx, s := r.Context(), web.ScopeOf(r)
	a, err := p.Accounts.Get(ctx, p.Site.DB.Reader(), r.PathValue("id"))
	if err != nil {
		return err
	}
	at := "/accounts/" + a.ID
	f := p.Site.NewForm(at+"/link", "Make the link", &web.Field{Name: "factors", Label: "Have they lost their second steps too?", Kind: web.Radios, Required: "Choose an answer", Options: []web.Option{
		{Value: "no", Label: "No, they stay", Hint: "They are asked for one after the new password, as always."},
		{Value: "yes", Label: "Yes, take them away when the link is used", Hint: "With their recovery codes and their connection to the organisation’s own sign-in. Only where you know that it is they who ask: you have seen them, or rung them back on a number you had before."}}})
	f.Cancel = at
	v := &keepView{Form: f}
	v.Title, v.Crumbs = "A new link for "+a.Name, []web.Link{{Text: "Accounts", Href: "/accounts"}, {Text: a.Name, Href: at}}
	v.Lead = "When you make it, their old password ends and they are signed out. With the link they choose another, which you never know."
	if r.Method == http.MethodGet {
		return web.Render(p.Site, w, r, keepPage, v)
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	if f.Valid() {
		var token string
		err := p.Site.DB.Write(ctx, func(tx *tx) error {
			now, err := p.Accounts.Get(ctx, tx, a.ID)
			if err != nil {
				return err
			}
			factors := f.Value("factors") == "yes"
			if token, err = p.Accounts.NewLink(ctx, tx, now, s.Account, factors); err != nil {
				return err
			}
			words := "one-time link made by an administrator; the old password ended"
			if factors {
				words += "; second steps go when it is used"
			}
			return p.Log.Record(ctx, tx, s, audit.Line{Act: audit.Alteration, SubjectKind: "account", Subject: a.ID, Owners: []string{a.Agency}, Words: words})
		})
		if err == nil {
			return p.showLink(w, r, a, token)
		}
		if !fault.Is(err, fault.Refused) {
			return err
		}
		f.Problem, _ = fault.Words(err)
	}
	v.HasErrors = true
	return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, keepPage, v)
}

type linkView struct {
	web.Page
	Link, Next string
}

var linkPage = web.NewTemplate[linkView](files, "link.html")

// showLink shows a link, this once.
func (p *Pages) showLink(w http.ResponseWriter, r *http.Request, a account.Account, token string) error {
	v := &linkView{Link: p.Keeping.Address + linkPath + "?" + url.Values{"key": {token}}.Encode(), Next: "/accounts/" + a.ID}
	v.Title, v.Crumbs = "The link for "+a.Name, []web.Link{{Text: "Accounts", Href: "/accounts"}, {Text: a.Name, Href: v.Next}}
	v.Lead = "It is shown this once. It is good for one use, until " + when(p.Site.Clock.Now().Add(account.LinkFor)) + "."
	return web.Render(p.Site, w, r, linkPage, v)
}

type byLinkView struct {
	web.Page
	Form *web.Form // nil where the link is not good
}

var byLinkPage = web.NewTemplate[byLinkView](files, "by_link.html")

func (p *Pages) newByLinkForm(token string) *web.Form {
	return p.Site.NewForm(linkPath, "Go on",
		&web.Field{Name: "password", Label: "A password", Hint: passwordHint, Kind: web.Password, Required: "Enter a password", Max: 512, Autocomplete: "new-password", Width: "20"},
		&web.Field{Name: "key", Kind: web.Hidden, Max: 100}).Set("key", token)
}

func newByLinkView(a account.Account, f *web.Form) *byLinkView {
	v := &byLinkView{Form: f}
	v.Title, v.HasErrors = "Choose your password", !f.Valid()
	v.Lead = a.Name + ", you sign in as " + a.Email + ". Choose a password; nobody else knows it. Then comes your second step."
	return v
}

// notGood says that a link is not good, in the same words whyever it is not.
func (p *Pages) notGood(w http.ResponseWriter, r *http.Request) error {
	v := &byLinkView{}
	v.Title = "This link is not good any more"
	v.Lead = "A link is good for one day and one use, and a newer one ends it. Ask your administrator for another."
	return web.RenderStatus(p.Site, w, r, http.StatusNotFound, byLinkPage, v)
}

func (p *Pages) linkForm(w http.ResponseWriter, r *http.Request) error {
	token := r.URL.Query().Get("key")
	a, _, err := p.Accounts.ByLink(r.Context(), p.Site.DB.Reader(), token)
	if fault.Is(err, fault.NotFound) {
		return p.notGood(w, r)
	}
	if err != nil {
		return err
	}
	return web.Render(p.Site, w, r, byLinkPage, newByLinkView(a, p.newByLinkForm(token)))
}

func (p *Pages) useLink(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f := p.newByLinkForm("")
	if err := f.Read(w, r); err != nil {
		return err
	}
	token, password := f.Value("key"), f.Value("password")
	f.Field("password").Value = ""
	a, factors, err := p.Accounts.ByLink(ctx, p.Site.DB.Reader(), token)
	if fault.Is(err, fault.NotFound) {
		return p.notGood(w, r)
	}
	if err != nil {
		return err
	}
	if password != "" {
		words, err := p.Accounts.CheckPassword(password, a.Email, a.Name)
		if err != nil {
			return err
		}
		if words != "" {
			f.Fail("password", words)
		}
	}
	if !f.Valid() {
		return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, byLinkPage, newByLinkView(a, f))
	}
	err = p.Site.DB.Write(ctx, func(tx *tx) (err error) {
		if a, err = p.Accounts.UseLink(ctx, tx, token, password); err != nil {
			return err
		}
		words := "own password chosen with a one-time link"
		if factors {
			words += "; second steps removed"
		}
		return p.record(ctx, tx, a, words)
	})
	if fault.Is(err, fault.NotFound) { // somebody else was quicker
		return p.notGood(w, r)
	}
	if err != nil {
		return err
	}
	return p.goOn(w, r, account.Half{Account: a, How: "one-time link", Next: "/"})
}
