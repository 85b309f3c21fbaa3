// The style sheet of every page.
#pragma once

namespace anirec {

// Series colours s1 to s6 are apart for colour-blind eyes too (after Okabe and Ito), lighter on a dark ground.
inline constexpr const char* style_sheet = R"(
:root{color-scheme:light dark;--ground:#f7f7f5;--card:#fff;--ink:#1d2126;--soft:#59626d;--rule:#e2e4e7;
--s1:#0b62ad;--s2:#d1570a;--s3:#0a8a66;--s4:#b04f96;--s5:#2f9fd8;--s6:#a87f00;--s0:#8b949e;--good:#0a7a5a;--bad:#b3400a}
@media (prefers-color-scheme:dark){:root{--ground:#131518;--card:#1b1e22;--ink:#e6e8eb;--soft:#9ba5b0;--rule:#2d3238;
--s1:#5aa9f2;--s2:#ff9d57;--s3:#41cfa3;--s4:#e596d0;--s5:#a9e0ff;--s6:#e6c34a;--s0:#7d8791;--good:#41cfa3;--bad:#ffa064}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:1240px;margin:0 auto;padding:28px 16px 40px}
h1{font-size:26px;line-height:1.2;font-weight:650;letter-spacing:-.01em;margin:0;overflow-wrap:anywhere}
h2{font-size:18px;font-weight:650;margin:40px 0 12px}
h3{font-size:15px;font-weight:600;margin:0}
h3+.note+.facts{margin-top:8px}
p{margin:0}
.lead,.note,caption,.facts td.note{color:var(--soft)}
.lead{margin-top:6px;overflow-wrap:anywhere}
.note{font-size:13px;line-height:1.45;margin-top:2px}
section>.note{margin:8px 0 0;max-width:75ch}
.keys{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:12px;margin:22px 0 0}
.keys div{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:12px 14px}
.keys dt{font-size:13px;color:var(--soft)}
.keys dt::first-letter{text-transform:uppercase}
.keys dd{margin:0}
.keys .value{font-size:24px;line-height:1.3;font-weight:600;font-variant-numeric:tabular-nums}
.keys .note{margin:0}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,330px),1fr));gap:14px;align-items:stretch}
figure,.card{margin:0;background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:14px 16px;min-width:0;
display:flex;flex-direction:column}
figure>svg{width:100%;height:auto;display:block;margin-top:auto;padding-top:8px;overflow:hidden}
.top{align-items:start}
figure.wide{grid-column:1/-1}
@media (min-width:1080px){figure.wide{grid-column:span 2;grid-row:span 2}}
.legend{display:flex;flex-wrap:wrap;gap:2px 14px;list-style:none;margin:6px 0 0;padding:0;font-size:13px;color:var(--soft)}
.legend li{display:flex;align-items:center;gap:6px;min-width:0;overflow-wrap:anywhere}
.legend i{flex:none;width:16px;height:0;border-top:2.5px solid currentColor}
.legend i.dash{border-top-style:dashed}
.legend i.dotted{width:10px;height:10px;border:0;border-radius:50%;background:currentColor}
.legend i.ring{width:10px;height:10px;border:2px solid currentColor;border-radius:50%}
.legend i.faint{opacity:.5}
.legend i.box{width:11px;height:11px;border:0;border-radius:2px;background:currentColor}
.s1{color:var(--s1)}.s2{color:var(--s2)}.s3{color:var(--s3)}.s4{color:var(--s4)}.s5{color:var(--s5)}.s6{color:var(--s6)}.s0{color:var(--s0)}
svg text{font-size:11.5px;fill:var(--soft);font-variant-numeric:tabular-nums}
svg .end{text-anchor:end}
svg .middle{text-anchor:middle}
svg .grid{stroke:var(--rule);stroke-width:1;fill:none}
svg .axis{stroke:var(--s0);stroke-width:1;fill:none}
svg .line{stroke:currentColor;stroke-width:2;fill:none;stroke-linejoin:round;stroke-linecap:round}
svg .dash{stroke-dasharray:5 4}
svg .thin{stroke-width:1.2}
svg rect,svg circle{fill:currentColor}
svg circle.ring{fill:var(--card);stroke:currentColor;stroke-width:2}
svg .faint{fill-opacity:.35}
svg .place{fill-opacity:.62}
svg .place:hover{fill-opacity:1;stroke:var(--ink)}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
caption{text-align:left;font-size:13px;padding-bottom:6px}
th,td{padding:5px 0 5px 14px;text-align:right;font-weight:400}
th[scope=row],thead th:first-child,.facts td.note{text-align:left}
th:first-child{padding-left:0;overflow-wrap:anywhere}
thead th{color:var(--soft);font-size:13px;border-bottom:1px solid var(--rule)}
.list th,.list td{text-align:left}
.list th:last-child,.list td:last-child{text-align:right}
.baselines th,.baselines td{color:var(--soft)}
.baselines tr:first-child th,.baselines tr:first-child td{border-top:1px solid var(--rule)}
.best{font-weight:650}
.short{display:none}
.card+.card{margin-top:14px}
.lost{color:var(--bad);font-size:13px;margin-top:6px}
.facts th{text-align:left;padding:3px 0}
.facts th,.facts td{vertical-align:baseline}
.facts td{padding:3px 0 3px 14px;white-space:nowrap}
.facts td.note{font-size:13px;min-width:64px;text-align:right}
.facts .in th{padding-left:16px;color:var(--soft)}
.facts .group th,.facts .group td{padding-top:10px}
pre{margin:0;font:13px/1.55 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;white-space:pre-wrap;overflow-wrap:anywhere}
footer{margin-top:36px;color:var(--soft);font-size:13px}
@media (max-width:640px){
main{padding:20px 12px 32px}
h1{font-size:22px}
figure,.card{padding:12px}
.figures thead,.figures tbody{display:block}
.figures tr{display:grid;grid-template-columns:repeat(var(--columns),minmax(0,1fr));column-gap:4px;padding:4px 0}
.figures caption{display:block}
.figures th,.figures td{padding:0;border:0;font-size:13px;min-width:0}
.figures thead th{font-size:11.5px;overflow-wrap:anywhere}
.figures tbody th{grid-column:1/-1}
.figures thead th:first-child{display:none}
.figures thead tr,.baselines{border-bottom:1px solid var(--rule)}
.figures .baselines{border:0;border-top:1px solid var(--rule)}
.figures .baselines tr:first-child th,.figures .baselines tr:first-child td{border:0}
.long{display:none}.short{display:inline}
}
@media (max-width:400px){.figures thead th{font-size:11px}.figures tbody td{font-size:12px}}
@media print{
:root{color-scheme:light;--ground:#fff;--card:#fff;--ink:#000;--soft:#444;--rule:#ccc;--s1:#0b62ad;--s2:#d1570a;--s3:#0a8a66;
--s4:#b04f96;--s5:#2f9fd8;--s6:#a87f00;--s0:#777;--good:#0a7a5a;--bad:#b3400a}
body{font-size:11pt;-webkit-print-color-adjust:exact;print-color-adjust:exact}
main{max-width:none;padding:0}
.cards{grid-template-columns:repeat(2,1fr)}
figure,.card,.keys div,tr{break-inside:avoid}
h2{break-after:avoid}
}
)";

}  // namespace anirec
