package nlu

import (
	"slices"

	"github.com/weizhangbot/weizhangbot/bot/plate"
)

// A rule reads an intent off the meanings of a message: all of all, some of
// some (if given), none of none. The first that fits decides.
type rule struct {
	all, some, none concept
	when            func(*reader) bool
	intent          Intent
	act             Act
}

// asksHow marks questions about the way to something rather than wishes.
const asksHow = how | where | why

// platedRules are for messages that name a plate; without one of them such a
// message is a query. Texts of the police (police) speak of reminders, too.
var platedRules = [...]rule{
	{when: snoops, intent: Unknown},
	{some: remove | sold, none: asksHow, intent: DeleteVehicle},
	{all: stop | tell, none: asksHow | police, intent: Unsubscribe},
	{all: not | tell, none: asksHow | only | police, intent: Unsubscribe},
	{all: stop | look, none: asksHow | tell, intent: Cancel},
	{all: not | look, none: asksHow | tell | police, intent: Cancel},
	{all: recent | offence, none: asksHow | look | missing | fine | police | long | handle | pay | differ, when: justCaught, intent: Subscribe, act: JustCaught},
	{some: tell, none: asksHow | police | long, intent: Subscribe},
	{some: bind, none: asksHow | lacking, intent: Subscribe},
	{all: periodic, some: look | offence, none: asksHow, intent: Subscribe},
	{all: not, none: asksHow | engine | vin | offence | need | price | query, when: saysFew, intent: DeleteVehicle},
}

// strongRules come before everything that a message without a plate might
// otherwise say.
var strongRules = [...]rule{
	{some: swap, none: offTopic, intent: Correct, act: Swap},
	{all: data | sold, intent: Help, act: Privacy},
	{some: same, none: offence | look | last | police, when: notDoubted, intent: ProvideInfo, act: SameAs},
	{all: same | last, when: formOpen, intent: ProvideInfo, act: SameAs},
	{some: forget, none: asksHow, intent: ForgetMe},
	{all: forget, intent: Help, act: MyData},
	{some: offTopic, none: offence | fine | score | engine | vin | licence | human | region | elsewhere, intent: Unknown},
	{all: remove | tell, none: asksHow, intent: Unsubscribe},
	{all: remove | data | long, intent: Help, act: Privacy},
	{all: remove | data, none: asksHow | offence, intent: ForgetMe},
	{all: remove | offence, none: car | all | mine, intent: Help, act: Handling},
	{all: remove | all, none: asksHow | car | offence | plateWord, intent: ForgetMe},
	{all: remove | all, some: engine | vin, none: asksHow | offence, intent: ForgetMe},
	{all: not | bind | data, intent: ForgetMe},
	{all: not | remove, none: asksHow | query | sold, intent: Cancel},
	{some: remove | sold, none: asksHow | query | offence, intent: DeleteVehicle},
	{all: remove, some: car, none: asksHow | offence, intent: DeleteVehicle},
	{all: not | periodic, none: asksHow | offence | look, intent: Unsubscribe},
	{all: tell | pay, none: asksHow | query | not | stop, when: saysTell, intent: Subscribe},
	{all: only | tell, intent: Subscribe},
	{all: only | offence, none: asksHow | look, intent: Subscribe},
	{all: stop | tell, none: asksHow, intent: Unsubscribe},
	{all: not | tell, none: asksHow, intent: Unsubscribe},
	{all: recent | offence, none: asksHow | look | missing | fine | police | long | handle | pay | differ | price | agent, when: justCaught, intent: Subscribe, act: JustCaught},
	{all: police | differ, intent: Help, act: Accuracy},
	{all: police | lacking, none: offence | look, intent: Help, act: Accuracy},
	{some: wait, none: asksHow | offence | tell | what | long | wrong | change, intent: Smalltalk, act: Wait},
	{all: how, some: change | back | stop, none: offence, intent: Help},
	{all: back | help, intent: Help},
	{some: back, none: asksHow | data | offence | engine | vin | plateWord, intent: Correct, act: Back},
}

// factRules are questions that are answered at once, whatever is open.
var factRules = [...]rule{
	{some: human, none: tell, intent: Help, act: Human},
	{some: trade, intent: Help, act: Points},
	{some: agent, intent: Help, act: Agent},
	{some: missing, none: engine | vin | licence, intent: Help, act: Delay},
	{some: elsewhere, all: handle, intent: Help, act: Elsewhere},
	{some: elsewhere, all: pay, intent: Help, act: Elsewhere},
	{all: long, some: handle | pay, intent: Help, act: Handling},
	{all: recent | offence | able | look | query, none: tell, intent: Help, act: Delay},
	{all: elsewhere | offence, none: look | able, intent: Help, act: Elsewhere},
	{all: offence | able, some: back | stop | remove, none: tell | look | mine, intent: Help, act: Handling},
	{all: handle, none: engine | vin, intent: Help, act: Handling},
	{all: pay, some: asksHow | able | query | fine | what | offence, when: notForAny, intent: Help, act: Handling},
	{some: privacy, intent: Help, act: Privacy},
	{all: why, some: engine | vin | licence | need | data | plateWord, none: count, intent: Help, act: Privacy},
	{all: lacking | plateWord, none: offence | look, intent: Help, act: NoDigits},
	{all: how, some: fine | score, intent: Help, act: Handling},
	{all: offence | offTopic | query, none: look | mine, intent: Help, act: Handling},
	{all: lacking, some: engine | vin | licence, none: where, intent: Help, act: NoDigits},
	{all: count | plateWord, none: asksHow | what | able | query | look | engine | vin, when: hasTail, intent: Query},
	{all: count | car, none: asksHow | what | able | query | look | engine | vin, when: hasTail, intent: Query},
	{all: count | wrong, none: asksHow | query | able, intent: Correct},
	{all: count | change, none: asksHow | query | able | need, intent: Correct},
	{some: count, when: notAsking(look | offence), intent: Help, act: LastN},
	{all: place, some: engine | vin, none: asksHow | lacking | police, intent: Cities},
	{all: vin, some: where | how | what | query, intent: Help, act: WhereVIN},
	{all: engine, some: where | how | what | query, intent: Help, act: WhereEngine},
	{all: licence, some: asksHow | what | which | able | query, intent: Help, act: WhereEngine},
	{all: place | query, some: long, none: offence | recent | missing | tell | bind | handle | pay, when: asksIfFound, intent: Cities},
	{all: long | offence, none: periodic, when: notTelling, intent: Help, act: Delay},
	{all: long, some: offence | missing | recent | look | query, none: tell | periodic, intent: Help, act: Delay},
	{some: long, none: tell | bind | periodic | place | price, when: asksFound, intent: Help, act: Delay},
	{all: long, some: again | data, none: tell | periodic, intent: Help, act: Delay},
	{some: accuracy, none: tell | bind | list, intent: Help, act: Accuracy},
	{some: differ, none: engine | vin, intent: Help, act: Accuracy},
	{some: differ, intent: Help, act: WhereEngine},
	{all: police, some: how | where | what, none: offence | look, intent: Help, act: Handling},
	{all: fine | able, none: look, intent: Help, act: Handling},
	{all: act | able | query, none: mine | look | recent | tell, intent: Help, act: Handling},
	{all: long, some: score | fine, none: look | tell, intent: Help, act: Handling},
	{all: able | not, some: engine | vin, none: tell, intent: Help, act: NoDigits},
	{all: act, some: score | price | fine, none: mine, intent: Help, act: Handling},
	{all: price, none: fine | car, when: asksOurPrice, intent: Help, act: Price},
	{all: price | look, none: fine, intent: Help, act: Price},
	{all: why, some: offence | look, none: engine | vin, intent: Help, act: Delay},
	{all: howMany, none: view | offence | region | place, when: asksLimit, intent: Help, act: Price},
	{some: licence | engine | vin, none: same | last | earlier | offence | wrong | change, when: offersChoice, intent: Help, act: WhereEngine},
	{all: able | look | plateWord, some: query | only, none: place | elsewhere | region | offence | mine, intent: Help},
	{all: able | why, none: engine | vin | car, intent: Help},
	{all: able | what, none: place | region | car | bind | tell, when: saysFew, intent: Help},
	{all: need, none: place | region | elsewhere | tell, intent: Help},
	{all: data | mine, none: offence | look | tell, intent: Help, act: MyData},
	{all: data, some: what | which | where, none: offence | place | region | need, intent: Help, act: MyData},
	{all: bind | mine, some: what, none: car | tell | view, intent: Help, act: MyData},
}

// plainRules are the wishes of a message without a plate.
var plainRules = [...]rule{
	{all: place, some: able | need | which | region, none: tell | bind, intent: Cities},
	{all: place | query, some: look, none: offence, intent: Cities},
	{all: place, none: offence | look | tell | bind | mine | social | offTopic | asksHow | query, when: saysNothing, intent: Cities},
	{all: place | query, none: offence | fine | score | tell | bind | mine | social | offTopic | asksHow | not | remove, when: saysNothing, intent: Cities},
	{all: elsewhere, some: able | look | query, intent: Cities},
	{all: region, some: able | look | which | list | query | need | howMany, intent: Cities},
	{all: which | able | look, none: tell | bind | mine | car, intent: Cities},
	{all: why | tell, none: stop | not, intent: Help},
	{some: tell | bind, none: mine | offence | car, when: asksMeaning, intent: Help},
	{all: tell | long, none: offence | periodic, when: notTelling, intent: Help, act: Delay},
	{all: able | look | query | car, none: mine | offence | place | tell | bind | all | last, when: asksOddKind, intent: Help},
	{some: help, none: tell | offence, intent: Help},
	{all: how, some: look | offence | bind | tell | remove | stop | car | plateWord | data, when: saysFew, intent: Help},
	{all: how, some: bind | tell | remove, none: offTopic, when: saysSome, intent: Help},
	{all: able | query | tell, none: offTopic | offence, when: asksOfTelling, intent: Help},
	{some: offence, none: mine | look, when: asksWhose, intent: Help, act: Handling},
	{all: help, intent: Help},
	{all: able | look, none: mine | offence | score | place | tell | bind | all, when: asksKind, intent: Help},
	{all: able | query, none: mine | offence | score | place | tell | bind | all | look, when: asksKind, intent: Help},
	{some: why, when: saysNothingElse, none: tell | bind | remove, intent: Help},
	{some: how, when: asksWay, none: missing | social | place | car | recent, intent: Help},
	{some: how, when: formOpen, none: missing | social | place | car, intent: Help},
	{some: tell | bind, all: which, none: asksHow, intent: ListVehicles},
	{some: tell | bind, all: howMany, none: asksHow, intent: ListVehicles},
	{some: tell | bind, all: what, none: asksHow, intent: ListVehicles},
	{all: view | tell, none: offence | asksHow | periodic | only | recent | query, when: saysNothingElse, intent: ListVehicles},
	{some: list, none: region | place | offence, intent: ListVehicles},
	{all: all | look | howMany | car, none: view | mine | asksHow, intent: Query, act: All},
	{all: car, some: which | howMany, none: offence | asksHow | able | region, intent: ListVehicles},
	{all: mine | car | view, none: offence | asksHow | fine | score | again, when: saysNothingElse, intent: ListVehicles},
	{all: bind | car, some: mine | view, none: offence | look | asksHow | able | tell, when: refersBack, intent: ListVehicles},
	{all: tell | car, some: mine | view, none: offence | look | asksHow | able | periodic, when: refersBack, intent: ListVehicles},
	{all: view | car, some: bind | tell, none: offence | asksHow | periodic | query | mine, intent: ListVehicles},
	{all: periodic, some: look | tell | offence, none: asksHow, intent: Subscribe},
	{all: all | look, none: place | region | tell, intent: Query, act: All},
	{all: offence | social, none: look | tell | bind | asksHow, when: resultShown, intent: Smalltalk},
	{some: tell, none: asksHow | what | long, intent: Subscribe},
	{some: bind, none: asksHow | query | what | why, intent: Subscribe},
	{all: recent | offence, none: query | look | mine | missing | fine, intent: Subscribe},
	{all: not | look, intent: Cancel},
	{all: not | car, none: offence | tell | bind | asksHow | query, when: saysFew, intent: DeleteVehicle},
	{all: not, none: offence | tell | bind | remove | asksHow | query, when: formOpen, intent: Cancel},
	{some: wrong, none: asksHow | offence | look, intent: Correct},
	{all: stop | look, intent: Cancel},
	{some: stop, none: asksHow | query | offence, intent: Cancel},
	{all: all | look, none: place | region, intent: Query, act: All},
	{some: again, none: look | offence | car | tell | asksHow | query, when: formOpen, intent: Correct, act: Back},
	{all: again | look, none: car, intent: Query, act: Again},
	{some: last, intent: Query},
	{some: offence, intent: Query},
	{some: score | fine, none: price | help, when: saysLittle, intent: Query},
	{some: plateWord, none: asksHow, when: saysLittle, intent: Query},
	{some: look, when: saysLittle, intent: Query},
	{all: again, when: saysNothingElse, intent: Query, act: Again},
}

// notAsking excludes messages that want to look something up.
func notAsking(some concept) func(*reader) bool {
	return func(r *reader) bool { return !r.is.any(some) || r.open.Question == AskDigits }
}

// notForAny excludes questions for what there is: 有没有罚单要交.
func notForAny(r *reader) bool {
	return !r.about.any(whether) || !r.is.any(offence) || r.is.any(asksHow|able)
}

// saysTell tells 提醒我交罚款 from 怎么交罚款的通知.
func saysTell(r *reader) bool { return r.about.any(telling) }

// notTelling tells 超速多久通知 from 有违章多久通知我一次.
func notTelling(r *reader) bool { return !r.about.any(telling) }

// asksLimit tells 最多绑几辆 and 能查几辆 from 我绑了几辆.
func asksLimit(r *reader) bool { return r.about.any(atMost) || r.is.any(able) && !r.is.any(mine) }

// offersChoice tells whether one of two is to be named: 正本还是副本.
func offersChoice(r *reader) bool { return r.about.any(either) && !r.given() }

// asksIfFound tells 新疆能查到吗 from 苏州多久能查到.
func asksIfFound(r *reader) bool {
	return r.strange <= farOff && !slices.ContainsFunc(r.tokens, func(t token) bool {
		return t.kind == word && t.phrase.is.any(long) && !t.phrase.about.any(found)
	})
}

// asksMeaning tells 订阅是什么意思 from 订阅了什么.
func asksMeaning(r *reader) bool { return r.about.any(meaning) }

// snoops tells whether the owner of a car is asked for.
func snoops(r *reader) bool { return r.about.any(snooping) && !r.Sensitive && !r.is.any(offence) }

// asksOddKind tells whether a kind of car that is not in the lexicon is asked
// about: 外籍车能查吗.
func asksOddKind(r *reader) bool {
	const most = 3
	return r.strange > 0 && r.strange <= most && !r.hasRole(person)
}

// saysSome excludes messages of which most was not understood.
func saysSome(r *reader) bool { return r.strange <= farOff }

// asksOfTelling tells 换手机了还能收到提醒吗 from 可以提醒我吗.
func asksOfTelling(r *reader) bool {
	return !r.about.any(telling) && r.strange > 1 && r.strange <= farOff
}

// asksWhose tells whether it is asked who answers for an offence.
func asksWhose(r *reader) bool { return r.about.any(whose) }

// asksFound tells 几个工作日能查到 from 多久 alone.
func asksFound(r *reader) bool { return r.about.any(found) }

// asksWay tells 退出怎么弄 from 怎么包饺子, which is nobody's business here.
func asksWay(r *reader) bool {
	for i, t := range r.tokens {
		if t.kind == word && t.phrase.is.any(how) && i+2 < len(r.tokens) && r.tokens[i+1].kind == han && r.tokens[i+2].kind == han {
			return false
		}
	}
	return saysLittle(r)
}

// asksOurPrice tells 多少钱 from 京A会员多少钱.
func asksOurPrice(r *reader) bool {
	for i, t := range r.tokens[:max(len(r.tokens)-1, 0)] {
		if next := r.tokens[i+1]; t.kind == han && next.kind == latin && plate.ProvinceOf(string(r.text[t.start])) != "" {
			return false
		}
	}
	return saysFew(r)
}

// saysLittle excludes messages of which too much was not understood: 查一下
// is a query, 查一下明天的课程表 is not.
func saysLittle(r *reader) bool {
	return r.strange <= 3 || r.is.any(car|mine|plateWord) && r.strange <= 6
}

// saysFew excludes messages that speak of other things as well: 多少钱, but
// not 一箱牛奶多少钱.
func saysFew(r *reader) bool { return r.strange <= 2 }

// notDoubted tells 跟上次一样 from 结果一样吗.
func notDoubted(r *reader) bool { return r.open.asking() || !r.is.any(query) }

// formOpen tells whether there is a form that can be left.
func formOpen(r *reader) bool { return r.open.asking() }

// asksKind tells whether a kind of car is asked about: 黄牌车能查吗.
func asksKind(r *reader) bool {
	return r.Type != "" && r.strange <= 2 && (r.is.any(query) || slices.Contains(r.text, '不'))
}

// resultShown tells whether a result is on the screen, to be remarked on.
func resultShown(r *reader) bool { return r.open.Question == ResultShown }

// hasTail tells whether the end of a plate is told: 车牌后三位是678.
func hasTail(r *reader) bool {
	return slices.ContainsFunc(r.tokens, func(t token) bool {
		return t.kind == value || t.kind == tail && r.text[t.start] == '尾' && isDigit(r.text[t.end-1])
	})
}

// saysNothingElse excludes messages with further words.
func saysNothingElse(r *reader) bool { return r.strange <= 1 }

// saysNothing excludes messages with any further word.
func saysNothing(r *reader) bool { return r.strange == 0 }

// refersBack tells 绑定的车 from 绑定车, and 订阅的车 from 提醒我的车.
func refersBack(r *reader) bool {
	for _, t := range r.tokens {
		if t.kind == word && t.phrase.is.any(bind|tell) && t.end < len(r.text) && r.text[t.end-1] != '我' {
			return r.text[t.end] == '的' || r.text[t.end] == '了'
		}
	}
	return false
}

// match returns the first rule that fits.
func match(rules []rule, r *reader) *rule {
	for i := range rules {
		x := &rules[i]
		if !r.is.has(x.all) || x.some != 0 && !r.is.any(x.some) || r.is.any(x.none) || x.when != nil && !x.when(r) {
			continue
		}
		return x
	}
	return nil
}
