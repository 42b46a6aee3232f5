package app

import (
	"github.com/leadgate/leadgate/handlers/inbox"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/rules"
	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/message"
)

// previews shows what Slack would be told of a lead, on the lead's page.
func previews(public string, set func() *rules.Set) func(*lead.Lead, *lead.Touch) inbox.Preview {
	return func(l *lead.Lead, t *lead.Touch) inbox.Preview {
		m := message.Compose(notify.Alert{Kind: lead.HotAlert, Lead: l, Touch: t}, message.Style{PublicURL: public, Label: set().Label})
		p := inbox.Preview{Header: m.Header, Quote: m.Quote, Why: m.Why, Next: m.NextStep}
		if !m.RespondBy.IsZero() {
			p.Lines = append(p.Lines, "Respond by "+m.RespondBy.Format("15:04 MST"))
		}
		for _, line := range []string{m.Phone.Shown, m.Email.Shown, m.About} {
			if line != "" {
				p.Lines = append(p.Lines, line)
			}
		}
		for _, f := range m.Facts {
			p.Facts = append(p.Facts, inbox.PreviewFact(f))
		}
		for _, b := range append(m.Buttons, m.Menu...) {
			p.Click = append(p.Click, b.Label)
		}
		return p
	}
}
