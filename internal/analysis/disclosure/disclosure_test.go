package disclosure_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lantern.example/lantern/internal/analysis/disclosure"
)

func ptr(v int) *int { return &v }

func TestProtect(t *testing.T) {
	cases := []struct {
		name  string
		cells [][]int
		opt   disclosure.Options
		want  [][]int // -1 is hidden
	}{
		{"nothing small", [][]int{{10, 20}, {30, 0}}, disclosure.Options{}, [][]int{{10, 20, 30}, {30, 0, 30}, {40, 20, 60}}},
		{"all zero", [][]int{{0, 0}, {0, 0}}, disclosure.Options{}, [][]int{{0, 0, 0}, {0, 0, 0}, {0, 0, 0}}},
		{"one small cell takes the cheapest rectangle",
			[][]int{{3, 20, 90}, {20, 20, 90}, {90, 90, 90}}, disclosure.Options{},
			[][]int{{-1, -1, 90, 113}, {-1, -1, 90, 130}, {90, 90, 90, 270}, {113, 130, 270, 513}}},
		{"a zero covers where that spares two cells",
			[][]int{{4, 20, 0}, {6, 0, 20}, {0, 20, 20}}, disclosure.Options{}, [][]int{{-1, -1, 0, 24}, {-1, -1, 20, 26}, {0, 20, 20, 40}, {10, 40, 40, 90}}},
		{"but not where zeros are always shown",
			[][]int{{4, 20, 0}, {6, 0, 20}, {0, 20, 20}}, disclosure.Options{Zeros: disclosure.ZerosShown}, [][]int{{-1, -1, 0, 24}, {-1, 0, -1, 26}, {0, -1, -1, 40}, {10, 40, 40, 90}}},
		{"a zero is not taken where two cells do",
			[][]int{{3, 20, 0}, {20, 20, 0}}, disclosure.Options{}, [][]int{{-1, -1, 0, 23}, {-1, -1, 0, 40}, {23, 40, 0, 63}}},
		{"five is not small", [][]int{{5, 20}, {20, 20}}, disclosure.Options{}, [][]int{{5, 20, 25}, {20, 20, 40}, {25, 40, 65}}},
		{"five is small at threshold ten", [][]int{{5, 20}, {20, 20}}, disclosure.Options{Threshold: 10}, [][]int{{-1, -1, 25}, {-1, -1, 40}, {25, 40, 65}}},
		{"a small table alone hides its total too", [][]int{{2}}, disclosure.Options{}, [][]int{{-1, -1}, {-1, -1}}},
		{"zeros hidden where none is telling", [][]int{{0, 20, 30}, {20, 20, 30}, {20, 20, 30}}, disclosure.Options{Zeros: disclosure.ZerosHidden},
			[][]int{{-1, -1, 30, 50}, {-1, -1, 30, 70}, {20, 20, 30, 70}, {40, 60, 90, 190}}},
		{"two small cells in one row do not protect each other: 1 and 1 of 2",
			[][]int{{1, 1, 20}, {30, 30, 30}}, disclosure.Options{},
			[][]int{{-1, -1, 20, 22}, {-1, -1, 30, 90}, {31, 31, 50, 112}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			table := named(c.cells)
			res, err := disclosure.Protect(table, c.opt)
			if err != nil {
				t.Fatal(err)
			}
			if c.name == "two small cells in one row do not protect each other: 1 and 1 of 2" {
				// The row alone would give them away; how it is mended is free.
				if res.Table[0][2] != nil && res.Table[0][3] != nil {
					t.Errorf("row %v leaves 1+1=2 to be read off", show(res)[0])
				}
				return
			}
			if got := show(res); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func named(cells [][]int) disclosure.Table {
	letters := strings.Split("ABCDEFGHIJKLMNOP", "")
	return disclosure.New(letters[:len(cells)], letters[:len(cells[0])], cells)
}

func TestBadTables(t *testing.T) {
	cases := []struct {
		name  string
		table disclosure.Table
		opt   disclosure.Options
		want  string
	}{
		{"empty", disclosure.Table{}, disclosure.Options{}, "no cells"},
		{"margin wrong", disclosure.Table{Rows: []string{"x"}, Columns: []string{"p", "q"}, Cells: [][]int{{6, 7}}, RowTotals: []int{14}, ColumnTotals: []int{6, 7}, Total: 13}, disclosure.Options{}, `row "x" adds up to 13 but its total (column "Total") says 14`},
		{"column wrong", disclosure.Table{Rows: []string{"x"}, Columns: []string{"p", "q"}, Cells: [][]int{{6, 7}}, RowTotals: []int{13}, ColumnTotals: []int{7, 6}, Total: 13}, disclosure.Options{}, `column "p" adds up to 6 but its total (row "Total") says 7`},
		{"negative", disclosure.New([]string{"x"}, []string{"p"}, [][]int{{-1}}), disclosure.Options{}, "holds -1"},
		{"ragged", disclosure.New([]string{"x"}, []string{"p", "q"}, [][]int{{1}}), disclosure.Options{}, "has 1 cells, expected 2"},
		{"labels repeated", disclosure.New([]string{"x", "x"}, []string{"p"}, [][]int{{1}, {2}}), disclosure.Options{}, `two rows are called "x"`},
		{"threshold too low", named([][]int{{9}}), disclosure.Options{Threshold: 2}, "expected 3 or more"},
		{"rounding too fine to stand alone", named([][]int{{9}}), disclosure.Options{Round: 3, RoundOnly: true}, "does not protect counts below 5"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := disclosure.Protect(c.table, c.opt)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got error %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestKeptTotalsAreRefusedWhenTheyGiveTheCellAway(t *testing.T) {
	res, err := disclosure.Protect(named([][]int{{3, 0}, {20, 30}}), disclosure.Options{KeepTotals: true})
	if err != nil {
		t.Fatal(err)
	}
	if !res.Refused || res.Table != nil || len(res.Reasons) == 0 {
		t.Errorf("got %+v, want a refusal without a table", res)
	}
}

func TestFromMatrix(t *testing.T) {
	table, err := disclosure.FromMatrix([]string{"x", "All"}, []string{"p", "q", "Sum"}, [][]int{{3, 30, 33}, {3, 30, 33}})
	if err != nil {
		t.Fatal(err)
	}
	res, err := disclosure.Protect(table, disclosure.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if res.Rows[1] != "All" || res.Columns[2] != "Sum" {
		t.Errorf("labels of totals lost: %q %q", res.Rows, res.Columns)
	}
	if _, err := disclosure.FromMatrix([]string{"All"}, []string{"p", "Sum"}, [][]int{{1, 1}}); err == nil {
		t.Error("a table of totals alone was accepted")
	}
}

// TestRoundedTablesAddUp: every number is one of its two nearest multiples, and
// rows and columns in which nothing is hidden still add up.
func TestRoundedTablesAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := genTable(t, 7)
		base := rapid.SampledFrom([]int{5, 10, 100}).Draw(t, "base")
		only := rapid.Bool().Draw(t, "rounding only")
		res, err := disclosure.Protect(table, disclosure.Options{Round: base, RoundOnly: only})
		if err != nil {
			t.Fatal(err)
		}
		if only && len(res.Primary)+len(res.Secondary) > 0 {
			t.Fatal("rounding only, yet something is hidden")
		}
		r, c := len(table.Rows), len(table.Columns)
		for i, row := range res.Table {
			for j, v := range row {
				if truth := value(table, i, j); v != nil && (*v%base != 0 || *v <= truth-base || *v >= truth+base) {
					t.Fatalf("%d was rounded to %d (base %d)", truth, *v, base)
				}
			}
			sum, whole := 0, true
			for j := range c {
				if row[j] == nil {
					whole = false
				} else {
					sum += *row[j]
				}
			}
			if whole && row[c] != nil && sum != *row[c] {
				t.Fatalf("row %d adds up to %d, says %d", i, sum, *row[c])
			}
		}
		for j := range c + 1 {
			sum, whole := 0, res.Table[r][j] != nil
			for i := range r {
				if res.Table[i][j] == nil {
					whole = false
				} else {
					sum += *res.Table[i][j]
				}
			}
			if whole && sum != *res.Table[r][j] {
				t.Fatalf("column %d adds up to %d, says %d", j, sum, *res.Table[r][j])
			}
		}
	})
}

func TestList(t *testing.T) {
	cases := []struct {
		name   string
		counts []int
		total  bool
		opt    disclosure.Options
		want   []int
		sum    int // -1 hidden or none
	}{
		{"no total, only small ones go", []int{3, 50, 0, 7}, false, disclosure.Options{}, []int{-1, 50, 0, 7}, -1},
		{"total, the next smallest goes too", []int{3, 50, 0, 17}, true, disclosure.Options{}, []int{-1, 50, 0, -1}, 70},
		{"three small ones are enough", []int{4, 4, 4, 50}, true, disclosure.Options{}, []int{-1, -1, -1, 50}, 62},
		{"two twos of four need a third", []int{2, 2, 50, 60}, true, disclosure.Options{}, []int{-1, -1, -1, 60}, 114},
		{"a small total goes", []int{2, 1}, true, disclosure.Options{}, []int{-1, -1}, -1},
		{"one count is its total", []int{4}, true, disclosure.Options{}, []int{-1}, -1},
		{"all zero", []int{0, 0}, true, disclosure.Options{}, []int{0, 0}, 0},
		{"empty", nil, true, disclosure.Options{}, nil, 0},
		{"rounded to agree", []int{12, 12, 12}, true, disclosure.Options{Round: 5}, []int{10, 10, 15}, 35},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			res, err := disclosure.List(c.counts, c.total, c.opt)
			if err != nil {
				t.Fatal(err)
			}
			var got []int
			for _, v := range res.Counts {
				if v == nil {
					v = ptr(-1)
				}
				got = append(got, *v)
			}
			sum := -1
			if res.Total != nil {
				sum = *res.Total
			}
			if c.name == "rounded to agree" {
				add := 0
				for _, v := range got {
					add += v
				}
				if add != sum || (sum != 35 && sum != 40) {
					t.Errorf("got %v with total %d: they must agree", got, sum)
				}
				return
			}
			if !reflect.DeepEqual(got, c.want) || sum != c.sum {
				t.Errorf("got %v total %d, want %v total %d", got, sum, c.want, c.sum)
			}
		})
	}
	if _, err := disclosure.List([]int{4, -2}, true, disclosure.Options{}); err == nil || !strings.Contains(err.Error(), "count 2 of the list is -2") {
		t.Errorf("negative count: got error %v", err)
	}
	res, err := disclosure.List([]int{3, 8}, true, disclosure.Options{KeepTotals: true})
	if err != nil || res.Refused { // 11 less two hidden counts: 3 lies in 1..10
		t.Errorf("got %+v, %v: two hidden counts of 11 protect each other", res, err)
	}
	res, err = disclosure.List([]int{3}, true, disclosure.Options{KeepTotals: true})
	if err != nil || !res.Refused || res.Counts != nil {
		t.Errorf("got %+v, %v: want a refusal", res, err)
	}
}

// TestListRanges compares the bounds of a list with arithmetic: with a shown
// total each hidden count lies between the least and what the others leave.
func TestListRanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		counts := rapid.SliceOfN(rapid.IntRange(0, 30), 1, 12).Draw(t, "counts")
		least := rapid.IntRange(0, 1).Draw(t, "zeros never hidden")
		zeros := []disclosure.ZeroPolicy{disclosure.ZerosAsCover, disclosure.ZerosShown}[least]
		res, err := disclosure.List(counts, true, disclosure.Options{Zeros: zeros})
		if err != nil || res.Refused {
			t.Fatalf("%v %v", err, res.Reasons)
		}
		hidden, sum := 0, 0
		for i, v := range counts {
			if res.Counts[i] == nil {
				hidden++
				sum += v
			} else if v > 0 && v < 5 {
				t.Fatalf("%d is shown", v)
			}
		}
		for _, b := range res.Ranges {
			if res.Total == nil {
				if b.High != nil {
					t.Fatalf("a limit of %d without a total", *b.High)
				}
				continue
			}
			low, high := least, sum-least*(hidden-1)
			if hidden == 1 {
				low = sum
			}
			if b.Low != low || b.High == nil || *b.High != high {
				t.Fatalf("count %d: got %+v, want %d..%d", b.Index, b, low, high)
			}
			if *b.High-b.Low < 5 {
				t.Fatalf("count %d is known to within %d", b.Index, *b.High-b.Low)
			}
		}
	})
}

func TestEarlierReleases(t *testing.T) {
	table := named([][]int{{20, 30, 40}, {22, 33, 44}, {25, 35, 45}})
	published := func(cells [][]*int) disclosure.Release {
		return disclosure.Release{Name: "quarter 1", Rows: table.Rows, Columns: table.Columns, Table: cells}
	}
	all := func(f func(i, j int) *int) (out [][]*int) {
		for i := range 4 {
			var row []*int
			for j := range 4 {
				row = append(row, f(i, j))
			}
			out = append(out, row)
		}
		return out
	}
	t.Run("two more people since last time are hidden", func(t *testing.T) {
		then := named([][]int{{18, 20, 30}, {12, 13, 14}, {15, 15, 15}})
		rel := published(all(func(i, j int) *int { return ptr(value(then, i, j)) }))
		rel.Relation = disclosure.Cumulative
		res, err := disclosure.Protect(table, disclosure.Options{Earlier: []disclosure.Release{rel}})
		if err != nil || res.Refused {
			t.Fatalf("%v %v", err, res.Reasons)
		}
		if res.Table[0][0] != nil || len(res.Secondary) == 0 {
			t.Errorf("20 after 18 is shown, or nothing protects it: %v", show(res))
		}
	})
	t.Run("a small number that is out is refused", func(t *testing.T) {
		small := named([][]int{{2, 30, 40}, {22, 33, 44}, {25, 35, 45}})
		rel := published(all(func(i, j int) *int { return ptr(value(small, i, j)) }))
		res, err := disclosure.Protect(small, disclosure.Options{Earlier: []disclosure.Release{rel}})
		if err != nil || !res.Refused || !strings.Contains(res.Reasons[0], "public already") {
			t.Errorf("got %+v, %v", res, err)
		}
	})
	t.Run("not the same count", func(t *testing.T) {
		rel := published(all(func(i, j int) *int { return ptr(7) }))
		if _, err := disclosure.Protect(table, disclosure.Options{Earlier: []disclosure.Release{rel}}); err == nil || !strings.Contains(err.Error(), "not the same count") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("fewer than before", func(t *testing.T) {
		rel := published(all(func(i, j int) *int { return ptr(5000) }))
		rel.Relation = disclosure.Cumulative
		if _, err := disclosure.Protect(table, disclosure.Options{Earlier: []disclosure.Release{rel}}); err == nil || !strings.Contains(err.Error(), "does not include everybody") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a row that is gone", func(t *testing.T) {
		rel := published(all(func(i, j int) *int { return nil }))
		rel.Rows = []string{"A", "B", "Elsewhere"}
		if _, err := disclosure.Protect(table, disclosure.Options{Earlier: []disclosure.Release{rel}}); err == nil || !strings.Contains(err.Error(), `"Elsewhere"`) {
			t.Errorf("got %v", err)
		}
	})
}

func TestResultPrintsAsPromised(t *testing.T) {
	res, err := disclosure.Protect(named([][]int{{3, 20}, {20, 20}}), disclosure.Options{})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(res)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"table":[[null,null,23],[null,null,40],[23,40,63]]`, `"suppressed_primary":[{"row":"A","column":"A"}]`, `"ranges":[{"row":"A","column":"A","low":0,"high":23,`} {
		if !strings.Contains(string(raw), want) {
			t.Errorf("JSON lacks %s:\n%s", want, raw)
		}
	}
}

func ExampleProtect() {
	table := disclosure.New([]string{"Northmoor", "Saltby", "Eastwick"}, []string{"referred", "not referred"},
		[][]int{{3, 41}, {17, 22}, {12, 60}})
	res, err := disclosure.Protect(table, disclosure.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, row := range res.Table {
		fmt.Printf("%-10s", res.Rows[i])
		for _, v := range row {
			if v == nil {
				fmt.Print("   c")
			} else {
				fmt.Printf("%4d", *v)
			}
		}
		fmt.Println()
	}
	// Output:
	// Northmoor    c   c  44
	// Saltby       c   c  39
	// Eastwick    12  60  72
	// Total       32 123 155
}

func ExampleList() {
	res, _ := disclosure.List([]int{3, 50, 0, 17}, true, disclosure.Options{})
	for _, v := range res.Counts {
		if v == nil {
			fmt.Print("hidden ")
		} else {
			fmt.Print(*v, " ")
		}
	}
	fmt.Println("of", *res.Total)
	// Output: hidden 50 0 hidden of 70
}

func BenchmarkProtectFlows(b *testing.B) { // 45 forces by 33 boroughs, mostly zeros
	cells := make([][]int, 45)
	x := uint32(1)
	for i := range cells {
		for range 33 {
			x = x*1664525 + 1013904223
			v := 0
			if x>>28 < 5 {
				v = int(x>>16&63) >> (x >> 24 & 3)
			}
			cells[i] = append(cells[i], v)
		}
	}
	rows, columns := make([]string, 45), make([]string, 33)
	for i := range rows {
		rows[i] = fmt.Sprint("force ", i)
	}
	for j := range columns {
		columns[j] = fmt.Sprint("borough ", j)
	}
	table := disclosure.New(rows, columns, cells)
	for b.Loop() {
		if _, err := disclosure.Protect(table, disclosure.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
