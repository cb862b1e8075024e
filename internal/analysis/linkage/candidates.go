package linkage

import "slices"

// proposals are the pairs that blocking proposes. They are met from the side of
// the later record: a pair that several rules propose is met once, because all
// blocks that hold the later record are met together.
type proposals struct {
	d       *Dataset
	filing  *filing
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
	from   uint32 // the first record
	recs   []uint32
	blocks lists    // by record: where in recs a block begins that holds it after others, with the block's partialBit
	order  []uint32 // the records of the range, those with like names together
}

// gather files the blocks under the records from lo up to hi.
func (p *proposals) gather(lo, hi uint32) (*candidates, error) {
	c := &candidates{d: p.d, from: lo}
	n, blocks := 0, 0
	for _, b := range p.all {
		n, blocks = n+len(b.recs), blocks+len(b.starts)
	}
	c.recs = make([]uint32, 0, n)
	starts := make([]uint32, 0, blocks+1)
	for _, b := range p.all {
		err := b.each(func(recs []uint32, flag uint32) {
			if i, _ := slices.BinarySearch(recs[1:], lo); i+1 < len(recs) && recs[i+1] < hi {
				starts = append(starts, uint32(len(c.recs))|flag)
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
	file := func(f func(i, block uint32)) {
		size := (hi - lo + uint32(p.workers) - 1) / uint32(p.workers)
		parallel(p.workers, p.workers, func(_, w int) {
			first := lo + uint32(w)*size
			for k, s := range starts[:len(starts)-1] {
				for _, i := range c.recs[s&^partialBit+1 : starts[k+1]&^partialBit] {
					if i-first < size && i < hi {
						f(i-lo, s)
					}
				}
			}
		})
	}
	file(func(i, _ uint32) { at[i+2]++ })
	for i := 2; i < len(at); i++ {
		at[i] += at[i-1]
	}
	all := make([]uint32, at[len(at)-1])
	file(func(i, block uint32) {
		all[at[i+1]] = block
		at[i+1]++
	})
	c.blocks = lists{at[:hi-lo+1], all}
	c.order = p.filing.byNames(lo, hi)
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
	rows := c.d.rows
	if f.seen == nil {
		f.seen = make([]uint64, len(rows)/64+1)
	}
	f.found = f.found[:0]
	blocks := c.blocks.at(b - c.from)
	for _, at := range blocks { // so that the cache fetches them together
		f.touched += c.recs[at&^partialBit]
	}
	for _, at := range blocks {
		partial := at&partialBit != 0 && rows[b].flags == 0
		for _, a := range c.recs[at&^partialBit:] {
			if a >= b {
				break
			}
			if bit := uint64(1) << (a & 63); f.seen[a>>6]&bit == 0 && !(partial && rows[a].flags == 0) {
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
