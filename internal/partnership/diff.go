package partnership

import "strings"

// Piece is a run of words of a compared text.
type Piece struct {
	Text string
	// Kind is "same", "gone" (only in the first text) or "new" (only in the second).
	Kind string
}

// Compare sets two wordings side by side, word by word: the first with what is gone marked, the second
// with what is new marked, and how many words that is. It is the longest common subsequence of words.
func Compare(a, b string) (left, right []Piece, gone, added int) {
	x, y := strings.Fields(a), strings.Fields(b)
	// most[i][j] is how many words x[i:] and y[j:] have in common, in order.
	most := make([][]int, len(x)+1)
	for i := range most {
		most[i] = make([]int, len(y)+1)
	}
	for i := len(x) - 1; i >= 0; i-- {
		for j := len(y) - 1; j >= 0; j-- {
			if x[i] == y[j] {
				most[i][j] = most[i+1][j+1] + 1
			} else {
				most[i][j] = max(most[i+1][j], most[i][j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(x) || j < len(y) {
		switch {
		case i < len(x) && j < len(y) && x[i] == y[j]:
			left, right = join(left, x[i], "same"), join(right, y[j], "same")
			i, j = i+1, j+1
		case j == len(y) || i < len(x) && most[i+1][j] >= most[i][j+1]:
			left = join(left, x[i], "gone")
			i, gone = i+1, gone+1
		default:
			right = join(right, y[j], "new")
			j, added = j+1, added+1
		}
	}
	return left, right, gone, added
}

func join(ps []Piece, word, kind string) []Piece {
	if n := len(ps); n > 0 && ps[n-1].Kind == kind {
		ps[n-1].Text += " " + word
		return ps
	}
	return append(ps, Piece{Text: word, Kind: kind})
}
