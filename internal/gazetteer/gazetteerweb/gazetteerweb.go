// Package gazetteerweb gives maps their ground: the layers of boundaries as GeoJSON, which are open data and need no
// sign-in, and the land and borders under a drawing.
package gazetteerweb

import (
	"context"
	"math"
	"net/http"
	"strings"

	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/gazetteer"
	"lantern.example/lantern/internal/gazetteer/schematic"
	"lantern.example/lantern/internal/geo"
	"lantern.example/lantern/internal/web"
	"lantern.example/lantern/internal/web/assets"
	"lantern.example/lantern/internal/web/chart"
)

// Pages answer with layers of boundaries.
type Pages struct {
	Site      *web.Site
	Gazetteer *gazetteer.Store
}

// Mount registers the layers.
func (p *Pages) Mount(rt *web.Router) {
	rt.Get("/api/map/areas/{file}", web.Public, p.areas)
}

// areas is a layer at a vintage, lad@2024.geojson. With ?v= the tag that it has now it never changes.
func (p *Pages) areas(w http.ResponseWriter, r *http.Request) error {
	name, ok := strings.CutSuffix(r.PathValue("file"), ".geojson")
	layer, vintage, at := strings.Cut(name, "@")
	if !ok || !at {
		return fault.NoSuch()
	}
	q := p.Site.DB.Reader()
	tag, err := p.Gazetteer.Tag(r.Context(), q, layer, vintage)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("ETag", `"`+tag+`"`)
	h.Set("Cache-Control", "public, no-cache")
	if r.URL.Query().Get("v") == tag {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if strings.Contains(r.Header.Get("If-None-Match"), `"`+tag+`"`) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", "application/geo+json")
	return p.Gazetteer.Layer(r.Context(), q, layer, vintage, w)
}

// Ground is what lies under a map: drawn on the server, and as layers for the live map.
type Ground struct {
	chart.Background
	Layers []web.Layer
}

// whole is how many forces must be loaded before their outline is taken for the country's.
const whole = 10

// The widths of a window in degrees below which districts are drawn rather than forces, and wards rather than these.
const (
	local = 1.5
	near  = 0.5
)

// Under is the ground for what lies at some points: the loaded forces, or the districts in a small window, over the
// schematic coast where the loaded forces are not the whole country.
func Under(ctx context.Context, q database.Queryer, g *gazetteer.Store, points []chart.Point) (Ground, error) {
	var out Ground
	box := geo.EmptyBox()
	for _, p := range points {
		box = box.Add(geo.Point{Lon: p.Lon, Lat: p.Lat})
	}
	if box.Empty() {
		box = geo.Box{Min: geo.Point{Lon: -6, Lat: 50}, Max: geo.Point{Lon: 2, Lat: 56}}
	}
	out.Bounds = window(box)
	pad := max(0.1, (box.Max.Lon-box.Min.Lon)*0.5)
	view := geo.Box{Min: geo.Point{Lon: box.Min.Lon - pad, Lat: box.Min.Lat - pad}, Max: geo.Point{Lon: box.Max.Lon + pad, Lat: box.Max.Lat + pad}}
	forces, err := g.Areas(ctx, q, gazetteer.Force)
	if err != nil {
		return out, err
	}
	lines := forces
	for _, finer := range []struct {
		width float64
		level gazetteer.Level
	}{{local, gazetteer.District}, {near, gazetteer.Ward}} {
		if box.Max.Lon-box.Min.Lon > finer.width {
			continue
		}
		areas, err := g.Areas(ctx, q, finer.level)
		if err != nil {
			return out, err
		}
		if len(areas.In(box)) > 0 {
			lines = areas
		}
	}
	if len(forces.List) < whole {
		for _, s := range schematic.Coast() {
			out.Land = append(out.Land, rings(s.Area)...)
		}
		out.Layers = append(out.Layers, web.Layer{ID: "coast", Kind: "land", URL: assets.Path("coast.geojson")})
		out.Attribution = schematic.CoastCredit
	}
	for _, f := range forces.In(view) {
		out.Land = append(out.Land, rings(f.Shape)...)
	}
	for _, d := range lines.In(view) {
		out.Borders = append(out.Borders, rings(d.Shape)...)
	}
	if err := out.layers(ctx, q, g, "land", forces); err != nil {
		return out, err
	}
	return out, out.layers(ctx, q, g, "borders", lines)
}

// window leaves a margin around what must be seen, and is never so flat that a tall screen would have to cut it.
func window(b geo.Box) chart.Bounds {
	const flattest = 0.6 // of its width
	wide, tall := max((b.Max.Lon-b.Min.Lon)*1.16, 0.04), max((b.Max.Lat-b.Min.Lat)*1.16, 0.04)
	lon, lat := (b.Min.Lon+b.Max.Lon)/2, (b.Min.Lat+b.Max.Lat)/2
	tall = max(tall, wide*math.Cos(lat*math.Pi/180)*flattest)
	return chart.Bounds{West: lon - wide/2, South: lat - tall/2, East: lon + wide/2, North: lat + tall/2}
}

func (out *Ground) layers(ctx context.Context, q database.Queryer, g *gazetteer.Store, kind string, areas *gazetteer.Areas) error {
	done := map[string]bool{}
	for _, set := range areas.Sets {
		name := set.Layer + "@" + set.Vintage
		if done[name] {
			continue
		}
		done[name] = true
		tag, err := g.Tag(ctx, q, set.Layer, set.Vintage)
		if err != nil {
			return err
		}
		out.Layers = append(out.Layers, web.Layer{ID: kind + "-" + set.Layer, Kind: kind, URL: "/api/map/areas/" + name + ".geojson?v=" + tag})
		if !strings.Contains(out.Attribution, set.Licence) {
			out.Attribution = strings.TrimSpace(out.Attribution + " " + set.Licence)
		}
	}
	return nil
}

func rings(m geo.MultiPolygon) [][]chart.Point {
	var out [][]chart.Point
	for _, polygon := range m {
		for _, ring := range polygon {
			line := make([]chart.Point, len(ring))
			for i, p := range ring {
				line[i] = chart.Point{Lon: p.Lon, Lat: p.Lat}
			}
			out = append(out, line)
		}
	}
	return out
}
