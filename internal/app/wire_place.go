package app

import (
	"bytes"
	"context"
	"errors"
	"os"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/demo/world"
	"lantern.example/lantern/internal/event"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/gazetteer"
	"lantern.example/lantern/internal/gazetteer/gazetteerweb"
	"lantern.example/lantern/internal/line"
	"lantern.example/lantern/internal/line/lineweb"
	"lantern.example/lantern/internal/picture"
	"lantern.example/lantern/internal/place"
	"lantern.example/lantern/internal/place/placeweb"
	"lantern.example/lantern/internal/work/workweb"
)

// wirePlace makes the gazetteer, and what stands on it: events, which it locates, places and lines.
func (a *App) wirePlace() {
	a.Gazetteer = gazetteer.NewStore(a.Clock, a.IDs, a.Audit)
	a.Events = event.NewStore(a.Clock, a.IDs, a.Gazetteer)
	a.Places = place.NewStore(a.Clock, a.IDs, a.Audit, a.Gazetteer, a.Events, a.Work, a.Accounts)
	a.Lines = line.NewStore(a.Clock, a.IDs, a.Audit, a.Gazetteer)
	a.Lines.Cite = a.cite
	a.wirePlacePages()
}

// wirePlacePages mounts the pages of places and lines, and the layers under their maps.
func (a *App) wirePlacePages() {
	agency := func(ctx context.Context, code string) string {
		return a.Partnership.AgencyName(ctx, a.DB.Reader(), code)
	}
	(&gazetteerweb.Pages{Site: a.Site, Gazetteer: a.Gazetteer}).Mount(a.Router)
	(&placeweb.Pages{Site: a.Site, Places: a.Places, Gazetteer: a.Gazetteer, Events: a.Events, Work: a.Work, Keeper: a.Keeper, Agency: agency}).Mount(a.Router)
	(&lineweb.Pages{Site: a.Site, Lines: a.Lines, Gazetteer: a.Gazetteer, Keeper: a.Keeper, Agency: agency,
		Disclosed: func(ctx context.Context, s access.Scope, words string) error {
			return a.DB.Write(ctx, func(tx *database.Tx) error {
				return a.Audit.Record(ctx, tx, s, audit.Line{Act: audit.Disclosure, SubjectKind: "flows", Words: words})
			})
		},
	}).Mount(a.Router)
	a.WorkPages.Rooms["place"] = workweb.Room{Name: "Place", Href: func(id string) string { return "/places/" + id }}
	a.WorkPages.Rooms["place-review"] = workweb.Room{Name: "Review of a place"}
}

// FillAreas places what came before its postcode directory or its boundaries: events of one load, or of every load
// when loadID is "" or the load brought a directory.
func (a *App) FillAreas(ctx context.Context, loadID string) (int64, error) {
	loaded, brought, err := a.Gazetteer.Directory(ctx, a.DB.Reader(), loadID)
	if err != nil {
		return 0, err
	}
	if brought {
		loadID = ""
	}
	if loaded {
		if _, err := a.Events.FillPoints(ctx, a.DB, loadID); err != nil {
			return 0, err
		}
		if _, err := a.Places.FillPoints(ctx, a.DB); err != nil {
			return 0, err
		}
	}
	return a.Events.FillAreas(ctx, a.DB, a.Gazetteer, loadID)
}

// LoadBoundaries reads a GeoJSON file and then places the events that it can place.
func (a *App) LoadBoundaries(ctx context.Context, s access.Scope, path, layer, vintage, licence string) (sets []gazetteer.Set, placed int64, err error) {
	f, err := os.Open(path) //nolint:gosec // the operator's own file
	if err != nil {
		return nil, 0, fault.Wrap(fault.Invalid, err, "%s cannot be opened: %v.", path, errors.Unwrap(err))
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if sets, err = a.Gazetteer.Load(ctx, a.DB, s, gazetteer.Input{Name: path, File: f, Layer: layer, Vintage: vintage, Licence: licence}); err != nil {
		return nil, 0, err
	}
	placed, err = a.FillAreas(ctx, "")
	return sets, placed, err
}

func (a *App) loadBoundaries(ctx context.Context, s access.Scope, path string) error {
	_, _, err := a.LoadBoundaries(ctx, s, path, "", "", "")
	return err
}

// hotspots is what the places' room says to the picture; nil when no event has a place.
func (a *App) hotspots(ctx context.Context, q database.Queryer, s access.Scope) (*picture.Hotspots, error) {
	have, err := a.Events.Precisely(ctx, q, s, event.Query{})
	if err != nil || have.Exact+have.Snapped == 0 {
		return nil, err
	}
	h, err := a.Places.Hotspots(ctx, q, s, place.Options{})
	if err != nil {
		return nil, err
	}
	out := &picture.Hotspots{Unit: h.Unit, CellM: h.CellMetres, Method: h.Method, Alpha: h.Alpha, Areas: make([]picture.HotspotArea, len(h.Areas)), Refused: h.Refused, Reasons: h.Reasons, Sentence: h.Sentence, N: h.Events}
	for i, c := range h.Areas {
		out.Areas[i] = picture.HotspotArea{ID: c.ID, Area: c.Area, Count: c.Count, GiStarZ: c.GiStarZ, GiStarPFDR: c.GiStarPFDR, Significant: c.Significant}
	}
	return out, nil
}

// reach is what the lines' room says to the picture.
func (a *App) reach(ctx context.Context, q database.Queryer, s access.Scope) (picture.Reach, error) {
	f, err := a.Lines.Flows(ctx, q, s, line.Options{})
	if err != nil {
		return picture.Reach{}, err
	}
	// Lines are named, and every member reads it: only those held in common, whoever counts the rest.
	lines, err := a.Lines.Lines(ctx, q, access.Scope{Account: s.Account, Agency: "-", Purpose: access.Assessment})
	if err != nil {
		return picture.Reach{}, err
	}
	var out picture.Reach
	if f.Refused && len(lines) == 0 {
		return out, nil
	}
	out.Sentence, out.Base = f.Headline, f.Base
	if said := line.Finding(lines); said != "" {
		out.Sentence += " " + said
	}
	if f.Finding != nil {
		out.Source = f.Finding.Source
	}
	for _, x := range f.Flows {
		out.Flows = append(out.Flows, picture.Flow{Origin: x.Origin, Destination: x.Destination, People: x.People, Confirmed: x.Confirmed, Suspected: x.Suspected, Supply: x.Supply, Violence: x.Violence, Suppressed: x.Suppressed, Period: x.Period})
	}
	return out, nil
}

// demoGeography loads the invented county's boundaries.
func (a *App) demoGeography(ctx context.Context, s access.Scope, w *world.World) error {
	_, err := a.Gazetteer.Load(ctx, a.DB, s, gazetteer.Input{Name: "wrenshire.geojson", File: bytes.NewReader(w.Geography.Boundaries)})
	return err
}

// demoPlaces records the invented deal lines, and what was judged of places.
func (a *App) demoPlaces(ctx context.Context, _ access.Scope, w *world.World, accounts map[string]account.Account) error {
	return a.DB.Write(ctx, func(tx *database.Tx) error {
		if err := a.demoLines(ctx, tx, w, accounts); err != nil {
			return err
		}
		return a.demoReviews(ctx, tx, w, accounts)
	})
}

func (a *App) demoLines(ctx context.Context, tx *database.Tx, w *world.World, accounts map[string]account.Account) error {
	var police account.Account
	for _, x := range w.Accounts {
		if x.Agency == "WPOL" && (x.Role == access.Analyst || x.Role == access.Manager || police.ID == "") {
			police = accounts[x.Email]
		}
	}
	scope, err := a.Accounts.Scope(ctx, police, account.Purposes(police.Role)[0])
	if err != nil {
		return err
	}
	for _, l := range w.Lines {
		in := line.NewLine{Brand: l.Brand, Origin: demoName(w, l.Origin, "Wrenshire"), Impacted: "Wrenshire", Base: demoName(w, l.Base, ""), FirstSeen: l.From.Format(clock.ISODate), Notes: "Bulk messages to users' phones."}
		if !l.Closed.IsZero() {
			in.LastSeen = l.Closed.AddDate(0, 0, -1).Format(clock.ISODate)
		} else {
			in.LastSeen = clock.Today(a.Clock).AddDate(0, 0, -4).Format(clock.ISODate)
		}
		added, err := a.Lines.Add(ctx, tx, scope, in)
		if err != nil {
			return err
		}
		if l.Closed.IsZero() {
			continue
		}
		end := line.Ending{Closure: line.Deactivated, On: l.Closed.Format(clock.ISODate), Why: "The number was taken off the network."}
		if l.Closure == "type 1" {
			end.Closure, end.Why = line.Charged, "Whoever held the line was charged."
		}
		if _, err := a.Lines.Close(ctx, tx, scope, added.ID, added.Ver, end); err != nil {
			return err
		}
	}
	// Intelligence: given under a condition, so that no agreement carries it to another agency.
	seen := clock.Today(a.Clock).AddDate(0, 0, -9)
	_, err = a.Lines.Add(ctx, tx, scope, line.NewLine{Brand: "HARBOUR", Origin: demoName(w, w.Lines[0].Origin, "Wrenshire"), Impacted: "Wrenshire", FirstSeen: seen.AddDate(0, -1, 0).Format(clock.ISODate), LastSeen: seen.Format(clock.ISODate),
		Notes: "Said to be handed on by the holder of another line.", Class: access.Intelligence, Grade: "2C-C/A3/S2"})
	return err
}

// demoName is what an invented place or area is called.
func demoName(w *world.World, code, otherwise string) string {
	for _, p := range w.Geography.Places {
		if p.Code == code {
			return p.Name
		}
	}
	for _, x := range w.Geography.Areas {
		if x.Code == code {
			return x.Name
		}
	}
	return otherwise
}

func (a *App) demoReviews(ctx context.Context, tx *database.Tx, w *world.World, accounts map[string]account.Account) error {
	for _, r := range w.Reviews {
		who := accounts[r.Reviewer]
		scope, err := a.Accounts.Scope(ctx, who, access.Safeguarding)
		if err != nil {
			return err
		}
		list, _, err := a.Places.List(ctx, tx, scope, place.Query{Text: demoName(w, r.Place, ""), Limit: 1})
		if err != nil {
			return err
		}
		if len(list) == 0 { // the reviewer's agency has no record of it
			continue
		}
		_, err = a.Places.Review(ctx, tx, scope, list[0].ID, place.NewReview{On: r.On.Format(clock.ISODate), Impact: r.Impact, ImpactWhy: r.Reason, Risk: r.Risk, RiskWhy: r.Reason, Harm: r.Harm, HarmWhy: r.Reason,
			NextOn: r.Next.Format(clock.ISODate), NextOwner: who.ID})
		if err != nil {
			return err
		}
	}
	return nil
}
