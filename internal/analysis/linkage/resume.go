package linkage

import (
	"errors"
	"strings"
)

// What a caller needs that keeps its records and people itself, in a database say, and not in a written State.

// Train trains a model on the records of a dataset and groups nobody.
func Train(d *Dataset, opt Options) (*Model, error) {
	if err := opt.check(d); err != nil {
		return nil, err
	}
	set, _ := d.setAside()
	set.apply(d, 0)
	e := newEngine(d, opt)
	e.arrange()
	p := e.propose(0)
	err := p.err()
	if err == nil {
		err = e.train(p)
	}
	if err := errors.Join(err, release(p.all)); err != nil {
		return nil, &SpillError{err}
	}
	return e.model, nil
}

// StartModel is the model that training starts from, for records too few to learn from: the field's experience as judged, relatives
// taken to be about, and a prior as in a population of people (two records of which one in that many pairs is a match).
func StartModel(d *Dataset, people int) *Model {
	kinds := len(d.kinds)
	return &Model{
		Kinds: d.kinds, Sources: d.sources, Kin: Kin{Household: everyHousehold, Twins: true, Namesakes: true}, Prior: 1 / float64(max(people, 2)),
		M: startTable(kinds, startM, startIdent), U: startTable(kinds, startU, startIdentU), Records: len(d.rows),
	}
}

// Fits reports whether a model can weigh the records of a dataset: it was trained on the same sources and kinds of reference
// number, met in the same order.
func (m *Model) Fits(d *Dataset) bool { return same(m.Sources, d.sources) && same(m.Kinds, d.kinds) }

func same(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// Resume is the state of a dataset whose first records have their people already: person gives, by record, the number of the
// person's first record. Values are counted over all its records. Extend then places those that have no person.
func Resume(d *Dataset, m *Model, person []uint32) *State {
	set, _ := d.setAside()
	set.apply(d, 0)
	return &State{Data: d, Model: m, Person: person, counts: d.count(), aside: set}
}

// Sort is what a doubt is about.
type Sort uint8

// The sorts of doubt.
const (
	ShortOfEvidence Sort = iota
	Bridge               // joining the two would join two groups, or two people of an earlier run
	Conflict             // reference numbers contradict each other or the rest
	TooLarge             // the person as a whole has unusually many records, or later ones show two people in it
)

// Sort says what a doubt is about.
func (d Doubt) Sort() Sort {
	switch {
	case strings.HasPrefix(d.Why, whyLarge), strings.HasPrefix(d.Why, whyCut), d.Why == whyApart:
		return TooLarge
	case d.Why == whyNumbers, strings.HasPrefix(d.Why, whyValid), strings.HasPrefix(d.Why, whyCopied):
		return Conflict
	case d.Why == whyTwoOld, d.Why == whyBridge, d.Why == whyWeak, d.Why == whyDecided, d.Why == whyOneToOne:
		return Bridge
	}
	return ShortOfEvidence
}

// Spelt reports whether the tables know more than one spelling of a folded word.
func (t *Tables) Spelt(word string) bool {
	for _, g := range t.groups[word] {
		if g.spelling {
			return true
		}
	}
	return false
}

// Odds are a weight in bits as odds in words: "about 7,400 to 1 for".
func Odds(weight float64) string {
	s := string(appendOdds(nil, float32(weight)))
	return strings.TrimSuffix(strings.TrimPrefix(s, "Overall: "), ".")
}
