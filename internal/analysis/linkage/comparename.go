package linkage

import "math/bits"

// compareNames gives the level of two name sets and the adjustment for how
// common the agreeing parts are: the best over every pair of their names.
func (e *engine) compareNames(x, y uint32, mm *memo) (uint8, float32) {
	if x == 0 || y == 0 {
		return nameNull, 0
	}
	d := e.work
	sx, sy := d.sets[x], d.sets[y]
	if x == y && sx.n == 1 {
		return e.compareBags(d.setBags[sx.start], d.setBags[sy.start], mm)
	}
	if mm != nil {
		if l, adj, ok := mm.name(x, y); ok {
			return l, adj
		}
	}
	best, adj := uint8(nameNull), float32(0)
	for _, p := range d.setBags[sx.start : sx.start+uint32(sx.n)] {
		for _, q := range d.setBags[sy.start : sy.start+uint32(sy.n)] {
			l, a := e.compareBags(p, q, mm)
			if l != nameNull && (best == nameNull || l < best || l == best && a > adj) {
				best, adj = l, a
			}
		}
	}
	if mm != nil {
		mm.keepName(x, y, best, adj)
	}
	return best, adj
}

// names compares two sets of names: short ones from what their cards hold.
func (e *engine) names(x, y uint32, mm *memo) (uint8, float32) {
	if x > y { // so that the answer is the same both ways, ties and all
		x, y = y, x
	}
	a, b := &e.cards[x], &e.cards[y]
	if a.bag == 0 || b.bag == 0 {
		return e.compareNames(x, y, mm)
	}
	if a.n|b.n == 0 && a.bag == b.bag {
		return e.compareCards(a, b, mm)
	}
	if mm != nil {
		if l, adj, ok := mm.name(x, y); ok {
			return l, adj
		}
	}
	level, adj := e.compareCards(a, b, mm)
	if a.n|b.n != 0 {
		as, bs := e.others[a.more:a.more+uint32(a.n)], e.others[b.more:b.more+uint32(b.n)]
		for i := -1; i < len(as); i++ {
			p := a
			if i >= 0 {
				p = &as[i]
			}
			for j := -1; j < len(bs); j++ {
				q := b
				if j >= 0 {
					q = &bs[j]
				}
				if i < 0 && j < 0 {
					continue
				}
				l, x := e.compareCards(p, q, mm)
				if l != nameNull && (level == nameNull || l < level || l == level && x > adj) {
					level, adj = l, x
				}
			}
		}
	}
	if mm != nil {
		mm.keepName(x, y, level, adj)
	}
	return level, adj
}

// compareCards is compareBags for two short names.
func (e *engine) compareCards(a, b *card, mm *memo) (uint8, float32) {
	if a.bag == b.bag {
		switch {
		case a.alias:
			return nameAlias, 0
		case a.nPart == 1:
			return nameSingle, e.bagAdj(a.bag)
		}
		return nameSame, e.bagAdj(a.bag)
	}
	p, q := a.parts[:a.nPart], b.parts[:b.nPart]
	if a.alias || b.alias {
		return aliasOf(p, q, a.alias && b.alias), 0
	}
	var f finding
	f.equals(p, q)
	key := f.alike(e.d.book, p, q, mm) | uint64(a.shape)<<27 | uint64(b.shape)<<38
	s := &shape{}
	if mm != nil {
		s = &mm.shapes[key*mixA>>(64-shapeBits)]
	}
	if s.key != key {
		s.work(&f, p, q)
		s.key = key
	}
	level := s.level
	if level >= nameGivenOnly {
		if couldJoin(p, q) {
			return e.compareBags(a.bag, b.bag, mm)
		}
		if e.tongues(level, p, q, s) {
			level = nameSingle
		}
		if level == nameElse {
			return level, 0
		}
	}
	var adj float32
	for i := range p {
		if j := s.strong[i]; j >= 0 {
			adj += min(p[i].adj, q[j].adj)
		}
	}
	if level == nameGivenOnly && s.patronyms(p, q) {
		adj += patronymBits
	}
	return level, clamp(adj, -nameAdjMost, nameAdjMost)
}

// aliasOf is aliasLevel for short names.
func aliasOf(p, q []part, both bool) uint8 {
	for i := range p {
		for j := range q {
			if (p[i].ref^q[j].ref)&tokenMask == 0 && p[i].letters&initialBit == 0 {
				return nameAlias
			}
		}
	}
	if both {
		return nameElse
	}
	return nameNull
}

// couldJoin reports, from letters alone, whether a part of one name may be two
// parts of the other written as one, or both names the same but for spaces.
func couldJoin(p, q []part) bool {
	const all = 1<<26 - 1
	var x, y uint32
	for i := range p {
		x |= p[i].letters & all
	}
	for j := range q {
		y |= q[j].letters & all
	}
	if x == y {
		return true
	}
	if len(p) == 2 && len(q) == 2 {
		return false
	}
	one := func(p, q []part) bool {
		for i := range p {
			for j := 0; j+1 < len(q); j++ {
				if p[i].letters&all == (q[j].letters|q[j+1].letters)&all {
					return true
				}
			}
		}
		return false
	}
	return one(p, q) || one(q, p)
}

// finding is how alike the parts of two short names are. Those that are the same
// in the same role are partners at once: what else they are like is not looked at.
type finding struct {
	like         [shortName][shortName]likeness
	usedA, usedB uint8
}

func (f *finding) equals(p, q []part) {
	for i := range p {
		for j := range q {
			if f.usedB&(1<<j) == 0 && p[i].ref == q[j].ref {
				f.like[i][j] = equal
				f.usedA |= 1 << i
				f.usedB |= 1 << j
				break
			}
		}
	}
}

// alike finds the likenesses of the other parts, and gives all as one number.
func (f *finding) alike(b *nameBook, p, q []part, mm *memo) (key uint64) {
	for i := range p {
		for j := range q {
			if f.usedA&(1<<i) == 0 && f.usedB&(1<<j) == 0 {
				switch x, y := p[i].ref&tokenMask, q[j].ref&tokenMask; {
				case x == y:
					f.like[i][j] = equal
				case !p[i].apart(&q[j]):
					f.like[i][j] = b.likeMemo(x, y, mm)
				}
			}
			key |= uint64(f.like[i][j]) << (3 * (shortName*i + j))
		}
	}
	return key
}

// apart reports, from letters and groups alone, that two parts are unlike.
func (p *part) apart(q *part) bool {
	return p.groups&q.groups == 0 && (p.letters|q.letters)&(1<<31|initialBit) == 0 && bits.OnesCount32((p.letters^q.letters)&(1<<26-1)) > lettersApart
}

// shape is what two short names come to by how alike their parts are, whatever
// the parts themselves are: there are few shapes, and they are remembered.
type shape struct {
	key    uint64 // likenesses, roles and weak words of both
	level  uint8
	strong [shortName]int8 // for each part of the first its partner when they are the same or grouped, or -1
	freeA  uint8           // parts without any partner
	freeB  uint8
}

// work matches the parts and reads what that comes to.
func (s *shape) work(f *finding, p, q []part) {
	m := f.match(p, q)
	var ra, rb [shortName]uint32
	for i := range p {
		ra[i] = p[i].ref
	}
	for j := range q {
		rb[j] = q[j].ref
	}
	t := count(ra[:len(p)], rb[:len(q)], &m)
	*s = shape{level: t.level(), strong: [shortName]int8{-1, -1, -1}, freeB: ^m.used}
	for i := range p {
		if m.to[i] < 0 {
			s.freeA |= 1 << i
		} else if m.as[i] >= grouped {
			s.strong[i] = m.to[i]
		}
	}
}

// match is nameBook.match for short names.
func (f *finding) match(p, q []part) (m matching) {
	m.to = [maxTokens]int8{-1, -1, -1, -1, -1, -1}
	for want := equal; want > unlike; want-- {
		for pass := range passes(want) {
			for i := range p {
				if m.to[i] >= 0 {
					continue
				}
				for j := range q {
					if m.used&(1<<j) == 0 && f.like[i][j] == want && (pass == 1 || refRole(p[i].ref) == refRole(q[j].ref)) {
						m.to[i], m.as[i] = int8(j), want
						m.used |= 1 << j
						break
					}
				}
			}
		}
	}
	return m
}

// patronyms reports whether the parts left over on both sides are all patronyms.
func (s *shape) patronyms(p, q []part) bool {
	for i := range p {
		if s.freeA&(1<<i) != 0 && p[i].letters&patronymBit == 0 {
			return false
		}
	}
	for j := range q {
		if s.freeB&(1<<j) != 0 && q[j].letters&patronymBit == 0 {
			return false
		}
	}
	return true
}

// tongues is nameBook.twoTongues for short names.
func (e *engine) tongues(level uint8, p, q []part, s *shape) bool {
	chinese := uint32(0)
	for i := range p {
		chinese |= p[i].ref
	}
	if chinese&chineseBit == 0 {
		return false
	}
	var ra, rb [shortName]uint32
	m := matching{to: [maxTokens]int8{-1, -1, -1, -1, -1, -1}, used: ^s.freeB}
	for i := range p {
		if ra[i] = p[i].ref; s.strong[i] >= 0 {
			m.to[i], m.as[i] = s.strong[i], grouped
		} else if s.freeA&(1<<i) == 0 {
			m.to[i] = 0 // some partner, only near
		}
	}
	for j := range q {
		rb[j] = q[j].ref
	}
	return e.d.book.twoTongues(level, ra[:len(p)], rb[:len(q)], &m)
}

// apart reports, from letters alone, that two tokens are unlike.
func apart(x, y uint32) bool {
	return x&y&groupBit == 0 && (x|y)&(1<<31) == 0 && bits.OnesCount32((x^y)&(1<<26-1)) > lettersApart
}

// lettersApart is how many letters may stand in one of two tokens alone before
// they cannot be alike.
const lettersApart = 4

// memo remembers a worker's latest comparisons of names and of tokens: the same
// ones come again and again within a block and between blocks. What it
// remembers never changes an answer.
type memo struct {
	names  [1 << nameBits]nameMemo
	tokens [1 << tokenBits]uint64 // both tokens and their likeness, packed
	shapes [1 << shapeBits]shape
}

const nameBits, tokenBits, shapeBits = 12, 15, 11

type nameMemo struct {
	key   uint64
	adj   float32
	level uint8
}

func memoHash(x, y uint32) uint64 { return uint64(x)*mixA + uint64(y)*mixB }

func (m *memo) name(x, y uint32) (uint8, float32, bool) {
	e := &m.names[memoHash(x, y)>>(64-nameBits)]
	return e.level, e.adj, e.key == uint64(x)<<32|uint64(y)
}

func (m *memo) keepName(x, y uint32, level uint8, adj float32) {
	m.names[memoHash(x, y)>>(64-nameBits)] = nameMemo{uint64(x)<<32 | uint64(y), adj, level}
}

// like is nameBook.like with a memory.
func (b *nameBook) likeMemo(x, y uint32, mm *memo) likeness {
	if p, q := b.sieve[x], b.sieve[y]; x != y && (p|q)&initialBit == 0 && apart(p, q) {
		return unlike
	}
	if mm == nil || x == y {
		return b.like(x, y)
	}
	if x > y {
		x, y = y, x
	}
	slot := &mm.tokens[memoHash(x, y)>>(64-tokenBits)]
	key := uint64(x)<<35 | uint64(y)<<6
	if *slot&^63 == key {
		return likeness(*slot & 63)
	}
	l := b.like(x, y)
	*slot = key | uint64(l)
	return l
}

// passes is how often partners of one likeness are looked for: in the same role,
// then in any. A mere resemblance counts in the same role alone.
func passes(want likeness) int {
	if want == loose {
		return 1
	}
	return 2
}

// matching is a best assignment between the tokens of two names.
type matching struct {
	to   [maxTokens]int8 // for each token of a its partner in b, or -1
	as   [maxTokens]likeness
	used uint8 // which of b are taken
}

func (b *nameBook) match(ra, rb []uint32, mm *memo) (m matching) {
	if len(ra) == 2 && len(rb) == 2 { // the commonest case: one part equal, in the same place
		for i := range 2 {
			if ra[i] != rb[i] {
				continue
			}
			m.to = [maxTokens]int8{-1, -1}
			m.to[i], m.as[i], m.used = int8(i), equal, 1<<i
			j := 1 - i
			if l := b.likeMemo(ra[j]&tokenMask, rb[j]&tokenMask, mm); l != unlike {
				m.to[j], m.as[j] = int8(j), l
				m.used = 3
			}
			return m
		}
	}
	for i := range ra {
		m.to[i] = -1
	}
	left := len(ra)
	for pass := range 2 { // equal tokens, first in the same role, then in any
		for i, x := range ra {
			if m.to[i] >= 0 {
				continue
			}
			for j, y := range rb {
				if m.used&(1<<j) == 0 && (x^y)&tokenMask == 0 && (pass == 1 || refRole(x) == refRole(y)) {
					m.to[i], m.as[i] = int8(j), equal
					m.used |= 1 << j
					left--
					break
				}
			}
		}
	}
	if left == 0 || left == len(ra)-len(rb) {
		return m
	}
	var like [maxTokens][maxTokens]likeness
	any := false
	for i, x := range ra {
		if m.to[i] >= 0 {
			continue
		}
		for j, y := range rb {
			if m.used&(1<<j) == 0 {
				like[i][j] = b.likeMemo(x&tokenMask, y&tokenMask, mm)
				any = any || like[i][j] != unlike
			}
		}
	}
	if !any {
		return m
	}
	for want := grouped; want > unlike; want-- {
		for pass := range passes(want) {
			for i, x := range ra {
				if m.to[i] >= 0 {
					continue
				}
				for j, y := range rb {
					if m.used&(1<<j) == 0 && like[i][j] == want && (pass == 1 || refRole(x) == refRole(y)) {
						m.to[i], m.as[i] = int8(j), want
						m.used |= 1 << j
						break
					}
				}
			}
		}
	}
	return m
}

// tally is what a matching comes to.
type tally struct {
	strong, nears, initials, looses int  // pairs by likeness
	exact                           bool // every pair is of equal tokens
	crossed                         int  // pairs of a given with a family name
	coreA, coreB                    int  // given and family parts
	leftA, leftB                    int  // of these, without partner
	midA, midB                      int  // other parts without partner
	given, family                   likeness
	moved                           bool // a given name stands among the middle names of the other
}

// count tallies a matching. A weak word (Singh, Kaur, Begum) counts when both
// sides have it and is passed over when one side leaves it out.
func count(ra, rb []uint32, m *matching) tally {
	t := tally{exact: true}
	var aloneA, aloneB, letterA, letterB bool // a given name without partner; another's initial among the middle names
	for i, x := range ra {
		core := refRole(x) != roleMiddle
		if m.to[i] < 0 {
			aloneA = aloneA || refRole(x) == roleGiven
			t.leave(x, core, &t.coreA, &t.leftA, &t.midA)
			continue
		}
		if core {
			t.coreA++
		}
		y := rb[m.to[i]]
		if refRole(y) != roleMiddle {
			t.coreB++
		}
		l := m.as[i]
		switch l {
		case equal, grouped:
			t.strong++
		case near:
			t.nears++
		case initial:
			t.initials++
			letterA = letterA || refRole(x) == roleMiddle && refRole(y) == roleGiven
			letterB = letterB || refRole(y) == roleMiddle && refRole(x) == roleGiven
		case loose:
			t.looses++
		}
		t.exact = t.exact && l == equal
		if d := refRole(x) ^ refRole(y); d == roleGiven^roleFamily {
			t.crossed++
		}
		t.moved = t.moved || l >= near && min(refRole(x), refRole(y)) == roleGiven && max(refRole(x), refRole(y)) == roleMiddle
		if refRole(x) == roleGiven || refRole(y) == roleGiven {
			t.given = max(t.given, l)
		} else if refRole(x) == roleFamily || refRole(y) == roleFamily {
			t.family = max(t.family, l)
		}
	}
	for j, y := range rb {
		if m.used&(1<<j) == 0 {
			aloneB = aloneB || refRole(y) == roleGiven
			t.leave(y, refRole(y) != roleMiddle, &t.coreB, &t.leftB, &t.midB)
		}
	}
	if letterA && aloneA && t.leftB+t.midB > 0 || letterB && aloneB && t.leftA+t.midA > 0 { // Adelina A and Alexandra D: two sisters
		t.initials, t.given = 0, unlike
	}
	return t
}

func (t *tally) leave(ref uint32, core bool, cores, left, mid *int) {
	switch {
	case ref&weakBit != 0:
	case core:
		*cores++
		*left++
	default:
		*mid++
	}
}

func (e *engine) compareBags(x, y uint32, mm *memo) (uint8, float32) {
	b := e.d.book
	if x == 0 || y == 0 {
		return nameNull, 0
	}
	bx, by := &b.bags[x], &b.bags[y]
	if x == y {
		if bx.alias {
			return nameAlias, 0
		}
		if bx.n == 1 {
			return nameSingle, e.bagAdj(x)
		}
		return nameSame, e.bagAdj(x)
	}
	ra, rb := b.bagRefs(x), b.bagRefs(y)
	if bx.alias || by.alias {
		return aliasLevel(b, ra, rb, bx.alias && by.alias), 0
	}
	if bx.joined == by.joined {
		return nameSame, min(e.bagAdj(x), e.bagAdj(y))
	}
	m := b.match(ra, rb, mm)
	t := count(ra, rb, &m)
	level := t.level()
	if level >= nameGivenOnly {
		if b.joinedPart(ra, rb, &m) {
			level = nameSubset
		}
	}
	if b.twoTongues(level, ra, rb, &m) {
		level = nameSingle
	}
	return level, e.matchAdj(ra, rb, &m, level)
}

// level reads the tally. It assumes the two names are not written alike.
func (t *tally) level() uint8 {
	short := min(t.coreA, t.coreB)
	if short <= 1 && t.strong <= 1 {
		switch {
		case t.strong == 1 && t.nears+t.initials == 0:
			return nameSingle
		case t.strong == 1 && t.nears > 0:
			return nameOneNear
		case t.strong == 0 && t.nears == 1 && t.initials == 0:
			return nameSingleNear
		}
		return nameElse
	}
	if t.leftA == 0 || t.leftB == 0 { // the shorter stands whole in the longer
		switch {
		case t.nears+t.looses == 0 && t.strong >= 2 && (t.initials == 0 || t.given >= grouped): // of the given name an initial is less than a middle name's
			switch {
			case t.leftA+t.midA > 0 && t.leftB+t.midB > 0 && t.moved: // brothers often share each other's names
				return nameLoose
			case t.leftA+t.midA > 0 && t.leftB+t.midB > 0:
				return nameMiddleDiffers
			case t.leftA+t.leftB+t.midA+t.midB+t.initials > 0:
				return nameSubset
			case t.crossed > 0:
				return nameReordered
			case t.exact:
				return nameSame
			}
			return nameGrouped
		case t.strong >= 1 && t.looses >= 1:
			return t.looseLevel()
		case t.strong >= 1 && t.nears == 1 && (t.initials == 0 || t.given >= near):
			return nameOneNear
		case t.strong >= 1 && t.initials >= 1 && t.nears == 0:
			return nameInitial
		case t.strong+t.nears >= 2 && t.nears >= 1:
			return nameNearNear
		}
	}
	switch {
	case t.given >= grouped && t.family >= grouped:
		return nameMiddleDiffers
	case t.given >= near && t.family >= near && t.given+t.family >= grouped+near:
		return nameOneNear
	case t.given >= near && t.family >= near:
		return nameNearNear
	case t.given == loose && t.family >= near, t.family == loose && t.given >= near:
		return t.looseLevel()
	case t.given >= grouped:
		return nameGivenOnly
	case t.family >= grouped && t.given == initial:
		return nameInitial
	case t.family >= grouped:
		return nameFamilyOnly
	}
	return nameElse
}

// looseLevel tells a given name that only resembles the other, as a twin's can,
// from a family name that does.
func (t *tally) looseLevel() uint8 {
	if t.given == loose {
		return nameLoose
	}
	return nameNearNear
}

// aliasLevel says whether an alias agrees: with another alias word for word, or
// with a given or family name.
func aliasLevel(b *nameBook, ra, rb []uint32, both bool) uint8 {
	for _, x := range ra {
		for _, y := range rb {
			if (x^y)&tokenMask == 0 && b.toks[x&tokenMask].len > 1 {
				return nameAlias
			}
		}
	}
	if both {
		return nameElse
	}
	return nameNull
}

// joinedPart reports whether a token left over on one side is two neighbours
// of the other side written as one word.
func (b *nameBook) joinedPart(ra, rb []uint32, m *matching) bool {
	try := func(ra, rb []uint32, freeA, freeB func(int) bool) bool {
		for i, x := range ra {
			if !freeA(i) {
				continue
			}
			w := b.words.text(x & tokenMask)
			for j := 0; j+1 < len(rb); j++ {
				if !freeB(j) && !freeB(j+1) {
					continue
				}
				p, q := b.words.text(rb[j]&tokenMask), b.words.text(rb[j+1]&tokenMask)
				if len(p)+len(q) == len(w) && len(p) > 1 && len(q) > 1 && string(w[:len(p)]) == string(p) && string(w[len(p):]) == string(q) {
					return true
				}
			}
		}
		return false
	}
	firm := uint8(0) // parts of b whose partner is more than a resemblance
	for i := range ra {
		if m.to[i] >= 0 && m.as[i] > loose {
			firm |= 1 << m.to[i]
		}
	}
	inA := func(i int) bool { return m.to[i] < 0 || m.as[i] <= loose }
	inB := func(j int) bool { return firm&(1<<j) == 0 }
	if len(ra) != len(rb) || len(ra) > 2 {
		return try(ra, rb, inA, inB) || try(rb, ra, inB, inA)
	}
	return false
}

// twoTongues reports whether two names agree on a Chinese surname while the one
// has a Chinese given name and the other has not. Many people of Chinese family
// go by an English name beside their own, Jason Wong at school and Wong Ka Ho
// elsewhere: such given names are not two to compare, and the surname is all
// that both records tell.
func (b *nameBook) twoTongues(level uint8, ra, rb []uint32, m *matching) bool {
	if level != nameFamilyOnly && level != nameGivenOnly {
		return false
	}
	shared := false
	var chinese, other [2]int
	note := func(side int, ref uint32) {
		switch {
		case ref&weakBit != 0 || b.toks[ref&tokenMask].len < 2:
		case ref&chineseBit != 0:
			chinese[side]++
		default:
			other[side]++
		}
	}
	for i, x := range ra {
		if m.to[i] < 0 {
			note(0, x)
		} else if y := rb[m.to[i]]; m.as[i] >= grouped && x&y&chineseBit != 0 {
			shared = true
		}
	}
	if !shared {
		return false
	}
	for j, y := range rb {
		if m.used&(1<<j) == 0 {
			note(1, y)
		}
	}
	return chinese[0] > 0 && other[0] == 0 && chinese[1] == 0 && other[1] > 0 ||
		chinese[1] > 0 && other[1] == 0 && chinese[0] == 0 && other[0] > 0
}

// matchAdj sums, over the agreeing parts, how much rarer or commoner each is
// than the average agreement.
func (e *engine) matchAdj(ra, rb []uint32, m *matching, level uint8) float32 {
	if level == nameElse || level == nameNull {
		return 0
	}
	var sum float32
	for i, x := range ra {
		if m.to[i] < 0 || m.as[i] < grouped {
			continue
		}
		sum += e.tokenAdj(x, rb[m.to[i]])
	}
	if level == nameGivenOnly && e.patronyms(ra, func(i int) bool { return m.to[i] < 0 }) && e.patronyms(rb, func(j int) bool { return m.used&(1<<j) == 0 }) {
		sum += patronymBits
	}
	return clamp(sum, -nameAdjMost, nameAdjMost)
}

const nameAdjMost = 9

// patronymBits is given back when family names differ and both are given names
// in use here: a father's name in one place and a grandfather's in another is
// how such names are written down, and no sign of two people.
const patronymBits = 2.5

// patronyms reports whether the parts left over are all patronyms.
func (e *engine) patronyms(refs []uint32, left func(int) bool) bool {
	for i, r := range refs {
		if t := r & tokenMask; left(i) && (int(t) >= len(e.patronym) || !e.patronym[t]) {
			return false
		}
	}
	return true
}

func clamp(x, lo, hi float32) float32 { return max(lo, min(hi, x)) }

// tokenAdj is the adjustment for an agreeing pair of parts, by the commoner of
// the two.
func (e *engine) tokenAdj(x, y uint32) float32 {
	ax := at32(e.tokAdj[refRole(x)/2], x&tokenMask)
	ay := at32(e.tokAdj[refRole(y)/2], y&tokenMask)
	return min(ax, ay)
}

func (e *engine) bagAdj(x uint32) float32 {
	if int(x) < len(e.bagFreq) {
		return e.bagFreq[x]
	}
	return e.newBagAdj(x)
}

// newBagAdj is for a name that was not there when the model was trained.
func (e *engine) newBagAdj(x uint32) float32 {
	var sum float32
	for _, r := range e.d.book.bagRefs(x) {
		sum += e.tokenAdj(r, r)
	}
	return clamp(sum, -nameAdjMost, nameAdjMost)
}
