package retention

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
)

// atOnce is how many rows one transaction removes, so that the writer is not held long.
const atOnce = 100

// letGo marks a stored file whose bytes are to be removed: nobody reads it any more.
const letGo = "let go"

// Lapse removes what is past its day and its grace and for which nobody said why it stays. It may be broken off and run again. What a rule
// says now holds: where an area has changed a period, days are set anew first.
func (s *Store) Lapse(ctx context.Context) ([]Certificate, error) {
	holdings, err := s.Holdings(ctx)
	if err != nil {
		return nil, err
	}
	rules, err := s.Rules(ctx, s.db.Reader())
	if err != nil {
		return nil, err
	}
	if err := s.setDays(ctx, holdings, rules); err != nil {
		return nil, err
	}
	job := access.System("retention", access.Upkeep)
	run := s.ids.New()
	today := clock.Today(s.clock)
	for _, h := range holdings {
		if h.Kept != "" {
			continue
		}
		for _, class := range sorted(rules) {
			r := rules[class]
			if r.Hold != "" {
				continue
			}
			last := iso(today.AddDate(0, 0, -r.Grace-1))
			if err := s.removeAll(ctx, job, run, h, r, "t.retention_class = $1 AND t.review_on <= $2 AND "+h.live(), []any{class, last}, "nobody said why it should stay"); err != nil {
				return nil, err
			}
		}
	}
	if err := s.sweepFiles(ctx); err != nil {
		return nil, err
	}
	return database.Collect(ctx, s.db.Reader(), scanCertificate, "SELECT "+certificateColumns+" FROM purge_certificate c WHERE c.run = $1 ORDER BY c.owner, c.class", run)
}

func sorted(rules map[string]Rule) []string {
	out := make([]string, 0, len(rules))
	for c := range rules {
		out = append(out, c)
	}
	slices.Sort(out)
	return out
}

// LetGo removes a group now, before its grace is over, on somebody's word.
func (s *Store) LetGo(ctx context.Context, by access.Scope, table, class, load, why string) ([]Certificate, error) {
	if !MayDecide(by) {
		return nil, fault.NoSuch()
	}
	h, err := s.holding(ctx, table)
	if err != nil {
		return nil, err
	}
	if why = strings.TrimSpace(why); why == "" || len([]rune(why)) > 2000 {
		return nil, fault.New(fault.Invalid, "Write why it goes now, in at most 2,000 characters.")
	}
	rules, err := s.Rules(ctx, s.db.Reader())
	if err != nil {
		return nil, err
	}
	r, ok := rules[class]
	switch {
	case h.Kept != "":
		return nil, fault.New(fault.Refused, "This is kept: %s", h.Kept)
	case !ok:
		return nil, fault.New(fault.Refused, "There is no rule for this class yet: write one first.")
	case r.Hold != "":
		return nil, fault.New(fault.Refused, "Nothing of this class is removed for now: %s", r.Hold)
	}
	cond, more := h.group(load)
	run := s.ids.New()
	args := append([]any{by.Agency, class, iso(clock.Today(s.clock).AddDate(0, 0, ahead))}, more...)
	if err := s.removeAll(ctx, by, run, h, r, cond, args, why); err != nil {
		return nil, err
	}
	if err := s.sweepFiles(ctx); err != nil {
		return nil, err
	}
	out, err := database.Collect(ctx, s.db.Reader(), scanCertificate, "SELECT "+certificateColumns+" FROM purge_certificate c WHERE c.run = $1 ORDER BY c.owner, c.class", run)
	if err == nil && len(out) == 0 {
		err = fault.New(fault.Refused, "Nothing was removed: it is held while somebody's request about it is open, or was decided on meanwhile.")
	}
	return out, err
}

func (s *Store) removeAll(ctx context.Context, by access.Scope, run string, h Holding, r Rule, cond string, args []any, why string) error {
	if h.Hold != "" {
		cond += " AND NOT (" + h.Hold + ")"
	}
	for {
		n := 0
		err := s.db.Write(ctx, func(tx *database.Tx) error {
			type row struct{ id, owner, load string }
			rows, err := database.Collect(ctx, tx, func(sc database.Scanner) (row, error) { var x row; return x, sc.Scan(&x.id, &x.owner, &x.load) },
				fmt.Sprintf("SELECT t.id, t.%s, %s FROM %s t WHERE %s ORDER BY t.%s, t.id LIMIT %d", h.owner, h.loadColumn(), h.Table, cond, h.owner, atOnce), args...)
			if n = len(rows); err != nil || n == 0 {
				return err
			}
			owner := rows[0].owner // one certificate an owner: the rest comes next time round
			var ids, loads []string
			for _, x := range rows {
				if x.owner == owner {
					ids = append(ids, x.id)
					if x.load != "" && !slices.Contains(loads, x.load) {
						loads = append(loads, x.load)
					}
				}
			}
			counts, err := s.remove(ctx, tx, h, ids, loads)
			if err != nil {
				return err
			}
			return s.certify(ctx, tx, by, run, owner, r, counts, why)
		})
		if err != nil || n == 0 {
			return err
		}
	}
}

// remove takes rows and everything made of them away, and counts it by kind.
func (s *Store) remove(ctx context.Context, tx *database.Tx, h Holding, ids, loads []string) (Counts, error) {
	counts := Counts{}
	in, args := database.In(1, len(ids)), database.Anys(ids)
	del := func(words, table, column string) error {
		n, err := tx.ExecCount(ctx, "DELETE FROM "+table+" WHERE "+column+" IN "+in, args...)
		if n > 0 {
			counts[words] += n
		}
		return err
	}
	for _, f := range s.removed { // before the rows go: whoever holds a copy is asked by what the rows say
		if err := f(ctx, tx, h.Table, ids); err != nil {
			return nil, err
		}
	}
	var persons []string
	if h.Table == "source_record" {
		var err error
		if persons, err = database.Collect(ctx, tx, database.Value[string], "SELECT DISTINCT person_id FROM person_record WHERE record_id IN "+in, args...); err != nil {
			return nil, err
		}
	}
	for _, p := range h.Parts {
		if err := s.removePart(ctx, tx, p, in, args, counts); err != nil {
			return nil, err
		}
	}
	if err := del("drafts", "draft", "subject"); err != nil {
		return nil, err
	}
	if h.File {
		return counts, s.closeFiles(ctx, tx, "id IN "+in, args, counts)
	}
	if err := del(h.Many, h.Table, "id"); err != nil {
		return nil, err
	}
	for _, p := range persons {
		if err := s.removePerson(ctx, tx, p, counts); err != nil {
			return nil, err
		}
	}
	for _, l := range loads {
		if err := s.removeOriginal(ctx, tx, l, counts); err != nil {
			return nil, err
		}
	}
	return counts, nil
}

// removePart takes away what hangs on rows, and what hangs on that.
func (s *Store) removePart(ctx context.Context, tx *database.Tx, p Part, in string, args []any, counts Counts) error {
	under := slices.Clone(p.Under)
	for _, h := range s.holdings {
		if h.Table == p.Table {
			under = append(under, h.Parts...)
		}
	}
	for _, u := range under {
		if u.Table == p.Table {
			continue
		}
		if err := tx.Exec(ctx, "DELETE FROM "+u.Table+" WHERE "+u.Column+" IN (SELECT id FROM "+p.Table+" WHERE "+p.Column+" IN "+in+")", args...); err != nil {
			return err
		}
	}
	n, err := tx.ExecCount(ctx, "DELETE FROM "+p.Table+" WHERE "+p.Column+" IN "+in, args...)
	if n > 0 {
		words := partWords[p.Table]
		if words == "" {
			words = strings.ReplaceAll(p.Table, "_", " ") + " rows"
		}
		counts[words] += n
	}
	return err
}

// partWords are what hangs on records, as a certificate counts it.
var partWords = map[string]string{"source_name": "names", "source_identifier": "reference numbers", "record_address": "addresses", "record_key": "search keys", "search_name": "search rows", "person_record": "places in a person", "record_panel": "restrictions to a panel",
	"edge": "links", "decision": "decisions on links", "review_item": "doubts about links", "link_proposal": "proposals of links", "link_sample": "samples of links", "event_role": "parts in events", "action_version": "versions of actions", "person_wish_reader": "readers of wishes",
	"rights_event": "steps of requests", "rights_ask": "questions to holders", "disclosure_item": "items given", "statement_theme": "themes of statements", "place_review": "reviews of places", "county_line_change": "changes of lines"}

// removePerson takes away what was written about somebody of whom no record is left. The id itself says nothing, and is never used again. What they
// asked at the desk goes by its own rule.
func (s *Store) removePerson(ctx context.Context, tx *database.Tx, person string, counts Counts) error {
	left, err := database.One(ctx, tx, database.Value[int], "SELECT count(*) FROM person_record WHERE person_id = $1", person)
	if err != nil || left > 0 {
		return err
	}
	for _, x := range []struct{ words, statement string }{
		{"", "DELETE FROM person_wish_reader WHERE wish_id IN (SELECT id FROM person_wish WHERE person = $1)"},
		{"wishes", "DELETE FROM person_wish WHERE person = $1"}, {"comments", "DELETE FROM person_comment WHERE person = $1"}, {"notes of telling", "DELETE FROM person_told WHERE person = $1"}, {"notes of danger", "DELETE FROM person_danger WHERE person = $1"},
		{"changes of linking", "DELETE FROM person_event WHERE person_id = $1 OR other_id = $1"}, {"drafts", "DELETE FROM draft WHERE subject = $1"},
	} {
		n, err := tx.ExecCount(ctx, x.statement, person)
		if err != nil {
			return err
		}
		if x.words != "" && n > 0 {
			counts[x.words] += n
		}
	}
	counts["people of whom no record is left"]++
	return nil
}

// removeOriginal lets the partner's file go of which a row was removed: the row stands in it too, and a file cannot be kept in part. Its other
// rows are kept whole on their records. The file is closed to everybody at once; its bytes follow.
func (s *Store) removeOriginal(ctx context.Context, tx *database.Tx, load string, counts Counts) error {
	if err := s.closeFiles(ctx, tx, "id IN (SELECT file_id FROM load WHERE id = $1 AND file_id <> '')", []any{load}, counts); err != nil {
		return err
	}
	n, err := tx.ExecCount(ctx, "DELETE FROM load_refusal WHERE load_id = $1 AND cells <> ''", load)
	if n > 0 {
		counts["refused rows"] += n
	}
	return err
}

// closeFiles lets stored files go: from this moment nobody reads them.
func (s *Store) closeFiles(ctx context.Context, tx *database.Tx, cond string, args []any, counts Counts) error {
	n, err := tx.ExecCount(ctx, "UPDATE stored_file SET complete = FALSE, retention_class = '"+letGo+"' WHERE complete AND "+cond, args...)
	if n > 0 {
		counts["files"] += n
	}
	if err != nil {
		return err
	}
	return tx.Exec(ctx, "UPDATE load SET file_id = '' WHERE file_id IN (SELECT id FROM stored_file WHERE retention_class = '"+letGo+"')")
}

// sweepFiles removes the bytes of files that were let go.
func (s *Store) sweepFiles(ctx context.Context) error {
	ids, err := database.Collect(ctx, s.db.Reader(), database.Value[string], "SELECT id FROM stored_file WHERE retention_class = $1 ORDER BY id", letGo)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := s.sweep(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// certify adds to the run's certificate for an owner and class, in the removal's own transaction, with its line in the log.
func (s *Store) certify(ctx context.Context, tx *database.Tx, by access.Scope, run, owner string, r Rule, counts Counts, why string) error {
	now := clock.Micros(s.clock.Now())
	had, err := database.Collect(ctx, tx, scanCertificate, "SELECT "+certificateColumns+" FROM purge_certificate c WHERE c.run = $1 AND c.owner = $2 AND c.class = $3", run, owner, r.Class)
	if err != nil {
		return err
	}
	id := ""
	total := Counts{}
	for _, c := range had {
		id, total = c.ID, c.Counts
	}
	var words []string
	for _, k := range keys(counts) {
		total[k] += counts[k]
		words = append(words, fmt.Sprintf("%d %s", counts[k], k))
	}
	b, err := json.Marshal(total)
	if err != nil {
		return err
	}
	if id == "" {
		id = s.ids.New()
		err = tx.Exec(ctx, "INSERT INTO purge_certificate (id, run, owner, class, rule, counts, by_account, why, begun_at, ended_at) VALUES "+database.In(1, 10), id, run, owner, r.Class, r.Words(), string(b), by.Account, why, now, now)
	} else {
		err = tx.Exec(ctx, "UPDATE purge_certificate SET counts = $1, ended_at = $2 WHERE id = $3", string(b), now, id)
	}
	if err != nil {
		return err
	}
	return s.log.Record(ctx, tx, by, audit.Line{Act: audit.Erasure, SubjectKind: "purge-certificate", Subject: id, Owners: []string{owner}, Words: r.Class + ": " + strings.Join(words, ", ")})
}

func keys(c Counts) []string {
	out := make([]string, 0, len(c))
	for k := range c {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// setDays sets the days of classes whose rule an area has changed: those of the rule as it came were set when the records were written.
func (s *Store) setDays(ctx context.Context, holdings []Holding, rules map[string]Rule) error {
	for _, class := range sorted(rules) {
		if r := rules[class]; r.Version > 1 && r.Start != Set && r.Months > 0 {
			for _, h := range holdings {
				if err := s.setDaysOf(ctx, h, r); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (h Holding) start(r Rule) string {
	switch {
	case r.Start == Due && h.due != "":
		return "t." + h.due
	case r.Start == Happened && h.happened:
		return "coalesce(t.true_from, t.learnt_at)"
	case h.learnt:
		return "t.learnt_at"
	}
	return ""
}

func (s *Store) setDaysOf(ctx context.Context, h Holding, r Rule) error {
	start := h.start(r)
	if start == "" || h.Kept != "" {
		return nil
	}
	type row struct {
		id, on, text string
		at           int64
	}
	due := r.Start == Due && h.due != ""
	stays := "NOT EXISTS (SELECT 1 FROM retention_stay k WHERE k.owner = t." + h.owner + " AND k.holding = $3 AND k.class = t.retention_class AND k.load_id = " + h.loadColumn() + " AND (k.item = '' OR k.item = t.id) AND k.until_on = t.review_on)"
	for after := ""; ; {
		rows, err := database.Collect(ctx, s.db.Reader(), func(sc database.Scanner) (row, error) {
			var x row
			if due {
				return x, sc.Scan(&x.id, &x.on, &x.text)
			}
			return x, sc.Scan(&x.id, &x.on, &x.at)
		}, "SELECT t.id, t.review_on, "+start+" FROM "+h.Table+" t WHERE t.retention_class = $1 AND t.id > $2 AND "+stays+" ORDER BY t.id LIMIT 500", r.Class, after, h.Table)
		if err != nil || len(rows) == 0 {
			return err
		}
		after = rows[len(rows)-1].id
		by := map[string][]string{}
		for _, x := range rows {
			day := clock.FromMicros(x.at).In(clock.London())
			if due {
				if day, err = time.Parse(clock.ISODate, x.text); err != nil {
					continue
				}
			}
			if to := iso(day.AddDate(0, r.Months, 0)); to != x.on {
				by[to] = append(by[to], x.id)
			}
		}
		for to, ids := range by {
			err := s.db.Write(ctx, func(tx *database.Tx) error {
				return tx.Exec(ctx, "UPDATE "+h.Table+" SET review_on = $1 WHERE id IN "+database.In(2, len(ids)), append([]any{to}, database.Anys(ids)...)...)
			})
			if err != nil {
				return err
			}
		}
	}
}

// Daily runs Lapse once a day, whichever copy of Lantern comes first. It reports whether it was this one.
func (s *Store) Daily(ctx context.Context) (bool, error) {
	const name = "retention.lapsed"
	day := iso(clock.Today(s.clock))
	mine := false
	err := s.db.Write(ctx, func(tx *database.Tx) error {
		mine = false
		had, err := database.Collect(ctx, tx, database.Value[string], "SELECT value FROM setting WHERE name = $1", name)
		if err != nil {
			return err
		}
		now := clock.Micros(s.clock.Now())
		if len(had) == 0 {
			err = tx.Exec(ctx, "INSERT INTO setting (name, value, at) VALUES ($1,$2,$3)", name, day, now)
			mine = err == nil
			return err
		}
		n, err := tx.ExecCount(ctx, "UPDATE setting SET value = $1, at = $2 WHERE name = $3 AND value < $4", day, now, name, day)
		mine = n == 1
		return err
	})
	if database.IsUnique(err) { // another copy was first
		return false, nil
	}
	if err != nil || !mine {
		return false, err
	}
	_, err = s.Lapse(ctx)
	return true, err
}
