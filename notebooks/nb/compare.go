package main

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// How much outputs may differ from the committed ones. Same machine, same bits; another kind of CPU may round otherwise.
const (
	numberTolerance = 0.005 // relative
	levelTolerance  = 2     // mean difference of the levels of a picture, of 255
	farShare        = 0.01  // share of levels that differ by more than farLevels
	farLevels       = 48
)

// compare says where the outputs of an executed notebook are not those of the committed one. Both must be clean. What is
// printed and what is shown come on two ways: their order among each other does not count.
func compare(committed, executed *notebook) error {
	if len(committed.Cells) != len(executed.Cells) {
		return fmt.Errorf("%d cells were committed, %d executed", len(committed.Cells), len(executed.Cells))
	}
	var all []error
	for i, c := range committed.Cells {
		if err := compareOutputs(ordered(c.Outputs), ordered(executed.Cells[i].Outputs)); err != nil {
			all = append(all, fmt.Errorf("cell %d (%s): %w; make update-notebooks writes what the code shows now", i+1, firstWords(c.Source), err))
		}
	}
	return errors.Join(all...)
}

// ordered puts streams, which alone have names, last.
func ordered(all []*output) []*output {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b *output) int { return cmp.Compare(a.Name, b.Name) })
	return cleanOutputs(all) // streams that were apart are one now
}

func compareOutputs(want, have []*output) error {
	if len(want) != len(have) {
		return fmt.Errorf("%d outputs were committed, now there are %d", len(want), len(have))
	}
	for i, w := range want {
		if err := w.compare(have[i]); err != nil {
			return fmt.Errorf("output %d: %w", i+1, err)
		}
	}
	return nil
}

func (o *output) compare(p *output) error {
	if o.Type != p.Type || o.Name != p.Name {
		return fmt.Errorf("%s %s was committed, now it is %s %s", o.Type, o.Name, p.Type, p.Name)
	}
	if err := compareWords(string(o.Text), string(p.Text)); err != nil {
		return err
	}
	if len(o.Data) != len(p.Data) {
		return fmt.Errorf("%d forms were committed, now there are %d", len(o.Data), len(p.Data))
	}
	for mime, t := range o.Data {
		comparison := compareWords
		if mime == "image/png" {
			comparison = comparePictures
		}
		if err := comparison(string(t), string(p.Data[mime])); err != nil {
			return fmt.Errorf("%s: %w", mime, err)
		}
	}
	return nil
}

var number = regexp.MustCompile(`[-−]?\d+(?:[.,]\d+)*(?:e[-+]?\d+)?`)

// compareWords wants the same words, and numbers that are nearly the same.
func compareWords(want, have string) error {
	a, b := number.FindAllString(want, -1), number.FindAllString(have, -1)
	if w, h := number.ReplaceAllString(want, "#"), number.ReplaceAllString(have, "#"); w != h {
		return fmt.Errorf("%s was committed, now it is %s", excerpt(w, h), excerpt(h, w))
	}
	for i := range a {
		x, y := value(a[i]), value(b[i])
		if a[i] != b[i] && !(math.Abs(x-y) <= numberTolerance*max(math.Abs(x), math.Abs(y))) {
			return fmt.Errorf("%s was committed, now it is %s", a[i], b[i])
		}
	}
	return nil
}

// value is NaN, and near nothing, for what only looks like a number, such as 1.2.3.
func value(s string) float64 {
	x, err := strconv.ParseFloat(strings.NewReplacer("−", "-", ",", "").Replace(s), 64)
	if err != nil {
		return math.NaN()
	}
	return x
}

// excerpt is where s begins to differ from other.
func excerpt(s, other string) string {
	a, b, i := []rune(s), []rune(other), 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	return strconv.Quote(string(a[max(0, i-15):min(len(a), i+40)]))
}

func comparePictures(want, have string) error {
	if want == have {
		return nil
	}
	a, err1 := decode(want)
	b, err2 := decode(have)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	if a.Rect != b.Rect {
		return fmt.Errorf("a picture of %v was committed, now it is %v", a.Rect.Size(), b.Rect.Size())
	}
	var sum, far float64
	for i, level := range a.Pix {
		d := math.Abs(float64(level) - float64(b.Pix[i]))
		if sum += d; d > farLevels {
			far++
		}
	}
	if n := float64(len(a.Pix)) * 3 / 4; sum > levelTolerance*n || far > farShare*n { // a fourth is opacity
		return fmt.Errorf("a picture differs by %.1f of 255 levels on average, %.1f %% of it by more than %d", sum/n, 100*far/n, farLevels)
	}
	return nil
}

// decode reads a PNG in base64.
func decode(s string) (*image.RGBA, error) {
	img, err := png.Decode(base64.NewDecoder(base64.StdEncoding, strings.NewReader(s)))
	if err != nil {
		return nil, err
	}
	all := image.NewRGBA(img.Bounds())
	draw.Draw(all, all.Rect, img, all.Rect.Min, draw.Src)
	return all, nil
}
