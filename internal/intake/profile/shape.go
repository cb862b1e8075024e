package profile

import (
	"strings"
	"unicode"
)

// shapeLength is how many characters of a value's shape are shown.
const shapeLength = 32

// Shape describes a value without repeating it: every letter becomes A, every digit 9, runs of space one
// space, and other signs stay, so that 31/02/2008 is 99/99/9999. Past 32 characters it is cut with an
// ellipsis.
func Shape(value string) string {
	var b strings.Builder
	n, space := 0, false
	for _, r := range strings.TrimSpace(value) {
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			space = true
			continue
		}
		if space {
			b.WriteByte(' ')
			n++
			space = false
		}
		if n >= shapeLength {
			b.WriteRune('…')
			break
		}
		switch {
		case unicode.IsLetter(r) || unicode.IsMark(r):
			b.WriteByte('A')
		case unicode.IsNumber(r):
			b.WriteByte('9')
		case r < 0x80:
			b.WriteRune(r)
		default:
			b.WriteByte('*')
		}
		n++
	}
	return b.String()
}
