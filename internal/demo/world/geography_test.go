package world

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"lantern.example/lantern/internal/geo"
)

func TestBoundariesAreReadAndNestWithoutGaps(t *testing.T) {
	for _, seed := range []uint64{1, 2, 3, 4, 5} {
		w := generate(t, Options{Seed: seed, People: 200})
		features, err := geo.DecodeGeoJSON(bytes.NewReader(w.Geography.Boundaries), geo.GeoJSONLimits{})
		if err != nil {
			t.Fatal(err)
		}
		levels := map[string]int{}
		area := map[string]float64{}
		for _, f := range features {
			level := f.Property("level")
			levels[level]++
			ring := f.Area[0][0]
			if n := crossings(ring); n > 0 {
				t.Errorf("seed %d: %s crosses itself %d times", seed, f.Property("code"), n)
			}
			area[level] += surface(ring)
			if !strings.HasPrefix(f.Property("code"), "X") || f.Property("licence") != Licence || f.Property("name") == "" {
				t.Errorf("seed %d: properties %v", seed, f.Properties)
			}
			for _, p := range ring {
				if p.Lon < 0.9 || p.Lon > 2.4 || p.Lat < 53.3 || p.Lat > 54 {
					t.Fatalf("seed %d: %s reaches %v, out of the North Sea", seed, f.Property("code"), p)
				}
			}
		}
		if levels["county"] != 1 || levels["ward"] != 18 || levels["lsoa"] != 72 || levels["force"] != 5 || levels["district"] != 9 {
			t.Errorf("seed %d: %v", seed, levels)
		}
		for _, part := range []string{"ward", "lsoa"} {
			if math.Abs(area[part]/area["county"]-1) > 1e-4 {
				t.Errorf("seed %d: the %ss cover %.6f of the county", seed, part, area[part]/area["county"])
			}
		}
	}
}

// surface is a ring's area in square degrees.
func surface(ring geo.Ring) float64 {
	sum := 0.0
	for i := range ring {
		a, b := ring[i], ring[(i+1)%len(ring)]
		sum += a.Lon*b.Lat - b.Lon*a.Lat
	}
	return math.Abs(sum) / 2
}

// crossings counts pairs of sides of a ring that cross.
func crossings(ring geo.Ring) int {
	side := func(a, b, c geo.Point) float64 { return (b.Lon-a.Lon)*(c.Lat-a.Lat) - (b.Lat-a.Lat)*(c.Lon-a.Lon) }
	n := 0
	for i := 0; i+1 < len(ring); i++ {
		for j := i + 2; j+1 < len(ring); j++ {
			if i == 0 && j+2 == len(ring) {
				continue
			}
			a, b, c, d := ring[i], ring[i+1], ring[j], ring[j+1]
			if side(a, b, c)*side(a, b, d) < 0 && side(c, d, a)*side(c, d, b) < 0 {
				n++
			}
		}
	}
	return n
}

func TestEveryPostcodeLiesInItsWard(t *testing.T) {
	w := generate(t, Options{Seed: 6, People: 20_000})
	wards := map[string]geo.MultiPolygon{}
	features, err := geo.DecodeGeoJSON(bytes.NewReader(w.Geography.Boundaries), geo.GeoJSONLimits{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range features {
		wards[f.Property("code")] = f.Area
	}
	lines := strings.Split(strings.TrimSpace(string(w.Geography.Postcodes)), "\r\n")
	seen := map[string]bool{}
	for _, line := range lines[1:] {
		cells := strings.Split(line, ",")
		var lat, lon float64
		if err := json.Unmarshal([]byte("["+cells[12]+","+cells[13]+"]"), &[]any{&lat, &lon}); err != nil {
			t.Fatal(err)
		}
		if seen[cells[2]] {
			t.Errorf("%s stands twice", cells[2])
		}
		seen[cells[2]] = true
		for _, code := range []string{cells[10], cells[11]} {
			if !inside(wards[code][0][0], geo.Point{Lon: lon, Lat: lat}) {
				t.Errorf("%s lies outside %s", cells[2], code)
			}
		}
	}
	for _, p := range w.Geography.Places {
		if !seen[p.Postcode] {
			t.Errorf("%s has postcode %s, which is not in the directory", p.Name, p.Postcode)
		}
	}
}

func inside(ring geo.Ring, p geo.Point) bool {
	in := false
	for i, j := 0, len(ring)-1; i < len(ring); j, i = i, i+1 {
		a, b := ring[i], ring[j]
		if (a.Lat > p.Lat) != (b.Lat > p.Lat) && p.Lon < (b.Lon-a.Lon)*(p.Lat-a.Lat)/(b.Lat-a.Lat)+a.Lon {
			in = !in
		}
	}
	return in
}

func TestFeaturesHoldEveryKind(t *testing.T) {
	w := generate(t, Options{Seed: 1, People: 200})
	var doc struct {
		Features []struct {
			Properties struct{ Level string }
			Geometry   struct{ Type string }
		}
	}
	if err := json.Unmarshal(w.Geography.Features, &doc); err != nil {
		t.Fatal(err)
	}
	kinds := map[string]string{}
	for _, f := range doc.Features {
		kinds[f.Properties.Level] = f.Geometry.Type
	}
	for kind, shape := range map[string]string{"river": "LineString", "road": "LineString", "railway": "LineString", "school": "Point", "home": "Point", "station": "Point", "pupil referral unit": "Point"} {
		if kinds[kind] != shape {
			t.Errorf("%s is drawn as %q, want %s", kind, kinds[kind], shape)
		}
	}
}
