package adoption

import (
	"slices"
	"testing"

	"cunfen/internal/pg/pgtest"
	"cunfen/internal/rulebook"
	"cunfen/tenants"
)

func TestSQL(t *testing.T) { t.Parallel(); pgtest.CheckSQL(t) }

// plus and minus are a village's own item with this text.
func plus(text string) rulebook.Item {
	return rulebook.Item{Code: "P26", Sign: rulebook.Plus, Class: "移风易俗", Title: "本村事项", Text: text, ValueText: "5分/次", Tier: rulebook.Single, Notice: rulebook.Named, On: true,
		Starter: rulebook.ByHousehold, Permitted: []rulebook.Evidence{rulebook.Photo}, Parts: []rulebook.Part{{Label: "一次", Unit: rulebook.Time, Points: 5, Cap: rulebook.Cap{Per: rulebook.PerEvent, N: 1}}}}
}

func minus(text string) rulebook.Item {
	i := plus(text)
	i.Code, i.Sign, i.ValueText, i.Starter, i.Notice = "N26", rulebook.Minus, "-5分/次", rulebook.ByGroup, rulebook.ByClass
	i.Parts[0].Points = -5
	return i
}

func as(i rulebook.Item, change func(*rulebook.Item)) rulebook.Item { change(&i); return i }

func with(i rulebook.Item) rulebook.RuleSet {
	set := tenants.Document()
	set.Items = append(slices.Clone(set.Items), i)
	return set
}

// TestBadRulesAreRefused tries what villages have written or might write; none of it can be submitted (INV-82).
func TestBadRulesAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rule string
		item rulebook.Item
	}{
		// welfare and relief
		{"flaw", minus("卫生不合格的取消低保，减5分")}, {"welfare", minus("卫生不合格的取 消 低 保，减5分")}, {"welfare", minus("不打扫卫生的停发高龄津贴，减5分")},
		{"welfare", plus("积极参加活动的优先享受慰问，积5分")}, {"flaw", minus("违反者扣发各类补贴，减5分")}, {"welfare", minus("屡教不改的取消本村福利，减5分")},
		{"welfare", minus("不参加会议的，福利减半，减5分")}, {"welfare", minus("乱倒垃圾的，影响医疗报销，减5分")}, {"flaw", plus("得分高的优先申请救助，积5分")},
		{"welfare", minus("堆放杂物的，与养老待遇挂钩降低待遇，减5分")},
		// dividends
		{"flaw", minus("乱搭乱建的不得参加分红，减5分")}, {"dividend", minus("拒不整改的，年终收益少分，减5分")}, {"dividend", plus("得分高的在集体收益中多分，积5分")},
		{"flaw", minus("违规的扣除股金，减5分")}, {"dividend", minus("乱倒垃圾的户不得参与分配，减5分")},
		// land and houses
		{"land", minus("乱堆乱放的，建房暂缓审批，减5分")}, {"flaw", minus("乱堆的不批宅基地审批，减5分")}, {"land", plus("清洁户优先安排宅基地，积5分")},
		{"land", minus("不整改的收回承包田，减5分")}, {"land", minus("拆迁时不予补偿，减5分")},
		// schooling
		{"flaw", plus("得分高的子女入学优先，积5分")}, {"schooling", minus("家长违规的，子女入园靠后，减5分")}, {"schooling", minus("违规的影响孩子上学，减5分")}, {"schooling", plus("先进户子女择校加分，积5分")},
		// papers
		{"flaw", minus("不参加活动的不予证明，减5分")}, {"certificate", minus("低分户办事不予盖章，减5分")}, {"certificate", plus("高分户优先办理各类手续，积5分")},
		{"certificate", minus("不交材料的，户口暂缓迁移，减5分")}, {"certificate", minus("不合格的，村里不再出具任何材料，减5分")}, {"certificate", minus("不整改的停止办理一切手续，减5分")},
		// credit
		{"credit", plus("高分户可评为信用户，积5分")}, {"flaw", minus("低分户列入黑名单，减5分")}, {"credit", plus("积分可作为银行授信依据，积5分")}, {"credit", minus("记入诚信档案，减5分")}, {"flaw", plus("高分户提高贷款额度，积5分")},
		// political rights, money, supplies, work, shame, kin, levies
		{"political", minus("低分户取消选举权，减5分")}, {"political", minus("子女政审不予通过，减5分")}, {"political", minus("违反的不得参选组长，减5分")},
		{"flaw", minus("乱倒垃圾的罚款，减5分")}, {"money", minus("乱倒垃圾的每次罚50元，减5分")}, {"money", minus("办酒席要先交押金，违反减5分")}, {"flaw", minus("不整改的停水，减5分")}, {"supply", minus("不整改的断网直到改好，减5分")},
		{"work", minus("抄送其工作单位，减5分")}, {"work", plus("高分户优先安排公益岗，积5分")}, {"shame", minus("在村口曝光，减5分")}, {"shame", minus("在大会检讨后减5分")}, {"shame", minus("列入红黑榜，减5分")},
		{"others", minus("亲戚违规的同样减5分")}, {"others", minus("十户联保，一户违规都减5分")}, {"levy", minus("不捐款修路的减5分")}, {"levy", minus("不购买农房险的减5分")}, {"levy", minus("未转发村里公众号的减5分")},
		// what is protected
		{"petition", minus("越级上访的减5分")}, {"petition", minus("拨打12345投诉村里的减5分")}, {"petition", minus("在网上发帖反映问题的减5分")}, {"belief", minus("参加教会活动的减5分")}, {"belief", minus("在家烧香拜佛的减5分")},
		{"sealed", minus("被派出所处理的减5分")}, {"sealed", minus("邻里吵闹引来出警的减5分")}, {"sealed", minus("打麻将赌钱的减5分")}, {"suspicion", minus("涉嫌违法的减5分")}, {"suspicion", minus("有人反映其不孝的减5分")}, {"suspicion", minus("有案底的减5分")},
		{"health", minus("家中有传染病人不报告的减5分")}, {"health", minus("不按时接种疫苗的减5分")}, {"health", minus("精神病人外出无人看管的减5分")}, {"family", minus("离婚的减5分")}, {"family", minus("超生的减5分")}, {"family", minus("婆媳不和的减5分")},
		{"review", as(minus("有法院判决的赌博减5分"), func(i *rulebook.Item) { i.Notice = rulebook.Sensitive })},
		{"petition", as(minus("缠访闹访减5分"), func(i *rulebook.Item) { i.Notice = rulebook.InTotal })},
		// slips
		{"number", plus("参加一次积8分")}, {"number", minus("每次扣10分")}, {"flaw", as(plus("由村里定"), func(i *rulebook.Item) {
			i.Tier, i.ValueText, i.Parts[0].Unit, i.Parts[0].Points = rulebook.Decided, "", rulebook.Open, 0
		})},
		{"flaw", as(plus("由村里定"), func(i *rulebook.Item) {
			i.Tier, i.ValueText, i.Parts[0].Unit, i.Parts[0].Points, i.Ceiling = rulebook.Decided, "", rulebook.Open, 0, 40
		})},
		{"flaw", as(minus("每次减5分"), func(i *rulebook.Item) { i.Permitted = []rulebook.Evidence{rulebook.PoliceRecord} })},
		{"flaw", as(plus("每次积5分"), func(i *rulebook.Item) { i.Permitted = []rulebook.Evidence{rulebook.MedicalRecord} })},
	} {
		refused := Refused(Lint(with(c.item), nil))
		if !slices.ContainsFunc(refused, func(f Finding) bool { return f.Rule == c.rule && f.Code == c.item.Code && f.Text != "" }) {
			t.Errorf("%s %q: wanted a refusal of %q, found %+v", c.item.Code, c.item.Text, c.rule, refused)
		}
	}
}

// TestGoodRulesPass tries what villages decide every day: nothing of it may be refused.
func TestGoodRulesPass(t *testing.T) {
	t.Parallel()
	for _, i := range []rulebook.Item{
		plus("参加净滩、护堤志愿行动的，每次积5分；"), plus("把废旧渔网交到村回收点的，积5分。"), plus("主动清理门前水沟的，每次积5分"), plus("庭院种花种树、通过验收的，积5分"),
		plus("垃圾分四类投放，当次检查合格的积5分"), plus("为村史馆捐献老物件的，积5分"), plus("辅导邻居孩子写作业的，每次积5分"), plus("照看独居老人一次，积5分"), plus("参加村民会议并发言的，每次积5分"),
		plus("给村里提的合理建议被采纳的，积5分"), plus("雨天值守堤坝一夜，积5分"), plus("教老人使用手机一次，积5分"), plus("婚礼不放鞭炮的，积5分"), plus("主动撤掉旧旱厕的，积5分"), plus("参加消防演练的，每次积5分"),
		plus("家庭成员考取技能证书的，积5分"), plus("拾到财物归还的，每次积5分"), plus("参加文艺演出的，每次积5分"), plus("帮助邻居收割一次，积5分"), plus("子女考上大学，在村里办座谈不办酒的，积5分"),
		minus("在海堤上堆放渔具，告知后仍不清理的，每次减5分；"), minus("把污水直接排进河里的，每次减5分"), minus("狗不拴绳伤人的，每次减5分"), minus("在公共场地晒粮占用道路、告知后不改的，减5分"), minus("损坏路灯、垃圾桶的，每次减5分"),
		minus("夜里十点后在广场放高音喇叭的，每次减5分"), minus("把建筑垃圾倒在路边的，每次减5分"), minus("在桥上设网捕鱼的，每次减5分"), minus("办丧事占道三天以上的，减5分"), minus("砍伐防护林的，减5分"),
		as(minus("不给老人提供吃住、经调解委员会认定不赡养的，减5分"), func(i *rulebook.Item) { i.Notice = rulebook.InTotal }),
	} {
		if refused := Refused(Lint(with(i), nil)); len(refused) > 0 {
			t.Errorf("%q was refused: %+v", i.Text, refused)
		}
	}
}

// TestListsPass reads the document's list and the demo villages' rules: their own words are not refused.
func TestListsPass(t *testing.T) {
	t.Parallel()
	if all := Lint(tenants.Document(), nil); len(all) > 0 {
		t.Errorf("the document: %+v", all)
	}
	town, _ := tenants.Load(tenants.FS, "demo")
	for _, v := range town.Villages {
		if refused := Refused(Lint(v.Rules, nil)); len(refused) > 0 {
			t.Errorf("%s: %+v", v.Name, refused)
		}
	}
}

func TestAReviewLetsAnXItemBeOn(t *testing.T) {
	t.Parallel()
	set := tenants.Document()
	set.Items = slices.Clone(set.Items)
	n := slices.IndexFunc(set.Items, func(i rulebook.Item) bool { return i.Code == "N18" })
	set.Items[n].On, set.Items[n].Review = true, &rulebook.LegalReview{Document: "法院判决", ReviewedBy: "镇司法所"}
	if refused := Refused(Lint(set, nil)); len(refused) != 1 || refused[0].Rule != "review" {
		t.Errorf("without a recorded review: %+v", refused)
	}
	if refused := Refused(Lint(set, []Review{{Item: "N06"}})); len(refused) != 1 {
		t.Errorf("with another item's review: %+v", refused)
	}
	if refused := Refused(Lint(set, []Review{{Item: "N18"}})); len(refused) > 0 {
		t.Errorf("with its review: %+v", refused)
	}
}

func TestAdvice(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rule string
		item rulebook.Item
	}{
		{"vague", minus("态度恶劣的，每次减5分")}, {"vague", plus("表现良好的积5分")}, {"family", plus("夫妻恩爱、邻里称赞的，积5分")},
		{"heavy", as(minus("挖断河堤的，减30分"), func(i *rulebook.Item) { i.Parts[0].Points = -30 })},
		{"similar", plus("按照规定进行垃圾分类，每次积5分")}, {"pair", minus("没有按照规定进行垃圾分类，每次减5分")},
	} {
		all := Lint(with(c.item), nil)
		if !slices.ContainsFunc(all, func(f Finding) bool { return f.Rule == c.rule && !f.Refuse }) {
			t.Errorf("%q: wanted the advice %q, found %+v", c.item.Text, c.rule, all)
		}
		if len(Refused(all)) > 0 {
			t.Errorf("%q: an advice blocks: %+v", c.item.Text, all)
		}
	}
}
