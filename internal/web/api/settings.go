package api

import (
	"context"

	"cunfen/internal/actor"
	"cunfen/internal/village"
)

// Settings is what the village settles for its month outside its rules.
type Settings struct {
	NoticeDay     int    `json:"notice_day" minimum:"1" maximum:"28" doc:"每月几号公示"`
	RedemptionDay int    `json:"redemption_day" minimum:"0" maximum:"28" doc:"每月几号兑换，没有固定日为 0"`
	TakeDownDays  int    `json:"take_down_days" minimum:"1" maximum:"365" doc:"公示挂几天"`
	Signers       int    `json:"signers" minimum:"1" maximum:"15" doc:"每月至少几人签字"`
	PerLine       int    `json:"per_line" minimum:"1" maximum:"15" doc:"每一条至少几人的签字有效"`
	Name          string `json:"name,omitempty" maxLength:"20" doc:"联系人"`
	Phone         string `json:"phone,omitempty" maxLength:"20" doc:"公开电话"`
	Address       string `json:"address,omitempty" maxLength:"60"`
	Hours         string `json:"hours,omitempty" maxLength:"40" doc:"办理时间"`
	SMS           bool   `json:"sms" doc:"给有手机的住户发短信"`
	HideRank      bool   `json:"hide_rank" doc:"住户看不到名次"`
}

func (t *table) showSettings(ctx context.Context, who actor.Actor, _ *nothing) (*reply[Settings], error) {
	return say(func(o village.Own) Settings { return Settings(o) })(t.Villages.Own(ctx, who))
}

type settingsInput struct{ Body Settings }

func (t *table) saveSettings(ctx context.Context, who actor.Actor, in *settingsInput) (*nothing, error) {
	return done(t.Villages.Settle(ctx, who, village.Own(in.Body)))
}
