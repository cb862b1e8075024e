package tabular

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/unicode"
)

func zipOf(t testing.TB, parts ...string) []byte {
	t.Helper()
	var buf bytes.Buffer
	zw := zip.NewWriter(&buf)
	for i := 0; i < len(parts); i += 2 {
		w, err := zw.Create(parts[i])
		if err == nil {
			_, err = io.WriteString(w, parts[i+1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func lockedBook(t testing.TB) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	var buf bytes.Buffer
	if err := f.Write(&buf, excelize.Options{Password: "made up"}); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// oleWith makes a container that holds a stream's name where a directory would.
func oleWith(stream string) []byte {
	data := make([]byte, 2048)
	copy(data, oleMagic)
	copy(data[1024:], wide(stream))
	return data
}

func refusals(t testing.TB) []struct {
	name, file string
	data       []byte
	want       string
} {
	book := makeBook(t, [][]any{{"a", "b"}, {1, 2}}, nil)
	html := "<html><body><table><tr><td>a</td></tr></table></body></html>"
	return []struct {
		name, file string
		data       []byte
		want       string
	}{
		{"nothing", "a.csv", nil, "an empty file"},
		{"blank", "a.csv", []byte("\ufeff \r\n\r\n"), "an empty file"},
		{"an empty gzip", "a.csv.gz", gz(t, nil), "an empty file"},
		{"old workbook under a new name", "a.xlsx", oleWith("Workbook"), "an old Excel workbook"},
		{"very old workbook", "a.xls", []byte("\x09\x08\x08\x00\x00\x05\x05\x00rest"), "very old Excel"},
		{"workbook with a password", "a.xlsx", lockedBook(t), "locked with a password"},
		{"old Word document", "a.doc", oleWith("WordDocument"), "old Word document"},
		{"PDF", "a.csv", []byte("%PDF-1.7\n"), "a PDF document"},
		{"web page named .xls", "a.xls", []byte("\r\n" + html), "a web page"},
		{"web page in UTF-16", "a.xls", encode(t, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), html), "a web page"},
		{"spreadsheet of 2003", "a.xls", []byte(`<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>`), "Excel 2003"},
		{"XML", "a.xml", []byte(`<?xml version="1.0"?><Message/>`), "an XML document"},
		{"JSON", "a.json", []byte(`{"type": "Feature"}`), "a JSON document"},
		{"GeoJSON", "a.geojson", []byte(`{"type": "FeatureCollection"}`), "boundaries or points (GeoJSON)"},
		{"picture", "a.csv", []byte("\x89PNG\r\n\x1a\n"), "a picture"},
		{"bytes", "a.csv", bytes.Repeat([]byte{1, 2, 3, 0, 200}, 100), "a binary file"},
		{"Word document", "a.xlsx", zipOf(t, "[Content_Types].xml", "<x/>", "word/document.xml", "<x/>"), "a Word document"},
		{"OpenDocument", "a.ods", zipOf(t, "mimetype", "application/vnd.oasis.opendocument.spreadsheet", "content.xml", "<x/>"), "an OpenDocument spreadsheet"},
		{"binary workbook", "a.xlsb", zipOf(t, "xl/workbook.bin", "x", "xl/worksheets/sheet1.bin", "x"), "a binary workbook"},
		{"archive", "a.zip", zipOf(t, "one.csv", "a,b\n", "two.csv", "a,b\n"), "a ZIP archive of 2 files"},
		{"empty archive", "a.zip", zipOf(t), "a ZIP archive of 0 files"},
		{"archive in an archive", "a.zip", zipOf(t, "in.zip", string(zipOf(t, "in.csv", "a,b\n"))), "a ZIP archive of 1 files"},
		{"gzip in gzip", "a.csv.gz", gz(t, gz(t, []byte("a,b\n1,2\n"))), "a gzip file inside a gzip file"},
		{"gzip cut short", "a.csv.gz", gz(t, []byte(strings.Repeat("a,b\n1,2\n", 99)))[:30], "damaged or cut short"},
		{"gzip with a wrong checksum", "a.csv.gz", flip(gz(t, []byte("a,b\n1,2\n")), -6), "damaged or cut short"},
		{"workbook cut short", "a.xlsx", book[:len(book)-200], "damaged or cut short"},
		{"workbook with a wrong checksum", "a.xlsx", spoilSheet(t, book), "damaged"},
		{"workbook without content", "a.xlsx", makeBook(t, nil, nil), "no sheet with content"},
	}
}

func flip(data []byte, at int) []byte {
	data = bytes.Clone(data)
	data[len(data)+at] ^= 0xFF
	return data
}

// spoilSheet changes the stated checksum of the first sheet.
func spoilSheet(t testing.TB, book []byte) []byte {
	t.Helper()
	zr, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range zr.File {
		if f.Name == "xl/worksheets/sheet1.xml" {
			var sum [4]byte
			binary.LittleEndian.PutUint32(sum[:], f.CRC32)
			return bytes.ReplaceAll(book, sum[:], []byte{1, 2, 3, 4})
		}
	}
	t.Fatal("no sheet")
	return nil
}

func TestWhatIsNoTableIsRefusedInWords(t *testing.T) {
	for _, tt := range refusals(t) {
		t.Run(tt.name, func(t *testing.T) {
			b, err := Open(tt.file, bytes.NewReader(tt.data), int64(len(tt.data)), Limits{})
			if err == nil {
				defer b.Close()
				_, err = b.Tables()
			}
			fe := (*FileError)(nil)
			if !errors.As(err, &fe) {
				t.Fatalf("error %v, want a FileError", err)
			}
			if !strings.Contains(fe.Found, tt.want) || fe.File != tt.file || fe.Expected == "" || fe.Hint == "" {
				t.Errorf("refused with %q (file %q, expected %q, hint %q), want %q and what to do", fe.Found, fe.File, fe.Expected, fe.Hint, tt.want)
			}
		})
	}
}

// repeated is one deflate stream of n copies of 64 kB of rows, made by repeating whole flushed blocks.
func repeated(t testing.TB, n int) (packed []byte, crc uint32, size uint64) {
	t.Helper()
	block := bytes.Repeat([]byte("a,b\n"), 1<<14)
	var buf bytes.Buffer
	w, err := flate.NewWriter(&buf, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	for range 4 { // a full window, so that what follows repeats itself exactly
		if _, err := w.Write(block); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	head := bytes.Clone(buf.Bytes())
	buf.Reset()
	if _, err := w.Write(block); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	again := bytes.Clone(buf.Bytes())
	buf.Reset()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	packed = append(packed, head...)
	for range n {
		packed = append(packed, again...)
	}
	packed = append(packed, buf.Bytes()...)
	h := crc32.NewIEEE()
	if n < 1000 {
		for range n + 4 {
			h.Write(block)
		}
	}
	return packed, h.Sum32(), uint64(n+4) * uint64(len(block))
}

func TestBombsAreRefusedAtOnce(t *testing.T) {
	packed, _, size := repeated(t, 160_000) // about 10 GB
	t.Logf("the bomb has %s and unpacks to %s", bytesInWords(int64(len(packed))), bytesInWords(int64(size)))
	bombs := []struct {
		name string
		data []byte
		want string
	}{
		{"gzip", gzipOf(packed), "unpack to more than"},
		{"sheet that says its size", bookWith(t, packed, size), "unpack to more than"},
		{"sheet that says it is small", bookWith(t, packed, 1000), "damaged"},
		{"100,000 parts", manyParts(t, 100_000, 0), "parts"},
		{"20,000 parts", manyParts(t, 20_000, 0), "parts"},
		{"1,000,000 bytes of parts that say they are few", manyParts(t, 60_000, 3), "parts"},
	}
	for _, tt := range bombs {
		t.Run(tt.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			start := time.Now()
			_, err := Open("bomb", bytes.NewReader(tt.data), int64(len(tt.data)), Limits{})
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			fe := (*FileError)(nil)
			if !errors.As(err, &fe) || !strings.Contains(fe.Found, tt.want) {
				t.Fatalf("error %v, want a refusal with %q", err, tt.want)
			}
			if took > time.Second {
				t.Errorf("refused after %v, want at most a second", took)
			}
			if grown := after.TotalAlloc - before.TotalAlloc; grown > 64<<20 {
				t.Errorf("took %s of memory, want at most 64 MB", bytesInWords(int64(grown)))
			}
		})
	}
}

func gzipOf(packed []byte) []byte {
	out := []byte{0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255}
	return append(append(out, packed...), 0, 0, 0, 0, 0, 0, 0, 0)
}

// bookWith is a workbook whose sheet is packed bytes that say they unpack to size.
func bookWith(t testing.TB, packed []byte, size uint64) []byte {
	t.Helper()
	var buf bytes.Buffer
	zw := zip.NewWriter(&buf)
	for _, name := range []string{"[Content_Types].xml", "xl/workbook.xml"} {
		if _, err := zw.Create(name); err != nil {
			t.Fatal(err)
		}
	}
	w, err := zw.CreateRaw(&zip.FileHeader{Name: "xl/worksheets/sheet1.xml", Method: zip.Deflate, CompressedSize64: uint64(len(packed)), UncompressedSize64: size})
	if err == nil {
		_, err = w.Write(packed)
	}
	if err == nil {
		err = zw.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// manyParts is a ZIP of n empty parts which states stated of them, or all for 0.
func manyParts(t testing.TB, n, stated int) []byte {
	t.Helper()
	var buf bytes.Buffer
	zw := zip.NewWriter(&buf)
	for i := range n {
		if _, err := zw.CreateRaw(&zip.FileHeader{Name: fmt.Sprintf("xl/worksheets/%d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	data := buf.Bytes()
	if stated > 0 {
		end := bytes.LastIndex(data, zipEmpty)
		binary.LittleEndian.PutUint16(data[end+8:], uint16(stated))
		binary.LittleEndian.PutUint16(data[end+10:], uint16(stated))
	}
	return data
}

func TestLimitsNameThePlace(t *testing.T) {
	long := strings.Repeat("x", 2<<20)
	data := []byte("id,note\n1,a\n2,\"" + long + "\"\n3,b\n" + strings.Repeat("z", 17<<20) + "\n4,c\n" + strings.Repeat(",", 20_000) + "\n5,d\n")
	_, tabs := openBytes(t, "in.csv", data, Choices{})
	rows, refused := readAll(t, tabs[0])
	if want := []string{"2|1|a", "4|3|b", "6|4|c", "8|5|d"}; strings.Join(rows, ";") != strings.Join(want, ";") {
		t.Errorf("rows %.200q, want %q", rows, want)
	}
	if len(refused) != 3 || !strings.HasPrefix(refused[0], "3!a cell of 2 MB") || !strings.HasPrefix(refused[1], "5!the row is longer than 16 MB") || !strings.HasPrefix(refused[2], "7!the row has 20001 cells") {
		t.Errorf("refused %.300q", refused)
	}
	_, err := Open("in.csv", bytes.NewReader(data), int64(len(data)), Limits{FileBytes: 1 << 20})
	if err == nil || !strings.Contains(err.Error(), "at most 1 MB") {
		t.Errorf("a file over the limit: %v, want it refused", err)
	}
}

func TestAWholeFileIsHashedAsItWasSent(t *testing.T) {
	plain := []byte("a,b\n1,2\n")
	b, _ := openBytes(t, "in.csv", plain, Choices{})
	if want := fmt.Sprintf("%x", sha256.Sum256(plain)); b.SHA256 != want {
		t.Errorf("checksum %s, want %s", b.SHA256, want)
	}
	packed := gz(t, plain)
	z, _ := openBytes(t, "in.csv.gz", packed, Choices{})
	if want := fmt.Sprintf("%x", sha256.Sum256(packed)); z.SHA256 != want {
		t.Errorf("checksum of the compressed file %s, want its own %s", z.SHA256, want)
	}
}
