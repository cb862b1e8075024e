package markdown_test

import (
	"fmt"
	"strings"
	"testing"

	"lantern.example/lantern/internal/practice/markdown"
)

// tell writes blocks on one line each, for comparing.
func tell(bs []markdown.Block) string {
	span := func(in []markdown.Span) string {
		var b strings.Builder
		for _, s := range in {
			mark := ""
			if s.Strong {
				mark += "S"
			}
			if s.Em {
				mark += "E"
			}
			if s.Code {
				mark += "C"
			}
			if s.Href != "" {
				mark += "→" + s.Href
			}
			if mark != "" {
				fmt.Fprintf(&b, "<%s:%s>", mark, s.Text)
			} else {
				b.WriteString(s.Text)
			}
		}
		return b.String()
	}
	var out []string
	for _, x := range bs {
		words := []string{string(x.Kind)}
		if x.Level > 0 {
			words[0] += fmt.Sprint(x.Level)
		}
		for _, l := range x.Lines {
			words = append(words, span(l))
		}
		for _, c := range x.Head {
			words = append(words, "h "+span(c))
		}
		for _, r := range x.Rows {
			for _, c := range r {
				words = append(words, span(c))
			}
		}
		out = append(out, strings.Join(words, " / "))
	}
	return strings.Join(out, "\n")
}

func TestParse(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"paragraphs":             {"One line\nand its second.\n\nAnother.", "paragraph / One line and its second.\nparagraph / Another."},
		"a heading":              {"## What to do\ntext", "heading2 / What to do\nparagraph / text"},
		"a first-level heading":  {"# Big", "heading2 / Big"},
		"no heading":             {"#hashtag", "paragraph / #hashtag"},
		"bullets":                {"- one\n- two\n  goes on\n\ntext", "bullets / one / two goes on\nparagraph / text"},
		"numbers":                {"1. one\n2. two", "numbers / one / two"},
		"a number is no list":    {"1.5 days", "paragraph / 1.5 days"},
		"a quotation":            {"> one\n> more\n>\n> two", "quote / one more / two"},
		"a table":                {"| a | b |\n|---|---|\n| 1 | **2** |\n| 3 |", "table / h a / h b / 1 / <S:2> / 3 / "},
		"no table":               {"| a | b |\ntext", "paragraph / | a | b | text"},
		"a rule":                 {"---", "rule"},
		"strong and emphasis":    {"a **b *c* d** e", "paragraph / a <S:b ><SE:c><S: d> e"},
		"unmatched marks":        {"5 * 3 and **open", "paragraph / 5 * 3 and **open"},
		"code":                   {"`a **b**`", "paragraph / <C:a **b**>"},
		"escaped":                {`\*not\* \[a\](/b)`, "paragraph / *not* [a](/b)"},
		"a link":                 {"see [the duty](/hub/duty/x).", "paragraph / see <→/hub/duty/x:the duty>."},
		"a link outside":         {"[law](https://www.legislation.gov.uk/ukpga/1998/37)", "paragraph / <→https://www.legislation.gov.uk/ukpga/1998/37:law>"},
		"a script is no link":    {"[x](javascript:alert(1))", "paragraph / [x](javascript:alert(1))"},
		"data is no link":        {"[x](data:text/html,a)", "paragraph / [x](data:text/html,a)"},
		"another site's root":    {"[x](//evil.example)", "paragraph / [x](//evil.example)"},
		"a backslash is no path": {`[x](/\evil.example)`, `paragraph / [x](/\evil.example)`},
		"html stays text":        {"<script>alert(1)</script>", "paragraph / <script>alert(1)</script>"},
		"nothing":                {"", ""},
	} {
		if got := tell(markdown.Parse(c.in)); got != c.want {
			t.Errorf("%s: %q\n got %s\nwant %s", name, c.in, got, c.want)
		}
	}
}

func TestPlainAndLinks(t *testing.T) {
	text := "## Head\n\nA [duty](/hub/duty/a) and [law](https://x.example).\n\n| c |\n|---|\n| [d](/hub/power/b) |"
	if got, want := markdown.Plain(text), "Head\nA duty and law.\nc\nd"; got != want {
		t.Errorf("Plain = %q, want %q", got, want)
	}
	if got, want := strings.Join(markdown.Links(text), " "), "/hub/duty/a /hub/power/b"; got != want {
		t.Errorf("Links = %q, want %q", got, want)
	}
}

// FuzzParse holds that a text never loses its words but for marks, and never links anywhere but where it may.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"a **b** [c](/d)", "| a |\n|-|\n| b", "> x\n- y\n1. z", "[a](javascript:x)", "**", "[[[](((", "`*[\\", "*a**b*", "\xff[a](/\xff)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		letters := func(s string) int { return strings.Count(s, "q") }
		blocks := markdown.Parse(s)
		n := 0
		visit := func(spans []markdown.Span) {
			for _, x := range spans {
				n += letters(x.Text) + letters(x.Href)
				if h := x.Href; h != "" && !(strings.HasPrefix(h, "/") && !strings.HasPrefix(h, "//")) && !strings.HasPrefix(h, "#") &&
					!strings.HasPrefix(h, "https://") && !strings.HasPrefix(h, "tel:") && !strings.HasPrefix(h, "mailto:") {
					t.Fatalf("%q has a link to %q", s, h)
				}
			}
		}
		for _, b := range blocks {
			if b.Kind == markdown.Heading && (b.Level < 2 || b.Level > 4) {
				t.Fatalf("%q has a heading of level %d", s, b.Level)
			}
			for _, l := range b.Lines {
				visit(l)
			}
			for _, c := range b.Head {
				visit(c)
			}
			for _, r := range b.Rows {
				if len(r) != len(b.Head) {
					t.Fatalf("%q has a row of %d cells under %d", s, len(r), len(b.Head))
				}
				for _, c := range r {
					visit(c)
				}
			}
		}
		if !strings.Contains(s, "|") && !strings.Contains(s, "](") && n != letters(s) {
			t.Fatalf("%q lost words: %d of %d letters q are left", s, n, letters(s))
		}
	})
}
