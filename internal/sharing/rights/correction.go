package rights

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/work"
)

// Correction is a fact that its owner put right. What stood there and what stands there now are on the records, the old one superseded by
// the new; here is which parts changed, and who must hear of it.
type Correction struct {
	ID, Case, Owner, Person string
	Old, New                string   // record ids
	Fields                  []string // which parts changed: "date of birth"; never what they say
	// Single says that the record was given under a handling condition, so that only those to whom it was given one by one (others) have received it:
	// who opened the person's page was not shown it, and does not hear that it is there.
	Single  bool
	By      string
	At      int64
	Notices []Notice
}

// Notice is an agency that had received the fact.
type Notice struct {
	Agency, Action string
	By             string // account that acknowledged it, "" while it waits
	At             *int64
	Words          string
}

// Waiting lists the agencies that have not acknowledged.
func (c Correction) Waiting() []string {
	var out []string
	for _, n := range c.Notices {
		if n.At == nil {
			out = append(out, n.Agency)
		}
	}
	return out
}

// acknowledgeWithin is how many days an agency has to say that it changed its own copy.
const acknowledgeWithin = 7

// Corrected tells every agency that has received the fact: those whose members opened the person's page while the old record was among what
// it showed, and those to whom it was handed. Each gets an action of its own, for its information officer where it has one.
func (d *Desk) Corrected(ctx context.Context, tx *database.Tx, by access.Scope, c Correction, others []string) (Correction, error) {
	c.ID, c.Owner, c.By, c.At = d.ids.New(), by.Agency, by.Account, clock.Micros(d.clock.Now())
	if c.Case == "" { // the request that waits for it, if the person has made one
		open, err := database.Collect(ctx, tx, database.Value[string], "SELECT t.id FROM rights_case t WHERE "+ofPerson+" AND t.kind = 'wrong' AND t.state <> 'answered' ORDER BY t.received_at LIMIT 1", c.Person)
		if err != nil {
			return c, err
		}
		c.Case = strings.Join(open, "")
	}
	err := tx.Exec(ctx, "INSERT INTO correction (id, case_id, owner, person, old_record, new_record, fields, by_account, at) VALUES "+database.In(1, 9),
		c.ID, c.Case, c.Owner, c.Person, c.Old, c.New, strings.Join(c.Fields, ", "), c.By, c.At)
	if err != nil {
		return c, err
	}
	var received []string
	if !c.Single {
		if received, err = audit.Receivers(ctx, tx, "person", c.Person, c.Owner); err != nil {
			return c, err
		}
	}
	for _, o := range others {
		if o != c.Owner && !slices.Contains(received, o) {
			received = append(received, o)
		}
	}
	slices.Sort(received)
	accounts, err := d.accounts.All(ctx, tx)
	if err != nil {
		return c, err
	}
	for _, agency := range received {
		n := Notice{Agency: agency}
		if to, ok := taker(accounts, agency); ok {
			a, err := d.work.Add(ctx, tx, by, work.New{Title: "Put a corrected fact right in your own files too, and say so", Why: "An agency corrected a fact that your agency has read. Open the correction, change your own copies, and acknowledge it.",
				Source: work.Ref{Kind: "correction", ID: c.ID}, Assignee: to.ID, DueOn: iso(clock.Today(d.clock).AddDate(0, 0, acknowledgeWithin))})
			if err != nil {
				return c, err
			}
			n.Action = a.ID
		}
		if err := tx.Exec(ctx, "INSERT INTO correction_notice (correction_id, agency, action_id) VALUES ($1,$2,$3)", c.ID, n.Agency, n.Action); err != nil {
			return c, err
		}
		c.Notices = append(c.Notices, n)
	}
	return c, d.log.Record(ctx, tx, by, audit.Line{Act: audit.Alteration, SubjectKind: "correction", Subject: c.ID, Owners: []string{c.Owner}, Words: "corrected: " + strings.Join(c.Fields, ", ") + "; told: " + strings.Join(received, " ")})
}

// taker is who at an agency gets the action: its information officer, else its manager, else a practitioner.
func taker(all []account.Account, agency string) (account.Account, bool) {
	order := []access.Role{access.InfoOfficer, access.Manager, access.Chair, access.SchoolLead, access.Practitioner, access.Analyst, access.Administrator}
	var best account.Account
	for _, a := range all {
		i := slices.Index(order, a.Role)
		if a.Agency != agency || a.Disabled || i < 0 {
			continue
		}
		if j := slices.Index(order, best.Role); best.ID == "" || i < j || i == j && cmp.Compare(a.ID, best.ID) < 0 {
			best = a
		}
	}
	return best, best.ID != ""
}

const correctionColumns = "c.id, c.case_id, c.owner, c.person, c.old_record, c.new_record, c.fields, c.by_account, c.at"

func scanCorrection(s database.Scanner) (Correction, error) {
	var c Correction
	var fields string
	err := s.Scan(&c.ID, &c.Case, &c.Owner, &c.Person, &c.Old, &c.New, &fields, &c.By, &c.At)
	c.Fields = strings.Split(fields, ", ")
	return c, err
}

// mayKnow is who knows of a correction: the agency whose fact it was, those that had received it, and the desk of the request it answers.
// Its members who read no casework at all (administrators, young people) do not.
func mayKnow(s access.Scope, from string) bool {
	return s.Agency != "" && s.Role != access.Administrator && s.Role != access.Subject && from != ""
}

const known = "(c.owner = $1 OR EXISTS (SELECT 1 FROM correction_notice n WHERE n.correction_id = c.id AND n.agency = $2) OR EXISTS (SELECT 1 FROM rights_case r WHERE r.id = c.case_id AND r.desk = $3))"

// Correction is the correction of that id, if the scope's agency may know of it. An agency sees its own notice and not which others there are,
// unless the fact or the request is its own.
func (d *Desk) Correction(ctx context.Context, q database.Queryer, scope access.Scope, id string) (Correction, error) {
	if !mayKnow(scope, id) {
		return Correction{}, fault.NoSuch()
	}
	c, err := database.One(ctx, q, scanCorrection, "SELECT "+correctionColumns+" FROM correction c WHERE "+known+" AND c.id = $4", scope.Agency, scope.Agency, scope.Agency, id)
	if err != nil {
		return c, err
	}
	return c, d.notices(ctx, q, scope, &c)
}

func (d *Desk) notices(ctx context.Context, q database.Queryer, scope access.Scope, c *Correction) error {
	all, err := database.Collect(ctx, q, func(s database.Scanner) (Notice, error) {
		var n Notice
		return n, s.Scan(&n.Agency, &n.Action, &n.By, &n.At, &n.Words)
	}, "SELECT agency, action_id, acknowledged_by, acknowledged_at, words FROM correction_notice WHERE correction_id = $1 ORDER BY agency", c.ID)
	if err != nil {
		return err
	}
	desk := ""
	if c.Case != "" {
		found, err := database.Collect(ctx, q, database.Value[string], "SELECT desk FROM rights_case WHERE id = $1", c.Case)
		if err != nil {
			return err
		}
		desk = strings.Join(found, "")
	}
	for _, n := range all {
		if scope.Agency == c.Owner || scope.Agency == desk || n.Agency == scope.Agency || scope.IsSystem() {
			c.Notices = append(c.Notices, n)
		}
	}
	return nil
}

// Corrections lists the corrections the scope's agency may know of, newest first.
func (d *Desk) Corrections(ctx context.Context, q database.Queryer, scope access.Scope) ([]Correction, error) {
	if !mayKnow(scope, "all") {
		return nil, fault.NoSuch()
	}
	list, err := database.Collect(ctx, q, scanCorrection, "SELECT "+correctionColumns+" FROM correction c WHERE "+known+" ORDER BY c.id DESC LIMIT 200", scope.Agency, scope.Agency, scope.Agency)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if err := d.notices(ctx, q, scope, &list[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// CorrectionsOf lists the corrections that answer a request which the scope may read.
func (d *Desk) CorrectionsOf(ctx context.Context, q database.Queryer, scope access.Scope, request string) ([]Correction, error) {
	if _, err := d.Get(ctx, q, scope, request); err != nil {
		return nil, err
	}
	list, err := database.Collect(ctx, q, scanCorrection, "SELECT "+correctionColumns+" FROM correction c WHERE c.case_id = $1 ORDER BY c.id", request)
	if err != nil || scope.Role == access.Subject {
		return list, err // the person reads what was put right, and not who had it: that stands on their page already
	}
	for i := range list {
		if err := d.notices(ctx, q, scope, &list[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// AcknowledgeCorrection keeps that an agency has put its own copies right, and closes its action.
func (d *Desk) AcknowledgeCorrection(ctx context.Context, tx *database.Tx, by access.Scope, id, words string) error {
	c, err := d.Correction(ctx, tx, by, id)
	if err != nil {
		return err
	}
	if words, err = text("What you did", words, 1000, true); err != nil {
		return err
	}
	i := slices.IndexFunc(c.Notices, func(n Notice) bool { return n.Agency == by.Agency })
	if i < 0 {
		return fault.New(fault.Refused, "Your agency has nothing to acknowledge here.")
	}
	n, err := tx.ExecCount(ctx, "UPDATE correction_notice SET acknowledged_by = $1, acknowledged_at = $2, words = $3 WHERE correction_id = $4 AND agency = $5 AND acknowledged_at IS NULL", by.Account, clock.Micros(d.clock.Now()), words, id, by.Agency)
	if err != nil {
		return err
	}
	if n != 1 {
		return fault.New(fault.Refused, "It was acknowledged already.")
	}
	if action := c.Notices[i].Action; action != "" {
		a, err := d.work.Get(ctx, tx, by, action)
		if err == nil && a.State == work.Open {
			_, err = d.work.Complete(ctx, tx, by, action, a.Ver, "The correction was acknowledged.")
		}
		if err != nil {
			return err
		}
	}
	return d.log.Record(ctx, tx, by, audit.Line{Act: audit.Alteration, SubjectKind: "correction", Subject: id, Owners: []string{c.Owner}, Words: "acknowledged"})
}

// askedWithin is how many days a holder has to look at its own record.
const askedWithin = 10

// Asking is what the desk asked a holder of records to look at, and what it found.
type Asking struct {
	Case, Agency, Words, Action, By string
	At                              int64
	Found, FoundBy                  string
	FoundAt                         *int64
	Person                          string // whose record it is
}

// AskHolders asks each holder to look at its own record and put it right, or say why it stays: an action each, for somebody there who reads
// its records. The words are the officer's: what the person wrote stays between them and the desk.
func (d *Desk) AskHolders(ctx context.Context, tx *database.Tx, by access.Scope, id string, holders []string, words string) (Request, error) {
	words, err := text("What they should look at", words, 1000, true)
	if err != nil {
		return Request{}, err
	}
	if len(holders) == 0 {
		return Request{}, fault.New(fault.Invalid, "Choose whom to ask.")
	}
	return d.change(ctx, tx, by, id, "holders asked", strings.Join(holders, ", "), func(r *Request) error {
		if r.Person == "" {
			return fault.New(fault.Refused, "Find first whose records the request is about.")
		}
		accounts, err := d.accounts.All(ctx, tx)
		if err != nil {
			return err
		}
		due := clock.Today(d.clock).AddDate(0, 0, askedWithin)
		if last, err := time.Parse(clock.ISODate, r.DueOn); err == nil && last.Before(due) {
			due = last
		}
		for _, h := range holders {
			if !slices.Contains(r.Holders, h) {
				return fault.New(fault.Invalid, "Choose among the agencies that hold records of them.")
			}
			to, ok := reader(accounts, h)
			if !ok {
				return fault.New(fault.Refused, "Nobody at %s has an account that reads its own records, so it cannot be asked here: telephone them.", h)
			}
			a, err := d.work.Add(ctx, tx, by, work.New{Title: "Look at your record of somebody who asks, and put it right or say why it stays", Why: "Somebody asked what is held of them. Open the question, compare, correct your agency's record where it is wrong, and tell the information officer what you found.",
				Source: work.Ref{Kind: "rights", ID: r.ID}, Assignee: to.ID, DueOn: iso(due)})
			if err != nil {
				return err
			}
			err = tx.Exec(ctx, "INSERT INTO rights_ask (case_id, agency, words, action_id, by_account, at) VALUES ($1,$2,$3,$4,$5,$6)", r.ID, h, words, a.ID, by.Account, clock.Micros(d.clock.Now()))
			if database.IsUnique(err) {
				return fault.New(fault.Conflict, "%s was asked already.", h)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (d *Desk) askings(ctx context.Context, q database.Queryer, where string, args ...any) ([]Asking, error) {
	return database.Collect(ctx, q, func(s database.Scanner) (Asking, error) {
		var a Asking
		return a, s.Scan(&a.Case, &a.Agency, &a.Words, &a.Action, &a.By, &a.At, &a.Found, &a.FoundBy, &a.FoundAt, &a.Person)
	}, "SELECT a.case_id, a.agency, a.words, a.action_id, a.by_account, a.at, a.found, a.found_by, a.found_at, r.person FROM rights_ask a JOIN rights_case r ON r.id = a.case_id WHERE "+where+" ORDER BY a.agency", args...)
}

// Askings lists what the desk asked holders in a request that the scope may read.
func (d *Desk) Askings(ctx context.Context, q database.Queryer, scope access.Scope, request string) ([]Asking, error) {
	if _, err := d.Get(ctx, q, scope, request); err != nil {
		return nil, err
	}
	if scope.Role == access.Subject {
		return nil, nil
	}
	return d.askings(ctx, q, "a.case_id = $1", request)
}

// AskedOf is what the desk asked the scope's own agency, for those there who read its records.
func (d *Desk) AskedOf(ctx context.Context, q database.Queryer, scope access.Scope, request string) (Asking, error) {
	if scope.Agency == "" || slices.Contains(scope.Closed, access.Identity) {
		return Asking{}, fault.NoSuch()
	}
	list, err := d.askings(ctx, q, "a.case_id = $1 AND a.agency = $2", request, scope.Agency)
	if err == nil && len(list) == 0 {
		err = fault.NoSuch()
	}
	if err != nil {
		return Asking{}, err
	}
	return list[0], nil
}

// Say keeps what a holder found, for the desk to read, and closes its action.
func (d *Desk) Say(ctx context.Context, tx *database.Tx, by access.Scope, request, found string) error {
	a, err := d.AskedOf(ctx, tx, by, request)
	if err != nil {
		return err
	}
	if found, err = text("What you found", found, 1000, true); err != nil {
		return err
	}
	n, err := tx.ExecCount(ctx, "UPDATE rights_ask SET found = $1, found_by = $2, found_at = $3 WHERE case_id = $4 AND agency = $5 AND found_at IS NULL", found, by.Account, clock.Micros(d.clock.Now()), request, by.Agency)
	if err != nil {
		return err
	}
	if n != 1 {
		return fault.New(fault.Refused, "This was answered already.")
	}
	x, err := d.work.Get(ctx, tx, by, a.Action)
	if err == nil && x.State == work.Open {
		_, err = d.work.Complete(ctx, tx, by, a.Action, x.Ver, "The information officer was told what was found.")
	}
	if err != nil {
		return err
	}
	return d.log.Record(ctx, tx, by, audit.Line{Act: audit.Alteration, SubjectKind: "rights-request", Subject: request, Owners: []string{by.Agency}, Words: "holder answered"})
}

// reader is who at an agency may read its records of people.
func reader(all []account.Account, agency string) (account.Account, bool) {
	for _, role := range []access.Role{access.Practitioner, access.SchoolLead, access.Manager, access.Chair} {
		for _, a := range all {
			if a.Agency == agency && a.Role == role && !a.Disabled {
				return a, true
			}
		}
	}
	return account.Account{}, false
}
