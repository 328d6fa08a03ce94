package web_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestFrozenMonthOffersNoRound: what would be refused is not offered, and the page says why.
func TestFrozenMonthOffersNoRound(t *testing.T) {
	s := up(t)
	lead := s.people["lead a"]
	s.begin(lead)
	a := s.get(lead, "/rounds?month=2026-10")
	if a.status != http.StatusOK || strings.Contains(a.body, "开始2026年10月巡查") || !strings.Contains(a.body, "已经汇总签字，不能再开始") {
		t.Errorf("October is signed: %d %s", a.status, a.body)
	}
	s.exec(`delete from inspection_home where village_id = 11`)
	s.exec(`delete from inspection_confirm where village_id = 11`)
	s.exec(`delete from inspection where village_id = 11`)
	if a := s.get(lead, "/rounds"); a.status != http.StatusOK || !strings.Contains(a.body, "开始2026年11月巡查") || strings.Contains(a.body, "不能再开始") {
		t.Errorf("November is not: %d", a.status)
	}
}
