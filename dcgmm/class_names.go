package dcgmm

import (
	"errors"
	"fmt"
	"slices"
)

// Bounds of names of classes: labels are bytes, and names go into the header of a checkpoint.
const (
	maxClassNames = 256
	maxClassName  = 1 << 10 // bytes
)

// SetClassNames gives the classes of the images that the network was trained on, or that its classifier knows, their
// names in the order of labels; they become part of its checkpoints. nil removes them. The scores do not depend on
// them. The error says which name is empty, too long or there twice, or that there are over 256.
func (n *Network) SetClassNames(names []string) error {
	if err := checkClassNames(names); err != nil {
		return err
	}
	n.classNames = slices.Clone(names)
	return nil
}

// ClassNames returns the names of classes in the order of labels, nil if there are none. They are to be read, not
// written.
func (n *Network) ClassNames() []string { return n.classNames }

func checkClassNames(names []string) error {
	if len(names) > maxClassNames {
		return fmt.Errorf("%d names of classes; there may be %d", len(names), maxClassNames)
	}
	seen := map[string]bool{}
	for _, name := range names {
		switch {
		case name == "":
			return errors.New("the name of a class is empty")
		case len(name) > maxClassName:
			return fmt.Errorf("the name of a class has %d bytes; it may have %d", len(name), maxClassName)
		case seen[name]:
			return fmt.Errorf("the name of a class, %q, is there twice", name)
		}
		seen[name] = true
	}
	return nil
}

// classNamesToBytes are names as a header has them: those of folders need not be UTF-8, which JSON cannot have.
func classNamesToBytes(names []string) (all [][]byte) {
	for _, name := range names {
		all = append(all, []byte(name))
	}
	return all
}

func classNamesOf(all [][]byte) (names []string) {
	for _, name := range all {
		names = append(names, string(name))
	}
	return names
}
