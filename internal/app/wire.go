package app

import (
	"context"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/assessment"
	"lantern.example/lantern/internal/community"
	"lantern.example/lantern/internal/content"
	"lantern.example/lantern/internal/content/contentweb"
	"lantern.example/lantern/internal/draft"
	"lantern.example/lantern/internal/draft/draftweb"
	"lantern.example/lantern/internal/event"
	"lantern.example/lantern/internal/file"
	"lantern.example/lantern/internal/gazetteer"
	"lantern.example/lantern/internal/identity"
	"lantern.example/lantern/internal/intake"
	"lantern.example/lantern/internal/intake/intakeweb"
	"lantern.example/lantern/internal/jobs"
	"lantern.example/lantern/internal/line"
	"lantern.example/lantern/internal/partnership"
	"lantern.example/lantern/internal/partnership/partnershipweb"
	"lantern.example/lantern/internal/person"
	"lantern.example/lantern/internal/person/ownweb"
	"lantern.example/lantern/internal/picture"
	"lantern.example/lantern/internal/place"
	"lantern.example/lantern/internal/practice"
	"lantern.example/lantern/internal/practice/course"
	"lantern.example/lantern/internal/practice/practiceweb"
	"lantern.example/lantern/internal/practice/support"
	"lantern.example/lantern/internal/scale"
	"lantern.example/lantern/internal/search"
	"lantern.example/lantern/internal/sharing"
	"lantern.example/lantern/internal/sharing/handout"
	"lantern.example/lantern/internal/sharing/retention"
	"lantern.example/lantern/internal/sharing/rights"
	"lantern.example/lantern/internal/sharing/rights/rightsweb"
	"lantern.example/lantern/internal/web"
	"lantern.example/lantern/internal/work"
	"lantern.example/lantern/internal/work/workweb"
)

// Stores are the domains' stores. Each wire_….go makes its own.
type Stores struct {
	Drafts       *draft.Store
	Keeper       draftweb.Keeper // drafts, as forms use them
	Content      *content.Store
	Objectives   *partnership.Objectives
	ContentPages *contentweb.Pages
	Partnership  *partnership.Store
	Governance   *partnershipweb.Pages
	Work         *work.Store
	Boards       *work.Boards
	Community    *community.Store
	Reports      *community.Reports
	BoardPages   *workweb.BoardPages
	WorkPages    *workweb.Pages
	Register     *sharing.Register
	Rights       *rights.Desk
	RightsPages  *rightsweb.Pages
	Retention    *retention.Store
	Handouts     *handout.Store

	OneOffs  *sharing.OneOffs
	Asks     *sharing.Asks
	Pointers *sharing.Pointers
	Glasses  *sharing.Glasses
	// GovernancePapers are the documents produced from what is live.
	GovernancePapers *sharing.Papers
	// Holdings say what an agency holds about a person, so that exactly that can be given without an agreement: every room with records
	// about people adds itself.
	Holdings []sharing.Holdings

	Jobs   *jobs.Runner
	Files  *file.Store
	Intake *intake.Store
	Loads  *intakeweb.Pages
	Events *event.Store

	Gazetteer *gazetteer.Store
	Places    *place.Store
	Lines     *line.Store

	Scale      *scale.Store
	Statements *assessment.Store
	Rooms      *picture.Rooms
	Papers     *picture.Papers
	// onePersonOf gives a person whom one agency alone holds records of, for the demonstration's probes.
	onePersonOf func(ctx context.Context, agency string) (string, error)

	Search   *search.Index
	Identity *identity.Store
	People   *person.Store
	Wishes   *person.Wishes
	Own      *ownweb.Pages

	Library  *practice.Library
	Hub      *practice.Hub
	Courses  *course.Store
	Support  *support.Store
	HubPages *practiceweb.Pages
}

// wire makes every store and mounts every set of pages, lowest rank first.
func (a *App) wire(ctx context.Context) error {
	a.wireAccount()
	if err := a.wirePartnership(ctx); err != nil {
		return err
	}
	a.wireContent()
	a.wireFirst()
	a.wireWork()
	if err := a.wireSharing(); err != nil {
		return err
	}
	if err := a.wireHub(ctx); err != nil {
		return err
	}
	a.wireIdentity()
	if err := a.wireRights(ctx); err != nil {
		return err
	}
	a.wireIntake()
	a.wireBoards()
	if err := a.wireCommunity(ctx); err != nil {
		return err
	}
	a.wirePeople()
	a.wireIntakeWeb()
	a.wireAssessment()
	a.wirePicture()
	a.wireMethod()
	a.wireScale()
	if err := a.wireRetention(ctx); err != nil {
		return err
	}
	a.wireHandout()
	if err := a.wireMail(); err != nil {
		return err
	}
	a.Site.Navigation = navigation
	return a.sealEarlier(ctx)
}

// sealEarlier seals what an earlier version of Lantern kept in plain, once; when there is none it takes no time.
func (a *App) sealEarlier(ctx context.Context) error {
	if _, err := a.Rights.SealEarlier(ctx, a.DB); err != nil {
		return err
	}
	for _, room := range []interface {
		SealEarlier(ctx context.Context) (int, error)
	}{a.Identity, a.Intake, a.Files} {
		if n, err := room.SealEarlier(ctx); err != nil {
			return err
		} else if n > 0 {
			a.Log.InfoContext(ctx, "sealed what an earlier version kept in plain", "values", n)
		}
	}
	return nil
}

// navigation is what each role has in the main navigation: never more than seven.
func navigation(v *web.Viewer) []web.NavItem {
	work := web.NavItem{Text: "My work", Href: "/work", Under: []string{"/actions"}}
	people := web.NavItem{Text: "People", Href: "/people", Under: []string{"/search", "/links"}}
	places := web.NavItem{Text: "Places", Href: "/places"}
	lines := web.NavItem{Text: "Lines", Href: "/lines"}
	assessment := web.NavItem{Text: "Assessment", Href: "/assessment", Under: []string{"/papers"}}
	hub := web.NavItem{Text: "Hub", Href: "/hub"}
	files := web.NavItem{Text: "Files", Href: "/loads"}
	governance := web.NavItem{Text: "Governance", Href: "/governance", Under: append([]string{"/agreements", "/rights", "/accounts", "/corrections"}, partnershipPages...)}
	governance.Under = append(governance.Under, "/disclosures", "/requests", "/break-glass")
	switch v.Scope.Role {
	case access.Manager: // files are reached from governance
		governance.Under = append(governance.Under, files.Href)
		return []web.NavItem{work, people, places, lines, assessment, hub, governance}
	case access.Analyst: // governance is reached from the hub
		hub.Under = append(hub.Under, append(governance.Under, governance.Href)...)
		return []web.NavItem{work, people, places, lines, assessment, files, hub}
	case access.Chair:
		return []web.NavItem{work, people, places, lines, assessment, hub, governance}
	case access.Practitioner:
		return []web.NavItem{work, people, places, assessment, hub, files}
	case access.SchoolLead:
		return []web.NavItem{work, people, places, assessment, hub}
	case access.InfoOfficer:
		return []web.NavItem{work, assessment, hub, governance}
	case access.Administrator:
		return []web.NavItem{work, hub, files, governance}
	}
	return nil
}
