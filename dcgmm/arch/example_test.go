package arch_test

import (
	"fmt"
	"log"

	"deepgmm/dcgmm/arch"
)

func ExampleParse() {
	a, err := arch.Parse("F8/2 G49  M F6 A36:4", arch.Shape{H: 28, W: 28, C: 1})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%v: deep %t, pooled %t, %d parameters\n", a, a.Deep(), a.Pooled(), a.Params())
	for _, l := range a.Layers {
		fmt.Printf("%v → %v at %d positions, %d factors: %s\n", l.In, l.Out, l.P(), l.L, l.Name())
	}
	_, err = arch.Parse("F8/2 G49 F12 G36", a.Input)
	fmt.Println(err)
	// Output:
	// F8/2 G49 M F6 A36:4: deep true, pooled true, 387381 parameters
	// 28×28×1 → 11×11×49 at 121 positions, 0 factors: F8/2 G49
	// 6×6×49 → 1×1×36 at 1 positions, 4 factors: F6 A36:4
	// architecture "F8/2 G49 F12 G36", word 3 "F12": the 12 patch is larger than the 11×11×49 map it folds; the largest that fits is F11
}
