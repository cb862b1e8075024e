package assessment

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Kind of a Warning.
const (
	MayName  = "name"      // the words may name a person
	HasPhone = "telephone" // they hold what looks like a telephone number
	Blames   = "blame"     // they put on a child what was done to them
)

// Warning is something in a statement's words that a person should look at before they are kept. It is a question, never
// a refusal: the check is simple, and a reader knows better.
type Warning struct {
	Kind    string
	Words   string // as they stand in the text
	Instead string // a plain way of saying it; for blame only
}

// Blaming are words that put on a child what was done to them, and what can be said instead. The list is content and
// follows the plain advice of local safeguarding partnerships: say what was done, and by whom.
var Blaming = []struct{ Words, Instead string }{
	{"put himself at risk", "he was put at risk by the people who exploit him"},
	{"put herself at risk", "she was put at risk by the people who exploit her"},
	{"put themselves at risk", "they were put at risk by the people who exploit them"},
	{"puts himself at risk", "he is being put at risk, and by whom"},
	{"puts herself at risk", "she is being put at risk, and by whom"},
	{"puts themselves at risk", "they are being put at risk, and by whom"},
	{"putting himself at risk", "he is being put at risk, and by whom"},
	{"putting herself at risk", "she is being put at risk, and by whom"},
	{"putting themselves at risk", "they are being put at risk, and by whom"},
	{"places himself at risk", "he is being put at risk, and by whom"},
	{"places herself at risk", "she is being put at risk, and by whom"},
	{"places themselves at risk", "they are being put at risk, and by whom"},
	{"lifestyle choice", "what the child is made or led to do, and by whom"},
	{"promiscuous", "what was done to the child"},
	{"sexually active", "whether an older or stronger person is involved: it may be abuse"},
	{"child prostitute", "a child who is sexually exploited"},
	{"gang affiliated", "what was seen: who was with whom, where and when"},
	{"gang-affiliated", "what was seen: who was with whom, where and when"},
	{"drug runner", "a child made to carry drugs"},
	{"drugs runner", "a child made to carry drugs"},
	{"absconded", "went missing"},
	{"absconder", "a child who goes missing"},
	{"absconding", "going missing"},
	{"streetwise", "what the child has had to learn, and from whom"},
	{"attention seeking", "what the child is trying to tell us"},
	{"attention-seeking", "what the child is trying to tell us"},
	{"refuses to engage", "we have not yet found a way to reach the child"},
	{"failed to engage", "we have not yet found a way to reach the child"},
	{"will not engage", "we have not yet found a way to reach the child"},
	{"won't engage", "we have not yet found a way to reach the child"},
	{"asking for it", "what was done to the child"},
	{"older boyfriend", "an older person who may be exploiting the child"},
	{"chose to sell", "was made or led to sell"},
	{"choosing to deal", "being made or led to deal"},
}

// Check looks at a statement's words. Known are places, agencies, roles and areas that may stand with capital letters.
//
// A name is taken to be two words with capital letters side by side, or a title (Mr, PC) or a capital initial with one.
// Not taken for names: what is known, an ordinary word that begins a sentence, and words that belong to a place or a
// service (House, Road, Team). A telephone number is ten to thirteen digits that begin with 0 or +44.
func Check(text string, known []string) []Warning {
	out := names(text, known)
	for _, m := range phones.FindAllString(text, -1) {
		if n := len(digits.FindAllString(m, -1)); n >= 10 && n <= 13 {
			out = append(out, Warning{Kind: HasPhone, Words: strings.TrimSpace(m)})
		}
	}
	plain := strings.ReplaceAll(text, "’", "'")
	for _, b := range Blaming {
		if at := indexWords(plain, b.Words); at >= 0 {
			out = append(out, Warning{Kind: Blames, Words: plain[at : at+len(b.Words)], Instead: b.Instead})
		}
	}
	return out
}

var (
	phones = regexp.MustCompile(`(?:\+44|\b0)[0-9 ().-]{8,18}[0-9]`)
	digits = regexp.MustCompile(`[0-9]`)
)

// indexWords finds words in text whatever their case, as whole words; -1 when they are not there. Words are ASCII.
func indexWords(text, words string) int {
	for i := 0; i+len(words) <= len(text); i++ {
		if !strings.EqualFold(text[i:i+len(words)], words) {
			continue
		}
		end := i + len(words)
		if (i == 0 || !wordByte(text[i-1])) && (end == len(text) || !wordByte(text[end])) {
			return i
		}
	}
	return -1
}

func wordByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b >= 0x80
}

type token struct {
	start, end int
	starts     bool // the first of its sentence
	joined     bool // only spaces stand between it and the word before
}

func tokens(text string) []token {
	var out []token
	starts, at, last := true, -1, 0
	flush := func(end int) {
		if at < 0 {
			return
		}
		between := text[last:at]
		out = append(out, token{start: at, end: end, starts: starts, joined: len(out) > 0 && strings.Trim(between, " \u00a0") == ""})
		starts, at, last = false, -1, end
	}
	for i, r := range text {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || (r == '\'' || r == '’' || r == '-') && at >= 0 {
			if at < 0 {
				at = i
			}
			continue
		}
		flush(i)
		if r == '.' || r == '!' || r == '?' || r == ':' || r == '\n' || r == '“' || r == '"' {
			starts = true
		}
	}
	flush(len(text))
	return out
}

// capital reports whether a word is written as a name is: a capital, then small letters; initial is one capital alone.
func capital(w string) (name, initial bool) {
	r := []rune(strings.TrimRight(w, "'’-"))
	if len(r) == 0 || !unicode.IsUpper(r[0]) {
		return false, false
	}
	if len(r) == 1 {
		return false, true
	}
	for _, c := range r[1:] {
		if unicode.IsLower(c) {
			return true, false
		}
	}
	return false, false
}

var (
	titles = strings.Fields("mr mrs ms miss mx dr pc dc ds di sgt sergeant inspector constable")
	// starters are ordinary words that begin sentences.
	starters = strings.Fields(`a about after again all also although an and another any are as ask at because before both but by can children did do does
		each even every everybody everyone few first for from give girls had has have he her here his how i if in is it its last let like local many men
		more most much my near nearly neighbours never new no nobody nothing now of often older on once one only or other our out over parents people
		perhaps police pupils released seventeen several she since so some somebody someone sometimes staff still tell that the their them then there
		these they this those three through to too two under until up we what when where which while who why with women year yes yesterday young your you boys`)
	// placeWords belong to places and services, not to people.
	placeWords = strings.Fields(`academy agency ambulance area arcade association avenue bank beach borough bridge bus castle centre children's church city class close club college
		constabulary council county court crescent cross district division drive east estate fields force forum gardens gate green group grove hall health
		high hill home homes hospital house housing junction justice lane library line lodge market mill north office park partnership place police port primary
		probation programme project quay railway recovery referral retail river road royal sands school secondary service services site social south
		square station street surgery team terrace town transport trust unit university valley village ward way west wharf work yard youth prevent
		january february march april may june july august september october november december monday tuesday wednesday thursday friday saturday sunday
		english welsh british scottish irish christmas easter snapchat instagram whatsapp facebook telegram tiktok`)
)

func names(text string, known []string) []Warning {
	toks := tokens(text)
	folded := make([]string, 0, len(known))
	for _, k := range known {
		if f := Fold(k); f != "" {
			folded = append(folded, " "+f+" ")
		}
	}
	word := func(i int) string { return text[toks[i].start:toks[i].end] }
	plain := func(i int) string {
		w := strings.ReplaceAll(strings.ToLower(word(i)), "’", "'")
		return strings.TrimSuffix(w, "'s")
	}
	var out []Warning
	for i := 0; i < len(toks); {
		name, initial := capital(word(i))
		title := slices.Contains(titles, plain(i)) && unicode.IsUpper([]rune(word(i))[0])
		if !name && !title && !initial || toks[i].starts && slices.Contains(starters, plain(i)) {
			i++
			continue
		}
		end, full := i+1, 0
		if name && !title {
			full++
		}
		for end < len(toks) && toks[end].joined {
			n, in := capital(word(end))
			if !n && !in {
				break
			}
			if n {
				full++
			}
			end++
		}
		run := text[toks[i].start:toks[end-1].end]
		if end-i > 1 && full > 0 && !ordinary(i, end, plain, run, folded) {
			out = append(out, Warning{Kind: MayName, Words: run})
		}
		i = end
	}
	return out
}

// ordinary reports whether a run of words with capitals is known, or holds a word of a place or service.
func ordinary(from, to int, plain func(int) string, run string, known []string) bool {
	for i := from; i < to; i++ {
		if slices.Contains(placeWords, plain(i)) || slices.Contains(placeWords, plain(i)+"'s") {
			return true
		}
	}
	f := " " + strings.TrimSuffix(strings.TrimSuffix(Fold(run), "'s"), "’s") + " "
	return slices.ContainsFunc(known, func(k string) bool { return strings.Contains(k, f) })
}
