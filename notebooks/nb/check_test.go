package main

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// made is a notebook with one cell of code.
func made(source string, outputs ...*output) *notebook {
	nb := &notebook{NBFormat: 4, Cells: []*cell{{Type: "markdown", Source: "# Story"}, {Type: "code", Source: text(source), Outputs: outputs}}}
	nb.clean()
	return nb
}

func stdout(s string) *output { return &output{Type: "stream", Name: "stdout", Text: text(s)} }
func stderr(s string) *output { return &output{Type: "stream", Name: "stderr", Text: text(s)} }

func shown(pairs ...string) *output {
	o := &output{Type: "display_data", Data: forms{}}
	for i := 0; i < len(pairs); i += 2 {
		o.Data[pairs[i]] = text(pairs[i+1])
	}
	return o
}

// gray is a picture of w×10 pixels, gray but for a spot of side pixels.
func gray(w int, level uint8, side int) *output {
	img := image.NewGray(image.Rect(0, 0, w, 10))
	for i := range img.Pix {
		img.Pix[i] = level
	}
	for i := range side * side {
		img.SetGray(i%side, i/side, color.Gray{255})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err)
	}
	return shown("image/png", base64.StdEncoding.EncodeToString(b.Bytes()), "text/plain", "a picture")
}

var table = shown("text/html", "<table><tr><td>0.912</td></tr></table>")

func TestGoodNotebooksPass(t *testing.T) {
	for source, outputs := range map[string][]*output{
		"import \"fmt\"":                           nil,
		"%%\n// shows: text\nfmt.Println(1)":       {stdout("1\n"), stdout("2\n")},
		"// shows: table, picture, note\n!ls":      {gray(20, 9, 1), table, shown("text/markdown", "Words.", "text/plain", "Words.")},
		"\t// shows: picture, picture":             {gray(20, 9, 1), gray(20, 9, 1)},
		"// shows: note\n// shows: text":           {shown("text/html", `<b>x</b> <span class="timing">3 s</span>`), stdout("a")},
		"// a notice and a live rest do not count": {shown("text/html", `<b class="notice">glyphs</b>`), shown("text/html", `<span class="live">download</span>`)},
	} {
		if err := check(made(source, outputs...), "/secret"); err != nil {
			t.Errorf("%q: %v", source, err)
		}
	}
}

// Every kind of failure is found, and named with its cell.
func TestBrokenNotebooksFail(t *testing.T) {
	big := shown("image/png", strings.Repeat("A", maxOutputs))
	for _, c := range []struct {
		nb   *notebook
		says string
	}{
		{made("x", &output{Type: "error", Ename: "ERROR", Evalue: "undefined: y"}), "undefined: y"},
		{made("!false", stderr("exit status 1\n")), "exit status 1"},
		{made("%nosuch", stderr("\"%nosuch\" unknown or not implemented yet.")), "unknown"},
		{made("%%\npanic(1)", stderr("panic: 1\n"), stderr("exit status 2\n")), "panic: 1"},
		{made("// shows: table, picture", table), "promises picture, table and shows table"},
		{made("// shows: picture", shown("text/plain", "a picture")), "shows text"},
		{made("// shows: text"), "shows nothing"},
		{made("// shows: text", stdout(" \n")), "shows nothing"},
		{made("fmt.Println(1)", stdout("1")), "promises nothing and shows text"},
		{made("// shows: picture", gray(20, 9, 1), gray(20, 9, 1)), "shows picture, picture"},
		{made("// shows: movie"), `promises "movie"`},
		{made("// shows: picture", big), "at most"},
		{made("// shows: text", stdout("written to /secret/model\n")), "/secret"},
		{made("// shows: note", shown("text/markdown", "see /secret/x")), "/secret"},
		{&notebook{NBFormat: 4}, "no code"},
	} {
		if err := check(c.nb, "/secret"); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v; want %q", c.nb.source(), err, c.says)
		}
	}
}

func (nb *notebook) source() string {
	if len(nb.Cells) == 0 {
		return "empty"
	}
	return string(nb.Cells[1].Source)
}

func TestNearlyEqualOutputsAreEqual(t *testing.T) {
	for _, c := range [][2]*notebook{
		{made("x", stdout("purity 0.9120\n")), made("x", stdout("purity 0.9121\n"))},
		{made("x", shown("text/html", `done <span class="timing">trained in 31 s</span>`)), made("x", shown("text/html", `done <span class="timing">from the cache</span>`))},
		{made("x", gray(20, 100, 1)), made("x", gray(20, 101, 1))},
		{made("x", stdout("a"), table, stdout("b")), made("x", table, stdout("ab"))},
		{made("x", stdout("−12.001")), made("x", stdout("-12.0"))},
	} {
		if err := compare(c[0], c[1]); err != nil {
			t.Error(err)
		}
	}
}

func TestOtherOutputsAreFound(t *testing.T) {
	for _, c := range []struct {
		a, b *notebook
		says string
	}{
		{made("x", stdout("purity 0.912")), made("x", stdout("purity 0.930")), "0.930"},
		{made("x", stdout("better")), made("x", stdout("worse")), "worse"},
		{made("x", stdout("1 2")), made("x", stdout("1")), "committed"},
		{made("x", stdout("v1.2.3")), made("x", stdout("v1.2.4")), "1.2.4"},
		{made("x", table), made("x"), "1 outputs were committed, now there are 0"},
		{made("x", table), made("x", shown("text/html", "<table><tr><td>0.912</td></tr></table>", "text/plain", "t")), "forms"},
		{made("x", table), made("x", stdout("t")), "display_data"},
		{made("x", gray(20, 100, 0)), made("x", gray(20, 110, 0)), "10.0 of 255"},
		{made("x", gray(20, 100, 0)), made("x", gray(20, 100, 2)), "2.0 %"},
		{made("x", gray(20, 100, 0)), made("x", gray(21, 100, 0)), "(21,10)"},
		{made("x"), &notebook{}, "0 executed"},
	} {
		if err := compare(c.a, c.b); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v; want %q", err, c.says)
		}
	}
}

func TestCleaningKeepsWhatMatters(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.ipynb")
	const raw = `{"cells": [{"cell_type": "markdown", "metadata": {"x": 1}, "source": ["# A\n", "<b>"]},
 {"cell_type": "code", "execution_count": 7, "id": "kept", "metadata": {"execution": {"iopub.status.busy": "2026"}, "dcgmm": {"shows": "text, note, note", "z": 1}}, "source": "!ls",
  "outputs": [{"output_type": "stream", "name": "stdout", "text": ["a\n"]}, {"output_type": "stream", "name": "stdout", "text": "b\n"},
   {"output_type": "display_data", "data": {"text/html": ["<b class=\"live\">x</b>"]}, "metadata": {}},
   {"output_type": "execute_result", "execution_count": 7, "data": {"image/png": "AAAA\n", "text/html": "a <span class=\"timing\">1 s</span>"}, "metadata": {"y": 2}}]}],
 "metadata": {"language_info": {"version": "go1.26.8"}}, "nbformat": 4, "nbformat_minor": 4}`
	if err := os.WriteFile(path, []byte(raw), 0o666); err != nil {
		t.Fatal(err)
	}
	nb, err := readNotebook(path)
	if err != nil {
		t.Fatal(err)
	}
	nb.clean()
	got, err := nb.bytes()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"# A\n"`, `"<b>"`, `"id": "kept"`, `"id": "cell-01"`, `"a\n"`, `"b\n"`, `"image/png": "AAAA"`, `"execution_count": 1`, `"a"`, `"shows": "text, note, note"`} {
		if !strings.Contains(string(got), want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
	for _, gone := range []string{"2026", "go1.26.8", "live", "timing", `"x"`, `"y"`, `"z"`, "\\u003c"} {
		if strings.Contains(string(got), gone) {
			t.Errorf("%s is left in\n%s", gone, got)
		}
	}
	if err := os.WriteFile(path, got, 0o666); err != nil {
		t.Fatal(err)
	}
	if nb, err = readNotebook(path); err != nil {
		t.Fatal(err)
	}
	nb.clean()
	if again, err := nb.bytes(); err != nil || !bytes.Equal(got, again) {
		t.Errorf("cleaned twice (%v):\n%s", err, again)
	}
	if err := committed(path); err == nil || !strings.Contains(err.Error(), "promises note, note, text and shows picture, text") {
		t.Errorf("the committed notebook: %v", err)
	}
	if err := os.WriteFile(path, append(got, '\n'), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := committed(path); err == nil || !strings.Contains(err.Error(), "not clean") {
		t.Errorf("a notebook that is not clean: %v", err)
	}
}

func TestRealDataForChosenNotebooks(t *testing.T) {
	for chosen, want := range map[string]bool{"": true, "01 07": true, "02 07": false} {
		t.Setenv("DCGMM_NOTEBOOK_REAL", chosen)
		if got := wantsReal("notebooks/01_quickstart.ipynb"); got != want {
			t.Errorf("%q: %t", chosen, got)
		}
	}
}
