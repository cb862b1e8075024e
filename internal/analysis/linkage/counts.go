package linkage

import "math"

// valueCounts is how many records hold each value.
type valueCounts struct {
	bag      []uint32
	tok      [2][]uint32 // as given or middle name, as family name
	dob      []uint32
	addr     []uint32
	unit     []uint32
	district []uint32
	town     []uint32
	school   []uint32
	ids      [][]uint32
	named    float64
}

const (
	firstYear = 1880
	dobSlots  = (2201 - firstYear) * 13 * 32
)

// dobIndex numbers the dates of birth that packBirth lets through.
func dobIndex(d uint32) int {
	return ((dobYear(d)-firstYear)*13+dobMonth(d))*32 + dobDay(d)
}

func (d *Dataset) count() *valueCounts {
	c := &valueCounts{
		bag: make([]uint32, len(d.book.bags)), dob: make([]uint32, dobSlots), addr: make([]uint32, len(d.atlas.addr)),
		unit: make([]uint32, len(d.atlas.unit)), district: make([]uint32, d.atlas.codes.count()+1),
		town: make([]uint32, d.atlas.words.count()+1), school: make([]uint32, d.schools.count()+1),
	}
	c.tok[0], c.tok[1] = make([]uint32, len(d.book.toks)), make([]uint32, len(d.book.toks))
	for _, v := range d.vals {
		c.ids = append(c.ids, make([]uint32, v.count()+1))
	}
	sets := make([]uint32, len(d.sets))
	for i := range d.rows {
		r := &d.rows[i]
		sets[r.names]++
		if r.dob != 0 && r.flags&flagEstimated == 0 {
			c.dob[dobIndex(r.dob)]++
		}
		c.school[r.school]++
		for j := range uint32(r.nPlace) {
			p := &d.places[r.place+j]
			c.addr[p.addr]++
			c.unit[p.unit]++
			c.district[p.district]++
			c.town[p.town]++
		}
		for k := range d.kinds {
			if r.mask&(1<<k) != 0 {
				c.ids[k][d.idValue(r, k)]++
			}
		}
	}
	for s, n := range sets {
		if n == 0 || s == 0 {
			continue
		}
		c.named += float64(n)
		for _, b := range d.bagsOf(uint32(s)) {
			if d.book.bags[b].alias {
				continue
			}
			c.bag[b] += n
			for _, ref := range d.book.bagRefs(b) {
				c.tok[refRole(ref)/2][ref&tokenMask] += n
			}
		}
	}
	c.bag[0], c.addr[0], c.unit[0], c.district[0], c.town[0], c.school[0] = 0, 0, 0, 0, 0, 0
	return c
}

// rarity is log2 of how much rarer than the average agreement each value is:
// log2(sum f^2 / f). Agreement on a rare value is worth more, on a common one
// less; the average over agreeing pairs of different people is nought.
//
// size is how many values there are now: those that came after the counts were
// taken count as seen once.
func rarity(counts []uint32, size int, lo, hi float32) []float32 {
	total, sq := 0.0, 0.0
	for _, c := range counts {
		total += float64(c)
		sq += float64(c) * float64(c)
	}
	out := make([]float32, size)
	if total == 0 {
		return out
	}
	mean := sq / total // the count of the average agreement
	of := func(c uint32) float32 { return clamp(float32(math.Log2(mean/float64(c))), lo, hi) }
	var few [64]float32 // of the counts that most values have
	for c := range few {
		few[c] = of(uint32(max(c, 1)))
	}
	for i := range out {
		c := uint32(1)
		if i < len(counts) {
			c = counts[i]
		}
		if c < uint32(len(few)) {
			out[i] = few[c]
		} else {
			out[i] = of(c)
		}
	}
	return out
}

func (e *engine) counts() *valueCounts {
	if e.count == nil {
		e.count = e.d.count()
	}
	return e.count
}

// mostIdentAdj is the most that the rarity of a number adds.
const mostIdentAdj = 0.5

// adjustments works out every value's adjustment from the counts.
func (e *engine) adjustments() {
	c, d := e.counts(), e.d
	for role := range c.tok {
		e.tokAdj[role] = rarity(c.tok[role], len(d.book.toks), -5, 6)
		for i, n := range c.tok[role] { // seen in the other role only: rare here, but not unheard of
			if n == 0 && c.tok[1-role][i] > 0 {
				e.tokAdj[role][i] = min(e.tokAdj[role][i], 3)
			}
		}
	}
	e.patronym = make([]bool, len(d.book.toks))
	for i := range min(len(e.patronym), len(c.tok[0])) {
		e.patronym[i] = c.tok[0][i] >= 5 && 2*c.tok[0][i] >= c.tok[1][i]
	}
	e.dobAdj = rarity(c.dob, dobSlots, -9, 1.5)
	e.rateDefaults(c.dob)
	e.addrAdj = rarity(c.addr, len(d.atlas.addr), -12, 3)
	e.unitAdj = rarity(c.unit, len(d.atlas.unit), -12, 3)
	e.districtAdj = rarity(c.district, d.atlas.codes.count()+1, -3, 3)
	e.townAdj = rarity(c.town, d.atlas.words.count()+1, -3, 3)
	e.schoolAdj = rarity(c.school, d.schools.count()+1, -3, 2)
	e.idAdj = nil
	for k := range d.kinds {
		var n []uint32
		if k < len(c.ids) {
			n = c.ids[k]
		}
		e.idAdj = append(e.idAdj, rarity(n, d.vals[k].count()+1, -12, mostIdentAdj))
	}
	e.bagFreq = make([]float32, len(d.book.bags))
	joint := rarity(c.bag, len(d.book.bags), -9, nameAdjMost)
	for b := 1; b < len(e.bagFreq); b++ {
		e.bagFreq[b] = min(e.newBagAdj(uint32(b)), max(joint[b], 0)+2)
		if joint[b] < 0 {
			e.bagFreq[b] = min(e.bagFreq[b], joint[b])
		}
	}
}

// rateDefaults sets the adjustments of dates that look like defaults: how much
// rarer each is than the average agreement on one of them. Who was registered
// under 1 January of some year, as many refugees are, has that date everywhere,
// and it tells about as much as it is rare; the date that stands for "not known"
// stands in many records and tells nothing.
func (e *engine) rateDefaults(counts []uint32) {
	n := map[int]uint32{}
	for i := range e.d.rows {
		if r := &e.d.rows[i]; r.flags&flagDefault != 0 {
			if at := dobIndex(r.dob); at < len(counts) {
				n[at] = max(counts[at], 1)
			}
		}
	}
	total, sq := 0.0, 0.0
	for _, c := range n {
		total, sq = total+float64(c), sq+float64(c)*float64(c)
	}
	for at, c := range n {
		e.dobAdj[at] = clamp(float32(math.Log2(sq/total/float64(c))), -9, 4)
	}
}

// bounds works out the most that comparisons can bring, by the model in use.
func (e *engine) bounds() {
	for i := range e.ws {
		e.ws[i].bound()
	}
	if e.cells == nil {
		e.gather()
	}
}

// rarest is the most that the rarity of its names can add for a set of names.
func (e *engine) rarest(set uint32) float32 {
	most := float32(0)
	for _, b := range e.work.bagsOf(set) {
		sum := float32(0)
		for _, r := range e.d.book.bagRefs(b) {
			sum += max(at32(e.tokAdj[0], r&tokenMask), at32(e.tokAdj[1], r&tokenMask), 0)
		}
		most = max(most, min(sum, nameAdjMost))
	}
	return most
}
