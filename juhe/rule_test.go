package juhe

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDecodeCities(t *testing.T) {
	const row = `{"city_name":"杭州","city_code":"ZJ_HZ","abbr":"浙","engine":"1","engineno":"6","classa":"1","class":"1","classno":"6","regist":"0","registno":null}`
	hangzhou := City{Code: "ZJ_HZ", Name: "杭州", Abbr: "浙", Province: "浙江", ProvinceCode: "ZJ", Engine: 6, VIN: 6}
	zhejiang := []Province{{Code: "ZJ", Name: "浙江", Cities: []City{hangzhou}}}
	const province = `{"province":"浙江","province_code":"ZJ","citys":[` + row + `]}`
	for _, tt := range []struct {
		name, result string
		want         []Province
	}{
		{"object", `{"ZJ":` + province + `}`, zhejiang},
		{"array", `[` + province + `]`, zhejiang},
		{"key as fallback", `{"ZJ":{"province":"浙江","citys":[` + row + `]}}`, zhejiang},
		{"the value wins over the key", `{"33":` + province + `}`, zhejiang},
		{"rows repeated", `[{"province":"浙江","province_code":"ZJ","citys":[` + row + `,` + row + `]}]`, zhejiang},
		{"rows as object", `[{"province":"浙江","province_code":"ZJ","citys":{"0":` + row + `,"5":` + row + `}}]`, zhejiang},
		{"row without code", `[{"province":"浙江","province_code":"ZJ","citys":[` + row + `,{"city_name":"?"}]}]`, zhejiang},
		{"null among provinces", `[null,` + province + `]`, zhejiang},
		{"province without cities", `[{"province":"浙江","province_code":"ZJ","citys":[]}]`, []Province{{Code: "ZJ", Name: "浙江"}}},
		{"province with null", `[{"province":"浙江","province_code":"ZJ","citys":null}]`, []Province{{Code: "ZJ", Name: "浙江"}}},
		{"none", `[]`, nil},
		{"none as object", `{}`, nil},
		{"null", `null`, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := decodeCities([]byte(`{"resultcode":"200","reason":"成功的返回","result":` + tt.result + `,"error_code":0}`))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestDecodeCitiesKeepsTheOrder(t *testing.T) {
	got, err := decodeCities([]byte(`{"error_code":0,"result":{"ZJ":{"province":"浙江"},"BJ":{"province":"北京"},"AH":{"province":"安徽"}}}`))
	if err != nil || len(got) != 3 || got[0].Code+got[1].Code+got[2].Code != "ZJBJAH" {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestDecodeCitiesFromXML(t *testing.T) {
	const city = `<city_name>杭州</city_name><city_code>ZJ_HZ</city_code><engine>0</engine><engineno>0</engineno><classa>1</classa><classno>0</classno>`
	for name, result := range map[string]string{
		"by code": `<ZJ><province>浙江</province><citys><item>` + city + `</item></citys></ZJ>`,
		"items":   `<item><province>浙江</province><province_code>ZJ</province_code><citys>` + city + `</citys></item>`,
	} {
		got, err := decodeCities([]byte(`<root><error_code>0</error_code><result>` + result + `</result></root>`))
		want := City{Code: "ZJ_HZ", Name: "杭州", Province: "浙江", ProvinceCode: "ZJ", Engine: NotNeeded, VIN: Whole}
		if err != nil || len(got) != 1 || len(got[0].Cities) != 1 || got[0].Cities[0] != want {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}

func TestDecodeCitiesMalformed(t *testing.T) {
	for _, result := range []string{`"ok"`, `5`, `["ZJ"]`, `[[]]`, `{"ZJ":"浙江"}`, `[{"citys":"x"}]`, `[{"citys":[1]}]`} {
		_, err := decodeCities([]byte(`{"error_code":0,"result":` + result + `}`))
		if !errors.Is(err, ErrMalformed) || ChargeOf(err) != Free {
			t.Errorf("%s: got %v, charge %v; citys is never charged", result, err, ChargeOf(err))
		}
	}
}

func TestDecodePrefix(t *testing.T) {
	for _, tt := range []struct {
		name, result string
		want         City
	}{
		{
			"documented", `{"city_name":"上海","city_code":"SH","abbr":"沪","engine":"1","engineno":"6","classa":"1","classno":"6","province":"上海"}`,
			City{Code: "SH", Name: "上海", Abbr: "沪", Province: "上海", Engine: 6, VIN: 6},
		},
		{
			"seen", `{"city_name":"宜春","city_code":"JX_YICHUN_J","abbr":"赣C","engine":"1","engineno":"6","classa":"1","classno":"6","province":"江西"}`,
			City{Code: "JX_YICHUN_J", Name: "宜春", Abbr: "赣C", Province: "江西", Engine: 6, VIN: 6},
		},
		{
			"numbers, class, null", `{"city_code":"BJ","engine":1,"engineno":0,"class":1,"classno":6,"province":null}`,
			City{Code: "BJ", Engine: Whole, VIN: 6},
		},
	} {
		got, err := decodePrefix([]byte(`{"reason":"查询成功","result":` + tt.result + `,"error_code":0}`))
		if err != nil || got != tt.want {
			t.Errorf("%s: got %+v, %v", tt.name, got, err)
		}
	}
}

func TestDecodePrefixWithoutRule(t *testing.T) {
	for _, raw := range []string{
		`{"reason":"前缀规则错误","result":null,"error_code":0}`,
		`{"result":[],"error_code":"0"}`,
		`{"result":"","error_code":0}`,
		`{"error_code":0}`,
		`{"result":{"city_code":"","city_name":null},"error_code":0}`,
		`{"result":{},"error_code":0}`,
		`{"reason":"根据车牌前缀查询不到城市","result":null,"error_code":225611}`,
	} {
		if _, err := decodePrefix([]byte(raw)); !errors.Is(err, ErrNoRule) || ChargeOf(err) != Free {
			t.Errorf("%s: got %v", raw, err)
		}
	}
	for _, raw := range []string{`{"result":"SH","error_code":0}`, `{"result":[{"city_code":"SH"}],"error_code":0}`} {
		if _, err := decodePrefix([]byte(raw)); !errors.Is(err, ErrMalformed) || errors.Is(err, ErrNoRule) {
			t.Errorf("%s: got %v", raw, err)
		}
	}
}

func TestNeeds(t *testing.T) {
	for _, tt := range []struct {
		flag, amount string
		want         Need
	}{
		{"1", "6", 6}, {"1", "3", 3}, {"1", "9", 9},
		{"1", "0", Whole}, {"1", "", Whole}, {"1", "全部", Whole},
		{"0", "0", NotNeeded}, {"0", "6", NotNeeded}, {"0", "", NotNeeded},
		{"", "", NotNeeded}, {"", "0", NotNeeded}, {"", "4", 4},
		{"true", "6", 6}, {"false", "6", NotNeeded},
	} {
		if got := needOf(tt.flag, tt.amount); got != tt.want {
			t.Errorf("(%q, %q): got %v, want %v", tt.flag, tt.amount, got, tt.want)
		}
	}
}

func TestNeedOf(t *testing.T) {
	for _, tt := range []struct {
		need   Need
		number string
		want   string
		ok     bool
		name   string
	}{
		{6, "LSVAA11111D123456", "123456", true, "last 6"},
		{6, "123456", "123456", true, "last 6"},
		{6, "12345", "", false, "last 6"},
		{Whole, "B48", "B48", true, "whole"},
		{Whole, "", "", false, "whole"},
		{NotNeeded, "B48", "", true, "none"},
		{NotNeeded, "", "", true, "none"},
	} {
		got, ok := tt.need.Of(tt.number)
		if got != tt.want || ok != tt.ok || tt.need.String() != tt.name {
			t.Errorf("%v of %q: got %q, %v", tt.need, tt.number, got, ok)
		}
	}
}
