package tabular

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// container is a workbook's ZIP, checked against the limits before anything in it is unpacked.
type container struct {
	zip  *zip.Reader
	name string
	lim  Limits
}

// smallPart bounds the parts that are held in memory whole: the workbook's own list of sheets and its styles.
const smallPart = 16 << 20

// directoryBytes bounds the list of parts, which archive/zip reads whole before it can be asked anything. 10,000 parts
// with names of usual length take 1 MB.
func directoryBytes(entries int) int64 { return int64(entries) * 256 }

// openContainer refuses what is too large, too many or nested by the ZIP's list of parts alone.
func openContainer(name string, r io.ReaderAt, size int64, lim Limits) (*container, error) {
	c := &container{name: name, lim: lim}
	length, err := directoryLength(r, size)
	if err != nil {
		return nil, c.refuse("a ZIP file or workbook that is damaged or cut short", "a whole .xlsx file", "Ask for the file to be sent again.")
	}
	if length > directoryBytes(lim.Entries) {
		return nil, c.tooManyParts("far more")
	}
	c.zip, err = zip.NewReader(r, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, c.refuse("a ZIP file or workbook that is damaged or cut short ("+err.Error()+")", "a whole .xlsx file", "Ask for the file to be sent again.")
	}
	if len(c.zip.File) > lim.Entries {
		return nil, c.tooManyParts(strconv.Itoa(len(c.zip.File)))
	}
	return c, c.checkSizes()
}

func (c *container) refuse(found, expected, hint string) error {
	return &FileError{File: c.name, Found: found, Expected: expected, Hint: hint}
}

func (c *container) tooManyParts(n string) error {
	return c.refuse(fmt.Sprintf("a ZIP file of %s parts", n), fmt.Sprintf("at most %d", c.lim.Entries), "This is no ordinary workbook; ask the sender how it was made.")
}

// checkSizes trusts the sizes that the ZIP states: archive/zip never unpacks more of a part than it states.
func (c *container) checkSizes() error {
	var packed, unpacked uint64
	for _, f := range c.zip.File {
		packed += f.CompressedSize64
		unpacked += f.UncompressedSize64
		over := f.UncompressedSize64 > uint64(c.lim.UnpackedBytes) || unpacked > uint64(c.lim.UnpackedBytes)
		if over || c.lim.isBomb(int64(f.CompressedSize64), int64(f.UncompressedSize64)) || c.lim.isBomb(int64(packed), int64(unpacked)) {
			return bombError(c.name, int64(min(unpacked, 1<<62)), c.lim)
		}
	}
	return nil
}

// directoryLength gives how many bytes archive/zip would read to learn the list of parts: from where the end record
// says the list begins (either of the two places it may mean) to the end of the file.
func directoryLength(r io.ReaderAt, size int64) (int64, error) {
	tail := make([]byte, min(size, 22+65_535))
	if _, err := r.ReadAt(tail, size-int64(len(tail))); err != nil && err != io.EOF {
		return 0, err
	}
	at := bytes.LastIndex(tail, zipEmpty)
	if at < 0 || at+22 > len(tail) {
		return 0, zip.ErrFormat
	}
	end := tail[at:]
	length, offset := binary.LittleEndian.Uint32(end[12:]), binary.LittleEndian.Uint32(end[16:])
	if length == 1<<32-1 || offset == 1<<32-1 || binary.LittleEndian.Uint16(end[10:]) == 1<<16-1 {
		return size, nil // more than the plain format can count
	}
	endAt := size - int64(len(tail)) + int64(at)
	start := endAt - int64(length)
	if o := int64(offset); o < start && startsDirectory(r, o) {
		start = o
	}
	if start < 0 {
		return 0, zip.ErrFormat
	}
	return size - start, nil
}

func startsDirectory(r io.ReaderAt, at int64) bool {
	var b [4]byte
	_, err := r.ReadAt(b[:], at)
	return err == nil && string(b[:]) == "PK\x01\x02"
}

// what says what the ZIP holds; the empty kind is a workbook that can be read.
func (c *container) what() kind {
	has := func(prefix string) bool {
		for _, f := range c.zip.File {
			if strings.HasPrefix(strings.ToLower(strings.ReplaceAll(f.Name, `\`, "/")), prefix) {
				return true
			}
		}
		return false
	}
	switch {
	case has("xl/workbook.bin"):
		return kind{"a binary workbook (.xlsb)", "Open it in Excel and save it as .xlsx."}
	case has("xl/workbook") && has("xl/worksheets/"):
		return kind{}
	case has("word/"):
		return kind{"a Word document (.docx)", "Copy the table into a workbook and save it as .xlsx."}
	case has("ppt/"):
		return kind{"a PowerPoint file (.pptx)", "Copy the table into a workbook and save it as .xlsx."}
	case has("mimetype"), has("content.xml"):
		if strings.Contains(c.mimetype(), "spreadsheet") {
			return kind{"an OpenDocument spreadsheet (.ods)", "Open it in LibreOffice or Excel and save it as .xlsx."}
		}
		return kind{"an OpenDocument file that is no spreadsheet", "Copy the table into a workbook and save it as .xlsx."}
	case has("xl/"):
		return kind{"a workbook that lacks its list of sheets", "Open it in Excel, let it be repaired, and save it as .xlsx."}
	case has("index/") || has("metadata/"):
		return kind{"an Apple Numbers file or the like", "Export it as .xlsx from the program it came from."}
	}
	return kind{fmt.Sprintf("a ZIP archive of %d files", len(c.zip.File)), "Unpack it and give the files in it."}
}

func (c *container) mimetype() string {
	for _, f := range c.zip.File {
		if f.Name == "mimetype" {
			r, err := f.Open()
			if err != nil {
				return ""
			}
			defer r.Close()
			b, _ := io.ReadAll(io.LimitReader(r, 100))
			return string(b)
		}
	}
	return ""
}

// parts a workbook is read from. Pictures, pivot caches, macros and the like are left out, so that their size
// costs nothing.
var wanted = regexp.MustCompile(`(?i)^(\[content_types\]\.xml|_rels/\.rels|xl/workbook\d*\.xml|xl/_rels/workbook\d*\.xml\.rels|xl/styles\d*\.xml|xl/sharedstrings\d*\.xml|xl/worksheets/[^/]+\.xml)$`)

// copied tells of the parts that were copied.
type copied struct {
	bytes int64                // of the sheets and the shared texts when unpacked
	parts map[string]sheetPart // by the part's name
}

// sheetPart is what is known of a sheet before it is read.
type sheetPart struct {
	bytes   int64
	lastRow int // the number of the last row that it states, 0 if it states none
}

// copyWanted writes a ZIP of the wanted parts alone, as they are packed. Every part is read through first, which
// finds damage that the workbook reader would take for the part's end.
func (c *container) copyWanted(w io.Writer) (copied, error) {
	out := zip.NewWriter(w)
	done := copied{parts: map[string]sheetPart{}}
	for _, f := range c.zip.File {
		name := partName(f)
		if !wanted.MatchString(name) {
			continue
		}
		isSheet := strings.HasPrefix(strings.ToLower(name), "xl/worksheets/")
		isLarge := isSheet || strings.HasPrefix(strings.ToLower(name), "xl/sharedstrings")
		if !isLarge && f.UncompressedSize64 > smallPart {
			return done, c.refuse("a workbook whose "+name+" is "+bytesInWords(int64(f.UncompressedSize64)), "at most "+bytesInWords(smallPart), "Copy the cells into a new workbook, values only, and save that.")
		}
		last, err := c.readThrough(f)
		if err != nil {
			return done, err
		}
		if isLarge {
			done.bytes += int64(f.UncompressedSize64)
		}
		if isSheet {
			done.parts[name] = sheetPart{bytes: int64(f.UncompressedSize64), lastRow: last}
		}
		if err := copyRaw(out, f, name); err != nil {
			return done, fmt.Errorf("%s: copy %s: %w", c.name, name, err)
		}
	}
	return done, out.Close()
}

func partName(f *zip.File) string {
	return strings.TrimPrefix(strings.ReplaceAll(f.Name, `\`, "/"), "/")
}

// sheets tells which part holds which sheet, by the workbook's list of sheets and its list of relationships. What
// cannot be told is left out: it serves checks and choices, the reading itself is the library's.
func (c *container) sheets(done copied) map[string]sheetPart {
	var book struct {
		Sheets []struct {
			Name string `xml:"name,attr"`
			ID   string `xml:"id,attr"`
		} `xml:"sheets>sheet"`
	}
	var rels struct {
		Relationship []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
		}
	}
	out := map[string]sheetPart{}
	if c.decode(`xl/workbook\d*\.xml`, &book) != nil || c.decode(`xl/_rels/workbook\d*\.xml\.rels`, &rels) != nil {
		return out
	}
	for _, sheet := range book.Sheets {
		for _, rel := range rels.Relationship {
			target := strings.TrimPrefix(rel.Target, "/")
			if !strings.HasPrefix(rel.Target, "/") {
				target = path.Join("xl", target)
			}
			if part, ok := done.parts[target]; ok && rel.ID == sheet.ID {
				out[sheet.Name] = part
			}
		}
	}
	return out
}

func (c *container) decode(pattern string, into any) error {
	is := regexp.MustCompile("(?i)^" + pattern + "$")
	for _, f := range c.zip.File {
		if is.MatchString(partName(f)) {
			r, err := f.Open()
			if err != nil {
				return err
			}
			defer r.Close()
			return xml.NewDecoder(r).Decode(into)
		}
	}
	return io.EOF
}

func copyRaw(out *zip.Writer, f *zip.File, name string) error {
	in, err := f.OpenRaw()
	if err != nil {
		return err
	}
	h := f.FileHeader
	h.Name = name
	w, err := out.CreateRaw(&h)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, in)
	return err
}

// readThrough unpacks a part to nowhere, which checks its length and checksum, and gives the number of the last row
// it states (0 if it states none).
func (c *container) readThrough(f *zip.File) (lastRow int, err error) {
	r, err := f.Open()
	if err == nil {
		defer r.Close()
		var scan rowScan
		_, err = io.CopyBuffer(&scan, struct{ io.Reader }{r}, make([]byte, 64<<10))
		lastRow = scan.last
	}
	if err != nil {
		return 0, c.refuse(fmt.Sprintf("a workbook whose part %s is damaged (%v)", f.Name, err), "a whole .xlsx file", "Ask for the file to be sent again, or let Excel repair it.")
	}
	return lastRow, nil
}

// rowScan looks for the last row element of a sheet as it passes by. It only serves to notice that a reader stopped
// early, so that text that happens to look like one does no harm beyond a refusal.
type rowScan struct {
	tail []byte
	last int
}

var rowNumber = regexp.MustCompile(`<(?:\w+:)?row\s[^<>]*?\br="(\d{1,9})"`)

const rowScanKeep = 512 // longer than any row element's attributes

func (s *rowScan) Write(p []byte) (int, error) {
	window := append(s.tail, p...)
	// Only the last few can matter: look backwards for the last opening that matches.
	for end := len(window); end > 0; {
		at := max(bytes.LastIndex(window[:end], []byte("<row ")), bytes.LastIndex(window[:end], []byte(":row ")))
		if at < 0 {
			break
		}
		from := max(0, bytes.LastIndexByte(window[:at+1], '<'))
		if m := rowNumber.FindSubmatch(window[from:min(len(window), from+rowScanKeep)]); m != nil {
			s.last, _ = strconv.Atoi(string(m[1]))
			break
		}
		end = at
	}
	keep := min(len(window), rowScanKeep)
	s.tail = append(s.tail[:0], window[len(window)-keep:]...)
	return len(p), nil
}
