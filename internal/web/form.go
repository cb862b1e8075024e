package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/fault"
)

// keyField is the hidden field with the form's idempotency key.
const keyField = "form_key"

// FieldKind is how a field is asked for.
type FieldKind string

// The kinds of field, each a GOV.UK component.
const (
	TextInput  FieldKind = "text"
	EmailInput FieldKind = "email"
	Password   FieldKind = "password"
	TextArea   FieldKind = "textarea"
	Radios     FieldKind = "radios"
	Checkboxes FieldKind = "checkboxes"
	Select     FieldKind = "select"
	DateInput  FieldKind = "date"
	FileInput  FieldKind = "file"
	Hidden     FieldKind = "hidden"
)

// Option is one choice of a field.
type Option struct {
	Value, Label, Hint string
	Selected           bool
}

// Field is one question: its words, its rules, what was answered and what is wrong with it.
type Field struct {
	Name, Label, Hint string
	Kind              FieldKind
	Options           []Option
	Required          string // what to say when nothing was answered; "" when it may be left empty
	Max               int    // characters; 0 means 200 (4,000 for a text area)
	Width             string // "2", "4", "5", "10", "20" characters; "" for full
	Rows              int    // of a text area
	Autocomplete      string
	Inline            bool // radios side by side
	PageHeading       bool // the label is the page's heading: one question a page

	Value  string   // what was answered; a date is ISO, or what was typed when it cannot be read
	Values []string // checkboxes
	Day    string   // date, as typed
	Month  string
	Year   string
	Error  string
}

// ID is the id of the input that an error links to.
func (f *Field) ID() string {
	switch f.Kind {
	case Radios, Checkboxes:
		return f.Name + "-1"
	case DateInput:
		return f.Name + "-day"
	}
	return f.Name
}

// Chosen reports whether an option is the answer, or one of them.
func (f *Field) Chosen(value string) bool {
	if f.Kind == Checkboxes {
		return slices.Contains(f.Values, value)
	}
	return f.Value == value
}

// Limit is the most characters the field takes.
func (f *Field) Limit() int {
	switch {
	case f.Max > 0:
		return f.Max
	case f.Kind == TextArea:
		return 4000
	}
	return 200
}

// Form is what a page asks. The error summary and the messages at the fields come from the same place.
type Form struct {
	Action string
	Key    string // idempotency key, made by NewForm
	Submit string // words on the button
	Fields []*Field
	// Draft is the URL that keeps what has been typed ("/drafts/action/new"); "" for none.
	Draft string
	// Ver is the version of what is edited, for a conflict to be seen; 0 for new things.
	Ver int64
	// Multipart is set when a file is asked for.
	Multipart bool
	// Problem is an error of the form as a whole.
	Problem string
	Cancel  string // where "Cancel" leads; "" for none
	// Warning marks a button whose act is hard to take back.
	Warning bool
	// Readers says who will be able to read what is written, before it is saved.
	Readers *Readers
}

// Readers is the line every note form carries: who will be able to read this.
type Readers struct{ By, NotBy string }

// NewForm makes a form with a fresh key.
func (s *Site) NewForm(action, submit string, fields ...*Field) *Form {
	return &Form{Action: action, Key: s.IDs.New(), Submit: submit, Fields: fields}
}

// Field is the field of that name; asking for one that is not there is a programmer's mistake.
func (f *Form) Field(name string) *Field {
	for _, x := range f.Fields {
		if x.Name == name {
			return x
		}
	}
	panic("web: the form has no field " + name)
}

// Value is the answer to a field.
func (f *Form) Value(name string) string { return f.Field(name).Value }

// Errors lists the fields that need mending, for the summary.
func (f *Form) Errors() []*Field {
	var out []*Field
	for _, x := range f.Fields {
		if x.Error != "" {
			out = append(out, x)
		}
	}
	return out
}

// Valid reports whether nothing needs mending.
func (f *Form) Valid() bool { return f.Problem == "" && len(f.Errors()) == 0 }

// Fail says what is wrong with a field, unless something was said already.
func (f *Form) Fail(name, words string) {
	if x := f.Field(name); x.Error == "" {
		x.Error = words
	}
}

// Fill puts values into the form: a draft, or what is being edited.
func (f *Form) Fill(values url.Values) {
	for _, x := range f.Fields {
		x.take(values)
	}
}

// Set puts one value in.
func (f *Form) Set(name, value string) *Form {
	x := f.Field(name)
	x.Value = value
	if x.Kind == DateInput {
		if t, err := time.Parse(clock.ISODate, value); err == nil {
			x.Day, x.Month, x.Year = strconv.Itoa(t.Day()), strconv.Itoa(int(t.Month())), strconv.Itoa(t.Year())
		}
	}
	return f
}

const maxFormBytes = 1 << 20

// Read takes the answers from a request and checks each field's rules. Keys the form does not have and
// keys sent twice are refused: a form is exactly its fields. What is wrong with an answer is not an
// error here but stands at its field; see Valid.
func (f *Form) Read(w http.ResponseWriter, r *http.Request) error {
	if !f.Multipart {
		r.Body = http.MaxBytesReader(w, r.Body, maxFormBytes)
		if err := r.ParseForm(); err != nil {
			return fault.Wrap(fault.TooLarge, err, "The form could not be read: it is larger than a form can be, or broke off.")
		}
	}
	if err := f.closed(r.PostForm); err != nil {
		return err
	}
	if k := r.PostForm.Get(keyField); len(k) == 36 {
		f.Key = k // a form sent again after mending keeps its key
	}
	if v, err := strconv.ParseInt(r.PostForm.Get("ver"), 10, 64); err == nil {
		f.Ver = v
	}
	for _, x := range f.Fields {
		if x.Kind == FileInput {
			continue
		}
		x.take(r.PostForm)
		x.check()
	}
	return nil
}

func (f *Form) closed(values url.Values) error {
	allowed := map[string]bool{keyField: true, "ver": true}
	many := map[string]bool{}
	for _, x := range f.Fields {
		allowed[x.Name] = true
		many[x.Name] = x.Kind == Checkboxes
		if x.Kind == DateInput {
			for _, p := range []string{"-day", "-month", "-year"} {
				allowed[x.Name+p] = true
			}
		}
	}
	for k, vs := range values {
		switch {
		case !allowed[k]:
			return fault.New(fault.Invalid, "The form holds a field that this page does not have. Nothing was changed.")
		case len(vs) > 1 && !many[k]:
			return fault.New(fault.Invalid, "The form holds a field twice. Nothing was changed.")
		}
	}
	return nil
}

func clean(s string, lines bool) string {
	s = norm.NFC.String(strings.ToValidUTF8(s, ""))
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.Map(func(r rune) rune {
		if r < ' ' && (r != '\n' && r != '\t' || !lines) || r == 0x7f {
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

func (f *Field) take(values url.Values) {
	switch f.Kind {
	case DateInput:
		if v := values.Get(f.Name); v != "" { // a draft
			f.Value = v
		}
		f.Day, f.Month, f.Year = clean(values.Get(f.Name+"-day"), false), clean(values.Get(f.Name+"-month"), false), clean(values.Get(f.Name+"-year"), false)
		f.Value = ""
		if f.Day+f.Month+f.Year != "" {
			f.Value = f.Year + "-" + pad(f.Month) + "-" + pad(f.Day)
		}
	case Checkboxes:
		f.Values = nil
		for _, v := range values[f.Name] {
			f.Values = append(f.Values, clean(v, false))
		}
	case Password:
		f.Value = values.Get(f.Name)
	default:
		f.Value = clean(values.Get(f.Name), f.Kind == TextArea)
	}
}

func pad(s string) string {
	if len(s) == 1 {
		return "0" + s
	}
	return s
}

func (f *Field) check() {
	f.Error = ""
	empty := f.Value == "" && len(f.Values) == 0
	switch {
	case empty:
		f.Error = f.Required
		return
	case f.Kind == DateInput:
		if _, err := time.Parse(clock.ISODate, f.Value); err != nil {
			f.Error = "Enter a real date, for example 4 12 2026"
		}
	case f.Kind == Radios || f.Kind == Select:
		if !slices.ContainsFunc(f.Options, func(o Option) bool { return o.Value == f.Value }) {
			f.Value, f.Error = "", "Choose one of the answers shown"
		}
	case f.Kind == Checkboxes:
		for _, v := range f.Values {
			if !slices.ContainsFunc(f.Options, func(o Option) bool { return o.Value == v }) {
				f.Values, f.Error = nil, "Choose from the answers shown"
				return
			}
		}
	case utf8.RuneCountInString(f.Value) > f.Limit():
		f.Error = "Use " + ShowNumber(f.Limit()) + " characters or fewer"
	}
}
