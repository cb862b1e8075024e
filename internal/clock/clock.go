// Package clock gives the time and the ids that carry it.
//
// Nothing else in Lantern asks the machine what time it is: a Clock is passed in, so that a test, a
// demonstration or a reproducible report can say what "now" means. Instants are stored as UTC
// microseconds (Micros); what people read and type is Europe/London time, whose rules are compiled
// in. Ids are UUID version 7 (RFC 9562) in their usual text form, so that they sort by when they were
// made.
package clock

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"io"
	"sync"
	"time"
	_ "time/tzdata" // London's rules must be there on a machine without a zone database
)

// Clock tells the time.
type Clock interface{ Now() time.Time }

// System is the machine's own clock.
type System struct{}

// Now is the machine's time in UTC.
func (System) Now() time.Time { return time.Now().UTC() }

// Fixed is a clock that stands still until it is moved. It is safe for concurrent use.
type Fixed struct {
	mu sync.Mutex
	t  time.Time
}

// At makes a Fixed clock showing t.
func At(t time.Time) *Fixed { return &Fixed{t: t.UTC()} }

// Now is the time the clock was last set to.
func (f *Fixed) Now() time.Time { f.mu.Lock(); defer f.mu.Unlock(); return f.t }

// Advance moves the clock on by d.
func (f *Fixed) Advance(d time.Duration) { f.mu.Lock(); defer f.mu.Unlock(); f.t = f.t.Add(d) }

var london = func() *time.Location {
	l, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic("clock: Europe/London is compiled in and must load: " + err.Error())
	}
	return l
}()

// London is the zone of every input, shown date and working day.
func London() *time.Location { return london }

// Micros is t as stored: microseconds since 1970 in UTC.
func Micros(t time.Time) int64 { return t.UnixMicro() }

// FromMicros is the instant stored as us.
func FromMicros(us int64) time.Time { return time.UnixMicro(us).UTC() }

// Today is the date in London at c's now, as midnight UTC of that date (the form dates are kept in).
func Today(c Clock) time.Time {
	y, m, d := c.Now().In(london).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// ISODate is how a date is stored and compared: 2006-01-02.
const ISODate = "2006-01-02"

// IDs makes UUIDv7 ids from a clock and a source of randomness. Ids made by one IDs never go
// backwards, even within a millisecond. It is safe for concurrent use.
type IDs struct {
	clock Clock
	rand  io.Reader
	mu    sync.Mutex
	last  uint64 // milliseconds << 12 | counter
}

// NewIDs returns a maker of ids; a nil source means the system's randomness.
func NewIDs(c Clock, source io.Reader) *IDs {
	if source == nil {
		source = rand.Reader
	}
	return &IDs{clock: c, rand: source}
}

// New is a fresh id such as 0192f0c1-7a3b-7c55-8a2e-5b1c7e0d9f42.
func (g *IDs) New() string {
	var tail [8]byte
	if _, err := io.ReadFull(g.rand, tail[:]); err != nil {
		panic("clock: no randomness for an id: " + err.Error())
	}
	g.mu.Lock()
	now := uint64(g.clock.Now().UnixMilli()) << 12
	if now <= g.last {
		now = g.last + 1
	}
	g.last = now
	g.mu.Unlock()
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], now>>12<<16|0x7000|now&0xfff)
	copy(b[8:], tail[:])
	b[8] = b[8]&0x3f | 0x80
	var out [36]byte
	hex.Encode(out[0:8], b[0:4])
	hex.Encode(out[9:13], b[4:6])
	hex.Encode(out[14:18], b[6:8])
	hex.Encode(out[19:23], b[8:10])
	hex.Encode(out[24:36], b[10:16])
	out[8], out[13], out[18], out[23] = '-', '-', '-', '-'
	return string(out[:])
}
