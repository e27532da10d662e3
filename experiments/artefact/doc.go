// Package artefact reads and writes the folder of a tier's results, such as results/full: tables and figures in a folder for each data set, and a
// manifest with the hashes of all of them (manifest.go). What a manifest says is checked before it is used (check.go): it may come from
// anywhere. write.go replaces and removes nothing but what the program wrote; shards.go keeps the manifests of shards beside a cache.
package artefact
