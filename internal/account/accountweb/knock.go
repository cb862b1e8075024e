package accountweb

import (
	"net/http"
	"sync"
	"time"

	"lantern.example/lantern/internal/fault"
)

// mostKnocks is how often in a minute one address may begin to sign in with a passkey or through the provider before anybody has shown who they
// are: each beginning is kept until it is answered. A whole organisation may share an address.
const mostKnocks = 120

// mostAddresses bounds what is remembered of a minute. Beyond it nothing is counted: account.MostUnknown still holds.
const mostAddresses = 20_000

// door counts beginnings by address, a minute at a time. Each copy of the program counts for itself.
type door struct {
	mu     sync.Mutex
	minute time.Time
	counts map[string]int
}

func (d *door) open(at time.Time, address string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if m := at.Truncate(time.Minute); d.counts == nil || !m.Equal(d.minute) {
		d.minute, d.counts = m, map[string]int{}
	}
	if _, known := d.counts[address]; !known && len(d.counts) >= mostAddresses {
		return true
	}
	d.counts[address]++
	return d.counts[address] <= mostKnocks
}

// knock refuses an address that begins too often.
func (p *Pages) knock(r *http.Request) error {
	if p.door.open(p.Site.Clock.Now(), p.from(r).Address) {
		return nil
	}
	return fault.New(fault.TooMany, "Too many sign-ins were begun from your network in the last minute. Wait a minute and try again, or use your password.")
}
