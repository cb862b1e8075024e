package tabular

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
	"github.com/xuri/nfp"
)

// workbook reads .xlsx and .xlsm files through excelize, a row at a time.
//
// Excelize gives a cell either as it is stored, without saying whether it is a number, a text or a date, or as its
// number format shows it, which may round it. We need the stored value and need to know which are dates. So once the file
// is open every cell format is replaced: those of dates by one that shows the plain number behind a mark (see
// dateMark), all others by one that shows the value as it is. The workbook on disk is never changed.
type workbook struct {
	name     string
	file     *excelize.File
	temp     string // the copy made of the wanted parts, "" if it was kept in memory
	lim      Limits
	date1904 bool
	sheets   map[string]sheetPart // by the sheet's name
	formats  []dateFormat         // by the letter of the mark, 'A' first
	notes    []string
	opened   []*xlsxSource
}

const (
	inMemory   = 8 << 20  // a workbook whose wanted parts are larger when packed is copied to a file
	sheetInRAM = 32 << 20 // sheets that together unpack to more are unpacked to files
	smallSheet = 4 << 20  // merged cells are asked for in sheets up to this size, which excelize then loads whole
)

func openWorkbook(name string, r io.ReaderAt, size int64, lim Limits) (*workbook, error) {
	c, err := openContainer(name, r, size, lim)
	if err != nil {
		return nil, err
	}
	if k := c.what(); k.what != "" {
		return nil, &FileError{File: name, Found: k.what, Expected: "a table: .xlsx or CSV", Hint: k.hint}
	}
	w := &workbook{name: name, lim: lim}
	if err := w.start(c); err != nil {
		_ = w.close() // what is wrong with the file matters more than a temporary file left behind
		return nil, err
	}
	return w, nil
}

func (w *workbook) start(c *container) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = w.panicked("", p)
		}
	}()
	if err := w.load(c); err != nil {
		return err
	}
	w.noteExtras(c)
	props, err := w.file.GetWorkbookProps()
	if err != nil {
		return w.damaged("", err)
	}
	w.date1904 = props.Date1904 != nil && *props.Date1904
	if w.date1904 {
		w.notes = append(w.notes, "dates are counted from 1904, as the workbook says")
	}
	return w.markDates()
}

// panicked turns a panic of the workbook reader into a refusal: it is fed files made by anybody, and one that it
// stumbles over must not take the server down.
func (w *workbook) panicked(sheet string, p any) error {
	return w.damaged(sheet, fmt.Errorf("the reader failed: %v", p))
}

func (w *workbook) damaged(sheet string, err error) error {
	return &FileError{File: w.name, Sheet: sheet, Found: "a workbook that is damaged (" + err.Error() + ")", Expected: "a whole .xlsx file",
		Hint: "Open it in Excel, let it be repaired, and save it again as .xlsx."}
}

// load copies the wanted parts and opens the copy.
func (w *workbook) load(c *container) error {
	var packed int64
	for _, f := range c.zip.File {
		if wanted.MatchString(partName(f)) {
			packed += int64(f.CompressedSize64)
		}
	}
	opt := excelize.Options{UnzipSizeLimit: w.lim.UnpackedBytes, UnzipXMLSizeLimit: sheetInRAM}
	var buf bytes.Buffer
	var out io.Writer = &buf
	var file *os.File
	if packed > inMemory {
		var err error
		if file, err = os.CreateTemp("", "lantern-intake-*.xlsx"); err != nil {
			return fmt.Errorf("%s: copy the workbook: %w", w.name, err)
		}
		w.temp, out = file.Name(), file
	}
	parts, err := c.copyWanted(out)
	if file != nil {
		if closeErr := file.Close(); err == nil {
			err = closeErr
		}
	}
	if err != nil {
		return err
	}
	w.sheets = c.sheets(parts)
	if parts.bytes > sheetInRAM {
		opt.UnzipXMLSizeLimit = 64 << 10
	}
	if w.temp != "" {
		w.file, err = excelize.OpenFile(w.temp, opt)
	} else {
		w.file, err = excelize.OpenReader(&buf, opt)
	}
	if err != nil {
		return w.damaged("", err)
	}
	return nil
}

func (w *workbook) noteExtras(c *container) {
	for _, f := range c.zip.File {
		switch name := strings.ToLower(f.Name); {
		case strings.HasSuffix(name, "vbaproject.bin"):
			w.notes = append(w.notes, "the workbook holds macros, which are not looked at")
		case strings.HasPrefix(name, "xl/externallinks/externallink"):
			w.notes = append(w.notes, "the workbook draws on other workbooks; the values it held when it was saved are read")
			return
		}
	}
}

func (w *workbook) close() error {
	var err error
	for _, src := range w.opened {
		err = errors.Join(err, src.close())
	}
	w.opened = nil
	if w.file != nil {
		err = errors.Join(err, w.file.Close())
		w.file = nil
	}
	if w.temp != "" {
		err = errors.Join(err, os.Remove(w.temp))
		w.temp = ""
	}
	return err
}

// dateFormat is what a cell format shows of a date.
type dateFormat struct{ year, day, clock, elapsed bool }

// dateMark begins the text of a number whose format shows a date; the letter after it says which of the workbook's
// kinds of date format. It is a character of the private-use area, which no keyboard types.
const dateMark = "\ue5da"

// markDates replaces the workbook's cell formats as described at workbook.
func (w *workbook) markDates() error {
	styles := w.file.Styles
	if styles == nil || styles.CellXfs == nil {
		return nil
	}
	codes := map[int]string{}
	if styles.NumFmts != nil {
		for _, f := range styles.NumFmts.NumFmt {
			codes[f.NumFmtID] = f.FormatCode
			if f.FormatCode16 != "" {
				codes[f.NumFmtID] = f.FormatCode16
			}
		}
	}
	marks := map[dateFormat]int{}
	asStored := unusedFormat(codes)
	for i := range len(styles.CellXfs.Xf) {
		id := 0
		if styles.CellXfs.Xf[i].NumFmtID != nil {
			id = *styles.CellXfs.Xf[i].NumFmtID
		}
		code, custom := codes[id]
		if custom && zeroPadded.MatchString(code) {
			continue // 00000 keeps leading zeros for the eye; what the eye sees is the reference
		}
		target := asStored
		if d, ok := showsDate(id, code, custom); ok {
			t, err := w.markFor(d, marks)
			if err != nil {
				return w.damaged("", err)
			}
			target = t
		}
		styles.CellXfs.Xf[i].NumFmtID = &target
	}
	return nil
}

var zeroPadded = regexp.MustCompile(`^"?0{2,}"?$`)

// unusedFormat is the number of a format that is neither built in nor in the workbook: excelize then shows the value
// as it is stored.
func unusedFormat(codes map[int]string) int {
	id := 90_000
	for codes[id] != "" {
		id++
	}
	return id
}

// markFor gives the number of the format that marks this kind of date, making it if need be.
func (w *workbook) markFor(d dateFormat, marks map[dateFormat]int) (int, error) {
	if id, ok := marks[d]; ok {
		return id, nil
	}
	code := `"` + dateMark + string(rune('A'+len(w.formats))) + `"0.000000000`
	style, err := w.file.NewStyle(&excelize.Style{CustomNumFmt: &code})
	if err != nil {
		return 0, err
	}
	w.formats = append(w.formats, d)
	marks[d] = *w.file.Styles.CellXfs.Xf[style].NumFmtID
	return marks[d], nil
}

// showsDate says what of a date a number format shows. The built-in formats are those of ECMA-376 part 1, 18.8.30;
// 27 to 36 and 50 to 58 are dates of East Asian editions.
func showsDate(id int, code string, custom bool) (dateFormat, bool) {
	if !custom {
		switch {
		case id == 17:
			return dateFormat{year: true}, true
		case id == 22:
			return dateFormat{year: true, day: true, clock: true}, true
		case id >= 14 && id <= 16, id >= 27 && id <= 31, id == 36, id >= 50 && id <= 58:
			return dateFormat{year: true, day: true}, true
		case id == 46:
			return dateFormat{elapsed: true}, true
		case id >= 18 && id <= 21, id >= 32 && id <= 35, id == 45, id == 47:
			return dateFormat{clock: true}, true
		}
		return dateFormat{}, false
	}
	parser := nfp.NumberFormatParser()
	sections := parser.Parse(code)
	if len(sections) == 0 {
		return dateFormat{}, false
	}
	var d dateFormat
	for _, item := range sections[0].Items {
		switch item.TType {
		case nfp.TokenTypeElapsedDateTimes:
			d.elapsed = true
		case nfp.TokenTypeDateTimes:
			letters := strings.ToLower(item.TValue)
			d.year = d.year || strings.ContainsAny(letters, "ye")
			d.day = d.day || strings.Contains(letters, "d")
			d.clock = d.clock || strings.ContainsAny(letters, "hs")
		}
	}
	return d, d != dateFormat{}
}

// dateText turns a marked number into ISO 8601.
func (w *workbook) dateText(marked string) string {
	sign, body, _ := strings.Cut(marked, dateMark)
	if body == "" || int(body[0]-'A') >= len(w.formats) {
		return marked
	}
	d, digits := w.formats[body[0]-'A'], sign+body[1:]
	v, err := strconv.ParseFloat(digits, 64)
	if err != nil || v < 0 || v >= 2_958_466 { // 31 December 9999 is the last day
		return plainNumber(v, digits)
	}
	if d.elapsed {
		s := int64(v*86_400 + 0.5)
		return fmt.Sprintf("%02d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	if v < 1 {
		if d.clock {
			s := int64(v*86_400 + 0.5)
			return fmt.Sprintf("%02d:%02d:%02d", s/3600, s/60%60, s%60)
		}
		if !w.date1904 {
			return plainNumber(v, digits) // day nought is no date
		}
	}
	t, err := excelize.ExcelDateToTime(v, w.date1904)
	if err != nil {
		return plainNumber(v, digits)
	}
	t = t.Round(time.Second)
	midnight := t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0
	switch {
	case !d.clock && midnight && d.year && !d.day && t.Day() == 1:
		return t.Format("2006-01")
	case !d.clock && midnight:
		return t.Format("2006-01-02")
	default:
		return t.Format("2006-01-02T15:04:05")
	}
}

func plainNumber(v float64, digits string) string {
	if strings.Contains(digits, ".") {
		digits = strings.TrimRight(strings.TrimRight(digits, "0"), ".")
	}
	if digits == "" {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return digits
}

// tables opens every sheet and keeps those with content.
func (w *workbook) tables(c Choices) ([]*Table, error) {
	var tables []*Table
	for _, sheet := range w.file.GetSheetList() {
		t, err := w.table(sheet, c.HeaderRow[sheet])
		if err != nil {
			return nil, err
		}
		if t != nil {
			tables = append(tables, t)
		}
	}
	return tables, nil
}

func (w *workbook) table(sheet string, want int) (t *Table, err error) {
	defer func() {
		if p := recover(); p != nil {
			t, err = nil, w.panicked(sheet, p)
		}
	}()
	visible, err := w.file.GetSheetVisible(sheet)
	if err != nil {
		return nil, w.damaged(sheet, err)
	}
	merged := w.merges(sheet)
	src, err := w.open(sheet)
	if err != nil {
		return nil, err
	}
	if t, err = tableFrom(w.name, sheet, src, w.lim, want, merged); t == nil || err != nil {
		return nil, err
	}
	if !visible {
		t.Notes = append([]string{"the sheet is hidden"}, t.Notes...)
	}
	t.Notes = append(append([]string(nil), w.notes...), t.Notes...)
	return t, nil
}

// merges gives the merged cells of a small sheet. The library loads a sheet whole to tell, so that large ones
// are read without; and it would rewrite the loaded sheet for reading, so that it is made to forget it again.
func (w *workbook) merges(sheet string) []span {
	if size := w.sheets[sheet].bytes; size == 0 || size > smallSheet {
		return nil
	}
	cells, err := w.file.GetMergeCells(sheet, true)
	w.file.Sheet.Clear()
	if err != nil {
		return nil // reading the rows will meet the same fault, and say so
	}
	spans := []span{}
	for _, m := range cells {
		c1, r1, err1 := excelize.CellNameToCoordinates(m.GetStartAxis())
		c2, r2, err2 := excelize.CellNameToCoordinates(m.GetEndAxis())
		if err1 == nil && err2 == nil {
			spans = append(spans, span{row1: r1, row2: r2, col1: c1 - 1, col2: c2 - 1})
		}
	}
	if len(spans) == 0 {
		return nil
	}
	return spans
}

// xlsxSource reads the rows of one sheet.
type xlsxSource struct {
	w      *workbook
	sheet  string
	rows   *excelize.Rows
	number int
	last   int // the last row that the sheet's part states; 0 if not known
	// exact reads the same sheet with values as they are stored. It is opened only when a number has more digits
	// than excelize shows, and then follows behind.
	exact      *excelize.Rows
	exactAt    int
	exactCells []string
}

func (w *workbook) open(sheet string) (*xlsxSource, error) {
	rows, err := w.file.Rows(sheet)
	if err != nil {
		return nil, w.damaged(sheet, err)
	}
	src := &xlsxSource{w: w, sheet: sheet, rows: rows, last: w.sheets[sheet].lastRow}
	w.opened = append(w.opened, src)
	return src, nil
}

func (s *xlsxSource) close() error {
	err := s.rows.Close()
	if s.exact != nil {
		err = errors.Join(err, s.exact.Close())
	}
	return err
}

func (s *xlsxSource) next() (number int, cells []string, err error) {
	defer func() {
		if p := recover(); p != nil {
			number, cells, err = 0, nil, s.w.panicked(s.sheet, p)
		}
	}()
	if s.w.file == nil {
		return 0, nil, os.ErrClosed
	}
	if !s.rows.Next() {
		return 0, nil, s.atEnd()
	}
	s.number++
	cells, err = s.rows.Columns()
	if err != nil {
		return 0, nil, s.w.damaged(s.sheet, fmt.Errorf("row %d: %w", s.number, err))
	}
	if len(cells) > s.w.lim.Columns {
		return s.number, nil, &RowError{Sheet: s.sheet, Row: s.number, Found: fmt.Sprintf("%d cells", len(cells)), Expected: fmt.Sprintf("at most %d", s.w.lim.Columns),
			Reason: fmt.Sprintf("the row has %d cells, more than the %d allowed", len(cells), s.w.lim.Columns)}
	}
	for i, c := range cells {
		switch {
		case strings.HasPrefix(strings.TrimPrefix(c, "-"), dateMark):
			cells[i] = s.w.dateText(c)
		case mayBeRounded(c):
			if cells[i], err = s.stored(i, c); err != nil {
				return 0, nil, err
			}
		case strings.IndexByte(c, 0) >= 0:
			return s.number, nil, &RowError{Sheet: s.sheet, Row: s.number, Column: columnLetter(i), Found: "a NUL character", Expected: "text",
				Reason: "a cell holds a NUL character, which text never does; the export is damaged there"}
		}
	}
	return s.number, cells, cellTooBig(cells, s.sheet, s.number, s.w.lim)
}

// atEnd notices a sheet that ended before the last row it states: the XML reader under excelize takes a fault for
// the end, and rows would go missing without a word.
func (s *xlsxSource) atEnd() error {
	if err := s.close(); err != nil {
		return s.w.damaged(s.sheet, err)
	}
	if s.number < s.last {
		return &FileError{File: s.w.name, Sheet: s.sheet, Row: s.number + 1, Found: fmt.Sprintf("a sheet that can be read only to row %d of %d", s.number, s.last),
			Expected: "well-formed rows to the end", Hint: "Open it in Excel, let it be repaired, and save it again as .xlsx."}
	}
	return io.EOF
}

// roundedNumber is how excelize writes a number of more than 15 digits.
var roundedNumber = regexp.MustCompile(`^-?\d(\.\d{1,14})?E[+-]\d\d+$`)

func mayBeRounded(cell string) bool {
	return len(cell) <= 24 && strings.IndexByte(cell, 'E') > 0 && roundedNumber.MatchString(cell)
}

// stored gives the digits that the sheet holds for a cell that was shown rounded. Text that reads the same is stored
// as it is shown, and stays.
func (s *xlsxSource) stored(col int, shown string) (string, error) {
	if s.exact == nil {
		rows, err := s.w.file.Rows(s.sheet)
		if err != nil {
			return "", s.w.damaged(s.sheet, err)
		}
		s.exact = rows
	}
	if s.exactAt < s.number {
		for s.exactAt < s.number && s.exact.Next() {
			s.exactAt++
		}
		var err error
		if s.exactCells, err = s.exact.Columns(excelize.Options{RawCellValue: true}); err != nil {
			return "", s.w.damaged(s.sheet, fmt.Errorf("row %d: %w", s.number, err))
		}
	}
	if col >= len(s.exactCells) || s.exactCells[col] == shown {
		return shown, nil
	}
	return withoutExponent(s.exactCells[col]), nil
}

// withoutExponent writes a stored number out in full, unless that would take more digits than a reference has.
func withoutExponent(stored string) string {
	if !strings.ContainsAny(stored, "eE") {
		return stored
	}
	v, err := strconv.ParseFloat(stored, 64)
	if err != nil {
		return stored
	}
	if full := strconv.FormatFloat(v, 'f', -1, 64); len(full) <= 32 {
		return full
	}
	return stored
}
