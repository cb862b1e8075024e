package work

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"lantern.example/lantern/internal/clock"
)

// CalendarEvent is one meeting as a calendar file has it.
type CalendarEvent struct {
	UID       string // stays the same when the meeting is moved
	Sequence  int64  // grows with every change
	Stamp     int64  // when it was last changed, UTC microseconds
	Start     int64  // UTC microseconds
	Minutes   int
	Summary   string // "Meeting: Partnership board": never anybody's name
	Place     string
	Cancelled bool
}

// Calendar writes meetings as an iCalendar file (RFC 5545): instants in UTC, so that no zone has to be told; lines end
// in CRLF and are folded at 75 octets; what a summary or place holds is escaped.
func Calendar(events []CalendarEvent) []byte {
	var b strings.Builder
	line := func(name, value string) { b.WriteString(fold75(name + ":" + value)) }
	line("BEGIN", "VCALENDAR")
	line("VERSION", "2.0")
	line("PRODID", "-//Lantern//Partnership calendar//EN")
	line("CALSCALE", "GREGORIAN")
	line("METHOD", "PUBLISH")
	for _, e := range events {
		start := clock.FromMicros(e.Start)
		line("BEGIN", "VEVENT")
		line("UID", escapeText(e.UID))
		line("SEQUENCE", strconv.FormatInt(e.Sequence, 10))
		line("DTSTAMP", stamp(clock.FromMicros(e.Stamp)))
		line("DTSTART", stamp(start))
		line("DTEND", stamp(start.Add(time.Duration(e.Minutes)*time.Minute)))
		line("SUMMARY", escapeText(e.Summary))
		if e.Place != "" {
			line("LOCATION", escapeText(e.Place))
		}
		line("CLASS", "PRIVATE")
		line("STATUS", map[bool]string{true: "CANCELLED", false: "CONFIRMED"}[e.Cancelled])
		line("END", "VEVENT")
	}
	line("END", "VCALENDAR")
	return []byte(b.String())
}

func stamp(t time.Time) string { return t.UTC().Format("20060102T150405Z") }

var textEscapes = strings.NewReplacer("\\", `\\`, ";", `\;`, ",", `\,`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`)

func escapeText(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\r' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return textEscapes.Replace(s)
}

// fold75 breaks a line into ones of at most 75 octets, between characters; each further one begins with a space.
func fold75(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if size := utf8.RuneLen(r); n+size > 75 {
			b.WriteString("\r\n ")
			n = 1
		}
		b.WriteRune(r)
		n += utf8.RuneLen(r)
	}
	return b.String() + "\r\n"
}
