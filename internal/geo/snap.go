package geo

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Facts about the positions in files from data.police.uk. The publisher replaces each true position by the nearest of a
// fixed list of about 750,000 snap points: the middles of streets, public places and commercial premises, each with a
// catchment of at least eight postal addresses or none. In Essex in January 2024 the nearest other snap point was 103 m
// away at the median (48 to 231 m between the tenth and ninetieth percentile), and 91 % of the occupied 100 m cells and
// 65 % of the 200 m cells held one single snap point: at those sizes a map of crime is a map of snap points.
const (
	SnapMinCell   = 500 // smallest side in metres of a cell that snapped points support
	SnapAddresses = 8   // fewest postal addresses in the catchment of a snap point that has any
)

// Use is a purpose to which located events may be put.
type Use string

// The uses judged by [SnapSupports].
const (
	UseGridCells  Use = "grid_cells"  // counts or hot spots in square cells
	UseSmallAreas Use = "small_areas" // counts or hot spots in LSOAs and larger areas
	UsePlaceTypes Use = "place_types" // counts by kind of place ("On or near Supermarket")
	UseNearRepeat Use = "near_repeat" // near-repeat analysis in space and time
	UseAddress    Use = "address"     // joining events to an address, school or home
	UseDistance   Use = "distance"    // distance from home or between events
)

// Ruling says whether snapped points support a use, and why, in words for the page.
type Ruling struct {
	OK     bool
	Reason string
}

// SnapSupports says whether points snapped by data.police.uk support a use; cell is the side in metres and matters only
// for [UseGridCells].
func SnapSupports(use Use, cell int) Ruling {
	switch use {
	case UseGridCells:
		if cell >= SnapMinCell {
			return Ruling{true, fmt.Sprintf("cells of %d m hold several of the points to which open data is moved", cell)}
		}
		return Ruling{false, fmt.Sprintf("open data is moved to fixed points about 100 m apart: cells of %d m would show the points, not the crime; use %d m or larger, or LSOAs", cell, SnapMinCell)}
	case UseSmallAreas:
		return Ruling{true, "an area holds many of the points to which open data is moved; near its edge an event may fall on the wrong side"}
	case UsePlaceTypes:
		return Ruling{true, "the names of the points say what kind of place is near"}
	case UseNearRepeat:
		return Ruling{false, "open data gives only the month and a moved position: near-repeat analysis needs partners' own dated and located events"}
	case UseAddress:
		return Ruling{false, "open data is moved to a point that stands for eight or more addresses: it cannot be joined to one"}
	case UseDistance:
		return Ruling{false, "open data is moved to a point that may be hundreds of metres away: distances need partners' own positions"}
	}
	return Ruling{false, fmt.Sprintf("the use %q is not known", use)}
}

// PointCount is a position and the events recorded at exactly that position.
type PointCount struct {
	Point  Point
	Events int
}

// SinkReport says how much of a set of events sits on its most frequent positions: hospitals, police stations, shopping
// centres, or the default of a partner's geocoder.
type SinkReport struct {
	Events      int          // located events
	Points      int          // distinct positions
	Top         []PointCount // the most frequent positions, as many as asked
	TopEvents   int          // events on Top
	TopCentile  int          // how many positions make up the most frequent 1 %, at least one
	TopCentileN int          // events on those
	Heavy       []PointCount // positions with more than 1 % of all events, and more than one event: each needs a decision
}

// TopShare returns the share of events on Top, 0 to 1; 0 when there are none.
func (r SinkReport) TopShare() float64 { return share(r.TopEvents, r.Events) }

// TopCentileShare returns the share of events on the most frequent 1 % of positions, 0 to 1.
func (r SinkReport) TopCentileShare() float64 { return share(r.TopCentileN, r.Events) }

func share(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// SinkPoints counts events by position, equal to a millionth of a degree, and reports the most frequent. Leave out
// events without a position before calling. Positions with equal counts come from west to east, then south to north.
func SinkPoints(events []Point, top int) SinkReport {
	counts := map[Point]int{}
	for _, p := range events {
		counts[roundPoint(p)]++
	}
	points := make([]PointCount, 0, len(counts))
	for p, n := range counts {
		points = append(points, PointCount{p, n})
	}
	slices.SortFunc(points, func(a, b PointCount) int {
		return cmp.Or(cmp.Compare(b.Events, a.Events), cmp.Compare(a.Point.Lon, b.Point.Lon), cmp.Compare(a.Point.Lat, b.Point.Lat))
	})
	r := SinkReport{Events: len(events), Points: len(points)}
	r.Top = points[:min(max(top, 0), len(points))]
	r.TopEvents = sumEvents(r.Top)
	if len(points) > 0 {
		r.TopCentile = max(1, int(math.Round(float64(len(points))/100)))
		r.TopCentileN = sumEvents(points[:r.TopCentile])
	}
	for _, p := range points {
		if p.Events < 2 || 100*p.Events <= len(events) {
			break
		}
		r.Heavy = append(r.Heavy, p)
	}
	return r
}

func sumEvents(points []PointCount) int {
	n := 0
	for _, p := range points {
		n += p.Events
	}
	return n
}
