package juhe_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weizhangbot/weizhangbot/juhe"
)

func ptr(n int) *int { return &n }

// documented is the sample of the document, with the brace that it lacks.
const documented = `{"error_code":0,"resultcode":"200","reason":"查询成功",
 "result":{"province":"HB","city":"HB HD","hphm":"冀DHL327","hpzl":"02","lists":[
   {"date":"2013-12-29 11:57:29","area":"316省道53KM+200M",
    "act":"16362 : 驾驶中型以上载客载货汽车以外的其他机动车行驶超过规定时速20%以上未达50%的",
    "code":"","fen":"6","money":"100","handled":"0",
    "archiveno":"320294Y000276124","wzcity":"广东深圳","cjgg":"***交警队"}]}}`

func TestDecodeDocumentedSample(t *testing.T) {
	got, err := juhe.DecodeResult([]byte(documented))
	if err != nil {
		t.Fatal(err)
	}
	want := &juhe.Result{
		Province: "HB", City: "HB HD", Plate: "冀DHL327", PlateType: "02",
		Violations: []juhe.Violation{{
			Time:     time.Date(2013, 12, 29, 3, 57, 29, 0, time.UTC),
			TimeText: "2013-12-29 11:57:29", Place: "316省道53KM+200M",
			Act: "驾驶中型以上载客载货汽车以外的其他机动车行驶超过规定时速20%以上未达50%的", Code: "16362",
			Points: ptr(6), Fine: ptr(10000), Handled: juhe.Unhandled,
			Archive: "320294Y000276124", City: "广东深圳", Agency: "***交警队",
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// Everything here is the vehicle without a violation.
func TestDecodeNoViolations(t *testing.T) {
	for name, raw := range map[string]string{
		"[]":              noViolations,
		"null":            `{"error_code":0,"result":{"hphm":"苏E12345","lists":null}}`,
		"missing":         `{"error_code":0,"result":{"hphm":"苏E12345"}}`,
		"empty string":    `{"error_code":0,"result":{"hphm":"苏E12345","lists":""}}`,
		"{}":              `{"error_code":0,"result":{"hphm":"苏E12345","lists":{}}}`,
		"code as string":  `{"error_code":"0","result":{"hphm":"苏E12345","lists":[]}}`,
		"BOM and blanks":  " \r\n\xef\xbb\xbf\n" + noViolations + "\n",
		"encoded twice":   `"{\"error_code\":0,\"result\":{\"hphm\":\"苏E12345\"}}"`,
		"escaped":         `{"error_code":0,"result":{"hphm":"\u82cfE12345","lists":[]}}`,
		"unknown fields":  `{"sn":[1,{"a":null}],"error_code":0,"result":{"hphm":"苏E12345","total":0,"lists":[]}}`,
		"other reason":    `{"error_code":0,"reason":"查询成功##","result":{"hphm":"苏E12345","lists":[]}}`,
		"all null":        `{"error_code":0,"result":{"hphm":"苏E12345","city":null,"lists":null}}`,
		"null among rows": `{"error_code":0,"result":{"hphm":"苏E12345","lists":[null]}}`,
		"XML":             `<?xml version="1.0" encoding="utf-8"?><root><error_code>0</error_code><result><hphm>苏E12345</hphm><lists/></result></root>`,
		"XML, CDATA":      `<root><error_code>0</error_code><result><hphm><![CDATA[苏E12345]]></hphm></result></root>`,
	} {
		got, err := juhe.DecodeResult([]byte(raw))
		if err != nil || got.Plate != "苏E12345" || len(got.Violations) != 0 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// None of these may pass for "no violations".
func TestDecodeMalformed(t *testing.T) {
	for name, raw := range map[string]string{
		"nothing":             "",
		"blanks":              " \n",
		"null":                "null",
		"array":               "[]",
		"number":              "0",
		"text":                "系统繁忙",
		"html":                "<html><body>502</body></html>",
		"html with doctype":   "<!DOCTYPE html><html><head><title>x</title></head><body>y</body></html>",
		"html, not closed":    "<HTML><p>x<br>",
		"truncated":           documented[:len(documented)/2],
		"one brace missing":   strings.TrimSuffix(documented, "}"),
		"two answers":         noViolations + noViolations,
		"not UTF-8":           `{"error_code":0,"result":{"hphm":"` + "\xcb\xd5" + `E12345","lists":[]}}`,
		"no code":             `{"result":{"hphm":"苏E12345","lists":[]}}`,
		"code null":           `{"error_code":null,"result":{"hphm":"苏E12345"}}`,
		"code is text":        `{"error_code":"ok","result":{"hphm":"苏E12345"}}`,
		"code is fraction":    `{"error_code":0.5,"result":{"hphm":"苏E12345"}}`,
		"code is false":       `{"error_code":false,"result":{"hphm":"苏E12345"}}`,
		"no result":           `{"error_code":0}`,
		"result null":         `{"error_code":0,"result":null}`,
		"result []":           `{"error_code":0,"result":[]}`,
		"result string":       `{"error_code":0,"result":"ok"}`,
		"result {}":           `{"error_code":0,"result":{}}`,
		"result elsewhere":    `{"error_code":0,"result":{"surplus":"9"}}`,
		"lists is text":       `{"error_code":0,"result":{"hphm":"苏E12345","lists":"维护中"}}`,
		"lists of text":       `{"error_code":0,"result":{"hphm":"苏E12345","lists":["a"]}}`,
		"rows without fields": `{"error_code":0,"result":{"hphm":"苏E12345","lists":[{"id":1}]}}`,
		"too deep":            `{"error_code":0,"result":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`,
		"XML too deep":        strings.Repeat("<a>", 5000) + strings.Repeat("</a>", 5000),
		"XML truncated":       `<root><error_code>0</error_code><result><hphm>苏E12345</hphm>`,
		"XML entity bomb":     `<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><r><error_code>0</error_code><result><hphm>&b;</hphm></result></r>`,
	} {
		got, err := juhe.DecodeResult([]byte(raw))
		if !errors.Is(err, juhe.ErrMalformed) || got != nil || juhe.ChargeOf(err) != juhe.ChargeUnknown {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if err != nil && strings.Contains(err.Error(), "12345") {
			t.Errorf("%s: the error quotes the answer: %v", name, err)
		}
	}
}

func TestDecodeRows(t *testing.T) {
	const row = `{"date":"2018-03-17 15:12:00","area":"A","act":"B"}`
	in := func(lists string) string {
		return `{"error_code":0,"result":{"hphm":"苏E12345","lists":` + lists + `}}`
	}
	xml := func(lists string) string {
		return `<r><error_code>0</error_code><result><hphm>苏E12345</hphm>` + lists + `</result></r>`
	}
	const element = `<date>2018-03-17 15:12:00</date><area>A</area><act>B</act>`
	for name, tt := range map[string]struct {
		raw  string
		rows int
	}{
		"array":                      {in("[" + row + "," + row + "]"), 2},
		"object by number":           {in(`{"0":` + row + `,"2":` + row + `}`), 2},
		"a single row bare":          {in(row), 1},
		"nulls beside":               {in(`[{"date":"2018-03-17","area":"A","act":"B","code":null,"fen":null,"wzcity":null}]`), 1},
		"XML, items":                 {xml("<lists><item>" + element + "</item><item>" + element + "</item></lists>"), 2},
		"XML, repeated":              {xml("<lists>" + element + "</lists><lists>" + element + "</lists>"), 2},
		"XML, a single row bare":     {xml("<lists>" + element + "</lists>"), 1},
		"XML, a single row wrapped":  {xml("<lists><row>" + element + "</row></lists>"), 1},
		"XML, an empty item is none": {xml("<lists><item></item></lists>"), 0},
	} {
		got, err := juhe.DecodeResult([]byte(tt.raw))
		if err != nil || len(got.Violations) != tt.rows {
			t.Errorf("%s: %+v, %v", name, got, err)
			continue
		}
		for _, v := range got.Violations {
			if v.Place != "A" || v.Act != "B" || v.Time.IsZero() {
				t.Errorf("%s: %+v", name, v)
			}
		}
	}
}

// violation decodes one row that has just these fields beside a place.
func violation(t *testing.T, fields string) juhe.Violation {
	t.Helper()
	r, err := juhe.DecodeResult([]byte(`{"error_code":0,"result":{"hphm":"苏E12345","lists":[{"area":"A",` + fields + `}]}}`))
	if err != nil || len(r.Violations) != 1 {
		t.Fatalf("%s: %v", fields, err)
	}
	return r.Violations[0]
}

// The vehicle may go unnamed, and a row may know nothing but what it cost.
func TestDecodeWithLittle(t *testing.T) {
	r, err := juhe.DecodeResult([]byte(`{"error_code":0,"result":{"lists":null}}`))
	if err != nil || len(r.Violations) != 0 {
		t.Errorf("got %v, %v", r, err)
	}
	r, err = juhe.DecodeResult([]byte(`{"error_code":0,"result":{"lists":[{"date":null,"area":null,"act":null,"fen":"3"}]}}`))
	if err != nil || len(r.Violations) != 1 || *r.Violations[0].Points != 3 {
		t.Errorf("got %v, %v", r, err)
	}
}

func TestTimes(t *testing.T) {
	for text, want := range map[string]string{
		"2018-03-17 15:12:00":   "2018-03-17T07:12:00Z",
		"2018-03-17 15:12":      "2018-03-17T07:12:00Z",
		"2018-03-17":            "2018-03-16T16:00:00Z",
		"2018/3/7 5:02:01":      "2018-03-06T21:02:01Z",
		"2018-03-17T15:12:00":   "2018-03-17T07:12:00Z",
		"2018-03-17 15:12:00.0": "2018-03-17T07:12:00Z",
		"2018-03-17  15:12":     "2018-03-17T07:12:00Z",
		"20180317151200":        "2018-03-17T07:12:00Z",
		"0000-00-00 00:00:00":   "",
		"0001-01-01":            "",
		"2018-02-30 10:00":      "",
		"昨天":                    "",
		"":                      "",
	} {
		v := violation(t, fmt.Sprintf(`"date":%q`, text))
		got := ""
		if !v.Time.IsZero() {
			got = v.Time.UTC().Format(time.RFC3339)
		}
		if got != want || v.TimeText != text {
			t.Errorf("%q: got %q (%q), want %q", text, got, v.TimeText, want)
		}
		if _, offset := v.Time.Zone(); want != "" && offset != 8*3600 {
			t.Errorf("%q: not in UTC+8", text)
		}
	}
}

func TestPointsAndFines(t *testing.T) {
	const none = -1
	for in, want := range map[string]struct{ points, fine int }{
		`"fen":"6","money":"200"`:               {6, 20000},
		`"fen":6,"money":200`:                   {6, 20000},
		`"fen":"0","money":"100.00"`:            {0, 10000},
		`"fen":"3","money":"0"`:                 {3, 0},
		`"fen":"3.0","money":"50.5"`:            {3, 5050},
		`"fen":12.0,"money":1000.25`:            {12, 100025},
		`"fen":"","money":""`:                   {none, none},
		`"fen":null,"money":null`:               {none, none},
		`"fen":[],"money":{}`:                   {none, none},
		`"code":""`:                             {none, none},
		`"fen":" 1 ","money":" ¥200元 "`:         {1, 20000},
		`"fen":"1.5","money":"1e3"`:             {none, none},
		`"fen":"-3","money":"-100"`:             {none, none},
		`"fen":"未知","money":"见决定书"`:             {none, none},
		`"fen":"9999999999","money":"99999999"`: {none, none},
		`"fen":"3","money":"100.0x"`:            {3, none},
		`"fen":"3","money":".5"`:                {3, none},
	} {
		v := violation(t, in)
		show := func(p *int) int {
			if p == nil {
				return none
			}
			return *p
		}
		if show(v.Points) != want.points || show(v.Fine) != want.fine {
			t.Errorf("%s: got %d, %d, want %d, %d", in, show(v.Points), show(v.Fine), want.points, want.fine)
		}
	}
}

func TestCodeInFrontOfTheAct(t *testing.T) {
	for _, tt := range []struct{ code, act, wantCode, wantAct string }{
		{"", "16362 : 超速", "16362", "超速"},
		{"", "1344:违反禁令标志", "1344", "违反禁令标志"},
		{"", "1352A\uff1a超速", "1352A", "超速"},
		{"1344", "1344 : 违反禁令标志", "1344", "违反禁令标志"},
		{"13441", "1344 : 违反禁令标志", "13441", "1344 : 违反禁令标志"},
		{"", "超速: 20%", "", "超速: 20%"},
		{"", "16362", "", "16362"},
		{"", "16362 :", "", "16362 :"},
		{"", "12:30 违停", "", "12:30 违停"},
		{"", "1039 : 违停: 路口", "1039", "违停: 路口"},
		{"1344", "", "1344", ""},
	} {
		v := violation(t, fmt.Sprintf(`"code":%q,"act":%q`, tt.code, tt.act))
		if v.Code != tt.wantCode || v.Act != tt.wantAct {
			t.Errorf("%q, %q: got %q, %q", tt.code, tt.act, v.Code, v.Act)
		}
	}
}

func TestHandledAndNames(t *testing.T) {
	for in, want := range map[string]juhe.Handled{
		`"handled":"0"`: juhe.Unhandled, `"handled":0`: juhe.Unhandled, `"handled":"1"`: juhe.Unpaid, `"handled":1`: juhe.Unpaid,
		`"handled":""`: juhe.Unknown, `"handled":null`: juhe.Unknown, `"handled":"2"`: juhe.Unknown, `"fen":""`: juhe.Unknown,
	} {
		if got := violation(t, in).Handled; got != want {
			t.Errorf("%s: got %v, want %v", in, got, want)
		}
	}
	if v := violation(t, `"cjjg":"交警队","code":null,"archiveno":123`); v.Agency != "交警队" || v.Code != "" || v.Archive != "123" {
		t.Errorf("got %+v", v)
	}
}
