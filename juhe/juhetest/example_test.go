package juhetest_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"net/url"

	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
)

func Example() {
	fake := juhetest.New()
	fake.AddCar(juhetest.Car{Plate: "苏E00A01", Engine: "B48654321", VIN: "LSVAA11111D123456"})

	// httptest.NewServer(fake) puts it behind a port; as a handler it is asked like this.
	query := url.Values{
		"key": {"demo-key"}, "city": {"JS_SZ"}, "hphm": {"苏E00A01"},
		"engineno": {"654321"}, "classno": {"123456"},
	}
	answer := httptest.NewRecorder()
	fake.ServeHTTP(answer, httptest.NewRequestWithContext(context.Background(), "GET", "/sweizhang/query?"+query.Encode(), nil))

	fmt.Println(answer.Body)
	fmt.Println("charged:", fake.Meter().Charged)
	// Output:
	// {"resultcode":"200","reason":"查询成功","result":{"province":"JS","city":"JS_SZ","hphm":"苏E00A01","hpzl":"02","lists":[]},"error_code":0}
	// charged: 1
}
