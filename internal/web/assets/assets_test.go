package assets

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func sample(t *testing.T, files map[string]string) *set {
	t.Helper()
	root := fstest.MapFS{placeholder: {Data: []byte("kept")}}
	for name, content := range files {
		root[name] = &fstest.MapFile{Data: []byte(content)}
	}
	s, err := load(root)
	if err != nil {
		t.Fatalf("load: %v", err)
	}
	return s
}

func get(t *testing.T, h http.Handler, method, address string, headers map[string]string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, address, nil)
	for k, v := range headers {
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, resp *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestServing(t *testing.T) {
	long := strings.Repeat("a{color:#0b0c0c}", 500)
	s := sample(t, map[string]string{"lantern.css": long, "map.mjs": "export {}", "images/mark.svg": "<svg/>", "x.bin": "0"})
	cases := []struct {
		name, method, address string
		status                int
		contentType           string
	}{
		{"style sheet", "GET", s.path("lantern.css"), 200, "text/css; charset=utf-8"},
		{"module", "GET", s.path("map.mjs"), 200, "text/javascript; charset=utf-8"},
		{"picture in a folder", "GET", s.path("images/mark.svg"), 200, "image/svg+xml"},
		{"leading slash in the name", "GET", s.path("/map.mjs"), 200, "text/javascript; charset=utf-8"},
		{"unknown kind", "GET", s.path("x.bin"), 200, "application/octet-stream"},
		{"head", "HEAD", s.path("map.mjs"), 200, "text/javascript; charset=utf-8"},
		{"no such file", "GET", s.path("other.css"), 404, "text/plain; charset=utf-8"},
		{"the placeholder", "GET", s.path("placeholder.txt"), 404, "text/plain; charset=utf-8"},
		{"folder", "GET", s.path("images"), 404, "text/plain; charset=utf-8"},
		{"another release's folder", "GET", "/assets/0000000000000000/lantern.css", 404, "text/plain; charset=utf-8"},
		{"no folder", "GET", "/assets/lantern.css", 404, "text/plain; charset=utf-8"},
		{"upwards", "GET", s.path("../lantern.css"), 404, "text/plain; charset=utf-8"},
		{"written to", "POST", s.path("lantern.css"), 405, "text/plain; charset=utf-8"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			resp := get(t, s, c.method, c.address, nil)
			if resp.StatusCode != c.status || resp.Header.Get("Content-Type") != c.contentType {
				t.Errorf("%s %s: got %d %q, want %d %q", c.method, c.address, resp.StatusCode, resp.Header.Get("Content-Type"), c.status, c.contentType)
			}
			immutable := strings.Contains(resp.Header.Get("Cache-Control"), "immutable")
			if immutable != (c.status == 200) {
				t.Errorf("%s %s: Cache-Control is %q with status %d", c.method, c.address, resp.Header.Get("Cache-Control"), c.status)
			}
		})
	}
}

func TestGzip(t *testing.T) {
	long := strings.Repeat("a{color:#0b0c0c}", 500)
	s := sample(t, map[string]string{"lantern.css": long, "short.css": "a{}", "long.png": long})
	cases := []struct {
		name, file, accept string
		want               bool
	}{
		{"taken", "lantern.css", "gzip, deflate, br", true},
		{"taken with a weight", "lantern.css", "br;q=1.0, gzip;q=0.8", true},
		{"refused", "lantern.css", "gzip;q=0", false},
		{"not offered", "lantern.css", "", false},
		{"another coding with a like name", "lantern.css", "x-gzip", false},
		{"too short to gain", "short.css", "gzip", false},
		{"a picture", "long.png", "gzip", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			resp := get(t, s, "GET", s.path(c.file), map[string]string{"Accept-Encoding": c.accept})
			got := resp.Header.Get("Content-Encoding") == "gzip"
			if got != c.want {
				t.Fatalf("%s with Accept-Encoding %q: gzip is %v, want %v", c.file, c.accept, got, c.want)
			}
			content := body(t, resp)
			if got {
				zr, err := gzip.NewReader(strings.NewReader(content))
				if err != nil {
					t.Fatal(err)
				}
				b, err := io.ReadAll(zr)
				if err != nil {
					t.Fatal(err)
				}
				content = string(b)
			}
			if want := string(s.files[c.file].content); content != want {
				t.Errorf("%s: got %d bytes that differ from the file's %d", c.file, len(content), len(want))
			}
		})
	}
}

func TestNotModified(t *testing.T) {
	s := sample(t, map[string]string{"lantern.css": "a{}"})
	first := get(t, s, "GET", s.path("lantern.css"), nil)
	etag := first.Header.Get("ETag")
	for header, want := range map[string]int{etag: 304, "W/" + etag: 304, `"other", ` + etag: 304, "*": 304, `"other"`: 200, "": 200} {
		if resp := get(t, s, "GET", s.path("lantern.css"), map[string]string{"If-None-Match": header}); resp.StatusCode != want {
			t.Errorf("If-None-Match %q: got %d, want %d", header, resp.StatusCode, want)
		}
	}
}

func TestHashFollowsContent(t *testing.T) {
	base := sample(t, map[string]string{"a.css": "a{}", "b.css": "b{}"})
	same := sample(t, map[string]string{"b.css": "b{}", "a.css": "a{}"})
	changed := sample(t, map[string]string{"a.css": "a{}", "b.css": "b{} "})
	renamed := sample(t, map[string]string{"a.css": "a{}", "c.css": "b{}"})
	if base.hash != same.hash {
		t.Errorf("the same files give %s and %s", base.hash, same.hash)
	}
	if base.hash == changed.hash || base.hash == renamed.hash {
		t.Errorf("a changed or renamed file keeps the hash %s", base.hash)
	}
}

func TestOnlyThePlaceholder(t *testing.T) {
	s := sample(t, nil)
	if s.ready() {
		t.Error("ready with no files")
	}
	if len(s.names()) != 0 {
		t.Errorf("names are %v, want none", s.names())
	}
	if _, err := s.read("lantern.css"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("read gives %v, want not exist", err)
	}
	if resp := get(t, s, "GET", s.path("lantern.css"), nil); resp.StatusCode != http.StatusNotFound {
		t.Errorf("got %d, want 404", resp.StatusCode)
	}
}

// TestEmbedded looks at what this program carries: no font, crown or crest of
// another house, and nothing that names another host.
func TestEmbedded(t *testing.T) {
	if !Ready() {
		t.Skip("the assets are not built: run npm ci --prefix web and go run -C tools/assets .")
	}
	for _, want := range []string{
		"govuk-frontend.min.css", "moj-frontend.min.css", "lantern.css", "lantern.js", "js-enabled.js", "map.js",
		"maplibre-gl.mjs", "maplibre-gl-worker.mjs", "maplibre-gl-shared.mjs", "maplibre-gl.css", "licences.txt", "coast.geojson",
	} {
		if !slices.Contains(Names(), want) {
			t.Errorf("%s is missing from %v", want, Names())
		}
	}
	for _, name := range Names() {
		content, err := Read(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, ".woff2") || strings.HasSuffix(name, ".woff") || strings.Contains(name, "crest") || strings.Contains(name, "crown") {
			t.Errorf("%s must not be carried", name)
		}
		if strings.HasSuffix(name, ".css") {
			for _, never := range []string{"@font-face", "GDS Transport", "url(/", "url(http", "@import", "crest"} {
				if bytes.Contains(content, []byte(never)) {
					t.Errorf("%s contains %q", name, never)
				}
			}
		}
		if bytes.Contains(content, []byte("sourceMappingURL")) {
			t.Errorf("%s asks for a source map that is not carried", name)
		}
	}
	if resp := get(t, Handler(), "GET", Path("lantern.css"), nil); resp.StatusCode != http.StatusOK {
		t.Errorf("lantern.css: got %d, want 200", resp.StatusCode)
	}
}
