package geo

import (
	"fmt"
	"math"
)

// Point is a place in degrees, WGS84, longitude first as in GeoJSON. The zero Point is not a place: 0, 0 is how many
// systems write a missing coordinate, and [CheckLatLon] refuses it.
type Point struct {
	Lon float64 `json:"lon"`
	Lat float64 `json:"lat"`
}

// Grid is a place in metres on the British National Grid (EPSG:27700): easting, then northing.
type Grid struct {
	E float64 `json:"e"`
	N float64 `json:"n"`
}

// The extent of the British National Grid in metres. Great Britain, Man and Northern Ireland lie inside; Ireland's far
// west does not.
const (
	MaxEasting  = 700_000.0
	MaxNorthing = 1_300_000.0
)

// The degrees that can hold a place in the United Kingdom, with a margin of sea. They are disjoint, so a longitude
// given as a latitude is always recognised.
const (
	ukMinLat, ukMaxLat = 49.0, 62.0
	ukMinLon, ukMaxLon = -10.0, 4.0
)

// CoordFault says what is wrong with a pair of coordinates.
type CoordFault string

// The faults a pair of coordinates can have.
const (
	OutOfRange CoordFault = "out_of_range" // not in or near the United Kingdom
	Swapped    CoordFault = "swapped"      // right if the two are exchanged
	Projected  CoordFault = "projected"    // metres where degrees were expected
	Degrees    CoordFault = "degrees"      // degrees where metres were expected
	NoPosition CoordFault = "no_position"  // a convention for "no position": 0, 0 or ONS's latitude 99.999999
	NotFinite  CoordFault = "not_finite"   // not a number, or infinite
)

// CoordError reports a pair of coordinates that cannot be used as given. Message is fit to show beside the row.
type CoordError struct {
	Fault   CoordFault
	Message string
}

func (e *CoordError) Error() string { return e.Message }

func coordError(fault CoordFault, format string, args ...any) error {
	return &CoordError{Fault: fault, Message: fmt.Sprintf(format, args...)}
}

// CheckLatLon makes a Point of a latitude and a longitude from a partner's file, in the order people write them. The
// error is a *[CoordError]: swapped columns, metres, missing positions and places far from the United Kingdom are each
// named, and nothing is corrected silently.
func CheckLatLon(lat, lon float64) (Point, error) {
	inUK := func(lat, lon float64) bool {
		return lat >= ukMinLat && lat <= ukMaxLat && lon >= ukMinLon && lon <= ukMaxLon
	}
	switch {
	case !finite(lat) || !finite(lon):
		return Point{}, coordError(NotFinite, "latitude %v, longitude %v: expected two numbers", lat, lon)
	case lat == 0 && lon == 0:
		return Point{}, coordError(NoPosition, "latitude 0, longitude 0 marks a missing position")
	case lat > 99.9 && lat < 100:
		return Point{}, coordError(NoPosition, "latitude %g is the ONS mark for a postcode without a position", lat)
	case inUK(lat, lon):
		return Point{Lon: lon, Lat: lat}, nil
	case inUK(lon, lat):
		return Point{}, coordError(Swapped, "latitude %g, longitude %g: the two look swapped; latitudes in the United Kingdom run from 49 to 61", lat, lon)
	case math.Abs(lat) > 180 || math.Abs(lon) > 180:
		return Point{}, coordError(Projected, "latitude %g, longitude %g look like metres (eastings and northings), not degrees", lat, lon)
	}
	return Point{}, coordError(OutOfRange, "latitude %g, longitude %g is not in or near the United Kingdom", lat, lon)
}

// CheckGrid makes a Grid of an easting and a northing from a partner's file. The error is a *[CoordError]. A swap can be
// seen in a single pair only when the easting is beyond the grid; [CountSwapped] judges a whole column.
func CheckGrid(e, n float64) (Grid, error) {
	inGrid := func(e, n float64) bool { return e >= 0 && e <= MaxEasting && n >= 0 && n <= MaxNorthing }
	switch {
	case !finite(e) || !finite(n):
		return Grid{}, coordError(NotFinite, "easting %v, northing %v: expected two numbers", e, n)
	case e == 0 && n == 0:
		return Grid{}, coordError(NoPosition, "easting 0, northing 0 marks a missing position")
	case math.Abs(e) <= 180 && math.Abs(n) <= 180:
		return Grid{}, coordError(Degrees, "easting %g, northing %g look like degrees, not metres", e, n)
	case inGrid(e, n):
		return Grid{E: e, N: n}, nil
	case inGrid(n, e):
		return Grid{}, coordError(Swapped, "easting %g, northing %g: the two look swapped; an easting is at most %.0f", e, n, MaxEasting)
	}
	return Grid{}, coordError(OutOfRange, "easting %g, northing %g is off the British National Grid (0 to %.0f, 0 to %.0f)", e, n, MaxEasting, MaxNorthing)
}

func finite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }

// GridBox is a rectangle on the British National Grid, edges included.
type GridBox struct{ Min, Max Grid }

// Contains reports whether g lies in the box.
func (b GridBox) Contains(g Grid) bool {
	return g.E >= b.Min.E && g.E <= b.Max.E && g.N >= b.Min.N && g.N <= b.Max.N
}

// SwapCount tells how a column of coordinates fits the area it is said to come from.
type SwapCount struct {
	Total   int // pairs looked at
	Inside  int // pairs inside the area as given
	Swapped int // pairs outside it as given and inside when exchanged
}

// LooksSwapped reports whether at least nine in ten pairs fit only when exchanged.
func (c SwapCount) LooksSwapped() bool { return c.Total > 0 && 10*c.Swapped >= 9*c.Total }

// CountSwapped compares a column of pairs with the area they should lie in. Most swapped pairs in England are still on
// the grid (in the Irish Sea, say), so only the expected area can tell.
func CountSwapped(pairs []Grid, within GridBox) SwapCount {
	c := SwapCount{Total: len(pairs)}
	for _, g := range pairs {
		switch {
		case within.Contains(g):
			c.Inside++
		case within.Contains(Grid{E: g.N, N: g.E}):
			c.Swapped++
		}
	}
	return c
}

// EarthRadius is the mean radius in metres used for distances (IUGG R1, 6,371,008.8 m).
const EarthRadius = 6_371_008.8

// Distance returns the great-circle distance in metres by the haversine formula. The sphere costs at most about 0.5 %
// against the ellipsoid.
func Distance(a, b Point) float64 {
	lat1, lat2 := radians(a.Lat), radians(b.Lat)
	s1 := math.Sin((lat2 - lat1) / 2)
	s2 := math.Sin(radians(b.Lon-a.Lon) / 2)
	h := s1*s1 + math.Cos(lat1)*math.Cos(lat2)*s2*s2
	return 2 * EarthRadius * math.Asin(math.Min(1, math.Sqrt(h)))
}

// MetresPerMile is the length of the statute mile.
const MetresPerMile = 1609.344

// GridDistance returns the straight-line distance in metres on the map; the grid's scale error is at most 0.04 %.
func GridDistance(a, b Grid) float64 { return math.Hypot(a.E-b.E, a.N-b.N) }

func radians(deg float64) float64 { return deg * math.Pi / 180 }
func degrees(rad float64) float64 { return rad * 180 / math.Pi }

// roundPoint rounds to a millionth of a degree (about 0.1 m), so that printed coordinates are the same on every machine.
func roundPoint(p Point) Point {
	return Point{Lon: math.Round(p.Lon*1e6) / 1e6, Lat: math.Round(p.Lat*1e6) / 1e6}
}
