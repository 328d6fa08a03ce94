package web

// Add puts one more route into the server, for the test that leaves a permission out.
func (s *Server) Add(r Route) error { return s.add(r) }
