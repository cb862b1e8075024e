package intakeweb

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/intake"
	"lantern.example/lantern/internal/intake/profile"
	"lantern.example/lantern/internal/web"
)

// others are the other agencies whose records a file may hold.
func (p *Pages) others(r *http.Request) ([]Agency, error) {
	all, err := p.Agencies(r.Context())
	mine := web.ScopeOf(r).Agency
	return slices.DeleteFunc(all, func(a Agency) bool { return a.Code == mine }), err
}

// questionView is a page with one question.
type questionView struct {
	web.Page
	Form *web.Form
	Bare bool   // the question is the page's heading
	Href string // of the earlier load
}

var questionPage = web.NewTemplate[questionView](files, "question.html")

func (p *Pages) whoseOf(r *http.Request, u intake.Upload) (*questionView, error) {
	others, err := p.others(r)
	if err != nil {
		return nil, err
	}
	mine := web.ScopeOf(r).Agency
	field := &web.Field{Name: "owner", Label: "Whose records are these?", Hint: "They stay theirs: who may read them follows from it.", Kind: web.Radios, PageHeading: true, Required: "Choose whose records these are",
		Options: []web.Option{{Value: mine, Label: p.AgencyName(r.Context(), mine), Hint: "Your own agency."}}, Value: mine}
	for _, a := range others {
		field.Options = append(field.Options, web.Option{Value: a.Code, Label: a.Name})
	}
	if u.Answers.Owner != "" {
		field.Value = u.Answers.Owner
	}
	v := &questionView{Bare: true, Form: p.Site.NewForm(at(u.ID, "whose"), "Continue", field)}
	v.Title, v.Crumbs = "Whose records are these?", []web.Link{crumbs[0], {Text: "What this file is", Href: at(u.ID, "what")}}
	return v, nil
}

func (p *Pages) whoseForm(w http.ResponseWriter, r *http.Request) error {
	u, done, err := p.upload(w, r)
	if done || err != nil {
		return err
	}
	v, err := p.whoseOf(r, u)
	if err != nil {
		return err
	}
	return web.Render(p.Site, w, r, questionPage, v)
}

func (p *Pages) whose(w http.ResponseWriter, r *http.Request) error {
	u, done, err := p.upload(w, r)
	if done || err != nil {
		return err
	}
	v, err := p.whoseOf(r, u)
	if err != nil {
		return err
	}
	if err := v.Form.Read(w, r); err != nil {
		return err
	}
	if !v.Form.Valid() {
		v.HasErrors = true
		return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, questionPage, v)
	}
	settleOwner(&u, v.Form.Value("owner"))
	return p.answer(w, r, u, nil)
}

// permitted lists the codes of the live agreements under which an agency's lists of people may be read for the purpose
// that the reader is here for.
func permitted(by access.Scope, owner string) []string {
	var out []string
	for _, x := range by.Permits {
		if slices.Contains(x.Owners, owner) && slices.Contains(x.Classes, access.Identity) {
			out = append(out, x.Agreement)
		}
	}
	return out
}

func (p *Pages) basisOf(r *http.Request, u intake.Upload) *questionView {
	owner := p.AgencyName(r.Context(), u.Answers.Owner)
	field := &web.Field{Name: "basis", Label: "On what basis did " + owner + " give you this list of people?", Kind: web.Radios, PageHeading: true, Required: "Choose the basis, or have people counted without names"}
	for _, code := range permitted(web.ScopeOf(r), u.Answers.Owner) {
		field.Options = append(field.Options, web.Option{Value: "agreement:" + code, Label: "Agreement " + code, Hint: p.AgreementTitle(r.Context(), code)})
	}
	field.Options = append(field.Options,
		web.Option{Value: "one-off", Label: "Given this once, without an agreement", Hint: "A threat to life, section 47, or the owner's decision. Say the reason below; it is reviewed the next day."},
		web.Option{Value: "counts", Label: "None: count the people only", Hint: "No name, number, address or note is kept, and nobody can be found by this file."})
	reason := &web.Field{Name: "reason", Label: "Reason, if it was given this once", Kind: web.TextArea, Rows: 3, Max: 1000}
	switch b := u.Answers.Basis; {
	case b == intake.CountsBasis:
		field.Value = "counts"
	case strings.HasPrefix(b, intake.OneOff("")):
		field.Value, reason.Value = "one-off", strings.TrimPrefix(b, intake.OneOff(""))
	case b != "":
		field.Value = "agreement:" + b
	}
	v := &questionView{Bare: true, Form: p.Site.NewForm(at(u.ID, "basis"), "Continue", field, reason)}
	v.Form.Readers = readBy(owner)
	v.Title, v.Crumbs = "The basis of this list", []web.Link{crumbs[0], {Text: "Whose records these are", Href: at(u.ID, "whose")}}
	return v
}

func (p *Pages) basisForm(w http.ResponseWriter, r *http.Request) error {
	u, done, err := p.upload(w, r)
	if done || err != nil {
		return err
	}
	if !p.needsBasis(u) {
		to, err := p.next(r.Context(), web.ScopeOf(r), u)
		if err == nil {
			http.Redirect(w, r, to, http.StatusSeeOther)
		}
		return err
	}
	return web.Render(p.Site, w, r, questionPage, p.basisOf(r, u))
}

func (p *Pages) needsBasis(u intake.Upload) bool {
	a := u.Answers
	return a.Owner != "" && a.Owner != u.Agency && intake.NamesPeople(a.Profiles)
}

func (p *Pages) basis(w http.ResponseWriter, r *http.Request) error {
	u, done, err := p.upload(w, r)
	if done || err != nil {
		return err
	}
	if !p.needsBasis(u) {
		return fault.New(fault.Conflict, "This file needs no basis any more: open it again from the list.")
	}
	v := p.basisOf(r, u)
	if err := v.Form.Read(w, r); err != nil {
		return err
	}
	choice, reason := v.Form.Value("basis"), v.Form.Value("reason")
	if choice == "one-off" && len([]rune(reason)) < 10 {
		v.Form.Fail("reason", "Enter the reason in a sentence: what was decided, by whom")
	}
	if !v.Form.Valid() {
		v.HasErrors = true
		return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, questionPage, v)
	}
	a := &u.Answers
	switch {
	case choice == "counts":
		a.Basis, a.Identify = intake.CountsBasis, false
	case choice == "one-off":
		a.Basis, a.Identify = intake.OneOff(reason), true
	default:
		a.Basis, a.Identify = strings.TrimPrefix(choice, "agreement:"), true
	}
	return p.answer(w, r, u, nil)
}

// basisWords says a basis in words.
func (p *Pages) basisWords(ctx context.Context, basis string) string {
	switch {
	case basis == intake.OwnBasis:
		return "The agency's own records."
	case basis == intake.OpenBasis:
		return "Published: open to everybody."
	case basis == intake.CountsBasis:
		return "None: people are counted, and no name, number, address or note is kept."
	case strings.HasPrefix(basis, intake.OneOff("")):
		return "Given this once: " + strings.TrimPrefix(basis, intake.OneOff(""))
	}
	return "Agreement " + basis + in(p.AgreementTitle(ctx, basis))
}

type checkView struct {
	web.Page
	Summary []web.SummaryRow
	Reasons *web.Table
	Notes   []string
	Form    *web.Form // nil when nothing could be taken
	Columns string
	Discard *web.Form
	Problem string
}

var checkPage = web.NewTemplate[checkView](files, "check.html")

// checkRows is how much of a file is checked while somebody waits; the rest is checked as it is loaded.
const checkRows = 50_000

func (p *Pages) newCheck(u intake.Upload) *web.Form {
	f := p.Site.NewForm(at(u.ID, "check"), "Load these rows", &web.Field{Name: "rows", Kind: web.Hidden, Max: 20})
	if u.Answers.Mapping == nil && !strings.Contains(u.Answers.Profiles, "+") {
		f.Fields = append(f.Fields, &web.Field{Name: "name", Label: "Name for files of this kind (optional)", Hint: "With a name, such as Monthly police extract, the next file with the same columns comes straight to this page.", Kind: web.TextInput, Max: 80, Width: "20"})
	}
	return f
}

func (p *Pages) checkForm(w http.ResponseWriter, r *http.Request) error {
	u, done, err := p.upload(w, r)
	if done || err != nil {
		return err
	}
	ctx, by := r.Context(), web.ScopeOf(r)
	to, err := p.next(ctx, by, u)
	if err != nil {
		return err
	}
	if to != at(u.ID, "check") {
		http.Redirect(w, r, to, http.StatusSeeOther)
		return nil
	}
	v := &checkView{Columns: at(u.ID, "columns"), Discard: p.discardForm(u)}
	v.Title, v.Crumbs = "Check before loading", []web.Link{crumbs[0], {Text: "What this file is", Href: at(u.ID, "what")}}
	file, size, err := p.Files.Read(ctx, u.FileID)
	if err != nil {
		return err
	}
	input := u.Input(file, size)
	input.DryRun, input.Rows = true, checkRows
	l, err := p.Intake.Load(ctx, by, input)
	if err != nil {
		words, ok := fault.Words(err)
		if !ok || !fault.Is(err, fault.Invalid) {
			return err
		}
		v.Lead, v.Problem = "The file cannot be loaded as it is.", words
		return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, checkPage, v)
	}
	v.Summary = []web.SummaryRow{{Key: "File", Value: u.Name},
		{Key: "Read as", Value: shortTitles(l.Profile), Change: at(u.ID, "what")},
		{Key: "Whose records", Value: p.AgencyName(ctx, u.Answers.Owner), Change: at(u.ID, "whose")},
		{Key: "Basis", Value: p.basisWords(ctx, u.Answers.Basis)},
		{Key: "Rows read", Value: web.ShowNumber(l.Read)}, {Key: "Would be taken", Value: web.ShowNumber(l.Taken)}, {Key: "Would be sent back", Value: web.ShowNumber(l.Refused)}, {Key: "Taken with a warning", Value: web.ShowNumber(l.Warned)}}
	if u.Answers.SavedAs != "" {
		v.Summary[1].Lines = []string{"With the columns saved as " + u.Answers.SavedAs}
	}
	if p.needsBasis(u) {
		v.Summary[3].Change = at(u.ID, "basis")
	}
	switch {
	case l.Read == 0:
		v.Lead = l.Words
	case l.Taken == 0:
		v.Lead = "No row could be taken. Look at the reasons; most often a column holds something else than it was taken for."
	case l.Refused == 0:
		v.Lead = fmt.Sprintf("All %s can be taken.", count(l.Read, "row", "rows"))
		if l.Partial {
			v.Lead = fmt.Sprintf("All of the first %s can be taken; the rest are checked as they are loaded.", count(l.Read, "row", "rows"))
		} else if l.Read == 1 {
			v.Lead = "The one row can be taken."
		}
	default:
		v.Lead = fmt.Sprintf("%s can be taken; %s back, each with its reason.", count(l.Taken, "row", "rows"), count(l.Refused, "is sent", "are sent"))
	}
	if l.Partial && l.Refused > 0 {
		v.Lead += fmt.Sprintf(" This is of the first %s rows: the rest are checked as they are loaded.", web.ShowNumber(l.Read))
	}
	v.Reasons = reasonTable(l.Reasons)
	for _, n := range l.Notes {
		v.Notes = append(v.Notes, sentence(n))
	}
	if l.Taken > 0 {
		v.Form = p.newCheck(u)
		if !l.Partial {
			v.Form.Set("rows", strconv.FormatInt(l.Read, 10))
		}
	}
	return web.Render(p.Site, w, r, checkPage, v)
}

func reasonTable(rs []intake.Reason) *web.Table {
	if len(rs) == 0 {
		return nil
	}
	t := &web.Table{Caption: "Reasons, the commonest first", Base: "A row can have several reasons.", Columns: []web.Column{{Label: "Column"}, {Label: "What is wrong"}, {Label: "What becomes of the row"}, {Label: "Times", Numeric: true}}}
	for i, x := range rs {
		if i == 100 {
			t.Base = fmt.Sprintf("The first 100 of %s reasons. A row can have several.", web.ShowNumber(len(rs)))
			break
		}
		tag := &web.Tag{Text: "Sent back", Colour: "red"}
		if x.Warning {
			tag = &web.Tag{Text: "Taken", Colour: "yellow"}
		}
		column := x.Column
		if column == "" {
			column = "Whole row"
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: column}, {Text: sentence(x.Reason)}, {Tag: tag}, {Text: web.ShowNumber(x.N)}}})
	}
	return t
}

func (p *Pages) start(w http.ResponseWriter, r *http.Request) error {
	u, done, err := p.upload(w, r)
	if done || err != nil {
		return err
	}
	ctx, by := r.Context(), web.ScopeOf(r)
	to, err := p.next(ctx, by, u)
	if err != nil {
		return err
	}
	a := u.Answers
	if to != at(u.ID, "check") {
		return fault.New(fault.Conflict, "Something about this file has changed since the page was opened: open it again from the list.")
	}
	if p.needsBasis(u) && a.Basis != intake.CountsBasis && !strings.HasPrefix(a.Basis, intake.OneOff("")) && !slices.Contains(permitted(by, a.Owner), a.Basis) {
		return fault.New(fault.Refused, "The agreement %s does not cover this any more for the purpose you are here for. Choose another basis; nothing was loaded.", a.Basis)
	}
	f := p.newCheck(u)
	if err := f.Read(w, r); err != nil {
		return err
	}
	if !f.Valid() {
		return fault.New(fault.Invalid, "The name for files of this kind can have at most 80 characters.")
	}
	expected, err := strconv.ParseInt(f.Value("rows"), 10, 64)
	if err != nil || expected < 0 {
		expected = 0
	}
	var keep *profile.Mapping
	name := ""
	if a.Mapping == nil && !strings.Contains(a.Profiles, "+") {
		if name = f.Value("name"); name != "" {
			if keep, err = p.asRecognised(ctx, u); err != nil {
				return err
			}
		}
	}
	if a.SavedAs != "" && a.Mapping != nil && a.Mapping.Agency != a.Owner { // asked once, not every month
		m := *a.Mapping
		m.Agency = a.Owner
		keep, name = &m, a.SavedAs
	}
	return p.Site.Act(w, r, "", func(tx *database.Tx) (string, error) {
		class := access.Identity
		if a.Basis == intake.OpenBasis {
			class = access.Open
		}
		if a.Owner != u.Agency || class != access.Identity {
			if err := p.Files.Hand(ctx, tx, u.FileID, a.Owner, class); err != nil {
				return "", err
			}
		}
		if keep != nil {
			if err := p.Intake.SaveMapping(ctx, tx, by, name, keep); err != nil {
				return "", err
			}
		}
		return "/loads/" + u.ID, p.Intake.Start(ctx, tx, by, u.ID, expected)
	})
}

// asRecognised is the mapping that says what recognition found, for the first table that it recognised.
func (p *Pages) asRecognised(ctx context.Context, u intake.Upload) (*profile.Mapping, error) {
	in, err := p.inspect(ctx, u)
	if err != nil {
		return nil, err
	}
	for _, t := range in.Tables {
		m, err := best(t)
		if err != nil {
			continue
		}
		out, err := profile.NewMapping(m.Profile, t.Header)
		if err != nil {
			return nil, err
		}
		out.Agency = u.Answers.Owner
		return out, nil
	}
	return nil, errNoTable
}
