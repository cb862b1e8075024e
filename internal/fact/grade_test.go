package fact_test

import (
	"testing"

	"lantern.example/lantern/internal/fact"
)

func TestGrades(t *testing.T) {
	for _, c := range []struct {
		text, want string
		ok         bool
		handling   string
	}{
		{"", "", true, ""},
		{"2B-P", "2B-P", true, "P"},
		{"2BP", "2B-P", true, "P"},
		{"1A-C", "1A-C", true, "C"},
		{"1A-C/A2/S2", "1A-C/A2/S2", true, "C"},
		{"3E-C A3 S1", "3E-C/A3/S1", true, "C"},
		{"2B-P/A1", "", false, "C"}, // conditions without C
		{"4B-P", "", false, "C"},
		{"B2", "", false, "C"},
		{"2B-P'; DROP TABLE event", "", false, "C"},
	} {
		g, err := fact.ParseGrade(c.text)
		if (err == nil) != c.ok || g.String() != c.want || g.Handling != c.handling {
			t.Errorf("%q: got %q, %v, handling %q; want %q, read %v, %q", c.text, g.String(), err, g.Handling, c.want, c.ok, c.handling)
		}
	}
	g, err := fact.ParseGrade("2B-C/A3/S2")
	if err != nil || g.Words() != "Untested source; known indirectly to the source but corroborated" ||
		g.HandlingWords() != "Sharing is permitted with conditions: it is for information and not to be acted on; the originator is asked before it goes any further." {
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
			if g.Handling != "C" {
				t.Errorf("%q cannot be read and is handled as %q", s, g.Handling)
			}
			return
		}
		again, err := fact.ParseGrade(g.String())
		if err != nil || again != g {
			t.Errorf("%q reads as %+v, whose text %q reads as %+v (%v)", s, g, g.String(), again, err)
		}
	})
}
