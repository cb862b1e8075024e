package provider_test

import (
	"context"
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"lantern.example/lantern/internal/account/provider"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/config"
	"lantern.example/lantern/internal/fault"
)

const clientID, secret = "lantern", "the client's own secret"

var b64 = base64.RawURLEncoding

// hostile is a provider that answers whatever a test wants it to.
type hostile struct {
	t       *testing.T
	server  *httptest.Server
	key     *rsa.PrivateKey
	now     *clock.Fixed
	lean    func(claims map[string]any)    // changes the ID token before it is signed
	sign    func(head, body string) string // signs it, when not as it should be
	more    map[string]any                 // of what it says of itself
	status  int                            // of the token answer
	answer  func(w http.ResponseWriter) (done bool)
	codes   map[string]string // the challenge each code was asked with
	nonces  map[string]string
	asked   []string
	replies int
	about   map[string]any // what it tells of somebody when asked
}

var key = func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
}()

func begin(t *testing.T) *hostile {
	t.Helper()
	h := &hostile{t: t, key: key, now: clock.At(time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)), codes: map[string]string{}, nonces: map[string]string{}, more: map[string]any{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		said := map[string]any{"issuer": h.server.URL, "authorization_endpoint": h.server.URL + "/authorize", "token_endpoint": h.server.URL + "/token", "jwks_uri": h.server.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"RS256"}, "response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"}}
		for k, v := range h.more {
			said[k] = v
		}
		h.json(w, said)
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		h.json(w, map[string]any{"keys": []any{map[string]any{"kty": "RSA", "kid": "k1", "use": "sig", "alg": "RS256", "n": b64.EncodeToString(h.key.N.Bytes()), "e": b64.EncodeToString(big.NewInt(int64(h.key.E)).Bytes())}}})
	})
	mux.HandleFunc("POST /token", h.token)
	mux.HandleFunc("GET /userinfo", func(w http.ResponseWriter, r *http.Request) {
		if h.about == nil || !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer access-code-") {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		h.json(w, h.about)
	})
	h.server = httptest.NewServer(mux)
	t.Cleanup(h.server.Close)
	return h
}

func (h *hostile) json(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		h.t.Error(err)
	}
}

func (h *hostile) provider() *provider.Provider {
	return provider.New(config.Provider{Issuer: h.server.URL, ClientID: clientID, Name: "Testshire sign-in", ACR: []string{"urn:two"}}, secret, "http://localhost:8080/sign-in/provider/back", h.now)
}

// authorise plays the person and their browser: it gives the answer that comes back.
func (h *hostile) authorise(to string) url.Values {
	h.t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		h.t.Fatal(err)
	}
	q := u.Query()
	h.asked = append(h.asked, u.RawQuery)
	if q.Get("code_challenge_method") != "S256" || q.Get("code_challenge") == "" || q.Get("nonce") == "" || q.Get("state") == "" || q.Get("response_type") != "code" {
		h.t.Errorf("asked with %v, want PKCE, nonce and state", q)
	}
	code := fmt.Sprintf("code-%d", len(h.codes))
	h.codes[code], h.nonces[code] = q.Get("code_challenge"), q.Get("nonce")
	return url.Values{"code": {code}, "state": {q.Get("state")}}
}

func (h *hostile) token(w http.ResponseWriter, r *http.Request) {
	h.replies++
	if h.answer != nil && h.answer(w) {
		return
	}
	if err := r.ParseForm(); err != nil {
		h.t.Error(err)
	}
	code := r.PostForm.Get("code")
	sum := sha256.Sum256([]byte(r.PostForm.Get("code_verifier")))
	challenge, ok := h.codes[code]
	delete(h.codes, code)
	if !ok || challenge != b64.EncodeToString(sum[:]) {
		w.WriteHeader(http.StatusBadRequest)
		h.json(w, map[string]string{"error": "invalid_grant"})
		return
	}
	now := h.now.Now().Unix()
	access := "access-" + code
	half := sha256.Sum256([]byte(access))
	c := map[string]any{"iss": h.server.URL, "sub": "42", "aud": clientID, "exp": now + 300, "iat": now, "nonce": h.nonces[code], "at_hash": b64.EncodeToString(half[:16]),
		"email": "ada@police.example", "email_verified": true, "auth_time": now - 10, "amr": []string{"pwd"}}
	if h.lean != nil {
		h.lean(c)
	}
	b, err := json.Marshal(c)
	if err != nil {
		h.t.Error(err)
	}
	head, body := b64.EncodeToString([]byte(`{"alg":"RS256","kid":"k1","typ":"JWT"}`)), b64.EncodeToString(b)
	id := h.signed(h.key, head, body)
	if h.sign != nil {
		id = h.sign(head, body)
	}
	h.json(w, map[string]any{"access_token": access, "token_type": "Bearer", "expires_in": 300, "id_token": id})
}

func (h *hostile) signed(k *rsa.PrivateKey, head, body string) string {
	sum := sha256.Sum256([]byte(head + "." + body))
	sig, err := rsa.SignPKCS1v15(rand.Reader, k, crypto.SHA256, sum[:])
	if err != nil {
		h.t.Error(err)
	}
	return head + "." + body + "." + b64.EncodeToString(sig)
}

func TestSigningInThere(t *testing.T) {
	h := begin(t)
	p := h.provider()
	to, asked, err := p.Ask(context.Background(), false)
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.Take(context.Background(), asked, h.authorise(to))
	if err != nil {
		t.Fatal(err)
	}
	if got.Issuer != h.server.URL || got.Subject != "42" || got.Email != "ada@police.example" || got.TwoSteps || !got.At.Equal(h.now.Now().Add(-10*time.Second)) {
		t.Errorf("the answer is %+v", got)
	}
	if q := h.asked[0]; !strings.Contains(q, "acr_values=urn%3Atwo") || strings.Contains(q, "prompt=") || strings.Contains(q, url.QueryEscape(secret)) {
		t.Errorf("asked with %q", q)
	}
	to, asked, err = p.Ask(context.Background(), true)
	if err != nil || !strings.Contains(to, "prompt=login") || !strings.Contains(to, "max_age=0") {
		t.Errorf("asked for anew with %q (%v)", to, err)
	}
	if _, err := p.Take(context.Background(), asked, h.authorise(to)); err != nil {
		t.Error(err)
	}
}

func TestWhatWasShownThere(t *testing.T) {
	for name, c := range map[string]struct {
		lean func(map[string]any)
		want bool
	}{
		"a password":                 {func(map[string]any) {}, false},
		"nothing said":               {func(c map[string]any) { delete(c, "amr") }, false},
		"the word for it":            {func(c map[string]any) { c["amr"] = []string{"pwd", "mfa"} }, true},
		"a password and a code":      {func(c map[string]any) { c["amr"] = []string{"pwd", "otp"} }, true},
		"a key and a finger":         {func(c map[string]any) { c["amr"] = []string{"hwk", "fpt"} }, true},
		"two of one sort":            {func(c map[string]any) { c["amr"] = []string{"pwd", "kba", "pin"} }, false},
		"a password and who knows":   {func(c map[string]any) { c["amr"] = []string{"pwd", "user", "rba"} }, false},
		"a class the operator named": {func(c map[string]any) { c["acr"] = "urn:two" }, true},
		"another class":              {func(c map[string]any) { c["acr"] = "urn:one" }, false},
	} {
		h := begin(t)
		h.lean = c.lean
		p := h.provider()
		to, asked, err := p.Ask(context.Background(), false)
		if err != nil {
			t.Fatal(err)
		}
		got, err := p.Take(context.Background(), asked, h.authorise(to))
		if err != nil || got.TwoSteps != c.want {
			t.Errorf("%s: two steps %v (%v), want %v", name, got.TwoSteps, err, c.want)
		}
	}
	for name, v := range map[string]any{"not checked": false, "no word": nil, "another word": "yes"} {
		h := begin(t)
		h.lean = func(c map[string]any) { c["email_verified"] = v }
		p := h.provider()
		to, asked, err := p.Ask(context.Background(), false)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := p.Take(context.Background(), asked, h.authorise(to)); err != nil || got.Email != "" {
			t.Errorf("an address that is %s: %q (%v), want none", name, got.Email, err)
		}
	}
}

// Most providers leave the address out of the token; what they tell of somebody else is not taken.
func TestTheAddressIsAskedFor(t *testing.T) {
	for name, c := range map[string]struct {
		about map[string]any
		want  string
		taken bool
	}{
		"checked":       {map[string]any{"sub": "42", "email": "ada@police.example", "email_verified": true}, "ada@police.example", true},
		"not checked":   {map[string]any{"sub": "42", "email": "ada@police.example", "email_verified": false}, "", true},
		"not told":      {map[string]any{"sub": "42"}, "", true},
		"no answer":     {nil, "", true},
		"somebody else": {map[string]any{"sub": "43", "email": "eve@police.example", "email_verified": true}, "", false},
	} {
		h := begin(t)
		h.more["userinfo_endpoint"] = h.server.URL + "/userinfo"
		h.lean = func(c map[string]any) { delete(c, "email"); delete(c, "email_verified") }
		h.about = c.about
		p := h.provider()
		to, asked, err := p.Ask(context.Background(), false)
		if err != nil {
			t.Fatal(err)
		}
		got, err := p.Take(context.Background(), asked, h.authorise(to))
		if (err == nil) != c.taken || got.Email != c.want {
			t.Errorf("%s: %q (%v), want %q, taken %v", name, got.Email, err, c.want, c.taken)
		}
	}
}

// Every token that is not exactly the one that was asked for is refused.
func TestMutatedTokens(t *testing.T) {
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	set := func(k string, v any) func(*hostile) {
		return func(h *hostile) { h.lean = func(c map[string]any) { c[k] = v } }
	}
	none := func(k string) func(*hostile) {
		return func(h *hostile) { h.lean = func(c map[string]any) { delete(c, k) } }
	}
	at := func(k string, d time.Duration) func(*hostile) {
		return func(h *hostile) { h.lean = func(c map[string]any) { c[k] = h.now.Now().Add(d).Unix() } }
	}
	for name, change := range map[string]func(h *hostile){
		"another issuer":            set("iss", "https://elsewhere.example"),
		"no issuer":                 none("iss"),
		"another audience":          set("aud", "another client"),
		"no audience":               none("aud"),
		"an audience beside others": set("aud", []string{clientID, "another client"}),
		"another authorised party":  set("azp", "another client"),
		"another nonce":             set("nonce", "made up"),
		"no nonce":                  none("nonce"),
		"no subject":                none("sub"),
		"an empty subject":          set("sub", ""),
		"an endless subject":        set("sub", strings.Repeat("4", 300)),
		"it ended":                  at("exp", -time.Minute),
		"no end":                    none("exp"),
		"made tomorrow":             at("iat", 24*time.Hour),
		"made yesterday":            at("iat", -24*time.Hour),
		"not good yet":              at("nbf", time.Hour),
		"signed in tomorrow":        at("auth_time", 24*time.Hour),
		"another access token":      set("at_hash", b64.EncodeToString(make([]byte, 16))),
		"claims of another kind":    set("amr", "pwd"),
		"signed by another": func(h *hostile) {
			h.sign = func(head, body string) string { return h.signed(other, head, body) }
		},
		"not signed": func(h *hostile) {
			h.sign = func(_, body string) string { return b64.EncodeToString([]byte(`{"alg":"none"}`)) + "." + body + "." }
		},
		"signed with our secret": func(h *hostile) {
			h.sign = func(_, body string) string { return hs256(secret, body) }
		},
		"signed with its public key as a secret": func(h *hostile) {
			h.sign = func(_, body string) string { return hs256(string(h.key.N.Bytes()), body) }
		},
		"changed after signing": func(h *hostile) {
			h.sign = func(head, body string) string {
				parts := strings.Split(h.signed(h.key, head, body), ".")
				plain, _ := b64.DecodeString(parts[1]) //nolint:errcheck // our own
				return parts[0] + "." + b64.EncodeToString([]byte(strings.Replace(string(plain), `"sub":"42"`, `"sub":"43"`, 1))) + "." + parts[2]
			}
		},
		"no ID token": func(h *hostile) {
			h.answer = func(w http.ResponseWriter) bool {
				h.json(w, map[string]any{"access_token": "a", "token_type": "Bearer"})
				return true
			}
		},
		"no token at all": func(h *hostile) { h.sign = func(_, _ string) string { return "nothing" } },
	} {
		t.Run(name, func(t *testing.T) {
			h := begin(t)
			change(h)
			p := h.provider()
			to, asked, err := p.Ask(context.Background(), false)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := p.Take(context.Background(), asked, h.authorise(to)); !fault.Is(err, fault.Unauthenticated) {
				t.Errorf("taken as %+v (%v)", got, err)
			}
		})
	}
}

func hs256(secret, body string) string {
	head := b64.EncodeToString([]byte(`{"alg":"HS256","kid":"k1","typ":"JWT"}`))
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(head + "." + body))
	return head + "." + body + "." + b64.EncodeToString(m.Sum(nil))
}

// An answer belongs to one question.
func TestAnswersThatWereNotAskedFor(t *testing.T) {
	ctx := context.Background()
	for name, change := range map[string]func(h *hostile, asked *provider.Asked, q url.Values){
		"another state":     func(_ *hostile, _ *provider.Asked, q url.Values) { q.Set("state", "made up") },
		"no state":          func(_ *hostile, _ *provider.Asked, q url.Values) { q.Del("state") },
		"nothing was asked": func(_ *hostile, a *provider.Asked, q url.Values) { *a = provider.Asked{}; q.Del("state") },
		"another's code": func(_ *hostile, a *provider.Asked, _ url.Values) {
			a.Verifier = "another browser's verifier, of some length"
		},
		"a code made up":     func(_ *hostile, _ *provider.Asked, q url.Values) { q.Set("code", "made up") },
		"no code":            func(_ *hostile, _ *provider.Asked, q url.Values) { q.Del("code") },
		"an error":           func(_ *hostile, _ *provider.Asked, q url.Values) { q.Set("error", "access_denied") },
		"from another":       func(_ *hostile, _ *provider.Asked, q url.Values) { q.Set("iss", "https://elsewhere.example") },
		"too late":           func(h *hostile, _ *provider.Asked, _ url.Values) { h.now.Advance(provider.AnswerWithin + time.Second) },
		"a nonce of another": func(_ *hostile, a *provider.Asked, _ url.Values) { a.Nonce = "another's" },
	} {
		h := begin(t)
		p := h.provider()
		to, asked, err := p.Ask(ctx, false)
		if err != nil {
			t.Fatal(err)
		}
		q := h.authorise(to)
		change(h, &asked, q)
		if got, err := p.Take(ctx, asked, q); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%s: taken as %+v (%v)", name, got, err)
		}
	}
	// A provider that says whom it is must say so each time.
	h := begin(t)
	h.more["authorization_response_iss_parameter_supported"] = true
	p := h.provider()
	to, asked, err := p.Ask(ctx, false)
	if err != nil {
		t.Fatal(err)
	}
	q := h.authorise(to)
	if _, err := p.Take(ctx, asked, q); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("without iss: %v", err)
	}
	q.Set("iss", h.server.URL)
	if _, err := p.Take(ctx, asked, q); err != nil {
		t.Errorf("with iss: %v", err)
	}
	// A code is good once.
	if _, err := p.Take(ctx, asked, q); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("a second time: %v", err)
	}
	// Asked to sign in anew, an old sign-in is not taken, nor one of which nothing is known.
	for name, lean := range map[string]func(map[string]any){
		"an hour ago": func(c map[string]any) { c["auth_time"] = c["iat"].(int64) - 3600 },
		"not said":    func(c map[string]any) { delete(c, "auth_time") },
	} {
		h.lean = lean
		to, asked, err := p.Ask(ctx, true)
		if err != nil {
			t.Fatal(err)
		}
		q := h.authorise(to)
		q.Set("iss", h.server.URL)
		if _, err := p.Take(ctx, asked, q); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("signed in %s, asked for anew: %v", name, err)
		}
	}
}

func TestAProviderThatDoesNotAnswer(t *testing.T) {
	ctx := context.Background()
	ask := func(h *hostile) (*provider.Provider, provider.Asked, url.Values) {
		p := h.provider()
		to, asked, err := p.Ask(ctx, false)
		if err != nil {
			t.Fatal(err)
		}
		return p, asked, h.authorise(to)
	}
	h := begin(t)
	p, asked, q := ask(h)
	h.answer = func(w http.ResponseWriter) bool { w.WriteHeader(http.StatusBadGateway); return true }
	if _, err := p.Take(ctx, asked, q); !fault.Is(err, fault.Unavailable) {
		t.Errorf("it is broken: %v", err)
	}
	h = begin(t)
	p, asked, q = ask(h)
	h.answer = func(w http.ResponseWriter) bool {
		w.Header().Set("Location", "http://169.254.169.254/latest/meta-data/")
		w.WriteHeader(http.StatusTemporaryRedirect)
		return true
	}
	if _, err := p.Take(ctx, asked, q); !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "redirection") {
		t.Errorf("it sends on elsewhere: %v", err)
	}
	h = begin(t)
	h.more["code_challenge_methods_supported"] = []string{"plain"}
	if _, _, err := h.provider().Ask(ctx, false); !fault.Is(err, fault.Unavailable) {
		t.Errorf("without PKCE: %v", err)
	}
	h = begin(t)
	h.more["issuer"] = "https://elsewhere.example"
	if _, _, err := h.provider().Ask(ctx, false); !fault.Is(err, fault.Unavailable) {
		t.Errorf("it says it is another: %v", err)
	}
	// It comes back, and so do we.
	h = begin(t)
	p = h.provider()
	h.more["issuer"] = "https://elsewhere.example"
	_, _, _ = p.Ask(ctx, false) //nolint:errcheck // shown above
	delete(h.more, "issuer")
	if _, _, err := p.Ask(ctx, false); err != nil {
		t.Errorf("once it answers: %v", err)
	}
}
