package linkage

import (
	"unsafe"

	"lantern.example/lantern/internal/analysis/strsim"
)

// nearText reports whether two folded words could be one word misspelt: one
// edit apart when they are long enough for that to mean something, or a
// Jaro-Winkler similarity of at least 0.92.
func nearText(a, b []byte) bool {
	la, lb := len(a), len(b)
	if la > lb {
		la, lb = lb, la
	}
	if la < 3 || 4*(lb-la) > lb+3 {
		return false
	}
	sa, sb := view(a), view(b)
	if la >= 4 || la == lb {
		if (la >= 4 || sa[0] == sb[0]) && strsim.Near(sa, sb) {
			return true
		}
	}
	return la >= 4 && strsim.JaroWinklerAtLeast(sa, sb, nearSimilarity)
}

// looseText reports a resemblance, as a careless hand leaves it.
func looseText(a, b []byte) bool {
	if la, lb := min(len(a), len(b)), max(len(a), len(b)); la < 4 { // Mng and Ming, but not Ali and Alia
		return la == 3 && lb == 4 && a[0] == b[0] && a[len(a)-1] == b[len(b)-1] && strsim.Near(view(a), view(b))
	}
	return strsim.JaroWinklerAtLeast(view(a), view(b), looseSimilarity) || len(a) == len(b) && sameLetters(a, b)
}

func sameLetters(a, b []byte) bool {
	var n [256]int8
	for i := range a {
		n[a[i]]++
		n[b[i]]--
	}
	return n == [256]int8{}
}

const (
	nearSimilarity  = 0.92
	looseSimilarity = 0.8
)

// identNear reports whether two reference numbers of one kind differ by a slip.
// For an email address the same name at another provider counts as one too;
// like letters with other figures do not, since namesakes have such addresses.
func identNear(kind string, a, b []byte) bool {
	if kind == KindEmail {
		la, lb := localPart(a), localPart(b)
		if len(la) >= 4 && string(la) == string(lb) {
			return true
		}
		return len(a) >= 8 && len(b) >= 8 && strsim.OSA(view(a), view(b)) <= max(2, len(a)/6) && likeFigures(la, lb)
	}
	if len(a) < 5 || len(b) < 5 {
		return false
	}
	return strsim.Near(view(a), view(b))
}

// likeFigures reports whether the figures of two local parts are the same, or
// one slip apart where there are three or more.
func likeFigures(a, b []byte) bool {
	var buf [2][24]byte
	fa, fb := figures(buf[0][:0], a), figures(buf[1][:0], b)
	return string(fa) == string(fb) || max(len(fa), len(fb)) >= 3 && strsim.Near(view(fa), view(fb))
}

func figures(dst, s []byte) []byte {
	for _, c := range s {
		if c >= '0' && c <= '9' {
			dst = append(dst, c)
		}
	}
	return dst
}

func localPart(email []byte) []byte {
	for i, c := range email {
		if c == '@' {
			return email[:i]
		}
	}
	return email
}

// bytesOf reads a string as bytes without copying; they must not be changed.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// view reads interned text, which never changes, as a string without copying.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
