package app

import (
	"context"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/partnership/partnershipweb"
	"lantern.example/lantern/internal/sharing"
	"lantern.example/lantern/internal/sharing/sharingweb"
	"lantern.example/lantern/internal/web"
)

// wireSharing makes the register of agreements and its pages: what it asks joins My work, how it stands the governance page.
func (a *App) wireSharing() {
	a.Register = sharing.NewRegister(a.Sharing, a.Clock, a.Audit)
	pages := &sharingweb.Pages{Site: a.Site, Register: a.Register, Accounts: a.Accounts, Partnership: a.Partnership}
	pages.Mount(a.Router)
	(&sharingweb.Looked{Site: a.Site, Accounts: a.Accounts, Partnership: a.Partnership, Href: a.recordHref}).Mount(a.Router)
	a.Governance.Links = append(a.Governance.Links, partnershipweb.Link{Title: "Agreements", Href: "/agreements", Finding: pages.Finding})
	a.Governance.Links = append(a.Governance.Links, partnershipweb.Link{Title: "Who looked at our records", Href: "/governance/looked", Need: web.Only(access.Manager, access.InfoOfficer)})
	a.Rights = sharing.NewRights(a.Clock, a.IDs, a.Audit, a.Accounts)
	(&sharingweb.Desk{Site: a.Site, Rights: a.Rights, Accounts: a.Accounts, Partnership: a.Partnership}).Mount(a.Router)
	a.Governance.Links = append(a.Governance.Links, partnershipweb.Link{Title: "Requests about what is held", Href: "/rights", Need: web.Only(access.InfoOfficer)})
	a.WorkPages.Sources = append(a.WorkPages.Sources, a.Register.Work(a.hasOfficer), a.Rights)
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
