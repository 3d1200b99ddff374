package main

import (
	"math/rand"
	"strconv"
	"strings"
)

// What people write, and what has a rule of its own.
var known = []string{
	"~", "null", "Null", "NULL", "nUll", "", "''", `""`, "y", "Y", "yes", "Yes", "YES", "yEs", "n", "N",
	"no", "No", "NO", "nO", "true", "True", "TRUE", "tRue", "false", "False", "FALSE", "on", "On", "ON",
	"oN", "off", "Off", "OFF", "t", "f", "T", "F", "yes ", "yes # comment", "yes#comment", "'yes'", `"no"`,
	"0", "-0", "+0", "00", "000", "0777", "-0777", "+0777", "0o777", "0O777", "-0o17", "0888", "0789",
	"0x1F", "0X1f", "-0xff", "0x", "0xg", "0b101", "0B101", "-0b101", "0b", "0b2", "0b-101", "0b+1", "-0b-1",
	"-0b+1", "0b_1", "0o", "0o8", "1_000", "1__0", "_1", "1_", "-1_0", "0x_ff", "0_7", "1_0.5_0", "1:30",
	"1:30:45", "190:20:30", "-1:30", "1e3", "1E3", "1e+3", "1e-3", "1e", "e1", "1e400", "-1e400", "1e-400",
	"1.", ".5", "-.5", "+.5", ".", "..", "-.", "+.", ".5e3", ".5e", ".1_0", "._1", ".1_", ".1__0", ".1_e5",
	".5.5", "1.2.3", "1.5", "-1.5", "+1.5", "1.0", "100.0", "1e6", "1e5", "1e20", "1e21", "1e22", "1e-5",
	"1e-6", "1e-7", "123456789.125", "16777217.0", "0.1", "0.30000000000000004", "3.4028236e38",
	"5e-324", "1.7976931348623157e308", "1.7976931348623159e308", "9223372036854775807",
	"9223372036854775808", "-9223372036854775808", "-9223372036854775809", "18446744073709551615",
	"18446744073709551616", "+9223372036854775808", "123456789012345678901234567890", "0xffffffffffffffff",
	"0x10000000000000000", "0b" + "1111111111111111111111111111111111111111111111111111111111111111",
	".inf", ".Inf", ".INF", "+.inf", "-.inf", "-.INF", ".iNf", ".nan", ".NaN", ".NAN", "-.nan", "inf", "nan",
	"Infinity", "NaN", "2001-01-01", "2001-1-1", "2001-13-01", "2001-02-30", "2001-12-14t21:59:43.10-05:00",
	"2001-12-14 21:59:43.10 -5", "2001-12-15 2:59:43.10", "2002-12-14", "12:00:00", "+", "-", "--", "+-1",
	"- 1", "-a", "+a", "0.", "0e0", "-0.0", "0x1p3", "0x1.8p1", "1_e3", "1e1_0", "1,000", "1 000", "0 1",
	"<<", "=", "*", "&", "!", "%", "@", "`", "|", ">", "?", ":", "-1-1", "1-1", "10Gi", "100m", "v1", "1.2.3.4",
	"::1", "a:b", "a: b", "a #b", "a#b", "#a", "[", "]", "{", "}", "{}", "[]", "[1, 2]", "{a: 1}", "{a}", "[a:b]",
	"{{ x }}", "${x}", "%a", "@a", "`a`", "a\tb", "é", "日本", "'it''s'", `"a\tb"`, `"\x41\u00e9\U0001F600"`,
	`"\q"`, `"\0"`, `"a\
  b"`, "'a\n  b'", "a\n  b", "a\n\n  b", "\"a\n\n  b\"", "!!str 1", "!!str", "!!str yes", "!!int 1", "!!int \"1\"",
	"!!int 1.5", "!!int a", "!!int 18446744073709551615", "!!int 0b-1", "!!float 1", "!!float 1.5", "!!float a",
	"!!float 18446744073709551615", "!!float .inf", "!!bool yes", "!!bool \"no\"", "!!bool 1", "!!null ''", "!!null ~",
	"!!null a", "!!binary aGk=", "!!binary aGk", "!!binary gIGC", "!!binary 8J+YgA==", "!!binary ''", "!!binary 4pg=",
	"!!timestamp 2001-01-01", "!!timestamp a", "!!timestamp 2001-02-29", "!!timestamp 2004-02-29",
	"!!timestamp 2001-12-14t21:59:43.10-05:00", "!!timestamp 2001-12-14 21:59:43", "!!timestamp 2001-12-14T21:59:43",
	"!!timestamp 2001-12-14T21:59:43Z", "!!timestamp 2001-12-14T1:5:3,5Z", "!!timestamp 2001-12-14T24:00:00Z",
	"!!timestamp 2001-1-1 1:2:3.", "!!timestamp 2001-1-1  1:2:3", "!!timestamp 2001-12-14T21:59:43+24:60",
	"!!timestamp 2001-12-14T21:59:43+25:00", "!!timestamp 1900-02-29", "!!timestamp 2000-02-29",
	"!!map {a: 1}", "!!seq [1]", "!!map a", "!!set {a}", "!!merge <<", "!!omap a", "!local 1", "! 1", "! 'yes'", "!<a> 1",
	"!<tag:yaml.org,2002:int> '7'", "!!", "!a!b c", "|\n  a\n  b\n", ">\n  a\n  b\n", "|-\n  a\n", "|+\n  a\n\n", "|2\n   a\n",
	"|0\n  a\n", ">-\n  a\n\n  b\n   c\n  d\n", "|1-\n  a\n", "|-1\n  a\n", "| # c\n  a\n", "|a\n  a\n", "|\n\ta\n", "|\n",
	"|\n  yes\n", "!!int |-\n  7\n", ">+\n\n\n", "&a 1", "&a yes", "*a", "&a", "& a", "&é 1",
}

type generator struct{ random *rand.Rand }

func (g generator) pick(from ...string) string { return from[g.random.Intn(len(from))] }

func (g generator) from(alphabet string, longest int) string {
	var b strings.Builder
	for n := 1 + g.random.Intn(longest); n > 0; n-- {
		b.WriteByte(alphabet[g.random.Intn(len(alphabet))])
	}
	return b.String()
}

func (g generator) digits(longest int) string { return g.from("0123456789", longest) }

func (g generator) integer() string {
	return g.pick("", "", "-", "+") + g.pick("", "", "0", "0x", "0o", "0b", "0X") + g.from("0123456789", 20)
}

func (g generator) float() string {
	text := g.pick("", "-", "+") + g.digits(g.random.Intn(18)+1) + g.pick(".", "", "._") + g.digits(17)
	return text + g.pick("", "", "e", "E", "e-", "e+") + g.digits(2)
}

func (g generator) date() string {
	text := g.pick("", "!!timestamp ") + g.pick("2001", "1999", "01", "20011") + "-" + g.digits(2) + "-" + g.digits(2)
	clock := g.digits(2) + ":" + g.digits(2) + ":" + g.digits(2)
	return text + g.pick("", "", "T"+clock+"Z", " "+clock, "t"+clock+"+01:00", " "+clock+".5", "T"+clock)
}

func (g generator) scalar() string {
	switch g.random.Intn(12) {
	case 0, 1:
		return g.integer()
	case 2, 3:
		return g.float()
	case 4:
		return g.date()
	case 5:
		return g.from("0123456789_", 8)
	case 6:
		return g.from("+-.0123456789_eExobX:", 7)
	case 7:
		return g.from("yYeEsSnNoOtTrRuUfF~.<=", 4)
	case 8:
		return g.pick("!!int ", "!!float ", "!!bool ", "!!str ", "!!null ", "!!binary ", "! ", "!x ") +
			g.pick("", "'", `"`) + g.from("01.eyno~", 3) + g.pick("", "'", `"`)
	case 9:
		return g.pick("'", `"`) + g.from(`ab01 \'"x:#`, 5) + g.pick("'", `"`)
	case 10:
		return g.from("ab1 :#-?,[]{}!&*|>%@`'\"\\\t.", 6)
	default:
		bits := g.random.Uint64()
		return strconv.FormatFloat(float64(bits>>11)/float64(uint64(1)<<(bits%64)), 'g', -1, 64)
	}
}

// scalars gives the same texts on every run: the seed and the order are part of the data.
//
// Left out, since libyaml differs: \/ in double quotes, and in [ ] and { } a ? or a colon
// before a bracket or a comma.
func scalars(count int) []string {
	g := generator{rand.New(rand.NewSource(1))}
	seen := map[string]bool{}
	all := []string{}
	add := func(text string) {
		if !seen[text] && len(all) < count {
			seen[text] = true
			all = append(all, text)
		}
	}
	for _, text := range known {
		add(text)
	}
	for len(all) < count {
		add(g.scalar())
	}
	return all
}
