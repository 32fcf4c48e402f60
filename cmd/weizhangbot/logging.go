package main

import (
	"io"
	stdlog "log"

	"github.com/sirupsen/logrus"
)

// newLogger writes to w as the configuration says. Nothing logs through
// logrus's global logger.
func newLogger(w io.Writer, c Log) *logrus.Logger {
	l := logrus.New()
	l.SetOutput(w)
	l.SetLevel(c.level())
	l.SetFormatter(c.formatter())
	return l
}

func (c Log) level() logrus.Level {
	level, err := logrus.ParseLevel(c.Level)
	if err != nil { // check has refused others
		return logrus.InfoLevel
	}
	return level
}

func (c Log) formatter() logrus.Formatter {
	if c.Format == "json" {
		return visibleFormatter{&logrus.JSONFormatter{}}
	}
	// With colours, messages would come without their quotes.
	return visibleFormatter{&logrus.TextFormatter{FullTimestamp: true, DisableColors: true}}
}

// A visibleFormatter shows what an operator's terminal would obey. The formatters
// of logrus do so with controls up to 0x1f only, in JSON.
type visibleFormatter struct{ inner logrus.Formatter }

// Format implements logrus.Formatter.
func (f visibleFormatter) Format(e *logrus.Entry) ([]byte, error) {
	line, err := f.inner.Format(e)
	if err != nil {
		return nil, err
	}
	return []byte(showHidden(string(line))), nil
}

// standardLog is log for the parts of net/http that only know the standard one.
func standardLog(log logrus.FieldLogger) *stdlog.Logger {
	return stdlog.New(logWriter{log}, "", 0)
}

type logWriter struct{ log logrus.FieldLogger }

// Write logs one message of net/http: mostly clients that hung up.
func (w logWriter) Write(p []byte) (int, error) {
	w.log.WithField("event", "http").Debug(string(p))
	return len(p), nil
}
