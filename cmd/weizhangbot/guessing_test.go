package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
)

const (
	// guessesADay is how many digits can be tried for one vehicle in a day, by
	// everybody together and however they try: two wrong ones lock it. A city
	// that asks for four digits has 10,000: on the average 5,000 tries, which is
	// almost seven years, and 2 queries a day are all that they cost.
	guessesADay = 2
	// guessesOfADay is how many one person can try over all vehicles in a day, by
	// the limits as they are when nobody changes them, and guessesOfANewcomer in
	// the first hour, where strangers are limited as config.yaml advises.
	guessesOfANewcomer = 3
	guessesOfADay      = 10
)

func TestGuessingIsSlow(t *testing.T) {
	const tries = 10_000 / 2
	if days := tries / guessesADay; days < 365 {
		t.Errorf("four digits are found in %d days", days)
	}
	c := defaults().Limits
	if c.QueriesPerUserPerDay != guessesOfADay {
		t.Errorf("the figures above are not the defaults': %+v", c)
	}
}

// insist lets cars exist that insist on their digits: 123456 and 654321.
func (o *outside) insist(plates ...string) {
	for _, plate := range plates {
		o.juhe.AddCar(juhetest.Car{Plate: plate, Engine: "123456", VIN: "LSVAA4182E2654321"})
	}
}

// tells says something in Telegram and returns the whole answer, once it holds
// one of the words.
func (o *outside) tells(who int64, text string, words ...string) string {
	o.t.Helper()
	before := len(o.telegram.Messages(who))
	o.telegram.Say(who, text)
	var read string
	until(o.t, fmt.Sprintf("%d reads one of %q to %q", who, words, text), func() bool {
		read = ""
		for _, m := range o.telegram.Messages(who)[before:] {
			read += m.Text + "\n"
		}
		for _, w := range words {
			if strings.Contains(read, w) {
				return true
			}
		}
		return false
	})
	return read
}

const (
	noMatch = "车牌和号码对不上"
	locked  = "24小时内不再查询"
	tooNew  = "刚开始使用时查询次数有限"
)

func wrongDigits(i int) string { return fmt.Sprintf(" 发动机号77%04d 车架号88%04d", i, i) }

// Six people and one plate; the owner, who has not asked before, is held up with
// them, and nobody learns whether theirs were the right digits.
func TestGuessingByMany(t *testing.T) {
	t.Parallel()
	for _, code := range []int{225606, 225607} {
		t.Run(strconv.Itoa(code), func(t *testing.T) {
			t.Parallel()
			o := newOutside(t)
			o.insist("沪C70001")
			o.juhe.Set(juhetest.Faults{WrongDigitsCode: code})
			r := o.serve(withTelegram)
			for i := range 6 {
				want := noMatch
				if i >= guessesADay {
					want = locked
				}
				if read := o.tells(int64(100+i), "查违章 沪C70001"+wrongDigits(i), noMatch, locked, tooNew); !strings.Contains(read, want) {
					t.Errorf("guess %d: %q, want %q", i+1, read, want)
				}
			}
			if read := o.tells(200, "查违章 沪C70001"+theirDigits, noMatch, locked, "查询时间"); !strings.Contains(read, locked) {
				t.Errorf("the right digits behind a lock: %q", read)
			}
			if n := o.juhe.Meter().Queries; n != guessesADay {
				t.Errorf("%d guesses got through, want %d", n, guessesADay)
			}
			r.end()
		})
	}
}

// One person and many plates.
func TestGuessingManyCars(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	r := o.serveWith([]string{"WEIZHANG_LIMITS_QUERIES_PER_NEW_USER=3"}, withTelegram)
	for i := range 8 {
		plate := fmt.Sprintf("沪C7000%d", i)
		o.insist(plate)
		want := noMatch
		if i >= guessesOfANewcomer {
			want = tooNew
		}
		if read := o.tells(43, "查违章 "+plate+wrongDigits(i), noMatch, locked, tooNew); !strings.Contains(read, want) {
			t.Errorf("car %d: %q, want %q", i+1, read, want)
		}
	}
	if n := o.juhe.Meter().Charged; n != guessesOfANewcomer {
		t.Errorf("charged %d times, want %d", n, guessesOfANewcomer)
	}
	r.end()
}

// Swapping, correcting and asking again are guesses like any others.
func TestGuessingByTheBotsOwnOffers(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	o.insist("苏E70001", "苏E70002")
	r := o.serve(withTelegram)
	o.tells(43, "查违章 苏E70001", "发动机号")
	if read := o.tells(43, "777777 888888", "对调"); !strings.Contains(read, noMatch) {
		t.Errorf("unlabelled: %q", read)
	}
	o.tells(43, "是", noMatch)
	o.tells(43, "查违章 苏E70001 发动机号777770 车架号888880", locked)
	for _, again := range []string{"刷新", "发动机号写错了，改成777771", "查违章 苏E70001 777772 888882"} {
		before := o.juhe.Meter().Queries
		o.tells(43, again, locked, "取消", "没有", "对不上", "发动机号")
		o.telegram.Say(43, "是")
		o.tells(43, "取消", "取消", "没有")
		if n := o.juhe.Meter().Queries; n != before {
			t.Errorf("%q got %d more through", again, n-before)
		}
	}
	if n := o.juhe.Meter().Queries; n != guessesADay {
		t.Errorf("%d guesses got through, want %d", n, guessesADay)
	}
	r.end()
}

// The command line is a way like any other: its store is the same.
func TestGuessingFromTheCommandLine(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	o.insist("沪C70001")
	config := o.config()
	for i := range 6 {
		var out, errs bytes.Buffer
		code := run(t.Context(), []string{"query", "沪C70001", "--engine", fmt.Sprintf("77%04d", i), "--vin", "888888", "--config", config}, nil, strings.NewReader(""), &out, &errs)
		want := noMatch
		if i >= guessesADay {
			want = locked
		}
		if code != exitFailed || !strings.Contains(errs.String(), want) {
			t.Errorf("guess %d: exit code %d: %s", i+1, code, errs.String())
		}
	}
	if n := o.juhe.Meter().Queries; n != guessesADay {
		t.Errorf("%d guesses got through, want %d", n, guessesADay)
	}
}

// manyUsers is how many people TestManyUsers is about: WEIZHANG_TEST_USERS=100000
// is the measured flood, which takes some minutes.
func manyUsers(t *testing.T) int {
	t.Helper()
	n := 2_000
	if s := os.Getenv("WEIZHANG_TEST_USERS"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

// mostForUsers is what a flood of people may add to the memory in use,
// whatever their number: what is kept of them is in the file.
const mostForUsers = 64 << 20

// A flood of people who each say something costs a bounded memory, and no query.
func TestManyUsers(t *testing.T) {
	o := newOutside(t)
	c, err := load(o.config(), []string{"WEIZHANG_STORAGE_PATH=" + filepath.Join(o.dir, "many.db")})
	if err != nil {
		t.Fatal(err)
	}
	w, err := openWorld(t.Context(), c, silent())
	if err != nil {
		t.Fatal(err)
	}
	w.work(t.Context())
	defer func() {
		if err := w.close(); err != nil {
			t.Error(err)
		}
	}()
	before, began, n := inUse(), time.Now(), manyUsers(t)
	people := make(chan int)
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() {
			for i := range people {
				m := bot.Message{Channel: "telegram", User: bot.UserID(fmt.Sprint("telegram:", i)), Key: "1", At: time.Now(), Text: "帮助", Lang: bot.Chinese}
				if answer, err := w.bot.Handle(t.Context(), m); err != nil || len(answer.Replies) == 0 {
					t.Errorf("person %d: %+v, %v", i, answer, err)
				}
			}
		})
	}
	for i := range n {
		people <- i
	}
	close(people)
	all.Wait()
	grown := inUse() - before
	t.Logf("%d people in %v: %d KiB more in use", n, time.Since(began).Round(time.Millisecond), grown>>10)
	if grown > mostForUsers {
		t.Errorf("%d bytes more in use, at most %d", grown, mostForUsers)
	}
	if q := o.juhe.Meter().Queries; q != 0 {
		t.Errorf("%d queries", q)
	}
}

// inUse is the memory in use after a collection.
func inUse() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse) //nolint:gosec // far below 2^63
}
