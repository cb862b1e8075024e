package linkage

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/bits"
	"sync/atomic"
	"unsafe"
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
	Beside  [][]byte // what the caller keeps with it
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

// A written state is parts one after another, each as it lies in memory, then a
// list of their lengths and checksums, and the foot. So it is read and written at
// the speed of memory, on several goroutines, and one that is damaged, cut short
// or from a machine with another order of bytes is known before it is used.
const (
	stateMagic = "LNTNLNK3"
	footSize   = 4 + 4 + 4 + len(stateMagic) // number of parts, checksum of their list, byteOrder, stateMagic
	listedSize = 8 + 4                       // a part's length and checksum
	byteOrder  = 0x01020304                  // as this machine has it
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Why a written state cannot be read.
var (
	errOther   = errors.New("the index is not one this program wrote, or was written by another version: run again without it")
	errCut     = errors.New("reading the index: its end is missing")
	errDamaged = errors.New("reading the index: it is damaged")
)

// head is the small part of a state, kept as JSON.
type head struct {
	Sources []string
	Kinds   []string
	Check   []bool
	Model   *Model
	Named   float64
	Why     []string
	Beside  int
}

// Write writes the state. It holds names and dates: keep it as the records are
// kept.
func (s *State) Write(w io.Writer) error {
	return s.WriteWith(w, len(s.Beside), func() ([][]byte, error) { return s.Beside, nil })
}

// WriteWith is Write with what the caller keeps beside, in a number of parts that
// it gives when everything else is written.
func (s *State) WriteWith(w io.Writer, parts int, beside func() ([][]byte, error)) error {
	e := &encoder{w: w}
	e.raw([]byte(stateMagic))
	d := s.Data
	h := head{Sources: d.sources, Kinds: d.kinds, Check: d.check, Model: s.Model, Named: s.counts.named, Beside: parts}
	whyNo := map[string]uint32{}
	why, prio := make([]uint32, len(s.Review)), make([]uint32, len(s.Review))
	doubts := make([]Edge, len(s.Review))
	for i, x := range s.Review {
		n, ok := whyNo[x.Why]
		if !ok {
			n = uint32(len(h.Why))
			whyNo[x.Why] = n
			h.Why = append(h.Why, x.Why)
		}
		why[i], prio[i], doubts[i] = n, uint32(x.Priority), x.Edge
	}
	hj, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("writing the index: %w", err)
	}
	e.part(hj)
	e.dataset(d)
	e.counts(s.counts)
	write(e, s.aside.bags)
	write(e, s.aside.dobs)
	for k := range d.kinds {
		write(e, s.aside.ids[k])
	}
	write(e, s.Person)
	write(e, s.Founder)
	write(e, s.Links)
	write(e, doubts)
	write(e, why)
	write(e, prio)
	if e.err == nil {
		more, err := beside()
		if err != nil {
			return err
		}
		for _, p := range more {
			e.part(p)
		}
	}
	e.foot()
	if e.err != nil {
		return fmt.Errorf("writing the index: %w", e.err)
	}
	return nil
}

// ReadState reads what Write wrote, on so many goroutines; names are understood by
// the tables given.
func ReadState(r io.Reader, t *Tables, workers int) (*State, error) {
	x, err := newDecoder(r)
	if err != nil {
		return nil, err
	}
	var h head
	var hj []byte
	read(x, &hj)
	if err := x.run(1); err != nil {
		return nil, err
	}
	if json.Unmarshal(hj, &h) != nil || h.Model == nil || len(h.Check) != len(h.Kinds) || len(h.Kinds) > maxKinds {
		return nil, errDamaged
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
	read(x, &s.aside.bags)
	read(x, &s.aside.dobs)
	s.aside.ids = make([][]uint32, len(d.kinds))
	for k := range d.kinds {
		read(x, &s.aside.ids[k])
	}
	read(x, &s.Person)
	read(x, &s.Founder)
	read(x, &s.Links)
	var doubts []Edge
	var why, prio []uint32
	read(x, &doubts)
	read(x, &why)
	read(x, &prio)
	s.Beside = make([][]byte, h.Beside)
	for i := range s.Beside {
		read(x, &s.Beside[i])
	}
	x.then(func() error {
		if len(why) != len(doubts) || len(prio) != len(doubts) {
			return errDamaged
		}
		s.Review = make([]Doubt, len(doubts))
		for i, e := range doubts {
			if int(why[i]) >= len(h.Why) {
				return errDamaged
			}
			s.Review[i] = Doubt{e, h.Why[why[i]], int(prio[i])}
		}
		return nil
	})
	if x.next != len(x.parts) {
		return nil, errDamaged
	}
	if err := x.run(workers); err != nil {
		return nil, err
	}
	if !s.sound(workers) {
		return nil, errDamaged
	}
	return s, nil
}

// sound reports whether what the records refer to is there.
func (s *State) sound(workers int) bool {
	d := s.Data
	n := uint32(len(d.rows))
	if len(s.Person) != len(d.rows) || len(s.Founder) != len(d.rows) {
		return false
	}
	if !s.counts.fit(d) {
		return false
	}
	var bad atomic.Bool
	eachStretch(len(d.rows), workers, func(i int) {
		r := &d.rows[i]
		ok := int(r.names) < len(d.sets) && int(r.src) < len(d.sources) && uint64(r.place)+uint64(r.nPlace) <= uint64(len(d.places)) &&
			int(r.school) <= d.schools.count() && int(r.mask)>>len(d.kinds) == 0 && uint64(r.ids)+uint64(bits.OnesCount16(r.mask)) <= uint64(len(d.idVals)) &&
			(r.dob == 0 || uint(dobIndex(r.dob)) < dobSlots) && s.Person[i] <= uint32(i) && s.Founder[i] < n
		if ok {
			at := r.ids
			for k := range d.kinds {
				if r.mask&(1<<k) != 0 {
					ok = ok && int(d.idVals[at]) <= d.vals[k].count()
					at++
				}
			}
		}
		if !ok {
			bad.Store(true)
		}
	})
	a := d.atlas
	eachStretch(len(d.places), workers, func(i int) {
		if p := &d.places[i]; int(p.addr) >= len(a.addr) || int(p.unit) >= len(a.unit) || int(p.district) > a.codes.count() || int(p.town) > a.words.count() {
			bad.Store(true)
		}
	})
	within := func(x Edge) bool { return x.A < n && x.B < n }
	for _, x := range s.Links {
		if !within(x) {
			return false
		}
	}
	for i := range s.Review {
		if !within(s.Review[i].Edge) {
			return false
		}
	}
	return !bad.Load()
}

// fit reports whether there are no more counts than values.
func (c *valueCounts) fit(d *Dataset) bool {
	a, ok := d.atlas, len(c.dob) == dobSlots
	for k := range c.ids {
		ok = ok && len(c.ids[k]) <= d.vals[k].count()+1
	}
	return ok && len(c.bag) <= len(d.book.bags) && max(len(c.tok[0]), len(c.tok[1])) <= len(d.book.toks) && len(c.tok[0]) == len(c.tok[1]) && len(c.addr) <= len(a.addr) &&
		len(c.unit) <= len(a.unit) && len(c.district) <= a.codes.count()+1 && len(c.town) <= a.words.count()+1 && len(c.school) <= d.schools.count()+1
}

// asBytes is the memory of a list of numbers, or of structures of numbers without
// gaps between them.
func asBytes[T any](v []T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), len(v)*int(unsafe.Sizeof(*new(T))))
}

// Structures that are written as they lie in memory have no gaps.
var (
	_ [28]byte = [unsafe.Sizeof(row{})]byte{}
	_ [24]byte = [unsafe.Sizeof(place{})]byte{}
	_ [12]byte = [unsafe.Sizeof(Edge{})]byte{}
	_ [12]byte = [unsafe.Sizeof(unitInfo{})]byte{}
	_ [8]byte  = [unsafe.Sizeof(addrInfo{})]byte{}
)

type encoder struct {
	w    io.Writer
	err  error
	list []byte // of the parts
}

func (e *encoder) raw(p []byte) {
	if e.err == nil {
		_, e.err = e.w.Write(p)
	}
}

func (e *encoder) part(p []byte) {
	e.list = binary.LittleEndian.AppendUint64(e.list, uint64(len(p)))
	e.list = binary.LittleEndian.AppendUint32(e.list, crc32.Checksum(p, castagnoli))
	e.raw(p)
}

func (e *encoder) foot() {
	foot := binary.LittleEndian.AppendUint32(nil, uint32(len(e.list)/listedSize))
	foot = binary.LittleEndian.AppendUint32(foot, crc32.Checksum(e.list, castagnoli))
	foot = binary.NativeEndian.AppendUint32(foot, byteOrder)
	e.raw(append(append(e.list, foot...), stateMagic...))
}

func write[T any](e *encoder, v []T) { e.part(asBytes(v)) }

func (e *encoder) interner(n *interner) {
	e.part(n.arena)
	write(e, n.ends)
}

// column writes one number of each element of a list of n.
func column[T any](e *encoder, n int, of func(i int) T) {
	v := make([]T, n)
	for i := range v {
		v[i] = of(i)
	}
	write(e, v)
}

func (e *encoder) dataset(d *Dataset) {
	e.part(d.ids)
	write(e, d.idEnds)
	write(e, d.rows)
	write(e, d.places)
	write(e, d.idVals)
	for k, v := range d.vals {
		e.interner(v)
		column(e, len(d.valid[k]), func(i int) uint8 { return uint8(oneIf(d.valid[k][i])) })
	}
	e.interner(d.schools)
	column(e, len(d.sets), func(i int) uint32 { return d.sets[i].start })
	column(e, len(d.sets), func(i int) uint8 { return d.sets[i].n })
	write(e, d.setBags)
	b := d.book
	e.interner(b.words)
	e.interner(b.codes)
	e.interner(b.joins)
	t := b.toks
	column(e, len(t), func(i int) uint32 { return t[i].letters })
	column(e, len(t), func(i int) uint32 {
		return uint32(t[i].len) | uint32(t[i].nGroup)<<8 | uint32(t[i].nCode)<<16 | oneIf(t[i].weak)<<24
	})
	for g := range maxGroups {
		column(e, len(t), func(i int) uint32 { return t[i].group[g] })
	}
	for c := range maxCodes {
		column(e, len(t), func(i int) uint32 { return t[i].code[c] })
	}
	write(e, b.refs)
	column(e, len(b.bags), func(i int) uint32 { return b.bags[i].start })
	column(e, len(b.bags), func(i int) uint32 { return b.bags[i].joined })
	column(e, len(b.bags), func(i int) uint16 { return uint16(b.bags[i].n) | uint16(oneIf(b.bags[i].alias))<<8 })
	a := d.atlas
	for _, n := range []*interner{a.units, a.codes, a.addrs, a.words} {
		e.interner(n)
	}
	write(e, a.unit)
	write(e, a.addr)
}

func oneIf(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}

func (e *encoder) counts(c *valueCounts) {
	for _, v := range [][]uint32{c.bag, c.tok[0], c.tok[1], c.dob, c.addr, c.unit, c.district, c.town, c.school} {
		write(e, v)
	}
	for _, v := range c.ids {
		write(e, v)
	}
}

// decoder reads parts in the order they were written. What is asked for is read
// when run is called, on several goroutines; what is made of it comes after.
type decoder struct {
	r      io.ReaderAt
	parts  []written
	next   int
	reads  []func() error
	tables []func() error // what is looked up by number when the rest is made
	builds []func() error
}

// written is where a part stands and its checksum.
type written struct {
	at, size int64
	sum      uint32
}

func newDecoder(r io.Reader) (*decoder, error) {
	x := &decoder{}
	size, ok := int64(0), false
	if x.r, ok = r.(io.ReaderAt); ok {
		var s io.Seeker
		if s, ok = r.(io.Seeker); ok {
			var err error
			if size, err = s.Seek(0, io.SeekEnd); err != nil {
				return nil, fmt.Errorf("reading the index: %w", err)
			}
		}
	}
	if !ok {
		all, err := io.ReadAll(r)
		if err != nil {
			return nil, fmt.Errorf("reading the index: %w", err)
		}
		x.r, size = bytes.NewReader(all), int64(len(all))
	}
	return x, x.list(size)
}

// list reads the list of parts at the end.
func (x *decoder) list(size int64) error {
	first, foot := make([]byte, len(stateMagic)), make([]byte, footSize)
	if size < int64(len(first)) {
		return errOther
	}
	if _, err := x.r.ReadAt(first, 0); err != nil {
		return fmt.Errorf("reading the index: %w", err)
	}
	if string(first) != stateMagic {
		return errOther
	}
	if size < int64(len(first)+len(foot)) {
		return errCut
	}
	if _, err := x.r.ReadAt(foot, size-int64(len(foot))); err != nil {
		return fmt.Errorf("reading the index: %w", err)
	}
	if string(foot[12:]) != stateMagic {
		return errCut
	}
	if binary.NativeEndian.Uint32(foot[8:]) != byteOrder {
		return errOther
	}
	n := int64(binary.LittleEndian.Uint32(foot))
	end := size - int64(len(foot)) - n*listedSize
	if end < int64(len(first)) {
		return errDamaged
	}
	list := make([]byte, n*listedSize)
	if _, err := x.r.ReadAt(list, end); err != nil {
		return fmt.Errorf("reading the index: %w", err)
	}
	if crc32.Checksum(list, castagnoli) != binary.LittleEndian.Uint32(foot[4:]) {
		return errDamaged
	}
	at := int64(len(first))
	for ; len(list) > 0; list = list[listedSize:] {
		p := written{at, int64(binary.LittleEndian.Uint64(list)), binary.LittleEndian.Uint32(list[8:])}
		if p.size < 0 || p.size > end-at {
			return errDamaged
		}
		at += p.size
		x.parts = append(x.parts, p)
	}
	if at != end {
		return errDamaged
	}
	return nil
}

// read asks for the next part. There is room for more at its end, so that later
// records go in without moving it.
func read[T any](x *decoder, dst *[]T) {
	if x.next >= len(x.parts) {
		x.then(func() error { return errDamaged })
		return
	}
	p := x.parts[x.next]
	x.next++
	x.reads = append(x.reads, func() error {
		each := int64(unsafe.Sizeof(*new(T)))
		if p.size%each != 0 {
			return errDamaged
		}
		n := p.size / each
		v := make([]T, n, n+n/16+64)
		if n > 0 {
			if _, err := x.r.ReadAt(asBytes(v), p.at); err != nil {
				return fmt.Errorf("reading the index: %w", err)
			}
		}
		if crc32.Checksum(asBytes(v), castagnoli) != p.sum {
			return errDamaged
		}
		*dst = v
		return nil
	})
}

// then asks for f when everything has been read.
func (x *decoder) then(f func() error) { x.builds = append(x.builds, f) }

// run reads what was asked for and makes what was to be made of it.
func (x *decoder) run(workers int) error {
	for _, fs := range []*[]func() error{&x.reads, &x.tables, &x.builds} {
		errs := make([]error, len(*fs))
		parallel(len(errs), workers, func(_, i int) { errs[i] = (*fs)[i]() })
		*fs = nil
		for _, err := range errs {
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (x *decoder) interner(n *interner) {
	read(x, &n.arena)
	read(x, &n.ends)
	x.tables = append(x.tables, n.restore)
}

// restore makes the table of an interner whose strings were read.
func (n *interner) restore() error {
	if len(n.ends) == 0 || n.ends[0] != 0 || int(n.ends[n.count()]) != len(n.arena) {
		return errDamaged
	}
	for i, e := range n.ends[1:] {
		if e <= n.ends[i] {
			return errDamaged
		}
	}
	n.grow(max(64, 2*n.count()))
	return nil
}

func (x *decoder) dataset(d *Dataset) {
	read(x, &d.ids)
	read(x, &d.idEnds)
	read(x, &d.rows)
	read(x, &d.places)
	read(x, &d.idVals)
	d.vals, d.valid = make([]*interner, len(d.kinds)), make([][]bool, len(d.kinds))
	for k := range d.kinds {
		v := &interner{}
		x.interner(v)
		var valid []uint8
		read(x, &valid)
		x.then(func() error {
			if len(valid) != len(v.ends) {
				return errDamaged
			}
			ok := make([]bool, len(valid), cap(valid))
			for i, b := range valid {
				ok[i] = b == 1
			}
			d.valid[k] = ok
			return nil
		})
		d.vals[k] = v
	}
	x.interner(d.schools)
	var starts []uint32
	var ns []uint8
	read(x, &starts)
	read(x, &ns)
	read(x, &d.setBags)
	x.then(func() error {
		if len(d.idEnds) != len(d.rows)+1 || int(d.idEnds[len(d.rows)]) != len(d.ids) {
			return errDamaged
		}
		for i := range d.rows {
			if d.idEnds[i] > d.idEnds[i+1] {
				return errDamaged
			}
		}
		for i := range d.places {
			d.dated = d.dated || d.places[i].from != 0 || d.places[i].to != 0
		}
		return nil
	})
	bags := x.book(d.book)
	x.then(func() error { return d.restoreSets(starts, ns, len(*bags)) })
	x.atlas(d.atlas)
}

// restoreSets makes the sets of names and the table they are looked up in: a set's
// key is its bags as bytes.
func (d *Dataset) restoreSets(starts []uint32, ns []uint8, names int) error {
	if len(starts) == 0 || len(starts) != len(ns) {
		return errDamaged
	}
	d.sets = make([]nameSet, len(starts), cap(starts))
	n := d.setKey
	n.arena, n.ends = make([]byte, 0, 4*len(d.setBags)+4*len(d.setBags)/16), make([]uint32, 1, cap(starts))
	for i := range d.sets {
		d.sets[i] = nameSet{starts[i], ns[i]}
		if i == 0 {
			continue
		}
		if uint64(starts[i])+uint64(ns[i]) > uint64(len(d.setBags)) || ns[i] == 0 {
			return errDamaged
		}
		for _, b := range d.bagsOf(uint32(i)) {
			if int(b) >= names {
				return errDamaged
			}
			n.arena = binary.LittleEndian.AppendUint32(n.arena, b)
		}
		n.ends = append(n.ends, uint32(len(n.arena)))
	}
	n.grow(2 * n.count())
	return nil
}

// book asks for the names, and returns where the list of where each begins will be.
func (x *decoder) book(b *nameBook) *[]uint32 {
	x.interner(b.words)
	x.interner(b.codes)
	x.interner(b.joins)
	var letters, small []uint32
	var group [maxGroups][]uint32
	var code [maxCodes][]uint32
	read(x, &letters)
	read(x, &small)
	for g := range group {
		read(x, &group[g])
	}
	for c := range code {
		read(x, &code[c])
	}
	x.then(func() error {
		n := len(b.words.ends)
		for _, v := range append(append([][]uint32{letters, small}, group[:]...), code[:]...) {
			if len(v) != n {
				return errDamaged
			}
		}
		b.toks, b.sieve = make([]token, n, cap(letters)), make([]uint32, n, cap(letters))
		for i := 1; i < n; i++ {
			s := small[i]
			t := token{
				letters: letters[i], start: b.words.ends[i-1], len: uint8(len(b.words.text(uint32(i)))), nGroup: min(uint8(s>>8), maxGroups), nCode: min(uint8(s>>16), maxCodes), weak: s>>24 == 1,
			}
			for g := range group {
				t.group[g] = group[g][i]
			}
			for c := range code {
				t.code[c] = code[c][i]
				if int(t.code[c]) > b.codes.count() {
					return errDamaged
				}
			}
			t.chinese = b.tables.chinese(string(b.words.text(uint32(i))))
			b.toks[i], b.sieve[i] = t, t.sieve()
		}
		return nil
	})
	starts := new([]uint32)
	var joined []uint32
	var rest []uint16
	read(x, &b.refs)
	read(x, starts)
	read(x, &joined)
	read(x, &rest)
	x.then(func() error { return b.restoreBags(*starts, joined, rest) })
	return starts
}

// restoreBags makes the names and the table they are looked up in.
func (b *nameBook) restoreBags(starts, joined []uint32, rest []uint16) error {
	if len(starts) == 0 || len(joined) != len(starts) || len(rest) != len(starts) {
		return errDamaged
	}
	b.bags = make([]bag, len(starts), cap(starts))
	b.bagKey = newInterner()
	n := b.bagKey
	n.arena, n.ends = make([]byte, 0, 4*len(b.refs)+4*len(b.refs)/16), make([]uint32, 1, cap(starts))
	for i := 1; i < len(b.bags); i++ {
		g := bag{start: starts[i], joined: joined[i], n: uint8(rest[i]), alias: rest[i]>>8 == 1}
		b.bags[i] = g
		if uint64(g.start)+uint64(g.n) > uint64(len(b.refs)) || int(g.joined) >= len(b.joins.ends) || g.n > maxTokens {
			return errDamaged
		}
		if g.alias {
			n.arena = append(n.arena, 1)
		}
		for _, r := range b.bagRefs(uint32(i)) {
			if int(r&tokenMask) >= len(b.words.ends) {
				return errDamaged
			}
			n.arena = binary.LittleEndian.AppendUint32(n.arena, r)
		}
		n.ends = append(n.ends, uint32(len(n.arena)))
	}
	n.grow(2 * n.count())
	return nil
}

func (x *decoder) atlas(a *atlas) {
	for _, n := range []*interner{a.units, a.codes, a.addrs, a.words} {
		x.interner(n)
	}
	read(x, &a.unit)
	read(x, &a.addr)
	x.then(func() error {
		if len(a.unit) != len(a.units.ends) || len(a.addr) != len(a.addrs.ends) {
			return errDamaged
		}
		for _, u := range a.unit {
			if m := a.codes.count(); int(u.sector) > m || int(u.district) > m || int(u.area) > m {
				return errDamaged
			}
		}
		for _, n := range a.addr {
			if m := a.words.count(); int(n.number) > m || int(n.street) > m {
				return errDamaged
			}
		}
		return nil
	})
}

func (x *decoder) counts(kinds int) *valueCounts {
	c := &valueCounts{ids: make([][]uint32, kinds)}
	for _, v := range []*[]uint32{&c.bag, &c.tok[0], &c.tok[1], &c.dob, &c.addr, &c.unit, &c.district, &c.town, &c.school} {
		read(x, v)
	}
	for k := range c.ids {
		read(x, &c.ids[k])
	}
	return c
}
