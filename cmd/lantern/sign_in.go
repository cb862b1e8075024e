package main

import "lantern.example/lantern/internal/config"

// signInFlags are how people sign in, for the commands that serve and that look at what is served.
type signInFlags struct {
	OIDCIssuer       string   `help:"Let people sign in through this OpenID Connect provider: its issuer, exactly as it writes it. Without, nothing outside is ever called." env:"LANTERN_OIDC_ISSUER" placeholder:"https://…" name:"oidc-issuer"`
	OIDCClientID     string   `help:"The name the provider knows this Lantern by." env:"LANTERN_OIDC_CLIENT_ID" placeholder:"ID" name:"oidc-client-id"`
	OIDCClientSecret string   `help:"File that holds the provider's secret for this Lantern." env:"LANTERN_OIDC_CLIENT_SECRET_FILE" placeholder:"FILE" name:"oidc-client-secret-file"`
	OIDCName         string   `help:"What people call the provider, on the button." env:"LANTERN_OIDC_NAME" placeholder:"WORDS" name:"oidc-name"`
	OIDCACR          []string `help:"Values of acr that say that two steps were shown there; amr is read in any case." env:"LANTERN_OIDC_ACR" placeholder:"VALUE" name:"oidc-acr"`
	OIDCInside       bool     `help:"The provider is on a private network: addresses such as 10.0.0.1 may be called." env:"LANTERN_OIDC_INSIDE" name:"oidc-inside"`
	Breached         string   `help:"Passwords known from breaches, which nobody may choose: a sorted file of SHA-1 hashes, or a folder of files by their first five digits. Nothing is asked of anybody." env:"LANTERN_BREACHED_PASSWORDS" placeholder:"PATH" name:"breached-passwords"`
}

func (f signInFlags) into(c config.Config) config.Config {
	c.Breached = f.Breached
	c.Provider = config.Provider{Issuer: f.OIDCIssuer, ClientID: f.OIDCClientID, SecretFile: f.OIDCClientSecret, Name: f.OIDCName, ACR: f.OIDCACR, Inside: f.OIDCInside}
	return c
}
