package provider

import "testing"

func TestPing(t *testing.T) {
	const form = "application/x-www-form-urlencoded"
	for name, c := range map[string]struct {
		contentType, body string
		want              bool
	}{
		"Tilda":        {form, "test=test", true},
		"Flag":         {"application/json", `{"test":true}`, true},
		"Event":        {"application/json", `{"event":"ping","timestamp":1764331200,"id":"evt_1"}`, true},
		"Type":         {"application/json", `{"type":"webhook.test","data":null}`, true},
		"Ping":         {"application/json", `{"ping":""}`, true},
		"NoTest":       {"application/json", `{"test":false}`, false},
		"Nothing":      {"application/json", `{"id":"evt_1"}`, false},
		"Person":       {form, "test=test&email=ole@brandvik.example", false},
		"Words":        {form, "test=please+call+me", false},
		"Parts":        {"application/json", `{"test":true,"data":{"email":"ole@brandvik.example"}}`, false},
		"List":         {"application/json", `[{"test":true}]`, false},
		"ManyMembers":  {form, "test=1&a=&b=&c=&d=&e=", false},
		"RealDelivery": {"application/json", `{"event":"lead.created","email":"ole@brandvik.example"}`, false},
	} {
		touches, err := general(request(c.contentType, c.body))
		if err != nil || (len(touches) == 0) != c.want {
			t.Errorf("%s: %d touches, %v; want a ping: %v", name, len(touches), err, c.want)
		}
	}
}
