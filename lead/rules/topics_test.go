package rules

import (
	"slices"
	"testing"

	"github.com/leadgate/leadgate/lead"
)

// TestRules_NotLeads holds both sides of the line: who is taken for somebody
// who does not want to buy, and who must never be.
func TestRules_NotLeads(t *testing.T) {
	not := map[string][]string{
		"support_topic": {"Topic: Support", "Betreff: Technischer Support", "Subject: Billing", "Anliegen: Reklamation", "Motif: Service client", "Asunto: Soporte técnico",
			"Oggetto: Assistenza tecnica", "Assunto: Suporte", "Onderwerp: Klantenservice", "Temat: Pomoc techniczna", "тема: Техподдержка", "件名: サポート", "How can we help?: Help / Support", "reason_for_contact: complaint"},
		"job_topic":    {"Topic: Jobs & Careers", "Betreff: Bewerbung", "Sujet: Candidature", "Asunto: Empleo", "department: Careers", "件名: 採用"},
		"press_topic":  {"Topic: Press", "Betreff: Presse", "subject: Media inquiry"},
		"vendor_topic": {"Topic: Become a supplier", "Betreff: Lieferanten"},
		"support_words": {"message: I can't log in to my account", "message: Ich habe mein Passwort vergessen", "message: J'ai un mot de passe oublié", "message: Olvidé mi contraseña",
			"message: ログインできません"},
		"job_words": {"message: Please find attached my CV", "message: Ich möchte mich bewerben", "message: Veuillez trouver mon CV", "message: Busco trabajo en su empresa"},
		"vendor_words": {"message: Do you accept guest posts on your blog?", "message: We can bring your website to the first page of Google at the best price",
			"message: Wir bieten SEO für Ihre Firma", "message: I would like to redesign your website"},
		"topic_as_message": {"message: Support", "message: job application"},
	}
	r := Default()
	for rule, forms := range not {
		for _, form := range forms {
			v := r.Classify(leadOf(ann, did("contact_form", 0, form)), noon)
			if !v.NotALead || len(v.Reasons) != 1 || v.Reasons[0].Rule != rule {
				t.Errorf("%q: not a lead = %v by %v, want by %s", form, v.NotALead, v.Reasons, rule)
			}
		}
	}
	for _, form := range []string{
		"Topic: Sales", "Topic: Other", "Topic: Partnership", "Topic: ", "Subject: Support contract for 300 seats", "Topic: IT support", "Topic: HR software",
		"Topic: Supply chain consulting", "Subject: Web application", "Topic: Early stage startup", "Subject: Pressure sensors", "Betreff: Support und Angebot",
		"message: We need SSO for 300 seats. Do you offer support?", "message: Please support us in choosing a plan", "message: We get too many job applications and look for a tool",
		"message: Our support team needs a new tool", "message: Does your product integrate with our job board?", "message: We want to buy backlinks", "message: We need SEO services",
		"message: I forgot my password but also want a quote", "message: Wir suchen ein System für Bewerbungen", "message: Can you send prices for technical support?", "message: refund policy?",
	} {
		if v := r.Classify(leadOf(ann, did("contact_form", 0, form)), noon); v.NotALead || v.Temperature != lead.Hot {
			t.Errorf("%q: %v, not a lead = %v by %v, want a hot lead", form, v.Temperature, v.NotALead, v.Reasons)
		}
	}
	for _, a := range []lead.Action{"demo_request", "quote_request", "callback_request", "webinar_registered"} {
		if v := r.Classify(leadOf(ann, did(a, 0, "Topic: Support", "message: my cv")), noon); v.NotALead {
			t.Errorf("a %s about support is taken for no lead", a)
		}
	}
}

// TestRules_Buyers holds the line between a listener and a buyer.
func TestRules_Buyers(t *testing.T) {
	buyers := map[string][]string{
		"buys_soon": {"purchasing_time_frame: 1-3 months", "purchasingTimeFrame: Within a month", "Purchasing Time Frame: Immediately", "When do you plan to buy?: next month",
			"Project timeline: ASAP", "Kaufzeitraum: innerhalb von 4 Wochen", "Délai d'achat: sous 3 mois", "Plazo de compra: menos de 3 meses", "導入時期: 3ヶ月以内"},
		"wants_contact": {"Contact me: yes", "May we contact you?: Yes", "Would you like a demo?: Yes, please", "Would you like to speak to sales?: true", "I would like a representative to call me: on",
			"Möchten Sie eine Vorführung?: Ja, gerne", "Dürfen wir Sie anrufen?: ja", "Souhaitez-vous être contacté ?: Oui", "¿Desea una demostración?: Sí", "Desidera essere contattato?: sì", "Wilt u een demo?: ja"},
		"question_asked":           {"message: Does it integrate with our CRM?", "message: Was kostet das?"},
		"question_on_form":         {"Questions & Comments: Can it run on our own servers?", "Ihre Frage: Läuft es auch ohne Internet?"},
		"questions_during_webinar": {"Questions asked: 2"},
	}
	r := withoutFit(t)
	for rule, forms := range buyers {
		for _, form := range forms {
			v := r.Classify(leadOf(ann, did("webinar_attended", 0, form)), noon)
			counted := slices.ContainsFunc(v.Reasons, func(x lead.Reason) bool { return x.Rule == rule })
			if got, want := classOf(v), (class{lead.Hot, lead.SQL, 80}); got != want || !counted {
				t.Errorf("%q: %v by %v, want %v by %s", form, got, v.Reasons, want, rule)
			}
		}
	}
	for _, form := range []string{
		"purchasing_time_frame: 4-6 months", "purchasing_time_frame: More than 6 months", "purchasing_time_frame: No timeframe", "purchasing_time_frame: ", "purchasing_time_frame: 3-6 months",
		"Timeline: this quarter", "Zeitraum: 4 Wochen", "Délai: 3 mois", "When do you need it?: not sure", "Time zone: 1 month", "How long have you used it?: 2 months", "Team size: 3 months",
		"May we contact you?: No", "Contact me: not now", "Would you like a demo?: maybe", "Have you seen a demo?: Yes", "May we contact you by email with marketing news?: Yes",
		"I agree to be contacted as the privacy policy text: yes", "May our sponsors contact you?: yes", "newsletter: yes", "contact_ok: on", "Einwilligung zur Kontaktaufnahme: ja", "Do you like webinars?: yes",
		"message: Looking forward to it!", "message: Will there be a recording?", "message: Bekomme ich ein Zertifikat?", "message: see https://acme.example/?a=b",
		"Do not contact me: yes", "I don't want to be called: yes", "Bitte nicht anrufen: ja", "Ne pas me contacter: oui", "No deseo ser contactado: sí", "Non desidero essere contattato: sì", "Ik wil niet gebeld worden: ja",
		"What do you hope to learn?: How others do it", "Questions: none", "Comments: Will the slides be shared?", "Questions asked: 0", "Questions asked: none",
	} {
		if v := r.Classify(leadOf(ann, did("webinar_attended", 0, form)), noon); classOf(v) != (class{lead.Warm, lead.MQL, 45}) {
			t.Errorf("%q: %v by %v, want warm MQL 45", form, classOf(v), v.Reasons)
		}
	}
	for _, a := range []lead.Action{"webinar_cancelled", "webinar_registration_denied", "webinar_left", "support_request"} {
		if v := r.Classify(leadOf(ann, did(a, 0, "purchasing_time_frame: 1-3 months", "Contact me: yes")), noon); v.Temperature != lead.Cold {
			t.Errorf("a %s is %v by its answers", a, v.Temperature)
		}
	}
	for _, a := range []lead.Action{"quiz_finished", "ebook_download"} {
		if v := r.Classify(leadOf(ann, did(a, 0, "Contact me: yes", "message: Why?")), noon); v.Temperature != lead.Warm {
			t.Errorf("a %s is %v by answers that only count on sign-ups", a, v.Temperature)
		}
	}
}
