package mail

// Abroad treats the sender's server as one on another machine, for tests: they have none but this.
func Abroad(s *Sender) { s.abroad = true }
