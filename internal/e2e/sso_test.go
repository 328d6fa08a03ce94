package e2e

import (
	"testing"

	"cunfen/internal/demo"
	"cunfen/internal/sso/ssotest"
	"cunfen/internal/web/kit/kittest"
)

// TestDirectory sets a township's directory up on the platform's page, links an officer, and signs the officer in by
// it; somebody whom nobody linked stays outside and reads why.
func TestDirectory(t *testing.T) {
	s := up(t, "2026-11-20T09:00:00+08:00")
	tab := kittest.Browser(t)
	dir := ssotest.Up(t)
	dir.Now = s.now
	s.app.Site.SSO.Hosts = []string{dir.Host()}
	const page = "/platform/townships/3206/sso"

	admin := s.enter(tab, "平台管理员", demo.PlatformPhone, true)
	admin.open("/platform/townships")
	admin.open(page)
	admin.both("sso-empty")
	admin.fill("name", "县统一认证")
	admin.fill("issuer", "https://elsewhere.example")
	admin.fill("client_id", ssotest.Client)
	admin.fill("secret", ssotest.Secret)
	admin.press("保存")
	admin.says("CUNFEN_SSO_HOSTS")
	admin.fill("issuer", dir.URL)
	admin.fill("secret", ssotest.Secret)
	admin.js(`(() => { for (const n of ['second', 'active']) document.querySelector('input[name=' + n + ']').checked = true; return true; })()`)
	admin.press("保存")
	admin.says("已保存")
	admin.fill("subject", "gu-0001")
	admin.fill("phone", bureauMan)
	admin.submit(`input[name="subject"]`)
	admin.says("已关联")
	admin.both("sso-linked")
	admin.leave()

	admin.open("/sign-in")
	admin.both("sso-sign-in")
	dir.Be(map[string]any{"sub": "stranger", "amr": []string{"mfa"}})
	admin.open("/sign-in/sso/3206")
	admin.says("还没有和村分的账号关联")
	dir.Be(map[string]any{"sub": "gu-0001", "amr": []string{"mfa"}})
	admin.open("/sign-in/sso/3206?next=/town/inbox")
	if admin.path() != "/town/inbox" {
		t.Errorf("the officer is at %s", admin.path())
	}
	admin.leave()
	dir.Be(map[string]any{"sub": "gu-0001"})
	admin.open("/sign-in/sso/3206")
	if admin.path() != "/sign-in/second" {
		t.Errorf("a password alone leads to %s", admin.path())
	}
}
