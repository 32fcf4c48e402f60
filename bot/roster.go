package bot

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Bounds of an import.
const (
	MaxRoster     = 1 << 20 // bytes of a file
	maxRosterRows = 2000    // a record of so many cars stays below recordSize
)

// A rosterRow is a line of a roster as it was written.
type rosterRow struct {
	line                           int
	plate, kind, engine, vin, name string
}

// The columns of a roster, by the ways in which their names are written.
var rosterColumns = map[string]func(*rosterRow) *string{
	"车牌": (*rosterRow).plateCell, "车牌号": (*rosterRow).plateCell, "车牌号码": (*rosterRow).plateCell, "号牌": (*rosterRow).plateCell,
	"号牌号码": (*rosterRow).plateCell, "plate": (*rosterRow).plateCell, "platenumber": (*rosterRow).plateCell, "licenseplate": (*rosterRow).plateCell,
	"licenceplate": (*rosterRow).plateCell, "hphm": (*rosterRow).plateCell,

	"类型": (*rosterRow).kindCell, "车辆类型": (*rosterRow).kindCell, "号牌种类": (*rosterRow).kindCell, "号牌类型": (*rosterRow).kindCell,
	"type": (*rosterRow).kindCell, "platetype": (*rosterRow).kindCell, "hpzl": (*rosterRow).kindCell,

	"发动机": (*rosterRow).engineCell, "发动机号": (*rosterRow).engineCell, "发动机号码": (*rosterRow).engineCell, "电机号": (*rosterRow).engineCell,
	"engine": (*rosterRow).engineCell, "enginenumber": (*rosterRow).engineCell, "engineno": (*rosterRow).engineCell,

	"车架": (*rosterRow).vinCell, "车架号": (*rosterRow).vinCell, "车架号码": (*rosterRow).vinCell, "车辆识别代号": (*rosterRow).vinCell,
	"车辆识别代码": (*rosterRow).vinCell, "vin": (*rosterRow).vinCell, "classno": (*rosterRow).vinCell,

	"名称": (*rosterRow).nameCell, "名字": (*rosterRow).nameCell, "备注": (*rosterRow).nameCell, "备注名": (*rosterRow).nameCell,
	"车名": (*rosterRow).nameCell, "name": (*rosterRow).nameCell, "alias": (*rosterRow).nameCell,
}

func (r *rosterRow) plateCell() *string  { return &r.plate }
func (r *rosterRow) kindCell() *string   { return &r.kind }
func (r *rosterRow) engineCell() *string { return &r.engine }
func (r *rosterRow) vinCell() *string    { return &r.vin }
func (r *rosterRow) nameCell() *string   { return &r.name }

// readRoster reads a table of cars: RFC 4180, with commas, semicolons or tabs,
// in UTF-8 with or without a byte order mark; the first line names the columns,
// in Chinese or English and in any order. Faults are of the file or of lines
// that cannot be read at all; the other lines are returned.
func readRoster(text []byte) (rows []rosterRow, faults []ImportFault) {
	if len(text) > MaxRoster {
		return nil, []ImportFault{{Line: 1, Kind: FaultFile, Text: fmt.Sprintf("larger than %d KiB: split it", MaxRoster>>10)}}
	}
	text = bytes.TrimPrefix(text, []byte(byteOrderMark))
	if !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 {
		return nil, []ImportFault{{Line: 1, Kind: FaultFile, Text: "not UTF-8: save it as “CSV UTF-8”, in Excel one of the formats of Save As"}}
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.Comma = separator(text)
	r.FieldsPerRecord = -1
	header, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, []ImportFault{{Line: 1, Kind: FaultFile, Text: "empty"}}
	}
	if err != nil {
		return nil, []ImportFault{unreadable(err)}
	}
	columns, faults := columnsOf(header)
	if len(faults) > 0 {
		return nil, faults
	}
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, faults
		}
		if err != nil {
			return rows, append(faults, unreadable(err))
		}
		line, _ := r.FieldPos(0)
		if len(rows) == maxRosterRows {
			return rows, append(faults, ImportFault{Line: line, Kind: FaultFile, Text: fmt.Sprintf("more than %d cars: split the file", maxRosterRows)})
		}
		row := rosterRow{line: line}
		if fault := row.fill(cells, columns); fault != "" {
			faults = append(faults, ImportFault{Line: line, Kind: FaultFile, Text: fault})
		} else if row != (rosterRow{line: line}) {
			rows = append(rows, row)
		}
	}
}

// A column is where the cells of a column go; nil for one that is not read.
type column func(*rosterRow) *string

func columnsOf(header []string) (columns []column, faults []ImportFault) {
	columns = make([]column, len(header))
	taken := map[*string]string{}
	var probe rosterRow
	for i, h := range header {
		to := rosterColumns[columnName(h)]
		if to == nil {
			continue // somebody's own
		}
		if before, twice := taken[to(&probe)]; twice {
			faults = append(faults, ImportFault{Line: 1, Kind: FaultFile, Text: fmt.Sprintf("the columns %q and %q mean the same", before, h)})
		}
		taken[to(&probe)] = h
		columns[i] = to
	}
	if _, ok := taken[&probe.plate]; !ok {
		faults = append(faults, ImportFault{Line: 1, Kind: FaultFile, Text: "no column for the plate: the first line names the columns, such as 车牌号,类型,发动机号,车架号,名称 or plate,type,engine,vin,name"})
	}
	return columns, faults
}

// columnName is a column's name without what people decorate it with.
func columnName(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	if i := strings.IndexAny(s, "(（"); i > 0 {
		s = s[:i]
	}
	return strings.NewReplacer(" ", "", "_", "", "-", "", "\u3000", "").Replace(s)
}

// fill takes the cells of a line; fault is why it cannot.
func (r *rosterRow) fill(cells []string, columns []column) (fault string) {
	for i, s := range cells {
		s = bare(s)
		switch {
		case i >= len(columns) && s != "":
			return fmt.Sprintf("%d columns, but the first line names %d", len(cells), len(columns))
		case i < len(columns) && columns[i] != nil:
			*columns[i](r) = s
		}
	}
	return ""
}

// bare is a cell without what spreadsheets need to keep digits as they are:
// ="012345" and '012345.
func bare(s string) string {
	s = strings.TrimSpace(s)
	if inner, ok := strings.CutPrefix(s, `="`); ok {
		s = strings.TrimSuffix(inner, `"`)
	}
	return strings.TrimSpace(strings.TrimPrefix(s, "'"))
}

// separator is what stands between the names of the columns: some languages of
// Excel write semicolons.
func separator(text []byte) rune {
	first, _, _ := bytes.Cut(text, []byte("\n"))
	best, most := ',', bytes.Count(first, []byte(","))
	for _, r := range ";\t" {
		if n := bytes.ContainsRune(first, r); n && bytes.Count(first, []byte(string(r))) > most {
			best, most = r, bytes.Count(first, []byte(string(r)))
		}
	}
	return best
}

func unreadable(err error) ImportFault {
	fault := ImportFault{Line: 1, Kind: FaultFile, Text: err.Error()}
	if p, ok := errors.AsType[*csv.ParseError](err); ok {
		fault.Line, fault.Text = p.StartLine, p.Err.Error()+": the lines after it were not read"
	}
	return fault
}

// scientific is a long number as a spreadsheet ruins it.
var scientific = regexp.MustCompile(`^\d(\.\d+)?[Ee]\+\d+$`)
