package juhetest_test

import (
	"testing"

	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
)

// ask is a query that is right for 苏E12345; a test changes what it is about.
func ask(change ...string) string {
	return form(append([]string{
		"city", "JS_SZ", "hphm", "苏E12345", "hpzl", "02", "engineno", "123456", "classno", "654321",
	}, change...)...)
}

func TestQueryIsCheckedAgainstTheRule(t *testing.T) {
	for _, tt := range []struct {
		name    string
		params  string
		code    int
		charged int
	}{
		{"right", ask(), 0, 1},
		{"type left out", ask("hpzl", ""), 0, 1},
		{"short engine number", ask("engineno", "12345"), 225606, 1},
		{"uncut engine number", ask("engineno", "AB123456"), 225606, 1},
		{"no engine number", ask("engineno", ""), 225606, 1},
		{"no VIN", ask("classno", ""), 225606, 1},
		{"leading blank in the VIN", ask("classno", " 654321"), 225606, 1},
		{"zeros", ask("classno", "000000"), 225606, 1},
		{"another city", ask("city", "JS_NJ"), 225606, 1},
		{"two for eight characters", ask("hphm", "苏E123456"), 225606, 1},
		{"ends in 404", ask("hphm", "苏E12404"), 225607, 0},
		{"unknown prefix", ask("hphm", "苏Z12345"), 225607, 0},
		{"no plate at all", ask("hphm", "hello"), 225607, 0},
		{"no city", ask("city", ""), 225608, 0},
		{"no plate", ask("hphm", ""), 225608, 0},
		{"octal type", ask("hpzl", "2"), 225608, 0},
		{"unknown city", ask("city", "XX"), 225605, 0},
		{"whole engine number", ask("hphm", "沪C12345", "city", "SH", "engineno", "K20C1234567"), 0, 1},
		{"last 6 of a whole engine number", ask("hphm", "沪C12345", "city", "SH", "engineno", "12345"), 225606, 1},
		{"new energy", ask("hphm", "粤BD12345", "city", "GD_NER", "hpzl", "52"), 0, 1},
		{"new energy in an ordinary city", ask("hphm", "粤BD12345", "city", "GD_SZ", "hpzl", "52"), 225606, 1},
		{"new energy without a rule", ask("hphm", "新AD12345", "city", "XJ_WULUMUQI", "hpzl", "52"), 225607, 0},
		{"whole-province row", ask("hphm", "川A12345", "city", "SC"), 0, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fake := newFake()
			got := read(t, call(fake, "POST", "/query", tt.params))
			if got.code() != tt.code || fake.Meter().Charged != tt.charged {
				t.Errorf("error_code %d, charged %d; want %d, %d", got.code(), fake.Meter().Charged, tt.code, tt.charged)
			}
		})
	}
}

func TestResultEchoesTheVehicle(t *testing.T) {
	got := read(t, call(newFake(), "POST", "/query", ask("hpzl", ""))).result()
	for name, want := range map[string]string{"province": "JS", "city": "JS_SZ", "hphm": "苏E12345", "hpzl": "02"} {
		if got[name] != want {
			t.Errorf("%s: got %v, want %s", name, got[name], want)
		}
	}
	if l, ok := got["lists"].([]any); !ok || len(l) != 0 {
		t.Errorf("lists: got %v, want []", got["lists"])
	}
}

func TestAddedCarInsistsOnItsDigits(t *testing.T) {
	fake := newFake()
	fake.AddCar(juhetest.Car{
		Plate: "苏E00A01", Engine: "B48A20C7654321", VIN: "LSVAA11111D123456",
		Violations: []juhetest.Violation{{Date: "2026-03-01 08:15:00", Area: "人民路", Act: "闯红灯", Money: "200.00", Fen: "6", Handled: "0", Null: []string{"code"}, Omit: []string{"cjgg"}}},
	})
	own := func(change ...string) string {
		return ask(append([]string{"hphm", "苏E00A01", "engineno", "654321", "classno", "123456"}, change...)...)
	}
	for _, tt := range []struct {
		name   string
		params string
		code   int
	}{
		{"its digits", own(), 0},
		{"swapped", own("engineno", "123456", "classno", "654321"), 225606},
		{"one digit off", own("classno", "123457"), 225606},
		{"another type", own("hpzl", "01"), 225606},
	} {
		if got := read(t, call(fake, "POST", "/query", tt.params)); got.code() != tt.code {
			t.Errorf("%s: error_code %d, want %d", tt.name, got.code(), tt.code)
		}
	}
	row, _ := read(t, call(fake, "POST", "/query", own())).result().list("lists")[0].(map[string]any)
	if code, has := row["code"]; !has || code != nil {
		t.Errorf("code: got %v, want null", code)
	}
	if _, has := row["cjgg"]; has {
		t.Error("cjgg must be missing")
	}
	if row["money"] != "200.00" {
		t.Errorf("money: got %v", row["money"])
	}
}

func TestAddedCarWithWholeNumber(t *testing.T) {
	fake := newFake()
	fake.AddCar(juhetest.Car{Plate: "京F12A34", Engine: "EA888123456", VIN: "LSVAA11111D123456"})
	for engine, want := range map[string]int{"EA888123456": 0, "888123456": 225606} {
		got := read(t, call(fake, "POST", "/query", ask("city", "BJ", "hphm", "京F12A34", "engineno", engine, "classno", "123456")))
		if got.code() != want {
			t.Errorf("engine %s: error_code %d, want %d", engine, got.code(), want)
		}
	}
}

func TestNewViolationComesFirst(t *testing.T) {
	fake := newFake()
	count := func() int {
		return len(read(t, call(fake, "POST", "/query", ask())).result().list("lists"))
	}
	if n := count(); n != 0 {
		t.Fatalf("苏E12345 has %d rows before", n)
	}
	fake.AddViolation("苏E12345", "", juhetest.Violation{Date: "2026-05-19 09:00:00", Area: "old"})
	fake.AddViolation("苏E12345", "02", juhetest.Violation{Date: "2026-05-20 09:00:00", Area: "new"})
	rows := read(t, call(fake, "POST", "/query", ask())).result().list("lists")
	if first, _ := rows[0].(map[string]any); len(rows) != 2 || first["area"] != "new" {
		t.Errorf("got %v", rows)
	}
	fake.AddCar(juhetest.Car{Plate: "苏E12345", Engine: "123456", VIN: "654321"})
	if n := count(); n != 0 {
		t.Errorf("AddCar must replace a car with all its rows, %d left", n)
	}
}
