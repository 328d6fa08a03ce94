package tenure

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/chars"
	"cunfen/internal/fault"
	"cunfen/internal/page"
	"cunfen/internal/pg"
	"cunfen/internal/queue"
)

// Kind is what is done to a whole village, or to one of its homes, from the platform's pages.
type Kind string

// The kinds.
const (
	Merge  Kind = "merge"
	Split  Kind = "split"
	Shove  Kind = "move" // one home to another village
	Carry  Kind = "export"
	Settle Kind = "import"
	Erase  Kind = "delete"
)

// Kinds lists them in the order of the pages.
var Kinds = []Kind{Merge, Split, Shove, Carry, Settle, Erase}

// Chinese is the kind on screen, "" for none.
func (k Kind) Chinese() string {
	return map[Kind]string{Merge: "并村", Split: "分村", Shove: "迁户", Carry: "导出全村", Settle: "装入全村", Erase: "删除全村"}[k]
}

// Stage is how far an undertaking is.
type Stage string

// The stages.
const (
	Checking  Stage = "checking" // an uploaded file is read through
	Planned   Stage = "planned"  // shown, nobody has confirmed it
	Waiting   Stage = "waiting"  // confirmed; it can be withdrawn until it starts
	Running   Stage = "running"
	Done      Stage = "done"
	Failed    Stage = "failed" // it can be gone on with
	Withdrawn Stage = "withdrawn"
)

// Chinese is the stage on screen.
func (s Stage) Chinese() string {
	return map[Stage]string{Checking: "正在核对文件", Planned: "等确认", Waiting: "等开始", Running: "正在办", Done: "办好了", Failed: "停下了", Withdrawn: "撤回了"}[s]
}

// Over reports whether nothing more comes of it.
func (s Stage) Over() bool { return s == Done || s == Withdrawn }

// Args is what an undertaking is told beyond its villages.
type Args struct {
	Teams    []string  `json:"teams,omitempty"`
	Passbook string    `json:"passbook,omitempty"`
	Home     uuid.UUID `json:"home,omitzero"`
	Door     string    `json:"door,omitempty"`
	Team     string    `json:"team,omitempty"`
	Of       uuid.UUID `json:"of,omitzero"` // whose file a deletion rests on
}

// Plan is what it would do, counted when it was asked for.
type Plan struct {
	Facts   []Line   `json:"facts,omitempty"`
	Blocks  []string `json:"blocks,omitempty"` // what must be put right before
	Warns   []string `json:"warns,omitempty"`  // what to know before
	Undo    string   `json:"undo,omitempty"`   // what can be undone, and until when
	Command string   `json:"command,omitempty"`
}

// Line is one figure of a plan.
type Line struct {
	Label string `json:"label"`
	Text  string `json:"text"`
}

func (p Plan) same(q Plan) bool {
	a, _ := json.Marshal(p)
	b, _ := json.Marshal(q)
	return string(a) == string(b)
}

// Work is an undertaking.
type Work struct {
	ID              uuid.UUID
	Kind            Kind
	State           Stage
	Village         actor.VillageID
	Code            string
	Name            string
	Township        string
	ToVillage       actor.VillageID
	ToName          string
	Args            Args
	Reason          string
	Plan            Plan
	Step            string
	Done            int
	Total           int
	Result          string
	Fault           string
	Try             int
	Bytes           int64
	Sha256          []byte
	FileUntil       *time.Time
	FetchedAt       *time.Time
	ByName          string
	At              time.Time
	ConfirmedBy     *uuid.UUID
	ConfirmedByName string
	ConfirmedAt     *time.Time
	StartsAt        *time.Time
	BeganAt         *time.Time
	EndedAt         *time.Time
	Tries           int  // how often its job was begun
	Dead            bool // its job was given up
}

// HasFile reports whether there is a file to fetch or to read.
func (w Work) HasFile(now time.Time) bool {
	return w.FileUntil != nil && now.Before(*w.FileUntil) && w.Bytes > 0
}

// Stuck reports whether somebody must say that it goes on.
func (w Work) Stuck() bool {
	return w.State == Failed || w.Dead && (w.State == Running || w.State == Waiting || w.State == Checking)
}

// Faults of undertakings.
var (
	ErrTyped     = fault.New(fault.Invalid, "tenure.typed", "写的和村名不一样，没有办：请照写“%s”").On("typed")
	ErrReplanned = fault.New(fault.Conflict, "tenure.replanned", "情况变了，数字和刚才看到的不一样：请再看一遍，再确认")
	ErrBlocked   = fault.New(fault.Conflict, "tenure.blocked", "还不能办：%s")
	ErrStage     = fault.New(fault.Conflict, "tenure.stage", "这件事现在是“%s”，不能这样办；请刷新后再看")
	ErrStarted   = fault.New(fault.Conflict, "tenure.started", "已经开始办了，撤不回")
	ErrOther     = fault.New(fault.Conflict, "tenure.other", "这个村还有一件事没办完（%s），办完再来")
	ErrTarget    = fault.New(fault.Invalid, "tenure.target", "请选并入、划入哪个村（场）").On("to")
	ErrTeams     = fault.New(fault.Invalid, "tenure.teams", "请写明划出哪几个组，一行一个").On("teams")
	ErrHome      = fault.New(fault.Invalid, "tenure.home", "这个村没有这个存折编号的住户").On("passbook")
	ErrDoor      = fault.New(fault.Invalid, "tenure.door", "门牌、组名最多 40 个字").On("door")
	ErrNoFile    = fault.New(fault.Invalid, "tenure.no_file", "请选导出的文件（.age）").On("file")
	ErrExpired   = fault.New(fault.Conflict, "tenure.expired", "文件过了保留的时间，已经删了；请重新导出")
	ErrUnfetched = fault.New(fault.Conflict, "tenure.unfetched", "先把导出的文件下载到平台以外，再删除")
	ErrNoKeeper  = fault.New(fault.Conflict, "tenure.no_keeper", "这台服务器的后台任务没有搬运整村的数据库连接（CUNFEN_DB_KEEPER）。请运维人员在服务器上运行下面的命令，或给后台任务进程配上以后点“接着办”")
)

// How long things wait and are kept.
const (
	grace       = 10 * time.Minute // before a merge, a split or a move begins
	graceErase  = 24 * time.Hour   // before a deletion begins
	keepFile    = 7 * 24 * time.Hour
	keepErased  = 90 * 24 * time.Hour // the file that a deletion rests on
	mostTeams   = 60
	forgetPlans = 7 * 24 * time.Hour
)

// WorkJob does an undertaking, or reads an uploaded file through; queued once a try.
type WorkJob struct {
	ID  uuid.UUID `json:"id"`
	Try int       `json:"try"`
}

func (WorkJob) Kind() string     { return "tenure.work" }
func (j WorkJob) Dedupe() string { return dedupe(j.ID, j.Try) }

const columnsOfWork = `select u.id, u.kind, u.state, u.village, u.code, u.name, u.township, u.to_village, u.to_name, u.args, u.reason, u.plan, u.step, u.done, u.total, u.result, u.fault, u.try, u.bytes, u.sha256,
  u.file_until, u.fetched_at, u.by_name, u.at, u.confirmed_by, u.confirmed_by_name, u.confirmed_at, u.starts_at, u.began_at, u.ended_at, coalesce(j.attempts, 0) as tries, coalesce(j.state = 3, false) as dead
from undertaking u left join office_job j on j.kind = 'tenure.work' and j.dedupe = u.id::text || ':' || u.try`

const sqlWork = `-- tenure.work
` + columnsOfWork + ` where u.id = @id`

const sqlWorks = `-- tenure.works
` + columnsOfWork + ` where (@after::uuid is null or u.id < @after) and (@village = 0 or u.village = @village or u.to_village = @village) and (@kind = '' or u.kind = @kind)
  and (@state = '' or u.state = @state) and (@q = '' or u.name like '%' || @q || '%' or u.to_name like '%' || @q || '%' or u.code = @q)
order by u.id desc limit @rows`

// WorkFilter narrows the list of undertakings.
type WorkFilter struct {
	Search  string
	Kind    Kind
	State   Stage
	Village actor.VillageID
	page.Page
}

// Works lists undertakings, newest first.
func (s *Service) Works(ctx context.Context, f WorkFilter) (all []Work, next string, err error) {
	defer fault.Wrap(&err, "tenure.Works")
	args := pgx.NamedArgs{"after": nil, "village": int64(f.Village), "kind": string(f.Kind), "state": string(f.State), "q": strings.TrimSpace(f.Search), "rows": f.Rows() + 1}
	if f.After != "" {
		id, err := uuid.Parse(f.After)
		if err != nil {
			return nil, "", fault.ErrNotFound
		}
		args["after"] = id
	}
	err = s.DB.AsSystem(ctx, "tenure.works", func(tx pg.Tx) error {
		all, err = pg.All[Work](ctx, tx, sqlWorks, args)
		return err
	})
	all, next = page.Cut(all, f.Rows(), func(w Work) string { return w.ID.String() })
	return all, next, err
}

// Work is one of them.
func (s *Service) Work(ctx context.Context, id uuid.UUID) (w Work, err error) {
	defer fault.Wrap(&err, "tenure.Work(%s)", id)
	err = s.DB.AsSystem(ctx, "tenure.work", func(tx pg.Tx) error {
		w, err = pg.One[Work](ctx, tx, sqlWork, pgx.NamedArgs{"id": id})
		return err
	})
	return w, err
}

// Wish is what somebody asks for.
type Wish struct {
	Kind       Kind
	Village    actor.VillageID
	To         actor.VillageID
	Args       Args
	Reason     string
	Passphrase string
}

const sqlAddWork = `-- tenure.add_work
insert into undertaking (id, kind, state, village, code, name, township, to_village, to_name, args, reason, plan, secret, bytes, file_until, by, by_name, at)
values (@id, @kind, @state, @village, @code, @name, @township, @to, @to_name, @args, @reason, @plan, @secret, @bytes, @until, @by, @by_name, @now)
on conflict (id) do nothing`

// workID is the same for the same submission sent twice, and in the order of time.
func workID(who actor.Actor) uuid.UUID {
	if id, err := uuid.Parse(who.Key); err == nil && id.Version() == 7 {
		return id
	}
	return pg.NewID()
}

// Ask works out what the wish would do and keeps it, to be looked at and confirmed; nothing is changed yet.
func (s *Service) Ask(ctx context.Context, who actor.Actor, w Wish) (id uuid.UUID, err error) {
	defer fault.Wrap(&err, "tenure.Ask(%s, %d)", w.Kind, w.Village)
	w.Reason = strings.TrimSpace(w.Reason)
	if err := s.sound(&w); err != nil {
		return id, err
	}
	v, err := s.Site(ctx, w.Village)
	if err != nil {
		return id, err
	}
	k := Work{ID: workID(who), Kind: w.Kind, State: Planned, Village: v.ID, Code: v.Code, Name: v.Name, Township: v.Township, ToVillage: w.To, Args: w.Args, Reason: w.Reason}
	if k.Plan, err = s.plan(ctx, &k, v); err != nil {
		return id, err
	}
	return k.ID, s.add(ctx, who, k, w.Passphrase)
}

func (s *Service) sound(w *Wish) error {
	for i, t := range w.Args.Teams {
		w.Args.Teams[i] = strings.TrimSpace(t)
	}
	var bad []*fault.Error
	switch w.Kind {
	case Merge:
		bad = append(bad, fault.When(w.To == 0, ErrTarget))
	case Split:
		bad = append(bad, fault.When(w.To == 0, ErrTarget), fault.When(len(w.Args.Teams) == 0 || len(w.Args.Teams) > mostTeams, ErrTeams))
	case Shove:
		bad = append(bad, fault.When(w.To == 0, ErrTarget), fault.When(w.Args.Passbook == "" || !chars.Between(w.Args.Passbook, 1, 40), ErrHome),
			fault.When(len([]rune(w.Args.Door)) > 40 || len([]rune(w.Args.Team)) > 40, ErrDoor))
	case Carry, Erase:
		bad = append(bad, fault.When(len(w.Passphrase) < leastPassphrase || len(w.Passphrase) > 200, ErrPassphrase.On("passphrase")))
	default:
		return fault.ErrNotFound
	}
	return fault.Join(append(bad, fault.When(!chars.Between(w.Reason, 4, 200), ErrReason))...)
}

func (s *Service) add(ctx context.Context, who actor.Actor, k Work, passphrase string) error {
	args := pgx.NamedArgs{"id": k.ID, "kind": string(k.Kind), "state": string(k.State), "village": int64(k.Village), "code": k.Code, "name": k.Name, "township": k.Township,
		"to": int64(k.ToVillage), "to_name": k.ToName, "args": k.Args, "reason": k.Reason, "plan": k.Plan, "secret": nil, "bytes": k.Bytes, "until": k.FileUntil, "by": who.Account, "by_name": who.Name}
	if passphrase != "" {
		args["secret"] = s.Vault.Platform().Seal(passphrase)
	}
	return s.DB.AsSystem(ctx, "tenure.add_work", func(tx pg.Tx) error {
		tx.Who = who
		args["now"] = tx.Now
		tag, err := tx.Exec(ctx, sqlAddWork, args)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		if k.State == Checking {
			if err := queue.AddOffice(ctx, tx, WorkJob{k.ID, 1}, tx.Now); err != nil {
				return err
			}
		}
		return audit.Office(ctx, tx, audit.Event{Verb: "work.ask", Kind: "work", ID: k.ID.String(), Reason: k.Kind.Chinese() + " " + k.Name + "：" + k.Reason})
	})
}

const sqlLockWork = `-- tenure.lock_work
select id from undertaking where id = @id for update`

const sqlLockVillages = `-- tenure.lock_villages
select id from village where id = any(@ids) order by id for update`

const sqlOthers = `-- tenure.others
select kind from undertaking where id <> @id and state in ('waiting', 'running') and (village = any(@ids) or to_village = any(@ids)) limit 1`

const sqlConfirm = `-- tenure.confirm
update undertaking set state = 'waiting', confirmed_by = @by, confirmed_by_name = @by_name, confirmed_at = @now, starts_at = @starts, try = try + 1, step = '', done = 0, total = 0
where id = @id`

const sqlReplan = `-- tenure.replan
update undertaking set plan = @plan where id = @id and state = 'planned'`

// Confirm lets what was shown be done: whoever confirms types the village's name. What has changed since it was
// shown is shown anew instead.
func (s *Service) Confirm(ctx context.Context, who actor.Actor, id uuid.UUID, typed string) (err error) {
	defer fault.Wrap(&err, "tenure.Confirm(%s)", id)
	k, err := s.Work(ctx, id)
	switch {
	case err != nil:
		return err
	case k.State != Planned:
		return ErrStage.With(k.State.Chinese())
	case strings.TrimSpace(typed) != k.Name:
		return ErrTyped.With(k.Name)
	}
	if k.Kind != Settle { // a file does not change; what it meets here is looked at when it is brought in
		v, err := s.Site(ctx, k.Village)
		if err != nil {
			return err
		}
		now, err := s.plan(ctx, &k, v)
		if err != nil {
			return err
		}
		if !now.same(k.Plan) {
			err := s.DB.AsSystem(ctx, "tenure.replan", func(tx pg.Tx) error {
				_, err := tx.Exec(ctx, sqlReplan, pgx.NamedArgs{"id": id, "plan": now})
				return err
			})
			if err == nil {
				err = ErrReplanned
			}
			return err
		}
	}
	if len(k.Plan.Blocks) > 0 {
		return ErrBlocked.With(strings.Join(k.Plan.Blocks, "；"))
	}
	return s.turn(ctx, who, k, "confirm", func(tx pg.Tx, now Work) error {
		if now.State != Planned {
			return ErrStage.With(now.State.Chinese())
		}
		starts := tx.Now.Add(k.grace())
		_, err := tx.Exec(ctx, sqlConfirm, pgx.NamedArgs{"id": id, "by": who.Account, "by_name": who.Name, "now": tx.Now, "starts": starts})
		if err != nil {
			return err
		}
		return queue.AddOffice(ctx, tx, WorkJob{id, now.Try + 1}, starts)
	})
}

// grace is how long it can still be withdrawn once it is confirmed.
func (w Work) grace() time.Duration {
	switch w.Kind {
	case Merge, Split, Shove:
		return grace
	case Erase:
		return graceErase
	}
	return 0
}

// turn changes an undertaking's state, alone with it and with its villages.
func (s *Service) turn(ctx context.Context, who actor.Actor, k Work, verb string, do func(pg.Tx, Work) error) error {
	return s.DB.AsSystem(ctx, "tenure."+verb, func(tx pg.Tx) error {
		tx.Who = who
		ids := []int64{int64(k.Village)}
		if k.ToVillage != 0 {
			ids = append(ids, int64(k.ToVillage))
		}
		if _, err := pg.Column[uuid.UUID](ctx, tx, sqlLockWork, pgx.NamedArgs{"id": k.ID}); err != nil {
			return err
		}
		if k.Village != 0 && verb != "withdraw" {
			if _, err := pg.Column[int64](ctx, tx, sqlLockVillages, pgx.NamedArgs{"ids": ids}); err != nil {
				return err
			}
			others, err := pg.Column[Kind](ctx, tx, sqlOthers, pgx.NamedArgs{"id": k.ID, "ids": ids})
			if err != nil {
				return err
			}
			if len(others) > 0 {
				return ErrOther.With(others[0].Chinese())
			}
		}
		now, err := pg.One[Work](ctx, tx, sqlWork, pgx.NamedArgs{"id": k.ID})
		if err != nil {
			return err
		}
		if err := do(tx, now); err != nil {
			return err
		}
		return audit.Office(ctx, tx, audit.Event{Verb: "work." + verb, Kind: "work", ID: k.ID.String(), Reason: k.Kind.Chinese() + " " + k.Name + "：" + k.Reason})
	})
}

const sqlWithdraw = `-- tenure.withdraw
update undertaking set state = 'withdrawn', secret = null, ended_at = @now where id = @id`

// Withdraw takes it back before it has begun.
func (s *Service) Withdraw(ctx context.Context, who actor.Actor, id uuid.UUID) (err error) {
	defer fault.Wrap(&err, "tenure.Withdraw(%s)", id)
	k, err := s.Work(ctx, id)
	if err != nil {
		return err
	}
	return s.turn(ctx, who, k, "withdraw", func(tx pg.Tx, now Work) error {
		switch {
		case now.State == Running:
			return ErrStarted
		case now.State == Failed && now.Kind != Carry && now.Kind != Settle, now.State.Over():
			return ErrStage.With(now.State.Chinese())
		}
		_, err := tx.Exec(ctx, sqlWithdraw, pgx.NamedArgs{"id": id, "now": tx.Now})
		return err
	})
}

const sqlGoOn = `-- tenure.go_on
update undertaking set state = case when confirmed_at is null then 'checking' else 'waiting' end, try = try + 1, fault = '', ended_at = null where id = @id`

// GoOn lets one that stopped be tried again, from where it is.
func (s *Service) GoOn(ctx context.Context, who actor.Actor, id uuid.UUID) (err error) {
	defer fault.Wrap(&err, "tenure.GoOn(%s)", id)
	k, err := s.Work(ctx, id)
	if err != nil {
		return err
	}
	return s.turn(ctx, who, k, "go_on", func(tx pg.Tx, now Work) error {
		if !now.Stuck() {
			return ErrStage.With(now.State.Chinese())
		}
		if _, err := tx.Exec(ctx, sqlGoOn, pgx.NamedArgs{"id": id}); err != nil {
			return err
		}
		return queue.AddOffice(ctx, tx, WorkJob{id, now.Try + 1}, tx.Now)
	})
}

func dedupe(id uuid.UUID, try int) string { return id.String() + ":" + strconv.Itoa(try) }
