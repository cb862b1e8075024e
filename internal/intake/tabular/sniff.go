package tabular

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf16"
)

// kind is what a file turns out to be, whatever its name says.
type kind struct {
	what string // "a PDF document"; "" for something that may be a table
	hint string
}

const saveAsTable = "Open it in the program it came from and save it as .xlsx or CSV."

// signatures are the first bytes of files that hold no table to be read here.
var signatures = []struct {
	magic string
	kind
}{
	{"%PDF", kind{"a PDF document", "Ask for the table behind it as .xlsx or CSV; a PDF holds only its picture."}},
	{"{\\rtf", kind{"a rich-text document", saveAsTable}},
	{"\x09\x08", kind{"a workbook of a very old Excel (before 1997)", saveAsTable}},
	{"\x09\x04", kind{"a workbook of a very old Excel (before 1997)", saveAsTable}},
	{"\x09\x02", kind{"a workbook of a very old Excel (before 1997)", saveAsTable}},
	{"SQLite format 3", kind{"a SQLite database", "Export the table from it as CSV."}},
	{"7z\xBC\xAF\x27\x1C", kind{"a 7-Zip archive", "Unpack it and give the files in it."}},
	{"Rar!\x1a\x07", kind{"a RAR archive", "Unpack it and give the files in it."}},
	{"\x28\xB5\x2F\xFD", kind{"a Zstandard archive", "Unpack it and give the file in it."}},
	{"\xFD7zXZ\x00", kind{"an XZ archive", "Unpack it and give the file in it."}},
	{"BZh91AY&SY", kind{"a bzip2 archive", "Unpack it and give the file in it."}},
	{"\x89PNG", kind{"a picture (PNG)", "Ask for the table itself as .xlsx or CSV."}},
	{"\xFF\xD8\xFF", kind{"a picture (JPEG)", "Ask for the table itself as .xlsx or CSV."}},
	{"GIF8", kind{"a picture (GIF)", "Ask for the table itself as .xlsx or CSV."}},
	{"\x7fELF", kind{"a program", "This is no table; ask the sender what it is."}},
	{"MZ\x90\x00", kind{"a program", "This is no table; ask the sender what it is."}},
	{"\x00\x01\x00\x00Standard ", kind{"an Access database", "Export the table from it as CSV."}},
}

var (
	oleMagic = []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")
	zipMagic = []byte("PK\x03\x04")
	zipEmpty = []byte("PK\x05\x06")
	gzMagic  = []byte("\x1F\x8B")
)

// notATable recognises binary files by their first bytes and text files that are something else than CSV.
func notATable(head []byte) (kind, bool) {
	for _, s := range signatures {
		if bytes.HasPrefix(head, []byte(s.magic)) {
			return s.kind, true
		}
	}
	if enc, _ := guessUTF(head); enc == UTF16LE || enc == UTF16BE {
		return markup(fromUTF16(head, enc == UTF16BE))
	}
	if k, ok := markup(string(bytes.TrimPrefix(head, []byte{0xEF, 0xBB, 0xBF}))); ok {
		return k, true
	}
	if looksBinary(head) {
		return kind{"a binary file of a kind that is not known here", "Ask the sender for the table as .xlsx or CSV."}, true
	}
	return kind{}, false
}

func fromUTF16(b []byte, big bool) string {
	var u []uint16
	for i := 0; i+1 < len(b) && i < 2048; i += 2 {
		if big {
			u = append(u, uint16(b[i])<<8|uint16(b[i+1]))
		} else {
			u = append(u, uint16(b[i+1])<<8|uint16(b[i]))
		}
	}
	return strings.TrimPrefix(string(utf16.Decode(u)), "\ufeff")
}

// markup recognises web pages, XML, JSON and mail, of which web pages often come named .xls.
func markup(s string) (kind, bool) {
	full := strings.ToLower(s)
	s = strings.ToLower(strings.TrimLeft(s[:min(len(s), 2048)], " \t\r\n"))
	switch {
	case strings.HasPrefix(s, "<!doctype html"), strings.HasPrefix(s, "<html"), strings.HasPrefix(s, "<table"),
		strings.HasPrefix(s, "<head"), strings.HasPrefix(s, "<body"), strings.HasPrefix(s, "<meta"), strings.HasPrefix(s, "<style"),
		strings.HasPrefix(s, "<") && strings.Contains(full, "<html"):
		return kind{"a web page (HTML), whatever its name says", "Open it in Excel or LibreOffice and save it as .xlsx or CSV."}, true
	case strings.HasPrefix(s, "<") && strings.Contains(full, "urn:schemas-microsoft-com:office:spreadsheet"):
		return kind{"an XML spreadsheet of Excel 2003", "Open it in Excel and save it as .xlsx."}, true
	case strings.HasPrefix(s, "<?xml"):
		return kind{"an XML document", "Only tables are read here; ask for the same data as CSV or .xlsx."}, true
	case strings.HasPrefix(s, "mime-version:"):
		return kind{"a web page archive (MHTML), whatever its name says", "Open it in Excel and save it as .xlsx or CSV."}, true
	case jsonLike(s) && strings.Contains(s, `"featurecollection"`):
		return kind{"a JSON document of boundaries or points (GeoJSON)", "Official boundaries are not among the files to read: load them with “lantern geography load FILE”, or “lantern assess” with --geography FILE."}, true
	case jsonLike(s):
		return kind{"a JSON document", "Only tables are read here; ask for the same data as CSV or .xlsx."}, true
	}
	return kind{}, false
}

func jsonLike(s string) bool {
	if s == "" || s[0] != '{' && s[0] != '[' {
		return false
	}
	rest := strings.TrimLeft(s[1:], " \t\r\n")
	if s[0] == '{' {
		return strings.HasPrefix(rest, `"`) || strings.HasPrefix(rest, "}")
	}
	return strings.HasPrefix(rest, "{") || strings.HasPrefix(rest, "[")
}

// looksBinary counts control characters, of which text has hardly any; single NULs are left to the row reader.
func looksBinary(head []byte) bool {
	control := 0
	for _, b := range head {
		if b < ' ' && b != '\t' && b != '\n' && b != '\r' && b != '\f' && b != 0x1a {
			control++
		}
	}
	return control > 3 && control*100 > len(head)
}

// oleKind tells an old workbook from a locked one and from other Office files: they share one container, whose
// directory holds the names of its streams in UTF-16.
func oleKind(r io.ReaderAt, size int64) kind {
	names := []struct {
		stream string
		kind
	}{
		{"EncryptedPackage", kind{"a workbook locked with a password", "Open it in Excel, remove the password (File, Info, Protect Workbook, Encrypt with Password) and save it again; send it by a secure way instead."}},
		{"WordDocument", kind{"an old Word document (.doc)", saveAsTable}},
		{"PowerPoint Document", kind{"an old PowerPoint file (.ppt)", saveAsTable}},
		{"Workbook", kind{"an old Excel workbook (.xls, from before 2007), whatever its name says", "Open it in Excel or LibreOffice and save it as .xlsx."}},
		{"Book", kind{"an old Excel workbook (.xls, from before 1997), whatever its name says", "Open it in Excel or LibreOffice and save it as .xlsx."}},
	}
	found := make([]bool, len(names))
	const step, overlap = 1 << 20, 128
	buf := make([]byte, step+overlap)
	for at := int64(0); at < size; at += step {
		n, _ := r.ReadAt(buf[:min(int64(len(buf)), size-at)], at)
		for i, k := range names {
			found[i] = found[i] || bytes.Contains(buf[:n], wide(k.stream))
		}
		if found[0] {
			break
		}
	}
	for i, ok := range found {
		if ok {
			return names[i].kind
		}
	}
	return kind{"an old Office file", saveAsTable}
}

// wide is s in UTF-16LE between NULs, as a stream's name stands in the directory.
func wide(s string) []byte {
	var out []byte
	for i := range len(s) {
		out = append(out, s[i], 0)
	}
	return append(out, 0, 0)
}
