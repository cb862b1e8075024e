package sharing

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/partnership"
	"lantern.example/lantern/internal/work"
)

// Ask is what somebody asks of an agency's desk about a person: to read what is closed to them, or, of the broker, whether a service that
// is never named knows the person. It says nothing of whether there is anything.
type Ask struct {
	ID, Kind      string // kind: class, broker
	Person        string
	Class         access.Class
	Asker, Agency string
	Desk          string // agency
	Purpose       access.Purpose
	Why           string
	Urgent        bool
	ReceivedAt    int64
	DueOn         string // ISO date
	State         string // open, granted, refused, answered
	Reply         string
	RepliedBy     string
	RepliedAt     *int64
	Disclosure    string // the one-off disclosure that granted it
	ReadAt        *int64 // when the asker read the answer
}

// How many working days a desk has.
const (
	UrgentDays   = 1
	OrdinaryDays = 5
)

// Asks is where such questions wait and are answered.
type Asks struct {
	office
	ids     *clock.IDs
	log     *audit.Log
	oneOffs *OneOffs
}

// NewAsks returns them; what is granted becomes a one-off disclosure.
func NewAsks(c clock.Clock, ids *clock.IDs, log *audit.Log, accounts *account.Store, p *partnership.Store, o *OneOffs) *Asks {
	return &Asks{office: office{c, accounts, p}, ids: ids, log: log, oneOffs: o}
}

const brokerSetting = "sharing-broker"

// Broker is the agency whose desk answers for the services that are never named: the one chosen, else the first that has an information
// officer, else the asker's own.
func (s *Asks) Broker(ctx context.Context, q database.Queryer, own string) (string, error) {
	set, err := database.Collect(ctx, q, database.Value[string], "SELECT value FROM setting WHERE name = $1", brokerSetting)
	if err != nil {
		return "", err
	}
	if len(set) == 1 {
		return set[0], nil
	}
	all, err := s.accounts.All(ctx, q)
	for _, a := range all {
		if a.Role == access.InfoOfficer && !a.Disabled {
			return a.Agency, err
		}
	}
	return own, err
}

// SetBroker chooses the agency whose desk is the broker.
func (s *Asks) SetBroker(ctx context.Context, tx *database.Tx, by access.Scope, agency string) error {
	if !MaySign(by) {
		return fault.NoSuch()
	}
	if _, err := s.member(ctx, tx, agency); err != nil {
		return err
	}
	if role, err := s.deskRole(ctx, tx, agency); err != nil || role == "" {
		if err != nil {
			return err
		}
		return fault.New(fault.Invalid, "That agency has nobody with an account who could answer.")
	}
	if err := tx.Exec(ctx, "DELETE FROM setting WHERE name = $1", brokerSetting); err != nil {
		return err
	}
	if err := tx.Exec(ctx, "INSERT INTO setting (name, value, at) VALUES ($1,$2,$3)", brokerSetting, agency, s.now()); err != nil {
		return err
	}
	return s.log.Record(ctx, tx, by, audit.Line{Act: audit.Alteration, SubjectKind: "partnership", Subject: "broker", Owners: []string{agency}, Words: "the broker's desk is " + agency})
}

// Put takes a question to a desk. For kind "class" the desk is the agency asked; for "broker" it is the broker's. The caller has made sure
// that the asker may see the person.
func (s *Asks) Put(ctx context.Context, tx *database.Tx, by access.Scope, in Ask) (Ask, error) {
	if by.Account == "" || by.Agency == "" || by.Purpose == "" || !slices.Contains([]access.Role{access.Manager, access.Chair, access.Practitioner, access.SchoolLead, access.Analyst}, by.Role) {
		return Ask{}, fault.NoSuch()
	}
	if err := reason(in.Why, "you need it"); err != nil {
		return Ask{}, err
	}
	var err error
	switch in.Kind {
	case "broker":
		in.Class = ""
		if in.Desk, err = s.Broker(ctx, tx, by.Agency); err != nil {
			return Ask{}, err
		}
	case "class":
		if !in.Class.Personal() || in.Class == access.FormerName || !slices.Contains(access.Classes, in.Class) {
			return Ask{}, fault.New(fault.Invalid, "Choose what you need to read.")
		}
		if !slices.Contains(Purposes, by.Purpose) {
			return Ask{}, fault.New(fault.Refused, "Nothing is shared for the purpose you chose at the top of the page. Change what you are here for, and ask again.")
		}
		if in.Desk == by.Agency {
			return Ask{}, fault.New(fault.Invalid, "Choose another agency than your own. Within your own, ask your manager.")
		}
		if _, err := s.member(ctx, tx, in.Desk); err != nil {
			return Ask{}, err
		}
	default:
		return Ask{}, fault.NoSuch()
	}
	role, err := s.deskRole(ctx, tx, in.Desk)
	if err != nil {
		return Ask{}, err
	}
	if role == "" {
		return Ask{}, fault.New(fault.Refused, "That agency has nobody who answers in Lantern yet. Speak to them, and write down what they said.")
	}
	days := OrdinaryDays
	if in.Urgent {
		days = UrgentDays
	}
	if in.DueOn, err = s.nextWorkingDay(ctx, tx, days); err != nil {
		return Ask{}, err
	}
	in.ID, in.Asker, in.Agency, in.Purpose, in.Why, in.ReceivedAt, in.State = s.ids.New(), by.Account, by.Agency, by.Purpose, strings.TrimSpace(in.Why), s.now(), "open"
	due, err := time.Parse(clock.ISODate, in.DueOn)
	if err != nil {
		return Ask{}, err
	}
	if err := tx.Exec(ctx, `INSERT INTO access_request (id, kind, person, class, asker, agency, desk, purpose, why, urgent, received_at, due_on, state, retention_class, review_on, ver)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,'open','access request',$13,1)`,
		in.ID, in.Kind, in.Person, string(in.Class), in.Asker, in.Agency, in.Desk, string(in.Purpose), in.Why, in.Urgent, in.ReceivedAt, in.DueOn, due.AddDate(0, keptMonths, 0).Format(clock.ISODate)); err != nil {
		return Ask{}, err
	}
	return in, s.log.Record(ctx, tx, by, audit.Line{Act: audit.Collection, SubjectKind: "access-request", Subject: in.ID, Owners: []string{in.Desk}, Words: "asked: " + in.Kind + " " + string(in.Class)})
}

const askColumns = "r.id, r.kind, r.person, r.class, r.asker, r.agency, r.desk, r.purpose, r.why, r.urgent, r.received_at, r.due_on, r.state, r.reply, r.replied_by, r.replied_at, r.disclosure_id, r.read_at"

func scanAsk(r database.Scanner) (Ask, error) {
	var a Ask
	return a, r.Scan(&a.ID, &a.Kind, &a.Person, (*string)(&a.Class), &a.Asker, &a.Agency, &a.Desk, (*string)(&a.Purpose), &a.Why, &a.Urgent, &a.ReceivedAt, &a.DueOn, &a.State, &a.Reply, &a.RepliedBy, &a.RepliedAt, &a.Disclosure, &a.ReadAt)
}

// List lists what the scope asked, and, for whoever answers at their agency's desk, what waits there and was answered: open ones first.
func (s *Asks) List(ctx context.Context, q database.Queryer, by access.Scope) ([]Ask, error) {
	cond, args, err := s.mayRead(ctx, q, by, 1)
	if err != nil {
		return nil, err
	}
	return database.Collect(ctx, q, scanAsk, "SELECT "+askColumns+" FROM access_request r WHERE "+cond+" ORDER BY CASE WHEN r.state = 'open' THEN 0 ELSE 1 END, r.due_on, r.id LIMIT 500", args...)
}

func (s *Asks) mayRead(ctx context.Context, q database.Queryer, by access.Scope, from int) (string, []any, error) {
	if by.Account == "" || by.Agency == "" || by.IsSystem() || by.Role == access.Subject {
		return "", nil, fault.NoSuch()
	}
	cond, args := fmt.Sprintf("(r.asker = $%d", from), []any{by.Account}
	at, err := s.atDesk(ctx, q, by)
	if at {
		cond += fmt.Sprintf(" OR r.desk = $%d", from+1)
		args = append(args, by.Agency)
	}
	return cond + ")", args, err
}

// Get is one question, if the scope asked it or answers at its desk.
func (s *Asks) Get(ctx context.Context, q database.Queryer, by access.Scope, id string) (Ask, error) {
	cond, args, err := s.mayRead(ctx, q, by, 2)
	if err != nil {
		return Ask{}, err
	}
	return database.One(ctx, q, scanAsk, "SELECT "+askColumns+" FROM access_request r WHERE r.id = $1 AND "+cond, append([]any{id}, args...)...)
}

// Answers reports whether the scope answers the question: at its desk, and not its own.
func (s *Asks) Answers(ctx context.Context, q database.Queryer, by access.Scope, a Ask) (bool, error) {
	if a.State != "open" || a.Desk != by.Agency || a.Asker == by.Account {
		return false, nil
	}
	return s.atDesk(ctx, q, by)
}

// Grant answers yes: exactly these parts become a one-off disclosure to the asker by name, which opens them although the class is closed to
// their role.
func (s *Asks) Grant(ctx context.Context, tx *database.Tx, by access.Scope, id string, d Decision) (Disclosure, error) {
	a, err := s.answering(ctx, tx, by, id)
	if err != nil {
		return Disclosure{}, err
	}
	if a.Kind != "class" {
		return Disclosure{}, fault.NoSuch()
	}
	for _, x := range d.Items {
		if x.Class != a.Class && x.Class != access.Identity {
			return Disclosure{}, fault.New(fault.Invalid, "Choose from what was asked for.")
		}
	}
	by.Purpose = a.Purpose // what is given is given for what it was asked for
	d.Recipient, d.Named, d.Person, d.Purpose, d.Shared, d.request = a.Agency, a.Asker, a.Person, a.Purpose, true, a.ID
	out, err := s.oneOffs.Decide(ctx, tx, by, d)
	if err != nil {
		return Disclosure{}, err
	}
	return out, s.close(ctx, tx, by, a, "granted", d.Why, out.ID)
}

// Refuse answers no, with the reason that the asker reads.
func (s *Asks) Refuse(ctx context.Context, tx *database.Tx, by access.Scope, id, why string) error {
	a, err := s.answering(ctx, tx, by, id)
	if err != nil {
		return err
	}
	if a.Kind != "class" {
		return fault.NoSuch()
	}
	if err := reason(why, "it is not given"); err != nil {
		return err
	}
	return s.close(ctx, tx, by, a, "refused", why, "")
}

// Answer is the broker's word, which the asker reads.
func (s *Asks) Answer(ctx context.Context, tx *database.Tx, by access.Scope, id, words string) error {
	a, err := s.answering(ctx, tx, by, id)
	if err != nil {
		return err
	}
	if a.Kind != "broker" {
		return fault.NoSuch()
	}
	if err := reason(words, "so: the answer is empty"); err != nil {
		return err
	}
	return s.close(ctx, tx, by, a, "answered", words, "")
}

func (s *Asks) answering(ctx context.Context, tx *database.Tx, by access.Scope, id string) (Ask, error) {
	a, err := s.Get(ctx, tx, by, id)
	if err != nil {
		return a, err
	}
	if ok, err := s.Answers(ctx, tx, by, a); err != nil {
		return a, err
	} else if !ok && a.State != "open" {
		return a, fault.New(fault.Conflict, "This was answered already.")
	} else if !ok {
		return a, fault.NoSuch()
	}
	return a, nil
}

func (s *Asks) close(ctx context.Context, tx *database.Tx, by access.Scope, a Ask, state, reply, disclosure string) error {
	n, err := tx.ExecCount(ctx, "UPDATE access_request SET state = $1, reply = $2, replied_by = $3, replied_at = $4, disclosure_id = $5, ver = ver + 1 WHERE id = $6 AND state = 'open'",
		state, strings.TrimSpace(reply), by.Account, s.now(), disclosure, a.ID)
	if err != nil {
		return err
	}
	if n != 1 {
		return fault.New(fault.Conflict, "Somebody else answered this first.")
	}
	return s.log.Record(ctx, tx, by, audit.Line{Act: audit.Alteration, SubjectKind: "access-request", Subject: a.ID, Owners: []string{a.Desk}, Words: state})
}

// Seen notes that the asker has read the answer, so that it leaves their list of work.
func (s *Asks) Seen(ctx context.Context, tx *database.Tx, by access.Scope, a Ask) error {
	if a.State == "open" || a.Asker != by.Account || a.ReadAt != nil {
		return nil
	}
	return tx.Exec(ctx, "UPDATE access_request SET read_at = $1 WHERE id = $2 AND read_at IS NULL", s.now(), a.ID)
}

// Work asks the desk to answer, and tells the asker that an answer has come.
func (s *Asks) Work(ctx context.Context, q database.Queryer, by access.Scope, today time.Time) ([]work.Item, error) {
	if by.Role == access.Subject || by.Agency == "" {
		return nil, nil
	}
	all, err := s.List(ctx, q, by)
	if err != nil {
		return nil, err
	}
	var out []work.Item
	for _, a := range all {
		item := work.Item{ID: a.ID, Kind: "Request", Due: a.DueOn, Href: "/requests/" + a.ID, Personal: true, Owner: a.Desk}
		switch {
		case a.State == "open" && a.Desk == by.Agency && a.Asker != by.Account:
			item.Title, item.Note = "Answer a request to read records", "Give it, or say why not. Whoever asked waits."
			if a.Kind == "broker" {
				item.Title, item.Note = "Answer as broker: does a service that is never named know this person?", "The answer looks the same whether or not one does."
			}
		case a.State != "open" && a.Asker == by.Account && a.ReadAt == nil:
			item.Title, item.Note, item.Due = "Read the answer to your request", "It has come back.", today.Format(clock.ISODate)
		default:
			continue
		}
		out = append(out, item)
	}
	return out, nil
}

// ---- who else knows ----

// Knows says that an agency holds something of a person, and when it last learnt anything: a month, no more.
type Knows struct{ Agency, Month string } // Month as 2006-01

// Knowers lists the agencies that hold unrestricted records of a person; rooms above this one implement it.
type Knowers func(ctx context.Context, q database.Queryer, person string) ([]Knows, error)

// Pointers answers who else knows a person, and counts who asked.
type Pointers struct {
	office
	ids     *clock.IDs
	log     *audit.Log
	knowers Knowers
}

// NewPointers returns it.
func NewPointers(c clock.Clock, ids *clock.IDs, log *audit.Log, accounts *account.Store, p *partnership.Store, k Knowers) *Pointers {
	return &Pointers{office: office{c, accounts, p}, ids: ids, log: log, knowers: k}
}

// Pointer is one agency that may be named, and whom to speak to.
type Pointer struct {
	Agency partnership.Agency
	Month  string
}

// split tells those who may be named to the asker from those who never are.
func (s *Pointers) split(ctx context.Context, q database.Queryer, by access.Scope, person string) (named, never []Pointer, err error) {
	found, err := s.knowers(ctx, q, person)
	if err != nil {
		return nil, nil, err
	}
	agencies, err := s.partnership.Members(ctx, q)
	if err != nil {
		return nil, nil, err
	}
	for _, a := range agencies { // by name, so that the order tells nothing
		for _, k := range found {
			switch {
			case k.Agency != a.Code:
			case partnership.NeverNamed(a.Kind):
				never = append(never, Pointer{a, k.Month})
			case a.Code != by.Agency:
				named = append(named, Pointer{a, k.Month})
			}
		}
	}
	return named, never, nil
}

// Question writes down that the scope asks, and why; with it Named answers for an hour.
func (s *Pointers) Question(ctx context.Context, tx *database.Tx, by access.Scope, person, why string) error {
	if by.Account == "" || by.Agency == "" || by.Purpose == "" {
		return fault.NoSuch()
	}
	if err := reason(why, "you ask"); err != nil {
		return err
	}
	if len([]rune(why)) > 1000 {
		return fault.New(fault.Invalid, "The reason is longer than 1,000 characters.")
	}
	named, _, err := s.split(ctx, tx, by, person)
	if err != nil {
		return err
	}
	var owners []string
	for _, n := range named {
		owners = append(owners, n.Agency.Code)
	}
	if err := tx.Exec(ctx, "INSERT INTO pointer_question (id, person, account, agency, purpose, why, named, at, retention_class, review_on) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,'pointer',$9)",
		s.ids.New(), person, by.Account, by.Agency, string(by.Purpose), strings.TrimSpace(why), len(named), s.now(), clock.Today(s.clock).AddDate(0, keptMonths, 0).Format(clock.ISODate)); err != nil {
		return err
	}
	return s.log.Record(ctx, tx, by, audit.Line{Act: audit.Disclosure, SubjectKind: "person", Subject: person, Owners: owners, Words: fmt.Sprintf("who else knows: %d agencies named", len(named))})
}

// askedFor is how long an answer stays open to who asked.
const askedFor = time.Hour

// Named lists who else knows the person, for somebody who has asked and said why within the hour; asked is false for anybody else.
func (s *Pointers) Named(ctx context.Context, q database.Queryer, by access.Scope, person string) (named []Pointer, asked bool, err error) {
	n, err := database.One(ctx, q, database.Value[int], "SELECT count(*) FROM pointer_question WHERE account = $1 AND person = $2 AND at > $3", by.Account, person, clock.Micros(s.clock.Now().Add(-askedFor)))
	if err != nil || n == 0 {
		return nil, false, err
	}
	named, _, err = s.split(ctx, q, by, person)
	return named, true, err
}

// Brokered is what the broker's desk sees of a question put to it: the services that are never named and hold something of the person. It
// is for whoever answers that question, and nobody else.
func (s *Pointers) Brokered(ctx context.Context, q database.Queryer, by access.Scope, asks *Asks, id string) ([]Pointer, error) {
	a, err := asks.Get(ctx, q, by, id)
	if err != nil {
		return nil, err
	}
	if ok, err := asks.Answers(ctx, q, by, a); err != nil || !ok || a.Kind != "broker" {
		if err != nil {
			return nil, err
		}
		return nil, fault.NoSuch()
	}
	_, never, err := s.split(ctx, q, by, a.Person)
	return never, err
}

// Questioned is one time that somebody asked who else knows a person.
type Questioned struct {
	Account, Person, Why string
	Named                int
	At                   int64
}

// Questions lists what the agency's own people asked in the last days, with their reasons, newest first, for its information officers and
// managers; and counts how many the whole partnership asked.
func (s *Pointers) Questions(ctx context.Context, q database.Queryer, by access.Scope, days int) (own []Questioned, all int, err error) {
	if !MaySign(by) {
		return nil, 0, fault.NoSuch()
	}
	since := clock.Micros(s.clock.Now().AddDate(0, 0, -days))
	if all, err = database.One(ctx, q, database.Value[int], "SELECT count(*) FROM pointer_question WHERE at > $1", since); err != nil {
		return nil, 0, err
	}
	own, err = database.Collect(ctx, q, func(r database.Scanner) (Questioned, error) {
		var x Questioned
		return x, r.Scan(&x.Account, &x.Person, &x.Why, &x.Named, &x.At)
	}, "SELECT account, person, why, named, at FROM pointer_question WHERE at > $1 AND agency = $2 ORDER BY at DESC, id LIMIT 200", since, by.Agency)
	return own, all, err
}
