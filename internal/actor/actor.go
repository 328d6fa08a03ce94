// Package actor says who is acting. It is a value passed as an argument, never
// fetched from a context inside the domain.
package actor

import "github.com/google/uuid"

// VillageID, TownshipID and AccountID are distinct types so that one cannot
// stand in for another.
type (
	VillageID  int64
	TownshipID int64
	AccountID  = uuid.UUID
)

// Role is what a membership lets its holder do; policies/ decides what that is.
type Role string

// The roles of policies/policy.csv.
const (
	Platform   Role = "platform"   // 平台管理员
	Bureau     Role = "bureau"     // 镇农业农村和社会事业局
	Department Role = "department" // 涉乡村治理部门，只读
	Lead       Role = "lead"       // 工作小组组长
	Committee  Role = "committee"  // 工作小组成员
	Grid       Role = "grid"       // 网格员
	Desk       Role = "desk"       // 兑换经办人
	Household  Role = "household"  // 住户
	Worker     Role = "worker"     // the program itself, in a job
)

// Roles lists every role that a person can hold.
var Roles = []Role{Platform, Bureau, Department, Lead, Committee, Grid, Desk, Household}

// Chinese is the role's name on screen.
func (r Role) Chinese() string {
	switch r {
	case Platform:
		return "平台管理员"
	case Bureau:
		return "镇农业农村和社会事业局"
	case Department:
		return "部门查看"
	case Lead:
		return "工作小组组长"
	case Committee:
		return "工作小组成员"
	case Grid:
		return "网格员"
	case Desk:
		return "兑换经办人"
	case Household:
		return "住户"
	}
	return "系统"
}

// Actor is a signed-in person in the one village (or township) that they chose.
// The zero Actor is nobody.
type Actor struct {
	Account    AccountID
	Name       string
	Role       Role
	Village    VillageID  // 0 for bureau, department and platform
	Township   TownshipID // of the village, or the bureau's own; 0 for platform
	Membership uuid.UUID  // the membership this session acts under
	Household  uuid.UUID  // the person's own household in the village, if any
	Grid       int        // the grid of a grid worker, 0 if none
	Topic      string     // what a department looks after, "" for all of it
	Request    string     // request id, for the audit
	Address    string     // network address, for the audit
	Key        string     // idempotency key of the request, "" where it changes nothing
	Body       [32]byte   // hash of what the request says, to tell a repeat from a misuse of its key
}

// Signed reports whether anybody is signed in.
func (a Actor) Signed() bool { return a.Account != uuid.Nil }

// System is the program itself at work for one village, for jobs.
func System(v VillageID) Actor { return Actor{Role: Worker, Name: "系统", Village: v} }
