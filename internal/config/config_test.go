package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lantern.example/lantern/internal/config"
	"lantern.example/lantern/internal/fault"
)

func TestAProviderThatIsSetUp(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		in   config.Provider
		want string // "" when it is good
	}{
		"none":                        {config.Provider{}, ""},
		"https":                       {config.Provider{Issuer: "https://login.example.org/tenant", ClientID: "lantern", SecretFile: secret}, ""},
		"on this machine":             {config.Provider{Issuer: "http://127.0.0.1:9998", ClientID: "lantern"}, ""},
		"plain http":                  {config.Provider{Issuer: "http://login.example.org", ClientID: "lantern"}, "https address"},
		"plain http by a like name":   {config.Provider{Issuer: "http://localhost.example.org", ClientID: "lantern"}, "https address"},
		"with a password in it":       {config.Provider{Issuer: "https://user:pass@login.example.org", ClientID: "lantern"}, "https address"},
		"with a question":             {config.Provider{Issuer: "https://login.example.org/?a=b", ClientID: "lantern"}, "https address"},
		"no address":                  {config.Provider{Issuer: "login.example.org", ClientID: "lantern"}, "https address"},
		"no client":                   {config.Provider{Issuer: "https://login.example.org"}, "--oidc-client-id"},
		"a client without an issuer":  {config.Provider{ClientID: "lantern"}, "--oidc-issuer"},
		"a secret that is not there":  {config.Provider{Issuer: "https://login.example.org", ClientID: "lantern", SecretFile: secret + "2"}, "cannot be read"},
		"on a private net, no issuer": {config.Provider{Inside: true}, "--oidc-issuer"},
	} {
		cfg := config.Config{Data: t.TempDir(), Provider: c.in}
		err := cfg.Check()
		words, _ := fault.Words(err)
		if c.want == "" && err != nil || !strings.Contains(words, c.want) || c.want != "" && !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if c.want == "" && c.in.Issuer != "" && cfg.Provider.Name == "" {
			t.Errorf("%s: it has no name", name)
		}
	}
}
