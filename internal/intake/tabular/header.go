package tabular

import (
	"fmt"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// previewRow is one of the first rows of a sheet, read ahead to find the header among them.
type previewRow struct {
	number int
	cells  []string
	err    *RowError
}

// previewRows is how many rows are looked at; a header further down must be pointed to (Choices.HeaderRow).
const previewRows = 60

// enoughLikeBest is how close to the best score a row must come to be taken; the first such row is the header, since
// rows of data that are all text read much like column names.
const enoughLikeBest = 0.6

// findHeader gives the index in rows of the row that holds the column names, or -1 when no row has content.
//
// A row scores by four things, multiplied: how many of the cells that rows usually fill it fills, what share of its
// cells read like names rather than values, what share are distinct, and what share of the ten rows below stay
// within its width. A title fills one cell and covers nothing; a row of data holds numbers and dates.
func findHeader(rows []previewRow) int {
	usual := usuallyFilled(rows)
	scores, best := make([]float64, len(rows)), 0.0
	for i, r := range rows {
		scores[i] = headerScore(r.cells, rows[i+1:], usual)
		best = max(best, scores[i])
	}
	for i, s := range scores {
		if s > 0 && s >= enoughLikeBest*best {
			return i
		}
	}
	return -1
}

func headerScore(cells []string, below []previewRow, usual int) float64 {
	filled := filledCells(cells)
	if filled == 0 {
		return 0
	}
	coverage := min(1, float64(filled)/float64(usual))
	return coverage * half(nameShare(cells)) * half(distinctShare(cells)) * half(coveredShare(lastFilled(cells), below))
}

func half(share float64) float64 { return 0.5 + 0.5*share }

// usuallyFilled is the median number of filled cells among rows with at least two (or one, if none has two).
func usuallyFilled(rows []previewRow) int {
	var n []int
	for _, r := range rows {
		if f := filledCells(r.cells); f > 1 {
			n = append(n, f)
		}
	}
	if len(n) == 0 {
		return 1
	}
	sort.Ints(n)
	return n[len(n)/2]
}

func coveredShare(last int, below []previewRow) float64 {
	seen, within := 0, 0
	for _, r := range below {
		if seen == 10 {
			break
		}
		if l := lastFilled(r.cells); l >= 0 {
			seen++
			if l <= last {
				within++
			}
		}
	}
	if seen == 0 {
		return 1
	}
	return float64(within) / float64(seen)
}

func isBlank(s string) bool { return strings.TrimSpace(s) == "" }

func filledCells(cells []string) int {
	n := 0
	for _, c := range cells {
		if !isBlank(c) {
			n++
		}
	}
	return n
}

// lastFilled is the index of the last cell with content, -1 for a blank row.
func lastFilled(cells []string) int {
	for i := len(cells) - 1; i >= 0; i-- {
		if !isBlank(cells[i]) {
			return i
		}
	}
	return -1
}

// nameShare is the share of filled cells that read like the name of a column.
func nameShare(cells []string) float64 {
	filled, names := 0, 0
	for _, c := range cells {
		if isBlank(c) {
			continue
		}
		filled++
		if looksLikeName(c) {
			names++
		}
	}
	if filled == 0 {
		return 0
	}
	return float64(names) / float64(filled)
}

// looksLikeName is true for short text with more letters than digits.
func looksLikeName(s string) bool {
	s = strings.TrimSpace(s)
	if utf8.RuneCountInString(s) > 60 {
		return false
	}
	letters, digits := 0, 0
	for _, r := range s {
		switch {
		case unicode.IsLetter(r):
			letters++
		case unicode.IsDigit(r):
			digits++
		}
	}
	switch strings.ToLower(s) {
	case "true", "false", "yes", "no", "y", "n", "unknown", "n/a", "null", "none":
		return false
	}
	return letters > digits
}

func distinctShare(cells []string) float64 {
	seen, filled := map[string]bool{}, 0
	for _, c := range cells {
		if !isBlank(c) {
			filled++
			seen[foldName(c)] = true
		}
	}
	if filled == 0 {
		return 0
	}
	return float64(len(seen)) / float64(filled)
}

func foldName(s string) string { return strings.ToLower(cleanName(s)) }

// cleanName puts a name on one line without doubled or outer spaces.
func cleanName(s string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(s, "\u00a0", " ")), " ")
}

// span is a run of merged cells; rows are numbered from 1, columns counted from 0, all ends included.
type span struct{ row1, row2, col1, col2 int }

// twoRowHeader looks whether the header at index h is one of two rows, a group above its columns ("Victim" above
// "Forename" and "Surname"), and gives the index of the upper one, or -1. In a workbook the merged cells say so. Without
// them (CSV) it is taken only where the names below repeat and the groups tell them apart.
func twoRowHeader(rows []previewRow, h int, merged []span) int {
	width := lastFilled(rows[h].cells) + 1
	if h+1 < len(rows) && rows[h+1].number == rows[h].number+1 && groupsIn(merged, rows[h].number, width) &&
		nameShare(rows[h+1].cells) >= 0.5 {
		return h
	}
	if h == 0 || rows[h-1].number != rows[h].number-1 {
		return -1
	}
	if groupsIn(merged, rows[h-1].number, width) {
		return h - 1
	}
	above := rows[h-1].cells
	if filledCells(above) < 2 || distinctShare(rows[h].cells) == 1 || lastFilled(above) >= width {
		return -1
	}
	if distinctShare(joinGroups(above, rows[h].cells, nil, 0)) == 1 {
		return h - 1
	}
	return -1
}

// groupsIn says whether a row holds a merge over several columns that is not a title over the whole table.
func groupsIn(merged []span, row, width int) bool {
	for _, m := range merged {
		if m.row1 == row && m.row2 == row && m.col2 > m.col1 && m.col2-m.col1+1 < width {
			return true
		}
	}
	return false
}

// joinGroups makes "Group Column" names of two header rows. A group reaches as far as its merge or, without merges,
// to the next group.
func joinGroups(upper, lower []string, merged []span, upperRow int) []string {
	out := make([]string, max(len(upper), len(lower)))
	group, until := "", -1
	for i := range out {
		u, l := "", ""
		if i < len(upper) {
			u = cleanName(upper[i])
		}
		if i < len(lower) {
			l = cleanName(lower[i])
		}
		if u != "" {
			group, until = u, spanEnd(merged, upperRow, i)
		}
		if merged != nil && i > until {
			group = ""
		}
		switch {
		case l == "" && u == "":
		case l == "" || strings.EqualFold(group, l):
			out[i] = group
		default:
			out[i] = strings.TrimSpace(group + " " + l)
		}
	}
	return out
}

func spanEnd(merged []span, row, col int) int {
	for _, m := range merged {
		if m.row1 == row && m.col1 == col {
			return m.col2
		}
	}
	return col
}

// nameColumns gives every column a name of its own and says in words what it had to make up.
func nameColumns(raw []string, below []previewRow) (names, notes []string) {
	width := lastFilled(raw) + 1
	for width < len(raw) && anyFilledFrom(below, width) {
		width++
	}
	names = make([]string, width)
	taken := make(map[string]bool, width)
	for i := range names {
		if i < len(raw) {
			names[i] = cleanName(raw[i])
		}
		taken[strings.ToLower(names[i])] = true
	}
	seen := make(map[string]bool, width)
	for i, name := range names {
		if name == "" {
			name = fmt.Sprintf("Column %s", columnLetter(i))
			notes = append(notes, fmt.Sprintf("column %s has no name and is called %q", columnLetter(i), name))
		}
		if seen[strings.ToLower(name)] {
			first := name
			for n := 2; seen[strings.ToLower(name)] || taken[strings.ToLower(name)]; n++ {
				name = fmt.Sprintf("%s (%d)", first, n)
			}
			notes = append(notes, fmt.Sprintf("the name %q stands above more than one column; the one in column %s is called %q", first, columnLetter(i), name))
		}
		seen[strings.ToLower(name)] = true
		names[i] = name
	}
	return names, notes
}

func anyFilledFrom(rows []previewRow, col int) bool {
	for _, r := range rows {
		if lastFilled(r.cells) >= col {
			return true
		}
	}
	return false
}
