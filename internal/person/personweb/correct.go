package personweb

import (
	"net/http"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/intake/profile"
	"lantern.example/lantern/internal/web"
)

// Corrected is a record of somebody's that its agency put right: which parts changed, never what they say.
type Corrected struct {
	Person, Old, New string
	Fields           []string
}

type correctView struct {
	web.Page
	Form *web.Form
}

var correctPage = web.NewTemplate[correctView](files, "correct.html")

// correct puts a record of the reader's own agency right. What stood there stays, superseded, and whoever had read it is told.
func (p *Pages) correct(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, q := r.Context(), web.ScopeOf(r), p.Site.DB.Reader()
	x, err := p.People.View(ctx, q, scope, r.PathValue("id"))
	if err != nil {
		return err
	}
	parts, record, err := p.Identity.Parts(ctx, q, scope, r.PathValue("record"))
	if err != nil {
		return err
	}
	if record.Person != x.ID {
		return fault.NoSuch()
	}
	at := "/people/" + x.ID + "/records"
	var fields []*web.Field
	for _, part := range parts {
		f := &web.Field{Name: part.Key, Label: part.Label, Value: part.Value}
		switch part.Key {
		case "born":
			f.Hint, f.Width = "Year-month-day, as far as it is known: 2009-03-12, 2009-03 or 2009.", "10"
		case "sex":
			f.Hint, f.Width = "Male, female, other or not known.", "10"
		case "ethnicity-self", "ethnicity-observed":
			f.Hint = "Nobody but your agency and they themselves can read this. It links nothing; it is counted where there are at least 200."
			words := profile.EthnicWords
			if part.Key == "ethnicity-observed" {
				words = profile.ObservedWords
			}
			if w := words(part.Value); w != part.Value {
				f.Hint += " What stands there now: " + w + "."
			}
		}
		fields = append(fields, f)
	}
	fields = append(fields, &web.Field{Name: "why", Label: "Why it is right now", Hint: "Who said so and what you saw. It is kept with the change.", Kind: web.TextArea, Rows: 3, Required: "Write why it is right now"})
	f := p.Site.NewForm(at+"/"+record.ID+"/correct", "Put it right", fields...)
	f.Cancel, f.Ver, f.Readers = at, record.Ver, p.Site.ReadBy(ctx, scope, record.Owner, access.Identity)
	if !access.Unconditional(record.Grade, access.Class(record.Class)) {
		f.Readers = &web.Readers{By: "those who do casework at your own agency, and whomever this record was given to once.", NotBy: "any other agency: no agreement carries what is not graded or was given under a condition."}
	}
	f.Readers.NotBy += " The agencies that had read it are told what kind of thing changed, and not why."
	v := &correctView{Form: f}
	v.Title, v.Crumbs = "Put a record right", []web.Link{{Text: "People", Href: "/people"}, {Text: x.Title, Href: "/people/" + x.ID}, {Text: "Records", Href: at}}
	v.Lead = "Write what is right over what is wrong; empty a line that should say nothing. What stood there is kept, and every agency that has read it is told."
	read := web.Read{Kind: "person", Subject: x.ID, Owners: []string{record.Owner}, Words: "a record, to be put right"}
	if r.Method == http.MethodGet {
		return web.Show(p.Site, w, r, correctPage, v, read)
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	if f.Valid() {
		err := p.Site.Act(w, r, "The record was put right. Who had read it is told.", func(tx *database.Tx) (string, error) {
			values := map[string]string{}
			for _, part := range parts {
				values[part.Key] = f.Value(part.Key)
			}
			fresh, person, changed, err := p.Identity.Correct(ctx, tx, scope, record.ID, f.Ver, values, f.Value("why"))
			if err == nil && p.Corrected != nil {
				err = p.Corrected(ctx, tx, scope, Corrected{Person: person, Old: record.ID, New: fresh, Fields: changed})
			}
			return at, err
		})
		if !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.Conflict) {
			return err
		}
		f.Problem, _ = fault.Words(err)
	}
	if err := p.Site.Consulted(ctx, scope, read); err != nil {
		return err
	}
	v.HasErrors = true
	return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, correctPage, v)
}
