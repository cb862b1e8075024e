package web

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"

	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/web/assets"
)

//go:embed templates
var embedded embed.FS

var files = Files(embedded)

// Page is the part every view model embeds: title and what the shell around it needs. Handlers set
// Title, and Crumbs where the page lies under another; the rest is filled in when it is rendered.
type Page struct {
	Title string
	// Lead is the page's first sentence: its finding.
	Lead   string
	Crumbs []Link
	Wide   bool // no reading-width limit: wide tables, maps

	Viewer      *Viewer
	Nav         []NavItem
	Path        string
	Lang        string
	Partnership string
	Flash       string
	Typed       []TypedWord // words of the last form whose agreed meaning the page shows
	Demo        bool
	// HasErrors puts "Error:" before the title, as GOV.UK pages do.
	HasErrors bool
}

func (p *Page) page() *Page { return p }

// Link is words that lead somewhere.
type Link struct{ Text, Href string }

type view[V any] interface {
	*V
	page() *Page
}

// Template is one page's template, checked against its view model by the tests.
type Template[V any, P view[V]] struct {
	fs   *FileSet
	name string
	mu   sync.Mutex
	byLg map[string]*template.Template
}

// FileSet is where a package's templates are.
type FileSet struct {
	fs  fs.FS
	dir string // of the package in the source tree, for live reload
}

// Files wraps a package's embedded folder "templates". It remembers the calling package's place in the
// source tree, so that a development site can read templates as they are on disk.
func Files(e fs.FS) *FileSet {
	_, file, _, _ := runtime.Caller(1)
	dir := filepath.Dir(file)
	if i := strings.LastIndex(dir, "internal/"); i >= 0 {
		dir = dir[i:]
	}
	return &FileSet{fs: subFS(e, "templates"), dir: filepath.Join(dir, "templates")}
}

func (f *FileSet) at(root string) fs.FS {
	if root == "" {
		return f.fs
	}
	return os.DirFS(filepath.Join(root, f.dir))
}

// Checkable is a template as the tests see it.
type Checkable interface {
	Name() string
	// CheckZero runs the template on a view without rows or words, and on one with one of everything, in
	// a language; it reports what does not fit.
	CheckZero(lang string) (string, error)
	Source() (string, error)
}

var registered struct {
	sync.Mutex
	all []Checkable
}

// Registered lists every template made with NewTemplate.
func Registered() []Checkable {
	registered.Lock()
	defer registered.Unlock()
	return append([]Checkable(nil), registered.all...)
}

// NewTemplate names a page's template within its package's files. It is parsed on first use; a test
// parses and runs every one.
func NewTemplate[V any, P view[V]](f *FileSet, name string) *Template[V, P] {
	t := &Template[V, P]{fs: f, name: name, byLg: map[string]*template.Template{}}
	registered.Lock()
	registered.all = append(registered.all, t)
	registered.Unlock()
	return t
}

// Name is the template's place, e.g. internal/work/workweb/templates/list.html.
func (t *Template[V, P]) Name() string { return filepath.ToSlash(filepath.Join(t.fs.dir, t.name)) }

// Source is the template's text.
func (t *Template[V, P]) Source() (string, error) {
	b, err := fs.ReadFile(t.fs.fs, t.name)
	return string(b), err
}

// CheckZero runs the template on views that hold nothing and views that hold one of everything.
func (t *Template[V, P]) CheckZero(lang string) (string, error) {
	var out strings.Builder
	for _, fill := range []bool{false, true} {
		v := new(V)
		fillOne(reflect.ValueOf(v).Elem(), fill, 0)
		var b bytes.Buffer
		if err := t.execute(&Site{}, lang, &b, v); err != nil {
			return "", err
		}
		out.WriteString(b.String())
	}
	return out.String(), nil
}

// fillOne gives every pointer a value and, when full, every list an element, every text a letter and
// every switch a yes, so that each branch is run.
func fillOne(v reflect.Value, full bool, depth int) {
	if depth > 6 || !v.CanSet() && v.Kind() != reflect.Pointer {
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() || v.Type().Field(i).Anonymous {
				fillOne(v.Field(i), full, depth+1)
			}
		}
	case reflect.Slice:
		if full && v.Type().Elem().Kind() != reflect.Uint8 {
			s := reflect.MakeSlice(v.Type(), 1, 1)
			fillOne(s.Index(0), full, depth+1)
			v.Set(s)
		}
	case reflect.Pointer:
		p := reflect.New(v.Type().Elem())
		fillOne(p.Elem(), full, depth+1)
		v.Set(p)
	case reflect.String:
		if full && v.Type() == reflect.TypeFor[string]() {
			v.SetString("0")
		}
	case reflect.Bool:
		v.SetBool(full)
	}
}

func (t *Template[V, P]) execute(s *Site, lang string, w *bytes.Buffer, view any) error {
	tm, err := t.parsed(s.SourceRoot, lang)
	if err != nil {
		return err
	}
	return tm.ExecuteTemplate(w, "shell", view)
}

func (t *Template[V, P]) parsed(root, lang string) (*template.Template, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if tm := t.byLg[lang]; tm != nil && root == "" {
		return tm, nil
	}
	tm, err := parse(root, lang, t.fs, t.name)
	if err != nil {
		return nil, fmt.Errorf("web: template %s: %w", t.Name(), err)
	}
	t.byLg[lang] = tm
	return tm, nil
}

func parse(root, lang string, f *FileSet, name string) (*template.Template, error) {
	tm := template.New("shell.html").Funcs(functions(lang)).Option("missingkey=error")
	tm, err := tm.ParseFS(files.at(root), "shell.html", "parts/*.html")
	if err != nil {
		return nil, err
	}
	// A package's own shared pieces are named parts_….html.
	own := f.at(root)
	if shared, err := fs.Glob(own, "parts_*.html"); err == nil && len(shared) > 0 {
		if tm, err = tm.ParseFS(own, shared...); err != nil {
			return nil, err
		}
	}
	return tm.ParseFS(own, name)
}

// Fragment is a piece of a page made by another package: a panel. Only RenderFragment makes one.
type Fragment struct{ html template.HTML }

// HTML is for the template that places the fragment.
func (f Fragment) HTML() template.HTML { return f.html }

// Empty reports whether there is nothing to place.
func (f Fragment) Empty() bool { return f.html == "" }

// FragmentTemplate is the template of a panel: it defines "content" and is rendered without the shell.
type FragmentTemplate[V any] struct {
	fs   *FileSet
	name string
}

// NewFragment names a panel's template within its package's files.
func NewFragment[V any](f *FileSet, name string) *FragmentTemplate[V] {
	return &FragmentTemplate[V]{fs: f, name: name}
}

// RenderFragment makes a panel's piece of a page.
func RenderFragment[V any](s *Site, lang string, t *FragmentTemplate[V], v V) (Fragment, error) {
	tm, err := parse(s.SourceRoot, lang, t.fs, t.name)
	if err != nil {
		return Fragment{}, err
	}
	var b bytes.Buffer
	if err := tm.ExecuteTemplate(&b, "content", v); err != nil {
		return Fragment{}, err
	}
	return Fragment{template.HTML(b.String())}, nil //nolint:gosec // escaped by the template it came from
}

// SVG marks a chart drawn by our own chart package, which escapes every text, as fit for a page.
func SVG(s string) template.HTML {
	return template.HTML(s) //nolint:gosec // drawn and escaped by package chart
}

func functions(lang string) template.FuncMap {
	say := Sayer(lang)
	return template.FuncMap{
		"say":   say,
		"asset": assets.Path,
		"dict": func(kv ...any) (map[string]any, error) {
			if len(kv)%2 != 0 {
				return nil, errors.New("dict takes names and values in turn")
			}
			m := map[string]any{}
			for i := 0; i < len(kv); i += 2 {
				k, ok := kv[i].(string)
				if !ok {
					return nil, fmt.Errorf("dict: name %v is not text", kv[i])
				}
				m[k] = kv[i+1]
			}
			return m, nil
		},
		"hour":       func(us int64) string { return clock.FromMicros(us).In(clock.London()).Format("15:04") },
		"cited":      cited,
		"methodName": func(name string) string { return say(methodNames[name]) },
		"join":       strings.Join,
		"date":       ShowDate,
		"number":     ShowNumber,
		"days":       days,
		"add":        func(a, b int) int { return a + b },
	}
}

func langOf(r *http.Request) string {
	if r.URL.Query().Get("lang") == Pseudo {
		return Pseudo
	}
	return English
}
