package claim

import (
	"strings"
	"testing"
)

// TestNeighboursPhone: what was told by a neighbour's phone says whose it was and how it was known who spoke, and the
// household is told so; no other way keeps such a word.
func TestNeighboursPhone(t *testing.T) {
	s := newStand(t)
	d := deed(s.home)
	d.Identity = Neighbour
	for _, through := range []string{"", " 李 ", strings.Repeat("长", 61)} {
		d.Through = through
		_, err := s.Submit(ctx, s.grid, d)
		want(t, "through "+through, err, ErrThrough)
	}
	d.Through = " 李四的电话，听得出是本人 "
	c := s.must(s.grid, d)
	if got := c.Brought(); got != "代办：邻居的电话里说的（李四的电话，听得出是本人）" {
		t.Error(got)
	}
	if n := s.count(`select count(*) from message where village_id = 11 and subject_id = $1 and kind = 'claim.recorded' and detail like '%李四的电话%'`, c.ID); n != 1 {
		t.Errorf("the household is told %d times by whose phone", n)
	}
	d.Identity, d.OccurredOn = Seen, day("2026-11-20")
	if c := s.must(s.grid, d); c.Through != "" || c.Brought() != "网格员记录" {
		t.Errorf("%+v", c)
	}
}
