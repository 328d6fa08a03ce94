package web_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/finding"
	"cunfen/internal/ledger"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/rulebook"
	"cunfen/internal/web"
)

// What must not come out: who reported, to anybody but those who decide the matter; the matter, the reasons and the item of what could harm
// somebody at home, on whatever the home shares or the public reads.
const (
	reporter = "举报人欧阳冬青"
	secret   = "堂屋里摔碎的蓝花碗"
	reason   = "蓝花碗一事属实"
)

// TestPrivateAtHome asks every route that only reads, as everybody, for the things of a home with a matter that its
// screen must not tell, one at its notice and one deducted, and with an open one that somebody reported. What comes
// back as page, sheet, paper or JSON is read as words.
func TestPrivateAtHome(t *testing.T) {
	s := up(t)
	v := *s.a
	whispered, entry := s.harm(&v)
	v.finding, v.entry = whispered, entry
	title := s.title("N22")
	shared := []string{"", "household a", "neighbour a", "household b", "department"}
	people := []string{"", "household a", "neighbour a", "grid a", "desk a", "committee a", "lead a", "bureau 1", "department"}
	told, asked := map[string]bool{}, 0
	for _, r := range s.server.Routes() {
		if r.Method != http.MethodGet || r.Static || strings.Contains(r.Path, "/*") {
			continue
		}
		path, _, _ := address(t, r, &v)
		for _, key := range people {
			p := s.people[key]
			if p != nil && !r.Public && !s.may(p, r.Action) {
				continue
			}
			s.begin(p)
			a := s.get(p, path)
			if a.status != http.StatusOK {
				continue
			}
			asked++
			words := worded(t, a.body)
			if strings.Contains(words, reporter) && !(line(r) == "GET /findings/:id" && (key == "committee a" || key == "lead a")) { // those who decide weigh it
				t.Errorf("%s as %q tells who reported", line(r), key)
			}
			for _, w := range []string{secret, reason} {
				if !strings.Contains(words, w) {
					continue
				}
				if told[key] = true; slices.Contains(shared, key) {
					t.Errorf("%s as %q tells %s", line(r), key, w)
				}
			}
			if key == "household a" && !listsItems(r) && strings.Contains(words, title) {
				t.Errorf("%s: the home's screen names %s", line(r), title)
			}
		}
	}
	if !told["lead a"] || asked < 300 {
		t.Errorf("nothing was tried: %d answers, the lead reads it: %v", asked, told["lead a"])
	}
	var words string
	err := s.db.Owner.QueryRow(t.Context(), `select coalesce(string_agg(kind || detail, ' '), '') from message where village_id = 11 and (subject_id = any($1) or detail ~ '碗|欧阳')`,
		[]uuid.UUID{whispered, v.round}).Scan(&words)
	if err != nil || strings.Contains(words, "finding") || strings.Contains(words, "碗") || strings.Contains(words, reporter) {
		t.Errorf("a message tells: %s (%v)", words, err)
	}
	l := s.people["household a"]
	s.begin(l)
	if a := s.get(l, "/lines/"+entry.String()); a.status != http.StatusOK || !strings.Contains(a.body, "减") {
		t.Errorf("the deduction itself is not shown: %d", a.status)
	}
}

// listsItems reports whether a page of the home shows the rules themselves, where every item stands.
func listsItems(r web.Route) bool {
	for _, word := range []string{"rules", "items", "claims", "evaluation", "opinions", "feedback", "exemptions", "villages"} {
		if strings.Contains(r.Path, word) {
			return true
		}
	}
	return false
}

func (s *stand) title(code string) (title string) {
	s.t.Helper()
	if err := s.db.Owner.QueryRow(context.Background(), `select body->>'title' from rule_item where village_id = 11 and code = $1 order by version desc limit 1`, code).Scan(&title); err != nil || title == "" {
		s.t.Fatal(code, err)
	}
	return title
}

// harm puts the matters into the village: the home's own with its notice, and its deduction in the book.
func (s *stand) harm(v *place) (whispered, entry uuid.UUID) {
	s.t.Helper()
	ctx, grid := context.Background(), s.people["grid a"].who
	lead := s.people["lead a"].who
	must := func(err error) {
		s.t.Helper()
		if err != nil {
			s.t.Fatal(err)
		}
	}
	found := s.app.Site.Found
	f, err := found.Record(ctx, grid, finding.Draft{Household: v.home, Item: "N22", Parts: map[string]int{"": 1}, OccurredOn: s.app.DB.Now(), Matter: secret, Reporter: reporter, Private: true, Basis: "村调解记录",
		Proofs: []rulebook.Evidence{rulebook.MediationRecord}})
	must(err)
	_, err = found.Issue(ctx, lead, f.ID, finding.Tell{Demand: "好好照看老人，" + secret, Help: []string{"law"}, DueOn: s.app.DB.Now().AddDate(0, 0, 15)})
	must(err)
	_, err = found.Deliver(ctx, lead, f.ID, "户主")
	must(err)
	s.exec(`insert into finding_report (village_id, finding_id, reporter) values (11, $1, $2) on conflict do nothing`, v.finding, reporter)
	var version int
	must(s.db.Owner.QueryRow(ctx, `select max(version) from rule_item where village_id = 11 and code = 'N22'`).Scan(&version))
	past := s.db.Cleared(s.t, pgtest.A, v.home, "N22", version, -10)
	s.exec(`update finding set private = true, matter = $2, outcome_note = '' where village_id = 11 and id = $1`, past, secret)
	s.exec(`update finding_vote set reason = $2 where village_id = 11 and finding_id = $1`, past, reason)
	s.exec(`insert into finding_report (village_id, finding_id, reporter) values (11, $1, $2)`, past, reporter)
	must(s.app.DB.InVillage(ctx, actor.System(pgtest.A), func(tx pg.Tx) error {
		p, err := ledger.Post(ctx, tx, ledger.Entry{HouseholdID: v.home, SourceKind: ledger.FromFinding, SourceID: past, Points: -10, Month: 202611, OccurredOn: time.Date(2026, 11, 5, 0, 0, 0, 0, time.UTC),
			RuleVersion: version, Kind: ledger.Deduction, Bucket: ledger.YearBucket, Scores: true, Item: "N22"})
		entry = p.ID
		return err
	}))
	s.exec(`update finding set state = 'posted', month = 202611, entry_id = $2 where village_id = 11 and id = $1`, past, entry)
	return f.ID, entry
}

// worded is what an answer says: a workbook or an archive file by file, a paper by its text.
func worded(t *testing.T, body string) string {
	t.Helper()
	switch {
	case strings.HasPrefix(body, "%PDF"):
		c := exec.CommandContext(t.Context(), "pdftotext", "-", "-")
		c.Stdin = strings.NewReader(body)
		text, err := c.Output()
		if err != nil {
			t.Fatalf("pdftotext: %v", err)
		}
		return strings.Join(strings.Fields(string(text)), "")
	case strings.HasPrefix(body, "PK"):
		z, err := zip.NewReader(bytes.NewReader([]byte(body)), int64(len(body)))
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		for _, f := range z.File {
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintln(&out, worded(t, string(b)))
		}
		return out.String()
	}
	return body
}
