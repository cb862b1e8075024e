package web

import (
	"cmp"
	"context"
	"slices"

	"lantern.example/lantern/internal/access"
)

// Whys are the reasons for which records are open, in words, each once, in the order of their owners: what stands under “Why can I see this?”.
// They are given records that were read under the scope; the panels of a restricted one are the viewer's own, or it would not have been read.
func (s *Site) Whys(ctx context.Context, scope access.Scope, records []access.Record) []Link {
	type why struct {
		owner    string
		decision access.Decision
	}
	var found []why
	for _, r := range records {
		if r.Restricted {
			r.Panels = scope.Panels
		}
		w := why{r.Owner, access.Decide(scope, r)}
		if w.decision.Rule == "open" || w.decision.Rule == "partnership" {
			w.owner = "" // the same for everybody, whoever wrote it
		}
		if w.decision.Allowed && !slices.Contains(found, w) {
			found = append(found, w)
		}
	}
	slices.SortStableFunc(found, func(a, b why) int {
		return cmp.Or(cmp.Compare(a.owner, b.owner), cmp.Compare(a.decision.Rule, b.decision.Rule), cmp.Compare(a.decision.Agreement, b.decision.Agreement))
	})
	var out []Link
	for _, w := range found {
		if s.Reason == nil {
			return nil
		}
		words, href := s.Reason(ctx, scope, w.owner, w.decision)
		out = append(out, Link{Text: words, Href: href})
	}
	return out
}
