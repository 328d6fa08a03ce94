package rulebook

import (
	"slices"

	"cunfen/internal/fault"
)

// Evidence is a kind of proof (R4.4.1b, R4.4.1c).
type Evidence string

const (
	Photo             Evidence = "photo"
	AttendanceList    Evidence = "attendance_list"
	AwardPaper        Evidence = "award_paper"
	LegalDocument     Evidence = "legal_document"
	News              Evidence = "news"
	Feedback          Evidence = "feedback"
	CertificateSeen   Evidence = "certificate_seen" // seen by, day, kind of paper; nothing is kept
	InspectionRecord  Evidence = "inspection_record"
	GroupRecord       Evidence = "group_record"
	VolunteerRecord   Evidence = "volunteer_record"
	MediationRecord   Evidence = "mediation_record"
	AuthorityDecision Evidence = "authority_decision"
	CourtPublication  Evidence = "court_publication"
	Receipt           Evidence = "receipt"
	IndoorPhoto       Evidence = "indoor_photo"
	MedicalRecord     Evidence = "medical_record"
	PaymentRecord     Evidence = "payment_record"
	PoliceRecord      Evidence = "police_record"
	IdentityScan      Evidence = "identity_scan"
)

// Kinds lists every kind of evidence, those that may never be kept last.
var Kinds = []Evidence{Photo, AttendanceList, AwardPaper, LegalDocument, News, Feedback, CertificateSeen, InspectionRecord,
	GroupRecord, VolunteerRecord, MediationRecord, AuthorityDecision, CourtPublication, Receipt,
	IndoorPhoto, MedicalRecord, PaymentRecord, PoliceRecord, IdentityScan}

// NeverKept are the kinds that no item takes, whatever a village writes: the law seals them, or they tell
// more than the purpose needs.
var NeverKept = []Evidence{IndoorPhoto, MedicalRecord, PaymentRecord, PoliceRecord, IdentityScan}

var evidenceChinese = map[Evidence]string{
	Photo: "照片", AttendanceList: "签到表", AwardPaper: "表彰文件或证书", LegalDocument: "法律文书", News: "新闻报道",
	Feedback: "单位或人员反馈", CertificateSeen: "证件已核看（不留存）", InspectionRecord: "巡查记录", GroupRecord: "工作小组评核记录",
	VolunteerRecord: "志愿服务记录", MediationRecord: "调解记录", AuthorityDecision: "主管部门决定", CourtPublication: "法院公布的信息",
	Receipt: "回收凭证", IndoorPhoto: "屋内照片", MedicalRecord: "医疗资料", PaymentRecord: "缴费清单",
	PoliceRecord: "公安机关记录", IdentityScan: "身份证件影像",
}

// Chinese is the kind's name on screen.
func (e Evidence) Chinese() string { return evidenceChinese[e] }

// Faults of evidence.
var (
	ErrNoEvidence        = fault.New(fault.Invalid, "rulebook.no_evidence", "请至少附上一种证明材料：%s").On("evidence")
	ErrEvidenceMissing   = fault.New(fault.Invalid, "rulebook.evidence_missing", "“%s”必须附上%s，请补齐后再提交").On("evidence")
	ErrEvidenceForbidden = fault.New(fault.Invalid, "rulebook.evidence_forbidden", "“%s”不能收%s，请撤下这份材料，换一种证明").On("evidence")
)

// Accepts lists the kinds that may prove the item, the required ones first.
func (i Item) Accepts() []Evidence { return append(slices.Clone(i.Required), i.Permitted...) }

// CheckEvidence answers whether these kinds prove the item: at least one, every required one, none that the
// item does not take.
func (i Item) CheckEvidence(kinds []Evidence) error {
	accepts := i.Accepts()
	if len(kinds) == 0 {
		return ErrNoEvidence.With(listed(accepts))
	}
	for _, k := range kinds {
		if !slices.Contains(accepts, k) {
			return ErrEvidenceForbidden.With(i.Title, k.Chinese())
		}
	}
	for _, k := range i.Required {
		if !slices.Contains(kinds, k) {
			return ErrEvidenceMissing.With(i.Title, k.Chinese())
		}
	}
	return nil
}

func listed(kinds []Evidence) string {
	s := ""
	for n, k := range kinds {
		if n > 0 {
			s += "、"
		}
		s += k.Chinese()
	}
	return s
}
