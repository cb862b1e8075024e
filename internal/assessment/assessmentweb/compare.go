package assessmentweb

import (
	"fmt"
	"net/http"
	"time"

	"lantern.example/lantern/internal/assessment"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/web"
)

type compareView struct {
	web.Page
	Table *web.Table
	Wait  string
}

var comparePage = web.NewTemplate[compareView](files, "compare.html")

// revisit is how many months after an assessment it is done again.
const revisit = 6

func (p *Pages) compare(w http.ResponseWriter, r *http.Request) error {
	themes, err := assessment.ThemesIn(r.Context(), p.Site.DB.Reader(), p.Partnership)
	if err != nil {
		return err
	}
	c, err := p.Statements.Compare(r.Context(), p.Site.DB.Reader(), web.ScopeOf(r), themes)
	if err != nil {
		return err
	}
	v := &compareView{}
	v.Title, v.Crumbs, v.Wide = "Beside the last assessment", []web.Link{crumb}, true
	if c.Rounds < 2 {
		v.Lead = "There is no second assessment yet, so nothing can be set beside anything."
		v.Wait = "Once somebody has been asked, a second assessment half a year later can be compared with the first."
		if first, err := time.Parse(clock.ISODate, c.NowFrom); err == nil {
			v.Wait = fmt.Sprintf("The interviews of %s are the first. Ask the same groups the same questions around %s; interviews more than %d days after the last one count as a new assessment, and this page compares the two.",
				first.Format("January 2006"), first.AddDate(0, revisit, 0).Format("January 2006"), assessment.RoundGap)
		}
		return web.Render(p.Site, w, r, comparePage, v)
	}
	v.Lead = compareLead(c)
	v.Table = compareTable(c)
	return web.Render(p.Site, w, r, comparePage, v)
}

func compareLead(c assessment.Comparison) string {
	fresh, gone := 0, 0
	for _, row := range c.Rows {
		switch {
		case row.Before.Agencies == 0:
			fresh++
		case row.Now.Agencies == 0:
			gone++
		}
	}
	return fmt.Sprintf("%s of since the assessment of %s, and %s no longer; %s in both.", upper(plural(fresh, "theme is newly spoken", "themes are newly spoken")), monthOf(c.BeforeFrom), plural(gone, "is", "are"),
		plural(len(c.Rows)-fresh-gone, "is", "are"))
}

func monthOf(day string) string {
	d, err := time.Parse(clock.ISODate, day)
	if err != nil {
		return day
	}
	return d.Format("January 2006")
}

func compareTable(c assessment.Comparison) *web.Table {
	t := &web.Table{ID: "compare", Caption: "What two agencies or more spoke of, then and now", Empty: "No theme was spoken of by two agencies in either.",
		Columns: []web.Column{{Label: "Theme"}, {Label: "Interviews, " + monthOf(c.BeforeFrom)}, {Label: "Interviews, " + monthOf(c.NowFrom)}, {Label: "Agencies, then and now"}, {Label: "Voices, then and now"}},
		Base: fmt.Sprintf("%s, then %s. Those heard were chosen, not drawn, and differ from one time to the next: more said is not more happening, and no change is tested. A theme of fewer than two agencies is not counted.",
			heardIn(c.Before), heardIn(c.Now))}
	for _, row := range c.Rows {
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: row.Theme, Href: ThemePath(row.Code)}, inRound(row.Before, c.Before), inRound(row.Now, c.Now),
			{Text: fmt.Sprintf("%s, then %s", few(row.Before.Agencies), few(row.Now.Agencies))}, {Text: fmt.Sprintf("%s, then %s", few(row.Before.Voices), few(row.Now.Voices))}}})
	}
	return t
}

func heardIn(r assessment.Result) string {
	return plural(r.Interviews, "interview", "interviews") + " of " + plural(r.Agencies, "agency", "agencies")
}

func inRound(s assessment.Said, r assessment.Result) web.Cell {
	if s.Agencies == 0 {
		return web.Cell{Text: "fewer than 2 agencies", Unnumbered: true}
	}
	return web.Cell{Text: fmt.Sprintf("%d of %d", s.Interviews, r.Interviews)}
}

func few(n int) string {
	if n == 0 {
		return fewer
	}
	return web.ShowNumber(n)
}
