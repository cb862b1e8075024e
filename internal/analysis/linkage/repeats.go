package linkage

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// Repeats lists the records that share their source and id with another, each
// group in order, the groups in order of their first record. It works on so many
// goroutines.
func (d *Dataset) Repeats(workers int) [][]int {
	// Only records whose key falls where another's does are looked at closely: of a million with keys of their own, a few in a hundred.
	width := max(10, uint(bits.Len(uint(len(d.rows))))+4)
	once, twice := newBits(1<<width), newBits(1<<width)
	at := make([]uint32, len(d.rows))
	eachStretch(len(d.rows), workers, func(i int) {
		at[i] = uint32((hashBytes(d.idBytes(i)) ^ uint64(d.rows[i].src)*mixB) * mixA >> (64 - width))
	})
	for _, slot := range at {
		if once.has(slot) {
			twice.add(slot)
		}
		once.add(slot)
	}
	seen := newInterner()
	var first []int
	groups := map[int][]int{}
	for i := range d.rows {
		if !twice.has(at[i]) {
			continue
		}
		d.key = binary.LittleEndian.AppendUint16(d.key[:0], d.rows[i].src)
		d.key = append(d.key, d.idBytes(i)...)
		before := seen.count()
		id := int(seen.id(d.key))
		if seen.count() > before {
			first = append(first, i)
			continue
		}
		f := first[id-1]
		if groups[f] == nil {
			groups[f] = []int{f}
		}
		groups[f] = append(groups[f], i)
	}
	out := make([][]int, 0, len(groups))
	for _, g := range groups {
		out = append(out, g)
	}
	slices.SortFunc(out, func(x, y []int) int { return x[0] - y[0] })
	return out
}
