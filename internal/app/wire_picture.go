package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"maps"
	"slices"
	"strconv"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/analysis/disclosure"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/picture"
	"lantern.example/lantern/internal/picture/pictureweb"
)

// wirePicture makes what reads from every room.
func (a *App) wirePicture() {
	a.Rooms = &picture.Rooms{Clock: a.Clock, DB: a.DB, Statements: a.Statements, Events: a.Events, Scale: a.Scale, Partnership: a.Partnership, Work: a.Work, Hotspots: a.hotspots, Reach: a.reach}
	a.Rooms.People = a.peopleTotals
	a.Rooms.Version = a.Identity.Version
	a.Papers = &picture.Papers{Clock: a.Clock, IDs: a.IDs}
	(&pictureweb.Pages{
		Site: a.Site, Rooms: a.Rooms, Papers: a.Papers, Work: a.Work, Version: a.Version, Own: a.Own.Home,
		Signed: func(ctx context.Context, tx *database.Tx, s access.Scope, id string) error {
			return a.Audit.Record(ctx, tx, s, audit.Line{Act: audit.Alteration, SubjectKind: "paper", Subject: id, Words: "signed and issued"})
		},
		Outside: func(ctx context.Context, s access.Scope, id string) error {
			return a.DB.Write(ctx, func(tx *database.Tx) error {
				return a.Audit.Record(ctx, tx, s, audit.Line{Act: audit.Disclosure, SubjectKind: "paper", Subject: id, Words: "downloaded"})
			})
		},
	}).Mount(a.Router)
}

func sha256Of(r io.ReaderAt, size int64) (string, error) {
	h := sha256.New()
	if _, err := io.Copy(h, io.NewSectionReader(r, 0, size)); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// peopleTotals is what the room of people says to the picture; nil when there are no records of people.
func (a *App) peopleTotals(ctx context.Context, q database.Queryer, s access.Scope) (*picture.People, error) {
	t, err := a.Identity.Count(ctx, q, s)
	if err != nil || t.Records == 0 {
		return nil, err
	}
	p := &picture.People{Records: t.Records, People: &t.People, LinkedAcrossAgencies: &t.AcrossAgencies, ForReview: &t.Waiting, ByAgencies: map[string]*int{}, Agencies: t.Agencies}
	agencies := slices.Sorted(maps.Keys(t.ByAgencies))
	counts := make([]int, len(agencies))
	for i, n := range agencies {
		counts[i] = t.ByAgencies[n]
	}
	shown, err := disclosure.List(counts, true, disclosure.Options{})
	if err != nil {
		return nil, err
	}
	for i, n := range agencies {
		p.ByAgencies[strconv.Itoa(n)] = shown.Counts[i]
		if n == 1 && shown.Counts[i] == nil { // how many are linked is everybody less these
			p.LinkedAcrossAgencies = nil
		}
	}
	if n := t.AcrossAgencies; n > 0 && n < disclosure.DefaultThreshold {
		p.LinkedAcrossAgencies = nil
	}
	return p, nil
}
