// Package handout is what leaves one agency for one named reader: an export with a purpose, a recipient, its fields and a last day, kept in a register.
//
// Nothing is copied when it is made, and nothing is sent: the reader reads it in the product, where each reading takes the rows as they are then and as far as both the
// maker and the reader may read them then. What ends (an agreement, an account, a record, the last day) ends it at once, and what was corrected is
// read corrected. A reader who may take a file gets one that says on its first line who read it, when and for what, with a mark that
// leads back to that reading. Files that are out are asked back when the export ends, or when a record in them is removed or put right; the reader
// says that theirs is gone.
package handout

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/sharing"
	"lantern.example/lantern/internal/work"
)

// Field is one thing that a row can say.
type Field struct{ Code, Label string }

// Row is a row as it is read: the record it is of, and what it says of each field asked for.
type Row struct {
	Record string
	Cells  []string
}

// Dataset is a kind of rows that can be handed out.
type Dataset struct {
	Code, Title string
	Fields      []Field
	// Rows reads the maker's agency's own rows, as far as both scopes may read them.
	Rows func(ctx context.Context, q database.Queryer, maker, reader access.Scope, fields []string) ([]Row, error)
}

// Handout is one export in the register.
type Handout struct {
	ID, Code, Owner    string
	Dataset            string
	Fields             []string
	Purpose            access.Purpose
	Why                string
	Recipient          string // account
	RecipientAgency    string
	Files              bool   // the reader may take a file
	ExpiresOn          string // ISO date, the last day
	By                 string
	At                 int64
	EndedAt            *int64
	EndedBy, EndedWhy  string
	Readings, TakenOut int // how often it was read, and taken out as a file
	Recalled, Waiting  int // copies asked back, and of these not acknowledged
}

// Open reports whether it can be read on a day.
func (h Handout) Open(today time.Time) bool {
	return h.EndedAt == nil && work.DaysUntil(h.ExpiresOn, today) >= 0
}

// Reading is one reading of it.
type Reading struct {
	ID, Handout, Mark, Account, How string
	Rows                            int
	At                              int64
}

// Recall is a copy that was asked back.
type Recall struct {
	ID, Handout, Why, Action, By, Words string
	At                                  int64
	Done                                *int64
}

// Store keeps the register.
type Store struct {
	db       *database.DB
	clock    clock.Clock
	ids      *clock.IDs
	log      *audit.Log
	accounts *account.Store
	work     *work.Store
	Datasets []Dataset
}

// NewStore returns the register.
func NewStore(db *database.DB, c clock.Clock, ids *clock.IDs, log *audit.Log, accounts *account.Store, w *work.Store, datasets []Dataset) *Store {
	return &Store{db: db, clock: c, ids: ids, log: log, accounts: accounts, work: w, Datasets: datasets}
}

// Dataset is the dataset of that code.
func (s *Store) Dataset(code string) (Dataset, bool) {
	i := slices.IndexFunc(s.Datasets, func(d Dataset) bool { return d.Code == code })
	if i < 0 {
		return Dataset{}, false
	}
	return s.Datasets[i], true
}

// makers are the roles that hand things out.
var makers = []access.Role{access.Manager, access.Analyst, access.Chair}

// MayMake reports whether a scope hands things out.
func MayMake(s access.Scope) bool { return s.Agency != "" && slices.Contains(makers, s.Role) }

// longest is for how many days at most something is handed out.
const longest = 90

// RetentionClass is the class of entries in the register.
const RetentionClass = "export"

const keptMonths = 24

// New is what is said of an export when it is made.
type New struct {
	Dataset, Recipient, Why, ExpiresOn string
	Fields                             []string
	Purpose                            access.Purpose
	Files                              bool
}

// Purposes are those for which something can be handed to an account by a scope: of the closed list, and such as both act for.
func Purposes(by access.Scope, to account.Account) []access.Purpose {
	var out []access.Purpose
	for _, p := range sharing.Purposes {
		if slices.Contains(account.Purposes(by.Role), p) && slices.Contains(account.Purposes(to.Role), p) {
			out = append(out, p)
		}
	}
	return out
}

// Make hands something out. The purpose is of the closed list: housing, benefits, immigration and school-admission decisions are not on it and cannot be
// chosen.
func (s *Store) Make(ctx context.Context, tx *database.Tx, by access.Scope, in New) (Handout, error) {
	if !MayMake(by) {
		return Handout{}, fault.NoSuch()
	}
	if !slices.Contains(sharing.Purposes, in.Purpose) {
		return Handout{}, fault.New(fault.Invalid, "There is no such purpose. Nothing is handed out for %s.", sharing.NeverPurposes)
	}
	to, err := s.accounts.Get(ctx, tx, in.Recipient)
	if fault.Is(err, fault.NotFound) || err == nil && (to.Disabled || to.Role == access.Subject || to.ID == by.Account) {
		return Handout{}, fault.New(fault.Invalid, "Choose one reader from the list.")
	}
	if err != nil {
		return Handout{}, err
	}
	if !slices.Contains(Purposes(by, to), in.Purpose) {
		return Handout{}, fault.New(fault.Refused, "You and %s do not both act for that purpose.", to.Name)
	}
	d, ok := s.Dataset(in.Dataset)
	if !ok || len(in.Fields) == 0 {
		return Handout{}, fault.New(fault.Invalid, "Choose what is handed out, and which fields of it.")
	}
	for _, f := range in.Fields {
		if !slices.ContainsFunc(d.Fields, func(x Field) bool { return x.Code == f }) {
			return Handout{}, fault.New(fault.Invalid, "%s has no field %q.", d.Title, f)
		}
	}
	if in.Why = strings.TrimSpace(in.Why); in.Why == "" || utf8.RuneCountInString(in.Why) > 1000 {
		return Handout{}, fault.New(fault.Invalid, "Write what it is for, in at most 1,000 characters.")
	}
	today := clock.Today(s.clock)
	until, err := time.Parse(clock.ISODate, in.ExpiresOn)
	if err != nil || until.Before(today) || until.After(today.AddDate(0, 0, longest)) {
		return Handout{}, fault.New(fault.Invalid, "Choose the last day: today at the earliest, and at most %d days from now.", longest)
	}
	h := Handout{ID: s.ids.New(), Owner: by.Agency, Dataset: in.Dataset, Fields: in.Fields, Purpose: in.Purpose, Why: in.Why, Recipient: to.ID, RecipientAgency: to.Agency, Files: in.Files, ExpiresOn: in.ExpiresOn, By: by.Account, At: clock.Micros(s.clock.Now())}
	rows, err := s.rows(ctx, tx, h)
	if err != nil {
		return h, err
	}
	if len(rows) == 0 {
		return h, fault.New(fault.Refused, "Nothing of it may be read by %s for that purpose: no live agreement lets their agency read it, or there is nothing.", to.Name)
	}
	codes, err := database.Collect(ctx, tx, database.Value[string], "SELECT code FROM handout")
	if err != nil {
		return h, err
	}
	last := 0 // retention takes entries away: how many there are is no number for the next
	for _, c := range codes {
		if n, err := strconv.Atoi(strings.TrimPrefix(c, "E-")); err == nil {
			last = max(last, n)
		}
	}
	h.Code = fmt.Sprintf("E-%d", last+1)
	err = tx.Exec(ctx, "INSERT INTO handout (id, code, owner, dataset, fields, purpose, why, recipient, recipient_agency, files, expires_on, by_account, at, retention_class, review_on) VALUES "+database.In(1, 15),
		h.ID, h.Code, h.Owner, h.Dataset, strings.Join(h.Fields, " "), string(h.Purpose), h.Why, h.Recipient, h.RecipientAgency, h.Files, h.ExpiresOn, h.By, h.At, RetentionClass, until.AddDate(0, keptMonths, 0).Format(clock.ISODate))
	if database.IsUnique(err) {
		return h, fault.New(fault.Conflict, "Somebody else handed something out at the same moment. Send it again.")
	}
	if err != nil {
		return h, err
	}
	return h, s.log.Record(ctx, tx, by, audit.Line{Act: audit.Disclosure, SubjectKind: "export", Subject: h.ID, Owners: []string{h.Owner}, Words: fmt.Sprintf("%s made for %s of %s, for %s, until %s: %s (%s)", h.Code, to.ID, to.Agency, h.Purpose, h.ExpiresOn, h.Dataset, strings.Join(h.Fields, ", "))})
}

// rows are what the export holds now: what its maker may still read for its purpose and its reader may read too. It was made at one agency for
// somebody of another: whoever of the two has gone elsewhere takes nothing with them.
func (s *Store) rows(ctx context.Context, q database.Queryer, h Handout) ([]Row, error) {
	var scopes [2]access.Scope
	at := [2]string{h.Owner, h.RecipientAgency}
	for i, id := range []string{h.By, h.Recipient} {
		acc, err := s.accounts.Get(ctx, q, id)
		if err != nil || acc.Disabled || acc.Agency != at[i] {
			return nil, err
		}
		if scopes[i], err = s.accounts.Scope(ctx, acc, h.Purpose); err != nil {
			return nil, err
		}
	}
	d, ok := s.Dataset(h.Dataset)
	if !ok {
		return nil, nil
	}
	return d.Rows(ctx, q, scopes[0], scopes[1], h.Fields)
}

const columns = `h.id, h.code, h.owner, h.dataset, h.fields, h.purpose, h.why, h.recipient, h.recipient_agency, h.files, h.expires_on, h.by_account, h.at, h.ended_at, h.ended_by, h.ended_why,
	(SELECT count(*) FROM handout_reading r WHERE r.handout_id = h.id), (SELECT count(*) FROM handout_reading r WHERE r.handout_id = h.id AND r.how <> 'page'),
	(SELECT count(*) FROM handout_recall c WHERE c.handout_id = h.id), (SELECT count(*) FROM handout_recall c WHERE c.handout_id = h.id AND c.acknowledged_at IS NULL)`

func scan(r database.Scanner) (Handout, error) {
	var h Handout
	var fields string
	err := r.Scan(&h.ID, &h.Code, &h.Owner, &h.Dataset, &fields, (*string)(&h.Purpose), &h.Why, &h.Recipient, &h.RecipientAgency, &h.Files, &h.ExpiresOn, &h.By, &h.At, &h.EndedAt, &h.EndedBy, &h.EndedWhy, &h.Readings, &h.TakenOut, &h.Recalled, &h.Waiting)
	h.Fields = strings.Fields(fields)
	return h, err
}

// keeper is who reads the register of an agency: whoever hands out there, and its information officers.
func keeper(s access.Scope) bool { return MayMake(s) || s.Role == access.InfoOfficer && s.Agency != "" }

// List is the register as a scope may read it: its agency's own entries for those who keep it, and what was handed to the account.
func (s *Store) List(ctx context.Context, q database.Queryer, scope access.Scope) ([]Handout, error) {
	owner := ""
	if keeper(scope) {
		owner = scope.Agency
	}
	return database.Collect(ctx, q, scan, "SELECT "+columns+" FROM handout h WHERE (h.owner = $1 OR h.recipient = $2) ORDER BY h.at DESC, h.id DESC LIMIT 500", owner, scope.Account)
}

// Get is an entry that the scope may read.
func (s *Store) Get(ctx context.Context, q database.Queryer, scope access.Scope, id string) (Handout, error) {
	owner := ""
	if keeper(scope) {
		owner = scope.Agency
	}
	return database.One(ctx, q, scan, "SELECT "+columns+" FROM handout h WHERE (h.owner = $1 OR h.recipient = $2) AND h.id = $3", owner, scope.Account, id)
}

// mark is what stands on a page or file: short enough to be read out, and random.
func mark() (string, error) {
	var b [10]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", err
	}
	m := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:])
	return m[:4] + "-" + m[4:8] + "-" + m[8:12] + "-" + m[12:16], nil
}

// Read gives the named reader the rows as they are now and keeps the reading, in one transaction with its line in the log: how is page, csv or xlsx.
// To anybody else, after the last day and after its end, there is no such export.
func (s *Store) Read(ctx context.Context, by access.Scope, id, how string) (Handout, Reading, []Row, error) {
	var h Handout
	var r Reading
	var rows []Row
	err := s.db.Write(ctx, func(tx *database.Tx) (err error) {
		if h, err = s.Get(ctx, tx, by, id); err != nil {
			return err
		}
		if h.Recipient != by.Account || h.RecipientAgency != by.Agency || !h.Open(clock.Today(s.clock)) || how != "page" && !h.Files {
			return fault.NoSuch()
		}
		if by.Purpose != h.Purpose {
			return fault.New(fault.Refused, "This was handed to you for another purpose than the one you are here for. Change what you are here for, at the top of the page, and open it again.")
		}
		if rows, err = s.rows(ctx, tx, h); err != nil {
			return err
		}
		r = Reading{ID: s.ids.New(), Handout: h.ID, Account: by.Account, How: how, Rows: len(rows), At: clock.Micros(s.clock.Now())}
		if r.Mark, err = mark(); err != nil {
			return err
		}
		if err := tx.Exec(ctx, "INSERT INTO handout_reading (id, handout_id, mark, account, how, rows_read, at) VALUES ($1,$2,$3,$4,$5,$6,$7)", r.ID, r.Handout, r.Mark, r.Account, r.How, r.Rows, r.At); err != nil {
			return err
		}
		if how != "page" {
			items := make([][]any, 0, len(rows))
			for _, x := range rows {
				items = append(items, []any{r.ID, x.Record})
			}
			if err := tx.Insert(ctx, "INSERT INTO handout_item (reading_id, item)", 2, items, "ON CONFLICT DO NOTHING"); err != nil {
				return err
			}
		}
		return s.log.Record(ctx, tx, by, audit.Line{Act: audit.Disclosure, SubjectKind: "export", Subject: h.ID, Owners: []string{h.Owner}, Words: fmt.Sprintf("%s read as %s: %d rows, mark %s", h.Code, how, len(rows), r.Mark)})
	})
	return h, r, rows, err
}

// Readings lists who read an entry, newest first.
func (s *Store) Readings(ctx context.Context, q database.Queryer, scope access.Scope, id string) ([]Reading, error) {
	if _, err := s.Get(ctx, q, scope, id); err != nil {
		return nil, err
	}
	return database.Collect(ctx, q, scanReading, "SELECT r.id, r.handout_id, r.mark, r.account, r.how, r.rows_read, r.at FROM handout_reading r WHERE r.handout_id = $1 ORDER BY r.id DESC LIMIT 500", id)
}

func scanReading(r database.Scanner) (Reading, error) {
	var x Reading
	return x, r.Scan(&x.ID, &x.Handout, &x.Mark, &x.Account, &x.How, &x.Rows, &x.At)
}

// Trace finds the reading that a mark leads back to, for those who keep its agency's register.
func (s *Store) Trace(ctx context.Context, q database.Queryer, scope access.Scope, m string) (Reading, error) {
	if !keeper(scope) {
		return Reading{}, fault.NoSuch()
	}
	return database.One(ctx, q, scanReading, "SELECT r.id, r.handout_id, r.mark, r.account, r.how, r.rows_read, r.at FROM handout_reading r JOIN handout h ON h.id = r.handout_id WHERE r.mark = $1 AND h.owner = $2", strings.ToUpper(strings.TrimSpace(m)), scope.Agency)
}

// End ends an export before its day, and asks back what was taken out of it.
func (s *Store) End(ctx context.Context, tx *database.Tx, by access.Scope, id, why string) error {
	h, err := s.Get(ctx, tx, by, id)
	if err != nil {
		return err
	}
	if !keeper(by) || h.Owner != by.Agency {
		return fault.NoSuch()
	}
	if why = strings.TrimSpace(why); why == "" || utf8.RuneCountInString(why) > 1000 {
		return fault.New(fault.Invalid, "Write why it ends, in at most 1,000 characters.")
	}
	n, err := tx.ExecCount(ctx, "UPDATE handout SET ended_at = $1, ended_by = $2, ended_why = $3 WHERE id = $4 AND ended_at IS NULL", clock.Micros(s.clock.Now()), by.Account, why, id)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.Refused, "It has ended already.")
	}
	if err := s.recall(ctx, tx, h, "ended"); err != nil {
		return err
	}
	return s.log.Record(ctx, tx, by, audit.Line{Act: audit.Alteration, SubjectKind: "export", Subject: id, Owners: []string{h.Owner}, Words: h.Code + " ended"})
}

// recallWithin is how many days a reader has to say that their copy is gone.
const recallWithin = 7

// recall asks the reader of an export for the files that they took out, once for as long as nothing is acknowledged.
func (s *Store) recall(ctx context.Context, tx *database.Tx, h Handout, why string) error {
	if h.TakenOut == 0 {
		return nil
	}
	waiting, err := database.One(ctx, tx, database.Value[int], "SELECT count(*) FROM handout_recall WHERE handout_id = $1 AND acknowledged_at IS NULL", h.ID)
	if err != nil || waiting > 0 {
		return err
	}
	job := access.System("recall", access.Upkeep)
	job.Agency = h.Owner
	action := ""
	a, err := s.work.Add(ctx, tx, job, work.New{Title: "Delete your copies of " + h.Code + ", and say so", Why: "You took files out of an export. " + recallWords[why] + " Delete every copy of them and acknowledge it.", Source: work.Ref{Kind: "export", ID: h.ID}, Assignee: h.Recipient, DueOn: clock.Today(s.clock).AddDate(0, 0, recallWithin).Format(clock.ISODate)})
	switch {
	case err == nil:
		action = a.ID
	case !fault.Is(err, fault.Refused) && !fault.Is(err, fault.Invalid): // whose account is closed cannot be asked here: the register shows it
		return err
	}
	if err := tx.Exec(ctx, "INSERT INTO handout_recall (id, handout_id, why, action_id, at) VALUES ($1,$2,$3,$4,$5)", s.ids.New(), h.ID, why, action, clock.Micros(s.clock.Now())); err != nil {
		return err
	}
	return s.log.Record(ctx, tx, job, audit.Line{Act: audit.Alteration, SubjectKind: "export", Subject: h.ID, Owners: []string{h.Owner}, Words: h.Code + ": copies asked back, " + why})
}

var recallWords = map[string]string{"ended": "It has ended.", "expired": "Its last day is over.", "removed": "A record in them has been removed for good.", "corrected": "A record in them has been put right: take a new one if you still need it."}

// Changed asks back the files that hold any of these records: they were removed, or put right. It is called in the same transaction.
func (s *Store) Changed(ctx context.Context, tx *database.Tx, records []string, why string) error {
	for part := range slices.Chunk(records, 400) {
		list, err := database.Collect(ctx, tx, scan, "SELECT "+columns+" FROM handout h WHERE h.id IN (SELECT r.handout_id FROM handout_reading r JOIN handout_item i ON i.reading_id = r.id WHERE i.item IN "+database.In(1, len(part))+") ORDER BY h.id", database.Anys(part)...)
		if err != nil {
			return err
		}
		for _, h := range list {
			if err := s.recall(ctx, tx, h, why); err != nil {
				return err
			}
		}
	}
	return nil
}

// Expire asks back the files of exports whose last day is over. It runs once a day.
func (s *Store) Expire(ctx context.Context) error {
	return s.db.Write(ctx, func(tx *database.Tx) error {
		list, err := database.Collect(ctx, tx, scan, "SELECT "+columns+" FROM handout h WHERE h.ended_at IS NULL AND h.expires_on < $1 AND EXISTS (SELECT 1 FROM handout_reading r WHERE r.handout_id = h.id AND r.how <> 'page') AND NOT EXISTS (SELECT 1 FROM handout_recall c WHERE c.handout_id = h.id AND c.why = 'expired') ORDER BY h.id LIMIT 200",
			clock.Today(s.clock).Format(clock.ISODate))
		if err != nil {
			return err
		}
		for _, h := range list {
			if err := s.recall(ctx, tx, h, "expired"); err != nil {
				return err
			}
		}
		return nil
	})
}

// Recalls lists what was asked back of an entry.
func (s *Store) Recalls(ctx context.Context, q database.Queryer, scope access.Scope, id string) ([]Recall, error) {
	if _, err := s.Get(ctx, q, scope, id); err != nil {
		return nil, err
	}
	return database.Collect(ctx, q, func(r database.Scanner) (Recall, error) {
		var x Recall
		return x, r.Scan(&x.ID, &x.Handout, &x.Why, &x.Action, &x.By, &x.Words, &x.At, &x.Done)
	}, "SELECT id, handout_id, why, action_id, acknowledged_by, words, at, acknowledged_at FROM handout_recall WHERE handout_id = $1 ORDER BY id DESC", id)
}

// Acknowledge keeps that the reader's copies are gone, and closes the action.
func (s *Store) Acknowledge(ctx context.Context, tx *database.Tx, by access.Scope, id, words string) error {
	h, err := s.Get(ctx, tx, by, id)
	if err != nil {
		return err
	}
	if h.Recipient != by.Account {
		return fault.NoSuch()
	}
	if words = strings.TrimSpace(words); words == "" || utf8.RuneCountInString(words) > 1000 {
		return fault.New(fault.Invalid, "Write what you did with your copies, in at most 1,000 characters.")
	}
	list, err := s.Recalls(ctx, tx, by, id)
	if err != nil {
		return err
	}
	done := 0
	for _, x := range list {
		if x.Done != nil {
			continue
		}
		done++
		if err := tx.Exec(ctx, "UPDATE handout_recall SET acknowledged_by = $1, acknowledged_at = $2, words = $3 WHERE id = $4", by.Account, clock.Micros(s.clock.Now()), words, x.ID); err != nil {
			return err
		}
		if a, err := s.work.Get(ctx, tx, by, x.Action); x.Action != "" && err == nil && a.State == work.Open {
			if _, err := s.work.Complete(ctx, tx, by, a.ID, a.Ver, "The copies are gone."); err != nil {
				return err
			}
		}
	}
	if done == 0 {
		return fault.New(fault.Refused, "Nothing is asked back.")
	}
	return s.log.Record(ctx, tx, by, audit.Line{Act: audit.Erasure, SubjectKind: "export", Subject: id, Owners: []string{h.Owner}, Words: h.Code + ": the reader says that the copies are gone"})
}
