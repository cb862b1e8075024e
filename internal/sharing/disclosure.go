package sharing

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fact"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/partnership"
	"lantern.example/lantern/internal/work"
)

// Basis is on what a one-off disclosure rests when there is no agreement for it.
type Basis string

// The bases.
const (
	Life  Basis = "life"  // somebody's life or limb is in danger (UK GDPR Article 6(1)(d); DPA 2018 Schedule 1 paragraph 18)
	S47   Basis = "s47"   // enquiries into whether a child is suffering significant harm (Children Act 1989 s47)
	Owner Basis = "owner" // the owner weighed it up and decided (Crime and Disorder Act 1998 s115; Children Act 2004 ss10, 11)
)

// Bases lists them in the order pages show them.
var Bases = []Basis{Life, S47, Owner}

// MaxOneOff is for how many days at most a one-off disclosure holds: what is needed for longer needs an agreement.
const MaxOneOff = 28

// maxItems is how many parts of records one disclosure may hold: it is about what exactly, not about a file.
const maxItems = 200

// Part is one part of one of an agency's own records about a person, as the choice of what exactly to give shows it.
type Part struct {
	access.Item
	With       []access.Item // what goes with it, without which it could not be read: an event's part, the record it is about
	Label      string        // where it came from and of when it is; never its content
	Detail     string        // what it is, for those who may read its class; not kept
	Grade      string        // the fact's own 3x5x2 grade, "" when not graded
	Restricted bool
	// Chosen says that the person it is about chose who reads it. It goes past them only where a life or a child's safety needs it.
	Chosen bool
}

// Condition is under which condition the part was given, in a sentence; "" when it flows wherever its class flows. An agreement
// never carries what has one: it goes item by item, once its originator was asked.
func (p Part) Condition() string {
	if access.Unconditional(p.Grade, p.Class) {
		return ""
	}
	if p.Grade == "" || p.Grade == fact.Ungraded {
		return "It is intelligence that nobody has graded yet."
	}
	g, err := fact.ParseGrade(p.Grade)
	if err != nil {
		return "Its grade, " + p.Grade + ", cannot be read, so it is handled as closely as can be."
	}
	return g.HandlingWords()
}

// Holdings lists the parts of an agency's own records about a person; rooms above this one implement it.
type Holdings func(ctx context.Context, q database.Queryer, agency, person string) ([]Part, error)

// Disclosure is one decision to give, or not to give, exactly this to that agency without an agreement.
type Disclosure struct {
	ID, Code         string
	Owner, Recipient string
	Named            string // account of the recipient, "" when the agency at large
	Person           string
	Shared           bool
	Basis            Basis
	Purpose          access.Purpose
	Why              string
	Told, ToldWhy    string // told, unsafe, later
	Advice           string // whom the decider asked
	UntilAt          int64
	By               string
	At               int64
	EndedAt          *int64
	EndedBy          string
	EndedWhy         string
	Reviewer         string // account that is to look at it
	ReviewBy         string // ISO date
	ReviewedAt       *int64
	ReviewedBy       string
	Verdict, Review  string // right or wrong, and why
	Request          string
	Ver              int64
	Parts            []Part
}

// Live reports whether it gives anything at a moment.
func (d Disclosure) Live(now int64) bool { return d.Shared && d.EndedAt == nil && d.UntilAt > now }

// OneOffs is where such decisions are made and looked at.
type OneOffs struct {
	office
	ids      *clock.IDs
	log      *audit.Log
	holdings Holdings
}

// NewOneOffs returns them. holdings says what an agency has to give.
func NewOneOffs(c clock.Clock, ids *clock.IDs, log *audit.Log, accounts *account.Store, p *partnership.Store, holdings Holdings) *OneOffs {
	return &OneOffs{office: office{c, accounts, p}, ids: ids, log: log, holdings: holdings}
}

// Decision is what somebody decides.
type Decision struct {
	Recipient, Named, Person string
	Shared                   bool
	Basis                    Basis
	Purpose                  access.Purpose
	Why                      string
	Told, ToldWhy, Advice    string
	UntilOn                  string // ISO date, the last day on which it holds
	Items                    []access.Item
	request                  string
}

// MayDecide reports whether the role decides for its agency.
func MayDecide(s access.Scope) bool {
	return s.Agency != "" && s.Purpose != "" && slices.Contains(Deciders, s.Role)
}

// Offered lists what the scope's agency could give of a person: its own parts, those apart that are restricted or hold former or refuge
// names, and those of classes closed to the role, unless atDesk is set: whoever answers at the desk gives what they do not read.
func (s *OneOffs) Offered(ctx context.Context, q database.Queryer, by access.Scope, person string, atDesk bool) ([]Part, error) {
	if !MayDecide(by) {
		return nil, fault.NoSuch()
	}
	all, err := s.holdings(ctx, q, by.Agency, person)
	return slices.DeleteFunc(all, func(p Part) bool {
		return p.Restricted || p.Class == access.FormerName || !p.Class.Personal() || !atDesk && slices.Contains(by.Closed, p.Class)
	}), err
}

// Decide writes the decision, given or not given, and names who is to look at it by the next working day. What is given can be read by the
// recipient from their next page on.
func (s *OneOffs) Decide(ctx context.Context, tx *database.Tx, by access.Scope, in Decision) (Disclosure, error) {
	if !MayDecide(by) {
		return Disclosure{}, fault.NoSuch()
	}
	d := Disclosure{Owner: by.Agency, Recipient: in.Recipient, Named: in.Named, Person: in.Person, Shared: in.Shared, Basis: in.Basis, Purpose: in.Purpose, Why: strings.TrimSpace(in.Why),
		Told: in.Told, ToldWhy: strings.TrimSpace(in.ToldWhy), Advice: strings.TrimSpace(in.Advice), By: by.Account, At: s.now(), Request: in.request, Ver: 1}
	if err := s.checkDecision(ctx, tx, by, &d, in); err != nil {
		return Disclosure{}, err
	}
	if err := s.checkParts(ctx, tx, by, &d, in.Items); err != nil {
		return Disclosure{}, err
	}
	var err error
	if d.Reviewer, err = s.second(ctx, tx, by.Agency, by.Account); err != nil {
		return Disclosure{}, err
	}
	if d.ReviewBy, err = s.nextWorkingDay(ctx, tx, 1); err != nil {
		return Disclosure{}, err
	}
	if err := s.insert(ctx, tx, &d); err != nil {
		return Disclosure{}, err
	}
	line := audit.Line{Act: audit.Disclosure, SubjectKind: "disclosure", Subject: d.ID, Owners: []string{d.Owner}}
	if d.Shared {
		to := d.Recipient
		if d.Named != "" {
			to += ", account " + d.Named
		}
		line.Words = fmt.Sprintf("%s: %d parts to %s until %s, basis %s", d.Code, len(d.Parts), to, in.UntilOn, d.Basis)
	} else {
		line.Act, line.Words = audit.Refusal, fmt.Sprintf("%s: not shared with %s, basis considered %s", d.Code, d.Recipient, d.Basis)
	}
	return d, s.log.Record(ctx, tx, by, line)
}

func (s *OneOffs) checkDecision(ctx context.Context, tx *database.Tx, by access.Scope, d *Disclosure, in Decision) error {
	if _, err := s.member(ctx, tx, d.Recipient); err != nil {
		return err
	}
	switch {
	case d.Recipient == by.Agency:
		return fault.New(fault.Invalid, "Your own agency reads its records already: choose another.")
	case !slices.Contains(Bases, d.Basis):
		return fault.New(fault.Invalid, "Choose what the decision rests on.")
	case !slices.Contains(Purposes, d.Purpose):
		return fault.New(fault.Invalid, "Choose what it is for. There is no choice for %s.", NeverPurposes)
	case !slices.Contains([]string{"told", "unsafe", "later"}, d.Told):
		return fault.New(fault.Invalid, "Say whether the young person or their carer has been told.")
	case d.Told != "told" && d.ToldWhy == "":
		return fault.New(fault.Invalid, "Say why they have not been told.")
	}
	if err := reason(d.Why, "you decide so"); err != nil {
		return err
	}
	if d.Named != "" {
		a, err := s.accounts.Get(ctx, tx, d.Named)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		if err != nil || a.Disabled || a.Agency != d.Recipient || a.Role == access.Subject {
			return fault.New(fault.Invalid, "Choose a person of the agency that is to read it, or nobody by name.")
		}
	}
	if !d.Shared {
		d.UntilAt = d.At
		return nil
	}
	today := clock.Today(s.clock)
	until, err := time.Parse(clock.ISODate, in.UntilOn)
	if err != nil || until.Before(today) || until.After(today.AddDate(0, 0, MaxOneOff)) {
		return fault.New(fault.Invalid, "Choose a last day from today to %s, %d days on. What is needed for longer needs an agreement.", today.AddDate(0, 0, MaxOneOff).Format("2 January 2006"), MaxOneOff)
	}
	d.UntilAt = clock.Micros(time.Date(until.Year(), until.Month(), until.Day()+1, 0, 0, 0, 0, clock.London()))
	return nil
}

// checkParts takes the chosen parts from what is offered, so that nothing else can be given, and holds their handling conditions.
func (s *OneOffs) checkParts(ctx context.Context, tx *database.Tx, by access.Scope, d *Disclosure, items []access.Item) error {
	if !d.Shared {
		return nil
	}
	if len(items) == 0 || len(items) > maxItems {
		return fault.New(fault.Invalid, "Choose exactly what is shared: at least one part, at most %d.", maxItems)
	}
	offered, err := s.Offered(ctx, tx, by, d.Person, d.Request != "")
	if err != nil {
		return err
	}
	for _, want := range items {
		i := slices.IndexFunc(offered, func(p Part) bool { return p.Item == want })
		if i < 0 {
			return fault.New(fault.Invalid, "Choose from your own agency's records of this person.")
		}
		p := offered[i]
		if p.Chosen && d.Basis == Owner {
			return fault.New(fault.Refused, "%s: they chose who reads this. It can be given to others only where there is a threat to life or under section 47.", p.Label)
		}
		part := func(x access.Item) Part { // what goes with it has conditions of its own
			if i := slices.IndexFunc(offered, func(y Part) bool { return y.Item == x }); i >= 0 {
				return offered[i]
			}
			return Part{Item: x, Grade: p.Grade}
		}
		condition := p.Condition()
		for _, x := range p.With {
			condition = cmp.Or(condition, part(x).Condition())
		}
		if condition != "" && d.Advice == "" {
			return fault.New(fault.Refused, "%s was given under a condition: %s Ask the originator, and write down under advice whom you asked and what they said.", p.Label, condition)
		}
		for _, x := range append([]access.Item{p.Item}, p.With...) {
			if !slices.ContainsFunc(d.Parts, func(y Part) bool { return y.Item == x }) {
				d.Parts = append(d.Parts, Part{Item: x, Label: p.Label, Grade: part(x).Grade})
			}
		}
	}
	return nil
}

// keptMonths is how long a decision is kept after it has ended before it is looked at again.
const keptMonths = 24

func (s *OneOffs) insert(ctx context.Context, tx *database.Tx, d *Disclosure) error {
	codes, err := database.Collect(ctx, tx, database.Value[string], "SELECT code FROM disclosure")
	if err != nil {
		return err
	}
	last := 0
	for _, c := range codes {
		if n, err := strconv.Atoi(strings.TrimPrefix(c, "OD-")); err == nil {
			last = max(last, n)
		}
	}
	d.ID, d.Code = s.ids.New(), fmt.Sprintf("OD-%d", last+1)
	err = tx.Exec(ctx, `INSERT INTO disclosure (id, code, owner, recipient, named, person, shared, basis, purpose, why, told, told_why, advice, until_at, by_account, at, reviewer, review_by, request, retention_class, review_on, ver)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,'disclosure',$20,1)`,
		d.ID, d.Code, d.Owner, d.Recipient, d.Named, d.Person, d.Shared, string(d.Basis), string(d.Purpose), d.Why, d.Told, d.ToldWhy, d.Advice, d.UntilAt, d.By, d.At, d.Reviewer, d.ReviewBy, d.Request,
		clock.FromMicros(d.UntilAt).AddDate(0, keptMonths, 0).Format(clock.ISODate))
	if database.IsUnique(err) {
		return fault.New(fault.Conflict, "Somebody else decided something at the same moment. Send it again.")
	}
	if err != nil {
		return err
	}
	var rows [][]any
	for _, p := range d.Parts {
		rows = append(rows, []any{d.ID, p.Record, string(p.Class), p.Label, p.Grade})
	}
	return tx.Insert(ctx, "INSERT INTO disclosure_item (disclosure_id, item, item_class, label, handling)", 5, rows, "")
}

const disclosureColumns = `d.id, d.code, d.owner, d.recipient, d.named, d.person, d.shared, d.basis, d.purpose, d.why, d.told, d.told_why, d.advice, d.until_at, d.by_account, d.at,
	d.ended_at, d.ended_by, d.ended_why, d.reviewer, d.review_by, d.reviewed_at, d.reviewed_by, d.verdict, d.review, d.request, d.ver`

func scanDisclosure(r database.Scanner) (Disclosure, error) {
	var d Disclosure
	return d, r.Scan(&d.ID, &d.Code, &d.Owner, &d.Recipient, &d.Named, &d.Person, &d.Shared, (*string)(&d.Basis), (*string)(&d.Purpose), &d.Why, &d.Told, &d.ToldWhy, &d.Advice, &d.UntilAt, &d.By, &d.At,
		&d.EndedAt, &d.EndedBy, &d.EndedWhy, &d.Reviewer, &d.ReviewBy, &d.ReviewedAt, &d.ReviewedBy, &d.Verdict, &d.Review, &d.Request, &d.Ver)
}

// mayRead is who reads a decision: whoever made it or is to look at it; the owner's information officers, managers and chairs; and, of what
// was given, the person it was given to by name, or the recipient's people who work with children, its officers and managers.
func (s *OneOffs) mayRead(by access.Scope, from int) (cond string, args []any, ok bool) {
	if by.Account == "" || by.Agency == "" || by.IsSystem() || by.Role == access.Subject || by.Role == access.Administrator {
		return "", nil, false
	}
	args = []any{by.Account, by.Account, by.Agency, by.Account}
	cond = fmt.Sprintf("(d.by_account = $%d OR d.reviewer = $%d OR (d.shared AND d.recipient = $%d AND (d.named = $%d", from, from+1, from+2, from+3)
	if by.Role != access.Analyst {
		cond += " OR d.named = ''"
	}
	cond += "))"
	if by.Role == access.InfoOfficer || by.Role == access.Manager || by.Role == access.Chair {
		cond += fmt.Sprintf(" OR d.owner = $%d", from+4)
		args = append(args, by.Agency)
	}
	return cond + ")", args, true
}

// List lists the decisions that the scope may read, newest first, without their parts.
func (s *OneOffs) List(ctx context.Context, q database.Queryer, by access.Scope) ([]Disclosure, error) {
	cond, args, ok := s.mayRead(by, 1)
	if !ok {
		return nil, fault.NoSuch()
	}
	return database.Collect(ctx, q, scanDisclosure, "SELECT "+disclosureColumns+" FROM disclosure d WHERE "+cond+" ORDER BY d.at DESC, d.id DESC LIMIT 500", args...)
}

// Get is one decision with its parts, if the scope may read it.
func (s *OneOffs) Get(ctx context.Context, q database.Queryer, by access.Scope, id string) (Disclosure, error) {
	cond, args, ok := s.mayRead(by, 2)
	if !ok {
		return Disclosure{}, fault.NoSuch()
	}
	d, err := database.One(ctx, q, scanDisclosure, "SELECT "+disclosureColumns+" FROM disclosure d WHERE d.id = $1 AND "+cond, append([]any{id}, args...)...)
	if err != nil {
		return Disclosure{}, err
	}
	d.Parts, err = database.Collect(ctx, q, func(r database.Scanner) (Part, error) {
		var p Part
		return p, r.Scan(&p.Record, (*string)(&p.Class), &p.Label, &p.Grade)
	}, "SELECT item, item_class, label, handling FROM disclosure_item WHERE disclosure_id = $1 ORDER BY label, item_class, item", id)
	return d, err
}

// GivenTo lists the agencies that a live one-off disclosure lets read a part, or somebody of theirs by name.
func (s *OneOffs) GivenTo(ctx context.Context, q database.Queryer, x access.Item) ([]string, error) {
	now := clock.Micros(s.clock.Now())
	return database.Collect(ctx, q, database.Value[string], `SELECT DISTINCT d.recipient FROM disclosure d JOIN disclosure_item i ON i.disclosure_id = d.id
		WHERE i.item = $1 AND i.item_class = $2 AND d.shared AND d.ended_at IS NULL AND d.at <= $3 AND d.until_at > $4 ORDER BY d.recipient`, x.Record, string(x.Class), now, now)
}

// EverGiven lists the agencies to which parts of a record were given once, whether or not that is over: they may have kept a copy.
func (s *OneOffs) EverGiven(ctx context.Context, q database.Queryer, record string) ([]string, error) {
	return database.Collect(ctx, q, database.Value[string], "SELECT DISTINCT d.recipient FROM disclosure d JOIN disclosure_item i ON i.disclosure_id = d.id WHERE i.item = $1 AND d.shared ORDER BY d.recipient", record)
}

// End stops a disclosure before its time: from the next page on nothing of it can be read. The owner's people who may read the decision
// can, and whoever looks at it.
func (s *OneOffs) End(ctx context.Context, tx *database.Tx, by access.Scope, id, why string) error {
	d, err := s.Get(ctx, tx, by, id)
	if err != nil {
		return err
	}
	if d.Owner != by.Agency && d.Reviewer != by.Account {
		return fault.NoSuch()
	}
	if err := reason(why, "it ends"); err != nil {
		return err
	}
	if !d.Live(s.now()) {
		return fault.New(fault.Refused, "%s is over already.", d.Code)
	}
	if err := tx.Exec(ctx, "UPDATE disclosure SET ended_at = $1, ended_by = $2, ended_why = $3, ver = ver + 1 WHERE id = $4", s.now(), by.Account, strings.TrimSpace(why), id); err != nil {
		return err
	}
	return s.log.Record(ctx, tx, by, audit.Line{Act: audit.Alteration, SubjectKind: "disclosure", Subject: id, Owners: []string{d.Owner}, Words: d.Code + ": ended before its time"})
}

// Judge is the second person's word on a decision: right, or wrong, which ends what it gave. Nobody judges their own.
func (s *OneOffs) Judge(ctx context.Context, tx *database.Tx, by access.Scope, id, verdict, words string) error {
	d, err := s.Get(ctx, tx, by, id)
	if err != nil {
		return err
	}
	if !MayJudge(by, d.By, d.Owner, d.Reviewer) {
		return fault.NoSuch()
	}
	if verdict != "right" && verdict != "wrong" {
		return fault.New(fault.Invalid, "Say whether the decision was right.")
	}
	if err := reason(words, "you think so"); err != nil {
		return err
	}
	n, err := tx.ExecCount(ctx, "UPDATE disclosure SET reviewed_at = $1, reviewed_by = $2, verdict = $3, review = $4, ver = ver + 1 WHERE id = $5 AND reviewed_at IS NULL", s.now(), by.Account, verdict, strings.TrimSpace(words), id)
	if err != nil {
		return err
	}
	if n != 1 {
		return fault.New(fault.Conflict, "Somebody else looked at %s first.", d.Code)
	}
	if err := s.log.Record(ctx, tx, by, audit.Line{Act: audit.Alteration, SubjectKind: "disclosure", Subject: id, Owners: []string{d.Owner}, Words: d.Code + ": looked at by a second person, " + verdict}); err != nil {
		return err
	}
	if verdict == "wrong" && d.Live(s.now()) {
		return s.End(ctx, tx, by, id, words)
	}
	return nil
}

// MayJudge reports whether the scope may be the second person: the one named, or an information officer, manager or chair of the same
// agency; never the one who did it.
func MayJudge(by access.Scope, did, agency, reviewer string) bool {
	if by.Account == "" || by.Account == did {
		return false
	}
	return by.Account == reviewer || by.Agency == agency && (by.Role == access.InfoOfficer || by.Role == access.Manager || by.Role == access.Chair)
}

// Work asks the second person to look.
func (s *OneOffs) Work(ctx context.Context, q database.Queryer, by access.Scope, _ time.Time) ([]work.Item, error) {
	waiting, err := database.Collect(ctx, q, scanDisclosure, "SELECT "+disclosureColumns+" FROM disclosure d WHERE d.reviewer = $1 AND d.reviewed_at IS NULL ORDER BY d.review_by, d.id", by.Account)
	var out []work.Item
	for _, d := range waiting {
		title := "Look at " + d.Code + ": shared without an agreement"
		if !d.Shared {
			title = "Look at " + d.Code + ": not shared"
		}
		out = append(out, work.Item{ID: d.ID, Kind: "Second look", Title: title, Note: "Somebody other than who decided, by the next working day.", Due: d.ReviewBy, Href: "/disclosures/" + d.ID, Personal: true, Owner: d.Owner})
	}
	return out, err
}

// Singly is what is open to one account besides agreements at a moment: live one-off disclosures and broken glass.
func (s *Store) Singly(ctx context.Context, account, agency string, purpose access.Purpose, at time.Time) ([]access.Grant, *access.Glass, error) {
	now := clock.Micros(at)
	q := s.db.Reader()
	grants, err := database.Collect(ctx, q, func(r database.Scanner) (access.Grant, error) {
		var g access.Grant
		return g, r.Scan(&g.ID, &g.Code, &g.Named)
	}, `SELECT d.id, d.code, d.named <> '' FROM disclosure d WHERE d.recipient = $1 AND d.shared AND d.ended_at IS NULL AND d.at <= $2 AND d.until_at > $3 AND d.purpose = $4 AND (d.named = '' OR d.named = $5) ORDER BY d.id`,
		agency, now, now, string(purpose), account)
	if err != nil {
		return nil, nil, err
	}
	for i := range grants {
		items, err := database.Collect(ctx, q, func(r database.Scanner) (access.Item, error) {
			var x access.Item
			return x, r.Scan(&x.Record, (*string)(&x.Class))
		}, "SELECT item, item_class FROM disclosure_item WHERE disclosure_id = $1", grants[i].ID)
		if err != nil {
			return nil, nil, err
		}
		grants[i].Items = make(map[access.Item]bool, len(items))
		for _, x := range items {
			grants[i].Items[x] = true
		}
	}
	glass, err := s.glass(ctx, q, account, agency, now)
	return grants, glass, err
}
