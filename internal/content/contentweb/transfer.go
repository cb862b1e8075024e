package contentweb

import (
	"fmt"
	"net/http"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/content"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/web"
)

// carriers are who may take content out as a file and bring a file in.
var carriers = web.Only(access.Manager, access.InfoOfficer, access.Administrator)

type indexView struct {
	web.Page
	Table *web.Table
	Form  *web.Form
}

var indexPage = web.NewTemplate[indexView](files, "content.html")

func (p *Pages) uploadForm() *web.Form {
	f := p.Site.NewForm("/content/file", "Read the file", &web.Field{Name: "file", Label: "A file of content", Kind: web.FileInput, Hint: "Made by a Lantern, here or elsewhere. Everything in it comes in as a draft: nothing is shown until somebody publishes it."})
	f.Multipart = true
	return f
}

func (p *Pages) view(r *http.Request, f *web.Form) (*indexView, error) {
	v := &indexView{Form: f, Table: &web.Table{ID: "kinds", Caption: "Content that can be changed here", Empty: "No room keeps content yet.", Columns: []web.Column{{Label: "Kind"}, {Label: "Shown", Numeric: true}, {Label: "Drafts waiting", Numeric: true}}}}
	shown, drafts := 0, 0
	for _, k := range p.kinds {
		items, err := p.Content.Items(r.Context(), p.q(), web.ScopeOf(r), k.Code)
		if err != nil {
			return nil, err
		}
		n, d := 0, 0
		for _, i := range items {
			if i.Live != nil {
				n++
			}
			if i.Draft != nil {
				d++
			}
		}
		shown, drafts = shown+n, drafts+d
		href := k.Path
		if len(k.Crumbs) > 0 {
			href = k.Crumbs[len(k.Crumbs)-1].Href
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: k.Many, Href: href}, {Text: web.ShowNumber(n)}, {Text: web.ShowNumber(d)}}})
	}
	v.Title, v.Crumbs, v.HasErrors = "Content", []web.Link{{Text: "Governance", Href: "/governance"}}, !f.Valid()
	v.Lead = fmt.Sprintf("%s entries of %d kinds are shown; %s drafts wait for somebody to publish them.", web.ShowNumber(shown), len(p.kinds), web.ShowNumber(drafts))
	return v, nil
}

func (p *Pages) index(w http.ResponseWriter, r *http.Request) error {
	v, err := p.view(r, p.uploadForm())
	if err != nil {
		return err
	}
	return web.Render(p.Site, w, r, indexPage, v)
}

func (p *Pages) codes() []string {
	out := make([]string, len(p.kinds))
	for i, k := range p.kinds {
		out[i] = k.Code
	}
	return out
}

func (p *Pages) export(w http.ResponseWriter, r *http.Request) error {
	b, err := p.Content.Export(r.Context(), p.q(), web.ScopeOf(r), p.codes()...)
	if err != nil {
		return err
	}
	web.Download(w, "lantern-content.json", "application/json", p.Site.Clock.Now(), b)
	return nil
}

func (p *Pages) importFile(w http.ResponseWriter, r *http.Request) error {
	f := p.uploadForm()
	sent, err := web.Upload(w, r, "file", content.MaxFileBytes)
	if err != nil {
		return err
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	var in content.File
	switch {
	case len(sent.Bytes) == 0:
		f.Fail("file", "Choose a file")
	default:
		if in, err = content.ReadFile(sent.Bytes); err != nil {
			words, ok := fault.Words(err)
			if !ok {
				return err
			}
			f.Fail("file", words)
		}
	}
	if !f.Valid() {
		v, err := p.view(r, f)
		if err != nil {
			return err
		}
		return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, indexPage, v)
	}
	return p.Site.Act(w, r, "The file was read. What is new in it waits as drafts.", func(tx *database.Tx) (string, error) {
		_, err := p.Content.Import(r.Context(), tx, web.ScopeOf(r), in, p.codes()...)
		return "/content", err
	})
}
