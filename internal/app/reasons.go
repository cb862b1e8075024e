package app

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account/accountweb"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/sharing"
	"lantern.example/lantern/internal/sharing/sharingweb"
	"lantern.example/lantern/internal/web"
)

// reason says in words why something of an owner's is open to a scope, and where that can be read.
func (a *App) reason(ctx context.Context, scope access.Scope, owner string, d access.Decision) (words, href string) {
	name := a.Partnership.AgencyName(ctx, a.DB.Reader(), owner)
	switch d.Rule {
	case "own":
		return name + ": your own agency’s records.", ""
	case "agreement":
		title := ""
		if e, err := a.Register.Get(ctx, a.DB.Reader(), d.Agreement); err == nil {
			title = ", “" + e.Title + "”, which holds until " + web.ShowDate(e.ExpiresOn)
		}
		return name + ": under the agreement " + d.Agreement + title + ", for " + accountweb.PurposeNames[scope.Purpose] + ".", "/agreements/" + d.Agreement
	case "one-off":
		for _, g := range scope.Grants {
			if g.Code == d.Agreement {
				href = "/disclosures/" + g.ID
			}
		}
		return name + ": given once, without an agreement: " + d.Agreement + ".", href
	case "break-glass":
		return name + ": only because you broke the glass, until " + clock.FromMicros(scope.Glass.Until).In(clock.London()).Format("15:04") + ".", "/break-glass/" + d.Agreement
	}
	if d.Rule == "open" {
		return "It is published: anybody may read it.", ""
	}
	return "Every member of the partnership may read it: it is held in common, and about nobody in particular.", ""
}

// actsOn is what a viewer can do about a person besides reading.
func (a *App) actsOn(scope access.Scope, person string) []web.Link {
	at := "/people/" + person
	var out []web.Link
	if sharing.MayDecide(scope) {
		out = append(out, web.Link{Text: "Share once, without an agreement", Href: at + "/share"})
	}
	out = append(out, web.Link{Text: "Who else knows this person", Href: at + "/who-else"}, web.Link{Text: "Ask another agency for what is not open to you", Href: at + "/ask"})
	if access.MayBreakGlass(scope.Role) && scope.Glass == nil {
		out = append(out, web.Link{Text: "Somebody is in danger now: break the glass", Href: "/break-glass"})
	}
	return out
}

// underPeople is what else lies under People.
func (a *App) underPeople(scope access.Scope) []web.Link {
	out := []web.Link{{Text: "Requests to read: yours, and those at your desk", Href: "/requests"}, {Text: "Shared without an agreement", Href: "/disclosures"}}
	if access.MayBreakGlass(scope.Role) {
		out = append(out, web.Link{Text: "Break-glass", Href: "/break-glass"})
	}
	return out
}

// roleWords are roles to whom a class may be closed, as a list names them.
var roleWords = []struct {
	role  access.Role
	words string
}{{access.Analyst, "analysts"}, {access.SchoolLead, "school leads"}, {access.Manager, "community safety managers"}, {access.Chair, "panel chairs"}, {access.Practitioner, "practitioners"}}

// receivers are the agencies that may read an owner's records of a class under live agreements, for whatever purpose: by agency the codes of the
// agreements, and by code the purposes in words.
func (a *App) receivers(ctx context.Context, owner string, class access.Class) (map[string]map[string][]string, error) {
	under := map[string]map[string][]string{}
	for _, p := range sharing.Purposes {
		readers, err := a.Sharing.Readers(ctx, owner, class, p, a.Clock.Now())
		if err != nil {
			return nil, err
		}
		for _, r := range readers {
			if under[r.Agency] == nil {
				under[r.Agency] = map[string][]string{}
			}
			under[r.Agency][r.Agreement] = append(under[r.Agency][r.Agreement], accountweb.PurposeNames[p])
		}
	}
	return under, nil
}

// whoReads works out who will be able to read a record of an owner and class, from the agreements that are live now: the line that stands on
// every form before anything is saved.
func (a *App) whoReads(ctx context.Context, _ access.Scope, owner string, class access.Class) (web.Readers, error) {
	q := a.DB.Reader()
	members, err := a.Partnership.Members(ctx, q)
	if err != nil {
		return web.Readers{}, err
	}
	under, err := a.receivers(ctx, owner, class)
	if err != nil {
		return web.Readers{}, err
	}
	var by, not []string
	groups := map[string][]string{} // agencies by what they read it under
	var order []string
	others := 0
	for _, m := range members {
		switch codes := under[m.Code]; {
		case m.Code == owner:
		case len(codes) > 0:
			var on []string
			for code, purposes := range codes {
				on = append(on, code+" for "+strings.Join(purposes, " and "))
			}
			slices.Sort(on)
			words := strings.Join(on, ", ")
			if groups[words] == nil {
				order = append(order, words)
			}
			groups[words] = append(groups[words], m.Name)
		case m.Kind == "police":
			name := m.Name
			if class == access.Support {
				name += " (unless an item is shared with them with a reason)"
			}
			not = append(not, name)
		default:
			others++
		}
	}
	by = append(by, "those who do casework at "+a.Partnership.AgencyName(ctx, q, owner))
	condition := ""
	if class == access.Intelligence {
		condition = ", once it is graded and has no handling condition"
	}
	for _, words := range order {
		by = append(by, strings.Join(groups[words], ", ")+" (under "+words+condition+")")
	}
	if others > 0 {
		not = append(not, plural(others, "other agency", "other agencies")+" of the partnership")
	}
	for _, r := range roleWords {
		if slices.Contains(access.ClosedTo(r.role), class) {
			not = append(not, r.words)
		}
	}
	not = append(not, "administrators and information officers", "the public")
	return web.Readers{By: strings.Join(by, "; ") + ". For others it takes a decision with a reason that is written down.", NotBy: strings.Join(not, "; ") + "."}, nil
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// personFor is somebody as a scope may see them, for the pages about sharing.
func (a *App) personFor(ctx context.Context, s access.Scope, id string) (sharingweb.Person, error) {
	x, err := a.People.View(ctx, a.DB.Reader(), s, id)
	if err == nil && x.ID != id { // merged away: the pages lead on by themselves
		err = fault.NoSuch()
	}
	return sharingweb.Person{ID: x.ID, Title: x.Title, Owners: x.Owners}, err
}
