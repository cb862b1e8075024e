package linkage

import (
	"bytes"
	_ "embed" // the default tables
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"
)

//go:embed tables/nicknames.csv
var defaultNicknames []byte

//go:embed tables/spellings.csv
var defaultSpellings []byte

//go:embed tables/words.csv
var defaultWords []byte

// Tables hold what is known about names: short forms, spellings of one name
// and words that are not names. They are data: an area can replace any of them.
type Tables struct {
	groups map[string][]group // folded token -> the groups it belongs to
	heads  []string           // by group number - 1
	words  map[string]word
	junk   map[string]bool     // whole fields that say nothing
	short  map[string][]string // folded name -> its short forms, in alphabetical order
	// What Chinese names are made of in Latin letters, to know an English given name that is used beside one.
	syllables, surnames map[string]bool
}

type group struct {
	id       uint32
	spelling bool // a spelling group, otherwise a short form
}

type wordClass uint8

const (
	wordTitle wordClass = iota + 1
	wordSuffix
	wordParticle
	wordPrefix
	wordWeak
	wordJunk
)

type word struct {
	class  wordClass
	joined string // for a prefix: what it is written as when joined
}

// DefaultTables returns the tables that come with the package.
func DefaultTables() *Tables {
	t, err := ParseTables(bytes.NewReader(defaultNicknames), bytes.NewReader(defaultSpellings), bytes.NewReader(defaultWords))
	if err != nil {
		panic("linkage: the embedded tables do not parse: " + err.Error())
	}
	return t
}

// ParseTables reads the three tables from CSV: nicknames (name, short_forms,
// source), spellings (head, spellings, source) and words (word, class, source).
// Lists within a cell are separated by spaces. Membership of a group does not
// carry over: Alexander and Alexandra share Alex and are not thereby alike.
func ParseTables(nicknames, spellings, words io.Reader) (*Tables, error) {
	t := &Tables{groups: map[string][]group{}, words: map[string]word{}, junk: map[string]bool{}, short: map[string][]string{},
		syllables: map[string]bool{}, surnames: map[string]bool{}}
	if err := t.readGroups("nicknames", nicknames, false); err != nil {
		return nil, err
	}
	if err := t.readGroups("spellings", spellings, true); err != nil {
		return nil, err
	}
	t.shareShortForms()
	rows, err := readTable("words", words)
	if err != nil {
		return nil, err
	}
	for i, r := range rows {
		if err := t.addWord(r[0], r[1]); err != nil {
			return nil, fmt.Errorf("words table, row %d: %w", i+2, err)
		}
	}
	return t, nil
}

func readTable(name string, r io.Reader) ([][]string, error) {
	c := csv.NewReader(r)
	c.FieldsPerRecord = 3
	rows, err := c.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s table: expected three columns of CSV: %w", name, err)
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("%s table: it is empty, a header row was expected", name)
	}
	return rows[1:], nil
}

func (t *Tables) readGroups(name string, r io.Reader, spelling bool) error {
	rows, err := readTable(name, r)
	if err != nil {
		return err
	}
	for i, row := range rows {
		head := foldWord(row[0])
		if head == "" {
			return fmt.Errorf("%s table, row %d: the first column is empty, a name was expected", name, i+2)
		}
		t.heads = append(t.heads, head)
		g := group{uint32(len(t.heads)), spelling}
		for _, w := range append([]string{head}, strings.Fields(row[1])...) {
			w = foldWord(w)
			if w != "" && !hasGroup(t.groups[w], g.id) {
				t.groups[w] = append(t.groups[w], g)
				if !spelling && w != head {
					t.short[head] = append(t.short[head], w)
				}
			}
		}
	}
	for _, forms := range t.short {
		slices.Sort(forms)
	}
	return nil
}

// shareShortForms gives the short forms of a name to its other spellings: Mo is
// short for Muhammad as much as for Mohammed.
func (t *Tables) shareShortForms() {
	short := map[string]group{} // by head
	for w, gs := range t.groups {
		for _, g := range gs {
			if !g.spelling && t.head(g) == w {
				short[w] = g
			}
		}
	}
	for w, gs := range t.groups {
		for _, g := range gs {
			if s, ok := short[t.head(g)]; g.spelling && ok && !hasGroup(t.groups[w], s.id) {
				t.groups[w] = append(t.groups[w], s)
			}
		}
	}
}

func hasGroup(gs []group, id uint32) bool {
	for _, g := range gs {
		if g.id == id {
			return true
		}
	}
	return false
}

func (t *Tables) addWord(w, class string) error {
	kind, joined, _ := strings.Cut(class, ":")
	if joined == "" {
		joined = w
	}
	switch kind {
	case "title":
		t.words[w] = word{class: wordTitle}
	case "suffix":
		t.words[w] = word{class: wordSuffix}
	case "particle", "particle-middle":
		t.words[w] = word{class: wordParticle}
	case "prefix":
		t.words[w] = word{class: wordPrefix, joined: joined}
	case "weak":
		t.words[w] = word{class: wordWeak}
	case "junk":
		t.words[w] = word{class: wordJunk}
		t.junk[w] = true
	case "syllable":
		t.syllables[w] = true
	case "chinese-surname":
		t.surnames[w] = true
	case "junk-whole":
		t.junk[w] = true
	default:
		return fmt.Errorf("class %q of %q: expected title, suffix, particle, prefix, weak, syllable, chinese-surname, junk or junk-whole", class, w)
	}
	return nil
}

// chinese reports whether a folded word is a Chinese surname or made of
// syllables of Chinese given names: Wei, Zixuan.
func (t *Tables) chinese(w string) bool {
	if t.surnames[w] {
		return true
	}
	return len(w) <= mostSyllables*longestSyllable && t.syllabic(w)
}

const (
	mostSyllables   = 3
	longestSyllable = 6
)

func (t *Tables) syllabic(w string) bool {
	if t.syllables[w] {
		return true
	}
	for n := 1; n < len(w) && n <= longestSyllable; n++ {
		if t.syllables[w[:n]] && t.syllabic(w[n:]) {
			return true
		}
	}
	return false
}

// head is the name a group is filed under.
func (t *Tables) head(g group) string { return t.heads[g.id-1] }
