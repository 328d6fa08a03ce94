package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"cunfen/internal/authz"
	"cunfen/internal/web/static"
	"cunfen/internal/web/ui"
)

const (
	get  = http.MethodGet
	post = http.MethodPost
)

// Pages is the table of the pages: path, handler and permission on one line.
func Pages(s *ui.Site) []Route {
	open := func(method, path string, h echo.HandlerFunc) Route {
		return Route{Method: method, Path: path, Handler: h, Public: true}
	}
	on := func(method, path string, h echo.HandlerFunc, a authz.Action) Route {
		return Route{Method: method, Path: path, Handler: h, Action: a}
	}
	files := func(method, path string, h echo.HandlerFunc, a authz.Action) Route {
		return Route{Method: method, Path: path, Handler: h, Action: a, Upload: true}
	}
	return []Route{
		// for everybody
		{Method: get, Path: "/static/*", Handler: echo.WrapHandler(static.Handler()), Public: true, Static: true},
		open(get, "/", s.Index),
		open(get, "/size", s.Size),
		open(get, "/ui", s.Gallery),
		open(get, "/feedback", s.Feedback),
		open(get, "/sign-in", s.SignIn),
		open(post, "/sign-in", s.SignInPassword),
		open(get, "/sign-in/sms", s.SignInSMS),
		open(post, "/sign-in/sms", s.SignInSMSSend),
		open(post, "/sign-in/sms/code", s.SignInSMSCode),
		open(get, "/sign-in/second", s.SecondFactor),
		open(post, "/sign-in/second", s.SecondFactorCheck),
		open(get, "/sign-in/password", s.StartPassword),
		open(post, "/sign-in/password", s.StartPasswordChange),
		open(get, "/sign-in/seat", s.Seats),
		open(post, "/sign-in/seat", s.SeatChoose),
		open(post, "/sign-out", s.SignOut),
		open(get, "/v/:village", s.PublicBoard),
		open(get, "/v/:village/rules", s.PublicRules),
		open(get, "/v/:village/rules/booklet", s.PublicRulesBooklet),
		open(get, "/v/:village/:month", s.PublicNotice),
		open(get, "/v/:village/:month/:size", s.PublicNoticePDF),

		// one's own account
		on(get, "/me", s.Me, authz.SessionOwn),
		on(post, "/me/password", s.MyPassword, authz.SessionOwn),
		on(get, "/messages", s.Messages, authz.MessageRead),
		on(post, "/messages/:id/open", s.MessageOpen, authz.MessageRead),
		on(post, "/messages/read", s.MessagesRead, authz.MessageRead),
		on(get, "/evidence/:id", s.EvidencePicture, authz.EvidenceView),

		// a household
		on(get, "/home", s.Home, authz.PassbookView),
		on(get, "/board", s.Board, authz.PassbookView),
		on(get, "/goods/list", s.GoodsOffered, authz.GoodsView),
		on(get, "/claims", s.MyClaims, authz.EvidenceUpload),
		on(get, "/claims/new", s.ClaimNew, authz.ClaimSubmit),
		files(post, "/claims", s.ClaimSubmit, authz.ClaimSubmit),
		on(get, "/claims/:id", s.ClaimShow, authz.EvidenceView),
		files(post, "/claims/:id/resubmit", s.ClaimResubmit, authz.EvidenceUpload),
		on(post, "/claims/:id/withdraw", s.ClaimWithdraw, authz.EvidenceUpload),
		on(get, "/lines/:id/object", s.ObjectionNew, authz.ObjectionFile),
		on(post, "/lines/:id/object", s.ObjectionFile, authz.ObjectionFile),
		on(get, "/my/objections", s.MyObjections, authz.ObjectionFile),
		on(post, "/my/objections/:id/withdraw", s.ObjectionWithdraw, authz.ObjectionFile),
		on(get, "/my/objections/:id/appeal", s.AppealNew, authz.ObjectionFile),
		on(post, "/my/objections/:id/appeal", s.AppealFile, authz.ObjectionFile),
		on(post, "/my/appeals/:id/withdraw", s.AppealTakeBack, authz.ObjectionFile),

		// a grid worker, or whoever records for a household
		on(get, "/field", s.Field, authz.ClaimRecord),
		on(get, "/record", s.Record, authz.ClaimRecord),
		on(get, "/record/:household", s.RecordNew, authz.ClaimRecord),
		files(post, "/record/:household", s.RecordSubmit, authz.ClaimRecord),

		// the month's rounds of inspection
		on(get, "/rounds", s.RoundList, authz.RoundView),
		on(post, "/rounds", s.RoundOpen, authz.RoundRecord),
		on(get, "/rounds/:id", s.RoundShow, authz.RoundView),
		on(get, "/rounds/:id/homes.xlsx", s.RoundExport, authz.RoundView),
		on(get, "/rounds/:id/homes/:household", s.RoundHome, authz.RoundRecord),
		files(post, "/rounds/:id/homes/:household", s.RoundMark, authz.RoundRecord),
		on(get, "/rounds/:id/close", s.RoundCloseForm, authz.RoundRecord),
		on(post, "/rounds/:id/close", s.RoundClose, authz.RoundRecord),
		on(get, "/rounds/:id/reopen", s.RoundReopenForm, authz.RoundRecord),
		on(post, "/rounds/:id/reopen", s.RoundReopen, authz.RoundRecord),
		on(post, "/rounds/:id/confirm", s.RoundConfirm, authz.RoundConfirm),
		on(get, "/d/:code", s.Door, authz.PassbookView),
		on(get, "/queue", s.Queue, authz.ClaimRecord),

		// the working group's month
		on(get, "/desk", s.Desk, authz.DeskHome),
		on(get, "/review", s.Review, authz.ClaimReview),
		on(post, "/review/approve", s.ReviewApproveAll, authz.ClaimReview),
		on(post, "/review/undo", s.ReviewUndo, authz.ClaimReview),
		on(get, "/review.xlsx", s.ReviewExport, authz.ClaimReview),
		on(post, "/claims/:id/approve", s.ClaimApprove, authz.ClaimReview),
		on(get, "/claims/:id/reject", s.ClaimRejectForm, authz.ClaimReview),
		on(post, "/claims/:id/reject", s.ClaimReject, authz.ClaimReview),
		on(get, "/claims/:id/split", s.ClaimSplitForm, authz.ClaimReview),
		on(post, "/claims/:id/split", s.ClaimSplit, authz.ClaimReview),
		on(get, "/claims/:id/return", s.ClaimReturnForm, authz.ClaimReview),
		on(post, "/claims/:id/return", s.ClaimReturn, authz.ClaimReview),
		on(post, "/claims/:id/undo", s.ClaimUndo, authz.ClaimReview),
		on(get, "/months", s.MonthList, authz.SheetView),
		on(get, "/months/:month", s.MonthShow, authz.SheetView),
		on(get, "/months/:month/sheet", s.MonthSheetPrint, authz.SheetView),
		on(post, "/months/:month/freeze", s.MonthFreeze, authz.SheetFreeze),
		on(get, "/months/:month/reopen", s.MonthReopenForm, authz.SheetFreeze),
		on(post, "/months/:month/reopen", s.MonthReopen, authz.SheetFreeze),
		on(get, "/months/:month/sign", s.MonthSignForm, authz.SheetSign),
		files(post, "/months/:month/sign", s.MonthSign, authz.SheetSign),
		on(post, "/months/:month/publish", s.MonthPublish, authz.SheetPublish),
		on(get, "/months/:month/notice", s.NoticeShow, authz.NoticeView),
		on(get, "/months/:month/notice/:size", s.NoticePDF, authz.NoticeView),
		on(get, "/months/:month/script", s.NoticeScript, authz.NoticeView),
		on(get, "/objections", s.Objections, authz.ObjectionView),
		on(get, "/objections/:id", s.ObjectionShow, authz.ObjectionView),
		on(post, "/objections/:id/decide", s.ObjectionDecide, authz.ObjectionDecide),
		on(get, "/objections/:id/appeal", s.AppealRecordForm, authz.ObjectionRecord),
		on(post, "/objections/:id/appeal", s.AppealRecord, authz.ObjectionRecord),
		on(get, "/lines/:id/record-objection", s.ObjectionRecordForm, authz.ObjectionRecord),
		on(post, "/lines/:id/record-objection", s.ObjectionRecord, authz.ObjectionRecord),
		on(get, "/matters", s.Matters, authz.MatterView),
		on(get, "/matters.xlsx", s.MattersExport, authz.MatterView),
		on(get, "/matters/new", s.MatterNew, authz.MatterAnswer),
		on(post, "/matters", s.MatterRaise, authz.MatterAnswer),
		on(get, "/matters/:matter", s.MatterShow, authz.MatterView),
		on(post, "/matters/:matter", s.MatterMove, authz.MatterAnswer),
		on(get, "/log", s.Log, authz.AuditView),
		on(get, "/verify", s.Verify, authz.LedgerVerify),

		// the register
		on(get, "/households", s.HouseholdList, authz.HouseholdView),
		on(get, "/households.xlsx", s.HouseholdExport, authz.HouseholdExport),
		on(get, "/households/new", s.HouseholdNew, authz.HouseholdEdit),
		on(post, "/households", s.HouseholdAdd, authz.HouseholdEdit),
		on(get, "/households/import", s.ImportForm, authz.HouseholdImport),
		on(get, "/households/import/template.xlsx", s.ImportTemplate, authz.HouseholdImport),
		files(post, "/households/import", s.ImportTry, authz.HouseholdImport),
		files(post, "/households/import/commit", s.ImportCommit, authz.HouseholdImport),
		on(post, "/households/import/:id/undo", s.ImportUndo, authz.HouseholdImport),
		on(get, "/households/:id", s.HouseholdShow, authz.HouseholdView),
		on(get, "/households/:id/passbook", s.HouseholdPassbook, authz.LedgerView),
		on(get, "/households/:id/edit", s.HouseholdEdit, authz.HouseholdEdit),
		on(post, "/households/:id", s.HouseholdSave, authz.HouseholdEdit),
		on(get, "/households/:id/leave", s.HouseholdLeaveForm, authz.HouseholdEdit),
		on(post, "/households/:id/leave", s.HouseholdLeave, authz.HouseholdEdit),
		on(post, "/households/:id/members", s.MemberAdd, authz.HouseholdEdit),
		on(post, "/households/:id/members/:member/leave", s.MemberLeave, authz.HouseholdEdit),
		on(get, "/households/:id/unmask", s.UnmaskForm, authz.HouseholdUnmask),
		on(post, "/households/:id/unmask", s.Unmask, authz.HouseholdUnmask),
		on(get, "/group", s.GroupList, authz.GroupView),
		on(get, "/group/new", s.GroupAppointForm, authz.GroupManage),
		on(post, "/group", s.GroupAppoint, authz.GroupManage),
		on(get, "/group/:id/end", s.GroupEndForm, authz.GroupManage),
		on(post, "/group/:id/end", s.GroupEnd, authz.GroupManage),
		on(get, "/group/:id/disqualify", s.GroupDisqualifyForm, authz.GroupManage),
		on(post, "/group/:id/disqualify", s.GroupDisqualify, authz.GroupManage),
		on(get, "/relatives", s.Relatives, authz.RelativeDeclare),
		on(post, "/relatives", s.RelativeAdd, authz.RelativeDeclare),
		on(post, "/relatives/:household/remove", s.RelativeRemove, authz.RelativeDeclare),
		on(get, "/rules", s.Rules, authz.RulesView),
		on(get, "/rules/draft", s.DraftShow, authz.RulesDraft),
		on(post, "/rules/draft", s.DraftStart, authz.RulesDraft),
		on(get, "/rules/draft/items", s.DraftItems, authz.RulesDraft),
		on(post, "/rules/draft/items", s.DraftItemAdd, authz.RulesDraft),
		on(get, "/rules/draft/items/new", s.DraftItemNew, authz.RulesDraft),
		on(get, "/rules/draft/items/:code", s.DraftItem, authz.RulesDraft),
		on(post, "/rules/draft/items/:code", s.DraftItemSave, authz.RulesDraft),
		on(post, "/rules/draft/items/:code/drop", s.DraftItemDrop, authz.RulesDraft),
		on(post, "/rules/draft/items/:code/restore", s.DraftItemRestore, authz.RulesDraft),
		on(get, "/rules/draft/settings", s.DraftSettings, authz.RulesDraft),
		on(post, "/rules/draft/settings", s.DraftSettingsSave, authz.RulesDraft),
		on(get, "/rules/draft/rules.yaml", s.DraftFile, authz.RulesDraft),
		files(post, "/rules/draft/rules.yaml", s.DraftUpload, authz.RulesDraft),
		on(post, "/rules/draft/discard", s.DraftDiscard, authz.RulesDraft),
		on(get, "/rules/draft/steps/:step", s.DraftStep, authz.RulesAdopt),
		files(post, "/rules/draft/steps/:step", s.DraftStepRecord, authz.RulesAdopt),
		on(post, "/rules/draft/submit", s.DraftSubmit, authz.RulesAdopt),
		on(get, "/rules/drafts/:id", s.DraftFind, authz.RulesDraft),

		// goods and the redemption desk
		on(get, "/goods", s.GoodsList, authz.GoodsManage),
		on(get, "/goods/new", s.GoodsNew, authz.GoodsManage),
		on(post, "/goods", s.GoodsAdd, authz.GoodsManage),
		on(get, "/goods/:id", s.GoodsEdit, authz.GoodsManage),
		on(post, "/goods/:id", s.GoodsSave, authz.GoodsManage),
		on(get, "/redeem", s.RedeemFind, authz.RedemptionMake),
		on(get, "/redeem/:household", s.RedeemForm, authz.RedemptionMake),
		on(post, "/redeem/:household", s.Redeem, authz.RedemptionMake),
		on(get, "/redemptions", s.RedemptionList, authz.RedemptionView),
		on(get, "/redemptions.xlsx", s.RedemptionExport, authz.RedemptionView),
		on(get, "/redemptions/:id", s.RedemptionShow, authz.RedemptionView),
		on(get, "/redemptions/:id/cancel", s.RedemptionCancelForm, authz.RedemptionCancel),
		on(post, "/redemptions/:id/cancel", s.RedemptionCancel, authz.RedemptionCancel),

		// above the villages
		on(get, "/town", s.Town, authz.TownView),
		on(get, "/town.xlsx", s.TownExport, authz.TownView),
		on(get, "/town/villages/:id", s.TownVillage, authz.TownView),
		on(get, "/town/matters", s.Matters, authz.TownView),
		on(get, "/town/matters.xlsx", s.MattersExport, authz.TownView),
		on(get, "/town/matters/new", s.MatterNew, authz.MatterRaise),
		on(post, "/town/matters", s.MatterRaise, authz.MatterRaise),
		on(get, "/town/villages/:id/matters/:matter", s.MatterShow, authz.TownView),
		on(post, "/town/villages/:id/matters/:matter", s.MatterMove, authz.MatterRaise),
		on(get, "/town/rules", s.TownRules, authz.TownView),
		on(get, "/town/rules/:village/:id", s.TownDraft, authz.TownView),
		on(post, "/town/rules/:village/:id/advise", s.TownDraftAdvise, authz.RulesCheck),
		on(post, "/town/rules/:village/:id/return", s.TownDraftReturn, authz.RulesCheck),
		on(post, "/town/rules/:village/:id/accept", s.TownDraftAccept, authz.RulesCheck),
		on(get, "/town/villages/:id/legal", s.TownLegal, authz.TownView),
		on(post, "/town/villages/:id/legal", s.TownLegalRecord, authz.RulesLegal),
		on(get, "/town/appeals", s.TownAppeals, authz.AppealView),
		on(get, "/town/appeals.xlsx", s.TownAppealExport, authz.AppealView),
		on(get, "/town/appeals/:id", s.TownAppeal, authz.AppealView),
		on(post, "/town/appeals/:id/decide", s.TownAppealDecide, authz.AppealDecide),
		on(get, "/platform", s.Platform, authz.PlatformView),
	}
}
