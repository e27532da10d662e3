package experiments

import (
	"maps"
	"path/filepath"
	"slices"
)

// ReadManifest returns what made the results in the folder of a tier, such as results/quick. The error names the file and the remedy.
func ReadManifest(dir string) (*Manifest, error) { return readManifest(dir) }

// BestResults is the folder that the paper is written from: that of the largest tier in the folder results that has a manifest, full
// before quick, real data before generated. The error says what to run if there is none.
func BestResults(results string) (string, error) { return bestResults(results) }

// Altered lists the tables and figures of the manifest that are missing in the folder dir, or are not what was written there. Paths are
// below dir, sorted.
func (m *Manifest) Altered(dir string) []string {
	var altered []string
	for _, path := range slices.Sorted(maps.Keys(m.Files)) {
		if hash, err := hashFile(filepath.Join(dir, filepath.FromSlash(path))); err != nil || hash != m.Files[path] {
			altered = append(altered, path)
		}
	}
	return altered
}
