package place

import (
	"testing"

	"lantern.example/lantern/internal/geo"
)

// Without boundaries a square is compared when it has an event or touches one that has.
func TestBeside(t *testing.T) {
	in := beside([]float64{500_250, 510_000}, []float64{180_250, 190_000}, 500)
	for name, c := range map[string]struct {
		at   geo.Grid
		want bool
	}{
		"with an event":             {geo.Grid{E: 500_250, N: 180_250}, true},
		"beside it":                 {geo.Grid{E: 500_750, N: 179_750}, true},
		"two squares off":           {geo.Grid{E: 501_250, N: 180_250}, false},
		"an event on its corner":    {geo.Grid{E: 509_750, N: 189_750}, true},
		"two off from that corner":  {geo.Grid{E: 509_250, N: 190_250}, false},
		"between the two, far away": {geo.Grid{E: 505_250, N: 185_250}, false},
	} {
		if got := in(c.at); got != c.want {
			t.Errorf("%s: beside(%v) = %t, want %t", name, c.at, got, c.want)
		}
	}
}
