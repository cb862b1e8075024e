package place

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/analysis/disclosure"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/event"
	"lantern.example/lantern/internal/figure"
	"lantern.example/lantern/internal/geo"
)

// What is counted around a place.
const (
	NearMetres   = 200 // how near an event is to count
	WindowDays   = 90
	matchedCount = 2    // places to compare with
	apartMetres  = 400  // a matched place's circle does not touch this one's
	candidates   = 40   // nearest places of the kind that are looked at
	mostEvents   = 5000 // listed around a place
)

// Count is a number of events that may be too small to show.
type Count struct {
	N      int // 0 when hidden
	Hidden bool
}

// String is the count in words fit to show.
func (c Count) String() string {
	if c.Hidden {
		return fmt.Sprintf("fewer than %d", disclosure.DefaultThreshold)
	}
	return figure.Group(c.N)
}

// Compared is one place with its two counts.
type Compared struct {
	Place
	Before, Now Count
	Metres      float64 // from the place in question
}

// Around is what happened near a place, now and before, beside places like it.
type Around struct {
	Refused     bool
	Reason      string
	From, Until time.Time // of the later window; the earlier ends where it begins
	Before, Now Count
	Matched     []Compared
	// MatchedBefore and MatchedNow are the matched places together.
	MatchedBefore, MatchedNow Count
	Events                    []event.Event // in both windows, newest first; only for those who may see rows
	Agencies                  int           // whose records were counted
	Sentence, Base            string
}

// Around counts the events within 200 m of a place in the last 90 days and in the 90 before, and does the same at the
// two places of its kind, open and not too near, whose earlier count is closest. Only exact points of dated events
// count. The windows end today, or with the last exact event when that is earlier: a file that ends in March says
// nothing of April.
func (s *Store) Around(ctx context.Context, q database.Queryer, scope access.Scope, p Place) (Around, error) {
	var a Around
	at, ok := p.At()
	if !ok {
		return a.refuse("We do not know where this place is: its record has no coordinates, and no postcode that the directory places."), nil
	}
	have, err := s.events.Precisely(ctx, q, scope, event.Query{})
	if err != nil {
		return a, err
	}
	switch {
	case have.Last == 0 && have.Snapped > 0:
		return a.refuse("We cannot count what happens around this place: " + geo.SnapSupports(geo.UseAddress, 0).Reason + "."), nil
	case have.Last == 0:
		return a.refuse("We cannot count what happens around this place: no partner’s events with a day and an exact point are loaded that you may read."), nil
	}
	a.Until = clock.Today(s.clock).AddDate(0, 0, 1)
	if last := clock.FromMicros(have.Last).In(clock.London()); last.Before(a.Until) {
		a.Until = time.Date(last.Year(), last.Month(), last.Day()+1, 0, 0, 0, 0, time.UTC)
	}
	a.From = a.Until.AddDate(0, 0, -WindowDays)
	if p.LocatedBy == "postcode" {
		a.Reason = "The place is where its postcode is, which may be up to 100 m from its door."
	}
	before, now, events, err := s.near(ctx, q, scope, at, a.From, a.Until)
	if err != nil {
		return a, err
	}
	open := TrueCounts(scope)
	a.Before, a.Now = small(before, open), small(now, open)
	if open {
		a.Events = events
	}
	owners := map[string]bool{}
	for _, e := range events {
		owners[e.Owner] = true
	}
	a.Agencies = len(owners)
	if err := s.match(ctx, q, scope, p, at, before, &a); err != nil {
		return a, err
	}
	a.say()
	return a, nil
}

func (a Around) refuse(why string) Around {
	a.Refused, a.Reason, a.Sentence = true, why, why
	return a
}

// small hides a small count, unless the reader may see it. Nought is shown: that nothing is recorded near a place
// tells of nobody.
func small(n int, open bool) Count {
	if !open && n > 0 && n < disclosure.DefaultThreshold {
		return Count{Hidden: true}
	}
	return Count{N: n}
}

// near counts the dated events around a point in two windows of equal length.
func (s *Store) near(ctx context.Context, q database.Queryer, scope access.Scope, at geo.Point, from, until time.Time) (before, now int, events []event.Event, err error) {
	f := event.Query{Near: &at, Within: NearMetres, Since: clock.Micros(from.AddDate(0, 0, -WindowDays)), Before: clock.Micros(until)}
	list, _, err := s.events.List(ctx, q, scope, f, mostEvents, 0)
	for _, e := range list {
		if e.True.Precision != "day" && e.True.Precision != "instant" {
			continue
		}
		events = append(events, e)
		if *e.True.From < clock.Micros(from) {
			before++
		} else {
			now++
		}
	}
	return before, now, events, err
}

// match finds the two places to compare with.
func (s *Store) match(ctx context.Context, q database.Queryer, scope access.Scope, p Place, at geo.Point, baseline int, a *Around) error {
	all, _, err := s.List(ctx, q, scope, Query{Kind: p.Kind, Status: Open})
	if err != nil {
		return err
	}
	type candidate struct {
		place       Place
		at          geo.Point
		metres      float64
		before, now int
	}
	var list []candidate
	for _, x := range all {
		there, ok := x.At()
		if !ok || x.ID == p.ID {
			continue
		}
		if m := geo.Distance(at, there); m >= apartMetres {
			list = append(list, candidate{place: x, at: there, metres: m})
		}
	}
	slices.SortStableFunc(list, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.metres, b.metres), cmp.Compare(a.place.ID, b.place.ID))
	})
	list = list[:min(len(list), candidates)]
	for i := range list {
		if list[i].before, list[i].now, _, err = s.near(ctx, q, scope, list[i].at, a.From, a.Until); err != nil {
			return err
		}
	}
	slices.SortStableFunc(list, func(x, y candidate) int { return cmp.Compare(abs(x.before-baseline), abs(y.before-baseline)) })
	open := TrueCounts(scope)
	before, now := 0, 0
	var chosen []candidate
	for _, x := range list {
		if len(chosen) < matchedCount && !slices.ContainsFunc(chosen, func(c candidate) bool { return geo.Distance(c.at, x.at) < apartMetres }) {
			chosen = append(chosen, x)
		}
	}
	hidden := false
	for _, x := range chosen {
		c := Compared{Place: x.place, Before: small(x.before, open), Now: small(x.now, open), Metres: x.metres}
		hidden = hidden || c.Before.Hidden || c.Now.Hidden
		a.Matched = append(a.Matched, c)
		before, now = before+x.before, now+x.now
	}
	a.MatchedBefore, a.MatchedNow = small(before, open), small(now, open)
	if hidden { // a sum beside one of its two parts would give the other away
		for i := range a.Matched {
			a.Matched[i].Before, a.Matched[i].Now = Count{Hidden: true}, Count{Hidden: true}
		}
	}
	return nil
}

func abs(n int) int { return max(n, -n) }

func (a *Around) say() {
	a.Sentence = fmt.Sprintf("Events within %d m: %s, then %s in the next %d days", NearMetres, a.Before, a.Now, WindowDays)
	switch len(a.Matched) {
	case 0:
		a.Sentence += "; there is no place of its kind to compare with."
	case 1:
		a.Sentence += fmt.Sprintf("; at one matched place %s, then %s.", a.MatchedBefore, a.MatchedNow)
	default:
		a.Sentence += fmt.Sprintf("; at two matched places %s, then %s.", a.MatchedBefore, a.MatchedNow)
	}
	a.Sentence += " From partners’ exact points."
	last := a.Until.AddDate(0, 0, -1)
	a.Base = fmt.Sprintf("events with a day and an exact point that you may read, %s to %s and the %d days before; matched places are open, of the same kind, at least %d m away, with the nearest count before",
		a.From.Format("2 January 2006"), last.Format("2 January 2006"), WindowDays, apartMetres)
}
