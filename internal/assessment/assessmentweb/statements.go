package assessmentweb

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"lantern.example/lantern/internal/assessment"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/intake/profile"
	"lantern.example/lantern/internal/web"
)

type listView struct {
	web.Page
	Filter *web.Filter
	Table  *web.Table
	Empty  bool
}

var listPage = web.NewTemplate[listView](files, "statements.html")

var sortKeys = []string{"theme", "day", "agency", "basis", "confidence", "reported"}

// uncoded is the filter for statements that have no theme yet.
const uncoded = "none"

func (p *Pages) list(w http.ResponseWriter, r *http.Request) error {
	x, err := p.whole(r)
	if err != nil {
		return err
	}
	l := web.ReadList(r, sortKeys, "theme", false, "theme", "agency", "interview")
	visible, hidden := x.visible()
	rows := slices.DeleteFunc(slices.Clone(visible), func(m assessment.Masked) bool { return !matches(m, l) })
	slices.SortFunc(rows, func(a, b assessment.Masked) int {
		n := compare(l.Sort, a, b)
		if l.Desc {
			n = -n
		}
		return cmp.Or(n, cmp.Compare(a.Words, b.Words), cmp.Compare(a.ID, b.ID))
	})
	v := &listView{Filter: l.NewFilter(filterFields(x, visible)...), Empty: len(x.all) == 0}
	v.Title, v.Crumbs, v.Wide = "Statements", []web.Link{crumb}, true
	v.Lead = listLead(rows, len(x.all))
	v.Table = statementTable(x, rows, l)
	v.Table.Pages = l.Paged(len(rows))
	v.Table.Sortable(l)
	v.Table.Base = plural(len(rows), "statement", "statements") + " of " + web.ShowNumber(len(x.all)) + ". The agency is told only where two of its voices spoke of each theme, and roles never."
	if hidden > 0 {
		v.Table.Base += " " + plural(hidden, "statement on a theme that one agency alone spoke of is", "statements on themes that one agency alone spoke of are") + " counted, not shown."
	}
	return web.Render(p.Site, w, r, listPage, v)
}

func matches(m assessment.Masked, l web.List) bool {
	switch theme := l.Filters["theme"]; {
	case theme == uncoded && len(m.Themes) > 0:
		return false
	case theme != "" && theme != uncoded && !slices.Contains(m.Themes, theme):
		return false
	}
	if a := l.Filters["agency"]; a != "" && assessment.Fold(m.Agency) != assessment.Fold(a) {
		return false
	}
	if i := l.Filters["interview"]; i != "" && m.Interview != i {
		return false
	}
	return true
}

func firstTheme(m assessment.Masked) string {
	if len(m.Themes) == 0 {
		return ""
	}
	return slices.MinFunc(m.Themes, compareCodes)
}

// compareCodes puts T9 before T10.
func compareCodes(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) }

func compare(by string, a, b assessment.Masked) int {
	switch by {
	case "day":
		return cmp.Or(cmp.Compare(a.Day(), b.Day()), cmp.Compare(a.Interview, b.Interview))
	case "agency": // those not told come last
		return cmp.Or(rank([]bool{false, true}, a.OneVoice)-rank([]bool{false, true}, b.OneVoice), cmp.Compare(assessment.Fold(a.Agency), assessment.Fold(b.Agency)))
	case "basis":
		return cmp.Compare(basisRank(a.Basis), basisRank(b.Basis))
	case "confidence":
		return cmp.Compare(sureRank(a.Confidence), sureRank(b.Confidence))
	case "reported":
		order := []profile.Answer{profile.No, profile.Partly, profile.Yes}
		return cmp.Compare(rank(order, a.Reported), rank(order, b.Reported))
	}
	return compareCodes(firstTheme(a), firstTheme(b))
}

func filterFields(x whole, visible []assessment.Masked) []*web.Field {
	themes := []web.Option{{Value: "", Label: "Every theme"}}
	spoken := map[string]bool{}
	agencies := map[string]string{}
	interviews := map[string]string{}
	for _, m := range visible {
		for _, t := range m.Themes {
			spoken[t] = true
		}
		if len(m.Themes) == 0 {
			spoken[uncoded] = true
		}
		if m.Agency != "" {
			agencies[assessment.Fold(m.Agency)] = m.Agency
		}
		if m.Interview != "" {
			interviews[m.Interview] = interviewWords(m.Statement)
		}
	}
	codes := make([]string, 0, len(spoken))
	for c := range spoken {
		if c != uncoded {
			codes = append(codes, c)
		}
	}
	slices.SortFunc(codes, compareCodes)
	for _, c := range codes {
		t, _ := assessment.ThemeOf(x.themes, c)
		themes = append(themes, web.Option{Value: c, Label: upper(t.Name)})
	}
	if spoken[uncoded] {
		themes = append(themes, web.Option{Value: uncoded, Label: "Not coded yet"})
	}
	fields := []*web.Field{{Name: "theme", Label: "Theme", Kind: web.Select, Options: themes}}
	if len(agencies) > 0 {
		fields = append(fields, &web.Field{Name: "agency", Label: "Agency, where it is told", Kind: web.Select, Options: append([]web.Option{{Value: "", Label: "Every agency"}}, sorted(agencies)...)})
	}
	if len(interviews) > 0 {
		fields = append(fields, &web.Field{Name: "interview", Label: "Interview you hold", Kind: web.Select, Options: append([]web.Option{{Value: "", Label: "Every interview"}}, sorted(interviews)...)})
	}
	return fields
}

func sorted(labels map[string]string) []web.Option {
	var out []web.Option
	for v, l := range labels {
		out = append(out, web.Option{Value: v, Label: l})
	}
	slices.SortFunc(out, func(a, b web.Option) int {
		return cmp.Or(cmp.Compare(len(a.Value), len(b.Value)), cmp.Compare(a.Value, b.Value))
	})
	return out
}

// interviewWords says an interview as people do: its day and slot.
func interviewWords(s assessment.Statement) string {
	day := "Day not known"
	if s.True.Known() {
		day = s.True.String()
	}
	if slot := s.Slot(); slot != "" {
		return day + ", slot " + slot
	}
	return day
}

func listLead(rows []assessment.Masked, all int) string {
	if len(rows) == 0 {
		if all == 0 {
			return "Nobody has been asked yet."
		}
		return "No statement is like that."
	}
	silent, known := 0, 0
	for _, m := range rows {
		if m.Reported == profile.No {
			silent++
		}
		if m.Basis == profile.Seen || m.Basis == profile.Recorded {
			known++
		}
	}
	return fmt.Sprintf("%d of %s had been reported to nobody; %d rest on what somebody saw or recorded themselves.", silent, plural(len(rows), "statement", "statements"), known)
}

func statementTable(x whole, rows []assessment.Masked, l web.List) *web.Table {
	t := &web.Table{ID: "statements", Caption: "What was said", Empty: "No statement is like that.", Columns: []web.Column{
		{Label: "What was said"}, {Key: "theme", Label: "Theme"}, {Key: "agency", Label: "Said by"}, {Key: "basis", Label: "Basis"}, {Key: "confidence", Label: "How sure"}, {Key: "reported", Label: "Reported"}, {Key: "day", Label: "When"}}}
	page := rows[min(l.Offset(), len(rows)):min(l.Offset()+l.Size, len(rows))]
	for _, m := range page {
		codes := slices.Clone(m.Themes)
		slices.SortFunc(codes, compareCodes)
		var names []string
		for _, c := range codes {
			th, _ := assessment.ThemeOf(x.themes, c)
			names = append(names, upper(th.Name))
		}
		theme := web.Cell{Text: strings.Join(names, "; ")}
		if len(codes) == 1 {
			theme.Href = ThemePath(codes[0])
		} else if len(codes) == 0 {
			theme = web.Cell{Tag: &web.Tag{Text: "Not coded", Colour: "yellow"}}
		}
		who := web.Cell{Text: m.Agency}
		if m.OneVoice {
			who = web.Cell{Text: "One voice", Unnumbered: true}
		}
		var about []string
		for _, s := range []string{m.Place, m.TimeSpan} {
			if s != "" {
				about = append(about, s)
			}
		}
		day := "not known"
		if m.True.Known() {
			day = m.True.String()
		}
		when := web.Cell{Text: day}
		if m.Held {
			when = web.Cell{Text: day, Sub: "Slot " + cmp.Or(m.Slot(), "not given"), Href: Path + "/statements/" + url.PathEscape(m.ID), Hidden: "and who said it"}
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: m.Words, Sub: strings.Join(about, " · ")}, theme, who, {Tag: basisTag(m.Basis)}, {Text: upper(cmp.Or(sureWords[m.Confidence], "not given"))}, {Text: upper(strings.TrimPrefix(reportedWords(m.Statement), "reported or not: "))}, when}})
	}
	return t
}

type showView struct {
	web.Page
	ID      string
	Words   string
	Summary []web.SummaryRow
	History []web.TimelineItem
}

var showPage = web.NewTemplate[showView](files, "statement.html")

// held is a statement with all its versions, newest first, for the agency that holds it. For anybody else it does not
// exist: the page says who sat in which interview.
func (p *Pages) held(r *http.Request) ([]assessment.Statement, error) {
	scope := web.ScopeOf(r)
	versions, err := p.Statements.Versions(r.Context(), p.Site.DB.Reader(), scope, r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if versions[0].Owner != scope.Agency {
		return nil, fault.NoSuch()
	}
	return versions, nil
}

func (p *Pages) show(w http.ResponseWriter, r *http.Request) error {
	versions, err := p.held(r)
	if err != nil {
		return err
	}
	x, err := p.whole(r)
	if err != nil {
		return err
	}
	names, err := p.agencies(r.Context())
	if err != nil {
		return err
	}
	s := versions[0]
	v := &showView{ID: s.ID, Words: s.Words}
	v.Title, v.Crumbs = "Statement", []web.Link{crumb, {Text: "Statements", Href: Path + "/statements"}}
	v.Lead = fmt.Sprintf("%s, %s, %s.", s.Agency, lowerFirst(s.Role), lowerFirst(interviewWords(s)))
	v.Summary = summary(s, x.themes, nameOf(names, s.Owner))
	for i, old := range versions {
		item := web.TimelineItem{Title: "Written down", When: web.ShowDate(old.LearntAt), Superseded: i > 0, Text: old.Words, Source: old.SourceRef}
		if old.Ver > 1 {
			item.Title, item.Source = "Corrected", ""
		}
		if old.LoadID != "" && old.Ver == 1 {
			item.By = "Loaded by " + nameOf(names, old.Owner)
		} else if acc, err := p.Accounts.Get(r.Context(), p.Site.DB.Reader(), old.By); err == nil {
			item.By = "By " + acc.Name
		}
		if i+1 < len(versions) {
			item.Text = cmp.Or(strings.Join(changes(versions[i+1], old, x.themes), " "), "Nothing but the words was changed.")
			if old.Words != versions[i+1].Words {
				item.Text = "“" + old.Words + "” " + strings.TrimSuffix(item.Text, "Nothing but the words was changed.")
			}
		}
		v.History = append(v.History, item)
	}
	return web.Render(p.Site, w, r, showPage, v)
}

func themeNames(codes []string, themes []assessment.Theme) []string {
	var out []string
	for _, c := range codes {
		t, _ := assessment.ThemeOf(themes, c)
		out = append(out, upper(t.Name))
	}
	return out
}

type fact struct{ key, value string }

func factsOf(s assessment.Statement, themes []assessment.Theme) []fact {
	return []fact{{"Interview", interviewWords(s)}, {"Agency", s.Agency}, {"Role", s.Role}, {"Themes", strings.Join(themeNames(s.Themes, themes), "; ")}, {"Basis", basisWords[s.Basis]}, {"How sure", upper(sureWords[s.Confidence])},
		{"Place", s.Place}, {"Time span", upper(s.TimeSpan)}, {"Who else knows", s.WhoElse}, {"Reported", upper(reportedWords(s))}, {"Suggested action", s.Suggested}}
}

func summary(s assessment.Statement, themes []assessment.Theme, holder string) []web.SummaryRow {
	var rows []web.SummaryRow
	for _, f := range factsOf(s, themes) {
		rows = append(rows, web.SummaryRow{Key: f.key, Value: cmp.Or(f.value, "Not given")})
	}
	return append(rows, web.SummaryRow{Key: "Held by", Value: holder}, web.SummaryRow{Key: "Read by", Value: "Every member, without role and interview, and with the agency only where two of its voices spoke of each theme. This page: " + holder + " alone."}, web.SummaryRow{Key: "Kept", Value: "Looked at again on " + web.ShowDate(s.ReviewOn)})
}

// changes says what a correction changed besides the words.
func changes(from, to assessment.Statement, themes []assessment.Theme) []string {
	a, b := factsOf(from, themes), factsOf(to, themes)
	var out []string
	for i := range a {
		if a[i].value != b[i].value {
			out = append(out, fmt.Sprintf("%s was “%s”.", a[i].key, cmp.Or(a[i].value, "not given")))
		}
	}
	return out
}
