package pgstore

import (
	"context"

	"github.com/weizhangbot/weizhangbot/storage"
)

// Claim fails with storage.ErrLocked while any process works on jobs, or has
// claimed the store: whoever moves it asks so whether a bot still serves it. A
// process that begins to work later is not kept out.
func (s *Store) Claim(ctx context.Context) (release func(), err error) {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, s.acquired(ctx, err)
	}
	var free bool
	if err := conn.QueryRow(ctx, "select pg_try_advisory_lock($1)", lockOf(s.opts.Schema, "serve")).Scan(&free); err != nil {
		conn.Release()
		return nil, translate(err)
	}
	if !free {
		conn.Release()
		return nil, storage.ErrLocked
	}
	return func() { s.letGo(ctx, conn, true) }, nil
}
