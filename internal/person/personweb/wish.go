package personweb

import (
	"context"
	"net/http"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/person"
	"lantern.example/lantern/internal/web"
)

// Wishes is what young people want, on their pages, and what is needed to show and write it.
type Wishes struct {
	Store *person.Wishes
	// Readers says who can read a wish today, and who cannot.
	Readers func(ctx context.Context, scope access.Scope, w person.Wish) (web.Readers, error)
	// Agencies are those a young person may let read it.
	Agencies func(ctx context.Context, scope access.Scope) ([]web.Option, error)
}

type wishView struct {
	Title, Words, By string
	Why              []web.Link
	Readers          *web.Readers
}

// workers are who write down what a young person wants.
var workers = web.Only(access.Practitioner)

func (p *Pages) wishes(ctx context.Context, scope access.Scope, x person.Person) ([]wishView, error) {
	if p.Wishes == nil {
		return nil, nil
	}
	all, err := p.Wishes.Store.Of(ctx, p.Site.DB.Reader(), scope, x.ID)
	var out []wishView
	for _, wish := range all {
		readers, err := p.Wishes.Readers(ctx, scope, wish)
		if err != nil {
			return nil, err
		}
		out = append(out, wishView{Title: "What " + called(x) + " wants", Words: wish.Words, By: "Written down by " + p.AgencyName(ctx, wish.Owner) + " on " + web.ShowDate(clock.FromMicros(wish.LearntAt).In(clock.London())) + ".", Readers: &readers,
			Why: p.Site.Whys(ctx, scope, []access.Record{access.Of(wish.Fact)})})
	}
	return out, err
}

// called is the forename under which the person is filed in the records that the viewer may see, or the whole name where none is told apart.
func called(x person.Person) string {
	if x.Title == person.NoName {
		return "this person"
	}
	for i := range x.Records {
		for _, n := range x.Records[i].Names {
			if n.Display == x.Title && n.Forenames != "" {
				first, _, _ := strings.Cut(n.Forenames, " ")
				if len(first) <= len(x.Title) && strings.EqualFold(x.Title[:len(first)], first) {
					return x.Title[:len(first)]
				}
			}
		}
	}
	return x.Title
}

// wish is the form on which a worker writes down what a young person wants, in their words and with them.
func (p *Pages) wish(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), web.ScopeOf(r)
	x, err := p.People.View(ctx, p.Site.DB.Reader(), scope, r.PathValue("id"))
	if err != nil {
		return err
	}
	if p.Wishes == nil || x.ID != r.PathValue("id") {
		return fault.NoSuch()
	}
	options, err := p.Wishes.Agencies(ctx, scope)
	if err != nil {
		return err
	}
	readers := &web.Field{Name: "readers", Label: "Who else may read it?", Hint: "They choose. An agency that is not ticked cannot read it, whatever has been agreed; one that is can read it only under a live agreement.", Kind: web.Checkboxes, Options: options}
	f := p.Site.NewForm("/people/"+x.ID+"/wish", "Write it down",
		&web.Field{Name: "words", Label: "What do they want?", Hint: "In their own words, written down with them.", Kind: web.TextArea, Rows: 3, Max: 1000, Required: "Write what they want"}, readers)
	f.Cancel = "/people/" + x.ID
	f.Readers = &web.Readers{By: p.AgencyName(ctx, scope.Agency) + ", the agencies ticked, and the young person.", NotBy: "any agency that is not ticked, the police among them, unless exactly this is given to it once, for a reason that is written down."}
	v := &formView{About: "What was written before is kept, and this takes its place."}
	v.Title, v.Crumbs = "What they want", []web.Link{{Text: "People", Href: "/people"}, {Text: x.Title, Href: "/people/" + x.ID}}
	read := web.Read{Kind: "person", Subject: x.ID, Owners: x.Owners, Words: "sections: title, to write down what they want"}
	return p.act(w, r, f, p.show(w, r, v, f, read), "It was written down.", func(tx *database.Tx) (string, error) {
		_, err := p.Wishes.Store.Write(ctx, tx, scope, x.ID, f.Value("words"), readers.Values)
		return "/people/" + x.ID, err
	})
}
