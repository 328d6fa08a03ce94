package api

import (
	"context"
	"time"

	"cunfen/internal/actor"
	"cunfen/internal/bureau"
)

// Nomination is a village's settled list of honours, as the township takes it up.
type Nomination struct {
	Village    string          `json:"village"`
	Year       int             `json:"year"`
	Conditions string          `json:"conditions,omitempty" doc:"本村条件"`
	SettledAt  time.Time       `json:"settled_at"`
	Words      string          `json:"words,omitempty" doc:"镇里怎么用这份名单"`
	TakenBy    string          `json:"taken_by,omitempty"`
	TakenAt    *time.Time      `json:"taken_at,omitempty"`
	Homes      []NominatedHome `json:"homes"`
}

// NominatedHome is a household on it.
type NominatedHome struct {
	Door   string `json:"door"`
	Head   string `json:"head"`
	Place  int    `json:"place" doc:"积分名次"`
	Score  int64  `json:"score"`
	Honour string `json:"honour,omitempty"`
}

func nominationOf(n bureau.Nominated) Nomination {
	return Nomination{n.Village, n.Year, n.Conditions, n.SettledAt, n.Words, n.TakenName, n.TakenAt,
		each(n.Homes, func(h bureau.Honoured) NominatedHome {
			return NominatedHome{h.Door, h.Head, h.Place, h.Score, h.Honour}
		})}
}

// ByNomination names a village's list of a year.
type ByNomination struct {
	Village int64 `path:"id" minimum:"1" maximum:"9007199254740991" doc:"村的编号"`
	Year    int   `path:"year" minimum:"2020" maximum:"2099" doc:"年度"`
}

func (t *table) showNomination(ctx context.Context, who actor.Actor, in *ByNomination) (*reply[Nomination], error) {
	return say(nominationOf)(t.Bureau.Nominated(ctx, who, actor.VillageID(in.Village), in.Year))
}

type takeNominationInput struct {
	ByNomination
	Body struct {
		Words string `json:"words" maxLength:"300" doc:"怎么用这份名单"`
	}
}

func (t *table) takeNomination(ctx context.Context, who actor.Actor, in *takeNominationInput) (*reply[Nomination], error) {
	if err := t.Bureau.TakeUp(ctx, who, actor.VillageID(in.Village), in.Year, in.Body.Words); err != nil {
		return nil, err
	}
	return t.showNomination(ctx, who, &in.ByNomination)
}

type nominationBackInput struct {
	ByNomination
	Because
}

func (t *table) takeNominationBack(ctx context.Context, who actor.Actor, in *nominationBackInput) (*reply[Nomination], error) {
	if err := t.Bureau.TakeBack(ctx, who, actor.VillageID(in.Village), in.Year, in.Body.Reason); err != nil {
		return nil, err
	}
	return t.showNomination(ctx, who, &in.ByNomination)
}
