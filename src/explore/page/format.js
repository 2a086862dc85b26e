// Numbers as people read them, and elements.

// Three significant digits, without an exponent.
function digits(value) {
  if (value === 0) return "0";
  const rounded = Number(value.toPrecision(3));
  const size = Math.floor(Math.log10(Math.abs(rounded)));
  return rounded.toFixed(Math.max(0, 2 - size));
}

function withUnit(value, units) {
  for (const [unit, factor] of units) {
    if (Number((value / factor).toPrecision(3)) < 1000) return `${digits(value / factor)} ${unit}`;
  }
  const [unit, factor] = units[units.length - 1];
  return `${digits(value / factor)} ${unit}`;
}

const seconds = (value) => value === 0 ? "0 s"
  : value >= 60 ? `${Math.floor(value / 60)} min ${String(Math.round(value % 60)).padStart(2, "0")} s`
  : withUnit(value, [["ns", 1e-9], ["µs", 1e-6], ["ms", 1e-3], ["s", 1]]);
// Without zeros that tell nothing: "50 ms".
const tickText = (value) => seconds(value).replace(/\.0+ /, " ");
const bytes = (value) => withUnit(value, [["B", 1], ["kB", 1e3], ["MB", 1e6], ["GB", 1e9]]);
// A number and its unit stay on one line.
const joined = (text) => text.replace(/(\d) (?=[a-zµ%])/gi, "$1\u00a0");
// As text::ratio_text() has it: "4.8 times faster", "37 % faster", "12 % slower".
function ratioText(value, reference) {
  const word = value < reference ? "faster" : "slower";
  const times = Math.max(value, reference) / Math.min(value, reference);
  const rounded = (number, count) => {
    const size = Math.floor(Math.log10(Number(number.toPrecision(count))));
    return String(Number(number.toFixed(Math.max(0, count - 1 - size))));
  };
  if (times >= 1000) return `over 1000 times ${word}`;
  if (times >= 2) return `${rounded(times, 2)} times ${word}`;
  const percent = 100 * (times - 1);
  return percent < 0.1 ? `under 0.1 % ${word}` : `${rounded(percent, percent < 9.95 ? 1 : 2)} % ${word}`;
}

const percent = (share) => `${digits(100 * share)} %`;
const layers = (first, last) => first === last ? `layer ${first}` : `layers ${first}–${last}`;

const metrics = {
  latency: {title: "Latency", field: "latency_s", text: seconds},
  period: {title: "Period", field: "period_s", text: seconds},
  traffic: {title: "Data sent", field: "traffic_bytes", text: bytes},
  energy: {title: "Energy", field: "energy_j", text: (value) => `${digits(value)} J`},
  money: {title: "Money", field: "money", text: (value) => String(Number(value.toPrecision(3)))},
  error: {title: "Error", field: "error", text: percent},
  disagreement: {title: "Disagreement", field: "disagreement", text: percent},
};

const valueOf = (plan, metric) => plan[metrics[metric].field] ?? 0;

// Of a single metric, and of a weighted sum, which has no unit.
const objectiveText = (objective, value) => metrics[objective] ? metrics[objective].text(value)
  : digits(value);

// Colours of machines, and what is written on them.
const colours = ["#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#b8a800"];
const inks = ["#fff", "#111", "#fff", "#fff", "#111", "#111", "#111"];
const inkOf = (system) => system < inks.length ? inks[system] : "#111";

// Further machines have lighter ones.
function colourOf(system) {
  const colour = colours[system % colours.length];
  const share = 0.55 ** Math.floor(system / colours.length);
  const channel = (index) => Math.round(255 - (255 - parseInt(colour.slice(index, index + 2), 16)) * share);
  return `rgb(${channel(1)} ${channel(3)} ${channel(5)})`;
}

// element("p", {class: "a"}, "text", child…): texts are never read as markup.
function element(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== null && value !== false) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

const byId = (id) => document.getElementById(id);

// About how wide a text of 12 px is.
const widthOf = (text) => 6.7 * text.length;

// Ticks 0, 1·step, … of which at most `count` fit.
function ticks(end, count) {
  const rough = end / count;
  const decade = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * decade).find((one) => one >= rough * 0.999);
  return Array.from({length: Math.floor(end / step + 1e-9) + 1}, (_, index) => index * step);
}
