package shop

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/pg"
)

const sqlPhoto = `-- shop.photo
select photo from goods where village_id = @village_id and id = @id and photo is not null`

// PhotoOf says which photo a thing shows.
func PhotoOf(ctx context.Context, goods uuid.UUID) func(tx pg.Tx) (uuid.UUID, error) {
	return func(tx pg.Tx) (uuid.UUID, error) {
		return pg.Scalar[uuid.UUID](ctx, tx, sqlPhoto, pgx.NamedArgs{"village_id": int64(tx.Village()), "id": goods})
	}
}

const sqlPhotoBefore = `-- shop.photo_before
select e.id from evidence e join goods g on g.village_id = @village_id and g.id = e.holder_id
where e.village_id = @village_id and e.holder_id = @id and g.photo is null order by e.id desc limit 1`

// PhotoBefore says whether a thing without photo has one that was taken away.
func (s *Service) PhotoBefore(ctx context.Context, who actor.Actor, id uuid.UUID) (there bool, err error) {
	defer fault.Wrap(&err, "shop.PhotoBefore(%s)", id)
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		_, err := pg.Scalar[uuid.UUID](ctx, tx, sqlPhotoBefore, pgx.NamedArgs{"village_id": int64(who.Village), "id": id})
		if there = err == nil; errors.Is(err, fault.ErrNotFound) {
			return nil
		}
		return err
	})
	return there, err
}

const sqlDropPhoto = `-- shop.drop_photo
update goods set photo = null, version = version + 1 where village_id = @village_id and id = @id and photo is not null
returning id, code, name, unit, price, stock, active, version, photo`

const sqlPutPhotoBack = `-- shop.put_photo_back
update goods set photo = @photo, version = version + 1 where village_id = @village_id and id = @id and photo is null
returning id, code, name, unit, price, stock, active, version, photo`

// DropPhoto takes a thing's photo away. It is kept, so that it can be put back.
func (s *Service) DropPhoto(ctx context.Context, who actor.Actor, id uuid.UUID) (g Goods, err error) {
	defer fault.Wrap(&err, "shop.DropPhoto(%s)", id)
	return s.rephoto(ctx, who, id, "shop.drop_photo", func(ctx context.Context, tx pg.Tx, a pgx.NamedArgs) (Goods, error) {
		return pg.One[Goods](ctx, tx, sqlDropPhoto, a)
	})
}

// PutPhotoBack shows again the photo that was taken away last.
func (s *Service) PutPhotoBack(ctx context.Context, who actor.Actor, id uuid.UUID) (g Goods, err error) {
	defer fault.Wrap(&err, "shop.PutPhotoBack(%s)", id)
	return s.rephoto(ctx, who, id, "shop.put_photo_back", func(ctx context.Context, tx pg.Tx, a pgx.NamedArgs) (g Goods, err error) {
		if a["photo"], err = pg.Scalar[uuid.UUID](ctx, tx, sqlPhotoBefore, a); err != nil {
			return g, err
		}
		return pg.One[Goods](ctx, tx, sqlPutPhotoBack, a)
	})
}

func (s *Service) rephoto(ctx context.Context, who actor.Actor, id uuid.UUID, verb string, change func(context.Context, pg.Tx, pgx.NamedArgs) (Goods, error)) (g Goods, err error) {
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		g, _, err = idem.Once(ctx, tx, verb, func() (Goods, error) {
			a := pgx.NamedArgs{"village_id": int64(tx.Village()), "id": id}
			g, err := change(ctx, tx, a)
			if errors.Is(err, fault.ErrNotFound) {
				if err = gone(ctx, tx, a); errors.Is(err, ErrStale) {
					err = ErrNoPhoto
				}
			}
			if err != nil {
				return g, err
			}
			return g, audit.Record(ctx, tx, audit.Event{Verb: verb, Kind: "goods", ID: id.String(), After: g})
		})
		return err
	})
	return g, err
}
