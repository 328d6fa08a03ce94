package notice

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// draft is a notice about to go out, and what has to be the same when it does.
type draft struct {
	View
	owners []uuid.UUID // of the lines
	before time.Time   // when the edition before it went out; zero for the first
}

// write makes the draft of the month as the book has it at this instant. before is nil for the first edition.
func (s *Service) write(ctx context.Context, tx pg.Tx, m month.Month, before *Notice) (d draft, err error) {
	if err := d.about(ctx, tx, m, before); err != nil {
		return d, err
	}
	var old []owner
	if before != nil {
		if old, err = pg.All[owner](ctx, tx, sqlOwners, pgx.NamedArgs{"village_id": int64(tx.Village()), "month": int32(m), "number": before.Number}); err != nil {
			return d, err
		}
	}
	homes, err := d.figures(ctx, tx, old)
	if err != nil {
		return d, err
	}
	d.enter(homes, old)
	if before == nil {
		causes, err := pg.All[cause](ctx, tx, sqlCauses, pgx.NamedArgs{"village_id": int64(tx.Village()), "month": int32(m), "cut": d.PublishedAt})
		if err != nil {
			return d, err
		}
		d.Classes.Plus, d.Classes.Minus = gains(causes), losses(causes)
	}
	d.Root = Root(Texts(tx.Village(), d.Notice, d.Lines))
	d.Code = Code(d.Root)
	d.Link = s.Address(d.VillageCode, m, d.Number)
	d.Classes.Missing, err = d.lacks()
	return d, err
}

// about fills in what does not come from the book.
func (d *draft) about(ctx context.Context, tx pg.Tx, m month.Month, before *Notice) error {
	v, err := pg.One[place](ctx, tx, sqlVillage, pgx.NamedArgs{"village_id": int64(tx.Village())})
	if err != nil {
		return err
	}
	if !v.Live {
		return ErrNotLive
	}
	set, err := v.own()
	if err != nil {
		return err
	}
	today := month.Date(tx.Now)
	r, err := rulesOn(ctx, tx, today)
	if err != nil {
		return err
	}
	if set.Calendar.TakeDownDays == 0 {
		set.Calendar.TakeDownDays = 30
	}
	d.Village, d.VillageCode, d.Contact = v.Name, v.Code, set.contact()
	d.Notice = Notice{Month: m, Number: 1, Title: v.Name + "积分公示", PublishedAt: tx.Now.Truncate(time.Microsecond),
		ObjectUntil: today.AddDate(0, 0, r.ObjectionDays)} // the day itself does not count
	d.DownOn = today.AddDate(0, 0, max(set.Calendar.TakeDownDays, r.ObjectionDays+1))
	if due := set.day(m.Next()); before == nil && due.Before(today) {
		d.Classes.Late = due.Format(time.DateOnly)
	}
	if before != nil {
		d.Number, d.Title, d.before = before.Number+1, v.Name+"积分公示（更正）", before.PublishedAt
	}
	return nil
}

// own reads the village's settings.
func (p place) own() (s settings, err error) {
	err = json.Unmarshal(p.Settings, &s)
	return s, err
}

func (s settings) contact() string {
	if s.Contact.Phone == "" {
		return ""
	}
	return s.Contact.Name + " " + s.Contact.Phone
}

// figures reads the book as of the draft's instant. A corrected notice is about the households of the one
// before it.
func (d *draft) figures(ctx context.Context, tx pg.Tx, old []owner) ([]frozen, error) {
	var only []uuid.UUID
	for _, o := range old {
		only = append(only, o.HouseholdID)
	}
	homes, err := freeze(ctx, tx, d.Month, d.PublishedAt, d.before, only)
	if len(old) == 0 {
		return homes, err
	}
	at := map[uuid.UUID]int{}
	for i, o := range old {
		at[o.HouseholdID] = i
	}
	slices.SortFunc(homes, func(a, b frozen) int { return at[a.HouseholdID] - at[b.HouseholdID] })
	return homes, err
}

// enter writes the lines and the sums.
func (d *draft) enter(homes []frozen, old []owner) {
	for i, h := range homes {
		l := Line{Position: i + 1, Door: h.Door, Head: Mask(h.Head), Carried: h.Carried, Plus: h.Plus, Minus: h.Minus, Spent: h.Spent,
			Total: h.Carried + h.Plus - h.Minus - h.Spent}
		if i < len(old) {
			l.Door, l.Head = old[i].Door, old[i].Head
			if h.Corrected && old[i].Total != l.Total {
				d.Classes.Changes = append(d.Classes.Changes, Change{l.Position, l.Door, l.Head, old[i].Total, l.Total})
			}
		}
		d.Lines, d.owners = append(d.Lines, l), append(d.owners, h.HouseholdID)
		d.Plus, d.Minus, d.Spent = d.Plus+h.Plus, d.Minus+h.Minus, d.Spent+h.Spent
		d.Classes.Held += h.Held
	}
	d.Households = len(homes)
}

// check answers errMoved where the book does not say any more what the draft says.
func (d *draft) check(ctx context.Context, tx pg.Tx) error {
	var only []uuid.UUID
	if d.Corrected() {
		only = d.owners
	}
	homes, err := freeze(ctx, tx, d.Month, d.PublishedAt, d.before, only)
	if err != nil {
		return err
	}
	if len(homes) != len(d.Lines) {
		return errMoved
	}
	at := make(map[uuid.UUID]Line, len(d.Lines))
	for i, id := range d.owners {
		at[id] = d.Lines[i]
	}
	for _, h := range homes {
		l, ok := at[h.HouseholdID]
		if !ok || h.Carried != l.Carried || h.Plus != l.Plus || h.Minus != l.Minus || h.Spent != l.Spent {
			return errMoved
		}
	}
	return nil
}

// Preview is what Publish would put out now, before anybody sees it. It asks no state of the month.
func (s *Service) Preview(ctx context.Context, who actor.Actor, m month.Month) (v View, err error) {
	defer fault.Wrap(&err, "notice.Preview(%s)", m)
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		d, err := s.write(ctx, tx, m, nil)
		v = d.View
		return err
	})
	return v, err
}

// absent reports whether err says that there is no such record.
func absent(err error) bool { return errors.Is(err, fault.ErrNotFound) }
