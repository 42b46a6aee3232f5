package provider

import "strings"

// meaning is what a known label asks for. Of several labels for one field the
// lowest class is believed first: "Message" before "Notes". A weak label counts
// only where it stands among a person's details, since envelopes have names
// and titles too.
type meaning struct {
	field field
	class uint8
	weak  bool
}

// spelling lists labels with one meaning, in words parted by commas, as people
// write them; the index holds them normalised. Languages follow one another
// within a list: en de fr es pt it nl sv da no fi pl cs ro hu tr ru uk el ja ko zh.
type spelling struct {
	meaning
	labels string
}

// classCaller are labels of who called or wrote: a number there counts only if it
// is one as telephone systems write it, for customers have numbers too.
// classLoose are labels that anything may stand under: a message there counts
// only if a person may have written it.
const (
	classCaller = 2
	classLoose  = 4
)

// exact is the index of spellings, built once and never changed.
var exact = index(spellings, moreSpellings, languageSpellings)

func index(lists ...[]spelling) map[string]meaning {
	m := make(map[string]meaning, 4096)
	for _, list := range lists {
		for _, s := range list {
			for label := range strings.SplitSeq(s.labels, ",") {
				key := normalText(label)
				if _, ok := m[key]; !ok { // the first list that knows a label has it
					m[key] = s.meaning
					m[strings.ReplaceAll(key, " ", "_")] = s.meaning // as it is mostly sent
				}
			}
		}
	}
	return m
}

// spellings are the labels of a person.
var spellings = []spelling{
	{meaning{field: fieldEmail}, `email, e-mail, mail, email address, e-mail address, mail address, email id, mail id, your email, emailaddress, user email, work email, business email, corporate email, professional email, _replyto, reply to email, best email, best email address, best email to reach you, what is the best email to reach you, where can we email you,
		email work, email business, email primary, primary email, contact email, email1, email 1, e-mail-adresse, mailadresse, mail-adresse, emailadresse, e-mailadresse, geschäftliche e-mail, geschäftliche e-mail-adresse, dienstliche e-mail,
		adresse e-mail, adresse email, adresse mail, adresse électronique, adresse de courriel, adresse courriel, courriel, mél, mel, e-mail professionnel, email professionnel, email pro, adresse e-mail professionnelle, courriel professionnel,
		correo, correo electrónico, correo electronico, dirección de correo, dirección de correo electrónico, dirección de email, correo electrónico del trabajo, correo de trabajo, correo corporativo, email corporativo, correo profesional,
		endereço de e-mail, endereço de email, endereço eletrônico, correio eletrónico, correio eletrônico, e-mail corporativo, e-mail profissional, e-mail de trabalho, seu melhor e-mail, melhor e-mail,
		indirizzo e-mail, indirizzo email, indirizzo mail, posta elettronica, indirizzo di posta elettronica, e-mail aziendale, email aziendale, e-mailadres, emailadres, mailadres, zakelijk e-mailadres, zakelijke e-mail,
		e-post, e-postadress, epost, epostadress, mejl, mejladress, jobbmejl, e-mailadresse arbejde, arbejdsmail, e-postadresse, jobb-epost, sähköposti, sähköpostiosoite, adres e-mail, adres email, e-mail służbowy, służbowy adres e-mail, poczta elektroniczna,
		emailová adresa, e-mailová adresa, pracovní e-mail, adresă de e-mail, adresa de email, adresa de e-mail, adresă email, email de serviciu, email cím, e-mail cím, e-mailcím, drótposta, e-posta, eposta, e-posta adresi, eposta adresi, iş e-postası,
		электронная почта, адрес электронной почты, эл почта, почта, емейл, имейл, рабочая почта, електронна пошта, пошта, ηλεκτρονικό ταχυδρομείο, email διεύθυνση, διεύθυνση email,
		メール, メールアドレス, eメール, eメールアドレス, 電子メール, 会社メールアドレス, 이메일, 이메일 주소, 메일, 전자우편, 업무용 이메일, 邮箱, 电子邮箱, 电子邮件, 邮箱地址, 邮件地址, 工作邮箱, 企业邮箱, 電子郵件, 電子信箱, 電郵, 信箱,
		البريد الإلكتروني, البريد الالكتروني, אימייל, דוא״ל, ईमेल, อีเมล, thư điện tử, địa chỉ email, surel, alamat email`},
	{meaning{field: fieldEmail, class: 1}, `company email, company e-mail, company mail, firmen-e-mail, office email, office e-mail, general email, info email`},
	{meaning{field: fieldName, weak: true}, `name`},
	{meaning{field: fieldName}, `full name, fullname, your name, your full name, complete name, contact name, contact person, person name, lead name, display name, real name, name full, first and last name, first last name, name and surname, first name last name, first name and last name, name surname,
		vollständiger name, vor- und nachname, vorname nachname, vorname und nachname, vorname name, name vorname, ihr name, ansprechpartner, ansprechperson, kontaktperson,
		nom complet, nom et prénom, nom prénom, prénom et nom, prénom nom, nom et prénoms, votre nom, nom du contact, nombre completo, nombre y apellido, nombre y apellidos, nombres y apellidos, tu nombre, su nombre, persona de contacto,
		nome completo, nome e cognome, nome cognome, cognome e nome, nome e sobrenome, seu nome, il tuo nome, nominativo, nome do contato, naam, volledige naam, voor- en achternaam, uw naam, je naam, contactpersoon,
		namn, fullständigt namn, ditt namn, för- och efternamn, navn, fulde navn, fullt navn, for- og efternavn, dit navn, nimi, koko nimi, imię i nazwisko, imie i nazwisko, jméno a příjmení, celé jméno, nume complet, prenume nume, nume prenume, nume și prenume, nume si prenume, numele dvs, név, teljes név,
		ad soyad, adı soyadı, ad ve soyad, adınız soyadınız, isim soyisim, фио, ф и о, полное имя, имя и фамилия, ваше имя, фамилия имя отчество, контактное лицо, піб, повне ім'я, ім'я та прізвище, ονοματεπώνυμο, πλήρες όνομα,
		wie heißen sie, wie heißt du, comment vous appelez-vous, comment t'appelles-tu, comment vous appelle-t-on, cómo te llamas, cómo se llama, como se chama, come ti chiami, come si chiama, hoe heet je, hoe heet u, vad heter du, hvad hedder du, hva heter du, jak masz na imię, jak się nazywasz, как вас зовут,
		お名前, 名前, 氏名, ご氏名, 担当者名, ご担当者名, お客様名, フルネーム, 이름, 성함, 성명, 담당자명, 담당자 이름, 姓名, 您的姓名, 联系人, 聯絡人, 全名, 名字, 称呼, الاسم, الاسم الكامل, שם מלא, שם, पूरा नाम, नाम, ชื่อ นามสกุล, họ và tên, họ tên, nama, nama lengkap`},
	{meaning{field: fieldGiven}, `nombre, nombres, nome, imię, imie, jméno, ad, adı, adınız, isim, имя, ім'я, όνομα`},
	{meaning{field: fieldFirst}, `first name, firstname, first, fname, f name, given name, givenname, given names, forename, christian name, name first, 1.3, your first name, preferred first name, name given, vorname, vornamen, ihr vorname, rufname,
		prénom, prénoms, prenom, votre prénom, primer nombre, nombre de pila, primeiro nome, voornaam, roepnaam, förnamn, fornavn, etunimi, imiona, křestní jméno, krstné meno, prenume, prenumele, keresztnév, utónév, ön adı, önad, имя отчество, μικρό όνομα, 名, 名（名）, メイ, 이름 이름, first name kanji, given, fn, 名前 名, お名前 名, الاسم الأول, שם פרטי, tên, nama depan`},
	{meaning{field: fieldLast}, `last name, lastname, last, lname, l name, surname, sur name, family name, familyname, second name, name last, last names, 1.6, your last name, name family, nachname, familienname, zuname, ihr nachname,
		nom de famille, votre nom de famille, apellido, apellidos, tus apellidos, primer apellido, sobrenome, apelido, último nome, cognome, achternaam, familienaam, efternamn, efternavn, etternavn, sukunimi, nazwisko, příjmení, priezvisko, nume de familie, vezetéknév, családnév, családi név,
		soyad, soyadı, soyadınız, soyisim, фамилия, прізвище, επώνυμο, επίθετο, 姓, 名字（姓）, セイ, 성, お名前 姓, 名前 姓, اسم العائلة, שם משפחה, họ, nama belakang`},
	{meaning{field: fieldName, class: 1}, `nom, nume, numele`}, // the last name beside prénom and prenume
	{meaning{field: fieldPhone}, `phone, phone number, phonenumber, phone no, phone num, telephone, telephone number, tel, tel no, tel number, telefone number, mobile, mobile phone, mobile number, mobile no, mobile phone number, your mobile phone, mobilephone, cell, cell phone, cellphone, cell number, cell phone number, contact number, contact no, contact phone, contact phone number,
		work phone, business phone, home phone, direct phone, direct line, daytime phone, daytime telephone, user phone, phone work, phone mobile, phone full, phone home, phone 1, phone1, whatsapp, whatsapp number, your phone, best phone number, best number, best number to reach you, best number to call you, number to reach you, number to call you, what number can we reach you at, what is the best number to reach you, best contact number, preferred phone number, preferred number, callback number, text phone number, text reminder number, sms reminder number, attendee phone number,
		telefon, telefonnummer, telefon nummer, telefon nr, tel nr, handy, handynummer, mobil, mobilnummer, mobiltelefon, mobilfunknummer, rufnummer, festnetz, rückrufnummer, geschäftliche telefonnummer, ihre telefonnummer, durchwahl,
		téléphone, numéro de téléphone, n° de téléphone, no de téléphone, numéro de tél, tél, portable, téléphone portable, téléphone mobile, numéro de portable, numéro mobile, téléphone professionnel, votre téléphone,
		teléfono, número de teléfono, numero de telefono, móvil, teléfono móvil, celular, número de celular, teléfono celular, teléfono de contacto, tu teléfono, telefone, número de telefone, telemóvel, telefone celular, telefone de contato, fone, seu telefone,
		telefono, numero di telefono, cellulare, numero di cellulare, recapito telefonico, recapito, telefoon, telefoonnummer, mobiel, mobiel nummer, mobiele nummer, mobiele telefoon, gsm, gsm-nummer, gsm nummer,
		mobilnummer telefon, telefonnr, mobiltelefonnummer, tlf, tlf nr, tlf nummer, telefonnummer mobil, puhelin, puhelinnumero, matkapuhelin, gsm numero, telefon komórkowy, numer telefonu, nr telefonu, komórka, tel komórkowy, telefon kontaktowy, telefonní číslo, telefónne číslo, mobilní telefon,
		număr de telefon, numar de telefon, nr de telefon, nr telefon, telefon mobil, telefonszám, mobilszám, telefonunuz, telefon numarası, telefon no, telefon numaranız, cep telefonu, gsm no,
		телефон, номер телефона, мобильный, мобильный телефон, контактный телефон, ваш телефон, тел, номер телефону, мобільний телефон, τηλέφωνο, κινητό, κινητό τηλέφωνο, αριθμός τηλεφώνου,
		電話, 電話番号, お電話番号, 携帯, 携帯電話, 携帯番号, 携帯電話番号, 連絡先, ご連絡先, 전화, 전화번호, 휴대폰, 휴대폰 번호, 휴대전화, 연락처, 핸드폰, 핸드폰 번호, 电话, 电话号码, 手机, 手机号, 手机号码, 联系电话, 联系方式, 電話號碼, 手機, 手機號碼, 聯絡電話,
		الهاتف, رقم الهاتف, رقم الجوال, טלפון, מספר טלפון, נייד, फ़ोन, फोन नंबर, เบอร์โทร, เบอร์โทรศัพท์, số điện thoại, điện thoại, nomor telepon, nomor hp, no hp`},
	{meaning{field: fieldPhone, class: 1}, `company phone, company phone number, company telephone, office phone, office phone number, office telephone, switchboard, main phone, general phone`},
	{meaning{field: fieldPhone, class: classCaller}, `from number, from phone, from phone number, from e164, from formatted, source number, source phone, client number, client phone number, customer number, customer phone number, caller number, caller phone, caller phone number, caller id, callerid, caller id number, caller num, calling number, calling party number, visitor number, msisdn, wa id, waid, whatsapp id, raw digits, ani, cli, incoming number, external number, remote number, sender number, sender phone, user number, lead number, contact msisdn, originating number, origination number, a number`},
	{meaning{field: fieldName, class: 2}, `nickname, nick name, nick, screen name, profile name, push name, pushname, from name, sender name, caller name, calling name, caller id name, cnam`},
	{meaning{field: fieldFrom}, `from, caller, sender, client, customer, visitor, responder, requester, requestor, author, from address, from email, sender email, sender address, from mail, user, lead, contact, attendee, participant, registrant, who, chat id, sender id, customer contact`},
	{meaning{field: fieldCompany}, `company, company name, companyname, organization, organisation, organization name, organisation name, org, org name, orgname, employer, employment name, business, business name, firm, firm name, company organization, company organisation, company / organization, your company, workplace, where do you work, who do you work for, what company are you with, which company are you with, company you work for, current company, account name, agency name, brokerage, institution, institution name, legal entity, trading name, business entity, company or organization, organization company, affiliation, company association,
		firma, firmenname, unternehmen, unternehmensname, name der firma, name des unternehmens, arbeitgeber, betrieb, organisation firma, firma organisation, firma / organisation, ihre firma, ihr unternehmen, institution / firma,
		société, entreprise, nom de l'entreprise, nom de la société, nom de votre entreprise, votre entreprise, raison sociale, organisme, employeur, établissement, nom de l'organisation, cabinet, structure,
		empresa, nombre de la empresa, nombre de empresa, compañía, compania, organización, razón social, negocio, nombre del negocio, tu empresa, institución, nome da empresa, sua empresa, companhia, organização, razão social, instituição, empregador,
		azienda, nome azienda, nome dell'azienda, società, ragione sociale, impresa, ditta, ente, organizzazione, datore di lavoro, bedrijf, bedrijfsnaam, naam bedrijf, organisatie, onderneming, werkgever, naam organisatie,
		företag, företagsnamn, organisation företag, arbetsgivare, bolag, virksomhed, virksomhedsnavn, firmanavn, firmanamn, bedrift, bedriftsnavn, selskap, arbeidsgiver, arbejdsgiver, yritys, yrityksen nimi, organisaatio, työnantaja, nazwa firmy, przedsiębiorstwo, nazwa przedsiębiorstwa, pracodawca, organizacja,
		společnost, název společnosti, název firmy, zaměstnavatel, spoločnosť, názov spoločnosti, firmă, companie, numele companiei, nume companie, nume firmă, denumire firmă, societate, angajator, organizație, cég, cégnév, cég neve, vállalat, munkahely, szervezet,
		şirket, sirket, şirket adı, firma adı, kurum, kurum adı, kuruluş, işyeri, компания, название компании, организация, фирма, название организации, место работы, предприятие, компанія, назва компанії, організація, εταιρεία, εταιρία, επωνυμία, επωνυμία εταιρείας, όνομα εταιρείας, οργανισμός,
		会社, 会社名, 貴社名, 御社名, 企業名, 勤務先, 法人名, 団体名, 所属, 組織名, 会社名・団体名, 屋号, 회사, 회사명, 회사 이름, 기업명, 업체명, 소속, 기관명, 公司, 公司名, 公司名称, 公司名稱, 企业, 企业名称, 单位, 单位名称, 單位名稱, 所在公司, 机构名称,
		الشركة, اسم الشركة, חברה, שם החברה, कंपनी, कंपनी का नाम, บริษัท, ชื่อบริษัท, công ty, tên công ty, perusahaan, nama perusahaan`},
	{meaning{field: fieldTitle}, `job title, jobtitle, job, employment title, job position, job role, title position, position, position title, your position, your title, your role, your job title, occupation, profession, designation, work title, professional title, title role, company role, role in company, role at company, job designation, current position, current role, role title, contact title, post held,
		berufsbezeichnung, jobtitel, stellenbezeichnung, stelle, funktion, position im unternehmen, ihre position, ihre funktion, beruf, rolle, tätigkeit, jobbezeichnung,
		fonction, poste, intitulé du poste, intitulé de poste, titre du poste, votre fonction, votre poste, poste occupé, profession métier, métier, rôle, titre professionnel,
		cargo, puesto, puesto de trabajo, título del puesto, tu cargo, posición, ocupación, profesión, rol, cargo en la empresa, função, seu cargo, cargo / função, ocupação, profissão, posição,
		ruolo, ruolo aziendale, qualifica, posizione, mansione, professione, posizione lavorativa, titolo professionale, functie, functietitel, functienaam, beroep, uw functie, jobtitel rolle, befattning, titel befattning, jobbtitel, yrkestitel, yrke, roll, stilling, stillingsbetegnelse, jobtittel, stillingstittel, yrkestittel,
		tehtävänimike, ammatti, titteli, asema, stanowisko, stanowisko pracy, zawód, pracovní pozice, pozice, funkce, pracovná pozícia, funcție, functia, funcția, poziție, profesie, beosztás, munkakör, pozíció, foglalkozás, unvan, ünvan, pozisyon, meslek, göreviniz, görev, iş unvanı,
		должность, ваша должность, позиция, профессия, посада, ваша посада, θέση, θέση εργασίας, τίτλος εργασίας, επάγγελμα,
		役職, お役職, 役職名, 職種, 職位, 職業, 肩書き, 肩書, ポジション, 직책, 직위, 직함, 직급, 직무, 职位, 职务, 职称, 岗位, 職稱, 職務, المسمى الوظيفي, الوظيفة, תפקיד, पद, ตำแหน่ง, chức vụ, chức danh, jabatan`},
	{meaning{field: fieldTitle, class: 1, weak: true}, `title, titel, titre, título, titolo`},
	{meaning{field: fieldMessage}, `message, your message, message text, message body, messages, enquiry, inquiry, your enquiry, your inquiry, your request, how can we help, how can we help you, how may we help you, how can we assist you, what do you need, what do you need help with, what can we do for you, what can we help you with, what are you looking for, tell us about your project, tell us more, tell us about your needs, tell us about yourself and your project, tell us how we can help, project description, project details, describe your project, about your project, additional message, message to us, what would you like to discuss, what would you like to talk about,
		nachricht, ihre nachricht, anfrage, ihre anfrage, mitteilung, ihr anliegen, anliegen, wie können wir helfen, wie können wir ihnen helfen, wie können wir dir helfen, womit können wir helfen, womit können wir ihnen helfen, text der nachricht, worum geht es, nachrichtentext, ihre mitteilung,
		votre message, message de contact, demande, votre demande, votre besoin, vos besoins, comment pouvons-nous vous aider, en quoi pouvons-nous vous aider, comment peut-on vous aider, texte du message, votre projet, décrivez votre projet, mensaje, su mensaje, tu mensaje, consulta, tu consulta, en qué podemos ayudarte, en qué podemos ayudarle, en qué le podemos ayudar, cómo podemos ayudarle, cómo podemos ayudarte, cuéntanos tu proyecto,
		mensagem, sua mensagem, como podemos ajudar, como podemos ajudá-la, em que podemos ajudar, como podemos ajudá-lo, descreva seu projeto, messaggio, il tuo messaggio, testo del messaggio, richiesta, la tua richiesta, come possiamo aiutarti, come possiamo aiutarla, in cosa possiamo aiutarti, bericht, uw bericht, je bericht, vraag, uw vraag, hoe kunnen we helpen, hoe kunnen we u helpen, hoe kunnen we je helpen, hoe kunnen wij u helpen, waarmee kunnen we u helpen, waarmee kunnen wij u helpen, tekst van het bericht, waarmee kunnen we je helpen,
		meddelande, ditt meddelande, hur kan vi hjälpa dig, hur kan vi hjälpa till, besked, din besked, hvordan kan vi hjælpe, hvordan kan vi hjælpe dig, hvad kan vi hjælpe med, melding, din melding, hvordan kan vi hjelpe, hvordan kan vi hjelpe deg, hva kan vi hjelpe med, beskjed, viesti, viestisi, wiadomość, wiadomosc, twoja wiadomość, treść wiadomości, w czym możemy pomóc, jak możemy pomóc, zapytanie, treść, zpráva, vaše zpráva, text zprávy, s čím vám můžeme pomoci, jak vám můžeme pomoci, dotaz, správa, mesaj, mesajul dvs, mesajul dumneavoastră, mesajul tău, solicitare, üzenet, üzenete, üzenet szövege, az üzenet szövege, mesajınız, сообщение, ваше сообщение, чем мы можем помочь, как мы можем помочь, текст сообщения, обращение, повідомлення, ваше повідомлення, μήνυμα, το μήνυμά σας,
		お問い合わせ内容, お問合せ内容, 問い合わせ内容, メッセージ, 内容, ご相談内容, ご質問, ご要望, 문의 내용, 문의내용, 문의사항, 메시지, 留言, 留言内容, 消息, 咨询内容, 需求, 需求描述, 訊息, 諮詢內容, الرسالة, رسالتك, הודעה, संदेश, ข้อความ, tin nhắn, nội dung, pesan`},
	{meaning{field: fieldMessage, class: 1}, `comment, comments, your comments, remark, remarks, your remarks, request, requests, special request, special requests, any special requests, other requests, your question or request, requirements, your requirements, your needs, needs, feedback, your feedback, description of your request, what are you interested in, comment or message, comments or questions, questions or comments, questions comments, questions and comments, question, your question, questions, additional comments, additional information, additional details, anything else, anything else you would like to share, anything else we should know, body, text message body, description of request, request details, more details, details, please share anything that will help prepare for our meeting,
		kommentar, kommentare, bemerkung, bemerkungen, anmerkung, anmerkungen, frage, ihre frage, fragen, sonstiges, commentaire, commentaires, remarques, votre question, précisions, comentario, comentarios, pregunta, observaciones, detalles, comentário, comentários, observações, dúvida, commento, commenti, domanda, dettagli, opmerking, opmerkingen, toelichting, kommentarer, kommentit, lisätiedot, komentarz, uwagi, pytanie, komentář, poznámka, comentariu, comentarii, observații, întrebare, megjegyzés, kérdés, yorum, açıklama, sorunuz, комментарий, комментарии, вопрос, коментар, питання, σχόλια, ερώτηση, 備考, ご意見, コメント, その他, 비고, 질문, 备注, 备注信息, 评论, 備註`},
	{meaning{field: fieldMessage, class: 2}, `note, notes, additional notes, about you, about yourself, notizen, notiz, note aggiuntive, notas, opis, inne`},
	{meaning{field: fieldMessage, class: classLoose}, `content, text, description, text body, textbody, body text, plain body, body plain, plain text, plain, stripped text, comment text, message content, chat message, last message, last input text, customer note, customer notes, note to seller, inquiry text, sms body, msg, transcript, voicemail transcript, transcription, what, reason, reason for contact, purpose, project, wishes, demand`},
	{meaning{field: fieldMessage, class: 3}, `textarea, text area, multiline, multi line, multilinetext`}, // builders' own names for a field that nobody named
}
