package account

import (
	"encoding/base64"
	"strings"

	"github.com/google/uuid"

	"cunfen/internal/fault"
)

// ErrOffer says that the page on which the authenticator is bound is too old or another person's.
var ErrOffer = fault.New(fault.Invalid, "account.offer", "页面已失效，请刷新后重新扫码绑定")

// seal makes a token of a secret that only the account itself can bring back.
func (s *Service) seal(id uuid.UUID, secret string) string {
	return base64.RawURLEncoding.EncodeToString(s.Vault.Platform().Seal(id.String() + ":" + secret))
}

func (s *Service) unseal(id uuid.UUID, token string) (string, error) {
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return "", ErrOffer
	}
	plain, err := s.Vault.Platform().Open(b)
	if err != nil {
		return "", ErrOffer
	}
	secret, ok := strings.CutPrefix(plain, id.String()+":")
	if !ok || secret == "" {
		return "", ErrOffer
	}
	return secret, nil
}
