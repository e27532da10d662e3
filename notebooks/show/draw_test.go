package show

import (
	"context"
	"encoding/base64"
	"errors"
	"image/png"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"deepgmm/dataset"
	"deepgmm/dcgmm"
)

// newPad is one to draw on, of two images, with the first row missing.
func newPad(t *testing.T) *pad {
	images := Images(dataset.Glyphs(2, 1, 1, 1).Train)
	images.Missing = slices.Repeat(Mask(28, 28, func(y, _ int) bool { return y == 0 }), 2)
	return &pad{net: untrained(t), images: images}
}

// Each mask is answered by the images filled in, and the last one stays.
func TestMasksThatAPageSends(t *testing.T) {
	p, said := newPad(t), make(chan string, 3)
	second := strings.Repeat("0", 28*28) + strings.Repeat("1", 28*28)
	said <- "0 " + strings.Repeat("0", 2*28*28)
	said <- "1 " + second
	said <- "done " + second
	var answers []string
	err := p.follow(t.Context(), said, func(png string) { answers = append(answers, png) })
	if err != nil || len(answers) != 3 || answers[2] != "end" {
		t.Fatalf("%v, %d answers", err, len(answers))
	}
	if ShareMissing(p.images.Missing[:28*28]) != 0 || ShareMissing(p.images.Missing[28*28:]) != 1 {
		t.Error("the mask is not the last one that was sent")
	}
	known := p.picture(Values(p.images))
	if answers[0] != base64.StdEncoding.EncodeToString(known.PNG) || answers[1] == answers[0] {
		t.Error("with nothing missing the answer is not the images, or it is the same with the second image missing")
	}
	if img, err := png.Decode(base64.NewDecoder(base64.StdEncoding, strings.NewReader(answers[1]))); err != nil || img.Bounds().Dx() != 58 {
		t.Errorf("the second answer is not a picture of both images: %v", err)
	}
	for _, bad := range []string{"", "1 01", "2 " + strings.Repeat("x", 2*28*28)} {
		said <- bad
		if err := p.follow(t.Context(), said, func(string) {}); err == nil || !strings.Contains(err.Error(), "for 1568 pixels: run the cell again") {
			t.Errorf("%.10q: error is %v", bad, err)
		}
	}
}

// Nobody draws: the cell ends by itself, or when it is stopped.
func TestDrawingEnds(t *testing.T) {
	start := strings.Repeat("0", 2*28*28)
	for _, q := range []struct {
		says []string
		ends time.Duration
	}{{nil, untilConnected}, {[]string{"0 " + start}, untilFirst}, {[]string{"0 " + start, "1 " + start}, untilNext}} {
		synctest.Test(t, func(t *testing.T) {
			said, began := make(chan string, 2), time.Now()
			for _, s := range q.says {
				said <- s
			}
			hello := 0
			err := newPad(t).follow(t.Context(), said, func(text string) {
				if text == "hello" {
					hello++
				}
			})
			if err != nil || time.Since(began) != q.ends || (hello == 3) != (q.says == nil) {
				t.Errorf("after %d messages it ends after %v, asking %d times: %v", len(q.says), time.Since(began), hello, err)
			}
		})
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := newPad(t).follow(ctx, nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
}

// Outside of Jupyter there is only a still picture, and the mask is that of the start.
func TestDrawMaskForReaders(t *testing.T) {
	p := newPad(t)
	first := p.images.Missing[:28*28]
	images := dcgmm.Images{Shape: p.images.Shape, Pix: p.images.Pix, Missing: first}
	got, err := DrawMask("a mask", p.net, images, dcgmm.Inpainting{})
	if err != nil || !slices.Equal(got, p.images.Missing) {
		t.Errorf("%v, or another mask", err)
	}
	images.Missing = nil
	if _, err := DrawMask("", p.net, images, dcgmm.Inpainting{}); err == nil || !strings.Contains(err.Error(), "no missing pixels") {
		t.Errorf("without a mask: %v", err)
	}
	html := p.html("draw_1", "a", "k")
	if !regexp.MustCompile(`"kernel":"k",.*"n":2,"h":28,"w":28,"missing":"1{28}0{756}1{28}0{756}"}`).MatchString(html) || !strings.HasPrefix(html, `<div class="live" id="draw_1">`) {
		t.Errorf("the element is %s", html)
	}
}
