package linkage

import (
	"math/bits"
	"slices"
)

// filing is what names are filed under, worked out once for each set of names
// and not for each record.
type filing struct {
	d     *Dataset
	codes lists     // by set of names: the codes of its parts
	pairs lists     // by set of names: its pairs of codes, by number
	known numbering // the pairs of codes that have a number
	alias bitSet    // by set of names: it has an alias; nil when that is not known
}

// lists are many short lists of numbers in one.
type lists struct {
	start []uint32 // one more than there are lists
	all   []uint32
}

func (l *lists) at(i uint32) []uint32 { return l.all[l.start[i]:l.start[i+1]] }

// count is how many lists there are.
func (l *lists) count() int { return len(l.start) - 1 }

func (d *Dataset) newFiling() *filing {
	f := &filing{d: d, codes: lists{start: []uint32{0}}, pairs: lists{start: []uint32{0}}}
	var buf []filed
	var pairs []uint64
	for set := range uint32(len(d.sets)) {
		buf = d.filedUnder(buf[:0], set)
		f.codes.all = appendCodes(f.codes.all, buf)
		f.codes.start = append(f.codes.start, uint32(len(f.codes.all)))
		pairs = appendPairs(pairs[:0], buf)
		for _, p := range pairs {
			f.pairs.all = append(f.pairs.all, f.known.number(p))
		}
		f.pairs.start = append(f.pairs.start, uint32(len(f.pairs.all)))
	}
	return f
}

// ofCodes appends the codes of a set of names, each once.
func (f *filing) ofCodes(dst []uint32, set uint32) []uint32 {
	if int(set) < f.codes.count() {
		return append(dst, f.codes.at(set)...)
	}
	return appendCodes(dst, f.d.filedUnder(nil, set))
}

// ofPairs appends the pairs of codes of a set of names, each once. A pair that
// no set had when the filing was made is left out: nobody else is filed there.
func (f *filing) ofPairs(dst []uint32, set uint32) []uint32 {
	if int(set) < f.pairs.count() {
		return append(dst, f.pairs.at(set)...)
	}
	for _, p := range appendPairs(nil, f.d.filedUnder(nil, set)) {
		if n := f.known.find(p); n > 0 {
			dst = append(dst, n)
		}
	}
	return dst
}

// ordered lists the numbers below n in order of their key, which is below keys.
func ordered(n, keys uint32, key func(i uint32) uint32) []uint32 {
	at := make([]uint32, keys+1)
	for i := range n {
		at[key(i)+1]++
	}
	for k := range keys {
		at[k+1] += at[k]
	}
	out := make([]uint32, n)
	for i := range n {
		k := key(i)
		out[at[k]] = i
		at[k]++
	}
	return out
}

// filed is a code of one part of one name of a set.
type filed struct {
	bag, part int
	code      uint32
}

// filedUnder appends the codes of every part of a set's names that tells people
// apart: not of aliases and initials, nor of weak words unless a name has little
// else.
func (d *Dataset) filedUnder(dst []filed, set uint32) []filed {
	if set == 0 {
		return dst
	}
	for n, b := range d.bagsOf(set) {
		if d.book.bags[b].alias {
			continue
		}
		refs := d.book.bagRefs(b)
		little := d.book.saysLittle(refs)
		for p, ref := range refs {
			if ref&weakBit != 0 && !little {
				continue
			}
			t := &d.book.toks[ref&tokenMask]
			if t.len < 2 {
				continue
			}
			for _, c := range t.code[:t.nCode] {
				dst = append(dst, filed{n, p, c})
			}
		}
	}
	return dst
}

func appendCodes(dst []uint32, all []filed) []uint32 {
	from := len(dst)
	for _, x := range all {
		if !slices.Contains(dst[from:], x.code) {
			dst = append(dst, x.code)
		}
	}
	return dst
}

const (
	mostFiled = 32 // codes of a set that are paired
	mostPairs = 24 // pairs of codes a set is filed under, those met twice counted twice
)

// appendPairs appends the pairs of codes of different parts of one name.
func appendPairs(dst []uint64, all []filed) []uint64 {
	from, made := len(dst), 0
	all = all[:min(len(all), mostFiled)]
	for x := range all {
		for y := x + 1; y < len(all) && made < mostPairs; y++ {
			p, q := all[x], all[y]
			if p.bag != q.bag || p.part == q.part {
				continue
			}
			made++
			if k := uint64(min(p.code, q.code))<<32 | uint64(max(p.code, q.code)); !slices.Contains(dst[from:], k) {
				dst = append(dst, k)
			}
		}
	}
	return dst
}

// numbering gives each distinct key above nought a number from 1 up, in order of
// first appearance.
type numbering struct {
	keys  []uint64 // open addressing, 0 where free
	ids   []uint32
	shift uint
	n     uint32
}

// clear forgets all keys and makes room for so many.
func (t *numbering) clear(room int) {
	width := max(6, uint(bits.Len(uint(2*room))))
	t.shift, t.n = 64-width, 0
	if size := 1 << width; cap(t.keys) < size {
		t.keys, t.ids = make([]uint64, size), make([]uint32, size)
	} else {
		t.keys, t.ids = t.keys[:size], t.ids[:size]
		clear(t.keys)
	}
}

func (t *numbering) slot(k uint64) uint64 {
	mask := uint64(len(t.keys) - 1)
	at := (k ^ k>>32) * mixA >> t.shift
	for t.keys[at] != k && t.keys[at] != 0 {
		at = (at + 1) & mask
	}
	return at
}

func (t *numbering) number(k uint64) uint32 {
	if 2*int(t.n) >= len(t.keys) {
		t.widen()
	}
	at := t.slot(k)
	if t.keys[at] == 0 {
		t.n++
		t.keys[at], t.ids[at] = k, t.n
	}
	return t.ids[at]
}

// find is number without adding: 0 when the key is not known.
func (t *numbering) find(k uint64) uint32 {
	if t.n == 0 {
		return 0
	}
	if at := t.slot(k); t.keys[at] != 0 {
		return t.ids[at]
	}
	return 0
}

func (t *numbering) widen() {
	old := *t
	*t = numbering{n: old.n}
	size := max(64, 2*len(old.keys))
	t.shift = 64 - uint(bits.Len(uint(size-1)))
	t.keys, t.ids = make([]uint64, size), make([]uint32, size)
	for i, k := range old.keys {
		if k != 0 {
			at := t.slot(k)
			t.keys[at], t.ids[at] = k, old.ids[i]
		}
	}
}
