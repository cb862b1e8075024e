package main

import (
	"fmt"
	"strings"
	"testing"

	"lantern.example/lantern/internal/geo"
)

// worldOf is a small world in which the first country is two squares that share an arc with the second.
func worldOf(ids []string) string {
	var b strings.Builder
	b.WriteString(`{"type":"Topology","transform":{"scale":[0.5,0.5],"translate":[-10,50]},
		"arcs":[[[2,0],[0,2]],[[2,2],[-2,0],[0,-2],[2,0]],[[2,0],[2,0],[0,2],[-2,0]]],"objects":{"countries":{"geometries":[`)
	for i, id := range ids {
		arcs, kind := `[[0,1]]`, "Polygon"
		if i == 1 {
			arcs, kind = `[[[2,-1]]]`, "MultiPolygon"
		}
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, `{"type":%q,"id":%q,"arcs":%s,"properties":{"name":"Country %s"}}`, kind, id, arcs, id)
	}
	b.WriteString(`]}}}`)
	return b.String()
}

func TestOutline(t *testing.T) {
	text, err := outline([]byte(worldOf(wanted)))
	if err != nil {
		t.Fatal(err)
	}
	features, err := geo.DecodeGeoJSON(strings.NewReader(string(text)), geo.GeoJSONLimits{})
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	if len(features) != len(wanted) || features[0].Property("name") != "Country 826" {
		t.Fatalf("got %d features, the first %q", len(features), features[0].Property("name"))
	}
	west, east := geo.Point{Lon: -9.5, Lat: 50.5}, geo.Point{Lon: -8.5, Lat: 50.5}
	if a := features[0].Area; !a.Contains(west) || a.Contains(east) {
		t.Errorf("the first country is %v", a)
	}
	if a := features[1].Area; a.Contains(west) || !a.Contains(east) {
		t.Errorf("the second country, with an arc run backwards, is %v", a)
	}
}

func TestOutlineRefuses(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"not JSON":         {"x", "invalid"},
		"GeoJSON":          {`{"type":"FeatureCollection"}`, "expected Topology"},
		"not quantised":    {`{"type":"Topology"}`, "no transform"},
		"no such country":  {worldOf(wanted[1:]), "country 826 is missing"},
		"no such arc":      {strings.Replace(worldOf(wanted), "[[0,1]]", "[[0,9]]", 1), "arc 9"},
		"another geometry": {strings.Replace(worldOf(wanted), `"Polygon"`, `"Point"`, 1), "expected Polygon"},
	} {
		if got, err := outline([]byte(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %s, %v; want an error with %q", name, got, err, c.want)
		}
	}
}
