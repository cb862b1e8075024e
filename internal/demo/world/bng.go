package world

import (
	"math"

	"lantern.example/lantern/internal/geo"
)

// A point is a position on the British National Grid, in metres.
type point struct{ e, n float64 }

func (p point) distance(q point) float64 { return math.Hypot(p.e-q.e, p.n-q.n) }

// shifted is the point so many metres to the east and north.
func (p point) shifted(e, n float64) point { return point{p.e + e, p.n + n} }

// wgs84 is the point's longitude and latitude.
func (p point) wgs84() (lon, lat float64) {
	at, err := geo.ToPoint(geo.Grid{E: p.e, N: p.n})
	if err != nil {
		panic("world: the invented county left the British National Grid: " + err.Error())
	}
	return at.Lon, at.Lat
}
