package adoption

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/chars"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
)

const sqlPartReviews = `select r.item, r.number, r.document, r.opinion, r.reviewed_by, r.reviewed_on, w.ends_on, coalesce(w.reason, '') as end_reason, coalesce(w.by_name, '') as ended_by
from legal_review r left join legal_withdrawal w on w.village_id = @village_id and w.item = r.item and w.number = r.number
where r.village_id = @village_id `

const sqlReviews = `-- adoption.reviews
` + sqlPartReviews + `and w.item is null order by r.item, r.number`

const sqlEveryReview = `-- adoption.every_review
` + sqlPartReviews + `order by r.item, r.number desc`

const sqlReview = `-- adoption.review
insert into legal_review (village_id, item, number, document, opinion, reviewed_by, reviewed_on, account_id, recorded_at)
values (@village_id, @item, @number, @document, @opinion, @by, @day, @account, @now)`

const sqlWithdraw = `-- adoption.withdraw
insert into legal_withdrawal (village_id, item, number, ends_on, reason, versions, by_name, account_id, at)
values (@village_id, @item, @number, @ends_on, @reason, @versions, @by, @account, @now)`

// Faults of the legal review.
var (
	ErrReviewItem = fault.New(fault.Invalid, "adoption.review_item", "这一条不是默认停用的项目，不用审查").On("item")
	ErrReviewed   = fault.New(fault.Conflict, "adoption.reviewed", "这一条已经登记过审查")
	ErrDocument   = fault.New(fault.Invalid, "adoption.document", "请写明凭什么文书认定（2 到 60 字），例如：生效的法院判决").On("document")
	ErrOpinion    = fault.New(fault.Invalid, "adoption.opinion", "请写审查意见（10 到 500 字）").On("opinion")
	ErrNoReview   = fault.New(fault.Conflict, "adoption.no_review", "这一条现在没有有效的审查，可能已经撤回，请刷新")
	ErrWithdraw   = fault.New(fault.Invalid, "adoption.withdraw", "请写明为什么撤回（4 到 200 字），村里和村民会看到").On("reason")
)

// Review records the township's legal review of an X item of one village, as a record of its own (INV-74): what
// document must prove the matter, and what the law says of it. It switches nothing on; the village decides that.
func (s *Service) Review(ctx context.Context, who actor.Actor, village actor.VillageID, item, document, opinion string) (r Review, err error) {
	defer fault.Wrap(&err, "adoption.Review(%d, %s)", village, item)
	document, opinion = strings.TrimSpace(document), strings.TrimSpace(opinion)
	err = s.DB.InOffice(ctx, who, village, func(tx pg.Tx) error {
		r, _, err = idem.Once(ctx, tx, "rules.legal", func() (Review, error) {
			return review(ctx, tx, Review{Item: item, Document: document, Opinion: opinion, ReviewedBy: who.Name, ReviewedOn: today(tx)})
		})
		return err
	})
	return r, err
}

func review(ctx context.Context, tx pg.Tx, r Review) (Review, error) {
	if err := fault.Join(fault.When(!chars.Between(r.Document, 2, 60), ErrDocument), fault.When(!chars.Between(r.Opinion, 10, 500), ErrOpinion)); err != nil {
		return r, err
	}
	if err := sensitive(ctx, tx, r.Item); err != nil {
		return r, err
	}
	a := args(tx, uuid.Nil)
	all, err := pg.All[Review](ctx, tx, sqlEveryReview, a)
	if err != nil {
		return r, err
	}
	r.Number = 1
	if n := slices.IndexFunc(all, func(o Review) bool { return o.Item == r.Item }); n >= 0 {
		if all[n].EndsOn == nil {
			return r, ErrReviewed
		}
		r.Number = all[n].Number + 1
	}
	a["item"], a["number"], a["document"], a["opinion"], a["by"], a["day"], a["account"] = r.Item, r.Number, r.Document, r.Opinion, r.ReviewedBy, month.Date(tx.Now), tx.Who.Account
	if _, err := tx.Exec(ctx, sqlReview, a); pg.Is(err, pg.Unique) {
		return r, ErrReviewed
	} else if err != nil {
		return r, err
	}
	return r, audit.Record(ctx, tx, audit.Event{Verb: "rules.legal", Kind: "legal_review", ID: r.Item, Reason: r.Document + "：" + r.Opinion})
}

// Withdraw takes the township's review of an item back. From tomorrow on the item is off in every version that
// has it on, in force or to come; what happened until then stays as it was scored (D2).
func (s *Service) Withdraw(ctx context.Context, who actor.Actor, village actor.VillageID, item, reason string) (r Review, err error) {
	defer fault.Wrap(&err, "adoption.Withdraw(%d, %s)", village, item)
	reason = strings.TrimSpace(reason)
	err = s.DB.InOffice(ctx, who, village, func(tx pg.Tx) error {
		r, _, err = idem.Once(ctx, tx, "rules.legal_withdraw", func() (Review, error) { return withdraw(ctx, tx, item, reason) })
		return err
	})
	return r, err
}

func withdraw(ctx context.Context, tx pg.Tx, item, reason string) (r Review, err error) {
	if !chars.Between(reason, 4, 200) {
		return r, ErrWithdraw
	}
	if _, err := lock(ctx, tx); err != nil && !errors.Is(err, ErrNone) { // an acceptance under way waits, and finds the review gone
		return r, err
	}
	a := args(tx, uuid.Nil)
	standing, err := pg.All[Review](ctx, tx, sqlReviews, a)
	if err != nil {
		return r, err
	}
	n := slices.IndexFunc(standing, func(o Review) bool { return o.Item == item })
	if n < 0 {
		return r, ErrNoReview
	}
	r = standing[n]
	ends := month.Date(tx.Now).AddDate(0, 0, 1)
	r.EndsOn, r.EndReason, r.EndedBy = &ends, reason, tx.Who.Name
	made, err := switchOff(ctx, tx, item, today(tx).AddDate(0, 0, 1), reason)
	if err != nil {
		return r, err
	}
	a["item"], a["number"], a["ends_on"], a["reason"], a["versions"], a["by"], a["account"] = item, r.Number, ends, reason, made, tx.Who.Name, tx.Who.Account
	if _, err := tx.Exec(ctx, sqlWithdraw, a); pg.Is(err, pg.Unique) {
		return r, ErrNoReview
	} else if err != nil {
		return r, err
	}
	return r, audit.Record(ctx, tx, audit.Event{Verb: "rules.legal_withdraw", Kind: "legal_review", ID: item, Reason: reason, After: made})
}

// switchOff makes, of the version in force on a day and of each that comes later, one without the item where the
// item is on there, and answers their numbers.
func switchOff(ctx context.Context, tx pg.Tx, item string, from time.Time, reason string) (made []int32, err error) {
	made = []int32{}
	days := []time.Time{from}
	all, err := pg.All[version](ctx, tx, sqlVersions, args(tx, uuid.Nil))
	if err != nil {
		return nil, err
	}
	next := 1
	for _, v := range all {
		next = max(next, v.Version+1)
		if day := month.Day(v.InForceFrom); day.After(from) {
			days = append(days, day)
		}
	}
	slices.SortFunc(days, time.Time.Compare)
	for _, day := range slices.CompactFunc(days, time.Time.Equal) {
		r, err := rulebook.InForce(ctx, tx, day)
		if errors.Is(err, rulebook.ErrNoRules) {
			continue
		}
		if err != nil {
			return nil, err
		}
		at := slices.IndexFunc(r.Items, func(i rulebook.Item) bool { return i.Code == item && i.On })
		if at < 0 {
			continue
		}
		off := r
		off.Items = slices.Clone(r.Items)
		off.Items[at].On, off.Items[at].Review = false, nil
		why := "镇里撤回了" + item + "的合法性审查：" + reason
		if off, err = rebuilt(r, off, item, why); err != nil {
			return nil, err
		}
		off.Version, off.InForceFrom, off.Year, off.Reason = next, day, day.Year(), why
		if err := rulebook.Insert(ctx, tx, off); err != nil {
			return nil, err
		}
		made = append(made, int32(next))
		next++
	}
	return made, nil
}

// sensitive checks that the item is an X item of the village's rules in force or of its draft.
func sensitive(ctx context.Context, tx pg.Tx, item string) error {
	sets := make([]rulebook.RuleSet, 0, 2)
	r, err := inForce(ctx, tx)
	if err != nil {
		return err
	}
	sets = append(sets, r)
	d, err := lock(ctx, tx)
	if err == nil {
		sets = append(sets, d.Body)
	} else if !errors.Is(err, ErrNone) {
		return err
	}
	for _, r := range sets {
		if i, err := r.Item(item); err == nil && i.Notice == rulebook.Sensitive {
			return nil
		}
	}
	return ErrReviewItem
}

// Legal lists the X items of a village, as they stand in its draft or its rules, with every
// review recorded, each item's newest first.
func (s *Service) Legal(ctx context.Context, who actor.Actor, village actor.VillageID) (items []rulebook.Item, reviews []Review, err error) {
	defer fault.Wrap(&err, "adoption.Legal(%d)", village)
	err = s.DB.LookInOffice(ctx, who, village, func(tx pg.Tx) error {
		set, err := inForce(ctx, tx)
		if err != nil {
			return err
		}
		d, err := pg.One[Draft](ctx, tx, sqlCurrent, args(tx, uuid.Nil))
		if err == nil {
			set = d.Body
		} else if !errors.Is(err, fault.ErrNotFound) {
			return err
		}
		items = nil
		for _, i := range set.Items {
			if i.Notice == rulebook.Sensitive {
				items = append(items, i)
			}
		}
		reviews, err = pg.All[Review](ctx, tx, sqlEveryReview, args(tx, uuid.Nil))
		return err
	})
	return items, reviews, err
}
