package nlu

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot/plate"
)

// BenchmarkRead reads the corpus; ns/op is the mean of a message. The median
// message is reported beside it.
func BenchmarkRead(b *testing.B) {
	all := corpus(b, "utterances.jsonl")
	opens := make([]Open, len(all))
	for i, u := range all {
		opens[i] = u.opens(b)[0]
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		Read(all[i%len(all)].Text, opens[i%len(all)])
		i++
	}
	b.StopTimer()
	b.ReportMetric(median(all, opens), "ns/median")
}

// median is the time of the median message.
func median(all []utterance, opens []Open) float64 {
	const times = 200
	each := make([]time.Duration, len(all))
	for i, u := range all {
		start := time.Now()
		for range times {
			Read(u.Text, opens[i])
		}
		each[i] = time.Since(start) / times
	}
	slices.Sort(each)
	return float64(each[len(each)/2].Nanoseconds())
}

// BenchmarkReadLong reads messages of growing length, among them what somebody
// sends who wants it to take long. What a rune costs must not grow with their
// number; beyond plate.MaxRunes nothing is read.
func BenchmarkReadLong(b *testing.B) {
	for _, c := range []struct{ name, piece string }{
		{"sentences", "查违章 沪C12345 发动机号123456，谢谢您。"},
		{"plates", "沪C12345"},
		{"digits", "7"},
		{"spoken", "一"},
		{"letters", "A1"},
		{"heads", "沪"},
		{"labels", "发动机号"},
		{"hints", "黄牌沪C12345"},
		{"tags", "<a"},
		{"brackets", "【"},
		{"blanks", "1 "},
	} {
		for _, runes := range []int{32, 256, 2048, plate.MaxRunes} {
			text := string([]rune(strings.Repeat(c.piece, runes))[:runes])
			b.Run(fmt.Sprintf("%s/%d", c.name, runes), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					Read(text, Open{})
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*runes), "ns/rune")
			})
		}
	}
}
