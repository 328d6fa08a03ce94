package opening

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/sheetfile"
)

var columns = []sheetfile.Column{
	{Title: "存折编号", Required: true, Max: 30, Help: "新存折（系统里）的编号", Example: "HY0012", Width: 14},
	{Title: "户主", Required: true, Max: 30, Help: "和登记的户主一致，用来核对", Example: "张桂兰", Width: 12},
	{Title: "旧存折余额", Required: true, Kind: sheetfile.Number, Max: 100000, Help: "旧存折最后一行的余额", Example: "86", Width: 12},
	{Title: "截止日期", Required: true, Kind: sheetfile.Day, Help: "旧存折记到哪一天", Example: "2026-06-30", Width: 14},
	{Title: "旧存折编号", Max: 30, Help: "没有就不填", Width: 14},
}

// Template is the empty sheet to fill in.
func Template() ([]byte, error) {
	return sheetfile.Template("旧存折结转", columns, "每户一行；导入后还要住户和小组两方签字，才会入账。", "每户只结转一次；往年的分不能结转。")
}

// Report is what a sheet of old books came to.
type Report struct {
	Rows     int
	Points   int64
	Problems []sheetfile.Problem
	Marked   []byte // the sheet with what is wrong beside each row
}

const sqlHomes = `-- opening.homes
select h.id, h.passbook_no, h.head, h.state = 'active' as active,
  exists (select from opening o where o.village_id = @village_id and o.household_id = h.id and o.state in ('noted', 'posted')) as there
from household h where h.village_id = @village_id and h.passbook_no = any(@numbers)`

// Import writes a sheet of old books down, whole or not at all; where anything is wrong with it, it says what
// and changes nothing. With try it changes nothing either way.
func (s *Service) Import(ctx context.Context, who actor.Actor, data []byte, try bool) (r Report, err error) {
	defer fault.Wrap(&err, "opening.Import")
	sheet, err := sheetfile.Read(ctx, data, columns)
	if err != nil {
		return r, err
	}
	books, problems, err := s.read(ctx, who, sheet)
	if err != nil {
		return r, err
	}
	r.Rows, r.Problems = len(sheet.Rows), append(sheet.Problems, problems...)
	for _, o := range books {
		r.Points += int64(o.Points)
	}
	if len(r.Problems) > 0 {
		r.Marked, err = sheet.Annotate(r.Problems, func(int) string { return "可以导入" })
		return r, err
	}
	if !try {
		_, err = s.Note(ctx, who, books)
	}
	return r, err
}

func (s *Service) read(ctx context.Context, who actor.Actor, sheet *sheetfile.Sheet) (books []Opening, problems []sheetfile.Problem, err error) {
	type home struct {
		ID         uuid.UUID
		PassbookNo string
		Head       string
		Active     bool
		There      bool
	}
	var numbers []string
	for _, row := range sheet.Rows {
		numbers = append(numbers, row.Get("存折编号"))
	}
	of := map[string]home{}
	var today time.Time
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		today = month.Date(tx.Now)
		homes, err := pg.All[home](ctx, tx, sqlHomes, pgx.NamedArgs{"village_id": int64(who.Village), "numbers": numbers})
		for _, h := range homes {
			of[h.PassbookNo] = h
		}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	seen := map[string]int{}
	for _, row := range sheet.Rows {
		no := row.Get("存折编号")
		h, there := of[no]
		asOf, _ := month.ParseDay(row.Get("截止日期"))
		o := Opening{HouseholdID: h.ID, Points: row.Int("旧存折余额"), AsOf: asOf, Book: row.Get("旧存折编号")}
		switch wrong := o.check(today); {
		case !there || !h.Active:
			problems = append(problems, row.Problem("存折编号", "没有这个编号的住户"))
		case strings.TrimSpace(row.Get("户主")) != h.Head:
			problems = append(problems, row.Problem("户主", "和登记的户主（"+h.Head+"）不一致，请核对"))
		case h.There:
			problems = append(problems, row.Problem("存折编号", ErrOnce.Text))
		case seen[no] > 0:
			problems = append(problems, row.Problem("存折编号", "表里这一户出现了两次"))
		case wrong != nil:
			problems = append(problems, row.Problem("旧存折余额", one(wrong)))
		}
		seen[no]++
		books = append(books, o)
	}
	return books, problems, nil
}
