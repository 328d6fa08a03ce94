package rulebook

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

const sqlInForce = `-- rulebook.in_force
select version, digest from rule_set
where village_id = @village_id and in_force_from <= @day
order by in_force_from desc, version desc limit 1`

const sqlVersion = `-- rulebook.version
select version, digest from rule_set where village_id = @village_id and version = @version`

const sqlLatest = `-- rulebook.latest
select coalesce(max(version), 0) as version, coalesce(bool_or(digest = @digest), false) as stored
from rule_set where village_id = @village_id`

const sqlHead = `-- rulebook.head
select version, year, in_force_from, reason, base_points, settings from rule_set
where village_id = @village_id and version = @version`

const sqlItems = `-- rulebook.items
select body from rule_item where village_id = @village_id and version = @version order by position`

const sqlInsert = `-- rulebook.insert
insert into rule_set (village_id, version, year, in_force_from, reason, base_points, settings, digest, created_at)
values (@village_id, @version, @year, @in_force_from, @reason, @base_points, @settings, @digest, @now)`

const sqlInsertItems = `-- rulebook.insert_items
insert into rule_item (village_id, version, code, position, body)
select @village_id, @version, i.code, i.position, i.body::jsonb
from unnest(@codes::text[], @positions::integer[], @bodies::text[]) as i(code, position, body)
on conflict (village_id, version, code) do nothing`

const sqlReviewed = `-- rulebook.reviewed
select r.item from legal_review r where r.village_id = @village_id and r.item = any(@codes)
  and not exists (select from legal_withdrawal w where w.village_id = @village_id and w.item = r.item and w.number = r.number)`

const sqlReview = `-- rulebook.review
insert into legal_review (village_id, item, document, reviewed_by, reviewed_on)
values (@village_id, @item, @document, @reviewed_by, @reviewed_on)
on conflict (village_id, item, number) do nothing`

// Faults of keeping rule sets.
var (
	ErrNoRules     = fault.New(fault.Conflict, "rulebook.no_rules", "%s还没有生效的积分细则，请先由工作小组制定并公布细则")
	ErrVersion     = fault.New(fault.Conflict, "rulebook.version", "细则刚刚有了新的版本，请刷新后再改")
	ErrRetroactive = fault.New(fault.Invalid, "rulebook.retroactive", "细则的改动不能追溯：生效日应是%s或以后").On("in_force_from")
	ErrNotReviewed = fault.New(fault.Invalid, "rulebook.not_reviewed", "%s 要启用，须先由镇里登记合法性审查").On("on")
	ErrFlawed      = fault.New(fault.Invalid, "rulebook.flawed", "%s %s")
)

// extra is what stands beside the settings in rule_set.settings.
type extra struct {
	Settings
	Document string   `json:"document"`
	Changes  []Change `json:"changes,omitempty"`
}

// stamp names one stored version and its content.
type stamp struct {
	Version int
	Digest  string
}

// Digest names the content of a rule set; the version is no part of it.
func (r RuleSet) Digest() string {
	b, err := json.Marshal(r)
	if err != nil { // no field of a rule set can fail
		panic(err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// InForce is the rule set by which an event of that day is scored (D2).
func InForce(ctx context.Context, tx pg.Tx, day time.Time) (r RuleSet, err error) {
	defer fault.Wrap(&err, "rulebook.InForce(%s)", day.Format(time.DateOnly))
	s, err := pg.One[stamp](ctx, tx, sqlInForce, pgx.NamedArgs{"village_id": int64(tx.Village()), "day": month.Date(day)})
	if errors.Is(err, fault.ErrNotFound) {
		return r, ErrNoRules.With(month.ChineseDay(day.In(month.Zone)))
	}
	if err != nil {
		return r, err
	}
	return load(ctx, tx, s)
}

// Version is a stored rule set of the village.
func Version(ctx context.Context, tx pg.Tx, version int) (r RuleSet, err error) {
	defer fault.Wrap(&err, "rulebook.Version(%d)", version)
	s, err := pg.One[stamp](ctx, tx, sqlVersion, pgx.NamedArgs{"village_id": int64(tx.Village()), "version": version})
	if err != nil {
		return r, err
	}
	return load(ctx, tx, s)
}

// Latest is the village's newest version, 0 where it has none, and whether content of that digest is
// already stored as any version.
func Latest(ctx context.Context, tx pg.Tx, digest string) (version int, stored bool, err error) {
	type row struct {
		Version int
		Stored  bool
	}
	r, err := pg.One[row](ctx, tx, sqlLatest, pgx.NamedArgs{"village_id": int64(tx.Village()), "digest": digest})
	return r.Version, r.Stored, err
}

// Insert stores a rule set as the village's next version. It refuses flaws, X items without the township's
// recorded review, and a new version that would reach back before today.
func Insert(ctx context.Context, tx pg.Tx, r RuleSet) (err error) {
	defer fault.Wrap(&err, "rulebook.Insert(%d)", r.Version)
	if flaws := r.Flaws(); len(flaws) > 0 {
		return ErrFlawed.With(flaws[0].Code, flaws[0].Text).On(flaws[0].Field)
	}
	if r.Version > 1 && r.InForceFrom.Before(month.Day(tx.Now)) {
		return ErrRetroactive.With(month.ChineseDay(tx.Now.In(month.Zone)))
	}
	if err := reviewed(ctx, tx, r); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, sqlInsert, pgx.NamedArgs{
		"village_id": int64(tx.Village()), "version": r.Version, "year": r.Year, "in_force_from": month.Date(r.InForceFrom), "reason": r.Reason,
		"base_points": r.BasePoints, "settings": extra{r.Settings, r.Document, r.Changes}, "digest": r.Digest(), "now": tx.Now})
	if pg.Is(err, pg.Unique) {
		return ErrVersion
	}
	if err != nil {
		return err
	}
	return insertItems(ctx, tx, r)
}

func insertItems(ctx context.Context, tx pg.Tx, r RuleSet) error {
	var codes, bodies []string
	var positions []int
	for n, i := range r.Items {
		b, err := json.Marshal(i)
		if err != nil {
			return err
		}
		codes, bodies, positions = append(codes, i.Code), append(bodies, string(b)), append(positions, n)
	}
	_, err := tx.Exec(ctx, sqlInsertItems, pgx.NamedArgs{"village_id": int64(tx.Village()), "version": r.Version,
		"codes": codes, "positions": positions, "bodies": bodies})
	return err
}

// reviewed answers for X items that are on without a recorded review.
func reviewed(ctx context.Context, tx pg.Tx, r RuleSet) error {
	want := map[string]bool{}
	var codes []string
	for _, i := range r.Items {
		if i.On && i.Notice == Sensitive {
			want[i.Code] = true
			codes = append(codes, i.Code)
		}
	}
	if len(codes) == 0 {
		return nil
	}
	have, err := pg.Column[string](ctx, tx, sqlReviewed, pgx.NamedArgs{"village_id": int64(tx.Village()), "codes": codes})
	for _, code := range have {
		delete(want, code)
	}
	for _, code := range codes {
		if err == nil && want[code] {
			err = ErrNotReviewed.With(code)
		}
	}
	return err
}

// Record keeps the township's legal review of an X item; the first one stands.
func Record(ctx context.Context, tx pg.Tx, item string, v LegalReview) error {
	_, err := tx.Exec(ctx, sqlReview, pgx.NamedArgs{"village_id": int64(tx.Village()), "item": item, "document": v.Document,
		"reviewed_by": v.ReviewedBy, "reviewed_on": month.Date(v.ReviewedOn)})
	return err
}
