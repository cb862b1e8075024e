package linkage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"sync"
)

// A rule files every record under zero or more keys; records under one key are
// a block and are compared with each other. Block sizes are known before any
// pair is made. A block over the rule's limit is not enumerated: agreement on
// a value that common cannot carry a pair to the review cut alone, so its
// records are filed again under each refinement, which adds one more agreement.
type rule struct {
	name   string
	keys   func(d *Dataset, i uint32, put func(uint64))
	limit  int // largest block compared as it is
	refine []refinement
}

type refinement struct {
	name    string
	keys    func(d *Dataset, i uint32, put func(uint64))
	partial bool // only pairs in which one date of birth is not known in full
}

// largestRefined is the largest block of a refinement that is compared; a
// larger one is left out and counted.
const largestRefined = 250

// widen lets blocks be larger where there are few records, so that small files
// are compared more fully.
func widen(records int) int {
	switch {
	case records <= 10_000:
		return 12
	case records <= 60_000:
		return 4
	}
	return 1
}

// rules is the blocking of the field set. Nothing is ever filed under an empty
// value, a default date of birth or a placeholder.
func (d *Dataset) rules() []rule {
	byBirthYear := refinement{name: "year of birth, known in part", keys: keyYear, partial: true}
	byTwoParts := refinement{name: "two parts of the date of birth", keys: keyTwoParts}
	byDistrict := refinement{name: "district or town", keys: keyDistrict}
	bySchool := refinement{name: "school", keys: keySchool}
	byName := refinement{name: "a name", keys: keyNames}
	var out []rule
	for k, kind := range d.kinds {
		out = append(out, rule{kind, keyIdent(k), 40, []refinement{byName, byTwoParts}})
	}
	out = append(out,
		rule{"two names", keyNamePair, 16, []refinement{byTwoParts, byBirthYear, byDistrict, bySchool}},
		rule{"date of birth", keyBirth, 16, []refinement{byName, byDistrict}},
		rule{"postcode", keyUnit, 16, []refinement{byName, byTwoParts}},
		rule{"number and street", keyAddress, 16, []refinement{byName}},
		rule{"one rare name", keyNames, 8, []refinement{{name: "month of birth and district", keys: keyMonthDistrict}}},
		rule{"alias", keyAlias, 16, []refinement{byDistrict, byTwoParts}},
	)
	for i := range out {
		out[i].limit *= widen(len(d.rows))
	}
	return out
}

func keyIdent(k int) func(*Dataset, uint32, func(uint64)) {
	return func(d *Dataset, i uint32, put func(uint64)) {
		if r := &d.rows[i]; r.mask&(1<<k) != 0 {
			put(uint64(d.idValue(r, k)))
		}
	}
}

// codesOf calls put for each code of each part of the record's names.
func (d *Dataset) codesOf(i uint32, put func(bag, part int, code uint32)) {
	set := d.rows[i].names
	if set == 0 {
		return
	}
	for n, b := range d.bagsOf(set) {
		if d.book.bags[b].alias {
			continue
		}
		for p, ref := range d.book.bagRefs(b) {
			if ref&weakBit != 0 {
				continue
			}
			t := &d.book.toks[ref&tokenMask]
			if t.len < 2 {
				continue
			}
			for _, c := range t.code[:t.nCode] {
				put(n, p, c)
			}
		}
	}
}

func keyNames(d *Dataset, i uint32, put func(uint64)) {
	d.codesOf(i, func(_, _ int, c uint32) { put(uint64(c)) })
}

func keyNamePair(d *Dataset, i uint32, put func(uint64)) {
	type filed struct {
		bag, part int
		code      uint32
	}
	var buf [32]filed
	all := buf[:0]
	d.codesOf(i, func(b, p int, c uint32) {
		if len(all) < cap(buf) {
			all = append(all, filed{b, p, c})
		}
	})
	made := 0
	for x := range all {
		for y := x + 1; y < len(all) && made < 24; y++ {
			p, q := all[x], all[y]
			if p.bag != q.bag || p.part == q.part || p.code == q.code {
				continue
			}
			lo, hi := min(p.code, q.code), max(p.code, q.code)
			put(uint64(lo)<<32 | uint64(hi))
			made++
		}
	}
}

func keyAlias(d *Dataset, i uint32, put func(uint64)) {
	set := d.rows[i].names
	if set == 0 {
		return
	}
	for _, b := range d.bagsOf(set) {
		if g := &d.book.bags[b]; g.alias {
			put(uint64(g.joined))
		}
	}
}

// keyBirth files a full date of birth under its year and its two smaller parts
// in order, so that day and month exchanged meet.
func keyBirth(d *Dataset, i uint32, put func(uint64)) {
	r := &d.rows[i]
	if r.dob == 0 || r.flags != 0 {
		return
	}
	m, day := r.dob>>8&0xff, r.dob&0xff
	put(uint64(r.dob>>16)<<16 | uint64(min(m, day))<<8 | uint64(max(m, day)))
}

func keyYear(d *Dataset, i uint32, put func(uint64)) {
	if r := &d.rows[i]; r.dob != 0 {
		put(uint64(r.dob >> 16))
		if r.flags&flagFromAge != 0 {
			put(uint64(bcd(dobYear(r.dob) - 1)))
			put(uint64(bcd(dobYear(r.dob) + 1)))
		}
	}
}

// keyTwoParts files a full date of birth under each two of its three parts, so
// that one part can be wrong, and under its parts in order, so that day and
// month exchanged meet.
func keyTwoParts(d *Dataset, i uint32, put func(uint64)) {
	r := &d.rows[i]
	if r.dob == 0 || r.flags != 0 {
		return
	}
	y, m, day := uint64(r.dob>>16), uint64(r.dob>>8&0xff), uint64(r.dob&0xff)
	put(1<<40 | y<<8 | m)
	put(2<<40 | y<<8 | day)
	put(3<<40 | min(m, day)<<8 | max(m, day))
}

func keyDistrict(d *Dataset, i uint32, put func(uint64)) {
	r := &d.rows[i]
	for j := range uint32(r.nPlace) {
		p := &d.places[r.place+j]
		if p.district != 0 {
			put(uint64(p.district))
		} else if p.town != 0 {
			put(1<<32 | uint64(p.town))
		}
	}
}

func keyMonthDistrict(d *Dataset, i uint32, put func(uint64)) {
	if r := &d.rows[i]; r.dob == 0 || r.flags != 0 {
		return
	}
	keyDistrict(d, i, func(k uint64) { put(k<<24 | uint64(d.rows[i].dob>>8)) })
}

func keySchool(d *Dataset, i uint32, put func(uint64)) {
	if s := d.rows[i].school; s != 0 {
		put(uint64(s))
	}
}

func keyUnit(d *Dataset, i uint32, put func(uint64)) {
	r := &d.rows[i]
	for j := range uint32(r.nPlace) {
		if u := d.places[r.place+j].unit; u != 0 {
			put(uint64(u))
		}
	}
}

func keyAddress(d *Dataset, i uint32, put func(uint64)) {
	r := &d.rows[i]
	for j := range uint32(r.nPlace) {
		if a := d.places[r.place+j].addr; a != 0 {
			put(uint64(a))
		}
	}
}

// blocks are the blocks of one rule, of two records or more.
type blocks struct {
	rule   string
	recs   []uint32
	starts []uint32 // one more than there are blocks
	parts  []span   // runs of blocks in which only pairs with a partial date of birth count
	pairs  int64
	left   int // records in blocks too large even when refined
	first  uint32
	file   SpillFile // where the records are when they do not fit, or nil
	gone   int       // how many are there already
	err    error
}

// flushAt is how many records are kept before they go to the file.
const flushAt = 1 << 16

// flush writes the records gathered so far to the file, when there is one.
func (b *blocks) flush() { b.write(flushAt) }

func (b *blocks) write(from int) {
	if b.file == nil || b.err != nil || len(b.recs) < from {
		return
	}
	buf := make([]byte, 0, 4*len(b.recs))
	for _, r := range b.recs {
		buf = binary.LittleEndian.AppendUint32(buf, r)
	}
	if _, err := b.file.Write(buf); err != nil {
		b.err = fmt.Errorf("putting pairs aside: %w", err)
	}
	b.gone += len(b.recs)
	b.recs = b.recs[:0]
}

// between gives the records of the list from one position to another.
func (b *blocks) between(from, to uint32) ([]uint32, error) {
	if b.file == nil {
		return b.recs[from:to], nil
	}
	buf := make([]byte, 4*(to-from))
	if _, err := b.file.ReadAt(buf, 4*int64(from)); err != nil {
		return nil, fmt.Errorf("reading pairs put aside: %w", err)
	}
	out := make([]uint32, to-from)
	for i := range out {
		out[i] = binary.LittleEndian.Uint32(buf[4*i:])
	}
	return out, nil
}

// release gives the file back.
func release(all []*blocks) error {
	var err error
	for _, b := range all {
		if b != nil && b.file != nil {
			err = errors.Join(err, b.err, b.file.Close())
			b.file = nil
		}
	}
	return err
}

type entry struct {
	key uint64
	rec uint32
}

// sorter holds the buffers of block building, which are reused. With bits above
// 0 the keys are sorted in 1<<bits parts by their first bits, so that the buffers
// are as much smaller; with a spill the blocks' records go there.
type sorter struct {
	a, b  []entry
	bits  uint
	spill Spill
}

func (s *sorter) parts() uint64 { return 1 << s.bits }

func (s *sorter) put(part uint64, x entry) {
	if x.key>>(64-s.bits) == part {
		s.a = append(s.a, x)
	}
}

// build files all records and returns the rule's blocks. The keys are taken in
// as many parts as the sorter has, in order, so that the blocks and their order
// do not depend on it.
func (d *Dataset) build(r *rule, s *sorter) *blocks {
	out := &blocks{rule: r.name}
	if s.spill != nil {
		out.file, out.err = s.spill.Create()
		if out.err != nil {
			return out
		}
	}
	var large []entry
	for part := range s.parts() {
		s.a = s.a[:0]
		for i := range uint32(len(d.rows)) {
			r.keys(d, i, func(k uint64) { s.put(part, entry{mix(k + 1), i}) })
		}
		s.sort()
		out.collect(s.a, r.limit, func(run []entry) { large = append(large, run...) })
		out.flush()
	}
	d.refine(r, s, out, large)
	return out
}

// buildSorted makes the blocks of a rule from its sorted entries, leaving out
// those without a record from first on.
func (d *Dataset) buildSorted(r *rule, s *sorter, first uint32) *blocks {
	out := &blocks{rule: r.name, first: first}
	var large []entry
	out.collect(s.a, r.limit, func(run []entry) { large = append(large, run...) })
	d.refine(r, s, out, large)
	return out
}

// refine files the records of blocks that are too large under one more agreement
// and ends the list of blocks.
func (d *Dataset) refine(r *rule, s *sorter, out *blocks, large []entry) {
	first := out.first
	for n, f := range r.refine {
		if len(large) == 0 {
			break
		}
		var fresh filter // keys of the new records, when only blocks with one of them count
		if first > 0 {
			fresh = newFilter(1 << 20)
			for _, x := range large {
				if x.rec >= first {
					f.keys(d, x.rec, func(k uint64) { fresh.add(mix2(x.key, k+uint64(n)<<56)) })
				}
			}
		}
		from := uint32(len(out.starts))
		for part := range s.parts() {
			s.a = s.a[:0]
			for _, x := range large {
				f.keys(d, x.rec, func(k uint64) {
					if k = mix2(x.key, k+uint64(n)<<56); fresh == nil || fresh.has(k) {
						s.put(part, entry{k, x.rec})
					}
				})
			}
			s.sort()
			es, limit := s.a, largestRefined
			if f.partial {
				es, limit = d.keepPartial(s.a), largestPartial
			}
			out.collect(es, limit, func(run []entry) { out.left += len(run) })
			out.flush()
		}
		if f.partial {
			out.parts = append(out.parts, span{from, uint32(len(out.starts)) - from})
		}
	}
	out.close()
}

// keepPartial drops the runs in which every date of birth is full.
func (d *Dataset) keepPartial(es []entry) []entry {
	kept := es[:0]
	for i := 0; i < len(es); {
		j, partial := i, false
		for ; j < len(es) && es[j].key == es[i].key; j++ {
			partial = partial || d.rows[es[j].rec].flags != 0
		}
		if partial {
			kept = append(kept, es[i:j]...)
		}
		i = j
	}
	return kept
}

// largestPartial is larger than largestRefined, since few of the pairs count.
const largestPartial = 1000

func (b *blocks) close() {
	b.write(0)
	b.starts = append(b.starts, uint32(b.gone+len(b.recs)))
}

// collect takes runs of one key of 2 to limit records as blocks and hands over
// larger ones.
func (b *blocks) collect(es []entry, limit int, large func([]entry)) {
	for i := 0; i < len(es); {
		j := i + 1
		for j < len(es) && es[j].key == es[i].key {
			j++
		}
		run := es[i:j]
		i = j
		if len(run) < 2 || run[len(run)-1].rec < b.first {
			continue
		}
		start := len(b.recs)
		if len(run) <= limit+8 || distinct(run) <= limit {
			for k, x := range run {
				if k == 0 || run[k-1].rec != x.rec {
					b.recs = append(b.recs, x.rec)
				}
			}
			if n := len(b.recs) - start; n < 2 || n > limit {
				b.recs = b.recs[:start]
				if n > limit {
					large(run)
				}
				continue
			} else {
				b.starts = append(b.starts, uint32(b.gone+start))
				b.pairs += int64(n) * int64(n-1) / 2
				if b.first > 0 {
					old := 0
					for _, r := range b.recs[start:] {
						if r < b.first {
							old++
						}
					}
					b.pairs -= int64(old) * int64(old-1) / 2
				}
			}
			continue
		}
		large(run)
	}
}

// distinct counts the records of a run, which is in order of record.
func distinct(run []entry) int {
	n := 1
	for k := 1; k < len(run); k++ {
		if run[k].rec != run[k-1].rec {
			n++
		}
	}
	return n
}

const (
	radixBits   = 11
	radixPasses = 3
)

// sort orders entries by key, and by record within a key: a radix sort on the
// upper 33 bits of the key, then by insertion in the rare runs that agree there.
func (s *sorter) sort() {
	n := len(s.a)
	if cap(s.b) < n {
		s.b = make([]entry, n)
	}
	s.b = s.b[:n]
	if n < 256 {
		insertion(s.a)
		return
	}
	for p := range radixPasses {
		shift := uint(64 - radixBits*(radixPasses-p))
		var at [1 << radixBits]uint32
		for i := range s.a {
			at[s.a[i].key>>shift&(1<<radixBits-1)]++
		}
		sum := uint32(0)
		for i, c := range at {
			at[i] = sum
			sum += c
		}
		for _, x := range s.a {
			k := x.key >> shift & (1<<radixBits - 1)
			s.b[at[k]] = x
			at[k]++
		}
		s.a, s.b = s.b, s.a
	}
	const low = 64 - radixBits*radixPasses
	for i := 1; i < n; i++ {
		if s.a[i].key < s.a[i-1].key && s.a[i].key>>low == s.a[i-1].key>>low {
			j := i
			for j > 0 && s.a[j-1].key > s.a[j].key {
				s.a[j-1], s.a[j] = s.a[j], s.a[j-1]
				j--
			}
		}
	}
}

func insertion(es []entry) {
	for i := 1; i < len(es); i++ {
		for j := i; j > 0 && es[j-1].key > es[j].key; j-- {
			es[j-1], es[j] = es[j], es[j-1]
		}
	}
}

// buildAll builds the blocks of every rule on the given number of workers. The
// outcome does not depend on that number.
func (d *Dataset) buildAll(workers int, bits uint, spill Spill) []*blocks {
	rules := d.rules()
	out := make([]*blocks, len(rules))
	sorters := make([]sorter, workers)
	for i := range sorters {
		sorters[i].bits, sorters[i].spill = bits, spill
	}
	parallel(len(rules), workers, func(w, i int) { out[i] = d.build(&rules[i], &sorters[w]) })
	return out
}

// parallel calls f(worker, i) for every i below n, on the given workers.
func parallel(n, workers int, f func(worker, i int)) {
	if workers <= 1 || n <= 1 {
		for i := range n {
			f(0, i)
		}
		return
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	next := 0
	for w := range min(workers, n) {
		wg.Go(func() {
			for {
				mu.Lock()
				i := next
				next++
				mu.Unlock()
				if i >= n {
					return
				}
				f(w, i)
			}
		})
	}
	wg.Wait()
}

// chunk is a run of one rule's blocks.
type chunk struct {
	b        *blocks
	from, to int
}

// pairsPerChunk bounds a chunk, so that work divides evenly; the division does
// not depend on the number of workers.
const pairsPerChunk = 1 << 18

func chunks(all []*blocks) []chunk {
	var out []chunk
	for _, b := range all {
		from, sum := 0, 0
		n := len(b.starts) - 1
		for i := range n {
			size := int(b.starts[i+1] - b.starts[i])
			sum += size * (size - 1) / 2
			if sum >= pairsPerChunk || i == n-1 {
				out = append(out, chunk{b, from, i + 1})
				from, sum = i+1, 0
			}
		}
	}
	return out
}

// each calls f for every pair of the chunk, a before b in record order.
func (c *chunk) each(e *engine, buf *[]cell, f func(a, b *cell)) {
	base := c.b.starts[c.from]
	list, err := c.b.between(base, c.b.starts[c.to])
	if err != nil {
		e.fail(err)
		return
	}
	for i := c.from; i < c.to; i++ {
		recs := list[c.b.starts[i]-base : c.b.starts[i+1]-base]
		cells := (*buf)[:0]
		for _, r := range recs {
			cells = append(cells, e.cells[r])
		}
		*buf = cells
		if e.first > 0 { // the records from first on stand last
			partial := c.b.isPartial(i)
			for y := len(cells) - 1; y >= 0 && cells[y].rec >= e.first; y-- {
				for x := range cells[:y] {
					if !partial || cells[x].flags|cells[y].flags != 0 {
						f(&cells[x], &cells[y])
					}
				}
			}
			continue
		}
		if c.b.isPartial(i) {
			for x := range cells {
				for y := x + 1; y < len(cells); y++ {
					if cells[x].flags|cells[y].flags != 0 {
						f(&cells[x], &cells[y])
					}
				}
			}
			continue
		}
		for x := range cells {
			for y := x + 1; y < len(cells); y++ {
				f(&cells[x], &cells[y])
			}
		}
	}
}

func (b *blocks) isPartial(i int) bool {
	for _, p := range b.parts {
		if uint32(i) >= p.start && uint32(i) < p.start+p.n {
			return true
		}
	}
	return false
}

// pairHash spreads pairs evenly, for drawing a sample that does not depend on
// the order in which pairs are met.
func pairHash(a, b uint32) uint32 {
	hi, lo := bits.Mul64((uint64(a)<<32|uint64(b))^mixB, mixA)
	return uint32(hi ^ lo>>7)
}
