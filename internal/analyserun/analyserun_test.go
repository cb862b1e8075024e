package analyserun

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"lantern.example/lantern/internal/fault"
)

func input(text string) Input {
	return Input{Name: "in.csv", Data: strings.NewReader(text), Size: int64(len(text))}
}

func TestParseNumberTakesPlainDecimalsOnly(t *testing.T) {
	for text, want := range map[string]float64{"0": 0, "-3": -3, "4.50": 4.5, "1e3": 1000, "+2": 2} {
		if got, err := parseNumber(text); err != nil || got != want {
			t.Errorf("%q: got %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "NaN", "Inf", "-inf", "0x10", "1_000", "1,000", "12 people", "1e999", "--1"} {
		if got, err := parseNumber(text); err == nil {
			t.Errorf("%q: got %v, want an error", text, got)
		}
	}
}

func TestColumnsAreFoundByName(t *testing.T) {
	s, err := read(input("\"Followed up\";ENROLLED\n3;4\n"), "", having("followed_up", "enrolled"))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := s.whole(0, s.column("enrolled"), ""); err != nil || n != 4 {
		t.Errorf("got %d, %v; want 4", n, err)
	}
	if s.column("worsened") != -1 || s.text(0, -1) != "" {
		t.Error("a column that is not there is empty")
	}
}

func TestDaysAreReadDayFirst(t *testing.T) {
	for text, want := range map[string]string{"2024-02-03": "2024-02-03", "3/2/2024": "2024-02-03", "03/02/2024 14:10": "2024-02-03", "2024-02-03T23:59:59": "2024-02-03"} {
		if got, month, ok := parseDay(text); !ok || month || got.Format("2006-01-02") != want {
			t.Errorf("%q: got %v, %v, %v; want %s", text, got, month, ok, want)
		}
	}
	if _, month, ok := parseDay("2024-02"); !ok || !month {
		t.Error("2024-02 is a month")
	}
	if _, _, ok := parseDay("30/02/2024"); ok {
		t.Error("30/02/2024 is no day")
	}
}

func TestDocumentKeepsOrderAndEmptiesHeadlines(t *testing.T) {
	type result struct {
		Refused  bool     `json:"refused"`
		Reasons  []string `json:"reasons"`
		Warnings []string `json:"warnings"`
		Rows     []string `json:"rows"`
		Answer   float64  `json:"answer"`
	}
	run := Run{Version: "v1", Seed: 9}
	a, err := run.answer("test", "abc", result{Answer: 4}, "words", "answer")
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"method":"test","version":"v1","input_sha256":"abc","seed":9,"refused":false,"reasons":[],"warnings":[],"rows":[],"answer":4}`; string(a.Document) != want {
		t.Errorf("got  %s\nwant %s", a.Document, want)
	}
	a, err = run.answer("test", "abc", result{Refused: true, Reasons: []string{"a < b"}, Answer: 4}, "words", "answer")
	if err != nil {
		t.Fatal(err)
	}
	if !a.Refused || !strings.Contains(string(a.Document), `"reasons":["a < b"]`) || !strings.HasSuffix(string(a.Document), `"answer":null}`) {
		t.Errorf("got %s", a.Document)
	}
	if _, err := run.answer("test", "abc", result{Answer: math.NaN()}, ""); err == nil {
		t.Error("a document with NaN was written")
	}
}

func TestNumbersForReading(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567", 0.12345: "0.1235", 1234.6: "1,235"} {
		if got := number(v); got != want {
			t.Errorf("%v: got %q, want %q", v, got, want)
		}
	}
}

// Whatever the file: an answer that can be written, or words that say what is wrong with it.
func FuzzCapture(f *testing.F) {
	f.Add("A,B,C,count\n1,0,0,40\n0,1,0,30\n0,0,1,20\n1,1,0,6\n")
	f.Add("A;B;count\n1;0;5\n0;1;6\n1;1;7\n")
	f.Add("count,A\n5,1\n")
	f.Add("A,B,C,count\n1,0,0,99999999999999999999\n")
	f.Add("A,count\n,\n")
	f.Fuzz(func(t *testing.T, text string) {
		answer, err := Capture(Run{Seed: 1, Threads: 1}, input(text), CaptureOptions{PEnter: 0.02, Bootstrap: 2, Engines: []string{"stepwise", "bic"}})
		if err != nil {
			if words, ok := fault.Words(err); !ok || !fault.Is(err, fault.Invalid) || words == "" {
				t.Fatalf("an error without words: %v", err)
			}
			return
		}
		if !json.Valid(answer.Document) || bytes.Contains(answer.Document, []byte("NaN")) {
			t.Fatalf("not a document: %s", answer.Document)
		}
	})
}

func FuzzDisclosure(f *testing.F) {
	f.Add("area,a,b,Total\nN,1,2,3\nS,4,5,9\nTotal,5,7,12\n")
	f.Add("a,b,c\nx,0,0\n")
	f.Fuzz(func(t *testing.T, text string) {
		answer, err := Disclosure(Run{}, input(text), DisclosureOptions{Threshold: 5})
		if err == nil && !json.Valid(answer.Document) {
			t.Fatalf("not a document: %s", answer.Document)
		}
		if _, ok := fault.Words(err); err != nil && !ok {
			t.Fatalf("an error without words: %v", err)
		}
	})
}
