// Package inform tells people what concerns them: a household in its 消息, a member of staff at the workbench,
// and both by a short message where the village has switched that on and there is a phone. A message names its
// kind and its subject by id; what the subject holds is read where it stands, by who may read it.
package inform

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/crypt"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/page"
	"cunfen/internal/pg"
	"cunfen/internal/queue"
	"cunfen/internal/sms"
)

// Message is one word to one household or one account.
type Message struct {
	Household uuid.UUID // for whom: a household …
	Account   uuid.UUID // … or one of the staff
	Kind      Kind
	Subject   uuid.UUID // the record that it is about; its page follows from the kind
	Detail    string    // at most 200 characters for the village's own pages; nothing that could harm a member of the home
	Once      string    // of two messages of a village with the same word only the first is told; "" for each
	Quiet     bool      // never by SMS
}

// Told is a message as its reader sees it.
type Told struct {
	ID          uuid.UUID
	HouseholdID *uuid.UUID
	AccountID   *uuid.UUID
	Kind        Kind
	SubjectID   *uuid.UUID
	Detail      string
	ToldAt      time.Time
	SMS         string
	SentAt      *time.Time
	ReadAt      *time.Time
}

// Subject is the id of the record that the message is about; zero for none.
func (m Told) Subject() uuid.UUID {
	if m.SubjectID == nil {
		return uuid.Nil
	}
	return *m.SubjectID
}

// Href is the page that the message leads to, "" for none.
func (m Told) Href() string {
	w, ok := kinds[m.Kind]
	if !ok {
		return ""
	}
	return strings.ReplaceAll(w.href, ":id", m.Subject().String())
}

// Service shows messages and sends them.
type Service struct {
	DB    *pg.DB
	Vault *crypt.Vault
	SMS   sms.Provider
}

const sqlTell = `-- inform.tell
insert into message (village_id, id, household_id, account_id, kind, subject_id, detail, once, told_at, told_by, sms)
values (@village_id, @id, @household, @account, @kind, @subject, @detail, nullif(@once, ''), @now, @by, @sms)
on conflict (village_id, once) do nothing`

const sqlSwitched = `-- inform.switched
select coalesce((settings->'messages'->>'sms')::boolean, false) from village where id = @village_id`

// Tell leaves a message in the caller's transaction, and where the village sends short messages the job that
// sends it. It answers the message's id, zero where Once has been told before.
func Tell(ctx context.Context, tx pg.Tx, m Message) (id uuid.UUID, err error) {
	defer fault.Wrap(&err, "inform.Tell(%s)", m.Kind)
	if (m.Household == uuid.Nil) == (m.Account == uuid.Nil) {
		return id, fault.ErrNotFound
	}
	if utf8.RuneCountInString(m.Detail) > 200 {
		m.Detail = string([]rune(m.Detail)[:200])
	}
	a := pgx.NamedArgs{"village_id": int64(tx.Village()), "id": pg.NewID(), "household": null(m.Household), "account": null(m.Account), "kind": string(m.Kind),
		"subject": null(m.Subject), "detail": m.Detail, "once": m.Once, "now": tx.Now, "by": null(tx.Who.Account), "sms": "none"}
	send := false
	if !m.Quiet {
		if send, err = pg.Scalar[bool](ctx, tx, sqlSwitched, a); err != nil {
			return id, err
		}
	}
	if send {
		a["sms"] = "waiting"
	}
	tag, err := tx.Exec(ctx, sqlTell, a)
	if err != nil || tag.RowsAffected() == 0 {
		return id, err
	}
	id = a["id"].(uuid.UUID)
	if send {
		err = queue.Add(ctx, tx, SendJob{Message: id})
	}
	return id, err
}

// TellAll leaves the same word for many households at once, in their messages alone: once for each, by the word
// once.
func TellAll(ctx context.Context, tx pg.Tx, k Kind, homes []uuid.UUID, detail, once string) error {
	all := make([]Message, len(homes))
	for i, h := range homes {
		all[i] = Message{Household: h, Kind: k, Detail: detail, Once: once + ":" + h.String(), Quiet: true}
	}
	return TellEach(ctx, tx, all)
}

const sqlTellEach = `-- inform.tell_each
insert into message (village_id, id, household_id, account_id, kind, subject_id, detail, once, told_at, told_by, sms)
select @village_id::bigint, id, household, account, kind, subject, detail, nullif(once, ''), @now::timestamptz, @by::uuid, @sms
from unnest(@ids::uuid[], @households::uuid[], @accounts::uuid[], @kinds::text[], @subjects::uuid[], @details::text[], @onces::text[])
  as u(id, household, account, kind, subject, detail, once)
on conflict (village_id, once) do nothing returning id`

// TellEach is Tell for many at once, in two statements whatever their number and a job for each short message;
// all of them by short message, or none where the first is quiet.
func TellEach(ctx context.Context, tx pg.Tx, all []Message) (err error) {
	defer fault.Wrap(&err, "inform.TellEach(%d)", len(all))
	if len(all) == 0 {
		return nil
	}
	var (
		ids                       []uuid.UUID
		homes, accounts, subjects []*uuid.UUID
		kinds, details, onces     []string
		send                      bool
	)
	for _, m := range all {
		if (m.Household == uuid.Nil) == (m.Account == uuid.Nil) {
			return fault.ErrNotFound
		}
		detail := []rune(m.Detail)
		ids, homes, accounts, subjects = append(ids, pg.NewID()), append(homes, null(m.Household)), append(accounts, null(m.Account)), append(subjects, null(m.Subject))
		kinds, details, onces = append(kinds, string(m.Kind)), append(details, string(detail[:min(len(detail), 200)])), append(onces, m.Once)
	}
	if !all[0].Quiet {
		if send, err = pg.Scalar[bool](ctx, tx, sqlSwitched, pgx.NamedArgs{"village_id": int64(tx.Village())}); err != nil {
			return err
		}
	}
	sms := "none"
	if send {
		sms = "waiting"
	}
	told, err := pg.Column[uuid.UUID](ctx, tx, sqlTellEach, pgx.NamedArgs{"village_id": int64(tx.Village()), "ids": ids, "households": homes, "accounts": accounts, "kinds": kinds,
		"subjects": subjects, "details": details, "onces": onces, "now": tx.Now, "by": null(tx.Who.Account), "sms": sms})
	for _, id := range told {
		if send && err == nil {
			err = queue.Add(ctx, tx, SendJob{Message: id})
		}
	}
	return err
}

func null(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

const columns = `select id, household_id, account_id, kind, subject_id, detail, told_at, sms, sent_at, read_at from message
where village_id = @village_id and (household_id = @household or account_id = @account)`

const sqlList = `-- inform.list
` + columns + ` and (@unread = false or read_at is null) and (@after = '' or id < nullif(@after, '')::uuid) order by id desc limit @rows`

const sqlUnread = `-- inform.unread
select count(*) from message where village_id = @village_id and (household_id = @household or account_id = @account) and read_at is null`

const sqlFind = `-- inform.find
` + columns + ` and id = @id`

const sqlRead = `-- inform.read
update message set read_at = @now, read_by = @by
where village_id = @village_id and (household_id = @household or account_id = @account) and read_at is null
  and (id = @id or @id::uuid is null and kind <> 'finding.notice')`

// mine names whose messages the person reads: a household's, or their own where they work for the village.
func mine(who actor.Actor) pgx.NamedArgs {
	a := pgx.NamedArgs{"village_id": int64(who.Village), "household": nil, "account": nil}
	if who.Role == actor.Household {
		a["household"] = null(who.Household)
	} else {
		a["account"] = null(who.Account)
	}
	return a
}

// List reads the person's messages, newest first, with the cursor of the next page.
func (s *Service) List(ctx context.Context, who actor.Actor, unread bool, p page.Page) (all []Told, next string, err error) {
	defer fault.Wrap(&err, "inform.List")
	if err := pg.After(p.After); err != nil {
		return nil, "", err
	}
	a := mine(who)
	a["unread"], a["after"], a["rows"] = unread, p.After, p.Rows()+1
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		all, err = pg.All[Told](ctx, tx, sqlList, a)
		return err
	})
	all, next = page.Cut(all, p.Rows(), func(m Told) string { return m.ID.String() })
	return all, next, err
}

// Unread counts what the person has not opened.
func (s *Service) Unread(ctx context.Context, who actor.Actor) (n int64, err error) {
	defer fault.Wrap(&err, "inform.Unread")
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		n, err = pg.Scalar[int64](ctx, tx, sqlUnread, mine(who))
		return err
	})
	return n, err
}

// Open marks one of the person's messages as read and answers it. then does what opening means to the subject,
// in the same transaction; nil for nothing.
func (s *Service) Open(ctx context.Context, who actor.Actor, id uuid.UUID, then func(pg.Tx, Told) error) (m Told, err error) {
	defer fault.Wrap(&err, "inform.Open(%s)", id)
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		m, _, err = idem.Once(ctx, tx, "message.open", func() (Told, error) {
			a := mine(who)
			a["id"], a["now"], a["by"] = id, tx.Now, who.Account
			m, err := pg.One[Told](ctx, tx, sqlFind, a)
			if err != nil {
				return m, err
			}
			if _, err := tx.Exec(ctx, sqlRead, a); err != nil {
				return m, err
			}
			if then != nil {
				err = then(tx, m)
			}
			return m, err
		})
		return err
	})
	return m, err
}

// OpenAll marks everything as read but rectification notices: opening one is its delivery, one at a time.
func (s *Service) OpenAll(ctx context.Context, who actor.Actor) (err error) {
	defer fault.Wrap(&err, "inform.OpenAll")
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		_, _, err := idem.Once(ctx, tx, "message.open_all", func() (struct{}, error) {
			a := mine(who)
			a["id"], a["now"], a["by"] = nil, tx.Now, who.Account
			_, err := tx.Exec(ctx, sqlRead, a)
			return struct{}{}, err
		})
		return err
	})
}
