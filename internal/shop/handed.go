package shop

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/chars"
	"cunfen/internal/evidence"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/inform"
	"cunfen/internal/page"
	"cunfen/internal/pg"
)

// Handed is a record that a device had kept, that the village refused, and that its recorder gave to the group as
// it stands. It grants nothing; a member of the group settles it by hand.
type Handed struct {
	Note        // Who is what it was about, Wants why it was refused
	HouseholdID *uuid.UUID
	Path        string      // where the record was to go
	Said        [][2]string // what was filled in: label and text
	By          uuid.UUID
	Photos      []evidence.Evidence `db:"-"`
}

// Form is where the same can be recorded by hand; "" where there is no such page.
func (h Handed) Form() string {
	if formPath.MatchString(h.Path) {
		return strings.TrimSuffix(strings.SplitN(h.Path, "?", 2)[0], "/recheck")
	}
	return ""
}

const anID = `[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`

var (
	formPath = regexp.MustCompile(`^(/record/` + anID + `|/findings/for/` + anID + `|/findings/` + anID + `/recheck|/rounds/` + anID + `/homes/` + anID + `|/rounds/` + anID + `/close)(\?base=\d*)?$`)
	lastID   = regexp.MustCompile(anID)
	whereTo  = regexp.MustCompile(`^/[a-z][a-z0-9/?=&-]{0,199}$`)
)

// mostSaid and saidLong bound what a handed record says.
const (
	mostSaid = 40
	saidLong = 2000
)

func (h Handed) fit() error {
	long := len(h.Said) > mostSaid
	for _, s := range h.Said {
		long = long || !chars.Between(s[0], 0, 60) || !chars.Between(s[1], 0, saidLong) || strings.ContainsRune(s[0]+s[1], 0)
	}
	return fault.Join(fault.When(!chars.Between(h.Who, 1, 80), ErrNote.With("请写这条记录是哪一户、什么事（80 字以内）")),
		fault.When(!chars.Between(h.Wants, 1, 500), ErrNote.With("请写没有办成的原因（500 字以内）").On("reason")),
		fault.When(!whereTo.MatchString(h.Path), ErrNote.With("这条记录不知道是哪里来的，请回到待上传页面重新交").On("path")),
		fault.When(long, ErrNote.With("这条记录太长了，交不上去；请抄在纸上交给小组").On("said")))
}

const sqlHand = `-- shop.hand
insert into desk_note (village_id, id, who, wants, path, said, taken_at, by, by_name, at, household_id)
values (@village_id, @id, @who, @wants, @path, @said, @taken, @by, @name, @at, coalesce(
  (select h.id from household h where h.village_id = @village_id and h.id = @about),
  (select f.household_id from finding f where f.village_id = @village_id and f.id = @about),
  (select o.household_id from shop_order o where o.village_id = @village_id and o.id = @about)))
returning id`

// Hand gives a refused record to the group, with its photos.
func (s *Service) Hand(ctx context.Context, who actor.Actor, h Handed, photos []uuid.UUID) (out Handed, err error) {
	defer fault.Wrap(&err, "shop.Hand")
	h.Who, h.Wants = strings.TrimSpace(h.Who), strings.TrimSpace(h.Wants)
	if err := h.fit(); err != nil {
		return h, err
	}
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		out, _, err = idem.Once(ctx, tx, "shop.hand", func() (Handed, error) {
			h.ID, h.By, h.ByName, h.At = pg.IDAt(tx.Now), tx.Who.Account, tx.Who.Name, tx.Now
			if h.TakenAt != nil {
				if at, _ := believed(*h.TakenAt, time.Time{}, tx.Now); at.IsZero() {
					h.TakenAt = nil
				}
			}
			said, err := json.Marshal(h.Said)
			if err != nil {
				return h, err
			}
			a := pgx.NamedArgs{"village_id": int64(tx.Village()), "id": h.ID, "who": h.Who, "wants": h.Wants, "path": h.Path, "said": said, "taken": h.TakenAt,
				"by": h.By, "name": h.ByName, "at": h.At, "about": uuid.Nil}
			if all := lastID.FindAllString(h.Path, -1); len(all) > 0 {
				a["about"] = uuid.MustParse(all[len(all)-1])
			}
			if _, err := tx.Exec(ctx, sqlHand, a); err != nil {
				return h, err
			}
			if err := evidence.AttachTo(ctx, tx, photos, h.ID, uuid.Nil); err != nil {
				return h, err
			}
			return h, audit.Record(ctx, tx, audit.Event{Verb: "shop.hand", Kind: "desk_note", ID: h.ID.String(), Reason: h.Wants, After: h})
		})
		return err
	})
	return out, err
}

// handedTo lets everybody of the group see what was handed over, but whoever is of the home or related to it; their
// own records everybody sees.
const handedTo = ` n.path <> '' and (n.household_id is null or n.by = @me
    or not exists (select from membership o where o.village_id = @village_id and o.account_id = @me and o.household_id = n.household_id)
    and not exists (select from member o where o.village_id = @village_id and o.account_id = @me and o.household_id = n.household_id)
    and not exists (select from relative o where o.village_id = @village_id and o.account_id = @me and o.household_id = n.household_id))`

const handedColumns = `select n.id, n.who, n.wants, n.by_name, n.at, n.done_name, n.done_at, n.outcome, n.household_id, n.path, n.said, n.taken_at, n.by from desk_note n
`

const sqlHandedList = `-- shop.handed_list
` + handedColumns + `where n.village_id = @village_id and` + handedTo + ` and (@state = '' or (n.done_at is null) = (@state = 'open')) and (@query = '' or position(@query in n.who || ' ' || n.wants) > 0)
  and (@after = '' or n.id < nullif(@after, '')::uuid) order by n.id desc limit @rows`

// HandedList reads what was handed to the group, newest first, with its photos and the cursor of the next page.
func (s *Service) HandedList(ctx context.Context, who actor.Actor, f NoteFilter) (all []Handed, next string, err error) {
	defer fault.Wrap(&err, "shop.HandedList")
	if err := pg.After(f.After); err != nil {
		return nil, "", err
	}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		all, err = pg.All[Handed](ctx, tx, sqlHandedList, pgx.NamedArgs{"village_id": int64(who.Village), "me": who.Account, "state": f.State, "query": f.Query, "after": f.After, "rows": f.Rows() + 1})
		if err != nil {
			return err
		}
		all, next = page.Cut(all, f.Rows(), func(h Handed) string { return h.ID.String() })
		ids := make([]uuid.UUID, len(all))
		for i, h := range all {
			ids[i] = h.ID
		}
		of, err := evidence.HeldBy(ctx, tx, ids)
		for i := range all {
			all[i].Photos = of[all[i].ID]
		}
		return err
	})
	return all, next, err
}

const sqlHandedOpen = `-- shop.handed_open
select count(*) from desk_note n where n.village_id = @village_id and n.done_at is null and` + handedTo

// HandedOpen counts what was handed to the group and waits for the person to settle it.
func (s *Service) HandedOpen(ctx context.Context, who actor.Actor) (n int64, err error) {
	defer fault.Wrap(&err, "shop.HandedOpen")
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		n, err = pg.Scalar[int64](ctx, tx, sqlHandedOpen, pgx.NamedArgs{"village_id": int64(who.Village), "me": who.Account})
		return err
	})
	return n, err
}

const sqlHandedOne = `-- shop.handed_one
` + handedColumns + `where n.village_id = @village_id and n.id = @id and` + handedTo

// SettleHanded says what the group did about a handed record, once; its recorder is told.
func (s *Service) SettleHanded(ctx context.Context, who actor.Actor, id uuid.UUID, outcome string) (h Handed, err error) {
	defer fault.Wrap(&err, "shop.SettleHanded(%s)", id)
	outcome = strings.TrimSpace(outcome)
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		h, _, err = idem.Once(ctx, tx, "shop.settle_handed", func() (Handed, error) { return settleHanded(ctx, tx, id, outcome) })
		return err
	})
	return h, err
}

func settleHanded(ctx context.Context, tx pg.Tx, id uuid.UUID, outcome string) (h Handed, err error) {
	a := pgx.NamedArgs{"village_id": int64(tx.Village()), "id": id, "me": tx.Who.Account, "by": tx.Who.Account, "name": tx.Who.Name, "at": tx.Now, "outcome": outcome}
	if h, err = pg.One[Handed](ctx, tx, sqlHandedOne, a); err != nil {
		return h, err
	}
	if !chars.Between(outcome, 2, 200) {
		return h, ErrNote.With("请写办得怎样，如：已照着补记、不用记").On("outcome")
	}
	tag, err := tx.Exec(ctx, sqlEndNote, a)
	if err == nil && tag.RowsAffected() == 0 {
		err = ErrNoteDone
	}
	if err == nil {
		_, err = inform.Tell(ctx, tx, inform.Message{Account: h.By, Kind: inform.HandedSettled, Subject: id, Detail: outcome})
	}
	if err != nil {
		return h, err
	}
	h.Outcome, h.DoneName, h.DoneAt = outcome, tx.Who.Name, &tx.Now
	return h, audit.Record(ctx, tx, audit.Event{Verb: "shop.settle_handed", Kind: "desk_note", ID: id.String(), Reason: outcome})
}
