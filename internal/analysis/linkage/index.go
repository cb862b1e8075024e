package linkage

import (
	"slices"
	"sort"
)

// Index answers for one record at a time against a kept run. It is built once
// and held in memory; it is not safe for concurrent use.
type Index struct {
	s     *State
	e     *engine
	rules []rule
	posts []lists // by rule and key: records
	memo  memo
}

// NewIndex makes a kept run ready for single records.
func NewIndex(s *State, opt Options) (*Index, error) {
	if err := opt.check(s.Data); err != nil {
		return nil, err
	}
	x := &Index{s: s, e: newEngine(s.Data, opt), rules: s.Data.newFiling().rules()}
	x.e.count = s.counts
	x.e.adjustments()
	x.e.use(s.Model)
	x.posts = make([]lists, len(x.rules))
	parallel(len(x.rules), opt.Workers, func(_, i int) { x.posts[i] = x.rules[i].file(s.Data, 0) })
	return x, nil
}

// Found is a record of the run that may be about the same person.
type Found struct {
	Edge
	Person uint32 // the person's number in the run
}

// Match compares a record with the run and returns the records it may belong
// with, at or above the review cut, strongest first. In each edge A is the
// run's record; B is the number the record would get. The run is not changed.
func (x *Index) Match(r *Record) ([]Found, error) {
	d := x.s.Data
	n := uint32(len(d.rows))
	kinds, sources := len(d.kinds), len(d.sources)
	places, ids := len(d.places), len(d.idVals)
	defer func() {
		d.rows, d.places, d.idVals = d.rows[:n], d.places[:places], d.idVals[:ids]
		d.ids, d.idEnds = d.ids[:d.idEnds[n]], d.idEnds[:n+1]
		for _, k := range d.kinds[kinds:] {
			delete(d.kindNo, k)
		}
		d.kinds, d.vals, d.valid, d.check = d.kinds[:kinds], d.vals[:kinds], d.valid[:kinds], d.check[:kinds]
		for _, s := range d.sources[sources:] {
			delete(d.srcNo, s)
		}
		d.sources = d.sources[:sources]
	}()
	known := *r
	known.Identifiers = nil
	for _, id := range r.Identifiers { // a kind the run has not cannot be compared
		if _, ok := d.kindNo[id.Kind]; ok {
			known.Identifiers = append(known.Identifiers, id)
		}
	}
	if _, ok := d.srcNo[r.Source]; !ok && len(d.sources) > 0 {
		known.Source = d.sources[0] // a new agency is weighed with the pooled habits of the first
	}
	if err := d.Add(&known); err != nil {
		return nil, err
	}
	x.s.aside.apply(d, int(n))
	var c cell
	x.e.fill(&c, n)
	if int(c.names) >= len(x.e.setMax) { // a name not met before has no bound worked out, and no card
		c.most = 1e6
		known := x.e.cards
		defer func() { x.e.cards = known }()
		for s := len(known); s <= int(c.names); s++ {
			x.e.cards = append(x.e.cards, x.e.cardOf(uint32(s)))
		}
	}
	seen := map[uint32]bool{}
	var out []Found
	cut := bitsOf(x.e.opt.ReviewFrom)
	v := vector{memo: &x.memo}
	try := func(o uint32) {
		if seen[o] {
			return
		}
		seen[o] = true
		if w := x.e.compare(&x.e.cells[o], &c, &v, cut); w >= cut {
			out = append(out, Found{Edge{o, n, w}, x.s.Person[o]})
		}
	}
	for i := range x.rules {
		x.candidates(i, n, try)
	}
	sort.Slice(out, func(i, j int) bool {
		if out[i].Weight != out[j].Weight {
			return out[i].Weight > out[j].Weight
		}
		return out[i].A < out[j].A
	})
	return out, nil
}

// candidates calls try for the records that rule i files with record n.
func (x *Index) candidates(i int, n uint32, try func(uint32)) {
	d, posts, r := x.s.Data, &x.posts[i], &x.rules[i]
	for _, k := range r.keys(nil, n) {
		if int(k) >= posts.count() {
			continue // a value not met before
		}
		run := posts.at(k)
		if len(run) <= r.limit {
			for _, o := range run {
				try(o)
			}
			continue
		}
		for _, f := range r.refine {
			mine := f.keys(nil, &d.rows[n])
			if len(mine) == 0 {
				continue
			}
			var theirs []uint64
			for _, o := range run {
				theirs = f.keys(theirs[:0], &d.rows[o])
				if slices.ContainsFunc(theirs, func(k uint64) bool { return slices.Contains(mine, k) }) {
					try(o)
				}
			}
		}
	}
}
