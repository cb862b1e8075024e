// Package demo builds the invented partnership in a database: the generator's agencies, accounts,
// agreements and actions, and the partners' files brought in exactly as a partnership would bring them in.
//
// Nothing is put in by the back door: what the pages show of events, people and statements was read from
// files by package intake, some of whose rows were refused. Everybody in it is invented, and nothing in the
// program behaves otherwise because it is a demonstration, but for two things: one click signs in, and no
// second factor is asked.
package demo

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/demo/world"
	"lantern.example/lantern/internal/intake"
	"lantern.example/lantern/internal/partnership"
	"lantern.example/lantern/internal/sharing"
	"lantern.example/lantern/internal/work"
)

// Password is every demonstration account's. It is printed and shown: there is nothing behind it.
const Password = "lamps along the estuary"

// Builder is what a demonstration is built with.
type Builder struct {
	DB          *database.DB
	Clock       clock.Clock
	Accounts    *account.Store
	Partnership *partnership.Store
	Sharing     *sharing.Store
	Work        *work.Store
	Intake      *intake.Store
	// Loaded does at once what jobs do after a load: placing events.
	Loaded func(ctx context.Context, loadID string) error
	// Link does at once what the job of linking does after a load: it finds whose every record is that has no person yet.
	Link func(ctx context.Context, loadID string) error
	// Rooms fill what other rooms need from the world once files and accounts are there; each may be nil.
	Geography func(ctx context.Context, s access.Scope, w *world.World) error
	Rooms     []func(ctx context.Context, s access.Scope, w *world.World, accounts map[string]account.Account) error
	Say       func(words string)
}

// Built is what was made.
type Built struct {
	World    *world.World
	Accounts map[string]account.Account // by e-mail address
}

// Build generates the world and fills the database, which must be empty.
func (b *Builder) Build(ctx context.Context, opt world.Options) (*Built, error) {
	w, err := world.Generate(opt)
	if err != nil {
		return nil, err
	}
	scope := access.System("demo", access.Upkeep)
	out := &Built{World: w, Accounts: map[string]account.Account{}}
	if err := b.people(ctx, scope, w, out); err != nil {
		return nil, fmt.Errorf("demo: the partnership: %w", err)
	}
	if b.Geography != nil {
		if err := b.Geography(ctx, scope, w); err != nil {
			return nil, fmt.Errorf("demo: its geography: %w", err)
		}
	}
	if err := b.files(ctx, w, out); err != nil {
		return nil, err
	}
	if err := b.governance(ctx, w, out); err != nil {
		return nil, fmt.Errorf("demo: its governance: %w", err)
	}
	for _, room := range b.Rooms {
		if err := room(ctx, scope, w, out.Accounts); err != nil {
			return nil, fmt.Errorf("demo: %w", err)
		}
	}
	return out, nil
}

func (b *Builder) people(ctx context.Context, scope access.Scope, w *world.World, out *Built) error {
	return b.DB.Write(ctx, func(tx *database.Tx) error {
		set, err := b.Partnership.Settings(ctx, tx)
		if err != nil {
			return err
		}
		ver := set.Version
		set.Name, set.Step = "Wrenshire", 3
		set.Controllers = "Each agency decides what its own records are for. For what is held in common the thirteen are joint controllers; Wrenshire Council is the point of contact. All of it is invented."
		set.Host = "This machine, for as long as the demonstration runs."
		set.Why = "the demonstration"
		if err := b.Partnership.SaveSettings(ctx, tx, scope, ver, set); err != nil {
			return err
		}
		for _, a := range w.Agencies {
			if err := b.Partnership.AddAgency(ctx, tx, scope, partnership.Agency{Code: a.Code, Name: a.Name, Kind: a.Kind, Contact: "Safeguarding desk, " + a.Code + " (invented)", Change: partnership.Change{Why: "the demonstration"}}); err != nil {
				return err
			}
		}
		ins := make([]account.New, len(w.Accounts))
		for i, a := range w.Accounts {
			ins[i] = account.New{Email: a.Email, Name: a.Name, Agency: a.Agency, Role: a.Role, Person: a.Person}
		}
		made, err := b.Accounts.AddAll(ctx, tx, Password, ins)
		if err != nil {
			return err
		}
		for _, m := range made {
			out.Accounts[m.Email] = m
		}
		for _, a := range w.Agreements {
			if err := b.agree(ctx, tx, a, out); err != nil {
				return err
			}
		}
		return nil
	})
}

func (b *Builder) agree(ctx context.Context, tx *database.Tx, a world.Agreement, out *Built) error {
	in := sharing.Agreement{Code: a.Code, Title: a.Title, LawfulBasis: a.LawfulBasis, Gateway: a.Gateway, Conditions: a.Conditions, Classes: a.Classes, Purposes: a.Purposes,
		State: "signed", StartsOn: a.From.Format(clock.ISODate), ExpiresOn: a.Until.Format(clock.ISODate), ReviewOn: a.Until.AddDate(0, -2, 0).Format(clock.ISODate)}
	for _, code := range a.Parties {
		p := sharing.Party{Agency: code, Gives: true, Receives: true}
		if on, ok := a.Signed[code]; ok {
			at := on.UnixMicro()
			p.SignedAt = &at
			for _, acc := range out.Accounts {
				if acc.Agency == code && (p.SignedBy == "" || acc.ID < p.SignedBy) {
					p.SignedBy = acc.ID
				}
			}
		} else {
			in.State = "draft"
		}
		in.Parties = append(in.Parties, p)
	}
	_, err := b.Sharing.Add(ctx, tx, in)
	return err
}

// lateFile comes when the others have been linked, as a partner's file does that joins later: its records are compared with the people there are.
const lateFile = "probation/caseload.csv"

func (b *Builder) files(ctx context.Context, w *world.World, out *Built) error {
	last := ""
	link := func() error {
		if b.Say != nil {
			b.Say("Finding which records are of one person")
		}
		if err := b.Link(ctx, last); err != nil {
			return fmt.Errorf("demo: linking records: %w", err)
		}
		return nil
	}
	for _, f := range w.Files {
		if f.Profile == "" {
			continue // a sheet that no room reads
		}
		if f.Path == lateFile && last != "" {
			if err := link(); err != nil {
				return err
			}
		}
		if b.Say != nil {
			b.Say("Reading " + f.Path)
		}
		scope := access.Scope{Account: loader(w, f.Agency, out), Agency: f.Agency, Purpose: access.Safeguarding}
		l, err := b.Intake.Load(ctx, scope, intake.Input{Name: f.Path, File: bytes.NewReader(f.Bytes), Size: int64(len(f.Bytes)), Agency: f.Agency, Basis: "own", Identified: true})
		if err != nil {
			return fmt.Errorf("demo: file %s: %w", f.Path, err)
		}
		if err := b.Loaded(ctx, l.ID); err != nil {
			return fmt.Errorf("demo: after file %s: %w", f.Path, err)
		}
		last = l.ID
	}
	return link()
}

// loader is whoever in an agency would have brought its file in.
func loader(w *world.World, agency string, out *Built) string {
	for _, a := range w.Accounts {
		if a.Agency == agency && a.Role != access.Subject {
			return out.Accounts[a.Email].ID
		}
	}
	return "system:demo"
}

// governance adopts definitions, names leads and gives out actions, as the people of the partnership.
func (b *Builder) governance(ctx context.Context, w *world.World, out *Built) error {
	manager := out.Accounts[w.Accounts[0].Email]
	by, err := b.Accounts.Scope(ctx, manager, access.CommunitySafety)
	if err != nil {
		return err
	}
	for _, d := range w.Definitions {
		if err := b.DB.Write(ctx, func(tx *database.Tx) error { return b.define(ctx, tx, by, w, out, d) }); err != nil {
			return err
		}
	}
	return b.DB.Write(ctx, func(tx *database.Tx) error {
		for i, l := range w.Leads {
			now, err := b.Partnership.Lead(ctx, tx, l.Theme, "")
			if err != nil {
				return err
			}
			lead := partnership.Lead{Theme: l.Theme, Since: l.Since.Format(clock.ISODate), Change: partnership.Change{Why: "named at the board"}}
			if l.Account == "" {
				continue
			}
			lead.Account = out.Accounts[l.Account].ID
			if i > 0 { // everybody was spoken to in the last three months, but for the first
				lead.LastContact = w.Options.Today.AddDate(0, 0, -4*i).Format(clock.ISODate)
			}
			for _, other := range w.Accounts { // a deputy from the same agency
				if o := out.Accounts[other.Email]; o.Agency == out.Accounts[l.Account].Agency && o.ID != lead.Account && o.Role != access.Subject {
					lead.Deputy = o.ID
					break
				}
			}
			if err := b.Partnership.SaveLead(ctx, tx, by, now.Version, lead); err != nil {
				return err
			}
		}
		for _, a := range w.Actions {
			if err := b.act(ctx, tx, by, out, a); err != nil {
				return err
			}
		}
		return nil
	})
}

func (b *Builder) define(ctx context.Context, tx *database.Tx, by access.Scope, w *world.World, out *Built, d world.Definition) error {
	code := strings.ReplaceAll(d.Term, " ", "-")
	version := partnership.Version{Wording: d.Wording, Source: d.Source, AsAt: d.From.Format(clock.ISODate), Change: partnership.Change{Why: "the partnership's own wording"}}
	register, err := b.Partnership.Register(ctx, tx, by)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(register, func(e partnership.Entry) bool { return e.Code == code || strings.EqualFold(e.Term, d.Term) })
	var v partnership.Version
	if i >= 0 { // shipped: the partnership's wording is its next version
		code = register[i].Code
		over := int64(register[i].Versions)
		if v, err = b.Partnership.Word(ctx, tx, by, code, over, version); err != nil {
			return err
		}
	} else if v, err = b.Partnership.Define(ctx, tx, by, code, d.Term, version); err != nil {
		return err
	}
	if err := b.Partnership.Propose(ctx, tx, by, code, v.Number, "for the agencies to adopt"); err != nil {
		return err
	}
	for _, agency := range d.Adopted {
		name := agency
		for _, a := range w.Accounts {
			if a.Agency == agency && a.Role != access.Subject {
				name = a.Name
				break
			}
		}
		scope := by
		scope.Agency = agency
		if err := b.Partnership.Adopt(ctx, tx, scope, code, v.Number, agency, name, d.From.AddDate(0, 0, world.Considering).Format(clock.ISODate)); err != nil {
			return err
		}
	}
	return nil
}

func (b *Builder) act(ctx context.Context, tx *database.Tx, by access.Scope, out *Built, a world.Action) error {
	owner, ok := out.Accounts[a.Owner]
	if !ok {
		return fmt.Errorf("action %s is given to %s, who has no account", a.Code, a.Owner)
	}
	kind := "theme"
	if strings.HasPrefix(a.About, "X") {
		kind = "place"
	}
	made, err := b.Work.Add(ctx, tx, by, work.New{Title: a.Text, Why: "Agreed at the hot debrief of the assessment.", Source: work.Ref{Kind: kind, ID: a.About}, Subject: work.Ref{Kind: kind, ID: a.About}, Assignee: owner.ID, DueOn: a.Due.Format(clock.ISODate)})
	if err != nil || !a.Done {
		return err
	}
	_, err = b.Work.Complete(ctx, tx, by, made.ID, made.Ver, "Done and seen to work.")
	return err
}

// Today is the demonstration's last day: the clock's, so that "overdue by four days" stays true.
func Today(c clock.Clock) time.Time { return clock.Today(c) }
