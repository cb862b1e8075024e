package partnershipweb

import (
	"context"
	"fmt"
	"net/http"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/partnership"
	"lantern.example/lantern/internal/web"
)

// tableView is a page that is one table.
type tableView struct {
	web.Page
	Table   *web.Table
	AddHref string
	AddText string
	More    []web.Link
}

var tablePage = web.NewTemplate[tableView](files, "table.html")

func (p *Pages) agenciesFinding(ctx context.Context, _ access.Scope) (string, error) {
	all, err := p.Partnership.Agencies(ctx, p.q())
	if err != nil {
		return "", err
	}
	members, silent := 0, 0
	for _, a := range all {
		if a.Member {
			members++
			if a.Contact == "" {
				silent++
			}
		}
	}
	switch {
	case members == 0:
		return "No agency has been entered yet.", nil
	case silent > 0:
		return fmt.Sprintf("%s, %d without anybody to ask.", plural(members, "agency", "agencies"), silent), nil
	}
	return fmt.Sprintf("%s, each with somebody to ask.", plural(members, "agency", "agencies")), nil
}

func (p *Pages) agencies(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	all, err := p.Partnership.Agencies(ctx, p.q())
	if err != nil {
		return err
	}
	v := &tableView{Table: &web.Table{ID: "agencies", Caption: "Agencies", Empty: "No agency has been entered yet.", Columns: []web.Column{{Label: "Agency"}, {Label: "Kind"}, {Label: "Whom to ask"}, {Label: "State"}}}}
	v.Title, v.Crumbs, v.Wide = "Agencies", []web.Link{governance}, true
	if v.Lead, err = p.agenciesFinding(ctx, web.ScopeOf(r)); err != nil {
		return err
	}
	edit := keepers.Met(web.ViewerOf(r))
	for _, a := range all {
		name := web.Cell{Text: a.Name, Sub: a.Code}
		if edit {
			name.Href = "/agencies/" + a.Code
		}
		state := &web.Tag{Text: "Member", Colour: "green"}
		if !a.Member {
			state = &web.Tag{Text: "Has left", Colour: "grey"}
		}
		contact := web.Cell{Text: a.Contact}
		if a.Contact == "" {
			contact.Text = "Nobody named yet"
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{name, {Text: partnership.KindName(a.Kind)}, contact, {Tag: state}}})
	}
	if edit {
		v.AddHref, v.AddText = "/agencies/new", "Add an agency"
	}
	return web.Render(p.Site, w, r, tablePage, v)
}

func (p *Pages) newAgencyForm(r *http.Request) (*web.Form, error) {
	kind := &web.Field{Name: "kind", Label: "Kind", Kind: web.Select, Required: "Choose a kind", Options: []web.Option{{Value: "", Label: "Choose a kind"}}}
	for _, k := range partnership.AgencyKinds {
		kind.Options = append(kind.Options, web.Option{Value: k.Code, Label: k.Name})
	}
	name := &web.Field{Name: "name", Label: "Name", Kind: web.TextInput, Required: "Enter the agency's name"}
	contact := &web.Field{Name: "contact", Label: "Whom to ask", Kind: web.TextInput, Max: 500, Hint: "A role or a person, and how to reach them."}
	code := r.PathValue("code")
	if code == "" {
		f := p.Site.NewForm("/agencies", "Add the agency", &web.Field{Name: "code", Label: "Code", Kind: web.TextInput, Max: 64, Width: "10", Required: "Enter a code", Hint: "Short and for good: it stands on every record of theirs."}, name, kind, contact)
		f.Cancel, f.Draft = "/agencies", "/drafts/agency/new"
		return f, nil
	}
	a, err := p.Partnership.Agency(r.Context(), p.q(), code)
	if err != nil {
		return nil, err
	}
	f := p.Site.NewForm("/agencies/"+a.Code, "Save", name, kind, contact,
		&web.Field{Name: "member", Label: "Is it in the partnership?", Kind: web.Radios, Inline: true, Required: "Say whether it is in the partnership", Options: []web.Option{{Value: "yes", Label: "Yes"}, {Value: "no", Label: "It has left"}}}, whyField(""))
	f.Set("name", a.Name).Set("kind", a.Kind).Set("contact", a.Contact).Set("member", map[bool]string{true: "yes", false: "no"}[a.Member])
	f.Ver, f.Cancel, f.Draft = a.Version, "/agencies", "/drafts/agency/code-"+draftKey(a.Code)
	return f, nil
}

// draftKey makes a code fit for a draft's name.
func draftKey(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

func agencyDraft(r *http.Request) string {
	if c := r.PathValue("code"); c != "" {
		return "code-" + draftKey(c)
	}
	return "new"
}

func (p *Pages) agencyView(r *http.Request, f *web.Form) *formView {
	if r.PathValue("code") == "" {
		return p.view("Add an agency", "Its code stands on every record it owns, so choose it for good.", f, web.Link{Text: "Agencies", Href: "/agencies"})
	}
	return p.view(f.Value("name"), "What it was called before stays in its history.", f, web.Link{Text: "Agencies", Href: "/agencies"})
}

func (p *Pages) agencyForm(w http.ResponseWriter, r *http.Request) error {
	f, err := p.newAgencyForm(r)
	if err != nil {
		return err
	}
	v := p.agencyView(r, f)
	if v.Kept, err = p.Keeper.Open(r, f, "agency", agencyDraft(r)); err != nil {
		return err
	}
	history, err := p.Partnership.AgencyHistory(r.Context(), p.q(), r.PathValue("code"))
	if err != nil {
		return err
	}
	people, err := p.people(r.Context())
	if err != nil {
		return err
	}
	for _, h := range history {
		words := h.Name + ", " + partnership.KindName(h.Kind) + "."
		if !h.Member {
			words += " Has left."
		}
		v.Before = append(v.Before, before(h.Change, words, people))
	}
	return web.Render(p.Site, w, r, formPage, v)
}

func (p *Pages) addAgency(w http.ResponseWriter, r *http.Request) error {
	f, err := p.newAgencyForm(r)
	if err != nil {
		return err
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	if f.Value("code") == "new" {
		f.Fail("code", "“new” cannot be a code")
	}
	return p.answer(w, r, asked{view: p.agencyView(r, f), form: f, draft: [2]string{"agency", "new"}, said: "The agency was added.", do: func(tx *database.Tx) (string, error) {
		return "/agencies", p.Partnership.AddAgency(r.Context(), tx, web.ScopeOf(r), partnership.Agency{Code: f.Value("code"), Name: f.Value("name"), Kind: f.Value("kind"), Contact: f.Value("contact")})
	}})
}

func (p *Pages) saveAgency(w http.ResponseWriter, r *http.Request) error {
	f, err := p.newAgencyForm(r)
	if err != nil {
		return err
	}
	f.Ver = 0
	if err := f.Read(w, r); err != nil {
		return err
	}
	return p.answer(w, r, asked{view: p.agencyView(r, f), form: f, draft: [2]string{"agency", agencyDraft(r)}, said: "The agency's entry was saved.", do: func(tx *database.Tx) (string, error) {
		return "/agencies", p.Partnership.SaveAgency(r.Context(), tx, web.ScopeOf(r), f.Ver, partnership.Agency{Code: r.PathValue("code"), Name: f.Value("name"), Kind: f.Value("kind"), Contact: f.Value("contact"), Member: f.Value("member") == "yes", Change: partnership.Change{Why: f.Value("why")}})
	}, now: func() (*web.Form, error) { return p.newAgencyForm(r) }})
}
