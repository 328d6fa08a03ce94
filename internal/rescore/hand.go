package rescore

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
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
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// PeerDays is how long another village's group has for a sample.
const PeerDays = 15

// PeerName is who looked, as the first village's record has it: the sum is told, not who.
const PeerName = "另一个村的小组"

// Faults of handing a sample to another village's group.
var (
	ErrHanded  = fault.New(fault.Conflict, "rescore.handed", "这一批已交给别的村的小组；要自己评，请先收回")
	ErrBegun   = fault.New(fault.Conflict, "rescore.begun", "这一批已经开始复评，不能再交给别的村；请另抽一批")
	ErrPeer    = fault.New(fault.Invalid, "rescore.peer", "请选择另一个已经上线、有工作小组的村（场）").On("to")
	ErrMasked  = fault.New(fault.Invalid, "rescore.masked", "第 %d 条的说明最多 300 字")
	ErrBack    = fault.New(fault.Conflict, "rescore.back", "对方已经评完交回，不用收回了；请刷新看结果")
	ErrNotHere = fault.New(fault.Conflict, "rescore.not_out", "这一批没有交给别的村")
)

// Offered is one item as it goes to another village: no village, no home, nobody's name.
type Offered struct {
	Position   int
	Title      string
	Rule       string
	Amount     string
	OccurredOn time.Time
	Channel    string
	Note       string
	Suspects   []string // words of the note that may name a shop or a place
	Photos     []uuid.UUID
}

// Amount is what was declared, in the order of the parts.
func (i Item) Amount() string {
	var parts []string
	for _, code := range slices.Sorted(maps.Keys(i.Parts)) {
		parts = append(parts, strings.TrimSpace(fmt.Sprintf("%s %d", code, i.Parts[code])))
	}
	return strings.Join(parts, "，")
}

// Channels says how a record came.
var Channels = map[string]string{"self": "住户自己报", "grid": "网格员采集", "counter": "柜台代报", "batch": "名单导入"}

const sqlPeople = `-- rescore.people
select head as word from household where village_id = @village_id
union select name from member where village_id = @village_id
union select name from membership where village_id = @village_id`

const sqlDoors = `-- rescore.doors
select distinct door as word from household where village_id = @village_id`

const sqlPlaces = `-- rescore.places
select place as word from activity where village_id = @village_id
union select host from activity where village_id = @village_id
union select supplier from purchase where village_id = @village_id
union select donor from donation where village_id = @village_id
union select team from household where village_id = @village_id`

const sqlVillage = `-- rescore.village
select name from village where id = @village_id`

const sqlGroup = `-- rescore.group
select distinct account_id from membership where village_id = @village_id and role <> 'household'`

// Offer is a sample as it would go to another village, for the officer to look through before it does.
func (s *Service) Offer(ctx context.Context, who actor.Actor, village actor.VillageID, id uuid.UUID) (d Draw, all []Offered, err error) {
	d, all, _, err = s.offer(ctx, who, village, id)
	return d, all, err
}

func (s *Service) offer(ctx context.Context, who actor.Actor, village actor.VillageID, id uuid.UUID) (d Draw, all []Offered, v veil, err error) {
	defer fault.Wrap(&err, "rescore.Offer(%s)", id)
	d, items, err := s.Show(ctx, who, village, id)
	if err != nil {
		return d, nil, v, err
	}
	err = s.DB.LookInOffice(ctx, who, village, func(tx pg.Tx) error {
		a := pgx.NamedArgs{"village_id": int64(village)}
		var k Known
		if k.Village, err = pg.Scalar[string](ctx, tx, sqlVillage, a); err != nil {
			return err
		}
		if k.People, err = pg.Column[string](ctx, tx, sqlPeople, a); err != nil {
			return err
		}
		if k.Doors, err = pg.Column[string](ctx, tx, sqlDoors, a); err != nil {
			return err
		}
		k.Places, err = pg.Column[string](ctx, tx, sqlPlaces, a)
		v = newVeil(k)
		return err
	})
	for _, i := range items {
		note := i.Note
		if i.Source != "" {
			note = strings.TrimSpace(note + "（来源：" + i.Source + "）")
		}
		note = v.over(note)
		all = append(all, Offered{i.Position, v.over(i.Title), v.over(i.Rule), i.Amount(), i.OccurredOn, Channels[i.Channel], note, suspects(note), i.Photos})
	}
	return d, all, v, err
}

// Handing is the officer's word on what goes: to which village, the notes as looked through, and of the photos those
// on which nobody and no place can be known again.
type Handing struct {
	To     actor.VillageID
	Notes  map[int]string   // by position; without one the masked note goes, and none of its suspects
	Hide   map[int][]string // of the suspects in a note those that do name something
	Photos []uuid.UUID
}

const sqlPeer = `-- rescore.peer
select exists (select from village where id = @village_id and state = 'live') and exists (select from membership where village_id = @village_id and role in ('lead', 'committee') and ended_at is null and not disqualified)`

const sqlLockItems = `-- rescore.lock_items
select verdict from rescore_item where village_id = @village_id and rescore_id = @id order by position for update`

const sqlHand = `-- rescore.hand
insert into rescore_hand (village_id, rescore_id, id, peer_village, state, handed_name, handed_at) values (@village_id, @id, @look, @peer, 'out', @name, @now)`

// Hand gives a sample of which nothing has been looked at to another village's group. The copy is masked here once
// more, whatever the officer wrote; the first village's row says to whom it went, the second's nothing of the first.
func (s *Service) Hand(ctx context.Context, who actor.Actor, village actor.VillageID, id uuid.UUID, h Handing) (err error) {
	defer fault.Wrap(&err, "rescore.Hand(%s)", id)
	d, all, v, err := s.offer(ctx, who, village, id)
	if err != nil {
		return err
	}
	known := map[uuid.UUID]bool{}
	for i := range all {
		words := all[i].Suspects
		if note, ok := h.Notes[all[i].Position]; ok {
			all[i].Note, words = v.over(strings.TrimSpace(note)), h.Hide[all[i].Position]
		}
		all[i].Note = hide(all[i].Note, words)
		if !chars.Between(all[i].Note, 0, 300) {
			return ErrMasked.With(all[i].Position)
		}
		for _, p := range all[i].Photos {
			known[p] = true
		}
		all[i].Photos = slices.DeleteFunc(slices.Clone(all[i].Photos), func(p uuid.UUID) bool { return !slices.Contains(h.Photos, p) })
	}
	if slices.ContainsFunc(h.Photos, func(p uuid.UUID) bool { return !known[p] }) {
		return fault.ErrNotFound
	}
	var there bool
	if h.To != 0 && h.To != village {
		err = s.DB.LookInOffice(ctx, who, h.To, func(tx pg.Tx) error {
			there, err = pg.Scalar[bool](ctx, tx, sqlPeer, pgx.NamedArgs{"village_id": int64(h.To)})
			return err
		})
		if err != nil && !errors.Is(err, fault.ErrNotFound) {
			return err
		}
	}
	if !there {
		return ErrPeer
	}
	look, barred, err := s.give(ctx, who, d, h.To)
	if err != nil {
		return err
	}
	return s.ask(ctx, who, h.To, look, barred, village, all)
}

// give notes in the first village that the sample is out.
func (s *Service) give(ctx context.Context, who actor.Actor, d Draw, to actor.VillageID) (look uuid.UUID, barred [][]byte, err error) {
	err = s.DB.InOffice(ctx, who, d.VillageID, func(tx pg.Tx) error {
		a := pgx.NamedArgs{"village_id": int64(d.VillageID), "id": d.ID, "peer": int64(to), "name": who.Name, "now": tx.Now}
		look, _, err = idem.Once(ctx, tx, "rescore.hand", func() (uuid.UUID, error) {
			verdicts, err := pg.Column[string](ctx, tx, sqlLockItems, a)
			if err != nil {
				return uuid.Nil, err
			}
			if slices.ContainsFunc(verdicts, func(v string) bool { return v != "" }) {
				return uuid.Nil, ErrBegun
			}
			look := pg.NewID()
			a["look"] = look
			if _, err := tx.Exec(ctx, sqlHand, a); err != nil {
				if pg.Is(err, pg.Unique) {
					err = ErrHanded
				}
				return uuid.Nil, err
			}
			return look, audit.Record(ctx, tx, audit.Event{Verb: "rescore.hand", Kind: "rescore", ID: d.ID.String()})
		})
		if err != nil {
			return err
		}
		group, err := pg.Column[uuid.UUID](ctx, tx, sqlGroup, a)
		barred = [][]byte{}
		for _, g := range group {
			barred = append(barred, bar(look, g))
		}
		return err
	})
	return look, barred, err
}

// bar is how an account is known again that may not look, without saying whose it is.
func bar(look, account uuid.UUID) []byte {
	h := sha256.Sum256(append(look[:], account[:]...))
	return h[:]
}

const sqlAsk = `-- rescore.ask
insert into second_look (village_id, id, state, due_on, asked_name, asked_at, barred) values (@village_id, @look, 'open', @due, @name, @now, @barred)
on conflict (village_id, id) do nothing`

const sqlAskItems = `-- rescore.ask_items
insert into second_item (village_id, id, look_id, position, title, rule, amount, occurred_on, channel, note)
select @village_id::bigint, u.id, @look::uuid, u.position, u.title, u.rule, u.amount, u.occurred_on, u.channel, u.note
from unnest(@ids::uuid[], @positions::int[], @titles::text[], @rules::text[], @amounts::text[], @days::date[], @channels::text[], @notes::text[]) as u(id, position, title, rule, amount, occurred_on, channel, note)
on conflict (village_id, id) do nothing`

const sqlThere = `-- rescore.there
select exists (select from second_look where village_id = @village_id and id = @look)`

// ask puts the masked copy into the second village and tells its group.
func (s *Service) ask(ctx context.Context, who actor.Actor, to actor.VillageID, look uuid.UUID, barred [][]byte, from actor.VillageID, all []Offered) error {
	who.Key = "" // one request, a transaction a village
	a := pgx.NamedArgs{"village_id": int64(to), "look": look, "name": who.Name, "barred": barred}
	there := false
	err := s.DB.InOffice(ctx, who, to, func(tx pg.Tx) (err error) {
		there, err = pg.Scalar[bool](ctx, tx, sqlThere, a)
		return err
	})
	if err != nil || there { // a repeat of a request that was answered
		return err
	}
	var ids []uuid.UUID
	var positions []int
	var titles, rules, amounts, channels, notes []string
	var days []time.Time
	for _, o := range all {
		item := pg.NewID()
		for _, p := range o.Photos {
			if err := s.lend(ctx, who, from, p, to, item); err != nil {
				return err
			}
		}
		ids, positions, titles, rules, amounts = append(ids, item), append(positions, o.Position), append(titles, o.Title), append(rules, o.Rule), append(amounts, o.Amount)
		channels, notes, days = append(channels, o.Channel), append(notes, o.Note), append(days, o.OccurredOn)
	}
	return s.DB.InOffice(ctx, who, to, func(tx pg.Tx) error {
		maps.Copy(a, pgx.NamedArgs{"due": month.Date(tx.Now).AddDate(0, 0, PeerDays), "now": tx.Now, "ids": ids, "positions": positions, "titles": titles, "rules": rules, "amounts": amounts, "days": days, "channels": channels, "notes": notes})
		if _, err := tx.Exec(ctx, sqlAsk, a); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, sqlAskItems, a); err != nil {
			return err
		}
		seats, err := inform.Group(ctx, tx)
		if err != nil {
			return err
		}
		var told []inform.Message
		for _, account := range seats.Accounts() {
			told = append(told, inform.Message{Account: account, Kind: inform.SecondAsked, Subject: look, Once: "second:" + look.String() + ":" + account.String()})
		}
		if err := inform.TellEach(ctx, tx, told); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Verb: "second.ask", Kind: "second_look", ID: look.String()})
	})
}

// lend leaves a small copy of a sampled photo with an item of the second village.
func (s *Service) lend(ctx context.Context, who actor.Actor, from actor.VillageID, photo uuid.UUID, to actor.VillageID, item uuid.UUID) error {
	p, err := s.Evidence.ReadInOffice(ctx, who, from, photo, func(tx pg.Tx, claim uuid.UUID) error { return Sampled(ctx, tx, claim) })
	if err != nil {
		return err
	}
	return s.Evidence.Lend(ctx, who, p, to, item)
}

const sqlRecallLook = `-- rescore.recall_look
update second_look set state = 'recalled' where village_id = @village_id and id = @look and state <> 'done'`

const sqlLookState = `-- rescore.look_state
select coalesce((select state from second_look where village_id = @village_id and id = @look), '')`

const sqlEnd = `-- rescore.end
update rescore_hand set state = @state, ended_at = @now where village_id = @village_id and rescore_id = @id and id = @look and state = 'out'`

// Recall takes a sample back that another village's group has not finished; what it had said is not read.
func (s *Service) Recall(ctx context.Context, who actor.Actor, village actor.VillageID, id uuid.UUID) (err error) {
	defer fault.Wrap(&err, "rescore.Recall(%s)", id)
	d, _, err := s.Show(ctx, who, village, id)
	if err != nil {
		return err
	}
	if d.PeerVillage == 0 {
		return ErrNotHere
	}
	there := who
	there.Key = ""
	a := pgx.NamedArgs{"village_id": int64(d.PeerVillage), "look": *d.LookID}
	err = s.DB.InOffice(ctx, there, d.PeerVillage, func(tx pg.Tx) error {
		if _, err := tx.Exec(ctx, sqlRecallLook, a); err != nil {
			return err
		}
		if state, err := pg.Scalar[string](ctx, tx, sqlLookState, a); err != nil || state == "done" {
			return errors.Join(err, fault.When(err == nil, ErrBack))
		}
		return audit.Record(ctx, tx, audit.Event{Verb: "second.recall", Kind: "second_look", ID: d.LookID.String()})
	})
	if err != nil {
		return err
	}
	if err := s.sweep(ctx, actor.System(d.PeerVillage), *d.LookID); err != nil {
		return err
	}
	return s.DB.InOffice(ctx, who, village, func(tx pg.Tx) error {
		_, _, err := idem.Once(ctx, tx, "rescore.recall", func() (struct{}, error) {
			if _, err := tx.Exec(ctx, sqlEnd, pgx.NamedArgs{"village_id": int64(village), "id": id, "look": *d.LookID, "state": "recalled", "now": tx.Now}); err != nil {
				return struct{}{}, err
			}
			return struct{}{}, audit.Record(ctx, tx, audit.Event{Verb: "rescore.recall", Kind: "rescore", ID: id.String()})
		})
		return err
	})
}

const sqlItemIDs = `-- rescore.item_ids
select id from second_item where village_id = @village_id and look_id = @look order by position`

// sweep takes the copies of photos away once nobody has to look at them.
func (s *Service) sweep(ctx context.Context, who actor.Actor, look uuid.UUID) error {
	var gone func(context.Context) error
	err := s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		items, err := pg.Column[uuid.UUID](ctx, tx, sqlItemIDs, pgx.NamedArgs{"village_id": int64(tx.Village()), "look": look})
		if err != nil {
			return err
		}
		held, err := evidence.HeldBy(ctx, tx, items)
		if err != nil {
			return err
		}
		var ids []uuid.UUID
		for _, photos := range held {
			for _, p := range photos {
				ids = append(ids, p.ID)
			}
		}
		gone, err = s.Evidence.Remove(ctx, tx, ids)
		return err
	})
	if err != nil {
		return err
	}
	return gone(ctx)
}

const sqlProgress = `-- rescore.progress
select count(*) filter (where verdict <> '')::int from second_item where village_id = @village_id and look_id = @look`

// Progress is how many of a sample that is out the other group has looked at, and no more than that.
func (s *Service) Progress(ctx context.Context, who actor.Actor, d Draw) (n int, err error) {
	defer fault.Wrap(&err, "rescore.Progress(%s)", d.ID)
	if who.Role != actor.Bureau || d.PeerVillage == 0 {
		return 0, fault.ErrNotFound
	}
	err = s.DB.LookInOffice(ctx, who, d.PeerVillage, func(tx pg.Tx) error {
		n, err = pg.Scalar[int](ctx, tx, sqlProgress, pgx.NamedArgs{"village_id": int64(d.PeerVillage), "look": *d.LookID})
		return err
	})
	return n, err
}
