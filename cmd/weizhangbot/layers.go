package main

import "github.com/weizhangbot/weizhangbot/storage"

// beneath is the first layer of a store that is a T, from the outside in; ok is
// false when none is.
func beneath[T any](s storage.Store) (layer T, ok bool) {
	for {
		if layer, ok = s.(T); ok {
			return layer, true
		}
		outer, wraps := s.(interface{ Unwrap() storage.Store })
		if !wraps {
			return layer, false
		}
		s = outer.Unwrap()
	}
}
