package watch

import (
	"testing"

	"github.com/weizhangbot/weizhangbot/storage"
)

// Whose a record and a job is follows from where it stands; what is a vehicle's
// is nobody's.
func TestOwners(t *testing.T) {
	for _, c := range []struct{ bucket, key, want string }{
		{watcherBucket, "沪C12345|02/telegram:1", "telegram:1"},
		{reminderBucket, "沪C12345|02/telegram:1", "telegram:1"},
		{remindBucket, "~0001/沪C12345|02/telegram:1", "telegram:1"},
		{watcherBucket, "沪C12345|02", ""},
		{stateBucket, "~0001/沪C12345|02", ""},
		{dueBucket, "~0001/沪C12345|02/~r", ""},
		{"user", "telegram:1", ""},
	} {
		if got := Owner(c.bucket, c.key); got != c.want {
			t.Errorf("%s %s: %q, want %q", c.bucket, c.key, got, c.want)
		}
	}
	for _, c := range []struct {
		job     storage.Job
		want    string
		handled bool
	}{
		{storage.Job{Queue: checkQueue, Key: "沪C12345|02", ID: "沪C12345|02/~1r"}, "", true},
		{storage.Job{Queue: taskQueue, ID: "沪C12345|02/telegram:1/~1remind"}, "telegram:1", true},
		{storage.Job{Queue: taskQueue, ID: "odd"}, "", true},
		{storage.Job{Queue: "send", Key: "telegram:1"}, "", false},
	} {
		if got, handled := JobOwner(c.job); got != c.want || handled != c.handled {
			t.Errorf("%s %s: %q, %t", c.job.Queue, c.job.ID, got, handled)
		}
	}
}
