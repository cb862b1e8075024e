package linkage

import (
	"encoding/binary"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
)

// maxKinds is how many kinds of identifier take part; more are ignored and
// said so in Dataset.Notes.
const maxKinds = 11

// row is a record as the engine compares it.
type row struct {
	names  uint32 // name set
	dob    uint32 // eight decimal digits yyyymmdd, one a nibble; 00 for unknown parts
	place  uint32 // first of its places
	ids    uint32 // first of its identifier values, in order of kind
	school uint32
	mask   uint16 // which kinds of identifier it has
	src    uint16
	nPlace uint8
	sex    Sex
	flags  uint8
	spare  uint8 // always 0: a row has no gaps and is written as it lies in memory
}

const (
	flagEstimated = 1 << iota // date of birth estimated, or only a year known
	flagFromAge               // year worked out from an age
	flagDefault               // date of birth looks like a default
)

// nameSet is the names of one record: references to bags.
type nameSet struct {
	start uint32
	n     uint8
}

// Dataset holds records by columns, every value interned. Records are numbered
// from 0 in the order they were added. It is built by Add and then read only.
type Dataset struct {
	book    *nameBook
	atlas   *atlas
	sources []string
	srcNo   map[string]uint16
	lastSrc uint16 // the source of the last record taken, which the next mostly has
	ids     []byte
	idEnds  []uint32
	rows    []row
	places  []place
	dated   bool // a place has a date
	idVals  []uint32
	kinds   []string
	kindNo  map[string]int
	vals    []*interner // by kind
	valid   [][]bool    // by kind and value: its check character holds
	check   []bool      // by kind: it has a check character
	schools *interner
	setKey  *interner
	sets    []nameSet
	setBags []uint32
	alone   []uint32 // by bag: the set of that name alone, where it was asked for
	dropped map[string]int

	key     []byte
	setBuf  []byte // as key, for names
	setWork []uint32
}

// NewDataset returns an empty dataset that understands names by the tables.
func NewDataset(t *Tables) *Dataset {
	return &Dataset{
		book: newNameBook(t), atlas: newAtlas(), srcNo: map[string]uint16{}, idEnds: []uint32{0}, kindNo: map[string]int{},
		schools: newInterner(), setKey: newInterner(), sets: make([]nameSet, 1), dropped: map[string]int{},
	}
}

// Len is the number of records.
func (d *Dataset) Len() int { return len(d.rows) }

// Sources are the names of the sources in order of first appearance.
func (d *Dataset) Sources() []string { return d.sources }

// Kinds are the kinds of identifier met, in order of first appearance.
func (d *Dataset) Kinds() []string { return d.kinds }

// Key returns a record's source and id.
func (d *Dataset) Key(i int) (source, id string) {
	return d.sources[d.rows[i].src], string(d.idBytes(i))
}

// AppendID appends a record's id to dst.
func (d *Dataset) AppendID(dst []byte, i int) []byte { return append(dst, d.idBytes(i)...) }

// Source is a record's source.
func (d *Dataset) Source(i int) string { return d.sources[d.rows[i].src] }

func (d *Dataset) idBytes(i int) []byte { return d.ids[d.idEnds[i]:d.idEnds[i+1]] }

// Notes says in words what Add could not use.
func (d *Dataset) Notes() []string {
	var out []string
	for _, k := range sortedKeys(d.dropped) {
		out = append(out, fmt.Sprintf("%d values of identifier %q were left out: at most %d kinds of identifier are compared", d.dropped[k], k, maxKinds))
	}
	return out
}

// Add takes one record. Nothing of r is kept, so the caller can use it again.
func (d *Dataset) Add(r *Record) error {
	w, err := d.rowOf(r)
	if err != nil {
		return err
	}
	w.names = d.nameSetOf(r.Names)
	d.rows = append(room(d.rows, 1), w)
	return nil
}

// Adder takes records batch by batch, with their names on a goroutine of their
// own: what names are interned in is apart from everything else. Until it is
// closed the records it took have no names.
type Adder struct {
	d     *Dataset
	from  int
	queue chan *taken
	sets  []uint32
	names sync.WaitGroup
	done  func([]Record)
}

// taken is a batch and how many goroutines still read it.
type taken struct {
	recs []Record
	left atomic.Int32
}

// Adder returns an adder. It calls done, on either goroutine, when a batch is
// read and can be filled again.
func (d *Dataset) Adder(done func([]Record)) *Adder {
	a := &Adder{d: d, from: len(d.rows), queue: make(chan *taken, 4), done: done}
	a.names.Go(func() {
		for t := range a.queue {
			for i := range t.recs {
				a.sets = append(room(a.sets, 1), d.nameSetOf(t.recs[i].Names))
			}
			a.finish(t)
		}
	})
	return a
}

func (a *Adder) finish(t *taken) {
	if t.left.Add(-1) == 0 {
		a.done(t.recs)
	}
}

// Add takes the records of a batch in order. It returns how many were taken.
func (a *Adder) Add(rs []Record) (int, error) {
	t := &taken{recs: rs}
	t.left.Store(2)
	a.queue <- t
	defer a.finish(t)
	d := a.d
	for i := range rs {
		w, err := d.rowOf(&rs[i])
		if err != nil {
			return i, err
		}
		d.rows = append(room(d.rows, 1), w)
	}
	return len(rs), nil
}

// Close waits for the names and gives them to their records.
func (a *Adder) Close() {
	close(a.queue)
	a.names.Wait()
	for i := range a.d.rows[a.from:] {
		a.d.rows[a.from+i].names = a.sets[i]
	}
}

// rowOf interns everything of a record but its names.
func (d *Dataset) rowOf(r *Record) (row, error) {
	src, ok := d.lastSrc, len(d.sources) > 0 && d.sources[d.lastSrc] == r.Source
	if !ok {
		src, ok = d.srcNo[r.Source]
	}
	if !ok {
		if len(d.sources) == 1<<16-1 {
			return row{}, fmt.Errorf("more than %d sources", 1<<16-1)
		}
		src = uint16(len(d.sources))
		d.sources = append(d.sources, r.Source)
		d.srcNo[r.Source] = src
	}
	if uint64(len(d.ids))+uint64(len(r.ID)) > 1<<32-1 || len(d.rows) == 1<<31-1 {
		return row{}, fmt.Errorf("record %d: the records no longer fit 32-bit numbering", len(d.rows)+1)
	}
	d.ids = append(room(d.ids, len(r.ID)), r.ID...)
	d.idEnds = append(room(d.idEnds, 1), uint32(len(d.ids)))
	d.lastSrc = src
	w := row{src: src, sex: r.Sex}
	w.dob, w.flags = packBirth(r.Birth)
	w.place, w.nPlace = d.addPlaces(r.Addresses)
	w.ids, w.mask = d.addIdentifiers(r.Identifiers)
	if r.School != "" {
		d.key = foldInto(d.key[:0], r.School)
		if len(d.key) > 1 && !d.book.tables.junk[string(d.key)] {
			w.school = d.schools.id(d.key)
		}
	}
	return w, nil
}

func (d *Dataset) addPlaces(as []Address) (first uint32, n uint8) {
	first = uint32(len(d.places))
	for i := range as {
		p := d.atlas.place(&as[i])
		if !p.empty() && n < 250 {
			d.places = append(room(d.places, 1), p)
			d.dated = d.dated || p.from != 0 || p.to != 0
			n++
		}
	}
	return first, n
}

func (d *Dataset) addIdentifiers(ids []Identifier) (first uint32, mask uint16) {
	first = uint32(len(d.idVals))
	var at [maxKinds]uint32
	for _, id := range ids {
		if id.Value == "" {
			continue
		}
		v, valid, checkable := canonical(id.Kind, id.Value)
		if emptyValue(v) {
			continue
		}
		k := slices.Index(d.kinds, id.Kind) // few, and mostly the first letters tell
		if k < 0 {
			if len(d.kinds) == maxKinds {
				d.dropped[id.Kind]++
				continue
			}
			k = len(d.kinds)
			d.kinds = append(d.kinds, id.Kind)
			d.kindNo[id.Kind] = k
			d.vals = append(d.vals, newInterner())
			d.valid = append(d.valid, make([]bool, 1))
			d.check = append(d.check, checkable)
		}
		if mask&(1<<k) != 0 {
			continue
		}
		mask |= 1 << k
		before := d.vals[k].count()
		d.key = append(d.key[:0], v...)
		at[k] = d.vals[k].id(d.key)
		if d.vals[k].count() > before {
			d.valid[k] = append(room(d.valid[k], 1), valid)
		}
	}
	for k := range d.kinds {
		if mask&(1<<k) != 0 {
			d.idVals = append(room(d.idVals, 1), at[k])
		}
	}
	return first, mask
}

func (d *Dataset) nameSetOf(names []Name) uint32 {
	d.setWork = d.setWork[:0]
	for i := range names {
		n := names[i]
		var aliases []string
		for _, part := range [...]*string{&n.Full, &n.Given, &n.Family} {
			var found []string
			if *part != "" {
				*part, found = splitAliases(*part)
				aliases = append(aliases, found...)
			}
		}
		d.addBag(&n)
		for _, a := range aliases {
			d.addBag(&Name{Kind: AliasName, Full: a})
		}
	}
	switch len(d.setWork) {
	case 0:
		return 0
	case 1:
		return d.setOfOne(d.setWork[0])
	}
	return d.setOf()
}

// setOfOne is the set of one name, which most records have: it is found by the
// name's number alone.
func (d *Dataset) setOfOne(bag uint32) uint32 {
	if more := len(d.book.bags) - len(d.alone); more > 0 {
		d.alone = append(room(d.alone, more), make([]uint32, more)...)
	}
	if d.alone[bag] == 0 {
		d.alone[bag] = d.setOf()
	}
	return d.alone[bag]
}

// setOf interns the set of names in setWork.
func (d *Dataset) setOf() uint32 {
	d.setBuf = d.setBuf[:0]
	for _, b := range d.setWork {
		d.setBuf = binary.LittleEndian.AppendUint32(d.setBuf, b)
	}
	before := d.setKey.count()
	id := d.setKey.id(d.setBuf)
	if d.setKey.count() > before {
		d.sets = append(room(d.sets, 1), nameSet{uint32(len(d.setBags)), uint8(len(d.setWork))})
		d.setBags = append(room(d.setBags, len(d.setWork)), d.setWork...)
	}
	return id
}

func (d *Dataset) addBag(n *Name) {
	b := d.book.bagOf(n)
	if b == 0 || len(d.setWork) >= 8 {
		return
	}
	for _, have := range d.setWork {
		if have == b {
			return
		}
	}
	d.setWork = append(d.setWork, b)
}

func (d *Dataset) bagsOf(set uint32) []uint32 {
	s := d.sets[set]
	return d.setBags[s.start : s.start+uint32(s.n)]
}
