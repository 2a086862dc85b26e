// What is asked, as the controls have it.

const setup = JSON.parse(byId("setup").textContent);
const isGrid = setup.grid !== undefined;

const state = {
  values: new Map(),  // slider → value, where it differs from the base
  objective: "latency",
  anyOrder: false,
  revisit: false,
  maxStages: null,
  use: new Map(),     // system → true or false
  keepOn: [],         // {name, first, last}
  limits: new Map(),  // field of the question → number
  codecs: new Set(),
  pareto: ["latency", "traffic"],
  shown: {of: "plans", index: 0},
};

let answer = setup.answer;

const keyOf = (one) => `${one.knob} ${one.from} ${one.to ?? ""}`;
const current = (slider) => state.values.get(slider) ?? slider.base;
const nameOf = (system) => setup.systems[system].name;
const idOf = (system) => setup.systems[system].id;
const platformOf = (system) => setup.platforms.indexOf(setup.systems[system].platform);

// Whether a plan may use the link.
const isUsable = (slider) => slider.to === undefined || state.anyOrder || setup.returns ||
  platformOf(slider.from) < platformOf(slider.to);

const factorOf = (system) => {
  const slider = setup.sliders.find((one) => one.knob === "slowdown" && one.from === system);
  return slider ? current(slider) : 1;
};

const sliderOf = (knob, from, to) =>
  setup.sliders.find((one) => one.knob === knob && one.from === from && one.to === to);

// Links of which delay or bandwidth was moved.
function changedLinks() {
  const links = [];
  for (const slider of setup.sliders) {
    if (slider.knob !== "bandwidth") continue;
    const delay = sliderOf("delay", slider.from, slider.to);
    if (!state.values.has(slider) && !state.values.has(delay)) continue;
    links.push({from: idOf(slider.from), to: idOf(slider.to), ping_ms: current(delay),
      megabits_per_s: current(slider)});
  }
  return links;
}

function question() {
  const asked = {links: changedLinks(), objective: state.objective, any_order: state.anyOrder,
    revisit: state.anyOrder && state.revisit, pareto: state.pareto, time_limit_s: 1};
  asked.slowdowns = setup.sliders
    .filter((one) => one.knob === "slowdown" && state.values.has(one))
    .map((one) => ({system: idOf(one.from), factor: current(one)}));
  if (state.maxStages !== null) asked.max_stages = state.maxStages;
  asked.use = [...state.use].map(([system, isUsed]) => ({name: idOf(system), is_used: isUsed}));
  asked.keep_on = state.keepOn.map((one) => ({name: one.name,
    layers: one.first === one.last ? `${one.first}` : `${one.first}-${one.last}`}));
  if (state.limits.size > 0) asked.limits = Object.fromEntries(state.limits);
  asked.codecs = [...state.codecs];
  return asked;
}

// The plan that the pictures show; null where no plan fits.
function shownPlan() {
  const plans = state.shown.of === "front" ? answer.pareto?.plans : answer.plans;
  return plans?.[state.shown.index] ?? answer.plans[0] ?? null;
}

// --- A page without a program: answers from the grid ---

// A plan of the grid under the conditions of the controls.
function scaledPlan(index) {
  const plan = {...setup.grid.plans[index]};
  let at = 0;
  plan.items = plan.items.map((item) => {
    const scaled = {...item, begin_s: at};
    if (item.to === undefined) {
      scaled.seconds = item.seconds * factorOf(item.system);
    } else {
      const bandwidth = sliderOf("bandwidth", item.system, item.to);
      const encode = item.encode_s ?? 0;
      const decode = item.decode_s ?? 0;
      const sending = item.seconds - item.fixed_s - encode - decode;
      scaled.seconds = item.fixed_s + encode * factorOf(item.system) + decode * factorOf(item.to) +
        (bandwidth ? sending * bandwidth.base / current(bandwidth) : sending);
    }
    at += scaled.seconds;
    return scaled;
  });
  plan.latency_s = at;
  plan.objective = at;
  plan.latency_interval_s = null;
  return plan;
}

// The nearest level of each axis, and the index of that point.
function pointOf(moved = null, level = 0) {
  let point = 0;
  for (const axis of setup.grid.axes) {
    const value = current(sliderOf(axis.knob, axis.from, axis.to));
    const index = axis === moved ? level : axis.levels.indexOf(value);
    point = point * axis.levels.length + Math.max(0, index);
  }
  return point;
}

// Along an axis through the present point: [low, high, plan] with ends between two levels.
function gridRanges(axis) {
  const bests = axis.levels.map((_, level) => setup.grid.points[pointOf(axis, level)][0]);
  const ends = axis.levels.slice(1).map((level, index) => Math.sqrt(level * axis.levels[index]));
  const ranges = [];
  bests.forEach((plan, index) => {
    const low = index === 0 ? axis.levels[0] : ends[index - 1];
    const high = ends[index] ?? axis.levels[index];
    const last = ranges[ranges.length - 1];
    if (last && last[2] === plan) last[1] = high;
    else if (plan !== undefined) ranges.push([low, high, plan]);
  });
  return ranges;
}

// The same as format_verdict() and format_groups(); `doubts` are what the page cannot compute.
function verdictOf(plans, doubts) {
  const [best, next] = plans;
  const isEqual = (plan) => Math.abs(plan.latency_s - best.latency_s) <= 1e-12 * best.latency_s;
  const parts = [`${best.text}: ${seconds(best.latency_s)}`];
  if (best.baseline !== undefined) {
    const baseline = scaledPlan(best.baseline);
    const other = `all on ${nameOf(best.source)} (${seconds(baseline.latency_s)})`;
    if (baseline.text === best.text) parts.push(", no gain from distributing");
    else if (doubts & 1) parts.push(`, cannot be told apart from ${other}`);
    else if (isEqual(baseline)) parts.push(`, equal to ${other}`);
    else parts.push(`, ${ratioText(best.latency_s, baseline.latency_s)} than ${other}`);
  }
  if (next && doubts & 2) parts.push("; next best cannot be told apart");
  else if (next && isEqual(next)) parts.push("; next best equally good");
  else if (next) parts.push(`; next best ${ratioText(next.latency_s, best.latency_s)}`);
  return parts.join("");
}

function noteOf(doubts) {
  const plans = ["", "", "1 and 2", "1 and 2", "2 and 3", "2 and 3", "1 to 3", "1 to 3"][doubts];
  return plans ? `Plans ${plans} cannot be told apart: the 95 % interval of their difference contains 0.` : "";
}

function gridAnswer() {
  const point = pointOf();
  const plans = setup.grid.points[point].map(scaledPlan);
  const doubts = Number(setup.grid.verdicts[point]);
  return {
    plans,
    is_optimal: true,
    verdict: plans[0] ? verdictOf(plans, doubts) : undefined,
    infeasible: plans[0] ? undefined : "No plan fits.",
    note: noteOf(doubts),
    ranges: setup.grid.axes.map((axis) => ({...axis, ranges: gridRanges(axis)})),
    range_plans: setup.grid.plans,
    pareto: setup.answer.pareto,
    command: setup.answer.command,
  };
}
