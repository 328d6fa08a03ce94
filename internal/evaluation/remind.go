package evaluation

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

// words is what the group is reminded of on a day, and the stage that it is told of once; "" for nothing.
func (e Evaluation) words(now time.Time) (stage, text string) {
	today, due := month.Date(now), month.Date(e.Quarter.Due())
	switch {
	case e.State == "decided":
	case !today.Before(due):
		return "late", fmt.Sprintf("%s的评估应在%s前决定，已经过期，镇里看得到", e.Quarter.Chinese(), month.ChineseDay(due))
	case !today.Before(due.AddDate(0, 0, -7)):
		return "due", fmt.Sprintf("%s的评估请在%s前决定", e.Quarter.Chinese(), month.ChineseDay(due))
	case e.State == "open" && today.After(e.OpinionsUntil):
		return "heard", fmt.Sprintf("%s的意见收齐了（%d 条），请小组写建议", e.Quarter.Chinese(), e.Said)
	case e.State == "open":
		return "open", fmt.Sprintf("%s的数据备好了，听取意见到%s", e.Quarter.Chinese(), month.ChineseDay(e.OpinionsUntil))
	}
	return "", ""
}

// Remind tells the group of a quarter's evaluation, once at each of its stages: the figures are there, the opinions
// are in, a week is left, the day is past. A quarter that has none at all a fortnight after its end is told of too.
func (s *Service) Remind(ctx context.Context, who actor.Actor) (err error) {
	defer fault.Wrap(&err, "evaluation.Remind")
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		q := Last(tx.Now)
		a := args(tx, q)
		is, err := pg.One[struct{ There, Rules bool }](ctx, tx, sqlThere, a)
		if err != nil {
			return err
		}
		stage, text := "", ""
		switch {
		case is.There:
			e, err := pg.One[Evaluation](ctx, tx, sqlShow, a)
			if err != nil {
				return err
			}
			stage, text = e.words(tx.Now)
		case is.Rules && !tx.Now.Before(q.End().AddDate(0, 0, 14)):
			stage, text = "none", q.Chinese()+"还没有评估"
		}
		if stage == "" {
			return nil
		}
		group, err := inform.Group(ctx, tx)
		if err != nil {
			return err
		}
		accounts := group.Accounts()
		told := make([]inform.Message, len(accounts))
		for n, account := range accounts {
			told[n] = inform.Message{Account: account, Kind: inform.EvaluationDue, Detail: text, Once: "evaluation:" + q.String() + ":" + stage + ":" + account.String(), Quiet: true}
		}
		return inform.TellEach(ctx, tx, told)
	})
}
