package app

import (
	"context"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account/accountweb"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/event/eventweb"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/partnership/partnershipweb"
	"lantern.example/lantern/internal/sharing"
	"lantern.example/lantern/internal/sharing/sharingweb"
	"lantern.example/lantern/internal/web"
)

// wireSharing makes the register of agreements and its pages: what it asks joins My work, how it stands the governance page.
func (a *App) wireSharing() (err error) {
	a.Register = sharing.NewRegister(a.Sharing, a.Clock, a.Audit)
	pages := &sharingweb.Pages{Site: a.Site, Register: a.Register, Accounts: a.Accounts, Partnership: a.Partnership}
	pages.Mount(a.Router)
	a.Governance.Links = append(a.Governance.Links, partnershipweb.Link{Title: "Agreements", Href: "/agreements", Finding: pages.Finding})
	a.Governance.Links = append(a.Governance.Links, partnershipweb.Link{Title: "Who looked at our records", Href: "/governance/looked", Need: web.Only(access.Manager, access.InfoOfficer)})
	a.OneOffs = sharing.NewOneOffs(a.Clock, a.IDs, a.Audit, a.Accounts, a.Partnership, a.holdings)
	a.Asks = sharing.NewAsks(a.Clock, a.IDs, a.Audit, a.Accounts, a.Partnership, a.OneOffs)
	a.Pointers = sharing.NewPointers(a.Clock, a.IDs, a.Audit, a.Accounts, a.Partnership, a.knowers)
	if a.Glasses, err = sharing.NewGlasses(a.Sharing, a.Clock, a.IDs, a.Audit, a.Accounts, a.Partnership); err != nil {
		return err
	}
	(&sharingweb.Looked{Site: a.Site, Accounts: a.Accounts, Partnership: a.Partnership, Pointers: a.Pointers, Href: a.recordHref}).Mount(a.Router)
	singly := &sharingweb.Singly{Site: a.Site, OneOffs: a.OneOffs, Asks: a.Asks, Pointers: a.Pointers, Glasses: a.Glasses, Accounts: a.Accounts, Partnership: a.Partnership, Person: a.personFor, Href: a.recordHref}
	singly.Mount(a.Router)
	a.Site.WhoReads = a.whoReads
	a.Site.Reason = a.reason
	a.GovernancePapers = sharing.NewPapers(a.Clock, a.IDs, a.Audit, a.Accounts, a.Partnership, a.Register, a.Glasses, sharing.Words{Class: sharingweb.ClassWords, Purpose: accountweb.PurposeNames, Role: accountweb.RoleNames}, a.Version)
	papers := &sharingweb.Papers{Site: a.Site, Register: a.Register, Partnership: a.Partnership, Papers: a.GovernancePapers}
	papers.Mount(a.Router)
	a.Governance.Links = append(a.Governance.Links,
		partnershipweb.Link{Title: "Shared without an agreement", Href: "/disclosures", Finding: singly.FindingOneOffs, Need: web.Only(access.Manager, access.Analyst, access.Chair, access.Practitioner, access.SchoolLead, access.InfoOfficer)},
		partnershipweb.Link{Title: "Requests to read", Href: "/requests", Finding: singly.FindingRequests, Need: web.Members},
		partnershipweb.Link{Title: "Break-glass", Href: "/break-glass", Finding: singly.FindingGlass, Need: web.Members},
		partnershipweb.Link{Title: "Documents", Href: "/governance/documents", Finding: papers.Finding, Need: web.Members},
		partnershipweb.Link{Title: "The adoption ladder", Href: "/governance/ladder", Need: web.Members},
		partnershipweb.Link{Title: "The broker", Href: "/governance/broker", Need: web.Only(access.Manager, access.InfoOfficer)})
	a.WorkPages.Sources = append(a.WorkPages.Sources, a.Register.Work(a.hasOfficer), a.OneOffs, a.Asks, a.Glasses)
	return nil
}

// holdings gathers what an agency holds about a person, from every room that has records about people.
func (a *App) holdings(ctx context.Context, q database.Queryer, agency, person string) ([]sharing.Part, error) {
	var out []sharing.Part
	for _, room := range a.Holdings {
		parts, err := room(ctx, q, agency, person)
		if err != nil {
			return nil, err
		}
		out = append(out, parts...)
	}
	return out, nil
}

// knowers are the agencies that hold records of a person which they have not restricted, with the month in which they last learnt anything.
func (a *App) knowers(ctx context.Context, q database.Queryer, person string) ([]sharing.Knows, error) {
	id, err := a.Identity.Leads(ctx, q, person)
	if err != nil {
		return nil, err
	}
	held, err := a.Identity.Holders(ctx, q, access.System("who else knows", access.Upkeep), id)
	var out []sharing.Knows
	for _, h := range held {
		out = append(out, sharing.Knows{Agency: h.Owner, Month: clock.FromMicros(h.LearntAt).In(clock.London()).Format("2006-01")})
	}
	return out, err
}

// heldRecords are an agency's own records of a person and their parts in events, as what could be given away once. It reads as the agency
// itself: what it has restricted to a panel is not among them.
func (a *App) heldRecords(ctx context.Context, q database.Queryer, agency, person string) ([]sharing.Part, error) {
	id, err := a.Identity.Leads(ctx, q, person)
	if err != nil {
		if fault.Is(err, fault.NotFound) {
			err = nil
		}
		return nil, err
	}
	own := access.Scope{Account: "system:holdings", Agency: agency, Purpose: access.Safeguarding}
	records, err := a.Identity.OfPersons(ctx, q, own, []string{id})
	if err != nil {
		return nil, err
	}
	var out []sharing.Part
	var ids []string
	name := map[string]access.Item{}
	for _, r := range records {
		if r.Owner != agency {
			continue
		}
		ids = append(ids, r.ID)
		who := access.Item{Record: r.ID, Class: access.Identity}
		name[r.ID] = who
		from := r.SourceRef + ", received " + web.ShowDate(clock.FromMicros(r.LearntAt).In(clock.London()))
		out = append(out, sharing.Part{Item: who, Label: "Names, birth and numbers: " + from, Grade: r.Grade})
		if len(r.Addresses) > 0 {
			out = append(out, sharing.Part{Item: access.Item{Record: r.ID, Class: access.Contact}, With: []access.Item{who}, Label: "Addresses: " + from, Grade: r.Grade})
		}
	}
	wishes, err := a.Wishes.Of(ctx, q, own, id)
	if err != nil {
		return nil, err
	}
	for _, w := range wishes {
		if w.Owner != agency {
			continue
		}
		var with []access.Item
		if len(ids) > 0 {
			with = []access.Item{name[ids[0]]}
		}
		out = append(out, sharing.Part{Item: access.Item{Record: w.ID, Class: access.Support}, With: with, Label: "What they want, written down on " + web.ShowDate(clock.FromMicros(w.LearntAt).In(clock.London())), Grade: w.Grade, Chosen: true})
	}
	events, err := a.Events.OfRecords(ctx, q, own, ids)
	for _, e := range events {
		if e.Owner != agency {
			continue
		}
		out = append(out, sharing.Part{Item: access.Item{Record: e.ID, Class: access.Class(e.Class)}, With: []access.Item{{Record: e.RoleID, Class: e.RoleClass}, name[e.RecordID]},
			Label: "Something of " + e.True.String() + ": " + e.SourceRef, Detail: eventweb.Words(e), Grade: e.Handling()})
	}
	return out, err
}

// recordHref is where a record that the log names opens for a reader, "" when it does not: asked of the stores themselves.
func (a *App) recordHref(ctx context.Context, s access.Scope, kind, id string) string {
	var err error
	q, href := a.DB.Reader(), ""
	switch {
	case kind == "person" && web.Casework.Met(&web.Viewer{Scope: s}):
		href = "/people/" + id
		_, err = a.People.View(ctx, q, s, id)
	case kind == "action":
		href = "/actions/" + id
		_, err = a.Work.Get(ctx, q, s, id)
	case kind == "agreement":
		href = "/agreements/" + id
		_, err = a.Register.Get(ctx, q, id)
	}
	if err != nil {
		return ""
	}
	return href
}

// hasOfficer reports whether an agency has an information officer whose account is open.
func (a *App) hasOfficer(ctx context.Context, q database.Queryer, agency string) (bool, error) {
	all, err := a.Accounts.All(ctx, q)
	for _, x := range all {
		if x.Agency == agency && x.Role == access.InfoOfficer && !x.Disabled {
			return true, err
		}
	}
	return false, err
}
