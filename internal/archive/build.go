package archive

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/blob"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/signoff"
)

// mostPaper bounds a notice's paper.
const mostPaper = 64 << 20

// builder writes one pack. Each file is read in a transaction of its own, none of them long: what the pack says of
// the book lies below a point that is past changing, and the rest is what it was when its file was read.
type builder struct {
	*Service
	ctx    context.Context
	who    actor.Actor
	period Period
	upto   uuid.UUID
	out    *packer
	say    func(step, steps int, doing string) error
}

// place is the village of a pack.
type place struct {
	ID       int64
	Code     string
	Name     string
	Kind     string
	Township string
	Settings map[string]any
}

// section is a file that one statement fills.
type section struct{ name, sql string }

var (
	ofYear = []section{{"rules/sets.csv", sqlRuleSets}, {"rules/items.csv", sqlRuleItems}, {"rules/adoption.csv", sqlAdoption}, {"households.csv", sqlHouseholds},
		{"redemptions.csv", sqlRedemptions}}
	decisions = []section{{"decisions/claims.csv", sqlClaims}, {"decisions/rounds.csv", sqlRounds}, {"decisions/round_homes.csv", sqlRoundHomes},
		{"decisions/round_confirms.csv", sqlRoundConfirms}, {"decisions/findings.csv", sqlFindings}, {"decisions/finding_votes.csv", sqlVotes},
		{"decisions/clearances.csv", sqlClearances}, {"decisions/objections.csv", sqlObjections}, {"decisions/appeals.csv", sqlAppeals}, {"evidence.csv", sqlEvidence}}
)

// build writes the period's pack to w and answers its manifest's hash and how many files it has.
func (s *Service) build(ctx context.Context, v actor.VillageID, p Period, w io.Writer, say func(step, steps int, doing string) error) (digest []byte, files int, err error) {
	b := &builder{Service: s, ctx: ctx, who: actor.System(v), period: p, out: newPacker(w), say: say}
	var at place
	var months []month.Month
	err = s.DB.Look(ctx, b.who, func(tx pg.Tx) (err error) {
		if at, err = pg.One[place](ctx, tx, sqlPlace, p.span(tx)); err != nil {
			return err
		}
		if months, err = pg.Column[month.Month](ctx, tx, sqlSheets, p.span(tx)); err != nil || p.IsMonth() {
			return err
		}
		b.upto, err = pg.Scalar[uuid.UUID](ctx, tx, sqlUpto, p.span(tx))
		if errors.Is(err, fault.ErrNotFound) {
			err = ErrSealed
		}
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	if err := b.write(at, months); err != nil {
		return nil, 0, err
	}
	digest, err = b.out.close(Manifest{Period: p, Village: at.ID, Code: at.Code, Name: at.Name, Upto: b.upto})
	return digest, len(b.out.files) + 1, err
}

func (b *builder) write(at place, months []month.Month) error {
	steps, step := len(months)+3, 0
	next := func(doing string) error { step++; return b.say(step, steps, doing) }
	if err := next("说明和规则"); err != nil {
		return err
	}
	if err := b.out.add("README.txt", plain([]byte(readme(at, b.period)))); err != nil {
		return err
	}
	if err := b.section(section{"village.csv", sqlPlace}, nil); err != nil {
		return err
	}
	if !b.period.IsMonth() {
		if err := b.sections(ofYear, nil); err != nil {
			return err
		}
	}
	if err := next("台账"); err != nil {
		return err
	}
	if err := b.book(); err != nil {
		return err
	}
	if err := next("评定和处理"); err != nil {
		return err
	}
	if err := b.sections(decisions, nil); err != nil {
		return err
	}
	for _, m := range months {
		if err := next(m.Chinese()); err != nil {
			return err
		}
		if err := b.month(m); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) sections(all []section, more pgx.NamedArgs) error {
	for _, s := range all {
		if err := b.section(s, more); err != nil {
			return err
		}
	}
	return nil
}

// section writes a file out of one statement; more are arguments beside those of the period.
func (b *builder) section(s section, more pgx.NamedArgs) error {
	return b.out.add(s.name, func(w io.Writer) error {
		return b.rows(s.sql, more, func(rows pgx.Rows) error { return table(w, rows, true, nil) })
	})
}

func (b *builder) rows(sql string, more pgx.NamedArgs, fn func(pgx.Rows) error) error {
	return b.DB.Look(b.ctx, b.who, func(tx pg.Tx) error {
		args := b.period.span(tx)
		args["upto"] = b.upto
		maps.Copy(args, more)
		rows, err := tx.Query(b.ctx, sql, args)
		if err != nil {
			return err
		}
		return fn(rows)
	})
}

// book writes the lines of the book: of a year's pack all of them from the first, with their chain and the
// balances that they come to; of a month's those of the month.
func (b *builder) book() error {
	if b.period.IsMonth() {
		return b.section(section{"ledger/entries.csv", sqlMonthEntries}, nil)
	}
	err := b.out.add("ledger/entries.csv", func(w io.Writer) error {
		for after, first := (uuid.UUID{}), true; ; first = false {
			last := ""
			err := b.rows(sqlEntries, pgx.NamedArgs{"after": after}, func(rows pgx.Rows) error {
				return table(w, rows, first, func(cells []string) { last = cells[0] })
			})
			if err != nil || last == "" {
				return err
			}
			if after, err = uuid.Parse(last); err != nil {
				return err
			}
		}
	})
	if err != nil {
		return err
	}
	return b.sections([]section{{"ledger/chain.csv", sqlChain}, {"ledger/balances.csv", sqlBalances}}, nil)
}

// month writes what was signed, by whom, and every edition of the notice.
func (b *builder) month(m month.Month) error {
	dir := "months/" + m.String() + "/"
	args := pgx.NamedArgs{"month": int32(m)}
	var v signoff.View
	var editions []edition
	var drawings []drawing
	err := b.DB.Look(b.ctx, b.who, func(tx pg.Tx) (err error) {
		if v, err = b.Months.Read(b.ctx, tx, m); err != nil {
			return err
		}
		a := pgx.NamedArgs{"village_id": int64(tx.Village()), "month": int32(m)}
		if drawings, err = pg.All[drawing](b.ctx, tx, sqlDrawings, a); err != nil {
			return err
		}
		editions, err = pg.All[edition](b.ctx, tx, sqlNotices, a)
		return err
	})
	if err != nil {
		return err
	}
	if err := b.section(section{dir + "sheet.csv", sqlSheet}, args); err != nil {
		return err
	}
	if err := b.out.add(dir+"sheet_lines.csv", func(w io.Writer) error { return sheetLines(w, v.Lines) }); err != nil {
		return err
	}
	if err := b.section(section{dir + "signatures.csv", sqlSignatures}, args); err != nil {
		return err
	}
	for _, d := range drawings {
		if err := b.out.add(dir+"signatures/"+d.AccountID.String()+ending(d.Drawing), plain(d.Drawing)); err != nil {
			return err
		}
	}
	for _, e := range editions {
		if err := b.notice(dir, m, e); err != nil {
			return err
		}
	}
	return nil
}

type drawing struct {
	AccountID uuid.UUID
	Drawing   []byte
}

type edition struct {
	Number int32
	Page   []byte
	A4, A3 string
}

func ending(picture []byte) string {
	if http.DetectContentType(picture) == "image/jpeg" {
		return ".jpg"
	}
	return ".png"
}

// notice writes one edition: the figures, the page and the papers as they went out, and what was read aloud.
func (b *builder) notice(dir string, m month.Month, e edition) error {
	dir += fmt.Sprintf("notice-%d/", e.Number)
	args := pgx.NamedArgs{"month": int32(m), "number": e.Number}
	if err := b.sections([]section{{dir + "notice.csv", sqlNotice}, {dir + "lines.csv", sqlNoticeLines}}, args); err != nil {
		return err
	}
	z, err := gzip.NewReader(bytes.NewReader(e.Page))
	if err != nil {
		return err
	}
	err = b.out.add(dir+"page.html", func(w io.Writer) error {
		_, err := io.Copy(w, io.LimitReader(z, mostPaper))
		return err
	})
	if err != nil {
		return err
	}
	for _, p := range [][2]string{{"a4.pdf", e.A4}, {"a3.pdf", e.A3}} {
		key, err := blob.ParseKey(b.who.Village, p[1])
		if err != nil {
			return err
		}
		pdf, err := b.Blobs.Get(b.ctx, key, mostPaper)
		if err != nil {
			return err
		}
		if err := b.out.add(dir+p[0], plain(pdf)); err != nil {
			return err
		}
	}
	return nil
}

// lineColumns are what is signed of a line, in the order of its digest, and what else the sheet shows of it.
var lineColumns = []string{"kind", "id", "round", "household_id", "member_id", "item", "rule_version", "points", "occurred_on", "recorder", "evidence", "deciders", "entry", "extra"}

func sheetLines(w io.Writer, lines []signoff.Line) error {
	out := csv.NewWriter(w)
	_ = out.Write(lineColumns) // kept until Flush
	for _, l := range lines {
		member := ""
		if l.MemberID != nil {
			member = l.MemberID.String()
		}
		deciders := make([]string, len(l.Deciders))
		for i, d := range l.Deciders {
			deciders[i] = d.Account.String()
		}
		_ = out.Write([]string{strconv.Itoa(int(l.Kind)), l.ID.String(), l.Round.String(), l.HouseholdID.String(), member, l.Item, strconv.Itoa(l.RuleVersion),
			strconv.Itoa(l.Points), l.OccurredOn.Format(time.DateOnly), l.Recorder.String(), hex.EncodeToString(l.Evidence), strings.Join(deciders, " "), l.Entry.String(), strconv.Itoa(l.Extra)})
	}
	out.Flush()
	return out.Error()
}

// readme tells somebody who has nothing but the pack what it is and how to check it.
func readme(at place, p Period) string {
	what := "本月签字表、签字、公示（网页、A4、A3、明细）、评定记录、台账明细和证明材料清单"
	if !p.IsMonth() {
		what = "截至封存时的全部积分台账和封存链、各户余额，本年每月的签字表、签字、公示，评定、整改、异议、申诉、兑换记录，细则各版本和四议两公开记录，证明材料清单"
	}
	return at.Township + at.Name + p.Chinese() + "积分档案\n\n内容：" + what + "。\n" + `
格式：.csv 为 UTF-8 表格（以 ' 开头的格子，去掉这个符号就是原文），.html、.pdf、.png、.jpg 为当时的原件；
时间一律为协调世界时（北京时间减 8 小时），日期为北京时间。照片本身不在包里，evidence.csv 记着每张照片的 SHA-256。

核对：cunfen archive verify 文件名.zip
不用联网，不用数据库。会逐个核对文件指纹（manifest.json），重算台账链、余额、公示根码，核对签字的内容。
也可以手工核对：manifest.json 里的 sha256 就是每个文件的 SHA-256；
公示根码：把 notice.csv、lines.csv 按 RFC 6962 的办法（SHA-256，叶子前加 0x00，结点前加 0x01）做成默克尔树，根的前 40 位就是纸上的查验码。
公示抬头的叶子：notice|村编号|年-月|期号|公示日|户数|加分|减分|兑换；每户一行的叶子：line|序号|门牌|户主|上月结余|加分|减分|兑换|现有。
`
}
