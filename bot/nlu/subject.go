package nlu

import "strings"

// A subject is a set of what else a message may speak of, beside its concepts:
// things that have a reader of their own (asks.go) and no part in the rules.
type subject uint32

// The subjects.
const (
	inspection   subject = 1 << iota // 年检
	registration                     // 上牌, 注册日期: a date of first registration is near
	expiry                           // 有效期至, 年检到: the date until which the inspection holds
	sharing                          // 邀请, 分享
	codeWord                         // 邀请码, 接受邀请: an invitation code is near
	joining                          // 加入, join: a code may follow at once
	keeping                          // 继续关注
	naming                           // 改名, 备注: a new name follows
	calling                          // 叫: likewise, behind a car
	exporting                        // 导出, 表格
	calendar                         // 日历
	garage                           // 我的车: the list of cars
	paging                           // 第2页, 下一页
	caught                           // 被拍, 闯红灯: it happened, 违章 is only a thing
	unsure                           // 刚刚, 好像: it may be too early to be found
	whether                          // 有没有: a question for what is there
	telling                          // 提醒我: a wish, not a question
	former                           // 刚才那个
	either                           // 还是: a question between two
	atMost                           // 最多
	found                            // 能查到: long, though no time is asked for
	meaning                          // 是什么意思
	snooping                         // 车主是谁
	whose                            // 谁
	apology                          // 不好意思: what follows may be put right
)

func (s subject) any(some subject) bool { return s&some != 0 }

// subjectWords are the phrases that name a subject. What they mean besides is
// in the other tables.
var subjectWords = [...]struct {
	about   subject
	phrases string
}{
	{inspection, `年检 年审 检车 审车 验车 车检 车审 年检到期 年审到期 年检快到 年检到了 年检提醒 年审提醒 车辆检验 免检 六年免检 检验标志 年检标 年检时间 年审时间 年检日期 年审日期 年检日历 年审日历 inspection vehicle_inspection annual_inspection car_inspection inspection_due`},
	{registration, `注册 登记 上牌 上牌时间 上牌日期 上的牌 上户 落户 落籍 注册日期 注册登记 注册登记日期 注册时间 登记日期 登记时间 初登 初登日期 初次登记 初次登记日期 首次登记 首次登记日期 初次注册 首次上牌 注册于 登记于 上牌于 注册的 registered registered_on first_registered registration_date first_registration date_of_registration`},
	{expiry, `有效期 有效期至 有效期到 有效期限 检验有效期 检验有效期至 检验有效期到 检验至 检验到 检验期至 年检到 年检至 年检有效期 年检有效期至 年审到 年审至 年审有效期 年审有效期至 审到 审至 检到 检至 到期日 到期日期 到期时间 valid_until inspection_until inspected_until valid_through valid_till expires expires_on expiry expiry_date inspection_valid_until inspection_expires`},
	{sharing, `也收到 也能收到 也能看到 一起收到 也看得到 也能接收 邀请 邀请家人 邀请人 邀请链接 邀请好友 邀请朋友 分享 分享给 分享一下 共享 共享给 共同关注 一起关注 一起盯 拉家人 invite share invite_family share_with`},
	{codeWord, `邀请码 邀请代码 邀请号 邀请口令 接受邀请 同意邀请 受邀 受邀请 我的邀请码 invite_code invitation_code invitation accept_invite accept_invitation accept_the_invitation`},
	{joining, `加入 接受 join accept`},
	{keeping, `继续关注 继续盯着 继续盯 继续看着 继续监控 继续监测 继续订阅 继续提醒 继续通知 继续推送 继续跟踪 接着关注 接着盯 接着盯着 保持关注 保持订阅 保持监控 保留订阅 保留关注 还要关注 还要盯着 还要盯 还要提醒 还要订阅 还关注 继续帮我盯 继续帮我盯着 继续帮我关注 接着提醒 keep_watching keep_following keep_it_on keep_subscribed keep_on_watching keep_notifying continue_watching still_want_it`},
	{naming, `改名 改名为 改名叫 改名成 改个名 改个名字 改下名字 改名字 改名称 重命名 重命名为 命名 命名为 取名 取名叫 取名为 取个名 取个名字 起名 起名叫 起名为 起个名 起个名字 名字改成 名字改为 名字叫 名字换成 名称改成 名称改为 备注 备注为 备注成 备注名 备注一下 加备注 改备注 加个备注 写备注 昵称 昵称改成 叫它 就叫它 就叫他 就叫她 叫他 叫她 称它为 称为 标记为 标注为 rename rename_it rename_car call_it name_it nickname`},
	{calling, `叫 叫做 叫作 就叫`},
	{exporting, `导出 导出来 导出到 导成 倒出 发个表格 发个表 发表格 发我表格 发我个表格 发一份表格 发份表格 给个表格 要个表格 要表格 做成表格 生成表格 表格 电子表格 excel excel表 excel表格 csv xls xlsx spreadsheet export`},
	{calendar, `日历 日程 日历文件 导出日历 年检日历 年审日历 加到日历 加入日历 添加到日历 放进日历 calendar ics ical`},
	{garage, `我的车 我车 我的车辆 车库 我的车库 车辆列表 列表 车辆 车单 我的车单 我的订阅 订阅列表 my_cars cars list my_vehicles`},
	{paging, `下一页 下页 后一页 翻页 往后翻 更多 next next_page more`},
	{caught, `闯了黄灯 闯黄灯 走了公交车道 走了公交道 走了应急车道 被拍 被拍了 被拍到 被抓拍 抓拍 被照 被摄 拍到 拍了 拍我 被闪 闪了 闪了一下 闪光 闪光灯 闪我 闪了我 闪一下 被贴条 贴条 贴了 被抄牌 抄牌 中招 闯红灯 闯灯 闯了红灯 闯了个红灯 冲红灯 超速 超速了 违停 乱停车 压线 压了线 压实线 压了实线 压黄线 压虚线 逆行 逆行了 走应急车道 占应急车道 未系安全带 没系安全带 打手机 不礼让 没礼让 违章停车 违规停车 违法停车 超载 变道 实线变道 走错车道 走错道 占用应急车道 闯禁行 闯禁令 走公交道 走公交车道 占公交道 未礼让行人 没让行人 开手机 ran_a_red_light run_a_red_light speeding flashed got_flashed got_caught caught caught_on_camera caught_by caught_speeding photographed`},
	{unsure, `刚刚 刚才 刚 刚被 方才 刚儿 好像 可能 似乎 貌似 应该是被 大概 估计 感觉 怕是 恐怕 是不是被 不知道有没有被 怀疑 just just_now i_think maybe might probably`},
	{whether, `有没有 有无 有冇 有木有 没有 有何 有什么 有啥`},
	{former, `刚刚那个 刚才那个 上次那个 之前那个 前面那个 刚查的那个`},
	{either, `还是 或者 or`},
	{atMost, `最多 至多 上限 最多能 最多可以 限几`},
	{found, `能看到 能看见 能显示 能出来 能查到 可以查到 才能查到 出来`},
	{meaning, `什么意思 啥意思 是什么意思 是啥意思 是什么 是啥 干嘛用的 干什么用的 有什么用 有啥用 是干嘛的 是干什么的 什么用`},
	{snooping, `车主是谁 车主信息 车主电话 车主的电话 车主姓名 车主名字 车主叫什么 查车主 车主住哪 车主手机 车主联系方式 谁的车`},
	{whose, `谁 谁的 算谁 算谁的 是谁`},
	{apology, `不好意思 抱歉 对不起 sorry`},
	{telling, `提醒我 通知我 告诉我 叫我 喊我 告诉我一声`},
}

// speaksOnly tells whether the message is one of the phrases, trimmings apart.
func (r *reader) speaksOnly(phrases map[string]bool) bool {
	key := r.whole()
	if key == "" {
		return false
	}
	_, ok := lookup(phrases, key)
	return ok
}

func phraseSet(phrases string) map[string]bool {
	set := map[string]bool{}
	for p := range strings.FieldsSeq(phrases) {
		set[fixedKey(p)] = true
	}
	return set
}
