package assessmentweb

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/assessment"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/intake/profile"
	"lantern.example/lantern/internal/web"
	"lantern.example/lantern/internal/work"
)

type themeView struct {
	web.Page
	Path         string
	Known        []knownRow
	KnownBase    string
	Groups       []groupView
	Withheld     string // why nothing that was said is shown
	GroupsBase   string
	Held         string // where the reader's own agency finds what it holds on the theme
	Basis        *web.Table
	Differences  []differenceView
	Answers      []web.TimelineItem
	Actions      *web.Table
	ActionsWords string
	Suggested    []suggestedView
}

type knownRow struct {
	Question, Change string
	Known            known
}

// groupView is what one agency's voices said, or what single voices said.
type groupView struct {
	Title, Who string
	Statements []saidView
}

type saidView struct {
	Words, How, Who string
	Tag             *web.Tag
}

type differenceView struct{ Question, Words string }

type suggestedView struct{ Words, Href string }

var themePage = web.NewTemplate[themeView](files, "theme.html")

// questions are what is asked of a theme besides what the front line says.
var questions = []struct {
	key, ask, short string
}{
	{"leaders", "Do leaders know it?", "Known to leaders"},
	{"strategy", "Is it in the strategy?", "In the strategy"},
	{"data", "Is it in partners’ data?", "In partners’ data"},
}

// themed reads what a page under a theme rests on; a code that is neither a theme nor spoken of does not exist.
func (p *Pages) themed(r *http.Request) (x whole, t assessment.Theme, err error) {
	if x, err = p.whole(r); err != nil {
		return x, t, err
	}
	t, ok := assessment.ThemeOf(x.themes, r.PathValue("code"))
	if !ok && !slices.ContainsFunc(x.all, func(s assessment.Statement) bool { return slices.Contains(s.Themes, t.Code) }) {
		return x, t, fault.NoSuch()
	}
	return x, t, nil
}

func (p *Pages) theme(w http.ResponseWriter, r *http.Request) error {
	x, t, err := p.themed(r)
	if err != nil {
		return err
	}
	ctx, scope, q := r.Context(), web.ScopeOf(r), p.Site.DB.Reader()
	v := &themeView{Path: ThemePath(t.Code)}
	v.Title, v.Crumbs, v.Wide = upper(t.Name), []web.Link{crumb}, true
	b := x.spot(t.Code)
	said, heldHere := x.of(t.Code)
	v.Lead = themeLead(x, t, b, said)
	answers, err := p.Statements.Answers(ctx, q, scope, t.Code)
	if err != nil {
		return err
	}
	names, err := p.agencies(ctx)
	if err != nil {
		return err
	}
	v.Known, v.KnownBase = knownRows(v.Path, x, b, answers), heard(x.result)
	v.Answers = p.answered(ctx, answers, names)
	if heldHere > 0 {
		v.Held = Path + "/statements?" + url.Values{"theme": {t.Code}}.Encode()
	}
	if b == nil {
		v.Withheld = withheld(said)
	} else {
		v.Groups, v.GroupsBase = groups(x, t.Code, said)
		v.Basis = basisTable(said)
		v.Differences = differences(x.all, t.Code)
		v.Suggested = suggested(v.Path, said)
	}
	actions, err := p.Work.About(ctx, q, scope, work.Ref{Kind: ThemeKind, ID: t.Code})
	if err != nil {
		return err
	}
	if v.Actions, v.ActionsWords, err = p.actionTable(r, actions, names, t.Code); err != nil {
		return err
	}
	return web.Render(p.Site, w, r, themePage, v)
}

// of are the masked statements on a theme, strongest basis first, and how many the reader's agency holds. The order says
// nothing of who spoke when.
func (x whole) of(code string) (out []assessment.Masked, held int) {
	for _, m := range x.masked {
		if slices.Contains(m.Themes, code) {
			out = append(out, m)
			if m.Held {
				held++
			}
		}
	}
	slices.SortFunc(out, func(a, b assessment.Masked) int {
		return cmp.Or(cmp.Compare(basisRank(a.Basis), basisRank(b.Basis)), cmp.Compare(sureRank(a.Confidence), sureRank(b.Confidence)), cmp.Compare(a.Words, b.Words))
	})
	return out, held
}

func basisRank(b profile.Basis) int {
	return rank([]profile.Basis{profile.Seen, profile.Recorded, profile.Told, profile.Assumed}, b)
}

func sureRank(c profile.Confidence) int {
	return rank([]profile.Confidence{profile.High, profile.Medium, profile.Low}, c)
}

func rank[T comparable](order []T, v T) int {
	if i := slices.Index(order, v); i >= 0 {
		return i
	}
	return len(order)
}

func themeLead(x whole, t assessment.Theme, b *assessment.BlindSpot, said []assessment.Masked) string {
	switch {
	case b != nil:
		return b.Sentence
	case x.result.Statements == 0:
		return "Nobody has been asked yet."
	case len(said) == 0:
		return fmt.Sprintf("Nobody has spoken of this in %s: nobody may have been asked.", plural(x.result.Interviews, "interview", "interviews"))
	}
	return "One agency alone spoke of this, so nothing is said of it here. Ask another before it is told, or send what was said to intelligence intake."
}

func withheld(said []assessment.Masked) string {
	if len(said) == 0 {
		return "There is nothing to show."
	}
	return "What one agency alone says is counted and not shown: it would point at whoever said it."
}

func knownRows(path string, x whole, b *assessment.BlindSpot, answers []assessment.Answered) []knownRow {
	front := known{"No", "no", ""}
	if b != nil {
		front = known{"Yes", "yes", fmt.Sprintf("%d of %d interviews, %s, %s", b.Said.Interviews, x.result.Interviews, plural(b.Said.Agencies, "agency", "agencies"), plural(b.Said.Voices, "voice", "voices"))}
	} else if x.result.Statements == 0 {
		front = knownOf("", "")
	}
	rows := []knownRow{{Question: "Said by the front line", Known: front}}
	for _, q := range []int{2, 1, 0} { // as the grid has them: data, strategy, leaders
		var a profile.Answer
		for _, given := range answers {
			if given.Question == questions[q].key && given.Current {
				a = given.Answer
			}
		}
		row := knownRow{Question: questions[q].short, Change: path + "/answer?question=" + questions[q].key, Known: knownOf(a, "")}
		if questions[q].key == "data" && b != nil {
			row.Known = dataWord(*b)
		}
		rows = append(rows, row)
	}
	return rows
}

// groups puts what was said under the agencies of which two voices spoke, and the rest together.
func groups(x whole, code string, said []assessment.Masked) (out []groupView, base string) {
	for _, s := range assessment.SpeakingOf(x.all, code) {
		g := groupView{Title: s.Agency, Who: plural(s.Voices, "voice", "voices") + ": " + list(lowerAll(s.Roles))}
		for _, m := range said {
			if !m.OneVoice && assessment.Fold(m.Agency) == assessment.Fold(s.Agency) {
				g.Statements = append(g.Statements, saidOf(m, ""))
			}
		}
		out = append(out, g)
	}
	rest := groupView{Title: "Agency not told", Who: "Each from one voice, here or on another theme of the same statement, so the agency and role are left out."}
	for _, m := range said {
		if m.OneVoice {
			rest.Statements = append(rest.Statements, saidOf(m, "One voice"))
		}
	}
	if len(rest.Statements) > 0 {
		out = append(out, rest)
	}
	out = slices.DeleteFunc(out, func(g groupView) bool { return len(g.Statements) == 0 })
	return out, plural(len(said), "statement", "statements") + ", paraphrased. Roles are given for an agency as a whole and never beside words."
}

func lowerAll(words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		r := []rune(w)
		if len(r) > 1 && strings.ToLower(string(r[1])) == string(r[1]) {
			w = strings.ToLower(string(r[0])) + string(r[1:])
		}
		out[i] = w
	}
	return out
}

var basisWords = map[profile.Basis]string{profile.Seen: "Seen", profile.Told: "Told", profile.Recorded: "Recorded", profile.Assumed: "Assumed", "": "Basis not given"}

var sureWords = map[profile.Confidence]string{profile.High: "sure", profile.Medium: "fairly sure", profile.Low: "not sure"}

func basisTag(b profile.Basis) *web.Tag {
	colour := ""
	if b == profile.Assumed || b == "" {
		colour = "yellow"
	}
	return &web.Tag{Text: basisWords[b], Colour: colour}
}

func saidOf(m assessment.Masked, who string) saidView {
	var how []string
	for _, x := range []string{sureWords[m.Confidence], m.Place, m.TimeSpan} {
		if x != "" {
			how = append(how, x)
		}
	}
	if m.WhoElse != "" {
		how = append(how, "who else knows: "+m.WhoElse)
	}
	how = append(how, reportedWords(m.Statement))
	return saidView{Words: m.Words, How: upper(strings.Join(how, " · ")), Who: who, Tag: basisTag(m.Basis)}
}

// whereReported is where and when it was reported; a sheet's plain yes or no is neither.
func whereReported(s assessment.Statement) string {
	if slices.Contains([]string{"yes", "no", "y", "n", "true", "false", "1", "0", "partly", "not known"}, assessment.Fold(s.ReportedWhere)) {
		return ""
	}
	return s.ReportedWhere
}

func reportedWords(s assessment.Statement) string {
	switch s.Reported {
	case profile.Yes, profile.Partly:
		if where := whereReported(s); where != "" {
			return "reported: " + where
		}
		return "reported"
	case profile.No:
		return "not reported"
	case profile.NotKnown:
	}
	return "reported or not: not known"
}

func basisTable(said []assessment.Masked) *web.Table {
	t := &web.Table{ID: "basis", Caption: "Statements by basis", Columns: []web.Column{{Label: "Basis"}, {Label: "All", Numeric: true}, {Label: "Sure", Numeric: true}, {Label: "Unreported", Numeric: true}}}
	for _, b := range []profile.Basis{profile.Seen, profile.Recorded, profile.Told, profile.Assumed, ""} {
		n, sure, silent := 0, 0, 0
		for _, m := range said {
			if m.Basis != b {
				continue
			}
			n++
			if m.Confidence == profile.High {
				sure++
			}
			if m.Reported == profile.No {
				silent++
			}
		}
		if n > 0 {
			t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: basisWords[b]}, {Text: web.ShowNumber(n)}, {Text: web.ShowNumber(sure)}, {Text: web.ShowNumber(silent)}}})
		}
	}
	t.Base = "Statements, not voices: one voice may have said several."
	return t
}

func differences(all []assessment.Statement, code string) []differenceView {
	var out []differenceView
	for _, d := range assessment.Differences(all, code) {
		var sides []string
		for _, s := range d.Sides {
			words := plural(s.Voices, "voice", "voices")
			if s.Agencies >= assessment.MinAgencies {
				words += " of " + web.ShowNumber(s.Agencies) + " agencies"
			}
			sides = append(sides, s.Words+": "+words)
		}
		out = append(out, differenceView{Question: d.Question, Words: strings.Join(sides, ". ") + "."})
	}
	return out
}

func suggested(path string, said []assessment.Masked) []suggestedView {
	var out []suggestedView
	for _, m := range said {
		if m.Suggested != "" {
			out = append(out, suggestedView{Words: m.Suggested, Href: path + "/action?" + url.Values{"title": {m.Suggested}}.Encode()})
		}
	}
	slices.SortFunc(out, func(a, b suggestedView) int { return cmp.Compare(a.Words, b.Words) })
	return slices.Compact(out)
}

// answered is the history of the answers, newest first.
func (p *Pages) answered(ctx context.Context, answers []assessment.Answered, names map[string]string) []web.TimelineItem {
	var out []web.TimelineItem
	for _, a := range answers {
		item := web.TimelineItem{Title: answerTitle(a), When: web.ShowDate(clock.FromMicros(a.LearntAt).In(clock.London())), Superseded: !a.Current}
		if a.LoadID != "" {
			item.By = "Loaded by " + nameOf(names, a.Owner)
			item.Source = plural(a.Rows, "row of a sheet", "rows of a sheet")
		} else {
			item.By = nameOf(names, a.Owner)
			if acc, err := p.Accounts.Get(ctx, p.Site.DB.Reader(), a.By); err == nil {
				item.By = acc.Name + ", " + item.By
			}
			item.Source = a.SourceRef
		}
		out = append(out, item)
	}
	return out
}

func answerTitle(a assessment.Answered) string {
	for _, q := range questions {
		if q.key == a.Question {
			return q.short + ": " + strings.ToLower(knownOf(a.Answer, "").Word)
		}
	}
	return string(a.Answer)
}

func (p *Pages) actionTable(r *http.Request, actions []work.Action, names map[string]string, code string) (*web.Table, string, error) {
	day := clock.Today(p.Site.Clock)
	t := &web.Table{ID: "actions-table", Caption: "Actions on this theme", Empty: "No action has been set.", Columns: []web.Column{{Label: "What is to be done"}, {Label: "Owner"}, {Label: "Due"}, {Label: "State"}}}
	open, late, owners := 0, 0, map[string]bool{}
	for _, a := range actions {
		tag := web.Tag{Text: upper(string(a.State)), Colour: "grey"}
		if a.State == work.Open {
			open++
			tag = web.Tag{Text: work.DueWords(a.DueOn, day)}
			if a.Overdue(day) > 0 {
				late++
				tag.Colour = "red"
			}
		}
		if access.Class(a.Class).Personal() {
			owners[a.Owner] = true
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: a.Title, Href: "/actions/" + a.ID}, {Text: a.AssigneeName, Sub: nameOf(names, a.AssigneeAgency)}, {Text: web.ShowDate(a.DueOn)}, {Tag: &tag}}})
	}
	words := ""
	if len(actions) > 0 {
		words = fmt.Sprintf("%s open, %d overdue.", plural(open, "action is", "actions are"), late)
	}
	if len(owners) == 0 {
		return t, words, nil
	}
	line := web.Read{Kind: "theme", Subject: code, Words: "actions about a person"}
	for o := range owners {
		line.Owners = append(line.Owners, o)
	}
	slices.Sort(line.Owners)
	return t, words, p.Site.Consulted(r.Context(), web.ScopeOf(r), line)
}

type formView struct {
	web.Page
	Kept web.Fragment
	Form *web.Form
}

var formPage = web.NewTemplate[formView](files, "form.html")

func newFormView(title, lead string, t assessment.Theme, f *web.Form) *formView {
	v := &formView{Form: f}
	v.Title, v.Lead, v.HasErrors = title, lead, !f.Valid()
	v.Crumbs = []web.Link{crumb, {Text: upper(t.Name), Href: ThemePath(t.Code)}}
	return v
}

var readByAll = &web.Readers{By: "every member of every agency in the partnership. Name nobody whose safety it is about.", NotBy: "young people, families and the public."}

func (p *Pages) answering(t assessment.Theme) *web.Form {
	ask := &web.Field{Name: "question", Label: "What is answered?", Kind: web.Radios, Required: "Say which question is answered"}
	for _, q := range questions {
		ask.Options = append(ask.Options, web.Option{Value: q.key, Label: q.ask})
	}
	f := p.Site.NewForm(ThemePath(t.Code)+"/answer", "Keep the answer", ask,
		&web.Field{Name: "answer", Label: "The answer", Kind: web.Radios, Inline: true, Required: "Choose an answer", Options: []web.Option{{Value: "yes", Label: "Yes"}, {Value: "partly", Label: "Partly"}, {Value: "no", Label: "No"}, {Value: "not known", Label: "Not known"}}},
		&web.Field{Name: "where", Label: "Where does it stand, or who said so?", Kind: web.TextInput, Max: 300, Required: "Say where it stands or who said so", Hint: "A paper and page, a meeting and its date, a post: “Strategic assessment 2026, page 12”. No names of people whose safety it is about."})
	f.Cancel, f.Readers = ThemePath(t.Code), readByAll
	return f
}

const answerLead = "The newest answer holds; what was answered before stays on the theme’s page."

func (p *Pages) answerForm(w http.ResponseWriter, r *http.Request) error {
	_, t, err := p.themed(r)
	if err != nil {
		return err
	}
	f := p.answering(t)
	for _, q := range questions {
		if r.URL.Query().Get("question") == q.key {
			f.Set("question", q.key)
		}
	}
	return web.Render(p.Site, w, r, formPage, newFormView("Answer for "+lowerFirst(t.Name), answerLead, t, f))
}

func lowerFirst(s string) string { return lowerAll([]string{s})[0] }

func (p *Pages) answer(w http.ResponseWriter, r *http.Request) error {
	_, t, err := p.themed(r)
	if err != nil {
		return err
	}
	f := p.answering(t)
	if err := f.Read(w, r); err != nil {
		return err
	}
	again := func(status int) error {
		return web.RenderStatus(p.Site, w, r, status, formPage, newFormView("Answer for "+lowerFirst(t.Name), answerLead, t, f))
	}
	if !f.Valid() {
		return again(http.StatusUnprocessableEntity)
	}
	return p.done(w, r, f, "The answer was kept.", again, func(tx *database.Tx) (string, error) {
		return ThemePath(t.Code), p.Statements.AnswerFrom(r.Context(), tx, web.ScopeOf(r), t.Code, f.Value("question"), profile.Answer(f.Value("answer")), f.Value("where"))
	})
}

func (p *Pages) acting(r *http.Request, t assessment.Theme) (*web.Form, error) {
	names, err := p.agencies(r.Context())
	if err != nil {
		return nil, err
	}
	people, err := p.people(r.Context(), names)
	if err != nil {
		return nil, err
	}
	f := p.Site.NewForm(ThemePath(t.Code)+"/action", "Add the action",
		&web.Field{Name: "title", Label: "What is to be done?", Kind: web.TextInput, Max: 200, Required: "Say what is to be done", Hint: "Begin with a verb: “Agree who rings the home when a child is late”."},
		&web.Field{Name: "why", Label: "Why?", Kind: web.TextArea, Rows: 4, Required: "Say why it is to be done"},
		&web.Field{Name: "assignee", Label: "Who owns it?", Kind: web.Select, Options: people, Required: "Choose one owner", Hint: "One person, by name. They see it under My work."},
		&web.Field{Name: "due_on", Label: "By when?", Kind: web.DateInput, Required: "Enter the date it is due", Hint: "One date. It can be moved later, with a reason."})
	f.Cancel, f.Readers = ThemePath(t.Code), readByAll
	return f, nil
}

const actionLead = "An assessment is judged by what follows from it: one action, one owner, one date."

func (p *Pages) actionForm(w http.ResponseWriter, r *http.Request) error {
	x, t, err := p.themed(r)
	if err != nil {
		return err
	}
	f, err := p.acting(r, t)
	if err != nil {
		return err
	}
	title := r.URL.Query().Get("title")
	if title == "" || len([]rune(title)) > f.Field("title").Limit() {
		title = "Agree what we do about " + lowerFirst(t.Name)
	}
	f.Set("title", title)
	if b := x.spot(t.Code); b != nil {
		f.Set("why", b.Sentence)
	}
	v := newFormView("Make it an action", actionLead, t, f)
	if v.Kept, err = p.Keeper.Open(r, f, "assessment-action", draftKey(t.Code)); err != nil {
		return err
	}
	return web.Render(p.Site, w, r, formPage, v)
}

func draftKey(code string) string { return strings.ToLower(code) }

func (p *Pages) action(w http.ResponseWriter, r *http.Request) error {
	_, t, err := p.themed(r)
	if err != nil {
		return err
	}
	f, err := p.acting(r, t)
	if err != nil {
		return err
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	f.Draft = "/drafts/assessment-action/" + draftKey(t.Code)
	if due := f.Value("due_on"); due != "" && f.Field("due_on").Error == "" && due < p.today() {
		f.Fail("due_on", "The date must be today or later")
	}
	again := func(status int) error {
		return web.RenderStatus(p.Site, w, r, status, formPage, newFormView("Make it an action", actionLead, t, f))
	}
	if !f.Valid() {
		return again(http.StatusUnprocessableEntity)
	}
	ctx, scope := r.Context(), web.ScopeOf(r)
	return p.done(w, r, f, "The action was added.", again, func(tx *database.Tx) (string, error) {
		_, err := p.Work.Add(ctx, tx, scope, work.New{Title: f.Value("title"), Why: f.Value("why"), Class: access.Partnership, Assignee: f.Value("assignee"), DueOn: f.Value("due_on"), Source: work.Ref{Kind: ThemeKind, ID: t.Code}})
		if err != nil {
			return "", err
		}
		return ThemePath(t.Code) + "#actions", p.Keeper.Discard(ctx, tx, scope.Account, "assessment-action", draftKey(t.Code))
	})
}
