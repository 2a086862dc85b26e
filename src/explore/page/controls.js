// Sliders and the other controls.

const positions = 200;

// Where a value is on the slider, from 0 to 1. Delays begin at 0, the others are logarithmic.
function shareOf(slider, value) {
  const share = slider.knob === "delay" ? Math.cbrt(value / slider.high)
    : Math.log(value / slider.low) / Math.log(slider.high / slider.low);
  return Math.min(1, Math.max(0, share));
}

function valueAt(slider, share) {
  if (Math.abs(share - shareOf(slider, slider.base)) < 0.5 / positions) return slider.base;
  const value = slider.knob === "delay" ? slider.high * share ** 3
    : slider.low * (slider.high / slider.low) ** share;
  return Number(value.toPrecision(3));
}

function valueText(slider, value) {
  const short = (number) => String(Number(number.toPrecision(3)));
  if (slider.knob === "delay") return `${short(value)} ms`;
  if (slider.knob === "bandwidth") return `${short(value)} Mbit/s`;
  return value === 1 ? "as measured" : value > 1 ? `${short(value)} × slower` : `${short(1 / value)} × faster`;
}

const knobTitles = {bandwidth: "Bandwidth", delay: "Delay", slowdown: "Speed"};

// The controls of each slider: {slider, input, output, bands, stay, reset}.
const knobs = [];

function makeKnob(slider) {
  const axis = isGrid ? setup.grid.axes.find((one) => keyOf(one) === keyOf(slider)) : null;
  if (isGrid && !axis) return null;
  if (axis) Object.assign(slider, {low: axis.levels[0], high: axis.levels[axis.levels.length - 1]});
  const id = `knob-${knobs.length}`;
  const last = axis ? axis.levels.length - 1 : positions;
  const place = axis ? (value) => axis.levels.indexOf(value) : (value) => Math.round(positions * shareOf(slider, value));
  const value = axis ? (position) => axis.levels[position] : (position) => valueAt(slider, position / positions);
  const title = knobTitles[slider.knob];
  const about = slider.to === undefined ? `${title} of ${nameOf(slider.from)}`
    : `${title} from ${nameOf(slider.from)} to ${nameOf(slider.to)}`;
  const input = element("input", {type: "range", id, min: 0, max: last, step: 1, value: place(slider.base),
    "aria-label": about, "data-knob": keyOf(slider).trim(), "aria-describedby": `${id}-stay`,
    oninput: () => setKnob(knob, value(Number(input.value)))});
  const reset = element("button", {type: "button", class: "reset", hidden: "", title: `Reset to ${valueText(slider, slider.base)}`,
    "aria-label": `Reset: ${about}`, onclick: () => {
      setKnob(knob, slider.base);
      input.focus();
    }}, "reset");
  const output = element("output", {for: id});
  const bands = element("div", {class: "bands"});
  const stay = element("div", {class: "stay", id: `${id}-stay`});
  const base = element("div", {class: "base", title: `Measured: ${valueText(slider, slider.base)}`,
    style: `left:calc(9px + ${shareOf(slider, slider.base)} * (100% - 18px))`});
  const label = slider.to === undefined ? element("label", {for: id}, element("b", {style: `color:${colourOf(slider.from)}`}, "● "), nameOf(slider.from))
    : element("label", {for: id}, title);
  const knob = {slider, input, output, bands, stay, reset, place};
  knob.node = element("div", {class: "knob"}, element("div", {class: "top"}, label, element("span", {}, reset, output)),
    element("div", {class: "track"}, bands, base, input), stay);
  knobs.push(knob);
  return knob.node;
}

function setKnob(knob, value) {
  if (value === knob.slider.base) state.values.delete(knob.slider);
  else state.values.set(knob.slider, value);
  showValue(knob);
  changed();
}

function showValue({slider, input, output, reset, place, summarise}) {
  const value = current(slider);
  if (Number(input.value) !== place(value)) input.value = place(value);
  const text = valueText(slider, value);
  output.textContent = text;
  input.setAttribute("aria-valuetext", text);
  reset.hidden = !state.values.has(slider);
  resetAll.hidden = state.values.size === 0;
  summarise?.();
}

// Where on its slider which plan is the best: the present one in full colour.
function showBands({slider, bands, stay, node}) {
  if (node.closest("details:not([open])")) return;
  const found = answer.ranges?.find((one) => keyOf(one) === keyOf(slider));
  const ranges = found?.ranges ?? [];
  const value = current(slider);
  const now = ranges.find(([low, high]) => low <= value && value <= high);
  bands.replaceChildren(...ranges.map((range) => {
    const [low, high, plan] = range;
    const [from, to] = [shareOf(slider, low), shareOf(slider, high)];
    const {text, system} = answer.range_plans[plan];
    return element("i", {class: range === now ? "is-now" : null, title: text,
      style: `left:${100 * from}%;width:${100 * (to - from)}%;background:${colourOf(system)}`});
  }));
  if (now && isGrid) {
    const {levels} = setup.grid.axes.find((one) => keyOf(one) === keyOf(slider));
    const same = levels.filter((level) => now[0] <= level && level <= now[1]);
    const ends = [...new Set([same[0], same[same.length - 1]])].map((level) => valueText(slider, level));
    stay.textContent = same.length === levels.length ? "same plan at all values" : `same plan at ${ends.join(" to ")}`;
  } else if (now) {
    const ends = [now[0] > slider.low * 1.0001 ? `from ${valueText(slider, now[0])}` : "",
      now[1] < slider.high * 0.9999 ? `up to ${valueText(slider, now[1])}` : ""].filter((text) => text);
    stay.textContent = ends.length === 0 ? "same plan over the whole slider" : `same plan ${ends.join(" ")}`;
  } else {
    stay.textContent = found?.reason ?? "";
  }
}

function linkGroups() {
  const groups = new Map();
  for (const slider of setup.sliders) {
    if (slider.to === undefined) continue;
    const key = `${slider.from} ${slider.to}`;
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(slider);
  }
  return [...groups.values()];
}

// Of the links that a plan may use.
const linkNodes = [];

const maxOpenLinks = 6;

function makeLinks() {
  const groups = linkGroups();
  return groups.flatMap((sliders) => {
    const nodes = sliders.map(makeKnob).filter((node) => node);
    if (nodes.length === 0) return [];
    const name = `${nameOf(sliders[0].from)} → ${nameOf(sliders[0].to)}`;
    const node = groups.length <= maxOpenLinks ? element("div", {}, element("h3", {}, name), ...nodes)
      : foldedLink(name, nodes, knobs.slice(knobs.length - nodes.length));
    linkNodes.push({node, slider: sliders[0]});
    return [node];
  });
}

// Of many links only the values, until it is opened.
function foldedLink(name, nodes, own) {
  const values = element("span");
  for (const knob of own) {
    knob.summarise = () => {
      values.textContent = own.map((one) => valueText(one.slider, current(one.slider))).join(", ");
    };
  }
  return element("details", {ontoggle: () => own.forEach(showBands)}, element("summary", {}, `${name} `, values), ...nodes);
}

function makeUse(system) {
  const choices = [["", "may be used"], ["true", "must be used"], ["false", "not used"]];
  return element("select", {"aria-label": `Use of ${nameOf(system)}`, "data-use": nameOf(system), onchange: (event) => {
    if (event.target.value === "") state.use.delete(system);
    else state.use.set(system, event.target.value === "true");
    changed();
  }}, ...choices.map(([value, text]) => element("option", {value}, text)));
}

function makeMachines() {
  return [element("h3", {}, "Machines"), ...setup.sliders.filter((one) => one.knob === "slowdown").flatMap((slider) => {
    const node = makeKnob(slider);
    if (!node) return [];
    if (isGrid) return [node];
    const row = element("div", {class: "use"});
    node.querySelector(".stay").replaceWith(row);
    row.append(knobs[knobs.length - 1].stay, makeUse(slider.from));
    return [node];
  })];
}

// An entry that the question does not have.
function markInvalid(input, why) {
  input.setAttribute("aria-invalid", why !== "");
  input.title = why;
}

const numberRow = (id, text, attributes, set) => element("div", {class: "row"}, element("label", {for: id}, text),
  element("input", {type: "number", id, min: 0, step: "any", inputmode: "decimal", ...attributes, oninput: (event) => {
    const isValid = event.target.validity.valid;
    markInvalid(event.target, isValid ? "" : "not applied");
    if (!isValid) return;
    set(event.target.value === "" ? null : Number(event.target.value));
    changed();
  }}));

function makeObjective() {
  const sum = element("input", {type: "text", id: "sum", hidden: "", value: "latency + 0.1 traffic", "aria-label": "Weighted sum",
    oninput: () => {
      state.objective = sum.value;
      changed();
    }});
  const choice = element("select", {id: "objective", onchange: () => {
    sum.hidden = choice.value !== "sum";
    state.objective = choice.value === "sum" ? sum.value : choice.value;
    changed();
  }}, ...setup.metrics.map((metric) => element("option", {value: metric}, metrics[metric].title)),
  element("option", {value: "sum"}, "Weighted sum"));
  return [element("h3", {}, "Objective"), element("div", {class: "row"}, element("label", {for: "objective"}, "Minimise"), choice), sum];
}

function makeRoute() {
  const revisit = element("input", {type: "checkbox", id: "revisit", disabled: "", onchange: () => {
    state.revisit = revisit.checked;
    changed();
  }});
  const order = element("input", {type: "checkbox", id: "any-order", onchange: () => {
    state.anyOrder = order.checked;
    revisit.disabled = !order.checked;
    showLinks();
    changed();
  }});
  return [element("h3", {}, "Route"),
    element("div", {class: "check"}, order, element("label", {for: "any-order"}, "Machines in any order")),
    element("div", {class: "check"}, revisit, element("label", {for: "revisit"}, "A machine may run several stages")),
    numberRow("max-stages", "Stages at most", {min: 1, step: 1, placeholder: "any"}, (value) => {
      state.maxStages = value === null ? null : Math.max(1, Math.round(value));
    })];
}

function showLinks() {
  for (const {node, slider} of linkNodes) node.hidden = !isUsable(slider);
}

function makeKeepOn() {
  const list = element("div");
  const add = element("button", {type: "button", id: "keep", onclick: () => {
    state.keepOn.push({name: idOf(0), first: 0, last: 0});
    draw();
    changed();
    list.lastChild.querySelector("input:last-of-type").focus();
  }}, "Keep layers on a machine");
  const number = (one, field, text) => element("input", {type: "number", min: 0, max: setup.last_layer, step: 1,
    value: one[field], "aria-label": text, oninput: (event) => {
      one[field] = Math.round(Number(event.target.value));
      const isApplied = one.first <= one.last;
      for (const input of event.target.parentNode.querySelectorAll("input")) markInvalid(input, isApplied ? "" : "not applied: the first is after the last");
      if (isApplied) changed();
    }});
  const draw = () => list.replaceChildren(...state.keepOn.map((one) => element("div", {class: "keep"}, "layers",
    number(one, "first", "First layer that stays"), "to", number(one, "last", "Last layer that stays"), "on",
    element("select", {"aria-label": "Machine that keeps the layers", onchange: (event) => {
      one.name = event.target.value;
      changed();
    }}, ...setup.systems.map((system) => element("option", {value: system.id, selected: system.id === one.name ? "" : false}, system.name))),
    element("button", {type: "button", class: "reset", "aria-label": "Remove this constraint", onclick: () => {
      state.keepOn.splice(state.keepOn.indexOf(one), 1);
      draw();
      changed();
      add.focus();
    }}, "remove"))));
  return [list, element("div", {class: "row"}, add)];
}

function makeLimits() {
  const limits = {latency: ["latency_s", "Latency at most, s"], period: ["period_s", "Period at most, s"],
    traffic: ["traffic_mb", "Data sent at most, MB"], energy: ["energy_j", "Energy at most, J"],
    money: ["money", "Money at most"], error: ["max_error", "Error at most, 0 to 1"],
    disagreement: ["min_agreement", "Agreement at least, 0 to 1"]};
  return setup.metrics.map((metric) => numberRow(`limit-${metric}`, limits[metric][1], {placeholder: "any", ...(["error", "disagreement"].includes(metric) ? {max: 1} : {})}, (value) => {
    if (value === null) state.limits.delete(limits[metric][0]);
    else state.limits.set(limits[metric][0], value);
  }));
}

function makeCodecs() {
  if (setup.codecs.length === 0) return [];
  return [element("h3", {}, "Codecs that hops may use"), ...setup.codecs.map((codec, index) => {
    const input = element("input", {type: "checkbox", id: `codec-${index}`, onchange: () => {
      if (input.checked) state.codecs.add(codec);
      else state.codecs.delete(codec);
      changed();
    }});
    return element("div", {class: "check"}, input, element("label", {for: `codec-${index}`}, codec));
  })];
}

function gridNote() {
  const parts = setup.grid.axes.map((axis) => {
    const slider = sliderOf(axis.knob, axis.from, axis.to);
    const name = axis.to === undefined ? nameOf(axis.from) : `${nameOf(axis.from)} → ${nameOf(axis.to)}`;
    return element("li", {}, element("b", {}, name), ` ${axis.levels.map((level) => valueText(slider, level)).join(", ")}`);
  });
  return element("div", {class: "caption", id: "grid"}, element("h3", {}, "The grid"),
    `This page works without a program. It contains the best plans by latency at ${setup.grid.points.length} points, all combinations of`,
    element("ul", {}, ...parts), "Everything else is as measured. Colours change halfway between two of these values: where exactly another plan becomes the best is not known here.");
}

// Back to what was measured; shown when something was moved.
const resetAll = element("button", {type: "button", id: "reset", class: "reset", hidden: "", onclick: () => {
  state.values.clear();
  knobs.forEach(showValue);
  changed();
  knobs[0].input.focus();
}}, "Reset all sliders");

function makeControls(controls) {
  if (isGrid) {
    controls.replaceChildren(resetAll, ...makeLinks(), ...makeMachines(), gridNote());
  } else {
    controls.replaceChildren(resetAll, ...makeLinks(), ...makeMachines(), ...makeObjective(), ...makeRoute(),
      element("h3", {}, "Constraints"), ...makeKeepOn(), ...makeLimits(), ...makeCodecs());
  }
  showLinks();
  knobs.forEach(showValue);
}
