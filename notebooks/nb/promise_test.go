package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A line that promises outputs is refused in a committed notebook, tidy moves it into the metadata, and what it
// promised is still checked there.
func TestTidyMovesPromises(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.ipynb")
	nb := made("%%\ndefer show.Done()", stdout("1"), table)
	nb.Cells[1].Metadata = map[string]any{ours: map[string]any{"shows": "picture"}}
	nb.Cells[1].Source = "%%\n// shows: text,  table\n\t// shows:table\ndefer show.Done()\n// it shows: digits\n"
	b, err := nb.bytes()
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, path, string(b))
	if err := committed(path); err == nil || !strings.Contains(err.Error(), "not clean") {
		t.Errorf("with a line it is taken: %v", err)
	}
	if err := run(t.Context(), []string{"tidy", path}, io.Discard); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const metadata = "\"metadata\": {\n    \"dcgmm\": {\n     \"shows\": \"text,  table, table\"\n    }\n   }"
	if !strings.Contains(string(got), metadata) || strings.Contains(string(got), "// shows") || !strings.Contains(string(got), "// it shows: digits") {
		t.Errorf("tidy writes\n%s", got)
	}
	if err := committed(path); err == nil || !strings.Contains(err.Error(), "promises table, table, text and shows table, text") {
		t.Errorf("what it promised is not checked: %v", err)
	}
	writeFile(t, path, strings.Replace(string(got), "text,  table, table", "text, table", 1))
	if err := committed(path); err != nil {
		t.Error(err)
	}
}
