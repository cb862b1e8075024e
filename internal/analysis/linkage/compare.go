package linkage

import (
	"math/bits"
	"slices"
)

// Comparisons, in the order they stand in a vector. Identifiers follow.
const (
	cmpName = iota
	cmpBirth
	cmpSex
	cmpPlace
	cmpSchool
	cmpIdent       // the first kind of identifier
	maxComparisons = cmpIdent + maxKinds
	maxLevels      = 16
)

// Levels of the name comparison, roughly best first.
const (
	nameNull = iota
	nameSame
	nameGrouped       // all alike through short forms or recognised spellings
	nameSubset        // every part of the shorter stands in the longer
	nameReordered     // the same parts, given and family exchanged
	nameMiddleDiffers // given and family agree, other parts do not
	nameOneNear       // one part misspelt, the other agrees
	nameInitial       // one part agrees, another only by its initial
	nameNearNear      // both parts misspelt
	nameGivenOnly     // given agrees, family does not
	nameSingle        // one side has a single name, which the other has too
	nameFamilyOnly    // family agrees, given does not
	nameAlias         // an alias agrees
	nameSingleNear    // one side has a single name, which the other has misspelt
	nameLoose         // one part agrees, the other only bears a resemblance
	nameElse
)

// Levels of the place comparison.
const (
	placeNull     = iota
	placeAddress  // same number and street
	placeLikely   // same full postcode with no number to compare, or same number and street with another postcode
	placeUnit     // same full postcode, another number
	placeSector   // same sector, or same street
	placeDistrict // same district or town
	placeArea
	placeElse
)

// Levels of an identifier comparison.
const (
	idNull = iota
	idEqual
	idEqualUnchecked // equal, but its check character fails
	idNear           // one slip apart
	idDiffer
	idDifferValid // both pass their checks and differ
)

const (
	flagNull   = 0
	flagSame   = 1
	flagDiffer = 2
)

// vector is the outcome of comparing two records: a level for each comparison,
// and the sum of the adjustments for how common the agreeing values are.
type vector struct {
	lv    [maxComparisons]uint8
	adj   float32
	vague bool  // the date of birth of both is far commoner than others that are entered when nobody knows
	memo  *memo // what this worker has compared before; nil to remember nothing
}

// key packs the levels into a number, four bits each.
func (v *vector) key() uint64 {
	var k uint64
	for i, l := range v.lv {
		k |= uint64(l) << (4 * uint(i))
	}
	return k
}

func unpackLevels(k uint64) (lv [maxComparisons]uint8) {
	for i := range lv {
		lv[i] = uint8(k >> (4 * uint(i)) & 15)
	}
	return lv
}

// cell is a record with what the cheap comparisons need of it, 64 bytes in all:
// a pair that they rule out costs two lines of the cache.
type cell struct {
	row
	at   spot
	most float32 // the most that the rarity of its names can bring
}

// card is what a comparison of names needs of a set of names, a line of the cache
// with its first name. It is blank when a name of the set is long, which few are.
type card struct {
	bag   uint32 // the name, 0 when the card is blank
	more  uint32 // where the cards of the set's other names begin in engine.others
	n     uint8  // how many others there are
	nPart uint8
	shape uint16 // the name's parts, their roles and which are weak, as a number
	alias bool
	parts [shortName]part
}

const shortName = 3

// part is one token of a short name.
type part struct {
	ref     uint32
	adj     float32 // for agreement on it in its own role
	letters uint32  // as nameBook.sieve, with patronymBit
	groups  uint32  // bits that two tokens of one group share
}

const (
	groupBit    = 1 << 30
	initialBit  = 1 << 29 // a single letter
	patronymBit = 1 << 28 // as a family name it is mostly somebody's given name
)

// gather lays out every record as a cell and every set of names as a card.
func (e *engine) gather() {
	d := e.work
	e.cells = make([]cell, len(d.rows))
	e.sieves, e.idents = make([][]uint32, len(d.kinds)), nil
	e.gatherNumbers()
	eachStretch(len(d.rows), e.opt.Workers, func(i int) { e.fill(&e.cells[i], uint32(i)) })
	e.cards, e.others = e.cards[:0], e.others[:0]
	e.gatherCards()
}

// gatherCards lays out the sets of names that have no card yet.
func (e *engine) gatherCards() {
	from := len(e.cards)
	n := len(e.work.sets) - from
	e.cards = slices.Grow(e.cards, n)[:from+n]
	others := make([][]card, (n+stretch-1)/stretch)
	each := func(f func(part int, c *card, set uint32)) {
		parallel(len(others), e.opt.Workers, func(_, p int) {
			for set := from + p*stretch; set < min(from+(p+1)*stretch, from+n); set++ {
				f(p, &e.cards[set], uint32(set))
			}
		})
	}
	each(func(p int, c *card, set uint32) {
		first, more := e.cardsOf(set)
		first.more, first.n = uint32(len(others[p])), uint8(len(more))
		*c, others[p] = first, append(others[p], more...)
	})
	begin := make([]uint32, len(others))
	for p := range others {
		begin[p] = uint32(len(e.others))
		e.others = append(e.others, others[p]...)
	}
	each(func(p int, c *card, _ uint32) { c.more += begin[p] })
}

func eachStretch(n, workers int, f func(i int)) {
	parallel((n+stretch-1)/stretch, workers, func(_, s int) {
		for i := s * stretch; i < min((s+1)*stretch, n); i++ {
			f(i)
		}
	})
}

func (e *engine) fill(c *cell, i uint32) {
	d := e.work
	c.row = d.rows[i]
	if c.nPlace > 0 {
		c.at = d.atlas.spot(&d.places[c.place])
	}
	if c.most = nameAdjMost; i >= e.first { // of a pair's two bounds one is enough
		c.most = e.rarest(c.names)
	}
	at := c.ids
	for rest := c.mask; rest != 0; rest &= rest - 1 {
		v := d.idVals[at]
		e.idents[at] = number{v, e.sieves[bits.TrailingZeros16(rest)][v]}
		at++
	}
}

// cardsOf lays out a set of names.
func (e *engine) cardsOf(names uint32) (first card, others []card) {
	if names == 0 {
		return first, nil
	}
	for i, id := range e.work.bagsOf(names) {
		b := &e.d.book.bags[id]
		if b.n > shortName {
			return card{}, nil
		}
		c := card{bag: id, nPart: b.n, alias: b.alias}
		shape := uint16(b.n)
		for j, ref := range e.d.book.bagRefs(id) {
			c.parts[j] = e.partOf(ref)
			shape |= uint16(refRole(ref)<<1|ref&weakBit>>29) << (2 + 3*j)
		}
		if c.shape = shape; i == 0 {
			first = c
		} else {
			others = append(others, c)
		}
	}
	return first, others
}

func (e *engine) partOf(ref uint32) part {
	t := ref & tokenMask
	p := part{ref: ref, adj: e.tokenAdj(ref, ref), letters: e.d.book.sieve[t]}
	if int(t) < len(e.patronym) && e.patronym[t] {
		p.letters |= patronymBit
	}
	tok := &e.d.book.toks[t]
	for _, g := range tok.group[:tok.nGroup] {
		p.groups |= 1 << (uint64(g) * mixA >> 59)
	}
	return p
}

// compareIdents sets the levels of the kinds of identifier that both records have.
func (e *engine) compareIdents(a, b *cell, both uint16, v *vector) {
	d := e.work
	for rest := both; rest != 0; rest &= rest - 1 {
		k := bits.TrailingZeros16(rest)
		x, y := e.number(&a.row, k), e.number(&b.row, k)
		v.lv[cmpIdent+k] = d.compareIdent(k, x, y)
		if x.value == y.value {
			v.adj += e.idAdj[k][min(int(x.value), len(e.idAdj[k])-1)]
		}
	}
}

// idValue is the value of kind k in a row that has it.
func (d *Dataset) idValue(r *row, k int) uint32 {
	before := r.mask & (1<<k - 1)
	return d.idVals[r.ids+uint32(popcount16(before))]
}

func popcount16(x uint16) int {
	return bits.OnesCount16(x)
}

// number is an identifier's value with what tells, mostly, that another is not
// one slip from it: a comparison then need not read the two.
type number struct{ value, sieve uint32 }

const validBit = 1 << 31 // the value's check character holds

// sieveOf is made of how often each of fifteen classes of characters stands in a
// value: at least once, at least twice. One slip changes two of the bits at most.
func sieveOf(text []byte) (s uint32) {
	for _, c := range text {
		k := c - '0'
		if k > 9 {
			k = 10 + c%5
		}
		if s&(1<<k) != 0 {
			s |= 1 << (15 + k)
		}
		s |= 1 << k
	}
	return s
}

// number is the value of kind k in a row that has it.
func (e *engine) number(r *row, k int) number {
	return e.idents[r.ids+uint32(popcount16(r.mask&(1<<k-1)))]
}

// gatherNumbers lays out the numbers of the records that have none yet.
func (e *engine) gatherNumbers() {
	d := e.work
	workers := e.opt.Workers
	if e.idents != nil { // a record more
		workers = 1
	}
	parallel(len(d.kinds), workers, func(_, k int) {
		e.sieves[k] = slices.Grow(e.sieves[k], d.vals[k].count()+1-len(e.sieves[k]))
		for v := len(e.sieves[k]); v <= d.vals[k].count(); v++ {
			s := uint32(0)
			if d.kinds[k] != KindEmail { // which have slips of their own kind
				s = sieveOf(d.vals[k].text(uint32(v)))
			}
			if d.check[k] && d.valid[k][v] {
				s |= validBit
			}
			e.sieves[k] = append(e.sieves[k], s)
		}
	})
	if more := len(d.idVals) - len(e.idents); more > 0 {
		e.idents = append(e.idents, make([]number, more)...)
	}
}

func (d *Dataset) compareIdent(k int, x, y number) uint8 {
	if x.value == y.value {
		if d.check[k] && x.sieve&validBit == 0 {
			return idEqualUnchecked
		}
		return idEqual
	}
	if bits.OnesCount32((x.sieve^y.sieve)&^validBit) <= 2 && identNear(d.kinds[k], d.vals[k].text(x.value), d.vals[k].text(y.value)) {
		return idNear
	}
	if x.sieve&y.sieve&validBit != 0 {
		return idDifferValid
	}
	return idDiffer
}

func (e *engine) comparePlaces(a, b *cell, v *vector) {
	if a.nPlace == 0 || b.nPlace == 0 {
		return
	}
	d := e.work
	best, adj := e.comparePlace(&a.at, &b.at, a.place, b.place)
	if a.nPlace > 1 || b.nPlace > 1 {
		for i := range uint32(a.nPlace) {
			p := d.atlas.spot(&d.places[a.place+i])
			for j := range uint32(b.nPlace) {
				q := d.atlas.spot(&d.places[b.place+j])
				l, x := e.comparePlace(&p, &q, a.place+i, b.place+j)
				if l != 0 && (best == 0 || l < best || l == best && x > adj) {
					best, adj = l, x
				}
			}
		}
	}
	v.lv[cmpPlace] = best
	v.adj += adj
}

func at32(s []float32, i uint32) float32 {
	if int(i) < len(s) {
		return s[i]
	}
	return 0
}

// comparePlace compares two places, a and b in parts, which stand under the
// given numbers.
func (e *engine) comparePlace(a, b *spot, na, nb uint32) (uint8, float32) {
	t := e.d.atlas
	level, adj := uint8(placeNull), float32(0)
	sameUnit := a.unit != 0 && a.unit == b.unit
	switch {
	case a.addr != 0 && a.addr == b.addr && (sameUnit || a.unit == 0 || b.unit == 0) && a.number != 0:
		level, adj = placeAddress, at32(e.addrAdj, a.addr)
		if sameUnit {
			adj = min(adj, at32(e.unitAdj, a.unit))
		}
	case sameUnit:
		level, adj = placeUnit, at32(e.unitAdj, a.unit)
		if a.addr == 0 || b.addr == 0 {
			level = placeLikely
		} else if a.number == b.number {
			level = placeLikely
			if a.number != 0 && a.street != 0 && b.street != 0 && t.nearWords(a.street, b.street) {
				level = placeAddress
			}
		}
	case a.number != 0 && a.number == b.number && t.sameStreet(a.street, b.street):
		level, adj = placeLikely, min(at32(e.addrAdj, a.addr), at32(e.addrAdj, b.addr))
	case a.sector != 0 && a.sector == b.sector, a.street != 0 && a.street == b.street:
		level = placeSector
	case a.district != 0 && a.district == b.district:
		level, adj = placeDistrict, at32(e.districtAdj, a.district)
	case a.town != 0 && a.town == b.town:
		level, adj = placeDistrict, at32(e.townAdj, a.town)
	case a.town != 0 && b.town != 0 && t.nearWords(a.town, b.town):
		level = placeDistrict
	case a.area != 0 && a.area == b.area:
		level = placeArea
	case a.unit != 0 && b.unit != 0 || a.town != 0 && b.town != 0 || a.district != 0 && b.district != 0 || a.addr != 0 && b.addr != 0:
		level = placeElse
	}
	if e.work.dated && level <= placeLikely && level != 0 {
		if p, q := &e.work.places[na], &e.work.places[nb]; p.to != 0 && q.from != 0 && q.to != 0 && p.from != 0 && (p.to < q.from || q.to < p.from) {
			level++ // both dated, and never at the same time
		}
	}
	return level, adj
}

func (t *atlas) sameStreet(a, b uint32) bool {
	return a != 0 && b != 0 && (a == b || t.nearWords(a, b))
}

func (t *atlas) nearWords(a, b uint32) bool { return nearText(t.words.text(a), t.words.text(b)) }

// compare fills v for two records and returns the weight in bits, prior
// included. When the weight cannot reach cut it stops early: the answer is then
// below cut, and v is not complete.
func (e *engine) compare(a, b *cell, v *vector, cut float32) float32 {
	w := e.table(a.src, b.src)
	sum := e.compareCheap(a, b, w, v)
	if sum+w.mostWith(a, b) < cut {
		return sum - 100
	}
	if both := a.mask & b.mask; both != 0 {
		if sum = e.compareNumbers(a, b, both, w, v, sum); sum+w.mostNames(a, b) < cut {
			return sum - 100
		}
	}
	return e.compareLast(a, b, w, v, sum)
}

// compareCheap begins a comparison with what the cells themselves tell.
func (e *engine) compareCheap(a, b *cell, w *weights, v *vector) float32 {
	v.lv, v.adj, v.vague = [maxComparisons]uint8{}, 0, false
	v.lv[cmpBirth] = compareBirth(a.dob, b.dob, a.flags, b.flags)
	if l := v.lv[cmpBirth]; l == dobExact || l == dobExactDefault {
		v.adj += e.dobAdj[dobIndex(a.dob)]
		v.vague = l == dobExactDefault && v.adj < vagueDate
	}
	if a.sex != 0 && b.sex != 0 {
		v.lv[cmpSex] = flagDiffer
		if a.sex == b.sex {
			v.lv[cmpSex] = flagSame
		}
	}
	if a.school != 0 && b.school != 0 {
		v.lv[cmpSchool] = flagDiffer
		if a.school == b.school {
			v.lv[cmpSchool] = flagSame
			v.adj += at32(e.schoolAdj, a.school)
		}
	}
	sum := w.prior() + v.adj + w[cmpBirth][v.lv[cmpBirth]] + w[cmpSex][v.lv[cmpSex]] + w[cmpSchool][v.lv[cmpSchool]]
	before := v.adj
	e.comparePlaces(a, b, v)
	return sum + (w[cmpPlace][v.lv[cmpPlace]] + v.adj - before)
}

// compareNumbers goes on with the numbers that both records have, where
// compareCheap came to sum. Numbers differ where people do, and spare many
// comparisons of names.
func (e *engine) compareNumbers(a, b *cell, both uint16, w *weights, v *vector, sum float32) float32 {
	before := v.adj
	e.compareIdents(a, b, both, v)
	for rest := both; rest != 0; rest &= rest - 1 {
		k := cmpIdent + bits.TrailingZeros16(rest)
		sum += w[k][v.lv[k]]
	}
	return sum + v.adj - before
}

// compareLast compares the names, which cost most, and gives the weight.
func (e *engine) compareLast(a, b *cell, w *weights, v *vector, sum float32) float32 {
	lv, adj := e.names(a.names, b.names, v.memo)
	v.lv[cmpName] = lv
	v.adj += adj
	return e.guard(w, v, sum+w[cmpName][lv]+adj)
}

// guard corrects the sum where comparisons are known to depend on each other,
// and holds back what no weight should decide alone.
func (e *engine) guard(w *weights, v *vector, sum float32) float32 {
	name, birth, at := v.lv[cmpName], v.lv[cmpBirth], v.lv[cmpPlace]
	idSame, idClash := false, false
	for k := range e.d.kinds {
		switch l := v.lv[cmpIdent+k]; {
		case l == idEqual && !e.shared[k]:
			idSame = true
		case l == idDifferValid:
			idClash = true
		}
	}
	home := at >= placeAddress && at <= placeUnit
	kin := &e.kin
	unlikeGiven := name == nameFamilyOnly || name == nameElse || name == nameAlias
	if unlikeGiven || contradict(birth) && name != nameNull { // a household shares its address, telephone and, at one address, email, and often its names
		if home {
			sum -= kin.Household * max(w[cmpPlace][at], 0)
		}
		for k, kind := range e.d.kinds {
			if e.shared[k] && v.lv[cmpIdent+k] == idEqual && (home || kind == KindPhone) {
				sum -= kin.Household * max(w[cmpIdent+k][idEqual], 0)
			}
		}
	}
	if name == nameFamilyOnly && birth == dobExact && !(idSame && !kin.Twins) {
		sum -= 0.5 * max(w[cmpBirth][dobExact], 0)
		if !idSame {
			return min(sum, -1.5)
		}
		return min(sum, mostWithTwin)
	}
	if name == nameLoose && birth == dobExact && home && kin.Twins && !idSame {
		sum = min(sum, mostWithTwin)
	}
	if v.lv[cmpSex] == flagDiffer && home && birth == dobExact && !idSame && w[cmpSex][flagDiffer] < rareSex {
		sum = min(sum, mostWithTwin)
	}
	if birth == dobElse && !idSame && kin.Namesakes && w[cmpBirth][dobElse] < rareConflict || idClash {
		sum = min(sum, mostWithConflict)
	}
	sureBirth := birth == dobExact || birth == dobSwapped || birth == dobOneDigit
	if unlikeGiven && kin.Household > 0.3 && !sureBirth && (birth == dobElse || !(idSame && home)) {
		sum = min(sum, mostWithConflict)
	}
	if name == nameGivenOnly && !sureBirth && !idSame && kin.Household > 0.3 {
		sum = min(sum, mostWithConflict)
	}
	if sum > mostWithConflict && agreeing(w, v, len(e.d.kinds)) < 2 {
		sum = mostWithConflict
	}
	return sum
}

// Weights, prior included, that a pair with a conflict can reach at most: a
// matter for review (odds of 8 to 1), never for linking by itself.
const (
	mostWithConflict = 3
	mostWithTwin     = 3
)

// rareSex is the weight below which another sex is so rare among records of one
// person here that, with all else of a brother or sister, it may be theirs: some give
// the police the details of one they live with.
const rareSex = -6

// rareConflict is the weight below which quite different dates of birth are so
// rare among records of one person that such a pair needs a person's eye.
const rareConflict = -3.5

// A date that is often entered when nobody knows counts as one that agrees when
// such dates have shown to tell people apart, in bits, and it is not so much
// commoner than the rest of them, in bits again, that it tells nobody.
const (
	tellingDate = 6
	vagueDate   = -2
)

// agreeing counts the comparisons that agree; a reference number alone is
// enough to count as two.
func agreeing(w *weights, v *vector, kinds int) int {
	n := 0
	switch l := v.lv[cmpName]; {
	case l >= nameSame && l <= nameLoose:
		n++
	}
	if l := v.lv[cmpBirth]; l >= dobExact && l < dobSameYear && (l != dobExactDefault || w[cmpBirth][l] >= tellingDate && !v.vague) {
		n++
	}
	if l := v.lv[cmpPlace]; l >= placeAddress && l <= placeDistrict {
		n++
	}
	if v.lv[cmpSchool] == flagSame {
		n++
	}
	for k := range kinds {
		if l := v.lv[cmpIdent+k]; l >= idEqual && l <= idNear {
			n += 2
		}
	}
	return n
}
