package engine
import ("testing";"fmt";"time";"os";"math/rand/v2")
// bagnet33-like
func TestZProfile(t *testing.T){
 if os.Getenv("ZP")=="" {t.Skip()}
 k,_:=Choose(os.Getenv("ZK"))
 net,x:=NewNetwork(3)
 r:=rand.New(rand.NewPCG(1,1))
 cv:=func(in,out,size,stride int,relu bool)*Conv{ w:=uniform(r,in*out*size*size); for i:=range w {w[i]*=0.05}; return NewConv(k,Shape{in,out,size,stride,1,0},w,nil,uniform(r,out),relu)}
 net.Group("stem"); x=net.Conv(cv(3,64,3,1,true),x)
 in:=64
 for st,d:=range []int{3,4,6,3}{ pl:=64<<st
  for n:=range d { s,z:=1,1; if n==0 {z=3; s=2; if st==3 {s=1}}
   net.Group(fmt.Sprintf("l%d.%d.conv1",st+1,min(n,1)))
   y:=net.Conv(cv(in,pl,1,1,true),x)
   net.Group(fmt.Sprintf("l%d.%d.conv2",st+1,min(n,1)))
   y=net.Conv(cv(pl,pl,z,s,true),y)
   res:=x
   if n==0 { net.Group(fmt.Sprintf("l%d.%d.ds",st+1,min(n,1))); res=net.Conv(cv(in,pl*4,1,s,false),x)}
   net.Group(fmt.Sprintf("l%d.%d.conv3",st+1,min(n,1)))
   x=net.ConvAdd(cv(pl,pl*4,1,1,true),y,res); in=pl*4
  }}
 net.Group("fc"); o:=net.Conv(cv(2048,1000,1,1,false),net.Mean(x))
 th:=1; fmt.Sscan(os.Getenv("ZP"),&th)
 p,err:=net.Plan(o,224,224,th); if err!=nil{t.Fatal(err)}
 for i,s:=range p.segments { fmt.Printf("segment %d: %d steps, %d strips; %s..%s\n",i,len(s),p.strips[i],s[0].group,s[len(s)-1].group)}
 fmt.Println("arena",p.arenaFloats*4/1e6,"scratch",p.scratchFloats*4/1e3)
 var ws Workspace; img:=uniform(r,224*224*3); out:=make([]float32,1000)
 p.Run(t.Context(),&ws,img,out)
 best:=map[string]GroupProfile{}
 var order []string
 var tot []time.Duration
 for range 30 { g,_:=p.Profile(t.Context(),&ws,img,out); for _,q:=range g { b,ok:=best[q.Name]; if !ok {order=append(order,q.Name)}; if !ok||q.Time<b.Time {best[q.Name]=q}}
  s:=time.Now(); p.Run(t.Context(),&ws,img,out); tot=append(tot,time.Since(s)) }
 var sum time.Duration
 for _,n:=range order { q:=best[n]; sum+=q.Time; fmt.Printf("%-12s %6.1f M  %7.3f ms %6.1f GF\n",n,float64(q.Multiplications)/1e6,q.Time.Seconds()*1e3,2*float64(q.Multiplications)/float64(q.Time.Nanoseconds()))}
 m:=tot[0]; for _,v:=range tot {m=min(m,v)}
 fmt.Println("sum of best",sum,"best run",m)
}
