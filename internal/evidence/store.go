package evidence

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/blob"
	"cunfen/internal/pg"
)

const sqlUsage = `-- evidence.usage
select count(*)::int as village, (count(*) filter (where uploaded_by = @account))::int as mine,
  exists (select from idempotency where village_id = @village_id and account_id = @account and key = @key) as repeat,
  coalesce((select (v.flags->'most'->>'photo_mb')::int from village v where v.id = @village_id), 0) as most,
  case when (select v.flags->'most' ? 'photo_mb' from village v where v.id = @village_id)
    then (select coalesce(sum(b.bytes), 0)::bigint from evidence b where b.village_id = @village_id) else 0 end as bytes
from evidence where village_id = @village_id and uploaded_at >= @since`

type usage struct {
	Village, Mine int
	Repeat        bool
	Most          int   // megabytes, 0 for as many as there are
	Bytes         int64 // of all photos, where there is a most
}

const sqlInsert = `-- evidence.upload
insert into evidence (village_id, id, key, sha256, bytes, width, height, phash, uploaded_by, uploaded_at)
values (@village_id, @id, @key, @sha256, @bytes, @width, @height, @phash, @by, @at)`

func insert(ctx context.Context, tx pg.Tx, e Evidence, key blob.Key, phash int64) error {
	_, err := tx.Exec(ctx, sqlInsert, pgx.NamedArgs{"village_id": int64(tx.Village()), "id": e.ID, "key": key.String(), "sha256": e.SHA256,
		"bytes": e.Bytes, "width": e.Width, "height": e.Height, "phash": phash, "by": e.UploadedBy, "at": e.UploadedAt})
	return err
}

const sqlAttach = `-- evidence.attach
update evidence set claim_id = @claim
where village_id = @village_id and id = any(@ids) and uploaded_by = @account and claim_id is null and holder_id is null`

const sqlAttachTo = `-- evidence.attach_to
update evidence set holder_id = @holder, home = @home
where village_id = @village_id and id = any(@ids) and uploaded_by = @account and claim_id is null and holder_id is null`

const sqlHolding = `-- evidence.holding
select id, sha256, bytes, width, height, uploaded_by, uploaded_at, claim_id, home from evidence
where village_id = @village_id and holder_id = @holder order by id`

const sqlHeldBy = `-- evidence.held_by
select id, sha256, bytes, width, height, uploaded_by, uploaded_at, claim_id, holder_id from evidence
where village_id = @village_id and holder_id = any(@holders) order by holder_id, id`

const sqlOf = `-- evidence.of
select id, sha256, bytes, width, height, uploaded_by, uploaded_at, claim_id from evidence
where village_id = @village_id and claim_id = any(@claims) order by claim_id, id`

// sqlPartAlike is true of two photos that are the same or look it. A hash of 0 is that of a picture without any
// contrast; it looks like every other such one.
const sqlPartAlike = `(other.sha256 = mine.sha256
    or (mine.phash <> 0 and other.phash <> 0 and bit_count((mine.phash # other.phash)::bit(64)) <= 4))`

const sqlAlikeHolders = `-- evidence.alike_holders
select distinct other.holder_id from evidence mine
join evidence other on other.village_id = @village_id and other.uploaded_at >= @since and other.holder_id <> mine.holder_id and ` + sqlPartAlike + `
where mine.village_id = @village_id and mine.holder_id = @holder`

const sqlDuplicates = `-- evidence.duplicates_of
select mine.claim_id as claim, mine.id as photo, other.claim_id as other_claim, other.id as other_photo, other.uploaded_at as at,
  other.sha256 = mine.sha256 as exact
from evidence mine
join evidence other on other.village_id = @village_id and other.uploaded_at >= @since and other.claim_id <> mine.claim_id
  and ` + sqlPartAlike + `
join claim on claim.village_id = @village_id and claim.id = other.claim_id and claim.state <> 'withdrawn'
where mine.village_id = @village_id and mine.claim_id = any(@claims)
order by mine.claim_id, exact desc, at desc, other_photo limit @rows`

// kept is a photo with its place in the store and the household of its claim.
type kept struct {
	Evidence
	Key         string
	HouseholdID *uuid.UUID
	HolderID    *uuid.UUID
}

const sqlRead = `-- evidence.read
select e.id, e.sha256, e.bytes, e.width, e.height, e.uploaded_by, e.uploaded_at, e.claim_id, e.key, coalesce(c.household_id, e.home) as household_id, e.holder_id
from evidence e left join claim c on c.village_id = @village_id and c.id = e.claim_id
where e.village_id = @village_id and e.id = @id and e.removed_at is null`

const sqlSample = `-- evidence.sample_verify
select id, sha256, bytes, width, height, uploaded_by, uploaded_at, claim_id, key, null::uuid as household_id, holder_id from evidence
where village_id = @village_id and removed_at is null order by md5(id::text || @day), id
limit (select greatest(20, ceil(count(*) / 100.0)) from evidence where village_id = @village_id)`

const sqlForget = `-- evidence.sweep
delete from evidence where village_id = @village_id and claim_id is null and holder_id is null and uploaded_at < @before returning key`

type row struct {
	Key      string
	Attached bool
}

const sqlRows = `-- evidence.count
select key, claim_id is not null or holder_id is not null as attached from evidence where village_id = @village_id and removed_at is null`
