package figure_test

import (
	"testing"

	"lantern.example/lantern/internal/figure"
)

func TestBase(t *testing.T) {
	lo, hi := 14.0, 25.5
	cases := []struct {
		name, want string
		base       figure.Base
	}{
		{"count of a count", "11 of 14 interviews; 3 missing; January 2026; source: statements", figure.Base{Numerator: figure.N(11), Denominator: figure.N(14), Missing: figure.N(3), Unit: "interviews", Window: "January 2026", Source: "statements"}},
		{"interval", "1,214 rows; between 14 and 25.5; method: hotspot 1", figure.Base{Denominator: figure.N(1214), Unit: "rows", Low: &lo, High: &hi, Method: "hotspot 1"}},
		{"nothing known", "", figure.Base{}},
	}
	for _, c := range cases {
		if got := c.base.String(); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestNoPercentageOfAFew(t *testing.T) {
	if got := (figure.Base{Numerator: figure.N(3), Denominator: figure.N(9)}).Percent(); got != "" {
		t.Errorf("3 of 9 gave %q, want none", got)
	}
	if got := (figure.Base{Numerator: figure.N(3), Denominator: figure.N(10)}).Percent(); got != "30 %" {
		t.Errorf("3 of 10 gave %q", got)
	}
}
