package web_test

import (
	"fmt"
	"net/http"
	"testing"
)

// BenchmarkTownBoard is the whole page of the township's board, from the request to the last byte, with a year of
// months behind each village: at 24 villages, and at 2,000 in one township.
func BenchmarkTownBoard(b *testing.B) {
	s := up(b)
	for _, villages := range []int{24, 2000} {
		s.exec(`insert into village (id, township_id, code, name, kind, created_at) select 1000 + g, 1, 'v' || g, '村' || g, 'village', now() from generate_series(3, $1::int) g on conflict do nothing`, villages)
		s.exec(`delete from figure`)
		s.exec(`insert into figure select v.id, case when g > 0 then 202600 + g else 202512 + g end, 1200, 40, 90, 1100, 4000, 1100, 80, 900, 90000, 8000, 5000, 2000, 4000, 3800, 100, 100, 900000, 30, 20, 10, 5, -25, 3, 2, 1, 1, 0, 1, 0, 800, 40000, 700,
			5000000, 300000, true, 'published', now(), now(), '2026-11-05', now() from village v, generate_series(0, 11) g where v.township_id = 1`)
		s.exec(`insert into figure_class select village_id, month, c, true, 200, 150, 1000 from figure, unnest(array['农村人居环境整治', '移风易俗', '网格治理', '德善公益']) c on conflict do nothing`)
		s.exec(`insert into figure_mark select id, now(), now() from village where township_id = 1 on conflict do nothing`)
		s.exec(`analyze`)
		p := s.people["bureau 1"]
		s.begin(p)
		b.Run(fmt.Sprint(villages), func(b *testing.B) {
			for b.Loop() {
				if a := s.get(p, "/town"); a.status != http.StatusOK || len(a.body) < 500*min(villages, 100) {
					b.Fatal(a.status, len(a.body))
				}
			}
		})
	}
}
