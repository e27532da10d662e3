package dcgmm

import (
	"strings"
	"testing"
)

// The parameters of the architecture are those that the network has.
func TestNetworksHaveTheParametersOfTheirArchitecture(t *testing.T) {
	for _, c := range networkCases {
		net, err := New(c.arch, c.in, Init{})
		if err != nil {
			t.Fatal(err)
		}
		all := 0
		for i, l := range net.layers {
			n, g := 0, l.gmm
			for _, p := range l.gmm.family.parameters() {
				n += len(p.v)
			}
			if l := net.Arch().Layers[i]; l.Params() != n || l.K() != g.K || l.D() != g.D || l.Sets() != g.Sets || l.L != g.L {
				t.Errorf("%s: layer %d has %d parameters, %+v", c.arch, i, n, l)
			}
			all += n
		}
		if net.Arch().Params() != all || net.Arch().String() != c.arch || net.Arch().Input != c.in {
			t.Errorf("%v, want %s for %v, %d parameters", net, c.arch, c.in, all)
		}
	}
}

func TestInitErrors(t *testing.T) {
	for _, init := range []Init{{MuRange: -1}, {MaxPrecRoot: -2}, {MaxPrecRoot: 1e-9}, {MaxPrecRoot: 1e9}} {
		if _, err := New("F2 G2", Shape{H: 2, W: 2, C: 1}, init); err == nil || !strings.Contains(err.Error(), "Init:") || init.Validate() == nil {
			t.Errorf("%+v: %v", init, err)
		}
	}
}
