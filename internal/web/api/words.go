package api

import (
	"github.com/danielgtaylor/huma/v2"
	v "github.com/danielgtaylor/huma/v2/validation"
)

// missing begins what is said of a required property that is not there; its name follows.
const missing = "缺少 "

// huma keeps its ways and words in variables of its packages; this package is the only one that uses it.
func init() {
	huma.NewErrorWithContext = refusal
	huma.NewError = func(status int, text string, found ...error) huma.StatusError {
		return refusal(nil, status, text, found...)
	}
	huma.ValidateStrictCasing = true
	huma.DefaultArrayNullable = false
	for word, chinese := range map[*string]string{
		&v.MsgUnexpectedProperty:       "不认识这一项",
		&v.MsgExpectedRequiredProperty: missing + "%s",
		&v.MsgExpectedRFC3339DateTime:  "应是时间，如 2026-11-23T08:15:00+08:00",
		&v.MsgExpectedRFC3339Date:      "应是日期，如 2026-11-23",
		&v.MsgExpectedRFC4122UUID:      "应是 36 个字符的编号（UUID）%.0v",
		&v.MsgExpectedBoolean:          "应是 true 或 false",
		&v.MsgExpectedNumber:           "应是数",
		&v.MsgExpectedInteger:          "应是整数",
		&v.MsgExpectedString:           "应是文字",
		&v.MsgExpectedArray:            "应是列表",
		&v.MsgExpectedObject:           "应是对象",
		&v.MsgExpectedArrayItemsUnique: "不能重复",
		&v.MsgExpectedOneOf:            "应是其中之一：%s",
		&v.MsgExpectedMinimumNumber:    "应不小于 %v",
		&v.MsgExpectedMaximumNumber:    "应不大于 %v",
		&v.MsgExpectedMinLength:        "应至少 %d 个字符",
		&v.MsgExpectedMaxLength:        "应最多 %d 个字符",
		&v.MsgExpectedBePattern:        "应是%s",
		&v.MsgExpectedMatchPattern:     "应符合 %s",
		&v.MsgExpectedMinItems:         "应至少 %d 项",
		&v.MsgExpectedMaxItems:         "应最多 %d 项",
		&v.MsgExpectedMinProperties:    "应至少 %d 项",
		&v.MsgExpectedMaxProperties:    "应最多 %d 项",
	} {
		*word = chinese
	}
}
