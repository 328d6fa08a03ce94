// Package story keeps the typical cases (R5.2c): what worked in a village, written by the village, edited by the
// township, and published with the consent of whoever can be recognised in it.
package story

import (
	"context"
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
	"cunfen/internal/page"
	"cunfen/internal/pg"
)

// Service is what the screens may ask of cases.
type Service struct{ DB *pg.DB }

// State is where a case stands.
type State string

// The states of a case.
const (
	Proposed  State = "proposed"
	Returned  State = "returned"
	Published State = "published"
	Withdrawn State = "withdrawn"
)

// States lists every state in the order of a case's life.
var States = []State{Proposed, Returned, Published, Withdrawn}

// Chinese is the state on screen.
func (s State) Chinese() string {
	return map[State]string{Proposed: "等镇里编辑", Returned: "退回修改", Published: "已刊发", Withdrawn: "已撤下"}[s]
}

// Story is one case.
type Story struct {
	VillageID    actor.VillageID
	Village      string
	ID           uuid.UUID
	Title        string
	Body         string
	Consent      string // nobody or given
	ConsentWords string
	State        State
	ProposedName string
	ProposedAt   time.Time
	EditedName   string
	EditedAt     *time.Time
	Words        string
	PublishedAt  *time.Time
	Version      int
}

// Draft is what is written.
type Draft struct{ Title, Body, Consent, ConsentWords string }

// Faults of a case.
var (
	ErrTitle   = fault.New(fault.Invalid, "story.title", "请写标题（4 到 40 字）").On("title")
	ErrBody    = fault.New(fault.Invalid, "story.body", "请写清怎么做的、有什么变化（20 到 4000 字）").On("body")
	ErrConsent = fault.New(fault.Invalid, "story.consent", "请选择有没有写到认得出来的人").On("consent")
	ErrAgreed  = fault.New(fault.Invalid, "story.agreed", "写到了认得出来的人，要写明谁同意的、什么时候、怎么说的（4 到 200 字）").On("consent_words")
	ErrWords   = fault.New(fault.Invalid, "story.words", "请写明为什么（4 到 300 字），对方会看到").On("words")
	ErrState   = fault.New(fault.Conflict, "story.state", "这篇案例刚刚有了变化，请刷新页面再看")
)

func (d *Draft) check() error {
	d.Title, d.Body, d.ConsentWords = strings.TrimSpace(d.Title), strings.TrimSpace(strings.ReplaceAll(d.Body, "\r\n", "\n")), strings.TrimSpace(d.ConsentWords)
	if d.Consent == "nobody" {
		d.ConsentWords = ""
	}
	return fault.Join(fault.When(!chars.Between(d.Title, 4, 40), ErrTitle), fault.When(!chars.Between(d.Body, 20, 4000), ErrBody), fault.When(d.Consent != "nobody" && d.Consent != "given", ErrConsent),
		fault.When(d.Consent == "given" && !chars.Between(d.ConsentWords, 4, 200), ErrAgreed))
}

// Verb is what somebody does with a case.
type Verb string

// The verbs.
const (
	Revise   Verb = "revise"   // the village writes it anew
	Edit     Verb = "edit"     // the township does
	Publish  Verb = "publish"  // the township edits and publishes
	Return   Verb = "return"   // the township asks for more
	Withdraw Verb = "withdraw" // either takes it down: who agreed may think otherwise
)

// may says whether the verb is the side's to do in the state.
func (s Story) may(office bool, v Verb) bool {
	switch v {
	case Revise:
		return !office && s.State != Published // one that was withdrawn is written anew
	case Edit, Publish:
		return office && s.State == Proposed || office && v == Edit && s.State == Published
	case Return:
		return office && s.State == Proposed
	case Withdraw:
		return s.State != Withdrawn
	}
	return false
}

// Offers lists what somebody of the side may do now.
func (s Story) Offers(office bool) (verbs []Verb) {
	for _, v := range []Verb{Revise, Edit, Publish, Return, Withdraw} {
		if s.may(office, v) {
			verbs = append(verbs, v)
		}
	}
	return verbs
}

const sqlInsert = `-- story.propose
insert into story (village_id, id, title, body, consent, consent_words, state, proposed_name, proposed_at)
values (@village_id, @id, @title, @body, @consent, @consent_words, 'proposed', @name, @now)`

// Propose is a village's case.
func (s *Service) Propose(ctx context.Context, who actor.Actor, d Draft) (id uuid.UUID, err error) {
	defer fault.Wrap(&err, "story.Propose")
	if who.Village == 0 {
		return id, fault.ErrNotFound
	}
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		id, _, err = idem.Once(ctx, tx, "story.propose", func() (uuid.UUID, error) {
			if err := d.check(); err != nil {
				return uuid.Nil, err
			}
			id := pg.NewID()
			if _, err := tx.Exec(ctx, sqlInsert, pgx.NamedArgs{"village_id": int64(tx.Village()), "id": id, "title": d.Title, "body": d.Body, "consent": d.Consent, "consent_words": d.ConsentWords, "name": who.Name, "now": tx.Now}); err != nil {
				return id, err
			}
			return id, audit.Record(ctx, tx, audit.Event{Verb: "story.propose", Kind: "story", ID: id.String(), Reason: d.Title, After: d})
		})
		return err
	})
	return id, err
}

const sqlPartColumns = `select s.village_id, v.name as village, s.id, s.title, s.body, s.consent, s.consent_words, s.state, s.proposed_name, s.proposed_at, s.edited_name, s.edited_at, s.words, s.published_at, s.version
from story s join village v on v.id = s.village_id `

const (
	sqlLock = `-- story.lock
` + sqlPartColumns + `where s.village_id = @village_id and s.id = @id for update of s`
	sqlFind = `-- story.find
` + sqlPartColumns + `where s.village_id = @village_id and s.id = @id`
	sqlList = `-- story.list
` + sqlPartColumns + `where s.village_id = any(@villages) and (@state = '' or s.state = @state) and (@search = '' or strpos(s.title, @search) > 0 or strpos(s.body, @search) > 0 or strpos(v.name, @search) > 0)
  and (@after = '' or s.id < nullif(@after, '')::uuid) order by s.id desc limit @rows`
)

const sqlSave = `-- story.save
update story set title = @title, body = @body, consent = @consent, consent_words = @consent_words, state = @state, edited_name = @edited_name, edited_at = @edited_at, words = @words,
  published_at = @published_at, version = version + 1
where village_id = @village_id and id = @id`

// Move does one thing with a case. d is read by what writes, words by what returns or withdraws.
func (s *Service) Move(ctx context.Context, who actor.Actor, village actor.VillageID, id uuid.UUID, v Verb, d Draft, words string) (out Story, err error) {
	defer fault.Wrap(&err, "story.Move(%s, %s)", id, v)
	words = strings.TrimSpace(words)
	office := who.Village == 0
	do := func(tx pg.Tx) error {
		out, _, err = idem.Once(ctx, tx, "story."+string(v), func() (Story, error) {
			one, err := pg.One[Story](ctx, tx, sqlLock, pgx.NamedArgs{"village_id": int64(tx.Village()), "id": id})
			if err != nil {
				return one, err
			}
			before := one
			if !one.may(office, v) {
				return one, ErrState
			}
			if err := one.move(who.Name, v, d, words, tx.Now); err != nil {
				return one, err
			}
			_, err = tx.Exec(ctx, sqlSave, pgx.NamedArgs{"village_id": int64(tx.Village()), "id": id, "title": one.Title, "body": one.Body, "consent": one.Consent, "consent_words": one.ConsentWords,
				"state": one.State, "edited_name": one.EditedName, "edited_at": one.EditedAt, "words": one.Words, "published_at": one.PublishedAt})
			if err != nil {
				return one, err
			}
			return one, audit.Record(ctx, tx, audit.Event{Verb: "story." + string(v), Kind: "story", ID: id.String(), Reason: words, Before: before, After: one})
		})
		return err
	}
	if office {
		return out, s.DB.InOffice(ctx, who, village, do)
	}
	if who.Village != village {
		return out, fault.ErrNotFound
	}
	return out, s.DB.InVillage(ctx, who, do)
}

func (s *Story) move(name string, v Verb, d Draft, words string, now time.Time) error {
	if v == Return || v == Withdraw {
		if !chars.Between(words, 4, 300) {
			return ErrWords
		}
		s.Words, s.State = words, map[Verb]State{Return: Returned, Withdraw: Withdrawn}[v]
		return nil
	}
	if err := d.check(); err != nil {
		return err
	}
	s.Title, s.Body, s.Consent, s.ConsentWords, s.Words = d.Title, d.Body, d.Consent, d.ConsentWords, ""
	switch v {
	case Revise:
		s.State = Proposed
	case Publish:
		s.State, s.PublishedAt = Published, &now
		fallthrough
	default:
		s.EditedName, s.EditedAt = name, &now
	}
	return nil
}

// Filter narrows a list.
type Filter struct {
	State  State
	Search string
	page.Page
}

// List reads the village's own, or the township's, newest first. Of the departments publicity alone reads them.
func (s *Service) List(ctx context.Context, who actor.Actor, f Filter) (rows []Story, next string, err error) {
	defer fault.Wrap(&err, "story.List")
	if err := pg.After(f.After); err != nil {
		return nil, "", err
	}
	err = s.look(ctx, who, func(tx pg.Tx, villages []int64) error {
		rows, err = pg.All[Story](ctx, tx, sqlList, pgx.NamedArgs{"villages": villages, "state": string(f.State), "search": f.Search, "after": f.After, "rows": f.Rows() + 1})
		rows, next = page.Cut(rows, f.Rows(), func(s Story) string { return s.ID.String() })
		return err
	})
	return rows, next, err
}

// Show is one of them.
func (s *Service) Show(ctx context.Context, who actor.Actor, village actor.VillageID, id uuid.UUID) (one Story, err error) {
	defer fault.Wrap(&err, "story.Show(%s)", id)
	err = s.look(ctx, who, func(tx pg.Tx, villages []int64) error {
		if !slices.Contains(villages, int64(village)) {
			return fault.ErrNotFound
		}
		one, err = pg.One[Story](ctx, tx, sqlFind, pgx.NamedArgs{"village_id": int64(village), "id": id})
		return err
	})
	return one, err
}

func (s *Service) look(ctx context.Context, who actor.Actor, fn func(tx pg.Tx, villages []int64) error) error {
	if who.Village != 0 {
		return s.DB.Look(ctx, who, func(tx pg.Tx) error { return fn(tx, []int64{int64(who.Village)}) })
	}
	if who.Topic != "" && who.Topic != "publicity" {
		return fault.ErrNotFound
	}
	return s.DB.InBureau(ctx, who, fn)
}

const sqlPublic = `-- story.public
` + sqlPartColumns + `where s.village_id = @village_id and s.state = 'published' order by s.published_at desc limit 100`

// Public is what a village's public page shows.
func (s *Service) Public(ctx context.Context, village actor.VillageID) (all []Story, err error) {
	defer fault.Wrap(&err, "story.Public(%d)", village)
	err = s.DB.Look(ctx, actor.System(village), func(tx pg.Tx) error {
		all, err = pg.All[Story](ctx, tx, sqlPublic, pgx.NamedArgs{"village_id": int64(village)})
		return err
	})
	return all, err
}
