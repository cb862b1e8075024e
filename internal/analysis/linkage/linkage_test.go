package linkage

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"lantern.example/lantern/internal/analysis/linkage/invented"
)

// population is invented records of five agencies with the truth beside them.
func population(t testing.TB, seed uint64, people int) (recs []Record, truth []string) {
	t.Helper()
	out := map[string]*bytes.Buffer{}
	if _, err := invented.Generate(invented.Options{Seed: seed, People: people}, func(a string) io.Writer {
		out[a] = &bytes.Buffer{}
		return out[a]
	}); err != nil {
		t.Fatal(err)
	}
	for _, a := range invented.Agencies {
		rows, err := csv.NewReader(out[a]).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		at := map[string]int{}
		for i, h := range rows[0] {
			at[h] = i
		}
		for n, row := range rows[1:] {
			get := func(names ...string) string {
				for _, h := range names {
					if i, ok := at[h]; ok && row[i] != "" {
						return row[i]
					}
				}
				return ""
			}
			r := Record{Source: a, ID: strconv.Itoa(n + 1), Names: []Name{{
				Given: get("Forename", "Forename 1", "Legal Forename"), Middle: get("Forename 2", "Middle Name"),
				Family: get("Surname", "Legal Surname"), Full: get("Name", "Full Name"),
			}}}
			if p := get("Preferred Forename"); p != "" {
				r.Names = append(r.Names, Name{Kind: PreferredName, Given: p, Family: get("Legal Surname")})
			}
			if al := get("Alias"); al != "" {
				r.Names = append(r.Names, Name{Kind: AliasName, Full: al})
			}
			r.Birth = testBirth(get("DOB", "Date of Birth", "D.O.B.", "Date of birth"))
			switch get("Sex", "Gender") {
			case "F", "Female", "female":
				r.Sex = Female
			case "M", "Male", "male":
				r.Sex = Male
			}
			for h, k := range map[string]string{"NHS Number": KindNHS, "UPN": KindUPN, "PNC ID": KindPNC, "PNC": KindPNC, "Email": KindEmail, "Mobile": KindPhone, "Telephone": KindPhone} {
				if v := get(h); v != "" {
					r.Identifiers = append(r.Identifiers, Identifier{k, v})
				}
			}
			slices.SortFunc(r.Identifiers, func(x, y Identifier) int { return strings.Compare(x.Kind, y.Kind) })
			r.Addresses = []Address{{Lines: strings.TrimSpace(get("House Number") + " " + get("Home Address", "Address Line 1", "Street")), Postcode: get("Postcode", "Post Code")}}
			recs = append(recs, r)
			truth = append(truth, get(invented.TruthColumn))
		}
	}
	return recs, truth
}

func testBirth(s string) Birth {
	var y, m, d int
	switch {
	case strings.Contains(s, "/"):
		fmt.Sscanf(s, "%d/%d/%d", &d, &m, &y)
	case strings.Count(s, "-") == 2 && len(s) == 10:
		fmt.Sscanf(s, "%d-%d-%d", &y, &m, &d)
	case s != "":
		fmt.Sscanf(s[:2], "%d", &d)
		fmt.Sscanf(s[7:], "%d", &y)
		m = strings.Index("JanFebMarAprMayJunJulAugSepOctNovDec", s[3:6])/3 + 1
	}
	return Birth{Year: y, Month: m, Day: d}
}

func dataset(t testing.TB, recs []Record) *Dataset {
	t.Helper()
	d := NewDataset(DefaultTables())
	for i := range recs {
		if err := d.Add(&recs[i]); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func run(t testing.TB, recs []Record, opt Options) *Result {
	t.Helper()
	r, err := Run(dataset(t, recs), opt)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// pairScores are pairwise precision and recall.
func pairScores(truth []string, person []uint32) (precision, recall float64) {
	type both struct {
		t string
		p uint32
	}
	b, bt, bp := map[both]float64{}, map[string]float64{}, map[uint32]float64{}
	for i := range truth {
		b[both{truth[i], person[i]}]++
		bt[truth[i]]++
		bp[person[i]]++
	}
	var tp, tt, pp float64
	for _, n := range b {
		tp += n * (n - 1) / 2
	}
	for _, n := range bt {
		tt += n * (n - 1) / 2
	}
	for _, n := range bp {
		pp += n * (n - 1) / 2
	}
	return tp / pp, tp / tt
}

func TestInventedAgencies(t *testing.T) {
	recs, truth := population(t, 11, 4000)
	r := run(t, recs, Options{Workers: 2})
	p, rec := pairScores(truth, r.Person)
	t.Logf("%d records, precision %.4f, recall %.4f, %d for review", len(recs), p, rec, len(r.Review))
	if f1 := 2 * p * rec / (p + rec); f1 < 0.95 {
		t.Errorf("F1 = %.4f, want at least 0.95", f1)
	}
	if p < 0.98 {
		t.Errorf("precision = %.4f, want at least 0.98", p)
	}
}

func TestSameAnswerForAnyNumberOfWorkers(t *testing.T) {
	recs, _ := population(t, 12, 1500)
	want := run(t, recs, Options{Workers: 1})
	for _, n := range []int{2, 8} {
		got := run(t, recs, Options{Workers: n})
		if !reflect.DeepEqual(got.Person, want.Person) || !reflect.DeepEqual(got.Links, want.Links) || !reflect.DeepEqual(got.Review, want.Review) || !reflect.DeepEqual(got.Model, want.Model) {
			t.Errorf("%d workers give another answer than one", n)
		}
	}
}

func TestOrderOfRecordsHardlyMatters(t *testing.T) {
	recs, _ := population(t, 13, 1500)
	want := run(t, recs, Options{})
	order := rand.New(rand.NewPCG(1, 1)).Perm(len(recs))
	mixed := make([]Record, len(recs))
	for i, j := range order {
		mixed[i] = recs[j]
	}
	got := run(t, mixed, Options{})
	back := make([]string, len(recs))
	person := make([]uint32, len(recs))
	for i, j := range order {
		back[i] = fmt.Sprint(want.Person[j])
		person[i] = got.Person[i]
	}
	if p, r := pairScores(back, person); p < 0.99 || r < 0.99 {
		t.Errorf("shuffled records agree with the first order at %.4f and %.4f", p, r)
	}
}

// Every rule's blocks hold exactly the pairs that share a key.
func TestBlockingEqualsNestedLoop(t *testing.T) {
	recs, _ := population(t, 14, 500)
	d := dataset(t, recs)
	set, _ := d.setAside()
	set.apply(d, 0)
	f := d.newFiling()
	for _, r := range f.rules() {
		r.limit = 1 << 30
		b := f.build([]rule{r}, 1)[0]
		got := map[uint64]bool{}
		for i := range len(b.starts) - 1 {
			block := b.recs[b.starts[i]:b.starts[i+1]]
			for x := range block {
				for y := x + 1; y < len(block); y++ {
					got[pairKey(block[x], block[y])] = true
				}
			}
		}
		keys := make([]map[uint32]bool, len(recs))
		for i := range keys {
			keys[i] = map[uint32]bool{}
			for _, k := range r.keys(nil, uint32(i)) {
				keys[i][k] = true
			}
		}
		want := 0
		for i := range keys {
			for j := i + 1; j < len(keys); j++ {
				for k := range keys[i] {
					if keys[j][k] {
						want++
						if !got[pairKey(uint32(i), uint32(j))] {
							t.Fatalf("rule %q misses records %d and %d", r.name, i, j)
						}
						break
					}
				}
			}
		}
		if len(got) != want {
			t.Errorf("rule %q makes %d pairs, the nested loop %d", r.name, len(got), want)
		}
	}
}

// Stopping a comparison early loses no pair at or above the cut.
func TestEarlyStopLosesNothing(t *testing.T) {
	recs, _ := population(t, 15, 1000)
	r := run(t, recs, Options{})
	e := r.eng
	var full, quick vector
	quick.memo = &memo{}
	rng := rand.New(rand.NewPCG(2, 2))
	kept := 0
	check := func(a, b uint32) {
		w := e.compare(e.cell(a), e.cell(b), &full, -1e9)
		q := e.compare(e.cell(a), e.cell(b), &quick, 0)
		if w >= 0 {
			kept++
			if q != w {
				t.Fatalf("records %d and %d weigh %v, but %v when the comparison may stop early", a, b, w, q)
			}
		} else if q >= 0 {
			t.Fatalf("records %d and %d weigh %v, but %v when the comparison may stop early", a, b, w, q)
		}
	}
	for _, l := range r.Links {
		check(l.A, l.B)
	}
	for range 300000 {
		a, b := rng.IntN(len(recs)), rng.IntN(len(recs))
		if a != b {
			check(uint32(min(a, b)), uint32(max(a, b)))
		}
	}
	if kept < 500 {
		t.Errorf("only %d pairs were kept, too few to tell", kept)
	}
}

func TestExactRatesEqualCounting(t *testing.T) {
	recs, _ := population(t, 16, 300)
	d := dataset(t, recs)
	o := Options{}
	o.defaults()
	e := newEngine(d, o)
	m, u := startTable(len(d.kinds), startM, startIdent), startTable(len(d.kinds), startU, startIdentU)
	e.adjustments()
	e.ws = []weights{weightsOf(&m, &u)}
	e.bounds()
	rate, _ := e.levelRates(rand.New(rand.NewPCG(1, 1)))
	total := e.totalPairs()[0]
	same := 0.0
	for i := range d.rows {
		for j := range i {
			if d.rows[i].dob != 0 && d.rows[i].dob == d.rows[j].dob && d.rows[i].flags|d.rows[j].flags == 0 {
				same++
			}
		}
	}
	n := float64(len(d.rows))
	if total != n*(n-1)/2 {
		t.Errorf("total pairs %v, want %v", total, n*(n-1)/2)
	}
	if got, want := rate[cmpBirth][dobExact], same/total; math.Abs(got-want) > 1e-12 {
		t.Errorf("rate of equal dates of birth = %v, counting gives %v", got, want)
	}
}

// EM finds the m, u and prior that made the patterns.
func TestEMRecoversWhatMadeThePatterns(t *testing.T) {
	type choice struct {
		cmp  int
		lv   []uint8
		m, u []float64
	}
	made := []choice{
		{cmpName, []uint8{nameSame, nameOneNear, nameElse}, []float64{.8, .15, .05}, []float64{.002, .008, .99}},
		{cmpBirth, []uint8{dobExact, dobOneDigit, dobSameYear}, []float64{.9, .06, .04}, []float64{.003, .007, .99}},
		{cmpPlace, []uint8{placeAddress, placeDistrict, placeElse}, []float64{.6, .25, .15}, []float64{.001, .099, .9}},
		{cmpSchool, []uint8{flagSame, flagDiffer}, []float64{.7, .3}, []float64{.05, .95}},
	}
	const pairs, prior = 2_000_000, 0.01
	rng := rand.New(rand.NewPCG(5, 5))
	counts := map[uint64]float64{}
	var rate table
	for range pairs {
		same := rng.Float64() < prior
		var v vector
		for _, c := range made {
			p := c.u
			if same {
				p = c.m
			}
			f, i := rng.Float64(), 0
			for f >= p[i] && i < len(p)-1 {
				f -= p[i]
				i++
			}
			v.lv[c.cmp] = c.lv[i]
			rate[c.cmp][c.lv[i]] += 1.0 / pairs
		}
		counts[v.key()]++
	}
	ps := make([]pattern, 0, len(counts))
	for k, n := range counts {
		ps = append(ps, pattern{levels: k, n: n})
	}
	slices.SortFunc(ps, func(a, b pattern) int { return int(int64(a.levels) - int64(b.levels)) })
	o := Options{}
	o.defaults()
	e := newEngine(NewDataset(DefaultTables()), o)
	m, u, p, _ := e.em(&emInput{ps: ps, scale: 1, rate: rate, shape: shapes(&rate, []table{rate}), pairs: []float64{pairs}, total: pairs, pseudoM: 1})
	if math.Abs(p[0]/prior-1) > 0.03 {
		t.Errorf("prior = %.5f, want %.5f", p, prior)
	}
	for _, c := range made {
		for i, l := range c.lv {
			if math.Abs(m[c.cmp][l]-c.m[i]) > 0.01 {
				t.Errorf("m of comparison %d level %d = %.4f, want %.4f", c.cmp, l, m[c.cmp][l], c.m[i])
			}
			if math.Abs(u[c.cmp][l]-c.u[i]) > 0.01 {
				t.Errorf("u of comparison %d level %d = %.4f, want %.4f", c.cmp, l, u[c.cmp][l], c.u[i])
			}
		}
	}
}

// case records stand in a population that teaches the model what is usual.
func verdicts(t *testing.T, extra ...Record) (*Result, int) {
	t.Helper()
	recs, _ := population(t, 17, 1000)
	return run(t, append(recs, extra...), Options{Workers: 2}), len(recs)
}

func person(id, given, family string, y, m, d int, lines, code string, ids ...Identifier) Record {
	return Record{Source: "extra", ID: id, Names: []Name{{Given: given, Family: family}}, Birth: Birth{Year: y, Month: m, Day: d},
		Addresses: []Address{{Lines: lines, Postcode: code}}, Identifiers: ids}
}

func named(given, middle, family string) Record {
	r := person(given, given, family, 2009, 4, 17, "3 Sedge Row", "QX9 9ZZ")
	r.Names[0].Middle = middle
	return r
}

func TestCasesOfTheField(t *testing.T) {
	nhs1, nhs2 := Identifier{KindNHS, "999 000 0018"}, Identifier{KindNHS, "9990000026"}
	for i, c := range []struct {
		name string
		a, b Record
		same bool
	}{
		{"one person, as written", person("1", "Ottoline", "Brackenbury", 2009, 4, 17, "3 Sedge Row", "QX9 9ZZ"), person("2", "Ottoline", "Brackenbury", 2009, 4, 17, "3 Sedge Row", "QX9 9ZZ"), true},
		{"day and month turned round", person("1", "Ottoline", "Brackenbury", 2009, 4, 7, "3 Sedge Row", "QX9 9ZZ"), person("2", "Ottoline", "Brackenbury", 2009, 7, 4, "3 Sedge Row", "QX9 9ZZ"), true},
		{"short form, moved house", person("1", "William", "Brackenbury", 2009, 4, 17, "3 Sedge Row", "QX9 9ZZ"), person("2", "Billy", "Brackenbury", 2009, 4, 17, "8 Fen Lane", "QX3 1AB"), true},
		{"transliteration", person("1", "Mohamed", "Xuseen", 2009, 4, 17, "3 Sedge Row", "QX9 9ZZ"), person("2", "Muhammad", "Hussain", 2009, 4, 17, "3 Sedge Row", "QX9 9ZZ"), true},
		{"given and family exchanged", person("1", "Ottoline", "Brackenbury", 2009, 4, 17, "3 Sedge Row", "QX9 9ZZ"), person("2", "Brackenbury", "Ottoline", 2009, 4, 17, "3 Sedge Row", "QX9 9ZZ"), true},
		{"one of two surnames", person("1", "Joao", "Brackenbury Sedgewick", 2009, 4, 17, "3 Sedge Row", "QX9 9ZZ"), person("2", "Joao", "Sedgewick", 2009, 4, 17, "3 Sedge Row", "QX9 9ZZ"), true},
		{"Singh left out", person("1", "Gurbachan Singh", "Dhaliwal", 2009, 4, 17, "3 Sedge Row", "QX9 9ZZ"), person("2", "Gurbachan", "Dhaliwal", 2009, 4, 17, "3 Sedge Row", "QX9 9ZZ"), true},
		{"twins", person("1", "Ottoline", "Brackenbury", 2009, 4, 17, "3 Sedge Row", "QX9 9ZZ"), person("2", "Montague", "Brackenbury", 2009, 4, 17, "3 Sedge Row", "QX9 9ZZ"), false},
		{"twins with one letter of each other", named("Adelina", "A", "Brackenbury"), named("Alexandra", "D", "Brackenbury"), false},
		{"siblings", person("1", "Ottoline", "Brackenbury", 2009, 4, 17, "3 Sedge Row", "QX9 9ZZ"), person("2", "Montague", "Brackenbury", 2011, 10, 2, "3 Sedge Row", "QX9 9ZZ"), false},
		{"a sibling's number", person("1", "Ottoline", "Brackenbury", 2009, 4, 17, "3 Sedge Row", "QX9 9ZZ", nhs1), person("2", "Montague", "Brackenbury", 2011, 10, 2, "3 Sedge Row", "QX9 9ZZ", nhs1), false},
		{"two valid numbers", person("1", "Ottoline", "Brackenbury", 2009, 4, 17, "3 Sedge Row", "QX9 9ZZ", nhs1), person("2", "Ottoline", "Brackenbury", 2009, 4, 18, "9 Fen Lane", "QX3 1AB", nhs2), false},
		{"a name alone", Record{Source: "extra", ID: "1", Names: []Name{{Given: "Oliver", Family: "Smith"}}}, Record{Source: "extra", ID: "2", Names: []Name{{Given: "Oliver", Family: "Smith"}}}, false},
		{"nothing in common but nothing", Record{Source: "extra", ID: "1", Names: []Name{{Given: "Unknown", Family: "Unknown"}}}, Record{Source: "extra", ID: "2", Names: []Name{{Given: "unknown", Family: "UNKNOWN"}}}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if testing.Short() && i > 3 {
				t.Skip("each case trains a model")
			}
			r, n := verdicts(t, c.a, c.b)
			if got := r.Person[n] == r.Person[n+1]; got != c.same {
				t.Errorf("one person: %v, want %v\n%+v", got, c.same, r.Explainer().Explain(n, n+1))
			}
		})
	}
}

func TestAHostelAndADefaultDateJoinNobody(t *testing.T) {
	var extra []Record
	givens := []string{"Aaron", "Bilal", "Cedric", "Dmitri", "Emeka", "Farid", "Gustav", "Hamza", "Ivor", "Jozef"}
	families := []string{"Abbot", "Bassey", "Corrigan", "Dimitrov", "Eze", "Fahmy", "Gunnar", "Hakimi", "Ingram", "Jankovic"}
	for i := range 60 {
		extra = append(extra, person(strconv.Itoa(i), givens[i%10], families[i/10], 2005, 1, 1, "1 Hostel Yard", "QX7 7HH"))
	}
	r, n := verdicts(t, extra...)
	size := map[uint32]int{}
	for i := range extra {
		size[r.Person[n+i]]++
	}
	for p, k := range size {
		if k > 1 {
			t.Errorf("person %d holds %d residents who share a hostel and 1 January", p, k)
		}
	}
}

func TestAValueInHalfTheRowsMakesNoGiant(t *testing.T) {
	recs, _ := population(t, 18, 1000)
	for i := range recs {
		if i%2 == 0 {
			recs[i].Names = []Name{{Given: "Not", Family: "Given"}}
			recs[i].Birth = Birth{Year: 1990, Month: 1, Day: 1}
			recs[i].Addresses = []Address{{Lines: "1 Town Hall", Postcode: "QX1 1XX"}}
			recs[i].Identifiers = []Identifier{{KindPhone, "01234 567890"}}
		}
	}
	r := run(t, recs, Options{})
	size := map[uint32]int{}
	largest := 0
	for _, p := range r.Person {
		size[p]++
		largest = max(largest, size[p])
	}
	if largest > 12 {
		t.Errorf("the largest person holds %d records", largest)
	}
	if !strings.Contains(strings.Join(r.Notes, " "), "placeholder") {
		t.Errorf("nothing was said of the value in half the rows: %v", r.Notes)
	}
}

func TestDecisionsBind(t *testing.T) {
	recs, _ := population(t, 19, 800)
	first := run(t, recs, Options{})
	l := first.Links[0]
	var apart [2]int
	for i := range recs {
		if first.Person[i] != first.Person[0] {
			apart = [2]int{0, i}
			break
		}
	}
	r := run(t, recs, Options{Decisions: []Decision{{int(l.A), int(l.B), Different}, {apart[0], apart[1], Same}}})
	if r.Person[l.A] == r.Person[l.B] {
		t.Error("a decision that two records are different did not hold")
	}
	if r.Person[apart[0]] != r.Person[apart[1]] {
		t.Error("a decision that two records are the same did not hold")
	}
	r = run(t, recs, Options{Decisions: []Decision{{0, 1, Same}, {1, 2, Same}, {0, 2, Different}}})
	if len(r.Conflicts) != 1 {
		t.Errorf("contradicting decisions give %d conflicts, want 1: %v", len(r.Conflicts), r.Conflicts)
	}
	if r.Person[0] == r.Person[2] {
		t.Error("contradicting decisions joined what was told apart")
	}
	again := run(t, recs, Options{Decisions: []Decision{{int(l.A), int(l.B), Different}, {int(l.A), int(l.B), Same}}})
	if again.Person[l.A] != again.Person[l.B] {
		t.Error("the later of two decisions did not hold")
	}
}

func TestUndoRestores(t *testing.T) {
	recs, _ := population(t, 20, 600)
	before := run(t, recs, Options{})
	joined := run(t, recs, Options{Decisions: []Decision{{0, 100, Same}}})
	after := run(t, recs, Options{})
	if reflect.DeepEqual(before.Person, joined.Person) {
		t.Error("the decision changed nothing")
	}
	if !reflect.DeepEqual(before.Person, after.Person) {
		t.Error("taking the decision back does not restore the people")
	}
}

func TestExtendEqualsBatch(t *testing.T) {
	recs, truth := population(t, 21, 2500)
	order := rand.New(rand.NewPCG(3, 3)).Perm(len(recs))
	var mixed []Record
	var tr []string
	for _, j := range order {
		mixed, tr = append(mixed, recs[j]), append(tr, truth[j])
	}
	old := len(mixed) * 9 / 10
	first := run(t, mixed[:old], Options{Workers: 2})
	founder := make([]uint32, old)
	for i := range founder {
		founder[i] = uint32(i)
	}
	var buf bytes.Buffer
	if err := first.State(founder).Write(&buf); err != nil {
		t.Fatal(err)
	}
	s, err := ReadState(&buf, DefaultTables(), 2)
	if err != nil {
		t.Fatal(err)
	}
	for i := old; i < len(mixed); i++ {
		if err := s.Data.Add(&mixed[i]); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Extend(s, Options{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	for i := range old {
		if got.Person[i] != first.Person[i] {
			t.Fatalf("record %d changed its person from %d to %d", i, first.Person[i], got.Person[i])
		}
	}
	whole := run(t, mixed, Options{Workers: 2})
	as := make([]string, len(mixed))
	for i, p := range whole.Person {
		as[i] = fmt.Sprint(p)
	}
	p, r := pairScores(as, got.Person)
	if p < 0.99 || r < 0.98 {
		t.Errorf("extended people agree with a whole run at %.4f and %.4f", p, r)
	}
	tp, trr := pairScores(tr, got.Person)
	wp, wr := pairScores(tr, whole.Person)
	t.Logf("extended %.4f/%.4f, whole %.4f/%.4f against the truth", tp, trr, wp, wr)
}

func TestMatchFindsTheRecordsOwnPerson(t *testing.T) {
	recs, _ := population(t, 23, 1500)
	r := run(t, recs, Options{Workers: 2})
	s := r.State(make([]uint32, len(recs)))
	x, err := NewIndex(s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	rows := len(s.Data.rows)
	found := 0
	for i := 0; i < len(recs); i += 7 {
		got, err := x.Match(&recs[i])
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range got {
			if f.Person == r.Person[i] {
				found++
				break
			}
		}
	}
	if tried := (len(recs) + 6) / 7; float64(found) < 0.97*float64(tried) {
		t.Errorf("%d of %d records found their own person", found, tried)
	}
	if len(s.Data.rows) != rows {
		t.Errorf("asking changed the run from %d records to %d", rows, len(s.Data.rows))
	}
}

func BenchmarkMatch(b *testing.B) {
	recs, _ := population(b, 24, 20000)
	r := run(b, recs, Options{Workers: 2})
	x, err := NewIndex(r.State(make([]uint32, len(recs))), Options{Workers: 2})
	if err != nil {
		b.Fatal(err)
	}
	i := 0
	for b.Loop() {
		if _, err := x.Match(&recs[i%len(recs)]); err != nil {
			b.Fatal(err)
		}
		i += 37
	}
}

func TestReadStateRefusesDamage(t *testing.T) {
	recs, _ := population(t, 22, 60)
	r := run(t, recs, Options{})
	var buf bytes.Buffer
	if err := r.State(make([]uint32, len(recs))).Write(&buf); err != nil {
		t.Fatal(err)
	}
	good := buf.Bytes()
	read := func(b []byte) error {
		_, err := ReadState(bytes.NewReader(b), DefaultTables(), 2)
		return err
	}
	if err := read(good); err != nil {
		t.Fatal(err)
	}
	for _, cut := range []int{0, 4, 20, len(good) / 3, len(good) - 1} {
		if read(good[:cut]) == nil {
			t.Errorf("an index cut at %d of %d bytes was read", cut, len(good))
		}
	}
	bad := bytes.Clone(good)
	for at := 0; at < len(bad); at += 1 + len(bad)/400 {
		bad[at] ^= 4
		if read(bad) == nil {
			t.Errorf("an index in which byte %d of %d was changed was read", at, len(bad))
		}
		bad[at] = good[at]
	}
	for what, b := range map[string][]byte{
		"of the version before": append([]byte("LNTNLNK2"), good[8:]...), "of nothing": []byte("source,record_id\n"), "with more at its end": append(bytes.Clone(good), 0),
	} {
		if err := read(b); err == nil || what[0] == 'o' && !strings.Contains(err.Error(), "another version") {
			t.Errorf("an index %s: %v", what, err)
		}
	}
}

// A state that was read is written as it was, byte for byte.
func TestStateComesBack(t *testing.T) {
	recs, _ := population(t, 22, 300)
	s := run(t, recs, Options{}).State(make([]uint32, len(recs)))
	s.Beside = [][]byte{[]byte("one"), nil}
	var first, second bytes.Buffer
	if err := s.Write(&first); err != nil {
		t.Fatal(err)
	}
	back, err := ReadState(bytes.NewReader(first.Bytes()), DefaultTables(), 2)
	if err != nil {
		t.Fatal(err)
	}
	if len(back.Beside) != 2 || string(back.Beside[0]) != "one" || len(back.Beside[1]) != 0 {
		t.Errorf("what was kept beside came back as %q", back.Beside)
	}
	if err := back.Write(&second); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("a state that was read is written differently")
	}
}

func TestExplanationsNameWhatCounts(t *testing.T) {
	a := person("1", "Mohamed", "Brackenbury", 2009, 4, 7, "3 Sedge Row", "QX9 9ZZ")
	b := person("2", "Muhammad", "Brackenbury", 2009, 7, 4, "9 Fen Lane", "QX3 1AB")
	r, n := verdicts(t, a, b)
	x := r.Explainer()
	text := string(x.Append(nil, uint32(n), uint32(n+1), 8.6))
	for _, want := range []string{"Mohamed/Muhammad: recognised spellings of one name", "day and month swapped", "Overall: about 390 to 1 for"} {
		if !strings.Contains(text, want) {
			t.Errorf("the explanation does not say %q:\n%s", want, text)
		}
	}
	beside, m := verdicts(t, person("1", "Jason", "Wong", 2009, 4, 7, "3 Sedge Row", "QX9 9ZZ"), person("2", "Ka Ho", "Wong", 2009, 4, 7, "3 Sedge Row", "QX9 9ZZ"))
	if said := beside.Explainer().Explain(m, m+1).Terms[cmpName].Words; !strings.HasPrefix(said, "Family name agrees, an English given name on one side and a Chinese one on the other (Wong: ") {
		t.Errorf("of an English name beside a Chinese one it says %q", said)
	}
	e := x.Explain(n, n+1)
	for _, term := range e.Terms {
		if math.Abs(term.Bits) > 1 && !strings.Contains(text, term.Words) {
			t.Errorf("%q counts %.1f bits and is not in the explanation:\n%s", term.Words, term.Bits, text)
		}
	}
	if e.WouldChange == "" {
		t.Error("nothing is said of what would change the verdict")
	}
}

func TestNameLevels(t *testing.T) {
	d := NewDataset(DefaultTables())
	e := newEngine(d, Options{Workers: 1})
	for _, c := range []struct {
		name string
		a, b Name
		want uint8
	}{
		{"same", Name{Given: "Ann", Family: "Lee-Smith"}, Name{Given: "ann", Family: "LEE SMITH"}, nameSame},
		{"accents", Name{Given: "José", Family: "Núñez"}, Name{Given: "Jose", Family: "Nunez"}, nameSame},
		{"Cyrillic", Name{Given: "Иван", Family: "Петров"}, Name{Given: "Ivan", Family: "Petrov"}, nameSame},
		{"apostrophe", Name{Given: "Sean", Family: "O'Brien"}, Name{Given: "Sean", Family: "O Brien"}, nameSame},
		{"servant names", Name{Given: "Abdul Rahman", Family: "Khan"}, Name{Given: "Abdulrahman", Family: "Khan"}, nameSame},
		{"servant of the Merciful, apart", Name{Given: "Abd al-Rahman", Family: "Khan"}, Name{Given: "Abdurrahman", Family: "Khan"}, nameGrouped},
		{"Abdul as a name of its own", Name{Full: "Abdul Khan"}, Name{Given: "Abdur", Family: "Khan"}, nameGrouped},
		{"Abdul before another name", Name{Given: "Abdul Mohammed", Family: "Kayani"}, Name{Given: "Abdul", Middle: "Mohammed", Family: "Kayani"}, nameSame},
		{"Abdul before an initial", Name{Full: "Abdul M Kayani"}, Name{Given: "Abdul", Middle: "Mohammed", Family: "Kayani"}, nameSubset},
		{"the father's name by its letter", Name{Given: "Mohamed", Middle: "A", Family: "Farah"}, Name{Given: "Mohamed", Middle: "Abdi", Family: "Farah"}, nameSubset},
		{"the same, another part misspelt", Name{Given: "Mohamed", Middle: "A", Family: "Warsome"}, Name{Given: "Mohamed", Middle: "Abdi", Family: "Warsame"}, nameOneNear},
		{"the own name by its letter, as a brother has it", Name{Given: "J", Middle: "Abdi", Family: "Farah"}, Name{Given: "Jamal", Middle: "Abdi", Family: "Farah"}, nameInitial},
		{"Abdul Rahman as the whole name", Name{Full: "Abdul Rahman"}, Name{Given: "Abdul", Middle: "Yusuf", Family: "Rehman"}, nameSubset},
		{"two servant names", Name{Given: "Abdul Rahman", Family: "Khan"}, Name{Given: "Abdul Aziz", Family: "Khan"}, nameFamilyOnly},
		{"a spelling's short form", Name{Given: "Mo", Family: "Uddin"}, Name{Given: "Muhammad", Family: "Uddin"}, nameGrouped},
		{"first element left out", Name{Given: "Tofunmi", Family: "Bakare"}, Name{Given: "Oluwatofunmi", Family: "Bakare"}, nameGrouped},
		{"written together", Name{Given: "Zixuan", Middle: "Yi", Family: "Li"}, Name{Given: "Zi Xuan", Family: "Li"}, nameSubset},
		{"women's ending", Name{Given: "Anna", Family: "Kowalska"}, Name{Given: "Anna", Family: "Kowalski"}, nameGrouped},
		{"nickname", Name{Given: "Bill", Family: "Reeve"}, Name{Given: "William", Family: "Reeve"}, nameGrouped},
		{"family first in one field", Name{Full: "NGUYEN Van Anh"}, Name{Full: "Anh Nguyen"}, nameMiddleDiffers},
		{"comma", Name{Full: "SMITH, John"}, Name{Given: "John", Family: "Smith"}, nameSame},
		{"patronymic", Name{Given: "Abdi", Family: "Warsame"}, Name{Given: "Abdi", Middle: "Warsame", Family: "Guled"}, nameSubset},
		{"exchanged", Name{Given: "Wei", Family: "Zhang"}, Name{Given: "Zhang", Family: "Wei"}, nameReordered},
		{"initial", Name{Given: "J", Family: "Hollins"}, Name{Given: "Jane", Family: "Hollins"}, nameInitial},
		{"misspelt", Name{Given: "Jane", Family: "Hollins"}, Name{Given: "Jane", Family: "Hollims"}, nameOneNear},
		{"sisters with each other's letter", Name{Given: "Adelina", Middle: "A", Family: "Eftimie"}, Name{Given: "Alexandra", Middle: "D", Family: "Eftimie"}, nameFamilyOnly},
		{"known by the middle name", Name{Given: "Abdul", Middle: "M", Family: "Hollins"}, Name{Given: "Mohammed", Family: "Hollins"}, nameInitial},
		{"two servants of God", Name{Given: "Abdulkerim", Family: "Yuksel"}, Name{Given: "Abdulbekir", Family: "Yuksel"}, nameFamilyOnly},
		{"a shared last element", Name{Given: "Harpreet", Family: "Gill"}, Name{Given: "Manpreet", Family: "Gill"}, nameFamilyOnly},
		{"one slip in a name with a shared element", Name{Given: "Harpreet", Family: "Gill"}, Name{Given: "Hapreet", Family: "Gill"}, nameOneNear},
		{"a resemblance across given and family names", Name{Given: "Noor", Family: "Ahmad"}, Name{Given: "Asha", Family: "Nuur"}, nameGivenOnly},
		{"an English name beside a Chinese one", Name{Given: "Jason", Family: "Wong"}, Name{Given: "Ka Ho", Family: "Wong"}, nameSingle},
		{"the same, family name first", Name{Full: "Wong Kaho"}, Name{Given: "Jason", Family: "Wong"}, nameSingle},
		{"two Chinese names", Name{Given: "Wei", Family: "Wong"}, Name{Given: "Ka Ho", Family: "Wong"}, nameFamilyOnly},
		{"two English names", Name{Given: "Oliver", Family: "Lee"}, Name{Given: "Sophie", Family: "Lee"}, nameFamilyOnly},
		{"an English name beside both", Name{Given: "Jason Wei", Family: "Wong"}, Name{Given: "Ka Ho", Family: "Wong"}, nameFamilyOnly},
		{"siblings", Name{Given: "Jane", Family: "Hollins"}, Name{Given: "Oscar", Family: "Hollins"}, nameFamilyOnly},
		{"married", Name{Given: "Jane", Family: "Hollins"}, Name{Given: "Jane", Family: "Quist"}, nameGivenOnly},
		{"strangers", Name{Given: "Jane", Family: "Hollins"}, Name{Given: "Oscar", Family: "Quist"}, nameElse},
	} {
		x, y := d.book.bagOf(&c.a), d.book.bagOf(&c.b)
		got, _ := e.compareBags(x, y, nil)
		if c.name == "family first in one field" {
			if got != nameMiddleDiffers && got != nameSubset && got != nameReordered {
				t.Errorf("%s: level %d", c.name, got)
			}
			continue
		}
		if got != c.want {
			t.Errorf("%s: level %d (%s), want %d (%s)", c.name, got, nameLevelWords[got], c.want, nameLevelWords[c.want])
		}
		if back, _ := e.compareBags(y, x, nil); back != got {
			t.Errorf("%s: level %d one way and %d the other", c.name, got, back)
		}
	}
}

// Short names are compared by their cards, which come to what the names do: an
// initial is compared as one however long the name it stands for.
func TestCardsComeToWhatNamesDo(t *testing.T) {
	names := []Name{
		{Given: "J", Family: "Hollins"}, {Given: "Jonathan", Family: "Hollins"}, {Given: "Christopher", Family: "Hollins"}, {Given: "Jonathan", Middle: "C", Family: "Hollins"},
		{Given: "Jonathan", Middle: "Christopher", Family: "Hollins"}, {Given: "Jon", Family: "Holins"}, {Given: "Jonathan", Family: "H"}, {Given: "Hollins", Family: "Jonathan"},
	}
	d := NewDataset(DefaultTables())
	for i := range names {
		if err := d.Add(&Record{Source: "s", ID: strconv.Itoa(i), Names: names[i : i+1]}); err != nil {
			t.Fatal(err)
		}
	}
	e := newEngine(d, Options{Workers: 1})
	e.adjustments()
	e.gatherCards()
	level := map[[2]int]uint8{}
	for i := range names {
		for j := range names {
			x, y := d.rows[i].names, d.rows[j].names
			want, adj := e.compareBags(d.bagsOf(x)[0], d.bagsOf(y)[0], nil)
			got, by := e.names(x, y, &memo{})
			if got != want || math.Abs(float64(by-adj)) > 1e-4 {
				t.Errorf("%+v and %+v: %q with %.2f bits by their cards, %q with %.2f by their names", names[i], names[j], nameLevelWords[got], by, nameLevelWords[want], adj)
			}
			level[[2]int{i, j}] = got
		}
	}
	for _, c := range []struct {
		i, j int
		want uint8
	}{{0, 1, nameInitial}, {0, 2, nameFamilyOnly}, {3, 4, nameSubset}, {1, 6, nameInitial}} {
		if got := level[[2]int{c.i, c.j}]; got != c.want {
			t.Errorf("%+v and %+v: %q, want %q", names[c.i], names[c.j], nameLevelWords[got], nameLevelWords[c.want])
		}
	}
}

func TestBirthLevels(t *testing.T) {
	for _, c := range []struct {
		name string
		a, b Birth
		want uint8
	}{
		{"exact", Birth{Year: 2008, Month: 5, Day: 17}, Birth{Year: 2008, Month: 5, Day: 17}, dobExact},
		{"unknown", Birth{}, Birth{Year: 2008, Month: 5, Day: 17}, dobNull},
		{"swapped", Birth{Year: 2008, Month: 5, Day: 7}, Birth{Year: 2008, Month: 7, Day: 5}, dobSwapped},
		{"one digit", Birth{Year: 2008, Month: 5, Day: 17}, Birth{Year: 2008, Month: 5, Day: 19}, dobOneDigit},
		{"neighbours", Birth{Year: 2008, Month: 5, Day: 13}, Birth{Year: 2008, Month: 5, Day: 31}, dobOneDigit},
		{"ten years", Birth{Year: 2008, Month: 5, Day: 17}, Birth{Year: 1998, Month: 5, Day: 17}, dobSameDay},
		{"year alone", Birth{Year: 2008}, Birth{Year: 2008, Month: 5, Day: 17}, dobPart},
		{"age", Birth{Year: 2007, FromAge: true}, Birth{Year: 2008, Month: 5, Day: 17}, dobAge},
		{"quite different", Birth{Year: 2001, Month: 12, Day: 2}, Birth{Year: 2008, Month: 5, Day: 17}, dobElse},
	} {
		a, fa := packBirth(c.a)
		b, fb := packBirth(c.b)
		if got := compareBirth(a, b, fa, fb); got != c.want {
			t.Errorf("%s: level %d (%s), want %d (%s)", c.name, got, birthWords[got], c.want, birthWords[c.want])
		}
	}
}

func FuzzRecords(f *testing.F) {
	f.Add("Jane \"Tiny\" O'Brien aka JJ", "NGUYEN", "QX1 1AA", "Flat 2, 14 High St, QX1 1AA", 2008, 2, 31)
	f.Add("李小龙", "Ли", "ZZ99 9ZZ", strings.Repeat("x ", 200), 0, 99, -3)
	f.Add("\xff\xfe", strings.Repeat("ab", 300), "", ",,;", 99999, 0, 0)
	tables := DefaultTables()
	f.Fuzz(func(t *testing.T, full, family, code, lines string, y, m, d int) {
		ds := NewDataset(tables)
		for i := range 3 {
			r := Record{Source: "s", ID: strconv.Itoa(i), Names: []Name{{Full: full}, {Given: full, Family: family}, {Kind: AliasName, Full: family}},
				Birth: Birth{Year: y + i, Month: m, Day: d}, Addresses: []Address{{Lines: lines, Postcode: code, Town: family}},
				Identifiers: []Identifier{{KindNHS, code}, {KindPNC, full}, {KindEmail, lines}, {KindPhone, code}}, School: family}
			if err := ds.Add(&r); err != nil {
				t.Fatal(err)
			}
		}
		r, err := Run(ds, Options{})
		if err != nil {
			t.Fatal(err)
		}
		x := r.Explainer()
		x.Append(nil, 0, 1, 1)
		x.Explain(1, 2)
	})
}

func TestEachCommon(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	for range 3000 {
		lists := [2][]uint32{}
		in := [2]map[uint32]bool{{}, {}}
		for k := range lists {
			for range rng.IntN([]int{0, 3, 60, 900}[rng.IntN(4)] + 1) {
				in[k][uint32(rng.IntN(1200))] = true
			}
			lists[k] = slices.Sorted(maps.Keys(in[k]))
		}
		var want, got []uint32
		for _, x := range lists[0] {
			if in[1][x] {
				want = append(want, x)
			}
		}
		eachCommon(lists[0], lists[1], func(x uint32) { got = append(got, x) })
		if !slices.Equal(got, want) {
			t.Fatalf("%v and %v have %v in common, got %v", lists[0], lists[1], want, got)
		}
	}
}

// An index tries for a record those records, and no others, that a rule files with
// it: in a block that is not too large, or in one more agreement of it.
func TestIndexTriesWhatTheRulesFileTogether(t *testing.T) {
	recs, _ := population(t, 25, 800)
	for i := range recs {
		if i%9 == 0 {
			recs[i].Birth.Day = 0
		}
	}
	r := run(t, recs, Options{Workers: 2})
	x, err := NewIndex(r.State(make([]uint32, len(recs))), Options{})
	if err != nil {
		t.Fatal(err)
	}
	d := x.s.Data
	met := 0
	for i := range x.rules {
		x.rules[i].limit = 6
		for n := uint32(0); int(n) < len(recs); n += 5 {
			got := map[uint32]bool{}
			x.candidates(i, n, func(o uint32) { got[o] = true })
			want := map[uint32]bool{}
			for _, k := range x.rules[i].keys(nil, n) {
				for o := range uint32(len(recs)) {
					if !slices.Contains(x.rules[i].keys(nil, o), k) {
						continue
					}
					if len(x.posts[i].at(k)) <= 6 {
						want[o] = true
						continue
					}
					for _, f := range x.rules[i].refine {
						for _, more := range f.keys(nil, &d.rows[n]) {
							if slices.Contains(f.keys(nil, &d.rows[o]), more) && (!f.partial || d.rows[n].flags|d.rows[o].flags != 0) {
								want[o] = true
							}
						}
					}
				}
			}
			if !maps.Equal(got, want) {
				t.Fatalf("rule %q, record %d: %d records are tried, want %d", x.rules[i].name, n, len(got), len(want))
			}
			met += len(got)
		}
	}
	if met == 0 {
		t.Error("nothing was tried")
	}
}

// Links come out in order whatever the number of cores, also where one record has more links than a core's part.
func TestEdgesAreOrderedOnAnyNumberOfCores(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	for _, records := range []uint32{1, 3, 900, 70_000} {
		es := make([]Edge, 1<<13)
		for i := range es {
			es[i] = Edge{rng.Uint32N(records), rng.Uint32(), float32(i)}
		}
		want := slices.Clone(es)
		slices.SortFunc(want, byRecords)
		for _, workers := range []int{1, 2, 7, 64} {
			got := slices.Clone(es)
			sortEdges(got, workers)
			if !slices.EqualFunc(got, want, func(x, y Edge) bool { return x.A == y.A && x.B == y.B }) {
				t.Errorf("links of %d records are not in order on %d cores", records, workers)
			}
		}
	}
}
