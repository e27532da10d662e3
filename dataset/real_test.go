package dataset

import (
	"os"
	"testing"
)

// TestRealData reads the published files from the folder that DCGMM_DATA names.
func TestRealData(t *testing.T) {
	dir := os.Getenv("DCGMM_DATA")
	if dir == "" {
		t.Log("DCGMM_DATA names no folder with mnist and fashion-mnist: the published files are not read")
		return
	}
	for _, name := range []string{"mnist", "fashion-mnist"} {
		t.Run(name, func(t *testing.T) {
			d, err := Load(t.Context(), name, Options{Dirs: []string{dir}, CacheDir: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			for _, split := range []struct {
				set *Set
				n   int
			}{{d.Train, 50000}, {d.Valid, 10000}, {d.Test, 10000}} {
				s := split.set
				s.check("test")
				if s.N != split.n || s.H != 28 || s.W != 28 || s.C != 1 || s.Classes != 10 || s.Generated || s.Name != name {
					t.Errorf("%s: %d×%d×%d×%d in %d classes, want %d images", s.Name, s.N, s.H, s.W, s.C, s.Classes, split.n)
				}
				var count [10]int
				for _, label := range s.Labels {
					count[label]++
				}
				for class, n := range count { // 6,313 images of 5 are the fewest of MNIST's 70,000
					if n < split.n*8/100 || n > split.n*12/100 {
						t.Errorf("%d of %d images have the class %d", n, split.n, class)
					}
				}
			}
		})
	}
}
