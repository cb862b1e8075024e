// Package fault is how Lantern says that something could not be done.
//
// A fault has one kind out of a closed set, words fit for the person at the screen, and a cause fit
// for the log. Anything that is not a fault is Internal to the user: they see a calm page, the log
// sees the cause. A record that does not exist and a record the viewer may not see are the same
// kind, NotFound, with the same words, because presence is content.
package fault

import (
	"errors"
	"fmt"
)

// Kind says what sort of failure it is. The set is closed: the page, the exit status and the log
// level are chosen from it.
type Kind uint8

// The kinds.
const (
	Internal        Kind = iota // our mistake; the words are never shown
	NotFound                    // not there, or not for this viewer: never told apart
	Invalid                     // what was given cannot be used; the words say where and what was expected
	Refused                     // understood, and the answer is no, with a reason the viewer may know
	Conflict                    // somebody else changed it first
	Unavailable                 // try again later: busy, full, or the audit log cannot be written
	TooLarge                    // over a stated limit
	Unauthenticated             // sign in first
	TooMany                     // all is well here, but more came, or sooner, than is taken: come again later
)

var kindNames = [...]string{"internal", "not found", "invalid", "refused", "conflict", "unavailable", "too large", "unauthenticated", "too many"}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "internal"
}

// Error is a fault: kind, words for the user, cause for the log.
type Error struct {
	Kind  Kind
	Words string
	Cause error
}

func (e *Error) Error() string {
	if e.Cause == nil {
		return e.Words
	}
	return e.Words + ": " + e.Cause.Error()
}

func (e *Error) Unwrap() error { return e.Cause }

// New makes a fault of kind k whose words are formatted as by fmt.Sprintf.
func New(k Kind, format string, args ...any) *Error {
	return &Error{Kind: k, Words: fmt.Sprintf(format, args...)}
}

// Wrap keeps cause for the log behind words for the user.
func Wrap(k Kind, cause error, format string, args ...any) *Error {
	return &Error{Kind: k, Words: fmt.Sprintf(format, args...), Cause: cause}
}

// NoSuch is the one answer to "not there" and "not yours".
func NoSuch() *Error { return New(NotFound, "There is no such page, or it is not open to you.") }

// KindOf reports the kind of err: that of the first fault in its chain, Internal if there is none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// Words are what the user may read of err; ok is false when err is Internal and they must not.
func Words(err error) (words string, ok bool) {
	var e *Error
	if errors.As(err, &e) && e.Kind != Internal {
		return e.Words, true
	}
	return "", false
}

// Is reports whether err is a fault of kind k.
func Is(err error, k Kind) bool { return err != nil && KindOf(err) == k }
