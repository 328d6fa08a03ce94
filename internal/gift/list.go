package gift

import (
	"context"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/chars"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/page"
	"cunfen/internal/pg"
)

// Rules reads the village's rules of giving.
func (s *Service) Rules(ctx context.Context, who actor.Actor) (r Rules, err error) {
	defer fault.Wrap(&err, "gift.Rules")
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		r, err = rules(ctx, tx)
		return err
	})
	return r, err
}

const sqlSaveRules = `-- gift.save_rules
insert into giving (village_id, allowed, per_year, cooling_days, changed_by, changed_name, changed_at) values (@village_id, @allowed, @per_year, @days, @by, @name, @at)
on conflict (village_id) do update set allowed = excluded.allowed, per_year = excluded.per_year, cooling_days = excluded.cooling_days,
  changed_by = excluded.changed_by, changed_name = excluded.changed_name, changed_at = excluded.changed_at`

// SaveRules switches giving on or off and bounds it.
func (s *Service) SaveRules(ctx context.Context, who actor.Actor, r Rules) (err error) {
	defer fault.Wrap(&err, "gift.SaveRules")
	if err := r.check(); err != nil {
		return err
	}
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		_, _, err := idem.Once(ctx, tx, "gift.save_rules", func() (Rules, error) {
			_, err := tx.Exec(ctx, sqlSaveRules, pgx.NamedArgs{"village_id": int64(tx.Village()), "allowed": r.Allowed, "per_year": r.PerYear, "days": r.CoolingDays, "by": tx.Who.Account, "name": tx.Who.Name, "at": tx.Now})
			if err != nil {
				return r, err
			}
			return r, audit.Record(ctx, tx, audit.Event{Verb: "gift.save_rules", Kind: "giving", ID: "giving", After: r})
		})
		return err
	})
}

const sqlFamilies = `-- gift.families
select n.household_id, n.number, n.words, n.named, n.consent, h.door, h.head, n.added_name, n.added_at
from needy n join household h on h.village_id = @village_id and h.id = n.household_id
where n.village_id = @village_id and n.ended_at is null and h.state = 'active' order by n.number`

// Families reads the list of families in need: whole for the working group; for a giver only number and words,
// and the name of those who agreed to it.
func (s *Service) Families(ctx context.Context, who actor.Actor, whole bool) (all []Family, err error) {
	defer fault.Wrap(&err, "gift.Families")
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		all, err = pg.All[Family](ctx, tx, sqlFamilies, pgx.NamedArgs{"village_id": int64(who.Village)})
		return err
	})
	if !whole {
		for i := range all {
			all[i].Consent, all[i].Door, all[i].AddedName = "", "", ""
			if !all[i].Named {
				all[i].Head = ""
			}
		}
	}
	return all, err
}

const sqlAddFamily = `-- gift.add_family
insert into needy (village_id, household_id, number, words, named, consent, added_by, added_name, added_at)
select @village_id::bigint, @household::uuid, coalesce(max(number), 0) + 1, @words::text, @named::boolean, @consent::text, @by::uuid, @name::text, @at::timestamptz
from needy where village_id = @village_id
on conflict (village_id, household_id) do update set words = excluded.words, named = excluded.named, consent = excluded.consent,
  added_by = excluded.added_by, added_name = excluded.added_name, added_at = excluded.added_at, ended_at = null`

const sqlEndFamily = `-- gift.end_family
update needy set ended_at = @at where village_id = @village_id and household_id = @household and ended_at is null`

// AddFamily puts a household on the list of families in need, with its consent in words.
func (s *Service) AddFamily(ctx context.Context, who actor.Actor, f Family) (err error) {
	defer fault.Wrap(&err, "gift.AddFamily(%s)", f.HouseholdID)
	f.Words, f.Consent = strings.TrimSpace(f.Words), strings.TrimSpace(f.Consent)
	err = fault.Join(fault.When(!chars.Between(f.Words, 2, 60), ErrNeedy.With("请写给转赠人看的话（2 到 60 字），不写病情等隐私")),
		fault.When(!chars.Between(f.Consent, 4, 120), ErrNeedy.With("请写这家谁、哪天、怎样同意的（4 到 120 字）").On("consent")))
	if err != nil {
		return err
	}
	return s.family(ctx, who, "gift.add_family", sqlAddFamily, f)
}

// EndFamily takes a household off the list.
func (s *Service) EndFamily(ctx context.Context, who actor.Actor, household uuid.UUID) (err error) {
	defer fault.Wrap(&err, "gift.EndFamily(%s)", household)
	return s.family(ctx, who, "gift.end_family", sqlEndFamily, Family{HouseholdID: household})
}

func (s *Service) family(ctx context.Context, who actor.Actor, verb, sql string, f Family) error {
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		_, _, err := idem.Once(ctx, tx, verb, func() (bool, error) {
			tag, err := tx.Exec(ctx, sql, pgx.NamedArgs{"village_id": int64(tx.Village()), "household": f.HouseholdID, "words": f.Words, "named": f.Named, "consent": f.Consent,
				"by": tx.Who.Account, "name": tx.Who.Name, "at": tx.Now})
			if pg.Is(err, pg.ForeignKey) || err == nil && tag.RowsAffected() == 0 {
				err = fault.ErrNotFound
			}
			if err != nil {
				return false, err
			}
			return true, audit.Record(ctx, tx, audit.Event{Verb: verb, Kind: "household", ID: f.HouseholdID.String(), Reason: f.Consent})
		})
		return err
	})
}

// Filter narrows the list of gifts; zero fields do not.
type Filter struct {
	State State
	Home  uuid.UUID // as giver or taker
	Query string    // of the giver's or the family's name or door
	page.Page
}

const sqlGifts = `-- gift.gifts
select ` + sqlPartGift + ` and (@state = '' or g.state = @state) and (@home::uuid is null or g.giver = @home or g.taker = @home)
  and (@query = '' or position(@query in h.head || ' ' || h.door || ' ' || t.head || ' ' || t.door) > 0)
  and (@after = '' or g.id < nullif(@after, '')::uuid) order by g.id desc limit @rows`

// List reads gifts, newest first, with the cursor of the next page. A household sees what it gave and got; who
// gave it something stays unsaid, and of the family only what it agreed to.
func (s *Service) List(ctx context.Context, who actor.Actor, f Filter) (all []Gift, next string, err error) {
	defer fault.Wrap(&err, "gift.List")
	if err := pg.After(f.After); err != nil {
		return nil, "", err
	}
	a := pgx.NamedArgs{"village_id": int64(who.Village), "state": string(f.State), "home": nil, "query": f.Query, "after": f.After, "rows": f.Rows() + 1}
	if f.Home != uuid.Nil {
		a["home"] = f.Home
	}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		all, err = pg.All[Gift](ctx, tx, sqlGifts, a)
		return err
	})
	all, next = page.Cut(all, f.Rows(), func(g Gift) string { return g.ID.String() })
	return all, next, err
}

// Own reads what a household gave and got.
func (s *Service) Own(ctx context.Context, who actor.Actor) (all []Gift, err error) {
	if who.Household == uuid.Nil {
		return nil, fault.ErrNotFound
	}
	all, _, err = s.List(ctx, who, Filter{Home: who.Household, Page: page.Page{Limit: page.Most}})
	for i := range all {
		g := &all[i]
		if g.TakerDoor = ""; !g.Named {
			g.TakerHead = ""
		}
		if g.Giver != who.Household {
			g.Giver, g.GiverDoor, g.GiverHead, g.ByName = uuid.Nil, "", "", ""
		}
	}
	return all, err
}
