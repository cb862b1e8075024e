package app

import (
	"context"
	"maps"
	"slices"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/event/eventweb"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/identity"
	"lantern.example/lantern/internal/identity/identityweb"
	"lantern.example/lantern/internal/person"
	"lantern.example/lantern/internal/person/ownweb"
	"lantern.example/lantern/internal/person/personweb"
	"lantern.example/lantern/internal/search"
	"lantern.example/lantern/internal/sharing"
	"lantern.example/lantern/internal/web"
	"lantern.example/lantern/internal/work"
)

// wireIdentity makes the stores of partners' records of people. It comes before intake, whose first sink of people it is.
func (a *App) wireIdentity() {
	a.Search = search.NewIndex()
	a.Identity = identity.NewStore(a.DB, a.Clock, a.IDs, a.Audit, a.Search).Sealed(a.Seals)
	a.People = person.NewStore(a.Clock, a.Identity, a.Search)
	a.Wishes = person.NewWishes(a.Clock, a.IDs, a.Audit)
	a.Holdings = append(a.Holdings, a.heldRecords)
	a.onePersonOf = func(ctx context.Context, agency string) (string, error) {
		return a.Identity.HeldByOne(ctx, a.DB.Reader(), access.System("probe", access.Upkeep), agency)
	}
}

// wirePeople mounts the pages about people, once what stands on them has been made.
func (a *App) wirePeople() {
	name := func(ctx context.Context, code string) string {
		return a.Partnership.AgencyName(ctx, a.DB.Reader(), code)
	}
	a.Identity.Follow(a.Events.Follow)
	(&identityweb.Pages{Site: a.Site, Identity: a.Identity, Keeper: a.Keeper, AgencyName: name, Busy: a.busyPeople}).Mount(a.Router)
	happened := &eventweb.PersonPanel{Site: a.Site, Events: a.Events, AgencyName: name}
	(&personweb.Pages{
		Site: a.Site, People: a.People, Identity: a.Identity, AgencyName: name, Colleague: a.memberName, Readers: a.readersOf, Shut: a.shutTo, Acts: a.actsOn, Links: a.underPeople,
		Wishes: &personweb.Wishes{Store: a.Wishes, Readers: a.wishReaders, Agencies: a.otherAgencies},
		Panels: []personweb.Panel{rightsPanel{a}, happened, actionsPanel{a}}, Said: a.saidBeside, Corrected: a.corrected,
	}).Mount(a.Router)
	a.Own = &ownweb.Pages{Site: a.Site, People: a.People, Wishes: a.Wishes, Rights: a.Rights, Readers: a.ownReaders, WishReaders: a.wishReaders, Accounts: a.Accounts, Partnership: a.Partnership, Happened: happened.Own}
	a.Own.Mount(a.Router)
}

// busyPeople are people about whom an action is open that the scope may know of.
func (a *App) busyPeople(ctx context.Context, q database.Queryer, scope access.Scope) ([]string, error) {
	open, _, err := a.Work.List(ctx, q, scope, work.Query{State: work.Open, Subject: work.Ref{Kind: "person"}})
	var out []string
	for _, x := range open {
		id, err := a.Identity.Leads(ctx, q, x.Subject.ID) // the action may be about somebody who was found to be one with another since
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out, err
}

// memberName is the name of a member, "" for an account that is not there.
func (a *App) memberName(ctx context.Context, id string) string {
	x, err := a.Accounts.Get(ctx, a.DB.Reader(), id)
	if err != nil {
		return ""
	}
	return x.Name
}

// actionsPanel shows the actions about a person on the person's page.
type actionsPanel struct{ a *App }

func (actionsPanel) Name() string { return "Actions" }

func (p actionsPanel) Panel(ctx context.Context, scope access.Scope, s personweb.Subject) (web.Fragment, error) {
	f, _, err := p.a.WorkPages.Panel(ctx, scope, work.Ref{Kind: "person", ID: s.Person})
	return f, err
}

// Shown is what the panel shows: the actions about the person that the scope may read.
func (p actionsPanel) Shown(ctx context.Context, scope access.Scope, s personweb.Subject) ([]access.Record, error) {
	list, err := p.a.Work.About(ctx, p.a.DB.Reader(), scope, work.Ref{Kind: "person", ID: s.Person})
	var out []access.Record
	for _, x := range list {
		out = append(out, access.Of(x.Fact))
	}
	return out, err
}

// readersOf says who may read records of these owners for the viewer's purpose: their own people who do casework, and
// those of the agencies with whom they have a live agreement.
func (a *App) readersOf(ctx context.Context, scope access.Scope, owners []string) (web.Readers, error) {
	name := func(code string) string { return a.Partnership.AgencyName(ctx, a.DB.Reader(), code) }
	own := make([]string, len(owners))
	for i, o := range owners {
		own[i] = name(o)
	}
	by := "those who do casework at " + strings.Join(own, ", ") + ", each their own agency's records"
	of := map[[2]string][]string{} // the owners whose records an agency may read under an agreement
	for _, o := range owners {
		under, err := a.receivers(ctx, o, access.Identity)
		if err != nil {
			return web.Readers{}, err
		}
		for agency, codes := range under {
			for code := range codes {
				of[[2]string{code, name(agency)}] = append(of[[2]string{code, name(agency)}], name(o))
			}
		}
	}
	readers := map[string][]string{} // agencies, by whose records they may read and under what
	for key, of := range of {
		words := " (records of " + strings.Join(of, ", ") + ", under " + key[0] + ")"
		readers[words] = append(readers[words], key[1])
	}
	for _, words := range slices.Sorted(maps.Keys(readers)) {
		slices.Sort(readers[words])
		by += "; " + strings.Join(readers[words], ", ") + words
	}
	return web.Readers{By: by + ".", NotBy: "any other agency; nor administrators and information officers of any. Each part is read only where the agreement names its class of data."}, nil
}

// wishReaders says who can read what a young person wants: their worker's agency, and of those they named the ones whom a live agreement
// lets read its support notes.
func (a *App) wishReaders(ctx context.Context, scope access.Scope, w person.Wish) (web.Readers, error) {
	all, err := a.Partnership.Members(ctx, a.DB.Reader())
	if err != nil {
		return web.Readers{}, err
	}
	may, err := a.receivers(ctx, w.Owner, access.Class(w.Class))
	if err != nil {
		return web.Readers{}, err
	}
	var given []string
	if scope.Role != access.Subject { // whether they are told of it is decided with each disclosure
		if given, err = a.OneOffs.GivenTo(ctx, a.DB.Reader(), access.Item{Record: w.ID, Class: access.Support}); err != nil {
			return web.Readers{}, err
		}
	}
	own, by, not := "", []string{}, []string{}
	for _, x := range all {
		switch {
		case x.Code == w.Owner:
			own = x.Name
		case slices.Contains(given, x.Code):
			by = append(by, x.Name+" (given once)")
		case slices.Contains(w.Readers, x.Code) && len(may[x.Code]) > 0:
			by = append(by, x.Name)
		case x.Kind == "police":
			not = append(not, x.Name)
		}
	}
	them := "the young person"
	if scope.Role == access.Subject {
		them = "you"
	}
	by = append([]string{"those who do casework at " + own}, by...)
	return web.Readers{By: strings.Join(by, ", ") + ", and " + them + ".", NotBy: strings.Join(append(not, "any other agency", "analysts, administrators and information officers of any"), "; ") + "; unless exactly this is given once, because a life or a child’s safety needs it."}, nil
}

// shutTo are the classes that no agreement opens to the viewer's agency.
func (a *App) shutTo(ctx context.Context, scope access.Scope) ([]access.Class, error) {
	x, err := a.Partnership.Agency(ctx, a.DB.Reader(), scope.Agency)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err == nil && x.Kind == "police" {
		return []access.Class{access.Support}, nil
	}
	return nil, err
}

// ownReaders says, for the young person's own page, who can read what an agency holds of them of a class: by whom, under what, and who cannot.
func (a *App) ownReaders(ctx context.Context, owners []string, class access.Class) (web.Readers, error) {
	all, err := a.Partnership.Members(ctx, a.DB.Reader())
	if err != nil {
		return web.Readers{}, err
	}
	under := map[string][]string{} // by agency, the agreements
	for _, o := range owners {
		may, err := a.receivers(ctx, o, class)
		if err != nil {
			return web.Readers{}, err
		}
		for agency, codes := range may {
			for code := range codes {
				if !slices.Contains(under[agency], code) {
					under[agency] = append(under[agency], code)
				}
			}
		}
	}
	var holds, shared, not []string
	for _, x := range all {
		codes := under[x.Code]
		slices.Sort(codes)
		switch {
		case slices.Contains(owners, x.Code):
			holds = append(holds, x.Name)
		case len(codes) > 0:
			shared = append(shared, x.Name+" ("+strings.Join(codes, ", ")+")")
		default:
			not = append(not, x.Name)
		}
	}
	by := strings.Join(holds, ", ") + ", who hold it"
	if len(holds) == 1 {
		by = holds[0] + ", who holds it"
	}
	if len(shared) > 0 {
		by += "; " + strings.Join(shared, ", ") + ", who have agreed to share it"
	}
	return web.Readers{By: by + ".", NotBy: strings.Join(append(not, "anybody for "+sharing.NeverPurposes), ", ") + "."}, nil
}

// otherAgencies are the members besides the reader's own.
func (a *App) otherAgencies(ctx context.Context, scope access.Scope) ([]web.Option, error) {
	all, err := a.Partnership.Members(ctx, a.DB.Reader())
	var out []web.Option
	for _, x := range all {
		if x.Code != scope.Agency {
			out = append(out, web.Option{Value: x.Code, Label: x.Name})
		}
	}
	return out, err
}
