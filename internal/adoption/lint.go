package adoption

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"cunfen/internal/rulebook"
	"cunfen/tenants"
)

// Finding is what the lint says of a rule set, in the village's language.
type Finding struct {
	Code   string // the item; "" for the rule set itself
	Field  string
	Rule   string // what was looked for: "welfare", "petition", "similar" …
	Text   string
	Refuse bool // it blocks the submission; an advice does not
}

// Refused lists the findings that block.
func Refused(all []Finding) (refused []Finding) {
	for _, f := range all {
		if f.Refuse {
			refused = append(refused, f)
		}
	}
	return refused
}

// document is the list that all villages extend; what stands in it as it was issued is not judged by its words.
var document = sync.OnceValue(tenants.Document)

// Document is the list of the township's document, from which every village's rules start.
func Document() rulebook.RuleSet { return document() }

// Lint looks through a rule set: what a village may not decide (R3.5, R4.4.7, INV-82), and what it would do well
// to decide otherwise. reviews are the township's recorded legal reviews.
func Lint(set rulebook.RuleSet, reviews []Review) (all []Finding) {
	for _, f := range set.Flaws() {
		if f.Field == "on" { // said once, by reviewed
			continue
		}
		all = append(all, Finding{f.Code, f.Field, "flaw", f.Text, true})
	}
	for _, i := range set.Items {
		l := lint{item: i, all: &all}
		l.reviewed(reviews)
		if asIssued(i) {
			continue
		}
		l.consequences()
		l.tags()
		l.numbers()
		l.vague()
	}
	similar(set, &all)
	return all
}

// asIssued reports whether the item says what the document says.
func asIssued(i rulebook.Item) bool {
	doc, err := document().Item(i.Code)
	return err == nil && doc.Text == i.Text && doc.Title == i.Title && doc.Notice == i.Notice && doc.Sign == i.Sign
}

type lint struct {
	item rulebook.Item
	all  *[]Finding
}

func (l lint) refuse(field, rule, format string, args ...any) {
	*l.all = append(*l.all, Finding{l.item.Code, field, rule, fmt.Sprintf(format, args...), true})
}

func (l lint) advise(field, rule, format string, args ...any) {
	*l.all = append(*l.all, Finding{l.item.Code, field, rule, fmt.Sprintf(format, args...), false})
}

// words is the item's text without spaces and marks, so that 「低　保」 is read as 低保.
func (l lint) words() string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsPunct(r) || unicode.IsSymbol(r) {
			return -1
		}
		return r
	}, l.item.Title+"。"+l.item.Text)
}

// reviewed checks that an X item is on only with the township's recorded review.
func (l lint) reviewed(reviews []Review) {
	if l.item.Notice != rulebook.Sensitive || !l.item.On {
		return
	}
	if !slices.ContainsFunc(reviews, func(r Review) bool { return r.Item == l.item.Code }) {
		l.refuse("on", "review", "这一条默认停用；要启用，须先由镇里登记合法性审查，写明凭什么文书认定")
	}
}

// banned is a consequence that points never have, however it is put (R3.5).
var banned = []struct {
	rule string
	is   *regexp.Regexp
	why  string
}{
	{"welfare", regexp.MustCompile(`(取消|停发|扣发|缓发|停止|不得享受|不予享受|暂停|减少|优先|提高|扣减|抵扣|影响|挂钩|降低|增加).{0,8}(福利|待遇|慰问|救济|津贴|低保|五保|保障|保险|医疗|报销|救助|补贴|补助)`), "福利和救助是住户依法享有的"},
	{"welfare", regexp.MustCompile(`(福利|待遇|慰问品|慰问金|救济|津贴|医疗|报销).{0,6}(资格|取消|停发|扣|不发|减半|优先)`), "福利和救助是住户依法享有的"},
	{"dividend", regexp.MustCompile(`(集体|股份|年底|年终|合作社).{0,4}(收益|分配|分钱|福利款)|收益分配|收益权|参与分配`), "集体收益按成员身份分配，不看积分"},
	{"land", regexp.MustCompile(`(宅基地|建房|承包|土地|征迁|拆迁|安置|耕地|责任田).{0,8}(资格|审批|指标|优先|分配|调整|收回|不予|补偿)|(优先|取消|收回|不予|暂缓|安排).{0,8}(宅基地|建房|承包|土地|安置|责任田)`), "土地权利依法确定，不看积分"},
	{"schooling", regexp.MustCompile(`(入学|入园|择校|升学|助学|学籍|奖学|学位|录取)|(优先|不得|取消|不予|影响).{0,8}(上学|学校|幼儿园|读书)`), "受教育是每个孩子的权利，不看积分"},
	{"certificate", regexp.MustCompile(`(不予|不得|暂缓|拒绝|优先|停止|不给|不再|缓办).{0,6}(办理|审批|盖章|盖公章|开具|开证明|出证明|出具|受理|落户|迁户|办证|服务)|(证明|公章|户口|落户|迁户).{0,6}(不予|暂缓|不给|停办|不开|不盖|优先)`), "办证、盖章、出证明不能看积分"},
	{"credit", regexp.MustCompile(`授信|贷款|信用村|信用户|信用等级|信用档案|信用记录|征信|失信|联合惩戒|诚信档案|黑名单|红名单|芝麻`), "积分不是信用，不能用于授信或惩戒"},
	{"political", regexp.MustCompile(`政审|选举权|被选举|选民|候选人|投票权|参军资格|(取消|不得|不能).{0,6}(参选|评选|表决|入党|参会)`), "政治权利不能看积分"},
	{"money", regexp.MustCompile(`罚款|罚金|罚钱|罚\d+元|交\d+元|缴\d+元|交钱|缴款|押金|保证金|违约金|扣工资|扣\d+元|赔\d+元|扣钱`), "村里不能罚款、收钱"},
	{"supply", regexp.MustCompile(`(停|断|限|掐).{0,1}(水|电|气|网)(?:.{0,2}|$)(的|直到|处理|供应|$|并|，)`), "不能停水停电停气"},
	{"work", regexp.MustCompile(`(通报|告知|抄送|反馈|通知).{0,6}(单位|学校|用人|老板|厂里)|(解除|取消|不予|优先).{0,6}(用工|录用|公益岗|就业|岗位)`), "就业和上学不能看积分"},
	{"shame", regexp.MustCompile(`曝光|黑榜|丑榜|红黑榜|游街|示众|(公开|大会|当众|广播).{0,3}(检讨|点名|批评|道歉|认错)|张贴.{0,4}(照片|姓名)|挂牌|举牌`), "减分不点名、不示众，只公布全村合计"},
	{"others", regexp.MustCompile(`连坐|连带|亲属.{0,6}(扣|减)|亲戚.{0,8}(扣|减)|家族|同宗|邻居.{0,6}(一起|也).{0,3}(扣|减)|全组.{0,4}(扣|减)|互保|联保`), "只能因本户的事加减分"},
}

func (l lint) consequences() {
	text := l.words()
	if w := rulebook.Consequence(text); w != "" && rulebook.Consequence(l.item.Title+l.item.Text) == "" {
		l.refuse("text", "welfare", "条文里有“%s”：积分不得影响住户的合法权益，请改写", w)
		return
	}
	for _, b := range banned {
		if m := b.is.FindString(text); m != "" {
			l.refuse("text", b.rule, "条文里有“%s”：%s（方案三④），请改写", m, b.why)
			return
		}
	}
	if l.item.Sign == rulebook.Minus {
		if m := levy.FindString(text); m != "" {
			l.refuse("text", "levy", "条文里有“%s”：捐不捐、出不出工、买不买由住户自愿，不能因此减分", m)
		}
	}
}

var levy = regexp.MustCompile(`(不|拒|未|没有|少).{0,4}(捐款|捐钱|捐物|捐资|集资|投工|投劳|出工|出资|购买|买保险|参保|投保|缴纳卫生费|交卫生费|缴费|订阅|下载|关注|点赞|转发)`)

// tag is what an item touches that needs care.
type tag struct {
	rule, what string
	is         *regexp.Regexp
	never      bool // no deduction for it at all
	least      []rulebook.Notice
	why        string
}

var x = []rulebook.Notice{rulebook.Sensitive}

var tags = []tag{
	{"petition", "信访、举报", regexp.MustCompile(`上访|信访|进京|越级|集访|缠访|闹访|12345|举报|投诉|告状|反映问题|网上发帖`), false, x, "依法反映问题是权利"},
	{"belief", "宗教信仰、习俗", regexp.MustCompile(`宗教|信教|教会|教堂|基督|天主|佛|伊斯兰|清真|道教|礼拜|烧香|迷信|念经|信仰|传教|祷告|算命|巫|祭祖|烧纸`), false, x, "信仰受法律保护"},
	{"sealed", "公安记录", regexp.MustCompile(`治安|拘留|派出所|公安|出警|报警|警情|民警|警察|吸毒|嫖|赌|酒驾|醉驾`), false, x, "治安违法记录依法封存，不能查、不能收、不能公布"},
	{"suspicion", "还没有结论的事", regexp.MustCompile(`涉嫌|嫌疑|未结案|立案|被调查|被起诉|取保|有人反映|群众反映|听说|疑似|被查|传闻|据说|案底|前科`), false, x, "没有结论以前不能当作有错"},
	{"health", "健康状况", regexp.MustCompile(`患病|疾病|生病|有病|精神病|精神障碍|残疾|病历|体检|传染病|艾滋|肝炎|结核|怀孕|孕检|疫苗|接种|用药|住院|癌|抑郁|酗酒|肥胖|戒毒`), true, nil, "健康是个人隐私，不能因此减分"},
	{"family", "婚姻家庭", regexp.MustCompile(`离婚|复婚|再婚|未婚|同居|生育|二孩|三孩|二胎|三胎|超生|计划生育|计生|夫妻|家暴|婆媳|出轨|婚外|赡养|私生|早婚|分居|相亲|光棍|吵架|家庭纠纷`), false,
		[]rulebook.Notice{rulebook.InTotal, rulebook.Sensitive}, "家里的事只进总分，不公布缘由"},
}

// tags judges what an item touches. A deduction for a protected matter must be an X item, which is off until the
// township has reviewed it; a reward may touch it and is to be shown with care.
func (l lint) tags() {
	text := l.words()
	for _, t := range tags {
		m := t.is.FindString(text)
		switch {
		case m == "":
		case l.item.Sign == rulebook.Plus:
			if l.item.Notice == rulebook.Named {
				l.advise("notice", t.rule, "条文里有“%s”，涉及%s：建议公示时只写类别（B）或只进总分（C）", m, t.what)
			}
		case t.never:
			l.refuse("text", t.rule, "条文里有“%s”，涉及%s：%s", m, t.what, t.why)
		case !slices.Contains(t.least, l.item.Notice):
			l.refuse("notice", t.rule, "条文里有“%s”，涉及%s：%s；减分只能列为 %s 类", m, t.what, t.why, t.least[0])
		}
	}
}

var stated = regexp.MustCompile(`(?:积|加|奖励|减|扣)\s*(?:积分)?\s*(\d+)\s*分`)

// numbers checks that the text says the points that the item gives.
func (l lint) numbers() {
	if l.item.Tier == rulebook.Decided {
		return
	}
	for _, m := range stated.FindAllStringSubmatch(l.item.Text, -1) {
		n, err := strconv.Atoi(m[1])
		if err == nil && !slices.ContainsFunc(l.item.Parts, func(p rulebook.Part) bool { return l.item.Sign.Of(p.Points) == n }) {
			l.refuse("text", "number", "条文写“%s”，分值却是%s，两处要一致", m[0], l.item.Worth())
			return
		}
	}
	most := 0
	for _, p := range l.item.Parts {
		most = max(most, l.item.Sign.Of(p.Points))
	}
	if limit := 20; l.item.Sign == rulebook.Minus && most > limit {
		l.advise("parts", "heavy", "一次减 %d 分，比文件里最重的（%d 分）还重，建议减轻", most, limit)
	}
	if limit := 40; l.item.Sign == rulebook.Plus && most > limit {
		l.advise("parts", "heavy", "一次加 %d 分，比文件里最高的（%d 分）还高，建议再斟酌", most, limit)
	}
}

var fuzzy = regexp.MustCompile(`表现(较好|良好|突出|不好|较差)|情节(严重|较重|恶劣)|适当|酌情|视情|若干|一定程度|较(多|大|差|好)|态度(不好|恶劣|蛮横)|不配合|不文明行为|有关规定|影响恶劣|等其他|等情况|积极配合`)

// vague points at words that two members would read in two ways.
func (l lint) vague() {
	if m := fuzzy.FindString(l.item.Text); m != "" {
		l.advise("text", "vague", "“%s”各人理解不一样，建议写明看得见、数得清的标准", m)
	}
	if l.item.Sign == rulebook.Minus && l.item.Tier == rulebook.Decided {
		l.advise("ceiling", "open", "由村议定的减分，建议写明是哪些事；每次都要写理由、多一人签字")
	}
}

// similar points at items that may count the same thing twice, or reward and punish it without being a pair.
func similar(set rulebook.RuleSet, all *[]Finding) {
	grams := make([]map[string]bool, len(set.Items))
	issued := make([]bool, len(set.Items))
	for n, i := range set.Items {
		grams[n], issued[n] = bigrams(i.Text), asIssued(i)
	}
	for n, i := range set.Items {
		if issued[n] || !i.On {
			continue
		}
		for m, o := range set.Items {
			if m == n || !o.On || !issued[m] && m < n || alike(grams[n], grams[m]) < 0.4 || i.Tier == rulebook.Decided || o.Tier == rulebook.Decided {
				continue
			}
			switch {
			case i.Sign == o.Sign && (i.Overlap == "" || i.Overlap != o.Overlap):
				*all = append(*all, Finding{i.Code, "text", "similar", fmt.Sprintf("和 %s %s 说的像是同一件事，住户可能得两次分；建议合成一条，或写清区别", o.Code, o.Title), false})
			case i.Sign != o.Sign && !slices.Contains(set.Opposites(i.Code, ""), o.Code):
				*all = append(*all, Finding{i.Code, "mirror", "pair", fmt.Sprintf("和 %s %s 像是一正一反的一对；建议写成对应项，同一期只得其一", o.Code, o.Title), false})
			}
		}
	}
}

// bigrams are the pairs of neighbouring characters, without numbers and marks.
func bigrams(s string) map[string]bool {
	var run []rune
	for _, r := range s {
		if unicode.Is(unicode.Han, r) && !strings.ContainsRune("的每次月年户分积减扣加在有和与被", r) {
			run = append(run, r)
		}
	}
	set := map[string]bool{}
	for i := 0; i+1 < len(run); i++ {
		set[string(run[i:i+2])] = true
	}
	return set
}

// alike is the share of the smaller set that the two have in common.
func alike(a, b map[string]bool) float64 {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(a) < 4 {
		return 0
	}
	n := 0
	for g := range a {
		if b[g] {
			n++
		}
	}
	return float64(n) / float64(len(a))
}
