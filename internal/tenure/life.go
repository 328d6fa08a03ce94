package tenure

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/chars"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/pg"
	"cunfen/internal/village"
)

// at is the actor at work on one village from above: what is done stands in the village's own log.
func at(who actor.Actor, v village.Village) actor.Actor {
	who.Village, who.Township = v.ID, v.TownshipID
	return who
}

// change does one thing to a village's row in the village's own transaction, with its line in the village's log and
// in the office's.
func (s *Service) change(ctx context.Context, who actor.Actor, id actor.VillageID, e audit.Event, do func(pg.Tx, village.Village) error) error {
	s.Villages.Forget(id)
	v, err := s.Villages.Find(ctx, id)
	if err != nil {
		return err
	}
	e.Kind, e.ID = "village", v.Code
	err = s.DB.InVillage(ctx, at(who, v), func(tx pg.Tx) error {
		_, _, err := idem.Once(ctx, tx, e.Verb, func() (bool, error) {
			if err := do(tx, v); err != nil {
				return false, err
			}
			if err := audit.Record(ctx, tx, e); err != nil {
				return false, err
			}
			return true, audit.Office(ctx, tx, e)
		})
		return err
	})
	s.Villages.Forget(id)
	return err
}

const sqlRename = `-- tenure.rename
update village set name = @name where id = @id`

// Rename gives a village another name. What hung or was printed under the old one keeps it; the code in addresses
// and printed codes stays.
func (s *Service) Rename(ctx context.Context, who actor.Actor, id actor.VillageID, name, reason string) (err error) {
	defer fault.Wrap(&err, "tenure.Rename(%d)", id)
	name, reason = strings.TrimSpace(name), strings.TrimSpace(reason)
	if err := fault.Join(fault.When(!chars.Between(name, 2, 20), ErrName), fault.When(!chars.Between(reason, 4, 200), ErrReason)); err != nil {
		return err
	}
	return s.change(ctx, who, id, audit.Event{Verb: "village.rename", Reason: reason, After: name}, func(tx pg.Tx, v village.Village) error {
		if v.Name == name {
			return ErrSame
		}
		_, err := tx.Exec(ctx, sqlRename, pgx.NamedArgs{"id": int64(id), "name": name})
		return err
	})
}

// After is the state that a deed leads to from another; false where it cannot be done.
func After(s village.State, verb string) (village.State, bool) {
	switch {
	case verb == "suspend" && (s == village.Live || s == village.Setup):
		return village.Suspended, true
	case verb == "resume" && s == village.Suspended:
		return village.Live, true
	case verb == "close" && (s == village.Live || s == village.Suspended):
		return village.Closed, true
	}
	return s, false
}

const sqlState = `-- tenure.state
update village set state = @to, state_reason = @reason, state_at = @at where id = @id and state = @from`

// sqlOnceLive tells what a village that was suspended goes back to: live only if it ever went live.
const sqlOnceLive = `-- tenure.once_live
select exists (select from village_opening where village_id = @village_id) or exists (select from notice where village_id = @village_id)`

// Suspend stops a village for the time being: nobody of it signs in, no job runs, and its public pages say so.
func (s *Service) Suspend(ctx context.Context, who actor.Actor, id actor.VillageID, reason string) (err error) {
	defer fault.Wrap(&err, "tenure.Suspend(%d)", id)
	return s.move(ctx, who, id, "suspend", reason)
}

// Resume lets it work again; what waited is caught up with.
func (s *Service) Resume(ctx context.Context, who actor.Actor, id actor.VillageID, reason string) (err error) {
	defer fault.Wrap(&err, "tenure.Resume(%d)", id)
	return s.move(ctx, who, id, "resume", reason)
}

func (s *Service) move(ctx context.Context, who actor.Actor, id actor.VillageID, verb, reason string) error {
	reason = strings.TrimSpace(reason)
	if !chars.Between(reason, 4, 200) {
		return ErrReason
	}
	return s.change(ctx, who, id, audit.Event{Verb: "village." + verb, Reason: reason}, func(tx pg.Tx, v village.Village) error {
		to, ok := After(v.State, verb)
		if !ok {
			return ErrState.With(v.State.Chinese())
		}
		if verb == "resume" {
			once, err := pg.Scalar[bool](ctx, tx, sqlOnceLive, pgx.NamedArgs{"village_id": int64(id)})
			if err != nil {
				return err
			}
			if !once {
				to = village.Setup
			}
		}
		tag, err := tx.Exec(ctx, sqlState, pgx.NamedArgs{"id": int64(id), "to": string(to), "from": string(v.State), "reason": reason, "at": tx.Now})
		if err == nil && tag.RowsAffected() == 0 {
			err = pg.ErrBusy
		}
		return err
	})
}

const sqlFlags = `-- tenure.flags
update village set flags = @flags where id = @id`

// SetFlags says what a village has otherwise than others, and how much it may use.
func (s *Service) SetFlags(ctx context.Context, who actor.Actor, id actor.VillageID, f village.Flags, reason string) (err error) {
	defer fault.Wrap(&err, "tenure.SetFlags(%d)", id)
	reason = strings.TrimSpace(reason)
	if err := fault.Join(CheckFlags(f), fault.When(!chars.Between(reason, 4, 200), ErrReason)); err != nil {
		return err
	}
	return s.change(ctx, who, id, audit.Event{Verb: "village.flags", Reason: reason, After: f}, func(tx pg.Tx, v village.Village) error {
		_, err := tx.Exec(ctx, sqlFlags, pgx.NamedArgs{"id": int64(id), "flags": f})
		return err
	})
}

// CheckFlags says the first thing that is wrong with them.
func CheckFlags(f village.Flags) *fault.Error {
	bad := func(n int) bool { return n < 0 || n > 10_000_000 }
	switch {
	case bad(f.Most.Households):
		return ErrQuota.On("most_households")
	case bad(f.Most.PhotoMB):
		return ErrQuota.On("most_photo_mb")
	case bad(f.Most.SMS):
		return ErrQuota.On("most_sms")
	case bad(f.Most.Accounts):
		return ErrQuota.On("most_accounts")
	case len(f.Embed) > 10 || slices.ContainsFunc(f.Embed, func(o string) bool { return !origin.MatchString(o) }):
		return ErrOrigin
	}
	return nil
}

// origin is a site that may frame: a scheme and a host, so that nothing else gets into the header.
var origin = regexp.MustCompile(`^https://[a-z0-9]([a-z0-9-]{0,62}\.)*[a-z0-9-]{1,63}(:[0-9]{1,5})?$`)
