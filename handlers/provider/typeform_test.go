package provider

import (
	"strings"
	"testing"
)

// TestTypeform_JoinsByID: skipped questions shift positions, so that an answer
// joined by position would get its neighbour's label.
func TestTypeform_JoinsByID(t *testing.T) {
	r := fixture(t, "testdata/typeform/response.json")
	touches, err := typeform.Touches(r)
	if err != nil {
		t.Fatal(err)
	}
	if f := touches[0].Fields; f["Company size?"] != "50-200" || f["Skipped question"] != "" {
		t.Errorf("fields %v", f)
	}
}

func TestTypeform_AnswerWithoutQuestion(t *testing.T) {
	r := request("application/json", `{"event_id":"e","event_type":"form_response","form_response":{"definition":{"fields":[]},"answers":[
		{"type":"email","email":"l@quist.example","field":{"id":"gone","type":"email"}},
		{"type":"boolean","boolean":false,"field":{"id":"gone2","type":"legal"}},
		{"type":"choices","choices":{"labels":["A","B"],"other":"C"},"field":{"id":"gone3","type":"multiple_choice"}}]}}`)
	touches, err := typeform.Touches(r)
	if err != nil || len(touches) != 1 {
		t.Fatalf("Touches = %v, %v", touches, err)
	}
	if x := touches[0]; x.Person.Email != "l@quist.example" || x.Consent != "refused" || x.Fields["gone3"] != "A, B, C" {
		t.Errorf("%+v", x)
	}
}

func TestTypeform_Unreadable(t *testing.T) {
	r := request("application/json", `{"event_type":"form_response"`)
	if touches, err := typeform.Touches(r); err == nil || touches != nil || !strings.Contains(err.Error(), "too early") {
		t.Errorf("Touches = %v, %v", touches, err)
	}
}
