"""channel_shape.py SUBDIR_FOLDER...: the shape of repodata as a table, to compare channels with each other."""
import json, subprocess, sys, re, collections
def load(d):
    return json.loads(subprocess.check_output(["zstd","-dcq",d+"/repodata.json.zst"]))
def q(v, ps=(10,50,75,90,99,100)):
    v=sorted(v)
    return " ".join(f"{v[min(len(v)-1,int(p/100*len(v)))]:g}" for p in ps)
def form(spec):
    p=spec.split()
    if len(p)==1: return "name only"
    if len(p)==3: return "version and build"
    c=p[1]
    if "|" in c: return "alternatives"
    if "!=" in c: return "exclusion"
    if "," in c: return ">=,<"
    if c.startswith(">="): return ">="
    if c.startswith("<"): return "<"
    if c.startswith("=="): return "=="
    if c.startswith("~="): return "~="
    if c.endswith(".*") or c.startswith("="): return "series"
    return "exact"
for d in sys.argv[1:]:
    r=load(d); recs=list(r.get("packages",{}).values())+list(r.get("packages.conda",{}).values())
    names=collections.defaultdict(list)
    for x in recs: names[x["name"]].append(x)
    print("==",d,len(recs),"records",len(names),"names",len(r.get("packages",{})),"tar.bz2",len(r.get("removed",[])),"removed")
    print("records/name    ",q([len(v) for v in names.values()]))
    print("versions/name   ",q([len({x["version"] for x in v}) for v in names.values()]))
    print("builds/version  ",q([n for v in names.values() for n in collections.Counter(x["version"] for x in v).values()]))
    print("depends/record  ",q([len(x["depends"]) for x in recs]))
    deps=collections.Counter(); f=collections.Counter(); tot=0
    for x in recs:
        for s in x["depends"]: deps[s]+=1; f[form(s)]+=1; tot+=1
    print("distinct depends",len(deps),"per record %.3f"%(len(deps)/len(recs)))
    print("forms           ",", ".join(f"{k} {100*n/tot:.1f}%" for k,n in f.most_common()))
    print("constrains      %.1f%% of records; items"%(100*sum(bool(x.get("constrains")) for x in recs)/len(recs)),q([len(x["constrains"]) for x in recs if x.get("constrains")] or [0]))
    print("python builds   %.1f%%"%(100*sum(any(s.startswith("python_abi") for s in x["depends"]) for x in recs)/len(recs)), "track_features %.1f%%"%(100*sum(bool(x.get("track_features")) for x in recs)/len(recs)))
    indeg=collections.Counter()
    for n,v in names.items():
        for dn in {s.split()[0] for x in v for s in x["depends"]}: indeg[dn]+=1
    print("names needing a name (of those needed)",q(list(indeg.values())),"never needed %.0f%%"%(100*sum(n not in indeg for n in names)/len(names)))
    print("bytes/record    ",len(json.dumps(r,separators=(",",":")))//max(1,len(recs)))
