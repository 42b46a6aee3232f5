package sheet

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/leadgate/leadgate/handlers/provider"
)

// TestExports reads the files that people export from other programs, down to
// the person of each row.
func TestExports(t *testing.T) {
	p, _ := provider.Find("json")
	for name, c := range map[string]struct {
		file string
		want []string // name, email, phone, company, title of each person, in order
	}{
		"ZoomRegistration": {"Registration Report\nReport Generated:,\"Nov 27, 2026 10:00:00 AM\"\nTopic,Webinar ID,Scheduled Time,# Registered\nPlanning,123 456 789,\"Nov 30, 2026 03:00 PM\",2\nAttendee Details\n" +
			"First Name,Last Name,Email,Phone,Organization,Job Title,Registration Time,Approval Status\nIda,Sommer,ida@sommer-reisen.example,+493055501230,Sommer Reisen,CEO,\"Nov 20, 2026 09:00 AM\",approved\n",
			[]string{"Ida Sommer|ida@sommer-reisen.example|+493055501230|Sommer Reisen|CEO"}},
		"ZoomAttendance": {"Attendee Report\nReport Generated:,\"11/27/2026 10:00\"\nTopic,Webinar ID,Actual Start Time,Actual Duration (minutes),# Registered\nPlanning,123,11/26/2026,60,2\nHost Details,\n" +
			"Attended,User Name (Original Name),Email,Join Time,Leave Time,Time in Session (minutes),Country/Region Name\nYes,Our Host,host@ours.example,11/26/2026,11/26/2026,60,Germany,\nPanelist Details,\n" +
			"Attended,User Name (Original Name),Email,Join Time,Leave Time,Time in Session (minutes),Country/Region Name\nYes,Our Guest,guest@ours.example,11/26/2026,11/26/2026,60,Germany,\nAttendee Details,\n" +
			"Attended,User Name (Original Name),First Name,Last Name,Email,Organization,Registration Time,Approval Status,Join Time,Leave Time,Time in Session (minutes),Country/Region Name\n" +
			"Yes,Ida Sommer,Ida,Sommer,ida@sommer-reisen.example,Sommer Reisen,11/20/2026,approved,11/26/2026,11/26/2026,42,Austria,\nNo,Bo Berg,Bo,Berg,bo@bo-bau.example,Bo Bau,11/20/2026,approved,--,--,--,Austria,\n",
			[]string{"Ida Sommer|ida@sommer-reisen.example||Sommer Reisen|", "Bo Berg|bo@bo-bau.example||Bo Bau|"}},
		"Facebook": {encoded(t, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), "id\tcreated_time\tad_id\tad_name\tcampaign_name\tform_name\tis_organic\tplatform\temail\tfull_name\tphone_number\tcompany_name\r\n"+
			"l:1\t2026-11-20T16:16:51+00:00\tag:2\tPromo\tAutumn\tForm\tfalse\tig\tida@sommer-reisen.example\tIda Sömmer\tp:+493055501230\tSommer Reisen\r\nl:2\t2026-11-20T16:16:51+00:00\tag:2\tPromo\tAutumn\tForm\tfalse\tfb\t\tBo Berg\tp:+4551234567\t\r\n"),
			[]string{"Ida Sömmer|ida@sommer-reisen.example|+493055501230|Sommer Reisen|", "Bo Berg||+4551234567||"}},
		"Tito": {"Number,Ticket,Ticket Full Name,Ticket First Name,Ticket Last Name,Ticket Email,Ticket Company Name,Ticket Phone Number,Event,Void Status,Price,Order Reference,Order Name,Order Email,Order Company Name,Ticket Reference\n" +
			"1,Standard,Ida Sommer,Ida,Sommer,ida@sommer-reisen.example,Sommer Reisen,+493055501230,Planning 2026,,99,ABCD,Otto Sommer,otto@sommer-reisen.example,Sommer Reisen,ABCD-1\n",
			[]string{"Ida Sommer|ida@sommer-reisen.example|+493055501230|Sommer Reisen|"}},
		"Eventbrite": {"Order #,Order Date,First Name,Last Name,Email,Quantity,Price Tier,Ticket Type,Attendee #,Group,Order Type,Currency,Total Paid,Fees Paid,Attendee Status,Home Address 1,Home City,Cell Phone,Job Title,Company\n" +
			"77,2026-11-20 10:00:00,Ida,Sommer,ida@sommer-reisen.example,1,,General,88,,PayPal,EUR,10,1,Attending,Weg 1,Wien,+493055501230,CEO,Sommer Reisen\n",
			[]string{"Ida Sommer|ida@sommer-reisen.example|+493055501230|Sommer Reisen|CEO"}},
		"EventbriteOrders": {"Order ID,Order Date,Buyer First Name,Buyer Last Name,Buyer Email,Attendee First Name,Attendee Last Name,Attendee Email,Ticket Type\n" +
			"77,2026-11-20,Otto,Sommer,otto@sommer-reisen.example,Ida,Sommer,ida@sommer-reisen.example,General\n",
			[]string{"Ida Sommer|ida@sommer-reisen.example|||"}},
		"HubSpot": {"Record ID - Contact,First Name,Last Name,Email,Phone Number,Contact owner,Lead Status,Marketing contact status,Create Date,Associated Company,Associated Company IDs,Job Title\n" +
			"12001,Ida,Sommer,ida@sommer-reisen.example,+493055501230,Dana Rep (dana@ours.example),New,Marketing contact,2026-11-20 10:00,Sommer Reisen,99,CEO\n",
			[]string{"Ida Sommer|ida@sommer-reisen.example|+493055501230|Sommer Reisen|CEO"}},
		"LinkedInConnections": {"Notes:\n\"When exporting your connection data, you may notice that some of the email addresses are missing.\"\n\nFirst Name,Last Name,URL,Email Address,Company,Position,Connected On\n" +
			"Ida,Sommer,https://www.linkedin.com/in/ida,ida@sommer-reisen.example,Sommer Reisen,CEO,20 Nov 2026\n",
			[]string{"Ida Sommer|ida@sommer-reisen.example||Sommer Reisen|CEO"}},
		"LinkedInLeads": {"Lead ID,Form Name,Campaign Name,Created At,First Name,Last Name,Email Address,Company Name,Job Title,Phone Number\n" +
			"1,Form,Autumn,20/11/2026,Ida,Sommer,ida@sommer-reisen.example,Sommer Reisen,CEO,+493055501230\n",
			[]string{"Ida Sommer|ida@sommer-reisen.example|+493055501230|Sommer Reisen|CEO"}},
		"Outlook": {encoded(t, charmap.Windows1252, "First Name,Middle Name,Last Name,Title,Suffix,Web Page,Gender,Birthday,Notes,E-mail Address,E-mail 2 Address,E-mail 3 Address,Primary Phone,Home Phone,Mobile Phone,Business Phone,Company,Job Title,Business Street,Business City\n"+
			"Jürgen,,Groß,Dr.,,,,,,juergen@gross-bau.example,jg@privat.example,,,,,+49 30 55501230,Groß Bau,Geschäftsführer,Weg 1,Köln\n"),
			[]string{"Jürgen Groß|juergen@gross-bau.example|+493055501230|Groß Bau|Geschäftsführer"}},
		"Google": {"Name,Given Name,Family Name,Notes,Group Membership,E-mail 1 - Type,E-mail 1 - Value,Phone 1 - Type,Phone 1 - Value,Organization 1 - Name,Organization 1 - Title\n" +
			"Ida Sommer,Ida,Sommer,,* myContacts,Work,ida@sommer-reisen.example,Mobile,+493055501230,Sommer Reisen,CEO\n",
			[]string{"Ida Sommer|ida@sommer-reisen.example|+493055501230|Sommer Reisen|"}},
		"Salesforce": {"Lead ID;First Name;Last Name;Company / Account;Email;Phone;Title;Lead Owner;Lead Source\n00Q1;Ida;Sommer;Sommer Reisen;ida@sommer-reisen.example;+493055501230;CEO;Dana Rep;Web\n",
			[]string{"Ida Sommer|ida@sommer-reisen.example|+493055501230|Sommer Reisen|CEO"}},
		"TwoInARow": {"Booking,Guest 1 Name,Guest 1 Email,Guest 2 Name,Guest 2 Email\n7,Ida Sommer,ida@sommer-reisen.example,Bo Berg,bo@bo-bau.example\n",
			[]string{"Ida Sommer|ida@sommer-reisen.example|||", "Bo Berg|bo@bo-bau.example|||"}},
		"TwoByNumber":   {"Name 1,Email 1,Name 2,Email 2,Company\nIda Sommer,ida@sommer-reisen.example,Bo Berg,bo@bo-bau.example,Works\nUna Sola,una@sola.example,,,\n", []string{"Ida Sommer|ida@sommer-reisen.example||Works|", "Bo Berg|bo@bo-bau.example||Works|", "Una Sola|una@sola.example|||"}},
		"TwoOfOneName":  {"Name;E-Mail;Name;E-Mail\nIda Sommer;ida@sommer-reisen.example;Bo Berg;bo@bo-bau.example\n", []string{"Ida Sommer|ida@sommer-reisen.example|||", "Bo Berg|bo@bo-bau.example|||"}},
		"TwoWithParts":  {"First Name,Last Name,Email,First Name 2,Last Name 2,Email 2,Company\nIda,Sommer,ida@sommer-reisen.example,Bo,Berg,bo@bo-bau.example,Works\n", []string{"Ida Sommer|ida@sommer-reisen.example||Works|", "Bo Berg|bo@bo-bau.example||Works|"}},
		"TwoAddresses":  {"Name,Email,Email 2,Phone 1,Phone 2\nIda Sommer,ida@sommer-reisen.example,i@privat.example,+493055501230,+493055501231\n", []string{"Ida Sommer|ida@sommer-reisen.example|+493055501230||"}},
		"NoColumnNames": {"Ida Sommer;ida@sommer-reisen.example;+493055501230\n", []string{"Ida Sommer|ida@sommer-reisen.example|+493055501230||"}},
		"Scientific":    {"Name,Email,Phone\nIda Sommer,ida@sommer-reisen.example,4.93056E+11\n", []string{"Ida Sommer|ida@sommer-reisen.example|||"}},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := open(t, c.file, "")
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for {
				row, err := s.Next()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				touches, err := p.Touches(&provider.Request{Method: http.MethodPost, URL: &url.URL{Path: "/in/list"}, Header: http.Header{"Content-Type": {"application/json"}}, Body: row.Values, Now: time.Unix(1.8e9, 0)})
				if err != nil {
					t.Fatal(err)
				}
				for _, touch := range touches {
					touch.Person.Fill()
					got = append(got, strings.Join([]string{touch.Person.Name, touch.Person.Email, touch.Person.Phone, touch.Person.Company, touch.Person.Title}, "|"))
				}
			}
			if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
				t.Errorf("people:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}
