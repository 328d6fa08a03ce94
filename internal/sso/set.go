package sso

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/chars"
	"cunfen/internal/fault"
	"cunfen/internal/pg"
)

// Draft is how a directory is set up; an empty secret keeps the one that there is.
type Draft struct {
	Name, Issuer, ClientID, Secret string
	Claim                          Claim
	Second, Active                 bool
}

const sqlPartProvider = `select p.township_id, t.name as township, p.name, p.issuer, p.client_id, p.secret, p.claim, p.second, p.active, p.changed_at, p.changed_by
from identity_provider p join township t on t.id = p.township_id`

const sqlFind = `-- sso.find
` + sqlPartProvider + ` where p.township_id = @township`

const sqlDoors = `-- sso.doors
` + sqlPartProvider + ` where p.active order by p.township_id limit 50`

const sqlSet = `-- sso.set
insert into identity_provider (township_id, name, issuer, client_id, secret, claim, second, active, changed_at, changed_by)
values (@township, @name, @issuer, @client, @secret, @claim, @second, @active, @now, @by)
on conflict (township_id) do update set name = excluded.name, issuer = excluded.issuer, client_id = excluded.client_id, secret = excluded.secret,
  claim = excluded.claim, second = excluded.second, active = excluded.active, changed_at = excluded.changed_at, changed_by = excluded.changed_by`

// sqlDrop ends the links of a directory that another took the place of: its subjects are other people's.
const sqlDrop = `-- sso.drop
update identity_link set ended_at = @now, ended_by = @by where township_id = @township and ended_at is null`

const sqlTown = `-- sso.town
select name from township where id = @township`

// Doors are the directories by which somebody can sign in now.
func (s *Service) Doors(ctx context.Context) (all []Provider, err error) {
	defer fault.Wrap(&err, "sso.Doors")
	err = s.DB.AsSystem(ctx, "sso.doors", func(tx pg.Tx) error {
		all, err = pg.All[Provider](ctx, tx, sqlDoors, pgx.NamedArgs{})
		return err
	})
	return all, err
}

// Find is a township's directory, the zero one with the township's name where there is none.
func (s *Service) Find(ctx context.Context, town actor.TownshipID) (p Provider, err error) {
	defer fault.Wrap(&err, "sso.Find(%d)", town)
	err = s.DB.AsSystem(ctx, "sso.find", func(tx pg.Tx) error {
		a := pgx.NamedArgs{"township": int64(town)}
		p, err = pg.One[Provider](ctx, tx, sqlFind, a)
		if !errors.Is(err, fault.ErrNotFound) {
			return err
		}
		p = Provider{TownshipID: town}
		p.Township, err = pg.Scalar[string](ctx, tx, sqlTown, a)
		return err
	})
	return p, err
}

// check says what is wrong with a draft.
func (s *Service) check(d Draft, first bool) error {
	u, err := url.Parse(d.Issuer)
	bad := err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil || u.Scheme != "https" && !(s.Plain && u.Scheme == "http") || len(d.Issuer) > 300
	var host *fault.Error
	if !bad && !slices.Contains(s.Hosts, u.Host) {
		host = ErrHost.With(u.Host)
	}
	return fault.Join(fault.When(!chars.Between(d.Name, 2, 20), ErrName), fault.When(bad, ErrIssuer), host, fault.When(!chars.Between(d.ClientID, 1, 200), ErrClient),
		fault.When(first && d.Secret == "" || len(d.Secret) > 500, ErrSecret), fault.When(d.Claim != Subject && d.Claim != Phone, ErrClaim))
}

// Set sets a township's directory up, or changes it. Another issuer is another directory, so that the links end.
func (s *Service) Set(ctx context.Context, who actor.Actor, town actor.TownshipID, d Draft) (err error) {
	defer fault.Wrap(&err, "sso.Set(%d)", town)
	old, err := s.Find(ctx, town)
	if err != nil {
		return err
	}
	d.Name, d.Issuer, d.ClientID = strings.TrimSpace(d.Name), strings.TrimSpace(d.Issuer), strings.TrimSpace(d.ClientID)
	if err := s.check(d, old.Secret == nil); err != nil {
		return err
	}
	secret := old.Secret
	if d.Secret != "" {
		secret = s.Vault.Platform().Seal(d.Secret)
	}
	return s.office(ctx, who, audit.Event{Verb: "sso.set", Kind: "township", ID: strconv.FormatInt(int64(town), 10), After: d.Issuer}, func(tx pg.Tx) error {
		a := pgx.NamedArgs{"township": int64(town), "name": d.Name, "issuer": d.Issuer, "client": d.ClientID, "secret": secret, "claim": string(d.Claim),
			"second": d.Second, "active": d.Active, "now": tx.Now, "by": who.Name}
		if _, err := tx.Exec(ctx, sqlSet, a); err != nil || old.Issuer == d.Issuer {
			return err
		}
		_, err := tx.Exec(ctx, sqlDrop, a)
		return err
	})
}

// office does something above the villages, with its line in the office's log.
func (s *Service) office(ctx context.Context, who actor.Actor, e audit.Event, do func(pg.Tx) error) error {
	return s.DB.AsSystem(ctx, e.Verb, func(tx pg.Tx) error {
		if tx.Who = who; who.Role != actor.Platform {
			return fault.ErrNotFound
		}
		if err := do(tx); err != nil {
			return err
		}
		return audit.Office(ctx, tx, e)
	})
}

const sqlLinks = `-- sso.links
select l.id, l.subject, a.name, l.linked_at, l.linked_by from identity_link l join account a on a.id = l.account_id
where l.township_id = @township and l.ended_at is null order by l.id desc limit 500`

// Links are the people of a directory who are linked, the latest first.
func (s *Service) Links(ctx context.Context, town actor.TownshipID) (all []Link, err error) {
	defer fault.Wrap(&err, "sso.Links(%d)", town)
	err = s.DB.AsSystem(ctx, "sso.links", func(tx pg.Tx) error {
		all, err = pg.All[Link](ctx, tx, sqlLinks, pgx.NamedArgs{"township": int64(town)})
		return err
	})
	return all, err
}

const sqlLink = `-- sso.link
insert into identity_link (id, township_id, subject, account_id, linked_at, linked_by) values (@id, @township, @subject, @account, @now, @by)`

// Link says that a subject of the directory is the account of a phone.
func (s *Service) Link(ctx context.Context, who actor.Actor, town actor.TownshipID, subject, phone string) (err error) {
	defer fault.Wrap(&err, "sso.Link(%d)", town)
	p, err := s.Find(ctx, town)
	if err != nil {
		return err
	}
	if p.Secret == nil {
		return ErrNone
	}
	subject = strings.TrimSpace(subject)
	id, err := s.Accounts.Find(ctx, phone)
	bad := fault.When(len(subject) == 0 || len(subject) > 255, ErrSubject)
	switch {
	case errors.Is(err, fault.ErrNotFound):
		return fault.Join(bad, ErrPerson)
	case err != nil && bad != nil:
		return fault.Join(bad, fault.From(err))
	case err != nil:
		return err
	case bad != nil:
		return bad
	}
	link := pg.NewID()
	return s.office(ctx, who, audit.Event{Verb: "sso.link", Kind: "account", ID: id.String()}, func(tx pg.Tx) error {
		_, err := tx.Exec(ctx, sqlLink, pgx.NamedArgs{"id": link, "township": int64(town), "subject": subject, "account": id, "now": tx.Now, "by": who.Name})
		if pg.Is(err, pg.Unique) {
			return ErrLinked
		}
		return err
	})
}

const sqlUnlink = `-- sso.unlink
update identity_link set ended_at = coalesce(ended_at, @now), ended_by = case when ended_at is null then @by else ended_by end where township_id = @township and id = @id`

// Unlink ends a link: the person signs in no more by the directory. Ending it again changes nothing.
func (s *Service) Unlink(ctx context.Context, who actor.Actor, town actor.TownshipID, id uuid.UUID) (err error) {
	defer fault.Wrap(&err, "sso.Unlink(%s)", id)
	return s.office(ctx, who, audit.Event{Verb: "sso.unlink", Kind: "link", ID: id.String()}, func(tx pg.Tx) error {
		tag, err := tx.Exec(ctx, sqlUnlink, pgx.NamedArgs{"township": int64(town), "id": id, "now": tx.Now, "by": who.Name})
		if err == nil && tag.RowsAffected() == 0 {
			err = fault.ErrNotFound
		}
		return err
	})
}
