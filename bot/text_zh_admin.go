package bot

// chineseAdmin are the sentences for admins, and those that their acts bring
// others.
var chineseAdmin = words{
	// To everybody.
	"blocked":          "您暂时不能使用本服务，有疑问请联系服务提供者。您保存的内容还在：发「我的数据」查看，发「忘记我」全部删除。",
	"notice.broadcast": "服务提供者的通知：\n%[1]s",

	// To admins.
	"admin.help": "管理命令：\n" +
		"/admin stats：运行情况\n" +
		"/admin cost [天数]：查询花费和预算\n" +
		"/admin alerts on 或 off：是否给您发运维提醒\n" +
		"/admin block 用户、/admin unblock 用户：封禁、解封\n" +
		"/admin conversation 用户：对话进行到哪一步\n" +
		"/admin reset 用户：让对话从头开始，车辆和订阅不变\n" +
		"/admin broadcast 内容：先预览，确认后发给所有人\n" +
		"/admin broadcast、/admin broadcast stop：进度、停止\n" +
		"用户写作 telegram:123456，或日志里的代号（user）。",
	"admin.blocked":          "已封禁 %[1]s：不再查询、推送和答复，保存的内容不变。/admin unblock 可以解封。",
	"admin.blocked.before":   "%[1]s 之前已经封禁。",
	"admin.unblocked":        "已解封 %[1]s。",
	"admin.unblocked.before": "%[1]s 没有被封禁。",
	"admin.unknown":          "没有保存过这个人的任何内容，请核对是否写对。",
	"admin.nobody":           "不知道是谁。请写 telegram:123456 或 wechat:oAbC…，或日志里的代号（user）。",
	"admin.admin":            "管理员不能封禁。",
	"admin.noadmin":          "只有管理员才有运维提醒。",
	"admin.alerts.on":        "运维提醒：开，会发给您。",
	"admin.alerts.off":       "运维提醒：关，不发给您，日志和管理页面里仍有。",
	"admin.reset":            "对话已从头开始，车辆和订阅不变。",

	"stats.turns":       "24 小时内：消息 %[1]d 条，其中 %[2]d 条答复晚于平台的等待",
	"stats.people":      "用户 %[1]d 人：%[2]s",
	"stats.nobody":      "还没有",
	"stats.channel":     "%[1]s %[2]d",
	"stats.people.seen": "· 24 小时内来信 %[1]d 人，30 天内 %[2]d 人；已离开 %[3]d 人，已封禁 %[4]d 人",
	"stats.cars":        "· 保存的车 %[1]d 辆",
	"stats.watched":     "自动检查的车 %[1]d 辆，订阅 %[2]d 份（暂停 %[3]d 份）",
	"stats.jobs":        "任务：进行中 %[1]d，等待 %[2]d，定时 %[3]d，搁置 %[4]d",
	"stats.day":         "今天已付费 %[1]d 次，%[2]s",
	"stats.month":       "本月已付费 %[1]d 次，%[2]s",
	"channel.telegram":  "Telegram",
	"channel.wechat":    "微信",

	"stands.unknown": "没有保存过 %[1]s 的任何内容。",
	"stands.of":      "%[1]s，最后来信：%[2]s",
	"stands.never":   "没有",
	"stands.left":    "已离开",
	"stands.blocked": "已封禁",
	"stands.state":   "当前问题：%[1]s",
	"stands.none":    "没有",
	"stands.stale":   "问题已过期，下一条消息从头开始",
	"stands.out":     "查询已发出，等待结果",
	"stands.form":    "表单里有：%[1]s；排队的车 %[2]d 辆",
	"stands.nothing": "没有内容",
	"stands.plate":   "车牌",
	"stands.engine":  "发动机号",
	"stands.vin":     "车架号",
	"stands.cars":    "保存的车 %[1]d 辆（别人分享的 %[2]d 辆），其中有发动机号的 %[3]d 辆，有车架号的 %[4]d 辆",
	"stands.pending": "等结果的消息 %[1]d 条，没读的答复 %[2]d 条，稍后再查 %[3]d 个，等待的通知 %[4]d 条",

	"broadcast.preview":      "群发预览，还没有发送。大家会读到：",
	"broadcast.people":       "发给 %[1]d 人：",
	"broadcast.channel":      "· %[1]s %[2]d 人",
	"broadcast.waiting":      "，其中 %[1]d 人现在推送不到（没有来过信，或微信超过 48 小时），%[2]d 天内来信时会读到",
	"broadcast.without":      "不发给已离开的 %[1]d 人和已封禁的 %[2]d 人。",
	"broadcast.lasts":        "每秒最多 %[1]d 人，大约 %[2]d 分钟，安静时段不发：%[3]s 开始，%[4]s 前后发完。",
	"broadcast.confirm":      "要发送，请在 %[1]d 分钟内回复：\n/admin broadcast send %[2]d",
	"broadcast.nodraft":      "没有等待确认的群发，请先发 /admin broadcast 和内容来预览。",
	"broadcast.number":       "数字不对，没有发送。预览的人数是 %[1]d，要发送请回复：/admin broadcast send %[1]d",
	"broadcast.length":       "群发内容不能为空，最长 %[1]d 个字。",
	"broadcast.begun":        "开始发送。/admin broadcast 看进度，/admin broadcast stop 停止。",
	"broadcast.running":      "上一次群发还没有结束，请等它发完，或先发 /admin broadcast stop。",
	"broadcast.none":         "没有正在发送的群发。",
	"broadcast.never":        "还没有群发过。",
	"broadcast.is.running":   "群发进行中，%[1]s 开始：\n%[2]s",
	"broadcast.is.sent":      "群发已全部发出，%[1]s 开始：\n%[2]s",
	"broadcast.is.stopped":   "群发已停止，%[1]s 开始：\n%[2]s",
	"broadcast.sent":         "已送达 %[1]d／%[2]d 人（推送 %[3]d，来信时读到 %[4]d）",
	"broadcast.on":           "· 等待发送 %[1]d 人",
	"broadcast.failed":       "· 发送失败 %[1]d 人，来信时会读到",
	"broadcast.parked":       "· 推送不到 %[1]d 人，%[2]d 天内来信时会读到",
	"broadcast.parked.until": "· 推送不到 %[1]d 人，%[2]s 前来信时会读到",
	"broadcast.gone":         "· 发送前离开或被封禁 %[1]d 人",
	"broadcast.held":         "· 停止后没有发送 %[1]d 人",
	"broadcast.skipped":      "· 没有发给已离开或已封禁的 %[1]d 人",
	"broadcast.asleep":       "现在是安静时段，%[1]s 以后继续。",
}
