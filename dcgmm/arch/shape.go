package arch

import "fmt"

// Shape is the shape of a feature map: height, width and channels, each ≥ 1.
type Shape struct{ H, W, C int }

// Size is the number of values in a map of this shape, H·W·C.
func (s Shape) Size() int { return s.H * s.W * s.C }

func (s Shape) String() string { return fmt.Sprintf("%d×%d×%d", s.H, s.W, s.C) }

// Window is a rectangle that slides over a map: a patch of folding or a kernel of pooling.
type Window struct{ H, W, StrideH, StrideW int }

// pair is two sizes as an architecture has them: "8" or "3x5".
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

// covering is the smallest size ≥ size that patches cover without a rest.
func covering(size, patch, stride int) int {
	if size <= patch {
		return patch
	}
	return patch + (size-patch+stride-1)/stride*stride
}
