package dataset

import "fmt"

// FolderFiles lists the paths of the pictures that ReadFolder reads, in its order.
func FolderFiles(dir string) ([]string, error) {
	pictures, _, err := listFolder(dir)
	if err != nil {
		return nil, fmt.Errorf("dataset: %w", err)
	}
	paths := make([]string, len(pictures))
	for i, p := range pictures {
		paths[i] = p.path
	}
	return paths, nil
}
