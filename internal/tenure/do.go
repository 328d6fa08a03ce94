package tenure

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/blob"
	"cunfen/internal/chars"
	"cunfen/internal/fault"
	"cunfen/internal/pg"
	"cunfen/internal/queue"
)

const sqlBegin = `-- tenure.begin
update undertaking set state = case when state = 'checking' then state else 'running' end, began_at = coalesce(began_at, @now), fault = '' where id = @id and state in ('checking', 'waiting', 'running')`

const sqlSaid = `-- tenure.said
update undertaking set step = @step, done = @done, total = @total where id = @id and state in ('checking', 'running')`

const sqlEnded = `-- tenure.ended
update undertaking set state = @state, result = @result, fault = @fault, ended_at = @now, secret = case when @state in ('done', 'withdrawn') then null else secret end where id = @id`

const sqlKept = `-- tenure.kept
update undertaking set bytes = @bytes, sha256 = @sha256, file_until = @until where id = @id`

const sqlSecret = `-- tenure.secret
select secret from undertaking where id = @id and secret is not null`

// DoWork does a confirmed undertaking, and reads an uploaded file through. Doing it again goes on where it is.
func (s *Service) DoWork(ctx context.Context, j WorkJob) (err error) {
	defer fault.Wrap(&err, "tenure.DoWork(%s)", j.ID)
	k, err := s.Work(ctx, j.ID)
	if err != nil || k.Try != j.Try || k.State != Checking && k.State != Waiting && k.State != Running {
		return err
	}
	if err := s.set(ctx, k, sqlBegin, nil); err != nil {
		return err
	}
	result, err := s.do(ctx, k)
	switch {
	case err == nil && k.State == Checking:
		return nil
	case err == nil:
		return s.set(ctx, k, sqlEnded, pgx.NamedArgs{"state": string(Done), "result": result, "fault": ""})
	case queue.Final(err):
		slog.WarnContext(ctx, "undertaking stopped", "work", k.ID, "kind", k.Kind, "error", err)
		return s.set(context.WithoutCancel(ctx), k, sqlEnded, pgx.NamedArgs{"state": string(Failed), "result": result, "fault": fault.Of(err).Text})
	}
	return err
}

func (s *Service) set(ctx context.Context, k Work, sql string, args pgx.NamedArgs) error {
	return s.DB.AsSystem(ctx, "tenure.set", func(tx pg.Tx) error {
		a := pgx.NamedArgs{"id": k.ID, "now": tx.Now}
		for name, v := range args {
			a[name] = v
		}
		_, err := tx.Exec(ctx, sql, a)
		return err
	})
}

// teller tells how far it is, once a second at the most and at the end of each step.
func (s *Service) teller(ctx context.Context, k Work) func(step string, done, all int) {
	var last time.Time
	return func(step string, done, all int) {
		if done < all && time.Since(last) < time.Second {
			return
		}
		last = time.Now()
		if err := s.set(ctx, k, sqlSaid, pgx.NamedArgs{"step": step, "done": done, "total": all}); err != nil {
			slog.WarnContext(ctx, "progress of an undertaking was not kept", "work", k.ID, "error", err)
		}
	}
}

func (s *Service) do(ctx context.Context, k Work) (string, error) {
	say := s.teller(ctx, k)
	who := actor.Actor{Role: actor.Platform, Name: k.ConfirmedByName}
	if k.ConfirmedBy != nil {
		who.Account = *k.ConfirmedBy
	}
	t := Transfer{From: k.Village, To: k.ToVillage, Reason: k.Reason, Say: func(done, all int) { say("迁住户", done, all) }}
	switch k.Kind {
	case Merge:
		t.Prefix, t.Close = true, true
		return s.shifted(ctx, who, k, t)
	case Split:
		t.Teams = k.Args.Teams
		return s.shifted(ctx, who, k, t)
	case Shove:
		if err := s.arrivals(ctx, k.Village, k.ToVillage); err != nil {
			return "", err
		}
		if n, err := s.gone(ctx, k); err != nil || n > 0 {
			return "这一户迁到了" + k.ToName, err
		}
		_, err := s.MoveHome(ctx, who, k.Village, Move{Household: k.Args.Home, To: k.ToVillage, Door: k.Args.Door, Team: k.Args.Team, Reason: k.Reason})
		return "这一户迁到了" + k.ToName, err
	}
	if s.Keep == nil {
		return "", ErrNoKeeper
	}
	keeper, done, err := s.Keep(ctx)
	if err != nil {
		return "", ErrNoKeeper
	}
	defer done()
	keeper.Say = say
	phrase, err := s.phrase(ctx, k.ID)
	if err != nil {
		return "", err
	}
	switch k.Kind {
	case Carry:
		return s.carryOut(ctx, keeper, k, phrase)
	case Settle:
		return s.bringIn(ctx, keeper, k, phrase)
	}
	return s.eraseBy(ctx, keeper, k, phrase)
}

const sqlGoneHome = `-- tenure.gone_home
select count(*) from move_out where village_id = @village_id and household_id = @household and to_village = @to and arrived_at is not null`

func (s *Service) gone(ctx context.Context, k Work) (n int64, err error) {
	err = s.DB.Look(ctx, actor.System(k.Village), func(tx pg.Tx) error {
		n, err = pg.Scalar[int64](ctx, tx, sqlGoneHome, pgx.NamedArgs{"village_id": int64(k.Village), "household": k.Args.Home, "to": int64(k.ToVillage)})
		return err
	})
	return n, err
}

const sqlWent = `-- tenure.went
select count(*) as homes, coalesce(sum(base), 0)::bigint as base, coalesce(sum(year), 0)::bigint as year, count(*) filter (where arrived_at is null) as halfway
from move_out where village_id = @village_id and to_village = @to and at >= @since`

// shifted moves the homes and says what stands on both sides.
func (s *Service) shifted(ctx context.Context, who actor.Actor, k Work, t Transfer) (string, error) {
	v, err := s.Villages.Find(ctx, k.Village)
	if err != nil {
		return "", err
	}
	if _, closable := After(v.State, "close"); closable || !t.Close { // closed already: it was killed after its last step
		if _, err := s.Shift(ctx, who, t); err != nil {
			return "", err
		}
	}
	var went struct{ Homes, Base, Year, Halfway int64 }
	since := k.At
	if k.BeganAt != nil {
		since = *k.BeganAt
	}
	err = s.DB.Look(ctx, actor.System(k.Village), func(tx pg.Tx) error {
		went, err = pg.One[struct{ Homes, Base, Year, Halfway int64 }](ctx, tx, sqlWent, pgx.NamedArgs{"village_id": int64(k.Village), "to": int64(k.ToVillage), "since": since})
		return err
	})
	return fmt.Sprintf("%d 户迁到%s：今年的分 %d，基础积分 %d，两边一致；没有半路的户。", went.Homes, k.ToName, went.Year, went.Base), err
}

func (s *Service) phrase(ctx context.Context, id uuid.UUID) (phrase string, err error) {
	var sealed []byte
	err = s.DB.AsSystem(ctx, "tenure.secret", func(tx pg.Tx) error {
		sealed, err = pg.Scalar[[]byte](ctx, tx, sqlSecret, pgx.NamedArgs{"id": id})
		return err
	})
	if errors.Is(err, fault.ErrNotFound) || errors.Is(err, pgx.ErrNoRows) {
		return "", ErrPassphrase
	}
	if err != nil {
		return "", err
	}
	return s.Vault.Platform().Open(sealed)
}

// scratch is a file of this machine that is gone when fn returns.
func scratch(fn func(*os.File) error) (err error) {
	f, err := os.CreateTemp("", "cunfen-village-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	return fn(f)
}

// carryOut exports the village into the object store.
func (s *Service) carryOut(ctx context.Context, keeper *Keeper, k Work, phrase string) (said string, err error) {
	err = scratch(func(f *os.File) error {
		whole := sha256.New()
		m, err := keeper.Export(ctx, k.ConfirmedByName, k.Village, phrase, io.MultiWriter(f, whole))
		if err != nil {
			return err
		}
		about, err := f.Stat()
		if err != nil {
			return err
		}
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return err
		}
		if err := s.Blobs.PutFile(ctx, blob.PlatformKey(k.ID), f, about.Size(), "application/octet-stream"); err != nil {
			return err
		}
		said = m.Words()
		return s.set(ctx, k, sqlKept, pgx.NamedArgs{"bytes": about.Size(), "sha256": whole.Sum(nil), "until": s.DB.Now().Add(keepFile)})
	})
	return said, err
}

// opened brings a kept file to this machine and opens it with every hash checked.
func (s *Service) opened(ctx context.Context, of uuid.UUID, phrase string, fn func(*File) error) error {
	return scratch(func(f *os.File) error {
		in, err := s.Blobs.File(ctx, blob.PlatformKey(of))
		if errors.Is(err, blob.ErrMissing) {
			return ErrExpired
		}
		if err != nil {
			return err
		}
		defer in.Close()
		n, err := io.Copy(f, in)
		if err != nil {
			return err
		}
		file, err := OpenFile(f, n, phrase)
		if err != nil {
			return err
		}
		return fn(file)
	})
}

const sqlChecked = `-- tenure.checked
update undertaking set state = 'planned', village = @village, code = @code, name = @name, township = @town, plan = @plan, sha256 = @sha256 where id = @id and state = 'checking'`

// bringIn shows what an uploaded file holds, and once that is confirmed brings it in.
func (s *Service) bringIn(ctx context.Context, keeper *Keeper, k Work, phrase string) (said string, err error) {
	err = s.opened(ctx, k.ID, phrase, func(f *File) error {
		if k.State == Checking {
			p, err := keeper.planImport(ctx, f)
			if err != nil {
				return err
			}
			return s.set(ctx, k, sqlChecked, pgx.NamedArgs{"village": f.ID, "code": f.Code, "name": f.Name, "town": f.Town, "plan": p, "sha256": f.sum})
		}
		if hex.EncodeToString(f.sum) != hex.EncodeToString(k.Sha256) {
			return ErrFile.With("和确认时不是同一个文件")
		}
		said = f.Words() + " 装好是暂停状态，核对后在“村（场）”里恢复。"
		return keeper.Import(ctx, k.ConfirmedByName, f)
	})
	return said, err
}

const sqlKeepLonger = `-- tenure.keep_longer
update undertaking set file_until = @until where id = @of`

func (s *Service) eraseBy(ctx context.Context, keeper *Keeper, k Work, phrase string) (said string, err error) {
	err = s.opened(ctx, k.Args.Of, phrase, func(f *File) error {
		if actor.VillageID(f.ID) != k.Village || f.Code != k.Code {
			return ErrFile.With("是别的村的")
		}
		if err := s.set(ctx, k, sqlKeepLonger, pgx.NamedArgs{"of": k.Args.Of, "until": s.DB.Now().Add(keepErased)}); err != nil {
			return err
		}
		said = fmt.Sprintf("库里的行、存的文件都删了，逐表核对过。凭证：%s 文件指纹 %x。", f.Words(), f.sum[:8])
		return keeper.Delete(ctx, k.ConfirmedByName, f)
	})
	return said, err
}

// Upload keeps a file to be brought in; a job reads it through and says what it holds.
func (s *Service) Upload(ctx context.Context, who actor.Actor, r io.Reader, size int64, passphrase, reason string) (id uuid.UUID, err error) {
	defer fault.Wrap(&err, "tenure.Upload")
	if err := fault.Join(fault.When(size == 0, ErrNoFile), fault.When(len(passphrase) < leastPassphrase || len(passphrase) > 200, ErrPassphrase.On("passphrase")), fault.When(!chars.Between(reason, 4, 200), ErrReason)); err != nil {
		return id, err
	}
	id = workID(who)
	if _, err := s.Work(ctx, id); !errors.Is(err, fault.ErrNotFound) { // sent twice
		return id, err
	}
	if err := s.Blobs.PutFile(ctx, blob.PlatformKey(id), r, size, "application/octet-stream"); err != nil {
		return id, err
	}
	until := s.DB.Now().Add(keepFile)
	return id, s.add(ctx, who, Work{ID: id, Kind: Settle, State: Checking, Reason: reason, Bytes: size, FileUntil: &until,
		Plan: Plan{Command: "CUNFEN_PASSPHRASE=… cunfen tenant import 文件.age"}}, passphrase)
}

const sqlFetched = `-- tenure.fetched
update undertaking set fetched_at = coalesce(fetched_at, @now) where id = @id`

// Fetch opens an exported file for reading, and notes who took it; the caller closes it.
func (s *Service) Fetch(ctx context.Context, who actor.Actor, id uuid.UUID) (k Work, r io.ReadCloser, err error) {
	defer fault.Wrap(&err, "tenure.Fetch(%s)", id)
	if k, err = s.Work(ctx, id); err != nil {
		return k, nil, err
	}
	if k.Kind != Carry || k.State != Done || !k.HasFile(s.DB.Now()) {
		return k, nil, fault.ErrNotFound
	}
	if r, err = s.Blobs.File(ctx, blob.PlatformKey(id)); err != nil {
		return k, nil, err
	}
	err = s.DB.AsSystem(ctx, "tenure.fetched", func(tx pg.Tx) error {
		tx.Who = who
		if _, err := tx.Exec(ctx, sqlFetched, pgx.NamedArgs{"id": id, "now": tx.Now}); err != nil {
			return err
		}
		return audit.Office(ctx, tx, audit.Event{Verb: "work.fetch", Kind: "work", ID: id.String(), Reason: "下载 " + k.Name + " 的导出文件"})
	})
	if err != nil {
		return k, nil, errors.Join(err, r.Close())
	}
	return k, r, nil
}

const sqlOverdue = `-- tenure.overdue
select id from undertaking where file_until < @now and bytes > 0 order by id limit 200`

const sqlFileGone = `-- tenure.file_gone
update undertaking set bytes = 0 where id = @id`

const sqlForgotten = `-- tenure.forgotten
update undertaking set state = 'withdrawn', secret = null, ended_at = @now where state in ('planned', 'failed', 'checking') and at < @before`

// Tidy deletes the files whose time is over and takes back what nobody confirmed in a week, with its passphrase.
func (s *Service) Tidy(ctx context.Context) (err error) {
	defer fault.Wrap(&err, "tenure.Tidy")
	var ids []uuid.UUID
	err = s.DB.AsSystem(ctx, "tenure.tidy", func(tx pg.Tx) error {
		if _, err := tx.Exec(ctx, sqlForgotten, pgx.NamedArgs{"now": tx.Now, "before": tx.Now.Add(-forgetPlans)}); err != nil {
			return err
		}
		ids, err = pg.Column[uuid.UUID](ctx, tx, sqlOverdue, pgx.NamedArgs{"now": tx.Now})
		return err
	})
	for _, id := range ids {
		if err == nil {
			err = s.Blobs.Delete(ctx, blob.PlatformKey(id))
		}
		if err == nil {
			err = s.set(ctx, Work{ID: id}, sqlFileGone, nil)
		}
	}
	return err
}
