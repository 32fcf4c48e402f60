package plate_test

import (
	"slices"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot/plate"
)

var messages = map[string]string{
	"plain":     "沪C12345",
	"energy":    "粤BD12345",
	"fullwidth": "京Ａ１２３４５",
	"homophone": "护C12345",
	"city":      "深圳B12345",
	"pinyin":    "guangdong B12345",
	"joined":    "jingA12345",
	"sentence":  "帮我查一下浙A88K88有没有违章，发动机后6位是 8K8866",
	"chat":      "你好，请问我昨天闯红灯了怎么查不到，要等多久才有记录呢",
	"police":    "【交管12123】您的小型新能源汽车粤BD12345于2026年4月2日18时18分在深南大道未按规定停放已被记录，请立即驶离",
}

func BenchmarkParse(b *testing.B) {
	for name, text := range messages {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				plate.Parse(text)
			}
		})
	}
}

// BenchmarkCorpus reads the plates of the corpora; ns/op is the mean of one. The
// median one and the slowest are reported beside it.
func BenchmarkCorpus(b *testing.B) {
	lines := slices.Concat(readCorpus[corpusLine](b, "testdata/plates.jsonl"), readCorpus[corpusLine](b, "testdata/more.jsonl"))
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		plate.Parse(lines[i%len(lines)].Input)
		i++
	}
	b.StopTimer()
	each := make([]time.Duration, len(lines))
	for i, l := range lines {
		each[i] = quickest(func() { plate.Parse(l.Input) })
	}
	slices.Sort(each)
	b.ReportMetric(float64(each[len(each)/2].Nanoseconds()), "ns/median")
	b.ReportMetric(float64(each[len(each)-1].Nanoseconds()), "ns/slowest")
}

// quickest is the time of one call, in the best of several rounds: whatever else
// runs only adds.
func quickest(fn func()) time.Duration {
	const rounds, times = 5, 100
	best := time.Hour
	for range rounds {
		start := time.Now()
		for range times {
			fn()
		}
		best = min(best, time.Since(start)/times)
	}
	return best
}

func BenchmarkFind(b *testing.B) {
	for name, text := range messages {
		b.Run(name, func(b *testing.B) {
			t := plate.Fold(text)
			b.ReportAllocs()
			for b.Loop() {
				plate.Find(t)
			}
		})
	}
}

func BenchmarkFold(b *testing.B) {
	for name, text := range messages {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				plate.Fold(text)
			}
		})
	}
}

func BenchmarkParseVIN(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		plate.ParseVIN("LZZDEM201JG481635")
	}
}
