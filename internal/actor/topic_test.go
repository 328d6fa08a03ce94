package actor

import "testing"

func TestTopicOf(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"组织": "organisation", "组织办": "organisation", "人居环境": "environment", "环保办": "environment", "civil": "civil", " 指挥中心 ": "command", "宣传": "publicity", "": ""} {
		if got, ok := TopicOf(name); got != want || !ok {
			t.Errorf("%q is %q, %v", name, got, ok)
		}
	}
	if _, ok := TopicOf("财政所"); ok {
		t.Error("a department without a topic has one")
	}
}
