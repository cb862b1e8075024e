package picture

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"

	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/figure"
)

// Refound answers a question again after the picture was changed from outside: lists of people read
// without names change who-is-harmed.
func (p *Picture) Refound(question string) {
	if question != "who-is-harmed" || p.People == nil || p.People.People != nil {
		return
	}
	i := slices.IndexFunc(p.Findings, func(f figure.Finding) bool { return f.Question == question })
	if i >= 0 {
		p.Findings[i] = countedOnly(p.People.Records)
	}
}

// WriteJSON writes picture.json.
func (p *Picture) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	return e.Encode(p)
}

// Write puts report.html, tables.xlsx and picture.json into a folder, each whole or not at all.
func (p *Picture) Write(folder string, refused iter.Seq2[[]any, error]) error {
	shown, err := p.Protected()
	if err != nil {
		return err
	}
	doc, err := shown.Document("", "", nil)
	if err != nil {
		return err
	}
	for _, f := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{"report.html", doc.WriteHTML},
		{"tables.xlsx", func(w io.Writer) error { return shown.WriteTables(w, refused) }},
		{"picture.json", p.WriteJSON},
	} {
		var b bytes.Buffer
		if err := f.write(&b); err != nil {
			return err
		}
		if err := writeWhole(filepath.Join(folder, f.name), b.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

func writeWhole(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".lantern-*")
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "The file %s cannot be written.", path)
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Chmod(0o640), f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(fault.Wrap(fault.Unavailable, err, "The file %s cannot be written.", path), os.Remove(f.Name()))
	}
	return nil
}
