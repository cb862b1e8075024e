package work

import (
	"context"
	"slices"
	"strings"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/content"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
)

// BoardKind is the kind of content that says which boards there are. MeetingRef is the kind of an action's source when
// a meeting set it.
const (
	BoardKind  = "board"
	MeetingRef = "meeting"
)

// Meeting is one meeting of a board.
type Meeting struct {
	ID, Board string
	Owner     string // agency that entered it
	StartsAt  int64  // UTC microseconds
	Minutes   int    // how long
	Place     string
	State     string // "planned", "held" or "cancelled"
	Account   string // what was said, once it was held; names nobody whose safety it is about
	Ver       int64
	At        int64
}

// Start is when it begins, in London.
func (m Meeting) Start() time.Time { return clock.FromMicros(m.StartsAt).In(clock.London()) }

// Paper is something a meeting reads: a page of this Lantern, a file, or words alone.
type Paper struct {
	ID, Meeting, Title, Summary string
	Link                        string // a page of this Lantern, "" for none
	File, FileName              string
	FileSize                    int64
	ByName                      string
	At                          int64
	WithdrawnAt                 *int64
	Why                         string
}

// Decision is what a meeting decided, with its reason. A decision that is changed stays, superseded.
type Decision struct {
	ID, Meeting, Words, Reason string
	ByName                     string
	At                         int64
	SupersededAt               *int64
	SupersededWhy              string
}

// Chase is somebody asking an action's owner how it stands.
type Chase struct {
	Action, Words, ByName string
	At                    int64
}

// Happened is a change of a meeting.
type Happened struct {
	What, ByName string
	At           int64
}

// Boards keeps boards, their meetings and what the meetings did.
type Boards struct {
	clock   clock.Clock
	ids     *clock.IDs
	log     *audit.Log
	content *content.Store
	work    *Store
}

// NewBoards returns the boards. What a board is, is content; its actions are the work store's.
func NewBoards(c clock.Clock, ids *clock.IDs, log *audit.Log, words *content.Store, actions *Store) *Boards {
	return &Boards{clock: c, ids: ids, log: log, content: words, work: actions}
}

const meetingColumns = "m.id, m.board, m.owner, m.starts_at, m.minutes, m.place, m.state, m.account, m.ver, m.at"

func scanMeeting(r database.Scanner) (Meeting, error) {
	var m Meeting
	return m, r.Scan(&m.ID, &m.Board, &m.Owner, &m.StartsAt, &m.Minutes, &m.Place, &m.State, &m.Account, &m.Ver, &m.At)
}

// Meetings lists the meetings of a board ("" for all) that begin in a span (0 for open ends), soonest first.
func (b *Boards) Meetings(ctx context.Context, q database.Queryer, scope access.Scope, board string, from, until int64) ([]Meeting, error) {
	where, args := scope.Where("m", 6)
	if until == 0 {
		until = 1 << 62
	}
	return database.Collect(ctx, q, scanMeeting, "SELECT "+meetingColumns+" FROM meeting m WHERE ($1 = '' OR m.board = $2) AND m.starts_at >= $3 AND m.starts_at < $4 AND m.state <> $5 AND "+where+" ORDER BY m.starts_at, m.id",
		append([]any{board, board, from, until, ""}, args...)...)
}

// Meeting is one meeting.
func (b *Boards) Meeting(ctx context.Context, q database.Queryer, scope access.Scope, id string) (Meeting, error) {
	where, args := scope.Where("m", 2)
	return database.One(ctx, q, scanMeeting, "SELECT "+meetingColumns+" FROM meeting m WHERE m.id = $1 AND "+where, append([]any{id}, args...)...)
}

func (b *Boards) checkMeeting(m Meeting) error {
	switch {
	case m.StartsAt <= 0 || m.Minutes < 5 || m.Minutes > 1440:
		return fault.New(fault.Invalid, "A meeting needs its day and hour, and a length of 5 minutes to a day.")
	case len([]rune(m.Place)) > 200 || len([]rune(m.Account)) > 8000:
		return fault.New(fault.Invalid, "The place may have 200 characters and the account of the meeting 8,000.")
	case m.State != "planned" && m.State != "held" && m.State != "cancelled":
		return fault.New(fault.Invalid, "Say whether the meeting is planned, was held or is cancelled.")
	case m.State == "held" && m.StartsAt > clock.Micros(b.clock.Now()):
		return fault.New(fault.Invalid, "The meeting has not begun yet, so it cannot have been held.")
	}
	return nil
}

// Plan adds a meeting of a board.
func (b *Boards) Plan(ctx context.Context, tx *database.Tx, by access.Scope, in Meeting) (Meeting, error) {
	if _, err := b.content.Get(ctx, tx, by, content.Key{Kind: BoardKind, Code: in.Board}); err != nil {
		return Meeting{}, err
	}
	in.State, in.ID, in.Owner, in.Ver, in.At = "planned", b.ids.New(), by.Agency, 1, clock.Micros(b.clock.Now())
	if err := b.checkMeeting(in); err != nil {
		return Meeting{}, err
	}
	err := tx.Exec(ctx, "INSERT INTO meeting (id, owner, class, board, starts_at, minutes, place, state, account, ver, by_account, at) VALUES "+database.In(1, 12),
		in.ID, in.Owner, string(access.Partnership), in.Board, in.StartsAt, in.Minutes, in.Place, in.State, in.Account, in.Ver, by.Account, in.At)
	if err != nil {
		return Meeting{}, err
	}
	return in, b.happened(ctx, tx, by, in.ID, "Planned for "+in.Start().Format("2 January 2006, 15:04")+".")
}

func (b *Boards) happened(ctx context.Context, tx *database.Tx, by access.Scope, meeting, what string) error {
	err := tx.Exec(ctx, "INSERT INTO meeting_event (id, meeting_id, what, by_account, by_name, at) VALUES ($1,$2,$3,$4,$5,$6)", b.ids.New(), meeting, what, by.Account, by.Name, clock.Micros(b.clock.Now()))
	if err != nil {
		return err
	}
	return b.log.Record(ctx, tx, by, audit.Line{Act: audit.Alteration, SubjectKind: "meeting", Subject: meeting, Words: "changed"})
}

// Save changes a meeting over version in.Ver; another version is a Conflict.
func (b *Boards) Save(ctx context.Context, tx *database.Tx, by access.Scope, in Meeting) error {
	old, err := b.Meeting(ctx, tx, by, in.ID)
	if err != nil {
		return err
	}
	if err := b.checkMeeting(in); err != nil {
		return err
	}
	n, err := tx.ExecCount(ctx, "UPDATE meeting SET starts_at = $1, minutes = $2, place = $3, state = $4, account = $5, ver = $6, at = $7 WHERE id = $8 AND ver = $9",
		in.StartsAt, in.Minutes, in.Place, in.State, in.Account, in.Ver+1, clock.Micros(b.clock.Now()), in.ID, in.Ver)
	if err != nil {
		return err
	}
	if n != 1 {
		return fault.New(fault.Conflict, "Somebody else changed this meeting while you were writing. Nothing of theirs was lost, and yours was not saved yet.")
	}
	var what []string
	if in.StartsAt != old.StartsAt {
		what = append(what, "Moved from "+old.Start().Format("2 January 2006, 15:04")+" to "+in.Start().Format("2 January 2006, 15:04")+".")
	}
	if in.Place != old.Place || in.Minutes != old.Minutes {
		what = append(what, "Place or length changed.")
	}
	if in.State != old.State {
		what = append(what, map[string]string{"planned": "Planned again.", "held": "Held.", "cancelled": "Cancelled."}[in.State])
	}
	if in.Account != old.Account {
		what = append(what, "The account of it was written.")
	}
	return b.happened(ctx, tx, by, in.ID, strings.Join(append(what, ""), " "))
}

// History lists what happened to a meeting, newest first.
func (b *Boards) History(ctx context.Context, q database.Queryer, meeting string) ([]Happened, error) {
	return database.Collect(ctx, q, func(r database.Scanner) (Happened, error) {
		var h Happened
		return h, r.Scan(&h.What, &h.ByName, &h.At)
	}, "SELECT what, by_name, at FROM meeting_event WHERE meeting_id = $1 ORDER BY at DESC, id DESC", meeting)
}

// AddPaper gives a meeting a paper.
func (b *Boards) AddPaper(ctx context.Context, tx *database.Tx, by access.Scope, in Paper) error {
	if _, err := b.Meeting(ctx, tx, by, in.Meeting); err != nil {
		return err
	}
	if err := checkText("The title", in.Title, 200); err != nil {
		return err
	}
	if err := checkText("What the meeting is to do with it", in.Summary, 4000); err != nil {
		return err
	}
	if in.Link != "" && (!strings.HasPrefix(in.Link, "/") || strings.HasPrefix(in.Link, "//") || strings.ContainsAny(in.Link, "\\\"<> ") || len(in.Link) > 300) {
		return fault.New(fault.Invalid, "%q is no page of this Lantern: expected an address such as /assessment.", in.Link)
	}
	err := tx.Exec(ctx, "INSERT INTO meeting_paper (id, meeting_id, title, summary, link, file_id, file_name, file_size, by_account, by_name, at) VALUES "+database.In(1, 11),
		b.ids.New(), in.Meeting, strings.TrimSpace(in.Title), strings.TrimSpace(in.Summary), in.Link, in.File, in.FileName, in.FileSize, by.Account, by.Name, clock.Micros(b.clock.Now()))
	if err != nil {
		return err
	}
	return b.happened(ctx, tx, by, in.Meeting, "A paper was added.")
}

// WithdrawPaper takes a paper off a meeting, with a reason; that it was there stays.
func (b *Boards) WithdrawPaper(ctx context.Context, tx *database.Tx, by access.Scope, meeting, paper, why string) error {
	if _, err := b.Meeting(ctx, tx, by, meeting); err != nil {
		return err
	}
	if err := checkText("The reason", why, 1000); err != nil {
		return err
	}
	n, err := tx.ExecCount(ctx, "UPDATE meeting_paper SET withdrawn_at = $1, why = $2 WHERE id = $3 AND meeting_id = $4 AND withdrawn_at IS NULL", clock.Micros(b.clock.Now()), why, paper, meeting)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.NoSuch()
	}
	return b.happened(ctx, tx, by, meeting, "A paper was withdrawn: "+why)
}

// Papers lists a meeting's papers in the order they came.
func (b *Boards) Papers(ctx context.Context, q database.Queryer, scope access.Scope, meeting string) ([]Paper, error) {
	where, args := scope.Where("m", 2)
	return database.Collect(ctx, q, func(r database.Scanner) (Paper, error) {
		var p Paper
		return p, r.Scan(&p.ID, &p.Meeting, &p.Title, &p.Summary, &p.Link, &p.File, &p.FileName, &p.FileSize, &p.ByName, &p.At, &p.WithdrawnAt, &p.Why)
	}, "SELECT p.id, p.meeting_id, p.title, p.summary, p.link, p.file_id, p.file_name, p.file_size, p.by_name, p.at, p.withdrawn_at, p.why FROM meeting_paper p JOIN meeting m ON m.id = p.meeting_id WHERE p.meeting_id = $1 AND "+where+" ORDER BY p.at, p.id", append([]any{meeting}, args...)...)
}

// Decide records a decision. Over is the decision it takes the place of, "" for none; then the reason says why.
func (b *Boards) Decide(ctx context.Context, tx *database.Tx, by access.Scope, meeting, over, words, reason string) error {
	if _, err := b.Meeting(ctx, tx, by, meeting); err != nil {
		return err
	}
	if err := checkText("What was decided", words, 2000); err != nil {
		return err
	}
	if err := checkText("The reason", reason, 4000); err != nil {
		return err
	}
	at := clock.Micros(b.clock.Now())
	if over != "" {
		n, err := tx.ExecCount(ctx, "UPDATE meeting_decision SET superseded_at = $1, superseded_why = $2 WHERE id = $3 AND meeting_id = $4 AND superseded_at IS NULL", at, reason, over, meeting)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.NoSuch()
		}
	}
	if err := tx.Exec(ctx, "INSERT INTO meeting_decision (id, meeting_id, words, reason, by_account, by_name, at) VALUES ($1,$2,$3,$4,$5,$6,$7)", b.ids.New(), meeting, strings.TrimSpace(words), strings.TrimSpace(reason), by.Account, by.Name, at); err != nil {
		return err
	}
	return b.happened(ctx, tx, by, meeting, "A decision was recorded.")
}

// Decisions lists what a board decided (meeting "" for all its meetings), newest first.
func (b *Boards) Decisions(ctx context.Context, q database.Queryer, scope access.Scope, board, meeting string) ([]Decision, error) {
	where, args := scope.Where("m", 5)
	return database.Collect(ctx, q, func(r database.Scanner) (Decision, error) {
		var d Decision
		return d, r.Scan(&d.ID, &d.Meeting, &d.Words, &d.Reason, &d.ByName, &d.At, &d.SupersededAt, &d.SupersededWhy)
	}, "SELECT d.id, d.meeting_id, d.words, d.reason, d.by_name, d.at, d.superseded_at, d.superseded_why FROM meeting_decision d JOIN meeting m ON m.id = d.meeting_id WHERE ($1 = '' OR m.board = $2) AND ($3 = '' OR m.id = $4) AND "+where+" ORDER BY d.at DESC, d.id DESC",
		append([]any{board, board, meeting, meeting}, args...)...)
}

// Watched is an action with the boards that watch it.
type Watched struct {
	Action
	Boards []string // codes
	Chased int
	Last   int64 // when it was chased last, 0 for never
}

// Watch puts an action on a board's log; it stays one action with one owner, however many boards watch it.
func (b *Boards) Watch(ctx context.Context, tx *database.Tx, by access.Scope, board, action string) error {
	if _, err := b.content.Get(ctx, tx, by, content.Key{Kind: BoardKind, Code: board}); err != nil {
		return err
	}
	a, err := b.work.Get(ctx, tx, by, action)
	if err != nil {
		return err
	}
	if access.Class(a.Class).Personal() {
		return fault.New(fault.Refused, "That action is about a person: a board’s log is read by every member, so it cannot stand there.")
	}
	had, err := database.One(ctx, tx, database.Value[int], "SELECT count(*) FROM action_board WHERE action_id = $1 AND board = $2", action, board)
	if err != nil || had > 0 {
		return err
	}
	if err := tx.Exec(ctx, "INSERT INTO action_board (action_id, board, by_account, at) VALUES ($1,$2,$3,$4)", action, board, by.Account, clock.Micros(b.clock.Now())); err != nil {
		return err
	}
	return b.log.Record(ctx, tx, by, audit.Line{Act: audit.Alteration, SubjectKind: "action", Subject: action, Owners: []string{a.Owner}, Words: "on the log of board " + board})
}

// Leave takes an action off a board's log.
func (b *Boards) Leave(ctx context.Context, tx *database.Tx, by access.Scope, board, action string) error {
	a, err := b.work.Get(ctx, tx, by, action)
	if err != nil {
		return err
	}
	n, err := tx.ExecCount(ctx, "DELETE FROM action_board WHERE action_id = $1 AND board = $2", action, board)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.Refused, "That action came from a meeting of this board, or is not on its log.")
	}
	return b.log.Record(ctx, tx, by, audit.Line{Act: audit.Alteration, SubjectKind: "action", Subject: action, Owners: []string{a.Owner}, Words: "off the log of board " + board})
}

// Log lists the actions that boards watch and the scope may read: those a meeting set and those put on a log; open and
// latest due first. Board "" is every board's.
func (b *Boards) Log(ctx context.Context, q database.Queryer, scope access.Scope, board string) ([]Watched, error) {
	type link struct{ action, board string }
	links, err := database.Collect(ctx, q, func(r database.Scanner) (link, error) {
		var l link
		return l, r.Scan(&l.action, &l.board)
	}, `SELECT action_id, board FROM action_board UNION SELECT a.id, m.board FROM action a JOIN meeting m ON m.id = a.source_id WHERE a.source_kind = 'meeting' ORDER BY 1, 2`)
	if err != nil {
		return nil, err
	}
	on := map[string][]string{}
	for _, l := range links {
		on[l.action] = append(on[l.action], l.board)
	}
	where, args := scope.Where("a", 1)
	rows, err := database.Collect(ctx, q, scanAction, selectAction+` WHERE (a.source_kind = 'meeting' OR EXISTS (SELECT 1 FROM action_board x WHERE x.action_id = a.id)) AND `+liveAction+" AND "+where+
		" ORDER BY CASE WHEN a.state = 'open' THEN 0 ELSE 1 END, a.due_on, a.id", args...)
	if err != nil {
		return nil, err
	}
	chases, err := b.chases(ctx, q, "")
	if err != nil {
		return nil, err
	}
	var out []Watched
	for _, a := range rows {
		w := Watched{Action: a, Boards: on[a.ID]}
		if board != "" && !slices.Contains(w.Boards, board) {
			continue
		}
		for _, c := range chases {
			if c.Action == a.ID {
				w.Chased++
				w.Last = max(w.Last, c.At)
			}
		}
		out = append(out, w)
	}
	return out, nil
}

func (b *Boards) chases(ctx context.Context, q database.Queryer, action string) ([]Chase, error) {
	return database.Collect(ctx, q, func(r database.Scanner) (Chase, error) {
		var c Chase
		return c, r.Scan(&c.Action, &c.Words, &c.ByName, &c.At)
	}, "SELECT action_id, words, by_name, at FROM action_chase WHERE ($1 = '' OR action_id = $2) ORDER BY at DESC, id DESC", action, action)
}

// Chases lists who asked after an action, newest first. The caller has read the action under its scope.
func (b *Boards) Chases(ctx context.Context, q database.Queryer, action string) ([]Chase, error) {
	return b.chases(ctx, q, action)
}

// Chase asks an open action's owner how it stands. It is kept with the action and shown on its owner's list; nobody
// can ask after the same action twice on one day.
func (b *Boards) Chase(ctx context.Context, tx *database.Tx, by access.Scope, action, words string) error {
	a, err := b.work.Get(ctx, tx, by, action)
	if err != nil {
		return err
	}
	if a.State != Open {
		return fault.New(fault.Refused, "This action is closed: there is nothing to ask after.")
	}
	had, err := b.chases(ctx, tx, action)
	if err != nil {
		return err
	}
	if today := clock.Today(b.clock); len(had) > 0 && !clock.Today(clock.At(clock.FromMicros(had[0].At))).Before(today) {
		return fault.New(fault.Refused, "%s asked after it today already.", had[0].ByName)
	}
	if err := tx.Exec(ctx, "INSERT INTO action_chase (id, action_id, words, by_account, by_name, at) VALUES ($1,$2,$3,$4,$5,$6)", b.ids.New(), action, words, by.Account, by.Name, clock.Micros(b.clock.Now())); err != nil {
		return err
	}
	return b.log.Record(ctx, tx, by, audit.Line{Act: audit.Alteration, SubjectKind: "action", Subject: action, Owners: []string{a.Owner}, Words: "asked after"})
}

// Work puts on somebody's list the actions of theirs that were asked after in the last fortnight.
func (b *Boards) Work(ctx context.Context, q database.Queryer, scope access.Scope, today time.Time) ([]Item, error) {
	where, args := scope.Where("a", 4)
	type asked struct {
		id, title, class, owner, by, words string
		at                                 int64
	}
	rows, err := database.Collect(ctx, q, func(r database.Scanner) (asked, error) {
		var x asked
		return x, r.Scan(&x.id, &x.title, &x.class, &x.owner, &x.by, &x.words, &x.at)
	}, "SELECT a.id, a.title, a.class, a.owner, c.by_name, c.words, c.at FROM action_chase c JOIN action a ON a.id = c.action_id WHERE a.assignee = $1 AND a.state = $2 AND c.at >= $3 AND "+liveAction+" AND "+where+" ORDER BY c.at DESC",
		append([]any{scope.Account, string(Open), clock.Micros(today.AddDate(0, 0, -14))}, args...)...)
	var out []Item
	seen := map[string]bool{}
	for _, x := range rows {
		if seen[x.id] {
			continue
		}
		seen[x.id] = true
		out = append(out, Item{ID: x.id, Kind: "Asked after", Title: "Say how it stands: " + x.title, Note: x.by + " asked. " + x.words, Due: clock.FromMicros(x.at).In(clock.London()).AddDate(0, 0, 3).Format(clock.ISODate), Href: "/actions/" + x.id, Personal: access.Class(x.class).Personal(), Owner: x.owner})
	}
	return out, err
}
