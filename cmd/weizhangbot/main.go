// Command weizhangbot answers drivers who ask for their traffic violations.
//
// Reading order: run.go (what every command has in common), one file a command
// (demo.go, serve.go with reload.go and systemd.go, doctor.go with doctor_*.go,
// backup.go, restore.go, compact.go, chat.go, query.go, cities.go, parse.go,
// plate.go, fakejuhe.go, health_ask.go, completion.go, version.go), world.go and
// channel.go (who is wired to whom), terms.go (what can change meanwhile),
// serving.go (an HTTP server that drains), front.go, health.go, storing.go and
// limit.go (its public face), observe.go, logging.go and mask.go (what is counted
// and logged, and what never), trace.go, spans.go and tracing*.go (what
// OpenTelemetry is shown of it),
// and config.go with config_*.go (what an operator can decide, and how it is
// read).
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // a container without zone files still knows Asia/Shanghai
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal drains; with the handler gone, a second one ends the program.
	context.AfterFunc(ctx, stop)
	p := &program{environ: os.Environ(), stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, machine: theMachine()}
	os.Exit(p.run(ctx, os.Args[1:]))
}
