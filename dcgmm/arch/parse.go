package arch

import (
	"errors"
	"fmt"
	"strings"
)

// Bounds of a layer.
const (
	// MaxMap bounds the number of values of a map, from above and not included: the 32-bit offsets of 16 images' maps, the
	// fewest that are worked on together, reach that far.
	MaxMap = 1 << 27
	// maxParams is the largest number of means of a layer, and of values of its factors beside them.
	maxParams = 1 << 28
)

// Parse checks an architecture against the shape of its images. The error says which word is wrong, why, and what would fit.
func Parse(text string, input Shape) (Arch, error) {
	if input.H < 1 || input.W < 1 || input.C < 1 || input.H > limit || input.W > limit || input.C > limit {
		return Arch{}, fmt.Errorf("image shape %v: every size must be between 1 and %d", input, limit)
	}
	if err := checkMap(input); err != nil {
		return Arch{}, fmt.Errorf("image shape: %w", err)
	}
	words := strings.Fields(text)
	if len(words) == 0 {
		return Arch{}, fmt.Errorf("architecture %q is empty: %s", text, grammar)
	}
	if len(words) > mostWords {
		return Arch{}, fmt.Errorf("architecture of %d words, beginning with %q: at most %d make sense", len(words), words[0], mostWords)
	}
	wrong := func(i int, err error) error {
		return fmt.Errorf("architecture %q, word %d %q: %w", text, i+1, words[i], err)
	}
	tokens := make([]token, len(words))
	for i, word := range words {
		var err error
		if tokens[i], err = parseToken(word); err != nil {
			return Arch{}, wrong(i, err)
		}
	}
	b := builder{shape: input}
	for i, t := range tokens {
		if err := b.add(t); err != nil {
			return Arch{}, wrong(i, err)
		}
	}
	if b.begun() {
		return Arch{}, fmt.Errorf("architecture %q ends in %q; the last word must be a mixture (G, I or A), or a T, S or U behind it", text, words[len(words)-1])
	}
	return Arch{input, b.layers, strings.Join(words, " ")}, nil
}

// builder makes layers of tokens.
type builder struct {
	layers []Layer
	next   Layer // under construction
	shape  Shape // of the map so far
}

// begun reports whether there is something of the next layer.
func (b *builder) begun() bool { return b.next.Folding != "" || len(b.next.Pools) > 0 }

func (b *builder) add(t token) error {
	switch t.kind {
	case 'T', 'S', 'U':
		if b.begun() || len(b.layers) == 0 {
			return errors.New("it changes what a mixture hands on; put it behind a G, I or A")
		}
		l := &b.layers[len(b.layers)-1]
		if err := l.modify(t); err != nil {
			return err
		}
		b.shape = l.Handed()
		return nil
	case 'M':
		return b.pool(t.win)
	case 'F':
		if b.next.Folding != "" {
			return errors.New("two foldings in a row; put a mixture (G) between them or fold once with a larger patch")
		}
		if err := checkFold(t, b.shape); err != nil {
			return err
		}
		b.next.fold(t, b.shape)
		return nil
	}
	return b.mixture(t)
}

// modify makes a T, S or U part of the mixture before it. Their order is fixed, so that one network has one text.
func (l *Layer) modify(t token) error {
	switch {
	case t.kind == 'U' && l.L == 0:
		return fmt.Errorf("%s has no factors to hand on; use A%d:2 for two of them", l.Mixture, l.K())
	case t.kind == 'U' && l.Smooth != 0 || t.kind == 'S' && l.Up:
		return errors.New("factors of different components cannot be averaged: use S or U, not both")
	case t.kind == 'T' && l.Up:
		return errors.New("tempering comes before the factors are handed on; write T before U")
	case t.kind == 'U' && l.Up:
		return errors.New("there is another one before it; use one")
	case t.kind == 'U':
		l.Up = true
	case t.kind == 'T' && l.Smooth != 0:
		return errors.New("tempering comes before smoothing; write T before S")
	case t.kind == 'T' && l.Temper != 0 || l.Smooth != 0:
		return errors.New("there is another one before it; use one")
	case t.kind == 'T':
		l.Temper = t.x
	default:
		l.Smooth = t.x
	}
	l.Output = strings.TrimSpace(l.Output + " " + t.text)
	return nil
}

func (b *builder) pool(w Window) error {
	in := b.shape
	if b.next.Folding != "" {
		return errors.New("pooling between folding and its mixture has no meaning; put it before the F")
	}
	if w.H > in.H || w.W > in.W {
		return fmt.Errorf("the %s kernel is larger than the %v map; the largest that fits is M%s", pair(w.H, w.W), in, pair(min(w.H, in.H), min(w.W, in.W)))
	}
	if w.StrideH > w.H || w.StrideW > w.W {
		return fmt.Errorf("the stride is larger than the kernel, so that parts of the map would be lost; use M%s", pair(w.H, w.W))
	}
	if err := checkMap(in); err != nil {
		return err
	}
	b.shape = Shape{pooled(in.H, w.H, w.StrideH), pooled(in.W, w.W, w.StrideW), in.C}
	p := Pool{Window: w, In: in, Out: b.shape}
	if n := len(b.layers); n > 0 && b.layers[n-1].Up {
		p.L = b.layers[n-1].L
	}
	b.next.Pools = append(b.next.Pools, p)
	return nil
}

// fold is a folding of a map. With padding, zeros are added evenly on both
// sides (the odd one after) until the patches cover every pixel.
func (l *Layer) fold(t token, in Shape) {
	l.Folding, l.Fold, l.In, l.Padded = t.text, t.win, in, in
	if t.pad {
		l.Padded.H = covering(in.H, t.win.H, t.win.StrideH)
		l.Padded.W = covering(in.W, t.win.W, t.win.StrideW)
		l.Top, l.Left = (l.Padded.H-in.H)/2, (l.Padded.W-in.W)/2
	}
}

// mixture ends a layer.
func (b *builder) mixture(t token) error {
	l := b.next
	if l.Folding == "" { // vectors are the values of single places
		l.fold(token{win: Window{1, 1, 1, 1}}, b.shape)
	}
	if err := checkMap(l.Padded); err != nil {
		return err
	}
	l.Mixture, l.PerPosition, l.L = t.text, t.kind == 'I', t.l
	l.Out = Shape{folded(l.Padded.H, l.Fold.H, l.Fold.StrideH), folded(l.Padded.W, l.Fold.W, l.Fold.StrideW), t.k}
	if l.L >= l.D() {
		return fmt.Errorf("%d factors are as many as the %d dimensions of a vector, or more; use %s", l.L, l.D(), fewerFactors(t.k, l.D()))
	}
	// In float64 the product does not wrap, and is exact as far as the bound.
	if float64(l.D())*float64(l.K())*float64(l.Sets())*float64(1+l.L) > maxParams {
		fewer := "components"
		if l.L > 0 {
			fewer += " or factors"
		}
		return fmt.Errorf("%d components of %d dimensions in %d sets are over 2²⁸ parameters; use smaller patches or fewer %s", l.K(), l.D(), l.Sets(), fewer)
	}
	b.layers, b.next, b.shape = append(b.layers, l), Layer{}, l.Out
	return nil
}

// fewerFactors proposes a mixture of k components of d dimensions whose factors fit.
func fewerFactors(k, d int) string {
	if d == 1 {
		return fmt.Sprintf("G%d, which has none", k)
	}
	return fmt.Sprintf("at most %d, A%d:%d, or G%d, which has none", d-1, k, d-1, k)
}

// checkMap refuses a map that no kernel can address. No size is above 2·limit, so that their product is in range.
func checkMap(s Shape) error {
	if s.Size() >= MaxMap {
		return fmt.Errorf("a map of %v has %d values, 2²⁷ or more; use smaller images, larger strides or fewer components before it", s, s.Size())
	}
	return nil
}

func checkFold(t token, in Shape) error {
	w := t.win
	if t.pad {
		if w.StrideH > w.H || w.StrideW > w.W {
			return fmt.Errorf("stride %s is larger than the patch: no padding covers the pixels between patches", pair(w.StrideH, w.StrideW))
		}
		return nil
	}
	if w.H > in.H || w.W > in.W {
		return fmt.Errorf("the %s patch is larger than the %v map it folds; the largest that fits is F%s", pair(w.H, w.W), in, pair(min(w.H, in.H), min(w.W, in.W)))
	}
	for _, a := range []struct {
		name                string
		size, patch, stride int
	}{{"height", in.H, w.H, w.StrideH}, {"width", in.W, w.W, w.StrideW}} {
		if (a.size-a.patch)%a.stride != 0 || a.stride > a.patch && a.size > a.patch {
			return fmt.Errorf("patches of %d with stride %d do not cover a %s of %d (map %v): with this patch the strides %s fit, with this stride the patches %s; or pad: %sp",
				a.patch, a.stride, a.name, a.size, in, fitting(a.size, func(s int) (int, int) { return a.patch, s }, a.patch),
				fitting(a.size, func(f int) (int, int) { return f, a.stride }, a.size), t.text)
		}
	}
	return nil
}

// fitting lists the values v ≤ most whose (patch, stride) = f(v) cover size.
func fitting(size int, f func(v int) (patch, stride int), most int) string {
	var ok []string
	for v := 1; v <= most; v++ {
		if patch, stride := f(v); stride <= patch && (size-patch)%stride == 0 {
			ok = append(ok, fmt.Sprint(v))
		}
	}
	if len(ok) > 10 {
		ok = append(append(ok[:5:5], "…"), ok[len(ok)-4:]...)
	}
	if len(ok) == 0 {
		return "(none)"
	}
	return strings.Join(ok, ", ")
}
