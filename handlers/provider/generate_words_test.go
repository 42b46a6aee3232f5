package provider_test

// language is how forms of one language ask for a person's details; variants
// are parted by a bar. Where a language is given no sentence of consent, a
// body in it asks in English.
type language struct {
	name                                                    string
	first, last, full, mail, phone, company, title, message string
	agree, refuse, yes, no                                  string
	familyFirst                                             bool // a full name begins with the family's
	firsts, lasts                                           string
}

const (
	latinFirsts = "Maren|Jonas|Ilse|Tomasz|Aurelia|Bastian|Celeste|Davor|Edda|Florian|Greta|Hugo|Ines|Jorun|Katja|Leandro|Mirela|Nils|Odile|Pavel|Quentin|Ragna|Silvio|Thea|Ulrik|Vesna|Wanda|Xenia|Yannick|Zora"
	latinLasts  = "Quist|Weidenfeld|Prado|Oskarsdottir|Lindqvist|Kowalczyk|Moreau|Neri|Brandvold|Castellan|Dvorsky|Eskildsen|Ferrante|Grahn|Hollund|Ivarsen|Jansma|Kestrel|Lopez-Rey|Maartens|Novotny|Ostrowski|Petrescu|Quarles|Rautio|Santangelo|Thorvald|Urbanek|Vasquez|Wolfram"
	cyrillicF   = "Ирина|Олег|Марина|Тарас|Вера|Назар|Жанна|Борис"
	cyrillicL   = "Волкова|Шевчук|Лапин|Дорошенко|Беляев|Коваль|Зорин"
)

// languages: English comes first and is made in every style of key.
var languages = []language{
	{name: "English", first: "first name|given name|forename", last: "last name|surname|family name", full: "name|full name|your name|what is your name|contact name", mail: "email|e-mail|email address|work email|business email|what is your email address|best email|contact email",
		phone: "phone|phone number|telephone|mobile|mobile number|cell phone|contact number|best number to reach you|daytime phone|whatsapp number", company: "company|company name|organization|organisation|business name|where do you work|employer", title: "job title|position|job role|what is your role|designation", message: "message|comments|your message|how can we help|additional comments|question|enquiry|what can we help you with",
		agree: "I agree to receive marketing emails|I consent to be contacted|Yes, send me news and offers|May we contact you|I would like to receive the newsletter|You may call me", refuse: "I do not want to receive marketing emails|Please don't contact me|No, I do not wish to be called|Do not email me|Opt out of marketing|Never call me|I object to direct marketing|I would rather not receive the newsletter|Remove me from the mailing list", yes: "yes|Yes|on|true|1|Y|checked", no: "no|No|false|0|N",
		firsts: latinFirsts, lasts: latinLasts},
	{name: "German", first: "Vorname", last: "Nachname|Familienname", full: "Name|Ihr Name|Vor- und Nachname", mail: "E-Mail|E-Mail-Adresse|Ihre E-Mail-Adresse", phone: "Telefon|Telefonnummer|Handynummer|Rufnummer|Mobiltelefon|Tel.", company: "Firma|Unternehmen|Firmenname|Unternehmensname", title: "Position|Berufsbezeichnung|Funktion", message: "Nachricht|Ihre Nachricht|Bemerkung|Anmerkungen|Wie können wir Ihnen helfen?",
		agree: "Ich möchte den Newsletter erhalten|Ich bin damit einverstanden, kontaktiert zu werden|Ja, ich möchte Angebote per E-Mail erhalten", refuse: "Ich möchte keinen Newsletter erhalten|Ich möchte nicht kontaktiert werden|Bitte keine Werbung per E-Mail|Bitte rufen Sie mich nicht an|Ich widerspreche der Zusendung von Werbung", yes: "ja|Ja", no: "nein|Nein"},
	{name: "French", first: "Prénom", last: "Nom|Nom de famille", full: "Nom complet|Nom et prénom|Votre nom", mail: "E-mail|Adresse e-mail|Courriel|Adresse électronique", phone: "Téléphone|Numéro de téléphone|Portable|Tél.|Mobile", company: "Entreprise|Société|Nom de l'entreprise|Raison sociale", title: "Poste|Fonction|Intitulé du poste", message: "Message|Votre message|Commentaire|Comment pouvons-nous vous aider ?",
		agree: "J'accepte de recevoir la newsletter|J'accepte d'être contacté|Je souhaite recevoir vos offres|J'autorise l'envoi d'e-mails", refuse: "Je ne souhaite pas recevoir la newsletter|Je ne veux pas être contacté|Ne m'appelez pas|Je refuse d'être contacté par téléphone", yes: "oui|Oui", no: "non|Non"},
	{name: "Spanish", first: "Nombre", last: "Apellidos|Apellido", full: "Nombre completo|Nombre y apellidos", mail: "Correo electrónico|Correo|Email|Dirección de correo electrónico", phone: "Teléfono|Número de teléfono|Móvil|Celular|Teléfono móvil", company: "Empresa|Nombre de la empresa|Compañía|Razón social", title: "Cargo|Puesto", message: "Mensaje|Comentarios|Tu mensaje|¿En qué podemos ayudarle?",
		agree: "Acepto recibir el boletín|Quiero recibir comunicaciones comerciales|Autorizo el envío de información comercial", refuse: "No deseo recibir comunicaciones comerciales|No quiero recibir el boletín|No me llamen|No autorizo el envío de publicidad", yes: "sí|Sí|si", no: "no|No"},
	{name: "Italian", first: "Nome", last: "Cognome", full: "Nome e cognome|Nome completo", mail: "E-mail|Indirizzo e-mail|Posta elettronica", phone: "Telefono|Numero di telefono|Cellulare|Recapito telefonico", company: "Azienda|Società|Nome azienda|Ragione sociale", title: "Ruolo|Posizione lavorativa", message: "Messaggio|Il tuo messaggio|Commenti|Come possiamo aiutarti?",
		agree: "Accetto di ricevere la newsletter|Acconsento a essere contattato|Desidero ricevere offerte via e-mail", refuse: "Non desidero ricevere la newsletter|Non voglio essere contattato|Non chiamatemi|Non autorizzo l'invio di pubblicità", yes: "sì|Sì|si", no: "no|No"},
	{name: "Portuguese", first: "Nome|Primeiro nome", last: "Sobrenome|Apelido", full: "Nome completo", mail: "E-mail|Seu e-mail|Endereço de e-mail", phone: "Telefone|Celular|Telemóvel|Número de telefone|Telefone celular", company: "Empresa|Nome da empresa", title: "Cargo|Função", message: "Mensagem|Sua mensagem|Comentários|Como podemos ajudar?",
		agree: "Aceito receber a newsletter|Concordo em ser contatado|Quero receber novidades por e-mail", refuse: "Não desejo receber a newsletter|Não quero ser contatado|Não me ligue|Não autorizo o envio de publicidade", yes: "sim|Sim", no: "não|Não"},
	{name: "Dutch", first: "Voornaam", last: "Achternaam", full: "Naam|Volledige naam", mail: "E-mail|E-mailadres", phone: "Telefoon|Telefoonnummer|Mobiel nummer|Mobiel", company: "Bedrijf|Bedrijfsnaam|Organisatie", title: "Functie|Functietitel", message: "Bericht|Uw bericht|Opmerkingen|Hoe kunnen we u helpen?",
		agree: "Ik wil de nieuwsbrief ontvangen|Ik ga ermee akkoord dat u contact met mij opneemt|Ja, ik wil aanbiedingen per e-mail ontvangen", refuse: "Ik wil geen nieuwsbrief ontvangen|Ik wil niet gebeld worden|Bel mij niet|Stuur mij geen e-mails", yes: "ja|Ja", no: "nee|Nee"},
	{name: "Swedish", first: "Förnamn", last: "Efternamn", full: "Namn|Fullständigt namn", mail: "E-post|E-postadress", phone: "Telefon|Telefonnummer|Mobilnummer", company: "Företag|Företagsnamn", title: "Titel|Befattning", message: "Meddelande|Ditt meddelande",
		agree: "Jag vill ha nyhetsbrevet|Jag godkänner att bli kontaktad|Ja, jag vill få erbjudanden via e-post", refuse: "Jag vill inte ha nyhetsbrev|Jag vill inte bli kontaktad|Ring mig inte|Jag vill inte få reklam via e-post", yes: "ja|Ja", no: "nej|Nej"},
	{name: "Danish", first: "Fornavn", last: "Efternavn", full: "Navn|Fulde navn", mail: "E-mail|E-mailadresse", phone: "Telefon|Telefonnummer|Mobil", company: "Firma|Virksomhed|Firmanavn", title: "Stilling|Jobtitel", message: "Besked|Din besked|Kommentar",
		agree: "Jeg vil gerne modtage nyhedsbrevet|Jeg accepterer at blive kontaktet|Ja, jeg vil gerne modtage tilbud på e-mail", refuse: "Jeg ønsker ikke at modtage nyhedsbrevet|Jeg vil ikke kontaktes|Ring ikke til mig|Jeg vil ikke modtage reklame", yes: "ja|Ja", no: "nej|Nej"},
	{name: "Norwegian", first: "Fornavn", last: "Etternavn", full: "Navn|Fullt navn", mail: "E-post|E-postadresse", phone: "Telefon|Telefonnummer|Mobilnummer", company: "Bedrift|Firma|Firmanavn", title: "Stilling|Stillingstittel", message: "Melding|Din melding|Kommentar",
		agree: "Jeg ønsker å motta nyhetsbrevet|Jeg godtar å bli kontaktet|Ja, jeg vil motta tilbud på e-post", refuse: "Jeg ønsker ikke å motta nyhetsbrev|Jeg vil ikke bli kontaktet|Ikke ring meg|Jeg vil ikke motta reklame", yes: "ja|Ja", no: "nei|Nei"},
	{name: "Finnish", first: "Etunimi", last: "Sukunimi", full: "Nimi|Koko nimi", mail: "Sähköposti|Sähköpostiosoite", phone: "Puhelin|Puhelinnumero|Matkapuhelin", company: "Yritys|Yrityksen nimi", title: "Tehtävänimike|Titteli", message: "Viesti|Viestisi",
		agree: "Haluan vastaanottaa uutiskirjeen|Hyväksyn, että minuun otetaan yhteyttä|Kyllä, haluan vastaanottaa tarjouksia sähköpostitse", refuse: "En halua vastaanottaa uutiskirjettä|En halua, että minuun otetaan yhteyttä|Älkää soittako minulle|En halua vastaanottaa mainontaa", yes: "kyllä|Kyllä", no: "ei|Ei"},
	{name: "Polish", first: "Imię", last: "Nazwisko", full: "Imię i nazwisko", mail: "E-mail|Adres e-mail", phone: "Telefon|Numer telefonu|Telefon komórkowy|Nr telefonu", company: "Firma|Nazwa firmy|Przedsiębiorstwo", title: "Stanowisko", message: "Wiadomość|Treść wiadomości|Uwagi",
		agree: "Chcę otrzymywać newsletter|Wyrażam zgodę na kontakt|Zgadzam się na otrzymywanie informacji handlowych", refuse: "Nie chcę otrzymywać newslettera|Nie wyrażam zgody na kontakt|Proszę do mnie nie dzwonić|Nie zgadzam się na otrzymywanie reklam", yes: "tak|Tak", no: "nie|Nie"},
	{name: "Czech", first: "Jméno|Křestní jméno", last: "Příjmení", full: "Jméno a příjmení|Celé jméno", mail: "E-mail|E-mailová adresa", phone: "Telefon|Telefonní číslo|Mobil|Tel.", company: "Firma|Společnost|Název firmy", title: "Pozice|Pracovní pozice", message: "Zpráva|Vaše zpráva|Poznámka|Text zprávy",
		agree: "Chci dostávat newsletter|Souhlasím s kontaktováním|Souhlasím se zasíláním novinek", refuse: "Nechci dostávat newsletter|Nesouhlasím s kontaktováním|Nevolejte mi|Nesouhlasím se zasíláním reklamy", yes: "ano|Ano", no: "ne|Ne"},
	{name: "Turkish", first: "Ad|Adınız", last: "Soyad|Soyadınız", full: "Ad Soyad|Adınız Soyadınız", mail: "E-posta|E-posta adresi|E-posta adresiniz", phone: "Telefon|Telefon numarası|Cep telefonu", company: "Şirket|Firma|Şirket adı", title: "Unvan|Pozisyon", message: "Mesaj|Mesajınız",
		agree: "Bülten almak istiyorum|Benimle iletişime geçilmesini kabul ediyorum|Kampanya e-postaları almayı kabul ediyorum", refuse: "Bülten almak istemiyorum|Benimle iletişime geçilmesini istemiyorum|Beni aramayın|Reklam e-postaları almak istemiyorum", yes: "evet|Evet", no: "hayır|Hayır"},
	{name: "Russian", first: "Имя", last: "Фамилия", full: "ФИО|Имя и фамилия|Ваше имя", mail: "Электронная почта|Эл. почта|Почта", phone: "Телефон|Номер телефона|Контактный телефон|Мобильный телефон", company: "Компания|Организация|Название компании", title: "Должность", message: "Сообщение|Ваше сообщение|Комментарий|Ваш вопрос",
		agree: "Я согласен получать рассылку|Хочу получать рассылку|Согласен на получение новостей", refuse: "Я не хочу получать рассылку|Не звоните мне|Прошу не связываться со мной|Не согласен на получение рекламы", yes: "да|Да", no: "нет|Нет", firsts: cyrillicF, lasts: cyrillicL},
	{name: "Japanese", first: "名", last: "姓", full: "お名前|氏名", mail: "メールアドレス", phone: "電話番号|お電話番号|携帯電話", company: "会社名|貴社名|御社名", title: "役職", message: "お問い合わせ内容|メッセージ|ご質問|ご相談内容",
		familyFirst: true, firsts: "太郎|花子|健一|美咲|翔太", lasts: "山田|佐藤|高橋|中村|小川"},
	{name: "Korean", first: "이름", last: "성", full: "성함|성명", mail: "이메일|이메일 주소", phone: "전화번호|연락처|휴대폰|휴대전화", company: "회사명|회사|업체명", title: "직책|직급", message: "문의 내용|문의내용|메시지",
		familyFirst: true, firsts: "민준|서연|지호|하은|도윤", lasts: "김|박|최|정|한"},
	{name: "Chinese", first: "名", last: "姓", full: "姓名|您的姓名", mail: "邮箱|电子邮箱|电子邮件", phone: "电话|手机|手机号码|联系电话", company: "公司|公司名称|单位名称|企业名称", title: "职位|职务", message: "留言|留言内容|备注|需求描述",
		familyFirst: true, firsts: "小明|丽华|建国|雨桐|子轩", lasts: "王|李|张|陈|赵"},
	{name: "Hungarian", first: "Keresztnév", last: "Vezetéknév|Családnév", full: "Név|Teljes név", mail: "E-mail cím|E-mail", phone: "Telefonszám|Telefon|Mobilszám", company: "Cég|Cégnév", title: "Beosztás", message: "Üzenet|Megjegyzés|Üzenet szövege",
		familyFirst: true, firsts: "Éva|Gábor|Katalin|Zoltán|Ildikó", lasts: "Nagy|Szabó|Horváth|Balogh|Kocsis"},
	{name: "Romanian", first: "Prenume", last: "Nume|Nume de familie", full: "Nume complet|Nume și prenume", mail: "E-mail|Adresă de e-mail", phone: "Telefon|Număr de telefon", company: "Companie|Firmă|Nume companie", title: "Funcție|Funcția", message: "Mesaj|Mesajul dvs."},
	{name: "Ukrainian", first: "Ім'я", last: "Прізвище", full: "ПІБ|Ваше ім'я|Ім'я та прізвище", mail: "Електронна пошта|Ел. пошта", phone: "Телефон|Номер телефону|Контактний телефон", company: "Компанія|Назва компанії", title: "Посада", message: "Повідомлення|Коментар|Ваше запитання", firsts: cyrillicF, lasts: cyrillicL},
	{name: "Bulgarian", first: "Име", last: "Фамилия", full: "Име и фамилия|Вашето име", mail: "Имейл|Имейл адрес|Електронна поща", phone: "Телефон|Телефонен номер|Мобилен телефон", company: "Фирма|Компания", title: "Длъжност|Позиция", message: "Съобщение|Коментар|Вашето съобщение", firsts: cyrillicF, lasts: cyrillicL},
	{name: "Croatian", first: "Ime", last: "Prezime", full: "Ime i prezime", mail: "E-pošta|E-mail adresa|Adresa e-pošte|Vaša e-pošta", phone: "Telefon|Broj telefona|Mobitel|Kontakt telefon", company: "Tvrtka|Naziv tvrtke", title: "Radno mjesto|Funkcija", message: "Poruka|Vaša poruka|Komentar"},
	{name: "Serbian", first: "Ime|Име", last: "Prezime|Презиме", full: "Ime i prezime|Име и презиме", mail: "Imejl|Имејл|Imejl adresa", phone: "Telefon|Телефон|Broj telefona|Број телефона", company: "Firma|Фирма|Kompanija|Компанија", title: "Radno mesto|Радно место", message: "Poruka|Порука"},
	{name: "Slovene", first: "Ime", last: "Priimek", full: "Ime in priimek", mail: "E-pošta|E-poštni naslov|Elektronska pošta", phone: "Telefon|Telefonska številka|Mobilni telefon", company: "Podjetje|Naziv podjetja", title: "Delovno mesto", message: "Sporočilo|Vaše sporočilo"},
	{name: "Lithuanian", first: "Vardas", last: "Pavardė", full: "Vardas ir pavardė|Vardas, pavardė", mail: "El. paštas|El. pašto adresas", phone: "Telefonas|Telefono numeris|Tel. numeris|Mobilusis telefonas", company: "Įmonė|Įmonės pavadinimas", title: "Pareigos", message: "Žinutė|Pranešimas|Jūsų žinutė"},
	{name: "Latvian", first: "Vārds", last: "Uzvārds", full: "Vārds, uzvārds|Vārds un uzvārds", mail: "E-pasts|E-pasta adrese|E-pasts *", phone: "Tālrunis|Tālruņa numurs|Mobilais tālrunis", company: "Uzņēmums|Uzņēmuma nosaukums", title: "Amats", message: "Ziņa|Ziņojums|Jūsu ziņa"},
	{name: "Estonian", first: "Eesnimi", last: "Perekonnanimi", full: "Nimi|Ees- ja perekonnanimi", mail: "E-post|E-posti aadress", phone: "Telefon|Telefoninumber|Mobiiltelefon", company: "Ettevõte|Ettevõtte nimi|Firma", title: "Ametikoht|Amet", message: "Sõnum|Teade"},
	{name: "Greek", first: "Όνομα", last: "Επώνυμο", full: "Ονοματεπώνυμο", mail: "Ηλεκτρονικό ταχυδρομείο|Διεύθυνση email|Email επικοινωνίας", phone: "Τηλέφωνο|Κινητό τηλέφωνο|Αριθμός τηλεφώνου", company: "Εταιρεία|Επωνυμία εταιρείας", title: "Θέση εργασίας", message: "Μήνυμα|Σχόλια",
		firsts: "Ελένη|Νίκος|Δάφνη|Σπύρος", lasts: "Παππάς|Λιναρδάτου|Κοντός|Μελά"},
	{name: "Hebrew", first: "שם פרטי", last: "שם משפחה", full: "שם מלא", mail: "דוא\"ל|אימייל|כתובת אימייל|מייל", phone: "טלפון|טלפון נייד|מספר טלפון|נייד", company: "חברה|שם החברה", title: "תפקיד", message: "הודעה|תוכן ההודעה",
		firsts: "נועה|איתן|תמר|יונתן", lasts: "לוי|פרידמן|אשכנזי|ברק"},
	{name: "Arabic", first: "الاسم الأول", last: "اسم العائلة|الاسم الأخير", full: "الاسم الكامل|الاسم", mail: "البريد الإلكتروني|الإيميل", phone: "الهاتف|رقم الهاتف|رقم الجوال|رقم الموبايل", company: "الشركة|اسم الشركة", title: "المسمى الوظيفي|الوظيفة", message: "الرسالة|رسالتك",
		firsts: "ليلى|سامي|نور|طارق", lasts: "حداد|خوري|منصور|الشامي"},
	{name: "Hindi", first: "पहला नाम", last: "अंतिम नाम|उपनाम", full: "नाम|पूरा नाम", mail: "ईमेल|ईमेल पता", phone: "फ़ोन|मोबाइल नंबर|फोन नंबर|मोबाइल", company: "कंपनी|कंपनी का नाम", title: "पद|पदनाम", message: "संदेश|आपका संदेश|टिप्पणी",
		firsts: "आशा|रोहन|मीरा|अर्जुन", lasts: "कुलकर्णी|शर्मा|जोशी|नायर"},
	{name: "Thai", first: "ชื่อ", last: "นามสกุล", full: "ชื่อ-นามสกุล|ชื่อเต็ม", mail: "อีเมล|ที่อยู่อีเมล", phone: "โทรศัพท์|เบอร์โทรศัพท์|เบอร์โทร|มือถือ|เบอร์มือถือ", company: "บริษัท|ชื่อบริษัท", title: "ตำแหน่ง|ตำแหน่งงาน", message: "ข้อความ|รายละเอียด",
		firsts: "สมชาย|มาลี|อนันต์|ดาวเรือง", lasts: "ใจดี|ศรีสุข|ทองคำ|บุญมา"},
	{name: "Vietnamese", full: "Họ và tên|Họ tên", mail: "Email|Địa chỉ email|Thư điện tử", phone: "Số điện thoại|Điện thoại|Số di động", company: "Công ty|Tên công ty", title: "Chức vụ|Chức danh", message: "Nội dung|Tin nhắn|Lời nhắn",
		firsts: "Văn An|Thị Mai|Minh Khoa|Thu Hà", lasts: "Nguyễn|Trần|Lê|Phạm"},
}

// messages are what people write.
var messages = []string{
	"We would like to see a demo for our five hotels next week.",
	"Can you send a quote for 40 seats?",
	"Please call me about pricing, ideally after lunch.",
	"How does it connect to our webinar platform?",
	"Wir hätten gern ein Angebot für 25 Plätze.",
	"Pourriez-vous me rappeler cette semaine ?",
	"Our current tool does not tell us who asked for a demo; does yours?",
	"Hello 👋\nWe are a team of nine.\nWhat does it cost?",
	"Hi, I'd like to know more; is there a discount for schools & charities?",
	"https://www.quist-pumps.example is our site. Could you have a look before we talk?",
	"Two questions: does it run on our own servers, and what does it cost?",
}

// The words by which the roles of people are told.
var (
	leadWords     = words("lead|contact|customer|client|visitor|prospect|person|caller|sender|applicant|invitee|subscriber|primary contact|requester|respondent|submitter|user|profile|enquirer")
	attendeeWords = words("attendee|participant|registrant|ticket|ticket holder|delegate|student")
	payerWords    = words("payer|buyer|purchaser|order|billing|invoice|bill to|invoice recipient|paid by|cardholder")
	ourWords      = words("agent|owner|assigned to|sales rep|host|organizer|team member|recipient|account manager|consultant|assignee|salesperson|advisor|operator|presenter|instructor|handled by|support agent|assigned agent|created by|lead owner|sales manager|closer")
	officeWords   = words("location|office|store|branch|practice")
	besideWords   = words("co borrower|spouse|plus one|referred by|emergency contact|secondary contact|co applicant|partner|guarantor|referrer|alternate contact|next of kin")
	guestWords    = words("guests|additional guests|staff|companions|family members|accompanying persons|colleagues")
	listWords     = words("leads|contacts|attendees|registrants|people|participants|members|items|records|results|subscribers|rows|entries|invitees|delegates|respondents|customers")
	wrapperWords  = words("data|payload|body|record|submission|entry|form response|attributes|result|details|form data|response|customData|object|event|fields|values|properties|resource|input|output|params|detail|item|document|lead data|model")
	thingWords    = words("service|product|status|form|event|campaign|survey|plan|pipeline|stage|list|workflow|ad|page template|workspace|course|property|vehicle|department|package|appointment type|room|board|category|channel|tier|mailing list")
	thingNames    = []string{"Product demo", "New", "Contact us", "Autumn push", "Enterprise plan", "Newsletter sign-up", "Forecasting live", "Solar check", "Consultation", "In review"}
)
