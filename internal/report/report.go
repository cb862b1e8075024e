// Package report puts a document on paper: one self-contained HTML file with a print style, that asks
// nothing of any other machine and can be read with a keyboard and a screen reader.
//
// A document is chapters; a chapter is a question with findings, each one sentence with its base, window
// and source, and under them figures and tables. A chapter that lacks data says so, and whom to ask for
// what. A document that no reviewer has signed says DRAFT at its head and on every printed page.
package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"time"

	"lantern.example/lantern/internal/figure"
)

// Document is what is put on paper.
type Document struct {
	Title     string
	Subtitle  string
	Made      time.Time
	MadeBy    string
	Signed    string // "Signed by … on …"; "" while it is a draft
	Summary   []figure.Finding
	Chapters  []Chapter
	Annexes   []Chapter
	Warnings  []string
	Licences  []string // attribution lines of the data used
	Handling  string   // "OFFICIAL-SENSITIVE"; "" for none
	Generator string
}

// Chapter is one question, or an annex.
type Chapter struct {
	ID, Title string
	Intro     string
	Findings  []figure.Finding
	Figures   []Figure
	Tables    []Table
	// Ask says whom to ask for what, when the chapter lacks data.
	Ask []string
}

// Figure is a drawing with its one-sentence finding; the SVG is package chart's.
type Figure struct {
	Finding, Base string
	SVG           string
	Table         *Table
}

// Table is a table with its base.
type Table struct {
	Caption string
	Header  []string
	Numeric []bool
	Rows    [][]string
	Base    string
	More    int // rows left out here; they are in the workbook
}

//go:embed report.css
var style string

//go:embed report.html
var page string

var tmpl = template.Must(template.New("report").Funcs(template.FuncMap{
	"svg":  func(s string) template.HTML { return template.HTML(s) }, //nolint:gosec // drawn and escaped by package chart
	"css":  func() template.CSS { return template.CSS(style) },       //nolint:gosec // our own file
	"date": func(t time.Time) string { return t.Format("2 January 2006") },
	"num":  func(n []bool, i int) bool { return i < len(n) && n[i] },
	"inc":  func(i int) int { return i + 1 },
}).Parse(page))

// Check says what keeps a document from being put on paper.
func (d *Document) Check() error {
	if d.Title == "" || d.Made.IsZero() {
		return fmt.Errorf("report: a document needs a title and the day it was made")
	}
	for _, c := range append(append([]Chapter{}, d.Chapters...), d.Annexes...) {
		for _, f := range c.Findings {
			if f.Sentence == "" || f.Base == "" && !f.Refused {
				return fmt.Errorf("report: chapter %q has a finding without a sentence or a base", c.Title)
			}
		}
		for _, t := range c.Tables {
			for _, r := range t.Rows {
				if len(r) != len(t.Header) {
					return fmt.Errorf("report: table %q has a row of %d cells under %d headings", t.Caption, len(r), len(t.Header))
				}
			}
		}
	}
	return nil
}

// WriteHTML writes the document. The same document gives the same bytes.
func (d *Document) WriteHTML(w io.Writer) error {
	if err := d.Check(); err != nil {
		return err
	}
	return tmpl.Execute(w, d)
}
