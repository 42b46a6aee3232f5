package provider

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Sample is a request to make.
type Sample struct {
	ContentType string
	Header      map[string]string
	Body        []byte
}

//go:embed testdata/*/sample.*
var samples embed.FS

// Sample is one believable delivery for `leadgate trigger`, in the vendor's
// shape with an invented person: testdata/NAME/sample.json, .form or
// .multipart, with sample.header where headers matter. The files say in braces
// what is new in each delivery: {now} and {now+72h} are times as RFC 3339
// writes them, sampleTimes lists other ways; {unique} is in every sample
// another; "{seconds}", "{millis}" and "{nanos}" are numbers, without quotes.
func (p *Provider) Sample(now time.Time) Sample {
	dir := "testdata/" + p.Name + "/"
	s := Sample{ContentType: "application/json"}
	if body, err := samples.ReadFile(dir + "sample.json"); err == nil {
		var compact bytes.Buffer // as vendors send it
		if err := json.Compact(&compact, atTime(body, now)); err != nil {
			panic(dir + "sample.json: " + err.Error()) // an embedded file; TestProviders reads each
		}
		s.Body = compact.Bytes()
	} else if body, err := samples.ReadFile(dir + "sample.form"); err == nil {
		s.ContentType, s.Body = "application/x-www-form-urlencoded", bytes.TrimSuffix(atTime(body, now), []byte("\n"))
	} else if body, err := samples.ReadFile(dir + "sample.multipart"); err == nil {
		s.ContentType, s.Body = "multipart/form-data; boundary=sample", bytes.ReplaceAll(atTime(body, now), []byte("\n"), []byte("\r\n"))
	} else {
		panic(dir + " has no sample") // as above
	}
	s.header(dir+"sample.header", now)
	return s
}

func (s *Sample) header(file string, now time.Time) {
	lines, err := samples.ReadFile(file)
	if err != nil {
		return // there is none
	}
	s.Header = make(map[string]string, 3)
	for l := range strings.Lines(string(atTime(lines, now))) {
		name, value, _ := strings.Cut(strings.TrimSpace(l), ": ")
		if name == "Content-Type" {
			s.ContentType = value
		} else {
			s.Header[name] = value
		}
	}
}

var samplePlace = regexp.MustCompile(`"\{(seconds|millis|nanos)\}"|\{(unique|now|instant|datetime|date|us)(?:\+(\w+))?\}`)

// sampleTimes are the ways in which vendors write times.
var sampleTimes = map[string]string{"now": time.RFC3339, "instant": time.RFC3339Nano, "datetime": time.DateTime, "date": time.DateOnly, "us": "1/2/2006 15:04:05"}

// atTime fills what a sample says in braces.
func atTime(text []byte, now time.Time) []byte {
	now = now.UTC()
	return samplePlace.ReplaceAllFunc(text, func(place []byte) []byte {
		m := samplePlace.FindSubmatch(place)
		switch string(m[1]) + string(m[2]) {
		case "seconds":
			return strconv.AppendInt(nil, now.Unix(), 10)
		case "millis":
			return strconv.AppendInt(nil, now.UnixMilli(), 10)
		case "nanos", "unique":
			return strconv.AppendInt(nil, now.UnixNano(), 10)
		}
		var later time.Duration
		if len(m[3]) > 0 {
			var err error
			if later, err = time.ParseDuration(string(m[3])); err != nil {
				panic(fmt.Sprintf("a sample says %s: %v", place, err)) // an embedded file
			}
		}
		return now.Add(later).AppendFormat(nil, sampleTimes[string(m[2])])
	})
}
