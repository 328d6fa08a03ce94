package chars

import "testing"

func TestBetween(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{"": false, "村": false, "村分": true, " 村 ": false, "  村分 \n": true, "龘村分": true, "𬭎𫖮䶮分": false} {
		if got := Between(s, 2, 3); got != want {
			t.Errorf("%q: %v", s, got)
		}
	}
}
