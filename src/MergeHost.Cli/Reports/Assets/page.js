"use strict";
// Draws the pictures of a page from the tables behind them, and lets tables be sorted and filtered.
(() => {
  const dashes = ["none", "6 3", "2 2", "8 3 2 3", "10 4"];
  const colour = index => `var(--s${index % 8})`;
  const distinct = values => [...new Set(values)];
  const short = (text, length) => text.length > length ? text.slice(0, Math.max(1, length - 1)) + "…" : text;

  // The rows of a table as objects by column, numbers where cells have them.
  function read(table) {
    const names = [...table.tHead.rows[0].cells].map(cell => cell.textContent);
    return [...table.tBodies[0].rows].map(row => {
      const found = {row};
      [...row.cells].forEach((cell, i) => {
        const value = cell.dataset.v;
        found[names[i]] = value === undefined ? (cell.classList.contains("n") ? NaN : cell.textContent) : +value;
        found[`${names[i]} text`] = cell.textContent;
      });
      return found;
    });
  }

  // What is shown of a row where one points.
  const tip = (names, extra) => ({title: row => names.filter(Boolean).map(name => `${name}: ${row[name + " text"]}`).concat(extra?.(row) ?? []).join("\n"), tip: true});

  function text(labels, width) {
    const most = Math.max(40, Math.min(width * .34, 12 + 6.6 * d3.max(labels, label => String(label).length)));
    return {margin: most + 8, format: label => short(String(label), Math.floor((most - 8) / 6.2))};
  }

  function heat(rows, plot, width) {
    let columns = distinct(rows.map(row => row[plot.x])), lines = distinct(rows.map(row => row[plot.y]));
    if (typeof columns[0] === "number") columns = d3.sort(columns);

    // Of models against each other both sides have one order.
    const isSquare = columns.length === lines.length && lines.every(line => columns.includes(line));
    if (isSquare) lines = columns;
    const values = rows.map(row => row[plot.value]), isNumber = typeof values.find(value => value !== undefined) === "number";
    const {margin, format} = text(lines, width);
    if (isSquare) width = Math.min(width, margin + 20 + 110 * columns.length);
    const cell = (width - margin - 10) / columns.length;
    const isLong = columns.some(column => String(column).length * 6.5 > cell);
    const isTurned = isLong && columns.some(column => typeof column === "string");
    const below = isTurned ? Math.min(120, 14 + 5 * d3.max(columns, column => String(column).length)) : 40;
    const finite = values.filter(Number.isFinite), far = plot.diverging ? Math.max(1e-12, d3.max(finite, Math.abs) ?? 1) : 0;
    const kinds = isNumber ? [] : distinct(values);
    const color = !isNumber ? {type: "ordinal", domain: kinds, range: kinds.map((_, i) => colour(i)), legend: true}
      : plot.diverging ? {type: "diverging", scheme: "RdBu", domain: [-far, far], pivot: 0, legend: true, label: plot.value, width: Math.min(width, 260)}
      : {type: "linear", scheme: "viridis", domain: plot.domain ?? d3.extent(finite), legend: true, label: plot.value, width: Math.min(width, 260)};
    const scale = isNumber ? Plot.scale({color: {...color, legend: undefined}}) : undefined;
    const ink = value => !scale ? "white" : d3.lab(scale.apply(value)).l > 55 ? "black" : "white";
    const written = `${plot.label ?? plot.value} text`, longest = d3.max(rows, row => row[written].length);
    const shown = rows.filter(row => !isNumber || Number.isFinite(row[plot.value]));
    const marked = plot.mark ? shown.filter(row => row[plot.mark]) : [];
    return {
      width, marginLeft: margin, marginBottom: below, height: 30 + below + Math.max(16, Math.min(26, 700 / lines.length)) * lines.length, color,
      x: {type: "band", domain: columns, label: plot.x, tickRotate: isTurned ? -40 : 0, tickFormat: value => short(String(value), 20),
        ticks: isTurned ? undefined : columns.filter((_, i) => i % Math.ceil(columns.length * 26 / (width - margin)) === 0), padding: 0},
      y: {type: "band", domain: lines, label: null, tickFormat: format, padding: 0},
      marks: [
        Plot.cell(shown, {x: plot.x, y: plot.y, fill: plot.value, inset: cell > 6 ? .5 : 0, ...tip([plot.y, plot.x, plot.label ?? plot.value, plot.mark])}),
        cell > 6.2 * longest && isNumber ? Plot.text(shown, {x: plot.x, y: plot.y, text: written, fill: row => ink(row[plot.value])}) : null,
        marked.length ? Plot.cell(marked, {x: plot.x, y: plot.y, fill: "none", stroke: "black", strokeWidth: Math.min(4, cell / 3), inset: 1}) : null,
        marked.length ? Plot.cell(marked, {x: plot.x, y: plot.y, fill: "none", stroke: "white", strokeWidth: Math.min(1.5, cell / 8), inset: 1}) : null,
      ],
    };
  }

  // Names at the lines and marks themselves, beside colour: dashes and symbols differ, too.
  const series = (rows, name) => {
    const names = distinct(rows.map(row => row[name]));
    return {names, colour: row => colour(names.indexOf(row[name])), dash: key => dashes[names.indexOf(key) % dashes.length],
      scales: {color: {type: "ordinal", domain: names, range: names.map((_, i) => colour(i))}, symbol: {domain: names, range: names.map((_, i) => d3.symbolsFill[i % d3.symbolsFill.length]), legend: names.length > 1}}};
  };

  const ticks = (values, width) => {
    const found = d3.ticks(...d3.extent(values), width / 80);
    return values.every(Number.isInteger) ? found.filter(Number.isInteger) : found;
  };

  function curves(rows, plot, width) {
    const shown = rows.filter(row => Number.isFinite(row[plot.x]) && Number.isFinite(row[plot.y])), {scales, names, dash} = series(shown, plot.series);
    return {
      marginLeft: 56, marginBottom: 40, height: Math.min(380, Math.max(240, width * .45)), ...scales, x: {label: plot.x, inset: 8, ticks: ticks(shown.map(row => row[plot.x]), width)}, y: {label: plot.y, grid: true, nice: true},
      marks: [
        plot.zero ? Plot.ruleY([0], {stroke: "currentColor", strokeOpacity: .6}) : null,
        (plot.cuts ?? []).map((cut, i) => {
          const isRight = cut.at > d3.mean(d3.extent(shown, row => row[plot.x]));
          return [Plot.ruleX([cut.at], {stroke: "currentColor", strokeDasharray: "3 3"}),
            Plot.text([cut.at], {text: [cut.name], x: [cut.at], frameAnchor: "top", textAnchor: isRight ? "end" : "start", dx: isRight ? -4 : 4, dy: 2 + 14 * i, fill: "currentColor", stroke: "var(--card)", strokeWidth: 3})];
        }),
        (plot.levels ?? []).map(level => [Plot.ruleY([level.at], {stroke: "currentColor", strokeDasharray: "2 3"}), Plot.text([level.at], {text: [level.name], y: [level.at], frameAnchor: "right", textAnchor: "end", dy: -7})]),
        plot.low ? Plot.areaY(shown, {x: plot.x, y1: plot.low, y2: plot.high, z: plot.series, fill: plot.series, fillOpacity: .14}) : null,
        ...names.map(key => Plot.line(shown.filter(row => row[plot.series] === key), {x: plot.x, y: plot.y, z: plot.series, stroke: plot.series, strokeDasharray: dash(key), sort: plot.x})),
        Plot.dot(shown, {x: plot.x, y: plot.y, fill: plot.series, symbol: plot.series, r: 3.2, ...tip([plot.series, plot.label, plot.x, plot.y, plot.low, plot.high, plot.mark])}),
        plot.mark ? Plot.dot(shown.filter(row => row[plot.mark]), {x: plot.x, y: plot.y, r: 7, stroke: "currentColor", strokeWidth: 1.5}) : null,
      ],
    };
  }

  function plane(rows, plot, width) {
    const shown = rows.filter(row => Number.isFinite(row[plot.x]) && Number.isFinite(row[plot.y])), {scales, names, dash} = series(shown, plot.series);
    return {
      marginLeft: 56, marginBottom: 40, height: Math.min(460, Math.max(280, width * .6)), ...scales, x: {label: plot.x, grid: true, nice: true}, y: {label: plot.y, grid: true, nice: true},
      marks: [
        ...(plot.connected ? names.map(key => Plot.line(shown.filter(row => row[plot.series] === key), {x: plot.x, y: plot.y, stroke: plot.series, strokeDasharray: dash(key)})) : []),
        Plot.dot(shown, {x: plot.x, y: plot.y, fill: plot.series, symbol: plot.series, r: 4.5, fillOpacity: .85, ...tip([plot.series, plot.label, plot.x, plot.y, plot.mark])}),
        plot.mark ? Plot.dot(shown.filter(row => row[plot.mark]), {x: plot.x, y: plot.y, r: 8, stroke: "currentColor", strokeWidth: 1.5}) : null,
      ],
    };
  }

  // A value with its interval, a small band for each task with a line for each model.
  function dots(rows, plot, width) {
    const shown = rows.filter(row => Number.isFinite(row[plot.x])), tasks = distinct(shown.map(row => row[plot.y])), {scales, names} = series(shown, plot.series);
    const {margin, format} = text(tasks, width);
    const ends = shown.flatMap(row => [row[plot.x], row[plot.low], row[plot.high]]).filter(Number.isFinite);
    return {
      marginLeft: margin, marginRight: 14, marginTop: 8, marginBottom: 40, height: 56 + tasks.length * (10 + 9 * names.length), ...scales,
      x: {label: plot.x, grid: true, type: plot.log ? "log" : "linear", nice: !plot.log, inset: 6, domain: plot.log ? d3.extent(ends) : undefined, tickFormat: plot.log ? "~g" : undefined, ticks: plot.log ? 4 : undefined},
      y: {axis: null, domain: names, padding: .2}, fy: {domain: tasks, label: null, tickFormat: format, axis: "left", padding: .15},
      marks: [
        Plot.ruleY(shown.filter(row => Number.isFinite(row[plot.low])), {fy: plot.y, y: plot.series, x1: plot.low, x2: plot.high, stroke: plot.series, strokeWidth: 1.6}),
        Plot.dot(shown, {fy: plot.y, y: plot.series, x: plot.x, fill: plot.series, symbol: plot.series, r: 3.4, ...tip([plot.y, plot.series, plot.x, plot.low, plot.high])}),
      ],
    };
  }

  function bars(rows, plot, width) {
    const lines = distinct(rows.map(row => row[plot.y])), {margin, format} = text(lines, width), {scales, names} = series(rows, plot.series);
    return {
      marginLeft: margin, marginBottom: 40, height: 60 + 30 * lines.length, color: {...scales.color, legend: true}, x: {label: plot.x, grid: true}, y: {label: null, domain: lines, tickFormat: format},
      marks: [
        Plot.barX(rows, Plot.stackX({x: plot.x, y: plot.y, z: plot.series, order: names, fill: plot.series, insetRight: 1, ...tip([plot.y, plot.series, plot.x])})),
        Plot.ruleX([0]),
      ],
    };
  }

  const kinds = {heat, curves, plane, dots, bars};

  function draw(place, rows) {
    const plot = JSON.parse(place.dataset.plot), width = Math.max(260, Math.min(1024, Math.floor(place.clientWidth)));
    if (rows.length === 0) {
      place.replaceChildren("No row fits the filter.");
      return;
    }
    const picture = Plot.plot({width, style: {fontSize: "12px"}, ...kinds[plot.kind](rows, plot, width)});
    const svg = picture.tagName === "svg" ? picture : [...picture.children].findLast(child => child.tagName === "svg");
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", `${plot.title}. The numbers are in the table below the picture.`);
    svg.querySelectorAll("g[aria-label]").forEach(part => part.removeAttribute("aria-label"));
    for (const legend of picture.querySelectorAll("svg")) {
      if (legend !== svg) legend.setAttribute("aria-hidden", "true");
    }
    place.replaceChildren(picture);
  }

  const order = (a, b) => a < b ? -1 : a > b ? 1 : 0;

  // Words that a row must hold, and layers such as 3 or 10-20.
  function fits(row, words) {
    return words.every(word => {
      const range = /^(\d+)(?:-(\d+))?$/.exec(word);
      return range && "layer" in row ? row.layer >= +range[1] && row.layer <= +(range[2] ?? range[1])
        : Object.entries(row).some(([name, value]) => name.endsWith(" text") && value.toLowerCase().includes(word));
    });
  }

  function sortable(table) {
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const sign = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
        for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
        const key = row => row.cells[column].dataset.v === undefined ? row.cells[column].textContent : +row.cells[column].dataset.v;
        table.tBodies[0].append(...[...table.tBodies[0].rows].sort((a, b) => sign * order(key(a), key(b))));
      });
    });
  }

  function filterable(figure, table, rows, redraw) {
    const label = document.createElement("label"), input = document.createElement("input");
    label.className = "filter";
    input.type = "search";
    input.placeholder = rows.length && "layer" in rows[0] ? "mlp 10-20" : "";
    label.append("layer" in rows[0] ? "Show only (words, layers) " : "Show only ", input);
    const caption = figure.querySelector("figcaption");
    caption ? caption.after(label) : table.parentNode.before(label);
    input.addEventListener("input", () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      for (const row of rows) row.row.hidden = !fits(row, words);
      redraw();
    });
  }

  for (const figure of document.querySelectorAll("figure")) {
    const table = figure.querySelector("table"), places = [...figure.querySelectorAll(".plot")];
    if (!table) continue;
    const rows = read(table);
    const redraw = () => places.forEach(place => draw(place, rows.filter(row => !row.row.hidden)));
    sortable(table);
    if (rows.length > 24) filterable(figure, table, rows, redraw);
    if (places.length === 0) continue;
    let width = 0;
    new ResizeObserver(() => {
      if (width !== figure.clientWidth) {
        width = figure.clientWidth;
        requestAnimationFrame(redraw);
      }
    }).observe(figure);
  }

  const folded = [...document.querySelectorAll("details")];
  addEventListener("beforeprint", () => folded.forEach(part => part.open = true));
})();
