// The time of every block where the plan runs it, as bars on a logarithmic axis; dots are the other
// machines. Below, what would cross a cut after the block.

function systemOfBlocks(plan) {
  return setup.blocks.map(([first]) => {
    const stage = plan.items.find((item) => item.to === undefined &&
      item.first_layer <= first && first <= item.last_layer);
    return stage ? stage.system : plan.source;
  });
}

function logScale(values, from, to) {
  const known = values.filter((value) => value > 0);
  const low = Math.log10(Math.min(...known)) - 0.15;
  const high = Math.log10(Math.max(...known)) + 0.05;
  const scale = (value) => value > 0 ? from + (to - from) * Math.max(0, Math.log10(value) - low) / (high - low || 1) : from;
  scale.decades = [];
  for (let power = Math.ceil(low); power <= high; ++power) scale.decades.push(10 ** power);
  return scale;
}

// A line for each cut, and its label below in the first row with room. The number of rows.
function drawCuts(cuts, width, bottom, parts) {
  const ends = [];
  for (const {x, text} of cuts) {
    const size = widthOf(text);
    const left = Math.min(x + 5, width - size);
    let row = ends.findIndex((end) => end + 12 < left);
    if (row < 0) row = ends.push(0) - 1;
    ends[row] = left + size;
    const y = bottom + 4 + 16 * row;
    parts.push(svg("line", {class: "cut", x1: x, x2: x, y1: 0, y2: left > x ? y : y - 12}), svg("text", {x: left, y}, text));
  }
  return ends.length;
}

function drawBlocks(figure, width, plan) {
  const [left, right, floor, bottom] = [50, width - 4, 170, 250];
  const systems = systemOfBlocks(plan);
  const times = setup.seconds.map((row, system) => row.map((value) => value * factorOf(system)));
  const y = logScale(times.flat(), floor, 8);
  const size = logScale(setup.blocks.map((block) => block[2]), 0, bottom - floor - 22);
  const step = (right - left) / setup.blocks.length;
  const gap = Math.min(2, step * 0.2);
  const parts = [];
  const cuts = [];
  for (const decade of y.decades) {
    parts.push(svg("line", {class: "grid", x1: left, x2: right, y1: y(decade), y2: y(decade)}),
      svg("text", {class: "soft", x: left - 6, y: y(decade) + 4, "text-anchor": "end"}, tickText(decade)));
  }
  parts.push(svg("text", {class: "soft", x: left - 6, y: floor + 22, "text-anchor": "end"}, "output"));
  setup.blocks.forEach((block, index) => {
    const x = left + index * step;
    const system = systems[index];
    const top = y(times[system][index]);
    const isCut = index + 1 < systems.length && systems[index + 1] !== system;
    const height = Math.max(1, size(block[2]));
    const others = setup.systems.map((_, other) => other).filter((other) => other !== system);
    const title = [`${layers(block[0], block[1])}: ${seconds(times[system][index])} on ${nameOf(system)}`,
      ...others.map((other) => `${seconds(times[other][index])} on ${nameOf(other)}`),
      `output ${bytes(block[2])}`].join("\n");
    parts.push(svg("g", {}, svg("title", {}, title),
      svg("rect", {x, y: 0, width: step, height: bottom, fill: "transparent"}),
      svg("rect", {x: x + gap / 2, y: top, width: step - gap, height: Math.max(1, floor - top), rx: Math.min(2, step / 4),
        fill: colourOf(system)}),
      svg("rect", {class: isCut ? "bytes is-cut" : "bytes", x: x + gap / 2, y: floor + 12, width: step - gap, height})));
    if (isCut) cuts.push({x: x + step, text: `${bytes(block[2])} after layer ${block[1]}`});
  });
  // The dots of a machine are one path: of many machines they would be thousands of elements.
  setup.systems.forEach((_, other) => {
    const dots = systems.map((system, index) => system === other ? "" : `M${left + (index + 0.5) * step} ${y(times[other][index])}h0`);
    parts.push(svg("path", {class: "dots", d: dots.join(""), stroke: colourOf(other), "stroke-width": Math.min(5, step * 0.8)}));
  });
  const rows = drawCuts(cuts, width, bottom, parts);
  figure.replaceChildren(svg("svg", {viewBox: `0 0 ${width} ${bottom - 4 + 16 * Math.max(1, rows)}`, role: "img",
    "aria-label": "Time of every block on the machine that runs it"}, ...parts));
}
