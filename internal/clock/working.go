package clock

import "time"

// Holidays are days, as ISO dates, that are no working days although they are neither Saturday nor Sunday. They are content: package
// partnership keeps them.
type Holidays map[string]bool

// Working reports whether a day is a working day.
func (h Holidays) Working(day time.Time) bool {
	return day.Weekday() != time.Saturday && day.Weekday() != time.Sunday && !h[day.Format(ISODate)]
}

// After is the nth working day after a day, the day itself not counted; for n below 1 it is the first.
func (h Holidays) After(day time.Time, n int) time.Time {
	for n = max(n, 1); n > 0; {
		if day = day.AddDate(0, 0, 1); h.Working(day) {
			n--
		}
	}
	return day
}
