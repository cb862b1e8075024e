package clock_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"lantern.example/lantern/internal/clock"
)

func TestIDsAreVersion7AndNeverGoBack(t *testing.T) {
	c := clock.At(time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC))
	g := clock.NewIDs(c, nil)
	last := ""
	for i := range 10_000 { // more than 4,096: the counter runs over into the next millisecond
		if i == 9000 {
			c.Advance(-time.Hour) // a clock set back must not make ids go back
		}
		id := g.New()
		u, err := uuid.Parse(id)
		if err != nil || u.Version() != 7 || u.Variant() != uuid.RFC4122 {
			t.Fatalf("id %q: version %v, variant %v, error %v", id, u.Version(), u.Variant(), err)
		}
		if id <= last {
			t.Fatalf("id %d: %q does not come after %q", i, id, last)
		}
		last = id
	}
}

func TestIDsFollowTheGivenSource(t *testing.T) {
	c := clock.At(time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC))
	a := clock.NewIDs(c, strings.NewReader("12345678")).New()
	b := clock.NewIDs(c, strings.NewReader("12345678")).New()
	if a != b {
		t.Errorf("same clock and source gave %q and %q", a, b)
	}
}

func TestTodayIsLondons(t *testing.T) {
	c := clock.At(time.Date(2026, 6, 30, 23, 30, 0, 0, time.UTC)) // half past midnight in London
	if got := clock.Today(c).Format(clock.ISODate); got != "2026-07-01" {
		t.Errorf("today at 23:30 UTC in June = %s, want 2026-07-01", got)
	}
}
