package flow_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lantern.example/lantern/internal/analysis/disclosure"
	"lantern.example/lantern/internal/analysis/flow"
)

func n(v int) *int { return &v }

func num(v *int) string {
	if v == nil {
		return "-"
	}
	return strconv.Itoa(*v)
}

func TestAggregate(t *testing.T) {
	flows, err := flow.Aggregate([]flow.Row{
		{Origin: "Lambeth ", Destination: "Kent", People: n(10), Confirmed: n(6), Period: "2019", Source: "b"},
		{Origin: "Lambeth", Destination: "Kent", People: nil, Confirmed: n(1), Period: "2019", Source: "a"},
		{Origin: "Lambeth", Destination: "Kent", People: n(0), Period: "2020"},
		{Origin: "Newham", Destination: "Kent", People: nil, Period: "2019"},
		{Origin: "Lambeth", Destination: "Kent", People: n(5), Period: "2019", Source: "b"},
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range flows {
		got = append(got, fmt.Sprintf("%s %s>%s people %s confirmed %s rows %d missing %d sources %v", f.Period, f.Origin, f.Destination, num(f.People), num(f.Confirmed), f.Rows, f.Missing, f.Sources))
	}
	want := []string{
		"2019 Lambeth>Kent people 15 confirmed 7 rows 3 missing 1 sources [a b]",
		"2019 Newham>Kent people - confirmed - rows 1 missing 1 sources []",
		"2020 Lambeth>Kent people 0 confirmed - rows 1 missing 0 sources []",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestBadRows(t *testing.T) {
	cases := []struct {
		name string
		row  flow.Row
		want string
	}{
		{"no origin", flow.Row{Destination: "Kent"}, "origin is empty"},
		{"no destination", flow.Row{Origin: "Kent", Destination: "  "}, "destination is empty"},
		{"to itself", flow.Row{Origin: "Kent", Destination: "Kent "}, `both "Kent"`},
		{"negative", flow.Row{Origin: "A", Destination: "B", People: n(-1)}, "people is -1"},
		{"more confirmed than people", flow.Row{Origin: "A", Destination: "B", People: n(3), Confirmed: n(4)}, "confirmed is 4, more than the 3 people"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := flow.Publish([]flow.Row{{Origin: "A", Destination: "B"}, c.row}, flow.Options{})
			if err == nil || !strings.Contains(err.Error(), "flow 2: ") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q at flow 2", err, c.want)
			}
		})
	}
}

func TestNoFlowsIsRefused(t *testing.T) {
	res, err := flow.Publish(nil, flow.Options{})
	if err != nil || !res.Refused || len(res.Reasons) != 1 || res.Flows != nil {
		t.Errorf("got %+v, %v: want a refusal with a reason", res, err)
	}
}

func TestPublish(t *testing.T) {
	rows := []flow.Row{
		{Origin: "Lambeth", Destination: "Kent", People: n(35), Confirmed: n(20), Suspected: n(15), Supply: n(30), Violence: n(2)},
		{Origin: "Lambeth", Destination: "Essex", People: n(3), Confirmed: n(3), Suspected: n(0)},
		{Origin: "Newham", Destination: "Kent", People: n(20), Confirmed: n(18), Suspected: n(2)},
		{Origin: "Newham", Destination: "Essex", People: n(40), Violence: n(38)},
		{Origin: "Croydon", Destination: "Sussex", People: n(12), Confirmed: n(0)},
		{Origin: "Croydon", Destination: "Dorset"},
	}
	res, err := flow.Publish(rows, flow.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range res.Flows {
		got = append(got, fmt.Sprintf("%s>%s %s c%s s%s u%s v%s %v", f.Origin, f.Destination, num(f.People), num(f.Confirmed), num(f.Suspected), num(f.Supply), num(f.Violence), f.Suppressed))
	}
	want := []string{
		"Croydon>Dorset - c- s- u- v- false", // not known, which is not hidden
		"Croydon>Sussex 12 c0 s- u- v- false",
		"Lambeth>Essex - c- s- u- v- true", // 3 people
		"Lambeth>Kent - c- s- u- v- true",  // hidden so that the totals do not give 3 away
		"Newham>Essex - c- s- u- v- true",
		"Newham>Kent - c- s- u- v- true",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if len(res.Suppressed) != 4 || num(res.ByOrigin[1].People) != "38" || num(res.Totals[0].People) != "110" {
		t.Errorf("suppressed %v, by origin %+v, totals %+v", res.Suppressed, res.ByOrigin, res.Totals)
	}
	if res.ByDestination[0].Area != "Dorset" || res.ByDestination[0].People != nil || res.ByDestination[0].Suppressed {
		t.Errorf("Dorset, of which nothing is known, came out as %+v", res.ByDestination[0])
	}
	if want := "The largest flow that can be shown leads from Croydon to Sussex: 12 people of the 110 counted."; res.Finding.Sentence != want {
		t.Errorf("got %q, want %q", res.Finding.Sentence, want)
	}
	if want := "6 flows in 1 period; 4 flows hidden (threshold 5), 1 flow without a number"; res.Finding.Base != want {
		t.Errorf("got %q, want %q", res.Finding.Base, want)
	}

	all, err := flow.Publish(rows, flow.Options{TrueCounts: true})
	if err != nil || len(all.Suppressed) != 0 || num(all.Flows[2].People) != "3" {
		t.Errorf("true counts: got %+v, %v", all.Flows[2], err)
	}
	if top := all.Top(2); len(top) != 2 || *top[0].People != 40 || *top[1].People != 35 {
		t.Errorf("top 2: got %+v", top)
	}
	if top := all.Top(-1); len(top) != 0 {
		t.Errorf("top -1: got %+v", top)
	}
}

// TestNothingSmallIsShown draws flows and checks every number shown, every
// remainder that can be worked out within a flow, and the order of Top.
func TestNothingSmallIsShown(t *testing.T) {
	areas := []string{"A", "B", "C", "D", "E"}
	rapid.Check(t, func(t *rapid.T) {
		var rows []flow.Row
		for range rapid.IntRange(1, 25).Draw(t, "rows") {
			o := rapid.IntRange(0, 4).Draw(t, "origin")
			d := (o + rapid.IntRange(1, 4).Draw(t, "step")) % 5
			r := flow.Row{Origin: areas[o], Destination: areas[d], Period: rapid.SampledFrom([]string{"", "2024"}).Draw(t, "period")}
			if rapid.IntRange(0, 5).Draw(t, "known") > 0 {
				p := rapid.OneOf(rapid.IntRange(0, 8), rapid.IntRange(0, 60)).Draw(t, "people")
				c := rapid.IntRange(0, p).Draw(t, "confirmed")
				r.People, r.Confirmed, r.Suspected = n(p), n(c), n(p-c)
				r.Violence = n(rapid.IntRange(0, p).Draw(t, "violence"))
			}
			rows = append(rows, r)
		}
		res, err := flow.Publish(rows, flow.Options{})
		if err != nil || res.Refused {
			t.Fatal(err, res.Reasons)
		}
		small := func(v int) bool { return v > 0 && v < 5 }
		for _, f := range res.Flows {
			for _, m := range []*int{f.People, f.Confirmed, f.Suspected, f.Violence} {
				if m != nil && small(*m) {
					t.Fatalf("%+v shows %d", f, *m)
				}
				if m != nil && m != f.People && f.People != nil && f.Missing == 0 && small(*f.People-*m) {
					t.Fatalf("%+v lets %d be worked out", f, *f.People-*m)
				}
				if m != nil && f.Suppressed {
					t.Fatalf("%+v hides the people and shows %d", f, *m)
				}
			}
		}
		for _, ends := range [][]flow.End{res.ByOrigin, res.ByDestination, res.Totals} {
			for _, e := range ends {
				if e.People != nil && small(*e.People) {
					t.Fatalf("%+v shows a small total", e)
				}
			}
		}
		for _, o := range res.ByOrigin {
			hidden, shown := 0, 0
			for _, f := range res.Flows {
				if f.Origin == o.Area && f.Period == o.Period {
					if f.Suppressed {
						hidden++
					} else if f.People != nil {
						shown += *f.People
					}
				}
			}
			if o.People != nil && hidden == 1 {
				t.Fatalf("%s in %q: one hidden flow and a shown total of %d give %d away", o.Area, o.Period, *o.People, *o.People-shown)
			}
		}
	})
}

// TestPublishedFlows reads London's first Rescue and Response year: seven of the
// nine forces have a number, two are known by rank only.
func TestPublishedFlows(t *testing.T) {
	f, err := os.Open(filepath.Join("..", "..", "..", "..", "shared", "data", "published", "rescue_response_y1_counties.csv"))
	if err != nil {
		t.Skip("the published flows are not here: ", err)
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []flow.Row
	for _, r := range records[1:] {
		row := flow.Row{Period: r[0], Origin: r[1], Destination: r[2], Source: r[6]}
		if r[4] != "" {
			v, err := strconv.Atoi(r[4])
			if err != nil {
				t.Fatal(err)
			}
			row.People = n(v)
		}
		rows = append(rows, row)
	}
	res, err := flow.Publish(rows, flow.Options{})
	if err != nil || res.Refused {
		t.Fatal(err, res.Reasons)
	}
	if len(res.Flows) != 9 || len(res.Suppressed) != 0 {
		t.Errorf("got %d flows, %d suppressed, want 9 and none", len(res.Flows), len(res.Suppressed))
	}
	o := res.ByOrigin[0]
	if *o.People != 416+336+251+238+106+101+47 || o.Missing != 2 {
		t.Errorf("London: got %s people and %d missing, want 1495 and 2", num(o.People), o.Missing)
	}
	if top := res.Top(1); top[0].Destination != "Norfolk" || *top[0].People != 416 {
		t.Errorf("largest: got %+v", top[0])
	}
	if raw, err := json.Marshal(res); err != nil || !strings.Contains(string(raw), `"destination":"Hampshire","period":"2018-01/2019-04","people":null`) {
		t.Errorf("Hampshire should have no number: %v %s", err, raw)
	}
}

func ExamplePublish() {
	rows := []flow.Row{
		{Origin: "Harbour", Destination: "Northmoor", People: n(24), Confirmed: n(16), Suspected: n(8)},
		{Origin: "Harbour", Destination: "Saltby", People: n(2)},
		{Origin: "Old Town", Destination: "Northmoor", People: n(11)},
		{Origin: "Old Town", Destination: "Saltby", People: n(9)},
		{Origin: "Harbour", Destination: "Westmark", People: n(30)},
	}
	res, err := flow.Publish(rows, flow.Options{Disclosure: disclosure.Options{Threshold: 5}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range res.Flows {
		if f.Suppressed {
			fmt.Println(f.Origin, "to", f.Destination, "hidden")
		} else {
			fmt.Println(f.Origin, "to", f.Destination, *f.People)
		}
	}
	fmt.Println(res.Finding.Sentence)
	// Output:
	// Harbour to Northmoor hidden
	// Harbour to Saltby hidden
	// Harbour to Westmark 30
	// Old Town to Northmoor hidden
	// Old Town to Saltby hidden
	// The largest flow that can be shown leads from Harbour to Westmark: 30 people of the 76 counted.
}
