package rulebook

import "strconv"

// Sign says on which annex an item stands.
type Sign string

const (
	Plus  Sign = "plus"
	Minus Sign = "minus"
)

// Of gives n the sign's direction.
func (s Sign) Of(n int) int {
	if s == Minus {
		return -n
	}
	return n
}

// Tier says how the parts of an item add up.
type Tier string

const (
	Single      Tier = "single"      // one value
	Quantity    Tier = "qty"         // count × value
	Independent Tier = "independent" // parts earn separately
	Exclusive   Tier = "exclusive"   // one rung only
	Mixed       Tier = "mixed"       // separate parts and a ladder
	Decided     Tier = "open"        // the group decides
)

var Tiers = []Tier{Single, Quantity, Independent, Exclusive, Mixed, Decided}

// Notice says how a public notice may show an item.
type Notice string

const (
	Named     Notice = "A" // by name; a minus item only in the village's counts
	ByClass   Notice = "B" // its class only
	InTotal   Notice = "C" // inside the total only
	Sensitive Notice = "X" // never by cause; off unless reviewed
)

var Notices = []Notice{Named, ByClass, InTotal, Sensitive}

// Starter says who sets an item going (R4.4.5b, R4.4.5c).
type Starter string

const (
	ByHousehold Starter = "household" // its declaration, or a grid worker's record for it
	ByGrid      Starter = "grid"      // the month's inspection round
	ByGroup     Starter = "group"     // the group's assessment
)

var Starters = []Starter{ByHousehold, ByGrid, ByGroup}

// Focus is one of the five kinds that the document asks villages to stress (R4.3.3).
type Focus string

const (
	Civility     Focus = "civility"
	Party        Focus = "party"
	Environment  Focus = "environment"
	Waste        Focus = "waste"
	Volunteering Focus = "volunteering"
)

var Focuses = []Focus{Civility, Party, Environment, Waste, Volunteering}

var focusChinese = map[Focus]string{Civility: "文明积分", Party: "党建积分", Environment: "环境治理积分", Waste: "垃圾分类积分", Volunteering: "志愿服务积分"}

// Chinese is the kind's name in the document.
func (f Focus) Chinese() string { return focusChinese[f] }

// Unit is what a part counts.
type Unit string

const (
	PersonTime Unit = "person_time"
	Time       Unit = "time"
	Month      Unit = "month"
	Quarter    Unit = "quarter"
	Year       Unit = "year"
	Spot       Unit = "spot"
	Award      Unit = "award"
	Open       Unit = "open"
)

var Units = []Unit{PersonTime, Time, Month, Quarter, Year, Spot, Award, Open}

var unitEach = map[Unit]string{PersonTime: "每人次", Time: "每次", Month: "每月", Quarter: "每季度", Year: "每年", Spot: "每处", Award: "每项", Open: ""}

// Each is the unit as a rate: 「每人次」.
func (u Unit) Each() string { return unitEach[u] }

var unitCounted = map[Unit]string{PersonTime: "人次", Spot: "处"}

// Counted is the measure word of a unit that is counted, "" where a part counts once.
func (u Unit) Counted() string { return unitCounted[u] }

// Per is the period, event, title or person within which a part's cap holds.
type Per string

const (
	PerMonth   Per = "month"
	PerQuarter Per = "quarter"
	PerYear    Per = "year"
	PerEvent   Per = "event"  // once for one event
	PerTitle   Per = "title"  // once for one title
	PerPerson  Per = "person" // once a year for one member
	Uncapped   Per = "none"
)

var Pers = []Per{PerMonth, PerQuarter, PerYear, PerEvent, PerTitle, PerPerson, Uncapped}

// Do is what a village did to an item of the document.
type Do string

const (
	Drop    Do = "drop"
	Add     Do = "add"
	Revalue Do = "revalue"
	Reword  Do = "reword"
	Switch  Do = "switch"
	Rung    Do = "rung" // a rung that the document left out (D5)
)

var Dos = []Do{Drop, Add, Revalue, Reword, Switch, Rung}

var doChinese = map[Do]string{Drop: "删去", Add: "增加", Revalue: "改分值", Reword: "改条文", Switch: "启用或停用", Rung: "增加一档"}

// Chinese is the change's name on screen.
func (d Do) Chinese() string { return doChinese[d] }

func decimal(n int) string { return strconv.Itoa(n) }
