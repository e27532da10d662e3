package dataset

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"

	"deepgmm/internal/atomicfile"
	"deepgmm/internal/progress"
)

// fetch fills l.have with the files that are not yet in the cache folder. A file gets its
// name there only when all of it has arrived and has the right checksum, so an interrupted
// download leaves nothing that could be mistaken for data.
func (l *loader) fetch(ctx context.Context) error {
	for i := range l.src.files {
		if l.have[i] != nil {
			continue
		}
		a, err := l.fetchFile(ctx, &l.src.files[i])
		if err != nil {
			return err
		}
		l.have[i] = a
	}
	return nil
}

// fetchFile tries the mirrors, starting with the one that answered last.
func (l *loader) fetchFile(ctx context.Context, f *file) (*array, error) {
	mirrors := l.mirrors()
	var failures []string
	for i := range mirrors {
		m := (l.mirror + i) % len(mirrors)
		address := strings.TrimSuffix(mirrors[m], "/") + "/" + f.name + ".gz"
		a, err := l.get(ctx, address, f)
		if err == nil {
			l.mirror = m
			return a, nil
		}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("download of %s interrupted, run again to go on: %w", address, context.Cause(ctx))
		}
		var remote *mirrorError
		if !errors.As(err, &remote) {
			return nil, fmt.Errorf("%w; make that folder writable, or %s", err, l.remedy())
		}
		failures = append(failures, fmt.Sprintf("%s: %v", address, remote))
		l.say("no data from " + failures[len(failures)-1])
	}
	return nil, fmt.Errorf("%w: %s; download failed: %s; %s", ErrNotFound,
		strings.Join(l.notes, ", "), strings.Join(failures, ", "), l.remedy())
}

// mirrorError is a failure that another mirror may not have.
type mirrorError struct{ error }

// get downloads f from address into the cache folder, reading and verifying it on the way.
func (l *loader) get(ctx context.Context, address string, f *file) (*array, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	dog := watch(l.opt.stall, l.opt.least, cancel)
	defer dog.Stop()

	resp, err := l.request(ctx, address)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	dog.Reset(dog.patience)
	body := &meter{r: resp.Body, dog: dog}
	if l.opt.Progress != nil { // of a length that may be unknown: -1
		body.bar = progress.New(l.opt.Progress, l.src.name+" "+f.name, float64(max(0, resp.ContentLength)))
	}
	var a *array
	err = atomicfile.Write(filepath.Join(l.cache, f.name+".gz"), func(w io.Writer) (err error) {
		a, err = f.receive(w, body)
		return err
	})
	body.bar.Close()
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = &mirrorError{cause}
	}
	if err == nil {
		l.say("downloaded " + address + ", checksum right")
	}
	return a, err
}

// say prints a lasting line for the user.
func (l *loader) say(line string) {
	if l.opt.Progress != nil {
		progress.New(l.opt.Progress, "", 0).Note(line)
	}
}

func (l *loader) request(ctx context.Context, address string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, &mirrorError{err}
	}
	req.Header.Set("Accept-Encoding", "identity") // the file as it is, not unpacked on the way
	resp, err := http.DefaultClient.Do(req)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause // says more than "context canceled"
	}
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err // the caller names the address
	}
	if err != nil {
		return nil, &mirrorError{err}
	}
	if resp.StatusCode != http.StatusOK {
		return nil, &mirrorError{errors.Join(errors.New(resp.Status), resp.Body.Close())}
	}
	return resp, nil
}
