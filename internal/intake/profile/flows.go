package profile

// flow reads how many people link one area to another.
func (c *cursor) flow() Record {
	f := &FlowRow{
		Origin: squash(c.text(fOrigin)), Destination: squash(c.text(fDestination)), DestinationType: c.text(fDestinationType),
		Period: c.text(fPeriod), Source: c.text(fSource), Note: c.text(fNote),
	}
	if f.Origin == "" {
		c.refuse(fOrigin, "", "no origin; expected the area people come from")
	}
	if f.Destination == "" {
		c.refuse(fDestination, "", "no destination; expected the area people go to")
	}
	f.People = c.people(fPeople)
	f.Confirmed, f.Suspected, f.Supply, f.Violence = c.people(fConfirmed), c.people(fSuspected), c.people(fSupply), c.people(fFlowViolence)
	switch {
	case c.refused:
	case !f.People.Known && f.Confirmed.Known && f.Suspected.Known:
		f.People = Count{N: f.Confirmed.N + f.Suspected.N, Known: true}
	case !f.People.Known && !f.People.Suppressed:
		c.warn(fPeople, "", "no number of people; the link is kept without one")
	}
	for _, part := range [...]struct {
		f field
		n Count
	}{{fConfirmed, f.Confirmed}, {fSuspected, f.Suspected}, {fSupply, f.Supply}, {fFlowViolence, f.Violence}} {
		if part.n.Known && f.People.Known && part.n.N > f.People.N {
			c.warn(part.f, c.text(part.f), "more than the people of the row")
		}
	}
	if f.Confirmed.Known && f.Suspected.Known && f.People.Known && f.Confirmed.N+f.Suspected.N > f.People.N {
		c.warn(fPeople, c.text(fPeople), "confirmed and suspected together are more than the people of the row")
	}
	return f
}

// people reads a number of people, which refuses the row when it is not one.
func (c *cursor) people(f field) Count {
	v := c.text(f)
	n, err := parseCount(v)
	if err != nil {
		c.refuse(f, v, err.Error()+"; expected a number of people")
	}
	return n
}
