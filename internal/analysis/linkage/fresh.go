package linkage

import (
	"math/bits"
	"slices"
)

// In a later run only pairs with a new record count, so only keys that a new record
// has do. The records before are gone through once: each is held against the keys
// of the new ones, and no block is filed that none of them is in.

// filing is what names are filed under where the records from first on are compared
// with all.
func (e *engine) filing(first uint32) *filing {
	switch {
	case first > 0:
		return e.d.filingFor(first, e.opt.Workers)
	case e.whole != nil:
		return e.whole
	}
	return e.d.newFiling()
}

// filingFor is the filing of the records from first on, and of the others as far
// as they share it with them.
func (d *Dataset) filingFor(first uint32, workers int) *filing {
	f := &filing{d: d, alias: newBits(len(d.sets))} // a stretch of sets has words of its own in it
	wanted := newBits(d.book.codes.count() + 1)
	fresh := newBits(len(d.sets))
	var buf []filed
	var pairs []uint64
	for _, r := range d.rows[first:] {
		if fresh.has(r.names) {
			continue
		}
		fresh.add(r.names)
		buf = d.filedUnder(buf[:0], r.names)
		for _, x := range buf {
			wanted.add(x.code)
		}
		pairs = appendPairs(pairs[:0], buf)
		for _, p := range pairs {
			f.known.number(p)
		}
	}
	type part struct{ codes, pairs lists }
	parts := make([]part, (len(d.sets)+stretch-1)/stretch)
	parallel(len(parts), workers, func(_, i int) {
		var buf []filed
		var pairs []uint64
		p := &parts[i]
		for set := i * stretch; set < min((i+1)*stretch, len(d.sets)); set++ {
			for _, b := range d.bagsOf(uint32(set)) {
				if d.book.bags[b].alias {
					f.alias.add(uint32(set))
				}
			}
			buf = d.filedUnder(buf[:0], uint32(set))
			from := len(p.codes.all)
			for _, x := range buf {
				if wanted.has(x.code) && !slices.Contains(p.codes.all[from:], x.code) {
					p.codes.all = append(p.codes.all, x.code)
				}
			}
			p.codes.start = append(p.codes.start, uint32(len(p.codes.all)))
			pairs = appendPairs(pairs[:0], buf)
			for _, k := range pairs {
				if n := f.known.find(k); n > 0 {
					p.pairs.all = append(p.pairs.all, n)
				}
			}
			p.pairs.start = append(p.pairs.start, uint32(len(p.pairs.all)))
		}
	})
	codes, twos := make([]lists, len(parts)), make([]lists, len(parts))
	for i := range parts {
		codes[i], twos[i] = parts[i].codes, parts[i].pairs
	}
	f.codes, f.pairs = joined(codes), joined(twos)
	return f
}

// joined puts lists one after another; the parts have only where each list ends.
func joined(parts []lists) lists {
	n, all := 0, 0
	for i := range parts {
		n, all = n+len(parts[i].start), all+len(parts[i].all)
	}
	out := lists{make([]uint32, 1, n+1), make([]uint32, 0, all)}
	for i := range parts {
		from := uint32(len(out.all))
		for _, end := range parts[i].start {
			out.start = append(out.start, from+end)
		}
		out.all = append(out.all, parts[i].all...)
	}
	return out
}

// bitSet is a set of numbers.
type bitSet []uint64

func newBits(n int) bitSet { return make(bitSet, n/64+1) }

func (b bitSet) add(i uint32)      { b[i>>6] |= 1 << (i & 63) }
func (b bitSet) has(i uint32) bool { return b[i>>6]>>(i&63)&1 == 1 }

// buildNew builds, of every rule, the blocks that hold a record from first on. The
// outcome does not depend on the number of workers.
func (f *filing) buildNew(rules []rule, first uint32, workers int) []*blocks {
	n := uint32(len(f.d.rows))
	wanted := make([]bitSet, len(rules))
	parallel(len(rules), workers, func(_, i int) {
		wanted[i] = newBits(rules[i].size)
		var keys []uint32
		for rec := first; rec < n; rec++ {
			keys = rules[i].keys(keys[:0], rec)
			for _, k := range keys {
				wanted[i].add(k)
			}
		}
	})
	// Who is filed under a wanted key: by stretch of records, one rule after another.
	met := make([]stretchOf, (n+stretch-1)/stretch)
	bufs := make([][]entry, max(workers, 1))
	parallel(len(met), workers, func(w, i int) {
		m, all := &met[i], bufs[w][:0]
		lo, hi := uint32(i)*stretch, min(uint32(i+1)*stretch, n)
		var keys []uint32
		for k := range rules {
			of, in := rules[k].keys, wanted[k]
			for rec := lo; rec < hi; rec++ {
				keys = of(keys[:0], rec)
				for _, key := range keys {
					if in.has(key) {
						all = append(all, entry{key, rec})
					}
				}
			}
			m.ends = append(m.ends, len(all))
		}
		m.all, bufs[w] = slices.Clone(all), all
	})
	out, over := make([]*blocks, len(rules)), make([]bitSet, len(rules))
	parallel(len(rules), workers, func(_, i int) { out[i], over[i] = smallBlocks(&rules[i], i, met, first) })
	type task struct{ rule, refine int }
	var tasks []task
	for i := range rules {
		if over[i] != nil {
			for k := range rules[i].refine {
				tasks = append(tasks, task{i, k})
			}
		}
	}
	parts := make([]blocks, len(tasks))
	dividers := make([]divider, max(workers, 1))
	parallel(len(tasks), workers, func(w, i int) {
		i = len(tasks) - 1 - i // those with most to do stand last
		t := tasks[i]
		dividers[w].refineNew(f.d, t.rule, met, over[t.rule], &rules[t.rule].refine[t.refine], first, &parts[i])
	})
	for i := range tasks {
		out[tasks[i].rule].join(&parts[i])
	}
	for _, b := range out {
		b.starts = append(b.starts, uint32(len(b.recs)))
	}
	return out
}

// stretchOf is what was met in a stretch of records.
type stretchOf struct {
	all  []entry
	ends []int // by rule
}

func (s *stretchOf) of(rule int) []entry {
	if rule == 0 {
		return s.all[:s.ends[0]]
	}
	return s.all[s.ends[rule-1]:s.ends[rule]]
}

// smallBlocks makes the blocks of one rule, number at, of what was met, but for those
// that are over the limit, whose keys it returns; nil when there are none.
func smallBlocks(r *rule, at int, met []stretchOf, first uint32) (*blocks, bitSet) {
	b := &blocks{rule: r.name}
	size := make([]uint32, r.size+1)
	for i := range met {
		for _, x := range met[i].of(at) {
			size[x.key]++
		}
	}
	l := lists{start: make([]uint32, r.size+1)}
	var over bitSet
	sum := uint32(0)
	for k := range r.size {
		if l.start[k] = sum; int(size[k]) <= r.limit {
			sum += size[k]
			continue
		}
		if over == nil {
			over = newBits(r.size)
		}
		over.add(uint32(k))
	}
	l.start[r.size] = sum
	l.all = make([]uint32, sum)
	next := slices.Clone(l.start)
	for i := range met {
		for _, x := range met[i].of(at) {
			if over == nil || !over.has(x.key) {
				l.all[next[x.key]] = x.rec
				next[x.key]++
			}
		}
	}
	for k := range uint32(r.size) {
		if recs := l.at(k); len(recs) > 1 {
			b.add(recs, first)
		}
	}
	return b, over
}

// refineNew files what was met in the blocks that are over the limit under one more
// agreement with a new record of the same block.
func (v *divider) refineNew(d *Dataset, rule int, met []stretchOf, over bitSet, f *refinement, first uint32, out *blocks) {
	var known numbering // what the new records agree in
	v.known, v.entries = numbering{}, v.entries[:0]
	rows := d.rows
	both := func(k, n uint32) uint64 { return uint64(k)<<32 | uint64(n) }
	begin := int(first / stretch)
	for i := begin; i < len(met); i++ {
		for _, x := range met[i].of(rule) {
			if x.rec < first || !over.has(x.key) {
				continue
			}
			v.keys = f.keys(v.keys[:0], &rows[x.rec])
			for _, k := range v.keys {
				v.known.number(both(x.key, known.number(k)))
			}
		}
	}
	if v.known.n == 0 {
		return
	}
	sieve := newSieve(&v.known)
	last := uint32(none)
	var agree []uint32 // of the record at hand
	for i := range met {
		for _, x := range met[i].of(rule) {
			if !over.has(x.key) {
				continue
			}
			if x.rec != last {
				last, agree = x.rec, agree[:0]
				v.keys = f.keys(v.keys[:0], &rows[x.rec])
				for _, k := range v.keys {
					if n := known.find(k); n > 0 {
						agree = append(agree, n)
					}
				}
			}
			for _, n := range agree {
				k := both(x.key, n)
				if !sieve.may(k) {
					continue
				}
				if n := v.known.find(k); n > 0 {
					v.entries = append(v.entries, entry{n, x.rec})
				}
			}
		}
	}
	v.runs(d, f, first, out)
}

// sieve tells most keys that a numbering has not from those it may have, within the
// cache.
type sieve struct {
	bits  bitSet
	shift uint
}

func newSieve(t *numbering) *sieve {
	width := max(12, uint(bits.Len32(t.n))+3)
	s := &sieve{newBits(1 << width), 64 - width}
	for _, k := range t.keys {
		if k != 0 {
			s.bits.add(s.of(k))
		}
	}
	return s
}

func (s *sieve) of(k uint64) uint32 { return uint32((k ^ k>>29) * mixB >> s.shift) }
func (s *sieve) may(k uint64) bool  { return s.bits.has(s.of(k)) }
