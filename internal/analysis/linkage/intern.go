package linkage

import (
	"encoding/binary"
	"math/bits"
)

// interner gives each distinct byte string a number from 1 up, in order of
// first appearance. It keeps the strings in one arena and its table in one
// slice, so that millions of them cost the garbage collector nothing.
type interner struct {
	arena []byte
	ends  []uint32 // ends[i] is where string i ends; string 0 is ""
	table []uint32 // open addressing, id or 0
	tags  []uint8  // a byte of the hash beside each table entry
}

func newInterner() *interner { return &interner{ends: []uint32{0}} }

// count is the number of distinct strings, "" not among them.
func (n *interner) count() int { return len(n.ends) - 1 }

func (n *interner) text(id uint32) []byte {
	if id == 0 {
		return nil
	}
	return n.arena[n.ends[id-1]:n.ends[id]]
}

func (n *interner) id(s []byte) uint32 {
	if len(s) == 0 {
		return 0
	}
	if 4*(n.count()+1) > 3*len(n.table) {
		n.grow(max(64, 2*len(n.table)))
	}
	h := hashBytes(s)
	at, found := n.find(h, s)
	if found {
		return n.table[at]
	}
	n.arena = append(n.arena, s...)
	n.ends = append(n.ends, uint32(len(n.arena)))
	id := uint32(n.count())
	n.table[at], n.tags[at] = id, uint8(h)
	return id
}

// lookup is id without adding: 0 when s is not known.
func (n *interner) lookup(s []byte) uint32 {
	if len(s) == 0 || len(n.table) == 0 {
		return 0
	}
	if at, found := n.find(hashBytes(s), s); found {
		return n.table[at]
	}
	return 0
}

func (n *interner) find(h uint64, s []byte) (uint64, bool) {
	mask := uint64(len(n.table) - 1)
	tag := uint8(h)
	for at := (h >> 8) & mask; ; at = (at + 1) & mask {
		id := n.table[at]
		if id == 0 {
			return at, false
		}
		if n.tags[at] == tag && string(n.text(id)) == string(s) {
			return at, true
		}
	}
}

func (n *interner) grow(size int) {
	size = 1 << bits.Len(uint(size-1))
	n.table, n.tags = make([]uint32, size), make([]uint8, size)
	mask := uint64(size - 1)
	for id := uint32(1); id < uint32(len(n.ends)); id++ {
		h := hashBytes(n.text(id))
		at := (h >> 8) & mask
		for n.table[at] != 0 {
			at = (at + 1) & mask
		}
		n.table[at], n.tags[at] = id, uint8(h)
	}
}

const (
	mixA = 0x9E3779B97F4A7C15
	mixB = 0xD6E8FEB86659FD93
)

// hashBytes is a fixed, seedless hash: the same on every machine and run.
func hashBytes(s []byte) uint64 {
	h := uint64(len(s)) * mixA
	for len(s) >= 8 {
		h = mix(h ^ binary.LittleEndian.Uint64(s))
		s = s[8:]
	}
	if len(s) > 0 {
		var last uint64
		for i, c := range s {
			last |= uint64(c) << (8 * uint(i))
		}
		h = mix(h ^ last)
	}
	return mix(h)
}

func mix(x uint64) uint64 {
	hi, lo := bits.Mul64(x^mixB, mixA)
	return hi ^ lo ^ x>>29
}

// mix2 combines two numbers into one key.
func mix2(a, b uint64) uint64 { return mix(mix(a)*mixB + b) }
