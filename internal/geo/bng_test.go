package geo

import (
	"encoding/csv"
	"errors"
	"math"
	"os"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// osTestPoints are points of Ordnance Survey's OSTN15 test set: ETRS89 degrees and the exact National Grid position, so
// that the test has some where the whole set is not at hand.
var osTestPoints = []struct {
	name     string
	lat, lon float64
	e, n     float64
}{
	{"St Mary's, Scilly", 49.92226393730, -6.29977752014, 91492.146, 11318.804},
	{"Lizard", 49.96006137820, -5.20304609998, 170370.718, 11572.405},
	{"London", 51.48936564950, -0.11992557180, 530624.974, 178388.464},
	{"Leeds", 53.80021519630, -1.66379168242, 422242.186, 433818.701},
	{"Shetland", 60.13308091660, -2.07382822798, 395999.668, 1138728.951},
}

func TestToGridNearOrdnanceSurvey(t *testing.T) {
	for _, c := range osTestPoints {
		got, err := ToGrid(Point{Lon: c.lon, Lat: c.lat})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if d := GridDistance(got, Grid{c.e, c.n}); d > 5 {
			t.Errorf("%s: ToGrid is %.2f m from Ordnance Survey's position, want at most 5", c.name, d)
		}
		back, err := ToPoint(Grid{c.e, c.n})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if d := Distance(back, Point{Lon: c.lon, Lat: c.lat}); d > 5 {
			t.Errorf("%s: ToPoint is %.2f m from Ordnance Survey's position, want at most 5", c.name, d)
		}
	}
}

func TestToGridWholeTestSet(t *testing.T) {
	f, err := os.Open("../../../shared/data/geo/os_test_points.csv")
	if err != nil {
		t.Skip("the Ordnance Survey test points are not at hand")
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	number := func(s string) float64 {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	sum, worst := 0.0, 0.0
	for _, r := range rows[1:] {
		got, err := ToGrid(Point{Lon: number(r[2]), Lat: number(r[1])})
		if err != nil {
			t.Fatalf("%s: %v", r[0], err)
		}
		d := GridDistance(got, Grid{number(r[3]), number(r[4])})
		if d > 5 {
			t.Errorf("%s: %.2f m away, want at most 5", r[0], d)
		}
		sum, worst = sum+d, max(worst, d)
	}
	t.Logf("%d points: mean %.2f m, worst %.2f m", len(rows)-1, sum/float64(len(rows)-1), worst)
}

// Converting without the change of datum is the usual mistake. It costs 92 m in west Wales to 137 m in east Kent, over
// 100 m at all but two of Ordnance Survey's fourteen points, so a test within 5 m cannot miss it.
func TestForgettingTheDatumShiftIsFar(t *testing.T) {
	for _, c := range osTestPoints {
		wrong := project(radians(c.lat), radians(c.lon))
		least := 100.0
		if c.name == "St Mary's, Scilly" {
			least = 94
		}
		if d := GridDistance(wrong, Grid{c.e, c.n}); d < least || d > 140 {
			t.Errorf("%s: without the datum shift the error is %.0f m, expected %.0f to 140", c.name, d, least)
		}
	}
}

// Ordnance Survey's worked example of the projection alone (Guide, annexe C): Caister Water Tower.
func TestProjectWorkedExample(t *testing.T) {
	lat := radians(52 + 39.0/60 + 27.2531/3600)
	lon := radians(1 + 43.0/60 + 4.5177/3600)
	want := Grid{651409.903, 313177.270}
	if got := project(lat, lon); GridDistance(got, want) > 0.002 {
		t.Errorf("project = %.3f, %.3f, want %.3f, %.3f", got.E, got.N, want.E, want.N)
	}
	gotLat, gotLon := unproject(want)
	if math.Abs(gotLat-lat) > 1e-9 || math.Abs(gotLon-lon) > 1e-9 {
		t.Errorf("unproject = %.9f, %.9f rad, want %.9f, %.9f", gotLat, gotLon, lat, lon)
	}
}

func TestGridRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := Grid{E: rapid.Float64Range(0, MaxEasting).Draw(t, "e"), N: rapid.Float64Range(0, MaxNorthing).Draw(t, "n")}
		p, err := ToPoint(g)
		if err != nil {
			t.Fatal(err)
		}
		back := project(airy.geodetic(toOSGB36(wgs84.cartesian(radians(p.Lat), radians(p.Lon)))))
		if d := GridDistance(g, back); d > 0.01 {
			t.Fatalf("%v came back %.4f m away", g, d)
		}
	})
}

func TestToGridRefusesOffTheGrid(t *testing.T) {
	for name, p := range map[string]Point{
		"Paris": {2.35, 48.86}, "New York": {-74, 40.7}, "null island": {0, 0}, "not a number": {math.NaN(), 52},
		"latitude and longitude exchanged": {51.5, -0.1}, "west of Ireland": {-9.9, 53},
	} {
		var ce *CoordError
		if g, err := ToGrid(p); !errors.As(err, &ce) {
			t.Errorf("%s: ToGrid(%v) = %v, %v; want a CoordError", name, p, g, err)
		}
	}
	for name, g := range map[string]Grid{"east": {700001, 1}, "north": {1, 1300001}, "negative": {-1, 5}, "infinite": {math.Inf(1), 1}} {
		if p, err := ToPoint(g); err == nil {
			t.Errorf("%s: ToPoint(%v) = %v, want an error", name, g, p)
		}
	}
}

func TestCheckLatLon(t *testing.T) {
	for name, c := range map[string]struct {
		lat, lon float64
		want     CoordFault // "" for good
	}{
		"London":                {51.5, -0.12, ""},
		"Unst":                  {60.8, -0.8, ""},
		"Fermanagh":             {54.4, -8.1, ""},
		"swapped":               {-0.12, 51.5, Swapped},
		"metres":                {530000, 180000, Projected},
		"null island":           {0, 0, NoPosition},
		"ONS without position":  {99.999999, 0, NoPosition},
		"Paris":                 {48.85, 2.35, OutOfRange},
		"latitude beyond 90":    {95, -1, OutOfRange},
		"not a number":          {math.NaN(), 1, NotFinite},
		"infinite":              {51, math.Inf(-1), NotFinite},
		"London, east for west": {51.5, 0.12, ""}, // cannot be told from a place in Essex
	} {
		p, err := CheckLatLon(c.lat, c.lon)
		checkFault(t, name, err, c.want)
		if c.want == "" && p != (Point{Lon: c.lon, Lat: c.lat}) {
			t.Errorf("%s: got %v", name, p)
		}
	}
}

func TestCheckGrid(t *testing.T) {
	for name, c := range map[string]struct {
		e, n float64
		want CoordFault
	}{
		"London":         {530000, 180000, ""},
		"Shetland":       {440000, 1150000, ""},
		"swapped":        {1150000, 440000, Swapped},
		"degrees":        {-0.12, 51.5, Degrees},
		"missing":        {0, 0, NoPosition},
		"off the grid":   {900000, 900000, OutOfRange},
		"negative":       {-500, 200000, OutOfRange},
		"Web Mercator":   {-13000, 6710000, OutOfRange},
		"not a number":   {math.NaN(), 0, NotFinite},
		"London swapped": {180000, 530000, ""}, // on the grid: only CountSwapped can tell
	} {
		_, err := CheckGrid(c.e, c.n)
		checkFault(t, name, err, c.want)
	}
}

func checkFault(t *testing.T, name string, err error, want CoordFault) {
	t.Helper()
	var ce *CoordError
	got := CoordFault("")
	if errors.As(err, &ce) {
		got = ce.Fault
	} else if err != nil {
		t.Errorf("%s: error %v is not a CoordError", name, err)
	}
	if got != want {
		t.Errorf("%s: fault %q (%v), want %q", name, got, err, want)
	}
}

func TestCountSwapped(t *testing.T) {
	london := GridBox{Min: Grid{503000, 155000}, Max: Grid{562000, 201000}}
	right := []Grid{{530000, 180000}, {540000, 170000}}
	wrong := []Grid{{180000, 530000}, {170000, 540000}}
	if c := CountSwapped(right, london); c.LooksSwapped() || c.Inside != 2 {
		t.Errorf("columns in order: %+v", c)
	}
	if c := CountSwapped(wrong, london); !c.LooksSwapped() || c.Swapped != 2 {
		t.Errorf("columns exchanged: %+v", c)
	}
	if c := CountSwapped(append(right, wrong...), london); c.LooksSwapped() {
		t.Errorf("half and half is not a swapped column: %+v", c)
	}
	if (SwapCount{}).LooksSwapped() {
		t.Error("no rows look swapped")
	}
}

func TestDistance(t *testing.T) {
	// Charing Cross to the middle of Leeds, by the haversine formula on R1: 272.6 km (Vincenty on WGS84 gives 272.9).
	if d := Distance(Point{-0.1278, 51.5074}, Point{-1.5491, 53.8008}); math.Abs(d-272600) > 1000 {
		t.Errorf("London to Leeds is %.0f m", d)
	}
	quarter := Distance(Point{0, 0}, Point{0, 90})
	if want := EarthRadius * math.Pi / 2; math.Abs(quarter-want) > 1e-3 {
		t.Errorf("a quarter of the world is %.3f m, want %.3f", quarter, want)
	}
	if d := Distance(Point{-180, 10}, Point{180, 10}); d > 1e-3 {
		t.Errorf("across the date line: %g m, want 0", d)
	}
}
