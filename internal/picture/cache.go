package picture

import "sync"

// cache keeps the last few counts by scope and loads.
type cache struct {
	mu   sync.Mutex
	m    map[string]Picture
	keys []string // oldest first
}

const cacheSize = 32

func (c *cache) get(key string) (Picture, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, ok := c.m[key]
	return p, ok
}

func (c *cache) put(key string, p Picture) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.m == nil {
		c.m = map[string]Picture{}
	}
	if _, had := c.m[key]; !had {
		c.keys = append(c.keys, key)
		if len(c.keys) > cacheSize {
			delete(c.m, c.keys[0])
			c.keys = c.keys[1:]
		}
	}
	c.m[key] = p
}

func (c *cache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.m, c.keys = nil, nil
}
