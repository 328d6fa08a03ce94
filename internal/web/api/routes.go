package api

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"cunfen/internal/authz"
)

// The groups of operations in the description.
const (
	session     = "会话"
	households  = "住户"
	passbook    = "存折与台账"
	claims      = "申报"
	activities  = "活动签到"
	rounds      = "每月巡查"
	months      = "签字与公示"
	notices     = "公示栏"
	objections  = "异议"
	findings    = "整改与减分"
	opinions    = "意见"
	goods       = "物资与兑换"
	group       = "工作小组"
	rules       = "实施细则"
	records     = "操作记录"
	witness     = "档案与复核"
	town        = "镇"
	uploadLimit = 9 << 20
)

func get(id, path, tag, summary string) huma.Operation {
	return huma.Operation{OperationID: id, Method: http.MethodGet, Path: prefix + path, Summary: summary, Tags: []string{tag}}
}

func post(id, path, tag, summary string) huma.Operation {
	op := get(id, path, tag, summary)
	op.Method = http.MethodPost
	return op
}

func put(id, path, tag, summary string) huma.Operation {
	op := get(id, path, tag, summary)
	op.Method = http.MethodPut
	return op
}

func remove(id, path, tag, summary string) huma.Operation {
	op := get(id, path, tag, summary)
	op.Method = http.MethodDelete
	return op
}

// made says that the operation answers with what it made.
func made(op huma.Operation) huma.Operation {
	op.DefaultStatus = http.StatusCreated
	return op
}

// uploads says that the body is a picture.
func uploads(op huma.Operation) huma.Operation {
	op.MaxBodyBytes = uploadLimit
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{}}
	for _, kind := range []string{"image/jpeg", "image/png", "image/webp"} {
		op.RequestBody.Content[kind] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	}
	return op
}

// lay lists every operation: permission, name, path, group, what it is called, and what does it.
func (t *table) lay() {
	register(t, public, post("sign-in", "/session", session, "用手机号和密码登录，答复还差哪一步"), t.signIn)
	register(t, public, get("show-session", "/session", session, "现在是谁、以什么身份、还差哪一步"), t.showSession)
	register(t, public, remove("sign-out", "/session", session, "退出登录"), t.signOut)
	register(t, public, post("change-start-password", "/session/password", session, "首次登录时把初始密码换成自己的"), t.changeStartPassword)
	register(t, public, post("choose-seat", "/session/seat", session, "有几个身份时选一个，或换一个"), t.chooseSeat)
	register(t, public, post("give-second-factor", "/session/second-factor", session, "提交验证器上的动态码"), t.giveSecondFactor)

	register(t, authz.HouseholdView, get("list-households", "/households", households, "住户名单，按走访顺序"), t.listHouseholds)
	register(t, authz.HouseholdView, get("show-household", "/households/{id}", households, "一户的登记资料"), t.showHousehold)
	register(t, authz.HouseholdEdit, made(post("register-household", "/households", households, "登记一户，得到存折号和基础分")), t.registerHousehold)
	register(t, authz.HouseholdEdit, put("edit-household", "/households/{id}", households, "修改一户的登记资料"), t.editHousehold)
	register(t, authz.HouseholdEdit, post("leave-household", "/households/{id}/leave", households, "整户迁出"), t.leaveHousehold)

	register(t, authz.PassbookView, get("show-own-passbook", "/passbook", passbook, "自家的积分"), t.showOwnBalance)
	register(t, authz.PassbookView, get("list-own-lines", "/passbook/lines", passbook, "自家存折的每一笔，新的在前"), t.listOwnLines)
	register(t, authz.PassbookView, get("explain-line", "/lines/{id}", passbook, "存折的一笔从头说清：细则第几版、怎么算的、凭什么、谁定的、到哪天可以怎么提异议"), t.explainLine)
	register(t, authz.LedgerView, get("show-balance", "/households/{id}/balance", passbook, "一户的积分"), t.showBalance)
	register(t, authz.LedgerView, get("list-lines", "/households/{id}/lines", passbook, "一户存折的每一笔，新的在前"), t.listLines)
	register(t, authz.PassbookView, get("list-own-former-lines", "/passbook/former", passbook, "自家迁来以前在原村的记录，只能看"), t.listOwnFormer)
	register(t, authz.LedgerView, get("list-former-lines", "/households/{id}/former", passbook, "一户迁来以前在原村的记录，只能看"), t.listFormer)
	register(t, authz.LedgerVerify, get("verify-ledger", "/ledger/verify", passbook, "从头核对全村台账"), t.verifyLedger)

	register(t, authz.MessageRead, get("list-messages", "/messages", passbook, "发给自己（自家）的消息，新的在前"), t.listMessages)
	register(t, authz.MessageRead, post("open-message", "/messages/{id}/open", passbook, "打开一条消息；整改告知打开即为送达"), t.openMessage)
	register(t, authz.FindingView, get("list-unsent", "/messages/unsent", passbook, "短信额度用完没有发短信、住户也没有看过的消息，按走访顺序，要当面告知"), t.listUnsent)

	register(t, authz.EvidenceUpload, made(uploads(post("upload-evidence", "/evidence", claims, "上传一张证明照片，申报时写上它的编号"))), t.uploadEvidence)
	register(t, authz.EvidenceUpload, get("list-own-claims", "/passbook/claims", claims, "自家的申报，按先后"), t.listOwnClaims)
	register(t, authz.ClaimView, get("list-claims", "/claims", claims, "全村的申报，按先后"), t.listClaims)
	register(t, authz.EvidenceView, get("show-claim", "/claims/{id}", claims, "一条申报和它的证明"), t.showClaim)
	register(t, authz.ClaimSubmit, made(post("submit-claim", "/claims", claims, "替自家申报积分")), t.submitClaim)
	register(t, authz.ClaimRecord, made(post("record-claim", "/households/{id}/claims", claims, "替住户采集、代为申报")), t.recordClaim)
	register(t, authz.ClaimSubmit, post("try-claim", "/claims/try", claims, "提交以前先看看：现在报这一条会得几分、为什么；什么都不改"), t.tryClaim)
	register(t, authz.ClaimRecord, post("try-record", "/households/{id}/claims/try", claims, "替住户提交以前先看看，什么都不改"), t.tryRecord)
	register(t, authz.ClaimReview, post("approve-claims", "/claims/approve", claims, "一次通过多条，各自成败"), t.approveClaims)
	register(t, authz.ClaimReview, post("approve-claim", "/claims/{id}/approve", claims, "通过一条申报"), t.approveClaim)
	register(t, authz.ClaimReview, post("approve-part", "/claims/{id}/approve-part", claims, "只认定一部分数量，写明理由"), t.approvePart)
	register(t, authz.ClaimReview, post("approve-alike", "/claims/{id}/approve-alike", claims, "照片和别的申报相像，由第二名成员写明理由后通过"), t.approveAlike)
	register(t, authz.ClaimReview, post("reject-claim", "/claims/{id}/reject", claims, "不予通过，写明理由"), t.rejectClaim)
	register(t, authz.ClaimReview, post("return-claim", "/claims/{id}/return", claims, "退回补充，写明缺什么"), t.returnClaim)
	register(t, authz.ClaimReview, post("undo-claims", "/claims/undo", claims, "十分钟内整批撤销自己刚才的通过"), t.undoClaims)
	register(t, authz.ClaimReview, post("undo-claim", "/claims/{id}/undo", claims, "撤销自己刚才的决定"), t.undoClaim)
	register(t, authz.EvidenceUpload, post("withdraw-claim", "/claims/{id}/withdraw", claims, "在决定之前撤回申报"), t.withdrawClaim)
	register(t, authz.EvidenceUpload, post("resubmit-claim", "/claims/{id}/resubmit", claims, "被退回后补充再报"), t.resubmitClaim)

	register(t, authz.ActivityView, get("list-activities", "/activities", activities, "活动，新的在前"), t.listActivities)
	register(t, authz.ActivityView, get("show-activity", "/activities/{id}", activities, "一次活动、参加的人、各人能不能计"), t.showActivity)
	register(t, authz.ActivityManage, made(post("open-activity", "/activities", activities, "登记一次活动")), t.openActivity)
	register(t, authz.ActivityManage, post("add-people", "/activities/{id}/people", activities, "登记参加的人，一人只记一次"), t.addPeople)
	register(t, authz.ActivityManage, post("match-people", "/activities/{id}/match", activities, "拿粘贴的名单和名册对一对，什么都不改"), t.matchPeople)
	register(t, authz.ActivityManage, post("take-people", "/activities/{id}/take", activities, "把名单上对得上的人登记进来，答复没有对上的"), t.takePeople)
	register(t, authz.ActivityManage, post("remove-person", "/activities/{id}/people/{member}/remove", activities, "从名单上去掉一人"), t.removePerson)
	register(t, authz.ActivityManage, post("prove-activity", "/activities/{id}/evidence", activities, "收下签到表、现场的照片，给所有人作证明"), t.proveActivity)
	register(t, authz.ActivityManage, post("claim-activity", "/activities/{id}/claim", activities, "给名单上的人整批申报"), t.claimActivity)
	register(t, authz.ActivityManage, post("undo-activity", "/activities/{id}/undo", activities, "没有审核以前整批撤回"), t.undoActivity)
	register(t, authz.ActivityManage, post("call-off-activity", "/activities/{id}/off", activities, "取消没有办成的活动"), t.callOffActivity)
	register(t, authz.ActivityAttend, post("check-in", "/activities/{id}/check-in", activities, "在活动时间里扫码签到"), t.checkIn)

	register(t, authz.RoundView, get("list-rounds", "/rounds", rounds, "一个月各网格的巡查"), t.listRounds)
	register(t, authz.RoundRecord, made(post("open-round", "/rounds", rounds, "开始一个网格这个月的巡查")), t.openRound)
	register(t, authz.RoundView, get("show-round", "/rounds/{id}", rounds, "一轮巡查和它的每一户，按走访顺序"), t.showRound)
	register(t, authz.RoundRecord, post("mark-home", "/rounds/{id}/homes/{household}", rounds, "记下一户：合格，或哪几项不合格"), t.markHome)
	register(t, authz.RoundRecord, post("close-round", "/rounds/{id}/close", rounds, "其余都合格，收尾"), t.closeRound)
	register(t, authz.RoundRecord, post("reopen-round", "/rounds/{id}/reopen", rounds, "重新打开，写明原因"), t.reopenRound)
	register(t, authz.RoundConfirm, post("confirm-round", "/rounds/{id}/confirm", rounds, "没有参与的成员确认"), t.confirmRound)
	register(t, authz.PassbookView, get("list-own-rounds", "/passbook/rounds", rounds, "每月巡查在自家看到的"), t.listOwnRounds)

	register(t, authz.SheetView, get("list-months", "/months", months, "各月签字表，新的在前"), t.listMonths)
	register(t, authz.SheetView, get("show-month", "/months/{month}", months, "一个月的签字表：明细、签名、还差什么"), t.showMonth)
	register(t, authz.SheetFreeze, post("freeze-month", "/months/{month}/freeze", months, "汇总定稿，开始签字"), t.freezeMonth)
	register(t, authz.SheetFreeze, post("reopen-month", "/months/{month}/reopen", months, "退回修改，签名作废"), t.reopenMonth)
	register(t, authz.SheetSign, post("sign-month", "/months/{month}/sign", months, "在签字表上签字（重输密码）；签齐即入账"), t.signMonth)
	register(t, authz.SheetFreeze, post("enter-paper-signatures", "/months/{month}/paper", months, "照签好名的纸质签字表录入签字"), t.enterPaper)
	register(t, authz.SheetPublish, post("publish-month", "/months/{month}/publish", months, "发布这个月的公示"), t.publishMonth)
	register(t, authz.NoticeView, get("show-notice", "/months/{month}/notice", months, "这个月的公示全文，并核对与发布时一致"), t.showNotice)

	register(t, public, get("list-public-notices", "/villages/{village}/notices", notices, "一个村公示栏上的公示"), t.listPublicNotices)
	register(t, public, get("find-public-lines", "/villages/{village}/notices/{month}/lines", notices, "在公示里按门牌找"), t.findPublicLines)
	register(t, public, get("check-notice", "/villages/{village}/checks/{code}", notices, "按纸质公示上的查验码查真伪"), t.checkNotice)

	register(t, authz.ObjectionFile, get("list-own-objections", "/passbook/objections", objections, "自家提出的异议"), t.listOwnObjections)
	register(t, authz.ObjectionFile, post("file-objection", "/lines/{id}/objections", objections, "对自家存折的一笔提出异议"), t.fileObjection)
	register(t, authz.ObjectionFile, post("withdraw-objection", "/objections/{id}/withdraw", objections, "撤回异议"), t.withdrawObjection)
	register(t, authz.ObjectionRecord, post("record-objection", "/lines/{id}/recorded-objections", objections, "在柜台替住户记下异议"), t.recordObjection)
	register(t, authz.ObjectionView, get("list-objections", "/objections", objections, "全村的异议，新的在前"), t.listObjections)
	register(t, authz.ObjectionView, get("show-objection", "/objections/{id}", objections, "一条异议"), t.showObjection)
	register(t, authz.ObjectionDecide, post("decide-objection", "/objections/{id}/decide", objections, "答复异议：成立则冲正，不成立则维持"), t.decideObjection)
	register(t, authz.ObjectionFile, post("file-appeal", "/objections/{id}/appeals", objections, "不同意村里的答复，向镇里申诉"), t.fileAppeal)
	register(t, authz.ObjectionFile, post("withdraw-appeal", "/appeals/{id}/withdraw", objections, "撤回申诉"), t.withdrawAppeal)
	register(t, authz.ObjectionRecord, post("record-appeal", "/objections/{id}/recorded-appeals", objections, "在柜台替住户向镇里申诉"), t.recordAppeal)
	register(t, authz.AppealView, get("list-appeals", "/appeals", objections, "本镇各村的申诉，新的在前"), t.listAppeals)
	register(t, authz.AppealView, get("show-appeal", "/appeals/{id}", objections, "一条申诉，和村里定这一笔的依据、证明、经过"), t.showAppeal)
	register(t, authz.AppealDecide, post("decide-appeal", "/appeals/{id}/decide", objections, "答复申诉：成立则冲正并更正公示"), t.decideAppeal)

	register(t, authz.FindingOwn, get("list-own-findings", "/passbook/findings", findings, "自家的整改告知，新的在前"), t.listOwnFindings)
	register(t, authz.FindingOwn, get("show-own-finding", "/passbook/findings/{id}", findings, "自家的一条，和它走到的每一步"), t.showOwnFinding)
	register(t, authz.FindingView, get("list-findings", "/findings", findings, "全村的整改与减分事项，新的在前"), t.listFindings)
	register(t, authz.FindingView, get("show-finding", "/findings/{id}", findings, "一条，和它走到的每一步"), t.showFinding)
	register(t, authz.FindingRecord, made(post("record-finding", "/households/{id}/findings", findings, "记一件减分事项，提请评定")), t.recordFinding)
	register(t, authz.FindingHandle, post("issue-finding", "/findings/{id}/issue", findings, "发出整改告知"), t.issueFinding)
	register(t, authz.FindingHandle, post("deliver-finding", "/findings/{id}/deliver", findings, "纸质告知单已签收"), t.deliverFinding)
	register(t, authz.FindingOwn, post("receive-finding", "/findings/{id}/receive", findings, "自家收到了整改告知"), t.receiveFinding)
	register(t, authz.FindingOwn, post("say-finding", "/findings/{id}/statements", findings, "自家的说明"), t.sayFinding)
	register(t, authz.FindingRecord, post("withdraw-finding", "/findings/{id}/withdraw", findings, "记错了，撤回"), t.withdrawFinding)
	register(t, authz.FindingHandle, post("talk-finding", "/findings/{id}/talk", findings, "未成年人：已和家长面谈"), t.talkFinding)
	register(t, authz.FindingDecide, post("offer-repair", "/findings/{id}/repair", findings, "给一次做事补分的机会"), t.offerRepair)
	register(t, authz.FindingOwn, post("done-repair", "/findings/{id}/repair/done", findings, "自家做完了补分的事"), t.doneRepair)
	register(t, authz.FindingHandle, post("record-repair", "/findings/{id}/repair/record", findings, "替住户记下做完了补分的事"), t.recordRepair)
	register(t, authz.FindingDecide, post("decide-repair", "/findings/{id}/repair/decide", findings, "认定补分"), t.decideRepair)
	register(t, authz.FindingHandle, post("look-finding", "/findings/{id}/recheck", findings, "复查"), t.lookFinding)
	register(t, authz.FindingHandle, post("hear-finding", "/findings/{id}/hear", findings, "记下住户的说明，或到期没有说明"), t.hearFinding)
	register(t, authz.FindingDecide, post("decide-finding", "/findings/{id}/decide", findings, "一名成员的评定；两名一致才作数"), t.decideFinding)

	register(t, authz.OpinionFile, made(post("file-opinion", "/opinions", opinions, "提意见，可以不留名字")), t.fileOpinion)
	register(t, authz.OpinionFile, get("list-own-opinions", "/passbook/opinions", opinions, "自家提过的意见和答复，新的在前"), t.listOwnOpinions)
	register(t, authz.OpinionView, get("list-opinions", "/opinions", opinions, "全村的意见，新的在前"), t.listOpinions)
	register(t, authz.OpinionAnswer, post("answer-opinion", "/opinions/{id}/answer", opinions, "答复一条意见"), t.answerOpinion)

	register(t, authz.GoodsView, get("list-goods", "/goods", goods, "可以兑换的物资"), t.listGoods)
	register(t, authz.GoodsManage, get("list-stock", "/stock", goods, "全部物资，含停换的"), t.listStock)
	register(t, authz.GoodsManage, made(post("add-goods", "/goods", goods, "添一种物资")), t.addGoods)
	register(t, authz.GoodsManage, put("save-goods", "/goods/{id}", goods, "修改一种物资"), t.saveGoods)
	register(t, authz.GoodsManage, post("drop-goods-photo", "/goods/{id}/photo/drop", goods, "撤下一种物资的照片"), t.dropPhoto)
	register(t, authz.GoodsManage, post("put-goods-photo-back", "/goods/{id}/photo/back", goods, "放回撤下的照片"), t.putPhotoBack)
	register(t, authz.GoodsManage, get("list-stock-lines", "/stock/lines", goods, "物资的每一笔出入库，新的在前"), t.listStockLines)
	register(t, authz.StockCount, get("list-counts", "/counts", goods, "清点盘库，新的在前"), t.listCounts)
	register(t, authz.BudgetView, get("list-budgets", "/budgets", goods, "物资预算和每次调整，新的在前"), t.listBudgets)
	register(t, authz.BudgetView, get("show-guard", "/budgets/guard", goods, "预算够不够换：能换的分、库存、余款、到年底的预测"), t.showGuard)
	register(t, authz.GoodsManage, get("list-purchases", "/purchases", goods, "采购，新的在前"), t.listPurchases)
	register(t, authz.GoodsManage, made(post("record-purchase", "/purchases", goods, "记一笔采购；满比价标准的要三家报价")), t.recordPurchase)
	register(t, authz.GoodsManage, post("add-receipts", "/purchases/{id}/receipts", goods, "补上收据、发票的照片"), t.addReceipts)
	register(t, authz.GoodsManage, post("stock-in", "/purchases/{id}/stock-in", goods, "采购人以外的人点收入库"), t.stockIn)
	register(t, authz.GoodsManage, post("cancel-purchase", "/purchases/{id}/cancel", goods, "作废记错的采购；已入库的物资退出库存"), t.cancelPurchase)
	register(t, authz.GoodsManage, get("list-donations", "/donations", goods, "捐助和用途，新的在前"), t.listDonations)
	register(t, authz.GoodsManage, made(post("record-donation", "/donations", goods, "登记一笔捐助")), t.recordDonation)
	register(t, authz.GoodsManage, post("record-use", "/donations/{id}/use", goods, "记下捐款用到哪里"), t.recordUse)
	register(t, authz.GoodsManage, post("cancel-donation", "/donations/{id}/cancel", goods, "作废记错的捐助"), t.cancelDonation)
	register(t, authz.GoodsManage, post("cancel-use", "/donations/{id}/uses/{use}/cancel", goods, "作废记错的用途"), t.cancelUse)
	register(t, authz.YearView, get("show-selection", "/selection", goods, "一年的评选：定下的排名、条件、名单"), t.showSelection)
	register(t, authz.RedemptionMake, get("read-code", "/codes", goods, "兑换台扫码：积分卡、门牌、存折封面、存折查验码、价签"), t.readCode)
	register(t, authz.RedemptionView, get("list-redemptions", "/redemptions", goods, "兑换记录，新的在前"), t.listRedemptions)
	register(t, authz.RedemptionView, get("show-redemption", "/redemptions/{id}", goods, "一笔兑换"), t.showRedemption)
	register(t, authz.RedemptionMake, made(post("redeem", "/households/{id}/redemptions", goods, "办理兑换：存折与台账一致才发")), t.redeem)
	register(t, authz.RedemptionCancel, post("cancel-redemption", "/redemptions/{id}/cancel", goods, "撤销兑换，积分和库存退回"), t.cancelRedemption)

	register(t, authz.ClaimReview, get("list-handed", "/handed", records, "没有办成、交给小组的记录，新的在前；本户和亲属户的看不到"), t.listHanded)
	register(t, authz.DeskHome, made(post("hand-record", "/handed", records, "把没有办成的记录照原样交给小组")), t.handRecord)
	register(t, authz.ClaimReview, post("settle-handed", "/handed/{handed}/settle", records, "小组办结一条，告诉记录的人"), t.settleHanded)
	register(t, authz.RedemptionView, get("list-orders", "/orders", goods, "预留的物资，新的在前"), t.listOrders)
	register(t, authz.RedemptionReserve, made(post("reserve-own", "/passbook/orders", goods, "为自家预留")), t.reserveOwn)
	register(t, authz.RedemptionMake, made(post("reserve", "/households/{id}/orders", goods, "在柜台替住户预留")), t.reserve)
	register(t, authz.RedemptionMake, post("fulfil-order", "/orders/{id}/fulfil", goods, "预留的物资交给住户：存折与台账一致才发"), t.fulfil)
	register(t, authz.RedemptionMake, post("cancel-order", "/orders/{id}/cancel", goods, "取消预留，积分和库存放开"), t.cancelOrder)
	register(t, authz.GiftGive, get("list-families", "/families", goods, "可以转赠的困难家庭，不说是谁"), t.listFamilies)
	register(t, authz.GiftGive, get("list-own-gifts", "/passbook/gifts", goods, "自家转赠和收到的"), t.listOwnGifts)
	register(t, authz.GiftGive, made(post("give-gift", "/passbook/gifts", goods, "把自家的积分转赠给困难家庭")), t.give)
	register(t, authz.GiftGive, post("withdraw-gift", "/passbook/gifts/{gift}/withdraw", goods, "冷静期内撤回转赠"), t.withdrawGift)
	register(t, authz.GiftDecide, post("reverse-gift", "/gifts/{gift}/reverse", goods, "冲回一笔转赠，两家各一笔"), t.reverseGift)
	register(t, authz.OpeningManage, get("list-openings", "/openings", goods, "旧存折结转，新的在前"), t.listOpenings)
	register(t, authz.OpeningManage, made(post("note-opening", "/households/{id}/openings", goods, "登记一户旧存折的余额，等两方签字")), t.noteOpening)
	register(t, authz.OpeningManage, get("show-opening", "/openings/{opening}", goods, "一户的旧存折"), t.showOpening)
	register(t, authz.LedgerReverse, post("end-opening", "/openings/{opening}/end", goods, "没入账的作废，入了账的冲正"), t.endOpening)

	register(t, authz.GroupView, get("list-seats", "/group", group, "工作小组名单"), t.listSeats)
	register(t, authz.GroupManage, made(post("appoint", "/group", group, "任命一个岗位")), t.appoint)
	register(t, authz.GroupManage, post("end-seat", "/group/{id}/end", group, "提前结束任期"), t.endSeat)
	register(t, authz.GroupManage, post("disqualify", "/group/{id}/disqualify", group, "取消资格"), t.disqualify)
	register(t, authz.RulesView, get("show-rules", "/rules", rules, "现行实施细则"), t.showRules)
	register(t, authz.RulesView, get("list-rule-versions", "/rules/versions", rules, "历次细则：哪天起施行、改了什么、为什么，新的在前"), t.listEditions)
	register(t, authz.RulesDraft, get("show-draft", "/rules/draft", rules, "正在办理的细则草案"), t.showDraft)
	register(t, authz.RulesDraft, made(post("start-draft", "/rules/draft", rules, "开始起草")), t.startDraft)
	register(t, authz.RulesDraft, post("settle-draft", "/rules/draft/settings", rules, "改这一版的说明、生效日、基础积分和定法"), t.settleDraft)
	register(t, authz.RulesDraft, get("show-draft-file", "/rules/draft/file", rules, "草案写成 rules.yaml"), t.showDraftFile)
	register(t, authz.RulesDraft, put("replace-draft", "/rules/draft/file", rules, "用一份 rules.yaml 换上草案的全文"), t.replaceDraft)
	register(t, authz.RulesDraft, post("add-draft-item", "/rules/draft/items", rules, "新增一条"), t.addItem)
	register(t, authz.RulesDraft, post("edit-draft-item", "/rules/draft/items/{code}", rules, "改一条"), t.editItem)
	register(t, authz.RulesDraft, post("drop-draft-item", "/rules/draft/items/{code}/drop", rules, "删去一条"), t.dropItem)
	register(t, authz.RulesDraft, post("restore-draft-item", "/rules/draft/items/{code}/restore", rules, "恢复镇里文件的原条文"), t.restoreItem)
	register(t, authz.RulesAdopt, post("record-step", "/rules/draft/steps/{step}", rules, "登记四议两公开的一步"), t.recordStep)
	register(t, authz.RulesAdopt, post("submit-draft", "/rules/draft/submit", rules, "六步齐了，报镇里审核"), t.submitDraft)
	register(t, authz.RulesDraft, post("discard-draft", "/rules/draft/discard", rules, "作废草案"), t.discardDraft)
	register(t, authz.RulesDraft, get("list-drafts", "/rules/drafts", rules, "历次草案，新的在前"), t.listDrafts)
	register(t, authz.RulesDraft, get("find-draft", "/rules/drafts/{id}", rules, "一份草案"), t.findDraft)
	register(t, authz.RulesDraft, get("rehearse-draft", "/rules/drafts/{id}/rehearsal", rules, "拿一年的事试算这份草案，什么都不改"), t.rehearseDraft)
	register(t, authz.TownView, get("list-town-drafts", "/town/rules", rules, "各村的草案，待审核的在前"), t.listTownDrafts)
	register(t, authz.TownView, get("show-town-draft", "/town/rules/{village}/{id}", rules, "一个村的草案"), t.showTownDraft)
	register(t, authz.RulesCheck, post("advise-draft", "/town/rules/{village}/{id}/advise", rules, "给村里提意见"), t.adviseDraft)
	register(t, authz.RulesCheck, post("return-draft", "/town/rules/{village}/{id}/return", rules, "退回修改"), t.returnDraft)
	register(t, authz.RulesCheck, post("accept-draft", "/town/rules/{village}/{id}/accept", rules, "同意备案，从生效日起施行"), t.acceptDraft)
	register(t, authz.BudgetReview, get("list-town-budgets", "/town/budgets", town, "各村今年的物资预算，够不够换"), t.listTownBudgets)
	register(t, authz.BudgetReview, get("show-town-budget", "/town/villages/{id}/budgets/{budget}", town, "一个村报来的预算"), t.showTownBudget)
	register(t, authz.BudgetReview, post("review-budget", "/town/villages/{id}/budgets/{budget}", town, "同意或退回一个村的预算"), t.reviewBudget)
	register(t, authz.TownBureau, get("list-legal-reviews", "/town/villages/{id}/legal", rules, "一个村的合法性审查，撤回的也在"), t.listLegal)
	register(t, authz.RulesLegal, made(post("record-legal-review", "/town/villages/{id}/legal", rules, "登记一条合法性审查")), t.recordLegal)
	register(t, authz.RulesLegal, post("withdraw-legal-review", "/town/villages/{id}/legal/withdraw", rules, "撤回审查：从明天起这一条停用"), t.withdrawLegal)
	register(t, authz.RulesDraft, get("list-evaluations", "/evaluations", rules, "各季度的评估，新的在前"), t.listEvaluations)
	register(t, authz.EvaluationRecord, get("show-open-evaluation", "/evaluations/open", rules, "正在听取意见的一轮"), t.showOpenEvaluation)
	register(t, authz.OpinionFile, get("show-own-evaluation", "/passbook/evaluation", rules, "最近一轮征求的意见和自家提过的"), t.showOwnEvaluation)
	register(t, authz.RulesDraft, get("show-evaluation", "/evaluations/{quarter}", rules, "一个季度的数据、建议和决定"), t.showEvaluation)
	register(t, authz.RulesDraft, get("list-voices", "/evaluations/{quarter}/opinions", rules, "住户对细则的意见"), t.listVoices)
	register(t, authz.EvaluationRecord, post("record-voices", "/evaluations/{quarter}/opinions", rules, "替一户记下整张征求意见表"), t.recordVoices)
	register(t, authz.OpinionFile, post("say-own", "/passbook/evaluations/{quarter}/opinions", rules, "自家对细则的意见"), t.sayOwn)
	register(t, authz.RulesDraft, post("propose-evaluation", "/evaluations/{quarter}/propose", rules, "小组的建议"), t.proposeEvaluation)
	register(t, authz.RulesAdopt, post("decide-evaluation", "/evaluations/{quarter}/decide", rules, "决定照旧还是修改"), t.decideEvaluation)
	register(t, authz.ExemptView, get("list-exemptions", "/exemptions", households, "免评的住户和事项，新的在前"), t.listExemptions)
	register(t, authz.ExemptOwn, get("list-own-exemptions", "/passbook/exemptions", passbook, "自家的免评"), t.listOwnExemptions)
	register(t, authz.ExemptGrant, made(post("grant-exemption", "/households/{id}/exemptions", households, "给一户办理免评")), t.grantExemption)
	register(t, authz.ExemptGrant, post("end-exemption", "/exemptions/{id}/end", households, "取消免评，从今天起照常评"), t.endExemption)
	register(t, authz.ArchiveView, get("list-packs", "/archive", witness, "档案：每一次制作，新的在前"), t.listPacks)
	register(t, authz.ArchiveMake, made(post("ask-pack", "/archive", witness, "制作一个月或一年的档案；后台制作，做好了到 /archive/{id}/pack 下载")), t.askPack)
	register(t, authz.ArchiveView, get("show-pack", "/archive/{id}", witness, "一份档案做到哪里了"), t.showPack)
	register(t, authz.ArchiveTown, get("list-town-packs", "/town/villages/{id}/archive", town, "一个村的档案"), t.listTownPacks)
	register(t, authz.DrawView, get("list-draws", "/draws", witness, "群众代表的抽选，新的在前"), t.listDraws)
	register(t, authz.GroupManage, made(post("announce-draw", "/draws", witness, "固定名单并公布，改天抽签")), t.announceDraw)
	register(t, authz.DrawView, get("show-draw", "/draws/{draw}", witness, "一次抽选：名单、数字、种子、次序"), t.showDraw)
	register(t, authz.GroupManage, post("draw-lots", "/draws/{draw}/draw", witness, "到了公布的日期，按到场各人报的数抽签"), t.drawLots)
	register(t, authz.GroupManage, post("cancel-draw", "/draws/{draw}/cancel", witness, "还没抽的作废，写明原因"), t.cancelDraw)
	register(t, authz.GroupManage, post("decline-ticket", "/draws/{draw}/tickets/{number}/decline", witness, "抽中的一户不担任，由下一户递补"), t.declineTicket)
	register(t, public, get("list-public-draws", "/villages/{village}/draws", notices, "一个村公布的抽选"), t.listPublicDraws)
	register(t, public, get("show-public-draw", "/villages/{village}/draws/{draw}", notices, "一次抽选，谁都能重算"), t.showPublicDraw)
	register(t, authz.RecheckDo, get("list-rechecks", "/rechecks", witness, "取消资格后的复核，新的在前"), t.listRechecks)
	register(t, authz.RecheckDo, get("show-recheck", "/rechecks/{recheck}", witness, "一次复核的每一条"), t.showRecheck)
	register(t, authz.RecheckDo, post("confirm-checks", "/rechecks/{recheck}/confirm", witness, "这几条复核无误"), t.confirmChecks)
	register(t, authz.RecheckDo, post("doubt-check", "/rechecks/{recheck}/doubt", witness, "这一条有问题，由另一名成员核定"), t.doubtCheck)
	register(t, authz.RecheckDo, post("settle-check", "/rechecks/{recheck}/settle", witness, "另一名成员核定：更正，或无误"), t.settleCheck)
	register(t, authz.KeepView, get("list-keeping", "/keeping", witness, "各类记录保存几天、今晚到期几件"), t.listKeeping)
	register(t, authz.KeepSet, post("set-keeping", "/keeping", witness, "改一类记录的保存天数"), t.setKeeping)
	register(t, authz.VillageSettle, get("show-settings", "/settings", months, "村里的设定：公示日、兑换日、签字人数、联系方式"), t.showSettings)
	register(t, authz.VillageSettle, post("save-settings", "/settings", months, "改村里的设定"), t.saveSettings)

	register(t, authz.AuditView, get("list-audit", "/audit", records, "操作记录，新的在前"), t.listAudit)
	register(t, authz.TownView, get("list-villages", "/town/villages", town, "本镇的村（场）各自怎样"), t.listVillages)
	register(t, authz.TownView, get("show-village", "/town/villages/{id}", town, "打开一个村；留下记录"), t.showVillage)
	register(t, authz.AssessView, get("list-figures", "/town/figures", town, "各村在一段时间里的汇总数字"), t.listFigures)
	register(t, authz.InboxView, get("show-nomination", "/town/villages/{id}/nominations/{year}", town, "一个村定案的年度评选名单"), t.showNomination)
	register(t, authz.NominationTake, post("take-nomination", "/town/villages/{id}/nominations/{year}", town, "收下名单，写明怎么用"), t.takeNomination)
	register(t, authz.NominationTake, post("take-nomination-back", "/town/villages/{id}/nominations/{year}/back", town, "收回对名单的意见，写明为什么"), t.takeNominationBack)
	register(t, authz.InboxView, get("list-inbox", "/town/inbox", town, "等镇里办理的事，先到期的在前"), t.listInbox)
	register(t, authz.FairnessView, get("list-fairness", "/town/fairness", town, "公平核查的统计；不是结论"), t.listFairness)
	register(t, authz.FairnessView, get("list-rescores", "/town/rescores", town, "抽样复评"), t.listRescores)
	register(t, authz.RescoreDraw, made(post("draw-rescore", "/town/villages/{id}/rescores", town, "随机抽一个村一个月审过的几条，再评一次")), t.drawRescore)
	register(t, authz.FairnessView, get("show-rescore", "/town/villages/{id}/rescores/{rescore}", town, "一批复评和它的每一条"), t.showRescore)
	register(t, authz.RescoreDraw, post("score-rescore", "/town/villages/{id}/rescores/{rescore}/{claim}", town, "复评一条；全部评完以前可以改"), t.scoreRescore)
	register(t, authz.RescoreDraw, get("offer-rescore", "/town/villages/{id}/rescores/{rescore}/hand", town, "交给别的村的小组会看到什么"), t.offerRescore)
	register(t, authz.RescoreDraw, post("hand-rescore", "/town/villages/{id}/rescores/{rescore}/hand", town, "遮住村名、人名、门牌，交给别的村的小组评"), t.handRescore)
	register(t, authz.RescoreDraw, post("recall-rescore", "/town/villages/{id}/rescores/{rescore}/recall", town, "从对方小组收回"), t.recallRescore)
	register(t, authz.SecondDo, get("show-agreement", "/agreement", records, "本村近一年复评和原来一致的有多少"), t.showAgreement)
	register(t, authz.SecondDo, get("list-seconds", "/seconds", records, "镇里请小组替别的村复评的，新的在前"), t.listSeconds)
	register(t, authz.SecondDo, get("show-second", "/seconds/{second}", records, "一批和它的每一条"), t.showSecond)
	register(t, authz.SecondDo, post("score-second", "/seconds/{second}/records/{record}", records, "评一条；交回以前可以改"), t.scoreSecond)
	register(t, authz.SecondDo, post("return-second", "/seconds/{second}/done", records, "交回镇里"), t.returnSecond)
	register(t, authz.AssessView, get("list-schemes", "/town/assess", town, "村级考核，新的在前"), t.listSchemes)
	register(t, authz.AssessManage, made(post("make-scheme", "/town/assess", town, "定下一次考核，给各村算分")), t.makeScheme)
	register(t, authz.AssessView, get("show-scheme", "/town/assess/{scheme}", town, "一次考核和各村得分、依据"), t.showScheme)
	register(t, authz.AssessManage, post("count-scheme", "/town/assess/{scheme}/count", town, "重新算分"), t.countScheme)
	register(t, authz.AssessManage, post("send-scheme", "/town/assess/{scheme}/send", town, "发给各村，7 天内可提异议"), t.sendScheme)
	register(t, authz.AssessManage, post("sign-scheme", "/town/assess/{scheme}/sign", town, "签发，以后不能再改"), t.signScheme)
	register(t, authz.AssessManage, post("drop-scheme", "/town/assess/{scheme}/drop", town, "签发以前作废，写明为什么"), t.dropScheme)
	register(t, authz.AssessManage, post("look-scheme", "/town/villages/{id}/assess/{scheme}/look", town, "给现场看的一项打分"), t.lookScheme)
	register(t, authz.AssessManage, post("answer-scheme", "/town/villages/{id}/assess/{scheme}/answer", town, "答复村里的异议"), t.answerScheme)
	register(t, authz.AssessObject, post("object-scheme", "/assessments/{scheme}/object", records, "对镇里的考核提异议"), t.objectScheme)
	register(t, authz.StoryRead, get("show-town-story", "/town/villages/{id}/stories/{story}", town, "一篇典型案例"), t.showTownStory)
	register(t, authz.StoryEdit, post("move-town-story", "/town/villages/{id}/stories/{story}", town, "编辑、刊发、退回或撤下"), t.moveTownStory)
	register(t, authz.StoryView, get("show-story", "/stories/{story}", records, "一篇典型案例"), t.showStory)
	register(t, authz.StoryPropose, made(post("propose-story", "/stories", records, "报一篇典型案例")), t.proposeStory)
	register(t, authz.StoryPropose, post("move-story", "/stories/{story}", records, "重写或撤下"), t.moveStory)
	register(t, authz.StoryRead, get("list-town-stories", "/town/stories", town, "各村的典型案例，新的在前"), t.listStories)
	register(t, authz.StoryView, get("list-stories", "/stories", records, "本村的典型案例，新的在前"), t.listStories)
	register(t, authz.AssessOwn, get("list-assessments", "/assessments", records, "镇里对本村的考核，新的在前"), t.listAssessments)
	register(t, authz.TownView, get("list-town-matters", "/town/matters", town, "督查督办：各村的，新的在前"), t.listTownMatters)
	register(t, authz.TownView, get("show-town-matter", "/town/villages/{id}/matters/{matter}", town, "一件督办事项和它的经过"), t.showTownMatter)
	register(t, authz.MatterRaise, made(post("raise-matter", "/town/villages/{id}/matters", town, "向一个村提出事项")), t.raiseMatter)
	register(t, authz.MatterRaise, post("move-town-matter", "/town/villages/{id}/matters/{matter}", town, "办结、退回或撤回"), t.moveTownMatter)
	register(t, authz.MatterView, get("list-matters", "/matters", records, "镇里对本村的督办事项和村里记的问题"), t.listMatters)
	register(t, authz.MatterView, get("show-matter", "/matters/{matter}", records, "一件事项和它的经过"), t.showMatter)
	register(t, authz.MatterAnswer, made(post("note-problem", "/matters", records, "记下村里的一个问题")), t.noteProblem)
	register(t, authz.MatterAnswer, post("move-matter", "/matters/{matter}", records, "答复；自己记的问题也可以办结或撤回"), t.moveMatter)
}
