package web_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/archive"
	"cunfen/internal/finding"
	"cunfen/internal/inform"
	"cunfen/internal/ledger"
	"cunfen/internal/opinion"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/rulebook"
	"cunfen/internal/sms"
	"cunfen/internal/web"
)

// What must not come out: who reported, to anybody but those who decide the matter; the matter, the reasons and the item of what could harm
// somebody at home, on whatever the home shares or the public reads.
const (
	reporter = "举报人欧阳冬青"
	secret   = "堂屋里摔碎的蓝花碗"
	reason   = "蓝花碗一事属实"
)

// itemCode is the harmful item's code, not three letters within a check code.
var itemCode = regexp.MustCompile(`(^|[^A-Z0-9])N22([^A-Z0-9]|$)`)

// TestPrivateAtHome asks every route that only reads, as everybody, for the things of a home with a matter that its
// screen must not tell, one at its notice and one deducted, and with an open one that somebody reported. What comes
// back as page, sheet, paper or JSON is read as words.
func TestPrivateAtHome(t *testing.T) {
	s := up(t)
	v := *s.a
	s.exec(`insert into relative (village_id, account_id, household_id, relation, declared_at) values (11, $1, $2, '兄弟', now())`, s.people[near].who.Account, v.home)
	s.texting(&v)
	whispered, entry := s.harm(&v)
	s.pack(&v)
	v.finding, v.entry = whispered, entry
	title := s.title("N22")
	open := []string{"", "household a", "neighbour a", "household b", "department", near}
	people := []string{"", "household a", "neighbour a", "grid a", "desk a", "committee a", "lead a", near, "bureau 1", "department"}
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
				if told[key] = true; slices.Contains(open, key) {
					t.Errorf("%s as %q tells %s", line(r), key, w)
				}
			}
			if key == near && !listsItems(r) && !choosesItems(r) && strings.Contains(words, title) {
				t.Errorf("%s names %s to a member of the group who is related to the home", line(r), title)
			}
			if (key == near || key == "household a") && itemCode.MatchString(words) && !listsItems(r) && !choosesItems(r) {
				t.Errorf("%s as %q names the item", line(r), key)
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
	texts := s.texts()
	heard := false
	for _, text := range texts {
		heard = heard || strings.Contains(text, shared)
		for _, w := range []string{secret, reason, reporter, title, "碗", "减分", "评定"} {
			if strings.Contains(text, w) {
				t.Errorf("a short message tells %s: %s", w, text)
			}
		}
		if strings.Contains(text, shared) && strings.Contains(text, "整改") {
			t.Errorf("a phone that the home shares is told of a matter: %s", text)
		}
	}
	if !heard {
		t.Errorf("nothing came to the home's phone, so nothing was tried: %q", texts)
	}
	l := s.people["household a"]
	s.begin(l)
	if a := s.get(l, "/lines/"+entry.String()); a.status != http.StatusOK || !strings.Contains(a.body, "减") {
		t.Errorf("the deduction itself is not shown: %d", a.status)
	}
	if a := s.get(l, "/api/v1/lines/"+entry.String()); a.status != http.StatusOK || !strings.Contains(a.body, `"hidden":true`) || !strings.Contains(a.body, `"points":-10`) || strings.Contains(a.body, "occurred_on") {
		t.Errorf("the deduction as JSON: %d %s", a.status, a.body)
	}
}

// near is a member of the group who is related to the home.
const near = "second a"

// texting lets the village send short messages to the home's one phone, which all of it read, and to its staff.
func (s *stand) texting(v *place) {
	s.t.Helper()
	s.exec(`update village set settings = settings || '{"messages": {"sms": true}}' where id = 11`)
	for range 2 { // the village's key is made in the first transaction and used in the second
		s.inside(v, func(tx pg.Tx) error {
			key, err := s.app.Vault.Village(context.Background(), tx)
			if err == nil {
				_, err = tx.Exec(context.Background(), `update household set phone = $1 where village_id = 11 and id = $2`, key.Seal(shared), v.home)
			}
			return err
		})
	}
}

// shared is the phone of the home.
const shared = "13911112222"

// texts sends what waits to be sent, and answers what came to which phone.
func (s *stand) texts() (all []string) {
	s.t.Helper()
	var out strings.Builder
	post := &inform.Service{DB: s.app.DB, Vault: s.app.Vault, SMS: sms.NewConsole(&out)}
	rows, err := s.db.Owner.Query(context.Background(), `select id from message where village_id = 11 and sms = 'waiting' order by id`)
	if err != nil {
		s.t.Fatal(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	for _, id := range ids {
		if err == nil {
			err = post.Send(context.Background(), actor.System(pgtest.A), inform.SendJob{Message: id}, nil)
		}
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(out.String()), "\n")
}

// pack makes the month's pack anew, now that the matters are in it.
func (s *stand) pack(v *place) {
	s.t.Helper()
	ctx := context.Background()
	id, err := s.app.Site.Archive.Ask(ctx, s.people["lead a"].who, archive.Of(v.month))
	if err == nil {
		v.pack, err = id, s.app.Site.Archive.Make(ctx, actor.System(pgtest.A), archive.MakeJob{ID: id})
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// choosesItems reports whether a page has every item of the rules in a list to choose from.
func choosesItems(r web.Route) bool {
	return r.Path == "/field/offline" || r.Path == "/findings" || strings.HasPrefix(r.Path, "/findings/for/") || strings.HasPrefix(r.Path, "/record/") || r.Path == "/review" || strings.HasSuffix(r.Path, "/exempt")
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
	s.exec(`update finding set state = 'posted', month = 202610, entry_id = $2 where village_id = 11 and id = $1`, past, entry)
	withdrawn, err := found.Record(ctx, grid, finding.Draft{Household: v.home, Item: "N21", Parts: map[string]int{"t1": 1}, OccurredOn: s.app.DB.Now().AddDate(0, 0, -1), Matter: secret, Private: true, Basis: "村调解记录",
		Proofs: []rulebook.Evidence{rulebook.MediationRecord}})
	if err == nil {
		_, err = found.Withdraw(ctx, lead, withdrawn.ID, reason)
	}
	must(err)
	o, err := s.app.Site.Appeals.File(ctx, lead, entry, "不是这样的，"+secret)
	must(err)
	v.objected = o.ID
	var door string
	must(s.db.Owner.QueryRow(ctx, `select door from household where village_id = 11 and id = $1`, v.home).Scan(&door))
	third := pgtest.In(pgtest.A, actor.Household)
	third.Household = s.db.Household(s.t, pgtest.A, "9-9", "第三家")
	said, err := s.app.Site.Opinion.File(ctx, third, opinion.Draft{Kind: opinion.Matter, Place: door, Words: "他家" + secret}) // what another home says of it
	if must(err); said.TargetID == nil || *said.TargetID != v.home {
		s.t.Fatalf("the matter is about %v", said.TargetID)
	}
	must(s.app.DB.InVillage(ctx, actor.System(pgtest.A), func(tx pg.Tx) error { // and another word, which does come to the phone
		_, err := inform.Tell(ctx, tx, inform.Message{Household: v.home, Kind: inform.MonthPublished})
		return err
	}))
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
		return strings.Join(strings.Fields(string(text)), "") + "\n" + string(text) // words that a line's end cuts, and codes that stand alone
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
