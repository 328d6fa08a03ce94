package claim

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/evidence"
	"cunfen/internal/fault"
	"cunfen/internal/group"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
	"cunfen/internal/slot"
)

// Faults of a closer look.
var (
	ErrSecond = fault.New(fault.Conflict, "claim.second", "您已经通过了；分值由小组议定的、照片和别的申报相像的，还要另一名成员通过")
	ErrAlike  = fault.New(fault.Invalid, "claim.alike", "有照片和别的申报相像：请核对后写明为什么仍然通过（2 到 500 字）").On("reason")
	ErrTwin   = fault.New(fault.Conflict, "claim.twin", "这个人同一天的同一事项已经通过过一条，不能重复；请先核对，再按“不通过”处理")
	ErrSplit  = fault.New(fault.Invalid, "claim.split", "认定的数量要比申报的少，至少为 1；全部认定请按“通过”，一项不认请按“不通过”").On("parts")
	ErrWindow = fault.New(fault.Conflict, "claim.window", "批量通过超过 10 分钟，不能一起撤销了；请逐条办理")
)

// openItem reports whether the group itself sets the item's points (D7).
func openItem(ctx context.Context, tx pg.Tx, c Claim) (bool, error) {
	rules, err := rulebook.Version(ctx, tx, c.RuleVersion)
	if err != nil {
		return false, err
	}
	item, err := rules.Item(c.Item)
	return item.Tier == rulebook.Decided, err
}

const sqlTwin = `-- claim.twin
select exists (select from claim where village_id = @village_id and household_id = @household and member_id = @member and item = @item
  and occurred_on = @on and id <> @id and state in ('approved', 'posted'))`

// pass lets a claim through: at once, or by the second of two members where the item is open (D7) or a photo
// looks like one of another claim; the latter with the second's reason.
func (c *Claim) pass(ctx context.Context, tx pg.Tx, related bool, why string) error {
	if c.MemberID != nil {
		twin, err := pg.Scalar[bool](ctx, tx, sqlTwin, pgx.NamedArgs{"village_id": int64(tx.Village()), "household": c.HouseholdID, "member": c.MemberID, "item": c.Item,
			"on": month.Date(c.OccurredOn), "id": c.ID})
		if err != nil {
			return err
		}
		if twin && c.State == Pending {
			return ErrTwin
		}
	}
	open, err := openItem(ctx, tx, *c)
	if err != nil {
		return err
	}
	if c.State != Pending || c.Recorder == tx.Who.Account || related {
		return c.decide(tx.Who, related, Approved, "", tx.Now)
	}
	alike, err := looksLike(ctx, tx, *c)
	if err != nil {
		return err
	}
	if !open && !alike {
		return c.decide(tx.Who, related, Approved, "", tx.Now)
	}
	switch {
	case c.FirstBy == nil:
		by, at := tx.Who.Account, tx.Now
		c.FirstBy, c.FirstByName, c.FirstAt = &by, tx.Who.Name, &at
		return nil
	case *c.FirstBy == tx.Who.Account:
		return ErrSecond
	case alike && why == "":
		return ErrAlike
	}
	return c.decide(tx.Who, related, Approved, why, tx.Now)
}

// looksLike reports whether a photo of the claim looks like one of another claim that counts.
func looksLike(ctx context.Context, tx pg.Tx, c Claim) (bool, error) {
	photos, err := evidence.DuplicatesOf(ctx, tx, []uuid.UUID{c.ID})
	if err != nil || len(photos) == 0 {
		return false, err
	}
	all, err := twins(ctx, tx, c) // of these, those that still count
	return slices.ContainsFunc(all, func(t Twin) bool { return t.Photo }), err
}

// ApprovePart lets a part of what was claimed through, with the reason that the household reads.
func (s *Service) ApprovePart(ctx context.Context, who actor.Actor, id uuid.UUID, parts map[string]int, reason string) (c Claim, err error) {
	defer fault.Wrap(&err, "claim.ApprovePart(%s)", id)
	if reason, err = reasoned(reason); err != nil {
		return c, err
	}
	return s.change(ctx, who, "claim.approve_part", id, reason, func(tx pg.Tx, c *Claim) error {
		related, err := group.Conflicted(ctx, tx, who.Account, []uuid.UUID{c.HouseholdID})
		if err != nil {
			return err
		}
		if c.State != Pending {
			return ErrDecided
		}
		less, err := fewer(c.Parts, parts)
		if err != nil {
			return err
		}
		rules, err := rulebook.Version(ctx, tx, c.RuleVersion)
		if err != nil {
			return err
		}
		item, err := rules.Item(c.Item)
		if err != nil {
			return err
		}
		points, err := score(item, less, c.Note)
		if err != nil {
			return fault.Of(err).On("parts")
		}
		if err := slot.Free(ctx, tx, slot.Claim, c.ID); err != nil {
			return err
		}
		if c.Asked == nil {
			c.Asked = c.Parts
		}
		c.Parts, c.Points = less, points
		if _, err := slot.Take(ctx, tx, c.use(true)); err != nil {
			return err
		}
		if err := c.pass(ctx, tx, related[c.HouseholdID], reason); err != nil {
			return err
		}
		c.Reason = reason
		return nil
	})
}

// fewer checks that some of what was asked is left and nothing is more.
func fewer(asked, given map[string]int) (map[string]int, error) {
	out, less, some := map[string]int{}, false, false
	for code, n := range asked {
		g := given[code]
		if g < 0 || g > n {
			return nil, ErrSplit
		}
		less, some = less || g < n, some || g > 0
		if g > 0 {
			out[code] = g
		}
	}
	if !less || !some {
		return nil, ErrSplit
	}
	return out, nil
}

// restore gives a claim back what it asked, when a decision for a part of it is taken back.
func (c *Claim) restore(ctx context.Context, tx pg.Tx) error {
	if c.Asked == nil || maps.Equal(c.Asked, c.Parts) {
		return nil
	}
	rules, err := rulebook.Version(ctx, tx, c.RuleVersion)
	if err != nil {
		return err
	}
	item, err := rules.Item(c.Item)
	if err != nil {
		return err
	}
	if c.Points, err = score(item, c.Asked, c.Note); err != nil {
		return err
	}
	c.Parts, c.Asked = c.Asked, nil
	if err := slot.Free(ctx, tx, slot.Claim, c.ID); err != nil {
		return err
	}
	_, err = slot.Take(ctx, tx, c.use(true))
	return err
}

// Window is how long a bulk approval can be taken back as a whole.
const Window = 10 * time.Minute

const sqlMine = `-- claim.mine_since
select id from claim where village_id = @village_id and state = 'approved' and reviewer = @me and month is null and decided_at >= @since order by id limit 200`

// UndoSince takes back what the person has approved since an instant not longer ago than Window.
func (s *Service) UndoSince(ctx context.Context, who actor.Actor, since time.Time) (n int, err error) {
	defer fault.Wrap(&err, "claim.UndoSince")
	if s.DB.Now().Sub(since) > Window {
		return 0, ErrWindow
	}
	var ids []uuid.UUID
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		ids, err = pg.Column[uuid.UUID](ctx, tx, sqlMine, pgx.NamedArgs{"village_id": int64(tx.Village()), "me": who.Account, "since": since})
		return err
	})
	key := who.Key
	for _, id := range ids {
		if key != "" {
			who.Key = uuid.NewSHA1(id, []byte(key)).String()
		}
		if _, err := s.Undo(ctx, who, id); err != nil {
			if f := fault.Of(err); f.Kind == fault.Internal || f.Kind == fault.Unavailable {
				return n, err
			}
			continue
		}
		n++
	}
	return n, err
}

// Twin is another record that a reviewer should compare with: the same thing again, or a photo seen before.
type Twin struct {
	ID         uuid.UUID
	Door       string
	Head       string
	State      State
	Points     int
	OccurredOn time.Time
	Why        string `db:"-"`
	Photo      bool   `db:"-"` // a photo looks the same
}

const sqlTwins = `-- claim.twins
select c.id, h.door, h.head, c.state, c.points, c.occurred_on
from claim c join household h on h.village_id = @village_id and h.id = c.household_id
where c.village_id = @village_id and c.id <> @id and c.state not in ('withdrawn', 'rejected')
  and (c.id = any(@others) or c.household_id = @household and c.item = @item and c.occurred_on = @on and c.member_id is not distinct from @member::uuid)
order by c.id desc limit 20`

// twins finds what looks like the claim: same home, person, item and day, or a photo that proves another one.
func twins(ctx context.Context, tx pg.Tx, c Claim) ([]Twin, error) {
	photos, err := evidence.DuplicatesOf(ctx, tx, []uuid.UUID{c.ID})
	if err != nil {
		return nil, err
	}
	why, others := map[uuid.UUID]string{}, []uuid.UUID{}
	for _, d := range photos {
		if _, ok := why[d.OtherClaim]; !ok {
			others = append(others, d.OtherClaim)
			why[d.OtherClaim] = "照片很像"
			if d.Exact {
				why[d.OtherClaim] = "同一张照片"
			}
		}
	}
	all, err := pg.All[Twin](ctx, tx, sqlTwins, pgx.NamedArgs{"village_id": int64(tx.Village()), "id": c.ID, "others": others, "household": c.HouseholdID,
		"item": c.Item, "on": month.Date(c.OccurredOn), "member": c.MemberID})
	for i, t := range all {
		if all[i].Why, all[i].Photo = why[t.ID], why[t.ID] != ""; !all[i].Photo {
			all[i].Why = "同户、同人、同一天、同一事项"
		}
	}
	return all, err
}

// Split says what of the claim was let through: 「申报 3，认定 2」; "" where all of it was.
func (c Claim) Split() string {
	if c.Asked == nil {
		return ""
	}
	asked, given := 0, 0
	for code, n := range c.Asked {
		asked, given = asked+n, given+c.Parts[code]
	}
	return fmt.Sprintf("申报 %d，认定 %d", asked, given)
}
