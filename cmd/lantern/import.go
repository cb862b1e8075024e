package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/app"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/config"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fact"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/file"
	"lantern.example/lantern/internal/intake"
	"lantern.example/lantern/internal/intake/profile"
	"lantern.example/lantern/internal/partnership"
)

// importCommand brings files in; "import undo" takes a load back. A file that is called undo is named ./undo.
type importCommand struct {
	Files importFiles `cmd:"" default:"withargs" name:"files" help:"Bring partners' files in: each is one load, recognised by its columns."`
	Undo  importUndo  `cmd:"" help:"Take a load back: everything it brought, and nothing else."`
}

type importFiles struct {
	place
	File      []string `arg:"" name:"file" help:"CSV or XLSX, plain or .gz; - is standard input."`
	Profile   string   `help:"The format of the files; found out without it (lantern profiles lists them)." placeholder:"NAME" xor:"format"`
	Mapping   string   `help:"A JSON file that says what the columns are." placeholder:"FILE" xor:"format"`
	Agency    string   `help:"Code of the agency whose records they are." placeholder:"CODE"`
	Agreement string   `help:"Code of the live agreement under which lists of people are given." placeholder:"CODE" xor:"basis"`
	OneOff    string   `help:"Reason for giving a list of people once, without an agreement." placeholder:"REASON" xor:"basis" name:"one-off"`
	Own       string   `help:"The agency's own list of people, loaded for this purpose (safeguarding, community-safety, youth-justice, assessment)." placeholder:"PURPOSE" xor:"basis"`
	DryRun    bool     `help:"Say what would be taken and refused, and write nothing."`
	JSON      bool     `help:"Print one JSON document." name:"json"`
}

type importUndo struct {
	place
	Load string `arg:"" help:"The load's id."`
	Why  string `help:"Why it is undone; kept with it and in the audit log." required:"" placeholder:"REASON"`
}

// importDocument is what "lantern import --json" prints; docs/schema/import.schema.json describes it.
type importDocument struct {
	Lantern  string         `json:"lantern"`
	MadeAt   string         `json:"made_at"`
	DryRun   bool           `json:"dry_run"`
	Files    []importedFile `json:"files"`
	Refusals importRefusals `json:"refusals"`
}

type importedFile struct {
	Name       string         `json:"name"`
	SHA256     string         `json:"sha256"`
	Profile    string         `json:"profile"`
	Agency     string         `json:"agency"`
	Basis      string         `json:"basis"`
	Identified bool           `json:"identified"`
	Load       *string        `json:"load"` // null when nothing was kept
	Rows       int64          `json:"rows"`
	Taken      int64          `json:"taken"`
	Refused    int64          `json:"refused"`
	Warned     int64          `json:"warned"`
	Unlocated  *int64         `json:"unlocated"` // null in a dry run: places are looked up when rows are kept
	Notes      []string       `json:"notes"`
	Reasons    []importReason `json:"reasons"`
}

type importReason struct {
	Column  string `json:"column"`
	Reason  string `json:"reason"`
	Warning bool   `json:"warning"`
	Count   int64  `json:"count"`
}

type importRefusals struct {
	Total int64           `json:"total"` // rows
	First []importRefusal `json:"first"` // what was wrong, at most 1,000
}

type importRefusal struct {
	File       string `json:"file"`
	Sheet      string `json:"sheet"`
	Row        int    `json:"row"`
	Column     string `json:"column"`
	ValueShape string `json:"value_shape"`
	Reason     string `json:"reason"`
}

const firstRefusals = 1000

// source is one file to bring in, open.
type source struct {
	name string
	file *os.File
	size int64
	done func() error
}

func (c *importFiles) Run(ctx context.Context) (err error) {
	made, err := app.Made(os.Getenv("SOURCE_DATE_EPOCH"), clock.System{}.Now())
	if err != nil {
		return err
	}
	basis, err := c.basis()
	if err != nil {
		return err
	}
	mapping, err := readMapping(c.Mapping)
	if err != nil {
		return err
	}
	if c.Profile != "" {
		if _, ok := profile.Find(c.Profile); !ok {
			return fault.New(fault.Invalid, "There is no format called %q; lantern profiles lists them.", c.Profile)
		}
	}
	sources, err := openSources(c.File)
	defer func() {
		for _, s := range sources {
			err = errors.Join(err, s.done())
		}
	}()
	if err != nil {
		return err
	}
	a, err := app.Open(ctx, config.Config{Data: c.Data, DB: c.DB, PasswordFile: c.PasswordFile}, app.Options{Version: "lantern " + version})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if c.Agreement != "" {
		if _, err := a.Sharing.Live(ctx, c.Agreement, a.Clock.Now()); err != nil {
			return err
		}
	}
	inputs, err := c.prepare(ctx, a, sources, mapping, basis)
	if err != nil {
		return err
	}
	doc := importDocument{Lantern: version, MadeAt: made.UTC().Format(time.RFC3339), DryRun: c.DryRun, Files: []importedFile{}, Refusals: importRefusals{First: []importRefusal{}}}
	none := 0
	for i, in := range inputs {
		l, err := c.load(ctx, a, sources[i], in, &doc)
		if err != nil {
			return err
		}
		if l.Taken == 0 && l.Read > 0 {
			none++
		}
	}
	if !c.DryRun {
		if err := settle(ctx, a); err != nil {
			return err
		}
	}
	if c.JSON {
		if err := printJSON(os.Stdout, doc); err != nil {
			return err
		}
	} else {
		printImport(os.Stdout, doc)
	}
	if none == len(inputs) {
		return nothingTaken(doc)
	}
	return nil
}

// nothingTaken is the error of a run of which no row could be taken.
func nothingTaken(doc importDocument) error {
	f := doc.Files[0]
	for _, r := range doc.Refusals.First {
		i := profile.Issue{Sheet: r.Sheet, Row: r.Row, Column: r.Column, Shape: r.ValueShape, Reason: r.Reason}
		return fault.New(fault.Invalid, "%s: no row of it could be taken (%d read), so nothing was changed. The first: %s.", r.File, f.Rows, strings.TrimSuffix(i.String(), "."))
	}
	return fault.New(fault.Invalid, "%s: no row could be taken, so nothing was changed.", f.Name)
}

// basis is what the flags say lists of people rest on.
func (c *importFiles) basis() (string, error) {
	for _, f := range []struct{ flag, value string }{{"--one-off", c.OneOff}, {"--agreement", c.Agreement}, {"--own", c.Own}} {
		if f.value != "" && strings.TrimSpace(f.value) == "" {
			return "", fault.New(fault.Invalid, "%s is blank: say what the list rests on.", f.flag)
		}
	}
	switch {
	case c.Agreement != "":
		return c.Agreement, nil
	case c.OneOff != "":
		return intake.OneOff(c.OneOff), nil
	case c.Own != "":
		own := []access.Purpose{access.Safeguarding, access.CommunitySafety, access.YouthOffending, access.Assessment}
		if !slices.Contains(own, access.Purpose(c.Own)) {
			return "", fault.New(fault.Invalid, "--own %s: expected a purpose: safeguarding, community-safety, youth-justice or assessment.", c.Own)
		}
		return intake.OwnBasis, nil
	}
	return "", nil
}

func readMapping(name string) (*profile.Mapping, error) {
	if name == "" {
		return nil, nil
	}
	b, err := os.ReadFile(name) //nolint:gosec // the operator's own file
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "The mapping %s cannot be read: %v.", name, plainCause(err))
	}
	m, err := profile.ParseMapping(b)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "%s: %s.", name, strings.TrimSuffix(err.Error(), "."))
	}
	return m, nil
}

// plainCause is a file system's error without the operation and path, which the words around it say.
func plainCause(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

func openSources(names []string) (out []source, err error) {
	for _, name := range names {
		var s source
		if name == "-" {
			s, err = spool(os.Stdin)
		} else {
			s, err = openSource(name)
		}
		if err != nil {
			return out, err
		}
		out = append(out, s)
	}
	return out, nil
}

func openSource(name string) (source, error) {
	fi, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return source{}, fault.New(fault.Invalid, "%s: there is no such file. Nothing was changed.", name)
	case err != nil:
		return source{}, fault.Wrap(fault.Invalid, err, "%s cannot be read: %v. Nothing was changed.", name, plainCause(err))
	case fi.IsDir():
		return source{}, fault.New(fault.Invalid, "%s is a folder; expected a file. Name the files in it, or give the folder to lantern assess. Nothing was changed.", name)
	case !fi.Mode().IsRegular():
		f, err := os.Open(name) //nolint:gosec // the operator's own file
		if err != nil {
			return source{}, fault.Wrap(fault.Invalid, err, "%s cannot be read: %v. Nothing was changed.", name, plainCause(err))
		}
		s, err := spool(f)
		s.name = name
		return s, errors.Join(err, f.Close())
	}
	f, err := os.Open(name) //nolint:gosec // the operator's own file
	if err != nil {
		return source{}, fault.Wrap(fault.Invalid, err, "%s cannot be read: %v. Nothing was changed.", name, plainCause(err))
	}
	return source{name: name, file: f, size: fi.Size(), done: f.Close}, nil
}

// spool copies what cannot be read twice to a temporary file, which done removes.
func spool(r io.Reader) (_ source, err error) {
	f, err := os.CreateTemp("", "lantern-import-*")
	if err != nil {
		return source{}, fault.Wrap(fault.Unavailable, err, "Standard input could not be kept while it is read: %v.", plainCause(err))
	}
	done := func() error { return errors.Join(f.Close(), os.Remove(f.Name())) }
	n, err := io.Copy(f, io.LimitReader(r, file.MaxBytes+1))
	if err == nil && n > file.MaxBytes {
		err = fault.New(fault.TooLarge, "Standard input is larger than %d MB, the most that is taken. Send it in parts. Nothing was changed.", file.MaxBytes>>20)
	}
	if err != nil {
		return source{}, errors.Join(err, done())
	}
	return source{name: "standard input", file: f, size: n, done: done}, nil
}

// prepare looks into every file before the first is loaded, so that a file that cannot be read changes nothing.
func (c *importFiles) prepare(ctx context.Context, a *app.App, sources []source, mapping *profile.Mapping, basis string) ([]intake.Input, error) {
	agencies, err := a.Partnership.Members(ctx, a.DB.Reader())
	if err != nil {
		return nil, err
	}
	var out []intake.Input
	for _, s := range sources {
		in := intake.Input{Name: filepath.Base(s.name), File: s.file, Size: s.size, Mapping: mapping, Profile: c.Profile, DryRun: true, Rows: 1}
		l, err := a.Intake.Load(ctx, operator(c, ""), in)
		if err != nil {
			return nil, err
		}
		in.DryRun, in.Rows = c.DryRun, 0
		if in.Agency, err = c.agency(mapping, agencies, l); err != nil {
			return nil, err
		}
		in.Basis, in.Identified = basis, true
		switch {
		case intake.Published(l.Profile):
			in.Basis = intake.OpenBasis
		case basis == "" && intake.NamesPeople(l.Profile):
			in.Basis, in.Identified = intake.CountsBasis, false
			fmt.Fprintf(os.Stderr, "%s lists people, and neither --agreement, --one-off nor --own was given: people are counted, no name is kept.\n", in.Name)
		case basis == "":
			in.Basis = intake.OwnBasis
		}
		out = append(out, in)
	}
	return out, nil
}

// agency is whose records a file holds: as the flag or the mapping says, else the only agency there is.
func (c *importFiles) agency(m *profile.Mapping, agencies []partnership.Agency, l *intake.Load) (string, error) {
	code := c.Agency
	if code == "" && m != nil {
		code = m.Agency
	}
	var codes []string
	for _, x := range agencies {
		codes = append(codes, x.Code)
	}
	switch {
	case code != "" && len(codes) > 0 && !slices.Contains(codes, code):
		return "", fault.New(fault.Invalid, "There is no agency %q in this partnership; expected one of %s. Nothing was changed.", code, strings.Join(codes, ", "))
	case code != "":
		return code, nil
	case len(codes) == 1:
		return codes[0], nil
	case intake.Published(l.Profile):
		return "open-data", nil
	case len(codes) == 0 || c.DryRun:
		fmt.Fprintf(os.Stderr, "%s: no --agency was given, so its records are kept as those of %q.\n", l.FileName, defaultAgency)
		return defaultAgency, nil
	}
	return "", fault.New(fault.Invalid, "%s: whose records are these? Say it with --agency: %s. Nothing was changed.", l.FileName, strings.Join(codes, ", "))
}

// defaultAgency owns records where no agency has been registered yet.
const defaultAgency = "local"

// operator is who loads on the command line: nobody's account, for the purpose given.
func operator(c *importFiles, agency string) access.Scope {
	return access.Scope{Account: "command line", Name: "command line", Agency: agency, Purpose: cmp.Or(access.Purpose(c.Own), access.Assessment)}
}

func (c *importFiles) load(ctx context.Context, a *app.App, s source, in intake.Input, doc *importDocument) (*intake.Load, error) {
	by := operator(c, in.Agency)
	if !c.DryRun {
		class := access.Identity
		if in.Basis == intake.OpenBasis {
			class = access.Open
		}
		retention, review := fact.Retention(string(class), a.Clock.Now())
		kept, err := a.Files.Save(ctx, by, file.New{Owner: in.Agency, Class: class, Name: in.Name, MediaType: "application/octet-stream", Retention: retention, ReviewOn: review}, io.NewSectionReader(s.file, 0, s.size))
		if err != nil {
			return nil, err
		}
		in.FileID = kept.ID
	}
	in.Refused = func(r intake.Refusal) {
		if !r.Warning && len(doc.Refusals.First) < firstRefusals {
			doc.Refusals.First = append(doc.Refusals.First, importRefusal{in.Name, r.Sheet, r.Row, r.Column, r.Shape, r.Reason})
		}
	}
	p := newProgress(os.Stderr, in.Name)
	in.Progress = p.rows
	l, err := a.Intake.Load(ctx, by, in)
	p.end()
	if err != nil {
		if in.FileID != "" {
			err = errors.Join(err, a.Files.Remove(context.WithoutCancel(ctx), in.FileID))
		}
		return nil, err
	}
	if l.State == "failed" && in.FileID != "" { // no row could be taken
		if err := a.Files.Remove(ctx, in.FileID); err != nil {
			return nil, err
		}
	}
	f := importedFile{Name: l.FileName, SHA256: l.SHA256, Profile: l.Profile, Agency: l.Agency, Basis: l.Basis, Identified: l.Identified,
		Rows: l.Read, Taken: l.Taken, Refused: l.Refused, Warned: l.Warned, Notes: l.Notes, Reasons: []importReason{}}
	if f.Notes == nil {
		f.Notes = []string{}
	}
	if l.Read == 0 && l.Words != "" {
		f.Notes = append(slices.Clone(f.Notes), l.Words)
	}
	if l.State == "live" {
		f.Load = &l.ID
	}
	if !c.DryRun {
		f.Unlocated = &l.Unlocated
	}
	for _, r := range l.Reasons {
		f.Reasons = append(f.Reasons, importReason{r.Column, r.Reason, r.Warning, r.N})
	}
	doc.Files = append(doc.Files, f)
	doc.Refusals.Total += l.Refused
	return l, nil
}

func printImport(w io.Writer, doc importDocument) {
	for _, f := range doc.Files {
		verb := "taken"
		if doc.DryRun {
			verb = "would be taken"
		}
		fmt.Fprintf(w, "%s: %s; rows read %d, %s %d, refused %d, with a warning %d\n", f.Name, f.Profile, f.Rows, verb, f.Taken, f.Refused, f.Warned) //nolint:errcheck // standard output
		if f.Load != nil {
			fmt.Fprintf(w, "  load %s; lantern import undo %s --why REASON takes it back\n", *f.Load, *f.Load) //nolint:errcheck // standard output
		}
		for _, n := range f.Notes {
			fmt.Fprintf(w, "  note: %s\n", n) //nolint:errcheck // standard output
		}
		for _, r := range f.Reasons {
			what := "refused"
			if r.Warning {
				what = "warning"
			}
			where := ""
			if r.Column != "" {
				where = "column " + r.Column + ": "
			}
			fmt.Fprintf(w, "  %s (%d): %s%s\n", what, r.Count, where, r.Reason) //nolint:errcheck // standard output
		}
	}
	for i, r := range doc.Refusals.First {
		if i == 20 {
			fmt.Fprintf(w, "… and more; --json lists the first %d.\n", firstRefusals) //nolint:errcheck // standard output
			break
		}
		issue := profile.Issue{Sheet: r.Sheet, Row: r.Row, Column: r.Column, Shape: r.ValueShape, Reason: r.Reason}
		fmt.Fprintf(w, "%s: %s\n", r.File, issue) //nolint:errcheck // standard output
	}
}

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// settle puts the audit entries of a command into the log's sequence and signs its head, which a running service does by
// the minute.
func settle(ctx context.Context, a *app.App) error {
	for {
		n, err := a.Audit.Sequence(ctx, a.DB, 500)
		if err != nil {
			return err
		}
		if n < 500 {
			break
		}
	}
	_, err := audit.Checkpoint(ctx, a.DB, a.Keys, a.Config.Data, a.Clock)
	return err
}

func (c *importUndo) Run(ctx context.Context) (err error) {
	if strings.TrimSpace(c.Why) == "" {
		return fault.New(fault.Invalid, "--why is blank: say why the load is undone.")
	}
	a, err := app.Open(ctx, config.Config{Data: c.Data, DB: c.DB, PasswordFile: c.PasswordFile}, app.Options{Version: "lantern " + version})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	l, err := a.Intake.Get(ctx, a.DB.Reader(), access.System("import", access.Upkeep), c.Load)
	if fault.Is(err, fault.NotFound) {
		return fault.New(fault.Invalid, "There is no load %q in this database. Nothing was changed.", c.Load)
	}
	if err != nil {
		return err
	}
	if l.State != "live" {
		return fault.New(fault.Invalid, "The load %s is %s already. Nothing was changed.", l.ID, l.State)
	}
	by := access.Scope{Account: "command line", Name: "command line", Agency: l.Agency, Purpose: access.Upkeep}
	if err := a.DB.Write(ctx, func(tx *database.Tx) error { return a.Intake.Undo(ctx, tx, by, l.ID, c.Why) }); err != nil {
		return err
	}
	// From here nobody sees the load; its rows are removed at once rather than when a service next runs.
	if err := a.Purge(ctx, l.ID); err != nil {
		return err
	}
	if err := settle(ctx, a); err != nil {
		return err
	}
	fmt.Printf("The load %s of %s is undone; rows taken back: %d.\n", l.ID, l.FileName, l.Taken)
	return nil
}

// progress tells on standard error how far a load has come: a bar on a terminal, now and then a line otherwise.
type progress struct {
	out  io.Writer
	name string
	bar  *progressbar.ProgressBar
	next int64
}

const progressEvery = 100_000

func newProgress(out *os.File, name string) *progress {
	p := &progress{out: out, name: name, next: progressEvery}
	if term.IsTerminal(int(out.Fd())) { //nolint:gosec // a file's number is small
		p.bar = progressbar.NewOptions64(-1, progressbar.OptionSetWriter(out), progressbar.OptionSetDescription(name), progressbar.OptionShowCount(),
			progressbar.OptionSetItsString("rows"), progressbar.OptionShowIts(), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(), progressbar.OptionSpinnerType(14))
	}
	return p
}

func (p *progress) rows(n int64) {
	if p.bar != nil {
		_ = p.bar.Set64(n) //nolint:errcheck // a bar that cannot be drawn stops nothing
		return
	}
	if n >= p.next {
		p.next = n - n%progressEvery + progressEvery
		fmt.Fprintf(p.out, "%s: %d rows read\n", p.name, n) //nolint:errcheck // standard error
	}
}

func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Finish() //nolint:errcheck // a bar that cannot be drawn stops nothing
	}
}

// profilesCommand lists the formats that are recognised.
type profilesCommand struct {
	JSON bool `help:"Print one JSON document." name:"json"`
}

type profilesDocument struct {
	Lantern  string          `json:"lantern"`
	Profiles []profileListed `json:"profiles"`
}

type profileListed struct {
	Name    string           `json:"name"`
	Title   string           `json:"title"`
	How     string           `json:"how"`
	People  bool             `json:"people"` // lists people one by one, and needs a basis
	Columns []profile.Column `json:"columns"`
}

// Run prints the list.
func (c *profilesCommand) Run() error {
	doc := profilesDocument{Lantern: version}
	for _, p := range profile.All() {
		doc.Profiles = append(doc.Profiles, profileListed{p.Name, p.Title, p.How, intake.NamesPeople(p.Name), p.Columns()})
	}
	if c.JSON {
		return printJSON(os.Stdout, doc)
	}
	for _, p := range doc.Profiles {
		var fields []string
		for _, col := range p.Columns {
			if col.Required {
				fields = append(fields, col.Field+" (needed)")
			} else {
				fields = append(fields, col.Field)
			}
		}
		fmt.Printf("%s\n  %s\n  recognised by: %s\n  columns: %s\n\n", p.Name, p.Title, p.How, strings.Join(fields, ", "))
	}
	return nil
}
