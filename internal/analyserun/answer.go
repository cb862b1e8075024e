package analyserun

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"lantern.example/lantern/internal/fault"
)

// Run is what every method shares.
type Run struct {
	Version string // of Lantern
	Seed    uint64 // of chance
	Threads int
}

// Answer is what a method says.
type Answer struct {
	Document []byte // one JSON document
	Text     string // the same in plain words: the finding first, then tables
	Refused  bool
	Reasons  []string
}

// common are the fields that every document has.
type common struct {
	Method      string          `json:"method"`
	Version     string          `json:"version"`
	InputSHA256 string          `json:"input_sha256"`
	Seed        uint64          `json:"seed"`
	Refused     json.RawMessage `json:"refused"`
	Reasons     json.RawMessage `json:"reasons"`
	Warnings    json.RawMessage `json:"warnings"`
}

// answer writes the document: the common fields, then those of the result in their order. headlines are the fields
// that are null when the answer is refused, whatever the result holds.
func (run Run) answer(method, sha256 string, result any, text string, headlines ...string) (Answer, error) {
	raw, err := marshal(result)
	if err != nil {
		return Answer{}, fault.Wrap(fault.Unavailable, err, "The answer of %s cannot be written: %v.", method, err)
	}
	fields, err := fieldsOf(raw)
	if err != nil {
		return Answer{}, err
	}
	head := common{
		Method: method, Version: run.Version, InputSHA256: sha256, Seed: run.Seed,
		Refused: json.RawMessage("false"), Reasons: json.RawMessage("[]"), Warnings: json.RawMessage("[]"),
	}
	out := Answer{Text: text}
	lists := listFields(reflect.TypeOf(result))
	rest := fields[:0]
	for _, f := range fields {
		if lists[f.name] {
			f.value = orEmpty(f.value)
		}
		switch f.name {
		case "refused":
			head.Refused = f.value
			out.Refused = string(f.value) == "true"
		case "reasons":
			head.Reasons = orEmpty(f.value)
			if err := json.Unmarshal(head.Reasons, &out.Reasons); err != nil {
				return Answer{}, err
			}
		case "warnings":
			head.Warnings = orEmpty(f.value)
		default:
			rest = append(rest, f)
		}
	}
	first, err := marshal(head)
	if err != nil {
		return Answer{}, err
	}
	var b bytes.Buffer
	b.Write(bytes.TrimSuffix(first, []byte("}")))
	for _, f := range rest {
		if out.Refused && slices.Contains(headlines, f.name) {
			f.value = json.RawMessage("null")
		}
		fmt.Fprintf(&b, ",%q:", f.name)
		b.Write(f.value)
	}
	b.WriteString("}")
	out.Document = b.Bytes()
	return out, nil
}

// listFields are the names of a result's fields that are lists, those of embedded results included. A list is never
// null in a document, except a headline of a refusal.
func listFields(t reflect.Type) map[string]bool {
	out := map[string]bool{}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Type.Kind() == reflect.Slice && len(name) > 0 {
			out[name] = true
		}
	}
	return out
}

func orEmpty(list json.RawMessage) json.RawMessage {
	if string(list) == "null" {
		return json.RawMessage("[]")
	}
	return list
}

func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(b.Bytes()), nil
}

type field struct {
	name  string
	value json.RawMessage
}

// fieldsOf gives the fields of a JSON object in their order.
func fieldsOf(object []byte) ([]field, error) {
	d := json.NewDecoder(bytes.NewReader(object))
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	var out []field
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		f := field{name: fmt.Sprint(key)}
		if err := d.Decode(&f.value); err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	_, err := d.Token()
	if err != nil && err != io.EOF {
		return nil, err
	}
	return out, nil
}

// page is an answer in plain words as it is put together.
type page struct{ strings.Builder }

// newPage begins with the finding or, for a refusal, with its reasons.
func newPage(refused bool, reasons []string, finding string) *page {
	p := &page{}
	if refused {
		p.WriteString("No answer: the data cannot support one.\n")
		for _, r := range reasons {
			p.WriteString("  " + sentence(r) + "\n")
		}
		return p
	}
	if finding != "" {
		p.WriteString(sentence(finding) + "\n")
	}
	return p
}

// sentence gives a text a capital and a full stop.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	text = strings.ToUpper(text[:1]) + text[1:]
	if !strings.ContainsAny(text[len(text)-1:], ".!?") {
		text += "."
	}
	return text
}

// table adds a table with a title, its columns lined up. A table without rows is left out.
func (p *page) table(title string, header []string, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	fmt.Fprintf(p, "\n%s\n", title)
	w := tabwriter.NewWriter(p, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "  "+strings.Join(header, "\t"))
	for _, r := range rows {
		fmt.Fprintln(w, "  "+strings.Join(r, "\t"))
	}
	w.Flush()
}

// list adds sentences under a title.
func (p *page) list(title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(p, "\n%s\n", title)
	for _, l := range lines {
		p.WriteString("  " + sentence(l) + "\n")
	}
}

// most is how many rows a plain table shows; the JSON document has them all.
const most = 40

func (p *page) longTable(title string, header []string, rows [][]string) {
	if len(rows) > most {
		title = fmt.Sprintf("%s (the first %d of %d; --json has all)", title, most, len(rows))
		rows = rows[:most]
	}
	p.table(title, header, rows)
}

// number writes a figure for reading: whole numbers as they are, others to four significant figures.
func number(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return grouped(v)
	}
	if math.Abs(v) >= 1000 {
		return grouped(math.Round(v))
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

func grouped(v float64) string {
	s := strconv.FormatFloat(math.Abs(v), 'f', 0, 64)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	if v < 0 {
		return "-" + s
	}
	return s
}

func maybeNumber[T int | float64](v *T) string {
	if v == nil {
		return "-"
	}
	return number(float64(*v))
}

func between(v *[2]float64) string {
	if v == nil {
		return "-"
	}
	return number(v[0]) + " to " + number(v[1])
}

func round(v float64) float64 { return math.Round(v) }

func maybeRound(v *float64) string {
	if v == nil {
		return "-"
	}
	return number(round(*v))
}

func rounded(v *[2]float64) string {
	if v == nil {
		return "-"
	}
	return number(round(v[0])) + " to " + number(round(v[1]))
}
