package pg

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"cunfen/internal/fault"
)

// After checks the cursor of a list that goes by id: "" or an id. Anything else is absent (fault.ErrNotFound).
func After(cursor string) error {
	if _, err := uuid.Parse(cursor); cursor != "" && err != nil {
		return fault.ErrNotFound
	}
	return nil
}

// learn teaches a connection to carry ids as their sixteen bytes. pgx by itself sends each through its text,
// which was a fifth of the web's time in a posting and most of a whole village's month.
func learn(_ context.Context, conn *pgx.Conn) error {
	id := &pgtype.Type{Name: "uuid", OID: pgtype.UUIDOID, Codec: idCodec{}}
	conn.TypeMap().RegisterType(id)
	conn.TypeMap().RegisterType(&pgtype.Type{Name: "_uuid", OID: pgtype.UUIDArrayOID, Codec: &pgtype.ArrayCodec{ElementType: id}})
	return nil
}

type idCodec struct{ pgtype.UUIDCodec }

// PlanEncode and PlanScan take over where value and form are ours.
func (c idCodec) PlanEncode(m *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	if _, ours := value.(uuid.UUID); ours && format == pgtype.BinaryFormatCode {
		return writeID{}
	}
	return c.UUIDCodec.PlanEncode(m, oid, format, value)
}

func (c idCodec) PlanScan(m *pgtype.Map, oid uint32, format int16, target any) pgtype.ScanPlan {
	if _, ours := target.(*uuid.UUID); ours && format == pgtype.BinaryFormatCode {
		return readID{}
	}
	return c.UUIDCodec.PlanScan(m, oid, format, target)
}

type writeID struct{}

func (writeID) Encode(value any, buf []byte) ([]byte, error) {
	id := value.(uuid.UUID)
	return append(buf, id[:]...), nil
}

type readID struct{}

// Scan reads NULL as the zero id, as the id's own Scan does.
func (readID) Scan(src []byte, target any) error {
	id := target.(*uuid.UUID)
	*id = uuid.Nil
	if src != nil && len(src) != len(id) {
		return fmt.Errorf("pg: an id of %d bytes", len(src))
	}
	copy(id[:], src)
	return nil
}
