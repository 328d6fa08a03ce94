package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
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
	"cunfen/internal/queue"
)

// patience is how long a pack in the making keeps another of the same period from being asked for.
const patience = 30 * time.Minute

// Ask leaves the job of making a period's pack.
func (s *Service) Ask(ctx context.Context, who actor.Actor, p Period) (id uuid.UUID, err error) {
	defer fault.Wrap(&err, "archive.Ask(%s)", p)
	if !p.Valid() {
		return id, ErrPeriod
	}
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		id, _, err = idem.Once(ctx, tx, "archive.ask", func() (uuid.UUID, error) { return ask(ctx, tx, p) })
		return err
	})
	return id, err
}

// Begin leaves the job of a month's pack, where the notice has just gone out.
func Begin(ctx context.Context, tx pg.Tx, m month.Month) error {
	_, err := ask(ctx, tx, Of(m))
	if errors.Is(err, ErrBusy) { // the one under way may have read before this edition: one more, a little later
		id, err := enter(ctx, tx, Of(m))
		if err == nil {
			err = queue.AddAt(ctx, tx, MakeJob{id}, tx.Now.Add(time.Minute))
		}
		return err
	}
	return err
}

func ask(ctx context.Context, tx pg.Tx, p Period) (id uuid.UUID, err error) {
	args := p.span(tx)
	args["period"], args["since"] = int32(p), tx.Now.Add(-patience)
	months, err := pg.Column[month.Month](ctx, tx, sqlSheets, args)
	switch {
	case err != nil:
		return id, err
	case len(months) == 0:
		return id, ErrPeriod
	}
	if busy, err := pg.Scalar[bool](ctx, tx, sqlBusy, args); err != nil || busy {
		return id, fault.Join(fault.From(err), fault.When(busy, ErrBusy))
	}
	if id, err = enter(ctx, tx, p); err != nil {
		return id, err
	}
	return id, queue.Add(ctx, tx, MakeJob{id})
}

func enter(ctx context.Context, tx pg.Tx, p Period) (uuid.UUID, error) {
	id := pg.IDAt(tx.Now)
	args := one(tx, id)
	args["period"], args["name"], args["by"] = int32(p), tx.Who.Name, nil
	if tx.Who.Account != uuid.Nil {
		args["by"] = tx.Who.Account
	}
	if _, err := tx.Exec(ctx, sqlAsk, args); err != nil {
		return id, err
	}
	return id, audit.Record(ctx, tx, audit.Event{Verb: "archive.ask", Kind: "archive", ID: id.String(), After: p})
}

// Make makes a pack that was asked for. Run again it makes it again under the same key; of one that is done it
// does nothing.
func (s *Service) Make(ctx context.Context, who actor.Actor, j MakeJob) (err error) {
	defer fault.Wrap(&err, "archive.Make(%s)", j.ID)
	p, err := s.find(ctx, who, j.ID)
	if err != nil || p.State == Done {
		return err
	}
	err = s.make(ctx, who, p)
	if f := fault.Of(err); err != nil && f.Kind != fault.Unavailable && ctx.Err() == nil {
		err = errors.Join(err, s.mark(ctx, who, p.ID, sqlFailed, pgx.NamedArgs{"doing": f.Text}))
	}
	return err
}

func (s *Service) make(ctx context.Context, who actor.Actor, p Pack) error {
	file, err := os.CreateTemp("", "cunfen-archive-*")
	if err != nil {
		return err
	}
	defer func() { _ = file.Close(); _ = os.Remove(file.Name()) }()
	digest, files, err := s.build(ctx, who.Village, p.Period, file, func(step, steps int, doing string) error {
		return s.mark(ctx, who, p.ID, sqlStep, pgx.NamedArgs{"step": step, "steps": steps, "doing": doing})
	})
	if err != nil {
		return err
	}
	size, err := file.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	key := blob.ArchiveKey(who.Village, int(p.Period), p.ID)
	if err := s.Blobs.PutFile(ctx, key, file, size, "application/zip"); err != nil {
		return err
	}
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		args := one(tx, p.ID)
		args["key"], args["bytes"], args["files"], args["digest"] = key.String(), size, files, digest
		tag, err := tx.Exec(ctx, sqlDone, args)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Verb: "archive.make", Kind: "archive", ID: p.ID.String(), Reason: fmt.Sprintf("%s，%d 个文件，指纹 %x", p.Period.Chinese(), files, digest), After: digest})
	})
}

func (s *Service) mark(ctx context.Context, who actor.Actor, id uuid.UUID, sql string, more pgx.NamedArgs) error {
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		args := one(tx, id)
		maps.Copy(args, more)
		_, err := tx.Exec(ctx, sql, args)
		return err
	})
}

func (s *Service) find(ctx context.Context, who actor.Actor, id uuid.UUID) (p Pack, err error) {
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		p, err = pg.One[Pack](ctx, tx, sqlFind, one(tx, id))
		return err
	})
	return p, err
}

// list is what was made of a village, the newest first; period 0 for all, a year with its months.
func list(ctx context.Context, tx pg.Tx, p Period) ([]Pack, error) {
	return pg.All[Pack](ctx, tx, sqlList, pgx.NamedArgs{"village_id": int64(tx.Village()), "period": int32(p), "rows": 200})
}

// List is what was made of a village, for who works there; period 0 for all, a year with its months.
func (s *Service) List(ctx context.Context, who actor.Actor, p Period) (all []Pack, err error) {
	defer fault.Wrap(&err, "archive.List")
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error { all, err = list(ctx, tx, p); return err })
	return all, err
}

// Show is one making, for its progress.
func (s *Service) Show(ctx context.Context, who actor.Actor, id uuid.UUID) (p Pack, err error) {
	defer fault.Wrap(&err, "archive.Show(%s)", id)
	return s.find(ctx, who, id)
}

// Supervised is List for the bureau.
func (s *Service) Supervised(ctx context.Context, who actor.Actor, v actor.VillageID) (all []Pack, err error) {
	defer fault.Wrap(&err, "archive.Supervised(%d)", v)
	err = s.DB.LookInOffice(ctx, who, v, func(tx pg.Tx) error { all, err = list(ctx, tx, 0); return err })
	return all, err
}

// Take opens a pack for whoever may have it, and notes that it was taken; the caller closes it.
func (s *Service) Take(ctx context.Context, who actor.Actor, id uuid.UUID) (p Pack, body io.ReadCloser, err error) {
	defer fault.Wrap(&err, "archive.Take(%s)", id)
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error { p, err = take(ctx, tx, id); return err })
	if err != nil {
		return p, nil, err
	}
	body, err = s.open(ctx, who.Village, p)
	return p, body, err
}

// TakeAbove is Take for the bureau; that it was taken stands in the office's log.
func (s *Service) TakeAbove(ctx context.Context, who actor.Actor, v actor.VillageID, id uuid.UUID) (p Pack, body io.ReadCloser, err error) {
	defer fault.Wrap(&err, "archive.TakeAbove(%d, %s)", v, id)
	err = s.DB.LookInOffice(ctx, who, v, func(tx pg.Tx) error { p, err = made(ctx, tx, id); return err })
	if err != nil {
		return p, nil, err
	}
	err = s.DB.AsSystem(ctx, "archive.take", func(tx pg.Tx) error {
		tx.Who = who
		return audit.Office(ctx, tx, audit.Event{Verb: "archive.take", Kind: "archive", ID: id.String(), Reason: fmt.Sprintf("村 %d，%s", v, p.Period.Chinese())})
	})
	if err != nil {
		return p, nil, err
	}
	body, err = s.open(ctx, v, p)
	return p, body, err
}

// made is a pack that can be taken.
func made(ctx context.Context, tx pg.Tx, id uuid.UUID) (Pack, error) {
	p, err := pg.One[Pack](ctx, tx, sqlFind, one(tx, id))
	if err == nil && p.State != Done {
		err = fault.ErrNotFound
	}
	return p, err
}

func take(ctx context.Context, tx pg.Tx, id uuid.UUID) (Pack, error) {
	p, err := made(ctx, tx, id)
	if err != nil {
		return p, err
	}
	a := p.Period.span(tx)
	a["me"] = tx.Who.Account
	if away, err := pg.Scalar[bool](ctx, tx, sqlAway, a); err != nil || away {
		return p, fault.Join(fault.From(err), fault.When(away, ErrAway))
	}
	return p, audit.Record(ctx, tx, audit.Event{Verb: "archive.take", Kind: "archive", ID: id.String(), Reason: p.Period.Chinese()})
}

func (s *Service) open(ctx context.Context, v actor.VillageID, p Pack) (io.ReadCloser, error) {
	key, err := blob.ParseKey(v, p.Key)
	if err != nil {
		return nil, err
	}
	return s.Blobs.File(ctx, key)
}
