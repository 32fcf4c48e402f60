package driver

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/weizhangbot/weizhangbot/storage"
)

// retryWrite is the pause before the outcome of a run that could not be written
// (a full disk) is written again.
const retryWrite = time.Second

// Settle has write put down how a run ended, again and again until that is done,
// another run has the job (storage.ErrLost), or over says that it has had its say.
// When ctx or closing ends first the job stays as it is.
func Settle(ctx context.Context, closing <-chan struct{}, log logrus.FieldLogger, over func() bool, write func() error) {
	for !over() {
		err := write()
		if err == nil || errors.Is(err, storage.ErrLost) {
			return
		}
		log.WithError(err).Error("the outcome of a job cannot be stored")
		select {
		case <-ctx.Done():
			return
		case <-closing:
			return
		case <-time.After(retryWrite):
		}
	}
}

// GivenUp tells the log of a job that became a dead letter.
func GivenUp(log logrus.FieldLogger, attempt int, fingerprint string) {
	log.WithField("attempt", attempt).WithField("fingerprint", fingerprint).Error("job given up")
}

// Backoff is the pause after the attempt-th failed run: 1 s, doubled each time
// up to 10 min, ± a quarter so that what failed together does not come back
// together.
func Backoff(attempt int) time.Duration {
	d := 10 * time.Minute
	if attempt <= 10 {
		d = min(d, time.Second<<(attempt-1))
	}
	return d - d/4 + rand.N(d/2) //nolint:gosec // jitter needs no secret
}

// Nanos is t as it is stored: never negative, so that it sorts, and as far as 64
// bits reach (1970 to 2262).
func Nanos(t time.Time) int64 {
	switch last := time.Unix(0, math.MaxInt64); {
	case t.After(last):
		return math.MaxInt64
	case t.Before(time.Unix(0, 0)):
		return 0
	}
	return t.UnixNano()
}
