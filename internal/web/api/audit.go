package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
)

// Record is one line of the log: who did what to which record and why.
type Record struct {
	ID     uuid.UUID  `json:"id"`
	At     time.Time  `json:"at"`
	Name   string     `json:"name"`
	Role   actor.Role `json:"role"`
	Verb   string     `json:"verb"`
	Kind   string     `json:"kind" doc:"什么样的记录"`
	Object string     `json:"object_id"`
	Reason string     `json:"reason,omitempty"`
}

type auditInput struct {
	Verb   string `query:"verb" maxLength:"60"`
	Kind   string `query:"kind" maxLength:"60"`
	Object string `query:"object_id" maxLength:"100"`
	Name   string `query:"name" maxLength:"40" doc:"谁做的"`
	Paged
}

func (t *table) listAudit(ctx context.Context, who actor.Actor, in *auditInput) (*list[Record], error) {
	return sayAll(func(l audit.Line) Record {
		return Record{l.ID, l.At, l.Name, l.Role, l.Verb, l.ObjectKind, l.ObjectID, l.Reason}
	})(audit.List(ctx, t.DB, who, audit.Filter{Verb: in.Verb, ObjectKind: in.Kind, ObjectID: in.Object, Name: in.Name, Page: in.page()}))
}
