// Package supervise is the township's guiding and watching hand (督查, R6.1a, R6.4a): what the bureau puts to a
// village (a reminder, advice, what a visit found) and waits to hear back on, and the problems that a village
// notes itself (R5.2b). Nothing here moves points; it only asks and answers.
package supervise

import (
	"strings"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/chars"
	"cunfen/internal/fault"
	"cunfen/internal/pg"
)

// Service is what the screens may ask of supervision.
type Service struct{ DB *pg.DB }

// Kind is what is put to the village.
type Kind string

// The kinds of matter. A problem is noted by the village itself.
const (
	Urge     Kind = "urge"
	Advice   Kind = "advice"
	Visit    Kind = "visit"
	Problem  Kind = "problem"
	Fairness Kind = "fairness" // what the fairness watch showed, put as a question (R4.1.7)
)

// Kinds lists every kind in the order of the lists.
var Kinds = []Kind{Urge, Visit, Advice, Fairness, Problem}

// Chinese is the kind's name on screen.
func (k Kind) Chinese() string {
	return map[Kind]string{Urge: "催办", Advice: "指导意见", Visit: "督查发现", Problem: "村里反映的问题", Fairness: "公平核查"}[k]
}

// Topic is the department's field that a matter belongs to (R6.4a); "" is the bureau's own.
type Topic string

// The topics, one a department.
const (
	Organisation Topic = "organisation"
	Publicity    Topic = "publicity"
	Environment  Topic = "environment"
	Civil        Topic = "civil"
	Command      Topic = "command"
)

// Topics lists every topic.
var Topics = []Topic{Organisation, Publicity, Environment, Civil, Command}

// Chinese is the topic's name on screen.
func (t Topic) Chinese() string {
	return map[Topic]string{"": "综合", Organisation: "组织", Publicity: "宣传", Environment: "环保", Civil: "民政", Command: "指挥中心"}[t]
}

// State is where a matter stands.
type State string

// The states of a matter.
const (
	Open      State = "open"
	Answered  State = "answered"
	Closed    State = "closed"
	Withdrawn State = "withdrawn"
)

// States lists every state in the order of a matter's life.
var States = []State{Open, Answered, Closed, Withdrawn}

// Chinese is the state's name on screen.
func (s State) Chinese() string {
	return map[State]string{Open: "等村里答复", Answered: "已答复，待镇里确认", Closed: "已办结", Withdrawn: "已撤回"}[s]
}

// Matter is one thing put to a village.
type Matter struct {
	VillageID      actor.VillageID
	Village        string
	ID             uuid.UUID
	Kind           Kind
	Topic          Topic
	Title          string
	Body           string
	RaisedBy       uuid.UUID
	RaisedByName   string
	RaisedAt       time.Time
	DueOn          time.Time
	State          State
	Answer         string // the village's last
	AnsweredByName string
	AnsweredAt     *time.Time
	ClosedAt       *time.Time
	Version        int
}

// Late reports whether the village's answer is overdue on that day.
func (m Matter) Late(today time.Time) bool { return m.State == Open && m.DueOn.Before(today) }

// Step is one thing said on a matter.
type Step struct {
	Verb   Verb
	Words  string
	ByName string
	Role   actor.Role
	At     time.Time
}

// Verb is what somebody did with a matter.
type Verb string

// The verbs.
const (
	Raise    Verb = "raise"
	Answer   Verb = "answer"
	Return   Verb = "return"
	Close    Verb = "close"
	Withdraw Verb = "withdraw"
)

// Chinese is the verb's name on screen.
func (v Verb) Chinese() string {
	return map[Verb]string{Raise: "提出", Answer: "村里答复", Return: "退回重办", Close: "办结", Withdraw: "撤回"}[v]
}

// Faults of supervision.
var (
	ErrKind  = fault.New(fault.Invalid, "supervise.kind", "请选择是哪一类").On("kind")
	ErrTopic = fault.New(fault.Invalid, "supervise.topic", "请选择归口部门").On("topic")
	ErrTitle = fault.New(fault.Invalid, "supervise.title", "请用一句话写明是什么事（4 到 60 字）").On("title")
	ErrBody  = fault.New(fault.Invalid, "supervise.body", "请写清情况和要求（4 到 1000 字）").On("body")
	ErrDue   = fault.New(fault.Invalid, "supervise.due", "答复期限要在今天以后、一年以内").On("due_on")
	ErrWords = fault.New(fault.Invalid, "supervise.words", "请写明情况（4 到 1000 字），对方会看到").On("words")
	ErrState = fault.New(fault.Conflict, "supervise.state", "这件事刚刚有了变化，请刷新页面再看")
)

// Draft is what a person fills in to raise a matter.
type Draft struct {
	Kind  Kind
	Topic Topic
	Title string
	Body  string
	DueOn time.Time
}

// raise turns a draft into a matter: the bureau's reminders, advice and visits, a village's own problems.
func (d Draft) raise(who actor.Actor, now, today time.Time) (m Matter, err error) {
	d.Title, d.Body = strings.TrimSpace(d.Title), strings.TrimSpace(d.Body)
	err = fault.Join(
		fault.When(d.Kind.Chinese() == "" || (d.Kind == Problem) != (who.Village != 0 && who.Role != actor.Bureau), ErrKind),
		fault.When(d.Topic.Chinese() == "", ErrTopic), fault.When(!chars.Between(d.Title, 4, 60), ErrTitle), fault.When(!chars.Between(d.Body, 4, 1000), ErrBody),
		fault.When(!d.DueOn.After(today) || d.DueOn.After(today.AddDate(1, 0, 0)), ErrDue))
	if err != nil {
		return m, err
	}
	return Matter{ID: pg.NewID(), Kind: d.Kind, Topic: d.Topic, Title: d.Title, Body: d.Body, RaisedBy: who.Account, RaisedByName: who.Name,
		RaisedAt: now.Truncate(time.Microsecond), DueOn: d.DueOn, State: Open, Version: 1}, nil
}

// move is the whole rule of a matter's life: the village answers, who raised it closes, returns or withdraws.
// A village may close the problem that it noted itself.
func (m *Matter) move(who actor.Actor, verb Verb, words string, at time.Time) error {
	office := who.Role == actor.Bureau
	switch {
	case verb == Answer && !office && m.State == Open:
		m.State, m.Answer, m.AnsweredByName, m.AnsweredAt = Answered, words, who.Name, &at
	case verb == Return && office && (m.State == Answered || m.State == Closed): // closed by mistake, or it came up again
		m.State, m.ClosedAt = Open, nil
	case verb == Close && m.State == Answered && (office || m.Kind == Problem):
		m.State, m.ClosedAt = Closed, &at
	case verb == Withdraw && m.State == Open && office == (m.Kind != Problem):
		m.State, m.ClosedAt = Withdrawn, &at
	default:
		return ErrState
	}
	return nil
}

// Offers lists what the person may do with the matter now.
func (m Matter) Offers(who actor.Actor) (verbs []Verb) {
	for _, v := range []Verb{Answer, Close, Return, Withdraw} {
		if c := m; c.move(who, v, "……", time.Time{}) == nil {
			verbs = append(verbs, v)
		}
	}
	return verbs
}
