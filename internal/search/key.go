package search

import (
	_ "embed"
	"encoding/csv"
	"hash/fnv"
	"slices"
	"strings"
	"sync"

	"lantern.example/lantern/internal/analysis/linkage"
)

// earNames are names that are spelt one way and heard another; the names that languages spell differently, and short
// forms, come from package analysis/linkage.
//
//go:embed names.csv
var earNames string

// knowledge is what is known about names, read once.
var knowledge = sync.OnceValue(func() *known {
	k := &known{tables: linkage.DefaultTables(), ear: map[string]string{}}
	rows, err := csv.NewReader(strings.NewReader(earNames)).ReadAll()
	if err != nil {
		panic("search: the embedded names do not parse: " + err.Error())
	}
	for _, row := range rows[1:] {
		for _, w := range append(strings.Fields(row[1]), row[0]) {
			k.ear[w] = row[0]
		}
	}
	return k
})

type known struct {
	tables *linkage.Tables
	ear    map[string]string
}

// canonical is the form that stands for all spellings of a folded word.
func (k *known) canonical(word string) string {
	if head, ok := k.ear[word]; ok {
		return head
	}
	return k.tables.Spelling(word)
}

// key is what the spellings of a word have in common, as one number; 0 for no word.
func (k *known) key(word string) int64 {
	if word == "" {
		return 0
	}
	return hash("w", linkage.Skeleton(k.canonical(word)))
}

// pairKey is the key of a forename and a surname together, whichever way round.
func pairKey(a, b int64) int64 {
	if a == 0 || b == 0 {
		return 0
	}
	if a > b {
		a, b = b, a
	}
	h := fnv.New64a()
	var buf [16]byte
	for i := range 8 {
		buf[i], buf[8+i] = byte(a>>(8*i)), byte(b>>(8*i)) //nolint:gosec // the bytes of a number
	}
	h.Write(buf[:])         //nolint:errcheck,gosec // never fails
	return int64(h.Sum64()) //nolint:gosec // the bits are what matters
}

func hash(parts ...string) int64 {
	h := fnv.New64a()
	for _, p := range parts {
		h.Write([]byte(p))    //nolint:errcheck,gosec // never fails
		h.Write([]byte{0x1f}) //nolint:errcheck,gosec // never fails
	}
	return int64(h.Sum64()) //nolint:gosec // the bits are what matters
}

// joined are beginnings that are written apart or together: O Brien, Mc Donald, Abdul Rahman, Al Hassan.
var joined = map[string]bool{"o": true, "mc": true, "mac": true, "abdul": true, "abdel": true, "abdur": true, "abd": true, "al": true, "el": true, "ul": true, "st": true, "d": true}

const maxWords = 6

// Words are the words of a name that tell people apart: folded, without titles, suffixes and particles, with beginnings
// that are written apart put back.
func Words(name string) []string {
	k := knowledge()
	fields := strings.Fields(linkage.Fold(name))
	var out []string
	for i := 0; i < len(fields) && len(out) < maxWords; i++ {
		w := fields[i]
		switch {
		case joined[w] && i+1 < len(fields):
			i++
			if w != "al" && w != "el" && w != "ul" {
				w += fields[i]
			} else {
				w = fields[i]
			}
		case len(fields) > 1 && k.tables.Particle(w):
			continue
		}
		out = append(out, w)
	}
	return out
}

// forms are the keys under which a record of that forename may be found: its own, those of the names it is short for, and
// those of its short forms.
func (k *known) forms(word string) map[int64]string {
	out := map[int64]string{}
	names := []string{k.canonical(word)}
	names = append(names, k.tables.FullForms(word)...)
	for _, n := range slices.Clone(names) {
		names = append(names, k.tables.ShortForms(n)...)
	}
	names = append(names, k.tables.ShortForms(word)...)
	for _, n := range names {
		if _, ok := out[k.key(n)]; !ok && len(out) < 24 {
			out[k.key(n)] = n
		}
	}
	return out
}

// shortForm reports whether one word is a short form of the other, or both of one name.
func (k *known) shortForm(a, b string) bool {
	fa, fb := append(k.tables.FullForms(a), a, k.canonical(a)), append(k.tables.FullForms(b), b, k.canonical(b))
	return slices.ContainsFunc(fa, func(x string) bool { return slices.Contains(fb, x) })
}
