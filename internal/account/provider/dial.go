package provider

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"

	"lantern.example/lantern/internal/config"
)

// How long the provider may take, and how much it may say.
const (
	dialFor   = 5 * time.Second
	answerFor = 10 * time.Second
	maxAnswer = 1 << 20
)

// reach is where connections may go.
type reach struct {
	loopback bool // the provider is on this very machine, by its own name: a test, or somebody trying it out
	private  bool // the operator said that it is on a private network
}

func reachOf(set config.Provider) reach {
	return reach{loopback: set.Loopback(), private: set.Inside}
}

func ranges(text ...string) (out []netip.Prefix) {
	for _, t := range text {
		out = append(out, netip.MustParsePrefix(t))
	}
	return out
}

var (
	// never are the addresses that no provider has: this network, those of one link, where clouds answer a machine
	// about itself, groups, and what is reserved.
	never = ranges("0.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "100.100.100.200/32", "168.63.129.16/32", "224.0.0.0/4", "240.0.0.0/4",
		"::/128", "fe80::/10", "fec0::/10", "ff00::/8", "fd00:ec2::/32", "fd20:ce::/32")
	// private are those of an organisation's own network.
	private = ranges("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "198.18.0.0/15", "fc00::/7")
	// wrapping are IPv6 ranges that carry an IPv4 address, and where in it: NAT64, 6to4, and two of old.
	wrapping = []struct {
		in netip.Prefix
		at int
	}{{netip.MustParsePrefix("64:ff9b::/96"), 12}, {netip.MustParsePrefix("64:ff9b:1::/48"), 12}, {netip.MustParsePrefix("2002::/16"), 2}, {netip.MustParsePrefix("::/96"), 12}, {netip.MustParsePrefix("::ffff:0:0:0/96"), 12}}
)

func within(in []netip.Prefix, a netip.Addr) bool {
	for _, p := range in {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// permits says why an address may not be reached, nil when it may.
func (x reach) permits(a netip.Addr) error {
	a = a.Unmap().WithZone("")
	if a.Is6() && !a.IsLoopback() && !a.IsUnspecified() {
		b := a.As16()
		for _, w := range wrapping {
			if w.in.Contains(a) {
				return x.permits(netip.AddrFrom4([4]byte(b[w.at : w.at+4])))
			}
		}
	}
	switch {
	case !a.IsValid() || within(never, a):
		return fmt.Errorf("provider: %s is no address of a provider", a)
	case a.IsLoopback() && !x.loopback:
		return fmt.Errorf("provider: %s is this machine", a)
	case within(private, a) && !x.private:
		return fmt.Errorf("provider: %s is on a private network; --oidc-inside says that the provider is there", a)
	}
	return nil
}

// control is called with the address that is about to be reached, after its name was resolved: a name that is one
// address when looked at and another when used gains nothing.
func (x reach) control(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	return x.permits(at.Addr())
}

// client is the one that calls another machine.
func client(set config.Provider) *http.Client {
	x := reachOf(set)
	dialer := &net.Dialer{Timeout: dialFor, Control: x.control}
	transport := &http.Transport{
		Proxy: nil, // a proxy would be dialled in the provider's place, and reach what we do not
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, address)
		},
		TLSHandshakeTimeout: dialFor, ResponseHeaderTimeout: answerFor, MaxIdleConns: 4, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true,
	}
	return &http.Client{Timeout: answerFor, Transport: &bounded{transport, x}, CheckRedirect: func(*http.Request, []*http.Request) error {
		return errors.New("provider: a redirection is not followed")
	}}
}

// bounded asks over https alone, but on this machine, and reads no more than an answer can be.
type bounded struct {
	next http.RoundTripper
	x    reach
}

func (b *bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" && (!b.x.loopback || !isLoopback(r.URL)) {
		return nil, fmt.Errorf("provider: %s is not https", r.URL.Scheme)
	}
	res, err := b.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	res.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(res.Body, maxAnswer), res.Body}
	return res, nil
}

func isLoopback(u *url.URL) bool {
	if u.Hostname() == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(u.Hostname())
	return err == nil && a.Unmap().IsLoopback()
}
