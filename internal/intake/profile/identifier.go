package profile

import (
	"errors"
	"strings"
	"time"
)

// IDKind is a kind of number or reference that stands for a person.
type IDKind string

// The kinds of identifier. Those from RecordID on have no check character that we know, and mean something only
// together with the agency that issued them.
const (
	NHSNumber     IDKind = "nhs"
	UPN           IDKind = "upn" // unique pupil number
	FormerUPN     IDKind = "former-upn"
	PNCID         IDKind = "pnc" // Police National Computer
	CRONumber     IDKind = "cro" // Criminal Records Office
	ULN           IDKind = "uln" // unique learner number
	NINumber      IDKind = "nino"
	PrisonNumber  IDKind = "prison"
	RecordID      IDKind = "record" // the row's own number in its system
	LAChildID     IDKind = "la-child"
	YJBID         IDKind = "yjb"
	PoliceID      IDKind = "police" // a force's nominal number or URN
	PupilID       IDKind = "pupil"
	CaseReference IDKind = "case"
	OtherID       IDKind = "other"
)

// CheckState says what the check character of an identifier says.
type CheckState string

// The states. A failed check means unverified, not wrong person: the value is kept.
const (
	Unchecked   CheckState = ""
	CheckPassed CheckState = "passed"
	CheckFailed CheckState = "failed"
)

// Identifier is a number or reference of a person.
type Identifier struct {
	Kind     IDKind
	Value    string // one form for comparison: 9434765919, B801200005001, 2001/0012345H
	Original string
	Issuer   string // the agency, for kinds that mean something only there
	Check    CheckState
}

// Errors of ParseIdentifier.
var (
	ErrDigitsLost = errors.New("a number in scientific notation has lost its last digits; expected the column as text")
	ErrNotID      = errors.New("not a number of this kind")
)

// checkLetters are the letters of the PNC and CRO check characters, by remainder (ministryofjustice/hmpps-person-record).
const checkLetters = "ZABCDEFGHJKLMNPQRTUVWXY"

// upnLetters are the check letters of a UPN, by remainder.
const upnLetters = "ABCDEFGHJKLMNPQRTUVWXYZ"

// ParseIdentifier reads an identifier into the one form in which it can be compared and tests its check character. The
// note says what a person should know of it: a failed check, a zero that a spreadsheet has eaten.
//
// A number in scientific notation is ErrDigitsLost. A value that cannot be of its kind at all (letters in an NHS number)
// is returned as it stands, CheckFailed, with a note: it is still what the partner holds.
func ParseIdentifier(kind IDKind, value string, asAt time.Time) (Identifier, string, error) {
	original := clean(value)
	id := Identifier{Kind: kind, Value: original, Original: original}
	if blank(original) {
		return Identifier{}, "", nil
	}
	if scientific(original) {
		return Identifier{}, "", ErrDigitsLost
	}
	note := ""
	switch kind {
	case NHSNumber:
		note = id.nhs()
	case UPN, FormerUPN:
		note = id.upn()
	case ULN:
		note = id.uln()
	case PNCID:
		note = id.pnc(asAt)
	case CRONumber:
		note = id.cro()
	case NINumber, PrisonNumber:
		id.Value = strings.ToUpper(compact(original))
	default:
		id.Value = squash(wholeNumberText(original))
	}
	return id, note, nil
}

// compact is a reference without spaces, hyphens and stops.
func compact(s string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '.' || r == '\u00a0' {
			return -1
		}
		return r
	}, s)
}

func (id *Identifier) failed(note string) string {
	id.Check = CheckFailed
	return note + "; kept as not verified"
}

func (id *Identifier) judge(ok bool, note string) string {
	if ok {
		id.Check = CheckPassed
		return ""
	}
	return id.failed(note)
}

// nhs: ten digits; the last is 11 less the weighted sum (weights 10 to 2) modulo 11, with 11 written 0 and 10 unused.
func (id *Identifier) nhs() string {
	s := compact(wholeNumberText(id.Original))
	if !isDigits(s) || len(s) > 10 || len(s) < 8 {
		return id.failed("not an NHS number; expected ten digits")
	}
	if len(s) < 10 {
		padded := "0000000000"[len(s):] + s
		if id.Value = s; nhsCheck(padded) {
			id.Value = padded
			id.Check = CheckPassed
			return "an NHS number that had lost its leading zero; put back, and its check digit agrees"
		}
		return id.failed("an NHS number of fewer than ten digits; a digit is missing")
	}
	id.Value = s
	return id.judge(nhsCheck(s), "the check digit of this NHS number is wrong")
}

func nhsCheck(s string) bool {
	if strings.Count(s, s[:1]) == len(s) {
		return false // 0000000000 and its like satisfy the sum and belong to nobody
	}
	sum := 0
	for i := 0; i < 9; i++ {
		sum += int(s[i]-'0') * (10 - i)
	}
	check := (11 - sum%11) % 11
	return check < 10 && int(s[9]-'0') == check
}

// upn: a letter, then twelve digits, or eleven and a letter when temporary. The first letter is that of the sum of
// the digits times their positions (2 to 13) modulo 23; a last letter counts as its own index.
func (id *Identifier) upn() string {
	s := strings.ToUpper(compact(id.Original))
	if len(s) == 3 && strings.HasPrefix(s, "UN") {
		id.Value = ""
		return "" // UN1 to UN7: the school census codes for "no UPN"
	}
	id.Value = s
	if len(s) == 12 && isDigits(s) {
		return id.failed("a UPN without its first letter")
	}
	if len(s) != 13 || s[0] < 'A' || s[0] > 'Z' || !isDigits(s[1:12]) {
		return id.failed("not a UPN; expected a letter and twelve digits")
	}
	sum := 0
	for i := 1; i < 12; i++ {
		sum += int(s[i]-'0') * (i + 1)
	}
	switch last := s[12]; {
	case last >= '0' && last <= '9':
		sum += int(last-'0') * 13
	default:
		at := strings.IndexByte(upnLetters, last)
		if at < 0 {
			return id.failed("not a UPN; expected a letter and twelve digits")
		}
		sum += at * 13
	}
	return id.judge(upnLetters[sum%23] == s[0], "the check letter of this UPN is wrong")
}

// uln: ten digits; the last is 10 less the weighted sum (weights 10 to 2) modulo 11, a remainder of 0 being unused
// (the check that the Individualised Learner Record applies). 9999999999 stands for "none yet".
func (id *Identifier) uln() string {
	s := compact(wholeNumberText(id.Original))
	if s == "9999999999" {
		id.Value = ""
		return ""
	}
	id.Value = s
	if len(s) != 10 || !isDigits(s) {
		return id.failed("not a unique learner number; expected ten digits")
	}
	sum := 0
	for i := 0; i < 9; i++ {
		sum += int(s[i]-'0') * (10 - i)
	}
	sum %= 11
	return id.judge(sum != 0 && int(s[9]-'0') == 10-sum, "the check digit of this unique learner number is wrong")
}

// pnc: a year, a serial number of up to seven digits and the letter of (two-digit year and seven-digit serial)
// modulo 23.
func (id *Identifier) pnc(asAt time.Time) string {
	s := strings.ToUpper(compact(id.Original))
	year, serial, found := strings.Cut(s, "/")
	if !found {
		switch { // without a stroke the serial number is whole: 20010012345H, 010012345H
		case len(s) == 12:
			year, serial = s[:4], s[4:]
		case len(s) == 10:
			year, serial = s[:2], s[2:]
		}
	}
	if len(year) == 1 && found {
		year = "0" + year
	}
	digits, letter := "", byte(0)
	if len(serial) > 1 {
		digits, letter = serial[:len(serial)-1], serial[len(serial)-1]
	}
	if !isDigits(year) || len(year) != 2 && len(year) != 4 || !isDigits(digits) || len(digits) > 7 || letter < 'A' || letter > 'Z' {
		id.Value = s
		return id.failed("not a PNC ID; expected, for example, 2001/0012345H")
	}
	digits = "0000000"[len(digits):] + digits
	ok := checkLetters[atoi(year[len(year)-2:]+digits)%23] == letter
	if len(year) == 2 {
		year = pncCentury(year, asAt) + year
	}
	id.Value = year + "/" + digits + string(letter)
	return id.judge(ok, "the check letter of this PNC ID is wrong")
}

// pncCentury puts a two-digit year in the latest century that is not after the file. The PNC began in 1974, but
// holds older records.
func pncCentury(year string, asAt time.Time) string {
	pivot := pivotWithoutDate - 1
	if !asAt.IsZero() {
		pivot = asAt.Year() % 100
	}
	if atoi(year) <= pivot {
		return "20"
	}
	return "19"
}

// cro: serial/yearX when there are fingerprints, SFyear/serialX when not; X is the letter of (year and serial) modulo
// 23, the serial padded to six digits in the first form only.
func (id *Identifier) cro() string {
	s := strings.ToUpper(compact(id.Original))
	id.Value = s
	const expected = "not a CRO number; expected, for example, 12345/01H or SF01/12345H"
	body, small := strings.CutPrefix(s, "SF")
	a, b, found := strings.Cut(body, "/")
	if !found || len(b) < 2 || !isDigits(a) {
		return id.failed(expected)
	}
	b, letter := b[:len(b)-1], b[len(b)-1]
	if !isDigits(b) {
		return id.failed(expected)
	}
	year, serial := b, a
	if small {
		year, serial = a, b
	}
	if len(year) != 2 || len(serial) > 6 {
		return id.failed(expected)
	}
	if !small {
		serial = "000000"[len(serial):] + serial
		id.Value = serial + "/" + year + string(letter)
	}
	return id.judge(checkLetters[atoi(year+serial)%23] == letter, "the check letter of this CRO number is wrong")
}

// phoneNumber is a telephone number as digits with its first 0, and a note when a spreadsheet had eaten that 0.
func phoneNumber(s string) (string, string, error) {
	if scientific(s) {
		return "", "", ErrDigitsLost
	}
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '+' {
			return r
		}
		if r == ' ' || r == '-' || r == '(' || r == ')' || r == '.' || r == '\u00a0' {
			return -1
		}
		return 'x'
	}, wholeNumberText(s))
	if rest, found := strings.CutPrefix(digits, "+44"); found {
		digits = "0" + strings.TrimPrefix(rest, "0")
	} else if rest, found := strings.CutPrefix(digits, "0044"); found {
		digits = "0" + strings.TrimPrefix(rest, "0")
	}
	if strings.ContainsRune(digits, 'x') || len(digits) < 6 {
		return "", "", errors.New("not a telephone number")
	}
	if len(digits) == 10 && digits[0] == '7' {
		return "0" + digits, "a mobile number that had lost its leading zero; put back", nil
	}
	return digits, "", nil
}
