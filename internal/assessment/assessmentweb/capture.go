package assessmentweb

import (
	"context"
	"fmt"
	"hash/fnv"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"lantern.example/lantern/internal/assessment"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/intake/profile"
	"lantern.example/lantern/internal/web"
)

type captureView struct {
	web.Page
	Kept web.Fragment
	Form *web.Form
	// Same says that the form goes on with the interview of the statement before.
	Same string
	// Warnings are what to look at before the words are kept.
	Warnings []warningView
	// Interview, Said and Coding are the form's fields as the page lays them out; Hidden ones come last.
	Interview, Said, Coding, Hidden []*web.Field
	Correcting                      bool
}

type warningView struct{ Words, Why string }

var capturePage = web.NewTemplate[captureView](files, "capture.html")

const (
	otherAgency = "another"
	maxSlot     = 40
)

// fields are the capture sheet as a form.
func (p *Pages) captureFields(x whole, names map[string]string) []*web.Field {
	agencies := map[string]string{assessment.Fold("Young people"): "Young people", assessment.Fold("Parents and carers"): "Parents and carers"}
	for _, n := range names {
		agencies[assessment.Fold(n)] = n
	}
	for _, s := range x.all {
		if k := assessment.Fold(s.Agency); k != "" && agencies[k] == "" {
			agencies[k] = s.Agency
		}
	}
	var list []web.Option
	for _, n := range agencies {
		list = append(list, web.Option{Value: n, Label: n})
	}
	slices.SortFunc(list, func(a, b web.Option) int { return strings.Compare(assessment.Fold(a.Label), assessment.Fold(b.Label)) })
	list = append([]web.Option{{Value: "", Label: "Choose the agency"}}, list...)
	list = append(list, web.Option{Value: otherAgency, Label: "Another, written below"})
	var themes []web.Option
	for _, t := range x.themes {
		themes = append(themes, web.Option{Value: t.Code, Label: upper(t.Name)})
	}
	return []*web.Field{
		{Name: "day", Label: "Day of the interview", Kind: web.DateInput, Required: "Enter the day of the interview"},
		{Name: "slot", Label: "Slot number or time", Kind: web.TextInput, Width: "5", Max: maxSlot, Required: "Enter the slot: its number or time"},
		{Name: "agency", Label: "Agency", Kind: web.Select, Options: list, Required: "Choose the agency"},
		{Name: "other", Label: "Another agency: which?", Kind: web.TextInput},
		{Name: "role", Label: "Role, never a name", Kind: web.TextInput, Required: "Enter the role"},
		{Name: "words", Label: "What was said", Kind: web.TextArea, Rows: 4, Required: "Write what was said", Hint: "One statement, in your own words, naming nobody. If a named child is at risk, make a referral today: that is not a statement."},
		{Name: "basis", Label: "How do they know?", Kind: web.Radios, Inline: true, Required: "Say how they know", Options: []web.Option{{Value: "seen", Label: "Seen"}, {Value: "told", Label: "Told"}, {Value: "recorded", Label: "Recorded"}, {Value: "assumed", Label: "Assumed"}}},
		{Name: "confidence", Label: "How sure are they?", Kind: web.Radios, Inline: true, Options: []web.Option{{Value: "high", Label: "Sure"}, {Value: "medium", Label: "Fairly sure"}, {Value: "low", Label: "Not sure"}}},
		{Name: "place", Label: "Place", Kind: web.TextInput, Hint: "A street, school, station or home; not a family’s address."},
		{Name: "time_span", Label: "Time span", Kind: web.TextInput, Width: "20", Hint: "Since the summer; the last six months."},
		{Name: "who_else", Label: "Who else knows?", Kind: web.TextInput, Hint: "A role or service, or: nobody."},
		{Name: "reported", Label: "Was it reported?", Kind: web.Radios, Inline: true, Options: []web.Option{{Value: "yes", Label: "Yes"}, {Value: "no", Label: "No"}, {Value: "not known", Label: "Not known"}}},
		{Name: "reported_where", Label: "If so, where and when?", Kind: web.TextInput, Max: 300},
		{Name: "suggested", Label: "What do they suggest?", Kind: web.TextArea, Rows: 2, Max: 1000},
		{Name: "themes", Label: "Themes", Kind: web.Checkboxes, Options: themes, Hint: "One or two. Leave it empty to code it later."},
		{Name: "sure", Kind: web.Hidden},
	}
}

var whereFields = map[string][]string{
	"interview": {"day", "slot", "agency", "other", "role"},
	"coding":    {"themes"},
}

func (p *Pages) captureView(title, lead string, f *web.Form) *captureView {
	v := &captureView{Form: f}
	v.Title, v.Lead, v.HasErrors, v.Wide = title, lead, !f.Valid(), true
	v.Crumbs = []web.Link{crumb, {Text: "Statements", Href: Path + "/statements"}}
	for _, x := range f.Fields {
		switch {
		case x.Kind == web.Hidden:
			v.Hidden = append(v.Hidden, x)
		case slices.Contains(whereFields["interview"], x.Name):
			v.Interview = append(v.Interview, x)
		case slices.Contains(whereFields["coding"], x.Name):
			v.Coding = append(v.Coding, x)
		default:
			v.Said = append(v.Said, x)
		}
	}
	return v
}

func (p *Pages) capturing(r *http.Request) (*web.Form, whole, map[string]string, error) {
	x, err := p.whole(r)
	if err != nil {
		return nil, x, nil, err
	}
	names, err := p.agencies(r.Context())
	if err != nil {
		return nil, x, nil, err
	}
	f := p.Site.NewForm(Path+"/statements", "Keep the statement", p.captureFields(x, names)...)
	f.Cancel = Path
	f.Readers = &web.Readers{By: "every member of every agency in the partnership: the words, and the agency where at least two of its voices spoke of the theme. Who said it in which interview: " + nameOf(names, web.ScopeOf(r).Agency) + " alone.", NotBy: "young people, families and the public."}
	return f, x, names, nil
}

const captureLead = "One statement, by theme and by how it is known. Nobody is named: neither who said it nor whom it is about."

// captureForm opens the form; after=ID goes on with the interview of a statement that the reader's agency holds.
func (p *Pages) captureForm(w http.ResponseWriter, r *http.Request) error {
	f, _, _, err := p.capturing(r)
	if err != nil {
		return err
	}
	v := p.captureView("Write down a statement", captureLead, f)
	f.Set("day", p.today())
	if after := r.URL.Query().Get("after"); after != "" {
		scope := web.ScopeOf(r)
		versions, err := p.Statements.Versions(r.Context(), p.Site.DB.Reader(), scope, after)
		if err == nil && versions[0].Owner == scope.Agency {
			s := versions[0]
			fillInterview(f, s)
			v.Title = "Write down the next statement"
			v.Same = fmt.Sprintf("%s: %s, %s.", interviewWords(s), s.Agency, lowerFirst(s.Role))
		}
	}
	if v.Kept, err = p.Keeper.Open(r, f, "statement", "new"); err != nil {
		return err
	}
	return web.Render(p.Site, w, r, capturePage, v)
}

func fillInterview(f *web.Form, s assessment.Statement) {
	if s.True.Known() {
		f.Set("day", s.Day())
	}
	f.Set("slot", s.Slot()).Set("role", s.Role)
	agency := f.Field("agency")
	for _, o := range agency.Options {
		if o.Value != "" && assessment.Fold(o.Value) == assessment.Fold(s.Agency) {
			agency.Value = o.Value
		}
	}
	if agency.Value == "" && s.Agency != "" {
		f.Set("agency", otherAgency).Set("other", s.Agency)
	}
}

// statementOf is the statement a valid form holds.
func statementOf(f *web.Form) assessment.Statement {
	agency := f.Value("agency")
	if agency == otherAgency {
		agency = f.Value("other")
	}
	s := assessment.Statement{Interview: assessment.InterviewOf(f.Value("day"), f.Value("slot")), Agency: agency, Role: f.Value("role"), Words: f.Value("words"), Themes: f.Field("themes").Values,
		Basis: profile.Basis(f.Value("basis")), Confidence: profile.Confidence(f.Value("confidence")), Place: f.Value("place"), TimeSpan: f.Value("time_span"), WhoElse: f.Value("who_else"),
		Reported: profile.Answer(f.Value("reported")), ReportedWhere: f.Value("reported_where"), Suggested: f.Value("suggested")}
	s.True = assessment.On(f.Value("day"))
	return s
}

// check looks at the answers together, and then at the words. It answers what to look at before they are kept; nothing
// when that was shown already and the same words are sent again.
func (p *Pages) check(r *http.Request, f *web.Form, x whole, names map[string]string) ([]warningView, error) {
	switch day := f.Value("day"); {
	case f.Field("day").Error == "" && day > p.today():
		f.Fail("day", "The day of the interview must be today or earlier")
	}
	switch {
	case f.Value("agency") == otherAgency && f.Value("other") == "":
		f.Fail("other", "Write which agency")
	case f.Value("agency") != otherAgency && f.Value("other") != "":
		f.Fail("other", "Choose “Another, written below”, or leave this empty")
	}
	if !f.Valid() {
		return nil, nil
	}
	known, err := p.capitals(r.Context(), x, names)
	if err != nil {
		return nil, err
	}
	known = append(known, f.Value("place"), f.Value("other"))
	warnings := warningsOf(assessment.Check(strings.Join([]string{f.Value("words"), f.Value("role"), f.Value("who_else"), f.Value("reported_where"), f.Value("suggested")}, "\n"), known))
	warnings = append(warnings, warningsOf(assessment.Check(f.Value("place"), known[:len(known)-2]))...)
	if len(warnings) == 0 || f.Value("sure") == seal(warnings) {
		return nil, nil
	}
	f.Set("sure", seal(warnings))
	f.Submit = "Keep it as it is"
	return warnings, nil
}

// seal marks which warnings somebody has seen, so that new ones are shown.
func seal(ws []warningView) string {
	h := fnv.New64a()
	for _, w := range ws {
		_, _ = fmt.Fprintln(h, w.Words) //nolint:errcheck // a hash takes everything
	}
	return strconv.FormatUint(h.Sum64(), 36)
}

func warningsOf(list []assessment.Warning) []warningView {
	var out []warningView
	for _, w := range list {
		v := warningView{Words: w.Words}
		switch w.Kind {
		case assessment.HasPhone:
			v.Why = "looks like a telephone number. Take it out: a statement is about nobody."
		case assessment.Blames:
			v.Why = "puts on the child what was done to them. Say instead: " + w.Instead + "."
		default:
			v.Why = "looks like a person’s name. Take it out; if that person is at risk, make a referral today."
		}
		out = append(out, v)
	}
	return out
}

// capitals are the words that may stand with capital letters and name nobody: places, agencies, areas and themes.
func (p *Pages) capitals(ctx context.Context, x whole, names map[string]string) ([]string, error) {
	var out []string
	for _, s := range x.all {
		out = append(out, s.Place, s.Agency)
	}
	for _, n := range names {
		out = append(out, n)
	}
	for _, t := range x.themes {
		out = append(out, t.Name)
	}
	settings, err := p.Partnership.Settings(ctx, p.Site.DB.Reader())
	for _, a := range settings.Areas {
		out = append(out, a.Name)
	}
	return append(out, settings.Name), err
}

func (p *Pages) capture(w http.ResponseWriter, r *http.Request) error {
	f, x, names, err := p.capturing(r)
	if err != nil {
		return err
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	f.Draft = "/drafts/statement/new"
	warnings, err := p.check(r, f, x, names)
	if err != nil {
		return err
	}
	again := func(status int) error {
		v := p.captureView("Write down a statement", "", f)
		v.Warnings = warnings
		return web.RenderStatus(p.Site, w, r, status, capturePage, v)
	}
	if !f.Valid() || len(warnings) > 0 {
		return again(http.StatusUnprocessableEntity)
	}
	ctx, scope := r.Context(), web.ScopeOf(r)
	return p.done(w, r, f, "The statement was kept.", again, func(tx *database.Tx) (string, error) {
		id, err := p.Statements.Add(ctx, tx, scope, statementOf(f))
		if err != nil {
			return "", err
		}
		return Path + "/statements/new?" + url.Values{"after": {id}}.Encode(), p.Keeper.Discard(ctx, tx, scope.Account, "statement", "new")
	})
}

// correcting opens the form on a statement that the reader's agency holds.
func (p *Pages) correcting(r *http.Request) (*web.Form, assessment.Statement, whole, map[string]string, error) {
	versions, err := p.held(r)
	if err != nil {
		return nil, assessment.Statement{}, whole{}, nil, err
	}
	s := versions[0]
	f, x, names, err := p.capturing(r)
	if err != nil {
		return nil, s, x, names, err
	}
	themes := f.Field("themes")
	for _, c := range s.Themes { // a theme that is on no list any more can be kept
		if !slices.ContainsFunc(themes.Options, func(o web.Option) bool { return o.Value == c }) {
			themes.Options = append(themes.Options, web.Option{Value: c, Label: c})
		}
	}
	f.Fields = append(f.Fields, &web.Field{Name: "erase", Label: "Did the old words name somebody?", Kind: web.Checkboxes, Options: []web.Option{{Value: "yes", Label: "Yes: erase them", Hint: "Otherwise they stay in this statement’s history."}}})
	f.Action, f.Submit, f.Cancel = Path+"/statements/"+s.ID+"/correct", "Keep the correction", Path+"/statements/"+s.ID
	return f, s, x, names, nil
}

const correctLead = "The corrected statement takes the old one’s place; what it was stays in its history."

func (p *Pages) correctForm(w http.ResponseWriter, r *http.Request) error {
	f, s, _, _, err := p.correcting(r)
	if err != nil {
		return err
	}
	fillInterview(f, s)
	f.Set("words", s.Words).Set("basis", string(s.Basis)).Set("confidence", string(s.Confidence)).Set("place", s.Place).Set("time_span", s.TimeSpan).Set("who_else", s.WhoElse).
		Set("reported", string(s.Reported)).Set("reported_where", whereReported(s)).Set("suggested", s.Suggested)
	f.Field("themes").Values = slices.Clone(s.Themes)
	v := p.captureView("Correct the statement", correctLead, f)
	v.Correcting = true
	if v.Kept, err = p.Keeper.Open(r, f, "statement-correct", s.ID); err != nil {
		return err
	}
	return web.Render(p.Site, w, r, capturePage, v)
}

func (p *Pages) correct(w http.ResponseWriter, r *http.Request) error {
	f, s, x, names, err := p.correcting(r)
	if err != nil {
		return err
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	f.Draft = "/drafts/statement-correct/" + s.ID
	warnings, err := p.check(r, f, x, names)
	if err != nil {
		return err
	}
	again := func(status int) error {
		v := p.captureView("Correct the statement", "", f)
		v.Warnings, v.Correcting = warnings, true
		return web.RenderStatus(p.Site, w, r, status, capturePage, v)
	}
	if !f.Valid() || len(warnings) > 0 {
		return again(http.StatusUnprocessableEntity)
	}
	ctx, scope, id := r.Context(), web.ScopeOf(r), r.PathValue("id")
	err = p.done(w, r, f, "The statement was corrected.", again, func(tx *database.Tx) (string, error) {
		next, err := p.Statements.Correct(ctx, tx, scope, id, statementOf(f), len(f.Field("erase").Values) > 0)
		if err != nil {
			return "", err
		}
		return Path + "/statements/" + next, p.Keeper.Discard(ctx, tx, scope.Account, "statement-correct", s.ID)
	})
	if fault.Is(err, fault.Conflict) { // the form now goes to the newest version: what was typed is not lost
		f.Problem = fmt.Sprintf("Somebody else corrected this statement while you were writing. It now says: “%s” Yours is below; keep it, or cancel.", s.Words)
		return again(http.StatusConflict)
	}
	return err
}
