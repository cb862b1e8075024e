package workweb

import (
	"fmt"
	"net/http"
	"slices"

	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/web"
	"lantern.example/lantern/internal/work"
)

type listView struct {
	web.Page
	Filter *web.Filter
	Table  *web.Table
}

var listPage = web.NewTemplate[listView](files, "list.html")

// list is the register of every action the reader may read.
func (p *Pages) list(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, q := r.Context(), web.ScopeOf(r), p.Site.DB.Reader()
	l := web.ReadList(r, work.SortKeys, "due", false, "state", "owner", "agency")
	day := clock.Today(p.Site.Clock)
	query := work.Query{Assignee: l.Filters["owner"], Agency: l.Filters["agency"], Sort: l.Sort, Desc: l.Desc, Limit: l.Size, Offset: l.Offset()}
	switch l.Filters["state"] {
	case "":
		query.State = work.Open
	case "overdue":
		query.OverdueOn = today(p.Site)
	case "done", "dropped":
		query.State = work.State(l.Filters["state"])
	}
	rows, total, err := p.Work.List(ctx, q, scope, query)
	if err != nil {
		return err
	}
	counts, err := p.Work.Counts(ctx, q, scope, query, day)
	if err != nil {
		return err
	}
	n, err := p.names(ctx)
	if err != nil {
		return err
	}
	people, err := p.people(ctx, n)
	if err != nil {
		return err
	}
	var agencies []web.Option
	for code, name := range n {
		agencies = append(agencies, web.Option{Value: code, Label: name})
	}
	slices.SortFunc(agencies, func(a, b web.Option) int {
		if a.Label < b.Label {
			return -1
		}
		return 1
	})
	v := &listView{Filter: l.NewFilter(
		&web.Field{Name: "state", Label: "State", Kind: web.Select, Options: []web.Option{{Value: "", Label: "Open"}, {Value: "overdue", Label: "Overdue"}, {Value: "done", Label: "Done"}, {Value: "dropped", Label: "Dropped"}, {Value: "all", Label: "All"}}},
		&web.Field{Name: "owner", Label: "Owner", Kind: web.Select, Options: append([]web.Option{{Value: "", Label: "Everybody"}}, people...)},
		&web.Field{Name: "agency", Label: "Owner's agency", Kind: web.Select, Options: append([]web.Option{{Value: "", Label: "Every agency"}}, agencies...)},
	)}
	v.Title, v.Wide = "Actions", true
	v.Lead = listLead(counts, query.Assignee != "" || query.Agency != "")
	v.Table = p.table(rows, n, "Actions", "No action is like that.")
	v.Table.ID = "actions"
	v.Table.Pages = l.Paged(total)
	v.Table.Sortable(l)
	if v.Table.Pages == nil && total > 0 {
		v.Table.Base = fmt.Sprintf("%s of %s that you may read.", plural(total, "action", "actions"), web.ShowNumber(counts.Open+counts.Done+counts.Dropped))
	}
	if err := p.consulted(r, "action-list", "", rows); err != nil {
		return err
	}
	return web.Render(p.Site, w, r, listPage, v)
}

func listLead(c work.Counts, narrowed bool) string {
	of := "in the partnership"
	if narrowed {
		of = "of these"
	}
	switch {
	case c.Open+c.Done+c.Dropped == 0:
		return "There is no action yet " + of + "."
	case c.Open == 0:
		return "No action " + of + " is open; " + plural(c.Done, "is", "are") + " done and " + web.ShowNumber(c.Dropped) + " dropped."
	case c.Overdue > 0:
		return fmt.Sprintf("%d of %s %s overdue; %s due in the next seven days.", c.Overdue, plural(c.Open, "open action", "open actions"), isAre(c.Overdue), plural(c.DueInWeek, "is", "are"))
	case c.DueInWeek > 0:
		return fmt.Sprintf("None of %s is overdue; %s due in the next seven days.", plural(c.Open, "open action", "open actions"), plural(c.DueInWeek, "is", "are"))
	}
	return fmt.Sprintf("None of %s is overdue or due in the next seven days.", plural(c.Open, "open action", "open actions"))
}

// table is a table of actions.
func (p *Pages) table(rows []work.Action, n names, caption, empty string) *web.Table {
	day := clock.Today(p.Site.Clock)
	t := &web.Table{Caption: caption, Empty: empty, Columns: []web.Column{
		{Key: "title", Label: "What is to be done"}, {Key: "owner", Label: "Owner"}, {Key: "agency", Label: "Agency"}, {Key: "due", Label: "Due"}, {Key: "state", Label: "State"},
	}}
	for _, a := range rows {
		from, _ := p.room(a.Source)
		sub := ""
		if from != "" {
			sub = "From: " + from
			if a.Source.ID != "" && len(a.Source.ID) < 36 {
				sub += " " + a.Source.ID
			}
		}
		t.Rows = append(t.Rows, web.Row{ID: "action-" + a.ID, Cells: []web.Cell{
			{Text: a.Title, Href: "/actions/" + a.ID, Sub: sub}, {Text: a.AssigneeName}, {Text: n.agency(a.AssigneeAgency)},
			{Text: web.ShowDate(a.DueOn)}, {Tag: stateTag(a, day)},
		}})
	}
	return t
}
