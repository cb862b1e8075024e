// Package assets holds the style sheets, scripts and pictures that pages use,
// inside the program, and serves them.
//
// The files are made from web/ by tools/assets and embedded from built/. They
// are served in one folder whose name is a hash of everything in it, as
// /assets/HASH/lantern.css, so a browser may keep them for ever and a new
// release is a new folder. The folder carries the hash, and the file names do
// not, because MapLibre finds its worker by a name beside its own.
//
// A program built before tools/assets has run still works: [Ready] is false,
// [Handler] answers 404, and pages are plain.
package assets

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Prefix is where [Handler] expects to be mounted, with the method GET.
const Prefix = "/assets/"

//go:embed all:built
var embedded embed.FS

// placeholder keeps the folder in version control; it is never served.
const placeholder = "placeholder.txt"

var standard = sync.OnceValue(func() *set {
	built, err := fs.Sub(embedded, "built")
	if err != nil {
		panic("assets: the embedded folder has no built/: " + err.Error())
	}
	s, err := load(built)
	if err != nil {
		panic("assets: an embedded file cannot be read: " + err.Error())
	}
	return s
})

// Path gives the address of a file, such as "/assets/3f9c0a1b2c4d5e6f/lantern.css"
// for "lantern.css". It does not say whether the file exists: templates may
// ask before the files have been built.
func Path(name string) string { return standard().path(name) }

// Hash is the name of the folder that [Path] puts every file in.
func Hash() string { return standard().hash }

// Ready says whether the files have been built into this program.
func Ready() bool { return standard().ready() }

// Read gives a file's content, for instance to put the style sheet inside a
// report that must stand alone. The error is [fs.ErrNotExist] when there is
// none.
func Read(name string) ([]byte, error) { return standard().read(name) }

// Names lists the files in alphabetical order.
func Names() []string { return standard().names() }

// Handler serves every file under [Prefix].
func Handler() http.Handler { return standard() }

// set is a folder of files read once.
type set struct {
	hash  string
	files map[string]*file
}

type file struct {
	content     []byte
	contentType string
	etag        string
	// squeezed is the content in gzip, or nil where that would not be
	// noticeably smaller. It is made at the first request that takes it.
	squeezed func() []byte
}

// load reads every file below the root but the placeholder. The hash covers
// names and content in alphabetical order.
func load(root fs.FS) (*set, error) {
	s := &set{files: make(map[string]*file)}
	whole := sha256.New()
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || name == placeholder {
			return err
		}
		content, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(content)
		fmt.Fprintf(whole, "%s\x00%x\n", name, sum)
		s.files[name] = newFile(name, content, hex.EncodeToString(sum[:8]))
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.hash = hex.EncodeToString(whole.Sum(nil)[:8])
	return s, nil
}

func newFile(name string, content []byte, sum string) *file {
	f := &file{content: content, contentType: contentType(name), etag: `"` + sum + `"`}
	f.squeezed = sync.OnceValue(func() []byte {
		if !isText(f.contentType) || len(content) < 1024 {
			return nil
		}
		return squeeze(content)
	})
	return f
}

func squeeze(content []byte) []byte {
	var out bytes.Buffer
	// Neither call can fail: the level is in range and a buffer takes all.
	w, _ := gzip.NewWriterLevel(&out, gzip.BestCompression)
	_, _ = w.Write(content)
	_ = w.Close()
	if out.Len() > len(content)*9/10 {
		return nil
	}
	return out.Bytes()
}

func (s *set) path(name string) string { return Prefix + s.hash + "/" + strings.TrimPrefix(name, "/") }

func (s *set) ready() bool { return s.files["lantern.css"] != nil }

func (s *set) read(name string) ([]byte, error) {
	f := s.files[name]
	if f == nil {
		return nil, &fs.PathError{Op: "read", Path: name, Err: fs.ErrNotExist}
	}
	return bytes.Clone(f.content), nil
}

func (s *set) names() []string {
	out := make([]string, 0, len(s.files))
	for name := range s.files {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// ServeHTTP serves one file. Only the current folder is served: a page of an
// earlier release that is still open gets 404 for a script it had not loaded
// yet rather than one that does not fit it.
func (s *set) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "Assets can only be read.", http.StatusMethodNotAllowed)
		return
	}
	f, err := s.find(r.URL.Path)
	if err != nil {
		http.Error(w, "There is no such asset.", http.StatusNotFound)
		return
	}
	f.serve(w, r)
}

var errNoSuchAsset = errors.New("no such asset")

func (s *set) find(address string) (*file, error) {
	name, ok := strings.CutPrefix(address, Prefix+s.hash+"/")
	if !ok || s.files[name] == nil {
		return nil, errNoSuchAsset
	}
	return s.files[name], nil
}

func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.contentType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	content, etag := f.content, f.etag
	if f.squeezed() != nil {
		h.Set("Vary", "Accept-Encoding")
		if takesGzip(r.Header.Get("Accept-Encoding")) {
			content, etag = f.squeezed(), strings.TrimSuffix(f.etag, `"`)+`-gz"`
			h.Set("Content-Encoding", "gzip")
		}
	}
	h.Set("ETag", etag)
	if matches(r.Header.Get("If-None-Match"), etag) {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(content)))
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(content) // the reader has gone away: nobody is left to tell
}

// takesGzip reads an Accept-Encoding header, where "gzip;q=0" is a refusal.
func takesGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		coding, quality, _ := strings.Cut(part, ";")
		if strings.TrimSpace(coding) != "gzip" {
			continue
		}
		q, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(quality), "q="), 64)
		return strings.TrimSpace(quality) == "" || err == nil && q > 0
	}
	return false
}

// matches reads an If-None-Match header; weak tags compare as strong ones do.
func matches(header, etag string) bool {
	for part := range strings.SplitSeq(header, ",") {
		if tag := strings.TrimPrefix(strings.TrimSpace(part), "W/"); tag == "*" || tag == etag {
			return true
		}
	}
	return false
}

// contentTypes is our own, since the machine's table decides otherwise and
// some machines call a module anything but a script.
var contentTypes = map[string]string{
	".css":     "text/css; charset=utf-8",
	".js":      "text/javascript; charset=utf-8",
	".mjs":     "text/javascript; charset=utf-8",
	".svg":     "image/svg+xml",
	".png":     "image/png",
	".ico":     "image/x-icon",
	".json":    "application/json",
	".geojson": "application/geo+json",
	".txt":     "text/plain; charset=utf-8",
}

func contentType(name string) string {
	if t := contentTypes[path.Ext(name)]; t != "" {
		return t
	}
	return "application/octet-stream"
}

func isText(contentType string) bool {
	return strings.HasPrefix(contentType, "text/") || strings.Contains(contentType, "json") || strings.Contains(contentType, "svg")
}
