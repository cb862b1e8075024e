package account

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
)

// Change is what an administrator can change of an account.
type Change struct {
	Name, Agency string
	Role         access.Role
	Areas        []string
	Person       string // for a Subject: whose record they read
}

// Change changes an account, as it was read: what another changed meanwhile is a conflict. Whose agency, role or person changes is signed out, for
// what the web session is for may no longer be theirs. What says in words what changed, "" when nothing did; it names nobody. The caller
// has made sure that the agency is a member, the areas are the partnership's, and the person exists.
func (s *Store) Change(ctx context.Context, tx *database.Tx, by string, a Account, to Change) (what string, err error) {
	to.Name = strings.TrimSpace(to.Name)
	if to.Role != access.Subject {
		to.Person = ""
	}
	switch {
	case to.Name == "" || utf8.RuneCountInString(to.Name) > 200:
		return "", fault.New(fault.Invalid, "Enter the person's name, in at most 200 characters.")
	case !slices.Contains(access.Roles, to.Role):
		return "", fault.New(fault.Invalid, "There is no role %q.", to.Role)
	case to.Agency == "":
		return "", fault.New(fault.Invalid, "Choose an agency.")
	case to.Role == access.Subject && to.Person == "":
		return "", fault.New(fault.Invalid, "A young person's account needs the person whose record it reads.")
	case a.ID == by && (to.Role != a.Role || to.Agency != a.Agency || !slices.Equal(to.Areas, a.Areas)):
		return "", fault.New(fault.Refused, "This is your own account. Another administrator can change its role, agency and areas.")
	}
	if a.Role == access.Administrator && to.Role != access.Administrator && !a.Disabled {
		if err := s.notTheLast(ctx, tx, a); err != nil {
			return "", err
		}
	}
	var words []string
	if to.Name != a.Name {
		words = append(words, "name")
	}
	if to.Role != a.Role {
		words = append(words, "role "+string(a.Role)+" to "+string(to.Role))
	}
	if to.Agency != a.Agency {
		words = append(words, "agency "+a.Agency+" to "+to.Agency)
	}
	if !slices.Equal(to.Areas, a.Areas) {
		words = append(words, "areas "+orAll(a.Areas)+" to "+orAll(to.Areas))
	}
	if to.Person != a.Person {
		words = append(words, "whose record it reads")
	}
	if len(words) == 0 {
		return "", nil
	}
	n, err := tx.ExecCount(ctx, "UPDATE account SET name = $1, agency = $2, role = $3, areas = $4, subject_person = $5, ver = ver + 1 WHERE id = $6 AND ver = $7",
		to.Name, to.Agency, string(to.Role), strings.Join(to.Areas, " "), to.Person, a.ID, a.Ver)
	switch {
	case err != nil:
		return "", err
	case n == 0:
		return "", fault.New(fault.Conflict, "Somebody changed this account meanwhile. Open it again and look before you change it.")
	case to.Role != a.Role || to.Agency != a.Agency || to.Person != a.Person:
		err = s.endSessions(ctx, tx, a.ID, "")
	}
	return strings.Join(words, "; "), err
}

func orAll(areas []string) string {
	if len(areas) == 0 {
		return "all"
	}
	return strings.Join(areas, " ")
}

// notTheLast refuses what would leave the partnership without an open administrator: nobody could open another account.
func (s *Store) notTheLast(ctx context.Context, q database.Queryer, a Account) error {
	n, err := database.One(ctx, q, database.Value[int], "SELECT count(*) FROM account WHERE role = $1 AND NOT disabled AND id <> $2", string(access.Administrator), a.ID)
	if err == nil && n == 0 {
		return fault.New(fault.Refused, "%s is the only administrator. Add another first.", a.Email)
	}
	return err
}
