package linkage

import (
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
		w := r.eng.compare(&r.eng.cells[l.A], &r.eng.cells[l.B], &v, -1e9)
		switch {
		case w >= cut:
		case w == mostWithTwin && l.Weight == w+heldBits:
			held++
		case l.Weight-w < aloneBits-1e-3 || l.Weight-w > aloneBits+1e-3:
			t.Errorf("a link weighs %v by its levels and %v in the answer", w, l.Weight)
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
