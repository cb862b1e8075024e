package tabular

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/unicode"
)

// FuzzOpen: whatever the bytes, a file is read or refused; nothing panics, every row fits the header, row
// numbers grow, and every error is one of the two kinds.
func FuzzOpen(f *testing.F) {
	for _, r := range refusals(f) {
		if len(r.data) < 1<<16 {
			f.Add(r.data)
		}
	}
	f.Add([]byte("a,b\r\n1,\"x\ny\"\r\n\r\n2,5\" z\r\n"))
	f.Add([]byte("sep=;\na;b\n\"open\n1;2\n\x00;3\n"))
	f.Add(encode(f, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), "a,b\n1,2\n"))
	f.Add(gz(f, []byte("a\tb\n1\t2\n")))
	f.Add(makeBook(f, [][]any{{"Victim", nil, "When"}, {"Name", "Age", nil}, {"A", 14, 45306.5}, {}, {"B", 1e17, -1}}, func(x *excelize.File) {
		styled(f, x, "C3", 45306.5, "dd/mm/yyyy hh:mm", 0)
		if err := x.MergeCell("Sheet1", "A1", "B1"); err != nil {
			f.Fatal(err)
		}
	}))
	f.Fuzz(readOrRefuse)
}

// FuzzSheet does the same with the insides of a workbook, which FuzzOpen hardly reaches through the compression.
func FuzzSheet(f *testing.F) {
	book := makeBook(f, [][]any{{"Name", "When"}, {"A", 1}}, func(x *excelize.File) { styled(f, x, "B2", 45306.5, "dd/mm/yyyy hh:mm", 0) })
	parts := map[string]string{}
	rewrite(f, book, "xl/worksheets/sheet1.xml", func(s string) string { parts["sheet"] = s; return s })
	rewrite(f, book, "xl/styles.xml", func(s string) string { parts["styles"] = s; return s })
	rewrite(f, book, "xl/sharedStrings.xml", func(s string) string { parts["strings"] = s; return s })
	f.Add(parts["sheet"], parts["styles"], parts["strings"])
	f.Add(strings.ReplaceAll(parts["sheet"], `t="s"`, `t="e"`), parts["styles"], "")
	f.Add(strings.Replace(parts["sheet"], `r="B2"`, `r="XFE9"`, 1), "", parts["strings"])
	f.Add(`<worksheet><sheetData><row><c><v>1</v></c></row><row r="1048577"><c r="A1" t="d"><v>2024-01-01T00:00:00Z</v></c></row></sheetData></worksheet>`, "<styleSheet/>", "<sst/>")
	f.Fuzz(func(t *testing.T, sheet, styles, texts string) {
		data := rewrite(t, book, "xl/worksheets/sheet1.xml", func(string) string { return sheet })
		data = rewrite(t, data, "xl/styles.xml", func(string) string { return styles })
		readOrRefuse(t, rewrite(t, data, "xl/sharedStrings.xml", func(string) string { return texts }))
	})
}

func readOrRefuse(t *testing.T, data []byte) {
	b, err := Open("in", bytes.NewReader(data), int64(len(data)), Limits{UnpackedBytes: 64 << 20, RowBytes: 1 << 20})
	if err != nil {
		mustBeFileError(t, err)
		return
	}
	defer b.Close()
	tabs, err := b.Tables()
	if err != nil {
		mustBeFileError(t, err)
		return
	}
	for _, tab := range tabs {
		last := tab.HeaderRow
		seen := map[string]bool{}
		for _, h := range tab.Header {
			if h == "" || seen[strings.ToLower(h)] {
				t.Fatalf("header %q has a name that is empty or there twice", tab.Header)
			}
			seen[strings.ToLower(h)] = true
		}
		for {
			row, err := tab.Next()
			if err == io.EOF {
				break
			}
			if re := (*RowError)(nil); errors.As(err, &re) {
				if re.Row < 1 || re.Reason == "" {
					t.Fatalf("refusal without place or reason: %+v", re)
				}
				continue
			}
			if err != nil {
				mustBeFileError(t, err)
				break
			}
			if len(row.Cells) != len(tab.Header) || row.Number <= last {
				t.Fatalf("row %d after %d has %d cells, header %d", row.Number, last, len(row.Cells), len(tab.Header))
			}
			last = row.Number
		}
	}
}

func mustBeFileError(t *testing.T, err error) {
	t.Helper()
	fe := (*FileError)(nil)
	if !errors.As(err, &fe) || fe.Found == "" || fe.Error() == "" {
		t.Fatalf("error %v (%T), want a FileError in words", err, err)
	}
}

// FuzzFramer: on every text that encoding/csv reads strictly, cutting it into records first changes nothing.
func FuzzFramer(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "a,\"b\nc\"\n\"d\"\"e\",f", "\"\"\n\"\",\"\"\n", "a\r\nb\r\n", "\"a\r\nb\",c\r\n", "x\n\n\ny", "\"\n\n\"\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r := csv.NewReader(strings.NewReader(s))
		r.FieldsPerRecord = -1
		want, err := r.ReadAll()
		if err != nil || strings.ContainsRune(s, 0) || !strings.Contains(s, "\n") || strings.Count(s, "\n") > 500 || strings.ToValidUTF8(s, "") != s {
			return
		}
		text := &text{name: "in", r: strings.NewReader(s), size: int64(len(s)), lim: DefaultLimits(), facts: textFacts{encoding: UTF8, eol: '\n'}}
		src, err := newCSVSource(text, ',')
		if err != nil {
			t.Fatal(err)
		}
		var got [][]string
		for {
			_, cells, err := src.next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%v, where encoding/csv reads %q", err, want)
			}
			if lastFilled(cells) >= 0 {
				got = append(got, cells)
			}
		}
		var filled [][]string
		for _, w := range want {
			if lastFilled(w) >= 0 {
				filled = append(filled, w)
			}
		}
		if !reflect.DeepEqual(got, filled) {
			t.Fatalf("read %s, want %s", fmt.Sprintf("%q", got), fmt.Sprintf("%q", filled))
		}
	})
}
