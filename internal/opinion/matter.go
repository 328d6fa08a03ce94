package opinion

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/chars"
	"cunfen/internal/fault"
	"cunfen/internal/inform"
	"cunfen/internal/pg"
)

// Matter is a word of a household on what should be put right at another home or in a public place. It is no finding
// and proves nothing: somebody of the group goes, looks, and records what is there with evidence of their own. Who
// said it is on no screen; no photo is taken for it, for neighbours are not to watch one another.
const Matter Kind = "matter"

// Outcome is what those who went to look say.
type Outcome string

// Outcomes lists them with what they are called and what the household reads. What became of the other home is not
// its business.
var Outcomes = []struct {
	Outcome       Outcome
	Chinese, Told string
}{
	{"mended", "看过，已经改好了", "已经有人去看过，现在已经改好了。谢谢您。"},
	{"found", "看过，按整改程序办", "已经有人去看过，会按规矩办。谢谢您。"},
	{"unfounded", "看过，没有这回事", "已经有人去看过，没有看到您说的情况。再看到时，请写清时间和地方。"},
}

// Chinese is the outcome on screen.
func (o Outcome) Chinese() string {
	for _, w := range Outcomes {
		if w.Outcome == o {
			return w.Chinese
		}
	}
	return ""
}

// A household has so many matters waiting at once, and says no more for a while after it was wrong so often.
const (
	mostWaiting = 3
	mostWrong   = 2
	wrongDays   = 90
)

// Faults of matters.
var (
	ErrPlace   = fault.New(fault.Invalid, "opinion.place", "请写在哪里（2 到 60 字）：是别家的写门牌，如 2组12号；是公共地方的写清位置").On("place")
	ErrNamed   = fault.New(fault.Invalid, "opinion.named", "反映别家的事要登录自家账号，或请窗口代记；谁反映的，那一家和村干部都看不到").On("kind")
	ErrOwnHome = fault.New(fault.Invalid, "opinion.own_home", "这是您自家的门牌；自家的事请直接改好，或找网格员").On("place")
	ErrAgain   = fault.New(fault.Conflict, "opinion.again", "这里您已经反映过一件，正在看，请等答复").On("place")
	ErrWaiting = fault.New(fault.TooMany, "opinion.waiting", "您反映的还有 3 件在看，请等有了答复再说；急事请打村里电话")
	ErrWrong   = fault.New(fault.TooMany, "opinion.wrong", "您最近反映的有两件，去看了没有这回事；再有事请到村委会当面说")
	ErrOutcome = fault.New(fault.Invalid, "opinion.outcome", "请选择去看的结果").On("outcome")
)

// matter checks what is particular to one.
func (d Draft) matter(who actor.Actor) *fault.Error {
	if d.Kind != Matter {
		return nil
	}
	if d.Nameless || d.Household == uuid.Nil && who.Household == uuid.Nil {
		return ErrNamed
	}
	return fault.When(!chars.Between(d.Place, 2, 60), ErrPlace)
}

const sqlTarget = `-- opinion.target
select id from household where village_id = @village_id and state = 'active' and replace(door, ' ', '') = @door`

const sqlSaid = `-- opinion.said
select count(*) filter (where state = 'open') as waiting, count(*) filter (where state = 'open' and replace(place, ' ', '') = @door) as again,
  count(*) filter (where outcome = 'unfounded' and answered_at > @since) as wrong
from opinion where village_id = @village_id and kind = 'matter' and household_id = @household`

// aim fills in the home that a matter is about, and refuses floods and spite.
func aim(ctx context.Context, tx pg.Tx, d Draft, a pgx.NamedArgs) error {
	a["place"], a["door"], a["since"] = d.Place, strings.ReplaceAll(d.Place, " ", ""), tx.Now.AddDate(0, 0, -wrongDays)
	homes, err := pg.Column[uuid.UUID](ctx, tx, sqlTarget, a)
	if err != nil {
		return err
	}
	if len(homes) == 1 {
		a["target"] = homes[0]
	}
	said, err := pg.One[struct{ Waiting, Again, Wrong int }](ctx, tx, sqlSaid, a)
	switch {
	case err != nil:
		return err
	case a["target"] == a["household"]:
		return ErrOwnHome
	case said.Again > 0:
		return ErrAgain
	case said.Waiting >= mostWaiting:
		return ErrWaiting
	case said.Wrong >= mostWrong && a["channel"] == "self":
		return ErrWrong
	}
	return nil
}

const sqlNear = `-- opinion.near
select account_id from membership where village_id = @village_id and household_id = @target
union select account_id from member where village_id = @village_id and household_id = @target and account_id is not null
union select account_id from relative where village_id = @village_id and household_id = @target`

const sqlWalkers = `-- opinion.walkers
select coalesce(array_agg(m.account_id), '{}') from membership m join household h on h.village_id = @village_id and h.id = @target
where m.village_id = @village_id and m.account_id = any(@walkers) and m.role = 'grid' and m.grid in (0, h.grid)`

// lookers are who is told of a matter: the leads, or the rest of the group, and the grid worker of the home; nobody
// of that home or related to it.
func lookers(ctx context.Context, tx pg.Tx, a pgx.NamedArgs) (all []uuid.UUID, err error) {
	near, err := pg.Column[uuid.UUID](ctx, tx, sqlNear, a)
	if err != nil {
		return nil, err
	}
	far := func(accounts []uuid.UUID) []uuid.UUID {
		return slices.DeleteFunc(accounts, func(one uuid.UUID) bool { return slices.Contains(near, one) })
	}
	grids, err := inform.Seated(ctx, tx, actor.Grid)
	if err != nil {
		return nil, err
	}
	walkers := grids.Accounts()
	if a["walkers"] = walkers; a["target"] != nil {
		if walkers, err = pg.Scalar[[]uuid.UUID](ctx, tx, sqlWalkers, a); err != nil {
			return nil, err
		}
	}
	for _, role := range []actor.Role{actor.Lead, actor.Committee} {
		seats, err := inform.Seated(ctx, tx, role)
		if err != nil {
			return nil, err
		}
		if all = far(seats.Accounts()); len(all) > 0 {
			break
		}
	}
	for _, one := range far(walkers) {
		if !slices.Contains(all, one) {
			all = append(all, one)
		}
	}
	return all, nil
}

// Look closes a matter with what was seen there, or again puts right what was said of it. The household reads a
// sentence that says nothing of the other home.
func (s *Service) Look(ctx context.Context, who actor.Actor, id uuid.UUID, seen Outcome, again bool) (o Opinion, err error) {
	defer fault.Wrap(&err, "opinion.Look(%s)", id)
	return s.settle(ctx, who, "opinion.look", id, again, func(o Opinion, a pgx.NamedArgs) error {
		for _, w := range Outcomes {
			if w.Outcome == seen && o.Kind == Matter {
				a["outcome"], a["answer"] = string(seen), w.Told
				return nil
			}
		}
		return ErrOutcome
	})
}
