package onboard

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/account"
	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/chars"
	"cunfen/internal/fault"
	"cunfen/internal/group"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
	"cunfen/tenants"
)

// Draft is a village being brought in.
type Draft struct {
	ID         uuid.UUID
	TownshipID actor.TownshipID
	Township   string
	Body       Form
	Step       int // the first that is not yet good, from 1
	MadeID     *actor.VillageID
	ByName     string
	At         time.Time
	ChangedAt  time.Time
	DoneAt     *time.Time
}

// Town is a township as the platform sees it.
type Town struct {
	ID       actor.TownshipID
	Name     string
	Bureau   string
	Code     string
	County   string
	Villages int64
	Officers int64
}

// NewTown is what a form says of a township.
type NewTown struct{ Code, Name, Bureau, County, Contact, Phone, Officer, OfficerPhone string }

// Faults of townships and drafts.
var (
	ErrTownName  = fault.New(fault.Invalid, "onboard.town_name", "请写镇的名称（2 到 30 字）").On("name")
	ErrBureau    = fault.New(fault.Invalid, "onboard.bureau", "请写主管机构的全称（4 到 40 字）").On("bureau")
	ErrTownTaken = fault.New(fault.Conflict, "onboard.town_taken", "已经有这个名称的镇").On("name")
	ErrDone      = fault.New(fault.Conflict, "onboard.done", "这个村已经建好，请到村（场）页继续")
	ErrTownship  = fault.New(fault.Invalid, "onboard.township", "请选择镇").On("township")
	ErrLead      = fault.New(fault.Invalid, "onboard.lead", "请写组长的姓名").On("lead")
)

const sqlTowns = `-- onboard.towns
select t.id, t.name, t.bureau, coalesce(t.settings->>'code', '') as code, coalesce(t.settings->>'county', '') as county,
  (select count(*) from village v where v.township_id = t.id and v.practice_of is null and v.state <> 'closed') as villages,
  (select count(*) from officer o where o.township_id = t.id and o.role = 'bureau' and o.ended_at is null) as officers
from township t where @q = '' or t.name like '%' || @q || '%' or t.settings->>'code' = @q order by t.id`

// Towns lists the townships whose name holds the words.
func (s *Service) Towns(ctx context.Context, search string) (all []Town, err error) {
	defer fault.Wrap(&err, "onboard.Towns")
	err = s.DB.AsSystem(ctx, "onboard.towns", func(tx pg.Tx) error {
		all, err = pg.All[Town](ctx, tx, sqlTowns, pgx.NamedArgs{"q": strings.TrimSpace(search)})
		return err
	})
	return all, err
}

// sqlNextID gives a number that neither a township nor a village has: printed codes name either by it.
const sqlNextID = `-- onboard.next_id
select greatest((select coalesce(max(id), 0) from township), (select coalesce(max(id), 0) from village)) + 1`

const sqlNewTown = `-- onboard.new_town
insert into township (id, name, bureau, settings, created_at) values (@id, @name, @bureau, @settings, @at)`

const sqlTownNamed = `-- onboard.town_named
select count(*) from township where name = @name`

// Founded is what was made, and the start password of the person let in, to be handed over on paper: it is shown
// once and kept nowhere.
type Founded struct {
	ID    int64
	Name  string
	Who   string
	Start string
}

// AddTown makes a township and lets its bureau's first officer in.
func (s *Service) AddTown(ctx context.Context, who actor.Actor, t NewTown) (out Founded, err error) {
	defer fault.Wrap(&err, "onboard.AddTown")
	for _, text := range []*string{&t.Code, &t.Name, &t.Bureau, &t.County, &t.Officer} {
		*text = strings.TrimSpace(*text)
	}
	if err := fault.Join(fault.When(!chars.Between(t.Name, 2, 30), ErrTownName), fault.When(!chars.Between(t.Bureau, 4, 40), ErrBureau),
		fault.When(!codeShape.MatchString(t.Code), ErrCode), fault.When(t.Officer == "", account.ErrName.On("officer"))); err != nil {
		return out, err
	}
	err = s.DB.AsSystem(ctx, "onboard.add_town", func(tx pg.Tx) error {
		tx.Who = who
		n, err := pg.Scalar[int64](ctx, tx, sqlTownNamed, pgx.NamedArgs{"name": t.Name})
		if err != nil || n > 0 {
			return errors.Join(err, asErr(n > 0, ErrTownTaken))
		}
		if out.ID, err = pg.Scalar[int64](ctx, tx, sqlNextID); err != nil {
			return err
		}
		out.Name, out.Who = t.Name, t.Officer
		_, err = tx.Exec(ctx, sqlNewTown, pgx.NamedArgs{"id": out.ID, "name": t.Name, "bureau": t.Bureau, "at": tx.Now,
			"settings": map[string]any{"code": t.Code, "county": t.County, "contact": tenants.Contact{Name: t.Contact, Phone: t.Phone}}})
		if err != nil {
			return err
		}
		start := account.StartPassword()
		id, fresh, err := s.Group.Accounts.Create(ctx, tx, account.New{Name: t.Officer, Phone: t.OfficerPhone, Start: start})
		if err != nil {
			return moved(err, "phone", "officer_phone")
		}
		if fresh {
			out.Start = start
		}
		if _, err := account.Install(ctx, tx, account.Office{Account: id, Township: actor.TownshipID(out.ID), Role: actor.Bureau, StartsOn: tx.Now}); err != nil {
			return err
		}
		tx.Who.Township = actor.TownshipID(out.ID)
		return audit.Office(ctx, tx, audit.Event{Verb: "township.add", Kind: "township", ID: t.Name})
	})
	return out, err
}

func asErr(bad bool, f *fault.Error) error {
	if bad {
		return f
	}
	return nil
}

// moved puts a fault at the field of this form that another package knows by another name.
func moved(err error, from, to string) error {
	if f := fault.Of(err); f.Kind == fault.Invalid && f.Field == from {
		return f.On(to)
	}
	return err
}

const sqlDrafts = `-- onboard.drafts
select d.id, d.township_id, t.name as township, d.body, d.step, d.made_id, d.by_name, d.at, d.changed_at, d.done_at
from onboarding d join township t on t.id = d.township_id
where (@id::uuid is null and d.done_at is null) or d.id = @id order by d.changed_at desc`

// Drafts lists the villages that are being brought in.
func (s *Service) Drafts(ctx context.Context) (all []Draft, err error) {
	defer fault.Wrap(&err, "onboard.Drafts")
	err = s.DB.AsSystem(ctx, "onboard.drafts", func(tx pg.Tx) error {
		all, err = pg.All[Draft](ctx, tx, sqlDrafts, pgx.NamedArgs{"id": nil})
		return err
	})
	return all, err
}

// Draft is one of them, whether it is done or not.
func (s *Service) Draft(ctx context.Context, id uuid.UUID) (d Draft, err error) {
	defer fault.Wrap(&err, "onboard.Draft(%s)", id)
	err = s.DB.AsSystem(ctx, "onboard.draft", func(tx pg.Tx) error {
		d, err = pg.One[Draft](ctx, tx, sqlDrafts, pgx.NamedArgs{"id": id})
		return err
	})
	return d, err
}

const sqlStart = `-- onboard.start
insert into onboarding (id, township_id, body, by, by_name, at, changed_at) values (@id, @township, @body, @by, @by_name, @at, @at)`

const sqlTownThere = `-- onboard.town_there
select count(*) from township where id = @id`

// Start begins to bring a village of the township in.
func (s *Service) Start(ctx context.Context, who actor.Actor, t actor.TownshipID) (id uuid.UUID, err error) {
	defer fault.Wrap(&err, "onboard.Start")
	id = pg.NewID()
	return id, s.DB.AsSystem(ctx, "onboard.start", func(tx pg.Tx) error {
		if n, err := pg.Scalar[int64](ctx, tx, sqlTownThere, pgx.NamedArgs{"id": int64(t)}); err != nil || n == 0 {
			return errors.Join(err, asErr(n == 0, ErrTownship))
		}
		_, err := tx.Exec(ctx, sqlStart, pgx.NamedArgs{"id": id, "township": int64(t), "body": fresh(), "by": who.Account, "by_name": who.Name, "at": tx.Now})
		return err
	})
}

const sqlLockDraft = `-- onboard.lock_draft
select d.id, d.township_id, '' as township, d.body, d.step, d.made_id, d.by_name, d.at, d.changed_at, d.done_at from onboarding d where d.id = @id for update`

const sqlSaveDraft = `-- onboard.save_draft
update onboarding set body = @body, step = @step, changed_at = @at where id = @id`

const sqlCodeTaken = `-- onboard.code_taken
select count(*) from village where code = @code`

// Save keeps a step of the wizard. change alters the fields of that step alone; what is at fault is not kept.
func (s *Service) Save(ctx context.Context, id uuid.UUID, step int, change func(*Form)) (err error) {
	defer fault.Wrap(&err, "onboard.Save(%s, %d)", id, step)
	return s.DB.AsSystem(ctx, "onboard.save", func(tx pg.Tx) error {
		d, err := lockDraft(ctx, tx, id)
		if err != nil {
			return err
		}
		if step < 1 || step > d.Step || step >= len(Steps) {
			return fault.ErrNotFound
		}
		change(&d.Body)
		if err := d.Body.Check(step); err != nil {
			return err
		}
		if n, err := pg.Scalar[int64](ctx, tx, sqlCodeTaken, pgx.NamedArgs{"code": d.Body.Code}); err != nil || n > 0 {
			return errors.Join(err, asErr(n > 0, ErrTaken))
		}
		_, err = tx.Exec(ctx, sqlSaveDraft, pgx.NamedArgs{"id": id, "body": d.Body, "step": max(d.Step, step+1), "at": tx.Now})
		return err
	})
}

func lockDraft(ctx context.Context, tx pg.Tx, id uuid.UUID) (Draft, error) {
	d, err := pg.One[Draft](ctx, tx, sqlLockDraft, pgx.NamedArgs{"id": id})
	if err == nil && d.DoneAt != nil {
		return d, ErrDone
	}
	return d, err
}

const sqlNewVillage = `-- onboard.new_village
insert into village (id, township_id, code, name, kind, settings, state, state_at, practice_of, created_at)
values (@id, @township, @code, @name, @kind, @settings, @state, @at, @practice_of, @at)`

const sqlDone = `-- onboard.done
update onboarding set made_id = @village, body = @body, changed_at = @at where id = @id`

const sqlClose = `-- onboard.close
update onboarding set done_at = @at where id = @id and done_at is null`

// Finish makes the village of a draft: with the document's rule set, in setup, and with its lead, who brings in the
// rest. Broken off in the middle, it is finished by asking again.
func (s *Service) Finish(ctx context.Context, who actor.Actor, id uuid.UUID, lead, phone string) (out Founded, err error) {
	defer fault.Wrap(&err, "onboard.Finish(%s)", id)
	lead = strings.TrimSpace(lead)
	if lead == "" {
		return out, ErrLead
	}
	if _, err := account.Phone(phone); err != nil {
		return out, account.ErrPhone.On("lead_phone")
	}
	err = s.DB.AsSystem(ctx, "onboard.finish", func(tx pg.Tx) error {
		tx.Who = who
		d, err := lockDraft(ctx, tx, id)
		if err != nil {
			return err
		}
		if out.Name = d.Body.Name; d.MadeID != nil {
			out.ID = int64(*d.MadeID)
			return nil
		}
		out.ID, err = found(ctx, tx, d)
		return err
	})
	if err != nil {
		return out, err
	}
	v := actor.VillageID(out.ID)
	err = s.DB.InVillage(ctx, actor.System(v), func(tx pg.Tx) error {
		if err := firstRules(ctx, tx); err != nil {
			return err
		}
		seat, err := s.Group.Seat(ctx, tx, group.Appointment{Name: lead, Phone: phone, Role: actor.Lead, Kind: group.Cadre})
		if errors.Is(err, group.ErrHolds) { // broken off before, after this
			err = nil
		}
		out.Who, out.Start = lead, seat.Start
		return moved(err, "phone", "lead_phone")
	})
	if err != nil {
		return out, err
	}
	return out, s.DB.AsSystem(ctx, "onboard.close", func(tx pg.Tx) error {
		_, err := tx.Exec(ctx, sqlClose, pgx.NamedArgs{"id": id, "at": tx.Now})
		return err
	})
}

func found(ctx context.Context, tx pg.Tx, d Draft) (id int64, err error) {
	p, err := d.Body.Profile()
	if err != nil {
		return 0, err
	}
	if id, err = pg.Scalar[int64](ctx, tx, sqlNextID); err != nil {
		return 0, err
	}
	_, err = tx.Exec(ctx, sqlNewVillage, pgx.NamedArgs{"id": id, "township": int64(d.TownshipID), "code": d.Body.Code, "name": d.Body.Name, "kind": d.Body.Kind,
		"settings": p, "state": "setup", "practice_of": nil, "at": tx.Now})
	if pg.Is(err, pg.Unique) {
		return 0, ErrTaken
	}
	if err != nil {
		return 0, err
	}
	if _, err = tx.Exec(ctx, sqlDone, pgx.NamedArgs{"id": d.ID, "village": id, "body": d.Body, "at": tx.Now}); err != nil {
		return 0, err
	}
	tx.Who.Township = d.TownshipID
	return id, audit.Office(ctx, tx, audit.Event{Verb: "village.add", Kind: "village", ID: d.Body.Name})
}

// firstRules gives a village without rules the document's own, from the first day of the year.
func firstRules(ctx context.Context, tx pg.Tx) error {
	last, _, err := rulebook.Latest(ctx, tx, "")
	if err != nil || last > 0 {
		return err
	}
	r := tenants.Document()
	r.Version, r.Reason = 1, "文件附件的标准清单，本村通过细则以前使用"
	r.Year = month.Of(tx.Now).Year()
	r.InForceFrom = month.Date(time.Date(r.Year, 1, 1, 0, 0, 0, 0, time.UTC))
	return rulebook.Insert(ctx, tx, r)
}
