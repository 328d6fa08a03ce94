package rescore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/blob/blobtest"
	"cunfen/internal/evidence"
	"cunfen/internal/fault"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/rulebook"
	"cunfen/tenants"
)

func TestVeil(t *testing.T) {
	t.Parallel()
	v := newVeil(Known{Village: "海沿村", People: []string{"徐海波", "王秀英", "欧阳娜娜", "李"}, Doors: []string{"3组12号", "12", "渔港路5号东"}, Places: []string{"文化礼堂", "海丰农资店", "村部"}})
	for text, want := range map[string]string{
		"徐海波和王秀英清扫河岸":                   "某人和某人清扫河岸",
		"海沿村的王婶、老徐、秀英嫂":                 "某村的某人、某人、某人",
		"在海沿码头，渔港路5号东，电话13800001234":    "在某村码头，某处，电话***",
		"3组12号门前，2026年10月5日":            "某处门前，2026年10月5日",
		"4组8号和二组，身份证32068119800101123X": "某组某号和某组，身份证***",
		"在文化礼堂帮忙，海丰农资店送的毛巾，村部发的":        "在某处帮忙，某处送的毛巾，村部发的",
		"捡到12元还给失主":                     "捡到12元还给失主",
		"":                              "",
	} {
		if got := v.over(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
		if again := v.over(v.over(text)); again != v.over(text) {
			t.Errorf("%q twice: %q", text, again)
		}
	}
}

// TestSuspects points out what may be the name of a shop or a place, and hides what is ticked of it.
func TestSuspects(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"在老王超市门口拾到钱包，送到张家桥边": {"老王超市", "张家桥"},
		"清扫公路，给双灶小学送书":       {"清扫公路", "双灶小学"},
		"某处和某村码头":            nil,
		"捡到12元还给失主":          nil,
	} {
		if got := suspects(text); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if got := hide("在老王超市门口，清扫公路", []string{"老王超市", "门口", ""}); got != "在某超市门口，清扫公路" {
		t.Error(got)
	}
}

// peers is a township's village A with a sample of five, and village B, whose group looks a second time.
type peers struct {
	*pgtest.DB
	s       *Service
	officer actor.Actor
	first   map[uuid.UUID]bool
	d       Draw
	photo   uuid.UUID
	member  actor.Actor // of village B's group
}

const theirVillage, theirHead, theirDoor = "沙丘村", "钱守仁", "柳树浜9号"

func newPeers(t *testing.T) *peers {
	t.Helper()
	db := pgtest.New(t)
	db.At("2026-11-20T10:00:00+08:00")
	ctx := context.Background()
	p := &peers{DB: db, officer: actor.Actor{Account: uuid.New(), Name: "局里老周", Role: actor.Bureau, Township: pgtest.Town1}, first: map[uuid.UUID]bool{}}
	p.s = &Service{DB: db.DB, Evidence: &evidence.Service{DB: db.DB, Blobs: blobtest.New(t).Store}}
	rules := tenants.Document()
	rules.Version = 1
	if err := db.InVillage(ctx, actor.System(pgtest.A), func(tx pg.Tx) error { return rulebook.Insert(ctx, tx, rules) }); err != nil {
		t.Fatal(err)
	}
	db.Exec(t, `update village set name = $1, state = 'live' where id = 11`, theirVillage)
	db.Exec(t, `update village set state = 'live' where id in (12, 21)`)
	home := db.Household(t, pgtest.A, theirDoor, theirHead)
	grid := pgtest.In(pgtest.A, actor.Grid)
	var m bytes.Buffer
	pic := image.NewGray(image.Rect(0, 0, 900, 700))
	for x := range 900 {
		pic.SetGray(x, x%700, color.Gray{uint8(x)})
	}
	if err := jpeg.Encode(&m, pic, nil); err != nil {
		t.Fatal(err)
	}
	e, err := p.s.Evidence.Upload(ctx, grid, &m)
	if err != nil {
		t.Fatal(err)
	}
	p.photo = e.ID
	for i := range 5 {
		id, state := pg.NewID(), "posted"
		if p.first[id] = i != 0; !p.first[id] {
			state = "rejected"
		}
		db.Exec(t, `insert into claim (village_id, id, household_id, item, parts, rule_version, points, occurred_on, channel, recorder, recorder_name, recorded_at, note, state, reviewer, decided_at)
			values (11, $1, $2, 'P24', '{"": 1}', 1, 5, '2026-10-01', 'self', $1, '', '2026-10-05T10:00:00+08:00', $3, $4, $5, '2026-10-06T10:00:00+08:00')`, id, home, "钱婶在"+theirVillage+theirDoor+"拾到钱包", state, uuid.New())
		if i == 1 {
			db.Exec(t, `update evidence set claim_id = $1 where id = $2`, id, e.ID)
		}
	}
	if p.d, err = p.s.Draw(ctx, p.officer, pgtest.A, 202610, 5); err != nil {
		t.Fatal(err)
	}
	p.member = p.seat(t, pgtest.B, "committee")
	return p
}

// seat gives somebody new a place in a village.
func (p *peers) seat(t *testing.T, v actor.VillageID, role string) actor.Actor {
	t.Helper()
	who := pgtest.In(v, actor.Role(role))
	who.Name = "成员" + who.Account.String()[:4]
	p.Exec(t, `insert into account (id, name, phone, phone_index, created_at) values ($1, $2, $3, $3, now()) on conflict do nothing`, who.Account, who.Name, who.Account[:])
	p.Exec(t, `insert into membership (village_id, id, account_id, name, role, starts_on, created_at) values ($1, $2, $3, $4, $5, '2026-01-01', now())`, int64(v), uuid.New(), who.Account, who.Name, role)
	return who
}

func (p *peers) hand(t *testing.T) Look {
	t.Helper()
	if err := p.s.Hand(context.Background(), p.officer, pgtest.A, p.d.ID, Handing{To: pgtest.B, Photos: []uuid.UUID{p.photo}}); err != nil {
		t.Fatal(err)
	}
	all, err := p.s.Looks(context.Background(), p.member, "", "")
	if err != nil || len(all) == 0 {
		t.Fatalf("%d looks, %v", len(all), err)
	}
	for f, want := range map[[2]string]int{{"open", ""}: 1, {"done", ""}: 0, {"", "老周"}: 1, {"open", "好人好事"}: 1, {"", "没有的"}: 0} {
		if found, err := p.s.Looks(context.Background(), p.member, f[0], f[1]); err != nil || len(found) != want {
			t.Errorf("%q finds %d, %v", f, len(found), err)
		}
	}
	return all[0]
}

// TestSecondGroup hands a sample to another village's group, which changes its mind once and hands it back: the sum is
// the first village's, and nothing of either is the other's to read.
func TestSecondGroup(t *testing.T) {
	t.Parallel()
	p := newPeers(t)
	ctx := context.Background()
	l := p.hand(t)
	_, items, err := p.s.Look(ctx, p.member, l.ID)
	if err != nil || len(items) != 5 || l.Size != 5 {
		t.Fatalf("%d items, %v", len(items), err)
	}
	photos := 0
	for _, i := range items {
		photos += len(i.Photos)
		if i.Rule == "" || i.Amount != "1" || i.Note != "某人在某村某处拾到钱包" {
			t.Errorf("item = %+v", i)
		}
	}
	if photos != 1 {
		t.Fatalf("%d photos", photos)
	}
	// all that stands in the second village's rows, read as the owner: nothing of the first
	var text string
	if err := p.Owner.QueryRow(ctx, `select string_agg(x, ' ') from (select row_to_json(l)::text from second_look l union all select row_to_json(i)::text from second_item i union all select row_to_json(a)::text from audit a where village_id = 12
		union all select row_to_json(m)::text from message m where village_id = 12 union all select row_to_json(e)::text from evidence e where village_id = 12) as a(x)`).Scan(&text); err != nil {
		t.Fatal(err)
	}
	hidden := []string{theirVillage, theirHead, theirDoor, p.d.ID.String(), p.d.Seed, p.photo.String(), `"village_id":11`, "v11/", "钱婶"}
	for id := range p.first {
		hidden = append(hidden, id.String())
	}
	for _, h := range hidden {
		if strings.Contains(text, h) {
			t.Errorf("the second village's rows hold %q", h)
		}
	}
	// in the second scorer's own transaction the first village's rows do not exist
	err = p.InVillage(ctx, p.member, func(tx pg.Tx) error {
		for _, table := range []string{"rescore", "rescore_item", "rescore_hand", "claim", "household", "member"} {
			if n, err := pg.Scalar[int](ctx, tx, "select count(*)::int from "+table+" where village_id = 11"); err != nil || n != 0 {
				return fmt.Errorf("%s: %d rows of the first village, %w", table, n, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	lead := pgtest.In(pgtest.A, actor.Lead)
	for name, who := range map[string]actor.Actor{"the first village": lead, "a third village": pgtest.In(pgtest.C, actor.Lead)} {
		if _, _, err := p.s.Look(ctx, who, l.ID); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("%s reads the look: %v", name, err)
		}
		if err := p.s.Second(ctx, who, l.ID, items[0].ID, Yes, ""); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("%s decides: %v", name, err)
		}
	}
	if err := p.s.Score(ctx, p.officer, pgtest.A, p.d.ID, p.claim(t, 1), Yes, ""); !errors.Is(err, ErrHanded) {
		t.Errorf("the bureau decides besides: %v", err)
	}
	if err := p.s.Hand(ctx, p.officer, pgtest.A, p.d.ID, Handing{To: pgtest.B}); !errors.Is(err, ErrHanded) {
		t.Errorf("handed twice: %v", err)
	}
	if err := p.s.Second(ctx, p.member, l.ID, items[0].ID, No, ""); !errors.Is(err, ErrNote) {
		t.Errorf("a no without words: %v", err)
	}
	if err := p.s.Second(ctx, p.member, l.ID, uuid.New(), Yes, ""); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("no item: %v", err)
	}
	if err := p.s.Second(ctx, p.member, l.ID, items[0].ID, No, "按错了，看不清"); err != nil {
		t.Fatal(err)
	}
	if err := p.s.Return(ctx, p.member, l.ID); !errors.Is(err, ErrUnscored) {
		t.Errorf("handed back with four to do: %v", err)
	}
	for _, i := range items { // the first once more
		if err := p.s.Second(ctx, p.member, l.ID, i.ID, Yes, ""); err != nil {
			t.Fatal(err)
		}
	}
	d, _, err := p.s.Show(ctx, p.officer, pgtest.A, p.d.ID)
	if n, err2 := p.s.Progress(ctx, p.officer, d); err != nil || err2 != nil || n != 5 || d.Scored != 0 || !d.Out() || d.Peer == "" {
		t.Errorf("d = %+v, %d, %v, %v", d, n, err, err2)
	}
	if err := p.s.Return(ctx, p.member, l.ID); err != nil {
		t.Fatal(err)
	}
	if err := p.s.Second(ctx, p.member, l.ID, items[0].ID, No, "后来想想"); !errors.Is(err, ErrGone) {
		t.Errorf("changed after it was handed back: %v", err)
	}
	if err := p.s.Recall(ctx, p.officer, pgtest.A, p.d.ID); !errors.Is(err, ErrBack) {
		t.Errorf("recalled after it was handed back: %v", err)
	}
	var jobs int
	if err := p.Owner.QueryRow(ctx, `select count(*) from outbox where village_id = 12 and kind = 'rescore.collect'`).Scan(&jobs); err != nil || jobs != 1 {
		t.Fatalf("%d jobs, %v", jobs, err)
	}
	for range 2 { // begun twice
		if err := p.s.Collect(ctx, actor.System(pgtest.B), CollectJob{l.ID}); err != nil {
			t.Fatal(err)
		}
	}
	done, seen, err := p.s.Show(ctx, p.officer, pgtest.A, p.d.ID)
	if err != nil || !done.Done() || done.Out() || done.Agreed != 4 || seen[0].ScorerName != PeerName {
		t.Errorf("done = %+v, %v", done, err)
	}
	own, err := p.s.Own(ctx, lead)
	if err != nil || own.Size != 5 || own.Agreed != 4 || own.Low > 0.8 || own.High < 0.8 {
		t.Errorf("own = %+v, %v", own, err)
	}
	if theirs, err := p.s.Own(ctx, p.member); err != nil || theirs.Size != 0 {
		t.Errorf("the second village's own sum = %+v, %v", theirs, err)
	}
	all, err := p.s.List(ctx, p.officer)
	if sums := Agreements(all, p.Now().AddDate(-1, 0, 0)); err != nil || len(sums) != 1 || sums[0].Agreed != 4 {
		t.Errorf("sums = %+v, %v", sums, err)
	}
	var kept int
	if err := p.Owner.QueryRow(ctx, `select count(*) from evidence where village_id = 12 and removed_at is null`).Scan(&kept); err != nil || kept != 0 {
		t.Errorf("%d copies of photos are left, %v", kept, err)
	}
}

// claim is the record at a position of the sample.
func (p *peers) claim(t *testing.T, position int) (id uuid.UUID) {
	t.Helper()
	if err := p.Owner.QueryRow(context.Background(), `select claim_id from rescore_item where rescore_id = $1 and position = $2`, p.d.ID, position).Scan(&id); err != nil {
		t.Fatal(err)
	}
	return id
}

// TestHandRefuses: to whom a sample does not go, and what of it does not.
func TestHandRefuses(t *testing.T) {
	t.Parallel()
	p := newPeers(t)
	ctx := context.Background()
	none := &Handing{}
	p.Exec(t, `insert into village (id, township_id, code, name, kind, created_at, state) values (13, 1, 'empty', '空村', 'village', now(), 'live')`)
	for name, h := range map[string]Handing{"nobody": *none, "itself": {To: pgtest.A}, "another township's": {To: pgtest.C}, "one without a group": {To: 13}, "none": {To: 987654}} {
		if err := p.s.Hand(ctx, p.officer, pgtest.A, p.d.ID, h); !errors.Is(err, ErrPeer) {
			t.Errorf("to %s: %v", name, err)
		}
	}
	if err := p.s.Hand(ctx, p.officer, pgtest.A, p.d.ID, Handing{To: pgtest.B, Photos: []uuid.UUID{uuid.New()}}); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("with a photo of no sample: %v", err)
	}
	if err := p.s.Hand(ctx, p.officer, pgtest.A, p.d.ID, Handing{To: pgtest.B, Notes: map[int]string{1: strings.Repeat("长", 301)}}); !errors.Is(err, ErrMasked) {
		t.Errorf("with a long note: %v", err)
	}
	for name, who := range map[string]actor.Actor{"a department": {Role: actor.Department, Township: pgtest.Town1}, "another township": {Role: actor.Bureau, Township: pgtest.Town2}, "the village": pgtest.In(pgtest.A, actor.Lead)} {
		if err := p.s.Hand(ctx, who, pgtest.A, p.d.ID, Handing{To: pgtest.B}); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("%s hands: %v", name, err)
		}
		if err := p.s.Recall(ctx, who, pgtest.A, p.d.ID); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("%s recalls: %v", name, err)
		}
		if _, _, err := p.s.Offer(ctx, who, pgtest.A, p.d.ID); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("%s reads the offer: %v", name, err)
		}
	}
	if err := p.s.Recall(ctx, p.officer, pgtest.A, p.d.ID); !errors.Is(err, ErrNotHere) {
		t.Errorf("recalled what is not out: %v", err)
	}
	// who sits in both groups does not look; a name that the officer writes is masked again
	both := p.seat(t, pgtest.B, "committee")
	p.Exec(t, `insert into membership (village_id, id, account_id, name, role, starts_on, created_at) values (11, $1, $2, '兼任', 'grid', '2026-01-01', now())`, uuid.New(), both.Account)
	if err := p.s.Hand(ctx, p.officer, pgtest.A, p.d.ID, Handing{To: pgtest.B, Notes: map[int]string{1: "就是" + theirHead + "家的，在老王超市，清扫公路"}, Hide: map[int][]string{1: {"老王超市"}}}); err != nil {
		t.Fatal(err)
	}
	all, _ := p.s.Looks(ctx, p.member, "", "")
	_, items, err := p.s.Look(ctx, p.member, all[0].ID)
	if err != nil || items[0].Note != "就是某人家的，在某超市，清扫公路" || len(items[0].Photos)+len(items[1].Photos) != 0 {
		t.Errorf("items = %+v, %v", items[0], err)
	}
	if err := p.s.Second(ctx, both, all[0].ID, items[0].ID, Yes, ""); !errors.Is(err, ErrNotYou) {
		t.Errorf("who sits in both: %v", err)
	}
	if err := p.s.Recall(ctx, p.officer, pgtest.A, p.d.ID); err != nil {
		t.Fatal(err)
	}
	if err := p.s.Second(ctx, p.member, all[0].ID, items[0].ID, Yes, ""); !errors.Is(err, ErrGone) {
		t.Errorf("decided after the recall: %v", err)
	}
	if _, items, err := p.s.Look(ctx, p.member, all[0].ID); err != nil || len(items) != 0 {
		t.Errorf("%d items to read after the recall, %v", len(items), err)
	}
	// the bureau looks itself then, may change its mind before the last, and hands nothing over any more
	if err := p.s.Score(ctx, p.officer, pgtest.A, p.d.ID, p.claim(t, 1), No, "看不出做了什么"); err != nil {
		t.Fatal(err)
	}
	if err := p.s.Score(ctx, p.officer, pgtest.A, p.d.ID, p.claim(t, 1), Yes, ""); err != nil {
		t.Errorf("changed before the last: %v", err)
	}
	if err := p.s.Hand(ctx, p.officer, pgtest.A, p.d.ID, Handing{To: pgtest.B}); !errors.Is(err, ErrBegun) {
		t.Errorf("handed after the bureau began: %v", err)
	}
}
