package juhe

import (
	"errors"
	"strings"
	"testing"
	"time"
)

var answers = []string{
	`{"error_code":0,"resultcode":"200","reason":"查询成功","result":{"province":"HB","city":"HB HD","hphm":"冀DHL327","hpzl":"02","lists":[{"date":"2013-12-29 11:57:29","area":"316省道","act":"16362 : 超速","code":"","fen":"6","money":"100.00","handled":"0","archiveno":"","wzcity":null}]}}`,
	`{"error_code":"0","result":{"hphm":"苏E12345","lists":{"0":{"date":"2018/3/7","money":200,"fen":3.0,"handled":1}}}}`,
	`{"resultcode":"200","result":{"BJ":{"province":"北京","province_code":"BJ","citys":[{"city_name":"北京","city_code":"BJ","engine":"1","engineno":"0","classa":"0","class":"0","classno":"0"}]}},"error_code":0}`,
	`{"result":[{"province":"浙江","province_code":"ZJ","citys":[{"city_code":"ZJ_HZ","class":1,"classno":6}]},null],"error_code":0}`,
	`{"resultcode":"206","reason":"车辆信息错误","result":null,"error_code":225606}`,
	`{"error_code":10001,"reason":"无效的key！","result":"0123456789abcdef"}`,
	`<?xml version="1.0"?><root><error_code>0</error_code><result><hphm>苏E12345</hphm><lists><item><date>2018-03-17</date></item></lists></result></root>`,
	`<root><error_code>0</error_code><result><item><province>浙江</province><province_code>ZJ</province_code><citys><item><city_name>杭州</city_name><city_code>ZJ_HZ</city_code><engine>1</engine><engineno>6</engineno><classa>1</classa><classno>6</classno></item></citys></item></result></root>`,
	`<root><error_code>0</error_code><result><province>江苏</province><city_name>苏州</city_name><city_code>JS_SUZHOU</city_code><engine>0</engine><engineno>0</engineno><classa>1</classa><classno>7</classno></result></root>`,
	`{"error_code":0,"result":{"province":"江苏","city_name":"苏州","city_code":"JS_SUZHOU","engine":"0","engineno":"0","classa":"1","classno":"7","hphm":"苏E"}}`,
	`"{\"error_code\":0,\"result\":{\"hphm\":\"x\"}}"`,
	"\xef\xbb\xbf{}", `<html>`, `[[[[`, `{"error_code":1e1}`, ``,
}

// FuzzDecodeResult: whatever comes, the answer is a result or an error of this
// package, never both, and nothing in it is beyond its bounds.
func FuzzDecodeResult(f *testing.F) {
	for _, s := range answers {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := DecodeResult(raw)
		checkError(t, err)
		if (r == nil) == (err == nil) {
			t.Fatalf("result %v, error %v", r, err)
		}
		if r == nil {
			return
		}
		for _, v := range r.Violations {
			if v.Points != nil && *v.Points < 0 || v.Fine != nil && (*v.Fine < 0 || *v.Fine > 1<<31-1) {
				t.Fatalf("points or fine out of bounds: %+v", v)
			}
			if !v.Time.IsZero() && v.Time.Before(time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)) {
				t.Fatalf("time %v", v.Time)
			}
		}
	})
}

// FuzzDecodeCities covers both callers of the rule decoder.
func FuzzDecodeCities(f *testing.F) {
	for _, s := range answers {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		provinces, err := decodeCities(raw)
		checkError(t, err)
		for _, p := range provinces {
			for _, c := range p.Cities {
				if c.Code == "" || c.ProvinceCode != p.Code || c.Engine < NotNeeded || c.VIN < NotNeeded {
					t.Fatalf("city %+v of %s", c, p.Code)
				}
			}
		}
		city, err := decodePrefix(raw)
		if !errors.Is(err, ErrNoRule) {
			checkError(t, err)
		}
		if (city.Code == "") == (err == nil) {
			t.Fatalf("city %+v, error %v", city, err)
		}
	})
}

func checkError(t *testing.T, err error) {
	t.Helper()
	var coded *Error
	switch {
	case err == nil, errors.Is(err, ErrMalformed):
	case errors.As(err, &coded):
		if coded.Code == 0 || len([]rune(coded.Reason)) > maxReason+1 || strings.ContainsAny(coded.Reason, "\n\r\x00\x1b") {
			t.Fatalf("got %#v", coded)
		}
	default:
		t.Fatalf("an error of another kind: %v", err)
	}
}
