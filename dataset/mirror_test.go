package dataset

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// mirror serves the files of a set; bad answers instead for the file that it is about.
type mirror struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string // names of files, in order
}

func serve(t *testing.T, s *small, bad map[string]http.HandlerFunc) *mirror {
	t.Helper()
	m := &mirror{}
	m.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := filepath.Base(r.URL.Path)
		m.mu.Lock()
		m.asked = append(m.asked, name)
		m.mu.Unlock()
		if answer := bad[name]; answer != nil {
			answer(w, r)
			return
		}
		for i, f := range s.files {
			if f.name+".gz" == name {
				respond(w, zipped(s.content[i]))
				return
			}
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(m.Close)
	return m
}

func (m *mirror) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.asked)
}

// respond is for answers that the client may hang up on: then nobody reads the error.
func respond(w http.ResponseWriter, b []byte) { _, _ = w.Write(b) }

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { http.Error(w, "no", code) }
}

func send(b []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { respond(w, b) }
}

// stall sends the start of b and then nothing until the client hangs up.
func stall(b []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if len(b) > 0 {
			respond(w, b)
			w.(http.Flusher).Flush()
		}
		<-r.Context().Done()
	}
}

// drip sends b a byte at a time, too slowly for any use.
func drip(b []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i < len(b) && r.Context().Err() == nil; i++ {
			respond(w, b[i:i+1])
			w.(http.Flusher).Flush()
			time.Sleep(100 * time.Millisecond)
		}
	}
}

// endless sends empty gzip archives, one after the other.
func endless(w http.ResponseWriter, r *http.Request) {
	for r.Context().Err() == nil {
		respond(w, bytes.Repeat(zipped(nil), 1000))
	}
}

// cut promises more than it sends.
func cut(b []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(b)+10))
		respond(w, b)
	}
}

var archives = []string{"train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"}
