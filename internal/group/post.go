package group

import (
	"context"
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
	"cunfen/internal/pg"
)

// Link is a part of the work that one named person answers for (R6.2).
type Link string

// The links.
const (
	GoodsLink      Link = "goods"
	CollectionLink Link = "collection"
	RedemptionLink Link = "redemption"
)

// Links lists them in the order of the screens.
var Links = []Link{GoodsLink, CollectionLink, RedemptionLink}

// Chinese is the link's name on screen.
func (l Link) Chinese() string {
	return map[Link]string{GoodsLink: "物资管理", CollectionLink: "积分采集", RedemptionLink: "积分兑换"}[l]
}

// Post is who answers for a link. Serving is false for somebody whose seat has ended since.
type Post struct {
	Link       Link
	AccountID  uuid.UUID
	Name       string
	Duty       string
	AssignedAt time.Time
	Serving    bool
}

var (
	ErrLink = fault.New(fault.Invalid, "group.link", "请选择环节").On("link")
	ErrPost = fault.New(fault.Invalid, "group.post", "请选择一名在任的成员").On("member")
	ErrDuty = fault.New(fault.Invalid, "group.duty", "职责最多 60 个字").On("duty")
)

const sqlPosts = `-- group.posts
select p.link, p.account_id, p.name, p.duty, p.assigned_at, exists (select from membership m where m.village_id = @village_id and m.account_id = p.account_id and m.role <> 'household'
  and m.starts_on <= @today and (m.ends_on is null or m.ends_on >= @today) and m.ended_at is null) as serving
from post p where p.village_id = @village_id`

// Posts reads who answers for which link.
func (s *Service) Posts(ctx context.Context, who actor.Actor) (of map[Link]Post, err error) {
	defer fault.Wrap(&err, "group.Posts")
	of = map[Link]Post{}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		all, err := pg.All[Post](ctx, tx, sqlPosts, pgx.NamedArgs{"village_id": int64(who.Village), "today": month.Date(tx.Now)})
		for _, p := range all {
			of[p.Link] = p
		}
		return err
	})
	return of, err
}

const sqlAssign = `-- group.assign
insert into post (village_id, link, account_id, name, duty, assigned_by, assigned_at) values (@village_id, @link, @account, @name, @duty, @by, @at)
on conflict (village_id, link) do update set account_id = excluded.account_id, name = excluded.name, duty = excluded.duty, assigned_by = excluded.assigned_by, assigned_at = excluded.assigned_at`

// Assign names the person who answers for a link: one who has a seat now.
func (s *Service) Assign(ctx context.Context, who actor.Actor, link Link, seat uuid.UUID, duty string) (p Post, err error) {
	defer fault.Wrap(&err, "group.Assign(%s)", link)
	duty = strings.TrimSpace(duty)
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		p, _, err = idem.Once(ctx, tx, "group.assign", func() (Post, error) {
			members, err := Members(ctx, tx, false)
			if err != nil {
				return p, err
			}
			err = fault.Join(fault.When(link.Chinese() == "", ErrLink), fault.When(!chars.Between(duty, 0, 60), ErrDuty))
			if err != nil {
				return p, err
			}
			p := Post{Link: link, Duty: duty, AssignedAt: tx.Now, Serving: true}
			for _, m := range members {
				if m.ID == seat && m.serves(tx.Now) {
					p.AccountID, p.Name = m.AccountID, m.Name
				}
			}
			if p.Name == "" {
				return p, ErrPost
			}
			_, err = tx.Exec(ctx, sqlAssign, pgx.NamedArgs{"village_id": int64(tx.Village()), "link": string(link), "account": p.AccountID, "name": p.Name, "duty": duty, "by": tx.Who.Account, "at": tx.Now})
			if err != nil {
				return p, err
			}
			return p, audit.Record(ctx, tx, audit.Event{Verb: "group.assign", Kind: "post", ID: string(link), After: p})
		})
		return err
	})
	return p, err
}
