package bot

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
)

// The tables of a fleet stand in its record until nobody asks for them again:
// several exports, one after the other, leave room for everything else.
func TestExportsOfAFleetFitIntoItsRecord(t *testing.T) {
	var cars []Car
	for i := range 1000 {
		c := Car{Saved: Saved{Vehicle: Vehicle{Plate: fmt.Sprintf("沪A%05d", i), Type: "02", Engine: "123456", VIN: "654321"}, City: "上海"}}
		c.On, c.Watched.Checked, c.Watched.Rows = true, checked, jams(8)
		cars = append(cars, c)
	}
	r := &record{}
	for i := range keptTurns {
		turn := r.begin(fmt.Sprint(i), midday)
		turn.Replies = []Reply{{Files: []File{CarsCSV(Chinese, cars), ViolationsCSV(Chinese, cars)}}}
		turn.take(itself)
	}
	b, err := json.Marshal(r)
	if err != nil || len(b) > recordSize/2 {
		t.Errorf("a record of %d bytes, %v", len(b), err)
	}
	var back record
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(r.Turns[0].Replies, back.Turns[0].Replies) {
		t.Error("the files are others when they are read")
	}
}

// A file of an earlier version is read; one that is broken is no file.
func TestFileFromARecord(t *testing.T) {
	var f File
	if err := json.Unmarshal([]byte(`{"Name":"cars.csv","MIME":"text/csv","Data":"YQ=="}`), &f); err != nil || !bytes.Equal(f.Data, []byte("a")) {
		t.Errorf("%+v, %v", f, err)
	}
	for _, broken := range []string{`{"Packed":"YQ=="}`, `{"Packed":1}`} {
		if err := json.Unmarshal([]byte(broken), &f); err == nil {
			t.Errorf("%s is read", broken)
		}
	}
}
