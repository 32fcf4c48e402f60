package juhetest_test

import (
	_ "embed"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
)

//go:embed prefix_rules.csv
var table string

// Every row of the table is a rule that carPre answers, a city that citys
// lists with the same rule, and a home whose cars can be asked for.
func TestEveryRowOfTheTable(t *testing.T) {
	records, err := csv.NewReader(strings.NewReader(table)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	fake := newFake()
	listed := map[string]answer{}
	for _, p := range read(t, call(fake, "POST", "/citys", form())).result() {
		province, _ := p.(map[string]any)
		for _, c := range answer(province).list("citys") {
			row, _ := c.(map[string]any)
			code, _ := row["city_code"].(string)
			listed[code] = row
		}
	}
	for _, r := range records[1:] {
		prefix, isNer, code := r[0], r[1], r[4]
		plate, hpzl := prefix+"12345", "02"
		if isNer == "1" {
			prefix = strings.Replace(prefix, "*", "A", 1)
			plate, hpzl = prefix+"D12345", "52"
		}
		rule := read(t, call(fake, "GET", "/carPre", form("hphm", prefix, "isNer", isNer))).result()
		for i, name := range []string{"province", "city_name", "city_code", "engine", "engineno", "classa", "classno"} {
			if rule[name] != r[i+2] {
				t.Errorf("%s: carPre: %s is %v, want %s", prefix, name, rule[name], r[i+2])
			}
			if i > 0 && listed[code][name] != r[i+2] {
				t.Errorf("%s: citys: %s is %v, want %s", prefix, name, listed[code][name], r[i+2])
			}
		}
		if listed[code] == nil {
			t.Errorf("%s: %s is not in citys", prefix, code)
		}
		got := read(t, call(fake, "POST", "/query", form("city", code, "hphm", plate, "hpzl", hpzl,
			"engineno", digits(r[6], "B48A20C7654321"), "classno", digits(r[8], "LSVAA11111D123456"))))
		if got.code() != 0 {
			t.Errorf("%s in %s: error_code %d", plate, code, got.code())
		}
	}
}

// digits cuts a number to what a rule asks for.
func digits(count, whole string) string {
	if count == "0" {
		return whole
	}
	return whole[len(whole)-int(count[0]-'0'):]
}

// FuzzServe: whatever is asked, the answer is an envelope, and only queries
// that were answered or had wrong digits cost something.
func FuzzServe(f *testing.F) {
	f.Add("/sweizhang/query", ask(), true)
	f.Add("/query", ask("hphm", "京"), false)
	f.Add("/carPre", form("hphm", "沪C", "isNer", "1"), false)
	f.Add("/carPre.php", form("hphm", "\xff\xfe"), false)
	f.Add("/citys", form("province", "ZJ", "dtype", "xml"), true)
	f.Add("/citys", "key=%zz;&&=", true)
	fake := newFake()
	f.Fuzz(func(t *testing.T, path, params string, post bool) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		if post {
			r = httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(params))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		r.URL = &url.URL{Path: path, RawQuery: params}
		before, w := fake.Meter(), httptest.NewRecorder()
		fake.ServeHTTP(w, r)
		after := fake.Meter()
		if after.Charged-before.Charged > after.Queries-before.Queries {
			t.Fatalf("charged without a query: %+v", after)
		}
		if strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") && !json.Valid(w.Body.Bytes()) {
			t.Fatalf("not JSON: %s", w.Body)
		}
	})
}

// A car that AddCar takes over is no longer invented, in no city.
func TestAddedCarReplacesAFamousOne(t *testing.T) {
	fake := newFake()
	fake.AddCar(juhetest.Car{Plate: "京A00000", Engine: "EA888123456", VIN: "LSVAA11111D123456"})
	got := read(t, call(fake, "POST", "/query", form("city", "BJ", "hphm", "京A00000", "engineno", "EA888123456", "classno", "123456")))
	if rows := got.result().list("lists"); got.code() != 0 || len(rows) != 0 {
		t.Errorf("error_code %d, %d rows", got.code(), len(rows))
	}
}
