package linkrun

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// crowd is a file of 400 people who share nothing, then 400 rows that spoil makes
// of others who share nothing.
func crowd(spoil func(given, family, dob, address, postcode *string)) string {
	syllables := []string{"ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "qui", "ro", "su", "ta", "ve", "wi", "xo", "yu"}
	r := rand.New(rand.NewPCG(5, 8))
	word := func() (w string) {
		for range 3 + r.IntN(2) {
			w += syllables[r.IntN(len(syllables))]
		}
		return w
	}
	var b strings.Builder
	b.WriteString("id,forename,surname,dob,address,postcode\n")
	for i := range 800 {
		given, family := word(), word()
		dob := fmt.Sprintf("%02d/%02d/%d", 2+r.IntN(26), 1+r.IntN(12), 1995+r.IntN(20))
		address, postcode := fmt.Sprintf("%d %s Road", 1+r.IntN(90), word()), fmt.Sprintf("QX%d %d%c%c", 1+i%9, i%10, 'A'+i%23, 'A'+i/23%23)
		if i >= 400 {
			spoil(&given, &family, &dob, &address, &postcode)
		}
		fmt.Fprintf(&b, "%03d,%s,%s,%s,%s,%s\n", i, given, family, dob, address, postcode)
	}
	return b.String()
}

// Whatever stands in half the rows, no giant is made, and something is said of it.
func TestOneValueInHalfTheRows(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(given, family, dob, address, postcode *string)
		words string // in the warnings; "" where nothing need be said
	}{
		{"unknown unknown", func(g, f, _, _, _ *string) { *g, *f = "unknown", "unknown" }, ""},
		{"a name that is no known placeholder", func(g, f, _, _, _ *string) { *g, *f = "Zzyzx", "Entry" }, "placeholder"},
		{"1 January", func(_, _, d, _, _ *string) { *d = "01/01/2000" }, "placeholder"},
		{"one hostel", func(_, _, _, a, p *string) { *a, *p = "1 Beacon House", "QX1 1AA" }, "placeholder"},
		{"unknown, 1 January and the hostel at once", func(g, f, d, a, p *string) {
			*g, *f, *d, *a, *p = "unknown", "unknown", "01/01/2000", "1 Beacon House", "QX1 1AA"
		}, "placeholder"},
		{"a name that is no known placeholder, 1 January and the hostel at once", func(g, f, d, a, p *string) {
			*g, *f, *d, *a, *p = "Zzyzx", "Entry", "01/01/2000", "1 Beacon House", "QX1 1AA"
		}, "placeholder"},
		{"the same, dated 13 June", func(g, f, d, a, p *string) {
			*g, *f, *d, *a, *p = "Zzyzx", "Entry", "13/06/2000", "1 Beacon House", "QX1 1AA"
		}, "placeholder"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			s, err := Run([]Input{input("hostel.csv", crowd(c.spoil))}, Options{Out: dir, Threads: 2})
			if err != nil {
				t.Fatal(err)
			}
			said := strings.Join(s.Warnings, "\n")
			if s.LargestPerson > 12 {
				t.Errorf("the largest person has %d records\n%s", s.LargestPerson, said)
			}
			if c.words != "" && !strings.Contains(said, c.words) {
				t.Errorf("the warnings do not say %q:\n%s", c.words, said)
			}
			if s.People < 400 {
				t.Errorf("%d people, though 400 share nothing with anybody", s.People)
			}
		})
	}
}

// A value below the share at which it is taken as a placeholder: what it holds
// together is said in the summary and in review.csv.
func TestAnOversizedPersonIsSaid(t *testing.T) {
	n := 0
	text := crowd(func(g, f, d, a, p *string) {
		if n++; n <= 25 {
			*g, *f, *d, *a, *p = "Zzyzx", "Entry", "13/06/2000", "1 Beacon House", "QX1 1AA"
		}
	})
	dir := t.TempDir()
	s, err := Run([]Input{input("hostel.csv", text)}, Options{Out: dir, Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	if s.Oversized != 1 || !strings.Contains(strings.Join(s.Warnings, "\n"), "25 records") {
		t.Errorf("%d oversized, largest %d, warnings %q", s.Oversized, s.LargestPerson, s.Warnings)
	}
	said := false
	for _, r := range readRows(t, dir, "review.csv")[1:] {
		said = said || strings.Contains(r[7], "25 records, when more than 12 is unusual here") && r[8] == "1"
	}
	if !said {
		t.Error("review.csv does not say it")
	}
}

// By a Splink model people are made as the model says; a giant is still said.
func TestAGiantBySplinkModelIsSaid(t *testing.T) {
	spec := `{"link_type": "dedupe_only", "unique_id_column_name": "id", "probability_two_random_records_match": 0.01,
		"blocking_rules_to_generate_predictions": ["l.surname = r.surname"],
		"comparisons": [{"output_column_name": "surname", "comparison_levels": [
			{"sql_condition": "surname_l IS NULL OR surname_r IS NULL", "is_null_level": true},
			{"sql_condition": "surname_l = surname_r", "m_probability": 0.99, "u_probability": 0.0001},
			{"sql_condition": "ELSE", "m_probability": 0.01, "u_probability": 0.9999}]}]}`
	dir := t.TempDir()
	s, err := Run([]Input{input("hostel.csv", crowd(func(_, f, _, _, _ *string) { *f = "Entry" }))}, Options{Out: dir, Threads: 2, Spec: []byte(spec)})
	if err != nil {
		t.Fatal(err)
	}
	if s.LargestPerson != 400 || s.Oversized < 1 || !strings.Contains(strings.Join(s.Warnings, "\n"), "has 400 records") {
		t.Errorf("largest %d, oversized %d, warnings %q", s.LargestPerson, s.Oversized, s.Warnings)
	}
	rows := readRows(t, dir, "review.csv")
	if len(rows)-1 != s.ForReview || !strings.Contains(rows[len(rows)-1][7], "400 records") {
		t.Errorf("review.csv holds %d rows, the summary says %d; the last is %v", len(rows)-1, s.ForReview, rows[len(rows)-1])
	}
}
