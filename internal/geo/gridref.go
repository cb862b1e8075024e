package geo

import (
	"fmt"
	"math"
	"strings"
)

// GridSquare is the square a grid reference names: its south-west corner and its side in metres. "TQ 305 784" is a
// square of 100 m, not a point.
type GridSquare struct {
	SouthWest Grid
	Side      float64
}

// Centre returns the middle of the square, the best single place for it.
func (s GridSquare) Centre() Grid {
	return Grid{E: s.SouthWest.E + s.Side/2, N: s.SouthWest.N + s.Side/2}
}

// ParseGridRef reads a National Grid reference: two letters and an even number of digits up to ten, with or without
// spaces, in either case. A reference with no digits is the 100 km square.
func ParseGridRef(s string) (GridSquare, error) {
	bad := func(why string) (GridSquare, error) {
		return GridSquare{}, fmt.Errorf("grid reference %q: %s; expected two letters and an even number of digits, such as TQ 305 784", clip(s), why)
	}
	fields := strings.Fields(strings.ToUpper(s))
	ref := strings.Join(fields, "")
	if len(ref) < 2 || len(ref) > 12 {
		return bad("wrong length")
	}
	e100, n100, ok := letterSquare(ref[0], ref[1])
	if !ok {
		return bad("no such 100 km square")
	}
	digits := ref[2:]
	if len(digits)%2 != 0 {
		return bad("an odd number of digits")
	}
	if last := fields[len(fields)-1]; len(fields) > 1 && len(last) != len(digits)/2 && len(last) != len(digits) && len(last) != len(ref) {
		return bad("the two numbers differ in length")
	}
	half := len(digits) / 2
	east, okE := wholeNumber(digits[:half])
	north, okN := wholeNumber(digits[half:])
	if !okE || !okN {
		return bad("something other than a digit")
	}
	side := math.Pow10(5 - half)
	return GridSquare{
		SouthWest: Grid{E: float64(e100)*1e5 + float64(east)*side, N: float64(n100)*1e5 + float64(north)*side},
		Side:      side,
	}, nil
}

// GridRef writes the grid reference of the square that holds g, with the given number of digits for each of easting and
// northing (1 to 5: squares of 10 km to 1 m), such as "TQ 305 784" for 3.
func GridRef(g Grid, digits int) (string, error) {
	if digits < 1 || digits > 5 {
		return "", fmt.Errorf("grid reference: %d digits, expected 1 to 5", digits)
	}
	if !finite(g.E) || !finite(g.N) || g.E < 0 || g.E >= MaxEasting || g.N < 0 || g.N >= MaxNorthing {
		return "", coordError(OutOfRange, "easting %g, northing %g is off the British National Grid", g.E, g.N)
	}
	e, n := int(g.E), int(g.N)
	a, b := squareLetters(e/100000, n/100000)
	unit := int(math.Pow10(5 - digits))
	return fmt.Sprintf("%c%c %0*d %0*d", a, b, digits, e%100000/unit, digits, n%100000/unit), nil
}

// The letters run A to Z without I, five to a row from the north-west, first for squares of 500 km and then of 100 km;
// the grid's origin is the south-west corner of SV.
const gridLetters = "ABCDEFGHJKLMNOPQRSTUVWXYZ"

func letterSquare(first, second byte) (e100, n100 int, ok bool) {
	i, j := strings.IndexByte(gridLetters, first), strings.IndexByte(gridLetters, second)
	if i < 0 || j < 0 {
		return 0, 0, false
	}
	e100 = (i%5-2)*5 + j%5
	n100 = (3-i/5)*5 + 4 - j/5
	return e100, n100, e100 >= 0 && e100 < int(MaxEasting)/100000 && n100 >= 0 && n100 < int(MaxNorthing)/100000
}

func squareLetters(e100, n100 int) (first, second byte) {
	i := (3-n100/5)*5 + e100/5 + 2
	j := (4-n100%5)*5 + e100%5
	return gridLetters[i], gridLetters[j]
}

func wholeNumber(s string) (int, bool) {
	n := 0
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}

// clip keeps an error message short whatever the input was.
func clip(s string) string {
	r := []rune(s)
	if len(r) <= 40 {
		return s
	}
	return string(r[:40]) + "…"
}
