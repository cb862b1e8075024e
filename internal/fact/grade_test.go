package fact_test

import (
	"testing"

	"lantern.example/lantern/internal/fact"
)

func TestGrades(t *testing.T) {
	for _, c := range []struct {
		text, want    string
		ok            bool
		leaves, asked bool
	}{
		{"", "", true, true, true},
		{"2B-P", "2B-P", true, true, true},
		{"2BP", "2B-P", true, true, true},
		{"1A-C", "1A-C", true, false, true},
		{"1A-C/A2/S2", "1A-C/A2/S2", true, false, true},
		{"3E-C A3 S1", "3E-C/A3/S1", true, false, true},
		{"2B-P/A1", "", false, false, true}, // conditions without C
		{"4B-P", "", false, false, true},
		{"B2", "", false, false, true},
		{"2B-P'; DROP TABLE event", "", false, false, true},
	} {
		g, err := fact.ParseGrade(c.text)
		if (err == nil) != c.ok || g.String() != c.want || g.MayLeave(false) != c.leaves || g.MayLeave(true) != c.asked {
			t.Errorf("%q: got %q, %v, leaves unasked %v, asked %v; want %q, read %v, %v, %v", c.text, g.String(), err, g.MayLeave(false), g.MayLeave(true), c.want, c.ok, c.leaves, c.asked)
		}
	}
	g, err := fact.ParseGrade("2B-C/A3/S2")
	if err != nil || g.Words() != "Untested source; known indirectly to the source but corroborated" ||
		g.HandlingWords() != "Sharing is permitted with conditions; is for information and not to be acted on; the originator is asked before it goes any further." {
		t.Errorf("%q %q %v", g.Words(), g.HandlingWords(), err)
	}
}

func FuzzParseGrade(f *testing.F) {
	for _, s := range []string{"", "2B-P", "1A-C/A2/S2", "E", "3E-C A3 S1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		g, err := fact.ParseGrade(s)
		if err != nil {
			if g.MayLeave(false) {
				t.Errorf("%q cannot be read and may leave unasked", s)
			}
			return
		}
		again, err := fact.ParseGrade(g.String())
		if err != nil || again != g {
			t.Errorf("%q reads as %+v, whose text %q reads as %+v (%v)", s, g, g.String(), again, err)
		}
	})
}
