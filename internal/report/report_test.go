package report_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"lantern.example/lantern/internal/figure"
	"lantern.example/lantern/internal/report"
)

func sample() *report.Document {
	return &report.Document{
		Title: "Local assessment", Made: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), Generator: "Lantern",
		Chapters: []report.Chapter{{ID: "start", Title: "Where do we start?",
			Findings: []figure.Finding{{Sentence: "Staff in 11 of 14 interviews say <so>.", Base: "11 of 14 interviews"}},
			Tables:   []report.Table{{Caption: "Voices", Header: []string{"Theme", "Voices"}, Numeric: []bool{false, true}, Rows: [][]string{{"care", "12"}}}},
			Ask:      []string{"Ask the ambulance service for its call times."}}},
	}
}

func TestTheFileStandsAlone(t *testing.T) {
	var b, again bytes.Buffer
	if err := sample().WriteHTML(&b); err != nil {
		t.Fatal(err)
	}
	if err := sample().WriteHTML(&again); err != nil || b.String() != again.String() {
		t.Error("the same document gave other bytes")
	}
	doc, err := goquery.NewDocumentFromReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	doc.Find("[src], link, script, [href]").Each(func(_ int, s *goquery.Selection) {
		if h := s.AttrOr("href", ""); goquery.NodeName(s) != "a" || !strings.HasPrefix(h, "#") {
			t.Errorf("the file asks for something: %s", goquery.NodeName(s))
		}
	})
	if got := doc.Find(".finding").Text(); got != "Staff in 11 of 14 interviews say <so>." {
		t.Errorf("the finding reads %q", got)
	}
	if doc.Find(".draft").Length() != 1 {
		t.Error("an unsigned document does not say it is a draft")
	}
	signed := sample()
	signed.Signed = "Signed by J. Okafor on 22 November 2026."
	b.Reset()
	if err := signed.WriteHTML(&b); err != nil || strings.Contains(b.String(), "DRAFT") {
		t.Errorf("a signed document says it is a draft (%v)", err)
	}
}

func TestAFindingNeedsItsBase(t *testing.T) {
	d := sample()
	d.Chapters[0].Findings[0].Base = ""
	if err := d.WriteHTML(&bytes.Buffer{}); err == nil {
		t.Error("a finding without a base was put on paper")
	}
	d.Chapters[0].Findings[0].Refused = true
	if err := d.WriteHTML(&bytes.Buffer{}); err != nil {
		t.Errorf("a refusal in words needs no base: %v", err)
	}
}
