package linkage

import (
	"errors"
	"slices"
)

// proposals are the pairs that blocking proposes. They are met from the side of
// the later record: a pair that several rules propose is met once, because all
// blocks that hold the later record are met together.
type proposals struct {
	d       *Dataset
	all     []*blocks
	first   uint32 // pairs of two records before it do not count
	parts   int    // ranges of records whose candidates are held at a time, to keep to the memory
	workers int
	whole   *candidates // when there is one part
}

// err is the first fault of putting blocks aside.
func (p *proposals) err() error {
	for _, b := range p.all {
		if b.err != nil {
			return b.err
		}
	}
	return nil
}

// pairs calls f for every pair that a rule proposes, a before b; a pair that
// several rules propose comes as often, on several workers.
func (p *proposals) pairs(f func(rule int, a, b uint32)) error {
	errs := make([]error, len(p.all))
	parallel(len(p.all), p.workers, func(_, k int) {
		errs[k] = p.all[k].each(func(recs []uint32, flag uint32) {
			if flag == 0 {
				for y := range recs {
					for x := range y {
						f(k, recs[x], recs[y])
					}
				}
				return
			}
			half := slices.IndexFunc(recs, func(i uint32) bool { return p.d.rows[i].flags != 0 })
			for _, x := range recs[:half] {
				for _, y := range recs[half:] {
					f(k, min(x, y), max(x, y))
				}
			}
		})
	})
	return errors.Join(errs...)
}

// each calls f for the candidates of one range of records after another.
func (p *proposals) each(f func(c *candidates)) error {
	n := uint32(len(p.d.rows))
	if p.parts <= 1 {
		if p.whole == nil {
			var err error
			if p.whole, err = p.gather(p.first, n); err != nil {
				return err
			}
			for _, b := range p.all { // not held twice
				b.recs, b.starts = nil, nil
			}
		}
		f(p.whole)
		return nil
	}
	size := (n - p.first + uint32(p.parts) - 1) / uint32(p.parts)
	for lo := p.first; lo < n; lo += size {
		c, err := p.gather(lo, min(lo+size, n))
		if err != nil {
			return err
		}
		f(c)
	}
	return nil
}

// candidates are the blocks of a range of records.
type candidates struct {
	d      *Dataset
	from   uint32   // the first record
	to     uint32   // one past the last
	recs   []uint32 // lists of records in order; each ends with the record that reads it or with none
	blocks lists    // by record: where in recs a list begins of records it is compared with as far as they stand before it
}

// gather files the blocks under the records from lo up to hi.
func (p *proposals) gather(lo, hi uint32) (*candidates, error) {
	c := &candidates{d: p.d, from: lo, to: hi}
	n, blocks := 0, 0
	for _, b := range p.all {
		n, blocks = n+len(b.recs), blocks+len(b.starts)
	}
	c.recs = make([]uint32, 0, n+n/16)
	starts := make([]uint32, 0, blocks+1)
	for _, b := range p.all {
		err := b.each(func(recs []uint32, flag uint32) {
			if flag != 0 {
				half := slices.IndexFunc(recs, func(i uint32) bool { return p.d.rows[i].flags != 0 })
				starts = append(starts, uint32(len(c.recs))|crossBit)
				c.recs = append(append(append(append(c.recs, recs[:half]...), none), recs[half:]...), none)
			} else if i, _ := slices.BinarySearch(recs[1:], lo); i+1 < len(recs) && recs[i+1] < hi {
				starts = append(starts, uint32(len(c.recs)))
				c.recs = append(c.recs, recs...)
			}
		})
		if err != nil {
			return nil, err
		}
	}
	starts = append(starts, uint32(len(c.recs)))
	at := make([]uint32, hi-lo+2) // two on from the record, so that it ends as where the record's list starts
	// Each worker files the records of a range of its own.
	file := func(f func(i, list uint32)) {
		size := (hi - lo + uint32(p.workers) - 1) / uint32(p.workers)
		parallel(p.workers, p.workers, func(_, w int) {
			first := lo + uint32(w)*size
			last := min(first+size, hi)
			under := func(recs []uint32, list uint32) { // those that stand after the list's first
				for _, i := range recs {
					if i >= first && i < last && c.recs[list] < i {
						f(i-lo, list)
					}
				}
			}
			for k, s := range starts[:len(starts)-1] {
				from := s &^ crossBit
				recs := c.recs[from : starts[k+1]&^crossBit]
				if s == from {
					under(recs[1:], from)
					continue
				}
				half := uint32(slices.Index(recs, none))
				under(recs[:half], from+half+1)
				under(recs[half+1:len(recs)-1], from)
			}
		})
	}
	file(func(i, _ uint32) { at[i+2]++ })
	for i := 2; i < len(at); i++ {
		at[i] += at[i-1]
	}
	all := make([]uint32, at[len(at)-1])
	file(func(i, list uint32) {
		all[at[i+1]] = list
		at[i+1]++
	})
	c.blocks = lists{at[:hi-lo+1], all}
	return c, nil
}

// stretch is how many records a worker takes at a time; it does not depend on
// the number of workers.
const stretch = 1 << 11

// finder finds one record's candidates after another's.
type finder struct {
	seen    []uint64 // by record, a bit
	found   []uint32
	touched uint32
}

// of lists the records before b that share a block with it, each once. The list
// is good until the next call.
func (f *finder) of(c *candidates, b uint32) []uint32 {
	if f.seen == nil {
		f.seen = make([]uint64, len(c.d.rows)/64+1)
	}
	f.found = f.found[:0]
	blocks := c.blocks.at(b - c.from)
	for _, at := range blocks { // so that the cache fetches them together
		f.touched += c.recs[at]
	}
	for _, at := range blocks {
		for _, a := range c.recs[at:] {
			if a >= b {
				break
			}
			if bit := uint64(1) << (a & 63); f.seen[a>>6]&bit == 0 {
				f.seen[a>>6] |= bit
				f.found = append(f.found, a)
			}
		}
	}
	for _, a := range f.found {
		f.seen[a>>6] = 0
	}
	return f.found
}
