package world

import (
	"bytes"
	"encoding/csv"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
)

// A sheet is one partner's file while it is being written, with the truth of each of its rows.
type sheet struct {
	g               *generator
	path, agency    string
	profile         string
	buf             bytes.Buffer
	w               *csv.Writer
	rows            int
	people          []int32 // by row number less one: index of the true person plus one, 0 for none
	windows, marked bool
	workbook        bool
}

// An option of a sheet.
type sheetOption func(*sheet)

// windows1252 writes the file as Windows does; characters it lacks become question marks, as they do in life.
func windows1252(s *sheet) { s.windows = true }

// withMark starts the file with the byte-order mark that spreadsheets write before UTF-8.
func withMark(s *sheet) { s.marked = true }

// asWorkbook sends the rows as an Excel workbook, with dates that are dates.
func asWorkbook(s *sheet) { s.workbook = true }

// newlines ends lines with a bare line feed instead of carriage return and line feed.
func newlines(s *sheet) { s.w.UseCRLF = false }

func (g *generator) sheet(path, agency, profile string, options ...sheetOption) *sheet {
	s := &sheet{g: g, path: path, agency: agency, profile: profile}
	s.w = csv.NewWriter(&s.buf)
	s.w.UseCRLF = true
	for _, o := range options {
		o(s)
	}
	return s
}

// row writes one row about nobody in particular: a title, a header, an event without a name.
func (s *sheet) row(cells ...string) int { return s.about(-1, cells...) }

// about writes one row about the person with an index; it returns the row's number as a spreadsheet shows it.
func (s *sheet) about(person int, cells ...string) int {
	if err := s.w.Write(cells); err != nil {
		panic("world: a row cannot be written to memory: " + err.Error())
	}
	s.rows++
	s.people = append(s.people, int32(person+1))
	return s.rows
}

// bad writes a row that a careful reader refuses, and remembers it.
func (s *sheet) bad(column, why string, cells ...string) {
	s.g.world.Planted = append(s.g.world.Planted, PlantedRow{s.path, s.row(cells...), column, why})
}

// done adds the file to the world.
func (s *sheet) done() {
	s.w.Flush()
	out := s.buf.Bytes()
	if s.windows {
		out = toWindows1252(out)
	}
	if s.workbook {
		out = toWorkbook(out)
	}
	if s.marked {
		out = append([]byte("\ufeff"), out...)
	}
	s.g.world.Files = append(s.g.world.Files, File{s.path, s.agency, s.profile, out})
	s.g.world.Truth.rows[s.path] = s.people
}

func toWindows1252(utf8 []byte) []byte {
	out := make([]byte, 0, len(utf8))
	for _, r := range string(utf8) {
		if b, ok := charmap.Windows1252.EncodeRune(r); ok {
			out = append(out, b)
		} else {
			out = append(out, '?')
		}
	}
	return out
}

// toWorkbook makes a workbook of one sheet out of CSV; cells that are dates become Excel's.
func toWorkbook(rows []byte) []byte {
	records, err := csv.NewReader(bytes.NewReader(rows)).ReadAll()
	must(err)
	book := excelize.NewFile()
	defer book.Close()
	format := "dd/mm/yyyy"
	style, err := book.NewStyle(&excelize.Style{CustomNumFmt: &format})
	must(err)
	w, err := book.NewStreamWriter("Sheet1")
	must(err)
	for n, record := range records {
		cells := make([]any, len(record))
		for i, text := range record {
			cells[i] = text
			if day, err := time.Parse("02/01/2006", text); err == nil {
				cells[i] = excelize.Cell{StyleID: style, Value: day}
			}
		}
		at, err := excelize.CoordinatesToCellName(1, n+1)
		must(err)
		must(w.SetRow(at, cells))
	}
	must(w.Flush())
	out, err := book.WriteToBuffer()
	must(err)
	return out.Bytes()
}

// must stops a world whose own rows cannot be written to memory, which is a programmer's mistake.
func must(err error) {
	if err != nil {
		panic("world: a workbook cannot be made: " + err.Error())
	}
}
