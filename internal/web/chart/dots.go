package chart

import (
	"fmt"
	"math"
)

// Dots shows a small population one dot a person, so that 14 of 29 looks like
// 14 people and not like a number with a decimal point. The groups follow one
// another; the first is filled, the second half filled, the third empty and
// the fourth a dashed ring.
type Dots struct {
	About
	What   string // the heading of the groups
	Groups []Group
}

// Group is how many people of one kind.
type Group struct {
	Label string
	Count int
}

// mostDots is where counting dots by eye, and so the chart, stops making sense.
const mostDots = 400

func (d Dots) check() error {
	if len(d.Groups) == 0 || len(d.Groups) > 4 {
		return fmt.Errorf("it has %d groups; one to four can be told apart", len(d.Groups))
	}
	for _, g := range d.Groups {
		if g.Count < 0 {
			return fmt.Errorf("%s: a count cannot be %d", g.Label, g.Count)
		}
	}
	if n := d.whole(); n > mostDots {
		return fmt.Errorf("%d dots are more than the %d that can be taken in: use Bars", n, mostDots)
	}
	return nil
}

func (d Dots) whole() int {
	sum := 0
	for _, g := range d.Groups {
		sum += g.Count
	}
	return sum
}

// Table has a row for each group, out of the whole.
func (d Dots) Table() Table {
	w := d.words()
	t := Table{
		Caption: d.Title, Note: d.Base,
		Header: []string{or(d.What, w.What), w.Number, w.Other}, Numeric: []bool{false, true, true},
	}
	for _, g := range d.Groups {
		t.Rows = append(t.Rows, []string{g.Label, Format(float64(g.Count), 0), Format(float64(d.whole()), 0)})
	}
	return t
}

func (d Dots) draw(c *canvas) {
	whole := d.whole()
	if whole == 0 {
		c.nothing()
		return
	}
	x := 0.0
	c.y += textSize + 3
	for i, g := range d.Groups {
		label := fmt.Sprintf("%s: %d", g.Label, g.Count)
		if need := 22 + textWidth(label, textSize); x > 0 && x+need > c.width {
			x = 0
			c.y += textSize * 1.6
		}
		c.dot(i, x+8, c.y-5)
		c.text(x+22, c.y, textSize, "start", "", label)
		x += 22 + textWidth(label, textSize) + 20
	}
	c.y += 12
	// Rows of ten, or of as many tens as fit, so that people can count.
	const pitch = 20.0
	tens := math.Max(1, math.Floor((c.width-4)/(pitch*10+10)))
	across := int(tens) * 10
	i := 0
	for kind, g := range d.Groups {
		for range g.Count {
			column, row := i%across, i/across
			c.dot(kind, 9+float64(column)*pitch+float64(column/10)*10, c.y+9+float64(row)*pitch)
			i++
		}
	}
	c.y += math.Ceil(float64(whole)/float64(across))*pitch + 2
}

func (c *canvas) dot(kind int, x, y float64) {
	const r = 7.0
	ring := `stroke="` + colourInk + `" stroke-width="1.6"`
	switch kind {
	case 0:
		c.circle(x, y, r, `fill="`+colourInk+`" `+ring)
	case 1:
		c.circle(x, y, r, `fill="#ffffff" `+ring)
		c.path("M"+num(x)+" "+num(y-r)+"a7 7 0 0 0 0 14z", `fill="`+colourInk+`"`)
	case 2:
		c.circle(x, y, r, `fill="#ffffff" `+ring)
	default:
		c.circle(x, y, r, `fill="#ffffff" stroke="`+ColourQuiet+`" stroke-width="1.6" stroke-dasharray="3 2.4"`)
	}
}
