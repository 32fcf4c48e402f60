package nlu

// talk is the lexicon of talking with the bot, and of what is none of its
// business.
var talk = [...]entry{
	{social, `哈哈 哈哈哈 嘿嘿 呵呵 嘻嘻 嘎嘎 哇 哇塞 哎呀 hhh hh haha lol 笑死 牛逼 牛掰 牛啊 nb 厉害 真厉害 真强 真棒 太棒了 很棒 好用 太好用了 真好用 很好用 不错 真不错 挺好 很好 太好了 点赞 赞一个 给力 优秀 方便 真方便 好方便 好快 真快 这么快 神器 完美 爱你 爱了 我爱你 喜欢你`},
	{social, `垃圾 辣鸡 什么玩意 破玩意 什么破玩意 破机器人 傻逼 真笨 白痴 去死 无语 坑爹 难用 不好用 真难用 好烦 烦死了 有病 妈的 卧槽 我去 我靠 扯淡 坑人 气死我了 太慢了 好慢 真慢 好麻烦`},
	{social, `早安 早上好 上午好 中午好 下午好 晚上好 晚安 新年快乐 节日快乐 春节快乐 中秋快乐 国庆快乐 圣诞快乐 生日快乐 恭喜发财 周末愉快 祝你 再见 拜拜 回见 回头见 下次见 bye goodbye good_night see_you 吃了吗 吃饭了吗 吃了没 无聊 好无聊 陪我聊聊 聊聊天 聊天 忙吗 在忙吗 不好意思 打扰了 抱歉 对不起 没事 没事了 不客气 没关系 这么多 好多啊 好贵 心疼 倒霉 真倒霉 冤枉 好冤 开心 难过 郁闷 惨 好惨 万幸 还好 幸好 nice cool good great awesome love_it good_job well_done 真的啊 原来如此 原来是这样 这样啊 明白 明白了 懂了 了解 了解了 知道了 晓得了 收到 唔紧要 食咗饭未 幸苦`},
	{social, `你是谁 您是谁 你是什么 你是机器人 你是机器人吗 你是真人 你是真人吗 你是人吗 是人还是机器 你叫什么 你叫什么名字 你叫啥 你是男是女 你几岁 你多大 谁开发的 谁做的 你会说话吗 你是ai吗 你是chatgpt 你是人工智能 你有女朋友 你聪明吗 你结婚了吗 who_are_you are_you_a_bot are_you_human are_you_real what's_your_name 你是不是机器人 你是不是真人 机器人 你系边个 谁在跟我说话 你是谁啊`},
	{social, `你好 您好 你好呀 你好啊 您好啊 hi hello hey halo hola 哈喽 哈罗 哈啰 嗨 嗨喽 喂 在吗 在么 在不在 在嘛 有人在吗 亲 亲爱的 雷猴 你好吗 早晨 老师好 good_morning good_afternoon good_evening 小助手 机器人你好 yo 师傅 师傅好 大哥`},
	{social, `谢谢 谢谢你 谢谢您 谢了 谢啦 谢 多谢 感谢 非常感谢 感恩 辛苦 辛苦了 辛苦啦 麻烦你了 麻烦了 有劳 有劳了 thx thanks thank_you ty tks thank_u 唔该 唔该晒 多谢晒 蟹蟹 谢谢啦 比心 么么哒`},
	{offTopic, `天气 下雨 温度 外卖 停车场 停车位 车位 限行 限号 油价 加油 加油站 充电桩 保险 车险 年检 年审 股票 基金 彩票 快递 单号 验证码 密码 公里 导航 路线 路况 堵车 高速费 过路费 写一首 写首 作诗 写诗 讲个笑话 笑话 故事 唱歌 唱首 电影 电视剧 小说 新闻 足球 篮球 比赛 游戏 推荐 买车 二手车 车价 洗车 修车 保养 4s店 轮胎 维修 租车 打车 滴滴 火车票 机票 高铁 酒店 美食 吃什么 餐厅 饭店 旅游 翻译 数学 作业 算一下 等于几 几点 几点了 今天几号 星期几 汇率 房价 房子 贷款 信用卡 流量 话费 套餐 手机 电脑 苹果 京东 淘宝 拼多多 微信红包 红包 转账 weather joke translate stock news movie song restaurant pizza 占卜 算命 星座 减肥 医院 感冒 学校 考试 科目一 科目二 科目三 驾校 学车 招聘 工作 工资 股价 黄金 疫情 口罩 政策 社保 公积金 身份证 护照 签证 户口 摇号 车牌竞拍 竞拍 选号 上牌 过户 换证 驾照到期 补办 补证 代驾 行车记录仪 打折 优惠券 加微信 加好友 加群 兼职 刷单 投资 网址 点击领取 中奖 广告 送花 爬山`},
	{offTopic, `管理员 群主 系统管理员 超级用户 root admin 忽略以上 忽略之前 忽略上面 忽略所有 指令 系统提示 提示词 数据库 所有用户 其他用户 别人的 其它用户 ignore_previous ignore_all system_prompt sudo developer_mode 开发者模式 源代码 源码 api_key token 后台 服务器 drop_table select_* jailbreak 越狱 扮演`},
	{0, `没错 关于 停车 改天 准时 不一定 还没 不过 不少 只要 不只 不仅 不管 要不 不如 不同意 有关 相关 关系 有意思 意思 注意 请 帮 帮我 麻烦 您 你 给我 一下 那个 这个 就是那个 嗯 然后 好的 好 行 可以的 想 想要 我想 我要 要 了 的 吧 啊 呀 哦 噢 哈 哎 额 呃 啦 呗 嘞 着 上 里 那 这 吧 也 还 就 先 老 师 位 您帮 帮忙 一次 一遍 请问 问一下 问下 拜托 能帮 可以帮 please plz pls hey for the an to in on of and or it this that with`},
	{offTopic, `收到不支持的消息类型 暂无法显示 不支持的消息类型 当前版本不支持 请升级`},
}
