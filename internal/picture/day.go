package picture

import (
	"time"

	"lantern.example/lantern/internal/clock"
)

func parseDay(iso string) (time.Time, error) { return time.Parse(clock.ISODate, iso) }
