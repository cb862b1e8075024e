package app

import (
	"context"
	"io"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fact"
	"lantern.example/lantern/internal/figure"
	"lantern.example/lantern/internal/file"
	"lantern.example/lantern/internal/intake"
	"lantern.example/lantern/internal/intake/intakeweb"
	"lantern.example/lantern/internal/web"
)

// wireIntakeWeb makes the pages on which files are loaded, and the job that loads them.
func (a *App) wireIntakeWeb() {
	a.Jobs.Handle(intake.RunJob, withID(func(ctx context.Context, id string) error { return a.Intake.Run(ctx, id, a.original) }))
	a.Loads = &intakeweb.Pages{
		Site: a.Site, Intake: a.Intake, Files: originals{a}, Audit: a.Audit, Limit: file.MaxBytes,
		Agencies: func(ctx context.Context) ([]intakeweb.Agency, error) {
			list, err := a.Partnership.Members(ctx, a.DB.Reader())
			out := make([]intakeweb.Agency, 0, len(list))
			for _, x := range list {
				out = append(out, intakeweb.Agency{Code: x.Code, Name: x.Name})
			}
			return out, err
		},
		AgencyName: func(ctx context.Context, code string) string {
			return a.Partnership.AgencyName(ctx, a.DB.Reader(), code)
		},
		AgreementTitle: func(ctx context.Context, code string) string {
			x, err := a.Sharing.Live(ctx, code, a.Clock.Now())
			if err != nil {
				return code
			}
			return x.Title
		},
		Linking: a.linking,
	}
	a.Loads.Mount(a.Router)
}

// linking says how far it is to find whose a load's records are.
func (a *App) linking(ctx context.Context, load string) (string, bool, error) {
	run, ok, err := a.Identity.ProgressOf(ctx, a.DB.Reader(), load)
	switch {
	case err != nil || !ok:
		return "", false, err
	case run.State == "running":
		return figure.Group(run.Done) + " of " + figure.Group(run.Total) + " records placed so far: " + run.Words + ". Open this page again to see how far it is.", true, nil
	case run.State == "failed":
		return "The work broke off; it is tried again by itself.", false, nil
	}
	return "Worked out on " + web.ShowDate(run.At), false, nil
}

// original opens a kept file for Lantern's own work on it: recognising, checking, loading.
func (a *App) original(ctx context.Context, id string) (io.ReaderAt, int64, error) {
	r, f, err := a.Files.Open(ctx, access.System(intake.RunJob, access.Upkeep), id)
	return r, f.Size, err
}

// Purge removes the rows of a load that was undone or failed, and the original of one that was undone once nothing else
// was made of it.
func (a *App) Purge(ctx context.Context, id string) error {
	if err := a.Intake.Purge(ctx, id); err != nil {
		return err
	}
	// People whom only the undone records had held together come apart again.
	if people, err := a.Identity.HasRecords(ctx, a.DB.Reader()); err != nil {
		return err
	} else if people {
		if _, err := a.Identity.Rebuild(ctx); err != nil {
			return err
		}
	}
	l, err := a.Intake.Get(ctx, a.DB.Reader(), access.System(intake.PurgeJob, access.Upkeep), id)
	if err != nil || l.State != "undone" || l.FileID == "" {
		return err
	}
	used, err := a.Intake.FileInUse(ctx, a.DB.Reader(), l.FileID)
	if err != nil || used {
		return err
	}
	return a.Files.Remove(ctx, l.FileID)
}

// originals keeps partners' files for the pages.
type originals struct{ a *App }

func (o originals) Save(ctx context.Context, by access.Scope, name string, r io.Reader) (intakeweb.Original, error) {
	retention, review := fact.Retention(string(access.Identity), o.a.Clock.Now())
	f, err := o.a.Files.Save(ctx, by, file.New{Owner: by.Agency, Class: access.Identity, Name: name, MediaType: "application/octet-stream", Retention: retention, ReviewOn: review}, r)
	return intakeweb.Original{ID: f.ID, Name: f.Name, SHA256: f.SHA256, Size: f.Size}, err
}

func (o originals) Read(ctx context.Context, id string) (io.ReaderAt, int64, error) {
	return o.a.original(ctx, id)
}

func (o originals) Open(ctx context.Context, by access.Scope, id string) (io.Reader, intakeweb.Original, error) {
	r, f, err := o.a.Files.Open(ctx, by, id)
	return r, intakeweb.Original{ID: f.ID, Name: f.Name, SHA256: f.SHA256, Size: f.Size}, err
}

func (o originals) Hand(ctx context.Context, tx *database.Tx, id, owner string, class access.Class) error {
	retention, review := fact.Retention(string(class), o.a.Clock.Now())
	return o.a.Files.Hand(ctx, tx, id, owner, class, retention, review)
}

func (o originals) Remove(ctx context.Context, id string) error {
	used, err := o.a.Intake.FileInUse(ctx, o.a.DB.Reader(), id)
	if err != nil || used { // a load that failed and is tried again shares its original
		return err
	}
	return o.a.Files.Remove(ctx, id)
}
