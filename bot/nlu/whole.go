package nlu

import "strings"

// An answer is what a short message says as a whole.
type answer uint8

// The answers.
const (
	noAnswer answer = iota
	yes             // 是, 对: also without a question
	okay            // 好的, 👌: a yes to a question, else no more than a nod
	no              // 不是, n
	decline         // 不用了: a no to an offer, the end of a form
	drop            // 算了: likewise, and of everything else
	none            // 没有: there is nothing to give
	mistaken        // 错了
	leave           // 取消, 退出
	halt            // stop: leaves a form, ends notifications
	tee             // t: what text messages taught to end them
	nod             // 哦, 666
)

// A fixed message means the same in every state.
type fixed struct {
	intent  Intent
	act     Act
	phrases string
}

var fixedMessages = [...]fixed{
	{Help, "", `帮助 菜单 首页 主菜单 start 帮帮我 帮帮忙 help ? ?? ??? menu 说明 怎么用`},
	{Query, "", `查违章 查询违章 违章查询 查询 查车 查 查一查 查查 查一下 查下 详情 详细 详细点 详细一点 具体点 具体情况 明细 查看详情 再查一辆 下一辆`},
	{Query, Again, `刷新 重查 重新查 重新查询 更新 更新一下 刷新一下 再查一次 再查一遍 再来一次 重试 再试 再试一次 再刷新一次 refresh again retry`},
	{Query, NextPage, `下一页 更多 往下 往后 下面 下面的 接着 接着来 其他的 其他 另外的 别的 别的呢 余下的 还有吗 还有呢 还有没有 后面的 后面呢 往后翻 继续看 看更多 查看更多 下页 翻页 后一页 下一条 接着看 往下翻 next next_page more show_more 剩下的 还有哪些 其余的`},
	{Query, PrevPage, `上一页 前一页 往前翻 上页 prev previous previous_page 往上翻 翻回去`},
	{ListVehicles, "", `车单 我的车单 名下的车 名下车辆 我名下的车 我名下车辆 我的车 车辆 我的车牌 我的车辆 我的爱车 车库 我的车库 车辆列表 我的订阅 订阅列表 我的绑定 绑定列表 已绑定的车 已绑定车辆 已订阅 我的关注 关注列表 cars my_cars list_my_cars list 车辆管理 管理车辆 我的监控 我的提醒`},
	{Subscribe, "", `订阅 关注 绑定 提醒 开启提醒 开通提醒 subscribe 加车 添加车辆 绑定车辆`},
	{Unsubscribe, "", `退订 td qx tuiding 回复td 回复t 取消订阅 回t unsubscribe`},
	{Cities, "", `外地车 外地 外地牌 外地车牌 外省车 城市 城市列表 支持城市 开通城市 cities 查询范围 哪些城市`},
	{Help, MyData, `我的数据 我的信息 我的资料 mydata my_data 个人信息 个人数据`},
	{Help, Privacy, `隐私 隐私政策 privacy 隐私协议 用户协议`},
	{ForgetMe, "", `忘记我 注销 forgetme forget_me 撤回同意 删除全部 全部删除 清空 删除所有 全删了 全部删掉`},
	{Correct, Back, `上一步 返回 返回上一步 上一个 back 撤回 重来 重新来 重新输入 重新填 重填 重新填写 后退 退回`},
}

// shortAnswers are the messages whose meaning hangs on the question.
var shortAnswers = [...]struct {
	answer  answer
	phrases string
}{
	{yes, `是我的车 是我车 是我的车没错 是 是的 是滴 是啊 是呀 是嘞 是哒 是它 是这个 是这辆 对 对的 对啊 对呀 对头 对滴 对对 对对对 没错 没毛病 确认 确定 确认无误 无误 正确 准确 就是 就是这个 就是它 就是这辆 就这个 就它 正是 yes yep yeah yup y ye correct right confirm 系 系啊 系呀 啱 冇错 冇问题 同意 我同意 肯定 当然 当然是 必须 true 确实 确认查询 确认删除 确认订阅 没问题 无问题 是我的 对是这个 对就是这个 1 选1 选一 第一个 一 是这个没错 ✅ ✔ ☑ 是1`},
	{okay, `好 好的 好滴 好哒 好嘞 好啊 好呀 好吧 好好 好好好 行 行的 行吧 行啊 行呗 可以 可以的 可以啊 可以呀 可 ok okay okk okey oki k 嗯 嗯嗯 嗯呢 恩 恩恩 恩呢 en 昂 中 中啊 要得 得 得嘞 成 成吧 妥 妥妥的 sure fine alright go go_ahead 👍 👌 🆗 🙆 👏 💯 🤝 [ok] [强] [好的] [握手] [抱拳] [胜利] [鼓掌] 查 查吧 查呗 就查这个 就按这个查 按这个查 查这个 继续 继续查 开始 开始吧 开始查 开 开吧 开通 开通吧 来吧 来 走起 整 要 要的 要啊 订阅吧 没问题 用 需要 想要 我要 可以查 直接查 删 删吧 删了吧 删除 删掉 订吧 订阅吧 保存 存吧 好的可以 好的查吧 帮我开 试试 那就这样 就这样 就这样吧 没意见 随便 都行 加 加吧 i_agree agree 允许 打开 开启`},
	{no, `不 否 不是 不是我的 不是我的车 不是的 不是啊 不是这个 不是它 不是这辆 no n nope nah not 非 唔系 唔系啊 不系 弗是 勿是 弗对 勿对 👎 ❌ ✖ ✗ 🙅 [弱] [no] 2 选2 选二 第二个 二 不行 不可以 不同意 不好 不确定 都不是 不删 不删了 别删 不查 别查 先别查 先别 不确认 false 别 不开 不订 不订阅 不保存 不加 别动`},
	{decline, `用不着 用不上 用不到 没必要了 再考虑下 考虑下 考虑考虑 再想下 想想再说 我想想 让我想想 我考虑下 再考虑考虑吧 先留着 留着 留着吧 保留 先保留 还留着 改天 改天吧 改天再查 改天再说 改天再弄 下次再查 晚点再查 回头再查 以后再查 明天再查 有空再查 有空再说 有空再弄 过几天再说 不用 不用了 不要 不要了 不需要 不需要了 不了 不必 不必了 免了 暂时不用 暂时不要 暂时不需要 暂不 暂不需要 先不用 先不要 先不了 下次 下次吧 下次再说 再说 再说吧 再看看 再看看吧 看看再说 等下再查 等会再说 回头再说 晚点再说 以后再说 我再想想 再想想 想一想 考虑一下 我考虑一下 再考虑考虑 no_thanks no_thank_you not_now later 唔使 唔使啦 唔使喇 唔使了 唔要 唔要了 no_need 没兴趣 没必要 没这个必要`},
	{drop, `先这样 先这样吧 先到这 先到这吧 先到这里 到此为止 算了 算了吧 不查了 不想弄 不想弄了 不想搞了 不想办了 先不查了 先不查 不想查了 不弄了 不搞了 不办了 不玩了 拉倒 拉倒吧 算了不查了 唔查 唔查啦 唔查喇 唔查了 never_mind nevermind forget_it 太麻烦了 太麻烦了不查了 太麻烦了算了 好麻烦不查了 嫌麻烦 不用查了 别查了`},
	{none, `没有 没 没有啊 没有呢 木有 冇 没有的 无 没得 没有了 都没有 none 我没有 没有哦`},
	{mistaken, `错 错了 不对 搞错了 弄错了 错啦 不对啊 不对吧 不太对 有误 有问题 wrong incorrect 写错了 打错了 输错了 填错了 发错了 不正确 唔啱 错的 全错了 都错了 认错了 猜错了`},
	{leave, `退出操作 退出流程 退出来 退出去 打住 停下来 停下来吧 别弄了 不来了 取消 取消吧 取消查询 取消操作 退出 退出查询 退出登录 退出系统 退出程序 退出吧 结束 结束吧 结束查询 cancel quit exit abort 放弃 放弃了 中止 终止 我要取消 我要退出 退 走了 取消取消 不继续了 取消掉`},
	{halt, `停 停止 stop 关闭 停下 停掉 暂停 别发了 停一下`},
	{tee, `t`},
	{nod, `不错 不错啊 不错哦 真不错 还不错 挺好 挺好的 很好 哦 哦哦 噢 喔 额 呃 哎 唉 嗷 强 牛 赞 棒 拜 早 在 喂 滚 笨 傻 靠 哈 嘿 呀 啊 哇 知道了 知道啦 收到 明白 明白了 懂了 了解 了解了 晓得了 ok知道了 好的知道了 嗯知道了 嗯嗯知道了 好的收到 好的明白 noted got_it 看到了 已阅 谢谢知道了 原来如此 原来这样 这样啊 88 886 3q 3x 520 1314 666 6666 66666 233 2333 23333 233333 99 k 3166`},
}

var (
	fixedTable  = compileFixed()
	answerTable = compileAnswers()
)

func compileFixed() map[string]fixed {
	table := map[string]fixed{}
	for _, f := range fixedMessages {
		for phrase := range strings.FieldsSeq(f.phrases) {
			table[fixedKey(phrase)] = f
		}
	}
	return table
}

func compileAnswers() map[string]answer {
	table := map[string]answer{}
	for _, a := range shortAnswers {
		for phrase := range strings.FieldsSeq(a.phrases) {
			if _, ok := table[fixedKey(phrase)]; !ok {
				table[fixedKey(phrase)] = a.answer
			}
		}
	}
	return table
}

func fixedKey(phrase string) string {
	return strings.ReplaceAll(strings.ToUpper(phrase), "_", "")
}

// longestWhole is the longest message that is looked up as a whole.
const longestWhole = 16

// whole is the message without blanks and punctuation, to be looked up; ""
// if it is too long. A message of nothing but question marks keeps them.
func (s *scanner) whole() string {
	var buf [4 * longestWhole]byte
	key := buf[:0]
	runes := 0
	marks := s.only(func(t token) bool { return t.kind == punct && s.text[t.start] == '?' || t.kind == space })
	pictures := s.only(func(t token) bool { return t.kind == emoji || t.kind == space || t.kind == punct })
	for _, t := range s.tokens {
		switch t.kind {
		case space, newline:
			continue
		case punct:
			if !marks {
				continue
			}
		case emoji:
			if !pictures || runes > 0 {
				continue // repeated or beside words it adds nothing
			}
		}
		for _, r := range s.text[t.start:t.end] {
			if r == ' ' || r == '?' && !marks {
				continue
			}
			if runes++; runes > longestWhole {
				return ""
			}
			key = append(key, string(r)...)
		}
	}
	return string(key)
}

func (s *scanner) only(ok func(token) bool) bool {
	for _, t := range s.tokens {
		if !ok(t) {
			return false
		}
	}
	return len(s.tokens) > 0
}

// What people put round a short message.
var (
	prefixes = [...]string{"嗯嗯", "嗯", "那就", "那", "我要", "我想", "请", "麻烦", "好的", "额", "呃", "就", "给我", "帮我", "都", "你好", "您好"}
	suffixes = [...]string{"谢谢你", "谢谢您", "谢谢", "谢了", "多谢", "麻烦了", "吧", "啊", "呀", "哦", "呢", "啦", "哈", "嘛", "呗", "滴", "了", "的", "喽", "噢", "一下", "THANKS", "PLEASE", "喇", "嘅", "哒", "咯", "哟", "嘞", "~"}
)

// lookup finds the message in a table, as it is or without trimmings.
func lookup[V any](table map[string]V, key string) (v V, ok bool) {
	if v, ok = table[key]; ok || key == "" {
		return v, ok
	}
	for {
		cut := trim(key)
		if cut == key || cut == "" {
			return v, false
		}
		if v, ok = table[cut]; ok {
			return v, true
		}
		key = cut
	}
}

func trim(key string) string {
	for _, x := range suffixes {
		if rest, ok := strings.CutSuffix(key, x); ok {
			return rest
		}
	}
	for _, x := range prefixes {
		if rest, ok := strings.CutPrefix(key, x); ok {
			return rest
		}
	}
	return key
}

// isNod tells whether digits are an applause or a laugh: 666, 2333333.
func isNod(text string) bool {
	return answerTable[text] == nod || strings.Trim(text, "6") == "" || strings.HasPrefix(text, "23") && strings.Trim(text[1:], "3") == ""
}
