package household_test

import (
	"errors"
	"testing"

	"github.com/google/uuid"

	"cunfen/internal/household"
	"cunfen/internal/ledger"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
)

// TestSplit: who leaves for a home of their own gets a book of their own and nobody's deduction.
func TestSplit(t *testing.T) {
	v := open(t)
	d := draft("1组1号", "张桂兰")
	d.Members = []household.Person{{Name: "张小军", Relation: "儿子"}, {Name: "李梅", Relation: "儿媳"}, {Name: "张宝", Relation: "孙子"}}
	old := v.register(d)
	who := map[string]uuid.UUID{}
	for _, m := range v.show(old.ID).Members {
		who[m.Name] = m.ID
	}
	cleared := v.db.Cleared(t, pgtest.A, old.ID, "N11", 1, -5)
	err := v.db.InVillage(ctx, v.who, func(tx pg.Tx) error {
		on, _ := month.ParseDay("2026-01-05")
		_, err := ledger.Post(ctx, tx, ledger.Entry{HouseholdID: old.ID, MemberID: who["张小军"], SourceKind: ledger.FromFinding, SourceID: cleared, Points: -5, Month: 202601, OccurredOn: on,
			RuleVersion: 1, Kind: ledger.Deduction, Bucket: ledger.YearBucket, Scores: true, Item: "N11"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for what, p := range map[string]household.Parting{
		"nobody":           {Home: draft("1组2号", ""), Reason: "分家"},
		"the head goes":    {Home: draft("1组2号", ""), Head: who["张桂兰"], Members: []uuid.UUID{who["张桂兰"]}, Reason: "分家"},
		"led from outside": {Home: draft("1组2号", ""), Head: who["张宝"], Members: []uuid.UUID{who["张小军"]}, Reason: "分家"},
		"a stranger goes":  {Home: draft("1组2号", ""), Head: who["张小军"], Members: []uuid.UUID{who["张小军"], pg.NewID()}, Reason: "分家"},
	} {
		if _, err := v.Split(ctx, v.who, old.ID, p); !errors.Is(err, household.ErrWhoGoes) {
			t.Errorf("%s: %v", what, err)
		}
	}
	out, err := v.Split(ctx, v.who, old.ID, household.Parting{Home: draft("1组2号", ""), Head: who["张小军"], Members: []uuid.UUID{who["张小军"], who["李梅"], who["张宝"]}, Reason: "儿子结婚另立门户"})
	if err != nil {
		t.Fatal(err)
	}
	home := v.show(out.ID)
	if home.Head != "张小军" || home.PassbookNo == old.PassbookNo || len(home.Members) != 3 || len(v.show(old.ID).Members) != 1 {
		t.Errorf("%+v", home)
	}
	for _, m := range home.Members {
		if (m.Name == "张小军") != (m.Relation == household.HeadRelation) {
			t.Errorf("%+v", m)
		}
	}
	if was, now := v.balance(old.ID), v.balance(out.ID); was.Year != -5 || now.Year != 0 || now.Score != 0 || now.Base != was.Base {
		t.Errorf("old %+v, new %+v", was, now)
	}
	until, _ := month.ParseDay("2033-05-01")
	if err := v.SetMinor(ctx, v.who, out.ID, who["张宝"], &until); err != nil {
		t.Fatal(err)
	}
	if all, err := v.Minors(ctx, v.who, out.ID); err != nil || len(all) != 1 {
		t.Errorf("%v %v", all, err)
	}
	far, _ := month.ParseDay("2060-05-01")
	if err := v.SetMinor(ctx, v.who, out.ID, who["张宝"], &far); !errors.Is(err, household.ErrMinor) {
		t.Error(err)
	}
}
