package runs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// What resending many comes to.
const (
	resendSent  = "resent"
	resendHasIt = "has_it" // the target has a receipt
)

// ResendAll starts sending a target the touches that a filter chooses and that it
// has missed: it was never notified, or the delivery failed. With failed only the
// latter; with again also what it has. A second run finds nothing left to do.
func (w *Runs) ResendAll(ctx context.Context, r lead.ResendMany, wait time.Duration) (lead.Run, error) {
	if !w.o.Known(r.To) {
		return lead.Run{}, fmt.Errorf("resend to %q: %w", r.To, lead.ErrNoTarget)
	}
	f := r.TouchFilter
	f.State = lead.Settled
	e, err := w.o.Registry.Start("resend", r.DryRun, func(ctx context.Context, add func(lead.Result)) error {
		for t, err := range w.o.Store.AllTouches(ctx, f) {
			if err == nil {
				err = w.resendMissed(ctx, t, r, add)
			}
			if err = errors.Join(err, ctx.Err()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return lead.Run{}, err
	}
	if !r.DryRun {
		w.o.Audit.Record(ctx, lead.Entry{By: r.By, Did: lead.ActResend, About: r.To})
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	return e.Wait(ctx), nil
}

func (w *Runs) resendMissed(ctx context.Context, t *lead.Touch, r lead.ResendMany, add func(lead.Result)) error {
	if t.State != lead.Settled || t.LeadID == "" || t.Test || t.Silent {
		return nil
	}
	out := lead.Result{TouchID: t.ID, LeadID: t.LeadID, Target: r.To}
	state := lead.DeliveryState("")
	for _, d := range t.Deliveries {
		if d.Target == r.To {
			state = d.State
		}
	}
	switch {
	case r.Failed && state != lead.Failed:
		return nil
	case (state == lead.Sent || state == lead.Previewed) && !r.Again:
		out.Result = resendHasIt
		add(out)
		return nil
	}
	found, err := w.o.Store.LeadsByID(ctx, []string{t.LeadID})
	if err != nil || found[0] == nil {
		return err
	}
	l := found[0]
	if l.Apart || l.NotALead || l.Status == lead.Junk || l.Temperature < r.AtLeast {
		return nil
	}
	out.Result = resendSent
	if !r.DryRun {
		if err := w.o.Resend(ctx, t, []string{r.To}, r.By); err != nil {
			return fmt.Errorf("resend touch %s: %w", t.ID, err)
		}
	}
	add(out)
	return nil
}
