package provider

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/lead"
)

// readBody reads a JSON body with the json provider.
func readBody(t *testing.T, r *Request) lead.Touch {
	t.Helper()
	p, _ := Find("json")
	touches, err := p.Touches(r)
	if err != nil {
		t.Fatalf("Touches(%s): %v", r.Body, err)
	}
	if len(touches) != 1 {
		t.Fatalf("%d touches, want 1", len(touches))
	}
	return touches[0]
}

func readJSON(t *testing.T, body string) lead.Touch {
	t.Helper()
	return readBody(t, request("application/json", body))
}

// pairsOf makes a flat JSON object of labels and values, in order.
func pairsOf(labelsAndValues ...string) string {
	b := "{"
	for i := 0; i < len(labelsAndValues); i += 2 {
		if i > 0 {
			b += ","
		}
		k, _ := json.Marshal(labelsAndValues[i])
		v, _ := json.Marshal(labelsAndValues[i+1])
		b += string(k) + ":" + string(v)
	}
	return b + "}"
}

// TestRead_Languages reads one usual form in each language.
func TestRead_Languages(t *testing.T) {
	for _, c := range []struct{ language, first, last, email, company, title, phone, message string }{
		{"English", "First Name *", "Surname", "Work e-mail", "Organisation", "Job title", "Telephone (optional)", "How can we help?"},
		{"German", "Vorname", "Nachname", "E-Mail-Adresse *", "Firma", "Position", "Telefonnummer", "Ihre Nachricht"},
		{"French", "Prénom", "Nom", "Adresse e-mail professionnelle", "Nom de l'entreprise", "Intitulé du poste", "N° de téléphone", "Votre message"},
		{"Spanish", "Nombre", "Apellidos", "Correo electrónico del trabajo", "Nombre de la empresa", "Puesto", "Teléfono", "Mensaje"},
		{"Portuguese", "Nome", "Sobrenome", "Seu melhor e-mail", "Empresa", "Cargo", "Celular", "Mensagem"},
		{"Italian", "Nome", "Cognome", "Indirizzo e-mail", "Azienda", "Ruolo", "Cellulare", "Messaggio"},
		{"Dutch", "Voornaam", "Achternaam", "E-mailadres", "Bedrijfsnaam", "Functie", "Telefoonnummer", "Uw bericht"},
		{"Swedish", "Förnamn", "Efternamn", "E-postadress", "Företag", "Jobbtitel", "Mobilnummer", "Meddelande"},
		{"Danish", "Fornavn", "Efternavn", "E-mail", "Virksomhed", "Stilling", "Tlf.", "Besked"},
		{"Norwegian", "Fornavn", "Etternavn", "E-postadresse", "Bedrift", "Stillingstittel", "Telefon", "Melding"},
		{"Finnish", "Etunimi", "Sukunimi", "Sähköposti", "Yritys", "Tehtävänimike", "Puhelinnumero", "Viesti"},
		{"Polish", "Imię", "Nazwisko", "Adres e-mail", "Nazwa firmy", "Stanowisko", "Numer telefonu", "Wiadomość"},
		{"Czech", "Jméno", "Příjmení", "E-mail", "Společnost", "Pracovní pozice", "Telefonní číslo", "Zpráva"},
		{"Romanian", "Prenume", "Nume", "Adresă de e-mail", "Firmă", "Funcție", "Număr de telefon", "Mesaj"},
		{"Hungarian", "Keresztnév", "Vezetéknév", "E-mail cím", "Cégnév", "Beosztás", "Telefonszám", "Üzenet"},
		{"Turkish", "Adınız", "Soyadınız", "E-posta adresi", "Şirket", "Unvan", "Cep Telefonu", "Mesajınız"},
		{"Russian", "Имя", "Фамилия", "Электронная почта", "Компания", "Должность", "Номер телефона", "Сообщение"},
		{"Ukrainian", "Ім'я", "Прізвище", "Електронна пошта", "Компанія", "Посада", "Телефон", "Повідомлення"},
		{"Greek", "Όνομα", "Επώνυμο", "Διεύθυνση email", "Εταιρεία", "Θέση εργασίας", "Τηλέφωνο", "Μήνυμα"},
		{"Japanese", "名", "姓", "メールアドレス（必須）", "会社名（必須）", "役職", "お電話番号", "お問い合わせ内容"},
		{"Korean", "이름", "성", "이메일", "회사명", "직책", "전화번호", "문의 내용"},
		{"Chinese", "名", "姓", "邮箱", "公司名称", "职位", "手机", "留言"},
	} {
		t.Run(c.language, func(t *testing.T) {
			got := readJSON(t, pairsOf(c.message, "Bonjour, hello", c.phone, "0170 5550 123", c.title, "CTO", c.company, "Farbmühle", c.email, "x@farbmuehle.example", c.last, "Quist", c.first, "Liv"))
			name := "Liv Quist"
			if c.language == "Hungarian" {
				name = "Quist Liv"
			}
			want := lead.Person{Email: "x@farbmuehle.example", Name: name, FirstName: "Liv", LastName: "Quist", Phone: "0170 5550 123", Company: "Farbmühle", Title: "CTO"}
			if d := cmp.Diff(want, got.Person); d != "" {
				t.Errorf("person (-want +got):\n%s", d)
			}
			if got.Message != "Bonjour, hello" || len(got.Fields) != 0 {
				t.Errorf("message %q, fields %v", got.Message, got.Fields)
			}
		})
	}
}

func TestRead_FullNames(t *testing.T) {
	for _, label := range []string{"Name", "Full Name", "your-name", "What's your name?", "Ihr Name", "Nom", "Nom et prénom", "Nombre", "Nombre completo", "Nome", "Nome e cognome", "Naam", "Imię i nazwisko", "Nume complet", "Ad Soyad", "ФИО", "Имя", "お名前", "氏名", "이름", "姓名", "contact_name", "guestName", "lead.name", "Comment vous appelez-vous ?", "Wie heißen Sie?", "¿Cómo te llamas?"} {
		got := readJSON(t, pairsOf(label, "Livia Quist", "email", "l@quist.example"))
		if got.Person.Name != "Livia Quist" || got.Person.LastName != "" || got.Person.FirstName != "" {
			t.Errorf("%s: %+v", label, got.Person)
		}
	}
}

func TestRead_NamesInCompany(t *testing.T) {
	for _, c := range []struct {
		body string
		want lead.Person
	}{
		{pairsOf("Name", "Quist", "Vorname", "Liv"), lead.Person{Name: "Liv Quist", FirstName: "Liv", LastName: "Quist"}},
		{pairsOf("name", "Liv", "surname", "Quist"), lead.Person{Name: "Liv Quist", FirstName: "Liv", LastName: "Quist"}},
		{pairsOf("name", "Liv Quist", "first_name", "Liv"), lead.Person{Name: "Liv Quist", FirstName: "Liv"}},
		{pairsOf("name", "liv quist", "last_name", "Quist"), lead.Person{Name: "liv quist", LastName: "Quist"}},
		{pairsOf("full_name", "Dr. Liv Quist", "first_name", "Liv", "last_name", "Quist"), lead.Person{Name: "Dr. Liv Quist", FirstName: "Liv", LastName: "Quist"}},
		{pairsOf("first_name", "Liv"), lead.Person{Name: "Liv", FirstName: "Liv"}},
		{`{"name":{"first":"Liv","last":"Quist"}}`, lead.Person{Name: "Liv Quist", FirstName: "Liv", LastName: "Quist"}},
		{`{"Name":{"First":"Liv","Middle":"A","Last":"Quist"}}`, lead.Person{Name: "Liv Quist", FirstName: "Liv", LastName: "Quist"}},
		{`{"Name":{"First":"Liv","Last":"Quist","FirstAndLast":"Liv Quist"}}`, lead.Person{Name: "Liv Quist", FirstName: "Liv", LastName: "Quist"}},
		{`{"q3_name":{"first":"Liv"}}`, lead.Person{Name: "Liv", FirstName: "Liv"}},
		{`{"name":"\u202eLiv \u200b  Quist\n"}`, lead.Person{Name: "Liv Quist"}},
		{`{"name":[1,2,null]}`, lead.Person{}},
		{`{"name":true}`, lead.Person{}},
		{pairsOf("name", "https://spam.example"), lead.Person{}},
	} {
		if d := cmp.Diff(c.want, readJSON(t, c.body).Person); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.body, d)
		}
	}
}

// TestRead_FalseFriends are labels that look like a person's and are not.
func TestRead_FalseFriends(t *testing.T) {
	for _, label := range []string{
		"Company size", "Company size?", "company_website", "Company Industry", "Number of employees", "How many employees does your company have?", "Year your company was founded",
		"Form name", "form_title", "Page name", "Campaign Name", "ad_name", "event_name", "File name", "product-name", "Domain name", "City name", "utm_id", "username", "Source name", "Name of your dog", "Mother's maiden name",
		"Friend's name", "Host name", "organizer_name", "Owner", "Assigned to", "Referred by", "Emergency contact name", "pseudonym", "Event title", "Page title", "Job description", "Job posting ID", "Department", "Subject", "State", "Website", "Budget",
		"Your company's annual revenue in euros", "Preferred contact method", "Comment nous avez-vous connus ?", "Which of these tools does your company use for the name of every single contact today?",
	} {
		got := readJSON(t, pairsOf(label, "Marketing Team", "email", "l@quist.example"))
		if got.Person != (lead.Person{Email: "l@quist.example"}) || got.Message != "" {
			t.Errorf("%s: %+v, message %q", label, got.Person, got.Message)
		}
	}
	for _, label := range []string{"hostEmail", "organizer_email", "Friend's e-mail", "Referral email", "owner.email", "assignee_email", "userPrimaryEmail", "canceled_by", "iCalUID", "message_id", "notification email", "Sales rep email"} {
		if got := readJSON(t, pairsOf(label, "our.rep@example.com")); got.Person.Email != "" {
			t.Errorf("%s gave the lead the address %s", label, got.Person.Email)
		}
	}
}

func TestRead_Values(t *testing.T) {
	for _, c := range []struct {
		name, body string
		want       lead.Person
	}{
		{"SameAsAbove", pairsOf("Primary Email", "Same as above", "Email", "l@quist.example"), lead.Person{Email: "l@quist.example"}},
		{"AddressWithName", pairsOf("email", "Liv Quist <l@quist.example>"), lead.Person{Email: "l@quist.example"}},
		{"Mailto", pairsOf("email", "mailto:l@quist.example"), lead.Person{Email: "l@quist.example"}},
		{"Placeholder", pairsOf("email", "17+a@unknown.livestorm.co", "custom_email", "l@quist.example"), lead.Person{Email: "l@quist.example"}},
		{"NoAddress", pairsOf("email", "l at quist dot example"), lead.Person{}},
		{"AddressByShape", pairsOf("field_1", "l@quist.example"), lead.Person{Email: "l@quist.example"}},
		{"PhoneByShape", pairsOf("field_2", "0170 5550 123"), lead.Person{Phone: "0170 5550 123"}},
		{"DateIsNoPhone", pairsOf("field_2", "2026-11-25", "field_3", "25.11.2026", "field_4", "2026-11-25 10-11"), lead.Person{}},
		{"AddressOfMachineIsNoPhone", pairsOf("field_2", "203.0.113.169", "field_3", "1795598000000", "field_4", "4511665432126123456"), lead.Person{}},
		{"NameByShape", pairsOf("1", "Liv van Quist", "2", "New York", "3", "l@quist.example"), lead.Person{Email: "l@quist.example", Name: "Liv van Quist"}},
		{"NameByShapeOnlyUnderNumbers", pairsOf("Branch", "Oslo Vest", "3", "l@quist.example"), lead.Person{Email: "l@quist.example"}},
		{"NameByLabelFirst", pairsOf("1", "Oslo Vest", "Name", "Liv Quist"), lead.Person{Name: "Liv Quist"}},
		{"NoNameByShape", pairsOf("1", "Standard", "2", "two beds", "3", "Room 4", "4", "A. b", "email", "l@quist.example"), lead.Person{Email: "l@quist.example"}},
		{"PhoneLabelWithAddress", pairsOf("連絡先", "l@quist.example"), lead.Person{Email: "l@quist.example"}},
		{"PhoneNumber", `{"Phone Number":15550000000}`, lead.Person{Phone: "15550000000"}},
		{"PhoneParts", `{"phone":{"area":"030","phone":"5550123"}}`, lead.Person{Phone: "030 5550123"}},
		{"PhoneOfACountry", `{"phone":{"countryCode":"420","number":"601123456"}}`, lead.Person{Phone: "+420601123456"}},
		{"PhoneOfACountryWithPlus", `{"phone":{"country_code":"+420","number":"601123456"}}`, lead.Person{Phone: "+420601123456"}},
		{"PhoneOfALand", `{"phone":{"countryCode":"CZ","number":"601123456"}}`, lead.Person{Phone: "601123456"}},
		{"PhoneWhole", `{"phone":{"countryCode":"420","number":"+420 601 123 456"}}`, lead.Person{Phone: "+420601123456"}},
		{"EmploymentOfAProfile", `{"data":{"attributes":{"email":"l@quist.example","name":"Liv Quist","employment_name":"Quist AS","employment_title":"CEO"}}}`, lead.Person{Email: "l@quist.example", Name: "Liv Quist", Company: "Quist AS", Title: "CEO"}},
		{"PhoneFull", `{"phone":{"full":"(030) 555 01 23"}}`, lead.Person{Phone: "(030) 555 01 23"}},
		{"PhoneWithPlus", pairsOf("phone", "+49 (30) 5550-123"), lead.Person{Phone: "+49305550123"}},
		{"PhoneWithGroups", pairsOf("phone", "+1 415-555.0100"), lead.Person{Phone: "+14155550100"}},
		{"PhoneWithWords", pairsOf("phone", "n/a"), lead.Person{}},
		{"Salutation", pairsOf("title", "Mr.", "email", "l@quist.example"), lead.Person{Email: "l@quist.example"}},
		{"TitleIsHeadline", pairsOf("title", "Liv", "name", "Liv", "email", "l@quist.example"), lead.Person{Email: "l@quist.example", Name: "Liv"}},
		{"TitleIsTitle", pairsOf("title", "CEO", "email", "l@quist.example"), lead.Person{Email: "l@quist.example", Title: "CEO"}},
		{"RoleOfAccount", pairsOf("role", "lead", "email", "l@quist.example"), lead.Person{Email: "l@quist.example"}},
		{"CompanyObject", `{"company":{"id":7,"name":"Quist AS","email":"info@quist.example"},"email":"l@quist.example"}`, lead.Person{Email: "l@quist.example", Company: "Quist AS"}},
		{"CompanyList", `{"Firma":["Quist AS"],"Entreprise":[],"email":"l@quist.example"}`, lead.Person{Email: "l@quist.example", Company: "Quist AS"}},
		{"CompanyIsAnAnswer", pairsOf("Does your company use forms?", "Yes", "email", "l@quist.example"), lead.Person{Email: "l@quist.example"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if d := cmp.Diff(c.want, readJSON(t, c.body).Person); d != "" {
				t.Errorf("%s (-want +got):\n%s", c.body, d)
			}
		})
	}
}

func TestRead_MessageByShape(t *testing.T) {
	got := readJSON(t, pairsOf("1", "l@quist.example", "2", "Do you have one in blue?", "input_3", "Please do call me before noon, not later."))
	if got.Message != "Please do call me before noon, not later." || got.Fields["2"] == "" {
		t.Errorf("message %q, fields %v", got.Message, got.Fields)
	}
	got = readJSON(t, pairsOf("Textarea", "One in blue", "Email", "l@quist.example"))
	if got.Message != "One in blue" {
		t.Errorf("message %q under the builder's own name of the field", got.Message)
	}
	got = readJSON(t, pairsOf("Textarea", "Newspaper", "Email", "l@quist.example", "Message", "One in blue"))
	if got.Message != "One in blue" {
		t.Errorf("message %q", got.Message)
	}
	got = readJSON(t, pairsOf("1", "l@quist.example", "Why not", "Because it is not what we need now.", "3", "Oslo"))
	if got.Message != "" {
		t.Errorf("message %q", got.Message)
	}
}

// TestRead_Vendors are shapes of answers that nobody described to the reader.
func TestRead_Vendors(t *testing.T) {
	const who = "l@quist.example"
	want := lead.Person{Email: who, Name: "Liv Quist", Company: "Quist AS"}
	for i, body := range []string{
		`{"answers":[{"question":"Your name","answer":"Liv Quist"},{"question":"Email","answer":"` + who + `"},{"question":"Company","answer":"Quist AS"},{"question":"Plan","answer":["Team"]}]}`,
		`{"fields":[{"label":"Name","value":"Liv Quist"},{"label":"E-mail","value":"` + who + `"},{"label":"Company","value":"Quist AS"},{"label":"Plan","type":"DROPDOWN","value":["p1"],"options":[{"id":"p1","text":"Team"},{"id":"p2","text":"Solo"}]}]}`,
		`{"data":{"submission":{"questions":[{"id":"1","name":"What is your name?","type":"ShortAnswer","value":"Liv Quist"},{"id":"2","name":"Where can we reach you?","type":"EmailInput","value":"` + who + `"},{"id":"3","name":"Which company are you with?","value":"Quist AS"},{"id":"4","name":"Plan","value":"Team"}]}}}`,
		`{"payload":{"responses":[{"questionText":"Full name","response_text":"Liv Quist"},{"questionText":"Email address","response_text":"` + who + `"},{"questionText":"Organisation","response_text":"Quist AS"},{"questionText":"Plan","response_text":"Team"}]}}`,
		`{"responses":[["Name","shortAnswer",["Liv Quist"]],["Email","shortAnswer",["` + who + `"]],["Company","shortAnswer",["Quist AS"]],["Plan","multipleChoice",["Team"]]]}`,
		`{"field_data":[{"name":"full_name","values":["Liv Quist"]},{"name":"email","values":["` + who + `"]},{"name":"company_name","values":["Quist AS"]},{"name":"Plan","values":["Team"]}]}`,
		`{"user_column_data":[{"column_id":"FULL_NAME","string_value":"Liv Quist"},{"column_id":"EMAIL","string_value":"` + who + `"},{"column_id":"COMPANY_NAME","string_value":"Quist AS"},{"column_name":"Plan","string_value":"Team","column_id":"q"}]}`,
		`{"results":{"Name":{"value":"Liv Quist","field_type":"text"},"Email":{"value":"` + who + `","field_type":"email"},"Company":{"value":"Quist AS","field_type":"text"},"Plan":{"value":{"id":"x","label":"Team"},"field_type":"select"}}}`,
		`{"namedValues":{"Name":["Liv Quist"],"Email Address":["` + who + `"],"Company":["Quist AS"],"Plan":["Team"]}}`,
		`{"definition":{"fields":[{"id":"a","title":"Your name"},{"id":"b","title":"E-mail"},{"id":"c","title":"Company"},{"id":"d","title":"Plan"}]},"answers":[{"field":{"id":"a"},"type":"text","text":"Liv Quist"},{"field":{"id":"b"},"type":"email","email":"` + who + `"},{"field":{"id":"c"},"type":"text","text":"Quist AS"},{"field":{"id":"d"},"type":"choice","choice":{"label":"Team"}}]}`,
		`{"form":{"content":{"questions":[{"questionId":1,"predefinedField":"FULL_NAME"},{"questionId":2,"predefinedField":"EMAIL"},{"questionId":3,"predefinedField":"COMPANY_NAME"},{"questionId":4,"question":{"localized":{"en_US":"Plan"}},"name":"Custom","questionDetails":{"multipleChoiceQuestionDetails":{"options":[]}}}]}},"formResponse":{"answers":[{"questionId":1,"answerDetails":{"textQuestionAnswer":{"answer":"Liv Quist"}}},{"questionId":2,"answerDetails":{"textQuestionAnswer":{"answer":"` + who + `"}}},{"questionId":3,"answerDetails":{"textQuestionAnswer":{"answer":"Quist AS"}}},{"questionId":4,"answerDetails":{"textQuestionAnswer":{"answer":"Team"}}}]}}`,
		`{"rawRequest":"{\"q1_name\":\"Liv Quist\",\"q2_email\":\"` + who + `\",\"q3_company\":\"Quist AS\",\"Plan\":\"Team\"}"}`,
		`{"Lead":{"FullName":"Liv Quist","EmailAddress":"` + who + `","CompanyName":"Quist AS","Plan":"Team"}}`,
		`{"event":"lead.created","organizer":{"name":"Our Rep","email":"rep@example.com"},"user":{"name":"Our Account","email":"account@example.com"},"contact":{"name":"Liv Quist","email":"` + who + `","company":{"name":"Quist AS"}},"Plan":"Team"}`,
		`{"form_id":7,"name":"Contact form","created_at":"2026-11-25","data":{"name":"Liv Quist","email":"` + who + `","company":"Quist AS","Plan":"Team"}}`,
		`{"user":{"name":"Liv Quist","email":"` + who + `"},"company":"Quist AS","Plan":"Team"}`,
		`{"identities":[{"type":"EMAIL","value":"` + who + `"}],"properties":{"name":{"value":"Liv Quist","versions":[]},"company":{"value":"Quist AS","versions":[{"value":"Old"}]},"Plan":{"value":"Team"}}}`,
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			got := readJSON(t, body)
			if d := cmp.Diff(want, got.Person); d != "" {
				t.Errorf("%s\nperson (-want +got):\n%s", body, d)
			}
			if got.Fields["Plan"] != "Team" {
				t.Errorf("%s\nfields %v", body, got.Fields)
			}
		})
	}
}
