package accountweb

import (
	"context"
	"net/http"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/figure"
	"lantern.example/lantern/internal/web"
)

// keepers look after everybody's accounts.
var keepers = web.Only(access.Administrator)

func (p *Pages) mountEverybody(rt *web.Router) {
	rt.Get("/accounts", keepers, p.everybody)
	rt.Get("/accounts/{id}", keepers, p.somebody)
	rt.Post("/accounts/{id}/sign-out", keepers, p.signOutSomebody)
	rt.Post("/accounts/{id}/close", keepers, p.closeSomebody)
	rt.Post("/accounts/{id}/open", keepers, p.openSomebody)
}

type everybodyView struct {
	web.Page
	Table *web.Table
}

var everybodyPage = web.NewTemplate[everybodyView](files, "everybody.html")

func (p *Pages) everybody(w http.ResponseWriter, r *http.Request) error {
	ctx, q := r.Context(), p.Site.DB.Reader()
	all, err := p.Accounts.All(ctx, q)
	if err != nil {
		return err
	}
	steps, err := p.Accounts.FactorCounts(ctx, q)
	if err != nil {
		return err
	}
	sessions, err := p.Accounts.Sessions(ctx, q, "", "")
	if err != nil {
		return err
	}
	in := map[string]int{}
	for _, x := range sessions {
		in[x.Account]++
	}
	t := &web.Table{Caption: "Accounts", Empty: "There are no accounts.", Columns: []web.Column{{Label: "Name"}, {Label: "Agency"}, {Label: "Role"}, {Label: "Second steps", Numeric: true}, {Label: "Signed in now", Numeric: true}}}
	open, without := 0, 0
	for _, a := range all {
		row := web.Row{Cells: []web.Cell{{Text: a.Name, Href: "/accounts/" + a.ID, Sub: a.Email}, {Text: p.AgencyName(ctx, a.Agency)}, {Text: roleOf(a)}, {Text: figure.Group(steps[a.ID])}, {Text: figure.Group(in[a.ID])}}}
		switch {
		case a.Disabled:
			row.Cells[0].Tag = &web.Tag{Text: "closed", Colour: "grey"}
		default:
			open++
			if steps[a.ID] == 0 {
				without++
			}
		}
		t.Rows = append(t.Rows, row)
	}
	v := &everybodyView{Table: t}
	v.Title, v.Wide = "Accounts", true
	v.Lead = some(open, "account is", "accounts are") + " open; " + some(len(in), "person is", "people are") + " signed in now."
	if !p.OneStep && without > 0 {
		v.Lead += " " + some(without, "has", "have") + " no second step yet: they are led to one at their next sign-in."
	}
	return web.Show(p.Site, w, r, everybodyPage, v, web.Read{Kind: "account", Words: "list of accounts: " + some(len(all), "row", "rows")})
}

// Finding is the list in a sentence, for the page of governance.
func (p *Pages) Finding(ctx context.Context, _ access.Scope) (string, error) {
	all, err := p.Accounts.All(ctx, p.Site.DB.Reader())
	if err != nil {
		return "", err
	}
	steps, err := p.Accounts.FactorCounts(ctx, p.Site.DB.Reader())
	open, without := 0, 0
	for _, a := range all {
		if a.Disabled {
			continue
		}
		open++
		if steps[a.ID] == 0 {
			without++
		}
	}
	words := some(open, "account is", "accounts are") + " open"
	if !p.OneStep && without > 0 {
		words += "; " + some(without, "has", "have") + " no second step yet"
	}
	return words + ".", err
}

type somebodyView struct {
	web.Page
	Facts    []web.SummaryRow
	Sessions *web.Table
	SignOut  *web.Form
	Own      bool   // it is the account of whoever looks
	Change   string // where it is changed, and where a new link is made
	Link     string
	Close    *web.Form
	Open     *web.Form
}

var somebodyPage = web.NewTemplate[somebodyView](files, "somebody.html")

func (p *Pages) somebody(w http.ResponseWriter, r *http.Request) error {
	ctx, q := r.Context(), p.Site.DB.Reader()
	a, err := p.Accounts.Get(ctx, q, r.PathValue("id"))
	if err != nil {
		return err
	}
	factors, err := p.Accounts.Factors(ctx, q, a.ID)
	if err != nil {
		return err
	}
	sessions, err := p.Accounts.Sessions(ctx, q, a.ID, "")
	if err != nil {
		return err
	}
	v := &somebodyView{Sessions: &web.Table{Caption: "Where they are signed in", Empty: "They are not signed in anywhere.", Columns: []web.Column{{Label: "Browser"}, {Label: "Signed in with"}, {Label: "Since"}, {Label: "Last used"}}}}
	v.Title, v.Crumbs = a.Name, []web.Link{{Text: "Accounts", Href: "/accounts"}}
	var kinds []string
	for _, f := range factors {
		kinds = append(kinds, stepNames[f.Kind])
	}
	if len(kinds) == 0 {
		kinds = []string{"none"}
	}
	v.Facts = []web.SummaryRow{{Key: "E-mail address", Value: a.Email}, {Key: "Agency", Value: p.AgencyName(ctx, a.Agency)}, {Key: "Role", Value: roleOf(a)}, {Key: "Second steps", Value: strings.Join(kinds, ", ")}}
	if len(a.Areas) > 0 {
		v.Facts = append(v.Facts, web.SummaryRow{Key: "Limited to", Value: strings.Join(a.Areas, ", ")})
	}
	until, waiting, err := p.Accounts.Waiting(ctx, q, a.ID)
	if err != nil {
		return err
	}
	if waiting {
		v.Facts = append(v.Facts, web.SummaryRow{Key: "One-time link", Value: "Not used yet; good until " + when(until)})
	}
	for _, x := range sessions {
		v.Sessions.Rows = append(v.Sessions.Rows, web.Row{Cells: []web.Cell{{Text: x.Device}, {Text: x.How}, {Text: when(x.Began)}, {Text: when(x.Seen)}}})
	}
	at := "/accounts/" + a.ID
	v.Own, v.Change = a.ID == web.ScopeOf(r).Account, at+"/change"
	if !v.Own && !a.Disabled {
		v.Link = at + "/link"
	}
	switch {
	case v.Own:
		v.Lead = "You are signed in on " + some(len(sessions), "browser", "browsers") + "."
	case a.Disabled:
		v.Lead = "This account is closed: nobody can sign in with it."
		v.Open = p.Site.NewForm(at+"/open", "Open the account again")
	default:
		v.Lead = "This account is open; nobody is signed in with it now."
		if len(sessions) > 0 {
			v.Lead = "This account is open and is signed in on " + some(len(sessions), "browser", "browsers") + "."
		}
		v.Close = p.Site.NewForm(at+"/close", "Close the account")
		v.Close.Warning = true
		if len(sessions) > 0 {
			v.SignOut = p.Site.NewForm(at+"/sign-out", "Sign them out everywhere")
		}
	}
	return web.Show(p.Site, w, r, somebodyPage, v, web.Read{Kind: "account", Subject: a.ID, Owners: []string{a.Agency}, Words: "account and its web sessions"})
}

// roleOf is an account's role, to anybody but its owner.
func roleOf(a account.Account) string {
	if a.Role == access.Subject {
		return "young person, reading their own record"
	}
	return RoleNames[a.Role]
}

// to does something to another's account: proved a short time ago, once, with its line in the log.
func (p *Pages) to(w http.ResponseWriter, r *http.Request, said, words string, do func(tx *tx, a account.Account) error) error {
	if err := p.Site.Recent(r); err != nil {
		return err
	}
	if err := p.Site.NewForm("", "").Read(w, r); err != nil {
		return err
	}
	ctx := r.Context()
	return p.Site.Act(w, r, said, func(tx *tx) (string, error) {
		a, err := p.Accounts.Get(ctx, tx, r.PathValue("id"))
		if err != nil {
			return "", err
		}
		if err := do(tx, a); err != nil {
			return "", err
		}
		return "/accounts/" + a.ID, p.Log.Record(ctx, tx, web.ScopeOf(r), audit.Line{Act: audit.Alteration, SubjectKind: "account", Subject: a.ID, Owners: []string{a.Agency}, Words: words})
	})
}

func (p *Pages) signOutSomebody(w http.ResponseWriter, r *http.Request) error {
	return p.to(w, r, "They are signed out everywhere.", "web sessions ended by an administrator", func(tx *tx, a account.Account) error {
		return p.Accounts.EndSessions(r.Context(), tx, a.ID, "")
	})
}

func (p *Pages) closeSomebody(w http.ResponseWriter, r *http.Request) error {
	return p.to(w, r, "The account is closed, and whoever was signed in with it is signed out.", "account closed by an administrator", func(tx *tx, a account.Account) error {
		if a.ID == web.ScopeOf(r).Account { // the last administrator's is refused by the store
			return fault.New(fault.Refused, "This is your own account. Another administrator can close it.")
		}
		return p.Accounts.Disable(r.Context(), tx, a.ID)
	})
}

func (p *Pages) openSomebody(w http.ResponseWriter, r *http.Request) error {
	return p.to(w, r, "The account is open again.", "account opened again by an administrator", func(tx *tx, a account.Account) error {
		return p.Accounts.Open(r.Context(), tx, a.ID)
	})
}
