// Package strsim compares short strings: names, streets, reference numbers.
//
// It holds the classical measures that record linkage uses, with their usual
// definitions, so that a weight worked out here can be checked elsewhere:
//
//   - Levenshtein: fewest insertions, deletions and substitutions (Levenshtein 1966).
//   - OSA: the same with swaps of neighbours, no part edited twice.
//   - DamerauLevenshtein: the unrestricted form (Lowrance and Wagner 1975).
//   - Jaro and JaroWinkler: similarity between 0 and 1 (Jaro 1989; Winkler 1990,
//     prefix weight 0.1, at most four characters, applied above 0.7).
//   - Jaccard: shared over all distinct characters.
//
// A character is a rune. The functions that end in Bytes take a character to
// be a byte, as DuckDB does: the two differ only outside ASCII, and an
// imported Splink model needs the latter to give the weights it gave there.
//
// Strings of up to 64 characters take a bit-parallel path (Myers 1999 for
// Levenshtein; masks of positions for Jaro); longer ones take the plain
// dynamic programme, with the same answer. Nothing is normalised here: fold
// case and accents first where they should not count.
package strsim
