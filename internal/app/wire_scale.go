package app

import (
	"context"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/intake/profile"
	"lantern.example/lantern/internal/picture"
	"lantern.example/lantern/internal/scale/scaleweb"
)

// wireScale mounts the page of monthly series. The picture above adds the events, whose effort nobody recorded.
func (a *App) wireScale() {
	(&scaleweb.Pages{
		Site: a.Site, Scale: a.Scale,
		Agency: func(ctx context.Context, code string) string {
			return a.Partnership.AgencyName(ctx, a.DB.Reader(), code)
		},
		Counts: a.eventCounts,
	}).Mount(a.Router)
}

const growingQuestion = "growing-or-looking"

func (a *App) eventCounts(ctx context.Context, s access.Scope) (scaleweb.Counts, error) {
	p, err := a.Rooms.Shown(ctx, s)
	if err != nil {
		return scaleweb.Counts{}, err
	}
	out := scaleweb.Counts{Finding: p.Finding(growingQuestion), Asks: picture.Asks(growingQuestion)}
	if out.Chart, err = p.MonthsFigure(); err != nil {
		return out, err
	}
	for _, t := range p.Trend {
		if !profile.Kind(t.Series).Known() {
			continue
		}
		out.Kinds = append(out.Kinds, scaleweb.Kind{Name: t.Name, First: t.First, Last: t.Last})
		out.Reason = t.Span + ". No verdict: " + t.Reasons[0] + "."
	}
	return out, nil
}
