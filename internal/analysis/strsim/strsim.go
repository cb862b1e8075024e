package strsim

import (
	"math/bits"
	"unicode/utf8"
)

// symbol is what a character may be: a byte or a rune.
type symbol interface{ ~uint8 | ~int32 }

// wordBits is the longest pattern that fits the bit-parallel paths.
const wordBits = 64

// JaroWinkler is the Jaro similarity of a and b raised for a common prefix of
// up to four characters when it is above 0.7. It lies in [0, 1]; two empty
// strings are 1 (equal), one empty string is 0.
func JaroWinkler(a, b string) float64 {
	if a == b {
		return 1
	}
	if isASCII(a) && isASCII(b) {
		return winkler(a, b, jaroASCII(a, b))
	}
	ra, rb := []rune(a), []rune(b)
	return boost(jaro(ra, rb), commonPrefix(ra, rb, 4))
}

// JaroWinklerAtLeast reports whether JaroWinkler(a, b) is at least so much. Where
// the letters that only one of the two has rule it out, it is not worked out.
func JaroWinklerAtLeast(a, b string, least float64) bool {
	const rounding = 1e-9
	if m, ok := mostMatches(a, b); ok {
		if m == 0 {
			return a == b || least <= 0
		}
		most := jaroScore(m, 0, len(a), len(b))
		if winkler(a, b, most)+rounding < least {
			return false
		}
	}
	return JaroWinkler(a, b) >= least
}

// mostMatches is a bound on the characters that two ASCII strings can have in
// common: those of either that occur in the other at all. Characters that share
// a bit only make it larger.
func mostMatches(a, b string) (n int, ok bool) {
	var inA, inB uint64
	var all byte
	for i := 0; i < len(a); i++ {
		inA |= 1 << (a[i] & 63)
		all |= a[i]
	}
	for i := 0; i < len(b); i++ {
		inB |= 1 << (b[i] & 63)
		all |= b[i]
	}
	if all >= utf8.RuneSelf {
		return 0, false
	}
	ofA, ofB := uint64(0), uint64(0)
	for i := 0; i < len(a); i++ {
		ofA += inB >> (a[i] & 63) & 1
	}
	for i := 0; i < len(b); i++ {
		ofB += inA >> (b[i] & 63) & 1
	}
	return int(min(ofA, ofB)), true //nolint:gosec // at most the length of a string
}

// JaroWinklerBytes is JaroWinkler with a byte as the character.
func JaroWinklerBytes(a, b string) float64 {
	if a == b {
		return 1
	}
	if isASCII(a) && isASCII(b) {
		return winkler(a, b, jaroASCII(a, b))
	}
	return winkler(a, b, jaro([]byte(a), []byte(b)))
}

// Jaro is the Jaro similarity of a and b in [0, 1]; two empty strings are 1.
func Jaro(a, b string) float64 {
	if a == b {
		return 1
	}
	if isASCII(a) && isASCII(b) {
		return jaroASCII(a, b)
	}
	return jaro([]rune(a), []rune(b))
}

// JaroBytes is Jaro with a byte as the character.
func JaroBytes(a, b string) float64 {
	if a == b {
		return 1
	}
	if isASCII(a) && isASCII(b) {
		return jaroASCII(a, b)
	}
	return jaro([]byte(a), []byte(b))
}

// Levenshtein is the fewest single-character insertions, deletions and
// substitutions that turn a into b.
func Levenshtein(a, b string) int {
	if a == b {
		return 0
	}
	if isASCII(a) && isASCII(b) {
		return levenshteinASCII(a, b)
	}
	return levenshtein([]rune(a), []rune(b))
}

// LevenshteinBytes is Levenshtein with a byte as the character.
func LevenshteinBytes(a, b string) int {
	if a == b {
		return 0
	}
	if isASCII(a) && isASCII(b) {
		return levenshteinASCII(a, b)
	}
	return levenshtein([]byte(a), []byte(b))
}

// OSA is the optimal string alignment distance: Levenshtein with the swap of
// two neighbouring characters as one edit, no part of the string being edited
// twice. OSA("ca", "abc") is 3.
func OSA(a, b string) int {
	if a == b {
		return 0
	}
	if isASCII(a) && isASCII(b) {
		return osa(asBytes(a), asBytes(b))
	}
	return osa([]rune(a), []rune(b))
}

// DamerauLevenshtein is the unrestricted distance with transpositions: the
// swapped characters may be edited again. DamerauLevenshtein("ca", "abc") is 2.
func DamerauLevenshtein(a, b string) int {
	if a == b {
		return 0
	}
	if isASCII(a) && isASCII(b) {
		return damerau(asBytes(a), asBytes(b))
	}
	return damerau([]rune(a), []rune(b))
}

// DamerauLevenshteinBytes is DamerauLevenshtein with a byte as the character.
func DamerauLevenshteinBytes(a, b string) int {
	if a == b {
		return 0
	}
	return damerau(asBytes(a), asBytes(b))
}

// Jaccard is the number of distinct characters in both strings over the number
// in either; 1 when both are empty.
func Jaccard(a, b string) float64 {
	if a == "" && b == "" {
		return 1
	}
	return jaccard([]rune(a), []rune(b))
}

// JaccardBytes is Jaccard with a byte as the character.
func JaccardBytes(a, b string) float64 {
	if a == "" && b == "" {
		return 1
	}
	return jaccard(asBytes(a), asBytes(b))
}

// Near reports whether a and b are one edit apart: one insertion, deletion,
// substitution or swap of neighbours. Equal strings are near. It takes bytes,
// which is right for folded names and for reference numbers.
func Near(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) < len(b) {
		return a[i:] == b[i+1:]
	}
	if i == len(a) {
		return true
	}
	if a[i+1:] == b[i+1:] {
		return true
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func asBytes(s string) []byte { return []byte(s) }

func winkler(a, b string, j float64) float64 {
	n := min(len(a), len(b), 4)
	p := 0
	for p < n && a[p] == b[p] {
		p++
	}
	return boost(j, p)
}

func boost(j float64, prefix int) float64 {
	if j > 0.7 {
		j += float64(prefix) * 0.1 * (1 - j)
	}
	return j
}

func commonPrefix[T symbol](a, b []T, most int) int {
	n := min(len(a), len(b), most)
	p := 0
	for p < n && a[p] == b[p] {
		p++
	}
	return p
}

// window is how far apart two equal characters may stand and still match.
func window(la, lb int) int { return max(max(la, lb)/2-1, 0) }

func jaroScore(m, transposed, la, lb int) float64 {
	if m == 0 {
		return 0
	}
	fm := float64(m)
	return (fm/float64(la) + fm/float64(lb) + (fm-float64(transposed/2))/fm) / 3
}

// jaroASCII takes ASCII strings: positions of each character of b are kept as
// bits of one word, so that finding the first free match is one instruction.
func jaroASCII(a, b string) float64 {
	la, lb := len(a), len(b)
	if la == 0 || lb == 0 {
		return 0
	}
	if la > wordBits || lb > wordBits {
		return jaro(asBytes(a), asBytes(b))
	}
	if la <= shortLen && lb <= shortLen {
		return jaroShort(a, b)
	}
	var at [128]uint64
	for j := 0; j < lb; j++ {
		at[b[j]&127] |= 1 << uint(j)
	}
	w := window(la, lb)
	var inA, inB uint64
	near := uint64(1)<<uint(w+1) - 1 // positions 0..w, slid along with i
	if w+1 >= wordBits {
		near = ^uint64(0)
	}
	for i := 0; i < la; i++ {
		free := at[a[i]&127] & near &^ inB
		if free != 0 {
			inB |= free & -free
			inA |= 1 << uint(i)
		}
		if i < w {
			near = near<<1 | 1
		} else {
			near <<= 1
		}
	}
	m := bits.OnesCount64(inA)
	transposed := 0
	for x, y := inA, inB; x != 0; x, y = x&(x-1), y&(y-1) {
		if a[bits.TrailingZeros64(x)] != b[bits.TrailingZeros64(y)] {
			transposed++
		}
	}
	return jaroScore(m, transposed, la, lb)
}

// shortLen is the longest string that fits two words of a character a byte. Most
// names do, and need no table.
const shortLen = 16

const (
	lows  = 0x0101010101010101
	below = 0x7f * lows
	highs = 0x80 * lows
	pack  = 0x0102040810204080 // brings the first bit of each byte together in the last byte
)

// packed is an ASCII string of at most shortLen characters in two words, filled
// up with a byte that no ASCII character is.
func packed(s string) (lo, hi uint64) {
	lo, hi = highs, highs
	for i := 0; i < len(s); i++ {
		if shift := uint(i) & 7 * 8; i < 8 {
			lo ^= (uint64(s[i]) ^ 0x80) << shift
		} else {
			hi ^= (uint64(s[i]) ^ 0x80) << shift
		}
	}
	return lo, hi
}

// equalBytes has a bit for each byte of w, which has the length of at most 8
// characters, that is c. c is ASCII.
func equalBytes(w, c uint64) uint64 {
	x := w ^ c*lows                           // nought where equal; 0x80 and more in the filling
	x = ^((x&below + below) | x) & highs >> 7 // one where nought, exactly
	return x * pack >> 56
}

// where has a bit for each character of a packed string that is c.
func where(lo, hi, c uint64, long bool) uint64 {
	m := equalBytes(lo, c)
	if long {
		m |= equalBytes(hi, c) << 8
	}
	return m
}

// jaroShort is jaroASCII for strings of at most shortLen characters.
func jaroShort(a, b string) float64 {
	la, lb := len(a), len(b)
	lo, hi := packed(b)
	long := lb > 8
	w := window(la, lb)
	var inA, inB uint64
	near := uint64(1)<<uint(w+1) - 1
	for i := 0; i < la; i++ {
		if free := where(lo, hi, uint64(a[i]), long) & near &^ inB; free != 0 {
			inB |= free & -free
			inA |= 1 << uint(i)
		}
		near <<= 1
		if i < w {
			near |= 1
		}
	}
	transposed := 0
	for x, y := inA, inB; x != 0; x, y = x&(x-1), y&(y-1) {
		if a[bits.TrailingZeros64(x)] != b[bits.TrailingZeros64(y)&15] {
			transposed++
		}
	}
	return jaroScore(bits.OnesCount64(inA), transposed, la, lb)
}

// jaro is the definition, for any length and alphabet.
func jaro[T symbol](a, b []T) float64 {
	la, lb := len(a), len(b)
	if la == 0 || lb == 0 {
		return 0
	}
	w := window(la, lb)
	usedA, usedB := make([]bool, la), make([]bool, lb)
	m := 0
	for i := range a {
		for j := max(i-w, 0); j < min(i+w+1, lb); j++ {
			if !usedB[j] && a[i] == b[j] {
				usedA[i], usedB[j] = true, true
				m++
				break
			}
		}
	}
	transposed, j := 0, 0
	for i := range a {
		if !usedA[i] {
			continue
		}
		for !usedB[j] {
			j++
		}
		if a[i] != b[j] {
			transposed++
		}
		j++
	}
	return jaroScore(m, transposed, la, lb)
}

// levenshteinASCII is Myers' bit-parallel algorithm for ASCII strings whose
// shorter side fits a word.
func levenshteinASCII(a, b string) int {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(a) == 0 {
		return len(b)
	}
	if len(a) > wordBits {
		return levenshtein(asBytes(a), asBytes(b))
	}
	var at *[128]uint64
	var lo, hi uint64
	long := len(a) > 8
	if len(a) <= shortLen {
		lo, hi = packed(a)
	} else {
		at = new([128]uint64)
		for i := 0; i < len(a); i++ {
			at[a[i]&127] |= 1 << uint(i)
		}
	}
	pv, mv := ^uint64(0), uint64(0)
	dist := len(a)
	last := uint64(1) << uint(len(a)-1)
	for j := 0; j < len(b); j++ {
		var eq uint64
		if at == nil {
			eq = where(lo, hi, uint64(b[j]), long)
		} else {
			eq = at[b[j]&127]
		}
		xv := eq | mv
		xh := (((eq & pv) + pv) ^ pv) | eq
		ph := mv | ^(xh | pv)
		mh := pv & xh
		if ph&last != 0 {
			dist++
		}
		if mh&last != 0 {
			dist--
		}
		ph = ph<<1 | 1
		mh <<= 1
		pv = mh | ^(xv | ph)
		mv = ph & xv
	}
	return dist
}

// levenshtein is the dynamic programme on one row.
func levenshtein[T symbol](a, b []T) int {
	if len(a) > len(b) {
		a, b = b, a
	}
	row := make([]int, len(a)+1)
	for i := range row {
		row[i] = i
	}
	for j := range b {
		diag := row[0]
		row[0] = j + 1
		for i := range a {
			cost := diag
			if a[i] != b[j] {
				cost++
			}
			diag = row[i+1]
			row[i+1] = min(cost, row[i]+1, row[i+1]+1)
		}
	}
	return row[len(a)]
}

func osa[T symbol](a, b []T) int {
	if len(a) > len(b) {
		a, b = b, a
	}
	n := len(a) + 1
	buf := make([]int, 3*n)
	two, one, now := buf[:n], buf[n:2*n], buf[2*n:]
	for i := range one {
		one[i] = i
	}
	for j := range b {
		now[0] = j + 1
		for i := range a {
			cost := one[i]
			if a[i] != b[j] {
				cost++
			}
			d := min(cost, now[i]+1, one[i+1]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				d = min(d, two[i-1]+1)
			}
			now[i+1] = d
		}
		two, one, now = one, now, two
	}
	return one[len(a)]
}

// damerau is Lowrance and Wagner's algorithm with the full table.
func damerau[T symbol](a, b []T) int {
	la, lb := len(a), len(b)
	if la == 0 || lb == 0 {
		return la + lb
	}
	w := lb + 2
	d := make([]int, (la+2)*w)
	far := la + lb
	d[0] = far
	for i := 0; i <= la; i++ {
		d[(i+1)*w], d[(i+1)*w+1] = far, i
	}
	for j := 0; j <= lb; j++ {
		d[j+1], d[w+j+1] = far, j
	}
	lastRow := make(map[T]int, la)
	for i := 1; i <= la; i++ {
		lastCol := 0
		for j := 1; j <= lb; j++ {
			i1, j1 := lastRow[b[j-1]], lastCol
			cost := 1
			if a[i-1] == b[j-1] {
				cost, lastCol = 0, j
			}
			d[(i+1)*w+j+1] = min(
				d[i*w+j]+cost,
				d[(i+1)*w+j]+1,
				d[i*w+j+1]+1,
				d[i1*w+j1]+(i-i1-1)+1+(j-j1-1),
			)
		}
		lastRow[a[i-1]] = i
	}
	return d[(la+1)*w+lb+1]
}

func jaccard[T symbol](a, b []T) float64 {
	seen := make(map[T]uint8, len(a)+len(b))
	for _, c := range a {
		seen[c] |= 1
	}
	for _, c := range b {
		seen[c] |= 2
	}
	both := 0
	for _, in := range seen {
		if in == 3 {
			both++
		}
	}
	return float64(both) / float64(len(seen))
}
