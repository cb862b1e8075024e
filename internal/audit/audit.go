// Package audit keeps the log of who did what with personal data, and for what purpose (DPA 2018 s62),
// so that nobody can later change it unseen.
//
// An entry is written in the same transaction as the act it tells of: no line, no act. For a
// consultation it is committed before the first byte leaves. Each entry then gets a leaf in one
// sequence and in a Merkle tree (golang.org/x/mod/sumdb/tlog): on SQLite in the same transaction, on
// PostgreSQL by one sequencer that holds a lock and is at most a minute behind. Every minute, and every
// thousand leaves, the tree's head is signed (golang.org/x/mod/sumdb/note) and kept as a checkpoint.
//
// What this shows and what it does not: an entry edited, deleted, inserted or moved no longer fits the
// tree, and Verify says which. Whoever holds the signing key could compute a whole new tree; and
// entries written after the last checkpoint could be cut off. Both are seen only by comparing with a
// checkpoint that was sent outside.
//
// Entries name records by id. They hold no names.
package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/mod/sumdb/tlog"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
)

// Act is what was done. The first six are those of DPA 2018 s62.
type Act string

// The acts.
const (
	Collection   Act = "collection"
	Alteration   Act = "alteration"
	Consultation Act = "consultation"
	Disclosure   Act = "disclosure"
	Combination  Act = "combination"
	Erasure      Act = "erasure"
	SignIn       Act = "sign-in"
	Refusal      Act = "refusal"
	Upkeep       Act = "system"
)

// Entry is one line of the log.
type Entry struct {
	ID          string   `json:"id"`
	At          int64    `json:"at"` // UTC microseconds
	Act         Act      `json:"act"`
	Account     string   `json:"account"`
	Agency      string   `json:"agency"`
	Purpose     string   `json:"purpose"`
	SubjectKind string   `json:"subject_kind"` // what it was done to: "person", "load", "action" …
	Subject     string   `json:"subject"`      // its id; "" for a list
	Owners      []string `json:"owners"`       // agencies whose records were touched
	Basis       string   `json:"basis"`
	Words       string   `json:"words"` // sections shown, counts, reason: never a name
}

// Line is what the caller says of an act; Record adds who, when and on what basis.
type Line struct {
	Act         Act
	SubjectKind string
	Subject     string
	Owners      []string
	Words       string
}

// Log writes the audit log.
type Log struct {
	clock clock.Clock
	ids   *clock.IDs
	// Journal takes the lines of whoever has broken the glass while the log cannot be written; nil for none.
	Journal *Journal
	// mu keeps leaves in one order on SQLite, where they are made in the act's own transaction.
	mu sync.Mutex
}

// NewLog returns the log over a database.
func NewLog(c clock.Clock, ids *clock.IDs) *Log { return &Log{clock: c, ids: ids} }

const maxWords = 2000

// Record writes one entry inside tx. It fails, and with it the act, when the line cannot be written.
func (l *Log) Record(ctx context.Context, tx *database.Tx, s access.Scope, line Line) error {
	return l.write(ctx, tx, l.entry(s, line))
}

// entry is a line with who, when and on what basis.
func (l *Log) entry(s access.Scope, line Line) Entry {
	e := Entry{
		ID: l.ids.New(), At: clock.Micros(l.clock.Now()), Act: line.Act, Account: s.Account, Agency: s.Agency,
		Purpose: string(s.Purpose), SubjectKind: line.SubjectKind, Subject: line.Subject,
		Owners: line.Owners, Basis: s.Basis(), Words: line.Words,
	}
	if e.Owners == nil {
		e.Owners = []string{}
	}
	if len(e.Words) > maxWords {
		e.Words = e.Words[:maxWords]
	}
	e.Words = strings.ToValidUTF8(e.Words, "")
	return e
}

func (l *Log) write(ctx context.Context, tx *database.Tx, e Entry) error {
	err := tx.Exec(ctx, `INSERT INTO audit_entry (id, at, act, account, agency, purpose, subject_kind, subject, owners, basis, words)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11)`,
		e.ID, e.At, string(e.Act), e.Account, e.Agency, e.Purpose, e.SubjectKind, e.Subject, strings.Join(e.Owners, " "), e.Basis, e.Words)
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "The audit log cannot be written, so nothing was done or shown. Try again, and tell whoever looks after Lantern.")
	}
	if tx.Engine == database.PostgreSQL {
		return tx.Exec(ctx, "INSERT INTO audit_pending (entry_id) VALUES ($1)", e.ID)
	}
	return l.sequence(ctx, tx, []Entry{e})
}

// Consulted commits a consultation's line by itself, before what it tells of is shown. When it cannot be written nothing is shown, except to
// somebody who has broken the glass: their line goes into the sealed journal, and is on disk before this returns.
func (l *Log) Consulted(ctx context.Context, db *database.DB, s access.Scope, line Line) error {
	line.Act = Consultation
	err := db.Write(ctx, func(tx *database.Tx) error { return l.Record(ctx, tx, s, line) })
	if err != nil && s.Glass != nil && ctx.Err() == nil {
		if jerr := l.Seal(s, line, nil); jerr == nil {
			return nil
		}
	}
	return err
}

// Seal puts a line, and what else has to be written with it, into the sealed journal.
func (l *Log) Seal(s access.Scope, line Line, with any) error {
	if l.Journal == nil {
		return fault.New(fault.Unavailable, "There is no sealed journal here.")
	}
	sealed := Sealed{Entry: l.entry(s, line)}
	if with != nil {
		b, err := json.Marshal(with)
		if err != nil {
			return err
		}
		sealed.With = b
	}
	return l.Journal.Append(sealed)
}

func leafHash(e Entry) (tlog.Hash, error) {
	b, err := json.Marshal(e) // field order is the struct's: one entry, one text
	if err != nil {
		return tlog.Hash{}, err
	}
	return tlog.RecordHash(b), nil
}

// sequence gives entries the next places in the tree.
func (l *Log) sequence(ctx context.Context, tx *database.Tx, entries []Entry) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, err := database.One(ctx, tx, database.Value[int64], "SELECT coalesce(max(seq) + 1, 0) FROM audit_leaf")
	if err != nil {
		return err
	}
	fresh := map[int64]tlog.Hash{} // made in this transaction, so that a batch reads the table little
	reader := tlog.HashReaderFunc(func(idx []int64) ([]tlog.Hash, error) { return readHashes(ctx, tx, idx, fresh) })
	var leaves, hashes [][]any
	for i, e := range entries {
		h, err := leafHash(e)
		if err != nil {
			return err
		}
		seq := n + int64(i)
		stored, err := tlog.StoredHashesForRecordHash(seq, h, reader)
		if err != nil {
			return err
		}
		for j, sh := range stored {
			at := tlog.StoredHashIndex(0, seq) + int64(j)
			fresh[at] = sh
			hashes = append(hashes, []any{at, append([]byte(nil), sh[:]...)})
		}
		leaves = append(leaves, []any{seq, e.ID, append([]byte(nil), h[:]...)})
	}
	if err := tx.Insert(ctx, "INSERT INTO audit_leaf (seq, entry_id, hash)", 3, leaves, ""); err != nil {
		return err
	}
	return tx.Insert(ctx, "INSERT INTO audit_hash (idx, hash)", 2, hashes, "")
}

func readHashes(ctx context.Context, q database.Queryer, idx []int64, fresh map[int64]tlog.Hash) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(idx))
	for i, at := range idx {
		if h, ok := fresh[at]; ok {
			out[i] = h
			continue
		}
		b, err := database.One(ctx, q, database.Value[[]byte], "SELECT hash FROM audit_hash WHERE idx = $1", at)
		if err != nil {
			return nil, fmt.Errorf("audit: the tree lacks hash %d: %w", at, err)
		}
		if len(b) != tlog.HashSize {
			return nil, fmt.Errorf("audit: hash %d has %d bytes, want %d", at, len(b), tlog.HashSize)
		}
		copy(out[i][:], b)
	}
	return out, nil
}

const entryColumns = "e.id, e.at, e.act, e.account, e.agency, e.purpose, e.subject_kind, e.subject, e.owners, e.basis, e.words"

func scanEntry(s database.Scanner) (Entry, error) {
	var e Entry
	var owners string
	err := s.Scan(&e.ID, &e.At, (*string)(&e.Act), &e.Account, &e.Agency, &e.Purpose, &e.SubjectKind, &e.Subject, &owners, &e.Basis, &e.Words)
	e.Owners = strings.Fields(owners)
	if e.Owners == nil {
		e.Owners = []string{}
	}
	return e, err
}

// Sequence gives waiting entries their leaves, at most limit of them, and reports how many. It is the
// one sequencer of PostgreSQL: a transaction-scoped lock lets only one copy of Lantern do it at a time.
// On SQLite nothing waits but what came over from PostgreSQL in a copy or a backup.
func (l *Log) Sequence(ctx context.Context, db *database.DB, limit int) (done int, err error) {
	if db.Engine == database.SQLite {
		waiting, err := database.One(ctx, db.Reader(), database.Value[int], "SELECT count(*) FROM audit_pending")
		if err != nil || waiting == 0 {
			return 0, err
		}
	}
	err = db.Write(ctx, func(tx *database.Tx) error {
		done = 0
		got, err := tx.TryLock(ctx, "audit-sequencer")
		if err != nil || !got {
			return err
		}
		entries, err := database.Collect(ctx, tx, scanEntry, "SELECT "+entryColumns+` FROM audit_pending p JOIN audit_entry e ON e.id = p.entry_id ORDER BY e.id LIMIT $1`, limit)
		if err != nil || len(entries) == 0 {
			return err
		}
		if err := l.sequence(ctx, tx, entries); err != nil {
			return err
		}
		for _, e := range entries {
			if err := tx.Exec(ctx, "DELETE FROM audit_pending WHERE entry_id = $1", e.ID); err != nil {
				return err
			}
		}
		done = len(entries)
		return nil
	})
	return done, err
}

// Query chooses entries to show.
type Query struct {
	SubjectKind, Subject, Account string
	Owner                         string // an agency whose records were touched
	Acts                          []Act  // any of these; empty: every act
	Since, Until                  int64  // UTC microseconds; 0: no bound
	Limit, Offset                 int
}

// Find lists entries, newest first, and how many there are in all. An agency is shown the lines that
// touched its records or were written by its members, and nothing else.
func Find(ctx context.Context, q database.Queryer, s access.Scope, f Query) (entries []Entry, total int, err error) {
	if s.Agency == "" && !s.IsSystem() {
		return nil, 0, fault.NoSuch()
	}
	where, args := "1=1", []any{}
	add := func(cond string, v any) {
		args = append(args, v)
		where += fmt.Sprintf(" AND "+cond, len(args))
	}
	if !s.IsSystem() {
		args = append(args, s.Agency, "% "+s.Agency+" %")
		where += " AND (e.agency = $1 OR ' ' || e.owners || ' ' LIKE $2)"
	}
	if f.SubjectKind != "" {
		add("e.subject_kind = $%d", f.SubjectKind)
	}
	if f.Subject != "" {
		add("e.subject = $%d", f.Subject)
	}
	if f.Account != "" {
		add("e.account = $%d", f.Account)
	}
	if f.Owner != "" {
		add("' ' || e.owners || ' ' LIKE $%d", "% "+f.Owner+" %")
	}
	if len(f.Acts) > 0 {
		from := len(args) + 1
		for _, a := range f.Acts {
			args = append(args, string(a))
		}
		where += " AND e.act IN " + database.In(from, len(f.Acts))
	}
	if f.Since != 0 {
		add("e.at >= $%d", f.Since)
	}
	if f.Until != 0 {
		add("e.at < $%d", f.Until)
	}
	total, err = database.One(ctx, q, database.Value[int], "SELECT count(*) FROM audit_entry e WHERE "+where, args...)
	if err != nil {
		return nil, 0, err
	}
	if f.Limit <= 0 {
		f.Limit = 50
	}
	args = append(args, f.Limit, f.Offset)
	entries, err = database.Collect(ctx, q, scanEntry, fmt.Sprintf("SELECT "+entryColumns+" FROM audit_entry e WHERE %s ORDER BY e.id DESC LIMIT $%d OFFSET $%d", where, len(args)-1, len(args)), args...)
	return entries, total, err
}
