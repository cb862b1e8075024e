package schematic

import (
	"bytes"
	_ "embed"
	"slices"
	"sync"

	"lantern.example/lantern/internal/geo"
)

// coastFile is made by tools/coast.
//
//go:embed coast.geojson
var coastFile []byte

// CoastCredit is shown under a map that draws the coast; Natural Earth asks for no more.
const CoastCredit = "Coast: made with Natural Earth (public domain)."

// Shore is the outline of one country as Natural Earth draws it at 1 to 50 million, for the ground of a small map. It is
// kilometres out in places and leaves out small islands: never use it to decide where a point is. The border between
// Northern Ireland and Ireland is part of both outlines.
type Shore struct {
	ID   string // ISO 3166-1 numeric
	Name string
	Area geo.MultiPolygon
}

var shores = sync.OnceValue(func() []Shore {
	features, err := geo.DecodeGeoJSON(bytes.NewReader(coastFile), geo.GeoJSONLimits{})
	if err != nil {
		panic("schematic: coast: " + err.Error()) // the file is part of the program
	}
	out := make([]Shore, len(features))
	for i, f := range features {
		out[i] = Shore{ID: f.ID, Name: f.Property("name"), Area: f.Area}
	}
	return out
})

// Coast returns the outlines of the United Kingdom, Ireland, the Isle of Man, Guernsey and Jersey, in that order. Do not
// change the points.
func Coast() []Shore { return slices.Clone(shores()) }
