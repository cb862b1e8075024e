package profile

import (
	"errors"
	"testing"
	"time"

	"lantern.example/lantern/internal/fact"
)

func TestParseDate(t *testing.T) {
	for _, tt := range []struct{ name, in, want, note string }{
		{"day first with strokes", "15/07/2008", "2008-07-15", ""},
		{"one-digit day and month", "5/7/2008", "2008-07-05", ""},
		{"stops", "15.07.2008", "2008-07-15", ""},
		{"hyphens, year last", "01-09-2012", "2012-09-01", ""},
		{"ISO", "2008-07-15", "2008-07-15", ""},
		{"ISO with strokes", "2008/07/15", "2008-07-15", ""},
		{"compact ISO", "20080715", "2008-07-15", ""},
		{"compact, day first", "15072008", "2008-07-15", ""},
		{"month in words", "15 Jul 2008", "2008-07-15", ""},
		{"month in words, short year", "15-Jul-08", "2008-07-15", ""},
		{"month in words, ordinal and weekday", "Tuesday 15th July 2008", "2008-07-15", ""},
		{"month first in words", "July 15, 2008", "2008-07-15", ""},
		{"year first in words", "2008-Jul-15", "2008-07-15", ""},
		{"four-letter month", "15 Sept 2008", "2008-09-15", ""},
		{"Excel serial number", "39644", "2008-07-15", ""},
		{"Excel serial number with time", "39644.5", "2008-07-15T11:00:00Z", ""}, // noon in British Summer Time
		{"text mark of a spreadsheet", "'15/07/2008", "2008-07-15", ""},
		{"non-breaking space", "\u00a015/07/2008", "2008-07-15", ""},
		{"a leap day", "29/02/2008", "2008-02-29", ""},
		{"a month", "2024-01", "2024-01", ""},
		{"a month, year last", "01/2024", "2024-01", ""},
		{"a month in words", "January 2024", "2024-01", ""},
		{"a month as a spreadsheet writes it", "Jan-24", "2024-01", "a month and a year"},
		{"a year", "2024", "2024", ""},
		{"two-digit year, this century", "15/07/08", "2008-07-15", ""},
		{"two-digit year, this very year", "15/07/26", "2026-07-15", ""},
		{"two-digit year, last century", "15/07/27", "1927-07-15", ""},
		{"with a time in winter", "15/01/2008 14:30", "2008-01-15T14:30:00Z", ""},
		{"with a time in summer", "15/07/2008 14:30:05", "2008-07-15T13:30:05Z", ""},
		{"afternoon", "15/01/2008 2:30 pm", "2008-01-15T14:30:00Z", ""},
		{"midnight is no time", "15/07/2008 00:00:00", "2008-07-15", ""},
		{"midnight with a zone is one", "2024-01-01T00:00:00+00:00", "2024-01-01T00:00:00Z", ""},
		{"with an offset", "2008-07-15T14:30:00+01:00", "2008-07-15T13:30:00Z", ""},
		{"with Z and fractions", "2008-07-15T14:30:00.250Z", "2008-07-15T14:30:00Z", ""},
		{"a time that is none", "15/07/2008 25:10", "2008-07-15", "the time of day could not be read"},
		{"only month first is possible", "07/25/2008", "2008-07-25", "read month first"},
		{"empty", "", "", ""},
		{"n/a", "N/A", "", ""},
		{"Excel's day 0 shown", "31/12/1899", "", "when there is none"},
		{"Excel's day 0", "30/12/1899", "", "when there is none"},
		{"the commonest dummy", "01/01/1900", "", "when there is none"},
		{"zeros", "00/00/0000", "", "when there is none"},
		{"zeros, year first", "0000-00-00", "", "when there is none"},
		{"nines", "99/99/9999", "", "when there is none"},
		{"zero", "0", "", "when there is none"},
		{"the Unix zero", "01/01/1970", "", "when there is none"},
		{"the Unix zero in ISO", "1970-01-01", "", "when there is none"},
		{"for ever", "31/12/9999", "", "when there is none"},
		{".NET's zero", "0001-01-01T00:00:00", "", "when there is none"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, note, err := ParseDate(tt.in, DateRules{AsAt: asAt})
			if err != nil || d.String() != tt.want {
				t.Fatalf("ParseDate(%q) = %q, %v; expected %q", tt.in, d, err, tt.want)
			}
			if !contains(note, tt.note) {
				t.Errorf("ParseDate(%q) notes %q; expected %q", tt.in, note, tt.note)
			}
		})
	}
}

func TestParseDateRefuses(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     error
	}{
		{"no such day", "31/02/2008", ErrNoSuch},
		{"no such day, ISO", "2008-02-30", ErrNoSuch},
		{"29 February of no leap year", "29/02/2007", ErrNoSuch},
		{"both too great", "32/13/2008", ErrNoSuch},
		{"month 13", "2024-13", nil},
		{"words", "last Tuesday", ErrNotDate},
		{"a name of no month", "15 Foo 2008", ErrNotDate},
		{"six digits could be several things", "150708", ErrNotDate},
		{"a bare age", "15", ErrBareYear},
		{"a year of another age", "15/07/1066", ErrFarOff},
		{"a serial number too small", "00042", ErrNotDate},
		{"three-digit year", "15/07/208", ErrNotDate},
		{"letters in the date", "15/07/2OO8", ErrNotDate},
		{"a range", "15/07/2008 - 16/07/2008", ErrNotDate},
		{"other signs", "15§07§2008", ErrNotDate},
		{"age outside a date of birth", "15 yrs", ErrNotDate},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, _, err := ParseDate(tt.in, DateRules{AsAt: asAt})
			if err == nil || tt.want != nil && !errors.Is(err, tt.want) {
				t.Fatalf("ParseDate(%q) = %q, %v; expected the error %v", tt.in, d, err, tt.want)
			}
		})
	}
}

func TestParseDateOfBirth(t *testing.T) {
	for _, tt := range []struct {
		name, in, want string
		err            error
	}{
		{"a day", "15/07/2008", "2008-07-15", nil},
		{"a time of day is dropped", "15/07/2008 09:30", "2008-07-15", nil},
		{"midnight of summer written in UTC is the next day here", "2008-07-14T23:00:00Z", "2008-07-15", nil},
		{"an age", "15 yrs", "aged 15 on 2026-11-22", nil},
		{"an age in words", "Aged 15", "aged 15 on 2026-11-22", nil},
		{"a year", "2009", "2009", nil},
		{"two digits of this year can lie ahead", "01/12/26", "", ErrUnborn},
		{"two digits of last century", "01/12/27", "1927-12-01", nil},
		{"not yet born", "01/12/2026", "", ErrUnborn},
		{"too old", "01/12/1890", "", ErrTooOld},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, _, err := ParseDate(tt.in, DateRules{AsAt: asAt, Birth: true})
			if d.String() != tt.want || !errors.Is(err, tt.err) {
				t.Fatalf("ParseDate(%q) = %q, %v; expected %q, %v", tt.in, d, err, tt.want, tt.err)
			}
		})
	}
	if _, _, err := ParseDate("15 yrs", DateRules{Birth: true}); !errors.Is(err, ErrNoAsAt) {
		t.Errorf("an age without the date it was counted on: %v; expected %v", err, ErrNoAsAt)
	}
	d, _, err := ParseDate("15/07/35", DateRules{})
	if err != nil || d.Value.Year() != 1935 {
		t.Errorf("without a date of the file 35 is %v, %v; expected 1935", d, err)
	}
}

func TestDateOrders(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		order    Order
		want     string
		note     string
		err      error
	}{
		{"day first", "03/04/2008", DayFirst, "2008-04-03", "", nil},
		{"month first", "03/04/2008", MonthFirst, "2008-03-04", "", nil},
		{"year first", "08/04/03", YearFirst, "2008-04-03", "", nil},
		{"mostly day first", "03/04/2008", DayFirstMostly, "2008-04-03", "month first is possible", nil},
		{"mostly month first", "03/04/2008", MonthFirstMostly, "2008-03-04", "day first is possible", nil},
		{"either", "03/04/2008", EitherOrder, "2008", "", ErrDoubtful},
		{"either, same number", "04/04/2008", EitherOrder, "2008-04-04", "", nil},
		{"either, decided", "25/04/2008", EitherOrder, "2008-04-25", "", nil},
		{"either, decided the other way", "04/25/2008", EitherOrder, "2008-04-25", "", nil},
		{"month first, but impossible", "25/04/2008", MonthFirst, "2008-04-25", "read day first", nil},
		{"day first has no such day in that month", "31/11/2008", DayFirst, "", "", ErrNoSuch},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, note, err := ParseDate(tt.in, DateRules{Order: tt.order, AsAt: asAt})
			if d.String() != tt.want || !errors.Is(err, tt.err) || !contains(note, tt.note) {
				t.Fatalf("got %q, %q, %v; expected %q, %q, %v", d, note, err, tt.want, tt.note, tt.err)
			}
		})
	}
}

func TestSurvey(t *testing.T) {
	repeat := func(v string, n int) (out []string) {
		for range n {
			out = append(out, v)
		}
		return out
	}
	for _, tt := range []struct {
		name   string
		values []string
		want   Order
	}{
		{"nothing decides", []string{"03/04/2008", "05/06/2008"}, DayFirst},
		{"thirteen decides", []string{"03/04/2008", "13/04/2008"}, DayFirst},
		{"month first", []string{"03/04/2008", "04/13/2008 10:00"}, MonthFirst},
		{"both in a few", []string{"13/04/2008", "04/13/2008"}, EitherOrder},
		{"one slip in forty", append(repeat("13/04/2008", 40), "04/13/2008"), DayFirstMostly},
		{"one slip in forty, the other way", append(repeat("04/13/2008", 40), "13/04/2008"), MonthFirstMostly},
		{"half and half", append(repeat("04/13/2008", 40), repeat("13/04/2008", 40)...), EitherOrder},
		{"other forms say nothing", []string{"2008-04-13", "13 Apr 2008", "39644", "04/13"}, DayFirst},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := NewSurvey()
			for _, v := range tt.values {
				s.Add([]string{"x", v})
			}
			if got := s.Column(1).Order(); got != tt.want {
				t.Errorf("order %d of %+v; expected %d", got, s.Column(1), tt.want)
			}
		})
	}
	if got := (*Survey)(nil).Column(3).Order(); got != DayFirst {
		t.Errorf("without a survey: %d; expected day first", got)
	}
}

func TestDateWhen(t *testing.T) {
	born := Date{Value: asAt, Precision: fact.Age, Age: 15}.When()
	if got := time.UnixMicro(*born.From).UTC().Format("2006-01-02"); got != "2010-11-23" {
		t.Errorf("aged 15 on %s: born from %s; expected 2010-11-23", asAt.Format("2006-01-02"), got)
	}
	if got := time.UnixMicro(*born.To).UTC().Format("2006-01-02"); got != "2011-11-23" { // To is exclusive
		t.Errorf("aged 15: born before %s; expected 2011-11-23", got)
	}
	if (Date{}).When().Known() {
		t.Error("no date is known")
	}
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"15/07/2008", "2008-07-15T14:30:00+01:00", "39644.99999999", "15-Jul-08", "00/00/0000", "15 yrs", "July 15, 2008", "1:2", "99999", "24:00", "1/1/1 1:1 pm", "20080715", "T12:30"} {
		f.Add(s, uint8(0), true)
	}
	f.Fuzz(func(t *testing.T, s string, order uint8, birth bool) {
		rules := DateRules{Order: Order(order % 6), AsAt: asAt, Birth: birth}
		d, _, err := ParseDate(s, rules)
		if err != nil && d.Known() && !errors.Is(err, ErrDoubtful) {
			t.Fatalf("%q: both a date %v and the error %v", s, d, err)
		}
		if err != nil || !d.Known() {
			return
		}
		if y := d.Value.Year(); y < 1879 || y > 2101 {
			t.Fatalf("%q gives the year %d", s, y)
		}
		if d.Precision == fact.Age {
			return
		}
		again, _, err := ParseDate(d.String(), DateRules{AsAt: asAt})
		if err != nil || !again.Known() || again.String() != d.String() {
			if junkDates[[3]int{d.Value.Year(), int(d.Value.Month()), d.Value.Day()}] {
				return
			}
			t.Fatalf("%q is %s, which reads as %v, %v", s, d, again, err)
		}
	})
}
