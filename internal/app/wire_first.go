package app

import (
	"context"
	"net/url"
	"strconv"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account/accountweb"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/partnership"
	"lantern.example/lantern/internal/partnership/partnershipweb"
	"lantern.example/lantern/internal/web"
)

// wireFirst gives the first administrator's page the partnership's kinds of agency and adoption ladder, and
// writes what they say.
func (a *App) wireFirst() {
	first := accountweb.First{Begin: a.beginPartnership}
	for _, k := range partnership.AgencyKinds {
		first.Kinds = append(first.Kinds, web.Option{Value: k.Code, Label: k.Name})
	}
	for _, s := range partnership.Ladder {
		first.Steps = append(first.Steps, web.Option{Value: strconv.Itoa(s.Number), Label: s.Name, Hint: s.Use + " " + s.Needs})
	}
	a.Account.First = first
	a.Account.Keeping = accountweb.Keeping{Agencies: a.memberOptions, Areas: a.areaOptions, IsPerson: a.isPerson, Address: a.Config.Reached()}
	a.Governance.Links = append(a.Governance.Links, partnershipweb.Link{Title: "Accounts", Href: "/accounts", Need: web.Only(access.Administrator), Finding: a.Account.Finding})
}

// memberOptions are the agencies of the partnership, to choose one.
func (a *App) memberOptions(ctx context.Context) ([]web.Option, error) {
	all, err := a.Partnership.Members(ctx, a.DB.Reader())
	var out []web.Option
	for _, x := range all {
		out = append(out, web.Option{Value: x.Code, Label: x.Name})
	}
	return out, err
}

// areaOptions are the partnership's areas, to choose some.
func (a *App) areaOptions(ctx context.Context) ([]web.Option, error) {
	s, err := a.Partnership.Settings(ctx, a.DB.Reader())
	var out []web.Option
	for _, x := range s.Areas {
		out = append(out, web.Option{Value: x.Code, Label: x.Name})
	}
	return out, err
}

// isPerson reports whether there is a person of an id whose account could be made.
func (a *App) isPerson(ctx context.Context, q database.Queryer, id string) (bool, error) {
	to, err := a.Identity.Leads(ctx, q, id)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil && to == id, err
}

func (a *App) beginPartnership(ctx context.Context, tx *database.Tx, by access.Scope, in accountweb.Beginning) error {
	step, err := strconv.Atoi(in.Step)
	if err != nil {
		return fault.New(fault.Invalid, "Choose a step.")
	}
	if err := a.Audit.Record(ctx, tx, by, audit.Line{Act: audit.Alteration, SubjectKind: "account", Subject: in.Account, Owners: []string{in.Agency}, Words: "first administrator's account added with the one-time link"}); err != nil {
		return err
	}
	if err := a.Partnership.AddAgency(ctx, tx, by, partnership.Agency{Code: in.Agency, Name: in.AgencyName, Kind: in.AgencyKind, Change: partnership.Change{Why: "the first agency"}}); err != nil {
		return err
	}
	s, err := a.Partnership.Settings(ctx, tx)
	if err != nil {
		return err
	}
	s.Name, s.Step, s.Why = in.Partnership, step, "the partnership began"
	return a.Partnership.SaveSettings(ctx, tx, by, s.Version, s)
}

// FirstLink is the path of the page on which the first administrator begins, with a fresh one-time token; ""
// once anybody has an account.
func (a *App) FirstLink(ctx context.Context) (string, error) {
	n, err := a.Accounts.Count(ctx, a.DB.Reader())
	if err != nil || n > 0 {
		return "", err
	}
	var token string
	err = a.DB.Write(ctx, func(tx *database.Tx) error {
		if token, err = a.Accounts.FirstToken(ctx, tx); err != nil {
			return err
		}
		return a.Audit.Record(ctx, tx, access.System("first start", access.Upkeep), audit.Line{Act: audit.Upkeep, SubjectKind: "account", Words: "one-time link for the first administrator made"})
	})
	return "/first?" + url.Values{"key": {token}}.Encode(), err
}
