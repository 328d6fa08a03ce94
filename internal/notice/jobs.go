package notice

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// PublishJob publishes a month's notice; queued once a month and village.
type PublishJob struct {
	Month month.Month `json:"month"`
}

func (PublishJob) Kind() string     { return "notice.publish" }
func (j PublishJob) Dedupe() string { return j.Month.String() }

// CorrectJob corrects a month's notice after an objection or an appeal was upheld.
type CorrectJob struct {
	Month   month.Month `json:"month"`
	Because uuid.UUID   `json:"because"` // the objection or appeal
}

func (CorrectJob) Kind() string     { return "notice.correct" }
func (j CorrectJob) Dedupe() string { return j.Month.String() + ":" + j.Because.String() }

// OutJob says that an edition of a month's notice is out: its papers can be packed.
type OutJob struct {
	Month  month.Month `json:"month"`
	Number int         `json:"number"`
}

func (OutJob) Kind() string     { return "notice.out" }
func (j OutJob) Dedupe() string { return fmt.Sprintf("%s/%d", j.Month, j.Number) }

// noticeHour is when on the fixed day notices go out.
const noticeHour = 8

// Due answers the last month whose notice day has come, given village.settings (R4.4.6a). It is true from the
// fixed day at eight in the morning to the end of the month, so that a tick that was missed is made up for.
func Due(village json.RawMessage, now time.Time) (month.Month, bool) {
	var s settings
	_ = json.Unmarshal(village, &s) // settings that cannot be read have the day that the document gives
	this := month.Of(now)
	day := this.First().AddDate(0, 0, s.fixed()-1).Add(noticeHour * time.Hour)
	return this.Prev(), !now.Before(day)
}

// fixed is the village's day of the month (R4.4.6a).
func (s settings) fixed() int {
	if s.Calendar.NoticeDay < 1 || s.Calendar.NoticeDay > 28 {
		return 1
	}
	return s.Calendar.NoticeDay
}

// day is the fixed day in a month.
func (s settings) day(m month.Month) time.Time {
	return month.Date(m.First().AddDate(0, 0, s.fixed()-1))
}

// Ready lists the notices to publish now: months signed and posted whose notice day has come. The schedule
// asks it again and again; a month that is signed late is published as soon as it is posted.
func Ready(ctx context.Context, tx pg.Tx) (jobs []PublishJob, err error) {
	v, err := pg.One[place](ctx, tx, sqlVillage, pgx.NamedArgs{"village_id": int64(tx.Village())})
	if err != nil || !v.Live {
		return nil, err
	}
	m, due := Due(v.Settings, tx.Now)
	if !due {
		m = m.Prev()
	}
	months, err := pg.Column[month.Month](ctx, tx, sqlReady, pgx.NamedArgs{"village_id": int64(tx.Village()), "month": int32(m)})
	for _, m := range months {
		jobs = append(jobs, PublishJob{m})
	}
	return jobs, err
}
