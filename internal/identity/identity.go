// Package identity keeps partners' records of people, and says which of them are of one person.
//
// A source record is kept as the partner gave it, whole, and is never changed. Names, dates of birth, places and numbers
// stand on records alone. A person is an id and nothing else: a grouping of records that can be undone. So a
// reader who may see two of a person's five records sees a person of two records, and cannot tell that there are
// more.
//
// What puts two records together is an edge or a decision. Edges are found by the engine (package analysis/linkage), which weighs every
// comparison of two records, and can be found again: each keeps its evidence in words and bits and names the model it was weighed by.
// Decisions (same, different, unsure) are people's. They keep who, when, why and what was shown, survive every run and bind
// it. Missing evidence is never taken for agreement or disagreement.
//
// A run places the records that have no person yet. A new record joins a person or starts one. When it fits two, it is joined to
// neither, starts one of its own and waits for somebody to look: two people are made one by a person alone. Person ids are made from the
// record that started the person, are never used again, and stay when the person is merged away, so that an old link leads on.
package identity

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/analysis/linkage"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fact"
	"lantern.example/lantern/internal/intake"
	"lantern.example/lantern/internal/intake/profile"
	"lantern.example/lantern/internal/search"
)

// Store keeps source records, the persons they make, and why.
type Store struct {
	db     *database.DB
	clock  clock.Clock
	ids    *clock.IDs
	log    *audit.Log
	search *search.Index
	seals  sealer
	// linking is held by a run that places records.
	linking sync.Mutex
	// followers are told when one record takes another's place.
	followers []Follower
}

// NewStore returns the source records and persons of a database. Names are made findable in x.
func NewStore(db *database.DB, c clock.Clock, ids *clock.IDs, log *audit.Log, x *search.Index) *Store {
	return &Store{db: db, clock: c, ids: ids, log: log, search: x}
}

// Take writes the people among rows as source records; it is a sink of package intake. Of rows read without names
// nothing is kept.
func (s *Store) Take(ctx context.Context, tx *database.Tx, l *intake.Load, rows []intake.Taken) (intake.Placing, error) {
	var placing intake.Placing
	if !l.Identified {
		return placing, nil
	}
	b := batch{now: clock.Micros(s.clock.Now()), load: l, seals: s.seals}
	b.retention, b.review = fact.Retention(string(access.Identity), s.clock.Now())
	for i := range rows {
		p := profile.PersonOf(rows[i].Record)
		if p == nil || p.DeIdentified {
			continue
		}
		if err := b.add(&rows[i], p); err != nil {
			return placing, err
		}
	}
	return placing, b.insert(ctx, tx)
}

// batch gathers the rows of one chunk for each table.
type batch struct {
	seals             sealer
	now               int64
	load              *intake.Load
	retention, review string
	records           [][]any
	names             [][]any
	identifiers       [][]any
	addresses         [][]any
}

func (b *batch) add(t *intake.Taken, p *profile.PersonRow) error {
	marshalled, err := json.Marshal(t.Row.Cells)
	if err != nil {
		return err
	}
	cells, err := b.seals.row(t.RecordID, marshalled)
	if err != nil {
		return err
	}
	ethnicity, err := b.seals.ethnicity(t.RecordID, Ethnicity{p.Sensitive.Ethnicity, p.Sensitive.ObservedEthnicity})
	if err != nil {
		return err
	}
	from := p.Opened.When()
	if e := profile.EventOf(t.Record); e != nil && !from.Known() {
		from = e.Date.When()
	}
	born, precision := birth(p.Born)
	b.records = append(b.records, []any{
		t.RecordID, b.load.Agency, string(access.Identity), false, "", b.load.ID, ref(t), "", from.From, from.To,
		string(from.Precision), b.now, "", nil, p.Grade, "", b.retention, b.review, 1,
		string(p.Layout), p.Identifier(profile.RecordID), born, precision, string(p.Sex), t.Row.Sheet, cells, ethnicity,
	})
	for i, n := range p.Names {
		if !n.Known() {
			continue
		}
		class, kind := access.Identity, n.Kind
		if kind == profile.FormerName { // a name left behind may be a refuge from somebody
			class = access.FormerName
		}
		if kind == "" {
			kind = profile.LegalName
		}
		b.names = append(b.names, []any{t.RecordID, i, string(class), string(kind), n.Display(), linkage.Fold(n.Forenames), linkage.Fold(n.Surname)})
	}
	for i, id := range p.Identifiers {
		if id.Value == "" {
			continue
		}
		b.identifiers = append(b.identifiers, []any{t.RecordID, i, string(access.Identity), string(id.Kind), id.Value, id.Issuer, string(checked(id.Check))})
	}
	for i, a := range p.Addresses {
		if a.Text == "" && a.Postcode == "" && a.UPRN == "" {
			continue
		}
		plain, sealed, err := b.seals.address(t.RecordID, i, whereabouts{a.Text, Postcode(a.Postcode), a.UPRN})
		if err != nil {
			return err
		}
		b.addresses = append(b.addresses, []any{t.RecordID, i, string(access.Contact), plain.Place, plain.Postcode, plain.UPRN, a.From.String(), a.To.String(), sealed})
	}
	return nil
}

func (b *batch) insert(ctx context.Context, tx *database.Tx) error {
	if err := tx.Insert(ctx, "INSERT INTO source_record ("+fact.Columns("")+", layout, reference, born, born_precision, sex, sheet, cells, ethnicity)", fact.N+8, b.records, ""); err != nil {
		return err
	}
	if err := tx.Insert(ctx, "INSERT INTO source_name (record_id, n, class, kind, display, forenames, surname)", 7, b.names, ""); err != nil {
		return err
	}
	if err := tx.Insert(ctx, "INSERT INTO source_identifier (record_id, n, class, kind, value, issuer, checked)", 7, b.identifiers, ""); err != nil {
		return err
	}
	return tx.Insert(ctx, addressInsert, addressWidth, b.addresses, "")
}

// Checked says what the check character of an identifier said when the record came.
type Checked string

// The states. A failed check means a slip of the pen, not another person.
const (
	Verified Checked = "verified"
	Failed   Checked = "failed"
	NoCheck  Checked = "none"
)

func checked(c profile.CheckState) Checked {
	switch c {
	case profile.CheckPassed:
		return Verified
	case profile.CheckFailed:
		return Failed
	}
	return NoCheck
}

// birth is a date of birth as far as it is known (2009-03-12, 2009-03, 2009) and its precision. An age has no
// date: it is kept as "aged 15" would be read, by the row itself.
func birth(d profile.Date) (string, string) {
	if d.Precision == fact.Age {
		return "", string(fact.Age)
	}
	return d.String(), string(d.Precision)
}

// Postcode is a postcode in capitals with one space before its last three characters; what is too short to be one
// stays as it is.
func Postcode(p string) string {
	p = strings.ToUpper(strings.Join(strings.Fields(p), ""))
	if len(p) < 5 || len(p) > 7 {
		return p
	}
	return p[:len(p)-3] + " " + p[len(p)-3:]
}

// ref says where in its file a row stands.
func ref(t *intake.Taken) string {
	if t.Row.Sheet != "" {
		return "sheet " + t.Row.Sheet + ", row " + strconv.Itoa(t.Row.Number)
	}
	return "row " + strconv.Itoa(t.Row.Number)
}

// Purge removes rows of a load that was undone, records last; it is a sink of package intake. Persons stay as ids
// without records: an id is never used again.
func (s *Store) Purge(ctx context.Context, tx *database.Tx, loadID string, limit int) (int64, error) {
	records, err := database.Collect(ctx, tx, database.Value[string], "SELECT id FROM source_record WHERE load_id = $1 ORDER BY id LIMIT $2", loadID, min(limit, 500))
	if err != nil || len(records) == 0 {
		return 0, err
	}
	in, args := database.In(1, len(records)), database.Anys(records)
	for _, statement := range []string{
		"DELETE FROM source_name WHERE record_id IN ", "DELETE FROM source_identifier WHERE record_id IN ", "DELETE FROM record_address WHERE record_id IN ",
		"DELETE FROM record_key WHERE record_id IN ", "DELETE FROM person_record WHERE record_id IN ",
		"DELETE FROM edge WHERE l IN ", "DELETE FROM edge WHERE r IN ", "DELETE FROM review_item WHERE l IN ", "DELETE FROM review_item WHERE r IN ",
		"DELETE FROM link_proposal WHERE l IN ", "DELETE FROM link_proposal WHERE r IN ",
		"DELETE FROM link_look WHERE sample_id IN (SELECT id FROM link_sample WHERE l IN %[1]s OR r IN %[1]s)", "DELETE FROM link_sample WHERE l IN ", "DELETE FROM link_sample WHERE r IN ",
		"DELETE FROM decision WHERE l IN ", "DELETE FROM decision WHERE r IN ", "DELETE FROM source_record WHERE id IN ",
	} {
		if strings.Contains(statement, "%[1]s") {
			statement = fmt.Sprintf(statement, in)
		} else {
			statement += in
		}
		if err := tx.Exec(ctx, statement, args...); err != nil {
			return 0, err
		}
	}
	return int64(len(records)), s.search.Remove(ctx, tx, records)
}
