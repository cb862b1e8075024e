package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/picture"
)

// wirePicture makes what reads from every room.
func (a *App) wirePicture() {
	a.Rooms = &picture.Rooms{Clock: a.Clock, DB: a.DB, Statements: a.Statements, Events: a.Events, Partnership: a.Partnership, Work: a.Work}
}

func (a *App) loadBoundaries(ctx context.Context, s access.Scope, path string) error { return nil }

func sha256Of(r io.ReaderAt, size int64) (string, error) {
	h := sha256.New()
	if _, err := io.Copy(h, io.NewSectionReader(r, 0, size)); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
