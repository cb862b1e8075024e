package chart

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

// Point is a place in degrees, WGS84.
type Point struct{ Lon, Lat float64 }

// Bounds is a window on the map, in degrees. The zero value asks for one that
// holds what is drawn.
type Bounds struct{ West, South, East, North float64 }

// Background is the map beneath: land on a sea, with lines on it. Rings are
// closed or not; a hole is a ring of its own.
type Background struct {
	Land    [][]Point
	Borders [][]Point
	Bounds  Bounds
	// Attribution names the sources, as their licences ask: it is drawn on the map.
	Attribution string
}

func (b Background) ground() Background { return b }

func (b Bounds) empty() bool { return b == Bounds{} }

func (b *Bounds) include(p Point) {
	if b.empty() {
		*b = Bounds{p.Lon, p.Lat, p.Lon, p.Lat}
		return
	}
	b.West, b.East = math.Min(b.West, p.Lon), math.Max(b.East, p.Lon)
	b.South, b.North = math.Min(b.South, p.Lat), math.Max(b.North, p.Lat)
}

// padded leaves a margin around what must be seen, and room around one point.
func (b Bounds) padded() Bounds {
	dx, dy := math.Max((b.East-b.West)*0.08, 0.02), math.Max((b.North-b.South)*0.08, 0.02)
	return Bounds{b.West - dx, b.South - dy, b.East + dx, b.North + dy}
}

func (b Bounds) check() error {
	if !(b.West < b.East && b.South < b.North) || b.South < -85 || b.North > 85 {
		return fmt.Errorf("the bounds %v to %v east, %v to %v north are no window", b.West, b.East, b.South, b.North)
	}
	return nil
}

// projection is equirectangular, true at the middle latitude: over a county or
// England and Wales its error is smaller than a line is wide.
type projection struct {
	bounds        Bounds
	scale, shrink float64
	left, top     float64
	wide, tall    float64
}

// project fits the bounds into the canvas' width and at most the given height;
// the window then grows sideways to fill the width.
func project(b Bounds, c *canvas, most float64) projection {
	shrink := math.Cos((b.South + b.North) / 2 * math.Pi / 180)
	p := projection{bounds: b, shrink: shrink, top: c.y, wide: c.width}
	p.scale = p.wide / ((b.East - b.West) * shrink)
	p.tall = (b.North - b.South) * p.scale
	if p.tall > most {
		p.tall = most
		p.scale = most / (b.North - b.South)
	}
	p.left = (p.wide - (b.East-b.West)*shrink*p.scale) / 2
	return p
}

func (p projection) at(q Point) (x, y float64) {
	return p.left + (q.Lon-p.bounds.West)*p.shrink*p.scale, p.top + (p.bounds.North-q.Lat)*p.scale
}

// d writes a ring or a line as path data. Points nearer than most eyes can
// tell are left out, and a ring wholly outside the window is empty.
func (p projection) d(points []Point, closed bool) string {
	var b strings.Builder
	lastX, lastY := math.Inf(-1), math.Inf(-1)
	minX, minY, maxX, maxY := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	kept := 0
	for i, q := range points {
		x, y := p.at(q)
		minX, maxX = math.Min(minX, x), math.Max(maxX, x)
		minY, maxY = math.Min(minY, y), math.Max(maxY, y)
		end := i == len(points)-1 && !closed
		if math.Hypot(x-lastX, y-lastY) < 0.8 && !end {
			continue
		}
		command := "L"
		if kept == 0 {
			command = "M"
		}
		b.WriteString(command + tenth(x) + " " + tenth(y))
		lastX, lastY = x, y
		kept++
	}
	if maxX < 0 || minX > p.wide || maxY < p.top || minY > p.top+p.tall || kept < 2 {
		return ""
	}
	if closed {
		b.WriteByte('Z')
	}
	return b.String()
}

func tenth(v float64) string { return num(math.Round(v*10) / 10) }

// background draws sea, land and borders and opens the clipped group that the
// map's own things go in; close it with endMap.
func (c *canvas) background(g Background, p projection) {
	clip := c.id + "-window"
	c.defs.WriteString(`<clipPath id="` + clip + `"><rect ` + at("x", 0.0, "y", p.top, "width", p.wide, "height", p.tall) + `/></clipPath>`)
	c.body.WriteString("\n" + `<g clip-path="url(#` + clip + `)">`)
	sea := colourSea
	if len(g.Land) == 0 {
		sea = colourLand
	}
	c.rect(0, p.top, p.wide, p.tall, `fill="`+sea+`"`)
	var land, borders strings.Builder
	for _, ring := range g.Land {
		land.WriteString(p.d(ring, true))
	}
	for _, line := range g.Borders {
		borders.WriteString(p.d(line, false))
	}
	if land.Len() > 0 {
		c.path(land.String(), `fill="`+colourLand+`" stroke="#8b98a4" stroke-width="0.8" fill-rule="evenodd"`)
	}
	if borders.Len() > 0 {
		c.path(borders.String(), stroke("#a9b4be", 0.8, ""))
	}
}

func (c *canvas) endMap(g Background, p projection) {
	if g.Attribution != "" {
		lines := wrap(g.Attribution, 11, p.wide-12)
		for i, l := range lines {
			c.text(p.wide-6, p.top+p.tall-6-float64(len(lines)-1-i)*14, 11, "end", halo+` fill="`+colourSoft+`"`, l)
		}
	}
	c.body.WriteString("\n</g>")
	c.rect(0.5, p.top+0.5, p.wide-1, p.tall-1, `fill="none" stroke="#7b8792"`)
	c.y = p.top + p.tall
}

// labels keeps names on a map from lying over one another.
type labels struct{ taken [][4]float64 }

func (l *labels) take(x1, y1, x2, y2 float64) { l.taken = append(l.taken, [4]float64{x1, y1, x2, y2}) }

func (l *labels) free(x1, y1, x2, y2 float64) bool {
	for _, t := range l.taken {
		if x1 < t[2] && x2 > t[0] && y1 < t[3] && y2 > t[1] {
			return false
		}
	}
	return true
}

// place writes a name beside a point, at the first side where it fits; a name
// that fits nowhere is left to the table.
func (l *labels) place(c *canvas, p projection, x, y, size float64, attributes, text string) {
	w, h := textWidth(text, size), size*1.1
	for _, try := range [][2]float64{{8, h * 0.35}, {-8 - w, h * 0.35}, {-w / 2, -9}, {-w / 2, h + 7}, {8, -7}, {-8 - w, -7}, {8, h + 5}, {-8 - w, h + 5}} {
		left, base := x+try[0], y+try[1]
		if left < 4 || left+w > p.wide-4 || base-h < p.top+2 || base > p.top+p.tall-20 || !l.free(left-2, base-h, left+w+2, base+3) {
			continue
		}
		l.take(left-2, base-h, left+w+2, base+3)
		c.text(left, base, size, "start", attributes, text)
		return
	}
}

var errNoPlaces = errors.New("it has nothing to place and no bounds")
