// Package ssotest is a directory (OpenID provider) for tests: it speaks the protocol over HTTP, signs its tokens and
// checks code, client and PKCE, and it can be told to misbehave.
package ssotest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Client and Secret are what the directory knows the product by.
const (
	Client = "cunfen"
	Secret = "directory-secret"
)

// Provider is the directory. Bend changes a token's claims before it is signed.
type Provider struct {
	URL  string
	Now  func() time.Time
	Bend func(claims map[string]any)
	Sign func(payload []byte) string // instead of the directory's own signature

	mu    sync.Mutex
	key   *rsa.PrivateKey
	asked map[string]url.Values // by code
	who   map[string]any
}

// Up runs one until the test ends.
func Up(t testing.TB) *Provider {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &Provider{key: key, Now: time.Now, asked: map[string]url.Values{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.describe)
	mux.HandleFunc("GET /keys", p.keys)
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	p.URL = srv.URL
	return p
}

// Host is how the operator lists it.
func (p *Provider) Host() string { u, _ := url.Parse(p.URL); return u.Host }

// Be says who is at the browser: the claims of the person.
func (p *Provider) Be(claims map[string]any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.who = claims
}

func (p *Provider) describe(w http.ResponseWriter, _ *http.Request) {
	answer(w, map[string]any{"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
		"id_token_signing_alg_values_supported": []string{"RS256"}, "response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"}})
}

func (p *Provider) keys(w http.ResponseWriter, _ *http.Request) {
	answer(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: p.key.Public(), KeyID: "k1", Algorithm: "RS256", Use: "sig"}}})
}

// authorize lets the person in at once and sends the browser back with a code.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	to, err := p.Allow(r.URL.Query())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	http.Redirect(w, r, to, http.StatusFound)
}

// Allow is what the browser comes back with after somebody was sent with the query.
func (p *Provider) Allow(q url.Values) (to string, err error) {
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil {
		return "", err
	}
	code := rand.Text()
	p.mu.Lock()
	p.asked[code] = q
	p.mu.Unlock()
	back.RawQuery = url.Values{"code": {code}, "state": {q.Get("state")}}.Encode()
	return back.String(), nil
}

func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	q, known := p.asked[r.FormValue("code")]
	delete(p.asked, r.FormValue("code"))
	id, secret, _ := r.BasicAuth()
	challenge := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	if !known || id != Client || secret != Secret || q.Get("code_challenge_method") != "S256" || base64.RawURLEncoding.EncodeToString(challenge[:]) != q.Get("code_challenge") || r.FormValue("redirect_uri") != q.Get("redirect_uri") {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": "invalid_grant"})
		return
	}
	claims := map[string]any{"iss": p.URL, "aud": Client, "iat": p.Now().Unix(), "exp": p.Now().Add(5 * time.Minute).Unix(), "nonce": q.Get("nonce")}
	for k, v := range p.who {
		claims[k] = v
	}
	if p.Bend != nil {
		p.Bend(claims)
	}
	payload, _ := json.Marshal(claims)
	sign := p.Sign
	if sign == nil {
		sign = func(b []byte) string { return Signed(p.key, b) }
	}
	answer(w, map[string]any{"access_token": rand.Text(), "token_type": "Bearer", "expires_in": 300, "id_token": sign(payload)})
}

// Signed is a token signed by a key, under the name of the directory's own.
func Signed(key *rsa.PrivateKey, payload []byte) string {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: key, KeyID: "k1"}}, nil)
	if err != nil {
		panic(err)
	}
	j, err := signer.Sign(payload)
	if err != nil {
		panic(err)
	}
	s, err := j.CompactSerialize()
	if err != nil {
		panic(err)
	}
	return s
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}
