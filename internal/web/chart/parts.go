package chart

import (
	"fmt"
	"math"
)

// Parts shows how a whole divides, one strip a row: yes, partly, no, not heard.
// Every strip is the same length, so the rows compare as shares; the counts
// are written in the parts and each row's whole at its end.
type Parts struct {
	About
	What  string   // the heading of the rows
	Kinds []string // two to four, in order; the last may be "not heard"
	Rows  []Part
}

// Part is one row: a count for each kind.
type Part struct {
	Label  string
	Counts []int
}

func (p Parts) check() error {
	if len(p.Kinds) < 2 || len(p.Kinds) > 4 {
		return fmt.Errorf("it has %d kinds; two to four can be told apart", len(p.Kinds))
	}
	for _, r := range p.Rows {
		if len(r.Counts) != len(p.Kinds) {
			return fmt.Errorf("%s has %d counts for %d kinds", r.Label, len(r.Counts), len(p.Kinds))
		}
		for _, n := range r.Counts {
			if n < 0 {
				return fmt.Errorf("%s: a count cannot be %d", r.Label, n)
			}
		}
	}
	return nil
}

// Table has a column for each kind and one for the whole.
func (p Parts) Table() Table {
	w := p.words()
	t := Table{Caption: p.Title, Note: p.Base, Header: []string{or(p.What, w.What)}, Numeric: []bool{false}}
	for _, k := range p.Kinds {
		t.Header, t.Numeric = append(t.Header, k), append(t.Numeric, true)
	}
	t.Header, t.Numeric = append(t.Header, w.Other), append(t.Numeric, true)
	for _, r := range p.Rows {
		row := []string{r.Label}
		for _, n := range r.Counts {
			row = append(row, Format(float64(n), 0))
		}
		t.Rows = append(t.Rows, append(row, Format(float64(r.whole()), 0)))
	}
	return t
}

func (r Part) whole() int {
	sum := 0
	for _, n := range r.Counts {
		sum += n
	}
	return sum
}

// paint gives a part's fill and the colour of a number on it. The fills differ
// in pattern and lightness as well as colour.
func (p Parts) paint(c *canvas, kind int) (fill, ink string) {
	switch kind {
	case 0:
		return colourInk, "#ffffff"
	case 1:
		return c.dots(), colourText
	case 2:
		return "#ffffff", colourText
	default:
		return c.hatch(), colourText
	}
}

func (p Parts) draw(c *canvas) {
	if len(p.Rows) == 0 {
		c.nothing()
		return
	}
	p.legend(c)
	labelRoom, wholeRoom := 0.0, 0.0
	for _, r := range p.Rows {
		labelRoom = math.Max(labelRoom, textWidth(r.Label, textSize)+14)
		wholeRoom = math.Max(wholeRoom, textWidth(Format(float64(r.whole()), 0), textSize)+12)
	}
	left := math.Min(labelRoom, c.width*0.4)
	if c.narrow {
		left = 0
	}
	for _, r := range p.Rows {
		p.row(c, r, left, c.width-wholeRoom)
	}
	c.y += 2
}

func (p Parts) legend(c *canvas) {
	x := 0.0
	c.y += textSize + 3
	for i, k := range p.Kinds {
		if need := 24 + textWidth(k, textSize); x > 0 && x+need > c.width {
			x = 0
			c.y += textSize * 1.6
		}
		fill, _ := p.paint(c, i)
		c.rect(x+0.5, c.y-12.5, 17, 15, `fill="`+fill+`" stroke="`+colourInk+`"`)
		c.text(x+24, c.y, textSize, "start", "", k)
		x += 24 + textWidth(k, textSize) + 20
	}
	c.y += 14
}

func (p Parts) row(c *canvas, r Part, left, right float64) {
	const thick = 24.0
	lines := wrap(r.Label, textSize, left-12)
	if c.narrow {
		lines = wrap(r.Label, textSize, c.width-4)
	}
	height := float64(len(lines)) * textSize * lineUp
	top := c.y
	if c.narrow {
		for i, l := range lines {
			c.text(0, c.y+textSize+float64(i)*textSize*lineUp, textSize, "start", "", l)
		}
		top += height + 4
		c.y = top + thick + 10
	} else {
		row := math.Max(height, thick)
		for i, l := range lines {
			c.text(left-10, c.y+(row-height)/2+textSize+float64(i)*textSize*lineUp, textSize, "end", "", l)
		}
		top += (row - thick) / 2
		c.y += row + 8
	}
	p.strip(c, r, left, right, top, thick)
	c.text(right+8, top+thick/2+5, textSize, "start", "", Format(float64(r.whole()), 0))
}

func (p Parts) strip(c *canvas, r Part, left, right, top, thick float64) {
	whole := float64(r.whole())
	if whole == 0 {
		c.rect(left+0.5, top+0.5, right-left-1, thick-1, `fill="#ffffff" stroke="`+ColourQuiet+`" stroke-dasharray="4 3"`)
		return
	}
	x := left
	for i, n := range r.Counts {
		if n == 0 {
			continue
		}
		wide := (right - left) * float64(n) / whole
		fill, ink := p.paint(c, i)
		c.rect(x+0.5, top+0.5, wide-1, thick-1, `fill="`+fill+`" stroke="`+colourInk+`"`)
		label := Format(float64(n), 0)
		if w := textWidth(label, textSize) + 8; w <= wide {
			if i == 1 || i == 3 {
				c.rect(x+wide/2-w/2, top+4, w, thick-8, `fill="#ffffff"`)
			}
			c.text(x+wide/2, top+thick/2+5, textSize, "middle", `fill="`+ink+`"`, label)
		}
		x += wide
	}
}
