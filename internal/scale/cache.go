package scale

import (
	"context"
	"fmt"
	"sync"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
)

// cache keeps the last few answers by what they rest on.
type cache struct {
	mu   sync.Mutex
	m    map[string][]Trend
	keys []string // oldest first
}

const cacheSize = 32

func (c *cache) get(key string) ([]Trend, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t, ok := c.m[key]
	return t, ok
}

func (c *cache) put(key string, t []Trend) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.m == nil {
		c.m = map[string][]Trend{}
	}
	if _, had := c.m[key]; !had {
		c.keys = append(c.keys, key)
		if len(c.keys) > cacheSize {
			delete(c.m, c.keys[0])
			c.keys = c.keys[1:]
		}
	}
	c.m[key] = t
}

// version changes whenever the answer can have: with what the scope may read, with the live loads, the wordings, and the month,
// because a month is left out until it is over.
func (s *Store) version(ctx context.Context, q database.Queryer, scope access.Scope, cites []string) (string, error) {
	cond, args := scope.Where("s", 1)
	loads, err := database.One(ctx, q, func(r database.Scanner) (string, error) {
		var n, ended, undone int64
		err := r.Scan(&n, &ended, &undone)
		return fmt.Sprintf("%d %d %d", n, ended, undone), err
	}, "SELECT count(*), coalesce(max(ended_at), 0), coalesce(max(undone_at), 0) FROM load WHERE state <> 'loading'")
	return fmt.Sprint(cond, args, loads, cites, clock.Today(s.clock).Format("2006-01")), err
}
