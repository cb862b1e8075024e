package community

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/content"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
)

// Routes are the ways out that a service can be, in the order pages show them.
var Routes = []struct{ Code, Name string }{{"early-help", "Early help"}, {"family", "Family"}, {"exit", "Leaving a gang or a line"}, {"transition", "Turning 18, or moving on"}, {"other", "Other support"}}

// RouteName is a route in words.
func RouteName(code string) string {
	for _, r := range Routes {
		if r.Code == code {
			return r.Name
		}
	}
	return "Other support"
}

// StaleDays is how old an entry may be before it counts as not checked.
const StaleDays = 182

// Service is one service that somebody can be sent to.
type Service struct {
	Code, Name, About, Provider, Route string
	Eligibility                        string
	MinAge, MaxAge                     *int
	Capacity, Free                     *int // places, and how many are free; nil when nobody has said
	Wait                               string
	Refer, Phone, Email, URL           string
	Commissioner, Theme, Until         string // who pays, for which theme, until when
	CheckedOn                          string // ISO date on which somebody last saw that it is right
	OpenReferral                       string // its id in the feed it came from, "" when written here
	Age                                int    // days since it was checked; -1 when never
	Stale                              bool
	Version                            content.Version
}

func number(s string) *int {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil || n < 0 || n > 1_000_000 {
		return nil
	}
	return &n
}

// Services reads the entries: those with free places first within each route, stale ones last.
func Services(list []content.Version, today time.Time) []Service {
	out := make([]Service, 0, len(list))
	for _, v := range list {
		s := Service{Code: v.Code, Name: v.Title, About: v.Field("about"), Provider: v.Field("provider"), Route: v.Field("route"), Eligibility: v.Field("eligibility"), MinAge: number(v.Field("min_age")), MaxAge: number(v.Field("max_age")),
			Capacity: number(v.Field("capacity")), Free: number(v.Field("free")), Wait: v.Field("wait"), Refer: v.Field("refer"), Phone: v.Field("phone"), Email: v.Field("email"), URL: v.Field("url"), Commissioner: v.Field("commissioner"),
			Theme: v.Field("theme"), Until: v.Field("until"), CheckedOn: v.Field("checked_on"), OpenReferral: v.Field("open_referral"), Age: -1, Version: v}
		if d, err := time.Parse(clock.ISODate, s.CheckedOn); err == nil {
			s.Age = int(today.Sub(d).Hours() / 24)
		}
		s.Stale = s.Age < 0 || s.Age > StaleDays
		out = append(out, s)
	}
	place := func(code string) int {
		return slices.IndexFunc(Routes, func(r struct{ Code, Name string }) bool { return r.Code == code })
	}
	free := func(s Service) int {
		if s.Free == nil {
			return 0
		}
		return *s.Free
	}
	slices.SortStableFunc(out, func(a, b Service) int {
		return cmp.Or(cmp.Compare(uint(place(a.Route)), uint(place(b.Route))), b2i(a.Stale)-b2i(b.Stale), cmp.Compare(free(b), free(a))) //nolint:gosec // -1 sorts last
	})
	return out
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// ---- Open Referral UK ----

// The limits of a file that is read.
const (
	MaxFeedBytes    = 8 << 20
	MaxFeedServices = 2000
)

// flexible is text that a feed may write as text, as a number or as nothing.
type flexible string

func (f *flexible) UnmarshalJSON(b []byte) error {
	var s *string
	if err := json.Unmarshal(b, &s); err == nil {
		if s != nil {
			*f = flexible(*s)
		}
		return nil
	}
	var n json.Number
	if err := json.Unmarshal(b, &n); err == nil {
		*f = flexible(n)
		return nil
	}
	return errors.New("expected text or a number")
}

// orService is a service as Open Referral UK 3.0 (a profile of HSDS 3.0) writes it; fields that Lantern has no place
// for are left out.
type orService struct {
	ID          flexible        `json:"id"`
	Name        flexible        `json:"name"`
	Description flexible        `json:"description,omitempty"`
	URL         flexible        `json:"url,omitempty"`
	Email       flexible        `json:"email,omitempty"`
	Status      flexible        `json:"status"`
	Process     flexible        `json:"application_process,omitempty"`
	Wait        flexible        `json:"wait_time,omitempty"`
	Eligibility flexible        `json:"eligibility_description,omitempty"`
	MinAge      *float64        `json:"minimum_age,omitempty"`
	MaxAge      *float64        `json:"maximum_age,omitempty"`
	Assured     flexible        `json:"assured_date,omitempty"`
	Modified    flexible        `json:"last_modified,omitempty"`
	Org         *orOrganisation `json:"organization,omitempty"`
	Phones      []orPhone       `json:"phones,omitempty"`
	Attributes  []orAttribute   `json:"attributes,omitempty"`
}

type orOrganisation struct {
	ID          flexible `json:"id"`
	Name        flexible `json:"name"`
	Description flexible `json:"description"`
}

type orPhone struct {
	ID     flexible `json:"id,omitempty"`
	Number flexible `json:"number"`
}

type orAttribute struct {
	ID    flexible `json:"id"`
	Label flexible `json:"label,omitempty"`
	Value flexible `json:"value,omitempty"`
}

type orPage struct {
	TotalItems int               `json:"total_items"`
	TotalPages int               `json:"total_pages"`
	PageNumber int               `json:"page_number"`
	Size       int               `json:"size"`
	First      bool              `json:"first_page"`
	Last       bool              `json:"last_page"`
	Empty      bool              `json:"empty"`
	Contents   []json.RawMessage `json:"contents"`
}

// Feed is what was read of an Open Referral file.
type Feed struct {
	Services []content.Text // ready to become drafts; field open_referral holds the feed's id
	Refused  []string       // "entry 3: it has no name", at most 100
	Inactive int            // entries that the feed itself calls not active
}

// ReadFeed reads Open Referral UK 3.0 JSON: a page of /services, an array of services, or one service. Entries that
// cannot be used are refused one by one, with the reason; a file that is no such feed is an error.
func ReadFeed(b []byte) (Feed, error) {
	var f Feed
	if len(b) > MaxFeedBytes {
		return f, fault.New(fault.TooLarge, "The file is larger than %d MB, the most that is taken.", MaxFeedBytes>>20)
	}
	entries, err := entriesOf(b)
	if err != nil {
		return f, err
	}
	if len(entries) > MaxFeedServices {
		return f, fault.New(fault.TooLarge, "The file holds %d services: at most %d are taken at once.", len(entries), MaxFeedServices)
	}
	seen := map[string]bool{}
	refuse := func(i int, why string) {
		if len(f.Refused) < 100 {
			f.Refused = append(f.Refused, "Entry "+strconv.Itoa(i+1)+": "+why+".")
		}
	}
	for i, raw := range entries {
		var s orService
		if err := json.Unmarshal(raw, &s); err != nil {
			refuse(i, "it is not a service as Open Referral UK writes one")
			continue
		}
		t := textOf(s)
		id := t.Fields["open_referral"]
		switch {
		case t.Title == "":
			refuse(i, "it has no name")
		case id == "" || len(id) > 100:
			refuse(i, "it has no id, or one longer than 100 characters")
		case seen[id]:
			refuse(i, "its id stands in the file twice")
		case s.Status != "" && !strings.EqualFold(string(s.Status), "active"):
			f.Inactive++
		default:
			seen[id] = true
			f.Services = append(f.Services, t)
		}
	}
	return f, nil
}

func entriesOf(b []byte) ([]json.RawMessage, error) {
	dec := json.NewDecoder(strings.NewReader(string(b)))
	var whole json.RawMessage
	if err := dec.Decode(&whole); err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "The file is not JSON.")
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fault.New(fault.Invalid, "The file goes on behind its end: expected one JSON document.")
	}
	var list []json.RawMessage
	if json.Unmarshal(whole, &list) == nil && list != nil {
		return list, nil
	}
	var page struct {
		Contents []json.RawMessage `json:"contents"`
		Name     json.RawMessage   `json:"name"`
		Empty    *bool             `json:"empty"`
	}
	if err := json.Unmarshal(whole, &page); err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "The file is no page of services: expected an object with contents, or an array of services.")
	}
	switch {
	case page.Contents != nil || page.Empty != nil:
		return page.Contents, nil
	case page.Name != nil:
		return []json.RawMessage{whole}, nil
	}
	return nil, fault.New(fault.Invalid, "The file is no page of services: expected an object with contents, or an array of services.")
}

func clip(f flexible, most int) string {
	s := strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(string(f), "")))
	if r := []rune(s); len(r) > most {
		s = strings.TrimSpace(string(r[:most-1])) + "…"
	}
	return s
}

func textOf(s orService) content.Text {
	t := content.Text{Title: clip(s.Name, 200), Fields: map[string]string{}}
	set := func(name, v string) {
		if v != "" {
			t.Fields[name] = v
		}
	}
	set("open_referral", clip(s.ID, 200))
	set("about", clip(s.Description, 4000))
	set("eligibility", clip(s.Eligibility, 2000))
	set("refer", clip(s.Process, 2000))
	set("wait", clip(s.Wait, 200))
	set("email", clip(s.Email, 200))
	if u := clip(s.URL, 300); strings.HasPrefix(u, "https://") || strings.HasPrefix(u, "http://") {
		set("url", u)
	}
	for name, age := range map[string]*float64{"min_age": s.MinAge, "max_age": s.MaxAge} {
		if age != nil && *age >= 0 && *age <= 150 && *age == math.Trunc(*age) {
			set(name, strconv.Itoa(int(*age)))
		}
	}
	if s.Org != nil {
		set("provider", clip(s.Org.Name, 200))
	}
	if len(s.Phones) > 0 {
		set("phone", clip(s.Phones[0].Number, 100))
	}
	for _, d := range []flexible{s.Assured, s.Modified} {
		if v := string(d); len(v) >= 10 && t.Fields["checked_on"] == "" {
			if _, err := time.Parse(clock.ISODate, v[:10]); err == nil {
				set("checked_on", v[:10])
			}
		}
	}
	for _, a := range s.Attributes {
		for _, r := range Routes {
			if string(a.Value) == r.Code && strings.EqualFold(string(a.Label), "lantern-route") {
				set("route", r.Code)
			}
		}
	}
	if t.Fields["route"] == "" {
		set("route", "other")
	}
	return t
}

// WriteFeed writes services as a page of Open Referral UK 3.0. Ids stay what they were where a service came from a feed.
func WriteFeed(services []Service) ([]byte, error) {
	p := orPage{TotalItems: len(services), TotalPages: 1, PageNumber: 1, Size: len(services), First: true, Last: true, Empty: len(services) == 0, Contents: []json.RawMessage{}}
	whole := func(n *int) *float64 {
		if n == nil {
			return nil
		}
		f := float64(*n)
		return &f
	}
	for _, s := range services {
		id := s.OpenReferral
		if id == "" {
			id = s.Version.Item
		}
		o := orService{ID: flexible(id), Name: flexible(s.Name), Description: flexible(s.About), URL: flexible(s.URL), Email: flexible(s.Email), Status: "active", Process: flexible(s.Refer), Wait: flexible(s.Wait), Eligibility: flexible(s.Eligibility),
			MinAge: whole(s.MinAge), MaxAge: whole(s.MaxAge), Assured: flexible(s.CheckedOn), Modified: flexible(clock.FromMicros(s.Version.At).Format(time.RFC3339)),
			Attributes: []orAttribute{{ID: flexible(id + "-route"), Label: "lantern-route", Value: flexible(s.Route)}}}
		if s.Provider != "" {
			o.Org = &orOrganisation{ID: flexible("organisation-" + content.Slug(s.Provider)), Name: flexible(s.Provider), Description: flexible(s.Provider)}
		}
		if s.Phone != "" {
			o.Phones = []orPhone{{ID: flexible(id + "-phone"), Number: flexible(s.Phone)}}
		}
		raw, err := json.Marshal(o)
		if err != nil {
			return nil, err
		}
		p.Contents = append(p.Contents, raw)
	}
	return json.MarshalIndent(p, "", "  ")
}

// Taken is what became of a feed.
type Taken struct{ New, Changed, Same int }

// TakeFeed brings a feed's services in as drafts: a named person publishes them. A service that is there already (by
// the feed's id) becomes a new version of the same entry; what an area added to it (capacity, commissioner, route)
// stays.
func (s *Store) TakeFeed(ctx context.Context, tx *database.Tx, by access.Scope, f Feed) (Taken, error) {
	var out Taken
	items, err := s.content.Items(ctx, tx, by, ServiceKind)
	if err != nil {
		return out, err
	}
	known := map[string]content.Item{}
	for _, i := range items {
		v := i.Current()
		if i.Draft != nil {
			v = *i.Draft
		}
		if id := v.Field("open_referral"); id != "" {
			known[id] = i
		}
	}
	for _, t := range f.Services {
		i, there := known[t.Fields["open_referral"]]
		code := i.Code
		if !there {
			out.New++
			if code, err = s.content.FreeCode(ctx, tx, ServiceKind, t.Title); err != nil {
				return out, err
			}
		} else {
			had := i.Current()
			if i.Draft != nil {
				had = *i.Draft
			}
			for _, name := range []string{"route", "capacity", "free", "commissioner", "theme", "until"} {
				if v := had.Field(name); v != "" {
					t.Fields[name] = v
				}
			}
			if had.Title == t.Title && equal(had.Fields, t.Fields) {
				out.Same++
				continue
			}
			out.Changed++
		}
		if _, err := s.content.Write(ctx, tx, by, content.Key{Kind: ServiceKind, Code: code}, i.Newest, t, "From an Open Referral feed."); err != nil {
			return out, err
		}
	}
	return out, nil
}

func equal(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return true
}

// ---- what happened next ----

// Return is what a service says happened to those who were sent to it in a span of days: counts, each of those before
// it. Settled are those of whom somebody asked, some months later, and who had not come back into it.
type Return struct {
	ID, Service, From, Until                         string
	Sent, Offered, Started, Finished, Asked, Settled int
	Source, Why                                      string
	At                                               int64
}

// Record writes a return; one of the same span takes the place of what was there, with a reason.
func (s *Store) Record(ctx context.Context, tx *database.Tx, by access.Scope, in Return) error {
	if _, err := s.content.Get(ctx, tx, by, content.Key{Kind: ServiceKind, Code: in.Service}); err != nil {
		return err
	}
	a, err1 := time.Parse(clock.ISODate, in.From)
	b, err2 := time.Parse(clock.ISODate, in.Until)
	switch {
	case err1 != nil || err2 != nil || b.Before(a) || b.After(clock.Today(s.clock)):
		return fault.New(fault.Invalid, "The span %s to %s must be two dates in order that are over.", in.From, in.Until)
	case in.Settled < 0 || in.Sent < in.Offered || in.Offered < in.Started || in.Started < in.Finished || in.Started < in.Asked || in.Asked < in.Settled:
		return fault.New(fault.Invalid, "Each count is of those before it: nobody can start who was not offered a place, and nobody is settled who was not asked.")
	case strings.TrimSpace(in.Source) == "":
		return fault.New(fault.Invalid, "Name the source of the counts.")
	}
	had, err := database.One(ctx, tx, database.Value[int], "SELECT count(*) FROM service_return WHERE service = $1 AND starts_on = $2 AND ends_on = $3 AND superseded_at IS NULL", in.Service, in.From, in.Until)
	if err != nil {
		return err
	}
	if had > 0 && strings.TrimSpace(in.Why) == "" {
		return fault.New(fault.Invalid, "There are counts for that span already: say why they are corrected.")
	}
	at := clock.Micros(s.clock.Now())
	if err := tx.Exec(ctx, "UPDATE service_return SET superseded_at = $1 WHERE service = $2 AND starts_on = $3 AND ends_on = $4 AND superseded_at IS NULL", at, in.Service, in.From, in.Until); err != nil {
		return err
	}
	if err := tx.Exec(ctx, "INSERT INTO service_return (id, service, starts_on, ends_on, sent, offered, started, finished, settled, asked, source, by_account, at, why) VALUES "+database.In(1, 14),
		s.ids.New(), in.Service, in.From, in.Until, in.Sent, in.Offered, in.Started, in.Finished, in.Settled, in.Asked, strings.TrimSpace(in.Source), by.Account, at, in.Why); err != nil {
		return err
	}
	return s.log.Record(ctx, tx, by, audit.Line{Act: audit.Alteration, SubjectKind: "service", Subject: in.Service, Words: "what happened next recorded"})
}

// Returns lists the returns of a service ("" for all), latest span first.
func (s *Store) Returns(ctx context.Context, q database.Queryer, service string) ([]Return, error) {
	return database.Collect(ctx, q, func(r database.Scanner) (Return, error) {
		var x Return
		return x, r.Scan(&x.ID, &x.Service, &x.From, &x.Until, &x.Sent, &x.Offered, &x.Started, &x.Finished, &x.Asked, &x.Settled, &x.Source, &x.Why, &x.At)
	}, "SELECT id, service, starts_on, ends_on, sent, offered, started, finished, asked, settled, source, why, at FROM service_return WHERE superseded_at IS NULL AND ($1 = '' OR service = $2) ORDER BY ends_on DESC, starts_on DESC, service", service, service)
}

// Sum adds returns up.
func Sum(list []Return) Return {
	var out Return
	for _, r := range list {
		out.Sent, out.Offered, out.Started = out.Sent+r.Sent, out.Offered+r.Offered, out.Started+r.Started
		out.Finished, out.Asked, out.Settled = out.Finished+r.Finished, out.Asked+r.Asked, out.Settled+r.Settled
		if out.From == "" || r.From < out.From {
			out.From = r.From
		}
		out.Until = max(out.Until, r.Until)
	}
	return out
}

// ---- trusted people and places ----

// Asset is something a community has: a trusted person (by the post they hold), a trusted place, a strength.
type Asset struct {
	Code, Name, Kind, About, Area, Theme, Reach, CheckedOn string
	Version                                                content.Version
}

// AssetKinds are the kinds of asset.
var AssetKinds = []struct{ Code, Name string }{{"person", "Trusted person"}, {"place", "Trusted place"}, {"group", "Group or activity"}, {"strength", "Strength"}}

// Assets reads the entries.
func Assets(list []content.Version) []Asset {
	var out []Asset
	for _, v := range list {
		out = append(out, Asset{Code: v.Code, Name: v.Title, Kind: v.Field("kind"), About: v.Field("about"), Area: v.Field("area"), Theme: v.Field("theme"), Reach: v.Field("reach"), CheckedOn: v.Field("checked_on"), Version: v})
	}
	return out
}
