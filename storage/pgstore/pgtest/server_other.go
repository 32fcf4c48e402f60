//go:build !unix

package pgtest

// A Server is one of our own; there are none here.
type Server struct{ DSN string }

func start() (*Server, error) { return nil, errNone }

// Start does nothing.
func (*Server) Start() error { return errNone }

// Stop does nothing.
func (*Server) Stop(string) error { return errNone }

func (*Server) end() {}
