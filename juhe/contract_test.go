package juhe_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/weizhangbot/weizhangbot/juhe"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
)

// service is a place where the contract is checked.
type service struct {
	client *juhe.Client
	wrong  *juhe.Client // the same with a key that does not exist
	car    juhe.Query   // Plate and whole numbers; no plate: no paid call
}

// TestContractOnTheFake and TestContractOnTheService check the same sentences
// about the service: on the fake always, on the real one when asked to. What
// fails only there is a place where the document, and so the fake, is wrong.
func TestContractOnTheFake(t *testing.T) {
	fake := juhetest.New()
	const vin = "LSVAA11111D123456"
	fake.AddCar(juhetest.Car{
		Plate: "苏E00A01", Engine: "B48A20C7654321", VIN: vin,
		Violations: []juhetest.Violation{{Date: "2026-03-01 08:15", Area: "人民路", Act: "1625 : 闯红灯", Fen: "6", Money: "200.00", Handled: "0"}},
	})
	car := juhe.Query{Plate: "苏E00A01", PlateType: juhe.TypeSmall, Engine: "B48A20C7654321", VIN: vin}
	for _, shape := range []string{"object", "array"} {
		t.Run(shape, func(t *testing.T) {
			fake.Set(juhetest.Faults{CitysShape: shape})
			contract(t, service{start(t, fake), start(t, juhetest.New(juhetest.WithKeys("another"))), car})
		})
	}
}

// TestContractOnTheService runs with WEIZHANG_JUHE_KEY in the environment;
// WEIZHANG_JUHE_BASE_URL changes the address. With WEIZHANG_JUHE_PLATE as well,
// and with _ENGINE and _VIN (whole numbers, as far as the city asks for them)
// and _TYPE (02 unless set), it makes one call that costs money.
func TestContractOnTheService(t *testing.T) {
	key := os.Getenv("WEIZHANG_JUHE_KEY")
	if key == "" {
		t.Skip("WEIZHANG_JUHE_KEY is not set")
	}
	base := os.Getenv("WEIZHANG_JUHE_BASE_URL")
	if base == "" {
		base = juhe.DefaultBaseURL
	}
	open := func(key string) *juhe.Client {
		c, err := juhe.New(key, juhe.WithBaseURL(base), juhe.AllowHTTP())
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	contract(t, service{open(key), open("00000000000000000000000000000000"), juhe.Query{
		Plate:     os.Getenv("WEIZHANG_JUHE_PLATE"),
		PlateType: os.Getenv("WEIZHANG_JUHE_TYPE"),
		Engine:    os.Getenv("WEIZHANG_JUHE_ENGINE"),
		VIN:       os.Getenv("WEIZHANG_JUHE_VIN"),
	}})
}

func contract(t *testing.T, s service) {
	t.Run("cities", func(t *testing.T) { contractCities(t, s) })
	t.Run("prefix", func(t *testing.T) { contractPrefix(t, s) })
	t.Run("wrong key", func(t *testing.T) {
		_, err := s.wrong.Cities(t.Context(), "")
		var coded *juhe.Error
		if !errors.Is(err, juhe.ErrKey) || !errors.As(err, &coded) || coded.Code != 10001 || coded.Fault() != juhe.FaultOperator {
			t.Errorf("got %v, want code 10001", err)
		}
	})
	t.Run("query", func(t *testing.T) {
		if s.car.Plate == "" {
			t.Skip("WEIZHANG_JUHE_PLATE is not set")
		}
		contractQuery(t, s)
	})
}

func contractCities(t *testing.T, s service) {
	all, err := s.client.Cities(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	codes := map[string]bool{}
	for _, p := range all {
		if p.Code == "" || p.Name == "" || len(p.Cities) == 0 {
			t.Errorf("province %q %q with %d cities", p.Code, p.Name, len(p.Cities))
		}
		for _, c := range p.Cities {
			if codes[c.Code] {
				t.Errorf("city %s twice", c.Code)
			}
			codes[c.Code] = true
			if c.Name == "" || c.Province != p.Name || c.Engine > 9 || c.VIN > 17 {
				t.Errorf("city %+v", c)
			}
		}
	}
	if len(codes) < 50 {
		t.Errorf("%d cities", len(codes))
	}
	some, err := s.client.Cities(t.Context(), "ZJ")
	if err != nil || len(some) != 1 || some[0].Code != "ZJ" {
		t.Errorf("one province: %v, %v", some, err)
	}
}

func contractPrefix(t *testing.T, s service) {
	for _, tt := range []struct {
		prefix    string
		newEnergy bool
		province  string
		code      string // beginning of the city code
	}{
		{"沪C", false, "上海", "SH"},
		{"苏E", false, "江苏", "JS_"},
		{"粤B", true, "广东", "GD"},
	} {
		got, err := s.client.Prefix(t.Context(), tt.prefix, tt.newEnergy)
		if err != nil || !strings.HasPrefix(got.Code, tt.code) || got.Name == "" || !strings.Contains(got.Province, tt.province) {
			t.Errorf("%s: %+v, %v", tt.prefix, got, err)
		}
	}
	if got, err := s.client.Prefix(t.Context(), "沪Z", false); !errors.Is(err, juhe.ErrNoRule) || juhe.ChargeOf(err) != juhe.Free {
		t.Errorf("a prefix that does not exist: %+v, %v", got, err)
	}
}

func contractQuery(t *testing.T, s service) {
	runes := []rune(s.car.Plate)
	rule, err := s.client.Prefix(t.Context(), string(runes[:2]), len(runes) == 8)
	if err != nil {
		t.Fatal(err)
	}
	q := s.car
	q.City = rule.Code
	engine, ok1 := rule.Engine.Of(q.Engine)
	vin, ok2 := rule.VIN.Of(q.VIN)
	if !ok1 || !ok2 {
		t.Fatalf("the city asks for engine %v, VIN %v", rule.Engine, rule.VIN)
	}
	q.Engine, q.VIN = engine, vin
	got, err := s.client.Query(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	if got.Plate != q.Plate || got.City == "" || got.PlateType == "" {
		t.Errorf("asked for %v, got %v", q, got)
	}
	for i, v := range got.Violations {
		if v.Time.IsZero() || v.Place == "" && v.Act == "" || strings.Contains(v.Act, " : ") {
			t.Errorf("violation %d: time read: %v, act with code: %v", i, !v.Time.IsZero(), strings.Contains(v.Act, " : "))
		}
	}
}
