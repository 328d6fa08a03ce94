package api

import (
	"context"

	"cunfen/internal/actor"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
)

// Rules is the rule set in force.
type Rules struct {
	Version       int    `json:"version"`
	Year          int    `json:"year"`
	InForceFrom   Day    `json:"in_force_from"`
	Document      string `json:"document" doc:"依据的文件"`
	BasePoints    int    `json:"base_points"`
	ObjectionDays int    `json:"objection_days"`
	Items         []Item `json:"items"`
}

// Item is one item of the rules.
type Item struct {
	Code      string              `json:"code"`
	Sign      rulebook.Sign       `json:"sign" enum:"plus,minus"`
	Class     string              `json:"class"`
	Title     string              `json:"title"`
	Text      string              `json:"text" doc:"文件的原文"`
	Worth     string              `json:"worth" doc:"值多少分，用话说"`
	Tier      rulebook.Tier       `json:"tier" enum:"single,qty,independent,exclusive,mixed,open"`
	On        bool                `json:"on" doc:"启用"`
	Starter   rulebook.Starter    `json:"starter" enum:"household,grid,group" doc:"由谁提出"`
	Required  []rulebook.Evidence `json:"required" doc:"必须的证明"`
	Permitted []rulebook.Evidence `json:"permitted" doc:"可用的证明"`
	Ceiling   int                 `json:"ceiling,omitempty" doc:"议定分值的上限"`
	Parts     []Part              `json:"parts"`
}

// Part is one scoring part of an item.
type Part struct {
	Code   string        `json:"code" doc:"申报时 parts 的键；只有一个分项时为空"`
	Label  string        `json:"label"`
	Unit   rulebook.Unit `json:"unit" enum:"person_time,time,month,quarter,year,spot,award,open"`
	Points int           `json:"points"`
	Per    rulebook.Per  `json:"per" doc:"在多长的时间里封顶"`
	Most   int           `json:"most,omitempty" doc:"最多几次"`
}

func rulesOf(r rulebook.RuleSet) Rules {
	return Rules{Version: r.Version, Year: r.Year, InForceFrom: dayOf(r.InForceFrom), Document: r.Document, BasePoints: r.BasePoints,
		ObjectionDays: r.Settings.ObjectionDays, Items: each(r.Items, itemOf)}
}

func itemOf(i rulebook.Item) Item {
	return Item{Code: i.Code, Sign: i.Sign, Class: i.Class, Title: i.Title, Text: i.Text, Worth: i.Worth(), Tier: i.Tier, On: i.On, Starter: i.Starter,
		Required: each(i.Required, same[rulebook.Evidence]), Permitted: each(i.Permitted, same[rulebook.Evidence]), Ceiling: i.Ceiling,
		Parts: each(i.Parts, func(p rulebook.Part) Part { return Part{p.Code, p.Label, p.Unit, p.Points, p.Cap.Per, p.Cap.N} })}
}

func (t *table) showRules(ctx context.Context, who actor.Actor, _ *nothing) (*reply[Rules], error) {
	var r rulebook.RuleSet
	err := t.DB.Look(ctx, who, func(tx pg.Tx) (err error) {
		r, err = rulebook.InForce(ctx, tx, tx.Now)
		return err
	})
	return say(rulesOf)(r, err)
}
