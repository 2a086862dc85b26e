// The stages and transfers of a plan, to scale, with a lane for each machine.

const barHeight = 24;

function timelineRows(width) {
  const isNarrow = width < 560;
  const left = isNarrow ? 0 : 30 + Math.min(140, Math.max(...setup.systems.map((one) => 1.1 * widthOf(one.name))));
  const height = isNarrow ? 58 : 42;
  return {isNarrow, left, height, right: width - 10, top: (lane) => lane * (height + 4)};
}

// At the end of a transfer, towards the middle of the receiver's lane.
function arrow(x, from, to) {
  const tip = from < to ? to - barHeight / 2 : to + barHeight / 2;
  const back = from < to ? tip - 5 : tip + 5;
  return svg("path", {class: "arrow", d: `M${x} ${from}V${tip}M${x - 4} ${back}L${x} ${tip}L${x + 4} ${back}`});
}

function drawTimeline(figure, plan) {
  const width = Math.max(280, figure.clientWidth);
  const rows = timelineRows(width);
  const lanes = setup.systems.length;
  const bottom = rows.top(lanes);
  const interval = plan.latency_interval_s;
  const end = Math.max(plan.latency_s, interval ? interval[1] : 0) || 1;
  const x = (value) => rows.left + (rows.right - rows.left) * value / end;
  const middle = (lane) => rows.top(lane) + (rows.isNarrow ? 38 : rows.height / 2);
  const used = new Set(plan.items.flatMap((item) => [item.system, item.to]));
  const parts = [];
  for (let lane = 0; lane < lanes; ++lane) {
    parts.push(svg("rect", {class: "lane", x: 0, y: rows.top(lane), width, height: rows.height, rx: 5}));
    parts.push(svg("text", {class: used.has(lane) ? "name" : "name unused", x: 10,
      y: rows.isNarrow ? rows.top(lane) + 16 : middle(lane) + 4}, nameOf(lane)));
  }
  for (const tick of ticks(end, Math.max(2, (rows.right - rows.left) / 90))) {
    parts.push(svg("line", {class: "grid", x1: x(tick), x2: x(tick), y1: 0, y2: bottom}));
    const anchor = x(tick) < 15 ? "start" : x(tick) > width - 25 ? "end" : "middle";
    parts.push(svg("text", {class: "soft", x: x(tick), y: bottom + 14, "text-anchor": anchor}, tickText(tick)));
  }
  for (const item of plan.items) parts.push(...timelineItem(item, x, middle));
  if (interval) {
    const y = bottom - 9;
    parts.push(svg("path", {class: "interval", d: `M${x(interval[0])} ${y - 4}v8m0-4H${x(interval[1])}m0-4v8`},
      svg("title", {}, `95 % interval of the latency: ${seconds(interval[0])} to ${seconds(interval[1])}`)));
  }
  figure.replaceChildren(svg("svg", {viewBox: `0 0 ${width} ${bottom + 20}`, role: "img",
    "aria-label": `Timeline: ${plan.items.map(itemText).join("; ")}`}, ...parts));
}

function timelineItem(item, x, middle) {
  const from = x(item.begin_s);
  const size = Math.max(2, x(item.begin_s + item.seconds) - from);
  const title = svg("title", {}, itemText(item));
  if (item.to !== undefined) {
    const bar = svg("rect", {class: "transfer", x: from, y: middle(item.system) - 5, width: size, height: 10, rx: 2}, title);
    return [bar, arrow(from + size, middle(item.system), middle(item.to))];
  }
  const bar = svg("rect", {x: from, y: middle(item.system) - barHeight / 2, width: size, height: barHeight, rx: 4,
    fill: colourOf(item.system)}, title);
  const label = [`${layers(item.first_layer, item.last_layer)} · ${seconds(item.seconds)}`, seconds(item.seconds)]
    .find((text) => widthOf(text) + 10 <= size);
  if (label === undefined) return [bar];
  return [bar, svg("text", {x: from + size / 2, y: middle(item.system) + 4, "text-anchor": "middle",
    style: `fill:${inkOf(item.system)};pointer-events:none`}, label)];
}

function itemText(item) {
  if (item.to === undefined) {
    return `${nameOf(item.system)}: ${layers(item.first_layer, item.last_layer)}, ${seconds(item.seconds)}`;
  }
  const codec = item.codec ? ` as ${item.codec}` : "";
  return `${nameOf(item.system)} → ${nameOf(item.to)}: ${bytes(item.bytes)}${codec}, ${seconds(item.seconds)}`;
}

function drawSteps(list, plan) {
  list.replaceChildren(...plan.items.map((item) => {
    const isStage = item.to === undefined;
    const text = itemText(item);
    const comma = text.lastIndexOf(", ");
    return element("li", {},
      element("i", {style: isStage ? `background:${colourOf(item.system)}` : null}),
      `${text.slice(0, comma)} `, element("b", {}, text.slice(comma + 2)));
  }));
}
