package linkage

// compareNames gives the level of two name sets and the adjustment for how
// common the agreeing parts are: the best over every pair of their names.
func (e *engine) compareNames(x, y uint32) (uint8, float32) {
	if x == 0 || y == 0 {
		return nameNull, 0
	}
	d := e.d
	sx, sy := d.sets[x], d.sets[y]
	if sx.n == 1 && sy.n == 1 {
		return e.compareBags(d.setBags[sx.start], d.setBags[sy.start])
	}
	best, adj := uint8(nameElse), float32(0)
	for _, p := range d.setBags[sx.start : sx.start+uint32(sx.n)] {
		for _, q := range d.setBags[sy.start : sy.start+uint32(sy.n)] {
			l, a := e.compareBags(p, q)
			if l != nameNull && (l < best || l == best && a > adj) {
				best, adj = l, a
			}
		}
	}
	return best, adj
}

// matching is a best assignment between the tokens of two names.
type matching struct {
	to   [maxTokens]int8 // for each token of a its partner in b, or -1
	as   [maxTokens]likeness
	used uint8 // which of b are taken
}

func (b *nameBook) match(ra, rb []uint32) (m matching) {
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
				like[i][j] = b.like(x&tokenMask, y&tokenMask)
				any = any || like[i][j] != unlike
			}
		}
	}
	if !any {
		return m
	}
	for want := grouped; want > unlike; want-- {
		for pass := range 2 {
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
}

// count tallies a matching. A weak word (Singh, Kaur, Begum) counts when both
// sides have it and is passed over when one side leaves it out.
func count(ra, rb []uint32, m *matching) tally {
	t := tally{exact: true}
	for i, x := range ra {
		core := refRole(x) != roleMiddle
		if m.to[i] < 0 {
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
		case loose:
			t.looses++
		}
		t.exact = t.exact && l == equal
		if d := refRole(x) ^ refRole(y); d == roleGiven^roleFamily {
			t.crossed++
		}
		if refRole(x) == roleGiven || refRole(y) == roleGiven {
			t.given = max(t.given, l)
		} else if refRole(x) == roleFamily || refRole(y) == roleFamily {
			t.family = max(t.family, l)
		}
	}
	for j, y := range rb {
		if m.used&(1<<j) == 0 {
			t.leave(y, refRole(y) != roleMiddle, &t.coreB, &t.leftB, &t.midB)
		}
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

func (e *engine) compareBags(x, y uint32) (uint8, float32) {
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
	m := b.match(ra, rb)
	t := count(ra, rb, &m)
	level := t.level()
	if level >= nameGivenOnly {
		if b.joinedPart(ra, rb, &m) {
			level = nameSubset
		}
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
		case t.nears+t.initials+t.looses == 0 && t.strong >= 2:
			switch {
			case t.leftA+t.midA > 0 && t.leftB+t.midB > 0:
				return nameMiddleDiffers
			case t.leftA+t.leftB+t.midA+t.midB > 0:
				return nameSubset
			case t.crossed > 0:
				return nameReordered
			case t.exact:
				return nameSame
			}
			return nameGrouped
		case t.strong >= 1 && t.looses >= 1:
			return t.looseLevel()
		case t.strong >= 1 && t.nears <= 1 && t.initials == 0:
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
	inA := func(i int) bool { return m.to[i] < 0 }
	inB := func(j int) bool { return m.used&(1<<j) == 0 }
	if len(ra) != len(rb) || len(ra) > 2 {
		return try(ra, rb, inA, inB) || try(rb, ra, inB, inA)
	}
	return false
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
	return clamp(sum, -nameAdjMost, nameAdjMost)
}

const nameAdjMost = 9

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
