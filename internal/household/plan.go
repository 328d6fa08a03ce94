package household

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/crypt"
	"cunfen/internal/initials"
	"cunfen/internal/pg"
	"cunfen/internal/sheetfile"
)

// Report is what a sheet would do if it were brought in.
type Report struct {
	Digest   string // of the sheet and of what it would do now
	Rows     int
	Adds     []Added
	Changes  []Changed
	Same     int                 // rows that say what the register says
	Problems []sheetfile.Problem // while there is one, nothing is brought in
	Warnings []sheetfile.Problem
	Unused   []string // titles of columns that are not read
}

// Added is a household that the sheet adds.
type Added struct {
	Row     int
	Door    string
	Head    string
	Team    string
	Grid    int
	Members int // the head counted
}

// Changed is a household that the sheet changes.
type Changed struct {
	Row         int
	HouseholdID uuid.UUID
	Door        string
	Head        string
	Diffs       []Diff
}

// Words names what changes, from what to what.
func (c Changed) Words() string {
	words := make([]string, len(c.Diffs))
	for n, d := range c.Diffs {
		words[n] = d.Field + "：" + cmp.Or(d.From, "—") + " → " + cmp.Or(d.To, "—")
	}
	return strings.Join(words, "；")
}

// Diff is one field that the sheet changes; personal numbers are masked.
type Diff struct{ Field, From, To string }

// plan is a report with the rows to write.
type plan struct {
	Report
	rows      []row    // new
	people    []person // new, of new and of old households
	updates   []row
	before    []row // updates as they were
	members   []person
	memBefore []person
}

// planner compares a sheet with the register.
type planner struct {
	key      *crypt.Key
	place    place
	doors    map[string]row
	people   map[uuid.UUID][]person
	identity map[string]person // by keyed index
	seen     map[string]int    // door to line of the sheet
	seenID   map[string]int
	plan     *plan
}

func (s *Service) plan(ctx context.Context, tx pg.Tx, sheet *sheetfile.Sheet, data []byte) (*plan, error) {
	p := &planner{doors: map[string]row{}, people: map[uuid.UUID][]person{}, identity: map[string]person{}, seen: map[string]int{}, seenID: map[string]int{},
		plan: &plan{Report: Report{Rows: len(sheet.Rows), Problems: slices.Clone(sheet.Problems), Unused: sheet.Unused}}}
	if err := p.load(ctx, tx, s.Vault); err != nil {
		return nil, err
	}
	broken := map[int]bool{}
	for _, w := range sheet.Problems {
		broken[w.Row] = true
	}
	for _, r := range sheet.Rows {
		p.take(parse(r, p.place), broken[r.Number])
	}
	slices.SortStableFunc(p.plan.Problems, func(a, b sheetfile.Problem) int { return a.Row - b.Row })
	p.plan.Digest = p.plan.digest(data)
	return p.plan, nil
}

// load reads the whole register: a village's is small.
func (p *planner) load(ctx context.Context, tx pg.Tx, vault *crypt.Vault) (err error) {
	if p.place, err = placeOf(ctx, tx); err != nil {
		return err
	}
	if p.key, err = vault.Village(ctx, tx); err != nil {
		return err
	}
	village := pgx.NamedArgs{"village_id": int64(tx.Village())}
	rows, err := pg.All[row](ctx, tx, sqlRegister, village)
	if err != nil {
		return err
	}
	people, err := pg.All[person](ctx, tx, sqlRegisterPeople, village)
	for _, r := range rows {
		p.doors[r.Door] = r
	}
	for _, m := range people {
		p.people[m.HouseholdID] = append(p.people[m.HouseholdID], m)
		if m.IDIndex != nil {
			p.identity[string(m.IDIndex)] = m
		}
	}
	return err
}

// take decides what becomes of one row.
func (p *planner) take(r record, broken bool) {
	wrong := append(r.wrong, p.repeated(r)...)
	old, known := p.doors[r.draft.Door]
	if id := p.key.Index(identityKind, r.draft.IDNumber); id != nil && len(wrong) == 0 {
		if m, taken := p.identity[string(id)]; taken && m.HouseholdID != old.ID {
			wrong = append(wrong, r.row.Problem(colIdentity, ErrIdentityTaken.Text))
		}
	}
	p.plan.Problems = append(p.plan.Problems, wrong...)
	switch {
	case len(wrong) > 0 || broken:
	case known:
		p.change(r, old)
	default:
		p.add(r)
	}
}

// repeated finds a door or an identity number that an earlier line of the sheet has.
func (p *planner) repeated(r record) (wrong []sheetfile.Problem) {
	for _, c := range []struct {
		value, title string
		seen         map[string]int
	}{{r.draft.Door, colDoor, p.seen}, {r.draft.IDNumber, colIdentity, p.seenID}} {
		if first := c.seen[c.value]; c.value != "" && first > 0 {
			wrong = append(wrong, r.row.Problem(c.title, fmt.Sprintf("和第 %d 行重复", first)))
			continue
		}
		c.seen[c.value] = r.row.Number
	}
	return wrong
}

func (p *planner) add(r record) {
	home, people := newHome(p.key, r.draft)
	p.plan.rows, p.plan.people = append(p.plan.rows, home), append(p.plan.people, people...)
	p.plan.Adds = append(p.plan.Adds, Added{r.row.Number, home.Door, home.Head, home.Team, home.Grid, len(people)})
}

// change compares a row with the household at its door. Empty cells leave what is there.
func (p *planner) change(r record, old row) {
	now, diffs := p.fields(r, old)
	if slices.ContainsFunc(diffs, func(d Diff) bool { return d.Field == colHead }) {
		p.plan.Warnings = append(p.plan.Warnings, r.row.Problem(colHead,
			fmt.Sprintf("户主由“%s”改为“%s”；如果是换了一户人家，请先把原来的住户迁出，积分才不会算到别家", old.Head, now.Head)))
	}
	diffs = append(diffs, p.family(r, old, now)...)
	if len(diffs) == 0 {
		p.plan.Same++
		return
	}
	p.plan.updates, p.plan.before = append(p.plan.updates, now), append(p.plan.before, old)
	p.plan.Changes = append(p.plan.Changes, Changed{r.row.Number, old.ID, old.Door, now.Head, diffs})
}

// fields compares the household itself.
func (p *planner) fields(r record, old row) (row, []Diff) {
	now, d := old, r.draft
	var diffs []Diff
	differ := func(title, from, to string) bool {
		if r.row.Get(title) == "" || from == to {
			return false
		}
		diffs = append(diffs, Diff{title, from, to})
		return true
	}
	if differ(colHead, old.Head, d.Head) {
		now.Head, now.Initials = d.Head, initials.Of(d.Head)
	}
	if differ(colTeam, old.Team, d.Team) {
		now.Team = d.Team
	}
	if differ(colGrid, fmt.Sprint(old.Grid), fmt.Sprint(d.Grid)) {
		now.Grid = d.Grid
	}
	if differ(colResidence, old.Residence.Chinese(), d.Residence.Chinese()) {
		now.Residence = d.Residence
	}
	if differ(colParty, yes(old.Party), yes(d.Party)) {
		now.Party = d.Party
	}
	if differ(colNote, old.Note, d.Note) {
		now.Note = d.Note
	}
	if index := p.key.Index(phoneKind, d.Phone); index != nil && string(index) != string(old.PhoneIndex) {
		now.Phone, now.PhoneIndex = p.key.Seal(d.Phone), index
		diffs = append(diffs, Diff{colPhone, p.mask(old.Phone), crypt.Mask(d.Phone)})
	}
	return now, diffs
}

func yes(b bool) string {
	if b {
		return "是"
	}
	return "否"
}

func (p *planner) mask(sealed []byte) string {
	plain, err := p.key.Open(sealed)
	if plain == "" || err != nil {
		return ""
	}
	return crypt.Mask(plain)
}

// digest names the sheet together with what it would do to the register as it is now.
func (p *plan) digest(data []byte) string {
	h := sha256.New()
	h.Write(data)
	for _, a := range p.Adds {
		fmt.Fprintf(h, "+%s\n", a.Door)
	}
	for _, r := range p.before {
		fmt.Fprintf(h, "*%s %d\n", r.ID, r.Version)
	}
	return hex.EncodeToString(h.Sum(nil))
}
