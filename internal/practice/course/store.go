package course

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"slices"
	"strings"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/practice"
)

// Store keeps training.
type Store struct {
	library  *practice.Library
	accounts *account.Store
	clock    clock.Clock
	ids      *clock.IDs
	log      *audit.Log
}

// NewStore returns the training of a library's courses.
func NewStore(l *practice.Library, accounts *account.Store, c clock.Clock, ids *clock.IDs, log *audit.Log) *Store {
	return &Store{library: l, accounts: accounts, clock: c, ids: ids, log: log}
}

// List is the live courses that can be read, by title. One that a local lead has broken is left out and named.
func (s *Store) List(ctx context.Context, q database.Queryer, scope access.Scope) (out []Course, broken []string, err error) {
	list, err := s.library.List(ctx, q, scope, practice.Course)
	for _, e := range list {
		c, cerr := Read(e.Item)
		if cerr != nil {
			broken = append(broken, e.Title)
			continue
		}
		out = append(out, c)
	}
	return out, broken, err
}

// Get is one live course.
func (s *Store) Get(ctx context.Context, q database.Queryer, scope access.Scope, code string) (Course, error) {
	e, err := s.library.Get(ctx, q, scope, practice.Course, code)
	if err != nil {
		return Course{}, err
	}
	return Read(e.Item)
}

// Progress is how far the reader has come in a course.
type Progress struct {
	Course        string
	Page          int // the furthest page read, from 1
	Tries         int // of the quiz
	Started, Last int64
}

// Mine is the reader's own progress, by course.
func (s *Store) Mine(ctx context.Context, q database.Queryer, scope access.Scope) (map[string]Progress, error) {
	list, err := database.Collect(ctx, q, func(r database.Scanner) (Progress, error) {
		var p Progress
		return p, r.Scan(&p.Course, &p.Page, &p.Tries, &p.Started, &p.Last)
	}, "SELECT course, page, tries, started_at, at FROM course_progress WHERE account = $1", scope.Account)
	out := make(map[string]Progress, len(list))
	for _, p := range list {
		out[p.Course] = p
	}
	return out, err
}

// Reach notes that the reader has read a page. Pages are read in order: one beyond the next is Refused.
func (s *Store) Reach(ctx context.Context, tx *database.Tx, by access.Scope, c Course, page int) error {
	mine, err := s.Mine(ctx, tx, by)
	if err != nil {
		return err
	}
	had := mine[c.Code]
	switch {
	case page < 1 || page > len(c.Pages):
		return fault.NoSuch()
	case page > had.Page+1:
		return fault.New(fault.Refused, "Read page %d first: the pages stand in order.", had.Page+1)
	case page <= had.Page:
		return nil
	}
	return s.progress(ctx, tx, by, c.Code, page, had.Tries, had.Started)
}

func (s *Store) progress(ctx context.Context, tx *database.Tx, by access.Scope, course string, page, tries int, started int64) error {
	at := clock.Micros(s.clock.Now())
	if started == 0 {
		started = at
	}
	return tx.Exec(ctx, `INSERT INTO course_progress (account, course, page, tries, started_at, at) VALUES ($1,$2,$3,$4,$5,$6)
		ON CONFLICT (account, course) DO UPDATE SET page = excluded.page, tries = excluded.tries, at = excluded.at`, by.Account, course, page, tries, started, at)
}

// Pass is a course that somebody finished.
type Pass struct {
	ID, Account, Agency, Course, Title string
	Version                            int64
	How                                string // quiz, room, file
	Score, OutOf                       *int64
	PassedOn, ExpiresOn                string
	Code                               string // 16 letters and digits: see ShowCode
	Session                            string
}

// Holds reports whether it has not run out on a day.
func (p Pass) Holds(today time.Time) bool {
	return p.ExpiresOn == "" || p.ExpiresOn >= today.Format(clock.ISODate)
}

const passColumns = "p.id, p.account, p.agency, p.course, p.title, p.version, p.how, p.score, p.out_of, p.passed_on, p.expires_on, p.code, p.session_id"

func scanPass(r database.Scanner) (Pass, error) {
	var p Pass
	return p, r.Scan(&p.ID, &p.Account, &p.Agency, &p.Course, &p.Title, &p.Version, &p.How, &p.Score, &p.OutOf, &p.PassedOn, &p.ExpiresOn, &p.Code, &p.Session)
}

// Answers marks the reader's quiz. All pages must have been read. With enough right answers the course is finished and the pass returned;
// else ok is false and another try is counted.
func (s *Store) Answers(ctx context.Context, tx *database.Tx, by access.Scope, c Course, chosen []int) (pass Pass, ok bool, err error) {
	mine, err := s.Mine(ctx, tx, by)
	if err != nil {
		return Pass{}, false, err
	}
	p := mine[c.Code]
	switch {
	case by.IsSystem() || by.Account == "":
		return Pass{}, false, fault.New(fault.Refused, "Only a person can take a course.")
	case p.Page < len(c.Pages):
		return Pass{}, false, fault.New(fault.Refused, "Read page %d first: the quiz comes after the last page.", p.Page+1)
	case len(c.Quiz) == 0:
		return Pass{}, false, fault.New(fault.Refused, "This course has no quiz.")
	}
	right := c.Mark(chosen)
	if err := s.progress(ctx, tx, by, c.Code, p.Page, p.Tries+1, p.Started); err != nil {
		return Pass{}, false, err
	}
	if right < c.Needed() {
		return Pass{}, false, nil
	}
	score, of := int64(right), int64(len(c.Quiz))
	pass, err = s.record(ctx, tx, by, c, Pass{Account: by.Account, Agency: by.Agency, How: "quiz", Score: &score, OutOf: &of, PassedOn: clock.Today(s.clock).Format(clock.ISODate)})
	return pass, err == nil, err
}

// record keeps a pass and its audit line. One for the same member, course, day and way is kept once.
func (s *Store) record(ctx context.Context, tx *database.Tx, by access.Scope, c Course, p Pass) (Pass, error) {
	had, err := database.Collect(ctx, tx, scanPass, "SELECT "+passColumns+" FROM course_pass p WHERE p.account = $1 AND p.course = $2 AND p.passed_on = $3 AND p.how = $4", p.Account, c.Code, p.PassedOn, p.How)
	if err != nil || len(had) > 0 {
		return append(had, Pass{})[0], err
	}
	day, err := time.Parse(clock.ISODate, p.PassedOn)
	if err != nil {
		return p, fault.New(fault.Invalid, "The day %q cannot be read: expected year-month-day.", p.PassedOn)
	}
	p.ID, p.Course, p.Title, p.Version, p.Code = s.ids.New(), c.Code, c.Title, c.Number, newCode()
	review := day.AddDate(2, 0, 0)
	if c.Months > 0 {
		expires := day.AddDate(0, c.Months, 0)
		p.ExpiresOn, review = expires.Format(clock.ISODate), expires.AddDate(1, 0, 0)
	}
	err = tx.Exec(ctx, `INSERT INTO course_pass (id, account, agency, course, version, title, how, score, out_of, passed_on, expires_on, code, session_id, by_account, at, review_on)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16)`,
		p.ID, p.Account, p.Agency, p.Course, p.Version, p.Title, p.How, p.Score, p.OutOf, p.PassedOn, p.ExpiresOn, p.Code, p.Session, by.Account, clock.Micros(s.clock.Now()), review.Format(clock.ISODate))
	if err != nil {
		return p, err
	}
	return p, s.log.Record(ctx, tx, by, audit.Line{Act: audit.Collection, SubjectKind: "training", Subject: p.ID, Owners: []string{p.Agency}, Words: "course " + p.Course + " finished, " + p.How})
}

// newCode is 80 bits of chance in letters and digits.
func newCode() string {
	var b [10]byte
	_, _ = rand.Read(b[:]) //nolint:errcheck // never fails: it stops the program instead
	return base32.StdEncoding.EncodeToString(b[:])
}

// ShowCode parts a code into fours, to be read out.
func ShowCode(code string) string {
	var parts []string
	for len(code) > 4 {
		parts, code = append(parts, code[:4]), code[4:]
	}
	return strings.Join(append(parts, code), "-")
}

// Verify is the pass that a code stands for, without whose it is. NotFound for any other code.
func (s *Store) Verify(ctx context.Context, q database.Queryer, code string) (Pass, error) {
	code = strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(code))
	if len(code) != 16 {
		return Pass{}, fault.NoSuch()
	}
	p, err := database.One(ctx, q, scanPass, "SELECT "+passColumns+" FROM course_pass p WHERE p.code = $1", code)
	p.ID, p.Account, p.Agency, p.Score, p.OutOf, p.Session = "", "", "", nil, nil, ""
	return p, err
}

// Passes lists the reader's own passes, newest first.
func (s *Store) Passes(ctx context.Context, q database.Queryer, scope access.Scope) ([]Pass, error) {
	return database.Collect(ctx, q, scanPass, "SELECT "+passColumns+" FROM course_pass p WHERE p.account = $1 ORDER BY p.passed_on DESC, p.id DESC", scope.Account)
}

// Own is one of the reader's own passes.
func (s *Store) Own(ctx context.Context, q database.Queryer, scope access.Scope, id string) (Pass, error) {
	return database.One(ctx, q, scanPass, "SELECT "+passColumns+" FROM course_pass p WHERE p.id = $1 AND p.account = $2", id, scope.Account)
}

// Stand is how somebody stands to a course.
type Stand string

// The stands.
const (
	Missing Stand = "missing" // never done
	Expired Stand = "expired"
	Running Stand = "running-out" // holds, for less than 30 days more
	Held    Stand = "held"
)

// soonDays is how long before it runs out a course is asked for again.
const soonDays = 30

// Status is how somebody stands to one course, and their last pass.
type Status struct {
	Course Course
	Stand  Stand
	Last   *Pass
}

func stand(passes []Pass, course string, today time.Time) (Stand, *Pass) {
	var best *Pass
	for i := range passes {
		p := &passes[i]
		if p.Course != course {
			continue
		}
		if best == nil || later(p.ExpiresOn, best.ExpiresOn) {
			best = p
		}
	}
	switch {
	case best == nil:
		return Missing, nil
	case !best.Holds(today):
		return Expired, best
	case best.ExpiresOn != "" && best.ExpiresOn <= today.AddDate(0, 0, soonDays).Format(clock.ISODate):
		return Running, best
	}
	return Held, best
}

// later reports whether a pass that runs out on a outlasts one that runs out on b; "" never runs out.
func later(a, b string) bool { return b != "" && (a == "" || a > b) }

// Statuses is how the reader stands to every course, required ones first.
func (s *Store) Statuses(ctx context.Context, q database.Queryer, scope access.Scope) ([]Status, error) {
	courses, _, err := s.List(ctx, q, scope)
	if err != nil {
		return nil, err
	}
	passes, err := s.Passes(ctx, q, scope)
	if err != nil {
		return nil, err
	}
	today := clock.Today(s.clock)
	out := make([]Status, len(courses))
	for i, c := range courses {
		st, last := stand(passes, c.Code, today)
		out[i] = Status{c, st, last}
	}
	slices.SortStableFunc(out, func(a, b Status) int {
		x, y := a.Course.RequiredOf(scope.Role), b.Course.RequiredOf(scope.Role)
		switch {
		case x == y:
			return 0
		case x:
			return -1
		}
		return 1
	})
	return out, nil
}

// Open says whether the reader has finished every course that a gate needs ("panel"): nil when they have, and else Refused in words that name
// what is missing. Rooms above ask it before they let somebody in; a gate that no course guards is open.
func (s *Store) Open(ctx context.Context, q database.Queryer, scope access.Scope, gate string) error {
	if scope.IsSystem() {
		return nil
	}
	all, err := s.Statuses(ctx, q, scope)
	if err != nil {
		return err
	}
	var missing []string
	for _, x := range all {
		if x.Course.Gate == gate && (x.Stand == Missing || x.Stand == Expired) {
			missing = append(missing, "“"+x.Course.Title+"”")
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return fault.New(fault.Refused, "This opens once you have done the course %s, under Hub, Training.", strings.Join(missing, " and "))
}

// Cell is how many members of an agency who must have done a course have.
type Cell struct{ Done, Of int }

// Matrix is completion by agency: for each agency, in the order given, and each required course.
type Matrix struct {
	Courses  []Course
	Agencies []string
	Cells    map[string][]Cell // by agency, in the order of Courses
	Half     map[string]int    // by agency: members who began a required course and have not finished it
}

// Board counts completion by agency. It holds no names.
func (s *Store) Board(ctx context.Context, q database.Queryer, scope access.Scope, agencies []string) (Matrix, error) {
	m := Matrix{Agencies: agencies, Cells: map[string][]Cell{}, Half: map[string]int{}}
	all, _, err := s.List(ctx, q, scope)
	if err != nil {
		return m, err
	}
	for _, c := range all {
		if len(c.Required) > 0 {
			m.Courses = append(m.Courses, c)
		}
	}
	accounts, err := s.accounts.All(ctx, q)
	if err != nil {
		return m, err
	}
	passes, err := database.Collect(ctx, q, scanPass, "SELECT "+passColumns+" FROM course_pass p")
	if err != nil {
		return m, err
	}
	begun, err := database.Collect(ctx, q, func(r database.Scanner) ([2]string, error) { var x [2]string; return x, r.Scan(&x[0], &x[1]) }, "SELECT account, course FROM course_progress")
	if err != nil {
		return m, err
	}
	by := map[string][]Pass{}
	for _, p := range passes {
		by[p.Account] = append(by[p.Account], p)
	}
	started := map[[2]string]bool{}
	for _, b := range begun {
		started[b] = true
	}
	today := clock.Today(s.clock)
	for _, a := range agencies {
		m.Cells[a] = make([]Cell, len(m.Courses))
	}
	for _, a := range accounts {
		cells := m.Cells[a.Agency]
		if a.Disabled || cells == nil {
			continue
		}
		half := false
		for i, c := range m.Courses {
			if !c.RequiredOf(a.Role) {
				continue
			}
			cells[i].Of++
			if st, _ := stand(by[a.ID], c.Code, today); st == Held || st == Running {
				cells[i].Done++
			} else if started[[2]string{a.ID, c.Code}] {
				half = true
			}
		}
		if half {
			m.Half[a.Agency]++
		}
	}
	return m, nil
}
