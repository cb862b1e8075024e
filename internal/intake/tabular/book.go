package tabular

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
)

// Choices are what a person said about a file, in place of what would be found out. Zero values are found out.
type Choices struct {
	Encoding  string         // "UTF-8", "UTF-16LE", "UTF-16BE" or "Windows-1252"; for CSV
	Delimiter string         // "comma", "semicolon", "tab" or the character itself; for CSV
	HeaderRow map[string]int // by sheet ("" for CSV): the number of the row with the column names
}

// Book is a file recognised as a table or several. Close it after use.
type Book struct {
	Name       string
	Format     string // "csv" or "xlsx"
	Compressed bool   // came as .gz
	Encoding   string // of a CSV file; "" for a workbook
	Delimiter  string // "comma", "semicolon" or "tab"; "" for a workbook
	SHA256     string // of the file as it was sent, in hexadecimal
	Bytes      int64  // size of the file as it was sent
	Notes      []string

	lim     Limits
	choices Choices
	text    *text
	comma   rune
	sheets  *workbook
	temp    string // the unpacked copy of a .gz workbook, removed by Close
}

// Open says what a file is and makes it ready to be read; name serves messages and is never opened. It passes once
// over the whole file (for the checksum, the encoding, and to meet damage before the first row is used), so that
// what fails here has cost nothing. The error is a *FileError unless reading itself failed. r must stay open until
// Close.
func Open(name string, r io.ReaderAt, size int64, lim Limits) (*Book, error) {
	return OpenWith(name, r, size, lim, Choices{})
}

// OpenWith is Open with choices that a person made.
func OpenWith(name string, r io.ReaderAt, size int64, lim Limits, choices Choices) (*Book, error) {
	b := &Book{Name: name, Bytes: size, lim: lim.withDefaults(), choices: choices}
	if err := b.open(r, size); err != nil {
		if closeErr := b.Close(); closeErr != nil {
			err = errors.Join(err, closeErr)
		}
		return nil, err
	}
	return b, nil
}

func (b *Book) open(r io.ReaderAt, size int64) error {
	if size > b.lim.FileBytes {
		return b.refuse("a file of "+bytesInWords(size), "at most "+bytesInWords(b.lim.FileBytes), "Send it in parts, for instance a file a year.")
	}
	t := &text{name: b.Name, r: r, size: size, lim: b.lim}
	head, err := t.head()
	if err != nil {
		return err
	}
	if b.Compressed = bytes.HasPrefix(head, gzMagic); b.Compressed {
		t.gz = true
		if head, err = t.head(); err != nil {
			return err
		}
		if bytes.HasPrefix(head, gzMagic) {
			return b.refuse("a gzip file inside a gzip file", "one table, compressed once", "Unpack it and compress it once.")
		}
	}
	switch {
	case len(bytes.TrimSpace(bytes.TrimLeft(head, "\xEF\xBB\xBF\xFF\xFE\x00"))) == 0 && (len(head) < headBytes):
		return b.refuse("an empty file", "column names and rows", "The export may have failed; ask for it to be made again.")
	case bytes.HasPrefix(head, oleMagic):
		if t.gz {
			return b.refuse("an old or locked Office file inside a gzip file", ".xlsx or CSV", "Save it as .xlsx without a password.")
		}
		k := oleKind(r, size)
		return b.refuse(k.what, ".xlsx or CSV", k.hint)
	case bytes.HasPrefix(head, zipMagic), bytes.HasPrefix(head, zipEmpty):
		return b.openWorkbook(t)
	}
	if k, not := notATable(head); not {
		return b.refuse(k.what, "a table: .xlsx or CSV", k.hint)
	}
	return b.openCSV(t, head)
}

func (b *Book) openCSV(t *text, head []byte) error {
	encoding, ok := knownEncoding(b.choices.Encoding)
	comma, okComma := knownDelimiter(b.choices.Delimiter)
	if !ok || !okComma {
		return b.refuse(fmt.Sprintf("the choice of encoding %q and delimiter %q", b.choices.Encoding, b.choices.Delimiter),
			"UTF-8, UTF-16LE, UTF-16BE or Windows-1252; comma, semicolon or tab", "Leave both empty to have them found out.")
	}
	if err := t.inspect(head, encoding); err != nil {
		return err
	}
	if err := b.hash(t.r, t.size); err != nil {
		return err
	}
	if comma == 0 {
		var err error
		if comma, err = findDelimiter(t); err != nil {
			return err
		}
	}
	b.Format, b.Encoding, b.Delimiter = "csv", t.facts.encoding, delimiterName(comma)
	b.text, b.comma = t, comma
	if ext := fileExt(b.Name); ext == ".xlsx" || ext == ".xls" || ext == ".xlsm" {
		b.Notes = append(b.Notes, "the file is named "+ext+" but holds text, and is read as CSV")
	}
	if t.facts.mixed {
		b.Notes = append(b.Notes, "the file is UTF-8 but some rows hold bytes that are not; those rows are refused")
	}
	return nil
}

func (b *Book) openWorkbook(t *text) error {
	if t.gz {
		if err := b.unpack(t); err != nil {
			return err
		}
	}
	if err := b.hash(t.r, t.size); err != nil {
		return err
	}
	r, size := t.r, t.size
	if b.temp != "" {
		f, err := os.Open(b.temp)
		if err != nil {
			return fmt.Errorf("open the unpacked workbook: %w", err)
		}
		defer f.Close()
		fi, err := f.Stat()
		if err != nil {
			return fmt.Errorf("open the unpacked workbook: %w", err)
		}
		r, size = f, fi.Size()
	}
	w, err := openWorkbook(b.Name, r, size, b.lim)
	if err != nil {
		return err
	}
	b.Format, b.sheets = "xlsx", w
	b.Notes = append(b.Notes, w.notes...)
	return nil
}

// unpack writes a gzipped workbook to a temporary file, since a workbook is read from its end.
func (b *Book) unpack(t *text) error {
	in, err := t.open()
	if err != nil {
		return err
	}
	out, err := os.CreateTemp("", "lantern-intake-*.xlsx")
	if err != nil {
		return fmt.Errorf("unpack the workbook: %w", err)
	}
	b.temp = out.Name()
	n, err := io.Copy(out, io.LimitReader(in, b.lim.FileBytes+1))
	if err == nil && n > b.lim.FileBytes {
		err = bombError(b.Name, n, b.lim)
	}
	return errors.Join(err, out.Close())
}

func (b *Book) hash(r io.ReaderAt, size int64) error {
	h := sha256.New()
	if _, err := io.Copy(h, io.NewSectionReader(r, 0, size)); err != nil {
		return fmt.Errorf("%s: read for its checksum: %w", b.Name, err)
	}
	b.SHA256 = hex.EncodeToString(h.Sum(nil))
	return nil
}

func (b *Book) refuse(found, expected, hint string) error {
	return &FileError{File: b.Name, Found: found, Expected: expected, Hint: hint}
}

// Tables gives the file's tables in the order of its sheets: one for CSV, one for each sheet with content in a
// workbook. Each is read on its own, in any order.
func (b *Book) Tables() ([]*Table, error) {
	if b.sheets != nil {
		tables, err := b.sheets.tables(b.choices)
		if err == nil && len(tables) == 0 {
			err = b.refuse("no sheet with content", "column names and rows", "The export may have failed; ask for it to be made again.")
		}
		return tables, err
	}
	t, err := b.csvTable()
	if err != nil {
		return nil, err
	}
	return []*Table{t}, nil
}

func (b *Book) csvTable() (*Table, error) {
	src, err := newCSVSource(b.text, b.comma)
	if err != nil {
		return nil, err
	}
	sep, err := src.skipSepLine()
	if err != nil {
		return nil, err
	}
	t, err := tableFrom(b.Name, "", src, b.lim, b.choices.HeaderRow[""], nil)
	if err != nil {
		return nil, err
	}
	if t == nil {
		return nil, b.refuse("no row with content", "column names and rows", "The export may have failed; ask for it to be made again.")
	}
	src.width, t.csv = len(t.Header), src
	notes := []string{fmt.Sprintf("read as %s with %s between cells", b.Encoding, map[rune]string{',': "commas", ';': "semicolons", '\t': "tabs"}[b.comma])}
	if sep {
		notes = append(notes, "the first line (sep=) only names the delimiter and is not counted as a row")
	}
	t.Notes = append(append(notes, b.Notes...), t.Notes...)
	t.noteQuotes()
	return t, nil
}

// Close lets go of temporary files. Tables cannot be read afterwards.
func (b *Book) Close() error {
	var err error
	if b.sheets != nil {
		err = b.sheets.close()
		b.sheets = nil
	}
	if b.temp != "" {
		err = errors.Join(err, os.Remove(b.temp))
		b.temp = ""
	}
	return err
}

func fileExt(name string) string {
	return strings.ToLower(path.Ext(strings.TrimSuffix(strings.ToLower(name), ".gz")))
}
