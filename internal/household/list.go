package household

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/page"
	"cunfen/internal/pg"
)

// Line is one household of a list.
type Line struct {
	ID           uuid.UUID
	Door         string
	Team         string
	Grid         int
	Walk         int
	Head         string
	Residence    Residence
	Party        bool
	Phone        string `db:"-"` // masked
	Sealed       []byte `json:"-"`
	PassbookNo   string
	RegisteredOn time.Time
	State        State
	Version      int
	Members      int
	Base         int64
	Usable       int64
	Score        int64
}

// Filter narrows the list; empty fields do not. Search is a head's or member's name, a door, initials, a
// passbook number, or a whole phone or identity number.
type Filter struct {
	Search    string
	Grid      int
	Team      string
	Residence Residence
	Party     *bool
	State     State // "" for those who live in the village
	page.Page
}

const sqlList = `-- household.list
select h.id, h.door, h.team, h.grid, h.walk, h.head, h.residence, h.party, h.phone as sealed, h.passbook_no, h.registered_on, h.state, h.version,
  (select count(*) from member m where m.village_id = @village_id and m.household_id = h.id and m.state = h.state)::int as members,
  coalesce(b.base, 0) as base, coalesce(b.year - b.held - b.disputed + case when h.base_unlocks_on <= @today::date and r.usable then b.base else 0 end, 0) as usable, coalesce(b.score, 0) as score
from household h left join balance b on b.village_id = @village_id and b.household_id = h.id
left join lateral (
  select (settings->>'base_usable')::boolean as usable from rule_set
  where village_id = @village_id and in_force_from <= @today::date order by in_force_from desc, version desc limit 1
) r on true
where h.village_id = @village_id and h.state = @state
  and (@grid::integer = 0 or h.grid = @grid) and (@team = '' or h.team = @team) and (@residence = '' or h.residence = @residence)
  and (@party::boolean is null or h.party = @party) and (@own::uuid is null or h.id = @own)
  and (@search = '' or h.head like @like or h.door like @door or ' ' || h.initials like @letters or h.passbook_no = upper(@search)
    or h.phone_index = @phone
    or exists (select from member m where m.village_id = @village_id and m.household_id = h.id and m.state = h.state
      and (m.name like @like or ' ' || m.initials like @letters or m.id_index = @identity)))
  and (h.grid, h.walk, h.id) > (@after_grid::integer, @after_walk::integer, @after_id::uuid)
order by h.grid, h.walk, h.id limit @rows::integer`

// List reads households in walking order, with the cursor of the next page.
func (s *Service) List(ctx context.Context, who actor.Actor, f Filter) (lines []Line, next string, err error) {
	defer fault.Wrap(&err, "household.List")
	named, err := s.filter(ctx, who, f)
	if err != nil {
		return nil, "", err
	}
	named["rows"] = f.Rows() + 1
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		lines, err = s.lines(ctx, tx, named)
		return err
	})
	lines, next = page.Cut(lines, f.Rows(), cursor)
	return lines, next, err
}

func (s *Service) lines(ctx context.Context, tx pg.Tx, named pgx.NamedArgs) ([]Line, error) {
	lines, err := pg.All[Line](ctx, tx, sqlList, named)
	for i := range lines {
		if err == nil {
			lines[i].Phone, err = s.masked(ctx, tx, lines[i].Sealed)
		}
	}
	return lines, err
}

func cursor(l Line) string { return fmt.Sprintf("%d.%d.%s", l.Grid, l.Walk, l.ID) }

// filter turns a filter into the arguments of the query. A grid worker is kept to the own grid, a household
// to itself.
func (s *Service) filter(ctx context.Context, who actor.Actor, f Filter) (pgx.NamedArgs, error) {
	grid, walk, id, err := parseCursor(f.After)
	if err != nil {
		return nil, err
	}
	search := short(tidy(f.Search))
	named := pgx.NamedArgs{"village_id": int64(who.Village), "state": string(Active), "grid": f.Grid, "team": tidy(f.Team),
		"residence": string(f.Residence), "party": f.Party, "own": nil, "search": search, "like": "%" + escape(search) + "%",
		"door": "%" + escape(tidyDoor(search)) + "%", "letters": letters(search), "phone": nil, "identity": nil,
		"after_grid": grid, "after_walk": walk, "after_id": id, "today": month.Date(s.DB.Now())}
	if f.State == Left {
		named["state"] = string(Left)
	}
	if who.Role == actor.Grid && who.Grid != 0 {
		named["grid"] = who.Grid
	}
	if who.Role == actor.Household {
		named["own"] = who.Household
	}
	return named, s.lookup(ctx, who, tidyNumber(search), named)
}

// lookup adds the keyed index of a search that is a whole phone or identity number.
func (s *Service) lookup(ctx context.Context, who actor.Actor, number string, named pgx.NamedArgs) error {
	if whole := number != "" && (checkPhone(number) == nil || checkIDNumber(number) == nil); !whole {
		return nil
	}
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		key, err := s.Vault.Village(ctx, tx)
		if err == nil {
			named["phone"], named["identity"] = key.Index(phoneKind, number), key.Index(identityKind, number)
		}
		return err
	})
}

// parseCursor reads a cursor; "" stands before everything.
func parseCursor(after string) (grid, walk int, id uuid.UUID, err error) {
	if after == "" {
		return -1, 0, uuid.Nil, nil
	}
	parts := strings.SplitN(after, ".", 3)
	if len(parts) < 3 {
		return 0, 0, id, fault.ErrNotFound
	}
	if id, err = uuid.Parse(parts[2]); err != nil {
		return 0, 0, id, fault.ErrNotFound
	}
	if _, err := fmt.Sscanf(parts[0]+" "+parts[1], "%d %d", &grid, &walk); err != nil {
		return 0, 0, id, fault.ErrNotFound
	}
	return grid, walk, id, nil
}

func short(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40])
	}
	return s
}

var like = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

func escape(s string) string { return like.Replace(s) }

// letters is the pattern for initials, "" where the search is none.
func letters(s string) string {
	s = strings.ToLower(s)
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') {
			return ""
		}
	}
	return "% " + s + "%"
}

const sqlTeams = `-- household.teams
select distinct team from household where village_id = @village_id and state = 'active' and team <> '' order by team`

const sqlGrids = `-- household.grids
select distinct grid from household where village_id = @village_id and state = 'active' and grid > 0 order by grid`

// Places lists the teams and grids that households are in, for choosing from.
func (s *Service) Places(ctx context.Context, who actor.Actor) (teams []string, grids []int, err error) {
	defer fault.Wrap(&err, "household.Places")
	named := pgx.NamedArgs{"village_id": int64(who.Village)}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		if teams, err = pg.Column[string](ctx, tx, sqlTeams, named); err != nil {
			return err
		}
		grids, err = pg.Column[int](ctx, tx, sqlGrids, named)
		return err
	})
	return teams, grids, err
}
