package account

import (
	"crypto/sha1" //nolint:gosec // the published lists are of SHA-1; nothing is protected by it
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"lantern.example/lantern/internal/fault"
)

// Breached is a list of passwords known from breaches, as Have I Been Pwned publishes it for use without asking
// anybody: either one file of SHA-1 hashes in hexadecimal, sorted, one a line with what follows a colon left out of
// account ("5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:9659365"), or a folder of files named by the first five digits
// ("5BAA6.txt") with the other 35 in each line. Nothing is read into memory and nothing is sent anywhere.
type Breached struct {
	path   string
	folder bool
}

// OpenBreached looks at the list at path and says when it is not one.
func OpenBreached(path string) (*Breached, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "The list of breached passwords %s cannot be read.", path)
	}
	b := &Breached{path, info.IsDir()}
	if !b.folder {
		head := make([]byte, 40)
		f, err := os.Open(path) //nolint:gosec // the operator's own file
		if err == nil {
			_, err = io.ReadFull(f, head)
			err = errors.Join(err, f.Close())
		}
		if _, herr := hex.DecodeString(string(head)); err != nil || herr != nil {
			return nil, fault.New(fault.Invalid, "The list of breached passwords %s does not begin with a SHA-1 hash of 40 hexadecimal digits: expected the list ordered by hash.", path)
		}
		return b, nil
	}
	if names, err := filepath.Glob(filepath.Join(path, "[0-9A-Fa-f][0-9A-Fa-f][0-9A-Fa-f][0-9A-Fa-f][0-9A-Fa-f]*")); err != nil || len(names) == 0 {
		return nil, fault.New(fault.Invalid, "The folder %s holds no files named by the first five digits of a hash, such as 5BAA6.txt.", path)
	}
	return b, nil
}

// Has reports whether a password is on the list.
func (b *Breached) Has(password string) (bool, error) {
	sum := sha1.Sum([]byte(password)) //nolint:gosec // see Breached
	hash := strings.ToUpper(hex.EncodeToString(sum[:]))
	if !b.folder {
		return found(b.path, hash)
	}
	for _, name := range []string{hash[:5] + ".txt", hash[:5], strings.ToLower(hash[:5]) + ".txt", strings.ToLower(hash[:5])} {
		ok, err := found(filepath.Join(b.path, name), hash[5:])
		if !errors.Is(err, fs.ErrNotExist) {
			return ok, err
		}
	}
	return false, nil
}

// maxLine is longer than any line of the list.
const maxLine = 128

// found looks for a line that begins with key in a sorted file, by halves.
func found(path, key string) (ok bool, err error) {
	f, err := os.Open(path) //nolint:gosec // the operator's own file
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return false, err
	}
	lo, hi := int64(0), info.Size() // the line begins in [lo, hi)
	for lo < hi {
		mid := lo + (hi-lo)/2
		start, line, err := lineAt(f, mid)
		if err != nil {
			return false, err
		}
		switch head := strings.ToUpper(line[:min(len(line), len(key))]); {
		case head == key:
			return true, nil
		case head < key:
			lo = start + int64(len(line)) + 1
		default:
			hi = start
		}
	}
	return false, nil
}

// lineAt is the line that the byte at position at lies in, and where it begins.
func lineAt(f io.ReaderAt, at int64) (start int64, line string, err error) {
	from := max(0, at-maxLine)
	b := make([]byte, 2*maxLine)
	n, err := f.ReadAt(b, from)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, "", err
	}
	b = b[:n]
	i := int(at - from)
	begin := strings.LastIndexByte(string(b[:i]), '\n') + 1
	end := strings.IndexByte(string(b[i:]), '\n')
	if end < 0 {
		end = len(b) - i
	}
	if begin == 0 && from > 0 || i+end-begin > maxLine {
		return 0, "", fault.New(fault.Invalid, "The list of breached passwords has a line that is longer than a hash and a count.")
	}
	return from + int64(begin), string(b[begin : i+end]), nil
}
