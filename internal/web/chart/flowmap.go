package chart

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// FlowMap shows how many go from one area to another: tapered curves from the
// wide end to the point, as wide as the number. It is read beside its table
// and draws the largest flows only, since beyond about thirty nothing can be
// told apart.
//
// Points are inner points of areas, never of addresses or people.
type FlowMap struct {
	About
	Unit   string // what is counted: "people linked"
	Places []Place
	Flows  []Flow
	Most   int // how many flows are drawn, largest first; 0 means 25. The table has all.
	Background
}

// Place is an area by its inner point. Hub marks the places the finding speaks
// of; they are labelled first.
type Place struct {
	Code, Name string
	At         Point
	Hub        bool
}

// Flow is how many go from one place to another, by the places' codes. A
// hidden number is in the table in words and not on the map.
type Flow struct {
	From, To string
	Number   Number
	Unsure   bool // suspected and not confirmed: drawn pale, in outline
}

const (
	flowWidest    = 12.0
	flowNarrowest = 1.8
)

// FlowWidth is how wide a flow is drawn, in pixels, when the largest is most.
// The live map takes its widths from here, so that both have one key.
func FlowWidth(n, most float64) float64 {
	if most <= 0 {
		return flowNarrowest
	}
	return math.Max(flowNarrowest, math.Round(flowWidest*n/most*10)/10)
}

func (f FlowMap) place(code string) (Place, bool) {
	i := slices.IndexFunc(f.Places, func(p Place) bool { return p.Code == code })
	if i < 0 {
		return Place{}, false
	}
	return f.Places[i], true
}

func (f FlowMap) check() error {
	for _, v := range f.Flows {
		for _, code := range []string{v.From, v.To} {
			if _, ok := f.place(code); !ok {
				return fmt.Errorf("the flow from %s to %s: there is no place %s", v.From, v.To, code)
			}
		}
		if err := v.Number.check(v.From + " to " + v.To); err != nil {
			return err
		}
		if v.Number.known() && v.Number.N < 0 {
			return fmt.Errorf("%s to %s: a flow cannot be %v", v.From, v.To, v.Number.N)
		}
	}
	if f.Bounds.empty() && len(f.Places) == 0 {
		return errNoPlaces
	}
	return f.window().check()
}

// Table has every flow, largest first, hidden ones last.
func (f FlowMap) Table() Table {
	w := f.words()
	t := Table{
		Caption: f.Title, Note: f.Base,
		Header: []string{w.From, w.Towards, or(f.Unit, w.Number)}, Numeric: []bool{false, false, true},
	}
	kinds := f.mixed()
	if kinds {
		t.Header, t.Numeric = append(t.Header, w.Kind), append(t.Numeric, false)
	}
	for _, v := range f.sorted() {
		from, _ := f.place(v.From)
		to, _ := f.place(v.To)
		row := []string{from.Name, to.Name, v.Number.text(w, 0)}
		if kinds {
			row = append(row, v.kind(w))
		}
		t.Rows = append(t.Rows, row)
		t.Features = append(t.Features, v.feature())
	}
	return t
}

// feature names a flow on the live map.
func (v Flow) feature() string {
	if v.Unsure {
		return v.From + "-" + v.To + "-unsure"
	}
	return v.From + "-" + v.To
}

func (v Flow) kind(w Words) string {
	if v.Unsure {
		return w.Unsure
	}
	return w.Sure
}

// mixed says whether any flow is suspected, which is when the table and the
// key must say which.
func (f FlowMap) mixed() bool {
	return slices.ContainsFunc(f.Flows, func(v Flow) bool { return v.Unsure })
}

func (f FlowMap) sorted() []Flow {
	out := slices.Clone(f.Flows)
	slices.SortStableFunc(out, func(a, b Flow) int {
		switch {
		case a.Number.known() != b.Number.known():
			if a.Number.known() {
				return -1
			}
			return 1
		case a.Number.N != b.Number.N && a.Number.known():
			if a.Number.N > b.Number.N {
				return -1
			}
			return 1
		}
		return strings.Compare(a.From+" "+a.To, b.From+" "+b.To)
	})
	return out
}

func (f FlowMap) window() Bounds {
	if !f.Bounds.empty() {
		return f.Bounds
	}
	var b Bounds
	for _, p := range f.Places {
		b.include(p.At)
	}
	return b.padded()
}

func (f FlowMap) drawn() []Flow {
	limit := f.Most
	if limit == 0 {
		limit = 25
	}
	var out []Flow
	for _, v := range f.sorted() {
		if len(out) < limit && v.Number.known() && v.Number.N > 0 && v.From != v.To {
			out = append(out, v)
		}
	}
	return out
}

func (f FlowMap) draw(c *canvas) {
	most := 620.0
	if c.narrow {
		most = 440
	}
	p := project(f.window(), c, most)
	c.background(f.Background, p)
	flows := f.drawn()
	largest := 0.0
	if len(flows) > 0 {
		largest = flows[0].Number.N
	}
	// Smallest last, so that a thin flow is not buried under a thick one.
	for _, v := range flows {
		from, _ := f.place(v.From)
		to, _ := f.place(v.To)
		x1, y1 := p.at(from.At)
		x2, y2 := p.at(to.At)
		width := FlowWidth(v.Number.N, largest)
		c.path(taper(x1, y1, x2, y2, width), flowPaint(v.Unsure))
	}
	f.drawPlaces(c, p, flows)
	c.endMap(f.Background, p)
	f.key(c)
}

func flowPaint(unsure bool) string {
	if unsure {
		return `fill="#f6e3cd" fill-opacity="0.9" stroke="` + ColourSecond + `" stroke-width="1.2"`
	}
	return `fill="` + ColourMain + `" fill-opacity="0.8" stroke="#ffffff" stroke-width="0.6"`
}

// taper is a curve bent to its left, full width where it begins and a point
// where it ends, so that a flow and its return lie apart and each shows its
// direction.
func taper(x1, y1, x2, y2, width float64) string {
	dx, dy := x2-x1, y2-y1
	// The control point of a quadratic curve, a sixth of the way out.
	cx, cy := (x1+x2)/2+dy*0.18, (y1+y2)/2-dx*0.18
	const steps = 16
	var left, right strings.Builder
	back := make([]string, 0, steps+1)
	for i := 0; i <= steps; i++ {
		t := float64(i) / steps
		x := (1-t)*(1-t)*x1 + 2*t*(1-t)*cx + t*t*x2
		y := (1-t)*(1-t)*y1 + 2*t*(1-t)*cy + t*t*y2
		tx := 2*(1-t)*(cx-x1) + 2*t*(x2-cx)
		ty := 2*(1-t)*(cy-y1) + 2*t*(y2-cy)
		length := math.Max(math.Hypot(tx, ty), 1e-9)
		half := math.Max(width/2*(1-t), 0.5)
		nx, ny := -ty/length*half, tx/length*half
		command := "L"
		if i == 0 {
			command = "M"
		}
		left.WriteString(command + num(x+nx) + " " + num(y+ny))
		back = append(back, "L"+num(x-nx)+" "+num(y-ny))
	}
	slices.Reverse(back)
	for _, b := range back {
		right.WriteString(b)
	}
	return left.String() + right.String() + "Z"
}

func (f FlowMap) drawPlaces(c *canvas, p projection, flows []Flow) {
	var l labels
	touched := map[string]float64{}
	for _, v := range flows {
		touched[v.From] += v.Number.N
		touched[v.To] += v.Number.N
	}
	order := slices.Clone(f.Places)
	slices.SortStableFunc(order, func(a, b Place) int {
		switch {
		case a.Hub != b.Hub:
			if a.Hub {
				return -1
			}
			return 1
		case touched[a.Code] != touched[b.Code]:
			if touched[a.Code] > touched[b.Code] {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Code, b.Code)
	})
	for _, q := range order {
		x, y := p.at(q.At)
		r := 3.0
		if touched[q.Code] > 0 || q.Hub {
			r = 4.5
		}
		c.circle(x, y, r, `fill="`+colourInk+`" stroke="#ffffff" stroke-width="1.2"`)
		l.take(x-r, y-r, x+r, y+r)
	}
	for _, q := range order {
		if touched[q.Code] == 0 && !q.Hub {
			continue
		}
		x, y := p.at(q.At)
		weight := halo
		if q.Hub {
			weight += ` font-weight="700"`
		}
		l.place(c, p, x, y, 13, weight, q.Name)
	}
}

// key shows three widths with their numbers, which end is which, and the
// two kinds where both are drawn.
func (f FlowMap) key(c *canvas) {
	flows := f.drawn()
	if len(flows) == 0 {
		return
	}
	largest := flows[0].Number.N
	c.y += 8
	x := 0.0
	middle := c.y + 12
	for _, n := range legendNumbers(largest, flows[len(flows)-1].Number.N) {
		c.path(straight(x, middle, 40, FlowWidth(n, largest)), flowPaint(false))
		label := Format(n, 0)
		c.text(x+46, middle+5, textSize, "start", "", label)
		x += 46 + textWidth(label, textSize) + 18
	}
	if f.Unit != "" && x+textWidth(f.Unit, textSize) < c.width {
		c.text(x-6, middle+5, textSize, "start", `fill="`+colourSoft+`"`, f.Unit)
	}
	c.y = middle + 12
	if slices.ContainsFunc(flows, func(v Flow) bool { return v.Unsure }) {
		x, middle = 0, c.y+11
		for _, unsure := range []bool{false, true} {
			c.path(straight(x, middle, 40, 9), flowPaint(unsure))
			label := Flow{Unsure: unsure}.kind(f.words())
			c.text(x+46, middle+5, textSize, "start", "", label)
			x += 46 + textWidth(label, textSize) + 18
		}
		c.y = middle + 12
	}
	c.paragraph(c.words.Runs, smallSize, `fill="`+colourSoft+`"`)
}

func straight(x, y, length, width float64) string {
	return "M" + num(x) + " " + num(y-width/2) + "L" + num(x) + " " + num(y+width/2) + "L" + num(x+length) + " " + num(y) + "Z"
}

// legendNumbers are the largest and the smallest that are drawn, and one
// between: never a number so small that it would have been hidden.
func legendNumbers(largest, smallest float64) []float64 {
	middle := math.Round((largest + smallest) / 2)
	out := []float64{largest}
	for _, n := range []float64{middle, smallest} {
		if n < out[len(out)-1] {
			out = append(out, n)
		}
	}
	return out
}
