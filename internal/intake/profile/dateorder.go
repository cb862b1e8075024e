package profile

import "fmt"

// Order is the way round of day and month in the numeric dates of a column.
type Order uint8

// The orders. DayFirst is the zero value: it is how people here write dates.
const (
	DayFirst         Order = iota
	MonthFirst             // every date that settles it is month first
	YearFirst              // two-digit years come first; only a Mapping says so
	DayFirstMostly         // a few dates are month first: doubtful ones are read day first with a warning
	MonthFirstMostly       // a few dates are day first: doubtful ones are read month first with a warning
	EitherOrder            // both are common: doubtful dates are not read
)

const (
	// minorityShare is the share of the deciding dates up to which the other way round counts as slips of the pen.
	minorityShare = 0.05
	// minorityNeeds is how many deciding dates there must be before a share means anything.
	minorityNeeds = 20
)

// Finding is what the rows of one column say about the order of day and month.
//
// A date decides when one of its first two numbers is 13 or more. If all that decide agree, the column
// is read that way; if none decides, day first. If both are seen, a date that decides is read as it
// must be, and the others are doubtful: when at least 20 dates decide and no more than one in 20 of them is
// the other way round, doubtful dates are read the commoner way with a warning; otherwise they are not read at
// all, and a date of birth keeps its year alone.
type Finding struct {
	DayFirst, MonthFirst int // dates that can be read only so
	Either               int // dates that could be both and differ
}

// Order is the order that follows from the finding.
func (f Finding) Order() Order {
	if f.MonthFirst == 0 {
		return DayFirst
	}
	if f.DayFirst == 0 {
		return MonthFirst
	}
	decided := f.DayFirst + f.MonthFirst
	if decided >= minorityNeeds {
		if float64(f.MonthFirst) <= minorityShare*float64(decided) {
			return DayFirstMostly
		}
		if float64(f.DayFirst) <= minorityShare*float64(decided) {
			return MonthFirstMostly
		}
	}
	return EitherOrder
}

// Sentence says the rule that was applied and the numbers it came from; "" when there is nothing to know.
func (f Finding) Sentence(column string) string {
	decided := f.DayFirst + f.MonthFirst
	switch f.Order() {
	case MonthFirst:
		return fmt.Sprintf("Dates in %s are month first: %s can only be read so, none only day first.", column, dates(f.MonthFirst))
	case DayFirstMostly:
		return fmt.Sprintf("Dates in %s are mixed: %d of the %d that settle it are month first, so the %s that could be either are read day first, with a warning.", column, f.MonthFirst, decided, dates(f.Either))
	case MonthFirstMostly:
		return fmt.Sprintf("Dates in %s are mixed: %d of the %d that settle it are day first, so the %s that could be either are read month first, with a warning.", column, f.DayFirst, decided, dates(f.Either))
	case EitherOrder:
		return fmt.Sprintf("Dates in %s are mixed: %d can only be day first and %d only month first, so the %s that could be either are not read.", column, f.DayFirst, f.MonthFirst, dates(f.Either))
	}
	return ""
}

func dates(n int) string {
	if n == 1 {
		return "1 date"
	}
	return fmt.Sprintf("%d dates", n)
}

// Survey counts, in every column of a sheet, what its dates say about their order. Give it the whole sheet when
// that can be read twice: a sample may miss the one date that decides.
type Survey struct{ columns []Finding }

// NewSurvey surveys the rows given. More can be added.
func NewSurvey(rows ...[]string) *Survey {
	s := &Survey{}
	for _, r := range rows {
		s.Add(r)
	}
	return s
}

// Add surveys one more row.
func (s *Survey) Add(cells []string) {
	for len(s.columns) < len(cells) {
		s.columns = append(s.columns, Finding{})
	}
	for i, c := range cells {
		if len(c) < 6 || len(c) > 32 {
			continue
		}
		a, b, ok := numericDate(clean(c))
		if !ok {
			continue
		}
		f := &s.columns[i]
		switch {
		case a > 12 && b <= 12:
			f.DayFirst++
		case b > 12 && a <= 12:
			f.MonthFirst++
		case a != b:
			f.Either++
		}
	}
}

// Column is the finding for a column by its position, from 0.
func (s *Survey) Column(i int) Finding {
	if s == nil || i < 0 || i >= len(s.columns) {
		return Finding{}
	}
	return s.columns[i]
}

// numericDate gives the first two numbers of a date written as three with / . or - between, year last.
func numericDate(s string) (a, b int, ok bool) {
	s, n := cutNumber(s)
	if n < 0 || s == "" {
		return 0, 0, false
	}
	sep := s[0]
	if sep != '/' && sep != '.' && sep != '-' {
		return 0, 0, false
	}
	s, m := cutNumber(s[1:])
	if m < 0 || s == "" || s[0] != sep {
		return 0, 0, false
	}
	year := 1
	for year < len(s) && s[year] >= '0' && s[year] <= '9' {
		year++
	}
	if digits := year - 1; digits != 2 && digits != 4 || year < len(s) && s[year] != ' ' && s[year] != 'T' {
		return 0, 0, false
	}
	if n < 1 || n > 31 || m < 1 || m > 31 || n > 12 && m > 12 {
		return 0, 0, false
	}
	return n, m, true
}

// cutNumber takes one or two digits off the front of s; the number is -1 if there are none, or more.
func cutNumber(s string) (rest string, n int) {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	if i < 1 || i > 2 {
		return s, -1
	}
	return s[i:], atoi(s[:i])
}
