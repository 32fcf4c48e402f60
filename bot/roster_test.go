package bot

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestColumnNames(t *testing.T) {
	for header, want := range map[string]string{
		"车牌号": "plate", " 车牌号码 ": "plate", "号牌号码（必填）": "plate", "Plate": "plate", "PLATE_NUMBER": "plate", "License Plate": "plate", "hphm": "plate",
		"类型": "kind", "号牌种类": "kind", "Type": "kind", "hpzl": "kind",
		"发动机号": "engine", "发动机号码(全部)": "engine", "电机号": "engine", "Engine No": "engine", "engine": "engine",
		"车架号": "vin", "车辆识别代号": "vin", "VIN": "vin", "classno": "vin",
		"名称": "name", "备注": "name", "Name": "name",
		"部门": "", "": "", "(车牌号)": "", "plates": "",
	} {
		columns, _ := columnsOf([]string{header})
		var r rosterRow
		if columns[0] != nil {
			*columns[0](&r) = "x"
		}
		got := map[rosterRow]string{{plate: "x"}: "plate", {kind: "x"}: "kind", {engine: "x"}: "engine", {vin: "x"}: "vin", {name: "x"}: "name"}[r]
		if got != want {
			t.Errorf("%q is %q, want %q", header, got, want)
		}
	}
}

func TestSeparator(t *testing.T) {
	for header, want := range map[string]rune{"a,b\nc;d;e": ',', "a;b;c": ';', "a\tb": '\t', "alone": ',', "": ',', "a;b,c,d": ','} {
		if got := separator([]byte(header)); got != want {
			t.Errorf("%q: %q, want %q", header, got, want)
		}
	}
}

func TestBareCells(t *testing.T) {
	for given, want := range map[string]string{`="012345"`: "012345", "'012345": "012345", " 012345 ": "012345", `'=1+1`: "=1+1", "": "", "=1": "=1"} {
		if got := bare(given); got != want {
			t.Errorf("%q: %q, want %q", given, got, want)
		}
	}
}

func TestTypesInWords(t *testing.T) {
	for given, want := range map[string]string{
		"": "", "02": "02", "2": "02", "小型": "02", "小型汽车": "02", "小型汽车号牌": "02", "蓝牌": "02", "Small": "02",
		"01": "01", "大型汽车": "01", "黄牌": "01", "52": "52", "小型新能源汽车": "52", "绿牌": "52", "51": "51", "大型新能源汽车号牌": "51",
		"07": "?", "摩托车": "?", "挂车": "?", "x": "?",
	} {
		got, known := typeOf(given)
		if !known {
			got = "?"
		}
		if got != want {
			t.Errorf("%q: %q, want %q", given, got, want)
		}
	}
	// What an export says is read again, in both languages.
	for _, l := range []Lang{Chinese, English} {
		for _, hpzl := range []string{"01", "02", "51", "52"} {
			if got, known := typeOf(l.typeName(hpzl)); !known || got != hpzl {
				t.Errorf("%s: %q is read as %q", l, l.typeName(hpzl), got)
			}
		}
	}
}

// A table of cars that was taken out is read again, with every plate, type and
// name as it was.
func TestExportsAreReadAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := rapid.SampledFrom([]Lang{Chinese, English}).Draw(t, "language")
		var cars []Car
		var want []rosterRow
		for i := range rapid.IntRange(1, 5).Draw(t, "cars") {
			// A name as people give it, without marks that spreadsheets take away.
			name := strings.TrimSpace(rapid.StringMatching(`[=+@-]?[a-z老婆的车,";]{0,8}`).Draw(t, "name"))
			hpzl := rapid.SampledFrom([]string{"01", "02", "51", "52"}).Draw(t, "type")
			cars = append(cars, Car{Saved: Saved{Vehicle: Vehicle{Plate: "沪C12345", Type: hpzl}, Name: name}})
			want = append(want, rosterRow{line: i + 2, plate: "沪C12345", kind: l.typeName(hpzl), name: name})
		}
		got, faults := readRoster(CarsCSV(l, cars).Data)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(rosterRow{})); diff != "" || len(faults) > 0 {
			t.Fatalf("%v\n%s", faults, diff)
		}
	})
}

func TestRosterBounds(t *testing.T) {
	if _, faults := readRoster(make([]byte, MaxRoster+1)); len(faults) != 1 || !strings.Contains(faults[0].Text, "larger than 1024 KiB") {
		t.Errorf("too large: %+v", faults)
	}
	table := "plate\n" + strings.Repeat("沪C12345\n", maxRosterRows+1)
	rows, faults := readRoster([]byte(table))
	if len(rows) != maxRosterRows || len(faults) != 1 || faults[0].Line != maxRosterRows+2 {
		t.Errorf("too many: %d rows, %+v", len(rows), faults)
	}
	if rows, faults := readRoster([]byte(strings.TrimSuffix(table, "沪C12345\n"))); len(rows) != maxRosterRows || len(faults) != 0 {
		t.Errorf("just as many as may be: %d rows, %+v", len(rows), faults)
	}
}
