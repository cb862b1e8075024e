package sharingweb

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/account/accountweb"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/partnership"
	"lantern.example/lantern/internal/sharing"
	"lantern.example/lantern/internal/web"
)

// Looked is the page on which an agency sees who opened its records, what for, and what left.
type Looked struct {
	Site        *web.Site
	Accounts    *account.Store
	Partnership *partnership.Store
	Pointers    *sharing.Pointers
	// Href is where a record named in the log opens for this reader; "" when it does not open for them.
	Href func(ctx context.Context, s access.Scope, kind, id string) string
}

// Mount registers the page.
func (p *Looked) Mount(rt *web.Router) { rt.Get("/governance/looked", keepers, p.looked) }

type lookedView struct {
	web.Page
	Readers *web.Table
	Lines   *web.Table
	Left    *web.Table
	Asked   *web.Table
}

var lookedPage = web.NewTemplate[lookedView](files, "looked.html")

// shownLines is how many lines of the log stand on a page.
const shownLines = 50

func (p *Looked) looked(w http.ResponseWriter, r *http.Request) error {
	ctx, s, q := r.Context(), web.ScopeOf(r), p.Site.DB.Reader()
	who, err := people(ctx, q, p.Accounts)
	if err != nil {
		return err
	}
	names, err := p.Partnership.AgencyNames(ctx, q)
	if err != nil {
		return err
	}
	readings, err := audit.Readings(ctx, q, s, clock.Micros(p.Site.Clock.Now()))
	if err != nil {
		return err
	}
	l := web.ReadList(r, nil, "", false)
	l.Size = shownLines
	lines, total, err := audit.Find(ctx, q, s, audit.Query{Owner: s.Agency, Acts: []audit.Act{audit.Consultation, audit.Combination, audit.Disclosure}, Limit: l.Size, Offset: l.Offset()})
	if err != nil {
		return err
	}
	left, sent, err := audit.Find(ctx, q, s, audit.Query{Acts: []audit.Act{audit.Disclosure}, Limit: shownLines})
	if err != nil {
		return err
	}
	v := &lookedView{}
	v.Title, v.Crumbs, v.Wide = "Who looked at our records", []web.Link{governance}, true
	v.Lead = lookedLead(names[s.Agency], s.Agency, readings, sent)
	v.Readers = readersTable(readings, who, names)
	v.Lines = p.lines(ctx, s, lines, who, names)
	v.Lines.Caption, v.Lines.Empty, v.Lines.Pages = "Every look, newest first", "Nobody has opened a record of your agency.", l.Paged(total)
	v.Lines.Base = "A line is written before a page is shown. It names records by number and holds no name of anybody in them."
	v.Left = p.lines(ctx, s, left, who, names)
	v.Left.Caption, v.Left.Empty = "What left Lantern", "Nothing has left: no file, paper or copy of your agency's records was downloaded, by anybody, and your members downloaded nothing."
	if sent > len(left) {
		v.Left.Base = fmt.Sprintf("The newest %d of %s.", len(left), web.ShowNumber(sent))
	}
	if v.Asked, err = p.asked(ctx, s, who); err != nil {
		return err
	}
	return web.Show(p.Site, w, r, lookedPage, v, web.Read{Kind: "audit", Subject: s.Agency, Words: fmt.Sprintf("who looked: %d lines of %d, %d accounts, %d disclosures", len(lines), total, len(readings), len(left))})
}

// asked is what our own people asked of who else knows somebody, and why.
func (p *Looked) asked(ctx context.Context, s access.Scope, who map[string]account.Account) (*web.Table, error) {
	own, all, err := p.Pointers.Questions(ctx, p.Site.DB.Reader(), s, audit.ReadingDays)
	t := &web.Table{ID: "asked", Caption: fmt.Sprintf("Our people asked who else knows somebody, in %d days", audit.ReadingDays), Empty: fmt.Sprintf("Nobody of your agency asked who else knows somebody in %d days.", audit.ReadingDays),
		Base:    "The whole partnership asked " + times(all) + ". Reasons are read by the asker’s own agency alone.",
		Columns: []web.Column{{Label: "When"}, {Label: "Who"}, {Label: "Why"}, {Label: "Agencies named", Numeric: true}}}
	for _, x := range own {
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: when(x.At)}, whoCell(x.Account, who), {Text: x.Why, Sub: "person " + short(x.Person)}, {Text: web.ShowNumber(x.Named)}}})
	}
	return t, err
}

func lookedLead(name, own string, readings []audit.Reading, sent int) string {
	others, pages, unusual := 0, 0, 0
	for _, r := range readings {
		if r.Agency != own {
			others++
		}
		pages += r.Total
		if odd, _ := r.Unusual(); odd {
			unusual++
		}
	}
	if len(readings) == 0 {
		return fmt.Sprintf("Nobody opened a record of %s in the last %d days.", name, audit.ReadingDays)
	}
	words := fmt.Sprintf("In the last %d days %s opened records of %s on %s, %s from other agencies", audit.ReadingDays, plural(len(readings), "person", "people"), name, plural(pages, "page", "pages"), numeral(others))
	switch unusual {
	case 0:
		words += "; nobody read unusually much"
	case 1:
		words += "; 1 read unusually much for them: ask why"
	default:
		words += fmt.Sprintf("; %d read unusually much for them: ask why", unusual)
	}
	if sent == 0 {
		return words + ". Nothing left."
	}
	return words + ". " + plural(sent, "file or paper", "files or papers") + " left."
}

func numeral(n int) string {
	if n == 0 {
		return "none"
	}
	return web.ShowNumber(n)
}

func readersTable(readings []audit.Reading, who map[string]account.Account, names map[string]string) *web.Table {
	t := &web.Table{Caption: fmt.Sprintf("How much each has read of ours in %d days", audit.ReadingDays), Empty: "Nobody has.",
		Base:    fmt.Sprintf("Pages that showed a record of ours. Unusual is a day of the last %d on which somebody opened more than %d times as many as on their own ordinary day, the median of the days before; with fewer than %d such days nothing is said. It is a question, not a finding.", audit.RecentDays, audit.UnusualTimes, audit.EnoughDays),
		Columns: []web.Column{{Label: "Who"}, {Label: "Agency"}, {Label: "Pages", Numeric: true}, {Label: "Busiest day of the last week"}, {Label: "Ordinary day"}}}
	for _, r := range readings {
		busiest, usual := web.Cell{Text: "None in the last week"}, web.Cell{Text: "Too few days to say"}
		if r.Most > 0 {
			busiest = web.Cell{Text: plural(r.Most, "page", "pages"), Sub: web.ShowDate(r.Busiest)}
		}
		if odd, known := r.Unusual(); known {
			usual.Text = fmt.Sprintf("%g pages", r.Median)
			if odd {
				busiest.Tag = &web.Tag{Text: "Unusual for them", Colour: "red"}
			}
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{whoCell(r.Account, who), {Text: agencyName(r.Agency, names)}, {Text: web.ShowNumber(r.Total)}, busiest, usual}})
	}
	return t
}

func whoCell(id string, who map[string]account.Account) web.Cell {
	if a, ok := who[id]; ok {
		return web.Cell{Text: a.Name, Sub: accountweb.RoleNames[a.Role]}
	}
	return web.Cell{Text: "Lantern itself", Sub: strings.TrimPrefix(id, "system:")}
}

func agencyName(code string, names map[string]string) string {
	if n := names[code]; n != "" {
		return n
	}
	if code == "" {
		return "None"
	}
	return code
}

var actWords = map[audit.Act]string{audit.Consultation: "Looked", audit.Combination: "Joined or parted records", audit.Disclosure: "Took out", audit.Alteration: "Changed", audit.Collection: "Added", audit.Erasure: "Erased", audit.Refusal: "Was refused", audit.SignIn: "Signed in", audit.Upkeep: "Upkeep"}

func (p *Looked) lines(ctx context.Context, s access.Scope, entries []audit.Entry, who map[string]account.Account, names map[string]string) *web.Table {
	t := &web.Table{Columns: []web.Column{{Label: "When"}, {Label: "Who"}, {Label: "What"}, {Label: "What for"}, {Label: "Which"}}}
	for _, e := range entries {
		which := web.Cell{Text: "A list", Sub: wordsFor(s, e)}
		if e.Subject != "" {
			which.Text = e.SubjectKind + " " + short(e.Subject)
			which.Href = p.Href(ctx, s, e.SubjectKind, e.Subject)
		}
		by := whoCell(e.Account, who)
		by.Sub = strings.Trim(by.Sub+", "+agencyName(e.Agency, names), ", ")
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: web.ShowDate(e.At)}, by, {Text: actWords[e.Act]}, {Text: capital(accountweb.PurposeNames[access.Purpose(e.Purpose)]), Sub: basisFor(s, e)}, which}})
	}
	return t
}

// basisFor is on what a look rested, for this reader. Another agency's disclosures without an agreement are named to those who gave or got them
// alone, so that their codes stand in no other agency's log.
func basisFor(s access.Scope, e audit.Entry) string {
	if e.Agency == s.Agency {
		return e.Basis
	}
	var out []string
	for _, x := range strings.Split(e.Basis, ", ") {
		if !strings.HasPrefix(x, "OD-") {
			out = append(out, x)
		}
	}
	return strings.Join(out, ", ")
}

// wordsFor is what a line says of an act, for this reader. Another agency's look may have shown a third's records too: how many and which
// parts would tell that there are some, so of such a look only its kind is said.
func wordsFor(s access.Scope, e audit.Entry) string {
	if e.Agency == s.Agency || e.Act == audit.Disclosure {
		return e.Words
	}
	kind, _, _ := strings.Cut(e.Words, ":")
	if kind == "search" || kind == "list" {
		return kind
	}
	return ""
}

// short is enough of an id to tell two apart on a page.
func short(id string) string {
	if len(id) == 36 {
		return "…" + id[24:]
	}
	return id
}
