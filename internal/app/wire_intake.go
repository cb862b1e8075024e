package app

import (
	"context"
	"encoding/json"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/assessment"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/file"
	"lantern.example/lantern/internal/intake"
	"lantern.example/lantern/internal/jobs"
	"lantern.example/lantern/internal/scale"
)

// wireIntake makes the stores that take partners' files in. Sinks are named lowest rank first: a later one
// may refer to what an earlier one wrote.
func (a *App) wireIntake() {
	a.Jobs = jobs.NewRunner(a.DB, a.Config.Data, a.Clock, a.IDs, a.Log)
	a.Files = file.NewStore(a.DB, a.Clock, a.IDs).Sealed(a.Seals)
	a.wirePlace()
	a.Statements = assessment.NewStore(a.Clock, a.IDs)
	a.Scale = scale.NewStore(a.Clock, a.IDs)
	a.Scale.Cites = a.Partnership.Cites
	a.Intake = intake.NewStore(a.DB, a.Clock, a.IDs, a.Jobs, a.recordLoad,
		a.Gazetteer, a.Identity, a.Events, a.Places, a.Lines, a.Statements, a.Scale,
	).Sealed(a.Seals)
	a.Jobs.Handle(intake.PurgeJob, withID(a.Purge))
	a.Jobs.Handle(intake.LoadedJob, withID(func(ctx context.Context, id string) error {
		if err := a.loaded(ctx, id); err != nil {
			return err
		}
		return a.Rooms.Recount(ctx)
	}))
}

// loaded is what follows a load that has gone live: its records find their persons, its places their areas.
func (a *App) loaded(ctx context.Context, id string) error {
	if err := a.linked(ctx, id); err != nil {
		return err
	}
	return a.placed(ctx, id)
}

func (a *App) linked(ctx context.Context, id string) error {
	_, err := a.Identity.Link(ctx, id)
	return err
}

func (a *App) placed(ctx context.Context, id string) error {
	_, err := a.FillAreas(ctx, id)
	return err
}

// withID makes a handler of a function that takes the id which was enqueued.
func withID(f func(ctx context.Context, id string) error) jobs.Handler {
	return func(ctx context.Context, args []byte) error {
		var id string
		if err := json.Unmarshal(args, &id); err != nil {
			return err
		}
		return f(ctx, id)
	}
}

func (a *App) recordLoad(ctx context.Context, tx *database.Tx, s access.Scope, act, loadID, words string) error {
	return a.Audit.Record(ctx, tx, s, audit.Line{Act: audit.Act(act), SubjectKind: "load", Subject: loadID, Owners: []string{s.Agency}, Words: words})
}

func (a *App) startJobs(ctx context.Context) error {
	if err := a.Intake.Recover(ctx); err != nil {
		return err
	}
	return a.Jobs.Start(ctx)
}

func (a *App) stopJobs(ctx context.Context) error { return a.Jobs.Stop(ctx) }
