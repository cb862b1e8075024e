package app

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account/accountweb"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/operate"
	"lantern.example/lantern/internal/person"
	"lantern.example/lantern/internal/sharing/rights"
)

// RightsCopy is a person's own record as a file: what "lantern rights copy" writes; docs/schema/rights-copy.schema.json describes it.
type RightsCopy struct {
	Lantern     string             `json:"lantern"`
	MadeAt      string             `json:"made_at"`
	Person      string             `json:"person"`
	Holdings    []RightsHolding    `json:"holdings"`
	Happened    []RightsHappened   `json:"happened"`
	Wants       []string           `json:"wants"`
	Comments    []RightsComment    `json:"comments"`
	Told        []RightsTold       `json:"told"`
	Requests    []RightsRequest    `json:"requests"`
	Corrections []RightsCorrection `json:"corrections"`
	Looked      []RightsLook       `json:"looked"`
	LeftOut     string             `json:"left_out"`
}

// RightsHolding is what one agency holds, in its own words.
type RightsHolding struct {
	Agency    string   `json:"agency"`
	Name      string   `json:"name"`
	Records   int      `json:"records"`
	Names     []string `json:"names"`
	Born      []string `json:"born"`
	Sex       []string `json:"sex"`
	Ethnicity []string `json:"ethnicity"`
	Numbers   []string `json:"numbers"`
	Addresses []string `json:"addresses"`
}

// RightsHappened is what a record says happened with them.
type RightsHappened struct {
	What   string `json:"what"`
	When   string `json:"when"`
	Agency string `json:"agency"`
}

// RightsComment is what they say beside a record.
type RightsComment struct {
	About  string `json:"about"`
	Words  string `json:"words"`
	Agency string `json:"agency"`
}

// RightsTold is whether an agency told them, or why not.
type RightsTold struct {
	Agency  string `json:"agency"`
	ToldOn  string `json:"told_on"`
	AgainOn string `json:"looked_at_again_on"`
}

// RightsRequest is what they asked and what came of it.
type RightsRequest struct {
	Kind       string `json:"kind"`
	Words      string `json:"words"`
	ReceivedOn string `json:"received_on"`
	DueOn      string `json:"due_on"`
	State      string `json:"state"`
	Outcome    string `json:"outcome"`
	Reply      string `json:"reply"`
}

// RightsCorrection is what was put right.
type RightsCorrection struct {
	Agency string   `json:"agency"`
	On     string   `json:"on"`
	Fields []string `json:"fields"`
}

// RightsLook is who opened their records: an agency and a role on a day, never a worker's name.
type RightsLook struct {
	On      string `json:"on"`
	Agency  string `json:"agency"`
	Role    string `json:"role"`
	Purpose string `json:"purpose"`
}

const leftOut = "Not in this file: intelligence, former and refuge names, what an owner has restricted to a panel or was given under a handling condition, and the rows as partners sent them, which may be about others. Somebody must look at those before they are given."

// CopyRights writes a person's own record to a file that does not exist yet. Its line in the log is committed before the file has its name.
func (a *App) CopyRights(ctx context.Context, id, out string, made time.Time) (c RightsCopy, err error) {
	if _, err := os.Lstat(out); err == nil {
		return c, fault.New(fault.Invalid, "The file %s exists already, and a copy is not written over. Choose another name.", out)
	}
	scope := operate.CommandLine("-")
	scope.Role, scope.Purpose, scope.Person = access.Subject, access.OwnRecord, id
	if c, err = a.rightsCopy(ctx, scope, made); err != nil {
		return c, err
	}
	b, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return c, err
	}
	f, err := os.CreateTemp(filepath.Dir(out), ".lantern-rights-*") // owner-only rights
	if err != nil {
		return c, fault.Wrap(fault.Unavailable, err, "The folder of %s cannot be written to.", out)
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	_, err = f.Write(append(b, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return c, err
	}
	var owners []string
	for _, h := range c.Holdings {
		owners = append(owners, h.Agency)
	}
	err = a.DB.Write(ctx, func(tx *database.Tx) error {
		return a.Audit.Record(ctx, tx, operate.CommandLine(""), audit.Line{Act: audit.Disclosure, SubjectKind: "person", Subject: c.Person, Owners: owners, Words: "their own record written to a file"})
	})
	if err != nil {
		return c, err
	}
	if err := os.Link(f.Name(), out); err != nil {
		return c, fault.Wrap(fault.Unavailable, err, "The copy cannot be given its name %s.", out)
	}
	return c, nil
}

func (a *App) rightsCopy(ctx context.Context, scope access.Scope, made time.Time) (RightsCopy, error) {
	c := RightsCopy{Lantern: a.Version, MadeAt: made.UTC().Format(time.RFC3339), Holdings: []RightsHolding{}, Happened: []RightsHappened{}, Wants: []string{}, Comments: []RightsComment{}, Told: []RightsTold{}, Requests: []RightsRequest{}, Corrections: []RightsCorrection{}, Looked: []RightsLook{}, LeftOut: leftOut}
	q := a.DB.Reader()
	own, err := a.People.Own(ctx, q, scope)
	if err == nil && len(own.Holdings) == 0 {
		err = fault.NoSuch()
	}
	if fault.Is(err, fault.NotFound) {
		return c, fault.New(fault.Invalid, "Nothing that can be shown is held of a person with the id %q. Find the id with: lantern rights on NAME.", scope.Person)
	}
	if err != nil {
		return c, err
	}
	c.Person = own.ID
	names, err := a.Partnership.AgencyNames(ctx, q)
	if err != nil {
		return c, err
	}
	for _, h := range own.Holdings {
		c.Holdings = append(c.Holdings, RightsHolding{Agency: h.Owner, Name: names[h.Owner], Records: h.Records, Names: statedWords(h.Names), Born: statedWords(h.Born), Sex: statedWords(h.Sex), Ethnicity: statedWords(h.Ethnicity), Numbers: statedWords(h.Numbers), Addresses: statedWords(h.Addresses)})
	}
	happened, _, err := a.Own.Happened(ctx, own.Scope, own.Records)
	if err != nil {
		return c, err
	}
	for _, x := range happened {
		c.Happened = append(c.Happened, RightsHappened{What: x.Title, When: x.When, Agency: x.By})
	}
	wishes, err := a.Wishes.Of(ctx, q, own.Scope, own.ID)
	if err != nil {
		return c, err
	}
	for _, x := range wishes {
		c.Wants = append(c.Wants, x.Words)
	}
	return c, a.rightsCopyDesk(ctx, q, &c, own)
}

func (a *App) rightsCopyDesk(ctx context.Context, q database.Queryer, c *RightsCopy, own person.Own) error {
	day := func(at int64) string { return clock.FromMicros(at).In(clock.London()).Format(clock.ISODate) }
	comments, err := a.Rights.Comments(ctx, q, own.Scope, own.ID)
	if err != nil {
		return err
	}
	for _, x := range comments {
		c.Comments = append(c.Comments, RightsComment{About: string(x.About), Words: x.Words, Agency: x.Owner})
	}
	told, err := a.Rights.ToldOf(ctx, q, own.Scope, own.ID)
	if err != nil {
		return err
	}
	for _, x := range told { // why not is the agency's own note: it may say what must not be told yet
		c.Told = append(c.Told, RightsTold{Agency: x.Owner, ToldOn: x.ToldOn, AgainOn: x.AgainOn})
	}
	job := access.System("rights-copy", access.OwnRecord)
	all, err := a.Rights.List(ctx, q, job)
	if err != nil {
		return err
	}
	for _, x := range all {
		if x.Person != own.ID {
			continue
		}
		c.Requests = append(c.Requests, RightsRequest{Kind: string(x.Kind), Words: x.Words, ReceivedOn: day(x.ReceivedAt), DueOn: x.DueOn, State: x.State, Outcome: string(x.Outcome), Reply: x.Reply})
		list, err := a.Rights.CorrectionsOf(ctx, q, job, x.ID)
		if err != nil {
			return err
		}
		for _, y := range list {
			c.Corrections = append(c.Corrections, RightsCorrection{Agency: y.Owner, On: day(y.At), Fields: y.Fields})
		}
	}
	entries, _, err := audit.Find(ctx, q, job, audit.Query{SubjectKind: "person", Subject: own.ID, Acts: []audit.Act{audit.Consultation, audit.Disclosure}, Limit: 5000})
	if err != nil {
		return err
	}
	accounts, err := a.Accounts.All(ctx, q)
	if err != nil {
		return err
	}
	role := map[string]string{}
	for _, x := range accounts {
		role[x.ID] = accountweb.RoleNames[x.Role]
	}
	for _, e := range entries { // as on their own page: a look at what must not be told is not told either
		shown := slices.ContainsFunc(e.Owners, func(o string) bool {
			return slices.ContainsFunc(own.Holdings, func(h person.Holding) bool { return h.Owner == o })
		})
		if shown && e.Agency != "" && e.Purpose != string(access.OwnRecord) {
			c.Looked = append(c.Looked, RightsLook{On: day(e.At), Agency: e.Agency, Role: role[e.Account], Purpose: e.Purpose})
		}
	}
	return nil
}

func statedWords(list []person.Stated) []string {
	out := []string{}
	for _, s := range list {
		words := s.Value
		if s.Detail != "" {
			words += " (" + s.Detail + ")"
		}
		out = append(out, words)
	}
	return out
}

// RightsOn is one person of whom something is held, as "lantern rights on" lists them: an id, a date of birth and the agencies, and no more.
type RightsOn struct {
	Person   string   `json:"person"`
	Born     string   `json:"born"`
	Agencies []string `json:"agencies"`
}

// OnIt looks for somebody in the records, for whoever must answer whether anything is held. It leaves its line in the log.
func (a *App) OnIt(ctx context.Context, words string) ([]RightsOn, error) {
	found, err := a.rightsFind(ctx, words)
	out := []RightsOn{}
	owners := map[string]bool{}
	var all []string
	for _, x := range found {
		out = append(out, RightsOn{x.Person, x.Born, x.Holders})
		for _, h := range x.Holders {
			if !owners[h] {
				owners[h] = true
				all = append(all, h)
			}
		}
	}
	if err != nil {
		return nil, err
	}
	return out, a.Audit.Consulted(ctx, a.DB, operate.CommandLine(""), audit.Line{SubjectKind: "rights-request", Owners: all, Words: "looked whether anything is held: " + fitting(len(found))})
}

func fitting(n int) string {
	if n == 1 {
		return "1 person fits"
	}
	return strconv.Itoa(n) + " people fit"
}

// RightsList is every request of every desk, for whoever looks after Lantern: the clocks and no words.
func (a *App) RightsList(ctx context.Context) ([]rights.Request, error) {
	return a.Rights.List(ctx, a.DB.Reader(), access.System("rights-list", access.Governance))
}
