package admin_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sirupsen/logrus/hooks/test"
	"go.uber.org/goleak"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/admin"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// listening is a listener with an office, and a client that knows its token.
func listening(t *testing.T, o admin.Office, token, given string) *admin.Client {
	t.Helper()
	log, _ := test.NewNullLogger()
	s := httptest.NewServer(admin.New(admin.Config{Office: always(o), Token: token, Log: log}))
	c := admin.NewClient(s.URL, given)
	t.Cleanup(func() { c.Close(); s.Close() })
	return c
}

func TestClient(t *testing.T) {
	for _, token := range []string{"", "s3cret"} {
		o := &office{}
		c := listening(t, o, token, token)
		order := bot.ImportOrder{User: "telegram:1", Table: []byte("plate\n沪C12345\n"), SkipFaulty: true}
		if r, err := c.Import(t.Context(), order); err != nil || r.Imported != 1 || string(o.order.Table) != string(order.Table) || !o.order.SkipFaulty || o.order.DryRun {
			t.Errorf("import: %+v, %v; asked %+v", r, err, o.order)
		}
		for _, what := range []bot.Export{bot.ExportCars, bot.ExportViolations, bot.ExportCalendar} {
			if f, err := c.Export(t.Context(), "telegram:2", what, bot.Chinese); err != nil || string(f.Data) != "a,b\r\n" || f.MIME != "text/csv" || o.what != what || o.user != "telegram:2" {
				t.Errorf("%s: %+v, %v; asked %+v", what, f, err, o)
			}
		}
		if r, err := c.Costs(t.Context(), 7); err != nil || r.Over != 7 || o.days != 7 {
			t.Errorf("costs: %+v, %v", r, err)
		}
	}
}

func TestClientFails(t *testing.T) {
	if _, err := listening(t, &office{}, "s3cret", "other").Costs(t.Context(), 7); !errors.Is(err, admin.ErrRefused) {
		t.Errorf("with another token: %v", err)
	}
	if _, err := listening(t, &office{err: errors.New("storage: full")}, "", "").Costs(t.Context(), 7); err == nil || !strings.Contains(err.Error(), "500: storage: full") {
		t.Errorf("a failure there: %v", err)
	}
	s := httptest.NewServer(http.RedirectHandler("http://127.0.0.1:1/", http.StatusFound))
	c := admin.NewClient(s.URL, "s3cret")
	if _, err := c.Costs(t.Context(), 7); err == nil || !strings.Contains(err.Error(), "302") {
		t.Errorf("a redirect: %v", err)
	}
	s.Close()
	if _, err := c.Costs(t.Context(), 7); !errors.Is(err, admin.ErrNobody) || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("nobody there: %v", err)
	}
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	c = admin.NewClient(other.URL, "")
	defer c.Close()
	if _, err := c.Costs(t.Context(), 7); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("somebody else's server: %v", err)
	}
}
