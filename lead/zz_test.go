package lead
import ("testing";"time";"fmt")
func TestZZ(t *testing.T){
 now:=time.Now()
 r:=DefaultRules()
 for _,a:=range r.Actions(){
  l:=Lead{Person:Person{Email:"ann@acme.example"},History:[]Past{{ID:"1",Action:a,At:now}}}
  v:=r.Classify(&l,now)
  fmt.Println(a,v.Temperature,v.Stage,v.Score,v.Reasons,v.NotALead,v.NextStep)
 }
 l:=Lead{Person:Person{Email:"ann@acme.example",Title:"CEO"},History:[]Past{{ID:"1",Action:"webinar_registered",At:now,Fields:map[string]string{"purchasing_time_frame":"4-6 months"}},{ID:"2",Action:"whitepaper_download",At:now}}}
 for _,x:=range r.Explain(&l,now){fmt.Printf("%+v\n",x)}
}
func BenchmarkTouch(b *testing.B){
 now:=time.Now(); r:=DefaultRules()
 for _,a:=range []Action{"demo_request","webinar_registered","contact_form"}{
 t:=Touch{ID:"1",Action:a,At:now,Message:"We need SSO for 300 seats before January. Can someone call me today?",Person:Person{Email:"ann@acme.example",Company:"Acme",Phone:"+141555",Title:"VP Engineering"},Fields:map[string]string{"purchasing_time_frame":"1-3 months","country":"US","no_of_employees":"1-20","budget":"10k","role_in_purchase_process":"Influencer"}}
 b.Run(string(a),func(b *testing.B){b.ReportAllocs();for b.Loop(){r.ClassifyTouch(&t,now)}})
 }
}
