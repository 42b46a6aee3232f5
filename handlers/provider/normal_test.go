package provider

import "testing"

func TestNormal(t *testing.T) {
	for label, want := range map[string]string{
		"First Name *": "first name", "firstName": "first name", "FIRST_NAME": "first name", "q3_firstName": "first name", "1. First-name": "first name",
		"  E-Mail:  ": "email", "E-mail address": "email address", "your-e-mail": "your email", "PageURL": "page url", "HTMLForm": "html form",
		"Prénom": "prenom", "ＦＵＬＬ　ＮＡＭＥ": "full name", "🙂 Name?": "name", "Größe": "große", "Телефон": "телефон", "İsim": "isim",
		"お電話番号（必須）": "お電話番号 必須", "이메일": "이메일", "Cell Phone \nwithout blanks": "cell phone", "\nName": "name",
		"1.3": "1 3", "2026": "2026", "q7": "q7", "utm_source": "utm source", "": "", "***": "", "numéro d'entreprise": "numero d entreprise",
	} {
		if got := normalText(label); got != want {
			t.Errorf("normal(%q) = %q, want %q", label, got, want)
		}
	}
}

func TestNormal_DoesNotAllocate(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { knownLabel("Please enter your Work e-mail (required)") }); n != 0 {
		t.Errorf("%v allocations for a label", n)
	}
}
