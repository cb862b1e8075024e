// Package flow adds up who travels from where to where: county lines and other
// movement from an origin area to a destination, by period, with small numbers
// hidden.
//
// # Method
//
// Rows with the same origin, destination and period are added. A missing number
// is not zero: it stays missing, or, where other rows of the pair have one, the
// sum is marked as lacking it. For each period the people form a table of
// origins by destinations with totals, and [disclosure.Protect] hides what must
// be hidden so that no small flow can be worked out from the totals. A pair
// that is not listed is a zero everybody can see.
//
// The breakdowns (confirmed, suspected, supply, violence) are published by pair
// only, without totals, so that nothing ties one pair to another. Within a pair
// a breakdown is hidden when it, or what it leaves of the people, is a small
// number, and always when the people are hidden.
//
// # Assumptions
//
// People are counted once in a row. Two sources of the same pair, or two
// periods, may count the same person: sums over sources carry a warning and
// periods are never added up. Totals over periods published beside these tables
// would undo the hiding; publish them through [disclosure.Options].Earlier.
package flow

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Row is one line of the profile "flows". Nil is missing.
type Row struct {
	Origin, Destination                            string
	People, Confirmed, Suspected, Supply, Violence *int
	Period, Source                                 string // as written; may be empty
}

// Check says in words what is wrong with a row, or nil.
func (r Row) Check() error {
	o, d := strings.TrimSpace(r.Origin), strings.TrimSpace(r.Destination)
	switch {
	case o == "":
		return errors.New("the origin is empty")
	case d == "":
		return errors.New("the destination is empty")
	case o == d:
		return fmt.Errorf("origin and destination are both %q: a flow leads from one area to another", o)
	}
	for _, m := range []struct {
		name  string
		value *int
	}{{"people", r.People}, {"confirmed", r.Confirmed}, {"suspected", r.Suspected}, {"supply", r.Supply}, {"violence", r.Violence}} {
		switch {
		case m.value == nil:
		case *m.value < 0 || *m.value > maxPeople:
			return fmt.Errorf("%s is %d: expected a count from 0 to %d", m.name, *m.value, maxPeople)
		case r.People != nil && *m.value > *r.People:
			return fmt.Errorf("%s is %d, more than the %d people of the flow", m.name, *m.value, *r.People)
		}
	}
	return nil
}

// maxPeople is beyond any population; a larger number is a mistake.
const maxPeople = 1_000_000_000

// Flow is everything known of one pair in one period.
type Flow struct {
	Origin      string `json:"origin"`
	Destination string `json:"destination"`
	Period      string `json:"period"`
	People      *int   `json:"people"` // nil: hidden if Suppressed, otherwise not known
	Confirmed   *int   `json:"confirmed"`
	Suspected   *int   `json:"suspected"`
	Supply      *int   `json:"supply"`
	Violence    *int   `json:"violence"`
	// Suppressed says that the number of people is hidden.
	Suppressed bool `json:"suppressed"`
	// Withheld names the numbers hidden: "people", "confirmed" and so on.
	Withheld []string `json:"withheld"`
	Rows     int      `json:"rows"`    // rows added up
	Missing  int      `json:"missing"` // of which without a number of people
	Sources  []string `json:"sources"` // in alphabetical order
}

// measures lists the breakdowns of a flow by name.
func (f *Flow) measures() []measure {
	return []measure{{"confirmed", &f.Confirmed}, {"suspected", &f.Suspected}, {"supply", &f.Supply}, {"violence", &f.Violence}}
}

type measure struct {
	name  string
	value **int
}

// Aggregate adds rows up by pair and period, in alphabetical order. An error
// names the row, counted from 1.
func Aggregate(rows []Row) ([]Flow, error) {
	type key struct{ origin, destination, period string }
	at := map[key]int{}
	var out []Flow
	for i, r := range rows {
		if err := r.Check(); err != nil {
			return nil, fmt.Errorf("flow %d: %w", i+1, err)
		}
		k := key{strings.TrimSpace(r.Origin), strings.TrimSpace(r.Destination), strings.TrimSpace(r.Period)}
		if _, ok := at[k]; !ok {
			at[k] = len(out)
			out = append(out, Flow{Origin: k.origin, Destination: k.destination, Period: k.period, Withheld: []string{}, Sources: []string{}})
		}
		out[at[k]].add(r)
	}
	slices.SortFunc(out, func(a, b Flow) int {
		return cmp.Or(cmp.Compare(a.Period, b.Period), cmp.Compare(a.Origin, b.Origin), cmp.Compare(a.Destination, b.Destination))
	})
	return out, nil
}

// add takes one more row into a flow.
func (f *Flow) add(r Row) {
	f.Rows++
	if r.People == nil {
		f.Missing++
	}
	f.People = plus(f.People, r.People)
	f.Confirmed, f.Suspected = plus(f.Confirmed, r.Confirmed), plus(f.Suspected, r.Suspected)
	f.Supply, f.Violence = plus(f.Supply, r.Supply), plus(f.Violence, r.Violence)
	if s := strings.TrimSpace(r.Source); s != "" {
		if i, found := slices.BinarySearch(f.Sources, s); !found {
			f.Sources = slices.Insert(f.Sources, i, s)
		}
	}
}

// plus adds what is known; two missing numbers stay missing.
func plus(a, b *int) *int {
	if a == nil || b == nil {
		return cmp.Or(a, b)
	}
	sum := *a + *b
	return &sum
}
