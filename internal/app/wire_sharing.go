package app

import (
	"context"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/partnership/partnershipweb"
	"lantern.example/lantern/internal/sharing"
	"lantern.example/lantern/internal/sharing/sharingweb"
)

// wireSharing makes the register of agreements and its pages: what it asks joins My work, how it stands the governance page.
func (a *App) wireSharing() {
	a.Register = sharing.NewRegister(a.Sharing, a.Clock, a.Audit)
	pages := &sharingweb.Pages{Site: a.Site, Register: a.Register, Accounts: a.Accounts, Partnership: a.Partnership}
	pages.Mount(a.Router)
	a.Governance.Links = append(a.Governance.Links, partnershipweb.Link{Title: "Agreements", Href: "/agreements", Finding: pages.Finding})
	a.WorkPages.Sources = append(a.WorkPages.Sources, a.Register.Work(a.hasOfficer))
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
