package content

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
)

// A File is content as one file: kinds of items with what is shown of each, to be read by another Lantern or
// kept beside a backup. It holds nobody's name.
type File struct {
	Format string     `json:"format"` // FileFormat
	MadeAt string     `json:"made_at"`
	Items  []FileItem `json:"items"`
}

// FileItem is an item of a File.
type FileItem struct {
	Kind     string            `json:"kind"`
	Code     string            `json:"code"`
	Lang     string            `json:"lang"`
	Title    string            `json:"title"`
	ReviewOn string            `json:"review_on,omitempty"`
	Fields   map[string]string `json:"fields"`
}

// FileFormat marks a file of content.
const FileFormat = "lantern-content-1"

// The limits of a file that is read.
const (
	MaxFileBytes = 16 << 20
	MaxFileItems = 5000
)

// Export is the live version of every item of the kinds given, as one file.
func (s *Store) Export(ctx context.Context, q database.Queryer, scope access.Scope, kinds ...string) ([]byte, error) {
	f := File{Format: FileFormat, MadeAt: s.clock.Now().UTC().Format("2006-01-02T15:04:05Z"), Items: []FileItem{}}
	for _, kind := range kinds {
		items, err := s.Items(ctx, q, scope, kind)
		if err != nil {
			return nil, err
		}
		for _, i := range items {
			if v := i.Live; v != nil {
				f.Items = append(f.Items, FileItem{Kind: v.Kind, Code: v.Code, Lang: v.Lang, Title: v.Title, ReviewOn: v.ReviewOn, Fields: v.Fields})
			}
		}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(f)
	return b.Bytes(), err
}

// ReadFile reads a file of content, whole or not at all.
func ReadFile(b []byte) (File, error) {
	var f File
	if len(b) > MaxFileBytes {
		return f, fault.New(fault.TooLarge, "The file is larger than %d MB, the most that is taken.", MaxFileBytes>>20)
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&f); err != nil {
		return File{}, fault.Wrap(fault.Invalid, err, "The file is no content that Lantern can read: %s.", jsonWords(err))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return File{}, fault.New(fault.Invalid, "The file goes on behind its end: expected one JSON document.")
	}
	if f.Format != FileFormat {
		return File{}, fault.New(fault.Invalid, "The file says it is %q: expected %q.", f.Format, FileFormat)
	}
	if len(f.Items) > MaxFileItems {
		return File{}, fault.New(fault.TooLarge, "The file holds %d entries: at most %d are taken.", len(f.Items), MaxFileItems)
	}
	seen := map[Key]bool{}
	for i, x := range f.Items {
		k := Key{x.Kind, x.Code, x.Lang}.whole()
		if _, err := check(k, Text{Title: x.Title, Fields: x.Fields, ReviewOn: x.ReviewOn}); err != nil {
			words, _ := fault.Words(err)
			return File{}, fault.New(fault.Invalid, "Entry %d (%s): %s", i+1, x.Code, words)
		}
		if seen[k] {
			return File{}, fault.New(fault.Invalid, "Entry %d (%s) stands in the file twice.", i+1, x.Code)
		}
		seen[k] = true
	}
	return f, nil
}

func jsonWords(err error) string {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Sprintf("it is not JSON at byte %d", syntax.Offset)
	case errors.As(err, &kind):
		return fmt.Sprintf("%s holds a %s at byte %d", kind.Field, kind.Value, kind.Offset)
	}
	return "expected the fields format, made_at and items"
}

// Taken is what became of a file.
type Taken struct{ New, Changed, Same, Other int }

// Import takes the entries of the kinds given as drafts: nothing is shown to anybody until a named person
// publishes it. An entry that says what the newest version says already is left alone; kinds that were not
// asked for are counted as Other.
func (s *Store) Import(ctx context.Context, tx *database.Tx, by access.Scope, f File, kinds ...string) (Taken, error) {
	var out Taken
	for _, x := range f.Items {
		if !slices.Contains(kinds, x.Kind) {
			out.Other++
			continue
		}
		k, t := Key{x.Kind, x.Code, x.Lang}.whole(), Text{Title: x.Title, Fields: x.Fields, ReviewOn: x.ReviewOn}
		var over int64
		versions, err := s.Versions(ctx, tx, by, k)
		switch {
		case fault.Is(err, fault.NotFound):
			out.New++
		case err != nil:
			return out, err
		case same(versions[0].Text, t):
			out.Same++
			continue
		default:
			over = versions[0].Number
			out.Changed++
		}
		if _, err := s.write(ctx, tx, by, k, over, t, "From a file made at "+f.MadeAt+", read on "+s.clock.Now().In(clock.London()).Format("2 January 2006")+".", "imported"); err != nil {
			return out, err
		}
	}
	return out, nil
}

func same(a, b Text) bool {
	drop := func(_, v string) bool { return v == "" }
	x, y := maps.Clone(a.Fields), maps.Clone(b.Fields)
	maps.DeleteFunc(x, drop)
	maps.DeleteFunc(y, drop)
	return a.Title == b.Title && a.ReviewOn == b.ReviewOn && maps.Equal(x, y)
}
