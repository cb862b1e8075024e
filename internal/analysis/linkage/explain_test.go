package linkage

import (
	"regexp"
	"strings"
	"testing"
)

var (
	parts = regexp.MustCompile(`(They would no longer be linked if .+|No single field would part them|.+ would part them|They stay together until .+)\.$`)
	links = regexp.MustCompile(`(They would be linked .+|No single field would link them; .+|A decision .+|Only a decision .+)\.$`)
)

// Every link says what would part it and every doubt what would link it, in the files and on the pages alike.
func TestEveryExplanationSaysWhatWouldChangeIt(t *testing.T) {
	recs, _ := population(t, 31, 2500)
	r := run(t, recs, Options{Workers: 2, ReviewFrom: 0.2, OneToOne: []string{"schools"}, Decisions: []Decision{{3, 900, Same}, {4, 901, Unsure}, {5, 902, Different}}})
	x := r.Explainer()
	said := map[string]int{}
	for i := range r.Links {
		l := &r.Links[i]
		text := string(x.Append(nil, l.A, l.B, l.Weight))
		if !parts.MatchString(text) {
			t.Fatalf("a link says nothing of what would part it:\n%s", text)
		}
		page := x.Explain(int(l.A), int(l.B)).WouldChange
		if !parts.MatchString(page) || l.Weight >= x.cut && !strings.HasSuffix(text, page) {
			t.Fatalf("the page says %q, the file\n%s", page, text)
		}
		said[page]++
	}
	for i := range r.Review {
		d := &r.Review[i]
		text, page := string(x.AppendDoubt(nil, d)), x.Explain(int(d.A), int(d.B)).WouldChange
		if !links.MatchString(text) || !strings.HasSuffix(text, page) {
			t.Fatalf("of a doubt (%s) the page says %q, the file\n%s", d.Why, page, text)
		}
		said[page]++
	}
	for _, want := range []string{"They would no longer be linked if another record fitted either of them as well.",
		"They would be linked if the other records of the two groups agreed as well, or by a decision that they are one person.", "They would be linked if the date of birth were known on both and the same.",
		"They would be linked if that source did not hold each person once, or by a decision that they are one person."} {
		if said[want] == 0 {
			t.Errorf("nothing said %q; said were %v", want, said)
		}
	}
	x.v = vector{}
	x.v.lv[cmpName], x.v.lv[cmpBirth], x.v.lv[cmpPlace] = nameSame, dobExact, placeAddress
	if said := x.wouldPart(&weights{}, 20, 20, 20); said != "No single field would part them." {
		t.Errorf("of a link whose fields count for nothing by themselves it says %q", said)
	}
}

// What the words say would change a verdict does change it.
func TestWhatWouldChangeItDoes(t *testing.T) {
	a := person("1", "Ottoline", "Brackenbury", 2009, 4, 17, "", "QX9 9ZZ")
	b := a
	b.ID, b.Birth, b.Addresses = "2", Birth{}, nil
	b.Names = []Name{{Given: "Otoline", Family: "Braknbury"}}
	r, n := verdicts(t, a, b)
	if said := r.Explainer().Explain(n, n+1).WouldChange; r.Person[n] == r.Person[n+1] || said != "They would be linked if the date of birth were known on both and the same." {
		t.Fatalf("one person: %v; it says %q", r.Person[n] == r.Person[n+1], said)
	}
	b.Birth = a.Birth
	r, n = verdicts(t, a, b)
	if r.Person[n] != r.Person[n+1] {
		t.Error("with the date of birth known and the same they are not linked")
	}
	if said := r.Explainer().Explain(n, n+1).WouldChange; said != "They would no longer be linked if the date of birth were quite different." && said != "They would no longer be linked if the name were quite different." {
		t.Fatalf("of the link it says %q", said)
	}
	b.Birth = Birth{Year: 2001, Month: 12, Day: 3}
	r, n = verdicts(t, a, b)
	if r.Person[n] == r.Person[n+1] {
		t.Error("with a quite different date of birth they are linked")
	}
}
