package linkage

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// State is a finished run as it is kept: the records, the frozen model and
// counts, the people and the pairs. A later run extends it with new records.
type State struct {
	Data    *Dataset
	Model   *Model
	Person  []uint32 // by record
	Founder []uint32 // by record that is a person's number: the record the person's id was made from
	Links   []Edge
	Review  []Doubt
	counts  *valueCounts
	aside   aside
}

// State returns the run as it is kept. founder gives, by a person's number, the
// record the person's id was made from.
func (r *Result) State(founder []uint32) *State {
	return &State{
		Data: r.eng.d, Model: r.Model, Person: r.Person, Founder: founder, Links: r.Links, Review: r.Review, counts: r.eng.counts(), aside: r.aside,
	}
}

const stateMagic = "LNTNLNK2"

// head is the small part of a state, kept as JSON.
type head struct {
	Sources []string
	Kinds   []string
	Check   []bool
	Model   *Model
	Named   float64
	Why     []string
}

// Write writes the state. It holds names and dates: keep it as the records are
// kept.
func (s *State) Write(w io.Writer) error {
	e := &encoder{w: bufio.NewWriterSize(w, 1<<20)}
	e.raw([]byte(stateMagic))
	d := s.Data
	h := head{Sources: d.sources, Kinds: d.kinds, Check: d.check, Model: s.Model, Named: s.counts.named}
	whyNo := map[string]uint32{}
	var why, prio []uint32
	doubts := make([]Edge, len(s.Review))
	for i, x := range s.Review {
		n, ok := whyNo[x.Why]
		if !ok {
			n = uint32(len(h.Why))
			whyNo[x.Why] = n
			h.Why = append(h.Why, x.Why)
		}
		why, prio, doubts[i] = append(why, n), append(prio, uint32(x.Priority)), x.Edge
	}
	hj, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("writing the index: %w", err)
	}
	e.bytes(hj)
	e.dataset(d)
	e.counts(s.counts)
	e.u32s(s.aside.bags)
	e.u32s(s.aside.dobs)
	for k := range d.kinds {
		e.u32s(s.aside.ids[k])
	}
	e.u32s(s.Person)
	e.u32s(s.Founder)
	e.edges(s.Links)
	e.edges(doubts)
	e.u32s(why)
	e.u32s(prio)
	e.raw([]byte(stateMagic))
	if e.err == nil {
		e.err = e.w.Flush()
	}
	if e.err != nil {
		return fmt.Errorf("writing the index: %w", e.err)
	}
	return nil
}

// ReadState reads what Write wrote; names are understood by the tables given.
func ReadState(r io.Reader, t *Tables) (*State, error) {
	x := &decoder{r: bufio.NewReaderSize(r, 1<<20)}
	if string(x.raw(len(stateMagic))) != stateMagic {
		return nil, errors.New("the index is not one this program wrote, or was written by another version: run again without it")
	}
	var h head
	if err := json.Unmarshal(x.bytes(), &h); err != nil && x.err == nil {
		x.err = err
	}
	if x.err != nil {
		return nil, fmt.Errorf("reading the index: %w", x.err)
	}
	s := &State{Model: h.Model, Data: NewDataset(t)}
	d := s.Data
	d.sources, d.kinds, d.check = h.Sources, h.Kinds, h.Check
	for i, n := range d.sources {
		d.srcNo[n] = uint16(i)
	}
	for i, n := range d.kinds {
		d.kindNo[n] = i
	}
	x.dataset(d)
	s.counts = x.counts(len(d.kinds))
	s.counts.named = h.Named
	s.aside.bags, s.aside.dobs = x.u32s(), x.u32s()
	for range d.kinds {
		s.aside.ids = append(s.aside.ids, x.u32s())
	}
	s.Person, s.Founder = x.u32s(), x.u32s()
	s.Links = x.edges()
	doubts, why, prio := x.edges(), x.u32s(), x.u32s()
	if string(x.raw(len(stateMagic))) != stateMagic && x.err == nil {
		x.err = errors.New("its end is missing")
	}
	if x.err == nil && (len(s.Person) != len(d.rows) || len(why) != len(doubts) || len(prio) != len(doubts)) {
		x.err = errors.New("its parts do not fit together")
	}
	if x.err != nil {
		return nil, fmt.Errorf("reading the index: %w", x.err)
	}
	for i, e := range doubts {
		if int(why[i]) >= len(h.Why) {
			return nil, errors.New("reading the index: its parts do not fit together")
		}
		s.Review = append(s.Review, Doubt{e, h.Why[why[i]], int(prio[i])})
	}
	return s, nil
}

type encoder struct {
	w   *bufio.Writer
	err error
	buf []byte
}

func (e *encoder) raw(p []byte) {
	if e.err == nil {
		_, e.err = e.w.Write(p)
	}
}

func (e *encoder) bytes(p []byte) {
	var n [8]byte
	binary.LittleEndian.PutUint64(n[:], uint64(len(p)))
	e.raw(n[:])
	e.raw(p)
}

const wordsAtOnce = 1 << 14

func (e *encoder) u32s(v []uint32) {
	var n [8]byte
	binary.LittleEndian.PutUint64(n[:], uint64(len(v)))
	e.raw(n[:])
	for len(v) > 0 && e.err == nil {
		part := v[:min(len(v), wordsAtOnce)]
		e.buf = e.buf[:0]
		for _, x := range part {
			e.buf = binary.LittleEndian.AppendUint32(e.buf, x)
		}
		e.raw(e.buf)
		v = v[len(part):]
	}
}

func (e *encoder) interner(n *interner) {
	e.bytes(n.arena)
	e.u32s(n.ends)
}

func (e *encoder) edges(es []Edge) {
	a, b, w := make([]uint32, len(es)), make([]uint32, len(es)), make([]uint32, len(es))
	for i, x := range es {
		a[i], b[i], w[i] = x.A, x.B, floatBits(x.Weight)
	}
	e.u32s(a)
	e.u32s(b)
	e.u32s(w)
}

// column writes one number of each element of a list of n.
func (e *encoder) column(n int, of func(i int) uint32) {
	v := make([]uint32, n)
	for i := range v {
		v[i] = of(i)
	}
	e.u32s(v)
}

func (e *encoder) dataset(d *Dataset) {
	e.bytes(d.ids)
	e.u32s(d.idEnds)
	r := d.rows
	e.column(len(r), func(i int) uint32 { return r[i].names })
	e.column(len(r), func(i int) uint32 { return r[i].dob })
	e.column(len(r), func(i int) uint32 { return r[i].place })
	e.column(len(r), func(i int) uint32 { return r[i].ids })
	e.column(len(r), func(i int) uint32 { return r[i].school })
	e.column(len(r), func(i int) uint32 { return uint32(r[i].mask) | uint32(r[i].src)<<16 })
	e.column(len(r), func(i int) uint32 {
		return uint32(r[i].nPlace) | uint32(r[i].sex)<<8 | uint32(r[i].flags)<<16
	})
	p := d.places
	e.column(len(p), func(i int) uint32 { return p[i].addr })
	e.column(len(p), func(i int) uint32 { return p[i].unit })
	e.column(len(p), func(i int) uint32 { return p[i].district })
	e.column(len(p), func(i int) uint32 { return p[i].town })
	e.column(len(p), func(i int) uint32 { return uint32(p[i].from) })
	e.column(len(p), func(i int) uint32 { return uint32(p[i].to) })
	e.u32s(d.idVals)
	for k, v := range d.vals {
		e.interner(v)
		e.column(len(d.valid[k]), func(i int) uint32 { return oneIf(d.valid[k][i]) })
	}
	e.interner(d.schools)
	e.column(len(d.sets), func(i int) uint32 { return d.sets[i].start })
	e.column(len(d.sets), func(i int) uint32 { return uint32(d.sets[i].n) })
	e.u32s(d.setBags)
	b := d.book
	e.interner(b.words)
	e.interner(b.codes)
	e.interner(b.joins)
	t := b.toks
	e.column(len(t), func(i int) uint32 { return t[i].letters })
	e.column(len(t), func(i int) uint32 {
		return uint32(t[i].len) | uint32(t[i].nGroup)<<8 | uint32(t[i].nCode)<<16 | oneIf(t[i].weak)<<24
	})
	for g := range maxGroups {
		e.column(len(t), func(i int) uint32 { return t[i].group[g] })
	}
	for c := range maxCodes {
		e.column(len(t), func(i int) uint32 { return t[i].code[c] })
	}
	e.u32s(b.refs)
	e.column(len(b.bags), func(i int) uint32 { return b.bags[i].start })
	e.column(len(b.bags), func(i int) uint32 { return b.bags[i].joined })
	e.column(len(b.bags), func(i int) uint32 { return uint32(b.bags[i].n) | oneIf(b.bags[i].alias)<<8 })
	a := d.atlas
	for _, n := range []*interner{a.units, a.codes, a.addrs, a.words} {
		e.interner(n)
	}
	e.column(len(a.unit), func(i int) uint32 { return a.unit[i].sector })
	e.column(len(a.unit), func(i int) uint32 { return a.unit[i].district })
	e.column(len(a.unit), func(i int) uint32 { return a.unit[i].area })
	e.column(len(a.addr), func(i int) uint32 { return a.addr[i].number })
	e.column(len(a.addr), func(i int) uint32 { return a.addr[i].street })
}

func oneIf(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}

func (e *encoder) counts(c *valueCounts) {
	for _, v := range [][]uint32{c.bag, c.tok[0], c.tok[1], c.dob, c.addr, c.unit, c.district, c.town, c.school} {
		e.u32s(v)
	}
	e.column(1, func(int) uint32 { return uint32(len(c.ids)) })
	for _, v := range c.ids {
		e.u32s(v)
	}
}

type decoder struct {
	r   *bufio.Reader
	err error
	buf []byte
}

// largestPart bounds what a damaged length can make the reader ask for.
const largestPart = 1 << 33

func (x *decoder) raw(n int) []byte {
	p := make([]byte, n)
	if x.err == nil {
		_, x.err = io.ReadFull(x.r, p)
	}
	return p
}

func (x *decoder) length(size uint64) int {
	n := binary.LittleEndian.Uint64(x.raw(8))
	if x.err == nil && n*size > largestPart {
		x.err = errors.New("it is damaged")
	}
	if x.err != nil {
		return 0
	}
	return int(n)
}

// bytes reads in steps, so that a damaged length fails before it is allocated.
func (x *decoder) bytes() []byte {
	n := x.length(1)
	var out []byte
	for len(out) < n && x.err == nil {
		step := min(n-len(out), 1<<26)
		if out == nil {
			out = make([]byte, 0, min(n, 1<<26))
		}
		at := len(out)
		out = append(out, make([]byte, step)...)
		_, x.err = io.ReadFull(x.r, out[at:])
	}
	return out
}

func (x *decoder) u32s() []uint32 {
	n := x.length(4)
	out := make([]uint32, 0, min(n, 1<<24))
	if x.buf == nil {
		x.buf = make([]byte, 4*wordsAtOnce)
	}
	for len(out) < n && x.err == nil {
		p := x.buf[:4*min(n-len(out), wordsAtOnce)]
		if _, x.err = io.ReadFull(x.r, p); x.err != nil {
			break
		}
		for ; len(p) > 0; p = p[4:] {
			out = append(out, binary.LittleEndian.Uint32(p))
		}
	}
	return out
}

func (x *decoder) interner() *interner {
	n := &interner{arena: x.bytes(), ends: x.u32s()}
	if x.err != nil {
		return newInterner()
	}
	last := uint32(0)
	for _, e := range n.ends {
		if e < last || int(e) > len(n.arena) {
			x.err = errors.New("it is damaged")
			return newInterner()
		}
		last = e
	}
	if len(n.ends) == 0 {
		x.err = errors.New("it is damaged")
		return newInterner()
	}
	n.grow(max(64, 2*n.count()))
	return n
}

func (x *decoder) edges() []Edge {
	a, b, w := x.u32s(), x.u32s(), x.u32s()
	if len(a) != len(b) || len(a) != len(w) {
		x.err = errors.New("it is damaged")
		return nil
	}
	es := make([]Edge, len(a))
	for i := range es {
		es[i] = Edge{a[i], b[i], bitsFloat(w[i])}
	}
	return es
}

// column reads a column that must have n numbers; n < 0 takes what comes.
func (x *decoder) column(n int) []uint32 {
	v := x.u32s()
	if n >= 0 && len(v) != n && x.err == nil {
		x.err = errors.New("it is damaged")
	}
	if n >= 0 && len(v) != n {
		return make([]uint32, n)
	}
	return v
}

func (x *decoder) dataset(d *Dataset) {
	d.ids, d.idEnds = x.bytes(), x.u32s()
	if len(d.idEnds) == 0 {
		x.err = errors.New("it is damaged")
		d.idEnds = []uint32{0}
	}
	n := len(d.idEnds) - 1
	var c [7][]uint32
	for i := range c {
		c[i] = x.column(n)
	}
	d.rows = make([]row, n)
	for i := range d.rows {
		d.rows[i] = row{
			names: c[0][i], dob: c[1][i], place: c[2][i], ids: c[3][i], school: c[4][i], mask: uint16(c[5][i]), src: uint16(c[5][i] >> 16),
			nPlace: uint8(c[6][i]), sex: Sex(c[6][i] >> 8), flags: uint8(c[6][i] >> 16),
		}
	}
	var p [6][]uint32
	p[0] = x.column(-1)
	for i := 1; i < len(p); i++ {
		p[i] = x.column(len(p[0]))
	}
	d.places = make([]place, len(p[0]))
	for i := range d.places {
		d.places[i] = place{p[0][i], p[1][i], p[2][i], p[3][i], int32(p[4][i]), int32(p[5][i])}
		d.dated = d.dated || p[4][i] != 0 || p[5][i] != 0
	}
	d.idVals = x.u32s()
	for range d.kinds {
		v := x.interner()
		d.vals = append(d.vals, v)
		ok := make([]bool, v.count()+1)
		for i, b := range x.column(len(ok)) {
			ok[i] = b == 1
		}
		d.valid = append(d.valid, ok)
	}
	d.schools = x.interner()
	starts := x.column(-1)
	ns := x.column(len(starts))
	d.setBags = x.u32s()
	d.sets = make([]nameSet, len(starts))
	x.book(d.book)
	d.setKey = newInterner()
	d.setKey.grow(2 * len(starts))
	for i := range d.sets {
		d.sets[i] = nameSet{starts[i], uint8(ns[i])}
		if i > 0 && x.err == nil && uint64(starts[i])+uint64(ns[i]) <= uint64(len(d.setBags)) {
			d.key = d.key[:0]
			for _, b := range d.bagsOf(uint32(i)) {
				d.key = binary.LittleEndian.AppendUint32(d.key, b)
			}
			d.setKey.id(d.key)
		}
	}
	x.atlas(d.atlas)
}

func (x *decoder) book(b *nameBook) {
	b.words, b.codes, b.joins = x.interner(), x.interner(), x.interner()
	n := b.words.count() + 1
	letters, small := x.column(n), x.column(n)
	b.toks, b.sieve = make([]token, n), make([]uint32, n)
	for i := 1; i < n; i++ {
		s := small[i]
		b.toks[i] = token{
			letters: letters[i], start: b.words.ends[i-1], len: uint8(s), nGroup: min(uint8(s>>8), maxGroups), nCode: min(uint8(s>>16), maxCodes), weak: s>>24 == 1,
		}
		b.sieve[i] = b.toks[i].sieve()
		b.toks[i].chinese = b.tables.chinese(string(b.words.text(uint32(i))))
	}
	for g := range maxGroups {
		for i, v := range x.column(n) {
			b.toks[i].group[g] = v
		}
	}
	for c := range maxCodes {
		for i, v := range x.column(n) {
			b.toks[i].code[c] = v
		}
	}
	b.refs = x.u32s()
	starts := x.column(-1)
	joined, rest := x.column(len(starts)), x.column(len(starts))
	b.bags = make([]bag, len(starts))
	b.bagKey = newInterner()
	b.bagKey.grow(2 * len(starts))
	for i := range b.bags {
		b.bags[i] = bag{start: starts[i], joined: joined[i], n: uint8(rest[i]), alias: rest[i]>>8 == 1}
		if i == 0 || x.err != nil {
			continue
		}
		if uint64(starts[i])+uint64(b.bags[i].n) > uint64(len(b.refs)) {
			x.err = errors.New("it is damaged")
			continue
		}
		b.key = b.key[:0]
		if b.bags[i].alias {
			b.key = append(b.key, 1)
		}
		for _, r := range b.bagRefs(uint32(i)) {
			b.key = binary.LittleEndian.AppendUint32(b.key, r)
		}
		b.bagKey.id(b.key)
	}
}

func (x *decoder) atlas(a *atlas) {
	for _, n := range []**interner{&a.units, &a.codes, &a.addrs, &a.words} {
		*n = x.interner()
	}
	n := a.units.count() + 1
	s, di, ar := x.column(n), x.column(n), x.column(n)
	a.unit = make([]unitInfo, n)
	for i := range a.unit {
		a.unit[i] = unitInfo{s[i], di[i], ar[i]}
	}
	n = a.addrs.count() + 1
	num, st := x.column(n), x.column(n)
	a.addr = make([]addrInfo, n)
	for i := range a.addr {
		a.addr[i] = addrInfo{num[i], st[i]}
	}
}

func (x *decoder) counts(kinds int) *valueCounts {
	c := &valueCounts{}
	for _, v := range []*[]uint32{&c.bag, &c.tok[0], &c.tok[1], &c.dob, &c.addr, &c.unit, &c.district, &c.town, &c.school} {
		*v = x.u32s()
	}
	if n := x.column(1); int(n[0]) != kinds && x.err == nil {
		x.err = errors.New("it is damaged")
	}
	for range kinds {
		c.ids = append(c.ids, x.u32s())
	}
	return c
}
