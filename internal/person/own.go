package person

import (
	"context"
	"slices"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/identity"
	"lantern.example/lantern/internal/intake/profile"
)

// Own is what is held about somebody, as they themselves may read it.
type Own struct {
	ID       string
	Scope    access.Scope // for the further reading of these records, and of no others
	Records  []string     // their ids
	Holdings []Holding    // one an agency, by its code
}

// Holding is what one agency holds, in its own words.
type Holding struct {
	Owner     string
	Records   int
	Names     []Stated
	Born      []Stated
	Sex       []Stated
	Ethnicity []Stated // Detail says that it is as an officer saw them
	Numbers   []Stated
	Addresses []Stated
}

// Own gathers what every agency holds about the person whom the scope's account is, and about nobody else: the id comes from the
// account, is never taken from a request, and the answer for anybody but that person is fault.NoSuch.
//
// What is shown is the person's own name, birth, sex, numbers and addresses. A partner's whole row is not: it may name a carer, a
// sibling, a worker or whoever reported something. Intelligence, former and refuge names and restricted records are left out, because a
// person must decide whether telling of them does harm; that they are left out is said to everybody in the same words.
func (s *Store) Own(ctx context.Context, q database.Queryer, scope access.Scope) (Own, error) {
	if _, ok := access.ForOwnRecord(scope, nil); !ok {
		return Own{}, fault.NoSuch()
	}
	id, err := s.identity.Leads(ctx, q, scope.Person)
	if err != nil {
		return Own{}, err
	}
	all, err := s.identity.OfPersons(ctx, q, access.System("own-record", access.OwnRecord), []string{id}) // for their owners alone
	if err != nil {
		return Own{}, err
	}
	var owners []string
	for i := range all {
		owners = append(owners, all[i].Owner)
	}
	slices.Sort(owners)
	own := Own{ID: id}
	own.Scope, _ = access.ForOwnRecord(scope, slices.Compact(owners))
	records, err := s.identity.OfPersons(ctx, q, own.Scope, []string{id})
	if err != nil {
		return Own{}, err
	}
	by := map[string][]identity.Record{}
	for _, r := range records {
		own.Records = append(own.Records, r.ID)
		by[r.Owner] = append(by[r.Owner], r)
	}
	ethnicity, err := s.identity.EthnicityOf(ctx, q, own.Scope, own.Records)
	if err != nil {
		return Own{}, err
	}
	for _, o := range own.Scope.Permits[0].Owners {
		if len(by[o]) == 0 {
			continue
		}
		p := gather(own.Scope, id, by[o])
		own.Holdings = append(own.Holdings, Holding{Owner: o, Records: len(by[o]), Names: p.Names, Born: p.Born, Sex: p.Sex, Ethnicity: ethnicityOf(by[o], ethnicity), Numbers: p.Identifiers, Addresses: p.Addresses})
	}
	return own, nil
}

// ethnicityOf is what an agency's records say of it, each value once.
func ethnicityOf(records []identity.Record, of map[string]identity.Ethnicity) []Stated {
	var out []Stated
	add := func(value, detail string) {
		if value != "" && !slices.ContainsFunc(out, func(s Stated) bool { return s.Value == value && s.Detail == detail }) {
			out = append(out, Stated{Value: value, Detail: detail})
		}
	}
	for _, r := range records {
		add(profile.EthnicWords(of[r.ID].Self), "")
		add(profile.ObservedWords(of[r.ID].Observed), "as an officer saw you")
	}
	return out
}
