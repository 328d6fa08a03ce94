package api

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"cunfen/internal/ledger"
	"cunfen/internal/tenure"
)

// TestLinesAreNamed: every kind of line and every bucket has a name, and the description lists it.
func TestLinesAreNamed(t *testing.T) {
	for k := ledger.Base; k <= ledger.Gift; k++ {
		for b := ledger.BaseBucket; b <= ledger.ClosedBucket; b++ {
			own, former := lineOf(cameLine{Line: ledger.Line{Kind: k, Bucket: b}}), formerOf(tenure.Book{Lines: []tenure.FormerLine{{Kind: k, Bucket: b}}}).Lines[0]
			for _, l := range []struct {
				of           any
				kind, bucket string
			}{{own, own.Kind, own.Bucket}, {former, former.Kind, former.Bucket}} {
				if said := enum(l.of, "Kind"); l.kind == "" || !slices.Contains(said, l.kind) {
					t.Errorf("%T of kind %s is %q, not one of %q", l.of, k.Chinese(), l.kind, said)
				}
				if said := enum(l.of, "Bucket"); l.bucket == "" || !slices.Contains(said, l.bucket) {
					t.Errorf("%T of bucket %d is %q, not one of %q", l.of, b, l.bucket, said)
				}
			}
		}
	}
}

func enum(of any, field string) []string {
	f, _ := reflect.TypeOf(of).FieldByName(field)
	return strings.Split(f.Tag.Get("enum"), ",")
}
