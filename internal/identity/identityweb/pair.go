package identityweb

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
	"lantern.example/lantern/internal/web"
)

type pairView struct {
	web.Page
	Form     *web.Form
	About    string
	Evidence []sayView
	Numbers  *web.Table
	HeldBack string
	Change   string
	Compare  *web.Table
	Others   *web.Table // what else makes the two people, as far as the reader may see it
	Why      []web.Link // why the two records are open
	Blind    bool
	Kept     web.Fragment // that an unsaved reason was found
}

// sayView is one comparison in words, and which way it speaks.
type sayView struct {
	Tag   web.Tag
	Words string
}

var pairPage = web.NewTemplate[pairView](files, "pair.html")

var verdictWords = map[identity.Verdict]string{identity.Same: "The same person", identity.Different: "Different people", identity.Unsure: "Not sure"}

func verdictField() *web.Field {
	return &web.Field{Name: "verdict", Label: "Are they the same person?", Kind: web.Radios, Required: "Choose an answer", Options: []web.Option{
		{Value: "same", Label: "Yes, the same person", Hint: "Their records are shown together. This can be taken back."},
		{Value: "different", Label: "No, different people", Hint: "No later run will put them together."},
		{Value: "unsure", Label: "Not sure", Hint: "Nothing changes, and no run will link them until somebody knows more."}}}
}

// readers says who can read the reason of a decision.
var readers = &web.Readers{By: "whoever may read both records.", NotBy: "anybody who may read only one of them, or neither."}

func whyField(label, hint string) *web.Field {
	return &web.Field{Name: "why", Label: label, Hint: hint, Kind: web.TextArea, Rows: 3, Required: "Enter the reason, in a sentence that the next reader can follow", Max: 2000}
}

// both are the two records of a pair, as the scope may read them.
func (p *Pages) both(ctx context.Context, q database.Queryer, scope access.Scope, l, r string) (a, b identity.Record, owners []string, err error) {
	by, owners, err := p.records(ctx, q, scope, []string{l, r})
	if err != nil {
		return a, b, nil, err
	}
	a, okA := by[l]
	b, okB := by[r]
	if !okA || !okB {
		return a, b, nil, fault.NoSuch()
	}
	return a, b, owners, nil
}

// why says why both records of a pair are open.
func (p *Pages) why(ctx context.Context, scope access.Scope, a, b identity.Record) []web.Link {
	var out []access.Record
	for _, r := range []identity.Record{a, b} {
		out = append(out, access.Record{ID: r.ID, Owner: r.Owner, Class: access.Identity, Restricted: r.Restricted, Area: r.Area})
	}
	return p.Site.Whys(ctx, scope, out)
}

func (p *Pages) pair(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, q := r.Context(), web.ScopeOf(r), p.Site.DB.Reader()
	item, err := p.Identity.WaitingItem(ctx, q, scope, r.PathValue("id"))
	if err != nil {
		return err
	}
	a, b, owners, err := p.both(ctx, q, scope, item.L, item.R)
	if err != nil {
		return err
	}
	evidence, err := identity.EvidenceOf(scope, item, &a, &b)
	if err != nil {
		return err
	}
	f := p.Site.NewForm("/links/"+item.ID, "Save the decision", verdictField(), whyField("Why?", "Say what settles it. The reason is kept with what you were shown."))
	f.Cancel, f.Readers = "/links", readers
	v := &pairView{Form: f, Compare: p.compare(ctx, a, b), Why: p.why(ctx, scope, a, b)}
	toPeople(v.Compare, a, b)
	if v.Others, owners, err = p.others(ctx, q, scope, a, b, owners); err != nil {
		return err
	}
	if r.Method == http.MethodGet {
		if v.Kept, err = p.Keeper.Open(r, f, "link", item.ID); err != nil {
			return err
		}
	}
	f.Draft = "/drafts/link/" + item.ID
	v.Title, v.Lead, v.Crumbs = "Are these the same person?", item.Reason, crumbs(queueCrumb)
	v.say(evidence)
	second, err := p.Identity.NeedsSecond(ctx, q, scope, item.L, item.R)
	if err != nil {
		return err
	}
	said := "The decision was saved."
	if second {
		v.About = "A record that is restricted, or was given under a handling condition, is touched: that they are the same, or different, takes effect once a second person who may see it agrees."
		said = "Saved. Where it changes who is who, it waits for a second person."
	}
	shown := "evidence, names, birth, numbers and addresses of both records; " + item.Reason
	return p.answer(w, r, v, web.Read{Kind: "link", Subject: item.ID, Owners: owners, Words: "sections: evidence and comparison of two records, other records of the two people"}, said, func(tx *database.Tx) (string, error) {
		if _, err := p.Identity.Decide(ctx, tx, scope, item.L, item.R, identity.Verdict(f.Value("verdict")), f.Value("why"), shown); err != nil {
			return "", err
		}
		return "/links", p.Keeper.Discard(ctx, tx, scope.Account, "link", item.ID)
	})
}

// joins reports whether the answer puts two people together: that is asked of whoever has just proved who they are.
func (v *pairView) joins() bool {
	return slices.ContainsFunc(v.Form.Fields, func(f *web.Field) bool { return f.Name == "verdict" && f.Value == string(identity.Same) })
}

// answer shows a page with a form, or does what the form asks.
func (p *Pages) answer(w http.ResponseWriter, r *http.Request, v *pairView, read web.Read, said string, do func(tx *database.Tx) (string, error)) error {
	if r.Method == http.MethodGet {
		return web.Show(p.Site, w, r, pairPage, v, read)
	}
	if err := v.Form.Read(w, r); err != nil {
		return err
	}
	if v.Form.Valid() {
		if v.joins() {
			if err := p.Site.Recent(r); err != nil {
				return err
			}
		}
		err := p.Site.Act(w, r, said, do)
		if k := fault.KindOf(err); err == nil || k != fault.Conflict && k != fault.Refused {
			return err
		}
		v.Form.Problem = err.Error()
	}
	if err := p.Site.Consulted(r.Context(), web.ScopeOf(r), read); err != nil {
		return err
	}
	v.HasErrors = true
	return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, pairPage, v)
}

// say puts the evidence in words, what speaks most first, and its numbers where one click leads.
func (v *pairView) say(e identity.Evidence) {
	if !e.Known() {
		return
	}
	terms := slices.Clone(e.Terms)
	slices.SortStableFunc(terms, func(a, b identity.Term) int {
		switch x, y := max(a.Bits, -a.Bits), max(b.Bits, -b.Bits); {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	v.Numbers = &web.Table{Caption: "How much each comparison counts", Columns: []web.Column{{Label: "Compared"}, {Label: "Found"}, {Label: "Bits", Numeric: true}}, Grid: true,
		Base: fmt.Sprintf("Each bit doubles the odds; below nought halves them. With the odds of two records taken at random: %s, %.1f bits.", e.Odds(), e.Weight)}
	for _, t := range terms {
		tag := web.Tag{Text: "Speaks for", Colour: "green"}
		switch {
		case t.Bits <= -1:
			tag = web.Tag{Text: "Speaks against", Colour: "red"}
		case t.Bits < 1:
			tag = web.Tag{Text: "Says little", Colour: "grey"}
		}
		v.Evidence = append(v.Evidence, sayView{tag, t.Words + "."})
		v.Numbers.Rows = append(v.Numbers.Rows, web.Row{Cells: []web.Cell{{Text: t.Comparison}, {Text: t.Words}, {Text: fmt.Sprintf("%+.1f", t.Bits)}}})
	}
	v.HeldBack, v.Change = e.HeldBack, e.WouldChange
}

// compare lays two records side by side, with what agrees and what does not said in a word.
func (p *Pages) compare(ctx context.Context, a, b identity.Record) *web.Table {
	t := &web.Table{Caption: "What the two records say", Columns: []web.Column{{Label: "Of"}, {Label: p.where(ctx, a)}, {Label: p.where(ctx, b)}, {Label: "Compared"}}}
	row := func(label, l, r string, alike ...*web.Tag) {
		tag := &web.Tag{Text: "Differs", Colour: "yellow"}
		if len(alike) > 0 && alike[0] != nil {
			tag = alike[0]
		}
		switch {
		case l == "" && r == "":
			tag = &web.Tag{Text: "Neither says", Colour: "grey"}
		case l == "" || r == "":
			tag = &web.Tag{Text: "One says", Colour: "grey"}
		case strings.EqualFold(l, r):
			tag = &web.Tag{Text: "Same", Colour: "green"}
		}
		if l == "" {
			l = "Nothing"
		}
		if r == "" {
			r = "Nothing"
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: label}, {Text: l}, {Text: r}, {Tag: tag}}})
	}
	each := func(n int, text func(i int) string) string {
		out := make([]string, n)
		for i := range n {
			out[i] = text(i)
		}
		return strings.Join(out, "; ")
	}
	names := func(r identity.Record) string {
		return each(len(r.Names), func(i int) string { return r.Names[i].Display })
	}
	places := func(r identity.Record) string {
		return each(len(r.Addresses), func(i int) string { return strings.Trim(r.Addresses[i].Place+", "+r.Addresses[i].Postcode, ", ") })
	}
	row("Names", names(a), names(b), inPart(a, b))
	row("Born", web.ShowDate(a.Born), web.ShowDate(b.Born))
	row("Sex", a.Sex, b.Sex)
	var kinds []string
	numbers := func(r identity.Record, kind string) string {
		var out []string
		for _, n := range r.Identifiers {
			if n.Kind == kind {
				x := n.Value
				if n.Checked == identity.Failed {
					x += " (its check character does not agree)"
				}
				out = append(out, x)
			}
		}
		return strings.Join(out, "; ")
	}
	for _, r := range []identity.Record{a, b} {
		for _, n := range r.Identifiers {
			if !slices.Contains(kinds, n.Kind) {
				kinds = append(kinds, n.Kind)
			}
		}
	}
	for _, k := range kinds {
		words := identity.KindWords(k)
		row(strings.ToUpper(words[:1])+words[1:], numbers(a, k), numbers(b, k))
	}
	row("Addresses", places(a), places(b), onePostcode(a, b))
	row("Received", web.ShowDate(a.LearntAt), web.ShowDate(b.LearntAt))
	t.Rows[len(t.Rows)-1].Cells[3] = web.Cell{}
	return t
}

// toPeople makes the names of a comparison lead to the people whose records they are.
func toPeople(t *web.Table, a, b identity.Record) {
	for i, r := range []identity.Record{a, b} {
		if c := &t.Rows[0].Cells[1+i]; r.Person != "" {
			c.Href = "/people/" + r.Person
		}
	}
}

// inPart is what is said of names that differ and have a part in common; nil when they have none.
func inPart(a, b identity.Record) *web.Tag {
	parts := func(r identity.Record) []string {
		var out []string
		for _, n := range r.Names {
			out = append(out, strings.Fields(n.Forenames+" "+n.Surname)...)
		}
		return out
	}
	theirs := parts(b)
	if slices.ContainsFunc(parts(a), func(w string) bool { return len(w) > 1 && slices.Contains(theirs, w) }) {
		return &web.Tag{Text: "In part", Colour: "blue"}
	}
	return nil
}

// onePostcode is what is said of addresses that differ and have a postcode in common; nil when they have none.
func onePostcode(a, b identity.Record) *web.Tag {
	for _, x := range a.Addresses {
		if x.Postcode != "" && slices.ContainsFunc(b.Addresses, func(y identity.Address) bool { return y.Postcode == x.Postcode }) {
			return &web.Tag{Text: "Same postcode", Colour: "blue"}
		}
	}
	return nil
}

// mostOthers is how many other records of each person stand beside a pair.
const mostOthers = 20

// others are the other records of the two people that two records belong to, as far as the scope may read them: what a decision would put together,
// or holds together. It is nil when there are none, and adds their owners.
func (p *Pages) others(ctx context.Context, q database.Queryer, scope access.Scope, a, b identity.Record, owners []string) (*web.Table, []string, error) {
	list, err := p.Identity.OfPersons(ctx, q, scope, slices.Compact([]string{a.Person, b.Person}))
	if err != nil {
		return nil, nil, err
	}
	t := &web.Table{Caption: "The other records of the two people", Columns: []web.Column{{Label: "Whose"}, {Label: "Name on the record"}, {Label: "Born"}, {Label: "Whose record"}}}
	for i, x := range []identity.Record{a, b} {
		if i == 1 && a.Person == b.Person {
			break
		}
		whose := []string{"The first: ", "The second: "}[i] + name(x)
		if a.Person == b.Person {
			whose = "The one person they are now"
		}
		n := 0
		for _, r := range list {
			if r.Person != x.Person || r.ID == a.ID || r.ID == b.ID {
				continue
			}
			if n++; n > mostOthers {
				continue
			}
			t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: whose}, {Text: name(r)}, {Text: web.ShowDate(r.Born)}, {Text: p.AgencyName(ctx, r.Owner), Sub: r.SourceRef}}})
			if !slices.Contains(owners, r.Owner) {
				owners = append(owners, r.Owner)
			}
		}
		if n > mostOthers {
			t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: whose}, {Text: count(n-mostOthers, "more record", "more records"), Href: "/people/" + x.Person + "/records"}, {}, {}}})
		}
	}
	if len(t.Rows) == 0 {
		return nil, owners, nil
	}
	return t, owners, nil
}

func (p *Pages) second(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, q := r.Context(), web.ScopeOf(r), p.Site.DB.Reader()
	x, err := p.Identity.Proposal(ctx, q, scope, r.PathValue("id"))
	if err != nil {
		return err
	}
	a, b, owners, err := p.both(ctx, q, scope, x.L, x.R)
	if err != nil {
		return err
	}
	f := p.Site.NewForm("/links/second/"+x.ID, "Save what you found",
		&web.Field{Name: "agreed", Label: "Do you agree?", Kind: web.Radios, Required: "Choose whether you agree", Options: []web.Option{
			{Value: "yes", Label: "Yes", Hint: "The decision takes effect now. It can be taken back."}, {Value: "no", Label: "No", Hint: "Nothing changes; the pair waits as before."}}},
		whyField("Why?", "Say what you looked at."))
	f.Cancel, f.Readers = "/links", readers
	v := &pairView{Form: f, Compare: p.compare(ctx, a, b), Why: p.why(ctx, scope, a, b)}
	toPeople(v.Compare, a, b)
	if v.Others, owners, err = p.others(ctx, q, scope, a, b, owners); err != nil {
		return err
	}
	v.Title, v.Crumbs = "Look as the second person", crumbs(queueCrumb)
	v.Lead = "Somebody at " + p.AgencyName(ctx, x.Agency) + " decided on " + web.ShowDate(x.At) + ": " + lower(verdictWords[x.Verdict]) + ". “" + x.Why + "”"
	v.About = "A record that is restricted, or was given under a handling condition, is touched, so nothing changes until a second person agrees."
	if x.By == scope.Account {
		v.About = "You made this decision: somebody else must look before it takes effect."
	}
	return p.answer(w, r, v, web.Read{Kind: "link", Subject: x.ID, Owners: owners, Words: "sections: comparison of two records, other records of the two people, for a second person"}, "What you found was saved.", func(tx *database.Tx) (string, error) {
		return "/links", p.Identity.Second(ctx, tx, scope, x.ID, f.Value("agreed") == "yes", f.Value("why"))
	})
}

func lower(s string) string { return strings.ToLower(s[:1]) + s[1:] }

type decidedView struct {
	web.Page
	Table *web.Table
}

var decidedPage = web.NewTemplate[decidedView](files, "decided.html")

func (p *Pages) decided(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, q := r.Context(), web.ScopeOf(r), p.Site.DB.Reader()
	l := web.ReadList(r, nil, "", false)
	made, total, err := p.Identity.Decided(ctx, q, scope, l.Size, l.Offset())
	if err != nil {
		return err
	}
	var ids []string
	for _, m := range made {
		ids = append(ids, m.L, m.R)
	}
	by, owners, err := p.records(ctx, q, scope, ids)
	if err != nil {
		return err
	}
	v := &decidedView{Table: &web.Table{Caption: "Decisions in force, newest first", Columns: []web.Column{{Label: "Records"}, {Label: "Decided"}, {Label: "Why"}, {Label: "By"}, {Label: "Take back"}}, Empty: "Nobody has decided anything about records open to you.", Pages: l.Paged(total)}}
	v.Title, v.Crumbs, v.Wide = "What was decided", crumbs(queueCrumb), true
	v.Lead = count(total, "decision about records open to you is in force and binds every run.", "decisions about records open to you are in force and bind every run.")
	for _, m := range made {
		a, b := by[m.L], by[m.R]
		decided := web.Cell{Text: verdictWords[m.Verdict]}
		if m.Moved {
			decided.Sub = "It moved records"
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: name(a) + " and " + name(b), Sub: p.where(ctx, a) + "; " + p.where(ctx, b)}, decided, {Text: m.Why}, {Text: p.AgencyName(ctx, m.Agency), Sub: web.ShowDate(m.At)},
			{Text: "Take back", Href: "/links/decided/" + m.ID, Hidden: "the decision on " + name(a) + " and " + name(b)}}})
	}
	return web.Show(p.Site, w, r, decidedPage, v, web.Read{Kind: "link", Owners: owners, Words: fmt.Sprintf("list: %d decisions shown of %d", len(made), total)})
}

func (p *Pages) takeBack(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, q := r.Context(), web.ScopeOf(r), p.Site.DB.Reader()
	d, err := p.Identity.Made(ctx, q, scope, r.PathValue("id"))
	if err != nil {
		return err
	}
	a, b, owners, err := p.both(ctx, q, scope, d.L, d.R)
	if err != nil {
		return err
	}
	f := p.Site.NewForm("/links/decided/"+d.ID, "Take the decision back", whyField("Why is it taken back?", "The reason is kept with the decision."))
	f.Cancel, f.Readers = "/links/decided", readers
	v := &pairView{Form: f, Compare: p.compare(ctx, a, b), Why: p.why(ctx, scope, a, b)}
	v.Title, v.Crumbs = "Take a decision back", crumbs(queueCrumb, web.Link{Text: "What was decided", Href: "/links/decided"})
	v.Lead = "Decided on " + web.ShowDate(d.At) + " by " + p.AgencyName(ctx, d.Agency) + ": " + lower(verdictWords[d.Verdict]) + ". “" + d.Why + "”"
	v.About = "Every record that it moved goes back to where it was, and what had been settled by it waits again."
	return p.answer(w, r, v, web.Read{Kind: "link", Subject: d.ID, Owners: owners, Words: "sections: a decision, to take it back"}, "The decision was taken back: every record is where it was.", func(tx *database.Tx) (string, error) {
		return "/links/decided", p.Identity.TakeBack(ctx, tx, scope, d.ID, f.Value("why"))
	})
}
