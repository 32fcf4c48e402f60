package deliver

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/weizhangbot/weizhangbot/bot"
)

func TestQuiet(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	night := Quiet{21 * time.Hour, 8 * time.Hour}
	for _, tt := range []struct {
		name string
		q    Quiet
		zone *time.Location
		at   string
		end  string // "": not quiet
	}{
		{"the evening before it begins", night, bot.China, "2026-11-23 20:59:59", ""},
		{"its first moment", night, bot.China, "2026-11-23 21:00:00", "2026-11-24 08:00:00"},
		{"midnight", night, bot.China, "2026-11-24 00:00:00", "2026-11-24 08:00:00"},
		{"its last moment", night, bot.China, "2026-11-24 07:59:59", "2026-11-24 08:00:00"},
		{"its end", night, bot.China, "2026-11-24 08:00:00", ""},
		{"the last day of a year", night, bot.China, "2026-12-31 23:00:00", "2027-01-01 08:00:00"},
		{"within a day", Quiet{13 * time.Hour, 14*time.Hour + 30*time.Minute}, bot.China, "2026-11-23 13:30:00", "2026-11-23 14:30:00"},
		{"within a day, before", Quiet{13 * time.Hour, 14 * time.Hour}, bot.China, "2026-11-23 12:59:00", ""},
		{"within a day, after", Quiet{13 * time.Hour, 14 * time.Hour}, bot.China, "2026-11-23 14:00:00", ""},
		{"none", Quiet{}, bot.China, "2026-11-23 23:00:00", ""},
		{"equal times", Quiet{9 * time.Hour, 9 * time.Hour}, bot.China, "2026-11-23 09:00:00", ""},
		{"up to midnight", Quiet{22 * time.Hour, 0}, bot.China, "2026-11-23 23:00:00", "2026-11-24 00:00:00"},
		{"the short night of spring", night, berlin, "2026-03-28 22:00:00", "2026-03-29 08:00:00"},
		{"the long night of autumn", night, berlin, "2026-10-24 22:00:00", "2026-10-25 08:00:00"},
		{"an end that the clock leaves out", Quiet{22 * time.Hour, 2*time.Hour + 30*time.Minute}, berlin, "2026-03-29 01:45:00", "2026-03-29 03:30:00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			at, err := time.ParseInLocation(time.DateTime, tt.at, tt.zone)
			if err != nil {
				t.Fatal(err)
			}
			end, quiet := tt.q.until(at)
			got := ""
			if quiet {
				got = end.Format(time.DateTime)
			}
			if got != tt.end {
				t.Errorf("quiet until %q, want %q", got, tt.end)
			}
		})
	}
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// Whatever the window, the zone and the night: quiet hours end later than now,
// within a day and an hour, and are over at their end.
func TestQuietEnds(t *testing.T) {
	zones := []*time.Location{bot.China, zone(t, "Europe/Berlin"), zone(t, "America/St_Johns"), zone(t, "Australia/Lord_Howe"), time.UTC}
	rapid.Check(t, func(t *rapid.T) {
		minute := rapid.IntRange(0, 24*60-1)
		q := Quiet{time.Duration(minute.Draw(t, "from")) * time.Minute, time.Duration(minute.Draw(t, "to")) * time.Minute}
		z := rapid.SampledFrom(zones).Draw(t, "zone")
		at := time.Unix(1_790_000_000+rapid.Int64Range(0, 2*366*24*3600).Draw(t, "at"), 0).In(z)
		end, quiet := q.until(at)
		if !quiet {
			return
		}
		if !end.After(at) || end.Sub(at) > 25*time.Hour {
			t.Fatalf("%v at %s: quiet until %s", q, at, end)
		}
		again, still := q.until(end)
		fixed := z == bot.China || z == time.UTC
		// A clock that is set back shows the last of the quiet hours once more.
		if still && (fixed || again.Sub(end) > time.Hour) {
			t.Fatalf("%v at %s: still quiet at its end %s, until %s", q, at, end, again)
		}
	})
}

// Everybody has their own place in the morning, always the same, and never the
// first minute.
func TestSpread(t *testing.T) {
	seen := map[time.Duration]bool{}
	for _, u := range []bot.UserID{"a:1", "a:2", "a:3", "b:1"} {
		d := spread(u)
		if d < leastSpread || d > mostSpread || d != spread(u) {
			t.Errorf("%s: %s", string(u), d)
		}
		seen[d] = true
	}
	if len(seen) < 3 {
		t.Errorf("%d places for four people", len(seen))
	}
}

// A platform that fails for ever gets five tries with growing pauses, each
// parcel for itself, and counting them needs no more memory than it may.
func TestTries(t *testing.T) {
	var counted tries
	var got []time.Duration
	for {
		pause, more := counted.failed("a")
		if !more {
			break
		}
		got = append(got, pause)
		if n := len(got); n > 1 && got[n-1] <= got[n-2] {
			t.Errorf("pauses %v do not grow", got)
		}
	}
	if len(got) != 4 {
		t.Errorf("%d pauses, want 4 between five tries", len(got))
	}
	if _, more := counted.failed("a"); !more {
		t.Error("a parcel given up is not forgotten")
	}
	counted.over("a")
	for i := range 2 * maxTries {
		counted.failed(string(rune(i)))
	}
	if len(counted.n) > maxTries {
		t.Errorf("%d are counted", len(counted.n))
	}
}
