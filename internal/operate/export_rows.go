package operate

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fact"
	"lantern.example/lantern/internal/file"
	"lantern.example/lantern/internal/identity"
)

// current is what readers see of a table of facts under alias t: live loads, nothing superseded. What is restricted to a panel is in tables/
// alone: no column of an import says so, and another Lantern would open it.
const current = "t.owner = $1 AND NOT t.restricted AND t.superseded_at IS NULL AND (t.load_id = '' OR t.load_id IN (SELECT id FROM load WHERE state = 'live'))"

// day says when something was true as an import reads it, no more exactly than it is known.
func day(w fact.When) string {
	if !w.Known() {
		return ""
	}
	at := w.Start()
	switch w.Precision {
	case fact.Instant:
		return at.Format(time.RFC3339)
	case fact.Month:
		return at.Format("2006-01")
	case fact.Year:
		return at.Format("2006")
	case fact.Unknown, fact.Age:
		return ""
	case fact.Day:
	}
	return at.Format("2006-01-02")
}

// people writes each list of people as it came: the partner's own columns and cells.
func (x *export) people(ctx context.Context, q database.Queryer) error {
	type list struct{ load, name, sheet, headers string }
	lists, err := database.Collect(ctx, q, func(s database.Scanner) (list, error) {
		var l list
		return l, s.Scan(&l.load, &l.name, &l.sheet, &l.headers)
	}, "SELECT DISTINCT t.load_id, l.file_name, t.sheet, l.headers FROM source_record t JOIN load l ON l.id = t.load_id WHERE "+current+" AND t.cells <> '' ORDER BY 1, 3", x.opt.Agency)
	if err != nil {
		return err
	}
	for i, l := range lists {
		var headers map[string][]string
		if err := json.Unmarshal([]byte(l.headers), &headers); err != nil {
			return err
		}
		header := headers[l.sheet]
		scan := func(s database.Scanner) ([]any, error) {
			var id, text string
			var cells []string
			err := s.Scan(&id, &text)
			if err == nil {
				text, err = identity.OpenRow(x.opt.Seals, id, text)
			}
			if err != nil {
				return nil, err
			}
			if err := json.Unmarshal([]byte(text), &cells); err != nil {
				return nil, err
			}
			row := make([]any, len(header)+1)
			for j := range row {
				row[j] = ""
			}
			for j, c := range cells[:min(len(cells), len(header))] {
				row[j] = c
			}
			return row, nil
		}
		base := file.SafeName(l.name)
		if at := strings.IndexByte(base, '.'); at > 0 {
			base = base[:at]
		}
		name := fmt.Sprintf("import/people-%03d-%s.csv", i+1, base)
		err := x.csv(name, append(slices.Clone(header), ownColumn), query(ctx, q, scan,
			"SELECT t.id, t.cells FROM source_record t WHERE "+current+" AND t.cells <> '' AND t.load_id = $2 AND t.sheet = $3 ORDER BY t.id", x.opt.Agency, l.load, l.sheet))
		if err != nil {
			return err
		}
	}
	return nil
}

// personColumns are the columns of names and identifiers by their kind.
var personColumns = map[string]string{
	"legal": "Full name", "preferred": "Preferred name", "alias": "Alias", "street": "Street name", "former": "Former name",
	"nhs": "NHS number", "upn": "UPN", "former-upn": "Former UPN", "pnc": "PNC ID", "cro": "CRO number", "uln": "ULN", "nino": "NINO", "prison": "Prison number", "la-child": "LA child ID",
	"yjb": "YJB ID", "police": "Nominal number", "pupil": "Pupil ID", "case": "Case reference", "other": "Other ID",
}

// gradeColumn is the column of 3x5x2 grades. In a file that has it an import takes a row without for one that nobody has graded yet, so what is
// graded stands in a file of its own.
const gradeColumn = "Intelligence grade"

// gradings are the two files of a table: what is not graded, and what is.
var gradings = []struct {
	name, where string
	graded      bool
}{{"", " AND t.grade = ''", false}, {"-graded", " AND t.grade <> ''", true}}

// gradeCell is a grade as an import reads it back.
func gradeCell(grade string) string {
	if grade == fact.Ungraded {
		return ""
	}
	return grade
}

// handPeople writes the records that came with no row of a partner's.
func (x *export) handPeople(ctx context.Context, q database.Queryer) error {
	for _, g := range gradings {
		if err := x.handPeopleOf(ctx, q, "import/people"+g.name+".csv", g.where, g.graded); err != nil {
			return err
		}
	}
	return nil
}

func (x *export) handPeopleOf(ctx context.Context, q database.Queryer, name, cond string, graded bool) error {
	records := "(SELECT t.id FROM source_record t WHERE " + current + " AND t.cells = ''" + cond + ")"
	type value struct{ record, kind, value string }
	values := func(statement string) ([]value, error) {
		return database.Collect(ctx, q, func(s database.Scanner) (value, error) {
			var v value
			return v, s.Scan(&v.record, &v.kind, &v.value)
		}, statement, x.opt.Agency)
	}
	var all []value
	of, kinds := map[string]map[string]string{}, []string{}
	for _, statement := range []string{
		"SELECT n.record_id, n.kind, n.display FROM source_name n WHERE n.record_id IN " + records + " ORDER BY n.record_id, n.n",
		"SELECT i.record_id, i.kind, i.value FROM source_identifier i WHERE i.record_id IN " + records + " ORDER BY i.record_id, i.n",
	} {
		got, err := values(statement)
		if err != nil {
			return err
		}
		all = append(all, got...)
	}
	err := database.Each(ctx, q, func(s database.Scanner) error {
		var record, place, postcode, sealed string
		var n int
		if err := s.Scan(&record, &n, &place, &postcode, &sealed); err != nil {
			return err
		}
		if sealed != "" {
			var err error
			if place, postcode, _, err = identity.OpenAddress(x.opt.Seals, record, n, sealed); err != nil {
				return err
			}
		}
		for _, v := range []value{{record, "Address", place}, {record, "Postcode", postcode}} {
			if v.value != "" {
				all = append(all, v)
			}
		}
		return nil
	}, "SELECT a.record_id, a.n, a.place, a.postcode, a.sealed FROM record_address a WHERE a.record_id IN "+records+" ORDER BY a.record_id, a.n", x.opt.Agency)
	if err != nil {
		return err
	}
	err = database.Each(ctx, q, func(s database.Scanner) error {
		var record, kept string
		if err := s.Scan(&record, &kept); err != nil {
			return err
		}
		e, err := identity.OpenEthnicity(x.opt.Seals, record, kept)
		for _, v := range []value{{record, "Self-defined ethnicity", e.Self}, {record, "Officer-defined ethnicity", e.Observed}} {
			if v.value != "" {
				all = append(all, v)
			}
		}
		return err
	}, "SELECT t.id, t.ethnicity FROM source_record t WHERE t.id IN "+records+" AND t.ethnicity <> '' ORDER BY t.id", x.opt.Agency)
	if err != nil {
		return err
	}
	for _, v := range all {
		if v.kind == "record" { // it stands in a column already
			continue
		}
		column := v.kind
		if c, ok := personColumns[v.kind]; ok {
			column = c
		}
		if !slices.Contains(kinds, column) {
			kinds = append(kinds, column)
		}
		if of[v.record] == nil {
			of[v.record] = map[string]string{}
		}
		if of[v.record][column] == "" { // the first; the others are in tables/
			of[v.record][column] = v.value
		}
	}
	scan := func(s database.Scanner) ([]any, error) {
		var id, reference, born, sex, grade string
		err := s.Scan(&id, &reference, &born, &sex, &grade)
		row := []any{reference, born, sex}
		for _, k := range kinds {
			row = append(row, of[id][k])
		}
		if graded {
			row = append(row, gradeCell(grade))
		}
		return append(row, ""), err
	}
	header := append([]string{"Record ID", "Date of birth", "Sex"}, kinds...)
	if graded {
		header = append(header, gradeColumn)
	}
	return x.csv(name, append(header, ownColumn), query(ctx, q, scan, "SELECT t.id, t.reference, t.born, t.sex, t.grade FROM source_record t WHERE "+current+" AND t.cells = ''"+cond+" ORDER BY t.id", x.opt.Agency))
}

// events writes what happened, but for what a list of people holds already.
func (x *export) events(ctx context.Context, q database.Queryer) error {
	for _, g := range gradings {
		if err := x.eventsOf(ctx, q, "import/events"+g.name+".csv", g.where, g.graded); err != nil {
			return err
		}
	}
	return nil
}

func (x *export) eventsOf(ctx context.Context, q database.Queryer, name, cond string, graded bool) error {
	scan := func(s database.Scanner) ([]any, error) {
		var w fact.When
		var text [12]string
		var grade string
		var lon, lat *float64
		err := s.Scan(&w.From, &w.To, (*string)(&w.Precision), &text[0], &text[1], &text[2], &text[3], &text[4], &text[5], &text[6], &text[7], &text[8], &text[9], &text[10], &text[11], &lon, &lat, &grade)
		kind := text[1] // the partner's words, which an import turns into the kind again
		if kind == "" {
			kind = text[0]
		}
		row := []any{day(w), kind}
		for _, v := range text[2:] {
			row = append(row, v)
		}
		row = append(row, number(lon), number(lat))
		if graded {
			row = append(row, gradeCell(grade))
		}
		return append(row, ""), err
	}
	header := []string{"Date", "Kind", "Detail", "Description", "Reference", "Outcome", "Reported by", "Falls within", "Location", "Postcode", "LSOA code", "LSOA name", "Longitude", "Latitude"}
	if graded {
		header = append(header, gradeColumn)
	}
	return x.csv(name, append(header, ownColumn), query(ctx, q, scan,
		`SELECT t.true_from, t.true_to, t.true_precision, t.kind, t.words, t.detail, t.description, t.reference, t.outcome, t.reported_by, t.falls_within, t.place_text, t.postcode,
		 t.small_area, t.small_area_name, t.longitude, t.latitude, t.grade FROM event t WHERE `+current+cond+`
		 AND NOT EXISTS (SELECT 1 FROM event_role r JOIN source_record s ON s.id = r.record_id WHERE r.event_id = t.id AND s.cells <> '') ORDER BY t.id`, x.opt.Agency))
}

// number is a coordinate as a cell: nil when it is not known.
func number(v *float64) any {
	if v == nil {
		return nil
	}
	return *v
}

// statements writes what practitioners said, and what leaders and the strategy say, on one sheet.
func (x *export) statements(ctx context.Context, q database.Queryer) error {
	themes := map[string][]string{}
	err := database.Each(ctx, q, func(s database.Scanner) error {
		var id, theme string
		err := s.Scan(&id, &theme)
		themes[id] = append(themes[id], theme)
		return err
	}, "SELECT h.statement_id, h.theme FROM statement_theme h JOIN statement t ON t.id = h.statement_id WHERE t.owner = $1 ORDER BY h.statement_id, h.theme", x.opt.Agency)
	if err != nil {
		return err
	}
	said := func(s database.Scanner) ([]any, error) {
		var w fact.When
		var id, interview string
		var text [12]string
		err := s.Scan(&id, &w.From, &w.To, (*string)(&w.Precision), &interview, &text[0], &text[1], &text[2], &text[3], &text[4], &text[5], &text[6], &text[7], &text[8], &text[9], &text[10], &text[11])
		on := day(w)
		reported := text[9]
		if reported == "" {
			reported = text[8]
		}
		return []any{on, strings.TrimSpace(strings.TrimPrefix(interview, on)), text[0], text[1], strings.Join(themes[id], "; "), text[2], text[3], text[4], text[5], text[6], text[7], reported, text[10], text[11], "", "", "", ""}, err
	}
	column := map[string]int{"leaders": 14, "strategy": 15, "data": 16}
	answered := func(s database.Scanner) ([]any, error) {
		var w fact.When
		var theme, question, answer string
		err := s.Scan(&w.From, &w.To, (*string)(&w.Precision), &theme, &question, &answer)
		row := make([]any, 18)
		for i := range row {
			row[i] = ""
		}
		row[0], row[4], row[column[question]] = day(w), theme, answer
		return row, err
	}
	rows := func(yield func([]any, error) bool) {
		for row, err := range query(ctx, q, said,
			`SELECT t.id, t.true_from, t.true_to, t.true_precision, t.interview, t.agency, t.role, t.words, t.basis, t.place, t.time_span, t.confidence, t.who_else, t.reported, t.reported_where,
			 t.suggested, t.attribution FROM statement t WHERE `+current+" ORDER BY t.id", x.opt.Agency) {
			if !yield(row, err) {
				return
			}
		}
		for row, err := range query(ctx, q, answered, "SELECT t.true_from, t.true_to, t.true_precision, t.theme, t.question, t.answer FROM theme_answer t WHERE "+current+" ORDER BY t.id", x.opt.Agency) {
			if !yield(row, err) {
				return
			}
		}
	}
	header := []string{"Date", "Slot", "Agency", "Role", "Theme", "Statement", "Basis", "Place", "Time span", "Confidence", "Who else knows", "Reported", "Suggested action", "Attribution",
		"Known to leaders", "In the strategy", "In data", ownColumn}
	return x.csv("import/statements.csv", header, rows)
}

func (x *export) places(ctx context.Context, q database.Queryer) error {
	scan := func(s database.Scanner) ([]any, error) {
		var text [9]string
		var capacity *int64
		var lon, lat *float64
		err := s.Scan(&text[0], &text[1], &text[2], &text[3], &text[4], &text[5], &text[6], &text[7], &text[8], &capacity, &lon, &lat)
		kind := text[3]
		if kind == "" {
			kind = text[2]
		}
		row := []any{text[0], text[1], kind, text[4], text[5], text[6], text[7], text[8], nil, number(lon), number(lat), ""}
		if capacity != nil {
			row[8] = *capacity
		}
		return row, err
	}
	header := []string{"Reference", "Name", "Kind", "Status", "Address", "Postcode", "UPRN", "Notes", "Capacity", "Longitude", "Latitude", ownColumn}
	return x.csv("import/places.csv", header, query(ctx, q, scan,
		"SELECT t.reference, t.name, t.kind, t.words, t.status, t.address, t.postcode, t.uprn, t.notes, t.capacity, t.longitude, t.latitude FROM place t WHERE "+current+" ORDER BY t.id", x.opt.Agency))
}

func (x *export) flows(ctx context.Context, q database.Queryer) error {
	scan := func(s database.Scanner) ([]any, error) {
		var text [6]string
		var n [5]*int64
		err := s.Scan(&text[0], &text[1], &text[2], &n[0], &n[1], &n[2], &n[3], &n[4], &text[3], &text[4], &text[5])
		row := []any{text[0], text[1], text[2]}
		for _, v := range n {
			if v == nil {
				row = append(row, nil)
			} else {
				row = append(row, *v)
			}
		}
		return append(row, text[3], text[4], text[5], ""), err
	}
	header := []string{"origin", "destination", "destination type", "people", "confirmed", "suspected", "supply", "violence", "period", "source", "note", ownColumn}
	return x.csv("import/flows.csv", header, query(ctx, q, scan,
		"SELECT t.origin, t.destination, t.destination_type, t.people, t.confirmed, t.suspected, t.supply, t.violence, t.period, t.source, t.note FROM flow t WHERE "+current+" ORDER BY t.id", x.opt.Agency))
}
