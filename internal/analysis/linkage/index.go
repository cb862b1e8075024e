package linkage

import "sort"

// Index answers for one record at a time against a kept run. It is built once
// and held in memory; it is not safe for concurrent use.
type Index struct {
	s     *State
	e     *engine
	rules []rule
	posts [][]entry // by rule, sorted by key and record
	memo  memo
}

// NewIndex makes a kept run ready for single records.
func NewIndex(s *State, opt Options) (*Index, error) {
	if err := opt.check(s.Data); err != nil {
		return nil, err
	}
	x := &Index{s: s, e: newEngine(s.Data, opt), rules: s.Data.rules()}
	x.e.count = s.counts
	x.e.adjustments()
	x.e.use(s.Model)
	x.posts = make([][]entry, len(x.rules))
	parallel(len(x.rules), opt.Workers, func(_, i int) {
		var st sorter
		for n := range uint32(len(s.Data.rows)) {
			x.rules[i].keys(s.Data, n, func(k uint64) { st.a = append(st.a, entry{mix(k + 1), n}) })
		}
		st.sort()
		x.posts[i] = append([]entry(nil), st.a...)
	})
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
	if int(c.names) >= len(x.e.setMax) {
		c.most = 1e6 // a name not met before has no bound worked out
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
	d, post, r := x.s.Data, x.posts[i], &x.rules[i]
	r.keys(d, n, func(k uint64) {
		k = mix(k + 1)
		from := sort.Search(len(post), func(j int) bool { return post[j].key >= k })
		to := from
		for to < len(post) && post[to].key == k {
			to++
		}
		run := post[from:to]
		if len(run) <= r.limit {
			for _, o := range run {
				try(o.rec)
			}
			return
		}
		for _, f := range r.refine {
			mine := map[uint64]bool{}
			f.keys(d, n, func(k uint64) { mine[k] = true })
			if len(mine) == 0 {
				continue
			}
			for _, o := range run {
				hit := false
				f.keys(d, o.rec, func(k uint64) { hit = hit || mine[k] })
				if hit {
					try(o.rec)
				}
			}
		}
	})
}
