package juhe_test

import (
	"net/http/httptest"
	"testing"

	"github.com/weizhangbot/weizhangbot/juhe"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
)

func BenchmarkDecodeResult(b *testing.B) {
	srv := httptest.NewServer(juhetest.New())
	defer srv.Close()
	c, err := juhe.New("demo-key", juhe.WithBaseURL(srv.URL))
	if err != nil {
		b.Fatal(err)
	}
	for name, q := range map[string]juhe.Query{
		"json-30": {City: "BJ", Plate: "京A00000", Engine: "1234567", VIN: "654321"},
		"xml-30":  {City: "BJ", Plate: "京A00000", Engine: "1234567", VIN: "654321", XML: true},
		"json-0":  {City: "JS_SZ", Plate: "苏E12345", Engine: "123456", VIN: "654321"},
	} {
		raw, err := c.QueryRaw(b.Context(), q)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(raw)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := juhe.DecodeResult(raw); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// Benchmarks of whole calls include the fake and a fresh loopback connection.
func BenchmarkCalls(b *testing.B) {
	srv := httptest.NewServer(juhetest.New())
	defer srv.Close()
	c, err := juhe.New("demo-key", juhe.WithBaseURL(srv.URL))
	if err != nil {
		b.Fatal(err)
	}
	b.Run("query", func(b *testing.B) {
		for b.Loop() {
			if _, err := c.Query(b.Context(), suzhou()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("cities", func(b *testing.B) {
		for b.Loop() {
			if _, err := c.Cities(b.Context(), ""); err != nil {
				b.Fatal(err)
			}
		}
	})
}
