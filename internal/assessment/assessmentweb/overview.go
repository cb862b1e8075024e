package assessmentweb

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"lantern.example/lantern/internal/assessment"
	"lantern.example/lantern/internal/intake/intakeweb"
	"lantern.example/lantern/internal/web"
)

type overviewView struct {
	web.Page
	Empty   bool
	MayLoad bool // the viewer may bring a file in
	Counts  []countView
	// Gaps are the blind spots, Rest what is spoken of and known as well.
	Gaps, Rest    *gridView
	Nothing       string // why there is no grid
	Pairs         *web.Table
	Asks          []askView
	AsksWords     string
	ByAgency      *web.Table
	NotHeardWords string
}

type countView struct {
	Number, Words, Href string
}

// gridView is the grid of who knows what.
type gridView struct {
	ID, Caption, Base string
	Rows              []gridRow
}

type gridRow struct {
	Code, Theme, Href       string
	Said                    known
	Data, Strategy, Leaders known
	AskStrategy, AskLeaders string
}

type askView struct{ Group, Whom, Through string }

var overviewPage = web.NewTemplate[overviewView](files, "overview.html")

func (p *Pages) overview(w http.ResponseWriter, r *http.Request) error {
	x, err := p.whole(r)
	if err != nil {
		return err
	}
	v := &overviewView{MayLoad: intakeweb.Loaders.Met(web.ViewerOf(r))}
	v.Title, v.Wide = "Assessment", true
	if x.result.Statements == 0 {
		v.Empty = true
		v.Lead = "Nobody has been asked yet: the front line’s knowledge is not here, so what follows from records alone is not an assessment."
		return web.Render(p.Site, w, r, overviewPage, v)
	}
	res := x.result
	v.Lead = lead(res)
	v.Counts = []countView{{web.ShowNumber(res.Interviews), one(res.Interviews, "interview", "interviews"), Path + "/sheet"}, {web.ShowNumber(res.Agencies), one(res.Agencies, "agency heard", "agencies heard"), ""},
		{web.ShowNumber(res.Voices), one(res.Voices, "voice", "voices"), ""}, {web.ShowNumber(res.Statements), one(res.Statements, "statement", "statements"), Path + "/statements"}}
	v.Gaps, v.Rest = grids(res)
	if v.Gaps == nil && v.Rest == nil {
		v.Nothing = "No theme was spoken of by two agencies yet, so nothing can be said without pointing at one of them. Hear another agency."
	}
	v.Pairs = pairTable(res)
	v.ByAgency = agencyTable(res)
	if v.Asks, err = p.asks(r.Context(), res.NotHeard); err != nil {
		return err
	}
	v.NotHeardWords = notHeardWords(res.NotHeard)
	return web.Render(p.Site, w, r, overviewPage, v)
}

func one(n int, single, many string) string {
	if n == 1 {
		return single
	}
	return many
}

// lead is the finding: the loudest blind spot.
func lead(r assessment.Result) string {
	if len(r.BlindSpots) == 0 {
		return fmt.Sprintf("%s heard, but no theme was spoken of by two agencies yet, so nothing can be said without pointing at one of them.", upper(plural(r.Voices, "voice was", "voices were")))
	}
	return r.BlindSpots[0].Sentence
}

func notHeardWords(groups []string) string {
	if len(groups) == 0 {
		return "Every group that an assessment should hear was heard."
	}
	return "Not heard: " + list(groups) + ". What they would have said is missing above."
}

func grids(r assessment.Result) (gaps, rest *gridView) {
	for _, b := range r.BlindSpots {
		row := gridRow{Code: b.Codes[0], Theme: b.Theme, Href: ThemePath(b.Codes[0]),
			Said: known{"Yes", "yes", fmt.Sprintf("%d of %d interviews, %s, %s", b.Said.Interviews, r.Interviews, plural(b.Said.Agencies, "agency", "agencies"), plural(b.Said.Voices, "voice", "voices"))},
			Data: dataWord(b), Strategy: knownOf(b.InStrategy, ""), Leaders: knownOf(b.KnownToLeaders, "")}
		if b.InStrategy == "" {
			row.AskStrategy = row.Href + "/answer?question=strategy"
		}
		if b.KnownToLeaders == "" {
			row.AskLeaders = row.Href + "/answer?question=leaders"
		}
		if b.Gap() {
			if gaps == nil {
				gaps = &gridView{ID: "blind-spots", Caption: "What the front line says, and who else has it"}
			}
			gaps.Rows = append(gaps.Rows, row)
			continue
		}
		if rest == nil {
			rest = &gridView{ID: "known", Caption: "What is spoken of, and not missing from the strategy or from what leaders know"}
		}
		rest.Rows = append(rest.Rows, row)
	}
	base := heard(r) + " A voice is one role in one agency, however often it spoke."
	if r.OneAgency > 0 {
		base += " " + plural(r.OneAgency, "theme that one agency alone spoke of is counted, not shown.", "themes that one agency alone spoke of are counted, not shown.")
	}
	if gaps != nil {
		gaps.Base = base
	}
	if rest != nil {
		rest.Base = base
	}
	return gaps, rest
}

func pairTable(r assessment.Result) *web.Table {
	t := &web.Table{ID: "pairs", Caption: "Themes spoken of in the same interview", Empty: "No two themes were spoken of together in three interviews by two agencies.",
		Columns: []web.Column{{Label: "Themes"}, {Label: "Interviews", Numeric: true}, {Label: "Agencies", Numeric: true}, {Label: "Voices", Numeric: true}},
		Base:    heard(r) + " Shown when at least three interviews and two agencies spoke of both. Together means in one interview: it is where to ask why, and proves no cause."}
	if more := len(r.Pairs) - mostPairs; more > 0 {
		t.Base += " The workbook above has " + plural(more, "pair", "pairs") + " more, said in fewer interviews or by fewer voices."
	}
	for _, b := range r.Pairs[:min(len(r.Pairs), mostPairs)] {
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: b.Theme, Href: ThemePath(b.Codes[0])}, {Text: fmt.Sprintf("%d of %d", b.Said.Interviews, r.Interviews)}, {Text: web.ShowNumber(b.Said.Agencies)}, {Text: web.ShowNumber(b.Said.Voices)}}})
	}
	return t
}

// mostPairs is how many pairs the page shows; the workbook has the rest.
const mostPairs = 8

const fewer = "fewer than 2"

// agencyTable is themes by agency. A cell with one voice and a cell with none look alike, and agencies with no other
// cell have no column, so that no voice can be read off it.
func agencyTable(r assessment.Result) *web.Table {
	t := &web.Table{ID: "by-agency", Caption: "Voices on each theme, by agency", Grid: true, Empty: "No agency has two voices on a theme that another speaks of as well."}
	cols, others := speakingAgencies(r)
	if len(cols) == 0 {
		return t
	}
	t.Columns = []web.Column{{Label: "Theme"}}
	for _, c := range cols {
		t.Columns = append(t.Columns, web.Column{Label: c.name, Numeric: true})
	}
	empty := 0
	for _, row := range r.ByAgency {
		cells := []web.Cell{{Text: row.Theme, Href: ThemePath(row.Code)}}
		shown := false
		for _, c := range cols {
			n := cellOf(row, c.key)
			if n < assessment.MinVoices {
				cells = append(cells, web.Cell{Text: fewer, Unnumbered: true})
			} else {
				cells = append(cells, web.Cell{Text: web.ShowNumber(n)})
				shown = true
			}
		}
		if !shown {
			empty++
			continue
		}
		t.Rows = append(t.Rows, web.Row{Cells: cells})
	}
	t.Base = heard(r) + " Fewer than 2 stands for one voice and for none alike, since one voice could be known by it."
	if empty > 0 {
		t.Base += " " + upper(plural(empty, "theme has", "themes have")) + " fewer than 2 in every column and no row."
	}
	if others > 0 {
		t.Base += " " + plural(others, "other agency has", "other agencies have") + " fewer than 2 voices on every theme and no column."
	}
	return t
}

type agencyColumn struct {
	key, name string
	total     int
}

func speakingAgencies(r assessment.Result) (cols []agencyColumn, others int) {
	at := map[string]int{}
	quiet := map[string]bool{}
	for _, row := range r.ByAgency {
		for i, name := range row.Agencies {
			k := assessment.Fold(name)
			if row.Voices[i] < assessment.MinVoices {
				quiet[k] = true
				continue
			}
			if _, ok := at[k]; !ok {
				at[k] = len(cols)
				cols = append(cols, agencyColumn{key: k, name: name})
			}
			cols[at[k]].total += row.Voices[i]
		}
	}
	for k := range quiet {
		if _, ok := at[k]; !ok {
			others++
		}
	}
	slices.SortFunc(cols, func(a, b agencyColumn) int {
		if a.total != b.total {
			return b.total - a.total
		}
		return strings.Compare(a.key, b.key)
	})
	return cols, others
}

func cellOf(row assessment.AgencyRow, key string) int {
	for i, name := range row.Agencies {
		if assessment.Fold(name) == key {
			return row.Voices[i]
		}
	}
	return 0
}

// asks says, of each group that was not heard, whom to ask and which member can arrange it.
func (p *Pages) asks(ctx context.Context, groups []string) ([]askView, error) {
	members, err := p.Partnership.Members(ctx, p.Site.DB.Reader())
	if err != nil {
		return nil, err
	}
	var out []askView
	for _, g := range groups {
		a := assessment.WhomToAsk(g)
		var through []string
		for _, m := range members {
			if slices.Contains(a.Kinds, m.Kind) {
				words := m.Name
				if m.Contact != "" {
					words += " (" + m.Contact + ")"
				}
				through = append(through, words)
			}
		}
		v := askView{Group: upper(g), Whom: a.Whom, Through: strings.Join(through, "; ")}
		if v.Through == "" {
			v.Through = "No member of the partnership: write to them."
		}
		out = append(out, v)
	}
	return out, nil
}
