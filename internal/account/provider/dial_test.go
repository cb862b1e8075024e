package provider

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"lantern.example/lantern/internal/config"
)

func TestWhereConnectionsMayGo(t *testing.T) {
	for text, c := range map[string]struct{ plain, inside, here bool }{
		"8.8.8.8":                {true, true, true},
		"2606:4700:4700::1111":   {true, true, true},
		"127.0.0.1":              {false, false, true},
		"127.8.8.8":              {false, false, true},
		"::1":                    {false, false, true},
		"::ffff:127.0.0.1":       {false, false, true},
		"10.1.2.3":               {false, true, false},
		"172.16.0.1":             {false, true, false},
		"172.32.0.1":             {true, true, true},
		"192.168.1.1":            {false, true, false},
		"100.64.0.1":             {false, true, false},
		"fd12:3456::1":           {false, true, false},
		"::ffff:10.1.2.3":        {false, true, false},
		"169.254.169.254":        {},
		"169.254.0.1":            {},
		"::ffff:169.254.169.254": {},
		"64:ff9b::a9fe:a9fe":     {}, // NAT64 of 169.254.169.254
		"64:ff9b:1::a9fe:a9fe":   {},
		"2002:a9fe:a9fe::1":      {}, // 6to4 of it
		"::a9fe:a9fe":            {},
		"64:ff9b::7f00:1":        {false, false, true},
		"64:ff9b::808:808":       {true, true, true},
		"fe80::1":                {},
		"fe80::1%eth0":           {},
		"fec0::1":                {},
		"fd00:ec2::254":          {},
		"fd20:ce::254":           {},
		"100.100.100.200":        {},
		"168.63.129.16":          {},
		"192.0.0.192":            {},
		"0.0.0.0":                {},
		"0.1.2.3":                {},
		"::":                     {},
		"224.0.0.1":              {},
		"ff02::1":                {},
		"255.255.255.255":        {},
		"240.0.0.1":              {},
	} {
		a := netip.MustParseAddr(text)
		for name, x := range map[string]struct {
			reach
			want bool
		}{"as it comes": {reach{}, c.plain}, "on a private network": {reach{private: true}, c.inside}, "on this machine": {reach{loopback: true}, c.here}} {
			if err := x.permits(a); (err == nil) != x.want {
				t.Errorf("%s, %s: %v, want reached %v", text, name, err, x.want)
			}
		}
	}
	if (reach{loopback: true, private: true}).permits(netip.Addr{}) == nil {
		t.Error("no address at all may be reached")
	}
	if (reach{}).control("tcp", "not an address", nil) == nil {
		t.Error("what is no address may be reached")
	}
}

// The dialer itself refuses, whatever the name said when it was looked at: a name that resolves to this machine.
func TestTheDialerLooksAtTheAddress(t *testing.T) {
	asked := 0
	s := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer s.Close()
	c := client(config.Provider{Issuer: "https://login.example.org"})
	for _, to := range []string{s.URL, strings.Replace(s.URL, "127.0.0.1", "localhost", 1), "https://169.254.169.254/latest/meta-data/", "https://[::1]:1/", "https://[fd00:ec2::254]/", "https://10.0.0.1/"} {
		req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, to, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := c.Do(req)
		if err == nil {
			_ = res.Body.Close() //nolint:errcheck // not read
			t.Errorf("%s was reached", to)
			continue
		}
		if !strings.Contains(err.Error(), "provider: ") {
			t.Errorf("%s: %v, want our own refusal", to, err)
		}
	}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://login.example.org/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if res, err := c.Do(req); err == nil || !strings.Contains(err.Error(), "not https") {
		if err == nil {
			_ = res.Body.Close() //nolint:errcheck // not read
		}
		t.Errorf("plain http: %v", err)
	}
	if asked > 0 {
		t.Errorf("this machine was asked %d times", asked)
	}
}
