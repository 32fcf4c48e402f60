package juhetest_test

import (
	"fmt"
	"io"
	"net/http/httptest"
	"net/url"

	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
)

func Example() {
	fake := juhetest.New()
	fake.AddCar(juhetest.Car{Plate: "苏E00A01", Engine: "B48654321", VIN: "LSVAA11111D123456"})
	srv := httptest.NewServer(fake)
	defer srv.Close()

	resp, err := srv.Client().PostForm(srv.URL+"/sweizhang/query", url.Values{
		"key": {"demo-key"}, "city": {"JS_SZ"}, "hphm": {"苏E00A01"},
		"engineno": {"654321"}, "classno": {"123456"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = resp.Body.Close() }()
	body, _ := io.ReadAll(resp.Body)
	fmt.Println(string(body))
	fmt.Println("charged:", fake.Meter().Charged)
	// Output:
	// {"resultcode":"200","reason":"查询成功","result":{"province":"JS","city":"JS_SZ","hphm":"苏E00A01","hpzl":"02","lists":[]},"error_code":0}
	// charged: 1
}
