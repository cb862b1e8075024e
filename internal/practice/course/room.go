package course

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
)

// Session is a course given in a room.
type Session struct {
	ID, Course, OnDay, AtTime, Place, Trainer string
	Places                                    int
	State                                     string // open, held, cancelled
	Agency, By                                string
	Ver                                       int64
	Booked                                    int // who is coming, or came
}

// Booking is a member's place in a session.
type Booking struct {
	Account, Name, Agency, State string // booked, left, present, absent
}

// Trainers are the roles that set up sessions and mark their registers.
var Trainers = []access.Role{access.Manager, access.Chair, access.InfoOfficer, access.Analyst}

func mayTrain(by access.Scope) error {
	if slices.Contains(Trainers, by.Role) && by.Agency != "" {
		return nil
	}
	return fault.New(fault.Refused, "Your role does not set up sessions.")
}

const sessionColumns = "s.id, s.course, s.on_day, s.at_time, s.place, s.trainer, s.places, s.state, s.agency, s.by_account, s.ver, (SELECT count(*) FROM course_booking b WHERE b.session_id = s.id AND b.state IN ('booked','present'))"

func scanSession(r database.Scanner) (Session, error) {
	var s Session
	return s, r.Scan(&s.ID, &s.Course, &s.OnDay, &s.AtTime, &s.Place, &s.Trainer, &s.Places, &s.State, &s.Agency, &s.By, &s.Ver, &s.Booked)
}

// Sessions lists sessions from a day on, soonest first, and those before it whose register is still open.
func (s *Store) Sessions(ctx context.Context, q database.Queryer, from string) ([]Session, error) {
	return database.Collect(ctx, q, scanSession, "SELECT "+sessionColumns+" FROM course_session s WHERE s.on_day >= $1 OR s.state = 'open' ORDER BY s.on_day, s.at_time, s.id", from)
}

// Session is one session.
func (s *Store) Session(ctx context.Context, q database.Queryer, id string) (Session, error) {
	return database.One(ctx, q, scanSession, "SELECT "+sessionColumns+" FROM course_session s WHERE s.id = $1", id)
}

// AddSession sets up a session of a live course.
func (s *Store) AddSession(ctx context.Context, tx *database.Tx, by access.Scope, in Session) (Session, error) {
	if err := mayTrain(by); err != nil {
		return in, err
	}
	if _, err := s.Get(ctx, tx, by, in.Course); err != nil {
		return in, err
	}
	if _, err := time.Parse(clock.ISODate, in.OnDay); err != nil || in.OnDay < clock.Today(s.clock).Format(clock.ISODate) {
		return in, fault.New(fault.Invalid, "The day of the session must be today or later.")
	}
	if in.Places < 1 || in.Places > 1000 || strings.TrimSpace(in.Place) == "" || strings.TrimSpace(in.Trainer) == "" {
		return in, fault.New(fault.Invalid, "A session needs a place, a trainer and 1 to 1,000 places.")
	}
	in.ID, in.State, in.Agency, in.By, in.Ver = s.ids.New(), "open", by.Agency, by.Account, 1
	return in, tx.Exec(ctx, "INSERT INTO course_session (id, course, on_day, at_time, place, trainer, places, state, agency, by_account, at) VALUES ($1,$2,$3,$4,$5,$6,$7,'open',$8,$9,$10)",
		in.ID, in.Course, in.OnDay, in.AtTime, in.Place, in.Trainer, in.Places, in.Agency, in.By, clock.Micros(s.clock.Now()))
}

// lock takes the session for this transaction's writing, so that two bookings of the last place cannot both succeed.
func (s *Store) lock(ctx context.Context, tx *database.Tx, id string) (Session, error) {
	n, err := tx.ExecCount(ctx, "UPDATE course_session SET ver = ver + 1 WHERE id = $1", id)
	if err != nil {
		return Session{}, err
	}
	if n == 0 {
		return Session{}, fault.NoSuch()
	}
	return s.Session(ctx, tx, id)
}

// Book takes a place for the reader, or gives it back.
func (s *Store) Book(ctx context.Context, tx *database.Tx, by access.Scope, id string, come bool) error {
	x, err := s.lock(ctx, tx, id)
	if err != nil {
		return err
	}
	mine, err := database.Collect(ctx, tx, database.Value[string], "SELECT state FROM course_booking WHERE session_id = $1 AND account = $2", id, by.Account)
	if err != nil {
		return err
	}
	had := append(mine, "left")[0]
	switch {
	case by.IsSystem() || by.Account == "" || by.Role == access.Subject:
		return fault.New(fault.Refused, "Only a member can book.")
	case x.State != "open" || x.OnDay < clock.Today(s.clock).Format(clock.ISODate):
		return fault.New(fault.Refused, "This session is over or was cancelled.")
	case come && had == "booked", !come && had != "booked":
		return nil
	case come && x.Booked >= x.Places:
		return fault.New(fault.Refused, "All %d places are taken.", x.Places)
	}
	state := "left"
	if come {
		state = "booked"
	}
	return s.put(ctx, tx, by, id, by.Account, state)
}

func (s *Store) put(ctx context.Context, tx *database.Tx, by access.Scope, session, account, state string) error {
	return tx.Exec(ctx, `INSERT INTO course_booking (session_id, account, state, by_account, at) VALUES ($1,$2,$3,$4,$5)
		ON CONFLICT (session_id, account) DO UPDATE SET state = excluded.state, by_account = excluded.by_account, at = excluded.at`, session, account, state, by.Account, clock.Micros(s.clock.Now()))
}

// Booked reports the sessions in which the reader has a place.
func (s *Store) Booked(ctx context.Context, q database.Queryer, scope access.Scope) (map[string]bool, error) {
	ids, err := database.Collect(ctx, q, database.Value[string], "SELECT session_id FROM course_booking WHERE account = $1 AND state IN ('booked','present')", scope.Account)
	out := map[string]bool{}
	for _, id := range ids {
		out[id] = true
	}
	return out, err
}

// Register lists who has a place in a session, by name: for trainers alone.
func (s *Store) Register(ctx context.Context, q database.Queryer, by access.Scope, id string) ([]Booking, error) {
	if mayTrain(by) != nil {
		return nil, fault.NoSuch()
	}
	return database.Collect(ctx, q, func(r database.Scanner) (Booking, error) {
		var b Booking
		return b, r.Scan(&b.Account, &b.Name, &b.Agency, &b.State)
	}, "SELECT b.account, a.name, a.agency, b.state FROM course_booking b JOIN account a ON a.id = b.account WHERE b.session_id = $1 AND b.state <> 'left' ORDER BY a.name, a.id", id)
}

// Mark closes a session's register: who of those booked was there, and who came without a place. Whoever was there has finished the course on
// that day. A session is marked once, on its day or later.
func (s *Store) Mark(ctx context.Context, tx *database.Tx, by access.Scope, id string, present []string) error {
	if err := mayTrain(by); err != nil {
		return err
	}
	x, err := s.lock(ctx, tx, id)
	if err != nil {
		return err
	}
	switch {
	case x.State != "open":
		return fault.New(fault.Conflict, "The register of this session is closed already.")
	case x.OnDay > clock.Today(s.clock).Format(clock.ISODate):
		return fault.New(fault.Refused, "The register is marked on the day or after it.")
	}
	c, err := s.Get(ctx, tx, by, x.Course)
	if err != nil {
		return err
	}
	booked, err := s.Register(ctx, tx, by, id)
	if err != nil {
		return err
	}
	for _, b := range booked {
		if !slices.Contains(present, b.Account) {
			if err := s.put(ctx, tx, by, id, b.Account, "absent"); err != nil {
				return err
			}
		}
	}
	for _, account := range present {
		a, err := s.accounts.Get(ctx, tx, account)
		if fault.Is(err, fault.NotFound) || err == nil && (a.Disabled || a.Role == access.Subject) {
			return fault.New(fault.Invalid, "The register names somebody who is not a member.")
		}
		if err != nil {
			return err
		}
		if err := s.put(ctx, tx, by, id, a.ID, "present"); err != nil {
			return err
		}
		if _, err := s.record(ctx, tx, by, c, Pass{Account: a.ID, Agency: a.Agency, How: "room", PassedOn: x.OnDay, Session: id}); err != nil {
			return err
		}
	}
	return tx.Exec(ctx, "UPDATE course_session SET state = 'held' WHERE id = $1", id)
}

// Cancel calls a session off.
func (s *Store) Cancel(ctx context.Context, tx *database.Tx, by access.Scope, id string) error {
	if err := mayTrain(by); err != nil {
		return err
	}
	x, err := s.lock(ctx, tx, id)
	if err != nil {
		return err
	}
	if x.State != "open" {
		return fault.New(fault.Conflict, "This session is over or was cancelled already.")
	}
	return tx.Exec(ctx, "UPDATE course_session SET state = 'cancelled' WHERE id = $1", id)
}

// FileHeader is the first line of the CSV that goes to and comes from other training systems.
var FileHeader = []string{"email", "course", "passed_on"}

// MaxFileRows is the most that one file may hold.
const MaxFileRows = 5000

// Keepers are the roles that carry their own agency's training records in and out as CSV.
var Keepers = []access.Role{access.Manager, access.InfoOfficer, access.Administrator}

func mayCarry(by access.Scope) error {
	if slices.Contains(Keepers, by.Role) && by.Agency != "" {
		return nil
	}
	return fault.New(fault.Refused, "Your role does not carry training records in or out.")
}

// Export is what the reader's own agency has finished, as CSV: e-mail address, course, day, and then how and until when. It writes a line of
// the audit log: records of named members leave.
func (s *Store) Export(ctx context.Context, tx *database.Tx, by access.Scope) ([]byte, error) {
	if err := mayCarry(by); err != nil {
		return nil, err
	}
	type row struct{ email, course, on, expires, how string }
	all, err := database.Collect(ctx, tx, func(r database.Scanner) (row, error) {
		var x row
		return x, r.Scan(&x.email, &x.course, &x.on, &x.expires, &x.how)
	}, "SELECT a.email, p.course, p.passed_on, p.expires_on, p.how FROM course_pass p JOIN account a ON a.id = p.account WHERE p.agency = $1 ORDER BY a.email, p.course, p.passed_on", by.Agency)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write(append(slices.Clone(FileHeader), "expires_on", "how")) //nolint:errcheck // a buffer takes everything
	for _, x := range all {
		_ = w.Write([]string{plain(x.email), plain(x.course), x.on, x.expires, x.how}) //nolint:errcheck // a buffer takes everything
	}
	w.Flush()
	return b.Bytes(), s.log.Record(ctx, tx, by, audit.Line{Act: audit.Disclosure, SubjectKind: "training", Owners: []string{by.Agency}, Words: strconv.Itoa(len(all)) + " training records taken out as a file"})
}

// plain keeps a spreadsheet from running text as a formula.
func plain(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

// Row is one row of a file of training records.
type Row struct{ Email, Course, PassedOn string }

// ReadFile reads a CSV of training records; columns beyond the three may follow and are not read.
func ReadFile(b []byte) ([]Row, error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))))
	r.FieldsPerRecord = -1
	head, err := r.Read()
	if err != nil || len(head) < 3 || !slices.Equal(head[:3], FileHeader) {
		return nil, fault.New(fault.Invalid, "The file must begin with the line %s.", strings.Join(FileHeader, ","))
	}
	var out []Row
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil || len(row) < 3 {
			return nil, fault.New(fault.Invalid, "Row %d cannot be read: expected an e-mail address, a course and a day.", len(out)+1)
		}
		if len(out) == MaxFileRows {
			return nil, fault.New(fault.TooLarge, "The file has more than %d rows.", MaxFileRows)
		}
		out = append(out, Row{Email: strings.TrimSpace(row[0]), Course: strings.TrimSpace(row[1]), PassedOn: strings.TrimSpace(row[2])})
	}
}

// Import takes training records of the reader's own agency from another system, all or none: the error names the first row that does not
// fit. It returns how many were new.
func (s *Store) Import(ctx context.Context, tx *database.Tx, by access.Scope, in []Row) (added int, err error) {
	if err := mayCarry(by); err != nil {
		return 0, err
	}
	courses, _, err := s.List(ctx, tx, by)
	if err != nil {
		return 0, err
	}
	accounts, err := s.accounts.All(ctx, tx)
	if err != nil {
		return 0, err
	}
	own := map[string]account.Account{}
	for _, a := range accounts {
		if a.Agency == by.Agency && a.Role != access.Subject {
			own[strings.ToLower(a.Email)] = a
		}
	}
	before, err := database.One(ctx, tx, database.Value[int], "SELECT count(*) FROM course_pass")
	if err != nil {
		return 0, err
	}
	today := clock.Today(s.clock).Format(clock.ISODate)
	for i, x := range in {
		a, ok := own[strings.ToLower(strings.TrimPrefix(x.Email, "'"))]
		at := slices.IndexFunc(courses, func(c Course) bool { return c.Code == x.Course })
		day, derr := time.Parse(clock.ISODate, x.PassedOn)
		switch {
		case !ok:
			return 0, fault.New(fault.Invalid, "Row %d: nobody of your agency has that e-mail address. Nothing was taken.", i+1)
		case at < 0:
			return 0, fault.New(fault.Invalid, "Row %d: there is no course %q. Nothing was taken.", i+1, x.Course)
		case derr != nil || x.PassedOn > today || day.Year() < 2000:
			return 0, fault.New(fault.Invalid, "Row %d: %q is no day, today or earlier, as 2026-11-28. Nothing was taken.", i+1, x.PassedOn)
		}
		if _, err := s.record(ctx, tx, by, courses[at], Pass{Account: a.ID, Agency: a.Agency, How: "file", PassedOn: x.PassedOn}); err != nil {
			return 0, err
		}
	}
	after, err := database.One(ctx, tx, database.Value[int], "SELECT count(*) FROM course_pass")
	return after - before, err
}
