package supervise

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/page"
	"cunfen/internal/pg"
)

// Filter narrows a list; empty fields do not.
type Filter struct {
	Village actor.VillageID // of the township, for those above the villages
	State   State
	Kind    Kind
	Topic   Topic
	Search  string // in title, text or village name
	page.Page
}

// List reads a village's own matters, newest first.
func (s *Service) List(ctx context.Context, who actor.Actor, f Filter) (rows []Matter, next string, err error) {
	defer fault.Wrap(&err, "supervise.List")
	if who.Village == 0 {
		return nil, "", fault.ErrNotFound
	}
	return s.list(ctx, who, f)
}

// Town reads those of all the township's villages, newest first; a department those of its topic (R6.4a).
func (s *Service) Town(ctx context.Context, who actor.Actor, f Filter) (rows []Matter, next string, err error) {
	defer fault.Wrap(&err, "supervise.Town")
	if who.Village != 0 {
		return nil, "", fault.ErrNotFound
	}
	if who.Topic != "" {
		f.Topic = Topic(who.Topic)
	}
	return s.list(ctx, who, f)
}

func (s *Service) list(ctx context.Context, who actor.Actor, f Filter) (rows []Matter, next string, err error) {
	if err := pg.After(f.After); err != nil {
		return nil, "", err
	}
	err = s.look(ctx, who, func(tx pg.Tx, villages []int64) error {
		if f.Village != 0 {
			villages = only(villages, int64(f.Village))
		}
		rows, err = pg.All[Matter](ctx, tx, sqlList, pgx.NamedArgs{"villages": villages, "state": f.State, "kind": f.Kind, "topic": f.Topic, "search": f.Search,
			"after": f.After, "rows": f.Rows() + 1})
		rows, next = page.Cut(rows, f.Rows(), func(m Matter) string { return m.ID.String() })
		return err
	})
	return rows, next, err
}

// Counts says how many matters wait.
type Counts struct {
	Open     int // for the village's answer
	Late     int // of them, past their day
	Answered int // for the township to close
}

// Counts counts what waits in the villages that the person sees.
func (s *Service) Counts(ctx context.Context, who actor.Actor) (n Counts, err error) {
	defer fault.Wrap(&err, "supervise.Counts")
	err = s.look(ctx, who, func(tx pg.Tx, villages []int64) error {
		n, err = pg.One[Counts](ctx, tx, sqlCounts, pgx.NamedArgs{"villages": villages, "today": month.Date(tx.Now)})
		return err
	})
	return n, err
}

// Whole is a matter with all that was said on it.
type Whole struct {
	Matter
	Steps []Step
}

// Show reads one matter of a village.
func (s *Service) Show(ctx context.Context, who actor.Actor, village actor.VillageID, id uuid.UUID) (w Whole, err error) {
	defer fault.Wrap(&err, "supervise.Show(%s)", id)
	err = s.look(ctx, who, func(tx pg.Tx, villages []int64) error {
		if len(only(villages, int64(village))) == 0 {
			return fault.ErrNotFound
		}
		a := pgx.NamedArgs{"village_id": int64(village), "id": id}
		if w.Matter, err = pg.One[Matter](ctx, tx, sqlFind, a); err != nil {
			return err
		}
		if who.Topic != "" && who.Topic != string(w.Topic) {
			return fault.ErrNotFound
		}
		w.Steps, err = pg.All[Step](ctx, tx, sqlSteps, a)
		return err
	})
	return w, err
}

// look opens what the person sees: the own village, or the township's.
func (s *Service) look(ctx context.Context, who actor.Actor, fn func(tx pg.Tx, villages []int64) error) error {
	if who.Village != 0 {
		return s.DB.Look(ctx, who, func(tx pg.Tx) error { return fn(tx, []int64{int64(who.Village)}) })
	}
	return s.DB.InBureau(ctx, who, fn)
}

func only(villages []int64, id int64) []int64 {
	for _, v := range villages {
		if v == id {
			return []int64{id}
		}
	}
	return []int64{}
}
