package source

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/leadgate/leadgate/handlers/problem"
)

// advice says what the owner of a source can do about a refusal, by its reason.
func (e *Endpoint) advice(why string) string {
	sender := "the sender"
	if e.Vendor() {
		sender = cmp.Or(e.Format.Title, e.Format.Name)
	}
	switch problem.Code(why) {
	case problem.BadSignature:
		return "The secret here differs from the one at " + sender + ". Copy it from there into secret of this source; secret_previous keeps the old one good while it changes."
	case problem.Stale:
		return "It was signed long before it came, or the clocks differ. Set this machine's clock by NTP; a delivery that is replayed much later is refused for good."
	case problem.BadToken:
		return e.adviceOnToken(sender)
	case problem.NoContact:
		return "No field was known as an e-mail address or a phone number. Call one email or phone, or map it with fields of this source; the page Rules shows what a payload is read as."
	case problem.Malformed:
		return "The body is cut off, or is neither JSON nor a form. The page Rules says where it goes wrong."
	case problem.TooLarge:
		return "It is larger than max_body, has too many parts, or holds more than 20 people without a token. Have " + sender + " leave files out or send less at once, raise max_body, or give the source a token."
	case problem.UnsupportedType:
		return "Have " + sender + " send JSON (application/json) or a form (application/x-www-form-urlencoded)."
	case problem.RateLimited:
		return "One address sent more than rate of this source lets through. If these were people, raise it; behind a proxy set trusted_proxies, so that they are told apart."
	case problem.MethodNotAllowed:
		return "Have " + sender + " use POST."
	case problem.NotFound:
		return "Something stands behind the address. Copy the address of this source to " + sender + " again."
	case problem.NotDurable:
		return "The disk could not take it, and " + sender + " was asked to come again. leadgate doctor says what is wrong."
	case problem.Internal:
		return "This is a mistake of leadgate; its log says which."
	case handshakeRefused:
		return "What " + sender + " sends to check the address does not fit verify_token or secret of this source. Set them to what stands there, and save the address there again."
	}
	return ""
}

// adviceOnToken tells apart the two things that a stranger does not know.
func (e *Endpoint) adviceOnToken(sender string) string {
	var all []string
	if e.Token != "" {
		all = append(all, "The address ends in another token, or in none. Copy the address of this source to "+sender+" again.")
	}
	var names []string
	for name := range e.Header {
		names = append(names, http.CanonicalHeaderKey(name))
	}
	if slices.Sort(names); len(names) > 0 {
		all = append(all, "Have "+sender+" send the header "+strings.Join(names, ", ")+" with the value that header of this source has.")
	}
	if len(all) == 0 { // it had a token before
		return "The address has a token that this source does not ask for. Copy the address of this source to " + sender + " again."
	}
	return strings.Join(all, " ")
}

// handshakeRefused is the reason of a handshake that was turned away.
const handshakeRefused = "handshake_refused"
