// Package content is what a local lead can change without a programmer: pages, notes, lists, entries of a
// register. Any room keeps its content here, as items of a kind of its own, and gets versions, drafts with a
// preview, publishing by a named person, going back, and export and import as one file.
//
// An Item is one thing of a kind in one language, known by its code. A Version holds its words: a title and
// named fields, whose meaning the room decides. Versions never change: other words are another version. One
// version, or none, is live: that is what members see. Publishing makes a version live, and publishing an
// older one is how one goes back. What the public may read is a second, separate act of a named person
// (MakePublic), and covers one version only: changing an item does not change what the public reads.
//
// Content is about nobody: it is class partnership, read by every member and changed only with its audit line.
package content

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
)

// English is the language of a Key that names none.
const English = "en"

// Key names an item: its kind ("practice-note"), its code within the kind, its language ("" is English).
type Key struct{ Kind, Code, Lang string }

func (k Key) whole() Key {
	if k.Lang == "" {
		k.Lang = English
	}
	return k
}

// Text is what a version says.
type Text struct {
	Title    string            // at most 300 characters
	Fields   map[string]string // named by the room; all of them together at most MaxBytes
	ReviewOn string            // ISO date by which somebody looks at it again, "" for none
}

// MaxBytes is the most that a version's fields may hold.
const MaxBytes = 256 << 10

// State is how a version stands.
type State string

// The states. A draft has never been published; a live one is what members see; a past one was live.
const (
	Draft State = "draft"
	Live  State = "live"
	Past  State = "past"
)

// Version is one wording of an item.
type Version struct {
	Item   string // id
	Number int64
	Key
	Text
	State         State
	By, ByName    string // who wrote it: account id, and the name they had
	At            int64
	Why           string
	PublishedName string // who published it last, by name; "" for a draft
	PublishedAt   *int64
}

// Field is a field's value, "" when the version has none of that name.
func (v Version) Field(name string) string { return v.Fields[name] }

// Item is an item as lists show it: its live version, and the newest where that is not the live one.
type Item struct {
	ID string
	Key
	Owner  string // agency that began it
	Newest int64
	Live   *Version // nil when none is live
	Draft  *Version // the newest version when it was never published; nil otherwise
}

// Current is the live version, or else the draft.
func (i Item) Current() Version {
	if i.Live != nil {
		return *i.Live
	}
	if i.Draft != nil {
		return *i.Draft
	}
	return Version{Item: i.ID, Key: i.Key}
}

// Event is something that happened to an item.
type Event struct {
	Version int64
	What    string // written, published, withdrawn, made-public, public-ended, imported
	Why     string
	ByName  string
	At      int64
}

// Store keeps content.
type Store struct {
	clock clock.Clock
	ids   *clock.IDs
	log   *audit.Log
}

// NewStore returns the content.
func NewStore(c clock.Clock, ids *clock.IDs, log *audit.Log) *Store {
	return &Store{clock: c, ids: ids, log: log}
}

var codes = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,63}$`)

// Slug makes a code of a title: small letters, digits and hyphens, at most 48 characters.
func Slug(title string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(title) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-") && r != '\'' && r != '’':
			b.WriteByte('-')
		}
		if b.Len() >= 48 {
			break
		}
	}
	if s := strings.Trim(b.String(), "-"); s != "" && s != "new" {
		return s
	}
	return "item"
}

func check(k Key, t Text) ([]byte, error) {
	if !codes.MatchString(k.Kind) || !codes.MatchString(k.Code) || k.Code == "new" {
		return nil, fault.New(fault.Invalid, "The code %q cannot be used: expected small letters, digits, hyphens or full stops, at most 64; “new” cannot be one.", k.Code)
	}
	if n := len(k.Lang); n < 2 || n > 16 {
		return nil, fault.New(fault.Invalid, "The language %q cannot be used: expected a tag such as en or cy.", k.Lang)
	}
	if n := utf8.RuneCountInString(t.Title); strings.TrimSpace(t.Title) == "" || n > 300 {
		return nil, fault.New(fault.Invalid, "The title has %d characters: expected 1 to 300.", n)
	}
	if t.ReviewOn != "" {
		if _, err := time.Parse(clock.ISODate, t.ReviewOn); err != nil {
			return nil, fault.New(fault.Invalid, "The review date %q cannot be read: expected year-month-day.", t.ReviewOn)
		}
	}
	fields := map[string]string{}
	for name, v := range t.Fields {
		if v != "" {
			fields[name] = v
		}
	}
	body, err := json.Marshal(fields)
	if err == nil && len(body) > MaxBytes {
		err = fault.New(fault.TooLarge, "%s is longer than an entry can be (%d KB). Shorten it, or make two of it.", t.Title, MaxBytes>>10)
	}
	return body, err
}

// Changed is what somebody gets who edited over a version that is no longer the newest, or published over
// one that is no longer live. The page shows both texts.
func changed() error {
	return fault.New(fault.Conflict, "Somebody else changed this while you were writing. Nothing of theirs was lost, and yours was not saved yet.")
}

type head struct {
	id, owner    string
	newest, live int64
}

func (s *Store) head(ctx context.Context, q database.Queryer, scope access.Scope, k Key) (head, error) {
	where, args := scope.Where("i", 4)
	return database.One(ctx, q, func(r database.Scanner) (head, error) {
		var h head
		return h, r.Scan(&h.id, &h.owner, &h.newest, &h.live)
	}, "SELECT i.id, i.owner, i.newest, i.live FROM content_item i WHERE i.kind = $1 AND i.code = $2 AND i.lang = $3 AND "+where, append([]any{k.Kind, k.Code, k.Lang}, args...)...)
}

// Write adds a version, a draft, over version over, the newest its writer had before them; 0 begins a new
// item. Another newest version, or a code that is taken, is a Conflict.
func (s *Store) Write(ctx context.Context, tx *database.Tx, by access.Scope, k Key, over int64, t Text, why string) (Version, error) {
	return s.write(ctx, tx, by, k.whole(), over, t, why, "written")
}

func (s *Store) write(ctx context.Context, tx *database.Tx, by access.Scope, k Key, over int64, t Text, why, what string) (Version, error) {
	t.Title = strings.TrimSpace(t.Title)
	body, err := check(k, t)
	if err != nil {
		return Version{}, err
	}
	h, err := s.head(ctx, tx, by, k)
	switch {
	case fault.Is(err, fault.NotFound) && over == 0:
		h = head{id: s.ids.New(), owner: by.Agency}
		err = tx.Exec(ctx, "INSERT INTO content_item (id, owner, class, kind, code, lang, newest, live, by_account, at) VALUES ($1,$2,$3,$4,$5,$6,0,0,$7,$8)",
			h.id, h.owner, string(access.Partnership), k.Kind, k.Code, k.Lang, by.Account, clock.Micros(s.clock.Now()))
		if database.IsUnique(err) {
			err = fault.New(fault.Conflict, "There is already an entry with the code %s.", k.Code)
		}
	case err == nil && over == 0:
		err = fault.New(fault.Conflict, "There is already an entry with the code %s.", k.Code)
	case err == nil && h.newest != over:
		err = changed()
	}
	if err != nil {
		return Version{}, err
	}
	v := Version{Item: h.id, Number: h.newest + 1, Key: k, Text: t, State: Draft, By: by.Account, ByName: by.Name, At: clock.Micros(s.clock.Now()), Why: why}
	err = tx.Exec(ctx, "INSERT INTO content_version (item_id, version, title, body, review_on, by_account, by_name, at, why) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9)",
		v.Item, v.Number, t.Title, string(body), t.ReviewOn, v.By, v.ByName, v.At, why)
	if err != nil {
		return Version{}, err
	}
	n, err := tx.ExecCount(ctx, "UPDATE content_item SET newest = $1 WHERE id = $2 AND newest = $3", v.Number, v.Item, h.newest)
	if err != nil {
		return Version{}, err
	}
	if n != 1 {
		return Version{}, changed()
	}
	return v, s.event(ctx, tx, by, v.Item, k, v.Number, what, why)
}

func (s *Store) event(ctx context.Context, tx *database.Tx, by access.Scope, item string, k Key, version int64, what, why string) error {
	if err := tx.Exec(ctx, "INSERT INTO content_stamp (id, n) VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET n = content_stamp.n + 1"); err != nil {
		return err
	}
	if item != "" {
		if err := tx.Exec(ctx, "INSERT INTO content_event (id, item_id, version, what, why, by_account, by_name, at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8)",
			s.ids.New(), item, version, what, why, by.Account, by.Name, clock.Micros(s.clock.Now())); err != nil {
			return err
		}
	}
	return s.log.Record(ctx, tx, by, audit.Line{Act: audit.Alteration, SubjectKind: "content", Subject: k.Kind + "/" + k.Code, Words: what})
}

// Publish makes a version the live one, over the version that was live for whoever publishes (0 for none); a
// different one is a Conflict. Publishing an older version is going back. Only a named person publishes.
func (s *Store) Publish(ctx context.Context, tx *database.Tx, by access.Scope, k Key, number, overLive int64, why string) error {
	k = k.whole()
	if by.IsSystem() || by.Account == "" || by.Name == "" {
		return fault.New(fault.Refused, "Only a named person can publish.")
	}
	return s.publish(ctx, tx, by, k, number, overLive, why)
}

func (s *Store) publish(ctx context.Context, tx *database.Tx, by access.Scope, k Key, number, overLive int64, why string) error {
	h, err := s.head(ctx, tx, by, k)
	switch {
	case err != nil:
		return err
	case h.live != overLive:
		return changed()
	case number < 1 || number > h.newest:
		return fault.NoSuch()
	case number == h.live:
		return fault.New(fault.Refused, "Version %d is the one that is shown already.", number)
	}
	if err := tx.Exec(ctx, "UPDATE content_version SET published_by = $1, published_name = $2, published_at = $3 WHERE item_id = $4 AND version = $5",
		by.Account, by.Name, clock.Micros(s.clock.Now()), h.id, number); err != nil {
		return err
	}
	if err := s.live(ctx, tx, h, number); err != nil {
		return err
	}
	return s.event(ctx, tx, by, h.id, k, number, "published", why)
}

func (s *Store) live(ctx context.Context, tx *database.Tx, h head, number int64) error {
	n, err := tx.ExecCount(ctx, "UPDATE content_item SET live = $1 WHERE id = $2 AND live = $3", number, h.id, h.live)
	if err == nil && n != 1 {
		err = changed()
	}
	return err
}

// Save writes a version and publishes it, for kinds whose entries take effect as they are saved.
func (s *Store) Save(ctx context.Context, tx *database.Tx, by access.Scope, k Key, over int64, t Text, why string) (Version, error) {
	v, err := s.Write(ctx, tx, by, k, over, t, why)
	if err != nil {
		return v, err
	}
	h, err := s.head(ctx, tx, by, v.Key)
	if err != nil {
		return v, err
	}
	return v, s.Publish(ctx, tx, by, v.Key, v.Number, h.live, why)
}

// Withdraw leaves an item with no live version, with a reason. What the public reads of it ends too.
func (s *Store) Withdraw(ctx context.Context, tx *database.Tx, by access.Scope, k Key, overLive int64, why string) error {
	k = k.whole()
	if strings.TrimSpace(why) == "" {
		return fault.New(fault.Invalid, "Say why it is withdrawn.")
	}
	h, err := s.head(ctx, tx, by, k)
	switch {
	case err != nil:
		return err
	case h.live != overLive:
		return changed()
	case h.live == 0:
		return fault.New(fault.Refused, "It is withdrawn already.")
	}
	if err := s.live(ctx, tx, h, 0); err != nil {
		return err
	}
	if err := s.TakeBack(ctx, tx, by, k.Kind, k.Code, why); err != nil && !fault.Is(err, fault.Refused) {
		return err
	}
	return s.event(ctx, tx, by, h.id, k, h.live, "withdrawn", why)
}

const versionColumns = "i.id, i.kind, i.code, i.lang, i.live, v.version, v.title, v.body, v.review_on, v.by_account, v.by_name, v.at, v.why, v.published_name, v.published_at"

func scanVersion(r database.Scanner) (Version, error) {
	var v Version
	var live int64
	var body string
	err := r.Scan(&v.Item, &v.Kind, &v.Code, &v.Lang, &live, &v.Number, &v.Title, &body, &v.ReviewOn, &v.By, &v.ByName, &v.At, &v.Why, &v.PublishedName, &v.PublishedAt)
	if err != nil {
		return v, err
	}
	switch {
	case v.Number == live:
		v.State = Live
	case v.PublishedAt != nil:
		v.State = Past
	default:
		v.State = Draft
	}
	return v, json.Unmarshal([]byte(body), &v.Fields)
}

const joined = " FROM content_item i JOIN content_version v ON v.item_id = i.id "

// Get is the live version of an item; NotFound when none is.
func (s *Store) Get(ctx context.Context, q database.Queryer, scope access.Scope, k Key) (Version, error) {
	k = k.whole()
	where, args := scope.Where("i", 4)
	return database.One(ctx, q, scanVersion, "SELECT "+versionColumns+joined+"WHERE i.kind = $1 AND i.code = $2 AND i.lang = $3 AND v.version = i.live AND "+where, append([]any{k.Kind, k.Code, k.Lang}, args...)...)
}

// List is the live version of every item of a kind, in English, by title.
func (s *Store) List(ctx context.Context, q database.Queryer, scope access.Scope, kind string) ([]Version, error) {
	where, args := scope.Where("i", 3)
	list, err := database.Collect(ctx, q, scanVersion, "SELECT "+versionColumns+joined+"WHERE i.kind = $1 AND i.lang = $2 AND v.version = i.live AND "+where, append([]any{kind, English}, args...)...)
	folded := make(map[string]string, len(list))
	for i := range list {
		folded[list[i].Item] = strings.ToLower(list[i].Title)
	}
	slices.SortFunc(list, func(a, b Version) int {
		if n := strings.Compare(folded[a.Item], folded[b.Item]); n != 0 {
			return n
		}
		return strings.Compare(a.Code, b.Code)
	})
	return list, err
}

// Items is every item of a kind in every language, withdrawn ones and drafts included, by code and language.
func (s *Store) Items(ctx context.Context, q database.Queryer, scope access.Scope, kind string) ([]Item, error) {
	return s.items(ctx, q, scope, "i.kind = $1", kind)
}

func (s *Store) items(ctx context.Context, q database.Queryer, scope access.Scope, cond string, arg any) ([]Item, error) {
	where, args := scope.Where("i", 2)
	type row struct {
		v             Version
		owner         string
		newest, other int64
	}
	rows, err := database.Collect(ctx, q, func(r database.Scanner) (row, error) {
		var x row
		v, err := scanVersion(extra{r, []any{&x.owner, &x.newest}})
		x.v = v
		return x, err
	}, "SELECT "+versionColumns+", i.owner, i.newest"+joined+"WHERE "+cond+" AND (v.version = i.live OR v.version = i.newest) AND "+where+" ORDER BY i.code, i.lang, i.id, v.version", append([]any{arg}, args...)...)
	if err != nil {
		return nil, err
	}
	var out []Item
	for i := range rows {
		x := &rows[i]
		if len(out) == 0 || out[len(out)-1].ID != x.v.Item {
			out = append(out, Item{ID: x.v.Item, Key: x.v.Key, Owner: x.owner, Newest: x.newest})
		}
		at := &out[len(out)-1]
		switch {
		case x.v.State == Live:
			at.Live = &x.v
		case x.v.State == Draft:
			at.Draft = &x.v
		}
	}
	return out, nil
}

// extra scans further columns behind those of a version.
type extra struct {
	database.Scanner
	more []any
}

func (e extra) Scan(dest ...any) error { return e.Scanner.Scan(append(dest, e.more...)...) }

// Item is one item of any state.
func (s *Store) Item(ctx context.Context, q database.Queryer, scope access.Scope, k Key) (Item, error) {
	h, err := s.head(ctx, q, scope, k.whole())
	if err != nil {
		return Item{}, err
	}
	items, err := s.items(ctx, q, scope, "i.id = $1", h.id)
	if err != nil {
		return Item{}, err
	}
	if len(items) == 0 { // withdrawn, its newest version once published
		return Item{ID: h.id, Key: k.whole(), Owner: h.owner, Newest: h.newest}, nil
	}
	return items[0], nil
}

// Versions lists an item's versions, newest first; NotFound when there is no such item.
func (s *Store) Versions(ctx context.Context, q database.Queryer, scope access.Scope, k Key) ([]Version, error) {
	k = k.whole()
	where, args := scope.Where("i", 4)
	list, err := database.Collect(ctx, q, scanVersion, "SELECT "+versionColumns+joined+"WHERE i.kind = $1 AND i.code = $2 AND i.lang = $3 AND "+where+" ORDER BY v.version DESC", append([]any{k.Kind, k.Code, k.Lang}, args...)...)
	if err == nil && len(list) == 0 {
		err = fault.NoSuch()
	}
	return list, err
}

// Version is one version of an item.
func (s *Store) Version(ctx context.Context, q database.Queryer, scope access.Scope, k Key, number int64) (Version, error) {
	list, err := s.Versions(ctx, q, scope, k)
	if err != nil {
		return Version{}, err
	}
	for _, v := range list {
		if v.Number == number {
			return v, nil
		}
	}
	return Version{}, fault.NoSuch()
}

// Events lists what happened to an item, newest first.
func (s *Store) Events(ctx context.Context, q database.Queryer, scope access.Scope, k Key) ([]Event, error) {
	h, err := s.head(ctx, q, scope, k.whole())
	if err != nil {
		return nil, err
	}
	return database.Collect(ctx, q, func(r database.Scanner) (Event, error) {
		var e Event
		return e, r.Scan(&e.Version, &e.What, &e.Why, &e.ByName, &e.At)
	}, "SELECT version, what, why, by_name, at FROM content_event WHERE item_id = $1 ORDER BY at DESC, id DESC", h.id)
}

// FreeCode is a code for a new item of a kind made of its title: the title's slug, with a number behind it
// when that is taken.
func (s *Store) FreeCode(ctx context.Context, q database.Queryer, kind, title string) (string, error) {
	taken, err := database.Collect(ctx, q, database.Value[string], "SELECT code FROM content_item WHERE kind = $1", kind)
	if err != nil {
		return "", err
	}
	slug := Slug(title)
	for n, code := 1, slug; ; n++ {
		if n > 1 {
			code = slug + "-" + number(n)
		}
		if !slices.Contains(taken, code) {
			return code, nil
		}
	}
}

// Shipped is an item that comes with the program.
type Shipped struct {
	Key
	Text
}

// seededName is who is shown as the publisher of what came with the program.
const seededName = "Lantern"

// Seed brings items that come with the program, live at once, where a code is not known yet: what an area
// changed or withdrew stays as it is, so Seed may run at every start. Nothing of it is public.
func (s *Store) Seed(ctx context.Context, tx *database.Tx, by access.Scope, items []Shipped) error {
	for _, x := range items {
		k := x.whole()
		had, err := database.One(ctx, tx, database.Value[int], "SELECT count(*) FROM content_item WHERE kind = $1 AND code = $2 AND lang = $3", k.Kind, k.Code, k.Lang)
		if err != nil {
			return err
		}
		if had > 0 {
			continue
		}
		by.Name = seededName
		if _, err := s.write(ctx, tx, by, k, 0, x.Text, "Came with Lantern.", "written"); err != nil {
			return err
		}
		if err := s.publish(ctx, tx, by, k, 1, 0, ""); err != nil {
			return err
		}
	}
	return nil
}

// Stamp changes whenever any content does: what is made from content and kept in memory asks for it.
func (s *Store) Stamp(ctx context.Context, q database.Queryer) (string, error) {
	n, err := database.One(ctx, q, database.Value[int64], "SELECT coalesce(max(n), 0) FROM content_stamp")
	return strconv.FormatInt(n, 10), err
}

// Showing is which version of an item members see.
type Showing struct {
	Code   string
	Number int64
}

// Showing lists, by code, which version of each item of a kind in English members see, without its words.
func (s *Store) Showing(ctx context.Context, q database.Queryer, scope access.Scope, kind string) ([]Showing, error) {
	where, args := scope.Where("i", 3)
	return database.Collect(ctx, q, func(r database.Scanner) (Showing, error) {
		var x Showing
		return x, r.Scan(&x.Code, &x.Number)
	}, "SELECT i.code, i.live FROM content_item i WHERE i.kind = $1 AND i.lang = $2 AND i.live > 0 AND "+where+" ORDER BY i.code", append([]any{kind, English}, args...)...)
}
