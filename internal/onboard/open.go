package onboard

import (
	"context"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/budget"
	"cunfen/internal/chars"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/pg"
	"cunfen/internal/village"
)

const sqlMark = `-- onboard.mark
insert into readiness_mark (village_id, item, at, words, document, by, by_name)
values (@village_id, @item, @at, @words, @document, @by, @by_name)`

// Confirm keeps a person's word on an item of the card.
func (s *Service) Confirm(ctx context.Context, who actor.Actor, m Mark) (err error) {
	defer fault.Wrap(&err, "onboard.Confirm(%s)", m.Item)
	if !(Item{Key: m.Item}).Marked() {
		return fault.ErrNotFound
	}
	m.tidy()
	if err := m.check(); err != nil {
		return err
	}
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		_, _, err := idem.Once(ctx, tx, "onboard.confirm", func() (bool, error) { return true, confirm(ctx, tx, m) })
		return err
	})
}

func (m *Mark) tidy() {
	m.Words, m.Document = strings.TrimSpace(m.Words), strings.TrimSpace(m.Document)
}

func (m Mark) check() error {
	return fault.Join(fault.When(!chars.Between(m.Words, 4, 200), ErrWords),
		fault.When((m.Item == Plan || m.Item == Rules) && !chars.Between(m.Document, 2, 60), ErrDocument))
}

func confirm(ctx context.Context, tx pg.Tx, m Mark) error {
	_, err := tx.Exec(ctx, sqlMark, pgx.NamedArgs{"village_id": int64(tx.Village()), "item": string(m.Item), "at": tx.Now, "words": m.Words,
		"document": m.Document, "by": tx.Who.Account, "by_name": tx.Who.Name})
	if err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Event{Verb: "onboard.confirm", Kind: "readiness", ID: string(m.Item), Reason: m.Words, After: m})
}

const sqlLive = `-- onboard.live
update village set state = 'live', state_reason = @reason, state_at = @at where id = @village_id and state = 'setup'`

const sqlOpened = `-- onboard.opened
insert into village_opening (village_id, id, kind, missing, reason, by, by_name, at)
values (@village_id, @id, @kind, @missing, @reason, @by, @by_name, @at)`

// Open lets a village go live: on a green card, or, with a reason that is kept with what was missing, before it
// is green. The township decides. From then on the village redeems only against a budget agreed to.
func (s *Service) Open(ctx context.Context, who actor.Actor, v actor.VillageID, reason string) (o Opening, err error) {
	defer fault.Wrap(&err, "onboard.Open(%d)", v)
	if err = s.DB.LookInOffice(ctx, who, v, func(pg.Tx) error { return nil }); err != nil {
		return o, err
	}
	p, err := s.practised(ctx, v)
	if err != nil {
		return o, err
	}
	err = s.DB.InOffice(ctx, who, v, func(tx pg.Tx) error {
		o, _, err = idem.Once(ctx, tx, "village.open", func() (Opening, error) { return open(ctx, tx, p, reason) })
		return err
	})
	s.Villages.Forget(v)
	return o, err
}

func open(ctx context.Context, tx pg.Tx, p practice, reason string) (o Opening, err error) {
	c, err := card(ctx, tx, tx.Village(), p)
	if err != nil {
		return o, err
	}
	if c.State != village.Setup {
		return o, ErrLive
	}
	o = Opening{Kind: "green", Missing: c.Missing(), Reason: strings.TrimSpace(reason), ByName: tx.Who.Name, At: tx.Now}
	if len(o.Missing) > 0 {
		if o.Kind = "override"; !chars.Between(o.Reason, 10, 200) {
			return o, ErrNotReady.With(len(o.Missing), strings.Join(o.Missing, "、"))
		}
	}
	if err := goLive(ctx, tx, o); err != nil {
		return o, err
	}
	return o, budget.KeepStrict(ctx, tx)
}

func goLive(ctx context.Context, tx pg.Tx, o Opening) error {
	if o.Missing == nil {
		o.Missing = []string{}
	}
	args := pgx.NamedArgs{"village_id": int64(tx.Village()), "id": pg.NewID(), "kind": o.Kind, "missing": o.Missing, "reason": o.Reason,
		"by": nil, "by_name": tx.Who.Name, "at": tx.Now}
	if tx.Who.Account != uuid.Nil {
		args["by"] = tx.Who.Account
	}
	tag, err := tx.Exec(ctx, sqlLive, args)
	if err != nil {
		return err
	}
	if tag.RowsAffected() == 0 {
		return ErrLive
	}
	if _, err := tx.Exec(ctx, sqlOpened, args); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Event{Verb: "village.open", Kind: "village", ID: o.Kind, Reason: o.Reason, After: o.Missing})
}

// Demonstrate lets a village go live that is there to be shown, with everything that it lacks on the record. A
// village that is live already stays as it is.
func Demonstrate(ctx context.Context, db *pg.DB, v actor.VillageID, why string) (err error) {
	defer fault.Wrap(&err, "onboard.Demonstrate(%d)", v)
	return db.InVillage(ctx, actor.System(v), func(tx pg.Tx) error {
		c, err := card(ctx, tx, v, practice{})
		if err != nil || c.State != village.Setup {
			return err
		}
		o := Opening{Kind: "override", Missing: c.Missing(), Reason: why}
		if len(o.Missing) == 0 {
			o.Kind = "green"
		}
		return goLive(ctx, tx, o)
	})
}
