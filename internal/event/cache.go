package event

import "sync"

// cache remembers look-ups by name. It is bounded: partners' files hold few names, a hostile one many.
type cache[V any] struct {
	mu sync.Mutex
	m  map[string]V
}

const cacheSize = 10_000

func (c *cache[V]) get(key string, find func() V) V {
	c.mu.Lock()
	defer c.mu.Unlock()
	if v, ok := c.m[key]; ok {
		return v
	}
	if c.m == nil || len(c.m) >= cacheSize {
		c.m = map[string]V{}
	}
	v := find()
	c.m[key] = v
	return v
}
