package bot

import "sync"

// A bell tells those who wait for a turn, in this process, that something of
// it was stored. It only saves waiting: what counts is in the store.
type bell struct {
	mu      sync.Mutex
	waiting map[turnID]map[chan struct{}]struct{}
}

type turnID struct {
	user UserID
	key  string
}

// listen returns a channel that gets a value at every ring; leave ends it.
func (b *bell) listen(u UserID, key string) chan struct{} {
	ch := make(chan struct{}, 1)
	b.mu.Lock()
	defer b.mu.Unlock()
	id := turnID{u, key}
	if b.waiting == nil {
		b.waiting = map[turnID]map[chan struct{}]struct{}{}
	}
	if b.waiting[id] == nil {
		b.waiting[id] = map[chan struct{}]struct{}{}
	}
	b.waiting[id][ch] = struct{}{}
	return ch
}

func (b *bell) leave(u UserID, key string, ch chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	id := turnID{u, key}
	delete(b.waiting[id], ch)
	if len(b.waiting[id]) == 0 {
		delete(b.waiting, id)
	}
}

func (b *bell) ring(u UserID, key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for ch := range b.waiting[turnID{u, key}] {
		select {
		case ch <- struct{}{}:
		default: // it has one to read already
		}
	}
}
