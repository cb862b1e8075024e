package chart

import (
	"fmt"
	"strconv"
	"strings"
)

// AreaMap shows areas in classes from pale to dark, with points on them where
// there are any. A hidden area is hatched, whatever its class; the key says
// what each class and hatch means.
type AreaMap struct {
	About
	What    string   // what an area is: "Ward"
	Unit    string   // what the classes count
	Classes []string // what each class means, from 1; at most five
	Areas   []Area
	Spots   []Spot
	Kinds   []string // what each kind of spot is; at most three
	Background
}

// Area is one area with its outline. Class 0 means none, and -1 means that no
// class can be given: its Number then says why.
type Area struct {
	Code, Name string
	Rings      [][]Point
	Class      int
	Number     Number
	Emphasis   bool   // outlined, as what the finding speaks of
	LabelAt    *Point // where its name goes; nil leaves it to the table
}

// Spot is a point on the map: a place under review, a school, a cell's centre.
type Spot struct {
	Label string
	At    Point
	Kind  int
	Shown bool // write its label on the map
	Note  string
}

func (m AreaMap) check() error {
	if len(m.Classes) >= len(ClassColours) {
		return fmt.Errorf("it has %d classes; at most %d can be told apart", len(m.Classes), len(ClassColours)-1)
	}
	if len(m.Kinds) > len(pens) {
		return fmt.Errorf("it has %d kinds of spot; at most %d can be told apart", len(m.Kinds), len(pens))
	}
	for _, a := range m.Areas {
		if a.Class < -1 || a.Class > len(m.Classes) {
			return fmt.Errorf("%s is in class %d of %d", a.Name, a.Class, len(m.Classes))
		}
		if err := a.Number.check(a.Name); err != nil {
			return err
		}
	}
	for _, s := range m.Spots {
		if s.Kind < 0 || s.Kind >= max(1, len(m.Kinds)) {
			return fmt.Errorf("%s is of kind %d of %d", s.Label, s.Kind, len(m.Kinds))
		}
	}
	if m.Bounds.empty() && len(m.Areas)+len(m.Spots) == 0 {
		return errNoPlaces
	}
	return m.window().check()
}

// Table has a row for each area and then one for each spot.
func (m AreaMap) Table() Table {
	w := m.words()
	t := Table{
		Caption: m.Title, Note: m.Base,
		Header: []string{or(m.What, w.Place), or(m.Unit, w.Number), w.Class}, Numeric: []bool{false, true, false},
	}
	for _, a := range m.Areas {
		t.Rows = append(t.Rows, []string{a.Name, a.Number.text(w, 1), m.class(a)})
		t.Features = append(t.Features, a.Code)
	}
	for i, s := range m.Spots {
		kind := ""
		if len(m.Kinds) > 0 {
			kind = m.Kinds[s.Kind]
		}
		t.Rows = append(t.Rows, []string{s.Label, s.Note, kind})
		t.Features = append(t.Features, spotFeature(i))
	}
	return t
}

// spotFeature names a spot on the live map by its place in the list: a place's
// own id need not go out with a picture.
func spotFeature(i int) string { return "spot-" + strconv.Itoa(i+1) }

func (m AreaMap) class(a Area) string {
	switch {
	case a.hidden():
		return a.Number.plain(m.words(), 0)
	case a.Class == 0:
		return ""
	default:
		return m.Classes[a.Class-1]
	}
}

func (a Area) hidden() bool { return a.Class < 0 || !a.Number.known() }

func (m AreaMap) window() Bounds {
	if !m.Bounds.empty() {
		return m.Bounds
	}
	var b Bounds
	for _, a := range m.Areas {
		for _, ring := range a.Rings {
			for _, p := range ring {
				b.include(p)
			}
		}
	}
	for _, s := range m.Spots {
		b.include(s.At)
	}
	return b.padded()
}

func (m AreaMap) draw(c *canvas) {
	most := 560.0
	if c.narrow {
		most = 420
	}
	p := project(m.window(), c, most)
	c.background(m.Background, p)
	for _, a := range m.Areas {
		c.path(outline(p, a), `fill="`+m.fill(c, a)+`" stroke="`+colourSoft+`" stroke-width="0.7" fill-rule="evenodd"`)
	}
	for _, a := range m.Areas {
		if a.Emphasis {
			c.path(outline(p, a), stroke("#ffffff", 5, "")+` stroke-linejoin="round"`)
			c.path(outline(p, a), stroke(colourInk, 2.6, "")+` stroke-linejoin="round"`)
		}
	}
	m.marks(c, p)
	c.endMap(m.Background, p)
	m.key(c)
}

func outline(p projection, a Area) string {
	var d strings.Builder
	for _, ring := range a.Rings {
		d.WriteString(p.d(ring, true))
	}
	return d.String()
}

func (m AreaMap) fill(c *canvas, a Area) string {
	if a.hidden() {
		return c.hatch()
	}
	return m.colour(a.Class)
}

// colour and shade spread few classes over the whole run from pale to dark, so that two
// or three are as far apart as they can be.
func (m AreaMap) colour(class int) string { return ClassColours[m.shade(class)] }

func (m AreaMap) shade(class int) int {
	last := len(ClassColours) - 1
	if class == 0 || len(m.Classes) == 0 {
		return 0
	}
	if len(m.Classes) == 1 {
		return last - 1
	}
	return 1 + (class-1)*(last-1)/(len(m.Classes)-1)
}

func (m AreaMap) marks(c *canvas, p projection) {
	var l labels
	for _, s := range m.Spots {
		x, y := p.at(s.At)
		c.marker(pens[s.Kind].marker, x, y, spotColour(s.Kind))
		l.take(x-5, y-5, x+5, y+5)
	}
	for _, s := range m.Spots {
		if s.Shown {
			x, y := p.at(s.At)
			l.place(c, p, x, y, 13, halo+` font-weight="700"`, s.Label)
		}
	}
	for _, a := range m.Areas {
		if a.LabelAt != nil {
			x, y := p.at(*a.LabelAt)
			w := textWidth(a.Name, smallSize)
			if l.free(x-w/2, y-10, x+w/2, y+6) {
				l.take(x-w/2, y-10, x+w/2, y+6)
				c.text(x, y+4, smallSize, "middle", halo, a.Name)
			}
		}
	}
}

// spotColour is the pens' colours, dark enough to stand on any class.
func spotColour(kind int) string { return [...]string{"#b3261e", "#14283c", "#a85400"}[kind] }

// key says what each shade, hatch and spot means.
func (m AreaMap) key(c *canvas) {
	type entry struct {
		label string
		mark  func(x, y float64)
	}
	var keys []entry
	swatch := func(fill string) func(x, y float64) {
		return func(x, y float64) {
			c.rect(x+0.5, y-12.5, 20, 15, `fill="`+fill+`" stroke="`+colourSoft+`"`)
		}
	}
	for i, label := range m.Classes {
		keys = append(keys, entry{label, swatch(m.colour(i + 1))})
	}
	said := map[string]bool{}
	for _, a := range m.Areas {
		if why := a.Number.plain(c.words, 0); a.hidden() && !said[why] {
			said[why] = true
			keys = append(keys, entry{why, swatch(c.hatch())})
		}
	}
	for i, label := range m.Kinds {
		keys = append(keys, entry{label, func(x, y float64) { c.marker(pens[i].marker, x+10, y-5, spotColour(i)) }})
	}
	if len(keys) == 0 {
		return
	}
	c.y += 10
	if m.Unit != "" {
		c.paragraph(m.Unit, smallSize, `fill="`+colourSoft+`"`)
	}
	c.y += textSize
	x := 0.0
	for _, k := range keys {
		if need := 27 + textWidth(k.label, textSize); x > 0 && x+need > c.width {
			x = 0
			c.y += textSize * 1.6
		}
		k.mark(x, c.y)
		c.text(x+27, c.y, textSize, "start", "", k.label)
		x += 27 + textWidth(k.label, textSize) + 18
	}
	c.y += 8
}
