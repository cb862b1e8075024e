package practice

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/content"
	"lantern.example/lantern/internal/database"
)

//go:embed data
var data embed.FS

// Shipped is the content that comes with the program, read from its files: data/KIND/CODE.md.
func Shipped() ([]content.Shipped, error) {
	var out []content.Shipped
	err := fs.WalkDir(data, "data", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := data.ReadFile(name)
		if err != nil {
			return err
		}
		kind := path.Base(path.Dir(name))
		t, err := ReadText(kind, string(b))
		if err != nil {
			return fmt.Errorf("practice: %s: %w", name, err)
		}
		out = append(out, content.Shipped{Key: content.Key{Kind: kind, Code: strings.TrimSuffix(path.Base(name), ".md")}, Text: t})
		return nil
	})
	return out, err
}

// ReadText reads an entry of a kind from a file: lines "name: value" up to an empty line, then the longer fields, each under
// a line "# name". A field the kind does not have, or has twice, is an error.
func ReadText(kind, text string) (content.Text, error) {
	k, ok := KindOf(kind)
	if !ok {
		return content.Text{}, fmt.Errorf("there is no kind %q", kind)
	}
	t := content.Text{Fields: map[string]string{}}
	put := func(name, value string) error {
		f := k.Field(name)
		switch {
		case name == "title" && t.Title == "":
			t.Title = value
			return nil
		case name == "review_on" && t.ReviewOn == "":
			t.ReviewOn = value
			return nil
		case f == nil:
			return fmt.Errorf("there is no field %q", name)
		}
		if _, had := t.Fields[name]; had {
			return fmt.Errorf("the field %q stands twice", name)
		}
		if f.Shape == Many {
			var all []string
			for _, v := range strings.Split(value, ",") {
				if v = strings.TrimSpace(v); v != "" {
					all = append(all, v)
				}
			}
			value = strings.Join(all, "\n")
		}
		t.Fields[name] = value
		return nil
	}
	head, body, _ := strings.Cut(text, "\n\n")
	for n, line := range strings.Split(strings.TrimSpace(head), "\n") {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return t, fmt.Errorf("line %d is no “name: value”", n+1)
		}
		if err := put(strings.TrimSpace(name), strings.TrimSpace(value)); err != nil {
			return t, fmt.Errorf("line %d: %w", n+1, err)
		}
	}
	name, lines := "", []string(nil)
	end := func() error {
		value := strings.TrimSpace(strings.Join(lines, "\n"))
		lines = nil
		if name == "" {
			if value != "" {
				return fmt.Errorf("%.20q stands under no field", value)
			}
			return nil
		}
		return put(name, value)
	}
	for _, line := range strings.Split(body, "\n") {
		if next, ok := strings.CutPrefix(line, "# "); ok {
			if err := end(); err != nil {
				return t, err
			}
			name = strings.TrimSpace(next)
			continue
		}
		lines = append(lines, line)
	}
	if err := end(); err != nil {
		return t, err
	}
	if t.Title == "" {
		return t, fmt.Errorf("it has no title")
	}
	return t, nil
}

// reviewMonths is after how long what came with the program is looked at again: the law more often than practice.
var reviewMonths = map[string]int{Duty: 6, Power: 6, LawChange: 6, Template: 12, Note: 12, Course: 12, Toolkit: 6, Reply: 12}

// Seed brings what comes with the program where its code is not known yet. What an area changed or withdrew stays as it is.
func (l *Library) Seed(ctx context.Context, tx *database.Tx, by access.Scope) error {
	items, err := Shipped()
	if err != nil {
		return err
	}
	for i := range items {
		if n := reviewMonths[items[i].Kind]; n > 0 && items[i].ReviewOn == "" {
			items[i].ReviewOn = clock.Today(l.clock).AddDate(0, n, 0).Format(clock.ISODate)
		}
	}
	return l.content.Seed(ctx, tx, by, items)
}

// AsAtWords says a date as exactly as it is known: 28 November 2026, November 2026, 2026.
func AsAtWords(s string) string {
	for layout, as := range map[string]string{"2006": "2006", "2006-01": "January 2006", clock.ISODate: "2 January 2006"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.Format(as)
		}
	}
	return s
}

// CheckAsAt reports whether s is a date as AsAtWords reads it.
func CheckAsAt(s string) bool {
	for _, layout := range []string{"2006", "2006-01", clock.ISODate} {
		if _, err := time.Parse(layout, s); err == nil {
			return true
		}
	}
	return false
}
