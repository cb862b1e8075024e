package intakeweb

import (
	"fmt"
	"strings"

	"lantern.example/lantern/internal/intake"
	"lantern.example/lantern/internal/intake/profile"
	"lantern.example/lantern/internal/web"
)

// told is one thing that a row was read as saying.
type told struct{ label, value string }

// readTable shows rows as they were read: one column for each thing that any of them says.
func readTable(rows []intake.Taken) *web.Table {
	t := &web.Table{Caption: fmt.Sprintf("The first %s", count(int64(len(rows)), "row", "rows")), Empty: "No row could be taken.", Columns: []web.Column{{Label: "Row"}}}
	at := map[string]int{}
	for _, r := range rows {
		for _, x := range tells(r.Record) {
			if _, known := at[x.label]; !known && x.value != "" {
				t.Columns = append(t.Columns, web.Column{Label: x.label})
				at[x.label] = len(t.Columns) - 1
			}
		}
	}
	for _, r := range rows {
		cells := make([]web.Cell, len(t.Columns))
		cells[0].Text = web.ShowNumber(r.Row.Number)
		for _, x := range tells(r.Record) {
			if i, ok := at[x.label]; ok {
				cells[i].Text = short(x.value)
			}
		}
		t.Rows = append(t.Rows, web.Row{Cells: cells})
	}
	return t
}

func short(s string) string {
	if r := []rune(s); len(r) > 120 {
		return string(r[:120]) + "…"
	}
	return s
}

// tells says what a record holds, the most telling first.
func tells(r profile.Record) []told {
	switch x := r.(type) {
	case *profile.StatementRow:
		return []told{{"Date", x.Date.String()}, {"Agency", x.Agency}, {"Role", x.Role}, {"Themes", strings.Join(x.Themes, ", ")}, {"Statement", x.Statement}, {"Basis", string(x.Basis)}, {"Place", x.Place},
			{"Known to leaders", string(x.KnownToLeaders)}, {"In the strategy", string(x.InStrategy)}}
	case *profile.PersonRow:
		return append(person(x), eventOf(x.Event)...)
	case *profile.MissingRow:
		out := []told{{"Missing from", x.Event.Date.String()}, {"Found", x.Event.End.String()}, {"From", x.From}, {"Found at", x.Found}, {"Interview offered", string(x.InterviewOffered)}, {"Interview accepted", string(x.InterviewAccepted)}}
		return append(out, person(x.Person)...)
	case *profile.ExclusionRow:
		what := "suspension"
		if x.Permanent {
			what = "permanent exclusion"
		}
		out := []told{{"From", x.Event.Date.String()}, {"To", x.Event.End.String()}, {"What", what}, {"Reason", x.Reason + in(x.ReasonIn)}, {"Sessions", number(x.Sessions)}, {"School", x.School}}
		return append(out, person(x.Person)...)
	case *profile.EventRow:
		return eventOf(x)
	case *profile.OutcomeRow:
		return []told{{"Reference", x.Reference}, {"Month", x.Month.String()}, {"Outcome", x.Outcome}}
	case *profile.FlowRow:
		return []told{{"From", x.Origin}, {"To", x.Destination}, {"People", number(x.People)}, {"Confirmed", number(x.Confirmed)}, {"Suspected", number(x.Suspected)}, {"Supply", number(x.Supply)}, {"Violence", number(x.Violence)}, {"Period", x.Period}, {"Source", x.Source}}
	case *profile.PlaceRow:
		return []told{{"Reference", x.Reference}, {"Name", x.Name}, {"Kind", string(x.Kind) + in(x.Words)}, {"Address", x.Address}, {"Postcode", x.Location.Postcode}, {"Where", where(x.Location)}}
	case *profile.PostcodeRow:
		return []told{{"Postcode", x.Postcode}, {"District", x.District}, {"Ward", x.Ward}, {"Where", where(x.Location)}}
	}
	return nil
}

func in(words string) string {
	if words == "" {
		return ""
	}
	return " (" + words + ")"
}

func number(c profile.Count) string {
	switch {
	case c.Known:
		return web.ShowNumber(c.N)
	case c.Suppressed:
		return "hidden"
	}
	return ""
}

func person(p *profile.PersonRow) []told {
	if p == nil {
		return nil
	}
	var ids, flags []string
	for _, id := range p.Identifiers {
		ids = append(ids, string(id.Kind)+" "+id.Value)
	}
	for _, f := range p.Flags {
		flags = append(flags, f.Words)
	}
	out := []told{{"Name", p.Name().Display()}, {"Born", p.Born.String()}, {"Sex", string(p.Sex)}, {"Numbers", strings.Join(ids, "; ")}}
	if len(p.Addresses) > 0 {
		out = append(out, told{"Address", strings.TrimSpace(p.Addresses[0].Text + " " + p.Addresses[0].Postcode)})
	}
	return append(out, told{"School", p.School}, told{"Part in the event", string(p.Role)}, told{"Marks", strings.Join(flags, "; ")}, told{"Grade and handling", p.Grade})
}

func eventOf(e *profile.EventRow) []told {
	if e == nil {
		return nil
	}
	return []told{{"Date", e.Date.String()}, {"What happened", string(e.Kind) + in(e.Words)}, {"Reference", e.Reference}, {"Place", e.Location.Text}, {"Postcode", e.Location.Postcode}, {"Where", where(e.Location)}, {"Outcome", e.Outcome}, {"Grade and handling", e.Grade}}
}

func where(l profile.Location) string {
	switch {
	case l.HasPoint:
		return fmt.Sprintf("%.4f, %.4f", l.Latitude, l.Longitude)
	case l.HasGrid:
		return fmt.Sprintf("%.0f, %.0f", l.Easting, l.Northing)
	}
	return ""
}
