// The second tab: follows the file that a run writes.

const follow = {after: 0, file: "", damaged: 0, failure: null, timer: 0, isAsking: false};
const pollMs = 500;
const keptRequests = 3000;
const shownS = 120;       // of latencies
const ganttRequests = 8;
const medianRequests = 20;

function newRun() {
  return {start: null, plans: [], requests: [], underWay: new Map(), answered: 0, failed: 0, estimates: new Map(), expected: [],
    at: 0, hasEnded: false};
}
let run = newRun();

const isFollowing = () => !byId("follow").hidden && document.visibilityState === "visible";

// --- Reading ---

async function poll() {
  clearTimeout(follow.timer);
  if (follow.isAsking || !isFollowing()) return;
  follow.isAsking = true;
  const drawn = [follow.after, follow.damaged, follow.failure].join();
  try {
    for (let more = true; more && isFollowing();) more = await askForEvents();
  } catch (error) {
    follow.failure = "scission-explore does not answer. Start it again and open the address that it prints.";
  }
  follow.isAsking = false;
  if (isFollowing()) follow.timer = setTimeout(poll, pollMs);
  if (drawn !== [follow.after, follow.damaged, follow.failure].join()) drawFollow();
}

// Whether there is more to ask for at once.
async function askForEvents() {
  const reply = await fetch("events", {method: "POST", headers: {"Content-Type": "application/json"},
    body: JSON.stringify({after: follow.after, file: follow.file})});
  const found = await reply.json();
  follow.failure = reply.ok ? null : found.error;
  if (!reply.ok) return false;
  if (found.restarted) {
    run = newRun();
    follow.damaged = 0;
  }
  follow.after = found.next;
  follow.file = found.file;
  follow.damaged += found.damaged;
  for (const event of found.events) {
    try {
      take(event);
    } catch (error) {  // JSON, but not what a run writes
      follow.damaged += 1;
    }
  }
  return found.more;
}

function take(event) {
  if (!Number.isFinite(event.at_s)) throw new Error("no time");
  takers[event.event]?.(event);  // later versions may write other events
  run.at = Math.max(run.at, event.at_s);
}

const takers = {
  start: (event) => {
    run.start = {...event, systems: event.systems.map(String), links: [...event.links]};
  },
  plan: (event) => {
    if (!Array.isArray(event.items)) throw new Error("no items");
    run.plans.push(event);
    run.expected.push([event.at_s, null]);  // the estimate of another plan ends
  },
  sent: (event) => run.underWay.set(event.request, event.at_s),
  answered: (event) => {
    if (!Array.isArray(event.hops) || !Number.isFinite(event.latency_s)) throw new Error("no hops");
    run.underWay.delete(event.request);
    if (event.failure === undefined) run.answered += 1;
    else run.failed += 1;
    run.requests.push(event);
    if (run.requests.length > 2 * keptRequests) run.requests.splice(0, keptRequests);
  },
  estimates: (event) => {
    run.estimates = new Map(event.estimates.map((one) => [partOf(one.system, one.to), one]));
    run.expected.push([event.at_s, event.expected_latency_s]);
    if (run.expected.length > 2 * keptRequests) run.expected.splice(0, keptRequests);
  },
  end: () => {
    run.hasEnded = true;
    run.underWay.clear();
  },
};

// --- What is known ---

// A machine or a link.
const partOf = (system, to) => to === undefined ? system : `${system} → ${to}`;

// Machines have the colours that they have in the first tab.
function indexOf(name) {
  const known = setup.systems.findIndex((one) => one.name === name);
  if (known >= 0) return known;
  return setup.systems.length + Math.max(0, run.start?.systems.filter((one) => setup.systems.every((other) => other.name !== one)).indexOf(name) ?? 0);
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length === 0 ? null : sorted[Math.floor((sorted.length - 1) / 2)];
}

// Of the last answers of the running plan: the hop of its stage `index`.
function recentHops(plan, index) {
  return run.requests.slice(-5 * medianRequests).filter((one) => one.plan === plan.plan && one.hops[index] !== undefined)
    .slice(-medianRequests).map((one) => one.hops[index]);
}

const plusMinus = (stddev) => stddev > 0 ? ` ± ${Number((100 * stddev).toPrecision(2))} %` : "";
const rate = (value) => `${digits(value)} Mbit/s`;

function estimateText(estimate) {
  if (estimate?.is_lost) return "lost";
  if (!Number.isFinite(estimate?.factor)) return null;
  if (estimate.megabits_per_s !== undefined) return `${rate(estimate.megabits_per_s)}${plusMinus(estimate.stddev)}`;
  return `${digits(estimate.factor)} × as profiled${plusMinus(estimate.stddev)}`;
}

// --- Drawing ---

function drawFollow() {
  if (byId("follow").hidden) return;
  const plan = run.plans[run.plans.length - 1];
  drawFollowState(plan);
  for (const id of ["gantt", "latencies", "changes", "parts"]) byId(id).hidden = plan === undefined;
  byId("chain").hidden = plan === undefined;
  if (plan === undefined) return;
  const [gantt, latencies] = ["gantt", "latencies"].map((id) => {
    const figure = byId(id).querySelector("figure");
    return {figure, width: Math.max(260, figure.clientWidth)};
  });
  drawChain(plan);
  drawGantt(gantt.figure, gantt.width, plan);
  drawLatencies(latencies.figure, latencies.width);
  drawChanges();
  drawParts();
}

function drawFollowState(plan) {
  const started = run.start === null ? null : run.hasEnded ? `${run.start.model}: ended after ${seconds(run.at)}`
    : `${run.start.model}: ${seconds(run.at)} since the start`;
  byId("follow-title").textContent = plan !== undefined ? `Plan ${plan.plan}: ${plan.route}`
    : started !== null ? "No plan runs yet" : `Waiting for ${setup.follow}`;
  const oldest = Math.min(...run.underWay.values());
  const way = run.underWay.size === 0 ? "none under way"
    : `${run.underWay.size} under way, the oldest for ${seconds(Math.max(0, run.at - oldest))}`;
  const last = median(run.requests.slice(-medianRequests).filter((one) => one.failure === undefined).map((one) => one.latency_s));
  byId("follow-state").textContent = started === null
    ? `Start scission-run or scission-adapt run with --events ${setup.follow}.`
    : joined([started, `${run.answered} answered`, run.failed > 0 ? `${run.failed} failed` : null, way,
      last === null ? null : `median of the last ${medianRequests}: ${seconds(last)}`].filter((text) => text !== null).join(" · "));
  const troubles = [follow.failure, follow.damaged > 0 ? `${follow.damaged} damaged line${follow.damaged === 1 ? "" : "s"} of the file passed over.` : null]
    .filter((text) => text !== null);
  byId("follow-problem").hidden = troubles.length === 0;
  byId("follow-problem").textContent = troubles.join("\n");
}

// The running plan: machines and links in a row.
function drawChain(plan) {
  let stage = -1;
  const first = plan.items[0];
  const source = first !== undefined && first.to !== undefined
    ? [element("li", {class: "machine", style: `border-color:${colourOf(indexOf(plan.source))}`}, element("b", {}, plan.source), element("span", {}, "has the input"))]
    : [];
  byId("chain").replaceChildren(...source, ...plan.items.map((item) => {
    const isLink = item.to !== undefined;
    if (!isLink) stage += 1;
    const hops = recentHops(plan, isLink ? stage + 1 : stage);
    const took = median(hops.map((hop) => isLink ? hop.send_s + hop.transfer_s + hop.receive_s : hop.compute_s));
    const planned = item.seconds === null ? "" : `planned ${seconds(item.seconds)}`;
    const estimate = run.estimates.get(partOf(item.system, item.to));
    const lines = [isLink ? `${bytes(item.bytes)}${item.codec ? ` as ${item.codec}` : ""}` : layers(item.first_layer, item.last_layer),
      took === null ? planned : `${seconds(took)}${planned ? `, ${planned}` : ""}`, estimateText(estimate)];
    return element("li", {class: `${isLink ? "link" : "machine"}${estimate?.is_lost ? " is-lost" : ""}`,
      style: isLink ? null : `border-color:${colourOf(indexOf(item.system))}`},
    element("b", {}, isLink ? `→ ${item.to}` : item.system),
    ...lines.filter((text) => text).map((text) => element("span", {}, joined(text))));
  }));
}

// The last requests: a row for each machine and link.
function drawGantt(figure, width, plan) {
  const requests = run.requests.slice(-ganttRequests);
  if (requests.length === 0) return figure.replaceChildren(element("p", {class: "caption"}, "No request has been answered yet."));
  const longest = Math.max(...requests.map((one) => one.latency_s));
  const end = Math.max(...requests.map((one) => one.at_s));
  const begin = Math.max(Math.min(...requests.map((one) => one.at_s - one.latency_s)), end - 25 * longest);
  const rows = [plan.source];
  const spans = requests.flatMap((one) => spansOf(one, plan.source)).filter((span) => span.begin + span.seconds > begin);
  const planned = plan.items.map((item) => partOf(item.system, item.to));
  for (const row of [...planned, ...spans.map((span) => span.row)]) if (!rows.includes(row)) rows.push(row);
  const isNarrow = width < 560;
  const left = isNarrow ? 0 : 20 + Math.min(200, Math.max(...rows.map((row) => 1.1 * widthOf(row))));
  const height = isNarrow ? 44 : 28;
  const x = (at) => left + (width - 8 - left) * Math.max(0, at - begin) / (end - begin || 1);
  const bottom = rows.length * (height + 4);
  const parts = [];
  rows.forEach((row, index) => {
    parts.push(svg("rect", {class: "lane", x: 0, y: index * (height + 4), width, height, rx: 5}));
    parts.push(svg("text", {class: planned.includes(row) || row === plan.source ? "name" : "name unused", x: 8,
      y: index * (height + 4) + (isNarrow ? 14 : 18)}, row));
  });
  for (const tick of ticks(end - begin, Math.max(2, (width - left) / 90))) {
    const at = x(begin + tick);
    parts.push(svg("line", {class: "grid", x1: at, x2: at, y1: 0, y2: bottom}));
    parts.push(svg("text", {class: "soft", x: at, y: bottom + 14, "text-anchor": at < 15 ? "start" : at > width - 25 ? "end" : "middle"}, tickText(tick)));
  }
  for (const span of spans) {
    const at = x(span.begin);
    const size = Math.max(1.5, x(span.begin + span.seconds) - at);
    const thick = span.isThin ? 10 : 18;
    parts.push(svg("rect", {class: span.kind, x: at, y: rows.indexOf(span.row) * (height + 4) + (isNarrow ? 30 : height / 2) - thick / 2,
      width: size, height: thick, rx: 2, fill: span.fill}, svg("title", {}, span.text)));
  }
  figure.replaceChildren(svg("svg", {viewBox: `0 0 ${width} ${bottom + 20}`, role: "img",
    "aria-label": `The last ${requests.length} requests on ${rows.join(", ")}: up to ${seconds(longest)}`}, ...parts));
}

function spansOf(request, source) {
  const name = `request ${request.request}`;
  if (request.failure !== undefined) {
    return [{row: source, kind: "failed", begin: request.at_s - request.latency_s, seconds: request.latency_s, isThin: true,
      text: `${name}: ${request.failure}`}];
  }
  const spans = [];
  for (const hop of request.hops) {
    let begin = hop.begin_s;
    const add = (row, kind, length, what, fill) => {
      if (length > 0) {
        spans.push({row, kind, begin, seconds: length, isThin: kind !== "compute", fill, text: `${name}: ${what}, ${seconds(length)}`});
      }
      begin += length;
    };
    add(hop.from, "coding", hop.send_s, "serialise and encode", colourOf(indexOf(hop.from)));
    add(partOf(hop.from, hop.to), "transfer", hop.transfer_s, `${bytes(hop.bytes)} over the link`);
    add(hop.to, "coding", hop.receive_s, "deserialise and decode", colourOf(indexOf(hop.to)));
    add(hop.to, "queue", hop.queue_s, "queue", colourOf(indexOf(hop.to)));
    add(hop.to, "compute", hop.compute_s, "compute", colourOf(indexOf(hop.to)));
  }
  return spans;
}

// Latencies of the last minutes, and the changes of the plan as marked lines.
function drawLatencies(figure, width) {
  const end = Math.max(run.at, 1);
  const begin = Math.max(0, end - shownS);
  const shown = run.requests.filter((one) => one.at_s >= begin);
  const expected = run.expected.filter((one) => one[0] >= begin);
  const values = [...shown.map((one) => one.latency_s), ...expected.map((one) => one[1])].filter((value) => value > 0);
  const [low, high] = values.length === 0 ? [0.01, 0.1] : [Math.min(...values) / 1.3, Math.max(...values) * 1.3];
  const [left, height, above] = [52, 180, 18];
  const x = (at) => left + (width - left - 10) * (at - begin) / (end - begin || 1);
  const y = (value) => above + height * (1 - Math.log(Math.max(value, low) / low) / Math.log(high / low));
  const parts = [];
  const firstDecade = Math.floor(Math.log10(low));
  const decades = Array.from({length: Math.ceil(Math.log10(high)) - firstDecade}, (_, index) => 10 ** (firstDecade + index));
  const steps = decades.length > 3 ? [1] : [1, 2, 5];
  for (const tick of decades.flatMap((decade) => steps.map((step) => step * decade)).filter((one) => one >= low && one <= high)) {
    parts.push(svg("line", {class: "grid", x1: left, x2: width, y1: y(tick), y2: y(tick)}));
    parts.push(svg("text", {class: "soft", x: left - 6, y: y(tick) + 4, "text-anchor": "end"}, tickText(tick)));
  }
  const step = ticks(end - begin, Math.max(2, (width - left) / 90))[1] ?? end - begin;
  for (let at = Math.ceil(begin / step) * step; at <= end; at += step) {
    parts.push(svg("text", {class: "soft", x: Math.min(x(at), width - 14), y: above + height + 16, "text-anchor": "middle"}, tickText(at)));
  }
  let path = "";
  let isDown = false;
  for (const [at, value] of expected) {
    if (Number.isFinite(value)) path += `${isDown ? "L" : "M"}${x(at).toFixed(1)} ${y(value).toFixed(1)}`;
    isDown = Number.isFinite(value);
  }
  if (path) parts.push(svg("path", {class: "expected", d: path}, svg("title", {}, "expected latency of the running plan")));
  const answered = shown.filter((one) => one.failure === undefined).map((one) => `M${x(one.at_s).toFixed(1)} ${y(one.latency_s).toFixed(1)}h0`);
  parts.push(svg("path", {class: "dots latency", d: answered.join("")}));
  for (const one of shown.filter((request) => request.failure !== undefined)) {
    parts.push(svg("path", {class: "miss", d: `M${x(one.at_s) - 4} ${y(one.latency_s) - 4}l8 8m0-8l-8 8`}, svg("title", {}, one.failure)));
  }
  let label = -Infinity;
  for (const plan of run.plans.filter((one) => one.at_s >= begin)) {
    const at = x(plan.at_s);
    parts.push(svg("line", {class: "cut change", x1: at, x2: at, y1: above - 4, y2: above + height}, svg("title", {}, `plan ${plan.plan}: ${plan.why}`)));
    if (at - label < 46) continue;
    label = at;
    parts.push(svg("text", {class: "soft", x: Math.min(at, width - 36), y: 10}, `plan ${plan.plan}`));
  }
  figure.replaceChildren(svg("svg", {viewBox: `0 0 ${width} ${above + height + 22}`, role: "img",
    "aria-label": `Latency of ${shown.length} requests over ${seconds(end - begin)}; changes of the plan: ${run.plans.length - 1}`}, ...parts));
}

function drawChanges() {
  const list = byId("change-list");
  if (list.dataset.count === String(run.plans.length)) return;  // read aloud only what is new
  list.dataset.count = run.plans.length;
  list.replaceChildren(...[...run.plans].reverse().map((plan) => element("li", {}, element("b", {}, seconds(plan.at_s)),
    element("span", {}, `plan ${plan.plan}, ${plan.route}`, element("br"), element("i", {}, plan.why)))));
}

// All machines and links, also those that the plan does not use.
function drawParts() {
  const given = (one) => one.megabits_per_s === undefined ? "as measured" : `${rate(one.megabits_per_s)}, ${digits(one.ping_ms)} ms`;
  const rows = [...(run.start?.systems ?? []).map((name) => [name, "as profiled"]),
    ...(run.start?.links ?? []).map((link) => [partOf(link.from, link.to), given(link)])];
  byId("parts").hidden = run.estimates.size === 0;
  byId("part-rows").replaceChildren(...rows.map(([name, before]) => {
    const estimate = run.estimates.get(name);
    return element("tr", {class: estimate?.is_lost ? "is-lost" : null}, element("th", {scope: "row"}, name),
      element("td", {}, joined(before)), element("td", {}, joined(estimateText(estimate) ?? "–")));
  }));
}

// --- Tabs ---

const tabs = ["explore", "follow"];

function selectTab(id) {
  for (const one of tabs) {
    const isSelected = one === id;
    byId(`tab-${one}`).setAttribute("aria-selected", isSelected);
    byId(`tab-${one}`).tabIndex = isSelected ? 0 : -1;
    byId(one).hidden = !isSelected;
  }
  byId("footer").hidden = id !== "explore";
  if (id === "explore") return drawPlan();
  drawFollow();
  poll();
}

function startFollow() {
  if (setup.follow === undefined) return;
  byId("tabs").hidden = false;
  for (const [index, id] of tabs.entries()) {
    byId(id).setAttribute("role", "tabpanel");
    byId(id).setAttribute("aria-labelledby", `tab-${id}`);
    byId(`tab-${id}`).addEventListener("click", () => selectTab(id));
    byId(`tab-${id}`).addEventListener("keydown", (event) => {
      const next = {ArrowLeft: 1 - index, ArrowRight: 1 - index, Home: 0, End: 1}[event.key];
      if (next === undefined) return;
      event.preventDefault();
      selectTab(tabs[next]);
      byId(`tab-${tabs[next]}`).focus();
    });
  }
  byId("gantt-caption").textContent = `Up to the last ${ganttRequests} requests. Bars: computing; pale: queue; thin: coding and transfers. Machines report ` +
    "durations only: the parts of a request are placed one after the other up to its answer.";
  byId("latencies-caption").textContent = "Dots: latency of each request when it was answered; the axis is logarithmic. Solid line: expected latency of the running plan, where " +
    "a controller estimates it. Dashed lines: changes of the plan. Crosses: no answer.";
  document.addEventListener("visibilitychange", poll);
}
