package app_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/app/apptest"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/sharing"
	"lantern.example/lantern/internal/web"
	"lantern.example/lantern/internal/work"
)

var update = flag.Bool("update", false, "write testdata/permissions.txt from the routes that are mounted; read the difference before you commit it")

const permissions = "testdata/permissions.txt"

// line is a route as the table says it: method, pattern, and the roles that may reach it.
func line(r web.Route) string {
	who := "everybody, signed in or not"
	if !r.Need.Public {
		who = "everybody signed in"
		if len(r.Need.Roles) > 0 {
			var roles []string
			for _, role := range access.Roles {
				if slices.Contains(r.Need.Roles, role) {
					roles = append(roles, string(role))
				}
			}
			who = strings.Join(roles, " ")
		}
	}
	return r.Method + " " + r.Pattern + ": " + who
}

// Every route is in one table that a person can read, with the roles that may reach it, and the table and the program say the same.
func TestTheTableOfPermissionsIsWhatIsMounted(t *testing.T) {
	l := apptest.New(t)
	var mounted []string
	for _, r := range l.Router.Routes {
		mounted = append(mounted, line(r))
	}
	slices.Sort(mounted)
	if *update {
		if err := os.WriteFile(permissions, []byte(strings.Join(mounted, "\n")+"\n"), 0o644); err != nil { //nolint:gosec // a table to read
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(permissions)
	if err != nil {
		t.Fatal(err)
	}
	table := map[string]string{} // roles by method and pattern
	for _, m := range strings.Split(strings.TrimSpace(string(b)), "\n") {
		route, who, _ := strings.Cut(m, ": ")
		table[route] = who
	}
	seen := map[string]bool{}
	for _, m := range mounted {
		route, who, _ := strings.Cut(m, ": ")
		seen[route] = true
		switch want, listed := table[route]; {
		case listed && want != who:
			t.Errorf("%s is mounted for %q, and %s says %q", route, who, permissions, want)
		case !listed:
			t.Errorf("%s (%s) is not in %s: go test ./internal/app -run TableOfPermissions -update writes it; read the difference", route, who, permissions)
		}
	}
	for route := range table {
		if !seen[route] {
			t.Errorf("%s is in %s and is not mounted", route, permissions)
		}
	}
}

const nobodyID = "019aaaaa-0000-7000-8000-00000000ffff"

// fill puts an id in every part of a pattern.
func fill(pattern, id string) string {
	var out []string
	for _, part := range strings.Split(pattern, "/") {
		if strings.HasPrefix(part, "{") {
			part = id
		}
		out = append(out, part)
	}
	return strings.Join(out, "/")
}

func send(c *apptest.Client, method, path string) *apptest.Reply {
	if method == http.MethodPost {
		return c.Post(path, nil)
	}
	return c.Get(path)
}

// What a role may not reach answers, byte for byte, as what does not exist; and what it may reach is there.
func TestEveryRouteForEveryRole(t *testing.T) {
	l := apptest.New(t)
	for _, role := range access.Roles {
		c := l.SignIn(role, "council")
		for _, r := range l.Router.Routes {
			met := r.Need.Met(&web.Viewer{Scope: access.Scope{Role: role}})
			path := fill(r.Pattern, nobodyID)
			switch {
			case r.Pattern == "/sign-out" || r.Need.Public:
				continue
			case !met:
				got, none := send(c, r.Method, path), send(c, r.Method, path+"/no-such-page")
				if got.Status != http.StatusNotFound || got.Body != none.Body {
					t.Errorf("%s as %s: status %d, want it byte for byte as a page that is not there (%d)", r.Method+" "+path, role, got.Status, none.Status)
				}
			case r.Method == http.MethodGet && !strings.Contains(r.Pattern, "{"):
				if got := c.Get(path); got.Status == http.StatusNotFound && !mayBeEmpty[r.Pattern] || got.Status >= http.StatusInternalServerError {
					t.Errorf("GET %s as %s: status %d, although the role may reach it", path, role, got.Status)
				}
			}
		}
	}
}

// mayBeEmpty are pages that do not exist until something has been done, for any role.
var mayBeEmpty = map[string]bool{}

// thing is a record of some kind that belongs to care.
type thing struct {
	kind, prefix, id string
	// opens are, by agency, the roles to whom its page opens; nobody else.
	opens map[string][]access.Role
}

// Every page about a record, for every role of the agency it belongs to, of an agency it is shared with and of another: it opens to those whom this
// table names, and to all others it answers, on every route and for every method, byte for byte as a record that does not exist.
func TestNotYoursIsNotThere(t *testing.T) {
	l := apptest.New(t)
	ctx := context.Background()
	person := child(l, "care", "R1", "Okoro")
	at := clock.Micros(l.Now.Now())
	write := func(f func(tx *database.Tx) error) {
		t.Helper()
		if err := l.DB.Write(ctx, f); err != nil {
			t.Fatal(err)
		}
	}
	scope := func(role access.Role, agency string) access.Scope {
		t.Helper()
		s, err := l.Accounts.Scope(ctx, l.Cast[apptest.Address(role, agency)], access.Safeguarding)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	write(func(tx *database.Tx) error { // the school reads care's names and support notes, for safeguarding
		_, err := l.Sharing.Add(ctx, tx, sharing.Agreement{Code: "ISA-1", Title: "t", LawfulBasis: "b", Gateway: "g", State: "signed", StartsOn: "2026-01-01", ExpiresOn: "2027-01-01", ReviewOn: "2026-12-01",
			Parties: []sharing.Party{{Agency: "care", Gives: true, SignedAt: &at}, {Agency: "school", Receives: true, SignedAt: &at}}, Classes: []access.Class{access.Identity, access.SocialCare}, Purposes: []access.Purpose{access.Safeguarding}})
		return err
	})
	var action work.Action
	var decision sharing.Disclosure
	var request sharing.Ask
	var glass sharing.Broken
	write(func(tx *database.Tx) (err error) {
		if action, err = l.Work.Add(ctx, tx, scope(access.Practitioner, "care"), work.New{Title: "See her at home", Why: "She asked.", Class: access.SocialCare, Assignee: l.Cast[apptest.Address(access.Practitioner, "care")].ID, DueOn: "2026-12-01"}); err != nil {
			return err
		}
		if decision, err = l.OneOffs.Decide(ctx, tx, scope(access.Practitioner, "care"), sharing.Decision{Recipient: "council", Person: person, Shared: false, Basis: sharing.Owner, Purpose: access.Safeguarding, Why: "No.", Told: "told"}); err != nil {
			return err
		}
		if request, err = l.Asks.Put(ctx, tx, scope(access.Practitioner, "school"), sharing.Ask{Kind: "class", Person: person, Class: access.Health, Desk: "care", Why: "x"}); err != nil {
			return err
		}
		glass, err = l.Glasses.Break(ctx, tx, scope(access.Chair, "care"), "x")
		return err
	})
	loads, _, err := l.Intake.List(ctx, l.DB.Reader(), access.Scope{Agency: "care"}, 1, 0)
	if err != nil || len(loads) != 1 {
		t.Fatalf("%d loads (%v)", len(loads), err)
	}
	casework := []access.Role{access.Manager, access.Analyst, access.Chair, access.Practitioner, access.SchoolLead}
	things := []thing{
		{"person", "/people/", person, map[string][]access.Role{"care": casework, "school": {access.Chair, access.Practitioner, access.SchoolLead}}}, // the others' usual purpose is another
		{"action", "/actions/", action.ID, map[string][]access.Role{"care": casework, "school": {access.Chair, access.Practitioner, access.SchoolLead}}},
		{"decision", "/disclosures/", decision.ID, map[string][]access.Role{"care": {access.Manager, access.Chair, access.Practitioner, access.InfoOfficer}}},
		{"request", "/requests/", request.ID, map[string][]access.Role{"care": {access.InfoOfficer}, "school": {access.Practitioner}}},
		{"glass", "/break-glass/", glass.ID, map[string][]access.Role{"care": {access.Manager, access.Chair, access.InfoOfficer}}},
		{"load", "/loads/", loads[0].ID, nil},
	}
	asked, refused := 0, 0
	for _, agency := range []string{"care", "school", "police"} {
		for _, role := range access.Roles {
			c := l.SignIn(role, agency)
			for _, x := range things {
				opens := slices.Contains(x.opens[agency], role)
				if x.opens == nil { // a load: whoever may see the list of them sees their own agency's
					opens = agency == "care" && c.Get("/loads").Status == http.StatusOK
				}
				if got := c.Get(x.prefix + x.id).Status; (got == http.StatusOK) != opens {
					t.Errorf("the %s of care, as %s of %s: status %d, want it open: %v", x.kind, role, agency, got, opens)
				}
				if opens {
					continue
				}
				for _, r := range l.Router.Routes {
					if !strings.HasPrefix(r.Pattern, x.prefix+"{") {
						continue
					}
					there, not := send(c, r.Method, fill(r.Pattern, x.id)), send(c, r.Method, fill(r.Pattern, nobodyID))
					asked++
					if there.Status == http.StatusNotFound {
						refused++
					}
					if there.Status != not.Status || there.Body != not.Body {
						t.Errorf("%s %s, as %s of %s: status %d, and %d for one that does not exist; the pages differ: %v\n%s", r.Method, fill(r.Pattern, "{"+x.kind+"}"), role, agency, there.Status, not.Status, there.Body != not.Body, difference(there.Body, not.Body))
					}
				}
			}
		}
	}
	if asked < 300 || refused < asked/2 {
		t.Errorf("only %d of %d were refused: the search for routes is wrong", refused, asked)
	}
	t.Logf("%d requests for what is not theirs, each answered as what does not exist", asked)
	// The refusals are in the log of care, whose records they were about, by number: the attempt was recorded.
	if n, err := database.One(ctx, l.DB.Reader(), database.Value[int], "SELECT count(*) FROM audit_entry WHERE act = 'refusal'"); err != nil || n < refused {
		t.Errorf("%d refusals in the log (%v), want at least %d", n, err, refused)
	}
}

func difference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	var out bytes.Buffer
	for i := 0; i < min(len(x), len(y)) && out.Len() < 600; i++ {
		if x[i] != y[i] {
			fmt.Fprintf(&out, "- %s\n+ %s\n", x[i], y[i])
		}
	}
	return out.String()
}
