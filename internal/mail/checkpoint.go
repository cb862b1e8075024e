package mail

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
)

// Checkpoints keeps which checkpoint was sent to whom.
type Checkpoints struct {
	db    *database.DB
	clock clock.Clock
	ids   *clock.IDs
	to    []string
	every time.Duration
	at    string // the Lantern's own address, for the mail to say of which it is
}

// NewCheckpoints returns the mails of a database. At is the address people reach this Lantern at.
func NewCheckpoints(db *database.DB, c clock.Clock, ids *clock.IDs, to []string, every time.Duration, at string) *Checkpoints {
	return &Checkpoints{db: db, clock: c, ids: ids, to: to, every: every, at: at}
}

// Due reports whether it is time to send a checkpoint again.
func (s *Checkpoints) Due(ctx context.Context, q database.Queryer) (bool, error) {
	last, err := database.One(ctx, q, database.Value[int64], "SELECT coalesce(max(asked_at), 0) FROM checkpoint_mail")
	return err == nil && (last == 0 || s.clock.Now().Sub(clock.FromMicros(last)) >= s.every), err
}

// Ask asks for a checkpoint to be sent to everybody, in the transaction that enqueues the job; asked is false when it was asked for before,
// or another was a short time ago. What waits from before is left: who gets the newer needs it no more.
func (s *Checkpoints) Ask(ctx context.Context, tx *database.Tx, name, text string) (asked bool, err error) {
	if due, err := s.Due(ctx, tx); err != nil || !due {
		return false, err
	}
	now := clock.Micros(s.clock.Now())
	n, err := database.One(ctx, tx, database.Value[int], "SELECT count(*) FROM checkpoint_mail WHERE checkpoint = $1", name)
	if err != nil || n > 0 {
		return false, err
	}
	if err := tx.Exec(ctx, "UPDATE checkpoint_mail SET left_at = $1 WHERE sent_at IS NULL AND left_at IS NULL", now); err != nil {
		return false, err
	}
	for _, to := range s.to {
		if err := tx.Exec(ctx, "INSERT INTO checkpoint_mail (id, checkpoint, recipient, text, asked_at) VALUES ($1,$2,$3,$4,$5)", s.ids.New(), name, to, text, now); err != nil {
			return false, err
		}
	}
	return true, nil
}

type waiting struct{ id, name, to, text string }

// Send sends what waits. Whoever cannot be reached keeps nobody else from theirs; the error is for the job to be tried again.
func (s *Checkpoints) Send(ctx context.Context, sender *Sender) error {
	list, err := database.Collect(ctx, s.db.Reader(), func(r database.Scanner) (x waiting, err error) { return x, r.Scan(&x.id, &x.name, &x.to, &x.text) },
		"SELECT id, checkpoint, recipient, text FROM checkpoint_mail WHERE sent_at IS NULL AND left_at IS NULL ORDER BY asked_at, id")
	if err != nil {
		return err
	}
	var all error
	for _, x := range list {
		if ctx.Err() != nil {
			return errors.Join(all, ctx.Err())
		}
		err := sender.Send(ctx, s.message(x))
		problem := ""
		if err != nil {
			words, ok := fault.Words(err)
			if !ok {
				words = "It could not be sent. See the program's own log."
			}
			problem = words
			all = errors.Join(all, err)
		}
		// What has gone is gone, also when the program is being stopped: it is kept all the same, or they would get it twice.
		keep := context.WithoutCancel(ctx)
		werr := s.db.Write(keep, func(tx *database.Tx) error {
			now := clock.Micros(s.clock.Now())
			if err != nil {
				return tx.Exec(keep, "UPDATE checkpoint_mail SET tries = tries + 1, tried_at = $1, problem = $2 WHERE id = $3", now, problem, x.id)
			}
			return tx.Exec(keep, "UPDATE checkpoint_mail SET tries = tries + 1, tried_at = $1, problem = '', sent_at = $2 WHERE id = $3", now, now, x.id)
		})
		if werr != nil {
			return errors.Join(all, werr)
		}
	}
	return all
}

func (s *Checkpoints) message(x waiting) Message {
	return Message{
		ID: x.id, To: x.to, At: s.clock.Now(), Subject: "Checkpoint " + strings.TrimLeft(strings.TrimSuffix(x.name, ".txt"), "0") + " of a Lantern's audit log",
		Text: fmt.Sprintf(`This is a signed checkpoint of the audit log of the Lantern at %s.

Please keep it. It holds no name and nothing of what the log says: a number of lines, a hash, a time and a signature. If anybody
changes the log, or writes a new one, it no longer fits what you hold. To check it, give the attached file to whoever runs
that Lantern, or run on its machine:

    lantern audit verify --checkpoint lantern-%s

Nobody reads answers to this address.
`, s.at, x.name),
		FileName: "lantern-" + x.name, File: []byte(x.text),
	}
}

// State is how sending to one recipient stands.
type State struct {
	Recipient string
	Sent      int64  // when a checkpoint last went to them, UTC microseconds; 0 for never
	Newest    string // which one that was
	Waiting   int64  // since when one waits to be sent; 0 when none does
	Tries     int64  // how often that was tried
	Problem   string // what went wrong the last time
}

// Failing reports whether a checkpoint waits that could not be sent when it was tried.
func (s State) Failing() bool { return s.Waiting > 0 && s.Tries > 0 }

// States says how sending stands, for each recipient that there ever was mail for. It needs no setting: lantern doctor reads it from the
// database alone.
func States(ctx context.Context, q database.Queryer) ([]State, error) {
	list, err := database.Collect(ctx, q, func(r database.Scanner) (x State, err error) {
		return x, r.Scan(&x.Recipient, &x.Sent, &x.Waiting, &x.Tries)
	}, `SELECT m.recipient, coalesce(max(m.sent_at), 0), coalesce(max(CASE WHEN m.sent_at IS NULL AND m.left_at IS NULL THEN m.asked_at END), 0), coalesce(max(CASE WHEN m.sent_at IS NULL AND m.left_at IS NULL THEN m.tries END), 0)
		FROM checkpoint_mail m GROUP BY m.recipient ORDER BY m.recipient`)
	for i := range list {
		x := &list[i]
		if err != nil {
			break
		}
		var words []string
		if x.Newest, err = first(ctx, q, "SELECT checkpoint FROM checkpoint_mail WHERE recipient = $1 AND sent_at = $2 ORDER BY checkpoint DESC LIMIT 1", x.Recipient, x.Sent); err != nil {
			break
		}
		if words, err = database.Collect(ctx, q, database.Value[string], "SELECT problem FROM checkpoint_mail WHERE recipient = $1 AND sent_at IS NULL AND left_at IS NULL ORDER BY asked_at DESC LIMIT 1", x.Recipient); err == nil && len(words) == 1 {
			x.Problem = words[0]
		}
	}
	return list, err
}

func first(ctx context.Context, q database.Queryer, query string, args ...any) (string, error) {
	list, err := database.Collect(ctx, q, database.Value[string], query, args...)
	if err != nil || len(list) == 0 {
		return "", err
	}
	return list[0], nil
}
