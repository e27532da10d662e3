package dcgmm

import (
	"fmt"
	"strings"
)

// A plan is one mixture layer with everything between it and the mixture below:
// pooling, padding, folding. Folding copies nothing: it is an addressing of the input map.
type plan struct {
	pools  []poolPlan
	in     Shape // of the map that is folded, after pooling, without padding
	padded Shape // the same with its zero border
	top    int   // rows and columns of the border before the map
	left   int
	fold   window
	out    Shape // H'×W'×K
	own    bool  // parameters of its own for every position
	l      int   // factors, 0 for a diagonal covariance
	readout
	text string
}

type poolPlan struct {
	win     window
	in, out Shape
}

// dim is D, the dimension of a patch.
func (p *plan) dim() int { return p.fold.h * p.fold.w * p.in.C }

// makePlans checks an architecture against the shape of its images.
func makePlans(arch string, in Shape) ([]*plan, error) {
	if in.H < 1 || in.W < 1 || in.C < 1 || in.H > limit || in.W > limit || in.C > limit {
		return nil, fmt.Errorf("image shape %v: every size must be between 1 and %d", in, limit)
	}
	if err := checkMap(in); err != nil {
		return nil, fmt.Errorf("image shape: %w", err)
	}
	tokens, err := tokenize(arch)
	if err != nil {
		return nil, err
	}
	var plans []*plan
	var p *plan // under construction
	shape := in
	for i, t := range tokens {
		fail := func(format string, args ...any) ([]*plan, error) {
			return nil, fmt.Errorf("architecture %q, word %d %q: %s", arch, i+1, t.text, fmt.Sprintf(format, args...))
		}
		if t.kind == 'T' || t.kind == 'S' {
			if p != nil || len(plans) == 0 {
				return fail("it changes what a mixture hands on; put it behind a G, I or A")
			}
			if err := plans[len(plans)-1].modify(t); err != nil {
				return fail("%v", err)
			}
			continue
		}
		if p == nil {
			p = &plan{fold: window{1, 1, 1, 1}}
		}
		switch t.kind {
		case 'M':
			if p.text != "" {
				return fail("pooling between folding and its mixture has no meaning; put it before the F")
			}
			if t.win.h > shape.H || t.win.w > shape.W {
				return fail("the %s kernel is larger than the %v map; the largest that fits is M%s", pair(t.win.h, t.win.w), shape, pair(min(t.win.h, shape.H), min(t.win.w, shape.W)))
			}
			if t.win.sh > t.win.h || t.win.sw > t.win.w {
				return fail("the stride is larger than the kernel, so that parts of the map would be lost; use M%s", pair(t.win.h, t.win.w))
			}
			if err := checkMap(shape); err != nil {
				return fail("%v", err)
			}
			out := Shape{pooled(shape.H, t.win.h, t.win.sh), pooled(shape.W, t.win.w, t.win.sw), shape.C}
			p.pools = append(p.pools, poolPlan{t.win, shape, out})
			shape = out
		case 'F':
			if p.text != "" {
				return fail("two foldings in a row; put a mixture (G) between them or fold once with a larger patch")
			}
			if err := checkFold(t, shape); err != nil {
				return fail("%v", err)
			}
			p.fold, p.text = t.win, t.text+" "
			p.pad(t.pad, shape)
		default:
			p.text += t.text
			p.own, p.l = t.kind == 'I', t.l
			if p.padded == (Shape{}) {
				p.pad(false, shape)
			}
			if err := checkMap(p.padded); err != nil {
				return fail("%v", err)
			}
			shape = Shape{folded(p.padded.H, p.fold.h, p.fold.sh), folded(p.padded.W, p.fold.w, p.fold.sw), t.k}
			p.out = shape
			if t.l >= p.dim() {
				return fail("%d factors are as many as the %d dimensions of a vector, or more; use %s", t.l, p.dim(), fewerFactors(t.k, p.dim()))
			}
			if err := p.checkParameters(); err != nil {
				return fail("%v", err)
			}
			plans = append(plans, p)
			p = nil
		}
	}
	if p != nil {
		return nil, fmt.Errorf("architecture %q ends in %q; the last word must be a mixture (G, I or A), or a T or S behind it", arch, tokens[len(tokens)-1].text)
	}
	return plans, nil
}

// modify makes a T or S part of the mixture before it. Their order is fixed, so that one network has one text.
func (p *plan) modify(t token) error {
	if t.kind == 'T' && p.grid != nil {
		return fmt.Errorf("tempering comes before smoothing; write T before S")
	}
	if t.kind == 'T' && p.T != 0 || t.kind == 'S' && p.grid != nil {
		return fmt.Errorf("there is another one before it; use one")
	}
	if t.kind == 'T' {
		p.temper(t.x)
	} else {
		p.smooth(t.x, p.out.C)
	}
	p.text += " " + t.text
	return nil
}

// positions is P.
func (p *plan) positions() int { return p.out.H * p.out.W }

func (p *plan) sets() int {
	if p.own {
		return p.out.H * p.out.W
	}
	return 1
}

// set is the parameter set of a position.
func (p *plan) set(pos int) int {
	if p.own {
		return pos
	}
	return 0
}

// fewerFactors proposes a mixture of k components of d dimensions whose factors fit.
func fewerFactors(k, d int) string {
	if d == 1 {
		return fmt.Sprintf("G%d, which has none", k)
	}
	return fmt.Sprintf("at most %d, A%d:%d, or G%d, which has none", d-1, k, d-1, k)
}

func orFactors(l int) string {
	if l == 0 {
		return ""
	}
	return " or factors"
}

// pad sets the input shapes. With padding, zeros are added evenly on both
// sides (the odd one after) until the patches cover every pixel.
func (p *plan) pad(asked bool, in Shape) {
	p.in, p.padded = in, in
	if asked {
		p.padded.H = covering(in.H, p.fold.h, p.fold.sh)
		p.padded.W = covering(in.W, p.fold.w, p.fold.sw)
		p.top, p.left = (p.padded.H-in.H)/2, (p.padded.W-in.W)/2
	}
}

// covering is the smallest size ≥ size that patches cover without a rest.
func covering(size, patch, stride int) int {
	if size <= patch {
		return patch
	}
	return patch + (size-patch+stride-1)/stride*stride
}

func checkFold(t token, in Shape) error {
	if t.pad {
		if t.win.sh > t.win.h || t.win.sw > t.win.w {
			return fmt.Errorf("stride %s is larger than the patch: no padding covers the pixels between patches", pair(t.win.sh, t.win.sw))
		}
		return nil
	}
	if t.win.h > in.H || t.win.w > in.W {
		return fmt.Errorf("the %s patch is larger than the %v map it folds; the largest that fits is F%s", pair(t.win.h, t.win.w), in, pair(min(t.win.h, in.H), min(t.win.w, in.W)))
	}
	for _, a := range []struct {
		name                string
		size, patch, stride int
	}{{"height", in.H, t.win.h, t.win.sh}, {"width", in.W, t.win.w, t.win.sw}} {
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
