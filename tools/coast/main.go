// Command coast cuts the outline of the United Kingdom, Ireland and the islands between them out of Natural Earth, as
// packed in the npm package world-atlas, and writes the small GeoJSON that gazetteer/schematic embeds. Natural Earth is
// in the public domain. It is run by hand when a new release is wanted:
//
//	go run ./tools/coast -in web/node_modules/world-atlas/countries-50m.json -out internal/gazetteer/schematic/coast.geojson
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"

	"lantern.example/lantern/internal/geo"
)

// wanted are the ISO 3166-1 numeric codes that Natural Earth uses as ids, in the order in which they are written.
var wanted = []string{"826", "372", "833", "831", "832"}

// decimals of a degree kept: 3 is about 100 m, finer than the 1:50 million original.
const decimals = 3

func main() {
	in := flag.String("in", "web/node_modules/world-atlas/countries-50m.json", "TopoJSON of countries")
	out := flag.String("out", "internal/gazetteer/schematic/coast.geojson", "GeoJSON to write")
	flag.Parse()
	if err := run(*in, *out); err != nil {
		fmt.Fprintln(os.Stderr, "coast:", err)
		os.Exit(1)
	}
}

func run(in, out string) error {
	raw, err := os.ReadFile(in)
	if err != nil {
		return err
	}
	text, err := outline(raw)
	if err != nil {
		return fmt.Errorf("%s: %w", in, err)
	}
	return os.WriteFile(out, text, 0o644)
}

// topology is the part of TopoJSON used here: quantised arcs, shared between countries, and the countries' lists of them.
type topology struct {
	Type      string
	Transform struct{ Scale, Translate [2]float64 }
	Arcs      [][][2]float64
	Objects   struct {
		Countries struct {
			Geometries []country
		}
	}
}

type country struct {
	Type       string
	ID         string
	Arcs       json.RawMessage
	Properties struct{ Name string }
}

// outline returns the GeoJSON of the wanted countries.
func outline(raw []byte) ([]byte, error) {
	var t topology
	if err := json.Unmarshal(raw, &t); err != nil {
		return nil, err
	}
	if t.Type != "Topology" {
		return nil, fmt.Errorf("the type is %q, expected Topology", t.Type)
	}
	if t.Transform.Scale == [2]float64{} {
		return nil, fmt.Errorf("the arcs are not quantised: the file has no transform")
	}
	text := []byte(`{"type":"FeatureCollection",
"made_by":"tools/coast from countries-50m.json of the npm package world-atlas; do not edit",
"source":"Natural Earth 1:50m, made with Natural Earth, public domain",
"features":[`)
	for i, id := range wanted {
		n := slices.IndexFunc(t.Objects.Countries.Geometries, func(c country) bool { return c.ID == id })
		if n < 0 {
			return nil, fmt.Errorf("country %s is missing", id)
		}
		c := t.Objects.Countries.Geometries[n]
		area, err := t.area(c)
		if err != nil {
			return nil, fmt.Errorf("country %s (%s): %w", id, c.Properties.Name, err)
		}
		if i > 0 {
			text = append(text, ',')
		}
		text = fmt.Appendf(text, "\n{\"type\":\"Feature\",\"id\":%q,\"properties\":{\"name\":%q},\"geometry\":", id, c.Properties.Name)
		text = append(area.AppendGeoJSON(text, decimals), '}')
	}
	return append(text, "\n]}\n"...), nil
}

func (t *topology) area(c country) (geo.MultiPolygon, error) {
	var parts [][][]int
	switch c.Type {
	case "Polygon":
		var one [][]int
		if err := json.Unmarshal(c.Arcs, &one); err != nil {
			return nil, err
		}
		parts = append(parts, one)
	case "MultiPolygon":
		if err := json.Unmarshal(c.Arcs, &parts); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("the geometry is a %s, expected Polygon or MultiPolygon", c.Type)
	}
	var mp geo.MultiPolygon
	for _, part := range parts {
		var polygon geo.Polygon
		for _, arcs := range part {
			ring, err := t.ring(arcs)
			if err != nil {
				return nil, err
			}
			polygon = append(polygon, ring)
		}
		mp = append(mp, polygon)
	}
	return mp, nil
}

// ring joins arcs end to end. A negative number means the arc ^n run backwards; each arc begins where the last ended.
func (t *topology) ring(arcs []int) (geo.Ring, error) {
	var ring geo.Ring
	for _, n := range arcs {
		i := n
		if n < 0 {
			i = ^n
		}
		if i >= len(t.Arcs) {
			return nil, fmt.Errorf("arc %d does not exist", i)
		}
		line := t.line(i)
		if n < 0 {
			slices.Reverse(line)
		}
		if len(ring) > 0 && len(line) > 0 {
			line = line[1:]
		}
		ring = append(ring, line...)
	}
	return ring, nil
}

// line undoes the quantisation and the differences between points of an arc.
func (t *topology) line(i int) geo.Ring {
	line := make(geo.Ring, len(t.Arcs[i]))
	var x, y float64
	for j, d := range t.Arcs[i] {
		x, y = x+d[0], y+d[1]
		line[j] = geo.Point{
			Lon: x*t.Transform.Scale[0] + t.Transform.Translate[0],
			Lat: y*t.Transform.Scale[1] + t.Transform.Translate[1],
		}
	}
	return line
}
