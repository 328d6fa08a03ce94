package group

import (
	"context"
	"fmt"
	"time"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/inform"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// reminds are how many days before its end a term is spoken of; -1 is the day after.
var reminds = []int{14, 3, -1}

// Remind tells the leads, and whoever sits there, of terms of representatives that come to their end (R4.1.6).
// The calendar asks every day; each word is said once, also when days were missed.
func (s *Service) Remind(ctx context.Context, who actor.Actor) (err error) {
	defer fault.Wrap(&err, "group.Remind")
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		members, err := Members(ctx, tx, false)
		if err != nil {
			return err
		}
		var all []inform.Message
		for _, m := range members {
			n, ok := m.spoken(tx.Now)
			if !ok {
				continue
			}
			for _, to := range members {
				if to.Role != actor.Lead && to.ID != m.ID || !to.serves(tx.Now) && to.ID != m.ID {
					continue
				}
				all = append(all, inform.Message{Account: to.AccountID, Kind: inform.TermEnds, Subject: m.ID, Detail: m.ending(n),
					Once: fmt.Sprintf("term:%s:%s:%d:%s", m.ID, m.EndsOn.Format(time.DateOnly), n, to.AccountID)})
			}
		}
		return inform.TellEach(ctx, tx, all)
	})
}

// spoken is the last of the words about the term's end that is due; none is for a seat that does not rotate.
func (m Member) spoken(now time.Time) (days int, ok bool) {
	if !m.Kind.Rotates() || m.EndsOn == nil || m.EndedAt != nil || m.Disqualified {
		return 0, false
	}
	left := m.left(now)
	for _, n := range reminds {
		if left <= n {
			days, ok = n, true
		}
	}
	return days, ok
}

func (m Member) ending(n int) string {
	if n < 0 {
		return fmt.Sprintf("%s%s的任期%s已满，请安排轮换", m.Kind, m.Name, month.ChineseDay(*m.EndsOn))
	}
	return fmt.Sprintf("%s%s的任期到%s，请安排轮换", m.Kind, m.Name, month.ChineseDay(*m.EndsOn))
}
