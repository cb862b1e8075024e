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
	table []slot   // open addressing, 0 where free
}

// slot is a string's number beside half of its hash, so that a search seldom
// reads a string that is not the one it looks for.
type slot struct{ hash, id uint32 }

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
		return n.table[at].id
	}
	n.arena = append(room(n.arena, len(s)), s...)
	n.ends = append(room(n.ends, 1), uint32(len(n.arena)))
	id := uint32(n.count())
	n.table[at] = slot{uint32(h), id}
	return id
}

// lookup is id without adding: 0 when s is not known.
func (n *interner) lookup(s []byte) uint32 {
	if len(s) == 0 || len(n.table) == 0 {
		return 0
	}
	if at, found := n.find(hashBytes(s), s); found {
		return n.table[at].id
	}
	return 0
}

func (n *interner) find(h uint64, s []byte) (uint64, bool) {
	mask := uint64(len(n.table) - 1)
	for at := (h >> 32) & mask; ; at = (at + 1) & mask {
		x := n.table[at]
		if x.id == 0 {
			return at, false
		}
		if x.hash == uint32(h) && string(n.text(x.id)) == string(s) {
			return at, true
		}
	}
}

func (n *interner) grow(size int) {
	size = 1 << bits.Len(uint(size-1))
	n.table = make([]slot, size)
	clear(n.table) // in order: a page that is read before it is written is given twice
	mask := uint64(size - 1)
	for id := uint32(1); id < uint32(len(n.ends)); id++ {
		h := hashBytes(n.text(id))
		at := (h >> 32) & mask
		for n.table[at].id != 0 {
			at = (at + 1) & mask
		}
		n.table[at] = slot{uint32(h), id}
	}
}

// room is s with room for n more: a long slice grows to double its length, not
// by a quarter as append would have it, since its room costs nothing until used.
func room[T any](s []T, n int) []T {
	if cap(s)-len(s) >= n {
		return s
	}
	out := make([]T, len(s), len(s)+max(n, len(s), 16))
	copy(out, s)
	return out
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
