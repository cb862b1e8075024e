package tabular

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// source hands on the rows of one sheet from top to bottom, blank ones included.
type source interface {
	// next gives the row's number and its cells. The error is io.EOF at the end, a *RowError when this row cannot be
	// read but the next may be, and anything else when reading is over.
	next() (int, []string, error)
}

// csvSource reads records with encoding/csv. A record is framed first (see framer), so that a quotation mark which
// is never closed costs its own line and not the rest of the file.
type csvSource struct {
	frames  framer
	comma   rune
	decode  bool // the bytes are Windows-1252
	lim     Limits
	row     int
	current bytes.Reader
	strict  *csv.Reader
	width   int // cells of the header; 0 until it is known

	bareQuoteRow int // the first row with quotation marks inside an unquoted cell; 0 for none
}

func newCSVSource(t *text, comma rune) (*csvSource, error) {
	r, err := t.decoded()
	if err != nil {
		return nil, err
	}
	s := &csvSource{comma: comma, decode: t.facts.encoding == Windows1252, lim: t.lim}
	s.frames = framer{src: bufio.NewReaderSize(r, 256<<10), eol: t.facts.eol, max: t.lim.RowBytes}
	if t.facts.encoding == UTF16LE || t.facts.encoding == UTF16BE {
		s.frames.eol = 0 // decided on the first line, since the raw bytes do not show it
	}
	s.strict = s.newReader(false)
	return s, nil
}

func (s *csvSource) newReader(lazy bool) *csv.Reader {
	r := csv.NewReader(&s.current)
	r.Comma, r.FieldsPerRecord, r.LazyQuotes = s.comma, -1, lazy
	return r
}

func (s *csvSource) next() (int, []string, error) {
	frame, err := s.frames.next()
	if err == errRowTooLong {
		s.row++
		return s.row, nil, s.refuse("", "a row of more than "+bytesInWords(int64(s.lim.RowBytes)), "a shorter row",
			"the row is longer than "+bytesInWords(int64(s.lim.RowBytes))+"; is this file a table with line ends?")
	}
	if err != nil {
		return 0, nil, err
	}
	s.row++
	if len(frame) == 0 || isBlankLine(frame) {
		return s.row, nil, nil
	}
	if bytes.IndexByte(frame, 0) >= 0 {
		at := bytes.Count(frame[:bytes.IndexByte(frame, 0)], []byte(string(s.comma)))
		s.frames.keepFirstLine()
		return s.row, nil, s.refuse(columnLetter(at), "a NUL byte", "text", "the row holds a NUL byte, which text never does; the export is damaged there")
	}
	if s.decode {
		frame = fromWindows1252(frame)
	} else if !utf8.Valid(frame) {
		s.frames.keepFirstLine()
		return s.row, nil, s.refuse("", "bytes that are not UTF-8", "UTF-8 as in the rest of the file",
			"the row holds bytes that are not UTF-8, as the rest of the file is; save the file anew in one encoding")
	}
	cells, err := s.parse(frame)
	if err != nil {
		return s.row, nil, err
	}
	return s.row, cells, s.tooBig(cells)
}

// parse reads one framed record strictly. A frame of several lines which does not read is given back but for its
// first line, and that line alone is then tried with quotation marks inside unquoted cells kept as they stand
// (5" blade): there is one way to read those, and none to read a quoted cell that goes on after its closing mark.
func (s *csvSource) parse(frame []byte) ([]string, error) {
	cells, err := s.read(s.strict, frame)
	lines := s.frames.lines
	if err == nil && (lines == 1 || s.width == 0 || len(cells) == s.width) {
		return cells, nil
	}
	if lines > 1 {
		s.strict = s.newReader(false)
		frame = s.frames.keepFirstLine()
		if s.decode {
			frame = fromWindows1252(frame)
		}
		cells, err = s.read(s.strict, frame)
		if err == nil {
			return cells, nil
		}
	}
	s.strict = s.newReader(false)
	if errors.Is(err, csv.ErrBareQuote) {
		cells, lazyErr := s.read(s.newReader(true), frame)
		if lazyErr == nil && (s.width == 0 || len(cells) == s.width) {
			if s.bareQuoteRow == 0 {
				s.bareQuoteRow = s.row
			}
			return cells, nil
		}
	}
	column := ""
	if pe := (*csv.ParseError)(nil); errors.As(err, &pe) && pe.Column > 0 && pe.Column <= len(frame) {
		column = columnLetter(bytes.Count(frame[:pe.Column], []byte(string(s.comma))))
	}
	return nil, s.refuse(column, "quotation marks that do not pair up", "a cell in quotation marks closed by one, with marks inside doubled",
		"a quotation mark is opened and not closed, or stands in the middle of a quoted cell; double marks inside a cell (\"\")")
}

func (s *csvSource) read(r *csv.Reader, frame []byte) ([]string, error) {
	if s.frames.eol == '\r' {
		frame = bytes.ReplaceAll(frame, []byte{'\r'}, []byte{'\n'})
	}
	s.current.Reset(frame)
	cells, err := r.Read()
	if err == nil && s.current.Len() > 0 { // cannot be: a frame is one record
		err = csv.ErrQuote
	}
	return cells, err
}

func (s *csvSource) tooBig(cells []string) error {
	if len(cells) > s.lim.Columns {
		return s.refuse("", fmt.Sprintf("%d cells", len(cells)), fmt.Sprintf("at most %d", s.lim.Columns),
			fmt.Sprintf("the row has %d cells, more than the %d that a spreadsheet can hold", len(cells), s.lim.Columns))
	}
	return cellTooBig(cells, "", s.row, s.lim)
}

func cellTooBig(cells []string, sheet string, row int, lim Limits) error {
	for i, c := range cells {
		if len(c) > lim.CellBytes {
			return &RowError{Sheet: sheet, Row: row, Column: columnLetter(i), Found: "a cell of " + bytesInWords(int64(len(c))),
				Expected: "at most " + bytesInWords(int64(lim.CellBytes)),
				Reason:   fmt.Sprintf("a cell of %s is larger than the %s allowed", bytesInWords(int64(len(c))), bytesInWords(int64(lim.CellBytes)))}
		}
	}
	return nil
}

func (s *csvSource) refuse(column, found, expected, reason string) error {
	return &RowError{Row: s.row, Column: column, Found: found, Expected: expected, Reason: reason}
}

func isBlankLine(line []byte) bool { return len(bytes.TrimRight(line, " \t\r\n")) == 0 }

var errRowTooLong = errors.New("row too long")

// framer cuts a text into records: a line, or several where quotation marks are open at the line's end. In
// well-formed CSV a mark is open exactly when the number of marks so far is odd, so that counting them is enough.
// What the marks mean is left to encoding/csv.
type framer struct {
	src     *bufio.Reader
	eol     byte
	max     int      // bytes of a record
	given   [][]byte // lines given back, to be read before src
	long    []byte   // a line longer than src's buffer
	frame   []byte
	first   int // length of the frame's first line
	ends    []int
	lines   int
	readErr error // kept to be returned once the lines before it are used
	again   error // to be returned once more, by the next call
}

const maxLinesInCell = 1_000 // a cell with more line breaks is taken for a mark that was never closed

func (f *framer) next() ([]byte, error) {
	line, err := f.line()
	f.lines, f.ends = 1, f.ends[:0]
	if err != nil {
		return nil, err
	}
	f.first = len(line)
	marks := bytes.Count(line, []byte{'"'})
	f.frame = append(f.frame[:0], line...)
	f.ends = append(f.ends, len(f.frame))
	for marks%2 == 1 && f.lines < maxLinesInCell && len(f.frame) < f.max {
		line, err = f.line()
		if err == errRowTooLong {
			f.again = err
		}
		if err != nil {
			break // the end, or a fault that the next call meets again
		}
		marks += bytes.Count(line, []byte{'"'})
		f.frame = append(f.frame, line...)
		f.ends = append(f.ends, len(f.frame))
		f.lines++
	}
	return f.frame, nil
}

// keepFirstLine gives back every line of the frame but the first, which it returns.
func (f *framer) keepFirstLine() []byte {
	var back [][]byte
	for i := 1; i < len(f.ends); i++ {
		back = append(back, bytes.Clone(f.frame[f.ends[i-1]:f.ends[i]]))
	}
	f.given = append(back, f.given...)
	f.ends, f.lines = f.ends[:1], 1
	return f.frame[:f.first]
}

// line gives the next physical line with its end; it is valid until the next call.
func (f *framer) line() ([]byte, error) {
	if err := f.again; err != nil {
		f.again = nil
		return nil, err
	}
	if len(f.given) > 0 {
		line := f.given[0]
		f.given = f.given[1:]
		return line, nil
	}
	if f.readErr != nil {
		return nil, f.readErr
	}
	if f.eol == 0 {
		f.eol = f.findEOL()
	}
	line, err := f.src.ReadSlice(f.eol)
	if err == bufio.ErrBufferFull {
		line, err = f.longLine(line)
	}
	if err == errRowTooLong {
		return nil, err
	}
	if err != nil {
		f.readErr = err
		if len(line) == 0 || err != io.EOF {
			return nil, err
		}
	}
	return line, nil
}

func (f *framer) longLine(start []byte) ([]byte, error) {
	f.long = append(f.long[:0], start...)
	for {
		part, err := f.src.ReadSlice(f.eol)
		if len(f.long) <= f.max {
			f.long = append(f.long, part...)
		}
		if err == bufio.ErrBufferFull {
			continue
		}
		if len(f.long) > f.max {
			if err != nil {
				f.readErr = err
			}
			return nil, errRowTooLong
		}
		return f.long, err
	}
}

func (f *framer) findEOL() byte {
	head, _ := f.src.Peek(headBytes)
	if bytes.IndexByte(head, '\n') < 0 && bytes.IndexByte(head, '\r') >= 0 {
		return '\r'
	}
	return '\n'
}

// delimiterNames are the delimiters looked for, in the order in which a tie is settled.
var delimiterNames = []struct {
	comma rune
	name  string
}{{',', "comma"}, {';', "semicolon"}, {'\t', "tab"}}

func delimiterName(c rune) string {
	for _, d := range delimiterNames {
		if d.comma == c {
			return d.name
		}
	}
	return string(c)
}

func knownDelimiter(s string) (rune, bool) {
	if s == "" {
		return 0, true
	}
	for _, d := range delimiterNames {
		if s == d.name || s == string(d.comma) {
			return d.comma, true
		}
	}
	return 0, false
}

// findDelimiter tries each delimiter on the first rows. The right one cuts most rows into the same number of cells
// (more than one), many rather than few, and among the rows so cut there is one that reads like column names: commas
// that are decimal points also cut evenly, but never the header.
func findDelimiter(t *text) (rune, error) {
	if first, err := newCSVSource(t, ','); err != nil {
		return 0, err
	} else if line, err := first.frames.line(); err == nil {
		if sep := sepDelimiter(line); sep != 0 {
			return sep, nil
		}
	}
	best, bestScore := ',', 0.0
	for _, d := range delimiterNames {
		src, err := newCSVSource(t, d.comma)
		if err != nil {
			return 0, err
		}
		rows, err := firstRows(src, 60)
		if err != nil {
			return 0, err
		}
		if score := delimiterScore(rows); score > bestScore {
			best, bestScore = d.comma, score
		}
	}
	return best, nil
}

func delimiterScore(rows [][]string) float64 {
	widths := map[int]int{}
	for _, r := range rows {
		widths[len(r)]++
	}
	mode := 0
	for w, n := range widths {
		if n > widths[mode] || n == widths[mode] && w > mode {
			mode = w
		}
	}
	if mode < 2 {
		return 0
	}
	names := 0.0
	for _, r := range rows {
		if len(r) == mode {
			names = max(names, nameShare(r))
		}
	}
	share := float64(widths[mode]) / float64(len(rows))
	return share * float64(mode-1) * (0.05 + names)
}

func firstRows(src source, n int) ([][]string, error) {
	var rows [][]string
	for len(rows) < n {
		_, cells, err := src.next()
		if err == io.EOF {
			break
		}
		if re := (*RowError)(nil); errors.As(err, &re) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if len(cells) > 0 {
			rows = append(rows, cells)
		}
	}
	return rows, nil
}

// skipSepLine passes over a leading "sep=" line and says whether there was one.
func (s *csvSource) skipSepLine() (bool, error) {
	line, err := s.frames.line()
	if err == io.EOF {
		return false, nil
	}
	if err == errRowTooLong {
		s.frames.again = err
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if sepDelimiter(line) != 0 {
		return true, nil
	}
	s.frames.given = append([][]byte{bytes.Clone(line)}, s.frames.given...)
	return false, nil
}

// sepDelimiter is the delimiter that a first line such as "sep=;" tells Excel, which does not show that line; 0 if
// it is no such line.
func sepDelimiter(line []byte) rune {
	rest, ok := strings.CutPrefix(strings.ToLower(strings.Trim(string(line), "\"\r\n")), "sep=")
	if !ok || utf8.RuneCountInString(rest) != 1 {
		return 0
	}
	r, _ := utf8.DecodeRuneInString(rest)
	if _, ok := knownDelimiter(string(r)); !ok {
		return 0
	}
	return r
}
