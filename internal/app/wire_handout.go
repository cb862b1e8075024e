package app

import (
	"context"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/identity"
	"lantern.example/lantern/internal/partnership/partnershipweb"
	"lantern.example/lantern/internal/person"
	"lantern.example/lantern/internal/sharing/handout"
	"lantern.example/lantern/internal/sharing/handout/handoutweb"
	"lantern.example/lantern/internal/web"
	"lantern.example/lantern/internal/work"
	"lantern.example/lantern/internal/work/workweb"
)

// wireHandout makes the register of exports. It comes after retention, which tells it of what is removed.
func (a *App) wireHandout() {
	a.Handouts = handout.NewStore(a.DB, a.Clock, a.IDs, a.Audit, a.Accounts, a.Work, []handout.Dataset{
		{Code: "people", Title: "Your agency’s records of people", Rows: a.handoutPeople,
			Fields: []handout.Field{{Code: "name", Label: "Name"}, {Code: "born", Label: "Born"}, {Code: "sex", Label: "Sex"}, {Code: "numbers", Label: "Reference numbers"}, {Code: "address", Label: "Address"}}},
		{Code: "actions", Title: "Open actions", Rows: a.handoutActions,
			Fields: []handout.Field{{Code: "title", Label: "Action"}, {Code: "why", Label: "Why"}, {Code: "owner", Label: "Owner"}, {Code: "due", Label: "Due"}}},
	})
	pages := &handoutweb.Pages{Site: a.Site, Handouts: a.Handouts, Accounts: a.Accounts, Partnership: a.Partnership}
	pages.Mount(a.Router)
	a.Governance.Links = append(a.Governance.Links, partnershipweb.Link{Title: "Exports", Href: "/exports", Need: web.Only(access.Manager, access.Analyst, access.Chair, access.InfoOfficer), Finding: pages.Finding})
	a.WorkPages.Rooms["export"] = workweb.Room{Name: "An export", Href: func(id string) string { return "/exports/" + id }}
	a.Identity.Follow(func(ctx context.Context, tx *database.Tx, old, _ string) error {
		return a.Handouts.Changed(ctx, tx, []string{old}, "corrected")
	})
	a.Retention.OnRemove(func(ctx context.Context, tx *database.Tx, _ string, ids []string) error {
		return a.Handouts.Changed(ctx, tx, ids, "removed")
	})
}

// handoutPeople are the maker's agency's records of people: those that the maker may read, as far as the reader may read them too.
func (a *App) handoutPeople(ctx context.Context, q database.Queryer, maker, reader access.Scope, fields []string) ([]handout.Row, error) {
	ids, err := a.Identity.OwnedBy(ctx, q, maker, maker.Agency)
	if err != nil {
		return nil, err
	}
	own, err := a.Identity.Records(ctx, q, maker, ids)
	if err != nil {
		return nil, err
	}
	ids = ids[:0]
	for _, r := range own {
		ids = append(ids, r.ID)
	}
	records, err := a.Identity.Records(ctx, q, reader, ids)
	var out []handout.Row
	for i := range records {
		row := handout.Row{Record: records[i].ID}
		for _, f := range fields {
			row.Cells = append(row.Cells, recordCell(&records[i], f))
		}
		out = append(out, row)
	}
	return out, err
}

func recordCell(r *identity.Record, field string) string {
	var out []string
	switch field {
	case "name":
		return r.Title()
	case "born":
		return person.BornWords(r.Born, r.BornPrecision)
	case "sex":
		return r.Sex
	case "numbers":
		for _, n := range r.Identifiers {
			out = append(out, identity.KindWords(n.Kind)+" "+n.Value)
		}
	case "address":
		for _, x := range r.Addresses {
			out = append(out, strings.Trim(x.Place+", "+x.Postcode, ", "))
		}
	}
	return strings.Join(out, "; ")
}

// handoutActions are the maker's agency's open actions that both may read.
func (a *App) handoutActions(ctx context.Context, q database.Queryer, maker, reader access.Scope, fields []string) ([]handout.Row, error) {
	seen := map[string]bool{}
	list, _, err := a.Work.List(ctx, q, maker, work.Query{State: work.Open})
	if err != nil {
		return nil, err
	}
	for _, x := range list {
		seen[x.ID] = x.Owner == maker.Agency
	}
	if list, _, err = a.Work.List(ctx, q, reader, work.Query{State: work.Open}); err != nil {
		return nil, err
	}
	var out []handout.Row
	for _, x := range list {
		if !seen[x.ID] {
			continue
		}
		row := handout.Row{Record: x.ID}
		for _, f := range fields {
			row.Cells = append(row.Cells, map[string]string{"title": x.Title, "why": x.Why, "owner": x.AssigneeName, "due": web.ShowDate(x.DueOn)}[f])
		}
		out = append(out, row)
	}
	return out, nil
}
