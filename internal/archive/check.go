package archive

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/ledger"
	"cunfen/internal/month"
	"cunfen/internal/notice"
	"cunfen/internal/signoff"
)

const entriesFile, chainFile, balancesFile = "ledger/entries.csv", "ledger/chain.csv", "ledger/balances.csv"

func entryOf(r record) ledger.Entry {
	return ledger.Entry{ID: r.id("id"), HouseholdID: r.id("household_id"), MemberID: r.id("member_id"), Reverses: r.id("reverses"),
		SourceKind: ledger.SourceKind(r.number("source_kind")), SourceID: r.id("source_id"), Recorder: r.id("recorder"), Reviewer: r.id("reviewer"),
		Evidence: r.bytes("evidence"), At: r.instant("at"), Points: int(r.number("points")), Month: month.Month(r.number("month")),
		OccurredOn: r.day("occurred_on"), RuleVersion: int(r.number("rule_version")), Kind: ledger.Kind(r.number("kind")), Bucket: ledger.Bucket(r.number("bucket")),
		Scores: r.text("scores") == "true", Item: r.text("item")}
}

// block is a block of the chain as the pack states it.
type block struct {
	seq      int64
	upto     uuid.UUID
	entries  int64
	previous []byte
	hash     []byte
}

// book walks the lines of the book: each once, in order, what is taken back the mirror of its line; of a year's
// pack the chain over all of them and the balances that they come to.
func (c *checker) book() {
	chain := &walk{c: c}
	if !c.Manifest.Period.IsMonth() {
		c.rows(chainFile, func(_ int, r record) {
			chain.blocks = append(chain.blocks, block{r.number("seq"), r.id("upto"), r.number("entries"), r.bytes("previous"), r.bytes("hash")})
		})
		if len(chain.blocks) == 0 || chain.blocks[len(chain.blocks)-1].upto != c.Manifest.Upto {
			c.find("%s：封存链与清单的封存点不一致", chainFile)
			chain.over = true
		}
	} else if c.Manifest.Upto != uuid.Nil {
		c.find("%s：月份档案不该有封存点", manifestName)
	}
	last, seen := uuid.Nil, map[source]bool{}
	c.rows(entriesFile, func(n int, r record) {
		e := entryOf(r)
		c.Entries++
		if e.ID == uuid.Nil || bytes.Compare(e.ID[:], last[:]) <= 0 {
			c.find("%s：第 %d 行 %s 次序不对或重复", entriesFile, n, e.ID)
		}
		last = e.ID
		from := source{e.SourceKind, e.SourceID}
		if seen[from] {
			c.find("%s：第 %d 行 %s，同一件事记了两次", entriesFile, n, e.ID)
		}
		seen[from] = true
		c.enter(n, e)
		if !c.Manifest.Period.IsMonth() {
			chain.add(n, e)
		}
	})
	if !c.Manifest.Period.IsMonth() {
		chain.end()
		c.balances()
	}
}

func (c *checker) enter(n int, e ledger.Entry) {
	l := line{e.ID, e.HouseholdID, e.Points, e.Kind, e.Month, e.Item}
	if e.Kind == ledger.Award || e.Kind == ledger.Deduction {
		c.entries[source{e.SourceKind, e.SourceID}] = l
	}
	if c.Manifest.Period.IsMonth() {
		return
	}
	if o, ok := c.whole[e.Reverses]; e.Kind == ledger.Reversal && (!ok || o.points != -e.Points || o.home != e.HouseholdID || o.kind == ledger.Reversal) {
		c.find("%s：第 %d 行 %s，冲正与原记录不对应", entriesFile, n, e.ID)
	}
	c.whole[e.ID] = l
	h := c.heights[e.HouseholdID]
	if h == nil {
		h = &[4]int64{}
		c.heights[e.HouseholdID] = h
	}
	switch e.Bucket {
	case ledger.BaseBucket:
		h[0] += int64(e.Points)
	case ledger.YearBucket:
		h[1] += int64(e.Points)
	}
	if e.Scores {
		h[2] += int64(e.Points)
	}
	h[3]++
}

// walk goes along the chain with the lines.
type walk struct {
	c      *checker
	blocks []block
	at     int   // the block that the next line belongs to
	n      int64 // lines in it so far
	link   *ledger.Link
	over   bool // the chain broke, and what follows says nothing
}

func (w *walk) begin() bool {
	if w.at >= len(w.blocks) || w.over {
		return false
	}
	b, before := w.blocks[w.at], make([]byte, sha256.Size)
	if w.at > 0 {
		before = w.blocks[w.at-1].hash
	}
	if b.seq != int64(w.at+1) || !bytes.Equal(b.previous, before) {
		w.c.find("%s：第 %d 块没有扣在前一块上", chainFile, w.at+1)
		w.over = true
		return false
	}
	w.link, w.n = ledger.NewLink(b.previous, b.seq, b.upto), 0
	return true
}

func (w *walk) add(n int, e ledger.Entry) {
	for !w.over {
		if w.link == nil && !w.begin() {
			if !w.over {
				w.c.find("%s：第 %d 行 %s 不在封存链里", entriesFile, n, e.ID)
				w.over = true
			}
			return
		}
		if b := w.blocks[w.at]; bytes.Compare(e.ID[:], b.upto[:]) < 0 {
			w.link.Add(e)
			w.n++
			return
		}
		w.close()
	}
}

func (w *walk) close() {
	b := w.blocks[w.at]
	if w.n != b.entries || !bytes.Equal(w.link.Hash(), b.hash) {
		w.c.find("%s：第 %d 块（%d 条）的记录被改动、删除或插入，重算的封存值不一致", entriesFile, b.seq, b.entries)
		w.over = true
		return
	}
	w.c.Blocks++
	w.at, w.link = w.at+1, nil
}

func (w *walk) end() {
	for !w.over && (w.link != nil || w.begin()) {
		w.close()
	}
}

// balances compares what the pack states of each household with what its lines come to.
func (c *checker) balances() {
	c.rows(balancesFile, func(n int, r record) {
		c.Balances++
		id := r.id("household_id")
		h := c.heights[id]
		if h == nil {
			h = &[4]int64{}
		}
		if *h != [4]int64{r.number("base"), r.number("year"), r.number("honour"), r.number("entries")} {
			c.find("%s：第 %d 行，户 %s 的余额与台账重算的不一致（基础 %d、年度 %d、荣誉 %d、%d 笔）", balancesFile, n, id, h[0], h[1], h[2], h[3])
		}
		delete(c.heights, id)
	})
	for id := range c.heights {
		c.find("%s：缺户 %s 的余额", balancesFile, id)
	}
}

// evidence gathers the hashes of the photos by claim.
func (c *checker) evidence() {
	c.rows("evidence.csv", func(n int, r record) {
		if len(r.bytes("sha256")) != sha256.Size {
			c.find("evidence.csv：第 %d 行没有照片指纹", n)
		}
		if claim := r.id("claim_id"); claim != uuid.Nil {
			c.photos[claim] = append(c.photos[claim], r.bytes("sha256")...)
		}
	})
}

// months checks each month's sheet, signatures and notices. What the signed sheets hold, and nothing else, is
// what the book has of awards and deductions.
func (c *checker) months() {
	dirs := map[string]bool{}
	for _, f := range c.Manifest.Files {
		if parts := strings.Split(f.Name, "/"); parts[0] == "months" && len(parts) > 2 {
			dirs[parts[1]] = true
		}
	}
	all := make([]string, 0, len(dirs))
	for d := range dirs {
		all = append(all, d)
	}
	slices.Sort(all)
	signed := map[month.Month]bool{}
	for _, d := range all {
		m, err := month.Parse(d)
		if err != nil || !c.Manifest.Period.holds(m) {
			c.find("months/%s：不属于这一期档案", d)
			continue
		}
		signed[m] = true
		c.sheet("months/"+d+"/", m)
		for n := 1; dirs[d]; n++ {
			dir := fmt.Sprintf("months/%s/notice-%d/", d, n)
			if c.at[dir+"notice.csv"] == nil {
				break
			}
			c.notice(dir, m, n)
		}
	}
	if c.Manifest.Period.IsMonth() && !signed[c.Manifest.Period.Month()] {
		c.find("months/%s：缺这个月的签字表", c.Manifest.Period)
	}
	for from, e := range c.entries {
		if signed[e.month] && from.kind != ledger.FromOpening {
			c.find("%s：%s 的这一笔不在当月签过字的表上", entriesFile, e.id)
		}
	}
}

// sheet checks what was signed and by whom.
func (c *checker) sheet(dir string, m month.Month) {
	var sheet record
	c.rows(dir+"sheet.csv", func(_ int, r record) { sheet = r })
	if sheet == nil || sheet.number("month") != int64(m) {
		c.find("%ssheet.csv：缺签字表", dir)
		return
	}
	lines := c.sheetLines(dir, sheet)
	if sum := signoff.Digest(m, int(sheet.number("revision")), lines); !bytes.Equal(sum, sheet.bytes("hash")) || int64(len(lines)) != sheet.number("lines") {
		c.find("%ssheet_lines.csv：签字表的条目与签字时的指纹不一致", dir)
	}
	kinds, by := map[string]bool{}, map[uuid.UUID]bool{}
	c.rows(dir+"signatures.csv", func(n int, r record) {
		c.Signers++
		kinds[r.text("kind")], by[r.id("account_id")] = true, true
		if !bytes.Equal(r.bytes("hash"), sheet.bytes("hash")) {
			c.find("%ssignatures.csv：第 %d 行 %s 签的不是这张表", dir, n, r.text("name"))
		}
		if posted := sheet.instant("posted_at"); r.instant("signed_at").After(posted) {
			c.find("%ssignatures.csv：第 %d 行 %s 的签字晚于入账", dir, n, r.text("name"))
		}
		c.drawing(dir, n, r)
	})
	if n := int64(len(by)); n != sheet.number("signatures") || n < 2 {
		c.find("%ssignatures.csv：签字不全，应有 %d 人，只有 %d 人", dir, sheet.number("signatures"), n)
	}
	for _, kind := range []string{"党员代表", "群众代表"} {
		if !kinds[kind] {
			c.find("%ssignatures.csv：缺%s的签字", dir, kind)
		}
	}
	for _, l := range lines {
		if others := len(by); by[l.Recorder] && others < 2 || others == 0 {
			c.find("%ssheet_lines.csv：%s 只有记录人自己签字", dir, l.ID)
		}
	}
}

func (c *checker) sheetLines(dir string, sheet record) (lines []signoff.Line) {
	sealed := c.Manifest.Period.IsMonth() || sheet.instant("posted_at").UnixMilli() < millis(c.Manifest.Upto)
	c.rows(dir+"sheet_lines.csv", func(n int, r record) {
		l := signoff.Line{Kind: ledger.SourceKind(r.number("kind")), ID: r.id("id"), Round: r.id("round"), HouseholdID: r.id("household_id"), Item: r.text("item"),
			RuleVersion: int(r.number("rule_version")), Points: int(r.number("points")), OccurredOn: r.day("occurred_on"), Recorder: r.id("recorder"), Evidence: r.bytes("evidence")}
		if id := r.id("member_id"); id != uuid.Nil {
			l.MemberID = &id
		}
		for _, id := range strings.Fields(r.text("deciders")) {
			who, _ := uuid.Parse(id) // what is no id makes another digest
			l.Deciders = append(l.Deciders, signoff.Decider{Account: who})
		}
		lines = append(lines, l)
		c.Signed++
		from := source{l.Kind, l.ID}
		e, ok := c.entries[from]
		entry := r.id("entry")
		switch {
		case !ok && sealed:
			c.find("%ssheet_lines.csv：第 %d 行 %s 签过字，台账里没有", dir, n, l.ID)
		case ok && (e.points != l.Points || e.home != l.HouseholdID || e.item != l.Item || int64(e.month) != sheet.number("month") || entry != uuid.Nil && e.id != entry):
			c.find("%ssheet_lines.csv：第 %d 行 %s 与台账不一致", dir, n, l.ID)
		}
		delete(c.entries, from)
		if photos := c.photos[l.ID]; l.Kind == ledger.FromClaim && len(photos) > 0 {
			if sum := sha256.Sum256(photos); !bytes.Equal(sum[:], l.Evidence) {
				c.find("evidence.csv：申报 %s 的照片与签字时的不一致", l.ID)
			}
		}
	})
	return lines
}

func (c *checker) drawing(dir string, n int, r record) {
	want := r.bytes("drawing_sha256")
	if want == nil {
		return
	}
	for _, end := range []string{".png", ".jpg"} {
		if name := dir + "signatures/" + r["account_id"] + end; c.at[name] != nil {
			picture, err := c.read(name)
			if sum := sha256.Sum256(picture); err == nil && bytes.Equal(sum[:], want) {
				return
			}
		}
	}
	c.find("%ssignatures.csv：第 %d 行 %s 的手写签名不在包里或不是原来的", dir, n, r.text("name"))
}

// notice makes the root code of an edition again out of its lines.
func (c *checker) notice(dir string, m month.Month, number int) {
	var head record
	c.rows(dir+"notice.csv", func(_ int, r record) { head = r })
	if head == nil || head.number("month") != int64(m) || head.number("number") != int64(number) {
		c.find("%snotice.csv：公示的月份或期号不对", dir)
		return
	}
	c.Notices++
	n := notice.Notice{Month: m, Number: number, PublishedAt: head.instant("published_at"), Households: int(head.number("households")), Plus: head.number("plus"),
		Minus: head.number("minus"), Spent: head.number("spent"), Root: head.bytes("root")}
	var lines []notice.Line
	sums := [3]int64{}
	c.rows(dir+"lines.csv", func(row int, r record) {
		l := notice.Line{Position: int(r.number("position")), Door: r.text("door"), Head: r.text("head"), Carried: r.number("carried"), Plus: r.number("plus"),
			Minus: r.number("minus"), Spent: r.number("spent"), Total: r.number("total")}
		lines = append(lines, l)
		sums[0], sums[1], sums[2] = sums[0]+l.Plus, sums[1]+l.Minus, sums[2]+l.Spent
		if l.Position != row || l.Total != l.Carried+l.Plus-l.Minus-l.Spent {
			c.find("%slines.csv：第 %d 行 %s 的数字对不上", dir, row, l.Door)
		}
	})
	c.Lines += len(lines)
	if sums != [3]int64{n.Plus, n.Minus, n.Spent} || len(lines) != n.Households {
		c.find("%slines.csv：各户相加与公示的合计不一致", dir)
	}
	if !notice.Holds(actor.VillageID(c.Manifest.Village), n, lines) {
		c.find("%slines.csv：按各行重算的公示根码与公示时的不一致", dir)
	}
	page, err := c.read(dir + "page.html")
	if len(n.Root) != sha256.Size || err != nil || !strings.Contains(string(page), notice.Code(n.Root)) {
		c.find("%spage.html：网页上没有这期公示的查验码", dir)
	}
	for _, name := range []string{"a4.pdf", "a3.pdf"} {
		if c.at[dir+name] == nil {
			c.find("%s%s：缺公示单", dir, name)
		}
	}
}

// millis is the instant in an id.
func millis(id uuid.UUID) int64 {
	return int64(binary.BigEndian.Uint64(append([]byte{0, 0}, id[:6]...)))
}
