package profile

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/fact"
)

// Date is a time as exactly as the partner gave it. The zero Date is "not given".
type Date struct {
	// Value is the moment, in UTC, when Precision is fact.Instant; the first day of the day, month or year, as
	// midnight UTC of that date, otherwise; and for fact.Age the day on which the person was Age years old.
	Value     time.Time
	Precision fact.Precision
	Age       int
}

// Known reports whether any date was given.
func (d Date) Known() bool { return d.Precision != fact.Unknown }

// When is the date as facts keep it. For an age it is the span of days on which the person can have been born.
func (d Date) When() fact.When {
	switch d.Precision {
	case fact.Instant:
		return fact.AtInstant(d.Value)
	case fact.Day:
		return fact.On(d.Value)
	case fact.Month:
		return fact.InMonth(d.Value)
	case fact.Year:
		return fact.InYear(d.Value.Year())
	case fact.Age:
		from := d.Value.AddDate(-d.Age-1, 0, 1).UnixMicro()
		to := d.Value.AddDate(-d.Age, 0, 1).UnixMicro()
		return fact.When{From: &from, To: &to, Precision: fact.Age}
	}
	return fact.When{}
}

// String is the date in ISO form, as far as it is known: 2008-07-15T13:30:00Z, 2008-07-15, 2008-07, 2008; for
// an age "aged 15 on 2026-11-22".
func (d Date) String() string {
	switch d.Precision {
	case fact.Instant:
		return d.Value.Format(time.RFC3339)
	case fact.Day:
		return d.Value.Format(clock.ISODate)
	case fact.Month:
		return d.Value.Format("2006-01")
	case fact.Year:
		return d.Value.Format("2006")
	case fact.Age:
		return fmt.Sprintf("aged %d on %s", d.Age, d.Value.Format(clock.ISODate))
	}
	return ""
}

// DateRules say how a date is to be read.
type DateRules struct {
	Order Order
	// AsAt is the date of the file, as midnight UTC. Two-digit years are read as the latest year that is not after it;
	// without it 00 to 29 are 2000 to 2029. Ages need it.
	AsAt time.Time
	// Birth says that the date is one of birth: it cannot lie after AsAt or more than 120 years before, a
	// time of day is dropped, and an age ("15 yrs") is taken as one.
	Birth bool
}

// Errors of ParseDate. ErrDoubtful stands alone because the year is then still known, and returned.
var (
	ErrDoubtful = errors.New("day and month could be either way round in this column; expected days and months that the column settles, or year-month-day")
	ErrNotDate  = errors.New("not a date that can be read; expected, for example, 15/07/2008, 2008-07-15 or 15 Jul 2008")
	ErrNoSuch   = errors.New("there is no such day; expected a day, month and year of the calendar")
	ErrFarOff   = errors.New("the year is out of range; expected 1880 to 2100")
	ErrTooOld   = errors.New("a date of birth more than 120 years ago; expected a living person's")
	ErrUnborn   = errors.New("a date of birth after the date of the file")
	ErrNoAsAt   = errors.New("an age, and the date it was counted on is not known")
	ErrBareYear = errors.New("two digits could be a year, a day or an age; expected a whole date")
)

const (
	firstYear = 1880
	lastYear  = 2100
	// pivotWithoutDate is the first two-digit year of the 1900s when the date of the file is not known.
	pivotWithoutDate = 30
	oldestAge        = 120
	// Excel counts days from here because it believes that 1900 was a leap year. Files of the 1904 system, which old
	// Apple programs wrote, cannot be told apart and read 1,462 days too early.
	excelMin, excelMax = 10000, 73415 // 1927-05-18 to 2100-12-31
)

var excelEpoch = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)

// junkDates are what systems store when a date is missing, each with who does.
var junkDates = map[[3]int]bool{
	{1899, 12, 30}: true, // day 0 of Excel, Access and OLE
	{1899, 12, 31}: true, // day 0 as Excel shows it
	{1900, 1, 0}:   true, // the same
	{1900, 1, 1}:   true, // SQL Server's zero, and the commonest dummy date of birth
	{1753, 1, 1}:   true, // SQL Server's earliest
	{1970, 1, 1}:   true, // the Unix zero
	{1, 1, 1}:      true, // .NET's zero
	{9999, 12, 31}: true, // "for ever"
	{2099, 12, 31}: true, // "for ever"
}

const junkNote = "a date that systems write when there is none; taken as missing"

// ParseDate reads a date as partners write it: 15/07/2008, 15.7.08, 2008-07-15, 2008-07-15T14:30:00+01:00, 15 Jul
// 2008, 15-Jul-08, July 15, 2008, Jul 2008, 07/2008, 2008, 20080715, 15072008, an Excel serial number (39644), each with
// or without a time of day. Times without a zone are Europe/London's. Midnight without a zone is no time
// at all: that is how spreadsheets print a date.
//
// An empty value gives the zero Date. So does a date that systems write when there is none (31/12/1899,
// 01/01/1900, 00/00/0000, 01/01/1970), with a note. A note is something the reader of the file should know although the
// date was read. With ErrDoubtful the year that both readings share is returned.
func ParseDate(value string, rules DateRules) (Date, string, error) {
	s := strings.TrimPrefix(clean(value), "'")
	if blank(s) {
		return Date{}, "", nil
	}
	if d, ok := fastISO(s); ok {
		return settle(d, time.Duration(-1), "", false, rules)
	}
	if rules.Birth {
		if years, err := ParseAge(s); err == nil && !isDigits(s) {
			return ageDate(years, rules)
		}
	}
	datePart, timePart := splitTime(s)
	d, err := lexDate(datePart, rules)
	if err != nil {
		if errors.Is(err, errJunk) {
			return Date{}, junkNote, nil
		}
		return d.date, "", err
	}
	if timePart == "" {
		return settle(d, d.fraction, "", false, rules)
	}
	sinceMidnight, zone, zoned, ok := parseTime(timePart)
	if !ok {
		d.note = join(d.note, "the time of day could not be read; the day is kept")
		return settle(d, -1, "", false, rules)
	}
	return settle(d, sinceMidnight, zone, zoned, rules)
}

// ParseAge reads an age in whole years: 15, "15 yrs", "15 years old", "aged 15", "15yo".
func ParseAge(value string) (int, error) {
	s := strings.ToLower(clean(value))
	s = strings.TrimSpace(strings.TrimPrefix(s, "aged"))
	s = strings.TrimSpace(strings.TrimPrefix(s, "age"))
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	tail := strings.Trim(s[n:], " .")
	switch tail {
	case "", "0", "y", "yr", "yrs", "year", "years", "yo", "y/o", "yrs old", "years old", "year old", "years of age":
	default:
		return 0, errors.New("not an age; expected whole years, for example 15")
	}
	if n == 0 || n > 3 {
		return 0, errors.New("not an age; expected whole years, for example 15")
	}
	years, _ := strconv.Atoi(s[:n])
	if years > oldestAge {
		return 0, fmt.Errorf("an age over %d; expected whole years, for example 15", oldestAge)
	}
	return years, nil
}

func ageDate(years int, rules DateRules) (Date, string, error) {
	if rules.AsAt.IsZero() {
		return Date{}, "", ErrNoAsAt
	}
	return Date{Value: rules.AsAt, Precision: fact.Age, Age: years}, "", nil
}

// lexed is a date as it was written, before a time of day and the rules for births are applied.
type lexed struct {
	date     Date
	note     string
	fraction time.Duration // of an Excel serial number; -1 when there is none
}

var errJunk = errors.New("junk date")

// fastISO reads the two commonest forms without looking at anything else: 2024-01 and 2024-01-31.
func fastISO(s string) (lexed, bool) {
	if len(s) != 7 && len(s) != 10 || s[4] != '-' || len(s) == 10 && s[7] != '-' || !isDigits(s[:4]) || !isDigits(s[5:7]) {
		return lexed{}, false
	}
	y, m := atoi(s[:4]), atoi(s[5:7])
	if y < firstYear || y > lastYear || y == 1899 || y == 1900 || y == 1970 || y == 2099 || m < 1 || m > 12 {
		return lexed{}, false
	}
	if len(s) == 7 {
		return lexed{date: monthDate(y, m), fraction: -1}, true
	}
	if !isDigits(s[8:]) {
		return lexed{}, false
	}
	d := atoi(s[8:])
	if d < 1 || d > daysIn(y, m) {
		return lexed{}, false
	}
	return lexed{date: dayDate(y, m, d), fraction: -1}, true
}

// settle puts the day and the time of day together and applies the rules for births.
func settle(d lexed, sinceMidnight time.Duration, zone string, zoned bool, rules DateRules) (Date, string, error) {
	out := d.date
	if sinceMidnight > 0 || zoned {
		if out.Precision != fact.Day {
			return Date{}, "", ErrNotDate
		}
		y, m, day := out.Value.Date()
		h, mi, sec := int(sinceMidnight/time.Hour), int(sinceMidnight/time.Minute%60), int(sinceMidnight/time.Second%60)
		where := clock.London()
		if zoned {
			where = fixedZone(zone)
		}
		moment := time.Date(y, m, day, h, mi, sec, int(sinceMidnight%time.Second), where)
		if rules.Birth {
			y, m, day = moment.In(clock.London()).Date()
			out = dayDate(y, int(m), day)
		} else {
			out = Date{Value: moment.UTC(), Precision: fact.Instant}
		}
	}
	if rules.Birth && !rules.AsAt.IsZero() {
		if out.Value.After(rules.AsAt) {
			return Date{}, "", ErrUnborn
		}
		if out.Value.Before(rules.AsAt.AddDate(-oldestAge, 0, 0)) {
			return Date{}, "", ErrTooOld
		}
	}
	return out, d.note, nil
}

// fixedZone is the zone written as Z or as hours and minutes east of Greenwich in ±hhmm.
func fixedZone(z string) *time.Location {
	if z == "" {
		return time.UTC
	}
	offset := atoi(z[1:3])*3600 + atoi(z[3:5])*60
	if z[0] == '-' {
		offset = -offset
	}
	if offset == 0 {
		return time.UTC
	}
	return time.FixedZone("", offset)
}

// splitTime cuts a value where its time of day begins: before the digits before the first colon.
func splitTime(s string) (date, timeOfDay string) {
	colon := strings.IndexByte(s, ':')
	if colon < 1 {
		return s, ""
	}
	i := colon
	for i > 0 && s[i-1] >= '0' && s[i-1] <= '9' {
		i--
	}
	if i == colon || i == 0 {
		return s, ""
	}
	date = strings.TrimRight(s[:i], " ,")
	if last := len(date) - 1; last > 0 && (date[last] == 'T' || date[last] == 't') && date[last-1] >= '0' && date[last-1] <= '9' {
		date = date[:last]
	}
	date = strings.TrimSuffix(strings.TrimSuffix(date, " at"), " @")
	return date, s[i:]
}

// parseTime reads 14:30, 2:30 pm, 14:30:05.25, each with Z, GMT, UTC, BST or an offset after it. The zone is "" for
// UTC and otherwise ±hhmm.
func parseTime(s string) (sinceMidnight time.Duration, zone string, zoned, ok bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	for _, z := range [...]struct{ name, offset string }{{"z", ""}, {"gmt", ""}, {"utc", ""}, {"bst", "+0100"}} {
		if head, found := strings.CutSuffix(s, z.name); found {
			s, zone, zoned = strings.TrimSpace(head), z.offset, true
			break
		}
	}
	if i := strings.LastIndexAny(s, "+-"); i > 0 {
		digits := strings.ReplaceAll(s[i+1:], ":", "")
		if len(digits) == 2 {
			digits += "00"
		}
		if zoned || len(digits) != 4 || !isDigits(digits) || atoi(digits[:2]) > 14 || atoi(digits[2:]) > 59 {
			return 0, "", false, false
		}
		zone, zoned, s = s[i:i+1]+digits, true, strings.TrimSpace(s[:i])
	}
	half := ""
	for _, suffix := range [...]string{"am", "pm", "a.m.", "p.m.", "hrs", "hours"} {
		if head, found := strings.CutSuffix(s, suffix); found {
			s, half = strings.TrimSpace(head), suffix[:1]
			break
		}
	}
	s, decimals, _ := strings.Cut(s, ".")
	parts := strings.Split(s, ":")
	if len(parts) < 2 || len(parts) > 3 {
		return 0, "", false, false
	}
	var hms [3]int
	for i, p := range parts {
		if len(p) < 1 || len(p) > 2 || !isDigits(p) {
			return 0, "", false, false
		}
		hms[i] = atoi(p)
	}
	if half == "a" || half == "p" {
		if hms[0] < 1 || hms[0] > 12 {
			return 0, "", false, false
		}
		hms[0] %= 12
		if half == "p" {
			hms[0] += 12
		}
	}
	if hms[0] > 23 || hms[1] > 59 || hms[2] > 59 {
		return 0, "", false, false
	}
	sinceMidnight = time.Duration(hms[0])*time.Hour + time.Duration(hms[1])*time.Minute + time.Duration(hms[2])*time.Second
	if decimals != "" {
		if !isDigits(decimals) {
			return 0, "", false, false
		}
		f, _ := strconv.ParseFloat("0."+decimals, 64)
		sinceMidnight += time.Duration(f*1e6) * time.Microsecond
	}
	return sinceMidnight, zone, zoned, true
}

// token is a run of digits or of letters.
type token struct {
	text   string
	number bool
}

// lexDate reads a value that has no time of day.
func lexDate(s string, rules DateRules) (lexed, error) {
	var buf [6]token
	tokens := buf[:0]
	for i := 0; i < len(s); {
		j := i
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			for j < len(s) && s[j] >= '0' && s[j] <= '9' {
				j++
			}
			tokens = append(tokens, token{s[i:j], true})
		case c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z':
			for j < len(s) && (s[j] >= 'A' && s[j] <= 'Z' || s[j] >= 'a' && s[j] <= 'z') {
				j++
			}
			if w := s[i:j]; !filler(w, len(tokens) > 0 && tokens[len(tokens)-1].number && i > 0 && s[i-1] >= '0' && s[i-1] <= '9') {
				tokens = append(tokens, token{w, false})
			}
		case strings.IndexByte(" /-.,_", c) >= 0:
			j++
		default:
			return lexed{}, ErrNotDate
		}
		if len(tokens) == cap(tokens) {
			return lexed{}, ErrNotDate
		}
		i = j
	}
	pattern := 0
	for _, t := range tokens {
		pattern *= 10
		if t.number {
			pattern++
		} else {
			pattern += 2
		}
	}
	switch pattern {
	case 1:
		return oneNumber(tokens[0].text, rules)
	case 11:
		if dot := strings.IndexByte(s, '.'); dot == 5 && len(tokens[0].text) == 5 {
			return excelSerial(s)
		}
		return twoNumbers(tokens[0].text, tokens[1].text)
	case 111:
		return threeNumbers(tokens[0].text, tokens[1].text, tokens[2].text, rules)
	case 121: // 15 Jul 2008, 2008 Jul 15
		if len(tokens[0].text) == 4 {
			return named(tokens[2].text, tokens[1].text, tokens[0].text, rules)
		}
		return named(tokens[0].text, tokens[1].text, tokens[2].text, rules)
	case 211: // July 15, 2008
		return named(tokens[1].text, tokens[0].text, tokens[2].text, rules)
	case 21: // Jul 2008, Jul-08
		return namedMonth(tokens[0].text, tokens[1].text, rules)
	case 12: // 2008 Jul
		if len(tokens[0].text) == 4 {
			return namedMonth(tokens[1].text, tokens[0].text, rules)
		}
	}
	return lexed{}, ErrNotDate
}

// filler reports whether a word says nothing about a date: the st of 1st, a day of the week, of, the.
func filler(w string, afterNumber bool) bool {
	switch strings.ToLower(w) {
	case "st", "nd", "rd", "th":
		return afterNumber
	case "of", "the", "mon", "monday", "tue", "tues", "tuesday", "wed", "weds", "wednesday", "thu", "thur", "thurs", "thursday",
		"fri", "friday", "sat", "saturday", "sun", "sunday":
		return true
	}
	return false
}

func oneNumber(s string, rules DateRules) (lexed, error) {
	if strings.Trim(s, "0") == "" || len(s) == 8 && strings.Trim(s, "9") == "" {
		return lexed{}, errJunk
	}
	switch len(s) {
	case 8:
		if y, m, d := atoi(s[:4]), atoi(s[4:6]), atoi(s[6:]); junkDates[[3]int{y, m, d}] || plausible(y, m, d) {
			return calendar(y, m, d, "")
		}
		if y, m, d := atoi(s[4:]), atoi(s[2:4]), atoi(s[:2]); junkDates[[3]int{y, m, d}] || plausible(y, m, d) {
			return calendar(y, m, d, "")
		}
		if y := atoi(s[:4]); y >= firstYear && y <= lastYear {
			return lexed{}, ErrNoSuch
		}
		return lexed{}, ErrNotDate
	case 5:
		return excelSerial(s)
	case 4:
		y := atoi(s)
		if y < firstYear || y > lastYear {
			return lexed{}, ErrFarOff
		}
		return lexed{date: Date{Value: time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC), Precision: fact.Year}, fraction: -1}, nil
	case 1, 2:
		return lexed{}, ErrBareYear
	}
	return lexed{}, ErrNotDate
}

// excelSerial reads the number Excel keeps for a date: days since 30 December 1899, and a fraction of a day.
func excelSerial(s string) (lexed, error) {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || v < excelMin || v >= excelMax+1 {
		return lexed{}, ErrNotDate
	}
	days := math.Floor(v)
	fraction := time.Duration(math.Round((v-days)*86400)) * time.Second
	if fraction >= 24*time.Hour {
		days, fraction = days+1, 0
	}
	day := excelEpoch.AddDate(0, 0, int(days))
	return lexed{date: Date{Value: day, Precision: fact.Day}, fraction: fraction}, nil
}

func twoNumbers(a, b string) (lexed, error) {
	switch {
	case len(a) == 4 && len(b) <= 2:
	case len(b) == 4 && len(a) <= 2:
		a, b = b, a
	default:
		return lexed{}, ErrNotDate
	}
	y, m := atoi(a), atoi(b)
	if y == 0 && m == 0 {
		return lexed{}, errJunk
	}
	if y < firstYear || y > lastYear {
		return lexed{}, ErrFarOff
	}
	if m < 1 || m > 12 {
		return lexed{}, errors.New("there is no such month; expected 01 to 12")
	}
	return lexed{date: monthDate(y, m), fraction: -1}, nil
}

func threeNumbers(a, b, c string, rules DateRules) (lexed, error) {
	if strings.Trim(a+b+c, "0") == "" || strings.Trim(a+b+c, "9") == "" {
		return lexed{}, errJunk
	}
	if len(a) == 4 {
		if len(b) > 2 || len(c) > 2 {
			return lexed{}, ErrNotDate
		}
		return calendar(atoi(a), atoi(b), atoi(c), "")
	}
	if len(a) > 2 || len(b) > 2 || len(c) != 4 && len(c) != 2 {
		return lexed{}, ErrNotDate
	}
	if rules.Order == YearFirst && len(c) == 2 {
		return calendar(fullYear(a, rules), atoi(b), atoi(c), "")
	}
	y, first, second := fullYear(c, rules), atoi(a), atoi(b)
	dayFirst, monthFirst := plausible(y, second, first), plausible(y, first, second)
	switch {
	case !dayFirst && !monthFirst, first == second:
		return calendar(y, second, first, "")
	case dayFirst && monthFirst:
		switch rules.Order {
		case MonthFirst:
			return calendar(y, first, second, "")
		case MonthFirstMostly:
			return calendar(y, first, second, "read month first, as most of this column is; day first is possible")
		case DayFirstMostly:
			return calendar(y, second, first, "read day first, as most of this column is; month first is possible")
		case EitherOrder:
			year := Date{Value: time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC), Precision: fact.Year}
			return lexed{date: year}, ErrDoubtful
		}
		return calendar(y, second, first, "")
	case monthFirst:
		if rules.Order == MonthFirst || rules.Order == MonthFirstMostly || rules.Order == EitherOrder {
			return calendar(y, first, second, "")
		}
		return calendar(y, first, second, "read month first, because the other way round there is no such day")
	default:
		if rules.Order == MonthFirst || rules.Order == MonthFirstMostly {
			return calendar(y, second, first, "read day first, because the other way round there is no such day")
		}
		return calendar(y, second, first, "")
	}
}

func named(day, month, year string, rules DateRules) (lexed, error) {
	m, ok := monthNumber(month)
	if !ok || len(day) > 2 || len(year) != 4 && len(year) != 2 {
		return lexed{}, ErrNotDate
	}
	return calendar(fullYear(year, rules), m, atoi(day), "")
}

func namedMonth(month, year string, rules DateRules) (lexed, error) {
	m, ok := monthNumber(month)
	if !ok || len(year) != 4 && len(year) != 2 {
		return lexed{}, ErrNotDate
	}
	y := fullYear(year, rules)
	if y < firstYear || y > lastYear {
		return lexed{}, ErrFarOff
	}
	note := ""
	if len(year) == 2 {
		note = "read as a month and a year, because a spreadsheet writes them so"
	}
	return lexed{date: monthDate(y, m), note: note, fraction: -1}, nil
}

// fullYear gives a two-digit year its century: the latest that is not after the date of the file.
func fullYear(s string, rules DateRules) int {
	y := atoi(s)
	if len(s) != 2 {
		return y
	}
	if rules.AsAt.IsZero() {
		if y < pivotWithoutDate {
			return 2000 + y
		}
		return 1900 + y
	}
	now := rules.AsAt.Year()
	y += now - now%100
	if y > now {
		y -= 100
	}
	return y
}

var monthNames = [...]string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}

// monthNumber reads a month's name, whole or cut to three letters or more (Jul, Sept).
func monthNumber(s string) (int, bool) {
	if len(s) < 3 {
		return 0, false
	}
	s = strings.ToLower(s)
	for i, name := range monthNames {
		if strings.HasPrefix(name, s) {
			return i + 1, true
		}
	}
	return 0, false
}

func plausible(y, m, d int) bool {
	return y >= firstYear && y <= lastYear && m >= 1 && m <= 12 && d >= 1 && d <= daysIn(y, m)
}

// calendar is the day of a year, month and day of the month, if there is one.
func calendar(y, m, d int, note string) (lexed, error) {
	if junkDates[[3]int{y, m, d}] {
		return lexed{}, errJunk
	}
	if m < 1 || m > 12 || d < 1 || d > daysIn(y, m) {
		return lexed{}, ErrNoSuch
	}
	if y < firstYear || y > lastYear {
		return lexed{}, ErrFarOff
	}
	return lexed{date: dayDate(y, m, d), note: note, fraction: -1}, nil
}

func dayDate(y, m, d int) Date {
	return Date{Value: time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC), Precision: fact.Day}
}

func monthDate(y, m int) Date {
	return Date{Value: time.Date(y, time.Month(m), 1, 0, 0, 0, 0, time.UTC), Precision: fact.Month}
}

func daysIn(y, m int) int {
	switch m {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if y%4 == 0 && (y%100 != 0 || y%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// atoi reads a short run of digits that is known to be one.
func atoi(s string) int {
	n := 0
	for i := 0; i < len(s) && n < 1e8; i++ {
		n = n*10 + int(s[i]-'0')
	}
	return n
}

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}
