package plate_test

import (
	"fmt"

	"github.com/weizhangbot/weizhangbot/bot/plate"
)

func ExampleParse() {
	for _, text := range []string{"沪c·12345", "护C12345", "深圳A12345", "京12345", "京A1234警"} {
		r := plate.Parse(text)
		fmt.Println(r.Action, r.Normalized, r.HPZL, r.Reason, r.Candidates)
	}
	// Output:
	// query 沪C12345 02  []
	// confirm 沪C12345 02 homophone []
	// choose   city_name [粤A12345 粤BA12345]
	// ask   missing_letter []
	// unsupported 京A1234警 23  []
}

func ExampleFind() {
	t := plate.Fold("不是京Ａ12345，是京A１2346，发动机号 123456")
	for _, m := range plate.Find(t) {
		fmt.Println(t.Slice(m.Start, m.End), m.Action, m.Normalized)
	}
	// Output:
	// 京A12345 query 京A12345
	// 京A12346 query 京A12346
}

func ExampleParts_WithProvince() {
	r := plate.Parse("B12345")
	fmt.Println(r.Action, r.Reason)
	r, _ = r.Parts.WithProvince("是广东的")
	fmt.Println(r.Action, r.Normalized)
	// Output:
	// ask missing_province
	// query 粤B12345
}

func ExampleParseVIN() {
	v := plate.ParseVIN("1M8GDM9AXKPO42788") // O typed for 0
	fmt.Println(v.Number, v.CheckOK, v.Repaired, v.Last(6))
	// Output:
	// 1M8GDM9AXKP042788 true true 042788
}
