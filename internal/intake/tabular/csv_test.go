package tabular

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// readAll gives every row as "number|cell|cell" and every refusal as "number!reason".
func readAll(t testing.TB, tab *Table) (rows, refused []string) {
	t.Helper()
	for {
		r, err := tab.Next()
		re := (*RowError)(nil)
		switch {
		case err == io.EOF:
			return rows, refused
		case errors.As(err, &re):
			refused = append(refused, fmt.Sprintf("%d!%s", re.Row, re.Reason))
		case err != nil:
			t.Fatalf("Next: %v", err)
		default:
			if len(r.Cells) != len(tab.Header) {
				t.Fatalf("row %d has %d cells, header %d", r.Number, len(r.Cells), len(tab.Header))
			}
			rows = append(rows, fmt.Sprintf("%d|%s", r.Number, strings.Join(r.Cells, "|")))
		}
	}
}

func openBytes(t testing.TB, name string, data []byte, c Choices) (*Book, []*Table) {
	t.Helper()
	b, err := OpenWith(name, bytes.NewReader(data), int64(len(data)), Limits{}, c)
	if err != nil {
		t.Fatalf("Open(%s): %v", name, err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("Close(%s): %v", name, err)
		}
	})
	tabs, err := b.Tables()
	if err != nil {
		t.Fatalf("Tables(%s): %v", name, err)
	}
	return b, tabs
}

func encode(t testing.TB, e encoding.Encoding, s string) []byte {
	t.Helper()
	out, err := e.NewEncoder().Bytes([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func gz(t testing.TB, data []byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestCSVIsReadInEveryEncodingDelimiterAndLineEnd(t *testing.T) {
	const in = "Name,Ward,Count\r\nZoë,Saint-Étienne “A”,3\r\nRené,Ålesund,4\r\n"
	encodings := []struct {
		name string
		make func(string) []byte
		want string
	}{
		{"utf-8", func(s string) []byte { return []byte(s) }, UTF8},
		{"utf-8 with mark", func(s string) []byte { return []byte("\ufeff" + s) }, UTF8},
		{"utf-16le with mark", func(s string) []byte {
			return encode(t, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), s)
		}, UTF16LE},
		{"utf-16be with mark", func(s string) []byte {
			return encode(t, unicode.UTF16(unicode.BigEndian, unicode.UseBOM), s)
		}, UTF16BE},
		{"utf-16le bare", func(s string) []byte {
			return encode(t, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), s)
		}, UTF16LE},
		{"utf-16be bare", func(s string) []byte {
			return encode(t, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), s)
		}, UTF16BE},
		{"windows-1252", func(s string) []byte { return encode(t, charmap.Windows1252, s) }, Windows1252},
	}
	wantRows := []string{"2|Zoë|Saint-Étienne “A”|3", "3|René|Ålesund|4"}
	for _, e := range encodings {
		for comma, name := range map[string]string{",": "comma", ";": "semicolon", "\t": "tab"} {
			for eolName, eol := range map[string]string{"CRLF": "\r\n", "LF": "\n", "CR": "\r"} {
				for _, zipped := range []bool{false, true} {
					t.Run(fmt.Sprintf("%s/%s/%s/gz=%v", e.name, name, eolName, zipped), func(t *testing.T) {
						data := e.make(strings.ReplaceAll(strings.ReplaceAll(in, ",", comma), "\r\n", eol))
						if zipped {
							data = gz(t, data)
						}
						b, tabs := openBytes(t, "in.csv", data, Choices{})
						if b.Encoding != e.want || b.Delimiter != name || b.Compressed != zipped {
							t.Fatalf("read as %s, %s, compressed %v; want %s, %s, %v", b.Encoding, b.Delimiter, b.Compressed, e.want, name, zipped)
						}
						if want := []string{"Name", "Ward", "Count"}; !reflect.DeepEqual(tabs[0].Header, want) {
							t.Fatalf("header %q, want %q", tabs[0].Header, want)
						}
						rows, refused := readAll(t, tabs[0])
						if !reflect.DeepEqual(rows, wantRows) || len(refused) > 0 {
							t.Fatalf("rows %q refused %q, want %q", rows, refused, wantRows)
						}
					})
				}
			}
		}
	}
}

func TestAwkwardCSV(t *testing.T) {
	tests := []struct {
		name    string
		in      string
		choices Choices
		header  string // joined by |
		row     int    // header row
		rows    []string
		refused []string // prefixes "number!words"
		notes   []string // each must be part of some note
	}{
		{name: "quoted newlines do not add to the row count", in: "id,note\n1,\"two\nlines, and a comma\"\n2,plain\n",
			header: "id|note", row: 1, rows: []string{"2|1|two\nlines, and a comma", "3|2|plain"}},
		{name: "blank rows are passed over and counted", in: "id,note\n\n1,a\n,\n\n2,b\n",
			header: "id|note", row: 1, rows: []string{"3|1|a", "6|2|b"}},
		{name: "title rows", in: "Essex Police\nMissing persons, January 2024\n\nURN,Surname,DOB\n1,SMITH,01/02/2009\n2,JONES,03/04/2010\n",
			header: "URN|Surname|DOB", row: 4, rows: []string{"5|1|SMITH|01/02/2009", "6|2|JONES|03/04/2010"},
			notes: []string{"2 rows above the column names (1 to 2)"}},
		{name: "all-text rows", in: "Force,Area,Type\nKent,Ashford,Burglary\nEssex,Basildon,Robbery\n",
			header: "Force|Area|Type", row: 1, rows: []string{"2|Kent|Ashford|Burglary", "3|Essex|Basildon|Robbery"}},
		{name: "years as column names", in: "Area,2019,2020,2021\nKent,1,2,3\nEssex,4,5,6\n",
			header: "Area|2019|2020|2021", row: 1, rows: []string{"2|Kent|1|2|3", "3|Essex|4|5|6"}},
		{name: "the header is said", in: "a,b\nc,d\n1,2\n", choices: Choices{HeaderRow: map[string]int{"": 2}},
			header: "c|d", row: 2, rows: []string{"3|1|2"}},
		{name: "duplicate and missing names", in: "Name,name,,Name (2),Date\nA,B,C,D,E\n",
			header: "Name|name (3)|Column C|Name (2)|Date", row: 1, rows: []string{"2|A|B|C|D|E"},
			notes: []string{`called "name (3)"`, `column C has no name`}},
		{name: "ragged rows", in: "a,b,c\n1\n1,2,3,,\n1,2,3,4\n5,6,7\n",
			header: "a|b|c", row: 1, rows: []string{"2|1||", "3|1|2|3", "5|5|6|7"}, refused: []string{"4!the row has 4 cells and the header 3"}},
		{name: "two-row header", in: "Victim,,Suspect,\nForename,Surname,Forename,Surname\nA,B,C,D\nE,F,G,H\n",
			header: "Victim Forename|Victim Surname|Suspect Forename|Suspect Surname", row: 2,
			rows: []string{"3|A|B|C|D", "4|E|F|G|H"}, notes: []string{"rows 1 and 2 are read together"}},
		{name: "second table", in: "URN,Age,Seen\n1,14,2024-01-02\n2,15,2024-01-03\n3,16,2024-01-04\n\nOffence,Total,Share\nKnife,12,0.3\nDrugs,8,0.2\n",
			header: "URN|Age|Seen", row: 1, rows: []string{"2|1|14|2024-01-02", "3|2|15|2024-01-03", "4|3|16|2024-01-04"},
			refused: []string{"6!the row belongs to a second table that seems to start in row 6", "7!the row belongs", "8!the row belongs"},
			notes:   []string{"second table seems to start in row 6"}},
		{name: "a blank row and an odd word are no second table", in: "Name,Forename,Age\nA,B,14\nC,D,15\nE,F,16\n\nG,H,not recorded\nI,J,17\n",
			header: "Name|Forename|Age", row: 1,
			rows: []string{"2|A|B|14", "3|C|D|15", "4|E|F|16", "6|G|H|not recorded", "7|I|J|17"}},
		{name: "column names repeated at a page break", in: "a,b\n1,2\n\na,b\n3,4\n", header: "a|b", row: 1,
			rows: []string{"2|1|2", "5|3|4"}, refused: []string{"4!the row repeats the column names"}},
		{name: "marks inside unquoted cells", in: "id,note\n1,5\" blade\n2,a 3\" and a 4\" knife\n3,\"quoted\"\n", header: "id|note", row: 1,
			rows: []string{"2|1|5\" blade", "3|2|a 3\" and a 4\" knife", "4|3|quoted"}, notes: []string{"first in row 2"}},
		{name: "a mark never closed costs one row", in: "id,note\n1,\"open\n2,b\n3,\"c\"\n4,d\n", header: "id|note", row: 1,
			rows: []string{"3|2|b", "4|3|c", "5|4|d"}, refused: []string{"2!a quotation mark is opened and not closed"}},
		{name: "a mark in the middle of a quoted cell", in: "id,note\n1,\"Smith\" Jr\n2,b\n", header: "id|note", row: 1,
			rows: []string{"3|2|b"}, refused: []string{"2!a quotation mark"}},
		{name: "NUL bytes", in: "id,note,more\n1,a\x00b,c\n2,d,e\n", header: "id|note|more", row: 1,
			rows: []string{"3|2|d|e"}, refused: []string{"2!the row holds a NUL byte"}},
		{name: "one bad byte in UTF-8", in: "id,note\n1,Zoë and Étienne\n2,caf\xe9\n3,d\n", header: "id|note", row: 1,
			rows: []string{"2|1|Zoë and Étienne", "4|3|d"}, refused: []string{"3!the row holds bytes that are not UTF-8"}},
		{name: "decimal commas with semicolons", in: "lat;lon;alt;place\n51,5;0,12;1,2;Kent\n52,5;0,13;1,3;Essex\n", header: "lat|lon|alt|place", row: 1,
			rows: []string{"2|51,5|0,12|1,2|Kent", "3|52,5|0,13|1,3|Essex"}},
		{name: "commas in text with semicolons", in: "id;text\n1;a, b, c\n2;d, e, f\n", header: "id|text", row: 1,
			rows: []string{"2|1|a, b, c", "3|2|d, e, f"}},
		{name: "sep line", in: "sep=;\r\nid;x\r\n1;2\r\n", header: "id|x", row: 1, rows: []string{"2|1|2"}, notes: []string{"sep="}},
		{name: "values stay as written", in: "ref,id,n\n1.2E+09,00123, 7 \n", header: "ref|id|n", row: 1, rows: []string{"2|1.2E+09|00123| 7 "}},
		{name: "one column", in: "statement\nthey all know\nnobody asked\n", header: "statement", row: 1, rows: []string{"2|they all know", "3|nobody asked"}},
		{name: "header alone", in: "a,b,c\n", header: "a|b|c", row: 1},
		{name: "trailing delimiter on every line", in: "a,b,\n1,2,\n", header: "a|b", row: 1, rows: []string{"2|1|2"}},
		{name: "unnamed last column with content", in: "a,b,c,d,\n1,2,3,4,x\n", header: "a|b|c|d|Column E", row: 1, rows: []string{"2|1|2|3|4|x"}},
		{name: "no final line end", in: "a,b\n1,2", header: "a|b", row: 1, rows: []string{"2|1|2"}},
		{name: "numbers for names", in: "1,2\n3,4\n", header: "1|2", row: 1, rows: []string{"2|3|4"}, notes: []string{"not words"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, tabs := openBytes(t, "in.csv", []byte(tt.in), tt.choices)
			tab := tabs[0]
			if got := strings.Join(tab.Header, "|"); got != tt.header || tab.HeaderRow != tt.row {
				t.Fatalf("header %q in row %d, want %q in row %d", got, tab.HeaderRow, tt.header, tt.row)
			}
			rows, refused := readAll(t, tab)
			if !reflect.DeepEqual(rows, tt.rows) {
				t.Errorf("rows %q, want %q", rows, tt.rows)
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
		})
	}
}

func TestPoliceFilesAreReadWhole(t *testing.T) {
	files, _ := filepath.Glob("../../../../shared/data/police/*.csv.gz")
	if len(files) == 0 {
		t.Skip("the public police extracts are not beside the repository")
	}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			zr, err := gzip.NewReader(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			want, err := csv.NewReader(zr).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			_, tabs := openBytes(t, name, data, Choices{})
			if !reflect.DeepEqual(tabs[0].Header, want[0]) {
				t.Fatalf("header %q, want %q", tabs[0].Header, want[0])
			}
			n := 1
			for {
				r, err := tabs[0].Next()
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				if !reflect.DeepEqual(r.Cells, want[n]) || r.Number != n+1 {
					t.Fatalf("row %d is %q, want row %d %q", r.Number, r.Cells, n+1, want[n])
				}
				n++
			}
			if n != len(want) {
				t.Errorf("%d rows, want %d", n-1, len(want)-1)
			}
		})
	}
}
