package sharing

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
)

// Terms are what an agreement says besides its parties and dates, which a variation can change.
type Terms struct {
	Classes              []access.Class
	Purposes             []access.Purpose
	LawfulBasis, Gateway string
	Conditions           string
}

// TermsOf are the terms an agreement has now.
func (a Agreement) TermsOf() Terms {
	return Terms{Classes: a.Classes, Purposes: a.Purposes, LawfulBasis: a.LawfulBasis, Gateway: a.Gateway, Conditions: a.Conditions}
}

// Variation is a change to an agreement that its parties sign, or have signed.
type Variation struct {
	ID string
	Terms
	Before   Terms // what it took the place of, once agreed
	Why      string
	Agency   string // whose proposal it is
	AskedBy  string
	AskedAt  int64
	State    string // open, agreed, dropped
	ClosedAt *int64
	ClosedBy string
	Closed   string  // why it was dropped
	Signed   []Party // Agency, SignedBy and SignedAt of those who have
}

// WaitingVariation lists the parties that have not signed a variation; none when it is not open.
func (a Agreement) WaitingVariation(v *Variation) []string {
	if v == nil || v.State != "open" {
		return nil
	}
	var out []string
	for _, p := range a.Parties {
		if !slices.ContainsFunc(v.Signed, func(s Party) bool { return s.Agency == p.Agency }) {
			out = append(out, p.Agency)
		}
	}
	return out
}

func joinWords[T ~string](list []T) string {
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = string(x)
	}
	return strings.Join(out, " ")
}

func split[T ~string](s string) []T {
	var out []T
	for _, f := range strings.Fields(s) {
		out = append(out, T(f))
	}
	return out
}

// Variations lists an agreement's variations, newest first.
func (r *Register) Variations(ctx context.Context, q database.Queryer, a Agreement) ([]Variation, error) {
	list, err := database.Collect(ctx, q, func(s database.Scanner) (Variation, error) {
		var v Variation
		var classes, purposes, before string
		err := s.Scan(&v.ID, &classes, &purposes, &v.LawfulBasis, &v.Gateway, &v.Conditions, &before, &v.Why, &v.Agency, &v.AskedBy, &v.AskedAt, &v.State, &v.ClosedAt, &v.ClosedBy, &v.Closed)
		v.Classes, v.Purposes = split[access.Class](classes), split[access.Purpose](purposes)
		if err == nil && before != "" {
			err = json.Unmarshal([]byte(before), &v.Before)
		}
		return v, err
	}, "SELECT id, classes, purposes, lawful_basis, gateway, conditions, before, why, agency, asked_by, asked_at, state, closed_at, closed_by, closed_why FROM agreement_variation WHERE agreement_id = $1 ORDER BY asked_at DESC, id DESC", a.ID)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if list[i].Signed, err = database.Collect(ctx, q, func(s database.Scanner) (Party, error) {
			var p Party
			var at int64
			err := s.Scan(&p.Agency, &p.SignedBy, &at)
			p.SignedAt = &at
			return p, err
		}, "SELECT agency, signed_by, signed_at FROM agreement_variation_signature WHERE variation_id = $1 ORDER BY agency", list[i].ID); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// OpenVariation is the variation that waits for signatures, nil when none does.
func (r *Register) OpenVariation(ctx context.Context, q database.Queryer, a Agreement) (*Variation, error) {
	all, err := r.Variations(ctx, q, a)
	for i := range all {
		if all[i].State == "open" {
			return &all[i], err
		}
	}
	return nil, err
}

// Vary proposes other terms for a live agreement, and signs for the proposing agency. They hold once every party has signed; until then the old ones
// do. One proposal at a time.
func (r *Register) Vary(ctx context.Context, tx *database.Tx, by access.Scope, code string, to Terms, why string) error {
	e, err := r.hold(ctx, tx, code)
	if err != nil {
		return err
	}
	if _, err := forParty(by, e.Agreement); err != nil {
		return err
	}
	if e.StandingOn(r.today()) != Live {
		return fault.New(fault.Refused, "Only an agreement that is live can be varied; %s is not. Draft a new one.", code)
	}
	open, err := r.OpenVariation(ctx, tx, e.Agreement)
	if err != nil {
		return err
	}
	if open != nil {
		return fault.New(fault.Refused, "A variation of %s waits for signatures already. Drop it first, or sign it.", code)
	}
	if err := checkTerms(code, &to); err != nil {
		return err
	}
	if err := reason(why, "it should change"); err != nil {
		return err
	}
	if same(to, e.TermsOf()) {
		return fault.New(fault.Invalid, "Nothing would change: these are the terms that %s has now.", code)
	}
	id := r.ids.New()
	if err := tx.Exec(ctx, "INSERT INTO agreement_variation (id, agreement_id, classes, purposes, lawful_basis, gateway, conditions, why, agency, asked_by, asked_at, state) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,'open')",
		id, e.ID, joinWords(to.Classes), joinWords(to.Purposes), to.LawfulBasis, to.Gateway, to.Conditions, strings.TrimSpace(why), by.Agency, by.Account, clock.Micros(r.clock.Now())); err != nil {
		return err
	}
	if err := r.audited(ctx, tx, by, audit.Alteration, e.Agreement, fmt.Sprintf("variation proposed: %d classes, %d purposes", len(to.Classes), len(to.Purposes))); err != nil {
		return err
	}
	return r.SignVariation(ctx, tx, by, code, id)
}

func checkTerms(code string, t *Terms) error {
	t.LawfulBasis, t.Gateway, t.Conditions = strings.TrimSpace(t.LawfulBasis), strings.TrimSpace(t.Gateway), strings.TrimSpace(t.Conditions)
	if len(t.Classes) == 0 || len(t.Purposes) == 0 || t.LawfulBasis == "" || t.Gateway == "" {
		return fault.New(fault.Invalid, "%s needs at least one class of data, one purpose, a lawful basis and a gateway.", code)
	}
	for _, c := range t.Classes {
		if !slices.Contains(access.Classes, c) || c == access.FormerName {
			return fault.New(fault.Invalid, "%s cannot have the class of data %q.", code, c)
		}
	}
	for _, p := range t.Purposes {
		if !slices.Contains(Purposes, p) {
			return fault.New(fault.Invalid, "%s cannot have the purpose %q. There is none for %s.", code, p, NeverPurposes)
		}
	}
	return nil
}

func same(a, b Terms) bool {
	sorted := func(t Terms) string {
		c, p := slices.Clone(t.Classes), slices.Clone(t.Purposes)
		slices.Sort(c)
		slices.Sort(p)
		return joinWords(c) + "|" + joinWords(p) + "|" + t.LawfulBasis + "|" + t.Gateway + "|" + t.Conditions
	}
	return sorted(a) == sorted(b)
}

// SignVariation puts a party's name under the variation of that id, the one the signer read: another that was proposed in its place meanwhile is
// fault.Conflict. With the last signature it takes the place of the terms, from the next request on.
func (r *Register) SignVariation(ctx context.Context, tx *database.Tx, by access.Scope, code, id string) error {
	e, err := r.hold(ctx, tx, code)
	if err != nil {
		return err
	}
	if _, err := forParty(by, e.Agreement); err != nil {
		return err
	}
	if e.StandingOn(r.today()) != Live {
		return fault.New(fault.Refused, "%s is no longer live, so it cannot be varied. Draft a new one.", code)
	}
	v, err := r.OpenVariation(ctx, tx, e.Agreement)
	if err != nil {
		return err
	}
	if v != nil && v.ID != id {
		return fault.New(fault.Conflict, "The variation of %s that you read was dropped meanwhile, and another proposed. Nothing was signed: read this one.", code)
	}
	waiting := e.WaitingVariation(v)
	if !slices.Contains(waiting, by.Agency) {
		return fault.New(fault.Refused, "There is no variation of %s that waits for your agency's signature.", code)
	}
	at := clock.Micros(r.clock.Now())
	if err := tx.Exec(ctx, "INSERT INTO agreement_variation_signature (variation_id, agency, signed_by, signed_at) VALUES ($1,$2,$3,$4)", v.ID, by.Agency, by.Account, at); err != nil {
		return err
	}
	words := "variation signed for " + by.Agency
	if len(waiting) == 1 {
		words += ", the last to sign: it holds"
		if err := r.replace(ctx, tx, e.Agreement, v, at); err != nil {
			return err
		}
	}
	return r.audited(ctx, tx, by, audit.Alteration, e.Agreement, words)
}

func (r *Register) replace(ctx context.Context, tx *database.Tx, a Agreement, v *Variation, at int64) error {
	before, err := json.Marshal(a.TermsOf())
	if err != nil {
		return err
	}
	steps := []struct {
		text string
		args []any
	}{
		{"UPDATE agreement_variation SET state = 'agreed', closed_at = $1, before = $2 WHERE id = $3", []any{at, string(before), v.ID}},
		{"UPDATE agreement SET lawful_basis = $1, gateway = $2, conditions = $3 WHERE id = $4", []any{v.LawfulBasis, v.Gateway, v.Conditions, a.ID}},
		{"DELETE FROM agreement_class WHERE agreement_id = $1", []any{a.ID}},
		{"DELETE FROM agreement_purpose WHERE agreement_id = $1", []any{a.ID}},
	}
	for _, s := range steps {
		if err := tx.Exec(ctx, s.text, s.args...); err != nil {
			return err
		}
	}
	for _, c := range v.Classes {
		if err := tx.Exec(ctx, "INSERT INTO agreement_class (agreement_id, class) VALUES ($1,$2)", a.ID, string(c)); err != nil {
			return err
		}
	}
	for _, p := range v.Purposes {
		if err := tx.Exec(ctx, "INSERT INTO agreement_purpose (agreement_id, purpose) VALUES ($1,$2)", a.ID, string(p)); err != nil {
			return err
		}
	}
	return nil
}

// DropVariation takes the proposal back: any party can, and says why.
func (r *Register) DropVariation(ctx context.Context, tx *database.Tx, by access.Scope, code, why string) error {
	e, err := r.hold(ctx, tx, code)
	if err != nil {
		return err
	}
	if _, err := forParty(by, e.Agreement); err != nil {
		return err
	}
	v, err := r.OpenVariation(ctx, tx, e.Agreement)
	if err != nil {
		return err
	}
	if v == nil {
		return fault.New(fault.Refused, "No variation of %s waits for signatures.", code)
	}
	if err := reason(why, "it is dropped"); err != nil {
		return err
	}
	if err := tx.Exec(ctx, "UPDATE agreement_variation SET state = 'dropped', closed_at = $1, closed_by = $2, closed_why = $3 WHERE id = $4", clock.Micros(r.clock.Now()), by.Account, strings.TrimSpace(why), v.ID); err != nil {
		return err
	}
	return r.audited(ctx, tx, by, audit.Alteration, e.Agreement, "variation dropped by "+by.Agency)
}
