// Package find is the hub's search: documents about nobody, found by words that need not be the ones they use.
//
// It holds an index in memory, made from what the database holds and never stored: there is nothing beside the
// database to back up, to keep in step or to erase from, and both engines give one answer (docs/decisions/0013).
//
// Each word is folded and brought to its stem (exploitation, exploiting, exploit meet). Groups of words for one
// thing ("county lines", "going country", "cunch") are known from a list: where any of them stands in a document,
// or is asked for, the group itself is a word of it. A word of the list that is also an ordinary word (food, line)
// means the group only when it is asked for. A word that no document has is read as the nearest one that some
// document has: one letter wrong, missing, added or exchanged, two in long words; else as the beginning of one.
//
// Documents are put in order by how rare the words are and how often they stand in the text, as in BM25 (Robertson and
// Zaragoza, 2009, section 3; k1 1.2, no length norm, since a thorough page is not a worse one); a word in the title or
// the summary counts beside that, whatever the text says. A document with more of the words comes before one with fewer.
package find

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"lantern.example/lantern/internal/analysis/strsim"
)

// Doc is one document. Ver changes when its words do: a document whose Ver is known is not read again, and then needs no Body.
type Doc struct {
	Kind, ID, Ver        string
	Title, Summary, Body string
	Href                 string
	Draft                bool // not confirmed by anybody yet
}

func (d Doc) key() string { return d.Kind + "/" + d.ID }

// Hit is a document found.
type Hit struct {
	Kind, ID, Title, Summary, Href string
	Draft                          bool
	Score                          float64 // for order alone
}

// Answer is what a search found.
type Answer struct {
	Hits   []Hit          // one page of them, best first
	Total  int            // of the kind asked for
	Kinds  map[string]int // how many of each kind, whichever was asked for
	Read   []Reading      // words that were not read as they were typed
	Nobody []string       // words that no document has, nor anything like them
}

// Reading says how a word or phrase was read.
type Reading struct {
	Typed string
	As    []string // other words for the same thing, or the word it was taken for
	Slang bool     // As are other words for it; else it is a spelling
}

// Query is what is looked for. Kind "" is every kind; Limit 0 is all.
type Query struct {
	Text          string
	Kind          string
	Limit, Offset int
}

// Group is words and phrases for one thing. A term that ends in ? is an ordinary word too.
type Group struct {
	Terms  []string
	Source string
}

type posting struct {
	doc    int
	weight float32
}

type held struct {
	Hit
	ver   string
	terms []term // to take it out again
	live  bool
}

type term struct {
	id     int
	weight float32
}

// Index finds documents. It is safe for concurrent use.
type Index struct {
	mu       sync.RWMutex
	docs     []held
	where    map[string]int             // by Doc.key
	from     map[string]map[string]bool // the keys of each source
	dead     int
	ids      map[string]int // of stems
	forms    map[string]int // the words as they stand in documents and groups, and their stems
	spelt    []spelt        // the same, for a slip to be looked for
	words    []string       // stems by id
	postings [][]posting
	alive    []int // how many live documents have the term
	groups   []Group
	phrases  map[string][]phrase // by first stem
	ofGroup  map[string]bool     // stems that are part of a group's words
}

// phrase is one term of a group, as stems.
type phrase struct {
	stems    []string
	group    int
	ordinary bool
}

// New makes an empty index that knows the groups.
func New(groups []Group) *Index {
	x := &Index{where: map[string]int{}, from: map[string]map[string]bool{}, ids: map[string]int{}, forms: map[string]int{}, groups: groups, phrases: map[string][]phrase{}, ofGroup: map[string]bool{}}
	for g, group := range groups {
		for _, t := range group.Terms {
			words, ordinary := strings.CutSuffix(t, "?")
			stems := stemsOf(words)
			if len(stems) == 0 {
				continue
			}
			x.phrases[stems[0]] = append(x.phrases[stems[0]], phrase{stems, g, ordinary})
			x.know(words)
			for _, s := range stems {
				x.ofGroup[s] = true
			}
		}
	}
	for _, ps := range x.phrases {
		slices.SortStableFunc(ps, func(a, b phrase) int { return len(b.stems) - len(a.stems) })
	}
	return x
}

// know keeps the words of a text as they stand, for a slip to be seen by.
func (x *Index) know(text string) {
	for _, t := range tokens(text) {
		if stop[t] {
			continue
		}
		if _, ok := x.forms[t]; !ok {
			id := x.id(stem(t))
			x.forms[t] = id
			x.spelt = append(x.spelt, spelt{t, id, utf8.RuneCountInString(t), letters(t)})
		}
	}
}

// spelt is a word with what tells quickly that another is too far off.
type spelt struct {
	word    string
	id, n   int
	letters uint32
}

// letters marks which letters a word has; other runes share the bits that are left.
func letters(w string) (m uint32) {
	for _, r := range w {
		if r >= 'a' && r <= 'z' {
			m |= 1 << (r - 'a')
		} else {
			m |= 1 << (26 + uint32(r)%6) //nolint:gosec // a rune is not negative here
		}
	}
	return m
}

func (x *Index) id(stem string) int {
	id, ok := x.ids[stem]
	if !ok {
		id = len(x.words)
		x.ids[stem] = id
		x.words = append(x.words, stem)
		x.postings = append(x.postings, nil)
		x.alive = append(x.alive, 0)
	}
	return id
}

// Set makes the index hold exactly these documents of a source. Two sources have no kind in common.
func (x *Index) Set(source string, docs []Doc) {
	x.mu.Lock()
	defer x.mu.Unlock()
	keep := make(map[string]bool, len(docs))
	for _, d := range docs {
		keep[d.key()] = true
		if at, ok := x.where[d.key()]; ok {
			if x.docs[at].ver == d.Ver {
				continue
			}
			x.drop(at)
		}
		x.add(d)
	}
	for key := range x.from[source] {
		if at, ok := x.where[key]; ok && !keep[key] {
			x.drop(at)
			delete(x.where, key)
		}
	}
	x.from[source] = keep
	if x.dead > 100 && x.dead > len(x.docs)/2 {
		x.compact()
	}
}

// Len is how many documents the index holds.
func (x *Index) Len() int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return len(x.where)
}

func (x *Index) drop(at int) {
	d := &x.docs[at]
	d.live = false
	for _, t := range d.terms {
		x.alive[t.id]--
	}
	x.dead++
}

// What a word counts for standing in a title or a summary; how often it stands in the text counts up to k1+1.
const (
	inTitle   = 2.5
	inSummary = 1.2
	k1        = 1.2
)

func (x *Index) add(d Doc) {
	at := len(x.docs)
	weights := map[int]float32{}
	for id := range x.counts(d.Title) {
		weights[id] += inTitle
	}
	for id := range x.counts(d.Summary) {
		weights[id] += inSummary
	}
	for id, n := range x.counts(d.Body) {
		weights[id] += float32(n) * (k1 + 1) / (float32(n) + k1)
	}
	h := held{Hit: Hit{Kind: d.Kind, ID: d.ID, Title: d.Title, Summary: d.Summary, Href: d.Href, Draft: d.Draft}, ver: d.Ver, live: true}
	for id, w := range weights {
		h.terms = append(h.terms, term{id, w})
		x.postings[id] = append(x.postings[id], posting{at, w})
		x.alive[id]++
	}
	x.docs = append(x.docs, h)
	x.where[d.key()] = at
}

// counts is how often each word and each group stands in a text.
func (x *Index) counts(text string) map[int]int {
	x.know(text)
	stems := stemsOf(text)
	out := make(map[int]int, len(stems))
	for i, s := range stems {
		out[x.id(s)]++
		for _, p := range x.phrases[s] {
			if !p.ordinary && begins(stems[i:], p.stems) {
				out[x.id(groupWord(p.group))]++
			}
		}
	}
	return out
}

// compact leaves out what was dropped.
func (x *Index) compact() {
	docs := x.docs
	x.docs, x.dead = nil, 0
	clear(x.where)
	for i := range x.postings {
		x.postings[i], x.alive[i] = nil, 0
	}
	for _, d := range docs {
		if !d.live {
			continue
		}
		at := len(x.docs)
		for _, t := range d.terms {
			x.postings[t.id] = append(x.postings[t.id], posting{at, t.weight})
			x.alive[t.id]++
		}
		x.docs = append(x.docs, d)
		x.where[d.Kind+"/"+d.ID] = at
	}
}

func begins(stems, p []string) bool {
	return len(stems) >= len(p) && slices.Equal(stems[:len(p)], p)
}

// groupWord stands for a group among the stems; no text has a stem like it.
func groupWord(g int) string { return "\x00" + string(rune('0'+g)) }

// wanted is one thing asked for: any of its terms will do, each with how much it counts.
type wanted struct {
	terms map[int]float64
}

const (
	mostWords = 12
	// asGroup is how much another word for the same thing counts beside the word itself.
	asGroup = 0.8
	// asSpelling is how much a word that was read otherwise counts.
	asSpelling = 0.7
)

// Search finds documents. No words find nothing.
func (x *Index) Search(q Query) Answer {
	x.mu.RLock()
	defer x.mu.RUnlock()
	a := Answer{Kinds: map[string]int{}}
	want := x.understand(q.Text, &a)
	if len(want) == 0 {
		return a
	}
	scores := make([]float64, len(x.docs))
	found := make([]uint8, len(x.docs))
	n := float64(len(x.where))
	var seen []int
	best := make([]float64, len(x.docs))
	for _, w := range want {
		var hit []int
		for id, count := range w.terms {
			if x.alive[id] == 0 {
				continue
			}
			df := float64(x.alive[id])
			idf := math.Log(1 + (n-df+0.5)/(df+0.5))
			for _, p := range x.postings[id] {
				if !x.docs[p.doc].live {
					continue
				}
				s := count * idf * float64(p.weight)
				if best[p.doc] == 0 {
					hit = append(hit, p.doc)
				}
				best[p.doc] = max(best[p.doc], s)
			}
		}
		for _, d := range hit { // a thing asked for counts once, by its best word
			if found[d] == 0 {
				seen = append(seen, d)
			}
			found[d]++
			scores[d] += best[d]
			best[d] = 0
		}
	}
	least := uint8((len(want) + 1) / 2) //nolint:gosec // at most mostWords
	type scored struct {
		doc   int
		score float64
	}
	var out []scored
	for _, d := range seen {
		if found[d] < least {
			continue
		}
		a.Kinds[x.docs[d].Kind]++
		if q.Kind != "" && x.docs[d].Kind != q.Kind {
			continue
		}
		share := float64(found[d]) / float64(len(want))
		out = append(out, scored{d, scores[d] * share})
	}
	a.Total = len(out)
	order := func(a, b scored) int {
		return cmp.Or(cmp.Compare(b.score, a.score), strings.Compare(x.docs[a.doc].Title, x.docs[b.doc].Title), strings.Compare(x.docs[a.doc].ID, x.docs[b.doc].ID))
	}
	if need := q.Offset + q.Limit; q.Limit > 0 && len(out) > 4*need {
		// Only the first are shown: what scores less than the last of them need not be put in order.
		scores := make([]float64, len(out))
		for i, s := range out {
			scores[i] = s.score
		}
		slices.Sort(scores)
		least := scores[len(scores)-need]
		out = slices.DeleteFunc(out, func(s scored) bool { return s.score < least })
	}
	slices.SortFunc(out, order)
	out = out[min(q.Offset, len(out)):]
	if q.Limit > 0 {
		out = out[:min(q.Limit, len(out))]
	}
	for _, s := range out {
		h := x.docs[s.doc].Hit
		h.Score = s.score
		a.Hits = append(a.Hits, h)
	}
	return a
}

// understand reads what was typed: groups first, longest phrase first, then words and their spellings.
func (x *Index) understand(text string, a *Answer) []wanted {
	typed := tokens(text)
	var stems, shown []string
	var spelt []bool
	for _, t := range typed {
		if stop[t] {
			continue
		}
		s := stem(t)
		was := false
		if id, ok := x.ids[s]; !ok || x.alive[id] == 0 && !x.known(s) {
			near := x.near(t)
			if near == "" {
				a.Nobody = append(a.Nobody, t)
				continue
			}
			a.Read = append(a.Read, Reading{Typed: t, As: []string{near}})
			s, was = stem(near), true
		}
		if stems, shown, spelt = append(stems, s), append(shown, t), append(spelt, was); len(stems) == mostWords {
			break
		}
	}
	var out []wanted
	for i := 0; i < len(stems); {
		n := 1
		w := wanted{terms: map[int]float64{}}
		count := 1.0
		if spelt[i] {
			count = asSpelling
		}
		for _, p := range x.phrases[stems[i]] {
			if !begins(stems[i:], p.stems) || len(p.stems) < n {
				continue
			}
			n = len(p.stems)
			if id, ok := x.ids[groupWord(p.group)]; ok {
				w.terms[id] = asGroup * count
			}
			a.Read = append(a.Read, Reading{Typed: strings.Join(shown[i:i+n], " "), As: others(x.groups[p.group].Terms, strings.Join(shown[i:i+n], " ")), Slang: true})
		}
		if n == 1 {
			w.terms[x.ids[stems[i]]] = count
			out = append(out, w)
		} else {
			// A phrase asked for is one thing by its group, and its own words are looked for as well.
			for _, s := range stems[i : i+n] {
				v := wanted{terms: map[int]float64{x.ids[s]: 1}}
				for id, c := range w.terms {
					v.terms[id] = c
				}
				out = append(out, v)
			}
		}
		i += n
	}
	return out
}

func others(terms []string, but string) []string {
	var out []string
	for _, t := range terms {
		if t = strings.TrimSuffix(t, "?"); !slices.Equal(stemsOf(t), stemsOf(but)) {
			out = append(out, t)
		}
	}
	return out
}

// known reports whether a stem is part of a group's words: it finds something through them.
func (x *Index) known(s string) bool { return x.ofGroup[s] }

// near is the word that another may have been meant for, "" when there is none: the fewest letters off, then the one that most documents
// have. A word with nothing near it is read as the beginning of one.
func (x *Index) near(word string) string {
	most := 0
	switch n := len([]rune(word)); {
	case n >= 8:
		most = 2
	case n >= 4:
		most = 1
	}
	best, bestAt, bestIn := "", most+1, 0
	n, has := utf8.RuneCountInString(word), letters(word)
	for i := range x.spelt {
		w := &x.spelt[i]
		// One letter wrong, missing or added changes at most two of the letters a word has.
		if w.n-n > most || n-w.n > most || bits.OnesCount32(has^w.letters) > 2*most || x.alive[w.id] == 0 && !x.known(x.words[w.id]) {
			continue
		}
		d := strsim.OSA(word, w.word)
		if d < bestAt || d == bestAt && best != "" && (x.alive[w.id] > bestIn || x.alive[w.id] == bestIn && w.word < best) {
			best, bestAt, bestIn = w.word, d, x.alive[w.id]
		}
	}
	if best != "" || n < 3 {
		return best
	}
	for i := range x.spelt {
		w := &x.spelt[i]
		if strings.HasPrefix(w.word, word) && x.alive[w.id] > 0 && (best == "" || x.alive[w.id] > bestIn || x.alive[w.id] == bestIn && w.word < best) {
			best, bestIn = w.word, x.alive[w.id]
		}
	}
	return best
}

var folder = cases.Fold()

// tokens are the words of a text, folded: letters and digits; an apostrophe within a word is left out.
func tokens(text string) []string {
	text = folder.String(norm.NFC.String(text))
	text = strings.NewReplacer("'", "", "’", "").Replace(text)
	return strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

func stemsOf(text string) []string {
	var out []string
	for _, t := range tokens(text) {
		if !stop[t] {
			out = append(out, stem(t))
		}
	}
	return out
}

// stop are words that stand in every text.
var stop = set("a an and are as at be been but by can do does for from had has have how i if in into is it its me my of on or our so than that the their them then there these they this to us was we were what when where which who why will with would you your")

func set(words string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(words) {
		out[w] = true
	}
	return out
}

// stem brings a word to what its forms have in common, by a few endings: enough for a search, and the same on every engine.
func stem(w string) string {
	if len(w) < 4 || w[0] >= '0' && w[0] <= '9' {
		return w
	}
	switch {
	case strings.HasSuffix(w, "ies") && len(w) > 4:
		w = w[:len(w)-3] + "y"
	case strings.HasSuffix(w, "sses"), strings.HasSuffix(w, "ches"), strings.HasSuffix(w, "shes"), strings.HasSuffix(w, "xes"):
		w = w[:len(w)-2]
	case strings.HasSuffix(w, "s") && !strings.HasSuffix(w, "ss") && !strings.HasSuffix(w, "us") && !strings.HasSuffix(w, "is"):
		w = w[:len(w)-1]
	}
	for _, end := range []string{"ations", "ation", "ings", "ing", "ed", "ers", "er"} {
		if base, ok := strings.CutSuffix(w, end); ok && len(base) >= 4 && strings.ContainsAny(base, "aeiouy") {
			w = base
			if n := len(w); w[n-1] == w[n-2] && strings.IndexByte("bdgmnprt", w[n-1]) >= 0 {
				w = w[:n-1]
			}
			break
		}
	}
	if len(w) > 4 {
		w = strings.TrimSuffix(w, "e")
	}
	return w
}
