package sharing

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/work"
)

// warnings are how many days before an agreement's last day its parties' information officers hear of it, and what is then to be
// done; each is due when the next is given.
var warnings = []struct {
	days, due int
	words     string
}{
	{7, 0, "Extend it now, or tell those who rely on it that it ends."},
	{30, 7, "Settle what comes after it: a new agreement, an extension of at most 90 days, or its end."},
	{90, 30, "Review it with the other parties: does it still say what is shared, why and with whom?"},
}

// Keeps reports whether the agency has an information officer; where it has none, its community safety manager is told instead.
type Keeps func(ctx context.Context, q database.Queryer, agency string) (bool, error)

// Work is what the register asks of the scope's account: signatures that wait for its agency and agreements about to end.
func (r *Register) Work(keeps Keeps) work.SourceFunc {
	return func(ctx context.Context, q database.Queryer, scope access.Scope, today time.Time) ([]work.Item, error) {
		if !MaySign(scope) {
			return nil, nil
		}
		if scope.Role != access.InfoOfficer {
			if has, err := keeps(ctx, q, scope.Agency); has || err != nil {
				return nil, err
			}
		}
		all, err := r.All(ctx, q)
		var out []work.Item
		for _, e := range all {
			if _, ok := e.Party(scope.Agency); ok {
				out = append(out, e.asks(scope.Agency, today)...)
			}
		}
		return out, err
	}
}

func (e Entry) asks(agency string, today time.Time) []work.Item {
	item := func(kind, title, note, due string) work.Item {
		return work.Item{ID: e.Code + "/" + kind, Kind: "Agreement", Title: title, Note: note, Due: due, Href: "/agreements/" + e.Code}
	}
	var out []work.Item
	switch e.StandingOn(today.Format(clock.ISODate)) {
	case Unsigned:
		if waiting := e.Waiting(); slices.Contains(waiting, agency) {
			out = append(out, item("sign", "Sign "+e.Code+", or say why not: "+e.Title, waitWords(len(waiting)), e.StartsOn))
		}
	case Live:
		if slices.Contains(e.WaitingExtension(), agency) {
			out = append(out, item("extension", "Sign the extension of "+e.Code+" until "+e.Extension.UntilOn+", or say why not", e.Extension.Why, e.ExpiresOn))
		}
		left := e.DaysLeft(today)
		for _, w := range warnings {
			if left <= w.days {
				last, _ := time.Parse(clock.ISODate, e.ExpiresOn) // DaysLeft read it
				out = append(out, item("ends", fmt.Sprintf("%s ends %s", e.Code, inDays(left)), strings.TrimSpace(e.Title+". "+w.words), last.AddDate(0, 0, -w.due).Format(clock.ISODate)))
				break
			}
		}
	}
	return out
}

func inDays(n int) string {
	switch n {
	case 0:
		return "today"
	case 1:
		return "tomorrow"
	}
	return fmt.Sprintf("in %d days", n)
}

func waitWords(n int) string {
	if n == 1 {
		return "It waits for your signature alone."
	}
	return fmt.Sprintf("It waits for %d signatures, yours among them.", n)
}
