// Package household is the village's register of homes: one dwelling, one household, by usual residence and
// not by hukou (R4.2.1, R4.2.2). A household has a head, members whose points all go to it (R4.2.3), and a
// passbook number for ever. Phones and identity numbers are sealed and shown masked; who sees one whole leaves
// a line in the log.
package household

import (
	"time"

	"github.com/google/uuid"

	"cunfen/internal/crypt"
	"cunfen/internal/fault"
	"cunfen/internal/pg"
)

// Residence is whether the people of a home belong to the village or only live there.
type Residence string

// Both kinds are registered alike (R4.2.1).
const (
	Local   Residence = "local"
	Outside Residence = "outside"
)

// Chinese is the residence on screen and in sheets.
func (r Residence) Chinese() string {
	if r == Outside {
		return "外来常住"
	}
	return "本村户籍"
}

// State is whether a household lives in the village.
type State string

// A household that has left keeps its passbook number and its points.
const (
	Active State = "active"
	Left   State = "left"
)

// Chinese is the state on screen.
func (s State) Chinese() string {
	if s == Left {
		return "已迁出"
	}
	return "在册"
}

// HeadRelation is the relation of a household's head to it.
const HeadRelation = "户主"

// Household is a home as screens show it: personal numbers masked.
type Household struct {
	ID            uuid.UUID
	Door          string
	Team          string
	Grid          int
	Walk          int
	Head          string
	Residence     Residence
	Party         bool
	Phone         string // masked
	PassbookNo    string
	RegisteredOn  time.Time
	BaseUnlocksOn time.Time // before this day base points cannot be redeemed (D1)
	State         State
	LeftOn        *time.Time
	Note          string
	Version       int
	UpdatedAt     time.Time
	Members       []Member
}

// Member is a person of a household.
type Member struct {
	ID       uuid.UUID
	Name     string
	Relation string
	IDNumber string // masked
	Party    bool
	State    State
}

// Draft is what a form says of a new household.
type Draft struct {
	Door      string
	Team      string
	Grid      int // 0 for the grid of the team
	Walk      int // place in the walking order, 0 for the door number's
	Head      string
	Residence Residence
	Party     bool
	Phone     string
	IDNumber  string // the head's
	Note      string
	Members   []Person // besides the head
}

// Person is what a form says of a member.
type Person struct {
	Name     string
	Relation string
	IDNumber string
	Party    bool
}

// Change is what a form says of a household that is there. Version is the one that the form showed.
type Change struct {
	Version   int
	Door      string
	Team      string
	Grid      int
	Walk      int
	Head      string
	Residence Residence
	Party     bool
	Phone     *string // nil leaves it, "" takes it out
	Note      string
}

// PersonChange is what a form says of a member who is there. IDNumber as Change.Phone.
type PersonChange struct {
	Name     string
	Relation string
	IDNumber *string
	Party    bool
}

// Service is what the screens and the jobs may ask of households.
type Service struct {
	DB    *pg.DB
	Vault *crypt.Vault
}

// Faults of the register.
var (
	ErrDoorTaken     = fault.New(fault.Conflict, "household.door_taken", "门牌号 %s 已经登记了在册的住户；一房一户，请核对门牌号，或先把原来的住户迁出").On("door")
	ErrQuota         = fault.New(fault.Conflict, "household.quota", "本村最多登记 %d 户，已登记 %d 户，再加 %d 户就超了；请联系平台管理员调整").On("door")
	ErrStale         = fault.New(fault.Conflict, "household.stale", "这一户刚刚被别人改过，请刷新后再改")
	ErrLeft          = fault.New(fault.Conflict, "household.left", "这一户已经迁出，不能再改")
	ErrElsewhere     = fault.New(fault.Conflict, "household.elsewhere", "这一户连同积分已迁到别的村，不能迁回；回来居住的，请从那个村迁入")
	ErrNotLeft       = fault.New(fault.Conflict, "household.not_left", "这一户没有迁出，不用迁回")
	ErrIdentityTaken = fault.New(fault.Conflict, "household.identity_taken", "这个身份证号已经登记在本村的另一户；请先在那一户里把该成员迁出").On("id_number")
	ErrHeadLeaves    = fault.New(fault.Conflict, "household.head_leaves", "户主不能直接移出；请先改户主，或把整户迁出")
	ErrReason        = fault.New(fault.Invalid, "household.reason", "请写明原因（2 到 200 个字）").On("reason")
)
