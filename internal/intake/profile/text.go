package profile

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"unicode"
)

// clean is a cell without the space around it: ordinary, non-breaking and zero-width, and a byte order
// mark left in the first cell.
func clean(s string) string {
	if s == "" {
		return s
	}
	if first, last := s[0], s[len(s)-1]; first > ' ' && first < 0x80 && last > ' ' && last < 0x80 {
		return s
	}
	return strings.TrimFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || r == '\ufeff' || r == '\u200b' || r == '\u200e' || r == '\u200f' || unicode.IsControl(r)
	})
}

// blank reports whether a clean cell holds only what systems write for nothing.
func blank(s string) bool {
	if len(s) > 9 {
		return false
	}
	switch s {
	case "", "-", "--", "NULL", "null", "Null", "(null)", "N/A", "n/a", "#N/A", "#REF!", "#VALUE!", "#NAME?", "nan", "NaN", "None", "<NULL>", "\\N":
		return true
	}
	return false
}

// words folds a value for comparison with a vocabulary: lower case, letters and digits only, single spaces.
func words(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	space := false
	for _, r := range s {
		switch {
		case r == '\'' || r == '’':
			continue // can't and cant are one word
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if space && b.Len() > 0 {
				b.WriteByte(' ')
			}
			space = false
			b.WriteRune(unicode.ToLower(r))
		default:
			space = true
		}
	}
	return b.String()
}

// squash is one line of text: every run of white space becomes a space.
func squash(s string) string {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c >= 0x80 || c == ' ' && i+1 < len(s) && s[i+1] == ' ' {
			return strings.Join(strings.Fields(s), " ")
		}
	}
	return s
}

// isDigits reports whether s is one or more ASCII digits.
func isDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// scientific reports whether a spreadsheet has turned a long number into scientific notation (1.2E+09), which
// loses its last digits for good.
func scientific(s string) bool {
	e := strings.IndexAny(s, "eE")
	if e < 1 || e == len(s)-1 || !strings.ContainsAny(s, ".+") {
		return false
	}
	digits := func(s string, dot bool) bool {
		seen := false
		for i := 0; i < len(s); i++ {
			switch {
			case s[i] >= '0' && s[i] <= '9':
				seen = true
			case s[i] == '.' && dot:
				dot = false
			default:
				return false
			}
		}
		return seen
	}
	return digits(s[:e], true) && digits(strings.TrimPrefix(s[e+1:], "+"), false)
}

// wholeNumberText undoes what a program that reads everything as a decimal does to a reference: 12345.0 is 12345.
func wholeNumberText(s string) string {
	if head, ok := strings.CutSuffix(s, ".0"); ok && isDigits(head) {
		return head
	}
	return s
}

var (
	errNotNumber   = errors.New("not a number")
	errNotWhole    = errors.New("not a whole number; expected a count of 0 or more")
	errOutOfBounds = errors.New("out of bounds")
)

// parseNumber reads a decimal number, with or without commas between thousands.
func parseNumber(s string) (float64, error) {
	if strings.IndexByte(s, ',') > 0 {
		s = strings.ReplaceAll(s, ",", "")
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, errNotNumber
	}
	return v, nil
}

// Count is a number of people or things as a partner gave it. Known is false when the cell was empty or the
// number had been hidden before it came to us; Suppressed says which.
type Count struct {
	N          int
	Known      bool
	Suppressed bool
	Words      string // what stood there when it was not a number
}

// parseCount reads a count. "<5", "*", "c" and "fewer than 5" are counts somebody hid.
func parseCount(s string) (Count, error) {
	if s == "" {
		return Count{}, nil
	}
	switch w := words(s); {
	case s == "*", s == "**", s == "x" && len(s) == 1, w == "c", w == "suppressed", w == "z" && len(s) == 1,
		strings.HasPrefix(s, "<"), strings.HasPrefix(w, "fewer than"), strings.HasPrefix(w, "less than"), strings.HasPrefix(w, "under "):
		return Count{Suppressed: true, Words: s}, nil
	}
	v, err := parseNumber(s)
	if err != nil {
		return Count{}, errNotNumber
	}
	if v < 0 || v != math.Trunc(v) || v > 1e9 {
		return Count{}, errNotWhole
	}
	return Count{N: int(v), Known: true}, nil
}
