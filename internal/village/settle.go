package village

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/chars"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/pg"
)

// Own is what a village settles for itself outside its rules: days, how many sign, whom to call, short messages.
type Own struct {
	NoticeDay     int
	RedemptionDay int
	TakeDownDays  int
	Signers       int
	PerLine       int
	Name          string // of the contact
	Phone         string
	Address       string
	Hours         string
	SMS           bool // short messages to households with a phone
	HideRank      bool
}

// Bounds of the settings. Fewer signers than these would let two people post a month.
const (
	leastSigners, leastPerLine = 3, 2
	leastTakeDown              = 8 // the days of objection and one
)

// Faults of the settings.
var (
	ErrNoticeDay     = fault.New(fault.Invalid, "village.notice_day", "公示日请填 1 到 28").On("notice_day")
	ErrRedemptionDay = fault.New(fault.Invalid, "village.redemption_day", "兑换日请填 1 到 28，没有固定日填 0").On("redemption_day")
	ErrTakeDown      = fault.New(fault.Invalid, "village.take_down_days", "公示挂的天数请填 8 到 365；不能比异议期短").On("take_down_days")
	ErrSigners       = fault.New(fault.Invalid, "village.signers", "每月至少 3 人签字，最多 15 人").On("signers")
	ErrPerLine       = fault.New(fault.Invalid, "village.per_line", "每一条至少 2 人的签字有效，不能多于签字人数").On("per_line")
	ErrContact       = fault.New(fault.Invalid, "village.contact", "联系人最多 20 个字").On("name")
	ErrPhone         = fault.New(fault.Invalid, "village.phone", "请填村里的公开电话（数字和短横，7 到 20 位），没有就空着").On("phone")
	ErrAddress       = fault.New(fault.Invalid, "village.address", "地址最多 60 个字").On("address")
	ErrHours         = fault.New(fault.Invalid, "village.hours", "办理时间最多 40 个字").On("hours")
)

func (o *Own) check() error {
	for _, s := range []*string{&o.Name, &o.Phone, &o.Address, &o.Hours} {
		*s = strings.TrimSpace(*s)
	}
	return fault.Join(
		fault.When(o.NoticeDay < 1 || o.NoticeDay > 28, ErrNoticeDay),
		fault.When(o.RedemptionDay < 0 || o.RedemptionDay > 28, ErrRedemptionDay),
		fault.When(o.TakeDownDays < leastTakeDown || o.TakeDownDays > 365, ErrTakeDown),
		fault.When(o.Signers < leastSigners || o.Signers > 15, ErrSigners),
		fault.When(o.PerLine < leastPerLine || o.PerLine > o.Signers, ErrPerLine),
		fault.When(!chars.Between(o.Name, 0, 20), ErrContact), fault.When(!phone(o.Phone), ErrPhone), fault.When(!chars.Between(o.Address, 0, 60), ErrAddress), fault.When(!chars.Between(o.Hours, 0, 40), ErrHours))
}

func phone(s string) bool {
	return s == "" || len(s) >= 7 && len(s) <= 20 && strings.Trim(s, "0123456789-") == ""
}

const sqlOwn = `-- village.own
select coalesce((settings->'calendar'->>'notice_day')::int, 1) as notice_day, coalesce((settings->'calendar'->>'redemption_day')::int, 0) as redemption_day,
  coalesce((settings->'calendar'->>'take_down_days')::int, 30) as take_down_days, coalesce((settings->'quorum'->>'signers')::int, 3) as signers,
  coalesce((settings->'quorum'->>'per_line')::int, 2) as per_line, coalesce(settings->'contact'->>'name', '') as name, coalesce(settings->'contact'->>'phone', '') as phone,
  coalesce(settings->'contact'->>'address', '') as address, coalesce(settings->'contact'->>'hours', '') as hours,
  coalesce((settings->'messages'->>'sms')::boolean, false) as sms, coalesce((settings->>'hide_rank')::boolean, false) as hide_rank
from village where id = @village_id`

const sqlLockOwn = sqlOwn + ` for update`

// sqlSettle leaves alone what is not settled here.
const sqlSettle = `-- village.settle
update village set settings = settings || jsonb_build_object(
  'calendar', coalesce(settings->'calendar', '{}') || jsonb_build_object('notice_day', @notice_day::int, 'redemption_day', @redemption_day::int, 'take_down_days', @take_down_days::int),
  'quorum', coalesce(settings->'quorum', '{}') || jsonb_build_object('signers', @signers::int, 'per_line', @per_line::int),
  'contact', coalesce(settings->'contact', '{}') || jsonb_build_object('name', @name::text, 'phone', @phone::text, 'address', @address::text, 'hours', @hours::text),
  'messages', coalesce(settings->'messages', '{}') || jsonb_build_object('sms', @sms::boolean),
  'hide_rank', @hide_rank::boolean)
where id = @village_id`

// Own reads the settings of the person's village.
func (r *Register) Own(ctx context.Context, who actor.Actor) (o Own, err error) {
	defer fault.Wrap(&err, "village.Own")
	err = r.DB.Look(ctx, who, func(tx pg.Tx) error {
		o, err = pg.One[Own](ctx, tx, sqlOwn, pgx.NamedArgs{"village_id": int64(tx.Village())})
		return err
	})
	return o, err
}

// Settle changes them. The log says what was changed from what to what.
func (r *Register) Settle(ctx context.Context, who actor.Actor, o Own) (err error) {
	defer fault.Wrap(&err, "village.Settle")
	if err := o.check(); err != nil {
		return err
	}
	err = r.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		_, _, err := idem.Once(ctx, tx, "village.settle", func() (struct{}, error) {
			was, err := pg.One[Own](ctx, tx, sqlLockOwn, pgx.NamedArgs{"village_id": int64(tx.Village())})
			if err != nil || was == o {
				return struct{}{}, err
			}
			if _, err := tx.Exec(ctx, sqlSettle, pgx.NamedArgs{"village_id": int64(tx.Village()), "notice_day": o.NoticeDay, "redemption_day": o.RedemptionDay, "take_down_days": o.TakeDownDays,
				"signers": o.Signers, "per_line": o.PerLine, "name": o.Name, "phone": o.Phone, "address": o.Address, "hours": o.Hours, "sms": o.SMS, "hide_rank": o.HideRank}); err != nil {
				return struct{}{}, err
			}
			return struct{}{}, audit.Record(ctx, tx, audit.Event{Verb: "village.settle", Kind: "village", ID: fmt.Sprint(int64(tx.Village())), Reason: was.changed(o), Before: was, After: o})
		})
		return err
	})
	r.Forget(who.Village)
	return err
}

// changed says in words what becomes otherwise.
func (o Own) changed(to Own) string {
	word := func(on bool) string { return map[bool]string{true: "开", false: "关"}[on] }
	var all []string
	for _, f := range []struct{ name, was, is string }{
		{"公示日", fmt.Sprint(o.NoticeDay), fmt.Sprint(to.NoticeDay)}, {"兑换日", fmt.Sprint(o.RedemptionDay), fmt.Sprint(to.RedemptionDay)},
		{"公示天数", fmt.Sprint(o.TakeDownDays), fmt.Sprint(to.TakeDownDays)}, {"签字人数", fmt.Sprint(o.Signers), fmt.Sprint(to.Signers)},
		{"每条有效签字", fmt.Sprint(o.PerLine), fmt.Sprint(to.PerLine)}, {"联系人", o.Name, to.Name}, {"电话", o.Phone, to.Phone}, {"地址", o.Address, to.Address},
		{"时间", o.Hours, to.Hours}, {"短信", word(o.SMS), word(to.SMS)}, {"住户看不到名次", word(o.HideRank), word(to.HideRank)},
	} {
		if f.was != f.is {
			all = append(all, fmt.Sprintf("%s：%s → %s", f.name, f.was, f.is))
		}
	}
	return strings.Join(all, "；")
}
