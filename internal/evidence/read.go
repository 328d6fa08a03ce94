package evidence

import (
	"context"
	"errors"
	"log/slog"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/blob"
	"cunfen/internal/fault"
	"cunfen/internal/pg"
	"cunfen/internal/picture"
)

// Photo is a picture with its bytes, proven to be those that were stored: a JPEG, always.
type Photo struct {
	Evidence
	Data []byte
}

// Read gives a photo to somebody who may see it.
func (s *Service) Read(ctx context.Context, who actor.Actor, id uuid.UUID) (p Photo, err error) {
	defer fault.Wrap(&err, "evidence.Read(%s)", id)
	if who.Village == 0 {
		return p, fault.ErrNotFound
	}
	var k kept
	err = s.DB.Look(ctx, who, func(tx pg.Tx) (err error) {
		k, err = pg.One[kept](ctx, tx, sqlRead, pgx.NamedArgs{"village_id": int64(who.Village), "id": id})
		return err
	})
	if err == nil && !visible(who, k.UploadedBy, k.HouseholdID) {
		err = fault.ErrNotFound
	}
	if err != nil {
		return p, err
	}
	data, err := s.fetch(ctx, who.Village, k)
	return Photo{k.Evidence, data}, err
}

// ReadInOffice gives the township a photo of one village's record that it may read, as may says of the record.
func (s *Service) ReadInOffice(ctx context.Context, who actor.Actor, village actor.VillageID, id uuid.UUID, may func(tx pg.Tx, holder uuid.UUID) error) (p Photo, err error) {
	defer fault.Wrap(&err, "evidence.ReadInOffice(%d, %s)", village, id)
	var k kept
	err = s.DB.LookInOffice(ctx, who, village, func(tx pg.Tx) (err error) {
		if k, err = pg.One[kept](ctx, tx, sqlRead, pgx.NamedArgs{"village_id": int64(village), "id": id}); err != nil {
			return err
		}
		of := k.HolderID
		if of == nil {
			of = k.ClaimID
		}
		if of == nil {
			return fault.ErrNotFound
		}
		return may(tx, *of)
	})
	if err != nil {
		return p, err
	}
	data, err := s.fetch(ctx, village, k)
	return Photo{k.Evidence, data}, err
}

// ReadShown gives everybody of the village a photo that a record shows to all of them, such as one of goods on
// offer; which says which photo that is.
func (s *Service) ReadShown(ctx context.Context, who actor.Actor, which func(tx pg.Tx) (uuid.UUID, error)) (p Photo, err error) {
	defer fault.Wrap(&err, "evidence.ReadShown")
	if who.Village == 0 {
		return p, fault.ErrNotFound
	}
	var k kept
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		id, err := which(tx)
		if err == nil {
			k, err = pg.One[kept](ctx, tx, sqlRead, pgx.NamedArgs{"village_id": int64(who.Village), "id": id})
		}
		return err
	})
	if err != nil {
		return p, err
	}
	data, err := s.fetch(ctx, who.Village, k)
	return Photo{k.Evidence, data}, err
}

// Thumb is a small copy of the photo for lists, made of proven bytes as well.
func (p Photo) Thumb(ctx context.Context) ([]byte, error) { return picture.Thumb(ctx, p.Data) }

// fetch gets the stored bytes and never hands out others than those that were stored.
func (s *Service) fetch(ctx context.Context, v actor.VillageID, k kept) ([]byte, error) {
	key, err := blob.ParseKey(v, k.Key)
	if err != nil {
		return nil, err
	}
	data, err := s.Blobs.Get(ctx, key, int64(k.Bytes))
	switch {
	case errors.Is(err, blob.ErrMissing):
		err = ErrLost
	case errors.Is(err, blob.ErrTooLarge) || err == nil && !k.whole(data):
		err = ErrAltered
	}
	if fault.Of(err).Kind == fault.Internal && err != nil {
		slog.ErrorContext(ctx, "evidence broken", "village", int64(v), "evidence", k.ID, "err", err)
	}
	if err != nil {
		return nil, err
	}
	return data, nil
}
