package pgstore

import (
	"context"
	"crypto/tls"
	"net"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

// Facts is what a database tells of itself before a store is opened there.
type Facts struct {
	Version   string        // of the server, such as 15.18
	Supported bool          // whether that is late enough
	Schema    int           // version of the tables; 0: there are none
	Latest    int           // the one this program makes
	Fits      int           // the oldest program that may work on the tables, by the version it knows
	Clock     time.Duration // how far its clock is ahead of ours, about
	Durable   bool          // whether what it acknowledges is on disk
	Open      bool          // whether others between here and there can read along
}

// LeastVersion is the oldest server that will do.
const LeastVersion = leastVersion / 10000

// CheckDSN tells whether dsn can be read, without asking anybody. Its error does
// not repeat it.
func CheckDSN(dsn string) error {
	_, err := configOf(dsn, Options{}.withDefaults())
	return translate(err)
}

// Probe asks the database of dsn, and changes nothing there.
func Probe(ctx context.Context, dsn string, opts Options) (Facts, error) {
	f, err := probe(ctx, dsn, opts.withDefaults())
	return f, translate(err)
}

func probe(ctx context.Context, dsn string, opts Options) (f Facts, err error) {
	config, err := configOf(dsn, opts)
	if err != nil {
		return f, err
	}
	conn, err := pgx.ConnectConfig(ctx, config.ConnConfig)
	if err != nil {
		return f, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // it was only asked
	f.Latest = len(migrations)
	f.Open = readable(conn.PgConn().Conn())
	var number, fsync, commit string
	var at time.Time
	asked := time.Now()
	err = conn.QueryRow(ctx, `select current_setting('server_version'), current_setting('server_version_num'), current_setting('fsync'),
		current_setting('synchronous_commit'), clock_timestamp()`).Scan(&f.Version, &number, &fsync, &commit, &at)
	if err != nil {
		return f, err
	}
	f.Clock = at.Sub(asked.Add(time.Since(asked) / 2))
	n, err := strconv.Atoi(number)
	f.Supported = err == nil && n >= leastVersion
	f.Durable = fsync == "on" && commit != "off"
	state, err := tablesOf(ctx, conn, config.ConnConfig.RuntimeParams["search_path"])
	f.Schema, f.Fits = state.version, state.fits
	return f, err
}

// readable tells whether a connection leaves this machine unsealed.
func readable(conn net.Conn) bool {
	if _, sealed := conn.(*tls.Conn); sealed {
		return false
	}
	tcp, ok := conn.RemoteAddr().(*net.TCPAddr)
	return ok && !tcp.IP.IsLoopback()
}
