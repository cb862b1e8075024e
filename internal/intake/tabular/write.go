package tabular

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/csv"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"iter"
	"math"
	"sort"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// OutSheet is one outgoing table. A cell is a string, an int, an int64, a float64, a bool, a time.Time or nil; a time
// at midnight is written as a date. NaN and infinity are written as empty cells.
type OutSheet struct {
	Name   string
	Header []string
	Rows   iter.Seq2[[]any, error]
}

// Rows makes a sequence of rows that are at hand.
func Rows(rows [][]any) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// formulaStart are the first characters by which a spreadsheet takes text for a formula, now or after it is saved
// and opened again (OWASP, CSV Injection; ASVS 5.0, 1.2.10).
const formulaStart = "=+-@\t\r\n"

// Neutralise puts an apostrophe before text that a spreadsheet would run as a formula. Numbers need none when they
// are given as numbers; a string "-5" gets one, since it cannot be told from "-5+cmd".
func Neutralise(s string) string {
	if s != "" && strings.IndexByte(formulaStart, s[0]) >= 0 {
		return "'" + s
	}
	return s
}

// Restore undoes Neutralise, for a table that Lantern wrote and reads again.
func Restore(s string) string {
	if len(s) > 1 && s[0] == '\'' && strings.IndexByte(formulaStart, s[1]) >= 0 {
		return s[1:]
	}
	return s
}

// WriteCSV writes a table as UTF-8 with commas, text neutralised. forSpreadsheet adds what Excel needs to
// open it rightly: a byte-order mark and CRLF.
func WriteCSV(w io.Writer, header []string, rows iter.Seq2[[]any, error], forSpreadsheet bool) error {
	if forSpreadsheet {
		if _, err := io.WriteString(w, "\ufeff"); err != nil {
			return err
		}
	}
	out := csv.NewWriter(w)
	out.UseCRLF = forSpreadsheet
	record := make([]string, 0, len(header))
	for _, h := range header {
		record = append(record, Neutralise(h))
	}
	if err := out.Write(record); err != nil {
		return err
	}
	for row, err := range rows {
		if err != nil {
			return err
		}
		record = record[:0]
		for _, c := range row {
			s, err := cellText(c)
			if err != nil {
				return err
			}
			record = append(record, s)
		}
		if err := out.Write(record); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func cellText(c any) (string, error) {
	switch v := c.(type) {
	case nil:
		return "", nil
	case string:
		return Neutralise(strings.ToValidUTF8(v, "\uFFFD")), nil
	case int:
		return strconv.Itoa(v), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case float64:
		return floatText(v), nil
	case bool:
		return strings.ToUpper(strconv.FormatBool(v)), nil
	case time.Time:
		if isMidnight(v) {
			return v.Format("2006-01-02"), nil
		}
		return v.Format("2006-01-02T15:04:05"), nil
	}
	return "", fmt.Errorf("tabular: a cell of type %T cannot be written", c)
}

func floatText(v float64) string {
	switch a := math.Abs(v); {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return ""
	case a != 0 && (a < 1e-6 || a >= 1e21):
		return strconv.FormatFloat(v, 'g', -1, 64)
	default:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
}

func isMidnight(t time.Time) bool {
	return t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0 && t.Nanosecond() == 0
}

// Excel's own bounds.
const (
	maxSheetRows = 1_048_576
	maxCellChars = 32_767
)

// WriteXLSX writes sheets into a workbook, each with a bold header that stays in view and text neutralised. The same
// sheets and made, which is also the document's date, give the same bytes. A text longer than a cell can hold
// (32,767 characters) is cut and says so; more than 1,048,576 rows is an error.
func WriteXLSX(w io.Writer, made time.Time, sheets []OutSheet) (err error) {
	if len(sheets) == 0 {
		return errors.New("tabular: a workbook needs at least one sheet")
	}
	f := excelize.NewFile()
	defer func() { err = errors.Join(err, f.Close()) }()
	f.SetZipWriter(func(w io.Writer) excelize.ZipWriter { return &steadyZip{w: w, made: made.UTC()} })
	stamp := made.UTC().Format("2006-01-02T15:04:05Z")
	if err := f.SetDocProps(&excelize.DocProperties{Creator: "Lantern", LastModifiedBy: "Lantern", Created: stamp, Modified: stamp}); err != nil {
		return err
	}
	if err := f.SetAppProps(&excelize.AppProperties{Application: "Lantern"}); err != nil {
		return err
	}
	styles, err := makeStyles(f)
	if err != nil {
		return err
	}
	names := map[string]bool{}
	for i, s := range sheets {
		name := sheetName(s.Name, i+1, names)
		if i == 0 {
			err = f.SetSheetName("Sheet1", name)
		} else {
			_, err = f.NewSheet(name)
		}
		if err == nil {
			err = writeSheet(f, name, s, styles)
		}
		if err != nil {
			return fmt.Errorf("write sheet %q: %w", name, err)
		}
	}
	_, err = f.WriteTo(w)
	return err
}

type outStyles struct{ bold, date, instant int }

func makeStyles(f *excelize.File) (s outStyles, err error) {
	date, instant := "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"
	for _, def := range []struct {
		into  *int
		style excelize.Style
	}{
		{&s.bold, excelize.Style{Font: &excelize.Font{Bold: true}}},
		{&s.date, excelize.Style{CustomNumFmt: &date}},
		{&s.instant, excelize.Style{CustomNumFmt: &instant}},
	} {
		if *def.into, err = f.NewStyle(&def.style); err != nil {
			return s, err
		}
	}
	return s, nil
}

func writeSheet(f *excelize.File, name string, s OutSheet, styles outStyles) error {
	sw, err := f.NewStreamWriter(name)
	if err != nil {
		return err
	}
	if err := sw.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	header := make([]any, len(s.Header))
	for i, h := range s.Header {
		header[i] = excelize.Cell{StyleID: styles.bold, Value: excelText(h)}
	}
	if err := sw.SetRow("A1", header); err != nil {
		return err
	}
	n := 1
	for row, err := range s.Rows {
		if err != nil {
			return err
		}
		if n++; n > maxSheetRows {
			return fmt.Errorf("more than the %d rows a sheet can hold; write it as CSV", maxSheetRows)
		}
		cells := make([]any, len(row))
		for i, c := range row {
			if cells[i], err = excelCell(c, styles); err != nil {
				return err
			}
		}
		if err := sw.SetRow("A"+strconv.Itoa(n), cells); err != nil {
			return err
		}
	}
	return sw.Flush()
}

func excelCell(c any, styles outStyles) (any, error) {
	switch v := c.(type) {
	case nil, int, int64, bool:
		return v, nil
	case string:
		return excelText(v), nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, nil
		}
		return v, nil
	case time.Time:
		if v.Year() < 1900 { // before Excel's calendar
			return cellText(v)
		}
		wall := time.Date(v.Year(), v.Month(), v.Day(), v.Hour(), v.Minute(), v.Second(), 0, time.UTC)
		if isMidnight(v) {
			return excelize.Cell{StyleID: styles.date, Value: wall}, nil
		}
		return excelize.Cell{StyleID: styles.instant, Value: wall}, nil
	}
	return nil, fmt.Errorf("tabular: a cell of type %T cannot be written", c)
}

func excelText(s string) string {
	s = Neutralise(strings.ToValidUTF8(s, "\uFFFD"))
	if len(s) <= maxCellChars { // bytes are never fewer than the units Excel counts
		return s
	}
	return cutUnits([]rune(s), maxCellChars, " … [cut: a cell holds 32,767 characters]")
}

// cutUnits cuts text to a number of UTF-16 units, which is what Excel counts, and says so if it did.
func cutUnits(runes []rune, limit int, note string) string {
	units, room := 0, limit-utf8.RuneCountInString(note)
	cut := len(runes)
	for i, r := range runes {
		if units++; r > 0xFFFF {
			units++
		}
		if units > room && cut == len(runes) {
			cut = i
		}
	}
	if units <= limit {
		return string(runes)
	}
	return string(runes[:cut]) + note
}

// sheetName makes a name that Excel accepts (at most 31 characters, without : \ / ? * [ ], no apostrophe at an end)
// and that no sheet before it has.
func sheetName(want string, number int, taken map[string]bool) string {
	clean := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`:\/?*[]`, r) || r < ' ' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(want, ""))
	clean = strings.Trim(cleanName(clean), "'")
	if clean == "" {
		clean = fmt.Sprintf("Sheet %d", number)
	}
	name := firstUnits(clean, 31)
	for n := 2; taken[strings.ToLower(name)]; n++ {
		tail := fmt.Sprintf(" (%d)", n)
		name = firstUnits(clean, 31-len(tail)) + tail
	}
	taken[strings.ToLower(name)] = true
	return name
}

func firstUnits(s string, limit int) string {
	return strings.TrimRight(cutUnits([]rune(s), limit, ""), " '")
}

// steadyZip writes a workbook's parts sorted by name and all of one date, so that bytes do not depend on the order in
// which the library walks its maps.
type steadyZip struct {
	w     io.Writer
	made  time.Time
	parts []*steadyPart
}

type steadyPart struct {
	name   string
	packed bytes.Buffer
	deflat *flate.Writer
	crc    uint32
	size   uint64
}

func (p *steadyPart) Write(b []byte) (int, error) {
	p.crc = crc32.Update(p.crc, crc32.IEEETable, b)
	p.size += uint64(len(b))
	return p.deflat.Write(b)
}

// Create implements excelize.ZipWriter.
func (z *steadyZip) Create(name string) (io.Writer, error) {
	if err := z.finishLast(); err != nil {
		return nil, err
	}
	p := &steadyPart{name: name}
	var err error
	if p.deflat, err = flate.NewWriter(&p.packed, flate.DefaultCompression); err != nil {
		return nil, err
	}
	z.parts = append(z.parts, p)
	return p, nil
}

// finishLast ends the part that was being written; the library writes one after the other.
func (z *steadyZip) finishLast() error {
	if len(z.parts) == 0 || z.parts[len(z.parts)-1].deflat == nil {
		return nil
	}
	last := z.parts[len(z.parts)-1]
	err := last.deflat.Close()
	last.deflat = nil
	return err
}

// AddFS implements excelize.ZipWriter, which never calls it.
func (z *steadyZip) AddFS(fs.FS) error {
	return errors.New("tabular: adding a file system is not supported")
}

// Close implements excelize.ZipWriter: it writes the parts, the list of content types first as readers expect.
func (z *steadyZip) Close() error {
	if err := z.finishLast(); err != nil {
		return err
	}
	first := func(name string) bool { return name == "[Content_Types].xml" }
	sort.Slice(z.parts, func(i, j int) bool {
		a, b := z.parts[i].name, z.parts[j].name
		if first(a) != first(b) {
			return first(a)
		}
		return a < b
	})
	out := zip.NewWriter(z.w)
	for _, p := range z.parts {
		w, err := out.CreateRaw(&zip.FileHeader{Name: p.name, Method: zip.Deflate, Modified: z.made, CRC32: p.crc,
			CompressedSize64: uint64(p.packed.Len()), UncompressedSize64: p.size})
		if err != nil {
			return err
		}
		if _, err := p.packed.WriteTo(w); err != nil {
			return err
		}
	}
	return out.Close()
}
