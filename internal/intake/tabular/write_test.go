package tabular

import (
	"bytes"
	"encoding/csv"
	"errors"
	"iter"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

var made = time.Date(2024, 5, 1, 9, 0, 0, 0, time.UTC)

func sample() []OutSheet {
	day, instant := time.Date(2024, 1, 15, 0, 0, 0, 0, time.UTC), time.Date(2024, 1, 15, 23, 45, 36, 0, time.UTC)
	return []OutSheet{
		{Name: "Rows: all / of them", Header: []string{"name", "=n", "when", "at", "share", "known", "none"}, Rows: Rows([][]any{
			{"Zoë", 3, day, instant, 0.125, true, nil},
			{"=1+1", -4, day, instant, -0.5, false, nil},
			{"-5", int64(1200000000), day, instant, math.NaN(), false, nil},
		})},
		{Name: "rows  all  of them", Header: []string{"a"}, Rows: Rows(nil)},
		{Name: "", Header: []string{"a"}, Rows: Rows([][]any{{"@x"}, {strings.Repeat("é", 40_000)}})},
	}
}

func TestWorkbooksRoundTrip(t *testing.T) {
	var buf bytes.Buffer
	if err := WriteXLSX(&buf, made, sample()); err != nil {
		t.Fatal(err)
	}
	_, tabs := openBytes(t, "out.xlsx", buf.Bytes(), Choices{})
	var names []string
	for _, tab := range tabs {
		names = append(names, tab.Sheet)
	}
	if want := []string{"Rows all of them", "rows all of them (2)", "Sheet 3"}; !reflect.DeepEqual(names, want) {
		t.Errorf("sheets %q, want %q", names, want)
	}
	if want := []string{"name", "'=n", "when", "at", "share", "known", "none"}; !reflect.DeepEqual(tabs[0].Header, want) {
		t.Errorf("header %q, want %q", tabs[0].Header, want)
	}
	rows, _ := readAll(t, tabs[0])
	want := []string{
		"2|Zoë|3|2024-01-15|2024-01-15T23:45:36|0.125|TRUE|",
		"3|'=1+1|-4|2024-01-15|2024-01-15T23:45:36|-0.5|FALSE|",
		"4|'-5|1200000000|2024-01-15|2024-01-15T23:45:36||FALSE|",
	}
	if !reflect.DeepEqual(rows, want) {
		t.Errorf("rows %q, want %q", rows, want)
	}
	long, _ := readAll(t, tabs[2])
	if len(long) != 2 || !strings.HasSuffix(long[1], "[cut: a cell holds 32,767 characters]") || len([]rune(long[1])) != maxCellChars+len("3|") {
		t.Errorf("the long text is not cut at Excel's limit: %d characters", len([]rune(long[1])))
	}
}

func TestWorkbooksHaveTheSameBytes(t *testing.T) {
	write := func(at time.Time) []byte {
		var buf bytes.Buffer
		if err := WriteXLSX(&buf, at, sample()); err != nil {
			t.Fatal(err)
		}
		return buf.Bytes()
	}
	first := write(made)
	for range 8 {
		if !bytes.Equal(first, write(made)) {
			t.Fatal("the same sheets and date gave other bytes")
		}
	}
	if bytes.Equal(first, write(made.Add(time.Hour))) {
		t.Error("another date gave the same bytes; the date is not in the file")
	}
}

func TestCSVIsWrittenNeutralisedAndNumbersPlain(t *testing.T) {
	rows := Rows([][]any{{"=cmd|' /C calc'!A0", -3, -0.131055, 1e-9}, {"+44 7700 900123", int64(5), math.Inf(1), 12.0}, {"a\n=b", 0, 1e22, nil}, {"\t=x", 0, 0.0, "ok"}})
	var buf bytes.Buffer
	if err := WriteCSV(&buf, []string{"@a", "b", "c", "d"}, rows, false); err != nil {
		t.Fatal(err)
	}
	want := "'@a,b,c,d\n'=cmd|' /C calc'!A0,-3,-0.131055,1e-09\n'+44 7700 900123,5,,12\n\"a\n=b\",0,1e+22,\n'\t=x,0,0,ok\n"
	if buf.String() != want {
		t.Errorf("wrote %q, want %q", buf.String(), want)
	}
	buf.Reset()
	if err := WriteCSV(&buf, []string{"é"}, Rows([][]any{{"1"}}), true); err != nil {
		t.Fatal(err)
	}
	if want := "\ufeffé\r\n1\r\n"; buf.String() != want {
		t.Errorf("for a spreadsheet wrote %q, want %q", buf.String(), want)
	}
}

func TestAFailingSourceFailsTheWriting(t *testing.T) {
	broken := errors.New("the store went away")
	var rows iter.Seq2[[]any, error] = func(yield func([]any, error) bool) {
		_ = yield([]any{"a"}, nil) && yield(nil, broken)
	}
	if err := WriteCSV(&bytes.Buffer{}, []string{"a"}, rows, false); !errors.Is(err, broken) {
		t.Errorf("WriteCSV: %v, want %v", err, broken)
	}
	if err := WriteXLSX(&bytes.Buffer{}, made, []OutSheet{{Name: "x", Header: []string{"a"}, Rows: rows}}); !errors.Is(err, broken) {
		t.Errorf("WriteXLSX: %v, want %v", err, broken)
	}
	if err := WriteCSV(&bytes.Buffer{}, []string{"a"}, Rows([][]any{{struct{}{}}}), false); err == nil {
		t.Error("a cell of an unknown type was written")
	}
}

func FuzzNeutralise(f *testing.F) {
	for _, s := range []string{"", "a", "=1+1", "+1", "-1", "@x", "\tx", "\rx", "'=x", "''=x", " =x", "\n=x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.ToValidUTF8(s, "?")
		n := Neutralise(s)
		if n != "" && strings.ContainsRune(formulaStart, rune(n[0])) {
			t.Fatalf("%q is still a formula", n)
		}
		if !strings.HasPrefix(s, "'") && Restore(n) != s {
			t.Fatalf("Restore(%q) is %q, want %q", n, Restore(n), s)
		}
		var buf bytes.Buffer
		if err := WriteCSV(&buf, []string{"h", "i"}, Rows([][]any{{s, 1}}), false); err != nil {
			t.Fatal(err)
		}
		records, err := csv.NewReader(&buf).ReadAll()
		if err != nil || len(records) != 2 {
			t.Fatalf("written CSV reads as %q, %v", records, err)
		}
		if got := records[1][0]; got != "" && strings.ContainsRune(formulaStart, rune(got[0])) {
			t.Fatalf("cell %q would be run", got)
		}
	})
}

func TestSheetNamesAreAcceptedByExcelAndDistinct(t *testing.T) {
	taken := map[string]bool{}
	f := excelize.NewFile()
	defer f.Close()
	for i, want := range []string{"", "a:b\\c/d?e*f[g]h", "'quoted'", strings.Repeat("long ", 20), strings.Repeat("long ", 20), strings.Repeat("𝔘", 40), "Tab\tand\nline", "\xff"} {
		name := sheetName(want, i+1, taken)
		if _, err := f.NewSheet(name); err != nil {
			t.Errorf("sheetName(%q) = %q, which is refused: %v", want, name, err)
		}
	}
	if n := len(f.GetSheetList()); n != 9 {
		t.Errorf("%d sheets, want 9: %q", n, f.GetSheetList())
	}
}

func TestLooksLikeTotal(t *testing.T) {
	tests := []struct {
		cells []string
		want  bool
	}{
		{[]string{"Total", "12", "3.5%"}, true},
		{[]string{"", "Grand total", "1,204"}, true},
		{[]string{"TOTALS:", "", "£3"}, true},
		{[]string{"Total offences", "3"}, true},
		{[]string{"Sub-total", "(3)"}, true},
		{[]string{"Sum", "9"}, true},
		{[]string{"Totally made up", "9"}, false},
		{[]string{"Total", "Kent"}, false},
		{[]string{"Kent", "Total"}, false},
		{[]string{"12", "3"}, false},
		{[]string{"", ""}, false},
	}
	for _, tt := range tests {
		if got := LooksLikeTotal(Row{Cells: tt.cells}); got != tt.want {
			t.Errorf("LooksLikeTotal(%q) = %v, want %v", tt.cells, got, tt.want)
		}
	}
}
