package blob

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/month"
)

func TestKeys(t *testing.T) {
	t.Parallel()
	id := uuid.MustParse("019ab0c0-1111-7222-8333-444444444444")
	at := time.Date(2026, 11, 30, 16, 30, 0, 0, time.UTC) // already December in the village
	for got, want := range map[Key]string{
		EvidenceKey(11, at, id):                "v11/2026/12/019ab0c0-1111-7222-8333-444444444444",
		NoticeKey(11, 202611, 2, "a4.pdf"):     "v11/notice/2026/11/2/a4.pdf",
		NoticeKey(11, 202611, 1, "broadcast"):  "v11/notice/2026/11/1/broadcast",
		NoticeKey(11, month.Of(at), 1, "x-_1"): "v11/notice/2026/12/1/x-_1",
	} {
		if got.String() != want || got.check() != nil || got.Village() != 11 {
			t.Errorf("%v, want %s; %v", got, want, got.check())
		}
		if back, err := ParseKey(11, want); err != nil || back != got {
			t.Errorf("%s does not come back: %v", want, err)
		}
	}
	if !EvidenceKey(11, at, id).Evidence() || NoticeKey(11, 202611, 2, "a4.pdf").Evidence() {
		t.Error("photos and notices are taken for one another")
	}
}

func TestKeysRefused(t *testing.T) {
	t.Parallel()
	const id = "019ab0c0-1111-7222-8333-444444444444"
	for _, s := range []string{
		"", "v11", "v11/", "v11/2026/11/", "/v11/2026/11/" + id, "v12/2026/11/" + id, "v1/2026/11/" + id, "v11/2026/13/" + id, "v11/2026/1/" + id,
		"v11/2026/11/" + id + "/", "v11/2026/11/" + id + "\n", "v11/2026/11/../../../v12/2026/11/" + id, "v11//2026/11/" + id, "v11/2026/11/" + id + ".jpg",
		"v11/2026/11/019AB0C0-1111-7222-8333-444444444444", "V11/2026/11/" + id, "v11/2026/11/照片", "v11/2026/11/a b", "v11/2026/11/%2e%2e",
		"v11/notice/2026/11/1/", "v11/notice/2026/11/1/..", "v11/notice/2026/11/1/a..b", "v11/notice/2026/11/1/a/b", "v11/notice/2026/11/0/a.pdf",
		"v11/notice/2026/11/1/A.pdf", "v11/notice/2026/11/1/公示.pdf", "v11/notice/2026/11/1/.a",
	} {
		if _, err := ParseKey(11, s); !errors.Is(err, ErrKey) {
			t.Errorf("%q is taken", s)
		}
	}
	for _, k := range []Key{{}, EvidenceKey(0, time.Now(), uuid.New()), EvidenceKey(-1, time.Now(), uuid.New()), NoticeKey(11, 0, 1, "a"), NoticeKey(11, 202611, -1, "a"), NoticeKey(11, 202611, 1, "../../x")} {
		if k.check() == nil {
			t.Errorf("%v is taken", k)
		}
	}
}
