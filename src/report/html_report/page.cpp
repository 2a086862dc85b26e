// The page as a whole.
#include <fmt/format.h>

#include "report/html_report/parts.hpp"
#include "scission/base/error.hpp"
#include "scission/base/version.hpp"

namespace scission {
namespace {

using html::Markup;
using namespace html_report;

// Nothing is fetched and no script runs, even if one should get in.
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
  Markup links = link_to("systems", "Systems");
  if (report.network) links += dot + link_to("links", "Links");
  for (const ModelPart& model : models) links += dot + link_to(model.anchor, model.name);
  if (!report.plans.empty()) links += dot + link_to("plans", "Plans");
  return html::element("nav", links);
}

Markup top(const HtmlReport& report, const std::vector<ModelPart>& models) {
  Markup top = html::element("h1", report.title);
  if (!report.date.empty()) top += html::element("p", report.date);
  return top + navigation(report, models) + all_warnings(models);
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
      fmt::format("Made by scission-report {}. Times are of one run; ± is half of the 95 % "
                  "confidence interval; MB are 10⁶ bytes.",
                  version()));
}

}  // namespace

std::string format_html_report(const HtmlReport& report) {
  if (report.systems.empty()) {
    throw Error(ErrorCode::invalid_argument, "a report needs a profile at least");
  }
  const std::vector<ModelPart> models = model_parts(report);
  check_plans(report);
  const Pictures pictures = draw_pictures(report, models);
  const Markup body =
      html::element("body", top(report, models) + sections(report, models, pictures) + footer());
  return "<!DOCTYPE html>\n" + html::element("html", {{"lang", "en"}}, head(report) + body).str() +
         "\n";
}

}  // namespace scission
