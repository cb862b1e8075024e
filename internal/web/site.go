package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
)

// Site is what all pages share. It is made once by the composition root.
type Site struct {
	DB    *database.DB
	Clock clock.Clock
	IDs   *clock.IDs
	Log   *slog.Logger
	// Consulted commits the audit line of a consultation; see Show.
	Consulted func(ctx context.Context, s access.Scope, r Read) error
	// Refused records that somebody asked for what is not theirs.
	Refused func(ctx context.Context, s access.Scope, path string)
	// Navigation gives the entries a viewer has, at most seven.
	Navigation func(v *Viewer) []NavItem
	// WhoReads works out who will be able to read a record of an owner and a class; see ReadBy.
	WhoReads func(ctx context.Context, by access.Scope, owner string, class access.Class) (Readers, error)
	// Reason says a rule that opens a record of an owner in words, and where it can be read; href is "" when nowhere. See Whys.
	Reason func(ctx context.Context, s access.Scope, owner string, d access.Decision) (words, href string)
	// Partnership is the name in the header.
	Partnership func(ctx context.Context) string
	// AskAgain shows the page that asks whoever is looking to prove again who they are, and goes on from there with
	// what they sent; see Recent. Package accountweb has it.
	AskAgain func(w http.ResponseWriter, r *http.Request) error
	// TypedWords finds in a text the words that the partnership has agreed a meaning for; nil when there are none.
	TypedWords func(ctx context.Context, s access.Scope, text string) ([]TypedWord, error)
	// Answered is told of every answer of a route: its pattern, never the address itself. Nil when nobody counts.
	Answered func(method, pattern string, status int, took time.Duration)
	// Demo says that everybody on the screen is invented.
	Demo bool
	// Secure is true when the site is served over https (HSTS, Secure cookies).
	Secure bool
	// SourceRoot, when set, is the project's folder: templates are then read from it on every request.
	SourceRoot string
}

// NavItem is one entry of the main navigation.
type NavItem struct {
	Text, Href string
	// Under are further addresses that belong to the entry: "/definitions" lies under Governance.
	Under  []string
	Active bool
}

// Handler answers a request or returns an error, which Site turns into a page and a log line.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Route is one registered route, for the tests that walk them all.
type Route struct {
	Method, Pattern string
	Need            Need
}

// Router registers routes on a Site.
type Router struct {
	site   *Site
	mux    *http.ServeMux
	Routes []Route
}

// NewRouter begins an empty set of routes.
func NewRouter(s *Site) *Router { return &Router{site: s, mux: http.NewServeMux()} }

// Get registers a page.
func (rt *Router) Get(pattern string, need Need, h Handler) {
	rt.handle(http.MethodGet, pattern, need, h)
}

// Post registers what a form does.
func (rt *Router) Post(pattern string, need Need, h Handler) {
	rt.handle(http.MethodPost, pattern, need, h)
}

// Raw registers a plain handler that does its own answering: assets, health.
func (rt *Router) Raw(pattern string, h http.Handler) { rt.mux.Handle(pattern, h) }

// routeHeader names, in the demonstration alone, the route that answered: the browser tests look at one
// page of each.
const routeHeader = "Lantern-Route"

func (rt *Router) handle(method, pattern string, need Need, h Handler) {
	rt.Routes = append(rt.Routes, Route{Method: method, Pattern: pattern, Need: need})
	rt.mux.HandleFunc(method+" "+pattern, func(w http.ResponseWriter, r *http.Request) {
		if rt.site.Demo {
			w.Header().Set(routeHeader, pattern)
		}
		if tell := rt.site.Answered; tell != nil {
			a, began := &answering{w, http.StatusOK}, rt.site.Clock.Now()
			w = a
			defer func() { tell(method, pattern, a.status, rt.site.Clock.Now().Sub(began)) }()
		}
		v := ViewerOf(r)
		if !need.Met(v) {
			if v == nil && method == http.MethodGet {
				http.Redirect(w, r, "/sign-in?next="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
				return
			}
			rt.site.fail(w, r, fault.NoSuch())
			return
		}
		if err := h(w, r); err != nil {
			rt.site.fail(w, r, err)
		}
	})
}

// answering remembers the status of an answer.
type answering struct {
	http.ResponseWriter
	status int
}

func (a *answering) WriteHeader(status int) {
	a.status = status
	a.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach what lies beneath.
func (a *answering) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// Handler is the whole site: routes behind headers, cross-origin protection, a last handler for
// panics, and whatever middleware the caller puts between (sign-in).
func (rt *Router) Handler(middleware ...func(http.Handler) http.Handler) http.Handler {
	var h http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodPost { // the same whether or not there is such a page
			w.Header().Set("Allow", "GET, HEAD, POST")
			rt.site.fail(w, r, &statusError{http.StatusMethodNotAllowed, fault.New(fault.Refused, "Nothing was done: pages are asked for with GET and forms are sent with POST.")})
			return
		}
		_, pattern := rt.mux.Handler(r)
		if pattern == "" { // includes a method that the path does not have
			if ViewerOf(r) == nil && r.Method == http.MethodGet && !rt.known(r.URL.Path) {
				// Signed out, a path that does not exist answers as one that does: sign in first.
				http.Redirect(w, r, "/sign-in?next="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
				return
			}
			rt.site.fail(w, r, fault.NoSuch())
			return
		}
		rt.mux.ServeHTTP(w, r)
	})
	for i := len(middleware) - 1; i >= 0; i-- {
		h = middleware[i](h)
	}
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rt.site.fail(w, r, &statusError{http.StatusForbidden, fault.New(fault.Refused, "This form was sent from another site, so nothing was done. Open the page in Lantern and send it from there.")})
	}))
	return rt.site.last(headers(rt.site.Secure, cross.Handler(h)))
}

func (rt *Router) known(path string) bool {
	return strings.HasPrefix(path, "/assets/") || path == "/favicon.ico" || path == "/robots.txt"
}

type statusError struct {
	status int
	error
}

func (e *statusError) Unwrap() error { return e.error }

const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; worker-src 'self'; " +
	"img-src 'self' data:; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func headers(secure bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()")
		h.Set("Cache-Control", "no-store") // assets set their own
		if secure {
			h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		next.ServeHTTP(w, r)
	})
}

// last catches panics: the user gets the calm page, the log the stack.
func (s *Site) last(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p != nil {
				if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
					panic(p)
				}
				s.Log.Error("panic", "method", r.Method, "route", r.Pattern, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
				s.fail(w, r, fault.New(fault.Internal, "panic"))
			}
		}()
		next.ServeHTTP(w, r)
	})
}

var statusOf = map[fault.Kind]int{
	fault.Internal: http.StatusInternalServerError, fault.NotFound: http.StatusNotFound, fault.Invalid: http.StatusBadRequest,
	fault.Refused: http.StatusForbidden, fault.Conflict: http.StatusConflict, fault.Unavailable: http.StatusServiceUnavailable,
	fault.TooLarge: http.StatusRequestEntityTooLarge, fault.Unauthenticated: http.StatusUnauthorized, fault.TooMany: http.StatusTooManyRequests,
}

type errorView struct {
	Page
	Heading, Words string
	NotFound       bool
}

var errorPage = NewTemplate[errorView](files, "error.html")

// fail is the one place where an error becomes a page and a log line.
func (s *Site) fail(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil && errors.Is(err, context.Canceled) {
		return // the reader has gone
	}
	if errors.Is(err, errProof) && s.AskAgain != nil {
		if err = s.AskAgain(w, r); err == nil {
			return
		}
	}
	kind := fault.KindOf(err)
	status := statusOf[kind]
	var se *statusError
	if errors.As(err, &se) {
		status = se.status
	}
	switch kind {
	case fault.Internal:
		s.Log.Error("request failed", "method", r.Method, "route", r.Pattern, "error", err.Error())
	case fault.Unavailable:
		s.Log.Warn("request not served", "method", r.Method, "route", r.Pattern, "error", err.Error())
		w.Header().Set("Retry-After", "5")
	case fault.NotFound:
		if v := ViewerOf(r); v != nil && s.Refused != nil {
			s.Refused(r.Context(), v.Scope, r.Pattern)
		}
	}
	view := &errorView{Heading: "Something went wrong", Words: "Nothing you typed was saved by this page. Try again; if it happens again, tell whoever looks after Lantern and say when it happened."}
	view.Title = view.Heading
	switch kind {
	case fault.NotFound:
		view.Heading, view.NotFound = "Page not found", true
		view.Words = "There is no such page, or it is not open to you. Lantern does not say which."
	case fault.Unavailable:
		view.Heading = "Lantern is busy"
	case fault.TooMany:
		view.Heading = "Too many, or too soon"
	case fault.Conflict:
		view.Heading = "Somebody else changed this first"
	case fault.Refused:
		view.Heading = "That was not done"
	case fault.Invalid:
		view.Heading = "That could not be used"
	case fault.TooLarge:
		view.Heading = "That is too large"
	}
	view.Title = view.Heading
	if words, ok := fault.Words(err); ok && kind != fault.NotFound {
		view.Words = words
	}
	if rerr := s.render(w, r, status, errorPage, view); rerr != nil {
		s.Log.Error("the error page failed", "error", rerr.Error())
		http.Error(w, "Something went wrong.", http.StatusInternalServerError)
	}
}

// Read says what a page showed, for the audit line of the consultation.
type Read struct {
	Kind, Subject string
	Owners        []string // agencies whose records were shown
	Words         string   // the sections shown, how many rows; never a name
}

// Show commits the consultation's audit line and then sends the page. Pages that show personal data
// end with it; if the line cannot be written nothing is shown.
func Show[V any, P view[V]](s *Site, w http.ResponseWriter, r *http.Request, t *Template[V, P], v P, read Read) error {
	if err := s.Consulted(r.Context(), ScopeOf(r), read); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, t, v)
}

// Render sends a page that shows nothing personal.
func Render[V any, P view[V]](s *Site, w http.ResponseWriter, r *http.Request, t *Template[V, P], v P) error {
	return s.render(w, r, http.StatusOK, t, v)
}

// RenderStatus sends a page with a status: 422 for a form that needs mending, 409 for a conflict.
func RenderStatus[V any, P view[V]](s *Site, w http.ResponseWriter, r *http.Request, status int, t *Template[V, P], v P) error {
	return s.render(w, r, status, t, v)
}

type renderer interface {
	execute(s *Site, lang string, w *bytes.Buffer, view any) error
}

func (s *Site) render(w http.ResponseWriter, r *http.Request, status int, t renderer, v interface{ page() *Page }) error {
	p := v.page()
	p.Viewer = ViewerOf(r)
	p.Path = r.URL.Path
	p.Lang = langOf(r)
	p.Demo = s.Demo
	if s.Partnership != nil {
		p.Partnership = s.Partnership(r.Context())
	}
	if s.Navigation != nil && p.Viewer != nil {
		p.Nav = s.Navigation(p.Viewer)
		active := -1
		for i, n := range p.Nav { // the longest matching entry is where we are
			for _, at := range append([]string{n.Href}, n.Under...) {
				if strings.HasPrefix(p.Path+"/", at+"/") && (active < 0 || len(at) > len(p.Nav[active].Href)) {
					active = i
				}
			}
		}
		if active >= 0 {
			p.Nav[active].Active = true
		}
	}
	if c, err := r.Cookie(flashCookie); err == nil && status == http.StatusOK {
		if words, err := url.QueryUnescape(c.Value); err == nil {
			p.Flash = words
		}
		http.SetCookie(w, &http.Cookie{Name: flashCookie, Path: "/", MaxAge: -1, HttpOnly: true, Secure: s.Secure, SameSite: http.SameSiteLaxMode})
	}
	if status != http.StatusNotFound {
		p.Typed = s.takeTyped(w, r)
	}
	var b bytes.Buffer
	if err := t.execute(s, p.Lang, &b, v); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, err := b.WriteTo(w)
	if err != nil {
		s.Log.Debug("the reader went away", "error", err.Error())
	}
	return nil
}

const flashCookie = "lantern-said"

// Say leaves a sentence for the next page: "The action was added." It must hold nothing personal.
func (s *Site) Say(w http.ResponseWriter, words string) {
	http.SetCookie(w, &http.Cookie{Name: flashCookie, Value: url.QueryEscape(words), Path: "/", MaxAge: 60, HttpOnly: true, Secure: s.Secure, SameSite: http.SameSiteLaxMode})
}

// Act does what a form asks, once. do runs in one write transaction and returns where to go next; the
// form's key is kept in the same transaction, so that a double click, a replay or the back button gets
// the same answer without a second effect. said, when not empty, is shown on the next page.
func (s *Site) Act(w http.ResponseWriter, r *http.Request, said string, do func(tx *database.Tx) (location string, err error)) error {
	key := r.PostFormValue(keyField)
	if len(key) != 36 {
		return fault.New(fault.Invalid, "This form is not complete: open the page again and send it from there.")
	}
	who := ScopeOf(r).Account
	var location string
	err := s.DB.Write(r.Context(), func(tx *database.Tx) error {
		done, err := database.Collect(r.Context(), tx, database.Value[string], "SELECT location FROM idempotency WHERE account = $1 AND form_key = $2", who, key)
		if err != nil {
			return err
		}
		if len(done) == 1 {
			location = done[0]
			return nil
		}
		if location, err = do(tx); err != nil {
			return err
		}
		return tx.Exec(r.Context(), "INSERT INTO idempotency (form_key, account, path, location, at) VALUES ($1,$2,$3,$4,$5)", key, who, r.URL.Path, location, clock.Micros(s.Clock.Now()))
	})
	if err != nil {
		return err
	}
	if said != "" {
		s.Say(w, said)
	}
	s.keepTyped(w, r)
	http.Redirect(w, r, location, http.StatusSeeOther)
	return nil
}

// SafeNext is where to go after signing in: a path on this site, or home.
func SafeNext(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") {
		return "/"
	}
	return u.RequestURI()
}

// Download streams a file to the reader under a safe name.
func Download(w http.ResponseWriter, name, mediaType string, at time.Time, b []byte) {
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Content-Disposition", "attachment; filename*=UTF-8''"+url.PathEscape(name))
	w.Header().Set("Last-Modified", at.UTC().Format(http.TimeFormat))
	_, _ = w.Write(b) //nolint:errcheck // the reader went away
}

func subFS(f fs.FS, dir string) fs.FS {
	sub, err := fs.Sub(f, dir)
	if err != nil {
		panic("web: " + err.Error())
	}
	return sub
}
