package chart

import "encoding/json"

// The live map draws what the server has already decided: widths, shades and
// sentences come from here, so the picture, the table and the map agree, and a
// hidden number is in none of them. web/README.md has the contract.

type collection struct {
	Type     string    `json:"type"`
	Features []feature `json:"features"`
}

type feature struct {
	Type       string         `json:"type"`
	Properties map[string]any `json:"properties"`
	Geometry   geometry       `json:"geometry"`
}

type geometry struct {
	Type        string `json:"type"`
	Coordinates any    `json:"coordinates"`
}

// position writes five decimals, about a metre.
func position(p Point) [2]json.Number {
	return [2]json.Number{json.Number(fiveDecimals(p.Lon)), json.Number(fiveDecimals(p.Lat))}
}

func encode(features []feature) ([]byte, error) {
	if features == nil {
		features = []feature{}
	}
	return json.Marshal(collection{"FeatureCollection", features})
}

// FlowsGeoJSON is the layer of kind "flows": the drawn flows as lines of two
// points that the page bends and tapers.
func (f FlowMap) FlowsGeoJSON() ([]byte, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	w, flows := f.words(), f.drawn()
	var out []feature
	for _, v := range flows {
		from, _ := f.place(v.From)
		to, _ := f.place(v.To)
		said := from.Name + " " + w.To + " " + to.Name + ": " + v.Number.text(w, 0)
		if f.mixed() {
			said += ", " + v.kind(w)
		}
		out = append(out, feature{"Feature", map[string]any{
			"id": v.feature(), "width": FlowWidth(v.Number.N, flows[0].Number.N), "unsure": v.Unsure, "said": said,
		}, geometry{"LineString", [][2]json.Number{position(from.At), position(to.At)}}})
	}
	return encode(out)
}

// PlacesGeoJSON is the layer of kind "spots" with the flow map's places.
func (f FlowMap) PlacesGeoJSON() ([]byte, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	var out []feature
	for _, p := range f.Places {
		out = append(out, feature{"Feature", map[string]any{
			"id": p.Code, "label": p.Name, "hub": p.Hub, "kind": 1, "said": p.Name,
		}, geometry{"Point", position(p.At)}})
	}
	return encode(out)
}

// AreasGeoJSON is the layer of kind "areas". The number is in the sentence
// only, and a hidden area has the shade -1.
func (m AreaMap) AreasGeoJSON() ([]byte, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	w := m.words()
	var out []feature
	for _, a := range m.Areas {
		shade := -1
		if !a.hidden() {
			shade = m.shade(a.Class)
		}
		rings := make([][][2]json.Number, len(a.Rings))
		for i, ring := range a.Rings {
			for _, p := range ring {
				rings[i] = append(rings[i], position(p))
			}
		}
		label := ""
		if a.LabelAt != nil { // as in the picture: otherwise the table has the name
			label = a.Name
		}
		// Each ring is a polygon of its own, as in the picture.
		polygons := make([][][][2]json.Number, len(rings))
		for i := range rings {
			polygons[i] = rings[i : i+1]
		}
		out = append(out, feature{"Feature", map[string]any{
			"id": a.Code, "label": label, "shade": shade, "emphasis": a.Emphasis, "said": a.Name + ": " + a.Number.text(w, 1),
		}, geometry{"MultiPolygon", polygons}})
	}
	return encode(out)
}

// SpotsGeoJSON is the layer of kind "spots".
func (m AreaMap) SpotsGeoJSON() ([]byte, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	var out []feature
	for i, s := range m.Spots {
		said := s.Label
		if s.Note != "" {
			said += ": " + s.Note
		}
		label := ""
		if s.Shown {
			label = s.Label
		}
		out = append(out, feature{"Feature", map[string]any{
			"id": spotFeature(i), "label": label, "kind": s.Kind, "said": said,
		}, geometry{"Point", position(s.At)}})
	}
	return encode(out)
}

// BackgroundGeoJSON is the layer of kind "land" and that of kind "borders".
func (b Background) BackgroundGeoJSON() (land, borders []byte, err error) {
	lines := func(rings [][]Point, kind string) []feature {
		var out []feature
		for _, ring := range rings {
			var line [][2]json.Number
			for _, p := range ring {
				line = append(line, position(p))
			}
			g := geometry{kind, line}
			if kind == "Polygon" {
				g.Coordinates = [][][2]json.Number{line}
			}
			out = append(out, feature{"Feature", map[string]any{}, g})
		}
		return out
	}
	if land, err = encode(lines(b.Land, "Polygon")); err != nil {
		return nil, nil, err
	}
	borders, err = encode(lines(b.Borders, "LineString"))
	return land, borders, err
}
