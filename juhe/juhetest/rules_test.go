package juhetest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
)

func TestCarPre(t *testing.T) {
	for _, tt := range []struct {
		name, hphm, isNer string
		code              int
		city, engineno    string
	}{
		{"prefix", "沪C", "0", 0, "SH", "0"},
		{"whole plate", "苏E12345", "", 0, "JS_SZ", "6"},
		{"new energy", "粤B", "1", 0, "GD_NER", "6"},
		{"opaque code", "赣C", "0", 0, "JX_YICHUN_J", "6"},
		{"unknown letter", "苏Z", "0", 225611, "", ""},
		{"new energy where there is none", "新A", "1", 225611, "", ""},
		{"half a prefix", "苏", "0", 225611, "", ""},
		{"no prefix", "", "0", 225611, "", ""},
		{"two characters", "苏苏", "0", 225611, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := read(t, call(newFake(), "GET", "/carPre", form("hphm", tt.hphm, "isNer", tt.isNer)))
			if got.code() != tt.code {
				t.Fatalf("error_code %d, want %d", got.code(), tt.code)
			}
			if tt.code == 0 && (got.result()["city_code"] != tt.city || got.result()["engineno"] != tt.engineno) {
				t.Errorf("got %v", got.result())
			}
		})
	}
}

func TestUnknownPrefixAsNull(t *testing.T) {
	fake := newFake()
	fake.Set(juhetest.Faults{NoRuleAsNull: true})
	got := call(fake, "GET", "/carPre", form("hphm", "苏Z")).Body.String()
	if want := `{"reason":"查询成功","result":null,"error_code":0}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// cityCodes are all codes of a citys answer, by province.
func cityCodes(t *testing.T, fake *juhetest.Server, params string) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for code, p := range read(t, call(fake, "POST", "/citys", params)).result() {
		province, _ := p.(map[string]any)
		if province["province_code"] != code {
			t.Errorf("province_code %v under %s", province["province_code"], code)
		}
		for _, c := range answer(province).list("citys") {
			row, _ := c.(map[string]any)
			if len(row) != 10 || row["class"] != row["classa"] {
				t.Errorf("row %v: want the ten keys of a real row", row)
			}
			s, _ := row["city_code"].(string)
			out[code] = append(out[code], s)
		}
	}
	return out
}

func TestCitys(t *testing.T) {
	got := cityCodes(t, newFake(), form())
	for province, city := range map[string]string{
		"JS": "JS_SZ", "ZJ": "ZJ_NER", "SC": "SC", "SH": "SH_NER", "SH_LISHI": "SH_LISHI", "HUN": "HUN_CS", "FB": "FB_WH",
	} {
		if !slices.Contains(got[province], city) {
			t.Errorf("%s is not in %s: %v", city, province, got[province])
		}
	}
	if want := 32; len(got) != want { // 27 provinces of the table, 5 pseudo ones
		t.Errorf("%d provinces, want %d", len(got), want)
	}
	if len(slices.Compact(slices.Sorted(slices.Values(got["HB"])))) != len(got["HB"]) {
		t.Errorf("a city twice: %v", got["HB"])
	}
}

func TestCitysOfOneProvince(t *testing.T) {
	if got := cityCodes(t, newFake(), form("province", "ZJ")); len(got) != 1 || len(got["ZJ"]) != 12 {
		t.Errorf("got %v", got)
	}
	if got := call(newFake(), "POST", "/citys", form("province", "XX")).Body.String(); !strings.Contains(got, `"result":[]`) {
		t.Errorf("unknown province: %s", got)
	}
}

func TestCitiesVanishInMaintenance(t *testing.T) {
	fake := newFake()
	fake.Set(juhetest.Faults{DownCities: []string{"JS_SZ"}})
	if got := cityCodes(t, fake, form("province", "JS")); slices.Contains(got["JS"], "JS_SZ") || !slices.Contains(got["JS"], "JS_NJ") {
		t.Errorf("got %v", got)
	}
	fake.Set(juhetest.Faults{Maintenance: true})
	if got := read(t, call(fake, "POST", "/citys", form())); len(got.list("result")) != 0 || got.code() != 0 {
		t.Errorf("got %v", got)
	}
}

func TestCitysAsArray(t *testing.T) {
	fake := newFake()
	fake.Set(juhetest.Faults{CitysShape: "array"})
	if got := read(t, call(fake, "POST", "/citys", form())).list("result"); len(got) != 32 {
		t.Errorf("%d provinces in the array", len(got))
	}
}
