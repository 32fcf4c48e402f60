package juhe_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"time"

	"github.com/weizhangbot/weizhangbot/juhe"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
)

// fakeService stands in for the service; a real client is juhe.New(key).
func fakeService(opts ...juhetest.Option) (*juhetest.Server, *juhe.Client, func()) {
	fake := juhetest.New(opts...)
	srv := httptest.NewServer(fake)
	client, err := juhe.New("demo-key", juhe.WithBaseURL(srv.URL+"/sweizhang"))
	if err != nil {
		panic(err)
	}
	return fake, client, srv.Close
}

// The whole way: from a plate to its violations.
func Example() {
	fake, client, stop := fakeService()
	defer stop()
	fake.AddCar(juhetest.Car{
		Plate: "苏E00A01", Engine: "B48A20C7654321", VIN: "LSVAA11111D123456",
		Violations: []juhetest.Violation{{
			Date: "2026-03-01 08:15:00", Area: "人民路与中山路路口", Act: "1625 : 驾驶机动车违反道路交通信号灯通行的",
			Fen: "6", Money: "200", Handled: "0",
		}},
	})
	ctx := context.Background()

	rule, err := client.Prefix(ctx, "苏E", false)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s asks for engine: %v, VIN: %v\n", rule.Name, rule.Engine, rule.VIN)

	engine, _ := rule.Engine.Of("B48A20C7654321")
	vin, _ := rule.VIN.Of("LSVAA11111D123456")
	result, err := client.Query(ctx, juhe.Query{City: rule.Code, Plate: "苏E00A01", Engine: engine, VIN: vin})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, v := range result.Violations {
		fmt.Println(v.Time.Format(time.DateTime), v.Place, v.Code, v.Act, *v.Points, *v.Fine/100, v.Handled)
	}
	// Output:
	// 苏州 asks for engine: last 6, VIN: last 6
	// 2026-03-01 08:15:00 人民路与中山路路口 1625 驾驶机动车违反道路交通信号灯通行的 6 200 unhandled
}

// What to do about an error follows from its group, and what it cost from
// ChargeOf.
func ExampleClient_Query_errors() {
	fake, client, stop := fakeService()
	defer stop()
	query := juhe.Query{City: "JS_SZ", Plate: "苏E12345", Engine: "123456", VIN: "654321"}
	for _, faults := range []juhetest.Faults{
		{WrongDigits: true},
		{Maintenance: true},
		{ForceCode: 10012},
		{Nonsense: juhetest.NonsenseCut},
	} {
		fake.Set(faults)
		_, err := client.Query(context.Background(), query)
		switch {
		case errors.Is(err, juhe.ErrWrongData):
			fmt.Print("ask the driver to check the digits")
		case errors.Is(err, juhe.ErrMaintenance):
			fmt.Print("the city is down, try tomorrow")
		case errors.Is(err, juhe.ErrKey), errors.Is(err, juhe.ErrQuota):
			fmt.Print("stop calling, tell the operator")
		case errors.Is(err, juhe.ErrInterrupted):
			fmt.Print("do not repeat it unasked")
		}
		fmt.Printf(" (charge: %v)\n", juhe.ChargeOf(err))
	}
	// Output:
	// ask the driver to check the digits (charge: charged)
	// the city is down, try tomorrow (charge: free)
	// stop calling, tell the operator (charge: free)
	// do not repeat it unasked (charge: unknown)
}

// Keep what was paid for before looking into it.
func ExampleClient_QueryRaw() {
	_, client, stop := fakeService()
	defer stop()
	raw, err := client.QueryRaw(context.Background(), juhe.Query{City: "JS_SZ", Plate: "苏E12345", Engine: "123456", VIN: "654321"})
	if err != nil {
		fmt.Println(err)
		return
	}
	// … store raw here; a crash from now on loses nothing.
	result, err := juhe.DecodeResult(raw)
	fmt.Println(len(result.Violations), err)
	// Output: 0 <nil>
}

func ExampleClient_Cities() {
	_, client, stop := fakeService()
	defer stop()
	provinces, err := client.Cities(context.Background(), "ZJ")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, city := range provinces[0].Cities[:3] {
		fmt.Println(city.Code, city.Name, city.Engine, city.VIN)
	}
	// Output:
	// ZJ_HZ 杭州 last 6 last 6
	// ZJ_NB 宁波 last 6 last 6
	// ZJ_WZ 温州 last 6 last 6
}

func ExampleNeed_Of() {
	tail, ok := juhe.Need(6).Of("LSVAA11111D123456")
	fmt.Println(tail, ok)
	tail, ok = juhe.Need(6).Of("3456")
	fmt.Println(tail, ok)
	// Output:
	// 123456 true
	//  false
}
