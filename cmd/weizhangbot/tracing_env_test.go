package main

import (
	"encoding/pem"
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sirupsen/logrus"
)

// What is not asked for is not there.
func TestTracingIsOff(t *testing.T) {
	t.Parallel()
	for _, environ := range []string{
		"", "OTEL_SERVICE_NAME=x", "OTEL_TRACES_EXPORTER=none OTEL_EXPORTER_OTLP_ENDPOINT=http://x", "OTEL_SDK_DISABLED=TRUE OTEL_TRACES_EXPORTER=otlp",
		"OTEL_EXPORTER_OTLP_ENDPOINT= OTEL_EXPORTER_OTLP_HEADERS=a=b",
	} {
		tr, err := newTracing(t.Context(), strings.Fields(environ), machine{}, nil, logrus.New())
		if tr != nil || err != nil || tr.asTracer() != nil || tr.close() != nil {
			t.Errorf("%s: %v, %v", environ, tr, err)
		}
	}
}

// What the library reads by itself is the operator's to mend, too.
func TestTracingCertificateWithoutTLS(t *testing.T) {
	s := httptest.NewTLSServer(nil)
	s.Close()
	file := filepath.Join(t.TempDir(), "authority.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("OTEL_EXPORTER_OTLP_CERTIFICATE", file)
	_, err := newTracing(t.Context(), []string{"OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318"}, machine{}, nil, logrus.New())
	if usage := (usageError{}); !errors.As(err, &usage) || !strings.Contains(err.Error(), "TLS") {
		t.Errorf("%v", err)
	}
}

func TestTracingEnvironment(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, environ, endpoint, sampler, fault string }{
		{"a base", "OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318/", "http://c:4318/v1/traces", "ParentBased{root:AlwaysOnSampler", ""},
		{"one for traces", "OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318 OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=https://d/x", "https://d/x", "", ""},
		{"none", "OTEL_TRACES_EXPORTER=otlp", "http://localhost:4318/v1/traces", "", ""},
		{"a share", "OTEL_TRACES_EXPORTER=otlp OTEL_TRACES_SAMPLER=traceidratio OTEL_TRACES_SAMPLER_ARG=0.25", "", "TraceIDRatioBased{0.25}", ""},
		{"a share without one", "OTEL_TRACES_EXPORTER=otlp OTEL_TRACES_SAMPLER=parentbased_traceidratio", "", "ParentBased{root:TraceIDRatioBased{1}", ""},
		{"always", "OTEL_TRACES_EXPORTER=otlp OTEL_TRACES_SAMPLER=always_on", "", "AlwaysOnSampler", ""},
		{"never", "OTEL_TRACES_EXPORTER=otlp OTEL_TRACES_SAMPLER=always_off", "", "AlwaysOffSampler", ""},
		{"what proxies choose", "OTEL_TRACES_EXPORTER=otlp OTEL_TRACES_SAMPLER=parentbased_always_off", "", "ParentBased{root:AlwaysOffSampler", ""},
		{"an exporter that is not there", "OTEL_TRACES_EXPORTER=zipkin", "", "", `OTEL_TRACES_EXPORTER: "zipkin" is not known`},
		{"another protocol", "OTEL_TRACES_EXPORTER=otlp OTEL_EXPORTER_OTLP_PROTOCOL=grpc", "", "", `OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" is not spoken`},
		{"no address", "OTEL_EXPORTER_OTLP_ENDPOINT=collector:4318", "", "", "OTEL_EXPORTER_OTLP_ENDPOINT: not an address"},
		{"a password in it", "OTEL_EXPORTER_OTLP_ENDPOINT=http://a:canary@c", "", "", "OTEL_EXPORTER_OTLP_ENDPOINT: not an address"},
		{"a password in one that another goes before", "OTEL_EXPORTER_OTLP_ENDPOINT=http://a:canary@c:x OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://d", "", "", "OTEL_EXPORTER_OTLP_ENDPOINT: not an address"},
		{"no address for traces", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=canary", "", "", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: not an address"},
		{"headers that others go before", "OTEL_TRACES_EXPORTER=otlp OTEL_EXPORTER_OTLP_HEADERS=canary OTEL_EXPORTER_OTLP_TRACES_HEADERS=a=b", "", "", "OTEL_EXPORTER_OTLP_HEADERS: entry 1: not key=value"},
		{"headers that are none", "OTEL_EXPORTER_OTLP_ENDPOINT=http://c OTEL_EXPORTER_OTLP_HEADERS=canary", "", "", "OTEL_EXPORTER_OTLP_HEADERS: entry 1: not key=value"},
		{"an unknown sampler", "OTEL_TRACES_EXPORTER=otlp OTEL_TRACES_SAMPLER=some", "", "", `OTEL_TRACES_SAMPLER: "some" is not known`},
		{"more than all", "OTEL_TRACES_EXPORTER=otlp OTEL_TRACES_SAMPLER=traceidratio OTEL_TRACES_SAMPLER_ARG=2", "", "", `OTEL_TRACES_SAMPLER_ARG: "2" is no share`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := readTracing(strings.Fields(tt.environ))
			switch {
			case tt.fault != "":
				if err == nil || !strings.Contains(err.Error(), tt.fault) || strings.Contains(err.Error(), "canary") {
					t.Errorf("%v, want %s", err, tt.fault)
				}
			case err != nil, tt.endpoint != "" && p.endpoint != tt.endpoint, !strings.HasPrefix(p.sampler.Description(), tt.sampler):
				t.Errorf("%v: %+v", err, p)
			}
		})
	}
}
