// Asks for answers and draws them.

let changedAt = null;   // time of the oldest change that is not on the screen
let isAsking = false;
let isStale = false;
let isSlow = false;     // whether ranges and the front take too long for every move
let idleTimer = 0;
let underWay = null;    // aborts the question
let drawnRanges = null;
const slowS = 0.02;
const idleMs = 150;

// A control has changed. One question is under way at a time; the next one has the latest state.
function changed() {
  changedAt ??= performance.now();
  state.shown = {of: "plans", index: 0};
  if (isGrid) {
    answer = gridAnswer();
    draw();
    return;
  }
  isStale = true;
  document.body.dataset.isReady = false;
  clearTimeout(idleTimer);
  if (isSlow) underWay?.abort();
  if (!isAsking) ask(!isSlow);
}

// Everything, or the plans alone, and then everything when nothing has moved for a moment.
async function ask(isWhole) {
  isAsking = true;
  while (isStale) {
    isStale = false;
    underWay = new AbortController();
    try {
      const asked = isWhole ? question() : {...question(), ranges: false, pareto: []};
      const reply = await fetch("answer", {method: "POST", headers: {"Content-Type": "application/json"},
        body: JSON.stringify(asked), signal: underWay.signal});
      const found = await reply.json();
      if (reply.ok && isWhole) isSlow = found.seconds > slowS;
      if (reply.ok) answer = isWhole ? found : {ranges: answer.ranges, range_plans: answer.range_plans, pareto: answer.pareto, ...found};
      show(reply.ok ? null : found.error);
    } catch (error) {
      if (error.name !== "AbortError") show("scission-explore does not answer. Start it again and open the address that it prints.");
    }
    if (isStale) isWhole = !isSlow;
  }
  isAsking = false;
  if (!isWhole) {
    idleTimer = setTimeout(() => {
      isStale = true;
      if (!isAsking) ask(true);
    }, idleMs);
  }
  requestAnimationFrame(() => setTimeout(() => setTimeout(() => {
    document.body.dataset.isReady = !isAsking;
  })));
}

function show(problem) {
  byId("problem").hidden = problem === null;
  byId("problem").textContent = problem ?? "";
  for (const id of ["verdict", "figures", "note", "timeline", "ranking", "blocks", "front", "command"]) {
    byId(id).classList.toggle("is-old", problem !== null);
  }
  if (problem === null) draw();
  else changedAt = null;
}

// Shows another plan than the best one.
function select(shown) {
  state.shown = shown;
  draw();
}

function drawFigures(plan) {
  const shown = ["latency", "period", "traffic", "energy", "money", "error", "disagreement"]
    .filter((metric) => !isGrid || metric === "latency" || metric === "traffic")
    .filter((metric) => Number.isFinite(plan[metrics[metric].field]));
  byId("figures").replaceChildren(...shown.map((metric) => {
    const value = valueOf(plan, metric);
    const interval = metric === "latency" ? plan.latency_interval_s : null;
    const more = metric === "period" && value > 0 ? ` (${digits(1 / value)} per second)`
      : interval ? ` ± ${seconds((interval[1] - interval[0]) / 2)}` : "";
    return element("div", {}, element("dt", {}, metrics[metric].title), element("dd", {}, metrics[metric].text(value) + more));
  }));
}

function drawRanking() {
  const longest = Math.max(...answer.plans.map((plan) => plan.latency_s));
  byId("plans").replaceChildren(...answer.plans.map((plan, index) => {
    const isShown = state.shown.of === "plans" && state.shown.index === index;
    const bar = element("span", {class: "bar", style: `width:${100 * plan.latency_s / longest}%`}, ...plan.items.map((item) =>
      element("i", {style: `flex:${Math.max(0, item.seconds)};${item.to === undefined ? `background:${colourOf(item.system)}` : ""}`})));
    return element("button", {type: "button", class: "plan", "aria-pressed": isShown, onclick: () => {
      select({of: "plans", index});
      byId("plans").children[index].focus();
    }}, element("span", {class: "rank"}, String(index + 1)), element("span", {class: "text"}, plan.text),
    element("span", {class: "value"}, objectiveText(isGrid ? "latency" : state.objective, plan.objective)), bar);
  }));
}

function drawPlan() {
  const plan = shownPlan();
  for (const id of ["timeline", "ranking", "blocks", "front"]) byId(id).hidden = plan === null;
  byId("figures").hidden = plan === null;
  if (plan === null) return;
  // Widths first: each reading after a change lays the page out again.
  const [timeline, blocks, front] = ["timeline", "blocks", "front"].map((id) => {
    const figure = byId(id).querySelector("figure");
    return {figure, width: Math.max(280, figure.clientWidth)};
  });
  drawFigures(plan);
  drawTimeline(timeline.figure, timeline.width, plan);
  drawSteps(byId("steps"), plan);
  drawRanking();
  drawBlocks(blocks.figure, blocks.width, plan);
  drawFront(front.figure, front.width);
  byId("timeline-title").textContent = plan === answer.plans[0] ? "Timeline" : `Timeline of ${plan.text}`;
}

function draw() {
  const hasPlan = answer.plans.length > 0;
  byId("verdict").textContent = hasPlan ? joined(answer.verdict) : "No plan fits.";
  byId("note").textContent = [answer.note, answer.proof].filter((text) => text).join(" ");
  if (!hasPlan) {
    byId("problem").hidden = false;
    byId("problem").textContent = answer.infeasible;
  }
  drawPlan();
  if (answer.ranges !== drawnRanges) knobs.forEach(showBands);
  drawnRanges = answer.ranges;
  byId("command-text").replaceChildren(...answer.command.split(/( )/).map((word) => word === " " ? word : element("span", {class: "word"}, word)));
  byId("copied").textContent = "";
  const since = changedAt;
  changedAt = null;
  if (since === null) return;
  // In the task after the next frame the browser has painted.
  requestAnimationFrame(() => setTimeout(() => {
    document.body.dataset.redrawMs = (performance.now() - since).toFixed(1);
  }));
}

async function copy() {
  const text = byId("command-text").textContent;
  try {
    await navigator.clipboard.writeText(text);
    byId("copied").textContent = "copied";
  } catch (error) {
    getSelection().selectAllChildren(byId("command-text"));
    byId("copied").textContent = "selected: press Ctrl+C";
  }
}

function start() {
  const count = setup.systems.length;
  byId("about").textContent = `${setup.blocks.length} blocks on ${count} machine${count === 1 ? "" : "s"}, input ${bytes(setup.input_bytes)}` +
    (setup.exit_shares ? `; ${setup.exit_shares}: figures are means over all requests` : "");
  byId("blocks-caption").textContent = "Bars: time of each block where the plan runs it. Dots: on the other machines. Below: what would " +
    "cross a cut after the block. Both axes are logarithmic.";
  byId("front-caption").textContent = isGrid ? "Under the measured conditions. No plan is better in both."
    : "No plan is better in both. Select one to see it above.";
  if (isGrid) {
    byId("front-axes").textContent = `${metrics[answer.pareto.metrics[0]].title} against ${metrics[answer.pareto.metrics[1]].title}`;
    byId("command").hidden = true;
  }
  byId("footer").textContent = `Scission ${setup.version}. The colour of a slider tells which machine computes longest in the best plan there; ` +
    "the mark is the measured value. Times are predictions from measured profiles.";
  makeControls(byId("controls"));
  drawFrontAxes();
  byId("copy").addEventListener("click", copy);
  if (isGrid) answer = gridAnswer();
  draw();
  startFollow();
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth === width) return;
    width = innerWidth;
    if (byId("follow").hidden) drawPlan();
    else drawFollow();
  });
}

start();
