package web

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"lantern.example/lantern/internal/fault"
)

// RecentFor is how long a proof of who one is counts as recent.
const RecentFor = 5 * time.Minute

// errProof asks for a fresh proof of who is looking. Where there is no page that asks, it is a refusal.
var errProof = fault.New(fault.Refused, "Prove that it is you first: this was not done, because you last signed in more than five minutes ago.")

// Recent answers nil when whoever is looking proved who they are within the last five minutes. Otherwise it is the
// error that asks them to: a handler of a sensitive act (an export, a merge or split, break-glass, a change of
// sign-in) calls it first and returns what it gets,
//
//	if err := p.Site.Recent(r); err != nil {
//		return err
//	}
//
// and the site shows the page that asks for the password or a second step. Then the request goes on as it was sent: a
// page opens, and a form is sent with everything that was typed into it. Call it before the form is read, or after;
// a form with a file must be chosen again, so call it on the page that shows such a form too.
func (s *Site) Recent(r *http.Request) error {
	v := ViewerOf(r)
	if v == nil {
		return fault.NoSuch()
	}
	if s.Clock.Now().Sub(v.Proved) > RecentFor {
		return errProof
	}
	return nil
}

// Carried is a form that was sent, to be sent again once whoever sent it has proved who they are; ok is false where
// it cannot be: a page that was only asked for, and a form with files.
func Carried(w http.ResponseWriter, r *http.Request) (form string, ok bool, err error) {
	if r.Method != http.MethodPost || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return "", false, nil
	}
	if r.PostForm == nil {
		r.Body = http.MaxBytesReader(w, r.Body, maxFormBytes)
		if err := r.ParseForm(); err != nil {
			return "", false, fault.Wrap(fault.TooLarge, err, "The form could not be read: it is larger than a form can be, or broke off.")
		}
	}
	return r.PostForm.Encode(), true, nil
}

// Resume answers a form that was carried, as if it had been sent to path by v now.
func (rt *Router) Resume(w http.ResponseWriter, r *http.Request, v *Viewer, path, form string) error {
	u, err := url.Parse(path)
	if err != nil || SafeNext(path) != path {
		return fault.NoSuch()
	}
	again := r.Clone(WithViewer(r.Context(), v))
	again.Method, again.URL, again.RequestURI = http.MethodPost, u, path
	again.Form, again.PostForm, again.MultipartForm, again.Body = nil, nil, nil, http.NoBody
	if again.PostForm, err = url.ParseQuery(form); err != nil {
		return fault.Wrap(fault.Invalid, err, "The form could not be read again: go back and send it once more.")
	}
	rt.mux.ServeHTTP(w, again)
	return nil
}
