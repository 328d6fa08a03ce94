// Package opinion is what people think and say: of an item of the rules, of a line, of somebody's doing, of
// anything (R4.1.4, R4.4.6b). It is written down, answered by the group within days, and who left a name or a
// code reads the answer.
package opinion

import (
	"context"
	"crypto/rand"
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
	"cunfen/internal/inform"
	"cunfen/internal/month"
	"cunfen/internal/page"
	"cunfen/internal/pg"
)

// Service is what the screens may ask of opinions.
type Service struct{ DB *pg.DB }

// Kind is what an opinion is about.
type Kind string

// Kinds lists them with what they are called.
var Kinds = []struct {
	Kind    Kind
	Chinese string
}{{"item", "规则、分值不合理"}, {"line", "某一笔分"}, {"conduct", "有人办事不公"}, {Matter, "有该改的事（别家、公共地方）"}, {"other", "其他意见"}}

// Chinese is the kind on screen.
func (k Kind) Chinese() string {
	for _, w := range Kinds {
		if w.Kind == k {
			return w.Chinese
		}
	}
	return ""
}

// Opinion is one of them.
type Opinion struct {
	ID           uuid.UUID
	Kind         Kind
	Item         string
	Words        string
	HouseholdID  *uuid.UUID
	Door         string
	Head         string
	Name         string
	Contact      string
	About        *uuid.UUID // whom of the group it is about
	AboutName    string
	Channel      string // self, counter, public
	Code         string
	FiledAt      time.Time
	DueOn        time.Time
	State        string // open, answered
	Answer       string
	AnsweredName string
	AnsweredAt   *time.Time
	Place        string     // of a matter: where
	TargetID     *uuid.UUID // the home there
	Outcome      Outcome    // what those who went to look say
}

// From is who it is from, as the group sees it. Of a matter nobody sees it.
func (o Opinion) From() string {
	switch {
	case o.Kind == Matter:
		return "本村住户"
	case o.HouseholdID != nil:
		return o.Head + "家"
	case o.Name != "":
		return o.Name
	}
	return "没有留名"
}

// Overdue reports whether the answer is late.
func (o Opinion) Overdue(today time.Time) bool {
	return o.State == "open" && o.DueOn.Before(month.Date(today))
}

// Faults of opinions.
var (
	ErrKind     = fault.New(fault.Invalid, "opinion.kind", "请选择说的是哪一类").On("kind")
	ErrWords    = fault.New(fault.Invalid, "opinion.words", "请写下您的意见（4 到 1000 字）").On("words")
	ErrContact  = fault.New(fault.Invalid, "opinion.contact", "联系方式最多 60 字").On("contact")
	ErrAbout    = fault.New(fault.Invalid, "opinion.about", "请从名单里选，或选“不指明”").On("about")
	ErrAnswer   = fault.New(fault.Invalid, "opinion.answer", "请写明答复（4 到 1000 字），提意见的人会看到").On("answer")
	ErrAnswered = fault.New(fault.Conflict, "opinion.answered", "这条意见已经答复过了，请刷新页面看")
)

// Days is how long the group has to answer.
const Days = 7

// Draft is what somebody says.
type Draft struct {
	Kind      Kind
	Item      string
	Words     string
	Contact   string
	About     uuid.UUID // an account of the group, of an opinion on conduct
	Nameless  bool      // nothing of who it is is kept
	Household uuid.UUID // written down for it at the counter
	Place     string    // of a matter: a door or a place
}

const sqlFile = `-- opinion.file
insert into opinion (village_id, id, kind, item, words, household_id, account_id, name, contact, about, about_name, channel, code, filed_at, due_on, state, place, target_id)
values (@village_id, @id, @kind, @item, @words, @household, @by, @name, @contact, @about, @about_name, @channel, @code, @at, @due, 'open', @place, @target)`

// columns leave out, of a matter, whose it is: the household alone has it in its own list.
const columns = `select o.id, o.kind, o.item, o.words, o.household_id, coalesce(h.door, '') as door, coalesce(h.head, '') as head, o.name, o.contact, o.about, o.about_name, o.channel, o.code,
  o.filed_at, o.due_on, o.state, o.answer, o.answered_name, o.answered_at, o.place, o.target_id, o.outcome
from opinion o left join household h on h.village_id = @village_id and h.id = o.household_id and o.kind <> 'matter'
where o.village_id = @village_id `

// sqlPartOthers leaves out what is about the person looking: who is complained of neither sees nor answers it, nor
// who is of the home that a matter is about, or related to it. A grid worker sees the matters of the own grid alone.
const sqlPartOthers = `and (o.about is null or o.about is distinct from @me::uuid) ` + sqlPartNear + sqlPartGrid

const (
	sqlPartNear = `and (o.target_id is null or @me::uuid is null or not exists (select from membership n where n.village_id = @village_id and n.account_id = @me and n.household_id = o.target_id)
  and not exists (select from member n where n.village_id = @village_id and n.account_id = @me and n.household_id = o.target_id)
  and not exists (select from relative n where n.village_id = @village_id and n.account_id = @me and n.household_id = o.target_id)) `
	sqlPartGrid = `and (@grid < 0 or o.kind = 'matter' and (o.target_id is null or exists (select from household t where t.village_id = @village_id and t.id = o.target_id and (@grid = 0 or t.grid = @grid)))) `
)

// looking adds to a statement's arguments who looks.
func looking(who actor.Actor, a pgx.NamedArgs) pgx.NamedArgs {
	a["village_id"], a["me"], a["grid"] = int64(who.Village), null(who.Account), -1
	if who.Role == actor.Grid {
		a["grid"] = who.Grid
	}
	return a
}

const (
	sqlShow = `-- opinion.show
` + columns + sqlPartOthers + `and o.id = @id`
	sqlByCode = `-- opinion.by_code
` + columns + `and o.code = @code and o.code <> ''`
	sqlLock = `-- opinion.lock
` + columns + sqlPartOthers + `and o.id = @id for update of o`
	sqlList = `-- opinion.list
` + columns + sqlPartOthers + `and (@state = '' or o.state = @state) and (@kind = '' or o.kind = @kind) and (@household::uuid is null or o.household_id = @household)
  and (@search = '' or strpos(o.words, @search) > 0 or strpos(o.place, @search) > 0 or strpos(coalesce(h.head, ''), @search) > 0 or strpos(coalesce(h.door, ''), @search) > 0)
  and (@after = '' or o.id < nullif(@after, '')::uuid)
order by o.id desc limit @rows`
)

const sqlAnswer = `-- opinion.answer
update opinion set state = 'answered', answer = @answer, answered_by = @by, answered_name = @name, answered_at = @at, outcome = @outcome where village_id = @village_id and id = @id`

// File writes an opinion down: of a household about its village, of somebody at the counter for it, or of
// somebody without a name, who gets a code to find the answer by.
func (s *Service) File(ctx context.Context, who actor.Actor, d Draft) (o Opinion, err error) {
	defer fault.Wrap(&err, "opinion.File")
	d.Words, d.Contact, d.Place = strings.TrimSpace(d.Words), strings.TrimSpace(d.Contact), strings.TrimSpace(d.Place)
	if err := fault.Join(fault.When(d.Kind.Chinese() == "", ErrKind), fault.When(!chars.Between(d.Words, 4, 1000), ErrWords), fault.When(!chars.Between(d.Contact, 0, 60), ErrContact), d.matter(who)); err != nil {
		return o, err
	}
	if d.Nameless { // not even the key of the request, which names its account
		who = actor.Actor{Village: who.Village, Township: who.Township}
	}
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		o, _, err = idem.Once(ctx, tx, "opinion.file", func() (Opinion, error) { return file(ctx, tx, d) })
		return err
	})
	return o, err
}

func file(ctx context.Context, tx pg.Tx, d Draft) (o Opinion, err error) {
	who, id := tx.Who, pg.NewID()
	a := pgx.NamedArgs{"village_id": int64(tx.Village()), "id": id, "kind": string(d.Kind), "item": d.Item, "words": d.Words, "contact": d.Contact, "household": nil,
		"by": nil, "name": "", "about": nil, "about_name": "", "channel": "self", "code": "", "place": "", "target": nil, "at": tx.Now, "due": month.Date(tx.Now.AddDate(0, 0, Days))}
	switch {
	case d.Household != uuid.Nil:
		a["household"], a["by"], a["name"], a["channel"] = d.Household, who.Account, who.Name, "counter"
	case !who.Signed():
		a["channel"], a["code"] = "public", code()
	default:
		a["by"], a["name"] = who.Account, who.Name
		if who.Household != uuid.Nil {
			a["household"] = who.Household
		}
	}
	if err := about(ctx, tx, d, a); err != nil {
		return o, err
	}
	if d.Kind == Matter {
		if err := aim(ctx, tx, d, a); err != nil {
			return o, err
		}
	}
	if _, err := tx.Exec(ctx, sqlFile, a); pg.Is(err, pg.ForeignKey) {
		return o, fault.ErrNotFound
	} else if err != nil {
		return o, err
	}
	answer := answerers
	if d.Kind == Matter {
		answer = lookers
	}
	heard, err := answer(ctx, tx, a)
	if err != nil {
		return o, err
	}
	told := make([]inform.Message, len(heard))
	for i, account := range heard {
		told[i] = inform.Message{Account: account, Kind: inform.OpinionFiled, Subject: id, Quiet: true}
	}
	if err := inform.TellEach(ctx, tx, told); err != nil {
		return o, err
	}
	if who.Signed() && d.Kind != Matter { // the log names who did something; of the nameless, and of who reports, it must not
		if err := audit.Record(ctx, tx, audit.Event{Verb: "opinion.file", Kind: "opinion", ID: id.String()}); err != nil {
			return o, err
		}
	}
	a["me"], a["grid"] = nil, -1
	return pg.One[Opinion](ctx, tx, sqlShow, a)
}

// about fills in whom an opinion on conduct is about.
func about(ctx context.Context, tx pg.Tx, d Draft, a pgx.NamedArgs) error {
	if d.Kind != "conduct" || d.About == uuid.Nil {
		return nil
	}
	all, err := seated(ctx, tx)
	for _, p := range all {
		if p.ID == d.About {
			a["about"], a["about_name"] = p.ID, p.Name
			return nil
		}
	}
	if err == nil {
		err = ErrAbout
	}
	return err
}

// answerers are who is told: the leads, and where the only one is complained of, the rest of the group.
func answerers(ctx context.Context, tx pg.Tx, a pgx.NamedArgs) (all []uuid.UUID, err error) {
	for _, role := range []actor.Role{actor.Lead, actor.Committee} {
		seats, err := inform.Seated(ctx, tx, role)
		if err != nil {
			return nil, err
		}
		all = slices.DeleteFunc(seats.Accounts(), func(account uuid.UUID) bool { return a["about"] == account })
		if len(all) > 0 {
			return all, nil
		}
	}
	return nil, nil
}

// Person is somebody of the group.
type Person struct {
	ID   uuid.UUID
	Name string
}

func seated(ctx context.Context, tx pg.Tx) ([]Person, error) {
	seats, err := inform.Seated(ctx, tx, actor.Lead, actor.Committee, actor.Grid, actor.Desk)
	all := make([]Person, 0, len(seats))
	for _, s := range seats {
		if n := len(all); n == 0 || all[n-1].ID != s.AccountID {
			all = append(all, Person{s.AccountID, s.Name})
		}
	}
	return all, err
}

// Seated lists whom an opinion on conduct may be about: who works for the village now.
func (s *Service) Seated(ctx context.Context, village actor.VillageID) (all []Person, err error) {
	defer fault.Wrap(&err, "opinion.Seated")
	err = s.DB.Look(ctx, actor.Actor{Village: village}, func(tx pg.Tx) error {
		all, err = seated(ctx, tx)
		return err
	})
	return all, err
}

// code is eight letters and figures that cannot be mistaken for one another.
func code() string {
	const signs = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
	b := make([]byte, 8)
	rand.Read(b)
	for i := range b {
		b[i] = signs[int(b[i])%len(signs)]
	}
	return string(b)
}

// Answer answers an opinion; who left a name is told. again puts right an answer that was given: the new one stands in
// its place, and the household is told again.
func (s *Service) Answer(ctx context.Context, who actor.Actor, id uuid.UUID, answer string, again bool) (o Opinion, err error) {
	defer fault.Wrap(&err, "opinion.Answer(%s)", id)
	return s.settle(ctx, who, "opinion.answer", id, again, func(o Opinion, a pgx.NamedArgs) error {
		answer = strings.TrimSpace(answer)
		if o.Kind == Matter {
			return ErrOutcome
		}
		if !chars.Between(answer, 4, 1000) {
			return ErrAnswer
		}
		a["answer"] = answer
		return nil
	})
}

// settle closes an open one, or again one that is closed, with the answer that fill gives, and tells the household
// that asked.
func (s *Service) settle(ctx context.Context, who actor.Actor, verb string, id uuid.UUID, again bool, fill func(Opinion, pgx.NamedArgs) error) (o Opinion, err error) {
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		o, _, err = idem.Once(ctx, tx, verb, func() (Opinion, error) {
			a := looking(who, pgx.NamedArgs{"id": id, "by": who.Account, "name": who.Name, "at": tx.Now, "outcome": ""})
			o, err := pg.One[Opinion](ctx, tx, sqlLock, a)
			if err != nil {
				return o, err
			}
			if err := fill(o, a); err != nil {
				return o, err
			}
			if o.State != "open" && !again {
				return o, ErrAnswered
			}
			if _, err := tx.Exec(ctx, sqlAnswer, a); err != nil {
				return o, err
			}
			if o.HouseholdID != nil {
				if _, err := inform.Tell(ctx, tx, inform.Message{Household: *o.HouseholdID, Kind: inform.OpinionAnswered, Subject: id}); err != nil {
					return o, err
				}
			}
			if err := audit.Record(ctx, tx, audit.Event{Verb: verb, Kind: "opinion", ID: id.String(), Before: before(o), After: a["answer"]}); err != nil {
				return o, err
			}
			return pg.One[Opinion](ctx, tx, sqlShow, a)
		})
		return err
	})
	return o, err
}

// before is the answer that another takes the place of; nil for none.
func before(o Opinion) any {
	if o.Answer == "" {
		return nil
	}
	return o.Answer
}

// Filter narrows the list; empty fields do not.
type Filter struct {
	State  string
	Kind   Kind
	Search string
	Own    bool // of the person's own household
	page.Page
}

// List reads opinions, newest first, with the cursor of the next page.
func (s *Service) List(ctx context.Context, who actor.Actor, f Filter) (rows []Opinion, next string, err error) {
	defer fault.Wrap(&err, "opinion.List")
	if err := pg.After(f.After); err != nil {
		return nil, "", err
	}
	a := looking(who, pgx.NamedArgs{"state": f.State, "kind": string(f.Kind), "search": f.Search, "household": nil, "after": f.After, "rows": f.Rows() + 1})
	if f.Own || who.Role == actor.Household {
		a["household"] = who.Household
	}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		rows, err = pg.All[Opinion](ctx, tx, sqlList, a)
		return err
	})
	rows, next = page.Cut(rows, f.Rows(), func(o Opinion) string { return o.ID.String() })
	return rows, next, err
}

func null(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

// Show reads one opinion; a household its own.
func (s *Service) Show(ctx context.Context, who actor.Actor, id uuid.UUID) (o Opinion, err error) {
	defer fault.Wrap(&err, "opinion.Show(%s)", id)
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		o, err = pg.One[Opinion](ctx, tx, sqlShow, looking(who, pgx.NamedArgs{"id": id}))
		if err == nil && who.Role == actor.Household && (o.HouseholdID == nil || *o.HouseholdID != who.Household) {
			err = fault.ErrNotFound
		}
		return err
	})
	return o, err
}

// ByCode reads the opinion of somebody without a name.
func (s *Service) ByCode(ctx context.Context, village actor.VillageID, code string) (o Opinion, err error) {
	defer fault.Wrap(&err, "opinion.ByCode")
	err = s.DB.Look(ctx, actor.Actor{Village: village}, func(tx pg.Tx) error {
		o, err = pg.One[Opinion](ctx, tx, sqlByCode, pgx.NamedArgs{"village_id": int64(village), "code": strings.ToUpper(strings.TrimSpace(code))})
		return err
	})
	return o, err
}
