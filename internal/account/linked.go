package account

import (
	"context"
	"errors"
	"slices"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/pg"
)

// Find is the account of a phone.
func (s *Service) Find(ctx context.Context, phone string) (id actor.AccountID, err error) {
	defer fault.Wrap(&err, "account.Find")
	phone, err = Phone(phone)
	if err != nil {
		return uuid.Nil, err
	}
	r, err := s.byPhone(ctx, phone)
	if err == nil && !r.active() {
		err = fault.ErrNotFound
	}
	return r.ID, err
}

// SignInLinked signs somebody in for whom a township's own directory vouches: in the seats of that township and
// its villages alone, whatever others the account has. A start password that is still open does not hinder, as
// it was not used.
func (s *Service) SignInLinked(ctx context.Context, id actor.AccountID, town actor.TownshipID, address string) (out Signed, err error) {
	defer fault.Wrap(&err, "account.SignInLinked(%s)", id)
	r, err := s.byID(ctx, id)
	if err == nil && !r.active() {
		err = fault.ErrNotFound
	}
	if err != nil {
		return out, err
	}
	r.MustChange = false
	if out, err = s.signed(ctx, r); err != nil && !errors.Is(err, ErrNoPlace) {
		return out, err
	}
	out.Only = town
	out.Places = slices.DeleteFunc(out.Places, func(p Place) bool { return p.Seat.Township != town })
	for i := range out.Places {
		out.Places[i].Seat = out.Seat(out.Places[i])
	}
	result := "sso"
	if err = nil; len(out.Places) == 0 {
		result, err = "sso_no_place", ErrNoPlace
	}
	return out, errors.Join(err, s.DB.AsSystem(ctx, "sign in by directory", func(tx pg.Tx) error {
		return note(ctx, tx, r.ID, s.Vault.Platform().Index("subject", id.String()), result, address)
	}))
}

// Unlinked keeps a try of somebody whom a directory knows and who has no account here.
func (s *Service) Unlinked(ctx context.Context, subject, address string) error {
	return s.DB.AsSystem(ctx, "sign in by directory", func(tx pg.Tx) error {
		return note(ctx, tx, uuid.Nil, s.Vault.Platform().Index("subject", subject), "sso_unlinked", address)
	})
}
