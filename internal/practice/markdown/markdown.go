// Package markdown reads the small part of Markdown that the hub's pages are written in.
//
// It makes no HTML: Parse gives blocks and spans, and the page's template writes them, so that escaping is
// html/template's alone and a page can hold nothing but what the blocks can say. HTML in the text is shown as
// it was typed. There are paragraphs, headings, bulleted and numbered lists, quotations (shown as inset text),
// tables and rules; within them **strong**, *emphasis*, `code` and [links](/hub). A link leads to this site
// (/path or #part), to an https address or to a telephone number or e-mail address; any other stays text.
package markdown

import (
	"strings"
	"unicode/utf8"
)

// Kind is what a block is.
type Kind string

// The kinds of block.
const (
	Paragraph Kind = "paragraph"
	Heading   Kind = "heading"
	Bullets   Kind = "bullets"
	Numbers   Kind = "numbers"
	Quote     Kind = "quote"
	Table     Kind = "table"
	Rule      Kind = "rule"
)

// Span is a run of text in one style.
type Span struct {
	Text             string
	Strong, Em, Code bool
	Href             string // where a link leads, "" for none
	Outside          bool   // the link leads out of this site
}

// Block is one block. Lines are a list's items, a quotation's paragraphs or, for a paragraph or heading, its
// one line; a table has Head and Rows instead.
type Block struct {
	Kind  Kind
	Level int // of a heading, 2 to 4
	Lines [][]Span
	Head  [][]Span
	Rows  [][][]Span
}

// Spans is the one line of a paragraph or heading.
func (b Block) Spans() []Span {
	if len(b.Lines) == 0 {
		return nil
	}
	return b.Lines[0]
}

// Parse reads a text. Every text is Markdown: there is no error.
func Parse(text string) []Block {
	p := parser{lines: strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")}
	for p.at < len(p.lines) {
		p.block()
	}
	return p.out
}

type parser struct {
	lines []string
	at    int
	out   []Block
}

func (p *parser) block() {
	line := strings.TrimSpace(p.lines[p.at])
	switch {
	case line == "":
		p.at++
	case line == "---" || line == "***":
		p.out = append(p.out, Block{Kind: Rule})
		p.at++
	case headingLevel(line) > 0:
		n := headingLevel(line)
		p.out = append(p.out, Block{Kind: Heading, Level: min(max(n, 2), 4), Lines: [][]Span{Inline(strings.TrimSpace(line[n:]))}})
		p.at++
	case bullet(line) != "":
		p.list(Bullets, bullet)
	case number(line) != "":
		p.list(Numbers, number)
	case strings.HasPrefix(line, ">"):
		p.quote()
	case strings.HasPrefix(line, "|") && p.at+1 < len(p.lines) && underline(p.lines[p.at+1]):
		p.table()
	default:
		p.paragraph()
	}
}

func headingLevel(line string) int {
	n := 0
	for n < len(line) && line[n] == '#' {
		n++
	}
	if n == 0 || n > 6 || n >= len(line) || line[n] != ' ' {
		return 0
	}
	return n
}

func bullet(line string) string {
	if len(line) > 2 && (line[0] == '-' || line[0] == '*') && line[1] == ' ' {
		return strings.TrimSpace(line[2:])
	}
	return ""
}

func number(line string) string {
	n := 0
	for n < len(line) && n < 3 && line[n] >= '0' && line[n] <= '9' {
		n++
	}
	if n == 0 || len(line) < n+3 || line[n] != '.' || line[n+1] != ' ' {
		return ""
	}
	return strings.TrimSpace(line[n+2:])
}

// starts reports whether a line begins a block of its own, and so ends a paragraph before it.
func starts(line string) bool {
	return line == "" || line == "---" || line == "***" || headingLevel(line) > 0 || bullet(line) != "" || number(line) != "" || strings.HasPrefix(line, ">") || strings.HasPrefix(line, "|")
}

func (p *parser) paragraph() {
	words := []string{strings.TrimSpace(p.lines[p.at])}
	for p.at++; p.at < len(p.lines); p.at++ {
		line := strings.TrimSpace(p.lines[p.at])
		if starts(line) {
			break
		}
		words = append(words, line)
	}
	p.out = append(p.out, Block{Kind: Paragraph, Lines: [][]Span{Inline(strings.Join(words, " "))}})
}

// list takes neighbouring items; a line that begins no block goes on with the item above it.
func (p *parser) list(kind Kind, item func(string) string) {
	var items []string
	for ; p.at < len(p.lines); p.at++ {
		line := strings.TrimSpace(p.lines[p.at])
		if words := item(line); words != "" {
			items = append(items, words)
		} else if line != "" && !starts(line) {
			items[len(items)-1] += " " + line
		} else {
			break
		}
	}
	b := Block{Kind: kind}
	for _, x := range items {
		b.Lines = append(b.Lines, Inline(x))
	}
	p.out = append(p.out, b)
}

func (p *parser) quote() {
	b := Block{Kind: Quote}
	var words []string
	end := func() {
		if len(words) > 0 {
			b.Lines = append(b.Lines, Inline(strings.Join(words, " ")))
		}
		words = nil
	}
	for ; p.at < len(p.lines); p.at++ {
		line, ok := strings.CutPrefix(strings.TrimSpace(p.lines[p.at]), ">")
		if !ok {
			break
		}
		if line = strings.TrimSpace(line); line == "" {
			end()
			continue
		}
		words = append(words, line)
	}
	end()
	p.out = append(p.out, b)
}

func underline(line string) bool {
	line = strings.TrimSpace(line)
	return strings.HasPrefix(line, "|") && strings.Contains(line, "-") && strings.Trim(line, "|-: ") == ""
}

func cells(line string) [][]Span {
	line = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(line), "|"), "|")
	var out [][]Span
	for _, c := range strings.Split(line, "|") {
		out = append(out, Inline(strings.TrimSpace(c)))
	}
	return out
}

func (p *parser) table() {
	b := Block{Kind: Table, Head: cells(p.lines[p.at])}
	for p.at += 2; p.at < len(p.lines) && strings.HasPrefix(strings.TrimSpace(p.lines[p.at]), "|"); p.at++ {
		row := cells(p.lines[p.at])
		for len(row) < len(b.Head) {
			row = append(row, nil)
		}
		b.Rows = append(b.Rows, row[:len(b.Head)])
	}
	p.out = append(p.out, b)
}

// Inline reads the spans of one line.
func Inline(text string) []Span {
	return inline(text, Span{}, 0, nil)
}

// deepest is how far styles are looked for within styles.
const deepest = 4

func inline(s string, style Span, depth int, out []Span) []Span {
	var plain strings.Builder
	flush := func() {
		if plain.Len() > 0 {
			x := style
			x.Text = plain.String()
			out = append(out, x)
			plain.Reset()
		}
	}
	for len(s) > 0 {
		if n, inner, x := styled(s, style); n > 0 && depth < deepest {
			flush()
			if x.Code {
				x.Text = inner
				out = append(out, x)
			} else {
				out = inline(inner, x, depth+1, out)
			}
			s = s[n:]
			continue
		}
		if s[0] == '\\' && len(s) > 1 && strings.IndexByte("\\`*_[]()#|>-.", s[1]) >= 0 {
			plain.WriteByte(s[1])
			s = s[2:]
			continue
		}
		_, n := utf8.DecodeRuneInString(s)
		plain.WriteString(s[:n])
		s = s[n:]
	}
	flush()
	return out
}

// styled looks for a styled run at the beginning of s: how many bytes it takes, what is inside and its style. n is 0 when there is none.
func styled(s string, style Span) (n int, inner string, x Span) {
	x = style
	wrapped := func(mark string) string {
		rest, ok := strings.CutPrefix(s, mark)
		if !ok {
			return ""
		}
		i := strings.Index(rest, mark)
		if i <= 0 || rest[0] == ' ' || rest[i-1] == ' ' {
			return ""
		}
		return rest[:i]
	}
	switch s[0] {
	case '`':
		if inner = wrapped("`"); inner != "" {
			x.Code = true
			return len(inner) + 2, inner, x
		}
	case '*':
		if inner = wrapped("**"); inner != "" {
			x.Strong = true
			return len(inner) + 4, inner, x
		}
		if inner = wrapped("*"); inner != "" && inner[0] != '*' {
			x.Em = true
			return len(inner) + 2, inner, x
		}
	case '[':
		if style.Href != "" {
			return 0, "", x
		}
		i := strings.Index(s, "](")
		if i < 2 || strings.IndexByte(s[1:i], '[') >= 0 {
			return 0, "", x
		}
		j := strings.IndexByte(s[i:], ')')
		if j < 0 {
			return 0, "", x
		}
		href := s[i+2 : i+j]
		ok, outside := allowed(href)
		if !ok {
			return 0, "", x
		}
		x.Href, x.Outside = href, outside
		return i + j + 1, s[1:i], x
	}
	return 0, "", x
}

// allowed says where a link may lead.
func allowed(href string) (ok, outside bool) {
	if len(href) > 500 || strings.ContainsFunc(href, func(r rune) bool {
		return r <= ' ' || r == 0x7f || r == '\\' || r == '"' || r == '<' || r == '>' || r == utf8.RuneError
	}) {
		return false, false
	}
	switch {
	case strings.HasPrefix(href, "//"):
		return false, false
	case strings.HasPrefix(href, "/"), strings.HasPrefix(href, "#") && len(href) > 1:
		return true, false
	case strings.HasPrefix(href, "https://") && len(href) > len("https://"):
		return true, true
	case strings.HasPrefix(href, "tel:") && len(href) > 4, strings.HasPrefix(href, "mailto:") && len(href) > 7:
		return true, true
	}
	return false, false
}

// Plain is the text without its marks, a block a line: what a search reads.
func Plain(text string) string {
	var b strings.Builder
	say := func(spans []Span) {
		for _, s := range spans {
			b.WriteString(s.Text)
		}
		b.WriteByte('\n')
	}
	for _, x := range Parse(text) {
		for _, l := range x.Lines {
			say(l)
		}
		for _, c := range x.Head {
			say(c)
		}
		for _, r := range x.Rows {
			for _, c := range r {
				say(c)
			}
		}
	}
	return strings.TrimSpace(b.String())
}

// Links lists where the links of a text lead within this site.
func Links(text string) []string {
	var out []string
	take := func(spans []Span) {
		for _, s := range spans {
			if s.Href != "" && !s.Outside {
				out = append(out, s.Href)
			}
		}
	}
	for _, x := range Parse(text) {
		for _, l := range x.Lines {
			take(l)
		}
		for _, c := range x.Head {
			take(c)
		}
		for _, r := range x.Rows {
			for _, c := range r {
				take(c)
			}
		}
	}
	return out
}
