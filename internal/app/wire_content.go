package app

import (
	"context"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/content"
	"lantern.example/lantern/internal/content/contentweb"
	"lantern.example/lantern/internal/partnership/partnershipweb"
	"lantern.example/lantern/internal/web"
)

// wireContent makes the versioned content and its pages. Rooms add their kinds with a.ContentPages.Add.
func (a *App) wireContent() {
	a.Content = content.NewStore(a.Clock, a.IDs, a.Audit)
	a.ContentPages = &contentweb.Pages{Site: a.Site, Content: a.Content, Keeper: a.Keeper}
	a.ContentPages.Mount(a.Router)
	a.Governance.Content = a.Content
	for _, k := range a.Governance.Kinds() {
		a.ContentPages.Add(a.Router, k)
	}
	a.Governance.Links = append(a.Governance.Links, partnershipweb.Link{Title: "Content", Href: "/content", Need: web.Only(access.Manager, access.InfoOfficer, access.Administrator),
		Finding: func(context.Context, access.Scope) (string, error) {
			return "What is written here can go to another Lantern as one file, and come from one.", nil
		}})
}
