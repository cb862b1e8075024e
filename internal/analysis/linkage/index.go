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
	posts []lists           // by rule and key: records
	more  map[string]*shelf // by refinement
	memo  memo
	keys  []uint64
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
	parallel(len(x.rules), opt.Workers, func(_, i int) { x.posts[i] = x.rules[i].file(s.Data) })
	x.more = map[string]*shelf{}
	var shelves []*shelf
	for i := range x.rules {
		for _, f := range x.rules[i].refine {
			if x.more[f.name] == nil {
				x.more[f.name] = &shelf{f: f}
				shelves = append(shelves, x.more[f.name])
			}
		}
	}
	parallel(len(shelves), opt.Workers, func(_, i int) { shelves[i].fill(s.Data) })
	x.e.cards, x.e.others = roomy(x.e.cards), roomy(x.e.others)
	x.e.idents = roomy(x.e.idents)
	for k := range x.e.sieves {
		x.e.sieves[k] = roomy(x.e.sieves[k])
	}
	return x, nil
}

// roomy makes room for more, so that what is asked for does not move the whole.
func roomy[T any](v []T) []T { return slices.Grow(v, len(v)/16+64) }

// Found is a record of the run that may be about the same person.
type Found struct {
	Edge
	Person uint32 // the person's number in the run
}

// Match compares a record with the run and returns the records it may belong
// with, at or above the review cut, strongest first. In each edge A is the
// run's record; B is the number the record would get. The run is not changed; names
// and values that it had not stay in its tables, so that they need not be moved.
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
	x.e.gatherNumbers()
	x.e.fill(&c, n)
	if int(c.names) >= len(x.e.cards) { // a name that the run has not, perhaps without a card yet
		x.e.gatherCards()
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
		for j := range r.refine {
			f := &r.refine[j]
			x.keys = f.keys(x.keys[:0], &d.rows[n])
			for _, k := range x.keys {
				eachCommon(run, x.more[f.name].at(k, &d.rows[n]), try)
			}
		}
	}
}

// shelf is where a refinement files all records, so that a block too large to
// look through need not be.
type shelf struct {
	f       refinement
	known   numbering
	recs    lists // by number of a key
	partial lists // of these, those whose date of birth is not known in full, when only such pairs count
}

func (s *shelf) fill(d *Dataset) {
	var keys []uint64
	var numbers, recs []uint32
	for i := range d.rows {
		keys = s.f.keys(keys[:0], &d.rows[i])
		for _, k := range keys {
			numbers, recs = append(numbers, s.known.number(k)), append(recs, uint32(i))
		}
	}
	s.recs = s.filed(numbers, recs)
	if !s.f.partial {
		return
	}
	n := 0
	for i, r := range recs {
		if d.rows[r].flags != 0 {
			numbers[n], recs[n] = numbers[i], r
			n++
		}
	}
	s.partial = s.filed(numbers[:n], recs[:n])
}

// filed lists records by the number of their key.
func (s *shelf) filed(numbers, recs []uint32) lists {
	order := ordered(uint32(len(recs)), s.known.n+1, func(i uint32) uint32 { return numbers[i] })
	start := make([]uint32, s.known.n+2)
	for _, n := range numbers {
		start[n+1]++
	}
	for k := 1; k < len(start); k++ {
		start[k] += start[k-1]
	}
	for i, at := range order {
		order[i] = recs[at]
	}
	return lists{start, order}
}

// at lists the records under a key that count for a record, in order.
func (s *shelf) at(k uint64, r *row) []uint32 {
	if s.f.partial && r.flags == 0 {
		return s.partial.at(s.known.find(k))
	}
	return s.recs.at(s.known.find(k))
}

// eachCommon calls f for what stands in both lists, which are in order: of the longer
// only what is near is looked at, in steps that double.
func eachCommon(a, b []uint32, f func(uint32)) {
	if len(a) > len(b) {
		a, b = b, a
	}
	for _, x := range a {
		n := 1
		for n < len(b) && b[n-1] < x {
			n *= 2
		}
		i, found := slices.BinarySearch(b[n/2:min(n, len(b))], x)
		if found {
			f(x)
		}
		if b = b[n/2+i:]; len(b) == 0 {
			return
		}
	}
}
