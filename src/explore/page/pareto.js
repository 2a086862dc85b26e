// The Pareto front of two metrics. A click, or Enter, shows a plan above.

const metricSelect = (index) => element("select", {"aria-label": index === 0 ? "Horizontal axis" : "Vertical axis",
  onchange: (event) => {
    const other = 1 - index;
    if (state.pareto[other] === event.target.value) state.pareto[other] = state.pareto[index];
    state.pareto[index] = event.target.value;
    drawFrontAxes();
    changed();
  }}, ...setup.metrics.map((metric) => element("option", {value: metric,
  selected: state.pareto[index] === metric ? "" : false}, metrics[metric].title)));

function drawFrontAxes() {
  if (isGrid) return;
  byId("front-axes").replaceChildren(metricSelect(0), "against", metricSelect(1));
}

function drawFront(figure) {
  const front = answer.pareto;
  if (!front || front.plans.length === 0) return figure.replaceChildren();
  const width = Math.max(280, figure.clientWidth);
  const [left, right, top, bottom] = [62, width - 14, 10, 190];
  const [across, up] = front.metrics;
  const scale = (metric, from, to) => {
    const values = front.plans.map((plan) => valueOf(plan, metric));
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const margin = 0.08 * (to - from);
    return Object.assign((value) => high > low ? from + margin + (to - from - 2 * margin) * (value - low) / (high - low)
      : (from + to) / 2, {ends: high > low ? [low, high] : [low]});
  };
  const x = scale(across, left, right);
  const y = scale(up, bottom, top);
  const parts = [];
  for (const value of x.ends) {
    parts.push(svg("line", {class: "grid", x1: x(value), x2: x(value), y1: top, y2: bottom}),
      svg("text", {class: "soft", x: x(value), y: bottom + 15, "text-anchor": "middle"}, metrics[across].text(value)));
  }
  for (const value of y.ends) {
    parts.push(svg("line", {class: "grid", x1: left, x2: right, y1: y(value), y2: y(value)}),
      svg("text", {class: "soft", x: left - 6, y: y(value) + 4, "text-anchor": "end"}, metrics[up].text(value)));
  }
  const path = front.plans.map((plan, index) => {
    const point = [x(valueOf(plan, across)), y(valueOf(plan, up))];
    return index === 0 ? `M${point}` : `H${point[0]}V${point[1]}`;
  });
  parts.push(svg("path", {class: "front", d: path.join("")}));
  const shown = shownPlan();
  front.plans.forEach((plan, index) => {
    const isShown = shown !== null && plan.text === shown.text;
    const text = `${plan.text}: ${metrics[across].text(valueOf(plan, across))}, ${metrics[up].text(valueOf(plan, up))}`;
    const show = () => select({of: "front", index});
    const [cx, cy] = [x(valueOf(plan, across)), y(valueOf(plan, up))];
    parts.push(svg("g", {class: "point", tabindex: 0, role: "button", "aria-label": text, "aria-pressed": isShown,
      onclick: show, onkeydown: (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        show();
        figure.querySelectorAll(".point")[index]?.focus();
      }},
    svg("title", {}, text), svg("circle", {cx, cy, r: 12, fill: "transparent"}),
    isShown ? svg("circle", {class: "halo", cx, cy, r: 8.5}) : null,
    svg("circle", {cx, cy, r: 5.5, fill: colourOf(mainSystem(plan))})));
  });
  figure.replaceChildren(svg("svg", {viewBox: `0 0 ${width} ${bottom + 22}`, role: "group",
    "aria-label": `Plans that are optimal in ${across} and ${up} together`}, ...parts));
}

// The machine that computes longest.
function mainSystem(plan) {
  const stages = plan.items.filter((item) => item.to === undefined);
  return stages.reduce((best, item) => item.seconds > best.seconds ? item : best, stages[0]).system;
}
