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

function drawBlocks(figure, plan) {
  const width = Math.max(280, figure.clientWidth);
  const [left, right, floor, bottom] = [50, width - 4, 170, 250];
  const systems = systemOfBlocks(plan);
  const times = setup.seconds.map((row, system) => row.map((value) => value * factorOf(system)));
  const y = logScale(times.flat(), floor, 8);
  const size = logScale(setup.blocks.map((block) => block[2]), 0, bottom - floor - 22);
  const step = (right - left) / setup.blocks.length;
  const gap = Math.min(2, step * 0.2);
  const parts = [];
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
      ...others.map((other) => svg("circle", {cx: x + step / 2, cy: y(times[other][index]), r: Math.min(2.6, step / 2.4),
        fill: colourOf(other), stroke: "var(--card)", "stroke-width": .6})),
      svg("rect", {class: isCut ? "bytes is-cut" : "bytes", x: x + gap / 2, y: floor + 12, width: step - gap, height})));
    if (isCut) {
      parts.push(svg("line", {class: "cut", x1: x + step, x2: x + step, y1: 0, y2: bottom - 4}));
      const isLeft = x + step > width / 2;
      parts.push(svg("text", {x: x + step + (isLeft ? -5 : 5), y: bottom + 4, "text-anchor": isLeft ? "end" : "start"},
        `${bytes(block[2])} after layer ${block[1]}`));
    }
  });
  figure.replaceChildren(svg("svg", {viewBox: `0 0 ${width} ${bottom + 10}`, role: "img",
    "aria-label": "Time of every block on the machine that runs it"}, ...parts));
}
