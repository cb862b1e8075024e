package sharingweb

import (
	"context"
	"net/http"
	"slices"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/account/accountweb"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/sharing"
	"lantern.example/lantern/internal/web"
)

// mountVariations registers the pages about varying an agreement.
func (p *Pages) mountVariations(rt *web.Router) {
	rt.Get("/agreements/{code}/vary", keepers, p.vary)
	rt.Post("/agreements/{code}/vary", keepers, p.vary)
	rt.Get("/agreements/{code}/variation", keepers, p.signVariation)
	rt.Post("/agreements/{code}/variation", keepers, p.signVariation)
	rt.Get("/agreements/{code}/drop", keepers, p.dropVariation)
	rt.Post("/agreements/{code}/drop", keepers, p.dropVariation)
}

// changes sets what an agreement says now beside what a variation would have it say.
func changes(now, to sharing.Terms, caption, before, after string) *web.Table {
	t := &web.Table{ID: "variation", Caption: caption, Columns: []web.Column{{Label: "What"}, {Label: before}, {Label: after}}}
	for _, x := range []struct{ label, now, to string }{
		{"Data", capital(classes(now.Classes)), capital(classes(to.Classes))}, {"Purposes", capital(purposes(now.Purposes)), capital(purposes(to.Purposes))},
		{"Lawful basis", now.LawfulBasis, to.LawfulBasis}, {"Gateway", now.Gateway, to.Gateway}, {"Conditions", orNone(now.Conditions, "None"), orNone(to.Conditions, "None")}} {
		c := web.Cell{Text: x.to}
		if x.now != x.to {
			c.Tag = &web.Tag{Text: "Changes", Colour: "yellow"}
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: x.label}, {Text: x.now}, c}})
	}
	return t
}

// varied is the open variation as the agreement's page shows it, and what became of earlier ones.
func (p *Pages) varied(ctx context.Context, v *agreementView, e sharing.Entry, s access.Scope, who map[string]account.Account) error {
	all, err := p.Register.Variations(ctx, p.q(), e.Agreement)
	if err != nil {
		return err
	}
	at := "/agreements/" + e.Code
	party, mine := e.Party(s.Agency)
	acts := mine && sharing.MaySign(s) && e.StandingOn(p.today()) == sharing.Live
	open := false
	for i := range all {
		x := &all[i]
		item := web.TimelineItem{Title: "Variation proposed", When: day(x.AskedAt), By: who[x.AskedBy].Name + ", " + p.name(ctx, x.Agency), Text: x.Why}
		switch x.State {
		case "open":
			open = true
			v.Vary = changes(e.TermsOf(), x.Terms, "A variation that waits for signatures", "Now", "As proposed")
			v.Vary.Base = "Proposed by " + who[x.AskedBy].Name + ", " + p.name(ctx, x.Agency) + ": " + x.Why + " It waits for " + joined(p.names(ctx, e.WaitingVariation(x)), "and") + ". Until every party has signed, the terms of now hold."
			if acts && slices.Contains(e.WaitingVariation(x), party.Agency) {
				v.Acts = append(v.Acts, web.Link{Text: "Sign the variation", Href: at + "/variation"})
			}
			if acts {
				v.Acts = append(v.Acts, web.Link{Text: "Drop the variation", Href: at + "/drop"})
			}
		case "agreed":
			v.History = append(v.History, web.TimelineItem{Title: "Varied", When: day(*x.ClosedAt), By: "Every party", Text: "Before: " + classes(x.Before.Classes) + ", for " + purposes(x.Before.Purposes) + ". Since: " + classes(x.Classes) + ", for " + purposes(x.Purposes) + "."})
		case "dropped":
			v.History = append(v.History, web.TimelineItem{Title: "Variation dropped", When: day(*x.ClosedAt), By: who[x.ClosedBy].Name, Text: x.Closed})
		}
		v.History = append(v.History, item)
	}
	if acts && !open {
		v.Acts = append(v.Acts, web.Link{Text: "Propose a variation", Href: at + "/vary"})
	}
	return nil
}

func (p *Pages) vary(w http.ResponseWriter, r *http.Request) error {
	ctx, s := r.Context(), web.ScopeOf(r)
	e, err := p.mine(r)
	if err != nil {
		return err
	}
	var what, why []web.Option
	for _, c := range access.Classes {
		if c != access.Open && c != access.Partnership && c != access.FormerName {
			what = append(what, web.Option{Value: string(c), Label: capital(ClassWords[c])})
		}
	}
	for _, x := range sharing.Purposes {
		why = append(why, web.Option{Value: string(x), Label: capital(accountweb.PurposeNames[x])})
	}
	v, f := p.form(e, "Propose a variation of "+e.Code, "/vary", "Propose it, and sign for your agency",
		&web.Field{Name: "classes", Label: "Which data?", Kind: web.Checkboxes, Options: what, Required: "Choose at least one class of data"},
		&web.Field{Name: "purposes", Label: "What for?", Hint: "There is no choice for " + sharing.NeverPurposes + ".", Kind: web.Checkboxes, Options: why, Required: "Choose at least one purpose"},
		&web.Field{Name: "lawful_basis", Label: "Lawful basis", Required: "Enter the lawful basis", Max: 500},
		&web.Field{Name: "gateway", Label: "Gateway", Required: "Enter the gateway", Max: 500},
		&web.Field{Name: "conditions", Label: "Conditions", Kind: web.TextArea, Rows: 3, Max: 2000},
		&web.Field{Name: "why", Label: "Why should it change?", Kind: web.TextArea, Rows: 3, Required: "Say why it should change: every party will read it"})
	f.Set("lawful_basis", e.LawfulBasis).Set("gateway", e.Gateway).Set("conditions", e.Conditions)
	for _, c := range e.Classes {
		f.Field("classes").Values = append(f.Field("classes").Values, string(c))
	}
	for _, x := range e.Purposes {
		f.Field("purposes").Values = append(f.Field("purposes").Values, string(x))
	}
	v.About = "It takes the place of what is agreed once every party has signed it, from the next page anybody opens. Until then what is agreed now holds. Parties and dates stay: for others draft a new agreement."
	return p.answer(w, r, v, f, "The variation was proposed: it waits for the other parties.", func(tx *database.Tx) (string, error) {
		to := sharing.Terms{LawfulBasis: f.Value("lawful_basis"), Gateway: f.Value("gateway"), Conditions: f.Value("conditions")}
		for _, c := range f.Field("classes").Values {
			to.Classes = append(to.Classes, access.Class(c))
		}
		for _, x := range f.Field("purposes").Values {
			to.Purposes = append(to.Purposes, access.Purpose(x))
		}
		return "/agreements/" + e.Code, p.Register.Vary(ctx, tx, s, e.Code, to, f.Value("why"))
	})
}

// openVariation is the agreement and its open variation, for one of its parties.
func (p *Pages) openVariation(r *http.Request) (sharing.Entry, *sharing.Variation, error) {
	e, err := p.mine(r)
	if err != nil {
		return e, nil, err
	}
	v, err := p.Register.OpenVariation(r.Context(), p.q(), e.Agreement)
	if err == nil && v == nil {
		err = fault.NoSuch()
	}
	return e, v, err
}

func (p *Pages) signVariation(w http.ResponseWriter, r *http.Request) error {
	ctx, s := r.Context(), web.ScopeOf(r)
	e, x, err := p.openVariation(r)
	if err != nil {
		return err
	}
	agency := p.name(ctx, s.Agency)
	v, f := p.form(e, "Sign the variation of "+e.Code+" for "+agency, "/variation", "Sign", confirm("I am "+s.Name+", and I may sign for "+agency+"."), &web.Field{Name: "variation", Kind: web.Hidden, Max: 36})
	f.Set("variation", x.ID)
	v.Table = changes(e.TermsOf(), x.Terms, "What changes", "Now", "As proposed")
	v.About = "The reason given: " + x.Why + " With the last signature it holds from the next page anybody opens."
	return p.answer(w, r, v, f, "Your agency has signed the variation.", func(tx *database.Tx) (string, error) {
		return "/agreements/" + e.Code, p.Register.SignVariation(ctx, tx, s, e.Code, f.Value("variation"))
	})
}

func (p *Pages) dropVariation(w http.ResponseWriter, r *http.Request) error {
	ctx, s := r.Context(), web.ScopeOf(r)
	e, x, err := p.openVariation(r)
	if err != nil {
		return err
	}
	v, f := p.form(e, "Drop the variation of "+e.Code, "/drop", "Drop it", &web.Field{Name: "why", Label: "Why?", Kind: web.TextArea, Rows: 3, Required: "Say why: every party will read it"})
	v.Table = changes(e.TermsOf(), x.Terms, "What was proposed", "Now", "As proposed")
	v.About = "What is agreed now goes on as it is."
	return p.answer(w, r, v, f, "The variation was dropped: what is agreed now goes on.", func(tx *database.Tx) (string, error) {
		return "/agreements/" + e.Code, p.Register.DropVariation(ctx, tx, s, e.Code, f.Value("why"))
	})
}
