package evidence

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/blob"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/picture"
)

// Upload takes in one photo. The object is stored first and its row after, so that no row is ever without
// its object; an object left without a row is swept a day later.
func (s *Service) Upload(ctx context.Context, who actor.Actor, r io.Reader) (e Evidence, err error) {
	defer fault.Wrap(&err, "evidence.Upload")
	if err := s.DB.Look(ctx, who, func(tx pg.Tx) error { return room(ctx, tx) }); err != nil {
		return e, err
	}
	p, err := picture.Clean(ctx, r)
	if err != nil {
		return e, err
	}
	id := pg.NewID()
	key := blob.EvidenceKey(who.Village, s.DB.Now(), id)
	if err := s.Blobs.Put(ctx, key, p.Bytes, picture.Type); err != nil {
		return e, err
	}
	replayed := false
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) (err error) {
		e, replayed, err = idem.Once(ctx, tx, "evidence.upload", func() (Evidence, error) { return enter(ctx, tx, id, key, p) })
		return err
	})
	if replayed || refused(err) {
		s.drop(ctx, key)
	}
	return e, err
}

// enter writes the row of a stored photo.
func enter(ctx context.Context, tx pg.Tx, id uuid.UUID, key blob.Key, p picture.Picture) (Evidence, error) {
	if err := room(ctx, tx); err != nil {
		return Evidence{}, err
	}
	e := Evidence{ID: id, SHA256: p.SHA256[:], Bytes: len(p.Bytes), Width: p.Width, Height: p.Height, UploadedBy: tx.Who.Account, UploadedAt: tx.Now}
	if err := insert(ctx, tx, e, key, p.Hash); err != nil {
		return Evidence{}, err
	}
	return e, audit.Record(ctx, tx, audit.Event{Verb: "evidence.upload", Kind: "evidence", ID: id.String(), After: e})
}

// room refuses what goes beyond a day's number. A repeat of an upload that was counted before passes.
func room(ctx context.Context, tx pg.Tx) error {
	u, err := pg.One[usage](ctx, tx, sqlUsage, pgx.NamedArgs{"village_id": int64(tx.Village()), "account": tx.Who.Account,
		"key": tx.Who.Key, "since": month.Day(tx.Now)})
	if err != nil {
		return err
	}
	if most := perDay(tx.Who.Role); u.Mine >= most && !u.Repeat {
		return ErrMine.With(most)
	}
	if u.Village >= perVillage && !u.Repeat {
		return ErrVillage.With(perVillage)
	}
	if u.Most > 0 && u.Bytes >= int64(u.Most)<<20 && !u.Repeat {
		return ErrFull.With(u.Most)
	}
	return nil
}

// refused reports that the row was surely not written. After an outage nobody knows, and the sweep decides.
func refused(err error) bool {
	if err == nil {
		return false
	}
	k := fault.Of(err).Kind
	return k != fault.Internal && k != fault.Unavailable
}

// drop removes an object that no row names; the sweep takes what is left.
func (s *Service) drop(ctx context.Context, key blob.Key) {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer stop()
	if err := s.Blobs.Delete(ctx, key); err != nil {
		slog.WarnContext(ctx, "photo left to the sweep", "village", int64(key.Village()), "err", err)
	}
}

// Lend leaves a small copy of a photo with a record of another village of the township, where nobody and nothing of
// the first stands beside it. It takes none of that village's room.
func (s *Service) Lend(ctx context.Context, who actor.Actor, from Photo, to actor.VillageID, holder uuid.UUID) (err error) {
	defer fault.Wrap(&err, "evidence.Lend(%d)", to)
	small, err := from.Thumb(ctx)
	if err != nil {
		return err
	}
	p, err := picture.Clean(ctx, bytes.NewReader(small))
	if err != nil {
		return err
	}
	id := pg.NewID()
	key := blob.EvidenceKey(to, s.DB.Now(), id)
	if err := s.Blobs.Put(ctx, key, p.Bytes, picture.Type); err != nil {
		return err
	}
	return s.DB.InOffice(ctx, who, to, func(tx pg.Tx) error {
		if err := insert(ctx, tx, Evidence{ID: id, SHA256: p.SHA256[:], Bytes: len(p.Bytes), Width: p.Width, Height: p.Height, UploadedBy: who.Account, UploadedAt: tx.Now}, key, p.Hash); err != nil {
			return err
		}
		return AttachTo(ctx, tx, []uuid.UUID{id}, holder, uuid.Nil)
	})
}
