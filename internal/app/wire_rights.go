package app

import (
	"context"
	"slices"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/identity"
	"lantern.example/lantern/internal/partnership/partnershipweb"
	"lantern.example/lantern/internal/person/personweb"
	"lantern.example/lantern/internal/sharing/rights"
	"lantern.example/lantern/internal/sharing/rights/rightsweb"
	"lantern.example/lantern/internal/web"
	"lantern.example/lantern/internal/work/workweb"
)

// wireRights makes the desk where people ask about what is held of them. It comes after identity, in whose records it looks.
func (a *App) wireRights(ctx context.Context) error {
	a.Rights = rights.NewDesk(a.Clock, a.IDs, a.Audit, a.Accounts, a.Work, a.Partnership, a.Seals)
	a.RightsPages = &rightsweb.Pages{Site: a.Site, Desk: a.Rights, Accounts: a.Accounts, Partnership: a.Partnership, Find: a.rightsFind, Holders: a.holdersOf, Seen: a.seenPerson}
	a.RightsPages.Mount(a.Router)
	a.Governance.Links = append(a.Governance.Links,
		partnershipweb.Link{Title: "Requests about what is held", Href: "/rights", Need: web.Only(access.InfoOfficer), Finding: a.RightsPages.Finding},
		partnershipweb.Link{Title: "Corrections", Href: "/corrections", Need: web.Only(access.Manager, access.InfoOfficer)})
	a.WorkPages.Sources = append(a.WorkPages.Sources, a.Rights)
	a.WorkPages.Rooms["correction"] = workweb.Room{Name: "A correction", Href: func(id string) string { return "/corrections/" + id }}
	a.WorkPages.Rooms["rights"] = workweb.Room{Name: "Somebody who asks", Href: func(id string) string { return "/rights/" + id + "/asked" }}
	return nil
}

// holdersOf lists the agencies that hold live records of a person, whoever asks: it is for those whose duty is to answer for all of them.
func (a *App) holdersOf(ctx context.Context, q database.Queryer, person string) ([]string, error) {
	person, err := a.Identity.Leads(ctx, q, person)
	if err != nil {
		return nil, err
	}
	list, err := a.Identity.OfPersons(ctx, q, access.System("rights-desk", access.Governance), []string{person})
	var out []string
	for i := range list {
		out = append(out, list[i].Owner)
	}
	slices.Sort(out)
	return slices.Compact(out), err
}

// rightsFind looks through every agency's records for whom a request is about. Intelligence and former names are not looked at.
func (a *App) rightsFind(ctx context.Context, words string) ([]rightsweb.Candidate, error) {
	all, err := a.Partnership.Agencies(ctx, a.DB.Reader())
	if err != nil {
		return nil, err
	}
	permit := access.Permit{Agreement: "rights desk", Classes: []access.Class{access.Identity}}
	for _, x := range all {
		permit.Owners = append(permit.Owners, x.Code)
	}
	scope := access.Scope{Account: "system:rights-desk", Agency: "-", Role: access.InfoOfficer, Purpose: access.Governance, Permits: []access.Permit{permit}, Closed: []access.Class{access.FormerName, access.Intelligence}}
	found, err := a.People.Find(ctx, a.DB.Reader(), scope, words, 50, 0)
	var out []rightsweb.Candidate
	for _, h := range found.Hits {
		var born []string
		for _, b := range h.Born {
			born = append(born, b.Value)
		}
		out = append(out, rightsweb.Candidate{Person: h.ID, Title: h.Title, Born: strings.Join(born, " or "), Holders: h.Owners})
	}
	return out, err
}

// seenPerson fails as an id that does not exist unless the scope may read a record of the person.
func (a *App) seenPerson(ctx context.Context, q database.Queryer, scope access.Scope, person string) error {
	x, err := a.People.View(ctx, q, scope, person)
	if err == nil && x.ID != person {
		return fault.NoSuch()
	}
	return err
}

// rightsPanel shows what stands of a person's rights on the person's page.
type rightsPanel struct{ a *App }

func (rightsPanel) Name() string { return "Told, and what they say" }

func (p rightsPanel) Panel(ctx context.Context, scope access.Scope, s personweb.Subject) (web.Fragment, error) {
	return p.a.RightsPages.Panel(ctx, scope, s.Person, s.Lang)
}

// Shown is what the panel shows: what was told, and what they say.
func (p rightsPanel) Shown(ctx context.Context, scope access.Scope, s personweb.Subject) ([]access.Record, error) {
	return p.a.Rights.Shown(ctx, p.a.DB.Reader(), scope, s.Person)
}

// saidBeside is what a person says of facts that the scope may read.
func (a *App) saidBeside(ctx context.Context, scope access.Scope, person string) ([]personweb.Said, error) {
	list, err := a.Rights.Comments(ctx, a.DB.Reader(), scope, person)
	var out []personweb.Said
	for _, c := range list {
		out = append(out, personweb.Said{Owner: c.Owner, About: string(c.About), Words: c.Words})
	}
	return out, err
}

// corrected tells every agency that had received a record which its owner put right.
func (a *App) corrected(ctx context.Context, tx *database.Tx, scope access.Scope, c personweb.Corrected) error {
	records, err := a.Identity.Records(ctx, tx, access.System("corrected", access.Upkeep), []string{c.New})
	if err != nil {
		return err
	}
	x := rights.Correction{Person: c.Person, Old: c.Old, New: c.New, Fields: c.Fields}
	x.Single = slices.ContainsFunc(records, func(r identity.Record) bool { return !access.Unconditional(r.Grade, access.Class(r.Class)) })
	given, err := a.OneOffs.EverGiven(ctx, tx, c.Old)
	if err != nil {
		return err
	}
	shown := func(field string) bool { return field != identity.OwnPart }
	if slices.ContainsFunc(x.Fields, func(f string) bool { return !shown(f) }) { // no other agency was ever shown it: it is written down, and nobody is told
		own := x
		own.Fields, own.Single = []string{identity.OwnPart}, true
		if _, err := a.Rights.Corrected(ctx, tx, scope, own, nil); err != nil {
			return err
		}
		x.Fields = slices.DeleteFunc(slices.Clone(x.Fields), func(f string) bool { return !shown(f) })
	}
	if len(x.Fields) == 0 {
		return nil
	}
	_, err = a.Rights.Corrected(ctx, tx, scope, x, given)
	return err
}
