package demo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"iter"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/group"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/sheetfile"
	"cunfen/tenants"
)

// PlatformPhone is the phone of the platform's administrator.
const PlatformPhone = "13800000001"

// Secret is the authenticator secret of a demo person.
func Secret(phone string) string {
	h := sha256.Sum256([]byte("cunfen demo " + phone))
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(h[:20])
}

const sqlHomes = `-- demo.homes
select id, door, head, grid from household where village_id = @village_id and state = 'active' order by grid, walk, door`

func (t *tale) empty(ctx context.Context) (bool, error) {
	err := t.load(ctx)
	return len(t.homes) == 0, err
}

func (t *tale) load(ctx context.Context) error {
	return t.Site.DB.Look(ctx, t.system(), func(tx pg.Tx) (err error) {
		t.homes, err = pg.All[home](ctx, tx, sqlHomes, pgx.NamedArgs{"village_id": t.v.ID})
		return err
	})
}

// register brings the households in from a spreadsheet, as a village does.
func (t *tale) register(ctx context.Context) error {
	var file bytes.Buffer
	if _, err := sheetfile.Export(&file, "住户", heads, t.rows()); err != nil {
		return err
	}
	report, err := t.Site.Households.DryRun(ctx, t.system(), file.Bytes())
	if err != nil {
		return err
	}
	if len(report.Problems) > 0 {
		return fmt.Errorf("demo: the roll call is refused: %+v", report.Problems[0])
	}
	if _, err := t.Site.Households.Commit(ctx, t.system(), t.v.Name+"住户.xlsx", file.Bytes()); err != nil {
		return err
	}
	return t.load(ctx)
}

var heads = []sheetfile.Head{{Title: "门牌号"}, {Title: "户主姓名"}, {Title: "村民小组"}, {Title: "网格"}, {Title: "联系电话"},
	{Title: "户籍类型"}, {Title: "是否党员户"}, {Title: "家庭成员"}, {Title: "备注"}}

// rows are the households: first those where the demo people live, then others, door by door.
func (t *tale) rows() iter.Seq[[]any] {
	return func(yield func([]any) bool) {
		taken := map[string]bool{}
		n := 0
		put := func(door, head, phone, note string, team int) bool {
			taken[door], n = true, n+1
			kind, party := "本村户籍", "否"
			if t.rng.IntN(12) == 0 {
				kind = "外来常住"
			}
			if t.rng.IntN(8) == 0 {
				party = "是"
			}
			return yield([]any{door, t.mark(head), fmt.Sprintf("%d组", team), t.grid(team), phone, kind, party, t.family(), t.mark(note)})
		}
		for _, p := range t.v.People {
			if p.Door != "" && !taken[p.Door] && !put(p.Door, p.Name, p.Phone, "", team(p.Door)) {
				return
			}
		}
		teams := len(t.v.Profile.Groups)
		for i := 0; n < t.Households; i++ {
			team := i%teams + 1
			door := fmt.Sprintf("%d组%d号", team, i/teams+1)
			head := t.name()
			if i < len(rare) {
				head = rare[i]
			}
			if !taken[door] && !put(door, head, "", "", team) {
				return
			}
		}
	}
}

func team(door string) (n int) { _, _ = fmt.Sscanf(door, "%d组", &n); return n }

// grid is the grid of a villagers' group.
func (t *tale) grid(team int) int {
	for _, g := range t.v.Profile.Grids {
		if slices.Contains(g.Groups, team) {
			return g.Number
		}
	}
	return 1
}

// people seats the demo people of the village and keeps them as actors.
func (t *tale) people(ctx context.Context) error {
	at := map[string]uuid.UUID{}
	for _, h := range t.homes {
		at[h.Door] = h.ID
	}
	ends := month.Month(month.Of(t.now).Year()*100+12).End().AddDate(0, 0, -1)
	return t.Site.DB.InVillage(ctx, t.system(), func(tx pg.Tx) error {
		t.staff, t.folk = nil, nil
		for _, p := range t.v.People {
			a := group.Appointment{Name: t.mark(p.Name), Phone: p.Phone, Role: p.Role, Kind: group.Kind(p.Kind), Grid: p.Grid, Household: at[p.Door], Hash: t.hash, TOTP: Secret(p.Phone)}
			if a.Kind.Rotates() {
				a.EndsOn, a.Reason = ends, "村民代表会议决定连任到年底"
			}
			seat, err := t.Site.Group.Seat(ctx, tx, a)
			if err != nil {
				return fmt.Errorf("%s: %w", p.Name, err)
			}
			who := actor.Actor{Account: seat.Account, Name: a.Name, Role: p.Role, Village: actor.VillageID(t.v.ID), Township: t.town, Membership: seat.ID, Household: at[p.Door], Grid: p.Grid}
			if p.Role == actor.Household {
				t.folk = append(t.folk, who)
			} else {
				t.staff = append(t.staff, who)
			}
		}
		return nil
	})
}

// Person is a demo person for the sign-in page and the list of sign-ins.
type Person struct{ Name, Role, Place, Phone, Code string }

// People lists the demo people of a township, one of each role first.
func People(town *tenants.Township) (all []Person) {
	all = append(all, Person{Name: "平台管理员", Role: actor.Platform.Chinese(), Place: "平台", Phone: PlatformPhone})
	for _, p := range town.People {
		all = append(all, Person{Name: p.Name, Role: p.Role.Chinese(), Place: town.Name, Phone: p.Phone})
	}
	for _, v := range town.Villages {
		for _, p := range v.People {
			if p.Phone != favoured { // whose seat has ended when the tale is told
				all = append(all, Person{Name: p.Name, Role: p.Role.Chinese() + kindOf(p), Place: v.Name, Phone: p.Phone})
			}
		}
	}
	return all
}

func kindOf(p tenants.Person) string {
	if p.Kind == "" {
		return ""
	}
	return "（" + p.Kind + "）"
}
