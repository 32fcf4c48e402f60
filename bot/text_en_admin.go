package bot

// englishAdmin is chineseAdmin in English.
var englishAdmin = words{
	// To everybody.
	"blocked":          "You cannot use this service at present; please ask its operator if you have questions. What you saved is still kept: /mydata shows it, /forgetme deletes all of it.",
	"notice.broadcast": "A notice from the operator:\n%[1]s",

	// To admins.
	"admin.help": "For admins:\n" +
		"/admin stats: how things stand\n" +
		"/admin cost [days]: what queries cost, and the budgets\n" +
		"/admin alerts on or off: whether you hear operational alerts\n" +
		"/admin block USER, /admin unblock USER\n" +
		"/admin conversation USER: where somebody stands\n" +
		"/admin reset USER: their conversation begins anew; cars and subscriptions stay\n" +
		"/admin broadcast TEXT: shows it first, then sends it to everybody\n" +
		"/admin broadcast, /admin broadcast stop: how far it is, and its end\n" +
		"USER is telegram:123456, or the name that the log has (user).",
	"admin.blocked":          "%[1]s is blocked: nothing is looked up, pushed or answered; what is saved stays. /admin unblock ends it.",
	"admin.blocked.before":   "%[1]s was blocked before.",
	"admin.unblocked":        "%[1]s is not blocked any more.",
	"admin.unblocked.before": "%[1]s was not blocked.",
	"admin.unknown":          "Nothing is kept of this person: please see whether the name is right.",
	"admin.nobody":           "Whom? Please write telegram:123456 or wechat:oAbC…, or the name that the log has (user).",
	"admin.admin":            "An admin cannot be blocked.",
	"admin.noadmin":          "Only admins hear alerts.",
	"admin.alerts.on":        "Alerts: on, they are sent to you.",
	"admin.alerts.off":       "Alerts: off, they are not sent to you; the log and the dashboard have them.",
	"admin.reset":            "The conversation begins anew; cars and subscriptions stay.",

	"stats.turns":       "In 24 hours: %[1]d messages, of them answered later than the platform waits: %[2]d",
	"stats.people":      "People: %[1]d (%[2]s)",
	"stats.nobody":      "nobody yet",
	"stats.channel":     "%[1]s %[2]d",
	"stats.people.seen": "· wrote within 24 hours: %[1]d, within 30 days: %[2]d; have left: %[3]d; blocked: %[4]d",
	"stats.cars":        "· saved cars: %[1]d",
	"stats.watched":     "Checked by themselves: %[1]d cars, %[2]d subscriptions (%[3]d paused)",
	"stats.jobs":        "Jobs: %[1]d running, %[2]d waiting, %[3]d for later, %[4]d given up",
	"stats.day":         "Paid today: %[1]d; %[2]s",
	"stats.month":       "Paid this month: %[1]d; %[2]s",
	"channel.telegram":  "Telegram",
	"channel.wechat":    "WeChat",

	"stands.unknown": "Nothing is kept of %[1]s.",
	"stands.of":      "%[1]s, last message: %[2]s",
	"stands.never":   "none",
	"stands.left":    "has left",
	"stands.blocked": "is blocked",
	"stands.state":   "Open question: %[1]s",
	"stands.none":    "none",
	"stands.stale":   "It is too old: the next message begins anew",
	"stands.out":     "A query is out",
	"stands.form":    "The form holds: %[1]s; cars in line: %[2]d",
	"stands.nothing": "nothing",
	"stands.plate":   "plate",
	"stands.engine":  "engine number",
	"stands.vin":     "VIN",
	"stands.cars":    "Saved cars: %[1]d (%[2]d shared by others); with an engine number: %[3]d, with a VIN: %[4]d",
	"stands.pending": "Messages that wait for an outcome: %[1]d; unread answers: %[2]d; queries for later: %[3]d; notices that wait: %[4]d",

	"broadcast.preview":      "A preview, nothing is sent yet. People will read:",
	"broadcast.people":       "Recipients: %[1]d",
	"broadcast.channel":      "· %[1]s: %[2]d",
	"broadcast.waiting":      ", of whom nothing reaches %[1]d now (they never wrote, or in WeChat not within 48 hours); they read it if they write within %[2]d days",
	"broadcast.without":      "Left out: %[1]d who have left, %[2]d who are blocked.",
	"broadcast.lasts":        "At most %[1]d people a second, some %[2]d min, not in quiet hours: from %[3]s to about %[4]s.",
	"broadcast.confirm":      "To send it, reply within %[1]d minutes:\n/admin broadcast send %[2]d",
	"broadcast.nodraft":      "No broadcast waits to be confirmed: please see it first, with /admin broadcast and its text.",
	"broadcast.number":       "Not that number: nothing is sent. It is for %[1]d people; to send it, reply: /admin broadcast send %[1]d",
	"broadcast.length":       "A broadcast cannot be empty, or longer than %[1]d characters.",
	"broadcast.begun":        "It is being sent. /admin broadcast tells how far, /admin broadcast stop ends it.",
	"broadcast.running":      "The last broadcast is still being sent: wait for its end, or send /admin broadcast stop.",
	"broadcast.none":         "No broadcast is being sent.",
	"broadcast.never":        "There was no broadcast yet.",
	"broadcast.is.running":   "A broadcast is being sent, since %[1]s:\n%[2]s",
	"broadcast.is.sent":      "A broadcast has gone out, begun %[1]s:\n%[2]s",
	"broadcast.is.stopped":   "A broadcast was stopped, begun %[1]s:\n%[2]s",
	"broadcast.sent":         "Arrived: %[1]d of %[2]d (%[3]d pushed, %[4]d read with their own message)",
	"broadcast.on":           "· still to be sent: %[1]d",
	"broadcast.failed":       "· failed: %[1]d, who read it when they write",
	"broadcast.parked":       "· out of reach: %[1]d, who read it if they write within %[2]d days",
	"broadcast.parked.until": "· out of reach: %[1]d, who read it if they write before %[2]s",
	"broadcast.gone":         "· left, or blocked, before it came: %[1]d",
	"broadcast.held":         "· not sent because it was stopped: %[1]d",
	"broadcast.skipped":      "· left out, who have left or are blocked: %[1]d",
	"broadcast.asleep":       "Quiet hours: it goes on after %[1]s.",
}
