// Package gallery makes a page of pictures with what a model says of them: one HTML file that carries its pictures
// along, loads nothing and works on ten thousand pictures. It takes plain values and knows no model.
//
// Words in it (names of files and classes) are the world's. They reach the page as data only: html/template writes them
// as JSON, the script shows them as text, and the Content-Security-Policy lets no other script run than the page's own,
// by its hash.
package gallery
