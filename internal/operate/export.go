package operate

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/figure"
	"lantern.example/lantern/internal/file"
	"lantern.example/lantern/internal/identity"
	"lantern.example/lantern/internal/intake/tabular"
	"lantern.example/lantern/internal/partnership"
	"lantern.example/lantern/internal/seal"
)

// ExportOptions say whose things are written where.
type ExportOptions struct {
	DB          *database.DB
	Partnership *partnership.Store
	Files       *file.Store
	Seals       *seal.Keys // open what is kept sealed: the export is for its own agency, in plain
	Log         *audit.Log
	Clock       clock.Clock
	Version     string
	Agency      string
	Out         string // must not exist
}

// Exported is the manifest of an export.
type Exported struct {
	Lantern   string         `json:"lantern"`
	MadeAt    string         `json:"made_at"`
	Agency    string         `json:"agency"`
	Name      string         `json:"agency_name"`
	Files     []ExportedFile `json:"files"`
	Originals []ExportedFile `json:"originals"`
}

// ExportedFile is one file in an export. Rows is null for a partner's original.
type ExportedFile struct {
	Name   string `json:"name"`
	Rows   *int64 `json:"rows"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// ownColumn is the column by which an import knows a table that Lantern wrote, and takes the apostrophes away
// that keep a spreadsheet from running text as a formula.
const ownColumn = "Error"

// Export writes everything an agency holds to a ZIP: its partners' files as they came; the same rows as CSVs that
// lantern import recognises, corrections in them; and every table's rows, for whoever wants to see all of it. Its
// line in the audit log is committed before the file has its name.
func Export(ctx context.Context, opt ExportOptions) (out Exported, err error) {
	agency, err := opt.Partnership.Agency(ctx, opt.DB.Reader(), opt.Agency)
	if fault.Is(err, fault.NotFound) {
		all, aerr := opt.Partnership.Agencies(ctx, opt.DB.Reader())
		if aerr != nil {
			return out, aerr
		}
		var codes []string
		for _, a := range all {
			codes = append(codes, a.Code)
		}
		return out, fault.New(fault.Invalid, "There is no agency %q in this partnership; expected one of %s.", opt.Agency, join(codes))
	}
	if err != nil {
		return out, err
	}
	if _, err := os.Lstat(opt.Out); err == nil {
		return out, fault.New(fault.Invalid, "The file %s exists already, and an export is not written over. Choose another name.", opt.Out)
	}
	f, err := os.CreateTemp(filepath.Dir(opt.Out), ".lantern-export-*") // owner-only rights
	if err != nil {
		return out, fault.Wrap(fault.Unavailable, err, "The folder of %s cannot be written to.", opt.Out)
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	x := &export{opt: opt, zip: zip.NewWriter(f), done: Exported{
		Lantern: opt.Version, MadeAt: opt.Clock.Now().UTC().Format(time.RFC3339), Agency: agency.Code, Name: agency.Name, Files: []ExportedFile{}, Originals: []ExportedFile{},
	}}
	err = x.write(ctx)
	if err = errors.Join(err, x.zip.Close(), f.Sync(), f.Close()); err != nil {
		return out, err
	}
	var rows int64
	for _, f := range x.done.Files {
		rows += *f.Rows
	}
	err = opt.DB.Write(ctx, func(tx *database.Tx) error {
		return opt.Log.Record(ctx, tx, CommandLine(agency.Code), audit.Line{Act: audit.Disclosure, SubjectKind: "agency", Subject: agency.Code, Owners: []string{agency.Code},
			Words: fmt.Sprintf("everything the agency holds written to a file: %s rows in %d tables, %d original files", figure.Group(int(rows)), len(x.done.Files), len(x.done.Originals))})
	})
	if err != nil {
		return out, err
	}
	if err := os.Link(f.Name(), opt.Out); err != nil {
		return out, fault.Wrap(fault.Unavailable, err, "The export cannot be given its name %s.", opt.Out)
	}
	return x.done, nil
}

type export struct {
	opt  ExportOptions
	zip  *zip.Writer
	done Exported
}

func (x *export) write(ctx context.Context) error {
	originals, err := x.files(ctx)
	if err != nil {
		return err
	}
	err = x.opt.DB.ReadOnly(ctx, func(q database.Queryer) error {
		for _, part := range []func(context.Context, database.Queryer) error{x.people, x.handPeople, x.events, x.statements, x.places, x.flows, x.tables, x.logLines} {
			if err := part(ctx, q); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	x.done.Originals = originals
	b, err := json.MarshalIndent(x.done, "", " ")
	if err != nil {
		return err
	}
	if err := x.text("manifest.json", append(b, '\n')); err != nil {
		return err
	}
	return x.text("README.txt", []byte(fmt.Sprintf(exportReadme, x.done.Name, x.done.Agency, x.done.MadeAt)))
}

const exportReadme = `Everything that %s (%s) holds in Lantern, as at %s.

originals/  the files the agency gave, as they came. To bring them into another Lantern:
            lantern import originals/FILE --agency CODE
import/     the same, and what was typed in, as tables that lantern import recognises. Bring in either the
            originals or these, not both. The last column, Error, is empty: by it Lantern knows its own table and
            takes away the apostrophe before text that a spreadsheet would run as a formula. What is restricted to a
            panel is not here: a list cannot say so. It is in tables/, and in the originals, where nothing says it.
tables/     every row with everything Lantern keeps of it: where it came from, when it is to be reviewed, what
            replaced it. Times are microseconds since 1970, UTC.
log.csv     what was done with the agency's records, and by whom.
manifest.json   what is here, how many rows, and the SHA-256 of each file.

It holds personal data and is not encrypted. What other agencies hold, and which of their records are of the same
people, is not in it.
`

func (x *export) text(name string, b []byte) error {
	w, err := x.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: x.opt.Clock.Now().UTC()})
	if err == nil {
		_, err = w.Write(b)
	}
	return err
}

// entry is a file in the ZIP that is hashed as it is written.
type entry struct {
	w    io.Writer
	sum  hash.Hash
	size int64
}

func (e *entry) Write(b []byte) (int, error) {
	n, err := e.w.Write(b)
	e.size += int64(n)
	e.sum.Write(b[:n]) //nolint:errcheck,gosec // never fails
	return n, err
}

func (x *export) entry(name string) (*entry, error) {
	w, err := x.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: x.opt.Clock.Now().UTC()})
	return &entry{w: w, sum: sha256.New()}, err
}

func (e *entry) listed(name string, rows *int64) ExportedFile {
	return ExportedFile{Name: name, Rows: rows, Size: e.size, SHA256: hex.EncodeToString(e.sum.Sum(nil))}
}

// csv writes a table, unless it has no rows.
func (x *export) csv(name string, header []string, rows iter.Seq2[[]any, error]) error {
	next, stop := iter.Pull2(rows)
	defer stop()
	row, err, some := next()
	if !some || err != nil {
		return err
	}
	e, err := x.entry(name)
	if err != nil {
		return err
	}
	var n int64
	err = tabular.WriteCSV(e, header, func(yield func([]any, error) bool) {
		for some {
			n++
			if !yield(row, err) {
				return
			}
			row, err, some = next()
		}
	}, true)
	x.done.Files = append(x.done.Files, e.listed(name, &n))
	return err
}

// errStop ends a query whose reader wants no more.
var errStop = errors.New("operate: enough rows")

// query is a statement's rows as they come.
func query(ctx context.Context, q database.Queryer, scan func(database.Scanner) ([]any, error), statement string, args ...any) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		err := database.Each(ctx, q, func(s database.Scanner) error {
			row, err := scan(s)
			if err == nil && !yield(row, nil) {
				return errStop
			}
			return err
		}, statement, args...)
		if err != nil && !errors.Is(err, errStop) {
			yield(nil, err)
		}
	}
}

// files puts the agency's stored files in, as they came.
func (x *export) files(ctx context.Context) ([]ExportedFile, error) {
	ids, err := database.Collect(ctx, x.opt.DB.Reader(), database.Value[string], "SELECT id FROM stored_file WHERE owner = $1 AND complete ORDER BY id", x.opt.Agency)
	if err != nil {
		return nil, err
	}
	out := []ExportedFile{}
	for i, id := range ids {
		r, f, err := x.opt.Files.Open(ctx, access.System("export", access.Upkeep), id)
		if err != nil {
			return nil, err
		}
		name := fmt.Sprintf("originals/%04d-%s", i+1, file.SafeName(f.Name))
		e, err := x.entry(name)
		if err != nil {
			return nil, err
		}
		if _, err := io.Copy(e, io.NewSectionReader(r, 0, r.Size())); err != nil {
			return nil, err
		}
		got := e.listed(name, nil)
		if got.SHA256 != f.SHA256 {
			return nil, fault.New(fault.Unavailable, "The stored file %s is not what came in: its SHA-256 differs. Run lantern doctor.", id)
		}
		out = append(out, got)
	}
	return out, nil
}

// tables writes every row with an owner that is the agency's, and what hangs on its records.
func (x *export) tables(ctx context.Context, q database.Queryer) error {
	all, err := x.opt.DB.Tables(ctx)
	if err != nil {
		return err
	}
	for _, t := range all {
		where := ""
		switch {
		case t.Name == "search_name": // made from the records, again at any time
			continue
		case t.Name == "load" || t.Name == "saved_mapping":
			where = "agency = $1"
		case t.Has("owner") && t.Has("load_id"):
			where = "owner = $1 AND (load_id = '' OR load_id IN (SELECT id FROM load WHERE state = 'live'))"
		case t.Has("owner"):
			where = "owner = $1"
		case t.Name == "source_name" || t.Name == "source_identifier" || t.Name == "record_address":
			where = "record_id IN (SELECT id FROM source_record WHERE owner = $1)"
		case t.Name == "statement_theme":
			where = "statement_id IN (SELECT id FROM statement WHERE owner = $1)"
		default:
			continue
		}
		rows := func(yield func([]any, error) bool) {
			err := t.Rows(ctx, q, func(row []any) error {
				if err := x.opened(t, row); err != nil {
					return err
				}
				for i, v := range row {
					if b, ok := v.([]byte); ok {
						row[i] = hex.EncodeToString(b)
					}
				}
				if !yield(row, nil) {
					return errStop
				}
				return nil
			}, where, x.opt.Agency)
			if err != nil && !errors.Is(err, errStop) {
				yield(nil, err)
			}
		}
		if err := x.csv("tables/"+t.Name+".csv", t.Names(), rows); err != nil {
			return err
		}
	}
	return nil
}

// logLines writes the audit log's lines that touched the agency's records or were written by its members.
func (x *export) logLines(ctx context.Context, q database.Queryer) error {
	scan := func(s database.Scanner) ([]any, error) {
		var at int64
		var text [8]string
		err := s.Scan(&at, &text[0], &text[1], &text[2], &text[3], &text[4], &text[5], &text[6], &text[7])
		row := []any{clock.FromMicros(at).UTC().Format(time.RFC3339)}
		for _, v := range text {
			row = append(row, v)
		}
		return row, err
	}
	return x.csv("log.csv", []string{"At", "Act", "Account", "Agency", "Purpose", "Subject kind", "Subject", "Basis", "Words"}, query(ctx, q, scan,
		`SELECT e.at, e.act, e.account, e.agency, e.purpose, e.subject_kind, e.subject, e.basis, e.words FROM audit_entry e
		 WHERE e.agency = $1 OR ' ' || e.owners || ' ' LIKE $2 ORDER BY e.id`, x.opt.Agency, "% "+x.opt.Agency+" %"))
}

// opened puts what is sealed in a row of a person's record into its plain columns. What only the desk reads stays sealed.
func (x *export) opened(t database.Table, row []any) (err error) {
	at := func(column string) int { return slices.Index(t.Names(), column) }
	text := func(column string) string { v, _ := row[at(column)].(string); return v }
	switch {
	case t.Name == "source_record":
		if text("cells") != "" {
			row[at("cells")], err = identity.OpenRow(x.opt.Seals, text("id"), text("cells"))
		}
		if kept := text("ethnicity"); err == nil && kept != "" {
			var e identity.Ethnicity
			var b []byte
			if e, err = identity.OpenEthnicity(x.opt.Seals, text("id"), kept); err == nil {
				b, err = json.Marshal(e)
			}
			row[at("ethnicity")] = string(b)
		}
	case t.Name == "record_address" && text("sealed") != "":
		n, _ := row[at("n")].(int64)
		row[at("place")], row[at("postcode")], row[at("uprn")], err = identity.OpenAddress(x.opt.Seals, text("record_id"), int(n), text("sealed"))
		row[at("sealed")] = ""
	}
	return err
}
