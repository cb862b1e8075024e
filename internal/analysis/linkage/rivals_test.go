package linkage

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

// namesakes are two people of one name in one district with dates of birth of
// their own, each known to two agencies, and a third record that may be either's.
func namesakes(third Record) []Record {
	return []Record{
		person("r1", "Tobiah", "Quennell", 2008, 3, 14, "4 Heron Road", "QX4 2AB"),
		person("r2", "Tobiah", "Quennell", 2008, 3, 14, "4 Heron Road", "QX4 2AB"),
		person("r3", "Tobiah", "Quennell", 2001, 11, 29, "88 Linnet Lane", "QX4 3CD"),
		person("r4", "Tobiah", "Quennell", 2001, 11, 29, "88 Linnet Lane", "QX4 3CD"),
		third,
	}
}

// A record that fits two people equally well is joined to neither, and both
// pairs stand in review; with a date of birth it is joined to the one it fits.
func TestARecordWithARivalIsHeldBack(t *testing.T) {
	for _, c := range []struct {
		name  string
		third Record
		held  bool
	}{
		{"fits both", person("r5", "Tobiah", "Quennell", 0, 0, 0, "", "QX4 9ZZ"), true},
		{"fits the first", person("r5", "Tobiah", "Quennell", 2008, 3, 14, "", "QX4 9ZZ"), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, n := verdicts(t, namesakes(c.third)...)
			p := func(i int) uint32 { return r.Person[n+i] }
			if p(0) != p(1) || p(2) != p(3) || p(0) == p(2) {
				t.Fatalf("the two namesakes are persons %d, %d and %d, %d; want two people", p(0), p(1), p(2), p(3))
			}
			if c.held && (p(4) == p(0) || p(4) == p(2)) {
				t.Errorf("the record that fits both was joined to person %d", p(4))
			}
			if !c.held && p(4) != p(0) {
				t.Errorf("the record that fits the first is person %d, want %d", p(4), p(0))
			}
			if !c.held {
				return
			}
			doubts := 0
			for _, d := range r.Review {
				if int(d.B) == n+4 && int(d.A) >= n || int(d.A) == n+4 && int(d.B) >= n {
					doubts++
				}
			}
			if doubts != 2 {
				t.Errorf("%d doubts about the held record, want one for each person it fits", doubts)
			}
		})
	}
}

// The same holds for whatever else the data are: no person keeps a record whose
// link to somebody who is plainly another is nearly as strong.
func TestNoPersonKeepsARecordWithARival(t *testing.T) {
	recs, _ := population(t, 23, 3000)
	r := run(t, recs, Options{})
	held := 0
	for _, d := range r.Review {
		if d.Why == whyRival {
			held++
			if r.Person[d.A] == r.Person[d.B] {
				t.Errorf("%d and %d were held back and are one person", d.A, d.B)
			}
		}
	}
	if held == 0 {
		t.Error("nobody was held back among 3,000 people: the test shows nothing")
	}
}

// Where nobody else fits, a pair a little short of the threshold is linked, and
// its weight says so.
func TestAloneBitsReachTheThreshold(t *testing.T) {
	recs, _ := population(t, 24, 3000)
	r := run(t, recs, Options{})
	cut := bitsOf(0.95)
	raised, held := 0, 0
	var v vector
	for _, l := range r.Links {
		if l.Weight < cut {
			t.Fatalf("a link weighs %v, below the threshold %v", l.Weight, cut)
		}
		w := r.eng.compare(r.eng.cell(l.A), r.eng.cell(l.B), &v, -1e9)
		switch {
		case w >= cut:
		case l.Weight != min(w+aloneBits, cut+aloneMost):
			t.Errorf("a link weighs %v by its levels and %v in the answer", w, l.Weight)
		case w == mostWithTwin:
			held++
		default:
			raised++
		}
	}
	if raised == 0 || held == 0 {
		t.Error("no pair was raised to the threshold: the test shows nothing")
	}
}

func TestEmailsOfNamesakes(t *testing.T) {
	for _, c := range []struct {
		a, b string
		near bool
	}{
		{"robert255@smith.example", "roberta25@smith.example", true},
		{"liban.abdi609@post.example", "liban.abdi322@post.example", false},
		{"liban.abdi609@post.example", "liben.abdi322@post.example", false},
		{"liban.abdi609@post.example", "liban.abdi699@post.example", true},
		{"ann12@post.example", "ann17@post.example", false},
		{"jo.smith@post.example", "jo.smith@other.example", true},
		{"jo.smith@post.example", "jo.smyth@post.example", true},
	} {
		if got := identNear(KindEmail, []byte(c.a), []byte(c.b)); got != c.near {
			t.Errorf("%s and %s: near %v, want %v", c.a, c.b, got, c.near)
		}
		if strings.Compare(c.a, c.b) != 0 && identNear(KindEmail, []byte(c.b), []byte(c.a)) != c.near {
			t.Errorf("%s and %s: the order matters", c.a, c.b)
		}
	}
}

// A resemblance that a twin's name could have is held back; where nobody else fits, there is no twin to fear.
func TestAPairHeldForKinJoinsWhenNobodyElseFits(t *testing.T) {
	a := person("1", "Ubaks", "Brackenbury", 2009, 4, 17, "3 Sedge Row", "QX9 9ZZ")
	b := person("2", "Ubax", "Brackenbury", 2009, 4, 17, "3 Sedge Row", "QX9 9ZZ")
	r, n := verdicts(t, a, b)
	if e := r.Explainer().Explain(n, n+1); e.HeldBack == "" || e.Weight > mostWithTwin {
		t.Fatalf("the pair is not held back: %+v", e)
	}
	if r.Person[n] != r.Person[n+1] {
		t.Error("without a rival the two are not joined")
	}
	for _, l := range r.Links {
		if int(l.A) == n && int(l.B) == n+1 {
			if said := string(r.Explainer().Append(nil, l.A, l.B, l.Weight)); !strings.Contains(said, "Nobody else here fits either of the two.") {
				t.Errorf("the explanation does not say that nobody else fits:\n%s", said)
			}
		}
	}
	r, n = verdicts(t, a, b, a, b)
	if r.Person[n+1] == r.Person[n] || r.Person[n] != r.Person[n+2] || r.Person[n+1] != r.Person[n+3] {
		t.Errorf("of two who are each known twice, by two names alike, the people are %v: want the first with the third, the second with the fourth", r.Person[n:n+4])
	}
	older := person("1", "Ubaks", "Brackenbury", 2001, 11, 2, "3 Sedge Row", "QX9 9ZZ")
	r, n = verdicts(t, older, b)
	if r.Person[n] == r.Person[n+1] {
		t.Error("two dates of birth that contradict each other were joined for want of a rival")
	}
}

// planted is a group of records about one or two people of one name, in which the last may have a rival.
func planted(rng *rand.Rand, group int) []Record {
	word := func(n int) string {
		var b strings.Builder
		for range n {
			b.WriteByte("bdfgklmnprstvz"[rng.IntN(14)])
			b.WriteByte("aeiou"[rng.IntN(5)])
		}
		return strings.ToUpper(b.String()[:1]) + b.String()[1:]
	}
	given, family := word(3), word(4)
	id := func(n int) string { return fmt.Sprintf("p%d-%d", group, n) }
	home := func() (string, string) {
		return fmt.Sprintf("%d Teal Row", 1+rng.IntN(90)), fmt.Sprintf("QX%d %dZZ", 1+group%25, rng.IntN(10))
	}
	born := func() (int, int, int) { return 2000 + rng.IntN(12), 2 + rng.IntN(10), 2 + rng.IntN(26) }
	y, m, d := born()
	lines, code := home()
	one := []Record{person(id(1), given, family, y, m, d, lines, code), person(id(2), given, family, y, m, d, lines, code)}
	third := person(id(5), given, family, 0, 0, 0, "", fmt.Sprintf("QX%d", 1+group%25))
	switch rng.IntN(4) {
	case 0: // nobody else fits, and the evidence is short
		return append(one, third)
	case 1: // held back for kin, and nobody else fits
		third = person(id(5), given[:len(given)-1]+"oks", family, y, m, d, lines, code)
		return append(one[:1], third)
	}
	y2, m2, d2 := born()
	lines2, code2 := home()
	two := []Record{person(id(3), given, family, y2, m2, d2, lines2, code2), person(id(4), given, family, y2, m2, d2, lines2, code2)}
	if rng.IntN(2) == 0 { // a rival, but the third fits the first better
		third.Birth = Birth{Year: y, Month: m, Day: d}
	}
	return append(append(one, two...), third)
}

// What is linked a part at a time is what is linked at once, with rivals among the records, whatever comes first; where it is not, since
// a record has its person before its rival comes, somebody is asked.
func TestRivalsThatComeLaterAreRivals(t *testing.T) {
	rounds := uint64(4)
	if os.Getenv("LANTERN_NIGHTLY") != "" {
		rounds = 200
	}
	base, _ := population(t, 33, 500)
	groups := 0
	met := map[string]int{}
	for seed := range rounds {
		rng := rand.New(rand.NewPCG(seed, 5))
		var old, later []Record
		var of [][]string
		for g := range 30 {
			rs := planted(rng, g)
			var keys []string
			for _, r := range rs {
				keys = append(keys, r.Source+"/"+r.ID)
				if rng.IntN(3) == 0 {
					later = append(later, r)
				} else {
					old = append(old, r)
				}
			}
			of = append(of, keys)
		}
		rng.Shuffle(len(later), func(i, j int) { later[i], later[j] = later[j], later[i] })
		all := slices.Concat(base, old, later)
		opt := Options{Workers: 2, ReviewFrom: 0.2}
		model := run(t, all, opt).Model
		extend := func(recs []Record, person []uint32) *Result {
			r, err := Extend(Resume(dataset(t, recs), model, person), opt)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		whole := extend(all, nil)
		before := extend(all[:len(base)+len(old)], nil)
		part := extend(all, before.Person)
		number := map[string]int{}
		for i, r := range all {
			number[r.Source+"/"+r.ID] = i
		}
		asked := map[string]string{}
		for _, d := range slices.Concat(before.Review, part.Review) { // what was asked before still waits: two old records are not weighed again, though all are rarer or commoner by now
			asked[fmt.Sprint(part.Person[d.A], part.Person[d.B])] = d.Why
			asked[fmt.Sprint(part.Person[d.B], part.Person[d.A])] = d.Why
		}
		for _, d := range whole.Review {
			if d.Why == whyRival {
				met["held back"]++
			}
		}
		for g, keys := range of {
			groups++
			differs := false
			for i, k := range keys {
				for _, l := range keys[i+1:] {
					a, b := number[k], number[l]
					if one := part.Person[a] == part.Person[b]; one == (whole.Person[a] == whole.Person[b]) {
						continue
					}
					question := false
					for _, x := range keys { // somebody is asked about one of the two and another of the group
						for _, y := range []int{a, b} {
							question = question || asked[fmt.Sprint(part.Person[number[x]], part.Person[y])] != ""
						}
					}
					differs = true
					if !question {
						t.Errorf("seed %d, group %d: %s and %s are one person %v a part at a time and %v at once, and nobody is asked", seed, g, k, l, part.Person[a] == part.Person[b], whole.Person[a] == whole.Person[b])
					}
				}
			}
			if differs {
				met["differs"]++
			}
		}
	}
	t.Logf("%d groups: %v", groups, met)
	if met["held back"] == 0 || met["differs"] == 0 || met["differs"] > groups/6 {
		t.Errorf("of %d groups %v: the test shows nothing", groups, met)
	}
}

// A lone record that is short of the threshold joins a person, for want of another
// whom it fits, when it fits that person's records on the whole, or when its own
// source has no record of that person yet.
func TestALoneRecordFitsAPersonOnTheWhole(t *testing.T) {
	from := func(source string, r Record) Record {
		r.Source, r.ID = source, source+r.ID
		return r
	}
	x := from("police", person("x", "Ottoline", "Brackenbury", 0, 0, 0, "", "QX9 9ZZ"))
	r, n := verdicts(t, x,
		from("schools", person("1", "Ottoline", "Brackenbury", 2009, 4, 17, "3 Sedge Row", "QX9 9ZZ")),
		from("schools", person("2", "Tuppence", "Quennell", 2009, 4, 17, "3 Sedge Row", "QX3 1AB")),
		from("police", person("3", "Tuppence", "Quennell", 2009, 4, 17, "3 Sedge Row", "QX3 1AB")))
	g := r.eng.newGrouping(r)
	rec := func(i ...uint32) []uint32 {
		for k := range i {
			i[k] += uint32(n)
		}
		return i
	}
	for _, c := range []struct {
		name string
		with []uint32
		w    float32
		want bool
	}{
		{"one record", rec(1), 2, true},
		{"a person whose other record is unlike, of another source", rec(1, 2, 2), g.cut - onceBits, true},
		{"the same, farther from the threshold", rec(1, 2, 2), g.cut - onceBits - 0.5, false},
		{"a person whose other record is unlike and of the same source", rec(1, 2, 3), g.cut - onceBits, false},
		{"the same, close to the threshold", rec(1, 2, 3), g.cut - closeBits, true},
		{"a person whose records all fit", rec(1, 1), 2, true},
	} {
		if got := g.fits(rec(0), c.with, c.w); got != c.want {
			t.Errorf("%s: fits %v, want %v", c.name, got, c.want)
		}
	}
	// What a strong edge joins is refused for the other records when one of them is of its own source.
	edge := Edge{uint32(n), uint32(n + 1), g.cut + 1}
	people := newForest(len(r.Person))
	if why := g.objection(rec(0), rec(1, 2, 2), edge, people); why != "" {
		t.Errorf("a strong edge to a person of other sources is refused: %s", why)
	}
	if why := g.objection(rec(0), rec(1, 2, 3), edge, people); why != whyBridge {
		t.Errorf("a strong edge to a person of the same source, otherwise unlike, is refused because %q, want %q", why, whyBridge)
	}
}

// Some give the police the details of a brother or sister: where another sex is all
// that differs and hardly ever does within a person here, somebody looks, unless a
// number says who it is.
func TestAnotherSexAndAllElseAlikeIsLookedAt(t *testing.T) {
	nhs := Identifier{KindNHS, "9990000018"}
	for _, c := range []struct {
		name string
		ids  []Identifier
		same bool
	}{{"nothing more", nil, false}, {"one NHS number", []Identifier{nhs}, true}} {
		a, b := person("1", "Ottoline", "Brackenbury", 2009, 4, 17, "3 Sedge Row", "QX9 9ZZ", c.ids...), person("2", "Ottoline", "Brackenbury", 2009, 4, 17, "3 Sedge Row", "QX9 9ZZ", c.ids...)
		a.Sex, b.Sex = Female, Male
		r, n := verdicts(t, a, b)
		if w := r.eng.table(r.eng.cell(uint32(n)).src, r.eng.cell(uint32(n+1)).src)[cmpSex][flagDiffer]; w >= rareSex {
			t.Fatalf("another sex weighs %.1f bits here: not the case meant", w)
		}
		if got := r.Person[n] == r.Person[n+1]; got != c.same {
			t.Errorf("%s: one person %v, want %v", c.name, got, c.same)
		}
		for _, d := range r.Review {
			if int(d.A) == n && int(d.B) == n+1 && !strings.HasPrefix(d.Why, "everything but the sex agrees") {
				t.Errorf("it is in doubt because %q", d.Why)
			}
		}
	}
}
