package bot

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var midday = time.Date(2026, 11, 23, 12, 0, 0, 0, China)

func about(i int, rows int) Notice {
	return Notice{
		ID: fmt.Sprint(i), Kind: NoticeNews, At: midday.Add(time.Duration(i) * time.Minute),
		Vehicle: Vehicle{Plate: fmt.Sprintf("沪A%05d", i), Type: "02"}, New: jams(rows),
	}
}

// Too many notices are summed up, oldest first, and counted: nothing is lost
// silently. The record stays small.
func TestOverflow(t *testing.T) {
	r := &record{}
	for i := range 50 {
		if !r.await(about(i, 100), midday) {
			t.Fatalf("%d was told before", i)
		}
	}
	if r.crowded() || len(r.Notices) > mostWaiting {
		t.Errorf("%d notices wait", len(r.Notices))
	}
	if b, _ := json.Marshal(r); len(b) > recordSize/4 {
		t.Errorf("%d bytes", len(b))
	}
	heard := r.hear(midday)
	text := tell(Session{}.teller(midday, nil), heard, false)[0].Text
	if counted(heard) != 50 || !strings.HasPrefix(text, "有 50 条消息") || !strings.Contains(text, "更早的 47 条消息已合并，涉及：沪A00000、") {
		t.Errorf("%d are counted: %.300s", counted(heard), text)
	}
	if !strings.Contains(text, "沪A00049") || strings.Contains(text, "沪A00030") || len(r.Notices) != 0 {
		t.Errorf("%s", text)
	}
}

// What a push has is not summed up under it.
func TestOverflowUnderAPush(t *testing.T) {
	r := &record{}
	r.await(about(0, 1), midday)
	packed := r.pack("p", midday)
	for i := 1; i < 60; i++ {
		r.await(about(i, 1), midday)
	}
	again := r.pack("p", midday.Add(time.Minute))
	if len(packed) != 1 || len(again) != 1 || again[0].Vehicle.Plate != "沪A00000" || again[0].Packed != packed[0].Packed {
		t.Errorf("the push gets %+v", again)
	}
	r.unpack("p", Delivered)
	if n := counted(r.Notices); n != 59 {
		t.Errorf("%d are left of 59", n)
	}
}

// A parcel that nobody works on any more loses its notices after a day, not
// before.
func TestLostParcel(t *testing.T) {
	r := &record{}
	r.await(about(0, 1), midday)
	r.pack("p", midday)
	r.pack("p", midday.Add(10*time.Hour))
	if heard := r.hear(midday.Add(30 * time.Hour)); len(heard) != 0 {
		t.Error("taken from a push that is still tried")
	}
	if heard := r.hear(midday.Add(35 * time.Hour)); len(heard) != 1 {
		t.Error("lost with its parcel")
	}
	if r.pack("p", midday.Add(36*time.Hour)) != nil {
		t.Error("pushed after it was told")
	}
}

func TestExpire(t *testing.T) {
	r := &record{}
	r.await(about(0, 1), midday)
	r.await(Notice{ID: "x", Kind: NoticeExpired, At: midday.Add(time.Hour)}, midday)
	if r.expire(midday.Add(unreadFor - time.Second)) {
		t.Error("too early")
	}
	if !r.expire(midday.Add(unreadFor)) || len(r.Notices) != 1 || r.empty() {
		t.Errorf("%d wait", len(r.Notices))
	}
	if !r.expire(midday.Add(unreadFor+time.Hour)) || !r.empty() {
		t.Errorf("%d wait", len(r.Notices))
	}
}

// Whatever comes, is pushed, delivered, parked and heard, in any order: every
// notice is counted exactly once among what was delivered, heard and waits.
func TestWaitingLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, now := &record{}, midday
		came, went := 0, 0
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			parcel := rapid.SampledFrom([]string{"p", "q"}).Draw(t, "parcel")
			switch rapid.SampledFrom([]string{"await", "await", "await", "pack", "deliver", "park", "gone", "hear", "time"}).Draw(t, "step") {
			case "await":
				n := about(rapid.IntRange(0, 60).Draw(t, "id"), rapid.IntRange(0, 120).Draw(t, "rows"))
				n.Kind = rapid.SampledFrom([]NoticeKind{NoticeNews, NoticeStill}).Draw(t, "kind")
				if r.await(n, now) {
					came++
				}
			case "pack":
				r.pack(parcel, now)
			case "deliver":
				before := counted(r.Notices)
				r.unpack(parcel, Delivered)
				went += before - counted(r.Notices)
			case "park":
				r.unpack(parcel, Parked)
			case "gone":
				r.unpack(parcel, PersonGone)
			case "hear":
				went += counted(r.hear(now))
			case "time":
				now = now.Add(time.Duration(rapid.IntRange(0, 30).Draw(t, "hours")) * time.Hour)
			}
			if came != went+counted(r.Notices) {
				t.Fatalf("%d came, %d were told, %d wait", came, went, counted(r.Notices))
			}
		}
	})
}

// An answer whose parcel was not tried any more is told with the person's next
// message; one that is still on its way is not.
func TestAnswerWhoseParcelIsLost(t *testing.T) {
	r := &record{}
	r.begin("1", midday).Replies = []Reply{{Text: "found"}}
	if got, _ := r.turn("1").take(pushing); len(got) != 1 {
		t.Fatalf("taken: %v", got)
	}
	if got := r.begin("2", midday.Add(packLost-time.Second)).Early; len(got) != 0 {
		t.Errorf("on its way, and told: %v", got)
	}
	if got := r.begin("3", midday.Add(packLost)).Early; len(got) != 1 {
		t.Errorf("lost, and told: %v", got)
	}
	r.turn("3").take(itself)
	if got := r.begin("4", midday.Add(2*packLost)).Early; len(got) != 0 {
		t.Errorf("told again: %v", got)
	}
}
