package nlu

// A concept is a set of meanings. A phrase of the lexicon carries some, a
// message the union of those of its phrases, and rules read intents off them.
type concept uint64

// The meanings.
const (
	look      concept = 1 << iota // 查, 看看: the verb alone asks for nothing yet
	view                          // 查看: rather at something that is stored
	offence                       // 违章, 罚单, 被拍: what can be looked up
	act                           // 闯红灯: one particular offence
	recent                        // 刚刚, 昨天, 好像
	fine                          // 罚款
	score                         // 扣几分
	pay                           // 交, 缴
	handle                        // 处理, 申诉
	how                           // 怎么, 如何
	where                         // 在哪
	why                           // 为什么
	what                          // 什么
	which                         // 哪些
	howMany                       // 几个, 几辆
	able                          // 能, 可以, 支持
	query                         // 吗, 没, ？: a question of any kind
	long                          // 多久
	price                         // 多少钱, 收费
	engine                        // a label of the engine number
	vin                           // a label of the VIN
	plateWord                     // 车牌
	licence                       // 行驶证
	count                         // 几位, 后六位
	lacking                       // 没有, 找不到, 不知道
	privacy                       // 泄露, 安全
	data                          // 数据, 信息
	mine                          // 我的
	all                           // 全部
	car                           // 车
	list                          // 列表
	region                        // 城市, 全国
	elsewhere                     // 外地
	place                         // 苏州, 江苏
	need                          // 需要, 要什么资料
	tell                          // 提醒, 订阅
	bind                          // 绑定, 添加
	periodic                      // 每周
	only                          // 只有…才
	stop                          // 取消, 停止
	not                           // 不要, 别
	remove                        // 删除, 解绑
	sold                          // 车卖了
	forget                        // 忘记我
	agent                         // 代缴
	trade                         // 消分
	human                         // 人工
	accuracy                      // 准不准
	police                        // 12123
	differ                        // 不一样
	missing                       // 查不到, 没显示
	help                          // 帮助, 怎么用
	again                         // 再, 刷新
	wrong                         // 写错了
	change                        // 改成, 应该是
	swap                          // 写反了
	back                          // 上一步
	same                          // 跟上次一样
	last                          // 上次那辆
	earlier                       // 上次, 之前
	wait                          // 等一下
	social                        // 哈哈, 好用: talk with the bot
	offTopic                      // 天气, 外卖
	contact                       // 电话: what follows is none of our business
)

// has tells whether c holds every meaning of all.
func (c concept) has(all concept) bool { return c&all == all }

// any tells whether c holds some meaning of some.
func (c concept) any(some concept) bool { return c&some != 0 }
