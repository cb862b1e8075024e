package tabular

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

// makeBook builds a workbook of one sheet from rows, starting at A1, and then lets edit change it.
func makeBook(t testing.TB, rows [][]any, edit func(f *excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, row := range rows {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	if edit != nil {
		edit(f)
	}
	var buf bytes.Buffer
	if err := f.Write(&buf); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// rewrite changes one part of a workbook as text.
func rewrite(t testing.TB, book []byte, part string, change func(string) string) []byte {
	t.Helper()
	zr, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	if err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	zw := zip.NewWriter(&buf)
	for _, f := range zr.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if f.Name == part {
			data = []byte(change(string(data)))
		}
		w, err := zw.Create(f.Name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// styled sets a cell to a number shown by a number format.
func styled(t testing.TB, f *excelize.File, cell string, v any, code string, id int) {
	t.Helper()
	style := &excelize.Style{NumFmt: id}
	if code != "" {
		style = &excelize.Style{CustomNumFmt: &code}
	}
	n, err := f.NewStyle(style)
	if err == nil {
		err = f.SetCellValue("Sheet1", cell, v)
	}
	if err == nil {
		err = f.SetCellStyle("Sheet1", cell, cell, n)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestWorkbookCellsAreAsTyped(t *testing.T) {
	tests := []struct {
		name string
		set  func(f *excelize.File) // sets A2
		want string
	}{
		{"text", func(f *excelize.File) { f.SetCellValue("Sheet1", "A2", "Zoë") }, "Zoë"},
		{"text with zeros in front", func(f *excelize.File) { f.SetCellStr("Sheet1", "A2", "00123") }, "00123"},
		{"text in scientific notation", func(f *excelize.File) { f.SetCellStr("Sheet1", "A2", "1.2E+09") }, "1.2E+09"},
		{"text like a rounded number", func(f *excelize.File) { f.SetCellStr("Sheet1", "A2", "1.23456789012346E+15") }, "1.23456789012346E+15"},
		{"a reference of ten digits", func(f *excelize.File) { f.SetCellValue("Sheet1", "A2", 1200000000) }, "1200000000"},
		{"a reference shown in scientific notation", func(f *excelize.File) { styled(t, f, "A2", 1200000000, "", 11) }, "1200000000"},
		{"a reference of sixteen digits", func(f *excelize.File) { f.SetCellDefault("Sheet1", "A2", "1234567890123456") }, "1234567890123456"},
		{"a large number stored with an exponent", func(f *excelize.File) { f.SetCellDefault("Sheet1", "A2", "1.2345678901E10") }, "12345678901"},
		{"binary noise in a fraction", func(f *excelize.File) { f.SetCellDefault("Sheet1", "A2", "51.963597000000001") }, "51.963597"},
		{"a small number", func(f *excelize.File) { f.SetCellDefault("Sheet1", "A2", "-1.234567890123456E-5") }, "-0.00001234567890123456"},
		{"a number shown rounded", func(f *excelize.File) { styled(t, f, "A2", 3.14159, "0.0", 0) }, "3.14159"},
		{"a share", func(f *excelize.File) { styled(t, f, "A2", 0.125, "", 10) }, "0.125"},
		{"money", func(f *excelize.File) { styled(t, f, "A2", 1234.5, "£#,##0.00", 0) }, "1234.5"},
		{"zeros in front by format", func(f *excelize.File) { styled(t, f, "A2", 123, "000000", 0) }, "000123"},
		{"truth", func(f *excelize.File) { f.SetCellValue("Sheet1", "A2", true) }, "TRUE"},
		{"date", func(f *excelize.File) { styled(t, f, "A2", 45306, "", 14) }, "2024-01-15"},
		{"date in words", func(f *excelize.File) { styled(t, f, "A2", 45306, "[$-809]dd mmmm yyyy", 0) }, "2024-01-15"},
		{"date and time", func(f *excelize.File) { styled(t, f, "A2", 45306.99, "dd/mm/yyyy hh:mm", 0) }, "2024-01-15T23:45:36"},
		{"date and time at midnight", func(f *excelize.File) { styled(t, f, "A2", 45306, "dd/mm/yyyy hh:mm", 0) }, "2024-01-15T00:00:00"},
		{"a time under a date format", func(f *excelize.File) { styled(t, f, "A2", 45306.5, "dd/mm/yyyy", 0) }, "2024-01-15T12:00:00"},
		{"written by Go", func(f *excelize.File) {
			f.SetCellValue("Sheet1", "A2", time.Date(2024, 2, 29, 8, 5, 9, 0, time.UTC))
		}, "2024-02-29T08:05:09"},
		{"month", func(f *excelize.File) { styled(t, f, "A2", 45292, "mmm-yy", 0) }, "2024-01"},
		{"a day shown as its month", func(f *excelize.File) { styled(t, f, "A2", 45306, "", 17) }, "2024-01-15"},
		{"time", func(f *excelize.File) { styled(t, f, "A2", 0.75, "hh:mm", 0) }, "18:00:00"},
		{"duration", func(f *excelize.File) { styled(t, f, "A2", 1.5, "[h]:mm", 0) }, "36:00:00"},
		{"the placeholder of 1900", func(f *excelize.File) { styled(t, f, "A2", 1, "", 14) }, "1900-01-01"},
		{"February 1900", func(f *excelize.File) { styled(t, f, "A2", 59, "", 14) }, "1900-02-28"},
		{"March 1900", func(f *excelize.File) { styled(t, f, "A2", 61, "", 14) }, "1900-03-01"},
		{"day nought", func(f *excelize.File) { styled(t, f, "A2", 0, "", 14) }, "0"},
		{"beyond the calendar", func(f *excelize.File) { styled(t, f, "A2", 1234567890, "", 14) }, "1234567890"},
		{"negative under a date format", func(f *excelize.File) { styled(t, f, "A2", -3, "", 14) }, "-3"},
		{"text under a date format", func(f *excelize.File) { styled(t, f, "A2", "31/12/1899", "", 14) }, "31/12/1899"},
		{"minutes that are not a month", func(f *excelize.File) { styled(t, f, "A2", 5, `0 "days"`, 0) }, "5"},
		{"colour in brackets", func(f *excelize.File) { styled(t, f, "A2", 5, `[Red]0`, 0) }, "5"},
		{"formula", func(f *excelize.File) {
			f.SetCellValue("Sheet1", "A2", 41)
			f.SetCellFormula("Sheet1", "A2", "40+2")
		}, "41"}, // the stored value, wrong though it is: nothing is worked out
		{"error", func(f *excelize.File) { f.SetCellStr("Sheet1", "A2", "#N/A") }, "#N/A"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			data := makeBook(t, [][]any{{"Value", "Other"}, {nil, "x"}}, tt.set)
			if tt.name == "error" {
				data = rewrite(t, data, "xl/worksheets/sheet1.xml", func(s string) string {
					return strings.Replace(s, `<c r="A2" t="s"><v>3</v></c>`, `<c r="A2" t="e"><v>#N/A</v></c>`, 1)
				})
			}
			_, tabs := openBytes(t, "in.xlsx", data, Choices{})
			row, err := tabs[0].Next()
			if err != nil {
				t.Fatal(err)
			}
			if row.Cells[0] != tt.want {
				t.Errorf("got %q, want %q", row.Cells[0], tt.want)
			}
		})
	}
}

func TestDatesCountedFrom1904(t *testing.T) {
	data := makeBook(t, [][]any{{"Value", "Other"}, {nil, "x"}}, func(f *excelize.File) {
		yes := true
		if err := f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &yes}); err != nil {
			t.Fatal(err)
		}
		styled(t, f, "A2", 43844, "", 14)
	})
	_, tabs := openBytes(t, "in.xlsx", data, Choices{})
	rows, _ := readAll(t, tabs[0])
	if want := []string{"2|2024-01-15|x"}; !reflect.DeepEqual(rows, want) {
		t.Errorf("rows %q, want %q", rows, want)
	}
	if !strings.Contains(strings.Join(tabs[0].Notes, "\n"), "1904") {
		t.Errorf("notes %q do not say that dates are counted from 1904", tabs[0].Notes)
	}
}

func TestAwkwardWorkbooks(t *testing.T) {
	merge := func(f *excelize.File, from, to string) {
		if err := f.MergeCell("Sheet1", from, to); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name    string
		rows    [][]any
		edit    func(f *excelize.File)
		sheets  []string
		header  string
		row     int
		want    []string
		refused []string
		notes   []string
	}{
		{name: "title over merged cells", rows: [][]any{{"Missing episodes 2024"}, {}, {"URN", "Name", "Age"}, {1, "A", 14}, {2, "B", 15}},
			edit:   func(f *excelize.File) { merge(f, "A1", "C1") },
			header: "URN|Name|Age", row: 3, want: []string{"4|1|A|14", "5|2|B|15"}, notes: []string{"row 1 above the column names"}},
		{name: "groups above all columns", rows: [][]any{{"Victim", nil, "Suspect", nil}, {"Forename", "Age", "Forename", "Age"}, {"A", 14, "B", 15}, {"C", 16, "D", 17}},
			edit:   func(f *excelize.File) { merge(f, "A1", "B1"); merge(f, "C1", "D1") },
			header: "Victim Forename|Victim Age|Suspect Forename|Suspect Age", row: 2, want: []string{"3|A|14|B|15", "4|C|16|D|17"},
			notes: []string{"rows 1 and 2 are read together"}},
		{name: "groups above some columns", rows: [][]any{{"URN", "Child", nil, "Date"}, {nil, "Forename", "Surname", nil}, {1, "A", "B", "2024-01-01"}, {2, "C", "D", "2024-01-02"}},
			edit:   func(f *excelize.File) { merge(f, "A1", "A2"); merge(f, "B1", "C1"); merge(f, "D1", "D2") },
			header: "URN|Child Forename|Child Surname|Date", row: 2, want: []string{"3|1|A|B|2024-01-01", "4|2|C|D|2024-01-02"}},
		{name: "two tables on one sheet", rows: [][]any{{"URN", "Age"}, {1, 14}, {2, 15}, {3, 16}, {}, {"Ward", "Total", "Share"}, {"East", 3, 0.5}},
			header: "URN|Age", row: 1, want: []string{"2|1|14", "3|2|15", "4|3|16"}, refused: []string{"6!the row belongs to a second table", "7!the row belongs"}},
		{name: "a row wider than the header", rows: [][]any{{"URN", "Age"}, {1, 14, "note"}, {2, 15}},
			header: "URN|Age", row: 1, want: []string{"3|2|15"}, refused: []string{"2!the row has 3 cells and the header 2"}},
		{name: "far below and to the right", rows: nil, edit: func(f *excelize.File) {
			f.SetCellValue("Sheet1", "C7", "URN")
			f.SetCellValue("Sheet1", "D7", "Age")
			f.SetCellValue("Sheet1", "C9", 1)
			f.SetCellValue("Sheet1", "D9", 14)
		}, header: "Column A|Column B|URN|Age", row: 7, want: []string{"9|||1|14"}},
		{name: "several sheets, one hidden, one empty", rows: [][]any{{"URN", "Age"}, {1, 14}}, edit: func(f *excelize.File) {
			f.NewSheet("Empty")
			f.NewSheet("Lookup")
			f.SetSheetRow("Lookup", "A1", &[]any{"Code", "Words"})
			f.SetSheetRow("Lookup", "A2", &[]any{"1", "one"})
			f.SetSheetVisible("Lookup", false)
		}, sheets: []string{"Sheet1", "Lookup"}, header: "URN|Age", row: 1, want: []string{"2|1|14"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			data := makeBook(t, tt.rows, tt.edit)
			for _, zipped := range []bool{false, true} {
				if zipped {
					data = gz(t, data)
				}
				b, tabs := openBytes(t, "in.xlsx", data, Choices{})
				if b.Format != "xlsx" || b.Compressed != zipped {
					t.Fatalf("read as %s, compressed %v", b.Format, b.Compressed)
				}
				tab := tabs[0]
				if got := strings.Join(tab.Header, "|"); got != tt.header || tab.HeaderRow != tt.row {
					t.Fatalf("header %q in row %d, want %q in row %d", got, tab.HeaderRow, tt.header, tt.row)
				}
				rows, refused := readAll(t, tab)
				if !reflect.DeepEqual(rows, tt.want) {
					t.Errorf("rows %q, want %q", rows, tt.want)
				}
				if len(refused) != len(tt.refused) {
					t.Fatalf("refused %q, want %q", refused, tt.refused)
				}
				for i, want := range tt.refused {
					if !strings.HasPrefix(refused[i], want) {
						t.Errorf("refused %q, want it to begin %q", refused[i], want)
					}
				}
				for _, want := range tt.notes {
					if !strings.Contains(strings.Join(tab.Notes, "\n"), want) {
						t.Errorf("notes %q, want one with %q", tab.Notes, want)
					}
				}
				if tt.sheets != nil {
					var got []string
					for _, tab := range tabs {
						got = append(got, tab.Sheet)
					}
					if !reflect.DeepEqual(got, tt.sheets) {
						t.Errorf("sheets %q, want %q", got, tt.sheets)
					}
					if last := tabs[len(tabs)-1]; last.Notes[0] != "the sheet is hidden" {
						t.Errorf("notes of %s %q do not say that it is hidden", last.Sheet, last.Notes)
					}
				}
			}
		})
	}
}

func TestADamagedSheetIsNotTakenForAShortOne(t *testing.T) {
	var rows [][]any
	rows = append(rows, []any{"URN", "Name"})
	for i := range 200 {
		rows = append(rows, []any{i, fmt.Sprintf("made %d", i)})
	}
	data := rewrite(t, makeBook(t, rows, nil), "xl/worksheets/sheet1.xml", func(s string) string {
		return strings.Replace(s, `<row r="150"`, `<row r="150" <`, 1)
	})
	_, tabs := openBytes(t, "in.xlsx", data, Choices{})
	for {
		_, err := tabs[0].Next()
		if err == nil {
			continue
		}
		fe := (*FileError)(nil)
		if !errors.As(err, &fe) || fe.Sheet != "Sheet1" {
			t.Fatalf("reading ended with %v, want a FileError for Sheet1", err)
		}
		return
	}
}

func TestFormFilesOpenOrAreRefused(t *testing.T) {
	files, _ := filepath.Glob("../../../../shared/data/xlsform/*.xls*")
	if len(files) == 0 {
		t.Skip("the public form files are not beside the repository")
	}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			b, err := Open(name, bytes.NewReader(data), int64(len(data)), Limits{})
			if strings.HasSuffix(name, ".xls") {
				if err == nil || !strings.Contains(err.Error(), "old Excel workbook") {
					t.Fatalf("Open: %v, want it refused as an old workbook", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			tabs, err := b.Tables()
			if err != nil {
				t.Fatal(err)
			}
			f, err := excelize.OpenFile(name)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			for _, tab := range tabs {
				got, refused := readAll(t, tab)
				all, err := f.GetRows(tab.Sheet)
				if err != nil {
					t.Fatal(err)
				}
				want := 0
				for i, r := range all {
					if i+1 > tab.HeaderRow && lastFilled(r) >= 0 {
						want++
					}
				}
				if len(got)+len(refused) != want {
					t.Errorf("sheet %s: %d taken and %d refused, want %d rows below row %d", tab.Sheet, len(got), len(refused), want, tab.HeaderRow)
				}
				if len(refused) > 0 {
					t.Logf("sheet %s refused %q", tab.Sheet, refused)
				}
				t.Logf("sheet %s: %q row %d, %d rows, %q", tab.Sheet, tab.Header, tab.HeaderRow, len(got), tab.Notes)
			}
		})
	}
}

func TestALargeWorkbookIsReadThroughFilesThatGoAway(t *testing.T) {
	if testing.Short() {
		t.Skip("makes a workbook of some 10 MB")
	}
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	const rows, cols = 30_000, 10
	cell := func(r, c int) string {
		return fmt.Sprintf("%x", sha256.Sum256([]byte(fmt.Sprint(r, c))))
	}
	var all [][]any
	all = append(all, []any{"c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "c9"})
	for r := range rows {
		line := make([]any, cols)
		for c := range line {
			line[c] = cell(r, c)
		}
		all = append(all, line)
	}
	data := gz(t, makeBook(t, all, nil))
	b, err := Open("in.xlsx.gz", bytes.NewReader(data), int64(len(data)), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	tabs, err := b.Tables()
	if err != nil {
		t.Fatal(err)
	}
	if during, _ := os.ReadDir(dir); len(during) < 3 {
		t.Errorf("%d temporary files; want the unpacked workbook, its wanted parts and the large parts of these", len(during))
	}
	n := 0
	for {
		row, err := tabs[0].Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if row.Number != n+2 || row.Cells[0] != cell(n, 0) || row.Cells[cols-1] != cell(n, cols-1) {
			t.Fatalf("row %d is %q, want the cells made for row %d", row.Number, row.Cells, n+2)
		}
		n++
	}
	if n != rows {
		t.Errorf("%d rows, want %d", n, rows)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("%d temporary files are left after Close: %v", len(left), left)
	}
	if _, err := tabs[0].Next(); err != io.EOF {
		t.Errorf("reading after the end and Close: %v, want io.EOF again", err)
	}
}
