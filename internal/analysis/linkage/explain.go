package linkage

import (
	"math"
	"strconv"
	"strings"
)

// Term is one comparison's part in a weight: what was found, in words, and the
// bits it adds or takes.
type Term struct {
	Comparison string  // name, date of birth, sex, place, school or a kind of identifier
	Words      string  // "Dates of birth differ by day and month swapped"
	Bits       float64 // weight of the level with the rarity of the value; 0 when either side is empty
}

// Explanation is why two records have the weight they have.
type Explanation struct {
	Terms       []Term
	Weight      float64 // bits, prior included
	Probability float64
	HeldBack    string // why the weight is less than its parts, if it is
	WouldChange string // what would change the verdict
}

// Explainer explains pairs of one result. It is not safe for concurrent use.
type Explainer struct {
	e   *engine
	r   *Result
	cut float32
	v   vector
	buf []byte
	why map[uint64]string // by pair under review: the reason

	touched uint32
}

// Explainer returns an explainer for the records of the run.
func (r *Result) Explainer() *Explainer {
	return &Explainer{e: r.eng, r: r, cut: bitsOf(r.eng.opt.Threshold), v: vector{memo: &memo{}}}
}

// Explain gives the whole explanation of a pair of records.
func (x *Explainer) Explain(a, b int) Explanation {
	ca, cb := *x.e.cell(uint32(a)), *x.e.cell(uint32(b))
	w := x.e.compare(&ca, &cb, &x.v, -1e9)
	ws := x.e.table(ca.src, cb.src)
	out := Explanation{Weight: float64(w), Probability: Edge{Weight: w}.Probability()}
	plain := ws.prior()
	for k := range cmpIdent + len(x.e.d.kinds) {
		l := x.v.lv[k]
		t := Term{Comparison: x.e.comparisonName(k)}
		x.buf = x.words(x.buf[:0], k, &ca, &cb)
		t.Words = string(x.buf)
		if l != 0 {
			adj := x.e.adjOf(k, &ca, &cb, l)
			t.Bits = float64(ws[k][l] + adj)
			plain += ws[k][l] + adj
		}
		out.Terms = append(out.Terms, t)
	}
	if plain-w > 0.5 {
		out.HeldBack = "The weight is held back, because this agreement is what relatives or a household also show, or because one field contradicts the rest."
	}
	if x.why == nil {
		x.why = make(map[uint64]string, len(x.r.Review))
		for _, d := range x.r.Review {
			x.why[pairKey(d.A, d.B)] = d.Why
		}
	}
	if x.r.Person[a] == x.r.Person[b] {
		out.WouldChange = x.wouldPart(ws, plain, w, max(w, x.cut)) // what is one person's and weighs less was raised or decided: the first is said here
	} else {
		out.WouldChange = x.wouldLink(ws, plain, w, x.why[pairKey(uint32(a), uint32(b))])
	}
	return out
}

func (e *engine) comparisonName(k int) string {
	switch k {
	case cmpName:
		return "name"
	case cmpBirth:
		return "date of birth"
	case cmpSex:
		return "sex"
	case cmpPlace:
		return "place"
	case cmpSchool:
		return "school"
	}
	return kindWords(e.d.kinds[k-cmpIdent])
}

// adjOf is the rarity adjustment of one comparison.
func (e *engine) adjOf(k int, a, b *cell, l uint8) float32 {
	var v vector
	switch {
	case k == cmpName:
		_, adj := e.compareNames(a.names, b.names, nil)
		return adj
	case k == cmpBirth && (l == dobExact || l == dobExactDefault):
		return e.dobAdj[dobIndex(a.dob)]
	case k == cmpPlace:
		e.comparePlaces(a, b, &v)
		return v.adj
	case k == cmpSchool && l == flagSame:
		return at32(e.schoolAdj, a.school)
	case k >= cmpIdent && (l == idEqual || l == idEqualUnchecked):
		return at32(e.idAdj[k-cmpIdent], e.work.idValue(&a.row, k-cmpIdent))
	}
	return 0
}

// Expect is told the pairs that will be explained next: their records are read
// together, which is much quicker than one after the other.
func (x *Explainer) Expect(pairs []Edge) {
	for i := range pairs {
		x.touched += x.e.cell(pairs[i].A).names + x.e.cell(pairs[i].B).names
	}
	for i := range pairs {
		x.touched += x.e.cards[x.e.cell(pairs[i].A).names].bag + x.e.cards[x.e.cell(pairs[i].B).names].bag
	}
}

// Append adds the explanation of a link in words to dst: every comparison both
// records have, the odds, and what would part the two.
func (x *Explainer) Append(dst []byte, a, b uint32, weight float32) []byte {
	dst, ws, plain, by := x.appendTerms(dst, a, b, weight)
	return append(append(dst, ' '), x.wouldPart(ws, plain, by, weight)...)
}

// AppendDoubt adds the explanation of a pair under review: as Append, with what
// would link the two.
func (x *Explainer) AppendDoubt(dst []byte, d *Doubt) []byte {
	dst, ws, plain, by := x.appendTerms(dst, d.A, d.B, d.Weight)
	return append(append(dst, ' '), x.wouldLink(ws, plain, by, d.Why)...)
}

// appendTerms says what the comparisons of a pair found and the odds. It returns
// the pair's weights, what they add up to, and what the pair weighs by them.
func (x *Explainer) appendTerms(dst []byte, a, b uint32, weight float32) (_ []byte, ws *weights, plain, by float32) {
	ca, cb := *x.e.cell(a), *x.e.cell(b)
	by = x.e.compare(&ca, &cb, &x.v, -1e9)
	ws = x.e.table(ca.src, cb.src)
	plain = ws.prior() + x.v.adj
	for k := range cmpIdent + len(x.e.d.kinds) {
		if x.v.lv[k] == 0 {
			continue
		}
		plain += ws[k][x.v.lv[k]]
		dst = x.words(dst, k, &ca, &cb)
		dst = append(dst, ". "...)
	}
	if weight > by+aloneBits/2 {
		dst = append(dst, "Nobody else here fits either of the two. "...)
	}
	return appendOdds(dst, weight), ws, plain, by
}

// appendOdds says a weight as odds in words.
func appendOdds(dst []byte, w float32) []byte {
	side := " to 1 for"
	if w < 0 {
		w, side = -w, " to 1 against"
	}
	dst = append(dst, "Overall: "...)
	if w > 30 {
		dst = append(dst, "over 1,000,000,000"...)
	} else {
		dst = append(dst, "about "...)
		dst = appendThousands(dst, roundTwo(math.Exp2(float64(w))))
	}
	dst = append(dst, side...)
	return append(dst, '.')
}

// roundTwo rounds to two leading digits.
func roundTwo(x float64) int64 {
	if x < 100 {
		return int64(math.Round(x))
	}
	p := math.Pow(10, math.Floor(math.Log10(x))-1)
	return int64(math.Round(x/p) * p)
}

func appendThousands(dst []byte, n int64) []byte {
	if n >= 1000 {
		dst = appendThousands(dst, n/1000)
		dst = append(dst, ',')
		rest := n % 1000
		return append(dst, byte('0'+rest/100), byte('0'+rest/10%10), byte('0'+rest%10))
	}
	return strconv.AppendInt(dst, n, 10)
}

func (x *Explainer) words(dst []byte, k int, a, b *cell) []byte {
	l := x.v.lv[k]
	switch k {
	case cmpName:
		return x.nameWords(dst, l, a, b)
	case cmpBirth:
		return append(dst, birthWords[l]...)
	case cmpSex:
		return append(dst, [...]string{"Sex not on both", "Same sex recorded", "Different sex recorded"}[l]...)
	case cmpPlace:
		dst = append(dst, placeWords[l]...)
		if l >= placeAddress && l <= placeUnit {
			if adj := x.e.adjOf(k, a, b, l); adj < -3 {
				dst = append(dst, ", which many people share"...)
			}
		}
		return dst
	case cmpSchool:
		return append(dst, [...]string{"School not on both", "Same school", "Different schools"}[l]...)
	}
	kind := kindWords(x.e.d.kinds[k-cmpIdent])
	switch l {
	case idNull:
		dst = append(dst, "No "...)
		dst = append(dst, kind...)
		return append(dst, " on both"...)
	case idEqual:
		dst = append(dst, "Same "...)
		return append(dst, kind...)
	case idEqualUnchecked:
		dst = append(dst, "Same "...)
		dst = append(dst, kind...)
		return append(dst, ", but its check character is wrong"...)
	case idNear:
		dst = append(dst, "One slip apart in the "...)
		return append(dst, kind...)
	case idDiffer:
		dst = append(dst, "Different "...)
		return append(dst, kind...)
	}
	dst = append(dst, "Different "...)
	dst = append(dst, kind...)
	return append(dst, ", both valid"...)
}

// kindWords is a kind of identifier as it is said.
func kindWords(kind string) string {
	switch kind {
	case KindNHS:
		return "NHS number"
	case KindUPN:
		return "unique pupil number"
	case KindPNC:
		return "PNC number"
	case KindEmail:
		return "email address"
	case KindPhone:
		return "telephone number"
	}
	return strings.ReplaceAll(kind, "_", " ")
}

var birthWords = [dobLevels]string{
	dobNull: "Date of birth not on both", dobExact: "Same date of birth", dobExactDefault: "Same date of birth, but one that is often entered when nobody knows",
	dobSwapped: "Dates of birth differ by day and month swapped", dobOneDigit: "Dates of birth differ by one slip", dobNear: "Dates of birth within a month",
	dobSameDay: "Same day and month of birth, year one or ten out", dobPart: "Same year of birth, the rest not known for sure",
	dobAge: "Ages agree, where only an age or an estimate is known", dobTwoDigits: "Dates of birth differ in two digits",
	dobSameYear: "Same year of birth, another day and month", dobSameMonth: "Same month of birth, year one or ten out", dobElse: "Dates of birth quite different",
}

var placeWords = [...]string{
	placeNull: "Place not on both", placeAddress: "Same address", placeLikely: "Same postcode or nearly the same address", placeUnit: "Same postcode, another number",
	placeSector: "Same street or neighbouring postcodes", placeDistrict: "Same town or postcode district", placeArea: "Same postcode area", placeElse: "Different places",
}

var nameLevelWords = [...]string{
	nameNull: "Name not on both", nameSame: "Same name", nameGrouped: "Names are recognised forms of each other", nameSubset: "One name stands whole within the other",
	nameReordered: "Same names in another order", nameMiddleDiffers: "Given and family names agree, other parts differ", nameOneNear: "Names alike but for a misspelling",
	nameInitial: "One name agrees, the other by its initial", nameNearNear: "Both names misspelt alike", nameGivenOnly: "Given name agrees, family name differs",
	nameSingle: "The one name known on one side stands in the other", nameFamilyOnly: "Family name agrees, given name differs", nameAlias: "An alias agrees", nameSingleNear: "The one name known on one side stands misspelt in the other", nameLoose: "One name agrees, the other bears a resemblance", nameElse: "Names differ",
}

// nameWords names the parts that agree and how, and how rare they are here.
func (x *Explainer) nameWords(dst []byte, l uint8, a, b *cell) []byte {
	if l == nameNull || a.names == 0 || b.names == 0 {
		return append(dst, nameLevelWords[l]...)
	}
	bk := x.e.d.book
	p, q := x.e.bestBags(a.names, b.names)
	if p == 0 {
		return append(dst, nameLevelWords[l]...)
	}
	ra, rb := bk.bagRefs(p), bk.bagRefs(q)
	var m matching
	if p == q {
		for i := range ra {
			m.to[i], m.as[i] = int8(i), equal
		}
	} else {
		m = bk.match(ra, rb, nil)
	}
	if l == nameSingle && bk.twoTongues(nameFamilyOnly, ra, rb, &m) {
		dst = append(dst, "Family name agrees, an English given name on one side and a Chinese one on the other"...)
	} else {
		dst = append(dst, nameLevelWords[l]...)
	}
	rarest, rare := uint32(0), float32(-1e9)
	said := false
	for i, r := range ra {
		if m.to[i] < 0 {
			continue
		}
		s := rb[m.to[i]]
		if adj := x.e.tokenAdj(r, s); m.as[i] >= grouped && adj > rare {
			rarest, rare = r&tokenMask, adj
		}
		if m.as[i] == equal {
			continue
		}
		if said {
			dst = append(dst, ", "...)
		} else {
			dst = append(dst, " ("...)
			said = true
		}
		dst = appendTitle(dst, bk.words.text(r&tokenMask))
		dst = append(dst, '/')
		dst = appendTitle(dst, bk.words.text(s&tokenMask))
		switch m.as[i] {
		case grouped:
			dst = append(dst, bk.groupWords(r&tokenMask, s&tokenMask)...)
		case near, loose:
			dst = append(dst, ": alike"...)
		case initial:
			dst = append(dst, ": initial"...)
		}
	}
	if rarest != 0 {
		if said {
			dst = append(dst, "; "...)
		} else {
			dst = append(dst, " ("...)
			said = true
		}
		dst = appendTitle(dst, bk.words.text(rarest))
		dst = append(dst, ": "...)
		dst = x.appendShare(dst, rarest)
	}
	if said {
		dst = append(dst, ')')
	}
	return dst
}

func (x *Explainer) appendShare(dst []byte, tok uint32) []byte {
	c := x.e.counts()
	n := 0.0
	for role := range c.tok {
		if int(tok) < len(c.tok[role]) {
			n += float64(c.tok[role][tok])
		}
	}
	per := 10000 * n / max(c.named, 1)
	if per < 1 {
		return append(dst, "rare, under 1 in 10,000 here"...)
	}
	if per < 10 {
		dst = append(dst, "rare, "...)
	}
	dst = appendThousands(dst, int64(math.Round(per)))
	return append(dst, " in 10,000 here"...)
}

// bestBags are the two names that gave the level.
func (e *engine) bestBags(x, y uint32) (uint32, uint32) {
	if a, b := e.work.bagsOf(x), e.work.bagsOf(y); len(a) == 1 && len(b) == 1 {
		return a[0], b[0]
	}
	var p, q uint32
	best, adj := uint8(255), float32(0)
	for _, i := range e.work.bagsOf(x) {
		for _, j := range e.work.bagsOf(y) {
			l, a := e.compareBags(i, j, nil)
			if l != nameNull && (l < best || l == best && a > adj) {
				best, adj, p, q = l, a, i, j
			}
		}
	}
	return p, q
}

// groupWords says by which kind of group two tokens belong together.
func (b *nameBook) groupWords(x, y uint32) string {
	tx, ty := &b.toks[x], &b.toks[y]
	for _, g := range tx.group[:tx.nGroup] {
		for _, h := range ty.group[:ty.nGroup] {
			if g == h {
				switch {
				case g&spellingBit != 0:
					return ": recognised spellings of one name"
				case g&stemBit != 0:
					return ": a family name's endings for men and women"
				}
				return ": short form"
			}
		}
	}
	return ""
}

func appendTitle(dst, w []byte) []byte {
	for i, c := range w {
		if i == 0 && c >= 'a' && c <= 'z' {
			c -= 0x20
		}
		dst = append(dst, c)
	}
	return dst
}

// wouldPart says what would part the two records of a link, which weighs by its
// comparisons and weight in the answer.
func (x *Explainer) wouldPart(ws *weights, plain, by, weight float32) string {
	switch {
	case weight < x.cut:
		return "Somebody decided that they are one person: taking that back would part them."
	case by < x.cut:
		return "They would no longer be linked if another record fitted either of them as well."
	}
	best, least := -1, by
	for k := range cmpIdent + len(x.e.d.kinds) {
		if k == cmpSex || x.v.lv[k] == 0 {
			continue
		}
		to := leastLevel(ws[k])
		if w := x.with(ws, plain, k, to); w < x.cut && w < least {
			best, least = k, w
		}
	}
	if best < 0 {
		return "No single field would part them."
	}
	return "They would no longer be linked if the " + x.e.comparisonName(best) + " were quite different."
}

// wouldLink says what would link two records that are not one person's.
func (x *Explainer) wouldLink(ws *weights, plain, by float32, why string) string {
	if words := changeOf(why); words != "" {
		return words
	}
	if by >= x.cut {
		return "A decision that they are one person would link them."
	}
	for i := range cmpIdent + len(x.e.d.kinds) { // what is likeliest to be found out first
		k := i
		switch i {
		case cmpName:
			k = cmpBirth
		case cmpBirth:
			k = cmpName
		}
		if k == cmpSex || x.v.lv[k] == 1 || x.with(ws, plain, k, 1) < x.cut {
			continue
		}
		if x.v.lv[k] == 0 {
			return "They would be linked if the " + x.e.comparisonName(k) + " were known on both and the same."
		}
		return "They would be linked if the " + x.e.comparisonName(k) + " were the same."
	}
	return "No single field would link them; a decision that they are one person would."
}

// with is what the pair would weigh with another level of one comparison.
func (x *Explainer) with(ws *weights, plain float32, k int, level uint8) float32 {
	v := x.v
	plain += ws[k][level] - ws[k][v.lv[k]]
	v.lv[k] = level
	return x.e.guard(ws, &v, plain)
}

// changeOf says what would settle a pair that waits for a reason other than its
// weight; "" where only the weight is short.
func changeOf(why string) string {
	switch {
	case why == whyDecided:
		return "They would be linked if that decision were taken back."
	case why == whyBridge, why == whyWeak:
		return "They would be linked if the other records of the two groups agreed as well, or by a decision that they are one person."
	case why == whyRival:
		return "They would be linked if the other person no longer fitted, or by a decision about either pair."
	case why == whyOneToOne:
		return "They would be linked if that source did not hold each person once, or by a decision that they are one person."
	case why == whyTwoOld:
		return "Only a decision links two people who were apart before."
	case why == whyUnsure:
		return "A decision of same or different settles them."
	case why == whyNumbers, strings.HasPrefix(why, whyValid):
		return "They would be linked if one of the numbers that differ were found to be wrong, or by a decision that they are one person."
	case strings.HasPrefix(why, whyLarge), why == whyApart:
		return "They stay together until somebody decides that two of these records are different people."
	case strings.HasPrefix(why, whyCut):
		return "They would be linked by a decision that they are one person."
	}
	return ""
}

func leastLevel(w [maxLevels]float32) uint8 {
	least := 0
	for l, x := range w {
		if x < w[least] {
			least = l
		}
	}
	return uint8(least)
}
