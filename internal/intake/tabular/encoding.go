package tabular

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// The encodings that are read, as they are named in Book.Encoding and Choices.Encoding.
const (
	UTF8        = "UTF-8"
	UTF16LE     = "UTF-16LE"
	UTF16BE     = "UTF-16BE"
	Windows1252 = "Windows-1252"
)

const headBytes = 64 << 10 // how much of a file is looked at to say what it is

// textFacts is what one pass over a text file tells before its first row is handed on.
type textFacts struct {
	encoding string
	bom      int  // bytes of byte-order mark to pass over
	eol      byte // '\n' (also for CRLF) or '\r'
	mixed    bool // mostly UTF-8 with bytes that are not
}

// text is the content of a CSV file, decompressed if need be. It can be opened more than once.
type text struct {
	name  string
	r     io.ReaderAt
	size  int64
	gz    bool
	lim   Limits
	facts textFacts
}

// open starts at the first byte. A reader of a gzip file fails with a *FileError at a bomb or a damaged end.
func (t *text) open() (io.Reader, error) {
	raw := io.NewSectionReader(t.r, 0, t.size)
	if !t.gz {
		return raw, nil
	}
	zr, err := gzip.NewReader(raw)
	if err != nil {
		return nil, t.gzipError(err)
	}
	return &gunzip{t: t, zr: zr, raw: raw}, nil
}

func (t *text) gzipError(err error) error {
	if fe := (*FileError)(nil); errors.As(err, &fe) {
		return err
	}
	return &FileError{File: t.name, Found: "a gzip file that is damaged or cut short (" + err.Error() + ")",
		Expected: "a whole gzip file", Hint: "Ask for the file to be sent again, and nothing of it is loaded until then."}
}

// gunzip counts what it unpacks and stops at the limits.
type gunzip struct {
	t   *text
	zr  *gzip.Reader
	raw *io.SectionReader
	n   int64
}

func (g *gunzip) Read(p []byte) (int, error) {
	n, err := g.zr.Read(p)
	g.n += int64(n)
	if g.n > g.t.lim.UnpackedBytes || g.t.lim.isBomb(g.packed(), g.n) {
		return n, bombError(g.t.name, g.n, g.t.lim)
	}
	if err != nil && err != io.EOF {
		err = g.t.gzipError(err)
	}
	return n, err
}

func (g *gunzip) packed() int64 {
	at, err := g.raw.Seek(0, io.SeekCurrent)
	if err != nil {
		return g.t.size
	}
	return at
}

func bombError(name string, unpacked int64, lim Limits) error {
	return &FileError{File: name, Found: fmt.Sprintf("contents that unpack to more than %s, far more than the file's size explains", bytesInWords(unpacked)),
		Expected: fmt.Sprintf("at most %s unpacked and at most %d times the file's size", bytesInWords(lim.UnpackedBytes), lim.Ratio),
		Hint:     "Send the table as an unpacked CSV file, in parts if it is that large."}
}

// head reads the first bytes of the content.
func (t *text) head() ([]byte, error) {
	r, err := t.open()
	if err != nil {
		return nil, err
	}
	buf := make([]byte, headBytes)
	n, err := io.ReadFull(r, buf)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, err
	}
	return buf[:n], nil
}

// inspect passes once over the whole content. A damaged file is so refused before its first row is handed on, and
// the encoding is decided on all of it: a file is Windows-1252 when it holds bytes that UTF-8 forbids and these
// outnumber its proper UTF-8 letters. A stray bad byte in a UTF-8 file refuses its row alone.
func (t *text) inspect(head []byte, force string) error {
	t.facts = textFacts{encoding: force, eol: '\n'}
	guess, bom := guessUTF(head)
	if force == "" || force == guess {
		t.facts.encoding, t.facts.bom = guess, bom
	}
	r, err := t.open()
	if err != nil {
		return err
	}
	var count utf8Count
	buf := make([]byte, 256<<10)
	lf := false
	for {
		n, err := r.Read(buf)
		lf = lf || bytes.IndexByte(buf[:n], '\n') >= 0
		if t.facts.encoding == "" || t.facts.encoding == UTF8 {
			count.add(buf[:n])
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	if !lf {
		t.facts.eol = '\r'
	}
	if t.facts.encoding == "" {
		t.facts.encoding = UTF8
		if count.end(); count.bad > count.good {
			t.facts.encoding = Windows1252
		}
	}
	t.facts.mixed = t.facts.encoding == UTF8 && count.bad > 0
	return nil
}

// guessUTF recognises byte-order marks, and UTF-16 without one by its pattern of zero bytes.
func guessUTF(head []byte) (encoding string, bom int) {
	switch {
	case bytes.HasPrefix(head, []byte{0xEF, 0xBB, 0xBF}):
		return UTF8, 3
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE}):
		return UTF16LE, 2
	case bytes.HasPrefix(head, []byte{0xFE, 0xFF}):
		return UTF16BE, 2
	}
	var zero [2]int
	for i, b := range head {
		if b == 0 {
			zero[i%2]++
		}
	}
	pairs := len(head) / 2
	switch {
	case pairs < 2:
		return "", 0
	case zero[1]*10 > pairs*6 && zero[0]*20 < pairs:
		return UTF16LE, 0
	case zero[0]*10 > pairs*6 && zero[1]*20 < pairs:
		return UTF16BE, 0
	}
	return "", 0
}

// utf8Count counts proper multi-byte letters and bytes that UTF-8 forbids, across reads.
type utf8Count struct {
	good, bad int
	rest      []byte // an unfinished letter at the end of the last read
}

func (c *utf8Count) add(p []byte) {
	if len(c.rest) > 0 {
		p = append(c.rest, p...)
		c.rest = nil
	}
	for len(p) > 0 {
		if p[0] < utf8.RuneSelf {
			p = p[asciiPrefix(p):]
			continue
		}
		r, n := utf8.DecodeRune(p)
		if r == utf8.RuneError && n == 1 {
			if !utf8.FullRune(p) {
				c.rest = append([]byte(nil), p...)
				return
			}
			c.bad++
		} else {
			c.good++
		}
		p = p[n:]
	}
}

func (c *utf8Count) end() {
	c.bad += len(c.rest)
	c.rest = nil
}

func asciiPrefix(p []byte) int {
	for i, b := range p {
		if b >= utf8.RuneSelf {
			return i
		}
	}
	return len(p)
}

// decoded opens the content as bytes in which line ends, quotes and delimiters can be found: UTF-8, or
// Windows-1252 as it is (the row reader decodes it row by row), with UTF-16 turned into UTF-8.
func (t *text) decoded() (io.Reader, error) {
	r, err := t.open()
	if err != nil {
		return nil, err
	}
	if _, err := io.CopyN(io.Discard, r, int64(t.facts.bom)); err != nil {
		return nil, err
	}
	switch t.facts.encoding {
	case UTF16LE:
		return transform.NewReader(r, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewDecoder()), nil
	case UTF16BE:
		return transform.NewReader(r, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewDecoder()), nil
	}
	return r, nil
}

// fromWindows1252 decodes a row; every byte has a meaning there, so that it cannot fail.
func fromWindows1252(p []byte) []byte {
	out, err := charmap.Windows1252.NewDecoder().Bytes(p)
	if err != nil {
		return p
	}
	return out
}

// knownEncoding maps what a person may write to the name used here.
func knownEncoding(s string) (string, bool) {
	switch strings.ToLower(strings.NewReplacer("-", "", "_", "", " ", "").Replace(s)) {
	case "":
		return "", true
	case "utf8":
		return UTF8, true
	case "utf16", "utf16le":
		return UTF16LE, true
	case "utf16be":
		return UTF16BE, true
	case "windows1252", "cp1252", "latin1", "iso88591":
		return Windows1252, true
	}
	return "", false
}
