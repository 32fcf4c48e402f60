package pgstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/sirupsen/logrus"

	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/internal/driver"
)

// Options of a Store; the zero value is what a production process wants.
type Options struct {
	// Schema is the PostgreSQL schema that holds everything; "": the one that
	// the DSN names by search_path, else weizhangbot.
	Schema string
	// KeepDone is how long IDs of completed jobs and dead letters are kept;
	// 0: storage.KeepDone.
	KeepDone time.Duration
	// Lease is how long a run of a job is another's only after its process
	// stopped to renew it; 0: 30 s.
	Lease time.Duration
	// Backoff is the pause after the attempt-th failed run; nil: 1 s, doubled
	// each time up to 10 min.
	Backoff func(attempt int) time.Duration
	// Loading opens a store also while it is being filled (Load).
	Loading bool
	// Log hears of what happens without a caller: dead letters, lost
	// connections. nil: nobody does.
	Log logrus.FieldLogger
}

const (
	// defaultSchema keeps our tables apart from whatever else is in the
	// database, and lets pg_dump take them by one name.
	defaultSchema = "weizhangbot"
	// defaultConns is how many connections a process uses when the DSN does not
	// say (pool_max_conns): a handful of processes fit PostgreSQL's own limit
	// of 100.
	defaultConns = 16
	// leastConns: a transaction and what it waits for.
	leastConns = 4
	// connLife bounds how long a process stays with a server that is no primary
	// any more after a failover.
	connLife = 5 * time.Minute
	// idleTransaction is when the server ends a transaction whose process
	// stands still: it holds locks that the others wait for.
	idleTransaction = time.Minute
	// leastVersion of the server: 14, the oldest that still gets mended.
	leastVersion = 140000
)

// schemaName keeps names such that River takes them too.
var schemaName = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,40}$`)

func (o Options) withDefaults() Options {
	if o.KeepDone <= 0 {
		o.KeepDone = storage.KeepDone
	}
	if o.Lease <= 0 {
		o.Lease = 30 * time.Second
	}
	if o.Backoff == nil {
		o.Backoff = driver.Backoff
	}
	if o.Log == nil {
		silent := logrus.New()
		silent.SetLevel(logrus.PanicLevel)
		o.Log = silent
	}
	return o
}

// Open connects to the database of dsn and makes or updates the tables; of
// several processes that start at once one does that. It fails with
// storage.ErrNewer when a later program has changed them in a way that this one
// cannot work with. Errors never name the
// DSN.
func Open(ctx context.Context, dsn string, opts Options) (*Store, error) {
	s, err := open(ctx, dsn, opts.withDefaults(), migrations)
	if err != nil {
		return nil, translate(err)
	}
	return s, nil
}

func open(ctx context.Context, dsn string, opts Options, steps []migration) (*Store, error) {
	config, err := configOf(dsn, opts)
	if err != nil {
		return nil, err
	}
	opts.Schema = config.ConnConfig.RuntimeParams["search_path"]
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	if err := supported(ctx, pool); err != nil {
		pool.Close()
		return nil, err
	}
	if err := migrate(ctx, pool, opts.Schema, steps); err != nil {
		pool.Close()
		return nil, err
	}
	if err := whole(ctx, pool, opts); err != nil {
		pool.Close()
		return nil, err
	}
	side := config.Copy()
	side.MinConns, side.MinIdleConns, side.MaxConns = 0, 0, sideConns
	sidePool, err := pgxpool.NewWithConfig(ctx, side)
	if err != nil {
		pool.Close()
		return nil, err
	}
	return newStore(pool, sidePool, opts), nil
}

// ErrLoading: the store is being filled, or was not filled to the end.
var ErrLoading = errors.New("pgstore: a move into this database is not finished: run migrate-store again")

// whole refuses a store of which a part is missing.
func whole(ctx context.Context, pool *pgxpool.Pool, opts Options) error {
	var loading bool
	err := pool.QueryRow(ctx, "select exists (select from meta where name = 'load')").Scan(&loading)
	if err == nil && loading && !opts.Loading {
		err = ErrLoading
	}
	return err
}

// configOf is the pool's configuration. The settings of a session are what the
// promises of the port rest on, so they win over the DSN's.
func configOf(dsn string, opts Options) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, err
	}
	params := config.ConnConfig.RuntimeParams
	schema := cmp.Or(opts.Schema, params["search_path"], defaultSchema)
	if !schemaName.MatchString(schema) {
		return nil, &databaseError{text: "the schema (search_path) needs a name of small letters, digits and _"}
	}
	if !poolSized.MatchString(dsn) {
		config.MaxConns = defaultConns
	}
	config.MaxConns = max(config.MaxConns, leastConns)
	config.MaxConnLifetime = connLife
	config.MaxConnLifetimeJitter = connLife / 10
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = connectTimeout
	}
	if config.ConnConfig.ValidateConnect == nil {
		config.ConnConfig.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	params["search_path"] = schema
	params["default_transaction_isolation"] = "read committed"
	params["idle_in_transaction_session_timeout"] = strconv.FormatInt(idleTransaction.Milliseconds(), 10)
	// A scan of a whole table, which is the quickest way through a small one,
	// would make every other transaction a conflict (see update.go).
	params["enable_seqscan"], params["enable_bitmapscan"] = "off", "off"
	if params["application_name"] == "" {
		params["application_name"] = "weizhangbot"
	}
	return config, nil
}

var poolSized = regexp.MustCompile(`pool_max_conns`)

const connectTimeout = 10 * time.Second

// supported refuses a server that is too old.
func supported(ctx context.Context, pool *pgxpool.Pool) error {
	var text string
	if err := pool.QueryRow(ctx, "select current_setting('server_version_num')").Scan(&text); err != nil {
		return err
	}
	if n, err := strconv.Atoi(text); err != nil || n < leastVersion {
		return &databaseError{text: fmt.Sprintf("PostgreSQL %d or later is needed", leastVersion/10000)}
	}
	return nil
}
