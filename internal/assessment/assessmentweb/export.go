package assessmentweb

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"

	"lantern.example/lantern/internal/assessment"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/intake/tabular"
	"lantern.example/lantern/internal/web"
)

var spotHeader = []string{"Code", "Theme", "Voices", "Agencies", "Interviews", "Of interviews", "In partners' data", "Agencies' records", "In the strategy", "Known to leaders", "Finding"}

func spotRows(r assessment.Result, spots []assessment.BlindSpot) [][]any {
	var out [][]any
	for _, b := range spots {
		var data, records any
		if len(b.Codes) == 1 { // records are looked for by theme, not by pair
			data, records = knownOf(b.InData, "").Word, b.DataAgencies
		}
		out = append(out, []any{strings.Join(b.Codes, " with "), b.Theme, b.Said.Voices, b.Said.Agencies, b.Said.Interviews, r.Interviews, data, records, knownOf(b.InStrategy, "").Word, knownOf(b.KnownToLeaders, "").Word, b.Sentence})
	}
	return out
}

// export keeps the line of what leaves before it leaves, and answers what the file holds.
func (p *Pages) export(r *http.Request, form string) (assessment.Result, error) {
	x, err := p.whole(r)
	if err != nil {
		return x.result, err
	}
	return x.result, p.Site.DB.Write(r.Context(), func(tx *database.Tx) error {
		return p.Audit.Record(r.Context(), tx, web.ScopeOf(r), audit.Line{Act: audit.Disclosure, SubjectKind: "blind-spots", Words: fmt.Sprintf("%s file of %d themes; cells of one voice hidden", form, len(x.result.BlindSpots))})
	})
}

func (p *Pages) exportCSV(w http.ResponseWriter, r *http.Request) error {
	res, err := p.export(r, "CSV")
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := tabular.WriteCSV(&b, spotHeader, tabular.Rows(spotRows(res, res.BlindSpots)), true); err != nil {
		return err
	}
	web.Download(w, "blind-spots-"+p.today()+".csv", "text/csv; charset=utf-8", p.Site.Clock.Now(), b.Bytes())
	return nil
}

func (p *Pages) exportXLSX(w http.ResponseWriter, r *http.Request) error {
	res, err := p.export(r, "XLSX")
	if err != nil {
		return err
	}
	asks, err := p.asks(r.Context(), res.NotHeard)
	if err != nil {
		return err
	}
	var missing [][]any
	for _, a := range asks {
		missing = append(missing, []any{a.Group, a.Whom, a.Through})
	}
	about := [][]any{{"Heard", heard(res)}, {"Voices", "A voice is one role in one agency, however often it spoke."}, {"Not shown", plural(res.OneAgency, "theme", "themes") + " that one agency alone spoke of."},
		{"Hidden", "“Fewer than 2” stands for one voice and for none alike."}, {"Written", web.ShowDate(p.today())}}
	byAgency := agencyTable(res)
	header := []string{"Theme"}
	if len(byAgency.Columns) > 0 {
		header = header[:0]
	}
	for _, c := range byAgency.Columns {
		header = append(header, c.Label)
	}
	var cells [][]any
	for _, row := range byAgency.Rows {
		var out []any
		for _, c := range row.Cells {
			out = append(out, c.Text)
		}
		cells = append(cells, out)
	}
	return p.workbook(w, "blind-spots-"+p.today()+".xlsx", []tabular.OutSheet{
		{Name: "Blind spots", Header: spotHeader, Rows: tabular.Rows(spotRows(res, res.BlindSpots))},
		{Name: "Said together", Header: spotHeader, Rows: tabular.Rows(spotRows(res, res.Pairs))},
		{Name: "By agency", Header: header, Rows: tabular.Rows(cells)},
		{Name: "Not heard", Header: []string{"Not heard", "Whom to ask", "Through"}, Rows: tabular.Rows(missing)},
		{Name: "About", Header: []string{"", "What this rests on"}, Rows: tabular.Rows(about)},
	})
}
