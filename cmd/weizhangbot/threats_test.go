package main

import (
	"go/ast"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A threat is one thing that somebody may try, with what stands against it and
// who holds that it does.
type threat struct {
	n       int
	what    string
	defence string
	// tests hold it, as package directory and name. What is held elsewhere, or
	// not at all, says why.
	tests     []string
	elsewhere string
}

// threats are those that were thought of; whoever finds another adds it here.
var threats = []threat{
	{1, "a forged message of WeChat", "signature in constant time; with an aes_key only what is sealed, signed over its body and of our app counts", []string{
		"cmd/weizhangbot.TestReplay", "bot/wechat.TestRefused", "bot/wechat.TestBrokenSeals", "bot/wechat.TestModes"}, ""},
	{2, "a replay", "five minutes, and one effect and one answer for one key", []string{
		"cmd/weizhangbot.TestReplay", "bot/wechat.TestRefused", "bot/wechat.TestRedelivered", "bot.TestRedeliveryGetsTheSameAnswer"}, ""},
	{3, "a forged update of Telegram", "no webhook without a secret, which is compared in constant time, before the body is read", []string{
		"cmd/weizhangbot.TestServeTelegramByWebhook", "bot/telegram.TestWebhookDoor", "bot/telegram.TestNewRefuses"}, ""},
	{4, "bodies that are big, deep, or inflate", "64 KiB and 1 MiB before anything is parsed; nothing is inflated; no DTD", []string{
		"cmd/weizhangbot.TestBodiesAreBounded", "bot/wechat.TestScanIsLinear", "bot/telegram.TestWebhookDoor"}, ""},
	{5, "slow clients, and many", "time-outs for headers and bodies; 512 connections, of which an address has its share", []string{
		"cmd/weizhangbot.TestSlowClientsAreNotWaitedFor", "cmd/weizhangbot.TestPublicListenerIsImpatient", "cmd/weizhangbot.TestLimitListener", "cmd/weizhangbot.TestShareListener"}, ""},
	{6, "probing", "exact paths and methods, else 404 and nothing about the program", []string{
		"cmd/weizhangbot.TestDoorsAreFew", "cmd/weizhangbot.TestFrontRoutes"}, ""},
	{7, "an echostr that is markup", "only when signed, letters and digits, as plain text", []string{"bot/wechat.TestURLVerification"}, ""},
	{8, "secrets and personal data in logs", "types that mask themselves, clients that redact, and the finished line masked", []string{
		"cmd/weizhangbot.TestMaskedLog", "cmd/weizhangbot.TestServeWeChat", "cmd/weizhangbot.TestSecretsMaskThemselves", "bot.TestPersonalDataIsMasked", "juhe.TestLogsAreMasked"}, ""},
	{9, "secrets in addresses", "Juhe is asked by a form; errors of net/http lose their address", []string{
		"juhe.TestWhatGoesOverTheWire", "juhe.TestErrorsShowNoSecrets", "bot/telegram.TestSecretsStayHome", "bot/wechat.TestNothingSecretIsLogged"}, ""},
	{10, "files that others can read", "the key's file is refused, the store's made, with mode 0600; doctor tells of the configuration's, which a container may have to mount as 0644", []string{
		"storage/sealed.TestKeyFileIsRefused", "storage/boltstore.TestOpenMakesAPrivateFile", "cmd/weizhangbot.TestDoctorMendsModes"}, ""},
	{11, "being sent to ask somebody else", "hosts from the configuration only, no redirects, https but for this machine; nothing that people send is fetched", []string{
		"juhe.TestRedirectsAreNotFollowed", "bot/telegram.TestHTTPOCR", "cmd/weizhangbot.TestConfigFaults"}, ""},
	{12, "a hostile answer", "a megabyte after inflating, strict shapes, and the text in it on one bounded line", []string{
		"juhe.TestAnswersThatAreNone", "juhe.TestGzip", "juhe.TestDecodeMalformed", "cmd/weizhangbot.TestInjection"}, ""},
	{13, "injection through what people say", "a grammar of what is understood; no template, no shell, no format out of input; one line of JSON in the log", []string{
		"cmd/weizhangbot.TestInjectionThroughMessages", "cmd/weizhangbot.TestEnormousLines", "cmd/weizhangbot.TestStrangersWriteNoLog", "bot/plate.TestEnormousMessages", "bot/nlu.FuzzRead"}, ""},
	{14, "markup in answers", "escaped by each outlet at its last step, previews off, formulas guarded", []string{
		"cmd/weizhangbot.TestInjection", "cmd/weizhangbot.TestInjectionIntoFiles", "cmd/weizhangbot.TestInjectionThroughNames", "cmd/weizhangbot.TestInjectionIntoCities",
		"bot/telegram.TestRenderAnything", "bot/wechat.TestRender", "bot/playground.TestPageKeepsItsOwnPolicy", "bot.TestCell"}, ""},
	{15, "guessing digits through the bot", "two wrong ones, charged or free, lock the vehicle for a day, whoever tries and however", []string{
		"cmd/weizhangbot.TestGuessingByMany", "cmd/weizhangbot.TestGuessingManyCars", "cmd/weizhangbot.TestGuessingByTheBotsOwnOffers", "cmd/weizhangbot.TestGuessingFromTheCommandLine",
		"bot/lookup.TestStrikes", "bot/lookup.TestGuessingAtOnce"}, ""},
	{16, "running up costs", "limits a day, a month and for who is new, a brake on all who are, and budgets", []string{
		"bot/lookup.TestFloodOfNewcomers", "bot/lookup.TestNewcomers", "cmd/weizhangbot.TestServeHoldsTheBudget", "cmd/weizhangbot.TestServeHoldsThePersonsLimit", "cmd/weizhangbot.TestServeHoldsThePace"}, ""},
	{17, "a race for the budget", "reserved in the transaction that opens the call", []string{"bot/lookup.TestBudgetRace", "bot/lookup.TestBooks"}, ""},
	{18, "following somebody's car", "its digits must have been right; so many watchers and no more; the others are told of each", []string{
		"bot/watch.TestACrowd", "bot.TestViewerHoldsNoDigits", "bot.TestInvitationIsTakenUpOnce"}, ""},
	{19, "groups", "nothing of a group reaches the dialogue, and nothing private is written there", []string{
		"bot/telegram.TestGroups", "bot/telegram.TestGroupCorners", "cmd/weizhangbot.TestAdminWordsOfOthers"}, ""},
	{20, "taking one for another", "ids carry their channel, buttons a key of the bot; a store serves one account of a platform", []string{
		"bot/wechat.TestTwoAccounts", "bot/telegram.TestForgedCallbackData", "cmd/weizhangbot.TestUsersAreApart"}, ""},
	{21, "paying for who has left", "403, 43004 and unfollowing end the checks", []string{
		"bot/watch.TestGone", "bot/deliver.TestGone", "bot.TestNothingIsPaidForWhoHasLeft", "bot/wechat.TestUnsubscribed"}, ""},
	{22, "the operators' door", "loopback with a header and a Host of this machine, or a token in constant time; no write from another origin; on the public address 404", []string{
		"cmd/weizhangbot.TestAdminDoor", "cmd/weizhangbot.TestDoorsAreFew", "bot/admin.TestWhoMayEnter", "bot/admin.TestPagesAreKeptOut", "cmd/weizhangbot.TestConfigFaults", "cmd/weizhangbot.TestAdminWordsOfOthers"}, ""},
	{23, "reading or changing the file", "AES-256-GCM with bucket and key as associated data, ids by HMAC", []string{
		"storage/sealed.TestNothingReadableAtRest", "storage/sealed.TestTampering", "storage/sealed.TestForgedJob"}, ""},
	{24, "a key that got out", "", nil, "rotation of the store's key is a command of its own, tested with it"},
	{25, "what was deleted and is still there", "one record a person, removed with all that was arranged", []string{
		"bot.TestLeavingDeletesEverything", "bot.TestForgettingEndsEverything", "bot.TestForgottenHasNoMail"}, ""},
	{26, "backups", "", nil, "the command that makes them tests what is in them and that they can be restored"},
	{27, "keeping for too long", "everything has its time, and is swept", []string{
		"bot.TestSweep", "bot/lookup.TestRetention", "bot/lookup.TestStrikesArePrivateAndPass", "bot/watch.TestAYearOfSilence"}, ""},
	{28, "what this is built of", "", nil, "the gate checks sums and known vulnerabilities; no test of the program can"},
	{29, "a message that breaks the bot", "recovered from, tried so often and no more, put aside as a fingerprint", []string{
		"bot/telegram.TestPoisonedUpdate", "bot/telegram.TestPollingPastPoison", "bot/wechat.TestAnswersOfTheBot", "storage/boltstore.TestDeadLetterKeepsAFingerprintOnly"}, ""},
	{30, "growth", "nothing in memory by person but what is under way; caps on what is kept of one", []string{
		"cmd/weizhangbot.TestManyUsers", "cmd/weizhangbot.TestTurnstileForgets", "bot/telegram.TestPaceForgets", "bot.TestOverflow", "bot/playground.TestTranscriptIsBounded"}, ""},
	{31, "listening on the line", "https with the system's roots; http only to this machine", []string{"cmd/weizhangbot.TestConfigFaults", "cmd/weizhangbot.TestLoopback"}, ""},
	{32, "a false sender", "X-Forwarded-For from trusted proxies only, read from its end; refusals are counted by address, and the platform gets in all the same", []string{
		"cmd/weizhangbot.TestSender", "cmd/weizhangbot.TestTurnstile", "cmd/weizhangbot.TestFloodOfForgedRequests", "cmd/weizhangbot.TestFloodBehindAProxy", "bot/wechat.TestRefusalsAreSampled"}, ""},
	{33, "getting out of the process", "", nil, "how it is run, without root and with a read-only root, is the container's and the unit's"},
	{34, "somebody who keeps at it", "an operator blocks them, by their id or the log's pseudonym; leaving and coming back does not end it", []string{
		"bot.TestBlocked", "bot.TestBlockOutlivesLeaving", "bot.TestBlockEndsWhatIsUnderWay", "cmd/weizhangbot.TestAdminBlocks", "cmd/weizhangbot.TestBlockedPhotosAreNotRead"}, ""},
	{35, "a broadcast that nobody meant, or that comes twice", "shown first, confirmed by its number and by whom it was shown to; a page of people is one job, and a notice has one id", []string{
		"bot.TestBroadcastInTheChat", "bot.TestBroadcastSurvivesRestarts", "bot.TestBroadcastByTwoMachines", "bot.TestBroadcastText", "bot/admin.TestActsAreGuarded", "cmd/weizhangbot.TestAdminBroadcasts"}, ""},
	{36, "an operator who learns what is none of their business", "what can be seen of a conversation is of which kind it is, and nothing of what it says", []string{
		"bot.TestConversationTellsNothing", "cmd/weizhangbot.TestAdminConversationLeaksNothing"}, ""},
}

// Each threat has tests that exist, or says why it has none.
func TestThreats(t *testing.T) {
	known := testsOf(goFiles(t))
	if faults := threatFaults(threats, known); len(faults) > 0 {
		t.Error(strings.Join(faults, "\n"))
	}
}

func TestThreatsRefuses(t *testing.T) {
	known := map[string]bool{"bot.TestX": true}
	for _, tt := range []struct {
		name    string
		threats []threat
		want    string
	}{
		{"held", []threat{{1, "a", "b", []string{"bot.TestX"}, ""}}, ""},
		{"held elsewhere", []threat{{1, "a", "", nil, "c"}}, ""},
		{"by nobody", []threat{{1, "a", "b", nil, ""}}, "1 (a): nothing holds it"},
		{"by a test that is gone", []threat{{1, "a", "b", []string{"bot.TestY"}, ""}}, "1 (a): no test bot.TestY"},
		{"without a defence", []threat{{1, "a", "", []string{"bot.TestX"}, ""}}, "1 (a): no defence"},
		{"left out", []threat{{2, "a", "b", []string{"bot.TestX"}, ""}}, "2 (a): stands at place 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := strings.Join(threatFaults(tt.threats, known), "\n"); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func threatFaults(threats []threat, known map[string]bool) (faults []string) {
	for i, x := range threats {
		fault := func(text string) { faults = append(faults, strconv.Itoa(x.n)+" ("+x.what+"): "+text) }
		if x.n != i+1 {
			fault("stands at place " + strconv.Itoa(i+1))
		}
		switch {
		case len(x.tests) == 0 && x.elsewhere == "":
			fault("nothing holds it")
		case len(x.tests) > 0 && x.defence == "":
			fault("no defence")
		}
		for _, name := range x.tests {
			if !known[name] {
				fault("no test " + name)
			}
		}
	}
	return faults
}

// testsOf are the tests of the module, as bot/wechat.TestRefused.
func testsOf(files []goFile) map[string]bool {
	known := map[string]bool{}
	for _, f := range files {
		if !f.isTest() {
			continue
		}
		for _, d := range f.tree.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if ok && fn.Recv == nil && slices.ContainsFunc([]string{"Test", "Fuzz"}, func(kind string) bool { return strings.HasPrefix(fn.Name.Name, kind) }) {
				known[path.Dir(f.path)+"."+fn.Name.Name] = true
			}
		}
	}
	return known
}
