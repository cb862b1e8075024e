package sharing

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fact"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/figure"
	"lantern.example/lantern/internal/partnership"
	"lantern.example/lantern/internal/report"
)

// Papers are the governance documents that are produced from what is live: nothing in them is written twice, so that they cannot say otherwise than
// what the program does.
type Papers struct {
	office
	ids      *clock.IDs
	log      *audit.Log
	register *Register
	glasses  *Glasses
	words    Words
	version  string
}

// Words are how classes, purposes and roles are said.
type Words struct {
	Class   map[access.Class]string
	Purpose map[access.Purpose]string
	Role    map[access.Role]string
}

// NewPapers returns them.
func NewPapers(c clock.Clock, ids *clock.IDs, log *audit.Log, accounts *account.Store, p *partnership.Store, r *Register, g *Glasses, w Words, version string) *Papers {
	return &Papers{office: office{c, accounts, p}, ids: ids, log: log, register: r, glasses: g, words: w, version: version}
}

// Kind is one sort of governance document.
type Kind struct {
	Key, Title, About string
	Step              int  // of the adoption ladder, from which it is needed
	Signs             bool // whether somebody signs it
}

// Kinds lists them in the order pages show them.
var Kinds = []Kind{
	{"register", "Register of agreements", "Every agreement, who signed it and what flows under it.", 2, false},
	{"processing", "Record of processing", "What is processed, for what, whose, who receives it and how long it is kept (UK GDPR Article 30; DPA 2018 section 61).", 1, false},
	{"impact", "Data protection impact assessment", "What is done with people’s data, why it is needed, what could go wrong and what holds it (UK GDPR Article 35; DPA 2018 section 64).", 2, true},
	{"policy", "Appropriate policy document", "How special categories and criminal records are kept to the principles, and for how long (DPA 2018 Schedule 1 Part 4; section 42).", 3, true},
	{"controllers", "Controllers and host", "Who decides what the data are for, who runs the machine, and for whom (UK GDPR Articles 4, 26 and 28).", 1, true},
}

// KindOf is the kind of that key.
func KindOf(key string) (Kind, bool) {
	i := slices.IndexFunc(Kinds, func(k Kind) bool { return k.Key == key })
	if i < 0 {
		return Kind{}, false
	}
	return Kinds[i], true
}

// live is everything the documents are made from, read once.
type livePicture struct {
	settings  partnership.Settings
	members   []partnership.Agency
	names     map[string]string
	entries   []Entry
	accounts  []account.Account
	oneOffs   int
	glass     Counted
	today     string
	unlive    int
	lawful    []string
	purposes  []access.Purpose
	classes   []access.Class
	receivers map[access.Class][]string
}

const countedDays = 365

func (p *Papers) gather(ctx context.Context, q database.Queryer) (s livePicture, err error) {
	if s.settings, err = p.partnership.Settings(ctx, q); err != nil {
		return s, err
	}
	if s.members, err = p.partnership.Members(ctx, q); err != nil {
		return s, err
	}
	if s.names, err = p.partnership.AgencyNames(ctx, q); err != nil {
		return s, err
	}
	if s.entries, err = p.register.All(ctx, q); err != nil {
		return s, err
	}
	if s.accounts, err = p.accounts.All(ctx, q); err != nil {
		return s, err
	}
	if s.glass, err = p.glasses.Count(ctx, q, countedDays); err != nil {
		return s, err
	}
	if s.oneOffs, err = database.One(ctx, q, database.Value[int], "SELECT count(*) FROM disclosure WHERE shared AND at > $1", clock.Micros(p.clock.Now().AddDate(0, 0, -countedDays))); err != nil {
		return s, err
	}
	s.today, s.receivers = clock.Today(p.clock).Format(clock.ISODate), map[access.Class][]string{}
	for _, e := range s.entries {
		if e.StandingOn(s.today) != Live {
			s.unlive++
			continue
		}
		if !slices.Contains(s.lawful, e.LawfulBasis) {
			s.lawful = append(s.lawful, e.LawfulBasis)
		}
		for _, x := range e.Purposes {
			if !slices.Contains(s.purposes, x) {
				s.purposes = append(s.purposes, x)
			}
		}
		for _, c := range e.Classes {
			if !slices.Contains(s.classes, c) {
				s.classes = append(s.classes, c)
			}
			for _, party := range e.Parties {
				if n := s.name(party.Agency); party.Receives && !slices.Contains(s.receivers[c], n) {
					s.receivers[c] = append(s.receivers[c], n)
				}
			}
		}
	}
	slices.Sort(s.lawful)
	return s, nil
}

func (s livePicture) name(code string) string {
	if n := s.names[code]; n != "" {
		return n
	}
	return code
}

func showDate(iso string) string {
	if t, err := time.Parse(clock.ISODate, iso); err == nil {
		return t.Format("2 January 2006")
	}
	return iso
}

func orNot(s string) string {
	if strings.TrimSpace(s) == "" {
		return "Not written yet: the community safety manager or the information officer writes it under Governance."
	}
	return s
}

func (p *Papers) list(classes []access.Class) string {
	var out []string
	for _, c := range access.Classes {
		if slices.Contains(classes, c) {
			out = append(out, p.words.Class[c])
		}
	}
	return strings.Join(out, "; ")
}

func (p *Papers) purposes(ps []access.Purpose) string {
	out := make([]string, len(ps))
	for i, x := range ps {
		out[i] = p.words.Purpose[x]
	}
	return strings.Join(out, "; ")
}

// Make produces a document from what is live now, with the digest of its words: it changes when, and only when, what is live does.
func (p *Papers) Make(ctx context.Context, q database.Queryer, key string) (*report.Document, string, error) {
	k, ok := KindOf(key)
	if !ok {
		return nil, "", fault.NoSuch()
	}
	s, err := p.gather(ctx, q)
	if err != nil {
		return nil, "", err
	}
	d := &report.Document{Title: k.Title, Subtitle: s.settings.Name, Generator: "Produced by Lantern from what is live. Nothing in it is typed in but what the partnership says of itself."}
	switch key {
	case "register":
		d.Chapters = p.registerChapters(s)
	case "processing":
		d.Chapters = p.processing(s)
	case "impact":
		d.Chapters = p.impact(s)
	case "policy":
		d.Chapters = p.policy(s)
	case "controllers":
		d.Chapters = p.controllers(s)
	}
	sum := sha256.New()
	d.Made = time.Unix(0, 0) // the words, not the day
	var b bytes.Buffer
	if err := d.WriteHTML(&b); err != nil {
		return nil, "", err
	}
	sum.Write(b.Bytes())
	digest := hex.EncodeToString(sum.Sum(nil))
	d.Made = p.clock.Now().In(clock.London())
	if !k.Signs {
		d.Signed = "Produced from what is live on " + d.Made.Format("2 January 2006") + ". It needs no signature of its own."
		return d, digest, nil
	}
	signed, err := p.Signatures(ctx, q, key)
	for _, x := range signed {
		if x.Digest == digest {
			d.Signed = "Signed by " + p.who(s, x.By) + " for " + s.name(x.Agency) + " on " + clock.FromMicros(x.At).In(clock.London()).Format("2 January 2006") + "; looked at again by " + showDate(x.ReviewOn) + "."
			break
		}
	}
	return d, digest, err
}

func (p *Papers) who(s livePicture, id string) string {
	for _, a := range s.accounts {
		if a.ID == id {
			return a.Name
		}
	}
	return "somebody who has left"
}

func finding(sentence, base string) figure.Finding {
	return figure.Finding{Sentence: sentence, Base: base}
}

const fromRegister = "From the register of agreements."

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func (p *Papers) registerChapters(s livePicture) []report.Chapter {
	t := report.Table{Caption: "Agreements", Header: []string{"Agreement", "State", "Parties", "Data", "Purposes", "Lawful basis and gateway", "Holds", "Review"}, Base: "An agreement permits something only while every party has signed it and it has begun and not ended."}
	sign := report.Table{Caption: "Signatures", Header: []string{"Agreement", "Agency", "Its records flow", "It reads others’", "Signed by", "On"}, Base: "Signed in the program, each with the signer’s own account."}
	for _, e := range s.entries {
		var parties []string
		for _, x := range e.Parties {
			parties = append(parties, s.name(x.Agency))
			by, on := "Not signed", ""
			if x.SignedAt != nil {
				by, on = p.who(s, x.SignedBy), clock.FromMicros(*x.SignedAt).In(clock.London()).Format("2 January 2006")
			}
			sign.Rows = append(sign.Rows, []string{e.Code, s.name(x.Agency), map[bool]string{true: "Yes", false: "No"}[x.Gives], map[bool]string{true: "Yes", false: "No"}[x.Receives], by, on})
		}
		t.Rows = append(t.Rows, []string{e.Code + ": " + e.Title, string(e.StandingOn(s.today)), strings.Join(parties, "; "), p.list(e.Classes), p.purposes(e.Purposes), e.LawfulBasis + ". " + e.Gateway + ".", showDate(e.StartsOn) + " to " + showDate(e.ExpiresOn), showDate(e.ReviewOn)})
	}
	live := len(s.entries) - s.unlive
	return []report.Chapter{{ID: "agreements", Title: "Agreements", Findings: []figure.Finding{finding(fmt.Sprintf("%s; %d of %d hold today.", count(len(s.entries), "agreement is in the register", "agreements are in the register"), live, len(s.entries)), fromRegister)}, Tables: []report.Table{t}},
		{ID: "signatures", Title: "Signatures", Tables: []report.Table{sign}},
		{ID: "without", Title: "Shared without an agreement", Findings: []figure.Finding{finding(fmt.Sprintf("%s in the last %d days, each looked at by a second person by the next working day.", count(s.oneOffs, "one-off disclosure was made", "one-off disclosures were made"), countedDays), "Decisions to share that were written down; those not to share are kept as well.")}},
		{ID: "never", Title: "What no agreement is for", Intro: "No agreement can be written for " + NeverPurposes + ": the program has no such purpose."}}
}

func (p *Papers) processing(s livePicture) []report.Chapter {
	ropa := report.Table{Caption: "Processing under agreements", Header: []string{"Purpose", "Under", "Categories of data", "Whose records", "Recipients", "Lawful basis and gateway"}, Base: "One row an agreement that holds today."}
	for _, e := range s.entries {
		if e.StandingOn(s.today) != Live {
			continue
		}
		var from, to []string
		for _, x := range e.Parties {
			if x.Gives {
				from = append(from, s.name(x.Agency))
			}
			if x.Receives {
				to = append(to, s.name(x.Agency))
			}
		}
		ropa.Rows = append(ropa.Rows, []string{p.purposes(e.Purposes), e.Code + ": " + e.Title, p.list(e.Classes), strings.Join(from, "; "), strings.Join(to, "; "), e.LawfulBasis + ". " + e.Gateway + "."})
	}
	return []report.Chapter{
		{ID: "who", Title: "Who", Intro: "Controllers: " + orNot(s.settings.Controllers) + " Host: " + orNot(s.settings.Host)},
		{ID: "people", Title: "Whose data", Intro: "Children and young people about whom there is concern; adults whose homes or needs are used; people who were victims, witnesses or suspects of what happened; workers of the agencies, who sign in. A part somebody had in an event belongs to that event: nobody is put in a category as a person."},
		{ID: "what", Title: "What, for what and for whom", Tables: []report.Table{ropa}, Intro: "Each agency also keeps its own records here, for its own purposes, and reads them without an agreement."},
		{ID: "how-long", Title: "How long", Tables: []report.Table{p.retention()}},
		{ID: "where", Title: "Where, and what holds it", Intro: "On the host’s own machine. No page and no job contacts any other: nothing is transferred abroad. " + measures()},
	}
}

func (p *Papers) retention() report.Table {
	t := report.Table{Caption: "First look at whether a record must still be kept, by class", Header: []string{"Data", "Looked at within"}, Base: "Counted from when it was learnt. What is not needed then goes; staying needs a reason from somebody else. An agency’s own schedule, where it has adopted one, takes the place of these."}
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range access.Classes {
		_, review := fact.Retention(string(c), at)
		r, err := time.Parse(clock.ISODate, review)
		if err != nil {
			continue
		}
		t.Rows = append(t.Rows, []string{capitalise(p.words.Class[c]), count(r.Year()-at.Year(), "year", "years")})
	}
	return t
}

func capitalise(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func measures() string {
	return "Every read takes a scope made from the account, its agency, role, purpose and the agreements that hold; a line is written in a log that shows tampering before any page about a person is shown; passwords are kept as Argon2id; backups are encrypted; what is not covered at rest is written down in the program’s security page."
}

// risk is one thing that could go wrong, and what holds it.
type risk struct{ what, who, holds string }

var risks = []risk{
	{"People are put on a list and never come off it", "Children named long after any reason has gone", "There is no list of people and no score; everything has a day on which somebody must look at it, and lapse removes"},
	{"A victim is shown as a suspect", "Children harmed twice", "A part belongs to one event; being a victim never counts towards harm; parts are not mixed in one view"},
	{"Records go to more agencies, or in more detail, than there is a reason for", "Exclusion, eviction, loss of trust", "No row of an agreement, no read; classes and purposes are named one by one; no agreement can be for housing, benefits, immigration or school admission"},
	{"Two people are taken for one", "Decisions on somebody else’s record", "Joins can be taken back; a doubtful one waits for a person; decisions bind later runs"},
	{"Somebody looks who has no business to", "Fear of services; danger from within", "Each look is written down first and shown to the agency whose record it is; unusual reading stands out against the reader’s own days"},
	{"An emergency is used to read what is closed", "As above", "Broken glass lasts four hours, is looked at by a second person by the next working day, and is counted on the governance page"},
	{"A refuge or a health service is given away by who knows somebody", "Somebody who is hiding is found", "Such services are never named; a broker answers; former and refuge names are a class of their own that no agreement covers"},
	{"What is written about a child reaches the police through a youth worker’s notes", "Children stop talking", "Such notes are closed to police but for what is shared item by item with a reason"},
	{"The person is not told, and cannot put it right", "Wrong records stand", "One desk with a clock; their own page in plain words; a correction stands beside the record"},
	{"Records of some groups are linked worse than those of others", "A child known to three agencies is seen as three; another is taken for somebody else", "The quality of linking is counted by age, sex, kind of name and recorded ethnicity, with intervals and from 200 reviewed pairs on; ethnicity is kept sealed for that alone (DPA 2018 Schedule 1 paragraph 8: name it in the appropriate policy document), links nothing and is read by its own agency and the person"},
	{"Some groups are looked at more than others", "Disproportionate effect by race or place", "Ethnicity, faith, nationality, music, postcode and family are never indicators; numbers carry their base. Consider an equality impact assessment beside this one"},
}

func (p *Papers) impact(s livePicture) []report.Chapter {
	t := report.Table{Caption: "What could go wrong, and what holds it", Header: []string{"What", "For whom", "What holds it"}, Base: "What holds it is what the program does. How likely and how bad what is left is, the partnership judges and signs."}
	for _, r := range risks {
		t.Rows = append(t.Rows, []string{r.what, r.who, r.holds})
	}
	var agencies []string
	for _, a := range s.members {
		agencies = append(agencies, a.Name)
	}
	now := report.Table{Caption: "How it stands today", Header: []string{"What", "Today"}, Base: "Counted when this was produced. A change of what is live opens a signed assessment again."}
	now.Rows = [][]string{{"Step of the adoption ladder", partnership.Ladder[s.settings.Step].Name}, {"Agencies", strings.Join(agencies, "; ")}, {"Agreements that hold", fmt.Sprint(len(s.entries) - s.unlive)}, {"Classes of data that flow", orWord(p.list(s.classes), "None")}, {"Purposes", orWord(p.purposes(s.purposes), "None")}}
	roles := report.Table{Caption: "What is closed to a role, whoever owns it", Header: []string{"Role", "Closed"}, Base: "In the program, and not to be changed by an agreement."}
	for _, r := range access.Roles {
		if r != access.Subject {
			roles.Rows = append(roles.Rows, []string{capitalise(p.words.Role[r]), orWord(p.list(access.ClosedTo(r)), "Nothing")})
		}
	}
	return []report.Chapter{
		{ID: "why", Title: "Why one is needed", Intro: "Children and others who cannot easily object are written about, on a large scale, and records of several agencies are matched: each alone would call for an assessment."},
		{ID: "what", Title: "What is done", Intro: partnership.Ladder[s.settings.Step].Use, Tables: []report.Table{now, roles}},
		{ID: "need", Title: "Why it is needed, and no more", Intro: "What flows is named class by class and purpose by purpose in each agreement, with its lawful basis and gateway: " + orWord(strings.Join(s.lawful, "; "), "none holds today") + ". Whatever an agreement does not name is not read. Where a pointer will do, a pointer is given: which agency, which month, whom to speak to."},
		{ID: "risks", Title: "What could go wrong", Tables: []report.Table{t}},
		{ID: "asked", Title: "Whom to ask before signing", Ask: []string{"Young people and families, through a group that they trust.", "The data protection officer of each controller.", "The front line: whether what is shared is what they need."}},
	}
}

func orWord(s, none string) string {
	if s == "" {
		return none
	}
	return s
}

func (p *Papers) policy(s livePicture) []report.Chapter {
	special := []access.Class{access.Health, access.Offending, access.Intelligence, access.SocialCare, access.YouthJustice, access.Victimisation, access.Support}
	t := report.Table{Caption: "Special categories and criminal records that flow today", Header: []string{"Data", "Agencies that read it"}, Base: fromRegister}
	for _, c := range special {
		if len(s.receivers[c]) > 0 {
			t.Rows = append(t.Rows, []string{capitalise(p.words.Class[c]), strings.Join(s.receivers[c], "; ")})
		}
	}
	principle := report.Table{Caption: "The principles", Header: []string{"Principle", "How it is kept"}, Base: "UK GDPR Article 5; for law enforcement, DPA 2018 sections 35 to 40.",
		Rows: [][]string{
			{"Lawful, fair and open", "Nothing is read across agencies without an agreement or a decision with its reason. A page in plain words tells a person what is held about them and who looked."},
			{"For a purpose", "A purpose is chosen at sign-in, stands at the head of every page and with every line of the log. There is none for " + NeverPurposes + "."},
			{"No more than is needed", "Classes are opened one by one, roles close what they do not need, and a disclosure without an agreement names each part."},
			{"Accurate", "Every fact keeps its source, its day and its grade. Fact and opinion, and suspected, convicted, victim and witness, are told apart event by event. A correction stands beside what it corrects."},
			{"No longer than is needed", "Each record has a class and a day on which it is looked at; what is not needed goes."},
			{"Safe", measures()},
			{"Answered for", "This page, the record of processing and the impact assessment are produced from what is live, and signed by a person."}}}
	return []report.Chapter{
		{ID: "conditions", Title: "Conditions relied on", Intro: "From the agreements that hold: " + orWord(strings.Join(s.lawful, "; "), "none holds today") + ".", Tables: []report.Table{t}},
		{ID: "principles", Title: "How the principles are kept", Tables: []report.Table{principle}},
		{ID: "retention", Title: "How long", Tables: []report.Table{p.retention()}},
	}
}

func (p *Papers) controllers(s livePicture) []report.Chapter {
	t := report.Table{Caption: "Agencies", Header: []string{"Agency", "Kind", "Whom to ask", "Accounts"}, Numeric: []bool{false, false, false, true}, Base: "Each decides what its own records are for, and is named beside each of them."}
	for _, a := range s.members {
		n := 0
		for _, x := range s.accounts {
			if x.Agency == a.Code && !x.Disabled && x.Role != access.Subject {
				n++
			}
		}
		t.Rows = append(t.Rows, []string{a.Name, partnership.KindName(a.Kind), orWord(a.Contact, "Not written yet"), fmt.Sprint(n)})
	}
	return []report.Chapter{{ID: "controllers", Title: "Controllers", Intro: orNot(s.settings.Controllers), Tables: []report.Table{t}}, {ID: "host", Title: "Host", Intro: orNot(s.settings.Host)},
		{ID: "between", Title: "Between them", Intro: "What one agency reads of another’s rests on an agreement in the register or on one decision with its reason. A person can turn to any of them; the request goes to one desk and reaches every agency that holds a record."}}
}

// Signature is one signing of a document, as it then stood.
type Signature struct {
	Digest, Agency, By string
	At                 int64
	ReviewOn           string
}

// Signatures lists the signings of a document, newest first.
func (p *Papers) Signatures(ctx context.Context, q database.Queryer, key string) ([]Signature, error) {
	return database.Collect(ctx, q, func(r database.Scanner) (Signature, error) {
		var x Signature
		return x, r.Scan(&x.Digest, &x.Agency, &x.By, &x.At, &x.ReviewOn)
	}, "SELECT digest, agency, by_account, at, review_on FROM governance_signature WHERE document = $1 ORDER BY at DESC, id DESC", key)
}

// Sign puts the scope's name under a document as it stands: digest is what the signer read, and if what is live has changed since, nothing is signed.
func (p *Papers) Sign(ctx context.Context, tx *database.Tx, by access.Scope, key, digest string) error {
	k, ok := KindOf(key)
	if !ok || !k.Signs || !MaySign(by) {
		return fault.NoSuch()
	}
	_, now, err := p.Make(ctx, tx, key)
	if err != nil {
		return err
	}
	if now != digest {
		return fault.New(fault.Conflict, "What is live has changed since you read this. Read it again before you sign.")
	}
	if err := tx.Exec(ctx, "INSERT INTO governance_signature (id, document, digest, agency, by_account, at, review_on) VALUES ($1,$2,$3,$4,$5,$6,$7)", p.ids.New(), key, digest, by.Agency, by.Account, p.now(), clock.Today(p.clock).AddDate(1, 0, 0).Format(clock.ISODate)); err != nil {
		return err
	}
	return p.log.Record(ctx, tx, by, audit.Line{Act: audit.Alteration, SubjectKind: "governance-document", Subject: key, Owners: []string{by.Agency}, Words: "signed as it stands, digest " + digest[:12]})
}

// State is how a document stands: ready and signed, changed since, or never signed.
type State string

// The states of a document.
const (
	Ready   State = "ready"   // signed as it stands, or in need of no signature
	Changed State = "changed" // signed, and what is live has changed since
	Missing State = "missing" // nobody has signed it
)

// StateOf is how a document stands now.
func (p *Papers) StateOf(ctx context.Context, q database.Queryer, key string) (State, error) {
	k, ok := KindOf(key)
	if !ok {
		return "", fault.NoSuch()
	}
	if !k.Signs {
		return Ready, nil
	}
	_, digest, err := p.Make(ctx, q, key)
	if err != nil {
		return "", err
	}
	signed, err := p.Signatures(ctx, q, key)
	if err != nil || len(signed) == 0 {
		return Missing, err
	}
	today := clock.Today(p.clock).Format(clock.ISODate)
	for _, x := range signed {
		if x.Digest == digest && x.ReviewOn >= today {
			return Ready, nil
		}
	}
	return Changed, nil
}
