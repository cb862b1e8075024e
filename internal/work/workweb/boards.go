package workweb

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/content"
	"lantern.example/lantern/internal/content/contentweb"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/file"
	"lantern.example/lantern/internal/web"
	"lantern.example/lantern/internal/work"
)

// BoardPages are the pages of boards and their meetings: the calendar, papers, decisions, and the log of actions that
// several boards share.
type BoardPages struct {
	*Pages
	Boards  *work.Boards
	Content *content.Store
	Files   *file.Store
}

// secretaries are who plan meetings, bring papers and record decisions.
var secretaries = web.Only(access.Manager, access.Analyst, access.Chair, access.InfoOfficer)

var boardCrumbs = []web.Link{{Text: "Governance", Href: "/governance"}, {Text: "Boards", Href: "/boards"}}

// Mount registers the pages.
func (p *BoardPages) Mount(rt *web.Router) {
	rt.Get("/boards", web.Members, p.boards)
	rt.Get("/boards/log", web.Members, p.log)
	rt.Get("/boards/{code}", web.Members, p.board)
	rt.Get("/boards/{code}/meet", secretaries, p.planForm)
	rt.Post("/boards/{code}/meet", secretaries, p.plan)
	rt.Get("/boards/{code}/watch", secretaries, p.watchForm)
	rt.Post("/boards/{code}/watch", secretaries, p.watch)
	rt.Post("/boards/{code}/leave", secretaries, p.leave)
	rt.Get("/calendar", web.Members, p.calendar)
	rt.Get("/calendar/meetings.ics", web.Members, p.calendarFile)
	rt.Get("/meetings/{id}", web.Members, p.meeting)
	rt.Get("/meetings/{id}/meeting.ics", web.Members, p.meetingFile)
	rt.Get("/meetings/{id}/edit", secretaries, p.editMeetingForm)
	rt.Post("/meetings/{id}/edit", secretaries, p.editMeeting)
	rt.Get("/meetings/{id}/paper", secretaries, p.paperForm)
	rt.Post("/meetings/{id}/paper", secretaries, p.addPaper)
	rt.Get("/meetings/{id}/papers/{paper}", web.Members, p.paper)
	rt.Get("/meetings/{id}/papers/{paper}/withdraw", secretaries, p.withdrawPaperForm)
	rt.Post("/meetings/{id}/papers/{paper}/withdraw", secretaries, p.withdrawPaper)
	rt.Get("/meetings/{id}/decide", secretaries, p.decideForm)
	rt.Post("/meetings/{id}/decide", secretaries, p.decide)
	rt.Get("/actions/{id}/chase", web.Members, p.chaseForm)
	rt.Post("/actions/{id}/chase", web.Members, p.chase)
}

// Kind is what a board is, as content.
func (p *BoardPages) Kind() *contentweb.Kind {
	return &contentweb.Kind{Code: work.BoardKind, Path: "/boards", One: "board", Many: "Boards", Write: web.Only(access.Manager, access.InfoOfficer, access.Administrator), Crumbs: boardCrumbs, Href: func(code string) string { return "/boards/" + url.PathEscape(code) },
		Lead:  "A group that meets, decides and sets actions for the partnership.",
		Title: web.Field{Label: "Name of the board", Required: "Enter the name", Hint: "It stands in calendar files, so it must name nobody."},
		Fields: func(context.Context) ([]*web.Field, error) {
			return []*web.Field{
				{Name: "about", Label: "What is it for?", Kind: web.TextArea, Rows: 3, Required: "Say what it is for"},
				{Name: "chair", Label: "Who chairs it?", Kind: web.TextInput, Hint: "Post and agency."},
				{Name: "often", Label: "How often does it meet?", Kind: web.TextInput},
			}, nil
		}}
}

func (p *BoardPages) q() database.Queryer { return p.Site.DB.Reader() }

// Options are the boards as options of a form.
func (p *BoardPages) Options(ctx context.Context) ([]web.Option, error) {
	list, err := p.Content.List(ctx, p.q(), web.ScopeIn(ctx), work.BoardKind)
	var out []web.Option
	for _, b := range list {
		out = append(out, web.Option{Value: b.Code, Label: b.Title})
	}
	return out, err
}

func (p *BoardPages) boardNames(ctx context.Context) (map[string]string, error) {
	list, err := p.Options(ctx)
	out := map[string]string{}
	for _, o := range list {
		out[o.Value] = o.Label
	}
	return out, err
}

// Finding is the boards' sentence on the governance page.
func (p *BoardPages) Finding(ctx context.Context, scope access.Scope) (string, error) {
	boards, err := p.Content.List(ctx, p.q(), scope, work.BoardKind)
	if err != nil {
		return "", err
	}
	next, err := p.Boards.Meetings(ctx, p.q(), scope, "", clock.Micros(p.Site.Clock.Now()), 0)
	if err != nil {
		return "", err
	}
	log, err := p.Boards.Log(ctx, p.q(), scope, "")
	return p.sentence(boards, next, log), err
}

func (p *BoardPages) sentence(boards []content.Version, next []work.Meeting, log []work.Watched) string {
	if len(boards) == 0 {
		return "No board has been entered yet."
	}
	open, late := 0, 0
	for _, a := range log {
		if a.State == work.Open {
			open++
		}
		if a.Overdue(clock.Today(p.Site.Clock)) > 0 {
			late++
		}
	}
	s := fmt.Sprintf("%s; %d of %s from boards %s overdue", plural(len(boards), "board", "boards"), late, plural(open, "open action", "open actions"), isAre(late))
	next = slices.DeleteFunc(slices.Clone(next), func(m work.Meeting) bool { return m.State != "planned" })
	if len(next) == 0 {
		return s + "; no meeting is planned."
	}
	return s + "; the next meeting is on " + web.ShowDate(next[0].Start()) + "."
}

type boardListView struct {
	web.Page
	Table    *web.Table
	Upcoming *web.Table
	Add      string
}

var boardListPage = web.NewTemplate[boardListView](files, "boards.html")

func (p *BoardPages) boards(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), web.ScopeOf(r)
	boards, err := p.Content.List(ctx, p.q(), scope, work.BoardKind)
	if err != nil {
		return err
	}
	next, err := p.Boards.Meetings(ctx, p.q(), scope, "", clock.Micros(p.Site.Clock.Now()), 0)
	if err != nil {
		return err
	}
	log, err := p.Boards.Log(ctx, p.q(), scope, "")
	if err != nil {
		return err
	}
	v := &boardListView{Table: &web.Table{ID: "boards", Caption: "Boards", Empty: "No board has been entered yet.", Columns: []web.Column{{Label: "Board"}, {Label: "Chair"}, {Label: "Meets"}, {Label: "Open actions", Numeric: true}, {Label: "Overdue", Numeric: true}}}}
	v.Title, v.Lead, v.Crumbs, v.Wide = "Boards", p.sentence(boards, next, log), boardCrumbs[:1], true
	names := map[string]string{}
	for _, b := range boards {
		names[b.Code] = b.Title
		open, late := 0, 0
		for _, a := range log {
			if slices.Contains(a.Boards, b.Code) {
				if a.State == work.Open {
					open++
				}
				if a.Overdue(clock.Today(p.Site.Clock)) > 0 {
					late++
				}
			}
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: b.Title, Href: "/boards/" + b.Code, Sub: b.Field("about")}, {Text: b.Field("chair")}, {Text: b.Field("often")}, {Text: strconv.Itoa(open)}, {Text: strconv.Itoa(late)}}})
	}
	v.Upcoming = p.meetingTable("upcoming", "Meetings to come", "No meeting is planned.", next, names)
	if p.Kind().Write.Met(web.ViewerOf(r)) {
		v.Add = "/boards/new"
	}
	return web.Render(p.Site, w, r, boardListPage, v)
}

var meetingTags = map[string]*web.Tag{"planned": {Text: "Planned", Colour: "blue"}, "held": {Text: "Held", Colour: "green"}, "cancelled": {Text: "Cancelled", Colour: "grey"}}

func (p *BoardPages) meetingTable(id, caption, empty string, list []work.Meeting, names map[string]string) *web.Table {
	t := &web.Table{ID: id, Caption: caption, Empty: empty, Columns: []web.Column{{Label: "When"}, {Label: "Board"}, {Label: "Where"}, {Label: "State"}}}
	for _, m := range list {
		name := names[m.Board]
		if name == "" {
			name = m.Board
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: web.ShowDate(m.Start()) + ", " + m.Start().Format("15:04"), Href: "/meetings/" + m.ID}, {Text: name}, {Text: m.Place}, {Tag: meetingTags[m.State]}}})
	}
	return t
}

// calendarMonths is how far back and on the calendar looks.
const calendarMonths = 12

func (p *BoardPages) span() (from, until int64) {
	today := clock.Today(p.Site.Clock)
	return clock.Micros(today.AddDate(0, -calendarMonths, 0)), clock.Micros(today.AddDate(0, calendarMonths, 0))
}

func (p *BoardPages) calendar(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), web.ScopeOf(r)
	names, err := p.boardNames(ctx)
	if err != nil {
		return err
	}
	from, until := p.span()
	all, err := p.Boards.Meetings(ctx, p.q(), scope, "", from, until)
	if err != nil {
		return err
	}
	now := clock.Micros(p.Site.Clock.Now())
	i, _ := slices.BinarySearchFunc(all, now, func(m work.Meeting, at int64) int { return int(min(max(m.StartsAt-at, -1), 1)) })
	past := slices.Clone(all[:i])
	slices.Reverse(past)
	v := &boardListView{Upcoming: p.meetingTable("upcoming", "To come", "No meeting is planned.", all[i:], names), Table: p.meetingTable("past", "In the last year", "No meeting was entered in the last year.", past, names)}
	v.Title, v.Crumbs = "Partnership calendar", boardCrumbs
	v.Lead = fmt.Sprintf("%s to come, %s in the last year.", plural(len(all[i:]), "meeting", "meetings"), strconv.Itoa(len(past)))
	return web.Render(p.Site, w, r, boardListPage, v)
}

func (p *BoardPages) events(list []work.Meeting, names map[string]string) []work.CalendarEvent {
	var out []work.CalendarEvent
	for _, m := range list {
		out = append(out, work.CalendarEvent{UID: m.ID + "@lantern", Sequence: m.Ver, Stamp: m.At, Start: m.StartsAt, Minutes: m.Minutes, Summary: "Meeting: " + names[m.Board], Place: m.Place, Cancelled: m.State == "cancelled"})
	}
	return out
}

func (p *BoardPages) sendCalendar(w http.ResponseWriter, r *http.Request, list []work.Meeting) error {
	names, err := p.boardNames(r.Context())
	if err != nil {
		return err
	}
	web.Download(w, "meetings.ics", "text/calendar; charset=utf-8", p.Site.Clock.Now(), work.Calendar(p.events(list, names)))
	return nil
}

func (p *BoardPages) calendarFile(w http.ResponseWriter, r *http.Request) error {
	from, until := p.span()
	all, err := p.Boards.Meetings(r.Context(), p.q(), web.ScopeOf(r), "", from, until)
	if err != nil {
		return err
	}
	return p.sendCalendar(w, r, all)
}

func (p *BoardPages) meetingFile(w http.ResponseWriter, r *http.Request) error {
	m, err := p.Boards.Meeting(r.Context(), p.q(), web.ScopeOf(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	return p.sendCalendar(w, r, []work.Meeting{m})
}

// ---- the log ----

func (p *BoardPages) logTable(rows []work.Watched, boards map[string]string, n names, leave string) *web.Table {
	t := &web.Table{ID: "log", Caption: "Actions", Empty: "No board has set an action.", Columns: []web.Column{{Label: "Action"}, {Label: "Owner"}, {Label: "Due"}, {Label: "State"}, {Label: "Boards"}, {Label: "Asked after"}}}
	day := clock.Today(p.Site.Clock)
	for _, a := range rows {
		var on []string
		for _, b := range a.Boards {
			on = append(on, boards[b])
		}
		asked := web.Cell{}
		if a.State == work.Open {
			asked = web.Cell{Text: "Ask", Hidden: "how it stands: " + a.Title, Href: "/actions/" + a.ID + "/chase"}
		}
		if a.Chased > 0 {
			asked.Sub = fmt.Sprintf("%s, last on %s", plural(a.Chased, "time", "times"), web.ShowDate(clock.FromMicros(a.Last).In(clock.London())))
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: a.Title, Href: "/actions/" + a.ID}, {Text: a.AssigneeName, Sub: n.agency(a.AssigneeAgency)}, {Text: web.ShowDate(a.DueOn)}, {Tag: stateTag(a.Action, day)}, {Text: strings.Join(on, ", ")}, asked}})
	}
	return t
}

type boardView struct {
	web.Page
	Rows      []web.SummaryRow
	Next      *web.Table
	Log       *web.Table
	Decisions []web.TimelineItem
	Meet      string
	Watch     string
	Edit      string
	Leave     []leaveForm
}

type leaveForm struct {
	Form  *web.Form
	Title string
}

var boardPage = web.NewTemplate[boardView](files, "board.html")

func (p *BoardPages) log(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), web.ScopeOf(r)
	rows, err := p.Boards.Log(ctx, p.q(), scope, "")
	if err != nil {
		return err
	}
	boards, err := p.boardNames(ctx)
	if err != nil {
		return err
	}
	n, err := p.names(ctx)
	if err != nil {
		return err
	}
	several := 0
	for _, a := range rows {
		if len(a.Boards) > 1 {
			several++
		}
	}
	v := &boardListView{Table: p.logTable(rows, boards, n, "")}
	v.Title, v.Crumbs, v.Wide = "One log of every board’s actions", boardCrumbs, true
	v.Lead = fmt.Sprintf("%s, each with one owner and one date; %d %s watched by more than one board.", plural(len(rows), "action", "actions"), several, isAre(several))
	if err := p.consultedWatched(r, rows); err != nil {
		return err
	}
	return web.Render(p.Site, w, r, boardListPage, v)
}

// consultedWatched leaves the line of a page that shows actions, when any is about a person.
func (p *BoardPages) consultedWatched(r *http.Request, rows []work.Watched) error {
	var actions []work.Action
	for _, a := range rows {
		actions = append(actions, a.Action)
	}
	return p.consulted(r, "board", "", actions)
}

func (p *BoardPages) board(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, viewer := r.Context(), web.ScopeOf(r), web.ViewerOf(r)
	b, err := p.Content.Get(ctx, p.q(), scope, content.Key{Kind: work.BoardKind, Code: r.PathValue("code")})
	if err != nil {
		return err
	}
	meetings, err := p.Boards.Meetings(ctx, p.q(), scope, b.Code, 0, 0)
	if err != nil {
		return err
	}
	rows, err := p.Boards.Log(ctx, p.q(), scope, b.Code)
	if err != nil {
		return err
	}
	decisions, err := p.Boards.Decisions(ctx, p.q(), scope, b.Code, "")
	if err != nil {
		return err
	}
	boards, err := p.boardNames(ctx)
	if err != nil {
		return err
	}
	n, err := p.names(ctx)
	if err != nil {
		return err
	}
	slices.Reverse(meetings)
	now := clock.Micros(p.Site.Clock.Now())
	next := slices.DeleteFunc(slices.Clone(meetings), func(m work.Meeting) bool { return m.StartsAt < now })
	slices.Reverse(next)
	v := &boardView{Next: p.meetingTable("meetings", "Meetings", "No meeting has been planned yet.", meetings, boards), Log: p.logTable(rows, boards, n, b.Code), Decisions: decisionItems(decisions)}
	v.Log.Empty = "This board has set no action."
	v.Title, v.Crumbs, v.Wide = b.Title, boardCrumbs, true
	_, v.Lead, _ = strings.Cut(p.sentence([]content.Version{b}, next, rows), "; ") // of this board alone
	v.Rows = []web.SummaryRow{{Key: "What it is for", Value: b.Field("about")}, {Key: "Chair", Value: b.Field("chair")}, {Key: "Meets", Value: b.Field("often")}}
	if secretaries.Met(viewer) {
		v.Meet, v.Watch = "/boards/"+b.Code+"/meet", "/boards/"+b.Code+"/watch"
		for _, a := range rows {
			own := a.Source.Kind == work.MeetingRef && slices.ContainsFunc(meetings, func(m work.Meeting) bool { return m.ID == a.Source.ID })
			if !own && a.State == work.Open {
				f := p.Site.NewForm("/boards/"+b.Code+"/leave", "Take it off this board’s log", &web.Field{Name: "action", Kind: web.Hidden, Max: 36})
				f.Set("action", a.ID)
				v.Leave = append(v.Leave, leaveForm{f, a.Title})
			}
		}
	}
	if p.Kind().Write.Met(viewer) {
		v.Edit = "/boards/" + b.Code + "/edit"
	}
	if err := p.consultedWatched(r, rows); err != nil {
		return err
	}
	return web.Render(p.Site, w, r, boardPage, v)
}

func decisionItems(list []work.Decision) []web.TimelineItem {
	var out []web.TimelineItem
	for _, d := range list {
		at := clock.FromMicros(d.At).In(clock.London())
		item := web.TimelineItem{Title: d.Words, When: web.ShowDate(at), By: at.Format("15:04") + ", " + d.ByName, Text: "Reason: " + d.Reason, Href: "/meetings/" + d.Meeting, Superseded: d.SupersededAt != nil}
		if d.SupersededAt != nil {
			item.Text += " Changed: " + d.SupersededWhy
		}
		out = append(out, item)
	}
	return out
}

func (p *BoardPages) form(r *http.Request, f *web.Form, title, lead, back, backText string) *contentweb.FormView {
	return contentweb.NewFormView(title, lead, f, append(slices.Clone(boardCrumbs), web.Link{Text: backText, Href: back})...)
}

func (p *BoardPages) answer(w http.ResponseWriter, r *http.Request, v *contentweb.FormView, said string, do func(tx *database.Tx) (string, error), now func() (*web.Form, error)) error {
	return contentweb.Answer(p.Site, p.Keeper, w, r, contentweb.Asked{View: v, Form: v.Form, Said: said, Do: do, Now: now})
}

func (p *BoardPages) watching(r *http.Request) (*web.Form, content.Version, error) {
	b, err := p.Content.Get(r.Context(), p.q(), web.ScopeOf(r), content.Key{Kind: work.BoardKind, Code: r.PathValue("code")})
	if err != nil {
		return nil, b, err
	}
	rows, _, err := p.Work.List(r.Context(), p.q(), web.ScopeOf(r), work.Query{State: work.Open, Limit: 1000})
	if err != nil {
		return nil, b, err
	}
	options := []web.Option{{Value: "", Label: "Choose"}}
	for _, a := range rows {
		if !access.Class(a.Class).Personal() {
			options = append(options, web.Option{Value: a.ID, Label: a.Title + " (" + a.AssigneeName + ", " + web.ShowDate(a.DueOn) + ")"})
		}
	}
	f := p.Site.NewForm("/boards/"+b.Code+"/watch", "Put it on the log", &web.Field{Name: "action", Label: "Which action?", Kind: web.Select, Options: options, Required: "Choose an action", Hint: "It stays one action with one owner and one date. Actions about a person are not offered."})
	f.Cancel = "/boards/" + b.Code
	return f, b, nil
}

func (p *BoardPages) watchForm(w http.ResponseWriter, r *http.Request) error {
	f, b, err := p.watching(r)
	if err != nil {
		return err
	}
	return web.Render(p.Site, w, r, contentweb.FormPage, p.form(r, f, "Watch an action that is there already", "Setting it again would make two of it.", "/boards/"+b.Code, b.Title))
}

func (p *BoardPages) watch(w http.ResponseWriter, r *http.Request) error {
	f, b, err := p.watching(r)
	if err != nil {
		return err
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	return p.answer(w, r, p.form(r, f, "Watch an action that is there already", "", "/boards/"+b.Code, b.Title), "It is on the board’s log.", func(tx *database.Tx) (string, error) {
		return "/boards/" + b.Code, p.Boards.Watch(r.Context(), tx, web.ScopeOf(r), b.Code, f.Value("action"))
	}, nil)
}

func (p *BoardPages) leave(w http.ResponseWriter, r *http.Request) error {
	f := p.Site.NewForm("", "", &web.Field{Name: "action", Kind: web.Hidden, Max: 36})
	if err := f.Read(w, r); err != nil {
		return err
	}
	code := r.PathValue("code")
	return p.Site.Act(w, r, "It is off the board’s log; the action itself stands.", func(tx *database.Tx) (string, error) {
		return "/boards/" + url.PathEscape(code), p.Boards.Leave(r.Context(), tx, web.ScopeOf(r), code, f.Value("action"))
	})
}

// ---- a meeting ----

func meetingFields() []*web.Field {
	return []*web.Field{
		{Name: "day", Label: "On which day?", Kind: web.DateInput, Required: "Enter the day"},
		{Name: "hour", Label: "At what time?", Kind: web.TextInput, Width: "5", Max: 5, Required: "Enter the time", Hint: "For example 14:00."},
		{Name: "minutes", Label: "How many minutes?", Kind: web.TextInput, Width: "4", Required: "Enter how long it lasts"},
		{Name: "place", Label: "Where?", Kind: web.TextInput, Hint: "It stands in calendar files, so it must name nobody."}}
}

// meetingOf reads a meeting's fields; what cannot be read is said at its field.
func meetingOf(f *web.Form, m work.Meeting) work.Meeting {
	m.Place = f.Value("place")
	at, err := time.ParseInLocation(clock.ISODate+" 15:04", f.Value("day")+" "+f.Value("hour"), clock.London())
	if err != nil && f.Value("hour") != "" {
		f.Fail("hour", "Enter a time such as 14:00")
	}
	m.StartsAt = clock.Micros(at)
	if m.Minutes, err = strconv.Atoi(f.Value("minutes")); f.Value("minutes") != "" && (err != nil || m.Minutes < 5 || m.Minutes > 1440) {
		f.Fail("minutes", "Enter a number of minutes from 5 to 1,440")
	}
	return m
}

func (p *BoardPages) planning(r *http.Request) (*web.Form, content.Version, error) {
	b, err := p.Content.Get(r.Context(), p.q(), web.ScopeOf(r), content.Key{Kind: work.BoardKind, Code: r.PathValue("code")})
	f := p.Site.NewForm("/boards/"+b.Code+"/meet", "Plan the meeting", meetingFields()...)
	f.Set("hour", "10:00").Set("minutes", "120")
	f.Cancel = "/boards/" + b.Code
	return f, b, err
}

func (p *BoardPages) planForm(w http.ResponseWriter, r *http.Request) error {
	f, b, err := p.planning(r)
	if err != nil {
		return err
	}
	return web.Render(p.Site, w, r, contentweb.FormPage, p.form(r, f, "Plan a meeting", "Papers, decisions and actions come onto its page.", "/boards/"+b.Code, b.Title))
}

func (p *BoardPages) plan(w http.ResponseWriter, r *http.Request) error {
	f, b, err := p.planning(r)
	if err != nil {
		return err
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	in := meetingOf(f, work.Meeting{Board: b.Code})
	return p.answer(w, r, p.form(r, f, "Plan a meeting", "", "/boards/"+b.Code, b.Title), "The meeting was planned.", func(tx *database.Tx) (string, error) {
		m, err := p.Boards.Plan(r.Context(), tx, web.ScopeOf(r), in)
		return "/meetings/" + m.ID, err
	}, nil)
}

type meetingView struct {
	web.Page
	Rows      []web.SummaryRow
	Account   []string
	Papers    *web.Table
	Withdrawn []web.TimelineItem
	Decisions []web.TimelineItem
	Actions   web.Fragment
	History   []web.TimelineItem
	Edit      string
	Paper     string
	Decide    string
	Calendar  string
}

var meetingPage = web.NewTemplate[meetingView](files, "meeting.html")

func (p *BoardPages) named(r *http.Request) (work.Meeting, string, error) {
	m, err := p.Boards.Meeting(r.Context(), p.q(), web.ScopeOf(r), r.PathValue("id"))
	if err != nil {
		return m, "", err
	}
	names, err := p.boardNames(r.Context())
	name := names[m.Board]
	if name == "" {
		name = m.Board
	}
	return m, name, err
}

func meetingTitle(name string, m work.Meeting) string {
	return name + ", " + web.ShowDate(m.Start())
}

func (p *BoardPages) meeting(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), web.ScopeOf(r)
	m, name, err := p.named(r)
	if err != nil {
		return err
	}
	papers, err := p.Boards.Papers(ctx, p.q(), scope, m.ID)
	if err != nil {
		return err
	}
	decisions, err := p.Boards.Decisions(ctx, p.q(), scope, "", m.ID)
	if err != nil {
		return err
	}
	history, err := p.Boards.History(ctx, p.q(), m.ID)
	if err != nil {
		return err
	}
	write := secretaries.Met(web.ViewerOf(r))
	v := &meetingView{Decisions: decisionItems(decisions), Calendar: "/meetings/" + m.ID + "/meeting.ics", Papers: &web.Table{ID: "papers", Caption: "Papers", Empty: "No paper has been brought yet.", Columns: []web.Column{{Label: "Paper"}, {Label: "What the meeting is to do with it"}, {Label: "Brought by"}}}}
	if write {
		v.Papers.Columns = append(v.Papers.Columns, web.Column{Label: "Do"})
		v.Edit, v.Paper, v.Decide = "/meetings/"+m.ID+"/edit", "/meetings/"+m.ID+"/paper", "/meetings/"+m.ID+"/decide"
	}
	here := 0
	for _, x := range papers {
		if x.WithdrawnAt != nil {
			at := clock.FromMicros(*x.WithdrawnAt).In(clock.London())
			v.Withdrawn = append(v.Withdrawn, web.TimelineItem{Title: x.Title, When: web.ShowDate(at), By: at.Format("15:04"), Text: x.Why, Superseded: true})
			continue
		}
		here++
		title := web.Cell{Text: x.Title, Href: x.Link}
		if x.File != "" {
			title = web.Cell{Text: x.Title, Href: "/meetings/" + m.ID + "/papers/" + x.ID, Sub: fmt.Sprintf("%s, %d KB", x.FileName, (x.FileSize+1023)/1024)}
		}
		row := []web.Cell{title, {Text: x.Summary}, {Text: x.ByName, Sub: web.ShowDate(x.At)}}
		if write {
			row = append(row, web.Cell{Text: "Withdraw", Hidden: x.Title, Href: "/meetings/" + m.ID + "/papers/" + x.ID + "/withdraw"})
		}
		v.Papers.Rows = append(v.Papers.Rows, web.Row{Cells: row})
	}
	v.Title, v.Crumbs, v.Wide = meetingTitle(name, m), append(slices.Clone(boardCrumbs), web.Link{Text: name, Href: "/boards/" + url.PathEscape(m.Board)}), true
	live := 0
	for _, d := range decisions {
		if d.SupersededAt == nil {
			live++
		}
	}
	switch m.State {
	case "cancelled":
		v.Lead = "This meeting is cancelled."
	case "held":
		v.Lead = fmt.Sprintf("It was held; it read %s and recorded %s.", plural(here, "paper", "papers"), plural(live, "decision", "decisions"))
	default:
		v.Lead = fmt.Sprintf("It begins at %s and lasts %d minutes; %s to read.", m.Start().Format("15:04"), m.Minutes, plural(here, "paper", "papers"))
	}
	v.Rows = []web.SummaryRow{{Key: "State", Tag: meetingTags[m.State]}, {Key: "When", Value: web.ShowDate(m.Start()) + ", " + m.Start().Format("15:04")}, {Key: "Where", Value: m.Place}}
	if m.Account != "" {
		v.Account = strings.Split(m.Account, "\n")
	}
	for _, h := range history {
		at := clock.FromMicros(h.At).In(clock.London())
		v.History = append(v.History, web.TimelineItem{Title: h.What, When: web.ShowDate(at), By: at.Format("15:04") + ", " + h.ByName})
	}
	f, personal, err := p.Panel(ctx, scope, work.Ref{Kind: work.MeetingRef, ID: m.ID})
	if err != nil {
		return err
	}
	v.Actions = f
	if personal {
		if err := p.Site.Consulted(ctx, scope, web.Read{Kind: "meeting", Subject: m.ID, Words: "actions of a meeting"}); err != nil {
			return err
		}
	}
	return web.Render(p.Site, w, r, meetingPage, v)
}

func (p *BoardPages) meetingForm(r *http.Request) (*web.Form, work.Meeting, string, error) {
	m, name, err := p.named(r)
	if err != nil {
		return nil, m, "", err
	}
	f := p.Site.NewForm("/meetings/"+m.ID+"/edit", "Save", append(meetingFields(),
		&web.Field{Name: "state", Label: "Where does it stand?", Kind: web.Radios, Required: "Say where it stands", Options: []web.Option{{Value: "planned", Label: "Planned"}, {Value: "held", Label: "Held"}, {Value: "cancelled", Label: "Cancelled"}}},
		&web.Field{Name: "account", Label: "What was said", Kind: web.TextArea, Rows: 8, Max: 8000, Hint: "Once it was held. Decisions and actions have places of their own; name nobody whose safety it is about."})...)
	f.Set("day", m.Start().Format(clock.ISODate)).Set("hour", m.Start().Format("15:04")).Set("minutes", strconv.Itoa(m.Minutes)).Set("place", m.Place).Set("state", m.State).Set("account", m.Account)
	f.Ver, f.Cancel, f.Readers = m.Ver, "/meetings/"+m.ID, readByAll
	return f, m, name, nil
}

func (p *BoardPages) editMeetingForm(w http.ResponseWriter, r *http.Request) error {
	f, m, name, err := p.meetingForm(r)
	if err != nil {
		return err
	}
	v := p.form(r, f, meetingTitle(name, m), "When it is moved, calendar files that are fetched again move it too.", "/meetings/"+m.ID, meetingTitle(name, m))
	if v.Kept, err = p.Keeper.Open(r, f, "meeting", m.ID); err != nil {
		return err
	}
	return web.Render(p.Site, w, r, contentweb.FormPage, v)
}

func (p *BoardPages) editMeeting(w http.ResponseWriter, r *http.Request) error {
	f, m, name, err := p.meetingForm(r)
	if err != nil {
		return err
	}
	f.Ver = 0
	if err := f.Read(w, r); err != nil {
		return err
	}
	in := meetingOf(f, m)
	in.State, in.Account = f.Value("state"), f.Value("account")
	v := p.form(r, f, meetingTitle(name, m), "", "/meetings/"+m.ID, meetingTitle(name, m))
	return contentweb.Answer(p.Site, p.Keeper, w, r, contentweb.Asked{View: v, Form: f, Draft: [2]string{"meeting", m.ID}, Said: "The meeting was saved.", Do: func(tx *database.Tx) (string, error) {
		in.Ver = f.Ver
		return "/meetings/" + m.ID, p.Boards.Save(r.Context(), tx, web.ScopeOf(r), in)
	}, Now: func() (*web.Form, error) { now, _, _, err := p.meetingForm(r); return now, err }})
}

// ---- papers ----

// MaxPaper is the largest file of a paper, in bytes.
const MaxPaper = 20 << 20

// paperTypes are the files that a paper may be.
var paperTypes = []string{".pdf", ".docx", ".odt", ".xlsx", ".ods", ".csv", ".txt", ".pptx", ".odp", ".html"}

func (p *BoardPages) papering(r *http.Request) (*web.Form, work.Meeting, string, error) {
	m, name, err := p.named(r)
	if err != nil {
		return nil, m, "", err
	}
	f := p.Site.NewForm("/meetings/"+m.ID+"/paper", "Add the paper",
		&web.Field{Name: "title", Label: "Title", Kind: web.TextInput, Required: "Enter a title"},
		&web.Field{Name: "summary", Label: "What is the meeting to do with it?", Kind: web.TextArea, Rows: 3, Required: "Say what the meeting is to do with it", Hint: "Note, discuss or decide, and what in one or two sentences."},
		&web.Field{Name: "link", Label: "A page of this Lantern", Kind: web.TextInput, Hint: "For example /objectives. Empty when there is none."},
		&web.Field{Name: "file", Label: "A file", Kind: web.FileInput, Hint: "Up to 20 MB. Every member can read it: it must name nobody whose safety it is about."})
	f.Multipart, f.Cancel, f.Readers = true, "/meetings/"+m.ID, readByAll
	return f, m, name, nil
}

func (p *BoardPages) paperForm(w http.ResponseWriter, r *http.Request) error {
	f, m, name, err := p.papering(r)
	if err != nil {
		return err
	}
	return web.Render(p.Site, w, r, contentweb.FormPage, p.form(r, f, "Bring a paper", "", "/meetings/"+m.ID, meetingTitle(name, m)))
}

func (p *BoardPages) addPaper(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), web.ScopeOf(r)
	f, m, name, err := p.papering(r)
	if err != nil {
		return err
	}
	sent, err := web.Upload(w, r, "file", MaxPaper)
	if err != nil && !fault.Is(err, fault.TooLarge) {
		return err
	} else if err != nil {
		return err
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	if sent.Bytes != nil && !slices.Contains(paperTypes, strings.ToLower(filepath.Ext(sent.Name))) {
		f.Fail("file", "Choose a file of one of these kinds: "+strings.Join(paperTypes, ", "))
	}
	v := p.form(r, f, "Bring a paper", "", "/meetings/"+m.ID, meetingTitle(name, m))
	in := work.Paper{Meeting: m.ID, Title: f.Value("title"), Summary: f.Value("summary"), Link: f.Value("link")}
	kept := false
	if f.Valid() && sent.Bytes != nil {
		x, err := p.Files.Save(ctx, scope, file.New{Owner: scope.Agency, Class: access.Partnership, Name: sent.Name, MediaType: "application/octet-stream", Retention: "board-paper", ReviewOn: clock.Today(p.Site.Clock).AddDate(6, 0, 0).Format(clock.ISODate)}, bytes.NewReader(sent.Bytes))
		if err != nil {
			return err
		}
		in.File, in.FileName, in.FileSize = x.ID, x.Name, x.Size
		defer func() { // a form sent twice, or one that was refused, leaves no second file
			if !kept {
				if err := p.Files.Remove(context.WithoutCancel(ctx), x.ID); err != nil {
					p.Site.Log.Error("a paper that was not kept could not be removed", "error", err.Error())
				}
			}
		}()
	}
	return p.answer(w, r, v, "The paper was added.", func(tx *database.Tx) (string, error) {
		tx.AfterCommit(func() { kept = true })
		return "/meetings/" + m.ID, p.Boards.AddPaper(ctx, tx, scope, in)
	}, nil)
}

func (p *BoardPages) onePaper(r *http.Request) (work.Paper, error) {
	list, err := p.Boards.Papers(r.Context(), p.q(), web.ScopeOf(r), r.PathValue("id"))
	for _, x := range list {
		if x.ID == r.PathValue("paper") && x.WithdrawnAt == nil {
			return x, nil
		}
	}
	if err == nil {
		err = fault.NoSuch()
	}
	return work.Paper{}, err
}

func (p *BoardPages) paper(w http.ResponseWriter, r *http.Request) error {
	x, err := p.onePaper(r)
	if err != nil {
		return err
	}
	if x.File == "" {
		return fault.NoSuch()
	}
	reader, f, err := p.Files.Open(r.Context(), web.ScopeOf(r), x.File)
	if err != nil {
		return err
	}
	b, err := io.ReadAll(io.LimitReader(reader, MaxPaper+1))
	if err != nil {
		return err
	}
	web.Download(w, f.Name, "application/octet-stream", clock.FromMicros(x.At), b)
	return nil
}

func (p *BoardPages) withdrawing(r *http.Request) (*web.Form, work.Paper, error) {
	x, err := p.onePaper(r)
	f := p.Site.NewForm("/meetings/"+x.Meeting+"/papers/"+x.ID+"/withdraw", "Withdraw the paper", &web.Field{Name: "why", Label: "Why is it withdrawn?", Kind: web.TextArea, Rows: 2, Max: 1000, Required: "Say why it is withdrawn"})
	f.Cancel, f.Readers = "/meetings/"+x.Meeting, readByAll
	return f, x, err
}

func (p *BoardPages) withdrawPaperForm(w http.ResponseWriter, r *http.Request) error {
	f, x, err := p.withdrawing(r)
	if err != nil {
		return err
	}
	return web.Render(p.Site, w, r, contentweb.FormPage, p.form(r, f, "Withdraw: "+x.Title, "That it was there stays.", "/meetings/"+x.Meeting, "The meeting"))
}

func (p *BoardPages) withdrawPaper(w http.ResponseWriter, r *http.Request) error {
	f, x, err := p.withdrawing(r)
	if err != nil {
		return err
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	return p.answer(w, r, p.form(r, f, "Withdraw: "+x.Title, "", "/meetings/"+x.Meeting, "The meeting"), "The paper was withdrawn.", func(tx *database.Tx) (string, error) {
		return "/meetings/" + x.Meeting, p.Boards.WithdrawPaper(r.Context(), tx, web.ScopeOf(r), x.Meeting, x.ID, f.Value("why"))
	}, nil)
}

// ---- decisions ----

func (p *BoardPages) deciding(r *http.Request) (*web.Form, work.Meeting, string, error) {
	m, name, err := p.named(r)
	if err != nil {
		return nil, m, "", err
	}
	list, err := p.Boards.Decisions(r.Context(), p.q(), web.ScopeOf(r), "", m.ID)
	over := []web.Option{{Value: "", Label: "None: it is new"}}
	for _, d := range list {
		if d.SupersededAt == nil {
			over = append(over, web.Option{Value: d.ID, Label: d.Words})
		}
	}
	f := p.Site.NewForm("/meetings/"+m.ID+"/decide", "Record the decision",
		&web.Field{Name: "words", Label: "What was decided?", Kind: web.TextArea, Rows: 3, Max: 2000, Required: "Say what was decided"},
		&web.Field{Name: "reason", Label: "Why?", Kind: web.TextArea, Rows: 3, Required: "Say why it was decided"},
		&web.Field{Name: "over", Label: "Does it take the place of another?", Kind: web.Select, Options: over})
	f.Cancel, f.Readers = "/meetings/"+m.ID, readByAll
	return f, m, name, err
}

func (p *BoardPages) decideForm(w http.ResponseWriter, r *http.Request) error {
	f, m, name, err := p.deciding(r)
	if err != nil {
		return err
	}
	return web.Render(p.Site, w, r, contentweb.FormPage, p.form(r, f, "Record a decision", "With its reason. What somebody is to do is an action, with one owner and one date.", "/meetings/"+m.ID, meetingTitle(name, m)))
}

func (p *BoardPages) decide(w http.ResponseWriter, r *http.Request) error {
	f, m, name, err := p.deciding(r)
	if err != nil {
		return err
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	return p.answer(w, r, p.form(r, f, "Record a decision", "", "/meetings/"+m.ID, meetingTitle(name, m)), "The decision was recorded.", func(tx *database.Tx) (string, error) {
		return "/meetings/" + m.ID, p.Boards.Decide(r.Context(), tx, web.ScopeOf(r), m.ID, f.Value("over"), f.Value("words"), f.Value("reason"))
	}, nil)
}

// ---- asking after ----

func (p *BoardPages) asking(r *http.Request) (*web.Form, work.Action, error) {
	a, err := p.Work.Get(r.Context(), p.q(), web.ScopeOf(r), r.PathValue("id"))
	f := p.Site.NewForm("/actions/"+a.ID+"/chase", "Ask", &web.Field{Name: "words", Label: "What do you want to know?", Kind: web.TextArea, Rows: 3, Max: 1000, Hint: "It may stay empty. It goes onto the owner’s list of work, once a day at most."})
	f.Cancel, f.Readers = "/actions/"+a.ID, readBy(r.Context(), p.Site, web.ScopeOf(r), a.Class, a.Owner)
	return f, a, err
}

func (p *BoardPages) askView(r *http.Request, f *web.Form, a work.Action) (*contentweb.FormView, error) {
	v := contentweb.NewFormView("Ask how it stands", a.AssigneeName+" is asked about: "+a.Title, f, web.Link{Text: "Actions", Href: "/actions"}, web.Link{Text: a.Title, Href: "/actions/" + a.ID})
	had, err := p.Boards.Chases(r.Context(), p.q(), a.ID)
	for _, c := range had {
		at := clock.FromMicros(c.At).In(clock.London())
		v.Before = append(v.Before, web.TimelineItem{Title: "Asked after", When: web.ShowDate(at), By: at.Format("15:04") + ", " + c.ByName, Text: c.Words})
	}
	return v, err
}

func (p *BoardPages) chaseForm(w http.ResponseWriter, r *http.Request) error {
	f, a, err := p.asking(r)
	if err != nil {
		return err
	}
	v, err := p.askView(r, f, a)
	if err != nil {
		return err
	}
	if err := p.consulted(r, "action", a.ID, []work.Action{a}); err != nil {
		return err
	}
	return web.Render(p.Site, w, r, contentweb.FormPage, v)
}

func (p *BoardPages) chase(w http.ResponseWriter, r *http.Request) error {
	f, a, err := p.asking(r)
	if err != nil {
		return err
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	v, err := p.askView(r, f, a)
	if err != nil {
		return err
	}
	return p.answer(w, r, v, "It is on the owner’s list.", func(tx *database.Tx) (string, error) {
		return "/actions/" + a.ID, p.Boards.Chase(r.Context(), tx, web.ScopeOf(r), a.ID, f.Value("words"))
	}, nil)
}
