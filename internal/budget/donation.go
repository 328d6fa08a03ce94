package budget

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/chars"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/month"
	"cunfen/internal/page"
	"cunfen/internal/pg"
	"cunfen/internal/shop"
)

// Donation is what somebody gave to the village for its points: money, goods, or both.
type Donation struct {
	ID                          uuid.UUID
	Source                      Source
	Donor                       string
	Named                       bool // the donor agrees to be named in public
	Fen                         int64
	GoodsID                     *uuid.UUID
	GoodsName                   string
	Quantity                    int
	ReceivedOn                  time.Time
	RecordedName                string
	CancelledAt                 *time.Time
	CancelledName, CancelReason string
	Uses                        []Use `db:"-"`
}

// Public is the donor's name as the public sees it.
func (d Donation) Public() string {
	if d.Named {
		return d.Donor
	}
	return "爱心人士"
}

// Cancelled reports whether it should not have been written down.
func (d Donation) Cancelled() bool { return d.CancelledAt != nil }

// Left is the money of it not used yet.
func (d Donation) Left() int64 {
	left := d.Fen
	for _, u := range d.Uses {
		left -= u.Fen
	}
	return left
}

// Use is what became of a donation.
type Use struct {
	ID         uuid.UUID
	DonationID uuid.UUID
	What       string
	Fen        int64
	UsedOn     time.Time
}

const sqlDonations = `-- budget.donations
select id, source, donor, named, fen, goods_id, goods_name, quantity, received_on, recorded_name, cancelled_at, cancelled_name, cancel_reason from donation
where village_id = @village_id and (@id::uuid is null or id = @id) and (@source::smallint = 0 or source = @source)
  and (@year::integer = 0 or extract(year from received_on) = @year) and (not @public or cancelled_at is null)
  and (@query = '' or position(@query in case when @public and not named then '' else donor end || ' ' || goods_name) > 0)
  and (@after = '' or id < nullif(@after, '')::uuid) order by id desc limit @rows`

const sqlUses = `-- budget.uses
select id, donation_id, what, fen, used_on from donation_use where village_id = @village_id and donation_id = any(@ids) and cancelled_at is null order by id`

// DonationFilter narrows the list of donations; zero fields do not.
type DonationFilter struct {
	ID     uuid.UUID // the one
	Source Source
	Year   int
	Query  string // in the donor's name, the goods
	Public bool   // what is cancelled is not shown, a name that is not public not searched
	page.Page
}

// Given reads what was given and what became of it, newest first, with the cursor of the next page.
func (s *Service) Given(ctx context.Context, who actor.Actor, f DonationFilter) (all []Donation, next string, err error) {
	defer fault.Wrap(&err, "budget.Given")
	if err := pg.After(f.After); err != nil {
		return nil, "", err
	}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		all, next, err = donations(ctx, tx, f)
		return err
	})
	if err == nil && f.ID != uuid.Nil && len(all) == 0 {
		err = fault.ErrNotFound
	}
	return all, next, err
}

func donations(ctx context.Context, tx pg.Tx, f DonationFilter) (all []Donation, next string, err error) {
	a := pgx.NamedArgs{"village_id": int64(tx.Village()), "id": nil, "source": int16(f.Source), "year": f.Year, "query": f.Query, "public": f.Public, "after": f.After, "rows": f.Rows() + 1}
	if f.ID != uuid.Nil {
		a["id"] = f.ID
	}
	if all, err = pg.All[Donation](ctx, tx, sqlDonations, a); err != nil {
		return nil, "", err
	}
	all, next = page.Cut(all, f.Rows(), func(d Donation) string { return d.ID.String() })
	at := map[uuid.UUID]int{}
	var ids []uuid.UUID
	for i, d := range all {
		at[d.ID], ids = i, append(ids, d.ID)
	}
	a["ids"] = ids
	uses, err := pg.All[Use](ctx, tx, sqlUses, a)
	for _, u := range uses {
		d := &all[at[u.DonationID]]
		d.Uses = append(d.Uses, u)
	}
	return all, next, err
}

const sqlGoodsName = `-- budget.goods_name
select name from goods where village_id = @village_id and id = @goods`

const sqlAddDonation = `-- budget.add_donation
insert into donation (village_id, id, source, donor, named, fen, goods_id, goods_name, quantity, received_on, recorded_by, recorded_name, at)
values (@village_id, @id, @source, @donor, @named, @fen, @goods, @goods_name, @quantity, @on, @by, @name, @at)`

// Give records a donation; goods come into stock with it.
func (s *Service) Give(ctx context.Context, who actor.Actor, d Donation) (out Donation, err error) {
	defer fault.Wrap(&err, "budget.Give")
	d.Donor = strings.TrimSpace(d.Donor)
	today := month.Date(s.DB.Now())
	err = fault.Join(fault.When(d.Source < Notables || d.Source > Others, ErrForm.With("请选择捐助方").On("source")), fault.When(!chars.Between(d.Donor, 1, 40), ErrForm.With("请填捐助人或单位").On("donor")),
		fault.When(d.Fen < 0 || d.Fen > mostFen, ErrForm.With("金额不对").On("fen")), fault.When(d.Quantity < 0 || d.Quantity > 1000000, ErrForm.With("数量应是 1 到 1000000").On("quantity")),
		fault.When((d.GoodsID == nil) != (d.Quantity == 0), ErrForm.With("捐物请选物品并写数量").On("quantity")), fault.When(d.Fen == 0 && d.Quantity == 0, ErrForm.With("请填金额，或捐的物品和数量").On("fen")),
		fault.When(d.ReceivedOn.After(today) || d.ReceivedOn.Before(today.AddDate(-1, 0, 0)), ErrForm.With("收到的日期应在一年以内、不晚于今天").On("received_on")))
	if err != nil {
		return d, err
	}
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		out, _, err = idem.Once(ctx, tx, "budget.give", func() (Donation, error) { return give(ctx, tx, d) })
		return err
	})
	return out, err
}

func give(ctx context.Context, tx pg.Tx, d Donation) (_ Donation, err error) {
	d.ID, d.RecordedName = pg.IDAt(tx.Now), tx.Who.Name
	a := pgx.NamedArgs{"village_id": int64(tx.Village()), "id": d.ID, "source": int16(d.Source), "donor": d.Donor, "named": d.Named, "fen": d.Fen, "goods": d.GoodsID,
		"quantity": d.Quantity, "on": d.ReceivedOn, "by": tx.Who.Account, "name": tx.Who.Name, "at": tx.Now}
	if d.GoodsID != nil {
		if d.GoodsName, err = pg.Scalar[string](ctx, tx, sqlGoodsName, a); err != nil {
			return d, err
		}
	}
	a["goods_name"] = d.GoodsName
	if _, err := tx.Exec(ctx, sqlAddDonation, a); err != nil {
		return d, err
	}
	if d.GoodsID != nil {
		if _, err := shop.Move(ctx, tx, shop.Movement{Goods: *d.GoodsID, Quantity: d.Quantity, Kind: shop.Donated, Source: d.ID}); err != nil {
			return d, err
		}
	}
	return d, audit.Record(ctx, tx, audit.Event{Verb: "budget.give", Kind: "donation", ID: d.ID.String(), After: d})
}

const sqlLockDonation = `-- budget.lock_donation
select id from donation where village_id = @village_id and id = @id for update`

const sqlAddUse = `-- budget.add_use
insert into donation_use (village_id, id, donation_id, what, fen, used_on, recorded_by, at) values (@village_id, @use, @id, @what, @fen, @on, @by, @at)`

// Used records what became of a donation; never more money than it was.
func (s *Service) Used(ctx context.Context, who actor.Actor, id uuid.UUID, what string, fen int64) (d Donation, err error) {
	defer fault.Wrap(&err, "budget.Used(%s)", id)
	what = strings.TrimSpace(what)
	if err := fault.Join(fault.When(!chars.Between(what, 2, 200), ErrForm.With("请写用在哪里（2 到 200 字）").On("what")), fault.When(fen < 0, ErrForm.With("金额不对").On("fen"))); err != nil {
		return d, err
	}
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		d, _, err = idem.Once(ctx, tx, "budget.used", func() (Donation, error) {
			d, err := lockDonation(ctx, tx, id)
			if err != nil {
				return d, err
			}
			u := Use{pg.IDAt(tx.Now), id, what, fen, month.Date(tx.Now)}
			if fen > d.Left() {
				return d, ErrForm.With("比这笔捐助剩下的钱还多").On("fen")
			}
			_, err = tx.Exec(ctx, sqlAddUse, pgx.NamedArgs{"village_id": int64(tx.Village()), "id": id, "use": u.ID, "what": what, "fen": fen, "on": u.UsedOn, "by": tx.Who.Account, "at": tx.Now})
			if err != nil {
				return d, err
			}
			d.Uses = append(d.Uses, u)
			return d, audit.Record(ctx, tx, audit.Event{Verb: "budget.used", Kind: "donation", ID: id.String(), Reason: what, After: d.Uses})
		})
		return err
	})
	return d, err
}
