package profile

import (
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"unicode/utf8"
)

// Watch looks at a whole table as its rows go by, for what no single row shows: columns that are empty in every row, one value in half the rows, ids that
// come again, names too long to be names. It keeps counts and hashes and no value, of bounded size however long the table is, and changes nothing
// of what is read. It is for one goroutine.
type Watch struct {
	reader   *Reader
	rows     int
	filled   []bool // by column of the table
	people   int    // rows that are of a person and of no event
	ids      map[uint64]struct{}
	repeated int
	common   [3]majority // names, dates of birth, addresses
	long     int
	seed     maphash.Seed
}

const (
	watchedIDs = 100_000 // ids that are remembered
	fewestRows = 20      // below, a value in half the rows is chance
	longWord   = 60      // letters of one word of a name that linking compares
)

// commonShare is the share of rows from which one value is said to be everywhere.
const commonShare = 0.4

var commonWords = [...]struct{ what, like string }{
	{"name", "what is entered when nobody knows"}, {"date of birth", "what is entered when nobody knows"}, {"address", "a place where many live, or what is entered when nobody knows"},
}

// Watch is a new watch over a table that the reader reads.
func (r *Reader) Watch() *Watch {
	return &Watch{reader: r, filled: make([]bool, len(r.header)), ids: map[uint64]struct{}{}, seed: maphash.MakeSeed()}
}

// Add looks at a row and what was read of it, nil when it was refused.
func (w *Watch) Add(cells []string, rec Record) {
	w.rows++
	for i := range w.filled {
		if !w.filled[i] && i < len(cells) && !blank(clean(cells[i])) {
			w.filled[i] = true
		}
	}
	p, ok := rec.(*PersonRow)
	if !ok {
		return
	}
	if len(p.Names) > 0 && p.Names[0].Known() {
		w.common[0].add(w.hash(words(p.Names[0].Display())))
	}
	if p.Born.Known() && p.Born.String() != "" {
		w.common[1].add(w.hash(p.Born.String()))
	}
	if len(p.Addresses) > 0 && p.Addresses[0].Text != "" {
		w.common[2].add(w.hash(words(p.Addresses[0].Text + " " + p.Addresses[0].Postcode)))
	}
	if slices.ContainsFunc(p.Names, func(n Name) bool {
		return slices.ContainsFunc(strings.Fields(n.Display()), func(x string) bool { return utf8.RuneCountInString(x) > longWord })
	}) {
		w.long++
	}
	if p.Event != nil { // a person is in such a list as often as they occur
		return
	}
	w.people++
	id := p.Identifier(RecordID)
	if id == "" || w.people > watchedIDs {
		return
	}
	h := w.hash(id)
	if _, twice := w.ids[h]; twice {
		w.repeated++
	}
	w.ids[h] = struct{}{}
}

func (w *Watch) hash(s string) uint64 { return maphash.String(w.seed, s) }

// Notes are what was seen, in words that hold no value.
func (w *Watch) Notes() []string {
	var out []string
	if w.rows == 0 {
		return nil
	}
	var empty []string
	for _, c := range w.reader.read {
		if i := slices.Index(w.reader.header, c.Column); i >= 0 && !w.filled[i] {
			empty = append(empty, fmt.Sprintf("%q", c.Column))
		}
	}
	if len(empty) > 0 && w.reader.profile.persons {
		out = append(out, "Empty in every row: "+listWords(empty, "and"))
	}
	if w.repeated > 0 {
		words, of := "rows have", ""
		if w.repeated == 1 {
			words = "row has"
		}
		if w.people > watchedIDs {
			of = fmt.Sprintf(" (looked for in the first %d)", watchedIDs)
		}
		out = append(out, fmt.Sprintf("%d %s a record id that an earlier row has%s; each row is kept as a record of its own, and linking says whether they are of one person", w.repeated, words, of))
	}
	for i := range w.common {
		if n := w.common[i].least(); w.rows >= fewestRows && float64(n) >= commonShare*float64(w.rows) {
			out = append(out, fmt.Sprintf("One %s stands in about %d of %d rows: it looks like %s, and says little about who is who", commonWords[i].what, n, w.rows, commonWords[i].like))
		}
	}
	if w.long > 0 {
		words := "rows have"
		if w.long == 1 {
			words = "row has"
		}
		out = append(out, fmt.Sprintf("%d %s a name with a word of more than %d letters: what stands after them is kept, and not compared", w.long, words, longWord))
	}
	return out
}

// majority finds values that stand in a good part of many, in the memory of a few counters (Misra and Gries 1982): a value's counter is below its true
// number by at most one in held+1 of all.
type majority struct{ of map[uint64]int }

const held = 32

func (m *majority) add(v uint64) {
	if m.of == nil {
		m.of = make(map[uint64]int, held)
	}
	if _, ok := m.of[v]; ok || len(m.of) < held {
		m.of[v]++
		return
	}
	for k := range m.of {
		if m.of[k]--; m.of[k] == 0 {
			delete(m.of, k)
		}
	}
}

// least is a number that the commonest value has at least.
func (m *majority) least() int {
	most := 0
	for _, n := range m.of {
		most = max(most, n)
	}
	return most
}
