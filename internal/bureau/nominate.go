package bureau

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/chars"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/inform"
	"cunfen/internal/pg"
)

// Nominated is a village's settled annual selection as the township takes it up (R4.5.1b).
type Nominated struct {
	Village    string
	Year       int
	Conditions string
	SettledAt  time.Time
	Words      string // of the township, once it has taken the list up
	TakenName  string
	TakenAt    *time.Time
	Homes      []Honoured `db:"-"`
}

// Honoured is a household that the village chose.
type Honoured struct {
	Door   string
	Head   string
	Place  int
	Score  int64
	Honour string
}

// Faults of the township's word on a list.
var (
	ErrTaken      = fault.New(fault.Conflict, "bureau.taken", "这份名单已经收下，请刷新页面看看")
	ErrTakenWords = fault.New(fault.Invalid, "bureau.taken_words", "请写明怎么用这份名单（4 到 300 字），村里能看到").On("words")
	ErrNotTaken   = fault.New(fault.Conflict, "bureau.not_taken", "这份名单没有收下，或已经收回，请刷新页面看看")
	ErrBackReason = fault.New(fault.Invalid, "bureau.back_reason", "请写明为什么收回（4 到 200 字），村里能看到").On("reason")
)

const sqlNominated = `-- bureau.nominated
select v.name as village, s.year, s.conditions, s.settled_at, coalesce(n.words, '') as words, coalesce(n.taken_name, '') as taken_name, n.taken_at
from selection s join village v on v.id = s.village_id left join nomination n on n.village_id = @village_id and n.year = s.year
where s.village_id = @village_id and s.year = @year and s.state = 'settled'`

const sqlHonoured = `-- bureau.honoured
select h.door, h.head, r.place, r.score, r.honour from selection_rank r join household h on h.village_id = @village_id and h.id = r.household_id
where r.village_id = @village_id and r.year = @year and r.chosen order by r.place, h.door`

const sqlTakeUp = `-- bureau.take_up
insert into nomination (village_id, year, words, taken_by, taken_name, taken_at) values (@village_id, @year, @words, @by, @name, @now)
on conflict (village_id, year) do nothing`

// Nominated reads a village's list for the township.
func (s *Service) Nominated(ctx context.Context, who actor.Actor, village actor.VillageID, year int) (n Nominated, err error) {
	defer fault.Wrap(&err, "bureau.Nominated(%d, %d)", village, year)
	err = s.DB.LookInOffice(ctx, who, village, func(tx pg.Tx) error {
		a := pgx.NamedArgs{"village_id": int64(village), "year": year}
		if n, err = pg.One[Nominated](ctx, tx, sqlNominated, a); err != nil {
			return err
		}
		n.Homes, err = pg.All[Honoured](ctx, tx, sqlHonoured, a)
		return err
	})
	return n, err
}

// TakeUp is the township's word that it has a village's list and what it does with it; said once, until it is taken
// back. The village's leads are told.
func (s *Service) TakeUp(ctx context.Context, who actor.Actor, village actor.VillageID, year int, words string) (err error) {
	defer fault.Wrap(&err, "bureau.TakeUp(%d, %d)", village, year)
	words = strings.TrimSpace(words)
	return s.DB.InOffice(ctx, who, village, func(tx pg.Tx) error {
		_, _, err := idem.Once(ctx, tx, "nomination.take", func() (struct{}, error) {
			a := pgx.NamedArgs{"village_id": int64(village), "year": year, "words": words, "by": who.Account, "name": who.Name, "now": tx.Now}
			if _, err := pg.One[Nominated](ctx, tx, sqlNominated, a); err != nil {
				return struct{}{}, err
			}
			if !chars.Between(words, 4, 300) {
				return struct{}{}, ErrTakenWords
			}
			tag, err := tx.Exec(ctx, sqlTakeUp, a)
			if err == nil && tag.RowsAffected() == 0 {
				err = ErrTaken
			}
			if err != nil {
				return struct{}{}, err
			}
			if err := tell(ctx, tx, inform.ListTaken, year); err != nil {
				return struct{}{}, err
			}
			return struct{}{}, audit.Record(ctx, tx, audit.Event{Verb: "nomination.take", Kind: "selection", ID: strconv.Itoa(year), Reason: words})
		})
		return err
	})
}

func tell(ctx context.Context, tx pg.Tx, k inform.Kind, year int) error {
	return inform.TellLeads(ctx, tx, k, fmt.Sprintf("%d 年度", year), fmt.Sprintf("%s:%d:%d", k, year, tx.Now.UnixMicro()))
}

const sqlTakeBack = `-- bureau.take_back
delete from nomination where village_id = @village_id and year = @year returning words`

// TakeBack takes that word back: the list waits for the township again. Nothing in the product is built upon the
// word, so there is no day after which it stands for good.
func (s *Service) TakeBack(ctx context.Context, who actor.Actor, village actor.VillageID, year int, reason string) (err error) {
	defer fault.Wrap(&err, "bureau.TakeBack(%d, %d)", village, year)
	reason = strings.TrimSpace(reason)
	return s.DB.InOffice(ctx, who, village, func(tx pg.Tx) error {
		_, _, err := idem.Once(ctx, tx, "nomination.back", func() (struct{}, error) {
			if !chars.Between(reason, 4, 200) {
				return struct{}{}, ErrBackReason
			}
			words, err := pg.Scalar[string](ctx, tx, sqlTakeBack, pgx.NamedArgs{"village_id": int64(village), "year": year})
			switch {
			case errors.Is(err, fault.ErrNotFound):
				return struct{}{}, ErrNotTaken
			case err != nil:
				return struct{}{}, err
			}
			if err := tell(ctx, tx, inform.ListBack, year); err != nil {
				return struct{}{}, err
			}
			return struct{}{}, audit.Record(ctx, tx, audit.Event{Verb: "nomination.back", Kind: "selection", ID: strconv.Itoa(year), Reason: reason, Before: words})
		})
		return err
	})
}
