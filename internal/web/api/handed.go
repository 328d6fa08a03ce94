package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/evidence"
	"cunfen/internal/shop"
)

// HandedRecord is a record that was refused and given to the group as it stands.
type HandedRecord struct {
	ID       uuid.UUID   `json:"id"`
	Label    string      `json:"label" doc:"哪一户、什么事"`
	Reason   string      `json:"reason" doc:"为什么没有办成"`
	Path     string      `json:"path" doc:"原来交到哪里"`
	Said     []SaidField `json:"said" doc:"写了什么"`
	Evidence []uuid.UUID `json:"evidence_ids"`
	TakenAt  *time.Time  `json:"taken_at,omitempty" doc:"设备上什么时候记的"`
	At       time.Time   `json:"at"`
	ByName   string      `json:"by_name"`
	Outcome  string      `json:"outcome,omitempty"`
	DoneName string      `json:"done_name,omitempty"`
	DoneAt   *time.Time  `json:"done_at,omitempty"`
}

// SaidField is one field as it was filled in.
type SaidField struct {
	Label string `json:"label" maxLength:"60"`
	Text  string `json:"text" maxLength:"2000"`
}

func handedOf(h shop.Handed) HandedRecord {
	return HandedRecord{ID: h.ID, Label: h.Who, Reason: h.Wants, Path: h.Path, Said: each(h.Said, func(s [2]string) SaidField { return SaidField{s[0], s[1]} }),
		Evidence: each(h.Photos, func(e evidence.Evidence) uuid.UUID { return e.ID }), TakenAt: h.TakenAt, At: h.At, ByName: h.ByName, Outcome: h.Outcome, DoneName: h.DoneName, DoneAt: h.DoneAt}
}

type handedInput struct {
	State  string `query:"state" enum:"open,done"`
	Search string `query:"q" maxLength:"40"`
	Paged
}

func (t *table) listHanded(ctx context.Context, who actor.Actor, in *handedInput) (*list[HandedRecord], error) {
	return sayAll(handedOf)(t.Shop.HandedList(ctx, who, shop.NoteFilter{State: in.State, Query: in.Search, Page: in.page()}))
}

type handInput struct {
	Body struct {
		Label    string      `json:"label" minLength:"1" maxLength:"80"`
		Reason   string      `json:"reason" minLength:"1" maxLength:"500"`
		Path     string      `json:"path" maxLength:"200"`
		Said     []SaidField `json:"said" maxItems:"40"`
		Evidence []uuid.UUID `json:"evidence_ids,omitempty" maxItems:"9"`
		TakenAt  time.Time   `json:"taken_at,omitempty" maxLength:"35"`
	}
}

func (t *table) handRecord(ctx context.Context, who actor.Actor, in *handInput) (*reply[HandedRecord], error) {
	b := in.Body
	h := shop.Handed{Path: b.Path, Said: each(b.Said, func(f SaidField) [2]string { return [2]string{f.Label, f.Text} })}
	h.Who, h.Wants = b.Label, b.Reason
	if !b.TakenAt.IsZero() {
		h.TakenAt = &b.TakenAt
	}
	return say(handedOf)(t.Shop.Hand(ctx, who, h, b.Evidence))
}

type settleHandedInput struct {
	Handed uuid.UUID `path:"handed" doc:"这一条的编号"`
	Body   struct {
		Outcome string `json:"outcome" minLength:"2" maxLength:"200" doc:"办得怎样，记录的人会看到"`
	}
}

func (t *table) settleHanded(ctx context.Context, who actor.Actor, in *settleHandedInput) (*reply[HandedRecord], error) {
	return say(handedOf)(t.Shop.SettleHanded(ctx, who, in.Handed, in.Body.Outcome))
}
