package clock_test

import (
	"testing"
	"time"

	"lantern.example/lantern/internal/clock"
)

func TestWorkingDays(t *testing.T) {
	h := clock.Holidays{"2026-12-25": true, "2026-12-28": true}
	for _, c := range []struct {
		from string
		n    int
		want string
	}{
		{"2026-11-26", 1, "2026-11-27"}, // Thursday, Friday
		{"2026-11-27", 1, "2026-11-30"}, // Friday, Monday
		{"2026-11-28", 1, "2026-11-30"}, // a Saturday
		{"2026-12-24", 1, "2026-12-29"}, // over Christmas and the day given for Boxing Day
		{"2026-12-24", 2, "2026-12-30"},
		{"2026-11-26", 0, "2026-11-27"},
		{"2026-11-26", 10, "2026-12-10"},
	} {
		from, err := time.Parse(clock.ISODate, c.from)
		if err != nil {
			t.Fatal(err)
		}
		if got := h.After(from, c.n).Format(clock.ISODate); got != c.want {
			t.Errorf("%d working days after %s: got %s, want %s", c.n, c.from, got, c.want)
		}
	}
}
