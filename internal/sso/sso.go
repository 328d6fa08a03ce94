// Package sso lets people of a township sign in by the township's or the county's own directory (OpenID Connect),
// where the platform's administrators have set one up: the code flow with PKCE, a state that comes back once and to
// the same browser, a nonce, and tokens of that very issuer alone. The directory says who somebody is; what they
// may do is what their seats here say, and only the seats in that township. Nobody gets an account by it.
package sso

import (
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/account"
	"cunfen/internal/actor"
	"cunfen/internal/crypt"
	"cunfen/internal/fault"
	"cunfen/internal/limit"
	"cunfen/internal/pg"
	"cunfen/internal/session"
)

// Service signs people in by directories and looks after which there are.
type Service struct {
	DB       *pg.DB
	Vault    *crypt.Vault
	Accounts *account.Service
	Once     *session.Once
	Limit    *limit.Limiter
	Hosts    []string // the directories that the operator lets the program call
	Plain    bool     // a directory may be without TLS, in development
	Address  string   // of the site, for coming back

	mu    sync.Mutex
	known map[string]known
	http  *http.Client
}

// Claim is by what of a person's token the account is found.
type Claim string

// The claims.
const (
	Subject Claim = "sub"          // by the link that an administrator made
	Phone   Claim = "phone_number" // by a phone number that the directory says is verified
)

// Provider is a township's directory.
type Provider struct {
	TownshipID actor.TownshipID
	Township   string
	Name       string
	Issuer     string
	ClientID   string
	Secret     []byte // sealed
	Claim      Claim
	Second     bool // the directory's word on a second factor is believed
	Active     bool
	ChangedAt  time.Time
	ChangedBy  string
}

// Link is a person of the directory and the account that is theirs.
type Link struct {
	ID       uuid.UUID
	Subject  string
	Name     string
	LinkedAt time.Time
	LinkedBy string
}

// Faults of signing in by a directory.
var (
	ErrAway     = fault.New(fault.Unavailable, "sso.away", "统一登录现在连不上，请过一会儿再试，或用手机号和密码登录")
	ErrRefused  = fault.New(fault.Unauthorized, "sso.refused", "统一登录没有成功或已超时，请从头再登录一次")
	ErrUnlinked = fault.New(fault.Unauthorized, "sso.unlinked", "统一登录认出了您，但还没有和村分的账号关联；请联系平台管理员，或用手机号和密码登录")

	ErrName    = fault.New(fault.Invalid, "sso.name", "请写按钮上的名称（2 到 20 字），例如县统一认证").On("name")
	ErrIssuer  = fault.New(fault.Invalid, "sso.issuer", "请写统一认证的地址（issuer），以 https:// 开头，没有 ? 和 #").On("issuer")
	ErrHost    = fault.New(fault.Invalid, "sso.host", "这个地址不在允许连接的名单里，请运维人员把 %s 写进 CUNFEN_SSO_HOSTS").On("issuer")
	ErrClient  = fault.New(fault.Invalid, "sso.client_id", "请写对方发给的客户端编号（client_id，1 到 200 字）").On("client_id")
	ErrSecret  = fault.New(fault.Invalid, "sso.secret", "请写对方发给的客户端密钥；以后不再显示，换的时候重新写").On("secret")
	ErrClaim   = fault.New(fault.Invalid, "sso.claim", "请选按什么找账号").On("claim")
	ErrNone    = fault.New(fault.Conflict, "sso.none", "请先保存统一登录的设置")
	ErrSubject = fault.New(fault.Invalid, "sso.subject", "请写统一认证里这个人的编号（sub，1 到 255 个字符）").On("subject")
	ErrPerson  = fault.New(fault.Invalid, "sso.person", "没有这个手机号的账号，请先在村里或镇里开通").On("phone")
	ErrLinked  = fault.New(fault.Conflict, "sso.linked", "这个编号或这个人已经关联过；要改请先解除原来的").On("subject")
)
