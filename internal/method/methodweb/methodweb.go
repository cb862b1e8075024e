// Package methodweb shows how each figure is worked out: the pages of docs/methods, which the program carries with it.
// Pages with figures lead here through the template part "method".
package methodweb

import (
	"embed"
	"net/http"
	"strings"

	"lantern.example/lantern/docs/methods"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/practice/markdown"
	"lantern.example/lantern/internal/web"
)

//go:embed templates
var embedded embed.FS

var files = web.Files(embedded)

// Pages are the pages of methods. They hold nothing about anybody, and anybody may read them.
type Pages struct{ Site *web.Site }

// Mount registers the pages.
func (p *Pages) Mount(rt *web.Router) {
	rt.Get("/methods", web.Public, p.list)
	rt.Get("/methods/{name}", web.Public, p.show)
}

const base = "/methods/"

// page is one method's page, taken apart.
type page struct {
	Name, Title string
	Answers     []markdown.Span // the first sentence of what it answers
	Blocks      []block
	Where       []markdown.Span // the package and command, for whoever wants to check
}

// block is a block of the page. Labels are a table's heads as plain words, for narrow screens.
type block struct {
	markdown.Block
	Labels []string
}

// read gives a page. Its title is the question after the method's name; what it answers comes first.
func read(name string) (page, bool) {
	text, ok := methods.Page(name, base)
	if !ok {
		return page{}, false
	}
	out := page{Name: name}
	for i, b := range markdown.Parse(text) {
		switch {
		case i == 0 && b.Kind == markdown.Heading:
			out.Title = plain(b.Spans())
		case i == 1 && b.Kind == markdown.Paragraph && strings.HasPrefix(plain(b.Spans()), "Package "):
			out.Where = b.Spans()
		case out.Answers == nil && b.Kind == markdown.Heading && plain(b.Spans()) == "What it answers":
			// The answer stands under the title and needs no heading.
		case out.Answers == nil && b.Kind == markdown.Paragraph:
			out.Answers = b.Spans()
		default:
			out.Blocks = append(out.Blocks, newBlock(b))
		}
	}
	return out, true
}

func newBlock(b markdown.Block) block {
	out := block{Block: b}
	for _, head := range b.Head {
		out.Labels = append(out.Labels, plain(head))
	}
	return out
}

func plain(spans []markdown.Span) string {
	var b strings.Builder
	for _, s := range spans {
		b.WriteString(s.Text)
	}
	return b.String()
}

type listView struct {
	web.Page
	Pages []page
}

var listPage = web.NewTemplate[listView](files, "list.html")

func (p *Pages) list(w http.ResponseWriter, r *http.Request) error {
	v := &listView{}
	v.Title, v.Crumbs = "How the figures are worked out", []web.Link{{Text: "Help and methods", Href: "/help"}}
	v.Lead = "Each method says what it answers, what it assumes, how it is worked out, and when it refuses."
	for _, name := range methods.Names() {
		if x, ok := read(name); ok {
			v.Pages = append(v.Pages, x)
		}
	}
	return web.Render(p.Site, w, r, listPage, v)
}

type showView struct {
	web.Page
	Method page
}

var showPage = web.NewTemplate[showView](files, "show.html")

func (p *Pages) show(w http.ResponseWriter, r *http.Request) error {
	x, ok := read(r.PathValue("name"))
	if !ok {
		return fault.NoSuch()
	}
	v := &showView{Method: x}
	v.Title, v.Crumbs = x.Title, []web.Link{{Text: "Help and methods", Href: "/help"}, {Text: "Methods", Href: "/methods"}}
	return web.Render(p.Site, w, r, showPage, v)
}
