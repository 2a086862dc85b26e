// The page: its head, its order and its style.
#include <fmt/format.h>

#include "report/html/parts.hpp"
#include "scission/base.hpp"

namespace scission {
namespace {

using html::Markup;
using namespace html_report;

// The page loads nothing and runs no scripts.
constexpr const char* security_policy =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

Markup head(const HtmlReport& report) {
  return html::element(
      "head", html::void_element("meta", {{"charset", "utf-8"}}) +
                  html::void_element("meta", {{"http-equiv", "Content-Security-Policy"},
                                              {"content", security_policy}}) +
                  html::void_element("meta", {{"name", "viewport"},
                                              {"content", "width=device-width, initial-scale=1"}}) +
                  html::element("title", report.title) +
                  html::element("style", html::trusted(std::string(page_style()))));
}

Markup link_to(const std::string& anchor, const std::string& text) {
  return html::element("a", {{"href", "#" + anchor}}, std::string_view(text));
}

Markup navigation(const HtmlReport& report, const std::vector<ModelPart>& models) {
  const Markup dot = html::text(" · ");
  Markup links = link_to("conclusions", "Conclusions") + dot + link_to("systems", "Systems");
  if (report.network) links += dot + link_to("links", "Links");
  for (const ModelPart& model : models) links += dot + link_to(model.anchor, model.name);
  if (!report.plans.empty()) links += dot + link_to("plans", "Plans");
  return html::element("nav", links);
}

Markup top(const HtmlReport& report, const std::vector<ModelPart>& models) {
  Markup top = html::element("h1", report.title);
  if (!report.date.empty()) top += html::element("p", report.date);
  return top + navigation(report, models) + conclusions(report, models) + all_warnings(models);
}

Markup sections(const HtmlReport& report, const std::vector<ModelPart>& models,
                const Pictures& pictures) {
  Markup all = conditions(report) + links(report) + overview(models);
  if (!pictures.absence.empty()) {
    all += html::element("p", {{"class", "warning"}}, std::string_view(pictures.absence));
  }
  for (std::size_t i = 0; i < models.size(); ++i) {
    all += model_section(models[i], pictures.models.empty() ? nullptr : &pictures.models[i]);
  }
  return all + plans_section(report);
}

Markup footer() {
  return html::element(
      "footer",
      fmt::format(
          "Made by scission-report {}. Times are of one run; ± is the larger distance to an "
          "end of the 95 % confidence interval; MB are 10⁶ bytes.",
          version()));
}

}  // namespace

std::string format_html_report(const HtmlReport& report) {
  if (report.systems.empty()) {
    throw Error(ErrorCode::invalid_argument, "a report needs at least one profile");
  }
  const std::vector<ModelPart> models = model_parts(report);
  validate_plans(report);
  const Pictures pictures = draw_pictures(report, models);
  const Markup body =
      html::element("body", top(report, models) + sections(report, models, pictures) + footer());
  return "<!DOCTYPE html>\n" + html::element("html", {{"lang", "en"}}, head(report) + body).str() +
         "\n";
}

}  // namespace scission

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
@media (max-width:700px){
body{padding:.7rem}
figure{overflow-x:auto}
figure>svg{min-width:640px}
.scroll tbody th:first-child{position:sticky;left:0;background:var(--bg);max-width:8rem;
white-space:normal}
}
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
