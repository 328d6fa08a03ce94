package claim

import (
	"strings"

	"cunfen/internal/chars"
	"cunfen/internal/fault"
)

// Identity is how somebody who records for a household knew that it was theirs to ask: 代办 wants to know who
// stood there. What a recorder has seen with their own eyes nobody asked for.
type Identity string

// The ways.
const (
	Seen      Identity = "seen"
	Known     Identity = "known"
	Card      Identity = "card"
	Passbook  Identity = "passbook"
	Phone     Identity = "phone"
	Neighbour Identity = "neighbour"
)

// Identities lists them in the order of the form.
var Identities = []Identity{Seen, Known, Card, Passbook, Phone, Neighbour}

// Spoken are those by which a household's own words come in.
var Spoken = Identities[1:]

// Chinese is the way on screen.
func (i Identity) Chinese() string {
	return map[Identity]string{Seen: "我看到、采集的，不是代办", Known: "代办：认识本人", Card: "代办：看了身份证", Passbook: "代办：看了积分存折", Phone: "代办：电话里核对过", Neighbour: "代办：邻居的电话里说的"}[i]
}

// Source is what kind of document a claim rests on (R4.4.1c); Claim.Source is its reference.
type Source string

// The kinds.
const (
	Award    Source = "award"
	Legal    Source = "legal"
	Press    Source = "news"
	Word     Source = "feedback"
	OtherDoc Source = "other"
)

// Sources lists them in the order of the form.
var Sources = []Source{Award, Legal, Press, Word, OtherDoc}

// Chinese is the kind on screen.
func (s Source) Chinese() string {
	return map[Source]string{Award: "表彰文件、证书", Legal: "法律文书", Press: "新闻报道", Word: "单位或个人反馈", OtherDoc: "其他材料"}[s]
}

// Faults of how a claim was brought in.
var (
	ErrIdentity  = fault.New(fault.Invalid, "claim.identity", "请选择是您看到的，还是替住户代办、怎么核对的人").On("identity")
	ErrThrough   = fault.New(fault.Invalid, "claim.through", "请写明是哪位邻居的电话、怎么知道是本人在说（2 到 60 字），如：李四的电话，听得出是张桂兰本人").On("through")
	ErrReference = fault.New(fault.Invalid, "claim.reference", "请写明材料的名称、文号或谁反映的（2 到 100 字）").On("source")
	ErrSource    = fault.New(fault.Invalid, "claim.source_kind", "请选择材料的种类").On("source_kind")
)

// brought says in a few words how a claim came in, flagging what was done on behalf of the household.
func brought(c Channel, i Identity, through string) string {
	switch i {
	case Known, Card, Passbook, Phone:
		return i.Chinese()
	case Neighbour:
		return i.Chinese() + "（" + through + "）"
	}
	if c == Counter {
		return "窗口采集"
	}
	return c.Chinese()
}

// Brought says how the claim came in.
func (c Claim) Brought() string { return brought(c.Channel, c.Identity, c.Through) }

// Brought says how the claim came in.
func (r Row) Brought() string { return brought(r.Channel, r.Identity, r.Through) }

// told is what the household's message says besides: by whose phone its words came.
func (c Claim) told() string {
	if c.Identity != Neighbour {
		return ""
	}
	return "是在邻居的电话里说的：" + c.Through
}

// Document is the paper that the claim rests on, in words; "" for none.
func (c Claim) Document() string {
	switch {
	case c.SourceKind == "":
		return c.Source
	case c.Source == "":
		return c.SourceKind.Chinese()
	}
	return c.SourceKind.Chinese() + "：" + c.Source
}

// known checks how a draft was brought in. A household speaks for itself; who records without a word has seen it.
func (d *Draft) known(ch Channel) *fault.Error {
	if ch == Self {
		d.Identity, d.SourceKind, d.Through = "", "", ""
		return nil
	}
	if d.Identity == "" {
		d.Identity = Seen
	}
	d.Through = strings.TrimSpace(d.Through)
	if d.Identity != Neighbour {
		d.Through = ""
	}
	switch {
	case d.Identity.Chinese() == "":
		return ErrIdentity
	case d.Identity == Neighbour && !chars.Between(d.Through, 2, 60):
		return ErrThrough
	case d.SourceKind != "" && d.SourceKind.Chinese() == "":
		return ErrSource
	case !chars.Between(d.Source, 0, 100), d.SourceKind != "" && !chars.Between(d.Source, 2, 100):
		return ErrReference
	}
	return nil
}
