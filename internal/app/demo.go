package app

import (
	"context"
	"fmt"
	"slices"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account/accountweb"
	"lantern.example/lantern/internal/demo"
	"lantern.example/lantern/internal/demo/world"
	"lantern.example/lantern/internal/figure"
)

// Demo is a demonstration that is ready: who one can be, and pages that only some may see.
type Demo struct {
	Accounts []DemoAccount `json:"accounts"`
	Probes   []Probe       `json:"probes"`
}

// DemoAccount is one of the demonstration's sign-ins.
type DemoAccount struct {
	Name     string `json:"name"`
	Agency   string `json:"agency"`
	Role     string `json:"role"`
	Email    string `json:"email"`
	Password string `json:"password"`
}

// Probe is a page that the named accounts may see and that answers all others as an id that does not
// exist.
type Probe struct {
	Path    string   `json:"path"`
	Allowed []string `json:"allowed"`
}

// BuildDemo fills an empty database with the invented partnership, or finds it there already, and puts its
// cast on the sign-in page.
func (a *App) BuildDemo(ctx context.Context, people int, seed uint64, say func(string)) (*Demo, error) {
	n, err := a.Accounts.Count(ctx, a.DB.Reader())
	if err != nil {
		return nil, err
	}
	opt := world.Options{Seed: seed, People: people, Today: demo.Today(a.Clock)}
	var w *world.World
	if n == 0 {
		b := &demo.Builder{DB: a.DB, Clock: a.Clock, Accounts: a.Accounts, Partnership: a.Partnership, Sharing: a.Sharing, Work: a.Work, Intake: a.Intake, Loaded: a.placed, Link: a.linked,
			Geography: a.demoGeography, Rooms: append(a.demoRooms(), a.demoRetention, a.demoHandout), Say: say}
		built, err := b.Build(ctx, opt)
		if err != nil {
			return nil, err
		}
		w = built.World
	} else {
		// The same cast comes from any size of world: the smallest is quickest to draw.
		opt.People = 200
		if w, err = world.Generate(opt); err != nil {
			return nil, err
		}
	}
	d := &Demo{Accounts: []DemoAccount{}, Probes: []Probe{}}
	names := map[string]string{}
	for _, x := range w.Agencies {
		names[x.Code] = x.Name
	}
	for _, x := range w.Accounts {
		d.Accounts = append(d.Accounts, DemoAccount{Name: x.Name, Agency: x.Agency, Role: string(x.Role), Email: x.Email, Password: demo.Password})
		if x.Cast {
			a.Account.Personas = append(a.Account.Personas, accountweb.Persona{Name: x.Name, Role: x.Title, Agency: names[x.Agency], About: x.Says, Email: x.Email, Password: demo.Password, Young: x.Role == access.Subject})
		}
	}
	opening, err := a.opening(ctx, w)
	if err != nil {
		return nil, err
	}
	a.Account.Opening = func(context.Context) string { return opening }
	d.Probes, err = a.probes(ctx, w)
	return d, err
}

// opening is the sentence on the sign-in page, counted from what is there.
func (a *App) opening(ctx context.Context, w *world.World) (string, error) {
	members, err := a.Partnership.Members(ctx, a.DB.Reader())
	if err != nil {
		return "", err
	}
	r, err := a.Statements.Analyse(ctx, a.DB.Reader(), access.System("demo", access.Assessment), nil, nil)
	if err != nil {
		return "", err
	}
	var cast []string
	for _, x := range w.Accounts {
		if x.Cast && x.Role != access.Subject && x.Role != access.Administrator {
			cast = append(cast, lowerFirst(x.Title))
		}
	}
	return fmt.Sprintf("Wrenshire: %s agencies, two years of records, %d interviews. Come in as the %s, or Kai, 15.", figure.Group(len(members)), r.Interviews, joinWords(cast)), nil
}

func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return string(s[0]|0x20) + s[1:]
}

func joinWords(words []string) string {
	out := ""
	for i, w := range words {
		if i > 0 {
			out += ", "
		}
		out += w
	}
	return out
}

// probes are pages of one agency's records: a person whose records only one agency holds, for each of a few
// agencies, and a load.
func (a *App) probes(ctx context.Context, w *world.World) ([]Probe, error) {
	out := []Probe{}
	type candidate struct{ path string }
	var paths []candidate
	for _, agency := range []string{"RYW", "WCSC", "TQC", "WPOL"} {
		by := access.Scope{Agency: agency}
		loads, _, err := a.Intake.List(ctx, a.DB.Reader(), by, 1, 0)
		if err != nil {
			return nil, err
		}
		for _, l := range loads {
			paths = append(paths, candidate{"/loads/" + l.ID})
		}
		if a.onePersonOf != nil {
			id, err := a.onePersonOf(ctx, agency)
			if err != nil {
				return nil, err
			}
			if id != "" {
				paths = append(paths, candidate{"/people/" + id})
			}
		}
	}
	for _, c := range paths {
		p := Probe{Path: c.path, Allowed: []string{}}
		for _, x := range w.Accounts {
			ok, err := a.mayOpen(ctx, x, c.path)
			if err != nil {
				return nil, err
			}
			if ok {
				p.Allowed = append(p.Allowed, x.Email)
			}
		}
		slices.Sort(p.Allowed)
		if len(p.Allowed) > 0 {
			out = append(out, p)
		}
	}
	return out, nil
}

// mayOpen asks the site itself, as the account, whether a page opens: the probe is what the site does, not
// what we think it does.
func (a *App) mayOpen(ctx context.Context, x world.Account, path string) (bool, error) {
	var email string
	all, err := a.Accounts.All(ctx, a.DB.Reader())
	if err != nil {
		return false, err
	}
	for _, acc := range all {
		if acc.Email == x.Email {
			email = acc.Email
			status, err := a.visit(ctx, acc, path)
			return status == 200, err
		}
	}
	return false, fmt.Errorf("demo: %q has no account", email)
}
