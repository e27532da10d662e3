package dataset

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestFetch(t *testing.T) {
	s := newSmall("small", 1)
	cache := at(t)
	folder := filepath.Join(cache, "small")
	m := serve(t, s, nil)
	s.mirrors = []string{m.URL} // without the last slash
	var screen strings.Builder
	opt := Options{CacheDir: cache, Download: true, Progress: &screen}
	d, err := load(t.Context(), []source{s.source}, "small", opt)
	s.want(t, d, err, folder)
	wantOnly(t, folder, archives...)
	for _, name := range archives {
		if line := "downloaded " + m.URL + "/" + name + ", checksum right\n"; !strings.Contains(screen.String(), line) {
			t.Errorf("progress %q lacks %q", screen.String(), line)
		}
	}
	// From now on the network is not used, and not needed.
	m.Close()
	d, err = load(t.Context(), []source{s.source}, "small", Options{CacheDir: cache})
	s.want(t, d, err, folder)
	if m.count() != 4 {
		t.Errorf("asked for %v", m.asked)
	}
}

// TestFetchNextMirror: whatever is wrong with the first mirror, the second helps, and
// nothing of the first one's answer stays.
func TestFetchNextMirror(t *testing.T) {
	const name = "train-images-idx3-ubyte.gz"
	other := newSmall("other", 2).content[trainImages]
	good := newSmall("small", 1).content[trainImages]
	tests := []struct {
		name   string
		answer http.HandlerFunc
		want   []string // in the note about the first mirror
	}{
		{"404", status(404), []string{"404 Not Found"}},
		{"500", status(500), []string{"500 Internal Server Error"}},
		{"204", status(204), []string{"204 No Content"}},
		{"a web page", send([]byte("<html>log in first</html>")), []string{"magic: 0x3c68746d"}},
		{"empty", send(nil), []string{"magic", "truncated"}},
		{"another file", send(zipped(other)), []string{"checksum: SHA-256 of the content"}},
		{"a flipped bit", send(flip(zipped(good), 30)), nil},
		{"cut, length right", send(zipped(good)[:35]), []string{"truncated"}},
		{"cut, length wrong", cut(zipped(good)[:35]), []string{"truncated"}},
		{"cut after all the data", cut(zipped(good)), []string{"truncated"}},
		{"more than the file", send(append(zipped(good), make([]byte, 100)...)), []string{"gzip: invalid header"}},
		{"a bomb", send(zipped(make([]byte, 1<<20))), []string{"magic"}},
		{"endless", endless, []string{"truncated"}},
		{"stalled at once", stall(nil), []string{"nothing came for 600ms"}},
		{"a byte now and then", drip(zipped(good)), []string{"only ", " bytes came in 600ms, too slow"}},
		{"stalled in the body", stall(zipped(good)[:30]), []string{"nothing came for 600ms"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newSmall("small", 1)
			cache := at(t)
			first := serve(t, s, map[string]http.HandlerFunc{name: test.answer})
			second := serve(t, s, nil)
			var screen strings.Builder
			d, err := load(t.Context(), []source{s.source}, "small", Options{
				CacheDir: cache, Download: true, Progress: &screen, stall: 600 * time.Millisecond, least: 20,
				Mirrors: map[string][]string{"small": {first.URL + "/", second.URL + "/"}},
			})
			s.want(t, d, err, filepath.Join(cache, "small"))
			wantOnly(t, filepath.Join(cache, "small"), archives...)
			for _, part := range append(test.want, "no data from "+first.URL+"/"+name+": ") {
				if !strings.Contains(screen.String(), part) {
					t.Errorf("progress %q lacks %q", screen.String(), part)
				}
			}
			if first.count() != 1 || second.count() != 4 {
				t.Errorf("asked the first for %v, the second for %v; want to stay with the second", first.asked, second.asked)
			}
		})
	}
}

// TestFetchPlain: a mirror, or something on the way, may unpack the archives.
func TestFetchPlain(t *testing.T) {
	s := newSmall("small", 1)
	cache := at(t)
	plain := map[string]http.HandlerFunc{}
	for i, name := range archives {
		plain[name] = send(s.content[i])
	}
	s.mirrors = []string{serve(t, s, plain).URL}
	for range 2 { // downloaded, then cached
		d, err := load(t.Context(), []source{s.source}, "small", Options{
			CacheDir: cache, Download: true,
			Mirrors: map[string][]string{"small": {}}, // none: the publishers'
		})
		s.want(t, d, err, filepath.Join(cache, "small"))
	}
}

// TestFetchFails: no mirror helps. Files that did arrive are kept for the next time.
func TestFetchFails(t *testing.T) {
	s := newSmall("small", 1)
	cache := at(t)
	const name = "t10k-images-idx3-ubyte.gz"
	first := serve(t, s, map[string]http.HandlerFunc{name: status(404)})
	closed := serve(t, s, nil)
	closed.Close()
	s.mirrors = []string{first.URL, closed.URL}
	opt := Options{CacheDir: cache, Download: true}
	_, err := load(t.Context(), []source{s.source}, "small", opt)
	wantError(t, err, "dataset: small: not found: data (no such folder), ", "download failed: ",
		first.URL+"/"+name+": 404 Not Found", closed.URL+"/"+name+": ", "refused",
		"put the four files train-images-idx3-ubyte.gz", "published at "+first.URL+" and "+closed.URL, "into DIR/small and give --data DIR")
	if strings.Count(err.Error(), closed.URL+"/"+name) != 1 {
		t.Errorf("%q names an address twice", err)
	}
	wantOnly(t, filepath.Join(cache, "small"), archives[0], archives[1])

	later := serve(t, s, nil)
	opt.Mirrors = map[string][]string{"small": {later.URL}}
	d, err := load(t.Context(), []source{s.source}, "small", opt)
	s.want(t, d, err, filepath.Join(cache, "small"))
	if later.count() != 2 {
		t.Errorf("asked for %v: not only for what was missing", later.asked)
	}
}

func TestFetchBadAddress(t *testing.T) {
	s := newSmall("small", 1)
	cache := at(t)
	s.mirrors = []string{"http://a b/", "gopher://mirror.test/"}
	_, err := load(t.Context(), []source{s.source}, "small", Options{CacheDir: cache, Download: true})
	wantError(t, err, "http://a b/train-images", "invalid character", "gopher://mirror.test/train-images", "unsupported protocol scheme")
}

// TestFetchInterrupted: Ctrl-C in the middle of a body.
func TestFetchInterrupted(t *testing.T) {
	s := newSmall("small", 1)
	cache := at(t)
	folder := filepath.Join(cache, "small")
	ctx, cancel := context.WithCancel(t.Context())
	const name = "t10k-images-idx3-ubyte.gz"
	half := zipped(s.content[testImages])[:30]
	m := serve(t, s, map[string]http.HandlerFunc{name: func(w http.ResponseWriter, r *http.Request) {
		respond(w, half)
		w.(http.Flusher).Flush()
		// Only when the first half is in the temporary file does the user lose patience.
		for pending := ""; pending == "" && r.Context().Err() == nil; time.Sleep(time.Millisecond) {
			pending = temporary(folder)
		}
		cancel()
		<-r.Context().Done()
	}})
	s.mirrors = []string{m.URL, m.URL}
	opt := Options{CacheDir: cache, Download: true}
	_, err := load(ctx, []source{s.source}, "small", opt)
	wantError(t, err, "download of "+m.URL+"/"+name+" interrupted, run again to go on", "canceled")
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v does not wrap the cause", err)
	}
	if m.count() != 3 {
		t.Errorf("asked for %v: another mirror after the interruption", m.asked)
	}
	wantOnly(t, folder, archives[0], archives[1])

	s.mirrors = []string{serve(t, s, nil).URL}
	d, err := load(t.Context(), []source{s.source}, "small", opt)
	s.want(t, d, err, folder)
	wantOnly(t, folder, archives...)
}

// temporary is a file that is being written in folder.
func temporary(folder string) string {
	found, err := filepath.Glob(filepath.Join(folder, ".*-ubyte.gz*"))
	if err != nil || len(found) == 0 {
		return ""
	}
	return found[0]
}

// TestFetchDamagedCache: bad files in the cache folder are replaced without a question, and
// a damaged plain file does not hide the fetched one.
func TestFetchDamagedCache(t *testing.T) {
	s := newSmall("small", 1)
	cache := at(t)
	folder := filepath.Join(cache, "small")
	m := serve(t, s, nil)
	s.mirrors = []string{m.URL}
	s.put(t, folder)
	plain, packed := filepath.Join(folder, "train-images-idx3-ubyte"), filepath.Join(folder, "t10k-labels-idx1-ubyte.gz")
	write(t, plain, s.content[trainImages][:30])
	write(t, packed, zipped(s.content[trainLabels]))
	opt := Options{CacheDir: cache}
	_, err := load(t.Context(), []source{s.source}, "small", opt)
	wantError(t, err, folder, plain+": data: the file is truncated", packed+": count", "2 of 4 files", "nothing was downloaded")

	opt.Download = true
	for range 2 {
		d, err := load(t.Context(), []source{s.source}, "small", opt)
		s.want(t, d, err, folder)
	}
	if m.count() != 2 {
		t.Errorf("asked for %v, want the two damaged files once", m.asked)
	}
}

// TestFetchDiskTrouble is not the mirror's fault: no other one is asked.
func TestFetchDiskTrouble(t *testing.T) {
	s := newSmall("small", 1)
	cache := at(t)
	folder := filepath.Join(cache, "small")
	var once sync.Once
	m := serve(t, s, map[string]http.HandlerFunc{archives[0]: func(w http.ResponseWriter, r *http.Request) {
		// Between the search and the first byte the folder becomes impossible.
		once.Do(func() {
			if err := os.WriteFile(cache, nil, 0o666); err != nil {
				t.Error(err)
			}
		})
		respond(w, zipped(s.content[trainImages]))
	}})
	s.mirrors = []string{m.URL, m.URL}
	_, err := load(t.Context(), []source{s.source}, "small", Options{CacheDir: cache, Download: true})
	wantError(t, err, "write "+filepath.Join(folder, archives[0]), "not a directory", "make that folder writable, or put the four files")
	if m.count() != 1 {
		t.Errorf("asked for %v", m.asked)
	}
}

// TestReceive: an error of writing is the disk's, though it comes up while reading.
func TestReceive(t *testing.T) {
	s := newSmall("small", 1)
	var remote *mirrorError
	_, err := s.files[0].receive(&full{3}, bytes.NewReader(s.content[0]))
	if !errors.Is(err, errFull) || errors.As(err, &remote) {
		t.Errorf("disk full: %v", err)
	}
	if _, err = s.files[0].receive(io.Discard, bytes.NewReader(s.content[1])); !errors.As(err, &remote) {
		t.Errorf("wrong content: %v", err)
	}
}

// TestFetchSlowly: a mirror may take longer than the time-out, if it goes on sending enough.
func TestFetchSlowly(t *testing.T) {
	s := newSmall("small", 1)
	cache := at(t)
	const patience = 600 * time.Millisecond
	m := serve(t, s, map[string]http.HandlerFunc{archives[0]: func(w http.ResponseWriter, r *http.Request) {
		for part := range slices.Chunk(zipped(s.content[0]), 10) {
			respond(w, part)
			w.(http.Flusher).Flush()
			time.Sleep(patience / 4)
		}
	}})
	if n := len(zipped(s.content[0])) / 10; n < 5 {
		t.Fatalf("%d parts are too few to be slow", n)
	}
	s.mirrors = []string{m.URL}
	d, err := load(t.Context(), []source{s.source}, "small", Options{CacheDir: cache, Download: true, stall: patience, least: 10})
	s.want(t, d, err, filepath.Join(cache, "small"))
}
