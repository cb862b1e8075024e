package linkage

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
)

// Pattern is an outcome that pairs share: packed levels, the adjustment for
// how common their values are, and which pair of sources they come from.
type pattern struct {
	levels uint64
	adj    int8  // half bits
	srcs   uint8 // source pair, see engine.pairNo
	n      float64
}

// weights are log2(m/u) by comparison and level, and what two records of these
// sources weigh before anything is compared.
type weights [maxComparisons][maxLevels]float32

// priorAt is a level that sex has not: there stand the prior odds.
const priorAt = maxLevels - 1

func (w *weights) prior() float32 { return w[cmpSex][priorAt] }

func (w *weights) withPrior(p float64) weights {
	w[cmpSex][priorAt] = float32(math.Log2(p / (1 - p)))
	return *w
}

// mostAt is where weights keep the most that a comparison can bring, rarity left
// out: a number's beside its levels, the names' in a place that schools leave free.
const mostAt = maxLevels - 1

func (w *weights) bound() {
	w[cmpSchool][mostAt] = 0
	for _, x := range w[cmpName] {
		w[cmpSchool][mostAt] = max(w[cmpSchool][mostAt], x)
	}
	for k := cmpIdent; k < maxComparisons; k++ {
		w[k][mostAt] = 0
		for _, x := range w[k][:mostAt] {
			w[k][mostAt] = max(w[k][mostAt], x+mostIdentAdj)
		}
	}
}

// mostWith is the most that names and numbers can still bring two records.
func (w *weights) mostWith(a, b *cell) float32 {
	most := w.mostNames(a, b)
	for rest := a.mask & b.mask; rest != 0; rest &= rest - 1 {
		most += w[cmpIdent+bits.TrailingZeros16(rest)][mostAt]
	}
	return most
}

func (w *weights) mostNames(a, b *cell) float32 { return w[cmpSchool][mostAt] + min(a.most, b.most) }

// table is the probability of each level of each comparison.
type table [maxComparisons][maxLevels]float64

// engine is a dataset with a model and everything worked out from the two.
type engine struct {
	d      *Dataset
	work   *Dataset // d, or its records in the order of their names: what blocks, cells and cards are of
	record []uint32 // by place in work: the record's number; nil when that is the place
	slot   []uint32 // by record: its place in work; nil likewise
	whole  *filing  // of work, when it is arranged
	first  uint32   // records before it are not compared with each other
	opt    Options
	model  *Model
	ws     []weights // by source pair; ws[0] pooled
	pairs  int       // sources with weights of their own
	kin    Kin
	shared []bool // kinds of identifier that households share

	cells       []cell     // by place in work
	cards       []card     // by set of names in work
	others      []card     // of the second and later names of sets
	idents      []number   // as work.idVals
	sieves      [][]uint32 // by kind and value
	tokAdj      [2][]float32
	bagFreq     []float32
	patronym    []bool // by token: as a family name it is mostly somebody's given name
	dobAdj      []float32
	addrAdj     []float32
	unitAdj     []float32
	districtAdj []float32
	townAdj     []float32
	schoolAdj   []float32
	idAdj       [][]float32
	count       *valueCounts
}

// Model is what training finds. It is frozen with the run that made it, so
// that later records are weighed as the first ones were.
type Model struct {
	Kinds       []string  `json:"identifier_kinds"`
	Sources     []string  `json:"sources"`
	Kin         Kin       `json:"kin"`
	Prior       float64   `json:"probability_two_random_records_match"`
	M           table     `json:"m"`
	U           table     `json:"u"`
	MBySources  []table   `json:"m_by_sources,omitempty"` // by pair of sources, as the two below
	UBySources  []table   `json:"u_by_sources,omitempty"`
	Priors      []float64 `json:"priors_by_sources,omitempty"`
	Records     int       `json:"records"`
	Iterations  int       `json:"iterations"`
	SampledOf   float64   `json:"share_of_pairs_sampled"`
	PairsSample int       `json:"pairs_sampled"`
}

// maxSources is how many sources get m of their own by pair; with more, all
// share the pooled m.
const maxSources = 14

func (e *engine) table(a, b uint16) *weights {
	if e.pairs == 0 {
		return &e.ws[0]
	}
	return &e.ws[1+pairNo(a, b)]
}

// pairNo numbers unordered pairs of sources, a source with itself included.
func pairNo(a, b uint16) int {
	if a < b {
		a, b = b, a
	}
	return int(a)*(int(a)+1)/2 + int(b)
}

// startM is where training starts, and what it is drawn to where the data say
// little: judged from the field's experience, as pseudo-counts.
var startM = [cmpIdent][]float64{
	cmpName:   {0, .62, .06, .09, .01, .015, .1, .02, .015, .03, .01, .01, .005, .005, .01, .01},
	cmpBirth:  {0, .88, .01, .015, .035, .005, .006, .015, .01, .008, .006, .002, .01},
	cmpSex:    {0, .97, .03},
	cmpPlace:  {0, .45, .1, .04, .08, .15, .1, .08},
	cmpSchool: {0, .7, .3},
}

var startIdent = []float64{0, .93, .01, .03, .02, .01}

// startU is drawn on only where no count reaches.
var startU = [cmpIdent][]float64{
	cmpName:   {0, 2e-5, 1e-5, 1e-5, 1e-6, 1e-5, 1e-4, 1e-4, 2e-4, 6e-3, 1e-3, 4e-3, 1e-4, 1e-3, 1e-4, .985},
	cmpBirth:  {0, 1e-4, 1e-4, 1e-4, 1e-3, 4e-3, 5e-4, 1e-2, 1e-2, 1e-2, 3e-2, 2e-2, .92},
	cmpSex:    {0, .5, .5},
	cmpPlace:  {0, 1e-5, 1e-5, 5e-5, 1e-3, .03, .3, .6},
	cmpSchool: {0, .03, .97},
}

var startIdentU = []float64{0, 1e-7, 1e-7, 1e-6, .3, .7}

func startTable(kinds int, base [cmpIdent][]float64, ident []float64) (t table) {
	for k, row := range base {
		copy(t[k][:], row)
	}
	for k := range kinds {
		copy(t[cmpIdent+k][:], ident)
	}
	for k := range t {
		normalise(&t[k])
	}
	return t
}

func normalise(row *[maxLevels]float64) {
	sum := 0.0
	for _, x := range row[1:] {
		sum += x
	}
	if sum == 0 {
		return
	}
	for l := 1; l < maxLevels; l++ {
		row[l] /= sum
	}
}

// weightsOf turns probabilities into weights. Identifiers and dates are kept
// within what a slip of the keyboard can undo.
func weightsOf(m, u *table) (w weights) {
	for k := range m {
		for l := 1; l < maxLevels; l++ {
			if m[k][l] > 0 && u[k][l] > 0 {
				w[k][l] = clamp(float32(math.Log2(m[k][l]/u[k][l])), -12, 22)
			}
		}
	}
	// A date that is often entered when nobody knows may be the one a person goes by, or none.
	w[cmpBirth][dobExactDefault] = min(w[cmpBirth][dobExactDefault], mostForDefault)
	// Less agreement never counts for more, however rarely chance showed it.
	atMost := func(cmp, top int, levels ...int) {
		for _, l := range levels {
			w[cmp][l] = min(w[cmp][l], w[cmp][top])
		}
	}
	atMost(cmpName, nameSame, nameGrouped, nameSubset, nameReordered, nameMiddleDiffers, nameOneNear)
	atMost(cmpName, nameOneNear, nameInitial, nameNearNear, nameLoose, nameSingle, nameGivenOnly, nameFamilyOnly)
	atMost(cmpBirth, dobExact, dobSwapped, dobOneDigit, dobNear, dobSameDay, dobPart, dobAge, dobTwoDigits)
	atMost(cmpPlace, placeAddress, placeLikely, placeUnit, placeSector, placeDistrict, placeArea, placeElse)
	for k := cmpIdent; k < maxComparisons; k++ {
		atMost(k, idEqual, idEqualUnchecked, idNear)
	}
	return w
}

// mostForDefault is the most that an equal date of birth counts when it looks
// like a default, in bits.
const mostForDefault = 7.5

// sample draws about want of the proposed pairs, each once, and counts their
// patterns.
func (e *engine) sample(p *proposals, want int) (ps []pattern, share float64, err error) {
	total := int64(0)
	for _, b := range p.all {
		total += b.pairs
	}
	share = min(1, float64(want)/float64(max(total, 1)))
	limit := uint32(share * (1<<32 - 1))
	found := make([][]uint64, len(p.all))
	err = p.pairs(func(rule int, a, b uint32) {
		if pairHash(a, b) <= limit && e.may(&e.cells[a], &e.cells[b]) {
			found[rule] = append(found[rule], uint64(a)<<32|uint64(b))
		}
	})
	drawn := slices.Concat(found...)
	slices.Sort(drawn)
	return e.patterns(slices.Compact(drawn)), share, err
}

// may reports whether a pair takes part in this type of linkage.
func (e *engine) may(a, b *cell) bool {
	switch e.opt.Type {
	case Link:
		return a.src != b.src
	case Dedupe:
		return a.src == b.src
	}
	return true
}

// patterns compares the pairs and counts what they come to.
func (e *engine) patterns(pairs []uint64) []pattern {
	type key struct {
		levels uint64
		rest   uint16
	}
	const part = 1 << 14
	n := (len(pairs) + part - 1) / part
	parts := make([]map[key]float64, n)
	memos := make([]memo, e.opt.Workers)
	parallel(n, e.opt.Workers, func(w, i int) {
		m := map[key]float64{}
		v := vector{memo: &memos[w]}
		for _, p := range pairs[i*part : min((i+1)*part, len(pairs))] {
			a, b := &e.cells[p>>32], &e.cells[uint32(p)]
			e.compare(a, b, &v, -1e9)
			sp := uint8(e.sourcePair(a.src, b.src))
			adj := int8(math.Round(float64(clamp(v.adj, -30, 30)) * 2))
			m[key{v.key(), uint16(uint8(adj))<<8 | uint16(sp)}]++
		}
		parts[i] = m
	})
	sum := map[key]float64{}
	for _, m := range parts {
		for k, c := range m {
			sum[k] += c
		}
	}
	out := make([]pattern, 0, len(sum))
	for k, c := range sum {
		out = append(out, pattern{k.levels, int8(k.rest >> 8), uint8(k.rest), c})
	}
	slices.SortFunc(out, func(a, b pattern) int {
		switch {
		case a.levels != b.levels:
			if a.levels < b.levels {
				return -1
			}
			return 1
		case a.adj != b.adj:
			return int(a.adj) - int(b.adj)
		}
		return int(a.srcs) - int(b.srcs)
	})
	return out
}

// levelRates is how often each level occurs over all pairs of records, matches
// included: exact where it follows from counts of equal values, otherwise from
// pairs drawn at random (all pairs, when there are few).
func (e *engine) levelRates(rng *rand.Rand) (rate table, shape []table) {
	d := e.d
	n := len(d.rows)
	var drawn []uint64
	if all := n * (n - 1) / 2; all <= 1<<19 {
		for a := range n {
			for b := a + 1; b < n; b++ {
				drawn = append(drawn, uint64(a)<<32|uint64(b))
			}
		}
	} else {
		for range 1 << 19 {
			a, b := rng.IntN(n), rng.IntN(n-1)
			if b >= a {
				b++
			}
			drawn = append(drawn, uint64(min(a, b))<<32|uint64(max(a, b)))
		}
	}
	const part = 1 << 15
	k := (len(drawn) + part - 1) / part
	parts := make([][]table, k) // by pair of sources
	alike := make([]table, k)   // pairs that look like one person
	seen := make([]float64, k)
	memos := make([]memo, e.opt.Workers)
	touched := make([]uint32, e.opt.Workers)
	parallel(k, e.opt.Workers, func(w, i int) {
		v := vector{memo: &memos[w]}
		parts[i] = make([]table, max(e.pairs, 1))
		mine := drawn[i*part : min((i+1)*part, len(drawn))]
		for n, p := range mine {
			if n%readAhead == 0 {
				touched[w] += e.touch(mine[n:min(n+readAhead, len(mine))])
			}
			a, b := &e.cells[p>>32], &e.cells[uint32(p)]
			if !e.may(a, b) {
				continue
			}
			seen[i]++
			w := e.compare(a, b, &v, -1e9)
			at := &parts[i][e.sourcePair(a.src, b.src)]
			if w > likeOne {
				at = &alike[i]
			}
			for c, l := range v.lv {
				at[c][l]++
			}
		}
	})
	total := 0.0
	by := make([]table, max(e.pairs, 1))
	for i := range parts {
		total += seen[i]
		rate.add(&alike[i])
		for sp := range by {
			by[sp].add(&parts[i][sp])
		}
	}
	var strangers table
	for sp := range by {
		strangers.add(&by[sp])
	}
	shape = shapes(&strangers, by)
	rate.add(&strangers)
	for c := range rate {
		for l := range rate[c] {
			rate[c][l] /= max(total, 1)
		}
	}
	e.exactRates(&rate)
	return rate, shape
}

// readAhead is how many pairs drawn at random are read together.
const readAhead = 32

// touch reads what a comparison of each pair will, so that the cache fetches many
// lines at a time.
func (e *engine) touch(pairs []uint64) (sum uint32) {
	for _, p := range pairs {
		sum += e.cells[p>>32].dob + e.cells[uint32(p)].dob
	}
	for _, p := range pairs {
		sum += e.cards[e.cells[p>>32].names].bag + e.cards[e.cells[uint32(p)].names].bag
	}
	return sum
}

func (t *table) add(o *table) {
	for c := range t {
		for l := range t[c] {
			t[c][l] += o[c][l]
		}
	}
}

// likeOne is the weight in bits, the prior left out, above which a pair drawn is
// taken for one person: it says nothing of how strangers agree.
const likeOne = 18

// steadies is how many pairs that all sources together would show weigh as much
// as that a pair of sources is like the rest.
const steadies = 20

// shapes is, by pair of sources, how much more often than among all of them each
// level occurs where both records say something. Layouts differ: where one agency
// keeps postcode districts alone no two addresses agree, where it keeps ages many
// ages do, and that says nothing about who is who.
func shapes(all *table, by []table) []table {
	out := make([]table, len(by))
	for c := range all {
		n := said(&all[c])
		for sp := range by {
			own := said(&by[sp][c])
			for l := 1; l < maxLevels && n > 0; l++ {
				out[sp][c][l] = (by[sp][c][l] + steadies) / (all[c][l]/n*own + steadies)
			}
		}
	}
	return out
}

func said(row *[maxLevels]float64) (n float64) {
	for _, x := range row[1:] {
		n += x
	}
	return n
}

// shaped is u of a pair of sources.
func shaped(u, shape *table) table {
	out := *u
	for c := range out {
		for l := 1; l < maxLevels; l++ {
			out[c][l] *= shape[c][l]
		}
		normalise(&out[c])
	}
	return out
}

// sourcePair numbers the pair of sources two records come from, 0 when all share
// one set of weights.
func (e *engine) sourcePair(a, b uint16) int {
	if e.pairs == 0 {
		return 0
	}
	return pairNo(a, b)
}

// totalPairs is the number of pairs that could be compared, by pair of sources.
func (e *engine) totalPairs() []float64 {
	n := make([]float64, len(e.d.sources))
	for i := range e.d.rows {
		n[e.d.rows[i].src]++
	}
	out := make([]float64, max(e.pairs, 1))
	for a := range n {
		for b := range a + 1 {
			switch {
			case a != b && e.opt.Type != Dedupe:
				out[e.sourcePair(uint16(a), uint16(b))] += n[a] * n[b]
			case a == b && e.opt.Type != Link:
				out[e.sourcePair(uint16(a), uint16(b))] += n[a] * (n[a] - 1) / 2
			}
		}
	}
	return out
}

// exactRates replaces drawn rates by counted ones where a level means that two
// values are equal.
func (e *engine) exactRates(rate *table) {
	d := e.d
	n := float64(len(d.rows))
	if n < 2 || e.opt.Type != Both {
		return
	}
	all := n * (n - 1)
	if s := pairsOf(e.counts().dob); s > 0 {
		rate[cmpBirth][dobExact] = s / all
	}
	c := e.counts()
	rate[cmpName][nameSame] = max(pairsOf(c.bag)/all, rate[cmpName][nameSame])
	rate[cmpPlace][placeAddress] = max(pairsOf(c.addr)/all, rate[cmpPlace][placeAddress])
	for k := range d.kinds {
		rate[cmpIdent+k][idEqual] = pairsOf(c.ids[k]) / all
	}
}

func pairsOf(counts []uint32) float64 {
	s := 0.0
	for _, c := range counts {
		s += float64(c) * (float64(c) - 1)
	}
	return s
}

// EM finds m and the share of matches from pattern counts, by expectation and
// maximisation over the whole space of pairs: pairs that no rule made are
// taken as not matching, and u follows from what all pairs show less what the
// matches among them account for.
type emInput struct {
	ps      []pattern
	scale   float64 // pairs each counted pair stands for
	rate    table
	shape   []table   // by pair of sources: see shapes
	pairs   []float64 // by pair of sources: how many pairs there are
	total   float64
	kinds   int
	pseudoM float64
}

const emMost = 25

func (e *engine) em(in *emInput) (m, u table, priors []float64, iterations int) {
	m = startTable(in.kinds, startM, startIdent)
	u = startTable(in.kinds, startU, startIdentU)
	priorM, priorU := m, u
	prior := min(0.5, float64(max(len(e.d.rows), 1))*0.7/in.total)
	priors = make([]float64, len(in.shape))
	for sp := range priors {
		priors[sp] = prior
	}
	e.updateU(&u, &table{}, &priorU, in, 0)
	ws, sums := make([]weights, len(priors)), make([]float64, len(priors))
	for iterations = 1; iterations <= emMost; iterations++ {
		for sp := range ws {
			us := shaped(&u, &in.shape[sp])
			w := weightsOf(&m, &us)
			ws[sp] = w.withPrior(priors[sp])
		}
		clear(sums)
		match := e.expect(in.ps, ws, in.scale, sums)
		change := maximise(&m, match, &priorM, in.pseudoM)
		sum := 0.0
		for _, n := range sums {
			sum += n
		}
		e.updateU(&u, match, &priorU, in, sum)
		next := clampF(sum/in.total, 1e-12, 0.5)
		change = max(change, math.Abs(math.Log2(next/prior))/100)
		prior = next
		for sp := range priors {
			priors[sp] = priorOf(sums[sp], in.pairs[sp], prior)
		}
		if change < 1e-4 {
			break
		}
	}
	return m, u, priors, iterations
}

// expectedAnyway is how many expected matches of a pair of sources weigh as much
// as that there are as many among its pairs as among all.
const expectedAnyway = 50

// priorOf is the share of matches among the pairs of two sources. A register that
// holds each person once has next to none within itself, whatever namesakes and
// twins it holds.
func priorOf(matches, pairs, all float64) float64 {
	return clampF((matches+expectedAnyway)/(pairs+expectedAnyway/all), 1e-12, 0.5)
}

func clampF(x, lo, hi float64) float64 { return max(lo, min(hi, x)) }

// expect sums the expected matches by level, and in sums by pair of sources. ws
// are the weights by pair of sources.
func (e *engine) expect(ps []pattern, ws []weights, scale float64, sums []float64) *table {
	match := &table{}
	var v vector
	for i := range ps {
		p := &ps[i]
		r := e.posterior(&ws[p.srcs], p, &v) * p.n * scale
		if r == 0 {
			continue
		}
		sums[p.srcs] += r
		for k, l := range v.lv {
			match[k][l] += r
		}
	}
	return match
}

func (e *engine) posterior(w *weights, p *pattern, v *vector) float64 {
	v.lv = unpackLevels(p.levels)
	v.adj = float32(p.adj) / 2
	s := w.prior() + v.adj
	for k, l := range v.lv {
		s += w[k][l]
	}
	s = e.guard(w, v, s)
	if s < -20 {
		return 0
	}
	return 1 / (1 + math.Exp2(-float64(s)))
}

func maximise(m *table, match, prior *table, pseudo float64) (change float64) {
	for k := range m {
		sum := pseudo
		for l := 1; l < maxLevels; l++ {
			sum += match[k][l]
		}
		for l := 1; l < maxLevels; l++ {
			if prior[k][l] == 0 {
				continue
			}
			next := (match[k][l] + pseudo*prior[k][l]) / sum
			change = max(change, math.Abs(next-m[k][l]))
			m[k][l] = next
		}
	}
	return change
}

// updateU sets u from the rates over all pairs less the matches.
func (e *engine) updateU(u, match, prior *table, in *emInput, matches float64) {
	rest := max(in.total-matches, in.total/2)
	for k := range u {
		var row [maxLevels]float64
		sum := 0.0
		for l := 1; l < maxLevels; l++ {
			if prior[k][l] == 0 {
				continue
			}
			c := in.rate[k][l]*in.total - match[k][l]
			row[l] = max(c, 0.02*in.rate[k][l]*in.total, 0)
			sum += row[l]
		}
		if sum == 0 {
			continue
		}
		pseudo := max(sum*1e-3, 1e-3*rest*1e-3)
		for l := 1; l < maxLevels; l++ {
			if prior[k][l] > 0 {
				// A level no count reaches keeps a share of the prior rate
				// that shrinks as more pairs are seen.
				u[k][l] = (row[l] + pseudo*prior[k][l]) / (sum + pseudo)
			}
		}
	}
}

// Kin is what the records show of relatives, who agree on much without being
// one person. Each is learnt from how identifiers and dates of birth fall among
// the pairs that relatives and namesakes would make; where too few pairs show
// it, relatives are taken to be there.
type Kin struct {
	// Household, 0 to 0.8, is the share of the weight of an agreeing address that is taken back when given names differ.
	Household float32 `json:"household"`
	// Twins says that a shared date of birth and family name with another given name is not one person, whatever
	// else agrees.
	Twins bool `json:"twins"`
	// Namesakes says that one name with quite different dates of birth needs a person's eye.
	Namesakes bool `json:"namesakes"`
}

// everyHousehold is the share of the address's weight taken back where
// households are as common as they are in a town.
const everyHousehold = 0.8

// learnKin counts the pairs relatives would make.
func (e *engine) learnKin(ps []pattern) {
	e.kin = Kin{everyHousehold, true, true}
	var otherBirth, anyBirth, twinSame, twinOther, senior, seniorOther float64
	for i := range ps {
		lv := unpackLevels(ps[i].levels)
		name, birth, at, n := lv[cmpName], lv[cmpBirth], lv[cmpPlace], ps[i].n
		home := at >= placeAddress && at <= placeUnit
		same, differ := e.numbers(&lv)
		if (name == nameFamilyOnly || name == nameElse) && at >= placeAddress && at <= placeLikely && birth != dobNull {
			anyBirth += n
			if birth >= dobSameYear || birth == dobNear {
				otherBirth += n
			}
		}
		if name == nameFamilyOnly && birth == dobExact {
			if same {
				twinSame += n
			} else if differ {
				twinOther += n
			}
		}
		if name >= nameSame && name <= nameSingle && birth == dobElse && home {
			if same {
				senior += n
			} else if differ {
				seniorOther += n
			}
		}
	}
	const enough = 20
	if anyBirth >= enough {
		if share := otherBirth / anyBirth; share < 0.3 {
			e.kin.Household = float32(share)
		}
	}
	if twinSame >= enough && twinSame > 2*twinOther {
		e.kin.Twins = false
	}
	if senior >= enough && senior > 4*seniorOther {
		e.kin.Namesakes = false
	}
}

// numbers says whether a reference number agrees, and whether one differs.
func (e *engine) numbers(lv *[maxComparisons]uint8) (same, differ bool) {
	for k := range e.d.kinds {
		if e.shared[k] {
			continue
		}
		switch lv[cmpIdent+k] {
		case idEqual, idNear:
			same = true
		case idDiffer, idDifferValid:
			differ = true
		}
	}
	return same, differ && !same
}
