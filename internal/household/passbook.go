package household

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/pg"
)

const sqlNumbers = `-- household.numbers
insert into passbook_counter as c (village_id, last) values (@village_id, @n)
on conflict (village_id) do update set last = c.last + @n
returning last`

// numbersFor takes the next n passbook numbers of the village. Whoever takes some waits for whoever took the
// ones before; those of a transaction that fails are given again.
func numbersFor(ctx context.Context, tx pg.Tx, village string, n int) ([]string, error) {
	last, err := pg.Scalar[int](ctx, tx, sqlNumbers, pgx.NamedArgs{"village_id": int64(tx.Village()), "n": n})
	if err != nil {
		return nil, err
	}
	all := make([]string, n)
	for i := range all {
		all[i] = PassbookNo(village, last-n+1+i)
	}
	return all, nil
}

const sqlRoom = `-- household.room
select coalesce((v.flags->'most'->>'households')::int, 0) as most, case when v.flags->'most' ? 'households'
  then (select count(*)::int from household h where h.village_id = @village_id and h.state = 'active') else 0 end as used from village v where v.id = @village_id`

// room refuses more homes than the village may have. Whoever comes here holds the counter's row, so that two at once
// cannot both take the last place.
func room(ctx context.Context, tx pg.Tx, n int) error {
	r, err := pg.One[struct{ Most, Used int }](ctx, tx, sqlRoom, pgx.NamedArgs{"village_id": int64(tx.Village())})
	if err == nil && r.Most > 0 && r.Used+n > r.Most {
		err = ErrQuota.With(r.Most, r.Used, n)
	}
	return err
}

// PassbookNo is the number on the n-th passbook of a village: its code, the number and a check character.
func PassbookNo(village string, n int) string {
	body := fmt.Sprintf("%s-%06d", strings.ToUpper(village), n)
	return body + "-" + check(body)
}

// ValidPassbookNo reports whether s could be a passbook number: the check character finds any single wrong
// character and any two that changed places side by side.
func ValidPassbookNo(s string) bool {
	s = strings.ToUpper(s)
	i := strings.LastIndexByte(s, '-')
	return i > 0 && check(s[:i]) == s[i+1:]
}

const characters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// check is ISO 7064 MOD 37,36 over the letters and digits of s.
func check(s string) string {
	p := 36
	for _, r := range s {
		v := strings.IndexRune(characters, r)
		if v < 0 {
			continue
		}
		if p = (p + v) % 36; p == 0 {
			p = 36
		}
		p = p * 2 % 37
	}
	return characters[(37-p)%36 : (37-p)%36+1]
}

const sqlRenumber = `-- household.renumber
update household set passbook_no = @no, version = version + 1, updated_at = @now
where village_id = @village_id and id = @id and state = 'active' returning id`

// Renumber gives a household the next passbook number in place of the one that it has.
func Renumber(ctx context.Context, tx pg.Tx, id uuid.UUID) (old, fresh string, err error) {
	r, err := lock(ctx, tx, id)
	if err != nil {
		return "", "", err
	}
	place, err := placeOf(ctx, tx)
	if err != nil {
		return "", "", err
	}
	numbers, err := numbersFor(ctx, tx, place.Code, 1)
	if err != nil {
		return "", "", err
	}
	a := args(tx, id)
	a["no"], a["now"] = numbers[0], tx.Now
	_, err = pg.Scalar[uuid.UUID](ctx, tx, sqlRenumber, a)
	return r.PassbookNo, numbers[0], err
}
