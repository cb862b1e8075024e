package partnership

import (
	"context"
	"slices"
	"strings"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
)

// Theme is a subject the partnership works on and codes statements by.
type Theme struct {
	Code     string
	Position int // in lists
	Name     string
	About    string
	InUse    bool
	Change
}

const themeColumns = "code, version, position, name, about, in_use, by_account, at, why"

func scanTheme(r database.Scanner) (Theme, error) {
	var t Theme
	return t, r.Scan(&t.Code, &t.Version, &t.Position, &t.Name, &t.About, &t.InUse, &t.By, &t.At, &t.Why)
}

// Themes lists the current themes in their order, retired ones included (InUse false).
func (s *Store) Themes(ctx context.Context, q database.Queryer) ([]Theme, error) {
	return database.Collect(ctx, q, scanTheme, "SELECT "+themeColumns+" FROM theme_version WHERE superseded_at IS NULL ORDER BY position, code")
}

// ThemeHistory lists a theme's versions, newest first.
func (s *Store) ThemeHistory(ctx context.Context, q database.Queryer, code string) ([]Theme, error) {
	return database.Collect(ctx, q, scanTheme, "SELECT "+themeColumns+" FROM theme_version WHERE code = $1 ORDER BY version DESC", code)
}

// SaveTheme writes a new version of a theme over version ver, 0 for a theme that is new; a different
// current version is a Conflict.
func (s *Store) SaveTheme(ctx context.Context, tx *database.Tx, by access.Scope, ver int64, in Theme) error {
	if err := checkCode("The theme code", in.Code); err != nil {
		return err
	}
	if len(in.Code) > 16 || strings.TrimSpace(in.Name) == "" {
		return fault.New(fault.Invalid, "A theme needs a code of at most 16 characters and a name.")
	}
	had, err := s.ThemeHistory(ctx, tx, in.Code)
	if err != nil {
		return err
	}
	var now int64
	if len(had) > 0 {
		now = had[0].Version
	}
	switch {
	case ver == 0 && now > 0:
		return fault.New(fault.Conflict, "There is already a theme with the code %s: %s.", in.Code, had[0].Name)
	case ver != now:
		return stale("this theme")
	}
	if in.Position == 0 {
		if in.Position, err = database.One(ctx, tx, database.Value[int], "SELECT coalesce(max(position), 0) + 1 FROM theme_version"); err != nil {
			return err
		}
	}
	at := clock.Micros(s.clock.Now())
	if err := tx.Exec(ctx, "UPDATE theme_version SET superseded_at = $1 WHERE code = $2 AND superseded_at IS NULL", at, in.Code); err != nil {
		return err
	}
	if err := tx.Exec(ctx, "INSERT INTO theme_version ("+themeColumns+") VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9)", in.Code, ver+1, in.Position, strings.TrimSpace(in.Name), in.About, in.InUse, by.Account, at, in.Why); err != nil {
		return err
	}
	return s.altered(ctx, tx, by, "theme", in.Code, "entry written")
}

// Lead is who leads on a theme in an area, with a deputy.
type Lead struct {
	Theme, Area     string // Area "" is the whole partnership
	Account, Deputy string // account ids; an empty Account is a vacant post
	Since           string // ISO date
	LastContact     string // ISO date on which the partnership last spoke to the lead, "" when not since they began
	// Second leads beside them: police and community safety lead together where the board says so.
	Second string // account id, "" for none
	Duties string // what leading means here, in words
	// Cover is the account that stands in while the lead is away, from AwayFrom until AwayUntil inclusive (ISO
	// dates, both or neither).
	Cover, AwayFrom, AwayUntil string
	Change
}

// away reports whether the lead is away on a day.
func (l Lead) away(day string) bool {
	return l.AwayFrom != "" && l.AwayFrom <= day && day <= l.AwayUntil
}

const leadColumns = "theme, area, ver, account, deputy, since, last_contact, second, duties, cover, away_from, away_until, by_account, at, why"

func scanLead(r database.Scanner) (Lead, error) {
	var l Lead
	return l, r.Scan(&l.Theme, &l.Area, &l.Version, &l.Account, &l.Deputy, &l.Since, &l.LastContact, &l.Second, &l.Duties, &l.Cover, &l.AwayFrom, &l.AwayUntil, &l.By, &l.At, &l.Why)
}

// Lead is the current entry of a post; one that was never filled has version 0.
func (s *Store) Lead(ctx context.Context, q database.Queryer, theme, area string) (Lead, error) {
	l, ok, err := orNone(database.Collect(ctx, q, scanLead, "SELECT "+leadColumns+" FROM theme_lead WHERE theme = $1 AND area = $2 AND superseded_at IS NULL", theme, area))
	if err == nil && !ok {
		l = Lead{Theme: theme, Area: area}
	}
	return l, err
}

// LeadHistory lists a post's entries, newest first.
func (s *Store) LeadHistory(ctx context.Context, q database.Queryer, theme, area string) ([]Lead, error) {
	return database.Collect(ctx, q, scanLead, "SELECT "+leadColumns+" FROM theme_lead WHERE theme = $1 AND area = $2 ORDER BY ver DESC", theme, area)
}

// SaveLead writes a new entry of a post over version ver; a different current version is a Conflict. The
// theme must be in use, the area known, the accounts open, and the deputy somebody else than the lead.
func (s *Store) SaveLead(ctx context.Context, tx *database.Tx, by access.Scope, ver int64, in Lead) error {
	themes, err := s.Themes(ctx, tx)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(themes, func(t Theme) bool { return t.Code == in.Theme && t.InUse }) {
		return fault.NoSuch()
	}
	set, err := s.Settings(ctx, tx)
	if err != nil {
		return err
	}
	if in.Area != "" && !slices.ContainsFunc(set.Areas, func(a Area) bool { return a.Code == in.Area }) {
		return fault.NoSuch()
	}
	if err := s.checkLead(ctx, tx, in); err != nil {
		return err
	}
	now, err := s.Lead(ctx, tx, in.Theme, in.Area)
	if err != nil {
		return err
	}
	if now.Version != ver {
		return stale("who leads on this")
	}
	at := clock.Micros(s.clock.Now())
	if err := tx.Exec(ctx, "UPDATE theme_lead SET superseded_at = $1 WHERE theme = $2 AND area = $3 AND superseded_at IS NULL", at, in.Theme, in.Area); err != nil {
		return err
	}
	err = tx.Exec(ctx, "INSERT INTO theme_lead (id, "+leadColumns+") VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16)",
		s.ids.New(), in.Theme, in.Area, ver+1, in.Account, in.Deputy, in.Since, in.LastContact, in.Second, in.Duties, in.Cover, in.AwayFrom, in.AwayUntil, by.Account, at, in.Why)
	if err != nil {
		return err
	}
	return s.altered(ctx, tx, by, "lead", in.Theme+"/"+in.Area, "entry written")
}

func (s *Store) checkLead(ctx context.Context, tx *database.Tx, in Lead) error {
	today := clock.Today(s.clock).Format(clock.ISODate)
	for what, d := range map[string]string{"The day they began": in.Since, "The day they were last spoken to": in.LastContact} {
		if _, err := time.Parse(clock.ISODate, d); d != "" && (err != nil || d > today) {
			return fault.New(fault.Invalid, "%s (%s) must be a date, today or earlier.", what, d)
		}
	}
	if in.Account == "" {
		if in.Deputy != "" || in.Second != "" || in.Cover != "" {
			return fault.New(fault.Invalid, "A deputy, a second lead or cover needs a lead: choose the lead first.")
		}
		return nil
	}
	if err := checkAway(in); err != nil {
		return err
	}
	if in.Since == "" {
		return fault.New(fault.Invalid, "Say since when they lead.")
	}
	switch {
	case in.Deputy == in.Account:
		return fault.New(fault.Invalid, "The deputy must be somebody else than the lead.")
	case in.Second == in.Account || in.Second != "" && in.Second == in.Deputy:
		return fault.New(fault.Invalid, "The second lead must be somebody else than the lead and the deputy.")
	case in.Cover == in.Account:
		return fault.New(fault.Invalid, "The cover must be somebody else than the lead.")
	}
	for _, id := range []string{in.Account, in.Deputy, in.Second, in.Cover} {
		if id == "" {
			continue
		}
		a, err := s.accounts.Get(ctx, tx, id)
		if fault.Is(err, fault.NotFound) || err == nil && (a.Disabled || a.Role == access.Subject) {
			return fault.New(fault.Invalid, "Choose a member whose account is open.")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkAway holds the days a lead is away to be two real dates in order, and cover to have days.
func checkAway(in Lead) error {
	if in.AwayFrom == "" && in.AwayUntil == "" {
		if in.Cover != "" {
			return fault.New(fault.Invalid, "Say from when until when the cover stands in.")
		}
		return nil
	}
	for _, d := range []string{in.AwayFrom, in.AwayUntil} {
		if _, err := time.Parse(clock.ISODate, d); err != nil {
			return fault.New(fault.Invalid, "The days the lead is away (%s to %s) must both be dates.", in.AwayFrom, in.AwayUntil)
		}
	}
	if in.AwayUntil < in.AwayFrom {
		return fault.New(fault.Invalid, "The lead comes back (%s) before they go (%s).", in.AwayUntil, in.AwayFrom)
	}
	return nil
}

// Post is a theme in an area, with who leads on it and what is wrong with that.
type Post struct {
	Theme    Theme
	Area     Area // Code "" is the whole partnership
	Lead     *account.Account
	Deputy   *account.Account
	Second   *account.Account
	Cover    *account.Account // who stands in, when the lead is away today
	Away     bool             // the lead is away today
	Police   bool             // the lead or the second lead is of the police
	Safety   bool             // the lead or the second lead is of community safety
	Entry    Lead
	Gap      bool // nobody leads, or the lead's account is closed
	Overdue  bool // filled, and not spoken to for longer than the settings allow
	Unspoken int  // days since the last contact, or since they began
}

// Acting is who answers today: the lead, or while they are away their cover, their deputy or the second lead;
// nil when nobody does.
func (p Post) Acting() *account.Account {
	if !p.Away {
		return p.Lead
	}
	for _, a := range []*account.Account{p.Cover, p.Deputy, p.Second} {
		if a != nil {
			return a
		}
	}
	return nil
}

// Posts lists every theme in use with its leads: gaps and leads away with nobody to stand in first, then overdue contacts, then the rest, each in
// the themes' order. A lead for the whole partnership covers every area; otherwise an area without one is
// a gap of its own.
func (s *Store) Posts(ctx context.Context, q database.Queryer) ([]Post, error) {
	set, err := s.Settings(ctx, q)
	if err != nil {
		return nil, err
	}
	themes, err := s.Themes(ctx, q)
	if err != nil {
		return nil, err
	}
	leads, err := database.Collect(ctx, q, scanLead, "SELECT "+leadColumns+" FROM theme_lead WHERE superseded_at IS NULL")
	if err != nil {
		return nil, err
	}
	all, err := s.accounts.All(ctx, q)
	if err != nil {
		return nil, err
	}
	open := map[string]*account.Account{}
	for i := range all {
		if !all[i].Disabled {
			open[all[i].ID] = &all[i]
		}
	}
	agencies, err := s.Agencies(ctx, q)
	if err != nil {
		return nil, err
	}
	kinds := map[string]string{}
	for _, a := range agencies {
		kinds[a.Code] = a.Kind
	}
	side := func(kind string, who ...*account.Account) bool {
		return slices.ContainsFunc(who, func(a *account.Account) bool { return a != nil && kinds[a.Agency] == kind })
	}
	at := map[[2]string]Lead{}
	for _, l := range leads {
		at[[2]string{l.Theme, l.Area}] = l
	}
	today := clock.Today(s.clock)
	var out []Post
	for _, t := range themes {
		if !t.InUse {
			continue
		}
		post := func(a Area) Post {
			e := at[[2]string{t.Code, a.Code}]
			p := Post{Theme: t, Area: a, Entry: e, Lead: open[e.Account], Deputy: open[e.Deputy], Second: open[e.Second]}
			p.Gap = p.Lead == nil
			if p.Away = !p.Gap && e.away(today.Format(clock.ISODate)); p.Away {
				p.Cover = open[e.Cover]
			}
			p.Police, p.Safety = side("police", p.Lead, p.Second), side("community-safety", p.Lead, p.Second)
			if last := max(e.LastContact, e.Since); !p.Gap && last != "" {
				if d, err := time.Parse(clock.ISODate, last); err == nil {
					p.Unspoken = int(today.Sub(d).Hours() / 24)
					p.Overdue = p.Unspoken > set.ContactDays
				}
			}
			return p
		}
		whole := post(Area{})
		var parts []Post
		for _, a := range set.Areas {
			if p := post(a); !p.Gap || whole.Gap {
				parts = append(parts, p)
			}
		}
		switch led := slices.ContainsFunc(parts, func(p Post) bool { return !p.Gap }); {
		case !whole.Gap:
			out = append(append(out, whole), parts...)
		case led:
			out = append(out, parts...)
		default:
			out = append(out, whole)
		}
	}
	slices.SortStableFunc(out, func(a, b Post) int { return urgency(a) - urgency(b) })
	return out, nil
}

func urgency(p Post) int {
	switch {
	case p.Gap, p.Acting() == nil:
		return 0
	case p.Overdue:
		return 1
	}
	return 2
}
