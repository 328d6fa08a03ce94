package tenure

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/village"
	"cunfen/tenants"
)

// plan says what an undertaking would do, in figures alone: whoever manages the platform reads no household's record.
func (s *Service) plan(ctx context.Context, k *Work, v Site) (p Plan, err error) {
	switch k.Kind {
	case Merge, Split, Shove:
		return s.planShift(ctx, k, v)
	case Carry:
		p.Facts = siteFacts(v)
		p.Undo = "导出不改动这个村的任何数据。文件用口令加密，保留 7 天，到期自动删除；没有口令谁也打不开，平台不保存口令。"
		p.Command = "CUNFEN_PASSPHRASE=… cunfen tenant export " + v.Code + " " + v.Code + ".age"
	case Erase:
		p.Facts = siteFacts(v)
		if err := s.planErase(ctx, k, v, &p); err != nil {
			return p, err
		}
	}
	if v.State != village.Suspended && v.State != village.Closed {
		p.Blocks = append(p.Blocks, "先暂停这个村，免得边办边变")
	}
	return p, nil
}

func siteFacts(v Site) []Line {
	return []Line{{"住户", fmt.Sprintf("%d 户", v.Households)}, {"积分流水", fmt.Sprintf("%d 条", v.Entries)}, {"照片", fmt.Sprintf("%d 张，%.1f MB", v.Photos, float64(v.Bytes)/(1<<20))}, {"有岗位的账号", fmt.Sprintf("%d 人", v.Accounts)}}
}

func (s *Service) planErase(ctx context.Context, k *Work, v Site, p *Plan) error {
	of, err := s.Work(ctx, k.Args.Of)
	if err != nil {
		return err
	}
	switch {
	case of.State != Done || of.Kind != Carry && of.Kind != Settle || of.Village != v.ID:
		return fault.ErrNotFound
	case !of.HasFile(s.DB.Now()):
		p.Blocks = append(p.Blocks, ErrExpired.Text)
	case of.Kind == Carry && of.FetchedAt == nil:
		p.Blocks = append(p.Blocks, ErrUnfetched.Text)
	}
	p.Facts = append(p.Facts, Line{"依据的文件", fmt.Sprintf("%s%s，%.1f MB，指纹 %x", of.At.In(month.Zone).Format("2006-01-02 15:04"), of.Kind.Chinese(), float64(of.Bytes)/(1<<20), of.Sha256[:min(8, len(of.Sha256))])})
	p.Warns = append(p.Warns, "删除时逐表、逐个文件和导出的文件核对，有一处不一样就不删。", "在别处没有岗位的账号一起删除。")
	p.Undo = "确认后 24 小时才开始，开始以前可以撤回。删掉以后撤不回，只能用导出的文件原样装入；平台上的这份文件留 90 天。凭证（谁、何时、每张表多少行、文件指纹）一直留着。"
	p.Command = "CUNFEN_PASSPHRASE=… cunfen tenant delete " + v.Code + ".age --yes " + v.Code
	return nil
}

const sqlStake = `-- tenure.stake
select count(*) as homes, coalesce(sum(b.base), 0)::bigint as base, coalesce(sum(b.year), 0)::bigint as year, coalesce(sum(b.entries), 0)::bigint as lines,
  coalesce(array_agg(distinct b.cleared_year), '{}') as years, coalesce(array_agg(h.door), '{}') as doors, coalesce(array_agg(distinct h.team), '{}') as teams,
  (select count(*) from membership m where m.village_id = @village_id and m.role = 'household' and m.ended_at is null and m.household_id = any(array_agg(h.id))) as phones
from household h join balance b on b.village_id = @village_id and b.household_id = h.id
where h.village_id = @village_id and h.state = 'active' and (cardinality(@teams::text[]) = 0 or h.team = any(@teams)) and (@home::uuid is null or h.id = @home)`

type stake struct {
	Homes, Base, Year, Lines int64
	Years                    []int
	Doors, Teams             []string
	Phones                   int64
}

// sqlWaiting finds the homes with business that must be over before they go, by the number on their passbook.
const sqlWaiting = `-- tenure.waiting
select w.no, array_to_string(w.waits, '、') as what from (
  select h.passbook_no as no, ` + sqlPartWaits + ` as waits
  from household h join balance b on b.village_id = @village_id and b.household_id = h.id
  where h.village_id = @village_id and h.state = 'active' and (cardinality(@teams::text[]) = 0 or h.team = any(@teams)) and (@home::uuid is null or h.id = @home)) w
where cardinality(w.waits) > 0 order by w.no`

const sqlOfBook = `-- tenure.of_book
select id from household where village_id = @village_id and passbook_no = @no and state = 'active'`

const sqlTakenDoors = `-- tenure.taken_doors
select door from household where village_id = @village_id and state = 'active' and door = any(@doors) order by door`

type busy struct{ No, What string }

// planShift counts what goes to the other village, and what stands in its way there and here.
func (s *Service) planShift(ctx context.Context, k *Work, v Site) (p Plan, err error) {
	b, err := s.Site(ctx, k.ToVillage)
	if err != nil {
		return p, ErrTarget
	}
	k.ToName = b.Name
	if _, _, err := s.pair(ctx, v.ID, b.ID); err != nil {
		return p, err
	}
	args := pgx.NamedArgs{"village_id": int64(v.ID), "teams": append([]string{}, k.Args.Teams...), "home": nil, "no": k.Args.Passbook}
	var st stake
	var held []busy
	var unsigned int64
	err = s.DB.Look(ctx, actor.System(v.ID), func(tx pg.Tx) error {
		if k.Kind == Shove {
			ids, err := pg.Column[uuid.UUID](ctx, tx, sqlOfBook, args)
			if err != nil {
				return err
			}
			if len(ids) == 0 {
				return ErrHome
			}
			k.Args.Home, args["home"] = ids[0], ids[0]
		}
		if st, err = pg.One[stake](ctx, tx, sqlStake, args); err != nil {
			return err
		}
		if held, err = pg.All[busy](ctx, tx, sqlWaiting, args); err != nil {
			return err
		}
		unsigned, err = pg.Scalar[int64](ctx, tx, sqlUnsigned, args)
		return err
	})
	if err != nil {
		return p, err
	}
	year, err := s.clearedYear(ctx, b.ID)
	if err != nil {
		return p, err
	}
	p.Facts = []Line{{"从", v.Name}, {"到", b.Name}, {"住户", fmt.Sprintf("%d 户", st.Homes)}, {"今年的分", fmt.Sprintf("%d 分", st.Year)}, {"基础积分", fmt.Sprintf("%d 分", st.Base)}, {"流水（到新村只读）", fmt.Sprintf("%d 条", st.Lines)}}
	block := func(is bool, text string, a ...any) {
		if is {
			p.Blocks = append(p.Blocks, fmt.Sprintf(text, a...))
		}
	}
	block(st.Homes == 0, "没有要迁的住户")
	if k.Kind == Split {
		for _, t := range k.Args.Teams {
			block(!slices.Contains(st.Teams, t), "%s没有住户的组名是“%s”，请照写组名", v.Name, t)
		}
		block(st.Homes > 0 && st.Homes == v.Households, "这样%s就一户也不剩了，要全部迁走请用“并入别村”", v.Name)
	}
	block(k.Kind == Merge && unsigned > 0, "还有 %d 个月没有公示，公示以后再并", unsigned)
	block(year >= 0 && slices.ContainsFunc(st.Years, func(y int) bool { return y != year }), "两个村的年终清零不同步，都办完再迁")
	for i, h := range held {
		if i == 20 {
			block(true, "还有 %d 户有没办结的事", len(held)-20)
			break
		}
		block(true, "存折 %s 还有没办结的事：%s", h.No, h.What)
	}
	doors, err := s.clash(ctx, k, v, b, st)
	if err != nil {
		return p, err
	}
	for i, d := range doors {
		if i == 20 {
			block(true, "还有 %d 个门牌在%s已经有人", len(doors)-20, b.Name)
			break
		}
		block(true, "门牌 %s 在%s已经有一户", d, b.Name)
	}
	if err := s.noTeam(ctx, k, b, st, block); err != nil {
		return p, err
	}
	s.shiftWords(k, v, b, st, &p)
	return p, nil
}

// doorsThere are the doors that the homes get in the other village.
func doorsThere(k *Work, v Site, st stake) (doors []string) {
	for _, d := range st.Doors {
		switch {
		case k.Kind == Merge:
			d = v.Name + d
		case k.Kind == Shove && k.Args.Door != "":
			d = k.Args.Door
		}
		doors = append(doors, d)
	}
	return doors
}

func (s *Service) clash(ctx context.Context, k *Work, v, b Site, st stake) (taken []string, err error) {
	err = s.DB.Look(ctx, actor.System(b.ID), func(tx pg.Tx) error {
		taken, err = pg.Column[string](ctx, tx, sqlTakenDoors, pgx.NamedArgs{"village_id": int64(b.ID), "doors": doorsThere(k, v, st)})
		return err
	})
	return taken, err
}

// noTeam names the teams that the other village does not have: a merge makes them, a split and a move do not.
func (s *Service) noTeam(ctx context.Context, k *Work, b Site, st stake, block func(bool, string, ...any)) error {
	to, err := s.Villages.Find(ctx, b.ID)
	if err != nil || k.Kind == Merge || len(to.Settings.Groups) == 0 {
		return err
	}
	teams := st.Teams
	if k.Kind == Shove {
		teams = []string{k.Args.Team}
		block(k.Args.Team == "", "请写明到%s的哪个组", b.Name)
	}
	for _, t := range teams {
		block(t != "" && !slices.ContainsFunc(to.Settings.Groups, func(g tenants.Group) bool { return g.Name == t }), "%s没有“%s”，先在那边设这个组", b.Name, t)
	}
	return nil
}

func (s *Service) shiftWords(k *Work, v, b Site, st stake, p *Plan) {
	if st.Phones > 0 {
		p.Warns = append(p.Warns, fmt.Sprintf("%d 户开通过手机登录，到%s以后要由那边重新开通。", st.Phones, b.Name))
	}
	p.Warns = append(p.Warns, "每户换新的存折编号，请到那边领新存折；旧存折、旧公示、旧二维码照样能查、能核对。")
	const before = "确认后 10 分钟才开始，开始以前可以撤回。"
	reason := " --reason '" + strings.ReplaceAll(k.Reason, "'", "") + "'"
	switch k.Kind {
	case Merge:
		p.Warns = append(p.Warns, v.Name+"并完成为档案：账留着、只能看，岗位都停。")
		p.Undo = before + "开始以后不能整体撤回，只能再一户一户迁出来。断了会接着办，办过的户不会办两遍。"
		p.Command = "cunfen tenant merge " + v.Code + " " + b.Code + reason
	case Split:
		p.Undo = before + "开始以后可以再“并村”并回来。断了会接着办。"
		p.Command = "cunfen tenant split " + v.Code + " " + b.Code + " --team '" + strings.ReplaceAll(strings.Join(k.Args.Teams, "' --team '"), "\n", "") + "'" + reason
	case Shove:
		p.Undo = before + "开始以后可以再迁回来。"
		p.Command = fmt.Sprintf("cunfen tenant move %s %s %s%s", v.Code, k.Args.Home, b.Code, reason)
	}
}
