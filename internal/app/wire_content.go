package app

import (
	"context"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/content"
	"lantern.example/lantern/internal/content/contentweb"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/partnership"
	"lantern.example/lantern/internal/partnership/partnershipweb"
	"lantern.example/lantern/internal/web"
)

// wireContent makes the versioned content and its pages. Rooms add their kinds with a.ContentPages.Add.
func (a *App) wireContent() {
	a.Content = content.NewStore(a.Clock, a.IDs, a.Audit)
	a.ContentPages = &contentweb.Pages{Site: a.Site, Content: a.Content, Keeper: a.Keeper}
	a.ContentPages.Mount(a.Router)
	a.Governance.Content = a.Content
	a.Objectives = partnership.NewObjectives(a.Clock, a.IDs, a.Audit, a.Content)
	a.Governance.Objectives = a.Objectives
	a.Site.TypedWords = a.Governance.Typed
	for _, k := range a.Governance.Kinds() {
		a.ContentPages.Add(a.Router, k)
	}
	a.Governance.Links = append(a.Governance.Links, partnershipweb.Link{Title: "Content", Href: "/content", Need: web.Only(access.Manager, access.InfoOfficer, access.Administrator),
		Finding: func(context.Context, access.Scope) (string, error) {
			return "What is written here can go to another Lantern as one file, and come from one.", nil
		}})
}

// cite names the wording of a definition that figures cite now, "" when every wording is withdrawn.
func (a *App) cite(ctx context.Context, q database.Queryer, code string) string {
	v, err := a.Partnership.CurrentVersion(ctx, q, code)
	if err != nil {
		if !fault.Is(err, fault.NotFound) {
			a.Log.Error("the wording that figures cite could not be read", "definition", code, "error", err.Error())
		}
		return ""
	}
	return v.Cite()
}

// partnershipPages lie under Governance in the navigation.
var partnershipPages = []string{"/definitions", "/leads", "/objectives", "/measures", "/team", "/ring", "/content", "/agencies", "/themes", "/boards", "/meetings", "/calendar", "/community", "/services", "/strengths", "/engagement", "/reports", "/said", "/public-pages", "/retention", "/exports"}
