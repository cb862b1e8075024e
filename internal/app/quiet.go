package app

import (
	"context"
	"log/slog"
	"regexp"
)

// Quiet is a handler of log lines that takes out of them what could name somebody: whatever stands in quotation marks or after an equals sign in
// brackets (databases quote the values they stumble over), e-mail addresses, postcodes, dates and long numbers. What was done, which route and which kind of fault stay.
// Code should not log a name in the first place; this is for the day when an error's words carry one.
func Quiet(h slog.Handler) slog.Handler { return quiet{h} }

type quiet struct{ slog.Handler }

// plain are attributes that hold only our own words.
var plain = map[string]bool{"method": true, "route": true, "kind": true, "panel": true, "attempt": true, "stack": true}

var names = []struct {
	found *regexp.Regexp
	put   string
}{
	{regexp.MustCompile(`"[^"]*"`), `"…"`},
	{regexp.MustCompile(`'[^']*'`), `'…'`},
	{regexp.MustCompile("`[^`]*`"), "`…`"},
	{regexp.MustCompile(`[“‘][^”’]*[”’]`), "“…”"},
	{regexp.MustCompile(`=\([^)]*\)`), "=(…)"},
	{regexp.MustCompile(`[^\s@<>"'(),;]+@[^\s@<>"'(),;]+`), "…@…"},
	{regexp.MustCompile(`(?i)\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b`), "…"},
	{regexp.MustCompile(`\b\d{4}-\d{2}-\d{2}\b|\b\d{1,2}/\d{1,2}/\d{2,4}\b`), "…"},
	{regexp.MustCompile(`\b\d[\d ]{7,}\d\b`), "…"},
}

func redacted(s string) string {
	for _, n := range names {
		s = n.found.ReplaceAllString(s, n.put)
	}
	return s
}

func hush(a slog.Attr) slog.Attr {
	a.Value = a.Value.Resolve()
	switch a.Value.Kind() {
	case slog.KindString:
		if !plain[a.Key] {
			a.Value = slog.StringValue(redacted(a.Value.String()))
		}
	case slog.KindGroup:
		var out []slog.Attr
		for _, x := range a.Value.Group() {
			out = append(out, hush(x))
		}
		a.Value = slog.GroupValue(out...)
	case slog.KindAny: // an error, or anything else with words of its own
		a.Value = slog.StringValue(redacted(a.Value.String()))
	}
	return a
}

// Handle passes a line on, hushed.
func (q quiet) Handle(ctx context.Context, r slog.Record) error {
	out := slog.NewRecord(r.Time, r.Level, redacted(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		out.AddAttrs(hush(a))
		return true
	})
	return q.Handler.Handle(ctx, out)
}

// WithAttrs keeps hushing.
func (q quiet) WithAttrs(attrs []slog.Attr) slog.Handler {
	out := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		out[i] = hush(a)
	}
	return quiet{q.Handler.WithAttrs(out)}
}

// WithGroup keeps hushing.
func (q quiet) WithGroup(name string) slog.Handler { return quiet{q.Handler.WithGroup(name)} }
