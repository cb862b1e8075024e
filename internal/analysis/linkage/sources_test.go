package linkage

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
)

// Where one agency keeps ages alone, agreeing ages are common with it and rare
// without it: u follows the layouts.
func TestULevelsFollowTheLayouts(t *testing.T) {
	counts := func(exact, age, other float64) (c table) {
		c[cmpBirth][dobExact], c[cmpBirth][dobAge], c[cmpBirth][dobElse] = exact, age, other
		return c
	}
	by := []table{counts(4, 0, 9996), counts(0, 1500, 8500), counts(0, 0, 0)}
	var all, u table
	for i := range by {
		all.add(&by[i])
	}
	for l := 1; l < maxLevels; l++ {
		u[cmpBirth][l] = all[cmpBirth][l] / 20000
	}
	shape := shapes(&all, by)
	for _, c := range []struct {
		sp, level int
		lo, hi    float64
	}{
		{0, dobAge, 0, 0.003}, {1, dobAge, 0.14, 0.16}, {2, dobAge, 0.074, 0.076}, // of the last there is nothing: as among all
		{0, dobElse, 0.99, 1}, {1, dobElse, 0.84, 0.86},
		{0, dobExact, 1.9e-4, 2.6e-4}, {1, dobExact, 1.5e-4, 2.1e-4}, // a few pairs that agree by chance say little
	} {
		got := shaped(&u, &shape[c.sp])
		if x := got[cmpBirth][c.level]; x < c.lo || x > c.hi {
			t.Errorf("u of sources %d, %q = %.5f, want %.5f to %.5f", c.sp, birthWords[c.level], x, c.lo, c.hi)
		}
	}
}

// A register that holds each person once has no matches within itself, however
// many pairs of it look like one, and the model learns so beside a file that does.
func TestARegisterThatHoldsEachPersonOnceHasItsOwnPrior(t *testing.T) {
	made := func(name, birth, at, srcs uint8, n float64) pattern {
		var v vector
		v.lv[cmpName], v.lv[cmpBirth], v.lv[cmpPlace] = name, birth, at
		return pattern{levels: v.key(), srcs: srcs, n: n}
	}
	const all = 5e7
	in := &emInput{scale: 1, pairs: []float64{all, all}, total: 2 * all, pseudoM: 1}
	in.ps = []pattern{
		made(nameSame, dobExact, placeAddress, 1, 9000), made(nameSame, dobElse, placeElse, 1, 500), // the file against the register
		made(nameSame, dobElse, placeElse, 0, 500), made(nameFamilyOnly, dobExact, placeAddress, 0, 40), // namesakes and twins within it
	}
	var by [2]table
	for _, p := range in.ps {
		lv := unpackLevels(p.levels)
		for c := cmpName; c <= cmpPlace; c++ {
			in.rate[c][lv[c]] += p.n / in.total
		}
	}
	for _, c := range []struct{ cmp, level int }{{cmpName, nameElse}, {cmpBirth, dobElse}, {cmpPlace, placeElse}} {
		rest := 1.0
		for _, x := range in.rate[c.cmp] {
			rest -= x
		}
		in.rate[c.cmp][c.level] += rest
	}
	by[0], by[1] = in.rate, in.rate
	sum := in.rate
	sum.add(&in.rate)
	in.shape = shapes(&sum, by[:])
	slices.SortFunc(in.ps, func(a, b pattern) int { return int(int64(a.levels) - int64(b.levels)) })
	e := newEngine(NewDataset(DefaultTables()), Options{Workers: 1})
	_, _, priors, _ := e.em(in)
	if got := priors[1] * all; math.Abs(got-9000) > 300 {
		t.Errorf("matches of the file with the register = %.0f, want 9,000", got)
	}
	if got := priors[0] * all; got > 60 { // about as many as are expected anyway
		t.Errorf("matches within the register = %.0f, want next to none", got)
	}
}

// A model of sources carries their priors through a written state.
func TestPriorsOfSourcesAreKept(t *testing.T) {
	recs, _ := population(t, 31, 1500)
	r := run(t, recs, Options{Workers: 2})
	n := len(r.Model.Sources) * (len(r.Model.Sources) + 1) / 2
	if len(r.Model.Priors) != n || len(r.Model.UBySources) != n {
		t.Fatalf("%d priors and %d tables of u for %d pairs of sources", len(r.Model.Priors), len(r.Model.UBySources), n)
	}
	once, twice := r.Model.Priors[pairNo(2, 2)], r.Model.Priors[pairNo(2, 0)] // the schools' register
	if r.Model.Sources[2] != "schools" || once > twice/2 {
		t.Errorf("prior within %s = %.3g, with %s %.3g: want at most half", r.Model.Sources[2], once, r.Model.Sources[0], twice)
	}
	e := newEngine(r.eng.d, r.eng.opt)
	e.count = r.eng.count
	e.adjustments()
	old := *r.Model
	old.UBySources, old.Priors = nil, nil // as versions before wrote it
	e.use(&old)
	if got, want := e.table(2, 2).prior(), float32(math.Log2(old.Prior/(1-old.Prior))); got != want {
		t.Errorf("a model without priors of sources weighs a pair %.2f before anything is compared, want %.2f", got, want)
	}
}

// Brothers have each other's names, one home and one telephone: where their dates
// of birth contradict each other, a household's share of that is taken back.
func TestARelativesAgreementIsTakenBack(t *testing.T) {
	phone := Identifier{KindPhone, "07700 900123"}
	a := person("1", "Ottoline", "Brackenbury", 2004, 4, 17, "3 Sedge Row", "QX9 9ZZ", phone)
	b := person("2", "Ottoline", "Brackenbury", 2007, 4, 19, "3 Sedge Row", "QX9 9ZZ", phone)
	r, n := verdicts(t, a, b)
	e := r.eng
	var v vector
	got := e.compare(e.cell(uint32(n)), e.cell(uint32(n+1)), &v, -1e9)
	if v.lv[cmpBirth] != dobTwoDigits || v.lv[cmpPlace] != placeAddress {
		t.Fatalf("date of birth %q, place %q: not the case meant", birthWords[v.lv[cmpBirth]], placeWords[v.lv[cmpPlace]])
	}
	w := e.table(e.cell(uint32(n)).src, e.cell(uint32(n+1)).src)
	plain, tel := w.prior()+v.adj, cmpIdent+slices.Index(e.d.kinds, KindPhone)
	for k := range cmpIdent + len(e.d.kinds) {
		plain += w[k][v.lv[k]]
	}
	if want := plain - e.kin.Household*(w[cmpPlace][placeAddress]+w[tel][idEqual]); math.Abs(float64(got-want)) > 1e-3 || e.kin.Household < 0.3 {
		t.Errorf("one name, one home and one telephone with two digits of the date of birth wrong weigh %.1f bits of %.1f, want %.1f", got, plain, want)
	}
}

// Who was registered under 1 January has that date everywhere: it tells people
// apart about as much as it is rare. A date that stands for "not known" does not.
func TestADefaultDateCountsAsItIsRare(t *testing.T) {
	recs, _ := population(t, 17, 4000)
	rng := rand.New(rand.NewPCG(3, 3))
	for i := range 300 {
		r := person("n"+strconv.Itoa(i), "", "", 1900, 1, 1, "", "")
		r.Names[0] = recs[rng.IntN(len(recs))].Names[0]
		recs = append(recs, r)
	}
	n := len(recs)
	rare := []Record{person("a", "Ottoline", "Brackenbury", 2006, 1, 1, "3 Sedge Row", "QX9 9ZZ"), person("b", "Ottoline", "Brackenbury", 2006, 1, 1, "8 Fen Lane", "QX3 1AB")}
	common := []Record{person("c", "Peregrine", "Sedgewick", 1900, 1, 1, "5 Sedge Row", "QX9 9ZZ"), person("d", "Peregrine", "Sedgewick", 1900, 1, 1, "9 Fen Lane", "QX3 1AB")}
	r := run(t, append(append(recs, rare...), common...), Options{Workers: 2})
	weigh := func(a int) (Explanation, uint8) {
		x, v := r.Explainer().Explain(a, a+1), vector{}
		r.eng.compare(r.eng.cell(uint32(a)), r.eng.cell(uint32(a+1)), &v, -1e9)
		return x, v.lv[cmpBirth]
	}
	one, l := weigh(n)
	other, k := weigh(n + 2)
	if l != dobExactDefault || k != dobExactDefault {
		t.Fatalf("levels %q and %q, want both known as defaults", birthWords[l], birthWords[k])
	}
	if one.Terms[cmpBirth].Bits < other.Terms[cmpBirth].Bits+4 {
		t.Errorf("1 January 2006 counts %.1f bits and 1 January 1900 %.1f: want the rarer to count for more", one.Terms[cmpBirth].Bits, other.Terms[cmpBirth].Bits)
	}
	if r.Person[n+2] == r.Person[n+3] || other.Weight > mostWithConflict {
		t.Errorf("a name and 1 January 1900 alone link two records, at %.1f bits", other.Weight)
	}
}
