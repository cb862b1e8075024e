package workweb

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/web"
	"lantern.example/lantern/internal/work"
)

// row is one thing on a list of work.
type row struct {
	Kind, Title, Note, Href string // Kind is empty for an action: that is what the page is about
	Due                     string // the date in words
	Tag                     *web.Tag
}

type section struct {
	ID, Title string
	Rows      []row
}

type count struct {
	Number  int
	Words   string
	Href    string
	Overdue bool
}

type mineView struct {
	web.Page
	Counts   []count
	Sections []section
	Failed   []string // rooms that could not be asked
}

var minePage = web.NewTemplate[mineView](files, "work.html")

// mine is My work: what is overdue, due in a week, later and done lately, whatever room it comes from.
func (p *Pages) mine(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, q := r.Context(), web.ScopeOf(r), p.Site.DB.Reader()
	open, closed, err := p.Work.Mine(ctx, q, scope)
	if err != nil {
		return err
	}
	day := clock.Today(p.Site.Clock)
	var items []work.Item
	for _, a := range open {
		items = append(items, item(a))
	}
	v := &mineView{}
	for _, s := range p.Sources {
		more, err := s.Work(ctx, q, scope, day)
		if err != nil {
			p.Site.Log.Error("a room could not be asked for work", "error", err.Error())
			words, ok := fault.Words(err)
			if !ok {
				words = "One room could not say what is waiting for you in it. Everything else is here."
			}
			v.Failed = append(v.Failed, words)
			continue
		}
		items = append(items, more...)
	}
	v.Title = "My work"
	v.fill(items, closed, day)
	if err := p.consultedItems(r, items, closed); err != nil {
		return err
	}
	return web.Render(p.Site, w, r, minePage, v)
}

func (p *Pages) consultedItems(r *http.Request, items []work.Item, closed []work.Action) error {
	rows := slices.Clone(closed)
	for _, i := range items {
		if i.Personal {
			a := work.Action{}
			a.Owner, a.Class = i.Owner, string(access.Identity)
			rows = append(rows, a)
		}
	}
	return p.consulted(r, "my-work", web.ScopeOf(r).Account, rows)
}

func item(a work.Action) work.Item {
	return work.Item{ID: a.ID, Kind: actionKind, Title: a.Title, Note: a.Why, Due: a.DueOn, Href: "/actions/" + a.ID, Personal: access.Class(a.Class).Personal(), Owner: a.Owner}
}

func kindOf(i work.Item) string {
	if i.Kind == actionKind {
		return ""
	}
	return i.Kind
}

const actionKind = "Action"

const noteLength = 160

func shorten(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > noteLength {
		s = strings.TrimRight(string(r[:noteLength-1]), " ,.;:") + "…"
	}
	return s
}

// fill sorts the items into sections and says what they come to.
func (v *mineView) fill(items []work.Item, closed []work.Action, day time.Time) {
	slices.SortStableFunc(items, func(a, b work.Item) int {
		switch {
		case (a.Due == "") != (b.Due == ""):
			if a.Due == "" {
				return 1
			}
			return -1
		default:
			return strings.Compare(a.Due, b.Due)
		}
	})
	var overdue, week, later, undated, done []row
	longest := 0
	for _, i := range items {
		x := row{Kind: kindOf(i), Title: i.Title, Note: shorten(i.Note), Href: i.Href, Due: web.ShowDate(i.Due)}
		n := work.DaysUntil(i.Due, day)
		switch {
		case i.Due == "":
			undated = append(undated, x)
		case n < 0:
			x.Tag = &web.Tag{Text: work.DueWords(i.Due, day), Colour: "red"}
			overdue, longest = append(overdue, x), max(longest, -n)
		case n <= 7:
			x.Tag = &web.Tag{Text: work.DueWords(i.Due, day), Colour: "yellow"}
			week = append(week, x)
		default:
			later = append(later, x)
		}
	}
	for _, a := range closed {
		x := row{Title: a.Title, Note: shorten(a.Outcome), Href: "/actions/" + a.ID, Tag: stateTag(a, day)}
		if a.ClosedAt != nil {
			x.Due = web.ShowDate(clock.FromMicros(*a.ClosedAt).In(clock.London()))
		}
		done = append(done, x)
	}
	for _, s := range []section{{"overdue", "Overdue", overdue}, {"week", "Due in the next seven days", week}, {"later", "Later", later}, {"undated", "No date", undated}, {"done", "Closed in the last fortnight", done}} {
		if len(s.Rows) > 0 {
			v.Sections = append(v.Sections, s)
		}
	}
	v.Counts = []count{{len(overdue), "overdue", "#overdue", len(overdue) > 0}, {len(week), "due in seven days", "#week", false}, {len(later) + len(undated), "later", "#later", false}, {len(done), "closed in a fortnight", "#done", false}}
	for i := range v.Counts {
		if v.Counts[i].Number == 0 {
			v.Counts[i].Href = ""
		}
	}
	if len(later) == 0 && len(undated) > 0 {
		v.Counts[2].Href = "#undated"
	}
	all := len(items)
	switch {
	case all == 0:
		v.Lead = "Nothing is waiting for you."
	case len(overdue) > 0:
		v.Lead = fmt.Sprintf("%d of the %s you have to do %s overdue, %s by %s.", len(overdue), plural(all, "thing", "things"), isAre(len(overdue)), ifOne(len(overdue), "", "the longest"), plural(longest, "day", "days"))
		v.Lead = strings.Replace(v.Lead, ",  by", ", by", 1)
	case len(week) > 0:
		v.Lead = fmt.Sprintf("Nothing is overdue; %d of the %s you have to do %s due in the next seven days.", len(week), plural(all, "thing", "things"), isAre(len(week)))
	default:
		v.Lead = fmt.Sprintf("Nothing is overdue or due in the next seven days; %s later.", plural(all, "thing comes", "things come"))
	}
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return web.ShowNumber(n) + " " + many
}

func isAre(n int) string { return ifOne(n, "is", "are") }

func ifOne(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// stateTag is an action's state as a word in a box; an open one that is late says by how much.
func stateTag(a work.Action, day time.Time) *web.Tag {
	switch {
	case a.State == work.Done:
		return &web.Tag{Text: "Done", Colour: "green"}
	case a.State == work.Dropped:
		return &web.Tag{Text: "Dropped", Colour: "grey"}
	case a.Overdue(day) > 0:
		return &web.Tag{Text: work.DueWords(a.DueOn, day), Colour: "red"}
	case work.DaysUntil(a.DueOn, day) <= 7:
		return &web.Tag{Text: work.DueWords(a.DueOn, day), Colour: "yellow"}
	}
	return &web.Tag{Text: "Open", Colour: "blue"}
}
