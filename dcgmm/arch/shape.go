package arch

import "fmt"

// Shape is the shape of a feature map: height, width and channels, each ≥ 1.
type Shape struct{ H, W, C int }

// Size is the number of values in a map of this shape, H·W·C.
func (s Shape) Size() int { return s.H * s.W * s.C }

func (s Shape) String() string { return fmt.Sprintf("%d×%d×%d", s.H, s.W, s.C) }

// Window is a rectangle that slides over a map: a patch of folding or a kernel of pooling.
type Window struct{ H, W, StrideH, StrideW int }

// Size is the window without its stride as an architecture has it: "8" or "3x5".
func (w Window) Size() string { return pair(w.H, w.W) }

// String is the window with its stride as an architecture has it: "8/2" or "3x5/1x2".
func (w Window) String() string { return w.Size() + "/" + pair(w.StrideH, w.StrideW) }

func pair(a, b int) string {
	if a == b {
		return fmt.Sprint(a)
	}
	return fmt.Sprintf("%dx%d", a, b)
}

// strides reports whether the stride is larger than the window, so that parts of a map lie between two.
func (w Window) strides() bool { return w.StrideH > w.H || w.StrideW > w.W }

// exceeds reports whether the window is larger than a map.
func (w Window) exceeds(s Shape) bool { return w.H > s.H || w.W > s.W }

// within is the size of as much of the window as a map has.
func (w Window) within(s Shape) string { return pair(min(w.H, s.H), min(w.W, s.W)) }

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

// covering is the smallest size ≥ size that patches cover without a rest.
func covering(size, patch, stride int) int {
	if size <= patch {
		return patch
	}
	return patch + (size-patch+stride-1)/stride*stride
}
