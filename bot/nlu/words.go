package nlu

// An entry gives meanings to phrases: simplified characters and small letters,
// separated by blanks; _ stands for a blank inside an English phrase.
type entry struct {
	is      concept
	phrases string
}

// words is the lexicon of what drivers ask for. At each place of a message the
// longest phrase wins, so that 取消 in 取消订阅 or 号 in 发动机号 never stand alone.
var words = [...]entry{
	{look, `查 查询 查下 查一下 查一查 查查 查个 查看看 再查一辆 换一辆 换一辆车 换台车 换个车 换辆车 另一辆 另外一辆 别的车 其他车 帮查 重查 搜 搜索 搜一下 检查 核查 check query search cx look_up lookup`},
	{look, `查完发我 查好发我 查到发我 查了发我 查完告诉我 查好告诉我 查了告诉我 查完跟我说 查好跟我说 查完叫我`},
	{mine | car, `名下 名下的车 名下车辆 我名下 我名下的车`},
	{look, `查车 查一次 查一遍 查吧 查呗`},
	{look | not, `不查 不查了 不看了 不用查 先别查 别查 不弄 不弄了 不搞 不搞了 不办了`},
	{look | view, `看 看看 看下 看一下 看一看 瞧瞧 瞅瞅 睇 睇下 show see`},
	{view, `查看 显示 show_me 有什么 列出 列一下`},
	{offence, `违章 违规 违法 违张 违障 未章 为章 维章 伟章 韦章 围章 违停记录 违法记录 交通违章 交通违法 违反 罚单 罚单子 罚单儿 告票 牛肉干 抄牌 吃罚单 新违章 贴条 贴单 贴条子`},
	{offence, `被闪 闪了 闪了一下 闪光灯 闪我 闪了我 闪一下 被拍 被抓拍 抓拍 被照 被摄 拍到 拍了 被罚 被记分 被扣分 有没有事 摄像头 电子眼 电子警察 中招 记录仪拍`},
	{offence, `violation violations ticket tickets offence offences offense offenses wei_zhang weizhang wz cwz cha_wei_zhang chaweizhang traffic_ticket traffic_tickets infraction infractions`},
	{offence | act, `闯了红灯 闯了个红灯 冲红灯 压了线 压了实线 压黄线 压虚线 走错车道 走错道 闯禁行 闯禁令 走公交道 走公交车道 没礼让 未礼让行人 没让行人 实线变道 占应急车道 speeding flashed got_flashed 闯红灯 闯灯 超速 违停 乱停车 压线 压实线 逆行 走应急车道 未系安全带 没系安全带 打手机 不礼让 酒驾 违法停车 违章停车 违规停车 超载 占用应急车道 run_a_red_light ran_a_red_light speeding`},
	{recent, `方才 刚儿 貌似 今早 今天早上 今天上午 今天下午 早上 上午 昨儿 昨日 大前天 半小时前 十分钟前 几分钟前 一小时前 just_now yesterday this_morning last_night i_think 刚刚 刚才 刚 刚被 昨天 昨晚 今天 今早 今晚 前天 前几天 上周 好像 可能 似乎 应该是被 just`},
	{fine, `滞纳金 逾期 超期 罚款 罚金 罚了 罚多少 罚 扣款 fine fines penalty`},
	{score, `扣 扣分 记分 扣几分 扣了几分 扣了多少分 扣多少分 几分 查分 分数 驾照分 points demerit`},
	{score | offence, `扣了几分 扣了多少分 被扣 扣分没有 查分 扣分情况 有没有扣分 扣没扣分`},
	{pay, `交 缴 缴费 缴纳 交费 付款 交钱 支付 交罚款 缴罚款 罚款缴纳 交掉 付 pay payment`},
	{fine, `交罚款 缴罚款 罚款缴纳`},
	{handle, `首违 首违免罚 首违警告 学法减分 学习减分 扣满 满分学习 要本人 本人去 本人到场 本人处理 需要本人 带什么 带什么证件 带哪些 带身份证 窗口 大厅 处理 处理违章 办理 去办 消除 消掉 申诉 复议 投诉 异议 不服 处理掉 销掉 清掉违章 撤销违章 handle deal_with appeal 处罚决定`},
	{how, `有办法 没办法 有没有办法 什么办法 有啥办法 怎么 怎样 如何 咋 咋样 咋个 点样 怎么样 怎么办 咋办 咋弄 怎么弄 怎么搞 怎么才能 how how_do_i how_to how_can_i 教我 教教我 教一下 流程 步骤 方法`},
	{where, `从哪 从哪里 从哪儿 哪 在哪 在哪里 哪里 哪儿 在哪儿 去哪 去哪里 去哪儿 到哪 到哪里 什么地方 哪个位置 什么位置 哪一行 边度 哪有 哪能 上哪 where 在那里 在那儿 去那里`},
	{why, `怎么回事 啥情况 什么情况 为什么 为啥 为何 怎么会 干嘛 干什么 干吗 做什么用 有什么用 点解 凭什么 有啥用 why 什么用`},
	{what, `什么 是什么 啥 是啥 什么意思 啥意思 什么东西 指什么 哪个是 是指 指的是 乜 咩 what what's what_is 解释一下 是哪个`},
	{which, `哪些 有哪些 哪几个 哪几 啥 有啥 什么 有什么 都有什么 which what`},
	{howMany, `几个 几辆 几台 多少辆 多少个 多少台 几部 how_many`},
	{able, `能 可以 能不能 可不可以 可否 能否 支持 支不支持 是否支持 行不行 是否可以 可唔可以 得唔得 能够 会不会 会 can could do_you_support support supported does_it able`},
	{query, `吗 么 嘛 没 不 没有 有没有 有无 是否 是不是 呢 冇 有冇 未  多少 怎么回事 啊? do_i does is_there are_there do_you any 没得`},
	{long, `几点更新 几点出来 多久 几天 多长时间 什么时候 几时 多少天 何时 多少时间 啥时候 几号 几个工作日 多快 how_long when 延迟 滞后 实时 及时 多久之内 期限 及唔及时`},
	{able | query, `有没有开通 开通没 开通了没 开通了没有 开通了吗 有开通 没开通 开没开通 开通了么`},
	{able | look, `查不查得了 查不查得到 查得了 查得到 查不查得`},
	{price, `退款 退钱 能退 发票 扣我的钱 扣我钱 赚钱 盈利 挣钱 几块 几元 几毛 多少元 多少块 要多少 多少一次 次数 限制 上限 限额 几次 免费次数 多少钱 收费 价格 价钱 费用 免费 要钱 花钱 付费 收钱 几多钱 几钱 几块钱 多钱 贵不贵 贵吗 how_much cost costs price free 收不收费 充值 会员 扣费`},
	{region, `乡下 乡镇 镇上 村里 山区 小县城 偏远地区 我们县 我们市 我们省 我们村 我们这 我们这儿 我们这里 我们这边 我们那 我们那儿 我们那里 县城 县里 本地 当地 小地方 农村 老家 城市 地方 地区 省份 全国 哪个省 省内 省 哪个城市 各地 查询范围 范围 覆盖 cities city provinces province area areas region regions`},
	{region | able, `支持什么地方 支持哪里 支持哪个 哪里能查 哪里可以查 哪儿能查 在哪能查`},
	{able | which, `支持哪些`},
	{elsewhere, `外地 异地 外省 跨省 外市 外地车 外地牌 外地牌照 外省车 全国各地 out_of_town 香港 澳门 台湾 港澳`},
	{need, `一定要 必须要 必须 非要 非得 是不是要 要不要 需不需要 用不用 需要 要什么 要啥 需要什么 需要哪些 要提供什么 要哪些 要填什么 提供什么 提供哪些 准备什么 要求 什么资料 哪些资料 条件 require requires need required`},
	{list, `列表 清单 名单 车库 有哪些车 list`},
	{engine | what, `发动机号是什么 发动机号是啥 发动机是什么`},
	{vin | what, `车架号是什么 车架号是啥 vin是什么 vin是啥`},
	{human, `你们老板 你们领导 你们负责人 负责人 你们有电话 有电话吗 有没有电话 你们电话 你们的电话 打电话给你们 找个真人 找真人 换真人 要真人 真人来 跟真人 和真人 叫人 叫人来 找个人 工作时间 上班时间 几点上班 人呢 人工 转人工 人工客服 客服 联系客服 客服电话 联系电话 真人客服 人工服务 找人 有人吗 联系你们 联系人工 投诉你们 接线员 客服在吗 电话多少 human agent customer_service operator 有真人吗 有没有人 有没有客服 反馈 意见建议 support_team 联系方式`},
	{accuracy, `是不是最新 是不是最新的 是最新的吗 最新的吗 是否最新 全不全 全吗 数据全吗 新不新 完整吗 你们是 你们是不是 你是交警 你是交管 你们公司 哪家公司 什么公司 准 准吗 准不准 准确 准确性 准确吗 靠谱 靠谱吗 可靠 可靠吗 靠不靠谱 可信 真的假的 真的吗 是真的吗 是不是真的 权威 官方 官方的吗 数据来源 哪来的 从哪来 从哪里来 哪里来的 来源 骗人 骗子 诈骗 骗钱 假的 对吗 对不对 正确吗 accurate reliable 正规吗 正规 可唔可信 信得过`},
	{police, `交管局 交通局 交通局网站 交警网 交警那边 公安网 12123 交管 交管12123 交警 交警队 车管所 官网 122 您的车辆 您的机动车 您的小型 您的爱车 您尾号 尊敬的 车主您好 已被记录 请立即驶离 请及时处理 温馨提示 交通局 交警app`},
	{differ, `一致 差了 差一条 少一条 多一条 少了 多了 不一样 不同 对不上 不一致 有出入 有区别 区别 不符 有差别 差别 却没有 怎么有 怎么没有 唔同 different`},
	{missing, `查不到 查不出 查不出来 没有显示 没显示 不显示 没查到 查不着 看不到 没出来 还没出来 没有记录 怎么没有 还没有记录 不出来 没更新 没录入 未查询到`},
	{long, `能查到 可以查到 才能查到 才出来 出来 会显示 会有记录 上传 录入 才有 才会有`},
	{agent, `黄牛 中介 托关系 找关系 找人处理 代缴 代交 代办 代处理 代办理 代扣 帮忙处理 帮我处理 帮我交 帮交 帮缴 帮我缴 帮忙交 代付 替我交 替我处理 帮处理 帮忙缴 帮我搞定 代缴罚款 pay_for_me`},
	{trade, `一个分多少钱 一分多少钱 1分多少钱 每分多少钱 分怎么卖 分怎么收 把分销 把分消 分销了 分消了 消掉分 销掉分 别人驾照 别人的驾照 借驾照 别人的本 别人驾驶证 别人的驾驶证 销个分 消个分 扣个分 消点分 消分 销分 买分 卖分 收分 代扣分 帮忙扣分 找人扣分 帮扣分 借分 卖驾照分 驾驶证分 用别人的分 替扣分 扣别人 抵分 帮我扣分 帮我消分 买卖分 扣他的分 刷分`},
	{help, `小程序 有没有小程序 有小程序吗 有没有app 有app吗 有网页版吗 有没有网页版 公众号叫什么 要登录 登录吗 要注册 注册吗 下载app 要下载 要实名 实名认证 出错了 没反应 用不了 打不开 卡住了 出故障 查询失败 怎么开始 帮帮我 帮帮忙 救命 求助 help_me 不会弄 不会操作 不会搞 不会填 不会查 不会用 看不懂 首页 菜单 帮助 使用说明 说明书 说明 怎么用 怎么使用 如何使用 咋用 点用 不会用 怎么操作 如何操作 有什么功能 什么功能 功能 能做什么 能干什么 可以做什么 会做什么 能干啥 会干啥 会什么 有啥功能 菜单 主菜单 首页 指令 命令 命令列表 教程 使用教程 使用方法 操作指南 指引 新手 help menu guide usage manual instructions what_can_you_do how_does_this_work how_to_use how_do_i_use 点样用 用法 介绍一下 介绍`},
	{differ | police, `跟12123不一样`},
}
