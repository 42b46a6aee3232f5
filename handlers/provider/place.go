package provider

import "strings"

// place is what the part of a body is about, told by the name it stands under.
type place uint8

const (
	placePlain   place = iota
	placeLead          // the person: attendee, registrant, contact, answers
	placeUser          // perhaps the person: user, account, billing address
	placeOthers        // other people: host, organizer, members of the team
	placeCompany       // the person's company
	placeEvent         // the webinar or meeting
	placeUTM           // the campaign
	placeConsent       // what was agreed to
	placePage          // where the form stood
	placeName          // parts of a name
	placePhone         // parts of a number
	placeForm          // the form and the like: only its name is of use
	placeSchema        // what was asked, not what was answered
)

// places by the names they go by, normalised. A name that is not listed is
// plain. A place within other people or within an event stays there.
var placeNames = indexPlaces(placeLists)

// placeLists are those names; none stands in two lists.
var placeLists = []placeList{
	{placeLead, `attendee, attendees, invitee, invitees, registrant, registrants, registration, participant, participants, contact, contacts, lead, leads, lead data, customer, client, person, people, profile, guest, visitor, subscriber, applicant, respondent, submitter, prospect, primary guest data fields, buyer, booker, booking fields, primary contact,
		responses, response, answers, answer, submission, submissions, fields, form data, form fields, form response, values, data, field data, named values, human fields, user column data, questions and answers, custom questions, registration answers, registration question answers, custom fields, custom attributes, properties, attributes, user fields responses, results, inputs, entries, item, raw request, rawrequest, data json, payload, body, record, hidden, hidden fields, url parameters`},
	{placeUser, `user, account, sender, from, billing, billing address, shipping, shipping address, default address, addresses, address, location, location data, work, home`},
	{placeOthers, `host, hosts, organizer, organizers, organiser, organizer info, operator, owner, owners, agent, assignee, assigned to, assigned user, rep, sales rep, sales owner, created by, creator, updated by, modified by, cancellation, canceled by, cancelled by, event memberships, event guests, guests, team, team members, members, hosts info, workspace, webhook, webhooks, config, configuration, integration, app, author, instructor, instructors, speaker, speakers, presenter, presenters,
		panelists, moderator, recruiter, support, seller, vendor, affiliate, referrer contact, old invitee, new invitee, destination calendar, metadata user, actor, admin, browser, headers, receipt, variables, calculated, calculations, ttc, apps status, language, conference data, video call data, ticket class, ticket type, release, assigned, manager, barcodes, costs`},
	{placeCompany, `company, companies, organization, organisation, employer, business, firm, account company`},
	{placeEvent, `event, webinar, meeting, session, scheduled event, calendar event, event for invitee, event details, webinar details, meeting details, event type, conference`},
	{placeUTM, `utm, utms, utm params, utm parameters, utm data, utm fields, campaign params`},
	{placeConsent, `consents, consent responses, custom disclaimer responses, email marketing consent, marketing consent, sms marketing consent, legal consent options, gdpr consent, subscriptions`},
	{placePage, `page, meta, context, device, request, tracking, browser info, metadata`},
	{placeName, `name, names, full name, contact name, your name, display name`},
	{placePhone, `phone, phone number, mobile, telephone, mobile phone`},
	{placeForm, `form, survey, site, ad, campaign, adset, list, quiz, workflow, sequence, template, theme, project, page form`},
	{placeSchema, `definition, definitions, schema, field structure, form structure, form definition, validation, layout, settings`},
}

type placeList struct {
	place place
	names string
}

func indexPlaces(lists []placeList) map[string]place {
	m := make(map[string]place, 300)
	for _, list := range lists {
		for name := range strings.SplitSeq(list.names, ",") {
			m[normalText(name)] = list.place
		}
	}
	return m
}

// within says what the part named key is about, inside another one.
func within(outer place, key string) place {
	inner := called(key)
	switch outer {
	case placeOthers, placeForm, placeSchema:
		return outer
	case placeEvent, placeCompany:
		return placeOthers // the venue of the event, the owner of the company
	case placeUser, placePage, placeConsent, placeLead:
		if inner == placePlain {
			return outer
		}
	}
	return inner
}

// called is the place that goes by a name.
func called(key string) place {
	var space, rest [96]byte
	n := normal(space[:0], key)
	if p, ok := placeNames[string(n)]; ok || len(n) > maxLabel {
		return p
	}
	switch m, _ := knownLabel(key); m.field {
	case fieldName:
		return placeName
	case fieldPhone:
		return placePhone
	case fieldCompany:
		return placeCompany
	}
	if wordsOf(withoutFillers(rest[:0], n))&markOthers != 0 {
		return placeOthers
	}
	return placePlain
}
