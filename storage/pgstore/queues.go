package pgstore

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/weizhangbot/weizhangbot/storage"
)

// mostCounted is how many jobs of a kind are counted one by one: a backlog of
// more is reported as about this many.
const mostCounted = 200_000

// Queues implements storage.Jobs: it counts up to mostCounted of a kind.
func (s *Store) Queues(ctx context.Context) (states []storage.QueueState, err error) {
	err = s.read(ctx, func(t *tx) error {
		rows, err := t.conn.Query(ctx, `with clock as (select clock_ns() as now),
			heads as (select queue, due, lease from job where head limit $1),
			others as (select queue from job where state = 0 and lane <> '' and not head limit $1),
			letters as (select queue from job where state = 2 limit $1),
			kinds as (
				select queue, case when lease > now then 0 when due <= now then 1 else 2 end as kind, due from heads, clock
				union all select queue, 3, null from others
				union all select queue, 4, null from letters)
			select queue, count(*) filter (where kind = 0), count(*) filter (where kind = 1), count(*) filter (where kind = 2),
				count(*) filter (where kind = 3), count(*) filter (where kind = 4), min(due) filter (where kind = 1)
			from kinds group by queue order by queue`, mostCounted)
		if err != nil {
			return t.fail(err)
		}
		states, err = pgx.CollectRows(rows, stateOf)
		if err != nil {
			return t.fail(err)
		}
		return nil
	})
	return states, err
}

func stateOf(row pgx.CollectableRow) (q storage.QueueState, err error) {
	var name []byte
	var oldest *int64
	err = row.Scan(&name, &q.Running, &q.Due, &q.Later, &q.Behind, &q.Dead, &oldest)
	if q.Name = string(name); oldest != nil {
		q.Oldest = time.Unix(0, *oldest)
	}
	return q, err
}
