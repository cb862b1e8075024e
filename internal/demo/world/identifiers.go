package world

import "fmt"

// nhsNumber is the n-th number of the range 999 000 0000 to 999 999 9999, which is kept for tests, that has a check
// digit at all: one combination in eleven would need the digit 10 and is not used.
func nhsNumber(n int) string {
	// 700,001 has no factor in common with a million, so the numbers come in no visible order and never repeat.
	for i := n; ; i += 900_000 {
		s := fmt.Sprintf("999%06d", i*700_001%1_000_000)
		if check, ok := nhsCheck(s); ok {
			return s + string(rune('0'+check))
		}
	}
}

// nhsCheck is the check digit of the first nine digits: 11 less the weighted sum modulo 11.
func nhsCheck(nine string) (int, bool) {
	sum := 0
	for i := range 9 {
		sum += int(nine[i]-'0') * (10 - i)
	}
	switch check := 11 - sum%11; check {
	case 11:
		return 0, true
	case 10:
		return 0, false
	default:
		return check, true
	}
}

// upn is a unique pupil number of local authority 991, which does not exist: a check letter, the authority, a school,
// the year of issue and a serial number.
func upn(school, year, serial int) string {
	digits := fmt.Sprintf("991%04d%02d%03d", school, year%100, serial)
	return string(upnLetter(digits)) + digits
}

// upnLetter is the check letter of twelve digits: each times its position (2 to 13), modulo 23, into A to Z without I, O, S.
func upnLetter(digits string) byte {
	sum := 0
	for i := range digits {
		sum += int(digits[i]-'0') * (i + 2)
	}
	return "ABCDEFGHJKLMNPQRTUVWXYZ"[sum%23]
}

// pncID is a Police National Computer identifier whose serial lies above any that a year has ever needed.
func pncID(year, n int) string {
	serial := 9_000_000 + n%1_000_000
	return fmt.Sprintf("%04d/%07d%c", year, serial, pncLetter(year, serial))
}

// pncLetter is the check letter: the two-digit year followed by the seven-digit serial, modulo 23.
func pncLetter(year, serial int) byte {
	return "ZABCDEFGHJKLMNPQRTUVWXY"[(year%100*10_000_000+serial)%23]
}

// shortPNC is the form in which people write an identifier: the year by two digits.
func shortPNC(long string) string { return long[2:] }

// mobile is the n-th of the thousand mobile numbers that Ofcom keeps for drama, or nothing past them: a number that many
// people share would be read as a household.
func mobile(n int) string {
	if n >= 1000 {
		return ""
	}
	return fmt.Sprintf("07700 900%03d", n*37%1000)
}

// landline is the n-th of a share of the thousand geographic numbers kept for drama, or nothing past it.
func landline(n, first, last int) string {
	if first+n > last {
		return ""
	}
	return fmt.Sprintf("01632 960%03d", first+n)
}
