package evaluation

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/page"
	"cunfen/internal/pg"
)

// Filter narrows the list of quarters; empty fields do not.
type Filter struct {
	State  string
	Search string // the quarter in words, the proposal or the decision
	page.Page
}

const sqlFind = `-- evaluation.find
` + sqlPartColumns + `and (@state = '' or v.state = @state)
  and (@search = '' or strpos((v.quarter / 10) || '年第' || (v.quarter % 10) || '季度', @search) > 0 or strpos(v.proposal, @search) > 0 or strpos(v.decision, @search) > 0)
  and (@after = 0 or v.quarter < @after)
order by v.quarter desc limit @rows`

// Find reads the village's evaluations, newest first, with the cursor of the next page.
func (s *Service) Find(ctx context.Context, who actor.Actor, f Filter) (all []Evaluation, next string, err error) {
	defer fault.Wrap(&err, "evaluation.Find")
	after := Quarter(0)
	if f.After != "" {
		var ok bool
		if after, ok = ParseQuarter(f.After); !ok {
			return nil, "", fault.ErrNotFound
		}
	}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		a := args(tx, 0)
		a["state"], a["search"], a["after"], a["rows"] = f.State, strings.TrimSpace(f.Search), int(after), f.Rows()+1
		all, err = pg.All[Evaluation](ctx, tx, sqlFind, a)
		return err
	})
	all, next = page.Cut(all, f.Rows(), func(e Evaluation) string { return e.Quarter.String() })
	return all, next, err
}

const sqlNewest = `-- evaluation.newest
` + sqlPartColumns + `order by v.quarter desc limit 1`

// Own is the newest round of opinions, with what the actor's own household said in it; fault.ErrNotFound where
// the village has had none.
func (s *Service) Own(ctx context.Context, who actor.Actor) (e Evaluation, said []Opinion, err error) {
	defer fault.Wrap(&err, "evaluation.Own")
	if who.Household == uuid.Nil {
		return e, nil, fault.ErrNotFound
	}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		if e, err = pg.One[Evaluation](ctx, tx, sqlNewest, args(tx, 0)); err != nil {
			return err
		}
		a := args(tx, e.Quarter)
		a["home"], a["rows"] = who.Household, page.Most
		said, err = pg.All[Opinion](ctx, tx, sqlOpinions, a)
		return err
	})
	return e, said, err
}
