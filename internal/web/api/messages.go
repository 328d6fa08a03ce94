package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/finding"
	"cunfen/internal/inform"
)

// Message is a word to a household or to one of the staff.
type Message struct {
	ID      uuid.UUID  `json:"id"`
	Kind    string     `json:"kind" doc:"哪一类，如 claim.returned"`
	Subject *uuid.UUID `json:"subject_id,omitempty" doc:"说的是哪一条记录"`
	Title   string     `json:"title"`
	Text    string     `json:"text"`
	Detail  string     `json:"detail,omitempty"`
	ToldAt  time.Time  `json:"told_at"`
	ReadAt  *time.Time `json:"read_at,omitempty"`
}

func messageOf(m inform.Told) Message {
	return Message{ID: m.ID, Kind: string(m.Kind), Subject: m.SubjectID, Title: m.Kind.Title(), Text: m.Kind.Text(), Detail: m.Detail, ToldAt: m.ToldAt, ReadAt: m.ReadAt}
}

type messagesInput struct {
	Unread bool `query:"unread" doc:"只要没看过的"`
	Paged
}

func (t *table) listMessages(ctx context.Context, who actor.Actor, in *messagesInput) (*list[Message], error) {
	return sayAll(messageOf)(t.Inform.List(ctx, who, in.Unread, in.page()))
}

func (t *table) openMessage(ctx context.Context, who actor.Actor, in *ByID) (*reply[Message], error) {
	return say(messageOf)(t.Inform.Open(ctx, who, in.ID, finding.Opened(ctx)))
}

// Unsent is a message that is to be said in person.
type Unsent struct {
	ID     uuid.UUID `json:"id"`
	Kind   string    `json:"kind" doc:"哪一类，如 claim.returned"`
	Title  string    `json:"title"`
	ToldAt time.Time `json:"told_at"`
	Door   string    `json:"door"`
	Head   string    `json:"head"`
	Grid   int       `json:"grid"`
}

func (t *table) listUnsent(ctx context.Context, who actor.Actor, _ *nothing) (*list[Unsent], error) {
	return whole(func(m inform.Unsent) Unsent {
		return Unsent{m.ID, string(m.Kind), m.Kind.Title(), m.ToldAt, m.Door, m.Head, m.Grid}
	})(t.Inform.Unsent(ctx, who))
}
