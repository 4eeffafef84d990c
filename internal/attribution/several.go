package attribution

import (
	"slices"

	"bagnet"
)

// Each returns the settings for each of several methods.
func (s *Settings) Each(methods []string) (all []*Settings) {
	for _, method := range methods {
		of := *s
		of.Method = method
		all = append(all, &of)
	}
	return all
}

// CheckEach is Check for several methods: a setting makes sense if one of them has a use for it.
func (s *Settings) CheckEach(methods []string, given func(option string) bool) (option string, err error) {
	all := s.Each(methods)
	useless := func(option string) bool {
		return given(option) && !slices.ContainsFunc(all, func(of *Settings) bool {
			return slices.ContainsFunc(of.Used(), func(u Setting) bool { return u.Name == option })
		})
	}
	for _, of := range all {
		if option, err := of.Check(useless); err != nil {
			return option, err
		}
	}
	return "", nil
}

// MostBytes is what a pass needs of the method that needs most; see Bytes.
func MostBytes(all []*Settings, m *bagnet.Model, w, h int) (most int, err error) {
	for _, of := range all {
		bytes, err := of.Bytes(m, w, h)
		if err != nil {
			return 0, err
		}
		most = max(most, bytes)
	}
	return most, nil
}
