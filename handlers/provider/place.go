package provider

import "strings"

// place is what the part of a body is about, told by the name it stands under.
type place uint8

const (
	placePlain   place = iota
	placeWrap          // paper around something: data, payload, fields, answers
	placeLead          // the person who came to us: attendee, contact, caller
	placeUser          // perhaps the person: user, account
	placePayer         // who paid or where it is sent: billing, order, address
	placeOthers        // somebody beside the lead: guests, members, a spouse
	placeOurs          // our own side: host, agent, recipient; never the lead
	placeThing         // what has a name and is nobody: service, status, venue
	placeCompany       // the person's company
	placeEvent         // the webinar or meeting
	placeUTM           // the campaign
	placeConsent       // what was agreed to
	placePage          // where the form stood
	placeName          // parts of a name
	placePhone         // parts of a number
	placeEmail         // an address and its sort
	placeForm          // the form and the like: only its own details
	placeSchema        // what was asked, not what was answered
)

// placeNames are the places by the names they go by, normalised. A name that is
// not listed is plain.
var placeNames = indexPlaces(placeLists)

// placeLists are those names; none stands in two lists.
var placeLists = []placeList{
	{placeWrap, `responses, response, answers, answer, submission, submissions, fields, form data, form fields, form response, values, data, field data, named values, human fields, user column data, questions and answers, custom questions, registration answers, registration question answers, custom fields, custom attributes, properties, attributes, user fields responses, results, inputs, entries, entry, item, raw request, rawrequest, data json, payload, body, record, hidden, hidden fields, url parameters, merges, merge fields, attribs, additional attributes, extra, extra data, custom data, customdata, booking fields, lead data, registration, details, info, information, personal, personal details, personal info, personal information, contact details, contact info, contact information, contact data`},
	{placeLead, `attendee, attendees, invitee, invitees, registrant, registrants, participant, participants, contact, contacts, lead, leads, customer, customers, client, clients, person, persons, people, profile, profiles, guest, visitor, visitors, subscriber, subscribers, applicant, applicants, respondent, submitter, prospect, prospects, primary guest data fields, primary contact, caller, from, from full, sender, requester, requestor, consumer, enquirer, inquirer, delegate, delegates, candidate, candidates, patient, patients, student, students, passenger, passengers, traveller, travellers, ticket, tickets, tenant, tenants, borrower, learner, member`},
	{placeUser, `user, users, account, accounts`},
	{placePayer, `billing, billing address, billing details, billing contact, invoice address, invoice, shipping, shipping address, delivery address, default address, addresses, address, work, home, buyer, booker, purchaser, payer, order, cardholder, payment`},
	{placeOthers, `event memberships, event guests, guests, team, members, additional attendees, additional guests, companions, colleagues, cancellation, hosts info, workspace, webhook, webhooks, config, configuration, integration, app, affiliate, referrer contact, old invitee, new invitee, destination calendar, metadata user, author, browser, headers, receipt, variables, calculated, calculations, ttc, apps status, language, conference data, video call data, ticket class, ticket type, release, barcodes, costs, previous, previous attributes, previous data, previous values, previous state, old, old data, old values, before, original, former, prior, last version, relatives, family, children`},
	{placeOurs, `host, hosts, organizer, organizers, organiser, organisers, organizer info, operator, operators, owner, owners, agent, agents, assignee, assignees, assigned to, assigned user, assigned, rep, reps, sales rep, sales owner, staff, employee, employees, team member, team members, created by, creator, updated by, modified by, canceled by, cancelled by, instructor, instructors, speaker, speakers, presenter, presenters, panelists, moderator, moderators, recruiter, support, seller, vendor, actor, admin, admins, manager, managers, to, to full, recipient, recipients, cc, bcc, callee, setter, closer, consultant, advisor, adviser, salesperson, our side`},
	{placeThing, `service, services, product, products, status, stage, pipeline, deal, plan, package, listing, venue, room, category, department, branch, inbox, tag, tags, course, subscription, location, locations, location data, store, shop, vehicle, real estate, line items, price, currency, country, state, city, timezone, file, files, attachment, attachments, event type`},
	{placeCompany, `company, companies, organization, organisation, employer, business, firm, account company`},
	{placeEvent, `event, webinar, meeting, session, scheduled event, calendar event, event for invitee, event details, webinar details, meeting details, conference`},
	{placeUTM, `utm, utms, utm params, utm parameters, utm data, utm fields, campaign params`},
	{placeConsent, `consents, consent, consent responses, custom disclaimer responses, email marketing consent, marketing consent, sms marketing consent, legal consent options, gdpr consent, subscriptions`},
	{placePage, `page, meta, context, device, request, tracking, browser info, metadata`},
	{placeName, `name, names, full name, contact name, your name, display name`},
	{placePhone, `phone, phones, phone number, phone numbers, mobile, telephone, mobile phone`},
	{placeEmail, `email, emails, email address, email addresses, mail`},
	{placeForm, `form, survey, site, ad, campaign, adset, list, quiz, workflow, flow, sequence, template, theme, project, page form`},
	{placeSchema, `definition, definitions, schema, field structure, form structure, form definition, validation, layout, settings`},
}

type placeList struct {
	place place
	names string
}

func indexPlaces(lists []placeList) map[string]place {
	m := make(map[string]place, 400)
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
	case placeOurs, placeSchema:
		return outer
	case placeOthers, placeForm:
		if inner == placeOurs || outer == placeOthers && inner.part() {
			return inner
		}
		return outer
	case placeEvent, placeCompany, placeThing:
		switch inner {
		case placeLead, placeUser, placePayer, placeOurs:
			return inner
		case placeWrap:
			return outer
		}
		if outer == placeThing {
			return outer
		}
		if m, _ := knownLabel(key); m.field == fieldMessage {
			return placePlain // what was written there
		}
		return placeOthers // the venue of the event, the address of the company
	case placeLead, placeUser, placePayer:
		if inner == placePlain || inner == placeWrap {
			return outer
		}
	case placePage, placeConsent:
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
	case fieldName, fieldGiven:
		return placeName
	case fieldPhone:
		return placePhone
	case fieldEmail:
		return placeEmail
	case fieldCompany:
		return placeCompany
	}
	switch all := wordsOf(n); {
	case wordsOf(withoutFillers(rest[:0], n))&markOurs != 0:
		return placeOurs
	case all&markOthers != 0:
		return placeOthers
	case all&markPayer != 0:
		return placePayer
	case all&markLead != 0:
		return placeLead
	}
	return placePlain
}

// leading says that a place is one of a person who may be the lead.
func (p place) leading() bool { return p == placeLead || p == placeUser || p == placePayer }

// part says that a place is a part of the person around it.
func (p place) part() bool {
	return p == placeName || p == placePhone || p == placeEmail || p == placeCompany
}
