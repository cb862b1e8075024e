// Package personweb has the pages about people: looking for one, one person, the records that make them, and saying that two are
// one or one is two.
//
// There is no list of everybody. Words about people are sent in the body of a form and never stand in an address, where
// histories and logs would keep them.
package personweb

import (
	"context"
	"embed"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/identity"
	"lantern.example/lantern/internal/person"
	"lantern.example/lantern/internal/web"
)

//go:embed templates
var embedded embed.FS
var files = web.Files(embedded)

// Subject is the person that a panel is about, as the viewer may see them.
type Subject struct {
	Person  string
	Records []string // ids of the records that the viewer may read, and no others
	Lang    string
}

// Panel is a part of a person's page that a higher package fills: their events, their referrals. It reads with the page's
// scope, shows nothing of records that are not among the subject's, brings its own heading, and its name stands in the page's one audit line.
type Panel interface {
	Name() string
	Panel(ctx context.Context, scope access.Scope, subject Subject) (web.Fragment, error)
	// Shown is what the panel shows: whose it is and of which class, so that the page can say why it is open.
	Shown(ctx context.Context, scope access.Scope, subject Subject) ([]access.Record, error)
}

// Pages are the pages about people.
type Pages struct {
	Site     *web.Site
	People   *person.Store
	Identity *identity.Store
	// AgencyName is what an agency is called.
	AgencyName func(ctx context.Context, code string) string
	// Colleague is the name of a member of the viewer's own agency; "" for an account that is not there any more.
	Colleague func(ctx context.Context, account string) string
	// Readers says who may read records of these owners, and who may not.
	Readers func(ctx context.Context, scope access.Scope, owners []string) (web.Readers, error)
	// Shut are classes that no agreement opens to the viewer's agency, whatever their role: support notes to the police.
	Shut func(ctx context.Context, scope access.Scope) ([]access.Class, error)
	// Links are what else lies under People for a viewer: what was shared once, requests, the glass.
	Links func(scope access.Scope) []web.Link
	// Acts are what a viewer can do about a person in rooms above this one: share, ask, see who else knows.
	Acts func(scope access.Scope, person string) []web.Link
	// Wishes is what young people want; nil where that is not kept.
	Wishes *Wishes
	// Panels in the order they stand on the page.
	Panels []Panel
	// Said lists what the person says of facts that the scope may read, to stand beside them; nil where that is not kept.
	Said func(ctx context.Context, scope access.Scope, person string) ([]Said, error)
	// Corrected tells those who had received a fact that it was put right; nil where nobody is told.
	Corrected func(ctx context.Context, tx *database.Tx, scope access.Scope, c Corrected) error
}

// Mount registers the pages.
func (p *Pages) Mount(rt *web.Router) {
	rt.Get("/people", web.Casework, p.list)
	rt.Get("/search", web.Casework, p.ask)
	rt.Post("/search", web.Casework, p.find)
	rt.Get("/people/{id}", web.Casework, p.person)
	rt.Get("/people/{id}/records", web.Casework, p.records)
	rt.Get("/people/{id}/records/{record}/correct", web.Casework, p.correct)
	rt.Post("/people/{id}/records/{record}/correct", web.Casework, p.correct)
	rt.Get("/people/{id}/wish", workers, p.wish)
	rt.Post("/people/{id}/wish", workers, p.wish)
	rt.Get("/people/{id}/split", web.Casework, p.split)
	rt.Post("/people/{id}/split", web.Casework, p.proved(p.split))
	rt.Get("/people/{id}/undo/{event}", web.Casework, p.undo)
	rt.Post("/people/{id}/undo/{event}", web.Casework, p.proved(p.undo))
	rt.Get("/people/{id}/undone/{event}", web.Casework, p.undone)
	rt.Get("/people/{id}/compare/{other}", web.Casework, p.compare)
	rt.Post("/people/{id}/compare/{other}", web.Casework, p.proved(p.compare))
}

const pageSize = 20

func (p *Pages) names(ctx context.Context, codes []string) []string {
	out := make([]string, len(codes))
	for i, c := range codes {
		out[i] = p.AgencyName(ctx, c)
	}
	return out
}

func searchForm(s *web.Site) *web.Form {
	return s.NewForm("/search", "Search",
		&web.Field{Name: "q", Label: "Name, date of birth or reference number", Hint: "For example: Mohamed Ali 12/3/2009, or an NHS number. Other spellings and short forms are found too.", Required: "Enter a name, a date of birth or a reference number", Max: 200},
		&web.Field{Name: "page", Kind: web.Hidden, Max: 6})
}

type listView struct {
	web.Page
	Links  []web.Link
	Search *web.Form
	Month  bool
	Table  *web.Table
	Base   string
}

var listPage = web.NewTemplate[listView](files, "list.html")

func (p *Pages) list(w http.ResponseWriter, r *http.Request) error {
	v := &listView{Search: searchForm(p.Site)}
	v.Title = "People"
	if p.Links != nil {
		v.Links = p.Links(web.ScopeOf(r))
	}
	if r.URL.Query().Get("show") != "month" {
		v.Lead = "Look for somebody by name, date of birth or reference number. There is no list of everybody."
		return web.Render(p.Site, w, r, listPage, v)
	}
	scope := web.ScopeOf(r)
	l := web.ReadList(r, nil, "", false, "show")
	l.Size = pageSize
	people, total, err := p.People.Recent(r.Context(), p.Site.DB.Reader(), scope, l.Size, l.Offset())
	if err != nil {
		return err
	}
	v.Month = true
	v.Lead = fmt.Sprintf("%s in records that your agency added this month.", count(total, "person stands", "people stand"))
	if total >= identity.NewestShown {
		v.Lead = fmt.Sprintf("The newest %s people in records that your agency added this month; there are more.", web.ShowNumber(identity.NewestShown))
	}
	v.Table = p.table(r.Context(), people)
	v.Table.Caption = "People in your agency's records added this month"
	v.Table.Empty = "Your agency has added no record of a person this month."
	v.Table.Pages = l.Paged(total)
	return web.Show(p.Site, w, r, listPage, v, web.Read{Kind: "person", Owners: owners(people), Words: fmt.Sprintf("list: own records of this month, %d shown of %d", len(people), total)})
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return web.ShowNumber(n) + " " + many
}

func owners(people []person.Person) []string {
	var out []string
	for _, x := range people {
		out = append(out, x.Owners...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func values(list []person.Stated) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = s.Value
	}
	return strings.Join(out, " or ")
}

func (p *Pages) table(ctx context.Context, people []person.Person) *web.Table {
	t := &web.Table{Columns: []web.Column{{Label: "Name"}, {Label: "Born"}, {Label: "Records of"}, {Label: "Records", Numeric: true}}}
	for _, x := range people {
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: x.Title, Href: "/people/" + x.ID}, {Text: values(x.Born)}, {Text: strings.Join(p.names(ctx, x.Owners), ", ")}, {Text: strconv.Itoa(len(x.Records))}}})
	}
	return t
}

type searchView struct {
	web.Page
	Glass  *web.Link // where nobody was found, for whoever may break the glass
	Search *web.Form
	Asked  bool
	Hits   []hitView
	Base   string
	Pages  []pageButton
	Key    string
	Query  string
}

type hitView struct {
	Name, Href, Born, Agencies string
	Records                    string
	Why                        string
}

type pageButton struct {
	Number  string
	Label   string
	Current bool
}

var searchPage = web.NewTemplate[searchView](files, "search.html")

func (p *Pages) ask(w http.ResponseWriter, r *http.Request) error {
	v := &searchView{Search: searchForm(p.Site)}
	v.Title, v.Lead = "Search", "Look for somebody by name, date of birth or reference number."
	return web.Render(p.Site, w, r, searchPage, v)
}

func (p *Pages) find(w http.ResponseWriter, r *http.Request) error {
	f := searchForm(p.Site)
	if err := f.Read(w, r); err != nil {
		return err
	}
	v := &searchView{Search: f}
	v.Title = "Search"
	if f.Valid() && p.People.Ask(f.Value("q")).Empty() {
		f.Fail("q", "Enter a name, a whole date of birth or a reference number of at least three characters")
	}
	if !f.Valid() {
		v.HasErrors = true
		return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, searchPage, v)
	}
	page, err := strconv.Atoi(f.Value("page"))
	if err != nil || page < 1 {
		page = 1
	}
	f.Field("page").Value = ""
	found, err := p.People.Find(r.Context(), p.Site.DB.Reader(), web.ScopeOf(r), f.Value("q"), pageSize, (page-1)*pageSize)
	if err != nil {
		return err
	}
	v.Asked, v.Query, v.Key = true, f.Value("q"), f.Key
	v.Title = "Search results"
	v.Lead = fmt.Sprintf("%s in records that are open to you.", count(found.Total, "person fits", "people fit"))
	if found.Total == 0 {
		v.Lead = "Nobody fits in the records that are open to you. Try another spelling, one name only, or a date of birth alone."
		if s := web.ScopeOf(r); access.MayBreakGlass(s.Role) && s.Glass == nil {
			v.Glass = &web.Link{Text: "Somebody is in danger now, and it cannot wait: break the glass", Href: "/break-glass"}
		}
	}
	if found.More {
		v.Base = "These words are in so many records that not all could be looked at: add a first name or a date of birth."
	}
	var people []person.Person
	for _, h := range found.Hits {
		people = append(people, h.Person)
		x := hitView{Name: h.Title, Href: "/people/" + h.ID, Born: values(h.Born), Agencies: strings.Join(p.names(r.Context(), h.Owners), ", "), Records: count(len(h.Records), "record", "records")}
		if len(h.Why) > 0 {
			x.Why = strings.Join(h.Why, "; ")
		}
		v.Hits = append(v.Hits, x)
	}
	last := (found.Total + pageSize - 1) / pageSize
	for n := max(1, page-2); n <= min(last, page+2) && last > 1; n++ {
		v.Pages = append(v.Pages, pageButton{Number: strconv.Itoa(n), Label: fmt.Sprintf("Page %d of %d", n, last), Current: n == page})
	}
	return web.Show(p.Site, w, r, searchPage, v, web.Read{Kind: "person", Owners: owners(people), Words: fmt.Sprintf("search: %d shown of %d", len(people), found.Total)})
}

type personView struct {
	web.Page
	ID       string
	Facts    []web.SummaryRow
	Names    *web.Table
	Numbers  *web.Table
	Places   *web.Table
	Contact  *closedView // why there is no table of addresses, by role
	Panels   []panelView
	Closed   []closedView
	WhyName  []web.Link // why names, birth and numbers are open
	WhyPlace []web.Link // why addresses are
	Acts     []web.Link
	Readers  *web.Readers
	Records  string
	Others   string
	OneOwner bool
	Wishes   []wishView
	Write    string // where what they want is written down
}

// closedView is a class that is closed to the viewer's role, and where to ask for it.
type closedView struct{ Words, Href, What string }

type panelView struct {
	Name     string
	Why      []web.Link
	Fragment web.Fragment
	Problem  string
}

var personPage = web.NewTemplate[personView](files, "person.html")

func (p *Pages) person(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), web.ScopeOf(r)
	x, err := p.People.View(ctx, p.Site.DB.Reader(), scope, r.PathValue("id"))
	if err != nil {
		return err
	}
	if x.ID != r.PathValue("id") {
		http.Redirect(w, r, "/people/"+x.ID, http.StatusSeeOther)
		return nil
	}
	v := &personView{ID: x.ID, Records: count(len(x.Records), "record makes", "records make")}
	v.Title, v.Crumbs = x.Title, []web.Link{{Text: "People", Href: "/people"}}
	v.Lead = p.lead(ctx, x)
	var said []Said
	if p.Said != nil {
		if said, err = p.Said(ctx, scope, x.ID); err != nil {
			return err
		}
	}
	v.Facts = []web.SummaryRow{p.fact(ctx, "Born", x.Born, beside(said, "born")), p.fact(ctx, "Sex", x.Sex, beside(said, "sex"))}
	v.Names = p.stated(ctx, "Names, as each agency has them", "Name", "What it is", x.Names, beside(said, "names"))
	v.Numbers = p.stated(ctx, "Reference numbers", "Number", "What it is", x.Identifiers, beside(said, "numbers"))
	v.WhyName = p.Site.Whys(ctx, scope, x.Of(access.Identity))
	if p.Acts != nil {
		v.Acts = p.Acts(scope, x.ID)
	}
	sections := []string{"names", "identifiers"}
	if slices.Contains(scope.Closed, access.Contact) {
		c := closed(x.ID, access.Contact)
		v.Contact = &c
	} else {
		v.Places = p.stated(ctx, "Addresses", "Address", "When", x.Addresses, beside(said, "addresses"))
		v.Places.Empty = "No address in the records open to you."
		v.WhyPlace = p.Site.Whys(ctx, scope, x.Of(access.Contact))
		sections = append(sections, "addresses")
	}
	for _, c := range x.Closed {
		if c != access.Contact {
			v.Closed = append(v.Closed, closed(x.ID, c))
		}
	}
	if p.Shut != nil {
		shut, err := p.Shut(ctx, scope)
		if err != nil {
			return err
		}
		for _, c := range shut {
			if !slices.Contains(x.Closed, c) {
				v.Closed = append(v.Closed, closedView{Words: ClassWords[c] + " of other agencies are not open to your agency, whatever has been agreed.", Href: "/people/" + x.ID + "/ask?class=" + string(c), What: strings.ToLower(ClassWords[c])})
			}
		}
	}
	if v.Wishes, err = p.wishes(ctx, scope, x); err != nil {
		return err
	}
	if len(v.Wishes) > 0 {
		sections = append(sections, "what they want")
	}
	if p.Wishes != nil && workers.Met(web.ViewerOf(r)) {
		v.Write = "/people/" + x.ID + "/wish"
	}
	subject := Subject{Person: x.ID, Lang: web.English}
	for _, rec := range x.Records {
		subject.Records = append(subject.Records, rec.ID)
	}
	for _, panel := range p.Panels {
		pv := panelView{Name: panel.Name()}
		if pv.Fragment, err = panel.Panel(ctx, scope, subject); err != nil { // the page stands without it
			p.Site.Log.Error("a panel failed", "panel", panel.Name(), "error", err.Error())
			pv.Problem = "This part could not be shown. The rest of the page is complete."
		}
		if pv.Problem == "" {
			shown, err := panel.Shown(ctx, scope, subject)
			if err != nil {
				return err
			}
			pv.Why = p.Site.Whys(ctx, scope, shown)
		}
		v.Panels = append(v.Panels, pv)
		sections = append(sections, strings.ToLower(panel.Name()))
	}
	readers, err := p.Readers(ctx, scope, x.Owners)
	if err != nil {
		return err
	}
	v.Readers = &readers
	return web.Show(p.Site, w, r, personPage, v, web.Read{Kind: "person", Subject: x.ID, Owners: x.Owners, Words: "sections: " + strings.Join(sections, ", ") + fmt.Sprintf("; %d records", len(x.Records))})
}

// closed says that a class is closed to the viewer's role. It is the same for every person, whether or not there is anything.
func closed(person string, c access.Class) closedView {
	return closedView{Words: ClassWords[c] + " are not open to your role.", Href: "/people/" + person + "/ask?class=" + string(c), What: strings.ToLower(ClassWords[c])}
}

// ClassWords are the classes of data as people speak of them, to begin a sentence with.
var ClassWords = map[access.Class]string{
	access.Identity: "Names and dates of birth", access.Contact: "Contact details", access.Offending: "Records of offending", access.Victimisation: "Records of harm suffered",
	access.Missing: "Missing episodes", access.Education: "School records", access.SocialCare: "Social care records", access.YouthJustice: "Youth justice records",
	access.Health: "Health records", access.Housing: "Housing records", access.Support: "Support notes", access.Intelligence: "Intelligence reports", access.FormerName: "Former names",
}

func (p *Pages) lead(ctx context.Context, x person.Person) string {
	who := strings.Join(p.names(ctx, x.Owners), ", ")
	lead := fmt.Sprintf("%s of %s open to you: %s.", count(len(x.Records), "record", "records"), count(len(x.Owners), "agency", "agencies"), who)
	switch {
	case len(x.Born) > 1:
		lead += " They do not agree on the date of birth."
	case len(x.Names) > 1:
		lead += " They have more than one name or spelling."
	}
	return lead
}

func (p *Pages) fact(ctx context.Context, key string, list []person.Stated, said []Said) web.SummaryRow {
	row := web.SummaryRow{Key: key}
	switch len(list) {
	case 0:
		row.Value = "Not in the records open to you"
	case 1:
		row.Value, row.Source = list[0].Value, strings.Join(p.names(ctx, list[0].Owners), ", ")
	default:
		for _, s := range list {
			row.Lines = append(row.Lines, s.Value+" – "+strings.Join(p.names(ctx, s.Owners), ", "))
		}
	}
	for _, x := range said {
		row.Lines = append(row.Lines, x.quoted())
	}
	return row
}

// Said is what the person says of a fact that an agency holds: About is the part of the page ("names", "born", "sex", "numbers", "addresses"), or
// another that stands elsewhere.
type Said struct{ Owner, About, Words string }

// longestBeside is how much of somebody's words stands beside a fact; all of it stands further down.
const longestBeside = 160

func (s Said) quoted() string {
	words := []rune(strings.Join(strings.Fields(s.Words), " "))
	if len(words) > longestBeside {
		words = append(words[:longestBeside], '…')
	}
	return "They say: “" + string(words) + "”"
}

func beside(all []Said, about string) []Said {
	var out []Said
	for _, s := range all {
		if s.About == about {
			out = append(out, s)
		}
	}
	return out
}

func (p *Pages) stated(ctx context.Context, caption, first, second string, list []person.Stated, said []Said) *web.Table {
	t := &web.Table{Caption: caption, Columns: []web.Column{{Label: first}, {Label: second}, {Label: "Said by"}}, Empty: "None in the records open to you."}
	for _, s := range list {
		from := strings.Join(s.Refs[:min(len(s.Refs), 3)], ", ")
		if len(s.Refs) > 3 {
			from += fmt.Sprintf(" and %d more", len(s.Refs)-3)
		}
		var words []string
		for _, x := range said {
			if slices.Contains(s.Owners, x.Owner) && !slices.Contains(words, x.quoted()) {
				words = append(words, x.quoted())
			}
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: s.Value, Sub: strings.Join(words, " ")}, {Text: s.Detail}, {Text: strings.Join(p.names(ctx, s.Owners), ", "), Sub: from}}})
	}
	return t
}

// form reads a form and does what it asks, or shows its page.
func (p *Pages) act(w http.ResponseWriter, r *http.Request, f *web.Form, show func(status int) error, said string, do func(tx *database.Tx) (string, error)) error {
	if r.Method == http.MethodGet {
		return show(http.StatusOK)
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	if !f.Valid() {
		return show(http.StatusUnprocessableEntity)
	}
	return p.Site.Act(w, r, said, do)
}

// proved has whoever puts people together or apart prove first that it is they.
func (p *Pages) proved(h web.Handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := p.Site.Recent(r); err != nil {
			return err
		}
		return h(w, r)
	}
}
