package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/fault"
	"cunfen/internal/pg"
)

// Grace is how old a line must be before it is sealed: longer than any transaction may run, so that none
// with an earlier id can still appear.
const Grace = 3 * time.Minute

// leafSize is how much of each line's hash a block keeps, enough to name the line that was changed.
const leafSize = 8

type block struct {
	Seq      int64
	Upto     uuid.UUID
	Entries  int
	Leaves   []byte
	Previous []byte
	Hash     []byte
}

const sqlLastBlock = `-- ledger.last_block
select seq, upto, entries, leaves, previous, hash from ledger_seal where village_id = @village_id order by seq desc limit 1`

const sqlSpan = `-- ledger.span
select id, household_id, member_id, reverses, source_kind, source_id, recorder, reviewer, evidence, at, points, month, occurred_on,
  rule_version, kind, bucket, scores, item
from ledger_entry where village_id = @village_id and id >= @from and id < @upto order by id`

const sqlSeal = `-- ledger.seal
insert into ledger_seal (village_id, seq, upto, entries, leaves, previous, hash, sealed_at)
values (@village_id, @seq, @upto, @entries, @leaves, @previous, @hash, @at) on conflict (village_id, seq) do nothing`

// Seal chains every line older than Grace that no block holds yet. Two at once make one block.
func Seal(ctx context.Context, tx pg.Tx) (sealed int, err error) {
	defer fault.Wrap(&err, "ledger.Seal(%d)", tx.Village())
	last, err := lastBlock(ctx, tx)
	if err != nil {
		return 0, err
	}
	upto := floor(tx.Now.Add(-Grace))
	if bytes.Compare(upto[:], last.Upto[:]) <= 0 {
		return 0, nil
	}
	rows, err := span(ctx, tx, last.Upto, upto)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	b := seal(last, upto, rows)
	_, err = tx.Exec(ctx, sqlSeal, pgx.NamedArgs{"village_id": int64(tx.Village()), "seq": b.Seq, "upto": b.Upto, "entries": b.Entries,
		"leaves": b.Leaves, "previous": b.Previous, "hash": b.Hash, "at": tx.Now})
	return len(rows), err
}

func lastBlock(ctx context.Context, tx pg.Tx) (block, error) {
	all, err := pg.All[block](ctx, tx, sqlLastBlock, pgx.NamedArgs{"village_id": int64(tx.Village())})
	if err != nil || len(all) == 0 {
		return block{Hash: make([]byte, sha256.Size)}, err
	}
	return all[0], nil
}

func span(ctx context.Context, tx pg.Tx, from, upto uuid.UUID) ([]row, error) {
	return pg.All[row](ctx, tx, sqlSpan, pgx.NamedArgs{"village_id": int64(tx.Village()), "from": from, "upto": upto})
}

// seal ties rows to the block before them.
func seal(last block, upto uuid.UUID, rows []row) block {
	b := block{Seq: last.Seq + 1, Upto: upto, Entries: len(rows), Previous: last.Hash}
	link := NewLink(b.Previous, b.Seq, upto)
	for _, r := range rows {
		leaf := link.Add(r.entry())
		b.Leaves = append(b.Leaves, leaf[:leafSize]...)
	}
	b.Hash = link.Hash()
	return b
}

// Link is the hash of one block of the chain in the making, for who checks a book that left the database.
type Link struct{ sum hash.Hash }

// NewLink begins block seq, which holds the lines below upto and hangs on the block before it.
func NewLink(previous []byte, seq int64, upto uuid.UUID) *Link {
	l := &Link{sha256.New()}
	l.sum.Write(previous)
	l.sum.Write(binary.BigEndian.AppendUint64(nil, uint64(seq)))
	l.sum.Write(upto[:])
	return l
}

// Add puts the next line in and answers its own hash.
func (l *Link) Add(e Entry) [32]byte {
	leaf := e.leaf()
	l.sum.Write(leaf[:])
	return leaf
}

// Hash is the block's hash.
func (l *Link) Hash() []byte { return l.sum.Sum(nil) }

// leaf is the hash of everything that the line says.
func (e Entry) leaf() [32]byte {
	text := fmt.Sprintf("%s|%s|%s|%s|%d|%s|%s|%s|%x|%d|%d|%d|%s|%d|%d|%d|%t|%s", e.ID, e.HouseholdID, e.MemberID, e.Reverses, e.SourceKind,
		e.SourceID, e.Recorder, e.Reviewer, e.Evidence, e.At.UnixMicro(), e.Points, e.Month, e.OccurredOn.Format("2006-01-02"), e.RuleVersion,
		e.Kind, e.Bucket, e.Scores, e.Item)
	return sha256.Sum256([]byte(text))
}

func (r row) leaf() [32]byte { return r.entry().leaf() }

// floor is the lowest UUIDv7 of an instant.
func floor(t time.Time) (id uuid.UUID) {
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(t.UnixMilli()))
	copy(id[:6], ms[2:])
	id[6], id[8] = 0x70, 0x80
	return id
}
