// Package strict reads JSON that people write or change by hand, and lets nothing pass that would be read in silence as
// something else.
package strict

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// Unmarshal reads the one JSON value that text is into what v points to. Beyond json.Unmarshal it refuses unknown
// keys, keys whose letters differ in case from those of the field, keys that come twice in an object, and anything
// after the value. Types with a method UnmarshalJSON read their text themselves; of theirs only keys that come twice
// are refused.
func Unmarshal(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is something after the closing brace")
	}
	d = json.NewDecoder(bytes.NewReader(text)) // whose depth Decode has bounded
	return checkKeys(d, reflect.TypeOf(v))
}

// checkKeys reads one value, of type t if t is not nil.
func checkKeys(d *json.Decoder, t reflect.Type) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	t = target(t)
	switch token {
	case json.Delim('['):
		for d.More() {
			if err := checkKeys(d, element(t)); err != nil {
				return err
			}
		}
	case json.Delim('{'):
		if err := checkObject(d, t); err != nil {
			return err
		}
	default:
		return nil
	}
	_, err = d.Token() // the closing one
	return err
}

func checkObject(d *json.Decoder, t reflect.Type) error {
	seen := map[string]bool{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return err
		}
		key := token.(string)
		if seen[key] {
			return fmt.Errorf("the key %q comes twice in an object; keep one", key)
		}
		seen[key] = true
		inner := element(t)
		if t != nil && t.Kind() == reflect.Struct {
			if inner, err = field(t, key); err != nil {
				return err
			}
		}
		if err := checkKeys(d, inner); err != nil {
			return err
		}
	}
	return nil
}

// target is what a pointer points to, nil for what is not looked into.
func target(t reflect.Type) reflect.Type {
	for t != nil {
		if reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()) {
			return nil
		}
		if t.Kind() != reflect.Pointer {
			break
		}
		t = t.Elem()
	}
	return t
}

// element is the type of the values of lists and maps.
func element(t reflect.Type) reflect.Type {
	if t != nil && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array || t.Kind() == reflect.Map) {
		return t.Elem()
	}
	return nil
}

// field is the type of the field that has exactly this key.
func field(t reflect.Type, key string) (reflect.Type, error) {
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			name = f.Name
		}
		switch {
		case name == key:
			return f.Type, nil
		case strings.EqualFold(name, key):
			return nil, fmt.Errorf("unknown key %q; it is written %q", key, name)
		}
	}
	return nil, fmt.Errorf("unknown key %q", key)
}
