package world

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"lantern.example/lantern/internal/analysis/trend"
)

// table is a file as a spreadsheet shows it: cells by column name, and each row's number.
type table struct {
	columns map[string]int
	rows    []tableRow
}

type tableRow struct {
	number int
	cells  []string
}

func (t table) cell(r tableRow, column string) string {
	i, ok := t.columns[column]
	if !ok {
		panic("no column " + column)
	}
	return r.cells[i]
}

// read opens a file of the world; header is the number of its header's row. Planted rows are left out.
func read(t testing.TB, w *World, path string, header int) table {
	t.Helper()
	for _, f := range w.Files {
		if f.Path != path {
			continue
		}
		r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(f.Bytes, []byte("\ufeff"))))
		r.FieldsPerRecord = -1
		records, err := r.ReadAll()
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		out := table{columns: map[string]int{}}
		for i, name := range records[header-1] {
			out.columns[name] = i
		}
		for i, cells := range records[header:] {
			number := header + 1 + i
			if slices.ContainsFunc(w.Planted, func(p PlantedRow) bool { return p.File == path && p.Row == number }) {
				continue
			}
			out.rows = append(out.rows, tableRow{number, cells})
		}
		return out
	}
	t.Fatalf("no file %s", path)
	return table{}
}

// worlds are the sizes and seeds in which the story must be the same.
func worlds(t *testing.T, f func(t *testing.T, w *World)) {
	for _, opt := range []Options{{Seed: 1}, {Seed: 2, People: 9_000}, {Seed: 3, People: 200}, {Seed: 1, Today: time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)}} {
		w := generate(t, opt)
		t.Run(fmt.Sprintf("seed %d people %d on %s", opt.Seed, w.Options.People, w.Options.Today.Format("2006-01-02")), func(t *testing.T) { f(t, w) })
	}
}

// within counts the rows of a table whose point lies within 200 m of a place, for each ninety days back from today.
func within(t testing.TB, w *World, tab table, on, layout string, places ...string) (quarters [8]int) {
	t.Helper()
	for _, r := range tab.rows {
		if tab.cell(r, "Easting") == "" {
			continue
		}
		e, errE := strconv.ParseFloat(tab.cell(r, "Easting"), 64)
		n, errN := strconv.ParseFloat(tab.cell(r, "Northing"), 64)
		at, errT := time.Parse(layout, tab.cell(r, on))
		if errE != nil || errN != nil || errT != nil {
			t.Fatalf("row %d: %v %v %v", r.number, errE, errN, errT)
		}
		for _, p := range w.Geography.Places {
			if slices.Contains(places, p.Code) && math.Hypot(e-float64(p.Easting), n-float64(p.Northing)) <= 200 {
				q := int(math.Ceil(w.Options.Today.Sub(at).Hours()/24)) / 90
				if q < 8 {
					quarters[q]++
				}
			}
		}
	}
	return quarters
}

func TestReportsRoundTheHomeRiseAndRoundMatchedPlacesDoNot(t *testing.T) {
	worlds(t, func(t *testing.T, w *World) {
		tab := read(t, w, "police/occurrences.csv", 4)
		const layout = "02/01/2006 15:04"
		if got := within(t, w, tab, "Date/Time Occurred", layout, w.Story.Home); got[1] != 9 || got[0] != 23 {
			t.Errorf("within 200 m of the home: %d, then %d; want 9, then 23", got[1], got[0])
		}
		if got := within(t, w, tab, "Date/Time Occurred", layout, w.Story.Matched...); got[1] != 11 || got[0] != 12 {
			t.Errorf("at the two matched places: %d, then %d; want 11, then 12", got[1], got[0])
		}
		if got := within(t, w, tab, "Date/Time Occurred", layout, w.Story.Unit); got[0] < 2*got[1] {
			t.Errorf("within 200 m of the unit: %d, then %d; want it at least doubled", got[1], got[0])
		}
		found := read(t, w, "social-care/missing_and_return_interviews.csv", 1)
		if got := within(t, w, found, "Date Missing", layout, w.Story.Home); got[0] < 2*got[1] {
			t.Errorf("missing children found within 200 m of the home: %d, then %d; want it at least doubled", got[1], got[0])
		}
	})
}

func TestTheFrontLineKnowsWhatNobodyWroteDown(t *testing.T) {
	worlds(t, func(t *testing.T, w *World) {
		tab := read(t, w, "interviews/statements.csv", 1)
		interviews, saying, agencies := map[string]bool{}, map[string]bool{}, map[string]bool{}
		themes := map[string]bool{}
		for _, r := range tab.rows {
			slot := tab.cell(r, "Date") + tab.cell(r, "Slot")
			interviews[slot] = true
			themes[strings.Fields(tab.cell(r, "Theme"))[0]] = true
			if tab.cell(r, "Agency") == "Wrenshire Ambulance Service" {
				t.Errorf("row %d: the ambulance service was not heard", r.number)
			}
			if tab.cell(r, "Place") != "Larkfield House" || !strings.HasPrefix(tab.cell(r, "Theme"), "T10 ") {
				continue
			}
			saying[slot], agencies[tab.cell(r, "Agency")] = true, true
			if tab.cell(r, "Known to leaders") != "No" || tab.cell(r, "In the strategy") != "No" {
				t.Errorf("row %d: leaders and strategy are said to know of the home", r.number)
			}
		}
		if len(interviews) != 14 || len(saying) != 11 || len(agencies) != 6 {
			t.Errorf("%d of %d interviews, from %d agencies, speak of the home; want 11 of 14, from 6", len(saying), len(interviews), len(agencies))
		}
		if len(themes) != 20 {
			t.Errorf("%d of twenty themes were spoken of", len(themes))
		}
		for _, p := range w.Papers {
			if strings.Contains(p.Text, "Larkfield") || strings.Contains(p.Text, "Quay Centre") || strings.Contains(strings.ToLower(p.Text), "children's home") || slices.Contains(p.Themes, "T10") {
				t.Errorf("paper %q speaks of the home or the unit", p.Title)
			}
		}
		for _, l := range w.Leads {
			if (l.Account == "") != (l.Theme == "T10") {
				t.Errorf("theme %s is led by %q; only T10 has nobody", l.Theme, l.Account)
			}
		}
	})
}

func TestPeopleLinkedFromTheCity(t *testing.T) {
	w := generate(t, Options{Seed: 5})
	tab := read(t, w, "community-safety/city_to_forces.csv", 1)
	sum := map[string]int{}
	forces, small := map[string]bool{}, 0
	for _, r := range tab.rows {
		for _, c := range []string{"people", "confirmed", "suspected", "supply", "violence"} {
			n, err := strconv.Atoi(tab.cell(r, c))
			if err != nil {
				t.Fatal(err)
			}
			sum[c] += n
			if c == "people" && n < 5 {
				small++
			}
		}
		forces[tab.cell(r, "destination")] = true
	}
	want := map[string]int{"people": 31, "confirmed": 22, "suspected": 9, "supply": 24, "violence": 7}
	for c, n := range want {
		if sum[c] != n {
			t.Errorf("%s: %d, want %d", c, sum[c], n)
		}
	}
	if len(forces) != 4 || small != 3 {
		t.Errorf("%d forces and %d flows under five; want 4 and 3", len(forces), small)
	}
}

func TestALineBrandsAnewNineDaysAfterAClosure(t *testing.T) {
	worlds(t, func(t *testing.T, w *World) {
		tab := read(t, w, "police/line_activity.csv", 1)
		found := 0
		for _, closed := range tab.rows {
			if tab.cell(closed, "Event Type") != "County line - closed" {
				continue
			}
			from, _ := time.Parse("02/01/2006", tab.cell(closed, "Date"))
			for _, opened := range tab.rows {
				at, _ := time.Parse("02/01/2006", tab.cell(opened, "Date"))
				if tab.cell(opened, "Event Type") == "County line - first bulk message" && tab.cell(opened, "Base") == tab.cell(closed, "Base") && at.Sub(from) == 9*24*time.Hour &&
					tab.cell(opened, "Line Name") != tab.cell(closed, "Line Name") {
					found++
				}
			}
		}
		if found != 1 {
			t.Errorf("%d lines branded anew on the same base nine days after a closure; want 1", found)
		}
	})
}

// observations reads a monthly series for the trend method, and adds up each year.
func observations(t *testing.T, tab table) (obs []trend.Observation, effort, count [2]float64) {
	t.Helper()
	first := -1
	for _, r := range tab.rows {
		month, _, err := trend.ParseMonth(tab.cell(r, "month"))
		if err != nil {
			t.Fatal(err)
		}
		if first < 0 {
			first = month
		}
		e, _ := strconv.ParseFloat(tab.cell(r, "effort"), 64)
		n, _ := strconv.ParseFloat(tab.cell(r, "count"), 64)
		obs = append(obs, trend.Observation{Month: month, Source: tab.cell(r, "source"), Effort: &e, Count: n})
		effort[(month-first)/12] += e
		count[(month-first)/12] += n
	}
	return obs, effort, count
}

func TestReferralsRiseWithLookingAndInjuriesDoNot(t *testing.T) {
	worlds(t, func(t *testing.T, w *World) {
		obs, effort, count := observations(t, read(t, w, "community-safety/exploitation_referrals_monthly.csv", 1))
		if count != [2]float64{50, 82} || effort != [2]float64{190, 300} {
			t.Errorf("referrals %v, screenings %v; want 50 to 82 and 190 to 300", count, effort)
		}
		res, err := trend.Analyse(obs, trend.Options{Calendar: true})
		if err != nil || res.Verdict == nil {
			t.Fatal(err, res.Reasons)
		}
		if *res.Verdict == trend.Growing || *res.Verdict == trend.Falling {
			t.Errorf("referrals: %s between %+v; want no growth that can be told from looking", *res.Verdict, *res.Bounds)
		}

		obs, effort, count = observations(t, read(t, w, "hospital/knife_injuries_monthly.csv", 1))
		if count != [2]float64{21, 39} || effort != [2]float64{24, 24} {
			t.Errorf("knife injuries %v, returns %v; want 21 to 39 with every hospital reporting every month", count, effort)
		}
		res, err = trend.Analyse(obs, trend.Options{Calendar: true})
		if err != nil || res.Verdict == nil {
			t.Fatal(err, res.Reasons)
		}
		if *res.Verdict != trend.Growing {
			t.Errorf("knife injuries: %s between %+v; want growth whatever is assumed", *res.Verdict, *res.Bounds)
		}
	})
}

// The monthly return and the attendances it counts come from one place and must agree.
func TestKnifeInjuriesAgreeWithTheAttendances(t *testing.T) {
	w := generate(t, Options{Seed: 4})
	counted := map[string]int{}
	istv := read(t, w, "hospital/assault_attendances_istv.csv", 1)
	for _, r := range istv.rows {
		if istv.cell(r, "Weapon") == "Knife or sharp object" {
			at, err := time.Parse("02/01/2006", istv.cell(r, "Attendance Date"))
			if err != nil {
				t.Fatal(err)
			}
			counted[at.Format("2006-01")+istv.cell(r, "Site")]++
		}
	}
	series := read(t, w, "hospital/knife_injuries_monthly.csv", 1)
	for _, r := range series.rows {
		key := series.cell(r, "month") + series.cell(r, "source")
		if got := fmt.Sprint(counted[key]); got != series.cell(r, "count") {
			t.Errorf("%s: %s attendances, the return says %s", key, got, series.cell(r, "count"))
		}
	}
}

func TestTheProgrammesFunnel(t *testing.T) {
	worlds(t, func(t *testing.T, w *World) {
		var referred, accepted, began, again, safer int
		for _, p := range w.Programme.People {
			referred++
			if !p.Accepted.IsZero() {
				accepted++
			}
			if !p.Began.IsZero() {
				began++
			}
			if !p.AskedAgain.IsZero() {
				again++
			}
			if p.Feels == "safer" {
				safer++
			}
			if p.AskedAgain.After(w.Options.Today) {
				t.Errorf("%s is asked again after today", p.Person)
			}
		}
		if got := [5]int{referred, accepted, began, again, safer}; got != [5]int{61, 40, 29, 18, 14} {
			t.Errorf("funnel %v, want 61 referred, 40 accepted, 29 started, 18 asked again, 14 safer", got)
		}
	})
}
