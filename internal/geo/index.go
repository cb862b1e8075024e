package geo

import (
	"cmp"
	"math"
	"slices"
)

// Index answers, for many points, which areas hold a point or lie nearest to it. It is an R-tree over the areas' boxes,
// packed once (sort-tile-recursive: Leutenegger, Lopez and Edgington 1997), and within each area a list of edges by band
// of latitude, so that a force with thousands of edges costs no more than a small one. It is safe for use by many
// goroutines, and its areas are numbered by their place in the slice it was made from.
type Index struct {
	areas []bandedArea
	nodes []treeNode // children before parents; the last is the root
}

type treeNode struct {
	box      Box
	leaf     bool
	children []int // areas for a leaf, nodes otherwise
}

const nodeFanout = 12

// NewIndex indexes areas. An area without surface is kept, so that numbers hold, and is never found.
func NewIndex(areas []MultiPolygon) *Index {
	ix := &Index{areas: make([]bandedArea, len(areas))}
	var level []int
	for i, mp := range areas {
		ix.areas[i] = newBandedArea(mp)
		if !ix.areas[i].box.Empty() {
			level = append(level, i)
		}
	}
	boxOf := func(i int) Box { return ix.areas[i].box }
	for leaf := true; len(level) > 0; leaf = false {
		var next []int
		for _, group := range tile(level, boxOf) {
			node := treeNode{box: EmptyBox(), leaf: leaf, children: group}
			for _, c := range group {
				node.box = node.box.Union(boxOf(c))
			}
			ix.nodes = append(ix.nodes, node)
			next = append(next, len(ix.nodes)-1)
		}
		if len(next) == 1 {
			break
		}
		level, boxOf = next, func(i int) Box { return ix.nodes[i].box }
	}
	return ix
}

// tile splits items into groups of at most nodeFanout that lie near each other.
func tile(items []int, boxOf func(int) Box) [][]int {
	middle := func(axis func(Point) float64) func(a, b int) int {
		return func(a, b int) int {
			p, q := boxOf(a), boxOf(b)
			return cmp.Or(cmp.Compare(axis(p.Min)+axis(p.Max), axis(q.Min)+axis(q.Max)), cmp.Compare(a, b))
		}
	}
	slices.SortFunc(items, middle(func(p Point) float64 { return p.Lon }))
	groups := (len(items) + nodeFanout - 1) / nodeFanout
	perSlice := int(math.Ceil(math.Sqrt(float64(groups)))) * nodeFanout
	var out [][]int
	for column := range slices.Chunk(items, perSlice) {
		slices.SortFunc(column, middle(func(p Point) float64 { return p.Lat }))
		for group := range slices.Chunk(column, nodeFanout) {
			out = append(out, slices.Clone(group))
		}
	}
	return out
}

// search calls visit for every area whose box touches q.
func (ix *Index) search(q Box, visit func(area int)) {
	if len(ix.nodes) == 0 {
		return
	}
	var space [64]int
	stack := append(space[:0], len(ix.nodes)-1)
	for len(stack) > 0 {
		node := &ix.nodes[stack[len(stack)-1]]
		stack = stack[:len(stack)-1]
		if !node.box.Intersects(q) {
			continue
		}
		if !node.leaf {
			stack = append(stack, node.children...)
			continue
		}
		for _, a := range node.children {
			if ix.areas[a].box.Intersects(q) {
				visit(a)
			}
		}
	}
}

// Find returns the number of the area that holds p, the lowest if several do, and false if none does.
func (ix *Index) Find(p Point) (area int, ok bool) {
	area = -1
	ix.search(Box{Min: p, Max: p}, func(a int) {
		if (area < 0 || a < area) && ix.areas[a].contains(p) {
			area = a
		}
	})
	return area, area >= 0
}

// FindAll returns the numbers of all the areas that hold p, in order.
func (ix *Index) FindAll(p Point) []int {
	var out []int
	ix.search(Box{Min: p, Max: p}, func(a int) {
		if ix.areas[a].contains(p) {
			out = append(out, a)
		}
	})
	slices.Sort(out)
	return out
}

// In returns the numbers of the areas whose boxes touch b, in order: what a map window may need to draw.
func (ix *Index) In(b Box) []int {
	var out []int
	ix.search(b, func(a int) { out = append(out, a) })
	slices.Sort(out)
	return out
}

// ForeshoreReach is how far from an area a point may lie and still be given to it, in metres: boundaries are clipped to
// high water and generalised, so that beaches, piers and moorings fall outside every polygon.
const ForeshoreReach = 2000

// Nearest returns the area that holds p, at distance 0, or else the nearest within the given metres (a few kilometres
// at most; the ground is treated as flat). Of equally near areas it returns the lowest number. Say in the record that a
// place was found by nearness.
func (ix *Index) Nearest(p Point, within float64) (area int, metres float64, ok bool) {
	if a, ok := ix.Find(p); ok {
		return a, 0, true
	}
	area, metres = -1, within
	pl := planeAt(p)
	ix.search(pl.box(within), func(a int) {
		d := ix.areas[a].distance(pl, metres)
		if d < metres || d == metres && (area < 0 || a < area) {
			area, metres = a, d
		}
	})
	return area, metres, area >= 0
}

// bandedArea holds an area's edges in bands of latitude.
type bandedArea struct {
	box   Box
	step  float64 // degrees of latitude in a band
	bands [][]edge
}

func newBandedArea(mp MultiPolygon) bandedArea {
	a := bandedArea{box: mp.Bounds()}
	edges := 0
	mp.eachEdge(func(edge) { edges++ })
	if edges == 0 {
		a.box = EmptyBox()
		return a
	}
	a.bands = make([][]edge, a.bandCount(mp, edges))
	a.step = (a.box.Max.Lat - a.box.Min.Lat) / float64(len(a.bands))
	mp.eachEdge(func(e edge) {
		first, last := a.band(e.a.Lat), a.band(e.b.Lat)
		for i := first; i <= last; i++ {
			a.bands[i] = append(a.bands[i], e)
		}
	})
	return a
}

// bandCount chooses about eight edges to a band, and fewer bands for a shape whose long edges would be listed in many, so
// that memory stays in proportion to the number of edges whatever the shape.
func (a *bandedArea) bandCount(mp MultiPolygon, edges int) int {
	height := a.box.Max.Lat - a.box.Min.Lat
	spans := 0.0 // heights of all edges together, in heights of the area
	if height > 0 {
		mp.eachEdge(func(e edge) { spans += (e.b.Lat - e.a.Lat) / height })
	}
	n := 1 + edges/8
	if most := 4 * float64(edges) / max(spans, 1); float64(n) > most {
		n = max(1, int(most))
	}
	return n
}

func (a *bandedArea) band(lat float64) int {
	if a.step <= 0 {
		return 0
	}
	return min(len(a.bands)-1, max(0, int((lat-a.box.Min.Lat)/a.step)))
}

func (a *bandedArea) contains(p Point) bool {
	if !a.box.Contains(p) {
		return false
	}
	in := false
	for _, e := range a.bands[a.band(p.Lat)] {
		if e.crosses(p) {
			in = !in
		}
	}
	return in
}

// distance returns the metres from the plane's point to the nearest edge that can be within reach, or infinity.
func (a *bandedArea) distance(pl plane, reach float64) float64 {
	b := pl.box(reach)
	best := math.Inf(1)
	for i := a.band(b.Min.Lat); i <= a.band(b.Max.Lat); i++ {
		for _, e := range a.bands[i] {
			best = min(best, pl.distance(e))
		}
	}
	return best
}
