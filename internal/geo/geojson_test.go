package geo

import (
	"fmt"
	"strings"
	"testing"
)

const tinySquare = `[[[0,50],[1,50],[1,51],[0,51],[0,50]]]`

func collection(features ...string) string {
	return `{"type":"FeatureCollection","features":[` + strings.Join(features, ",") + `]}`
}

func feature(geometry string) string {
	return `{"type":"Feature","properties":{"code":"X1","n":12,"deep":{"a":[1]}},"geometry":` + geometry + `}`
}

func TestDecodeGeoJSON(t *testing.T) {
	text := "\uFEFF" + `{"name":"test","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:OGC:1.3:CRS84"}},"features":[` +
		feature(`{"type":"Polygon","coordinates":`+tinySquare+`}`) + "," +
		`{"type":"Feature","id":7,"properties":null,"geometry":null},` +
		`{"type":"Feature","id":"p","properties":{},"geometry":{"type":"Point","coordinates":[-0.1,51.5,12]}},` +
		feature(`{"type":"MultiPolygon","coordinates":[`+tinySquare+`,[[[2,50],[3,50],[3,51],[2,50]]]]}`) +
		`],"type":"FeatureCollection"}`
	got, err := DecodeGeoJSON(strings.NewReader(text), GeoJSONLimits{})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 4 {
		t.Fatalf("%d features, want 4", len(got))
	}
	if f := got[0]; f.Property("code") != "X1" || f.Property("n") != "12" || f.Property("deep") != "" || f.Property("absent") != "" || !f.Area.Contains(Point{0.5, 50.5}) {
		t.Errorf("feature 1 = %+v", f)
	}
	if f := got[1]; f.ID != "7" || f.At != nil || f.Area != nil {
		t.Errorf("feature 2, of null geometry = %+v", f)
	}
	if f := got[2]; f.ID != "p" || f.At == nil || *f.At != (Point{-0.1, 51.5}) {
		t.Errorf("feature 3 = %+v", f)
	}
	if f := got[3]; len(f.Area) != 2 {
		t.Errorf("feature 4 = %+v", f)
	}
	if none, err := DecodeGeoJSON(strings.NewReader(collection()), GeoJSONLimits{}); err != nil || len(none) != 0 {
		t.Errorf("an empty collection: %v, %v", none, err)
	}
}

func TestDecodeGeoJSONRefuses(t *testing.T) {
	polygon := func(coordinates string) string {
		return feature(`{"type":"Polygon","coordinates":` + coordinates + `}`)
	}
	good := polygon(tinySquare)
	for name, c := range map[string]struct{ text, want string }{
		"nothing":              {"", "empty"},
		"not JSON":             {"easting,northing\n", "invalid character"},
		"a list":               {"[1]", "expected a FeatureCollection"},
		"one feature":          {good, "expected FeatureCollection"},
		"topology":             {`{"type":"Topology","features":[]}`, "expected FeatureCollection"},
		"no features":          {`{"type":"FeatureCollection"}`, `no "features"`},
		"features twice":       {`{"type":"FeatureCollection","features":[],"features":[]}`, "twice"},
		"features not a list":  {`{"type":"FeatureCollection","features":{}}`, "list of features"},
		"cut short":            {strings.TrimSuffix(collection(good, good), "}]}"), "file ends after 1 whole feature"},
		"text after":           {collection(good) + "x", "after the collection"},
		"second collection":    {collection(good) + collection(good), "after the collection"},
		"not a feature":        {collection(good, `{"type":"Ferret"}`), `feature 2: the type is "Ferret"`},
		"a number":             {collection("5"), "feature 1"},
		"line":                 {collection(feature(`{"type":"LineString","coordinates":[[0,50],[1,51]]}`)), "expected Point, Polygon or MultiPolygon"},
		"projected":            {collection(good, polygon(`[[[530000,180000],[530100,180000],[530100,180100],[530000,180000]]]`)), "feature 2: ring 1, point 1: (530000, 180000) looks like metres"},
		"projected point":      {collection(feature(`{"type":"Point","coordinates":[530000,180000]}`)), "metres"},
		"swapped":              {collection(polygon(`[[[51.5,-0.1],[51.6,-0.1],[51.6,0],[51.5,-0.1]]]`)), "latitude before longitude"},
		"latitude too high":    {collection(feature(`{"type":"Point","coordinates":[3,91]}`)), "longitude first"},
		"open ring":            {collection(polygon(`[[[0,50],[1,50],[1,51],[0,51]]]`)), "not closed"},
		"short ring":           {collection(polygon(`[[[0,50],[1,50],[0,50]]]`)), "3 points"},
		"no ring":              {collection(polygon(`[]`)), "without a ring"},
		"one number":           {collection(feature(`{"type":"Point","coordinates":[3]}`)), "longitude and latitude"},
		"words for numbers":    {collection(feature(`{"type":"Point","coordinates":["3","50"]}`)), "list of numbers"},
		"no coordinates":       {collection(feature(`{"type":"Polygon"}`)), "not a list of rings"},
		"part number":          {collection(feature(`{"type":"MultiPolygon","coordinates":[` + tinySquare + `,[[[0,0]]]]}`)), "part 2: ring 1"},
		"British grid by name": {`{"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::27700"}},` + collection(good)[1:], "EPSG::27700"},
		"number too large":     {collection(feature(`{"type":"Point","coordinates":[1e999,50]}`)), "list of numbers"},
	} {
		got, err := DecodeGeoJSON(strings.NewReader(c.text), GeoJSONLimits{})
		if err == nil {
			t.Errorf("%s: accepted as %v", name, got)
		} else if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %q does not say %q", name, err, c.want)
		}
	}
}

func TestDecodeGeoJSONLimits(t *testing.T) {
	text := collection(feature(`{"type":"Polygon","coordinates":`+tinySquare+`}`), feature(`{"type":"Polygon","coordinates":`+tinySquare+`}`))
	for name, c := range map[string]struct {
		limits GeoJSONLimits
		want   string // "" for accepted
	}{
		"bytes, exactly": {GeoJSONLimits{Bytes: int64(len(text))}, ""},
		"bytes":          {GeoJSONLimits{Bytes: int64(len(text)) - 1}, "larger than"},
		"few bytes":      {GeoJSONLimits{Bytes: 10}, "larger than 10 bytes"},
		"features":       {GeoJSONLimits{Features: 1}, "more than 1 features"},
		"vertices":       {GeoJSONLimits{Vertices: 9}, "more than 9 points"},
		"enough":         {GeoJSONLimits{Features: 2, Vertices: 10}, ""},
	} {
		_, err := DecodeGeoJSON(strings.NewReader(text), c.limits)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
}

func TestAppendGeoJSON(t *testing.T) {
	ring := Ring{{0.0000001, 50}, {0.0000002, 50}, {1, 50.123456}, {1, 51}, {-0.0000001, 50}, {0.0000001, 50}}
	got := string(MultiPolygon{{ring}}.AppendGeoJSON(nil, 4))
	want := `{"type":"MultiPolygon","coordinates":[[[[0,50],[1,50.1235],[1,51],[0,50]]]]}`
	if got != want {
		t.Errorf("AppendGeoJSON = %s, want %s", got, want)
	}
	dot := string(MultiPolygon{{square(0.00001, 50.00001, 0.00001)}}.AppendGeoJSON(nil, 2))
	if want := `{"type":"MultiPolygon","coordinates":[[[[0,50],[0,50],[0,50],[0,50]]]]}`; dot != want {
		t.Errorf("a shape smaller than the rounding is written %s, want %s", dot, want)
	}
}

func FuzzDecodeGeoJSON(f *testing.F) {
	f.Add(collection(feature(`{"type":"Polygon","coordinates":` + tinySquare + `}`)))
	f.Add(collection(feature(`{"type":"MultiPolygon","coordinates":[` + tinySquare + `]}`)))
	f.Add(collection(feature(`{"type":"Point","coordinates":[-0.1,51.5]}`), feature("null")))
	f.Add(`{"crs":null,"type":"FeatureCollection","features":[]}`)
	f.Add(collection(feature(`{"type":"Polygon","coordinates":[[[0,50],[1,50`)))
	f.Fuzz(func(t *testing.T, text string) {
		features, err := DecodeGeoJSON(strings.NewReader(text), GeoJSONLimits{Bytes: 1 << 16, Features: 50, Vertices: 1000})
		if err != nil {
			if !strings.HasPrefix(err.Error(), "GeoJSON: ") {
				t.Fatalf("error without its source: %v", err)
			}
			return
		}
		var areas []MultiPolygon
		for _, feature := range features {
			areas = append(areas, feature.Area)
			for _, polygon := range feature.Area {
				for _, ring := range polygon {
					if len(ring) < 4 || ring[0] != ring[len(ring)-1] {
						t.Fatalf("a ring that is short or open was accepted: %v", ring)
					}
				}
			}
			// What is written can be read again, except where rounding crosses the limits of the checks.
			if feature.Area != nil {
				again := collection(fmt.Sprintf(`{"type":"Feature","properties":{},"geometry":%s}`, feature.Area.AppendGeoJSON(nil, 9)))
				if _, err := DecodeGeoJSON(strings.NewReader(again), GeoJSONLimits{}); err != nil && !strings.Contains(err.Error(), "longitude") {
					t.Fatalf("cannot read what was written: %v", err)
				}
			}
		}
		ix := NewIndex(areas)
		for i, a := range areas {
			if p, ok := a.InnerPoint(); ok && !a.Contains(p) {
				if c, _ := a.Centroid(); c != p {
					t.Fatalf("inner point %v of area %d is outside", p, i)
				}
			}
			ix.Find(Point{0.5, 50.5})
		}
	})
}
