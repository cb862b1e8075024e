package linkage

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// letters that do not come apart under Unicode decomposition, and the alphabets
// most often met beside Latin, each by its usual romanisation.
var latin = map[rune]string{
	'ß': "ss", 'ø': "o", 'ł': "l", 'đ': "d", 'ð': "d", 'þ': "th", 'æ': "ae", 'œ': "oe", 'ı': "i", 'ŋ': "n", 'ə': "e", 'ħ': "h",
	'а': "a", 'б': "b", 'в': "v", 'г': "g", 'ґ': "g", 'д': "d", 'е': "e", 'є': "ie", 'ж': "zh", 'з': "z", 'и': "i", 'і': "i",
	'к': "k", 'л': "l", 'м': "m", 'н': "n", 'о': "o", 'п': "p", 'р': "r", 'с': "s", 'т': "t", 'у': "u", 'ф': "f", 'х': "kh",
	'ц': "ts", 'ч': "ch", 'ш': "sh", 'щ': "shch", 'ъ': "", 'ы': "y", 'ь': "", 'э': "e", 'ю': "iu", 'я': "ia", 'ј': "j", 'љ': "lj",
	'њ': "nj", 'ћ': "c", 'ђ': "dj", 'џ': "dz",
	'α': "a", 'β': "v", 'γ': "g", 'δ': "d", 'ε': "e", 'ζ': "z", 'η': "i", 'θ': "th", 'ι': "i", 'κ': "k", 'λ': "l", 'μ': "m",
	'ν': "n", 'ξ': "x", 'ο': "o", 'π': "p", 'ρ': "r", 'σ': "s", 'ς': "s", 'τ': "t", 'υ': "y", 'φ': "f", 'χ': "ch", 'ψ': "ps", 'ω': "o",
	'ا': "a", 'أ': "a", 'إ': "i", 'آ': "a", 'ب': "b", 'ت': "t", 'ث': "th", 'ج': "j", 'ح': "h", 'خ': "kh", 'د': "d", 'ذ': "dh",
	'ر': "r", 'ز': "z", 'س': "s", 'ش': "sh", 'ص': "s", 'ض': "d", 'ط': "t", 'ظ': "z", 'ع': "a", 'غ': "gh", 'ف': "f", 'ق': "q",
	'ك': "k", 'ک': "k", 'ل': "l", 'م': "m", 'ن': "n", 'ه': "h", 'ة': "a", 'و': "w", 'ي': "y", 'ی': "y", 'ى': "a", 'پ': "p", 'چ': "ch", 'گ': "g",
}

// foldInto appends the folded form of s to dst: lower case, no accents, Latin
// letters where a romanisation is known, apostrophes and full stops within a
// word dropped, anything else that is neither letter nor digit one space.
func foldInto(dst []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return foldUnicode(dst, s)
		}
	}
	start := len(dst)
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			dst = append(dst, c)
		case c >= 'A' && c <= 'Z':
			dst = append(dst, c|0x20)
		case c == '\'' || c == '`':
		default:
			if len(dst) > start && dst[len(dst)-1] != ' ' {
				dst = append(dst, ' ')
			}
		}
	}
	if len(dst) > start && dst[len(dst)-1] == ' ' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

func foldUnicode(dst []byte, s string) []byte {
	start := len(dst)
	for _, r := range norm.NFKD.String(strings.ToLower(strings.ToValidUTF8(s, " "))) {
		switch {
		case r < utf8.RuneSelf && (r >= 'a' && r <= 'z' || r >= '0' && r <= '9'):
			dst = append(dst, byte(r))
		case r == '\'' || r == '`' || r == '’' || r == '‘' || r == 'ʼ' || r == 'ʻ' || r == 'ʿ' || unicode.Is(unicode.Mn, r):
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if l, ok := latin[r]; ok {
				dst = append(dst, l...)
			} else {
				dst = utf8.AppendRune(dst, r)
			}
		default:
			if len(dst) > start && dst[len(dst)-1] != ' ' {
				dst = append(dst, ' ')
			}
		}
	}
	if len(dst) > start && dst[len(dst)-1] == ' ' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

// foldWord is foldInto for one word of a table.
func foldWord(s string) string { return strings.ReplaceAll(string(foldInto(nil, s)), " ", "") }

// skeleton reduces a folded token to what its spellings have in common: first
// sound and later consonants, with letters that transliterations exchange
// brought together. "Stephen" and "Steven", "Hussain" and "Hussein", "Wojciech"
// and "Vojtech" meet; so do some names that are not alike, which is why it
// only proposes pairs and never decides them.
func skeleton(dst []byte, w string) []byte {
	start := len(dst)
	put := func(c byte) {
		if len(dst) == start || dst[len(dst)-1] != c {
			dst = append(dst, c)
		}
	}
	for i := 0; i < len(w); i++ {
		c := w[i]
		next := byte(0)
		if i+1 < len(w) {
			next = w[i+1]
		}
		switch c {
		case 'a', 'e', 'i', 'o', 'u', 'y':
			if i == 0 {
				switch c {
				case 'y':
					put('i')
				case 'u':
					put('o')
				default:
					put(c)
				}
			}
		case 'h':
			if i == 0 {
				put('h')
			}
		case 'w':
			if i == 0 {
				put('v')
			}
		case 'p':
			if next == 'h' {
				put('v')
				i++
			} else {
				put('p')
			}
		case 'f', 'v':
			put('v')
		case 'c':
			switch next {
			case 'h', 'e', 'i', 'y':
				put('s')
			case 'k':
			default:
				put('k')
			}
		case 'k', 'q':
			put('k')
		case 'g':
			if next == 'h' && i > 0 {
				i++
			} else {
				put('g')
			}
		case 's', 'z':
			put('s')
		case 'x':
			if i == 0 {
				put('h')
			} else {
				put('k')
				put('s')
			}
		case 't', 'd':
			put('t')
		case 'j':
			put('j')
		default:
			put(c)
		}
	}
	return dst
}

// stem cuts the endings by which one family's names differ between the sexes
// in Slavic and Lithuanian use; "" when the token has none.
func stem(w string) string {
	for _, e := range [...]string{"skaya", "skaia", "skyi", "skiy", "skij", "ska", "ski", "sky", "cka", "cki", "dzka", "dzki"} {
		if len(w) > len(e)+2 && strings.HasSuffix(w, e) {
			return w[:len(w)-len(e)] + e[:1] + "k-"
		}
	}
	for _, p := range [...][2]string{
		{"ova", "ov"}, {"ov", "ov"}, {"off", "ov"}, {"eva", "ev"}, {"ev", "ev"}, {"ina", "in"},
		{"iene", "as"}, {"aite", "as"}, {"yte", "is"}, {"ute", "us"},
	} {
		if len(w) > len(p[0])+3 && strings.HasSuffix(w, p[0]) {
			return w[:len(w)-len(p[0])] + p[1] + "-"
		}
	}
	for _, e := range [...]string{"auskas", "onis", "evicius", "avicius"} {
		if strings.HasSuffix(w, e) {
			return w[:len(w)-2] + "as-"
		}
	}
	return ""
}
