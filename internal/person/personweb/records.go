package personweb

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/identity"
	"lantern.example/lantern/internal/person"
	"lantern.example/lantern/internal/web"
)

type recordsView struct {
	web.Page
	ID      string
	Records *web.Table
	Links   *web.Table
	Numbers *web.Table // of the links, for whoever asks
	Changes []changeView
	Undone  []changeView
	Others  []hitView
	Rows    []rowView
	Why     []web.Link // why the records are open
	Several bool       // there is something to split
}

type changeView struct{ Text, By, When, Why, Href string }

type rowView struct {
	Ref   string
	Cells []web.SummaryRow
}

var recordsPage = web.NewTemplate[recordsView](files, "records.html")

// where is a record in words: whose it is, and which row of what.
func (p *Pages) where(ctx context.Context, r identity.Record) string {
	return p.AgencyName(ctx, r.Owner) + ", " + r.SourceRef
}

func nameOf(r identity.Record) string {
	if t := r.Title(); t != "" {
		return t
	}
	return person.NoName
}

func (p *Pages) records(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, q := r.Context(), web.ScopeOf(r), p.Site.DB.Reader()
	x, err := p.People.View(ctx, q, scope, r.PathValue("id"))
	if err != nil {
		return err
	}
	if x.ID != r.PathValue("id") {
		http.Redirect(w, r, "/people/"+x.ID+"/records", http.StatusSeeOther)
		return nil
	}
	v := &recordsView{ID: x.ID, Several: len(x.Records) > 1}
	v.Title = "Records that make this person"
	v.Crumbs = []web.Link{{Text: "People", Href: "/people"}, {Text: x.Title, Href: "/people/" + x.ID}}
	// How and when a record came to this person is told by the links below, where both sides may be seen: "joined by a link" on a
	// record that stands alone would tell of another.
	v.Records = &web.Table{Caption: "Records open to you", Columns: []web.Column{{Label: "Name on the record"}, {Label: "Born"}, {Label: "Whose record"}, {Label: "Received"}, {Label: "Correction"}}}
	v.Why = p.Site.Whys(ctx, scope, x.Of(access.Identity))
	by := map[string]identity.Record{}
	for _, rec := range x.Records {
		by[rec.ID] = rec
		v.Records.Rows = append(v.Records.Rows, web.Row{ID: "r" + rec.ID, Cells: []web.Cell{{Text: nameOf(rec)}, {Text: person.BornWords(rec.Born, rec.BornPrecision)}, {Text: p.AgencyName(ctx, rec.Owner), Sub: rec.SourceRef}, {Text: web.ShowDate(rec.LearntAt)}}})
		if rec.Owner != scope.Agency {
			last := &v.Records.Rows[len(v.Records.Rows)-1]
			last.Cells = append(last.Cells, web.Cell{Text: "Its own agency puts it right"})
		}
		if rec.Owner == scope.Agency {
			last := &v.Records.Rows[len(v.Records.Rows)-1]
			last.Cells = append(last.Cells, web.Cell{Text: "Put it right", Hidden: nameOf(rec) + ", " + rec.SourceRef, Href: "/people/" + x.ID + "/records/" + rec.ID + "/correct"})
			before, err := p.Identity.Before(ctx, q, scope, rec.ID)
			if err != nil {
				return err
			}
			if len(before) > 0 {
				last.Cells[3].Sub = "Put right " + count(len(before), "time", "times") + "; what stood there is kept"
			}
			cells, err := p.Identity.Row(ctx, q, scope, rec.ID)
			if err != nil {
				return err
			}
			row := rowView{Ref: rec.SourceRef}
			for _, c := range cells {
				if c.Value != "" {
					row.Cells = append(row.Cells, web.SummaryRow{Key: c.Column, Value: c.Value})
				}
			}
			if len(row.Cells) > 0 {
				v.Rows = append(v.Rows, row)
			}
		}
	}
	if err := p.links(ctx, q, scope, v, x.Records, by); err != nil {
		return err
	}
	changes, err := p.Identity.Changes(ctx, q, scope, x.ID)
	if err != nil {
		return err
	}
	for _, c := range changes {
		words := map[string]string{"merged": "Two people were made one", "split": "One person was made two"}[c.Kind]
		v.Changes = append(v.Changes, changeView{Text: words, When: web.ShowDate(c.At), Why: c.Why, Href: "/people/" + x.ID + "/undo/" + c.ID})
	}
	undone, err := p.Identity.Undone(ctx, q, scope, x.ID)
	if err != nil {
		return err
	}
	for _, u := range undone {
		v.Undone = append(v.Undone, changeView{Text: "Two people stood as one from " + web.ShowDate(u.At) + " to " + web.ShowDate(u.UndoneAt), Why: u.UndoneIn, When: web.ShowDate(u.UndoneAt), Href: "/people/" + x.ID + "/undone/" + u.ID})
	}
	shown, err := p.others(ctx, q, scope, x)
	if err != nil {
		return err
	}
	v.Others = shown.views
	v.Lead = fmt.Sprintf("%s this person; each link can be taken back.", count(len(x.Records), "record open to you makes", "records open to you make"))
	return web.Show(p.Site, w, r, recordsPage, v, web.Read{Kind: "person", Subject: x.ID, Owners: append(shown.owners, x.Owners...), Words: fmt.Sprintf("sections: records, links, own rows; %d records", len(x.Records))})
}

func (p *Pages) links(ctx context.Context, q database.Queryer, scope access.Scope, v *recordsView, records []identity.Record, by map[string]identity.Record) error {
	links, err := p.Identity.Links(ctx, q, scope, records)
	if err != nil {
		return err
	}
	v.Links = &web.Table{Caption: "Why they are together", Columns: []web.Column{{Label: "Why"}, {Label: "One record"}, {Label: "The other"}}, Empty: "One record alone, or records joined through others that are not open to you: nothing links two that you can see."}
	numbers := &web.Table{Caption: "How much each comparison counts", Columns: []web.Column{{Label: "Records"}, {Label: "Compared"}, {Label: "Found"}, {Label: "Bits", Numeric: true}}, Grid: true,
		Base: "Each bit doubles the odds that the two are one person; below nought halves them. The sum holds the odds of two records taken at random."}
	for _, l := range links {
		if l.Evidence.Known() {
			pair := p.where(ctx, by[l.L]) + "; " + p.where(ctx, by[l.R])
			for _, t := range l.Evidence.Terms {
				numbers.Rows = append(numbers.Rows, web.Row{Cells: []web.Cell{{Text: pair}, {Text: t.Comparison}, {Text: t.Words}, {Text: fmt.Sprintf("%+.1f", t.Bits)}}})
			}
			numbers.Rows = append(numbers.Rows, web.Row{Cells: []web.Cell{{Text: pair}, {Text: "In all"}, {Text: l.Evidence.Odds()}, {Text: fmt.Sprintf("%+.1f", l.Evidence.Weight)}}})
		}
		why := web.Cell{Text: l.Reason, Sub: l.Evidence.WouldChange}
		if l.Decision != nil {
			why.Sub = web.ShowDate(l.Decision.At) + ", " + p.AgencyName(ctx, l.Decision.Agency) + ": " + l.Decision.Why
			if l.Superseded {
				why.Sub += " (a later decision holds)"
			}
		}
		v.Links.Rows = append(v.Links.Rows, web.Row{Cells: []web.Cell{why, {Text: nameOf(by[l.L]), Sub: p.where(ctx, by[l.L])}, {Text: nameOf(by[l.R]), Sub: p.where(ctx, by[l.R])}}})
	}
	if len(numbers.Rows) > 0 {
		v.Numbers = numbers
	}
	return nil
}

type otherPeople struct {
	views  []hitView
	owners []string
}

// others are people whose records are so like this one's that they may be the same.
func (p *Pages) others(ctx context.Context, q database.Queryer, scope access.Scope, x person.Person) (otherPeople, error) {
	var out otherPeople
	if x.Title == person.NoName {
		return out, nil
	}
	text := x.Title
	for _, r := range x.Records {
		if r.BornPrecision == "day" {
			text += " " + r.Born
			break
		}
	}
	found, err := p.People.Find(ctx, q, scope, text, 6, 0)
	for _, h := range found.Hits {
		if h.ID != x.ID && len(out.views) < 5 {
			out.views = append(out.views, hitView{Name: h.Title, Href: "/people/" + x.ID + "/compare/" + h.ID, Born: values(h.Born), Agencies: strings.Join(p.names(ctx, h.Owners), ", "), Why: strings.Join(h.Why, "; ")})
			out.owners = append(out.owners, h.Owners...)
		}
	}
	return out, err
}

type formView struct {
	web.Page
	Form    *web.Form
	Compare *web.Table
	Why     []web.Link // why what is compared is open
	About   string
}

var formPage = web.NewTemplate[formView](files, "form.html")

// reasonReaders is who reads the reason of a decision on records: whoever may read both of the records that it is about.
func (p *Pages) reasonReaders(ctx context.Context, scope access.Scope) *web.Readers {
	r := p.Site.ReadBy(ctx, scope, scope.Agency, access.Identity)
	r.By = "whoever may read both records that the decision is about. Of your agency’s records: " + r.By
	return r
}

func whyField(label, hint string) *web.Field {
	return &web.Field{Name: "why", Label: label, Hint: hint, Kind: web.TextArea, Rows: 3, Required: "Enter the reason, in a sentence that the next reader can follow", Max: 2000}
}

func (p *Pages) show(w http.ResponseWriter, r *http.Request, v *formView, f *web.Form, read web.Read) func(int) error {
	return func(status int) error {
		v.Form, v.HasErrors = f, status != http.StatusOK
		if v.HasErrors { // what it shows was written down when the form was first shown, and is again
			if err := p.Site.Consulted(r.Context(), web.ScopeOf(r), read); err != nil {
				return err
			}
			return web.RenderStatus(p.Site, w, r, status, formPage, v)
		}
		return web.Show(p.Site, w, r, formPage, v, read)
	}
}

func (p *Pages) split(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), web.ScopeOf(r)
	x, err := p.People.View(ctx, p.Site.DB.Reader(), scope, r.PathValue("id"))
	if err != nil {
		return err
	}
	if len(x.Records) < 2 || x.ID != r.PathValue("id") {
		return fault.NoSuch()
	}
	choice := &web.Field{Name: "records", Label: "Which records are of somebody else?", Hint: "The ones you choose become a person of their own. Leave at least one.", Kind: web.Checkboxes, Required: "Choose the records that are of somebody else"}
	for _, rec := range x.Records {
		choice.Options = append(choice.Options, web.Option{Value: rec.ID, Label: nameOf(rec), Hint: strings.Trim(person.BornWords(rec.Born, rec.BornPrecision)+"; "+p.where(ctx, rec), "; ")})
	}
	f := p.Site.NewForm("/people/"+x.ID+"/split", "Take these records out", choice, whyField("Why are they of somebody else?", "The reason stays with the records and binds later runs."))
	f.Cancel = "/people/" + x.ID + "/records"
	f.Readers = p.reasonReaders(ctx, scope)
	v := &formView{About: "Nothing is lost: records stay whole, and taking this back puts every one where it was."}
	v.Title, v.Crumbs = "Take records out of this person", []web.Link{{Text: "People", Href: "/people"}, {Text: x.Title, Href: "/people/" + x.ID}, {Text: "Records", Href: "/people/" + x.ID + "/records"}}
	read := web.Read{Kind: "person", Subject: x.ID, Owners: x.Owners, Words: "sections: records, to take some out"}
	return p.act(w, r, f, p.show(w, r, v, f, read), "The records were taken out.", func(tx *database.Tx) (string, error) {
		return "/people/" + x.ID + "/records", p.Identity.Split(ctx, tx, scope, x.ID, choice.Values, f.Value("why"))
	})
}

func (p *Pages) undo(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), web.ScopeOf(r)
	x, err := p.People.View(ctx, p.Site.DB.Reader(), scope, r.PathValue("id"))
	if err != nil {
		return err
	}
	changes, err := p.Identity.Changes(ctx, p.Site.DB.Reader(), scope, x.ID)
	if err != nil {
		return err
	}
	var c *identity.Change
	for i := range changes {
		if changes[i].ID == r.PathValue("event") {
			c = &changes[i]
		}
	}
	if c == nil {
		return fault.NoSuch()
	}
	fields := []*web.Field{whyField("Why is it taken back?", "")}
	if c.Kind == "merged" {
		fields = append([]*web.Field{{Name: "apart", Label: "What is known now?", Kind: web.Radios, Required: "Choose what is known now", Options: []web.Option{
			{Value: "different", Label: "They are different people", Hint: "No later run will put them together."},
			{Value: "open", Label: "It was a slip; nothing is decided", Hint: "A later run may link them again on the same evidence."}}}}, fields...)
	}
	f := p.Site.NewForm("/people/"+x.ID+"/undo/"+c.ID, "Take it back", fields...)
	f.Cancel = "/people/" + x.ID + "/records"
	f.Readers = p.reasonReaders(ctx, scope)
	v := &formView{About: "Every record that was moved goes back to where it was. The reason given then: " + c.Why}
	v.Title, v.Crumbs = "Take a change back", []web.Link{{Text: "People", Href: "/people"}, {Text: x.Title, Href: "/people/" + x.ID}, {Text: "Records", Href: "/people/" + x.ID + "/records"}}
	read := web.Read{Kind: "person", Subject: x.ID, Owners: x.Owners, Words: "sections: a change, to take it back"}
	return p.act(w, r, f, p.show(w, r, v, f, read), "It was taken back: every record is where it was.", func(tx *database.Tx) (string, error) {
		if c.Kind == "merged" {
			after := "/people/" + c.Person + "/undone/" + c.ID
			if f.Value("apart") == "different" {
				return after, p.Identity.Unmerge(ctx, tx, scope, c.ID, f.Value("why"))
			}
			return after, p.Identity.Undo(ctx, tx, scope, c.ID, f.Value("why"))
		}
		return "/people/" + x.ID + "/records", p.Identity.Undo(ctx, tx, scope, c.ID, f.Value("why"))
	})
}

type undoneView struct {
	web.Page
	Table *web.Table
}

var undonePage = web.NewTemplate[undoneView](files, "undone.html")

// undone says who was shown two people as one before that was taken back.
func (p *Pages) undone(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, q := r.Context(), web.ScopeOf(r), p.Site.DB.Reader()
	x, err := p.People.View(ctx, q, scope, r.PathValue("id"))
	if err != nil {
		return err
	}
	all, err := p.Identity.Undone(ctx, q, scope, r.PathValue("id"))
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(u identity.Undone) bool { return u.ID == r.PathValue("event") })
	if i < 0 {
		return fault.NoSuch()
	}
	u := all[i]
	entries, err := p.Identity.ShownWrong(ctx, q, scope, u)
	if err != nil {
		return err
	}
	v := &undoneView{Table: &web.Table{Caption: "Who opened them while they stood as one", Columns: []web.Column{{Label: "Last"}, {Label: "Who"}, {Label: "For"}, {Label: "What was shown"}, {Label: "Times", Numeric: true}}, Empty: "Nobody, of those whom your agency may know of.",
		Base: "From the log: openings that touched your agency's records or were made by its members, and that showed records of both. Lists and search results name nobody in the log, so they are not here. The people in it may have to be told."}}
	v.Title = "Who was shown the two as one"
	v.Crumbs = []web.Link{{Text: "People", Href: "/people"}, {Text: x.Title, Href: "/people/" + x.ID}, {Text: "Records", Href: "/people/" + x.ID + "/records"}}
	var who, accounts []string
	type looked struct{ account, agency, purpose, shown string }
	times := map[looked]int{}
	var order []looked // the newest look of each first
	for _, e := range entries {
		agency := p.AgencyName(ctx, e.Agency)
		if !slices.Contains(who, agency) {
			who = append(who, agency)
		}
		if !slices.Contains(accounts, e.Account) {
			accounts = append(accounts, e.Account)
		}
		k := looked{e.Account, e.Agency, e.Purpose, e.Words}
		if e.Agency != scope.Agency { // another agency's look tells no more than that it was
			k.shown = "the person's page"
		}
		if times[k]++; times[k] > 1 {
			continue
		}
		order = append(order, k)
		cell := web.Cell{Text: agency}
		if e.Agency == scope.Agency && p.Colleague != nil {
			if name := p.Colleague(ctx, e.Account); name != "" {
				cell = web.Cell{Text: name, Sub: agency}
			}
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: web.ShowDate(e.At)}, cell, {Text: strings.ReplaceAll(e.Purpose, "-", " ")}, {Text: k.shown}}})
	}
	for i, k := range order {
		v.Table.Rows[i].Cells = append(v.Table.Rows[i].Cells, web.Cell{Text: web.ShowNumber(times[k])})
	}
	v.Lead = "They stood as one from " + web.ShowDate(u.At) + " to " + web.ShowDate(u.UndoneAt) + ", and nobody that your agency may know of opened them in that time."
	if len(entries) > 0 {
		v.Lead = fmt.Sprintf("They stood as one from %s to %s. In that time both were shown to %s: %s.", web.ShowDate(u.At), web.ShowDate(u.UndoneAt), count(len(accounts), "person", "people"), strings.Join(who, ", "))
	}
	return web.Show(p.Site, w, r, undonePage, v, web.Read{Kind: "person", Subject: x.ID, Owners: x.Owners, Words: "sections: who was shown a merge that was taken back"})
}

func (p *Pages) compare(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, q := r.Context(), web.ScopeOf(r), p.Site.DB.Reader()
	a, err := p.People.View(ctx, q, scope, r.PathValue("id"))
	if err != nil {
		return err
	}
	b, err := p.People.View(ctx, q, scope, r.PathValue("other"))
	if err != nil {
		return err
	}
	if a.ID == b.ID {
		if r.Method == http.MethodPost { // somebody else decided meanwhile: what was typed is not saved, and that is said
			return fault.New(fault.Conflict, "Their records were put together while you were deciding, so nothing was saved. If that is wrong, split them under Records.")
		}
		http.Redirect(w, r, "/people/"+a.ID+"/records", http.StatusSeeOther)
		return nil
	}
	v := &formView{Compare: compareTable(a, b), Why: p.Site.Whys(ctx, scope, append(append(a.Of(access.Identity), b.Of(access.Identity)...), append(a.Of(access.Contact), b.Of(access.Contact)...)...))}
	v.Title, v.Crumbs = "Are these the same person?", []web.Link{{Text: "People", Href: "/people"}, {Text: a.Title, Href: "/people/" + a.ID}, {Text: "Records", Href: "/people/" + a.ID + "/records"}}
	f := p.Site.NewForm("/people/"+a.ID+"/compare/"+b.ID, "Save the decision", verdictField(), whyField("Why?", "Say what settles it. The reason is kept with what you were shown."))
	f.Cancel = "/people/" + a.ID + "/records"
	f.Readers = p.reasonReaders(ctx, scope)
	read := web.Read{Kind: "person", Subject: a.ID, Owners: append(append([]string{}, a.Owners...), b.Owners...), Words: "sections: comparison with person " + b.ID}
	return p.act(w, r, f, p.show(w, r, v, f, read), "The decision was saved.", func(tx *database.Tx) (string, error) {
		_, err := p.Identity.Decide(ctx, tx, scope, a.Records[0].ID, b.Records[0].ID, identity.Verdict(f.Value("verdict")), f.Value("why"), fmt.Sprintf("names, births, numbers and addresses of %d and %d records", len(a.Records), len(b.Records)))
		return "/people/" + a.ID + "/records", err
	})
}

func compareTable(a, b person.Person) *web.Table {
	t := &web.Table{Caption: "What the records open to you say", Columns: []web.Column{{Label: "Of"}, {Label: a.Title}, {Label: b.Title}}}
	for _, x := range []struct {
		label string
		l, r  []person.Stated
	}{{"Names", a.Names, b.Names}, {"Born", a.Born, b.Born}, {"Sex", a.Sex, b.Sex}, {"Numbers", a.Identifiers, b.Identifiers}, {"Addresses", a.Addresses, b.Addresses}} {
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: x.label}, {Text: listed(x.l)}, {Text: listed(x.r)}}})
	}
	return t
}

func listed(list []person.Stated) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = s.Value
		if s.Detail != "" {
			out[i] += " (" + s.Detail + ")"
		}
	}
	if len(out) == 0 {
		return "Nothing"
	}
	return strings.Join(out, "; ")
}

func verdictField() *web.Field {
	return &web.Field{Name: "verdict", Label: "Are they the same person?", Kind: web.Radios, Required: "Choose an answer", Options: []web.Option{
		{Value: "same", Label: "Yes, the same person", Hint: "Their records are shown together. This can be taken back."},
		{Value: "different", Label: "No, different people", Hint: "No later run will put them together."},
		{Value: "unsure", Label: "Not sure", Hint: "Nothing changes, and no run will link them until somebody knows more."}}}
}
