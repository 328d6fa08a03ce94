package sheetfile

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// clean is a cell's text without spaces around it and characters that nobody sees.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == utf8.RuneError:
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// Narrow turns the full-width forms of ASCII into ASCII and leaves every other character as it is.
func Narrow(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 0xff01 && r <= 0xff5e:
			return r - 0xfee0
		case r == 0x3000:
			return ' '
		}
		return r
	}, s)
}

// value is what a cell says, or what is wrong with it.
func (c Column) value(raw string) (v, wrong string) {
	v = clean(raw)
	if v == "" {
		if c.Required {
			wrong = "没有填"
		}
		return "", wrong
	}
	switch c.Kind {
	case Digits:
		return digits(Narrow(v))
	case Number:
		return c.number(Narrow(v))
	case Choice:
		return c.choice(v)
	case Flag:
		return flag(Narrow(v))
	case Day:
		return day(Narrow(v))
	}
	most := c.Max
	if most == 0 {
		most = mostCell
	}
	if n := utf8.RuneCountInString(v); n > most {
		return "", fmt.Sprintf("写了 %d 个字，最多 %d 个", n, most)
	}
	return v, ""
}

var scientific = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?[eE]\+?[0-9]+$`)

// digits is a number that is really text; a spreadsheet may have made a float of it.
func digits(v string) (string, string) {
	v = strings.NewReplacer(" ", "", "-", "", "'", "").Replace(v)
	if scientific.MatchString(v) {
		f, err := strconv.ParseFloat(v, 64)
		if err != nil || f >= 1e15 || f != math.Trunc(f) {
			return "", "号码被表格当成了数，末几位已经丢失；请把这一列设成文本格式，重新填写"
		}
		return strconv.FormatFloat(f, 'f', 0, 64), ""
	}
	v = strings.TrimSuffix(v, ".0")
	if len(v) > 40 {
		return "", "号码太长"
	}
	return strings.ToUpper(v), ""
}

func (c Column) number(v string) (string, string) {
	f, err := strconv.ParseFloat(v, 64)
	most := float64(c.Max)
	if c.Max == 0 {
		most = 1e9
	}
	switch {
	case err != nil, f != math.Trunc(f):
		return "", "应当填整数"
	case f < 0 || f > most:
		return "", fmt.Sprintf("应当是 0 到 %.0f 的整数", most)
	}
	return strconv.FormatFloat(f, 'f', 0, 64), ""
}

func (c Column) choice(v string) (string, string) {
	if !slices.Contains(c.Choices, v) {
		return "", "只能填" + strings.Join(c.Choices, "、")
	}
	return v, ""
}

func flag(v string) (string, string) {
	switch strings.ToLower(v) {
	case "是", "有", "√", "✓", "y", "yes", "1", "true":
		return "是", ""
	case "否", "无", "不是", "×", "n", "no", "0", "false":
		return "否", ""
	}
	return "", "只能填是或否"
}

var dayMark = strings.NewReplacer("年", "-", "月", "-", "日", "", "/", "-", ".", "-", " ", "")

func day(v string) (string, string) {
	if t, err := time.Parse("2006-1-2", dayMark.Replace(v)); err == nil {
		return t.Format(time.DateOnly), ""
	}
	if f, err := strconv.ParseFloat(v, 64); err == nil && f >= 1 && f < 2_000_000 {
		if t, err := excelize.ExcelDateToTime(f, false); err == nil {
			return t.Format(time.DateOnly), ""
		}
	}
	return "", "日期应写成 2026-01-05 这样"
}
