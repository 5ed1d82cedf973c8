"""The picture as one page of HTML: click a node to see its expressions and to follow what it needs and what needs it."""

from __future__ import annotations

import json
from html import escape

from local_emulator.cli.pictures.model import Picture
from local_emulator.cli.pictures.svg import svg

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>@TITLE@</title>
<style>
body{margin:0;font:14px/1.5 ui-sans-serif,system-ui,sans-serif;color:#1f2937;background:#f8fafc;display:grid;grid-template:auto 1fr/1fr 22rem;height:100vh}
header{grid-column:1/3;padding:.8rem 1.2rem;background:#fff;border-bottom:1px solid #e2e8f0}
h1{font-size:1rem;margin:0}header p{margin:0;color:#64748b}
main{overflow:auto;padding:1rem}aside{background:#fff;border-left:1px solid #e2e8f0;padding:1rem 1.2rem;overflow:auto}
aside h2{font-size:1rem;margin:0}aside h3{font-size:.8rem;margin:1rem 0 .2rem;color:#64748b}
code{display:block;background:#f1f5f9;border-radius:6px;padding:.3rem .5rem;margin:.25rem 0;white-space:pre-wrap;overflow-wrap:anywhere;font-size:12px}
.node{cursor:pointer;outline:none}.dim{opacity:.25}.node:focus rect,.picked rect{stroke:#4f46e5;stroke-width:2.4}
path.edge.on{stroke:#4f46e5;stroke-width:2}
@media(max-width:50rem){body{grid-template:auto/1fr;height:auto}header{grid-column:1}aside{border:0}}
</style></head><body>
<header><h1>@TITLE@</h1><p>Arrows point from what is needed to what needs it. Click a node, or use Tab and Enter.</p></header>
<main>@SVG@</main><aside id="side" aria-live="polite"><p>Nothing selected.</p></aside>
<script type="application/json" id="data">@DATA@</script>
<script>
const data=JSON.parse(document.getElementById("data").textContent),side=document.getElementById("side");
const nodes=[...document.querySelectorAll(".node")],edges=[...document.querySelectorAll(".edge")];
function reach(id,a,b){const seen=new Set([id]);for(let grown=true;grown;){grown=false;for(const e of edges)if(seen.has(e.dataset[a])&&!seen.has(e.dataset[b])){seen.add(e.dataset[b]);grown=true}}return seen}
function element(tag,text){const e=document.createElement(tag);e.textContent=text;return e}
function pick(id){const near=id?new Set([...reach(id,"from","to"),...reach(id,"to","from")]):null;
 for(const n of nodes){n.classList.toggle("dim",!!near&&!near.has(n.dataset.id));n.classList.toggle("picked",n.dataset.id===id)}
 for(const e of edges){const on=near&&near.has(e.dataset.from)&&near.has(e.dataset.to);e.classList.toggle("on",!!on);e.classList.toggle("dim",!!near&&!on)}
 side.replaceChildren();if(!id){side.append(element("p","Nothing selected."));return}
 const d=data[id];side.append(element("h2",d.title),element("p",d.kind));
 for(const [label,texts] of d.details){side.append(element("h3",label));for(const t of texts)side.append(element("code",t))}}
for(const n of nodes){n.addEventListener("click",e=>{e.stopPropagation();pick(n.dataset.id)});n.addEventListener("keydown",e=>{if(e.key==="Enter"||e.key===" ")pick(n.dataset.id)})}
document.querySelector("main").addEventListener("click",()=>pick(null));
</script></body></html>
"""


def html(picture: Picture) -> str:
    """A self-contained page: no request leaves it."""
    data = {
        shape.id: {"title": shape.title, "kind": shape.kind, "details": [[label, list(texts)] for label, texts in shape.details]}
        for shape in picture.shapes
    }
    encoded = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
    page = _PAGE.replace("@TITLE@", escape(f"Graph of {picture.name}"))
    return page.replace("@SVG@", svg(picture, standalone=False)).replace("@DATA@", encoded)
