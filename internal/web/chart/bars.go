package chart

import (
	"fmt"
	"math"
)

// Bars compares numbers by the length of horizontal bars that begin at zero.
type Bars struct {
	About
	What     string // the heading of the rows: "Theme"; the table's first column
	Unit     string // the heading of the numbers: "Interviews"
	Rows     []Bar
	Share    bool // draw each number as a share of its denominator, out of the whole width
	Decimals int  // of the numbers; 0 for counts
}

// Bar is one row.
type Bar struct {
	Label    string
	Number   Number
	Emphasis bool // the row the finding speaks of
}

func (b Bars) check() error {
	for _, r := range b.Rows {
		if err := r.Number.check(r.Label); err != nil {
			return err
		}
		if r.Number.known() && r.Number.N < 0 {
			return fmt.Errorf("%s: a bar cannot be %v long", r.Label, r.Number.N)
		}
		if b.Share && r.Number.known() && (r.Number.Of == 0 || r.Number.N > r.Number.Of) {
			return fmt.Errorf("%s: %v of %v is not a share", r.Label, r.Number.N, r.Number.Of)
		}
	}
	return nil
}

// Table has a row for each bar, with its denominator in a column of its own
// when any has one.
func (b Bars) Table() Table {
	w := b.words()
	t := Table{Caption: b.Title, Note: b.Base, Header: []string{or(b.What, w.What), or(b.Unit, w.Number)}, Numeric: []bool{false, true}}
	whole := b.hasWhole()
	if whole {
		t.Header, t.Numeric = append(t.Header, w.Other), append(t.Numeric, true)
	}
	for _, r := range b.Rows {
		row := []string{r.Label, r.Number.plain(w, b.Decimals)}
		if whole {
			row = append(row, of(r.Number))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (b Bars) hasWhole() bool {
	for _, r := range b.Rows {
		if r.Number.Of > 0 {
			return true
		}
	}
	return false
}

func (b Bars) length(n Number) float64 {
	if b.Share && n.Of > 0 {
		return n.N / n.Of
	}
	return n.N
}

// value is the text at the bar's end. A share keeps its numbers beside it.
func (b Bars) value(n Number) string {
	w := b.words()
	if b.Share && n.known() {
		return n.text(w, b.Decimals) + " (" + percent(n.N/n.Of) + ")"
	}
	return n.text(w, b.Decimals)
}

func (b Bars) draw(c *canvas) {
	if len(b.Rows) == 0 {
		c.nothing()
		return
	}
	longest, emphasis, labelRoom, valueRoom := 0.0, false, 0.0, 0.0
	for _, r := range b.Rows {
		if r.Number.known() {
			longest = math.Max(longest, b.length(r.Number))
			valueRoom = math.Max(valueRoom, textWidth(b.value(r.Number), textSize)+8)
		}
		emphasis = emphasis || r.Emphasis
		labelRoom = math.Max(labelRoom, textWidth(r.Label, textSize)*1.06+12)
	}
	if b.Share {
		longest = 1
	}
	left := math.Min(labelRoom, c.width*0.36)
	if c.narrow {
		left = 0
	}
	x := scale{low: 0, high: math.Max(longest, 1e-12), from: left, to: math.Max(c.width-valueRoom, left+40)}
	c.y += 4
	top := c.y
	for _, r := range b.Rows {
		b.row(c, r, x, left, emphasis)
	}
	if !c.narrow {
		c.line(left, top-2, left, c.y, `stroke="`+colourSoft+`"`)
	}
	c.y += 6
}

func (b Bars) row(c *canvas, r Bar, x scale, left float64, emphasis bool) {
	const thick = 18.0
	bold := ""
	if r.Emphasis {
		bold = `font-weight="700"`
	}
	room := left - 12
	if c.narrow {
		room = c.width - 4
	}
	lines := wrap(r.Label, textSize*1.06, room)
	height := float64(len(lines)) * textSize * lineUp
	var barTop float64
	if c.narrow {
		for i, l := range lines {
			c.text(0, c.y+textSize+float64(i)*textSize*lineUp, textSize, "start", bold, l)
		}
		barTop = c.y + height + 4
		c.y = barTop + thick + 10
	} else {
		row := math.Max(height, thick)
		barTop = c.y + (row-thick)/2
		first := c.y + (row-height)/2 + textSize*0.98
		for i, l := range lines {
			c.text(left-10, first+float64(i)*textSize*lineUp, textSize, "end", bold, l)
		}
		c.y += row + 8
	}
	fill := ColourMain
	if emphasis && !r.Emphasis {
		fill = ColourQuiet
	}
	base := barTop + thick/2 + textSize*0.35
	if !r.Number.known() {
		c.text(left+8, base, textSize, "start", `font-style="italic" fill="`+colourSoft+`"`, b.value(r.Number))
		return
	}
	if b.Share {
		c.rect(left, barTop, x.to-left, thick, `fill="#ffffff" stroke="`+colourGrid+`"`)
	}
	end := x.at(b.length(r.Number))
	if r.Number.N > 0 {
		c.rect(left, barTop, math.Max(end-left, 1), thick, `fill="`+fill+`"`)
	}
	if b.Share {
		end = x.to
	}
	c.text(end+6, base, textSize, "start", bold, b.value(r.Number))
}

// or is the first text that is not empty.
func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// of is a denominator for a table's cell.
func of(n Number) string {
	if n.Of == 0 {
		return ""
	}
	return Format(n.Of, 0)
}
