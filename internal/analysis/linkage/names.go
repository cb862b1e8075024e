package linkage

import (
	"encoding/binary"
	"math/bits"
	"strings"
	"unicode"
	"unicode/utf8"

	"lantern.example/lantern/internal/analysis/strsim"
)

// A name is kept as a bag: its tokens in the order written, each with the role
// it had there. A token reference packs role, weakness, make and token number.
const (
	roleGiven  = 0
	roleMiddle = 1
	roleFamily = 2

	roleShift  = 30
	weakBit    = 1 << 29
	chineseBit = 1 << 28 // a Chinese surname, or made of syllables of Chinese given names
	tokenMask  = chineseBit - 1

	maxTokens = 6
	maxGroups = 5
	maxCodes  = 4
)

func refRole(r uint32) uint32 { return r >> roleShift }

// token is what is known about one distinct folded word of a name.
type token struct {
	letters uint32 // which of a to z occur; bit 31 for any other character
	start   uint32 // where its text starts in the interner's arena
	len     uint8
	nGroup  uint8
	nCode   uint8
	weak    bool
	chinese bool
	group   [maxGroups]uint32 // spelling groups have spellingBit set
	code    [maxCodes]uint32  // codes under which blocking files it
}

const (
	spellingBit = 1 << 31
	stemBit     = 1 << 30
)

// bag is one distinct name.
type bag struct {
	start  uint32 // first reference in Dataset.refs
	joined uint32 // the letters of the name without spaces, interned
	n      uint8
	alias  bool
}

// nameBook interns tokens and bags.
type nameBook struct {
	tables *Tables
	words  *interner // tokens' text
	toks   []token   // by token number; 0 unused
	sieve  []uint32  // by token number: its letters, with groupBit when letters alone do not tell it apart
	codes  *interner // skeletons and stems
	joins  *interner
	bagKey *interner
	bags   []bag
	refs   []uint32

	fields  *interner // field text with its role -> span of fieldRefs
	spans   []span
	spanRef []uint32
	buf     []byte
	key     []byte
	work    []uint32
}

type span struct{ start, n uint32 }

func newNameBook(t *Tables) *nameBook {
	return &nameBook{
		tables: t, words: newInterner(), toks: make([]token, 1), sieve: make([]uint32, 1), codes: newInterner(), joins: newInterner(),
		bagKey: newInterner(), bags: make([]bag, 1), fields: newInterner(), spans: make([]span, 1),
	}
}

// bagOf returns the number of the bag for a name in parts or whole; 0 when it
// says nothing.
func (b *nameBook) bagOf(n *Name) uint32 {
	b.work = b.work[:0]
	if n.Given != "" || n.Family != "" || n.Middle != "" {
		b.work = b.appendField(b.work, n.Given, roleGiven)
		b.work = b.appendField(b.work, n.Middle, roleMiddle)
		b.work = b.appendField(b.work, n.Family, roleFamily)
	} else {
		b.work = b.appendField(b.work, n.Full, roleWhole)
	}
	return b.internBag(b.work, n.Kind == AliasName)
}

// roleWhole marks a field that holds a whole name; its tokens get real roles.
const roleWhole = 3

func (b *nameBook) appendField(dst []uint32, text string, role uint32) []uint32 {
	if text == "" {
		return dst
	}
	b.key = append(append(b.key[:0], byte(role)), text...)
	before := b.fields.count()
	id := b.fields.id(b.key)
	if b.fields.count() > before {
		start := uint32(len(b.spanRef))
		b.spanRef = b.parseField(b.spanRef, text, role)
		b.spans = append(b.spans, span{start, uint32(len(b.spanRef)) - start})
	}
	s := b.spans[id]
	return append(dst, b.spanRef[s.start:s.start+s.n]...)
}

func (b *nameBook) parseField(dst []uint32, text string, role uint32) []uint32 {
	if role != roleWhole {
		return b.parsePart(dst, text, role, false)
	}
	if family, given, ok := strings.Cut(text, ","); ok {
		dst = b.parsePart(dst, given, roleGiven, false)
		return b.parsePart(dst, family, roleFamily, false)
	}
	if family, given, ok := splitCapitals(text); ok {
		dst = b.parsePart(dst, given, roleGiven, false)
		return b.parsePart(dst, family, roleFamily, false)
	}
	start := len(dst)
	dst = b.parsePart(dst, text, roleGiven, true)
	if len(dst)-start > 1 { // the last token that is not weak is taken as the family name
		last := len(dst) - 1
		if last > start+1 && dst[last]&weakBit != 0 {
			dst[last] = dst[last]&^(3<<roleShift) | roleMiddle<<roleShift
			last--
		}
		dst[last] = dst[last]&^(3<<roleShift) | roleFamily<<roleShift
	}
	return dst
}

// splitCapitals tells the family name by its capitals, as in "NGUYEN Van Anh".
func splitCapitals(text string) (family, given string, ok bool) {
	var fam, giv []string
	for _, w := range strings.Fields(text) {
		if len(w) > 2 && strings.ToUpper(w) == w && strings.IndexFunc(w, unicode.IsLetter) >= 0 {
			fam = append(fam, w)
		} else {
			giv = append(giv, w)
		}
	}
	if len(fam) == 0 || len(giv) == 0 || len(strings.Join(giv, "")) <= len(giv) {
		return "", "", false
	}
	return strings.Join(fam, " "), strings.Join(giv, " "), true
}

// parsePart folds one part of a name, or a whole one, and appends its tokens.
func (b *nameBook) parsePart(dst []uint32, text string, role uint32, whole bool) []uint32 {
	b.buf = foldInto(b.buf[:0], text)
	if len(b.buf) == 0 || b.tables.junk[string(b.buf)] {
		return dst
	}
	words := strings.Fields(string(b.buf))
	words = trimEnds(b.tables, words)
	first := true
	prefix := ""
	for i := 0; i < len(words); i++ {
		w := words[i]
		k := b.tables.words[w]
		more := i+1 < len(words)
		switch {
		case k.class == wordJunk || !hasLetter(w):
			continue
		case k.class == wordPrefix && k.joined == servant && more:
			w, i = b.servantName(words, i, whole)
		case k.class == wordParticle && more && (role == roleFamily || i > 0) && prefix == "":
			continue
		case k.class == wordPrefix && more && (len(w) > 2 || role == roleFamily || w == "mc"):
			prefix += k.joined
			continue
		}
		if prefix != "" {
			w = prefix + strings.TrimPrefix(strings.TrimPrefix(w, "al "), "ul ")
			prefix = ""
		}
		ref := b.token(w)
		r := role
		if role == roleGiven && !first {
			r = roleMiddle
		}
		if b.toks[ref].weak && (role == roleFamily || !first) {
			ref |= weakBit
		}
		if b.toks[ref&tokenMask].chinese {
			ref |= chineseBit
		}
		dst = append(dst, ref|r<<roleShift)
		first = false
	}
	return dst
}

// servant is the first half of Arabic names such as Abdulrahman, servant of the
// Merciful, which are written as one word or several.
const servant = "abdul"

// servantName is the name that begins with a servant word: joined with the word
// after it where the two are a known name, so that "Abd al-Rahman" and
// "Abdulrahman" meet; otherwise the servant word is a name by itself, as it is
// in daily use: Abdul Khan is Abdul, and his family name Khan. It returns the
// place of the last word it took.
func (b *nameBook) servantName(words []string, i int, whole bool) (string, int) {
	next := i + 1
	for next+1 < len(words) && b.tables.words[words[next]].class == wordParticle {
		next++
	}
	name := servant + words[next]
	if len(b.tables.groups[name]) == 0 || whole && i == 0 && next == len(words)-1 { // of a whole name the last word is the family's
		return servant, next - 1
	}
	return name, next
}

func trimEnds(t *Tables, words []string) []string {
	for len(words) > 1 && t.words[words[0]].class == wordTitle {
		words = words[1:]
	}
	for len(words) > 1 && t.words[words[len(words)-1]].class == wordSuffix {
		words = words[:len(words)-1]
	}
	return words
}

func hasLetter(w string) bool {
	for i := 0; i < len(w); i++ {
		if w[i] < '0' || w[i] > '9' {
			return true
		}
	}
	return false
}

// longestToken keeps a pasted paragraph from becoming a token.
const longestToken = 60

func (b *nameBook) token(w string) uint32 {
	if len(w) > longestToken {
		w = w[:longestToken]
	}
	before := b.words.count()
	id := b.words.id([]byte(w))
	if b.words.count() == before {
		return id
	}
	t := token{start: b.words.ends[id-1], len: uint8(len(w)), weak: b.tables.words[w].class == wordWeak, chinese: b.tables.chinese(w)}
	for i := 0; i < len(w); i++ {
		if w[i] >= 'a' && w[i] <= 'z' {
			t.letters |= 1 << (w[i] - 'a')
		} else {
			t.letters |= 1 << 31
		}
	}
	for _, g := range b.tables.groups[w] {
		gid := g.id
		if g.spelling {
			gid |= spellingBit
		}
		t.addGroup(gid)
	}
	if s := stem(w); s != "" {
		t.addGroup(b.codes.id([]byte(s)) | stemBit)
	}
	t.addCode(b.codes.id(skeleton(nil, w)))
	for _, g := range b.tables.groups[w] {
		t.addCode(b.codes.id(skeleton(nil, b.tables.head(g))))
	}
	if s := stem(w); s != "" {
		t.addCode(b.codes.id(skeleton(nil, s)))
	}
	b.toks, b.sieve = append(b.toks, t), append(b.sieve, t.sieve())
	return id
}

// sieve is what apart looks at.
func (t *token) sieve() uint32 {
	s := t.letters
	if t.nGroup > 0 || t.len == 1 {
		s |= groupBit
	}
	if t.len == 1 {
		s |= initialBit
	}
	return s
}

func (t *token) addGroup(g uint32) {
	if t.nGroup < maxGroups {
		t.group[t.nGroup] = g
		t.nGroup++
	}
}

func (t *token) addCode(c uint32) {
	if c == 0 {
		return
	}
	for _, have := range t.code[:t.nCode] {
		if have == c {
			return
		}
	}
	if t.nCode < maxCodes {
		t.code[t.nCode] = c
		t.nCode++
	}
}

func (b *nameBook) internBag(refs []uint32, alias bool) uint32 {
	if len(refs) == 0 {
		return 0
	}
	if len(refs) > maxTokens { // the ends of a long name say most
		refs = append(refs[:maxTokens-2:maxTokens-2], refs[len(refs)-2:]...)
	}
	b.key = b.key[:0]
	if alias {
		b.key = append(b.key, 1)
	}
	for _, r := range refs {
		b.key = binary.LittleEndian.AppendUint32(b.key, r)
	}
	before := b.bagKey.count()
	id := b.bagKey.id(b.key)
	if b.bagKey.count() > before {
		b.key = b.key[:0]
		for _, r := range refs {
			b.key = append(b.key, b.words.text(r&tokenMask)...)
		}
		b.bags = append(room(b.bags, 1), bag{start: uint32(len(b.refs)), n: uint8(len(refs)), alias: alias, joined: b.joins.id(b.key)})
		b.refs = append(room(b.refs, len(refs)), refs...)
	}
	return id
}

// saysLittle reports whether fewer than two parts of a name are more than weak
// words and initials.
func (b *nameBook) saysLittle(refs []uint32) bool {
	n := 0
	for _, r := range refs {
		if t := r & tokenMask; r&weakBit == 0 && int(t) < len(b.toks) && b.toks[t].len > 1 {
			n++
		}
	}
	return n < 2
}

func (b *nameBook) bagRefs(id uint32) []uint32 {
	g := &b.bags[id]
	return b.refs[g.start : g.start+uint32(g.n)]
}

func (b *nameBook) tokenText(t *token) string {
	return string(b.words.arena[t.start : t.start+uint32(t.len)])
}

// likeness of two tokens, from none to equal.
type likeness uint8

const (
	unlike  likeness = iota
	loose            // a resemblance: Jaro-Winkler of at least 0.8, or the same letters
	initial          // one is the other's first letter
	near             // one slip apart, or a close Jaro-Winkler similarity
	grouped          // short form, recognised spelling, or the other sex's ending
	equal
)

// like compares two distinct token numbers.
func (b *nameBook) like(x, y uint32) likeness {
	if x == y {
		return equal
	}
	tx, ty := &b.toks[x], &b.toks[y]
	if tx.nGroup > 0 && ty.nGroup > 0 {
		for _, g := range tx.group[:tx.nGroup] {
			for _, h := range ty.group[:ty.nGroup] {
				if g == h {
					return grouped
				}
			}
		}
	}
	ax, ay := b.words.arena[tx.start:tx.start+uint32(tx.len)], b.words.arena[ty.start:ty.start+uint32(ty.len)]
	if tx.len == 1 || ty.len == 1 {
		if ax[0] == ay[0] {
			return initial
		}
		return unlike
	}
	if bits.OnesCount32(tx.letters^ty.letters) > lettersApart {
		return unlike
	}
	if article(ax, ay) || shortened(ax, ay) {
		return grouped
	}
	if min(len(ax), len(ay)) >= 4 && strsim.Near(view(ax), view(ay)) {
		return near
	}
	ax, ay = withoutShared(ax, ay)
	switch {
	case nearText(ax, ay) || sameSounds(ax, ay, tx, ty):
		return near
	case looseText(ax, ay):
		return loose
	}
	return unlike
}

// article reports whether one word is the other with the Arabic article written
// onto it: Alkhatib and Khatib, once El-Khatib has lost its own.
func article(a, b []byte) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b) != len(a)+2 || len(a) < 4 || (b[0] != 'a' && b[0] != 'e') || b[1] != 'l' {
		return false
	}
	return string(b[2:]) == string(a)
}

// shortened reports whether one word is the other without its first element, as
// Yoruba and Igbo names are shortened in daily use: Oluwatobi is Tobi and
// Chukwuemeka is Emeka.
func shortened(a, b []byte) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(a) < 4 {
		return false
	}
	for _, first := range [...]string{"oluwa", "olu", "ade", "chukwu", "chi"} {
		if len(b) == len(first)+len(a) && string(b[:len(first)]) == first {
			return string(b[len(first):]) == string(a)
		}
	}
	return false
}

// Elements that many names of one tradition begin or end with: two names that
// share one are no more alike for it. Abdulkarim is not Abdulkadir, and
// Harpreet is not Manpreet.
var (
	sharedFirst = [...]string{"abdul", "abdi", "abdel", "abdur", "oluwa", "chukwu", "gebre", "ghebre", "tesfa", "woldu", "welde"}
	sharedLast  = [...]string{"preet", "prit", "deep", "dip", "jeet", "jit", "inder", "vinder", "ullah", "uddin", "aldin", "eddine", "slaw", "slav", "mariam", "selassie"}
)

// withoutShared takes an element that both words have from both.
func withoutShared(a, b []byte) ([]byte, []byte) {
	for _, e := range sharedFirst {
		if n := len(e); len(a) > n+1 && len(b) > n+1 && string(a[:n]) == e && string(b[:n]) == e {
			return a[n:], b[n:]
		}
	}
	for _, e := range sharedLast {
		if n := len(e); len(a) > n+1 && len(b) > n+1 && string(a[len(a)-n:]) == e && string(b[len(b)-n:]) == e {
			return a[:len(a)-n], b[:len(b)-n]
		}
	}
	return a, b
}

// sameSounds reports whether two words differ in their vowels alone, or share a
// skeleton of some length.
func sameSounds(a, b []byte, ta, tb *token) bool {
	if min(len(a), len(b)) < 4 || a[0] != b[0] && ta.code[0] != tb.code[0] {
		return false
	}
	var ca, cb [longestToken]byte
	x, y := consonants(ca[:0], a), consonants(cb[:0], b)
	if len(x) >= 2 && string(x) == string(y) {
		return true
	}
	return len(x) >= 3 && len(y) >= 3 && ta.code[0] == tb.code[0] && ta.code[0] != 0
}

func consonants(dst, w []byte) []byte {
	for i, c := range w {
		switch c {
		case 'a', 'e', 'i', 'o', 'u', 'y':
		default:
			if i == 0 || w[i-1] != c {
				dst = append(dst, c)
			}
		}
	}
	return dst
}

// splitAliases takes what stands in brackets or quotation marks, or after
// "aka", out of a name. It returns the name without it and the aliases.
func splitAliases(text string) (string, []string) {
	if !mayHoldAlias(text) || !strings.ContainsAny(text, "(\"“[/") && !hasAKA(text) {
		return text, nil
	}
	var aliases []string
	rest := text
	for _, m := range [...]string{" aka ", " a.k.a. ", " a.k.a ", " alias ", " AKA ", " known as ", "/"} {
		if before, after, ok := strings.Cut(rest, m); ok && strings.TrimSpace(before) != "" {
			rest = before
			aliases = append(aliases, strings.TrimSpace(after))
		}
	}
	for _, q := range [...][2]string{{"(", ")"}, {"\"", "\""}, {"“", "”"}, {"[", "]"}} {
		before, after, ok := strings.Cut(rest, q[0])
		if !ok {
			continue
		}
		inside, end, closed := strings.Cut(after, q[1])
		if !closed {
			end = ""
		}
		inside = strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(inside), "aka "), "known as "))
		if inside != "" {
			aliases = append(aliases, inside)
		}
		rest = before + " " + end
	}
	return rest, aliases
}

// mayHoldAlias is a quick look: no mark, and no word that begins as "aka" or
// "known" do, means no alias.
func mayHoldAlias(text string) bool {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '(' || c == '"' || c == '[' || c == '/' || c >= utf8.RuneSelf:
			return true
		case c == ' ' && i+1 < len(text) && (text[i+1]|0x20 == 'a' || text[i+1]|0x20 == 'k'):
			return true
		}
	}
	return false
}

func hasAKA(text string) bool {
	l := strings.ToLower(text)
	return strings.Contains(l, " aka ") || strings.Contains(l, " a.k.a") || strings.Contains(l, " alias ") || strings.Contains(l, " known as ")
}
