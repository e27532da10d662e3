// Package textures draws small pictures of ten textures, and of the same with defects, from a seed: what a camera over a
// production line sees. They show which score of a model finds which defect.
//
//	textures.go  sets of images and their folders
//	patterns.go  ten textures
//	surface.go   what patterns are drawn on: a material and its print
//	defects.go   five kinds of defects
package textures
