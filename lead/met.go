package lead

// Met is what the store knows of a touch before it is added to its lead: whether
// another said the same a moment before, and whom its person may be. What it
// knows of the person may have changed by the time of the adding, which finds out.
type Met struct {
	First            string // the touch that said this content first; the touch itself if none did
	ByEmail, ByPhone string // what the store's pointers name; empty: nobody
	Wiped            bool   // the store has forgotten all it knew
}
