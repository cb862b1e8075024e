package identity

import (
	"cmp"
	"slices"
	"strings"

	"lantern.example/lantern/internal/analysis/linkage"
)

// placed is a new record with the person it was given, and what was found on the way.
type placed struct {
	number  int
	person  string
	started bool // the record starts the person
	edges   []linkage.Edge
	doubts  []doubt
	// As they are written, in the same order.
	edgeRows, itemRows [][]any
}

// doubt is a pair that a person should look at. a is the record in hand.
type doubt struct {
	a, b     uint32
	weight   float64
	sort     Topic
	why      string
	priority int
}

// Topic is what a doubt is about.
type Topic string

// The topics.
const (
	Short         Topic = "short"         // the evidence does not reach
	Bridge        Topic = "bridge"        // a record, or a link, that would make two people one
	Clash         Topic = "conflict"      // identifiers contradict each other or the rest
	Large         Topic = "large"         // a person of unusually many records
	Contradiction Topic = "contradiction" // people's decisions contradict each other
	Check         Topic = "check"         // a decision that reached a restricted record its maker could not see
	Repeated      Topic = "repeat"        // one id of a list stands on records of two people
	Sampled       Topic = "sample"        // a reviewer of the sample saw it otherwise than it stands
)

func topicOf(s linkage.Sort) Topic {
	switch s {
	case linkage.Bridge:
		return Bridge
	case linkage.Conflict:
		return Clash
	case linkage.TooLarge:
		return Large
	}
	return Short
}

// known is what stands already between people: what waits and what was decided. Pairs are of person ids, lesser first.
type known struct {
	waiting map[[2]string]bool
	bridged map[string][]string // by person: the people that one of its records waits between
	settled map[[2]string]bool  // decided to be different, or looked at and unsure
}

func pairOf(a, b string) [2]string { return [2]string{min(a, b), max(a, b)} }

// place works out where the new records go. The engine joins a record that fits two people to the one it fits better; here it is joined to
// neither and waits, since a person must decide whether the two are one.
func (g *gathered) place(w *weighed, k known) []placed {
	n := len(g.ids)
	person := make([]string, n)
	copy(person, g.persons)
	for i := g.old; i < n; i++ {
		if root := int(w.Person[i]); root < g.old {
			person[i] = g.persons[root]
		} else {
			person[i] = personID(g.ids[root])
		}
	}
	bridging := g.apartFrom(w, person, k)
	doubts := g.doubts(w, person, k, bridging)
	started := map[string]bool{}
	for _, p := range g.persons {
		started[p] = true
	}
	out := make([]placed, 0, n-g.old)
	for i := g.old; i < n; i++ {
		out = append(out, placed{number: i, person: person[i], started: !started[person[i]]})
		started[person[i]] = true
	}
	var links []linkage.Edge
	for _, e := range w.Links {
		if person[e.A] == person[e.B] && int(max(e.A, e.B)) >= g.old {
			links = append(links, e)
		}
	}
	for _, e := range keptEdges(links, n) {
		p := &out[int(max(e.A, e.B))-g.old]
		p.edges = append(p.edges, e)
	}
	for _, d := range doubts {
		at := int(max(d.a, d.b)) - g.old
		if at < 0 { // of two records that were there before: said with the first new one
			at = 0
		}
		out[at].doubts = append(out[at].doubts, d)
	}
	return out
}

// apartFrom takes records that fit two people of before out of the one they were given, and gives the pairs they wait on.
func (g *gathered) apartFrom(w *weighed, person []string, k known) []linkage.Edge {
	fits := map[int]map[string]linkage.Edge{} // by new record: the strongest pair with each person of before
	note := func(x int, e linkage.Edge, o uint32) {
		if fits[x] == nil {
			fits[x] = map[string]linkage.Edge{}
		}
		if have, ok := fits[x][person[o]]; !ok || e.Weight > have.Weight {
			fits[x][person[o]] = e
		}
	}
	for _, e := range w.Bridges {
		if a, b := min(e.A, e.B), max(e.A, e.B); int(a) < g.old && int(b) >= g.old {
			note(int(b), e, a)
		}
	}
	if len(fits) == 0 {
		return nil
	}
	for _, e := range w.Links { // and the person it was given
		if a, b := min(e.A, e.B), max(e.A, e.B); int(a) < g.old && fits[int(b)] != nil && person[a] == person[b] {
			note(int(b), e, a)
		}
	}
	var waits []int
	for x := range fits {
		waits = append(waits, x)
	}
	slices.Sort(waits)
	out := make([]linkage.Edge, 0, len(waits))
	alone := map[int]bool{}
	for _, x := range waits {
		if to := whereTo(fits[x], k); to != "" {
			person[x] = to
		} else {
			alone[x] = true
			for _, p := range sortedKeys(fits[x]) {
				out = append(out, fits[x][p])
			}
		}
	}
	f := newForest(len(person)) // those that wait and are linked with each other wait together
	for _, e := range w.Links {
		if alone[int(e.A)] && alone[int(e.B)] {
			f.join(int(e.A), int(e.B))
		}
	}
	for x := range alone {
		person[x] = personID(g.ids[f.root(x)])
	}
	return out
}

// whereTo is the one person that a record which fits several belongs with after all, "" when there is none: somebody who waits
// for exactly the others has the same evidence; and somebody who waits for another that fits does not count.
func whereTo(fits map[string]linkage.Edge, k known) string {
	people := sortedKeys(fits)
	for _, p := range people {
		awaited := k.bridged[p]
		if len(awaited) > 0 && len(awaited) == len(people)-1 && !slices.ContainsFunc(people, func(o string) bool { return o != p && !slices.Contains(awaited, o) }) {
			return p
		}
	}
	var left []string
	for _, p := range people {
		if !slices.ContainsFunc(k.bridged[p], func(o string) bool { return slices.Contains(people, o) }) {
			left = append(left, p)
		}
	}
	if len(left) == 1 {
		return left[0]
	}
	return ""
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// touched are the agencies whose records a run placed or joined others to.
func (g *gathered) touched(w *weighed, all []placed) []string {
	seen := map[string]bool{}
	for _, p := range all {
		seen[g.agencies[g.owners[p.number]]] = true
	}
	for _, e := range w.Links {
		seen[g.agencies[g.owners[e.A]]], seen[g.agencies[g.owners[e.B]]] = true, true
	}
	return sortedKeys(seen)
}

const bridgeWords = "a new record fits two people: it was joined to neither"

// doubts are what a person should look at, each pair of people once, the most pressing reason first.
func (g *gathered) doubts(w *weighed, person []string, k known, bridging []linkage.Edge) []doubt {
	var all []doubt
	for _, e := range bridging {
		all = append(all, doubt{max(e.A, e.B), min(e.A, e.B), float64(e.Weight), Bridge, bridgeWords, 1})
	}
	for _, d := range w.Review {
		t := topicOf(d.Sort())
		if t != Large && d.Probability() < doubtFrom {
			continue
		}
		all = append(all, doubt{max(d.A, d.B), min(d.A, d.B), float64(d.Weight), t, d.Why, d.Priority})
	}
	slices.SortStableFunc(all, func(a, b doubt) int {
		return cmp.Or(cmp.Compare(a.priority, b.priority), cmp.Compare(b.weight, a.weight), cmp.Compare(a.a, b.a), cmp.Compare(a.b, b.b))
	})
	said := map[[2]string]bool{}
	var out []doubt
	for _, d := range all {
		pair := pairOf(person[d.a], person[d.b])
		whole := pair[0] == pair[1] // about a person as a whole
		if said[pair] || k.waiting[pair] || whole && d.sort != Large || !whole && k.settled[pair] {
			continue
		}
		if whole { // looked at before: the pair was decided to be the same
			if j, ok := g.decided[[2]int{int(d.b), int(d.a)}]; ok && j.verdict == Same {
				continue
			}
		}
		said[pair] = true
		out = append(out, d)
	}
	return out
}

// plainWords are the engine's reasons where they can be said more plainly.
var plainWords = map[string]string{
	"the evidence is short of the threshold": "There is not enough to be sure that they are one person.",
	"too few fields agree to be sure":        "Too little of the two records can be compared to be sure.",
}

// sentence is the engine's reason as a sentence.
func sentence(why string) string {
	if why == "" {
		return ""
	}
	if w := plainWords[why]; w != "" {
		return w
	}
	return strings.ToUpper(why[:1]) + strings.TrimSuffix(why[1:], ".") + "."
}
