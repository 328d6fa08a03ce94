// Package tenure is a village's life as a tenant: its name, whether it works, what it may use and has otherwise
// than others; how everything of it is taken out in open formats, deleted with proof and brought in elsewhere; and
// how homes move between villages with their books when villages merge, split or somebody moves house.
package tenure

import (
	"context"

	"cunfen/internal/blob"
	"cunfen/internal/crypt"
	"cunfen/internal/fault"
	"cunfen/internal/pg"
	"cunfen/internal/village"
)

// Service is what the screens and the operator's commands ask.
type Service struct {
	DB       *pg.DB
	Villages *village.Register
	Vault    *crypt.Vault
	Blobs    *blob.Store

	Keep func(context.Context) (*Keeper, func(), error) // opens what carries whole villages; nil or an error where this process may not
}

// Faults of a village's life.
var (
	ErrReason = fault.New(fault.Invalid, "tenure.reason", "请写明原因（4 到 200 字），会记入日志").On("reason")
	ErrName   = fault.New(fault.Invalid, "tenure.name", "请写新的名称（2 到 20 字）").On("name")
	ErrSame   = fault.New(fault.Invalid, "tenure.same", "名称没有变").On("name")
	ErrState  = fault.New(fault.Conflict, "tenure.state", "这个村现在%s，不能这样办；请刷新后再看")
	ErrOrigin = fault.New(fault.Invalid, "tenure.origin", "网站地址一行一个，写到域名为止，例如 https://www.rudong.gov.cn，最多 10 个").On("embed")
	ErrQuota  = fault.New(fault.Invalid, "tenure.quota", "限额应是 0 到 10000000 的整数，0 是不限")
)
