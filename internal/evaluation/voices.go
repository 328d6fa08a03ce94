package evaluation

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/chars"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/month"
	"cunfen/internal/page"
	"cunfen/internal/pg"
)

// Voice narrows the list of opinions; empty fields do not.
type Voice struct {
	Item    string // a code, or "-" for the rules as a whole
	Stance  Stance
	Channel string
	Search  string // door, head or text
	page.Page
}

const sqlVoices = `-- evaluation.voices
` + sqlPartOpinions + `and (@item = '' or o.item = case @item when '-' then '' else @item end) and (@stance = '' or o.stance = @stance) and (@channel = '' or o.channel = @channel)
  and (@search = '' or strpos(h.door, @search) > 0 or strpos(h.head, @search) > 0 or strpos(o.text, @search) > 0 or strpos(h.initials, lower(@search)) > 0)
  and (@after::uuid is null or (o.item, o.id) > (@after_item, @after::uuid))
order by o.item, o.id limit @rows`

// Voices reads what the households said in a quarter, narrowed, with the cursor of the next page.
func (s *Service) Voices(ctx context.Context, who actor.Actor, q Quarter, f Voice) (all []Opinion, next string, err error) {
	defer fault.Wrap(&err, "evaluation.Voices(%s)", q)
	if who.Role == actor.Household {
		return nil, "", fault.ErrNotFound
	}
	item, id, _ := strings.Cut(f.After, ".")
	if err := pg.After(id); err != nil || f.After != "" && id == "" {
		return nil, "", fault.ErrNotFound
	}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		a := args(tx, q)
		a["item"], a["stance"], a["channel"], a["search"], a["rows"] = f.Item, string(f.Stance), f.Channel, strings.TrimSpace(f.Search), f.Rows()+1
		if a["after_item"], a["after"] = item, nil; id != "" {
			a["after"] = id
		}
		all, err = pg.All[Opinion](ctx, tx, sqlVoices, a)
		return err
	})
	all, next = page.Cut(all, f.Rows(), func(o Opinion) string { return o.Item + "." + o.ID.String() })
	return all, next, err
}

// Channels are how an opinion came.
var Channels = []string{"self", "counter", "paper"}

// ChannelChinese is a channel in words.
func ChannelChinese(c string) string {
	return map[string]string{"self": "手机", "counter": "当面说的", "paper": "征求意见表"}[c]
}

const sqlOpenNow = `-- evaluation.open_now
` + sqlPartColumns + `and v.state <> 'decided' and v.opinions_until >= @today order by v.quarter desc limit 1`

// Open is the round of opinions that is open today; fault.ErrNotFound where none is.
func (s *Service) Open(ctx context.Context, who actor.Actor) (e Evaluation, err error) {
	defer fault.Wrap(&err, "evaluation.Open")
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		a := args(tx, 0)
		a["today"] = month.Date(tx.Now)
		e, err = pg.One[Evaluation](ctx, tx, sqlOpenNow, a)
		return err
	})
	return e, err
}

const sqlSayAll = `-- evaluation.say_all
insert into evaluation_opinion (village_id, id, quarter, household_id, item, stance, text, channel, by, by_name, at)
select @village_id::bigint, u.id, @quarter::integer, @home::uuid, u.item, u.stance, u.text, @channel::text, @by::uuid, @name::text, @now::timestamptz
from unnest(@ids::uuid[], @items::text[], @stances::text[], @texts::text[]) as u(id, item, stance, text)
on conflict (village_id, quarter, household_id, item) do nothing`

// Taken is what became of a sheet of opinions: how many were taken down, how many the household had said before.
type Taken struct{ New, Before int }

// SayAll takes down a household's whole sheet, at its door, at the counter or from paper. What it has said of an
// item before stays as it was.
func (s *Service) SayAll(ctx context.Context, who actor.Actor, q Quarter, home uuid.UUID, channel string, said []Opinion) (t Taken, err error) {
	defer fault.Wrap(&err, "evaluation.SayAll(%s)", q)
	if who.Role == actor.Household {
		channel, home = "self", who.Household
	} else if channel != "paper" {
		channel = "counter"
	}
	switch {
	case home == uuid.Nil:
		return t, ErrHome
	case len(said) == 0:
		return t, ErrNothing
	}
	for n := range said {
		o := &said[n]
		o.Text = strings.TrimSpace(o.Text)
		switch {
		case !slices.Contains(Stances, o.Stance):
			return t, ErrStance
		case !chars.Between(o.Text, 0, 300), o.Stance == "add" && o.Text == "":
			return t, ErrText
		case slices.ContainsFunc(said[:n], func(before Opinion) bool { return before.Item == o.Item }):
			return t, ErrSaid
		}
	}
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		t, _, err = idem.Once(ctx, tx, "evaluation.say_all", func() (Taken, error) { return sayAll(ctx, tx, q, home, channel, said) })
		return err
	})
	return t, err
}

func sayAll(ctx context.Context, tx pg.Tx, q Quarter, home uuid.UUID, channel string, said []Opinion) (t Taken, err error) {
	e, err := taking(ctx, tx, q)
	if err != nil {
		return t, err
	}
	var ids []uuid.UUID
	var items, stances, texts []string
	for _, o := range said {
		if !e.Pack.asks(o.Item) {
			return t, ErrItem
		}
		ids, items, stances, texts = append(ids, pg.NewID()), append(items, o.Item), append(stances, string(o.Stance)), append(texts, o.Text)
	}
	a := args(tx, q)
	a["home"], a["channel"], a["by"], a["name"] = home, channel, tx.Who.Account, tx.Who.Name
	a["ids"], a["items"], a["stances"], a["texts"] = ids, items, stances, texts
	tag, err := tx.Exec(ctx, sqlSayAll, a)
	if pg.Is(err, pg.ForeignKey) {
		return t, fault.ErrNotFound
	}
	if err != nil {
		return t, err
	}
	t.New = int(tag.RowsAffected())
	t.Before = len(said) - t.New
	return t, audit.Record(ctx, tx, audit.Event{Verb: "evaluation.say", Kind: "evaluation", ID: q.String(), Reason: ChannelChinese(channel) + "：" + strings.Join(items, " ")})
}
