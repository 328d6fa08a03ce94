package group

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/pg/pgtest"
)

// What is published is enough to come to the same result with nothing of the program.
func TestOrderCanBeWorkedOutAgain(t *testing.T) {
	t.Parallel()
	list := []Ticket{{Number: 1, Door: "1组1号", Head: "张桂*"}, {Number: 2, Door: "1组2号", Head: "李*"}, {Number: 3, Door: "1组3号", Head: "王*"}}
	numbers := []Number{{"甲", 123456}, {"乙", 7}, {"丙", 0}}
	listHash := sha256.Sum256([]byte("1|1组1号|张桂*\n2|1组2号|李*\n3|1组3号|王*\n"))
	seed := sha256.Sum256([]byte("draw|" + hex.EncodeToString(listHash[:]) + "|123456|7|0"))
	if !bytes.Equal(ListHash(list), listHash[:]) || !bytes.Equal(Seed(ListHash(list), numbers), seed[:]) {
		t.Fatal("hash or seed is not what is published")
	}
	var lots []string
	for i := 1; i <= 3; i++ {
		h := sha256.Sum256(fmt.Appendf(nil, "%s|%d", hex.EncodeToString(seed[:]), i))
		lots = append(lots, fmt.Sprintf("%x %d", h, i))
	}
	sort.Strings(lots)
	for i, n := range Order(seed[:], 3) {
		if !strings.HasSuffix(lots[i], fmt.Sprintf(" %d", n)) {
			t.Errorf("place %d: %d, by hand %s", i+1, n, lots[i])
		}
	}
	if slices.Equal(Order(seed[:], 200), Order(Seed(listHash[:], []Number{{"甲", 123456}, {"乙", 7}, {"丙", 1}}), 200)) {
		t.Error("another number, the same order")
	}
	order := Order(seed[:], 500)
	slices.Sort(order)
	for i, n := range order {
		if n != i+1 {
			t.Fatal("not each once")
		}
	}
}

func TestDraw(t *testing.T) {
	s, db := setup(t)
	ctx, who := context.Background(), pgtest.In(pgtest.A, actor.Lead)
	var homes []uuid.UUID
	for i := range 6 {
		homes = append(homes, db.Household(t, pgtest.A, fmt.Sprintf("1组%d号", i+1), "张桂兰"))
	}
	if _, err := s.Appoint(ctx, who, Appointment{Name: "李四", Phone: "13900000001", Role: actor.Committee, Kind: Villager, Household: homes[0]}); err != nil {
		t.Fatal(err)
	}
	d := NewDraw{Seats: 2, StartsOn: day("2027-01-01"), DrawsOn: day("2026-11-25"), Source: "三名代表各写一个数"}
	for want, bad := range map[error]NewDraw{ErrSeats: {0, d.StartsOn, d.DrawsOn, d.Source}, ErrDrawsOn: {2, d.StartsOn, day("2026-11-23"), d.Source}, ErrSource: {2, d.StartsOn, d.DrawsOn, " "},
		ErrStartsOn: {2, time.Time{}, d.DrawsOn, d.Source}, ErrList: {6, d.StartsOn, d.DrawsOn, d.Source}} {
		if _, err := s.FreezeDraw(ctx, who, bad); !errors.Is(err, want) {
			t.Errorf("%v: %v", want, err)
		}
	}
	id, err := s.FreezeDraw(ctx, who, d)
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.ShowDraw(ctx, actor.Actor{Village: pgtest.A}, id)
	if err != nil || len(v.Tickets) != 5 || v.Tickets[0].Head != "张桂*" || !bytes.Equal(v.ListHash, ListHash(v.Tickets)) {
		t.Fatalf("%+v %v", v, err)
	}
	for _, k := range v.Tickets {
		if k.HouseholdID == homes[0] {
			t.Error("whoever was a representative is drawn again at once")
		}
	}
	three := []Number{{"甲", 123456}, {"乙", 7}, {"丙", 999999}}
	if err := s.DrawLots(ctx, who, id, three); !errors.Is(err, ErrEarly) {
		t.Errorf("before the day: %v", err)
	}
	db.At("2026-11-25T09:00:00+08:00")
	for _, few := range [][]Number{nil, three[:2], {three[0], three[1], three[1]}, {three[0], three[1], {"丁", -1}}, {three[0], three[1], {"丁", 1000000}}} {
		if err := s.DrawLots(ctx, who, id, slices.Clone(few)); !errors.Is(err, ErrNumbers) {
			t.Errorf("%v: %v", few, err)
		}
	}
	if err := s.DrawLots(ctx, pgtest.In(pgtest.B, actor.Lead), id, three); err == nil {
		t.Error("another village draws")
	}
	if err := s.DrawLots(ctx, who, id, slices.Clone(three)); err != nil {
		t.Fatal(err)
	}
	if err := s.DrawLots(ctx, who, id, slices.Clone(three)); !errors.Is(err, ErrDrawn) {
		t.Errorf("again: %v", err)
	}
	v, _ = s.ShowDraw(ctx, who, id)
	order := Order(Seed(v.ListHash, three), 5)
	for i, k := range v.Tickets {
		if k.Rank != i+1 || k.Number != order[i] {
			t.Errorf("place %d: %+v, by the seed %d", i+1, k, order[i])
		}
	}
	seat := func(k Ticket, phone string) error {
		_, err := s.Appoint(ctx, who, Appointment{Name: "王五", Phone: phone, Role: actor.Committee, Kind: Villager, Household: k.HouseholdID, Draw: id, StartsOn: day("2027-01-01")})
		return err
	}
	if err := seat(v.Tickets[2], "13900000002"); !errors.Is(err, ErrNotDrawn) {
		t.Errorf("the third of two: %v", err)
	}
	if err := seat(v.Tickets[0], "13900000002"); err != nil {
		t.Error(err)
	}
	if err := seat(v.Tickets[0], "13900000003"); !errors.Is(err, ErrNotDrawn) {
		t.Errorf("two of one home: %v", err)
	}
	if err := s.Decline(ctx, who, id, v.Tickets[1].Number, "外出务工"); err != nil {
		t.Error(err)
	}
	if err := s.Decline(ctx, who, id, v.Tickets[0].Number, "外出务工"); !errors.Is(err, ErrNotDrawn) {
		t.Errorf("who is seated declines: %v", err)
	}
	if err := seat(v.Tickets[1], "13900000004"); !errors.Is(err, ErrNotDrawn) {
		t.Errorf("who declined: %v", err)
	}
	if err := seat(v.Tickets[2], "13900000004"); err != nil {
		t.Errorf("the next after one declined: %v", err)
	}
}

// TestRemind: each word once, to the lead and to whose term it is.
func TestRemind(t *testing.T) {
	s, db := setup(t)
	ctx, who := context.Background(), pgtest.In(pgtest.A, actor.Lead)
	for phone, a := range map[string]Appointment{"13900000001": {Role: actor.Lead, Kind: Cadre}, "13900000002": {Role: actor.Committee, Kind: Party}, "13900000003": {Role: actor.Committee, Kind: Cadre}} {
		a.Name, a.Phone = "李四", phone
		if _, err := s.Appoint(ctx, who, a); err != nil {
			t.Fatal(err)
		}
	}
	told := func(at string, want int) {
		t.Helper()
		db.At(at)
		for range 2 {
			if err := s.Remind(ctx, actor.System(pgtest.A)); err != nil {
				t.Fatal(err)
			}
		}
		var n int
		if err := db.Owner.QueryRow(ctx, `select count(*) from message where kind = 'seat.ends'`).Scan(&n); err != nil || n != want {
			t.Errorf("%s: %d told, want %d (%v)", at, n, want, err)
		}
	}
	told("2026-12-16T09:00:00+08:00", 0)
	told("2026-12-17T09:00:00+08:00", 2)
	told("2026-12-30T09:00:00+08:00", 4)
	told("2027-01-02T09:00:00+08:00", 6)
	told("2027-02-02T09:00:00+08:00", 6)
}
