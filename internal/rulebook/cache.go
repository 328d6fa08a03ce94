package rulebook

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// cached is how many rule sets a process keeps: about 50 KB each, so that a server of 10,000 villages holds
// those of the villages at work and not all.
const cached = 256

// cache holds rule sets by their content and version. A version never changes, so nothing in it goes stale;
// the digest in the key keeps out what an unfinished transaction read of itself.
type cache struct {
	mu   sync.RWMutex
	sets map[key]RuleSet
}

type key struct {
	village int64
	stamp
}

var kept = cache{sets: map[key]RuleSet{}}

func (c *cache) find(k key) (RuleSet, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	r, ok := c.sets[k]
	return r, ok
}

// keep adds a rule set, making room by dropping any other.
func (c *cache) keep(k key, r RuleSet) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for old := range c.sets {
		if len(c.sets) < cached {
			break
		}
		delete(c.sets, old)
	}
	c.sets[k] = r
}

type head struct {
	Version     int
	Year        int
	InForceFrom time.Time
	Reason      string
	BasePoints  int
	Settings    extra
}

// load reads a version, from memory where it is there. Callers share its slices and do not change them.
func load(ctx context.Context, tx pg.Tx, s stamp) (RuleSet, error) {
	k := key{int64(tx.Village()), s}
	if r, ok := kept.find(k); ok {
		return r, nil
	}
	args := pgx.NamedArgs{"village_id": k.village, "version": s.Version}
	h, err := pg.One[head](ctx, tx, sqlHead, args)
	if err != nil {
		return RuleSet{}, err
	}
	items, err := pg.Column[Item](ctx, tx, sqlItems, args)
	if err != nil {
		return RuleSet{}, err
	}
	from := h.InForceFrom
	r := RuleSet{Version: h.Version, Year: h.Year, Reason: h.Reason, BasePoints: h.BasePoints, Items: items,
		InForceFrom: time.Date(from.Year(), from.Month(), from.Day(), 0, 0, 0, 0, month.Zone),
		Document:    h.Settings.Document, Settings: h.Settings.Settings, Changes: h.Settings.Changes}
	kept.keep(k, r)
	return r, nil
}
