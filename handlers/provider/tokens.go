package provider

import "strings"

// mark is what one word of a label hints at. A label's words are taken
// together: "company" beside "size" is not the company.
type mark uint32

const (
	markEmail mark = 1 << iota
	markPhone
	markCompany
	markName
	markFirst
	markLast
	markJob
	markMessage
	markConsent // agreeing
	markMailing // to being written to
	markContact // to being called or written to, in whatever words
	markNot     // not: turns a sentence about contact or consent round
	markMay     // asks for leave
	markTerms   // to the small print
	markLead    // of who came to us: a client's, an attendee's
	markPayer   // of who paid, or where it is sent
	markOthers  // of somebody beside the lead: a friend, a guest
	markOurs    // of our own side, or of a machine of ours: a host, a server
	markThing   // beside "name": the name of a thing
	markAside   // beside any field: a property of it, not the field itself
	markPassing // an id or a time
	markFiller  // says nothing: your, please
	markOptOut
)

// words are the tokens, normalised. Several languages, for the words that
// survive in compound labels; whole labels are in the spellings.
var words = indexWords(wordLists)

var wordLists = []wordList{
	{markEmail, `email emails mail emailaddress mailadresse emailadresse courriel correo eposta epost epostadress epostadresse emailadres sahkoposti mejl`},
	{markPhone, `phone telephone tel mobile cell cellphone mobilephone telefon telefonnummer handy handynummer mobil mobilnummer telephones portable telefono movil celular telefone telemovel cellulare telefoon telefoonnummer mobiel puhelin puhelinnumero komorka whatsapp gsm tlf телефон`},
	{markCompany, `company organization organisation employer firm firma unternehmen entreprise societe empresa compania azienda societa bedrijf bedrijfsnaam foretag virksomhed bedrift yritys companyname firmenname компания организация sirket agency brokerage`},
	{markName, `name fullname nom nombre nome naam namn navn nimi imie jmeno nume nev isim имя`},
	{markFirst, `first given fore prenom vor prenume`},
	{markLast, `last sur family surname lastname famille`},
	{markJob, `job position designation occupation jobtitle berufsbezeichnung poste cargo puesto stanowisko funktion должность`},
	{markMessage, `remarks remark message comment comments inquiry enquiry nachricht anfrage anliegen mensaje mensagem messaggio bericht meddelande besked wiadomosc mesaj сообщение commentaire commentaires comentario comentarios kommentar bemerkung`},
	{markConsent, `consent agree agreed consents einwilligung zustimmung consentement consentimiento consentimento consenso toestemming zgoda suhlas souhlas samtykke samtycke stimme accepte acepto aceito acconsento accetto certify согласие gdpr dsgvo rgpd lgpd optin souhlasim zgadzam wyrazam zgody zgode godkanner godkender godtar accepterer hyvaksyn hyvaksyy kabul onayliyorum acuerdo concordo akkoord einverstanden zustimme akzeptiere acepta согласна согласен даю приемам съгласен autorizo autorizzo autorise autorizam autorizez upowazniam пристајем pristajem slazem soglasam strinjam sutinku piekritu noustun συμφωνω αποδεχομαι מסכים מאשר أوافق موافق सहमत đong dongy setuju hozzajarulok elfogadom beleegyezem погоджуюсь погоджуюся`},
	{markMailing, `receive newsletter marketing subscribe newsletters contacted updates promotional`},
	{markContact, `contact contacted contacting call called calls calling email emails emailed mail mailed mailing mailings text texted texts sms phone phoned message messages messaged write written send sent receive receiving share shared updates news offers offer newsletter newsletters marketing communication communications promotions promotional subscribe subscribed information spam ads advertising advertisements hear notified reminders solicited
		kontaktieren kontaktiert kontakt kontaktaufnahme kontaktiere anrufen angerufen anruf anrufe rufen werbung werbemails erhalten zusenden zugesandt informationen angebote bekommen newsletters recevoir contacter contacte contactee contactes contactez recontacte recontactee appeler appele appelez demarchage infolettre offres nouvelles
		recibir contactar contactado contactada contacten contacto contacteis llamar llamen llamada comunicaciones boletin publicidad ofertas envien receber contatado contatada contactados contato ligar ligue ligacoes comunicacoes novidades ricevere contattare contattato contattata contattatemi contatto chiamare chiamato comunicazioni offerte promozionali
		ontvangen gecontacteerd contacteren bellen gebeld bel mail stuur nieuwsbrief nieuwsbrieven aanbiedingen mailen benaderd kontaktad kontaktas kontakta kontaktade ring ringa ringd nyhetsbrev nyhetsbrevet erbjudanden utskick mottaga modtage kontaktes kontaktet ringes ringe nyhedsbrev nyhedsbrevet tilbud motta ringt reklame reklam
		vastaanottaa yhteytta uutiskirje uutiskirjetta uutiskirjeen markkinointi markkinointia soittaa soitettavan otrzymywac kontaktu kontaktowac kontaktowano dzwonic newslettera newsletter ofert wysylac marketingowych dostavat odebirat kontaktovan kontaktovana kontaktovat kontaktovani kontaktovanim volat zasilat zasilani zasilanim sdeleni novinky primesc primi contactat contactata contactati sunati suna oferte
		kapni kapjak kerek hirlevelet hirlevel megkeressenek hivjanak hivas kapcsolat almak aranmak iletisim iletisime bulten gecilmesini arayin aranmasini ileti eposta получать получение рассылку рассылки рассылка звонить звоните звонки звонков связываться связывались контакт новости предложения писем отримувати розсилку розсилка дзвонити дзвоніть телефонувати звязуватися новини пропозиції получавам получаване бюлетин обаждайте свързвайте
		primati primam kontaktirati kontaktirajte zvati zovite obavijesti ponude novice prejemati klicati prejemam kontaktirali gauti naujienlaiskio naujienlaiski susisiekti skambinti pasiulymus sanemt jaunumus zvanit sazinaties saada uudiskirja helistada uhendust λαμβανω ενημερωτικο επικοινωνια επικοινωνησετε καλεσετε לקבל קשר דיוור ניוזלטר להתקשר להתקשרו تلقي استلام الاتصال التواصل النشرة رسائل संपर्क प्राप्त कॉल nhan lien goi`},
	{markNot, `not no never remove exclude don dont doesn doesnt won wont without stop refuse decline object nicht kein keine keinen keiner keinerlei nein widerspreche ne n pas aucun aucune jamais refuse nunca ningun ninguna rechazo nao recuso nenhum nenhuma non rifiuto nessun nessuna niet geen nooit inte ej inga ingen aldrig ikke aldri halua ei ala nie rezygnuje nechci nesouhlasim nepreji nezadam neposilejte nekontaktujte nevolejte nu refuz nem
		istemiyorum istemem etmiyorum onaylamiyorum vermiyorum degil не нет отказываюсь ні відмовляюся nemojte nemoj nocem necu nezelim nenoriu nesutinku nesiuskite neskambinkite nevelos nepiekritu nesutit nezvaniet mitte δεν μη μην οχι לא אל لا नहीं न khong`},
	{markMay, `may can could allow permission ok okay happy wish want like would yes please darf durfen mochte will wil wens vill vil ønsker onsker haluan chce chci quiero deseo quero desejo voglio desidero vorrei souhaite veux voudrais kerek kerem istiyorum zelim zelimo noriu velos soovin doresc vreau kivanom хочу желаю бажаю искам хотел хотела θελω επιθυμω`},
	{markTerms, `terms privacy policy datenschutz conditions agb confidentialite privacidad privacidade`},
	{markLead, `attendee invitee registrant participant contact lead customer client visitor subscriber applicant respondent submitter prospect caller sender requester requestor consumer enquirer inquirer delegate candidate patient passenger traveller tenant borrower learner student member parent ticket holder`},
	{markPayer, `paid paying billing accounting invoice order payer purchaser purchase payment shipping delivery checkout cardholder booker buyer`},
	{markOthers, `old previous former prior friend friends referral referred referrer referrals referee emergency spouse partner colleague guests guest2 second secondary alternate alternative additional co coborrower coapplicant companion companions relative kin child children bride groom reference references`},
	{markOurs, `team host hosts organizer organiser owner agent rep reps representative assignee assigned operator creator author admin administrator manager supervisor support recipient notification staff employee salesperson
		consultant recruiter instructor speaker presenter panelist moderator canceled cancelled created updated modified rescheduled server smtp webhook api template reply bot uid uuid ical callee setter closer advisor adviser realtor broker seller vendor`},
	{markThing, `form page event file campaign product project domain site website store shop list team field city country region state street school university pet dog cat child baby bride groom partner event webinar session meeting course ad adset group plan tag brand browser os device
		venue hotel property building event book song app package service software tool platform competitor competitors street network role workspace board column table sheet survey quiz question step variant host class subject topic user username login nickname nick maiden middle mother father husband wife bank card account source tracking medium channel provider vendor group category attribution affiliate coupon pipeline stage workflow flow deal status template segment audience workspace inbox queue folder report bundle lesson lecture track stream room vehicle tier board appointment option`},
	{markAside, `size website web url link type industry sector revenue employees headcount number id vat tax registration registered founded address city country state zip postal description domain logo image age years year count kind status verified category level experience budget date time preference
		preferences preferred frequency subject template format ext extension code prefix model method count score rating opening openings application applications listing posting department function salary location stage confirmed valid validity using used use uses want wants need needs looking interested often many much which when where why`},
	{markPassing, `id ids uid uuid guid key timestamp ts ip token hash nonce`},
	{markFiller, `your you the a an my our me what whats s is are was please enter provide insert in of for to and here contact user lead customer client guest attendee invitee registrant participant visitor applicant respondent prospect buyer primary main custom field fields input answer response label value text
		cf hs wpforms optional required best valid personal current full complete work business corporate professional official kindly give us
		ihr ihre ihren dein deine votre vos ton ta su sus tu tus seu sua il la le les el lo l d de del della dell di da do uw je jouw din ditt deres twoj twoja twoje ваш ваша ваше и pflichtfeld pflicht erforderlich facultatif optionnel obligatoire opcional obligatorio obbligatorio facoltativo verplicht optioneel wymagane opcjonalne 必須 任意 ご お 您的 필수 선택`},
	{markOptOut, `unsubscribe unsubscribed optout`},
}

type wordList struct {
	mark  mark
	words string
}

func indexWords(lists []wordList) map[string]mark {
	m := make(map[string]mark, 600)
	for _, list := range lists {
		for word := range strings.FieldsSeq(list.words) {
			m[normalText(word)] |= list.mark
		}
	}
	return m
}

// notPieces and contactPieces do for labels without blanks what the words for not
// and for contact do for others.
var (
	notPieces     = []string{"しない", "しません", "不要", "ません", "拒否", "停止", "않", "안 함", "안함", "거부", "원하지", "不", "勿", "拒绝", "拒絕", "ไม่"}
	contactPieces = []string{"連絡", "配信", "受け取", "希望", "メール", "電話", "お知らせ", "メルマガ", "案内", "同意", "수신", "연락", "광고", "뉴스레터", "마케팅", "동의", "전화", "接收", "联系", "聯絡", "聯繫", "订阅", "訂閱", "推广", "营销", "广告", "电子报", "邮件", "来电", "致电", "รับ", "ติดต่อ", "ข่าวสาร", "โทร", "ยินยอม"}
)

// pieces are parts of words, for languages that write without blanks or glue
// words together.
var pieces = []struct {
	piece string
	field field
}{
	{"メール", fieldEmail}, {"mailadress", fieldEmail}, {"e mail", fieldEmail}, {"이메일", fieldEmail}, {"邮箱", fieldEmail}, {"邮件", fieldEmail}, {"信箱", fieldEmail}, {"電郵", fieldEmail}, {"почт", fieldEmail},
	{"電話", fieldPhone}, {"携帯", fieldPhone}, {"电话", fieldPhone}, {"手机", fieldPhone}, {"手機", fieldPhone}, {"전화", fieldPhone}, {"휴대", fieldPhone}, {"연락처", fieldPhone}, {"telefon", fieldPhone}, {"rufnummer", fieldPhone},
	{"会社名", fieldCompany}, {"貴社", fieldCompany}, {"御社", fieldCompany}, {"企業名", fieldCompany}, {"勤務先", fieldCompany}, {"公司名", fieldCompany}, {"公司", fieldCompany}, {"企业名", fieldCompany}, {"회사명", fieldCompany}, {"업체명", fieldCompany}, {"firmenname", fieldCompany}, {"unternehmensname", fieldCompany},
	{"役職", fieldTitle}, {"职位", fieldTitle}, {"职务", fieldTitle}, {"職稱", fieldTitle}, {"직책", fieldTitle}, {"직급", fieldTitle},
	{"氏名", fieldName}, {"名前", fieldName}, {"姓名", fieldName}, {"성함", fieldName}, {"담당자", fieldName}, {"担当者", fieldName}, {"联系人", fieldName},
	{"問い合わせ", fieldMessage}, {"問合せ", fieldMessage}, {"相談内容", fieldMessage}, {"문의", fieldMessage}, {"留言", fieldMessage}, {"メッセージ", fieldMessage},
	{"同意", fieldConsent}, {"동의", fieldConsent}, {"einwillig", fieldConsent},
}
