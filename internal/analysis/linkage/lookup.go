package linkage

import (
	"slices"
	"strings"
)

// Fold is a name as it is compared: lower case, without accents, in Latin letters where a romanisation is
// known, apostrophes dropped, everything else that is neither letter nor digit one space.
func Fold(s string) string { return string(foldInto(nil, s)) }

// Skeleton is what the spellings of a folded word have in common: its first sound and later consonants, with
// the letters that transliterations exchange brought together. Names that are not alike can share one.
func Skeleton(word string) string { return string(skeleton(nil, word)) }

// Spelling is the form that stands for all spellings of a folded word, the word itself when the tables
// know no other.
func (t *Tables) Spelling(word string) string {
	for _, g := range t.groups[word] {
		if g.spelling {
			return t.heads[g.id-1]
		}
	}
	return word
}

// FullForms lists the names of which a folded word is a short form (alex: alexander, alexandra).
func (t *Tables) FullForms(word string) []string {
	var out []string
	for _, g := range t.groups[word] {
		if head := t.heads[g.id-1]; !g.spelling && head != word {
			out = append(out, head)
		}
	}
	return out
}

// ShortForms lists the short forms of a folded name, in alphabetical order.
func (t *Tables) ShortForms(name string) []string {
	var out []string
	for word, gs := range t.groups {
		for _, g := range gs {
			if !g.spelling && t.heads[g.id-1] == name && word != name {
				out = append(out, word)
			}
		}
	}
	slices.Sort(out)
	return out
}

// NoName reports whether a folded field stands for the want of a name (unknown, baby, test).
func (t *Tables) NoName(field string) bool { return t.junk[field] }

// Particle reports whether a folded word is a title, suffix or particle: a part of names that does not tell
// people apart.
func (t *Tables) Particle(word string) bool {
	c := t.words[strings.TrimSpace(word)].class
	return c == wordTitle || c == wordSuffix || c == wordParticle
}
