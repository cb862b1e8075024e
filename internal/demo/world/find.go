package world

// File is the file at a path.
func (w *World) File(path string) (File, bool) {
	for _, f := range w.Files {
		if f.Path == path {
			return f, true
		}
	}
	return File{}, false
}

// Agency is the agency with a code.
func (w *World) Agency(code string) (Agency, bool) {
	for _, a := range w.Agencies {
		if a.Code == code {
			return a, true
		}
	}
	return Agency{}, false
}

// Account is the account with an e-mail address.
func (w *World) Account(email string) (Account, bool) {
	for _, a := range w.Accounts {
		if a.Email == email {
			return a, true
		}
	}
	return Account{}, false
}

// Place is the place with a code.
func (w *World) Place(code string) (Place, bool) {
	for _, p := range w.Geography.Places {
		if p.Code == code {
			return p, true
		}
	}
	return Place{}, false
}
