// Package provider lets people sign in through their organisation's own OpenID Connect provider, where one was set up.
// It is the one part of Lantern that calls another machine, and only once somebody uses it.
//
// The flow is the code flow with PKCE, a state and a nonce, each used once (OpenID Connect Core 1.0, RFC 7636, RFC
// 9207). Tokens are checked by coreos/go-oidc: signature, issuer, audience, end; and here: nonce, authorised party,
// access-token hash, when they signed in there (auth_time) and by which means (amr, acr). Connections are made by a
// dialer that looks at the address it is about to reach, after the name was resolved: never a machine's own
// neighbourhood, where clouds keep secrets, and a private network only where the operator says that the provider is
// there. It follows no redirection.
package provider

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/config"
	"lantern.example/lantern/internal/fault"
)

// Provider is one OpenID Connect provider. It is safe for concurrent use.
type Provider struct {
	// Name is what people call it, on the button.
	Name     string
	set      config.Provider
	secret   string
	redirect string
	clock    clock.Clock
	client   *http.Client

	mu    sync.Mutex
	found *found
}

// found is what the provider says of itself.
type found struct {
	oidc    *oidc.Provider
	oauth   oauth2.Config
	sendsIt bool // iss comes with the answer (RFC 9207)
}

// New prepares a provider; nothing is called yet. Redirect is where it sends people back to.
func New(set config.Provider, secret, redirect string, c clock.Clock) *Provider {
	return &Provider{Name: set.Name, set: set, secret: secret, redirect: redirect, clock: c, client: client(set)}
}

// Issuer is the provider's own name for itself, under which its identities are kept.
func (p *Provider) Issuer() string { return p.set.Issuer }

func (p *Provider) context(ctx context.Context) context.Context {
	return oidc.ClientContext(ctx, p.client)
}

// discover asks the provider about itself, once; a failure is asked again the next time.
func (p *Provider) discover(ctx context.Context) (*found, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found != nil {
		return p.found, nil
	}
	// The keys are asked for later, in requests of their own: their client stays, this request's end does not end it.
	o, err := oidc.NewProvider(p.context(context.WithoutCancel(ctx)), p.set.Issuer)
	if err != nil {
		return nil, p.unreachable(err)
	}
	var more struct {
		SendsIt bool     `json:"authorization_response_iss_parameter_supported"`
		PKCE    []string `json:"code_challenge_methods_supported"`
	}
	if err := o.Claims(&more); err != nil {
		return nil, p.unreachable(err)
	}
	if len(more.PKCE) > 0 && !slices.Contains(more.PKCE, "S256") {
		return nil, p.unreachable(errors.New("it does not know PKCE with S256"))
	}
	p.found = &found{oidc: o, sendsIt: more.SendsIt, oauth: oauth2.Config{
		ClientID: p.set.ClientID, ClientSecret: p.secret, RedirectURL: p.redirect, Endpoint: o.Endpoint(), Scopes: []string{oidc.ScopeOpenID, "email"},
	}}
	return p.found, nil
}

func (p *Provider) unreachable(cause error) error {
	return fault.Wrap(fault.Unavailable, cause, "%s does not answer just now. Try again in a moment, or sign in another way.", p.Name)
}

// Asked is what is kept of a question to the provider until its answer, which must fit it.
type Asked struct {
	State, Nonce, Verifier string
	At                     int64 // UTC microseconds
	Fresh                  bool
}

// AnswerWithin is how long an answer may take.
const AnswerWithin = 15 * time.Minute

// FreshFor is how long ago somebody may have signed in there for it to count as a proof now.
const FreshFor = 5 * time.Minute

func random() (string, error) {
	b := make([]byte, 32)
	_, err := rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b), err
}

// Ask is where to send somebody, and what to keep. Fresh asks the provider to let them sign in anew.
func (p *Provider) Ask(ctx context.Context, fresh bool) (to string, asked Asked, err error) {
	f, err := p.discover(ctx)
	if err != nil {
		return "", Asked{}, err
	}
	asked = Asked{At: clock.Micros(p.clock.Now()), Fresh: fresh, Verifier: oauth2.GenerateVerifier()}
	if asked.State, err = random(); err != nil {
		return "", Asked{}, err
	}
	if asked.Nonce, err = random(); err != nil {
		return "", Asked{}, err
	}
	opts := []oauth2.AuthCodeOption{oidc.Nonce(asked.Nonce), oauth2.S256ChallengeOption(asked.Verifier)}
	if fresh {
		opts = append(opts, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	}
	if len(p.set.ACR) > 0 {
		opts = append(opts, oauth2.SetAuthURLParam("acr_values", strings.Join(p.set.ACR, " ")))
	}
	return f.oauth.AuthCodeURL(asked.State, opts...), asked, nil
}

// Answer is who somebody is, as the provider says.
type Answer struct {
	Issuer, Subject string
	Email           string // "" unless the provider has checked it
	// TwoSteps says that they showed two things there.
	TwoSteps bool
	// At is when they signed in there; zero when it does not say.
	At time.Time
}

// no refuses an answer that does not hold; the cause is for the log.
func (p *Provider) no(format string, args ...any) error {
	return fault.Wrap(fault.Unauthenticated, fmt.Errorf(format, args...), "The answer of %s was not accepted. Try again, or sign in another way.", p.Name)
}

// Take reads the answer that came back to the redirect address and says who it is. Anything that does not fit what was
// asked, or is not signed by this provider for this Lantern, is an Unauthenticated fault.
func (p *Provider) Take(ctx context.Context, asked Asked, q url.Values) (Answer, error) {
	f, err := p.discover(ctx)
	if err != nil {
		return Answer{}, err
	}
	now := p.clock.Now()
	switch {
	case asked.State == "" || subtle.ConstantTimeCompare([]byte(asked.State), []byte(q.Get("state"))) != 1:
		return Answer{}, p.no("provider: the state is not the one that was asked with")
	case now.Sub(clock.FromMicros(asked.At)) > AnswerWithin:
		return Answer{}, p.no("provider: the answer took longer than %s", AnswerWithin)
	case q.Has("iss") && q.Get("iss") != p.set.Issuer, f.sendsIt && !q.Has("iss"):
		return Answer{}, p.no("provider: the answer is from %q", q.Get("iss"))
	case q.Has("error"):
		return Answer{}, p.no("provider: it answered %q", q.Get("error"))
	case q.Get("code") == "":
		return Answer{}, p.no("provider: there is no code")
	}
	token, err := f.oauth.Exchange(p.context(ctx), q.Get("code"), oauth2.VerifierOption(asked.Verifier))
	if err != nil {
		return Answer{}, p.exchanged(err)
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return Answer{}, p.no("provider: there is no ID token")
	}
	return p.verify(ctx, f, asked, token, raw, now)
}

// exchanged tells a provider that says no from one that does not answer.
func (p *Provider) exchanged(err error) error {
	var said *oauth2.RetrieveError
	if errors.As(err, &said) && said.Response != nil && said.Response.StatusCode < http.StatusInternalServerError {
		return p.no("provider: the code was not exchanged: %w", err)
	}
	return p.unreachable(err)
}

type claims struct {
	AuthorisedParty string   `json:"azp"`
	Email           string   `json:"email"`
	EmailVerified   any      `json:"email_verified"` // a word with some
	ACR             string   `json:"acr"`
	AMR             []string `json:"amr"`
	AuthTime        int64    `json:"auth_time"`
}

// skew is how far the two clocks may be apart.
const skew = time.Minute

func (p *Provider) verify(ctx context.Context, f *found, asked Asked, token *oauth2.Token, raw string, now time.Time) (Answer, error) {
	id, err := f.oidc.VerifierContext(p.context(ctx), &oidc.Config{ClientID: p.set.ClientID, Now: p.clock.Now}).Verify(p.context(ctx), raw)
	if err != nil {
		return Answer{}, p.no("provider: the ID token does not hold: %w", err)
	}
	var c claims
	if err := id.Claims(&c); err != nil {
		return Answer{}, p.no("provider: the ID token cannot be read: %w", err)
	}
	at := time.Time{}
	if c.AuthTime > 0 {
		at = time.Unix(c.AuthTime, 0).UTC()
	}
	switch {
	case subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(asked.Nonce)) != 1:
		return Answer{}, p.no("provider: the nonce is not the one that was asked with")
	case c.AuthorisedParty != "" && c.AuthorisedParty != p.set.ClientID, len(id.Audience) > 1 && c.AuthorisedParty == "":
		return Answer{}, p.no("provider: the ID token is for %q", c.AuthorisedParty)
	case id.Subject == "" || len(id.Subject) > 255:
		return Answer{}, p.no("provider: the subject has %d signs", len(id.Subject))
	case id.IssuedAt.After(now.Add(skew)) || now.Sub(id.IssuedAt) > AnswerWithin:
		return Answer{}, p.no("provider: the ID token was made at %s", id.IssuedAt)
	case at.After(now.Add(skew)):
		return Answer{}, p.no("provider: they sign in there at %s", at)
	case asked.Fresh && now.Sub(at) > FreshFor:
		return Answer{}, p.no("provider: asked to sign in anew, they did so at %s", at)
	}
	if id.AccessTokenHash != "" {
		if err := id.VerifyAccessToken(token.AccessToken); err != nil {
			return Answer{}, p.no("provider: the access token is another: %w", err)
		}
	}
	if c.Email == "" {
		if err := p.address(ctx, f, token, id.Subject, &c); err != nil {
			return Answer{}, err
		}
	}
	out := Answer{Issuer: id.Issuer, Subject: id.Subject, At: at, TwoSteps: p.twoSteps(c)}
	if c.EmailVerified == true || c.EmailVerified == "true" {
		out.Email = c.Email
	}
	return out, nil
}

// address asks for what the provider leaves out of the ID token, which most do: the e-mail address. What is said of
// somebody else is not taken. Without an answer there is no address, and the sign-in stands.
func (p *Provider) address(ctx context.Context, f *found, token *oauth2.Token, subject string, c *claims) error {
	if f.oidc.UserInfoEndpoint() == "" {
		return nil
	}
	said, err := f.oidc.UserInfo(p.context(ctx), oauth2.StaticTokenSource(token))
	if err != nil {
		return nil //nolint:nilerr // see above
	}
	if said.Subject != subject {
		return p.no("provider: asked about one, it told of another")
	}
	c.Email, c.EmailVerified = said.Email, said.EmailVerified
	return nil
}

// oneThing are the ways of signing in (RFC 8176) that show something one knows, holds or is.
var oneThing = map[string]string{
	"pwd": "knows", "pin": "knows", "kba": "knows",
	"otp": "holds", "hwk": "holds", "swk": "holds", "sc": "holds", "sms": "holds", "tel": "holds", "pop": "holds",
	"fpt": "is", "face": "is", "iris": "is", "retina": "is", "vbm": "is",
}

// twoSteps reports whether the provider says that two things were shown: by a class the operator named, by the word
// mfa, or by ways of two sorts.
func (p *Provider) twoSteps(c claims) bool {
	if slices.Contains(p.set.ACR, c.ACR) || slices.Contains(c.AMR, "mfa") {
		return true
	}
	sorts := map[string]bool{}
	for _, way := range c.AMR {
		if s := oneThing[way]; s != "" {
			sorts[s] = true
		}
	}
	return len(sorts) > 1
}
