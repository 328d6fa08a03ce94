package authz

// Action is a kind of thing that a person does. A route names exactly one.
type Action string

// The actions, by the noun that they act on.
const (
	SessionOwn  Action = "session.own"
	DeskHome    Action = "desk.home"
	MessageRead Action = "message.read"

	HouseholdView   Action = "household.view"
	HouseholdEdit   Action = "household.edit"
	HouseholdImport Action = "household.import"
	HouseholdExport Action = "household.export"
	HouseholdUnmask Action = "household.unmask"
	PassbookView    Action = "passbook.view"

	ExemptView   Action = "exempt.view"
	ExemptGrant  Action = "exempt.grant"
	ExemptExport Action = "exempt.export"
	ExemptOwn    Action = "exempt.own"

	ClaimSubmit    Action = "claim.submit"
	ClaimRecord    Action = "claim.record"
	ClaimView      Action = "claim.view"
	ClaimReview    Action = "claim.review"
	EvidenceUpload Action = "evidence.upload"
	EvidenceView   Action = "evidence.view"

	ActivityView   Action = "activity.view"
	ActivityManage Action = "activity.manage"
	ActivityAttend Action = "activity.attend"

	RoundView    Action = "round.view"
	RoundRecord  Action = "round.record"
	RoundConfirm Action = "round.confirm"

	SheetView     Action = "sheet.view"
	SheetFreeze   Action = "sheet.freeze"
	SheetSign     Action = "sheet.sign"
	SheetPublish  Action = "sheet.publish"
	VillageSettle Action = "village.settle"
	NoticeView    Action = "notice.view"

	ArchiveView Action = "archive.view"
	ArchiveMake Action = "archive.make"
	ArchiveTown Action = "archive.town"
	RecheckDo   Action = "recheck.do"
	DrawView    Action = "draw.view"
	KeepView    Action = "keep.view"
	KeepSet     Action = "keep.set"

	FindingRecord Action = "finding.record"
	FindingView   Action = "finding.view"
	FindingHandle Action = "finding.handle"
	FindingDecide Action = "finding.decide"
	FindingOwn    Action = "finding.own"

	ObjectionFile   Action = "objection.file"
	ObjectionRecord Action = "objection.record"
	ObjectionView   Action = "objection.view"
	ObjectionDecide Action = "objection.decide"
	AppealView      Action = "appeal.view"
	AppealDecide    Action = "appeal.decide"
	OpinionRecord   Action = "opinion.record"
	OpinionAnswer   Action = "opinion.answer"
	OpinionFile     Action = "opinion.file"
	OpinionView     Action = "opinion.view"

	GoodsView         Action = "goods.view"
	GoodsManage       Action = "goods.manage"
	RedemptionReserve Action = "redemption.reserve"
	PassbookReconcile Action = "passbook.reconcile"
	StockCount        Action = "stock.count"
	RedemptionMake    Action = "redemption.make"
	RedemptionCancel  Action = "redemption.cancel"
	RedemptionView    Action = "redemption.view"

	RulesView  Action = "rules.view"
	RulesDraft Action = "rules.draft"
	RulesAdopt Action = "rules.adopt"
	RulesCheck Action = "rules.check"
	RulesLegal Action = "rules.legal"

	EvaluationRecord Action = "evaluation.record"

	GroupView       Action = "group.view"
	GroupManage     Action = "group.manage"
	RelativeDeclare Action = "relative.declare"

	PassbookPrint   Action = "passbook.print"
	YearView        Action = "year.view"
	YearRun         Action = "year.run"
	SelectionManage Action = "selection.manage"
	SelectionObject Action = "selection.object"

	LedgerView    Action = "ledger.view"
	LedgerVerify  Action = "ledger.verify"
	LedgerReverse Action = "ledger.reverse"
	AuditView     Action = "audit.view"

	MatterView   Action = "matter.view"
	MatterAnswer Action = "matter.answer"
	MatterRaise  Action = "matter.raise"

	GiftGive      Action = "gift.give"
	GiftRecord    Action = "gift.record"
	GiftManage    Action = "gift.manage"
	GiftDecide    Action = "gift.decide"
	OpeningManage Action = "opening.manage"

	BudgetView   Action = "budget.view"
	BudgetDraft  Action = "budget.draft"
	BudgetReview Action = "budget.review"

	AssessView     Action = "assess.view"
	AssessManage   Action = "assess.manage"
	AssessOwn      Action = "assess.own"
	AssessObject   Action = "assess.object"
	StoryView      Action = "story.view"
	StoryPropose   Action = "story.propose"
	StoryRead      Action = "story.read"
	StoryEdit      Action = "story.edit"
	InboxView      Action = "inbox.view"
	NominationTake Action = "nomination.take"
	FairnessView   Action = "fairness.view"
	RescoreDraw    Action = "rescore.draw"
	SecondDo       Action = "second.do"
	ReadyView      Action = "ready.view"
	ReadyConfirm   Action = "ready.confirm"
	VillageOpen    Action = "village.open"

	TownView       Action = "town.view"
	TownBureau     Action = "town.bureau"
	TownAudit      Action = "town.audit"
	PlatformView   Action = "platform.view"
	PlatformManage Action = "platform.manage"
)

// words lists every action with what it is called on screen.
var words = []struct {
	action  Action
	chinese string
}{
	{SessionOwn, "自己的账号：改密码、绑定验证器、退出"},
	{DeskHome, "村级工作台"},
	{MessageRead, "查看发给自己（自家）的消息"},
	{HouseholdView, "查看住户登记"},
	{HouseholdEdit, "登记和修改住户"},
	{HouseholdImport, "用表格导入住户、撤销导入"},
	{HouseholdExport, "导出住户表"},
	{HouseholdUnmask, "查看完整的电话和身份证号（留痕）"},
	{PassbookView, "查看自家的积分存折"},
	{ExemptView, "查看免评的住户和事项"},
	{ExemptGrant, "办理、取消免评"},
	{ExemptExport, "导出免评名单"},
	{ExemptOwn, "查看自家的免评"},
	{ClaimSubmit, "为自家申报积分、撤回申报"},
	{ClaimRecord, "替住户采集、代为申报"},
	{ClaimView, "查看全村的申报"},
	{ClaimReview, "评核申报：通过、退回、不予认定"},
	{EvidenceUpload, "上传证明照片"},
	{EvidenceView, "查看证明照片"},
	{RoundView, "查看每月巡查"},
	{RoundRecord, "巡查：逐户记录、收尾、重新打开"},
	{RoundConfirm, "确认一轮巡查"},
	{ActivityView, "查看活动和参加的人"},
	{ActivityManage, "登记活动和参加的人，整批申报"},
	{ActivityAttend, "替自家扫码签到"},
	{SheetView, "查看月度评核表"},
	{SheetFreeze, "定稿月度评核表、退回修改"},
	{SheetSign, "在月度评核表上签字"},
	{SheetPublish, "发布月度公示"},
	{VillageSettle, "修改村里的设定：日子、签字人数、联系方式、短信"},
	{NoticeView, "查看和打印公示"},
	{FindingRecord, "记录减分事项（提请评定）"},
	{FindingView, "查看整改和减分事项"},
	{FindingHandle, "整改告知、送达、复查、记住户的说明"},
	{FindingDecide, "评定减分、给修复任务"},
	{FindingOwn, "查看自家的整改告知、说明情况"},
	{ObjectionFile, "为自家提出异议"},
	{ObjectionRecord, "在柜台代记异议"},
	{ObjectionView, "查看异议"},
	{ObjectionDecide, "答复异议"},
	{AppealView, "查看本镇各村住户的申诉"},
	{AppealDecide, "答复住户的申诉"},
	{OpinionRecord, "在柜台代记意见"},
	{OpinionAnswer, "答复意见"},
	{OpinionFile, "提意见"},
	{OpinionView, "查看意见"},
	{GoodsView, "查看兑换物资"},
	{GoodsManage, "管理兑换物资和库存"},
	{RedemptionReserve, "为自家预留物资、取消预留"},
	{PassbookReconcile, "在存折对账的结果上签字"},
	{StockCount, "清点物资"},
	{RedemptionMake, "办理兑换"},
	{RedemptionCancel, "撤销兑换"},
	{RedemptionView, "查看兑换记录"},
	{GiftGive, "把自家的积分转赠给困难家庭、撤回"},
	{GiftRecord, "在窗口替住户办转赠"},
	{GiftManage, "困难家庭名单、查看和撤回转赠"},
	{GiftDecide, "定转赠的规定、冲回转赠"},
	{OpeningManage, "旧存折结转：登记、导入、签字"},
	{RulesView, "查看实施细则"},
	{RulesDraft, "起草、修改细则草案"},
	{RulesAdopt, "登记“四议两公开”各步、报镇里备案"},
	{RulesCheck, "指导、备案各村的细则"},
	{RulesLegal, "登记细则事项的合法性审查"},
	{EvaluationRecord, "替住户记季度征求的意见"},
	{GroupView, "查看积分管理工作小组名单"},
	{GroupManage, "任免工作小组成员、抽选群众代表"},
	{DrawView, "查看群众代表抽选"},
	{RecheckDo, "复核被取消资格的成员审过的条目"},
	{ArchiveView, "查看、下载本村档案"},
	{ArchiveMake, "制作本村档案"},
	{ArchiveTown, "查看、下载本镇各村的档案"},
	{KeepView, "查看保存期限和到期要删的记录"},
	{KeepSet, "改保存期限"},
	{RelativeDeclare, "申报自己的亲属户（回避）"},
	{PassbookPrint, "打印存折、补登、挂失换本、印积分卡和门牌"},
	{YearView, "查看年终清零预演、年度评选"},
	{YearRun, "确认年终清零、撤回清零"},
	{SelectionManage, "定年度排名和名单、定案"},
	{SelectionObject, "记下和答复对评选名单的意见"},
	{LedgerView, "查看积分台账"},
	{LedgerVerify, "核对台账是否完整"},
	{LedgerReverse, "冲正台账"},
	{AuditView, "查看操作记录"},
	{MatterView, "查看镇里对本村的督办事项"},
	{MatterAnswer, "答复督办事项、记下村里的问题"},
	{MatterRaise, "向村里催办、提出督查发现和指导意见"},
	{BudgetView, "查看本村物资预算"},
	{BudgetDraft, "编制物资预算、报镇"},
	{BudgetReview, "审核各村物资预算"},
	{AssessView, "查看村级考核"},
	{AssessManage, "村级考核：定指标、现场打分、答复异议、签发"},
	{AssessOwn, "查看镇里对本村的考核"},
	{AssessObject, "对考核提异议"},
	{StoryView, "查看本村的典型案例"},
	{StoryPropose, "写典型案例、撤下"},
	{StoryRead, "查看各村的典型案例、印成册"},
	{StoryEdit, "编辑、刊发、退回典型案例"},
	{InboxView, "查看待镇办理的事项"},
	{NominationTake, "收下各村的评优名单"},
	{FairnessView, "查看公平核查和抽样复评"},
	{RescoreDraw, "抽样复评：抽取、复评"},
	{SecondDo, "替镇里复评别的村的一批、看本村复评的一致率"},
	{ReadyView, "查看本村准备清单"},
	{ReadyConfirm, "登记准备清单的事项、开练习村"},
	{VillageOpen, "同意一个村正式运行"},
	{TownView, "查看本镇各村情况"},
	{TownBureau, "查看只归局里管的：年终进度、合法性审查"},
	{TownAudit, "查看本镇各村的操作记录"},
	{PlatformView, "查看平台运行情况"},
	{PlatformManage, "管理平台：村镇、账号、任务"},
}

// Actions is every action, in the order of the screens.
var Actions = func() (all []Action) {
	for _, w := range words {
		all = append(all, w.action)
	}
	return all
}()

// Chinese is the action's name on screen.
func (a Action) Chinese() string {
	for _, w := range words {
		if w.action == a {
			return w.chinese
		}
	}
	return string(a)
}
