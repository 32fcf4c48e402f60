package nlu

import (
	"slices"
	"strings"
	"testing"
	"time"
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

func BenchmarkReadLong(b *testing.B) {
	text := strings.Repeat("查违章 沪C12345 发动机号123456，谢谢您。", 4000)
	b.ReportAllocs()
	for b.Loop() {
		Read(text, Open{})
	}
}
