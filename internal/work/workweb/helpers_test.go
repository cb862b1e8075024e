package workweb_test

import (
	"context"
	"errors"
	"time"

	"github.com/PuerkitoBio/goquery"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/work"
)

type goqueryS = goquery.Selection

// sourceOf is a room with one thing waiting in it.
func sourceOf(i work.Item) func(context.Context, database.Queryer, access.Scope, time.Time) ([]work.Item, error) {
	return func(context.Context, database.Queryer, access.Scope, time.Time) ([]work.Item, error) {
		return []work.Item{i}, nil
	}
}

// failing is a room that cannot answer.
func failing(context.Context, database.Queryer, access.Scope, time.Time) ([]work.Item, error) {
	return nil, errors.New("the room is flooded")
}
