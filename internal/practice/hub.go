package practice

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/content"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/practice/find"
	"lantern.example/lantern/internal/practice/markdown"
)

// Source gives documents of another room to the search: definitions, papers. They must be of the classes open or partnership,
// since everybody who may search finds them. Stamp changes whenever the documents do, and is quick to read.
type Source interface {
	Name() string
	Stamp(ctx context.Context, q database.Queryer) (string, error)
	Docs(ctx context.Context, q database.Queryer) ([]find.Doc, error)
}

// Hub finds entries and other rooms' documents. Its index is in memory and follows the database: each search first asks whether
// anything has changed.
type Hub struct {
	library *Library
	sources []Source

	refresh sync.Mutex // one at a time
	mu      sync.RWMutex
	now     state
}

// state is what was made of the database as it stood at the stamps. It is replaced, never changed, but for the index, which is safe for
// concurrent use.
type state struct {
	index  *find.Index
	words  string            // of the synonyms that the index knows
	stamps map[string]string // of each source, as last read
	links  map[string][]Link // who refers to whom, by ref
	briefs []Brief
}

// Link is an entry that refers to another.
type Link struct{ Ref, Title, Kind string }

// Brief is what is known of every entry without reading it.
type Brief struct {
	Ref, Kind, Title, ReviewOn string
	Draft                      bool
}

// NewHub returns the search over a library and further sources.
func NewHub(l *Library, sources ...Source) *Hub {
	return &Hub{library: l, sources: append([]Source{&entries{l: l}}, sources...)}
}

// Search finds documents. Every searcher finds the same: see Source.
func (h *Hub) Search(ctx context.Context, q database.Queryer, query find.Query) (find.Answer, error) {
	s, err := h.fresh(ctx, q)
	if err != nil {
		return find.Answer{}, err
	}
	return s.index.Search(query), nil
}

// UsedIn lists the entries that refer to an entry, by title.
func (h *Hub) UsedIn(ctx context.Context, q database.Queryer, ref string) ([]Link, error) {
	s, err := h.fresh(ctx, q)
	return s.links[ref], err
}

// Len is how many documents can be found.
func (h *Hub) Len(ctx context.Context, q database.Queryer) (int, error) {
	s, err := h.fresh(ctx, q)
	if err != nil {
		return 0, err
	}
	return s.index.Len(), nil
}

// Standing is what waits on somebody in the hub.
type Standing struct {
	Overdue     []Brief // to be looked at again before today
	Soon        []Brief // within 30 days
	Unconfirmed []Brief
	Unkept      []Brief           // nobody looks after it
	Kept        map[string]string // account ids of whoever looks after an entry, by ref
	All         []Brief
}

// Of counts the entries of a kind, and the drafts among them.
func (s Standing) Of(kind string) (n, drafts int) {
	for _, b := range s.All {
		if b.Kind == kind {
			n++
			if b.Draft {
				drafts++
			}
		}
	}
	return n, drafts
}

// Standing reads how every entry that a search finds stands.
func (h *Hub) Standing(ctx context.Context, q database.Queryer) (Standing, error) {
	now, err := h.fresh(ctx, q)
	if err != nil {
		return Standing{}, err
	}
	s := Standing{All: now.briefs, Kept: map[string]string{}}
	for _, kind := range searched {
		keepers, err := h.library.keepers(ctx, q, kind)
		if err != nil {
			return s, err
		}
		for code, k := range keepers {
			s.Kept[kind+"/"+code] = k.id
		}
	}
	day := clock.Today(h.library.clock)
	today, soon := day.Format(clock.ISODate), day.AddDate(0, 0, 30).Format(clock.ISODate)
	for _, b := range now.briefs {
		switch {
		case b.ReviewOn != "" && b.ReviewOn < today:
			s.Overdue = append(s.Overdue, b)
		case b.ReviewOn != "" && b.ReviewOn <= soon:
			s.Soon = append(s.Soon, b)
		}
		if b.Draft {
			s.Unconfirmed = append(s.Unconfirmed, b)
		}
		if s.Kept[b.Ref] == "" {
			s.Unkept = append(s.Unkept, b)
		}
	}
	return s, nil
}

var hubScope = access.System("hub search", access.Upkeep)

// stamped reads the stamps of all sources.
func (h *Hub) stamped(ctx context.Context, q database.Queryer) (map[string]string, error) {
	out := make(map[string]string, len(h.sources))
	for _, s := range h.sources {
		stamp, err := s.Stamp(ctx, q)
		if err != nil {
			return nil, err
		}
		out[s.Name()] = stamp
	}
	return out, nil
}

// fresh is the state of what the database holds. Readers wait for one another only while something that changed is read.
func (h *Hub) fresh(ctx context.Context, q database.Queryer) (state, error) {
	stamps, err := h.stamped(ctx, q)
	if err != nil {
		return state{}, err
	}
	h.mu.RLock()
	now := h.now
	h.mu.RUnlock()
	if maps.Equal(now.stamps, stamps) {
		return now, nil
	}
	h.refresh.Lock()
	defer h.refresh.Unlock()
	h.mu.RLock()
	now = h.now
	h.mu.RUnlock()
	if stamps, err = h.stamped(ctx, q); err != nil {
		return state{}, err
	}
	next := now
	next.stamps = stamps
	for i, s := range h.sources {
		if had, ok := now.stamps[s.Name()]; ok && had == stamps[s.Name()] && next.index == now.index {
			continue
		}
		if i == 0 {
			if next.index, next.words, err = h.vocabulary(ctx, q, now); err != nil {
				return state{}, err
			}
		}
		own, _ := s.(*entries)
		if own != nil && own.index != next.index { // another index has read nothing yet
			own.had, own.index = nil, next.index
		}
		docs, err := s.Docs(ctx, q)
		if err != nil {
			return state{}, err
		}
		next.index.Set(s.Name(), docs)
		if own != nil {
			next.links, next.briefs = own.links, own.briefs
		}
	}
	h.mu.Lock()
	h.now = next
	h.mu.Unlock()
	return next, nil
}

// vocabulary is the index to go on with: another one when the words for one thing have changed.
func (h *Hub) vocabulary(ctx context.Context, q database.Queryer, now state) (*find.Index, string, error) {
	lists, err := h.library.content.List(ctx, q, hubScope, Synonyms)
	if err != nil {
		return nil, "", err
	}
	var words strings.Builder
	var groups []find.Group
	for _, l := range lists {
		// A list that came from a file and cannot be read leaves the search with the others; its own page says what is wrong with it.
		if more, err := ReadGroups(l.Field("groups")); err == nil {
			groups = append(groups, more...)
		}
		words.WriteString(l.Code + "@" + itoa(l.Number) + " ")
	}
	if now.index != nil && words.String() == now.words {
		return now.index, now.words, nil
	}
	return find.New(groups), words.String(), nil
}

// entries are the hub's own documents; with them it reads who refers to whom, and how each stands. What it has read of a version it keeps, so
// that only what changed is read again.
type entries struct {
	l      *Library
	had    map[string]had // by ref
	index  *find.Index    // that it was read for
	links  map[string][]Link
	briefs []Brief
}

// had is what was read of a version.
type had struct {
	number int64
	doc    find.Doc // without its body
	brief  Brief
	to     []string
}

// Name is the source's.
func (*entries) Name() string { return "hub" }

// Stamp changes with any content.
func (e *entries) Stamp(ctx context.Context, q database.Queryer) (string, error) {
	return e.l.content.Stamp(ctx, q)
}

// few is up to how many changed entries of a kind are read one by one.
const few = 50

// Docs reads every live entry of the kinds that are searched: its words only where they changed.
func (e *entries) Docs(ctx context.Context, q database.Queryer) ([]find.Doc, error) {
	next := make(map[string]had, len(e.had))
	var docs []find.Doc
	for _, kind := range searched {
		k, _ := KindOf(kind)
		showing, err := e.l.content.Showing(ctx, q, hubScope, kind)
		if err != nil {
			return nil, err
		}
		var changed []string
		for _, x := range showing {
			ref := kind + "/" + x.Code
			if h, ok := e.had[ref]; ok && h.number == x.Number {
				next[ref] = h
				docs = append(docs, h.doc)
			} else {
				changed = append(changed, x.Code)
			}
		}
		read, err := e.read(ctx, q, kind, changed)
		if err != nil {
			return nil, err
		}
		for _, v := range read {
			i := Item{v}
			d := find.Doc{Kind: kind, ID: v.Code, Ver: itoa(v.Number), Title: v.Title, Summary: i.Summary(), Href: i.Href(), Draft: i.Unconfirmed() != ""}
			next[i.Ref()] = had{v.Number, d, Brief{Ref: i.Ref(), Kind: kind, Title: v.Title, ReviewOn: v.ReviewOn, Draft: d.Draft}, refersTo(k, i)}
			d.Body = body(k, i)
			docs = append(docs, d)
		}
	}
	e.had = next
	e.refer()
	return docs, nil
}

// read is the live versions of some entries of a kind; one that was withdrawn meanwhile is left out.
func (e *entries) read(ctx context.Context, q database.Queryer, kind string, codes []string) ([]content.Version, error) {
	if len(codes) > few {
		all, err := e.l.content.List(ctx, q, hubScope, kind)
		wanted := make(map[string]bool, len(codes))
		for _, c := range codes {
			wanted[c] = true
		}
		return slices.DeleteFunc(all, func(v content.Version) bool { return !wanted[v.Code] }), err
	}
	var out []content.Version
	for _, c := range codes {
		v, err := e.l.content.Get(ctx, q, hubScope, content.Key{Kind: kind, Code: c})
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// refer makes who refers to whom, and how each stands, of what was read.
func (e *entries) refer() {
	links, briefs := map[string][]Link{}, make([]Brief, 0, len(e.had))
	for ref, h := range e.had {
		briefs = append(briefs, h.brief)
		k, _ := KindOf(h.brief.Kind)
		for _, to := range h.to {
			if to != ref {
				links[to] = append(links[to], Link{Ref: ref, Title: h.brief.Title, Kind: k.One})
			}
		}
	}
	for _, l := range links {
		slices.SortFunc(l, func(a, b Link) int { return strings.Compare(a.Title+a.Ref, b.Title+b.Ref) })
	}
	slices.SortFunc(briefs, func(a, b Brief) int { return strings.Compare(a.Title+a.Ref, b.Title+b.Ref) })
	e.links, e.briefs = links, briefs
}

// body is what a search reads of an entry beside its title and summary.
func body(k Kind, i Item) string {
	var b strings.Builder
	b.WriteString(k.One + "\n")
	for _, f := range k.Fields {
		switch value := i.Field(f.Name); {
		case f.Name == "summary" || f.Name == "unconfirmed" || f.Name == "origin" || value == "":
		case f.Shape == Prose:
			b.WriteString(markdown.Plain(value) + "\n")
		case f.Name == "ratings" || f.Shape != Internal:
			b.WriteString(value + "\n")
		}
	}
	return b.String()
}

// refersTo lists the entries that an entry refers to: by a link in its words, or in a list of references.
func refersTo(k Kind, i Item) []string {
	var to []string
	for _, f := range k.Fields {
		switch {
		case f.Name == "touches" || f.Name == "law_refs":
			to = append(to, Refs(i.Field(f.Name))...)
		case f.Shape == Prose:
			for _, href := range markdown.Links(i.Field(f.Name)) {
				if ref, ok := strings.CutPrefix(href, "/hub/"); ok {
					to = append(to, Refs(ref)...)
				}
			}
		}
	}
	slices.Sort(to)
	return slices.Compact(to)
}
