package blob

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/month"
)

// Key names one object. Only this package makes keys, each begins with its village (or with platform/, for
// what belongs to none), and no word that came from a person is in one (INV-34).
type Key struct {
	village actor.VillageID
	name    string
}

// Village is the village that the object belongs to.
func (k Key) Village() actor.VillageID { return k.village }

// String is the whole key as the store knows it.
func (k Key) String() string { return k.name }

// ErrKey says that a key was not made by this package; it is a bug or a tampered row, never a person's mistake.
var ErrKey = fault.New(fault.Internal, "blob.key", "文件编号不正确，请联系管理员")

var (
	evidenceShape = regexp.MustCompile(`^v[1-9][0-9]{0,18}/20[0-9]{2}/(0[1-9]|1[0-2])/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	noticeShape   = regexp.MustCompile(`^v[1-9][0-9]{0,18}/notice/20[0-9]{2}/(0[1-9]|1[0-2])/[1-9][0-9]{0,8}/[a-z0-9]([a-z0-9_-]|\.[a-z0-9]){0,63}$`)
	platformShape = regexp.MustCompile(`^platform/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	archiveShape  = regexp.MustCompile(`^v[1-9][0-9]{0,18}/archive/20[0-9]{2}([01][0-9])?/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
)

// EvidenceKey is the place of a photo taken in at an instant.
func EvidenceKey(v actor.VillageID, at time.Time, id uuid.UUID) Key {
	m := month.Of(at)
	return Key{v, fmt.Sprintf("v%d/%04d/%02d/%s", v, m.Year(), m.Number(), id)}
}

// NoticeKey is the place of a file of a month's notice: its number counts the editions of the month.
func NoticeKey(v actor.VillageID, m month.Month, number int, name string) Key {
	return Key{v, fmt.Sprintf("v%d/notice/%04d/%02d/%d/%s", v, m.Year(), m.Number(), number, name)}
}

// ArchiveKey is the place of a pack of the archive, of a month or a year.
func ArchiveKey(v actor.VillageID, period int, id uuid.UUID) Key {
	return Key{v, fmt.Sprintf("v%d/archive/%d/%s", v, period, id)}
}

// PlatformKey is the place of a file that belongs to no village: a whole village, carried out or to be brought in.
func PlatformKey(id uuid.UUID) Key { return Key{0, "platform/" + id.String()} }

// ParseKey reads a key that was kept in a row of the village, or listed.
func ParseKey(v actor.VillageID, s string) (Key, error) {
	k := Key{v, s}
	return k, k.check()
}

// Evidence reports whether the object is a photo.
func (k Key) Evidence() bool { return evidenceShape.MatchString(k.name) }

// check refuses what no constructor makes of sound values.
func (k Key) check() error {
	if k.village == 0 && platformShape.MatchString(k.name) {
		return nil
	}
	owned := k.village > 0 && strings.HasPrefix(k.name, prefix(k.village))
	if !owned || !k.Evidence() && !noticeShape.MatchString(k.name) && !archiveShape.MatchString(k.name) {
		return fmt.Errorf("%w: %q", ErrKey, k.name)
	}
	return nil
}

func prefix(v actor.VillageID) string { return "v" + strconv.FormatInt(int64(v), 10) + "/" }
