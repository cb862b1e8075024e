package linkage

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"lantern.example/lantern/internal/analysis/linkage/invented"
)

func TestTooManyComesFromTheData(t *testing.T) {
	for _, c := range []struct {
		name  string
		sizes []int
		want  int
	}{
		{"nobody", nil, 12},
		{"few people, one giant", append(slices.Repeat([]int{2}, 50), 900), 12},
		{"few people, five giants", append(slices.Repeat([]int{2}, 50), 900, 800, 700, 600, 500), 12},
		{"files of events: everybody has many rows", slices.Repeat([]int{30}, 400), 120},
		{"one in a thousand has more", append(slices.Repeat([]int{1}, 19_980), slices.Repeat([]int{50}, 20)...), 12},
		{"one in five hundred has more", append(slices.Repeat([]int{1}, 19_960), slices.Repeat([]int{50}, 40)...), 200},
	} {
		if got := TooMany(c.sizes); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

// largestOf is the number of records of the largest person.
func largestOf(r *Result) int {
	size := map[uint32]int{}
	n := 0
	for _, p := range r.Person {
		size[p]++
		n = max(n, size[p])
	}
	return n
}

func reasons(r *Result) (out []string) {
	for _, x := range r.Review {
		out = append(out, x.Why)
	}
	return out
}

// One true person with very many rows: strong evidence holds them, so they stay
// one, but not in silence.
func TestAPersonOfManyRowsIsKeptAndSaid(t *testing.T) {
	var extra []Record
	for i := range 30 {
		extra = append(extra, person(strconv.Itoa(i), "Ottoline", "Brackenbury", 2009, 4, 17, "3 Sedge Row", "QX9 9ZZ", Identifier{KindNHS, "999 000 0018"}))
	}
	r, n := verdicts(t, extra...)
	for i := range extra {
		if r.Person[n+i] != r.Person[n] {
			t.Fatalf("row %d is another person", i)
		}
	}
	if largestOf(r) != 30 || r.Oversized != 1 {
		t.Errorf("the largest person has %d records, %d oversized", largestOf(r), r.Oversized)
	}
	if !strings.Contains(strings.Join(r.Notes, "\n"), "30 records") {
		t.Errorf("the notes do not say so: %v", r.Notes)
	}
	said := 0
	for _, x := range r.Review {
		if strings.HasPrefix(x.Why, whyLarge) {
			said++
			if r.Person[x.A] != r.Person[n] || r.Person[x.B] != r.Person[n] || x.A == x.B || x.Priority != 1 {
				t.Errorf("the doubt is about %+v", x)
			}
		}
	}
	if said != 1 {
		t.Errorf("%d doubts about the large person, want 1: %v", said, reasons(r))
	}
}

// Rows that one shared address and a common name with an age hold together: the
// weak links are cut, each cut is in review once, and no more than a tree of them.
func TestWeakLinksOfAnOversizedPersonAreCut(t *testing.T) {
	recs, _ := population(t, 21, 1000)
	first := len(recs)
	for i := range 40 {
		x := person("t"+strconv.Itoa(i), "Test", "Entry", 1990, 6, 15, "1 Hostel Yard", "QX7 7HH")
		x.Birth = Birth{Year: 1990}
		x.Source = invented.Agencies[i%len(invented.Agencies)]
		recs = append(recs, x)
	}
	r := run(t, recs, Options{Threshold: 0.6, ReviewFrom: 0.2})
	if r.Oversized != 1 {
		t.Fatalf("%d oversized people, largest %d: the case no longer makes one\n%v", r.Oversized, largestOf(r), r.Notes)
	}
	if n := largestOf(r); n > 12 {
		t.Errorf("the largest person has %d records", n)
	}
	cuts := 0
	for _, x := range r.Review {
		if int(x.A) >= first && int(x.B) >= first {
			if !strings.Contains(x.Why, "weaker links of a person of 40 records") {
				t.Errorf("a pair within is in review because %q", x.Why)
			}
			cuts++
		}
	}
	if cuts != 39 {
		t.Errorf("%d cut links in review, want the 39 that a tree over 40 rows has", cuts)
	}
}

// What people decided holds however large the person.
func TestDecisionsHoldAnOversizedPersonTogether(t *testing.T) {
	recs, _ := population(t, 21, 600)
	first := len(recs)
	var ds []Decision
	for i := range 60 {
		recs = append(recs, Record{Source: "extra", ID: strconv.Itoa(i), Names: []Name{{Given: fmt.Sprintf("Given%c", 'a'+i%26), Family: fmt.Sprintf("Family%c", 'a'+i%26)}}})
		if i > 0 {
			ds = append(ds, Decision{A: first, B: first + i, Verdict: Same})
		}
	}
	r := run(t, recs, Options{Decisions: ds})
	for i := range 60 {
		if r.Person[first+i] != r.Person[first] {
			t.Errorf("row %d was taken from the person it was decided to be", i)
		}
	}
	if r.Oversized != 1 || largestOf(r) != 60 {
		t.Errorf("%d oversized, largest %d", r.Oversized, largestOf(r))
	}
}
