package actor

import "strings"

// topics are the departments that supervise (R6.4a), each by a word of its name.
var topics = []struct{ code, word string }{{"organisation", "组织"}, {"publicity", "宣传"}, {"environment", "环"}, {"civil", "民政"}, {"command", "指挥"}}

// Classes are the classes of the two lists that a department looks after; none for the bureau, which sees all.
func Classes(topic string) []string {
	return map[string][]string{"": {}, "organisation": {"爱党爱国"}, "publicity": {"德善公益", "移风易俗"}, "environment": {"农村人居环境整治"},
		"civil": {"移风易俗", "德善公益"}, "command": {"网格治理", "遵纪守法"}}[topic]
}

// TopicOf is the code of what a department looks after, read from its code or its name; ok is false for what is
// none of the five. No name is the whole, "".
func TopicOf(name string) (code string, ok bool) {
	name = strings.TrimSpace(name)
	for _, t := range topics {
		if name == t.code || strings.Contains(name, t.word) {
			return t.code, true
		}
	}
	return "", name == ""
}
