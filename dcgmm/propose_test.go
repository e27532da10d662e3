package dcgmm

import "testing"

// Proposals fit every shape: one position on top, no pixel left over, and no more components than images can teach.
func TestProposalsFit(t *testing.T) {
	for _, c := range []int{1, 3} {
		for h := 1; h <= 130; h += 3 {
			for _, w := range []int{h, 1, 5, 11, 12, 28, 47, 128} {
				for _, n := range []int{1, 100, 1800, 1_000_000} {
					in := Shape{H: h, W: w, C: c}
					net, err := New(Propose(in, n), in, Init{})
					if err != nil {
						t.Fatalf("%v, %d images: %v", in, n, err)
					}
					a := net.Arch()
					if top := a.Top(); top.P() != 1 || top.K() > max(4, n/fairShare) || top.K() < 4 {
						t.Errorf("%v, %d images: %v", in, n, a)
					}
					for _, l := range a.Layers {
						if (l.Padded.H-l.Fold.H)%l.Fold.StrideH != 0 || (l.Padded.W-l.Fold.W)%l.Fold.StrideW != 0 {
							t.Errorf("%v: %v leaves pixels out", in, a)
						}
					}
				}
			}
		}
	}
}

func TestProposals(t *testing.T) {
	for _, c := range []struct {
		in     Shape
		images int
		want   string
	}{
		{Shape{H: 28, W: 28, C: 1}, 50000, "F8/2 G49 M F6 G49"},
		{Shape{H: 28, W: 28, C: 1}, 1618, "F8/2 G49 M F6 G36"},
		{Shape{H: 32, W: 32, C: 3}, 50000, "F8/3 G49 M F5 G49"},
		{Shape{H: 64, W: 64, C: 3}, 400, "F10/6 G25 M F5 G9"},
		{Shape{H: 16, W: 32, C: 1}, 2000, "F6x8/1x3 G49 M F6x5 G49"},
		{Shape{H: 8, W: 8, C: 1}, 1800, "F8 G36"},
	} {
		if got := Propose(c.in, c.images); got != c.want {
			t.Errorf("%d images of %v: %s, want %s", c.images, c.in, got, c.want)
		}
	}
}
