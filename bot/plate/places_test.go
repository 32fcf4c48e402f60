package plate_test

import (
	"strings"
	"testing"

	"github.com/weizhangbot/weizhangbot/bot/plate"
)

// named writes places as 苏州=苏EU.
func named(places []plate.Place) string {
	var s []string
	for _, p := range places {
		s = append(s, p.Name+"="+p.Province+p.Letters)
	}
	return strings.Join(s, " ")
}

func TestPlaces(t *testing.T) {
	for text, want := range map[string]string{
		"苏州": "苏州=苏EU", "苏州市": "苏州=苏EU", "苏州的": "苏州=苏EU", "在苏州": "苏州=苏EU", "蘇州": "苏州=苏EU",
		"江苏": "江苏=苏", "江苏省": "江苏=苏", "苏": "江苏=苏", "苏牌": "江苏=苏", "是苏": "江苏=苏",
		"广西壮族自治区": "广西=桂", "内蒙": "内蒙古=蒙", "上海市": "上海=沪", "吉林": "吉林=吉", "海南": "海南=琼", "海南州": "海南州=青E",
		"深圳": "深圳=粤B", "成都": "成都=川AG", "佛山": "佛山=粤EXY", "新乡": "新乡=豫G", "云浮": "云浮=粤W", "雄安新区": "雄安=冀X",
		"申": "上海=沪", "护": "上海=沪", "鱼": "重庆=渝 河南=豫", "suzhou": "苏州=苏EU 宿州=皖L", "Shanghai": "上海=沪", "guang dong": "广东=粤",
		"SHANXI": "山西=晋 陕西=陕", "HU": "上海=沪", "巢湖": "巢湖=皖Q",
		"昆山": "昆山=苏EU", "义乌市": "义乌=浙G", "晋江": "晋江=闽C", "海盐县": "海盐县=浙F", "浦东": "浦东=沪",
		"": "", "   ": "", "你好": "", "苏州园林": "", "A12345": "", "沪C12345": "", "东京": "", "hello": "", "的": "",
	} {
		if got := named(plate.Places(text)); got != want {
			t.Errorf("Places(%s) = %s, want %s", text, got, want)
		}
	}
}

func TestFindPlaces(t *testing.T) {
	for text, want := range map[string]string{
		"苏州能查吗":      "苏州=苏EU",
		"江苏省苏州市能查吗":  "江苏=苏|苏州=苏EU",
		"/cities 江苏": "江苏=苏",
		"我在杭州，车是上海的": "杭州=浙A|上海=沪",
		"支持哪些城市":     "",
		"沪C12345":    "",
	} {
		folded := plate.Fold(text)
		var got []string
		for _, m := range plate.FindPlaces(folded) {
			if !strings.HasPrefix(folded.Slice(m.Start, m.End), m.Places[0].Name) {
				t.Errorf("%s: span %s of %s", text, folded.Slice(m.Start, m.End), m.Places[0].Name)
			}
			got = append(got, named(m.Places))
		}
		if s := strings.Join(got, "|"); s != want {
			t.Errorf("FindPlaces(%s) = %s, want %s", text, s, want)
		}
	}
}

func TestPlaceOfAPlate(t *testing.T) {
	for in, want := range map[string][2]string{
		"苏E12345": {"江苏", "苏州"}, "苏U": {"江苏", "苏州"}, "苏": {"江苏", ""}, "沪C12345": {"上海", ""}, "粤Z1234港": {"广东", ""},
		"鲁W12345": {"山东", ""}, "吉B12345": {"吉林", "吉林"}, "苏0112345": {"江苏", ""}, "": {"", ""}, "KA12345": {"", ""}, "苏é": {"江苏", ""},
		"苏E临12345": {"江苏", "苏州"},
	} {
		if p, c := plate.ProvinceOf(in), plate.CityOf(in); p != want[0] || c != want[1] {
			t.Errorf("%s: %s %s, want %s %s", in, p, c, want[0], want[1])
		}
	}
}
