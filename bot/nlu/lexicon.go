package nlu

import (
	"slices"
	"strings"
)

// A role is what a phrase does for the values round it.
type role uint8

// The roles.
const (
	plainWord role = iota
	glue           // 是, 为, 就是: may stand between a label and its value, in either order
	negation       // 不是: what follows is not meant
	kindWord       // 黄牌, 小型车: a plate type
	person         // 老婆: whose car
	greeting       // 你好
	thanks         // 谢谢
	who            // 你是谁
	refusal        // 不想给
)

// A phrase is one compiled entry of the lexicon.
type phrase struct {
	text  []rune
	is    concept
	about subject
	role  role
	hpzl  string // of a kindWord
}

// roleWords are the phrases that do more than mean something.
var roleWords = [...]struct {
	role    role
	phrases string
}{
	{glue, `是 为 就是 即 即是 就系 系 分别是 分别为 如下 填 写 写的是 显示 is are : = 等于 叫 有`},
	{negation, `不是 并不是 并非 唔系 不系 不叫 isn't is_not not`},
	{person, `老婆 媳妇 爱人 太太 夫人 老公 先生 爸爸 爸 我爸 老爸 父亲 妈妈 妈 我妈 老妈 母亲 儿子 女儿 哥哥 我哥 姐姐 我姐 弟弟 我弟 妹妹 我妹 朋友 同事 公司 单位 老板 岳父 岳母 老丈人 丈母娘 对象 男朋友 女朋友 男友 女友 爷爷 家里 家人 wife's husband's`},
	{greeting, `你好 您好 你好呀 你好啊 您好啊 hi hello hey halo hola 哈喽 哈罗 哈啰 嗨 嗨喽 喂 在吗 在么 在不在 在嘛 有人在吗 亲 雷猴 good_morning good_afternoon good_evening 早 早安 早上好 上午好 中午好 下午好 晚上好`},
	{thanks, `谢谢 谢谢你 谢谢您 谢了 谢啦 谢 多谢 感谢 非常感谢 感恩 辛苦 辛苦了 辛苦啦 麻烦你了 麻烦了 有劳 有劳了 thx thanks thank_you ty tks thank_u 唔该 唔该晒 多谢晒 蟹蟹`},
	{refusal, `不同意提供 不同意给 不愿透露 不肯给 不肯说 不能提供 不可能给你 不说 不讲 不透露 不想讲 不想给 不给 不给你 我不给 不告诉你 不想告诉 不方便提供 不方便给 不方便说 不方便 不想说 不想提供 凭什么给你 凭什么要给 凭什么告诉你 不愿意 不愿意给 不愿提供 拒绝提供 拒绝 不提供 不想填 不填了 不能给 不能告诉 不想透露 才不给 i_won't_tell won't_give not_telling 唔想俾 唔俾 唔想畀`},
	{who, `你是男的 你是女的 你是男 你是女 你是男是女 你是男的女的 你是男的还是女的 你是不是人 你是不是真的人 你是人 你是人还是 你是真的人吗 你是ai 你是ai吗 你是电脑吗 你是谁 您是谁 你是什么 你是机器人 你是机器人吗 你是真人 你是真人吗 你是人吗 你叫什么 你叫什么名字 你叫啥 谁开发的 谁做的 who_are_you are_you_a_bot are_you_human are_you_real what's_your_name 你是不是机器人 你是不是真人 你系边个`},
}

// kindWords name the plate type (GA/T 16.7) of a vehicle. 货车 alone is no
// more than a hint, light trucks wear blue; a question for the type is
// answered with 大货车 or 黄牌.
var kindWords = [...]struct{ hpzl, phrases string }{
	{"01", `黄牌 黄色 黄牌车 黄牌照 黄色牌照 黄色车牌 黄牌的 大车 大型 大型车 大型汽车 大型车辆 大货车 大货 重型 重型半挂牵引车 半挂牵引车 半挂牵引 牵引车 牵引 重卡 重型货车 车头 大巴 大巴车 大客车 中巴 公交车 泥头车 黄牌货车 large_vehicle yellow yellow_plate`},
	{"02", `蓝牌 蓝色 蓝牌车 蓝色牌照 蓝色车牌 小车 小型 小型车 小型汽车 小型轿车 小型客车 小型普通客车 小汽车 小轿车 轿车 私家车 家用车 家用轿车 普通车 普通轿车 suv 越野车 面包车 商务车 small_car blue blue_plate 燃油车 油车`},
	{"52", `绿牌 绿色 绿牌车 绿色牌照 绿色车牌 新能源 新能源车 新能源汽车 小型新能源 小型新能源汽车 小型新能源车 电车 电动车 电动汽车 纯电 纯电动 混动 插混 特斯拉 ev green green_plate`},
	{"51", `大型新能源 大型新能源汽车 大型新能源车 绿牌大巴 绿牌大车 新能源大巴 新能源货车`},
	{"07", `摩托车 摩托 机车 两轮摩托 电摩 motorcycle motorbike`},
	{"15", `挂车`},
	{"16", `教练车`},
	{"22", `临牌 临时牌照 临时牌 临时车牌 临时号牌`},
	{"23", `警车 警用车`},
	{"25", `拖拉机 农用车 农机`},
	{"26", `港牌 港车 香港牌 香港车牌 粤港车 粤港两地牌`},
	{"27", `澳牌 澳门牌 澳门车牌`},
	{"03", `使馆车 使馆牌`},
	{"04", `领馆车 领馆牌`},
	{"31", `武警车 武警牌`},
	{"32", `军车 军牌`},
}

// lexicon holds all phrases by their first rune, longest first.
var lexicon = compile()

func compile() map[rune][]phrase {
	all := map[string]phrase{}
	add := func(phrases string, change func(*phrase)) {
		for text := range strings.FieldsSeq(strings.ToUpper(phrases)) {
			text = strings.ReplaceAll(text, "_", " ")
			p := all[text]
			p.text = []rune(text)
			change(&p)
			all[text] = p
		}
	}
	for _, table := range [][]entry{words[:], formWords[:], talk[:]} {
		for _, e := range table {
			add(e.phrases, func(p *phrase) { p.is |= e.is })
		}
	}
	for _, k := range kindWords {
		add(k.phrases, func(p *phrase) { p.role, p.hpzl = kindWord, k.hpzl })
	}
	for _, w := range roleWords {
		add(w.phrases, func(p *phrase) { p.role = w.role })
	}
	parts := byFirstRune(all)
	for _, w := range subjectWords {
		add(w.phrases, func(p *phrase) {
			if p.is == 0 && p.role == plainWord {
				p.is = meaningOf(parts, p.text)
			}
			p.about |= w.about
		})
	}
	return byFirstRune(all)
}

// meaningOf is the union of the meanings of the phrases that a longer one is
// made of: 我的订阅.
func meaningOf(parts map[rune][]phrase, text []rune) concept {
	is := concept(0)
	for i := 0; i < len(text); {
		n := 1
		for _, p := range parts[text[i]] {
			if len(p.text) < len(text) && len(p.text) <= len(text)-i && slices.Equal(p.text, text[i:i+len(p.text)]) {
				is |= p.is
				n = len(p.text)
				break
			}
		}
		i += n
	}
	return is
}

// byFirstRune sorts phrases by their first rune, longest first.
func byFirstRune(all map[string]phrase) map[rune][]phrase {
	byFirst := map[rune][]phrase{}
	for _, p := range all {
		byFirst[p.text[0]] = append(byFirst[p.text[0]], p)
	}
	for _, list := range byFirst {
		slices.SortFunc(list, func(a, b phrase) int { return len(b.text) - len(a.text) })
	}
	return byFirst
}

// phraseAt finds the longest phrase that begins the text. English phrases are
// whole words; only digits may follow one that is a label (VIN654321). before is the
// rune before the text.
func phraseAt(text []rune, before rune) *phrase {
	list := lexicon[text[0]]
	for i := range list {
		p := &list[i]
		n := len(p.text)
		if n > len(text) || !slices.Equal(text[:n], p.text) {
			continue
		}
		if isLetter(p.text[0]) && isAlnum(before) {
			continue
		}
		if n < len(text) && isAlnum(p.text[n-1]) && isAlnum(text[n]) &&
			(isLetter(text[n]) || !p.is.any(engine|vin)) {
			continue
		}
		return p
	}
	return nil
}
