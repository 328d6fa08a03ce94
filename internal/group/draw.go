package group

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/chars"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/month"
	"cunfen/internal/notice"
	"cunfen/internal/pg"
)

// Draw is a drawing of villager representatives by lot (R4.1.6).
type Draw struct {
	ID         uuid.UUID
	StartsOn   time.Time // of the term that is drawn for
	Seats      int
	Source     string // where the numbers come from, said beforehand
	DrawsOn    time.Time
	State      DrawState
	Eligible   int
	ListHash   []byte
	Numbers    []Number
	Seed       []byte
	FrozenName string
	FrozenAt   time.Time
	DrawnName  string
	DrawnAt    *time.Time
	Reason     string
}

// DrawState is where a drawing stands.
type DrawState string

// The states of a drawing.
const (
	Frozen    DrawState = "frozen"
	Drawn     DrawState = "drawn"
	Cancelled DrawState = "cancelled"
)

// Chinese is the state on screen.
func (s DrawState) Chinese() string {
	return map[DrawState]string{Frozen: "名单已公布，待抽", Drawn: "已抽出", Cancelled: "已作废"}[s]
}

// Number is what one person brought to the drawing.
type Number struct {
	Name   string `json:"name"`
	Number int64  `json:"number"`
}

// Ticket is a home on the list. Head is masked: the list hangs in public.
type Ticket struct {
	Number       int
	HouseholdID  uuid.UUID
	Door         string
	Head         string
	Rank         int // 1 was drawn first; 0 before the drawing
	Declined     string
	MembershipID *uuid.UUID // of the seat that was filled from it
}

// DrawView is a drawing with its list: by number before the drawing, by rank after it.
type DrawView struct {
	Draw
	Village string
	Code    string
	Tickets []Ticket
}

// Bringers is how many people at least bring a number, and how large it may be.
const (
	Bringers   = 3
	MostNumber = 999999
)

// Faults of drawings.
var (
	ErrSeats    = fault.New(fault.Invalid, "draw.seats", "请填要抽几名（1 到 30）").On("seats")
	ErrSource   = fault.New(fault.Invalid, "draw.source", "请写明抽签当天的数字从哪里来（4 到 300 字），和名单一起公布").On("source")
	ErrDrawsOn  = fault.New(fault.Invalid, "draw.draws_on", "抽签日期至少在明天：名单要先公布").On("draws_on")
	ErrStartsOn = fault.New(fault.Invalid, "draw.starts_on", "请填任期从哪天开始").On("starts_on")
	ErrList     = fault.New(fault.Conflict, "draw.list", "符合条件的只有 %d 户，不够抽")
	ErrEarly    = fault.New(fault.Conflict, "draw.early", "还没到公布的抽签日期，不能提前抽")
	ErrNumbers  = fault.New(fault.Invalid, "draw.numbers", "至少三个人各报一个 0 到 999999 的数，写上各人姓名").On("name1")
	ErrDrawn    = fault.New(fault.Conflict, "draw.drawn", "这次抽签已经结束，不能再改")
	ErrNotDrawn = fault.New(fault.Invalid, "draw.not_drawn", "这一户没有抽中，或前面抽中的还没有答复").On("household")
	ErrDecline  = fault.New(fault.Invalid, "draw.decline", "请写明这一户为什么不担任（2 到 100 字）").On("reason")
)

// ListText is the list in the form that is hashed: a line a home.
func ListText(all []Ticket) string {
	var b strings.Builder
	for _, t := range all {
		fmt.Fprintf(&b, "%d|%s|%s\n", t.Number, t.Door, t.Head)
	}
	return b.String()
}

// ListHash is the hash that is published with the list.
func ListHash(all []Ticket) []byte {
	sum := sha256.Sum256([]byte(ListText(all)))
	return sum[:]
}

// SeedText is what the seed is the hash of: the list's hash and the numbers in the order in which they were brought.
func SeedText(list []byte, numbers []Number) string {
	s := "draw|" + hex.EncodeToString(list)
	for _, n := range numbers {
		s += fmt.Sprintf("|%d", n.Number)
	}
	return s
}

// Seed is made of the list and the numbers: who fixed the list did not know the numbers, and none who brought a
// number knew the others'.
func Seed(list []byte, numbers []Number) []byte {
	sum := sha256.Sum256([]byte(SeedText(list, numbers)))
	return sum[:]
}

// Order answers the numbers 1 to n in the order drawn: by the hash of the seed and the number, smallest first.
func Order(seed []byte, n int) []int {
	type lot struct {
		number int
		hash   [32]byte
	}
	lots := make([]lot, n)
	for i := range lots {
		lots[i] = lot{i + 1, sha256.Sum256(fmt.Appendf(nil, "%x|%d", seed, i+1))}
	}
	slices.SortFunc(lots, func(a, b lot) int { return slices.Compare(a.hash[:], b.hash[:]) })
	order := make([]int, n)
	for i, l := range lots {
		order[i] = l.number
	}
	return order
}

// NewDraw is what a drawing is announced with.
type NewDraw struct {
	Seats    int
	StartsOn time.Time
	DrawsOn  time.Time
	Source   string
}

// sqlEligible are the homes that can be drawn: none of whose people sits in the group when the term begins, none
// that had a villager representative within the half year before, none of a member who was disqualified.
const sqlEligible = `-- group.eligible
select h.id as household_id, h.door, h.head from household h
where h.village_id = @village_id and h.state = 'active' and not exists (
  select from membership m where m.village_id = @village_id and m.household_id = h.id and (m.disqualified
    or m.role in ('lead', 'committee', 'grid') and m.ended_at is null and (m.ends_on is null or m.ends_on >= @starts)
    or m.kind = '群众代表' and coalesce((m.ended_at at time zone 'Asia/Shanghai')::date, m.ends_on, @starts) >= @recent))
order by h.grid, h.walk, h.id`

const sqlFreezeDraw = `-- group.freeze_draw
insert into draw (village_id, id, starts_on, seats, source, draws_on, state, eligible, list_hash, frozen_by, frozen_name, frozen_at)
values (@village_id, @id, @starts, @seats, @source, @draws_on, 'frozen', @eligible, @hash, @by, @name, @now)`

const sqlTickets = `-- group.tickets
insert into draw_ticket (village_id, draw_id, number, household_id, door, head)
select @village_id::bigint, @id::uuid, number, household_id, door, head
from unnest(@numbers::integer[], @homes::uuid[], @doors::text[], @heads::text[]) as t(number, household_id, door, head)
on conflict (village_id, draw_id, number) do nothing`

// FreezeDraw fixes the list of homes and publishes it with its hash, the day, and where the numbers will come from.
func (s *Service) FreezeDraw(ctx context.Context, who actor.Actor, d NewDraw) (id uuid.UUID, err error) {
	defer fault.Wrap(&err, "group.FreezeDraw")
	d.Source = strings.TrimSpace(d.Source)
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		id, _, err = idem.Once(ctx, tx, "draw.freeze", func() (uuid.UUID, error) { return freezeDraw(ctx, tx, d) })
		return err
	})
	return id, err
}

func freezeDraw(ctx context.Context, tx pg.Tx, d NewDraw) (id uuid.UUID, err error) {
	today := month.Date(tx.Now)
	err = fault.Join(fault.When(d.Seats < 1 || d.Seats > 30, ErrSeats), fault.When(!chars.Between(d.Source, 4, 300), ErrSource),
		fault.When(!month.Date(d.DrawsOn).After(today), ErrDrawsOn), fault.When(d.StartsOn.IsZero(), ErrStartsOn))
	if err != nil {
		return id, err
	}
	starts := month.Date(d.StartsOn)
	a := pgx.NamedArgs{"village_id": int64(tx.Village()), "starts": starts, "recent": starts.AddDate(0, -6, 0)}
	homes, err := pg.All[struct {
		HouseholdID uuid.UUID
		Door, Head  string
	}](ctx, tx, sqlEligible, a)
	if err != nil {
		return id, err
	}
	if len(homes) < d.Seats {
		return id, ErrList.With(len(homes))
	}
	all := make([]Ticket, len(homes))
	numbers, ids, doors, heads := make([]int32, len(homes)), make([]uuid.UUID, len(homes)), make([]string, len(homes)), make([]string, len(homes))
	for i, h := range homes {
		all[i] = Ticket{Number: i + 1, HouseholdID: h.HouseholdID, Door: h.Door, Head: notice.Mask(h.Head)}
		numbers[i], ids[i], doors[i], heads[i] = int32(i+1), h.HouseholdID, h.Door, all[i].Head
	}
	id = pg.IDAt(tx.Now)
	hash := ListHash(all)
	a["id"], a["seats"], a["source"], a["draws_on"], a["eligible"], a["hash"] = id, d.Seats, d.Source, month.Date(d.DrawsOn), len(all), hash
	a["by"], a["name"], a["now"] = tx.Who.Account, tx.Who.Name, tx.Now
	if _, err := tx.Exec(ctx, sqlFreezeDraw, a); err != nil {
		return id, err
	}
	a["numbers"], a["homes"], a["doors"], a["heads"] = numbers, ids, doors, heads
	if _, err := tx.Exec(ctx, sqlTickets, a); err != nil {
		return id, err
	}
	return id, audit.Record(ctx, tx, audit.Event{Verb: "draw.freeze", Kind: "draw", ID: id.String(), Reason: fmt.Sprintf("%d 户，名单指纹 %x", len(all), hash), After: ListText(all)})
}

const drawColumns = `select id, starts_on, seats, source, draws_on, state, eligible, list_hash, numbers, seed, frozen_name, frozen_at, drawn_name, drawn_at, reason
from draw where village_id = @village_id`

const sqlDrawLock = `-- group.draw_lock
` + drawColumns + ` and id = @id for update`

const sqlDrawn = `-- group.drawn
update draw set state = 'drawn', numbers = @numbers, seed = @seed, drawn_by = @by, drawn_name = @name, drawn_at = @now where village_id = @village_id and id = @id`

const sqlRanks = `-- group.ranks
update draw_ticket t set rank = r.rank from unnest(@order::integer[]) with ordinality as r(number, rank)
where t.village_id = @village_id and t.draw_id = @id and t.number = r.number`

// DrawLots draws with the numbers that people brought, on the announced day or after it, once.
func (s *Service) DrawLots(ctx context.Context, who actor.Actor, id uuid.UUID, numbers []Number) (err error) {
	defer fault.Wrap(&err, "group.DrawLots(%s)", id)
	return s.drawing(ctx, who, "draw.draw", id, func(tx pg.Tx, d Draw) (string, error) {
		names := map[string]bool{}
		for i, n := range numbers {
			numbers[i].Name = strings.TrimSpace(n.Name)
			if names[numbers[i].Name] = true; !chars.Between(numbers[i].Name, 1, 20) || n.Number < 0 || n.Number > MostNumber {
				return "", ErrNumbers
			}
		}
		if len(names) < Bringers || len(names) != len(numbers) {
			return "", ErrNumbers
		}
		if month.Date(tx.Now).Before(d.DrawsOn) {
			return "", ErrEarly
		}
		seed := Seed(d.ListHash, numbers)
		order := make([]int32, 0, d.Eligible)
		for _, n := range Order(seed, d.Eligible) {
			order = append(order, int32(n))
		}
		a := drawArgs(tx, id)
		a["numbers"], a["seed"], a["order"] = numbers, seed, order
		if _, err := tx.Exec(ctx, sqlDrawn, a); err != nil {
			return "", err
		}
		_, err := tx.Exec(ctx, sqlRanks, a)
		return fmt.Sprintf("种子 %x", seed), err
	})
}

const sqlCancelDraw = `-- group.cancel_draw
update draw set state = 'cancelled', reason = @reason where village_id = @village_id and id = @id`

// CancelDraw gives up a drawing that has not been drawn; it stays on the list with the reason.
func (s *Service) CancelDraw(ctx context.Context, who actor.Actor, id uuid.UUID, reason string) (err error) {
	defer fault.Wrap(&err, "group.CancelDraw(%s)", id)
	reason = strings.TrimSpace(reason)
	return s.drawing(ctx, who, "draw.cancel", id, func(tx pg.Tx, d Draw) (string, error) {
		if !chars.Between(reason, 2, 200) {
			return "", ErrReason
		}
		a := drawArgs(tx, id)
		a["reason"] = reason
		_, err := tx.Exec(ctx, sqlCancelDraw, a)
		return reason, err
	})
}

func (s *Service) drawing(ctx context.Context, who actor.Actor, verb string, id uuid.UUID, fn func(pg.Tx, Draw) (string, error)) error {
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		_, _, err := idem.Once(ctx, tx, verb, func() (struct{}, error) {
			d, err := pg.One[Draw](ctx, tx, sqlDrawLock, drawArgs(tx, id))
			if err != nil {
				return struct{}{}, err
			}
			if d.State != Frozen {
				return struct{}{}, ErrDrawn
			}
			reason, err := fn(tx, d)
			if err != nil {
				return struct{}{}, err
			}
			return struct{}{}, audit.Record(ctx, tx, audit.Event{Verb: verb, Kind: "draw", ID: id.String(), Reason: reason})
		})
		return err
	})
}

func drawArgs(tx pg.Tx, id uuid.UUID) pgx.NamedArgs {
	return pgx.NamedArgs{"village_id": int64(tx.Village()), "id": id, "now": tx.Now, "by": tx.Who.Account, "name": tx.Who.Name}
}

// sqlPartTurn is whether a ticket's turn has come: fewer homes before it than seats have not declined.
const sqlPartTurn = `t.rank > 0 and t.declined = '' and (select count(*) from draw_ticket o
  where o.village_id = @village_id and o.draw_id = t.draw_id and o.rank > 0 and o.rank < t.rank and o.declined = '')
  < (select d.seats from draw d where d.village_id = @village_id and d.id = t.draw_id)`

const sqlDecline = `-- group.decline
update draw_ticket t set declined = @reason where t.village_id = @village_id and t.draw_id = @id and t.number = @number and t.membership_id is null and ` + sqlPartTurn

// Decline notes that a home that was drawn does not send anybody; the next takes its turn.
func (s *Service) Decline(ctx context.Context, who actor.Actor, id uuid.UUID, number int, reason string) (err error) {
	defer fault.Wrap(&err, "group.Decline(%s, %d)", id, number)
	reason = strings.TrimSpace(reason)
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		_, _, err := idem.Once(ctx, tx, "draw.decline", func() (struct{}, error) {
			a := drawArgs(tx, id)
			a["number"], a["reason"] = number, reason
			if _, err := pg.One[Draw](ctx, tx, sqlDrawLock, a); err != nil {
				return struct{}{}, err
			}
			if !chars.Between(reason, 2, 100) {
				return struct{}{}, ErrDecline
			}
			tag, err := tx.Exec(ctx, sqlDecline, a)
			if err == nil && tag.RowsAffected() == 0 {
				err = ErrNotDrawn
			}
			if err != nil {
				return struct{}{}, err
			}
			return struct{}{}, audit.Record(ctx, tx, audit.Event{Verb: "draw.decline", Kind: "draw", ID: id.String(), Reason: fmt.Sprintf("%d 号：%s", number, reason)})
		})
		return err
	})
}

const sqlSeated = `-- group.seated
update draw_ticket t set membership_id = @membership where t.village_id = @village_id and t.draw_id = @draw and t.household_id = @household and t.membership_id is null and ` + sqlPartTurn

// fromDraw ties a seat to the ticket that it was filled from.
func fromDraw(ctx context.Context, tx pg.Tx, a Appointment, seat uuid.UUID) error {
	if a.Draw == uuid.Nil {
		return nil
	}
	tag, err := tx.Exec(ctx, sqlSeated, pgx.NamedArgs{"village_id": int64(tx.Village()), "draw": a.Draw, "household": a.Household, "membership": seat})
	if err == nil && (tag.RowsAffected() == 0 || a.Kind != Villager) {
		err = ErrNotDrawn
	}
	return err
}

const sqlDraws = `-- group.draws
` + drawColumns + ` order by id desc limit 100`

// Draws lists the village's drawings, the newest first; anybody may.
func (s *Service) Draws(ctx context.Context, who actor.Actor) (all []Draw, err error) {
	defer fault.Wrap(&err, "group.Draws")
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		all, err = pg.All[Draw](ctx, tx, sqlDraws, pgx.NamedArgs{"village_id": int64(tx.Village())})
		return err
	})
	return all, err
}

const sqlDraw = `-- group.draw
` + drawColumns + ` and id = @id`

const sqlDrawTickets = `-- group.draw_tickets
select number, household_id, door, head, rank, declined, membership_id from draw_ticket
where village_id = @village_id and draw_id = @id order by rank, number`

const sqlDrawVillage = `-- group.draw_village
select name, code from village where id = @village_id`

// ShowDraw is a drawing with its whole list, for who works in the village and for the public (an actor who is
// nobody, of the village).
func (s *Service) ShowDraw(ctx context.Context, who actor.Actor, id uuid.UUID) (v DrawView, err error) {
	defer fault.Wrap(&err, "group.ShowDraw(%s)", id)
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		a := drawArgs(tx, id)
		if v.Draw, err = pg.One[Draw](ctx, tx, sqlDraw, a); err != nil {
			return err
		}
		at, err := pg.One[struct{ Name, Code string }](ctx, tx, sqlDrawVillage, a)
		if err != nil {
			return err
		}
		v.Village, v.Code = at.Name, at.Code
		v.Tickets, err = pg.All[Ticket](ctx, tx, sqlDrawTickets, a)
		return err
	})
	return v, err
}

// Turn reports whether it is the ticket's turn to send somebody; the tickets before it are given.
func (v DrawView) Turn(t Ticket) bool {
	before := 0
	for _, o := range v.Tickets {
		if o.Rank > 0 && o.Rank < t.Rank && o.Declined == "" {
			before++
		}
	}
	return v.State == Drawn && t.Declined == "" && before < v.Seats
}
