package geo

import (
	"cmp"
	"math"
	"slices"
)

// Ring is a closed line: its last point repeats its first.
type Ring []Point

// Polygon is an outer ring followed by the rings of its holes. Which way the rings run does not matter here.
type Polygon []Ring

// MultiPolygon is an area of one or more parts, such as a district with islands.
type MultiPolygon []Polygon

// Box is a rectangle in degrees.
type Box struct{ Min, Max Point }

// EmptyBox returns the box that holds nothing and grows with the first point added.
func EmptyBox() Box {
	inf := math.Inf(1)
	return Box{Min: Point{inf, inf}, Max: Point{-inf, -inf}}
}

// Add returns the box grown to hold p.
func (b Box) Add(p Point) Box {
	return Box{
		Min: Point{min(b.Min.Lon, p.Lon), min(b.Min.Lat, p.Lat)},
		Max: Point{max(b.Max.Lon, p.Lon), max(b.Max.Lat, p.Lat)},
	}
}

// Union returns the box that holds both.
func (b Box) Union(c Box) Box {
	if c.Empty() {
		return b
	}
	return b.Add(c.Min).Add(c.Max)
}

// Empty reports whether the box holds nothing.
func (b Box) Empty() bool { return !(b.Min.Lon <= b.Max.Lon && b.Min.Lat <= b.Max.Lat) }

// Contains reports whether p is in the box, edges included.
func (b Box) Contains(p Point) bool {
	return p.Lon >= b.Min.Lon && p.Lon <= b.Max.Lon && p.Lat >= b.Min.Lat && p.Lat <= b.Max.Lat
}

// Intersects reports whether the boxes share a point.
func (b Box) Intersects(c Box) bool {
	return b.Min.Lon <= c.Max.Lon && c.Min.Lon <= b.Max.Lon && b.Min.Lat <= c.Max.Lat && c.Min.Lat <= b.Max.Lat
}

// Bounds returns the smallest box around the area.
func (mp MultiPolygon) Bounds() Box {
	b := EmptyBox()
	for _, polygon := range mp {
		for _, ring := range polygon {
			for _, p := range ring {
				b = b.Add(p)
			}
		}
	}
	return b
}

// Contains reports whether p lies in the area and in none of its holes, by counting how many edges a line going east
// from p crosses (even-odd rule). A point on a border shared by two areas with the same vertices belongs to exactly one of
// them. For many points use [NewIndex].
func (mp MultiPolygon) Contains(p Point) bool {
	in := false
	mp.eachEdge(func(e edge) {
		if e.crosses(p) {
			in = !in
		}
	})
	return in
}

// edge is one side of a ring with its southern end first, so that both areas that share it compute the same crossing.
type edge struct{ a, b Point }

func newEdge(a, b Point) edge {
	if a.Lat > b.Lat || a.Lat == b.Lat && a.Lon > b.Lon {
		a, b = b, a
	}
	return edge{a, b}
}

// crosses reports whether a line going east from p crosses the edge. The edge owns its southern end and not its
// northern, so that a vertex counts once.
func (e edge) crosses(p Point) bool {
	if p.Lat < e.a.Lat || p.Lat >= e.b.Lat {
		return false
	}
	return p.Lon < e.a.Lon+(p.Lat-e.a.Lat)*(e.b.Lon-e.a.Lon)/(e.b.Lat-e.a.Lat)
}

func (mp MultiPolygon) eachEdge(visit func(edge)) {
	for _, polygon := range mp {
		for _, ring := range polygon {
			for i := 1; i < len(ring); i++ {
				visit(newEdge(ring[i-1], ring[i]))
			}
		}
	}
}

// plane lays a small piece of the Earth flat around a point, in metres. Over 50 km it is right to about 1 %.
type plane struct {
	at   Point
	x, y float64 // metres per degree of longitude and latitude
}

func planeAt(p Point) plane {
	perDegree := EarthRadius * math.Pi / 180
	return plane{at: p, x: perDegree * math.Cos(radians(p.Lat)), y: perDegree}
}

// distance returns the metres from the plane's point to the nearest place on the edge.
func (pl plane) distance(e edge) float64 {
	ax, ay := (e.a.Lon-pl.at.Lon)*pl.x, (e.a.Lat-pl.at.Lat)*pl.y
	dx, dy := (e.b.Lon-e.a.Lon)*pl.x, (e.b.Lat-e.a.Lat)*pl.y
	t := 0.0
	if length := dx*dx + dy*dy; length > 0 {
		t = min(1, max(0, -(ax*dx+ay*dy)/length))
	}
	return math.Hypot(ax+t*dx, ay+t*dy)
}

// box returns the degrees within metres of the plane's point.
func (pl plane) box(metres float64) Box {
	lon, lat := metres/pl.x, metres/pl.y
	return Box{Min: Point{pl.at.Lon - lon, pl.at.Lat - lat}, Max: Point{pl.at.Lon + lon, pl.at.Lat + lat}}
}

// Centroid returns the centre of the area's surface, treating degrees as flat with longitude narrowed at the area's
// middle latitude. It may lie outside the area; [MultiPolygon.InnerPoint] does not. ok is false for no surface.
func (mp MultiPolygon) Centroid() (p Point, ok bool) {
	b := mp.Bounds()
	if b.Empty() {
		return Point{}, false
	}
	o := b.Min // sums are taken from the corner, to keep their precision
	var sx, sy, total float64
	for _, polygon := range mp {
		for i, ring := range polygon {
			x, y, a := ring.moments(o)
			if (i == 0) != (a > 0) { // the outer ring adds and holes take away, however they run
				x, y, a = -x, -y, -a
			}
			sx, sy, total = sx+x, sy+y, total+a
		}
	}
	if total <= 0 {
		return Point{}, false
	}
	return Point{Lon: o.Lon + sx/(3*total), Lat: o.Lat + sy/(3*total)}, true
}

// moments returns the sums of the shoelace formula about o: first moments times six, and twice the signed area.
func (r Ring) moments(o Point) (x, y, area float64) {
	for i := 1; i < len(r); i++ {
		ax, ay := r[i-1].Lon-o.Lon, r[i-1].Lat-o.Lat
		bx, by := r[i].Lon-o.Lon, r[i].Lat-o.Lat
		c := ax*by - bx*ay
		x, y, area = x+(ax+bx)*c, y+(ay+by)*c, area+c
	}
	return x, y, area
}

// InnerPoint returns a point inside the area for a label or the end of an arrow: the centroid when that is inside, else
// the middle of the longest stretch of the area along the centroid's latitude. It says nothing of where people live. ok
// is false for an area without surface.
func (mp MultiPolygon) InnerPoint() (p Point, ok bool) {
	c, ok := mp.Centroid()
	if !ok || mp.Contains(c) {
		return c, ok
	}
	b := mp.Bounds()
	lats := []float64{c.Lat}
	for i := 1.0; i < 16; i++ {
		lats = append(lats, b.Min.Lat+(b.Max.Lat-b.Min.Lat)*i/16)
	}
	// Latitudes nearest the centroid's first, so that the point stays as central as it can.
	slices.SortStableFunc(lats, func(p, q float64) int { return cmp.Compare(math.Abs(p-c.Lat), math.Abs(q-c.Lat)) })
	for _, lat := range lats {
		if p, ok := mp.middleAlong(lat); ok {
			return p, true
		}
	}
	return Point{}, false
}

// middleAlong returns the middle of the longest stretch of the area along a latitude.
func (mp MultiPolygon) middleAlong(lat float64) (best Point, ok bool) {
	var cuts []float64
	mp.eachEdge(func(e edge) {
		if lat >= e.a.Lat && lat < e.b.Lat {
			cuts = append(cuts, e.a.Lon+(lat-e.a.Lat)*(e.b.Lon-e.a.Lon)/(e.b.Lat-e.a.Lat))
		}
	})
	slices.Sort(cuts)
	longest := 0.0
	for i := 1; i < len(cuts); i += 2 {
		mid := Point{Lon: (cuts[i-1] + cuts[i]) / 2, Lat: lat}
		if width := cuts[i] - cuts[i-1]; width > longest && mp.Contains(mid) {
			longest, best, ok = width, mid, true
		}
	}
	return best, ok
}
