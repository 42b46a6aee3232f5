package provider

import (
	"cmp"
	"slices"
	"strings"

	"github.com/leadgate/leadgate/lead"
)

// The first step of the reader: who is in this body? Every value that is a
// person's detail belongs to one party, told by the object that it stands in
// and by the owner in its label (order_email, ticket_email). Each party has a
// role, and one of them, or several of one list, are the lead. The second step
// fills the fields from that party alone, and then, as its complement, from
// parties that do not contradict it.

// role is what somebody has to do with us. The order is that of preference.
type role uint8

const (
	roleLead   role = iota // the body says that it is who came to us
	rolePlain              // nothing is said
	roleUser               // an account, who may be our own
	rolePayer              // who paid, not who comes
	roleOthers             // somebody beside the lead: only where there is no other
	roleOurs               // never the lead
)

// roleNames are the roles as `leadgate read` tells them.
var roleNames = [...]string{"lead", "person", "user", "payer", "other", "ours"}

// party is one person of a body, as far as the body tells.
type party struct {
	owner  int    // the object that its details stand in
	prefix string // the owner that their labels name; mostly none
	role   role
	email  string
	phone  string
	names  [4]string // full, first, last, given
	tier   uint8     // 1: the lead; more: a complement, the nearest first; 0: somebody else
}

func (p *party) reachable() bool { return p.email != "" || p.phone != "" }

func (p *party) named() bool { return p.names != [4]string{} }

// people finds the parties of a body.
type people struct {
	pairs   []pair
	owners  []owner
	parties []party
	leads   []int // indices of the parties that came to us; none: nobody did
}

// find sorts the pairs into parties and chooses the leads.
func (w *people) find() {
	for i := range w.pairs {
		if p := &w.pairs[i]; p.field.personal() && p.place != placeOurs {
			w.join(p)
		} else {
			p.party = -1
		}
	}
	best := -1
	for i := range w.parties {
		if p := &w.parties[i]; p.role != roleOurs && (p.reachable() || p.named()) && (best < 0 || w.before(i, best)) {
			best = i
		}
	}
	if best >= 0 {
		w.leads = append(w.leads, best)
		w.peers(best)
	}
}

// tell reports the people that were found.
func (w *people) tell(met func(Found)) {
	for i := range w.parties {
		p := &w.parties[i]
		if !p.reachable() && !p.named() {
			continue
		}
		where := w.owners[p.owner].path
		if p.prefix != "" {
			where = strings.TrimSpace(where + " " + p.prefix + "...")
		}
		person := lead.Person{Email: p.email, Phone: p.phone, Name: p.names[0], FirstName: cmp.Or(p.names[1], p.names[3]), LastName: p.names[2]}
		person.Fill()
		met(Found{Role: roleNames[p.role], Lead: slices.Contains(w.leads, i), Where: where, Person: person})
	}
}

// personal says that a field is a detail of a person.
func (f field) personal() bool { return f >= fieldEmail && f <= fieldTitle && f != unknown }

// join adds a pair to its party.
func (w *people) join(p *pair) {
	at := w.who(p.owner)
	i := slices.IndexFunc(w.parties, func(x party) bool { return x.owner == at && x.prefix == p.prefix })
	if i < 0 {
		i = len(w.parties)
		w.parties = append(w.parties, party{owner: at, prefix: p.prefix, role: w.roleOf(at, p.prefix)})
	}
	p.party = i
	x := &w.parties[i]
	if !p.fits || p.weak && !p.answer && !w.owners[p.owner].person && (!w.owners[p.owner].own || w.owners[p.owner].envelope) {
		return // a name alone is anything's
	}
	if p.came && x.role == rolePlain {
		x.role = roleLead
	}
	switch p.field {
	case fieldEmail:
		keepFirst(&x.email, p.fit)
	case fieldPhone:
		keepFirst(&x.phone, p.fit)
	case fieldName:
		keepFirst(&x.names[0], p.fit)
	case fieldFirst:
		keepFirst(&x.names[1], p.fit)
	case fieldLast:
		keepFirst(&x.names[2], p.fit)
	case fieldGiven:
		keepFirst(&x.names[3], p.fit)
	}
}

func keepFirst(to *string, value string) {
	if *to == "" {
		*to = value
	}
}

// who climbs from an object to the one that stands for the person: the parts
// of a name and the list of numbers are the person's around them.
func (w *people) who(at int) int {
	for {
		o := &w.owners[at]
		if o.parent < 0 || !o.place.part() && o.place != placeConsent && o.place != placeUTM {
			return at
		}
		at = o.parent
	}
}

// roleOf is the role of a party, told by the owner that its labels name, else by
// the object that it stands in.
func (w *people) roleOf(at int, prefix string) role {
	in := rolePlain
	switch w.owners[at].place {
	case placeLead:
		in = roleLead
	case placeUser:
		in = roleUser
	case placePayer:
		in = rolePayer
	case placeOthers, placeEvent, placeThing, placeForm, placePage:
		in = roleOthers
	case placeOurs:
		in = roleOurs
	}
	switch says := w.owners[at].says; {
	case in == roleOurs || says&markOurs != 0:
		return roleOurs
	case says&markLead != 0:
		in = roleLead
	}
	if prefix == "" || in > rolePayer {
		return in
	}
	switch all := wordsOf([]byte(prefix)); {
	case all&(markOurs|markOthers) != 0:
		return roleOthers
	case all&markPayer != 0:
		return rolePayer
	case all&markLead != 0:
		return roleLead
	}
	return in
}

// behind says that a party is the lead only where there is no other.
func (w *people) behind(i int) bool {
	p := &w.parties[i]
	return p.role >= roleOthers || w.owners[p.owner].aside
}

// before says that party i is rather the lead than party j.
func (w *people) before(i, j int) bool {
	a, b := &w.parties[i], &w.parties[j]
	if x, y := w.behind(i), w.behind(j); x != y {
		return y
	}
	if x, y := a.reachable(), b.reachable(); x != y {
		return x
	}
	if a.owner == b.owner && a.prefix != b.prefix && (a.prefix == "" || b.prefix == "") && a.email != "" && b.email != "" {
		return a.prefix == "" // a plain label beats one with an owner
	}
	if a.role != b.role {
		return a.role < b.role
	}
	if x, y := w.owners[a.owner].depth, w.owners[b.owner].depth; x != y {
		return x < y
	}
	if x, y := a.email != "", b.email != ""; x != y {
		return x
	}
	if (a.prefix == "") != (b.prefix == "") {
		return a.prefix == ""
	}
	return false // the earlier one
}

// peers adds those who came with the lead in one list: parties of the same role
// in the other members of the list, or under the same label with another number.
func (w *people) peers(first int) {
	a := w.parties[first]
	if w.listOf(a.owner) < 0 && withoutNumber(a.prefix) == a.prefix {
		return
	}
	shape := withoutMembers(w.owners[a.owner].path)
	for i := range w.parties {
		b := &w.parties[i]
		if i == first || b.role != a.role || !b.reachable() && (a.reachable() || !b.named()) || withoutNumber(b.prefix) != withoutNumber(a.prefix) {
			continue
		}
		if (b.owner != a.owner) == (b.prefix == a.prefix) && withoutMembers(w.owners[b.owner].path) == shape && !w.known(b) {
			w.leads = append(w.leads, i)
		}
	}
	slices.Sort(w.leads)
}

// known says that a party is one of the leads again.
func (w *people) known(b *party) bool {
	return slices.ContainsFunc(w.leads, func(i int) bool {
		a := &w.parties[i]
		return a.email != "" && strings.EqualFold(a.email, b.email) || a.email == b.email && a.phone == b.phone && a.names == b.names
	})
}

// listOf is the innermost object around (or at) an object that is a member of a
// list; -1: there is none.
func (w *people) listOf(at int) int {
	for ; at >= 0; at = w.owners[at].parent {
		if w.owners[at].member > 0 {
			return at
		}
	}
	return -1
}

// withoutMembers takes the numbers of lists' members out of a path.
func withoutMembers(path string) string {
	for {
		open := strings.IndexByte(path, '[')
		end := strings.IndexByte(path, ']')
		if open < 0 || end < open {
			return path
		}
		path = path[:open] + path[end+1:]
	}
}

// withoutNumber takes the number out of an owner: attendee 2 is an attendee.
func withoutNumber(prefix string) string {
	if !strings.ContainsAny(prefix, "0123456789") {
		return prefix
	}
	words := strings.Fields(prefix)
	words = slices.DeleteFunc(words, func(s string) bool { return strings.Trim(s, "0123456789") == "" })
	for i := range words {
		words[i] = strings.TrimRight(words[i], "0123456789")
	}
	return strings.Join(words, " ")
}

// contains says that object at is outer or stands within it.
func (w *people) contains(outer, at int) bool {
	for ; at >= 0; at = w.owners[at].parent {
		if at == outer {
			return true
		}
	}
	return false
}

// apart says that a pair belongs to another lead of the same list.
func (w *people) apart(p *pair, lead int) bool {
	mine := w.parties[lead]
	for _, i := range w.leads {
		other := &w.parties[i]
		switch {
		case i == lead:
		case other.owner == mine.owner:
			if p.party == i {
				return true
			}
		case w.contains(w.fork(other.owner, mine.owner), p.owner):
			return true
		}
	}
	return false
}

// fork is the outermost object around theirs that is not around mine.
func (w *people) fork(theirs, mine int) int {
	for up := w.owners[theirs].parent; up >= 0 && !w.contains(up, mine); up = w.owners[theirs].parent {
		theirs = up
	}
	return theirs
}

// complete orders the parties that may complete the lead: those within it, then
// those around it, then the others, as far as none contradicts what is known.
func (w *people) complete(lead int) {
	for i := range w.parties {
		w.parties[i].tier = 0
	}
	whole := w.parties[lead] // what is known of the lead, growing
	w.parties[lead].tier = 1
	next := uint8(2)
	for near := 0; near < 3; near++ {
		for {
			best := -1
			for i := range w.parties {
				if p := &w.parties[i]; p.tier == 0 && w.near(i, lead) == near && w.fits(i, lead, &whole) && (best < 0 || w.nearer(i, best, lead)) {
					best = i
				}
			}
			if best < 0 {
				break
			}
			w.parties[best].tier = next
			next += min(1, 255-next)
			whole.learn(&w.parties[best])
		}
	}
}

// near is 0 within the lead, 1 around it, 2 elsewhere.
func (w *people) near(i, lead int) int {
	a, b := w.parties[i].owner, w.parties[lead].owner
	switch {
	case w.contains(b, a):
		return 0
	case w.contains(a, b) || w.owners[a].parent < 0:
		return 1
	}
	return 2
}

// nearer says which of two is asked first.
func (w *people) nearer(i, j, lead int) bool {
	a, b := &w.parties[i], &w.parties[j]
	if x, y := w.owners[a.owner].depth, w.owners[b.owner].depth; x != y && w.near(i, lead) == 1 {
		return x > y
	}
	if a.role != b.role {
		return a.role < b.role
	}
	if x, y := w.owners[a.owner].depth, w.owners[b.owner].depth; x != y {
		return x < y
	}
	return a.prefix == "" && b.prefix != ""
}

// fits says that a party may complete the lead.
func (w *people) fits(i, lead int, whole *party) bool {
	p, of := &w.parties[i], &w.parties[lead]
	if p.role == roleOurs {
		return false
	}
	if whole.is(p) {
		return !w.behind(i) || w.behind(lead)
	}
	if whole.contradicts(p) || w.behind(i) && !w.behind(lead) || p.role >= roleOthers && w.near(i, lead) == 2 {
		return false
	}
	if p.role == roleUser && of.role == roleLead && (p.reachable() || p.named()) {
		return false // the user who took the call
	}
	if in := w.listOf(p.owner); in >= 0 && !w.contains(in, of.owner) {
		return !p.reachable() && !p.named() || p.role == roleLead && w.alone(in)
	}
	return true
}

// alone says that a list's member is the only one.
func (w *people) alone(at int) bool {
	path := withoutMembers(w.owners[at].path)
	return !slices.ContainsFunc(w.owners, func(o owner) bool { return o.member > 1 && withoutMembers(o.path) == path })
}

// learn adds what a complement tells.
func (p *party) learn(x *party) {
	keepFirst(&p.email, x.email)
	keepFirst(&p.phone, x.phone)
	for i := range p.names {
		keepFirst(&p.names[i], x.names[i])
	}
}

// is says that two parties are one person for certain.
func (p *party) is(x *party) bool {
	return p.email != "" && strings.EqualFold(p.email, x.email) || p.phone != "" && sameDigits(p.phone, x.phone) ||
		p.named() && x.named() && p.names[1]+p.names[2] != "" && p.names[1] == x.names[1] && p.names[2] == x.names[2]
}

// contradicts says that two parties cannot be one person: they have two
// addresses, or two names without a word in common, or two numbers.
func (p *party) contradicts(x *party) bool {
	if p.named() && x.named() {
		return !p.sharesWord(x)
	}
	return p.email != "" && x.email != "" || p.phone != "" && x.phone != ""
}

// sharesWord says that the names of two parties have a word in common, or are
// the first and the last name of one.
func (p *party) sharesWord(x *party) bool {
	var all []string
	for _, name := range p.names {
		all = append(all, strings.Fields(normalText(name))...)
	}
	other := false
	for _, name := range x.names {
		for word := range strings.FieldsSeq(normalText(name)) {
			if slices.Contains(all, word) {
				return true
			}
			other = true
		}
	}
	return !other || p.names[0] == "" && x.names[0] == "" && (p.names[1] == "" || x.names[1] == "") && (p.names[2] == "" || x.names[2] == "")
}

// sameDigits says that two numbers end in the same digits.
func sameDigits(a, b string) bool {
	a, b = onlyDigits(a), onlyDigits(b)
	n := min(len(a), len(b), 9)
	return n >= 7 && a[len(a)-n:] == b[len(b)-n:]
}

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// digitsIn counts the digits in s.
func digitsIn(s string) int {
	count := 0
	for i := range len(s) {
		if s[i] >= '0' && s[i] <= '9' {
			count++
		}
	}
	return count
}
