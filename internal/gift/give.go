package gift

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/chars"
	"cunfen/internal/fault"
	"cunfen/internal/group"
	"cunfen/internal/idem"
	"cunfen/internal/inform"
	"cunfen/internal/ledger"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/queue"
)

func number(n int) string { return strconv.Itoa(n) + " 号" }

// Offer is a gift as it is made.
type Offer struct {
	Giver     uuid.UUID
	Family    uuid.UUID // by its household
	Points    int
	Freely    bool   // for nothing in return
	Signature []byte // at the counter
}

const sqlRules = `-- gift.rules
select allowed, per_year, cooling_days, changed_name, changed_at from giving where village_id = @village_id`

const sqlHold = `-- gift.hold
select gift_hold($1, $2, $3)`

const sqlFamily = `-- gift.family
select household_id, number, words, named, consent, '' as door, '' as head, added_name, added_at from needy where village_id = @village_id and household_id = @taker and ended_at is null`

const sqlUncleared = `-- gift.uncleared
select b.cleared_year < @last_year::integer and exists (
  select from ledger_entry e where e.village_id = @village_id and e.household_id = b.household_id and e.bucket = 2 and e.occurred_on < @from)
from balance b where b.village_id = @village_id and b.household_id = @giver`

const sqlGiven = `-- gift.given
select coalesce(sum(points), 0)::bigint from gift where village_id = @village_id and giver = @giver and state in ('waiting', 'done') and at >= @from`

const sqlReturned = `-- gift.returned
select exists (select from gift where village_id = @village_id and giver = @taker and taker = @giver and state in ('waiting', 'done') and at >= @from)`

const sqlAdd = `-- gift.add
insert into gift (village_id, id, giver, taker, points, channel, state, by, by_name, at, due_at, signature)
values (@village_id, @id, @giver, @taker, @points, @channel, 'waiting', @account, @name, @at, @due, @signature)`

func rules(ctx context.Context, tx pg.Tx) (Rules, error) {
	r, err := pg.One[Rules](ctx, tx, sqlRules, pgx.NamedArgs{"village_id": int64(tx.Village())})
	if errors.Is(err, fault.ErrNotFound) {
		return usual, nil
	}
	return r, err
}

// Give makes a gift: its points are held, and it waits for the village's days of second thoughts. A household
// gives its own; at the counter it is done for whoever comes and signs.
func (s *Service) Give(ctx context.Context, who actor.Actor, o Offer) (g Gift, err error) {
	defer fault.Wrap(&err, "gift.Give")
	own := who.Household != uuid.Nil && o.Giver == who.Household
	if o.Giver == uuid.Nil || who.Role == actor.Household && !own {
		return g, fault.ErrNotFound
	}
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		g, _, err = idem.Once(ctx, tx, "gift.give", func() (Gift, error) { return give(ctx, tx, o, own) })
		return err
	})
	if pg.Is(err, "CF001") {
		err = ErrShort
	}
	return g, err
}

func give(ctx context.Context, tx pg.Tx, o Offer, own bool) (g Gift, err error) {
	a := pgx.NamedArgs{"village_id": int64(tx.Village()), "account": tx.Who.Account, "giver": o.Giver, "taker": o.Family, "homes": []uuid.UUID{o.Giver, o.Family}}
	r, err := rules(ctx, tx)
	if err != nil {
		return g, err
	}
	if !r.Allowed {
		return g, ErrOff
	}
	family, err := pg.One[Family](ctx, tx, sqlFamily, a)
	if errors.Is(err, fault.ErrNotFound) {
		return g, ErrFamily
	}
	if err != nil {
		return g, err
	}
	if !own {
		kin, err := group.Conflicted(ctx, tx, tx.Who.Account, []uuid.UUID{o.Giver})
		if err != nil {
			return g, err
		}
		if len(kin) > 0 {
			return g, ErrKin
		}
	}
	err = fault.Join(fault.When(o.Giver == o.Family, ErrOwn), fault.When(o.Points < 1 || o.Points > 10000, ErrPoints), fault.When(!o.Freely, ErrFreely),
		fault.When(!own && len(o.Signature) < 100, ErrSigned))
	if err != nil {
		return g, err
	}
	if o.Points > r.PerYear {
		return g, ErrCap.With(r.PerYear, r.PerYear)
	}
	if _, err = tx.Exec(ctx, sqlLockBalances, a); err != nil {
		return g, err
	}
	// both balances are locked from here on, so what is read below stands
	if _, err = tx.Exec(ctx, sqlHold, int64(tx.Village()), o.Giver, o.Points); err != nil {
		return g, err
	}
	year := month.Of(tx.Now).Year()
	a["from"], a["last_year"] = month.Month(year*100+1).First(), year-1
	old, err := pg.Scalar[bool](ctx, tx, sqlUncleared, a)
	if err != nil {
		return g, err
	}
	if old { // or last year's points would reach the new year through another home
		return g, ErrOldYear.With(year - 1)
	}
	back, err := pg.Scalar[bool](ctx, tx, sqlReturned, a)
	if err != nil {
		return g, err
	}
	if back {
		return g, ErrReturn
	}
	given, err := pg.Scalar[int64](ctx, tx, sqlGiven, a)
	if err != nil {
		return g, err
	}
	if left := r.PerYear - int(given); o.Points > left {
		return g, ErrCap.With(r.PerYear, max(0, left))
	}
	g = Gift{ID: pg.IDAt(tx.Now), Giver: o.Giver, Taker: o.Family, Number: family.Number, Words: family.Words, Named: family.Named, Points: o.Points, Channel: "counter", State: Waiting,
		By: tx.Who.Account, ByName: tx.Who.Name, At: tx.Now, DueAt: tx.Now.AddDate(0, 0, r.CoolingDays)}
	if own {
		g.Channel, o.Signature = "phone", nil
	}
	a["id"], a["points"], a["channel"], a["name"], a["at"], a["due"], a["signature"] = g.ID, g.Points, g.Channel, g.ByName, g.At, g.DueAt, o.Signature
	if _, err := tx.Exec(ctx, sqlAdd, a); err != nil {
		return g, err
	}
	if err := queue.AddAt(ctx, tx, Settle{g.ID}, g.DueAt); err != nil {
		return g, err
	}
	return g, audit.Record(ctx, tx, audit.Event{Verb: "gift.give", Kind: "gift", ID: g.ID.String(), After: g})
}

const sqlPartGift = `g.id, g.giver, h.door as giver_door, h.head as giver_head, g.taker, t.door as taker_door, t.head as taker_head, coalesce(n.number, 0) as number, coalesce(n.words, '') as words,
  coalesce(n.named, false) as named, g.points, g.channel, g.state, g.by, g.by_name, g.at, g.due_at, g.ended_name, g.ended_at, g.reason, g.out_entry, g.in_entry
from gift g join household h on h.village_id = @village_id and h.id = g.giver join household t on t.village_id = @village_id and t.id = g.taker
left join needy n on n.village_id = @village_id and n.household_id = g.taker where g.village_id = @village_id`

const sqlLock = `-- gift.lock
select ` + sqlPartGift + ` and g.id = @id for update of g`

const sqlLockBalances = `-- gift.lock_balances
select household_id from balance where village_id = @village_id and household_id = any(@homes) order by household_id for update`

const sqlRelease = `-- gift.release
update balance set held = held - @points where village_id = @village_id and household_id = @giver`

const sqlEnd = `-- gift.end
update gift set state = @state, ended_by = @by, ended_name = @name, ended_at = @at, reason = @reason, out_entry = @out, in_entry = @in
where village_id = @village_id and id = @id`

// SettleGift posts a gift whose days are over, once: two lines in one transaction, of the day on which it was given,
// so that points of the old year stay of the old year with both homes. One that was withdrawn, or whose days are
// not over, is left alone.
func (s *Service) SettleGift(ctx context.Context, who actor.Actor, id uuid.UUID) (err error) {
	defer fault.Wrap(&err, "gift.Settle(%s)", id)
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		g, err := locked(ctx, tx, id)
		if err != nil || g.State != Waiting || tx.Now.Before(g.DueAt) {
			return err
		}
		out, in := pg.IDAt(tx.Now), pg.IDAt(tx.Now)
		line := ledger.Entry{ID: out, HouseholdID: g.Giver, SourceKind: ledger.FromGift, SourceID: g.ID, Recorder: g.By, Points: -g.Points, Month: month.Of(tx.Now),
			OccurredOn: month.Date(g.At), Kind: ledger.Gift, Bucket: ledger.YearBucket}
		back := line
		back.ID, back.HouseholdID, back.SourceID, back.Points = in, g.Taker, arrival(g.ID), g.Points
		if _, err := tx.Exec(ctx, sqlRelease, pgx.NamedArgs{"village_id": int64(tx.Village()), "giver": g.Giver, "points": g.Points}); err != nil {
			return err
		}
		n, err := ledger.PostAll(ctx, tx, []ledger.Entry{line, back})
		if err == nil && n != 2 {
			err = ErrEnded
		}
		if err != nil {
			return err
		}
		if err := end(ctx, tx, g, Done, "", &out, &in); err != nil {
			return err
		}
		for _, home := range []uuid.UUID{g.Giver, g.Taker} {
			if _, err := inform.Tell(ctx, tx, inform.Message{Household: home, Kind: inform.GiftRecorded, Subject: g.ID, Once: "gift:" + g.ID.String() + home.String(), Quiet: true}); err != nil {
				return err
			}
		}
		return nil
	})
}

// arrival is the source of the line that the family gets: it follows from the gift's id, which is that of the giver's.
func arrival(id uuid.UUID) uuid.UUID { return uuid.NewSHA1(id, []byte("gift.arrival")) }

func locked(ctx context.Context, tx pg.Tx, id uuid.UUID) (g Gift, err error) {
	a := pgx.NamedArgs{"village_id": int64(tx.Village()), "id": id}
	if g, err = pg.One[Gift](ctx, tx, sqlLock, a); err != nil {
		return g, err
	}
	a["homes"] = []uuid.UUID{g.Giver, g.Taker}
	_, err = tx.Exec(ctx, sqlLockBalances, a)
	return g, err
}

func end(ctx context.Context, tx pg.Tx, g Gift, to State, reason string, out, in *uuid.UUID) error {
	a := pgx.NamedArgs{"village_id": int64(tx.Village()), "id": g.ID, "state": string(to), "by": tx.Who.Account, "name": tx.Who.Name, "at": tx.Now, "reason": reason, "out": out, "in": in}
	if _, err := tx.Exec(ctx, sqlEnd, a); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Event{Verb: "gift." + string(to), Kind: "gift", ID: g.ID.String(), Reason: reason, After: map[string]any{"points": g.Points, "state": to}})
}

// Withdraw takes a gift back while it waits. A household takes back its own; the counter any.
func (s *Service) Withdraw(ctx context.Context, who actor.Actor, id uuid.UUID, reason string) (g Gift, err error) {
	defer fault.Wrap(&err, "gift.Withdraw(%s)", id)
	return s.change(ctx, who, "gift.withdraw", id, func(tx pg.Tx, g Gift) (State, error) {
		if who.Role == actor.Household && g.Giver != who.Household {
			return "", fault.ErrNotFound
		}
		if g.State != Waiting {
			return "", ErrEnded
		}
		_, err := tx.Exec(ctx, sqlRelease, pgx.NamedArgs{"village_id": int64(tx.Village()), "giver": g.Giver, "points": g.Points})
		return Withdrawn, err
	}, strings.TrimSpace(reason))
}

// Reverse is the group taking a gift back that should not have been: both lines by one reversal each.
func (s *Service) Reverse(ctx context.Context, who actor.Actor, id uuid.UUID, reason string) (g Gift, err error) {
	defer fault.Wrap(&err, "gift.Reverse(%s)", id)
	reason = strings.TrimSpace(reason)
	return s.change(ctx, who, "gift.reverse", id, func(tx pg.Tx, g Gift) (State, error) {
		if !chars.Between(reason, 2, 200) {
			return "", ErrReason
		}
		if g.State != Done {
			return "", ErrNotDone
		}
		closed, err := ledger.Closed(ctx, tx, []uuid.UUID{g.Taker})
		if err != nil {
			return "", err
		}
		if month.Of(g.At).Year() <= closed[g.Taker] {
			return "", ErrYearOver
		}
		return Reversed, ledger.ReverseAll(ctx, tx, []uuid.UUID{*g.OutEntry, *g.InEntry})
	}, reason)
}

func (s *Service) change(ctx context.Context, who actor.Actor, verb string, id uuid.UUID, fn func(pg.Tx, Gift) (State, error), reason string) (g Gift, err error) {
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		g, _, err = idem.Once(ctx, tx, verb, func() (Gift, error) {
			g, err := locked(ctx, tx, id)
			if err != nil {
				return g, err
			}
			to, err := fn(tx, g)
			if err != nil {
				return g, err
			}
			g.State, g.Reason = to, reason
			return g, end(ctx, tx, g, to, reason, g.OutEntry, g.InEntry)
		})
		return err
	})
	return g, err
}
