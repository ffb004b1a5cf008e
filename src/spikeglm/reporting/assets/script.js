"use strict";
(() => {
  const DATA = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const INK = "#17202b", SOFT = "#4b5868", LINE = "#d5dce4";
  const COLORS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"]; // Okabe and Ito

  // ---- Numbers: codes between the ends of each row, as reporting/packing.py writes them.

  function bytes(text) {
    const raw = atob(text), out = new Uint8Array(raw.length);
    for (let i = 0; i < raw.length; i++) out[i] = raw.charCodeAt(i);
    return out.buffer;
  }

  const opened = new Map();
  function open(packed) {
    if (!opened.has(packed)) {
      const Codes = packed.bits === 8 ? Uint8Array : Uint16Array;
      opened.set(packed, {
        codes: new Codes(bytes(packed.codes)),
        low: new Float32Array(bytes(packed.low)),
        step: new Float32Array(bytes(packed.step)),
      });
    }
    return opened.get(packed);
  }

  function row(packed, r) {
    const { codes, low, step } = open(packed), width = packed.shape[1];
    const missing = 2 ** packed.bits - 1, out = new Float64Array(width);
    for (let i = 0; i < width; i++) {
      const code = codes[r * width + i];
      out[i] = code === missing ? NaN : low[r] + code * step[r];
    }
    return out;
  }

  const known = (values) => Array.from(values).filter(Number.isFinite);
  const say = (x) => !Number.isFinite(x) ? "–" : String(Number(x.toPrecision(3))).replace("-", "−");

  // ---- Elements.

  function make(name, attributes = {}, ...children) {
    const out = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) out.setAttribute(key, value);
    out.append(...children);
    return out;
  }

  function draw(name, attributes = {}, ...children) {
    const out = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) out.setAttribute(key, value);
    out.append(...children);
    return out;
  }

  const write = (text, x, y, more = {}) => draw("text", { x, y, ...more }, text);

  function canvas(width, height, label) {
    return draw("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });
  }

  // ---- Axes.

  function ticks(low, high, most = 5) {
    if (!(high > low)) return [low];
    const rough = (high - low) / most, power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((k) => k * power).find((s) => s >= rough * 0.999);
    const out = [];
    for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) out.push(k * step);
    return out;
  }

  function shown(value, all) {
    const step = all.length > 1 ? Math.abs(all[1] - all[0]) : Math.abs(value) || 1;
    const digits = Math.min(Math.max(0, -Math.floor(Math.log10(step) + 1e-9)), 8);
    const text = Math.abs(value) >= 1e5 || digits > 4 ? String(Number(value.toPrecision(3))) : value.toFixed(digits);
    return text.replace(/^-(0\.?0*)$/, "$1").replace("-", "−");
  }

  const W = 320, H = 205, LEFT = 48, RIGHT = 10, TOP = 8, BOTTOM = 38;

  function frame(svg, { x, y, xName, yName, xTicks, yTicks, xText, right = W - RIGHT }) {
    const base = H - BOTTOM;
    svg.append(draw("path", { d: `M${LEFT} ${TOP}V${base}H${right}`, fill: "none", stroke: INK }));
    xTicks.forEach((value, k) => {
      svg.append(draw("path", { d: `M${x(value)} ${base}v4`, stroke: INK }));
      svg.append(write(xText ? xText[k] : shown(value, xTicks), x(value), base + 15, { "text-anchor": "middle" }));
    });
    for (const value of yTicks) {
      svg.append(draw("path", { d: `M${LEFT} ${y(value)}h-4`, stroke: INK }));
      svg.append(write(shown(value, yTicks), LEFT - 6, y(value) + 4, { "text-anchor": "end" }));
    }
    svg.append(write(xName, (LEFT + right) / 2, H - 6, { "text-anchor": "middle" }));
    const middle = (TOP + base) / 2;
    svg.append(write(yName, 11, middle, { "text-anchor": "middle", transform: `rotate(-90 11 ${middle})` }));
  }

  const scale = (low, high, from, to) => (v) => from + (to - from) * (high > low ? (v - low) / (high - low) : 0.5);

  // ---- One neuron: what terms contribute.

  function contributions(n) {
    const J = DATA.terms.length, ways = DATA.contributions, each = 13 * ways.length + 12;
    const names = DATA.terms.map((t) => (t.length > 18 ? t.slice(0, 17) + "…" : t));
    const left = Math.min(150, 28 + 7 * Math.max(...names.map((t) => t.length)));
    const height = Math.max(110, 56 + each * J), base = height - 38;
    const parts = ways.map((w) => ({ how: w.how, value: row(w.value, n), se: row(w.se, n) }));
    const all = known(parts.flatMap((p) => Array.from(p.value).flatMap((v, j) => [v - 2 * (p.se[j] || 0), v + 2 * (p.se[j] || 0)])));
    const svg = canvas(W, height, `Contributions of ${DATA.terms.join(", ")} in ${DATA.measure}`);
    if (!all.length) return none(svg, height);
    const low = Math.min(0, ...all), high = Math.max(0, ...all), marks = ticks(low, high, 4);
    const x = scale(low, high, left, W - RIGHT - 8);
    parts.forEach((p, h) => {
      const at = left + 78 * h;
      svg.append(draw("rect", { x: at, y: 2, width: 9, height: 9, fill: COLORS[h] }), write(p.how, at + 13, 11));
    });
    const encoded = new Uint8Array(bytes(DATA.encoded));
    names.forEach((name, j) => {
      const top = 20 + each * j, yes = encoded[n * J + j] === 1;
      svg.append(write(name + (yes ? " ●" : ""), left - 6, top + each / 2, { "text-anchor": "end", "font-weight": yes ? 700 : 400 }));
      parts.forEach((p, h) => {
        const v = p.value[j], se = p.se[j], y = top + 13 * h;
        if (!Number.isFinite(v)) { svg.append(write("–", x(0) + 4, y + 11)); return; }
        svg.append(draw("rect", { x: Math.min(x(0), x(v)), y, width: Math.abs(x(v) - x(0)), height: 11, fill: COLORS[h] }));
        if (Number.isFinite(se)) svg.append(draw("path", { d: `M${x(v - se)} ${y + 5.5}H${x(v + se)}`, stroke: INK, "stroke-width": 1.4 }));
      });
    });
    svg.append(draw("path", { d: `M${x(0)} 16V${base}`, stroke: SOFT }), draw("path", { d: `M${left} ${base}H${W - RIGHT}`, stroke: INK }));
    for (const v of marks) {
      svg.append(draw("path", { d: `M${x(v)} ${base}v4`, stroke: INK }), write(shown(v, marks), x(v), base + 15, { "text-anchor": "middle" }));
    }
    svg.append(write(`${DATA.measure} ± standard error`, (left + W - RIGHT) / 2, height - 6, { "text-anchor": "middle" }));
    return svg;
  }

  function none(svg, height = H) {
    svg.append(write("no fit, no curve", W / 2, height / 2, { "text-anchor": "middle" }));
    return svg;
  }

  // ---- One neuron: curves with bands, over numbers or categories.

  function channelsOf(curve, n) {
    const kept = new Uint16Array(bytes(curve.kept)), out = [];
    for (let k = 0; k < curve.n_kept; k++) {
      const r = n * curve.n_kept + k, value = row(curve.value, r);
      if (known(value).length) out.push({ name: curve.channels[kept[r]], value, r });
    }
    return out;
  }

  function limits(lines) {
    // Bands that explode where nothing is known must not flatten the curve: nine tenths of them fit in.
    const values = lines.flatMap((l) => known(l.value));
    const low = Math.min(0, ...values), high = Math.max(0, ...values), room = 0.25 * (high - low);
    const usual = (ends, share) => ends.length ? ends[Math.round(share * (ends.length - 1))] : 0;
    const lows = lines.flatMap((l) => known(l.low)).sort((a, b) => a - b);
    const highs = lines.flatMap((l) => known(l.high)).sort((a, b) => a - b);
    const out = [Math.min(low, Math.max(usual(lows, 0), Math.min(usual(lows, 0.1), low - room))),
      Math.max(high, Math.min(usual(highs, 1), Math.max(usual(highs, 0.9), high + room)))];
    return out[1] > out[0] ? out : [out[0] - 1, out[1] + 1];
  }

  const clip = (v, [low, high]) => Math.min(Math.max(v, low), high);

  function lineFigure(curve, n) {
    const lines = channelsOf(curve, n);
    for (const line of lines) { line.low = row(curve.low, line.r); line.high = row(curve.high, line.r); }
    const svg = canvas(W, H, "");
    if (!lines.length) return none(svg);
    const isText = curve.kind === "points", points = curve.at[0];
    const at = isText ? points.map((_, i) => i) : points;
    const ends = isText ? [-0.5, at.length - 0.5] : [Math.min(...at), Math.max(...at)];
    const range = limits(lines), x = scale(...ends, LEFT + 4, W - RIGHT - 4), y = scale(...range, H - BOTTOM, TOP);
    lines.forEach((line, k) => {
      const color = COLORS[k % COLORS.length];
      if (isText) svg.append(...dots(line, at, x, y, range, color));
      else svg.append(band(line, at, x, y, range, color), path(line.value, at, x, y, color));
    });
    svg.append(draw("path", { d: `M${LEFT} ${y(0)}H${W - RIGHT}`, stroke: SOFT, "stroke-width": 0.7 }));
    const xTicks = isText ? at.filter((_, i) => i % Math.ceil(at.length / 7) === 0) : ticks(...ends);
    frame(svg, {
      x, y, xTicks, yTicks: ticks(...range), xName: curve.names[0], yName: `${curve.what} (${DATA.unit})`,
      xText: isText ? xTicks.map((i) => points[i].slice(0, 8)) : null,
    });
    if (curve.channels.length > 1) lines.forEach((line, k) => {
      svg.append(draw("rect", { x: W - 74, y: TOP + 13 * k, width: 9, height: 9, fill: COLORS[k] }));
      svg.append(write(line.name.slice(0, 9), W - 61, TOP + 13 * k + 9));
    });
    const peak = lines[0].value.reduce((best, v, i) => (v > (lines[0].value[best] ?? -Infinity) || !Number.isFinite(lines[0].value[best]) ? i : best), 0);
    svg.setAttribute("aria-label", `Effect of ${curve.label}, from ${say(Math.min(...known(lines[0].value)))} to ${say(Math.max(...known(lines[0].value)))} ${DATA.unit}, largest at ${points[peak]}`);
    return svg;
  }

  function path(values, at, x, y, color) {
    let d = "", pen = "M";
    values.forEach((v, i) => {
      if (!Number.isFinite(v)) { pen = "M"; return; }
      d += `${pen}${x(at[i]).toFixed(1)} ${y(v).toFixed(1)}`;
      pen = "L";
    });
    return draw("path", { d, fill: "none", stroke: color, "stroke-width": 1.8, "stroke-linejoin": "round" });
  }

  function band(line, at, x, y, range, color) {
    let d = "", run = [];
    const close = () => {
      if (run.length > 1) {
        const up = run.map((i) => `${x(at[i]).toFixed(1)} ${y(clip(line.high[i], range)).toFixed(1)}`);
        const down = run.reverse().map((i) => `${x(at[i]).toFixed(1)} ${y(clip(line.low[i], range)).toFixed(1)}`);
        d += `M${up.join("L")}L${down.join("L")}Z`;
      }
      run = [];
    };
    at.forEach((_, i) => (Number.isFinite(line.low[i]) && Number.isFinite(line.high[i]) ? run.push(i) : close()));
    close();
    return draw("path", { d, fill: color, "fill-opacity": 0.2 });
  }

  function dots(line, at, x, y, range, color) {
    return at.filter((i) => Number.isFinite(line.value[i])).flatMap((i) => [
      draw("path", { d: `M${x(i)} ${y(clip(line.low[i], range))}V${y(clip(line.high[i], range))}`, stroke: color, "stroke-width": 1.4 }),
      draw("circle", { cx: x(i), cy: y(line.value[i]), r: 3.2, fill: color }),
    ]);
  }

  // ---- Maps.

  const STOPS = ["440154", "482475", "414487", "355f8d", "2a788e", "21918c", "22a884", "44bf70", "7ad151", "bddf26", "fde725"]
    .map((hex) => [0, 2, 4].map((i) => parseInt(hex.slice(i, i + 2), 16)));

  function viridis(share) {
    const place = Math.min(Math.max(share, 0), 1) * (STOPS.length - 1), k = Math.min(Math.floor(place), STOPS.length - 2);
    return STOPS[k].map((c, i) => Math.round(c + (place - k) * (STOPS[k + 1][i] - c)));
  }

  function picture(width, height, shareAt) {
    const sheet = document.createElement("canvas");
    sheet.width = width;
    sheet.height = height;
    const pen = sheet.getContext("2d"), image = pen.createImageData(width, height);
    for (let j = 0; j < height; j++) for (let i = 0; i < width; i++) {
      const share = shareAt(i, j), color = Number.isFinite(share) ? viridis(share) : (i + j) % 2 ? [205, 205, 205] : [240, 240, 240];
      image.data.set([...color, 255], 4 * (j * width + i));
    }
    pen.putImageData(image, 0, 0);
    return sheet.toDataURL();
  }

  function imageAt(source, x, y, width, height) {
    return draw("image", { href: source, x, y, width, height, preserveAspectRatio: "none", "image-rendering": "pixelated" });
  }

  function bar(svg, low, high, name) {
    const at = W - 62, base = H - BOTTOM, y = scale(low, high, base, TOP), marks = ticks(low, high, 4);
    svg.append(imageAt(picture(1, 64, (_, j) => 1 - j / 63), at, TOP, 10, base - TOP));
    for (const v of marks) svg.append(draw("path", { d: `M${at + 10} ${y(v)}h3`, stroke: INK }), write(shown(v, marks), at + 15, y(v) + 4));
    const middle = (TOP + base) / 2;
    svg.append(write(name, W - 6, middle, { "text-anchor": "middle", transform: `rotate(-90 ${W - 6} ${middle})` }));
  }

  function mapFigure(curve, n) {
    const channels = channelsOf(curve, n), svg = canvas(W, H, `Map of ${curve.label}`);
    if (!channels.length) return none(svg);
    const { value } = channels[0], [xs, ys] = curve.at, all = known(value);
    const low = Math.min(...all), high = Math.max(...all), right = W - 72;
    const share = (i, j) => (value[i * ys.length + (ys.length - 1 - j)] - low) / (high - low || 1);
    svg.append(imageAt(picture(xs.length, ys.length, share), LEFT, TOP, right - LEFT, H - BOTTOM - TOP));
    const half = (a) => (a.length > 1 ? (a[a.length - 1] - a[0]) / (a.length - 1) / 2 : 0.5);
    const xEnds = [xs[0] - half(xs), xs[xs.length - 1] + half(xs)], yEnds = [ys[0] - half(ys), ys[ys.length - 1] + half(ys)];
    const isText = curve.at.some((a) => typeof a[0] === "string");
    frame(svg, {
      x: scale(...xEnds, LEFT, right), y: scale(...yEnds, H - BOTTOM, TOP), right, xName: curve.names[0], yName: curve.names[1],
      xTicks: isText ? [] : ticks(xs[0], xs[xs.length - 1]), yTicks: isText ? [] : ticks(ys[0], ys[ys.length - 1]),
    });
    bar(svg, low, high, `Effect (${DATA.unit})`);
    return svg;
  }

  const figureOf = (curve, n) => (curve.kind === "map" ? mapFigure(curve, n) : lineFigure(curve, n));

  // ---- The table.

  const table = byId("neurons"), body = table.tBodies[0], headers = Array.from(table.tHead.rows[0].cells);
  const rows = Array.from(body.rows), words = rows.map((r) => r.textContent.toLowerCase());
  const place = new Map(rows.map((r, k) => [r, k]));
  const button = (r) => r.cells[0].firstElementChild;
  const visible = () => Array.from(body.rows).filter((r) => !r.hidden);
  let only = null, current = null;

  function sortBy(column) {
    const header = headers[column], isNumber = header.classList.contains("number");
    const was = header.getAttribute("aria-sort");
    const down = was === "none" ? isNumber : was === "ascending";
    const key = (r) => {
      const cell = r.cells[column];
      return isNumber ? (cell.dataset.v === "" ? NaN : Number(cell.dataset.v)) : cell.textContent;
    };
    const order = new Intl.Collator(undefined, { numeric: true });
    const keyed = rows.map((r) => [key(r), r]).sort(([a], [b]) => {
      if (isNumber && (Number.isNaN(a) || Number.isNaN(b))) return Number.isNaN(a) - Number.isNaN(b); // no number: last
      const d = isNumber ? a - b : order.compare(a, b);
      return down ? -d : d;
    });
    headers.forEach((h) => h.setAttribute("aria-sort", "none"));
    header.setAttribute("aria-sort", down ? "descending" : "ascending");
    body.append(...keyed.map(([, r]) => r));
    rove();
  }

  function filter() {
    const wanted = byId("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const r of rows) {
      const said = words[place.get(r)];
      r.hidden = !wanted.every((w) => said.includes(w)) || (only !== null && !only.has(Number(r.dataset.k)));
    }
    const n = visible().length;
    byId("count").textContent = `${n} of ${rows.length} neuron${rows.length === 1 ? "" : "s"}`;
    byId("all").hidden = only === null && !wanted.length;
    rove();
  }

  function rove() {
    // One stop for the tabulator; arrows move within.
    const there = visible(), stop = there.includes(current) ? current : there[0];
    for (const r of rows) button(r).tabIndex = r === stop ? 0 : -1;
  }

  function select(r, moves = false) {
    if (!r) return;
    if (current) current.removeAttribute("aria-current");
    current = r;
    r.setAttribute("aria-current", "true");
    rove();
    drawNeuron(Number(r.dataset.k));
    if (moves) byId("neuron").scrollIntoView({ block: "nearest" });
  }

  function drawNeuron(n) {
    const encodes = headers.findIndex((h) => h.textContent === "encodes");
    const said = encodes < 0 ? "" : `: ${current.cells[encodes].textContent}`;
    const turns = make("div", { class: "turns" });
    const head = make("div", { class: "neuron-head" }, make("h3", { "aria-live": "polite" }, `Neuron ${DATA.neurons[n]}${said}`), turns);
    for (const [step, name] of [[-1, "Previous"], [1, "Next"]]) {
      const turn = make("button", { type: "button", class: "turn" }, name);
      turn.addEventListener("click", () => {
        const there = visible(), k = there.indexOf(current) + step;
        if (there[k]) select(there[k]);
        document.querySelectorAll(".turn")[step < 0 ? 0 : 1].focus();
      });
      if (rows.length > 1) turns.append(turn);
    }
    const panels = make("div", { class: "panels" });
    const panel = (title, more, svg) => panels.append(make("figure", {}, make("figcaption", {}, title, make("span", {}, more)), svg));
    if (DATA.contributions.length) panel("Contributions", " held out; ● encoded", contributions(n));
    for (const curve of DATA.curves) {
      const more = curve.channels.length > curve.n_kept ? ` the ${curve.n_kept} largest of ${curve.channels.length}` : "";
      const which = curve.kind === "map" ? " grey: too little is known" : " 95 % band";
      panel(curve.label, which + (more && ";" + more) + (curve.thinned_from && `; fewer points than ${curve.thinned_from}`), figureOf(curve, n));
    }
    byId("neuron").replaceChildren(head, panels);
  }

  // ---- All neurons: each a line of a picture, sorted by where it is largest.

  function heat(curve) {
    const N = DATA.neurons.length, J = DATA.terms.length, j = DATA.terms.indexOf(curve.label);
    const encoded = new Uint8Array(bytes(DATA.encoded));
    const anyone = j >= 0 && Array.from({ length: N }, (_, n) => encoded[n * J + j]).includes(1);
    if (!anyone && headers.some((h) => h.textContent === "encodes")) return null; // a search found nobody
    const lines = [];
    for (let n = 0; n < N; n++) {
      if (anyone && encoded[n * J + j] !== 1) continue;
      const value = row(curve.value, n * curve.n_kept), all = known(value);
      if (all.length < value.length || !(Math.max(...all) > Math.min(...all))) continue;
      const low = Math.min(...all), high = Math.max(...all);
      lines.push({ share: value.map((v) => (v - low) / (high - low)), peak: value.indexOf(high) });
    }
    if (lines.length < 3) return null;
    lines.sort((a, b) => a.peak - b.peak);
    const svg = canvas(W, H, `Effect of ${curve.label} for ${lines.length} neurons, sorted by its peak`), at = curve.at[0];
    const right = W - RIGHT, x = scale(at[0], at[at.length - 1], LEFT, right);
    svg.append(imageAt(picture(at.length, lines.length, (i, k) => lines[k].share[i]), LEFT, TOP, right - LEFT, H - BOTTOM - TOP));
    const yTicks = [1, lines.length], y = scale(0.5, lines.length + 0.5, TOP, H - BOTTOM);
    frame(svg, { x, y, xName: curve.names[0], yName: "Neuron, by its peak", xTicks: ticks(at[0], at[at.length - 1]), yTicks });
    const who = anyone ? `the ${lines.length} neurons that encode it` : `${lines.length} neurons`;
    return make("figure", {}, make("figcaption", {}, make("b", {}, curve.label), ` in ${who}: each from its smallest (dark) to its largest effect (light)`), svg);
  }

  function heats() {
    if (!byId("heat")) return;
    const wanted = DATA.curves.filter((c) => c.kind === "line" && c.channels.length === 1);
    const figures = wanted.map(heat).filter(Boolean);
    if (figures.length) byId("heat").replaceChildren(make("h3", {}, "Where effects are largest"), make("div", { class: "heats" }, ...figures));
  }

  // ---- All neurons: how well they are predicted over how many spikes they have. A point can be pressed.

  function numbers(name) {
    const column = headers.findIndex((h) => h.textContent === name);
    if (column < 0) return null;
    return new Map(rows.map((r) => [r, r.cells[column].dataset.v === "" ? NaN : Number(r.cells[column].dataset.v)]));
  }

  function scatter() {
    const name = numbers("held out") ? "held out" : "deviance explained", held = numbers(name), counted = numbers("spikes") ? "spikes" : "events", spikes = numbers(counted), ratio = numbers("KS / bound");
    if (!byId("scatter") || !held || !spikes) return;
    const there = rows.filter((r) => Number.isFinite(held.get(r)) && spikes.get(r) > 0);
    if (there.length < 3) return;
    const svg = canvas(W, H, `${name} of ${there.length} neurons over their ${counted}`);
    const logs = there.map((r) => Math.log10(spikes.get(r))), gains = there.map((r) => held.get(r));
    const xEnds = [Math.min(...logs) - 0.05, Math.max(...logs) + 0.05], yEnds = [Math.min(0, ...gains), Math.max(...gains)];
    const x = scale(...xEnds, LEFT + 4, W - RIGHT - 4), y = scale(...yEnds, H - BOTTOM - 3, TOP + 3);
    const few = [1, 2, 5].flatMap((k) => [0, 1, 2, 3, 4, 5, 6].map((p) => k * 10 ** p)).sort((a, b) => a - b)
      .filter((v) => Math.log10(v) >= xEnds[0] && Math.log10(v) <= xEnds[1]);
    const marks = few.length < 3 ? ticks(10 ** xEnds[0], 10 ** xEnds[1], 4) : few.filter((_, k) => k % Math.ceil(few.length / 6) === 0);
    svg.append(draw("path", { d: `M${LEFT} ${y(0)}H${W - RIGHT}`, stroke: SOFT, "stroke-width": 0.7 }));
    there.forEach((r, k) => {
      const is = ratio && ratio.get(r) > 1;
      const point = draw("circle", { cx: x(logs[k]).toFixed(1), cy: y(gains[k]).toFixed(1), r: 3, fill: is ? "#fff" : COLORS[0], stroke: is ? COLORS[1] : COLORS[0], cursor: "pointer" });
      point.append(draw("title", {}, r.cells[0].textContent));
      point.addEventListener("click", () => select(r, true));
      svg.append(point);
    });
    frame(svg, {
      x: (v) => x(Math.log10(v)), y, xTicks: marks, yTicks: ticks(...yEnds), xName: "Spikes", yName: name === "held out" ? `Held out (${DATA.measure})` : "Deviance explained",
      xText: marks.map((v) => v.toLocaleString("en")),
    });
    const more = ratio ? `; open: ${counted} do not come when the model says (KS above its bound)` : "";
    byId("scatter").replaceChildren(make("h3", {}, `Prediction and ${counted}`), make("div", { class: "heats" },
      make("figure", {}, make("figcaption", {}, `${name === "held out" ? "What all terms gain" : "What the fit explains"}, over the ${counted} of a neuron; press a point to draw it${more}`), svg)));
  }

  // ---- What is pressed.

  headers.forEach((h, k) => h.firstElementChild.addEventListener("click", () => sortBy(k)));
  byId("filter").addEventListener("input", filter);
  byId("all").addEventListener("click", () => { only = null; byId("filter").value = ""; filter(); });
  body.addEventListener("click", (event) => select(event.target.closest("tr"), event.target.closest("button") !== null));
  body.addEventListener("keydown", (event) => {
    const there = visible(), k = there.indexOf(event.target.closest("tr"));
    const to = { ArrowDown: k + 1, ArrowUp: k - 1, Home: 0, End: there.length - 1 }[event.key];
    if (to === undefined || !there[to]) return;
    event.preventDefault();
    rows.forEach((r) => { button(r).tabIndex = -1; });
    button(there[to]).tabIndex = 0;
    button(there[to]).focus();
  });
  for (const show of document.querySelectorAll("button.show")) show.addEventListener("click", () => {
    only = new Set(DATA.remarks[Number(show.dataset.remark)]);
    byId("filter").value = "";
    filter();
    byId("neurons-section").scrollIntoView();
    byId("filter").focus({ preventScroll: true });
  });
  for (const copy of document.querySelectorAll("button.copy")) copy.addEventListener("click", async () => {
    const said = copy.textContent, source = byId(copy.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.textContent);
    } catch {
      getSelection().selectAllChildren(source);
      document.execCommand("copy");
    }
    copy.textContent = "Copied";
    setTimeout(() => { copy.textContent = said; }, 1500);
  });

  filter();
  select(rows[0]);
  requestAnimationFrame(() => setTimeout(() => {
    scatter();
    heats();
    const all = byId("population");
    if (all) all.hidden = !all.querySelector("img, svg");
  }));
})();
