package web_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/ledger"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
)

// TestAppealHoldsTheEvidence: whoever decides an appeal reads what the village decided on, of a claim and of a finding,
// with its photos; nobody else of the township does, and of a matter that is private only the steps are told.
func TestAppealHoldsTheEvidence(t *testing.T) {
	s := up(t)
	v := s.a
	town, other := s.people["bureau 1"], []string{"bureau 2", "department", "lead a", "household a"}
	s.begin(town)
	for _, key := range other {
		s.begin(s.people[key])
	}
	says := func(a answer, words ...string) {
		t.Helper()
		for _, w := range words {
			if a.status != http.StatusOK || !strings.Contains(a.body, w) {
				t.Errorf("%d, without %s", a.status, w)
			}
		}
	}
	withheld := func(path string) {
		t.Helper()
		for _, key := range other {
			if a := s.get(s.people[key], path); a.status != http.StatusNotFound && a.status != http.StatusForbidden {
				t.Errorf("%s as %q: %d", path, key, a.status)
			}
		}
	}
	path := "/town/appeals/" + v.appealed.String()
	says(s.get(town, path), "村里凭什么定的", "谁记的", "谁定的", "谁签的字", "经核查无误")
	withheld(path)

	cleared := s.db.Cleared(t, pgtest.A, v.home, "N08", 1, -5)
	s.exec(`update finding set matter = '门前乱堆柴垛', recorder_name = '记录人老季' where village_id = 11 and id = $1`, cleared)
	s.exec(`update finding_vote set reason = '照片里看得清楚' where village_id = 11 and finding_id = $1`, cleared)
	s.exec(`insert into finding_report (village_id, finding_id, reporter) values (11, $1, $2)`, cleared, reporter)
	photo := s.photo(s.people["grid a"].who)
	s.exec(`update evidence set holder_id = $2 where village_id = 11 and id = $1`, photo, cleared)
	var entry uuid.UUID
	err := s.app.DB.InVillage(context.Background(), actor.System(pgtest.A), func(tx pg.Tx) error {
		p, err := ledger.Post(context.Background(), tx, ledger.Entry{HouseholdID: v.home, SourceKind: ledger.FromFinding, SourceID: cleared, Points: -5, Month: 202611, OccurredOn: time.Date(2026, 11, 5, 0, 0, 0, 0, time.UTC),
			RuleVersion: 1, Kind: ledger.Deduction, Bucket: ledger.YearBucket, Scores: true, Item: "N08"})
		entry = p.ID
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	s.exec(`update finding set state = 'posted', month = 202611, entry_id = $2 where village_id = 11 and id = $1`, cleared, entry)
	s.exec(`update appeal set entry_id = $2 where village_id = 11 and id = $1`, v.appealed, entry)
	says(s.get(town, path), "门前乱堆柴垛", "记录人老季", "照片里看得清楚", "发出整改告知", "复查：", path+"/proofs/"+photo.String())
	if a := s.get(town, path); strings.Contains(a.body, reporter) {
		t.Error("the township is told who reported")
	}
	says(s.get(town, "/api/v1/appeals/"+v.appealed.String()), "门前乱堆柴垛", "照片里看得清楚", "发出整改告知", path+"/proofs/"+photo.String())
	if a := s.get(town, path+"/proofs/"+photo.String()); a.status != http.StatusOK || a.header.Get("Content-Type") != "image/jpeg" {
		t.Errorf("the photo: %d", a.status)
	}
	if a := s.get(town, path+"/proofs/"+v.evidence.String()); a.status != http.StatusNotFound {
		t.Errorf("a photo of another record: %d", a.status)
	}
	withheld(path + "/proofs/" + photo.String())
	withheld("/api/v1/appeals/" + v.appealed.String())

	s.exec(`update finding set private = true where village_id = 11 and id = $1`, cleared)
	for _, path := range []string{path, "/api/v1/appeals/" + v.appealed.String()} {
		a := s.get(town, path)
		says(a, "请到村里当面看材料", "发出整改告知", "记录人老季")
		for _, w := range []string{"柴垛", "照片里看得清楚", photo.String()} {
			if strings.Contains(a.body, w) {
				t.Errorf("%s tells %s of a private matter", path, w)
			}
		}
	}
	if a := s.get(town, path+"/proofs/"+photo.String()); a.status != http.StatusNotFound {
		t.Errorf("the photo of a private matter: %d", a.status)
	}
}
