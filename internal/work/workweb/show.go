package workweb

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/web"
	"lantern.example/lantern/internal/work"
)

type showView struct {
	web.Page
	Summary   []web.SummaryRow
	History   []web.TimelineItem
	Path      string
	MayChange bool
	IsOpen    bool
	Why       []web.Link
	Ask       string // where its owner is asked how it stands, "" when it is closed
}

var showPage = web.NewTemplate[showView](files, "action.html")

// show is one action with all it ever was.
func (p *Pages) show(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, q := r.Context(), web.ScopeOf(r), p.Site.DB.Reader()
	a, err := p.Work.Get(ctx, q, scope, r.PathValue("id"))
	if err != nil {
		return err
	}
	history, err := p.Work.History(ctx, q, scope, a.ID)
	if err != nil {
		return err
	}
	n, err := p.names(ctx)
	if err != nil {
		return err
	}
	v := &showView{Path: "/actions/" + a.ID, MayChange: work.MayChange(scope, a), IsOpen: a.State == work.Open, History: timeline(history)}
	v.Title, v.Crumbs = a.Title, []web.Link{{Text: "Actions", Href: "/actions"}}
	v.Lead = sentence(a, n, p)
	v.Summary = p.summary(a, n)
	v.Why = p.Site.Whys(ctx, scope, []access.Record{access.Of(a.Fact)})
	if p.Boards != nil {
		asked, err := p.Boards.Chases(ctx, q, a.ID)
		if err != nil {
			return err
		}
		if len(asked) > 0 {
			v.Summary = append(v.Summary, web.SummaryRow{Key: "Asked after", Value: fmt.Sprintf("%s, last by %s on %s", plural(len(asked), "time", "times"), asked[0].ByName, web.ShowDate(clock.FromMicros(asked[0].At).In(clock.London())))})
		}
		if v.IsOpen {
			v.Ask = v.Path + "/chase"
		}
	}
	if err := p.consulted(r, "action", a.ID, []work.Action{a}); err != nil {
		return err
	}
	return web.Render(p.Site, w, r, showPage, v)
}

func sentence(a work.Action, n names, p *Pages) string {
	who := a.AssigneeName + " of " + n.agency(a.AssigneeAgency)
	day := clock.Today(p.Site.Clock)
	closed := ""
	if a.ClosedAt != nil {
		closed = web.ShowDate(clock.FromMicros(*a.ClosedAt).In(clock.London()))
	}
	switch {
	case a.State == work.Done:
		return "Done on " + closed + ", with " + who + " as its owner."
	case a.State == work.Dropped:
		return "Dropped on " + closed + ": it will not be done."
	case a.Overdue(day) > 0:
		return fmt.Sprintf("%s: %s had until %s.", work.DueWords(a.DueOn, day), who, web.ShowDate(a.DueOn))
	}
	words := work.DueWords(a.DueOn, day)
	return fmt.Sprintf("%s has until %s: %s.", who, web.ShowDate(a.DueOn), strings.ToLower(words[:1])+words[1:])
}

func (p *Pages) summary(a work.Action, n names) []web.SummaryRow {
	rows := []web.SummaryRow{{Key: "State", Tag: stateTag(a, clock.Today(p.Site.Clock))}, {Key: "Why", Value: a.Why}, {Key: "Owner", Value: a.AssigneeName + ", " + n.agency(a.AssigneeAgency)}, {Key: "Due", Value: web.ShowDate(a.DueOn)}}
	if a.Outcome != "" {
		rows = append(rows, web.SummaryRow{Key: "What came of it", Value: a.Outcome})
	}
	for _, x := range []struct {
		key string
		ref work.Ref
	}{{"Came from", a.Source}, {"About", a.Subject}} {
		if x.ref.Kind == "" {
			continue
		}
		name, href := p.room(x.ref)
		if href == "" && len(x.ref.ID) < 36 {
			name += " " + x.ref.ID
		}
		rows = append(rows, web.SummaryRow{Key: x.key, Value: name, Href: href})
	}
	read := "Every member of the partnership"
	if access.Class(a.Class).Personal() {
		read = n.agency(a.Owner) + ", and agencies that a live agreement lets read its " + ClassNames[access.Class(a.Class)] + " records"
	}
	set := a.Owner
	if set == "" {
		set = "Lantern"
	}
	return append(rows, web.SummaryRow{Key: "Set by", Value: n.agency(set)}, web.SummaryRow{Key: "Read by", Value: read}, web.SummaryRow{Key: "Kept", Value: "Looked at again on " + web.ShowDate(a.ReviewOn)})
}

var whatWords = map[work.What]string{work.Added: "Added", work.Edited: "Changed", work.Reassigned: "Given to somebody else", work.Completed: "Done", work.LetGo: "Dropped", work.Reopened: "Opened again"}

// timeline says what each version changed over the one before it. History is newest first.
func timeline(history []work.Change) []web.TimelineItem {
	var out []web.TimelineItem
	for i, c := range history {
		at := clock.FromMicros(c.At).In(clock.London())
		t := web.TimelineItem{Title: whatWords[c.What], When: web.ShowDate(at), By: at.Format("15:04")}
		if c.ByName != "" {
			t.By += ", " + c.ByName
		}
		var words []string
		if i+1 < len(history) {
			words = differences(history[i+1], c)
		} else {
			words = []string{fmt.Sprintf("Owner: %s. Due %s.", c.AssigneeName, web.ShowDate(c.DueOn))}
		}
		if c.Reason != "" {
			words = append(words, "Reason: "+c.Reason)
		}
		t.Text = strings.Join(words, " ")
		out = append(out, t)
	}
	return out
}

func differences(from, to work.Change) []string {
	var out []string
	if from.Title != to.Title {
		out = append(out, fmt.Sprintf("It was “%s”.", from.Title))
	}
	if from.Why != to.Why {
		out = append(out, fmt.Sprintf("The reason for it was “%s”.", from.Why))
	}
	if from.Assignee != to.Assignee {
		out = append(out, fmt.Sprintf("From %s to %s.", from.AssigneeName, to.AssigneeName))
	}
	if from.DueOn != to.DueOn {
		out = append(out, fmt.Sprintf("Due %s instead of %s.", web.ShowDate(to.DueOn), web.ShowDate(from.DueOn)))
	}
	return out
}

type panelView struct {
	Title, Words string
	Table        *web.Table
	AddHref      string
}

var panelPart = web.NewFragment[panelView](files, "panel.html")

// Panel is the actions on a subject, for a page of another room to show: what is open first, with a way to
// add one. The page's own audit line covers it; personal tells whether any row is about a person.
func (p *Pages) Panel(ctx context.Context, scope access.Scope, subject work.Ref) (f web.Fragment, personal bool, err error) {
	rows, err := p.Work.About(ctx, p.Site.DB.Reader(), scope, subject)
	if err != nil {
		return web.Fragment{}, false, err
	}
	n, err := p.names(ctx)
	if err != nil {
		return web.Fragment{}, false, err
	}
	open, late := 0, 0
	for _, a := range rows {
		if a.State == work.Open {
			open++
		}
		if a.Overdue(clock.Today(p.Site.Clock)) > 0 {
			late++
		}
	}
	v := panelView{Title: "Actions", Table: p.table(rows, n, "Actions", "No action has been set."), AddHref: "/actions/new?" + url.Values{"subject": {subject.Kind}, "subject_id": {subject.ID}}.Encode()}
	switch {
	case len(rows) == 0:
		v.Words = ""
	case late > 0:
		v.Words = fmt.Sprintf("%d of %s %s overdue.", late, plural(open, "open action", "open actions"), isAre(late))
	default:
		v.Words = fmt.Sprintf("%s open, none overdue.", plural(open, "action is", "actions are"))
	}
	_, personal = read("", "", rows)
	f, err = web.RenderFragment(p.Site, web.English, panelPart, v)
	return f, personal, err
}
