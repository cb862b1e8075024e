package intakeweb

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/intake"
	"lantern.example/lantern/internal/intake/profile"
	"lantern.example/lantern/internal/intake/tabular"
	"lantern.example/lantern/internal/web"
)

type loadView struct {
	web.Page
	Running  bool
	Again    string // this page, to be looked at again while it runs
	Tag      *web.Tag
	Summary  []web.SummaryRow
	Notes    []string
	Reasons  *web.Table
	Refusals *web.Table
	Warnings bool   // the table is of warnings
	Other    string // the other table: warnings or refusals
	XLSX     string // the refused rows, when the reader may have them
	CSV      string
	Closed   bool // they exist, but not for this reader
	Original string
	Undo     string
	Retry    *web.Form
}

var loadPage = web.NewTemplate[loadView](files, "load.html")

func (p *Pages) load(w http.ResponseWriter, r *http.Request) error {
	ctx, by, q := r.Context(), web.ScopeOf(r), p.Site.DB.Reader()
	id := r.PathValue("id")
	l, err := p.Intake.Get(ctx, q, by, id)
	if fault.Is(err, fault.NotFound) || err == nil && l.State == "loading" {
		done, perr := p.running(w, r, id, err == nil)
		if done || perr != nil {
			return perr
		}
		l, err = p.Intake.Get(ctx, q, by, id) // it ended between the two looks
	}
	if err != nil {
		return err
	}
	v, err := p.loadView(r, l)
	if err != nil {
		return err
	}
	shown := 0
	if v.Refusals != nil {
		shown = len(v.Refusals.Rows)
	}
	return web.Show(p.Site, w, r, loadPage, v, web.Read{Kind: "load", Subject: l.ID, Owners: []string{l.Agency}, Words: fmt.Sprintf("counts, reasons, places and shapes of %d refusals", shown)})
}

// refreshSeconds is how often the page of a running load looks again.
const refreshSeconds = "3"

// running shows how far a load that has been started has come, or why it never began. done is false when there is
// nothing of the kind to show.
func (p *Pages) running(w http.ResponseWriter, r *http.Request, id string, begun bool) (done bool, err error) {
	ctx, q := r.Context(), p.Site.DB.Reader()
	u, err := p.Intake.Upload(ctx, q, web.ScopeOf(r), id)
	if fault.Is(err, fault.NotFound) && !begun {
		return false, nil
	}
	if err == nil && !u.Started {
		http.Redirect(w, r, at(id, "what"), http.StatusSeeOther)
		return true, nil
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		return true, err
	}
	pr, err := p.Intake.Progress(ctx, q, id)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return true, err
	}
	if pr.State == "done" {
		return false, nil
	}
	v := &loadView{Running: true, Again: "/loads/" + id, Tag: stateTag("loading")}
	v.Title, v.Crumbs = cmp.Or(u.Name, "A file that is being loaded"), crumbs
	switch {
	case pr.State == "failed" && !begun:
		v.Running, v.Tag = false, stateTag("failed")
		v.Lead = pr.Words
		v.Retry = p.Site.NewForm("/loads/"+id+"/retry", "Try again")
	case pr.Done == 0:
		v.Lead = "The load is about to begin. You can leave this page: it goes on without you."
	case pr.Total > 0:
		v.Lead = fmt.Sprintf("%s of %s rows read so far. You can leave this page: it goes on without you.", web.ShowNumber(pr.Done), web.ShowNumber(pr.Total))
	default:
		v.Lead = fmt.Sprintf("%s rows read so far. You can leave this page: it goes on without you.", web.ShowNumber(pr.Done))
	}
	if v.Running {
		w.Header().Set("Refresh", refreshSeconds) // the page needs no script to go on
	}
	return true, web.Render(p.Site, w, r, loadPage, v)
}

func (p *Pages) loadView(r *http.Request, l intake.Load) (*loadView, error) {
	ctx, by, q := r.Context(), web.ScopeOf(r), p.Site.DB.Reader()
	v := &loadView{Tag: stateTag(l.State)}
	v.Title, v.Crumbs, v.Wide = l.FileName, crumbs, true
	switch l.State {
	case "undone":
		v.Lead = "This load was undone on " + web.ShowDate(l.UndoneAt) + ": nobody sees anything of it."
	case "failed":
		v.Lead = cmp.Or(l.Words, "The load broke off. Nothing of it was kept.")
	default:
		v.Lead = fmt.Sprintf("%s read: %s taken, %s sent back.", count(l.Read, "row was", "rows were"), web.ShowNumber(l.Taken), web.ShowNumber(l.Refused))
		if l.Refused == 0 && l.Read > 0 {
			v.Lead = fmt.Sprintf("All %s taken.", count(l.Read, "row was", "rows were"))
			if l.Read == 1 {
				v.Lead = "The one row was taken."
			}
		}
		v.Undo = "/loads/" + l.ID + "/undo"
	}
	v.Summary = []web.SummaryRow{
		{Key: "State", Tag: v.Tag}, {Key: "Read as", Value: shortTitles(l.Profile)}, {Key: "Whose records", Value: p.AgencyName(ctx, l.Agency)}, {Key: "Basis", Value: p.basisWords(ctx, l.Basis)},
		{Key: "Loaded", Value: web.ShowDate(l.BegunAt)}, {Key: "Rows read", Value: web.ShowNumber(l.Read)}, {Key: "Taken", Value: web.ShowNumber(l.Taken)}, {Key: "Sent back", Value: web.ShowNumber(l.Refused)},
		{Key: "Taken with a warning", Value: web.ShowNumber(l.Warned)}, {Key: "Without a place on the map", Value: web.ShowNumber(l.Unlocated)}, {Key: "Fingerprint (SHA-256)", Value: grouped(l.SHA256)}}
	if l.State == "live" && p.Linking != nil {
		words, running, err := p.Linking(ctx, l.ID)
		if err != nil {
			return nil, err
		}
		if words != "" {
			row := web.SummaryRow{Key: "Whose records they are", Value: words}
			if running {
				row.Tag = &web.Tag{Text: "Going on", Colour: "blue"}
			} else if web.Casework.Met(web.ViewerOf(r)) {
				row.Href = "/links"
			}
			v.Summary = append(v.Summary, row)
		}
	}
	if l.State == "undone" {
		v.Summary = append(v.Summary, web.SummaryRow{Key: "Why it was undone", Value: l.UndoneWhy})
	}
	for _, n := range l.Notes {
		v.Notes = append(v.Notes, sentence(n))
	}
	reasons, err := p.Intake.Reasons(ctx, q, by, l.ID)
	if err != nil {
		return nil, err
	}
	v.Reasons = reasonTable(reasons)
	if err := p.refusals(r, l, reasons, v); err != nil {
		return nil, err
	}
	readable := l.ReadableBy(by)
	if l.FileID != "" && readable && l.State == "live" {
		v.Original = "/loads/" + l.ID + "/original"
	}
	if l.Refused > 0 && l.State != "undone" && l.Identified {
		v.Closed = !readable
		if readable {
			v.XLSX = "/loads/" + l.ID + "/refused.xlsx"
			if len(l.Headers) == 1 {
				v.CSV = "/loads/" + l.ID + "/refused.csv"
			}
		}
	}
	if l.State == "failed" && l.Taken == 0 && l.Read == 0 && l.FileID != "" {
		if _, err := p.Intake.Upload(ctx, q, by, l.ID); err == nil {
			v.Retry = p.Site.NewForm("/loads/"+l.ID+"/retry", "Try again")
		}
	}
	return v, nil
}

// grouped breaks a fingerprint so that it can be read aloud and fits a phone.
func grouped(s string) string {
	var parts []string
	for len(s) > 8 {
		parts, s = append(parts, s[:8]), s[8:]
	}
	return strings.Join(append(parts, s), " ")
}

// refusals is the table of what was refused, or of warnings when ?show=warnings asks for them.
func (p *Pages) refusals(r *http.Request, l intake.Load, reasons []intake.Reason, v *loadView) error {
	list := web.ReadList(r, nil, "", false, "show")
	v.Warnings = list.Filters["show"] == "warnings"
	total := 0
	other := false
	for _, x := range reasons {
		if x.Warning == v.Warnings {
			total += int(x.N)
		} else {
			other = true
		}
	}
	if other {
		v.Other = "/loads/" + l.ID + "?show=warnings#refusals"
		if v.Warnings {
			v.Other = "/loads/" + l.ID + "#refusals"
		}
	}
	if total == 0 && !v.Warnings {
		return nil
	}
	rows, err := p.Intake.Refusals(r.Context(), p.Site.DB.Reader(), web.ScopeOf(r), l.ID, v.Warnings, list.Size, list.Offset())
	if err != nil {
		return err
	}
	caption := "What was sent back, in the file's order"
	if v.Warnings {
		caption = "What was taken with a warning, in the file's order"
	}
	v.Refusals = refusalTable(caption, rows)
	v.Refusals.ID, v.Refusals.Pages = "refusals", list.Paged(total)
	return nil
}

// readBy is who reads what is written of a load: those who bring records in, at the agency it belongs to and at the one that brought it in.
func readBy(owner string) *web.Readers {
	return &web.Readers{By: "the managers, analysts, practitioners and administrators of " + owner + ", and of your own agency where it brings in another’s list. It stands in the audit log too.", NotBy: "any other agency; the people who stand in the list, until they ask what is held. Name nobody."}
}

func (p *Pages) newUndo(ctx context.Context, l intake.Load) (*web.Form, *questionView) {
	f := p.Site.NewForm("/loads/"+l.ID+"/undo", "Undo this load", &web.Field{Name: "why", Label: "Why is it undone?", Hint: "Kept with the load and in the audit log.", Kind: web.TextArea, Rows: 3, Max: 500, Required: "Enter why the load is undone"})
	f.Cancel, f.Readers = "/loads/"+l.ID, readBy(p.AgencyName(ctx, l.Agency))
	v := &questionView{Form: f}
	v.Title, v.Crumbs = "Undo this load?", []web.Link{crumbs[0], {Text: l.FileName, Href: "/loads/" + l.ID}}
	v.Lead = fmt.Sprintf("All %s of %s leave every page at once, with what was worked out from them; the original file is removed. Nothing else changes.", count(l.Taken, "row", "rows"), l.FileName)
	return f, v
}

func (p *Pages) live(r *http.Request) (intake.Load, error) {
	l, err := p.Intake.Get(r.Context(), p.Site.DB.Reader(), web.ScopeOf(r), r.PathValue("id"))
	if err == nil && l.State != "live" {
		err = fault.New(fault.Conflict, "This load is not live any more, so there is nothing to undo.")
	}
	return l, err
}

func (p *Pages) undoForm(w http.ResponseWriter, r *http.Request) error {
	l, err := p.live(r)
	if err != nil {
		return err
	}
	_, v := p.newUndo(r.Context(), l)
	return web.Render(p.Site, w, r, questionPage, v)
}

func (p *Pages) undo(w http.ResponseWriter, r *http.Request) error {
	l, err := p.Intake.Get(r.Context(), p.Site.DB.Reader(), web.ScopeOf(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	f, v := p.newUndo(r.Context(), l)
	if err := f.Read(w, r); err != nil {
		return err
	}
	if !f.Valid() {
		v.HasErrors = true
		return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, questionPage, v)
	}
	return p.Site.Act(w, r, "The load was undone. Nobody sees anything of it.", func(tx *database.Tx) (string, error) {
		return "/loads/" + l.ID, p.Intake.Undo(r.Context(), tx, web.ScopeOf(r), l.ID, f.Value("why"))
	})
}

// retry sends a file that a stopped machine did not finish through its check again.
func (p *Pages) retry(w http.ResponseWriter, r *http.Request) error {
	ctx, by, q := r.Context(), web.ScopeOf(r), p.Site.DB.Reader()
	u, err := p.Intake.Upload(ctx, q, by, r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := p.Site.NewForm("", "").Read(w, r); err != nil {
		return err
	}
	l, err := p.Intake.Get(ctx, q, by, u.ID)
	failed := err == nil && l.State == "failed"
	if fault.Is(err, fault.NotFound) {
		var pr intake.Progress
		pr, err = p.Intake.Progress(ctx, q, u.ID)
		failed = err == nil && pr.State == "failed"
	}
	if err != nil {
		return err
	}
	if !failed {
		return fault.New(fault.Conflict, "This file is loaded, or is being loaded: there is nothing to try again.")
	}
	return p.Site.Act(w, r, "", func(tx *database.Tx) (string, error) {
		made, err := p.Intake.AddUpload(ctx, tx, by, intake.Upload{FileID: u.FileID, Name: u.Name, SHA256: u.SHA256, Size: u.Size, Answers: u.Answers})
		return at(made.ID, "check"), err
	})
}

// readable is the load whose rows a reader asks for; to those who may not have them it does not exist.
func (p *Pages) readable(r *http.Request) (intake.Load, error) {
	l, err := p.Intake.Get(r.Context(), p.Site.DB.Reader(), web.ScopeOf(r), r.PathValue("id"))
	if err == nil && (!l.ReadableBy(web.ScopeOf(r)) || l.State == "undone") {
		err = fault.NoSuch()
	}
	return l, err
}

func (p *Pages) disclosed(ctx context.Context, by access.Scope, l intake.Load, words string) error {
	return p.Site.DB.Write(ctx, func(tx *database.Tx) error {
		return p.Audit.Record(ctx, tx, by, audit.Line{Act: audit.Disclosure, SubjectKind: "load", Subject: l.ID, Owners: []string{l.Agency}, Words: words})
	})
}

func attachment(w http.ResponseWriter, name, mediaType string) {
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Content-Disposition", "attachment; filename*=UTF-8''"+url.PathEscape(name))
}

// stem is a file's name without its endings.
func stem(name string) string {
	for _, end := range []string{".gz", ".csv", ".txt", ".xlsx", ".xlsm"} {
		if low := strings.ToLower(name); strings.HasSuffix(low, end) && len(name) > len(end) {
			name = name[:len(name)-len(end)]
		}
	}
	return name
}

const workbookType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

func (p *Pages) refusedXLSX(w http.ResponseWriter, r *http.Request) error {
	l, err := p.readable(r)
	if err != nil {
		return err
	}
	if err := p.disclosed(r.Context(), web.ScopeOf(r), l, fmt.Sprintf("the %d refused rows, as a workbook", l.Refused)); err != nil {
		return err
	}
	var sheets []tabular.OutSheet
	for _, name := range sheetNames(l) {
		sheets = append(sheets, tabular.OutSheet{Name: cmp.Or(name, "Refused rows"), Header: append(slices.Clone(l.Headers[name]), "Error"), Rows: p.refusedRows(r.Context(), web.ScopeOf(r), l, name)})
	}
	attachment(w, stem(l.FileName)+" refused rows.xlsx", workbookType)
	return broke(tabular.WriteXLSX(w, clock.FromMicros(l.BegunAt), sheets))
}

func (p *Pages) refusedCSV(w http.ResponseWriter, r *http.Request) error {
	l, err := p.readable(r)
	if err != nil {
		return err
	}
	names := sheetNames(l)
	if len(names) != 1 {
		return fault.NoSuch() // one table a file; the workbook has them all
	}
	if err := p.disclosed(r.Context(), web.ScopeOf(r), l, fmt.Sprintf("the %d refused rows, as CSV", l.Refused)); err != nil {
		return err
	}
	attachment(w, stem(l.FileName)+" refused rows.csv", "text/csv; charset=utf-8")
	return broke(tabular.WriteCSV(w, append(slices.Clone(l.Headers[names[0]]), "Error"), p.refusedRows(r.Context(), web.ScopeOf(r), l, names[0]), true))
}

// broke ends an answer that failed after it had begun, so that nobody takes half a file for the whole.
func broke(err error) error {
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	return nil
}

func sheetNames(l intake.Load) []string {
	var out []string
	for name := range l.Headers {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// refusedRows gives the refused rows of a sheet in the file's order, each once, with what is wrong with it in a last
// cell.
func (p *Pages) refusedRows(ctx context.Context, by access.Scope, l intake.Load, sheet string) iter.Seq2[[]any, error] {
	width := len(l.Headers[sheet])
	return func(yield func([]any, error) bool) {
		var row []any
		at := -1
		for from := 0; ; from += 500 {
			list, err := p.Intake.Refusals(ctx, p.Site.DB.Reader(), by, l.ID, false, 500, from)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, x := range list {
				if x.Sheet != sheet {
					continue
				}
				words := profile.Issue{Row: x.Row, Column: x.Column, Shape: x.Shape, Reason: x.Reason}.String()
				if x.Row == at {
					row[width] = fmt.Sprint(row[width], "; ", words)
					continue
				}
				if row != nil && !yield(row, nil) {
					return
				}
				at, row = x.Row, make([]any, width+1)
				for i := range min(width, len(x.Cells)) {
					row[i] = x.Cells[i]
				}
				row[width] = words
			}
			if len(list) < 500 {
				break
			}
		}
		if row != nil {
			yield(row, nil)
		}
	}
}

func (p *Pages) original(w http.ResponseWriter, r *http.Request) error {
	l, err := p.readable(r)
	if err != nil {
		return err
	}
	file, o, err := p.Files.Open(r.Context(), web.ScopeOf(r), l.FileID)
	if err != nil {
		return err
	}
	if err := p.disclosed(r.Context(), web.ScopeOf(r), l, "the original file"); err != nil {
		return err
	}
	attachment(w, l.FileName, "application/octet-stream")
	w.Header().Set("Content-Length", fmt.Sprint(o.Size))
	_, err = io.Copy(w, file)
	return broke(err)
}
