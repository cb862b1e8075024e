package linkage

import "math/bits"

// Dates of birth are kept as eight decimal digits, one a nibble, so that a
// wrong digit, a swap and a default are a few integer operations.

func packBirth(b Birth) (dob uint32, flags uint8) {
	if b.Year < 1880 || b.Year > 2200 {
		return 0, 0
	}
	m, day := b.Month, b.Day
	if m < 1 || m > 12 {
		m, day = 0, 0
	}
	if day < 1 || day > 31 {
		day = 0
	}
	dob = bcd(b.Year)<<16 | bcd(m)<<8 | bcd(day)
	if b.Estimated || m == 0 || day == 0 {
		flags |= flagEstimated
	}
	if b.FromAge {
		flags |= flagFromAge | flagEstimated
	}
	return dob, flags
}

func bcd(n int) uint32 {
	return uint32(n%10 | n/10%10<<4 | n/100%10<<8 | n/1000%10<<12)
}

func unbcd(x uint32) int {
	return int(x&15 + x>>4&15*10 + x>>8&15*100 + x>>12&15*1000)
}

func dobYear(d uint32) int  { return unbcd(d >> 16) }
func dobMonth(d uint32) int { return unbcd(d >> 8 & 0xff) }
func dobDay(d uint32) int   { return unbcd(d & 0xff) }

// dobDays is a day count that is exact within a month and close across months.
func dobDays(d uint32) int {
	return dobYear(d)*365 + dobYear(d)/4 + monthStart[dobMonth(d)] + dobDay(d)
}

var monthStart = [13]int{0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334}

// Levels of the date of birth comparison, best first.
const (
	dobNull = iota
	dobExact
	dobExactDefault // equal, but the value is one that is entered when nobody knows
	dobSwapped      // day and month the other way round
	dobOneDigit     // one digit wrong, or two neighbours swapped
	dobNear         // within 31 days
	dobSameDay      // same day and month, year one or ten out
	dobPart         // same year, and one side is a default, an estimate or a year alone
	dobAge          // within a year, and one side is estimated
	dobTwoDigits    // two digits wrong
	dobSameYear
	dobSameMonth // same month, year one or ten out, another day
	dobElse
	dobLevels
)

// compareBirth gives the level of two dates of birth with their flags.
func compareBirth(a, b uint32, fa, fb uint8) uint8 {
	if a == 0 || b == 0 {
		return dobNull
	}
	f := fa | fb
	if a == b {
		switch {
		case f&flagFromAge != 0:
			return dobAge
		case f&flagEstimated != 0:
			return dobPart
		case f&flagDefault != 0:
			return dobExactDefault
		}
		return dobExact
	}
	ya, yb := dobYear(a), dobYear(b)
	dy := ya - yb
	if dy < 0 {
		dy = -dy
	}
	if f&(flagEstimated|flagFromAge) != 0 {
		switch {
		case dy == 0 && f&flagFromAge == 0:
			return dobPart
		case dy <= 1:
			return dobAge
		}
		return dobElse
	}
	if dy == 0 && f&flagDefault != 0 {
		return dobPart
	}
	ma, mb, da, db := a>>8&0xff, b>>8&0xff, a&0xff, b&0xff
	if dy == 0 && ma == db && da == mb {
		return dobSwapped
	}
	x := a ^ b
	x |= x >> 1
	x |= x >> 2
	wrong := x & 0x11111111
	n := bits.OnesCount32(wrong)
	if n == 1 {
		return dobOneDigit
	}
	if n == 2 {
		low := uint(bits.TrailingZeros32(wrong))
		if wrong>>low == 0x11 && a>>low&15 == b>>(low+4)&15 && a>>(low+4)&15 == b>>low&15 {
			return dobOneDigit
		}
	}
	if gap := dobDays(a) - dobDays(b); gap >= -31 && gap <= 31 {
		return dobNear
	}
	if ma == mb && da == db && (dy == 1 || dy == 10) {
		return dobSameDay
	}
	if n == 2 {
		return dobTwoDigits
	}
	if dy == 0 {
		return dobSameYear
	}
	if ma == mb && (dy == 1 || dy == 10) {
		return dobSameMonth
	}
	return dobElse
}
