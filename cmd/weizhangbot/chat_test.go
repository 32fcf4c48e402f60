package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

// A configuration, a Juhe and three processes one after the other, as an
// operator would run them: what was said and paid for is still there.
func TestConversationSurvivesTheProcess(t *testing.T) {
	juhe := start(t, "fakejuhe", "--listen", "127.0.0.1:0")
	base := juhe.line()
	juhe.line()
	file := write(t, "juhe: {key: "+fakeKey+", base_url: '"+base+"'}\nstorage: {path: '"+filepath.Join(t.TempDir(), "bot.db")+"'}\n")

	asked := spoken(t, file, "查违章 沪C12345\n")
	if !strings.Contains(asked, "发动机号") || strings.Contains(asked, "待交罚款") {
		t.Errorf("first process: %s", asked)
	}
	answered := spoken(t, file, "发动机号123456 车架号654321\n")
	if !strings.Contains(answered, "待交罚款") {
		t.Errorf("the form was forgotten: %s", answered)
	}

	var report reportView
	again := output(t, "", "query", "沪C12345", "--engine", "123456", "--vin", "654321", "--json", "--config", file)
	if err := json.Unmarshal([]byte(again), &report); err != nil {
		t.Fatal(err)
	}
	if !report.Cached || len(report.Violations) != 3 {
		t.Errorf("the paid answer was not used again: %s", again)
	}
	juhe.end()
}

// Two people do not see each other's forms.
func TestUsersAreApart(t *testing.T) {
	juhe := start(t, "fakejuhe", "--listen", "127.0.0.1:0")
	base := juhe.line()
	juhe.line()
	file := write(t, "juhe: {key: "+fakeKey+", base_url: '"+base+"'}\nstorage: {path: '"+filepath.Join(t.TempDir(), "bot.db")+"'}\n")
	output(t, "查违章 沪C54321\n", "chat", "--config", file, "--user", "li")
	if got := output(t, "发动机号123456 车架号654321\n", "chat", "--config", file, "--user", "wang"); strings.Contains(got, "沪C54321") {
		t.Errorf("another's car is shown: %s", got)
	}
	juhe.end()
}

// A key that Juhe refuses is the operator's to mend: the person reads that the
// service is not available, and nothing of the key or of Juhe.
func TestRefusedKey(t *testing.T) {
	juhe := start(t, "fakejuhe", "--listen", "127.0.0.1:0")
	base := juhe.line()
	juhe.line()
	file := write(t, "juhe: {key: not-the-key, base_url: '"+base+"'}\nstorage: {path: '"+filepath.Join(t.TempDir(), "bot.db")+"'}\n")
	var said, logged bytes.Buffer
	run(t.Context(), []string{"chat", "--config", file}, nil, strings.NewReader("查违章 沪C12345\n"), &said, &logged)
	if !strings.Contains(said.String(), "暂时不可用") || strings.Contains(said.String(), "10001") {
		t.Errorf("the person reads %s", &said)
	}
	if !strings.Contains(logged.String(), "10001") || strings.Contains(logged.String(), "not-the-key") {
		t.Errorf("the operator reads %s", &logged)
	}
	for _, args := range [][]string{{"cities", "--config", file}, {"query", "沪C12345", "--config", file}} {
		var stderr bytes.Buffer
		code := run(t.Context(), args, nil, strings.NewReader(""), &bytes.Buffer{}, &stderr)
		if code != exitFailed || strings.Contains(stderr.String(), "not-the-key") || strings.Count(stderr.String(), "\n") != 1 {
			t.Errorf("%v: exit code %d, %s", args, code, &stderr)
		}
	}
	juhe.end()
}

func spoken(t *testing.T, config, lines string) string {
	t.Helper()
	return output(t, lines, "chat", "--config", config)
}

// output runs a command to its end and wants it to go well.
func output(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), args, nil, strings.NewReader(stdin), &stdout, &stderr); code != exitFine || stderr.Len() > 0 {
		t.Fatalf("%v: exit code %d, stderr %s", args, code, &stderr)
	}
	return stdout.String()
}
