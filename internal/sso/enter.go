package sso

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/oauth2"

	"cunfen/internal/account"
	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/pg"
)

const (
	Away      = 10 * time.Minute // how long somebody may be at the directory
	believed  = 10 * time.Minute // how long what a directory says of itself is
	perMinute = 60               // ways out from one network address; a village office shares one
)

// Back is where the directory sends people back to.
const Back = "/sign-in/sso/back"

// algorithms are those that the signature of a token may be of: none and a shared secret are not.
var algorithms = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.EdDSA}

// pending is what is remembered of somebody who was sent to a directory.
type pending struct {
	Town     actor.TownshipID
	Issuer   string // another may be set up meanwhile
	Nonce    string
	Verifier string
	Next     string
	Bind     [32]byte // hash of what the same browser must bring back
}

// Begin answers where to send somebody who wants to sign in by a township's directory, and what their browser has
// to keep until they are back.
func (s *Service) Begin(ctx context.Context, town actor.TownshipID, next, address string) (to, bind string, err error) {
	defer fault.Wrap(&err, "sso.Begin(%d)", town)
	if err := s.Limit.Strict(ctx, "platform:sso:"+address, perMinute); err != nil {
		return "", "", err
	}
	p, err := s.Find(ctx, town)
	if err == nil && !p.Active {
		err = fault.ErrNotFound
	}
	if err != nil {
		return "", "", err
	}
	_, cfg, err := s.meet(p)
	if err != nil {
		return "", "", err
	}
	w := pending{Town: town, Issuer: p.Issuer, Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Next: next}
	state := rand.Text()
	bind = rand.Text()
	w.Bind = sha256.Sum256([]byte(bind))
	b, err := json.Marshal(w)
	if err != nil {
		return "", "", err
	}
	if err := s.Once.Keep(ctx, state, s.Vault.Platform().Seal(string(b)), Away); err != nil {
		return "", "", err
	}
	return cfg.AuthCodeURL(state, oidc.Nonce(w.Nonce), oauth2.S256ChallengeOption(w.Verifier)), bind, nil
}

// Entered is somebody who came back from a directory.
type Entered struct {
	account.Signed
	Next   string
	Second bool // the directory asked for a second factor, and is believed
}

// Return takes somebody back whom the directory sent. Whatever does not fit is refused in the same words.
func (s *Service) Return(ctx context.Context, q url.Values, bind, address string) (out Entered, err error) {
	defer fault.Wrap(&err, "sso.Return")
	if err := s.Limit.Strict(ctx, "platform:sso:"+address, perMinute); err != nil {
		return out, err
	}
	w, err := s.awaited(ctx, q.Get("state"), bind)
	if err != nil {
		return out, err
	}
	out.Next = w.Next
	p, err := s.Find(ctx, w.Town)
	if err != nil {
		return out, err
	}
	if !p.Active || p.Issuer != w.Issuer || q.Get("code") == "" || q.Get("iss") != "" && q.Get("iss") != p.Issuer {
		return out, ErrRefused
	}
	said, err := s.ask(ctx, p, w, q.Get("code"))
	if err != nil {
		return out, err
	}
	id, err := s.whose(ctx, p, said)
	if errors.Is(err, fault.ErrNotFound) {
		return out, errors.Join(ErrUnlinked, s.Accounts.Unlinked(ctx, p.Issuer+" "+said.Subject, address))
	}
	if err != nil {
		return out, err
	}
	out.Signed, err = s.Accounts.SignInLinked(ctx, id, p.TownshipID, address)
	if errors.Is(err, fault.ErrNotFound) || errors.Is(err, account.ErrNoPlace) {
		err = ErrUnlinked
	}
	out.Second = p.Second && said.twice()
	return out, err
}

// awaited is what was remembered under the state, if it is the browser that was sent; it is so once.
func (s *Service) awaited(ctx context.Context, state, bind string) (w pending, err error) {
	if state == "" || bind == "" {
		return w, ErrRefused
	}
	sealed, err := s.Once.Take(ctx, state)
	if err != nil {
		return w, err
	}
	plain, err := s.Vault.Platform().Open(sealed)
	if sealed == nil || err != nil || json.Unmarshal([]byte(plain), &w) != nil {
		return w, ErrRefused
	}
	if h := sha256.Sum256([]byte(bind)); subtle.ConstantTimeCompare(h[:], w.Bind[:]) != 1 {
		return w, ErrRefused
	}
	return w, nil
}

// said is what the directory says of somebody.
type said struct {
	Subject  string   `json:"sub"`
	Nonce    string   `json:"nonce"`
	Azp      string   `json:"azp"`
	Phone    string   `json:"phone_number"`
	Verified bool     `json:"phone_number_verified"`
	Methods  []string `json:"amr"`
}

// twice reports whether the directory asked for more than a password (RFC 8176).
func (w said) twice() bool {
	return slices.ContainsFunc(w.Methods, func(m string) bool {
		return slices.Contains([]string{"mfa", "otp", "hwk", "sc", "fpt", "face"}, m)
	})
}

// ask fetches the token for the code and believes it only if it is of this issuer, for this client, of this visit.
func (s *Service) ask(ctx context.Context, p Provider, w pending, code string) (out said, err error) {
	provider, cfg, err := s.meet(p)
	if err != nil {
		return out, err
	}
	ctx = oidc.ClientContext(ctx, s.client())
	token, err := cfg.Exchange(ctx, code, oauth2.VerifierOption(w.Verifier))
	if err != nil {
		slog.WarnContext(ctx, "sso: no token for the code", "township", p.TownshipID, "error", short(err))
		var answer *oauth2.RetrieveError
		if errors.As(err, &answer) {
			return out, ErrRefused
		}
		return out, ErrAway
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := provider.Verifier(&oidc.Config{ClientID: p.ClientID, SupportedSigningAlgs: algorithms, Now: s.DB.Now}).Verify(ctx, raw)
	if err == nil {
		err = id.Claims(&out)
	}
	if err == nil && (out.Subject == "" || subtle.ConstantTimeCompare([]byte(out.Nonce), []byte(w.Nonce)) != 1 || out.Azp != "" && out.Azp != p.ClientID) {
		err = errors.New("nonce or authorized party does not fit")
	}
	if err != nil {
		slog.WarnContext(ctx, "sso: a token was refused", "township", p.TownshipID, "error", short(err))
		return out, ErrRefused
	}
	return out, nil
}

// short keeps what a foreign house says out of the log but for its beginning.
func short(err error) string {
	t := err.Error()
	return t[:min(len(t), 200)]
}

const sqlWhose = `-- sso.whose
select account_id from identity_link where township_id = @township and subject = @subject and ended_at is null`

// whose is the account of somebody of the directory.
func (s *Service) whose(ctx context.Context, p Provider, who said) (id uuid.UUID, err error) {
	if p.Claim == Phone {
		if !who.Verified {
			return id, fault.ErrNotFound
		}
		id, err = s.Accounts.Find(ctx, who.Phone)
		if errors.Is(err, account.ErrPhone) {
			err = fault.ErrNotFound
		}
		return id, err
	}
	err = s.DB.AsSystem(ctx, "sso.whose", func(tx pg.Tx) error {
		id, err = pg.Scalar[uuid.UUID](ctx, tx, sqlWhose, pgx.NamedArgs{"township": int64(p.TownshipID), "subject": who.Subject})
		return err
	})
	return id, err
}

// known is a directory as it described itself.
type known struct {
	provider *oidc.Provider
	at       time.Time
}

// meet asks a directory for its addresses and keys, and keeps the answer for a while.
func (s *Service) meet(p Provider) (*oidc.Provider, *oauth2.Config, error) {
	s.mu.Lock()
	k := s.known[p.Issuer]
	s.mu.Unlock()
	if k.provider == nil || time.Since(k.at) > believed {
		provider, err := oidc.NewProvider(oidc.ClientContext(context.Background(), s.client()), p.Issuer)
		if err != nil {
			slog.Warn("sso: a directory does not answer", "township", p.TownshipID, "error", short(err))
			return nil, nil, ErrAway
		}
		k = known{provider, time.Now()}
		s.mu.Lock()
		if s.known == nil || len(s.known) > 200 {
			s.known = map[string]known{}
		}
		s.known[p.Issuer] = k
		s.mu.Unlock()
	}
	secret, err := s.Vault.Platform().Open(p.Secret)
	if err != nil {
		return nil, nil, err
	}
	scopes := []string{oidc.ScopeOpenID}
	if p.Claim == Phone {
		scopes = append(scopes, "phone")
	}
	return k.provider, &oauth2.Config{ClientID: p.ClientID, ClientSecret: secret, Endpoint: k.provider.Endpoint(), RedirectURL: s.Address + Back, Scopes: scopes}, nil
}

// client calls no house but those that the operator listed, follows nobody elsewhere, and waits a bounded time.
func (s *Service) client() *http.Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.http == nil {
		s.http = &http.Client{Timeout: 10 * time.Second, Transport: &listed{s.Hosts, s.Plain, &http.Transport{Proxy: nil, ForceAttemptHTTP2: true, ResponseHeaderTimeout: 8 * time.Second, IdleConnTimeout: time.Minute}},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	return s.http
}

var errHost = errors.New("sso: this house is not on the operator's list")

// listed refuses any house that is not listed, wherever its address came from.
type listed struct {
	hosts []string
	plain bool
	next  http.RoundTripper
}

func (l *listed) RoundTrip(r *http.Request) (*http.Response, error) {
	if !slices.Contains(l.hosts, r.URL.Host) || r.URL.Scheme != "https" && !l.plain {
		return nil, errHost
	}
	return l.next.RoundTrip(r)
}
