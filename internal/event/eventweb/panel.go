// Package eventweb shows dated things that happened on the pages of lower packages: on a person's, the parts they had in events.
package eventweb

import (
	"context"
	"embed"
	"fmt"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/event"
	"lantern.example/lantern/internal/fact"
	"lantern.example/lantern/internal/intake/profile"
	"lantern.example/lantern/internal/person/personweb"
	"lantern.example/lantern/internal/web"
)

//go:embed templates
var embedded embed.FS
var files = web.Files(embedded)

// PersonPanel is the parts that a person's records give them in events, newest first.
type PersonPanel struct {
	Site       *web.Site
	Events     *event.Store
	AgencyName func(ctx context.Context, code string) string
}

type panelView struct {
	Words  string
	Groups []group
	More   string
}

// group is the events in which somebody had parts of one sort. What was done to somebody and what they are thought to have done never stand in
// one list.
type group struct {
	Title string
	Items []web.TimelineItem
}

// groups are the sorts of part, in the order they stand: harm first.
var groups = []struct {
	class access.Class
	title string
}{{access.Victimisation, "As somebody harmed, at risk, or who saw it"}, {access.Missing, "Missing, and found"}, {access.Offending, "As somebody suspected, convicted or searched"}, {"", "Otherwise"}}

var panelPart = web.NewFragment[panelView](files, "person_panel.html")

// Name is what the panel is called.
func (p *PersonPanel) Name() string { return "What happened" }

// shown is how many events stand on the page; the rest are counted.
const shown = 50

var roleWords = map[profile.Role]string{
	profile.Victim: "Victim", profile.Suspect: "Suspected", profile.Convicted: "Convicted", profile.Witness: "Witness", profile.AtRisk: "At risk",
	profile.Missing: "Missing", profile.Found: "Found", profile.Reporter: "Reported it", profile.Searched: "Searched", profile.OtherRole: "Involved",
}

// Panel shows the events of the records that the viewer may see. A part and its event must both be open to the scope.
func (p *PersonPanel) Panel(ctx context.Context, scope access.Scope, subject personweb.Subject) (web.Fragment, error) {
	parts, err := p.Events.OfRecords(ctx, p.Site.DB.Reader(), scope, subject.Records)
	if err != nil {
		return web.Fragment{}, err
	}
	v := panelView{Words: "No event in the records open to you."}
	if n := len(parts); n == 1 {
		v.Words = "1 event in the records open to you."
	} else if n > 1 {
		v.Words = fmt.Sprintf("%s events in the records open to you, newest first.", web.ShowNumber(n))
	}
	if len(parts) > shown {
		v.More = fmt.Sprintf("The newest %d are shown; %s are older.", shown, web.ShowNumber(len(parts)-shown))
		parts = parts[:shown]
	}
	for _, g := range groups {
		out := group{Title: g.title}
		for _, e := range parts {
			sort := event.RoleClass(e.Role, "")
			if e.Role == profile.OtherRole || e.Role == "" {
				sort = ""
			}
			if sort != g.class {
				continue
			}
			role := roleWords[e.Role]
			if role == "" {
				role = "Involved"
			}
			out.Items = append(out.Items, web.TimelineItem{Title: kind(e), When: e.True.String(), By: p.AgencyName(ctx, e.Owner), Text: text(e), Tag: &web.Tag{Text: role, Colour: "grey"}, Source: graded(e)})
		}
		if len(out.Items) > 0 {
			v.Groups = append(v.Groups, out)
		}
	}
	return web.RenderFragment(p.Site, subject.Lang, panelPart, v)
}

// Shown is what the panel shows, for why it is open: each event, and the part in it.
func (p *PersonPanel) Shown(ctx context.Context, scope access.Scope, subject personweb.Subject) ([]access.Record, error) {
	parts, err := p.Events.OfRecords(ctx, p.Site.DB.Reader(), scope, subject.Records)
	var out []access.Record
	for _, e := range parts[:min(len(parts), shown)] {
		out = append(out, access.Of(e.Fact))
	}
	return out, err
}

// graded is where an event comes from, and how it may be handled where it was graded.
func graded(e event.PartIn) string {
	grade := e.Handling()
	g, err := fact.ParseGrade(grade)
	switch {
	case grade == "":
		return e.SourceRef
	case grade == fact.Ungraded:
		return e.SourceRef + ". Nobody has graded it yet: ask the originator before it goes any further."
	case err != nil:
		return e.SourceRef + ". Graded " + grade + ", which cannot be read: ask the originator before it goes any further."
	}
	return e.SourceRef + ". Graded " + g.String() + ": " + g.Words() + ". " + g.HandlingWords()
}

// Own is the parts that somebody's own records give them in events, for their own eyes: what, when, whose and as what, without the
// partner's free words, which may be about others. The scope and the records are those of person.Own.
func (p *PersonPanel) Own(ctx context.Context, scope access.Scope, records []string) ([]web.TimelineItem, []access.Record, error) {
	parts, err := p.Events.OfRecords(ctx, p.Site.DB.Reader(), scope, records)
	var out []web.TimelineItem
	var of []access.Record
	for _, e := range parts {
		of = append(of, access.Of(e.Fact))
		role := roleWords[e.Role]
		if role == "" {
			role = "Involved"
		}
		out = append(out, web.TimelineItem{Title: strings.ReplaceAll(kind(event.PartIn{Event: event.Event{Kind: e.Kind}}), "-", " "), When: e.True.String(), By: p.AgencyName(ctx, e.Owner), Tag: &web.Tag{Text: role, Colour: "grey"}})
	}
	return out, of, err
}

// Words are what an event is called, and in which part the person stands in it.
func Words(e event.PartIn) string {
	if role := roleWords[e.Role]; role != "" {
		return kind(e) + ", " + strings.ToLower(role)
	}
	return kind(e)
}

func kind(e event.PartIn) string {
	words := e.Words
	if words == "" {
		words = strings.ReplaceAll(string(e.Kind), "-", " ")
	}
	if words == "" {
		return "Event"
	}
	return strings.ToUpper(words[:1]) + words[1:]
}

// text is what the partner wrote of it, without the place: that is of another class of data.
func text(e event.PartIn) string {
	var out []string
	for _, s := range []string{e.Detail, e.Description, e.Outcome} {
		if s != "" {
			out = append(out, s)
		}
	}
	return strings.Join(out, ". ")
}
