package linkage

import "strings"

// CheckNHS reports whether s, digits in any grouping, is an NHS number whose
// check digit holds (NHS Data Dictionary: weights 10 to 2, modulus 11).
func CheckNHS(s string) bool {
	d := digits(s)
	if len(d) != 10 {
		return false
	}
	sum := 0
	for i := 0; i < 9; i++ {
		sum += int(d[i]-'0') * (10 - i)
	}
	check := (11 - sum%11) % 11
	return check != 10 && int(d[9]-'0') == check
}

const upnLetters = "ABCDEFGHJKLMNPQRTUVWXYZ" // A to Z without I, O and S

// CheckUPN reports whether s is a unique pupil number whose first letter is the
// one its digits give (DfE: positions weighted 2 to 13, modulus 23). The last
// character of a temporary number is a letter and counts as its place in the
// alphabet used.
func CheckUPN(s string) bool {
	u := strings.ToUpper(compact(s))
	if len(u) != 13 {
		return false
	}
	sum := 0
	for i := 1; i < 13; i++ {
		v := int(u[i]) - '0'
		if v < 0 || v > 9 {
			if i != 12 {
				return false
			}
			if v = strings.IndexByte(upnLetters, u[i]); v < 0 {
				return false
			}
		}
		sum += v * (i + 1)
	}
	return u[0] == upnLetters[sum%23]
}

const pncLetters = "ZABCDEFGHJKLMNPQRTUVWXY"

// CanonicalPNC brings a Police National Computer id to the long form
// YYYY/NNNNNNNA and reports whether its letter is the one its digits give.
// The short form is YY/N…A; a two-digit year above 30 is taken as 19YY.
func CanonicalPNC(s string) (string, bool) {
	s = strings.ToUpper(strings.TrimSpace(s))
	year, rest, ok := strings.Cut(s, "/")
	if !ok || len(rest) < 2 || len(rest) > 8 || (len(year) != 2 && len(year) != 4) {
		return compact(s), false
	}
	serial, letter := rest[:len(rest)-1], rest[len(rest)-1]
	if digits(serial) != serial || digits(year) != year {
		return compact(s), false
	}
	serial = strings.Repeat("0", 7-len(serial)) + serial
	if len(year) == 2 {
		if year > "30" {
			year = "19" + year
		} else {
			year = "20" + year
		}
	}
	n := 0
	for _, c := range year[2:] + serial {
		n = n*10 + int(c-'0')
	}
	return year + "/" + serial + string(letter), pncLetters[n%23] == letter
}

// canonical is the form of an identifier that is compared, and whether its
// check character holds; checkable is false for kinds without one.
func canonical(kind, value string) (v string, valid, checkable bool) {
	switch kind {
	case KindNHS:
		d := digits(value)
		if d == "" {
			return "", false, true
		}
		return d, CheckNHS(d), true
	case KindUPN:
		u := strings.ToUpper(compact(value))
		return u, CheckUPN(u), true
	case KindPNC:
		p, ok := CanonicalPNC(value)
		return p, ok, true
	case KindEmail:
		e := strings.ToLower(strings.TrimSpace(value))
		if !strings.Contains(e, "@") {
			return "", false, false
		}
		return e, true, false
	case KindPhone:
		d := digits(value)
		d = strings.TrimPrefix(strings.TrimPrefix(d, "00"), "44")
		d = strings.TrimLeft(d, "0")
		if len(d) < 6 {
			return "", false, false
		}
		return d, true, false
	}
	return strings.ToUpper(compact(value)), true, false
}

// emptyValue reports a value that says nothing: all one character, or a run
// such as 123456789.
func emptyValue(v string) bool {
	if len(v) < 2 {
		return true
	}
	if strings.Trim(v, v[:1]) == "" {
		return true
	}
	switch strings.ToLower(v) {
	case "1234567890", "123456789", "12345678", "unknown", "none", "null", "tbc", "notknown", "na", "nk", "pending", "test@test.com", "none@none.com", "noemail@noemail.com":
		return true
	}
	return false
}

func digits(s string) string {
	clean := true
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] >= '0' && s[i] <= '9' {
			b = append(b, s[i])
		}
	}
	return string(b)
}

// compact drops spaces and punctuation but keeps letters, digits and slashes.
func compact(s string) string {
	keep := func(c byte) bool {
		return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '/' || c >= 0x80
	}
	for i := 0; i < len(s); i++ {
		if !keep(s[i]) {
			b := make([]byte, 0, len(s))
			for j := 0; j < len(s); j++ {
				if keep(s[j]) {
					b = append(b, s[j])
				}
			}
			return string(b)
		}
	}
	return s
}
