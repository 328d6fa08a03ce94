// Package evidence keeps the photos that prove a claim: taken in, cleaned, stored under a key that the server
// made, and shown again only as long as they are the very bytes that were stored.
package evidence

import (
	"bytes"
	"crypto/sha256"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/blob"
	"cunfen/internal/fault"
	"cunfen/internal/pg"
)

// Evidence is one photo.
type Evidence struct {
	ID            uuid.UUID
	SHA256        []byte // of the stored bytes
	Bytes         int
	Width, Height int
	UploadedBy    uuid.UUID
	UploadedAt    time.Time
	ClaimID       *uuid.UUID // nil until a claim names it
}

// Service takes photos in and shows them.
type Service struct {
	DB    *pg.DB
	Blobs *blob.Store
}

// Faults of photos.
var (
	ErrMine    = fault.New(fault.TooMany, "evidence.day_mine", "您今天已上传 %d 张照片，到了每天的上限；请明天再传，或请网格员上门登记")
	ErrVillage = fault.New(fault.TooMany, "evidence.day_village", "本村今天已上传 %d 张照片，到了每天的上限；请明天再传，急事请联系村委会")
	ErrFull    = fault.New(fault.TooMany, "evidence.full", "本村的照片已存满 %d MB，不能再传；请告诉村委会，由平台管理员调整，急事请到村里当面办")
	ErrMany    = fault.New(fault.Invalid, "evidence.many", "一次申报最多附 9 张照片，请去掉几张")
	ErrAltered = fault.New(fault.Internal, "evidence.altered", "这张照片与存档时不一致，不能显示；已记录，请联系管理员核查")
	ErrLost    = fault.New(fault.Internal, "evidence.lost", "这张照片在存档中找不到了；已记录，请联系管理员核查")
)

// The limits, and how long a photo may wait for its claim.
const (
	PerClaim   = 9
	perDayHome = 40
	perDayDuty = 500
	perVillage = 5000
	grace      = 24 * time.Hour
)

// perDay is how many photos a person may upload in a day.
func perDay(r actor.Role) int {
	if r == actor.Household {
		return perDayHome
	}
	return perDayDuty
}

// visible is who may look at a photo: whoever works for the village, and of the households the one that
// uploaded it or that the claim is about.
func visible(who actor.Actor, uploader uuid.UUID, household *uuid.UUID) bool {
	switch who.Role {
	case actor.Lead, actor.Committee, actor.Grid, actor.Desk:
		return true
	case actor.Household:
		return uploader == who.Account || household != nil && who.Household != uuid.Nil && *household == who.Household
	}
	return false
}

// Hash ties a claim's photos into its ledger entry: one hash over theirs, in the order of ids as Of gives
// them; nil for a claim without photos.
func Hash(photos []Evidence) []byte {
	if len(photos) == 0 {
		return nil
	}
	h := sha256.New()
	for _, p := range photos {
		h.Write(p.SHA256)
	}
	return h.Sum(nil)
}

// whole says whether data is what was stored.
func (e Evidence) whole(data []byte) bool {
	sum := sha256.Sum256(data)
	return bytes.Equal(sum[:], e.SHA256)
}
