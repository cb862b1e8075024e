package web

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"lantern.example/lantern/internal/clock"
)

// The languages. Pseudo marks every catalogue string with brackets: a test looks for what has none.
const (
	English = "en"
	Pseudo  = "en-XA"
)

// Sayer is the catalogue call of one language: the English text is the key, arguments as for Sprintf.
// A string without a translation is said in English.
func Sayer(lang string) func(key string, args ...any) string {
	p := message.NewPrinter(language.BritishEnglish)
	return func(key string, args ...any) string {
		if key == "" {
			return ""
		}
		text := key
		if len(args) > 0 {
			text = p.Sprintf(message.Key(key, key), args...)
		}
		if lang == Pseudo {
			return "⟦" + text + "⟧"
		}
		return text
	}
}

// ShowDate says a date as people write it: 4 March 2026. It takes a time.Time, UTC microseconds (shown
// in London) or an ISO date; what is empty stays empty.
func ShowDate(v any) string {
	switch d := v.(type) {
	case time.Time:
		if d.IsZero() {
			return ""
		}
		return d.Format("2 January 2006")
	case int64:
		if d == 0 {
			return ""
		}
		return clock.FromMicros(d).In(clock.London()).Format("2 January 2006, 15:04")
	case *int64:
		if d == nil {
			return ""
		}
		return ShowDate(*d)
	case string:
		if t, err := time.Parse(clock.ISODate, d); err == nil {
			return t.Format("2 January 2006")
		}
		return d
	}
	return fmt.Sprint(v)
}

// ShowNumber groups thousands with commas.
func ShowNumber(v any) string {
	var s string
	switch n := v.(type) {
	case int:
		s = strconv.Itoa(n)
	case int64:
		s = strconv.FormatInt(n, 10)
	default:
		return fmt.Sprint(v)
	}
	neg := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	if neg {
		s = "−" + s
	}
	return s
}
