package inform

// Kind is what a message is about; a new one gets its line in kinds.
type Kind string

// The kinds of message.
const (
	ClaimRecorded    Kind = "claim.recorded"    // somebody recorded a claim for the household
	ClaimApproved    Kind = "claim.approved"    // let through to the month's sheet
	ClaimReturned    Kind = "claim.returned"    // more proof is asked for
	ClaimRejected    Kind = "claim.rejected"    // refused, with the reason
	MonthPublished   Kind = "notice.published"  // the month's notice is out
	NoticeCorrected  Kind = "notice.corrected"  // a line of the household was corrected in public
	RoundFailed      Kind = "round.failed"      // what the month's inspection found not in order
	FindingNotice    Kind = "finding.notice"    // a rectification notice
	FindingStatement Kind = "finding.statement" // the household may speak now
	FindingDecided   Kind = "finding.decided"   // a finding has its decision
	RepairOffered    Kind = "repair.offered"    // a task that earns a deduction back
	RepairDecided    Kind = "repair.decided"    // its proof was looked at
	ObjectionTaken   Kind = "objection.taken"   // somebody wrote the household's objection down for it
	ObjectionDecided Kind = "objection.decided" // the objection has its answer
	AppealTaken      Kind = "appeal.taken"      // somebody wrote the household's appeal down for it
	AppealDecided    Kind = "appeal.decided"    // the township has answered
	OpinionAnswered  Kind = "opinion.answered"  // the group has answered an opinion
	PickUpReady      Kind = "redemption.ready"  // reserved goods are ready
	GiftRecorded     Kind = "gift.recorded"     // points came or went by a gift
	FindingDue       Kind = "finding.due"       // staff: the next step of a finding is due
	FindingWaits     Kind = "finding.waits"     // staff: a finding waits for a second decision
	RepairWaits      Kind = "repair.waits"      // staff: a repair is done and waits for its decision
	ObjectionFiled   Kind = "objection.filed"   // staff: an objection waits
	OpinionFiled     Kind = "opinion.filed"     // staff: an opinion waits for its answer
	TermEnds         Kind = "seat.ends"         // staff: a term comes to its end
	NoticeLate       Kind = "notice.late"       // staff: the notice went out after its day
	AssessmentSent   Kind = "assess.sent"       // staff: the township's assessment of the village
	ListTaken        Kind = "nomination.taken"  // staff: the township has taken up the list of honours
	ListBack         Kind = "nomination.back"   // staff: it took that word back
	SecondAsked      Kind = "second.asked"      // staff: records of another village to decide a second time
	PaperEntered     Kind = "sheet.paper"       // staff: the name that they put on paper was entered
	SheetWaits       Kind = "sheet.waits"       // staff: a month waits for the signature
	EvaluationDue    Kind = "evaluation.due"    // staff: a quarter's evaluation waits for its next step
	HandedSettled    Kind = "handed.settled"    // staff: what they handed to the group is settled
	QuotaNear        Kind = "quota.near"        // staff: the village uses four fifths of something it may use
	SMSOver          Kind = "sms.over"          // staff: the month's short messages are used up
	GuardianInvited  Kind = "finding.guardian"  // a talk with the guardian, nothing else
)

// words is how a kind is said: the title, one sentence, and the page of its subject.
type words struct{ title, text, href string }

var kinds = map[Kind]words{
	ClaimRecorded:    {"有人替您家报了积分", "村里替您家代报了一件事，请看看对不对。", "/claims/:id"},
	ClaimApproved:    {"申报通过了", "您家的申报通过审核，月底小组签字后记入存折。", "/claims/:id"},
	ClaimReturned:    {"申报要补充", "您家的申报退回来了，补上证明可以再报。", "/claims/:id"},
	ClaimRejected:    {"申报没有通过", "您家的申报没有通过，点开看理由和怎么提意见。", "/claims/:id"},
	MonthPublished:   {"这个月的积分公示了", "请看看自己家的分对不对；有意见在期限内可以提。", "/board"},
	NoticeCorrected:  {"公示更正了", "有一笔分更正了，点开看更正后的公示。", "/board"},
	RoundFailed:      {"这个月巡查有没合格的", "没合格的项目这个月不加分，不因此扣分；改好了下个月照常计。觉得不对，打开就能看到怎么提。", "/my/rounds"},
	FindingNotice:    {"整改告知", "村里发现一件需要整改的事，请点开看是什么、到哪天为止、能得到什么帮助。按期改好，可以不扣分。", "/my/findings/:id"},
	FindingStatement: {"请您说说情况", "决定以前，您可以说明情况；不会写的，打电话或到窗口说，我们替您记。", "/my/findings/:id"},
	FindingDecided:   {"评定结果出来了", "请点开看结果、理由和怎么提异议。", "/my/findings/:id"},
	RepairOffered:    {"有补分的机会", "做完一件修复任务，可以把扣掉的分补回来。", "/my/findings/:id"},
	RepairDecided:    {"修复任务有结果了", "请点开看小组怎么认定。", "/my/findings/:id"},
	ObjectionTaken:   {"异议已记下", "村里替您家记下了异议，正在核查；点开看哪天前答复。", "/my/objections"},
	AppealTaken:      {"申诉已转到镇里", "村里替您家把申诉转到了镇里；点开看哪天前答复。", "/my/objections"},
	ObjectionDecided: {"异议有答复了", "请点开看核查结果和理由。", "/my/objections"},
	AppealDecided:    {"申诉有答复了", "镇里对您的申诉有了答复。", "/my/objections"},
	OpinionAnswered:  {"您的意见有答复了", "小组答复了您提的意见，请点开看。", "/my/opinions"},
	PickUpReady:      {"预约的东西可以领了", "请带存折到兑换窗口领取。", "/goods/list"},
	GiftRecorded:     {"积分有变动", "存折里多了一笔，请看看对不对。", "/home"},
	GuardianInvited:  {"请家长来聊一聊", "村里想和您当面说一件孩子的事，请和网格员约个时间。不扣分，也不公布。", ""},
	AssessmentSent:   {"镇里的考核结果来了", "请看每一分是怎么算的；有异议在期限内提。", "/assessments/:id"},
	ListTaken:        {"镇里收下了评优名单", "年度评选里能看到镇里怎么用这份名单。", "/selection"},
	ListBack:         {"镇里收回了评优名单的意见", "名单要重新看过；为什么收回，操作记录里有。", "/selection"},
	SecondAsked:      {"镇里请小组复评一批", "只看材料，一条一条再评一次；不写是哪个村、哪一户。", "/seconds/:id"},
	FindingDue:       {"有一件事等您办下一步", "发告知、面谈、复查还是记下住户的说明，打开就能看到。", "/findings/:id"},
	FindingWaits:     {"有一条减分等您评定", "需要两名无关的成员评定，请看材料。", "/findings/:id"},
	RepairWaits:      {"有修复任务等您认定", "由没有给任务、没有记做完、不是亲属的成员认定，请看证明。", "/findings/:id"},
	ObjectionFiled:   {"有新的异议", "请由没有参与评定的成员核查。", "/objections/:id"},
	OpinionFiled:     {"有新的意见", "请小组答复。", "/opinions/:id"},
	TermEnds:         {"任期快到了", "请安排轮换。", "/group"},
	EvaluationDue:    {"季度评估要办了", "请看数据、听意见、写建议，按期决定。", "/evaluations"},
	NoticeLate:       {"公示补发了", "公示没有在固定的日子发出，已经补发；请张贴、播报。", "/months"},
	PaperEntered:     {"您的纸质签字录入了", "有人照纸质签字表录入了您的签字；您没有签过的，请马上告诉小组或镇里。", "/months"},
	HandedSettled:    {"交给小组的记录办了", "您交给小组的一条没传上去的记录，小组办了。", ""},
	QuotaNear:        {"用量快到限额了", "用满以后新的不再收，请和镇里、平台商量。", "/settings"},
	SMSOver:          {"短信额度用完了", "有的消息没有发短信，都在住户的“消息”里；打印当面告知单，逐户说到。", "/messages/unsent"},
	SheetWaits:       {"有签字表等您签字", "看过条目和证明再签。", "/months"},
}

// Title and Text say the kind on screen.
func (k Kind) Title() string { return kinds[k].title }

// Text is the sentence under the title.
func (k Kind) Text() string { return kinds[k].text }
