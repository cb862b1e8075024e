package main

import (
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
)

// Countries whose land is drawn, by ISO 3166-1 number, in the order written.
var coastOf = []struct{ id, name string }{
	{"826", "United Kingdom"}, {"833", "Isle of Man"}, {"372", "Ireland"},
}

// topology is as much of a TopoJSON file as the coast needs: lines shared
// between shapes, quantised and written as differences.
type topology struct {
	Transform struct {
		Scale     [2]float64 `json:"scale"`
		Translate [2]float64 `json:"translate"`
	} `json:"transform"`
	Arcs    [][][2]int `json:"arcs"`
	Objects map[string]struct {
		Geometries []struct {
			ID   string          `json:"id"`
			Type string          `json:"type"`
			Arcs json.RawMessage `json:"arcs"`
		} `json:"geometries"`
	} `json:"objects"`
}

type (
	position [2]float64
	ring     []position
	feature  struct {
		Type       string            `json:"type"`
		ID         string            `json:"id"`
		Properties map[string]string `json:"properties"`
		Geometry   struct {
			Type        string   `json:"type"`
			Coordinates [][]ring `json:"coordinates"`
		} `json:"geometry"`
	}
)

// coast writes coast.geojson: Natural Earth's 1:10 million land of the British
// Isles (public domain), WGS84 degrees to three decimals (under 110 m), for
// maps that have nothing better behind them.
func (b *builder) coast() {
	raw := b.read(b.modules, "world-atlas", "countries-10m.json")
	if b.err != nil {
		return
	}
	features, err := decodeCoast(raw)
	if err != nil {
		b.err = fmt.Errorf("%s: %w", filepath.Join("world-atlas", "countries-10m.json"), err)
		return
	}
	out, err := json.Marshal(map[string]any{
		"type": "FeatureCollection", "attribution": "Coast: Natural Earth", "features": features,
	})
	if err != nil {
		b.err = err
		return
	}
	b.write("coast.geojson", out)
}

func decodeCoast(raw []byte) ([]feature, error) {
	var t topology
	if err := json.Unmarshal(raw, &t); err != nil {
		return nil, err
	}
	var features []feature
	for _, want := range coastOf {
		polygons, err := t.country(want.id)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", want.name, err)
		}
		f := feature{Type: "Feature", ID: want.id, Properties: map[string]string{"name": want.name}}
		f.Geometry.Type, f.Geometry.Coordinates = "MultiPolygon", polygons
		features = append(features, f)
	}
	return features, nil
}

func (t topology) country(id string) ([][]ring, error) {
	for _, g := range t.Objects["countries"].Geometries {
		if g.ID != id {
			continue
		}
		var polygons [][][]int
		switch g.Type {
		case "MultiPolygon":
			if err := json.Unmarshal(g.Arcs, &polygons); err != nil {
				return nil, err
			}
		case "Polygon":
			polygons = make([][][]int, 1)
			if err := json.Unmarshal(g.Arcs, &polygons[0]); err != nil {
				return nil, err
			}
		default:
			return nil, fmt.Errorf("expected a polygon, found %q", g.Type)
		}
		return t.polygons(polygons)
	}
	return nil, fmt.Errorf("no country with the number %s", id)
}

func (t topology) polygons(in [][][]int) ([][]ring, error) {
	out := make([][]ring, len(in))
	for i, polygon := range in {
		for _, arcs := range polygon {
			r, err := t.ring(arcs)
			if err != nil {
				return nil, err
			}
			out[i] = append(out[i], r)
		}
	}
	return out, nil
}

// ring joins arcs end to end. A negative number means an arc run backwards
// (-1 is arc 0), and each arc begins where the one before it ended.
func (t topology) ring(arcs []int) (ring, error) {
	var out ring
	for _, a := range arcs {
		index, backwards := a, a < 0
		if backwards {
			index = ^a
		}
		if index >= len(t.Arcs) {
			return nil, fmt.Errorf("arc %d of %d", index, len(t.Arcs))
		}
		line := t.arc(index)
		if backwards {
			for i, j := 0, len(line)-1; i < j; i, j = i+1, j-1 {
				line[i], line[j] = line[j], line[i]
			}
		}
		if len(out) > 0 {
			line = line[1:]
		}
		out = append(out, line...)
	}
	return out, nil
}

func (t topology) arc(index int) []position {
	var x, y int
	line := make([]position, 0, len(t.Arcs[index]))
	for _, d := range t.Arcs[index] {
		x, y = x+d[0], y+d[1]
		line = append(line, position{
			thousandths(float64(x)*t.Transform.Scale[0] + t.Transform.Translate[0]),
			thousandths(float64(y)*t.Transform.Scale[1] + t.Transform.Translate[1]),
		})
	}
	return line
}

func thousandths(v float64) float64 { return math.Round(v*1000) / 1000 }
