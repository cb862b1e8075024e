package chart

import (
	"encoding/json"
	"strings"
	"testing"
)

type readBack struct {
	Type     string
	Features []struct {
		Type       string
		Properties map[string]any
		Geometry   struct {
			Type        string
			Coordinates json.RawMessage
		}
	}
}

func read(t *testing.T, raw []byte, err error) readBack {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	var out readBack
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	if out.Type != "FeatureCollection" {
		t.Errorf("the type is %q", out.Type)
	}
	return out
}

func TestFlowsOfTheLiveMap(t *testing.T) {
	f := samples()["flowmap"].(FlowMap)
	raw, err := f.FlowsGeoJSON()
	got := read(t, raw, err)
	if len(got.Features) != 4 {
		t.Fatalf("got %d flows, want the four that are not hidden", len(got.Features))
	}
	first := got.Features[0]
	if p := first.Properties; p["id"] != "C1-F1" || p["width"] != 12.0 || p["said"] != "Cityham North to Wrenshire: 14, confirmed" {
		t.Errorf("the first flow is %v", p)
	}
	if want := "[[-0.1,51.6],[1.2,52.6]]"; string(first.Geometry.Coordinates) != want || first.Geometry.Type != "LineString" {
		t.Errorf("got %s %s, want a LineString %s", first.Geometry.Type, first.Geometry.Coordinates, want)
	}
	if strings.Contains(string(raw), "C2-F3") {
		t.Error("a hidden flow is on the map")
	}
	rows := f.Table().Features
	for _, feature := range got.Features {
		found := false
		for _, id := range rows {
			found = found || id == feature.Properties["id"]
		}
		if !found {
			t.Errorf("the flow %v has no row in %v", feature.Properties["id"], rows)
		}
	}
	raw, err = f.PlacesGeoJSON()
	if places := read(t, raw, err); len(places.Features) != 5 || places.Features[0].Geometry.Type != "Point" {
		t.Errorf("places are %s", raw)
	}
}

func TestAreasOfTheLiveMap(t *testing.T) {
	m := samples()["areamap"].(AreaMap)
	raw, err := m.AreasGeoJSON()
	got := read(t, raw, err)
	want := map[string]float64{"W1": 5, "W2": 1, "W3": -1, "W4": 0, "W5": 3}
	for _, f := range got.Features {
		id := f.Properties["id"].(string)
		if f.Properties["shade"] != want[id] {
			t.Errorf("%s has the shade %v, want %v", id, f.Properties["shade"], want[id])
		}
	}
	if said := got.Features[2].Properties["said"]; said != "Carr: fewer than 5" {
		t.Errorf("the hidden area says %q", said)
	}
	raw, err = m.SpotsGeoJSON()
	if spots := read(t, raw, err); len(spots.Features) != 2 || spots.Features[0].Properties["said"] != "Ash Lane home: 9 then 23" {
		t.Errorf("spots are %s", raw)
	}
}

func TestBackgroundOfTheLiveMap(t *testing.T) {
	land, borders, err := samples()["flowmap"].(FlowMap).BackgroundGeoJSON()
	if l := read(t, land, err); len(l.Features) != 1 || l.Features[0].Geometry.Type != "Polygon" {
		t.Errorf("land is %s", land)
	}
	if b := read(t, borders, err); len(b.Features) != 1 || b.Features[0].Geometry.Type != "LineString" {
		t.Errorf("borders are %s", borders)
	}
	empty, _, err := Background{}.BackgroundGeoJSON()
	if e := read(t, empty, err); e.Features == nil || len(e.Features) != 0 {
		t.Errorf("no land is %s, want an empty list", empty)
	}
}
