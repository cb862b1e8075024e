package app

import (
	"context"
	"net/url"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/draft"
	"lantern.example/lantern/internal/draft/draftweb"
	"lantern.example/lantern/internal/partnership"
	"lantern.example/lantern/internal/partnership/partnershipweb"
)

// wirePartnership makes the drafts that forms keep, the partnership's own content, and brings the content
// the program ships with, once.
func (a *App) wirePartnership(ctx context.Context) error {
	a.Drafts = draft.NewStore(a.Clock)
	a.Partnership = partnership.NewStore(a.Clock, a.IDs, a.Audit, a.Accounts)
	a.Keeper = draftweb.Keeper{Site: a.Site, Drafts: a.Drafts}
	if err := a.DB.Write(ctx, func(tx *database.Tx) error {
		return a.Partnership.Seed(ctx, tx, access.System("seed", access.Upkeep))
	}); err != nil {
		return err
	}
	a.Account.AgencyName = func(ctx context.Context, code string) string {
		return a.Partnership.AgencyName(ctx, a.DB.Reader(), code)
	}
	a.Site.Partnership = func(ctx context.Context) string {
		s, err := a.Partnership.Settings(ctx, a.DB.Reader())
		if err != nil {
			a.Log.Error("the partnership's name could not be read", "error", err.Error())
		}
		return s.Name
	}
	a.Governance = &partnershipweb.Pages{Site: a.Site, Partnership: a.Partnership, Accounts: a.Accounts, Keeper: a.Keeper,
		GapAction: func(theme, area, title string) string {
			q := url.Values{"title": {title}, "source": {"lead-gap"}, "source_id": {strings.Trim(theme+"-"+area, "-")}}
			return "/actions/new?" + q.Encode()
		}}
	a.Governance.Mount(a.Router)
	(&draftweb.Pages{Site: a.Site, Drafts: a.Drafts}).Mount(a.Router)
	return nil
}
