package initials

// surnames are those whose reading begins with another letter than the character's usual one: first the
// surname's reading, then the usual. 朴 任 华 and others differ in tone or vowel only.
var surnames = map[rune]string{
	'单': "sd", '仇': "qc", '区': "oq", '解': "xj", '查': "zc", '曾': "zc", '乐': "yl", '尉': "wy", '召': "sz",
	'种': "cz", '重': "cz", '秘': "bm", '折': "sz", '繁': "pf", '覃': "qt", '隗': "wk", '郇': "xh", '郗': "xc",
	'祭': "zj", '车': "cj", '谌': "cs", '粘': "nz", '乜': "nm", '么': "ym", '句': "gj", '贾': "jg", '郄': "qx",
	'适': "ks", '盛': "sc", '褚': "cz", '翟': "zd", '长': "zc", '藏': "zc", '行': "xh", '朝': "cz", '谷': "gy",
	'沈': "sc", '呙': "gw", '燕': "y", '朴': "p", '任': "r", '华': "h",
}

// compound are the surnames of two characters that are read differently from their characters.
var compound = map[string]string{
	"尉迟": "yc", "万俟": "mq", "单于": "cy", "长孙": "zs", "澹台": "tt", "亓官": "qg", "乐正": "yz",
}

// given are the characters of given names with two usual readings.
var given = map[rune]string{
	'长': "cz", '重': "zc", '乐': "ly", '行': "xh", '朝': "cz", '茜': "qx", '晟': "sc", '乾': "qg", '传': "cz",
	'调': "td", '会': "hk", '盛': "sc", '藏': "cz", '曾': "zc", '降': "jx", '翟': "zd", '单': "d", '解': "jx",
}

// rare are characters of the national table of names that the dictionary reads by an older character.
var rare = map[rune]string{'𬸪': "z"}
