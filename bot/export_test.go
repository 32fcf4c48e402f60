package bot

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// aFleet is two invented cars: one that is checked, one that is not.
func aFleet(t testing.TB) []Car {
	t.Helper()
	fine, none, points := 20000, 0, 3
	return []Car{
		{
			Saved: Saved{Vehicle: Vehicle{Plate: "沪C12345", Type: "02", Engine: "123456", VIN: "654321"}, Name: "=老婆的车", City: "上海", Inspection: Inspection{Until: date(t, "2026-11-30")}},
			Plan: Plan{On: true, Watched: Watched{
				Checked: time.Date(2026, 11, 20, 1, 2, 0, 0, time.UTC), Next: time.Date(2026, 11, 27, 1, 2, 0, 0, time.UTC),
				Rows: []Violation{
					{At: time.Date(2026, 11, 2, 10, 5, 0, 0, China), Place: "延安路，近\"外滩\"", Act: "违反禁令标志\r\n指示", Code: "1344", Points: &points, Fine: &fine, State: Open, City: "上海", Archive: "3101"},
					{When: "2026-13-01", Place: "@sum", Act: "超速", Fine: &none, State: Decided},
				},
			}},
		},
		{Saved: Saved{Vehicle: Vehicle{Plate: "苏AD12345", Type: "52"}, City: "南京"}},
	}
}

// read is a table as a program that knows RFC 4180 reads it.
func read(t testing.TB, f File) [][]string {
	t.Helper()
	text, ok := bytes.CutPrefix(f.Data, []byte("\xef\xbb\xbf"))
	if !ok || bytes.Contains(text, []byte(byteOrderMark)) {
		t.Fatal("no byte order mark, or several")
	}
	if n := bytes.Count(text, []byte("\n")); n != bytes.Count(text, []byte("\r\n")) || n != bytes.Count(text, []byte("\r")) {
		t.Fatalf("a line end that is not CRLF: %q", text)
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestCarsCSV(t *testing.T) {
	f := CarsCSV(Chinese, aFleet(t))
	want := [][]string{
		{"车牌号", "号牌种类", "名称", "城市", "上次检查", "下次检查", "未处理条数", "待交罚款（元）", "罚款未提供条数"},
		{"沪C12345", "小型汽车", "'=老婆的车", "上海", "2026-11-20 09:02", "2026-11-27 09:02", "2", "200", "1"},
		{"苏AD12345", "小型新能源汽车", "", "南京", "", "", "", "", ""},
	}
	if diff := cmp.Diff(want, read(t, f)); diff != "" {
		t.Error(diff)
	}
	if bytes.Contains(f.Data, []byte("123456")) || bytes.Contains(f.Data, []byte("654321")) {
		t.Error("digits in the table")
	}
}

func TestViolationsCSV(t *testing.T) {
	want := [][]string{
		{"Plate", "Name", "Time", "Place", "Violation", "Code", "Points", "Fine (yuan)", "State", "City of the violation", "Document no."},
		{"沪C12345", "'=老婆的车", "2026-11-02 10:05", "延安路，近\"外滩\"", "违反禁令标志  指示", "1344", "3", "200", english["state.1"], "上海", "3101"},
		{"沪C12345", "'=老婆的车", "2026-13-01", "'@sum", "超速", "", "", "", english["state.2"], "", ""},
	}
	if diff := cmp.Diff(want, read(t, ViolationsCSV(English, aFleet(t)))); diff != "" {
		t.Error(diff)
	}
}

func TestCell(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"plain", "沪C12345", "沪C12345"},
		{"a formula", "=1+1", "'=1+1"},
		{"plus", "+86", "'+86"},
		{"minus", "-1", "'-1"},
		{"at", "@sum(a)", "'@sum(a)"},
		{"behind blanks", "  =cmd", "'  =cmd"},
		{"behind a tab", "\t=cmd", "' =cmd"},
		{"a tab alone", "\tx", "' x"},
		{"a line end", "\rx", "' x"},
		{"full width", "＝1", "'＝1"},
		{"in the middle is no formula", "a=b", "a=b"},
		{"lines become one", "a\nb", "a b"},
		{"not UTF-8", "a\xffb", "a\ufffdb"},
		{"empty", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := cell(tt.in); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// No text whatever makes a table that cannot be read back, or a formula in it.
func TestTablesReadBack(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := Car{Saved: Saved{Vehicle: Vehicle{Plate: "沪C12345", Type: "02"}, Name: rapid.String().Draw(rt, "name")}}
		c.On, c.Watched.Checked = true, time.Unix(0, 0)
		for range rapid.IntRange(0, 3).Draw(rt, "rows") {
			c.Watched.Rows = append(c.Watched.Rows, Violation{Place: rapid.String().Draw(rt, "place"), Act: rapid.StringMatching(`[\t\r\n=+@" ,a-]*`).Draw(rt, "act")})
		}
		cars := read(t, CarsCSV(Chinese, []Car{c}))
		rows := read(t, ViolationsCSV(Chinese, []Car{c}))
		if len(cars) != 2 || len(rows) != 1+len(c.Watched.Rows) {
			rt.Fatalf("%d cars, %d rows", len(cars), len(rows))
		}
		for _, row := range append(cars, rows...) {
			for _, s := range row {
				if s = strings.TrimSpace(s); s != "" && strings.ContainsAny(s[:1], "=+-@") {
					rt.Fatalf("a formula: %q", s)
				}
			}
		}
	})
}
