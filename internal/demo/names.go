package demo

import "strings"

var (
	surnames = []rune("张王李陈徐丛季缪吴周顾葛桑卞曹严孙朱钱杨沈蒋仇单解曾陆马袁冒")
	middles  = []rune("桂建秀志美树海春玉国德永明文金福林红晓小")
	lasts    = []rune("兰国英强华林波芳珍军平云生根梅燕霞涛龙凤")
	// rare are names that the fonts and the search must bear.
	rare      = []string{"徐𬭎", "陈𫖮", "季𬸪", "缪䶮", "欧阳娜", "阿依古丽·买买提", "单雄信", "仇英"}
	relations = []string{"妻", "夫", "长子", "长女", "父", "母", "儿媳", "孙子", "孙女"}
)

func (t *tale) name() string {
	pick := func(from []rune) string { return string(from[t.rng.IntN(len(from))]) }
	return pick(surnames) + pick(middles) + pick(lasts)
}

// family is the other members of a household, as the roll call writes them: 姓名/关系;姓名/关系.
func (t *tale) family() string {
	var all []string
	for i := range t.rng.IntN(5) {
		all = append(all, t.mark(t.name())+"/"+relations[i%len(relations)])
	}
	return strings.Join(all, ";")
}
