package wechat

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/silenceper/wechat/v2/credential"
)

const (
	// tokenMargin: WeChat hands out a new token 5 min before the old one ends,
	// and both are good until then (获取稳定版接口调用凭据).
	tokenMargin = 5 * time.Minute
	// leastToken is how long a token is used however soon it is said to end.
	leastToken = time.Minute
	// forceEvery keeps forced refreshes below WeChat's limit of 20 a day.
	forceEvery = 72 * time.Minute
)

// tokens holds the access token. It is fetched when somebody needs it, by one
// for all who wait, each as long as their context allows.
type tokens struct {
	fetch func(ctx context.Context, force bool) (token string, life time.Duration, err error)
	now   func() time.Time

	flight singleflight.Group
	mu     sync.Mutex
	value  string
	until  time.Time
	stale  string    // the last one that WeChat refused
	forced time.Time // when a new one was last forced
}

// get returns the token.
func (t *tokens) get(ctx context.Context) (string, error) {
	if value, ok := t.held(); ok {
		return value, nil
	}
	answer := t.flight.DoChan("", func() (any, error) {
		// For all who wait, so not under the context of one of them.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTime)
		defer cancel()
		return nil, t.renew(ctx)
	})
	select {
	case r := <-answer:
		if r.Err != nil {
			return "", r.Err
		}
	case <-ctx.Done():
		return "", fmt.Errorf("wechat: access token: %w", ctx.Err())
	}
	value, ok := t.held()
	if !ok {
		return "", errors.New("wechat: access token: WeChat keeps handing out one that it refuses")
	}
	return value, nil
}

func (t *tokens) held() (string, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.value, t.value != "" && t.now().Before(t.until)
}

// renew fetches a token: a new one by force when WeChat hands out the one that
// it refused, at most every forceEvery.
func (t *tokens) renew(ctx context.Context) error {
	if _, ok := t.held(); ok {
		return nil
	}
	value, life, err := t.fetch(ctx, false)
	if err != nil {
		return err
	}
	t.mu.Lock()
	force := value == t.stale && (t.forced.IsZero() || t.now().Sub(t.forced) >= forceEvery)
	if force {
		t.forced = t.now()
	}
	t.mu.Unlock()
	if force {
		if value, life, err = t.fetch(ctx, true); err != nil {
			return err
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.value, t.until = value, t.now().Add(max(life-tokenMargin, leastToken))
	return nil
}

// drop gives up a token that WeChat refused, unless there is another already.
func (t *tokens) drop(value string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stale = value
	if t.value == value {
		t.value = ""
	}
}

// fetchToken asks for the stable token. Its secret travels in the body, and
// several processes may hold it: they get the same one.
func (c *client) fetchToken(ctx context.Context, force bool) (string, time.Duration, error) {
	source, ok := credential.NewStableAccessToken(c.appID, c.secret, credential.CacheKeyOfficialAccountPrefix, noCache{}).(*credential.StableAccessToken)
	if !ok {
		return "", 0, errors.New("wechat: access token: the library has changed")
	}
	t := &trip{ctx: ctx, client: c}
	got, err := source.GetAccessTokenDirectly(context.WithValue(ctx, tripKey{}, t), force)
	if err := c.outcome(t, err); err != nil {
		return "", 0, err
	}
	if got.AccessToken == "" {
		return "", 0, errors.New("wechat: access token: the answer holds none")
	}
	return got.AccessToken, time.Duration(got.ExpiresIn) * time.Second, nil
}

// noCache satisfies the library, which wants one and is not asked to use it.
type noCache struct{}

func (noCache) Get(string) any                       { return nil }
func (noCache) Set(string, any, time.Duration) error { return nil }
func (noCache) IsExist(string) bool                  { return false }
func (noCache) Delete(string) error                  { return nil }
