package geo

import (
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func square(x, y, side float64) Ring {
	return Ring{{x, y}, {x + side, y}, {x + side, y + side}, {x, y + side}, {x, y}}
}

// lake is a square of 4 degrees with a hole of 2, and an island of 1 in the hole.
var lake = MultiPolygon{{square(0, 50, 4), square(1, 51, 2)}, {square(1.5, 51.5, 1)}}

func TestContains(t *testing.T) {
	for name, c := range map[string]struct {
		p    Point
		want bool
	}{
		"land":                {Point{0.5, 50.5}, true},
		"water":               {Point{1.2, 51.2}, false},
		"island":              {Point{2, 52}, true},
		"outside":             {Point{5, 52}, false},
		"level with a corner": {Point{-1, 50}, false},
		"level with the hole": {Point{0.5, 51}, true},
		"west edge":           {Point{0, 52}, true}, // a shape owns its western and southern edges
		"east edge":           {Point{4, 52}, false},
		"south edge":          {Point{2, 50}, true},
		"north edge":          {Point{2, 54}, false},
		"not a number":        {Point{math.NaN(), 52}, false},
	} {
		if got := lake.Contains(c.p); got != c.want {
			t.Errorf("%s: Contains(%v) = %v, want %v", name, c.p, got, c.want)
		}
		if got := len(NewIndex([]MultiPolygon{lake}).FindAll(c.p)) == 1; got != c.want {
			t.Errorf("%s: the index finds %v: %v, want %v", name, c.p, got, c.want)
		}
	}
}

func TestBounds(t *testing.T) {
	if b := lake.Bounds(); b != (Box{Point{0, 50}, Point{4, 54}}) {
		t.Errorf("bounds = %v", b)
	}
	if !(MultiPolygon{}).Bounds().Empty() {
		t.Error("the bounds of nothing are not empty")
	}
	if b := EmptyBox().Union(EmptyBox()); !b.Empty() {
		t.Errorf("the union of nothing with nothing is %v", b)
	}
}

func TestInnerPoint(t *testing.T) {
	u := MultiPolygon{{Ring{{0, 0}, {3, 0}, {3, 3}, {2, 3}, {2, 1}, {1, 1}, {1, 3}, {0, 3}, {0, 0}}}}
	for name, c := range map[string]struct {
		area     MultiPolygon
		centroid Point
	}{
		"square":             {MultiPolygon{{square(1, 50, 2)}}, Point{2, 51}},
		"square, clockwise":  {MultiPolygon{{reversed(square(1, 50, 2))}}, Point{2, 51}},
		"hole to one side":   {MultiPolygon{{square(0, 0, 4), square(2, 1, 1)}}, Point{(2*16 - 2.5) / 15, (2*16 - 1.5) / 15}},
		"horseshoe":          {u, Point{1.5, (9*1.5 - 2*2) / 7}},
		"lake with island":   {lake, Point{2, 52}},
		"two islands":        {MultiPolygon{{square(0, 0, 1)}, {square(9, 0, 1)}}, Point{5, 0.5}},
		"islands, opposite":  {MultiPolygon{{square(0, 0, 1)}, {reversed(square(9, 0, 1))}}, Point{5, 0.5}},
		"hole runs same way": {MultiPolygon{{reversed(square(0, 0, 4)), reversed(square(2, 1, 1))}}, Point{(2*16 - 2.5) / 15, (2*16 - 1.5) / 15}},
	} {
		got, ok := c.area.Centroid()
		if !ok || math.Hypot(got.Lon-c.centroid.Lon, got.Lat-c.centroid.Lat) > 1e-9 {
			t.Errorf("%s: centroid = %v, %v; want %v", name, got, ok, c.centroid)
		}
		if p, ok := c.area.InnerPoint(); !ok || !c.area.Contains(p) {
			t.Errorf("%s: inner point %v is not inside", name, p)
		}
	}
	flat := MultiPolygon{{Ring{{0, 0}, {1, 0}, {2, 0}, {0, 0}}}}
	if p, ok := flat.InnerPoint(); ok {
		t.Errorf("an area without surface has the inner point %v", p)
	}
	if p, ok := (MultiPolygon{}).InnerPoint(); ok {
		t.Errorf("nothing has the inner point %v", p)
	}
}

func reversed(r Ring) Ring {
	r = slices.Clone(r)
	slices.Reverse(r)
	return r
}

// randomStar makes a many-sided shape around a centre, sometimes with a hole.
func randomStar(rnd *rand.Rand, cx, cy, size float64) MultiPolygon {
	ring := func(scale float64) Ring {
		var r Ring
		n := 5 + rnd.IntN(60)
		for i := range n {
			a, d := 2*math.Pi*float64(i)/float64(n), size*scale*(0.5+rnd.Float64()/2)
			r = append(r, Point{cx + d*math.Cos(a), cy + d*math.Sin(a)})
		}
		return append(r, r[0])
	}
	polygon := Polygon{ring(1)}
	if rnd.IntN(2) == 0 {
		polygon = append(polygon, ring(0.3))
	}
	return MultiPolygon{polygon}
}

func TestIndexAgreesWithPlainSearch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rnd := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		areas := make([]MultiPolygon, rapid.IntRange(0, 200).Draw(t, "areas"))
		for i := range areas {
			if rnd.IntN(20) > 0 { // some have no boundary
				areas[i] = randomStar(rnd, rnd.Float64()*4-2, 51+rnd.Float64()*2, 0.02+rnd.Float64()*rnd.Float64())
			}
		}
		ix := NewIndex(areas)
		for range 50 {
			p := Point{rnd.Float64()*6 - 3, 50 + rnd.Float64()*4}
			var want []int
			for i, a := range areas {
				if a.Contains(p) {
					want = append(want, i)
				}
			}
			if got := ix.FindAll(p); !slices.Equal(got, want) {
				t.Fatalf("FindAll(%v) = %v, want %v", p, got, want)
			}
			if got, ok := ix.Find(p); ok != (len(want) > 0) || ok && got != want[0] {
				t.Fatalf("Find(%v) = %d, %v; want the first of %v", p, got, ok, want)
			}
			const within = 10_000
			wantArea, wantMetres := -1, math.Inf(1)
			pl := planeAt(p)
			for i, a := range areas {
				d := math.Inf(1)
				if a.Contains(p) {
					d = 0
				} else {
					a.eachEdge(func(e edge) { d = min(d, pl.distance(e)) })
				}
				if d <= within && d < wantMetres {
					wantArea, wantMetres = i, d
				}
			}
			if a, m, ok := ix.Nearest(p, within); ok != (wantArea >= 0) || ok && (a != wantArea || math.Abs(m-wantMetres) > 1e-6) {
				t.Fatalf("Nearest(%v) = %d, %g, %v; want %d, %g", p, a, m, ok, wantArea, wantMetres)
			}
		}
	})
}

// Areas that share a border leave no point to both or to neither.
func TestSharedBordersPartition(t *testing.T) {
	mid := Ring{{1, 50}, {1.1234567, 50.37}, {0.9, 50.71}, {1.05, 51}}
	west := append(append(Ring{{0, 50}}, mid...), Point{0, 51}, Point{0, 50})
	east := append(append(Ring{{2, 50}}, mid...), Point{2, 51}, Point{2, 50})
	ix := NewIndex([]MultiPolygon{{{west}}, {{reversed(east)}}})
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 100_000 {
		i := rnd.IntN(len(mid) - 1)
		f := rnd.Float64()
		p := Point{mid[i].Lon + f*(mid[i+1].Lon-mid[i].Lon), mid[i].Lat + f*(mid[i+1].Lat-mid[i].Lat)}
		if got := ix.FindAll(p); len(got) != 1 {
			t.Fatalf("the border point %v is in areas %v, want exactly one", p, got)
		}
	}
}

func TestNearestOnTheForeshore(t *testing.T) {
	ix := NewIndex([]MultiPolygon{{{square(0, 51, 1)}}, {{square(1, 51, 1)}}})
	south := Point{0.5, 51 - 1000/(EarthRadius*math.Pi/180)}
	if a, m, ok := ix.Nearest(south, ForeshoreReach); !ok || a != 0 || math.Abs(m-1000) > 0.1 {
		t.Errorf("1 km off the shore: area %d, %.1f m, %v", a, m, ok)
	}
	far := Point{0.5, 51 - 3000/(EarthRadius*math.Pi/180)}
	if a, m, ok := ix.Nearest(far, ForeshoreReach); ok {
		t.Errorf("3 km off the shore: area %d, %.1f m; want none", a, m)
	}
	if a, m, ok := ix.Nearest(Point{1.5, 51.5}, ForeshoreReach); !ok || a != 1 || m != 0 {
		t.Errorf("inside: area %d, %g m, %v", a, m, ok)
	}
	corner := Point{1, 51 - 500/(EarthRadius*math.Pi/180)}
	if a, _, ok := ix.Nearest(corner, ForeshoreReach); !ok || a != 0 {
		t.Errorf("equally near to both: area %d, %v; want the lower number", a, ok)
	}
}

// A shape of long thin teeth must not fill memory by listing each edge in every band.
func TestBandsStayInProportion(t *testing.T) {
	var ring Ring
	for i := range 20_000 {
		ring = append(ring, Point{float64(i) / 1e5, 50 + float64(i%2)})
	}
	ring = append(ring, Point{0.3, 49.9}, ring[0])
	a := newBandedArea(MultiPolygon{{ring}})
	total := 0
	for _, b := range a.bands {
		total += len(b)
	}
	if total > 8*len(ring) {
		t.Errorf("%d edges are listed %d times, want at most 8 each", len(ring), total)
	}
}

func loadAreas(tb testing.TB, name string) ([]Feature, []MultiPolygon) {
	tb.Helper()
	f, err := os.Open("../../../shared/data/geo/" + name)
	if err != nil {
		tb.Skipf("the boundaries %s are not at hand", name)
	}
	defer f.Close()
	features, err := DecodeGeoJSON(f, GeoJSONLimits{})
	if err != nil {
		tb.Fatal(err)
	}
	areas := make([]MultiPolygon, len(features))
	for i, f := range features {
		areas[i] = f.Area
	}
	return features, areas
}

func TestRealBoundaries(t *testing.T) {
	for name, c := range map[string]struct {
		features int
		code     string
		p        Point
		want     string
	}{
		"pfa_uk.geojson":          {45, "pfa_code", Point{-0.0924, 51.5136}, "E23000034"}, // Bank: the City's own force
		"lad_uk.geojson":          {361, "lad_code", Point{-2.5879, 51.4545}, "E06000023"},
		"london_lsoa21.geojson":   {4994, "lsoa_code", Point{-0.09667, 51.51807}, "E01000001"},
		"london_msoa21.geojson":   {1002, "msoa_code", Point{-0.0924, 51.5136}, "E02000001"},
		"regions_uk.geojson":      {12, "rgn_code", Point{-0.12, 51.5}, "E12000007"},
		"london_boroughs.geojson": {33, "lad_code", Point{-0.1163, 51.4607}, "E09000022"},
	} {
		t.Run(name, func(t *testing.T) {
			features, areas := loadAreas(t, name)
			if len(features) != c.features {
				t.Errorf("%d features, want %d", len(features), c.features)
			}
			ix := NewIndex(areas)
			if i, ok := ix.Find(c.p); !ok || features[i].Property(c.code) != c.want {
				t.Errorf("%v is in %d (%v), want %s", c.p, i, ok, c.want)
			}
			for i, a := range areas {
				if p, ok := a.InnerPoint(); !ok || !a.Contains(p) {
					t.Errorf("%s has the inner point %v, %v", features[i].Property(c.code), p, ok)
				}
			}
		})
	}
}

// The target is well under a second for 100,000 points in the 4,994 LSOAs of London.
func TestHundredThousandPointsInLSOAs(t *testing.T) {
	for _, name := range []string{"london_lsoa21.geojson", "lad_uk.geojson", "pfa_uk.geojson"} {
		_, areas := loadAreas(t, name)
		start := time.Now()
		ix := NewIndex(areas)
		built := time.Since(start)
		b := EmptyBox()
		for _, a := range areas {
			b = b.Union(a.Bounds())
		}
		rnd := rand.New(rand.NewPCG(7, 7))
		points := make([]Point, 100_000)
		for i := range points {
			points[i] = Point{b.Min.Lon + rnd.Float64()*(b.Max.Lon-b.Min.Lon), b.Min.Lat + rnd.Float64()*(b.Max.Lat-b.Min.Lat)}
		}
		start = time.Now()
		found, doubled := 0, 0
		for _, p := range points {
			if n := len(ix.FindAll(p)); n > 0 {
				found++
				if n > 1 {
					doubled++
				}
			}
		}
		took := time.Since(start)
		t.Logf("%s: index %v, 100,000 points %v, %d found", name, built, took, found)
		if doubled > 0 {
			t.Errorf("%s: %d points are in two areas", name, doubled)
		}
		if took > 5*time.Second { // generous: a test machine may be busy
			t.Errorf("%s: 100,000 points took %v", name, took)
		}
	}
}

func BenchmarkFind(b *testing.B) {
	_, areas := loadAreas(b, "london_lsoa21.geojson")
	ix := NewIndex(areas)
	rnd := rand.New(rand.NewPCG(7, 7))
	for b.Loop() {
		ix.Find(Point{-0.51 + rnd.Float64()*0.84, 51.29 + rnd.Float64()*0.4})
	}
}
