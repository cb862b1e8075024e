package app

import (
	"context"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/demo/world"
	"lantern.example/lantern/internal/sharing/rights"
)

// demoRights fills the desk: Kai's own request and what became of it, a letter whose clock stands still, and one with an advocate. Kai's school
// has put its record right; the youth workers have said that they changed their copies, the police have not yet.
func (a *App) demoRights(ctx context.Context, _ access.Scope, w *world.World, accounts map[string]account.Account) error {
	who := func(role access.Role, agency string) (account.Account, bool) {
		for _, x := range w.Accounts {
			if x.Role == role && (agency == "" || x.Agency == agency) {
				return accounts[x.Email], true
			}
		}
		return account.Account{}, false
	}
	as := func(acc account.Account) (access.Scope, error) {
		acc, err := a.Accounts.Get(ctx, a.DB.Reader(), acc.ID)
		if err != nil {
			return access.Scope{}, err
		}
		return a.Accounts.Scope(ctx, acc, account.Purposes(acc.Role)[0])
	}
	officer, ok := who(access.InfoOfficer, "")
	if !ok {
		return nil
	}
	desk, err := as(officer)
	if err != nil {
		return err
	}
	if err := a.demoLetters(ctx, desk); err != nil {
		return err
	}
	kai, ok := who(access.Subject, "")
	if !ok {
		return nil
	}
	self, err := as(kai)
	if err != nil {
		return err
	}
	holders, err := a.holdersOf(ctx, a.DB.Reader(), self.Person)
	if err != nil {
		return err
	}
	for _, h := range holders {
		lead, ok := who(access.SchoolLead, h)
		if !ok {
			continue
		}
		school, err := as(lead)
		if err != nil {
			return err
		}
		return a.demoCorrection(ctx, self, desk, school, holders)
	}
	return nil
}

func (a *App) demoLetters(ctx context.Context, desk access.Scope) error {
	day := func(before int) string { return clock.Today(a.Clock).AddDate(0, 0, -before).Format(clock.ISODate) }
	return a.DB.Write(ctx, func(tx *database.Tx) error {
		on, err := a.Rights.Take(ctx, tx, desk, rights.Taken{Kind: rights.On, Words: "Am I on your list? A teacher said something and now I want to know.", Asker: "A letter signed S. Invented, care of the youth club", Channel: "letter", ReceivedOn: day(9)})
		if err != nil {
			return err
		}
		if _, err := a.Rights.AskProof(ctx, tx, desk, on.ID, "The youth club's leader telling us on the telephone who wrote it."); err != nil {
			return err
		}
		_, err = a.Rights.Take(ctx, tx, desk, rights.Taken{Kind: rights.Complaint, Words: "I asked in the spring and nobody wrote back.", Asker: "R. Pretend", Channel: "telephone", ReceivedOn: day(3), KnowsThem: true, IdentityWords: "their housing officer was on the line",
			Advocate: rights.Advocate{Name: "Moor Lane Advocacy", Is: "advocate", Authority: "A note signed by R. Pretend, seen on the day", Reach: "Moor Lane 4"}})
		return err
	})
}

func (a *App) demoCorrection(ctx context.Context, self, desk, school access.Scope, holders []string) error {
	records, err := a.Identity.OfPersons(ctx, a.DB.Reader(), school, []string{self.Person})
	if err != nil {
		return err
	}
	for _, r := range records {
		if r.Owner != school.Agency {
			continue
		}
		return a.DB.Write(ctx, func(tx *database.Tx) error {
			for _, agency := range []string{"WPOL", "RYW"} { // who has read the school's record of him
				reader := access.Scope{Account: "system:demo", Agency: agency, Purpose: access.Safeguarding}
				if err := a.Audit.Record(ctx, tx, reader, audit.Line{Act: audit.Consultation, SubjectKind: "person", Subject: self.Person, Owners: []string{school.Agency}, Words: "sections: names, addresses"}); err != nil {
					return err
				}
			}
			asked, err := a.Rights.Ask(ctx, tx, self, rights.Wrong, "My address at the unit is the old one. I have lived at my aunt's since the summer, and letters keep going to the wrong house.", holders)
			if err != nil {
				return err
			}
			if _, err := a.Rights.AskHolders(ctx, tx, desk, asked.ID, []string{school.Agency}, "Is the address you hold still theirs? They say they moved in the summer."); err != nil {
				return err
			}
			if err := a.Rights.PutBeside(ctx, tx, desk, asked.ID, "addresses", []string{school.Agency}); err != nil {
				return err
			}
			parts, record, err := a.Identity.Parts(ctx, tx, school, r.ID)
			if err != nil {
				return err
			}
			values := map[string]string{}
			for _, p := range parts {
				if strings.HasPrefix(p.Key, "address-") && strings.HasSuffix(p.Key, "-place") {
					values[p.Key] = "2 Invented Terrace, his aunt's"
				}
			}
			if len(values) == 0 { // the unit's list has no addresses: his middle name was left out
				for _, p := range parts {
					if strings.HasPrefix(p.Key, "name-0-forenames") {
						values[p.Key] = p.Value + " Ellis"
					}
				}
			}
			fresh, person, fields, err := a.Identity.Correct(ctx, tx, school, record.ID, record.Ver, values, "He and his aunt came in, with a letter from the council.")
			if err != nil {
				return err
			}
			c, err := a.Rights.Corrected(ctx, tx, school, rights.Correction{Case: asked.ID, Person: person, Old: record.ID, New: fresh, Fields: fields}, nil)
			if err != nil {
				return err
			}
			if err := a.Rights.Say(ctx, tx, school, asked.ID, "It was the old one. It is right now."); err != nil {
				return err
			}
			for _, x := range c.Notices {
				if x.Agency == self.Agency {
					return a.Rights.AcknowledgeCorrection(ctx, tx, access.Scope{Account: "system:demo", Agency: x.Agency, Role: access.Practitioner, Purpose: access.Safeguarding}, c.ID, "Changed in our own book and in the minibus folder.")
				}
			}
			return nil
		})
	}
	return nil
}
