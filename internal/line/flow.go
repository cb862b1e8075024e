// Package line answers "How far does it reach?": how many people link an origin area to an impacted force, from
// partners' counts, and the county lines themselves as records: brand, where it comes from, whom it reaches, and
// whether it came back under another name.
//
// Flows are counts, never people, and always shown with small numbers hidden (package analysis/flow): on the page,
// the map, the download and in JSON from one protected result. A number that is not known is not nought. The ends
// of a flow are areas as partners name them, matched to codes where the gazetteer knows the name, and drawn from
// area to area: never from or to an address.
//
// A line names nobody. One that is closed and whose base is used by a newer brand is shown as having come back.
package line

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/analysis/disclosure"
	"lantern.example/lantern/internal/analysis/flow"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/event"
	"lantern.example/lantern/internal/fact"
	"lantern.example/lantern/internal/figure"
	"lantern.example/lantern/internal/gazetteer"
	"lantern.example/lantern/internal/intake"
	"lantern.example/lantern/internal/intake/profile"
)

// Store keeps flows and lines.
type Store struct {
	clock     clock.Clock
	ids       *clock.IDs
	log       *audit.Log
	gazetteer *gazetteer.Store
	// Cite names the wording of a definition that figures cite now, "county-lines v2"; nil or "" when none is kept.
	Cite func(ctx context.Context, q database.Queryer, code string) string
}

// CountedBy is the code of the definition that lines and flows are counted by.
const CountedBy = "county-lines"

// NewStore returns the flows and lines.
func NewStore(c clock.Clock, ids *clock.IDs, log *audit.Log, g *gazetteer.Store) *Store {
	return &Store{clock: c, ids: ids, log: log, gazetteer: g}
}

// Take keeps the flows among rows; it is a sink of package intake. A flow has no place of its own, so none is
// counted as unlocated.
func (s *Store) Take(ctx context.Context, tx *database.Tx, l *intake.Load, rows []intake.Taken) (intake.Placing, error) {
	var out [][]any
	for _, t := range rows {
		row, ok := t.Record.(*profile.FlowRow)
		if !ok {
			continue
		}
		class := access.Depersonal
		if l.Basis == "open" {
			class = access.Open
		}
		f := fact.Fact{ID: s.ids.New(), Owner: l.Agency, Class: string(class), LoadID: l.ID, SourceRef: event.Ref(t), LearntAt: clock.Micros(s.clock.Now()), Ver: 1}
		f.RetentionClass, f.ReviewOn = fact.Retention(f.Class, s.clock.Now())
		out = append(out, append(f.Args(), row.Origin, row.Destination, row.DestinationType, number(row.People), number(row.Confirmed), number(row.Suspected), number(row.Supply), number(row.Violence),
			row.Period, row.Source, row.Note))
	}
	return intake.Placing{}, tx.Insert(ctx, "INSERT INTO flow ("+fact.Columns("")+", origin, destination, destination_type, people, confirmed, suspected, supply, violence, period, source, note)", fact.N+11, out, "")
}

func number(c profile.Count) *int {
	if !c.Known {
		return nil
	}
	return &c.N
}

// Purge removes flows of a load that was undone; it is a sink of package intake.
func (s *Store) Purge(ctx context.Context, tx *database.Tx, loadID string, limit int) (int64, error) {
	return tx.ExecCount(ctx, "DELETE FROM flow WHERE id IN (SELECT id FROM flow WHERE load_id = $1 LIMIT $2)", loadID, limit)
}

// Options says which flows are shown.
type Options struct {
	Loads  []string
	Period string // "" is every period
	// Origin and Destination keep the flows of one end, by its code or name. They narrow what is shown after small
	// numbers were hidden in the whole, so that asking for one end tells nothing that the whole does not.
	Origin, Destination string
	Threshold           int // 0 means 5
}

// End is an area at one end of flows.
type End struct {
	gazetteer.Area
	Known bool // the gazetteer knows the name; else Code is the name as given and there is no point
}

// Flows is what may be shown of the flows a reader may read.
type Flows struct {
	flow.Result
	Ends    map[string]End // by the names that Result uses
	Periods []string
	Base    string
	// Definition is the wording that the flows are counted by, "county-lines v2".
	Definition string
	Headline   string   // the finding, in one sentence
	Unplaced   []string // ends that are on no map
	Owners     []string // agencies whose counts these are
}

// The levels at which an end is looked for. Origins are mostly districts, destinations mostly forces; the partner's
// own word for the destination decides first.
var (
	originLevels      = []gazetteer.Level{gazetteer.District, gazetteer.Force, gazetteer.County, gazetteer.Region, gazetteer.Country, gazetteer.Ward}
	destinationLevels = []gazetteer.Level{gazetteer.Force, gazetteer.District, gazetteer.County, gazetteer.Region, gazetteer.Country, gazetteer.Ward}
)

type storedFlow struct {
	flow.Row
	kind, owner string
}

func scanFlow(r database.Scanner) (storedFlow, error) {
	var f storedFlow
	return f, r.Scan(&f.Origin, &f.Destination, &f.kind, &f.People, &f.Confirmed, &f.Suspected, &f.Supply, &f.Violence, &f.Period, &f.Source, &f.owner)
}

// Flows reads the flows that the scope allows, adds them up by pair and period and hides small numbers. No flow at
// all gives a refused result that says so.
func (s *Store) Flows(ctx context.Context, q database.Queryer, scope access.Scope, opt Options) (Flows, error) {
	out := Flows{Ends: map[string]End{}}
	cond, args := scope.Where("f", 1)
	parts := []string{"(f.load_id = '' OR f.load_id IN (SELECT id FROM load WHERE state = 'live'))", "f.superseded_at IS NULL", cond}
	if len(opt.Loads) > 0 {
		parts = append(parts, "f.load_id IN "+database.In(len(args)+1, len(opt.Loads)))
		args = append(args, database.Anys(opt.Loads)...)
	}
	stored, err := database.Collect(ctx, q, scanFlow, "SELECT f.origin, f.destination, f.destination_type, f.people, f.confirmed, f.suspected, f.supply, f.violence, f.period, f.source, f.owner FROM flow f WHERE "+
		strings.Join(parts, " AND ")+" ORDER BY f.id", args...)
	if err != nil {
		return out, err
	}
	var rows []flow.Row
	var left int
	for _, f := range stored {
		f.Period = strings.TrimSpace(f.Period)
		if !slices.Contains(out.Periods, f.Period) {
			out.Periods = append(out.Periods, f.Period)
		}
		if opt.Period != "" && f.Period != opt.Period {
			continue
		}
		if !slices.Contains(out.Owners, f.owner) {
			out.Owners = append(out.Owners, f.owner)
		}
		if f.Origin, err = s.end(ctx, q, out.Ends, f.Origin, originLevels); err != nil {
			return out, err
		}
		to := destinationLevels
		if l, ok := gazetteer.ParseLevel(f.kind); ok {
			to = append([]gazetteer.Level{l}, to...)
		}
		if f.Destination, err = s.end(ctx, q, out.Ends, f.Destination, to); err != nil {
			return out, err
		}
		if row, ok := usable(f.Row); ok {
			rows = append(rows, row)
		} else {
			left++
		}
	}
	slices.Sort(out.Periods)
	if out.Result, err = flow.Publish(rows, flow.Options{Disclosure: disclosure.Options{Threshold: opt.Threshold}}); err != nil {
		return out, err
	}
	if left > 0 {
		out.Warnings = append(out.Warnings, fmt.Sprintf("%d rows lead from an area to itself and are left out", left))
	}
	if s.Cite != nil {
		out.Definition = s.Cite(ctx, q, CountedBy)
	}
	out.headline(rows)
	out.only(opt)
	return out, nil
}

// usable makes a row fit to add up: a part larger than the people of its row is taken as not known.
func usable(r flow.Row) (flow.Row, bool) {
	if strings.EqualFold(r.Origin, r.Destination) {
		return r, false
	}
	for _, part := range []**int{&r.Confirmed, &r.Suspected, &r.Supply, &r.Violence} {
		if *part != nil && r.People != nil && **part > *r.People {
			*part = nil
		}
	}
	return r, r.Check() == nil
}

// end is the name that an end is shown by, and remembers what is known of it. Two areas of one name (a district and
// a force) are told apart.
func (s *Store) end(ctx context.Context, q database.Queryer, ends map[string]End, text string, levels []gazetteer.Level) (string, error) {
	a, ok, err := s.gazetteer.Find(ctx, q, text, levels...)
	if err != nil {
		return "", err
	}
	if !ok {
		if e, taken := ends[text]; taken && e.Known {
			text += " (as given)"
		}
		ends[text] = End{Area: gazetteer.Area{Code: text, Name: text}}
		return text, nil
	}
	name := a.Name
	if e, taken := ends[name]; taken && e.Code != a.Code {
		name = fmt.Sprintf("%s (%s)", a.Name, a.Level)
	}
	ends[name] = End{Area: a, Known: true}
	return name, nil
}

// only keeps the flows of one end.
func (f *Flows) only(opt Options) {
	is := func(name, asked string) bool {
		return asked == "" || name == asked || f.Ends[name].Code == asked
	}
	f.Flows = slices.DeleteFunc(f.Flows, func(x flow.Flow) bool { return !is(x.Origin, opt.Origin) || !is(x.Destination, opt.Destination) })
	f.Suppressed = slices.DeleteFunc(f.Suppressed, func(x flow.Pair) bool { return !is(x.Origin, opt.Origin) || !is(x.Destination, opt.Destination) })
	for name, e := range f.Ends {
		if !e.Known {
			f.Unplaced = append(f.Unplaced, name)
		}
	}
	slices.Sort(f.Unplaced)
}

// headline is the finding over the whole of the latest period.
func (f *Flows) headline(rows []flow.Row) {
	if f.Refused {
		f.Headline = "We cannot say how far it reaches: no count of people between areas has been loaded that you may read."
		if len(f.Reasons) > 0 && len(rows) > 0 {
			f.Headline = "We cannot show how far it reaches: " + strings.Join(f.Reasons, "; ") + "."
		}
		return
	}
	last := f.Totals[len(f.Totals)-1]
	pairs := slices.DeleteFunc(slices.Clone(f.Flows), func(x flow.Flow) bool { return x.Period != last.Period })
	origins, destinations := map[string]bool{}, map[string]bool{}
	unnumbered := 0
	for _, x := range pairs {
		if last.People != nil && x.People == nil && !x.Suppressed { // named without a number: not part of the total
			unnumbered++
			continue
		}
		origins[x.Origin], destinations[x.Destination] = true, true
	}
	subject := "People are linked"
	if last.People != nil {
		subject = fmt.Sprintf("%s %s linked", figure.Group(*last.People), plural(*last.People, "person is", "people are"))
	}
	f.Headline = fmt.Sprintf("%s from %d %s to %d %s", subject, len(origins), plural(len(origins), f.word(origins, "area"), f.word(origins, "areas")), len(destinations), plural(len(destinations), f.word(destinations, "area"), f.word(destinations, "areas")))
	if last.Period != "" {
		f.Headline += " in " + PeriodWords(last.Period)
	}
	if last.People != nil {
		f.Headline += f.parts(rows, pairs, last.Period)
	}
	f.Headline += "."
	if unnumbered > 0 {
		f.Headline += fmt.Sprintf(" %d more %s named without a number.", unnumbered, plural(unnumbered, "flow is", "flows are"))
	}
	hidden := 0
	for _, x := range pairs {
		if x.Suppressed {
			hidden++
		}
	}
	if hidden > 0 {
		f.Headline += fmt.Sprintf(" Flows under %d are hidden.", f.Threshold)
	}
	if f.Finding != nil {
		f.Base = f.Finding.Base
		if f.Finding.Source != "" {
			f.Base += "; source: " + f.Finding.Source
		}
	}
	if f.Definition != "" {
		f.Base += "; definition: " + f.Definition
	}
	f.Base += ". Counts of what came to notice: where nobody looked there is no line."
}

// word is "districts" or "forces" when all the ends are of that level.
func (f *Flows) word(ends map[string]bool, other string) string {
	var level gazetteer.Level
	for name := range ends {
		e := f.Ends[name]
		if !e.Known || level != "" && e.Level != level {
			return other
		}
		level = e.Level
	}
	word := map[gazetteer.Level]string{gazetteer.District: "district", gazetteer.Force: "force", gazetteer.Region: "region"}[level]
	if word == "" {
		return other
	}
	if other == "areas" {
		word += "s"
	}
	return word
}

// parts says how the people of a period divide, for the divisions whose sum gives no hidden number away: either no
// pair hides its part, or at least two do and what they hide together is not itself small.
func (f *Flows) parts(rows []flow.Row, pairs []flow.Flow, period string) string {
	say := func(a, b string, of func(flow.Row) *int, ofB func(flow.Row) *int, shown, shownB func(flow.Flow) *int, words string) string {
		x, okA := f.sum(rows, pairs, period, a, of, shown)
		y, okB := f.sum(rows, pairs, period, b, ofB, shownB)
		if !okA || !okB {
			return ""
		}
		return fmt.Sprintf(words, figure.Group(x), figure.Group(y))
	}
	first := say("confirmed", "suspected", func(r flow.Row) *int { return r.Confirmed }, func(r flow.Row) *int { return r.Suspected },
		func(x flow.Flow) *int { return x.Confirmed }, func(x flow.Flow) *int { return x.Suspected }, "%s confirmed, %s suspected")
	second := say("supply", "violence", func(r flow.Row) *int { return r.Supply }, func(r flow.Row) *int { return r.Violence },
		func(x flow.Flow) *int { return x.Supply }, func(x flow.Flow) *int { return x.Violence }, "%s by supply, %s by violence")
	switch {
	case first == "" && second == "":
		return ""
	case first == "" || second == "":
		return ": " + first + second
	}
	return ": " + first + "; " + second
}

func (f *Flows) sum(rows []flow.Row, pairs []flow.Flow, period, measure string, of func(flow.Row) *int, shown func(flow.Flow) *int) (total int, ok bool) {
	known := 0
	for _, r := range rows {
		if v := of(r); r.Period == period && v != nil {
			total += *v
			known++
		}
	}
	if known == 0 {
		return 0, false
	}
	open, withheld := 0, 0
	for _, x := range pairs {
		if slices.Contains(x.Withheld, measure) {
			withheld++
		} else if v := shown(x); v != nil {
			open += *v
		}
	}
	hidden := total - open
	return total, withheld == 0 || withheld >= 2 && hidden >= f.Threshold
}

// PeriodWords says a period as people write it: "2025-11/2026-10" is November 2025 to October 2026. What is not made
// of months, days or years stays as it is.
func PeriodWords(p string) string {
	from, to, ok := strings.Cut(p, "/")
	if !ok {
		return monthWords(p)
	}
	return monthWords(from) + " to " + monthWords(to)
}

func monthWords(s string) string {
	for layout, words := range map[string]string{"2006-01": "January 2006", clock.ISODate: "2 January 2006"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.Format(words)
		}
	}
	return s
}

func plural(n int, one, more string) string {
	if n == 1 {
		return one
	}
	return more
}
