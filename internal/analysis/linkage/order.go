package linkage

import "sync"

// arrange lays the records and their sets of names out anew in the order of
// their names: records with like names, who are mostly compared with the same
// others, then stand together in memory, which is slower than all comparisons.
// The engine's blocks, cells and cards are in this order; everything that says
// anything about a record is by its number.
func (e *engine) arrange() {
	d := e.d
	f := d.newFiling()
	sets := f.inOrder()
	rank := make([]uint32, len(sets))
	for i, set := range sets {
		rank[set] = uint32(i)
	}
	w := *d
	w.sets, w.setBags = make([]nameSet, len(d.sets)), make([]uint32, 0, len(d.setBags))
	for i, set := range sets {
		w.sets[i] = nameSet{uint32(len(w.setBags)), d.sets[set].n}
		w.setBags = append(w.setBags, d.bagsOf(set)...)
	}
	var filing sync.WaitGroup
	filing.Go(func() { e.whole = f.arranged(&w, sets) })
	e.record = ordered(uint32(len(d.rows)), uint32(len(sets)), func(i uint32) uint32 { return rank[d.rows[i].names] })
	e.slot = make([]uint32, len(e.record))
	w.rows, w.idVals, w.places = make([]row, len(d.rows)), make([]uint32, len(d.idVals)), make([]place, len(d.places))
	type starts struct{ ids, places uint32 }
	begin := make([]starts, (len(d.rows)+stretch-1)/stretch) // of a stretch of records
	parallel(len(begin), e.opt.Workers, func(_, p int) {
		for s := p * stretch; s < min((p+1)*stretch, len(d.rows)); s++ {
			i := e.record[s]
			e.slot[i] = uint32(s)
			w.rows[s] = d.rows[i]
			w.rows[s].names = rank[w.rows[s].names]
			begin[p].ids += uint32(popcount16(w.rows[s].mask))
			begin[p].places += uint32(w.rows[s].nPlace)
		}
	})
	var sum starts
	for p, n := range begin {
		begin[p] = sum
		sum.ids, sum.places = sum.ids+n.ids, sum.places+n.places
	}
	parallel(len(begin), e.opt.Workers, func(_, p int) {
		at := begin[p]
		for s := p * stretch; s < min((p+1)*stretch, len(d.rows)); s++ {
			r := &w.rows[s]
			ids, places := uint32(popcount16(r.mask)), uint32(r.nPlace)
			copy(w.idVals[at.ids:], d.idVals[r.ids:r.ids+ids])
			copy(w.places[at.places:], d.places[r.place:r.place+places])
			r.ids, r.place = at.ids, at.places
			at.ids, at.places = at.ids+ids, at.places+places
		}
	})
	filing.Wait()
	e.work = &w
}

// cell is the cell of a record.
func (e *engine) cell(i uint32) *cell {
	if e.slot != nil {
		i = e.slot[i]
	}
	return &e.cells[i]
}

// recordAt is the number of the record whose cell stands in a place.
func (e *engine) recordAt(slot uint32) uint32 {
	if e.record != nil {
		return e.record[slot]
	}
	return slot
}

// inOrder lists the sets of names so that those that share a code stand together.
func (f *filing) inOrder() []uint32 {
	return ordered(uint32(f.pairs.count()), f.known.n+1, func(set uint32) uint32 {
		if p := f.pairs.at(set); len(p) > 0 {
			return p[0]
		}
		return 0
	})
}

// arranged is the filing of the same names when the sets stand in another order;
// pairs of codes are numbered anew as they come in it.
func (f *filing) arranged(d *Dataset, sets []uint32) *filing {
	out := &filing{d: d, known: f.known}
	number := make([]uint32, f.known.n+1)
	next := uint32(0)
	out.codes = lists{start: make([]uint32, 1, len(f.codes.start)), all: make([]uint32, 0, len(f.codes.all))}
	out.pairs = lists{start: make([]uint32, 1, len(f.pairs.start)), all: make([]uint32, 0, len(f.pairs.all))}
	for _, set := range sets {
		out.codes.all = append(out.codes.all, f.codes.at(set)...)
		out.codes.start = append(out.codes.start, uint32(len(out.codes.all)))
		for _, p := range f.pairs.at(set) {
			if number[p] == 0 {
				next++
				number[p] = next
			}
			out.pairs.all = append(out.pairs.all, number[p])
		}
		out.pairs.start = append(out.pairs.start, uint32(len(out.pairs.all)))
	}
	for i, n := range f.known.ids {
		if n > 0 {
			out.known.ids[i] = number[n]
		}
	}
	return out
}
