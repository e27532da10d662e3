package dcgmm

import "fmt"

// Shape is the shape of a feature map: height, width and channels, each ≥ 1.
type Shape struct{ H, W, C int }

// Size is the number of values in a map of this shape, H·W·C.
func (s Shape) Size() int { return s.H * s.W * s.C }

func (s Shape) String() string { return fmt.Sprintf("%d×%d×%d", s.H, s.W, s.C) }

// window is a rectangle that slides over a map: a patch of folding or a kernel of pooling.
type window struct{ h, w, sh, sw int }

func (w window) String() string {
	s := pair(w.h, w.w)
	if w.sh != 1 || w.sw != 1 {
		s += "/" + pair(w.sh, w.sw)
	}
	return s
}

func pair(a, b int) string {
	if a == b {
		return fmt.Sprint(a)
	}
	return fmt.Sprintf("%dx%d", a, b)
}

// folded is the size of one axis after folding (model.md §1): only whole patches count.
func folded(size, patch, stride int) int { return (size-patch)/stride + 1 }

// pooled is the size of one axis after pooling (model.md §2): a window may
// reach past the border but starts inside.
func pooled(size, kernel, stride int) int {
	n := (max(size-kernel, 0)+stride-1)/stride + 1
	if (n-1)*stride >= size {
		n--
	}
	return n
}
