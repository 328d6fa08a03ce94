package homes

import (
	"context"
	"fmt"
	"strings"

	"cunfen/internal/actor"
	"cunfen/internal/authz"
	"cunfen/internal/fault"
	"cunfen/internal/ledger"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
)

// why says of a line what its kind alone does not: who walked the round and who confirmed it, what a repair was,
// what was taken back and why, what was handed out.
func (s *Room) why(ctx context.Context, who actor.Actor, p *Explained) (err error) {
	put := func(label, text string) {
		if text != "" {
			p.Why = append(p.Why, kit.Fact{Label: label, Text: text})
		}
	}
	switch p.Kind {
	case ledger.Base:
		put("说明", "首次登记给的基础积分，满一年以后按细则可以用")
	case ledger.Clearing:
		put("说明", "年终清零：本年没有换完的积分到年底清掉，荣誉累计分不变")
	case ledger.Opening:
		put("说明", "从旧存折结转过来的余额")
	case ledger.Gift:
		put("说明", "转赠的积分；不影响得分和排名")
	case ledger.Redemption:
		return s.whySpent(ctx, who, put, p)
	case ledger.Reversal:
		return s.whyBack(ctx, who, put, p)
	}
	switch p.SourceKind {
	case ledger.FromInspection:
		r, err := s.Rounds.OfLine(ctx, who, p.SourceID, p.HouseholdID, p.Entry.Item, month.Of(p.OccurredOn))
		if err != nil {
			return passOver(err)
		}
		put("谁看的", r.ClosedByName+"，每月巡查，没有记不合格就是合格")
		var names []string
		for _, one := range r.Confirms {
			names = append(names, one.Name)
		}
		put("谁定的", strings.Join(names, "、")+" 确认")
	case ledger.FromRepair:
		r, err := s.Found.RepairBy(ctx, who, p.SourceID)
		if err != nil {
			return passOver(err)
		}
		p.Photos = r.Photos
		put("修复任务", r.Task)
		put("做了什么", r.DoneNote)
		put("补回", fmt.Sprintf("减掉的 %d 分里补回 %d 分", -r.Deducted, r.Points))
		put("谁定的", r.DecidedByName+" 认定"+reasonOf(r.Reason))
	}
	return nil
}

// passOver lets a line stand without what the person may not see.
func passOver(err error) error {
	if fault.Of(err).Kind == fault.NotFound {
		return nil
	}
	return err
}

func (s *Room) whySpent(ctx context.Context, who actor.Actor, put func(label, text string), p *Explained) error {
	if !s.Auth.May(who.Role, authz.RedemptionView) && !p.Own {
		return nil
	}
	r, err := s.Shop.Show(ctx, who, p.SourceID)
	if err != nil {
		return passOver(err)
	}
	put("换了什么", fmt.Sprintf("%s × %d", r.GoodsName, r.Quantity))
	put("谁领的", r.Receiver)
	put("谁办的", r.DeskName)
	if r.HandedAt != nil {
		put("断网时交付", shell.Moment(*r.HandedAt)+"交给住户，"+shell.Moment(r.At)+"上传入账")
	}
	put("有错", "到兑换窗口撤销，积分和东西都退回")
	return nil
}

// whyBack says what was taken back, and for an objection or appeal the reason that the household was given.
func (s *Room) whyBack(ctx context.Context, who actor.Actor, put func(label, text string), p *Explained) error {
	var back ledger.Entry
	err := s.DB.Look(ctx, who, func(tx pg.Tx) (err error) {
		back, err = ledger.Find(ctx, tx, p.Reverses)
		return err
	})
	if err != nil {
		return passOver(err)
	}
	put("更正的是", fmt.Sprintf("%s入账的%s（%+d 分）", shell.LocalDay(back.At), back.Kind.Chinese(), back.Points))
	if back.Kind == ledger.Redemption {
		r, err := s.Shop.Show(ctx, who, back.SourceID)
		if err != nil {
			return passOver(err)
		}
		put("为什么", "撤销兑换："+r.CancelReason)
		return nil
	}
	by, reason, err := s.Appeals.Because(ctx, who, back.ID)
	if err != nil {
		return passOver(err)
	}
	put("为什么", reason)
	put("谁定的", by)
	return nil
}
