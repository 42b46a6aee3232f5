package provider

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/leadgate/leadgate/lead"
)

// summary is what a body was read as, in one line for each touch: the person's
// details, then what else is there by its name.
func summary(touches []lead.Touch) string {
	var all []string
	for _, t := range touches {
		var parts []string
		add := func(name, value string) {
			if value != "" {
				parts = append(parts, strings.TrimPrefix(name+"=", "=")+value)
			}
		}
		p := t.Person
		p.Fill()
		add("", p.Name)
		add("", p.Email)
		add("", p.Phone)
		add("company", p.Company)
		add("title", p.Title)
		add("message", t.Message)
		add("consent", string(t.Consent))
		if t.Action != "contact_form" {
			add("action", string(t.Action))
		}
		add("event", t.Event.Title)
		add("start", t.Event.Start)
		add("page", t.PageURL)
		add("utm", strings.TrimSpace(t.UTM.Source+" "+t.UTM.Campaign))
		if t.Test {
			add("", "test")
		}
		add("marks", strings.Join(t.Marks, " "))
		all = append(all, strings.Join(parts, "; "))
	}
	return strings.Join(all, " | ")
}

// TestRead_Rules are the rules of the reader, a few bodies for each.
func TestRead_Rules(t *testing.T) {
	for rule, bodies := range map[string][][2]string{
		"TheTopBeatsWhatIsBelow": {
			{`{"guarantor":{"name":"Nils Berg","email":"nils@berg.example"},"name":"Liv Quist","email":"liv@quist.example"}`, `Liv Quist; liv@quist.example`},
			{`{"name":"Liv Quist","email":"liv@quist.example","partner":{"email":"nils@berg.example","phone":"+47 22 55 01 23"}}`, `Liv Quist; liv@quist.example`},
			{`{"email":"liv@quist.example","details":{"first_name":"Liv","last_name":"Quist","company":"Quist AS"}}`, `Liv Quist; liv@quist.example; company=Quist AS`},
		},
		"PartsComeFromOnePrefix": {
			{`{"buyer_name":"Nils Berg","buyer_email":"nils@berg.example","attendee_name":"Liv Quist","attendee_email":"liv@quist.example"}`, `Liv Quist; liv@quist.example`},
			{`{"billing_first_name":"Nils","billing_email":"nils@berg.example","participantFirstName":"Liv","participantEmail":"liv@quist.example"}`, `Liv; liv@quist.example`},
			{`{"office_email":"post@quist.example","email":"liv@quist.example"}`, `liv@quist.example`},
			{`{"Payer Name":"Nils Berg","Payer E-mail":"nils@berg.example","Payer Company":"Berg AS"}`, `Nils Berg; nils@berg.example; company=Berg AS`},
		},
		"WhoCalledIsTheLead": {
			{`{"direction":"inbound","caller":"+4722550123","called":"+4721550100"}`, `+4722550123`},
			{`{"data":{"from_number":"+4722550123","user":{"name":"Riley","email":"riley@ours.example"}}}`, `+4722550123`},
			{`{"from":"Liv Quist <liv@quist.example>","to":"sales@ours.example","text":"Ten pumps, please"}`, `Liv Quist; liv@quist.example; message=Ten pumps, please`},
			{`{"chat":[{"author":{"type":"agent","name":"Riley"},"text":"How can we help?"},{"author":{"type":"visitor","name":"Liv Quist","email":"liv@quist.example"},"text":"Ten pumps, please"}]}`, `Liv Quist; liv@quist.example; message=Ten pumps, please`},
			{`{"from":{"name":"Liv Quist","phone":"+4722550123"},"to":{"name":"Sales","phone":"+4721550100"},"user":{"name":"Rep Riley","email":"riley@ours.example"}}`, `Liv Quist; +4722550123`},
			{`{"visitor_phone":"+4722550123","operator":{"email":"riley@ours.example"}}`, `+4722550123`},
			{`{"members":[{"type":"customer","name":"Liv Quist","email":"liv@quist.example"},{"type":"agent","name":"Riley","email":"riley@ours.example"}]}`, `Liv Quist; liv@quist.example`},
		},
		"SeveralPeopleAreSeveralTouches": {
			{`{"webinar":{"title":"Fewer sheets"},"registrants":[{"name":"Liv Quist","email":"liv@quist.example"},{"name":"Nils Berg","email":"nils@berg.example"}],"page":{"size":2}}`, `Liv Quist; liv@quist.example; event=Fewer sheets | Nils Berg; nils@berg.example; event=Fewer sheets`},
			{`{"company":"Quist AS","attendee_1_name":"Liv Quist","attendee_1_email":"liv@quist.example","attendee_2_name":"Nils Berg","attendee_2_email":"nils@berg.example"}`, `Liv Quist; liv@quist.example; company=Quist AS | Nils Berg; nils@berg.example; company=Quist AS`},
			{`{"name":"Liv Quist","email":"liv@quist.example","guests":[{"name":"Nils Berg","email":"nils@berg.example"},{"name":"Ida Dahl","email":"ida@dahl.example"}]}`, `Liv Quist; liv@quist.example`},
			{`{"data":{"orders":[{"customer":{"email":"liv@quist.example"}},{"customer":{"email":"nils@berg.example"}}]}}`, `liv@quist.example | nils@berg.example`},
		},
		"AWrapperTakesNobodyAway": {
			{`{"event":{"payload":{"name":"Liv Quist","email":"liv@quist.example","title":"CTO"}}}`, `Liv Quist; liv@quist.example; title=CTO`},
			{`{"form":{"fields":{"name":"Liv Quist","email":"liv@quist.example"}}}`, `Liv Quist; liv@quist.example`},
			{`{"team":[{"email":"liv@quist.example"}]}`, `liv@quist.example`},
			{`{"context":{"first_name":"Liv","email":"liv@quist.example"}}`, `Liv; liv@quist.example`},
		},
		"AThingsNameIsNobodys": {
			{`{"data":{"product":{"name":"Pump 300"},"email":"liv@quist.example"}}`, `liv@quist.example`},
			{`{"name":"Quote for pumps","full_name":"Liv Quist","email":"liv@quist.example"}`, `Liv Quist; liv@quist.example`},
			{`{"name":"Quist AS","firstname":"Liv","lastname":"Quist","email":"liv@quist.example"}`, `Liv Quist; liv@quist.example`},
		},
		"AnAddressIsFoundHoweverItIsWritten": {
			{`{"email":{"value":"liv@quist.example"}}`, `liv@quist.example`},
			{`{"email":["liv@quist.example","quist@home.example"]}`, `liv@quist.example`},
			{`{"email":"liv@quist.example, nils@berg.example"}`, `liv@quist.example`},
			{`{"email":"liv @ quist.example;"}`, `liv@quist.example`},
			{`{"email":"<a href=\"mailto:liv@quist.example\">write</a>"}`, `liv@quist.example`},
			{`{"email":"liv@quist..example"}`, `liv@quist.example`},
			{`{"emails":[{"type":"work","address":"liv@quist.example"}]}`, `liv@quist.example`},
		},
		"ANumberIsFoundInParts": {
			{`{"phone":{"CountryCode":"47","Number":"22550123"}}`, `+4722550123`},
			{`{"dial_code":"+47","phone":"22 55 01 23"}`, `+4722550123`},
			{`{"phone":["+4722550123","+4722550124"]}`, `+4722550123`},
			{`{"phone":"tel:+47-22-55-01-23"}`, `+4722550123`},
			{`{"phone":"＋４７ ２２ ５５ ０１ ２３"}`, `+4722550123`},
			{`{"phone":"+47 22 55 01 23 / +47 22 55 01 24"}`, `+4722550123`},
			{`{"phone":"(+47) 22550123 after five"}`, `+4722550123`},
			{`{"phone":"4.72255E+10","email":"liv@quist.example"}`, `liv@quist.example`},
			{`{"phone":"2026-11-25 10:00:00","email":"liv@quist.example"}`, `liv@quist.example`},
		},
		"ABoxThatSaysNoIsARefusal": {
			{`{"email":"liv@quist.example","I don't want any e-mails":"on"}`, `liv@quist.example; consent=refused; marks=do_not_contact`},
			{`{"email":"liv@quist.example","I don't want any e-mails":"no"}`, `liv@quist.example`},
			{`{"email":"liv@quist.example","terms":true,"Je ne souhaite pas être contacté":"oui"}`, `liv@quist.example; consent=refused; marks=do_not_contact`},
			{`{"email":"liv@quist.example","opt_out":"1"}`, `liv@quist.example; consent=refused; marks=do_not_contact`},
			{`{"email":"liv@quist.example","No newsletter please":"No newsletter please"}`, `liv@quist.example; consent=refused; marks=do_not_contact`},
			{`{"email":"liv@quist.example","Phone no":"22550123"}`, `liv@quist.example; 22550123`},
			{`{"email":"liv@quist.example","Você pode nos contatar? Não quero receber e-mails":"sim"}`, `liv@quist.example; consent=refused; marks=do_not_contact`},
		},
		"ConsentIsSeenWhereItIs": {
			{`{"your-email":"liv@quist.example","acceptance-12":"1"}`, `liv@quist.example; consent=given`},
			{`{"email":"liv@quist.example","consent":{"marketing":true,"timestamp":"2026-11-25T09:00:00Z"}}`, `liv@quist.example; consent=given`},
			{`{"email":"liv@quist.example","gdpr":["You may call me"]}`, `liv@quist.example; consent=given`},
			{`{"email":"liv@quist.example","Yes, send me offers":false}`, `liv@quist.example; consent=refused`},
		},
		"WhatHappenedIsRead": {
			{`{"event":"attendee.no_show","webinar":{"title":"Fewer sheets","start":"2026-11-24T10:00:00Z"},"email":"liv@quist.example"}`, `liv@quist.example; action=webinar_no_show; event=Fewer sheets; start=2026-11-24T10:00:00Z`},
			{`{"type":"booking.rescheduled","email":"liv@quist.example","datetime":"2026-12-01T10:00:00Z"}`, `liv@quist.example; action=demo_rescheduled; start=2026-12-01T10:00:00Z`},
			{`{"appointment":"demo","cancelled":true,"email":"liv@quist.example"}`, `liv@quist.example; action=demo_cancelled`},
			{`{"event_type":"call.missed","from_number":"+4722550123"}`, `+4722550123`},
			{`{"event":"lead.created","email":"liv@quist.example"}`, `liv@quist.example`},
		},
		"WhatThePersonWroteIsTheMessage": {
			{`{"email":"liv@quist.example","content":"Can you send a quote?","message_id":"m1","message_type":"text"}`, `liv@quist.example; message=Can you send a quote?`},
			{`{"email":"liv@quist.example","description":"We need ten pumps"}`, `liv@quist.example; message=We need ten pumps`},
			{`{"email":"liv@quist.example","description":"pump","message":"We need ten"}`, `liv@quist.example; message=We need ten`},
			{`{"email":"liv@quist.example","message":"<p>We need ten<br>pumps</p>"}`, "liv@quist.example; message=We need ten\npumps"},
		},
		"PagesAndCampaignsSurvive": {
			{`{"email":"liv@quist.example","page_url":"https://www.quist.example/p?x=a b&utm_source=fb&utm_campaign=50% off"}`, `liv@quist.example; page=https://www.quist.example/p?x=a%20b&utm_source=fb&utm_campaign=50%25%20off; utm=fb 50% off`},
			{`{"email":"liv@quist.example","page_url":"https%3A%2F%2Fwww.quist.example%2Fp%3Futm_source%3Dfb"}`, `liv@quist.example; page=https://www.quist.example/p?utm_source=fb; utm=fb`},
			{`{"email":"liv@quist.example","page_url":"https://www.quist.example/p?utm_source=fb&amp;utm_campaign=x"}`, `liv@quist.example; page=https://www.quist.example/p?utm_source=fb&utm_campaign=x; utm=fb x`},
			{`{"email":"liv@quist.example","utm_source__c":"fb","Utm Campaign (custom)":"x"}`, `liv@quist.example; utm=fb x`},
		},
		"WhatIsCalledATestIsOne": {
			{`{"email":"liv@quist.example","livemode":false}`, `liv@quist.example; test`},
			{`{"email":"liv@quist.example","formMode":"test"}`, `liv@quist.example; test`},
			{`{"email":"liv@quist.example","testmode":"false","mode":"production"}`, `liv@quist.example`},
			{`{"email":"liv@quist.example","full_name":"<test lead: dummy data for full_name>"}`, `<test lead: dummy data for full_name>; liv@quist.example; test`},
		},
		"NothingIsShownAsAPersonWouldNotWriteIt": {
			{`{"email":"liv@quist.example","name":"J&ouml;rg Quist","company":"{{company}}"}`, `Jörg Quist; liv@quist.example`},
			{`{"email":"liv@quist.example","last":"김","first":"민준"}`, `김민준; liv@quist.example`},
			{`{"email":"liv@quist.example","姓":"山田","名":"太郎","メッセージ":"こんにちは、お願いします"}`, `山田 太郎; liv@quist.example; message=こんにちは、お願いします`},
		},
		"TypedAndUnlabelledValuesAreRead": {
			{`{"properties":{"Mail":{"type":"email","email":"liv@quist.example"},"Name":{"type":"title","title":[{"plain_text":"Liv Quist"}]}}}`, `Liv Quist; liv@quist.example`},
			{`{"questions":[{"id":"7","answers":[{"row":1,"text":"Liv Quist"},{"row":2,"text":"liv@quist.example"}]}]}`, `Liv Quist; liv@quist.example`},
		},
	} {
		t.Run(rule, func(t *testing.T) {
			for _, x := range bodies {
				touches, err := general(request("application/json", x[0]))
				if got := summary(touches); err != nil || got != x[1] {
					t.Errorf("%s\ngot  %s, %v\nwant %s", x[0], got, err, x[1])
				}
			}
		})
	}
}

// TestRead_RulesInForms reads as a form what a form sends in brackets and dots.
func TestRead_RulesInForms(t *testing.T) {
	for _, x := range [][2]string{
		{"company=Quist+AS&attendees[0][name]=Liv+Quist&attendees[0][email]=liv@quist.example&attendees[1][name]=Nils&attendees[1][email]=nils@berg.example", "Liv Quist; liv@quist.example; company=Quist AS | Nils; nils@berg.example; company=Quist AS"},
		{"attendees.0.email=liv@quist.example&attendees.1.email=nils@berg.example", "liv@quist.example | nils@berg.example"},
		{"order.email=nils@berg.example&ticket.email=liv@quist.example&ticket.name=Liv+Quist", "Liv Quist; liv@quist.example"},
		{"email=liv@quist.example&email=liv@quist.example&utm_source=fb&utm_source=fb", "liv@quist.example; utm=fb"},
		{"Body=Ten+pumps,+please&From=%2B4722550123&To=%2B4721550100", "+4722550123; message=Ten pumps, please"},
	} {
		touches, err := general(request("application/x-www-form-urlencoded", x[0]))
		if got := summary(touches); err != nil || got != x[1] {
			t.Errorf("%s\ngot  %s, %v\nwant %s", x[0], got, err, x[1])
		}
	}
}

// FuzzRead: whatever a body is, reading it does not panic, and reading it again
// gives the same.
func FuzzRead(f *testing.F) {
	for _, name := range []string{"json", "form"} {
		for _, file := range fixtures(f, name) {
			r := fixture(f, file)
			f.Add(r.Header.Get("Content-Type"), string(r.Body))
		}
	}
	f.Add("application/json", `{"attendees":[{"name":"Liv","email":"l@quist.example"},{"email":"n@berg.example"}],"order.email":"x@y.example","a":{"0":{"b":[]}}}`)
	f.Fuzz(func(t *testing.T, contentType, body string) {
		read := func() string {
			r := request(contentType, body)
			r.URL = &url.URL{}
			var people []Found
			r.Met = func(x Found) { people = append(people, x) }
			touches, err := general(r)
			return fmt.Sprint(touches, err, people)
		}
		if first, again := read(), read(); first != again {
			t.Errorf("read twice:\n%s\n%s", first, again)
		}
	})
}
