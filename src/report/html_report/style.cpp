// How the page looks, on a screen by day and by night, and on paper.
#include "report/html_report/parts.hpp"

namespace scission::html_report {

std::string_view page_style() {
  return R"(
:root{color-scheme:light dark;--fg:#1c1c1c;--bg:#fff;--soft:#5c5c5c;--line:#d4d4d4;--zebra:#f5f6f7;
--mark:#0072b2;--early:#e3f0f8;--warn:#8a4b00;--warn-bg:#fff4e0;--share:0%}
@media (prefers-color-scheme:dark){:root{--fg:#e6e6e6;--bg:#17181a;--soft:#a6a6a6;--line:#3d4043;
--zebra:#1f2124;--mark:#56b4e9;--early:#14303f;--warn:#ffc36b;--warn-bg:#3a2a10}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.5rem;max-width:1200px;color:var(--fg);background:var(--bg);
font:15px/1.45 system-ui,sans-serif}
h1{font-size:1.7rem;margin:0 0 .3rem}
h2{font-size:1.35rem;margin:2.2rem 0 .5rem;padding-bottom:.2rem;border-bottom:2px solid var(--line)}
h3{font-size:1.05rem;margin:1.4rem 0 .4rem}
p{margin:.4rem 0}
a{color:var(--mark)}
nav{color:var(--soft)}
small,footer,figcaption{color:var(--soft)}
footer{margin-top:3rem;border-top:1px solid var(--line);padding-top:.5rem}
.scroll{overflow-x:auto;margin:.5rem 0}
table{border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums}
th,td{padding:.22rem .6rem;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
thead th{vertical-align:bottom;border-bottom:2px solid var(--line);color:var(--soft)}
tbody th{font-weight:600;white-space:nowrap}
tbody tr:nth-child(even){background:var(--zebra)}
td.n,th.n{text-align:right}
td.n{white-space:nowrap}
thead th:not(:first-child){max-width:9rem}
td.types{max-width:19rem}
td.share{background:linear-gradient(to left,var(--early) var(--share),transparent var(--share))}
tr.early th{box-shadow:inset 3px 0 var(--mark)}
tr.early,tr.early:nth-child(even){background:var(--early)}
tr.early td.share{background:linear-gradient(to left,var(--line) var(--share),transparent var(--share))}
.cut{font-size:.85em;font-weight:600;color:var(--bg);background:var(--mark);border-radius:3px;
padding:0 .3rem}
.conditions td{max-width:22rem}
.conditions tr.differs td{font-weight:600}
.warning{color:var(--warn);background:var(--warn-bg);border-left:4px solid var(--warn);
padding:.5rem .9rem;margin:.7rem 0}
.warning ul{margin:.3rem 0;padding-left:1.2rem}
details{margin:.5rem 0}
summary{cursor:pointer;font-weight:600}
figure{margin:1rem 0}
figure>svg{display:block;width:100%;height:auto;max-width:1100px}
figure>svg:not(.gantt){background:#fff;border-radius:4px}
.gantt{font:11px system-ui,sans-serif}
.gantt text{fill:var(--fg)}
.gantt .lane{fill:transparent}
.gantt .lane.even{fill:var(--zebra)}
.gantt .system{font-size:13px;font-weight:600}
.gantt .stage{stroke-width:1}
.gantt .transfer{fill:#8d8d8d;stroke:#6e6e6e;stroke-width:1}
.gantt .arrow{fill:none;stroke:#8d8d8d;stroke-width:1.5}
.gantt .tip{fill:#8d8d8d}
.gantt .axis{stroke:var(--soft)}
.gantt .grid{stroke:var(--line);stroke-dasharray:2 4}
.gantt .leader{stroke:var(--soft);stroke-width:.7}
.gantt .tick{text-anchor:middle;fill:var(--soft)}
.gantt .inside{text-anchor:middle;fill:#111}
.gantt .outside{text-anchor:middle;paint-order:stroke;stroke:var(--bg);stroke-width:4px;
stroke-linejoin:round}
@media print{
@page{margin:12mm}
:root{color-scheme:light;--fg:#000;--bg:#fff;--soft:#444;--line:#bbb;--zebra:#f5f6f7;
--mark:#0072b2;--early:#e3f0f8;--warn:#8a4b00;--warn-bg:#fff4e0}
html{font-size:11px}
body{padding:0;max-width:none;font-size:10px;print-color-adjust:exact;
-webkit-print-color-adjust:exact}
nav{display:none}
.scroll{overflow:visible}
table{font-size:8.5px}
th,td{padding:.1rem .3rem}
h2{break-before:auto}
.model,#plans{break-before:page}
h2,h3,summary{break-after:avoid}
tr,figure,.warning{break-inside:avoid}
thead{display:table-header-group}
details::details-content{content-visibility:visible;display:block;height:auto;opacity:1}
a{color:inherit;text-decoration:none}
}
)";
}

}  // namespace scission::html_report
