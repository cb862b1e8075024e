package app

import (
	"context"
	"slices"

	"lantern.example/lantern/internal/community"
	"lantern.example/lantern/internal/community/communityweb"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/partnership"
	"lantern.example/lantern/internal/partnership/partnershipweb"
)

// wireCommunity makes the community's rooms and the pages that anybody may read.
func (a *App) wireCommunity(ctx context.Context) error {
	a.Community = community.NewStore(a.Clock, a.IDs, a.Audit, a.Content)
	a.Reports = community.NewReports(a.Clock, a.IDs, a.Audit, a.reportDesk)
	if err := a.DB.Write(ctx, func(tx *database.Tx) error { return a.Reports.Open(ctx, tx) }); err != nil {
		return err
	}
	pages := &communityweb.Pages{Site: a.Site, Community: a.Community, Reports: a.Reports, Content: a.Content, Partnership: a.Partnership, Objectives: a.Objectives, Keeper: a.Keeper}
	pages.Mount(a.Router)
	for _, k := range pages.Kinds() {
		a.ContentPages.Add(a.Router, k)
	}
	a.Governance.Links = append(a.Governance.Links, partnershipweb.Link{Title: "Community", Href: "/community", Finding: pages.Finding})
	a.Governance.Efforts = append(a.Governance.Efforts, pages.Efforts)
	return nil
}

// reportDesk is the agency that reads anonymous reports: the first community safety team of the partnership, or else
// its first agency; "" when it has none.
func (a *App) reportDesk(ctx context.Context, q database.Queryer) (string, error) {
	members, err := a.Partnership.Members(ctx, q)
	if err != nil || len(members) == 0 {
		return "", err
	}
	i := slices.IndexFunc(members, func(m partnership.Agency) bool { return m.Kind == "community-safety" })
	return members[max(i, 0)].Code, nil
}
