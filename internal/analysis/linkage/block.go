package linkage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"sync"
)

// A rule files every record under zero or more keys; records under one key are
// a block and are compared with each other. Block sizes are known before any
// pair is made. A block over the rule's limit is not enumerated: agreement on
// a value that common cannot carry a pair to the review cut alone, so its
// records are filed again under each refinement, which adds one more agreement.
//
// Keys are numbers of values, so filing is counting: nothing is sorted. A block
// that is too large is divided by itself, within the cache.
type rule struct {
	name   string
	size   int                                   // keys are below it
	keys   func(dst []uint32, i uint32) []uint32 // appends the keys of record i, each once
	limit  int                                   // largest block compared as it is
	refine []refinement
}

// refinement is the one more agreement. Its keys are above nought.
type refinement struct {
	name    string
	keys    func(dst []uint64, r *row) []uint64
	partial bool // only pairs in which one date of birth is not known in full
}

const (
	// largestRefined is the largest block of a refinement that is compared; a
	// larger one is left out and counted.
	largestRefined = 250
	// largestPartial is larger, since few of the pairs count.
	largestPartial = 1000
)

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
func (f *filing) rules() []rule {
	d := f.d
	byBirthYear := refinement{name: "year of birth", keys: keyYear, partial: true}
	byTwoParts := refinement{name: "two parts of the date of birth", keys: keyTwoParts}
	byDistrict := refinement{name: "district or town", keys: d.keyDistrict}
	bySchool := refinement{name: "school", keys: keySchool}
	byName := refinement{name: "a name", keys: f.keyNames}
	byMonthDistrict := refinement{name: "month of birth and district", keys: d.keyMonthDistrict}
	byYearDistrict := refinement{name: "year of birth and district", keys: d.keyYearDistrict, partial: true}
	var out []rule
	for k, kind := range d.kinds {
		out = append(out, rule{kind, d.vals[k].count() + 1, d.byIdent(k), 40, []refinement{byName, byTwoParts}})
	}
	codes := d.book.codes.count() + 1
	out = append(out,
		rule{"two names", int(f.known.n) + 1, f.byNamePair, 16, []refinement{byTwoParts, byBirthYear, byDistrict, bySchool}},
		rule{"date of birth", dobSlots, d.byBirth, 16, []refinement{byName, byDistrict}},
		rule{"postcode", len(d.atlas.unit), d.byUnit, 16, []refinement{byName, byTwoParts}},
		rule{"number and street", len(d.atlas.addr), d.byAddress, 16, []refinement{byName}},
		rule{"one rare name", codes, f.byName, 8, []refinement{byMonthDistrict, byYearDistrict}},
		rule{"alias", d.book.joins.count() + 1, f.byAlias, 16, []refinement{byDistrict, byTwoParts}},
	)
	for i := range out {
		out[i].limit *= widen(len(d.rows))
	}
	return out
}

func (d *Dataset) byIdent(k int) func([]uint32, uint32) []uint32 {
	return func(dst []uint32, i uint32) []uint32 {
		if r := &d.rows[i]; r.mask&(1<<k) != 0 {
			dst = append(dst, d.idValue(r, k))
		}
		return dst
	}
}

func (f *filing) byName(dst []uint32, i uint32) []uint32 { return f.ofCodes(dst, f.d.rows[i].names) }

func (f *filing) byNamePair(dst []uint32, i uint32) []uint32 {
	return f.ofPairs(dst, f.d.rows[i].names)
}

func (f *filing) byAlias(dst []uint32, i uint32) []uint32 {
	d := f.d
	set := d.rows[i].names
	if set == 0 || f.alias != nil && !f.alias.has(set) {
		return dst
	}
	from := len(dst)
	for _, b := range d.bagsOf(set) {
		if g := &d.book.bags[b]; g.alias && !slices.Contains(dst[from:], g.joined) {
			dst = append(dst, g.joined)
		}
	}
	return dst
}

// byBirth files a full date of birth under its year and its two smaller parts
// in order, so that day and month exchanged meet.
func (d *Dataset) byBirth(dst []uint32, i uint32) []uint32 {
	r := &d.rows[i]
	if r.dob == 0 || r.flags != 0 {
		return dst
	}
	m, day := dobMonth(r.dob), dobDay(r.dob)
	return append(dst, uint32(((dobYear(r.dob)-firstYear)*13+min(m, day))*32+max(m, day)))
}

func (d *Dataset) byUnit(dst []uint32, i uint32) []uint32 {
	r := &d.rows[i]
	from := len(dst)
	for j := range uint32(r.nPlace) {
		if u := d.places[r.place+j].unit; u != 0 && !slices.Contains(dst[from:], u) {
			dst = append(dst, u)
		}
	}
	return dst
}

func (d *Dataset) byAddress(dst []uint32, i uint32) []uint32 {
	r := &d.rows[i]
	from := len(dst)
	for j := range uint32(r.nPlace) {
		if a := d.places[r.place+j].addr; a != 0 && !slices.Contains(dst[from:], a) {
			dst = append(dst, a)
		}
	}
	return dst
}

func (f *filing) keyNames(dst []uint64, r *row) []uint64 {
	if int(r.names) >= f.codes.count() {
		for _, c := range f.ofCodes(nil, r.names) {
			dst = append(dst, uint64(c))
		}
		return dst
	}
	for _, c := range f.codes.at(r.names) {
		dst = append(dst, uint64(c))
	}
	return dst
}

func keyYear(dst []uint64, r *row) []uint64 {
	if r.dob == 0 {
		return dst
	}
	dst = append(dst, uint64(r.dob>>16))
	if r.flags&flagFromAge != 0 {
		dst = append(dst, uint64(bcd(dobYear(r.dob)-1)), uint64(bcd(dobYear(r.dob)+1)))
	}
	return dst
}

// keyTwoParts files a full date of birth under each two of its three parts, so
// that one part can be wrong, and under its parts in order, so that day and
// month exchanged meet.
func keyTwoParts(dst []uint64, r *row) []uint64 {
	if r.dob == 0 || r.flags != 0 {
		return dst
	}
	y, m, day := uint64(r.dob>>16), uint64(r.dob>>8&0xff), uint64(r.dob&0xff)
	return append(dst, 1<<40|y<<8|m, 2<<40|y<<8|day, 3<<40|min(m, day)<<8|max(m, day))
}

func (d *Dataset) keyDistrict(dst []uint64, r *row) []uint64 {
	for j := range uint32(r.nPlace) {
		p := &d.places[r.place+j]
		if p.district != 0 {
			dst = append(dst, uint64(p.district))
		} else if p.town != 0 {
			dst = append(dst, 1<<32|uint64(p.town))
		}
	}
	return dst
}

func (d *Dataset) keyMonthDistrict(dst []uint64, r *row) []uint64 {
	if r.dob == 0 || r.flags != 0 {
		return dst
	}
	from := len(dst)
	dst = d.keyDistrict(dst, r)
	for i, k := range dst[from:] {
		dst[from+i] = k<<24 | uint64(r.dob>>8)
	}
	return dst
}

func (d *Dataset) keyYearDistrict(dst []uint64, r *row) []uint64 {
	var buf [3]uint64
	years := keyYear(buf[:0], r)
	if len(years) == 0 {
		return dst
	}
	from := len(dst)
	dst = d.keyDistrict(dst, r)
	n := len(dst) - from
	for _, y := range years[1:] {
		for i := range n {
			dst = append(dst, dst[from+i]<<20|y)
		}
	}
	for i := range n {
		dst[from+i] = dst[from+i]<<20 | years[0]
	}
	return dst
}

func keySchool(dst []uint64, r *row) []uint64 {
	if r.school != 0 {
		dst = append(dst, uint64(r.school))
	}
	return dst
}

// blocks are the blocks of one rule, of two records or more, each in order of
// record.
type blocks struct {
	rule   string
	recs   []uint32
	starts []uint32 // where a block begins, with crossBit for one of two halves; one more than there are blocks
	pairs  int64
	left   int       // records in blocks too large even when refined
	file   SpillFile // where the records are when they do not fit, or nil
	err    error
}

// crossBit marks a block of two halves: records whose date of birth is known in
// full, then others. Only pairs across count.
const crossBit = 1 << 31

// add appends a block, of which the records from first on are new: pairs of two
// old ones do not count.
func (b *blocks) add(recs []uint32, first uint32) {
	b.starts = append(b.starts, uint32(len(b.recs)))
	b.recs = append(b.recs, recs...)
	b.pairs += pairsAmong(len(recs)) - pairsAmong(before(recs, first))
}

// cross appends a block of two halves.
func (b *blocks) cross(full, partial []uint32, first uint32) {
	b.starts = append(b.starts, uint32(len(b.recs))|crossBit)
	b.recs = append(append(b.recs, full...), partial...)
	b.pairs += int64(len(full))*int64(len(partial)) - int64(before(full, first))*int64(before(partial, first))
}

// before is how many records stand before first.
func before(recs []uint32, first uint32) int {
	if first == 0 {
		return 0
	}
	n, _ := slices.BinarySearch(recs, first)
	return n
}

func pairsAmong(n int) int64 { return int64(n) * int64(n-1) / 2 }

// join appends another's blocks.
func (b *blocks) join(o *blocks) {
	at := uint32(len(b.recs))
	for _, s := range o.starts {
		b.starts = append(b.starts, s+at)
	}
	b.recs = append(b.recs, o.recs...)
	b.pairs += o.pairs
	b.left += o.left
}

// putAside moves the records to a file.
func (b *blocks) putAside(spill Spill) {
	if b.file, b.err = spill.Create(); b.err != nil {
		return
	}
	buf := make([]byte, 0, 4<<16)
	for part := range slices.Chunk(b.recs, 1<<16) {
		buf = buf[:0]
		for _, r := range part {
			buf = binary.LittleEndian.AppendUint32(buf, r)
		}
		if _, err := b.file.Write(buf); err != nil {
			b.err = fmt.Errorf("putting pairs aside: %w", err)
			return
		}
	}
	b.recs = nil
}

// each calls f for every block in order, with its records and its crossBit.
// The records are good until f returns.
func (b *blocks) each(f func(recs []uint32, flag uint32)) error {
	const many = 1 << 16
	var buf []byte
	var recs []uint32
	for i := 0; i+1 < len(b.starts); {
		j := i + 1
		from := b.starts[i] &^ crossBit
		for j+1 < len(b.starts) && b.starts[j]&^crossBit-from < many {
			j++
		}
		to := b.starts[j] &^ crossBit
		if b.file == nil {
			recs = b.recs[from:to]
		} else {
			buf = slices.Grow(buf[:0], int(4*(to-from)))[:4*(to-from)]
			if _, err := b.file.ReadAt(buf, 4*int64(from)); err != nil {
				return fmt.Errorf("reading pairs put aside: %w", err)
			}
			recs = recs[:0]
			for k := range to - from {
				recs = append(recs, binary.LittleEndian.Uint32(buf[4*k:]))
			}
		}
		for ; i < j; i++ {
			s := b.starts[i]
			f(recs[s&^crossBit-from:b.starts[i+1]&^crossBit-from], s&crossBit)
		}
	}
	return nil
}

// release gives the files back.
func release(all []*blocks) error {
	var err error
	for _, b := range all {
		if b.file != nil {
			err = errors.Join(err, b.file.Close())
			b.file = nil
		}
	}
	return err
}

// file lists the records by key, those of a key in order.
func (r *rule) file(d *Dataset) lists {
	var buf []uint32
	n := uint32(len(d.rows))
	start := make([]uint32, r.size+2) // two on from the key, so that it ends as where the key's list starts
	for i := range n {
		buf = r.keys(buf[:0], i)
		for _, k := range buf {
			start[k+2]++
		}
	}
	for k := 2; k < len(start); k++ {
		start[k] += start[k-1]
	}
	all := make([]uint32, start[len(start)-1])
	for i := range n {
		buf = r.keys(buf[:0], i)
		for _, k := range buf {
			all[start[k+1]] = i
			start[k+1]++
		}
	}
	return lists{start[:r.size+1], all}
}

// recordsPerPart is how many records of large blocks are refined at a time.
const recordsPerPart = 1 << 14

// buildAll builds the blocks of every rule, of those blocks that hold a record
// from first on. The outcome does not depend on the number of workers. With a
// spill the records of the blocks are put aside, one rule after another.
func (f *filing) buildAll(first uint32, workers int, spill Spill) []*blocks {
	rules := f.rules()
	build := f.build
	if first > 0 {
		build = func(rules []rule, workers int) []*blocks { return f.buildNew(rules, first, workers) }
	}
	if spill == nil {
		return build(rules, workers)
	}
	var out []*blocks
	for i := range rules {
		b := build(rules[i:i+1], workers)[0]
		b.putAside(spill)
		out = append(out, b)
	}
	return out
}

func (f *filing) build(rules []rule, workers int) []*blocks {
	out := make([]*blocks, len(rules))
	files := make([]lists, len(rules))
	large := make([][]uint32, len(rules)) // keys of blocks over the limit
	parallel(len(rules), workers, func(_, i int) {
		r, b := &rules[i], &blocks{rule: rules[i].name}
		l := r.file(f.d)
		for k := range uint32(l.count()) {
			switch recs := l.at(k); {
			case len(recs) < 2:
			case len(recs) <= r.limit:
				b.add(recs, 0)
			default:
				large[i] = append(large[i], k)
			}
		}
		files[i], out[i] = l, b
	})
	type part struct {
		rule int
		keys []uint32
		b    blocks
	}
	var parts []part
	for i := range rules {
		from, sum := 0, 0
		for n, k := range large[i] {
			sum += len(files[i].at(k))
			if sum >= recordsPerPart || n == len(large[i])-1 {
				parts = append(parts, part{rule: i, keys: large[i][from : n+1]})
				from, sum = n+1, 0
			}
		}
	}
	dividers := make([]divider, workers)
	parallel(len(parts), workers, func(w, i int) {
		p := &parts[i]
		for _, k := range p.keys {
			dividers[w].divide(f.d, files[p.rule].at(k), rules[p.rule].refine, &p.b)
		}
	})
	parallel(len(rules), workers, func(_, i int) {
		files[i] = lists{}
		b, recs, starts := out[i], 0, 1
		for n := range parts {
			if p := &parts[n]; p.rule == i {
				recs, starts = recs+len(p.b.recs), starts+len(p.b.starts)
			}
		}
		b.recs, b.starts = slices.Grow(b.recs, recs), slices.Grow(b.starts, starts)
		for n := range parts {
			if p := &parts[n]; p.rule == i {
				b.join(&p.b)
				p.b = blocks{}
			}
		}
		b.starts = append(b.starts, uint32(len(b.recs)))
	})
	return out
}

// divider divides large blocks.
type divider struct {
	rows    []row
	keys    []uint64
	known   numbering
	entries []entry
	at      []uint32
	recs    []uint32
	full    []uint32
	partial []uint32
}

// entry is a record filed under the number of a key.
type entry struct{ key, rec uint32 }

// divide files the records of one large block under each refinement.
func (v *divider) divide(d *Dataset, recs []uint32, refine []refinement, out *blocks) {
	v.rows = v.rows[:0]
	for _, i := range recs {
		v.rows = append(v.rows, d.rows[i])
	}
	for i := range refine {
		v.refine(d, recs, &refine[i], out)
	}
}

func (v *divider) refine(d *Dataset, recs []uint32, f *refinement, out *blocks) {
	v.known.clear(3 * len(recs))
	v.entries = v.entries[:0]
	for i, rec := range recs {
		v.keys = f.keys(v.keys[:0], &v.rows[i])
		for _, k := range v.keys {
			v.entries = append(v.entries, entry{v.known.number(k), rec})
		}
	}
	v.runs(d, f, 0, out)
}

// runs makes blocks of the records that have a key in common.
func (v *divider) runs(d *Dataset, f *refinement, first uint32, out *blocks) {
	v.group()
	from := uint32(0)
	for _, to := range v.at[:v.known.n] {
		run := slices.Compact(v.recs[from:to])
		from = to
		if len(run) < 2 || run[len(run)-1] < first {
			continue
		}
		if f.partial {
			v.addPartial(d, run, first, out)
		} else if len(run) > largestRefined {
			out.left += len(run)
		} else {
			out.add(run, first)
		}
	}
}

// addPartial adds the pairs of a block in which one date of birth is not known
// in full.
func (v *divider) addPartial(d *Dataset, run []uint32, first uint32, out *blocks) {
	v.full, v.partial = v.full[:0], v.partial[:0]
	for _, i := range run {
		if d.rows[i].flags == 0 {
			v.full = append(v.full, i)
		} else {
			v.partial = append(v.partial, i)
		}
	}
	switch {
	case len(v.partial) == 0:
		return
	case len(run) > largestPartial:
		out.left += len(run)
		return
	case len(v.partial) > 1 && v.partial[len(v.partial)-1] >= first:
		out.add(v.partial, first)
	}
	if len(v.full) > 0 {
		out.cross(v.full, v.partial, first)
	}
}

// group puts the entries' records in order of key, then of record; at has where
// the records of a key, less one, end.
func (v *divider) group() {
	v.at = slices.Grow(v.at[:0], int(v.known.n)+1)[:v.known.n+1]
	clear(v.at)
	for _, x := range v.entries {
		v.at[x.key]++
	}
	for k := 1; k < len(v.at); k++ {
		v.at[k] += v.at[k-1]
	}
	v.recs = slices.Grow(v.recs[:0], len(v.entries))[:len(v.entries)]
	for _, x := range v.entries {
		v.recs[v.at[x.key-1]] = x.rec
		v.at[x.key-1]++
	}
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

// pairHash spreads pairs evenly, for drawing a sample that does not depend on
// the order in which pairs are met.
func pairHash(a, b uint32) uint32 {
	hi, lo := bits.Mul64((uint64(a)<<32|uint64(b))^mixB, mixA)
	return uint32(hi ^ lo>>7)
}
