package geo

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestCellOf(t *testing.T) {
	for name, c := range map[string]struct {
		g    Grid
		size int
		want string
	}{
		"inside":           {Grid{530624.974, 178388.464}, 250, "250:2122:713"},
		"south-west edge":  {Grid{530500, 178250}, 250, "250:2122:713"},
		"below the edge":   {Grid{530499.999, 178249.999}, 250, "250:2121:712"},
		"half a kilometre": {Grid{530624.974, 178388.464}, 500, "500:1061:356"},
		"origin":           {Grid{0, 0}, 1000, "1000:0:0"},
	} {
		if got := CellOf(c.g, c.size).ID(); got != c.want {
			t.Errorf("%s: CellOf(%v, %d) = %s, want %s", name, c.g, c.size, got, c.want)
		}
	}
}

func TestCellOfNoSizePanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a cell of size 0 did not panic")
		}
	}()
	CellOf(Grid{1, 1}, 0)
}

func TestParseCellIDRefuses(t *testing.T) {
	for _, id := range []string{"", "250", "250:1", "250:1:2:3", "0:1:2", "-250:1:2", "250:-1:2", "250:01:2", "250: 1:2", "250:9999:1", "250:1:9999", "99999999999999999999:1:1", "250:a:1"} {
		if c, err := ParseCellID(id); err == nil {
			t.Errorf("ParseCellID(%q) = %v, want an error", id, c)
		}
	}
}

func TestCellProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := Grid{E: rapid.Float64Range(1000, 690000).Draw(t, "e"), N: rapid.Float64Range(1000, 1290000).Draw(t, "n")}
		size := rapid.SampledFrom([]int{100, 250, 500, 1000}).Draw(t, "size")
		c := CellOf(g, size)
		if back, err := ParseCellID(c.ID()); err != nil || back != c {
			t.Fatalf("ParseCellID(%s) = %v, %v", c.ID(), back, err)
		}
		if CellOf(c.Centre(), size) != c || CellOf(c.SouthWest(), size) != c {
			t.Fatalf("centre or corner of %s is in another cell", c.ID())
		}
		if d := GridDistance(g, c.Centre()); d > float64(size)*math.Sqrt2/2+1e-6 {
			t.Fatalf("%v is %.1f m from the centre of its cell %s", g, d, c.ID())
		}
		ring, err := c.Ring()
		if err != nil {
			t.Fatal(err)
		}
		middle, err := ToPoint(c.Centre())
		if err != nil {
			t.Fatal(err)
		}
		if !(MultiPolygon{{ring}}).Contains(middle) {
			t.Fatalf("the ring of %s does not hold its centre", c.ID())
		}
		if _, _, area := ring.moments(ring[0]); area <= 0 {
			t.Fatalf("the ring of %s does not run anticlockwise", c.ID())
		}
	})
}

func TestCellNeighbours(t *testing.T) {
	if n := (Cell{250, 10, 10}).Neighbours(); len(n) != 8 || n[0] != (Cell{250, 9, 9}) || n[7] != (Cell{250, 11, 11}) {
		t.Errorf("neighbours of an inner cell: %v", n)
	}
	if n := (Cell{250, 0, 0}).Neighbours(); len(n) != 3 {
		t.Errorf("neighbours of the cell at the origin: %v", n)
	}
}

func TestBlur(t *testing.T) {
	a, b := Grid{530501, 178251}, Grid{530749, 178499}
	if Blur(a) != Blur(b) || Blur(a) != (Grid{530625, 178375}) {
		t.Errorf("two places in one cell: %v and %v, want both 530625, 178375", Blur(a), Blur(b))
	}
	p, err := BlurPoint(Point{-0.1199, 51.4894})
	if err != nil {
		t.Fatal(err)
	}
	if q, err := BlurPoint(p); err != nil || q != p {
		t.Errorf("blurring twice moved %v to %v (%v)", p, q, err)
	}
	if p, err := BlurPoint(Point{2.35, 48.85}); err == nil {
		t.Errorf("a place off the grid became %v; a sensitive place must not pass", p)
	}
}

func TestParseGridRef(t *testing.T) {
	for ref, want := range map[string]GridSquare{
		"TQ 305 784":       {Grid{530500, 178400}, 100},
		"tq305784":         {Grid{530500, 178400}, 100},
		" TQ  3050 7840 ":  {Grid{530500, 178400}, 10},
		"TQ 30500 78400":   {Grid{530500, 178400}, 1},
		"TQ":               {Grid{500000, 100000}, 100000},
		"TQ37":             {Grid{530000, 170000}, 10000},
		"T Q 3 7":          {Grid{530000, 170000}, 10000},
		"SV 0 0":           {Grid{0, 0}, 10000},
		"HP 6 1":           {Grid{460000, 1210000}, 10000},
		"NN 166 712":       {Grid{216600, 771200}, 100}, // Ben Nevis
		"TG 51409 13177":   {Grid{651409, 313177}, 1},   // Caister Water Tower
		"NATIONAL":         {},
		"TQ 30 784":        {},
		"TQ 305 78":        {},
		"TQ 305 7843":      {},
		"TI 305 784":       {}, // no letter I
		"AA 305 784":       {}, // off the grid
		"WA 1 1":           {},
		"TQ 3a5 784":       {},
		"TQ 305784 305784": {},
		"":                 {},
		"T":                {},
		"TQ ٣٠٥ ٧٨٤":       {},
	} {
		got, err := ParseGridRef(ref)
		if want.Side == 0 {
			if err == nil {
				t.Errorf("ParseGridRef(%q) = %v, want an error", ref, got)
			}
			continue
		}
		if err != nil || got != want {
			t.Errorf("ParseGridRef(%q) = %v, %v; want %v", ref, got, err, want)
		}
	}
	if c := (GridSquare{Grid{530500, 178400}, 100}).Centre(); c != (Grid{530550, 178450}) {
		t.Errorf("centre = %v", c)
	}
}

func TestGridRefRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := Grid{E: rapid.Float64Range(0, MaxEasting-1).Draw(t, "e"), N: rapid.Float64Range(0, MaxNorthing-1).Draw(t, "n")}
		digits := rapid.IntRange(1, 5).Draw(t, "digits")
		ref, err := GridRef(g, digits)
		if err != nil {
			t.Fatal(err)
		}
		sq, err := ParseGridRef(ref)
		if err != nil {
			t.Fatal(err)
		}
		if g.E < sq.SouthWest.E || g.E >= sq.SouthWest.E+sq.Side || g.N < sq.SouthWest.N || g.N >= sq.SouthWest.N+sq.Side {
			t.Fatalf("%v is written %s, which is %v", g, ref, sq)
		}
	})
	if _, err := GridRef(Grid{1, 1}, 6); err == nil {
		t.Error("six digits were accepted")
	}
	if _, err := GridRef(Grid{MaxEasting, 1}, 3); err == nil {
		t.Error("a place off the grid was accepted")
	}
}

func FuzzParseGridRef(f *testing.F) {
	for _, s := range []string{"TQ 305 784", "tq305784", "SV", "TQ 3 78", "\u00a0TQ 1 1", "HP 61 12", "ZZ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		sq, err := ParseGridRef(s)
		if err != nil {
			if !strings.Contains(err.Error(), "expected") {
				t.Fatalf("error for %q does not say what was expected: %v", s, err)
			}
			return
		}
		if sq.SouthWest.E < 0 || sq.SouthWest.E >= MaxEasting || sq.SouthWest.N < 0 || sq.SouthWest.N >= MaxNorthing || sq.Side < 1 {
			t.Fatalf("ParseGridRef(%q) = %v is off the grid", s, sq)
		}
		if _, err := ToPoint(sq.Centre()); err != nil {
			t.Fatalf("ParseGridRef(%q): %v", s, err)
		}
	})
}
