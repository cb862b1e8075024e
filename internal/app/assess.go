package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/figure"
	"lantern.example/lantern/internal/intake"
	"lantern.example/lantern/internal/intake/profile"
	"lantern.example/lantern/internal/picture"
)

// Assessment is what `lantern assess` is asked to do.
type Assessment struct {
	Folder    string
	Out       string
	Geography []string // GeoJSON files of boundaries to load first
	Areas     []string // codes the assessment is of; empty: wherever the files are
	Agreement string   // code of the agreement under which lists of people are read
	OneOff    string   // or the reason for a one-off disclosure
	Version   string   // of the program, for the paper
	// Progress is told in words what is being done.
	Progress func(words string)
}

// maxFirst is how many refusals the document itself holds; the workbook has all that were kept.
const maxFirst = 1000

// Assess reads everything in a folder and writes the report, the workbook and the document. It returns
// the document as it was written.
func (a *App) Assess(ctx context.Context, in Assessment) (*picture.Picture, error) {
	files, err := offered(in.Folder)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(in.Out, 0o750); err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "The folder %s cannot be made.", in.Out)
	}
	say := in.Progress
	if say == nil {
		say = func(string) {}
	}
	// The command is run by whoever holds the files, over all of them: it is a job, not a member's page.
	scope := access.System("assess", access.Assessment)
	if err := a.replaceEarlier(ctx, scope, say); err != nil {
		return nil, err
	}
	for _, g := range in.Geography {
		say("Loading boundaries from " + filepath.Base(g))
		if err := a.loadBoundaries(ctx, scope, g); err != nil {
			return nil, err
		}
	}
	basis, identified, warning, err := a.basisOf(ctx, in)
	if err != nil {
		return nil, err
	}
	run := &assessRun{app: a, in: in, scope: scope, basis: basis, identified: identified, say: say}
	for _, f := range files {
		if err := run.take(ctx, f); err != nil {
			return nil, err
		}
	}
	if run.taken == 0 {
		return nil, fault.New(fault.Invalid, "Nothing in %s could be taken: %s", in.Folder, run.why())
	}
	if err := a.afterLoads(ctx, run.loads); err != nil {
		return nil, err
	}
	say("Putting the picture together")
	p, err := a.Rooms.Build(ctx, scope)
	if err != nil {
		return nil, err
	}
	p.Lantern, p.Files = in.Version, run.files
	p.Refusals.Total, p.Refusals.First = run.refusals.Total, append(p.Refusals.First, run.refusals.First...)
	p.Warnings = append(p.Warnings, run.warnings...)
	if run.people > 0 && !identified {
		p.Warnings = append([]string{warning}, p.Warnings...)
		if p.People == nil {
			p.People = &picture.People{}
		}
		*p.People = picture.People{Records: run.people, ByAgencies: map[string]*int{}}
		p.Refound("who-is-harmed")
	}
	if err := p.Write(in.Out, run.rows()); err != nil {
		return nil, err
	}
	err = a.DB.Write(ctx, func(tx *database.Tx) error {
		return a.Audit.Record(ctx, tx, scope, audit.Line{Act: audit.Disclosure, SubjectKind: "report", Words: fmt.Sprintf("report, tables and picture written to a folder: %d files read", len(run.files))})
	})
	return p, err
}

// replaceEarlier undoes what an earlier run of the command loaded into the same database, so that a folder
// assessed twice is counted once.
func (a *App) replaceEarlier(ctx context.Context, scope access.Scope, say func(string)) error {
	earlier, err := a.Intake.LiveBy(ctx, a.DB.Reader(), scope.Account)
	if err != nil || len(earlier) == 0 {
		return err
	}
	say(fmt.Sprintf("Replacing %d files read into this database before", len(earlier)))
	for _, id := range earlier {
		if err := a.DB.Write(ctx, func(tx *database.Tx) error { return a.Intake.Undo(ctx, tx, scope, id, "read again by lantern assess") }); err != nil {
			return err
		}
		if err := a.Intake.Purge(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// basisOf decides whether lists of people may be read with names.
func (a *App) basisOf(ctx context.Context, in Assessment) (basis string, identified bool, warning string, err error) {
	switch {
	case in.Agreement != "" && in.OneOff != "":
		return "", false, "", fault.New(fault.Invalid, "Give an agreement or a one-off reason, not both.")
	case in.Agreement != "":
		ag, err := a.Sharing.Live(ctx, in.Agreement, a.Clock.Now())
		if fault.Is(err, fault.Refused) {
			// A first assessment has no register yet: the code is kept as given, and the outputs say so.
			n, cerr := a.Sharing.Count(ctx)
			if cerr == nil && n == 0 {
				return "agreement " + in.Agreement, true, "", nil
			}
		}
		return "agreement " + ag.Code, err == nil, "", err
	case strings.TrimSpace(in.OneOff) != "":
		return "one-off: " + in.OneOff, true, "", nil
	}
	return "counts only", false, "Lists of people were read without names: people were counted, not joined. With --agreement CODE or --one-off REASON they are read as they are.", nil
}

// offered lists a folder's files, in order. Hidden files and what Lantern itself wrote are passed over.
func offered(folder string) ([]string, error) {
	info, err := os.Stat(folder)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "The folder %s cannot be read.", folder)
	}
	if !info.IsDir() {
		return nil, fault.New(fault.Invalid, "%s is a file; expected a folder of files.", folder)
	}
	var out []string
	err = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case strings.HasPrefix(d.Name(), ".") && path != folder:
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir() || d.Name() == "mapping.json" || d.Name() == "datapackage.json":
			return nil
		}
		out = append(out, path)
		return nil
	})
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "The folder %s cannot be read whole.", folder)
	}
	if len(out) == 0 {
		return nil, fault.New(fault.Invalid, "The folder %s holds no files.", folder)
	}
	return out, nil
}

type assessRun struct {
	app        *App
	in         Assessment
	scope      access.Scope
	basis      string
	identified bool
	say        func(string)
	files      []picture.File
	loads      []string
	refusals   picture.Refusals
	kept       [][]any
	warnings   []string
	taken      int64
	people     int
}

func (r *assessRun) why() string {
	var parts []string
	for _, f := range r.files {
		parts = append(parts, f.Name+" ("+f.Words+")")
	}
	if len(parts) > 5 {
		parts = append(parts[:5], fmt.Sprintf("and %d more", len(parts)-5))
	}
	return strings.Join(parts, "; ")
}

// maxKept bounds the refused rows that the workbook lists.
const maxKept = 100_000

func (r *assessRun) take(ctx context.Context, path string) error {
	rel, err := filepath.Rel(r.in.Folder, path)
	if err != nil {
		return err
	}
	name := filepath.ToSlash(rel)
	r.say("Reading " + name)
	f, err := os.Open(path) //nolint:gosec // a file of the folder the user named
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "The file %s cannot be read.", name)
	}
	defer f.Close() //nolint:errcheck // only read
	info, err := f.Stat()
	if err != nil {
		return err
	}
	mapping, err := mappingBeside(path)
	if err != nil {
		return err
	}
	doubts := doubts{}
	agency := agencyOf(name)
	if mapping != nil && mapping.Agency != "" {
		agency = mapping.Agency
	}
	in := intake.Input{
		Name: name, File: f, Size: info.Size(), Agency: agency, Basis: r.basis, Identified: r.identified, Mapping: mapping,
		Also: func(t intake.Taken) {
			if profile.PersonOf(t.Record) != nil {
				r.people++
			}
		},
		Refused: func(x intake.Refusal) {
			if x.Warning {
				doubts.add(x)
				return
			}
			if len(r.refusals.First) < maxFirst {
				r.refusals.First = append(r.refusals.First, picture.Refusal{File: name, Sheet: x.Sheet, Row: x.Row, Column: x.Column, Shape: x.Shape, Reason: x.Reason})
			}
			if len(r.kept) < maxKept {
				r.kept = append(r.kept, []any{name, x.Sheet, x.Row, x.Column, x.Shape, x.Reason})
			}
		},
	}
	l, err := r.app.Intake.Load(ctx, r.scope, in)
	r.warnings = append(r.warnings, doubts.words(name)...)
	if err != nil {
		if !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.TooLarge) {
			return err
		}
		words, _ := fault.Words(err)
		sum, herr := sha256Of(f, info.Size())
		if herr != nil {
			return herr
		}
		r.files = append(r.files, picture.File{Name: name, SHA256: sum, Words: strings.TrimPrefix(words, name+": ")})
		return nil
	}
	p := l.Profile
	r.files = append(r.files, picture.File{Name: name, SHA256: l.SHA256, Profile: &p, Rows: l.Read, Taken: l.Taken, Refused: l.Refused, Unlocated: l.Unlocated})
	r.refusals.Total += l.Refused
	r.taken += l.Taken
	r.loads = append(r.loads, l.ID)
	for _, n := range l.Notes {
		if strings.HasPrefix(n, "Not taken: ") {
			r.warnings = append(r.warnings, name+": "+n)
		}
	}
	return nil
}

func (r *assessRun) rows() iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		for _, row := range r.kept {
			if !yield(row, nil) {
				return
			}
		}
	}
}

// doubts are what was taken with a doubt, by column and reason: a theme that is no theme must not vanish unsaid.
type doubts struct {
	first []intake.Refusal
	rows  []int
}

// maxDoubts bounds the kinds of doubt of one file that are said.
const maxDoubts = 20

func (d *doubts) add(x intake.Refusal) {
	i := slices.IndexFunc(d.first, func(y intake.Refusal) bool { return x.Sheet == y.Sheet && x.Column == y.Column && x.Reason == y.Reason })
	switch {
	case i >= 0:
		d.rows[i]++
	case len(d.first) < maxDoubts:
		d.first, d.rows = append(d.first, x), append(d.rows, 1)
	}
}

// words are one warning for each kind of doubt: the first row it stands in, and how many rows in all.
func (d *doubts) words(file string) []string {
	var out []string
	for i, x := range d.first {
		at := file + ", row " + figure.Group(x.Row)
		if d.rows[i] > 1 {
			at += fmt.Sprintf(" and %s more", figure.Group(d.rows[i]-1))
		}
		if x.Column != "" {
			at += ", " + x.Column
		}
		out = append(out, at+": "+x.Reason+".")
	}
	return out
}

// agencyOf names the agency whose file it is by the first folder it lies in, or by the file's own name: a
// folder for each agency is how partners' files are kept. Slashes and spaces become dashes.
func agencyOf(name string) string {
	first, _, nested := strings.Cut(name, "/")
	if !nested {
		first = first[:len(first)-len(filepath.Ext(strings.TrimSuffix(first, ".gz")))-len(first)+len(strings.TrimSuffix(first, ".gz"))]
		first = strings.Trim(strings.TrimLeft(first, "0123456789-_ ."), "-_ .")
	}
	first = strings.ToLower(strings.Join(strings.FieldsFunc(first, func(c rune) bool { return c == ' ' || c == '/' || c == '\\' }), "-"))
	if first == "" {
		first = "unnamed"
	}
	if len(first) > 64 {
		first = first[:64]
	}
	return first
}

// mappingBeside reads mapping.json in the file's folder: one mapping, or an object of mappings by file name.
func mappingBeside(path string) (*profile.Mapping, error) {
	b, err := os.ReadFile(filepath.Join(filepath.Dir(path), "mapping.json")) //nolint:gosec // beside the user's own file
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil //nolint:nilnil // there is none
	}
	if err != nil {
		return nil, err
	}
	var byName map[string]json.RawMessage
	if json.Unmarshal(b, &byName) == nil {
		if one, ok := byName[filepath.Base(path)]; ok {
			b = one
		} else if _, single := byName["profile"]; !single {
			return nil, nil //nolint:nilnil // it speaks of other files
		}
	}
	m, err := profile.ParseMapping(bytes.TrimSpace(b))
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "mapping.json beside %s: %s.", filepath.Base(path), err)
	}
	return m, nil
}

// afterLoads does at once what jobs do after loads in a running Lantern.
func (a *App) afterLoads(ctx context.Context, loads []string) error {
	for _, id := range loads {
		if err := a.loaded(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// Made is when the document says it was made: SOURCE_DATE_EPOCH when set, so that a run can be repeated
// byte for byte.
func Made(epoch string, now time.Time) (time.Time, error) {
	if epoch == "" {
		return now, nil
	}
	var s int64
	if _, err := fmt.Sscanf(epoch, "%d", &s); err != nil || !slices.Contains([]bool{s >= 0}, true) {
		return time.Time{}, fault.New(fault.Invalid, "SOURCE_DATE_EPOCH is %q; expected seconds since 1970.", epoch)
	}
	return time.Unix(s, 0).UTC(), nil
}
