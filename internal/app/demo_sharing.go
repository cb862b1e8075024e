package app

import (
	"context"
	"fmt"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/demo/world"
	"lantern.example/lantern/internal/sharing"
)

// sharingThen is the stores of sharing as they stood at a moment: the demonstration's people did things before today.
type sharingThen struct {
	oneOffs *sharing.OneOffs
	asks    *sharing.Asks
	glasses *sharing.Glasses
	points  *sharing.Pointers
	log     *audit.Log
	at      time.Time
}

func (a *App) sharingAt(at time.Time) (sharingThen, error) {
	c := clock.At(at)
	log := audit.NewLog(c, a.IDs)
	s := sharingThen{log: log, at: at}
	s.oneOffs = sharing.NewOneOffs(c, a.IDs, log, a.Accounts, a.Partnership, a.holdings)
	s.asks = sharing.NewAsks(c, a.IDs, log, a.Accounts, a.Partnership, s.oneOffs)
	s.points = sharing.NewPointers(c, a.IDs, log, a.Accounts, a.Partnership, a.knowers)
	var err error
	s.glasses, err = sharing.NewGlasses(a.Sharing, c, a.IDs, log, a.Accounts, a.Partnership)
	return s, err
}

// demoSharing is what the partnership shared without an agreement: something given once, something not given, requests that wait at a desk and
// one that came back with a no, and a glass that was broken at night and is to be looked at.
func (a *App) demoSharing(ctx context.Context, _ access.Scope, w *world.World, accounts map[string]account.Account) error {
	who := func(name string) account.Account { return accounts[name+"@wrenshire.example"] }
	kai, err := a.Accounts.Get(ctx, a.DB.Reader(), who("kai").ID)
	if err != nil {
		return err
	}
	if kai.Person == "" {
		return fmt.Errorf("Kai has no record to share about") //nolint:staticcheck // a name
	}
	// Somebody whom social care alone knows, with a name and an address; and somebody whom the police suspect of something too.
	child, err := database.One(ctx, a.DB.Reader(), database.Value[string], `SELECT p.person_id FROM source_record r JOIN person_record p ON p.record_id = r.id JOIN source_name n ON n.record_id = r.id JOIN record_address d ON d.record_id = r.id
		WHERE r.owner = 'WCSC' AND n.class = 'identity' AND NOT EXISTS (SELECT 1 FROM person_record o JOIN source_record x ON x.id = o.record_id WHERE o.person_id = p.person_id AND x.owner <> 'WCSC') ORDER BY p.person_id LIMIT 1`)
	if err != nil {
		return fmt.Errorf("a child whom social care alone knows: %w", err)
	}
	suspected, err := database.One(ctx, a.DB.Reader(), database.Value[string], `SELECT p.person_id FROM event_role e JOIN person_record p ON p.record_id = e.record_id JOIN event v ON v.id = e.event_id
		WHERE e.owner = 'WPOL' AND e.class = 'offending' AND v.class = 'offending' AND EXISTS (SELECT 1 FROM person_record o JOIN source_record x ON x.id = o.record_id WHERE o.person_id = p.person_id AND x.owner = 'WCSC') ORDER BY p.person_id LIMIT 1`)
	if err != nil {
		return fmt.Errorf("a child whom the police suspect: %w", err)
	}
	now := a.Clock.Now()
	then := func(ago time.Duration) (sharingThen, error) { return a.sharingAt(now.Add(-ago)) }
	as := func(name string, p access.Purpose) (access.Scope, error) { return a.Accounts.Scope(ctx, who(name), p) }

	// Yesterday a social worker gave the ambulance service what it needed to look after a child, and nothing else.
	yesterday, err := then(20 * time.Hour)
	if err != nil {
		return err
	}
	gemma, err := as("gemma.stanacre", access.Safeguarding)
	if err != nil {
		return err
	}
	parts, err := yesterday.oneOffs.Offered(ctx, a.DB.Reader(), gemma, child, false)
	if err != nil {
		return err
	}
	var give []access.Item
	for _, p := range parts[:min(len(parts), 3)] {
		give = append(give, p.Item)
	}
	dele, err := as("dele.marshwick", access.Safeguarding)
	if err != nil {
		return err
	}
	ffion, err := as("ffion.carrgate", access.Safeguarding)
	if err != nil {
		return err
	}
	kofi, err := as("kofi.larkhurst", access.Safeguarding)
	if err != nil {
		return err
	}
	week, err := then(6 * 24 * time.Hour)
	if err != nil {
		return err
	}
	meera, err := as("meera.hollinside", access.Safeguarding)
	if err != nil {
		return err
	}
	night, err := then(14 * time.Hour)
	if err != nil {
		return err
	}
	err = a.DB.Write(ctx, func(tx *database.Tx) error {
		if _, err := yesterday.oneOffs.Decide(ctx, tx, gemma, sharing.Decision{Recipient: "WAS", Named: who("colm.tarnside").ID, Person: child, Shared: true, Basis: sharing.Life, Purpose: access.Safeguarding,
			Why:  "Rang from a bus shelter, cold and short of breath, and would not say where. The crew need the name, the birth date and the last address to look, and to know her when they find her; they do not need the rest of the file.",
			Told: "later", ToldWhy: "We will tell the carers tonight and the child when they are back.", Advice: "The duty manager, by phone: share the three, tonight.",
			UntilOn: clock.Today(a.Clock).AddDate(0, 0, 5).Format(clock.ISODate), Items: give}); err != nil {
			return err
		}
		// The youth worker was asked for Kai's notes and weighed it up: no.
		if _, err := yesterday.oneOffs.Decide(ctx, tx, dele, sharing.Decision{Recipient: "WPOL", Person: kai.Person, Shared: false, Basis: sharing.Owner, Purpose: access.Safeguarding,
			Why:  "Asked on the phone what Kai says of two older boys. Nobody is in danger that my notes would lessen, he asked me not to, and it would cost the one adult he talks to. I said I would ring at once if that changes.",
			Told: "told"}); err != nil {
			return err
		}
		// The school lead asked the youth charity last week, and the answer came back with its reason; today she asks social care.
		old, err := week.asks.Put(ctx, tx, ffion, sharing.Ask{Kind: "class", Person: kai.Person, Class: access.Support, Desk: "RYW", Why: "His form tutor would like to know what he talks about with his youth worker."})
		if err != nil {
			return err
		}
		if err := yesterday.asks.Refuse(ctx, tx, dele, old.ID, "What Kai says to me is his. I will come to the meeting on Tuesday with him, if he wants, and he can say it himself."); err != nil {
			return err
		}
		if _, err := yesterday.asks.Put(ctx, tx, ffion, sharing.Ask{Kind: "class", Person: kai.Person, Class: access.SocialCare, Desk: "WCSC", Why: "He is late on the days when a car waits at the gate. We need to know who may collect him, and nothing else.", Urgent: true}); err != nil {
			return err
		}
		if _, err := yesterday.asks.Put(ctx, tx, meera, sharing.Ask{Kind: "class", Person: suspected, Class: access.Offending, Desk: "WPOL", Why: "The panel meets on Thursday. If there is a charge, the plan has to keep clear of those who give evidence."}); err != nil {
			return err
		}
		if err := week.points.Question(ctx, tx, ffion, kai.Person, "He came in with a cut hand and would not say how. Who is already working with him?"); err != nil {
			return err
		}
		if _, err := yesterday.asks.Put(ctx, tx, dele, sharing.Ask{Kind: "broker", Person: kai.Person, Why: "He asks about stopping. Is there anybody whom he talks to already, so that I do not start from nothing?"}); err != nil {
			return err
		}
		_, err = night.glasses.Break(ctx, tx, kofi, "Rang at ten at night from a flat he says he cannot leave, would not give his name, and the number is on no record of ours. I need to find who he is and who can go.")
		return err
	})
	if err != nil {
		return err
	}
	// The officer has signed what the partnership says of its data, but for the policy: that one waits.
	nasreen, err := as("nasreen.pellworth", access.Governance)
	if err != nil {
		return err
	}
	if err := a.DB.Write(ctx, func(tx *database.Tx) error {
		for _, key := range []string{"impact", "controllers"} {
			_, digest, err := a.GovernancePapers.Make(ctx, tx, key)
			if err != nil {
				return err
			}
			if err := a.GovernancePapers.Sign(ctx, tx, nasreen, key, digest); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	// What was opened under it: the scope as it was that night.
	if kofi.Grants, kofi.Glass, err = a.Sharing.Singly(ctx, kofi.Account, kofi.Agency, kofi.Purpose, night.at.Add(time.Minute)); err != nil {
		return err
	}
	return night.log.Consulted(ctx, a.DB, kofi, audit.Line{SubjectKind: "person", Subject: child, Owners: []string{"WCSC"}, Words: "sections: names, identifiers, addresses, what happened, actions; 1 records"})
}
