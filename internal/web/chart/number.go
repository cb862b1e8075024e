package chart

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// State says whether a number may and can be written.
type State int

// The states.
const (
	Known   State = iota // it is written
	Hidden               // suppressed: too small to show without naming somebody
	Missing              // nobody has it
)

// Number is a value with its denominator. A hidden or missing number should
// hold no value at all: the picture never needs it, and never uses it.
type Number struct {
	N     float64
	Of    float64 // 0 where there is no denominator
	State State
	// Words are written for a hidden or missing number instead of the chart's own.
	Words string
}

// Count is a known number.
func Count(n int) Number { return Number{N: float64(n)} }

// CountOf is a known number of a known whole.
func CountOf(n, of int) Number { return Number{N: float64(n), Of: float64(of)} }

func (n Number) known() bool { return n.State == Known }

func (n Number) check(where string) error {
	if n.known() && (math.IsNaN(n.N) || math.IsInf(n.N, 0) || math.IsNaN(n.Of) || n.Of < 0) {
		return fmt.Errorf("%s: %v of %v is not a number to draw", where, n.N, n.Of)
	}
	return nil
}

// text is the number in words: "14", "14 of 43", "fewer than 5 of 14". Whether
// a denominator may stand beside a hidden number is for whoever hid it, who
// leaves it out if not.
func (n Number) text(w Words, decimals int) string {
	if n.Of > 0 && n.State != Missing {
		return n.plain(w, decimals) + " " + w.Of + " " + Format(n.Of, 0)
	}
	return n.plain(w, decimals)
}

// plain is the number without its denominator.
func (n Number) plain(w Words, decimals int) string {
	switch {
	case n.known():
		return Format(n.N, decimals)
	case n.Words != "":
		return n.Words
	case n.State == Hidden:
		return w.Hidden
	default:
		return w.Missing
	}
}

// Format writes a number plainly: thousands with a comma, a true minus sign,
// and no more decimals than asked, without zeros at the end.
func Format(v float64, decimals int) string {
	text := strconv.FormatFloat(math.Abs(v), 'f', decimals, 64)
	whole, part, _ := strings.Cut(text, ".")
	part = strings.TrimRight(part, "0")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if part != "" {
		whole += "." + part
	}
	if v < 0 && whole != "0" {
		return "−" + whole
	}
	return whole
}

// percent writes a share as a whole number, but never 0% or 100% for a share
// that is neither.
func percent(share float64) string {
	p := math.Round(share * 100)
	switch {
	case share > 0 && p == 0:
		return "under 1%"
	case share < 1 && p == 100:
		return "over 99%"
	}
	return Format(p, 0) + "%"
}
